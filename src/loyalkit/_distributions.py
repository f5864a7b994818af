"""
The few distribution functions that intervals and tests need, without SciPy.

Conventions: quantiles take a probability, tails give one; both are double precision.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count

_EPSILON = 2.0**-53


@lru_cache(maxsize=64)
def normal_quantile_two_sided(confidence: float) -> float:
    """Distance from the mean, in standard errors, that holds this much probability."""
    import statistics  # here, since it brings much along that `import loyalkit` can do without

    # The tail, not (1 + confidence) / 2, which rounds to 1 for confidence near 1.
    return -statistics.NormalDist().inv_cdf((1 - confidence) / 2)


def normal_two_sided_p(z: float) -> float:
    """Probability of a standard normal value at least as far from 0 as z; NaN for NaN."""
    return math.erfc(abs(z) / math.sqrt(2))


# ---------------------------------------------------------------- chi-square


def chi_square_p(statistic: float, degrees: float) -> float:
    """Probability of a chi-square value at least this large; NaN for NaN."""
    shape, x = degrees / 2, statistic / 2
    if not 0 < x < math.inf:
        return math.nan if math.isnan(x) else float(x <= 0)
    density = math.exp(-shape * _deviance(x, shape) - _stirling(shape))
    density *= math.sqrt(shape / (2 * math.pi))
    if x < shape + 1:
        return 1 - density / shape * _gamma_series(shape, x)
    pairs = ((k * (shape - k), x - shape + 2 * k + 1) for k in count(1))
    return density / _continued_fraction(x - shape + 1, pairs)


def _gamma_series(shape: float, x: float) -> float:
    term = total = 1.0
    for k in count(1):
        term *= x / (shape + k)
        total += term
        if term < _EPSILON * total:
            break
    return total


def _deviance(x: float, a: float) -> float:
    """The function e - ln(1 + e) of e = x / a - 1, exact where x is close to a."""
    e = (x - a) / a
    if abs(e) > 0.3:
        return e - math.log(x / a)
    # ln(1 + e) is 2 (s + s**3 / 3 + s**5 / 5 + ...), and e - 2 s is s e.
    s = e / (2 + e)
    return s * (e - 2 * sum(s ** (2 * k) / (2 * k + 1) for k in range(1, 11)))


def _stirling(a: float) -> float:
    """What Stirling's formula lacks: ln gamma(a) - (a - 1/2) ln a + a - ln(2 pi) / 2."""
    if a < 16:
        return math.lgamma(a) - (a - 0.5) * math.log(a) + a - math.log(2 * math.pi) / 2
    b = 1 / (a * a)
    return (1 / 12 - b * (1 / 360 - b * (1 / 1260 - b * (1 / 1680 - b / 1188)))) / a


def _continued_fraction(first: float, pairs: Iterable[tuple[float, float]]) -> float:
    """First + a1 / (b1 + a2 / (b2 + ...)), by the method of Lentz."""
    value = upper = first
    lower = 0.0
    for a, b in pairs:
        upper, lower = b + a / upper, 1 / (b + a * lower)
        value *= upper * lower
        if abs(upper * lower - 1) < 2 * _EPSILON:
            break
    return value


# ---------------------------------------------------------------- Student's t


def student_two_sided_p(t: float, degrees: float) -> float:
    """Probability of a value of Student's t at least as far from 0 as t; NaN for NaN."""
    if math.isnan(t) or math.isinf(t):
        return t if math.isnan(t) else 0.0
    return _within_and_beyond(abs(t), degrees)[1]


@lru_cache(maxsize=64)
def student_quantile_two_sided(confidence: float, degrees: float) -> float:
    """Distance from the mean, in standard errors, that holds this much probability."""
    beyond = confidence > 0.5
    target = 1 - confidence if beyond else confidence
    low, high, t = 0.0, math.inf, normal_quantile_two_sided(confidence)
    while True:
        reached = _within_and_beyond(t, degrees)[beyond]
        low, high = (t, high) if (reached < target) != beyond else (low, t)
        # Newton's step on logarithms, since a tail is close to a power of t.
        slope = _times_density(t, degrees) / reached if reached else 0.0
        move = math.log(target / reached) / slope if slope else 0.0
        step = t * math.exp(max(-2.0, min(2.0, -move if beyond else move)))
        if not low < step < high:
            step = (low + high) / 2 if high < math.inf else 2 * t
        if abs(step - t) <= 4 * _EPSILON * t or step in (low, high):
            return step
        t = step


def _within_and_beyond(t: float, degrees: float) -> tuple[float, float]:
    """Probability within t of 0 and beyond, the smaller of them to full precision."""
    a, u = degrees / 2, t / math.sqrt(degrees)
    front = _times_density(t, degrees)
    if u * u * (a + 1) < 1.5:
        y = u * u / (1 + u * u)
        within = front / _continued_fraction(1, _beta_pairs(a, y))
        return within, 1 - within
    # In terms of 1 / u**2, which is exact where 1 - u**2 / (1 + u**2) is not.
    beyond = front * (1 + u**-2) / degrees / _continued_fraction(1, _tail_pairs(a, u**-2))
    return 1 - beyond, beyond


def _times_density(t: float, degrees: float) -> float:
    """Distance from 0 times its density."""
    a, u = degrees / 2, t / math.sqrt(degrees)
    stretch = math.hypot(1, u)
    log_stretch = math.log1p(u * u) / 2 if u < 1 else math.log(stretch)
    log_gammas = a * math.log1p(0.5 / a) - 0.5 + _stirling(a + 0.5) - _stirling(a)
    return 2 * math.sqrt(a / math.pi) * math.exp(log_gammas - degrees * log_stretch) * u / stretch


def _beta_pairs(a: float, y: float) -> Iterator[tuple[float, float]]:
    """Continued fraction of the incomplete beta function of 1/2 and a."""
    for k in count():
        n = 2 * k + 0.5
        yield -(k + 0.5) * (a + k + 0.5) * y / (n * (n + 1)), 1.0
        yield (k + 1) * (a - k - 1) * y / ((n + 1) * (n + 2)), 1.0


def _tail_pairs(a: float, w: float) -> Iterator[tuple[float, float]]:
    """Gauss's continued fraction of the hypergeometric function of 1/2, 1, a + 1 at -w."""
    for k in count():
        n = a + 2 * k
        yield (k + 0.5) * (a + k) * w / (n * (n + 1)), 1.0
        yield (k + 1) * (a + k + 0.5) * w / ((n + 1) * (n + 2)), 1.0
