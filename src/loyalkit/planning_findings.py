"""
What measures prove about the segments of a plan.

Conventions: labels of measures go by the names of the plan's segments; what is about
other labels is left out. Customers whose segment is not settled are counted as the
fewest and the most there can be, never guessed. A measure of nobody proves nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, StrEnum
from typing import Any, TypeAlias, TypeVar, cast

import attrs
import numpy as np

from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import count, one_of, text
from loyalkit._unsettled import share_interval
from loyalkit.classification import Classification
from loyalkit.cross_tables import CrossTable
from loyalkit.intervals import Interval, Verdict
from loyalkit.kinds import Segment
from loyalkit.nps import NpsCounts
from loyalkit.planning_criteria import NAME_LIMIT, Name, name_of
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.retention import RetentionCounts
from loyalkit.segments import SegmentAssignment

__all__ = ["FindingSubject", "PlanFinding"]

Counts = TypeVar("Counts", NpsCounts, RetentionCounts)
Measured: TypeAlias = Counts | Mapping[Name, Counts]
"""Counts of all customers, or of those of each segment."""


STANDINGS = ("above", "below", "unclear")


class FindingSubject(StrEnum):
    """What a finding is about."""

    SIZE = "size"
    HIDDEN_POTENTIAL = "hidden potential"
    RETENTION = "retention rate"
    SCORE = "net promoter score"
    CHANNEL = "preferred channel"


def _subject(value: Any) -> FindingSubject:
    return FindingSubject(one_of("subject", value, tuple(FindingSubject)))


def _segment(value: Any) -> str | None:
    return None if value is None else name_of("segment", value)


def _channel(value: Any) -> str | None:
    return None if value is None else text("channel", value, limit=NAME_LIMIT)


def _customers(value: Any) -> int:
    return count("customers", value)


def _standing(value: Any) -> Any:
    return one_of("standing", value, STANDINGS)


@attrs.frozen(kw_only=True)
class PlanFinding:
    """
    What a measure proves about a segment, or about the programme as a whole.

    Made by `ProgramPlan.with_findings`.

    Parameters
    ----------
    subject : FindingSubject
        What it is about.
    segment : str, optional
        The segment; None for the programme as a whole.
    evidence : PlanEvidence
        Where it comes from, with the finding in words as its note.
    interval : Interval
        How sure the figure is: a share of all customers for SIZE and HIDDEN_POTENTIAL, of
        the segment's customers for CHANNEL, a rate for RETENTION [fraction]; a score
        for SCORE [points].
    customers : int
        Customers or answers that the figure rests on [customers].
    channel : str, optional
        For CHANNEL, the channel that is ahead of every other, which stays sure after all
        segments were looked at; None if none is.
    standing : {"above", "below", "unclear"}, default "unclear"
        What stays sure after all segments were looked at. For RETENTION, whether it lies
        above or below that of all other customers of the measure; for SCORE, whether it
        lies above or below 0. For SIZE and HIDDEN_POTENTIAL, "above" if it is so of some customers
        surely, "below" if it can be of none.

    Raises
    ------
    TypeError
        If a value is of the wrong type.
    ValueError
        If the subject is none of these, or a name is blank or too long.
    """

    subject: FindingSubject = attrs.field(converter=_subject)
    segment: str | None = attrs.field(default=None, converter=_segment)
    evidence: PlanEvidence
    interval: Interval
    customers: int = attrs.field(converter=_customers)
    channel: str | None = attrs.field(default=None, converter=_channel)
    standing: Verdict = attrs.field(default="unclear", converter=_standing)

    def __attrs_post_init__(self) -> None:
        instance("evidence", self.evidence, PlanEvidence)
        instance("interval", self.interval, Interval)

    @property
    def key(self) -> tuple[str | None, FindingSubject]:
        """Segment and subject: a later finding with the same key takes its place."""
        return self.segment, self.subject

    @property
    def text(self) -> str:
        """The finding in words."""
        return self.evidence.note


@attrs.frozen
class Source:
    """Where findings come from, how sure they are to be, and for which segments."""

    evidence: PlanEvidence
    segments: tuple[str, ...]
    confidence: float

    def finding(
        self, subject: FindingSubject, segment: str | None, note: str, **figures: Any
    ) -> PlanFinding:
        """A finding from this source; what the source says of itself follows it."""
        said = f"{note}; {self.evidence.note}" if self.evidence.note else note
        evidence = attrs.evolve(self.evidence, note=said)
        return PlanFinding(subject=subject, segment=segment, evidence=evidence, **figures)

    def strict(self, segments: int) -> float:
        """Confidence of each of several verdicts, if all are to be as sure (Bonferroni)."""
        return 1 - (1 - self.confidence) / segments

    def share(self, fewest: int, most: int, n: int) -> Interval:
        """Interval for a share of which only the fewest and the most are known."""
        return share_interval((fewest, n), (most, n), self.confidence)


# ---------------------------------------------------------------- sizes and potential


def size_findings(assignment: Any, source: Source) -> Iterator[PlanFinding]:
    """How many customers each segment has, and how many of them may be undiscovered."""
    instance("segments", assignment, Classification)
    found: Classification[Any] = assignment
    known = _known("segments", found.counts, source)
    if not found.n:
        return
    bounds = _bounds(found)
    for label, name in known:
        yield _share(FindingSubject.SIZE, name, bounds[label], found.n, "", source)
    if isinstance(found, SegmentAssignment):
        possible = found.possible
        undiscovered = possible[:, Segment.UNDISCOVERED]
        for label, name in known:
            also = int(np.count_nonzero(possible[:, label] & undiscovered))
            few = bounds[label] if label is Segment.UNDISCOVERED else (0, also)
            why = " are loyal for unknown reasons" if few[0] else " may be loyal and undiscovered"
            yield _share(FindingSubject.HIDDEN_POTENTIAL, name, few, found.n, why, source)


def _bounds(found: Classification[Any]) -> Mapping[Any, tuple[int, int]]:
    if isinstance(found, SegmentAssignment):
        return found.bounds
    unsettled = found.n_undetermined
    return {label: (fewest, fewest + unsettled) for label, fewest in found.counts.items()}


def _share(
    subject: FindingSubject,
    name: str,
    bounds: tuple[int, int],
    n: int,
    predicate: str,
    source: Source,
) -> PlanFinding:
    fewest, most = bounds
    between = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return source.finding(
        subject,
        name,
        f"{between} of {n} customers{predicate}",
        interval=source.share(fewest, most, n),
        customers=n,
        standing="above" if fewest else "unclear" if most else "below",
    )


# ---------------------------------------------------------------- rates and scores


def retention_findings(given: Any, source: Source) -> Iterator[PlanFinding]:
    """How many customers stayed, over all and of each segment."""
    total, known, strict = _groups("retention", given, RetentionCounts, source)
    for name, counts in known:
        n = counts.customers_at_start
        if n:
            others = RetentionCounts(
                retained=total.retained - counts.retained, lost=total.lost - counts.lost
            )
            yield source.finding(
                FindingSubject.RETENTION,
                name,
                f"{counts.retained} of {n} customers stayed",
                interval=counts.interval(source.confidence),
                customers=n,
                standing=counts.difference(others, strict).verdict(),
            )


def score_findings(given: Any, source: Source) -> Iterator[PlanFinding]:
    """What customers answered, over all and of each segment."""
    _, known, strict = _groups("scores", given, NpsCounts, source)
    for name, counts in known:
        if counts.n:
            yield source.finding(
                FindingSubject.SCORE,
                name,
                f"{counts.promoters} promoters, {counts.passives} passives and "
                f"{counts.detractors} detractors among {counts.n} answers",
                interval=counts.interval(source.confidence),
                customers=counts.n,
                standing=counts.interval(strict).verdict(0),
            )


def _groups(
    argument: str, given: Any, kind: type[Counts], source: Source
) -> tuple[Counts, list[tuple[str | None, Counts]], float]:
    """Counts of all, those of the programme and its segments, and a shared confidence."""
    if isinstance(given, kind):
        return given, [(None, given)], source.confidence
    if not isinstance(given, Mapping):
        rule = f"must be {kind.__name__}, or a mapping of segments to them"
        refuse_type(argument, rule, type(given).__name__)
    groups: Mapping[Any, Any] = cast(Any, given)
    for label, counts in groups.items():
        instance(f"{argument}[{_label_name(label)!r}]", counts, kind)
    known: list[tuple[str | None, Any]] = [
        (name, groups[label]) for label, name in _known(argument, groups, source)
    ]
    total: Any = sum(groups.values())
    return total, [(None, total), *known], source.strict(len(known))


def _known(argument: str, labels: Iterable[Any], source: Source) -> list[tuple[Any, str]]:
    """Labels that are segments of the plan, with their names, in the order of the plan."""
    place = {name: i for i, name in enumerate(source.segments)}
    names = [(label, _label_name(label)) for label in labels]
    known = [(label, name) for label, name in names if name in place]
    if not known:
        rule = f"must be labelled by segments of the plan, such as {source.segments[0]!r}"
        refuse(argument, rule, [name for _, name in names][:10])
    if len({name for _, name in known}) < len(known):
        refuse(argument, "must name each segment once", [name for _, name in known])
    return sorted(known, key=lambda entry: place[entry[1]])


def _label_name(label: Any) -> str:
    return label.name if isinstance(label, Enum) else str(label)


# ---------------------------------------------------------------- channels


def channel_findings(table: Any, source: Source) -> Iterator[PlanFinding]:
    """Which channel the customers of each segment prefer, if that can be told."""
    instance("channels", table, CrossTable)
    counts: CrossTable = table
    lows, highs = counts.interval(of="row", confidence=source.confidence)
    known = _known("channels", counts.rows, source)
    for label, name in known:
        row = counts.rows.index(label)
        n = int(counts.row_totals[row])
        if not n or not counts.columns:
            continue
        certain: list[int] = counts.counts[row].tolist()
        at_most: list[int] = counts.may_be_both[row].tolist()
        first = max(range(len(certain)), key=certain.__getitem__)
        rival = max((most for place, most in enumerate(at_most) if place != first), default=0)
        ahead = _surely_ahead(certain[first], rival, source.strict(len(known)))
        channel = _label_name(counts.columns[first])
        told = f"{channel}: {certain[first]} of {n} customers"
        if ahead:
            told = f"{told}, ahead of any other"
        else:
            told = f"none is surely ahead; {told}, another up to {rival}"
        low, high = float(lows[row, first]), float(highs[row, first])
        yield source.finding(
            FindingSubject.CHANNEL,
            name,
            told,
            interval=Interval(low, high, source.confidence, bounds=(0.0, 1.0)),
            customers=n,
            channel=channel if ahead else None,
        )


def _surely_ahead(first: int, rival: int, confidence: float) -> bool:
    # The two-sided test of the winner against the runner-up alone holds its level although
    # the winner was picked from the same data (Gutmann and Maymin, Annals of Statistics 15,
    # 1987); half a customer more on the wrong side keeps it below that of fair coins.
    reach = normal_quantile_two_sided(confidence) * math.sqrt(first + rival)
    return first - rival - 1 > reach
