"""
What a plan holds beside its criteria: KPIs, findings, proposals and decisions.

Conventions: findings stand in the order of segments and subjects, proposals and decisions
in that of the criteria, so that the order in which they came does not matter. KPIs stand
in the order in which they were added.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

import attrs

from loyalkit._messages import refuse
from loyalkit.planning_criteria import SIZE_LIMIT, join_key
from loyalkit.planning_evidence import PlanCriterion
from loyalkit.planning_findings import (
    FindingSubject,
    PlanFinding,
    Source,
    channel_findings,
    retention_findings,
    score_findings,
    size_findings,
)
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import (
    PROPOSAL_LIMIT,
    PlanProposal,
    ProposalKind,
    proposals_from,
)

_SUBJECTS = {subject: place for place, subject in enumerate(FindingSubject)}
_KINDS = {kind: place for place, kind in enumerate(ProposalKind)}
_FINDERS = {
    "segments": size_findings,
    "scores": score_findings,
    "retention": retention_findings,
    "channels": channel_findings,
}


@attrs.frozen(kw_only=True)
class PlanParts:
    """What a plan consists of."""

    segments: tuple[str, ...]
    departments: tuple[str, ...]
    hidden_potential: tuple[str, ...]
    criteria: tuple[PlanCriterion, ...]
    own_criteria: tuple[PlanCriterion, ...]
    kpis: tuple[PlanKpi, ...]
    findings: tuple[PlanFinding, ...]
    proposals: tuple[PlanProposal, ...]
    decisions: tuple[PlanProposal, ...]


# ---------------------------------------------------------------- what belongs to a plan


def refuse_foreign(plan: PlanParts) -> None:
    """Refuse additions that are about other segments or criteria, are answered, or twice there."""
    _refuse_twice("kpis", [(x.key, join_key(x.name, x.segment)) for x in plan.kpis])
    _refuse_twice(
        "findings", [(x.key, join_key(x.subject.value, x.segment)) for x in plan.findings]
    )
    segments = {None, *plan.segments}
    about = {
        "kpis": [x.segment for x in plan.kpis],
        "findings": [x.segment for x in plan.findings],
    }
    for name, parts in about.items():
        for place, segment in enumerate(parts):
            if segment not in segments:
                refuse(name, "must be about segments of the plan", segment, place)
    limits = {"kpis": SIZE_LIMIT, "proposals": PROPOSAL_LIMIT, "decisions": PROPOSAL_LIMIT}
    for name, limit in limits.items():
        if len(getattr(plan, name)) > limit:
            refuse(name, f"must be at most {limit}", len(getattr(plan, name)))
    both = (*plan.proposals, *plan.decisions)
    _refuse_twice("proposals", [(x.key, f"{x.criterion}: {x.text}"[:80]) for x in both])
    known = {line.key for line in plan.criteria} if plan.proposals or plan.decisions else ()
    for name, entries in (("proposals", plan.proposals), ("decisions", plan.decisions)):
        for place, entry in enumerate(entries):
            if entry.criterion not in known:
                refuse(name, "must be about criteria of the plan", entry.criterion, place)
            if (entry.accepted is None) != (name == "proposals"):
                rule = "must not be answered" if name == "proposals" else "must be answered"
                refuse(name, rule, entry.criterion, place)


def _refuse_twice(name: str, keys: Iterable[tuple[Any, str]]) -> None:
    seen: set[Any] = set()
    for place, (key, shown) in enumerate(keys):
        if key in seen:
            refuse(name, "must be distinct", shown, place)
        seen.add(key)


def kept(plan: PlanParts, segments: Collection[str], keys: Collection[str]) -> dict[str, Any]:
    """Additions that are about these segments and criteria."""
    return {
        "kpis": [x for x in plan.kpis if x.segment is None or x.segment in segments],
        "findings": [x for x in plan.findings if x.segment is None or x.segment in segments],
        "proposals": [x for x in plan.proposals if x.criterion in keys],
        "decisions": [x for x in plan.decisions if x.criterion in keys],
    }


def in_order(
    criteria: Iterable[PlanCriterion], segments: Iterable[str], additions: Mapping[str, Any]
) -> dict[str, Any]:
    """Additions, of which findings, proposals and decisions stand in the order of the plan."""
    part: dict[str | None, int] = {name: place for place, name in enumerate(segments)}
    line = {x.key: place for place, x in enumerate(criteria)}

    def of_finding(x: PlanFinding) -> tuple[int, int]:
        return part.get(x.segment, -1), _SUBJECTS[x.subject]

    def of_proposal(x: PlanProposal) -> tuple[int, int, int]:
        return line.get(x.criterion, -1), _SUBJECTS[x.subject], _KINDS[x.kind]

    def of_decision(x: PlanProposal) -> tuple[int, int, int, str]:
        return *of_proposal(x), x.text

    orders = {"findings": of_finding, "proposals": of_proposal, "decisions": of_decision}
    return {
        name: sorted(entries, key=cast(Any, orders[name])) if name in orders else entries
        for name, entries in additions.items()
    }


# ---------------------------------------------------------------- findings and answers


def with_measures(plan: PlanParts, measures: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Findings and proposals after some measures: new ones take the place of older ones."""
    new = [
        finding
        for name, measure in measures.items()
        if measure is not None
        for finding in _FINDERS[name](measure, source)
    ]
    keys = {finding.key for finding in new}
    lines = {line.key: line for line in plan.criteria}
    settled = {proposal.key for proposal in plan.decisions}
    proposals = proposals_from(new, lines, plan.hidden_potential)
    additions = {
        "findings": [*(x for x in plan.findings if x.key not in keys), *new],
        "proposals": [
            *(x for x in plan.proposals if (x.segment, x.subject) not in keys),
            *(x for x in proposals if x.key not in settled),
        ],
    }
    return in_order(plan.criteria, plan.segments, additions)


def without(proposals: Iterable[PlanProposal], proposal: PlanProposal) -> list[PlanProposal]:
    """Proposals but this one, whatever the answer to it."""
    return [x for x in proposals if x.key != proposal.key]


def answered(plan: PlanParts, proposal: PlanProposal, *, accepted: bool) -> dict[str, Any]:
    """Proposals and decisions after an answer."""
    answer = attrs.evolve(proposal, accepted=accepted)
    additions = {
        "proposals": without(plan.proposals, proposal),
        "decisions": [*without(plan.decisions, proposal), answer],
    }
    return in_order(plan.criteria, plan.segments, additions)


def with_kpi(kpis: Iterable[PlanKpi], kpi: PlanKpi) -> list[PlanKpi]:
    """KPIs with this one in the place of its namesake, or after the others."""
    places = {other.key: other for other in kpis}
    return list({**places, kpi.key: kpi}.values())
