"""
What it brings if more customers stay: lifetime and value before and after.

Conventions: as in `loyalkit.economics`. "5 % fewer losses" has two readings, and each is an
argument of its own. ``points``: 5 more of 100 customers stay, a loss of 10 % becomes 5 %.
``relative``: 5 of 100 losses are avoided, 10 % becomes 9.5 %. An uplift is a share of the
value before. It is of the value of a customer, not of a year's profit.
"""

import math
from typing import overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import as_given, fractions
from loyalkit._multiples import (
    Booking,
    changed_rate,
    changed_retention,
    terms_and,
    terms_of,
    uplift_of,
    worth,
)
from loyalkit._scalars import Number, fraction, nan_safe, number
from loyalkit.economics import expected_lifetime

__all__ = ["ProfitEffect", "profit_effect", "profit_uplift"]


@attrs.frozen(kw_only=True)
class ProfitEffect:
    """
    Lifetime and value of a customer before and after retention has changed.

    Made by `profit_effect`.

    Parameters
    ----------
    retention_before, retention_after : float
        Probability of staying from one period to the next [fraction].
    lifetime_before, lifetime_after : float
        Expected lifetime, undiscounted and without a horizon [periods].
    value_before, value_after : float
        Lifetime value of a customer, acquisition cost taken off [money].

    See Also
    --------
    profit_effect : How they are computed.

    Examples
    --------
    >>> from loyalkit import profit_effect
    >>> effect = profit_effect(retention=0.9, points=0.05)
    >>> round(effect.lifetime_before), round(effect.lifetime_after)
    (10, 20)
    """

    retention_before: float
    retention_after: float
    lifetime_before: float
    lifetime_after: float
    value_before: float
    value_after: float = attrs.field(eq=nan_safe)

    @property
    def points(self) -> float:
        """Change of the retention rate [fraction]."""
        return self.retention_after - self.retention_before

    @property
    def relative(self) -> float:
        """Share of the losses avoided; NaN if there were none [fraction]."""
        lost = 1 - self.retention_before
        return self.points / lost if lost > 0 else math.nan

    @property
    def value_gain(self) -> float:
        """Value after minus value before; NaN if both are infinite [money]."""
        return self.value_after - self.value_before

    @property
    def uplift(self) -> float:
        """
        Value gained as a share of the value before [fraction].

        Infinite if only the value after is; NaN exactly if the value before is infinite or
        not above 0: a share of a loss says nothing.
        """
        return float(uplift_of(np.array(self.value_before), np.array(self.value_after)))


def profit_effect(
    *,
    retention: float,
    points: float | None = None,
    relative: float | None = None,
    margin: float = 1.0,
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
    acquisition_cost: float = 0.0,
) -> ProfitEffect:
    """
    Compare the value of a customer before and after more customers stay.

    Exactly one of ``points`` and ``relative`` says how many more.

    Parameters
    ----------
    retention : float
        Probability of staying from one period to the next, before [fraction].
    points : float, optional
        Change of that rate: 0.05 for 5 points more. Below 0 if fewer stay [fraction].
    relative : float, optional
        Share of the losses that are avoided: 0.05 for 5 of 100 losses. Below 0 if more are
        lost [fraction].
    margin : float, default 1.0
        As for `customer_lifetime_value` [money].
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`. ``"after_first"`` gives the larger uplift of the
        same gain, since the value before is smaller.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value` [fraction].
    acquisition_cost : float, default 0.0
        As for `customer_lifetime_value` [money].

    Returns
    -------
    ProfitEffect
        Retention, lifetime and value before and after, and what follows from them.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If both or neither of ``points`` and ``relative`` are given, if they do not leave
        the retention between 0 and 1, or as for `customer_lifetime_value`.

    See Also
    --------
    profit_uplift : The uplift alone, of arrays.
    value_difference : The gain with its interval, from counts.
    REPORTED_PROFIT_EFFECTS : What others have published.

    Examples
    --------
    What is it worth if 95 % of the customers stay instead of 90 %, at 10 % interest?

    >>> from loyalkit import profit_effect
    >>> effect = profit_effect(retention=0.9, points=0.05, margin=60, discount=0.1)
    >>> round(effect.value_before), round(effect.value_after), round(effect.uplift, 3)
    (330, 440, 0.333)

    And if 5 % of those who would be lost are kept?

    >>> effect = profit_effect(retention=0.9, relative=0.05, margin=60, discount=0.1)
    >>> effect.retention_after, round(effect.uplift, 3)
    (0.905, 0.026)
    """
    before = fraction("retention", retention)
    after = changed_rate(before, points, relative)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    money, cost = number("margin", margin), number("acquisition_cost", acquisition_cost)
    return ProfitEffect(
        retention_before=before,
        retention_after=after,
        lifetime_before=expected_lifetime(before),
        lifetime_after=expected_lifetime(after),
        value_before=float(worth(money, terms.multiple(before), cost)),
        value_after=float(worth(money, terms.multiple(after), cost)),
    )


@overload
def profit_uplift(
    *,
    retention: Number,
    points: Number | None = ...,
    relative: Number | None = ...,
    discount: Number = ...,
    booking: Booking = ...,
    horizon: Number | None = ...,
    growth: Number = ...,
) -> float: ...
@overload
def profit_uplift(
    *,
    retention: ArrayLike,
    points: ArrayLike | None = ...,
    relative: ArrayLike | None = ...,
    discount: ArrayLike = ...,
    booking: Booking = ...,
    horizon: ArrayLike | None = ...,
    growth: ArrayLike = ...,
) -> NDArray[np.float64]: ...
def profit_uplift(
    *,
    retention: ArrayLike,
    points: ArrayLike | None = None,
    relative: ArrayLike | None = None,
    discount: ArrayLike = 0.0,
    booking: Booking = "at_once",
    horizon: ArrayLike | None = None,
    growth: ArrayLike = 0.0,
) -> float | NDArray[np.float64]:
    """
    Share by which the value of a customer grows if more customers stay: a grid in one call.

    Without an acquisition cost it is the same whatever the margin.

    Parameters
    ----------
    retention : array_like
        Probability of staying from one period to the next, before [fraction].
    points, relative : array_like, optional
        Exactly one of them, as for `profit_effect` [fraction].
    discount : array_like, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`; the first two have the same uplift.
    horizon : array_like of int, optional
        As for `customer_lifetime_value` [periods].
    growth : array_like, default 0.0
        As for `customer_lifetime_value` [fraction].

        All arguments but ``booking`` broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Value gained as a share of the value before [fraction]. Infinite where only the
        value after is; NaN exactly where the value before is 0 or infinite.

    Raises
    ------
    TypeError, ValueError
        As for `profit_effect`, or if the shapes do not fit together.

    See Also
    --------
    profit_effect : With lifetime and value, for one customer base.

    Examples
    --------
    Five points fewer losses, from 40 %, 20 % and 10 %, at 10 % interest. The more loyal the
    customers are already, the more the same five points bring:

    >>> from loyalkit import profit_uplift
    >>> profit_uplift(retention=[0.6, 0.8, 0.9], points=0.05, discount=0.1).round(3)
    array([0.111, 0.2  , 0.333])
    """
    before = fractions("retention", retention)
    after = changed_retention(before, points, relative)
    terms, (before, after) = terms_and(
        discount=discount,
        growth=growth,
        horizon=horizon,
        booking=booking,
        **{
            "retention": np.broadcast_to(before, after.shape),
            "relative" if points is None else "points": after,
        },
    )
    uplift = uplift_of(terms.multiple(before), terms.multiple(after))
    given = (retention, points, relative, discount, horizon, growth)
    result: float | NDArray[np.float64] = as_given(uplift, *given)
    return result
