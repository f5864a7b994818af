"""
What has been shown of each criterion of a plan: evidence, waivers, owners, dates.

Conventions: a criterion is met by evidence, waived for a reason, else open; the state
follows from what is stored. Dates are days without a time.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, cast

import attrs

from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import one_of, text
from loyalkit._times import day
from loyalkit.planning_criteria import (
    EVIDENCE_KINDS,
    HIDDEN_POTENTIAL,
    PLANNING_CRITERIA,
    SIZE_LIMIT,
    CriterionDefinition,
    CriterionScope,
    PlanningStep,
    join_key,
    name_of,
    names_of,
)

__all__ = ["CriterionState", "PlanCriterion", "PlanEvidence"]


class CriterionState(StrEnum):
    """How far a criterion is: MET and WAIVED are settled."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"


def _kind(value: Any) -> str:
    return one_of("kind", text("kind", value), EVIDENCE_KINDS)


def _reference(value: Any) -> str:
    return text("reference", value)


def _note(value: Any) -> str:
    return "" if value == "" else text("note", value)


def _date(value: Any) -> dt.date | None:
    return None if value is None else day("date", value)


@attrs.frozen
class PlanEvidence:
    """
    Something that shows a criterion to be met.

    Parameters
    ----------
    kind : {"behaviour", "survey", "interaction", "document"}
        Where it comes from: what customers do, what they say when asked, what is learnt
        from talking with them, or a paper of the firm.
    reference : str
        What it is and where to find it. For criterion 2.5 the next level of loyalty, for
        5.6 the strategy, so that `ProgramPlan.validate` can compare them.
    note : str, default ""
        Anything else worth keeping.
    date : date or str, optional
        The day it is from; text is ISO.

    Raises
    ------
    TypeError
        If a text is not text, or ``date`` not a date.
    ValueError
        If ``kind`` is none of the four, or a text is blank or too long.

    Examples
    --------
    >>> from loyalkit import PlanEvidence
    >>> PlanEvidence("survey", "customer survey, spring", date="2025-04-30").date
    datetime.date(2025, 4, 30)
    """

    kind: str = attrs.field(converter=_kind)
    reference: str = attrs.field(converter=_reference)
    note: str = attrs.field(default="", converter=_note)
    date: dt.date | None = attrs.field(default=None, converter=_date)


def _part(value: Any) -> str | None:
    return None if value is None else name_of("part", value)


def _evidence(values: Iterable[PlanEvidence]) -> tuple[PlanEvidence, ...]:
    evidence = tuple(values)
    for piece in cast("tuple[Any, ...]", evidence):
        if not isinstance(piece, PlanEvidence):
            refuse_type("evidence", "must be PlanEvidence", type(piece).__name__)
    if len(evidence) > SIZE_LIMIT:
        refuse("evidence", f"must have at most {SIZE_LIMIT} pieces", len(evidence))
    return evidence


def _waiver(value: Any) -> str | None:
    return None if value is None else text("reason", value)


def _owner(value: Any) -> str | None:
    return None if value is None else text("owner", value)


def _due(value: Any) -> dt.date | None:
    return None if value is None else day("due", value)


@attrs.frozen(kw_only=True, repr=False)
class PlanCriterion:
    """
    One line of a plan: what is asked for, of which part, and how far it is.

    Parameters
    ----------
    definition : CriterionDefinition
        What is asked for.
    part : str, optional
        The segment or department it is about; None for the programme as a whole.
    evidence : tuple of PlanEvidence
        What shows that it is met, in the order it was recorded.
    waiver : str, optional
        Why it need not be met.
    owner : str, optional
        Who answers for it.
    due : date, optional
        The last day on which it is in time.

    Raises
    ------
    TypeError
        If a value is of the wrong type.
    ValueError
        If the evidence is of a kind that cannot meet the criterion, if there is both
        evidence and a waiver, or if a text is blank or too long.
    """

    definition: CriterionDefinition
    part: str | None = attrs.field(default=None, converter=_part)
    evidence: tuple[PlanEvidence, ...] = attrs.field(default=(), converter=_evidence)
    waiver: str | None = attrs.field(default=None, converter=_waiver)
    owner: str | None = attrs.field(default=None, converter=_owner)
    due: dt.date | None = attrs.field(default=None, converter=_due)

    def __attrs_post_init__(self) -> None:
        for piece in self.evidence:
            if piece.kind not in self.definition.kinds:
                kinds = " or ".join(map(repr, self.definition.kinds))
                refuse("kind", f"must be {kinds} for criterion {self.key}", piece.kind)
        if self.evidence and self.waiver is not None:
            refuse("waiver", f"must not stand beside evidence of {self.key}", self.waiver)

    def __repr__(self) -> str:
        # What a list of next actions is read for; the definition is much longer.
        agreed = "".join(
            f", {name}={str(value)!r}"
            for name, value in (("owner", self.owner), ("due", self.due))
            if value is not None
        )
        return f"PlanCriterion({self.key!r}, {self.state.value!r}, {self.text!r}{agreed})"

    @property
    def id(self) -> str:
        """Id of the criterion, such as "2.3"."""
        return self.definition.id

    @property
    def key(self) -> str:
        """Address of this line in its plan, such as "2.3[CORE]"."""
        return join_key(self.definition.id, self.part)

    @property
    def step(self) -> PlanningStep:
        """Step it belongs to."""
        return self.definition.step

    @property
    def text(self) -> str:
        """What has to be true."""
        return self.definition.text

    @property
    def segment(self) -> str | None:
        """Segment it is about; None if it is about no segment."""
        return None if self.department is not None else self.part

    @property
    def department(self) -> str | None:
        """Department it is about; None if it is about no department."""
        return self.part if self.definition.scope is CriterionScope.DEPARTMENT else None

    @property
    def state(self) -> CriterionState:
        """MET if there is evidence, WAIVED if there is a reason not to ask for it, else OPEN."""
        if self.evidence:
            return CriterionState.MET
        return CriterionState.OPEN if self.waiver is None else CriterionState.WAIVED

    @property
    def is_open(self) -> bool:
        """Whether it is neither met nor waived."""
        return self.state is CriterionState.OPEN


def asked_of(
    segments: tuple[str, ...], departments: tuple[str, ...], hidden: Iterable[str]
) -> list[tuple[CriterionDefinition, str | None]]:
    """What a plan asks for, and of which part, in the order of ids and parts."""
    judged = frozenset(hidden)
    parts: dict[CriterionScope, tuple[str | None, ...]] = {
        CriterionScope.PROGRAMME: (None,),
        CriterionScope.SEGMENT: segments,
        CriterionScope.HIDDEN_SEGMENT: tuple(name for name in segments if name in judged),
        CriterionScope.DEPARTMENT: departments,
    }
    return [
        (definition, part) for definition in PLANNING_CRITERIA for part in parts[definition.scope]
    ]


def lay_out(
    segments: tuple[str, ...], departments: tuple[str, ...], hidden: Iterable[str]
) -> tuple[PlanCriterion, ...]:
    """Every criterion of a plan, all open."""
    asked = asked_of(segments, departments, hidden)
    return tuple(PlanCriterion(definition=definition, part=part) for definition, part in asked)


def refuse_unjudged(criteria: Iterable[PlanCriterion], hidden: Iterable[str]) -> None:
    """Refuse a segment with hidden potential of which nothing shows it."""
    judged = {line.part for line in criteria if line.id == HIDDEN_POTENTIAL and line.evidence}
    for name in hidden:
        if name not in judged:
            key = join_key(HIDDEN_POTENTIAL, name)
            refuse("hidden_potential", f"must rest on evidence for criterion {key}", name)


def refuse_as_own(lines: Sequence[PlanCriterion]) -> None:
    """Refuse criteria that cannot be a caller's own."""
    if lines:
        names_of("own_criteria", [line.id for line in lines])
    for place, line in enumerate(lines):
        # Digits stay free for criteria that the six steps may come to have.
        if not line.id[0].isalpha():
            refuse("own_criteria", "must have an id that begins with a letter", line.id, place)
        plain = CriterionDefinition(id=line.id, step=line.step, text=line.text)
        if line.definition != plain or line.part is not None:
            refuse("own_criteria", "must be kept once for the programme", line.id, place)
