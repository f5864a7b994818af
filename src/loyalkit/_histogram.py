"""
How many customers have which value, and sums over the largest of them.

Conventions: customers of one value are a group, and groups are numbered from the largest
value. Sums are kept for every block of groups only, so that memory beyond the histogram
stays small and any sum from the top costs one block. Integers are exact whatever they add
up to; the total of floats comes from the same sums as its parts.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

import attrs
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from loyalkit._arrays import array_key, frozen
from loyalkit._blocks import BLOCK
from loyalkit._kernels import value_counts
from loyalkit._messages import refuse

_INT64_MAX = 2**63 - 1


class Group(NamedTuple):
    """Customers of one value, and the customers above them."""

    customers_above: int
    amount_above: Any
    value: Any


class Block(NamedTuple):
    """Some groups, ascending, and the customers below them."""

    customers_below: int
    amount_below: Any
    values: NDArray[Any]
    counts: NDArray[np.int64]

    def ranks(self) -> NDArray[np.float64]:
        """Customers up to each group, counted from the smallest customer."""
        size = self.counts.size
        if int(self.counts.sum()) == size:
            return np.arange(self.customers_below + 1.0, self.customers_below + size + 1.0)
        return self.customers_below + np.cumsum(self.counts).astype(np.float64)


def _empty() -> NDArray[np.int64]:
    return np.empty(0, np.int64)


@attrs.frozen(repr=False)
class Histogram:
    """Sorted distinct values, and the customers who have each."""

    values: NDArray[Any] = attrs.field(factory=_empty, converter=frozen, eq=array_key)
    counts: NDArray[np.int64] = attrs.field(factory=_empty, converter=frozen, eq=array_key)

    @classmethod
    def of_column(cls, values: NDArray[Any]) -> Self:
        """Histogram of one value per customer."""
        return cls._checked(*value_counts(values), customers=values.size)

    @classmethod
    def of_table(cls, values: NDArray[Any], counts: NDArray[np.int64]) -> Self:
        """Histogram of values, in any order and repeated at will, and their counts."""
        values, counts = values[counts > 0], counts[counts > 0]
        if values.size == 0:
            return cls()
        customers = float(counts.sum(dtype=np.float64))
        if customers >= 2.0**63:
            refuse("counts", "must add up to less than 2**63", customers)
        # Two sorted runs, as a sum of two histograms has them, merge in linear time.
        order = np.argsort(values, kind="stable")
        values, counts = values[order], counts[order]
        first = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        return cls._checked(values[first], np.add.reduceat(counts, first), customers=customers)

    @classmethod
    def _checked(cls, values: NDArray[Any], counts: NDArray[Any], *, customers: float) -> Self:
        largest = _largest(values)
        if not math.isfinite(float(largest) * customers):
            refuse("values", "must add up to a finite total", largest)
        values[values.searchsorted(0) :][:1] += 0  # -0.0 becomes 0.0
        return cls(values, counts)

    def __add__(self, other: Self) -> Self:
        values = np.concatenate((self.values, other.values))
        return self.of_table(values, np.concatenate((self.counts, other.counts)))

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), self.values, self.counts), ()

    @property
    def n(self) -> int:
        """All customers."""
        return self._sums[0][-1]

    @property
    def n_zero(self) -> int:
        """Customers whose value is 0, which is the smallest."""
        return int(self.counts[0]) if self.values.size and self.values[0] == 0 else 0

    @property
    def total(self) -> int | float:
        """Amount of all customers."""
        total: int | float = self._sums[1][-1]
        return total

    @cached_property
    def _sums(self) -> tuple[list[int], list[Any]]:
        """Customers and amount above each block; the last entries are those of all."""
        customers: list[int] = [0]
        worth: list[Any] = [0]
        for start in range(0, self.values.size, BLOCK):
            more, worth_more = self._between(start, start + BLOCK)
            customers.append(customers[-1] + more)
            worth.append(worth[-1] + worth_more)
        return customers, worth

    def _between(self, start: int, stop: int) -> tuple[int, Any]:
        part = slice(max(0, self.values.size - stop), self.values.size - start)
        values, counts = self.values[part], self.counts[part]
        amount = amounts(values, counts).sum()
        return int(counts.sum()), float(amount) if values.dtype.kind == "f" else int(amount)

    def above(self, groups: int) -> tuple[int, Any]:
        """Customers and amount of the first groups from the top."""
        customers, worth = self._sums
        block = groups // BLOCK
        more, worth_more = self._between(block * BLOCK, groups)
        return customers[block] + more, worth[block] + worth_more

    def group_reaching(
        self, target: Any, of: Callable[[int, Any], Any], *, paying: bool = False
    ) -> Group:
        """First group with which the customers from the top reach a target."""
        # Without the group of 0, into which the last bit of a sum of floats could lead.
        groups = self.values.size - (paying and self.n_zero > 0)
        place = bisect_left(range(1, groups), target, key=lambda size: of(*self.above(size)))
        return Group(*self.above(place), self.values[-1 - place].item())

    def group_at(self, customers: Fraction | int) -> Group:
        """Group of the last of so many customers from the top."""
        return self.group_reaching(customers, lambda above, _: above)

    def group_making(self, amount: Any) -> Group:
        """Group with which the customers from the top make an amount."""
        return self.group_reaching(amount, lambda _, above: above, paying=True)

    def customers_making(self, amount: Any) -> Any:
        """Customers, with a part of the last, who make an amount."""
        if amount >= self.total:
            return self.n - self.n_zero
        above, amount_above, value = self.group_making(amount)
        return above + (amount - amount_above) / value

    def blocks(self) -> Iterator[Block]:
        """All groups in blocks, from the top."""
        customers, worth = self._sums
        stop = self.values.size
        for above, worth_above in zip(customers[1:], worth[1:], strict=True):
            part = slice(max(0, stop - BLOCK), stop)
            below, worth_below = self.n - above, self.total - worth_above
            yield Block(below, worth_below, self.values[part], self.counts[part])
            stop -= BLOCK

    def sum(self, figure: Callable[[Block], NDArray[np.float64]]) -> float:
        """Sum over customers of a figure that each group has."""
        return math.fsum(float((figure(block) * block.counts).sum()) for block in self.blocks())


def amounts(values: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[Any]:
    """Amount of each group, in Python ints where the sum of int64 could overflow."""
    if values.dtype.kind == "i" and _largest(values) * int(counts.sum()) > _INT64_MAX:
        values = values.astype(object)
    return values * counts


def _largest(values: NDArray[Any]) -> Any:
    """Largest size of sorted values, as int or float."""
    ends: list[Any] = [*values[:1].tolist(), *values[-1:].tolist()]
    return max(abs(ends[0]), abs(ends[1])) if ends else 0


def curve(cumulative: NDArray[Any]) -> NDArray[np.float64]:
    """Points from 0 to 1 along a cumulative sum; all NaN unless it ends above 0."""
    total = cumulative[-1] if cumulative.size else 0
    divisor = total if total > 0 else math.nan
    points = np.full(cumulative.size + 1, 0 / divisor)
    np.divide(cumulative, divisor, out=points[1:], casting="unsafe")
    return frozen(points)
