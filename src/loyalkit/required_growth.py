"""
What would have to be true for a claimed uplift: how fast margins would have to grow.

Conventions: as in `loyalkit.profit_effects`.
"""

import math

import numpy as np

from loyalkit._messages import refuse
from loyalkit._multiples import MOST_PERIODS, Booking, Terms, changed_rate, terms_of
from loyalkit._scalars import fraction, number

__all__ = ["growth_for_uplift"]


def growth_for_uplift(
    *,
    uplift: float,
    retention: float,
    points: float | None = None,
    relative: float | None = None,
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
) -> float:
    r"""
    Growth of the margin that would make a claimed uplift true.

    That 5 points more retention bring 85 % more is hardly ever true of a margin that stays
    as it is. Customers who stay would also have to bring more each year; this is how much
    more.

    Parameters
    ----------
    uplift : float
        Value gained as a share of the value before, above 0: 0.85 for 85 % [fraction].
    retention : float
        Probability of staying from one period to the next, before [fraction].
    points, relative : float, optional
        Exactly one of them, above 0, as for `profit_effect` [fraction].
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        As for `customer_lifetime_value`, up to a million [periods].

    Returns
    -------
    float
        Growth of the margin with each period that a customer stays, before and after alike
        [fraction]. Below 0 if the margin would have to fall. NaN exactly if no growth
        makes the claim true, nor any other path of margins: within n periods even the
        last margin is worth only :math:`(r_1 / r_0)^{n - 1}` times as much as before, and
        after the first margin every one is worth at least :math:`r_1 / r_0` times as much.
        NaN too if nobody stayed before and the first margin is left out.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``uplift`` or the change is not above 0, or as for `profit_effect`.

    See Also
    --------
    profit_uplift : The uplift of a given growth.

    Notes
    -----
    With the rates :math:`r_0` and :math:`r_1`, the uplift :math:`U` and no horizon,

    .. math:: 1 + g = \frac{(1 + d) U}{r_1 - r_0 + r_1 U}

    and :math:`1 + g = (1 + d) ((1 + U) r_0 - r_1) / (r_0 r_1 U)` after the first margin.
    The uplift grows with :math:`g`, so over a horizon it is found by bisection.

    Examples
    --------
    A bank that keeps 85 % of its customers hears that 5 points more mean 85 % more profit.
    At 10 % interest, how would its margins have to grow for that to be true?

    >>> from loyalkit import growth_for_uplift
    >>> growth = growth_for_uplift(uplift=0.85, retention=0.85, points=0.05, discount=0.1)
    >>> round(growth, 3)
    0.147

    By 15 % a year for ever. And within five years?

    >>> growth_for_uplift(uplift=0.85, retention=0.85, points=0.05, discount=0.1, horizon=5)
    nan
    """
    gain, before = number("uplift", uplift), fraction("retention", retention)
    if gain <= 0:
        refuse("uplift", "must be above 0", uplift)
    after = changed_rate(before, points, relative)
    if not after > before:
        name, value = ("relative", relative) if points is None else ("points", points)
        refuse(name, "must be above 0 for a gain", value)
    terms = terms_of(discount=discount, horizon=horizon, booking=booking)
    if terms.horizon == math.inf:
        step = _step_for_ever(gain, before, after, terms)
    else:
        if terms.horizon > MOST_PERIODS:
            refuse("horizon", f"must be a whole number from 1 to {MOST_PERIODS}", horizon)
        step = _step_until(gain, before, after, terms)
    return step * (1 + fraction("discount", discount)) - 1


def _step_for_ever(gain: float, before: float, after: float, terms: Terms) -> float:
    """Growth less discount, as a factor."""
    if terms.booking != "after_first":
        return gain / (after - before + after * gain)
    least = (1 + gain) * before - after
    return least / (before * after * gain) if least > 0 else math.nan


def _step_until(gain: float, before: float, after: float, terms: Terms) -> float:
    payments = np.arange(int(terms.booking == "after_first"), int(terms.horizon))
    if not payments.size or (payments[0] and not before):
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        of_before, of_after = (
            np.where(payments > 0, payments * np.log(rate), 0.0) for rate in (before, after)
        )

    def excess(log_step: float) -> float:
        """Logarithm of the ratio of the two values, less that of the claim."""
        values = (np.logaddexp.reduce(x + payments * log_step) for x in (of_after, of_before))
        return float(next(values) - next(values) - math.log1p(gain))

    low, high = -40.0, 40.0
    if not excess(low) < 0 < excess(high):
        return math.nan
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return math.exp(middle)
