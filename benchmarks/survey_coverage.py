"""
How often intervals of 95 % for weighted and for paired scores hold the truth, by simulation.

Weighted answers come from one sample whose weights vary, or from strata; pairs from a table
of classes before and after. Run ``python -m benchmarks.survey_coverage``, with ``--samples``
for more or fewer samples per line.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from loyalkit import Interval, PairedNpsCounts, weighted_nps

ANSWERS = np.array([3, 7, 10])
NET = np.array([-1, 0, 1])
TYPICAL, HIGH, EXTREME = (0.2, 0.3, 0.5), (0.05, 0.15, 0.8), (0.01, 0.04, 0.95)
POLAR, DETRACTING, PRAISING = (0.45, 0.1, 0.45), (0.9, 0.05, 0.05), (0.05, 0.05, 0.9)


class Sample(NamedTuple):
    """One sample of one answer a row."""

    name: str
    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    truths: tuple[tuple[float, float, float], ...]
    spread: float = 0.0
    promoters_weigh: float = 1.0

    def truth(self) -> float:
        """The true score."""
        tables = np.array(self.truths) * [1, 1, self.promoters_weigh]
        return float(100 * np.array(self.shares) @ (tables @ NET / tables.sum(axis=1)))

    def intervals(self, generator: np.random.Generator) -> Iterator[Interval]:
        """Score interval and Wald's of one draw, with strata if there are several."""
        strata = np.repeat(np.arange(len(self.sizes)), self.sizes)
        classes = np.concatenate(
            [
                generator.choice(3, size, p=truth)
                for size, truth in zip(self.sizes, self.truths, strict=True)
            ]
        )
        log_spread = np.sqrt(np.log1p(self.spread**2))
        weights = np.array(self.shares)[strata] / np.array(self.sizes)[strata]
        weights *= np.exp(log_spread * generator.standard_normal(strata.size))
        weights *= np.where(classes == 2, self.promoters_weigh, 1.0)
        found = weighted_nps(ANSWERS[classes], weights, strata=strata)
        yield from (found.interval(method="score"), found.interval(method="wald"))


def one_sample(n: int, truth: tuple[float, float, float], spread: float, weigh: float) -> Sample:
    """A sample without strata."""
    related = "" if weigh == 1 else f", promoters weigh {weigh:g}"
    name = f"n {n}, {truth}, weights vary by {spread:g}{related}"
    return Sample(name, (n,), (1.0,), (truth,), spread, weigh)


SAMPLES = (
    *(
        one_sample(n, truth, spread, weigh)
        for n in (10, 30, 100)
        for spread, weigh in ((0.5, 1.0), (1.0, 1.0), (0.5, 3.0), (0.5, 0.3))
        for truth in (TYPICAL, HIGH, EXTREME, POLAR)
    ),
    Sample("2 x 20, shares .9 and .1", (20, 20), (0.9, 0.1), (TYPICAL, TYPICAL)),
    Sample("2 x 20, shares .9 and .1, unlike", (20, 20), (0.9, 0.1), (HIGH, TYPICAL)),
    Sample("2 x 20, extreme", (20, 20), (0.9, 0.1), (EXTREME, EXTREME)),
    Sample("2 x 100, far apart", (100, 100), (0.5, 0.5), (DETRACTING, PRAISING)),
    Sample("10 x 2", (2,) * 10, (0.1,) * 10, (TYPICAL,) * 10),
    Sample("20 x 1", (1,) * 20, (0.05,) * 20, (TYPICAL,) * 20),
    Sample("100 x 1", (1,) * 100, (0.01,) * 100, (HIGH,) * 100),
    Sample("8 x 30, extreme", (30,) * 8, (0.125,) * 8, (EXTREME,) * 8),
    Sample(
        "5 x 10, unlike, weights vary by 1",
        (10,) * 5,
        (0.2,) * 5,
        (TYPICAL, HIGH, EXTREME, TYPICAL, DETRACTING),
        1.0,
    ),
)

PANELS = {
    "typical": [[8, 6, 6], [3, 18, 9], [1, 4, 45]],
    "hardly anybody changes": [[20, 0.5, 0], [0.5, 30, 0.5], [0, 0.5, 48]],
    "few rise": [[20, 1, 1], [0, 30, 1], [0, 0, 47]],
    "many change": [[4, 6, 12], [6, 6, 8], [12, 8, 38]],
    "nearly all rise": [[2, 5, 80], [0, 3, 5], [0, 0, 5]],
}


def share_held(intervals: list[Interval], truth: float) -> float:
    """Share of the intervals that hold the truth [%]; NaN if there are none to hold it."""
    known = [x for x in intervals if x.low == x.low]
    held = [x.low - 1e-9 <= truth <= x.high + 1e-9 for x in known]
    return 100 * sum(held) / len(held) if held else float("nan")


def main() -> None:
    """Print one line per design: how many intervals hold the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    samples = parser.parse_args().samples
    generator = np.random.default_rng(0)
    print(f"{'weighted':<62}{'score':>8}{'wald':>8}")
    for sample in SAMPLES:
        drawn = [list(sample.intervals(generator)) for _ in range(samples)]
        held = (share_held(list(column), sample.truth()) for column in zip(*drawn, strict=True))
        print(f"{sample.name:<62}" + "".join(f"{x:>8.1f}" for x in held), flush=True)
    print(f"\n{'paired':<62}{'t':>8}")
    for name, table in PANELS.items():
        chances = np.array(table, np.float64).ravel() / np.sum(table)
        truth = 100 * float(chances @ np.subtract.outer(-NET, -NET).ravel())
        for n in (5, 10, 30, 100, 300):
            tables = generator.multinomial(n, chances, size=samples).reshape(-1, 3, 3)
            drawn = [PairedNpsCounts(table=x).change().interval for x in tables]
            print(f"{name + f', n {n}':<62}{share_held(drawn, truth):>8.1f}", flush=True)


if __name__ == "__main__":
    main()
