"""
Who was active in which period: a table of bits, customers by periods.

Conventions: active means at least one row of a log in the period, be it a purchase or
any other contact. Customers are sorted by id; those of a log without any activity
inside the periods stay customers.
"""

from functools import partial
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import complete, equal_arrays, frozen, same_length, truth_table
from loyalkit._kernels import (
    activity_bits,
    codes_before,
    count_bits,
    first_set_row,
    pack_bits,
    unpack_bits,
)
from loyalkit._labels import encode, union_labels
from loyalkit._messages import instance, refuse, refuse_first
from loyalkit._times import ticks
from loyalkit.transactions import Periods, Transactions, Values

__all__ = ["Activity"]

TABLE_LIMIT = 2 * 2**30
"""Largest table of bits [bytes]."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Activity:
    """
    Which customers were active in which periods.

    Made by `from_transactions` or `from_table`. Retention, cohorts and regularity are
    counted from it. Tables of any split of a log, be it by rows, by customers or by
    time, add up to the table of the whole log, by customer id: ``north + south``.

    Parameters
    ----------
    customer_ids : ndarray, shape (n,)
        Distinct ids, sorted.
    periods : Periods
        The periods.
    bits : ndarray of uint64, shape (n_periods, ceil(n / 64))
        Bit ``c % 64`` of ``bits[p, c // 64]`` says whether customer c was active in
        period p. Bits beyond the last customer are 0.
    seen_before : ndarray of bool, shape (n,)
        Which customers have rows before the first period. They are no new customers
        when they turn up in one.
    n_outside : int
        Rows of the log that lie in none of the periods [rows].

    See Also
    --------
    Transactions : The log it is made of.
    Periods : Calendar periods.

    Examples
    --------
    How many customers bought in each month, and in how many months did each buy?

    >>> from loyalkit import Activity, Periods, Transactions
    >>> log = Transactions.from_arrays(
    ...     customers=["Ana", "Ben", "Ana", "Cleo"],
    ...     times=["2017-01-03", "2017-01-20", "2017-02-11", "2017-04-02"],
    ... )
    >>> activity = Activity.from_transactions(log, Periods.between("2017-01-01", "2017-04-01"))
    >>> activity.active_customers
    array([2, 1, 0])
    >>> dict(zip(activity.customer_ids.tolist(), activity.active_periods.tolist()))
    {'Ana': 2, 'Ben': 1, 'Cleo': 0}
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    periods: Periods
    bits: NDArray[np.uint64] = attrs.field(converter=frozen)
    seen_before: NDArray[np.bool_] = attrs.field(converter=frozen)
    n_outside: int = 0

    @classmethod
    def from_transactions(cls, log: Transactions, periods: Periods) -> "Activity":
        """
        Find out from a log who was active when.

        Parameters
        ----------
        log : Transactions
            Purchases, or any other kind of contact. Every row counts, also one with an
            amount below 0: leave refunds out beforehand if they are no sign of activity.
        periods : Periods
            The periods to look at.

        Returns
        -------
        Activity
            All customers of the log, also those without a row inside the periods.

        Raises
        ------
        TypeError
            If the log has dates and the periods day numbers, or the other way round.
        ValueError
            If the edges of the periods cannot be written in the unit of the log's times
            without loss, or if the table would exceed 2 GiB: take longer periods, or
            cut the customers into shards.

        Examples
        --------
        >>> from loyalkit import Activity, Periods, Transactions
        >>> visits = Transactions.from_arrays(customers=[1, 2, 1], times=[3, 4, 12])
        >>> Activity.from_transactions(visits, Periods([0, 7, 14]))
        Activity(n_customers=2, n_periods=2, n_outside=0)
        """
        instance("log", log, Transactions)
        instance("periods", periods, Periods)
        instants, edges = ticks(log.times, "edges", periods.edges)
        _check_size(log.n_customers, periods)
        bits, n_outside = activity_bits(log.codes, instants, edges, log.n_customers)
        return cls(
            customer_ids=log.customer_ids,
            periods=periods,
            bits=bits,
            seen_before=codes_before(log.codes, instants, int(edges[0]), log.n_customers),
            n_outside=n_outside,
        )

    @classmethod
    def from_table(
        cls,
        table: ArrayLike,
        *,
        customer_ids: Values | None = None,
        periods: Periods | None = None,
    ) -> "Activity":
        """
        Take over a table of who was active when.

        Parameters
        ----------
        table : array_like of bool, shape (n, n_periods)
            True where the customer of the row was active in the period of the column.
        customer_ids : array_like, shape (n,), optional
            Distinct ids of the rows, in any order; by default 0 to n - 1.
        periods : Periods, optional
            The periods of the columns; by default whole day numbers from 0.

        Returns
        -------
        Activity
            The same, with customers sorted by id.

        Raises
        ------
        TypeError
            If the table is not two-dimensional or does not hold truth values.
        ValueError
            If a cell or id is missing, if an id occurs twice, or if rows and ids or
            columns and periods differ in number.

        Examples
        --------
        Two customers, three periods:

        >>> from loyalkit import Activity
        >>> Activity.from_table([[True, False, True], [False, True, True]]).first_period
        array([0, 1])
        """
        marks = truth_table("table", table)
        n_rows, n_columns = marks.shape
        periods = Periods(range(n_columns + 1)) if periods is None else periods
        if periods.n_periods != n_columns:
            rule = f"of table must be one for each of {periods.n_periods} periods"
            refuse("columns", rule, n_columns)
        _check_size(n_rows, periods)
        if customer_ids is None:
            customer_ids = range(n_rows)
        ids = complete("customer_ids", customer_ids)
        same_length(table=marks[:, 0], customer_ids=ids)
        labels, codes = encode("customer_ids", ids)
        order = np.argsort(codes, kind="stable")
        repeated = np.zeros(n_rows, bool)
        repeated[order[1:]] = codes[order[1:]] == codes[order[:-1]]
        refuse_first("customer_ids", "must be distinct", ids, repeated)
        return cls(
            customer_ids=labels,
            periods=periods,
            bits=pack_bits(marks[order].T),
            seen_before=np.zeros(ids.size, bool),
        )

    @override
    def __repr__(self) -> str:
        size = f"n_customers={self.n_customers}, n_periods={self.n_periods}"
        return f"Activity({size}, n_outside={self.n_outside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Activity, **attrs.asdict(self, recurse=False)), ()

    def __add__(self, other: "Activity") -> "Activity":
        if not isinstance(other, Activity):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return self.merge(other)

    def __radd__(self, other: int) -> "Activity":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def n_customers(self) -> int:
        """Customers, active or not [customers]."""
        return self.customer_ids.size

    @property
    def n_periods(self) -> int:
        """How many periods there are."""
        return self.periods.n_periods

    @property
    def active_customers(self) -> NDArray[np.int64]:
        """Customers active in each period [customers]."""
        counts = [int(np.bitwise_count(row).sum(dtype=np.int64)) for row in self.bits]
        return frozen(np.array(counts, dtype=np.int64))

    @property
    def first_period(self) -> NDArray[np.int64]:
        """Position of the first period in which each customer was active; -1 if in none."""
        return frozen(first_set_row(self.bits, self.n_customers))

    @property
    def active_periods(self) -> NDArray[np.int64]:
        """In how many periods each customer was active."""
        return frozen(count_bits(self.bits, self.n_customers))

    def table(self) -> NDArray[np.bool_]:
        """
        Unpack the bits.

        Returns
        -------
        ndarray of bool, shape (n, n_periods)
            True where the customer was active in the period. It takes eight times the
            memory of `bits`.

        Examples
        --------
        >>> from loyalkit import Activity
        >>> Activity.from_table([[True, False], [False, True]], customer_ids=["b", "a"]).table()
        array([[False,  True],
               [ True, False]])
        """
        return frozen(unpack_bits(self.bits, self.n_customers).T)

    def merge(self, other: "Activity") -> "Activity":
        """
        Put together two parts of one log, however it was split; ``a + b`` does the same.

        Parameters
        ----------
        other : Activity
            The other part, for the same periods. The two may share customers.

        Returns
        -------
        Activity
            Customers of either part; active where they were in one of the two.

        Raises
        ------
        TypeError
            If the ids are of another kind.
        ValueError
            If the periods are not the same, or if the table would exceed 2 GiB.

        Examples
        --------
        Two tills, one customer who uses both:

        >>> from loyalkit import Activity
        >>> north = Activity.from_table([[True, False], [True, True]], customer_ids=[1, 2])
        >>> south = Activity.from_table([[False, True], [False, True]], customer_ids=[2, 3])
        >>> north.merge(south).active_customers
        array([2, 2])
        """
        instance("other", other, Activity)
        if self.periods != other.periods:
            refuse("periods", f"must be the same, {self.periods}", other.periods)
        labels, mine, theirs = union_labels("customer_ids", self.customer_ids, other.customer_ids)
        _check_size(labels.size, self.periods)
        bits = _spread(self.bits, mine, labels.size) | _spread(other.bits, theirs, labels.size)
        early = np.zeros(labels.size, bool)
        early[mine[self.seen_before]] = True
        early[theirs[other.seen_before]] = True
        return Activity(
            customer_ids=labels,
            periods=self.periods,
            bits=bits,
            seen_before=early,
            n_outside=self.n_outside + other.n_outside,
        )

    def equals(self, other: "Activity") -> bool:
        """
        Tell whether another table says the same.

        Parameters
        ----------
        other : Activity
            The table to compare with.

        Returns
        -------
        bool
            True if customers, periods, bits, who was seen before, and the number of rows
            outside agree.
        """
        return (
            self.n_outside == other.n_outside
            and self.periods == other.periods
            and equal_arrays(self.customer_ids, other.customer_ids)
            and equal_arrays(self.bits, other.bits)
            and equal_arrays(self.seen_before, other.seen_before)
        )


def _check_size(n_customers: int, periods: Periods) -> None:
    most = TABLE_LIMIT // max(8 * -(-n_customers // 64), 1)
    if periods.n_periods > most:
        advice = "take longer periods, or add up the counts of shards of customers"
        rule = f"must number at most {most} for {n_customers} customers: {advice}"
        refuse("periods", rule, periods.n_periods)


def _spread(
    bits: NDArray[np.uint64], positions: NDArray[np.int64], n_customers: int
) -> NDArray[np.uint64]:
    """Bits of some customers as bits of more customers, of whom they are those at positions."""
    if positions.size == n_customers:
        return bits
    marks = np.zeros(n_customers, bool)
    spread = np.empty((len(bits), -(-n_customers // 64)), np.uint64)
    for period, row in enumerate(bits):
        marks[positions] = unpack_bits(row, positions.size)
        spread[period] = pack_bits(marks)
    return spread
