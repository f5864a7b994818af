import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns
from strategies import purchase_logs

from loyalkit.inactivity import customer_lifetimes, inactivity_threshold
from loyalkit.survival import kaplan_meier
from loyalkit.transactions import Transactions

quantiles = st.floats(0.05, 0.99)
weightings = st.sampled_from(["customers", "gaps"])


def log(customers, times):
    return Transactions.from_arrays(customers=customers, times=times)


def purchase_days(rows):
    """Sorted distinct days of each customer, as numbers."""
    customers, times, _ = rows
    days = times.astype("M8[D]").astype(int)
    return {c: sorted(set(days[customers == c].tolist())) for c in sorted(set(customers.tolist()))}


def plain_gaps(rows, weighting):
    """Rows of (days, closed, weight)."""
    days = purchase_days(rows)
    end = max(max(own) for own in days.values())
    gaps = []
    for own in days.values():
        closed = [later - earlier for earlier, later in pairwise(own)]
        each = 1.0 if weighting == "gaps" else 1 / max(len(closed), 1)
        gaps += [(gap, True, each) for gap in closed]
        if weighting == "gaps" or not closed:
            gaps.append((end - own[-1], False, each))
    return gaps


def plain_open_share(gaps, t):
    share = 1.0
    for time in sorted({gap for gap, closed, _ in gaps if closed and gap <= t}):
        at_risk = sum(weight for gap, _, weight in gaps if gap >= time)
        share *= 1 - sum(w for gap, closed, w in gaps if closed and gap == time) / at_risk
    return share


class TestInactivityThreshold:
    def test_worked_example(self):
        # Gaps of 7 and 14 days, of 7, and one of 0 days that is still open.
        made = inactivity_threshold(log([1, 1, 1, 2, 2, 3], [0, 7, 21, 2, 9, 21]), 0.5)
        assert made.days == 7
        assert made.closed_days == 7
        assert made.is_known
        assert str(made) == "0.5 of customers' gaps close within 7 days"

    def test_cdnow(self):
        """The 95 % quantile of closed gaps, and the share that is not seen to close."""
        rows = raw_columns("cdnow_sample.csv")
        cdnow = log(rows["sample_id"], rows["date"])
        by_gap = inactivity_threshold(cdnow, weighting="gaps")
        by_customer = inactivity_threshold(cdnow, as_of="1998-06-30")
        assert (by_gap.closed_days, by_customer.closed_days) == (279, 375)
        assert round(by_gap.never_returning, 2) == 0.31
        assert round(by_customer.never_returning, 2) == 0.51
        assert not by_gap.is_known
        assert math.isnan(by_customer.days)
        assert str(by_gap) == "no threshold for 0.95: 31% of gaps are not seen to close"

    @given(purchase_logs(), quantiles, weightings)
    def test_equals_the_definition(self, rows, quantile, weighting):
        gaps = plain_gaps(rows, weighting)
        made = inactivity_threshold(log(*rows[:2]), quantile, weighting=weighting)
        closed = sorted({gap for gap, is_closed, _ in gaps if is_closed})
        shares = [plain_open_share(gaps, gap) for gap in closed]
        reached = [g for g, s in zip(closed, shares, strict=True) if s <= 1 - quantile + 1e-12]
        np.testing.assert_equal(made.days, float(reached[0]) if reached else math.nan)
        never = shares[-1] if shares else 1.0
        assert made.never_returning == pytest.approx(never, abs=1e-12)
        assert made.is_known == bool(reached)

    @given(purchase_logs(), quantiles, weightings)
    def test_open_gaps_never_shorten_it(self, rows, quantile, weighting):
        made = inactivity_threshold(log(*rows[:2]), quantile, weighting=weighting)
        if made.is_known:
            assert made.closed_days <= made.days
            assert made.never_returning <= 1 - quantile + 1e-12

    @given(purchase_logs(), quantiles, weightings)
    def test_closed_days_are_the_quantile_of_closed_gaps(self, rows, quantile, weighting):
        closed = sorted((g, w) for g, is_closed, w in plain_gaps(rows, weighting) if is_closed)
        made = inactivity_threshold(log(*rows[:2]), quantile, weighting=weighting)
        total, reached = sum(w for _, w in closed), 0.0
        for gap, weight in closed:
            reached += weight
            if reached >= (quantile - 1e-12) * total:
                assert made.closed_days == gap
                return
        assert math.isnan(made.closed_days)

    @given(purchase_logs(), quantiles, weightings)
    def test_order_repetition_and_names_do_not_matter(self, rows, quantile, weighting):
        customers, times, _ = rows
        order = np.argsort(times, kind="stable")
        twice = np.concatenate([order, order[::-1]])
        one = inactivity_threshold(log(customers, times), quantile, weighting=weighting)
        other = inactivity_threshold(
            log(
                [f"customer {-c}" for c in customers[twice]], times[twice] + np.timedelta64(5, "h")
            ),
            quantile,
            weighting=weighting,
        )
        np.testing.assert_equal(other.days, one.days)
        assert other.never_returning == pytest.approx(one.never_returning, abs=1e-12)

    @given(purchase_logs(), quantiles, weightings)
    def test_a_base_twice_as_large_has_the_same(self, rows, quantile, weighting):
        customers, times, _ = rows
        double = log(np.concatenate([customers, customers + 100]), np.concatenate([times, times]))
        one = inactivity_threshold(log(customers, times), quantile, weighting=weighting)
        two = inactivity_threshold(double, quantile, weighting=weighting)
        np.testing.assert_equal(two.days, one.days)
        np.testing.assert_equal(two.closed_days, one.closed_days)

    @given(purchase_logs(), weightings)
    def test_day_numbers_are_as_good_as_dates(self, rows, weighting):
        customers, times, _ = rows
        days = times.astype("M8[D]").astype(int)
        one = inactivity_threshold(log(customers, times), 0.5, weighting=weighting)
        assert inactivity_threshold(log(customers, days), 0.5, weighting=weighting) == one

    def test_weighs_each_customer_once_by_default(self):
        # One customer comes every day, nine come every thirty days.
        days = [*range(31), *([0, 30] * 9)]
        customers = [0] * 31 + [k // 2 + 1 for k in range(18)]
        base = log(customers, days)
        assert inactivity_threshold(base, 0.5).days == 30
        assert inactivity_threshold(base, 0.5, weighting="gaps").days == 1

    def test_finds_the_truth_where_all_customers_are_alike(self):
        """Weighing the open gaps of those who came back would give some 200 days."""
        random = np.random.default_rng(3)
        customers, times = [], []
        for customer in range(3000):
            day = 0
            while day < 545:
                customers.append(customer)
                times.append(day)
                day += math.ceil(random.exponential(60))
        truth = 60 * math.log(20)
        for weighting in ("customers", "gaps"):
            made = inactivity_threshold(log(customers, times), weighting=weighting)
            assert made.days == pytest.approx(truth, rel=0.05)

    def test_later_observation_lengthens_open_gaps(self):
        base = log([1, 1, 2], ["2024-01-01", "2024-01-31", "2024-01-31"])
        assert inactivity_threshold(base).days == 30
        assert not inactivity_threshold(base, as_of="2024-03-31").is_known

    def test_nobody_came_back(self):
        made = inactivity_threshold(log([1, 2], [0, 9]))
        assert (made.never_returning, made.is_known) == (1.0, False)
        assert math.isnan(made.closed_days)
        assert str(made) == "no threshold for 0.95: 100% of customers' gaps are not seen to close"

    def test_no_purchases(self):
        made = inactivity_threshold(log([], []))
        assert str(made) == "no threshold for 0.95: there is no purchase"
        assert math.isnan(made.days)
        assert math.isnan(made.never_returning)
        assert math.isnan(made.closed_days)

    def test_survives_pickling_and_hashing(self):
        made = inactivity_threshold(log([1, 2], [0, 9]))
        assert pickle.loads(pickle.dumps(made)) == made
        assert hash(pickle.loads(pickle.dumps(made))) == hash(made)

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"quantile": 95}, ValueError, "must be a fraction from 0 to 1: 0.95 for 95 %"),
            ({"weighting": "equal"}, ValueError, "weighting must be one of"),
            ({"as_of": "2024-01-30"}, ValueError, "as_of must not be before the day of the last"),
            ({"as_of": 20000}, TypeError, "as_of must be like the times"),
            ({"as_of": None, "quantile": "x"}, TypeError, "quantile must be a number"),
        ],
    )
    def test_says_which_argument_is_wrong(self, options, error, message):
        base = log([1, 1], ["2024-01-01", "2024-01-31"])
        with pytest.raises(error, match=message):
            inactivity_threshold(base, **options)

    def test_needs_a_log_of_sane_length(self):
        with pytest.raises(TypeError, match="log must be of type Transactions"):
            inactivity_threshold([1, 2])
        with pytest.raises(ValueError, match="times must span less than"):
            inactivity_threshold(log([1, 2], [-(2**62), 2**62]))
        with pytest.raises(ValueError, match="as_of must be less than 2"):
            inactivity_threshold(log([1], [-(2**62)]), as_of=2**62)


def with_refunds(rows, refunded):
    """The log of all rows, of which some are refunds, and that of the purchases alone."""
    customers, times, _ = rows
    refund = np.resize(refunded, customers.size)
    amounts = np.where(refund, -1, np.arange(customers.size) % 3)
    everything = Transactions.from_arrays(customers=customers, times=times, amounts=amounts)
    return everything, log(customers[~refund], times[~refund])


refunded = st.lists(st.booleans(), min_size=1, max_size=20)


class TestRefunds:
    def test_a_refund_does_not_end_a_silence(self):
        """Ada bought in January and in July and sent something back in between."""
        base = Transactions.from_arrays(
            customers=["Ada", "Ada", "Ada"],
            times=["2024-01-01", "2024-01-11", "2024-07-01"],
            amounts=[50, -50, 30],
        )
        assert inactivity_threshold(base, 0.5).days == 182
        assert inactivity_threshold(base, 0.5, weighting="gaps").days == 182

    def test_a_refund_does_not_keep_a_customer(self):
        base = Transactions.from_arrays(
            customers=["Ada", "Ada", "Bo", "Cleo"],
            times=[0, 90, 100, 5],
            amounts=[50, -50, 30, -1],
        )
        made = customer_lifetimes(base, threshold=60)
        assert made.customer_ids.tolist() == ["Ada", "Bo"]
        assert (made.lost.tolist(), made.durations.tolist()) == ([True, False], [60, 0])
        assert made.n_without_purchase == 1
        assert repr(made) == "CustomerLifetimes(n_customers=2, n_lost=1, n_without_purchase=1)"
        assert repr(pickle.loads(pickle.dumps(made))) == repr(made)

    def test_purchases_are_known_up_to_the_last_of_them(self):
        """Refunds may go on for weeks after the period whose purchases were exported."""
        base = Transactions.from_arrays(customers=[1, 1, 2], times=[0, 7, 50], amounts=[9, 9, -9])
        assert customer_lifetimes(base, threshold=10).durations.tolist() == [7]
        assert inactivity_threshold(base, as_of=20).never_returning == 0
        with pytest.raises(ValueError, match="as_of must not be before the day of the last purch"):
            inactivity_threshold(base, as_of=6)

    @given(purchase_logs(), refunded, quantiles, weightings)
    def test_leave_the_threshold_as_without_them(self, rows, refunded, quantile, weighting):
        made, expected = (
            inactivity_threshold(x, quantile, weighting=weighting)
            for x in with_refunds(rows, refunded)
        )
        assert made == expected

    @given(purchase_logs(), refunded, st.integers(1, 300))
    def test_leave_lifetimes_as_without_them(self, rows, refunded, threshold):
        everything, purchases = with_refunds(rows, refunded)
        made = customer_lifetimes(everything, threshold=threshold)
        expected = customer_lifetimes(purchases, threshold=threshold)
        assert made.customer_ids.tolist() == expected.customer_ids.tolist()
        assert made.durations.tolist() == expected.durations.tolist()
        assert made.lost.tolist() == expected.lost.tolist()
        assert made.n_without_purchase == everything.n_customers - made.lost.size


class TestCustomerLifetimes:
    @given(purchase_logs(), st.integers(1, 300), st.integers(0, 200))
    def test_equals_the_definition(self, rows, threshold, later):
        days = purchase_days(rows)
        as_of = max(max(own) for own in days.values()) + later
        made = customer_lifetimes(
            log(*rows[:2]), threshold=threshold, as_of=np.datetime64(as_of, "D")
        )
        assert made.customer_ids.tolist() == list(days)
        for own, duration, lost in zip(days.values(), made.durations, made.lost, strict=True):
            gone = own[-1] + threshold <= as_of
            assert lost == gone
            assert duration == (own[-1] + threshold if gone else as_of) - own[0]

    @given(purchase_logs(), st.integers(1, 300))
    def test_whole_and_fractional_thresholds_agree(self, rows, threshold):
        base = log(*rows[:2])
        whole = customer_lifetimes(base, threshold=threshold)
        half = customer_lifetimes(base, threshold=threshold - 0.5)
        assert whole.durations.dtype == np.int64
        assert (half.lost == whole.lost).all()
        np.testing.assert_array_equal(whole.durations - half.durations, 0.5 * whole.lost)

    @given(purchase_logs(), st.integers(1, 300))
    def test_makes_a_curve(self, rows, threshold):
        made = customer_lifetimes(log(*rows[:2]), threshold=threshold)
        curve = kaplan_meier(durations=made.durations, lost=made.lost)
        assert curve.n_customers == made.lost.size
        # Nobody is lost before the threshold has passed.
        assert curve.survival(0) == 1

    def test_time_of_day_does_not_matter(self):
        late = log([1, 1], ["2024-01-01T23:59", "2024-01-31T00:01"])
        made = customer_lifetimes(late, threshold=10, as_of="2024-02-10T12:00")
        assert (made.lost.tolist(), made.durations.tolist()) == ([True], [40])
        made = customer_lifetimes(late, threshold=10, as_of="2024-02-09T23:59")
        assert (made.lost.tolist(), made.durations.tolist()) == ([False], [39])

    def test_dates_before_1970_are_days_too(self):
        early = log([1, 1], ["1969-12-31T23:00", "1970-01-01T01:00"])
        made = customer_lifetimes(early, threshold=1, as_of="1970-01-02")
        assert made.durations.tolist() == [2]

    def test_a_log_without_rows(self):
        made = customer_lifetimes(log([], []), threshold=5, as_of="2024-01-01")
        assert made.lost.size == made.durations.size == 0

    def test_result_cannot_be_changed_and_survives_pickling(self):
        made = customer_lifetimes(log([1, 1], [0, 9]), threshold=5)
        again = pickle.loads(pickle.dumps(made))
        assert again.durations.tolist() == made.durations.tolist()
        assert repr(made) == "CustomerLifetimes(n_customers=1, n_lost=0)"
        with pytest.raises(ValueError, match="read-only"):
            again.lost[0] = True

    @pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
    def test_threshold_must_be_a_number_of_days(self, wrong):
        with pytest.raises(ValueError, match=r"^threshold must "):
            customer_lifetimes(log([1], [0]), threshold=wrong)
