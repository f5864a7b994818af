"""
How strongly customers feel bound to the firm: low, like or love.

Conventions: an index or score is higher for a stronger bond; where it counts as like
or as love is the caller's choice. A customer who gave no answer has no level, code
-1. Shares and rates are fractions.
"""

import math
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import as_exact, column
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import fraction, is_float, number
from loyalkit.classification import Classification

EMOTIONAL_FACTORS = (
    "trust",
    "perceived value",
    "special status",
    "satisfaction",
    "personal attention",
    "exclusivity",
    "credibility",
)
"""What emotional loyalty rests on, in the order in which a survey asks for it."""


class Attachment(IntEnum):
    """Strength of a customer's emotional bond to the firm."""

    LOW = 0
    LIKE = 1
    LOVE = 2


def attachment_levels(
    index: ArrayLike, *, like_from: float, love_from: float
) -> Classification[Attachment]:
    """
    Sort customers by the strength of their bond, from a number and two cut points.

    Parameters
    ----------
    index : array_like, shape (n,)
        Strength of each customer's bond on any scale, higher for stronger; NaN or None
        for customers who were not asked.
    like_from : float
        Lowest value that counts as liking the firm, in the unit of ``index``.
    love_from : float
        Lowest value that counts as loving it, in the unit of ``index``.

    Returns
    -------
    Classification
        One `Attachment` per customer; -1 exactly where the index is missing.

    Raises
    ------
    TypeError
        If ``index`` is not one-dimensional or an argument does not hold numbers.
    ValueError
        If a number is infinite, or ``like_from`` is not less than ``love_from``.

    See Also
    --------
    Evidence : Takes the result as what is known of the customers' attachment.

    Notes
    -----
    No cut points are built in, since none are established. Answers from 0 to 10 are
    often cut at 7 and 9, as for the Net Promoter Score.

    Examples
    --------
    Five customers were asked how attached they feel, from 0 to 10; one did not answer:

    >>> from loyalkit import Attachment, attachment_levels
    >>> levels = attachment_levels([10, 9, 7, 2, None], like_from=7, love_from=9)
    >>> levels.codes
    array([ 2,  2,  1,  0, -1], dtype=int8)
    >>> levels.shares[Attachment.LOVE]
    0.4
    """
    like, love = number("like_from", like_from), number("love_from", love_from)
    if like >= love:
        refuse("like_from", f"must be less than love_from={love_from!r}", like_from)
    values, missing = column("index", index)
    answered: NDArray[np.bool_] = np.ones(values.size, bool) if missing is None else ~missing
    strength = as_exact("index", values[answered])
    codes = np.full(values.size, -1, np.int8)
    codes[answered] = (strength >= like).astype(np.int8) + (strength >= love)
    return Classification(labels=Attachment, codes=codes)


@attrs.frozen(eq=False)
class QuotedRates(Mapping[Attachment, float]):
    """
    Rates that someone published, with where they come from and how far they can be trusted.

    Parameters
    ----------
    rates : tuple of tuple of Attachment and float
        Each level for which a rate was published, and that rate [fraction].
    source : str
        Who said so.
    caveat : str
        What could and could not be confirmed.

    Examples
    --------
    >>> from loyalkit import Attachment, QUOTED_REPURCHASE_RATES
    >>> QUOTED_REPURCHASE_RATES[Attachment.LOVE]
    0.9
    >>> Attachment.LOW in QUOTED_REPURCHASE_RATES
    False
    """

    rates: tuple[tuple[Attachment, float], ...]
    source: str
    caveat: str

    @override
    def __getitem__(self, level: Attachment) -> float:
        return dict(self.rates)[level]

    @override
    def __iter__(self) -> Iterator[Attachment]:
        return (level for level, _ in self.rates)

    @override
    def __len__(self) -> int:
        return len(self.rates)


QUOTED_REPURCHASE_RATES = QuotedRates(
    rates=((Attachment.LOVE, 0.9), (Attachment.LIKE, 0.3)),
    source="Opinion Research, as quoted in vendors' articles on loyalty marketing",
    caveat=(
        "The study itself could not be found. No rate was given for customers who neither "
        "love nor like the firm. Measure your own."
    ),
)
"""Share of customers who buy again, as quoted: 90 % of those who love a firm, 30 % who like it."""


def expected_repurchase(
    shares: Mapping[Attachment, float], rates: Mapping[Attachment, float]
) -> float:
    r"""
    Share of customers to be expected to buy again, from how many feel how strongly bound.

    Parameters
    ----------
    shares : mapping of Attachment to float
        Share of customers at each level [fraction]. Customers outside the shares add
        nothing: where some levels are unknown, take shares of those that are known, or
        the result is a lower bound.
    rates : mapping of Attachment to float
        Share of the customers of a level who buy again [fraction].

    Returns
    -------
    float
        Expected share of customers who buy again [fraction]. NaN exactly if a share is
        NaN, or if the rate of a share above 0 is missing or NaN.

    Raises
    ------
    TypeError
        If a key is not an `Attachment` or a value not a number.
    ValueError
        If a share or a rate is not a fraction, or the shares add up to more than 1.

    See Also
    --------
    attachment_levels : Where the shares come from.

    Notes
    -----
    With shares :math:`s_a` and rates :math:`r_a`, the result is :math:`\sum_a s_a r_a`.

    Examples
    --------
    A fifth of the customers love the shop, the rest like it. What would the rates that
    are often quoted lead one to expect?

    >>> from loyalkit import Attachment, QUOTED_REPURCHASE_RATES, expected_repurchase
    >>> shares = {Attachment.LOVE: 0.2, Attachment.LIKE: 0.8}
    >>> round(expected_repurchase(shares, QUOTED_REPURCHASE_RATES), 2)
    0.42

    Those rates say nothing about customers without a bond:

    >>> shares = {Attachment.LOVE: 0.2, Attachment.LIKE: 0.5, Attachment.LOW: 0.3}
    >>> expected_repurchase(shares, QUOTED_REPURCHASE_RATES)
    nan
    """
    share, rate = _by_level("shares", shares), _by_level("rates", rates)
    total = math.fsum(share.values())
    if total > 1 + 1e-9:
        refuse("shares", "must not add up to more than 1", total)
    if math.isnan(total):
        return math.nan
    # A level without customers needs no rate.
    return math.fsum(part * rate.get(level, math.nan) for level, part in share.items() if part > 0)


def _by_level(name: str, fractions: Mapping[Any, Any]) -> dict[Attachment, float]:
    for level in fractions:
        if not isinstance(level, Attachment):
            refuse_type(name, "must have Attachment keys", repr(level))
    return {level: _fraction(f"{name}[{level.name}]", x) for level, x in fractions.items()}


def _fraction(name: str, value: Any) -> float:
    return math.nan if is_float(value) and math.isnan(value) else fraction(name, value)
