import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit import _concentration_intervals
from loyalkit._concentration_intervals import RESAMPLES
from loyalkit._concentration_measures import Gini
from loyalkit._histogram import Histogram
from loyalkit.pareto import Concentration

approx = pytest.approx
fractions = st.floats(0, 1) | st.integers(0, 100).map(lambda percent: percent / 100)
NAMES = ("top_share_interval", "fraction_for_interval", "joint_ratio_interval", "gini_interval")
methods = st.sampled_from(["auto", "wald", "bootstrap_t"])


def paying_customers(max_size=12):
    """Customers of whom at least one has a value above 0."""
    values = st.lists(st.integers(0, 5) | st.integers(0, 10**9), min_size=1, max_size=max_size)
    return values.map(lambda drawn: drawn if any(drawn) else [*drawn[1:], 1])


def customers_for(values, share):
    ranked = sorted(values, reverse=True)
    return next(k for k in range(len(ranked) + 1) if sum(ranked[:k]) >= share * sum(ranked))


def standard_error(interval):
    return interval.width / 2 / NormalDist().inv_cdf((1 + interval.confidence) / 2)


def plain_error(influence):
    return np.std(influence) / math.sqrt(len(influence))


class TestIntervals:
    @given(paying_customers(), fractions, confidences, methods)
    def test_contain_the_estimate_and_stay_in_range(self, values, fraction, confidence, method):
        tally = Concentration.from_values([*values, values[0]])
        share = tally.top_share_interval(fraction, confidence, method=method)
        assert fraction - 1e-15 <= share.low <= tally.top_share(fraction) <= share.high <= 1
        few = tally.fraction_for_interval(fraction, confidence, method=method)
        assert 0 <= few.low <= tally.fraction_for(fraction) <= few.high <= fraction + 1e-15
        gini = tally.gini_interval(confidence, method=method)
        assert 0 <= gini.low <= tally.gini <= gini.high <= 1
        joint = tally.joint_ratio_interval(confidence, method=method)
        assert 0 <= joint.low <= tally.joint_ratio <= joint.high <= 0.5

    @given(paying_customers(), st.fractions(0, 1, max_denominator=20))
    def test_have_the_standard_error_of_the_influence_function(self, values, fraction):
        values = sorted([*values, values[0]], reverse=True)
        v, n, mean = np.array(values, float), len(values), np.mean(values)
        tally, p = Concentration.from_values(values), float(fraction)
        z = NormalDist().inv_cdf(0.505)

        marginal = v[max(0, math.ceil(fraction * n) - 1)]
        error = plain_error(np.maximum(v - marginal, 0) - tally.top_share(p) * v) / mean
        expected = min(1, tally.top_share(p) + z * error)
        assert tally.top_share_interval(p, 0.01, method="wald").high == approx(expected, abs=1e-9)

        marginal = v[max(0, customers_for(values, fraction) - 1)]
        error = plain_error(np.maximum(v - marginal, 0) - p * v) / marginal
        expected = max(0, tally.fraction_for(p) - z * error)
        assert tally.fraction_for_interval(p, 0.01, method="wald").low == approx(expected, abs=1e-9)

        ratio = tally.joint_ratio
        meeting = next(k for k in range(n + 1) if k / n + v[:k].sum() / v.sum() >= 1 - 1e-12) - 1
        error = plain_error(np.maximum(v - v[meeting], 0) - (1 - ratio) * v)
        expected = min(0.5, ratio + z * error / (mean + v[meeting]))
        joint = tally.joint_ratio_interval(0.01, method="wald")
        assert joint.high == approx(expected, abs=1e-9)

        a, i = v[::-1], np.arange(1, n + 1)
        influence = -(tally.gini + 1) * a + (2 * i - 1) / n * a - 2 / n * np.cumsum(a)
        expected = min(1, tally.gini + z * plain_error(influence) / mean)
        assert tally.gini_interval(0.01, method="wald").high == approx(expected, abs=1e-9)

    @given(st.integers(2, 50), st.integers(1, 10**6))
    def test_have_no_width_if_all_customers_are_equal(self, n, value):
        tally = Concentration.from_values([value] * n)
        for interval in (
            tally.top_share_interval(),
            tally.fraction_for_interval(),
            tally.joint_ratio_interval(),
            tally.gini_interval(),
        ):
            assert interval.width == approx(0, abs=1e-12)

    @given(paying_customers(), st.integers(2, 5))
    def test_shrink_with_the_root_of_the_number_of_customers(self, values, times):
        once = Concentration.from_values([*values, 0, max(values)])
        more = Concentration.from_counts(once.values, once.counts * times)
        few, many = (
            x.fraction_for_interval(confidence=1e-3, method="wald").width for x in (once, more)
        )
        assert many * math.sqrt(times) == approx(few, rel=1e-6, abs=1e-12)

    def test_share_of_everything_is_that_of_the_customers_who_pay(self):
        """The sum of floats may differ in its last bit with and without a zero."""
        for seed in range(30):
            values = np.random.default_rng(seed).random(21)
            interval = Concentration.from_values([*values, 0.0]).fraction_for_interval(
                1, method="wald"
            )
            assert standard_error(interval) >= 0
            tally = Concentration.from_values([*values, *[0.0] * 21])
            error = standard_error(tally.fraction_for_interval(1, method="wald"))
            assert error == approx(math.sqrt(0.5 * 0.5 / 42))

    @given(paying_customers(), confidences, confidences, methods, st.sampled_from(NAMES))
    def test_widen_with_confidence(self, values, a, b, method, name):
        tally = Concentration.from_values(values)
        if len(values) > 1:
            find = getattr(tally, name)
            narrow, wide = (find(confidence=c, method=method) for c in sorted((a, b)))
            assert wide.low <= narrow.low <= narrow.high <= wide.high

    def test_refuse_confidence_in_percent(self):
        for values in ([1, 2, 3], []):
            tally = Concentration.from_values(values)
            for interval in (tally.top_share_interval, tally.fraction_for_interval):
                with pytest.raises(ValueError, match="confidence must be .* 0.95 for 95 %"):
                    interval(confidence=95)
            with pytest.raises(ValueError, match="confidence must be .* 0.95 for 95 %"):
                tally.gini_interval(95)

    def test_refuse_unknown_methods_and_seeds(self):
        tally = Concentration.from_values([1, 2])
        for name in NAMES:
            with pytest.raises(ValueError, match="method must be one of 'auto', 'wald', 'boots"):
                getattr(tally, name)(method="percentile")
            with pytest.raises(ValueError, match="seed must be a whole number of at least 0"):
                getattr(tally, name)(seed=-1)

    def test_joint_ratio_follows_from_the_top_share_at_that_point(self):
        """S(p) = 1 - p: where the curve is flat, the ratio is as sure as the share."""
        values = np.random.default_rng(2).lognormal(3, 1.5, 5000)
        tally = Concentration.from_values(values)
        ratio = tally.joint_ratio
        slope = tally.value_at(math.ceil(ratio * 5000)) / (tally.total / 5000)
        share = standard_error(tally.top_share_interval(ratio))
        found = standard_error(tally.joint_ratio_interval())
        assert found == approx(share / (1 + slope), rel=1e-9)


class TestCaution:
    @pytest.mark.parametrize(
        "values, expected",
        [
            ([1] * 199, True),
            ([1] * 200, False),
            ([*[1] * 949, 50], True),
            ([*[1] * 950, 50], False),
            ([0] * 1000, True),
            ([], True),
        ],
    )
    def test_is_for_few_customers_or_one_with_much(self, values, expected):
        assert Concentration.from_values(values).caution == expected

    @pytest.mark.parametrize("name", NAMES)
    def test_makes_intervals_reach_as_far_as_the_farther_of_two(self, name):
        generator = np.random.default_rng(3)
        for values in (generator.lognormal(3, 1.7, 60), [400, 400, *[25] * 8]):
            tally = Concentration.from_values(values)
            find = getattr(tally, name)
            wald, drawn = find(method="wald"), find(method="bootstrap_t")
            assert find() == find(method="auto")
            assert find().low == min(wald.low, drawn.low)
            assert find().high == max(wald.high, drawn.high)

    @pytest.mark.parametrize("name", NAMES)
    def test_is_not_needed_for_many_customers_of_some_size(self, name):
        tally = Concentration.from_values(np.random.default_rng(3).lognormal(3, 1, 500))
        assert getattr(tally, name)() == getattr(tally, name)(method="wald")


class TestBootstrapT:
    def plain(self, values, seed, confidence):
        """Draw customers' counts, estimate the Gini and its error from each draw, one by one."""
        tally, generator = Concentration.from_values(values), np.random.default_rng(seed)
        values, counts = tally.values[::-1] / np.mean(values), tally.counts[::-1]
        n, studentized = tally.n_customers, []
        for drawn in generator.multinomial(n, counts / n, RESAMPLES):
            histogram = Histogram.of_table(values, drawn)
            if histogram.total:
                estimate = Gini().estimate(histogram)
                error = _concentration_intervals.standard_error(
                    histogram, Gini().influence(histogram)
                )
                distance = estimate - tally.gini
                beyond = math.copysign(math.inf, distance) if abs(distance) > 1e-12 else 0
                studentized.append(distance / error if error > 1e-12 else beyond)
        rank = math.floor((1 - confidence) / 2 * (len(studentized) + 1))
        ordered = sorted(studentized)
        error = standard_error(tally.gini_interval(method="wald", confidence=0.01))
        high = tally.gini - ordered[rank - 1] * error
        return max(0, tally.gini - ordered[-rank] * error), min(1, high)

    @pytest.mark.parametrize("seed", [0, 5])
    @pytest.mark.parametrize("confidence", [0.95, 0.8])
    @pytest.mark.parametrize("values", [[9, 5, 3, 3, 1, 1, 1, 0, 0], [400, 90, 25, 25, 25, 7, 1]])
    def test_equals_resampling_one_by_one(self, values, confidence, seed):
        interval = Concentration.from_values(values).gini_interval(
            confidence, method="bootstrap_t", seed=seed
        )
        low, high = self.plain(values, seed, confidence)
        gini = Concentration.from_values(values).gini
        assert (interval.low, interval.high) == approx((min(low, gini), max(high, gini)), abs=1e-9)

    @pytest.mark.parametrize("name", NAMES)
    def test_depends_on_nothing_but_customers_and_seed(self, name):
        values = np.random.default_rng(5).lognormal(3, 1.5, 80)
        find = getattr(Concentration.from_values(values), name)
        first = find(method="bootstrap_t")
        again = getattr(Concentration.from_values(values[::-1]), name)(method="bootstrap_t")
        assert first == again
        assert first != find(method="bootstrap_t", seed=1)
        assert first.width == approx(find(method="bootstrap_t", seed=1).width, rel=0.4)

    @pytest.mark.parametrize("name", NAMES)
    def test_unit_of_money_does_not_matter(self, name):
        values = np.random.default_rng(6).lognormal(3, 1.5, 80)
        cents, euros = (
            getattr(Concentration.from_values(x), name)(method="bootstrap_t")
            for x in (values * 100, values)
        )
        assert (cents.low, cents.high) == approx((euros.low, euros.high), abs=1e-9)

    @pytest.mark.parametrize("name", NAMES)
    def test_is_close_to_wald_for_many_customers(self, name):
        values = np.random.default_rng(7).exponential(3, 20_000)
        find = getattr(Concentration.from_values(values), name)
        wald, drawn = find(method="wald"), find(method="bootstrap_t")
        assert drawn.width == approx(wald.width, rel=0.1)
        assert (drawn.low, drawn.high) == approx((wald.low, wald.high), abs=0.1 * wald.width)

    def test_pools_neighbours_only_to_find_the_quantiles(self, monkeypatch):
        values = np.random.default_rng(9).lognormal(3, 1.2, 3000)
        find = Concentration.from_values(values).gini_interval
        every = find(method="bootstrap_t")
        monkeypatch.setattr(_concentration_intervals, "_GROUPS", 512)
        pooled = find(method="bootstrap_t")
        assert every != pooled
        assert (pooled.low, pooled.high) == approx((every.low, every.high), abs=0.1 * every.width)
        parts, counts = _concentration_intervals._grouped(Histogram.of_column(values))
        assert (parts.size, counts.sum()) == (512, 3000)
        assert (parts * counts).sum() == approx(3000)
        assert (np.diff(parts) < 0).all()

    def test_resamples_without_a_total_are_left_out(self):
        interval = Concentration.from_values([10, 0, 0]).gini_interval(method="bootstrap_t")
        assert 0 <= interval.low <= 2 / 3 <= interval.high <= 1

    def test_holds_the_truth_more_often_than_wald_for_uneven_customers(self):
        """A smaller run of benchmarks/concentration_coverage.py."""
        truth, held = 2 * NormalDist().cdf(1.6832424671458286 / math.sqrt(2)) - 1, [0, 0, 0]
        draw = np.random.default_rng(11)
        for seed in range(150):
            tally = Concentration.from_values(draw.lognormal(3, 1.6832424671458286, 60))
            for place, method in enumerate(("wald", "bootstrap_t", "auto")):
                held[place] += truth in tally.gini_interval(method=method, seed=seed)
        wald, drawn, auto = (x / 150 for x in held)
        assert wald < 0.72 < drawn <= auto
