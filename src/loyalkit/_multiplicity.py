"""
Several comparisons at once: p-values that allow for how many they are.

Conventions: a p-value that nobody can know is NaN, stays NaN and does not count.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike, n_known: int) -> NDArray[np.float64]:
    """P-values after Holm's step-down, for so many comparisons that can be made."""
    given = np.asarray(p_values, np.float64)
    order = np.argsort(given, kind="stable")  # NaN comes last
    raised = (n_known - np.arange(given.size)) * given[order]
    adjusted = np.empty(given.size)
    adjusted[order] = np.maximum.accumulate(np.minimum(raised, 1.0))
    return adjusted
