import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit._estimates import estimated

errors = st.floats(1e-6, 1e3)
values = st.floats(-1e3, 1e3)


class TestEstimated:
    @given(values, errors, confidences)
    def test_equals_scipys_normal_distribution(self, estimate, error, confidence):
        stats = pytest.importorskip("scipy.stats")
        got = estimated(estimate, error, "z-test", confidence)
        low, high = stats.norm.interval(confidence, estimate, error)
        assert got.interval.low == pytest.approx(low, rel=1e-9, abs=1e-9)
        assert got.interval.high == pytest.approx(high, rel=1e-9, abs=1e-9)
        assert got.p_value == pytest.approx(2 * stats.norm.sf(abs(estimate) / error), rel=1e-9)
        assert got.test == "z-test"

    @given(values, errors, confidences, st.floats(1, 1e4))
    def test_equals_scipys_students_t(self, estimate, error, confidence, degrees):
        stats = pytest.importorskip("scipy.stats")
        got = estimated(estimate, error, "t-test", confidence, degrees=degrees)
        low, high = stats.t.interval(confidence, degrees, estimate, error)
        assert got.interval.low == pytest.approx(low, rel=1e-9, abs=1e-9)
        assert got.interval.high == pytest.approx(high, rel=1e-9, abs=1e-9)
        p_value = 2 * stats.t.sf(abs(estimate) / error, degrees)
        assert got.p_value == pytest.approx(p_value, rel=1e-6, abs=1e-300)

    @given(st.floats(-1, 1), errors, confidences)
    def test_stays_within_the_limit_and_contains_the_estimate(self, estimate, error, confidence):
        interval = estimated(estimate, error, "", confidence, limit=1).interval
        assert -1 <= interval.low <= estimate <= interval.high <= 1

    @pytest.mark.parametrize("error", [0.0, 1e-17, math.nan])
    def test_error_of_rounding_leaves_only_the_estimate(self, error):
        got = estimated(0.5, error, "", 0.95)
        assert got.estimate == 0.5
        assert math.isnan(got.p_value)
        assert math.isnan(got.interval.low)
        assert math.isnan(got.interval.high)

    def test_what_is_rounding_depends_on_the_size_of_the_figures(self):
        assert math.isnan(estimated(1.0, 1e-6, "", 0.95, scale=1e7).p_value)
        assert not math.isnan(estimated(1.0, 1e-6, "", 0.95).p_value)
