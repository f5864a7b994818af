"""
Who recommended and who warned: two questions about deeds, netted.

Conventions: the score is in points, -100 to 100. People may have done both, which nets to
nothing, as doing neither does. Of who did not answer a question, what is left is kept: such
people count in the whole, and limits reach from the worst to the best they may have done.
"""

import math
from typing import Any, Self

import attrs
import numpy as np

from loyalkit._arrays import Known, levels, same_length
from loyalkit._messages import instance
from loyalkit._scalars import to_int, validate_count
from loyalkit._unsettled import between_extremes
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import net_score_difference, net_score_interval

__all__ = ["EarnedAdvocacy"]

_GAP = (-200.0, 200.0)


def _count() -> Any:
    return attrs.field(default=0, converter=to_int, validator=validate_count)


@attrs.frozen(kw_only=True)
class EarnedAdvocacy:
    r"""
    People by whether they recommended a firm and whether they warned of it.

    Counts of disjoint people add. The two questions are asked apart, since a low score is
    no warning and a high one no recommendation.

    Parameters
    ----------
    recommended : int, default 0
        People who recommended and did not warn [people].
    warned : int, default 0
        People who warned and did not recommend [people].
    both : int, default 0
        People who did both [people].
    neither : int, default 0
        People who did neither [people].
    maybe_recommended : int, default 0
        People of whom one answer is missing, and who come to a recommendation or to
        nothing: they recommended and may have warned too, or did not warn [people].
    maybe_warned : int, default 0
        People of whom one answer is missing, and who come to a warning or to nothing [people].
    unknown : int, default 0
        People of whom neither is known [people].

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional.

    See Also
    --------
    NpsCounts : What people say they would do.
    SharingCalibration : Whether those who say so do.

    Notes
    -----
    With :math:`R` people who only recommended and :math:`W` who only warned of :math:`n`, the
    score is :math:`100 (R - W) / n` [1]_. It is a net score, so its interval is that of
    `net_score_interval` with those who did both or neither as passives. The shares of all
    who recommended and of all who warned overlap; an error made of these two is wrong.

    References
    ----------
    .. [1] C. Stahlkopf, "Where Net Promoter Score Goes Wrong", Harvard Business Review,
       18 October 2019.

    Examples
    --------
    Of 200 customers 90 have only recommended the shop, 8 have only warned of it, 12 did both
    and 20 did not say:

    >>> from loyalkit import EarnedAdvocacy
    >>> shop = EarnedAdvocacy(recommended=90, warned=8, both=12, neither=70, unknown=20)
    >>> shop.score, shop.bounds
    (41.0, (31.0, 51.0))
    >>> interval = shop.interval()
    >>> round(interval.low, 1), round(interval.high, 1)
    (20.9, 58.6)
    """

    recommended: int = _count()
    warned: int = _count()
    both: int = _count()
    neither: int = _count()
    maybe_recommended: int = _count()
    maybe_warned: int = _count()
    unknown: int = _count()

    @classmethod
    def from_answers(cls, recommended: Known, warned: Known) -> Self:
        """
        Count people by two answers.

        Parameters
        ----------
        recommended : array_like of bool, shape (n,)
            Whether each recommended; None, NaN or -1 where that is not known.
        warned : array_like of bool, shape (n,)
            Whether each warned others, likewise.

        Returns
        -------
        EarnedAdvocacy
            The counts.

        Raises
        ------
        TypeError
            If an argument does not hold truth values.
        ValueError
            If there is not one answer of each kind per person.

        Examples
        --------
        >>> from loyalkit import EarnedAdvocacy
        >>> recommended, warned = [True, True, None, False], [False, True, False, None]
        >>> found = EarnedAdvocacy.from_answers(recommended, warned)
        >>> found.recommended, found.both, found.maybe_recommended, found.maybe_warned
        (1, 1, 1, 1)
        """
        did, told = levels("recommended", recommended, 2), levels("warned", warned, 2)
        same_length(recommended=did.reshape(-1), warned=told.reshape(-1))
        pairs = 3 * (did.astype(np.int64) + 1) + told + 1
        cells = np.bincount(pairs.reshape(-1), minlength=9).reshape(3, 3).tolist()
        # Rows and columns are: not known, no, yes.
        (unknown, maybe, may_have_warned), (no_or_warned, neither, warns), last = cells
        did_and_may_have_warned, recommends, both = last
        return cls(
            recommended=recommends,
            warned=warns,
            both=both,
            neither=neither,
            maybe_recommended=maybe + did_and_may_have_warned,
            maybe_warned=may_have_warned + no_or_warned,
            unknown=unknown,
        )

    @property
    def n(self) -> int:
        """All people, those included who did not answer [people]."""
        settled = self.recommended + self.warned + self.both + self.neither
        return settled + self.maybe_recommended + self.maybe_warned + self.unknown

    @property
    def score(self) -> float:
        """
        Known to have recommended less known to have warned, over all [points].

        NaN exactly without people.
        """
        return 100 * (self.recommended - self.warned) / self.n if self.n else math.nan

    @property
    def bounds(self) -> tuple[float, float]:
        """Score at the worst and at the best that people may have done [points]."""
        if not self.n:
            return math.nan, math.nan
        low, high = (100 * (p - d) / self.n for d, _, p in (self._worst, self._best))
        return low, high

    def interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the score.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            From the score limit below the lower of `bounds` to that above the higher
            [points]; NaN exactly without people.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        See Also
        --------
        net_score_interval : The formula.
        """
        low, high = (
            net_score_interval(detractors=d, passives=s, promoters=p, confidence=confidence)
            for d, s, p in (self._worst, self._best)
        )
        return Interval(low.low, high.high, confidence, bounds=(-100.0, 100.0))

    def difference(self, other: "EarnedAdvocacy", confidence: float = 0.95) -> Difference:
        """
        Compare with other people: this score minus theirs.

        Parameters
        ----------
        other : EarnedAdvocacy
            Counts of people none of whom is in these.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Score minus score [points]; NaN exactly if one of them is. Interval and p-value
            as for `net_score_difference`; where answers are missing, the interval covers
            what people may have done, and the p-value is that of the case that speaks most
            against a difference.

        Raises
        ------
        TypeError
            If ``other`` holds no such counts.
        ValueError
            If ``confidence`` is not between 0 and 1.

        See Also
        --------
        net_score_difference : The formulas.
        """
        instance("other", other, EarnedAdvocacy)
        least = net_score_difference(self._worst, other._best, confidence=confidence)
        most = net_score_difference(self._best, other._worst, confidence=confidence)
        return between_extremes(self.score - other.score, least, most, _GAP)

    @property
    def _worst(self) -> tuple[int, int, int]:
        warned = self.warned + self.maybe_warned + self.unknown
        return warned, self.n - warned - self.recommended, self.recommended

    @property
    def _best(self) -> tuple[int, int, int]:
        recommended = self.recommended + self.maybe_recommended + self.unknown
        return self.warned, self.n - self.warned - recommended, recommended

    def __add__(self, other: "EarnedAdvocacy") -> "EarnedAdvocacy":
        if not isinstance(other, EarnedAdvocacy):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        mine, theirs = attrs.asdict(self), attrs.asdict(other)
        return EarnedAdvocacy(**{name: count + theirs[name] for name, count in mine.items()})

    def __radd__(self, other: int) -> "EarnedAdvocacy":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented
