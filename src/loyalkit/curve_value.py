"""
What a customer is worth whose retention changes with tenure: from a survival curve.

Conventions: as in `loyalkit.economics`. Entry t of a curve is the share of customers who
make payment t, so that entry 0 is 1: those who sign, those left after one renewal, after
two. A path of margins has one entry a payment, and its last entry goes on.
"""

import math
from typing import Any, NamedTuple, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import complete, fractions, numbers
from loyalkit._messages import refuse, refuse_first
from loyalkit._multiples import MOST_PERIODS, Booking, Terms, terms_of
from loyalkit._scalars import fraction, is_scalar, nan_safe, number
from loyalkit.projection import ShiftedBetaGeometric
from loyalkit.survival import KaplanMeier

__all__ = ["CurveValue", "curve_lifetime_value"]

Curve: TypeAlias = ArrayLike | KaplanMeier | ShiftedBetaGeometric
"""A survival curve, or one rate for ever."""


@attrs.frozen(kw_only=True)
class CurveValue:
    """
    Value of a customer from a survival curve, and how much of it the curve can know.

    Made by `curve_lifetime_value`.

    Parameters
    ----------
    value : float
        Present value of the payments that the curve covers, acquisition cost taken off
        [money].
    horizon : int or None
        Payments covered, the first included; None for all there will ever be [periods].
    left_at_end : float
        Share of customers who make the last payment covered; what they pay later is not
        in the value. 0 if all payments are [fraction].
    most_beyond : float
        What all later payments would add if nobody left any more [money]. With margins
        above 0, the true value lies between ``value`` and ``value + most_beyond``, as far
        as the curve is true.

    See Also
    --------
    curve_lifetime_value : How it is computed.

    Examples
    --------
    >>> from loyalkit import curve_lifetime_value
    >>> worth = curve_lifetime_value([1, 0.6, 0.5], margin=100, discount=0.25)
    >>> worth.value, worth.truncated, round(worth.most_beyond)
    (180.0, True, 128)
    """

    value: float = attrs.field(eq=nan_safe)
    horizon: int | None
    left_at_end: float = attrs.field(eq=nan_safe)
    most_beyond: float = attrs.field(eq=nan_safe)

    @property
    def truncated(self) -> bool:
        """Whether customers are left at the end, so that later payments are missing."""
        return self.left_at_end > 0


def curve_lifetime_value(
    curve: Curve,
    *,
    margin: ArrayLike,
    discount: float,
    booking: Booking = "at_once",
    horizon: int | None = None,
    acquisition_cost: float = 0.0,
) -> CurveValue:
    r"""
    Present value of a customer whose chance to stay changes with tenure.

    Parameters
    ----------
    curve : array_like, KaplanMeier, ShiftedBetaGeometric or float
        Who is left. An array holds the share of customers who make payment 0, 1, 2, ...,
        beginning with 1 and never rising. Durations of a `KaplanMeier` are in periods; a
        customer lost after 3 of them has made 3 payments. A number is a retention rate
        that is the same for ever.
    margin : float or array_like, shape (k,)
        What a customer leaves each period [money]. An array holds the margins of payment
        0, 1, 2, ...; the last one goes on. Margins may be below 0, as in the first
        period of a customer who was expensive to win.
    discount : float
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        Payments that count at most, the first included [periods].
    acquisition_cost : float, default 0.0
        What winning the customer costs, taken off at once [money].

    Returns
    -------
    CurveValue
        The value, and what is missing from it. A model and a rate go on for ever; an
        array and a `KaplanMeier` end, and nothing is made up beyond: later payments are
        left out, and the result says how much they could be at most. The value may be
        infinite for a curve that goes on, and is NaN exactly for a `KaplanMeier` without
        customers.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a curve does not begin with 1, rises or holds no fractions, if it or ``margin``
        is empty, if ``horizon`` is not a whole number from 1 to a million, if
        ``discount`` is no fraction, or above 0 but below 1e-8 where there is no horizon,
        or if ``booking`` is another word.

    See Also
    --------
    customer_lifetime_value : One rate for ever, in closed form and for arrays.
    curve_value_interval : How sure the value is.

    Notes
    -----
    With the share :math:`S_t` and the margin :math:`m_t` of payment :math:`t`, the value at
    once is :math:`\sum_t m_t S_t / (1 + d)^t`. The bookings differ as in
    `customer_lifetime_value`. A constant rate set to the first-year retention undervalues
    customers, since those who stay are the loyal ones [1]_.

    References
    ----------
    .. [1] P. S. Fader and B. G. S. Hardie, "Customer-Base Valuation in a Contractual
       Setting: The Perils of Ignoring Heterogeneity", Marketing Science 29(1), 85-93, 2010.

    Examples
    --------
    Of 1,000 subscribers 631, 468, 382 and 326 were left after one to four years. At 20 euros
    a year and 10 % interest, what has a subscriber brought in these five payments, and what
    could still come?

    >>> from loyalkit import curve_lifetime_value
    >>> seen = curve_lifetime_value([1, 0.631, 0.468, 0.382, 0.326], margin=20, discount=0.1)
    >>> round(seen.value, 1), seen.left_at_end, round(seen.most_beyond, 1)
    (49.4, 0.326, 44.5)

    What does the model expect that was fitted to seven years?

    >>> from loyalkit import ShiftedBetaGeometric
    >>> model = ShiftedBetaGeometric(alpha=0.704, beta=1.182)
    >>> round(curve_lifetime_value(model, margin=20, discount=0.1).value, 1)
    73.9

    A card customer costs 51 euros to win and brings 30, 42, 44, 49 and then 55 a year. If
    80 % stay each year, what is such a customer worth?

    >>> card = curve_lifetime_value(
    ...     0.8, margin=[30, 42, 44, 49, 55], discount=0.1, acquisition_cost=51
    ... )
    >>> round(card.value)
    108
    """
    terms = terms_of(discount=discount, horizon=horizon, booking=booking)
    plan = payments(curve, margin, terms)
    cost = number("acquisition_cost", acquisition_cost)
    if plan.horizon == 0:
        return CurveValue(value=math.nan, horizon=0, left_at_end=math.nan, most_beyond=math.nan)
    for_ever = plan.horizon == math.inf
    return CurveValue(
        value=plan.value - cost,
        horizon=None if for_ever else int(plan.horizon),
        left_at_end=0.0 if for_ever else float(plan.left[-1]),
        most_beyond=0.0 if for_ever else _most_beyond(plan, terms),
    )


class Payments(NamedTuple):
    """Payments that a curve covers: who makes them, what one is worth, what all are."""

    left: NDArray[np.float64]
    weights: NDArray[np.float64]
    path: NDArray[np.float64]
    horizon: float
    value: float


def payments(curve: Any, margin: Any, terms: Terms) -> Payments:
    """
    Payments within the horizon as far as the curve goes.

    A model without a horizon goes on for ever: then the weights are those of the margins
    of a path less its last one, which goes on and is in the value.
    """
    path = numbers("margin", [margin] if is_scalar(margin) else margin).astype(np.float64)
    if not path.size:
        refuse("margin", "must hold a margin for the first payment", [])
    model = _model(curve)
    if model is not None and terms.horizon == math.inf:
        last = float(path[-1])
        left, weights = model.survival(np.arange(path.size)), _weights(path - last, terms)
        later = last * _lifetime(model, terms) if last else 0.0
        return Payments(left, weights, path, math.inf, float(left @ weights) + later)
    horizon = _within(terms.horizon)
    left = _shares(curve, horizon) if model is None else model.survival(np.arange(int(horizon)))
    weights = _weights(path[np.minimum(np.arange(left.size), path.size - 1)], terms)
    return Payments(left, weights, path, left.size, float(left @ weights))


def _lifetime(model: ShiftedBetaGeometric, terms: Terms) -> float:
    """Expected payments of 1, in the booking of the terms."""
    interest = float(terms.discount)
    if terms.booking == "after_first":
        return model.residual_lifetime(0, interest) / (1 + interest)
    lifetime = model.expected_lifetime(interest)
    return lifetime / (1 + interest) if terms.booking == "period_end" else lifetime


def _within(horizon: float) -> float:
    if MOST_PERIODS < horizon < math.inf:
        refuse("horizon", f"must be a whole number from 1 to {MOST_PERIODS}", int(horizon))
    return horizon


def _model(curve: Any) -> ShiftedBetaGeometric | None:
    if is_scalar(curve):
        rate = fraction("curve", curve)
        # The boundary of the model at which all customers have one rate.
        return ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=rate)
    return curve if isinstance(curve, ShiftedBetaGeometric) else None


def _weights(margins: NDArray[np.float64], terms: Terms) -> NDArray[np.float64]:
    """Present value of each payment."""
    later = terms.booking == "period_end"
    weights = margins * (1 + float(terms.discount)) ** -(np.arange(margins.size) + float(later))
    if terms.booking == "after_first":
        weights[0] = 0.0
    return weights


def _shares(curve: Any, horizon: float) -> NDArray[np.float64]:
    if isinstance(curve, KaplanMeier):
        return _observed(curve, horizon)
    left = fractions("curve", complete("curve", curve))
    if not left.size or left[0] != 1:
        rule = "must begin with 1, the share of customers who sign"
        refuse("curve", rule, left[0] if left.size else [])
    refuse_first("curve", "must never rise", left, np.append(False, left[1:] > left[:-1]))
    return left[: int(min(horizon, left.size))]


def _observed(curve: KaplanMeier, horizon: float) -> NDArray[np.float64]:
    if not curve.n_customers:
        return np.empty(0)
    # Beyond the last duration the curve is 0 if all were lost, else not known.
    known = min(math.ceil(curve.times[-1]) + 1, MOST_PERIODS)
    left = curve.survival(np.arange(int(min(horizon, known))))
    return left[~np.isnan(left)]


def _most_beyond(plan: Payments, terms: Terms) -> float:
    """Payments after the last one covered, if nobody left any more."""
    if not plan.left[-1]:
        return 0.0
    start, interest, last = int(plan.horizon), terms.discount, float(plan.path[-1])
    total = float(_weights(plan.path, terms)[start:].sum())
    if last:
        steps = max(start, plan.path.size) + (terms.booking == "period_end")
        later = (1 + interest) ** (1.0 - steps) / interest if interest else math.inf
        total += last * later
    return float(plan.left[-1]) * total
