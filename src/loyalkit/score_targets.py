"""
One net promoter score against a target: a goal, last year's figure, what a rival reports.

Conventions: scores, targets and limits are in points; the difference is score - target. The
target is a number without error of its own: two scores that both come from answers are
compared by `net_score_difference`.
"""

import math
from collections.abc import Sequence

from loyalkit._distributions import normal_two_sided_p
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import (
    NetScoreMethod,
    class_counts,
    net_score_interval,
    score_statistic,
    target_score,
    wald_moments,
)

__all__ = ["net_score_against"]

_TESTS = {
    "score": "score test",
    "adjusted_wald": "z-test, (3/4, 3/2, 3/4) answers added",
    "wald": "z-test",
}


def net_score_against(
    counts: Sequence[int],
    target: float,
    *,
    confidence: float = 0.95,
    method: NetScoreMethod = "score",
) -> Difference:
    r"""
    Compare a net promoter score with a target.

    Parameters
    ----------
    counts : sequence of int
        Detractors, passives and promoters [answers].
    target : float
        The score aimed at, -100 to 100 [points].
    confidence : float, default 0.95
        Confidence of the interval [fraction].
    method : {"score", "adjusted_wald", "wald"}, default "score"
        How interval and p-value are made, as for `net_score_interval`.

    Returns
    -------
    Difference
        Score minus target [points]; NaN exactly if there are no answers. The interval is
        that of the score less the target, and the p-value its exact dual: it is below 5 %
        exactly if the interval of 95 % leaves out 0. Where Wald's error is none, its p-value
        is 1 if the score is on the target and 0 if not.

    Raises
    ------
    TypeError
        If ``counts`` is not three numbers, or ``target`` is not a number.
    ValueError
        If a count is negative or fractional, if ``target`` is not a possible score, if
        ``confidence`` is not between 0 and 1, or if there is no such method.

    See Also
    --------
    net_score_interval : The range of the score.
    net_score_difference : Two scores, each with an error of its own.

    Notes
    -----
    The score statistic :math:`T(\theta_0)` of [1]_ takes the error of the score as it would
    be if the target were true. Against a target of 0 it is McNemar's
    :math:`(p - d) / \sqrt{p + d}`. With few answers its p-values are close, not exact, and
    near the ends of the range too small: of 3 to 50 answers that are on a target of nearly
    100, up to 17 % lie below 5 %. `net_score_difference` allows for that.

    References
    ----------
    .. [1] T. Tango, "Equivalence Test and Confidence Interval for the Difference in
       Proportions for the Paired-Sample Design", Statistics in Medicine 17, 891-908, 1998.

    Examples
    --------
    The goal was 20 points, and 100 answers make 30. Is the goal surely passed?

    >>> from loyalkit import net_score_against
    >>> found = net_score_against((20, 30, 50), 20)
    >>> found.estimate, round(found.p_value, 3), found.verdict()
    (10.0, 0.215, 'unclear')
    """
    aim = target_score(target)
    d, s, p = class_counts("counts", counts)
    limits = net_score_interval(
        detractors=d, passives=s, promoters=p, confidence=confidence, method=method
    )
    bounds = (-100 - aim, 100 - aim)
    interval = Interval(limits.low - aim, limits.high - aim, confidence, bounds=bounds)
    if d + s + p == 0:
        return Difference(math.nan, interval, math.nan, _TESTS[method])
    estimate: float = wald_moments(d, s, p, 0)[0] - aim
    if method == "score":
        statistic = score_statistic(d, s, p, aim)
    else:
        centre, error = wald_moments(d, s, p, 0.75 if method == "adjusted_wald" else 0)
        statistic = (centre - aim) / error if error else math.copysign(math.inf, centre - aim)
        statistic = statistic if centre != aim else 0.0
    return Difference(estimate, interval, normal_two_sided_p(statistic), _TESTS[method])
