import math
import pickle
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference
from strategies import purchase_logs

from loyalkit.rfm import RfmTable
from loyalkit.scoring import value_scores
from loyalkit.transactions import Transactions

COLUMNS = ("days_since_last", "first_to_last", "age", "purchase_days", "n_repeat", "n_rows")
policies = st.sampled_from(["net", "exclude"])
days_later = st.integers(-60, 420)


def log(customers, times, amounts=None):
    return Transactions.from_arrays(customers=customers, times=times, amounts=amounts)


@st.composite
def logs_with_refunds(draw):
    """A log in which some amounts are negative or 0."""
    customers, times, cents = draw(purchase_logs())
    shift = draw(st.sampled_from([0, 1000, 2500]))
    return customers, times, cents - shift


def summary(rows, as_of, refunds):
    """The definition, customer by customer: what the table must say."""
    customers, times, amounts = rows
    days = times.astype("M8[D]").astype(int).tolist()
    table = {}
    for customer in sorted(set(customers.tolist())):
        own = [
            (day, amount)
            for c, day, amount in zip(customers.tolist(), days, amounts.tolist(), strict=True)
            if c == customer and day <= as_of
        ]
        bought = [day for day, amount in own if amount >= 0]
        if not bought:
            continue
        counted = [(d, a) for d, a in own if refunds == "net" or a >= 0]
        later = sum(a for d, a in counted if d > min(bought))
        n_repeat = len(set(bought)) - 1
        table[customer] = {
            "days_since_last": as_of - max(bought),
            "first_to_last": max(bought) - min(bought),
            "age": as_of - min(bought),
            "purchase_days": n_repeat + 1,
            "n_repeat": n_repeat,
            "n_rows": len(bought),
            "total": sum(a for _, a in counted),
            "mean_repeat": later / n_repeat if n_repeat else math.nan,
            "mean_spend": sum(a for _, a in counted) / (n_repeat + 1),
        }
    return table


class TestRfmTable:
    @given(logs_with_refunds(), days_later, policies)
    def test_equals_the_definition(self, rows, later, refunds):
        as_of = 17125 + later
        made = RfmTable.from_transactions(
            log(*rows), as_of=np.datetime64(as_of, "D"), refunds=refunds
        )
        expected = summary(rows, as_of, refunds)
        assert made.customer_ids.tolist() == list(expected)
        for name in (*COLUMNS, "total", "mean_repeat", "mean_spend"):
            found = getattr(made, name).tolist()
            np.testing.assert_equal(found, [own[name] for own in expected.values()])
        day = rows[1].astype("M8[D]").astype(int)
        assert made.n_after == (day > as_of).sum()
        assert made.n_refunds == ((day <= as_of) & (rows[2] < 0)).sum()
        assert made.n_customers + made.n_without_purchase == len(set(rows[0].tolist()))

    @given(purchase_logs(), st.integers(0, 2**32))
    def test_order_names_and_time_of_day_do_not_matter(self, rows, seed):
        customers, times, amounts = rows
        random = np.random.default_rng(seed)
        order, hours = random.permutation(customers.size), random.integers(0, 24, customers.size)
        one = RfmTable.from_transactions(log(*rows), as_of="2018-01-01")
        other = RfmTable.from_transactions(
            log(
                [f"customer {c:03d}" for c in customers[order]],
                times[order] + hours.astype("m8[h]"),
                amounts[order],
            ),
            as_of=datetime(2018, 1, 1, 12),
        )
        for name in (*COLUMNS, "total", "mean_repeat"):
            np.testing.assert_equal(getattr(other, name), getattr(one, name))
        mine, theirs = one.scores(), other.scores()
        assert theirs.cells.tolist() == mine.cells.tolist()

    @pytest.mark.parametrize("unit", ["h", "m", "s", "ms", "us", "ns", "25s"])
    def test_unit_of_the_times_does_not_matter(self, unit):
        days = np.datetime64("1969-11-20") + np.array([0, 1, 50, 90, 90, 300]).astype("m8[D]")
        customers, amounts = [1, 2, 1, 2, 1, 3], [5, 4, 3, 2, 1, 0]
        one = RfmTable.from_transactions(log(customers, days, amounts), as_of="1970-12-31")
        finer = log(customers, days.astype(f"M8[{unit}]"), amounts)
        assert RfmTable.from_transactions(finer, as_of="1970-12-31").equals(one)

    def test_months_and_years_are_their_first_day(self):
        months = log([1, 1], np.array(["2017-02", "2017-03"], "M8[M]"))
        made = RfmTable.from_transactions(months, as_of="2017-03-31")
        assert (made.days_since_last.tolist(), made.first_to_last.tolist()) == ([30], [28])

    def test_day_numbers_are_as_good_as_dates(self):
        made = RfmTable.from_transactions(log([1, 1, 2], [5, 9, 7]), as_of=9)
        assert made.as_of == 9
        assert made.days_since_last.tolist() == [0, 2]
        assert repr(made) == "RfmTable(n_customers=2, as_of='9', refunds='net')"

    def test_days_before_1970_are_days_too(self):
        early = log([1, 1], ["1969-12-31T23:00", "1970-01-01T01:00"])
        made = RfmTable.from_transactions(early, as_of="1970-01-02")
        assert made.purchase_days.tolist() == [2]
        assert made.age.tolist() == [2]

    def test_purchases_of_the_day_itself_count(self):
        made = RfmTable.from_transactions(
            log([1, 2], ["2017-03-31T23:59", "2017-04-01T00:00"]), as_of="2017-03-31T08:00"
        )
        assert made.customer_ids.tolist() == [1]
        assert (made.n_after, made.n_without_purchase) == (1, 1)
        assert repr(made) == (
            "RfmTable(n_customers=1, as_of='2017-03-31', refunds='net', n_after=1, "
            "n_without_purchase=1)"
        )

    def test_a_day_before_the_log_knows_nobody(self):
        made = RfmTable.from_transactions(log([1, 2], [10, 20], [5, 5]), as_of=3)
        assert (made.n_customers, made.n_after, made.n_without_purchase) == (0, 2, 2)
        assert made.total.size == made.scores().cells.size == 0

    def test_a_log_without_rows(self):
        made = RfmTable.from_transactions(log([], [], []), as_of="2017-01-01")
        assert made.n_customers == made.mean_repeat.size == 0
        assert made.btyd_columns()["T"].size == 0

    @given(purchase_logs())
    def test_mean_repeat_is_nan_exactly_without_a_repeat(self, rows):
        made = RfmTable.from_transactions(log(*rows), as_of="2018-01-01")
        assert np.array_equal(np.isnan(made.mean_repeat), made.n_repeat == 0)

    @given(logs_with_refunds())
    def test_money_of_everybody_is_that_of_the_log(self, rows):
        base = log(*rows)
        net = RfmTable.from_transactions(base, as_of="2018-01-01")
        known = np.isin(rows[0], net.customer_ids)
        assert net.total.sum() == rows[2][known].sum()
        gross = RfmTable.from_transactions(base, as_of="2018-01-01", refunds="exclude")
        assert gross.total.sum() == rows[2].clip(0).sum()
        for name in COLUMNS:
            assert np.array_equal(getattr(net, name), getattr(gross, name))

    def test_a_refund_is_neither_a_visit_nor_a_customer(self):
        base = log([1, 1, 1, 2], [0, 3, 9, 4], [500, -100, -50, -70])
        net = RfmTable.from_transactions(base, as_of=10)
        assert net.customer_ids.tolist() == [1]
        assert net.days_since_last.tolist() == [10]
        assert (net.first_spend.tolist(), net.repeat_spend.tolist()) == ([500], [-150])
        assert (net.n_refunds, net.n_without_purchase) == (3, 1)
        assert RfmTable.from_transactions(base, as_of=10, refunds="exclude").total.tolist() == [500]

    def test_refunds_may_be_refused_if_they_lie_before_the_day(self):
        base = log([1, 1], [0, 9], [500, -50])
        assert RfmTable.from_transactions(base, as_of=8, refunds="raise").total.tolist() == [500]
        message = (
            "amounts must not be negative: refunds='net' takes refunds off the total, "
            "refunds='exclude' leaves them out, got amounts=-50 at index 1"
        )
        with pytest.raises(ValueError, match=f"^{message}$"):
            RfmTable.from_transactions(base, as_of=9, refunds="raise")

    def test_zero_amounts_are_purchases(self):
        made = RfmTable.from_transactions(log([1, 1], [0, 5], [0, 0]), as_of=5)
        assert (made.purchase_days.tolist(), made.mean_repeat.tolist()) == ([2], [0.0])

    def test_cents_stay_exact(self):
        large = 2**53
        made = RfmTable.from_transactions(log([1, 1, 1], [0, 0, 1], [large, 1, 1]), as_of=1)
        assert (made.total.dtype, made.total.tolist()) == (np.int64, [large + 2])

    def test_says_whose_amounts_are_too_large(self):
        with pytest.raises(OverflowError, match="must add up to an int64 .* got more for 'b'"):
            RfmTable.from_transactions(log(["a", "b", "b"], [0, 0, 1], [1, 2**62, 2**62]), as_of=1)

    def test_money_needs_amounts(self):
        made = RfmTable.from_transactions(log([1], [0]), as_of=0)
        for ask in (
            lambda: made.total,
            lambda: made.mean_repeat,
            lambda: made.mean_spend,
            lambda: made.scores().monetary,
            lambda: made.scores({"monetary": 5}),
        ):
            with pytest.raises(ValueError, match="amounts must be given to speak of money"):
                ask()
        assert made.scores().cells.tolist() == [11]
        assert list(made.scores().thresholds) == ["recency", "frequency"]

    def test_cannot_be_changed_and_survives_pickling(self):
        base = log([1, 1, 2], [0, 5, 3], [5, 6, -7])
        made = RfmTable.from_transactions(base, as_of=8)
        again = pickle.loads(pickle.dumps(made))
        assert again.equals(made)
        assert again.scores().equals(made.scores())
        assert pickle.loads(pickle.dumps(made.scores())).equals(made.scores())
        scores, others = made.scores(), log([3, 3], [0, 5], [5, 6])
        assert not scores.equals(RfmTable.from_transactions(others, as_of=8).scores())
        bare = RfmTable.from_transactions(log([1, 1], [0, 5]), as_of=8).scores()
        assert not scores.equals(bare)
        assert not bare.equals(scores)
        for other in (
            RfmTable.from_transactions(base, as_of=9),
            RfmTable.from_transactions(base, as_of=8, refunds="exclude"),
            RfmTable.from_transactions(log([1, 1, 2], [0, 5, 3]), as_of=8),
            RfmTable.from_transactions(log([1, 1, 3], [0, 5, 3], [5, 7, -7]), as_of=8),
            RfmTable.from_transactions(log([1, 1, 2, 1], [0, 5, 3, 9], [5, 6, -7, 1]), as_of=8),
        ):
            assert not made.equals(other)
        for name in (*COLUMNS, "total", "mean_repeat", "mean_spend", "first_spend", "customer_ids"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(again, name)[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            again.scores().cells[0] = 1

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"as_of": 3}, TypeError, r"as_of must be like the times, datetime64\[D\], got int64"),
            ({"as_of": "soon"}, ValueError, "as_of must be ISO text"),
            ({"as_of": None}, TypeError, "as_of must be a date, a time or a whole day number"),
            (
                {"as_of": "2017-01-01", "refunds": "keep"},
                ValueError,
                "refunds must be one of 'net'",
            ),
        ],
    )
    def test_says_which_argument_is_wrong(self, options, error, message):
        with pytest.raises(error, match=message):
            RfmTable.from_transactions(log([1], ["2017-01-01"]), **options)

    def test_needs_a_log_of_sane_length(self):
        with pytest.raises(TypeError, match="log must be of type Transactions"):
            RfmTable.from_transactions([1], as_of=3)
        with pytest.raises(ValueError, match=r"times must span less than 2\*\*31 days"):
            RfmTable.from_transactions(log([1, 2], [0, 2**31]), as_of=3)
        far = RfmTable.from_transactions(log([1, 2], [0, 2**31 - 1]), as_of=2**40)
        assert far.age.tolist() == [2**40, 2**40 - 2**31 + 1]


class TestAddition:
    @given(logs_with_refunds(), policies, st.integers(1, 3))
    def test_parts_of_the_customers_add_up_to_all(self, rows, refunds, parts):
        customers, times, amounts = rows
        tables = [
            RfmTable.from_transactions(
                log(customers[mine], times[mine], amounts[mine]),
                as_of="2017-09-30",
                refunds=refunds,
            )
            for mine in (customers % parts == part for part in range(parts))
        ]
        whole = RfmTable.from_transactions(log(*rows), as_of="2017-09-30", refunds=refunds)
        assert sum(tables).equals(whole)
        assert sum(tables[::-1]).equals(whole)

    def test_without_amounts(self):
        one, two = (RfmTable.from_transactions(log([c], [c]), as_of=9) for c in (1, 2))
        both = one + two
        assert both.days_since_last.tolist() == [8, 7]
        assert both.first_spend is None

    def test_an_empty_part_changes_nothing(self):
        one = RfmTable.from_transactions(log([1], [3], [0.5]), as_of=9)
        empty = RfmTable.from_transactions(log([], [], []), as_of=9)
        assert (one + empty).equals(one)
        assert (empty + one).equals(one)

    @pytest.mark.parametrize(
        ("other", "options", "message"),
        [
            (
                ([1], [0], [5]),
                {},
                (
                    "customer_ids must be of different customers: bring each .* got "
                    "customer_ids=1 at index 0"
                ),
            ),
            (([2], [0], [5]), {"as_of": 8}, "as_of must be the same, 9, got as_of=8"),
            (([2], [0], [5]), {"refunds": "exclude"}, "refunds must be the same, net"),
            (([2], [0]), {}, "amounts must be of one kind in both parts, or in neither"),
            (([2], [0], [0.5]), {}, "amounts must be of one kind in both parts, or in neither"),
        ],
    )
    def test_refuses_what_does_not_fit(self, other, options, message):
        one = RfmTable.from_transactions(log([1], [0], [5]), as_of=9)
        with pytest.raises(ValueError, match=message):
            one + RfmTable.from_transactions(log(*other), **{"as_of": 9, **options})
        with pytest.raises(TypeError, match="unsupported operand"):
            one + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1 + one


class TestScores:
    def test_worked_example(self):
        base = log([1, 1, 2, 3], [0, 90, 60, 100], [10, 20, 5, 40])
        scores = RfmTable.from_transactions(base, as_of=100).scores(
            {"recency": [30, 90], "frequency": [1], "monetary": 2}
        )
        assert scores.recency.tolist() == [3, 2, 3]
        assert scores.frequency.tolist() == [2, 1, 1]
        assert scores.monetary.tolist() == [1, 1, 2]
        assert scores.cells.tolist() == [321, 211, 312]
        assert {name: t.tolist() for name, t in scores.thresholds.items()} == {
            "recency": [30, 90],
            "frequency": [1],
            "monetary": [30],
        }
        assert (
            repr(scores)
            == "RfmScores(n=3, bins used: recency=2 of 3, frequency=2 of 2, monetary=2 of 2)"
        )

    @given(purchase_logs(), st.integers(2, 12))
    def test_are_those_of_the_columns(self, rows, bins):
        table = RfmTable.from_transactions(log(*rows), as_of="2018-01-01")
        scores = table.scores(bins)
        recency = value_scores(table.days_since_last, bins, best="smallest")
        assert np.array_equal(scores.recency, recency.scores)
        assert np.array_equal(scores.frequency, value_scores(table.purchase_days, bins).scores)
        assert np.array_equal(scores.monetary, value_scores(table.total, bins).scores)
        assert scores.equals(
            table.scores(dict.fromkeys(("monetary", "recency", "frequency"), bins))
        )

    def test_ten_identical_customers_have_one_score(self):
        """PyPI's rfm gives them 511, 422, 333, 244 and 155; pymc-marketing raises."""
        base = log(range(10), ["2017-01-05"] * 10, [20] * 10)
        scores = RfmTable.from_transactions(base, as_of="2017-01-31").scores()
        assert set(scores.cells.tolist()) == {111}
        assert scores.n_bins_used == {"recency": 1, "frequency": 1, "monetary": 1}

    def test_cells_have_room_for_more_than_nine_bins(self):
        table = RfmTable.from_transactions(log(range(20), range(20), range(20)), as_of=20)
        assert table.scores(10).cells[-1] == 10_001_010
        assert table.scores(9).cells[-1] == 919

    def test_a_dimension_not_named_has_five_parts(self):
        table = RfmTable.from_transactions(log(range(20), range(20), range(20)), as_of=20)
        found = table.scores({"frequency": [2]})
        assert [scores.size + 1 for scores in found.thresholds.values()] == [5, 2, 5]
        assert np.array_equal(found.recency, table.scores().recency)

    def test_fresh_buyers_score_high(self):
        table = RfmTable.from_transactions(log(range(5), [0, 10, 20, 30, 40]), as_of=50)
        assert table.scores().recency.tolist() == [1, 2, 3, 4, 5]

    @given(purchase_logs())
    def test_thresholds_of_one_day_measure_another(self, rows):
        base = log(*rows)
        then = RfmTable.from_transactions(base, as_of="2017-12-31")
        assert then.scores(then.scores().thresholds).equals(then.scores())
        later = RfmTable.from_transactions(base, as_of="2018-12-31")
        # Nobody bought in between.
        by_then = later.scores(then.scores().thresholds)
        assert (by_then.recency <= then.scores().recency).all()
        assert np.array_equal(by_then.monetary, then.scores().monetary)

    def test_says_which_name_is_wrong(self):
        table = RfmTable.from_transactions(log([1], [0]), as_of=0)
        with pytest.raises(ValueError, match="bins must be named recency, .* got bins='money'"):
            table.scores({"money": 3})
        with pytest.raises(ValueError, match="bins must ascend"):
            table.scores({"frequency": [3, 1]})
        with pytest.raises(TypeError, match=r"bins must be a number of bins, or .* got \[1, 2\]"):
            table.scores([1, 2])


class TestBtydColumns:
    PUBLISHED = (
        ("2015-01-01 2015-02-06", (1, 2), (1, 36, 37, 2)),
        ("2015-01-01", (2,), (0, 0, 37, 0)),
        ("2015-01-01 2015-01-02 2015-01-05", (3, 1, 5), (2, 4, 37, 3)),
        ("2015-01-16 2015-02-02 2015-02-05", (6, 3, 3), (2, 20, 22, 3)),
        ("2015-01-16 2015-01-17 2015-01-18", (3, 1, 8), (2, 2, 22, 4.5)),
        ("2015-02-02", (5,), (0, 0, 5, 0)),
    )
    """Days and amounts of six customers, and what lifetimes makes of them as of 2015-02-07."""

    def test_lifetimes_own_example(self):
        days = [day.split() for day, _, _ in self.PUBLISHED]
        base = log(
            [k for k, own in enumerate(days) for _ in own],
            [day for own in days for day in own],
            [amount for _, amounts, _ in self.PUBLISHED for amount in amounts],
        )
        columns = RfmTable.from_transactions(base, as_of=date(2015, 2, 7)).btyd_columns()
        names = ("frequency", "recency", "T", "monetary_value")
        found = list(zip(*(columns[name].tolist() for name in names), strict=True))
        assert found == [expected for _, _, expected in self.PUBLISHED]

    def test_weeks_are_seven_days(self):
        base = log([1, 1], [0, 10])
        columns = RfmTable.from_transactions(base, as_of=14).btyd_columns(days_per_period=7)
        assert columns["recency"].tolist() == [10 / 7]
        assert columns["T"].tolist() == [2.0]
        assert columns["frequency"].tolist() == [1]
        assert "monetary_value" not in columns

    @pytest.mark.parametrize("wrong", [0, -7, math.inf])
    def test_periods_have_a_length(self, wrong):
        with pytest.raises(ValueError, match="days_per_period must"):
            RfmTable.from_transactions(log([1], [0]), as_of=0).btyd_columns(days_per_period=wrong)

    def test_equal_pandas_by_day(self):
        pd = pytest.importorskip("pandas")
        random = np.random.default_rng(5)
        ids, amounts = random.integers(0, 300, 2000), random.integers(0, 5000, 2000)
        days = np.datetime64("2017-01-01", "ns") + random.integers(0, 90, 2000).astype("m8[D]")
        frame = pd.DataFrame({"id": ids, "day": days, "amount": amounts})
        daily = frame.groupby(["id", "day"], as_index=False)["amount"].sum()
        first = daily.groupby("id")["day"].transform("min")
        later = daily[daily["day"] > first].groupby("id")["amount"]
        table = RfmTable.from_transactions(log(ids, days, amounts), as_of="2018-01-01")
        columns = table.btyd_columns()
        money = later.mean().reindex(columns["customer_id"], fill_value=0)
        np.testing.assert_allclose(columns["monetary_value"], money, rtol=1e-12)
        assert columns["frequency"].tolist() == (daily.groupby("id").size() - 1).tolist()


class TestRealLogs:
    def test_cdnow_by_week_39(self):
        """Fader and Hardie's sample: repeats, and the mean of the repeat spend of 946 customers."""
        rows = raw_columns("cdnow_sample.csv")
        base = Transactions.from_arrays(
            customers=rows["sample_id"],
            times=rows["date"],
            amounts=np.array(rows["dollars"], float),
            decimals=2,
        )
        table = RfmTable.from_transactions(base, as_of="1997-09-30")
        expected = reference("cdnow_sample.json")
        repeats = np.bincount(np.minimum(table.n_repeat, 7)).tolist()
        assert repeats == list(expected["repeat_transactions_in_39wk_histogram"].values())
        assert table.n_repeat.sum() == expected["repeat_transactions_39wk_total"]
        mean_repeat = np.nanmean(table.mean_repeat) / 100
        assert mean_repeat == pytest.approx(expected["mean_zbar_dollars"], rel=1e-13)
        weeks = table.btyd_columns(days_per_period=7)
        assert round(float(weeks["T"][0]), 2) == 38.86
        whole = RfmTable.from_transactions(base, as_of="1998-06-30")
        assert (whole.purchase_days == 1).sum() == 1218
        assert (whole.total == 0).sum() == 8
        assert whole.scores().n_bins_used == {"recency": 5, "frequency": 4, "monetary": 5}

    def test_online_retail_sales(self):
        rows = raw_columns("onlineretail_invoices.csv.gz")
        sale = np.array(rows["credit"]) == "0"
        base = Transactions.from_arrays(
            customers=np.array(rows["CustomerID"], int)[sale],
            times=np.array(rows["date"])[sale],
            amounts=np.array(rows["amount_milli"], int)[sale],
        )
        table = RfmTable.from_transactions(base, as_of="2011-12-10")
        stored = reference("online_retail.json")
        columns = {
            "recency_days": table.days_since_last,
            "frequency": table.purchase_days,
            "rows": table.n_rows,
            "monetary": table.total / 1000,
        }
        assert_described(columns, stored["rfm_sales_only_ref_2011-12-10"])
        first = zip(
            *(column[:5].tolist() for column in (table.customer_ids, *columns.values())),
            strict=True,
        )
        assert [list(row) for row in first] == [list(row.values()) for row in stored["rfm_first5"]]

    def test_online_retail_with_returns(self):
        """Returns make no purchase day, and whoever only returned is no customer."""
        rows = raw_columns("onlineretail_invoices.csv.gz")
        columns = (np.array(rows[name]) for name in ("CustomerID", "date", "amount_milli"))
        ids, times, amounts = columns
        base = log(ids.astype(int), times, amounts.astype(int))
        net = RfmTable.from_transactions(base, as_of="2011-12-10")
        stored = reference("online_retail.json")
        gross = RfmTable.from_transactions(base, as_of="2011-12-10", refunds="exclude")
        # One customer got something for nothing, which is a purchase here.
        free = int((gross.total == 0).sum())
        assert net.n_without_purchase + free == stored["customers_without_sale"]
        assert gross.total.sum() / 1000 == pytest.approx(stored["gross_total"])
        assert (net.total < gross.total).any()

    def test_complete_journey(self):
        rows = raw_columns("completejourney_baskets.csv.gz")
        base = log(
            np.array(rows["household_id"], int), rows["ts"], np.array(rows["cents"], np.int64)
        )
        table = RfmTable.from_transactions(base, as_of="2018-01-02")
        columns = {
            "recency_days": table.days_since_last,
            "frequency": table.purchase_days,
            "rows": table.n_rows,
            "monetary": table.total / 100,
        }
        assert_described(columns, reference("complete_journey.json")["rfm_ref_2018-01-02"])


def assert_described(columns, expected):
    for name, column in columns.items():
        described = expected[name]
        q25, median, q75 = np.quantile(column, [0.25, 0.5, 0.75])
        found = {
            "min": column.min(),
            "q25": q25,
            "median": median,
            "q75": q75,
            "max": column.max(),
            "mean": column.mean(),
            "sd_ddof1": column.std(ddof=1),
        }
        assert found == pytest.approx(described, rel=1e-12), name
