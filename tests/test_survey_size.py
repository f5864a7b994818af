import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.net_scores import net_score_difference, net_score_interval
from loyalkit.nps import NpsCounts
from loyalkit.survey_size import answers_needed, answers_needed_to_compare, margin_of_error

margins = st.floats(0.5, 50)
variances = st.floats(0.01, 1)
methods = st.sampled_from(["score", "adjusted_wald", "wald"])
populations = st.one_of(st.none(), st.integers(1, 10**6))


class TestAnswersNeeded:
    @pytest.mark.parametrize(
        "margin, variance, method, expected",
        [
            # nps.md, item 12.
            (10, 0.61, "wald", 235),
            (10, 0.61, "score", 235),
            (10, 0.61, "adjusted_wald", 232),
            (10, 1, "wald", 385),
            (10, 1, "adjusted_wald", 382),
            (5, 0.61, "wald", 938),
            (5, 1, "wald", 1537),
            (5, 1, "score", 1537),
            (5, 1, "adjusted_wald", 1534),
        ],
    )
    def test_worked_example(self, margin, variance, method, expected):
        assert answers_needed(margin, variance=variance, method=method) == expected

    def test_takes_the_variance_of_counts(self):
        counts = NpsCounts(detractors=20, passives=30, promoters=50)
        assert counts.variance == pytest.approx(0.61)
        assert answers_needed(10, variance=counts.variance) == 235
        assert math.isnan(NpsCounts().variance)

    def test_score_interval_of_that_many_answers_is_no_wider(self):
        for (d, s, p), margin in (((0.2, 0.3, 0.5), 10), ((0.5, 0, 0.5), 5)):
            variance = p + d - (p - d) ** 2
            n = answers_needed(margin, variance=variance)
            interval = net_score_interval(
                detractors=round(d * n), passives=round(s * n), promoters=round(p * n)
            )
            assert margin * 0.98 < interval.width / 2 <= margin

    @given(margins, variances, populations, methods, confidences)
    def test_is_the_fewest_that_keep_the_margin(self, margin, variance, population, method, c):
        options = {
            "variance": variance,
            "population": population,
            "method": method,
            "confidence": c,
        }
        n = answers_needed(margin, **options)
        if population is None or n < population:
            assert margin_of_error(n, **options) <= margin + 1e-9
        if n > 1:
            assert margin_of_error(n - 1, **options) > margin - 1e-9
        if population is not None:
            assert 1 <= n <= population

    @given(margins, variances, confidences)
    def test_adjusted_wald_brings_three_answers(self, margin, variance, confidence):
        plain, adjusted = (
            answers_needed(margin, variance=variance, confidence=confidence, method=method)
            for method in ("wald", "adjusted_wald")
        )
        assert adjusted == max(1, plain - 3)

    @given(margins, variances, st.integers(2, 10**6))
    def test_a_population_needs_at_most_as_many(self, margin, variance, population):
        some = answers_needed(margin, variance=variance, population=population)
        assert some <= answers_needed(margin, variance=variance)
        huge = answers_needed(margin, variance=variance, population=10**15)
        assert huge == answers_needed(margin, variance=variance)

    def test_the_three_answers_added_are_no_part_of_the_population(self):
        """n0 is 1536.58, and 1536.58 * 303 / (299 + 1536.58) - 3 is 250.6."""
        assert answers_needed(5, population=300, method="adjusted_wald") == 251

    def test_population_worked_by_hand(self):
        """n0 is 1536.58, and 1536.58 / (1 + 1535.58 / 300) is 251.1."""
        assert answers_needed(5, population=300) == 252
        assert answers_needed(5, population=1) == 1

    @pytest.mark.parametrize(
        "margin, options, error, message",
        [
            (0, {}, ValueError, "margin must be above 0 .* and at most 100 points, got margin=0"),
            (101, {}, ValueError, "margin must be above 0"),
            ("5", {}, TypeError, "margin must be a number, got str"),
            (5, {"variance": 0}, ValueError, "variance must be above 0 and at most 1, got"),
            (5, {"variance": 61}, ValueError, "variance must be above 0 and at most 1, got"),
            (5, {"population": 0}, ValueError, "population must be at least 1, got population=0"),
            (5, {"population": 9.5}, ValueError, "population must be a whole number"),
            (5, {"confidence": 95}, ValueError, "0.95 for 95 %"),
            (5, {"method": "tango"}, ValueError, "got method='tango'"),
        ],
    )
    def test_says_what_is_wrong(self, margin, options, error, message):
        with pytest.raises(error, match=message):
            answers_needed(margin, **options)


class TestAnswersNeededToCompare:
    @pytest.mark.parametrize(
        "variance, method, expected",
        [
            # nps.md, item 12.
            (0.61, "wald", 958),
            (1, "wald", 1570),
            (0.61, "score", 958),
            (0.61, "adjusted_wald", 955),
        ],
    )
    def test_worked_example(self, variance, method, expected):
        assert answers_needed_to_compare(10, variance=variance, method=method) == expected

    def test_has_the_power_it_promises(self):
        """Surveys of that many answers, in which the difference is truly 10 points."""
        n = answers_needed_to_compare(10, variance=0.61, other_variance=0.56)
        random = np.random.default_rng(7)
        first = random.multinomial(n, [0.2, 0.3, 0.5], size=2000).tolist()
        second = random.multinomial(n, [0.16, 0.28, 0.56], size=2000).tolist()
        seen = sum(
            net_score_difference(b, a).verdict() == "above"
            for a, b in zip(first, second, strict=True)
        )
        assert seen / 2000 == pytest.approx(0.8, abs=0.03)

    @given(st.floats(1, 60), variances, variances, st.floats(0.1, 10))
    def test_error_of_the_difference_fits_the_power(self, difference, one, other, ratio):
        n = answers_needed_to_compare(
            difference, variance=one, other_variance=other, others_per_answer=ratio
        )
        reach = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
        for answers, enough in ((n, True), (n - 1, False)):
            if answers:
                error = 100 * math.sqrt(one / answers + other / (answers * ratio))
                assert (reach * error <= difference * (1 + 1e-9)) == enough

    @given(st.floats(1, 200), variances)
    def test_sign_of_the_difference_does_not_matter(self, difference, variance):
        assert answers_needed_to_compare(
            difference, variance=variance
        ) == answers_needed_to_compare(-difference, variance=variance)

    @given(st.floats(0.5, 0.99), st.floats(0.5, 0.99))
    def test_more_power_needs_at_least_as_many(self, one, other):
        less, more = (answers_needed_to_compare(10, power=x) for x in sorted((one, other)))
        assert less <= more

    @pytest.mark.parametrize(
        "difference, options, error, message",
        [
            (0, {}, ValueError, "difference must be above 0 .* and at most 200 points, got diff"),
            (10, {"power": 0.4}, ValueError, "power must be at least 0.5 and less than 1"),
            (10, {"power": 1}, ValueError, "power must be at least 0.5 and less than 1"),
            (10, {"power": 80}, ValueError, "0.8 for 80 %"),
            (10, {"others_per_answer": 0}, ValueError, "others_per_answer must be from 1e-6 to"),
            (10, {"other_variance": 2}, ValueError, "other_variance must be above 0 and at most"),
            (10, {"method": "tango"}, ValueError, "got method='tango'"),
        ],
    )
    def test_says_what_is_wrong(self, difference, options, error, message):
        with pytest.raises(error, match=message):
            answers_needed_to_compare(difference, **options)


class TestMarginOfError:
    def test_worked_example(self):
        """nps.md, items 2 and 11: 1.96 times .0781025."""
        assert margin_of_error(100, variance=0.61) == pytest.approx(15.3078, abs=1e-4)
        # A third of each class: full width 320.06 / sqrt(n).
        assert 2 * margin_of_error(100, variance=2 / 3) == pytest.approx(32.006, abs=5e-4)

    def test_adjusted_wald_and_populations_worked_by_hand(self):
        assert margin_of_error(97, method="adjusted_wald") == margin_of_error(100)
        some = margin_of_error(100, population=200)
        assert some == pytest.approx(margin_of_error(100) * math.sqrt(100 / 199), rel=1e-12)

    @given(st.lists(st.integers(0, 10**6), max_size=8), variances, methods)
    def test_array_call_equals_scalar_calls(self, sizes, variance, method):
        found = margin_of_error(sizes, variance=variance, method=method)
        each = [margin_of_error(n, variance=variance, method=method) for n in sizes]
        np.testing.assert_array_equal(found, each)
        assert all(type(x) is float for x in each)

    @given(st.integers(1, 1000), st.integers(0, 1000), variances)
    def test_asking_everybody_leaves_no_margin(self, n, more, variance):
        assert margin_of_error(n, variance=variance, population=n) == 0
        some = margin_of_error(n, variance=variance, population=n + more)
        assert some <= margin_of_error(n, variance=variance)

    def test_counts_at_the_end_of_the_range_do_not_turn_over(self):
        margins = margin_of_error([2**63 - 1], method="adjusted_wald")
        assert margins.tolist() == [pytest.approx(margin_of_error(2**63 - 1))]

    def test_is_at_most_the_range_and_nan_exactly_without_answers(self):
        assert margin_of_error(1) == 100
        np.testing.assert_array_equal(np.isnan(margin_of_error([0, 1, 2])), [True, False, False])
        with pytest.raises(ValueError, match="read-only"):
            margin_of_error([1, 2])[0] = 3

    @pytest.mark.parametrize(
        "n, options, error, message",
        [
            (-1, {}, ValueError, "n must be a whole number of at least 0, got n=-1"),
            ([1, 11], {"population": 10}, ValueError, "exceed population=10, got n=11 at index 1"),
            (11, {"population": 10}, ValueError, "n must not exceed population=10, got n=11"),
            ("9", {}, TypeError, "n must"),
            (9, {"method": "tango"}, ValueError, "got method='tango'"),
        ],
    )
    def test_says_what_is_wrong(self, n, options, error, message):
        with pytest.raises(error, match=message):
            margin_of_error(n, **options)
