import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference

from loyalkit.chance import chance_baseline, poisson_top_share
from loyalkit.pareto import Concentration

approx = pytest.approx
means = st.floats(0.001, 300)
fractions = st.integers(0, 100).map(lambda percent: percent / 100)


def plain_top_share(mean, fraction, truncated):
    """By logarithms of the probabilities, and a tally of so many customers."""
    k = np.arange(truncated, int(mean + 20 * math.sqrt(mean) + 40))
    log_probability = k * math.log(mean) - mean - np.array([math.lgamma(x + 1) for x in k])
    weights = np.round(np.exp(log_probability) * 1e16)
    return Concentration.from_counts(k, weights).top_share(fraction)


class TestPoissonTopShare:
    @pytest.mark.parametrize("mean", ["0.1", "0.5", "1", "2", "5", "10", "50"])
    def test_published_numbers(self, mean):
        expected = reference("closed_forms.json")[f"poisson_top20_m{mean}"]
        assert poisson_top_share(float(mean)) == approx(expected, abs=1e-14)

    def test_buyers_of_cdnow(self):
        form = reference("closed_forms.json")
        rate = form["cdnow_ztp_lambda"]
        mean = rate / -math.expm1(-rate)
        share = poisson_top_share(mean, zero_truncated=True)
        assert share == approx(form["cdnow_ztp_top20_baseline"], abs=1e-14)
        assert round(mean, 4) == 2.8677

    @given(means, fractions)
    def test_equals_the_tally_of_so_many_customers(self, mean, fraction):
        assert poisson_top_share(mean, fraction) == approx(
            plain_top_share(mean, fraction, False), abs=1e-9
        )

    @given(means, fractions)
    def test_buyers_are_the_customers_of_the_same_rate_who_bought(self, rate, fraction):
        mean = rate / -math.expm1(-rate)
        share = poisson_top_share(mean, fraction, zero_truncated=True)
        assert share == approx(plain_top_share(rate, fraction, True), abs=1e-8)

    @given(st.floats(0.1, 1e6), st.floats(0.1, 1e6))
    def test_falls_with_the_mean(self, a, b):
        few, many = (poisson_top_share(mean) for mean in sorted((a, b)))
        assert 0.2 <= many <= few + 1e-9

    @given(means, fractions, st.booleans())
    def test_stays_between_the_fraction_and_1(self, mean, fraction, truncated):
        mean += truncated
        assert fraction <= poisson_top_share(mean, fraction, zero_truncated=truncated) <= 1

    def test_large_means_are_close_to_the_normal_law(self):
        """The top fifth of a normal law lie 1.3998 standard deviations above its mean."""
        for mean in (1e4, 1e6, 1e9):
            expected = 0.2 * (1 + 1.39980960 / math.sqrt(mean))
            assert poisson_top_share(mean) == approx(expected, rel=3 / mean + 1e-9)

    def test_is_nan_exactly_without_purchases(self):
        assert math.isnan(poisson_top_share(0))
        assert poisson_top_share(1e-9) == approx(1)

    def test_buyers_of_one_purchase_each_are_equal(self):
        assert poisson_top_share(1, 0.3, zero_truncated=True) == 0.3
        assert poisson_top_share(1 + 1e-9, 0.3, zero_truncated=True) == approx(0.3)

    def test_refuses_means_that_cannot_be(self):
        for mean in (-1, 2e9):
            with pytest.raises(ValueError, match="mean must be from 0 to 1e\\+09, got mean="):
                poisson_top_share(mean)
        with pytest.raises(ValueError, match="mean must be from 1 to .*, got mean=0.5"):
            poisson_top_share(0.5, zero_truncated=True)
        with pytest.raises(ValueError, match="fraction must be .*: 0.2 for 20 %"):
            poisson_top_share(2, 20)


class TestChanceBaseline:
    def test_purchase_days_of_cdnow(self):
        """Of a top share of 57 % luck alone explains 36 points, in the sample as in all."""
        log, days = raw_columns("cdnow_sample.csv"), defaultdict(set)
        for customer, date in zip(log["master_id"], log["date"], strict=True):
            days[customer].add(date)
        tally = Concentration.from_values([len(dates) for dates in days.values()])
        baseline = chance_baseline(tally)
        assert round(baseline.mean, 4) == 2.8409
        assert (round(baseline.observed, 4), round(baseline.expected, 4)) == (0.5709, 0.3598)
        assert round(baseline.excess, 2) == 0.21
        assert baseline.zero_truncated

    @given(st.lists(st.integers(0, 30), min_size=1, max_size=20), fractions)
    def test_carries_the_figures_of_the_tally(self, values, fraction):
        tally = Concentration.from_values([*values, 1])
        baseline = chance_baseline(tally, fraction)
        assert baseline.observed == tally.top_share(fraction)
        assert baseline.zero_truncated == (tally.n_zero == 0)
        assert baseline.mean == (sum(values) + 1) / (len(values) + 1)
        assert baseline.expected == poisson_top_share(
            baseline.mean, fraction, zero_truncated=baseline.zero_truncated
        )
        assert baseline.excess == baseline.observed - baseline.expected

    def test_customers_who_are_alike_show_hardly_any_excess(self):
        counts = np.random.default_rng(4).poisson(3, 200_000)
        for values in (counts, counts[counts > 0]):
            assert chance_baseline(Concentration.from_values(values)).excess == approx(0, abs=2e-3)

    @pytest.mark.parametrize("values", [[], [0, 0]])
    def test_is_nan_without_purchases(self, values):
        baseline = chance_baseline(Concentration.from_values(values))
        assert math.isnan(baseline.excess)
        assert baseline == chance_baseline(Concentration.from_values(values))

    def test_refuses_amounts_of_money(self):
        assert chance_baseline(Concentration.from_values([1.0, 2.0])).mean == 1.5
        with pytest.raises(ValueError, match="values must be whole numbers of purchases, .*=2.5"):
            chance_baseline(Concentration.from_values([1, 2.5]))
        with pytest.raises(TypeError, match="tally must be of type Concentration"):
            chance_baseline([1, 2])
