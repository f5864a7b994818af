"""
Net promoter score: how many would recommend, less those who would not.

Conventions: scores, standard errors and limits are in points, -100 to 100, and never
rounded. An answer is a whole number on a stated `Scale`, which is never guessed from the
data; scores on different scales are never mixed. A missing answer is no answer: it stays
out of every share and is counted apart.
"""

import math
from typing import Any, Literal, NoReturn, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import (
    Column,
    Missing,
    column,
    complete,
    drop_missing,
    numbers,
    present_numbers,
    same_length,
)
from loyalkit._kernels import tally_answers, tally_answers_by_code
from loyalkit._labels import encode
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import one_of, to_int, validate_count, validate_whole
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import (
    NetScoreMethod,
    net_score_difference,
    net_score_interval,
    wald_moments,
)


@attrs.frozen
class Scale:
    """
    Which answers a question takes, and where detractors end and promoters begin.

    Parameters
    ----------
    lowest : int, default 0
        Smallest answer.
    detractor_max : int, default 6
        Largest answer of a detractor.
    passive_max : int, default 8
        Largest answer of a passive; promoters give a larger one.
    highest : int, default 10
        Largest answer.

    Raises
    ------
    TypeError
        If a bound is not a number.
    ValueError
        If a bound is not whole, or if a class has no answers.

    See Also
    --------
    NpsCounts : Answers on a scale, counted by class.

    Notes
    -----
    ``SCALE_0_10`` is the eleven-point question of [1]_, ``SCALE_1_5`` the usual
    reading of five points: 5 promotes, 4 is passive. The same people score differently on
    the two, so there is no conversion.

    References
    ----------
    .. [1] F. F. Reichheld, "The One Number You Need to Grow", Harvard Business Review
       81 (12), 46-54, 2003.

    Examples
    --------
    A seven-point scale on which only the top answer promotes:

    >>> from loyalkit import NpsCounts, Scale
    >>> NpsCounts.from_scores([7, 7, 6, 2], scale=Scale(1, 5, 6, 7)).score
    25.0
    """

    lowest: int = attrs.field(default=0, converter=to_int, validator=validate_whole)
    detractor_max: int = attrs.field(default=6, converter=to_int, validator=validate_whole)
    passive_max: int = attrs.field(default=8, converter=to_int, validator=validate_whole)
    highest: int = attrs.field(default=10, converter=to_int, validator=validate_whole)

    def __attrs_post_init__(self) -> None:
        if self.detractor_max < self.lowest:
            refuse("detractor_max", f"must be at least lowest={self.lowest}", self.detractor_max)
        if self.passive_max <= self.detractor_max:
            rule = f"must exceed detractor_max={self.detractor_max}"
            refuse("passive_max", rule, self.passive_max)
        if self.highest <= self.passive_max:
            refuse("highest", f"must exceed passive_max={self.passive_max}", self.highest)


SCALE_0_10 = Scale()
"""The question of the net promoter score: 0-6 detractors, 7-8 passives, 9-10 promoters."""

SCALE_1_5 = Scale(lowest=1, detractor_max=3, passive_max=4, highest=5)
"""Five points: 1-3 detractors, 4 passives, 5 promoters."""


def _validate_scale(_instance: object, _attribute: object, value: object) -> None:
    if not isinstance(value, Scale):
        refuse_type("scale", "must be a Scale", type(value).__name__)


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
    scale: Scale = attrs.field(default=SCALE_0_10, validator=_validate_scale)

    @classmethod
    def from_scores(
        cls, scores: ArrayLike, *, scale: Scale = SCALE_0_10, missing: Missing = "raise"
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
            ``missing`` is not "drop".

        Examples
        --------
        >>> from loyalkit import NpsCounts
        >>> counts = NpsCounts.from_scores([10, 9, 8, 3, None], missing="drop")
        >>> counts.score, counts.n, counts.missing
        (25.0, 4, 1)
        """
        absent, d, s, p = _tally(scores, scale, missing)
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
        net_score_difference : The formulas, and which test gives the p-value.

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
        return net_score_difference(
            self._triple, other._triple, confidence=confidence, method=method
        )

    @property
    def _triple(self) -> tuple[int, int, int]:
        return self.detractors, self.passives, self.promoters

    def _refuse_other_scale(self, other: "NpsCounts") -> None:
        if other.scale != self.scale:
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

    def __radd__(self, other: Literal[0]) -> "NpsCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def net_promoter_score(
    scores: ArrayLike, *, weights: ArrayLike | None = None, scale: Scale = SCALE_0_10
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
        finite weight of at least 0 for each answer.

    See Also
    --------
    NpsCounts.from_scores : The counts behind the score, with an interval.

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
    counts = NpsCounts.from_scores(given, scale=scale)
    if weights is None:
        return counts.score
    answers, weight = present_numbers("scores", Column(given, None)), numbers("weights", weights)
    same_length(scores=answers, weights=weight)
    refuse_first("weights", "must be at least 0", weight, weight < 0)
    # Relative to the largest, so that no sum of weights leaves the range of floats.
    weight = weight / max(float(weight.max(initial=0)), np.finfo(np.float64).tiny)
    net = np.where(answers > scale.passive_max, weight, 0.0)
    net -= np.where(answers <= scale.detractor_max, weight, 0.0)
    total = float(weight.sum(dtype=np.float64))
    return min(max(-100.0, 100 * float(net.sum()) / total), 100.0) if total > 0 else math.nan


def nps_by_group(
    scores: ArrayLike,
    groups: ArrayLike,
    *,
    scale: Scale = SCALE_0_10,
    missing: Missing = "raise",
) -> dict[Any, NpsCounts]:
    """
    Answers counted by class for each group: branch, channel, month, touchpoint.

    Parameters
    ----------
    scores : array_like, shape (n,)
        One answer each, whole numbers on the scale.
    groups : array_like, shape (n,)
        Label of the group each answer belongs to: numbers, text or dates.
    scale : Scale, default SCALE_0_10
        The scale of the answers.
    missing : {"raise", "drop"}, default "raise"
        What to do with missing answers and labels: refuse them, or leave missing answers
        out and count them in their group. Answers without a label then make a group of
        their own, under the key None.

    Returns
    -------
    dict of label to NpsCounts
        The counts of each group that has a row, in the order of the labels, None last.
        They add up to the counts of all answers. Labels are plain Python values; times
        finer than microseconds stay ``datetime64``.

    Raises
    ------
    TypeError
        If ``scores`` does not hold numbers, or ``groups`` not labels of one kind.
    ValueError
        If there is not one label for each answer, if an answer is not on the scale or
        not whole, or if an answer or a label is missing and ``missing`` is not "drop".

    See Also
    --------
    NpsCounts.difference : Two of the groups compared.

    Examples
    --------
    Which channel is the weak one?

    >>> from loyalkit import nps_by_group
    >>> channels = ["shop", "web", "shop", "web", "phone", "web"]
    >>> by_channel = nps_by_group([10, 6, 9, 8, 7, 3], channels)
    >>> {channel: round(counts.score, 1) for channel, counts in by_channel.items()}
    {'phone': 0.0, 'shop': 100.0, 'web': -66.7}
    """
    _check(scale, missing)
    given, belongs = column("scores", scores), column("groups", groups)
    same_length(scores=given.values, groups=belongs.values)
    if missing == "raise":
        drop_missing(missing, {"scores": given, "groups": belongs})
    answers, unanswered = present_numbers("scores", given), given.missing
    labels, codes, first = _codes(belongs)
    answered = codes if unanswered is None else codes[~unanswered]
    tally = tally_answers_by_code(answers, answered, first, len(labels), **attrs.asdict(scale))
    if tally is None:
        _refuse_off_scale(answers, unanswered, scale)
    silent = np.zeros(len(labels), np.int64)
    if unanswered is not None:
        silent += np.bincount(codes[unanswered].astype(np.int64) - first, minlength=len(labels))
    return {
        label: NpsCounts(detractors=d, passives=s, promoters=p, missing=m, scale=scale)
        for label, (d, s, p), m in zip(labels, tally.tolist(), silent.tolist(), strict=True)
        if d or s or p or m
    }


def _codes(groups: Column) -> tuple[list[Any], NDArray[np.integer[Any]], int]:
    """Labels, each row's code among them and the code of the first label."""
    values, unlabelled = groups
    if unlabelled is None and values.size and values.dtype.kind in "iu":
        lowest, highest = int(values.min()), int(values.max())
        if highest < 2**63 and highest - lowest < values.size / 8:
            # Whole numbers close together are codes already; some may be nobody's.
            return list(range(lowest, highest + 1)), values, lowest
    distinct, codes = encode("groups", values if unlabelled is None else values[~unlabelled])
    labels: list[Any] = distinct.tolist()
    if distinct.dtype.kind in "mM" and labels and isinstance(labels[0], int):
        labels = list(distinct)
    if unlabelled is None:
        return labels, codes, 0
    everybody = np.full(values.size, len(labels))
    everybody[~unlabelled] = codes
    return [*labels, None], everybody, 0


def _check(scale: Scale, missing: Missing) -> None:
    _validate_scale(None, None, scale)
    one_of("missing", missing, ("raise", "drop"))


def _tally(scores: ArrayLike, scale: Scale, missing: Missing) -> tuple[int, int, int, int]:
    """Missing answers, detractors, passives and promoters."""
    _check(scale, missing)
    if type(scores) is np.ndarray and scores.ndim == 1 and scores.dtype.kind in "iuf":
        # Most columns need the door only to hear what is wrong with them.
        tally = tally_answers(scores, **attrs.asdict(scale))
        if tally is not None and (missing == "drop" or tally[0] == 0):
            return tally
    given = column("scores", scores)
    if missing == "raise":
        drop_missing(missing, {"scores": given})
    answers = present_numbers("scores", given)
    tally = tally_answers(answers, **attrs.asdict(scale))
    if tally is None:
        _refuse_off_scale(answers, given.missing, scale)
    return given.values.size - answers.size, *tally[1:]


def _refuse_off_scale(
    answers: NDArray[Any], missing: NDArray[np.bool_] | None, scale: Scale
) -> NoReturn:
    wrong = (answers < scale.lowest) | (answers > scale.highest)
    rule = f"must lie on the scale {scale.lowest} to {scale.highest}"
    if not wrong.any():
        wrong, rule = answers != np.floor(answers), "must be whole numbers"
    first = int(np.argmax(wrong))
    place = first if missing is None else int(np.flatnonzero(~missing)[first])
    refuse("scores", rule, answers[first], place)
