"""
Measures of concentration, and how each moves if there were a little more of one customer.

Conventions: a measure is estimated from a histogram, block by block, in exact integers
where the values are integers; for many resamples of a small histogram at once it is
estimated in floats. Its influence function says, for each group of equal customers, how
the measure moves with their number; a constant may be missing, since only deviations from
the mean count. Nothing here is asked for without a total.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._histogram import Block, Histogram

Floats: TypeAlias = NDArray[np.float64]
Influence: TypeAlias = Callable[[Block], Floats]

TOLERANCE = 1e-12
"""By how much, relatively, a sum of floats may miss a threshold and still reach it."""


@attrs.frozen(eq=False)
class Resamples:
    """Many histograms over the same values, the largest first: one row of counts for each."""

    values: Floats
    counts: Floats

    @property
    def n(self) -> float:
        """Customers, the same number in every row."""
        return float(self.counts[0].sum())

    @cached_property
    def customers(self) -> Floats:
        """Customers from the top down to each value."""
        return np.cumsum(self.counts, axis=1)

    @cached_property
    def amounts(self) -> Floats:
        """Amount of the customers from the top down to each value."""
        return np.cumsum(self.counts * self.values, axis=1)

    @property
    def totals(self) -> Floats:
        """Amount of all customers, a column."""
        return self.amounts[:, -1:]

    def reaching(self, reached: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        """Customers above and amount above the first value that reaches a target, and the value."""
        place = np.argmax(reached, axis=1)[:, None]
        value: Floats = self.values[place]
        own = np.take_along_axis(self.counts, place, 1)
        above = np.take_along_axis(self.customers, place, 1) - own
        return above, np.take_along_axis(self.amounts, place, 1) - own * value, value


class Measure(Protocol):
    """What intervals and differences need to know about a measure."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that it can have."""
        ...

    def estimate(self, histogram: Histogram) -> float:
        """Its value."""
        ...

    def influence(self, histogram: Histogram) -> Influence:
        """Its influence function."""
        ...

    def of_resamples(self, resamples: Resamples) -> tuple[Floats, Floats]:
        """Its values, a column, and its influence functions."""
        ...


def _excess(values: Any, marginal: Any, slope: Any) -> Floats:
    """What customers have beyond the marginal one, less their part of it."""
    excess: Floats = np.maximum(values - marginal, 0) - slope * values
    return excess


@attrs.frozen
class TopShare:
    """Share of the total held by the largest customers."""

    fraction: Fraction

    @property
    def bounds(self) -> tuple[float, float]:
        """Never less than what equal customers hold."""
        return float(self.fraction), 1.0

    def estimate(self, histogram: Histogram) -> float:
        """Share of whole customers and of a part of the marginal one."""
        size = self.fraction * histogram.n
        above, amount_above, value = histogram.group_at(size)
        share = float((amount_above + (size - above) * value) / histogram.total)
        return min(1.0, max(float(self.fraction), share))

    def influence(self, histogram: Histogram) -> Influence:
        """Excess over the marginal customer, in units of the mean."""
        mean, share = float(histogram.total) / histogram.n, self.estimate(histogram)
        marginal = histogram.group_at(self.fraction * histogram.n).value / mean
        return lambda block: _excess(block.values / mean, marginal, share)

    def of_resamples(self, resamples: Resamples) -> tuple[Floats, Floats]:
        """As above, for each row."""
        size = float(self.fraction) * resamples.n
        reached = resamples.customers >= size * (1 - TOLERANCE)
        above, amount_above, value = resamples.reaching(reached)
        shares = (amount_above + (size - above) * value) / resamples.totals
        influence = _excess(resamples.values, value, shares)
        return shares, influence / (resamples.totals / resamples.n)


@attrs.frozen
class FractionFor:
    """Smallest fraction of customers who make a share of the total."""

    share: Fraction

    @property
    def bounds(self) -> tuple[float, float]:
        """Never more than equal customers would take."""
        return 0.0, float(self.share)

    def estimate(self, histogram: Histogram) -> float:
        """Whole customers and a part of the marginal one."""
        customers = histogram.customers_making(self.share * histogram.total)
        return min(float(self.share), float(customers / histogram.n))

    def influence(self, histogram: Histogram) -> Influence:
        """The top share's at this point, over the slope of the curve there."""
        marginal = float(histogram.group_making(self.share * histogram.total).value)
        share = float(self.share)
        return lambda block: -_excess(block.values / marginal, 1.0, share)

    def of_resamples(self, resamples: Resamples) -> tuple[Floats, Floats]:
        """As above, for each row."""
        share = float(self.share)
        amounts = share * resamples.totals
        above, amount_above, value = resamples.reaching(
            resamples.amounts >= amounts * (1 - TOLERANCE)
        )
        customers = above + (amounts - amount_above) / value
        return customers / resamples.n, -_excess(resamples.values / value, 1.0, share)


@attrs.frozen
class JointRatio:
    """The fraction p of customers who hold the share 1 - p."""

    @property
    def bounds(self) -> tuple[float, float]:
        """One half if all are equal."""
        return 0.0, 0.5

    def estimate(self, histogram: Histogram) -> float:
        """Where the curve meets the falling diagonal."""
        n, total = histogram.n, histogram.total
        above, amount_above, value = self._meeting(histogram)
        ratio: float = (total - amount_above + above * value) / (total + n * value)
        return ratio

    def influence(self, histogram: Histogram) -> Influence:
        """The top share's at this point, over the angle at which the lines meet."""
        mean, ratio = float(histogram.total) / histogram.n, self.estimate(histogram)
        marginal = self._meeting(histogram).value / mean
        return lambda block: -_excess(block.values / mean, marginal, 1 - ratio) / (1 + marginal)

    def of_resamples(self, resamples: Resamples) -> tuple[Floats, Floats]:
        """As above, for each row."""
        n, totals = resamples.n, resamples.totals
        reached = resamples.customers / n + resamples.amounts / totals >= 1 - TOLERANCE
        above, amount_above, value = resamples.reaching(reached)
        ratios = (totals - amount_above + above * value) / (totals + n * value)
        mean = totals / n
        influence = _excess(resamples.values / mean, value / mean, 1 - ratios)
        return ratios, -influence / (1 + value / mean)

    @staticmethod
    def _meeting(histogram: Histogram) -> Any:
        n, total = histogram.n, histogram.total
        return histogram.group_reaching(
            1, of=lambda customers, amount: customers / n + amount / total
        )


@attrs.frozen
class Gini:
    """Gini coefficient of the population."""

    @property
    def bounds(self) -> tuple[float, float]:
        """From all equal to one who has everything."""
        return 0.0, 1.0

    def estimate(self, histogram: Histogram) -> float:
        """Sum of shares, each times the customer's distance from the middle rank."""
        return gini_and_hhi(histogram)[0]

    def influence(self, histogram: Histogram) -> Influence:
        """Davidson's, in units of the mean."""
        n, total, gini = histogram.n, float(histogram.total), self.estimate(histogram)

        def influence(block: Block) -> Floats:
            shares: Floats = block.values / total
            held: Floats = np.cumsum(shares * block.counts)
            held += block.amount_below / total
            return _gini_influence(shares, block.ranks(), held, n, gini)

        return influence

    def of_resamples(self, resamples: Resamples) -> tuple[Floats, Floats]:
        """As above, for each row."""
        n, counts = resamples.n, resamples.counts
        shares = resamples.values / resamples.totals
        ranks = n - resamples.customers + counts
        held = 1 - resamples.amounts / resamples.totals + counts * shares
        ginis = (counts * shares * (2 * ranks - counts - n)).sum(axis=1, keepdims=True) / n
        return ginis, _gini_influence(shares, ranks, held, n, ginis)


def _gini_influence(shares: Floats, ranks: Floats, held: Floats, n: float, gini: Any) -> Floats:
    influence: Floats = shares * (2 * ranks - 1 - n * (gini + 1)) - 2 * held
    return influence


def gini_and_hhi(histogram: Histogram) -> tuple[float, float]:
    """Gini and the sum of squared shares, from one pass; NaN without a total."""
    n, total = histogram.n, float(histogram.total)
    if not total:
        return math.nan, math.nan
    gini = hhi = 0.0
    for block in histogram.blocks():
        shares: Floats = block.values / total
        held = shares * block.counts
        gini += float((held * (2 * block.ranks() - block.counts - n)).sum())
        hhi += float((held * shares).sum())
    return max(0.0, gini / n), hhi
