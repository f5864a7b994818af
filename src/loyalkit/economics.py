"""
What a customer is worth who stays with the same probability each period.

Conventions: rates are fractions of one period, and ``discount`` is the interest of that
period; money is in any one unit. A period begins with a payment, then the customer renews
or leaves. Three *bookings* are in use, and figures of different ones must not be compared:
``"at_once"`` takes the first margin in full, ``"period_end"`` takes it at the end of its
period, ``"after_first"`` leaves it out, as one does for a customer who has just paid.
"""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import as_given, floats, fractions
from loyalkit._multiples import Booking, terms_and, worth
from loyalkit._scalars import Number

__all__ = [
    "customer_lifetime_value",
    "expected_lifetime",
    "margin_multiple",
    "value_elasticity",
]


@overload
def expected_lifetime(retention: Number) -> float: ...
@overload
def expected_lifetime(retention: ArrayLike) -> NDArray[np.float64]: ...
def expected_lifetime(retention: ArrayLike) -> float | NDArray[np.float64]:
    r"""
    Periods that a customer stays on average, the first included.

    Parameters
    ----------
    retention : array_like
        Probability of staying from one period to the next, the same in every period
        [fraction].

    Returns
    -------
    float or ndarray of float64
        Expected lifetime, at least 1 [periods]. Infinite exactly for a retention of 1.

    Raises
    ------
    TypeError
        If ``retention`` does not hold numbers.
    ValueError
        If a rate is missing or not a fraction.

    See Also
    --------
    ShiftedBetaGeometric.expected_lifetime : If customers differ.
    KaplanMeier.restricted_mean : From lifetimes that were observed.

    Notes
    -----
    :math:`1 / (1 - r)`. Real customers differ: those most likely to leave go first, and
    the rate of the rest rises. One average rate makes the lifetime too short.

    Examples
    --------
    A club loses 20 % of its members a year. How long do they stay, and how long if it
    lost 15 %?

    >>> from loyalkit import expected_lifetime
    >>> expected_lifetime([0.8, 0.85]).round(2)
    array([5.  , 6.67])
    """
    lost = 1 - fractions("retention", retention)
    lifetime = np.where(lost > 0, 1 / np.where(lost > 0, lost, 1.0), np.inf)
    result: float | NDArray[np.float64] = as_given(lifetime, retention)
    return result


@overload
def margin_multiple(retention: Number, discount: Number) -> float: ...
@overload
def margin_multiple(retention: ArrayLike, discount: ArrayLike) -> NDArray[np.float64]: ...
def margin_multiple(retention: ArrayLike, discount: ArrayLike) -> float | NDArray[np.float64]:
    r"""
    Number by which to multiply a period's margin to get the value of a customer who has just paid.

    Parameters
    ----------
    retention : array_like
        Probability of staying from one period to the next [fraction].
    discount : array_like
        Interest of one period [fraction]. The two broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        The multiple, at least 0. Infinite exactly for a retention of 1 without interest.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a value is missing or not a fraction, or the shapes do not fit together.

    See Also
    --------
    customer_lifetime_value : With other bookings, a horizon and growing margins.

    Notes
    -----
    :math:`r / (1 + d - r)` [1]_: the ``"after_first"`` value of a margin of 1.

    References
    ----------
    .. [1] S. Gupta and D. R. Lehmann, "Customers as Assets", Journal of Interactive
       Marketing 17(1), 9-24, 2003.

    Examples
    --------
    A customer brings 60 euros a year and has just paid. 80 % stay, money costs 10 %. What
    is such a customer still worth?

    >>> from loyalkit import margin_multiple
    >>> round(60 * margin_multiple(0.8, 0.1))
    160
    """
    multiple: float | NDArray[np.float64] = customer_lifetime_value(
        margin=1.0, retention=retention, discount=discount, booking="after_first"
    )
    return multiple


@overload
def customer_lifetime_value(
    *,
    margin: Number,
    retention: Number,
    discount: Number,
    booking: Booking = ...,
    horizon: Number | None = ...,
    growth: Number = ...,
    acquisition_cost: Number = ...,
) -> float: ...
@overload
def customer_lifetime_value(
    *,
    margin: ArrayLike,
    retention: ArrayLike,
    discount: ArrayLike,
    booking: Booking = ...,
    horizon: ArrayLike | None = ...,
    growth: ArrayLike = ...,
    acquisition_cost: ArrayLike = ...,
) -> NDArray[np.float64]: ...
def customer_lifetime_value(
    *,
    margin: ArrayLike,
    retention: ArrayLike,
    discount: ArrayLike,
    booking: Booking = "at_once",
    horizon: ArrayLike | None = None,
    growth: ArrayLike = 0.0,
    acquisition_cost: ArrayLike = 0.0,
) -> float | NDArray[np.float64]:
    r"""
    Present value of all margins to be expected from a customer.

    Parameters
    ----------
    margin : array_like
        What a customer leaves in the first period after all costs of serving them
        [money]. Below 0 for customers who cost more than they bring.
    retention : array_like
        Probability of staying from one period to the next, the same in every period
        [fraction].
    discount : array_like
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        Whether the first margin is taken in full, discounted by one period like all
        others, or left out.
    horizon : array_like of int, optional
        Periods that count, the first included, whatever the booking; at least 1.
        Without it, all there will ever be. A finite horizon leaves out what comes later:
        it makes a value smaller, not safer.
    growth : array_like, default 0.0
        By what share the margin grows with each period that a customer stays, -1 to 1
        [fraction].
    acquisition_cost : array_like, default 0.0
        What winning the customer costs, taken off at once [money].

        All arguments but ``booking`` broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Value of a customer [money]. A float if all arguments are scalars. Without a
        horizon, infinite of the sign of the margin exactly where the payments to be
        expected do not shrink, such as for a retention of 1 without interest; 0 less the
        acquisition cost for a margin of 0.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a value is missing or not finite, if ``retention`` or ``discount`` is no
        fraction, if ``horizon`` is not a whole number of at least 1, if ``growth`` is
        not from -1 to 1, if ``booking`` is another word, or if the shapes do not fit
        together.

    See Also
    --------
    curve_lifetime_value : From a survival curve, or with any path of margins.
    lifetime_value_interval : How sure the value is if the retention rate was measured.
    value_elasticity : What one percent more retention does to it.

    Notes
    -----
    With margin :math:`m`, retention :math:`r`, discount :math:`d`, growth :math:`g` and
    :math:`q = r (1 + g) / (1 + d)`, the value at once is
    :math:`m (1 + q + q^2 + \dots) = m / (1 - q)`, or :math:`m (1 - q^n) / (1 - q)` over
    :math:`n` periods, which is :math:`m n` for :math:`q = 1`. Without growth that is
    :math:`m (1 + d) / (1 + d - r)`; at period end it is :math:`m / (1 + d - r)`, after
    the first margin :math:`m r / (1 + d - r)` [1]_. In any case the first is the third
    plus :math:`m`, and :math:`1 + d` times the second.

    References
    ----------
    .. [1] P. S. Fader and B. G. S. Hardie, "Reconciling and Clarifying CLV Formulas",
       2012, note 024 at brucehardie.com.

    Examples
    --------
    A customer brings 100 euros a year, 80 % stay, money costs 10 %. The three textbook
    formulas differ by more than a third:

    >>> from loyalkit import customer_lifetime_value
    >>> for booking in ("at_once", "after_first", "period_end"):
    ...     value = customer_lifetime_value(
    ...         margin=100, retention=0.8, discount=0.1, booking=booking
    ...     )
    ...     print(booking, round(value))
    at_once 367
    after_first 267
    period_end 333

    May winning a customer cost 300 euros, if only the first three years shall count?

    >>> value = customer_lifetime_value(
    ...     margin=100, retention=0.8, discount=0.1, horizon=3, acquisition_cost=300
    ... )
    >>> round(value)
    -74
    """
    given = {
        "margin": floats("margin", margin),
        "retention": fractions("retention", retention),
        "acquisition_cost": floats("acquisition_cost", acquisition_cost),
    }
    terms, (money, rate, cost) = terms_and(
        discount=discount, growth=growth, horizon=horizon, booking=booking, **given
    )
    value = worth(money, terms.multiple(rate), cost)
    result: float | NDArray[np.float64] = as_given(
        value, margin, retention, discount, horizon, growth, acquisition_cost
    )
    return result


@overload
def value_elasticity(
    *,
    retention: Number,
    discount: Number,
    booking: Booking = ...,
    horizon: Number | None = ...,
    growth: Number = ...,
) -> float: ...
@overload
def value_elasticity(
    *,
    retention: ArrayLike,
    discount: ArrayLike,
    booking: Booking = ...,
    horizon: ArrayLike | None = ...,
    growth: ArrayLike = ...,
) -> NDArray[np.float64]: ...
def value_elasticity(
    *,
    retention: ArrayLike,
    discount: ArrayLike,
    booking: Booking = "at_once",
    horizon: ArrayLike | None = None,
    growth: ArrayLike = 0.0,
) -> float | NDArray[np.float64]:
    r"""
    Percent by which the value of a customer grows with one percent more retention.

    One percent of the rate, not one point: from 80 % to 80.8 %. Without an acquisition
    cost; that would make it larger.

    Parameters
    ----------
    retention, discount : array_like
        As for `customer_lifetime_value` [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`.
    horizon : array_like of int, optional
        As for `customer_lifetime_value` [periods].
    growth : array_like, default 0.0
        As for `customer_lifetime_value` [fraction].

    Returns
    -------
    float or ndarray of float64
        Elasticity, the same whatever the margin. NaN exactly where the value is that of
        no payment at all, ``"after_first"`` with a horizon of 1; infinite where the value
        is.

    Raises
    ------
    TypeError, ValueError
        As for `customer_lifetime_value`.

    See Also
    --------
    ShiftedBetaGeometric.elasticity : If customers differ.

    Notes
    -----
    Without a horizon, with :math:`q` as in `customer_lifetime_value`,
    :math:`q / (1 - q)`; after the first margin 1 more, which is
    :math:`(1 + d) / (1 + d - r)` without growth [1]_.

    References
    ----------
    .. [1] S. Gupta, D. R. Lehmann and J. A. Stuart, "Valuing Customers", Journal of
       Marketing Research 41, 7-18, 2004.

    Examples
    --------
    Money costs 10 %. For which shop does one percent more retention do more: the one
    that keeps 80 % of its customers, or the one that keeps 90 %?

    >>> from loyalkit import value_elasticity
    >>> value_elasticity(
    ...     retention=[0.8, 0.9], discount=0.1, booking="after_first"
    ... ).round(3)
    array([3.667, 5.5  ])
    """
    terms, (rate,) = terms_and(
        discount=discount,
        growth=growth,
        horizon=horizon,
        booking=booking,
        retention=fractions("retention", retention),
    )
    elasticity = terms.elasticity(rate)
    result: float | NDArray[np.float64] = as_given(elasticity, retention, discount, horizon, growth)
    return result
