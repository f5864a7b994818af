"""
A plan as Markdown, as rows and as HTML.

Conventions: no name and no text can break the document it is put into. Figures are
shown with four digits; nothing else is rounded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from loyalkit._markup import escape_html
from loyalkit._markup import escape_markdown as escape
from loyalkit._planning_additions import PlanParts
from loyalkit.intervals import Interval
from loyalkit.planning_criteria import PlanningStep, StepStatus
from loyalkit.planning_evidence import PlanCriterion, PlanEvidence
from loyalkit.planning_findings import PlanFinding
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import PlanProposal

# ---------------------------------------------------------------- Markdown


def markdown(plan: PlanParts, statuses: Mapping[PlanningStep, StepStatus]) -> str:
    """Task list with a heading for each step, and below it what else the plan holds."""
    settled = sum(not line.is_open for line in plan.criteria)
    text = ["# Loyalty programme plan", "", f"{settled} of {len(plan.criteria)} criteria settled."]
    for step in PlanningStep:
        text += ["", f"## {step.value}. {step.title}: {statuses[step].value}", ""]
        if step is PlanningStep.FIND_HIDDEN_POTENTIAL and plan.hidden_potential:
            text += [
                f"Hidden potential: {', '.join(map(escape, plan.hidden_potential))}.",
                "",
            ]
        text += [row for line in plan.criteria if line.step is step for row in _task(line)]
        extra = [row for line in plan.own_criteria if line.step is step for row in _task(line)]
        text += ["", "### Own criteria", "", *extra] if extra else []
    sections = {
        "KPIs": map(_kpi, plan.kpis),
        "Findings": map(_finding, plan.findings),
        "Proposals to accept or decline": map(_proposal, plan.proposals),
        "Decisions": map(_decision, plan.decisions),
    }
    for title, entries in sections.items():
        listed = [f"- {entry}" for entry in entries]
        text += ["", f"## {title}", "", *listed] if listed else []
    return "\n".join(text) + "\n"


def _task(line: PlanCriterion) -> Iterator[str]:
    part = "" if line.part is None else f"{escape(line.part)}: "
    owner = [] if line.owner is None else [f"owner: {escape(line.owner)}"]
    due = [] if line.due is None else [f"due: {line.due}"]
    remarks = f" ({', '.join(owner + due)})" if owner or due else ""
    box = " " if line.is_open else "x"
    yield f"- [{box}] **{escape(line.id)}** {part}{escape(line.text)}{remarks}"
    for piece in line.evidence:
        note = f": {escape(piece.note)}" if piece.note else ""
        yield f"  - {_origin(piece)}{note}"
    if line.waiver is not None:
        yield f"  - waived: {escape(line.waiver)}"


def _origin(piece: PlanEvidence) -> str:
    date = "" if piece.date is None else f", {piece.date}"
    return f"{piece.kind}: {escape(piece.reference)}{date}"


def _part(segment: str | None) -> str:
    return "" if segment is None else f"{escape(segment)}: "


def _kpi(kpi: PlanKpi) -> str:
    goal = f"{kpi.direction.replace('_', ' ')} {kpi.target:.4g}"
    date = "" if kpi.date is None else f", {kpi.date}"
    figure = "not measured" if kpi.figure is None else _range(kpi.figure)
    return f"{_part(kpi.segment)}{escape(kpi.name)} {goal}: **{kpi.verdict}** ({figure}{date})"


def _finding(finding: PlanFinding) -> str:
    told = f"{_part(finding.segment)}{finding.subject}: {escape(finding.text)}"
    return f"{told} ({_range(finding.interval)}; {_origin(finding.evidence)})"


def _range(interval: Interval) -> str:
    return f"{interval.low:.4g} to {interval.high:.4g} at {100 * interval.confidence:.4g} %"


def _proposal(proposal: PlanProposal) -> str:
    return f"**{escape(proposal.criterion)}** {proposal.kind}: {escape(proposal.text)}"


def _decision(proposal: PlanProposal) -> str:
    return f"{'accepted' if proposal.accepted else 'declined'}: {_proposal(proposal)}"


# ---------------------------------------------------------------- rows


def rows(plan: PlanParts, of: str) -> list[dict[str, Any]]:
    """What a plan holds of one sort, as rows of a table."""
    if of == "criteria":
        steps = [_criterion_row(line, own=False) for line in plan.criteria]
        return steps + [_criterion_row(line, own=True) for line in plan.own_criteria]
    to_row: Callable[[Any], dict[str, Any]] = _ROWS[of]
    return [to_row(entry) for entry in getattr(plan, of)]


def _criterion_row(line: PlanCriterion, *, own: bool) -> dict[str, Any]:
    return {
        "step": line.step.value,
        "criterion": line.key,
        "segment": line.segment,
        "department": line.department,
        "own": own,
        "text": line.text,
        "state": line.state.value,
        "evidence": "; ".join(piece.reference for piece in line.evidence),
        "waiver": line.waiver,
        "owner": line.owner,
        "due": line.due,
    }


def _kpi_row(kpi: PlanKpi) -> dict[str, Any]:
    return {
        "segment": kpi.segment,
        "name": kpi.name,
        "direction": kpi.direction,
        "target": kpi.target,
        **_interval_cells(kpi.figure),
        "date": kpi.date,
        "verdict": kpi.verdict.value,
    }


def _finding_row(finding: PlanFinding) -> dict[str, Any]:
    return {
        "segment": finding.segment,
        "subject": finding.subject.value,
        "text": finding.text,
        **_interval_cells(finding.interval),
        "customers": finding.customers,
        "channel": finding.channel,
        "standing": finding.standing,
        "kind": finding.evidence.kind,
        "reference": finding.evidence.reference,
        "date": finding.evidence.date,
    }


def _interval_cells(interval: Interval | None) -> dict[str, float | None]:
    names = ("low", "high", "confidence")
    return {name: None if interval is None else getattr(interval, name) for name in names}


def _proposal_row(proposal: PlanProposal) -> dict[str, Any]:
    return {
        "criterion": proposal.criterion,
        "segment": proposal.segment,
        "kind": proposal.kind.value,
        "subject": proposal.subject.value,
        "text": proposal.text,
        "accepted": proposal.accepted,
    }


_ROWS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "kpis": _kpi_row,
    "findings": _finding_row,
    "proposals": _proposal_row,
    "decisions": _proposal_row,
}

SORTS = ("criteria", *_ROWS)
"""What a plan has rows of."""


# ---------------------------------------------------------------- HTML


def html_table(
    plan: PlanParts,
    statuses: Mapping[PlanningStep, StepStatus],
    progress: Mapping[PlanningStep, float],
    actions: Sequence[PlanCriterion],
) -> str:
    """Steps as a small table, below it what comes next, KPIs, and what waits for an answer."""
    steps = [
        (str(step.value), step.title, statuses[step].value, _bar(progress[step]))
        for step in PlanningStep
    ]
    kpis = [
        (
            escape_html(kpi.segment or ""),
            escape_html(kpi.name),
            f"{kpi.direction.replace('_', ' ')} {kpi.target:.4g}",
            "" if kpi.figure is None else _range(kpi.figure),
            kpi.verdict.value,
        )
        for kpi in plan.kpis
    ]
    text = "all done" if not actions else f"next: {actions[0].key} {actions[0].text}"
    parts = [_table(("", "step", "status", "settled"), steps), f"<p>{escape_html(text)}</p>"]
    if kpis:
        parts.append(_table(("segment", "KPI", "target", "figure", "verdict"), kpis))
    if plan.proposals:
        parts.append(f"<p>proposals to accept or decline: {len(plan.proposals)}</p>")
    return "".join(parts)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _bar(share: float) -> str:
    return (
        '<div style="width:8em;border:1px solid currentColor">'
        f'<div style="width:{100 * share:.1f}%;height:0.6em;background:currentColor"></div></div>'
    )
