"""
How sure a number is that is expected of likelihoods, or of the rates of others.

Conventions: numbers are customers, not shares; limits stay from 0 to all customers.
"""

import math

import numpy as np
from numpy.typing import NDArray

from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._scalars import confidence_level
from loyalkit.intervals import Interval, wilson_interval, wilson_limits


def likelihood_interval(total: float, n: float, confidence: float) -> Interval:
    """
    Interval for the mean of n likelihoods that add up to a total.

    It is Wilson's, as if so many of n had done it; NaN for n = 0. A likelihood varies no
    more than a yes or no of the same mean, so that it errs on the wide side.
    """
    z = normal_quantile_two_sided(confidence_level(confidence))
    return Interval(*wilson_limits(total, n, z), confidence, bounds=(0.0, 1.0))


def expected_limits(
    customers: NDArray[np.float64],
    hits: NDArray[np.int64],
    trials: NDArray[np.int64],
    confidence: float,
) -> tuple[float, float]:
    """
    Limits of how many of some customers will, by rates seen in groups of others.

    The wider of two intervals, as each is too narrow for some groups of few: the distances
    to Wilson's limits of each rate, combined by their squares, forget in which direction a
    rate of 0 or 1 is sure to err; Wilson's interval of the effective size that one more
    hit and one more miss in each group lead to is off where a few seen stand for many.
    """
    whole = float(customers.sum())
    if not whole:
        return 0.0, 0.0
    rates = hits / trials
    expected = float(customers @ rates)
    low, high = wilson_interval(hits, trials, confidence=confidence)
    down, up = math.hypot(*(customers * (rates - low))), math.hypot(*(customers * (high - rates)))
    share, smooth = customers / whole, (hits + 1) / (trials + 2)
    mean = float(share @ smooth)
    variance = float(share**2 @ (smooth * (1 - smooth) / trials))
    size = mean * (1 - mean) / variance
    other = likelihood_interval(expected / whole * size, size, confidence)
    return (
        max(0.0, min(expected - down, whole * other.low)),
        min(whole, max(expected + up, whole * other.high)),
    )
