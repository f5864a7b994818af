"""
How far a net score lies from what may be true, with the skewness of few answers allowed for.

Conventions: scores, gaps and reaches are in points, counts need not be whole. A deviate is
how far a figure lies out in terms of a normal distribution: 1.96 leaves 5 % beyond it on
both sides. In formulas d, s, p are detractors, passives and promoters, n is their sum.
"""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import TypeAlias

Classes: TypeAlias = tuple[float, float, float]
"""Detractors, passives and promoters."""

_END = 40.0
"""Log odds beyond which nothing changes any more."""

_FAR, _TINY = 1e100, 1e-300
_CLOSE = 1e-9


def reaches(d: float, s: float, p: float, z: float) -> tuple[float, float]:
    """Distances from the score down and up to where it has the deviate z."""
    return _reach(d, s, p, z), _reach(p, s, d, z)


def gap_deviate(first: Classes, second: Classes, gap: float) -> float:
    """
    The deviate at which the reaches of two scores, combined, just make up their gap.

    At most 0 if they exceed it at any deviate. The gap is first score minus second, above 0.
    """
    (d, s, p), (other_d, other_s, other_p) = first, second
    n, m = d + s + p, other_d + other_s + other_p
    high, low, lesser = (s + 2 * d) / n, (other_s + 2 * other_p) / m, 0.0
    d, p, other_d, other_p, gap = d / n, p / n, other_d / m, other_p / m, gap / 100

    def error(log_ratio: float) -> float:
        nonlocal lesser
        ratio = exp(log_ratio)
        long = sqrt(1 + ratio * ratio)
        up = gap / long
        # What is left is the gap to the end of the range less a reach, without the cancellation.
        one = _deviate(ratio * up, low + up / (long + ratio), d, p, n)
        # The second score lies below what may be true of it: seen in a mirror, above.
        other = _deviate(up, high + up * ratio * ratio / (long + 1), other_p, other_d, m)
        # Where no ratio makes them equal, one of the groups need not reach out at all.
        lesser = min(one, other)
        return 2 * (one - other) / (abs(one) + abs(other) + _TINY)

    _root(error, log(m / n) / 2)
    return lesser


def _reach(d: float, s: float, p: float, z: float) -> float:
    n = d + s + p
    if d == n or z == 0:
        return 0.0
    room, d, p = (s + 2 * p) / n, d / n, p / n

    def error(log_odds: float) -> float:
        odds = exp(log_odds)
        left = room / (1 + odds)
        deviate = _deviate(odds * left, left, d, p, n)
        return 2 * (deviate - z) / (abs(deviate) + z)

    # The sum of the odds that are about right if all answers are of one class, and of Wald's.
    deviations = z / sqrt(n)
    wald = deviations * sqrt((d + p) * s / n + 4 * d * p) / room
    log_odds = _root(error, log(deviations**2 + wald))
    return 0.0 if log_odds < 1 - _END else 100 * room / (1 + exp(-log_odds))


def _deviate(below: float, left: float, d: float, p: float, n: float) -> float:
    """Deviate of a score, made of shares d and p, if the truth lies so far below and above -1."""
    theta = p - d - below
    # Of the shares that make the score theta, those fit best in which the class theta
    # speaks against has the share q with 2 q^2 + b q = against * spread.
    if theta >= 0:
        size, end, against = theta, 1 - theta, d
    else:
        size, end, against = -theta, left, p
    spread = size * end
    b = size + size - theta * (p - d) - d - p
    root = sqrt(b * b + 8 * against * spread)
    double_q = (root - b) / 2 if b < 0 else 4 * against * spread / (root + b + _TINY)
    variance = double_q + spread
    if variance <= 0:
        return _FAR
    error = sqrt(variance / n)
    third = theta * (end * (1 - size - size) - 3 * double_q)
    skewness = third / (6 * n * variance * error)
    # Cornish and Fisher: below / error = z + skewness * (z^2 - 1), solved for z.
    lifted = below / error + skewness
    square = 1 + 4 * skewness * lifted
    return 2 * lifted / (1 + sqrt(square)) if square > 0 else 2 * lifted


def _root(error: Callable[[float], float], place: float) -> float:
    """
    Where an error that rises with a slope of nearly 1 is 0, or the end beyond which it is.

    Every place tried becomes an end of what is left, so that none is tried twice.
    """
    low, high = -_END, _END
    here, slope, moved = error(place), 0.85, 1.0
    while True:
        if here < 0:
            low = place
        else:
            high = place
        step = place - here / slope
        if not low < step < high:
            step = (low + high) / 2
        before, moved = moved, step - place
        # A secant's error is of the size of the product of its last two steps.
        if -_CLOSE < moved * before < _CLOSE:
            return step
        last, place, here = here, step, error(step)
        slope = (here - last) / moved
        if not 0.05 < slope < 2:
            slope = 0.05 if slope < 1 else 2.0
