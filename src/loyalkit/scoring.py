"""
Scores from 1 to a few: how each customer's value stands among all of them.

Conventions: the highest score is the best. A score is one more than the number of
thresholds that the value beats, so that equal values have equal scores whatever the
order of the rows. Thresholds ascend, in the unit of the values.
"""

import math
from functools import partial
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import equal_arrays, frozen, numbers
from loyalkit._messages import refuse, refuse_first
from loyalkit._rfm_kernels import order_statistics, scores
from loyalkit._scalars import is_scalar, number, one_of

__all__ = ["RfmScores", "ValueScores", "value_scores"]

Bins: TypeAlias = int | ArrayLike
"""How many equal parts of the customers to score, or thresholds of the caller's own."""

Best: TypeAlias = Literal["largest", "smallest"]
"""Which values are better."""

NO_AMOUNTS = "amounts must be given to speak of money, got a log without amounts"

_MOST_BINS = 127


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ValueScores:
    """
    Score of each customer, and the thresholds behind it.

    Made by `value_scores`.

    Parameters
    ----------
    scores : ndarray of int8, shape (n,)
        Score of each customer, 1 to `n_bins`; the highest is the best.
    thresholds : ndarray, shape (n_bins - 1,)
        What a value must beat for each further point, ascending: exceed it where the
        largest is best, fall below it where the smallest is. NaN exactly without
        customers whose quantiles they could be.
    best : {"largest", "smallest"}
        Which values are better.

    See Also
    --------
    value_scores : How it is made.
    RfmTable.scores : Scores of recency, frequency and money at once.
    """

    scores: NDArray[np.int8] = attrs.field(converter=frozen)
    thresholds: NDArray[Any] = attrs.field(converter=frozen)
    best: Best = "largest"

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    @override
    def __repr__(self) -> str:
        parts = ", ".join(f"{score}: {count}" for score, count in self.counts.items())
        return f"ValueScores({parts})"

    @property
    def n_bins(self) -> int:
        """Highest score there could be."""
        return self.thresholds.size + 1

    @property
    def counts(self) -> dict[int, int]:
        """Customers by score, the best first [customers]."""
        counts: list[int] = np.bincount(self.scores, minlength=self.n_bins + 1).tolist()
        return {score: counts[score] for score in range(self.n_bins, 0, -1)}

    @property
    def n_bins_used(self) -> int:
        """How many different scores there are; fewer than `n_bins` where many are equal."""
        return sum(count > 0 for count in self.counts.values())

    def equals(self, other: "ValueScores") -> bool:
        """
        Tell whether other scores are the same.

        Parameters
        ----------
        other : ValueScores
            The scores to compare with.

        Returns
        -------
        bool
            True if scores, thresholds and what is better agree.
        """
        return (
            self.best == other.best
            and np.array_equal(self.scores, other.scores)
            and equal_arrays(self.thresholds, other.thresholds)
        )


def value_scores(values: ArrayLike, bins: Bins = 5, *, best: Best = "largest") -> ValueScores:
    r"""
    Score customers by one value, in quantile bins or by thresholds of your own.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value of each customer, in any one unit.
    bins : int or array_like, default 5
        How many parts of equal size the customers are cut into, 2 to 127, or the
        thresholds themselves, ascending, in the unit of the values: your own, or those
        of other scores. One that is there twice is worth two points.
    best : {"largest", "smallest"}, default "largest"
        Which values are better: more money, or fewer days.

    Returns
    -------
    ValueScores
        Scores from 1 to the number of bins, and the thresholds. Never fails on ties:
        where customers are equal they share a score, and some scores stay empty.

    Raises
    ------
    TypeError
        If ``values`` or ``bins`` do not hold numbers.
    ValueError
        If a value is missing or not finite, if ``bins`` is out of range, or if the
        thresholds do not ascend.

    See Also
    --------
    RfmTable.scores : Scores of recency, frequency and money at once.
    usage_tiers : Tiers by rank that have names.

    Notes
    -----
    With :math:`b` bins, threshold :math:`k` is the smallest value that at least
    :math:`k / b` of the customers, counted from the worst, do not exceed: the inverse of
    the distribution function [1]_. It is a value somebody has, repeating the customer base
    does not move it, and a score of :math:`s` says that at least :math:`(s - 1) / b` of
    all customers are worse. Equal customers who span several bins all get the lowest of
    them, since no more is true of all.

    Where 90 % bought once and the rest more often, the frequency scores are 1 and 5:
    the rest does belong to the best fifth. If that is not what you want, give thresholds.

    References
    ----------
    .. [1] R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The
       American Statistician 50, 361-365, 1996 (definition 1).

    Examples
    --------
    Ten customers, of whom six bought once. Who is among the best fifth?

    >>> from loyalkit import value_scores
    >>> frequency = value_scores([1, 1, 1, 1, 1, 1, 2, 2, 3, 9])
    >>> frequency.scores, frequency.thresholds
    (array([1, 1, 1, 1, 1, 1, 4, 4, 5, 5], dtype=int8), array([1, 1, 1, 2]))
    >>> frequency.n_bins_used
    3

    Silence of less than 30 days is best, of 90 or more worst:

    >>> value_scores([3, 29, 30, 90], [30, 90], best="smallest").scores
    array([3, 3, 2, 1], dtype=int8)
    """
    one_of("best", best, ("largest", "smallest"))
    array = numbers("values", values)
    if is_scalar(bins):
        thresholds = cuts = _quantiles(array, _number_of_bins(bins), best)
    else:
        thresholds = _ascending(bins)
        cuts = _comparable(thresholds, array, best)
    found = scores(array, cuts, largest_is_best=best == "largest")
    return ValueScores(scores=found, thresholds=thresholds, best=best)


def _number_of_bins(bins: Any) -> int:
    given = number("bins", bins)
    if not 2 <= given <= _MOST_BINS or given != int(given):
        refuse("bins", f"must be a whole number from 2 to {_MOST_BINS}, or thresholds", bins)
    return int(given)


def _quantiles(values: NDArray[Any], bins: int, best: str) -> NDArray[Any]:
    n = values.size
    if n == 0:
        return np.full(bins - 1, np.nan)
    ranks = [-(-n * k // bins) - 1 for k in range(1, bins)]
    if best == "smallest":
        # Counted from the worst, which is the largest.
        ranks = [n - 1 - rank for rank in reversed(ranks)]
    return order_statistics(values, ranks)


def _ascending(bins: Any) -> NDArray[Any]:
    thresholds = numbers("bins", bins)
    if not 1 <= thresholds.size < _MOST_BINS:
        refuse("bins", f"must be from 1 to {_MOST_BINS - 1} thresholds", thresholds.tolist())
    falling = np.append(False, thresholds[1:] < thresholds[:-1])
    refuse_first("bins", "must ascend from each threshold to the next", thresholds, falling)
    return thresholds.copy()


def _comparable(thresholds: NDArray[Any], values: NDArray[Any], best: str) -> NDArray[Any]:
    """Thresholds in the type of the values: 3 > 2.5 where 3 > 2, and NumPy need not convert."""
    if thresholds.dtype.kind == values.dtype.kind == "f" or values.dtype.kind == "f":
        return thresholds.astype(np.float64)
    if thresholds.dtype.kind == "i":
        return thresholds
    far = np.abs(thresholds) >= 2.0**63
    refuse_first(
        "bins", "must be less than 2**63 in size where the values are whole", thresholds, far
    )
    whole = math.floor if best == "largest" else math.ceil
    return np.array([whole(x) for x in thresholds.tolist()], np.int64)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RfmScores:
    """
    Scores of each customer for recency, frequency and money, the highest the best.

    Made by `RfmTable.scores`.

    Parameters
    ----------
    customer_ids : ndarray, shape (n,)
        The customers, sorted.
    recency_scores, frequency_scores : ValueScores
        Scores of the days since the last purchase, the fewer the better, and of the
        purchase days, with their thresholds.
    monetary_scores : ValueScores, optional
        Scores of what each customer spent; None if the log has no amounts.

    See Also
    --------
    RfmTable.scores : How it is made.
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    recency_scores: ValueScores
    frequency_scores: ValueScores
    monetary_scores: ValueScores | None = None

    @override
    def __repr__(self) -> str:
        used = [f"{k}={x.n_bins_used} of {x.n_bins}" for k, x in self._by_dimension.items()]
        return f"RfmScores(n={self.customer_ids.size}, bins used: {', '.join(used)})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    @property
    def recency(self) -> NDArray[np.int8]:
        """Score of `RfmTable.days_since_last`: the fewer days, the higher."""
        return self.recency_scores.scores

    @property
    def frequency(self) -> NDArray[np.int8]:
        """Score of `RfmTable.purchase_days`."""
        return self.frequency_scores.scores

    @property
    def monetary(self) -> NDArray[np.int8]:
        """Score of `RfmTable.total`; a ValueError if the log has no amounts."""
        if self.monetary_scores is None:
            raise ValueError(NO_AMOUNTS)
        return self.monetary_scores.scores

    @property
    def thresholds(self) -> dict[str, NDArray[Any]]:
        """Thresholds by dimension, ascending: days, purchase days, and the unit of the log."""
        return {name: found.thresholds for name, found in self._by_dimension.items()}

    @property
    def n_bins_used(self) -> dict[str, int]:
        """How many different scores there are, by dimension."""
        return {name: found.n_bins_used for name, found in self._by_dimension.items()}

    @property
    def cells(self) -> NDArray[np.int64]:
        """The scores side by side as one number: 534, or 5003004 where there are over nine bins."""
        base = 10 if all(found.n_bins <= 9 for found in self._by_dimension.values()) else 1000
        cell = np.zeros(self.customer_ids.size, np.int64)
        for found in self._by_dimension.values():
            cell *= base
            cell += found.scores
        return frozen(cell)

    def equals(self, other: "RfmScores") -> bool:
        """
        Tell whether the same customers have the same scores.

        Parameters
        ----------
        other : RfmScores
            The scores to compare with.

        Returns
        -------
        bool
            True if ids, scores and thresholds agree.
        """
        mine, theirs = self._by_dimension, other._by_dimension
        return (
            equal_arrays(self.customer_ids, other.customer_ids)
            and mine.keys() == theirs.keys()
            and all(found.equals(theirs[name]) for name, found in mine.items())
        )

    @property
    def _by_dimension(self) -> dict[str, ValueScores]:
        found = {"recency": self.recency_scores, "frequency": self.frequency_scores}
        return (
            found if self.monetary_scores is None else {**found, "monetary": self.monetary_scores}
        )
