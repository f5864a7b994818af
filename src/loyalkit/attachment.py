"""
How strongly customers feel bound to the firm: an index, and low, like or love.

Conventions: an index or score is higher for a stronger bond; where it counts as like
or as love is the caller's choice. A customer who gave no answer has no level, code
-1. The index, shares and rates are fractions.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from functools import partial
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import as_exact, column, frozen, quotients
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import count, fraction, is_float, number
from loyalkit._tables import Table, by_column, marked_columns, named_columns
from loyalkit.classification import Classification
from loyalkit.consistency import AlphaMethod, Consistency, consistency_of
from loyalkit.intervals import Interval

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


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AttachmentIndex:
    """
    How strongly each customer feels bound, from several questions, and how these agree.

    Made by `attachment_index`.

    Parameters
    ----------
    names : tuple of str
        The k factors.
    index : ndarray of float64, shape (n,)
        Strength of each customer's bond, 0 to 1 [fraction]; NaN exactly where fewer
        factors were answered than was asked for.
    n_answers : ndarray of int64, shape (n,)
        How many factors each customer answered.
    means : ndarray of float64, shape (k,)
        Mean of each factor over all who answered it, 0 to 1, reversed ones turned round
        [fraction]; NaN exactly if nobody did.
    consistency : Consistency
        How far the factors agree, among customers who answered all.

    See Also
    --------
    attachment_index : What the figures mean, and an example.
    """

    names: tuple[str, ...]
    index: NDArray[np.float64] = attrs.field(converter=frozen)
    n_answers: NDArray[np.int64] = attrs.field(converter=frozen)
    means: NDArray[np.float64] = attrs.field(converter=frozen)
    consistency: Consistency

    @override
    def __repr__(self) -> str:
        counts = f"n={self.n}, n_complete={self.n_complete}, n_unknown={self.n_unknown}"
        return f"AttachmentIndex({counts}, alpha={self.alpha:.3f})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(AttachmentIndex, **attrs.asdict(self, recurse=False)), ()

    @property
    def n(self) -> int:
        """Customers, those without an index included [customers]."""
        return self.index.size

    @property
    def n_complete(self) -> int:
        """Customers who answered every factor [customers]."""
        return self.consistency.n

    @property
    def n_unknown(self) -> int:
        """Customers without an index, since they answered too few factors [customers]."""
        return int(np.count_nonzero(np.isnan(self.index)))

    @property
    def alpha(self) -> float:
        """Cronbach's alpha, raw; see `Consistency`."""
        return self.consistency.alpha

    def alpha_interval(
        self, confidence: float = 0.95, *, method: AlphaMethod = "wider"
    ) -> Interval:
        """
        Range for the alpha of all customers like these, as by `Consistency.interval`.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"wider", "bonett", "distribution_free"}, default "wider"
            Kind of interval.

        Returns
        -------
        Interval
            Interval of alpha; NaN exactly if alpha is NaN or 1, or if fewer than three
            customers answered every factor.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1, or ``method`` is none of the three.
        """
        return self.consistency.interval(confidence, method=method)

    def equals(self, other: "AttachmentIndex") -> bool:
        """
        Tell whether another index has the same factors and figures.

        Parameters
        ----------
        other : AttachmentIndex
            The index to compare with.

        Returns
        -------
        bool
            True if names, every customer's index and all figures agree.
        """
        return (self.names, self.consistency) == (other.names, other.consistency) and all(
            np.array_equal(mine, theirs, equal_nan=True)
            for mine, theirs in (
                (self.index, other.index),
                (self.n_answers, other.n_answers),
                (self.means, other.means),
            )
        )


def attachment_index(
    answers: Table,
    *,
    lowest: float,
    highest: float,
    weights: ArrayLike | None = None,
    reverse: Iterable[str] = (),
    min_answered: int | None = None,
    names: Iterable[str] | None = None,
) -> AttachmentIndex:
    r"""
    Measure how strongly each customer feels bound, from answers about several factors.

    Emotional loyalty is said to rest on trust, perceived value, special status,
    satisfaction, personal attention, exclusivity and credibility. The index is the mean of
    the answers about them, moved to a scale from 0 to 1. It orders the customers of one
    survey; it is no share of anything, and 0.8 is not twice 0.4.

    Parameters
    ----------
    answers : array_like, shape (n, k), or mapping of str to array_like, shape (n,)
        Answers of each customer about each factor, all on one scale; None or NaN where
        there is none.
    lowest, highest : float
        Ends of the scale that customers were shown, whether or not anybody chose them.
    weights : array_like, shape (k,), optional
        How much each factor counts, above 0, in the order of the factors. Equal by
        default.
    reverse : iterable of str, optional
        Factors for which a high answer means a weak bond, such as "felt pushed".
    min_answered : int, optional
        Fewest factors that a customer must have answered to get an index, all by
        default. Those left open are taken to be like the rest of that customer's answers.
    names : iterable of str, optional
        The factors. By default those of the mapping or data frame, or `EMOTIONAL_FACTORS`
        if ``answers`` is an array of seven columns.

    Returns
    -------
    AttachmentIndex
        The index of each customer, the mean of each factor, and how far the factors
        agree: Cronbach's alpha, raw, unweighted, of the customers who answered all.

    Raises
    ------
    TypeError
        If ``answers`` or ``weights`` does not hold numbers, or an array has not two
        dimensions.
    ValueError
        If an answer is not on the scale, ``lowest`` is not less than ``highest``, a weight
        is not above 0, a reversed factor is unknown, ``min_answered`` is not from 1 to
        k, columns differ in length, or names do not fit.

    See Also
    --------
    attachment_levels : Sorts the index into LOW, LIKE and LOVE.
    key_drivers : Which factor goes with what customers do.
    internal_consistency : What alpha says, and what it does not.

    Notes
    -----
    With answers :math:`x_j`, weights :math:`w_j` and the scale from :math:`a` to :math:`b`,
    over the factors answered,

    .. math:: I = \frac{\sum_j w_j (x_j - a)}{(b - a) \sum_j w_j}

    where a reversed factor enters with :math:`b - x_j`. For whole answers and weights
    everything up to the one quotient is exact, so that seven answers of 7 from 0 to 10
    reach a cut point of 0.7.

    The factors make up the bond between them; they need not agree, and a low alpha is no
    fault. One far below 0 most often means that a factor should have been reversed.

    Examples
    --------
    Four customers were asked about the seven factors, from 1 to 5; the last one was in a
    hurry:

    >>> from loyalkit import Attachment, attachment_index, attachment_levels
    >>> answers = [
    ...     [5, 5, 4, 5, 5, 4, 5],
    ...     [4, 3, 2, 4, 3, 2, 4],
    ...     [2, 1, 1, 2, 1, 1, 2],
    ...     [5, 4, None, 5, None, None, None],
    ... ]
    >>> bond = attachment_index(answers, lowest=1, highest=5)
    >>> bond.index.round(2)
    array([0.93, 0.54, 0.11,  nan])
    >>> bond.n_complete, round(bond.alpha, 2)
    (3, 0.99)
    >>> attachment_levels(bond.index, like_from=0.5, love_from=0.75).counts[Attachment.LOVE]
    1

    If three answers are enough:

    >>> attachment_index(answers, lowest=1, highest=5, min_answered=3).index.round(2)
    array([0.93, 0.54, 0.11, 0.92])
    """
    low, high = number("lowest", lowest), number("highest", highest)
    if low >= high:
        refuse("lowest", f"must be less than highest={highest!r}", lowest)
    names, found = named_columns("answers", answers, names, EMOTIONAL_FACTORS)
    beyond = (found < low) | (found > high)
    refuse_first("answers", f"must be on the scale from {low:g} to {high:g}", found, beyond)
    n, k = found.shape
    weight = by_column("weights", 1.0 if weights is None else weights, k)
    refuse_first("weights", "must be more than 0", weight, weight <= 0)
    # By a power of 2, which changes no digit, so that sums stay in the range of floats.
    weight = np.ldexp(weight, -np.frexp(weight.max(initial=0))[1])
    fewest = k if min_answered is None else count("min_answered", min_answered)
    if not min(1, k) <= fewest <= k:
        refuse("min_answered", f"must be from 1 to the number of factors, {k}", min_answered)
    turned = marked_columns("reverse", reverse, names)
    above = found - low
    above[:, turned] = high - found[:, turned]
    answered = ~np.isnan(above)
    n_answers = np.count_nonzero(answered, axis=1)
    complete = above
    if not answered.all():
        complete = above[n_answers == k]
        above[~answered] = 0
    reach = (high - low) * _weighted(answered, weight)
    index = quotients(_weighted(above, weight), np.where(n_answers >= fewest, reach, 0))
    means = quotients(above.sum(axis=0), (high - low) * np.count_nonzero(answered, axis=0))
    return AttachmentIndex(
        names=names,
        index=np.minimum(index, 1),
        n_answers=n_answers,
        means=np.minimum(means, 1),
        consistency=consistency_of(names, complete, n - len(complete)),
    )


def _weighted(table: NDArray[Any], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    # Column by column: a matrix product may add up equal rows in unequal order.
    total = np.zeros(len(table))
    for answers, counts_for in zip(table.T, weight.tolist(), strict=True):
        total += counts_for * answers
    return total


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
    repurchase_outlook : The same from counts, with an interval.

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
