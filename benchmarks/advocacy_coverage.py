"""
How often intervals of 95 % for expected advocates hold the truth, by simulation.

The first table is about `Advocacy.interval`: stated likelihoods drawn from populations whose
mean is known. The second is about `SharingCalibration.expected_advocates`: a few people for
each stated likelihood, who recommend with known probabilities. Run
``python -m benchmarks.advocacy_coverage``, with ``--samples`` for more or fewer of them.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from loyalkit import Advocacy, SharingCalibration

SIZES = (10, 30, 100, 1000)


class Population(NamedTuple):
    """Share of promoters, and the likelihoods they state with their probabilities."""

    promoters: float
    stated: tuple[float, ...]
    chances: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Mean likelihood of all, 0 for who is no promoter."""
        return self.promoters * float(np.dot(self.stated, self.chances))

    def draw(self, generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Scores and likelihoods of n customers."""
        scores = np.where(generator.random(n) < self.promoters, 10, 7)
        return scores, generator.choice(self.stated, size=n, p=self.chances)


POPULATIONS = {
    "usual": Population(0.5, (0.3, 0.5, 0.7, 0.8, 0.9, 1.0), (0.05, 0.1, 0.1, 0.15, 0.2, 0.4)),
    "eager": Population(0.9, (0.8, 0.9, 1.0), (0.3, 0.4, 0.3)),
    "rare": Population(0.03, (0.9, 1.0), (0.5, 0.5)),
    "alike": Population(1.0, (0.4, 0.5, 0.6), (0.3, 0.4, 0.3)),
    "all but a few": Population(1.0, (0.0, 0.9), (0.03, 0.97)),
}

GROUPS = {
    "workshops": ((28, 30, 59, 59, 67, 148), (0.2, 0.5, 0.65, 0.85, 0.92, 0.93), None),
    "few": ((1, 2, 3, 5, 8, 4, 3, 2), (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95), (10,) * 8),
    "one each": ((1,) * 10, tuple(0.1 + 0.09 * k for k in range(10)), (1,) * 10),
    "nearly all": ((2,) * 6, (0.95,) * 6, (5,) * 6),
    "nearly nobody": ((5,) * 8, (0.03,) * 8, (10,) * 8),
    "two sure": ((20, 20), (0.97, 0.99), (100, 300)),
    "few for many": ((3, 200), (0.5, 0.9), (200, 100)),
    "one likelihood": ((20,), (0.95,), (100,)),
}
"""People asked, their probabilities, and customers to be expected of (None for the same)."""


def of_likelihoods(population: Population, n: int, samples: int) -> float:
    """How often the interval of the advocate rate holds it."""
    generator = np.random.default_rng(n)
    held = 0
    for _ in range(samples):
        held += population.rate in Advocacy.from_answers(*population.draw(generator, n)).interval()
    return held / samples


def of_rates(
    sizes: Sequence[int], rates: Sequence[float], customers: Sequence[int] | None, samples: int
) -> float:
    """How often the interval of the calibrated number holds it."""
    generator = np.random.default_rng(len(sizes))
    whole = sizes if customers is None else customers
    stated = [k / 10 for k in range(len(sizes))]
    sharing, truth = np.repeat(stated, whole), float(np.dot(whole, rates))
    held = 0
    for did in generator.binomial(sizes, rates, (samples, len(sizes))):
        found = SharingCalibration(
            stated=tuple(stated),
            recommended=tuple(did.tolist()),
            not_recommended=tuple((np.array(sizes) - did).tolist()),
            unknown=(0,) * len(sizes),
        )
        held += truth in found.expected_advocates(sharing).interval
    return held / samples


def table(head: str, line: Callable[[str], list[float]], names: Sequence[str]) -> None:
    """Print a line of percentages for each name."""
    print(head)
    for name in names:
        print(f"  {name:16}", *(f"{100 * share:6.1f}" for share in line(name)))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    samples = parser.parse_args().samples
    table(
        f"Advocacy.interval, customers: {', '.join(map(str, SIZES))}",
        lambda name: [of_likelihoods(POPULATIONS[name], n, samples) for n in SIZES],
        list(POPULATIONS),
    )
    table(
        "SharingCalibration.expected_advocates",
        lambda name: [of_rates(*GROUPS[name], samples)],
        list(GROUPS),
    )


if __name__ == "__main__":
    main()
