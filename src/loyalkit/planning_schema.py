"""
The plain data of a plan: which entries there are, of what type, and how large.

Conventions: what `ProgramPlan.from_dict` reads and what `plan_schema` describes are one
definition. Reading asks for more than a schema can say: addresses have to exist,
evidence has to be of the right kind.
"""

from typing import Any

from loyalkit._planning_shapes import (
    Day,
    Decimal,
    ListOf,
    Maybe,
    Record,
    Shape,
    Text,
    Truth,
    Whole,
    Word,
)
from loyalkit.planning_criteria import (
    EVIDENCE_KINDS,
    NAME_LIMIT,
    PLANNING_CRITERIA,
    SIZE_LIMIT,
    PlanningStep,
)
from loyalkit.planning_findings import STANDINGS, FindingSubject
from loyalkit.planning_kpis import DIRECTIONS
from loyalkit.planning_proposals import PROPOSAL_LIMIT, ProposalKind

__all__ = ["plan_schema"]

SCHEMA_VERSION = 2
"""What is written. Version 1, which had no findings, proposals and KPIs, is still read."""

_CRITERIA_LIMIT = (len(PLANNING_CRITERIA) + 1) * SIZE_LIMIT

_NAME = Text(NAME_LIMIT)
_NAMES = ListOf(_NAME, SIZE_LIMIT, least=1)
_ADDRESS = Text(2 * NAME_LIMIT + 2)

_EVIDENCE = Record(
    "evidence",
    {"kind": Word(EVIDENCE_KINDS), "reference": Text()},
    {"note": Text(may_be_empty=True), "date": Maybe(Day())},
)
_CRITERION = Record(
    "criterion",
    {"criterion": _ADDRESS},
    {
        "evidence": ListOf(_EVIDENCE, SIZE_LIMIT),
        "waiver": Maybe(Text()),
        "owner": Maybe(Text()),
        "due": Maybe(Day()),
    },
)
_OWN_CRITERION = Record(
    "own criterion",
    {"id": _NAME, "step": Whole(min(PlanningStep), max(PlanningStep)), "text": Text()},
)
_END = Decimal(finite=False)
_INTERVAL = Record(
    "interval",
    {"low": _END, "high": _END, "confidence": Decimal()},
    {"bounds": ListOf(_END, 2, least=2)},
)
_KPI = Record(
    "KPI",
    {"name": _NAME, "target": Decimal()},
    {
        "direction": Word(DIRECTIONS),
        "segment": Maybe(_NAME),
        "figure": Maybe(_INTERVAL),
        "date": Maybe(Day()),
    },
)
_FINDING = Record(
    "finding",
    {
        "subject": Word(tuple(FindingSubject)),
        "evidence": _EVIDENCE,
        "interval": _INTERVAL,
        "customers": Whole(0, 2**63 - 1),
    },
    {"segment": Maybe(_NAME), "channel": Maybe(_NAME), "standing": Word(STANDINGS)},
)
_SUGGESTED: dict[str, Shape] = {
    "criterion": _ADDRESS,
    "kind": Word(tuple(ProposalKind)),
    "text": Text(),
    "subject": Word(tuple(FindingSubject)),
}
_PROPOSAL = Record("proposal", _SUGGESTED, {"evidence": Maybe(_EVIDENCE)})
_DECISION = Record("decision", {**_SUGGESTED, "accepted": Truth()}, {"evidence": Maybe(_EVIDENCE)})

_REQUIRED: dict[str, Shape] = {"segments": _NAMES, "departments": _NAMES}
_OPTIONAL: dict[str, Shape] = {
    "hidden_potential": ListOf(_NAME, SIZE_LIMIT),
    "own_criteria": ListOf(_OWN_CRITERION, SIZE_LIMIT),
    "criteria": ListOf(_CRITERION, _CRITERIA_LIMIT),
}
_SINCE_2: dict[str, Shape] = {
    "kpis": ListOf(_KPI, SIZE_LIMIT),
    "findings": ListOf(_FINDING, len(FindingSubject) * (SIZE_LIMIT + 1)),
    "proposals": ListOf(_PROPOSAL, PROPOSAL_LIMIT),
    "decisions": ListOf(_DECISION, PROPOSAL_LIMIT),
}

PLAN = {
    version: Record("plan", {"schema_version": Whole(version, version), **_REQUIRED}, optional)
    for version, optional in ((1, _OPTIONAL), (SCHEMA_VERSION, {**_OPTIONAL, **_SINCE_2}))
}
"""Shape of a plan by the version of its data."""


def plan_schema() -> dict[str, Any]:
    """
    Describe the plain data of a plan as a JSON Schema.

    Returns
    -------
    dict
        A schema of draft 2020-12 for what `ProgramPlan.to_dict` writes. Whatever
        `ProgramPlan.from_dict` reads of the present version passes it; the reverse is not
        promised, since a schema cannot say that an address has to exist.

    Examples
    --------
    Which entries can a criterion have?

    >>> from loyalkit import plan_schema
    >>> list(plan_schema()["properties"]["criteria"]["items"]["properties"])
    ['criterion', 'evidence', 'waiver', 'owner', 'due']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PLAN[SCHEMA_VERSION].schema(),
        "description": f"Plain data of a loyalty programme plan, version {SCHEMA_VERSION}",
    }
