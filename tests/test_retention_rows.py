"""One retention figure straight from two columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import purchase_logs

from loyalkit import Activity, Periods, Transactions, retention_between, retention_by_period

QUARTERS = Periods.between("2017-01-01", "2017-07-01", "quarter")


def by_log(customers, times, periods):
    log = Transactions.from_arrays(customers=customers, times=times)
    return retention_by_period(Activity.from_transactions(log, periods))[0]


def flows(counts):
    return counts.retained, counts.lost, counts.new, counts.reactivated


@st.composite
def periods(draw):
    """Two periods somewhere in the time of the logs."""
    days = sorted(draw(st.sets(st.integers(-20, 420), min_size=3, max_size=3)))
    return Periods(np.datetime64("2016-11-20") + np.array(days, "m8[D]"))


class TestRetentionBetween:
    @given(purchase_logs(), periods(), st.sampled_from(["D", "us", "ns"]))
    def test_equals_the_way_over_a_log(self, log, two, unit):
        customers, times, _ = log
        found = retention_between(customers, times.astype(f"M8[{unit}]"), two)
        assert flows(found) == flows(by_log(customers, times, two))
        assert found.periods == two.labels[1:]

    @given(purchase_logs(), periods(), st.randoms(use_true_random=False))
    def test_the_order_of_rows_plays_no_part(self, log, two, random):
        customers, times, _ = log
        order = np.array(random.sample(range(customers.size), customers.size))
        found = retention_between(customers, times, two)
        assert flows(retention_between(customers[order], times[order], two)) == flows(found)

    @given(purchase_logs(), periods())
    def test_text_ids_count_like_numbers(self, log, two):
        customers, times, _ = log
        expected = flows(retention_between(customers, times, two))
        for text in (np.char.mod("C%03d", customers), np.char.mod("customer %03d", customers)):
            assert flows(retention_between(text, times, two)) == expected
            assert flows(retention_between(text.tolist(), times, two)) == expected

    def test_rows_on_the_edges_belong_to_the_period_that_starts_there(self):
        times = ["2016-12-31", "2017-01-01", "2017-03-31", "2017-04-01", "2017-06-30", "2017-07-01"]
        found = retention_between([4, 1, 2, 1, 4, 3], times, QUARTERS)
        assert flows(found) == (1, 1, 0, 1)

    def test_many_rows(self):
        draw = np.random.default_rng(5)
        ids = draw.integers(0, 2**62, 3_000)[draw.integers(0, 3_000, 100_000)]
        times = np.datetime64("2016-07-01") + draw.integers(0, 450, ids.size).astype("m8[D]")
        ids[::7] = draw.integers(0, 2**62, ids[::7].size)
        assert flows(retention_between(ids, times, QUARTERS)) == flows(by_log(ids, times, QUARTERS))

    def test_day_numbers_will_do(self):
        assert flows(retention_between([1, 2, 1], [0, 6, 7], Periods([0, 7, 14]))) == (1, 1, 0, 0)

    def test_no_rows(self):
        assert flows(retention_between([], np.empty(0, "M8[D]"), QUARTERS)) == (0, 0, 0, 0)

    def test_one_period_is_refused(self):
        with pytest.raises(
            ValueError, match="periods must be two: retention_by_period .*, got periods=1"
        ):
            retention_between([1], ["2017-01-01"], Periods(["2017-01-01", "2017-02-01"]))

    def test_an_unfinished_period_is_refused(self):
        cut = Periods.between("2017-01-01", "2017-06-20", "quarter")
        message = "periods must both be observed whole, .*, got periods='2017Q2'"
        with pytest.raises(ValueError, match=message):
            retention_between([1], ["2017-01-01"], cut)

    def test_columns_of_different_lengths_are_refused(self):
        with pytest.raises(ValueError, match="customers and times must have the same length"):
            retention_between([1, 2], ["2017-01-01"], QUARTERS)

    def test_a_missing_id_is_refused(self):
        with pytest.raises(ValueError, match="customers must not be missing, .* at index 1"):
            retention_between(["a", None], ["2017-01-01"] * 2, QUARTERS)

    def test_a_missing_time_is_refused(self):
        with pytest.raises(ValueError, match="times must not be missing, .* at index 0"):
            retention_between(["a"], np.array(["NaT"], "M8[D]"), QUARTERS)

    def test_dates_and_day_numbers_do_not_mix(self):
        with pytest.raises(TypeError, match="edges must be whole day numbers, like the times"):
            retention_between([1], [3], QUARTERS)
