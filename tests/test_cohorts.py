import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_data import raw_columns, reference
from strategies import confidences, purchase_logs

from loyalkit import _cohort_clocks, cohorts
from loyalkit.activity import Activity
from loyalkit.cohorts import CohortTable
from loyalkit.intervals import wilson_interval
from loyalkit.transactions import Periods, Transactions

MONTHS = Periods.between("2016-12-01", "2017-12-01")
WEEKS = Periods.between("2016-12-05", "2017-03-06", "week")
DAYS = Periods.between("2016-12-01", "2017-04-01", "day")
CLOCKS = [
    {"cohorts": MONTHS, "ages": MONTHS},
    {"cohorts": WEEKS, "ages": DAYS},
    {"cohorts": DAYS, "ages": MONTHS},
    {"cohorts": MONTHS, "ages": [0, 1, 30, 31, 60, 365], "clock": "rolling"},
]
MODES = [{}, {"mode": "on_or_after"}, {"mode": "on_or_after", "within": 3}]
tables = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), max_size=30).map(
        lambda rows: np.array(rows, bool).reshape(-1, n)
    )
)


def log(customers, times):
    return Transactions.from_arrays(customers=customers, times=times)


def of_table(table, **options):
    return CohortTable.from_activity(Activity.from_table(table), **options)


def of_rows(customers, times, periods, **options):
    activity = Activity.from_transactions(log(customers, times), periods)
    return CohortTable.from_activity(activity, **options)


@st.composite
def brackets(draw):
    """Ranges of ages that may overlap, leave gaps and occur twice, in order."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 6)), min_size=1, max_size=5))
    starts = sorted(start for start, _ in pairs)
    ends = np.maximum.accumulate([s + width for s, (_, width) in zip(starts, pairs, strict=True)])
    return list(zip(starts, ends.tolist(), strict=True))


@st.composite
def modes(draw):
    """Options that say which ages a column takes in."""
    options = dict(draw(st.sampled_from(MODES)))
    if draw(st.booleans()):
        options["brackets"] = draw(brackets())
    return options


def columns(options, n_ages):
    """Ranges of ages (start, end) that the options ask for, without end at infinity."""
    pairs = options.get("brackets") or [(age, age + 1) for age in range(n_ages)]
    if options.get("mode") == "on_or_after":
        return [(start, start + options.get("within", np.inf)) for start, _ in pairs]
    return pairs


def plain(rows, entries, cohort_of, age_of, ranges, n_cohorts):
    """Customer by customer: sizes, counts and how many are left out."""
    first = {}
    for customer, time in entries:
        first[customer] = min(time, first.get(customer, time))
    sizes, counts = np.zeros(n_cohorts, int), np.zeros((n_cohorts, len(ranges)), int)
    left_out = len({customer for customer, _ in rows} - set(first))
    for customer, entered in first.items():
        cohort = cohort_of(entered)
        if cohort < 0:
            left_out += 1
            continue
        sizes[cohort] += 1
        ages = {age_of(entered, time) for who, time in rows if who == customer} - {None}
        for column, (start, end) in enumerate(ranges):
            counts[cohort, column] += any(start <= age < end for age in ages)
    return sizes, counts, left_out


def days_since(entered, time):
    return (time - entered) // np.timedelta64(1, "D") if time >= entered else None


def periods_since(periods):
    def age(entered, time):
        period = periods.index_of([time])[0]
        return int(period - periods.index_of([entered])[0]) if period >= 0 else None

    return age


def pairs_of(rows):
    return list(zip(rows[0].tolist(), rows[1], strict=True))


def same_counts(table, expected):
    sizes, counts, left_out = expected
    return (
        table.sizes.tolist() == sizes.tolist()
        and np.array_equal(table.counts, counts)
        and table.n_left_out == left_out
    )


class TestFromActivity:
    def test_worked_example_of_modes(self):
        table = np.array(
            [[1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0, 0]], bool
        )
        on, on_or_after = of_table(table), of_table(table, mode="on_or_after")
        assert on.rates[0].tolist() == [1, 1 / 3, 0, 0, 0, 1 / 3, 0]
        assert on_or_after.rates[0].tolist() == [1, 2 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 0]
        assert of_table(table, brackets=[0, 1, 4, 7]).rates[0].tolist() == [1, 1 / 3, 1 / 3]
        assert of_table(table, mode="on_or_after", within=3).counts[0].tolist() == [
            3, 1, 0, 1, 1, 1, 0
        ]  # fmt: skip

    def test_customers_who_pause_come_back_into_the_count(self):
        table = np.zeros((2, 12), bool)
        table[0, [0, 1, 2, 3, 4, 5, 9, 10, 11]] = True
        table[1] = True
        assert of_table(table).counts[0].tolist() == [2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2]

    @given(tables, modes())
    def test_equals_a_loop_over_customers_and_cells(self, table, options):
        rows = [(int(c), int(p)) for c, p in zip(*np.nonzero(table), strict=True)]
        n = table.shape[1]
        expected = plain(
            rows, rows, int, lambda entered, time: time - entered, columns(options, n), n
        )
        made = of_table(table, **options)
        counts = np.where(made.observed, expected[1], 0)
        left_out = len(table) - expected[0].sum()
        assert same_counts(made, (expected[0], counts, left_out))
        assert np.array_equal(counts, expected[1])

    @given(tables, st.data(), modes())
    def test_cohorts_by_given_entries_equal_the_loop(self, table, data, options):
        n = table.shape[1]
        ids = data.draw(st.lists(st.integers(0, 40), unique=True, max_size=20))
        entered = data.draw(
            st.lists(
                st.lists(st.booleans(), min_size=n, max_size=n),
                min_size=len(ids),
                max_size=len(ids),
            )
        )
        entered = np.array(entered, bool).reshape(len(ids), n)
        made = of_table(table, entry=Activity.from_table(entered, customer_ids=ids), **options)
        rows = [(int(c), int(p)) for c, p in zip(*np.nonzero(table), strict=True)]
        entries = [(ids[c], int(p)) for c, p in zip(*np.nonzero(entered), strict=True)]

        def age(first, time):
            return time - first if time >= first else None

        sizes, counts, _ = plain(rows, entries, int, age, columns(options, n), n)
        everybody = {*range(len(table)), *ids}
        assert same_counts(made, (sizes, counts, len(everybody) - sizes.sum()))

    def test_who_entered_and_never_bought_stays_in_the_size(self):
        entry = Activity.from_table([[True, False], [True, False]], customer_ids=["Ana", "Ben"])
        bought = Activity.from_table([[False, True], [True, True]], customer_ids=["Ana", "Eve"])
        made = CohortTable.from_activity(bought, entry=entry)
        assert made.rates.tolist()[0] == [0, 0.5]
        assert (made.sizes.tolist(), made.n_left_out, made.entry_given) == ([2, 0], 1, True)

    @given(tables)
    def test_column_0_is_1_for_every_cohort_that_enters_by_first_purchase(self, table):
        made = of_table(table)
        assert (made.rates[made.sizes > 0, 0] == 1).all()
        assert np.isnan(made.rates[made.sizes == 0]).all()

    @given(tables)
    def test_rates_are_nan_exactly_where_unobserved_or_empty(self, table):
        made = of_table(table)
        n = table.shape[1]
        in_life = np.add.outer(np.arange(n), np.arange(n)) < n
        assert np.array_equal(made.observed, in_life)
        assert np.array_equal(np.isnan(made.rates), ~in_life | (made.sizes == 0)[:, None])

    @given(tables)
    def test_on_or_after_is_at_least_on_and_never_rises_with_age(self, table):
        on, later = of_table(table), of_table(table, mode="on_or_after")
        ahead = [of_table(table, mode="on_or_after", within=h).counts for h in (1, 2, 3, 99)]
        assert np.array_equal(ahead[0], on.counts)
        assert np.array_equal(ahead[-1], later.counts)
        assert all((few <= more).all() for few, more in pairwise(ahead))
        assert (np.diff(later.counts, axis=1) <= 0).all()

    @given(tables, brackets())
    def test_bracket_holds_at_least_as_many_as_each_of_its_parts(self, table, parts):
        whole = [(parts[0][0], parts[-1][1])]
        union = of_table(table, brackets=whole).counts
        assert (union >= of_table(table, brackets=parts).counts).all()

    def test_silent_period_keeps_its_column_and_empty_cohort_its_row(self):
        made = of_rows([1, 2, 1], ["2017-01-05", "2017-01-06", "2017-03-01"], MONTHS)
        assert made.counts[1, :4].tolist() == [2, 0, 1, 0]
        assert made.sizes.tolist() == [0, 2, *[0] * 10]
        assert np.isnan(made.rates[2]).all()
        assert made.observed[2].sum() == 10

    def test_weeks_of_two_years_do_not_meet(self):
        weeks = Periods.between("2016-01-04", "2018-01-01", "week")
        made = of_rows([1, 2], ["2016-02-03", "2017-02-03"], weeks)
        sizes = dict(zip(made.labels, made.sizes.tolist(), strict=True))
        assert (sizes["2016-W05"], sizes["2017-W05"]) == (1, 1)

    def test_last_period_cut_short_is_unfinished_and_stays_out_of_the_pooled_curve(self):
        periods = Periods.between("2017-01-01", "2017-04-01", complete_through="2017-03-10")
        rows = (
            [1, 2, 1, 3, 1],
            ["2017-01-05", "2017-01-06", "2017-02-01", "2017-02-05", "2017-03-01"],
        )
        made = of_rows(*rows, periods)
        assert made.observed.tolist() == [[True] * 3, [True, True, False], [True, False, False]]
        assert made.finished.tolist() == [
            [True, True, False],
            [True, False, False],
            [False, False, False],
        ]
        assert made.lower_bound.tolist() == [
            [False, False, True],
            [False, True, False],
            [False, False, False],
        ]
        assert made.rates[0].tolist() == [1, 0.5, 0.5]
        assert np.array_equal(made.pooled, [1, 0.5, np.nan], equal_nan=True)

    def test_period_after_the_observation_is_unobserved_whatever_the_log_holds(self):
        periods = Periods.between("2017-01-01", "2017-04-01", complete_through="2017-03-01")
        made = of_rows([1, 1, 2], ["2017-01-05", "2017-03-05", "2017-03-06"], periods)
        assert made.observed.tolist() == [[True, True, False], [True, False, False], [False] * 3]
        assert made.counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
        assert made.sizes.tolist() == [1, 0, 1]

    def test_cohort_that_began_before_the_observation_is_unfinished(self):
        periods = Periods.between("2017-01-01", "2017-04-01", complete_from="2017-01-15")
        made = of_rows([1, 1, 2], ["2017-01-20", "2017-02-05", "2017-02-06"], periods)
        assert made.finished.tolist() == [[False] * 3, [True, True, False], [True, False, False]]
        assert np.array_equal(made.pooled, [1, 0, np.nan], equal_nan=True)

    def test_on_or_after_is_a_lower_bound_everywhere_but_at_entry(self):
        table = np.eye(4, dtype=bool)
        made = of_table(table, mode="on_or_after")
        assert np.array_equal(made.lower_bound, made.observed & (np.arange(4) > 0))
        assert np.array_equal(made.finished, made.observed)
        fixed = of_table(table, mode="on_or_after", within=2)
        assert np.array_equal(fixed.finished, np.add.outer(np.arange(4), np.arange(4)) < 3)
        edge = np.add.outer(np.arange(4), np.arange(4)) == 3
        assert np.array_equal(fixed.lower_bound, edge & (np.arange(4) > 0))
        entry = Activity.from_table(table)
        given_apart = of_table(table, mode="on_or_after", entry=entry)
        assert np.array_equal(given_apart.lower_bound, given_apart.observed)

    @pytest.mark.parametrize(
        "options, error, message",
        [
            ({"mode": "after"}, ValueError, "mode must be one of 'on', 'on_or_after'"),
            ({"within": 3}, ValueError, "within needs mode='on_or_after', got within=3"),
            ({"mode": "on_or_after", "within": 0}, ValueError, "within must be from 1 to"),
            ({"mode": "on_or_after", "within": 1.5}, ValueError, "within must be a whole number"),
            ({"brackets": [3]}, TypeError, "brackets must be two or more edges of ages"),
            ({"brackets": []}, TypeError, "brackets must be two or more edges"),
            ({"brackets": 7}, TypeError, "brackets must be two or more edges"),
            ({"brackets": [[0, 1, 2]]}, TypeError, "pairs \\(start, end\\), got shape \\(1, 3\\)"),
            ({"brackets": [0, 3, 3]}, ValueError, "brackets must end after .*=3 at index 1"),
            ({"brackets": [-1, 3]}, ValueError, "brackets must be a whole number of at least 0"),
            ({"brackets": [0, 2**40]}, ValueError, "brackets must be at most 2147483648"),
            (
                {"brackets": [(1, 2), (0, 3)]},
                ValueError,
                "order in which neither starts nor ends decrease, got brackets=0 at index 1",
            ),
            ({"brackets": [(0, 9), (1, 3)]}, ValueError, "neither starts nor ends decrease"),
            ({"entry": 3}, TypeError, "entry must be of type Activity, got int"),
            (
                {"entry": Activity.from_table([[True]])},
                ValueError,
                "entry must have the same periods",
            ),
            (
                {"entry": Activity.from_table([[True, True]], customer_ids=["a"])},
                TypeError,
                "customer_ids must hold",
            ),
        ],
    )
    def test_says_what_is_wrong(self, options, error, message):
        with pytest.raises(error, match=message):
            of_table([[True, False], [False, True]], **options)

    def test_nothing_but_an_activity_has_cohorts(self):
        with pytest.raises(TypeError, match="activity must be of type Activity, got list"):
            CohortTable.from_activity([[True]])

    def test_ten_thousand_periods_need_brackets(self):
        activity = Activity.from_transactions(
            log([7, 7, 9], [0, 9_999, 5_000]), Periods(range(10_001))
        )
        with pytest.raises(ValueError, match="ages must number at most 3355 for 10000 cohorts"):
            CohortTable.from_activity(activity)
        made = CohortTable.from_activity(activity, brackets=[0, 1, 9_999, 10_000])
        assert made.sizes[[0, 5_000]].tolist() == [1, 1]
        assert made.counts[0].tolist() == [1, 0, 1]
        assert made.pooled_customers.tolist() == [2, 1, 1]
        by_log = CohortTable.from_transactions(
            log([7, 7, 9], [0, 9_999, 5_000]),
            cohorts=activity.periods,
            ages=activity.periods,
            brackets=[0, 1, 9_999, 10_000],
        )
        assert by_log == made

    def test_ten_thousand_periods_are_refused_before_they_take_memory(self, monkeypatch):
        monkeypatch.setattr(cohorts, "CELL_LIMIT", 4)
        assert of_table([[True, False]]).counts.shape == (2, 2)
        with pytest.raises(ValueError, match="ages must number at most 1 for 3 cohorts"):
            of_table([[True, False, True]])

    def test_one_row_one_customer_one_period(self):
        made = of_rows([5], ["1969-12-31"], Periods(["1969-12-01", "1970-01-01"]))
        assert (made.sizes.tolist(), made.counts.tolist()) == ([1], [[1]])
        assert made.pooled.tolist() == [1]

    def test_nobody_at_all(self):
        made = of_rows([], [], MONTHS)
        assert made.sizes.sum() == made.counts.sum() == made.n_left_out == 0
        assert np.isnan(made.rates).all()
        assert np.isnan(made.pooled).all()


class TestFromTransactions:
    @pytest.mark.parametrize("clock", CLOCKS, ids=["months", "weeks-days", "days-months", "own"])
    @given(rows=purchase_logs(days=150), options=modes())
    @settings(max_examples=40)
    def test_equals_a_loop_over_customers_and_cells(self, clock, rows, options):
        rolling = "clock" in clock
        if rolling:
            options = {key: value for key, value in options.items() if key != "brackets"}
            n_ages = 0
            ranges = columns(
                {**options, "brackets": [(0, 1), (1, 30), (30, 31), (31, 60), (60, 365)]}, 0
            )
        else:
            first = clock["ages"].index_of(clock["cohorts"].edges[:1])[0]
            n_ages = clock["ages"].n_periods - first
            ranges = columns(options, n_ages)
        made = CohortTable.from_transactions(log(*rows[:2]), **clock, **options)
        pairs = pairs_of(rows)
        expected = plain(
            pairs,
            pairs,
            lambda time: clock["cohorts"].index_of([time])[0],
            days_since if rolling else periods_since(clock["ages"]),
            ranges,
            clock["cohorts"].n_periods,
        )
        counts = np.where(made.observed, expected[1], 0)
        assert same_counts(made, (expected[0], counts, expected[2]))

    @pytest.mark.parametrize("clock", CLOCKS[1:], ids=["weeks-days", "days-months", "own"])
    @given(rows=purchase_logs(days=150), entries=purchase_logs(max_rows=20, days=150))
    @settings(max_examples=25)
    def test_cohorts_by_given_entries_equal_the_loop(self, clock, rows, entries):
        rolling = "clock" in clock
        made = CohortTable.from_transactions(log(*rows[:2]), **clock, entry=log(*entries[:2]))
        ranges = list(zip(made.ages.tolist(), made.age_ends.tolist(), strict=True))

        def age(entered, time):
            found = (
                days_since(entered, time)
                if rolling
                else periods_since(clock["ages"])(entered, time)
            )
            return found if found is not None and found >= 0 else None

        expected = plain(
            pairs_of(rows),
            pairs_of(entries),
            lambda time: clock["cohorts"].index_of([time])[0],
            age,
            ranges,
            clock["cohorts"].n_periods,
        )
        counts = np.where(made.observed, expected[1], 0)
        assert same_counts(made, (expected[0], counts, expected[2]))

    @given(purchase_logs(), modes())
    def test_two_ways_of_counting_one_answer(self, rows, options):
        by_log = {"cohorts": MONTHS, "ages": MONTHS, **options}
        bits = CohortTable.from_transactions(log(*rows[:2]), **by_log)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_cohort_clocks, "FEW_PERIODS", 0)
            assert CohortTable.from_transactions(log(*rows[:2]), **by_log) == bits
        assert of_rows(*rows[:2], MONTHS, **options) == bits

    @given(purchase_logs(), purchase_logs(max_rows=20))
    def test_entries_as_a_log_or_as_activity_say_the_same(self, rows, entries):
        bought, entry = log(*rows[:2]), log(*entries[:2])
        by_log = CohortTable.from_transactions(bought, cohorts=MONTHS, ages=MONTHS, entry=entry)
        by_bits = CohortTable.from_activity(
            Activity.from_transactions(bought, MONTHS),
            entry=Activity.from_transactions(entry, MONTHS),
        )
        assert by_log == by_bits

    def test_who_bought_before_the_first_period_is_left_out_and_not_new(self):
        rows = log([1, 1, 2], ["2016-11-01", "2017-01-05", "2017-01-06"])
        made = CohortTable.from_transactions(rows, cohorts=MONTHS, ages=MONTHS)
        assert (made.sizes.sum(), made.n_left_out) == (1, 1)
        assert made.counts[1].tolist() == [1, *[0] * 11]

    def test_a_quarter_of_an_hour_over_midnight_on_both_clocks(self):
        rows = log(["Ben", "Ben"], ["2017-01-03T23:45", "2017-01-04T00:01"])
        week = Periods.between("2017-01-02", "2017-01-09", "week")
        days = Periods.between("2017-01-02", "2017-01-09", "day")
        calendar = CohortTable.from_transactions(rows, cohorts=week, ages=days)
        assert calendar.counts[0, :3].tolist() == [1, 1, 0]
        own = CohortTable.from_transactions(rows, cohorts=week, ages=[0, 1, 2, 3], clock="rolling")
        assert own.counts[0].tolist() == [1, 0, 0]
        assert (calendar.clock, own.clock) == ("calendar", "rolling")

    def test_day_on_the_own_clock_begins_after_24_hours_to_the_tick(self):
        day = Periods.between("2017-01-03", "2017-01-04", "day", complete_through="2017-01-10")
        for later, counts in (("23:44:59", [1, 0]), ("23:45:00", [1, 1])):
            rows = log([1, 1], ["2017-01-03T23:45:00", f"2017-01-04T{later}"])
            made = CohortTable.from_transactions(rows, cohorts=day, ages=[0, 1, 2], clock="rolling")
            assert made.counts.tolist() == [counts]

    @given(purchase_logs(days=100), st.sampled_from(["h", "s", "us", "ns"]), modes())
    def test_unit_of_the_times_does_not_matter(self, rows, unit, options):
        finer = rows[1].astype(f"M8[{unit}]")
        for clock in CLOCKS:
            given_ages = {
                k: v for k, v in options.items() if k != "brackets" or "clock" not in clock
            }
            coarse, fine = (
                CohortTable.from_transactions(log(rows[0], times), **clock, **given_ages)
                for times in (rows[1], finer)
            )
            assert np.array_equal(coarse.sizes, fine.sizes)
            assert np.array_equal(coarse.counts, fine.counts)
            if "clock" not in clock:
                assert coarse == fine

    @pytest.mark.parametrize("unit", ["Y", "M", "12h"])
    def test_years_months_and_half_days_as_times_have_days_too(self, unit):
        times = np.array(["2015-01-01", "2016-01-01", "2017-01-01"], f"M8[{unit}]")
        made = CohortTable.from_transactions(
            log([1, 1, 2], times),
            cohorts=Periods(["2014-01-01", "2018-01-01"]),
            ages=[0, 1, 365, 366],
            clock="rolling",
        )
        assert made.counts.tolist() == [[2, 0, 1]]

    def test_entries_may_be_finer_than_the_log(self):
        made = CohortTable.from_transactions(
            log([1, 2], ["2017-01-04", "2017-01-03"]),
            entry=log([1, 2], ["2017-01-03T10:00", "2017-01-03T10:00"]),
            cohorts=MONTHS,
            ages=[0, 1, 2],
            clock="rolling",
        )
        assert made.counts[1].tolist() == [1, 0]
        assert made.sizes[1] == 2

    def test_day_numbers_have_both_clocks(self):
        rows, weeks = log([1, 1, 2], [0, 8, 13]), Periods([0, 7, 14])
        own = CohortTable.from_transactions(rows, cohorts=weeks, ages=[0, 7, 14], clock="rolling")
        assert own.counts.tolist() == [[1, 1], [1, 0]]
        calendar = CohortTable.from_transactions(rows, cohorts=weeks, ages=Periods(range(15)))
        assert np.flatnonzero(calendar.counts[0]).tolist() == [0, 8]

    def test_observation_may_go_on_after_the_last_cohort(self):
        rows = log([1, 1, 2], ["2017-01-05", "2017-06-05", "2017-02-05"])
        cohorts = Periods.between("2017-01-01", "2017-03-01")
        ages = Periods.between("2017-01-01", "2017-07-01")
        made = CohortTable.from_transactions(rows, cohorts=cohorts, ages=ages)
        assert made.counts.tolist() == [[1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0]]
        assert made.observed.tolist() == [[True] * 6, [*[True] * 5, False]]

    def test_leap_day_and_dates_before_1970(self):
        rows = log([1, 1, 2, 2], ["1968-02-29", "1968-03-01", "1967-02-28", "1967-03-01"])
        cohorts = Periods.between("1967-02-01", "1968-03-01", complete_through="1968-04-01")
        made = CohortTable.from_transactions(rows, cohorts=cohorts, ages=[0, 1, 2], clock="rolling")
        assert made.counts[[0, -1]].tolist() == [[1, 1], [1, 1]]

    def test_centuries_of_nanoseconds_do_not_overflow(self):
        times = np.array(["1680-01-01", "2260-01-01"], "M8[ns]")
        for given_entry in (None, log([1], times[:1])):
            made = CohortTable.from_transactions(
                log([1, 1], times),
                cohorts=Periods(["1680-01-01", "1681-01-01"], complete_through="2261-01-01"),
                ages=[0, 1, 211_000, 212_000],
                clock="rolling",
                entry=given_entry,
            )
            assert made.counts.tolist() == [[1, 0, 1]]
            assert made.finished.tolist() == [[True, True, False]]

    @given(purchase_logs(days=100), st.randoms(), st.sampled_from(CLOCKS), st.sampled_from(MODES))
    def test_order_repetition_and_names_do_not_matter(self, rows, random, clock, mode):
        customers, times, _ = rows
        order = random.sample(range(times.size), times.size) * 2
        names = np.array([f"customer {50 - k}" for k in range(50)])
        one = CohortTable.from_transactions(log(customers, times), **clock, **mode)
        other = CohortTable.from_transactions(
            log(names[customers[order]], times[order]), **clock, **mode
        )
        assert one == other

    @given(purchase_logs(days=60), st.integers(-3000, 3000), st.sampled_from(MODES))
    def test_unchanged_when_all_dates_move_by_whole_periods(self, rows, steps, mode):
        shift = np.timedelta64(7 * steps, "D")
        one, other = (
            CohortTable.from_transactions(
                log(rows[0], rows[1] + move),
                cohorts=Periods(WEEKS.edges + move),
                ages=[0, 1, 7, 30],
                clock="rolling",
                **mode,
            )
            for move in (np.timedelta64(0, "D"), shift)
        )
        assert one.counts.tolist() == other.counts.tolist()
        assert one.finished.tolist() == other.finished.tolist()

    @given(purchase_logs(days=100), st.sampled_from(CLOCKS), st.sampled_from(MODES))
    def test_all_customers_twice_keep_the_rates_and_narrow_the_intervals(self, rows, clock, mode):
        customers, times, _ = rows
        one = CohortTable.from_transactions(log(customers, times), **clock, **mode)
        twice = log(np.concatenate([customers, customers + 100]), np.concatenate([times, times]))
        other = CohortTable.from_transactions(twice, **clock, **mode)
        assert np.array_equal(one.rates, other.rates, equal_nan=True)
        assert np.array_equal(one.pooled, other.pooled, equal_nan=True)
        known = ~np.isnan(one.rates)
        wide, narrow = ((high - low)[known] for low, high in (one.interval(), other.interval()))
        assert (narrow < wide).all()

    @pytest.mark.parametrize(
        "options, error, message",
        [
            ({"clock": "own"}, ValueError, "clock must be one of 'calendar', 'rolling'"),
            (
                {"ages": [0, 1]},
                TypeError,
                "ages must be of type Periods on the calendar clock, got list",
            ),
            ({"clock": "rolling"}, TypeError, "ages must be numbers of days on the rolling clock"),
            (
                {"clock": "rolling", "ages": [0, 1], "brackets": [0, 1]},
                ValueError,
                "brackets must be left out on the rolling clock",
            ),
            ({"clock": "rolling", "ages": [1, 0]}, ValueError, "ages must end after they start"),
            ({"cohorts": 3}, TypeError, "cohorts must be of type Periods, got int"),
            (
                {"entry": {1: "2017-01-01"}},
                TypeError,
                "entry must be of type Transactions, got dict",
            ),
            ({"entry": log(["1"], ["2017-01-05"])}, TypeError, "customers must hold str labels"),
            (
                {"ages": Periods.between("2017-01-01", "2018-01-01")},
                ValueError,
                "ages must cover the cohorts, .*2016-12-01.*, got ages=Periods",
            ),
            (
                {"ages": Periods.between("2016-12-01", "2017-11-30")},
                ValueError,
                "ages must cover the cohorts",
            ),
            ({"ages": Periods(range(9))}, TypeError, "must be whole day numbers"),
            (
                {"clock": "rolling", "ages": [0, 1], "cohorts": Periods([0, 7])},
                TypeError,
                "edges must be dates or times",
            ),
            (
                {"clock": "rolling", "ages": range(3_000_000)},
                ValueError,
                "ages must number at most",
            ),
        ],
    )
    def test_says_what_is_wrong(self, options, error, message):
        options = {"cohorts": MONTHS, "ages": MONTHS, **options}
        with pytest.raises(error, match=message):
            CohortTable.from_transactions(log([1], ["2017-01-05"]), **options)

    def test_nothing_but_a_log_has_cohorts(self):
        with pytest.raises(TypeError, match="log must be of type Transactions, got list"):
            CohortTable.from_transactions([], cohorts=MONTHS, ages=MONTHS)

    @pytest.mark.parametrize("clock", CLOCKS, ids=["months", "weeks-days", "days-months", "own"])
    def test_empty_logs_are_legal(self, clock):
        nobody, one = log([], []), log([1], ["2017-01-05"])
        for bought, entry, size in ((nobody, None, 0), (nobody, one, 1), (one, nobody, 0)):
            made = CohortTable.from_transactions(bought, **clock, entry=entry)
            assert made.sizes.sum() == size
            assert made.counts.sum() == 0
            assert made.n_left_out == (bought is one)


class TestAddition:
    @pytest.mark.parametrize("clock", CLOCKS, ids=["months", "weeks-days", "days-months", "own"])
    @given(rows=purchase_logs(days=120), mode=st.sampled_from(MODES), with_entry=st.booleans())
    @settings(max_examples=30)
    def test_shards_of_customers_add_up_to_the_whole(self, clock, rows, mode, with_entry):
        customers, times, _ = rows
        shard = customers % 3

        def count(part):
            entry = (
                log(customers[part], times[part] - np.timedelta64(2, "D")) if with_entry else None
            )
            return CohortTable.from_transactions(
                log(customers[part], times[part]), **clock, **mode, entry=entry
            )

        whole = count(np.full(times.size, True))
        assert sum(count(shard == k) for k in range(3)) == whole

    def test_an_empty_shard_of_the_rolling_clock_adds_nothing(self):
        weeks = Periods.between("2017-01-02", "2017-01-23", "week")
        full, empty = (
            CohortTable.from_transactions(
                Transactions.from_arrays(
                    customers=np.array(ids, "U1"), times=np.array(times, "M8[s]")
                ),
                cohorts=weeks,
                ages=[0, 1, 7, 14, 21],
                clock="rolling",
            )
            for ids, times in ((["a"], ["2017-01-03T10:00"]), ([], []))
        )
        assert full + empty == empty + full == full

    @given(tables, tables)
    def test_addition_commutes_and_nobody_is_its_identity(self, first, second):
        n = min(first.shape[1], second.shape[1])
        one, other = of_table(first[:, :n]), of_table(second[:, :n])
        assert one + other == other + one == of_table(np.vstack([first[:, :n], second[:, :n]]))
        assert one + of_table(np.zeros((0, n), bool)) == one
        assert sum([one]) == one

    def test_other_designs_are_refused(self):
        rows = log([1], ["2017-01-05"])

        def of(**options):
            return CohortTable.from_transactions(rows, **{**CLOCKS[0], **options})

        own = {"clock": "rolling", "ages": [0, 1, 30]}
        for other, message in (
            (of(**own), "clock must be the same in both tables, calendar, got clock='rolling'"),
            (of(mode="on_or_after"), "age_ends must be the same in both tables"),
            (of(mode="on_or_after", within=2), "age_ends must be the same"),
            (of(brackets=[0, 1]), "ages must be the same"),
            (of(entry=rows), "entry_given must be the same in both tables, False"),
            (of(ages=DAYS, cohorts=WEEKS), "cohorts must be the same in both tables, Periods"),
            (of(ages=Periods.between("2016-12-01", "2018-01-01")), "age_periods must be the same"),
        ):
            with pytest.raises(ValueError, match=message):
                of() + other
            with pytest.raises(ValueError, match="must be the same in both tables"):
                other + of()
        with pytest.raises(ValueError, match="ages must be the same"):
            of(**own) + of(clock="rolling", ages=[0, 2, 30])

    def test_tables_that_disagree_on_what_is_finished_are_refused(self):
        cohorts = Periods.between("2017-01-01", "2017-02-01")
        dates, minutes = (
            CohortTable.from_transactions(
                log([1], [time]), cohorts=cohorts, ages=[0, 1], clock="rolling"
            )
            for time in ("2017-01-05", "2017-01-05T12:00")
        )
        assert (dates.finished.tolist(), minutes.finished.tolist()) == ([[True]], [[False]])
        with pytest.raises(ValueError, match="finished must be the same in both tables"):
            dates + minutes

    def test_nothing_else_can_be_added(self):
        made = of_table([[True]])
        for other in (1, None, "a", 0.0):
            with pytest.raises(TypeError):
                made + other
            with pytest.raises(TypeError):
                other + made


class TestCohortTable:
    @given(tables, st.sampled_from(MODES))
    def test_survives_pickling_and_hashing(self, table, mode):
        made = of_table(table, **mode)
        again = pickle.loads(pickle.dumps(made))
        assert again == made == of_table(table, **mode)
        assert hash(again) == hash(made)
        assert not again.counts.flags.writeable

    def test_tables_differ_in_each_part(self):
        made = of_table([[True, True], [False, True]])
        others = [
            of_table([[True, True], [True, False]]),
            of_table([[True, False], [False, True]]),
            of_table([[True, True], [False, True], [False, False]]),
            of_table([[True, True], [False, True]], mode="on_or_after"),
            of_table(
                [[True, True], [False, True]],
                entry=Activity.from_table([[True, True], [False, True]]),
            ),
            of_table([[True, True], [False, True]], brackets=[(0, 1)]),
        ]
        assert all(made != other for other in others)
        assert len({made, *others}) == 7
        assert made != "a table"

    def test_results_cannot_be_changed(self):
        made = of_table([[True, False], [False, True]])
        arrays = (
            made.sizes, made.counts, made.observed, made.finished, made.lower_bound, made.ages,
            made.age_ends, made.rates, made.pooled, made.pooled_over, made.pooled_customers,
            *made.interval(), *made.pooled_interval(),
        )  # fmt: skip
        assert not any(array.flags.writeable for array in arrays)
        with pytest.raises(AttributeError):
            made.counts = 1

    def test_brackets_are_not_changed_and_not_kept(self):
        edges = np.array([0, 1, 2])
        made = of_table([[True, False]], brackets=edges)
        edges[:] = 9
        assert made.ages.tolist() == [0, 1]

    def test_names_of_rows_and_columns(self):
        rows = log([1], ["2017-01-05"])
        made = CohortTable.from_transactions(rows, cohorts=MONTHS, ages=MONTHS)
        assert made.labels == MONTHS.labels
        assert made.age_labels[:3] == ("0", "1", "2")
        assert of_table([[True] * 9], brackets=[0, 1, 4, 9]).age_labels == ("0", "1-3", "4-8")
        assert of_table([[True] * 2], mode="on_or_after").age_labels == ("0+", "1+")
        assert of_table([[True] * 2], mode="on_or_after", within=2).age_labels == ("0-1", "1-2")

    def test_representation_is_short(self):
        assert repr(of_table([[True, False], [False, False]])) == (
            "CohortTable(n_cohorts=2, n_ages=2, clock='calendar', n_customers=1, n_left_out=1)"
        )

    def test_notebooks_show_rates_and_what_may_still_rise(self):
        noon = "2017-01-03T12:00"
        days = Periods.between("2017-01-01", "2017-01-04", "day", complete_through=noon)
        activity = Activity.from_table([[True, True, False], [True, False, True]], periods=days)
        text = CohortTable.from_activity(activity, mode="on_or_after")._repr_html_()
        rows = [re.findall(r"<td>([^<]*)</td>", row) for row in text.split("<tr>")[2:]]
        assert rows == [
            ["2", "100.0%", "100.0%+", "50.0%+"],
            ["0", "", "", ""],
            ["0", "", "", ""],
        ]
        assert "<th>customers</th><th>0+</th><th>1+</th><th>2+</th>" in text

    @given(tables, confidences)
    def test_interval_is_that_of_every_cell_alone(self, table, confidence):
        made = of_table(table)
        low, high = made.interval(confidence)
        for c, a in np.ndindex(made.counts.shape):
            trials = int(made.sizes[c]) if made.observed[c, a] else 0
            alone = wilson_interval(int(made.counts[c, a]), trials, confidence=confidence)
            assert np.array_equal([low[c, a], high[c, a]], [alone.low, alone.high], equal_nan=True)
            assert np.isnan(made.rates[c, a]) or made.rates[c, a] in alone

    def test_confidence_is_a_fraction(self):
        for interval in (of_table([[True]]).interval, of_table([[True]]).pooled_interval):
            with pytest.raises(ValueError, match="0.95 for 95 %"):
                interval(95)


class TestCurve:
    def test_cohorts_weigh_as_many_customers_as_they_have(self):
        table = (
            [[True, True, False]] * 2 + [[True, False, False]] * 8 + [[False, True, False]] * 100
        )
        made = of_table(table)
        assert made.pooled[1] == 2 / 110
        assert made.curve("customers").tolist() == made.pooled.tolist()
        assert made.curve("cohorts")[1] == 0.1
        assert made.pooled_customers.tolist() == [110, 110, 10]
        assert made.pooled_over.tolist() == [[True] * 3, [True, True, False], [False] * 3]

    @given(tables, st.sampled_from(["customers", "cohorts"]), st.sampled_from(MODES))
    def test_lies_between_the_lowest_and_the_highest_cohort(self, table, weighting, mode):
        made = of_table(table, **mode)
        curve = made.curve(weighting)
        rates = np.where(made.pooled_over, made.rates, np.nan)
        for value, cohort_rates in zip(curve, rates.T, strict=True):
            known = cohort_rates[~np.isnan(cohort_rates)]
            assert np.isnan(value) == (known.size == 0)
            if known.size:
                assert known.min() - 1e-12 <= value <= known.max() + 1e-12

    def test_cohorts_where_nobody_came_back_count_and_empty_ones_do_not(self):
        table = [[True, True, False, False], [False, False, True, False]]
        made = of_table(table)
        assert made.curve("cohorts")[:2].tolist() == [1, 0.5]
        assert made.pooled[:2].tolist() == [1, 0.5]

    def test_interval_of_the_pooled_curve_is_that_of_its_customers(self):
        made = of_table([[True, True]] * 81 + [[True, False]] * 182 + [[False, True]] * 7)
        low, high = made.pooled_interval()
        alone = wilson_interval(81, 263)
        assert (low[1], high[1]) == (alone.low, alone.high)

    def test_weighting_is_one_of_two(self):
        with pytest.raises(ValueError, match="weighting must be one of 'customers', 'cohorts'"):
            of_table([[True]]).curve("size")


def rows_of_reference(made, published):
    assert list(made.labels[: len(published)]) == [cohort["cohort"] for cohort in published]
    for row, observed, cohort in zip(made.counts, made.observed, published, strict=False):
        assert row[observed].tolist() == cohort["active"]
    assert made.sizes.sum() == made.sizes[: len(published)].sum()
    assert made.sizes[: len(published)].tolist() == [cohort["size"] for cohort in published]


class TestRealData:
    def test_online_retail_with_a_last_month_cut_short(self):
        invoices = raw_columns("onlineretail_invoices.csv.gz")
        sale = np.array(invoices["credit"]) == "0"
        months = Periods.between("2010-12-01", "2011-12-10")
        made = of_rows(
            np.array(invoices["CustomerID"])[sale], np.array(invoices["date"])[sale], months
        )
        rows_of_reference(made, reference("online_retail.json")["cohort_month_sales"])
        unfinished = made.observed & ~made.finished
        assert np.argwhere(unfinished).sum(axis=1).tolist() == [12] * 13
        assert made.counts[0, :4].tolist() == [885, 324, 286, 340]
        assert made.pooled_customers[[0, 1, 11, 12]].tolist() == [4298, 3974, 885, 0]

    def test_complete_journey(self):
        baskets = raw_columns("completejourney_baskets.csv.gz")
        rows = log(baskets["household_id"], baskets["ts"])
        months = Periods.between("2017-01-01", "2018-01-01")
        made = CohortTable.from_transactions(rows, cohorts=months, ages=months)
        rows_of_reference(made, reference("complete_journey.json")["cohort_month"])
        assert np.array_equal(made.finished, made.observed)

    def test_cdnow_sample(self):
        orders = raw_columns("cdnow_sample.csv")
        rows = log(orders["sample_id"], orders["date"])
        months = Periods.between("1997-01-01", "1998-07-01")
        made = CohortTable.from_transactions(rows, cohorts=months, ages=months)
        rows_of_reference(made, reference("cdnow_sample.json")["cohort_month_first"])
        assert made.counts[0, :4].tolist() == [781, 124, 95, 70]
        assert (made.sizes[3:] == 0).all()
        low, high = made.interval()
        assert [round(x, 6) for x in (low[0, 1], high[0, 1])] == [0.134818, 0.186064]
        # The shop's whole first quarter as one cohort, by calendar quarters.
        first_quarter = Periods.between("1997-01-01", "1997-04-01", "quarter")
        quarters = Periods.between("1997-01-01", "1998-07-01", "quarter")
        by_quarter = CohortTable.from_transactions(rows, cohorts=first_quarter, ages=quarters)
        assert by_quarter.counts.tolist() == [[2357, 524, 418, 404, 384, 300]]
