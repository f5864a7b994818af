"""
The same customers looked at twice: more of them went one way than the other, or not.

Conventions: counts are of customers, differences are fractions of all of them.
"""

import math

from loyalkit._distributions import normal_two_sided_p
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import net_score_interval

EXACT_UP_TO = 1000
"""Most customers who changed for McNemar's test to be exact [customers]."""


def paired_difference(gained: int, dropped: int, n: int, confidence: float) -> Difference:
    """Share who gained less share who dropped: Tango's interval, McNemar's test."""
    points = net_score_interval(
        detractors=dropped,
        passives=n - gained - dropped,
        promoters=gained,
        confidence=confidence,
    )
    estimate = (gained - dropped) / n if n else math.nan
    interval = Interval(points.low / 100, points.high / 100, confidence)
    changed = gained + dropped
    exact = changed <= EXACT_UP_TO
    test = "McNemar's test, exact" if exact else "McNemar's test"
    if not n:
        return Difference(estimate, interval, math.nan, test)
    p_value = (
        _sign_test(min(gained, dropped), changed)
        if exact
        else normal_two_sided_p((gained - dropped) / math.sqrt(changed))
    )
    return Difference(estimate, interval, p_value, test)


def _sign_test(fewer: int, changed: int) -> float:
    """Probability of a split of fair coins at least as uneven, computed in whole numbers."""
    ways = sum(math.comb(changed, k) for k in range(fewer + 1))
    return min(1.0, 2 * ways / (1 << changed))
