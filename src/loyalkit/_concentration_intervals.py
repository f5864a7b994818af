"""
How sure a measure of concentration is: by its influence function, or by resampling.

Conventions: a standard error is that of a sample of customers drawn independently of one
another. An interval is cut off where no figure can be and contains its estimate; it is NaN
with fewer than two customers or a total of 0.
"""

import math
from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np

from loyalkit._concentration_measures import Floats, Influence, Measure, Resamples
from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._histogram import Histogram
from loyalkit._scalars import confidence_level, count, one_of
from loyalkit.intervals import Interval

IntervalMethod: TypeAlias = Literal["auto", "wald", "bootstrap_t"]
"""How an interval is made; "auto" is Wald's, or the wider to each side where caution is due."""

FEW_CUSTOMERS = 200
"""With fewer customers than this, caution is called for."""

LARGE_SHARE = 0.05
"""With one customer above this share of the total, caution is called for."""

RESAMPLES = 1999
_GROUPS = 4096
_CELLS = 2**18
_ROUNDING = 1e-12


def needs_caution(histogram: Histogram) -> bool:
    """Whether customers are so few, or one so large, that a Wald interval misleads."""
    if histogram.n < FEW_CUSTOMERS:
        return True
    return bool(histogram.values[-1] > LARGE_SHARE * histogram.total)


def standard_error(histogram: Histogram, influence: Influence) -> float:
    """Standard error of what has this influence function."""
    mean = histogram.sum(influence) / histogram.n
    squares = histogram.sum(lambda block: (influence(block) - mean) ** 2)
    return math.sqrt(squares) / histogram.n


def interval(
    measure: Measure, histogram: Histogram, confidence: float, method: IntervalMethod, seed: int
) -> Interval:
    """Interval of a measure by the method asked for."""
    confidence = confidence_level(confidence)
    one_of("method", method, ("auto", "wald", "bootstrap_t"))
    count("seed", seed)
    if not histogram.total or histogram.n < 2:
        return Interval(math.nan, math.nan, confidence)
    estimate = measure.estimate(histogram)
    error = standard_error(histogram, measure.influence(histogram))
    below = above = normal_quantile_two_sided(confidence)
    careful = method == "auto" and needs_caution(histogram)
    if (careful or method == "bootstrap_t") and error > _ROUNDING:
        drawn = _quantiles_of_t(measure, histogram, confidence, seed)
        # With few distinct values the estimate may be the largest of all resamples, and the
        # bootstrap alone would then rule out everything below it.
        below, above = (max(below, x) if careful else x for x in drawn)
    lowest, highest = measure.bounds
    # Where the estimate is biased, all of the t may lie on one side.
    low = min(estimate, max(lowest, estimate - below * error))
    return Interval(low, max(estimate, min(highest, estimate + above * error)), confidence)


def _quantiles_of_t(
    measure: Measure, histogram: Histogram, confidence: float, seed: int
) -> tuple[float, float]:
    """How many errors an interval reaches down and up."""
    values, counts = _grouped(histogram)
    whole = Resamples(values, counts[None, :])
    estimate = float(measure.of_resamples(whole)[0][0, 0])
    drawn = [_studentized(measure, part, estimate) for part in _resamples(values, counts, seed)]
    ordered = np.sort(np.concatenate(drawn))
    tail = (1 - confidence) / 2
    # The order statistic that leaves at most the tail beyond it: no interpolation with infinity.
    rank = min(max(math.floor(tail * (ordered.size + 1)), 1), ordered.size)
    return float(ordered[-rank]), float(-ordered[rank - 1])


def _grouped(histogram: Histogram) -> tuple[Floats, Floats]:
    """
    Values in units of the mean, the largest first, and their counts.

    Beyond some thousand values neighbours are pooled at their mean, all but the largest
    values, so that resampling costs the same for a million customers. The quantiles of t
    do not notice; estimate and error stay those of the customers themselves.
    """
    mean = histogram.total / histogram.n
    values: Floats = np.asarray(histogram.values[::-1] / mean, np.float64)
    counts = histogram.counts[::-1].astype(np.float64)
    if values.size <= _GROUPS:
        return values, counts
    pooled = np.linspace(_GROUPS // 2, values.size, _GROUPS // 2, endpoint=False).astype(np.int64)
    first = np.concatenate((np.arange(_GROUPS // 2), pooled))
    customers = np.add.reduceat(counts, first)
    return np.add.reduceat(values * counts, first) / customers, customers


def _resamples(values: Floats, counts: Floats, seed: int) -> Iterator[Resamples]:
    generator, n = np.random.default_rng(seed), int(counts.sum())
    rows = max(1, _CELLS // values.size)
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        drawn = generator.multinomial(n, counts / n, size).astype(np.float64)
        # Nobody can know a measure of customers who are worth nothing.
        known = drawn[(drawn @ values) > 0]
        if known.size:
            yield Resamples(values, known)


def _studentized(measure: Measure, resamples: Resamples, truth: float) -> Floats:
    """Distance of each estimate from the truth in its own standard errors."""
    estimates, influence = measure.of_resamples(resamples)
    n, counts = resamples.n, resamples.counts
    means = (counts * influence).sum(axis=1, keepdims=True) / n
    errors: Floats = np.sqrt((counts * (influence - means) ** 2).sum(axis=1)) / n
    distance: Floats = estimates[:, 0] - truth
    distance[np.abs(distance) < _ROUNDING] = 0
    # Equal customers are off by infinitely many errors of their own, unless they are right.
    known = np.where(errors > _ROUNDING, errors, 1)
    beyond = np.copysign(math.inf, distance)
    return np.where((errors > _ROUNDING) | (distance == 0), distance / known, beyond)
