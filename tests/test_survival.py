import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.survival import KaplanMeier, kaplan_meier, log_rank

# Freireich et al. 1963: weeks of remission under 6-MP and placebo; + means still in remission.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"

spans = st.integers(0, 12)
stays = st.lists(st.tuples(spans, st.booleans()), max_size=30)
some_stays = st.lists(st.tuples(spans, st.booleans()), min_size=1, max_size=30)
uncensored = st.lists(spans, min_size=1, max_size=30)


def written(text):
    """Tally of durations written as above."""
    words = text.split()
    return kaplan_meier(
        durations=[int(word.rstrip("+")) for word in words],
        lost=[not word.endswith("+") for word in words],
    )


def tally(rows):
    return kaplan_meier(durations=[t for t, _ in rows], lost=[gone for _, gone in rows])


def plain_curve(rows, t):
    """Share left and Greenwood's error at one time, by definition."""
    share, variance = 1.0, 0.0
    for time in sorted({u for u, gone in rows if gone and u <= t}):
        n = sum(u >= time for u, _ in rows)
        d = sum(u == time and gone for u, gone in rows)
        share *= 1 - d / n
        variance += d / (n * (n - d)) if d < n else 0.0
    return share, share * math.sqrt(variance)


def plain_log_rank(groups):
    """Losses above expectation, and their covariance, time by time."""
    k = len(groups)
    excess, covariance = np.zeros(k), np.zeros((k, k))
    for time in sorted({u for rows in groups for u, gone in rows if gone}):
        n = np.array([sum(u >= time for u, _ in rows) for rows in groups], float)
        d = np.array([sum(u == time and gone for u, gone in rows) for rows in groups], float)
        share, total = n / n.sum(), d.sum()
        excess += d - total * share
        if n.sum() > 1:
            factor = total * (n.sum() - total) / (n.sum() - 1)
            covariance += factor * (np.diag(share) - np.outer(share, share))
    return excess, covariance


class TestKaplanMeier:
    def test_published_curve(self):
        """Freireich et al. 1963, as R and textbooks have it."""
        treated = written(TREATED)
        times = [6, 7, 10, 13, 16, 22, 23]
        share = [0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179]
        error = [0.076360, 0.086935, 0.096350, 0.106815, 0.114054, 0.128234, 0.134591]
        assert treated.survival(times).round(6).tolist() == share
        assert treated.standard_error(times).round(6).tolist() == error
        for t, limits in (
            (6, (0.619718, 0.951552)),
            (10, (0.503200, 0.889362)),
            (23, (0.188052, 0.680143)),
        ):
            interval = treated.interval(t)
            assert (round(interval.low, 6), round(interval.high, 6)) == limits
        assert treated.median == 23
        interval = treated.median_interval()
        assert (interval.low, interval.high) == (13, math.inf)
        assert (treated.n_customers, treated.n_lost) == (21, 9)

    @given(some_stays, spans)
    def test_equals_the_definition(self, rows, t):
        made = tally(rows)
        share, error = plain_curve(rows, t)
        last, last_share = max(u for u, _ in rows), plain_curve(rows, 12)[0]
        if t > last and last_share > 0:
            assert math.isnan(made.survival(t))
            assert math.isnan(made.standard_error(t))
        else:
            assert made.survival(t) == pytest.approx(share, abs=1e-14)
            assert made.standard_error(t) == pytest.approx(error, abs=1e-14)

    @given(some_stays, st.floats(0, 20))
    def test_is_nan_exactly_beyond_the_last_duration_unless_nobody_is_left(self, rows, t):
        made, last = tally(rows), max(u for u, _ in rows)
        everybody_lost = all(gone for u, gone in rows if u == last)
        assert math.isnan(made.survival(t)) == (t > last and not everybody_lost)

    def test_is_nan_everywhere_without_customers(self):
        nobody = KaplanMeier()
        assert np.isnan(nobody.survival([0, 1])).all()
        assert math.isnan(nobody.median)
        assert math.isnan(nobody.restricted_mean(0))
        assert math.isnan(nobody.median_interval().low)
        assert (nobody.n_customers, nobody.n_lost) == (0, 0)

    @given(uncensored)
    def test_without_censoring_it_is_the_share_that_stays_longer(self, durations):
        made = kaplan_meier(durations=durations, lost=[True] * len(durations))
        t = np.arange(15)
        expected = (np.array(durations)[:, None] > t).mean(axis=0)
        np.testing.assert_allclose(made.survival(t), expected, atol=1e-14)
        binomial = np.sqrt(expected * (1 - expected) / len(durations))
        np.testing.assert_allclose(made.standard_error(t), binomial, atol=1e-8)
        assert made.median == sorted(durations)[(len(durations) - 1) // 2]
        mean = np.minimum(durations, 7).mean()
        assert made.restricted_mean(7) == pytest.approx(mean, abs=1e-12)

    @given(some_stays, st.floats(0, 15))
    def test_restricted_mean_is_the_area_under_the_curve(self, rows, until):
        made = tally(rows)
        cuts = np.unique([0, until, *(u for u, _ in rows if u < until)])
        area = (made.survival(cuts[:-1]) * np.diff(cuts)).sum() if cuts.size > 1 else 0.0
        unknown = math.isnan(made.survival(until))
        expected = math.nan if unknown else area
        assert made.restricted_mean(until) == pytest.approx(expected, nan_ok=True, abs=1e-12)

    @given(some_stays)
    def test_survival_never_rises_and_stays_between_0_and_1(self, rows):
        share = tally(rows).survival(np.arange(max(u for u, _ in rows) + 1))
        assert ((share >= 0) & (share <= 1)).all()
        assert (np.diff(share) <= 0).all()

    @given(some_stays, spans, confidences)
    def test_interval_holds_the_share_and_widens_with_confidence(self, rows, t, confidence):
        made = tally(rows)
        interval, share = made.interval(t, confidence), made.survival(t)
        assert math.isnan(interval.low) == math.isnan(interval.high)
        assert math.isnan(interval.low) == (not 0 < share < 1)
        if 0 < share < 1:
            assert 0 <= interval.low < share < interval.high <= 1
            wider = made.interval(t, (1 + confidence) / 2)
            assert wider.low <= interval.low
            assert wider.high >= interval.high

    @given(some_stays, st.lists(spans, max_size=5))
    def test_array_call_equals_scalar_calls(self, rows, times):
        made = tally(rows)
        np.testing.assert_array_equal(made.survival(times), [made.survival(t) for t in times])
        np.testing.assert_array_equal(
            made.standard_error(times), [made.standard_error(t) for t in times]
        )
        low, high = made.interval(times)
        np.testing.assert_array_equal(low, [made.interval(t).low for t in times])
        np.testing.assert_array_equal(high, [made.interval(t).high for t in times])
        assert not made.survival(times).flags.writeable

    @given(some_stays)
    def test_median_is_the_first_time_with_half_or_less(self, rows):
        made = tally(rows)
        reached = [u for u in range(13) if plain_curve(rows, u)[0] <= 0.5 + 1e-12]
        known = [u for u in reached if u <= max(v for v, _ in rows)]
        expected = known[0] if known else math.nan
        assert made.median == pytest.approx(expected, nan_ok=True)

    @given(some_stays, confidences)
    def test_median_interval_holds_the_median(self, rows, confidence):
        made = tally(rows)
        interval = made.median_interval(confidence)
        if math.isnan(made.median):
            assert interval.high == math.inf or made.n_lost == 0
        else:
            assert interval.low <= made.median <= interval.high

    def test_median_is_reached_by_half_of_ten(self):
        assert kaplan_meier(durations=range(1, 11), lost=[True] * 10).median == 5

    @given(some_stays, st.randoms())
    def test_order_of_customers_does_not_matter(self, rows, random):
        shuffled = random.sample(rows, len(rows))
        assert tally(shuffled) == tally(rows)

    @given(some_stays, spans)
    def test_customers_twice_leave_the_curve_and_shrink_its_error(self, rows, t):
        one, two = tally(rows), tally(rows + rows)
        assert two.survival(t) == pytest.approx(one.survival(t), nan_ok=True)
        if 0 < one.survival(t) < 1:
            ratio = one.standard_error(t) / two.standard_error(t)
            assert ratio == pytest.approx(math.sqrt(2))

    @given(some_stays, spans, st.integers(1, 1000))
    def test_unit_of_time_does_not_matter(self, rows, t, scale):
        scaled = tally([(scale * u, gone) for u, gone in rows])
        np.testing.assert_equal(scaled.survival(scale * t), tally(rows).survival(t))
        np.testing.assert_equal(scaled.median, scale * tally(rows).median)

    @given(stays, stays, stays)
    def test_tallies_of_disjoint_customers_add_up(self, first, second, third):
        whole = tally(first + second + third)
        assert tally(first) + tally(second) + tally(third) == whole
        assert sum([tally(third), tally(first), tally(second)]) == whole

    @given(stays)
    def test_the_empty_tally_is_the_identity_of_addition(self, rows):
        made = tally(rows)
        assert made + KaplanMeier() == KaplanMeier() + made == made

    @given(stays)
    def test_survives_pickling_and_hashing(self, rows):
        made = tally(rows)
        again = pickle.loads(pickle.dumps(made))
        assert again == made
        assert hash(again) == hash(made)
        assert not again.times.flags.writeable

    def test_tells_different_tallies_apart(self):
        assert written("3 4+") != written("3 4")
        assert written("3 4+") != written("3 5+")
        with pytest.raises(TypeError):
            written("3") + 1

    @pytest.mark.parametrize("wrong", [-1, math.nan, math.inf])
    def test_refuses_times_that_cannot_be(self, wrong):
        with pytest.raises(ValueError, match=r"^t must "):
            written("3 4+").survival([1, wrong])
        with pytest.raises(ValueError, match=r"^until must |^t must "):
            written("3 4+").restricted_mean(wrong)


class TestKaplanMeierFunction:
    @given(some_stays)
    def test_counts_who_is_at_risk_and_who_is_lost(self, rows):
        made = tally(rows)
        assert made.times.tolist() == sorted({u for u, _ in rows})
        for t, at_risk, events in zip(made.times, made.at_risk, made.events, strict=True):
            assert at_risk == sum(u >= t for u, _ in rows)
            assert events == sum(u == t and gone for u, gone in rows)

    def test_takes_fractions_of_a_unit(self):
        made = kaplan_meier(
            durations=np.array([0.5, -0.0, 0.5]), lost=np.array([True, False, False])
        )
        assert made.times.tolist() == [0, 0.5]
        assert made.survival(0.5) == 0.5
        assert made == kaplan_meier(durations=[0.0, 0.5, 0.5], lost=[False, True, False])

    @pytest.mark.parametrize(
        ("durations", "lost", "error", "message"),
        [
            ([3, -1], [True, True], ValueError, r"must be at least 0, got durations=-1 at index 1"),
            ([3, None], [True, True], ValueError, "durations must not be missing"),
            ([3, 4], [True], ValueError, "durations and lost must have the same length, got 2, 1"),
            ([3, 4], [1, 0], TypeError, "lost must hold truth values"),
            (["3"], [True], TypeError, "durations must hold numbers"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, durations, lost, error, message):
        with pytest.raises(error, match=message):
            kaplan_meier(durations=durations, lost=lost)

    def test_inputs_are_not_changed(self):
        durations = np.array([3.0, 1.0])
        kaplan_meier(durations=durations, lost=[True, False])
        assert durations.tolist() == [3, 1]


class TestLogRank:
    def test_published_test(self):
        """Freireich et al. 1963: 6-MP against placebo."""
        result = log_rank(written(TREATED), written(PLACEBO))
        assert round(result.statistic, 6) == 16.792941
        assert result.p_value == pytest.approx(4.1688e-05, rel=1e-4)
        assert result.degrees_of_freedom == 1
        assert result.observed == (9, 21)
        assert [round(x, 2) for x in result.expected] == [19.25, 10.75]

    @given(st.lists(stays, min_size=2, max_size=4))
    def test_equals_the_definition(self, groups):
        result = log_rank(*map(tally, groups))
        excess, covariance = plain_log_rank(groups)
        np.testing.assert_allclose(
            np.subtract(result.observed, result.expected), excess, atol=1e-10
        )
        if np.any(covariance):
            expected = excess @ np.linalg.pinv(covariance, rcond=1e-9) @ excess
            assert result.statistic == pytest.approx(expected, rel=1e-6, abs=1e-9)
            assert result.degrees_of_freedom == np.linalg.matrix_rank(covariance, tol=1e-9)
            assert 0 <= result.p_value <= 1
        else:
            assert math.isnan(result.statistic)
            assert math.isnan(result.p_value)

    @given(some_stays, some_stays)
    def test_equals_scipy_for_two_groups(self, first, second):
        stats = pytest.importorskip("scipy.stats")
        sides = [
            stats.CensoredData(
                uncensored=[u for u, gone in rows if gone],
                right=[u for u, gone in rows if not gone],
            )
            for rows in (first, second)
        ]
        result = log_rank(tally(first), tally(second))
        if not math.isnan(result.statistic):
            expected = stats.logrank(*sides)
            assert result.statistic == pytest.approx(expected.statistic**2, abs=1e-9)
            assert result.p_value == pytest.approx(expected.pvalue, abs=1e-9)

    @given(some_stays, st.integers(2, 4))
    def test_groups_that_are_alike_do_not_differ(self, rows, k):
        result = log_rank(*[tally(rows)] * k)
        if not math.isnan(result.statistic):
            assert result.statistic == pytest.approx(0, abs=1e-9)
            assert result.p_value == pytest.approx(1, abs=1e-4)

    @given(some_stays, some_stays, some_stays)
    def test_order_of_groups_does_not_matter(self, first, second, third):
        one = log_rank(tally(first), tally(second), tally(third))
        other = log_rank(tally(third), tally(first), tally(second))
        assert one.statistic == pytest.approx(other.statistic, nan_ok=True, abs=1e-9)

    @given(some_stays, some_stays)
    def test_only_the_order_of_times_matters(self, first, second):
        stretched = [[(u**3, gone) for u, gone in rows] for rows in (first, second)]
        assert log_rank(*map(tally, stretched)) == log_rank(tally(first), tally(second))

    @given(some_stays, some_stays)
    def test_a_group_without_customers_changes_nothing(self, first, second):
        pair = log_rank(tally(first), tally(second))
        more = log_rank(tally(first), KaplanMeier(), tally(second))
        assert more.statistic == pytest.approx(pair.statistic, nan_ok=True, abs=1e-9)
        assert more.degrees_of_freedom == pair.degrees_of_freedom

    def test_is_nan_where_there_is_nothing_to_judge_by(self):
        for groups in (
            (written("3+ 4+"), written("5+")),
            (written("3 3"), written("3")),
            (written("3 4"), written("2+ 2+")),
        ):
            assert math.isnan(log_rank(*groups).statistic)
            assert pickle.loads(pickle.dumps(log_rank(*groups))) == log_rank(*groups)

    def test_needs_two_tallies(self):
        with pytest.raises(ValueError, match=r"^groups must be at least two, got 1$"):
            log_rank(written("3"))
        with pytest.raises(TypeError, match=r"^groups must be of type KaplanMeier, got list$"):
            log_rank(written("3"), [3, 4])
