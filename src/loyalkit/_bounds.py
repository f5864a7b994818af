"""
Shares of which only the fewest and the most are known.

Conventions: counts are of customers, shares are fractions of all of them. Where nothing
is unknown, fewest and most are equal and the figures are the usual ones.
"""

import math
from typing import NamedTuple

from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval


class Counted(NamedTuple):
    """Customers who certainly have a property, those who may have it, and all of them."""

    fewest: int
    most: int
    n: int

    def interval(self, confidence: float) -> Interval:
        """Wilson's low end of the fewest to his high end of the most."""
        low = wilson_interval(self.fewest, self.n, confidence=confidence).low
        high = wilson_interval(self.most, self.n, confidence=confidence).high
        return Interval(low, high, confidence, bounds=(0.0, 1.0))

    def difference(self, other: "Counted", confidence: float) -> Difference:
        """Newcombe's difference; without estimate and test where customers are unsettled."""
        least = newcombe_difference(self.fewest, self.n, other.most, other.n, confidence=confidence)
        if self.fewest == self.most and other.fewest == other.most:
            return least
        most = newcombe_difference(self.most, self.n, other.fewest, other.n, confidence=confidence)
        low, high = least.interval.low, most.interval.high
        interval = Interval(low, high, confidence, bounds=(-1.0, 1.0))
        return Difference(math.nan, interval, math.nan, "none, since customers are unsettled")
