"""
Who stayed: retention and churn between two periods, from head counts or from customer ids.

Conventions: rates are fractions, counts are customers. A customer is *retained* if
there in one period and in the next, *lost* if there in the first only, *new* if there
in the second and never before, *reactivated* if there in the second and earlier but
not in the first. Hence start = retained + lost and end = retained + new + reactivated.
"""

import math
from collections.abc import Sequence
from typing import Any, Self, SupportsIndex, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import broadcast, counts, quotients
from loyalkit._id_kernels import id_flows
from loyalkit._labels import comparable
from loyalkit._messages import instance, refuse_together
from loyalkit._scalars import Number, count, is_scalar, to_int, validate_count
from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval


def _flows(
    customers_at_start: Any, customers_at_end: Any, new_customers: Any
) -> tuple[Any, Any, Any]:
    """Tell customers at the start, those of them retained and those lost: ints or arrays."""
    given = {
        "customers_at_start": customers_at_start,
        "customers_at_end": customers_at_end,
        "new_customers": new_customers,
    }
    if all(map(is_scalar, given.values())):
        heads = [count(name, value) for name, value in given.items()]
        if 0 <= heads[1] - heads[2] <= heads[0]:
            retained = heads[1] - heads[2]
            return heads[0], retained, heads[0] - retained
    start, end, new = broadcast(**{name: counts(name, value) for name, value in given.items()})
    rule = "new_customers must not exceed customers_at_end"
    refuse_together(rule, new > end, new_customers=new, customers_at_end=end)
    returning = "returning customers belong in new_customers"
    rule = f"customers_at_end - new_customers must not exceed customers_at_start: {returning}"
    refuse_together(
        rule,
        end - new > start,
        customers_at_start=start,
        customers_at_end=end,
        new_customers=new,
    )
    return start, end - new, start - (end - new)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _shares(part: Any, whole: Any) -> Any:
    if isinstance(whole, int):
        return _share(part, whole)
    return quotients(part, whole)


@overload
def retention_rate(
    *, customers_at_start: Number, customers_at_end: Number, new_customers: Number
) -> float: ...
@overload
def retention_rate(
    *, customers_at_start: ArrayLike, customers_at_end: ArrayLike, new_customers: ArrayLike
) -> NDArray[np.float64]: ...
def retention_rate(
    *, customers_at_start: ArrayLike, customers_at_end: ArrayLike, new_customers: ArrayLike
) -> float | NDArray[np.float64]:
    r"""
    Share of the customers at the start of a period who are still there at its end.

    Customers won during the period are taken out of the head count at the end, so
    that winning new customers cannot hide the loss of old ones.

    Parameters
    ----------
    customers_at_start : array_like
        Head count at the start of the period [customers].
    customers_at_end : array_like
        Head count at the end of the period, new customers included [customers].
    new_customers : array_like
        Customers at the end who were not there at the start, former customers who
        came back included [customers]. Customers won and lost again within the
        period do not count.

        The three arguments broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Retention rate, 0 to 1 [fraction].
        A float if all arguments are scalars, else an array of the broadcast shape.
        NaN exactly where there was nobody at the start, since nobody could have stayed.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a count is negative, fractional or not finite, if there are more new
        customers than customers at the end, or if more customers were retained
        than were there at the start.

    See Also
    --------
    churn_rate : The share that left.
    RetentionCounts : The same counts as a value object that adds up over groups.

    Notes
    -----
    With :math:`S` customers at the start, :math:`E` at the end and :math:`N` new,

    .. math:: R = \frac{E - N}{S}

    which is the share retained of the customers at risk [1]_. Counting only first-time
    buyers as new makes returning customers look retained; where that lifts the rate
    above 1, the counts are refused.

    References
    ----------
    .. [1] P. W. Farris, N. T. Bendle, P. E. Pfeifer and D. J. Reibstein, Marketing
       Metrics: The Definitive Guide to Measuring Marketing Performance, 2nd ed.
       Upper Saddle River, NJ: Pearson Education, 2010.

    Examples
    --------
    A shop starts the quarter with 200 customers, wins 30 and ends with 210:

    >>> from loyalkit import retention_rate
    >>> retention_rate(customers_at_start=200, customers_at_end=210, new_customers=30)
    0.9

    Three shops at once, of which the last one opened during the quarter:

    >>> retention_rate(
    ...     customers_at_start=[200, 80, 0],
    ...     customers_at_end=[210, 60, 25],
    ...     new_customers=[30, 0, 25],
    ... )
    array([0.9 , 0.75,  nan])
    """
    start, retained, _ = _flows(customers_at_start, customers_at_end, new_customers)
    rate: float | NDArray[np.float64] = _shares(retained, start)
    return rate


@overload
def churn_rate(
    *, customers_at_start: Number, customers_at_end: Number, new_customers: Number
) -> float: ...
@overload
def churn_rate(
    *, customers_at_start: ArrayLike, customers_at_end: ArrayLike, new_customers: ArrayLike
) -> NDArray[np.float64]: ...
def churn_rate(
    *, customers_at_start: ArrayLike, customers_at_end: ArrayLike, new_customers: ArrayLike
) -> float | NDArray[np.float64]:
    """
    Share of the customers at the start of a period who are gone at its end.

    Parameters
    ----------
    customers_at_start : array_like
        Head count at the start of the period [customers].
    customers_at_end : array_like
        Head count at the end of the period, new customers included [customers].
    new_customers : array_like
        Customers at the end who were not there at the start [customers].

        The three arguments broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Churn rate, 0 to 1; it and the retention rate add up to 1 [fraction].
        A float if all arguments are scalars, else an array of the broadcast shape.
        NaN exactly where there was nobody at the start.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        As for `retention_rate`.

    See Also
    --------
    retention_rate : The share that stayed, and what counts as new.

    Examples
    --------
    >>> from loyalkit import churn_rate
    >>> churn_rate(customers_at_start=200, customers_at_end=210, new_customers=30)
    0.1
    """
    start, _, lost = _flows(customers_at_start, customers_at_end, new_customers)
    rate: float | NDArray[np.float64] = _shares(lost, start)
    return rate


def _period_labels(periods: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(periods)))


@attrs.frozen(kw_only=True)
class RetentionCounts:
    """
    What became of the customers between two periods, as counts that add up.

    Counts of disjoint customers add: regions, shops, shards of a log. Counts of
    several periods add too, but then a customer counts once a period. Where the counts
    bear the labels of their periods, such a sum has a rate but no interval.

    Parameters
    ----------
    retained : int, default 0
        Customers there at the start and at the end [customers].
    lost : int, default 0
        Customers there at the start only [customers].
    new : int, default 0
        Customers there at the end and never before [customers].
    reactivated : int, default 0
        Customers there at the end and some time before, but not at the start [customers].
    periods : tuple of str, default ()
        Labels of the periods counted, if they have any; not compared by ``==``.

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional.

    See Also
    --------
    retention_by_period : These counts for each period of a log.

    Examples
    --------
    Is the north better than the south, and what do both make together?

    >>> from loyalkit import RetentionCounts
    >>> north = RetentionCounts(retained=170, lost=30, new=40)
    >>> south = RetentionCounts(retained=150, lost=50, new=10)
    >>> north.rate, (north + south).rate
    (0.85, 0.8)
    >>> north.difference(south).verdict()
    'above'
    """

    retained: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    lost: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    new: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    reactivated: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    periods: tuple[str, ...] = attrs.field(default=(), converter=_period_labels, eq=False)

    @classmethod
    def from_head_counts(
        cls,
        *,
        customers_at_start: SupportsIndex,
        customers_at_end: SupportsIndex,
        new_customers: SupportsIndex,
    ) -> Self:
        """
        Make the counts from three head counts.

        Parameters
        ----------
        customers_at_start, customers_at_end, new_customers : int
            As for `retention_rate` [customers]. Head counts do not tell new customers
            from returning ones: all of ``new_customers`` are kept as new.

        Returns
        -------
        RetentionCounts
            The counts behind the head counts.

        Raises
        ------
        TypeError, ValueError
            As for `retention_rate`.

        Examples
        --------
        >>> from loyalkit import RetentionCounts
        >>> RetentionCounts.from_head_counts(
        ...     customers_at_start=200, customers_at_end=210, new_customers=30
        ... ).lost
        20
        """
        new = count("new_customers", new_customers)
        _, retained, lost = _flows(
            count("customers_at_start", customers_at_start),
            count("customers_at_end", customers_at_end),
            new,
        )
        return cls(retained=retained, lost=lost, new=new)

    @classmethod
    def from_customers(
        cls, before: ArrayLike, after: ArrayLike, *, known_before: ArrayLike | None = None
    ) -> Self:
        """
        Make the counts from who was there in each of two periods.

        Parameters
        ----------
        before, after : array_like
            Ids of the customers of the earlier and of the later period: a list, a set,
            an array, a column. How often an id occurs does not matter.
        known_before : array_like, optional
            Ids of everybody who was a customer at any time up to the earlier period.
            Without it, everybody who comes in is counted as new.

        Returns
        -------
        RetentionCounts
            The four flows from ``before`` to ``after``.

        Raises
        ------
        TypeError
            If ids are of different kinds, such as numbers in one period and text in the other.
        ValueError
            If an id is missing.

        Examples
        --------
        >>> from loyalkit import RetentionCounts
        >>> RetentionCounts.from_customers(
        ...     ["Ada", "Bo", "Cleo"], ["Bo", "Cleo", "Dai", "Eve"], known_before=["Eve"]
        ... )
        RetentionCounts(retained=2, lost=1, new=1, reactivated=1, periods=())
        """
        known = () if known_before is None else known_before
        before, after, known = comparable(before=before, after=after, known_before=known)
        retained, lost, new, reactivated = id_flows(before, after, known)
        return cls(retained=retained, lost=lost, new=new, reactivated=reactivated)

    @property
    def customers_at_start(self) -> int:
        """Customers of the earlier period [customers]."""
        return self.retained + self.lost

    @property
    def customers_at_end(self) -> int:
        """Customers of the later period [customers]."""
        return self.retained + self.new + self.reactivated

    @property
    def new_customers(self) -> int:
        """Customers at the end who were not there at the start [customers]."""
        return self.new + self.reactivated

    @property
    def rate(self) -> float:
        """Retention rate, 0 to 1 [fraction]; NaN without customers at the start."""
        return _share(self.retained, self.customers_at_start)

    @property
    def churn(self) -> float:
        """Churn rate, 0 to 1 [fraction]; NaN without customers at the start."""
        return _share(self.lost, self.customers_at_start)

    @property
    def percent(self) -> float:
        """Retention rate in percent, as people quote it."""
        return 100 * self.rate

    def interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the retention rate.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval of the rate [fraction]; NaN without customers at the start.

        Raises
        ------
        ValueError
            If the counts sum several periods: a customer then counts more than once,
            and the interval would be too narrow.

        Notes
        -----
        A full customer base is still a sample: of what such customers do in such
        periods. That is what the interval is about.

        Examples
        --------
        >>> from loyalkit import RetentionCounts
        >>> interval = RetentionCounts(retained=170, lost=30).interval()
        >>> round(interval.low, 4), round(interval.high, 4)
        (0.7939, 0.8929)
        """
        self._refuse_several_periods("interval")
        return wilson_interval(self.retained, self.customers_at_start, confidence=confidence)

    def difference(self, other: "RetentionCounts", confidence: float = 0.95) -> Difference:
        """
        Compare with the retention of other customers: this rate minus theirs.

        Parameters
        ----------
        other : RetentionCounts
            Counts of customers none of whom is counted here.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Difference of the rates [fraction] with Newcombe's interval and the p-value
            of the pooled two-proportion z-test; NaN if a group had nobody at the start.

        Raises
        ------
        TypeError
            If the other side is no RetentionCounts: a target is for the interval's verdict.
        ValueError
            If one side sums several periods, or the two carry different periods: those
            share customers, which `retention_difference` allows for.

        See Also
        --------
        retention_difference : Two periods of the same customers.

        Examples
        --------
        >>> from loyalkit import RetentionCounts
        >>> members = RetentionCounts(retained=170, lost=30)
        >>> others = RetentionCounts(retained=150, lost=50)
        >>> difference = members.difference(others)
        >>> round(difference.interval.low, 4), round(difference.p_value, 4)
        (0.0215, 0.0124)
        """
        instance("other", other, RetentionCounts)
        self._refuse_several_periods("difference")
        other._refuse_several_periods("difference")
        if self.periods and other.periods and self.periods != other.periods:
            raise ValueError(
                "difference needs customers counted on one side only: compare two periods of "
                f"the same customers with retention_difference(), got periods={self.periods[0]!r} "
                f"and {other.periods[0]!r}"
            )
        return newcombe_difference(
            self.retained,
            self.customers_at_start,
            other.retained,
            other.customers_at_start,
            confidence=confidence,
        )

    def _refuse_several_periods(self, what: str) -> None:
        if len(self.periods) > 1:
            raise ValueError(
                f"{what} needs every customer counted once, got {len(self.periods)} periods: "
                f"{', '.join(self.periods)}"
            )

    def __add__(self, other: "RetentionCounts") -> "RetentionCounts":
        if not isinstance(other, RetentionCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return RetentionCounts(
            retained=self.retained + other.retained,
            lost=self.lost + other.lost,
            new=self.new + other.new,
            reactivated=self.reactivated + other.reactivated,
            periods=self.periods + other.periods,
        )

    def __radd__(self, other: int) -> "RetentionCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented
