"""The parts of a value that the tests of the public functions cannot see."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import bookings, discounts, growths, horizons, lossy_rates, rates

from loyalkit._multiples import (
    changed_retention,
    geometric_sum,
    mean_exponent,
    terms_of,
)

near_one = st.floats(-12, -1).map(lambda x: 10**x)
shortfalls = st.floats(-0.5, 1) | near_one | near_one.map(lambda x: -x)


class TestGeometricSum:
    @given(shortfalls, horizons)
    def test_is_the_sum_of_the_powers(self, shortfall, horizon):
        expected = math.fsum((1 - shortfall) ** t for t in range(horizon))
        assert geometric_sum(shortfall, horizon) == pytest.approx(expected, rel=1e-12)

    def test_is_exact_where_the_powers_hardly_fall(self):
        # 1 - q**n would have lost ten digits here.
        n, e = 10**4, 1e-10
        assert geometric_sum(e, n) == pytest.approx(n - e * n * (n - 1) / 2, rel=1e-12)
        assert geometric_sum(0.0, n) == n

    def test_edges(self):
        assert geometric_sum(1.0, [0, 1, 5, math.inf]).tolist() == [0, 1, 1, 1]
        assert geometric_sum([0.0, -0.1, 0.5], math.inf).tolist() == [math.inf, math.inf, 2]
        assert geometric_sum([0.3, 0.0, -0.2], 0).tolist() == [0, 0, 0]
        assert not np.signbit(geometric_sum([0.3, 0.0, -0.2, 1.0], 0)).any()


class TestMeanExponent:
    @given(shortfalls, horizons)
    def test_is_the_mean_of_the_exponents(self, shortfall, horizon):
        weights = [(1 - shortfall) ** t for t in range(horizon)]
        expected = math.fsum(t * w for t, w in enumerate(weights)) / math.fsum(weights)
        assert mean_exponent(shortfall, horizon) == pytest.approx(expected, rel=1e-11, abs=1e-12)

    def test_edges(self):
        shortfalls = np.array([1.0, 0.5, 0.0, -0.1])
        assert mean_exponent(shortfalls, math.inf).tolist() == [0, 1, math.inf, math.inf]
        assert mean_exponent(np.array([1.0, 0.0]), 5).tolist() == [0, 2]


class TestTerms:
    @given(lossy_rates, discounts, growths, horizons, bookings, st.lists(rates, max_size=8))
    def test_path_is_followed_by_one_rate(self, later, discount, growth, horizon, booking, path):
        terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
        taken = [*path, *[later] * horizon][: horizon - 1]
        left = np.cumprod([1.0, *taken])
        step = (1 + growth) / (1 + discount)
        parts = [s * step**t for t, s in enumerate(left.tolist())]
        expected = math.fsum(parts[booking == "after_first" :])
        if booking == "period_end":
            expected /= 1 + discount
        found = terms.path_multiple(np.array(path), later)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)

    @given(lossy_rates, st.floats(0.01, 1), bookings, st.integers(0, 8))
    def test_path_of_one_rate_is_that_rate(self, rate, discount, booking, n):
        terms = terms_of(discount=discount, booking=booking)
        found = terms.path_multiple(np.full(n, rate), rate)
        assert found == pytest.approx(float(terms.multiple(rate)), rel=1e-9, abs=1e-9)

    def test_nobody_left_is_worth_nothing_for_ever(self):
        assert terms_of(discount=0).path_multiple(np.array([0.0]), 1.0) == 1


class TestChangedRetention:
    @given(rates, st.floats(-1, 1))
    def test_relative_is_a_share_of_the_losses(self, rate, relative):
        if not 0 <= rate + relative * (1 - rate) <= 1:
            return
        after = float(changed_retention(np.array(rate), None, relative))
        assert 1 - after == pytest.approx((1 - rate) * (1 - relative), abs=2e-12)

    def test_points_are_added(self):
        assert changed_retention(np.array([0.5, 0.75]), 0.125, None).tolist() == [0.625, 0.875]

    def test_rounding_is_not_beyond_1(self):
        assert changed_retention(np.array(0.7), 0.3000000000000002, None) == 1
        assert changed_retention(np.array(0.85), 1 - 0.85, None) == 1
        assert changed_retention(np.array(0.3), -(0.1 + 0.2), None) == 0
        assert changed_retention(np.array(1e-16), 0, None) == 1e-16
