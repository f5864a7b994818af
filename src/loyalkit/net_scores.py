"""
How sure a net score is: promoters minus detractors, from how many answers.

Conventions: scores, errors and limits are in points, -100 to 100, differences -200 to
200; ``a`` compared with ``b`` means a - b. A score that nobody can know (no answers) has
an interval of NaN. In formulas d, s, p are detractors, passives and promoters, n is
their sum.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import broadcast, counts, frozen
from loyalkit._distributions import normal_quantile_two_sided, normal_two_sided_p
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import Number, confidence_level, count, is_scalar, number, one_of
from loyalkit._skewed_scores import Classes, gap_deviate, reaches
from loyalkit.intervals import Difference, Interval

__all__ = ["net_score_difference", "net_score_interval"]

_GAP = (-200.0, 200.0)
_TESTS = {
    "score": "score interval turned round",
    "adjusted_wald": "z-test, (3/4, 3/2, 3/4) answers added to each group",
    "wald": "z-test",
}

NetScoreMethod: TypeAlias = Literal["score", "adjusted_wald", "wald"]
"""How the interval of a net score is made."""

_METHODS = ("score", "adjusted_wald", "wald")

_ROUNDS = 8
"""Newton steps to a score limit; none of 10^7 tallies, extreme ones among them, took over 6."""


def _added(method: NetScoreMethod) -> float:
    # A quarter of three answers to each end, half of them to the passives.
    return 0.75 if method == "adjusted_wald" else 0


def _edge(method: NetScoreMethod) -> float:
    # Wald's limits stay as other tools print them, beyond the range or not.
    return math.inf if method == "wald" else 100.0


def wald_moments(d: Any, s: Any, p: Any, added: float) -> tuple[Any, Any]:
    """Net score and its standard error [points], with answers added to both ends and between."""
    d, s, p = d + added, s + 2 * added, p + added
    n = d + s + p
    # P + D - (P - D)^2 without the cancellation.
    variance = ((d + p) * s + 4 * d * p) / n
    return 100 * (p - d) / n, 100 * variance**0.5 / n


def _newton(odds: Any, d: Any, p: Any, room: Any, rest: Any) -> tuple[Any, Any]:
    """Distance below the score in deviations of one answer, and the slope of its logarithm."""
    distance = room * odds / (1 + odds)
    theta = p - d - distance
    size, sign = abs(theta), 2 * (theta >= 0) - 1
    # 1 - size without the cancellation.
    edge = room / (1 + odds) * (rest + distance) / (1 + size)
    # Of the shares that make the score theta, those fit best in which the class theta
    # speaks against (detractors if it is positive) has the share q with
    # 2 q^2 + b q - product = 0. One answer then has the variance 2 q + size * edge.
    b = 2 * size - theta * (p - d) - (d + p)
    product = (d * (size + theta) + p * (size - theta)) / 2 * edge
    root = (b * b + 8 * product) ** 0.5
    variance = (root - b) / 2 + size * edge
    b_slope = 2 * sign - (p - d)
    product_slope = (d * (sign + 1) + p * (sign - 1)) / 2 * (1 - 2 * size)
    root_slope = (b * b_slope + 4 * product_slope) / (root + 1e-300)
    variance_slope = (root_slope - b_slope) / 2 + sign * (1 - 2 * size)
    slope = (1 + distance * variance_slope / (2 * variance)) / (1 + odds)
    return distance / variance**0.5, slope


def _start(d: Any, s: Any, p: Any, deviations: Any) -> Any:
    # The sum of the odds that are right if all answers are of one class, and of Wald's.
    return deviations**2 + deviations * ((d + p) * s + 4 * d * p) ** 0.5 / (s + 2 * p)


def _reach(d: float, s: float, p: float, z: float) -> float:
    """Distance from the score down to its lower score limit [points]."""
    n = d + s + p
    if d == n or z == 0:
        return 0.0
    shares = d / n, p / n, (s + 2 * p) / n, (s + 2 * d) / n
    room, deviations = shares[2], z / math.sqrt(n)
    odds: float = _start(d / n, s / n, p / n, deviations)
    for _ in range(_ROUNDS):
        distance, slope = _newton(odds, *shares)
        # Rounding at the end of the range must not take the slope below its least value.
        factor = (deviations / distance) ** (1 / max(slope, 0.5))
        odds *= factor
        # Steps shrink as their squares: the next one would be below rounding.
        if abs(factor - 1) < 4e-7:
            break
    return 100 * room * odds / (1 + odds)


def _reaches(
    d: NDArray[np.float64], s: NDArray[np.float64], p: NDArray[np.float64], z: float
) -> NDArray[np.float64]:
    """`_reach` of arrays."""
    n = d + s + p
    shares = d / n, p / n, (s + 2 * p) / n, (s + 2 * d) / n
    room, deviations = shares[2], z / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = _start(d / n, s / n, p / n, deviations)
        for _ in range(_ROUNDS):
            distance, slope = _newton(odds, *shares)
            odds = odds * (deviations / distance) ** (1 / np.maximum(slope, 0.5))
        reach = 100 * room * odds / (1 + odds)
    return np.where((room == 0) | (z == 0), 0.0, reach)


def score_reaches(d: float, s: float, p: float, z: float) -> tuple[float, float]:
    """Distances from the score down and up to its limits [points]; counts need not be whole."""
    return _reach(d, s, p, z), _reach(p, s, d, z)


def score_reaches_of_arrays(
    d: NDArray[np.float64], s: NDArray[np.float64], p: NDArray[np.float64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`score_reaches` of arrays."""
    return _reaches(d, s, p, z), _reaches(p, s, d, z)


def score_statistic(d: int, s: int, p: int, target: float) -> float:
    """The statistic whose value at the score limits is the normal quantile."""
    distance = wald_moments(d, s, p, 0)[0] - target
    if distance < 0:
        return -score_statistic(p, s, d, -target)
    n = d + s + p
    room, below = (s + 2 * p) / n, distance / 100
    if below < 1e-100 or below >= room:
        return 0.0 if below < 1e-100 else math.inf
    deviations: float = _newton(below / (room - below), d / n, p / n, room, (s + 2 * d) / n)[0]
    return math.sqrt(n) * deviations


def _limits(d: int, s: int, p: int, z: float, method: NetScoreMethod) -> tuple[float, float]:
    if d + s + p == 0:
        return math.nan, math.nan
    centre, error = wald_moments(d, s, p, _added(method))
    down, up = score_reaches(d, s, p, z) if method == "score" else (z * error, z * error)
    edge = _edge(method)
    return max(-edge, centre - down), min(edge, centre + up)


def _limits_of_arrays(
    given: Mapping[str, ArrayLike], z: float, method: NetScoreMethod
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    arrays = broadcast(**{name: counts(name, value) for name, value in given.items()})
    d, s, p = (array.astype(np.float64) for array in arrays)
    d[d + s + p == 0] = np.nan
    centre, error = wald_moments(d, s, p, _added(method))
    down = up = z * error
    if method == "score":
        down, up = score_reaches_of_arrays(d, s, p, z)
    edge = _edge(method)
    low, high = np.maximum(-edge, centre - down), np.minimum(edge, centre + up)
    return frozen(np.asarray(low)), frozen(np.asarray(high))


@overload
def net_score_interval(
    *,
    detractors: Number,
    passives: Number,
    promoters: Number,
    confidence: float = ...,
    method: NetScoreMethod = ...,
) -> Interval: ...
@overload
def net_score_interval(
    *,
    detractors: ArrayLike,
    passives: ArrayLike,
    promoters: ArrayLike,
    confidence: float = ...,
    method: NetScoreMethod = ...,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def net_score_interval(
    *,
    detractors: ArrayLike,
    passives: ArrayLike,
    promoters: ArrayLike,
    confidence: float = 0.95,
    method: NetScoreMethod = "score",
) -> Interval | tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""
    Interval for a net promoter score, from how many answers of each class.

    Parameters
    ----------
    detractors, passives, promoters : array_like
        Answers by class [answers]. The three broadcast against one another.
    confidence : float, default 0.95
        Confidence of the interval [fraction].
    method : {"score", "adjusted_wald", "wald"}, default "score"
        "score" (Tango) stays in range, always contains the score and is the score test
        turned round. "adjusted_wald" adds 3/4, 3/2, 3/4 answers and is clipped to the
        range; near its ends it may miss the score, at 95 % only that of a single answer.
        "wald" is what most tools print: it may leave the range, has no width if all
        answers are of one class, and holds the true score too rarely with few answers.

    Returns
    -------
    Interval or tuple of ndarray of float64
        An `Interval` if the counts are scalars, else the arrays (low, high) of the
        broadcast shape [points]. NaN exactly where there are no answers.

    Raises
    ------
    TypeError
        If a count does not hold numbers.
    ValueError
        If a count is negative, fractional or not finite, if ``confidence`` is not between
        0 and 1, or if there is no such method.

    See Also
    --------
    NpsCounts : The counts as a value object that adds up over groups.
    net_score_difference : Two scores compared.

    Notes
    -----
    With :math:`\hat\theta = (p - d) / n`, the score limits solve :math:`T(\theta) = \pm z`
    for

    .. math:: T(\theta) = \frac{p - d - n \theta}{\sqrt{n (2 q + \theta (1 - \theta))}}

    where :math:`q` is the share of detractors that fits the counts best if the score is
    :math:`\theta` [1]_. Wald's limits are
    :math:`\hat\theta \pm z \sqrt{V / n}`, :math:`V = P + D - \hat\theta^2`, with
    :math:`D, P` the shares of detractors and promoters; with three answers added they are
    the adjusted ones [2]_. With ten answers that truly are 20 % detractors and 50 %
    promoters, intervals of 95 % hold the true score in 94.7, 96.2 and 89.6 % of samples
    (score, adjusted Wald, Wald). Near an end of the range it is fewer, also for "score": in
    the worst case 83 % of 3 to 50 answers, where so many are promoters that one other answer
    is rare.

    The logarithm of :math:`T` is nearly linear in the log odds of the limit's place
    between the score and the end of the range: its slope runs from 1/2 to 3/2, so few
    Newton steps do, and one if all answers are of one class.

    References
    ----------
    .. [1] T. Tango, "Equivalence Test and Confidence Interval for the Difference in
       Proportions for the Paired-Sample Design", Statistics in Medicine 17, 891-908, 1998.
    .. [2] B. Rocks, "Interval Estimation for the Net Promoter Score", The American
       Statistician 70, 365-372, 2016.

    Examples
    --------
    100 answers make a score of 30. How sure is it?

    >>> from loyalkit import net_score_interval
    >>> interval = net_score_interval(detractors=20, passives=30, promoters=50)
    >>> round(interval.low, 2), round(interval.high, 2)
    (13.96, 44.34)

    Three shops at once, of which the second has only praise and the last no answers:

    >>> low, high = net_score_interval(
    ...     detractors=[20, 0, 0], passives=[30, 0, 0], promoters=[50, 10, 0]
    ... )
    >>> low.round(2), high.round(2)
    (array([13.96, 44.49,   nan]), array([ 44.34, 100.  ,    nan]))
    """
    one_of("method", method, _METHODS)
    z = normal_quantile_two_sided(confidence_level(confidence))
    given = {"detractors": detractors, "passives": passives, "promoters": promoters}
    if is_scalar(detractors) and is_scalar(passives) and is_scalar(promoters):
        d, s, p = (count(name, value) for name, value in given.items())
        return Interval(*_limits(d, s, p, z, method), confidence, bounds=(-100.0, 100.0))
    return _limits_of_arrays(given, z, method)


def net_score_difference(
    first: Sequence[int],
    second: Sequence[int],
    *,
    confidence: float = 0.95,
    method: NetScoreMethod = "score",
) -> Difference:
    r"""
    Difference of two net promoter scores from two disjoint groups.

    Parameters
    ----------
    first : sequence of int
        Detractors, passives and promoters of the first group [answers].
    second : sequence of int
        The same of the group it is compared with [answers].
    confidence : float, default 0.95
        Confidence of the interval [fraction].
    method : {"score", "adjusted_wald", "wald"}, default "score"
        How the interval is made: "score" from score limits of each group that allow for
        skewness, "adjusted_wald" and "wald" from the standard errors, with 3/4, 3/2, 3/4
        answers added to each group and as they are.

    Returns
    -------
    Difference
        First score minus second [points]; NaN exactly if a group is empty. The p-value is
        the interval turned round: 1 less the largest confidence at which it leaves out 0,
        so that it is below 5 % exactly if the interval of 95 % does. With "adjusted_wald"
        and "wald" it is that of the z-test with each group's own error; where that is none,
        it is 1 if the scores are equal and 0 if not.

    Raises
    ------
    TypeError
        If a group is not three numbers.
    ValueError
        If a count is negative or fractional, if ``confidence`` is not between 0 and 1, or
        if there is no such method.

    See Also
    --------
    net_score_interval : One score.
    NpsCounts.difference : The same, from two tallies.

    Notes
    -----
    With scores :math:`\theta_i` and limits :math:`l_i, u_i` of each, the limits of the
    difference [1]_ are

    .. math::
        \theta_1 - \theta_2 - \sqrt{(\theta_1 - l_1)^2 + (u_2 - \theta_2)^2}, \quad
        \theta_1 - \theta_2 + \sqrt{(u_1 - \theta_1)^2 + (\theta_2 - l_2)^2}

    The limits of one score solve :math:`T(\theta) = \pm z + g(\theta) (z^2 - 1) / 6` with the
    statistic :math:`T` of `net_score_interval` and the skewness :math:`g` that :math:`T` has
    if the score is :math:`\theta` [2]_. Without :math:`g` they are those of
    `net_score_interval`; few answers, or hardly any but promoters, make the difference.

    They hold for groups without a common customer. The same customers asked twice are not
    independent.

    Of groups truly alike, 1 to 30 answers against 10 to 1000, or 5 to 100 in both, the interval
    of 95 % left out 0, and the p-value was below 5 %, in at most 8 % of samples, mostly in 1 to
    5 %; without the skewness it was up to 18 %. Hardest is a handful without anybody passive:
    of four it was 10 % against 1000 and 12 % against a score known exactly, of 6 to 22 up to
    10 %. Two scores of hardly any but promoters are told apart too rarely. One answer alone
    never brings the p-value below 0.8 %.

    The answers that "adjusted_wald" adds pull a small group harder than a large one.
    Between groups of very unlike size its interval may then miss the difference that was
    observed, and its p-value call equal scores different; "score" does neither.

    References
    ----------
    .. [1] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
       Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.
    .. [2] P. J. Laud, "Equal-Tailed Confidence Intervals for Comparison of Rates",
       Pharmaceutical Statistics 16, 334-348, 2017.

    Examples
    --------
    Is a score of 48 among 100 members more than 30 among 100 other customers?

    >>> from loyalkit import net_score_difference
    >>> difference = net_score_difference((12, 28, 60), (20, 30, 50))
    >>> round(difference.estimate, 2), round(difference.interval.low, 2)
    (18.0, -2.77)
    >>> difference.verdict()
    'unclear'
    """
    groups = class_counts("first", first), class_counts("second", second)
    return difference_of_counts(*groups, confidence, method)


def difference_of_counts(
    a: tuple[int, int, int], b: tuple[int, int, int], confidence: float, method: NetScoreMethod
) -> Difference:
    """`net_score_difference` of counts that were looked at."""
    one_of("method", method, _METHODS)
    z = normal_quantile_two_sided(confidence_level(confidence))
    test = _TESTS[method]
    if not (any(a) and any(b)):
        unknown = Interval(math.nan, math.nan, confidence, bounds=_GAP)
        return Difference(math.nan, unknown, math.nan, test)
    estimate = 100 * (a[2] - a[0]) / sum(a) - 100 * (b[2] - b[0]) / sum(b)
    if method == "score":
        (a_down, a_up), (b_down, b_up) = reaches(*a, z), reaches(*b, z)
        centre, down, up = estimate, math.hypot(a_down, b_up), math.hypot(a_up, b_down)
        p_value = gap_p_value(a, b, estimate)
    else:
        added = _added(method)
        (x, x_error), (y, y_error) = wald_moments(*a, added), wald_moments(*b, added)
        error = math.hypot(x_error, y_error)
        centre, down, up = x - y, z * error, z * error
        p_value = _z_test(centre, error)
    low, high = max(-200.0, centre - down), min(200.0, centre + up)
    return Difference(estimate, Interval(low, high, confidence, bounds=_GAP), p_value, test)


def gap_p_value(a: Classes, b: Classes, difference: float) -> float:
    """1 less the largest confidence at which the "score" interval leaves out 0."""
    if difference == 0:
        return 1.0
    deviate = gap_deviate(a, b, difference) if difference > 0 else gap_deviate(b, a, -difference)
    return normal_two_sided_p(max(0.0, deviate))


def target_score(target: Any) -> float:
    """A score that is aimed at."""
    aim = number("target", target)
    if not -100 <= aim <= 100:
        refuse("target", "must lie from -100 to 100", target)
    return aim


def class_counts(name: str, group: Any) -> tuple[int, int, int]:
    if not isinstance(group, (tuple, Sequence, np.ndarray)) or len(cast(Any, group)) != 3:
        refuse_type(name, "must be detractors, passives and promoters", repr(cast(Any, group)))
    d, s, p = (count(name, value) for value in cast("Sequence[Any]", group))
    return d, s, p


def _z_test(difference: float, error: float) -> float:
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return normal_two_sided_p(difference / error)
