"""
A purchase log with ids encoded once, and the periods its time is cut into.

Conventions: time is naive, periods are half-open [start, end). A period is *finished*
if it is whole and observed from its first instant to its last. Integer amounts stay
integers, and their sums are exact.
"""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import (
    Missing,
    array_key,
    column,
    complete,
    drop_missing,
    equal_arrays,
    frozen,
)
from loyalkit._kernels import overflowing_code, period_positions, sum_by_code
from loyalkit._labels import encode, positions
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._money import money
from loyalkit._scalars import one_of
from loyalkit._times import in_coarsest_unit, in_unit, instant, ticks
from loyalkit._times import times as naive_times

Values: TypeAlias = ArrayLike | Iterable[Any]
"""A column: a list, an array, or anything that turns into one, such as a data frame's column."""

Instant: TypeAlias = dt.date | np.datetime64 | str
"""A naive date or time; ISO if it is text."""

PeriodUnit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
"""Calendar units; weeks are ISO weeks and start on Monday."""

# Base unit, how many of them, and the first start at or after 1970-01-01, a Thursday.
_CALENDAR: dict[PeriodUnit, tuple[str, int, int]] = {
    "day": ("D", 1, 0),
    "week": ("D", 7, 4),
    "month": ("M", 1, 0),
    "quarter": ("M", 3, 0),
    "year": ("Y", 1, 0),
}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Transactions:
    """
    A purchase log: who bought when, and for how much.

    Made by `from_arrays`. The ids are encoded once; whatever is counted from the log
    afterwards works on the codes.

    Parameters
    ----------
    customer_ids : ndarray, shape (n_customers,)
        Distinct ids, sorted.
    codes : ndarray of int64, shape (n_rows,)
        Position of each row's customer in `customer_ids`.
    times : ndarray, shape (n_rows,)
        When each purchase happened: datetime64 in the unit it came in, or whole day
        numbers as int64.
    amounts : ndarray, shape (n_rows,), or None
        What each purchase came to, as int64 or float64; None if the log has no amounts.
    dropped : int
        Rows left out because something was missing in them [rows].

    See Also
    --------
    Periods : Cuts the time of a log into periods.
    Activity : Who was active in which period.

    Examples
    --------
    Who spent how much, to the cent?

    >>> from loyalkit import Transactions
    >>> log = Transactions.from_arrays(
    ...     customers=["Ana", "Ben", "Ana"],
    ...     times=["2017-01-03", "2017-01-20", "2017-02-11"],
    ...     amounts=[19.99, 5.00, 0.01],
    ...     decimals=2,
    ... )
    >>> log
    Transactions(n_rows=3, n_customers=2, dropped=0)
    >>> dict(zip(log.customer_ids.tolist(), log.totals().tolist()))
    {'Ana': 2000, 'Ben': 500}
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    codes: NDArray[np.int64] = attrs.field(converter=frozen)
    times: NDArray[Any] = attrs.field(converter=frozen)
    amounts: NDArray[Any] | None = attrs.field(
        default=None, converter=attrs.converters.optional(frozen)
    )
    dropped: int = 0

    @classmethod
    def from_arrays(
        cls,
        *,
        customers: Values,
        times: Values,
        amounts: Values | None = None,
        decimals: int | None = None,
        missing: Missing = "raise",
    ) -> "Transactions":
        """
        Make a log of columns: lists, arrays, or columns of a data frame as they are.

        Parameters
        ----------
        customers : array_like, shape (n,)
            Customer ids of one kind: integers, text, bytes, UUIDs or dates.
        times : array_like, shape (n,)
            Naive times: datetime64 of any unit, dates, ISO text such as 2017-01-31, or
            whole day numbers.
        amounts : array_like, shape (n,), optional
            What each purchase came to; refunds are negative. Integers, such as cents,
            are taken as they are.
        decimals : int, optional
            Turns float or Decimal amounts in major units into exact integer minor
            units: 2 for cents.
        missing : {"raise", "drop"}, default "raise"
            What to do with a row in which an id, a time or an amount is missing (None,
            NaN, NaT, NA, masked): refuse the log, or leave the row out and count it in
            `dropped`.

        Returns
        -------
        Transactions
            The log, in the order of the rows.

        Raises
        ------
        TypeError
            If a column is of the wrong kind, if ids are of several kinds, or if
            ``amounts`` holds Decimals and ``decimals`` is not given.
        ValueError
            If something is missing and ``missing`` is "raise", if the columns differ in
            length, if a time carries a time zone, if an amount is not finite, has more
            decimals than ``decimals`` or does not fit, or if ``decimals`` is given
            for integers, which could be major or minor units. A place in a message
            counts the rows that are left.

        Examples
        --------
        The till lost an id. How many rows are left out?

        >>> from loyalkit import Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=[7, None, 8], times=["2017-01-03"] * 3, missing="drop"
        ... )
        >>> log.n_rows, log.dropped
        (2, 1)
        """
        columns = {"customers": column("customers", customers), "times": column("times", times)}
        if amounts is not None:
            columns["amounts"] = column("amounts", amounts)
        elif decimals is not None:
            refuse("decimals", "needs amounts", decimals)
        (ids, instants, *paid), dropped = drop_missing(missing, columns)
        instants = naive_times("times", instants)
        exact = money("amounts", paid[0], decimals) if paid else None
        labels, codes = encode("customers", ids)
        return cls(customer_ids=labels, codes=codes, times=instants, amounts=exact, dropped=dropped)

    @override
    def __repr__(self) -> str:
        counts = f"n_rows={self.n_rows}, n_customers={self.n_customers}, dropped={self.dropped}"
        return f"Transactions({counts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Transactions, **attrs.asdict(self, recurse=False)), ()

    @property
    def n_rows(self) -> int:
        """Purchases in the log [rows]."""
        return self.codes.size

    @property
    def n_customers(self) -> int:
        """Distinct customers in the log [customers]."""
        return self.customer_ids.size

    def positions(self, ids: Values) -> NDArray[np.int64]:
        """
        Find customers in the log, to join what is known of them from elsewhere.

        Parameters
        ----------
        ids : array_like, shape (m,)
            Customer ids, in any order, repeated or not.

        Returns
        -------
        ndarray of int64, shape (m,)
            Position of each id in `customer_ids`; -1 where the log does not have it.

        Raises
        ------
        TypeError
            If the ids are of another kind than those of the log.
        ValueError
            If an id is missing.

        Examples
        --------
        Which of those who answered the survey have bought?

        >>> from loyalkit import Transactions
        >>> log = Transactions.from_arrays(customers=[30, 10], times=["2017-01-03"] * 2)
        >>> log.positions([10, 20, 30])
        array([ 0, -1,  1])
        """
        return frozen(positions("ids", self.customer_ids, ids))

    def totals(self) -> NDArray[Any]:
        """
        Add up what each customer spent.

        Returns
        -------
        ndarray of int64 or float64, shape (n_customers,)
            Sum of each customer's amounts, in their unit, in the order of
            `customer_ids`. Exact for integer amounts; for floats the order of the rows
            may change the last bit.

        Raises
        ------
        ValueError
            If the log has no amounts.
        OverflowError
            If the integer amounts of a customer add up to more than an int64 can hold.
        """
        if self.amounts is None:
            raise ValueError("amounts must be given to add them up, got a log without amounts")
        if self.amounts.dtype.kind == "i":
            code = overflowing_code(self.codes, self.amounts, self.n_customers)
            if code is not None:
                total = sum(self.amounts[self.codes == code].tolist())
                raise OverflowError(
                    "amounts must add up to an int64 for every customer, "
                    f"got {total} for customer {self.customer_ids.tolist()[code]!r}"
                )
        return frozen(sum_by_code(self.codes, self.amounts, self.n_customers))

    def equals(self, other: "Transactions") -> bool:
        """
        Tell whether another log has the same rows in the same order.

        Parameters
        ----------
        other : Transactions
            The log to compare with.

        Returns
        -------
        bool
            True if ids, times, amounts and the number of dropped rows agree.
        """
        return self.dropped == other.dropped and all(
            equal_arrays(mine, theirs)
            for mine, theirs in (
                (self.customer_ids, other.customer_ids),
                (self.codes, other.codes),
                (self.times, other.times),
                (self.amounts, other.amounts),
            )
        )


def _edges(values: Values) -> NDArray[Any]:
    edges = in_coarsest_unit("edges", naive_times("edges", complete("edges", values)))
    if edges.size < 2:
        refuse("edges", "must be at least two", list(map(str, edges)))
    not_later = np.append(False, edges[1:] <= edges[:-1])
    refuse_first("edges", "must increase from each to the next", edges, not_later)
    return frozen(edges.copy())


def _moment(name: str, value: Any) -> Any:
    moment = in_coarsest_unit(name, np.asarray(instant(name, value)))
    return moment[()] if moment.dtype.kind == "M" else int(moment)


def _moment_key(moment: Any) -> str:
    return str(moment)


def _in_common_unit(
    edges: NDArray[Any], name: str, moment: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    other = np.asarray(moment)
    alike = other.dtype.kind == edges.dtype.kind
    common = np.promote_types(edges.dtype, other.dtype) if alike else edges.dtype
    return in_unit("edges", edges, common), in_unit(name, other, common)


def _ordinals(instants: NDArray[Any], unit: PeriodUnit) -> NDArray[np.int64]:
    """Number of the calendar unit that each instant lies in."""
    base, length, first = _CALENDAR[unit]
    return (instants.astype(f"M8[{base}]").astype(np.int64) - first) // length


def _starts(ordinals: NDArray[np.int64], unit: PeriodUnit) -> NDArray[Any]:
    base, length, first = _CALENDAR[unit]
    return (ordinals * length + first).astype(f"M8[{base}]").astype("M8[D]")


def _cuts(start: NDArray[Any], end: NDArray[Any], unit: PeriodUnit) -> NDArray[Any]:
    """Both ends, and the starts of calendar units between them."""
    first, last = int(_ordinals(start, unit)), int(_ordinals(end, unit))
    inner = _starts(np.arange(first + 1, last + 1), unit)
    return np.concatenate([[start], inner[inner < end], [end]])


def _label_units(starts: NDArray[Any], unit: PeriodUnit) -> list[str]:
    if unit == "quarter":
        quarters = _ordinals(starts, unit)
        return [f"{1970 + k // 4:04d}Q{k % 4 + 1}" for k in quarters.tolist()]
    if unit != "week":
        return list(map(str, starts.astype(f"M8[{_CALENDAR[unit][0]}]")))
    # An ISO week belongs to the year of its Thursday.
    thursdays = _starts(_ordinals(starts, unit), unit) + np.timedelta64(3, "D")
    years = thursdays.astype("M8[Y]")
    weeks = (thursdays - years.astype("M8[D]")).astype(np.int64) // 7 + 1
    return [f"{year}-W{week:02d}" for year, week in zip(years, weeks, strict=True)]


@attrs.frozen(init=False, repr=False)
class Periods:
    """
    Time cut into half-open periods, and which of them have been observed whole.

    Parameters
    ----------
    edges : array_like, shape (n_periods + 1,)
        Where periods start and end, increasing: dates, datetime64, ISO text, or whole
        day numbers. Period i runs from ``edges[i]`` until just before ``edges[i + 1]``.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        Calendar unit that the edges cut, as `between` makes them; None for free edges.
    complete_from, complete_through : date, datetime64, str or int, optional
        Purchases are known from the first instant until just before the second. By
        default from the first edge to the last.

    Raises
    ------
    TypeError
        If an edge is not a time, or if dates meet day numbers.
    ValueError
        If there are fewer than two edges, if they do not increase, if one carries a
        time zone, if they are not the cuts of ``unit``, or if the observation ends
        before it starts.

    See Also
    --------
    Transactions : The log that the periods cut.
    Activity : Who was active in which period.

    Notes
    -----
    Periods compare and hash by value; the unit in which an instant is written plays no
    part.

    Examples
    --------
    The shop was closed in February, so its periods are not months:

    >>> from loyalkit import Periods
    >>> periods = Periods(["2017-01-01", "2017-03-01", "2017-04-01"])
    >>> periods.labels
    ('2017-01-01/2017-03-01', '2017-03-01/2017-04-01')
    """

    edges: NDArray[Any] = attrs.field(eq=array_key)
    unit: PeriodUnit | None
    complete_from: np.datetime64 | int = attrs.field(eq=_moment_key)
    complete_through: np.datetime64 | int = attrs.field(eq=_moment_key)

    def __init__(
        self,
        edges: Values,
        *,
        unit: PeriodUnit | None = None,
        complete_from: Instant | int | None = None,
        complete_through: Instant | int | None = None,
    ) -> None:
        cuts = _edges(edges)
        start = _moment("complete_from", cuts[0] if complete_from is None else complete_from)
        end = _moment(
            "complete_through", cuts[-1] if complete_through is None else complete_through
        )
        self.__attrs_init__(cuts, unit, start, end)  # type: ignore[attr-defined, unused-ignore]
        self._observed()
        if start > end:
            refuse("complete_from", f"must not come after complete_through={end}", start)
        if unit is not None and not self._are_cuts(unit):
            refuse("unit", "must be the calendar unit that cuts the edges", unit)

    @classmethod
    def between(
        cls,
        start: Instant,
        end: Instant,
        unit: PeriodUnit = "month",
        *,
        complete_from: Instant | None = None,
        complete_through: Instant | None = None,
    ) -> "Periods":
        """
        Cut a span of time at the calendar.

        Parameters
        ----------
        start, end : date, datetime64 or str
            The span, from start until just before end.
        unit : {"day", "week", "month", "quarter", "year"}, default "month"
            Where to cut. Weeks are ISO weeks and start on Monday.
        complete_from, complete_through : date, datetime64 or str, optional
            Purchases are known from the first instant until just before the second. By
            default from start to end.

        Returns
        -------
        Periods
            The calendar units in the span. The first and the last are partial, and so
            unfinished, if start or end lie within them.

        Raises
        ------
        TypeError
            If an argument is not a date or time.
        ValueError
            If end does not come after start, if one carries a time zone, or if ``unit``
            is none of the five.

        Examples
        --------
        The log was exported at noon on 30 March. Which months can be judged?

        >>> from loyalkit import Periods
        >>> quarter = Periods.between(
        ...     "2017-01-01", "2017-04-01", complete_through="2017-03-30T12:00"
        ... )
        >>> quarter.labels
        ('2017-01', '2017-02', '2017-03')
        >>> quarter.finished
        array([ True,  True, False])
        """
        one_of("unit", unit, tuple(_CALENDAR))
        first, last = np.asarray(instant("start", start)), np.asarray(instant("end", end))
        for name, moment in (("start", first), ("end", last)):
            if moment.dtype.kind != "M":
                advice = "Periods(edges) takes day numbers"
                refuse_type(name, f"must be a date or a time: {advice}", f"{moment}")
        if first >= last:
            refuse("end", f"must come after start={first}", last[()])
        return cls(
            _cuts(first, last, unit),
            unit=unit,
            complete_from=complete_from,
            complete_through=complete_through,
        )

    @override
    def __repr__(self) -> str:
        unfinished = int(np.count_nonzero(~self.finished))
        parts = [
            f"n_periods={self.n_periods}",
            *([f"unit={self.unit!r}"] if self.unit else []),
            f"start={str(self.edges[0])!r}, end={str(self.edges[-1])!r}",
            *([f"unfinished={unfinished}"] if unfinished else []),
        ]
        return f"Periods({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Periods, **attrs.asdict(self, recurse=False)), ()

    @property
    def n_periods(self) -> int:
        """How many periods there are."""
        return self.edges.size - 1

    @property
    def labels(self) -> tuple[str, ...]:
        """Names: 2017-01-31, 2017-W05, 2017-01, 2017Q1, 2017; both edges if they are free."""
        if self.unit is not None:
            return tuple(_label_units(self.edges[:-1], self.unit))
        return tuple(f"{start}/{end}" for start, end in pairwise(map(str, self.edges)))

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which periods are whole calendar units, if cut by one, and observed to their end."""
        finished = self._observed()
        if self.unit is not None:
            on_cut = _starts(_ordinals(self.edges, self.unit), self.unit) == self.edges
            finished &= on_cut[:-1] & on_cut[1:]
        return frozen(finished)

    def index_of(self, times: Values) -> NDArray[np.int64]:
        """
        Find the period that each time lies in.

        Parameters
        ----------
        times : array_like, shape (n,)
            Naive times, or whole day numbers if the edges are.

        Returns
        -------
        ndarray of int64, shape (n,)
            Position of the period; -1 where the time lies in none.

        Raises
        ------
        TypeError
            If dates meet day numbers.
        ValueError
            If a time is missing or carries a time zone, or if the edges cannot be
            written in the unit of the times without loss.

        Examples
        --------
        >>> from loyalkit import Periods
        >>> months = Periods.between("2017-01-01", "2017-04-01", "month")
        >>> months.index_of(["2017-03-31T23:59", "2017-04-01T00:00", "2017-01-01T00:00"])
        array([ 2, -1,  0])
        """
        instants = naive_times("times", complete("times", times))
        return frozen(period_positions(*ticks(instants, "edges", self.edges)))

    def _observed(self) -> NDArray[np.bool_]:
        edges, start = _in_common_unit(self.edges, "complete_from", self.complete_from)
        seen_from: NDArray[np.bool_] = edges[:-1] >= start
        edges, end = _in_common_unit(self.edges, "complete_through", self.complete_through)
        return seen_from & (edges[1:] <= end)

    def _are_cuts(self, unit: PeriodUnit) -> bool:
        one_of("unit", unit, tuple(_CALENDAR))
        first, last = self.edges[:1].reshape(()), self.edges[-1:].reshape(())
        return self.edges.dtype.kind == "M" and np.array_equal(self.edges, _cuts(first, last, unit))
