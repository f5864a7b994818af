"""
How sure the value of a customer is, if it comes from a survival curve that was measured.

Conventions: as in `loyalkit.value_uncertainty`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._messages import refuse_type
from loyalkit._multiples import Booking, Terms, terms_of
from loyalkit._scalars import confidence_level, number
from loyalkit.curve_value import Payments, payments
from loyalkit.intervals import Interval
from loyalkit.projection import ShiftedBetaGeometric
from loyalkit.survival import KaplanMeier

__all__ = ["curve_value_interval"]

# Of the logarithms of the parameters, for derivatives.
_STEP = 1e-4


def curve_value_interval(
    curve: ShiftedBetaGeometric | KaplanMeier,
    *,
    margin: ArrayLike,
    discount: float,
    booking: Booking = "at_once",
    horizon: int | None = None,
    acquisition_cost: float = 0.0,
    confidence: float = 0.95,
) -> Interval:
    r"""
    Range for the value of a customer, from a survival curve that was measured.

    Parameters
    ----------
    curve : ShiftedBetaGeometric or KaplanMeier
        A fitted model, or a curve as it was observed.
    margin : float or array_like, shape (k,)
        As for `curve_lifetime_value` [money].
    discount : float
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : int, optional
        As for `curve_lifetime_value` [periods].
    acquisition_cost : float, default 0.0
        As for `curve_lifetime_value` [money].
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Interval
        Range for the value that `curve_lifetime_value` gives, for the payments that the
        curve covers [money]. NaN exactly if there is no variation to judge by: a model at
        the boundary, not fitted or not converged; a value that is infinite, or the
        same whoever stays; a curve without a loss, or with nothing else, within the
        horizon.

    Raises
    ------
    TypeError
        If ``curve`` is of another kind, or an argument not a number.
    ValueError
        As for `curve_lifetime_value`, or if ``confidence`` is not between 0 and 1.

    See Also
    --------
    lifetime_value_interval : From one retention rate.

    Notes
    -----
    A curve's value is a sum :math:`\sum_t w_t S_t`; with :math:`d_i` of :math:`n_i` lost at
    :math:`t_i`, its variance is
    :math:`\sum_i (\sum_{t \ge t_i} w_t S_t)^2 d_i / (n_i (n_i - d_i))`, as for a restricted
    mean [1]_. That of a model follows from the covariance of its parameters by the delta
    method. The limits are taken on the logit of where the value lies between that of a
    customer who never renews and that of one who always does, so that they stay between
    the two; without such a bound, on the logarithm. With a path of margins of both signs
    they are taken as they are. Without interest or horizon, ``high`` is infinite if
    ``alpha`` may be as low as 1.

    Simulated at 95 %, with models of 50 to 2,000 customers over 4 to 7 renewals the interval
    covered the truth in 94 to 96 % of samples, with curves of 20 to 500 customers in 93 to
    95 %; without the logit, limits for 20 loyal customers lay above the truth four times
    as often as they should. It does not know whether a model is true beyond the periods it
    was fitted to.

    References
    ----------
    .. [1] J. P. Klein and M. L. Moeschberger, Survival Analysis, 2nd ed. New York:
       Springer, 2003, sec. 4.5.

    Examples
    --------
    The value of a subscriber was projected from seven years of a cohort of 1,000. How sure
    is it?

    >>> from loyalkit import curve_value_interval, fit_shifted_beta_geometric
    >>> model = fit_shifted_beta_geometric([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> interval = curve_value_interval(model, margin=20, discount=0.1)
    >>> round(interval.low, 1), round(interval.high, 1)
    (69.4, 78.6)
    """
    terms = terms_of(discount=discount, horizon=horizon, booking=booking)
    cost, level = number("acquisition_cost", acquisition_cost), confidence_level(confidence)
    if isinstance(curve, ShiftedBetaGeometric):
        plan = payments(curve, margin, terms)
        error = _error_of_model(curve, plan.value, margin, terms)
    elif isinstance(curve, KaplanMeier):  # pyright: ignore[reportUnnecessaryIsInstance]
        plan = payments(curve, margin, terms)
        terms, error = terms._replace(horizon=plan.horizon), _error_of_curve(curve, plan)
    else:
        kinds = "must be a ShiftedBetaGeometric or a KaplanMeier"
        refuse_type("curve", kinds, type(curve).__name__)
    value, last = plan.value, float(plan.path[-1])
    if not (error > 1e-12 * abs(value) and abs(value) < math.inf):
        return Interval(math.nan, math.nan, level)
    z = normal_quantile_two_sided(level)
    low, high = _limits(value, z * error, *_range(plan, margin, terms))
    if last and isinstance(curve, ShiftedBetaGeometric) and _may_be_endless(curve, terms, z):
        low, high = (low, math.inf) if last > 0 else (-math.inf, high)
    return Interval(low - cost, high - cost, level)


def _error_of_model(
    model: ShiftedBetaGeometric, value: float, margin: ArrayLike, terms: Terms
) -> float:
    """Standard error by the delta method in the logarithms of the parameters."""
    if not model.converged or model.boundary or math.isinf(value):
        return math.nan

    def moved(of_alpha: float, of_beta: float) -> float:
        near = ShiftedBetaGeometric(
            alpha=model.alpha * math.exp(of_alpha), beta=model.beta * math.exp(of_beta)
        )
        return payments(near, margin, terms).value

    by_logarithms = np.array(
        [
            moved(_STEP, 0) - moved(-_STEP, 0),
            moved(0, _STEP) - moved(0, -_STEP),
        ]
    )
    slopes = by_logarithms / (2 * _STEP) / (model.alpha, model.beta)
    return math.sqrt(slopes @ np.array(model.covariance) @ slopes)


def _error_of_curve(curve: KaplanMeier, plan: Payments) -> float:
    """Standard error by Greenwood's sum of what each event takes from all later payments."""
    if not plan.left.size:
        return math.nan
    parts = np.append(plan.left * plan.weights, 0.0)
    later = np.cumsum(parts[::-1])[::-1]
    # An event takes effect at the next whole period.
    affected = later[np.minimum(np.ceil(curve.times), plan.left.size).astype(int)]
    staying = curve.at_risk - curve.events
    hazards = curve.events / curve.at_risk / np.where(staying > 0, staying, np.inf)
    return math.sqrt(affected**2 @ hazards)


def _range(plan: Payments, margin: ArrayLike, terms: Terms) -> tuple[float, float]:
    """Value of a customer who never renews and of one who always does; NaN if not the ends."""
    # Of a curve whose customers may leave before they have paid, not even the first is sure.
    first_is_sure = plan.left[0] == 1
    unsure = plan.path[1:] if first_is_sure and plan.path.size > 1 else plan.path
    if not ((unsure >= 0).all() or (unsure <= 0).all()):
        return math.nan, math.nan
    never = payments(0.0, margin, terms).value if first_is_sure else 0.0
    return never, payments(1.0, margin, terms).value


def _limits(value: float, reach: float, never: float, always: float) -> tuple[float, float]:
    share = (value - never) / (always - never)
    if not 0 < share < 1 and not math.isinf(always):
        return value - reach, value + reach
    gained = value - never
    # Of gained / (1 - share), which is the odds times the range and grows without bound.
    factor = math.exp(min(700.0, reach / (abs(gained) * (1 - share))))
    low, high = sorted(never + gained * x / (1 - share + share * x) for x in (1 / factor, factor))
    return low, high


def _may_be_endless(model: ShiftedBetaGeometric, terms: Terms, z: float) -> bool:
    """Whether the parameter below which an undiscounted lifetime is infinite is not excluded."""
    unbounded = terms.horizon == math.inf and not terms.discount
    reach = z * model.standard_errors[0] / model.alpha
    return unbounded and model.alpha * math.exp(-reach) <= 1
