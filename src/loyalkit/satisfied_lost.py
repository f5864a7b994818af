r"""
Satisfied and lost all the same: how many of the lost were satisfied, and the other way round.

Conventions: rates are fractions. The share of satisfied customers among the lost and the
share of lost customers among the satisfied are different figures; one follows from the
other only with how many are satisfied and how many are lost.
"""

import math
from collections.abc import Sequence
from typing import Literal, Self, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import (
    as_given,
    broadcast,
    fractions,
    levels,
    quotients,
    same_length,
    truths,
)
from loyalkit._messages import refuse_together
from loyalkit._scalars import Number, one_of, to_int, validate_count
from loyalkit._unsettled import Share, share_difference, share_interval
from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval

__all__ = [
    "QUOTED_SATISFIED_AMONG_LOST",
    "QuotedRange",
    "SatisfactionLosses",
    "lost_among_satisfied",
    "satisfied_among_lost",
]


@attrs.frozen(kw_only=True)
class QuotedRange:
    """
    A range that someone published, with where it comes from and how far it can be trusted.

    Parameters
    ----------
    low, high : float
        The range [fraction].
    source : str
        Who said so.
    caveat : str
        What could and could not be confirmed.

    Examples
    --------
    >>> from loyalkit import QUOTED_SATISFIED_AMONG_LOST
    >>> QUOTED_SATISFIED_AMONG_LOST.low, QUOTED_SATISFIED_AMONG_LOST.high
    (0.6, 0.8)
    """

    low: float
    high: float
    source: str
    caveat: str


QUOTED_SATISFIED_AMONG_LOST = QuotedRange(
    low=0.6,
    high=0.8,
    source=(
        "Quoted in articles on loyalty marketing; attributed to F. F. Reichheld, The Loyalty "
        "Effect, 1996 (of customers who left, 60 to 80 % had said shortly before that they "
        "were satisfied)"
    ),
    caveat=(
        "Not confirmed at the source; another text of the same author is said to give 65 to "
        "85 %. It is the share of satisfied customers among the lost, and says nothing about "
        "how many of the satisfied leave: where four in five of all customers are satisfied, "
        "so are three in five of the lost even if satisfaction more than halves the risk. "
        "Measure your own."
    ),
)
"""Share of the lost who had been satisfied, as quoted: 60 to 80 %."""


@overload
def satisfied_among_lost(
    *, lost_among_satisfied: Number, lost_among_dissatisfied: Number, satisfied: Number
) -> float: ...
@overload
def satisfied_among_lost(
    *, lost_among_satisfied: ArrayLike, lost_among_dissatisfied: ArrayLike, satisfied: ArrayLike
) -> NDArray[np.float64]: ...
def satisfied_among_lost(
    *, lost_among_satisfied: ArrayLike, lost_among_dissatisfied: ArrayLike, satisfied: ArrayLike
) -> float | NDArray[np.float64]:
    r"""
    Share of satisfied customers among the lost, from the two loss rates.

    Parameters
    ----------
    lost_among_satisfied : array_like
        Share of the satisfied customers who are lost [fraction].
    lost_among_dissatisfied : array_like
        Share of the dissatisfied customers who are lost [fraction].
    satisfied : array_like
        Share of all customers who are satisfied [fraction].

        The three arguments broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Share of the lost who were satisfied [fraction]; NaN exactly where nobody is lost.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If an argument is not a fraction.

    See Also
    --------
    lost_among_satisfied : The other way round.
    SatisfactionLosses : Both from counts, with intervals.

    Notes
    -----
    Bayes' rule: with loss rates :math:`q_s, q_d` and a share :math:`s` of satisfied
    customers,

    .. math:: P(\text{satisfied} \mid \text{lost}) = \frac{s q_s}{s q_s + (1 - s) q_d}

    Examples
    --------
    The satisfied leave a third as often as the others, yet most of the lost were satisfied:

    >>> from loyalkit import satisfied_among_lost
    >>> share = satisfied_among_lost(
    ...     lost_among_satisfied=0.1, lost_among_dissatisfied=0.3, satisfied=0.85
    ... )
    >>> round(share, 3)
    0.654
    """
    rates, others, share = broadcast(
        lost_among_satisfied=fractions("lost_among_satisfied", lost_among_satisfied),
        lost_among_dissatisfied=fractions("lost_among_dissatisfied", lost_among_dissatisfied),
        satisfied=fractions("satisfied", satisfied),
    )
    hit, missed = share * rates, (1 - share) * others
    given = (lost_among_satisfied, lost_among_dissatisfied, satisfied)
    found: float | NDArray[np.float64] = as_given(quotients(hit, hit + missed), *given)
    return found


@overload
def lost_among_satisfied(
    *, satisfied_among_lost: Number, satisfied: Number, lost: Number
) -> float: ...
@overload
def lost_among_satisfied(
    *, satisfied_among_lost: ArrayLike, satisfied: ArrayLike, lost: ArrayLike
) -> NDArray[np.float64]: ...
def lost_among_satisfied(
    *, satisfied_among_lost: ArrayLike, satisfied: ArrayLike, lost: ArrayLike
) -> float | NDArray[np.float64]:
    r"""
    Share of lost customers among the satisfied, from a survey of the lost and base rates.

    Asking only those who left tells who they were, not how risky dissatisfaction is. With
    the share of satisfied customers and the loss rate of all it does.

    Parameters
    ----------
    satisfied_among_lost : array_like
        Share of the lost who were satisfied [fraction].
    satisfied : array_like
        Share of all customers who were satisfied, before anybody was lost [fraction].
    lost : array_like
        Share of all customers who were lost [fraction].

        The three arguments broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Share of the satisfied who were lost [fraction]; NaN exactly where nobody was
        satisfied. For the dissatisfied pass one minus the first and the second argument.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If an argument is not a fraction, or more satisfied customers were lost than there
        were, or more dissatisfied ones.

    See Also
    --------
    satisfied_among_lost : The other way round.

    Notes
    -----
    :math:`P(\text{lost} \mid \text{satisfied}) = P(\text{satisfied} \mid \text{lost})\,
    P(\text{lost}) / P(\text{satisfied})`.

    Examples
    --------
    70 % of the lost had been satisfied. Is satisfaction worth nothing? If 85 % of all are
    satisfied and 15 % leave, the satisfied leave much less often than the others:

    >>> from loyalkit import lost_among_satisfied
    >>> round(lost_among_satisfied(satisfied_among_lost=0.7, satisfied=0.85, lost=0.15), 3)
    0.124
    >>> round(lost_among_satisfied(satisfied_among_lost=0.3, satisfied=0.15, lost=0.15), 3)
    0.3
    """
    share, base, loss = broadcast(
        satisfied_among_lost=fractions("satisfied_among_lost", satisfied_among_lost),
        satisfied=fractions("satisfied", satisfied),
        lost=fractions("lost", lost),
    )
    hit, rest = share * loss, (1 - share) * loss
    named = {"satisfied_among_lost": share, "satisfied": base, "lost": loss}
    rounding = 1e-12
    rule = "the satisfied among the lost must not be more than the satisfied"
    refuse_together(rule, hit > base + rounding, **named)
    rule = "the dissatisfied among the lost must not be more than the dissatisfied"
    refuse_together(rule, rest > 1 - base + rounding, **named)
    found: float | NDArray[np.float64] = as_given(
        quotients(np.minimum(hit, base), base), satisfied_among_lost, satisfied, lost
    )
    return found


@attrs.frozen(kw_only=True)
class SatisfactionLosses:
    """
    Customers by whether they were satisfied and whether they were lost, as counts that add up.

    Parameters
    ----------
    satisfied_lost, satisfied_kept : int
        Satisfied customers who were lost, and who were not [customers].
    dissatisfied_lost, dissatisfied_kept : int
        The same of dissatisfied customers [customers].
    unknown_lost, unknown_kept : int
        The same of customers of whom nobody knows whether they were satisfied [customers].

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional.

    See Also
    --------
    satisfied_among_lost : From rates instead of counts.
    retention_difference : Losses of two periods.

    Notes
    -----
    Rates are of customers whose satisfaction is known. That those who did not answer are
    like those who did is a guess: who is about to leave seldom answers. The intervals do
    not make it; they reach from the lowest rate that the unknown allow to the highest.

    A survey taken after customers left, or of the lost alone, is another thing than one
    taken before. Only the latter counts here.

    Examples
    --------
    850 of 1000 customers said that they were satisfied; a year later 130 of all are gone:

    >>> from loyalkit import SatisfactionLosses
    >>> year = SatisfactionLosses(
    ...     satisfied_lost=85, satisfied_kept=765, dissatisfied_lost=45, dissatisfied_kept=105
    ... )
    >>> round(year.satisfied_among_lost, 3), year.lost_among_satisfied, year.lost_among_dissatisfied
    (0.654, 0.1, 0.3)

    Two thirds of the lost had been satisfied, and yet the dissatisfied leave three times
    as often:

    >>> ratio = year.relative_risk()
    >>> round(ratio.estimate, 2), round(ratio.interval.low, 2), round(ratio.interval.high, 2)
    (3.0, 2.17, 4.08)
    """

    satisfied_lost: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    satisfied_kept: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    dissatisfied_lost: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    dissatisfied_kept: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    unknown_lost: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    unknown_kept: int = attrs.field(default=0, converter=to_int, validator=validate_count)

    @classmethod
    def from_customers(
        cls,
        *,
        satisfied: ArrayLike | Sequence[bool | None],
        lost: ArrayLike | Sequence[bool],
    ) -> Self:
        """
        Count customers.

        Parameters
        ----------
        satisfied : array_like of bool, shape (n,)
            Whether each customer was satisfied when asked, before anybody was lost; None,
            NaN or -1 where that is not known.
        lost : array_like of bool, shape (n,)
            Whether each of them was lost afterwards.

        Returns
        -------
        SatisfactionLosses
            The counts.

        Raises
        ------
        TypeError
            If a column does not hold truth values.
        ValueError
            If it is not known of a customer whether they were lost, or the two differ in
            length.

        Examples
        --------
        >>> from loyalkit import SatisfactionLosses
        >>> counts = SatisfactionLosses.from_customers(
        ...     satisfied=[True, True, False, None], lost=[True, False, True, True]
        ... )
        >>> counts.satisfied_among_lost, counts.unknown_lost
        (0.5, 1)
        """
        said, gone = levels("satisfied", satisfied, 2), truths("lost", lost)
        same_length(satisfied=np.atleast_1d(said), lost=gone)
        table = np.bincount(2 * (said.astype(np.int64) + 1) + gone, minlength=6).tolist()
        return cls(
            unknown_kept=table[0],
            unknown_lost=table[1],
            dissatisfied_kept=table[2],
            dissatisfied_lost=table[3],
            satisfied_kept=table[4],
            satisfied_lost=table[5],
        )

    def __add__(self, other: "SatisfactionLosses") -> "SatisfactionLosses":
        if type(other) is not SatisfactionLosses:
            return NotImplemented
        mine, theirs = attrs.asdict(self), attrs.asdict(other)
        return SatisfactionLosses(**{name: x + theirs[name] for name, x in mine.items()})

    def __radd__(self, other: int) -> "SatisfactionLosses":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def n(self) -> int:
        """Customers, those of unknown satisfaction included [customers]."""
        return sum(attrs.astuple(self))

    @property
    def satisfied_among_lost(self) -> float:
        """Share of the lost who were satisfied [fraction]; NaN if nobody known was lost."""
        return _share(self.satisfied_lost, self.dissatisfied_lost)

    @property
    def lost_among_satisfied(self) -> float:
        """Share of the satisfied who were lost [fraction]; NaN if nobody was satisfied."""
        return _share(self.satisfied_lost, self.satisfied_kept)

    @property
    def lost_among_dissatisfied(self) -> float:
        """Share of the dissatisfied who were lost [fraction]; NaN if nobody was dissatisfied."""
        return _share(self.dissatisfied_lost, self.dissatisfied_kept)

    def interval(
        self,
        rate: Literal[
            "satisfied_among_lost", "lost_among_satisfied", "lost_among_dissatisfied"
        ] = "satisfied_among_lost",
        *,
        confidence: float = 0.95,
    ) -> Interval:
        """
        Range for one of the three rates.

        Parameters
        ----------
        rate : {"satisfied_among_lost", "lost_among_satisfied", "lost_among_dissatisfied"}
            Which one.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval [fraction]; with customers of unknown satisfaction from the
            low end at the lowest rate that they allow to the high end at the highest.
            NaN exactly if nobody could be counted in the rate at one of these.

        Raises
        ------
        ValueError
            If there is no such rate, or ``confidence`` is not between 0 and 1.

        Examples
        --------
        Of 130 lost customers 100 had answered. The 30 others may have been anything:

        >>> from loyalkit import SatisfactionLosses
        >>> year = SatisfactionLosses(satisfied_lost=65, dissatisfied_lost=35, unknown_lost=30)
        >>> interval = year.interval()
        >>> round(interval.low, 2), round(interval.high, 2)
        (0.42, 0.8)
        """
        one_of("rate", rate, tuple(self._extremes))
        lowest, highest = self._extremes[rate]
        if not (lowest[1] and highest[1]):
            lowest = highest = (0, 0)
        return share_interval(lowest, highest, confidence)

    def risk_difference(self, confidence: float = 0.95) -> Difference:
        """
        Loss rate of the dissatisfied minus that of the satisfied.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As by `newcombe_difference` [fraction]; with customers of unknown satisfaction
            an interval that covers every case. NaN exactly if nobody was known to be
            satisfied, or to be dissatisfied.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        here, there = (
            self._extremes[x] for x in ("lost_among_dissatisfied", "lost_among_satisfied")
        )
        estimate = self.lost_among_dissatisfied - self.lost_among_satisfied
        if math.isnan(estimate):
            return newcombe_difference(0, 0, 0, 0, confidence=confidence)
        return share_difference(estimate, here, there, confidence)

    def relative_risk(self, confidence: float = 0.95) -> Difference:
        r"""
        How many times as often the dissatisfied are lost as the satisfied.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            The ratio of the two loss rates, to be compared with 1, not with 0: above 1 if
            dissatisfied customers leave more often. The estimate is NaN exactly if no
            satisfied customer was lost or a group is empty, the rest only if one is.
            With customers of unknown satisfaction the interval covers every case; its
            high end is infinite if no satisfied customer need have been lost. The p-value
            is that of `risk_difference`.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Notes
        -----
        With rates :math:`p` and Wilson limits :math:`l, u` of the dissatisfied (1) and
        the satisfied (2), the limits are those that recover the variance of a ratio [1]_,

        .. math::
            \frac{p_1 p_2 - \sqrt{(p_1 p_2)^2 - l_1 (2 p_1 - l_1)\, u_2 (2 p_2 - u_2)}}
                 {u_2 (2 p_2 - u_2)}, \quad
            \frac{p_1 p_2 + \sqrt{(p_1 p_2)^2 - u_1 (2 p_1 - u_1)\, l_2 (2 p_2 - l_2)}}
                 {l_2 (2 p_2 - l_2)}

        With 10 to 150 customers in a group and rates of 5 to 90 %, 95 % intervals hold the
        ratio with a probability of 91 to 100 %, of 95 % on average (exact). Below 93 % are
        some with a group of 10 customers, who are lost at another rate than the others.

        References
        ----------
        .. [1] A. Donner and G. Y. Zou, "Closed-Form Confidence Intervals for Functions of
           the Normal Mean and Standard Deviation", Statistical Methods in Medical Research
           21, 347-359, 2012.
        """
        difference = self.risk_difference(confidence)
        confidence = difference.interval.confidence
        if math.isnan(difference.estimate):
            return Difference(math.nan, Interval(math.nan, math.nan, confidence), math.nan)
        here, there = (
            self._extremes[x] for x in ("lost_among_dissatisfied", "lost_among_satisfied")
        )
        low, high = (
            _ratio_limit(one, other, confidence, side)
            for one, other, side in ((here[0], there[1], "low"), (here[1], there[0], "high"))
        )
        base = self.lost_among_satisfied
        estimate = self.lost_among_dissatisfied / base if base else math.nan
        interval = Interval(low, high, confidence)
        return Difference(estimate, interval, difference.p_value, difference.test)

    @property
    def _extremes(self) -> dict[str, tuple[Share, Share]]:
        """Each rate at its lowest and at its highest, whatever the unknown turn out to be."""
        lost = self.satisfied_lost + self.dissatisfied_lost + self.unknown_lost
        return {
            "satisfied_among_lost": (
                (self.satisfied_lost, lost),
                (self.satisfied_lost + self.unknown_lost, lost),
            ),
            "lost_among_satisfied": self._loss(self.satisfied_lost, self.satisfied_kept),
            "lost_among_dissatisfied": self._loss(self.dissatisfied_lost, self.dissatisfied_kept),
        }

    def _loss(self, lost: int, kept: int) -> tuple[Share, Share]:
        n = lost + kept
        lowest = lost, n + self.unknown_kept
        return lowest, (lost + self.unknown_lost, n + self.unknown_lost)


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else math.nan


def _ratio_limit(one: Share, other: Share, confidence: float, side: str) -> float:
    """Low or high limit of the ratio of two rates."""
    p1, p2 = one[0] / one[1], other[0] / other[1]
    first = wilson_interval(*one, confidence=confidence)
    second = wilson_interval(*other, confidence=confidence)
    reach1 = first.low if side == "low" else first.high
    reach2 = second.high if side == "low" else second.low
    upper, lower = reach1 * (2 * p1 - reach1), reach2 * (2 * p2 - reach2)
    root = math.sqrt(max(0.0, (p1 * p2) ** 2 - upper * lower))
    if side == "low":
        # The smaller root of a quadratic, without a difference of like numbers.
        return upper / (p1 * p2 + root) if p1 * p2 + root > 0 else 0.0
    return (p1 * p2 + root) / lower if lower > 0 else math.inf
