"""
Customers counted by cohort and age, and which ages of which cohort have been observed.

Conventions: an age is a whole number and 0 at entry. The calendar clock counts the
periods from the one of the entry to the one of the purchase; a customer's own clock
counts whole days since the instant of the entry. Columns of a cohort table are
half-open ranges of ages, in an order in which neither starts nor ends decrease.
"""

from functools import reduce
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts
from loyalkit._kernels import (
    ages_in_periods,
    ages_in_units,
    cohort_counts,
    cohort_counts_by_age,
    first_by_code,
    pack_bits,
)
from loyalkit._labels import positions
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import count, one_of
from loyalkit._times import in_unit, ticks
from loyalkit.activity import Activity
from loyalkit.transactions import Periods, Transactions

Clock: TypeAlias = Literal["calendar", "rolling"]
"""The calendar, or a clock that starts when the customer enters."""

CohortMode: TypeAlias = Literal["on", "on_or_after"]
"""Active at an age, or at that age or any later one."""

HIGHEST_AGE = 2**31
"""No age of any use is higher, and sums of ages and periods stay far from overflowing."""

FEW_PERIODS = 128
"""Up to as many, a table of bits is counted faster than a log is sorted."""


class AgeRanges(NamedTuple):
    """Columns of a table: from which age on, and before which age; no ends if never."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64] | None


class Observation(NamedTuple):
    """Of each cohort and column: was it observed, was it whole, can its count still rise."""

    observed: NDArray[np.bool_]
    finished: NDArray[np.bool_]
    lower_bound: NDArray[np.bool_]


class CohortTally(NamedTuple):
    """Customers of each cohort, and those of them active in each column."""

    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]
    n_left_out: int
    seen: Observation


def age_ranges(name: str, given: ArrayLike, mode: CohortMode, within: int | None) -> AgeRanges:
    """Columns from edges of ages or pairs (start, end), as the mode reads them."""
    one_of("mode", mode, ("on", "on_or_after"))
    starts, ends = _pairs(name, given)
    if mode == "on":
        if within is not None:
            refuse("within", "needs mode='on_or_after'", within)
        return AgeRanges(starts, ends)
    if within is None:
        return AgeRanges(starts, None)
    ahead = count("within", within)
    if not 1 <= ahead <= HIGHEST_AGE:
        refuse("within", f"must be from 1 to {HIGHEST_AGE}", within)
    return AgeRanges(starts, starts + ahead)


def _pairs(name: str, given: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ages = counts(name, given)
    if ages.ndim == 1 and ages.size > 1:
        ages = np.stack([ages[:-1], ages[1:]], axis=1)
    if ages.ndim != 2 or ages.shape[1] != 2 or ages.size == 0:
        rule = "must be two or more edges of ages, or pairs (start, end)"
        refuse_type(name, rule, f"shape {ages.shape}")
    starts, ends = ages.T
    refuse_first(name, f"must be at most {HIGHEST_AGE}", ends, ends > HIGHEST_AGE)
    refuse_first(name, "must end after they start", ends, ends <= starts)
    back = (np.diff(starts) < 0) | (np.diff(ends) < 0)
    rule = "must be in an order in which neither starts nor ends decrease"
    refuse_first(name, rule, starts, np.append(False, back))
    return starts, ends


# ---------------------------------------------------------------- the calendar


def spans(cohorts: Periods, ages: Periods) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last period of ages in which the customers of each cohort may have entered."""
    dtype = time_dtype(ages.edges, cohorts.edges)
    edges = in_unit("ages", ages.edges, dtype)
    cuts = in_unit("cohorts", cohorts.edges, dtype)
    if edges[0] > cuts[0] or edges[-1] < cuts[-1]:
        refuse("ages", f"must cover the cohorts, {cohorts}", ages)
    first = np.searchsorted(edges, cuts[:-1], side="right") - 1
    return first, np.searchsorted(edges, cuts[1:]) - 1


def observed_by_calendar(
    cohorts: Periods, ages: Periods, ranges: AgeRanges, *, first_purchase: bool
) -> Observation:
    """Tell what of a table on the calendar clock has been observed."""
    n = ages.n_periods
    first, last = (period[:, None] for period in spans(cohorts, ages))
    start = np.minimum(first + ranges.starts, n)
    end = np.full(1, n) if ranges.ends is None else last + ranges.ends
    # Of an age and all later ones only the age itself can be observed whole.
    own_end = last + ranges.starts + 1 if ranges.ends is None else end
    seen = np.append(0, np.cumsum(_overlaps_observation(ages)))
    gaps = np.append(0, np.cumsum(~ages.finished))
    observed = seen[np.minimum(end, n)] > seen[start]
    whole = (own_end <= n) & (gaps[np.minimum(own_end, n)] == gaps[start])
    return _observation(cohorts, ranges, observed, whole, first_purchase=first_purchase)


# ---------------------------------------------------------------- the customer's own clock


def observed_by_days(
    cohorts: Periods, dtype: np.dtype[Any], ranges: AgeRanges, *, first_purchase: bool
) -> Observation:
    """Tell what of a table on customers' own clocks has been observed, for times of a dtype."""
    moments = {
        "cohorts": cohorts.edges,
        "complete_from": np.asarray(cohorts.complete_from),
        "complete_through": np.asarray(cohorts.complete_through),
    }
    common = time_dtype(np.empty(0, dtype), *moments.values())
    edges, start, end = (
        in_unit(*moment, common).astype(np.int64).tolist() for moment in moments.items()
    )
    day, tick = ticks_of_a_day(common), ticks_of_a_day(common) // ticks_of_a_day(dtype)
    earliest, latest = edges[:-1], [edge - tick for edge in edges[1:]]
    # In Python's integers: a hundred thousand days do not fit into an int64 of nanoseconds.
    since, until = (
        np.array([[-((entry - moment) // day)] for entry in earliest]) for moment in (start, end)
    )
    unseen, passed = (
        np.array([[(moment - entry) // day] for entry in latest]) for moment in (start, end)
    )
    own_ends = ranges.starts + 1 if ranges.ends is None else ranges.ends
    observed = ranges.starts < until
    if ranges.ends is not None:
        observed &= ranges.ends > unseen
    whole = (ranges.starts >= since) & (own_ends <= passed)
    return _observation(cohorts, ranges, observed, whole, first_purchase=first_purchase)


def ticks_of_a_day(dtype: np.dtype[Any]) -> int:
    """How many ticks of a dtype of times make a day; day numbers are days."""
    if dtype.kind != "M":
        return 1
    return int(in_unit("times", np.asarray(np.datetime64(1, "D")), dtype).astype(np.int64))


def time_dtype(first: NDArray[Any], *others: NDArray[Any]) -> np.dtype[Any]:
    """Coarsest dtype of times, days at most, that holds what arrays of one kind hold."""
    kind = first.dtype.kind
    alike = [other.dtype for other in others if other.dtype.kind == kind]
    return reduce(
        np.promote_types, alike, np.promote_types(first.dtype, "M8[D]" if kind == "M" else np.int64)
    )


# ---------------------------------------------------------------- both


def _overlaps_observation(periods: Periods) -> NDArray[np.bool_]:
    through, since = np.asarray(periods.complete_through), np.asarray(periods.complete_from)
    dtype = time_dtype(periods.edges, through, since)
    edges = in_unit("edges", periods.edges, dtype)
    start, end = in_unit("complete_from", since, dtype), in_unit("complete_through", through, dtype)
    overlaps: NDArray[np.bool_] = (edges[:-1] < end) & (edges[1:] > start) & (start < end)
    return overlaps


def _observation(
    cohorts: Periods,
    ranges: AgeRanges,
    observed: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    *,
    first_purchase: bool,
) -> Observation:
    observed = observed & _overlaps_observation(cohorts)[:, None]
    settled = np.zeros_like(whole) if ranges.ends is None else whole
    if first_purchase:
        # Everybody bought at age 0, whatever is still to come.
        settled = settled | (ranges.starts == 0)
    return Observation(observed, whole & cohorts.finished[:, None], observed & ~settled)


# ---------------------------------------------------------------- counting


def tally_of_bits(activity: Activity, ranges: AgeRanges, entry: Activity | None) -> CohortTally:
    """Count a table of bits; entries have the same periods."""
    periods, entered = activity.periods, activity
    if entry is not None:
        activity, entered = activity.merge(_nobody(entry)), entry.merge(_nobody(activity))
    seen = observed_by_calendar(periods, periods, ranges, first_purchase=entry is None)
    sizes, counts = cohort_counts(
        activity.bits,
        entered.bits,
        pack_bits(entered.seen_before),
        ranges.starts,
        np.full_like(ranges.starts, HIGHEST_AGE) if ranges.ends is None else ranges.ends,
    )
    return CohortTally(sizes, counts, activity.n_customers - int(sizes.sum()), seen)


def _nobody(activity: Activity) -> Activity:
    return Activity(
        customer_ids=activity.customer_ids,
        periods=activity.periods,
        bits=np.zeros_like(activity.bits),
        seen_before=np.zeros_like(activity.seen_before),
    )


def tally_by_calendar(
    log: Transactions,
    cohorts: Periods,
    ages: Periods,
    ranges: AgeRanges,
    entry: Transactions | None,
) -> CohortTally:
    """Count a log whose ages are numbers of periods."""
    if entry is None and cohorts == ages and cohorts.n_periods <= FEW_PERIODS:
        return tally_of_bits(Activity.from_transactions(log, cohorts), ranges, None)
    seen = observed_by_calendar(cohorts, ages, ranges, first_purchase=entry is None)
    entries = _entries(log, cohorts, entry)
    instants, edges = ticks(log.times, "ages", ages.edges)
    at = ages_in_periods(log.codes, instants, edges, ages.index_of(entries.times))
    return _tally(log, entries, at, ranges, seen)


def tally_by_days(
    log: Transactions, cohorts: Periods, ranges: AgeRanges, entry: Transactions | None
) -> CohortTally:
    """Count a log whose ages are whole days since each customer's entry."""
    entries = _entries(log, cohorts, entry)
    times = _times_of(log, cohorts)
    dtype = time_dtype(times, entries.times)
    if times.dtype != dtype:
        times = in_unit("times", times, dtype)
    entered = in_unit("entry", entries.times, dtype).view(np.int64)
    at = ages_in_units(log.codes, times.view(np.int64), entered, ticks_of_a_day(dtype))
    seen = observed_by_days(cohorts, dtype, ranges, first_purchase=entry is None)
    return _tally(log, entries, at, ranges, seen)


class _Entries(NamedTuple):
    """When each customer of a log entered, in which cohort (the last: in none), and how many."""

    times: NDArray[Any]
    cohorts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    n_left_out: int


def _entries(log: Transactions, cohorts: Periods, entry: Transactions | None) -> _Entries:
    entered = log if entry is None else entry
    times = _first_times(entered, cohorts)
    cohort = cohorts.index_of(times) % (cohorts.n_periods + 1)
    sizes = np.bincount(cohort, minlength=cohorts.n_periods + 1)
    n_left_out = int(sizes[-1])
    if entry is not None:
        place = positions("customers", entry.customer_ids, log.customer_ids)
        n_left_out += int(np.count_nonzero(place < 0))
        # Place -1, the customers who never entered, is the one put at the end.
        times = np.append(times, np.zeros(1, times.dtype))[place]
        cohort = np.append(cohort, cohorts.n_periods)[place]
    return _Entries(times, cohort, sizes[:-1], n_left_out)


def _times_of(log: Transactions, cohorts: Periods) -> NDArray[Any]:
    # An empty column of no kind in particular is taken as one of the cohorts' kind.
    alike = log.n_rows or log.times.dtype.kind == cohorts.edges.dtype.kind
    return log.times if alike else cohorts.edges[:0]


def _first_times(log: Transactions, cohorts: Periods) -> NDArray[Any]:
    if log.n_rows == 0:
        return _times_of(log, cohorts)
    first = first_by_code(log.codes, log.times.view(np.int64), log.n_customers)
    return first.view(log.times.dtype)


def _tally(
    log: Transactions,
    entries: _Entries,
    at: NDArray[np.int64],
    ranges: AgeRanges,
    seen: Observation,
) -> CohortTally:
    starts, ends = ranges.starts, ranges.ends
    if ends is None:
        # Beyond the last start all ages are alike.
        np.minimum(at, starts[-1], out=at)
        ends = np.full_like(starts, starts[-1] + 1)
    n_cohorts = entries.sizes.size
    counts = cohort_counts_by_age(at, log.codes, entries.cohorts, n_cohorts + 1, starts, ends)
    return CohortTally(entries.sizes, counts[:-1], entries.n_left_out, seen)
