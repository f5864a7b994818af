import math
import pickle
from collections import Counter
from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference
from strategies import purchase_logs

from loyalkit.revenue import RevenueRetention, revenue_retention
from loyalkit.transactions import Periods, Transactions

FLOWS = ("retained", "expansion", "contraction", "churned", "new", "reactivated")

cents = st.integers(0, 10**6)
customers = st.lists(
    st.tuples(cents | st.just(0), cents | st.just(0), st.booleans()), min_size=1, max_size=30
)
figures = st.builds(RevenueRetention, **dict.fromkeys(FLOWS, cents), finished=st.booleans())


def of(rows):
    before, after, known = (list(column) for column in zip(*rows, strict=True))
    return revenue_retention(before=before, after=after, known_before=known)


def one_by_one(rows):
    """The six flows, one customer at a time."""
    flows = dict.fromkeys(FLOWS, 0)
    for before, after, known in rows:
        if before == 0:
            flows["reactivated" if known else "new"] += after
        elif after == 0:
            flows["churned"] += before
        else:
            flows["retained"] += min(before, after)
            flows["expansion"] += max(0, after - before)
            flows["contraction"] += max(0, before - after)
    return RevenueRetention(**flows)


class TestRevenueRetention:
    def test_worked_example(self):
        # PostHog's blog: 100,000 a month, 17,000 churned, 3,000 expansion.
        month = RevenueRetention(retained=83_000, churned=17_000, expansion=3_000)
        assert (month.before, month.gross, month.net) == (100_000, 0.83, 0.86)

    def test_worked_example_by_customer(self):
        year = revenue_retention(before=[300, 100, 100, 0, 0], after=[0, 60, 180, 110, 50])
        assert attrs.asdict(year) == {
            "retained": 160,
            "expansion": 80,
            "contraction": 40,
            "churned": 300,
            "new": 160,
            "reactivated": 0,
            "finished": True,
        }
        assert (year.gross, year.net, year.existing_share) == (0.32, 0.48, 0.6)

    @given(customers)
    def test_equals_the_sum_over_customers(self, rows):
        assert of(rows) == one_by_one(rows)

    @given(customers)
    def test_flows_make_the_revenue_of_both_periods(self, rows):
        figures = of(rows)
        assert figures.before == sum(row[0] for row in rows)
        assert figures.after == sum(row[1] for row in rows)
        existing = sum(after for before, after, _ in rows if before)
        if figures.after:
            assert figures.existing_share == existing / figures.after

    @given(customers)
    def test_gross_exceeds_neither_1_nor_net(self, rows):
        figures = of(rows)
        if figures.before:
            assert 0 <= figures.gross <= min(1, figures.net)

    @given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9), st.booleans()), min_size=1))
    def test_gross_exceeds_neither_1_nor_net_in_floats(self, rows):
        figures = of(rows)
        if figures.before:
            assert 0 <= figures.gross <= min(1, figures.net)
            assert figures.before == pytest.approx(math.fsum(row[0] for row in rows))

    @given(customers)
    def test_rates_are_nan_exactly_without_revenue(self, rows):
        figures = of(rows)
        nobody_before = not any(row[0] for row in rows)
        assert math.isnan(figures.gross) == math.isnan(figures.net) == nobody_before
        assert math.isnan(figures.existing_share) == (not any(row[1] for row in rows))

    @given(customers, st.integers(0, 30))
    def test_shards_of_customers_add_up(self, rows, cut):
        parts = [of(part) for part in (rows[:cut], rows[cut:]) if part]
        assert sum(parts) == of(rows)

    @given(customers, st.randoms())
    def test_order_of_customers_does_not_matter(self, rows, random):
        shuffled = list(rows)
        random.shuffle(shuffled)
        assert of(shuffled) == of(rows)

    @given(customers)
    def test_new_and_known_customers_change_no_rate(self, rows):
        figures = of([(before, after, not known) for before, after, known in rows])
        assert (figures.new, figures.reactivated) == (of(rows).reactivated, of(rows).new)
        np.testing.assert_equal(figures.net, of(rows).net)

    @given(customers, st.integers(1, 1000))
    def test_unit_of_the_amounts_changes_no_rate(self, rows, unit):
        larger = of([(unit * before, unit * after, known) for before, after, known in rows])
        np.testing.assert_equal((larger.gross, larger.net), (of(rows).gross, of(rows).net))

    def test_integers_stay_exact_beyond_int64(self):
        huge = 2**62 + 1
        figures = revenue_retention(before=[huge] * 5, after=[huge, huge - 1, 0, huge, huge])
        assert figures.before == 5 * huge
        assert type(figures.churned) is int
        assert figures.contraction == 1

    def test_without_known_before_all_who_come_are_new(self):
        assert revenue_retention(before=[0], after=[5]).new == 5

    def test_no_customers_make_the_neutral_tally(self):
        assert revenue_retention(before=[], after=[]) == RevenueRetention()

    def test_inputs_are_not_changed(self):
        before, after = np.array([3, 0]), np.array([1, 2])
        revenue_retention(before=before, after=after)
        assert (before.tolist(), after.tolist()) == ([3, 0], [1, 2])

    def test_a_refund_beyond_the_sales_is_refused(self):
        with pytest.raises(
            ValueError,
            match=r"^after must be at least 0: date refunds back to the purchase, "
            r"got after=-5 at index 1$",
        ):
            revenue_retention(before=[1, 2], after=[3, -5])

    @pytest.mark.parametrize("wrong", [["1"], [True], [None], [math.nan], [math.inf], [1, 2]])
    def test_refuses_what_is_no_revenue_of_each_customer(self, wrong):
        with pytest.raises((TypeError, ValueError), match="before"):
            revenue_retention(before=wrong, after=[1])

    def test_refuses_a_mask_that_does_not_fit(self):
        with pytest.raises(ValueError, match="before and known_before must have the same length"):
            revenue_retention(before=[1, 2], after=[1, 2], known_before=[True])
        with pytest.raises(TypeError, match="known_before must hold truth values, got dtype int64"):
            revenue_retention(before=[1, 2], after=[1, 2], known_before=[0, 1])

    def test_infinite_total_is_refused(self):
        with pytest.raises(ValueError, match="retained must be finite and at least 0"):
            revenue_retention(before=[1e308] * 2, after=[1e308] * 2)


class TestTally:
    @given(figures, figures, figures)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a

    @given(figures)
    def test_empty_tally_is_the_identity_of_addition(self, a):
        assert a + RevenueRetention() == RevenueRetention() + a == a == sum([a])

    @given(figures, figures)
    def test_unfinished_periods_mark_the_sum(self, a, b):
        assert (a + b).finished == (a.finished and b.finished)

    @given(figures)
    def test_survives_pickling_and_hashing(self, a):
        assert pickle.loads(pickle.dumps(a)) == a
        assert hash(pickle.loads(pickle.dumps(a))) == hash(a)

    def test_adds_only_to_its_own_kind(self):
        with pytest.raises(TypeError):
            RevenueRetention() + 1

    @pytest.mark.parametrize("wrong", [-1, -0.5, math.nan, math.inf, True, "3", None])
    def test_refuses_what_is_no_amount(self, wrong):
        with pytest.raises((TypeError, ValueError), match=r"^churned must be "):
            RevenueRetention(churned=wrong)

    def test_stores_plain_numbers(self):
        tally = RevenueRetention(retained=np.int64(3), churned=np.float64(0.5))
        assert (type(tally.retained), type(tally.churned)) == (int, float)


class TestFromTransactions:
    @given(purchase_logs(), st.integers(0, 11), st.sets(st.integers(1, 14)))
    def test_equals_sums_by_customer(self, rows, transition, known):
        ids, days, amounts = rows
        log = Transactions.from_arrays(customers=ids, times=days, amounts=amounts)
        months = Periods.between("2016-12-01", "2017-12-15", "month")
        got = RevenueRetention.from_transactions(log, months, transition, known_before=known)
        start, middle, end = months.edges[transition : transition + 3]

        def spent(customer, since, until):
            mine = (ids == customer) & (days >= since) & (days < until)
            return int(amounts[mine].sum())

        expected = one_by_one(
            (
                spent(customer, start, middle),
                spent(customer, middle, end),
                customer in known or bool(((ids == customer) & (days < middle)).any()),
            )
            for customer in set(ids.tolist())
        )
        assert got == attrs.evolve(expected, finished=transition != 11)

    def test_who_was_there_without_revenue_is_not_new(self):
        log = Transactions.from_arrays(
            customers=["Ada", "Ada"], times=["2024-01-05", "2024-02-09"], amounts=[0, 30]
        )
        months = Periods.between("2024-01-01", "2024-03-01", "month")
        february = RevenueRetention.from_transactions(log, months, 0)
        assert february == RevenueRetention(reactivated=30)

    def test_refunds_that_exceed_the_sales_of_a_period_are_refused(self):
        log = Transactions.from_arrays(
            customers=["Ada", "Bo", "Bo"],
            times=["2024-01-05", "2024-01-07", "2024-02-09"],
            amounts=[10, 30, -30],
        )
        months = Periods.between("2024-01-01", "2024-03-01", "month")
        with pytest.raises(ValueError, match=r"^after must be at least 0.*at index 1$"):
            RevenueRetention.from_transactions(log, months, 0)

    def test_the_log_must_have_amounts(self):
        log = Transactions.from_arrays(customers=[1], times=["2024-01-05"])
        months = Periods.between("2024-01-01", "2024-03-01", "month")
        with pytest.raises(ValueError, match="amounts"):
            RevenueRetention.from_transactions(log, months, 0)

    def test_there_must_be_such_a_transition(self):
        log = Transactions.from_arrays(customers=[1], times=["2024-01-05"], amounts=[1])
        months = Periods.between("2024-01-01", "2024-03-01", "month")
        with pytest.raises(IndexError, match="^transition must be the position of one of 1 "):
            RevenueRetention.from_transactions(log, months, 1)
        with pytest.raises(TypeError, match="^transition must be the position of a transition, "):
            RevenueRetention.from_transactions(log, months, "2024-02")

    def test_online_retail_quarters(self):
        rows = raw_columns("onlineretail_invoices.csv.gz")
        sales = np.array(rows["credit"]) == "0"
        ids = np.array(rows["CustomerID"])[sales]
        milli = np.array(rows["amount_milli"])[sales].astype(np.int64)
        log = Transactions.from_arrays(
            customers=ids, times=np.array(rows["date"])[sales], amounts=milli
        )
        quarters = Periods.between("2010-12-01", "2011-12-10", "quarter")
        steps = [RevenueRetention.from_transactions(log, quarters, t) for t in range(4)]
        for earlier, later in pairwise(steps):
            assert earlier.after == later.before
        total = steps[0].before + sum(step.after for step in steps)
        assert total == round(1000 * reference("online_retail.json")["gross_total"])
        assert [step.finished for step in steps] == [False, True, True, False]
        spent = [Counter(), Counter()]
        for customer, date, amount in zip(
            ids, np.array(rows["date"])[sales], milli.tolist(), strict=True
        ):
            if "2011-04-01" <= date < "2011-10-01":
                spent[date >= "2011-07-01"][customer] += amount
        both = {customer: min(spent[0][customer], spent[1][customer]) for customer in spent[0]}
        assert steps[2].retained == sum(both.values())
        assert steps[2].gross == sum(both.values()) / spent[0].total()
        assert steps[2].net == sum(spent[1][customer] for customer in both) / spent[0].total()
