"""
Customers sorted by size: those who make 80 %, ABC classes, heavy, medium and light users.

Conventions: customers are ranked from the largest. The customer with whom a threshold is
reached belongs to the better class. ``ties`` says what happens to equal customers whom a
threshold would part: "together", the default, gives all of them the label of the one in
their middle (of two, the better), so that neither row order nor ids decide; "stable"
takes earlier rows first, which hits the number asked for.
"""

import math
from enum import IntEnum
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import frozen, not_negative, numbers, same_length
from loyalkit._messages import instance
from loyalkit._scalars import one_of, simple_fraction, two_fractions
from loyalkit.classification import Classification, L
from loyalkit.pareto import Concentration

Ties: TypeAlias = Literal["together", "stable"]
"""What happens to equal customers whom a threshold would part."""


class UsageTier(IntEnum):
    """How much a customer uses, against the other users."""

    HEAVY = 0
    MEDIUM = 1
    LIGHT = 2
    NON_USER = 3


class UsageHalf(IntEnum):
    """Which half of the users a customer belongs to."""

    HEAVY_HALF = 0
    LIGHT_HALF = 1
    NON_USER = 2


class AbcClass(IntEnum):
    """How much of the total a customer and all larger ones make."""

    A = 0
    B = 1
    C = 2


def _ranked(name: str, values: Any, ties: str) -> tuple[NDArray[Any], Concentration]:
    one_of("ties", ties, ("together", "stable"))
    array = not_negative(name, values)
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
        so many equals stand at the top that the one in their middle is not needed.

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
        codes += ~_among_top(array, tally, math.ceil(cut * users), ties)
    return Classification(labels=UsageTier, codes=codes + (array == 0))


def heavy_half(usage: ArrayLike, *, ties: Ties = "together") -> Classification[UsageHalf]:
    """
    Sort customers into the heavy half of the users, the light half, and non-users.

    Parameters
    ----------
    usage : array_like, shape (n,)
        How much each customer uses, 0 or more: purchases, visits, amounts.
    ties : {"together", "stable"}, default "together"
        As for `usage_tiers`. Together, many equal users may make the halves uneven.

    Returns
    -------
    Classification
        A `UsageHalf` for each customer; the one in the middle is heavy.

    Raises
    ------
    TypeError
        If ``usage`` does not hold numbers.
    ValueError
        If a value is missing, negative or not finite, or ``ties`` is none of the two
        words.

    See Also
    --------
    usage_tiers : Three tiers.

    References
    ----------
    .. [1] D. W. Twedt, "How Important to Marketing Strategy Is the 'Heavy User'?",
       Journal of Marketing 28, 71-72, 1964.

    Examples
    --------
    What do the heavy half of the users carry?

    >>> from loyalkit import UsageHalf, heavy_half
    >>> visits = [12, 7, 5, 4, 2, 1, 1, 0]
    >>> halves = heavy_half(visits)
    >>> halves
    Classification(HEAVY_HALF=4, LIGHT_HALF=3, NON_USER=1)
    >>> halves.value_shares(visits)[UsageHalf.HEAVY_HALF]
    0.875
    """
    tiers = usage_tiers(usage, cuts=(0.5, 0.5), ties=ties).codes
    halves = np.array([UsageHalf.HEAVY_HALF, -1, UsageHalf.LIGHT_HALF, UsageHalf.NON_USER])
    return Classification(labels=UsageHalf, codes=halves[tiers])


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


def class_thresholds(classes: Classification[L], values: ArrayLike) -> dict[L, float]:
    """
    Tell what it takes to be in each class: the smallest value among its customers.

    Parameters
    ----------
    classes : Classification
        Tiers, halves or classes of the customers.
    values : array_like, shape (n,)
        Value of each customer, in the same order: what they were sorted by, or any other.

    Returns
    -------
    dict of IntEnum to float
        Smallest value by label, in the unit of the values; NaN for a class of nobody.

    Raises
    ------
    TypeError
        If ``classes`` is not a `Classification`, or ``values`` does not hold numbers.
    ValueError
        If there is not one finite value per customer.

    See Also
    --------
    Classification.value_shares : What the classes carry.

    Examples
    --------
    >>> from loyalkit import UsageTier, class_thresholds, usage_tiers
    >>> usage = [12, 7, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0]
    >>> class_thresholds(usage_tiers(usage), usage)[UsageTier.MEDIUM]
    4.0
    """
    instance("classes", classes, Classification)
    array = numbers("values", values)
    same_length(classes=classes.codes, values=array)
    members = {label: array[classes.mask(label)] for label in classes.labels}
    return {label: float(x.min()) if x.size else math.nan for label, x in members.items()}
