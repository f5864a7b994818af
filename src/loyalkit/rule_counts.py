"""
Customers counted by what is known of them: a tally that adds up over shops and machines.

Conventions: counts are of customers, shares are fractions of all of them. What holds of a
label is said as the fewest and the most customers who can carry it.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Generic

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._kernels import value_counts
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import count
from loyalkit._unsettled import Share, share_difference, share_interval
from loyalkit.classification import L
from loyalkit.intervals import Difference, Interval
from loyalkit.questions import AnswerShares, Question, checked_shares, rank_questions
from loyalkit.rules import RuleTable

__all__ = ["RuleCounts"]


def _pairs(
    given: Mapping[int, int] | Iterable[tuple[int, int]],
) -> tuple[tuple[int, int], ...]:
    counted = {
        count("customers", pattern): count("customers", number)
        for pattern, number in dict(given).items()
    }
    return tuple(sorted((pattern, number) for pattern, number in counted.items() if number))


@attrs.frozen(repr=False)
class RuleCounts(Generic[L]):
    """
    How many customers show which pattern of evidence, and what a decision table makes of it.

    Counts of disjoint customers add up: ``north + south``, ``sum(by_shop.values())``.

    Parameters
    ----------
    table : RuleTable
        The decision table.
    customers : mapping of int to int
        Customers with each pattern, as `RuleTable.patterns` numbers them [customers].
        Patterns without customers may be left out.

    Raises
    ------
    TypeError
        If ``table`` is not a `RuleTable`, or a count is not a number.
    ValueError
        If a count is negative or fractional, if all together are 2**63 or more, or if there
        is no such pattern.

    See Also
    --------
    RuleAssignment.by_group : Counts each shop or channel.

    Examples
    --------
    Do the customers of the website belong to the core more often than those of the shop?

    >>> from loyalkit import Evidence, Segment, assign_segments
    >>> evidence = Evidence(
    ...     buys_regularly=[True, True, False, True, True, False],
    ...     attachment=[2, 0, 0, 2, None, 0],
    ...     perceives_value=True,
    ... )
    >>> channels = ["shop", "shop", "shop", "web", "web", "web"]
    >>> by_channel = assign_segments(evidence).by_group(channels)
    >>> by_channel["shop"].bounds[Segment.CORE], by_channel["web"].bounds[Segment.CORE]
    ((1, 1), (1, 2))
    >>> by_channel["web"].difference(by_channel["shop"], Segment.CORE).verdict()
    'unclear'
    >>> sum(by_channel.values()).bounds[Segment.LOW]
    (2, 2)
    """

    table: RuleTable[L]
    customers: tuple[tuple[int, int], ...] = attrs.field(default=(), converter=_pairs)

    def __attrs_post_init__(self) -> None:
        instance("table", self.table, RuleTable)
        if self.customers and self.customers[-1][0] >= self.table.n_patterns:
            highest = self.customers[-1][0]
            refuse("customers", f"must have patterns below {self.table.n_patterns}", highest)
        if self.n >= 2**63:
            refuse("customers", "must be less than 2**63 in all", self.n)

    def __repr__(self) -> str:
        parts = [f"{label.name}={number}" for label, number in self.counts.items()]
        if self.n_undetermined:
            parts.append(f"undetermined={self.n_undetermined}")
        return f"RuleCounts({', '.join(parts)})"

    def __add__(self, other: "RuleCounts[L]") -> "RuleCounts[L]":
        if type(other) is not RuleCounts:
            return NotImplemented
        if self.table != other.table:
            refuse("other", "must be counted by the same table", other.table)
        both = dict(self.customers)
        for pattern, number in other.customers:
            both[pattern] = both.get(pattern, 0) + number
        return RuleCounts(self.table, both)

    def __radd__(self, other: int) -> "RuleCounts[L]":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def n(self) -> int:
        """Customers, the unsettled ones included [customers]."""
        return sum(number for _, number in self.customers)

    @property
    def n_undetermined(self) -> int:
        """Customers whose evidence leaves several labels possible [customers]."""
        return self.n - sum(self.counts.values())

    @property
    def counts(self) -> dict[L, int]:
        """Customers who certainly carry each label [customers]."""
        return {label: fewest for label, (fewest, _) in self.bounds.items()}

    @property
    def shares(self) -> dict[L, float]:
        """Share of all customers by label [fraction]; NaN without customers."""
        n = self.n
        return {label: number / n if n else np.nan for label, number in self.counts.items()}

    @property
    def bounds(self) -> dict[L, tuple[int, int]]:
        """The fewest and the most customers that each label can have [customers]."""
        customers, possible = self._by_pattern(), self.table.possible()
        fewest = (possible & (possible.sum(axis=0) == 1)) @ customers
        most = possible @ customers
        pairs = zip(fewest.tolist(), most.tolist(), strict=True)
        return dict(zip(self.table.labels, pairs, strict=True))

    @property
    def rule_counts(self) -> dict[str, int]:
        """Customers on whom each row of the table certainly decides, by its id [customers]."""
        rows, customers = self.table.settle(self.table.rows), self._by_pattern()
        return {
            rule.id: int(customers[rows == row].sum()) for row, rule in enumerate(self.table.rules)
        }

    def interval(self, label: L, *, confidence: float = 0.95) -> Interval:
        """
        Range for the share of a label.

        Parameters
        ----------
        label : IntEnum
            One of the labels of the table.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            From the low end of Wilson's interval for the fewest to the high end for the
            most [fraction]. NaN exactly without customers.

        Raises
        ------
        TypeError
            If ``label`` is not one of the labels.
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return share_interval(*self._extremes(label), confidence)

    def difference(
        self, other: "RuleCounts[L]", label: L, *, confidence: float = 0.95
    ) -> Difference:
        """
        Share of a label here minus its share among other customers.

        Parameters
        ----------
        other : RuleCounts
            Counts of other customers by the same table.
        label : IntEnum
            One of the labels of the table.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As by `newcombe_difference`, of the shares that are certain. Where customers
            are unsettled the interval runs from the low end with the fewest here and the
            most there to the high end with the opposite, and the p-value is that of the
            case that speaks most against a difference. NaN exactly without customers on
            a side.

        Raises
        ------
        TypeError
            If ``other`` is not `RuleCounts`, or ``label`` is not one of the labels.
        ValueError
            If the tables differ, or ``confidence`` is not between 0 and 1.

        Notes
        -----
        Of many groups some differ by chance: at 95 % one pair in twenty does.
        """
        instance("other", other, RuleCounts)
        if self.table != other.table:
            refuse("other", "must be counted by the same table", other.table)
        here, there = self._extremes(label), other._extremes(label)
        estimate = self.shares[label] - other.shares[label]
        return share_difference(estimate, here, there, confidence)

    def next_questions(self, *, answer_shares: AnswerShares | None = None) -> tuple[Question, ...]:
        """
        Rank the pieces of evidence by what asking for them would settle.

        Parameters
        ----------
        answer_shares : mapping or "uniform", optional
            Share of customers expected to give each answer, as for `next_questions`.

        Returns
        -------
        tuple of Question
            One for every piece of evidence, best first.

        Raises
        ------
        TypeError
            If a share is not a number.
        ValueError
            If a piece does not exist, or its shares are not one fraction for each value
            that add up to 1.
        """
        shares = checked_shares(answer_shares, self.table.pieces)
        return rank_questions(self._by_pattern(), self.table, shares)

    def _extremes(self, label: L) -> tuple[Share, Share]:
        """Share of a label at its lowest and at its highest."""
        if not isinstance(label, self.table.labels):
            refuse_type("label", f"must be one of {self.table.labels.__name__}", repr(label))
        fewest, most = self.bounds[label]
        return (fewest, self.n), (most, self.n)

    def _by_pattern(self) -> NDArray[np.int64]:
        found = np.zeros(self.table.n_patterns, np.int64)
        for pattern, number in self.customers:
            found[pattern] = number
        return found


def counts_by_code(
    table: RuleTable[L], patterns: NDArray[np.uint16], codes: NDArray[np.int64], n_codes: int
) -> list[RuleCounts[L]]:
    """Customers by pattern for each code."""
    pairs, numbers = value_counts(codes * table.n_patterns + patterns)
    groups, shown = np.divmod(pairs, table.n_patterns)
    ends = np.searchsorted(groups, np.arange(n_codes + 1))
    return [
        RuleCounts(table, zip(shown[a:b].tolist(), numbers[a:b].tolist(), strict=True))
        for a, b in pairwise(ends.tolist())
    ]


def counts_of(table: RuleTable[L], customers: NDArray[Any]) -> RuleCounts[L]:
    """Counts from the customers with each of all patterns."""
    shown = np.flatnonzero(customers)
    return RuleCounts(table, zip(shown.tolist(), customers[shown].tolist(), strict=True))
