import csv
import gzip
import pickle
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from reference_data import raw_data, reference
from strategies import purchase_logs

from loyalkit import activity as activity_module
from loyalkit.activity import Activity
from loyalkit.transactions import Periods, Transactions

MONTHS = Periods.between("2016-12-01", "2017-12-01", "month")
tables = npst.arrays(bool, st.tuples(st.integers(0, 140), st.integers(1, 12)))


def log(customers, times):
    return Transactions.from_arrays(customers=customers, times=times)


def activity(customers, times, periods=MONTHS):
    return Activity.from_transactions(log(customers, times), periods)


def plain_table(customers, times, periods):
    """Row by row, by comparison with every period."""
    ids = sorted(set(customers.tolist()))
    table = np.zeros((len(ids), periods.n_periods), bool)
    for customer, time in zip(customers.tolist(), times, strict=True):
        for p in range(periods.n_periods):
            if periods.edges[p] <= time < periods.edges[p + 1]:
                table[ids.index(customer), p] = True
    return table


class TestFromTransactions:
    def test_worked_example(self):
        made = activity(
            ["Ana", "Ben", "Ana", "Cleo", "Ben"],
            ["2017-01-03", "2017-01-20", "2017-02-11", "2017-04-02", "2017-01-31"],
            Periods.between("2017-01-01", "2017-04-01"),
        )
        assert made.customer_ids.tolist() == ["Ana", "Ben", "Cleo"]
        assert made.table().tolist() == [[True, True, False], [True, False, False], [False] * 3]
        assert made.active_customers.tolist() == [2, 1, 0]
        assert made.first_period.tolist() == [0, 0, -1]
        assert made.active_periods.tolist() == [2, 1, 0]
        assert (made.n_customers, made.n_periods, made.n_outside) == (3, 3, 1)

    @given(purchase_logs())
    def test_table_equals_a_comparison_of_every_row_with_every_period(self, rows):
        customers, times, _ = rows
        made = activity(customers, times)
        assert np.array_equal(made.table(), plain_table(customers, times, MONTHS))
        outside = (times < MONTHS.edges[0]) | (times >= MONTHS.edges[-1])
        assert made.n_outside == outside.sum()

    @given(purchase_logs())
    def test_order_and_repetition_of_rows_do_not_matter(self, rows):
        customers, times, _ = rows
        order = np.argsort(times, kind="stable")
        twice = np.concatenate([order, order[::-1]])
        one, other = activity(customers, times), activity(customers[twice], times[twice])
        assert np.array_equal(one.bits, other.bits)
        assert other.n_outside == 2 * one.n_outside

    @pytest.mark.parametrize("unit", ["h", "s", "us", "ns"])
    @given(rows=purchase_logs())
    def test_unit_of_the_times_does_not_matter(self, unit, rows):
        customers, times, _ = rows
        assert activity(customers, times.astype(f"M8[{unit}]")).equals(activity(customers, times))

    def test_day_numbers_and_ten_thousand_periods(self):
        made = activity([7, 7, 9], [0, 9_999, 10_000], Periods(range(10_001)))
        assert made.active_periods.tolist() == [2, 0]
        assert made.first_period.tolist() == [0, -1]
        assert made.n_outside == 1

    def test_empty_log_is_legal(self):
        for periods in (MONTHS, Periods([0, 7])):
            made = activity([], [], periods)
            assert made.active_customers.tolist() == [0] * periods.n_periods
            assert made.first_period.tolist() == []
            assert made.active_periods.tolist() == []
            assert made.table().shape == (0, periods.n_periods)

    def test_dates_and_day_numbers_do_not_meet(self):
        with pytest.raises(TypeError, match="edges must be whole day numbers, like the times"):
            activity([1], [17169])
        with pytest.raises(TypeError, match="edges must be dates or times, like the times"):
            activity([1], ["2017-01-03"], Periods([0, 7]))

    def test_says_which_argument_is_of_the_wrong_type(self):
        with pytest.raises(TypeError, match="log must be .*Transactions, got list"):
            Activity.from_transactions([], MONTHS)
        with pytest.raises(TypeError, match="periods must be .*Periods, got int"):
            Activity.from_transactions(log([1], [1]), 12)

    @patch.object(activity_module, "TABLE_LIMIT", 100)
    def test_table_beyond_the_limit_is_refused_with_advice(self):
        assert activity(range(64), range(64), Periods(range(13))).n_periods == 12
        with pytest.raises(
            ValueError, match="periods must number at most 12 for 64 customers: take longer periods"
        ):
            activity(range(64), range(64), Periods(range(14)))
        with pytest.raises(ValueError, match="at most 6 for 65 customers"):
            activity(range(65), range(65), Periods(range(8)))
        with pytest.raises(ValueError, match="periods must number at most 12"):
            Activity.from_table(np.zeros((64, 13), bool))
        half = [
            Activity.from_table(np.ones((40, 7), bool), customer_ids=ids)
            for ids in (range(40), range(40, 80))
        ]
        with pytest.raises(ValueError, match="periods must number at most 6 for 80 customers"):
            half[0].merge(half[1])


class TestFromTable:
    @given(tables)
    def test_round_trip(self, table):
        made = Activity.from_table(table)
        assert np.array_equal(made.table(), table)
        assert made.customer_ids.tolist() == list(range(len(table)))
        assert made.periods == Periods(range(table.shape[1] + 1))
        assert made.n_outside == 0

    @given(tables, st.randoms())
    def test_rows_are_sorted_by_id(self, table, random):
        ids = [f"customer {k:03d}" for k in range(len(table))]
        order = random.sample(range(len(table)), len(table))
        shuffled = Activity.from_table(table[order], customer_ids=[ids[k] for k in order])
        assert shuffled.equals(Activity.from_table(table, customer_ids=ids))
        assert shuffled.customer_ids.tolist() == ids

    @given(purchase_logs())
    def test_equals_the_log_it_came_from(self, rows):
        made = activity(rows[0], rows[1])
        again = Activity.from_table(made.table(), customer_ids=made.customer_ids, periods=MONTHS)
        assert np.array_equal(again.bits, made.bits)

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            ({"table": [True]}, TypeError, "table must be two-dimensional, got shape \\(1,\\)"),
            ({"table": [[1, 0]]}, TypeError, "table must hold truth values"),
            ({"table": [[True, None]]}, ValueError, "table must not be missing"),
            ({"table": [[], []]}, (TypeError, ValueError), "table must|edges must"),
            (
                {"periods": Periods([0, 1])},
                ValueError,
                "columns of table must be one for each of 1",
            ),
            ({"customer_ids": [1]}, ValueError, "table and customer_ids must have the same length"),
            ({"customer_ids": [1, None]}, ValueError, "customer_ids must not be missing"),
            (
                {"customer_ids": [5, 5]},
                ValueError,
                "customer_ids must be distinct, .*=5 at index 1",
            ),
            ({"customer_ids": [1, "a"]}, TypeError, "customer_ids must hold labels of one kind"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            Activity.from_table(**{"table": [[True, False], [False, True]], **arguments})

    def test_table_is_not_changed(self):
        table = np.eye(3, dtype=bool)
        Activity.from_table(table, customer_ids=[3, 1, 2])
        assert np.array_equal(table, np.eye(3, dtype=bool))
        assert table.flags.writeable


class TestActivity:
    @given(tables)
    def test_counts_are_those_of_the_table(self, table):
        made = Activity.from_table(table)
        assert made.active_customers.tolist() == table.sum(axis=0).tolist()
        assert made.active_periods.tolist() == table.sum(axis=1).tolist()
        first = [row.index(True) if True in row else -1 for row in table.tolist()]
        assert made.first_period.tolist() == first
        for counts in (made.active_customers, made.active_periods, made.first_period):
            assert counts.dtype == np.int64

    @given(tables)
    def test_bit_of_word_is_the_customer_and_padding_is_0(self, table):
        bits = Activity.from_table(table).bits
        assert bits.dtype == np.uint64
        assert bits.shape == (table.shape[1], -(-len(table) // 64))
        for p, row in enumerate(bits.tolist()):
            whole = sum(word << 64 * k for k, word in enumerate(row))
            assert whole == sum(int(mark) << c for c, mark in enumerate(table[:, p]))

    @given(purchase_logs())
    def test_survives_pickling(self, rows):
        made = activity(rows[0], rows[1])
        again = pickle.loads(pickle.dumps(made))
        assert again.equals(made)
        assert not again.bits.flags.writeable

    def test_results_cannot_be_changed(self):
        made = Activity.from_table([[True, False], [False, True]])
        for array in (
            made.bits,
            made.customer_ids,
            made.table(),
            made.active_customers,
            made.active_periods,
            made.first_period,
        ):
            assert not array.flags.writeable
        with pytest.raises(AttributeError):
            made.n_outside = 1

    def test_equals_tells_each_part_apart(self):
        made = Activity.from_table([[True, False], [False, True]])
        assert made.equals(Activity.from_table([[True, False], [False, True]], customer_ids=[0, 1]))
        for other in (
            Activity.from_table([[True, False], [False, False]]),
            Activity.from_table([[True, False], [False, True]], customer_ids=[0, 2]),
            Activity.from_table([[True, False], [False, True]], customer_ids=["0", "1"]),
            Activity.from_table([[True, False], [False, True]], periods=Periods([0, 1, 3])),
            activity([0, 1, 0], [0, 1, 2], Periods(range(3))),
        ):
            assert not made.equals(other)

    def test_representation_is_short(self):
        made = activity([1, 2, 1], [3, 4, 99], Periods([0, 7]))
        assert repr(made) == "Activity(n_customers=2, n_periods=1, n_outside=1)"


class TestMerge:
    @given(purchase_logs(), st.data())
    def test_any_split_of_the_rows_gives_the_whole(self, rows, data):
        customers, times, _ = rows
        part = data.draw(npst.arrays(np.int64, customers.size, elements=st.integers(0, 2)))
        parts = [activity(customers[part == k], times[part == k]) for k in range(3)]
        assert sum(parts).equals(activity(customers, times))

    @given(tables, st.data())
    def test_merge_is_or_by_id(self, table, data):
        ids = np.arange(len(table))
        held = [data.draw(npst.arrays(bool, len(table))) for _ in range(2)]
        first, second = (Activity.from_table(table[own], customer_ids=ids[own]) for own in held)
        merged = first.merge(second)
        either = held[0] | held[1]
        assert merged.equals(Activity.from_table(table[either], customer_ids=ids[either]))
        assert merged.equals(second + first)

    def test_customers_of_both_are_active_where_they_were_in_one(self):
        north = Activity.from_table([[True, False], [True, True]], customer_ids=[1, 2])
        south = Activity.from_table([[False, True], [False, True]], customer_ids=[1, 3])
        merged = north + south
        assert merged.customer_ids.tolist() == [1, 2, 3]
        assert merged.table().tolist() == [[True, True], [True, True], [False, True]]
        assert north.table().tolist() == [[True, False], [True, True]]

    def test_empty_part_is_the_identity_of_addition(self):
        whole = activity(["b", "a"], ["2017-01-03", "2017-02-03"])
        empty = activity([], [])
        assert (whole + empty).equals(whole)
        assert (empty + whole).equals(whole)
        assert (empty + empty).equals(empty)
        assert sum([whole]).equals(whole)

    @pytest.mark.parametrize(
        "first, second",
        [
            ([1, 3], np.array([2, 3], "u1")),
            ([1, 3], np.array([2, 3], "u8")),
            ([-1, 3], np.array([3, 2**64 - 1], "u8")),
            ([2**70, 3], [3, 5]),
            (["a", "c"], ["ccc", "c"]),
            (["a", "c"], np.array(["c", "b"], object)),
            ([b"a\0", b"c"], [b"c", b"a"]),
        ],
    )
    def test_ids_of_one_kind_meet_whatever_their_width(self, first, second):
        one, other = (
            Activity.from_table(np.ones((len(ids), 1), bool), customer_ids=ids)
            for ids in (first, second)
        )
        expected = sorted(
            {*np.asarray(first, object).tolist(), *np.asarray(second, object).tolist()}
        )
        assert (one + other).customer_ids.tolist() == expected
        assert (other + one).equals(one + other)

    def test_dates_as_ids_meet_whatever_their_unit(self):
        one, other = (
            Activity.from_table([[True]], customer_ids=np.array(["2017-01-01"], f"M8[{unit}]"))
            for unit in ("D", "us")
        )
        assert (one + other).n_customers == 1

    @pytest.mark.parametrize("other", [["1"], [b"1"], np.array([1], "M8[D]")])
    def test_ids_of_another_kind_are_refused(self, other):
        with pytest.raises(TypeError, match="customer_ids must hold int labels, got"):
            Activity.from_table([[True]], customer_ids=[1]).merge(
                Activity.from_table([[True]], customer_ids=other)
            )

    def test_other_periods_are_refused(self):
        first = Activity.from_table([[True]])
        for periods in (Periods([0, 2]), Periods([0, 1], complete_through=0)):
            with pytest.raises(ValueError, match="periods must be the same"):
                first.merge(Activity.from_table([[True]], periods=periods))

    def test_nothing_else_can_be_added(self):
        made = Activity.from_table([[True]])
        for other in (1, None, "a", 0.0):
            with pytest.raises(TypeError):
                made + other
            with pytest.raises(TypeError):
                other + made
        with pytest.raises(TypeError, match="other must be .*Activity, got int"):
            made.merge(0)


def read(name):
    with gzip.open(raw_data(name), "rt", newline="") as file:
        return list(csv.DictReader(file))


def sales_of_online_retail():
    sales = [row for row in read("onlineretail_invoices.csv.gz") if row["credit"] == "0"]
    return [int(row["CustomerID"]) for row in sales], [row["date"] for row in sales]


def baskets_of_complete_journey():
    baskets = read("completejourney_baskets.csv.gz")
    return [int(row["household_id"]) for row in baskets], [row["ts"] for row in baskets]


@pytest.mark.parametrize(
    "rows, span, published, suffix",
    [
        (baskets_of_complete_journey, ("2017-01-01", "2018-01-01"), "complete_journey.json", ""),
        (sales_of_online_retail, ("2010-12-01", "2011-12-10"), "online_retail.json", "_sales"),
    ],
)
def test_months_of_real_data_equal_the_reference(rows, span, published, suffix):
    numbers = reference(published)
    made = activity(*rows(), Periods.between(*span))
    cohorts = numbers[f"cohort_month{suffix}"]
    assert list(made.periods.labels) == [cohort["cohort"] for cohort in cohorts]
    sizes = np.bincount(made.first_period, minlength=made.n_periods)
    assert sizes.tolist() == [cohort["size"] for cohort in cohorts]
    series = numbers[f"period_retention_month{suffix}"]
    active = [cohorts[0]["size"], *(period["end_active"] for period in series)]
    assert made.active_customers.tolist() == active
    for cohort, row in enumerate(cohorts):
        of_cohort = made.table()[made.first_period == cohort, cohort:]
        assert of_cohort.sum(axis=0).tolist() == row["active"]
