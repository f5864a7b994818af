"""
What a programme is held against: targets, and what the figures say of them.

Conventions: a target and its figure are in one unit, rates as fractions, scores in
points. The verdict follows the interval of the figure, never the figure alone: a target
inside the interval, its ends included, cannot be told from the figure.
"""

import datetime as dt
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import attrs

from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import confidence_level, number, one_of, text
from loyalkit._times import day
from loyalkit.intervals import Difference, Interval
from loyalkit.planning_criteria import NAME_LIMIT, name_of

__all__ = ["KpiVerdict", "PlanKpi"]

Direction: TypeAlias = Literal["at_least", "at_most"]
"""Which side of a target is the good one."""

DIRECTIONS = ("at_least", "at_most")


class KpiVerdict(StrEnum):
    """What a figure says of its target."""

    MET = "met"
    MISSED = "missed"
    CANNOT_TELL = "cannot tell"


def _name(value: Any) -> str:
    return text("name", value, limit=NAME_LIMIT)


def _target(value: Any) -> float:
    return number("target", value)


def _direction(value: Any) -> Any:
    return one_of("direction", value, DIRECTIONS)


def _segment(value: Any) -> str | None:
    return None if value is None else name_of("segment", value)


def _date(value: Any) -> dt.date | None:
    return None if value is None else day("date", value)


def _validate_figure(_instance: object, _attribute: Any, value: Any) -> None:
    if value is not None and type(value) is not Interval:
        refuse_type("figure", "must be an Interval: measured() makes it", type(value).__name__)


@attrs.frozen(kw_only=True)
class PlanKpi:
    """
    One figure of a plan, what it should be, and how sure it is that it is so.

    Parameters
    ----------
    name : str
        What is measured, such as "retention rate, 12 months".
    target : float
        What it should be, in the unit of the figure.
    direction : {"at_least", "at_most"}, default "at_least"
        Which side of the target is the good one.
    segment : str or Enum, optional
        The segment it is about; the programme as a whole if left out.
    figure : Interval, optional
        What was measured last; `measured` fills it in.
    date : date or str, optional
        The day the figure is from; text is ISO.

    Raises
    ------
    TypeError
        If the name is not text, the target not a number, or the figure not an Interval.
    ValueError
        If the name is blank or too long, the target not finite or out of the figure's
        range (a rate of 75), or the direction neither of the two.

    See Also
    --------
    ProgramPlan.with_kpi : Puts it into a plan.

    Notes
    -----
    Several figures at 95 % confidence are several chances of a false verdict: of twenty
    that lie exactly on their targets, one is met or missed by chance. So is a figure
    looked at every month until it is met.

    Examples
    --------
    85 % of the regulars should stay. 180 of 200 did; is that enough to say so?

    >>> from loyalkit import PlanKpi, RetentionCounts
    >>> kpi = PlanKpi(name="retention rate", target=0.85, segment="regulars")
    >>> kpi.measured(RetentionCounts(retained=180, lost=20)).verdict.value
    'met'
    >>> kpi.measured(RetentionCounts(retained=18, lost=2)).verdict.value
    'cannot tell'
    """

    name: str = attrs.field(converter=_name)
    target: float = attrs.field(converter=_target)
    direction: Direction = attrs.field(default="at_least", converter=_direction)
    segment: str | None = attrs.field(default=None, converter=_segment)
    figure: Interval | None = attrs.field(default=None, validator=_validate_figure)
    date: dt.date | None = attrs.field(default=None, converter=_date)

    def __attrs_post_init__(self) -> None:
        if self.figure is not None:
            self.figure.verdict(self.target)  # refuses a target that the figure cannot reach

    @property
    def key(self) -> tuple[str | None, str]:
        """Segment and name, by which a plan tells its KPIs apart."""
        return self.segment, self.name

    @property
    def verdict(self) -> KpiVerdict:
        """
        What the figure says of the target.

        MET if the whole interval lies on the good side, MISSED if all of it lies on the
        other. CANNOT_TELL exactly if the target lies inside or on an end of the interval,
        if the interval is NaN, or if nothing has been measured.
        """
        side = "unclear" if self.figure is None else self.figure.verdict(self.target)
        if side == "unclear":
            return KpiVerdict.CANNOT_TELL
        good = "above" if self.direction == "at_least" else "below"
        return KpiVerdict.MET if side == good else KpiVerdict.MISSED

    def measured(
        self, figure: Any, *, confidence: float | None = None, date: dt.date | str | None = None
    ) -> "PlanKpi":
        """
        Hold the KPI against a figure, which takes the place of the one before.

        Parameters
        ----------
        figure : Interval, Difference, RetentionCounts, NpsCounts or another tally
            An interval, or whatever has one: an `Interval` as its attribute or returned
            by its method ``interval``.
        confidence : float, optional
            Confidence of the interval [fraction]; 0.95 if left out. Figures that bear an
            interval keep theirs.
        date : date or str, optional
            The day the figure is from; text is ISO.

        Returns
        -------
        PlanKpi
            The KPI with this figure and date.

        Raises
        ------
        TypeError
            If the figure has no interval, or has many.
        ValueError
            If the figure's range does not hold the target, if the figure bears an interval
            of another confidence than the one asked for, or if it sums several periods.

        Examples
        --------
        The score should be at least 20 points; 100 customers answered:

        >>> from loyalkit import NpsCounts, PlanKpi
        >>> kpi = PlanKpi(name="net promoter score", target=20)
        >>> kpi.measured(NpsCounts(detractors=20, passives=30, promoters=50)).verdict.value
        'cannot tell'
        """
        return attrs.evolve(self, figure=_interval_of(figure, confidence), date=date)


def _interval_of(figure: Any, confidence: float | None) -> Interval:
    wanted = None if confidence is None else confidence_level(confidence)
    found = figure.interval if isinstance(figure, Difference) else figure
    if not isinstance(found, Interval):
        method = getattr(figure, "interval", None)
        if not callable(method):
            refuse_type("figure", "must be or have an Interval", type(figure).__name__)
        found = method(confidence=0.95 if wanted is None else wanted)
    if not isinstance(found, Interval):
        rule = "must have one Interval, not one for each of many"
        refuse_type("figure", rule, f"{type(figure).__name__}.interval() -> {type(found).__name__}")
    if wanted is not None and found.confidence != wanted:
        refuse("confidence", f"must be {found.confidence}, as the figure has it", wanted)
    return Interval(found.low, found.high, found.confidence, bounds=found.bounds)
