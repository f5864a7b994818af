"""
How sure the value of a customer is, if the retention behind it was measured.

Conventions: as in `loyalkit.economics`. Margin, discount, growth and cost are taken as
known, and so is the form of the model: that one rate holds for ever, or that rates vary by a
beta law. An interval tells how far the customers observed may mislead, not how far
the next years may differ from the last.
"""

import math
from typing import Any

import numpy as np

from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._multiples import Booking, Terms, terms_of, uplift_of, worth
from loyalkit._scalars import fraction, number
from loyalkit.intervals import Difference, Interval
from loyalkit.retention import RetentionCounts

__all__ = [
    "lifetime_value_interval",
    "profit_effect_interval",
    "value_difference",
]


def lifetime_value_interval(
    retention: Interval | RetentionCounts,
    *,
    margin: float,
    discount: float,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
    acquisition_cost: float = 0.0,
    confidence: float | None = None,
) -> Interval:
    """
    Range for the value of a customer, from a retention rate that was measured.

    Parameters
    ----------
    retention : Interval or RetentionCounts
        Range for the retention rate, or the counts behind it.
    margin : float
        As for `customer_lifetime_value` [money].
    discount : float
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth, acquisition_cost : float, default 0.0
        As for `customer_lifetime_value` [fraction, money].
    confidence : float, optional
        Confidence of the interval, by default 0.95. An `Interval` of the rate brings its
        own [fraction].

    Returns
    -------
    Interval
        Range for `customer_lifetime_value` [money], with the confidence of the range for
        the rate: the value rises with the rate, or falls if the margin is below 0, so
        that nothing is lost on the way. NaN exactly where the rate's is. ``high`` is
        infinite where the data do not exclude that all stay and nothing is discounted.

    Raises
    ------
    TypeError
        If ``retention`` is of another kind, or an argument not a number.
    ValueError
        If the interval is not one of fractions, if ``confidence`` is given with an
        interval, if counts sum several periods, or as for `customer_lifetime_value`.

    See Also
    --------
    curve_value_interval : From a survival curve.
    value_difference : Two groups compared.

    Examples
    --------
    170 of 200 members stayed. At 60 euros a year and 10 % interest a member is worth 264
    euros. How sure is that?

    >>> from loyalkit import RetentionCounts, lifetime_value_interval
    >>> members = RetentionCounts(retained=170, lost=30)
    >>> interval = lifetime_value_interval(members, margin=60, discount=0.1)
    >>> round(interval.low), round(interval.high)
    (216, 319)
    """
    rate = _rate_interval(retention, confidence)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    money, cost = number("margin", margin), number("acquisition_cost", acquisition_cost)
    low, high = sorted(_value(x, money, terms) - cost for x in (rate.low, rate.high))
    lowest, highest = sorted(_value(x, money, terms) - cost for x in (0.0, 1.0))
    return Interval(low, high, rate.confidence, bounds=(lowest, highest))


def _rate_interval(retention: Any, confidence: float | None) -> Interval:
    if isinstance(retention, RetentionCounts):
        return retention.interval(0.95 if confidence is None else confidence)
    if not isinstance(retention, Interval):
        kinds = "must be an Interval or RetentionCounts"
        refuse_type("retention", kinds, type(retention).__name__)
    if confidence is not None:
        refuse("confidence", "must be left to the interval of the rate", confidence)
    for name, end in (("retention.low", retention.low), ("retention.high", retention.high)):
        if not math.isnan(end):
            fraction(name, end)
    return retention


def _value(rate: float, margin: float, terms: Terms) -> float:
    return float(worth(margin, terms.multiple(rate))) if rate == rate else math.nan


def value_difference(
    treated: RetentionCounts,
    control: RetentionCounts,
    *,
    margin: float,
    discount: float,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
    confidence: float = 0.95,
) -> Difference:
    r"""
    What a measure adds to the value of a customer, from two groups that were counted.

    It holds if the rates of both groups would stay as they are. The effect of a measure
    that was taken once mostly does not: then the gain of one renewal, as by
    `break_even_cost` with ``effect_lasts=1``, is the one to count.

    Parameters
    ----------
    treated, control : RetentionCounts
        Counts of two disjoint groups in one period.
    margin : float
        As for `customer_lifetime_value`, the same in both groups [money].
    discount : float
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value` [fraction].
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Value of a treated customer minus that of another [money]; NaN if a group is empty
        or both values are infinite. The interval is NaN too if one of them is. The
        p-value is that of the two retention rates, since the values are equal exactly
        when the rates are.

    Raises
    ------
    TypeError, ValueError
        As for `RetentionCounts.difference` and `customer_lifetime_value`.

    See Also
    --------
    program_effect : The difference of the rates themselves.
    profit_effect_interval : As a share, of a base rate that is known.

    Notes
    -----
    Each value has an interval made of the Wilson limits of its rate, and the two are
    combined as Newcombe's are [1]_. Simulated at 95 % with 50 to 1,000 customers a group and
    rates of 0.6 to 0.97, the interval covered the truth in 95 % of samples.

    References
    ----------
    .. [1] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
       Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.

    Examples
    --------
    1000 customers got the loyalty card and 850 stayed; of 1000 others drawn by lot 800 did.
    What does the card add to the value of a customer, at 60 euros a year?

    >>> from loyalkit import RetentionCounts, value_difference
    >>> gain = value_difference(
    ...     RetentionCounts(retained=850, lost=150),
    ...     RetentionCounts(retained=800, lost=200),
    ...     margin=60,
    ...     discount=0.1,
    ... )
    >>> round(gain.estimate), round(gain.interval.low), round(gain.interval.high)
    (44, 15, 74)
    """
    for name, group in (("treated", treated), ("control", control)):
        instance(name, group, RetentionCounts)
    of_rates = treated.difference(control, confidence)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    money = number("margin", margin)
    first, second = (_value(group.rate, money, terms) for group in (treated, control))
    low, high = math.nan, math.nan
    if math.isfinite(first - second):
        (low1, high1), (low2, high2) = (
            sorted(_value(x, money, terms) for x in (limits.low, limits.high))
            for limits in (treated.interval(confidence), control.interval(confidence))
        )
        low = first - second - math.hypot(first - low1, high2 - second)
        high = first - second + math.hypot(high1 - first, second - low2)
    return Difference(
        first - second, Interval(low, high, confidence), of_rates.p_value, of_rates.test
    )


def profit_effect_interval(
    difference: Difference | Interval,
    *,
    retention: float,
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
) -> Interval:
    """
    Range for the uplift of a measure, from the range for what it does to retention.

    Parameters
    ----------
    difference : Difference or Interval
        Change of the retention rate with its range, such as from `program_effect`
        [fraction].
    retention : float
        Retention before, taken as known [fraction]. Where it is that of a small control
        group, the true range is wider; take `value_difference`.
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value` [fraction].

    Returns
    -------
    Interval
        Range for `ProfitEffect.uplift` [fraction]. Changes that would take the rate below
        0 or above 1 are cut off there. NaN exactly where the range of the change or the
        uplift is.

    Raises
    ------
    TypeError
        If ``difference`` is of another kind, or an argument not a number.
    ValueError
        As for `customer_lifetime_value`.

    See Also
    --------
    profit_effect : The uplift itself.

    Examples
    --------
    A card lifted retention from 80 % by 5 points, give or take 3. By how much did it lift the
    value of a customer, at 10 % interest?

    >>> from loyalkit import Interval, profit_effect_interval
    >>> points = Interval(0.02, 0.08, confidence=0.95)
    >>> interval = profit_effect_interval(points, retention=0.8, discount=0.1)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.071, 0.364)
    """
    change = difference.interval if isinstance(difference, Difference) else difference
    if not isinstance(change, Interval):  # pyright: ignore[reportUnnecessaryIsInstance]
        kinds = "must be a Difference or an Interval"
        refuse_type("difference", kinds, type(difference).__name__)
    before = fraction("retention", retention)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    base = np.array(_value(before, 1.0, terms))
    rates = np.clip(before + np.array([change.low, change.high]), 0.0, 1.0).tolist()
    low, high = uplift_of(base, np.array([_value(rate, 1.0, terms) for rate in rates])).tolist()
    return Interval(low, high, change.confidence)
