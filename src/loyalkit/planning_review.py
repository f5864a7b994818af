"""
How far a plan is, what is odd in it, and what happened between two.

Conventions: problems are no errors. A plan that has some still works; they are what a
colleague would point out when reading it.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence

import attrs

from loyalkit.planning_criteria import PlanningStep, StepStatus
from loyalkit.planning_evidence import CriterionState, PlanCriterion

__all__ = ["PlanChange", "PlanProblem"]

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


def by_urgency(lines: Iterable[PlanCriterion]) -> tuple[PlanCriterion, ...]:
    """Criteria in the order in which to take them on, from the order of the plan."""
    # Each step needs the one before it, so the order of steps puts what is not blocked, and
    # what most steps wait for, first. The sort is stable: id and part keep their order.
    return tuple(sorted(lines, key=lambda x: (x.step, x.due is None, x.due or dt.date.max)))


# ---------------------------------------------------------------- what happened


@attrs.frozen(kw_only=True)
class PlanChange:
    """
    One criterion as it was and as it is.

    Parameters
    ----------
    before, after : PlanCriterion, optional
        The criterion in the earlier and in the later plan; None where it did not exist.
    """

    before: PlanCriterion | None
    after: PlanCriterion | None

    @property
    def key(self) -> str:
        """Address of the criterion."""
        return (self.after or self.before).key  # type: ignore[union-attr]

    @property
    def what(self) -> tuple[str, ...]:
        """What happened: "added", "removed", "met", "waived", "reopened", ..."""
        if self.after is None:
            return ("removed",)
        blank = PlanCriterion(definition=self.after.definition, part=self.after.part)
        before, after = self.before or blank, self.after
        news = {
            "added": self.before is None,
            "reworded": before.definition != after.definition,
            str(after.state) if not after.is_open else "reopened": before.state != after.state,
            "evidence": before.state == after.state and before.evidence != after.evidence,
            "reason": before.state == after.state and before.waiver != after.waiver,
            "owner": before.owner != after.owner,
            "due": before.due != after.due,
        }
        return tuple(word for word, happened in news.items() if happened)


def changes(
    before: Iterable[PlanCriterion], after: Iterable[PlanCriterion]
) -> tuple[PlanChange, ...]:
    """Criteria that differ: those of the later plan in its order, then those that are gone."""
    old, new = ({line.key: line for line in lines} for lines in (before, after))
    return tuple(
        PlanChange(before=old.get(key), after=new.get(key))
        for key in (*new, *(key for key in old if key not in new))
        if old.get(key) != new.get(key)
    )


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
