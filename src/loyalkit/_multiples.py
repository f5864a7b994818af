"""
What one unit of margin a period adds up to over the life of a customer.

Conventions: as in `loyalkit.economics`. Period 0 is the one that begins now, and every
customer makes its payment; who renews t times makes payment t. A multiple is the sum of
all payments of 1, discounted; ``horizon`` counts the payments from period 0 on, infinite
for all there will ever be.
"""

import math
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import broadcast, counts, floats, fractions
from loyalkit._messages import refuse_first, refuse_together
from loyalkit._scalars import count, fraction, number, one_of

Booking: TypeAlias = Literal["at_once", "period_end", "after_first"]
"""When the first margin is booked, and whether it counts."""

MOST_PERIODS = 10**6
"""Longest path of rates or margins [periods]."""


def booking_of(value: Any) -> Booking:
    """One of the three words."""
    return cast(Booking, one_of("booking", value, ("at_once", "period_end", "after_first")))


def geometric_sum(shortfall: Any, horizon: Any) -> NDArray[np.float64]:
    """Sum of q**t over t from 0 to below the horizon, for q = 1 - shortfall >= 0."""
    e, n = _floats(shortfall, horizon)
    with np.errstate(all="ignore"):
        for_ever = np.where(e > 0, 1 / e, np.inf)
        # Exact where q is close to 1, which 1 - q**n is not; and no -0.0.
        until = np.expm1(n * np.log1p(-e)) / -e + 0.0
    until = np.where(e == 0, n, until)
    until = np.where(e == 1, np.minimum(n, 1.0), until)
    return np.where(n == np.inf, for_ever, until)


def mean_exponent(shortfall: Any, horizon: Any) -> NDArray[np.float64]:
    """Mean of t under weights q**t: how many percent their sum grows with one percent more q."""
    e, n = _floats(shortfall, horizon)
    with np.errstate(all="ignore"):
        steepness = -np.log1p(-e)
        for_ever = np.where(e > 0, 1 / np.expm1(steepness), np.inf)
        until = _bend(steepness) - n * _bend(n * steepness)
    return np.where(n == np.inf, for_ever, until)


def _bend(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function 1 / (exp(x) - 1) - 1 / x, smooth at 0."""
    # The terms in 1 / x of two such functions cancel, so they are left out from the start.
    series = -0.5 + x / 12 * (1 - x**2 / 60 * (1 - x**2 / 42 * (1 - x**2 / 40)))
    direct = 1 / np.expm1(x) - 1 / x
    return np.where(np.abs(x) < 0.1, series, direct)


def _floats(*values: Any) -> list[NDArray[np.float64]]:
    return [np.asarray(x, np.float64) for x in values]


class Terms(NamedTuple):
    """How payments are valued: floats, or arrays of one shape."""

    discount: Any
    growth: Any
    horizon: Any
    booking: Booking

    def shortfall(self, retention: Any) -> Any:
        """What the next payment is expected to be worth less than this one, as a share of it."""
        less = (1 - retention) + self.discount - retention * self.growth
        return np.minimum(less / (1 + self.discount), 1.0)

    def multiple(self, retention: Any) -> Any:
        """Multiple of a customer who renews at one rate."""
        shortfall = self.shortfall(retention)
        if self.booking == "after_first":
            step = retention * (1 + self.growth) / (1 + self.discount)
            return step * geometric_sum(shortfall, self.horizon - 1)
        total = geometric_sum(shortfall, self.horizon)
        return total / (1 + self.discount) if self.booking == "period_end" else total

    def elasticity(self, retention: Any) -> Any:
        """Percent by which the multiple grows with one percent more retention."""
        shortfall, first = self.shortfall(retention), self.booking != "after_first"
        mean = mean_exponent(shortfall, self.horizon if first else self.horizon - 1)
        return mean if first else np.where(self.horizon > 1, 1 + mean, np.nan)

    def path_multiple(self, rates: NDArray[np.float64], later: float) -> float:
        """Multiple of a customer who renews at these rates in turn, and at one from then on."""
        step = (1 + self.growth) / (1 + self.discount)
        seen = rates if self.horizon > rates.size else rates[: int(self.horizon) - 1]
        left = np.cumprod(np.append(1.0, step * seen))
        total = float(left[:-1].sum())
        if left[-1] > 0:
            rest = self.horizon - seen.size
            total += float(left[-1] * geometric_sum(self.shortfall(later), rest))
        if self.booking == "after_first":
            return total - 1
        return total / (1 + self.discount) if self.booking == "period_end" else total


def growth_rates(growth: Any) -> NDArray[np.float64]:
    """Growth of a margin from one period to the next."""
    array = floats("growth", growth)
    beyond = (array < -1) | (array > 1)
    refuse_first("growth", "must be a fraction from -1 to 1: 0.05 for 5 %", array, beyond)
    return array


def horizons(horizon: Any) -> NDArray[np.float64]:
    """Numbers of payments, infinite for None."""
    if horizon is None:
        return np.array(math.inf)
    array = counts("horizon", horizon)
    refuse_first("horizon", "must be a whole number of at least 1", array, array < 1)
    return array.astype(np.float64)


def terms_and(
    *, discount: Any, growth: Any, horizon: Any, booking: Any, **arrays: NDArray[np.float64]
) -> tuple[Terms, list[NDArray[np.float64]]]:
    """Terms of any shape, and other arrays in the same shape."""
    word = booking_of(booking)
    given = arrays | {
        "discount": fractions("discount", discount),
        "growth": growth_rates(growth),
        "horizon": horizons(horizon),
    }
    *others, interest, growing, periods = broadcast(**given)
    return Terms(interest, growing, periods, word), others


def terms_of(
    *, discount: Any, growth: Any = 0.0, horizon: Any = None, booking: Any = "at_once"
) -> Terms:
    """Terms for one figure."""
    growing = float(growth_rates(number("growth", growth)))
    periods = float(horizons(None if horizon is None else count("horizon", horizon)))
    return Terms(fraction("discount", discount), growing, periods, booking_of(booking))


def worth(margin: Any, multiple: Any, cost: Any = 0.0) -> Any:
    """Margin times multiple, less a cost; who brings nothing is worth nothing for ever."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(margin == 0, 0.0, margin * multiple) - cost


def uplift_of(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value gained as a share of the value before; NaN unless that is finite and above 0."""
    base = np.where((before > 0) & (before < np.inf), before, np.nan)
    with np.errstate(over="ignore"):
        return (after - base) / base


def changed_retention(
    retention: NDArray[np.float64], points: Any, relative: Any
) -> NDArray[np.float64]:
    """
    Retention after a change given in one of two ways, never in both.

    In points: 0.05 more of all customers stay. Relative: 0.05 of those lost are kept.
    """
    if (points is None) == (relative is None):
        got = "both" if points is not None else "neither"
        raise ValueError(f"exactly one of points and relative must be given, got {got}")
    name, change = ("relative", relative) if points is None else ("points", points)
    by = floats(name, change)
    advice = "0.05 for 5 points" if points is not None else "0.05 for 5 % of the losses"
    beyond = (by < -1) | (by > 1)
    refuse_first(name, f"must be a fraction from -1 to 1: {advice}", by, beyond)
    before, by = broadcast(retention=retention, **{name: by})
    after = before + (by if points is not None else (1 - before) * by)
    # Rounding may miss 0 or 1 by a bit.
    after = np.where((np.abs(after - 1) < 1e-15) & (by != 0), 1.0, after)
    after = np.where((after > -1e-15) & (after < 0), 0.0, after)
    rule = f"{name} must keep the retention from 0 to 1"
    refuse_together(rule, (after < 0) | (after > 1), **{name: by, "retention": before})
    return after


def changed_rate(retention: float, points: Any, relative: Any) -> float:
    """`changed_retention` of one rate."""
    given = {"points": points, "relative": relative}
    change = {name: None if x is None else number(name, x) for name, x in given.items()}
    return float(changed_retention(np.array(retention), **change))
