"""
Net promoter score: how many would recommend, less those who would not.

Conventions: scores, standard errors and limits are in points, -100 to 100, and never
rounded. An answer is a whole number on a stated `Scale`, which is never guessed from the
data; scores on different scales are never mixed. A missing answer is no answer: it stays
out of every share and is counted apart.
"""

import math
from collections.abc import Sequence
from typing import Self

import attrs
import numpy as np
from numpy.typing import ArrayLike

from loyalkit._answers import (
    check_missing,
    check_scale,
    missing_values,
    read_answers,
    refuse_off_scale,
    validate_scale,
)
from loyalkit._arrays import Missing, complete
from loyalkit._kernels import tally_answers
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import to_int, validate_count
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import (
    NetScoreMethod,
    difference_of_counts,
    net_score_interval,
    wald_moments,
)
from loyalkit.scales import SCALE_0_10 as SCALE_0_10
from loyalkit.scales import SCALE_1_5 as SCALE_1_5
from loyalkit.scales import Scale as Scale
from loyalkit.score_targets import net_score_against
from loyalkit.weighted_scores import weighted_nps


@attrs.frozen(kw_only=True)
class NpsCounts:
    """
    Answers to the question of recommendation, counted by class.

    Counts of any split of the answers add: regions, months, shards of a survey. Counts on
    different scales do not, empty ones included, so ``NpsCounts(scale=scale)`` is the
    neutral element of its scale; ``sum()`` works on every scale.

    Parameters
    ----------
    detractors : int, default 0
        Answers up to ``scale.detractor_max`` [answers].
    passives : int, default 0
        Answers above that, up to ``scale.passive_max`` [answers].
    promoters : int, default 0
        Answers above that [answers].
    missing : int, default 0
        People asked who did not answer [people]. They count nowhere else.
    scale : Scale, default SCALE_0_10
        The scale of the answers.

    Raises
    ------
    TypeError
        If a count is not a number or ``scale`` not a scale.
    ValueError
        If a count is negative or fractional, or if counts on different scales are added
        or compared.

    See Also
    --------
    net_promoter_score : The score alone, with or without weights.
    nps_by_group : These counts for each group of answers.

    Examples
    --------
    What do both branches make together, and does the north do better?

    >>> from loyalkit import NpsCounts
    >>> north = NpsCounts(detractors=12, passives=28, promoters=60)
    >>> south = NpsCounts(detractors=20, passives=30, promoters=50)
    >>> north.score, south.score, (north + south).score
    (48.0, 30.0, 39.0)
    >>> north.difference(south).verdict()
    'unclear'
    """

    detractors: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    passives: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    promoters: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    missing: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    scale: Scale = attrs.field(default=SCALE_0_10, validator=validate_scale)

    @classmethod
    def from_scores(
        cls,
        scores: ArrayLike,
        *,
        scale: Scale = SCALE_0_10,
        missing: Missing = "raise",
        missing_codes: Sequence[int] = (),
    ) -> Self:
        """
        Count answers.

        Parameters
        ----------
        scores : array_like, shape (n,)
            One answer each, whole numbers on the scale.
        scale : Scale, default SCALE_0_10
            The scale of the answers.
        missing : {"raise", "drop"}, default "raise"
            What to do with missing answers (NaN, None, masked): refuse them, or leave
            them out and count them.
        missing_codes : sequence of int, default ()
            Codes off the scale that a survey writes for no answer. Named here, they are
            left out and counted as missing; unnamed, they are refused.

        Returns
        -------
        NpsCounts
            The answers by class, and how many were missing.

        Raises
        ------
        TypeError
            If ``scores`` does not hold numbers; truth values and text are none.
        ValueError
            If an answer is not on the scale or not whole, or if one is missing and
            ``missing`` is not "drop", or if a code of missing answers lies on the scale.

        Examples
        --------
        >>> from loyalkit import NpsCounts
        >>> counts = NpsCounts.from_scores([10, 9, 8, 3, None], missing="drop")
        >>> counts.score, counts.n, counts.missing
        (25.0, 4, 1)
        """
        absent, d, s, p = _tally(scores, scale, missing, missing_codes)
        return cls(detractors=d, passives=s, promoters=p, missing=absent, scale=scale)

    @property
    def n(self) -> int:
        """Answers, the missing ones not included [answers]."""
        return self.detractors + self.passives + self.promoters

    @property
    def score(self) -> float:
        """Net promoter score, -100 to 100; NaN without answers [points]."""
        return wald_moments(*self._triple, 0)[0] if self.n else math.nan

    @property
    def standard_error(self) -> float:
        """Standard error of the score; NaN without answers [points]."""
        return wald_moments(*self._triple, 0)[1] if self.n else math.nan

    @property
    def variance(self) -> float:
        """
        Variance of one answer that counts -1, 0 or 1, at most 1; NaN without answers.

        It is what `answers_needed` plans the next survey with.
        """
        # Rounding must not take it beyond what a plan accepts.
        return min(1.0, self.n * (self.standard_error / 100) ** 2) if self.n else math.nan

    def interval(self, confidence: float = 0.95, method: NetScoreMethod = "score") -> Interval:
        """
        Range for the score.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"score", "adjusted_wald", "wald"}, default "score"
            How it is made, as for `net_score_interval`.

        Returns
        -------
        Interval
            The range [points]; NaN exactly if there are no answers.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1, or if there is no such method.

        See Also
        --------
        net_score_interval : The formulas, and many scores at once.

        Examples
        --------
        >>> from loyalkit import NpsCounts
        >>> interval = NpsCounts(detractors=20, passives=30, promoters=50).interval()
        >>> round(interval.low, 1), round(interval.high, 1)
        (14.0, 44.3)
        """
        return net_score_interval(
            detractors=self.detractors,
            passives=self.passives,
            promoters=self.promoters,
            confidence=confidence,
            method=method,
        )

    def difference(
        self, other: "NpsCounts", confidence: float = 0.95, method: NetScoreMethod = "score"
    ) -> Difference:
        """
        Compare with the score of other people: this score minus theirs.

        Parameters
        ----------
        other : NpsCounts
            Answers of people who are not in these counts, on the same scale.
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"score", "adjusted_wald", "wald"}, default "score"
            How the interval is made, as for `net_score_difference`.

        Returns
        -------
        Difference
            Score minus score, -200 to 200 [points]; NaN exactly if one of them has no
            answers.

        Raises
        ------
        TypeError
            If ``other`` holds no such counts.
        ValueError
            If the scales differ, if ``confidence`` is not between 0 and 1, or if there is
            no such method.

        See Also
        --------
        net_score_difference : The formulas, and how often they are wrong.

        Examples
        --------
        >>> from loyalkit import NpsCounts
        >>> members = NpsCounts(detractors=6, passives=28, promoters=66)
        >>> others = NpsCounts(detractors=20, passives=30, promoters=50)
        >>> difference = members.difference(others)
        >>> difference.estimate, round(difference.interval.low, 1)
        (30.0, 10.5)
        """
        if not isinstance(other, NpsCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            refuse_type("other", "must be NpsCounts", type(other).__name__)
        self._refuse_other_scale(other)
        return difference_of_counts(self._triple, other._triple, confidence, method)

    def against(
        self, target: float, confidence: float = 0.95, method: NetScoreMethod = "score"
    ) -> Difference:
        """
        Compare with a target: this score minus the score aimed at.

        Parameters
        ----------
        target : float
            The score aimed at, a number without error of its own, -100 to 100 [points].
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"score", "adjusted_wald", "wald"}, default "score"
            How interval and p-value are made, as for `net_score_against`.

        Returns
        -------
        Difference
            Score minus target [points]; NaN exactly if there are no answers.

        Raises
        ------
        TypeError
            If ``target`` is not a number.
        ValueError
            If ``target`` is not a possible score, if ``confidence`` is not between 0 and 1,
            or if there is no such method.

        See Also
        --------
        net_score_against : The formulas, and which test gives the p-value.

        Examples
        --------
        >>> from loyalkit import NpsCounts
        >>> NpsCounts(detractors=20, passives=30, promoters=50).against(10).verdict()
        'above'
        """
        return net_score_against(self._triple, target, confidence=confidence, method=method)

    @property
    def _triple(self) -> tuple[int, int, int]:
        return self.detractors, self.passives, self.promoters

    def _refuse_other_scale(self, other: "NpsCounts") -> None:
        if other.scale is not self.scale and other.scale != self.scale:
            refuse("scale", f"must be the same on both sides, {self.scale!r} here", other.scale)

    def __add__(self, other: "NpsCounts") -> "NpsCounts":
        if not isinstance(other, NpsCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        self._refuse_other_scale(other)
        return NpsCounts(
            detractors=self.detractors + other.detractors,
            passives=self.passives + other.passives,
            promoters=self.promoters + other.promoters,
            missing=self.missing + other.missing,
            scale=self.scale,
        )

    def __radd__(self, other: int) -> "NpsCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def net_promoter_score(
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    scale: Scale = SCALE_0_10,
    missing_codes: Sequence[int] = (),
) -> float:
    r"""
    Share of promoters minus share of detractors.

    Parameters
    ----------
    scores : array_like, shape (n,)
        One answer each, whole numbers on the scale, none missing.
    weights : array_like, shape (n,), optional
        How many people of the population each answer stands for, in any unit: survey
        weights. Left out, all answers weigh the same.
    scale : Scale, default SCALE_0_10
        The scale of the answers.
    missing_codes : sequence of int, default ()
        Codes off the scale that a survey writes for no answer; such rows are left out.

    Returns
    -------
    float
        Net promoter score, -100 to 100 [points]. NaN exactly if there are no answers or
        all weights are 0.

    Raises
    ------
    TypeError
        If ``scores`` or ``weights`` does not hold numbers.
    ValueError
        If an answer is missing, not whole or not on the scale, or if there is not one
        finite weight of at least 0 for each answer, or if a code of missing answers lies
        on the scale.

    See Also
    --------
    NpsCounts.from_scores : The counts behind the score, with an interval.
    weighted_nps : The weighted score with its error and interval.

    Notes
    -----
    With :math:`x_i = 1` for promoters, 0 for passives and -1 for detractors, and weights
    :math:`w_i`, the score [1]_ is

    .. math:: 100 \frac{\sum_i w_i x_i}{\sum_i w_i}

    References
    ----------
    .. [1] F. F. Reichheld, "The One Number You Need to Grow", Harvard Business Review
       81 (12), 46-54, 2003.

    Examples
    --------
    >>> from loyalkit import net_promoter_score
    >>> net_promoter_score([10, 9, 9, 8, 7, 6, 10, 3, 9, 10])
    40.0

    Business customers answered half as often as they should have, so their answers (the
    last two) weigh double:

    >>> net_promoter_score([10, 9, 6, 8, 2, 7], weights=[1, 1, 1, 1, 2, 2])
    -12.5
    """
    given = complete("scores", scores)
    if weights is None:
        return NpsCounts.from_scores(given, scale=scale, missing_codes=missing_codes).score
    weight = complete("weights", weights)
    return weighted_nps(given, weight, scale=scale, missing_codes=missing_codes).score


def _tally(
    scores: ArrayLike, scale: Scale, missing: Missing, missing_codes: Sequence[int]
) -> tuple[int, int, int, int]:
    """Missing answers, detractors, passives and promoters."""
    check_scale(scale)
    check_missing(missing)
    if type(scores) is np.ndarray and scores.ndim == 1 and scores.dtype.kind in "iuf":
        # Most columns need the door only to hear what is wrong with them.
        tally = tally_answers(scores, **attrs.asdict(scale))
        if tally is not None and (missing == "drop" or tally[0] == 0):
            missing_values(missing_codes, scale)
            return tally
    answers = read_answers("scores", scores, scale, missing, missing_codes)
    tally = tally_answers(answers.given, **attrs.asdict(scale))
    if tally is None:
        refuse_off_scale("scores", answers, scale)
    return answers.n_silent, *tally[1:]
