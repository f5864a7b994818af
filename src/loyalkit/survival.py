"""
How long customers stay, those who have not left yet included.

Conventions: a customer has a duration and was either lost at its end or last seen then,
still a customer. Durations are in any one unit. Whoever was last seen at a time was at
risk at that time. A figure beyond the last duration is not known, unless nobody was left
before.
"""

import math
from functools import partial
from typing import Any, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import array_key, floats, frozen, numbers, same_length, truths
from loyalkit._distributions import chi_square_p, normal_quantile_two_sided
from loyalkit._id_kernels import sorted_distinct
from loyalkit._kernels import value_counts
from loyalkit._messages import instance, refuse_first
from loyalkit._scalars import Number, confidence_level, is_scalar, nan_safe, number
from loyalkit.intervals import Interval

_TOLERANCE = 1e-12
_NONE: NDArray[Any] = np.empty(0, np.int64)


@attrs.frozen(kw_only=True, repr=False)
class KaplanMeier:
    r"""
    Which share of customers is still there after how long, the unfinished stories included.

    Made by `kaplan_meier`. A tally: those of different customers add up, ``north +
    south``, and ``KaplanMeier()`` changes nothing.

    Attributes
    ----------
    times : ndarray, shape (m,)
        Distinct durations, ascending.
    at_risk : ndarray of int64, shape (m,)
        Customers whose duration is at least that long [customers].
    events : ndarray of int64, shape (m,)
        Customers lost after exactly that long [customers].

    See Also
    --------
    log_rank : Whether two or more groups differ.
    customer_lifetimes : Durations out of a purchase log.

    Notes
    -----
    With :math:`n_i` at risk and :math:`d_i` lost after :math:`t_i` [1]_,

    .. math:: S(t) = \prod_{t_i \le t} \left(1 - \frac{d_i}{n_i}\right), \qquad
              \widehat{\mathrm{Var}}\, S(t) = S(t)^2 \sum_{t_i \le t} \frac{d_i}{n_i (n_i - d_i)}

    Customers last seen alive must be like those still followed: a log that is cut at one
    date for all does that.

    References
    ----------
    .. [1] E. L. Kaplan and P. Meier, "Nonparametric Estimation from Incomplete
       Observations", Journal of the American Statistical Association 53, 457-481, 1958.

    Examples
    --------
    Five members stayed 2, 4, 4, 7 and 9 months; the third and the last are still members.

    >>> from loyalkit import kaplan_meier
    >>> members = kaplan_meier(durations=[2, 4, 4, 7, 9], lost=[True, True, False, True, False])
    >>> members
    KaplanMeier(n_customers=5, n_lost=3)
    >>> round(members.survival(6), 3), members.median
    (0.6, 7.0)
    """

    times: NDArray[Any] = attrs.field(default=_NONE, converter=frozen, eq=array_key)
    at_risk: NDArray[np.int64] = attrs.field(default=_NONE, converter=frozen, eq=array_key)
    events: NDArray[np.int64] = attrs.field(default=_NONE, converter=frozen, eq=array_key)

    @override
    def __repr__(self) -> str:
        return f"KaplanMeier(n_customers={self.n_customers}, n_lost={self.n_lost})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(KaplanMeier, **attrs.asdict(self, recurse=False)), ()

    @property
    def n_customers(self) -> int:
        """Customers followed [customers]."""
        return int(self.at_risk[:1].sum())

    @property
    def n_lost(self) -> int:
        """Customers lost while they were followed [customers]."""
        return int(self.events.sum())

    def __add__(self, other: "KaplanMeier") -> "KaplanMeier":
        if not isinstance(other, KaplanMeier):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        times = np.union1d(self.times, other.times)
        return _tally(
            times,
            _placed(times, self.times, self._leaving) + _placed(times, other.times, other._leaving),
            _placed(times, self.times, self.events) + _placed(times, other.times, other.events),
        )

    def __radd__(self, other: int) -> "KaplanMeier":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @overload
    def survival(self, t: Number) -> float: ...
    @overload
    def survival(self, t: ArrayLike) -> NDArray[np.float64]: ...
    def survival(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """
        Tell which share of customers is still there.

        Parameters
        ----------
        t : array_like
            Times, at least 0, in the unit of the durations.

        Returns
        -------
        float or ndarray of float64
            Share that stays longer than ``t`` [fraction]. NaN exactly beyond the last
            duration, unless nobody is left by then; everywhere if there are no customers.

        Raises
        ------
        TypeError, ValueError
            If ``t`` does not hold finite numbers of at least 0.

        Examples
        --------
        >>> from loyalkit import kaplan_meier
        >>> members = kaplan_meier(durations=[2, 4, 4, 7], lost=[True, True, False, False])
        >>> members.survival([1, 2, 4, 8])
        array([1.  , 0.75, 0.5 ,  nan])
        """
        left = self._at(t, self._left, 1.0)
        return float(left) if is_scalar(t) else frozen(left)

    @overload
    def standard_error(self, t: Number) -> float: ...
    @overload
    def standard_error(self, t: ArrayLike) -> NDArray[np.float64]: ...
    def standard_error(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """
        Tell the standard error of the share that is still there, by Greenwood's formula.

        Parameters
        ----------
        t : array_like
            Times, at least 0, in the unit of the durations.

        Returns
        -------
        float or ndarray of float64
            Standard error of `survival` [fraction], NaN where that is. It is 0 until the
            first customer and after the last is lost, which does not make the share sure.

        Raises
        ------
        TypeError, ValueError
            As for `survival`.

        Examples
        --------
        >>> from loyalkit import kaplan_meier
        >>> kaplan_meier(durations=[2, 4, 4, 7], lost=[True] * 4).standard_error(4)
        0.21650635094610965
        """
        error = self._at(t, self._left * np.sqrt(self._hazard_variance), 0.0)
        return float(error) if is_scalar(t) else frozen(error)

    @overload
    def interval(self, t: Number, confidence: float = ...) -> Interval: ...
    @overload
    def interval(
        self, t: ArrayLike, confidence: float = ...
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def interval(
        self, t: ArrayLike, confidence: float = 0.95
    ) -> Interval | tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""
        Range for the share that is still there at a time.

        Parameters
        ----------
        t : array_like
            Times, at least 0, in the unit of the durations.
        confidence : float, default 0.95
            Confidence of the interval at each time [fraction].

        Returns
        -------
        Interval or tuple of ndarray of float64
            An `Interval` if ``t`` is a scalar, else the arrays (low, high) [fraction].
            NaN where `survival` is NaN, 1 or 0: as long as nobody or everybody was lost,
            there is no variation to judge by.

        Raises
        ------
        TypeError, ValueError
            As for `survival`, or if ``confidence`` is not between 0 and 1.

        Notes
        -----
        Greenwood's error on the scale of :math:`\ln(-\ln S)`, where the limits stay within
        0 and 1 [1]_. They hold for one time, not for the whole curve at once.

        References
        ----------
        .. [1] J. D. Kalbfleisch and R. L. Prentice, The Statistical Analysis of Failure
           Time Data, 2nd ed. Hoboken, NJ: Wiley, 2002, ch. 1.

        Examples
        --------
        >>> from loyalkit import kaplan_meier
        >>> interval = kaplan_meier(durations=[2, 4, 4, 7], lost=[True] * 4).interval(4)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.009, 0.665)
        """
        low, high = (self._at(t, band, math.nan) for band in self._bands(confidence))
        if is_scalar(t):
            return Interval(float(low), float(high), confidence)
        return frozen(low), frozen(high)

    @property
    def median(self) -> float:
        """First time at which half of the customers or less are left; NaN if more always are."""
        return self._first_time(self._left)

    def median_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the time after which half of the customers are left.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Times at which a half is in the interval of `survival`, in the unit of the
            durations. ``high`` is infinite where the data set the median no upper limit;
            both are NaN if nobody was lost.

        Raises
        ------
        TypeError, ValueError
            If ``confidence`` is not between 0 and 1.

        References
        ----------
        .. [1] R. Brookmeyer and J. Crowley, "A Confidence Interval for the Median
           Survival Time", Biometrics 38, 29-41, 1982.

        Examples
        --------
        >>> from loyalkit import kaplan_meier
        >>> kaplan_meier(durations=range(1, 21), lost=[True] * 20).median_interval()
        Interval(low=5.0, high=15.0, confidence=0.95)
        """
        low_band, high_band = self._bands(confidence)
        if not self.n_lost:
            return Interval(math.nan, math.nan, confidence)
        low = self._first_time(np.where(self._left > 0, low_band, 0.0))
        high = self._first_time(high_band)
        last = float(self.times[-1])
        return Interval(
            last if math.isnan(low) else low, math.inf if math.isnan(high) else high, confidence
        )

    def restricted_mean(self, until: float) -> float:
        """
        Tell how long customers stay on average within a horizon.

        Parameters
        ----------
        until : float
            The horizon, in the unit of the durations.

        Returns
        -------
        float
            Mean of each customer's stay or of ``until``, whichever is shorter; the area
            under the curve. NaN where the curve is not known that far.

        Raises
        ------
        TypeError, ValueError
            If ``until`` is not a finite number of at least 0.

        Examples
        --------
        How many of the first 12 months does a member pay for?

        >>> from loyalkit import kaplan_meier
        >>> members = kaplan_meier(durations=[3, 6, 9, 24], lost=[True, True, True, False])
        >>> members.restricted_mean(12)
        7.5
        """
        until = number("until", until)
        if math.isnan(self.survival(until)):
            return math.nan
        steps = int(np.searchsorted(self.times, until))
        edges = np.concatenate([[0.0], self.times[:steps], [until]])
        return float(np.append(1.0, self._left[:steps]) @ np.diff(edges))

    @property
    def _leaving(self) -> NDArray[np.int64]:
        """Customers lost or last seen at each time."""
        return -np.diff(self.at_risk, append=0)

    @property
    def _left(self) -> NDArray[np.float64]:
        """Share left after each time."""
        return np.cumprod(1 - self.events / self.at_risk, dtype=np.float64)

    @property
    def _hazard_variance(self) -> NDArray[np.float64]:
        """Greenwood's sum; what the last loss of all would add is left out."""
        staying = self.at_risk - self.events
        terms = self.events / self.at_risk / np.where(staying > 0, staying, np.inf)
        return np.cumsum(terms, dtype=np.float64)

    def _bands(self, confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        z = normal_quantile_two_sided(confidence_level(confidence))
        left = np.where((self._left > 0) & (self._left < 1), self._left, np.nan)
        factor = np.exp(z * np.sqrt(self._hazard_variance) / -np.log(left))
        return left**factor, left ** (1 / factor)

    def _at(self, t: ArrayLike, steps: NDArray[Any], start: float) -> NDArray[np.float64]:
        """Values at any times of a figure that changes at the times of the tally."""
        moments = floats("t", t)
        refuse_first("t", "must be at least 0", moments, moments < 0)
        values: NDArray[np.float64] = np.append(start, steps)[
            np.searchsorted(self.times, moments, side="right")
        ]
        if not self.times.size or self._left[-1] > 0:
            last = self.times[-1] if self.times.size else -math.inf
            return np.where(moments <= last, values, np.nan)
        return values

    def _first_time(self, band: NDArray[np.float64]) -> float:
        reached = np.flatnonzero(band <= 0.5 + _TOLERANCE)
        return float(self.times[reached[0]]) if reached.size else math.nan


def _tally(times: NDArray[Any], leaving: NDArray[Any], events: NDArray[Any]) -> KaplanMeier:
    at_risk = np.cumsum(leaving[::-1])[::-1]
    return KaplanMeier(times=times, at_risk=at_risk, events=events)


def _placed(times: NDArray[Any], own: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts at some of the times as counts at all of them."""
    placed = np.zeros(times.size, np.int64)
    placed[np.searchsorted(times, own)] = counts
    return placed


def kaplan_meier(*, durations: ArrayLike, lost: ArrayLike) -> KaplanMeier:
    """
    Tally how long customers stayed, those who are still there included.

    Leaving out those who are still there, or counting them as lost, makes customers look
    less loyal than they are.

    Parameters
    ----------
    durations : array_like, shape (n,)
        How long each customer was followed, at least 0, in any one unit.
    lost : array_like of bool, shape (n,)
        Whether the customer was lost at the end of that, rather than last seen.

    Returns
    -------
    KaplanMeier
        Tally with the curve, its interval and its median.

    Raises
    ------
    TypeError
        If ``durations`` does not hold numbers, or ``lost`` no truth values.
    ValueError
        If a duration is missing, negative or not finite, or the two differ in length.

    See Also
    --------
    customer_lifetimes : Both arguments out of a purchase log.

    Examples
    --------
    Of six subscribers three have left, after 3, 5 and 5 months; three are in month 2, 5
    and 8. Which share stays longer than 5 months?

    >>> from loyalkit import kaplan_meier
    >>> subscribers = kaplan_meier(
    ...     durations=[3, 5, 5, 2, 5, 8], lost=[True, True, True, False, False, False]
    ... )
    >>> round(subscribers.survival(5), 3)
    0.4
    """
    # The sum turns -0.0 into 0.0.
    spans, gone = numbers("durations", durations) + 0, truths("lost", lost)
    same_length(durations=spans, lost=gone)
    refuse_first("durations", "must be at least 0", spans, spans < 0)
    times, leaving = value_counts(spans)
    return _tally(times, leaving, _placed(times, *value_counts(spans[gone])))


# ---------------------------------------------------------------- groups compared


@attrs.frozen(kw_only=True)
class LogRank:
    """
    Whether groups of customers stay equally long.

    Made by `log_rank`.

    Parameters
    ----------
    statistic : float
        Chi-square statistic; NaN if there is nothing to judge by.
    p_value : float
        Probability of a statistic at least this large if the groups were alike.
    degrees_of_freedom : int
        Groups that could have lost somebody, less one.
    observed : tuple of int
        Customers lost in each group [customers].
    expected : tuple of float
        Customers each group would have lost if all were alike [customers].

    Examples
    --------
    >>> from loyalkit import kaplan_meier, log_rank
    >>> club = kaplan_meier(durations=[5, 8, 9, 9], lost=[True, True, False, False])
    >>> others = kaplan_meier(durations=[1, 2, 4, 9], lost=[True, True, True, False])
    >>> result = log_rank(club, others)
    >>> result.observed, round(sum(result.expected), 6)
    ((2, 3), 5.0)
    """

    statistic: float = attrs.field(eq=nan_safe)
    p_value: float = attrs.field(eq=nan_safe)
    degrees_of_freedom: int
    observed: tuple[int, ...]
    expected: tuple[float, ...]


def log_rank(*groups: KaplanMeier) -> LogRank:
    r"""
    Test whether two or more groups of customers stay equally long.

    Parameters
    ----------
    *groups : KaplanMeier
        Tallies of groups without a common customer.

    Returns
    -------
    LogRank
        Statistic, p-value, and who was lost against who would have been. NaN if nobody
        was lost while two groups were at risk, or all those at risk at once.

    Raises
    ------
    TypeError
        If a group is not a `KaplanMeier`.
    ValueError
        If there are fewer than two.

    Notes
    -----
    At each time somebody is lost, :math:`d` of :math:`n` at risk, group :math:`g` with
    :math:`n_g` at risk is expected to lose :math:`d\, n_g / n` [1]_. Ties have the
    hypergeometric variance. The test finds groups of which one always loses more; it
    may miss curves that cross.

    References
    ----------
    .. [1] N. Mantel, "Evaluation of Survival Data and Two New Rank Order Statistics
       Arising in Its Consideration", Cancer Chemotherapy Reports 50, 163-170, 1966.

    Examples
    --------
    Do members of the club stay longer than other customers?

    >>> from loyalkit import kaplan_meier, log_rank
    >>> club = kaplan_meier(durations=[6, 8, 9, 12, 12], lost=[True, False, True, False, False])
    >>> others = kaplan_meier(durations=[1, 2, 3, 5, 12], lost=[True, True, True, True, False])
    >>> round(log_rank(club, others).p_value, 3)
    0.078
    """
    if len(groups) < 2:
        raise ValueError(f"groups must be at least two, got {len(groups)}")
    for group in groups:
        instance("groups", group, KaplanMeier)
    times = sorted_distinct(np.concatenate([group.times[group.events > 0] for group in groups]))
    at_risk = np.stack([_at_risk(group, times) for group in groups])
    everybody = at_risk.sum(axis=0)
    lost = np.sum([_events(group, times) for group in groups], axis=0)
    shares = at_risk / everybody
    expected: NDArray[np.float64] = shares @ lost
    weights = lost * (everybody - lost) / np.maximum(everybody - 1, 1)
    variance: NDArray[np.float64] = np.diag(shares @ weights) - (shares * weights) @ shares.T
    observed = [group.n_lost for group in groups]
    # The last group adds nothing, since the differences sum to 0.
    tested = np.flatnonzero(expected > 0)[:-1]
    statistic = p_value = math.nan
    if tested.size and weights.any():
        excess: NDArray[np.float64] = (observed - expected)[tested]
        kept: NDArray[np.float64] = variance[np.ix_(tested, tested)]
        statistic = float(excess @ np.linalg.solve(kept, excess))
        p_value = chi_square_p(statistic, tested.size)
    return LogRank(
        statistic=statistic,
        p_value=p_value,
        degrees_of_freedom=tested.size,
        observed=tuple(observed),
        expected=tuple(expected.tolist()),
    )


def _at_risk(group: KaplanMeier, times: NDArray[Any]) -> NDArray[np.int64]:
    return np.append(group.at_risk, 0)[np.searchsorted(group.times, times)]


def _events(group: KaplanMeier, times: NDArray[Any]) -> NDArray[np.int64]:
    happened = group.events > 0
    return _placed(times, group.times[happened], group.events[happened])
