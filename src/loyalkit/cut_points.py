"""
Evidence from numbers: where a share, an index or a number of days becomes yes, no or a level.

Conventions: cut points are the caller's, since none are established. A number that is not
there is unknown, -1; it is never below or above anything. Numbers within a few rounding
errors of a cut point are on it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import as_exact, column, frozen, rounding_of
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import number

__all__ = ["levels_from", "truth_from"]

Numbers: TypeAlias = ArrayLike | Sequence[int | float | None]
"""A number for each customer, or nothing."""


def truth_from(
    values: Numbers,
    *,
    at_least: float | None = None,
    more_than: float | None = None,
    at_most: float | None = None,
    less_than: float | None = None,
) -> NDArray[np.int8]:
    """
    Truth values from numbers and one threshold.

    Parameters
    ----------
    values : array_like, shape (n,)
        A number for each customer on any scale; NaN or None where it is not known.
    at_least, more_than, at_most, less_than : float, optional
        The threshold, in the unit of ``values``, under the name that says which side is
        true and what happens on it. Exactly one is given.

    Returns
    -------
    ndarray of int8, shape (n,)
        1 where the condition holds, 0 where it does not, -1 where the number is missing.

    Raises
    ------
    TypeError
        If ``values`` or the threshold does not hold numbers, or not exactly one
        threshold is given.
    ValueError
        If a number is infinite.

    See Also
    --------
    levels_from : Several cut points.
    Evidence : Takes the result.

    Notes
    -----
    A number that differs from the threshold by less than one part in 10**12 counts as
    equal to it, since 1 - 1/3 and 2/3 are different floats; one of 32 bits by less than
    five in 10**7. Among whole numbers only the nearest one can.

    Examples
    --------
    A customer who ranks a firm first among two is expected to buy two thirds there. Who
    buys more than that here counts as exclusive; one share is not known:

    >>> from loyalkit import truth_from
    >>> truth_from([0.9, 1 - 1 / 3, 0.2, None], more_than=2 / 3)
    array([ 1,  0,  0, -1], dtype=int8)

    Whoever bought within 90 days buys regularly:

    >>> truth_from([12, 90, 91], at_most=90)
    array([1, 1, 0], dtype=int8)
    """
    given = {
        "at_least": at_least,
        "more_than": more_than,
        "at_most": at_most,
        "less_than": less_than,
    }
    chosen = {name: cut for name, cut in given.items() if cut is not None}
    if len(chosen) != 1:
        refuse_type("truth_from", f"must be given one of {', '.join(given)}", [*chosen] or "none")
    ((name, cut),) = chosen.items()
    # At most is the opposite of more than, less than the opposite of at least.
    on_it = name in ("at_least", "less_than")
    reached = _reached(values, [number(name, cut)], on_it)
    if name in ("at_most", "less_than"):
        reached = np.where(reached == -1, reached, 1 - reached)
    return frozen(reached.astype(np.int8, copy=False))


def levels_from(values: Numbers, *, starts: Sequence[float], lowest: int = 0) -> NDArray[np.int8]:
    """
    Levels from numbers and several cut points.

    Parameters
    ----------
    values : array_like, shape (n,)
        A number for each customer on any scale; NaN or None where it is not known.
    starts : sequence of float
        Where each level but the first begins, ascending, in the unit of ``values``. A
        number on a cut point belongs to the level that begins there.
    lowest : int, default 0
        The first level.

    Returns
    -------
    ndarray of int8, shape (n,)
        ``lowest`` for numbers below every cut point, one more for each that is reached;
        -1 where the number is missing.

    Raises
    ------
    TypeError
        If ``values`` or the cut points do not hold numbers.
    ValueError
        If a number is infinite, the cut points do not ascend or there are none, or the
        levels do not lie from 0 to 127.

    See Also
    --------
    attachment_levels : LOW, LIKE and LOVE as a classification.
    truth_from : One threshold.

    Examples
    --------
    Customers with less than 100, 100 to 499 and 500 or more in a year; one is new:

    >>> from loyalkit import levels_from
    >>> levels_from([40, 100, 730, None], starts=[100, 500])
    array([ 0,  1,  2, -1], dtype=int8)
    """
    cuts = [number("starts", cut) for cut in starts]
    if not cuts or any(first >= second for first, second in pairwise(cuts)):
        refuse("starts", "must ascend and be one at least", list(starts))
    if lowest < 0 or lowest + len(cuts) > 127:
        refuse("lowest", f"must be from 0 to {127 - len(cuts)}", lowest)
    reached = _reached(values, cuts, on_it=True)
    return frozen(np.where(reached == -1, reached, reached + np.int8(lowest)).astype(np.int8))


def _reached(values: Numbers, cuts: list[float], on_it: bool) -> NDArray[np.int8]:
    """How many cut points each value reaches, -1 where it is missing."""
    given, missing = column("values", values)
    known = as_exact("values", given if missing is None else given[~missing])
    whole, rounding = known.dtype.kind == "i", rounding_of(given.dtype)
    reached = np.zeros(known.size, np.int8)
    for cut in cuts:
        edge = abs(cut) * rounding
        if whole and abs(cut - round(cut)) <= edge:
            # Exact however large the numbers are.
            reached += known >= round(cut) if on_it else known > round(cut)
        else:
            reached += known >= cut - edge if on_it else known > cut + edge
    if missing is None:
        return reached
    found = np.full(given.size, -1, np.int8)
    found[~missing] = reached
    return found
