"""
How often intervals of 95 % for concentration hold the truth, by simulation.

Customers are drawn from populations whose figures are known in closed form; "auto" is what
a caller gets who asks for no method. Run ``python -m benchmarks.concentration_coverage``,
with ``--samples`` for more or fewer samples per line.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from loyalkit import Concentration, Interval

SIZES = (50, 200, 1000)
METHODS = ("wald", "bootstrap_t", "auto")
NORMAL = NormalDist()


class Population(NamedTuple):
    """Customers to draw from: their concentration curve, their Gini and a draw of n of them."""

    name: str
    curve: Callable[[float], float]
    gini: float
    draw: Callable[[np.random.Generator, int], np.ndarray]

    def truths(self) -> dict[str, float]:
        """Top 20 % share, fraction for 80 %, joint ratio and Gini."""
        return {
            "top_share": self.curve(0.2),
            "fraction_for": root(lambda p: self.curve(p) - 0.8),
            "joint_ratio": root(lambda p: self.curve(p) + p - 1),
            "gini": self.gini,
        }


def root(rising: Callable[[float], float]) -> float:
    """Where a function that rises from 0 to 1 is 0."""
    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


def lognormal(name: str, sigma: float) -> Population:
    """Lognormal values."""
    return Population(
        name,
        lambda p: NORMAL.cdf(NORMAL.inv_cdf(p) + sigma),
        2 * NORMAL.cdf(sigma / math.sqrt(2)) - 1,
        lambda generator, n: generator.lognormal(3, sigma, n),
    )


POPULATIONS = (
    Population(
        "exponential",
        lambda p: p - p * math.log(p),
        0.5,
        lambda generator, n: generator.exponential(1, n),
    ),
    lognormal("lognormal, sigma 1", 1),
    lognormal("lognormal 80/20", 1.6832424671458286),
    Population(
        "two kinds, 80/20",
        lambda p: min(4 * p, 0.8 + (p - 0.2) / 4),
        0.6,
        lambda generator, n: np.where(generator.random(n) < 0.2, 400, 25),
    ),
)


def intervals(tally: Concentration, measure: str, seed: int) -> Iterator[Interval]:
    """Interval of each method."""
    method_of = getattr(tally, f"{measure}_interval")
    wald = method_of(method="wald")
    drawn = method_of(method="bootstrap_t", seed=seed)
    wider = Interval(min(wald.low, drawn.low), max(wald.high, drawn.high), wald.confidence)
    yield from (wald, drawn, wider if tally.caution else wald)


def coverage(population: Population, n: int, samples: int) -> dict[str, list[float]]:
    """Share of intervals that hold the truth, by measure and method."""
    generator, truths = np.random.default_rng(n), population.truths()
    held = {measure: [0.0] * len(METHODS) for measure in truths}
    for seed in range(samples):
        tally = Concentration.from_values(population.draw(generator, n))
        for measure, truth in truths.items():
            for place, interval in enumerate(intervals(tally, measure, seed)):
                held[measure][place] += (truth in interval) / samples
    return held


def main() -> None:
    """Print one line per population and size, one column per measure and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    samples = parser.parse_args().samples
    names = "top_share", "fraction_for", "joint_ratio", "gini"
    print(f"{samples} samples a line; {' / '.join(METHODS)}")
    print(f"{'population':<20}{'n':>5}  " + "".join(f"{name:<22}" for name in names))
    for population in POPULATIONS:
        for n in SIZES:
            held = coverage(population, n, samples)
            cells = (" / ".join(f"{share:.3f}" for share in held[name]) for name in names)
            print(f"{population.name:<20}{n:>5}  " + "".join(f"{x:<22}" for x in cells), flush=True)


if __name__ == "__main__":
    main()
