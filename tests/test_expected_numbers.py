import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, successes_and_trials

from loyalkit._expected_numbers import expected_limits, likelihood_interval
from loyalkit.intervals import wilson_interval

groups = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 40), st.integers(0, 40)).filter(
        lambda group: group[1] + group[2] > 0
    ),
    max_size=8,
)


def limits(rows, confidence=0.95):
    customers, hits, misses = np.array(rows, np.int64).reshape(-1, 3).T
    return expected_limits(customers.astype(np.float64), hits, hits + misses, confidence)


class TestLikelihoodInterval:
    @given(successes_and_trials(), confidences)
    def test_of_whole_numbers_is_wilsons(self, counts, confidence):
        found = likelihood_interval(float(counts[0]), counts[1], confidence)
        expected = wilson_interval(*counts, confidence=confidence)
        assert [found.low, found.high] == pytest.approx(
            [expected.low, expected.high], abs=1e-12, nan_ok=True
        )

    @given(st.floats(0, 1), st.integers(1, 1000), confidences)
    def test_contains_the_mean_and_lies_between_those_of_its_neighbours(self, share, n, confidence):
        total = share * n
        found = likelihood_interval(total, n, confidence)
        assert 0 <= found.low <= total / n <= found.high <= 1
        below, above = (
            likelihood_interval(k, n, confidence) for k in (math.floor(total), math.ceil(total))
        )
        assert below.low - 1e-12 <= found.low <= above.low + 1e-12
        assert below.high - 1e-12 <= found.high <= above.high + 1e-12

    def test_rounding_leaves_neither_the_range_nor_the_mean(self):
        for n in range(1, 200):
            for confidence in (0.5, 0.9, 0.95, 0.99):
                assert likelihood_interval(0, n, confidence).low == 0
                assert likelihood_interval(n, n, confidence).high == 1
                assert likelihood_interval(n + 1e-12, n, confidence).high == 1
                for total in (1e-300, 1e-20, 1e-17, 1e-15):
                    assert 0 <= likelihood_interval(total, n, confidence).low <= total / n


class TestExpectedLimits:
    @given(groups, confidences)
    def test_contain_the_expected_number(self, rows, confidence):
        low, high = limits(rows, confidence)
        expected = sum(n * did / (did + did_not) for n, did, did_not in rows)
        assert 0 <= low <= expected + 1e-9
        assert expected - 1e-9 <= high <= sum(n for n, *_ in rows)
        assert high > low or not rows

    @given(groups.filter(bool))
    def test_are_the_wider_of_the_two_that_are_described(self, rows):
        whole = sum(n for n, *_ in rows)
        expected, down, up, mean, variance = 0.0, 0.0, 0.0, 0.0, 0.0
        for n, did, did_not in rows:
            trials = did + did_not
            ends = wilson_interval(did, trials)
            expected += n * did / trials
            down += (n * (did / trials - ends.low)) ** 2
            up += (n * (ends.high - did / trials)) ** 2
            smooth = (did + 1) / (trials + 2)
            mean += n / whole * smooth
            variance += (n / whole) ** 2 * smooth * (1 - smooth) / trials
        size = mean * (1 - mean) / variance
        other = likelihood_interval(expected / whole * size, size, 0.95)
        low = max(0, min(expected - math.sqrt(down), whole * other.low))
        high = min(whole, max(expected + math.sqrt(up), whole * other.high))
        assert limits(rows) == pytest.approx((low, high), abs=1e-7)

    @given(groups)
    def test_turn_round_with_the_outcomes(self, rows):
        low, high = limits(rows)
        other_low, other_high = limits([(n, did_not, did) for n, did, did_not in rows])
        whole = sum(n for n, *_ in rows)
        assert (low, high) == pytest.approx((whole - other_high, whole - other_low), abs=1e-6)

    @given(st.integers(1, 500), successes_and_trials(50).filter(lambda x: x[1]), confidences)
    def test_of_one_group_are_wilsons(self, customers, counts, confidence):
        hits, trials = counts
        found = limits([(customers, hits, trials - hits)], confidence)
        ends = wilson_interval(hits, trials, confidence=confidence)
        assert found == pytest.approx((customers * ends.low, customers * ends.high))

    @pytest.mark.parametrize(
        "sizes, rates, customers",
        [
            ([8, 15, 40, 60], [0.05, 0.4, 0.85, 0.97], [10, 20, 30, 40]),
            # In these the sum of squares alone holds 87 to 91 %.
            ([20, 20], [0.97, 0.99], [100, 300]),
            ([2] * 6, [0.95] * 6, [5] * 6),
            ([1] * 10, [0.1 + 0.09 * k for k in range(10)], [1] * 10),
            # In this Wilson's of the effective size alone holds 87 %.
            ([3, 200], [0.5, 0.9], [200, 100]),
        ],
    )
    def test_hold_the_truth(self, sizes, rates, customers):
        drawn = np.random.default_rng(11).binomial(sizes, rates, (800, len(sizes)))
        whole = np.array(customers, np.float64)
        ends = [expected_limits(whole, did, np.array(sizes), 0.95) for did in drawn]
        assert np.mean([low <= whole @ rates <= high for low, high in ends]) > 0.93
