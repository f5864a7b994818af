import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, small_counts

from loyalkit.effects import difference_in_differences, holdout_size, program_effect
from loyalkit.intervals import newcombe_difference
from loyalkit.nps import SCALE_1_5, NpsCounts
from loyalkit.retention import RetentionCounts

Z = 1.959963984540054

rates = st.builds(RetentionCounts, retained=small_counts, lost=small_counts, new=small_counts)
scores = st.builds(
    NpsCounts, detractors=small_counts, passives=small_counts, promoters=small_counts
)
amounts = st.lists(st.integers(0, 500), max_size=20)
pairs = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=20)
ARGUMENTS = ("treated_before", "treated_after", "control_before", "control_after")


def kept(retained, start):
    return RetentionCounts(retained=retained, lost=start - retained)


def score_of(group):
    return group.rate if isinstance(group, RetentionCounts) else group.score


def known(*samples):
    """Whether Welch's test can judge these samples."""
    return all(len(x) > 1 for x in samples) and any(len(set(x)) > 1 for x in samples)


def in_differences(*groups, confidence=0.95):
    return difference_in_differences(
        **dict(zip(ARGUMENTS, groups, strict=True)), confidence=confidence
    )


class TestProgramEffect:
    @given(rates, rates, confidences)
    def test_of_retention_is_newcombes(self, treated, control, confidence):
        expected = newcombe_difference(
            treated.retained,
            treated.customers_at_start,
            control.retained,
            control.customers_at_start,
            confidence=confidence,
        )
        assert program_effect(treated, control, confidence=confidence) == expected

    @given(scores, scores, confidences)
    def test_of_scores_is_their_difference(self, treated, control, confidence):
        expected = treated.difference(control, confidence)
        assert program_effect(treated, control, confidence=confidence) == expected

    # SciPy warns where all figures of a group are equal.
    @pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")
    @given(amounts, amounts, confidences)
    def test_of_revenue_equals_scipys_welch_test(self, treated, control, confidence):
        stats = pytest.importorskip("scipy.stats")
        effect = program_effect(treated, control, confidence=confidence)
        if not treated or not control:
            assert math.isnan(effect.estimate)
            return
        assert effect.estimate == pytest.approx(np.mean(treated) - np.mean(control), abs=1e-9)
        if not known(treated, control):
            assert math.isnan(effect.p_value)
            assert math.isnan(effect.interval.low)
            return
        expected = stats.ttest_ind(treated, control, equal_var=False)
        limits = expected.confidence_interval(confidence)
        assert effect.p_value == pytest.approx(expected.pvalue, rel=1e-9)
        assert effect.interval.low == pytest.approx(limits.low, rel=1e-9, abs=1e-9)
        assert effect.interval.high == pytest.approx(limits.high, rel=1e-9, abs=1e-9)
        assert effect.test == "Welch's t-test"

    @given(amounts, amounts)
    def test_turns_round_with_its_arguments(self, treated, control):
        there, back = program_effect(treated, control), program_effect(control, treated)
        assert there.estimate == pytest.approx(-back.estimate, nan_ok=True)
        assert there.interval.low == pytest.approx(-back.interval.high, nan_ok=True)
        assert there.p_value == pytest.approx(back.p_value, nan_ok=True)

    @given(amounts, amounts, st.integers(1, 100), st.integers(-1000, 1000))
    def test_follows_the_unit_and_ignores_what_all_have(self, treated, control, unit, more):
        plain = program_effect(treated, control)
        changed = program_effect(
            [unit * x + more for x in treated], [unit * x + more for x in control]
        )
        assert changed.estimate == pytest.approx(unit * plain.estimate, nan_ok=True, abs=1e-9)
        assert changed.p_value == pytest.approx(plain.p_value, nan_ok=True, rel=1e-6)

    def test_two_periods_are_refused(self):
        before = RetentionCounts(retained=3, lost=1, periods=("Q1",))
        after = RetentionCounts(retained=3, lost=1, periods=("Q2",))
        with pytest.raises(ValueError, match="needs customers counted on one side only"):
            program_effect(after, before)

    @pytest.mark.parametrize(
        ("treated", "control"),
        [
            (kept(1, 2), NpsCounts(promoters=1)),
            (kept(1, 2), [1, 0]),
            ([1, 0], NpsCounts(promoters=1)),
            ([1, 0], kept(1, 2)),
        ],
    )
    def test_groups_of_two_kinds_are_refused(self, treated, control):
        with pytest.raises(TypeError, match=r"^treated and control must be of one kind, got "):
            program_effect(treated, control)

    def test_says_which_figure_is_wrong(self):
        with pytest.raises(ValueError, match=r"^control must not be missing, .* at index 1$"):
            program_effect([1, 2], [1, None])
        with pytest.raises(TypeError, match=r"^treated must hold numbers, got dtype bool$"):
            program_effect([True, False], [1, 0])
        with pytest.raises(ValueError, match=r"^treated must be small enough .* at index 0$"):
            program_effect([1e200, 3], [1, 0])

    def test_inputs_are_not_changed(self):
        treated = np.array([1, 2, 3])
        program_effect(treated, treated[:2])
        assert treated.tolist() == [1, 2, 3]


class TestDifferenceInDifferences:
    # SciPy warns where all figures of a group are equal.
    @pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")
    @given(pairs, pairs, confidences)
    def test_of_customers_seen_twice_equals_scipys_test_of_the_changes(
        self, treated, control, confidence
    ):
        stats = pytest.importorskip("scipy.stats")
        columns = [[pair[k] for pair in group] for group in (treated, control) for k in (0, 1)]
        effect = in_differences(*columns, confidence=confidence)
        changes = [[after - before for before, after in group] for group in (treated, control)]
        if not all(changes):
            assert math.isnan(effect.estimate)
            return
        assert effect.estimate == pytest.approx(np.mean(changes[0]) - np.mean(changes[1]), abs=1e-9)
        if not known(*changes):
            assert math.isnan(effect.p_value)
            return
        expected = stats.ttest_ind(*changes, equal_var=False)
        assert effect.p_value == pytest.approx(expected.pvalue, rel=1e-9)
        limits = expected.confidence_interval(confidence)
        assert effect.interval.low == pytest.approx(limits.low, rel=1e-9, abs=1e-9)

    @given(st.one_of(st.tuples(*[rates] * 4), st.tuples(*[scores] * 4)), confidences)
    def test_of_counts_is_the_difference_of_two_changes(self, groups, confidence):
        effect = in_differences(*groups, confidence=confidence)
        before, after, other_before, other_after = (score_of(x) for x in groups)
        expected = (after - before) - (other_after - other_before)
        if math.isnan(expected):
            assert math.isnan(effect.estimate)
            assert math.isnan(effect.interval.low)
            assert math.isnan(effect.p_value)
            return
        assert effect.estimate == pytest.approx(expected)
        assert effect.interval.low <= effect.estimate <= effect.interval.high
        assert 0 < effect.p_value <= 1
        limit = 2 if isinstance(groups[0], RetentionCounts) else 400
        assert -limit <= effect.interval.low
        assert effect.interval.high <= limit

    @given(st.one_of(st.tuples(*[rates] * 4), st.tuples(*[scores] * 4)))
    def test_turns_round_with_groups_and_with_time(self, groups):
        tb, ta, cb, ca = groups
        effect = in_differences(tb, ta, cb, ca)
        for turned in (in_differences(cb, ca, tb, ta), in_differences(ta, tb, ca, cb)):
            assert turned.estimate == pytest.approx(-effect.estimate, nan_ok=True)
            assert turned.interval.low == pytest.approx(-effect.interval.high, nan_ok=True)
            assert turned.p_value == pytest.approx(effect.p_value, nan_ok=True)

    @given(st.tuples(*[rates] * 4), confidences)
    def test_interval_is_made_of_newcombes_changes(self, groups, confidence):
        tb, ta, cb, ca = groups
        if not all(x.customers_at_start for x in groups):
            return
        effect = in_differences(*groups, confidence=confidence)
        first, second = (a.difference(b, confidence) for a, b in ((ta, tb), (ca, cb)))
        if max(abs(x) for y in (first, second) for x in (y.interval.low, y.interval.high)) < 1:
            down = math.hypot(
                first.estimate - first.interval.low, second.interval.high - second.estimate
            )
            assert effect.interval.low == pytest.approx(max(-2, effect.estimate - down))

    def test_p_value_of_counts_by_hand(self):
        groups = kept(80, 100), kept(90, 100), kept(78, 100), kept(79, 100)
        moments = [(x.retained + 0.5) / 101 for x in groups]
        contrast = moments[1] - moments[0] - moments[3] + moments[2]
        error = math.sqrt(sum(p * (1 - p) / 101 for p in moments))
        effect = in_differences(*groups)
        assert effect.estimate == pytest.approx(0.09)
        assert effect.p_value == pytest.approx(math.erfc(contrast / error / math.sqrt(2)))
        assert effect.test == "z-test, half a customer added to each outcome of each group"

    def test_large_counts_agree_with_the_textbook_error(self):
        n = 10**6
        shares = (0.8, 0.9, 0.78, 0.79)
        effect = in_differences(*(kept(int(n * share), n) for share in shares))
        error = math.sqrt(sum(p * (1 - p) / n for p in shares))
        assert effect.interval.width / 2 / Z == pytest.approx(error, rel=1e-5)
        promoters = (300_000, 400_000, 300_000, 310_000)
        effect = in_differences(
            *(NpsCounts(promoters=x, detractors=2 * n // 10, passives=n) for x in promoters)
        )
        moments = [NpsCounts(promoters=x, detractors=2 * n // 10, passives=n) for x in promoters]
        error = math.sqrt(sum(x.standard_error**2 for x in moments))
        assert effect.interval.width / 2 / Z == pytest.approx(error, rel=1e-4)
        z = effect.estimate / error
        assert effect.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.02)

    def test_customers_seen_twice_need_a_before_and_an_after_each(self):
        with pytest.raises(ValueError, match="control_before and control_after must have the same"):
            in_differences([1, 2], [2, 3], [1, 2], [2])

    def test_groups_of_two_kinds_or_scales_are_refused(self):
        with pytest.raises(TypeError, match="control_after must be of one kind, got RetentionC"):
            in_differences(kept(1, 2), kept(1, 2), kept(1, 2), [1, 0])
        five = NpsCounts(promoters=1, scale=SCALE_1_5)
        with pytest.raises(ValueError, match="must be on one scale, got 2"):
            in_differences(five, five, NpsCounts(promoters=1), NpsCounts(promoters=1))

    def test_several_periods_are_refused(self):
        quarters = [RetentionCounts(retained=1, lost=1, periods=(x,)) for x in ("Q1", "Q2")]
        with pytest.raises(ValueError, match="needs every customer counted once"):
            in_differences(sum(quarters), kept(1, 2), kept(1, 2), kept(1, 2))


def power(n, rate, effect, confidence, ratio):
    """Probability that the pooled z-test sees the effect, by the normal distribution."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    treated = rate + effect
    pooled = (rate + ratio * treated) / (1 + ratio)
    alike = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio) / n)
    unlike = math.sqrt((rate * (1 - rate) + treated * (1 - treated) / ratio) / n)
    return NormalDist().cdf((abs(effect) - z * alike) / unlike)


class TestHoldoutSize:
    @pytest.mark.parametrize(
        ("rate", "effect", "power", "size"),
        [
            (0.5, 0.25, 0.9, 77),  # R, help page of power.prop.test: n = 76.7
            (0.6, 0.1, 0.8, 356),
            (0.8, 0.03, 0.8, 2629),
        ],
    )
    def test_worked_example(self, rate, effect, power, size):
        assert holdout_size(rate=rate, effect=effect, power=power) == size

    @given(
        st.floats(0.05, 0.95),
        st.floats(-1, 1),
        st.floats(0.5, 0.99),
        confidences,
        st.floats(0.1, 10),
    )
    def test_is_the_smallest_size_with_the_power(self, rate, part, wanted, confidence, ratio):
        effect = part * (0.99 - rate if part > 0 else rate - 0.01)
        if abs(effect) < 0.005:
            return
        size = holdout_size(
            rate=rate,
            effect=effect,
            power=wanted,
            confidence=confidence,
            treated_per_holdout=ratio,
        )
        assert type(size) is int
        assert power(size, rate, effect, confidence, ratio) >= wanted - 1e-9
        if size > 1:
            assert power(size - 1, rate, effect, confidence, ratio) <= wanted + 1e-9

    def test_a_sample_of_this_size_sees_the_effect_as_often_as_asked(self):
        rng = np.random.default_rng(20240229)
        size = holdout_size(rate=0.7, effect=0.1, treated_per_holdout=2)
        control = rng.binomial(size, 0.7, 4000).tolist()
        treated = rng.binomial(2 * size, 0.8, 4000).tolist()
        seen = [
            newcombe_difference(t, 2 * size, c, size).p_value < 0.05
            for t, c in zip(treated, control, strict=True)
        ]
        assert np.mean(seen) == pytest.approx(0.8, abs=0.02)

    def test_more_treated_need_fewer_left_out_but_more_in_all(self):
        sizes = [holdout_size(rate=0.8, effect=0.03, treated_per_holdout=k) for k in (1, 3, 9)]
        assert sizes == sorted(sizes, reverse=True)
        assert 10 * sizes[2] / (2 * sizes[0]) == pytest.approx(2.72, abs=0.01)

    def test_mirror_images_need_the_same(self):
        down = holdout_size(rate=0.8, effect=-0.05, treated_per_holdout=3)
        assert down == holdout_size(rate=0.2, effect=0.05, treated_per_holdout=3)

    def test_everybody_against_nobody_needs_few(self):
        assert holdout_size(rate=0, effect=1) == 2
        assert holdout_size(rate=1, effect=-1, power=0.5, confidence=0.5) == 1

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"rate": 80}, "rate must be a fraction from 0 to 1: 0.8 for 80 %"),
            ({"effect": 0}, "effect must not be 0"),
            ({"effect": 0.3}, "effect must keep the rate of 0.8 from 0 to 1, got effect=0.3"),
            ({"power": 0.4}, "power must be at least 0.5 and less than 1"),
            ({"power": 1}, "power must be at least 0.5 and less than 1"),
            ({"confidence": 95}, "confidence must be a fraction between 0 and 1: 0.95"),
            ({"treated_per_holdout": 0}, "treated_per_holdout must be from 1e-6 to 1e6"),
            ({"treated_per_holdout": math.inf}, "treated_per_holdout must be finite"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            holdout_size(**({"rate": 0.8, "effect": 0.03} | wrong))
