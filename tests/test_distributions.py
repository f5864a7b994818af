import math
from fractions import Fraction

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

DEGREES = (0.3, 1, 1.5, 2, 3, 4.7, 10, 29.5, 31, 33, 100, 1e3, 1e6, 1e9)
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
        assert normal_quantile_two_sided(confidence) == pytest.approx(expected, rel=1e-12, abs=0)

    @given(st.floats(0.01, 1 - 1e-12), st.floats(0.01, 1 - 1e-12))
    def test_grows_with_confidence(self, one, other):
        low, high = sorted([one, other])
        assert 0 < normal_quantile_two_sided(low) <= normal_quantile_two_sided(high)


class TestNormalTwoSidedP:
    @pytest.mark.parametrize("z", [0.0, 1e-9, 0.1, 1.0, 1.959963984540054, -2.5, 8.0, 37.0])
    def test_equals_scipy(self, z):
        stats = pytest.importorskip("scipy.stats")
        assert normal_two_sided_p(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12, abs=0)

    @given(st.floats(1e-3, 1 - 1e-12))
    def test_is_the_inverse_of_the_quantile(self, confidence):
        tail = normal_two_sided_p(normal_quantile_two_sided(confidence))
        assert tail == pytest.approx(1 - confidence, rel=1e-12, abs=0)

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
        [(3.841458820694124, 1, 0.05), (9.487729036781154, 4, 0.05), (11.344866730144373, 3, 0.01)],
    )
    def test_worked_example(self, statistic, degrees, p):
        assert chi_square_p(statistic, degrees) == pytest.approx(p, rel=1e-13)

    @pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 7, 10, 29, 31, 32, 33, 50, 100, 300])
    def test_equals_scipy(self, degrees):
        special = pytest.importorskip("scipy.special")
        near = [degrees * x / 20 for x in range(1, 60)]
        for statistic in (1e-300, 1e-8, 0.01, *near, 300.0, 700.0):
            expected = special.gammaincc(degrees / 2, statistic / 2)
            assert chi_square_p(statistic, degrees) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("degrees", [2, 10, 64, 1000])
    def test_equals_the_poisson_sum_for_even_degrees(self, degrees):
        # SciPy itself is off by some 1e-12 in the far tail of many degrees.
        for x in (degrees // 4, degrees // 2, degrees // 2 + 1, 3 * degrees // 4, degrees):
            term = total = Fraction(1)
            for k in range(1, degrees // 2):
                term *= Fraction(x, k)
                total += term
            logarithm = math.log(total.numerator) - math.log(total.denominator)
            expected = math.exp(logarithm - x)
            assert chi_square_p(2 * x, degrees) == pytest.approx(expected, rel=1e-12)

    @given(st.floats(1e-6, 36))
    def test_one_degree_is_a_squared_normal(self, z):
        assert chi_square_p(z * z, 1) == pytest.approx(normal_two_sided_p(z), rel=1e-12)

    @given(st.floats(1e-3, 1000), st.floats(1e-3, 1000), st.integers(1, 200))
    def test_falls_as_the_statistic_grows(self, one, other, degrees):
        low, high = sorted([one, other])
        assert 0 <= chi_square_p(high, degrees) <= chi_square_p(low, degrees) + 1e-15 <= 1 + 1e-15

    def test_is_nan_exactly_for_nan(self):
        assert chi_square_p(0, 3) == chi_square_p(-1e-18, 3) == 1
        assert chi_square_p(math.inf, 3) == 0
        assert math.isnan(chi_square_p(math.nan, 3))


class TestStudentTwoSidedP:
    @pytest.mark.parametrize("t", [1e-9, 0.1, 1.0, 3.0, 40.0, 1e8, 1e150])
    def test_closed_forms(self, t):
        cauchy = 2 * math.atan(1 / t) / math.pi
        assert student_two_sided_p(t, 1) == pytest.approx(cauchy, rel=1e-13)
        root = math.hypot(math.sqrt(2), t)
        assert student_two_sided_p(t, 2) == pytest.approx(2 / (root * (root + t)), rel=1e-13)

    @pytest.mark.parametrize("degrees", DEGREES)
    def test_equals_scipy(self, degrees):
        special = pytest.importorskip("scipy.special")
        for k in range(-12, 26):
            t = 10 ** (k / 10)
            expected = 2 * special.stdtr(degrees, -t)
            if expected > 1e-290:
                assert student_two_sided_p(t, degrees) == pytest.approx(expected, rel=1e-12)

    @given(st.floats(0.01, 30))
    def test_many_degrees_are_normal(self, z):
        assert student_two_sided_p(z, 1e17) == pytest.approx(normal_two_sided_p(z), rel=1e-12)

    @given(st.floats(-50, 50), st.floats(0.5, 1e6))
    def test_sign_does_not_matter(self, t, degrees):
        assert student_two_sided_p(t, degrees) == student_two_sided_p(-t, degrees)
        assert 0 <= student_two_sided_p(t, degrees) <= 1

    def test_is_nan_exactly_for_nan(self):
        assert student_two_sided_p(0, 3) == 1
        assert student_two_sided_p(-math.inf, 3) == 0
        assert math.isnan(student_two_sided_p(math.nan, 3))


class TestStudentQuantileTwoSided:
    @pytest.mark.parametrize(
        ("confidence", "degrees", "quantile"),
        [
            (0.95, 1, 12.706204736174694),
            (0.95, 10, 2.2281388519862735),
            (0.99, 30, 2.7499956535670305),
            (0.5, 1, 1.0),
        ],
    )
    def test_worked_example(self, confidence, degrees, quantile):
        assert student_quantile_two_sided(confidence, degrees) == pytest.approx(quantile, rel=1e-13)

    @pytest.mark.parametrize("degrees", DEGREES)
    @pytest.mark.parametrize("confidence", CONFIDENCES)
    def test_equals_scipy(self, confidence, degrees):
        special = pytest.importorskip("scipy.special")
        expected = -special.stdtrit(degrees, (1 - confidence) / 2)
        # Close to the middle SciPy halves a probability that rounds.
        rel = 1e-12 if confidence > 0.1 else 1e-11
        assert student_quantile_two_sided(confidence, degrees) == pytest.approx(expected, rel=rel)

    @given(st.floats(1e-9, 1 - 1e-12), st.floats(0.4, 1e7))
    def test_is_the_inverse_of_the_tail(self, confidence, degrees):
        tail = student_two_sided_p(student_quantile_two_sided(confidence, degrees), degrees)
        assert tail == pytest.approx(1 - confidence, rel=1e-12)

    @given(st.floats(0.01, 0.9999), st.floats(0.5, 100), st.floats(1.01, 10))
    def test_is_wider_than_the_normal_and_narrows_with_degrees(self, confidence, degrees, more):
        few = student_quantile_two_sided(confidence, degrees)
        many = student_quantile_two_sided(confidence, degrees * more)
        assert few > many > normal_quantile_two_sided(confidence)
