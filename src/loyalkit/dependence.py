"""
How much hangs on single customers: the largest, those above a threshold, what if they left.

Conventions: as in `loyalkit.pareto`. Who belongs together (branches of one firm) is one
customer, and it is for the caller to add them up.
"""

import math
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import frozen, not_negative
from loyalkit._concentration_measures import TOLERANCE
from loyalkit._kernels import exact_total, largest
from loyalkit._messages import instance, refuse
from loyalkit._scalars import count, nan_safe, simple_fraction
from loyalkit.pareto import Concentration


def top_share(values: ArrayLike, fraction: float = 0.2) -> float:
    """
    Share of the total held by the largest customers, for those who want nothing else.

    It is `Concentration.top_share` without the sort that all other measures need.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value of each customer, 0 or more, in any one unit.
    fraction : float, default 0.2
        Largest customers [fraction].

    Returns
    -------
    float
        Share of the total [fraction]. NaN exactly if there are no customers or all
        values are 0.

    Raises
    ------
    TypeError
        If ``values`` does not hold numbers.
    ValueError
        If a value is missing, negative or not finite, the total is, or ``fraction`` is
        not between 0 and 1.

    See Also
    --------
    Concentration : All measures, with intervals.

    Examples
    --------
    >>> from loyalkit import top_share
    >>> top_share([1000, 600, 300, 200, 150, 100, 80, 40, 20, 10])
    0.64
    """
    top = simple_fraction("fraction", fraction)
    array = not_negative("values", values)
    highest = array.max(initial=0).item()
    if not highest:
        return math.nan
    if not math.isfinite(float(highest) * array.size):
        refuse("values", "must add up to a finite total", highest)
    size = top * array.size
    above = math.floor(size)
    if above == array.size:
        return 1.0
    ranked = largest(array, above + 1)
    held = exact_total(ranked[1:]) + (size - above) * ranked[0].item()
    return min(1.0, max(float(top), float(held / exact_total(array))))


def major_customers(values: ArrayLike, threshold: float = 0.1) -> NDArray[np.bool_]:
    """
    Tell which customers have a large part of the total each, by default a tenth.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value of each customer, 0 or more, in any one unit.
    threshold : float, default 0.1
        Share of the total from which a customer is a major one [fraction].

    Returns
    -------
    ndarray of bool, shape (n,)
        True for major customers, those exactly at the threshold included, read-only.
        Customers with a value of 0 never are.

    Raises
    ------
    TypeError
        If ``values`` does not hold numbers.
    ValueError
        If a value is missing, negative or not finite, the total is, or ``threshold`` is
        not between 0 and 1.

    See Also
    --------
    top_customers : Those who make a share of the total together.
    loss_of_largest : What if they left.

    Notes
    -----
    A tenth is the share of revenue from which firms listed in the United States have to
    disclose that they depend on a customer [1]_.

    References
    ----------
    .. [1] Financial Accounting Standards Board, Accounting Standards Codification
       280-10-50-42, "Information about Major Customers".

    Examples
    --------
    >>> from loyalkit import major_customers
    >>> major_customers([40, 30, 10, 9, 6, 5])
    array([ True,  True,  True, False, False, False])
    """
    least = simple_fraction("threshold", threshold)
    array = not_negative("values", values)
    limit: Any = least * Concentration.from_values(array).total
    if array.dtype.kind == "i":
        # Beyond the range of int64 there is nobody.
        return frozen((array >= min(math.ceil(limit), 2**63 - 1)) & (array > 0) & (limit < 2**63))
    return frozen((array >= float(limit) * (1 - TOLERANCE)) & (array > 0))


@attrs.frozen(kw_only=True)
class LossOfLargest:
    """
    What is lost and what is left if the largest customers leave.

    Made by `loss_of_largest`.

    Parameters
    ----------
    customers : int
        Number of largest customers who leave [customers].
    share : float
        Share of the total that they take along, in other texts CR k [fraction].
    remaining : Concentration
        Tally of those who stay.

    See Also
    --------
    loss_of_largest : What it takes for granted.
    """

    customers: int
    share: float = attrs.field(eq=nan_safe)
    remaining: Concentration


def loss_of_largest(tally: Concentration, customers: int = 1) -> LossOfLargest:
    """
    Tell what is lost if the largest customers leave, and how concentrated the rest is.

    Parameters
    ----------
    tally : Concentration
        All customers.
    customers : int, default 1
        Number of largest customers who leave [customers].

    Returns
    -------
    LossOfLargest
        The share lost, NaN exactly if the total is 0, and the tally of those who stay.
        The values of the others are taken not to change.

    Raises
    ------
    TypeError
        If ``tally`` is not a `Concentration`, or ``customers`` not a number.
    ValueError
        If there are not so many customers.

    See Also
    --------
    major_customers : Who they may be.

    Examples
    --------
    What would a shop lose with its two best customers?

    >>> from loyalkit import Concentration, loss_of_largest
    >>> spend = Concentration.from_values([400, 400, *[25] * 8])
    >>> loss = loss_of_largest(spend, 2)
    >>> loss.share, loss.remaining.total, loss.remaining.gini
    (0.8, 200, 0.0)
    """
    instance("tally", tally, Concentration)
    leaving = count("customers", customers)
    if leaving > tally.n_customers:
        refuse("customers", f"must not exceed their number, {tally.n_customers}", customers)
    staying = tally.n_customers - leaving
    counts = np.clip(staying - np.cumsum(tally.counts) + tally.counts, 0, tally.counts)
    remaining = Concentration.from_counts(tally.values, counts, window=tally.window)
    share = tally.top_share(leaving / max(1, tally.n_customers))
    return LossOfLargest(customers=leaving, share=share, remaining=remaining)
