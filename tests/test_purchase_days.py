import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import purchase_logs

from loyalkit._purchase_days import day_of, purchase_days, purchases_until
from loyalkit.transactions import Transactions


def log(customers, times, amounts=None):
    return Transactions.from_arrays(customers=customers, times=times, amounts=amounts)


class TestDayOf:
    def test_counts_days_of_either_kind(self):
        assert day_of(log([1], ["1970-01-05"]), "1970-01-04T23:59") == (
            np.datetime64("1970-01-04"),
            3,
        )
        assert day_of(log([1], [5]), 7) == (7, 7)
        assert day_of(log([], []), "1970-01-02")[1] == day_of(log([], []), 1)[1] == 1

    @pytest.mark.parametrize("as_of", ["1970-01", np.datetime64("1970"), np.datetime64(1, "W")])
    def test_a_month_is_no_day(self, as_of):
        with pytest.raises(ValueError, match="as_of must be a day such as 2017-01-31, not many"):
            day_of(log([1], ["1970-01-05"]), as_of)


class TestPurchasesUntil:
    def test_a_day_far_ahead_does_not_widen_the_keys(self):
        rows = purchases_until(log([1, 2], ["2017-01-01", "2017-01-09"]), 2**40)
        assert rows.last_day - rows.first_day == 8

    def test_amounts_of_0_are_no_refunds(self):
        assert purchases_until(log([1], [3], [0]), 5, "raise").last_day == 3

    def test_reads_times_in_place(self):
        times = np.array(["2017-01-01T05", "2017-01-02"], "M8[us]")
        base = log([1, 2], times)
        assert np.shares_memory(purchases_until(base, 10**6).ticks, base.times)


class TestPurchaseDays:
    @given(purchase_logs(), st.integers(-30, 420))
    def test_equal_a_set_of_pairs(self, rows, later):
        customers, times, cents = rows
        amounts, last_day = cents - 100, 17125 + later
        base = log(customers, times, amounts)
        codes, days = purchase_days(base, last_day)
        pairs = {
            (customer, day)
            for customer, day, amount in zip(
                customers.tolist(), times.astype(int).tolist(), amounts.tolist(), strict=True
            )
            if day <= last_day and amount >= 0
        }
        found = zip(base.customer_ids[codes].tolist(), days.tolist(), strict=True)
        assert list(found) == sorted(pairs)
