"""
How many answers a survey needs: for a margin, for a difference worth seeing.

Conventions: margins and differences are in points of the net promoter score, variances are
those of one answer that counts -1, 0 or 1, so at most 1. Answers are answers: how many
people to ask for them depends on how many answer, and whether those who do not would have
answered alike no number of answers can tell.
"""

import math
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts, frozen
from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._messages import refuse, refuse_first
from loyalkit._scalars import Number, confidence_level, count, fraction, is_scalar, number, one_of
from loyalkit.net_scores import NetScoreMethod

_METHODS = ("score", "adjusted_wald", "wald")


def answers_needed(
    margin: float,
    *,
    confidence: float = 0.95,
    variance: float = 1.0,
    population: int | None = None,
    method: NetScoreMethod = "score",
) -> int:
    r"""
    Count the answers that make a net promoter score sure to a margin.

    Parameters
    ----------
    margin : float
        Half the width of the interval aimed at, above 0 and up to 100 [points].
    confidence : float, default 0.95
        Confidence of the interval [fraction].
    variance : float, default 1.0
        Variance of one answer, as `NpsCounts.variance` has it from the last survey. The
        default is the worst case: half detractors, half promoters.
    population : int, optional
        How many there are to ask, if all answers come from a list of so many [customers].
        Left out, there is no end of them.
    method : {"score", "adjusted_wald", "wald"}, default "score"
        The interval that will be made. "adjusted_wald" brings three answers of its own.

    Returns
    -------
    int
        Answers needed, at least 1 [answers].

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``margin`` is not above 0 and up to 100, ``variance`` not above 0 and up to 1,
        ``population`` not at least 1, if ``confidence`` is not between 0 and 1, or if there
        is no such method.

    See Also
    --------
    margin_of_error : The other way round.
    answers_needed_to_compare : For a difference of two scores.

    Notes
    -----
    With the variance :math:`V` and the margin :math:`E` as a fraction of 100 points,
    :math:`n = z^2 V / E^2`, of which a population of :math:`N` leaves
    :math:`n / (1 + (n - 1) / N)`. That is Wald's formula. It stands for the score interval
    too, whose width depends on more than the variance, and asks for hardly too much: with
    20 % detractors and 50 % promoters (:math:`V = 0.61`) the score interval itself comes to 10
    points with 233 answers instead of 235, and at worst (:math:`V = 1`) to 5 points with 1533
    instead of 1537. "adjusted_wald" needs three fewer than Wald [1]_, which are no part of the
    population: of :math:`N` it takes :math:`n (N + 3) / (N - 1 + n) - 3`.

    References
    ----------
    .. [1] J. R. Lewis and J. Sauro, Quantifying the User Experience, 2nd ed. Cambridge, MA:
       Morgan Kaufmann, 2016.

    Examples
    --------
    How many answers until a score is sure to 10 points, if it is like last year's? And to 5,
    whatever it is?

    >>> from loyalkit import NpsCounts, answers_needed
    >>> last_year = NpsCounts(detractors=20, passives=30, promoters=50)
    >>> answers_needed(10, variance=last_year.variance), answers_needed(5)
    (235, 1537)

    A business with 300 customers needs fewer:

    >>> answers_needed(5, population=300)
    252
    """
    width = _points("margin", margin, 100)
    z = normal_quantile_two_sided(confidence_level(confidence))
    needed = z * z * _variance("variance", variance) / (width / 100) ** 2
    if population is not None:
        size = _population(population)
        needed *= (size + _added(method)) / (size - 1 + needed)
    return _whole(needed, method)


def answers_needed_to_compare(
    difference: float,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    variance: float = 1.0,
    other_variance: float | None = None,
    others_per_answer: float = 1.0,
    method: NetScoreMethod = "score",
) -> int:
    r"""
    Count the answers of each of two groups that show a difference of their scores.

    Parameters
    ----------
    difference : float
        Smallest difference worth seeing, in either direction, not 0 [points].
    power : float, default 0.8
        Probability of seeing a difference of this size, if it is there [fraction].
    confidence : float, default 0.95
        Confidence of the comparison [fraction].
    variance : float, default 1.0
        Variance of one answer of the first group, as `NpsCounts.variance` has it.
    other_variance : float, optional
        The same of the other group; left out, the two are alike.
    others_per_answer : float, default 1.0
        Answers of the other group for each of the first.
    method : {"score", "adjusted_wald", "wald"}, default "score"
        The comparison that will be made. "adjusted_wald" brings three answers of its own.

    Returns
    -------
    int
        Answers of the first group, at least 1; those of the other are
        ``others_per_answer`` times as many [answers].

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``difference`` is 0 or beyond 200, ``power`` not from 0.5 to below 1, a variance
        not above 0 and up to 1, ``others_per_answer`` not from 1e-6 to 1e6, if
        ``confidence`` is not between 0 and 1, or if there is no such method.

    See Also
    --------
    answers_needed : One score.
    NpsCounts.difference : The comparison to be made with them.

    Notes
    -----
    With :math:`k` answers of the other group for each of the first, and the difference
    :math:`\delta` as a fraction of 100 points,

    .. math:: n = \frac{(z_{\alpha/2} + z_\beta)^2 (V_1 + V_2 / k)}{\delta^2}

    It is for two groups without a common person, and for one comparison: of ten groups
    against each other, 45 are made.

    Examples
    --------
    How many answers of each branch show that one of them is 10 points better?

    >>> from loyalkit import answers_needed_to_compare
    >>> answers_needed_to_compare(10, variance=0.61), answers_needed_to_compare(10)
    (958, 1570)
    """
    gap = _points("difference", abs(number("difference", difference)), 200)
    share, ratio = fraction("power", power), number("others_per_answer", others_per_answer)
    if not 0.5 <= share < 1:
        refuse("power", "must be at least 0.5 and less than 1", power)
    if not 1e-6 <= ratio <= 1e6:
        refuse("others_per_answer", "must be from 1e-6 to 1e6", others_per_answer)
    own = _variance("variance", variance)
    other = own if other_variance is None else _variance("other_variance", other_variance)
    z = normal_quantile_two_sided(confidence_level(confidence))
    # The quantile of the power is that which holds 2 power - 1 between itself and its mirror.
    reach = z + normal_quantile_two_sided(2 * share - 1)
    return _whole(reach**2 * (own + other / ratio) / (gap / 100) ** 2, method)


@overload
def margin_of_error(
    n: Number,
    *,
    confidence: float = ...,
    variance: float = ...,
    population: int | None = ...,
    method: NetScoreMethod = ...,
) -> float: ...
@overload
def margin_of_error(
    n: ArrayLike,
    *,
    confidence: float = ...,
    variance: float = ...,
    population: int | None = ...,
    method: NetScoreMethod = ...,
) -> NDArray[np.float64]: ...
def margin_of_error(
    n: ArrayLike,
    *,
    confidence: float = 0.95,
    variance: float = 1.0,
    population: int | None = None,
    method: NetScoreMethod = "score",
) -> float | NDArray[np.float64]:
    r"""
    Half the width of the interval that so many answers will make.

    Once the answers are there, `NpsCounts.interval` says it better: its two sides differ.

    Parameters
    ----------
    n : array_like
        Answers planned [answers].
    confidence : float, default 0.95
        Confidence of the interval [fraction].
    variance : float, default 1.0
        Variance of one answer, as `NpsCounts.variance` has it from the last survey. The
        default is the worst case.
    population : int, optional
        How many there are to ask, if all answers come from a list of so many [customers].
    method : {"score", "adjusted_wald", "wald"}, default "score"
        The interval that will be made. "adjusted_wald" brings three answers of its own.

    Returns
    -------
    float or ndarray of float64
        Margin, at most 100 [points]; a float if ``n`` is a scalar. NaN exactly where there
        are no answers.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``n`` is negative, fractional or more than ``population``, ``variance`` not above
        0 and up to 1, ``population`` not at least 1, if ``confidence`` is not between 0 and
        1, or if there is no such method.

    See Also
    --------
    answers_needed : The other way round, with the formula.

    Notes
    -----
    With :math:`n` answers of a population of :math:`N`, it is
    :math:`z \sqrt{V / n}`, times :math:`\sqrt{(N - n) / (N - 1)}`.

    Examples
    --------
    The budget allows 400 answers. How sure will the score be, at worst?

    >>> from loyalkit import margin_of_error
    >>> round(margin_of_error(400), 1)
    9.8
    """
    one_of("method", method, _METHODS)
    z = normal_quantile_two_sided(confidence_level(confidence))
    spread = _variance("variance", variance)
    answers = np.asarray(count("n", n)) if is_scalar(n) else counts("n", n)
    with np.errstate(divide="ignore"):
        margin = 100 * z * np.sqrt(spread / (answers + float(_added(method))))
    if population is not None:
        size = _population(population)
        refuse_first("n", f"must not exceed population={size}", answers, answers > size)
        margin = margin * np.sqrt((size - answers) / max(size - 1, 1))
    margin = np.where(answers > 0, np.minimum(margin, 100), np.nan)
    return float(margin) if is_scalar(n) else frozen(margin)


def _points(name: str, value: Any, most: float) -> float:
    points = number(name, value)
    if not 1e-6 <= points <= most:
        refuse(name, f"must be above 0 (1e-6 or more) and at most {most:g} points", value)
    return points


def _variance(name: str, value: Any) -> float:
    variance = number(name, value)
    if not 0 < variance <= 1:
        refuse(name, "must be above 0 and at most 1", value)
    return variance


def _population(value: Any) -> int:
    size = count("population", value)
    if size < 1:
        refuse("population", "must be at least 1", value)
    return size


def _added(method: NetScoreMethod) -> int:
    one_of("method", method, _METHODS)
    return 3 if method == "adjusted_wald" else 0


def _whole(needed: float, method: NetScoreMethod) -> int:
    # What exceeds a whole number by rounding only is that number.
    return max(1, math.ceil(needed * (1 - 1e-12)) - _added(method))
