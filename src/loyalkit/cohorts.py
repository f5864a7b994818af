"""
What became of the customers who came at the same time: cohort tables.

Conventions: a cohort is the customers who entered in the same period, by their first
purchase or by a date given apart. Rows of a table are cohorts, columns are ages. Counts
are distinct customers, rates are fractions of everybody who entered, and a cell that
nobody has observed is not zero but unknown.
"""

from functools import partial
from typing import Any, Literal, NoReturn

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import array_key, equal_arrays, frozen, quotients
from loyalkit._cohort_clocks import (
    AgeRanges,
    Clock,
    CohortMode,
    CohortTally,
    age_ranges,
    spans,
    tally_by_calendar,
    tally_by_days,
    tally_of_bits,
)
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import one_of
from loyalkit._table_text import html_of_table, percent_text
from loyalkit.activity import Activity
from loyalkit.intervals import wilson_interval
from loyalkit.transactions import Periods, Transactions

__all__ = ["CohortTable"]

CELL_LIMIT = 2**25
"""Most cells of a table: 256 MiB of counts."""


@attrs.frozen(kw_only=True, repr=False)
class CohortTable:
    """
    How many customers of each cohort were active at each age, as counts that add up.

    Made by `from_activity` or `from_transactions`. Tables of disjoint customers add:
    ``north + south``, or the shards of a log. C is the number of cohorts, A that of ages.

    Parameters
    ----------
    cohorts : Periods
        The periods in which the cohorts entered.
    age_periods : Periods or None
        The periods in which ages are counted; None if in days on each customer's own clock.
    ages : ndarray of int64, shape (A,)
        First age of each column, in periods or days; 0 is the period or day of entry.
    age_ends : ndarray of int64, shape (A,), or None
        Each column ends before this age; None if it takes in every later one.
    entry_given : bool
        Whether the cohorts go by dates given apart, not by the first purchase.
    sizes : ndarray of int64, shape (C,)
        Customers who entered in each cohort, active afterwards or not [customers].
    counts : ndarray of int64, shape (C, A)
        Those of them active at least once within the column's ages [customers];
        0 where not observed.
    observed : ndarray of bool, shape (C, A)
        Whether a part of the cell lies within the observation.
    finished : ndarray of bool, shape (C, A)
        Whether the cohort entered in a finished period and all of it has been observed
        through the column's ages; through the first of them if they have no end.
    lower_bound : ndarray of bool, shape (C, A)
        Whether the count may be too low, as a part of the column's ages was not observed.
        If they have no end, a part never is, and the more the higher the age.
    n_left_out : int
        Customers who entered in none of the cohorts [customers].

    See Also
    --------
    Activity : Who was active in which period.
    retention_by_period : All customers from each period to the next.

    Notes
    -----
    The rate of cohort c in column a is ``counts[c, a] / sizes[c]``. Customers who stay
    away for a period and come back count again, so rates may rise with age.

    Entering by the first purchase means: by the first one in the log. In a log that
    begins in the middle of history, old customers make the first cohorts look large and
    loyal. Dates of entry given apart settle that; so do cohorts that begin later than
    the log, since who bought before them enters in none.

    Examples
    --------
    Three customers came in January. How many of them bought again, and when?

    >>> from loyalkit import Activity, CohortTable, Periods, Transactions
    >>> log = Transactions.from_arrays(
    ...     customers=["Ana", "Ben", "Cleo", "Ana", "Dan", "Ben"],
    ...     times=["2017-01-03", "2017-01-20", "2017-01-31"]
    ...     + ["2017-02-11", "2017-02-12", "2017-03-02"],
    ... )
    >>> months = Periods.between("2017-01-01", "2017-04-01")
    >>> table = CohortTable.from_activity(Activity.from_transactions(log, months))
    >>> dict(zip(table.labels, table.sizes.tolist()))
    {'2017-01': 3, '2017-02': 1, '2017-03': 0}
    >>> table.rates.round(3)
    array([[1.   , 0.333, 0.333],
           [1.   , 0.   ,   nan],
           [  nan,   nan,   nan]])
    >>> table.pooled.round(3)
    array([1.   , 0.25 , 0.333])
    """

    cohorts: Periods
    age_periods: Periods | None
    ages: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    age_ends: NDArray[np.int64] | None = attrs.field(
        converter=attrs.converters.optional(frozen), eq=array_key
    )
    entry_given: bool
    sizes: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    counts: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    observed: NDArray[np.bool_] = attrs.field(converter=frozen, eq=array_key)
    finished: NDArray[np.bool_] = attrs.field(converter=frozen, eq=array_key)
    lower_bound: NDArray[np.bool_] = attrs.field(converter=frozen, eq=array_key)
    n_left_out: int

    @classmethod
    def from_activity(
        cls,
        activity: Activity,
        *,
        mode: CohortMode = "on",
        within: int | None = None,
        brackets: ArrayLike | None = None,
        entry: Activity | None = None,
    ) -> "CohortTable":
        """
        Count the cohorts of a table of who was active when, in its periods.

        Parameters
        ----------
        activity : Activity
            Who was active in which of P periods.
        mode : {"on", "on_or_after"}, default "on"
            Whether a customer counts who was active at the column's ages, or at the
            column's first age or any later one.
        within : int, optional
            How many ages "on_or_after" looks at, the first included: 1 is "on". With it
            every cohort gets the same time to come back; by default each gets as much
            as has been observed.
        brackets : array_like of int, shape (A + 1,) or (A, 2), optional
            Columns, as edges of ages such as 0, 1, 3, 6, or as pairs of the first age
            and the one it ends before. By default one column for each age 0 to P - 1.
        entry : Activity, optional
            Who entered when: the first period of each customer in there counts. The
            periods must be the same. Who never buys stays in the size of the cohort. By
            default everybody enters by the first purchase.

        Returns
        -------
        CohortTable
            A row for each period.

        Raises
        ------
        TypeError
            If an argument is of the wrong kind.
        ValueError
            If brackets are negative, empty or in no order, if ``within`` is given for
            mode "on" or is not positive, if the periods of ``entry`` are others, or if
            the table would have more than 2**25 cells: give brackets, or take longer
            periods.

        See Also
        --------
        from_transactions : Ages in other periods than cohorts, or in days on own clocks.

        Examples
        --------
        One customer back on day 1, one on day 5, one never:

        >>> from loyalkit import Activity, CohortTable
        >>> days = [[1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0, 0]]
        >>> activity = Activity.from_table([[bool(day) for day in row] for row in days])
        >>> CohortTable.from_activity(activity).counts[0]
        array([3, 1, 0, 0, 0, 1, 0])
        >>> CohortTable.from_activity(activity, mode="on_or_after").counts[0]
        array([3, 2, 1, 1, 1, 1, 0])
        >>> CohortTable.from_activity(activity, brackets=[0, 1, 4, 7]).counts[0]
        array([3, 1, 1])
        """
        instance("activity", activity, Activity)
        periods = activity.periods
        columns = range(periods.n_periods + 1) if brackets is None else brackets
        ranges = age_ranges("brackets", columns, mode, within)
        _check_size(periods, ranges)
        if entry is not None:
            instance("entry", entry, Activity)
            if entry.periods != periods:
                refuse("entry", f"must have the same periods, {periods}", entry.periods)
        return cls._of(periods, periods, ranges, tally_of_bits(activity, ranges, entry), entry)

    @classmethod
    def from_transactions(
        cls,
        log: Transactions,
        *,
        cohorts: Periods,
        ages: Periods | ArrayLike,
        clock: Clock = "calendar",
        mode: CohortMode = "on",
        within: int | None = None,
        brackets: ArrayLike | None = None,
        entry: Transactions | None = None,
    ) -> "CohortTable":
        """
        Count the cohorts of a log, with ages on the calendar or on each customer's own clock.

        Parameters
        ----------
        log : Transactions
            Purchases, or any other kind of contact.
        cohorts : Periods
            Customers who entered in the same one of these periods are a cohort.
        ages : Periods or array_like of int, shape (A + 1,) or (A, 2)
            On the calendar clock the periods in which ages are counted: weekly cohorts
            may have daily ages. They must cover the cohorts and may go on after them.
            On the rolling clock the columns, in days: edges such as 0, 1, 7, 30, or
            pairs of the first day and the one it ends before.
        clock : {"calendar", "rolling"}, default "calendar"
            Who buys at 23:45 and again at 00:01 is a day old on the calendar clock, and
            of age 0 on the rolling one, which counts 24 hours from the first purchase.
            Observation ends where that of the cohorts does: give them
            ``complete_through`` if the log runs on.
        mode : {"on", "on_or_after"}, default "on"
            Whether a customer counts who was active at the column's ages, or at the
            column's first age or any later one.
        within : int, optional
            How many ages "on_or_after" looks at, as for `from_activity`; days on the
            rolling clock.
        brackets : array_like of int, shape (A + 1,) or (A, 2), optional
            Columns on the calendar clock, as for `from_activity`, in periods of
            ``ages``. By default one for each age that fits into those periods.
        entry : Transactions, optional
            Who entered when: the first row of each customer in there counts. Who never
            buys stays in the size of the cohort, purchases before the entry do not
            count. By default everybody enters by the first purchase in the log.

        Returns
        -------
        CohortTable
            A row for each period of ``cohorts``.

        Raises
        ------
        TypeError
            If an argument is of the wrong kind, or dates meet day numbers.
        ValueError
            As for `from_activity`; if the ages do not cover the cohorts; if brackets are
            given on the rolling clock; or if edges, entries and times cannot be written
            in one unit without loss.

        Examples
        --------
        Ben came back within a day, but after midnight:

        >>> from loyalkit import CohortTable, Periods, Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=["Ana", "Ben", "Ben"],
        ...     times=["2017-01-02T09:00", "2017-01-03T23:45", "2017-01-04T00:01"],
        ... )
        >>> weeks = Periods.between("2017-01-02", "2017-01-09", "week")
        >>> days = Periods.between("2017-01-02", "2017-01-16", "day")
        >>> CohortTable.from_transactions(log, cohorts=weeks, ages=days).counts[0, :3]
        array([2, 1, 0])
        >>> CohortTable.from_transactions(
        ...     log, cohorts=weeks, ages=[0, 1, 2, 3], clock="rolling"
        ... ).counts[0]
        array([2, 0, 0])
        """
        instance("log", log, Transactions)
        instance("cohorts", cohorts, Periods)
        one_of("clock", clock, ("calendar", "rolling"))
        if entry is not None:
            instance("entry", entry, Transactions)
        if clock == "rolling":
            if isinstance(ages, Periods):
                refuse_type("ages", "must be numbers of days on the rolling clock", "Periods")
            if brackets is not None:
                rule = "must be left out on the rolling clock: give them as ages, in days"
                refuse("brackets", rule, brackets)
            ranges = age_ranges("ages", ages, mode, within)
            _check_size(cohorts, ranges)
            return cls._of(cohorts, None, ranges, tally_by_days(log, cohorts, ranges, entry), entry)
        if not isinstance(ages, Periods):
            rule = "must be of type Periods on the calendar clock"
            refuse_type("ages", rule, type(ages).__name__)
        longest = ages.n_periods - int(spans(cohorts, ages)[0][0])
        columns = range(longest + 1) if brackets is None else brackets
        ranges = age_ranges("brackets", columns, mode, within)
        _check_size(cohorts, ranges)
        tally = tally_by_calendar(log, cohorts, ages, ranges, entry)
        return cls._of(cohorts, ages, ranges, tally, entry)

    @classmethod
    def _of(
        cls,
        cohorts: Periods,
        age_periods: Periods | None,
        ranges: AgeRanges,
        tally: CohortTally,
        entry: object,
    ) -> "CohortTable":
        return cls(
            cohorts=cohorts,
            age_periods=age_periods,
            ages=ranges.starts,
            age_ends=ranges.ends,
            entry_given=entry is not None,
            sizes=tally.sizes,
            counts=np.where(tally.seen.observed, tally.counts, 0),
            observed=tally.seen.observed,
            finished=tally.seen.finished,
            lower_bound=tally.seen.lower_bound,
            n_left_out=tally.n_left_out,
        )

    @override
    def __repr__(self) -> str:
        shape = f"n_cohorts={self.sizes.size}, n_ages={self.ages.size}"
        customers = f"n_customers={self.sizes.sum()}, n_left_out={self.n_left_out}"
        return f"CohortTable({shape}, clock={self.clock!r}, {customers})"

    def _repr_html_(self) -> str:
        # Rates, since counts of cohorts of unlike sizes cannot be read down a column.
        rates = self.rates
        marks = np.where(self.lower_bound & ~np.isnan(rates), "+", "")
        cells = [
            [f"{size:,}", *(percent_text(x) + mark for x, mark in zip(line, signs, strict=True))]
            for size, line, signs in zip(
                self.sizes.tolist(), rates.tolist(), marks.tolist(), strict=True
            )
        ]
        return html_of_table(self.labels, ("customers", *self.age_labels), cells)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(CohortTable, **attrs.asdict(self, recurse=False)), ()

    def __add__(self, other: "CohortTable") -> "CohortTable":
        if not isinstance(other, CohortTable):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        for name in ("clock", "cohorts", "age_periods", "entry_given"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                refuse(name, f"must be the same in both tables, {mine}", theirs)
        for name in ("ages", "age_ends", "observed", "finished", "lower_bound"):
            if not equal_arrays(getattr(self, name), getattr(other, name)):
                _refuse_other(name, getattr(self, name), getattr(other, name))
        return attrs.evolve(
            self,
            sizes=self.sizes + other.sizes,
            counts=self.counts + other.counts,
            n_left_out=self.n_left_out + other.n_left_out,
        )

    def __radd__(self, other: int) -> "CohortTable":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the cohorts, those of their periods."""
        return self.cohorts.labels

    @property
    def age_labels(self) -> tuple[str, ...]:
        """Names of the columns: 3, or 4-6, or 7+ where every later age is taken in."""
        if self.age_ends is None:
            return tuple(f"{first}+" for first in self.ages.tolist())
        pairs = zip(self.ages.tolist(), (self.age_ends - 1).tolist(), strict=True)
        return tuple(str(a) if a == last else f"{a}-{last}" for a, last in pairs)

    @property
    def clock(self) -> Clock:
        """Whether ages follow the calendar or each customer's own clock."""
        return "rolling" if self.age_periods is None else "calendar"

    @property
    def rates(self) -> NDArray[np.float64]:
        """
        Share of each cohort that was active at each age, shape (C, A) [fraction].

        NaN exactly where a cell has not been observed or a cohort is empty. What has been
        seen so far where a cell is not finished.
        """
        trials = np.where(self.observed, self.sizes[:, None], 0)
        return frozen(quotients(self.counts, trials))

    @property
    def pooled_over(self) -> NDArray[np.bool_]:
        """Cells that the pooled curve rests on, shape (C, A): finished, of a cohort not empty."""
        return frozen(self.finished & (self.sizes > 0)[:, None])

    @property
    def pooled_customers(self) -> NDArray[np.int64]:
        """Customers that each age of the pooled curve rests on, shape (A,) [customers]."""
        return frozen(self.sizes @ self.pooled_over)

    @property
    def pooled(self) -> NDArray[np.float64]:
        """
        Share of all customers who were active at each age, shape (A,) [fraction].

        Cohorts weigh as many customers as they have; see `curve`. NaN where no cohort
        has been observed through the age.
        """
        return self.curve()

    def curve(
        self, weighting: Literal["customers", "cohorts"] = "customers"
    ) -> NDArray[np.float64]:
        """
        One retention curve for all cohorts.

        Parameters
        ----------
        weighting : {"customers", "cohorts"}, default "customers"
            Whether customers or cohorts count alike. The mean over cohorts lets a small
            one speak as loud as a large one.

        Returns
        -------
        ndarray of float64, shape (A,)
            Mean rate of the finished cells of each age [fraction]. NaN where none is
            finished in a cohort that is not empty.

        Raises
        ------
        ValueError
            If ``weighting`` is neither of the two.

        Notes
        -----
        The higher the age, the fewer and the older the cohorts that were observed so
        long: `pooled_over` and `pooled_customers` say which and how many. A curve that
        rises or falls at its end may only have lost cohorts.

        Examples
        --------
        Ten customers of whom two came back, then a hundred of whom none did. Did 10 %
        come back?

        >>> from loyalkit import Activity, CohortTable
        >>> table = [[True, True, False]] * 2 + [[True, False, False]] * 8
        >>> table += [[False, True, False]] * 100
        >>> cohorts = CohortTable.from_activity(Activity.from_table(table))
        >>> cohorts.curve("cohorts")[1], cohorts.curve()[1].round(6)
        (np.float64(0.1), np.float64(0.018182))
        """
        one_of("weighting", weighting, ("customers", "cohorts"))
        over = self.pooled_over
        if weighting == "customers":
            parts, wholes = np.where(over, self.counts, 0).sum(axis=0), self.pooled_customers
        else:
            parts, wholes = np.where(over, self.rates, 0).sum(axis=0), over.sum(axis=0)
        return frozen(quotients(parts, wholes))

    def interval(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for the rate of every cell.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of each interval [fraction].

        Returns
        -------
        tuple of ndarray of float64, shape (C, A)
            Wilson intervals as (low, high) [fraction]; NaN exactly where `rates` are. They
            are about what was counted: a cell that is a lower bound may end up higher.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Notes
        -----
        Of a hundred cells some five miss the truth at 95 %: look for patterns, not for
        the one cell that sticks out. The cells of a row are about the same customers.

        Examples
        --------
        >>> from loyalkit import Activity, CohortTable
        >>> table = [[True, True]] * 81 + [[True, False]] * 182
        >>> low, high = CohortTable.from_activity(Activity.from_table(table)).interval()
        >>> low[0].round(4), high[0].round(4)
        (array([0.9856, 0.2553]), array([1.    , 0.3662]))
        """
        trials = np.where(self.observed, self.sizes[:, None], 0)
        return wilson_interval(self.counts, trials, confidence=confidence)

    def pooled_interval(
        self, confidence: float = 0.95
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for the pooled rate of every age.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of each interval [fraction].

        Returns
        -------
        tuple of ndarray of float64, shape (A,)
            Wilson intervals as (low, high) [fraction]; NaN exactly where `pooled` is.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import Activity, CohortTable
        >>> table = [[True, True]] * 81 + [[True, False]] * 182
        >>> low, high = CohortTable.from_activity(Activity.from_table(table)).pooled_interval()
        >>> low.round(4), high.round(4)
        (array([0.9856, 0.2553]), array([1.    , 0.3662]))
        """
        successes = np.where(self.pooled_over, self.counts, 0).sum(axis=0)
        return wilson_interval(successes, self.pooled_customers, confidence=confidence)


def _check_size(cohorts: Periods, ranges: AgeRanges) -> None:
    most = CELL_LIMIT // cohorts.n_periods
    if ranges.starts.size > most:
        rule = f"must number at most {most} for {cohorts.n_periods} cohorts"
        refuse("ages", f"{rule}: give brackets, or take longer periods", ranges.starts.size)


def _refuse_other(name: str, mine: NDArray[Any] | None, theirs: NDArray[Any] | None) -> NoReturn:
    mine, theirs = (None if x is None else x.tolist() for x in (mine, theirs))
    refuse(name, f"must be the same in both tables, {mine}", theirs)
