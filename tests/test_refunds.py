import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference

from loyalkit.losses import whale_curve
from loyalkit.pareto import Concentration
from loyalkit.refunds import split_refunds
from loyalkit.transactions import Transactions

rows = st.lists(st.tuples(st.integers(1, 6), st.integers(-(10**6), 10**6)), max_size=25)


def log_of(rows, as_type=np.int64):
    customers, amounts = zip(*rows, strict=True) if rows else ((), ())
    return Transactions.from_arrays(
        customers=np.array(customers, np.int64),
        times=np.zeros(len(rows), "M8[D]"),
        amounts=np.array(amounts, as_type),
    )


class TestSplitRefunds:
    @given(rows)
    def test_adds_up_purchases_and_refunds_apart(self, rows):
        split, gross, refunds = split_refunds(log_of(rows)), Counter(), Counter()
        for customer, amount in rows:
            gross[customer] += max(amount, 0)
            refunds[customer] += max(-amount, 0)
        ids = sorted(gross)
        assert split.customer_ids.tolist() == ids
        assert split.gross.tolist() == [gross[i] for i in ids]
        assert split.refunds.tolist() == [refunds[i] for i in ids]
        assert split.n_net_negative == sum(gross[i] < refunds[i] for i in ids)
        assert split.n_without_purchase == sum(gross[i] == 0 for i in ids)

    @given(rows)
    def test_net_is_what_the_log_adds_up_to(self, rows):
        log = log_of(rows)
        assert np.array_equal(split_refunds(log).net, log.totals())

    @given(rows)
    def test_share_is_nan_exactly_if_nothing_was_bought(self, rows):
        split = split_refunds(log_of(rows))
        bought = sum(max(amount, 0) for _, amount in rows)
        assert math.isnan(split.refund_share) == (bought == 0)
        if bought:
            assert split.refund_share == sum(max(-a, 0) for _, a in rows) / bought

    def test_floats_stay_floats(self):
        split = split_refunds(log_of([(1, 2.5), (1, -0.5), (2, -1.0)], np.float64))
        assert split.net.tolist() == [2.0, -1.0]
        assert split.refund_share == 0.6

    def test_online_retail(self):
        log = raw_columns("onlineretail_invoices.csv.gz")
        split = split_refunds(
            Transactions.from_arrays(
                customers=log["CustomerID"],
                times=log["date"],
                amounts=np.array(log["amount_milli"], np.int64),
            )
        )
        expected = reference("online_retail.json")
        assert split.gross.size == expected["customers"]
        assert split.gross.sum() / 1000 == expected["gross_total"]
        assert split.refunds.sum() / 1000 == -expected["refund_total"]
        assert split.n_net_negative == expected["customers_net_negative"]
        assert split.n_without_purchase == expected["customers_without_sale"]
        gross = Concentration.from_values(split.gross).buyers
        clipped = Concentration.from_values(split.net.clip(0))
        shares = [round(x.top_share(), 5) for x in (gross, clipped, clipped.buyers)]
        assert shares == [0.74608, 0.73715, 0.73449]
        assert whale_curve(split.net).loss_makers == 41

    def test_result_is_read_only_and_survives_pickling(self):
        split = split_refunds(log_of([(1, 5), (2, -3)]))
        copy = pickle.loads(pickle.dumps(split))
        assert copy.equals(split)
        assert not copy.equals(split_refunds(log_of([(1, 5), (2, -4)])))
        for array in (split.gross, split.refunds, split.net, copy.gross):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1

    def test_says_what_is_wrong(self):
        without = Transactions.from_arrays(customers=[1], times=["2024-01-01"])
        with pytest.raises(ValueError, match="amounts must be given to tell purchases from"):
            split_refunds(without)
        with pytest.raises(OverflowError, match="amounts must add up to an int64"):
            split_refunds(log_of([(1, 2**62), (1, 2**62), (1, -(2**62))]))
        with pytest.raises(TypeError, match="log must be of type Transactions"):
            split_refunds([1])


class TestHardAmounts:
    def test_totals_beyond_int64_do_not_wrap(self):
        split = split_refunds(
            Transactions.from_arrays(
                customers=["a", "b", "c"], times=[1, 2, 3], amounts=[2**62, 2**62, -5]
            )
        )
        assert split.refund_share == 5 / 2**63
        assert f"gross={2**63}" in repr(split)

    def test_a_refund_that_has_no_positive_twin_is_refused(self):
        log = Transactions.from_arrays(customers=["a", "b"], times=[1, 2], amounts=[-(2**63), 5])
        with pytest.raises(OverflowError, match="refunds of each customer"):
            split_refunds(log)

    def test_everything_returned_in_parts_leaves_nothing(self):
        log = Transactions.from_arrays(
            customers=["a"] * 3, times=[1, 2, 3], amounts=[0.3, -0.1, -0.2]
        )
        assert split_refunds(log).net.tolist() == [0.0]
        assert split_refunds(log).n_net_negative == 0
