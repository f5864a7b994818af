"""
Shares of groups in which some customers are not settled: from one extreme to the other.

Conventions: a share is (how many, of how many); the lowest and the highest are what it
is if customers who are not settled lower or raise it most.
"""

from typing import TypeAlias

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
    return between_extremes(estimate, least, most, (-1.0, 1.0))


def between_extremes(
    estimate: float, least: Difference, most: Difference, bounds: tuple[float, float]
) -> Difference:
    """One difference that covers all between the least and the most that it can be."""
    ends = least.interval.low, most.interval.high
    interval = Interval(*ends, least.interval.confidence, bounds=bounds)
    if least == most:
        return Difference(estimate, interval, least.p_value, least.test)
    p_value = least.p_value if least.estimate > 0 else most.p_value
    if least.estimate <= 0 <= most.estimate:
        p_value = 1.0
    test = f"{least.test}; customers not settled count against it"
    return Difference(estimate, interval, p_value, test)
