"""
Concentration of more customers than memory holds: bins instead of values, and sure bounds.

Conventions: as in `loyalkit.pareto`. Every customer comes once, with the whole value of the
time looked at. A bound is not an interval: it says what the missing detail can hide, not what
chance did.
"""

from functools import cached_property, partial
from typing import Any, NamedTuple, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import array_key, frozen, not_negative
from loyalkit._blocks import BLOCK, blocks
from loyalkit._messages import refuse
from loyalkit._scalars import count, to_int, validate_count
from loyalkit.pareto import Concentration

_MANTISSA = 52
_MOST_BINS = 2**12
_ROUNDING = 1e-12
_LOW = 2**32 - 1
_LARGEST = np.finfo(np.float64).max


class Bounds(NamedTuple):
    """
    Lowest and highest value that a figure can have, both possible.

    Parameters
    ----------
    low, high : float
        The two bounds, in the unit of the figure; NaN if it is not known.
    """

    low: float
    high: float


def _power_of_two(value: Any) -> int:
    bins = count("bins_per_doubling", value)
    if not 1 <= bins <= _MOST_BINS or bins & (bins - 1):
        refuse("bins_per_doubling", f"must be a power of two from 1 to {_MOST_BINS}", value)
    return bins


def _nothing() -> NDArray[Any]:
    return np.empty(0, np.int64)


def _sums_content(sums: NDArray[Any]) -> tuple[str, tuple[Any, ...]]:
    return sums.dtype.kind, tuple(sums.tolist())


@attrs.frozen(kw_only=True, repr=False)
class ConcentrationSketch:
    r"""
    How a total is spread over customers, in bounded memory and with guaranteed bounds.

    Values fall into bins whose edges grow in proportion to the values. Each bin keeps
    how many customers it has and what they add up to; customers with a value of 0 have a
    bin of their own. Sketches of different customers add up, in any order;
    ``ConcentrationSketch()`` changes nothing in one that has customers.

    Between one cent and a billion euros lie 37 doublings. With 64 bins for each the
    sketch has at most 2,400 bins, 60 kB, for any number of customers, and its bounds of the
    top share, the fraction and the Gini coefficient are at most 0.004 apart, mostly far less.

    Every figure is NaN exactly if the total is 0.

    Parameters
    ----------
    bins_per_doubling : int, default 64
        Bins between a value and twice that value, a power of two up to 4,096.
    n_zero : int, default 0
        Customers with a value of 0 [customers].
    bins, counts, sums : ndarray, shape (m,)
        Numbers of the bins that have customers, in order, how many these are and what
        they add up to; `from_values` makes them.

    See Also
    --------
    Concentration : The exact figures, where the distinct values fit into memory.

    Notes
    -----
    A bin is at most :math:`1 / b` of its values wide, with :math:`b` bins per doubling. Its
    edges are floats whose last bits are 0, so that no rounding puts a value outside them.
    Of all customer bases with these bins, one is the least unequal: all customers of a bin
    have its mean. One is the most unequal: all but one customer of a bin have the value of
    one of its edges. Every measure that a gift from rich to poor cannot raise [1]_ lies
    between those of the two. The bounds of the top share, the fraction and the Gini
    coefficient are at most :math:`1 / (4 b)` apart.

    This holds for integers and for floats from 2.3e-308, up to the rounding of the sums
    of a bin, for which the bounds leave a relative margin of 1e-12. Nearer to a share of 1
    than that, the fraction may lie outside.

    References
    ----------
    .. [1] A. W. Marshall, I. Olkin and B. C. Arnold, Inequalities: Theory of Majorization
       and Its Applications, 2nd ed. New York: Springer, 2011.

    Examples
    --------
    Two streams, each too long for memory, here short:

    >>> from loyalkit import ConcentrationSketch
    >>> north = ConcentrationSketch.from_values([1000, 600, 300, 200, 150], bins_per_doubling=1)
    >>> south = ConcentrationSketch.from_values([100, 80, 40, 20, 10], bins_per_doubling=1)
    >>> both = north + south
    >>> both
    ConcentrationSketch(n_customers=10, n_zero=0, n_bins=7, total=2500)
    >>> low, high = both.top_share_bounds(0.2)
    >>> round(low, 3), round(high, 3)
    (0.64, 0.64)
    """

    bins_per_doubling: int = attrs.field(default=64, converter=_power_of_two)
    n_zero: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    _bins: NDArray[Any] = attrs.field(
        factory=_nothing, converter=frozen, eq=array_key, alias="bins"
    )
    _counts: NDArray[Any] = attrs.field(
        factory=_nothing, converter=frozen, eq=array_key, alias="counts"
    )
    _sums: NDArray[Any] = attrs.field(
        factory=_nothing, converter=frozen, eq=_sums_content, alias="sums"
    )

    @classmethod
    def from_values(cls, values: ArrayLike, *, bins_per_doubling: int = 64) -> Self:
        """
        Sketch customers, or one part of a stream of them, by what each is worth.

        Parameters
        ----------
        values : array_like, shape (n,)
            Value of each customer, 0 or more, in any one unit.
        bins_per_doubling : int, default 64
            As for the class; the same for all parts.

        Returns
        -------
        ConcentrationSketch
            Sketch of these customers.

        Raises
        ------
        TypeError
            If ``values`` does not hold numbers.
        ValueError
            If a value is missing, negative or not finite, or ``bins_per_doubling`` is not
            a power of two from 1 to 4,096.

        Examples
        --------
        >>> import numpy as np
        >>> from loyalkit import ConcentrationSketch
        >>> parts = np.array_split(np.arange(100_000), 10)
        >>> sketch = sum(ConcentrationSketch.from_values(part) for part in parts)
        >>> sketch.n_customers, sketch.total
        (100000, 4999950000)
        """
        bins = _power_of_two(bins_per_doubling)
        column = not_negative("values", values)
        if not column.any():
            return cls(bins_per_doubling=bins, n_zero=column.size)
        first, counts, sums = _tables(column, bins)
        filled = np.flatnonzero(counts[1:]) + 1
        return cls(
            bins_per_doubling=bins,
            n_zero=int(counts[0]),
            bins=filled - 1 + first,
            counts=counts[filled],
            sums=sums[filled],
        )

    def __add__(self, other: "ConcentrationSketch") -> "ConcentrationSketch":
        if not isinstance(other, ConcentrationSketch):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        if not (self.n_customers and other.n_customers):
            return other if other.n_customers else self
        if self.bins_per_doubling != other.bins_per_doubling:
            raise ValueError(
                "bins_per_doubling must be the same in both, "
                f"got {self.bins_per_doubling} and {other.bins_per_doubling}"
            )
        both = np.concatenate((self._bins, other._bins))
        order = np.argsort(both, kind="stable")
        bins, first = np.unique(both[order], return_index=True)
        counts = np.concatenate((self._counts, other._counts))[order]
        sums = np.concatenate((self._sums, other._sums))[order]
        return ConcentrationSketch(
            bins_per_doubling=self.bins_per_doubling,
            n_zero=self.n_zero + other.n_zero,
            bins=bins,
            counts=np.add.reduceat(counts, first) if first.size else counts,
            sums=np.add.reduceat(sums, first) if first.size else sums,
        )

    def __radd__(self, other: int) -> "ConcentrationSketch":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        given = attrs.asdict(self, recurse=False)
        return partial(type(self), **{name.lstrip("_"): x for name, x in given.items()}), ()

    @override
    def __repr__(self) -> str:
        return (
            f"ConcentrationSketch(n_customers={self.n_customers}, n_zero={self.n_zero}, "
            f"n_bins={self.n_bins}, total={self.total})"
        )

    @property
    def n_customers(self) -> int:
        """Customers, those with a value of 0 included [customers]."""
        return self.n_zero + int(self._counts.sum())

    @property
    def n_bins(self) -> int:
        """Bins in use, that of the customers with a value of 0 left out."""
        return self._bins.size

    @property
    def total(self) -> int | float:
        """Sum over customers, in the unit of the values: an exact int if they are integers."""
        total: int | float = sum(self._sums.tolist())
        return total

    @property
    def edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper edges of the bins in use, both within the bin, ascending."""
        shift = _shift(self.bins_per_doubling)
        lower = (self._bins << shift).view(np.float64)
        upper = np.minimum(((self._bins + 1) << shift).view(np.float64), _LARGEST)
        return frozen(lower), frozen(upper)

    @cached_property
    def least_unequal(self) -> Concentration:
        """The least unequal of all customer bases that have this sketch."""
        means = (self._sums / self._counts).astype(np.float64)
        return Concentration.from_counts([0.0, *means], [self.n_zero, *self._counts])

    @cached_property
    def most_unequal(self) -> Concentration:
        """The most unequal of all customer bases that have this sketch."""
        lower, upper = self.edges
        counts, sums = self._counts, self._sums.astype(np.float64)
        # So many have the upper edge, one has what is left, all others the lower edge.
        high = np.clip((sums - counts * lower) / (upper - lower), 0, counts - 1).astype(np.int64)
        low = counts - 1 - high
        left = np.clip(sums - high * upper - low * lower, lower, upper)
        return Concentration.from_counts(
            np.concatenate(([0.0], upper, left, lower)),
            np.concatenate(([self.n_zero], high, np.ones_like(high), low)),
        )

    def top_share_bounds(self, fraction: float = 0.2) -> Bounds:
        """
        Bounds of the share of the total held by the largest customers.

        Parameters
        ----------
        fraction : float, default 0.2
            Largest customers [fraction].

        Returns
        -------
        Bounds
            Lowest and highest possible share [fraction], 1e-12 wider for rounding.

        Raises
        ------
        ValueError
            If ``fraction`` is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import ConcentrationSketch
        >>> low, high = ConcentrationSketch.from_values(range(1, 10_001)).top_share_bounds()
        >>> round(low, 4), round(high, 4)
        (0.36, 0.36)
        """
        least, most = (x.top_share(fraction) for x in (self.least_unequal, self.most_unequal))
        return _bounds(least, most)

    def fraction_for_bounds(self, share: float = 0.8) -> Bounds:
        """
        Bounds of the smallest fraction of customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].

        Returns
        -------
        Bounds
            Lowest and highest possible fraction [fraction], 1e-12 wider for rounding.

        Raises
        ------
        ValueError
            If ``share`` is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import ConcentrationSketch
        >>> low, high = ConcentrationSketch.from_values(range(1, 10_001)).fraction_for_bounds()
        >>> round(low, 4), round(high, 4)
        (0.5528, 0.5528)
        """
        least, most = (x.fraction_for(share) for x in (self.least_unequal, self.most_unequal))
        return _bounds(most, least)

    def gini_bounds(self) -> Bounds:
        """
        Bounds of the Gini coefficient of the population.

        Returns
        -------
        Bounds
            Lowest and highest possible coefficient, 1e-12 wider for rounding.

        Examples
        --------
        >>> from loyalkit import ConcentrationSketch
        >>> low, high = ConcentrationSketch.from_values(range(1, 10_001)).gini_bounds()
        >>> round(low, 4), round(high, 4)
        (0.3333, 0.3333)
        """
        return _bounds(self.least_unequal.gini, self.most_unequal.gini)


def _bounds(low: float, high: float) -> Bounds:
    if low != low:
        return Bounds(low, high)
    return Bounds(max(0.0, low - _ROUNDING), min(1.0, high + _ROUNDING))


def _shift(bins_per_doubling: int) -> int:
    return _MANTISSA + 1 - bins_per_doubling.bit_length()


def _bins_of(values: NDArray[Any], bins_per_doubling: int) -> NDArray[np.int64]:
    """Leading bits of the numbers, which ascend with them: the number of the bin, 0 for 0."""
    if values.dtype.kind == "i":
        # As a float 2**54 - 1 would be 2**54, the first value of the next bin.
        values = np.where(values < 2**53, values, values & ~0x7FF)
    bins: NDArray[np.int64] = values.astype(np.float64).view(np.int64) >> _shift(bins_per_doubling)
    return bins


def _tables(
    column: NDArray[Any], bins_per_doubling: int
) -> tuple[int, NDArray[np.int64], NDArray[Any]]:
    """First bin in use, and customers and amount by bin, those who are worth 0 before it."""
    ends = np.array([column[column > 0].min(), column.max()])
    first, last = (int(x) for x in _bins_of(ends, bins_per_doubling))
    whole = column.dtype.kind == "i"
    size = last - first + 2
    counts = np.zeros(size, np.int64)
    parts = np.zeros((2, size), column.dtype)
    for rows in blocks(column.size, BLOCK):
        block = column[rows]
        codes = (_bins_of(block, bins_per_doubling) - (first - 1)) * (block > 0)
        counts += np.bincount(codes, minlength=size)
        # Of halves of 32 bits, sums of a block are exact in floats.
        halves = (block >> 32, block & _LOW) if whole else (block, 0 * block)
        for part, half in zip(parts, halves, strict=True):
            part += np.bincount(codes, half, size).astype(column.dtype)
    return first, counts, parts[0].astype(object) * 2**32 + parts[1] if whole else parts[0]
