"""
How often intervals of 95 % for a net promoter score hold the truth, by exact enumeration.

Every outcome of n answers is weighted by its probability, so that only the columns "mean" and
"min" (over true shares drawn at random) depend on a seed. "width" is the mean width [points]
for shares that follow a Dirichlet distribution with the parameters 2, 3 and 5; limits are cut
at -100 and 100. Run ``python -m benchmarks.nps_coverage``, with ``--answers`` for other n.
"""

import argparse
import math
from typing import NamedTuple

import numpy as np

from loyalkit import net_score_interval

METHODS = ("wald", "adjusted_wald", "score")
TRUTHS = {
    "typical": (0.20, 0.30, 0.50),
    "high": (0.05, 0.15, 0.80),
    "extreme": (0.01, 0.04, 0.95),
    "neg": (0.60, 0.25, 0.15),
    "polar": (0.45, 0.10, 0.45),
    "passive": (0.05, 0.90, 0.05),
}
PRIOR = np.array([2.0, 3.0, 5.0])
DRAWS = 300


class Outcomes(NamedTuple):
    """Every way in which n answers can fall into three classes, and how often each may occur."""

    counts: np.ndarray
    log_ways: np.ndarray

    @classmethod
    def of(cls, n: int) -> "Outcomes":
        """All outcomes of n answers."""
        d, s = (part.ravel() for part in np.indices((n + 1, n + 1)))
        counts = np.stack([d, s, n - d - s])[:, d + s <= n]
        return cls(counts, math.lgamma(n + 1) - log_gamma(counts + 1.0).sum(axis=0))

    def chances(self, shares: np.ndarray) -> np.ndarray:
        """Probability of each outcome, a row for each row of true shares."""
        return np.exp(self.log_ways + np.log(shares) @ self.counts)

    def mixed(self, prior: np.ndarray) -> np.ndarray:
        """Probability of each outcome if the true shares follow a Dirichlet distribution."""
        n = int(self.counts[:, 0].sum())
        log = log_gamma(self.counts + prior[:, np.newaxis]).sum(axis=0) - log_gamma(prior).sum()
        whole = math.lgamma(prior.sum()) - math.lgamma(prior.sum() + n)
        return np.exp(self.log_ways + log + whole)


def log_gamma(values: np.ndarray) -> np.ndarray:
    """Logarithm of the gamma function."""
    return np.vectorize(math.lgamma)(values)


def coverage(outcomes: Outcomes, method: str, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """Share of intervals [%] that hold the true score of each row, and their mean width."""
    d, s, p = outcomes.counts
    low, high = net_score_interval(detractors=d, passives=s, promoters=p, method=method)
    low, high = np.maximum(low, -100), np.minimum(high, 100)
    truth = 100 * (shares[:, 2] - shares[:, 0])[:, np.newaxis]
    # A limit that falls on the truth holds it, whatever rounding says.
    held = (low <= truth + 1e-9) & (truth - 1e-9 <= high)
    chances = outcomes.chances(shares)
    return 100 * (chances * held).sum(axis=1), float(outcomes.mixed(PRIOR) @ (high - low))


def main() -> None:
    """Print one line for each number of answers and each method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, nargs="+", default=[10, 30, 100])
    sizes = parser.parse_args().answers
    drawn = np.random.default_rng(0).dirichlet(np.ones(3), DRAWS)
    shares = np.concatenate([list(TRUTHS.values()), drawn])
    names = [*TRUTHS, "mean", "min", "width"]
    print(f"{'n':>5}  {'method':<14}" + "".join(f"{name:>9}" for name in names))
    for n in sizes:
        outcomes = Outcomes.of(n)
        for method in METHODS:
            held, width = coverage(outcomes, method, shares)
            random = held[len(TRUTHS) :]
            cells = [*held[: len(TRUTHS)], random.mean(), random.min(), width]
            print(f"{n:>5}  {method:<14}" + "".join(f"{x:>9.1f}" for x in cells), flush=True)


if __name__ == "__main__":
    main()
