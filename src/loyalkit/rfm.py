"""
When each customer last bought, how often, and for how much: RFM, and scores from it.

Conventions: days are calendar days of naive times, and all purchases of one day are one
purchase day. "Recency" alone names two opposite things, and no column of the table:
`days_since_last` counts from the last purchase to the day of the summary, `first_to_last`
from the first purchase to the last. Money is in the unit of the log, exact where its amounts
are integers. Amounts below 0 are refunds.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import equal_arrays, frozen
from loyalkit._labels import union_labels
from loyalkit._messages import instance, refuse, refuse_first, refuse_type
from loyalkit._purchase_days import Refunds, day_of, purchases_until
from loyalkit._rfm_kernels import (
    Rows,
    Runs,
    customer_runs,
    key_shift,
    overflowing_spend,
    purchase_keys,
    spend,
)
from loyalkit._scalars import is_scalar, number
from loyalkit.scoring import NO_AMOUNTS, RfmScores, value_scores
from loyalkit.transactions import Instant, Transactions

__all__ = ["RfmTable"]

BinsByDimension: TypeAlias = int | Mapping[str, int | ArrayLike]
"""Bins for all dimensions, or for each by name."""

_DIMENSIONS = ("recency", "frequency", "monetary")
_COLUMNS = (
    "customer_ids",
    "days_since_last",
    "first_to_last",
    "purchase_days",
    "n_rows",
    "first_spend",
    "repeat_spend",
)
_COUNTS = ("n_after", "n_refunds", "n_without_purchase")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RfmTable:
    """
    When each customer last bought, how often, and for how much, as of a day.

    Made by `from_transactions`. Tables of disjoint customers, as of one day, add up:
    ``north + south``.

    Parameters
    ----------
    customer_ids : ndarray, shape (n,)
        Customers with at least one purchase by that day, sorted.
    as_of : datetime64[D] or int
        The day of the summary. Purchases on it count.
    days_since_last : ndarray of int64, shape (n,)
        From the last purchase to `as_of` [days].
    first_to_last : ndarray of int64, shape (n,)
        From the first purchase to the last [days]; 0 if all were on one day.
    purchase_days : ndarray of int64, shape (n,)
        Distinct days with a purchase, at least 1 [days].
    n_rows : ndarray of int64, shape (n,)
        Purchases as the log has them, several a day included [rows].
    first_spend, repeat_spend : ndarray of int64 or float64, shape (n,), or None
        Amounts until the end of the first purchase day, and amounts after it, in the
        unit of the log; None if the log has no amounts.
    refunds : {"net", "exclude", "raise"}
        What became of amounts below 0.
    n_after : int
        Rows of the log after `as_of`, left out [rows].
    n_refunds : int
        Rows until `as_of` with an amount below 0 [rows].
    n_without_purchase : int
        Customers of the log without a purchase by `as_of`, left out [customers].

    See Also
    --------
    value_scores : Scores of any column, such as `mean_spend`.
    split_refunds : Purchases and refunds of each customer apart.

    Examples
    --------
    Who was here when, as of the end of March?

    >>> from loyalkit import RfmTable, Transactions
    >>> log = Transactions.from_arrays(
    ...     customers=["Ana", "Ana", "Ana", "Ben"],
    ...     times=["2017-01-03", "2017-02-11", "2017-03-21", "2017-01-20"],
    ...     amounts=[1999, 1, 1501, 500],
    ... )
    >>> table = RfmTable.from_transactions(log, as_of="2017-03-31")
    >>> table.days_since_last, table.purchase_days, table.total
    (array([10, 70]), array([3, 1]), array([3501,  500]))
    >>> table.mean_repeat
    array([751.,  nan])
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    as_of: np.datetime64 | int
    days_since_last: NDArray[np.int64] = attrs.field(converter=frozen)
    first_to_last: NDArray[np.int64] = attrs.field(converter=frozen)
    purchase_days: NDArray[np.int64] = attrs.field(converter=frozen)
    n_rows: NDArray[np.int64] = attrs.field(converter=frozen)
    first_spend: NDArray[Any] | None = attrs.field(
        default=None, converter=attrs.converters.optional(frozen)
    )
    repeat_spend: NDArray[Any] | None = attrs.field(
        default=None, converter=attrs.converters.optional(frozen)
    )
    refunds: Refunds = "net"
    n_after: int = 0
    n_refunds: int = 0
    n_without_purchase: int = 0

    @classmethod
    def from_transactions(
        cls, log: Transactions, *, as_of: Instant | int, refunds: Refunds = "net"
    ) -> "RfmTable":
        """
        Summarise a log as it stood on a day.

        Parameters
        ----------
        log : Transactions
            The purchase log.
        as_of : date, datetime64, str or int
            The day; it counts whole. Later rows are left out and counted in `n_after`,
            customers who first bought later are left out and counted in
            `n_without_purchase`, so that a day in the past shows what was known then.
        refunds : {"net", "exclude", "raise"}, default "net"
            What an amount below 0 does. It never makes a purchase day, nor a customer.
            "net" takes it off the spend of its day: off `first_spend` until the first
            purchase day, else off `repeat_spend`. "exclude" leaves it out, so that money
            is gross. "raise" refuses such a log. Amounts of 0 are purchases.

        Returns
        -------
        RfmTable
            One entry per customer with a purchase by that day.

        Raises
        ------
        TypeError
            If ``log`` is not a `Transactions`, or ``as_of`` is not of the kind of its times.
        ValueError
            If ``refunds`` is none of the three, if it is "raise" and there is a refund by
            ``as_of``, or if the log spans 2**31 days or more.
        OverflowError
            If the integer amounts of a customer add up to more than an int64 can hold.

        Examples
        --------
        Ben returned what he had bought. What is he worth, and did he come back?

        >>> from loyalkit import RfmTable, Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=["Ben", "Ben"], times=["2017-01-20", "2017-01-25"], amounts=[500, -500]
        ... )
        >>> net = RfmTable.from_transactions(log, as_of="2017-01-31")
        >>> net.total, net.n_repeat, net.n_refunds
        (array([0]), array([0]), 1)
        >>> RfmTable.from_transactions(log, as_of="2017-01-31", refunds="exclude").total
        array([500])
        """
        instance("log", log, Transactions)
        day, number_of_day = day_of(log, as_of)
        rows = purchases_until(log, number_of_day, refunds)
        keys, n_after, n_refunds = purchase_keys(rows, log.n_customers)
        runs = customer_runs(keys, key_shift(rows))
        first_spend, repeat_spend = _spent(log, rows, runs, refunds)
        everybody = runs.codes.size == log.n_customers
        return cls(
            customer_ids=log.customer_ids if everybody else log.customer_ids[runs.codes],
            as_of=day,
            days_since_last=number_of_day - rows.first_day - runs.last,
            first_to_last=runs.last - runs.first,
            purchase_days=runs.days,
            n_rows=runs.rows,
            first_spend=first_spend,
            repeat_spend=repeat_spend,
            refunds=refunds,
            n_after=n_after,
            n_refunds=n_refunds,
            n_without_purchase=log.n_customers - runs.codes.size,
        )

    @override
    def __repr__(self) -> str:
        parts = [
            f"n_customers={self.n_customers}, as_of={str(self.as_of)!r}, refunds={self.refunds!r}",
            *(f"{name}={count}" for name in _COUNTS if (count := getattr(self, name))),
        ]
        return f"RfmTable({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    def __add__(self, other: "RfmTable") -> "RfmTable":
        if not isinstance(other, RfmTable):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        for name in ("as_of", "refunds"):
            if str(getattr(self, name)) != str(getattr(other, name)):
                refuse(name, f"must be the same, {getattr(self, name)}", getattr(other, name))
        ids, first, second = union_labels("customer_ids", self.customer_ids, other.customer_ids)
        mine, theirs = np.zeros(ids.size, bool), np.zeros(ids.size, bool)
        mine[first], theirs[second] = True, True
        advice = "bring each customer into one part first"
        refuse_first(
            "customer_ids", f"must be of different customers: {advice}", ids, mine & theirs
        )
        columns: dict[str, Any] = {
            name: _joined(getattr(self, name), first, getattr(other, name), second)
            for name in _COLUMNS[1:]
        }
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return attrs.evolve(self, customer_ids=ids, **columns, **counts)

    def __radd__(self, other: int) -> "RfmTable":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def n_customers(self) -> int:
        """Customers with a purchase by `as_of` [customers]."""
        return self.customer_ids.size

    @property
    def age(self) -> NDArray[np.int64]:
        """From the first purchase to `as_of` [days]; models of repeat buying call it T."""
        return frozen(self.first_to_last + self.days_since_last)

    @property
    def n_repeat(self) -> NDArray[np.int64]:
        """Purchase days after the first; models of repeat buying call it frequency [days]."""
        return frozen(self.purchase_days - 1)

    @property
    def total(self) -> NDArray[Any]:
        """What each customer spent by `as_of`; a ValueError if the log has no amounts."""
        first, repeat = self._money
        return frozen(first + repeat)

    @property
    def mean_spend(self) -> NDArray[np.float64]:
        """`total` over `purchase_days`; a ValueError if the log has no amounts."""
        return frozen(self.total / self.purchase_days)

    @property
    def mean_repeat(self) -> NDArray[np.float64]:
        """`repeat_spend` over `n_repeat`; NaN exactly where nobody came back on another day."""
        _, repeat = self._money
        mean = np.full(repeat.size, np.nan)
        came_back = self.purchase_days > 1
        return frozen(np.divide(repeat, self.n_repeat, out=mean, where=came_back))

    @property
    def _money(self) -> tuple[NDArray[Any], NDArray[Any]]:
        if self.first_spend is None or self.repeat_spend is None:
            raise ValueError(NO_AMOUNTS)
        return self.first_spend, self.repeat_spend

    def scores(self, bins: BinsByDimension = 5) -> RfmScores:
        """
        Score recency, frequency and money from 1 to a few, 5 being the best of five.

        Parameters
        ----------
        bins : int or mapping, default 5
            How many parts of equal size the customers are cut into, for all dimensions;
            or, by the names "recency", "frequency" and "monetary", a number of parts or
            ascending thresholds of your own: days since the last purchase, purchase
            days, and money in the unit of the log. A dimension not named has five parts.
            The ``thresholds`` of other scores score these customers by the same measure.

        Returns
        -------
        RfmScores
            Scores of `days_since_last` (the fewer, the better), `purchase_days` and
            `total`, with their thresholds. No "monetary" if the log has no amounts.

        Raises
        ------
        TypeError, ValueError
            As for `value_scores`, or if a name is none of the three, or is "monetary"
            and the log has no amounts.

        See Also
        --------
        value_scores : The rule, and scores of other columns.

        Notes
        -----
        Equal customers have equal scores: nobody is a champion by the order of the rows.
        Quantile scores say where a customer stands among these customers, on this day.
        They cannot show that all customers became better; thresholds of your own can.

        R's package rfm adds 1 to each quantile, which takes all values for whole numbers.
        On its own 995 customers, scored as of 2006-12-31, it finds 158 customers with all
        scores 4 or 5, where its quantiles as they are give 159 [1]_. The quantiles here
        are values that occur rather than interpolated ones, and customers who stand on a
        threshold of recency belong to the worse side of it, as on any other; either may
        move customers on a border.

        References
        ----------
        .. [1] A. Hebbali, rfm: Recency, Frequency and Monetary Value Analysis, R package
           version 0.3.0, 2024.

        Examples
        --------
        Nine of ten bought once, on one day and for the same sum. Whom do the scores tell
        apart?

        >>> from loyalkit import RfmTable, Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=[*range(10), 9], times=[0] * 10 + [8], amounts=[20] * 11
        ... )
        >>> scores = RfmTable.from_transactions(log, as_of=30).scores()
        >>> scores.frequency, scores.cells[[0, 9]]
        (array([1, 1, 1, 1, 1, 1, 1, 1, 1, 5], dtype=int8), array([111, 555]))
        >>> RfmTable.from_transactions(log, as_of=30).scores(
        ...     {"recency": [30, 90], "frequency": [1, 2], "monetary": 5}
        ... ).cells[[0, 9]]
        array([211, 325])
        """
        recency, frequency, monetary = _by_dimension(bins)
        if self.first_spend is None and isinstance(bins, Mapping) and "monetary" in bins:
            raise ValueError(NO_AMOUNTS)
        return RfmScores(
            customer_ids=self.customer_ids,
            recency_scores=value_scores(self.days_since_last, recency, best="smallest"),
            frequency_scores=value_scores(self.purchase_days, frequency),
            monetary_scores=(
                None if self.first_spend is None else value_scores(self.total, monetary)
            ),
        )

    def btyd_columns(self, *, days_per_period: float = 1) -> dict[str, NDArray[Any]]:
        """
        Hand over the columns that models of repeat buying expect, under their names.

        Parameters
        ----------
        days_per_period : float, default 1
            Days in the unit of time: 7 for weeks.

        Returns
        -------
        dict of str to ndarray
            - customer_id: `customer_ids`.
            - frequency: `n_repeat`, purchase days after the first.
            - recency: `first_to_last` in periods. Not the time since the last purchase.
            - T: `age` in periods.
            - monetary_value: `mean_repeat`, and 0 where frequency is 0, as these tools
              write it; left out if the log has no amounts.

        Raises
        ------
        TypeError, ValueError
            If ``days_per_period`` is not a finite number above 0.

        Notes
        -----
        The names are those of lifetimes, pymc-marketing and clvkit; BTYD for R calls the
        last four x, t.x, T.cal and m.x. Models of how often people buy (BG/NBD,
        Pareto/NBD) take frequency, recency and T [1]_. Those of how much (Gamma-Gamma)
        take frequency and monetary_value of customers with frequency above 0, and need
        them positive: mind zero amounts and ``refunds="net"``.

        Periods divide days; they do not merge the purchases of a week into one, as a
        summary by week does. Published fits to CDNOW count days and divide by 7.

        References
        ----------
        .. [1] P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting Your Customers the Easy
           Way: An Alternative to the Pareto/NBD Model", Marketing Science 24, 275-284, 2005.

        Examples
        --------
        >>> from loyalkit import RfmTable, Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=[1, 1, 2], times=["2015-01-01", "2015-02-06", "2015-01-01"]
        ... )
        >>> columns = RfmTable.from_transactions(log, as_of="2015-02-07").btyd_columns()
        >>> columns["frequency"], columns["recency"], columns["T"]
        (array([1, 0]), array([36.,  0.]), array([37., 37.]))
        """
        period = number("days_per_period", days_per_period)
        if period <= 0:
            refuse("days_per_period", "must be more than 0", days_per_period)
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customer_ids,
            "frequency": self.n_repeat,
            "recency": frozen(self.first_to_last / period),
            "T": frozen(self.age / period),
        }
        if self.first_spend is not None:
            columns["monetary_value"] = frozen(np.where(self.n_repeat, self.mean_repeat, 0.0))
        return columns

    def equals(self, other: "RfmTable") -> bool:
        """
        Tell whether another table says the same of the same customers.

        Parameters
        ----------
        other : RfmTable
            The table to compare with.

        Returns
        -------
        bool
            True if the day, the customers, all columns and all counts agree.
        """
        return (
            str(self.as_of) == str(other.as_of)
            and self.refunds == other.refunds
            and all(getattr(self, name) == getattr(other, name) for name in _COUNTS)
            and all(equal_arrays(getattr(self, x), getattr(other, x)) for x in _COLUMNS)
        )


def _by_dimension(bins: Any) -> list[Any]:
    if is_scalar(bins):
        return [bins] * len(_DIMENSIONS)
    if not isinstance(bins, Mapping):
        # The same thresholds cannot suit days and money.
        refuse_type("bins", "must be a number of bins, or bins by dimension", repr(bins))
    chosen = cast("Mapping[str, Any]", bins)
    for name in chosen:
        if name not in _DIMENSIONS:
            refuse("bins", f"must be named {', '.join(_DIMENSIONS)}", name)
    return [chosen.get(name, 5) for name in _DIMENSIONS]


def _spent(
    log: Transactions, rows: Rows, runs: Runs, refunds: Refunds
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """Amounts of each customer until the first purchase day and after it."""
    if log.amounts is None:
        return None, None
    first = np.zeros(log.n_customers, np.int64)
    first[runs.codes] = runs.first
    net = refunds == "net"
    if log.amounts.dtype.kind == "i":
        _refuse_overflow(log, overflowing_spend(rows, log.amounts, first, refunds=net))
    cells = spend(rows, log.amounts, first, refunds=net)[runs.codes]
    return cells[:, 0].copy(), cells[:, 1].copy()


def _joined(
    mine: NDArray[Any] | None,
    places: NDArray[np.int64],
    theirs: NDArray[Any] | None,
    other_places: NDArray[np.int64],
) -> NDArray[Any] | None:
    """Two columns as one; None only if neither log has amounts."""
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None or (mine.dtype != theirs.dtype and mine.size and theirs.size):
        raise ValueError("amounts must be of one kind in both parts, or in neither")
    column = np.empty(mine.size + theirs.size, (mine if mine.size else theirs).dtype)
    column[places], column[other_places] = mine, theirs
    return column


def _refuse_overflow(log: Transactions, code: int | None) -> None:
    if code is not None:
        customer = log.customer_ids.tolist()[code]
        raise OverflowError(
            f"amounts must add up to an int64 for every customer, got more for {customer!r}"
        )
