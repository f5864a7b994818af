"""
Sums of weights by stratum and class, and what follows from them for a net score.

Conventions: scores and errors are on the scale -1 to 1. Weights are above 0 and at most 1,
the largest being 1, so that neither sums nor squares leave the range of floats.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_NET = np.array([-1.0, 0.0, 1.0])
_ROUNDING = 1e-12

_BORROWED = 3
"""Answers from which a stratum borrows the variance of all: few do not show their own."""


class WeightedSums(NamedTuple):
    """Answers of each stratum, and the sums of their weights and squared weights by class."""

    n: NDArray[np.int64]
    weight: NDArray[np.float64]
    square: NDArray[np.float64]

    @classmethod
    def of(
        cls, codes: NDArray[np.int64], classes: NDArray[np.int8], weight: NDArray[np.float64]
    ) -> "WeightedSums":
        """Sums of rows; codes are those of strata that all have a row."""
        cells = 3 * codes + classes
        n = np.bincount(codes)
        sums, squares = (
            np.asarray(np.bincount(cells, part, 3 * n.size), np.float64).reshape(-1, 3)
            for part in (weight, weight**2)
        )
        return cls(n, sums, squares)

    @property
    def answers(self) -> int:
        """Answers of all strata."""
        return int(self.n.sum())

    @property
    def total(self) -> float:
        """Weight of all answers."""
        return float(self.weight.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Weight of each class over that of all."""
        shares: NDArray[np.float64] = self.weight.sum(axis=0) / self.total
        return shares

    @property
    def net(self) -> float:
        """Net score."""
        return min(max(-1.0, float(self.shares @ _NET)), 1.0)

    @property
    def error(self) -> float:
        """Linearised standard error of the net score; NaN if a stratum has a single answer."""
        return math.sqrt(self._squared_error(self._overall)) if (self.n > 1).all() else math.nan

    @property
    def effective_size(self) -> float:
        """Kish's effective size."""
        return self.total**2 / float(self.square.sum())

    def design_size(self) -> float:
        """Answers of equal weight, drawn as one sample, that would be as sure."""
        n, weight, square = self.n, self.weight.sum(axis=1), self.square.sum(axis=1)
        variance = float(self.shares @ (_NET - self.net) ** 2)
        if variance <= _ROUNDING or self.answers == 1:
            return self.effective_size
        off = (_NET - self._by_stratum) ** 2
        variances = (self.weight * off).sum(axis=1) / weight
        linearised = (self.square * off).sum(axis=1) / weight**2
        sizes, varied = weight**2 / square, linearised > 0
        sizes[varied] = np.minimum(sizes[varied], variances[varied] / linearised[varied])
        overall = variance * self.answers / (self.answers - 1)
        variances = (n * variances + _BORROWED * overall) / (n - 1 + _BORROWED)
        squared = float((weight**2 * variances / sizes).sum()) / self.total**2
        # Where weights vary within a stratum, its share of the whole is uncertain too.
        excess = self._squared_error(self._overall) - self._squared_error(self._by_stratum)
        return overall / (squared + max(0.0, excess))

    @property
    def _overall(self) -> NDArray[np.float64]:
        return np.full((self.n.size, 1), self.net)

    @property
    def _by_stratum(self) -> NDArray[np.float64]:
        net: NDArray[np.float64] = self.weight @ _NET / self.weight.sum(axis=1)
        return net[:, np.newaxis]

    def _squared_error(self, net: NDArray[np.float64]) -> float:
        """Squared error of the score around these net scores; single answers add 0."""
        distance = _NET - net
        squares = (self.square * distance**2).sum(axis=1)
        around_mean = squares - (self.weight * distance).sum(axis=1) ** 2 / self.n
        around_mean[around_mean < _ROUNDING * squares] = 0
        corrected = self.n / np.maximum(self.n - 1, 1) * around_mean
        return float(corrected.sum()) / self.total**2
