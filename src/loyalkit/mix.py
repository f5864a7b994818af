"""
Why the overall retention rate changed: other rates, or another mix of customers.

Conventions: as in `loyalkit.retention`; a change is after - before, as a fraction. Groups
are disjoint, and a group's weight is its share of the customers at the start.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._estimates import estimated
from loyalkit._messages import instance
from loyalkit.intervals import Interval, newcombe_difference
from loyalkit.retention import RetentionCounts


class _Side(NamedTuple):
    """One of the two periods: customers at the start, weight and rate of each group."""

    customers: int
    weight: NDArray[np.float64]
    rate: NDArray[np.float64]

    def error(self, by_weight: Any, by_rate: Any) -> float:
        """Standard error of a figure that moves so with each weight and with each rate."""
        if not self.customers:
            return math.nan
        centred = by_weight - self.weight @ by_weight
        of_rates = self.rate * (1 - self.rate) / np.where(self.weight > 0, self.weight, np.inf)
        variance = self.weight @ centred**2 + by_rate**2 @ of_rates
        return math.sqrt(variance / self.customers)


class _Effects(NamedTuple):
    by_group: NDArray[np.float64]
    error: float

    @property
    def total(self) -> float:
        return math.fsum(self.by_group) if self.by_group.size else math.nan

    def interval(self, confidence: float) -> Interval:
        return estimated(self.total, self.error, "", confidence, limit=1).interval


@attrs.frozen(kw_only=True)
class RateChange:
    """
    A change of the retention rate, split into rate effect and mix effect.

    Made by `decompose_change`.

    Parameters
    ----------
    labels : tuple
        The groups: those of the earlier period, then those that only the later one has.
    before, after : tuple of RetentionCounts
        Counts of each group in the two periods, empty where it has none.

    See Also
    --------
    decompose_change : What the effects mean, and the formulas.
    """

    labels: tuple[Any, ...]
    before: tuple[RetentionCounts, ...]
    after: tuple[RetentionCounts, ...]

    @property
    def total(self) -> float:
        """Change of the overall rate; NaN if a period had nobody at the start [fraction]."""
        return _sum(self.after).rate - _sum(self.before).rate

    @property
    def rate_effect(self) -> float:
        """Change that other rates make with the same mix; NaN as `total` [fraction]."""
        return self._rate.total

    @property
    def mix_effect(self) -> float:
        """Change that another mix makes at the same rates; NaN as `total` [fraction]."""
        return self._mix.total

    @property
    def rate_effects(self) -> dict[Any, float]:
        """What each group adds to the rate effect [fraction]."""
        return dict(zip(self.labels, self._rate.by_group.tolist(), strict=True))

    @property
    def mix_effects(self) -> dict[Any, float]:
        """What each group adds to the mix effect [fraction]."""
        return dict(zip(self.labels, self._mix.by_group.tolist(), strict=True))

    def rate_effect_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the rate effect.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            The range [fraction]; NaN if a period had nobody at the start, or if the data
            show no variation to judge by.

        Raises
        ------
        ValueError
            If counts sum several periods, or ``confidence`` is not between 0 and 1.

        See Also
        --------
        decompose_change : What the interval assumes.

        Examples
        --------
        >>> from loyalkit import RetentionCounts, decompose_change
        >>> change = decompose_change(
        ...     {"new": RetentionCounts(retained=50, lost=50)},
        ...     {"new": RetentionCounts(retained=62, lost=38)},
        ... )
        >>> interval = change.rate_effect_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (-0.017, 0.257)
        """
        self._refuse_several_periods()
        return self._rate.interval(confidence)

    def mix_effect_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the mix effect, as `rate_effect_interval` for the rate effect.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            The range [fraction]; NaN as that of the rate effect, also if there is only
            one group.

        Raises
        ------
        ValueError
            If counts sum several periods, or ``confidence`` is not between 0 and 1.
        """
        self._refuse_several_periods()
        return self._mix.interval(confidence)

    def total_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the whole change: Newcombe's interval, for disjoint customers.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            The range [fraction]; NaN exactly if a period had nobody at the start.

        Raises
        ------
        ValueError
            If counts sum several periods, or ``confidence`` is not between 0 and 1.

        See Also
        --------
        retention_difference : The change among the same customers.
        """
        self._refuse_several_periods()
        after, before = _sum(self.after), _sum(self.before)
        return newcombe_difference(
            after.retained,
            after.customers_at_start,
            before.retained,
            before.customers_at_start,
            confidence=confidence,
        ).interval

    @property
    def _rate(self) -> _Effects:
        before, after, known = self._sides()
        weight, change = (before.weight + after.weight) / 2, after.rate - before.rate
        by_rate = np.where(known, weight, 0)
        errors = (side.error(change / 2, by_rate) for side in (before, after))
        return _Effects(weight * change, math.hypot(*errors))

    @property
    def _mix(self) -> _Effects:
        before, after, known = self._sides()
        shift, rate = after.weight - before.weight, (before.rate + after.rate) / 2
        by_rate = np.where(known, shift / 2, shift)
        errors = (side.error(rate, by_rate) for side in (before, after))
        # The shifts sum to 0, so that a constant subtracted changes no sum.
        centre = (before.weight @ before.rate + after.weight @ after.rate) / 2
        return _Effects((rate - centre) * shift, math.hypot(*errors))

    def _sides(self) -> tuple[_Side, _Side, NDArray[np.bool_]]:
        """Both periods, rates known in one filled in from the other; which are known in both."""
        first, second = _side(self.before), _side(self.after)
        rates = np.array([first.rate, second.rate])
        known = np.isfinite(rates)
        rates = np.where(known, rates, np.where(known[::-1], rates[::-1], 0))
        before, after = first._replace(rate=rates[0]), second._replace(rate=rates[1])
        return before, after, known[0] & known[1]

    def _refuse_several_periods(self) -> None:
        # Counts that sum several periods refuse an interval.
        for counts in (_sum(self.before), _sum(self.after)):
            counts.interval()


def _sum(groups: Iterable[RetentionCounts]) -> RetentionCounts:
    return sum(groups, RetentionCounts())


def _side(groups: tuple[RetentionCounts, ...]) -> _Side:
    start = np.array([counts.customers_at_start for counts in groups], np.float64)
    rate = np.array([counts.rate for counts in groups], np.float64)
    customers = _sum(groups).customers_at_start
    return _Side(customers, start / (customers or math.nan), rate)


def decompose_change(
    before: Mapping[Any, RetentionCounts], after: Mapping[Any, RetentionCounts]
) -> RateChange:
    r"""
    Split a change of the overall retention rate into rate effect and mix effect.

    The overall rate may fall although every group keeps its customers better, because
    there are more customers of a kind that rarely stays; then nothing got worse but
    the mix. Groups may be segments, shops, or how long customers have been there.

    Parameters
    ----------
    before, after : mapping of label to RetentionCounts
        Counts of each group in the earlier and the later period. The groups are
        disjoint; one may be there in one period only.

    Returns
    -------
    RateChange
        `RateChange.rate_effect` and `RateChange.mix_effect`, which add up to
        `RateChange.total`, over all and by group. All NaN exactly if a period had nobody
        at the start.

    Raises
    ------
    TypeError
        If ``before`` or ``after`` is not a mapping to `RetentionCounts`.

    See Also
    --------
    retention_difference : Whether the overall rate changed at all.

    Notes
    -----
    With weights :math:`w_{0g}, w_{1g}` and rates :math:`r_{0g}, r_{1g}` of group
    :math:`g` before and after,

    .. math::
        r_1 - r_0 = \sum_g \frac{w_{0g} + w_{1g}}{2} (r_{1g} - r_{0g})
        + \sum_g \frac{r_{0g} + r_{1g}}{2} (w_{1g} - w_{0g})

    exactly [1]_; neither period is the standard. A group that is there once takes its
    other rate, so that all it does is mix. What a single group adds to the mix effect
    is counted from the mean of both overall rates, which changes no sum: a growing
    group adds to the rate if it stays better than the average.

    The intervals come from the delta method. They take the customers of each period as
    a sample, in which group and outcome of a customer are drawn together, and the two
    periods as independent. If the same customers are seen twice, that does not hold.
    Those who stay once tend to stay again and groups change little, so that the errors
    of the two periods partly cancel: the intervals are then usually too wide, but
    nothing guarantees it. They are meant for dozens of customers in each group and more.

    References
    ----------
    .. [1] E. M. Kitagawa, "Components of a Difference Between Two Rates", Journal of the
       American Statistical Association 50, 1168-1194, 1955.

    Examples
    --------
    Retention fell from 80 % to 62 %. Did the shop become worse?

    >>> from loyalkit import RetentionCounts, decompose_change
    >>> change = decompose_change(
    ...     {
    ...         "new": RetentionCounts(retained=50, lost=50),
    ...         "old": RetentionCounts(retained=270, lost=30),
    ...     },
    ...     {
    ...         "new": RetentionCounts(retained=156, lost=144),
    ...         "old": RetentionCounts(retained=92, lost=8),
    ...     },
    ... )
    >>> [round(x, 3) for x in (change.total, change.rate_effect, change.mix_effect)]
    [-0.18, 0.02, -0.2]

    No, it keeps both kinds better than before, but has many more new customers.
    """
    for name, groups in (("before", before), ("after", after)):
        instance(name, groups, Mapping)
        for label, counts in groups.items():
            instance(f"{name}[{label!r}]", counts, RetentionCounts)
    labels = tuple(dict.fromkeys([*before, *after]))
    nobody = RetentionCounts()
    return RateChange(
        labels=labels,
        before=tuple(before.get(label, nobody) for label in labels),
        after=tuple(after.get(label, nobody) for label in labels),
    )
