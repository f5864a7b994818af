"""
A plan as plain data and back.

Conventions: plain data hold dicts with text keys, lists, text, numbers, truth values and
None, as JSON does; dates are ISO text. Reading refuses whatever it does not know, with
the path of the bad entry, and never loads a part.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, cast

import attrs

from loyalkit._messages import refuse, refuse_type
from loyalkit._planning_additions import PlanParts, in_order
from loyalkit._planning_shapes import at, places, shortened, written
from loyalkit.intervals import Interval
from loyalkit.planning_criteria import CriterionDefinition, names_of
from loyalkit.planning_evidence import PlanCriterion, PlanEvidence, lay_out
from loyalkit.planning_findings import PlanFinding
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import PlanProposal
from loyalkit.planning_schema import PLAN, SCHEMA_VERSION

# ---------------------------------------------------------------- writing


def write_plan(plan: PlanParts) -> dict[str, Any]:
    """A plan as plain data, without criteria of which nothing is recorded."""
    return {
        "schema_version": SCHEMA_VERSION,
        "segments": list(plan.segments),
        "departments": list(plan.departments),
        "hidden_potential": list(plan.hidden_potential),
        "own_criteria": [
            {"id": x.id, "step": x.step.value, "text": x.text} for x in plan.own_criteria
        ],
        "criteria": [
            _criterion(line) for line in (*plan.criteria, *plan.own_criteria) if _is_touched(line)
        ],
        "kpis": [_kpi(kpi) for kpi in plan.kpis],
        "findings": [_finding(finding) for finding in plan.findings],
        "proposals": [_proposal(proposal) for proposal in plan.proposals],
        "decisions": [
            {**_proposal(proposal), "accepted": proposal.accepted} for proposal in plan.decisions
        ],
    }


def _is_touched(line: PlanCriterion) -> bool:
    return bool(line.evidence) or (line.waiver, line.owner, line.due) != (None, None, None)


def _criterion(line: PlanCriterion) -> dict[str, Any]:
    return {
        "criterion": line.key,
        "evidence": [_evidence(piece) for piece in line.evidence],
        "waiver": line.waiver,
        "owner": line.owner,
        "due": _day(line.due),
    }


def _evidence(piece: PlanEvidence) -> dict[str, Any]:
    return {
        "kind": piece.kind,
        "reference": piece.reference,
        "note": piece.note,
        "date": _day(piece.date),
    }


def _kpi(kpi: PlanKpi) -> dict[str, Any]:
    return {
        "name": kpi.name,
        "target": kpi.target,
        "direction": kpi.direction,
        "segment": kpi.segment,
        "figure": None if kpi.figure is None else _interval(kpi.figure),
        "date": _day(kpi.date),
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "low": written(interval.low),
        "high": written(interval.high),
        "confidence": interval.confidence,
        "bounds": [written(float(end)) for end in interval.bounds],
    }


def _finding(finding: PlanFinding) -> dict[str, Any]:
    return {
        "subject": finding.subject.value,
        "segment": finding.segment,
        "evidence": _evidence(finding.evidence),
        "interval": _interval(finding.interval),
        "customers": finding.customers,
        "channel": finding.channel,
        "standing": finding.standing,
    }


def _proposal(proposal: PlanProposal) -> dict[str, Any]:
    return {
        "criterion": proposal.criterion,
        "kind": proposal.kind.value,
        "text": proposal.text,
        "subject": proposal.subject.value,
        "evidence": None if proposal.evidence is None else _evidence(proposal.evidence),
    }


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


# ---------------------------------------------------------------- reading


def read_plan(data: Any) -> dict[str, Any]:
    """Arguments of a plan from plain data."""
    fields = PLAN[_version(data)].read("", data)
    segments = names_of("segments", fields["segments"])
    departments = names_of("departments", fields["departments"])
    hidden = _hidden(fields.get("hidden_potential", []), segments)
    own = [
        _read(path, _own_criterion, entry)
        for path, entry in places("own_criteria", fields.get("own_criteria", []))
    ]
    criteria = lay_out(segments, departments, hidden)
    touched = _touched(fields.get("criteria", []), {line.key: line for line in (*criteria, *own)})
    additions = {
        key: [_read(path, make, entry) for path, entry in places(key, fields.get(key, []))]
        for key, make in _MADE.items()
    }
    return {
        "criteria": [touched.get(line.key, line) for line in criteria],
        "own_criteria": [touched.get(line.key, line) for line in own],
        **in_order(criteria, segments, additions),
    }


def _version(data: Any) -> int:
    if not isinstance(data, dict):
        refuse_type("plan", "must be a dict", type(data).__name__)
    version: Any = cast(Any, data).get("schema_version", SCHEMA_VERSION)
    if type(version) is not int or version not in PLAN:
        rule = f"must be {' or '.join(map(str, PLAN))}"
        refuse("schema_version", rule, shortened(version))
    return version


def _hidden(given: list[str], segments: tuple[str, ...]) -> tuple[str, ...]:
    names = names_of("hidden_potential", given) if given else ()
    for place, name in enumerate(names):
        if name not in segments:
            refuse("hidden_potential", "must be segments of the plan", name, place)
    return names


def _touched(
    entries: Iterable[dict[str, Any]], known: Mapping[str, PlanCriterion]
) -> dict[str, PlanCriterion]:
    found: dict[str, PlanCriterion] = {}
    for path, entry in places("criteria", entries):
        key = entry.pop("criterion")
        if key not in known:
            rule = "must be the address of a criterion of the plan"
            refuse(f"{path}.criterion", rule, shortened(key))
        if key in found:
            refuse(f"{path}.criterion", "must be given once", key)
        pieces = [PlanEvidence(**piece) for piece in entry.pop("evidence", [])]
        with at(path):
            found[key] = attrs.evolve(known[key], evidence=pieces, **entry)
    return found


def _read(path: str, make: Any, entry: dict[str, Any]) -> Any:
    with at(path):
        return make(**{key: _NESTED[key](x) if key in _NESTED else x for key, x in entry.items()})


def _own_criterion(**fields: Any) -> PlanCriterion:
    return PlanCriterion(definition=CriterionDefinition(**fields))


def _read_interval(value: dict[str, Any] | None) -> Interval | None:
    if value is None:
        return None
    low, high, confidence = (value.pop(key) for key in ("low", "high", "confidence"))
    bounds = {key: tuple(pair) for key, pair in value.items()}
    return Interval(low, high, confidence, **bounds)


def _read_evidence(value: dict[str, Any] | None) -> PlanEvidence | None:
    return None if value is None else PlanEvidence(**value)


_NESTED = {"figure": _read_interval, "interval": _read_interval, "evidence": _read_evidence}

_MADE = {
    "kpis": PlanKpi,
    "findings": PlanFinding,
    "proposals": PlanProposal,
    "decisions": PlanProposal,
}
"""What makes the entries of the lists that are optional."""
