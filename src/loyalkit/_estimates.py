"""
An estimate and its standard error: the interval and the test that follow from them.

Conventions: an error that is nothing but rounding says that the data show no variation
to judge by; interval and p-value are then NaN, not certain.
"""

import math

from loyalkit._distributions import (
    normal_quantile_two_sided,
    normal_two_sided_p,
    student_quantile_two_sided,
    student_two_sided_p,
)
from loyalkit._scalars import confidence_level
from loyalkit.intervals import Difference, Interval

_ROUNDING = 1e-12


def estimated(
    estimate: float,
    error: float,
    test: str,
    confidence: float,
    *,
    limit: float = math.inf,
    scale: float = 1.0,
    degrees: float = math.inf,
) -> Difference:
    """
    Estimate with interval and p-value, by Student's t if it has degrees of freedom.

    The interval ends at ``limit`` in either direction; errors far below ``scale``, the
    size of the figures behind the estimate, are rounding.
    """
    confidence = confidence_level(confidence)
    if not error > _ROUNDING * scale:
        return Difference(estimate, Interval(math.nan, math.nan, confidence), math.nan, test)
    if degrees < math.inf:
        reach = student_quantile_two_sided(confidence, degrees) * error
        p_value = student_two_sided_p(estimate / error, degrees)
    else:
        reach = normal_quantile_two_sided(confidence) * error
        p_value = normal_two_sided_p(estimate / error)
    low, high = max(-limit, estimate - reach), min(limit, estimate + reach)
    return Difference(estimate, Interval(low, high, confidence), p_value, test)
