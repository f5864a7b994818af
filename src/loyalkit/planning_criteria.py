"""
What the six steps of planning a loyalty programme ask for, as data.

Conventions: a criterion is addressed by text: its id, followed by the segment or
department in brackets if it is kept for each of them: ``"1.1"``, ``"2.3[CORE]"``,
``"5.3[service]"``. Ids hold no brackets, so names may. Members of an enumeration go by
their name.
"""

from collections.abc import Iterable
from enum import Enum, IntEnum, StrEnum
from typing import Any, TypeAlias, cast

import attrs

from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import count, text

__all__ = [
    "PLANNING_CRITERIA",
    "CriterionDefinition",
    "CriterionScope",
    "PlanningStep",
    "StepStatus",
    "criterion_key",
]

Name: TypeAlias = str | Enum
"""A segment or a department: text, or a member of an enumeration."""

EVIDENCE_KINDS = ("behaviour", "survey", "interaction", "document")
"""Where evidence can come from."""

NAME_LIMIT = 200
"""Longest name of a segment, a department or an own criterion [characters]."""

SIZE_LIMIT = 1000
"""Most segments, departments and own criteria, and most evidence of one criterion."""


# ---------------------------------------------------------------- steps and states


class PlanningStep(IntEnum):
    """
    The six steps of planning a loyalty programme.

    Examples
    --------
    Which steps deliver what the marketing mix is built from?

    >>> from loyalkit import PlanningStep
    >>> [step.title for step in PlanningStep.BUILD_MARKETING_MIX.needs]
    ['Define segments', 'Analyse media and content', 'Plan loyalty']
    """

    IDENTIFY_DRIVERS = 1
    DEFINE_SEGMENTS = 2
    FIND_HIDDEN_POTENTIAL = 3
    ANALYSE_MEDIA_AND_CONTENT = 4
    PLAN_LOYALTY = 5
    BUILD_MARKETING_MIX = 6

    @property
    def needs(self) -> tuple["PlanningStep", ...]:
        """Earlier steps whose outcome this one uses."""
        return tuple(map(PlanningStep, _NEEDS[self.value]))

    @property
    def title(self) -> str:
        """Name of the step for people."""
        return self.name.replace("_", " ").capitalize()


# Step 3 may find segments, so step 4, which studies all of them, waits for it.
_NEEDS: dict[int, tuple[int, ...]] = {1: (), 2: (1,), 3: (2,), 4: (2, 3), 5: (2, 4), 6: (2, 4, 5)}


def to_step(step: Any) -> PlanningStep:
    """One of the six steps, from itself or its number."""
    number = count("step", step)
    if not 1 <= number <= 6:
        refuse("step", "must be a PlanningStep or a number from 1 to 6", number)
    return PlanningStep(number)


class StepStatus(StrEnum):
    """
    How far a step is.

    BLOCKED: a step that it needs is not done, whatever has been worked ahead.
    """

    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    BLOCKED = "blocked"
    DONE = "done"


class CriterionScope(StrEnum):
    """What a criterion is kept for: the programme as a whole, or each part of it."""

    PROGRAMME = "once for the programme"
    SEGMENT = "for each segment"
    HIDDEN_SEGMENT = "for each segment judged to have hidden potential"
    DEPARTMENT = "for each department"


# ---------------------------------------------------------------- names and addresses


def name_of(argument: str, value: Any) -> str:
    """Text by which a segment or a department goes."""
    return text(argument, value.name if isinstance(value, Enum) else value, limit=NAME_LIMIT)


def names_of(argument: str, values: Iterable[Name]) -> tuple[str, ...]:
    """Distinct names, at least one, in the order given."""
    given: Any = values
    # The order of a set changes from one run to the next, and with it the order of the plan.
    if isinstance(given, str | set | frozenset) or not isinstance(given, Iterable):
        refuse_type(argument, "must be a sequence of names", type(cast(Any, given)).__name__)
    names: dict[str, None] = {}
    for place, value in enumerate(cast(Any, given)):
        name = name_of(f"{argument}[{place}]", value)
        if name in names:
            refuse(argument, "must be distinct", name, place)
        if place >= SIZE_LIMIT:
            refuse(argument, f"must be at most {SIZE_LIMIT} names", name, place)
        names[name] = None
    if not names:
        refuse(argument, "must hold at least one name", ())
    return tuple(names)


def criterion_key(id: str, part: Name | None = None) -> str:  # noqa: A002 - its name everywhere
    """
    Address of a criterion in a plan.

    Parameters
    ----------
    id : str
        Id of the criterion, such as "2.3".
    part : str or Enum, optional
        The segment or department it is about, if it is kept for each of them.

    Returns
    -------
    str
        The id, with the name of the part in brackets if there is one.

    Raises
    ------
    TypeError
        If ``id`` is not text, or ``part`` neither text nor a member of an enumeration.
    ValueError
        If one of them is blank or too long, or ``id`` holds a bracket.

    Examples
    --------
    >>> from loyalkit import Segment, criterion_key
    >>> criterion_key("2.3", Segment.CORE)
    '2.3[CORE]'
    """
    return join_key(_id(id), None if part is None else name_of("part", part))


def join_key(id_: str, part: str | None) -> str:
    """Address made from an id and a name that are known to be good."""
    return id_ if part is None else f"{id_}[{part}]"


def _id(value: Any) -> str:
    id_ = text("id", value, limit=NAME_LIMIT)
    if "[" in id_ or "]" in id_:
        refuse("id", "must not hold brackets", id_)
    return id_


# ---------------------------------------------------------------- what is asked for


def _text(value: Any) -> str:
    return text("text", value)


@attrs.frozen(kw_only=True)
class CriterionDefinition:
    """
    What is asked for before a step counts as done.

    Parameters
    ----------
    id : str
        The step and a number within it, such as "2.3"; a word for an own criterion.
    step : PlanningStep
        The step it belongs to.
    text : str
        What has to be true.
    scope : CriterionScope
        Whether it is kept once, or for each segment or department.
    phrase : str
        The words of the source it is read from; none for an own criterion.
    kinds : tuple of str
        Kinds of evidence that can meet it.
    """

    id: str = attrs.field(converter=_id)
    step: PlanningStep = attrs.field(converter=to_step)
    text: str = attrs.field(converter=_text)
    scope: CriterionScope = CriterionScope.PROGRAMME
    phrase: str = ""
    kinds: tuple[str, ...] = EVIDENCE_KINDS


_ONCE, _EACH = CriterionScope.PROGRAMME, CriterionScope.SEGMENT
_HIDDEN, _DEPARTMENT = CriterionScope.HIDDEN_SEGMENT, CriterionScope.DEPARTMENT

_ASKED = (
    ("1.1", _ONCE, "Customer behaviour is tracked", "Kundenverhalten verfolgen"),
    ("1.2", _ONCE, "A customer survey has been done", "Umfragen durchführen"),
    ("1.3", _ONCE, "Personal contacts have been put to use", "persönliche Interaktionen nutzen"),
    ("1.4", _ONCE, "A driver of loyalty has been found", "was die Kundentreue erhöht"),
    ("2.1", _ONCE, "The set of segments is settled", "Definieren Sie die einzelnen Segmente"),
    ("2.2", _EACH, "It is written down who belongs to it", "einzelnen Segmente"),
    ("2.3", _EACH, "Its needs are known", "spezifische Bedürfnisse"),
    ("2.4", _EACH, "Its behaviour is known", "Verhaltensweisen"),
    ("2.5", _EACH, "Its next level of loyalty is named", "nächsten Treuegrad"),
    ("3.1", _EACH, "Its hidden potential has been judged", "bisher unentdecktes Potenzial"),
    ("3.2", _HIDDEN, "An extra personal programme is set up", "zusätzliche persönliche Programme"),
    ("4.1", _EACH, "Its use of media is known", "Medienkonsum"),
    ("4.2", _EACH, "The content and information it needs are known", "Inhalte/Informationen"),
    ("5.1", _ONCE, "What the programme takes is summed up", "Fassen Sie zusammen"),
    ("5.2", _ONCE, "The whole firm builds a culture of relationships", "im ganzen Unternehmen"),
    ("5.3", _DEPARTMENT, "It has a plan and someone who answers for it", "einzelnen Abteilungen"),
    ("5.4", _ONCE, "Staff understand why it matters", "Mitarbeiter verstehen"),
    ("5.5", _ONCE, "Staff have practised", "üben Sie"),
    ("5.6", _EACH, "It has a strategy of its own", "Strategien für jedes Segment"),
    ("5.7", _ONCE, "The firm is confirmed to be ready", "bereiten Sie sich vor"),
    ("6.1", _EACH, "Its marketing mix holds a tactic", "Marketing-Mix für jedes Segment"),
    ("6.2", _EACH, "A check for sub-segments is on record", "potentielle Untersegmente"),
    ("6.3", _EACH, "Its preferred channels are known", "bevorzugten Kanälen"),
)
_KINDS = {"1.1": ("behaviour",), "1.2": ("survey",), "1.3": ("interaction",)}

PLANNING_CRITERIA = tuple(
    CriterionDefinition(
        id=id_,
        step=int(id_[0]),
        scope=scope,
        text=asked,
        phrase=phrase,
        kinds=_KINDS.get(id_, EVIDENCE_KINDS),
    )
    for id_, scope, asked, phrase in _ASKED
)
"""The criteria 1.1 to 6.3, in order."""

HIDDEN_POTENTIAL = "3.1"
"""Criterion that takes a verdict; a yes asks for the next one."""

PERSONAL_PROGRAMME = "3.2"
"""Criterion of the segments with hidden potential."""
