"""
How often each answer was given: the whole distribution behind a net promoter score.

Conventions: an answer is a whole number on a stated `Scale`; shares are fractions of the
answers given. A missing answer is no answer and is counted apart.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike

from loyalkit._answers import check_scale, read_answers, refuse_off_scale, validate_scale
from loyalkit._arrays import Missing, complete, same_length
from loyalkit._arrays import counts as whole_counts
from loyalkit._kernels import count_answers, exact_total
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import count, simple_fraction, to_int, validate_count
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_0_10, Scale

_MOST = 1001


def _tally(values: Any) -> tuple[Any, ...]:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        refuse_type("tally", "must be a sequence of counts", type(values).__name__)
    listed: list[Any] = list(values)
    return tuple(map(to_int, listed))


def _nobody(this: "AnswerCounts") -> tuple[int, ...]:
    check_scale(this.scale)
    return (0,) * _width(this.scale)


def _width(scale: Scale) -> int:
    width = scale.highest - scale.lowest + 1
    if width > _MOST:
        refuse("scale", f"must have at most {_MOST} answers", scale)
    return width


@attrs.frozen(kw_only=True)
class AnswerCounts:
    """
    Answers to a question, counted one by one from the lowest to the highest.

    The score knows three classes only. Whether detractors said 6 or 0, and whether the
    promoters are few enough to be one campaign away from passive, is in here. Counts of any
    split of the answers add; those on different scales do not. ``AnswerCounts(scale=scale)``
    is the neutral element of its scale, and ``sum()`` works on every scale.

    Parameters
    ----------
    scale : Scale, default SCALE_0_10
        The scale of the answers, of at most 1001 of them.
    tally : sequence of int, optional
        How often each answer was given, from ``scale.lowest`` to ``scale.highest``
        [answers]. Left out, nobody has answered.
    missing : int, default 0
        People asked who did not answer [people]. They count nowhere else.

    Raises
    ------
    TypeError
        If a count is not a number or ``scale`` not a scale.
    ValueError
        If a count is negative or fractional, if there is not one for each answer, or if
        counts on different scales are added.

    See Also
    --------
    NpsCounts : The three classes alone.

    Examples
    --------
    How do those answer who do not promote?

    >>> from loyalkit import AnswerCounts
    >>> answers = AnswerCounts.from_scores([10, 9, 9, 8, 6, 6, 6, 0])
    >>> {answer: count for answer, count in answers.counts.items() if count}
    {0: 1, 6: 3, 8: 1, 9: 2, 10: 1}
    >>> answers.mean, answers.median, answers.nps.score
    (6.75, 7.0, -12.5)
    """

    scale: Scale = attrs.field(default=SCALE_0_10, validator=validate_scale)
    tally: tuple[int, ...] = attrs.field(
        default=attrs.Factory(_nobody, takes_self=True), converter=_tally
    )
    missing: int = attrs.field(default=0, converter=to_int, validator=validate_count)

    def __attrs_post_init__(self) -> None:
        width = _width(self.scale)
        if len(self.tally) != width:
            rule = f"must hold {width} counts, from {self.scale.lowest} to {self.scale.highest}"
            raise ValueError(f"tally {rule}, got {len(self.tally)}")
        for often in self.tally:
            count("tally", often)

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
            Codes off the scale that stand for no answer. They are left out and counted.

        Returns
        -------
        AnswerCounts
            How often each answer was given, and how many were missing.

        Raises
        ------
        TypeError
            If ``scores`` does not hold numbers; truth values and text are none.
        ValueError
            If an answer is not on the scale or not whole, if one is missing and
            ``missing`` is not "drop", or if a code of missing answers lies on the scale.

        Examples
        --------
        >>> from loyalkit import AnswerCounts
        >>> answers = AnswerCounts.from_scores([10, 11, 3, 8, 11], missing_codes=[11])
        >>> answers.n, answers.missing, answers.mean
        (3, 2, 7.0)
        """
        answers = read_answers("scores", scores, scale, missing, missing_codes)
        _width(scale)
        found = count_answers(answers.given, scale.lowest, scale.highest)
        if found is None:
            refuse_off_scale("scores", answers, scale)
        return cls(scale=scale, tally=found.tolist(), missing=answers.n_silent)

    @classmethod
    def from_counts(
        cls,
        values: ArrayLike,
        counts: ArrayLike,
        *,
        scale: Scale = SCALE_0_10,
        missing: Missing = "raise",
        missing_codes: Sequence[int] = (),
    ) -> Self:
        """
        Read a table of answers and how often each was given.

        Parameters
        ----------
        values : array_like, shape (k,)
            Answers, whole numbers on the scale, in any order; repeated ones add up.
        counts : array_like, shape (k,)
            How often each was given [answers].
        scale : Scale, default SCALE_0_10
            The scale of the answers.
        missing : {"raise", "drop"}, default "raise"
            What to do with rows without a value: refuse them, or count them as missing.
        missing_codes : sequence of int, default ()
            Codes off the scale that stand for no answer. Their counts are missing.

        Returns
        -------
        AnswerCounts
            How often each answer was given, and how many were missing.

        Raises
        ------
        TypeError
            If ``values`` or ``counts`` does not hold numbers.
        ValueError
            If a value is not on the scale or not whole, if there is not one whole count of
            at least 0 for each, if a value is missing and ``missing`` is not "drop", or if a
            code of missing answers lies on the scale.

        Examples
        --------
        >>> from loyalkit import AnswerCounts
        >>> answers = AnswerCounts.from_counts(
        ...     [10, 9, 8, 6, 99], [4, 3, 2, 1, 5], missing_codes=[99]
        ... )
        >>> answers.nps.score, answers.missing
        (60.0, 5)
        """
        answers = read_answers("values", values, scale, missing, missing_codes)
        given, silent = answers
        often = whole_counts("counts", complete("counts", counts))
        rows = given.size if silent is None else silent.size
        same_length(values=np.empty(rows, np.int8), counts=often)
        _width(scale)
        if count_answers(given, scale.lowest, scale.highest) is None:
            refuse_off_scale("values", answers, scale)
        present = np.ones(rows, bool) if silent is None else ~silent
        tally = [
            exact_total(often[present][given == answer])
            for answer in range(scale.lowest, scale.highest + 1)
        ]
        return cls(scale=scale, tally=tuple(tally), missing=exact_total(often[~present]))

    @property
    def n(self) -> int:
        """Answers, the missing ones not included [answers]."""
        return sum(self.tally)

    @property
    def counts(self) -> dict[int, int]:
        """How often each answer was given [answers]."""
        return dict(enumerate(self.tally, self.scale.lowest))

    @property
    def shares(self) -> dict[int, float]:
        """Share of each answer [fraction]; NaN without answers."""
        n = self.n
        return {answer: x / n if n else math.nan for answer, x in self.counts.items()}

    @property
    def mean(self) -> float:
        """Mean answer; NaN without answers. It takes the steps of the scale for equal."""
        n = self.n
        return sum(answer * x for answer, x in self.counts.items()) / n if n else math.nan

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of the answers, over n; NaN without answers."""
        n = self.n
        if not n:
            return math.nan
        total = sum(answer * x for answer, x in self.counts.items())
        squares = sum(answer**2 * x for answer, x in self.counts.items())
        # In whole numbers up to the quotient, so that nothing cancels.
        return math.sqrt((n * squares - total**2) / n**2)

    @property
    def median(self) -> float:
        """Middle answer, or the mean of the two middle ones; NaN without answers."""
        n = self.n
        return (self._at((n + 1) // 2) + self._at(n // 2 + 1)) / 2 if n else math.nan

    def quantile(self, fraction: float) -> float:
        """
        Find the answer that a share of the people do not exceed.

        Parameters
        ----------
        fraction : float
            Share of the answers [fraction].

        Returns
        -------
        float
            Smallest answer such that at least this share of the answers is no larger; the
            lowest answer given for 0. NaN exactly if there are no answers.

        Raises
        ------
        ValueError
            If ``fraction`` is not from 0 to 1.

        Examples
        --------
        >>> from loyalkit import AnswerCounts
        >>> AnswerCounts.from_scores([10, 9, 9, 8, 6, 6, 6, 0]).quantile(0.25)
        6.0
        """
        part = simple_fraction("fraction", fraction)
        return float(self._at(max(1, math.ceil(part * self.n)))) if self.n else math.nan

    @property
    def nps(self) -> NpsCounts:
        """The answers by class: detractors, passives, promoters."""
        first, last = (
            cut - self.scale.lowest + 1
            for cut in (self.scale.detractor_max, self.scale.passive_max)
        )
        return NpsCounts(
            detractors=sum(self.tally[:first]),
            passives=sum(self.tally[first:last]),
            promoters=sum(self.tally[last:]),
            missing=self.missing,
            scale=self.scale,
        )

    def _at(self, rank: int) -> int:
        """The answer of this rank, counted from the lowest."""
        below = 0
        for answer, often in self.counts.items():
            below += often
            if below >= rank:
                return answer
        return self.scale.highest

    def __add__(self, other: "AnswerCounts") -> "AnswerCounts":
        if not isinstance(other, AnswerCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        if other.scale != self.scale:
            refuse("scale", f"must be the same on both sides, {self.scale!r} here", other.scale)
        tally = tuple(a + b for a, b in zip(self.tally, other.tally, strict=True))
        return AnswerCounts(scale=self.scale, tally=tally, missing=self.missing + other.missing)

    def __radd__(self, other: int) -> "AnswerCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented
