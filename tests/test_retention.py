import math
import pickle
from fractions import Fraction
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from reference_data import raw_columns, reference
from strategies import confidences, head_counts, purchase_logs, small_counts

from loyalkit.activity import Activity
from loyalkit.retention import RetentionCounts, churn_rate, retention_rate
from loyalkit.retention_series import retention_by_period, retention_difference
from loyalkit.transactions import Periods, Transactions

flows = st.builds(
    RetentionCounts,
    retained=head_counts,
    lost=head_counts,
    new=head_counts,
    reactivated=head_counts,
)
tables = npst.arrays(bool, st.tuples(st.integers(1, 30), st.integers(2, 6)))
id_sets = st.sets(st.integers(-20, 20))


def head_counts_of(counts):
    return {
        "customers_at_start": counts.customers_at_start,
        "customers_at_end": counts.customers_at_end,
        "new_customers": counts.new_customers,
    }


def brute_force(table, known=()):
    """Flows by sets, one customer at a time."""
    n, periods = table.shape
    active = [{i for i in range(n) if table[i, p]} for p in range(periods)]
    result = []
    for p in range(1, periods):
        before, after = active[p - 1], active[p]
        ever = set(known).union(*active[:p])
        result.append(
            (
                len(before & after),
                len(before - after),
                len(after - ever),
                len((after - before) & ever),
            )
        )
    return result


def as_tuple(counts):
    return counts.retained, counts.lost, counts.new, counts.reactivated


class TestRetentionRate:
    @pytest.mark.parametrize(
        ("start", "end", "new", "rate"),
        [(200, 220, 50, 0.85), (1000, 1100, 200, 0.9), (200, 210, 30, 0.9), (5, 0, 0, 0.0)],
    )
    def test_worked_example(self, start, end, new, rate):
        got = retention_rate(customers_at_start=start, customers_at_end=end, new_customers=new)
        assert got == rate
        assert type(got) is float

    @given(flows)
    def test_is_the_share_of_those_at_risk_who_stayed(self, counts):
        rate = retention_rate(**head_counts_of(counts))
        if counts.customers_at_start:
            assert rate == float(Fraction(counts.retained, counts.customers_at_start))
            assert 0 <= rate <= 1

    @given(flows)
    def test_is_nan_exactly_when_nobody_was_there_at_the_start(self, counts):
        rate = retention_rate(**head_counts_of(counts))
        assert math.isnan(rate) == (counts.customers_at_start == 0)

    @given(flows, head_counts)
    def test_ignores_new_customers(self, counts, more):
        plus = counts + RetentionCounts(new=more)
        assert retention_rate(**head_counts_of(plus)) == pytest.approx(
            counts.rate, nan_ok=True, rel=0, abs=0
        )

    @given(st.lists(flows, min_size=1, max_size=6))
    def test_array_call_equals_scalar_calls(self, many):
        columns = {
            name: [head_counts_of(counts)[name] for counts in many]
            for name in head_counts_of(many[0])
        }
        scalars = [retention_rate(**head_counts_of(counts)) for counts in many]
        np.testing.assert_array_equal(retention_rate(**columns), scalars)
        np.testing.assert_array_equal(
            churn_rate(**columns), [churn_rate(**head_counts_of(counts)) for counts in many]
        )

    @given(
        st.builds(RetentionCounts, retained=small_counts, lost=small_counts, new=small_counts),
        st.sampled_from([np.int8, np.uint8, np.int16, np.uint64, np.float32, np.float64]),
    )
    def test_dtype_of_the_counts_does_not_matter(self, counts, dtype):
        columns = {k: np.array([v]).astype(dtype) for k, v in head_counts_of(counts).items()}
        np.testing.assert_array_equal(retention_rate(**columns), [counts.rate])
        scalars = {k: dtype(v) for k, v in head_counts_of(counts).items()}
        np.testing.assert_equal(retention_rate(**scalars), counts.rate)

    @given(flows, st.integers(1, 1000))
    def test_unchanged_when_every_count_is_multiplied(self, counts, times):
        larger = {name: times * value for name, value in head_counts_of(counts).items()}
        np.testing.assert_equal(retention_rate(**larger), counts.rate)

    def test_broadcasts(self):
        rates = retention_rate(
            customers_at_start=[[100], [200]], customers_at_end=[100, 150], new_customers=50
        )
        np.testing.assert_array_equal(rates, [[0.5, 1.0], [0.25, 0.5]])

    def test_says_which_value_of_which_argument_is_wrong(self):
        with pytest.raises(
            ValueError,
            match=r"^customers_at_start must be a whole number of at least 0, "
            r"got customers_at_start=-2 at index 1$",
        ):
            retention_rate(customers_at_start=[1, -2], customers_at_end=1, new_customers=0)
        with pytest.raises(
            ValueError,
            match=r"^new_customers must not exceed customers_at_end, got new_customers=130, "
            r"customers_at_end=120 at index 4$",
        ):
            retention_rate(
                customers_at_start=100, customers_at_end=120, new_customers=[20] * 4 + [130]
            )
        with pytest.raises(
            TypeError, match=r"^customers_at_start must hold numbers, got text such as '.'"
        ):
            retention_rate(customers_at_start=["1"], customers_at_end=1, new_customers=0)

    def test_names_returning_customers_when_more_stayed_than_were_there(self):
        with pytest.raises(ValueError, match="returning customers belong in new_customers"):
            retention_rate(customers_at_start=100, customers_at_end=120, new_customers=10)
        with pytest.raises(ValueError, match=r"at index \(1, 0\)$"):
            retention_rate(
                customers_at_start=[[100], [50]], customers_at_end=120, new_customers=[[20], [10]]
            )

    def test_scalars_are_refused_without_a_place(self):
        with pytest.raises(
            ValueError,
            match=r"got new_customers=30, customers_at_end=20$",
        ):
            retention_rate(customers_at_start=100, customers_at_end=20, new_customers=30)

    @pytest.mark.parametrize("wrong", [True, "200", None, 2.5, math.nan, math.inf, -1])
    def test_refuses_what_is_not_a_head_count(self, wrong):
        with pytest.raises((TypeError, ValueError), match="customers_at_start"):
            retention_rate(customers_at_start=wrong, customers_at_end=1, new_customers=1)

    def test_inputs_are_not_changed(self):
        start = np.array([100, 200])
        retention_rate(customers_at_start=start, customers_at_end=50, new_customers=0)
        assert start.tolist() == [100, 200]


class TestChurnRate:
    @given(flows)
    def test_adds_up_to_one_with_the_retention_rate(self, counts):
        both = churn_rate(**head_counts_of(counts)) + retention_rate(**head_counts_of(counts))
        assert math.isnan(both) if counts.customers_at_start == 0 else both == pytest.approx(1)

    @given(flows)
    def test_is_the_share_that_left(self, counts):
        np.testing.assert_equal(churn_rate(**head_counts_of(counts)), counts.churn)
        if counts.customers_at_start:
            assert counts.churn == counts.lost / counts.customers_at_start


class TestRetentionCounts:
    def test_worked_example(self):
        counts = RetentionCounts.from_head_counts(
            customers_at_start=200, customers_at_end=220, new_customers=50
        )
        assert counts == RetentionCounts(retained=170, lost=30, new=50)
        assert (counts.rate, counts.churn, counts.percent) == (0.85, 0.15, 85.0)

    @given(flows)
    def test_start_and_end_are_the_sums_of_their_flows(self, counts):
        assert counts.customers_at_start == counts.retained + counts.lost
        assert counts.customers_at_end == counts.retained + counts.new + counts.reactivated
        assert counts.new_customers == counts.new + counts.reactivated

    @given(flows)
    def test_head_counts_give_the_same_rate_back(self, counts):
        again = RetentionCounts.from_head_counts(**head_counts_of(counts))
        np.testing.assert_equal(again.rate, counts.rate)
        assert again.lost == counts.lost

    @given(flows, flows, flows)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a
        assert ((a + b) + c).periods == (a + (b + c)).periods

    @given(flows)
    def test_empty_period_is_the_identity_of_addition(self, a):
        assert a + RetentionCounts() == RetentionCounts() + a == a == sum([a])

    @given(flows, flows)
    def test_sum_lies_between_its_parts(self, a, b):
        rates = [x.rate for x in (a, b) if x.customers_at_start]
        if rates:
            assert min(rates) - 1e-15 <= (a + b).rate <= max(rates) + 1e-15

    @given(flows)
    def test_survives_pickling_and_hashing(self, a):
        assert pickle.loads(pickle.dumps(a)) == a
        assert hash(pickle.loads(pickle.dumps(a))) == hash(a)

    def test_stores_plain_ints(self):
        assert type(RetentionCounts(retained=np.int64(3)).retained) is int

    @pytest.mark.parametrize("wrong", [-1, 2.5, math.nan, True, "3", None])
    def test_refuses_what_is_not_a_count(self, wrong):
        with pytest.raises((TypeError, ValueError), match=r"^lost must be a .*number"):
            RetentionCounts(lost=wrong)

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            RetentionCounts().lost = 3

    def test_adds_only_to_its_own_kind(self):
        with pytest.raises(TypeError):
            RetentionCounts() + 1

    def test_interval_is_wilsons(self):
        # Newcombe 1998, table I: 81 of 263.
        interval = RetentionCounts(retained=81, lost=182).interval()
        assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)

    @given(flows, st.floats(0.5, 0.999))
    def test_interval_contains_the_rate(self, counts, confidence):
        interval = counts.interval(confidence)
        if counts.customers_at_start:
            assert interval.low <= counts.rate <= interval.high
        else:
            assert math.isnan(interval.low)
            assert math.isnan(interval.high)

    def test_sum_of_periods_has_a_rate_but_no_interval(self):
        activity = Activity.from_table([[True, True, True], [True, False, True]])
        total = sum(retention_by_period(activity))
        assert total.rate == pytest.approx(2 / 3)
        with pytest.raises(ValueError, match="interval needs every customer counted once"):
            total.interval()

    def test_difference_of_two_periods_of_the_same_customers_is_refused(self):
        series = retention_by_period(Activity.from_table([[True, True, True], [True, True, False]]))
        with pytest.raises(ValueError, match="retention_difference"):
            series[0].difference(series[1])

    def test_difference_is_to_other_counts(self):
        with pytest.raises(TypeError, match="^other must be of type RetentionCounts, got float$"):
            RetentionCounts(retained=1, lost=1).difference(0.5)

    def test_difference_of_two_groups_in_one_period(self):
        # Newcombe 1998, table II: 56/70 - 48/80.
        a = RetentionCounts(retained=56, lost=14, periods=("2017Q1",))
        b = RetentionCounts(retained=48, lost=32, periods=("2017Q1",))
        difference = a.difference(b)
        assert difference.estimate == pytest.approx(0.2)
        assert (round(difference.interval.low, 4), round(difference.interval.high, 4)) == (
            0.0524,
            0.3339,
        )


class TestFromCustomers:
    @given(id_sets, id_sets, id_sets)
    def test_equals_set_algebra(self, before, after, known):
        counts = RetentionCounts.from_customers(before, after, known_before=known)
        arrived = after - before
        assert as_tuple(counts) == (
            len(before & after),
            len(before - after),
            len(arrived - known),
            len(arrived & known),
        )

    @given(id_sets, id_sets)
    def test_renaming_and_repeating_ids_changes_nothing(self, before, after):
        plain = RetentionCounts.from_customers(before, after)
        named = RetentionCounts.from_customers(
            [f"customer {i}" for i in before] * 2, [f"customer {i}" for i in after] * 3
        )
        assert plain == named

    @pytest.mark.parametrize(
        "named",
        [
            lambda ids: np.array(ids, np.int8),
            lambda ids: np.array(ids, np.uint64) + np.uint64(2**63),
            lambda ids: np.array(ids, np.float64),
            lambda ids: np.array(ids, "M8[D]"),
            lambda ids: np.array([f"{i:08d}" for i in ids], "U8"),
            lambda ids: np.array([f"{i:09d}" for i in ids], "U9"),
            lambda ids: np.array([f"\u20ac{i}" for i in ids], "U8"),
            lambda ids: np.array([f"{i:08d}" for i in ids], "S8"),
            lambda ids: [f"{i}" for i in ids],
            lambda ids: [UUID(int=i) for i in ids],
        ],
    )
    def test_ids_of_any_kind_give_the_same_counts(self, named):
        before, after, known = [1, 2, 3, 4, 4], [3, 5, 4, 6, 7, 5], [0, 6, 1, 7, 8]
        counts = RetentionCounts.from_customers(
            named(before), named(after), known_before=named(known)
        )
        assert as_tuple(counts) == (2, 2, 1, 2)

    def test_columns_of_different_widths_are_compared_by_what_they_say(self):
        narrow, wide = np.array([1, 2], np.int8), np.array([2, 300, -1], np.int64)
        assert as_tuple(RetentionCounts.from_customers(narrow, wide)) == (1, 1, 2, 0)
        short, long = np.array(["a", "b"]), np.array(["b", "b" * 20])
        assert as_tuple(RetentionCounts.from_customers(short, long)) == (1, 1, 1, 0)
        short, longer = np.array(["ab", "b"]), np.array(["b", "abc"])
        assert as_tuple(RetentionCounts.from_customers(short, longer)) == (1, 1, 1, 0)
        signed, unsigned = np.array([-1, 5]), np.array([2**64 - 1, 5], np.uint64)
        assert as_tuple(RetentionCounts.from_customers(signed, unsigned)) == (1, 1, 1, 0)

    def test_nobody_was_there(self):
        assert as_tuple(RetentionCounts.from_customers([], [])) == (0, 0, 0, 0)
        late = np.array([2**64 - 1], np.uint64)
        assert as_tuple(RetentionCounts.from_customers([], late, known_before=late)) == (0, 0, 0, 1)

    def test_days_and_nanoseconds_are_the_same_times(self):
        days, exact = (
            np.array(["2020-01-01", "2020-01-02"], "M8[D]"),
            np.array(["2020-01-01"], "M8[ns]"),
        )
        assert as_tuple(RetentionCounts.from_customers(days, exact)) == (1, 1, 0, 0)
        far = np.array(["2020-01-01", "9999-01-01"], "M8[D]")
        with pytest.raises(ValueError, match="before must .* got .*9999-01-01.* at index 1"):
            RetentionCounts.from_customers(far, exact)

    def test_text_and_bytes_never_meet(self):
        with pytest.raises(TypeError, match="after must hold str labels, got bytes"):
            RetentionCounts.from_customers(np.array(["a"]), np.array([b"a"]))

    def test_known_ids_of_another_kind_are_refused(self):
        with pytest.raises(TypeError, match="known_before must hold int labels, got str"):
            RetentionCounts.from_customers([1], [2], known_before=["2"])

    def test_ids_of_two_kinds_are_refused(self):
        with pytest.raises(TypeError, match="after must hold int labels, got str"):
            RetentionCounts.from_customers([1, 2], ["1", "2"])

    def test_missing_id_is_named(self):
        with pytest.raises(
            ValueError, match=r"after must not be missing, got after=None at index 1"
        ):
            RetentionCounts.from_customers(["a"], ["a", None])


class TestRetentionByPeriod:
    @given(tables, st.data())
    def test_equals_brute_force(self, table, data):
        known = data.draw(st.sets(st.integers(0, table.shape[0] + 3)))
        activity = Activity.from_table(table)
        series = retention_by_period(activity, known_before=list(known))
        assert [as_tuple(counts) for counts in series] == brute_force(table, known)
        unknown = retention_by_period(activity)
        assert [as_tuple(counts) for counts in unknown] == brute_force(table)
        assert (series.history_known, unknown.history_known) == (True, False)

    def test_is_shown_as_a_table(self):
        days = Periods.between("2017-01-01", "2017-01-05", "day", complete_through="2017-01-04")
        rows = [[True, False, False, True], [True, True, False, False]]
        series = retention_by_period(Activity.from_table(rows, periods=days))
        head, *lines = [line.split() for line in repr(series).splitlines()]
        assert head == ["start", "retained", "lost", "new", "reactivated", "end", "rate"]
        assert lines == [
            ["2017-01-02", *"211001", "50.0%"],
            ["2017-01-03", *"101000", "0.0%"],
            ["2017-01-04*", *"000011"],
        ]
        cells = "".join(f"<td>{x}</td>" for x in lines[0][1:])
        assert f"<tr><th>2017-01-02</th>{cells}</tr>" in series._repr_html_()

    @given(tables, st.integers(1, 29))
    def test_shards_of_customers_add_up(self, table, cut):
        whole = retention_by_period(Activity.from_table(table))
        parts = [
            retention_by_period(Activity.from_table(part)) for part in (table[:cut], table[cut:])
        ]
        assert [a + b for a, b in zip(*parts, strict=True)] == list(whole)

    @given(tables, st.randoms())
    def test_order_of_customers_does_not_matter(self, table, random):
        order = list(range(len(table)))
        random.shuffle(order)
        shuffled = retention_by_period(Activity.from_table(table[order]))
        assert list(shuffled) == list(retention_by_period(Activity.from_table(table)))

    def test_transition_is_unfinished_when_one_of_its_periods_is(self):
        log = Transactions.from_arrays(
            customers=[1, 1, 1, 1], times=["2010-12-05", "2011-02-01", "2011-05-01", "2011-07-01"]
        )
        quarters = Periods.between("2010-12-01", "2011-07-15", "quarter")
        series = retention_by_period(Activity.from_transactions(log, quarters))
        assert series.labels == ("2011Q1", "2011Q2", "2011Q3")
        assert series.finished.tolist() == [False, True, False]
        assert series.against(0.01) == ("cannot tell", "met", "cannot tell")

    @given(purchase_logs())
    def test_customers_with_rows_before_the_first_period_are_not_new(self, rows):
        customers, days, _ = rows
        start = np.datetime64("2017-01-01")
        months = Periods.between(start, "2018-01-01", "month")
        log = Transactions.from_arrays(customers=customers, times=days)
        series = retention_by_period(Activity.from_transactions(log, months))
        told = retention_by_period(
            Activity.from_transactions(log, months), known_before=customers[days < start]
        )
        assert list(series) == list(told)
        later = Transactions.from_arrays(
            customers=customers[days >= start], times=days[days >= start]
        )
        known = retention_by_period(
            Activity.from_transactions(later, months), known_before=customers[days < start]
        )
        assert list(series) == list(known)

    def test_a_log_instead_of_its_activity_is_refused(self):
        log = Transactions.from_arrays(customers=[1], times=["2017-01-01"])
        with pytest.raises(TypeError, match="activity must be of type Activity, got Transactions"):
            retention_by_period(log)

    def test_rows_hold_one_transition_each(self):
        rows = retention_by_period(Activity.from_table([[True, True], [True, False]])).to_rows()
        assert [row["rate"] for row in rows] == [0.5]
        assert rows[0].keys() == {
            "period",
            "finished",
            "customers_at_start",
            "customers_at_end",
            "retained",
            "lost",
            "new",
            "reactivated",
            "rate",
            "low",
            "high",
        }

    def test_a_silent_period_and_one_without_new_customers(self):
        table = [[True, False, True, True], [True, False, True, True]]
        series = retention_by_period(Activity.from_table(table))
        assert [as_tuple(x) for x in series] == [(0, 2, 0, 0), (0, 0, 0, 2), (2, 0, 0, 0)]
        np.testing.assert_array_equal(series.rates, [0, np.nan, 1])

    def test_one_period_has_no_transition(self):
        assert list(retention_by_period(Activity.from_table([[True]]))) == []

    def test_slices_are_series(self):
        series = retention_by_period(Activity.from_table(np.ones((3, 5), bool)))
        assert series[1:3].labels == series.labels[1:3]
        assert list(series[1:]) == list(series)[1:]
        assert series == pickle.loads(pickle.dumps(series))

    def test_online_retail_quarters_equal_the_reference(self):
        rows = raw_columns("onlineretail_invoices.csv.gz")
        sales = np.array(rows["credit"]) == "0"
        log = Transactions.from_arrays(
            customers=np.array(rows["CustomerID"])[sales], times=np.array(rows["date"])[sales]
        )
        quarters = Periods.between("2010-12-01", "2011-12-10", "quarter")
        series = retention_by_period(Activity.from_transactions(log, quarters))
        expected = reference("online_retail.json")["period_retention_quarter_sales"]
        assert series.labels == tuple(row["period"] for row in expected)
        for counts, row in zip(series, expected, strict=True):
            assert as_tuple(counts) == (
                row["retained"],
                row["churned"],
                row["first_ever"],
                row["reactivated"],
            )
            assert counts.percent == pytest.approx(row["crr_percent"], rel=1e-14)
        assert series.finished.tolist() == [False, True, True, False]
        # The errors of a customer's two outcomes hang together: .01475, not .01600.
        middle = retention_difference(Activity.from_transactions(log, quarters), 1, 2)
        assert middle.estimate == pytest.approx(series[2].rate - series[1].rate)
        error = middle.interval.width / 2 / 1.959963984540054
        assert error == pytest.approx(0.01475, abs=2e-5)

    def test_complete_journey_months_equal_the_reference(self):
        rows = raw_columns("completejourney_baskets.csv.gz")
        log = Transactions.from_arrays(customers=rows["household_id"], times=rows["ts"])
        months = Periods.between("2017-01-01", "2018-01-01", "month")
        series = retention_by_period(Activity.from_transactions(log, months))
        expected = reference("complete_journey.json")["period_retention_month"]
        assert [
            (label, *as_tuple(counts)) for label, counts in zip(series.labels, series, strict=True)
        ] == [
            (row["period"], row["retained"], row["churned"], row["first_ever"], row["reactivated"])
            for row in expected
        ]
        assert series.finished.all()


class TestAgainst:
    def test_met_missed_or_cannot_tell(self):
        table = np.zeros((100, 2), bool)
        table[:, 0] = True
        table[:80, 1] = True
        series = retention_by_period(Activity.from_table(table))
        assert series.against(0.7) == ("met",)
        assert series.against(0.9) == ("missed",)
        assert series.against(0.8) == ("cannot tell",)

    def test_percent_instead_of_a_fraction_is_refused(self):
        series = retention_by_period(Activity.from_table([[True, True]]))
        with pytest.raises(ValueError, match=r"must be a fraction from 0 to 1: 0.8 for 80 %"):
            series.against(80)

    @given(tables, st.floats(0, 1), confidences)
    def test_one_target_is_a_path_that_stays_level(self, table, target, confidence):
        series = retention_by_period(Activity.from_table(table))
        level = series.against(target, confidence=confidence)
        path = [target] * len(series)
        assert series.against(path, confidence=confidence) == level
        by_label = dict.fromkeys(series.labels, target) | {"next year": 1.0}
        assert series.against(by_label, confidence=confidence) == level

    @given(tables, st.data())
    def test_each_transition_has_its_own_target(self, table, data):
        series = retention_by_period(Activity.from_table(table))
        path = data.draw(st.lists(st.floats(0, 1), min_size=len(series), max_size=len(series)))
        alone = [series[i : i + 1].against(target) for i, target in enumerate(path)]
        assert series.against(path) == tuple(verdict for (verdict,) in alone)
        assert series.against(np.array(path)) == series.against(path)

    def test_a_path_follows_the_order_of_the_transitions(self):
        table = [[True, True, True]] * 90 + [[True, False, False]] * 10
        series = retention_by_period(Activity.from_table(table))
        assert series.against([0.8, 0.8]) == ("met", "met")
        assert series.against([0.99, 0.8]) == ("missed", "met")
        later, earlier = series.labels[::-1]
        assert series.against({later: 0.8, earlier: 0.99}) == ("missed", "met")

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            ([0.8], r"target and transitions must have the same length, got 1, 2"),
            ([0.8, 80], r"fraction from 0 to 1: 0.2 for 20 %, got target=80.0 at index 1"),
            ([0.8, math.nan], r"target must not be missing, got target=nan at index 1"),
            ({"1/2": 0.8}, r"target must have a value for 2/3, got target=\['1/2'\]"),
        ],
    )
    def test_says_which_target_is_wrong(self, target, message):
        series = retention_by_period(Activity.from_table([[True] * 3]))
        for method in (series.against, series.shortfall):
            with pytest.raises(ValueError, match=message):
                method(target)

    def test_a_table_of_targets_is_refused(self):
        series = retention_by_period(Activity.from_table([[True, True]]))
        with pytest.raises(TypeError, match="target must be a scalar or one-dimensional"):
            series.against([[0.8]])


class TestShortfall:
    @pytest.mark.parametrize(
        ("target", "missing"), [(0.8, 0), (0.81, 1), (0.9, 10), (1, 20), (0, 0)]
    )
    def test_worked_example(self, target, missing):
        table = [[True, True]] * 80 + [[True, False]] * 20
        series = retention_by_period(Activity.from_table(table))
        assert series.shortfall(target).tolist() == [missing]

    @given(tables, st.data())
    def test_is_the_smallest_number_that_reaches_the_target(self, table, data):
        series = retention_by_period(Activity.from_table(table))
        percent = data.draw(
            st.lists(st.integers(0, 100), min_size=len(series), max_size=len(series))
        )
        missing = series.shortfall([x / 100 for x in percent])
        assert missing.dtype == np.int64
        assert not missing.flags.writeable
        for counts, target, more in zip(series, percent, missing.tolist(), strict=True):
            assert 100 * (counts.retained + more) >= target * counts.customers_at_start
            if more:
                fewer = counts.retained + more - 1
                assert 100 * fewer < target * counts.customers_at_start

    @given(tables, st.integers(0, 100))
    def test_is_0_exactly_where_the_rate_reaches_the_target(self, table, percent):
        series = retention_by_period(Activity.from_table(table))
        for counts, more in zip(series, series.shortfall(percent / 100).tolist(), strict=True):
            reached = 100 * counts.retained >= percent * counts.customers_at_start
            assert (more == 0) == reached

    def test_takes_a_target_for_each_label(self):
        table = [[True, True, True]] * 80 + [[True, False, True]] * 20
        series = retention_by_period(Activity.from_table(table))
        first, second = series.labels
        assert series.shortfall({second: 0.5, first: 0.9}).tolist() == [10, 0]

    def test_one_period_lacks_nobody(self):
        assert retention_by_period(Activity.from_table([[True]])).shortfall(0.9).tolist() == []


class TestRetentionDifference:
    @given(tables, st.data())
    def test_equals_the_sum_over_customers(self, table, data):
        steps = st.integers(0, table.shape[1] - 2)
        first, second = data.draw(steps), data.draw(steps)
        difference = retention_difference(Activity.from_table(table), first, second)
        scores = []
        for step in (first, second):
            at_risk = table[:, step]
            stayed = at_risk & table[:, step + 1]
            n = at_risk.sum()
            if n == 0:
                assert math.isnan(difference.estimate)
                return
            rate = stayed.sum() / n
            scores.append((stayed - rate * at_risk) / n)
        limits, rates = [], []
        for step in (first, second):
            stayed = int((table[:, step] & table[:, step + 1]).sum())
            counts = RetentionCounts(retained=stayed, lost=int(table[:, step].sum()) - stayed)
            limits.append(counts.interval())
            rates.append(counts.rate)
        spread = math.sqrt((scores[0] ** 2).sum() * (scores[1] ** 2).sum())
        rho = (scores[0] * scores[1]).sum() / spread if spread > 1e-15 else 0.0
        mine, theirs = rates[1] - limits[1].low, limits[0].high - rates[0]
        down = math.sqrt(max(0, mine**2 + theirs**2 - 2 * rho * mine * theirs))
        low = max(-1, rates[1] - rates[0] - down)
        assert difference.interval.low == pytest.approx(low, abs=1e-7)

    @given(tables, st.data())
    def test_interval_contains_the_estimate_and_stays_in_range(self, table, data):
        steps = st.integers(0, table.shape[1] - 2)
        difference = retention_difference(
            Activity.from_table(table), data.draw(steps), data.draw(steps)
        )
        if not math.isnan(difference.estimate):
            low, high = difference.interval.low, difference.interval.high
            assert -1 <= low <= difference.estimate <= high <= 1

    def test_many_customers_give_the_clustered_standard_error(self):
        random = np.random.default_rng(1)
        bent = random.beta(2, 2, 20_000)
        table = random.random((20_000, 3)) < bent[:, None]
        difference = retention_difference(Activity.from_table(table), 0, 1)
        x, y = table[:, :2], table[:, :2] & table[:, 1:]
        z = (y - y.sum(0) / x.sum(0) * x) / x.sum(0)
        error = math.sqrt(((z[:, 1] - z[:, 0]) ** 2).sum())
        assert difference.interval.width / 2 / 1.959963984540054 == pytest.approx(error, rel=1e-3)

    @given(st.integers(1, 12), st.integers(1, 400), st.data())
    def test_disjoint_customers_of_unlike_number_are_two_proportions(self, n, m, data):
        kept, later = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
        table = np.zeros((n + m, 4), bool)
        table[:n, 0] = table[:kept, 1] = table[n:, 2] = True
        table[n : n + later, 3] = True
        found = retention_difference(Activity.from_table(table), 0, 2)
        expected = RetentionCounts(retained=later, lost=m - later).difference(
            RetentionCounts(retained=kept, lost=n - kept)
        )
        assert found.p_value == pytest.approx(expected.p_value, abs=1e-12)
        assert found.interval.low == pytest.approx(expected.interval.low, abs=1e-12)
        assert found.interval.high == pytest.approx(expected.interval.high, abs=1e-12)

    def test_unfinished_periods_are_refused(self):
        log = Transactions.from_arrays(
            customers=[1] * 3, times=["2017-01-05", "2017-02-05", "2017-03-05"]
        )
        months = Periods.between("2017-01-01", "2017-03-11", "month")
        with pytest.raises(
            ValueError, match="must rest on finished periods, unlike that into 2017-03"
        ):
            retention_difference(Activity.from_transactions(log, months), 0, 1)

    def test_four_customers_are_no_proof(self):
        """One who stayed twice and three who stayed once: McNemar's z is the square root of 3."""
        difference = retention_difference(
            Activity.from_table([[True, True, True]] + [[True, True, False]] * 3), 0, 1
        )
        assert difference.estimate == -0.75
        assert difference.interval.high > -0.1
        assert difference.p_value == pytest.approx(math.erfc(math.sqrt(3 / 2)))

    @given(npst.arrays(bool, st.tuples(st.integers(1, 30), st.just(2))))
    def test_p_value_of_a_fixed_panel_is_mcnemars(self, outcomes):
        table = np.column_stack([np.ones(len(outcomes), bool), outcomes[:, 0]])
        panel = np.zeros((len(outcomes), 4), bool)
        panel[:, :2], panel[:, 2] = table, True
        panel[:, 3] = outcomes[:, 1]
        difference = retention_difference(Activity.from_table(panel), 0, 2)
        b = int((outcomes[:, 0] & ~outcomes[:, 1]).sum())
        c = int((~outcomes[:, 0] & outcomes[:, 1]).sum())
        z = (c - b) / math.sqrt(b + c) if b + c else 0.0
        assert difference.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=1e-9)

    @given(tables)
    def test_turns_round_with_its_arguments(self, table):
        activity = Activity.from_table(table)
        there = retention_difference(activity, 0, -1)
        back = retention_difference(activity, -1, 0)
        assert there.estimate == pytest.approx(-back.estimate, nan_ok=True)
        assert there.p_value == pytest.approx(back.p_value, nan_ok=True)

    def test_three_customers_who_all_left_are_not_certain(self):
        difference = retention_difference(Activity.from_table([[True, True, False]] * 3), 0, 1)
        assert difference.estimate == -1
        assert -0.7 < difference.interval.high < -0.05

    def test_a_transition_does_not_differ_from_itself(self):
        activity = Activity.from_table([[True, True, True], [True, False, True]])
        assert retention_difference(activity, 0, 0).p_value == 1

    def test_there_must_be_such_a_transition(self):
        activity = Activity.from_table([[True, True]])
        with pytest.raises(
            IndexError, match="^second must be the position of one of 1 transitions, got second=1$"
        ):
            retention_difference(activity, 0, 1)
        with pytest.raises(
            TypeError, match="^first must be the position of a transition, from 0 on, got '2024Q1'$"
        ):
            retention_difference(activity, "2024Q1", 0)
        with pytest.raises(TypeError, match="^first must be the position"):
            retention_difference(activity, slice(1), 0)

    def test_negative_positions_count_from_the_end(self):
        activity = Activity.from_table([[True, True, False], [True, True, True]])
        assert retention_difference(activity, -2, -1) == retention_difference(activity, 0, 1)
        with pytest.raises(IndexError):
            retention_difference(activity, -3, 0)
