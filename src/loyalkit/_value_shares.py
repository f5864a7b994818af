"""
How much of the business a group of customers carries, and how sure that is.

Conventions: amounts are one number a customer, refunds may make some negative; shares
are fractions of the amounts of all customers.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import numbers, same_length
from loyalkit._distributions import normal_quantile_two_sided, student_quantile_two_sided
from loyalkit._kernels import exact_total
from loyalkit._scalars import confidence_level
from loyalkit.intervals import Interval, wilson_limits

_ROUNDING = 1e-12
"""What floats may leave when they are added up, relative to their sum."""

_BORROWED = 30
"""How many customers a group borrows from all others, as to how uneven its amounts are."""


@attrs.frozen(eq=False)
class Amounts:
    """What each customer is worth, and what all of them are."""

    values: NDArray[Any]
    total: Fraction

    @classmethod
    def of(cls, codes: NDArray[np.int8], labels: Iterable[int], amounts: ArrayLike) -> "Amounts":
        """Amounts of as many customers as there are codes, -1 or one of the labels."""
        values = numbers("amounts", amounts)
        same_length(customers=codes, amounts=values)
        if values.dtype.kind == "f" and values.size:
            # Relative to the largest, so that no sum leaves the range of floats.
            values = values / max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
        # By code and then together, so that the parts make up the whole exactly.
        parts = (Fraction(exact_total(values[codes == int(x)])) for x in (-1, *labels))
        total = sum(parts, Fraction(0))
        return cls(values, total)

    @property
    def known(self) -> bool:
        """Whether there is a positive total, and not only what floats leave when they cancel."""
        if self.values.dtype.kind != "f":
            return self.total > 0
        return self.total > _ROUNDING * float(np.abs(self.values).sum())

    def share(self, group: NDArray[np.bool_]) -> float:
        """Share of the total that a group makes; NaN without a positive total."""
        return self._quotient(self._sum(self.values[group]))

    def bounds(
        self, certain: NDArray[np.bool_], possible: NDArray[np.bool_]
    ) -> tuple[float, float]:
        """Lowest and highest share of a group of which some customers are unsettled."""
        sure, loose = self._sum(self.values[certain]), self.values[possible & ~certain]
        lost, won = (self._sum(loose[x]) for x in (loose < 0, loose > 0))
        return self._quotient(sure + lost), self._quotient(sure + won)

    def interval(
        self, certain: NDArray[np.bool_], possible: NDArray[np.bool_], confidence: float
    ) -> Interval:
        """Low end with the fewest amounts in the group, high end with the most."""
        confidence = confidence_level(confidence)
        loose = possible & ~certain
        low, _ = self._limits(certain | (loose & (self.values < 0)), confidence)
        _, high = self._limits(certain | (loose & (self.values > 0)), confidence)
        if math.isnan(low + high):
            low = high = math.nan
        return Interval(low, high, confidence, bounds=(0.0, 1.0))

    def _limits(self, group: NDArray[np.bool_], confidence: float) -> tuple[float, float]:
        share = self.share(group)
        if not (self.known and 0 <= share <= 1):
            return math.nan, math.nan
        squares = np.square(self.values / float(self.total))
        # Both sums, since a difference would leave rounding where one of them is 0.
        own, others = float(squares[group].sum()), float(squares[~group].sum())
        effective = 1 / (own + others)
        buyers, members = (int(np.count_nonzero(x)) for x in (squares, squares[group]))
        own, others = (
            _borrowed(own, share, members, buyers / effective),
            _borrowed(others, 1 - share, buyers - members, buyers / effective),
        )
        variance = (1 - share) ** 2 * own + share**2 * others
        size = share * (1 - share) / variance if variance > 1e-24 else effective
        size = min(size, float(self.values.size))
        degrees = max(1.0, effective - 1)
        reach = (
            student_quantile_two_sided(confidence, degrees)
            if degrees < 1e6
            else normal_quantile_two_sided(confidence)
        )
        return wilson_limits(share * size, size, reach)

    def _sum(self, values: NDArray[Any]) -> Fraction:
        return Fraction(exact_total(values))

    def _quotient(self, part: Fraction) -> float:
        share = float(part / self.total) if self.known else math.nan
        # The same floats added up in another order may come to a little more.
        return 1.0 if 1 < share <= 1 + _ROUNDING and self.values.dtype.kind == "f" else share


def _borrowed(squares: float, share: float, members: int, unevenness: float) -> float:
    """
    Sum of squares of a group, as if more customers had come who are as uneven as all are.

    Few customers seldom have among them the one who spends far more than the others.
    """
    if not members:
        return squares
    expected = unevenness * share**2 / members
    return max(squares, (members * squares + _BORROWED * expected) / (members + _BORROWED))
