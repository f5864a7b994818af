import math
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, small_counts

from loyalkit.attachment import Attachment
from loyalkit.comparison import compare_groups
from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.repurchase_counts import RepurchaseByLevel, RepurchaseCounts
from loyalkit.retention import RetentionCounts

LOW, LIKE, LOVE = Attachment
counts = st.builds(
    RepurchaseCounts,
    returned=small_counts,
    stayed_away=small_counts,
    unfinished=small_counts,
    new_to_log=small_counts,
    not_in_log=small_counts,
)
tallies = st.builds(
    RepurchaseByLevel,
    low=counts,
    like=counts,
    love=counts,
    undetermined=counts,
    horizon=st.just(30),
)
judged = st.integers(0, 30).flatmap(
    lambda n: st.integers(0, n).map(lambda k: RepurchaseCounts(returned=k, stayed_away=n - k))
)


class TestRepurchaseCounts:
    @given(counts, counts, counts)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a
        assert sum([a, b, c]) == a + b + c == RepurchaseCounts() + a + b + c

    @given(counts, confidences)
    def test_rate_and_interval_are_of_those_who_can_be_judged(self, tally, confidence):
        expected = wilson_interval(
            tally.returned, tally.returned + tally.stayed_away, confidence=confidence
        )
        assert tally.interval(confidence) == expected
        assert math.isnan(tally.rate) == (tally.n == 0)
        if tally.n:
            assert tally.rate == tally.returned / tally.n

    def test_refuses_what_is_no_count(self):
        with pytest.raises(ValueError, match=r"^returned must be a whole number of at least 0"):
            RepurchaseCounts(returned=-1)
        with pytest.raises(TypeError):
            RepurchaseCounts() + 1


class TestRepurchaseByLevel:
    @given(tallies, tallies, tallies)
    def test_addition_is_that_of_the_counts(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert sum([a, b, c]) == a + b + c
        assert RepurchaseByLevel() + a == a == a + RepurchaseByLevel()
        assert (a + b).counts == {x: a.counts[x] + b.counts[x] for x in Attachment}
        assert (a + b).undetermined == a.undetermined + b.undetermined

    @pytest.mark.parametrize(
        "horizon, error", [(-3, ValueError), (1.5, ValueError), ("30", TypeError)]
    )
    def test_horizon_is_a_whole_number_of_days(self, horizon, error):
        with pytest.raises(error, match=r"^horizon must be a"):
            RepurchaseByLevel(horizon=horizon)

    def test_other_horizons_are_not_added(self):
        with pytest.raises(ValueError, match=r"^horizon must be the same .*, got 30 and 60 days$"):
            RepurchaseByLevel(horizon=60) + RepurchaseByLevel(horizon=30)
        with pytest.raises(TypeError):
            RepurchaseByLevel() + 1

    @given(tallies)
    def test_survives_pickling_and_hashing(self, tally):
        assert pickle.loads(pickle.dumps(tally)) == tally
        assert hash(attrs.evolve(tally)) == hash(tally)

    @given(judged, judged, judged, confidences)
    def test_comparison_is_that_of_groups_the_strongest_bond_first(
        self, low, like, love, confidence
    ):
        tally = RepurchaseByLevel(low=low, like=like, love=love)
        found = tally.comparison(confidence)
        assert list(found.pairs) == [(LOVE, LIKE), (LOVE, LOW), (LIKE, LOW)]
        assert found == compare_groups(
            {
                level: RetentionCounts(retained=x.returned, lost=x.stayed_away)
                for level, x in ((LOVE, love), (LIKE, like), (LOW, low))
            },
            confidence=confidence,
        )

    def test_rates_serve_the_outlook(self):
        tally = RepurchaseByLevel(love=RepurchaseCounts(returned=9, stayed_away=1, unfinished=4))
        assert tally.returned_of == {LOW: (0, 0), LIKE: (0, 0), LOVE: (9, 10)}

    def test_refuses_what_is_no_tally(self):
        with pytest.raises(TypeError, match=r"^love must be of type RepurchaseCounts, got int$"):
            RepurchaseByLevel(love=3)


class TestTrend:
    @given(judged, judged, confidences)
    def test_of_two_neighbours_is_their_difference(self, weaker, stronger, confidence):
        for names in (("low", "like"), ("like", "love")):
            tally = RepurchaseByLevel(**dict(zip(names, (weaker, stronger), strict=True)))
            trend = tally.trend(confidence)
            expected = newcombe_difference(
                stronger.returned, stronger.n, weaker.returned, weaker.n, confidence=confidence
            )
            for mine, theirs in (
                (trend.estimate, expected.estimate),
                (trend.interval.low, expected.interval.low),
                (trend.interval.high, expected.interval.high),
                (trend.p_value, expected.p_value),
            ):
                assert mine == pytest.approx(theirs, nan_ok=True, abs=1e-9)

    @given(judged, judged, judged)
    def test_is_a_line_by_least_squares(self, low, like, love):
        tally = RepurchaseByLevel(low=low, like=like, love=love)
        groups = [(int(level), x) for level, x in tally.counts.items() if x.n]
        if len(groups) < 2:
            assert math.isnan(tally.trend().estimate)
            assert math.isnan(tally.trend().p_value)
            return
        levels = np.repeat([t for t, _ in groups], [x.n for _, x in groups])
        came = np.concatenate([[1] * x.returned + [0] * x.stayed_away for _, x in groups])
        slope = np.polyfit(levels, came, 1)[0]
        trend = tally.trend()
        assert trend.estimate == pytest.approx(slope, abs=1e-9)
        assert trend.interval.low <= trend.estimate + 1e-12
        assert trend.estimate <= trend.interval.high + 1e-12
        # The chi-square of the trend is n times the squared correlation.
        if came.min() < came.max():
            squared = np.corrcoef(levels, came)[0, 1] ** 2 * len(came)
            assert trend.p_value == pytest.approx(math.erfc(math.sqrt(squared / 2)), rel=1e-6)
        else:
            assert trend.p_value == 1
        assert trend.test == "Cochran-Armitage test for trend"

    @given(judged, judged, judged)
    def test_turns_round_with_the_levels(self, low, like, love):
        there = RepurchaseByLevel(low=low, like=like, love=love).trend()
        back = RepurchaseByLevel(low=love, like=like, love=low).trend()
        assert back.estimate == pytest.approx(-there.estimate, nan_ok=True, abs=1e-12)
        assert back.interval.low == pytest.approx(-there.interval.high, nan_ok=True, abs=1e-12)
        assert back.p_value == pytest.approx(there.p_value, nan_ok=True)
