import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, successes_and_trials

from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval

some_of_some = successes_and_trials()
some_of_a_few = successes_and_trials(max_trials=30).filter(lambda pair: pair[1] > 0)
figures = st.floats(-1e6, 1e6) | st.just(math.nan)


@st.composite
def intervals(draw):
    low, high = sorted([draw(st.floats(-1e6, 1e6)), draw(st.floats(-1e6, 1e6))])
    if draw(st.booleans()):
        return Interval(low, high, draw(confidences))
    return Interval(math.nan, math.nan, draw(confidences))


def ends(interval):
    return interval.low, interval.high


class TestInterval:
    def test_worked_example(self):
        interval = Interval(0.79, 0.89, confidence=0.95)
        assert interval.width == pytest.approx(0.1)
        assert 0.79 in interval
        assert 0.89 in interval
        assert 0.9 not in interval
        assert interval.verdict(0.9) == "below"

    @given(intervals(), st.floats(-1e6, 1e6))
    def test_verdict_is_unclear_exactly_inside_or_where_nothing_is_known(self, interval, target):
        verdict = interval.verdict(target)
        assert (verdict == "unclear") == (target in interval or math.isnan(interval.low))
        assert (verdict == "above") == (target < interval.low)
        assert (verdict == "below") == (target > interval.high)

    def test_the_ends_belong_to_it(self):
        assert Interval(1, 2, 0.9).verdict(1) == Interval(1, 2, 0.9).verdict(2) == "unclear"

    @given(intervals())
    def test_survives_pickling_and_hashing(self, interval):
        again = pickle.loads(pickle.dumps(interval))
        assert again == interval
        assert len({again, interval}) == 1

    def test_two_that_nobody_can_know_are_equal(self):
        one, other = (Interval(float("nan"), float("nan"), 0.95) for _ in range(2))
        assert one == other
        assert hash(one) == hash(other)
        assert one != Interval(0, 1, 0.95)
        assert one != Interval(math.nan, math.nan, 0.9)

    @pytest.mark.parametrize("zero", [0, 0.0, np.float32(0), np.int8(0)])
    def test_type_of_the_figures_does_not_matter(self, zero):
        interval = Interval(zero, 1, 0.95)
        assert interval == Interval(0.0, 1.0, 0.95)
        assert repr(interval) == "Interval(low=0.0, high=1.0, confidence=0.95)"
        assert type(interval.low) is type(interval.high) is float

    def test_ends_may_be_infinite(self):
        assert 10**6 in Interval(3, math.inf, 0.95)

    def test_says_which_end_is_wrong(self):
        with pytest.raises(
            ValueError, match=r"^low must not exceed high, got low=2\.0, high=1\.0$"
        ):
            Interval(2, 1, 0.95)

    @pytest.mark.parametrize(("low", "high"), [(0.5, np.nan), (np.nan, 0.5)])
    def test_half_an_interval_is_refused(self, low, high):
        message = "^low and high must both be known, or both be NaN, got low="
        with pytest.raises(ValueError, match=message):
            Interval(low, high, 0.95)
        assert np.isnan(Interval(np.nan, np.nan, 0.95).width)

    @pytest.mark.parametrize("value", ["0.5", None, True, Decimal(1), 1j, np.array(0.5), [0.5]])
    def test_refuses_what_is_no_number(self, value):
        kind = type(value).__name__
        with pytest.raises(TypeError, match=rf"^low must be a number, got {kind}$"):
            Interval(value, 1, 0.95)
        with pytest.raises(TypeError, match=rf"^high must be a number, got {kind}$"):
            Interval(0, value, 0.95)
        with pytest.raises(TypeError, match=rf"^confidence must be a number, got {kind}$"):
            Interval(0, 1, value)
        with pytest.raises(TypeError, match=rf"^target must be a number, got {kind}$"):
            Interval(0, 1, 0.95).verdict(value)

    @pytest.mark.parametrize(
        ("confidence", "message"),
        [
            (95, "confidence must be a fraction between 0 and 1: 0.95 for 95 %, got confidence=95"),
            (1, "confidence must be a fraction between 0 and 1, got confidence=1"),
            (0, "confidence must be a fraction between 0 and 1, got confidence=0"),
            (-0.5, "confidence must be a fraction between 0 and 1, got confidence=-0.5"),
            (math.nan, "confidence must be finite, got confidence=nan"),
        ],
    )
    def test_says_what_a_confidence_is(self, confidence, message):
        with pytest.raises(ValueError) as error:
            Interval(0, 1, confidence)
        assert str(error.value) == message

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            Interval(0, 1, 0.95).low = 0.5


class TestWilsonInterval:
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1),
            (170, 200, 0.7939, 0.8929),
            (850, 1000, 0.8265, 0.8708),
            (124, 781, 0.134818, 0.186064),
            (87, 719, 0.099156, 0.146875),
        ],
    )
    def test_worked_example(self, successes, trials, low, high):
        """Newcombe, Statistics in Medicine 17, 857-872, 1998; the last two from CDNOW."""
        interval = wilson_interval(successes, trials)
        assert ends(interval) == pytest.approx((low, high), abs=5e-5)
        assert interval.confidence == 0.95

    @pytest.mark.parametrize("confidence", [1e-4, 0.5, 0.9, 0.95, 0.999])
    @pytest.mark.parametrize(
        "pair", [(0, 1), (1, 1), (0, 20), (1, 29), (81, 263), (19, 20), (10**6, 10**15)]
    )
    def test_equals_scipy(self, pair, confidence):
        stats = pytest.importorskip("scipy.stats")
        expected = stats.binomtest(*pair).proportion_ci(confidence, method="wilson")
        found = wilson_interval(*pair, confidence=confidence)
        assert ends(found) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-12)

    @given(some_of_some, confidences)
    def test_solves_its_equation(self, pair, confidence):
        """At each end the share lies z standard errors away, measured there."""
        successes, trials = pair
        interval = wilson_interval(successes, trials, confidence=confidence)
        z = math.sqrt(2) * _erfinv(confidence)
        for end in ends(interval):
            if trials and 0 < end < 1:
                away = abs(successes / trials - end)
                assert away == pytest.approx(z * math.sqrt(end * (1 - end) / trials), rel=1e-6)

    @given(some_of_some, st.floats(1e-4, 1 - 1e-12))
    def test_contains_the_share_and_stays_between_0_and_1(self, pair, confidence):
        successes, trials = pair
        interval = wilson_interval(successes, trials, confidence=confidence)
        if trials:
            assert successes / trials in interval
            assert 0 <= interval.low < interval.high <= 1
            assert (interval.low == 0) == (successes == 0)

    @given(st.integers(0, 10**15), st.integers(0, 10**15), st.floats(1e-4, 1 - 1e-12))
    def test_contains_the_share_of_huge_counts(self, successes, failures, confidence):
        trials = successes + failures
        interval = wilson_interval(successes, trials, confidence=confidence)
        if trials:
            assert successes / trials in interval
            assert 0 <= interval.low <= interval.high <= 1

    @given(some_of_some, confidences, confidences)
    def test_widens_with_confidence(self, pair, one, other):
        less, more = (wilson_interval(*pair, confidence=x) for x in sorted([one, other]))
        if pair[1]:
            assert more.low <= less.low
            assert less.high <= more.high

    @given(some_of_some, confidences)
    def test_is_mirrored_when_successes_and_failures_swap(self, pair, confidence):
        successes, trials = pair
        one = wilson_interval(successes, trials, confidence=confidence)
        other = wilson_interval(trials - successes, trials, confidence=confidence)
        expected = pytest.approx((1 - other.high, 1 - other.low), abs=1e-14, nan_ok=True)
        assert ends(one) == expected

    @given(some_of_a_few, st.integers(2, 1000))
    def test_narrows_when_every_count_is_multiplied(self, pair, factor):
        successes, trials = pair
        many = wilson_interval(successes * factor, trials * factor)
        assert many.width < wilson_interval(successes, trials).width

    @given(some_of_a_few)
    def test_moves_up_with_every_success(self, pair):
        successes, trials = pair
        if successes < trials:
            fewer, more = wilson_interval(successes, trials), wilson_interval(successes + 1, trials)
            assert fewer.low < more.low
            assert fewer.high < more.high

    @given(some_of_some)
    def test_is_nan_exactly_without_trials(self, pair):
        interval = wilson_interval(*pair)
        assert math.isnan(interval.low) == math.isnan(interval.high) == (pair[1] == 0)

    @given(
        st.lists(some_of_some | st.just((0, 0)), max_size=20),
        st.floats(1e-4, 1 - 1e-12),
    )
    def test_array_call_equals_scalar_calls(self, pairs, confidence):
        successes, trials = ([pair[i] for pair in pairs] for i in (0, 1))
        low, high = wilson_interval(successes, trials, confidence=confidence)
        scalars = [ends(wilson_interval(*pair, confidence=confidence)) for pair in pairs]
        np.testing.assert_array_equal(low, [low for low, _ in scalars])
        np.testing.assert_array_equal(high, [high for _, high in scalars])

    def test_array_call_equals_scalar_calls_for_every_small_count(self):
        pairs = [(successes, trials) for trials in range(9) for successes in range(trials + 1)]
        low, high = wilson_interval(*np.transpose(pairs))
        expected = [ends(wilson_interval(*pair)) for pair in pairs]
        np.testing.assert_array_equal(np.transpose([low, high]), expected)

    def test_arrays_broadcast_and_keep_their_shape(self):
        low, high = wilson_interval([[1], [2]], [5, 6, 7])
        assert low.shape == high.shape == (2, 3)
        assert low.dtype == high.dtype == np.float64
        assert (low[1, 1], high[1, 1]) == ends(wilson_interval(2, 6))
        assert wilson_interval(np.array(2), 6)[0].shape == ()

    def test_results_cannot_be_changed(self):
        for end in wilson_interval([1, 2], [5, 6]):
            with pytest.raises(ValueError, match="read-only"):
                end[0] = 0

    @pytest.mark.parametrize("dtype", ["i1", "u1", "i2", ">i4", "u8", "f2", "f4", "f8", "O"])
    def test_dtype_of_the_counts_does_not_matter(self, dtype):
        successes, trials = np.array([3, 0], dtype), np.array([100, 0], dtype)
        low, high = wilson_interval(successes, trials)
        assert (low[0], high[0]) == ends(wilson_interval(3, 100))
        assert wilson_interval(successes[0], trials[0]) == wilson_interval(3, 100)

    @pytest.mark.parametrize(
        ("successes", "trials", "message"),
        [
            (5, 3, "successes must not exceed trials, got successes=5, trials=3"),
            (
                [1, 5],
                [3, 3],
                "successes must not exceed trials, got successes=5, trials=3 at index 1",
            ),
            (5, [6, 3], "successes must not exceed trials, got successes=5, trials=3 at index 1"),
            (
                [[1, 5]],
                3,
                "successes must not exceed trials, got successes=5, trials=3 at index (0, 1)",
            ),
            (-1, 3, "successes must be a whole number of at least 0, got successes=-1"),
            (1, 2.5, "trials must be a whole number of at least 0, got trials=2.5"),
            (1, math.inf, "trials must be a whole number of at least 0, got trials=inf"),
            (math.nan, 3, "successes must be a whole number of at least 0, got successes=nan"),
            ([1, math.nan], 3, "successes must not be missing, got successes=nan at index 1"),
            (
                [1, -2],
                3,
                "successes must be a whole number of at least 0, got successes=-2 at index 1",
            ),
            (
                [1, 2],
                [3, 3, 3],
                "successes and trials must broadcast together, got shapes (2,) and (3,)",
            ),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, successes, trials, message):
        with pytest.raises(ValueError) as error:
            wilson_interval(successes, trials)
        assert str(error.value) == message

    @pytest.mark.parametrize("value", [None, True, "1", Decimal(1), Fraction(1), 1j, [True], ["1"]])
    def test_refuses_what_is_no_number(self, value):
        with pytest.raises(TypeError, match="^successes must "):
            wilson_interval(value, 3)
        with pytest.raises(TypeError, match="^trials must "):
            wilson_interval(1, value)

    @pytest.mark.parametrize("value", [0, 1, 95, math.nan])
    def test_refuses_a_confidence_that_is_no_fraction(self, value):
        with pytest.raises(ValueError, match="^confidence must be "):
            wilson_interval(1, 2, confidence=value)
        with pytest.raises(ValueError, match="^confidence must be "):
            wilson_interval([1], [2], confidence=value)


def _erfinv(share):
    """Inverse error function by bisection, as a second way to the quantile."""
    low, high = 0.0, 6.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < share else (low, middle)
    return low


class TestNewcombeDifference:
    @pytest.mark.parametrize(
        ("counts", "estimate", "low", "high"),
        [
            ((56, 70, 48, 80), 0.2, 0.0524, 0.3339),
            ((9, 10, 3, 10), 0.6, 0.1705, 0.8090),
            ((10, 10, 0, 10), 1, 0.6075, 1),
            ((5, 56, 0, 29), 5 / 56, -0.0381, 0.1926),
            ((170, 200, 150, 200), 0.1, 0.0215, 0.1773),
        ],
    )
    def test_worked_example(self, counts, estimate, low, high):
        """Newcombe, Statistics in Medicine 17, 873-890, 1998; the last one computed apart."""
        difference = newcombe_difference(*counts)
        assert difference.estimate == pytest.approx(estimate)
        assert ends(difference.interval) == pytest.approx((low, high), abs=5e-5)

    def test_pooled_test_of_the_worked_example(self):
        assert newcombe_difference(170, 200, 150, 200).p_value == pytest.approx(0.012419, abs=5e-7)

    def test_first_month_of_cdnow(self):
        """Of the January cohort 124 of 781 bought again in its next month, of March 87 of 719."""
        difference = newcombe_difference(124, 781, 87, 719)
        assert difference.estimate == pytest.approx(0.037769, abs=5e-7)
        assert ends(difference.interval) == pytest.approx((0.002511, 0.072728), abs=5e-7)
        assert difference.p_value == pytest.approx(0.035564, abs=5e-7)
        assert difference.p_value == pytest.approx(math.erfc(2.101881 / math.sqrt(2)), rel=1e-5)
        assert difference.verdict() == "above"

    @given(some_of_some, some_of_some, confidences)
    def test_is_mirrored_when_the_groups_swap(self, one, other, confidence):
        there = newcombe_difference(*one, *other, confidence=confidence)
        back = newcombe_difference(*other, *one, confidence=confidence)
        np.testing.assert_array_equal(there.estimate, -back.estimate)
        np.testing.assert_array_equal(
            ends(there.interval), (-back.interval.high, -back.interval.low)
        )
        np.testing.assert_array_equal(there.p_value, back.p_value)
        opposite = {"above": "below", "below": "above", "unclear": "unclear"}
        assert there.verdict() == opposite[back.verdict()]

    @given(some_of_some, some_of_some, st.floats(1e-4, 1 - 1e-12))
    def test_contains_the_estimate_and_stays_between_minus_1_and_1(self, one, other, confidence):
        difference = newcombe_difference(*one, *other, confidence=confidence)
        if one[1] and other[1]:
            assert difference.estimate in difference.interval
            assert -1 <= difference.interval.low <= difference.interval.high <= 1
            assert 0 <= difference.p_value <= 1

    @given(some_of_some, some_of_some, confidences, confidences)
    def test_widens_with_confidence(self, one, other, first, second):
        less, more = (
            newcombe_difference(*one, *other, confidence=x).interval
            for x in sorted([first, second])
        )
        if one[1] and other[1]:
            assert more.low <= less.low
            assert less.high <= more.high

    @given(some_of_a_few, some_of_a_few, st.integers(2, 100))
    def test_narrows_when_every_count_is_multiplied(self, one, other, factor):
        few = newcombe_difference(*one, *other)
        many = newcombe_difference(*(factor * x for x in (*one, *other)))
        assert many.interval.width < few.interval.width
        assert many.p_value <= few.p_value

    @given(some_of_some, some_of_some)
    def test_is_nan_exactly_if_a_group_is_empty(self, one, other):
        difference = newcombe_difference(*one, *other)
        empty = one[1] == 0 or other[1] == 0
        figures = (difference.estimate, *ends(difference.interval), difference.p_value)
        assert [math.isnan(x) for x in figures] == [empty] * 4

    @given(some_of_a_few)
    def test_group_does_not_differ_from_itself(self, pair):
        difference = newcombe_difference(*pair, *pair)
        assert difference.estimate == 0
        assert difference.p_value == 1
        assert difference.verdict() == "unclear"

    @given(successes_and_trials(60), successes_and_trials(60))
    def test_p_value_equals_scipy(self, one, other):
        stats = pytest.importorskip("scipy.stats")
        (k1, n1), (k2, n2) = one, other
        if 0 < k1 + k2 < n1 + n2 and n1 and n2:
            table = [[k1, n1 - k1], [k2, n2 - k2]]
            expected = stats.chi2_contingency(table, correction=False).pvalue
            assert newcombe_difference(k1, n1, k2, n2).p_value == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize(
        ("counts", "message"),
        [
            ((5, 3, 1, 3), "successes must not exceed trials, got successes=5, trials=3"),
            ((1, -3, 1, 3), "trials must be a whole number of at least 0, got trials=-3"),
            (
                (1, 3, 0.5, 3),
                "other_successes must be a whole number of at least 0, got other_successes=0.5",
            ),
            (
                (1, 3, 1, math.nan),
                "other_trials must be a whole number of at least 0, got other_trials=nan",
            ),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, counts, message):
        with pytest.raises(ValueError) as error:
            newcombe_difference(*counts)
        assert str(error.value) == message

    def test_says_that_the_other_group_is_wrong(self):
        message = "other_successes must not exceed other_trials, got other_successes=5, "
        with pytest.raises(ValueError, match=f"^{message}other_trials=3$"):
            newcombe_difference(1, 3, 5, 3)

    @pytest.mark.parametrize("value", [None, True, "1", [1], np.array([1, 2]), Decimal(1)])
    def test_refuses_what_is_no_number(self, value):
        names = ("successes", "trials", "other_successes", "other_trials")
        for position, name in enumerate(names):
            counts = [1, 3, 1, 3]
            counts[position] = value
            with pytest.raises(TypeError, match=rf"^{name} must be a number, got "):
                newcombe_difference(*counts)


class TestDifference:
    @given(st.builds(Difference, figures, intervals(), figures, st.text()))
    def test_survives_pickling_and_hashing(self, difference):
        again = pickle.loads(pickle.dumps(difference))
        assert again == difference
        assert len({again, difference}) == 1

    def test_two_that_nobody_can_know_are_equal(self):
        one, other = newcombe_difference(1, 2, 0, 0), newcombe_difference(1, 3, 0, 0)
        assert one == other
        assert hash(one) == hash(other)
        assert one != newcombe_difference(1, 2, 1, 2)

    def test_verdict_follows_the_interval_and_not_the_p_value(self):
        """Newcombe's limits exclude 0 here although the pooled test does not reject."""
        difference = Difference(0.1, Interval(0.01, 0.2, 0.95), p_value=0.06)
        assert difference.verdict() == "above"
        assert difference.verdict(0.1) == "unclear"
        assert difference.verdict(0.3) == "below"

    def test_figures_are_plain_floats(self):
        difference = Difference(np.float64(0.1), Interval(0, 1, 0.95), np.float32(0.5))
        assert repr(difference).startswith("Difference(estimate=0.1, interval=Interval(low=0.0,")
        assert type(difference.p_value) is float

    def test_refuses_what_is_no_number_or_no_interval(self):
        interval = Interval(0, 1, 0.95)
        with pytest.raises(TypeError, match="^estimate must be a number, got str$"):
            Difference("0", interval, 0.5)
        with pytest.raises(TypeError, match="^p_value must be a number, got NoneType$"):
            Difference(0, interval, None)
        with pytest.raises(TypeError, match="^interval must be an Interval, got tuple$"):
            Difference(0, (0, 1), 0.5)


class TestBounds:
    @pytest.mark.parametrize(
        ("interval", "target", "advice"),
        [
            (wilson_interval(170, 200), 85, "0 to 1: 0.85 for 85 %"),
            (newcombe_difference(56, 70, 48, 80).interval, 20, "-1 to 1: 0.2 for 20 %"),
            (wilson_interval(0, 0), -0.5, "0 to 1"),
        ],
    )
    def test_a_target_that_the_figure_cannot_reach_is_refused(self, interval, target, advice):
        with pytest.raises(ValueError, match=f"^target must lie from {advice}"):
            interval.verdict(target)

    def test_without_bounds_any_target_goes(self):
        assert Interval(3.0, 4.0, 0.95).verdict(85) == "below"

    def test_do_not_change_what_an_interval_is(self):
        assert Interval(0.2, 0.4, 0.95, bounds=(0, 1)) == Interval(0.2, 0.4, 0.95)
