"""
Shares of groups in which some customers are not settled: from one extreme to the other.

Conventions: a share is (how many, of how many); the lowest and the highest are what it
is if customers who are not settled lower or raise it most.
"""

import math
from typing import TypeAlias

from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._scalars import confidence_level
from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval

Share: TypeAlias = tuple[int, int]
"""How many of how many."""


def share_interval(lowest: Share, highest: Share, confidence: float) -> Interval:
    """From the Wilson limit below the lowest share to that above the highest."""
    low = wilson_interval(*lowest, confidence=confidence).low
    high = wilson_interval(*highest, confidence=confidence).high
    return Interval(low, high, confidence, bounds=(0.0, 1.0))


def share_difference(
    estimate: float,
    shares: tuple[Share, Share],
    other_shares: tuple[Share, Share],
    confidence: float,
) -> Difference:
    """
    Compare two shares, each given as its lowest and its highest.

    The interval covers every case, the p-value is that of the case that speaks most
    against a difference.
    """
    (lowest, highest), (other_lowest, other_highest) = shares, other_shares
    least = newcombe_difference(*lowest, *other_highest, confidence=confidence)
    most = newcombe_difference(*highest, *other_lowest, confidence=confidence)
    interval = Interval(least.interval.low, most.interval.high, confidence, bounds=(-1.0, 1.0))
    if least == most:
        return Difference(estimate, interval, least.p_value, least.test)
    p_value = least.p_value if least.estimate > 0 else most.p_value
    if least.estimate <= 0 <= most.estimate:
        p_value = 1.0
    test = f"{least.test}; customers not settled count against it"
    return Difference(estimate, interval, p_value, test)


def likelihood_interval(total: float, n: int, confidence: float) -> Interval:
    """
    Interval for the mean of n likelihoods that add up to a total.

    It is Wilson's, as if so many of n had done it; NaN for n = 0. A likelihood varies no
    more than a yes or no of the same mean, so that it errs on the wide side.
    """
    z = normal_quantile_two_sided(confidence_level(confidence))
    if not n:
        return Interval(math.nan, math.nan, confidence, bounds=(0.0, 1.0))
    total = min(max(0.0, total), float(n))
    half = z * math.sqrt(total * ((n - total) / n) + z * z / 4)
    low, high = (total + z * z / 2 - half) / (n + z * z), (total + z * z / 2 + half) / (n + z * z)
    share = total / n
    return Interval(
        max(0.0, min(low, share)), min(1.0, max(high, share)), confidence, bounds=(0.0, 1.0)
    )
