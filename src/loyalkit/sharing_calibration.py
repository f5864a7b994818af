"""
Stated likelihood against what people did: how far intentions can be trusted.

Conventions: likelihoods and rates are fractions. Whether somebody recommended may be not
known ("do not remember", not answered); such people stay in every whole, rates count who is
known to have recommended, and intervals reach from nobody to everybody of the rest.
"""

import math
from itertools import compress, pairwise
from operator import add, mul
from typing import Any, NamedTuple, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import (
    Column,
    Known,
    Missing,
    column,
    complete,
    counts,
    drop_missing,
    fractions,
    frozen,
    levels,
    same_length,
)
from loyalkit._estimates import estimated
from loyalkit._expected_numbers import expected_limits
from loyalkit._labels import encode
from loyalkit._messages import refuse
from loyalkit._scalars import fraction, nan_safe, to_int, validate_count
from loyalkit._unsettled import share_interval
from loyalkit.intervals import Difference, Interval, wilson_interval

__all__ = ["BrierScore", "CalibratedAdvocates", "SharingCalibration"]

_TEST = "Student's t-test of likelihood less outcome"
_DECIMALS = 12
"""Decimals to which stated likelihoods are told apart: 0.1 + 0.2 is 0.3."""


class BrierScore(NamedTuple):
    """
    Mean squared distance of stated likelihoods from what happened, and its parts.

    Parameters
    ----------
    score : float
        The Brier score, 0 to 1, lower is better: reliability - resolution + uncertainty.
    reliability : float
        Squared distance of stated likelihoods from the rates of those who stated them.
    resolution : float
        Squared distance of those rates from the overall rate: what the answers tell apart.
    uncertainty : float
        Variance of what happened; the score of whoever states the overall rate for all.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float


@attrs.frozen(kw_only=True)
class CalibratedAdvocates:
    """
    How many of some customers recommend, by the rates of those who stated the same.

    Made by `SharingCalibration.expected_advocates`.

    Parameters
    ----------
    expected : float
        How many are expected to recommend [customers]; NaN if somebody stated what nobody
        in the calibration did.
    interval : Interval
        Range for that number [customers].
    n : int
        Customers it is about [customers].
    n_unseen : int
        Those of them who stated what nobody in the calibration did [customers]; the
        interval reaches from none to all of them.
    """

    expected: float = attrs.field(eq=nan_safe)
    interval: Interval
    n: int
    n_unseen: int


def _people(name: str) -> Any:
    def whole_numbers(values: Any) -> tuple[int, ...]:
        return tuple(counts(name, values).ravel().tolist())

    return attrs.field(default=(), converter=whole_numbers, validator=_validate_length)


def _validate_length(instance: Any, attribute: Any, value: tuple[int, ...]) -> None:
    if len(value) != len(instance.stated):
        rule = f"must hold one count for each of {len(instance.stated)} likelihoods"
        refuse(attribute.name, rule, value)


def _stated(values: Any) -> tuple[float, ...]:
    return tuple(fractions("stated", values).ravel().round(_DECIMALS).tolist())


@attrs.frozen(kw_only=True)
class SharingCalibration:
    r"""
    Who stated which likelihood, and how many of them recommended; counts that add up.

    Made by `from_answers`, or from counts. Counts of disjoint people add.

    Parameters
    ----------
    stated : sequence of float
        The likelihoods that were stated, ascending [fraction].
    recommended : sequence of int
        Of those who stated each, how many are known to have recommended [people].
    not_recommended : sequence of int
        How many are known not to have [people].
    unknown : sequence of int
        Of how many it is not known [people].
    missing : int, default 0
        People who stated no likelihood and are left out [people].

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a likelihood is not a fraction, if likelihoods do not ascend, if a count is
        negative or fractional, or if there is not one of each for every likelihood.

    See Also
    --------
    Advocacy : Expected advocates if stated likelihoods hold.

    Notes
    -----
    Three caveats. People report what they did, and forget. They did it before they were
    asked, so that their answer may describe the past; for a forecast, ask first and look
    later. And the rates are those of people who answered.

    With :math:`n_k` people who stated :math:`s_k`, of whom the share :math:`o_k` recommended,
    and the overall rate :math:`o`, the Brier score [1]_ of those of whom it is known splits
    exactly [2]_ into

    .. math::
        \frac{1}{n} \sum_k n_k (s_k - o_k)^2 - \frac{1}{n} \sum_k n_k (o_k - o)^2 + o (1 - o)

    With few people for each likelihood chance adds to the first two sums, of which each is
    too large by about :math:`\sum_k o_k (1 - o_k) / n`.

    References
    ----------
    .. [1] G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability",
       Monthly Weather Review 78, 1-3, 1950.
    .. [2] A. H. Murphy, "A New Vector Partition of the Probability Score", Journal of
       Applied Meteorology 12, 595-600, 1973.

    Examples
    --------
    Participants of workshops in 2017 said from 0 to 10 how likely they are to recommend
    them, and whether they have. Do promoters recommend?

    >>> from loyalkit import SharingCalibration
    >>> workshops = SharingCalibration(
    ...     stated=[0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    ...     recommended=[0, 0, 0, 0, 2, 14, 37, 48, 61, 136],
    ...     not_recommended=[4, 2, 3, 2, 17, 11, 9, 3, 2, 7],
    ...     unknown=[0, 0, 0, 0, 9, 5, 13, 8, 4, 5],
    ... )
    >>> promoters, passives = workshops.within(0.9, 1), workshops.within(0.7, 0.8)
    >>> round(promoters.rate, 3), round(passives.rate, 3), round(workshops.within(0, 0.6).rate, 3)
    (0.916, 0.72, 0.232)

    What they state is eight points more than they are known to have done. As many do not
    remember, it may be none:

    >>> overstated = workshops.overstatement()
    >>> round(overstated.estimate, 3), overstated.verdict()
    (0.082, 'unclear')
    """

    stated: tuple[float, ...] = attrs.field(default=(), converter=_stated)
    recommended: tuple[int, ...] = _people("recommended")
    not_recommended: tuple[int, ...] = _people("not_recommended")
    unknown: tuple[int, ...] = _people("unknown")
    missing: int = attrs.field(default=0, converter=to_int, validator=validate_count)

    def __attrs_post_init__(self) -> None:
        if any(first >= second for first, second in pairwise(self.stated)):
            refuse("stated", "must ascend", self.stated)

    @classmethod
    def from_answers(
        cls, sharing: ArrayLike, recommended: Known, *, missing: Missing = "raise"
    ) -> Self:
        """
        Count people by what they stated and by what they did.

        Parameters
        ----------
        sharing : array_like, shape (n,)
            Likelihood each person stated, from 0 to 1; divide answers from 0 to 10 by 10.
        recommended : array_like of bool, shape (n,)
            Whether each person recommended; None, NaN or -1 where that is not known.
        missing : {"raise", "drop"}, default "raise"
            What to do with people who stated no likelihood: refuse them, or leave them out
            and count them.

        Returns
        -------
        SharingCalibration
            The counts.

        Raises
        ------
        TypeError
            If ``sharing`` does not hold numbers, or ``recommended`` no truth values.
        ValueError
            If a likelihood is not a fraction, if there is not one answer of each kind per
            person, or if a likelihood is missing and ``missing`` is not "drop".

        Examples
        --------
        >>> from loyalkit import SharingCalibration
        >>> SharingCalibration.from_answers([0.9, 0.9, 0.2], [True, None, False])
        SharingCalibration(stated=(0.2, 0.9), recommended=(0, 1), not_recommended=(1, 0),
        unknown=(0, 1), missing=0)
        """
        given, did = column("sharing", sharing), levels("recommended", recommended, 2)
        same_length(sharing=given.values, recommended=did.reshape(-1))
        (values, acts), gone = drop_missing(
            missing, {"sharing": given, "recommended": Column(did, None)}
        )
        stated, codes = _told_apart(fractions("sharing", values))
        cells = np.bincount(3 * codes + acts + 1, minlength=3 * len(stated)).reshape(-1, 3)
        return cls(
            stated=stated,
            recommended=tuple(cells[:, 2].tolist()),
            not_recommended=tuple(cells[:, 1].tolist()),
            unknown=tuple(cells[:, 0].tolist()),
            missing=gone,
        )

    @property
    def n(self) -> int:
        """People who stated a likelihood [people]."""
        return sum(self.recommended) + sum(self.not_recommended) + sum(self.unknown)

    @property
    def n_unknown(self) -> int:
        """Those of them of whom it is not known whether they recommended [people]."""
        return sum(self.unknown)

    @property
    def mean_stated(self) -> float:
        """Mean of the stated likelihoods; NaN exactly without people [fraction]."""
        return math.fsum(map(mul, self.stated, self._sizes)) / self.n if self.n else math.nan

    @property
    def rate(self) -> float:
        """Share of all who are known to have recommended; NaN exactly without people [fraction]."""
        return sum(self.recommended) / self.n if self.n else math.nan

    def rate_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share who recommended.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            From the Wilson limit as if none of those had of whom it is not known to that as
            if all had [fraction]; NaN exactly without people.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        did = sum(self.recommended)
        return share_interval((did, self.n), (did + self.n_unknown, self.n), confidence)

    @property
    def rates(self) -> NDArray[np.float64]:
        """Share known to have recommended by stated likelihood, shape (k,) [fraction]."""
        return frozen(np.array(self.recommended) / _positive(self._sizes))

    def interval(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for the rate of each stated likelihood.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of each interval by itself [fraction].

        Returns
        -------
        tuple of ndarray of float64
            The limits (low, high), both of shape (k,), made as those of `rate_interval`
            [fraction]; NaN exactly where nobody stated that likelihood.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        did, sizes = np.array(self.recommended, np.int64), np.array(self._sizes, np.int64)
        low, _ = wilson_interval(did, sizes, confidence=confidence)
        most = did + np.array(self.unknown, np.int64)
        return low, wilson_interval(most, sizes, confidence=confidence)[1]

    def within(self, low: float, high: float) -> "SharingCalibration":
        """
        Keep the people whose stated likelihood lies in a range, such as promoters.

        Parameters
        ----------
        low, high : float
            Smallest and largest likelihood to keep [fraction].

        Returns
        -------
        SharingCalibration
            The counts of those people; nobody is ``missing`` among them.

        Raises
        ------
        ValueError
            If ``low`` or ``high`` is not a fraction.
        """
        ends = [round(fraction(name, x), _DECIMALS) for name, x in (("low", low), ("high", high))]
        kept = [ends[0] <= s <= ends[1] for s in self.stated]
        return SharingCalibration(
            stated=tuple(compress(self.stated, kept)),
            recommended=tuple(compress(self.recommended, kept)),
            not_recommended=tuple(compress(self.not_recommended, kept)),
            unknown=tuple(compress(self.unknown, kept)),
        )

    def overstatement(self, confidence: float = 0.95) -> Difference:
        """
        Compare what people stated with what they did: mean likelihood minus rate.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Mean stated likelihood minus the share known to have recommended [fraction];
            above 0 if people state more than they did; NaN exactly without people. Where it
            is not known what people did, the interval reaches from its low end as if all of
            them had recommended to its high end as if none had, and the p-value is the
            larger of the two, or 1 if they lie on different sides of 0. Interval and
            p-value are NaN if in one of these cases all stated and did the same.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Notes
        -----
        Each person enters with the likelihood less 1 or 0; the mean is tested by Student's
        t. Its error is no less than with one person more who did and one who did not: where
        nearly all did, those few who did not may be missing. Of simulated samples of 10 to
        200 people intervals of 95 % held the truth in 93 % or more; from the spread of the
        answers alone in as few as 52 %.
        """
        most, least = (self._stated_less_done(done, confidence) for done in (False, True))
        if not self.n_unknown:
            return most
        ends = least.interval.low, most.interval.high
        if math.isnan(sum(ends)):
            ends = math.nan, math.nan
        p_value = 1.0 if least.estimate <= 0 <= most.estimate else max(least.p_value, most.p_value)
        return Difference(
            most.estimate,
            Interval(*ends, confidence),
            p_value if not math.isnan(sum(ends)) else math.nan,
            f"{most.test}; as if none or all of those had of whom it is not known",
        )

    @property
    def brier(self) -> BrierScore:
        """Brier score and its parts, of those of whom it is known; NaN exactly without any."""
        did, size = np.array(self.recommended), np.add(self.recommended, self.not_recommended)
        n = int(size.sum())
        if not n:
            return BrierScore(*[math.nan] * 4)
        stated, rates, overall = np.array(self.stated), did / _positive(size), did.sum() / n
        reliability = float(np.nansum(size * (stated - rates) ** 2)) / n
        resolution = float(np.nansum(size * (rates - overall) ** 2)) / n
        squares = did * (1 - stated) ** 2 + (size - did) * stated**2
        return BrierScore(
            float(squares.sum()) / n, reliability, resolution, float(overall * (1 - overall))
        )

    def expected_advocates(
        self, sharing: ArrayLike, *, confidence: float = 0.95
    ) -> CalibratedAdvocates:
        r"""
        Say how many of some customers recommend, if they do as those did who stated the same.

        Parameters
        ----------
        sharing : array_like, shape (m,)
            Likelihood each customer states, from 0 to 1 [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        CalibratedAdvocates
            The expected number with its range.

        Raises
        ------
        TypeError
            If ``sharing`` does not hold numbers.
        ValueError
            If a likelihood is missing or not a fraction, or ``confidence`` is not between
            0 and 1.

        See Also
        --------
        Advocacy.expected_advocates : If stated likelihoods hold.

        Notes
        -----
        Of :math:`m_k` customers who state :math:`s_k` the share :math:`o_k` is expected, with the
        Wilson limits :math:`l_k, u_k`. The range is the wider of two: that of the sum [1]_,

        .. math::
            \sum_k m_k o_k - \sqrt{\sum_k m_k^2 (o_k - l_k)^2}, \quad
            \sum_k m_k o_k + \sqrt{\sum_k m_k^2 (u_k - o_k)^2}

        and Wilson's of as many people as the variance of the sum is worth, each
        rate smoothed by one person more who did and one who did not. By themselves they held
        the truth in as few as 87 % of simulated samples where few people had stated each
        likelihood; together in 92 % or more, mostly in 96 to 99 %. With one likelihood it
        is the interval of Wilson.

        The lower end takes the rates as if nobody recommended of whom it is not known, the
        upper as if all had. It is about the expected number; the number itself varies
        around that as chance will have it.

        References
        ----------
        .. [1] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
           Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.

        Examples
        --------
        Of 90 who stated 0.9 or 1 some years ago 70 recommended. What do the answers of 50
        new customers let expect?

        >>> from loyalkit import SharingCalibration
        >>> known = SharingCalibration(
        ...     stated=[0.9, 1], recommended=[30, 40], not_recommended=[15, 5], unknown=[0, 0]
        ... )
        >>> found = known.expected_advocates([0.9] * 30 + [1] * 20)
        >>> round(found.expected, 1), round(found.interval.low), round(found.interval.high)
        (37.8, 33, 42)
        """
        values, codes = _told_apart(fractions("sharing", complete("sharing", sharing)))
        sizes = np.bincount(codes, minlength=len(values))
        place = {s: k for k, (s, n) in enumerate(zip(self.stated, self._sizes, strict=True)) if n}
        seen = np.array([s in place for s in values], bool)
        cells = np.array([place[s] for s in values if s in place], np.int64)
        customers, unseen = sizes[seen].astype(np.float64), int(sizes[~seen].sum())
        trials, did = np.array(self._sizes)[cells], np.array(self.recommended)[cells]
        low, _ = expected_limits(customers, did, trials, confidence)
        most = did + np.array(self.unknown)[cells]
        _, high = expected_limits(customers, most, trials, confidence)
        return CalibratedAdvocates(
            expected=float(customers @ (did / trials)) if not unseen else math.nan,
            interval=Interval(low, high + unseen, confidence, bounds=(0.0, float(codes.size))),
            n=codes.size,
            n_unseen=unseen,
        )

    @property
    def _rows(self) -> list[tuple[float, int, int, int]]:
        columns = self.stated, self.recommended, self.not_recommended, self.unknown
        return list(zip(*columns, strict=True))

    @property
    def _sizes(self) -> tuple[int, ...]:
        return tuple(sum(people) for _, *people in self._rows)

    def _stated_less_done(self, unknown_did: bool, confidence: float) -> Difference:
        stated, sizes = np.array(self.stated), np.array(self._sizes, np.float64)
        done = np.add(self.recommended, self.unknown) if unknown_did else self.recommended
        did, n = np.array(done, np.float64), self.n
        if not n:
            return estimated(math.nan, math.nan, _TEST, confidence)
        mean = float(stated @ sizes - did.sum()) / n
        squares = did * (stated - 1 - mean) ** 2 + (sizes - did) * (stated - mean) ** 2
        spread, rate = float(squares.sum()), float(did.sum()) / n
        error = math.sqrt(spread / (n - 1) / n) if n > 1 else math.nan
        if error > 1e-12:
            # Nearly all or nobody does not make a rate certain.
            borrowed = rate**2 + (1 - rate) ** 2
            error = max(error, math.sqrt((spread + borrowed) / (n + 1) / (n + 2)))
        return estimated(mean, error, _TEST, confidence, limit=1, degrees=max(1, n - 1))

    def __add__(self, other: "SharingCalibration") -> "SharingCalibration":
        if not isinstance(other, SharingCalibration):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        cells: dict[float, list[int]] = {}
        for stated, *people in sorted(self._rows + other._rows):
            cells[stated] = [*map(add, cells.get(stated, [0, 0, 0]), people)]
        did, did_not, unknown = (tuple(people[k] for people in cells.values()) for k in range(3))
        return SharingCalibration(
            stated=tuple(cells),
            recommended=did,
            not_recommended=did_not,
            unknown=unknown,
            missing=self.missing + other.missing,
        )

    def __radd__(self, other: int) -> "SharingCalibration":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def _told_apart(likelihoods: NDArray[np.float64]) -> tuple[tuple[float, ...], NDArray[np.int64]]:
    """Distinct likelihoods, ascending, and which of them each person stated."""
    units = np.rint(likelihoods * 10**_DECIMALS).astype(np.int64)
    distinct, codes = encode("sharing", units)
    return tuple((distinct / 10**_DECIMALS).tolist()), codes


def _positive(sizes: Any) -> NDArray[np.float64]:
    """Sizes as floats, NaN for 0."""
    return np.where(np.array(sizes) > 0, sizes, np.nan)
