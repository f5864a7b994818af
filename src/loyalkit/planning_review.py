"""
How far a plan is, what is odd in it, and what happened between two.

Conventions: problems are no errors. A plan that has some still works; they are what a
colleague would point out when reading it.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import attrs

from loyalkit._planning_additions import PlanParts
from loyalkit.planning_criteria import PlanningStep, StepStatus, join_key
from loyalkit.planning_evidence import CriterionState, PlanCriterion
from loyalkit.planning_findings import PlanFinding
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import PlanProposal

__all__ = ["PlanChange", "PlanProblem"]

Entry: TypeAlias = PlanCriterion | PlanKpi | PlanFinding | PlanProposal
"""Whatever a plan has several of."""

# ---------------------------------------------------------------- how far


def share_settled(lines: Sequence[PlanCriterion]) -> float:
    """Share of criteria that are met or waived [fraction]; NaN if there are none."""
    return sum(not line.is_open for line in lines) / len(lines) if lines else math.nan


def statuses(lines: Sequence[PlanCriterion]) -> dict[PlanningStep, StepStatus]:
    """How far each step is."""
    found: dict[PlanningStep, StepStatus] = {}
    for step in PlanningStep:
        open_or_not = {line.is_open for line in lines if line.step is step}
        if any(found[need] is not StepStatus.DONE for need in step.needs):
            found[step] = StepStatus.BLOCKED
        elif open_or_not == {False}:
            found[step] = StepStatus.DONE
        else:
            started = False in open_or_not
            found[step] = StepStatus.IN_PROGRESS if started else StepStatus.NOT_STARTED
    return found


def segment_status(lines: Sequence[PlanCriterion], segment: str) -> StepStatus:
    """How far a segment is, over all steps."""
    of_steps = statuses(lines)
    own = [line for line in lines if line.segment == segment]
    left = [of_steps[line.step] for line in own if line.is_open]
    if not left:
        return StepStatus.DONE
    if all(status is StepStatus.BLOCKED for status in left):
        return StepStatus.BLOCKED
    return StepStatus.NOT_STARTED if len(left) == len(own) else StepStatus.IN_PROGRESS


def by_urgency(lines: Iterable[PlanCriterion]) -> tuple[PlanCriterion, ...]:
    """Criteria in the order in which to take them on, from the order of the plan."""
    # Each step needs the one before it, so the order of steps puts what is not blocked, and
    # what most steps wait for, first. The sort is stable: id and part keep their order.
    return tuple(sorted(lines, key=lambda x: (x.step, x.due is None, x.due or dt.date.max)))


# ---------------------------------------------------------------- what happened


@attrs.frozen(kw_only=True)
class PlanChange:
    """
    Something of a plan as it was and as it is.

    Parameters
    ----------
    before, after : PlanCriterion, PlanKpi, PlanFinding or PlanProposal, optional
        The same thing in the earlier and in the later plan; None where it did not exist.
    """

    before: Entry | None
    after: Entry | None

    @property
    def key(self) -> str:
        """Address of the criterion or what it is called, with its segment in brackets."""
        entry = self.before if self.after is None else self.after
        if isinstance(entry, PlanCriterion):
            return entry.key
        if isinstance(entry, PlanProposal):
            return entry.criterion
        if isinstance(entry, PlanKpi):
            return join_key(entry.name, entry.segment)
        return join_key(cast(PlanFinding, entry).subject, cast(PlanFinding, entry).segment)

    @property
    def what(self) -> tuple[str, ...]:
        """What happened: "added", "removed", "met", "waived", "reopened", "accepted", ..."""
        before, after = self.before, self.after
        if isinstance(after, PlanProposal):
            words = {None: "proposed", True: "accepted", False: "declined"}
            return (words[after.accepted],)
        if after is None:
            return ("removed",)
        if isinstance(after, PlanCriterion):
            return _of_criterion(cast("PlanCriterion | None", before), after)
        if before is None:
            return ("added",)
        if isinstance(after, PlanKpi):
            return _of_kpi(cast(PlanKpi, before), after)
        return ("renewed",)


def _of_criterion(before: PlanCriterion | None, after: PlanCriterion) -> tuple[str, ...]:
    old = before or PlanCriterion(definition=after.definition, part=after.part)
    return _those(
        {
            "added": before is None,
            "reworded": old.definition != after.definition,
            str(after.state) if not after.is_open else "reopened": old.state != after.state,
            "evidence": old.state == after.state and old.evidence != after.evidence,
            "reason": old.state == after.state and old.waiver != after.waiver,
            "owner": old.owner != after.owner,
            "due": old.due != after.due,
        }
    )


def _of_kpi(before: PlanKpi, after: PlanKpi) -> tuple[str, ...]:
    goals = [(kpi.target, kpi.direction) for kpi in (before, after)]
    figures = [(kpi.figure, kpi.date) for kpi in (before, after)]
    return _those({"target": goals[0] != goals[1], "measured": figures[0] != figures[1]})


def _those(news: dict[str, bool]) -> tuple[str, ...]:
    return tuple(word for word, happened in news.items() if happened)


def changes(before: PlanParts, after: PlanParts) -> tuple[PlanChange, ...]:
    """What differs: of the later plan in its order, then what is gone."""
    old, new = _entries(before), _entries(after)
    return tuple(
        PlanChange(before=old.get(key), after=new.get(key))
        for key in (*new, *(key for key in old if key not in new))
        if old.get(key) != new.get(key)
    )


def _entries(plan: PlanParts) -> dict[tuple[Any, ...], Entry]:
    sorts: dict[str, Iterable[Entry]] = {
        "criterion": (*plan.criteria, *plan.own_criteria),
        "KPI": plan.kpis,
        "finding": plan.findings,
        "proposal": (*plan.proposals, *plan.decisions),
    }
    return {(sort, entry.key): entry for sort, entries in sorts.items() for entry in entries}


# ---------------------------------------------------------------- what is odd


@attrs.frozen(kw_only=True)
class PlanProblem:
    """
    Something in a plan that is allowed but cannot be meant.

    Parameters
    ----------
    criteria : tuple of str
        Addresses of the criteria it is about.
    message : str
        What is odd about them.
    """

    criteria: tuple[str, ...]
    message: str


def problems(lines: Sequence[PlanCriterion]) -> tuple[PlanProblem, ...]:
    """Everything odd about the criteria of a plan."""
    checks = (_circular_levels, _shared_strategies, _unowned, _out_of_order)
    return tuple(problem for check in checks for problem in check(lines))


def _circular_levels(lines: Sequence[PlanCriterion]) -> Iterator[PlanProblem]:
    for line in lines:
        if line.id == "2.5" and _plain(line.part or "") in _references(line):
            message = f"the next level of {line.part} is {line.part} itself"
            yield PlanProblem(criteria=(line.key,), message=message)


def _shared_strategies(lines: Sequence[PlanCriterion]) -> Iterator[PlanProblem]:
    users: dict[str, list[PlanCriterion]] = {}
    for line in lines:
        if line.id == "5.6":
            for reference in _references(line):
                users.setdefault(reference, []).append(line)
    for shared in users.values():
        if len(shared) > 1:
            names = " and ".join(str(line.part) for line in shared)
            yield PlanProblem(
                criteria=tuple(line.key for line in shared),
                message=f"{names} have the same strategy",
            )


def _unowned(lines: Sequence[PlanCriterion]) -> Iterator[PlanProblem]:
    for line in lines:
        if line.owner is not None:
            continue
        if line.id == "5.3" and line.state is CriterionState.MET:
            message = f"nobody answers for the plan of {line.part}"
            yield PlanProblem(criteria=(line.key,), message=message)
        elif line.is_open and line.due is not None:
            message = f"due on {line.due} and nobody answers for it"
            yield PlanProblem(criteria=(line.key,), message=message)


def _out_of_order(lines: Sequence[PlanCriterion]) -> Iterator[PlanProblem]:
    latest: dict[PlanningStep, tuple[dt.date, str]] = {}
    for step in PlanningStep:
        dated = [
            (line.due, line.key)
            for line in lines
            if line.step is step and line.is_open and line.due is not None
        ]
        awaited = max((latest[need] for need in step.needs if need in latest), default=None)
        for due, key in dated:
            if awaited is not None and due < awaited[0]:
                message = f"due on {due}, before {awaited[1]}, which it waits for, on {awaited[0]}"
                yield PlanProblem(criteria=(key, awaited[1]), message=message)
        known = dated if awaited is None else [*dated, awaited]
        if known:
            latest[step] = max(known)


def _references(line: PlanCriterion) -> dict[str, None]:
    return dict.fromkeys(_plain(piece.reference) for piece in line.evidence)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
