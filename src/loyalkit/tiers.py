"""
Customers sorted by size: those who make 80 %, ABC classes, heavy, medium and light users.

Conventions: customers are ranked from the largest. The customer with whom a threshold is
reached belongs to the better class. ``ties`` says what happens to equal customers whom a
threshold would part: "together", the default, gives all of them the label of the one in
their middle (of two, the better), so that neither row order nor ids decide; "stable"
takes earlier rows first, which hits the number asked for.
"""

from enum import IntEnum
from fractions import Fraction
from math import ceil
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import (
    frozen,
    numbers,
    one_of,
    refuse_first,
    simple_fraction,
    two_fractions,
)
from loyalkit.classification import Classification
from loyalkit.pareto import Concentration

Ties: TypeAlias = Literal["together", "stable"]
"""What happens to equal customers whom a threshold would part."""


class UsageTier(IntEnum):
    """How much a customer uses, against the other users."""

    HEAVY = 0
    MEDIUM = 1
    LIGHT = 2
    NON_USER = 3


class AbcClass(IntEnum):
    """How much of the total a customer and all larger ones make."""

    A = 0
    B = 1
    C = 2


def _ranked(name: str, values: Any, ties: str) -> tuple[NDArray[Any], Concentration]:
    one_of("ties", ties, ("together", "stable"))
    array = numbers(name, values)
    refuse_first(name, "must not be negative", array, array < 0)
    return array, Concentration.from_values(array)


def _among_top(
    values: NDArray[Any], tally: Concentration, size: int, ties: str
) -> NDArray[np.bool_]:
    """Which customers are among so many of the largest."""
    if size == 0:
        return np.zeros(values.size, bool)
    limit = tally.value_at(size)
    above, equal = values > limit, values == limit
    n_above = np.count_nonzero(above)
    if ties == "together":
        middle = n_above + (np.count_nonzero(equal) + 1) // 2
        return above | equal if middle <= size else above
    above[np.flatnonzero(equal)[: size - n_above]] = True
    return above


def _size(tally: Concentration, share: Fraction) -> int:
    return tally.customers_for(float(share)) if tally.total else 0


def top_customers(
    values: ArrayLike, share: float = 0.8, *, ties: Ties = "together"
) -> NDArray[np.bool_]:
    """
    Tell which customers make a share of the total.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value of each customer, 0 or more, in any one unit.
    share : float, default 0.8
        Share of the total [fraction].
    ties : {"together", "stable"}, default "together"
        Equal customers who stand where the share is reached are all chosen if the one
        in their middle is needed for it, else none of them is; what is chosen may then
        make somewhat more or less than the share. With "stable" as many as needed are
        chosen, earlier rows first, which makes `Concentration.customers_for` of them.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the customers chosen, read-only. Customers with a value of 0 never are,
        and nobody is exactly if the share is 0, there is no total, or (together only)
        so many equals stand at the top that half of them make more than the share.

    Raises
    ------
    TypeError
        If ``values`` does not hold numbers.
    ValueError
        If a value is missing, negative or not finite, ``share`` is not between 0 and 1,
        or ``ties`` is none of the two words.

    See Also
    --------
    abc_classes : Class A is the same choice.
    Concentration.customers_for : How many they are.

    Examples
    --------
    >>> from loyalkit import top_customers
    >>> top_customers([20, 400, 30, 25, 25, 400])
    array([False,  True, False, False, False,  True])
    """
    part = simple_fraction("share", share)
    array, tally = _ranked("values", values, ties)
    return frozen(_among_top(array, tally, _size(tally, part), ties))


def usage_tiers(
    usage: ArrayLike, *, cuts: tuple[float, float] = (0.2, 0.5), ties: Ties = "together"
) -> Classification[UsageTier]:
    """
    Sort customers into heavy, medium and light users, and those who do not use at all.

    Parameters
    ----------
    usage : array_like, shape (n,)
        How much each customer uses, 0 or more: purchases, visits, amounts.
    cuts : (float, float), default (0.2, 0.5)
        Largest users who are heavy, and those who are heavy or medium [fraction], both
        of the customers who use at all, rounded up to whole customers.
    ties : {"together", "stable"}, default "together"
        Equal users get the tier of the one in their middle, so that tiers may be larger
        or smaller than the cuts say. With "stable" they are not: earlier rows get the
        better tier.

    Returns
    -------
    Classification
        A `UsageTier` for each customer.

    Raises
    ------
    TypeError
        If ``usage`` does not hold numbers, or ``cuts`` is not a pair.
    ValueError
        If a value is missing, negative or not finite, a cut is not between 0 and 1, the
        cuts run downwards, or ``ties`` is none of the two words.

    See Also
    --------
    abc_classes : Classes by the share of the total.

    Notes
    -----
    Most customers of most shops have bought once. Were they ranked by a database, some
    of them would be heavy users and others light.

    References
    ----------
    .. [1] D. W. Twedt, "How Important to Marketing Strategy Is the 'Heavy User'?",
       Journal of Marketing 28, 71-72, 1964.

    Examples
    --------
    >>> from loyalkit import usage_tiers
    >>> usage_tiers([12, 7, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0])
    Classification(HEAVY=2, MEDIUM=2, LIGHT=6, NON_USER=2)
    """
    heavy, medium = two_fractions("cuts", cuts)
    array, tally = _ranked("usage", usage, ties)
    users = tally.n_customers - tally.n_zero
    codes = np.zeros(array.size, np.int8)
    for cut in (heavy, medium):
        codes += ~_among_top(array, tally, ceil(cut * users), ties)
    return Classification(labels=UsageTier, codes=codes + (array == 0))


def abc_classes(
    values: ArrayLike, *, thresholds: tuple[float, float] = (0.8, 0.95), ties: Ties = "together"
) -> Classification[AbcClass]:
    """
    Sort customers into those who make 80 % of the total, the next 15 %, and the rest.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value of each customer, 0 or more, in any one unit.
    thresholds : (float, float), default (0.8, 0.95)
        Shares of the total that class A, and A and B together, make [fraction]. The
        customer with whom a threshold is reached belongs to the better class.
    ties : {"together", "stable"}, default "together"
        Equal customers get the class of the one in their middle. With "stable" the
        classes are as small as the thresholds allow, earlier rows in the better one.

    Returns
    -------
    Classification
        An `AbcClass` for each customer; C for all who have a value of 0.

    Raises
    ------
    TypeError
        If ``values`` does not hold numbers, or ``thresholds`` is not a pair.
    ValueError
        If a value is missing, negative or not finite, a threshold is not between 0 and
        1, the thresholds run downwards, or ``ties`` is none of the two words.

    See Also
    --------
    top_customers : Class A alone, as a mask.
    usage_tiers : Tiers by the number of customers.

    Examples
    --------
    In the textbook case two customers of ten make 80 %; the eight others are alike:

    >>> from loyalkit import abc_classes
    >>> values = [400, 400, 25, 25, 25, 25, 25, 25, 25, 25]
    >>> abc_classes(values)
    Classification(A=2, B=8, C=0)
    >>> abc_classes(values, ties="stable")
    Classification(A=2, B=6, C=2)
    """
    pair = two_fractions("thresholds", thresholds)
    array, tally = _ranked("values", values, ties)
    codes = np.zeros(array.size, np.int8)
    for threshold in pair:
        codes += ~_among_top(array, tally, _size(tally, threshold), ties)
    return Classification(labels=AbcClass, codes=codes)
