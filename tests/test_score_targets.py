import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.net_scores import net_score_interval
from loyalkit.nps import NpsCounts
from loyalkit.score_targets import net_score_against

class_counts = st.one_of(st.integers(0, 3), st.integers(0, 300))
triples = st.tuples(class_counts, class_counts, class_counts).filter(any)
targets = st.one_of(st.floats(-100, 100), st.sampled_from([-100, 0, 100]))
methods = st.sampled_from(["score", "adjusted_wald", "wald"])


def plain_statistic(d, s, p, target):
    """The score statistic as nps.md has it, item 6."""
    n, theta = d + s + p, target / 100
    a, b, c = 2 * n, -d - p + (2 * n - p + d) * theta, -d * theta * (1 - theta)
    q = (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)
    return (p - d - n * theta) / math.sqrt(n * (2 * q + theta * (1 - theta)))


class TestNetScoreAgainst:
    def test_worked_example(self):
        found = net_score_against((20, 30, 50), 0)
        # Against 0 it is McNemar's test: 30 / sqrt(70).
        assert found.p_value == pytest.approx(math.erfc(30 / math.sqrt(140)), rel=1e-12)
        assert found.estimate == 30
        assert (found.interval.low, found.interval.high) == pytest.approx(
            (13.955, 44.339), abs=1e-3
        )
        assert found.test == "score test"
        wald = net_score_against((20, 30, 50), 20, method="wald")
        assert wald.p_value == pytest.approx(math.erfc(10 / 7.81025 / math.sqrt(2)), rel=1e-5)
        adjusted = net_score_against((20, 30, 50), 20, method="adjusted_wald")
        z = (29.12621 - 20) / 7.69151
        assert adjusted.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-4)

    @given(triples, st.floats(-99, 99))
    def test_equals_the_plain_formula(self, triple, target):
        # Near 0 the plain formula loses its digits, or divides by them.
        target = target if abs(target) > 1e-3 else 1e-3
        found = net_score_against(triple, target)
        z = plain_statistic(*triple, target)
        assert found.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-6, abs=1e-12)

    @given(triples, targets, confidences)
    def test_score_interval_is_the_score_test_turned_round(self, triple, target, confidence):
        found = net_score_against(triple, target, confidence=confidence)
        if found.p_value < (1 - confidence) * (1 - 1e-9):
            assert found.verdict() != "unclear"
        if found.p_value > (1 - confidence) * (1 + 1e-9):
            assert found.verdict() == "unclear"

    @given(triples, confidences)
    def test_limits_are_targets_of_just_this_p_value(self, triple, confidence):
        d, s, p = triple
        limits = net_score_interval(detractors=d, passives=s, promoters=p, confidence=confidence)
        ends = [limits.low] * (d < d + s + p) + [limits.high] * (p < d + s + p)
        for end in ends:
            if abs(end) < 100:
                found = net_score_against(triple, end)
                assert found.p_value == pytest.approx(1 - confidence, rel=1e-5)

    @given(triples, targets, methods, confidences)
    def test_swapping_detractors_and_promoters_mirrors_all(self, triple, target, method, c):
        one = net_score_against(triple, target, confidence=c, method=method)
        other = net_score_against(triple[::-1], -target, confidence=c, method=method)
        assert other.estimate == pytest.approx(-one.estimate)
        assert other.interval.low == pytest.approx(-one.interval.high)
        assert other.p_value == pytest.approx(one.p_value, rel=1e-6, abs=1e-12)

    @given(triples, targets, methods)
    def test_difference_and_interval_are_those_of_the_score_less_the_target(
        self, x, target, method
    ):
        d, s, p = x
        found = net_score_against(x, target, confidence=0.9, method=method)
        counts = NpsCounts(detractors=d, passives=s, promoters=p)
        limits = counts.interval(0.9, method)
        assert found.estimate == pytest.approx(counts.score - target)
        assert found.interval.low == pytest.approx(limits.low - target)
        assert found.interval.high == pytest.approx(limits.high - target)
        assert counts.against(target, 0.9, method) == found

    @given(triples, methods)
    def test_a_score_on_its_target_has_a_p_value_of_1(self, triple, method):
        d, s, p = triple
        score = NpsCounts(detractors=d, passives=s, promoters=p).score
        if method != "adjusted_wald":
            assert net_score_against(triple, score, method=method).p_value == 1

    def test_targets_at_the_ends_are_refuted_by_one_answer_of_another_class(self):
        assert net_score_against((0, 1, 9), 100).p_value == 0
        assert net_score_against((9, 1, 0), -100).p_value == 0
        assert net_score_against((0, 0, 9), 100).p_value == 1
        assert 0.05 < net_score_against((0, 0, 1), 0).p_value < 1

    def test_wald_without_error_is_all_or_nothing(self):
        assert net_score_against((0, 0, 9), 100, method="wald").p_value == 1
        assert net_score_against((0, 0, 9), 99, method="wald").p_value == 0

    @pytest.mark.parametrize("method", ["score", "adjusted_wald", "wald"])
    def test_is_nan_exactly_without_answers(self, method):
        found = net_score_against((0, 0, 0), 10, method=method)
        assert math.isnan(found.estimate)
        assert math.isnan(found.interval.low)
        assert math.isnan(found.p_value)

    @pytest.mark.parametrize(
        "counts, target, options, error, message",
        [
            ((1, 2, 3), 101, {}, ValueError, "target must lie from -100 to 100, got target=101"),
            ((1, 2, 3), "20", {}, TypeError, "target must be a number, got str"),
            ((1, 2), 20, {}, TypeError, "counts must be detractors, passives and promoters"),
            ((1, 2, -3), 20, {}, ValueError, "counts must be a whole number of at least 0"),
            ((1, 2, 3), 20, {"confidence": 95}, ValueError, "0.95 for 95 %"),
            ((1, 2, 3), 20, {"method": "tango"}, ValueError, "got method='tango'"),
        ],
    )
    def test_says_what_is_wrong(self, counts, target, options, error, message):
        with pytest.raises(error, match=message):
            net_score_against(counts, target, **options)
