"""
How sure a figure is: intervals, differences, verdicts against a target.

Conventions: proportions are fractions; an interval is closed and carries the
confidence it was made for; ``a`` compared with ``b`` means a - b. A figure that
nobody can know (no trials) has an interval of NaN.
"""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import broadcast, counts, frozen
from loyalkit._distributions import normal_quantile_two_sided, normal_two_sided_p
from loyalkit._messages import refuse, refuse_together, refuse_type
from loyalkit._scalars import (
    Number,
    confidence_level,
    count,
    is_scalar,
    nan_safe,
    number,
    to_float,
    validate_figure,
)

__all__ = ["Difference", "Interval", "newcombe_difference", "wilson_interval"]

Verdict: TypeAlias = Literal["above", "below", "unclear"]
"""What an interval says about a target."""


@attrs.frozen
class Interval:
    """
    Range of values that the data do not contradict, at a stated confidence.

    Parameters
    ----------
    low, high : float
        Ends of the interval, both part of it, in the unit of the figure.
        NaN if the figure itself is not known.
    confidence : float
        Share of such intervals, over many samples, that hold the true value [fraction].
    bounds : (float, float), optional
        The range in which the figure must lie, such as 0 to 1 for a rate. A target
        outside is refused. Not compared by ``==``.

    Raises
    ------
    TypeError
        If one of them is not a number.
    ValueError
        If ``low`` exceeds ``high``, if only one of them is NaN, or if ``confidence`` is not
        between 0 and 1.

    Examples
    --------
    >>> from loyalkit import Interval
    >>> interval = Interval(0.79, 0.89, confidence=0.95)
    >>> 0.85 in interval
    True
    >>> interval.verdict(0.9)
    'below'
    """

    low: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    high: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    confidence: float = attrs.field(converter=confidence_level)
    bounds: tuple[float, float] = attrs.field(
        default=(-math.inf, math.inf), kw_only=True, eq=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        if self.low <= self.high:
            return
        ends = {"low": self.low, "high": self.high}
        refuse_together("low must not exceed high", self.low > self.high, **ends)
        half_known = math.isnan(self.low) != math.isnan(self.high)
        refuse_together("low and high must both be known, or both be NaN", half_known, **ends)

    @property
    def width(self) -> float:
        """Distance from low to high, in the unit of the figure."""
        return self.high - self.low

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def verdict(self, target: float) -> Verdict:
        """
        Say whether the figure lies above or below a target, or cannot be told apart from it.

        Parameters
        ----------
        target : float
            The value aimed at, in the unit of the figure.

        Returns
        -------
        {"above", "below", "unclear"}
            "above" if the whole interval is, "below" likewise; "unclear" if the target
            lies inside or the interval is NaN.

        Raises
        ------
        ValueError
            If the figure can never reach the target, such as a rate of 75.

        Examples
        --------
        >>> from loyalkit import wilson_interval
        >>> wilson_interval(170, 200).verdict(0.75)
        'above'
        >>> wilson_interval(17, 20).verdict(0.75)
        'unclear'
        """
        target = number("target", target)
        lowest, highest = self.bounds
        if not lowest <= target <= highest:
            fits = highest == 1 and abs(target) <= 100
            advice = f": {target / 100:g} for {target:g} %" if fits else ""
            refuse("target", f"must lie from {lowest:g} to {highest:g}{advice}", target)
        if self.low > target:
            return "above"
        return "below" if self.high < target else "unclear"


def _validate_interval(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, Interval):
        refuse_type(attribute.name, "must be an Interval", type(value).__name__)


@attrs.frozen
class Difference:
    """
    Two figures compared: a - b, how sure that is, and whether chance alone could do it.

    Parameters
    ----------
    estimate : float
        First figure minus second, in their unit; NaN if one of them is not known.
    interval : Interval
        Range of differences that the data do not contradict.
    p_value : float
        Probability of a difference at least this large if there were none in truth.
    test : str
        The test that gave the p-value. Unless it says so, it is not the interval turned
        round: near the edge the two may disagree. A verdict follows the interval.

    Raises
    ------
    TypeError
        If a figure is not a number, or ``interval`` is not an `Interval`.

    Examples
    --------
    >>> from loyalkit import newcombe_difference
    >>> difference = newcombe_difference(56, 70, 48, 80)
    >>> round(difference.estimate, 4), round(difference.interval.low, 4)
    (0.2, 0.0524)
    """

    estimate: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    interval: Interval = attrs.field(validator=_validate_interval)
    p_value: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    test: str = ""

    def verdict(self, target: float = 0.0) -> Verdict:
        """
        Say whether the difference lies above or below a target, by default no difference.

        Parameters
        ----------
        target : float, default 0.0
            Difference to compare with, in the unit of the figures.

        Returns
        -------
        {"above", "below", "unclear"}
            As for `Interval.verdict`.

        Examples
        --------
        >>> from loyalkit import newcombe_difference
        >>> newcombe_difference(56, 70, 48, 80).verdict()
        'above'
        """
        return self.interval.verdict(target)


class _Arithmetic(NamedTuple):
    """What one formula needs to serve floats and arrays alike, to the last bit."""

    root: Callable[[Any], Any]
    smaller: Callable[[Any, Any], Any]
    larger: Callable[[Any, Any], Any]


_OF_FLOATS = _Arithmetic(math.sqrt, min, max)
_OF_ARRAYS = _Arithmetic(np.sqrt, np.minimum, np.maximum)


def _wilson(successes: Any, trials: Any, z: float, of: _Arithmetic) -> tuple[Any, Any]:
    share = successes / trials
    centre = successes + z * z / 2
    half = z * of.root(successes * ((trials - successes) / trials) + z * z / 4)
    low, high = (centre - half) / (trials + z * z), (centre + half) / (trials + z * z)
    # Rounding may miss the share or the range by a bit where all or nothing succeeded.
    return of.larger(0.0, of.smaller(low, share)), of.smaller(1.0, of.larger(high, share))


@overload
def wilson_interval(successes: Number, trials: Number, *, confidence: float = ...) -> Interval: ...
@overload
def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = ...
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> Interval | tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""
    Interval for a share, from how many of how many.

    It stays within 0 to 1, contains the observed share, and says something sensible
    where nobody or everybody was a success.

    Parameters
    ----------
    successes : array_like
        How many had the property [customers].
    trials : array_like
        How many could have had it [customers]. The two broadcast against one another.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Interval or tuple of ndarray of float64
        An `Interval` if both counts are scalars, else the arrays (low, high) of the
        broadcast shape [fraction]. NaN exactly where there were no trials.

    Raises
    ------
    TypeError
        If a count does not hold numbers.
    ValueError
        If a count is negative, fractional or not finite, if there are more successes
        than trials, if the shapes do not fit together, or if ``confidence`` is not
        between 0 and 1.

    See Also
    --------
    newcombe_difference : Two shares compared.

    Notes
    -----
    The limits solve :math:`|\hat p - p| = z \sqrt{p (1 - p) / n}` for :math:`p` [1]_.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
       Inference", Journal of the American Statistical Association 22, 209-212, 1927.

    Examples
    --------
    81 of 263 customers came back. How sure is that share?

    >>> from loyalkit import wilson_interval
    >>> interval = wilson_interval(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)

    Three shops at once, of which the last one has had no customers yet:

    >>> low, high = wilson_interval([81, 0, 0], [263, 20, 0])
    >>> low.round(4), high.round(4)
    (array([0.2553, 0.    ,    nan]), array([0.3662, 0.1611,    nan]))
    """
    z = normal_quantile_two_sided(confidence_level(confidence))
    if is_scalar(successes) and is_scalar(trials):
        k, n = _counted(successes, trials, "successes", "trials")
        return Interval(*wilson_limits(k, n, z), confidence, bounds=(0.0, 1.0))
    hits, total = broadcast(
        successes=counts("successes", successes), trials=counts("trials", trials)
    )
    refuse_together("successes must not exceed trials", hits > total, successes=hits, trials=total)
    known = np.where(total > 0, total, np.nan)
    low, high = _wilson(hits.astype(np.float64), known, z, _OF_ARRAYS)
    return frozen(low), frozen(high)


def wilson_limits(successes: float, trials: float, z: float) -> tuple[float, float]:
    """Limits of Wilson's interval, also for an effective number of trials; NaN without any."""
    if trials == 0:
        return math.nan, math.nan
    return _wilson(float(successes), float(trials), z, _OF_FLOATS)


def _counted(part: Any, whole: Any, part_name: str, whole_name: str) -> tuple[int, int]:
    k, n = count(part_name, part), count(whole_name, whole)
    rule = f"{part_name} must not exceed {whole_name}"
    refuse_together(rule, k > n, **{part_name: k, whole_name: n})
    return k, n


def newcombe_difference(
    successes: Number,
    trials: Number,
    other_successes: Number,
    other_trials: Number,
    *,
    confidence: float = 0.95,
) -> Difference:
    r"""
    Difference of two shares from two disjoint groups.

    Parameters
    ----------
    successes, trials : int
        How many of how many in the first group [customers].
    other_successes, other_trials : int
        The same in the group it is compared with [customers].
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        First share minus second [fraction]; NaN exactly if a group is empty.
        The p-value is that of the pooled two-proportion z-test; 1 if all customers of
        both groups did the same.

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional, if there are more successes than trials,
        or if ``confidence`` is not between 0 and 1.

    See Also
    --------
    wilson_interval : One share.

    Notes
    -----
    With the Wilson limits :math:`l_i, u_i` of the two shares, the hybrid score limits [1]_
    are

    .. math::
        d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}, \quad
        d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}

    They hold for groups without a common customer. The same customers in two periods
    are not independent.

    References
    ----------
    .. [1] R. G. Newcombe, "Interval Estimation for the Difference Between Independent
       Proportions: Comparison of Eleven Methods", Statistics in Medicine 17, 873-890,
       1998.

    Examples
    --------
    56 of 70 members and 48 of 80 other customers came back:

    >>> from loyalkit import newcombe_difference
    >>> difference = newcombe_difference(56, 70, 48, 80)
    >>> [round(x, 4) for x in (difference.interval.low, difference.interval.high)]
    [0.0524, 0.3339]
    """
    k1, n1 = _counted(successes, trials, "successes", "trials")
    k2, n2 = _counted(other_successes, other_trials, "other_successes", "other_trials")
    z = normal_quantile_two_sided(confidence_level(confidence))
    test = "two-proportion z-test, pooled"
    if n1 == 0 or n2 == 0:
        return Difference(
            math.nan, Interval(math.nan, math.nan, confidence, bounds=(-1.0, 1.0)), math.nan, test
        )
    p1, p2 = k1 / n1, k2 / n2
    (l1, u1), (l2, u2) = wilson_limits(k1, n1, z), wilson_limits(k2, n2, z)
    estimate = p1 - p2
    low = max(-1.0, estimate - math.hypot(p1 - l1, u2 - p2))
    high = min(1.0, estimate + math.hypot(u1 - p1, p2 - l2))
    pooled = (k1 + k2) / (n1 + n2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    p_value = normal_two_sided_p(estimate / error) if error > 0 else 1.0
    return Difference(estimate, Interval(low, high, confidence, bounds=(-1.0, 1.0)), p_value, test)
