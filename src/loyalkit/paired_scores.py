"""
The same people asked twice: did their net promoter score change.

Conventions: first is before, second is after, and a change is after - before, in points. The
two answers of one person hang together, so the two scores must not be compared as if
strangers had answered.
"""

import math
from collections.abc import Sequence
from typing import Any, Self, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from loyalkit._answers import answer_classes, read_answers, validate_scale
from loyalkit._arrays import Missing, counts, same_length
from loyalkit._distributions import (
    normal_quantile_two_sided,
    normal_two_sided_p,
    student_quantile_two_sided,
    student_two_sided_p,
)
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import confidence_level, to_int, validate_count
from loyalkit.intervals import Difference, Interval
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_0_10, Scale

_STEPS = np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]])
"""Change of a person's answer from the class of the row to that of the column."""

_GAP = (-200.0, 200.0)
_PAIRED_T = "paired t-test"
_ALIKE = "z-test, variance as if nothing had changed"

_Table: TypeAlias = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]


def _to_table(values: Any) -> _Table:
    array = counts("table", values)
    if array.shape != (3, 3):
        refuse_type("table", "must be three rows of three counts", f"shape {array.shape}")
    first, second, third = (tuple(row) for row in array.tolist())
    return first, second, third


@attrs.frozen(kw_only=True)
class PairedNpsCounts:
    """
    Pairs of answers of the same people, counted by class before and class after.

    Counts of any split of the people add; ``sum()`` works on every scale.

    Parameters
    ----------
    table : array_like of int, shape (3, 3), default zeros
        People by class of the first answer (row) and of the second (column), detractors
        first, promoters last [people].
    missing : int, default 0
        People of whom one of the two answers is missing [people]. They count nowhere else.
    scale : Scale, default SCALE_0_10
        The scale of all answers.

    Raises
    ------
    TypeError
        If a count is not a number, if there are not three rows of three, or if ``scale``
        is not a scale.
    ValueError
        If a count is negative or fractional, or if counts on different scales are added.

    See Also
    --------
    paired_nps_difference : The change at once, from two columns.

    Examples
    --------
    100 members were asked before and after the new app came:

    >>> from loyalkit import PairedNpsCounts
    >>> members = PairedNpsCounts(table=[[8, 6, 6], [3, 18, 9], [1, 4, 45]])
    >>> members.before.score, members.after.score
    (30.0, 48.0)
    >>> change = members.change()
    >>> change.estimate, round(change.p_value, 4), change.verdict()
    (18.0, 0.0102, 'above')
    """

    table: _Table = attrs.field(default=((0, 0, 0), (0, 0, 0), (0, 0, 0)), converter=_to_table)
    missing: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    scale: Scale = attrs.field(default=SCALE_0_10, validator=validate_scale)

    @classmethod
    def from_scores(
        cls,
        before: ArrayLike,
        after: ArrayLike,
        *,
        scale: Scale = SCALE_0_10,
        missing: Missing = "raise",
        missing_codes: Sequence[int] = (),
    ) -> Self:
        """
        Count pairs of answers.

        Parameters
        ----------
        before, after : array_like, shape (n,)
            First and second answer of each person, people in the same order, whole numbers
            on the scale.
        scale : Scale, default SCALE_0_10
            The scale of all answers.
        missing : {"raise", "drop"}, default "raise"
            What to do with missing answers: refuse them, or leave out both answers of such
            people and count them.
        missing_codes : sequence of int, default ()
            Codes off the scale that stand for no answer. Both answers of such people are
            left out, and they are counted.

        Returns
        -------
        PairedNpsCounts
            The pairs by class, and how many were incomplete.

        Raises
        ------
        TypeError
            If a column does not hold numbers.
        ValueError
            If the two differ in length, if an answer is not on the scale or not whole, if
            one is missing and ``missing`` is not "drop", or if a code of missing answers
            lies on the scale.

        Examples
        --------
        >>> from loyalkit import PairedNpsCounts
        >>> pairs = PairedNpsCounts.from_scores([9, 6, None], [10, 8, 9], missing="drop")
        >>> pairs.n, pairs.missing, pairs.change().estimate
        (2, 1, 50.0)
        """
        first, second = (
            answer_classes(name, read_answers(name, values, scale, missing, missing_codes), scale)
            for name, values in (("before", before), ("after", after))
        )
        same_length(before=first, after=second)
        whole = (first >= 0) & (second >= 0)
        cells = 3 * first[whole].astype(np.int64) + second[whole]
        table = np.bincount(cells, minlength=9).reshape(3, 3)
        return cls(table=table, missing=int(np.count_nonzero(~whole)), scale=scale)

    @property
    def n(self) -> int:
        """People who answered both times [people]."""
        return sum(map(sum, self.table))

    @property
    def before(self) -> NpsCounts:
        """The first answers of those who answered both times."""
        return self._counts([sum(row) for row in self.table])

    @property
    def after(self) -> NpsCounts:
        """The second answers of those who answered both times."""
        return self._counts([sum(column) for column in zip(*self.table, strict=True)])

    def change(self, confidence: float = 0.95) -> Difference:
        """
        Compare the second answers with the first.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Second score minus first, -200 to 200 [points], as for `paired_nps_difference`.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        See Also
        --------
        paired_nps_difference : The formulas.
        """
        level, n = confidence_level(confidence), self.n
        if n == 0:
            unknown = Interval(math.nan, math.nan, level, bounds=_GAP)
            return Difference(math.nan, unknown, math.nan, _PAIRED_T)
        table = np.array(self.table, object)  # sums of Python's integers have no end
        total, squares = int((table * _STEPS).sum()), int((table * _STEPS**2).sum())
        mean = total / n
        # In whole numbers up to the quotient: 0 exactly if all changed by the same.
        spread = n * squares - total**2
        z = normal_quantile_two_sided(level)
        reach = z * z / (n + z * z)
        if spread:
            error = math.sqrt(spread / (n - 1)) / n
            reach = max(reach, student_quantile_two_sided(level, n - 1) * error)
            p_value, test = student_two_sided_p(mean / error, n - 1), _PAIRED_T
        else:
            # Turned round into as large a change the other way, as far as z_0 reaches.
            reach *= max(1.0, 2 * abs(mean))
            p_value = normal_two_sided_p(total / math.sqrt(squares)) if squares else 1.0
            test = _ALIKE
        low, high = max(-2.0, mean - reach), min(2.0, mean + reach)
        interval = Interval(100 * low, 100 * high, level, bounds=_GAP)
        return Difference(100 * total / n, interval, p_value, test)

    def _counts(self, classes: Sequence[int]) -> NpsCounts:
        d, s, p = classes
        return NpsCounts(detractors=d, passives=s, promoters=p, scale=self.scale)

    def __add__(self, other: "PairedNpsCounts") -> "PairedNpsCounts":
        if not isinstance(other, PairedNpsCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        if other.scale != self.scale:
            refuse("scale", f"must be the same on both sides, {self.scale!r} here", other.scale)
        table = [
            [a + b for a, b in zip(*rows, strict=True)]
            for rows in zip(self.table, other.table, strict=True)
        ]
        return PairedNpsCounts(table=table, missing=self.missing + other.missing, scale=self.scale)

    def __radd__(self, other: int) -> "PairedNpsCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def paired_nps_difference(
    before: ArrayLike,
    after: ArrayLike,
    *,
    scale: Scale = SCALE_0_10,
    missing: Missing = "raise",
    missing_codes: Sequence[int] = (),
    confidence: float = 0.95,
) -> Difference:
    r"""
    Compare two net promoter scores of the same people.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        First and second answer of each person, people in the same order, whole numbers on
        the scale.
    scale : Scale, default SCALE_0_10
        The scale of all answers.
    missing : {"raise", "drop"}, default "raise"
        What to do with missing answers: refuse them, or leave out both answers of such
        people. `PairedNpsCounts.from_scores` says how many.
    missing_codes : sequence of int, default ()
        Codes off the scale that stand for no answer. Both answers of such people are left
        out.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Second score minus first, -200 to 200 [points]; NaN exactly if there is no pair. The
        p-value is that of the paired t-test. If all changed by the same it is that of
        :math:`z_0`, and 1 if nobody changed.

    Raises
    ------
    TypeError
        If a column does not hold numbers.
    ValueError
        If the two differ in length, if an answer is not on the scale or not whole, if one is
        missing and ``missing`` is not "drop", if a code of missing answers lies on the
        scale, or if ``confidence`` is not between 0 and 1.

    See Also
    --------
    PairedNpsCounts : The same from a table of three by three, which adds up.
    net_score_difference : Two groups without a common person.

    Notes
    -----
    With :math:`e_i` from -2 to 2 the classes by which person :math:`i` moved up, and their
    standard deviation :math:`s` over :math:`n - 1`, the interval is :math:`\bar e \pm
    t_{n-1} s / \sqrt n`, but reaches at least :math:`z^2 / (n + z^2)` to either side, which
    is as far as a share of people may be of whom none was asked, had they moved by one class
    more. If all changed by the same, they may have moved as far the other way, so that it
    leaves out 0 exactly where :math:`z_0` is beyond :math:`z`, from four pairs on at 95 %.
    Without that, where hardly anybody changes, it would hold the true change in as few as
    14 % of samples instead of 95 %; with it, in simulations of 5 to 300 pairs, in 92 % or
    more, and in 91 % of ten pairs of whom most rise from detractor to promoter. Such a change
    may be too uncertain for the interval though its p-value is small; a verdict follows the
    interval.

    The test of :math:`z_0 = \sum_i e_i / \sqrt{\sum_i e_i^2}` takes the variance as it is if
    nothing changed; of people who move by one class only it is McNemar's [1]_.

    References
    ----------
    .. [1] Q. McNemar, "Note on the Sampling Error of the Difference Between Correlated
       Proportions or Percentages", Psychometrika 12, 153-157, 1947.

    Examples
    --------
    Ten customers were asked before and after the shop was rebuilt:

    >>> from loyalkit import paired_nps_difference
    >>> change = paired_nps_difference(
    ...     [6, 7, 9, 10, 5, 8, 9, 6, 7, 10], [8, 9, 9, 10, 7, 9, 10, 6, 9, 10]
    ... )
    >>> change.estimate, round(change.interval.low, 1), round(change.interval.high, 1)
    (50.0, 12.3, 87.7)
    """
    pairs = PairedNpsCounts.from_scores(
        before, after, scale=scale, missing=missing, missing_codes=missing_codes
    )
    return pairs.change(confidence)
