import math
from decimal import Decimal, localcontext
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference
from strategies import confidences

from loyalkit._skewed_scores import reaches
from loyalkit.net_scores import net_score_difference, net_score_interval

METHODS = ("score", "adjusted_wald", "wald")

# Large and small counts side by side make the extreme scores.
class_counts = st.one_of(st.integers(0, 3), st.integers(0, 60), st.integers(0, 10**6))
triples = st.tuples(class_counts, class_counts, class_counts).filter(any)
methods = st.sampled_from(METHODS)


def interval(d, s, p, confidence=0.95, method="score"):
    return net_score_interval(
        detractors=d, passives=s, promoters=p, confidence=confidence, method=method
    )


def limits(d, s, p, confidence=0.95, method="score"):
    found = interval(d, s, p, confidence, method)
    return found.low, found.high


def normal(confidence):
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def tango(d, p, n, theta):
    """The score statistic as nps.md has it, item 6."""
    a, b, c = 2 * n, -d - p + (2 * n - p + d) * theta, -d * theta * (1 - theta)
    q = (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)
    return (p - d - n * theta) / math.sqrt(n * (2 * q + theta * (1 - theta)))


def exact_lower_limit(d, s, p, z):
    """Lower score limit [points] by bisection with 45 digits."""
    with localcontext() as context:
        context.prec = 45
        n = Decimal(d + s + p)
        score, z_squared = Decimal(p - d) / n, Decimal(z) ** 2
        low, high = Decimal(-1), score
        for _ in range(110):
            theta = (low + high) / 2
            size, against = abs(theta), Decimal(d if theta >= 0 else p) / n
            b = 2 * size - theta * score - (d + p) / n
            q = ((b * b + 8 * against * size * (1 - size)).sqrt() - b) / 4
            outside = n * (score - theta) ** 2 > z_squared * (2 * q + size * (1 - size))
            low, high = (theta, high) if outside else (low, theta)
        return float(100 * low)


class TestNetScoreInterval:
    @pytest.mark.parametrize(
        "method, key",
        [
            ("score", "score_tango"),
            ("adjusted_wald", "adjusted_wald_3T_unclipped"),
            ("wald", "wald"),
        ],
    )
    def test_agrees_with_independent_computations(self, method, key):
        for case in reference("nps_intervals.json"):
            expected = 100 * np.array(case[key])
            if method == "adjusted_wald":
                expected = np.clip(expected, -100, 100)
            d, s, p = case["detractors"], case["passives"], case["promoters"]
            assert limits(d, s, p, case["confidence"], method) == pytest.approx(expected, abs=1e-7)

    @pytest.mark.parametrize(
        "triple, method, expected",
        [
            # PropCIs, documentation of diffpropci.Wald.mp.
            ((3, 20, 9), "wald", (-1.448204, 38.948204)),
            # nps.md, items 5 and 6.
            ((20, 30, 50), "adjusted_wald", (14.05113, 44.20130)),
            ((20, 30, 50), "score", (13.95514, 44.33931)),
            # Airway data in Fagerland, Lydersen and Laake, 2014.
            ((7, 13, 1), "score", (-51.7, -2.6)),
        ],
    )
    def test_worked_example(self, triple, method, expected):
        digits = 0.05 if triple[0] == 7 else 5e-6
        assert limits(*triple, method=method) == pytest.approx(expected, abs=digits)

    @pytest.mark.parametrize(
        "n, method, percent",
        [
            (10, "score", (94.7, 96.9, 96.2, 96.3, 96.2, 99.9)),
            (10, "adjusted_wald", (96.2, 94.4, 91.4, 95.6, 93.2, 100)),
            (10, "wald", (89.6, 88.4, 40.0, 89.9, 87.1, 98.4)),
            (30, "score", (95.2, 96.5, 95.7, 95.4, 94.7, 96.9)),
            (30, "adjusted_wald", (94.6, 96.3, 97.6, 95.1, 94.7, 99.1)),
            (30, "wald", (93.5, 91.6, 78.4, 92.4, 93.4, 96.7)),
        ],
    )
    def test_coverage_is_as_enumerated(self, n, method, percent):
        """Coverage of nominal 95 %, every outcome weighted by its probability: nps.md, A3."""
        truths = (
            (0.20, 0.30, 0.50),
            (0.05, 0.15, 0.80),
            (0.01, 0.04, 0.95),
            (0.60, 0.25, 0.15),
            (0.45, 0.10, 0.45),
            (0.05, 0.90, 0.05),
        )
        outcomes = [(d, s, n - d - s) for d in range(n + 1) for s in range(n + 1 - d)]
        d, s, p = np.array(outcomes).T
        low, high = interval(d, s, p, method=method)
        ways = np.array(
            [math.factorial(n) // math.prod(map(math.factorial, x)) for x in outcomes], np.float64
        )
        for truth, expected in zip(truths, percent, strict=True):
            score = 100 * (truth[2] - truth[0])
            held = (low <= score + 1e-9) & (score - 1e-9 <= high)
            chance = ways * truth[0] ** d * truth[1] ** s * truth[2] ** p
            assert chance.sum() == pytest.approx(1)
            assert 100 * chance[held].sum() == pytest.approx(expected, abs=0.05)

    @given(st.tuples(*[st.integers(0, 500)] * 3).filter(any), confidences)
    def test_limits_are_where_the_score_test_just_rejects(self, triple, confidence):
        d, s, p = triple
        n, z = d + s + p, normal(confidence)
        low, high = limits(*triple, confidence)
        if d < n:
            assert tango(d, p, n, low / 100) == pytest.approx(z, rel=1e-5)
        if p < n:
            assert tango(d, p, n, high / 100) == pytest.approx(-z, rel=1e-5)

    @given(triples, st.one_of(confidences, st.sampled_from([0.001, 0.01, 1 - 1e-9, 1 - 1e-15])))
    def test_score_limits_are_right_to_the_last_digits(self, triple, confidence):
        expected = exact_lower_limit(*triple, normal(confidence))
        assert interval(*triple, confidence).low == pytest.approx(expected, abs=2e-13)

    @pytest.mark.parametrize(
        "triple",
        [
            (1, 0, 10**9 - 1),
            (10**9 - 1, 1, 0),
            (2 * 10**8, 3 * 10**8, 5 * 10**8),
            (1, 10**9 - 2, 1),
            (0, 10**9 - 1, 1),
        ],
    )
    def test_score_limits_of_a_thousand_million_answers(self, triple):
        expected = exact_lower_limit(*triple, normal(0.95))
        assert interval(*triple).low == pytest.approx(expected, abs=2e-13)

    @given(st.integers(1, 10**9), confidences)
    def test_closed_form_where_all_answers_are_of_one_class(self, n, confidence):
        z = normal(confidence)
        lowest = 100 * (n - z * z) / (n + z * z)
        assert limits(0, 0, n, confidence) == pytest.approx((lowest, 100), abs=1e-10)
        assert limits(n, 0, 0, confidence) == pytest.approx((-100, -lowest), abs=1e-10)
        reach = 100 * z * z / (n + z * z)
        assert limits(0, n, 0, confidence) == pytest.approx((-reach, reach), abs=1e-10)

    @given(st.integers(1, 10**9), confidences)
    def test_ends_at_the_end_of_the_range_if_all_answers_are_of_its_class(self, n, confidence):
        assert interval(0, 0, n, confidence).high == 100
        assert interval(n, 0, 0, confidence).low == -100

    @given(triples, confidences)
    def test_score_interval_contains_the_score_and_stays_in_range(self, triple, confidence):
        d, s, p = triple
        low, high = limits(*triple, confidence)
        assert -100 <= low <= 100 * (p - d) / (d + s + p) <= high <= 100

    @given(triples, confidences)
    def test_adjusted_wald_stays_in_range(self, triple, confidence):
        low, high = limits(*triple, confidence, "adjusted_wald")
        assert -100 <= low < high <= 100

    def test_adjusted_wald_misses_some_score_exactly_if_the_answers_are_too_few(self):
        """It misses that of n promoters if z < sqrt(2 (n + 3) / (n + 1)), and else none."""
        for n, confidence in product(range(1, 13), (0.80, 0.84, 0.85, 0.90, 0.95)):
            d, s, p = np.array([x for x in product(range(n + 1), repeat=3) if sum(x) == n]).T
            low, high = interval(d, s, p, confidence, "adjusted_wald")
            score = 100 * (p - d) / n
            misses = (score < low) | (score > high)
            few = normal(confidence) < math.sqrt(2 * (n + 3) / (n + 1))
            assert misses[p == n] == few
            assert misses.any() == few
            assert few == (n <= {0.95: 1, 0.90: 4}.get(confidence, 12))

    @given(triples, methods, confidences, confidences)
    def test_widens_with_confidence(self, triple, method, one, other):
        inner, outer = (interval(*triple, c, method) for c in sorted((one, other)))
        assert outer.low <= inner.low + 1e-12
        assert outer.high >= inner.high - 1e-12

    @given(triples, methods, confidences)
    def test_swapping_detractors_and_promoters_mirrors_the_interval(self, triple, method, c):
        low, high = limits(*triple, c, method)
        assert limits(*triple[::-1], c, method) == (-high, -low)

    @given(triples, st.integers(2, 100), confidences)
    def test_wald_shrinks_with_the_root_of_the_answers(self, triple, k, confidence):
        wide = interval(*triple, confidence, "wald").width
        narrow = interval(*(k * x for x in triple), confidence, "wald").width
        assert narrow == pytest.approx(wide / math.sqrt(k), rel=1e-6, abs=1e-9)

    @given(triples, methods, confidences)
    def test_more_answers_of_the_same_kind_make_it_narrower(self, triple, method, confidence):
        wide = interval(*triple, confidence, method).width
        narrow = interval(*(2 * x for x in triple), confidence, method).width
        assert narrow <= wide + 1e-12

    @given(triples, confidences)
    def test_promoting_an_answer_never_lowers_the_score_limits(self, triple, confidence):
        d, s, p = triple
        low, high = limits(*triple, confidence)
        for better in [(d - 1, s + 1, p)] * (d > 0) + [(d, s - 1, p + 1)] * (s > 0):
            up_low, up_high = limits(*better, confidence)
            assert up_low >= low - 1e-12
            assert up_high >= high - 1e-12

    @given(
        st.lists(st.one_of(triples, st.just((0, 0, 0))), min_size=1, max_size=20),
        methods,
        confidences,
    )
    def test_array_call_equals_scalar_calls(self, rows, method, confidence):
        low, high = interval(*np.array(rows).T, confidence, method)
        each = np.array([limits(*row, confidence, method) for row in rows])
        np.testing.assert_allclose(low, each[:, 0], rtol=0, atol=2e-12)
        np.testing.assert_allclose(high, each[:, 1], rtol=0, atol=2e-12)

    @pytest.mark.parametrize("method", METHODS)
    def test_is_nan_exactly_where_there_are_no_answers(self, method):
        assert math.isnan(interval(0, 0, 0, method=method).low)
        low, high = interval([0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], method=method)
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False, False, False]

    def test_wald_has_no_width_where_all_answers_are_of_one_class(self):
        assert limits(0, 0, 10, method="wald") == (100, 100)
        assert limits(0, 10, 0, method="wald") == (0, 0)

    def test_wald_may_leave_the_range(self):
        assert interval(1, 2, 3, 0.99, "wald").high == pytest.approx(111.7133, abs=1e-4)

    def test_almost_no_confidence_leaves_the_score_alone(self):
        assert limits(1, 2, 3, 1e-300) == (100 / 3, 100 / 3)
        low, high = interval([1], [2], [3], 1e-300)
        assert low[0] == high[0] == 100 / 3

    def test_counts_broadcast_and_results_cannot_be_changed(self):
        low, high = interval(0, [1, 2], [[3], [4], [5]])
        assert low.shape == high.shape == (3, 2)
        with pytest.raises(ValueError, match="read-only"):
            low[0] = 0

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            ((1, 2.5, 3), ValueError, "passives must be a whole number of at least 0"),
            (([1, -2], 0, 1), ValueError, "got detractors=-2 at index 1"),
            ((1, 2, "3"), TypeError, "promoters must"),
            (([1, 2], [1, 2, 3], 1), ValueError, "must broadcast together"),
            ((1, 2, 3, 95), ValueError, "0.95 for 95 %"),
            ((1, 2, 3, 0.95, "tango"), ValueError, "method must be one of 'score', "),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            interval(*arguments)


class TestNetScoreDifference:
    @pytest.mark.parametrize(
        "method, estimate, low, high, p_value",
        [
            ("wald", 18, -2.55, 38.55, 0.0861),
            ("adjusted_wald", 18, -2.83, 37.78, 0.0917),
        ],
    )
    def test_worked_example(self, method, estimate, low, high, p_value):
        """nps.md, item 13."""
        found = net_score_difference((12, 28, 60), (20, 30, 50), method=method)
        assert found.estimate == pytest.approx(estimate)
        assert found.interval.low == pytest.approx(low, abs=0.005)
        assert found.interval.high == pytest.approx(high, abs=0.005)
        assert found.p_value == pytest.approx(p_value, abs=5e-5)

    @given(triples, triples, confidences)
    def test_score_limits_are_those_of_the_groups_combined(self, a, b, confidence):
        (down, up), (b_down, b_up) = (reaches(*x, normal(confidence)) for x in (a, b))
        found = net_score_difference(a, b, confidence=confidence).interval
        estimate = 100 * (a[2] - a[0]) / sum(a) - 100 * (b[2] - b[0]) / sum(b)
        low = estimate - math.sqrt(down**2 + b_up**2)
        high = estimate + math.sqrt(up**2 + b_down**2)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)

    @pytest.mark.parametrize("a, b", [((20, 30, 50), (12, 28, 60)), ((600, 50, 350), (1, 0, 999))])
    def test_score_limits_of_many_answers_are_close_to_those_of_single_scores(self, a, b):
        x, y = interval(*a), interval(*b)
        one, other = (100 * (g[2] - g[0]) / sum(g) for g in (a, b))
        found = net_score_difference(a, b).interval
        low = one - other - math.hypot(one - x.low, y.high - other)
        high = one - other + math.hypot(x.high - one, other - y.low)
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.2)

    @given(triples, triples, methods, confidences)
    def test_swapping_the_groups_mirrors_the_difference(self, a, b, method, confidence):
        one = net_score_difference(a, b, confidence=confidence, method=method)
        other = net_score_difference(b, a, confidence=confidence, method=method)
        assert one.estimate == -other.estimate
        assert one.interval.low == -other.interval.high
        assert one.p_value == other.p_value

    @given(triples, triples, confidences)
    def test_score_interval_contains_the_difference_and_stays_in_range(self, a, b, confidence):
        found = net_score_difference(a, b, confidence=confidence)
        assert -200 <= found.interval.low <= found.estimate <= found.interval.high <= 200

    @given(triples, triples, methods, confidences)
    def test_stays_in_range(self, a, b, method, confidence):
        found = net_score_difference(a, b, confidence=confidence, method=method).interval
        assert -200 <= found.low <= found.high <= 200

    @pytest.mark.parametrize("method", ["adjusted_wald", "wald"])
    def test_limits_beyond_the_range_are_cut(self, method):
        worst = net_score_difference((3, 0, 0), (0, 1, 9), confidence=0.999, method=method)
        assert worst.interval.low == -200
        best = net_score_difference((0, 1, 9), (3, 0, 0), confidence=0.999, method=method)
        assert best.interval.high == 200

    @given(triples, methods)
    def test_a_group_does_not_differ_from_itself(self, a, method):
        found = net_score_difference(a, a, method=method)
        assert found.estimate == 0
        assert 0 in found.interval
        assert found.p_value == 1

    @given(triples, triples, confidences)
    def test_wald_interval_excludes_0_exactly_if_its_test_rejects(self, a, b, confidence):
        found = net_score_difference(a, b, confidence=confidence, method="wald")
        if found.p_value != pytest.approx(1 - confidence, rel=1e-9):
            assert (found.p_value < 1 - confidence) == (0 not in found.interval)

    @given(triples, triples)
    def test_p_value_is_that_of_the_test_it_names(self, a, b):
        for method, added in (("adjusted_wald", 0.75), ("wald", 0)):
            moments = []
            for d, s, p in (a, b):
                n = d + s + p + 4 * added
                theta = (p - d) / n
                moments.append((theta, ((p + d + 2 * added) / n - theta**2) / n))
            (x, vx), (y, vy) = moments
            found = net_score_difference(a, b, method=method)
            assert ("added" in found.test) == (added > 0)
            if vx + vy > 1e-12:
                expected = math.erfc(abs(x - y) / math.sqrt(vx + vy) / math.sqrt(2))
                assert found.p_value == pytest.approx(expected, rel=1e-4, abs=1e-12)

    @given(triples, triples, confidences)
    def test_score_interval_excludes_0_exactly_if_the_p_value_is_small(self, a, b, confidence):
        found = net_score_difference(a, b, confidence=confidence)
        if found.p_value != pytest.approx(1 - confidence, rel=1e-5):
            assert (found.p_value < 1 - confidence) == (0 not in found.interval)

    @pytest.mark.parametrize("few, many", [(1, 1000), (2, 300), (3, 1000), (5, 500)])
    def test_a_few_customers_like_all_others_are_rarely_told_from_them(self, few, many):
        """All outcomes of the few weighted by their probability, against surveys of the many."""
        random = np.random.default_rng(few)
        outcomes = [(d, s, few - d - s) for d in range(few + 1) for s in range(few + 1 - d)]
        for truth in (
            (0.10, 0.20, 0.70),
            (0.01, 0.09, 0.90),
            (0.33, 0.33, 0.34),
            (0.05, 0.90, 0.05),
            (0.05, 0.00, 0.95),
            (0.00, 0.05, 0.95),
            (0.03, 0.07, 0.90),
        ):
            others = random.multinomial(many, truth, size=20).tolist()
            alarm = 0.0
            for outcome in outcomes:
                told = [net_score_difference(outcome, x).p_value < 0.05 for x in others]
                ways = math.factorial(few) // math.prod(map(math.factorial, outcome))
                chance = math.prod(q**x for q, x in zip(truth, outcome, strict=True))
                alarm += ways * chance * sum(told) / len(others)
            assert alarm < 0.06

    def test_a_gap_that_skewness_explains_is_none(self):
        """One promoter among others of whom one in fifty is passive: nearly all would be so."""
        assert net_score_difference((0, 0, 1), (0, 1, 49)).p_value == 1
        assert net_score_difference((49, 1, 0), (1, 0, 0)).p_value == 1

    def test_one_answer_alone_proves_little(self):
        found = net_score_difference((1, 0, 0), (20, 80, 900))
        assert (0.04 < found.p_value < 0.05, found.verdict()) == (True, "below")
        for many in (10**8, 10**40):
            assert net_score_difference((1, 0, 0), (0, 0, many)).p_value > 0.008

    def test_equal_scores_never_differ_however_unlike_the_groups_in_size(self):
        found = net_score_difference((0, 0, 1), (0, 0, 400))
        assert (found.estimate, found.p_value, found.verdict()) == (0, 1, "unclear")

    def test_wald_without_an_error_is_as_sure_as_it_can_be(self):
        equal = net_score_difference((0, 0, 3), (0, 0, 9), method="wald")
        assert (equal.p_value, equal.interval.low, equal.interval.high) == (1, 0, 0)
        unequal = net_score_difference((0, 0, 3), (0, 9, 0), method="wald")
        assert (unequal.p_value, unequal.interval.low, unequal.interval.high) == (0, 100, 100)

    def test_two_praising_customers_against_none_prove_nothing_by_default(self):
        found = net_score_difference((0, 0, 1), (1, 0, 0))
        assert found.estimate == 200
        assert 0 < found.p_value < 1

    @pytest.mark.parametrize("method", METHODS)
    def test_is_nan_exactly_if_a_group_is_empty(self, method):
        for a, b in (((0, 0, 0), (1, 2, 3)), ((1, 2, 3), (0, 0, 0)), ((0, 0, 0), (0, 0, 0))):
            found = net_score_difference(a, b, method=method)
            values = (found.estimate, found.interval.low, found.interval.high, found.p_value)
            assert all(map(math.isnan, values))
            assert found.verdict() == "unclear"

    @pytest.mark.parametrize(
        "first, second, error, message",
        [
            ((1, 2), (1, 2, 3), TypeError, "first must be detractors, passives and promoters"),
            ((1, 2, 3), 5, TypeError, "second must be detractors, passives and promoters"),
            ((1, 2, 3), (1, -2, 3), ValueError, "got second=-2"),
        ],
    )
    def test_says_what_is_wrong(self, first, second, error, message):
        with pytest.raises(error, match=message):
            net_score_difference(first, second)
