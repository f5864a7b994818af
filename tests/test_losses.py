import csv
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_data

from loyalkit.losses import whale_curve

profits = st.lists(st.integers(-2, 2) | st.integers(-(2**63), 2**63 - 1), max_size=15)


class TestWhaleCurve:
    def test_worked_example(self):
        """A fifth of the customers make 140 % of the profit, the last fifth lose 40 %."""
        curve = whale_curve([140, 0, 0, 0, -40])
        assert curve.fractions.tolist() == pytest.approx([0, 0.2, 0.8, 1])
        assert curve.shares.tolist() == pytest.approx([0, 1.4, 1.4, 1])
        assert curve.peak_share == 1.4
        assert (curve.total, curve.loss_makers, curve.without_loss_makers) == (100, 1, 140)
        assert (curve.erosion, curve.peak_fraction) == (0.4, 0.2)

    def test_online_retail_net_of_refunds(self):
        with raw_data("onlineretail_customers.csv").open(newline="") as file:
            net = [int(row["net_milli"]) for row in csv.DictReader(file)]
        curve = whale_curve(net)
        assert curve.total == 8_300_065_814
        assert curve.loss_makers == 41
        assert curve.without_loss_makers == 8_313_294_954
        assert curve.peak_share == pytest.approx(1.0015938596508098, abs=1e-15)
        assert curve.shares.max() == curve.peak_share

    @given(profits)
    def test_amounts_are_exact(self, values):
        curve = whale_curve(values)
        assert (type(curve.total), curve.total) == (int, sum(values))
        assert curve.without_loss_makers == sum(value for value in values if value > 0)
        assert curve.loss_makers == sum(value < 0 for value in values)
        assert curve.n_profitable == sum(value > 0 for value in values)
        assert curve.n_customers == len(values)
        assert math.isnan(curve.peak_fraction) == (not values)
        assert math.isnan(curve.erosion) == (sum(values) <= 0)
        if sum(values) > 0:
            assert curve.erosion == pytest.approx(
                curve.peak_share - 1, abs=1e-15 + 1e-15 * curve.peak_share
            )
            lost = sum(-value for value in values if value < 0)
            assert curve.erosion == pytest.approx(lost / sum(values), rel=1e-15)

    @given(profits)
    def test_ends_at_all_of_the_profit_over_a_peak(self, values):
        curve = whale_curve(values)
        if sum(values) <= 0:
            assert np.isnan(curve.shares).all()
            assert math.isnan(curve.peak_share)
        else:
            assert (curve.fractions[0], curve.shares[0]) == (0, 0)
            assert (curve.fractions[-1], curve.shares[-1]) == (1, 1)
            assert curve.shares.max() == pytest.approx(curve.peak_share, rel=1e-12)
            assert curve.peak_share >= 1
            assert (curve.without_loss_makers > curve.total) == (min(values) < 0)

    @given(st.lists(st.integers(-3, 9), max_size=15))
    def test_points_stand_at_the_end_of_each_group_of_equals(self, values):
        ranked = sorted([50, *values], reverse=True)
        n, total = len(ranked), sum(ranked)
        ends = [k for k in range(n + 1) if k in (0, n) or ranked[k] != ranked[k - 1]]
        curve = whale_curve([*values, 50])
        assert curve.fractions.tolist() == pytest.approx([k / n for k in ends])
        assert curve.shares.tolist() == pytest.approx([sum(ranked[:k]) / total for k in ends])

    @given(profits)
    def test_is_highest_at_the_last_customer_who_brings_profit(self, values):
        curve = whale_curve([2**40, *values])
        rises = np.diff(curve.shares)
        winners = len({value for value in [2**40, *values] if value > 0})
        if curve.total > 0:
            assert (rises[:winners] >= 0).all()
            assert (rises[winners:] <= 0).all()

    @given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=15), st.randoms())
    def test_row_order_does_not_matter(self, values, random):
        assert whale_curve(values) == whale_curve(random.sample(values, len(values)))

    @pytest.mark.parametrize("values", [[], [0, 0], [-1, -2], [1.5, -1.5]])
    def test_shares_are_nan_without_a_profit(self, values):
        curve = whale_curve(values)
        assert math.isnan(curve.peak_share)
        assert np.isnan(curve.shares).all()
        assert curve.total == sum(values)

    def test_arrays_are_read_only_and_survive_pickling(self):
        curve = whale_curve([3, -1])
        assert pickle.loads(pickle.dumps(curve)) == curve
        assert hash(pickle.loads(pickle.dumps(curve))) == hash(curve)
        with pytest.raises(ValueError, match="read-only"):
            curve.shares[0] = 1

    def test_says_which_value_is_wrong(self):
        with pytest.raises(ValueError, match="values must not be missing, got .* at index 1"):
            whale_curve([1.0, math.nan])
        with pytest.raises(ValueError, match="values must add up to a finite total"):
            whale_curve([-1e308, -1e308])
        with pytest.raises(TypeError, match="values must hold numbers"):
            whale_curve(["a"])


class TestCancellingFloats:
    def test_what_is_left_but_for_rounding_is_no_profit(self):
        curve = whale_curve([0.1, 0.2, -0.3])
        assert curve.total == 0
        assert math.isnan(curve.peak_share)

    def test_little_left_of_much_is_summed_exactly(self):
        assert whale_curve([1e9, 1.0, -1e9]).total == 1
