"""
The few distribution functions that intervals and tests need, without SciPy.

Conventions: quantiles take a probability, tails give one; both are double precision.
"""

import math
from functools import lru_cache
from statistics import NormalDist


@lru_cache(maxsize=64)
def normal_quantile_two_sided(confidence: float) -> float:
    """Distance from the mean, in standard errors, that holds this much probability."""
    # The tail, not (1 + confidence) / 2, which rounds to 1 for confidence near 1.
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def normal_two_sided_p(z: float) -> float:
    """Probability of a standard normal value at least as far from 0 as z; NaN for NaN."""
    return math.erfc(abs(z) / math.sqrt(2))
