"""
Customers who invite customers: how many there will be, if they keep doing so.

Conventions: a cycle is the time in which a customer invites others and those join. The
viral coefficient is how many customers one customer brings in a cycle. Nobody leaves,
and there is always somebody left to invite; so a projection is a ceiling, and each
function's name says what it assumes beyond.
"""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts, frozen
from loyalkit._scalars import Number, at_least_0, fraction, is_scalar

__all__ = [
    "customers_if_each_invites_once",
    "customers_if_everyone_invites_again",
    "viral_coefficient",
]


def viral_coefficient(*, invitations_per_customer: float, conversion: float) -> float:
    """
    Say how many customers one customer brings.

    Parameters
    ----------
    invitations_per_customer : float
        People whom a customer invites in a cycle, on average.
    conversion : float
        Share of the invited who become customers [fraction].

    Returns
    -------
    float
        Customers brought by each customer in a cycle.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``invitations_per_customer`` is negative, or ``conversion`` is not a fraction.

    See Also
    --------
    customers_if_each_invites_once : What it leads to under one assumption.
    customers_if_everyone_invites_again : And under another.

    Examples
    --------
    >>> from loyalkit import viral_coefficient
    >>> viral_coefficient(invitations_per_customer=5, conversion=0.25)
    1.25
    """
    invited = at_least_0("invitations_per_customer", invitations_per_customer)
    return invited * fraction("conversion", conversion)


@overload
def customers_if_each_invites_once(
    customers: float, coefficient: float, cycles: Number
) -> float: ...
@overload
def customers_if_each_invites_once(
    customers: float, coefficient: float, cycles: ArrayLike
) -> NDArray[np.float64]: ...
def customers_if_each_invites_once(
    customers: float, coefficient: float, cycles: ArrayLike
) -> float | NDArray[np.float64]:
    r"""
    Project customers if each of them invites others in one cycle only, the first.

    Parameters
    ----------
    customers : float
        Customers at the start [customers].
    coefficient : float
        Customers whom each of them brings, as `viral_coefficient` gives it.
    cycles : array_like of int
        Cycles that have passed.

    Returns
    -------
    float or ndarray of float64
        Customers in all, the first ones included [customers]; a float for one number of
        cycles. Infinite beyond the range of floats.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If ``customers`` or ``coefficient`` is negative or not finite, or a number of
        cycles is negative or fractional.

    See Also
    --------
    customers_if_everyone_invites_again : If old customers keep inviting.

    Notes
    -----
    With :math:`U_0` customers and the coefficient :math:`K`, after :math:`n` cycles

    .. math:: U_n = U_0 (1 + K + \dots + K^n) = U_0 \frac{K^{n+1} - 1}{K - 1}

    With :math:`K < 1` growth ends at :math:`U_0 / (1 - K)`; with :math:`K \ge 1` it would not
    end, which no market allows.

    Examples
    --------
    100 customers invite five each, of whom a quarter joins:

    >>> from loyalkit import customers_if_each_invites_once, viral_coefficient
    >>> coefficient = viral_coefficient(invitations_per_customer=5, conversion=0.25)
    >>> customers_if_each_invites_once(100, coefficient, [1, 2, 3, 10]).round(1)
    array([ 225. ,  381.2,  576.6, 4256.6])

    With one in ten who joins, invitations double the customers, and that is all:

    >>> customers_if_each_invites_once(100, 0.5, [1, 2, 3, 10, 100]).round(1)
    array([150. , 175. , 187.5, 199.9, 200. ])
    """
    start, brought, passed = _checked(customers, coefficient, cycles)
    if brought == 1:
        return _shaped(start * (passed + 1), cycles)
    with np.errstate(over="ignore"):
        if abs(brought - 1) < 0.1:
            # Near 1 the difference of powers would lose its digits.
            gained = np.expm1((passed + 1) * np.log1p(brought - 1))
        else:
            gained = brought ** (passed + 1) - 1
    return _shaped(start * (gained / (brought - 1)) if start else 0 * passed, cycles)


@overload
def customers_if_everyone_invites_again(
    customers: float, coefficient: float, cycles: Number
) -> float: ...
@overload
def customers_if_everyone_invites_again(
    customers: float, coefficient: float, cycles: ArrayLike
) -> NDArray[np.float64]: ...
def customers_if_everyone_invites_again(
    customers: float, coefficient: float, cycles: ArrayLike
) -> float | NDArray[np.float64]:
    r"""
    Project customers if all of them, old and new, invite as many again in every cycle.

    Parameters
    ----------
    customers : float
        Customers at the start [customers].
    coefficient : float
        Customers whom each of them brings in every cycle.
    cycles : array_like of int
        Cycles that have passed.

    Returns
    -------
    float or ndarray of float64
        Customers in all, the first ones included [customers]; a float for one number of
        cycles. Infinite beyond the range of floats.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If ``customers`` or ``coefficient`` is negative or not finite, or a number of
        cycles is negative or fractional.

    See Also
    --------
    customers_if_each_invites_once : If nobody invites twice.

    Notes
    -----
    With :math:`U_0` customers and the coefficient :math:`K`, after :math:`n` cycles
    :math:`U_n = U_0 (1 + K)^n`. From the same inputs this grows far faster than
    invitations that are sent once, and it grows with any coefficient above 0.

    Examples
    --------
    >>> from loyalkit import customers_if_everyone_invites_again
    >>> customers_if_everyone_invites_again(100, 1.25, [1, 2, 3, 5]).round(1)
    array([ 225. ,  506.2, 1139.1, 5766.5])
    """
    start, brought, passed = _checked(customers, coefficient, cycles)
    with np.errstate(over="ignore"):
        growth = (1 + brought) ** passed
    return _shaped(start * growth if start else 0 * passed, cycles)


def _checked(
    customers: float, coefficient: float, cycles: ArrayLike
) -> tuple[float, float, NDArray[np.float64]]:
    start = at_least_0("customers", customers)
    brought = at_least_0("coefficient", coefficient)
    return start, brought, counts("cycles", cycles).astype(np.float64)


def _shaped(values: Any, cycles: ArrayLike) -> float | NDArray[np.float64]:
    return float(values) if is_scalar(cycles) else frozen(values)
