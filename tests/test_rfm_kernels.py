"""Every fast loop beside its plain twin of a few lines."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from small_blocks import blocks_of

from loyalkit import _rfm_kernels
from loyalkit._rfm_kernels import (
    Rows,
    customer_runs,
    distinct_days,
    key_shift,
    order_statistics,
    overflowing_spend,
    purchase_keys,
    scores,
    sorted_by_code,
    spend,
)

INT64 = np.iinfo(np.int64)
small_blocks = blocks_of(4, _rfm_kernels)
# A sample of a few values, so that small arrays have brackets that may miss.
small_sample = patch.object(_rfm_kernels, "SAMPLE", 5)
no_table = patch.object(_rfm_kernels, "TABLE", 0)


@st.composite
def logs(draw):
    """Rows of few customers on few days, some late, some refunds; and how many codes there are."""
    n_codes = draw(st.sampled_from([1, 3, 5, 2**33]))
    n = draw(st.integers(0, 25))
    codes = draw(npst.arrays(np.int64, n, elements=st.integers(0, min(n_codes, 5) - 1)))
    codes[codes == 4] = n_codes - 1
    per_day = draw(st.sampled_from([1, 24]))
    origin = draw(st.integers(-50, 50))
    ticks = draw(npst.arrays(np.int64, n, elements=st.integers(0, 8 * per_day - 1)))
    ticks += origin * per_day
    amounts = draw(st.none() | npst.arrays(np.int64, n, elements=st.integers(-2, 4)))
    days = ticks // per_day
    first, last = (int(days.min()), int(days.max())) if n else (0, 0)
    last = min(last, origin + draw(st.integers(-2, 9)))
    return Rows(codes, ticks, per_day, first, last, amounts), n_codes


def plain_purchases(rows):
    """(code, day from the first on) of each row that is a purchase until the last day."""
    amounts = [0] * rows.codes.size if rows.amounts is None else rows.amounts.tolist()
    table = zip(rows.codes.tolist(), rows.ticks.tolist(), amounts, strict=True)
    listed = [(code, tick // rows.ticks_per_day, amount) for code, tick, amount in table]
    return [(c, day - rows.first_day) for c, day, a in listed if day <= rows.last_day and a >= 0]


class TestPurchaseKeys:
    @small_blocks
    @given(logs())
    def test_are_the_purchases_in_order(self, given_log):
        rows, n_codes = given_log
        keys, n_after, n_refunds = purchase_keys(rows, n_codes)
        shift = key_shift(rows)
        found = [(int(key) >> shift, int(key) & ((1 << shift) - 1)) for key in keys]
        assert found == sorted(plain_purchases(rows))
        assert n_after == sum(tick // rows.ticks_per_day > rows.last_day for tick in rows.ticks)
        assert keys.size + n_after + n_refunds == rows.codes.size

    def test_are_narrow_where_they_fit(self):
        days = np.array([0, 2**12 - 1])
        rows = Rows(np.array([0, 2**20 - 2]), days, 1, 0, 2**12 - 1, None)
        assert purchase_keys(rows, 2**20 - 1)[0].dtype == np.uint32
        assert purchase_keys(rows, 2**20)[0].dtype == np.uint64

    def test_hold_a_span_of_two_to_the_31_days(self):
        rows = Rows(np.array([2**32 - 1, 0]), np.array([2**31 - 1, 0]), 1, 0, 2**31 - 1, None)
        keys, _, _ = purchase_keys(rows, 2**32)
        assert keys.tolist() == [0, 2**63 - 1]


class TestCustomerRuns:
    @small_blocks
    @given(logs())
    def test_equal_a_loop(self, given_log):
        rows, n_codes = given_log
        runs = customer_runs(purchase_keys(rows, n_codes)[0], key_shift(rows))
        plain = {}
        for code, day in plain_purchases(rows):
            plain.setdefault(code, []).append(day)
        expected = [
            (code, min(own), max(own), len(set(own)), len(own))
            for code, own in sorted(plain.items())
        ]
        assert list(zip(*(column.tolist() for column in runs), strict=True)) == expected

    @small_blocks
    @given(logs())
    def test_distinct_days_equal_a_set(self, given_log):
        rows, n_codes = given_log
        codes, days = distinct_days(purchase_keys(rows, n_codes)[0], key_shift(rows))
        expected = sorted(set(plain_purchases(rows)))
        assert list(zip(codes.tolist(), days.tolist(), strict=True)) == expected


class TestSortedByCode:
    @given(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9) | st.just(2**31 - 1)), max_size=20),
        st.sampled_from([5, 2**32]),
    )
    def test_equals_a_sort_of_pairs(self, rows, n_codes):
        codes, values = np.array(rows, np.int64).reshape(-1, 2).T
        found = sorted_by_code(codes, values, n_codes)
        assert found.dtype == np.int64
        assert found.tolist() == [value for _, value in sorted(rows)]

    def test_wide_codes(self):
        found = sorted_by_code(np.array([2**32 - 1, 0]), np.array([0, 2**31 - 1]), 2**32)
        assert found.tolist() == [2**31 - 1, 0]


class TestSpend:
    @small_blocks
    @given(logs(), st.booleans())
    def test_equals_a_loop(self, given_log, refunds):
        rows, n_codes = given_log
        if rows.amounts is None or n_codes > 5:
            return
        first = np.arange(n_codes) % 3
        plain = [[0, 0] for _ in range(n_codes)]
        for code, tick, amount in zip(rows.codes, rows.ticks, rows.amounts, strict=True):
            day = tick // rows.ticks_per_day
            if day <= rows.last_day and (refunds or amount >= 0):
                plain[code][int(day - rows.first_day > first[code])] += amount
        assert spend(rows, rows.amounts, first, refunds=refunds).tolist() == plain

    @pytest.mark.parametrize("far", [2**31 - 2, 2**31, 2**40])
    def test_days_far_apart(self, far):
        ticks, amounts = np.array([far, far + 1, 0]), np.array([3, 4, 5])
        rows = Rows(np.array([0, 0, 1]), ticks, 1, 0, far + 1, amounts)
        found = spend(rows, amounts, np.array([far, 0]), refunds=True)
        assert found.tolist() == [[3, 4], [5, 0]]

    @pytest.mark.parametrize(
        ("amounts", "days", "expected"),
        [
            ([INT64.max, 1], [0, 0], 1),  # one part is too large
            ([INT64.max, 1], [0, 1], 1),  # both parts fit, their sum does not
            ([INT64.max, -1], [0, 0], None),
            ([INT64.max, 1], [0, 9], None),  # after the last day
            ([INT64.min, INT64.min], [0, 1], 1),
            ([5, 6], [0, 0], None),
        ],
    )
    def test_finds_the_code_that_overflows(self, amounts, days, expected):
        rows = Rows(np.array([1, 1]), np.array(days), 1, 0, 5, np.array(amounts))
        first = np.zeros(2, np.int64)
        assert overflowing_spend(rows, rows.amounts, first, refunds=True) == expected


values = st.one_of(
    npst.arrays(np.int64, st.integers(1, 120), elements=st.integers(-3, 3)),
    npst.arrays(np.int64, st.integers(1, 120), elements=st.integers(INT64.min, INT64.max)),
    npst.arrays(np.float64, st.integers(1, 120), elements=st.floats(-1e300, 1e300)),
    npst.arrays(np.float64, st.integers(1, 120), elements=st.sampled_from([-1.5, 0.0, 2.5])),
)


class TestOrderStatistics:
    @small_blocks
    @given(values, st.data())
    def test_equal_a_sort(self, column, data):
        ranks = data.draw(st.lists(st.integers(0, column.size - 1), min_size=1, max_size=6))
        expected = np.sort(column)[ranks]
        with small_sample:
            found = order_statistics(column, ranks)
        assert found.dtype == column.dtype
        assert np.array_equal(found, expected)
        with small_sample, no_table:
            assert np.array_equal(order_statistics(column, ranks), expected)
        assert np.array_equal(order_statistics(column, ranks), expected)

    @pytest.mark.parametrize("kind", ["even", "ties", "sorted", "period", "one value"])
    @pytest.mark.parametrize("dtype", [np.int64, np.float64])
    def test_of_a_large_array(self, kind, dtype):
        n = 4 * _rfm_kernels.SAMPLE + 1
        rng = np.random.default_rng(3)
        column = {
            "even": lambda: rng.integers(0, 10**9, n),
            "ties": lambda: rng.choice([1, 2, 10**9], n, p=[0.2, 0.7, 0.1]),
            "sorted": lambda: np.arange(n) * 10**6,
            # The sample sees one value only and all brackets miss.
            "period": lambda: np.where(np.arange(n) % 4, rng.integers(0, 10**9, n), 10**10),
            "one value": lambda: np.full(n, 7),
        }[kind]().astype(dtype)
        ranks = [0, n // 5, 2 * n // 5, n // 2, n - 1]
        assert np.array_equal(order_statistics(column, ranks), np.sort(column)[ranks])

    def test_brackets_hold_little_of_a_large_array(self):
        column = np.random.default_rng(4).random(2**20)
        with patch.object(np, "partition", wraps=np.partition) as partition:
            order_statistics(column, [2**18, 2**19])
        assert max(call.args[0].size for call in partition.call_args_list) < 2**20 // 20


class TestScores:
    @small_blocks
    @given(values, st.data(), st.booleans())
    def test_equal_the_rule(self, column, data, largest_is_best):
        cuts = column[data.draw(st.lists(st.integers(0, column.size - 1), max_size=6))]
        found = scores(column, cuts, largest_is_best=largest_is_best)
        assert found.dtype == np.int8
        for value, score in zip(column.tolist(), found.tolist(), strict=True):
            beaten = sum(value > c if largest_is_best else value < c for c in cuts.tolist())
            assert score == 1 + beaten
