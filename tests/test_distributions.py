import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit._distributions import (
    chi_square_p,
    normal_quantile_two_sided,
    normal_two_sided_p,
    student_quantile_two_sided,
    student_two_sided_p,
)

DEGREES = (0.5, 1, 1.5, 2, 3, 7, 29, 30, 100, 1000, 10**5)
CONFIDENCES = (1e-4, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1 - 1e-9, 1 - 1e-12)


class TestNormalQuantileTwoSided:
    @pytest.mark.parametrize(
        ("confidence", "quantile"),
        [(0.9, 1.6448536269514722), (0.95, 1.959963984540054), (0.99, 2.5758293035489004)],
    )
    def test_worked_example(self, confidence, quantile):
        assert normal_quantile_two_sided(confidence) == pytest.approx(quantile, rel=1e-14)

    @pytest.mark.parametrize("confidence", CONFIDENCES)
    def test_equals_scipy(self, confidence):
        special = pytest.importorskip("scipy.special")
        # The tail is exact where 1 + confidence would round.
        expected = -special.ndtri((1 - confidence) / 2)
        assert normal_quantile_two_sided(confidence) == pytest.approx(expected, rel=1e-12)

    @given(st.floats(0.01, 1 - 1e-12), st.floats(0.01, 1 - 1e-12))
    def test_grows_with_confidence(self, one, other):
        low, high = sorted([one, other])
        assert 0 < normal_quantile_two_sided(low) <= normal_quantile_two_sided(high)


class TestNormalTwoSidedP:
    @pytest.mark.parametrize("z", [0.0, 1e-9, 0.1, 1.0, 1.959963984540054, -2.5, 8.0, 37.0])
    def test_equals_scipy(self, z):
        stats = pytest.importorskip("scipy.stats")
        assert normal_two_sided_p(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)

    @given(st.floats(1e-3, 1 - 1e-12))
    def test_is_the_inverse_of_the_quantile(self, confidence):
        tail = normal_two_sided_p(normal_quantile_two_sided(confidence))
        assert tail == pytest.approx(1 - confidence, rel=1e-12)

    @given(st.floats(-40, 40))
    def test_sign_does_not_matter(self, z):
        assert normal_two_sided_p(z) == normal_two_sided_p(-z)
        assert 0 <= normal_two_sided_p(z) <= 1

    def test_is_nan_exactly_for_nan(self):
        assert math.isnan(normal_two_sided_p(math.nan))
        assert normal_two_sided_p(math.inf) == 0


class TestChiSquareP:
    @pytest.mark.parametrize(
        ("statistic", "degrees", "p"),
        [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (18.307038, 10, 0.05)],
    )
    def test_worked_example(self, statistic, degrees, p):
        """Critical values as printed in every table."""
        assert chi_square_p(statistic, degrees) == pytest.approx(p, abs=5e-8)

    @pytest.mark.parametrize("degrees", DEGREES)
    @pytest.mark.parametrize("times", [1e-9, 0.01, 0.5, 0.9, 1, 1.1, 1.5, 2, 5])
    def test_equals_scipy(self, times, degrees):
        stats = pytest.importorskip("scipy.stats")
        expected = stats.chi2.sf(times * degrees, degrees)
        assert chi_square_p(times * degrees, degrees) == pytest.approx(expected, rel=1e-11)

    @given(st.floats(0, 500))
    def test_of_two_degrees_is_exponential(self, statistic):
        assert chi_square_p(statistic, 2) == pytest.approx(math.exp(-statistic / 2), rel=1e-12)

    @given(st.floats(0, 30))
    def test_of_one_degree_is_that_of_the_squared_normal(self, z):
        assert chi_square_p(z * z, 1) == pytest.approx(normal_two_sided_p(z), rel=1e-11)

    @given(st.floats(0, 1000), st.floats(0, 1000), st.sampled_from(DEGREES))
    def test_falls_from_1_to_0(self, one, other, degrees):
        low, high = sorted([one, other])
        assert 0 <= chi_square_p(high, degrees) <= chi_square_p(low, degrees) * (1 + 1e-13) <= 2
        assert chi_square_p(0, degrees) == 1
        assert chi_square_p(math.inf, degrees) == 0

    def test_is_nan_exactly_for_nan(self):
        assert math.isnan(chi_square_p(math.nan, 3))
        assert chi_square_p(-1, 3) == 1


class TestStudentTwoSidedP:
    @pytest.mark.parametrize("degrees", DEGREES)
    @pytest.mark.parametrize("t", [1e-3, 0.1, 0.5, 1, 2, 5, 20, 1e4])
    def test_equals_scipy(self, t, degrees):
        stats = pytest.importorskip("scipy.stats")
        expected = 2 * stats.t.sf(t, degrees)
        assert student_two_sided_p(t, degrees) == pytest.approx(expected, rel=1e-11, abs=1e-300)
        assert student_two_sided_p(-t, degrees) == student_two_sided_p(t, degrees)

    @given(st.floats(0, 1e6))
    def test_of_one_degree_is_that_of_cauchy(self, t):
        expected = 2 * math.atan2(1, t) / math.pi
        assert student_two_sided_p(t, 1) == pytest.approx(expected, rel=1e-12)

    @given(st.floats(0, 30))
    def test_of_many_degrees_is_that_of_the_normal(self, z):
        assert student_two_sided_p(z, 1e14) == pytest.approx(normal_two_sided_p(z), rel=1e-8)

    def test_is_nan_exactly_for_nan(self):
        assert math.isnan(student_two_sided_p(math.nan, 3))
        assert student_two_sided_p(math.inf, 3) == 0
        assert student_two_sided_p(0, 3) == 1


class TestStudentQuantileTwoSided:
    @pytest.mark.parametrize(
        ("degrees", "quantile"), [(1, 12.7062047362), (5, 2.5705818356), (30, 2.0422724563)]
    )
    def test_worked_example(self, degrees, quantile):
        """Critical values at 95 % as printed in every table."""
        assert student_quantile_two_sided(0.95, degrees) == pytest.approx(quantile, abs=1e-10)

    @pytest.mark.parametrize("degrees", DEGREES)
    @pytest.mark.parametrize("confidence", CONFIDENCES)
    def test_equals_scipy(self, confidence, degrees):
        stats = pytest.importorskip("scipy.stats")
        expected = -stats.t.ppf((1 - confidence) / 2, degrees)
        found = student_quantile_two_sided(confidence, degrees)
        # SciPy itself is a little off for the small ones.
        assert found == pytest.approx(expected, rel=1e-11)

    @given(st.floats(1e-3, 1 - 1e-12), st.sampled_from(DEGREES))
    def test_is_the_inverse_of_the_tail(self, confidence, degrees):
        tail = student_two_sided_p(student_quantile_two_sided(confidence, degrees), degrees)
        assert tail == pytest.approx(1 - confidence, rel=1e-11)
