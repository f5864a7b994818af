import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.dependence import loss_of_largest, major_customers, top_share
from loyalkit.pareto import Concentration

customers = st.lists(
    st.integers(0, 5) | st.integers(0, 10**9) | st.integers(2**62, 2**63 - 1), max_size=14
)
euros = st.lists(st.floats(0, 1e9, allow_subnormal=False), max_size=14)
shares = st.fractions(0, 1, max_denominator=30)


class TestTopShare:
    @given(customers | euros, shares | st.floats(0, 1))
    def test_equals_that_of_the_tally(self, values, fraction):
        expected = Concentration.from_values(values).top_share(float(fraction))
        found = top_share(values, float(fraction))
        if values and isinstance(values[0], int):
            assert str(found) == str(expected)
        else:
            assert found == pytest.approx(expected, rel=1e-13, nan_ok=True)

    @given(customers, st.randoms())
    def test_row_order_does_not_matter_and_input_is_not_changed(self, values, random):
        shuffled = np.array(random.sample(values, len(values)), np.int64)
        before = shuffled.copy()
        assert str(top_share(values)) == str(top_share(shuffled))
        assert np.array_equal(before, shuffled)

    def test_sums_beyond_64_bits_stay_exact(self):
        values = [2**63 - 1] * 4 + [0] * 16
        assert top_share(values) == 1
        assert top_share(values, 0.1) == 0.5

    @pytest.mark.parametrize("values", [[], [0, 0, 0], [0.0]])
    @pytest.mark.parametrize("fraction", [0, 0.2, 1])
    def test_is_nan_exactly_without_a_total(self, values, fraction):
        assert math.isnan(top_share(values, fraction))
        assert not math.isnan(top_share([*values, 1], fraction))

    def test_takes_a_column_of_a_data_frame(self):
        polars = pytest.importorskip("polars")
        assert top_share(polars.Series([50, 30, 20, 0, 0]), 0.4) == 0.8

    @pytest.mark.parametrize(
        "values, message",
        [
            ([1, -5], "values must not be negative, got values=-5 at index 1"),
            ([1.0, math.nan], "values must not be missing, got values=nan at index 1"),
            ([1e308, 1e308], "values must add up to a finite total"),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        with pytest.raises(ValueError, match=message):
            top_share(values)

    def test_20_is_not_20_percent(self):
        with pytest.raises(ValueError, match="fraction must be .*: 0.2 for 20 %"):
            top_share([1], 20)


class TestMajorCustomers:
    @given(customers, shares)
    def test_have_at_least_the_threshold_each(self, values, threshold):
        expected = [v > 0 and Fraction(v) >= threshold * sum(values) for v in values]
        assert major_customers(values, float(threshold)).tolist() == expected
        floats = [v % 1000 / 8 for v in values]
        expected = [v > 0 and Fraction(v) >= threshold * Fraction(sum(floats)) for v in floats]
        assert major_customers(floats, float(threshold)).tolist() == expected

    def test_who_is_exactly_at_a_tenth_is_one(self):
        assert major_customers([1] * 10).all()
        assert major_customers([0.1] * 10).all()
        assert not major_customers([1] * 11).any()
        assert not major_customers([10**15 - 1, *[10**15] * 9], 0.1)[0]

    @pytest.mark.parametrize("values", [[], [0, 0], [0.0]])
    def test_nobody_is_one_without_a_total(self, values):
        assert major_customers(values).tolist() == [False] * len(values)
        assert major_customers(values, 0).tolist() == [False] * len(values)

    def test_totals_beyond_64_bits(self):
        assert major_customers([2**63 - 1] * 3, 0.3).all()
        assert not major_customers([2**63 - 1] * 4, 0.5).any()

    def test_result_is_read_only(self):
        with pytest.raises(ValueError, match="read-only"):
            major_customers([1, 2])[0] = False

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="threshold must be .*: 0.1 for 10 %"):
            major_customers([1], 10)
        with pytest.raises(ValueError, match="values must not be negative"):
            major_customers([-1])


class TestLossOfLargest:
    @given(customers.filter(any), st.data())
    def test_splits_the_customers_in_two(self, values, data):
        k = data.draw(st.integers(0, len(values)))
        tally = Concentration.from_values(values, window="2011")
        loss = loss_of_largest(tally, k)
        ranked = sorted(values, reverse=True)
        assert loss.share == pytest.approx(sum(ranked[:k]) / sum(values), rel=1e-15)
        assert loss.customers == k
        rest = Concentration.from_values(ranked[k:], window="2011")
        assert loss.remaining == rest

    def test_share_of_the_largest_ten_of_each(self):
        assert loss_of_largest(Concentration.from_values([5, 4, 3, 2, 1]), 2).share == 0.6
        assert loss_of_largest(Concentration.from_values([0.5] * 4), 3).share == 0.75

    def test_share_is_nan_without_a_total(self):
        assert math.isnan(loss_of_largest(Concentration.from_values([0, 0])).share)
        empty = loss_of_largest(Concentration(), 0)
        assert math.isnan(empty.share)
        assert empty == loss_of_largest(Concentration(), 0)

    def test_nobody_leaves_who_is_not_there(self):
        with pytest.raises(ValueError, match="customers must not exceed their number, 2, got .*=3"):
            loss_of_largest(Concentration.from_values([1, 2]), 3)
        with pytest.raises(TypeError, match="tally must be of type Concentration"):
            loss_of_largest([1, 2])
