import itertools
import math
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, fractions, small_counts

from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.satisfied_lost import (
    QUOTED_SATISFIED_AMONG_LOST,
    SatisfactionLosses,
    lost_among_satisfied,
    satisfied_among_lost,
)

FIELDS = [field.name for field in attrs.fields(SatisfactionLosses)]
known = st.builds(
    SatisfactionLosses, **dict.fromkeys([x for x in FIELDS if "unknown" not in x], small_counts)
)
losses = st.builds(SatisfactionLosses, **dict.fromkeys(FIELDS, st.integers(0, 4)))
inner = st.floats(0.01, 0.99)
RATES = ("satisfied_among_lost", "lost_among_satisfied", "lost_among_dissatisfied")


def completions(counts):
    """All that the customers of unknown satisfaction may turn out to be."""
    for lost, kept in itertools.product(
        range(counts.unknown_lost + 1), range(counts.unknown_kept + 1)
    ):
        yield SatisfactionLosses(
            satisfied_lost=counts.satisfied_lost + lost,
            satisfied_kept=counts.satisfied_kept + kept,
            dissatisfied_lost=counts.dissatisfied_lost + counts.unknown_lost - lost,
            dissatisfied_kept=counts.dissatisfied_kept + counts.unknown_kept - kept,
        )


class TestSatisfiedAmongLost:
    @given(known)
    def test_turns_the_rates_of_counts_into_one_another(self, counts):
        satisfied = counts.satisfied_lost + counts.satisfied_kept
        dissatisfied = counts.n - satisfied
        if not (satisfied and dissatisfied):
            return
        found = satisfied_among_lost(
            lost_among_satisfied=counts.lost_among_satisfied,
            lost_among_dissatisfied=counts.lost_among_dissatisfied,
            satisfied=satisfied / counts.n,
        )
        assert found == pytest.approx(counts.satisfied_among_lost, nan_ok=True)
        lost = counts.satisfied_lost + counts.dissatisfied_lost
        if lost:
            back = lost_among_satisfied(
                satisfied_among_lost=found, satisfied=satisfied / counts.n, lost=lost / counts.n
            )
            assert back == pytest.approx(counts.lost_among_satisfied)

    @given(fractions, fractions, fractions)
    def test_is_nan_exactly_where_nobody_is_lost(self, rate, other, share):
        found = satisfied_among_lost(
            lost_among_satisfied=rate, lost_among_dissatisfied=other, satisfied=share
        )
        assert math.isnan(found) == (share * rate + (1 - share) * other == 0)
        assert math.isnan(found) or 0 <= found <= 1

    @given(inner, inner)
    def test_is_their_share_of_all_where_satisfaction_makes_no_difference(self, rate, share):
        found = satisfied_among_lost(
            lost_among_satisfied=rate, lost_among_dissatisfied=rate, satisfied=share
        )
        assert found == pytest.approx(share)

    def test_array_call_equals_scalar_calls(self):
        rates = [0.0, 0.1, 0.5]
        found = satisfied_among_lost(
            lost_among_satisfied=rates, lost_among_dissatisfied=0.3, satisfied=0.8
        )
        assert found.tolist() == [
            satisfied_among_lost(lost_among_satisfied=x, lost_among_dissatisfied=0.3, satisfied=0.8)
            for x in rates
        ]
        assert not found.flags.writeable

    def test_the_quoted_range_says_nothing_against_satisfaction(self):
        """As the caveat says: four in five satisfied, and a risk less than half."""
        shares = [
            satisfied_among_lost(
                lost_among_satisfied=0.1, lost_among_dissatisfied=0.1 * ratio, satisfied=0.8
            )
            for ratio in (2.5, 1)
        ]
        assert shares[0] >= QUOTED_SATISFIED_AMONG_LOST.low
        assert shares[1] == pytest.approx(QUOTED_SATISFIED_AMONG_LOST.high)

    def test_says_which_rate_is_wrong(self):
        with pytest.raises(ValueError, match="satisfied must be a fraction from 0 to 1: 0.85 for"):
            satisfied_among_lost(
                lost_among_satisfied=0.1, lost_among_dissatisfied=0.3, satisfied=85
            )


class TestLostAmongSatisfied:
    @given(inner, inner, inner)
    def test_both_groups_make_up_the_loss(self, rate, other, share):
        lost = share * rate + (1 - share) * other
        among = share * rate / lost
        first = lost_among_satisfied(satisfied_among_lost=among, satisfied=share, lost=lost)
        second = lost_among_satisfied(
            satisfied_among_lost=1 - among, satisfied=1 - share, lost=lost
        )
        assert (first, second) == (pytest.approx(rate), pytest.approx(other))

    def test_is_nan_exactly_where_nobody_was_satisfied(self):
        found = lost_among_satisfied(
            satisfied_among_lost=[0, 0, 1], satisfied=[0, 0.5, 1], lost=0.2
        )
        assert np.isnan(found).tolist() == [True, False, False]

    @pytest.mark.parametrize(
        ("share", "message"),
        [
            (0.9, "the satisfied among the lost must not be more than the satisfied, got satis"),
            (0.1, "the dissatisfied among the lost must not be more than the dissatisfied"),
        ],
    )
    def test_refuses_rates_that_cannot_be(self, share, message):
        with pytest.raises(ValueError, match=message):
            lost_among_satisfied(satisfied_among_lost=share, satisfied=0.5, lost=0.6)

    def test_rounding_is_no_contradiction(self):
        assert lost_among_satisfied(satisfied_among_lost=1, satisfied=0.3, lost=0.1 + 0.2) == 1


class TestQuotedRange:
    def test_carries_source_and_caveat(self):
        assert "Reichheld" in QUOTED_SATISFIED_AMONG_LOST.source
        assert QUOTED_SATISFIED_AMONG_LOST.caveat.startswith("Not confirmed")


class TestSatisfactionLosses:
    def test_worked_example(self):
        counts = SatisfactionLosses.from_customers(
            satisfied=[True, 1, False, None, np.nan, -1, True], lost=[1 > 0] * 4 + [False] * 3
        )
        assert counts == SatisfactionLosses(
            satisfied_lost=2,
            satisfied_kept=1,
            dissatisfied_lost=1,
            unknown_lost=1,
            unknown_kept=2,
        )

    @given(losses)
    def test_counts_equal_counting_customers(self, counts):
        rows = [
            (said, gone)
            for said, gone, number in zip(
                [True, True, False, False, None, None],
                [True, False] * 3,
                attrs.astuple(counts),
                strict=True,
            )
            for _ in range(number)
        ]
        assert (
            SatisfactionLosses.from_customers(
                satisfied=[x for x, _ in rows], lost=np.array([x for _, x in rows], bool)
            )
            == counts
        )

    @given(losses, losses, losses)
    def test_addition_is_that_of_a_tally(self, a, b, c):
        assert (a + b) + c == a + (b + c) == sum([a, b, c])
        assert a + b == b + a
        assert a + SatisfactionLosses() == a
        assert (a + b).n == a.n + b.n

    @given(losses, confidences)
    def test_intervals_reach_as_far_as_the_unknown_allow(self, counts, confidence):
        for rate in RATES:
            interval = counts.interval(rate, confidence=confidence)
            found = [x.interval(rate, confidence=confidence) for x in completions(counts)]
            ends = [x for x in found if not math.isnan(x.low)]
            assert math.isnan(interval.low) == math.isnan(interval.high)
            if math.isnan(interval.low):
                assert len(ends) < len(found)
                continue
            assert interval.low == pytest.approx(min(x.low for x in ends), abs=1e-12)
            assert interval.high == pytest.approx(max(x.high for x in ends), abs=1e-12)
            value = getattr(counts, rate)
            assert math.isnan(value) or value in interval

    def test_is_nan_where_the_unknown_decide_whether_there_is_a_rate(self):
        kept, lost = SatisfactionLosses(unknown_kept=3), SatisfactionLosses(unknown_lost=3)
        for counts in (kept, lost):
            for rate in RATES[1:]:
                interval = counts.interval(rate)
                assert math.isnan(interval.low)
                assert math.isnan(interval.high)
        assert lost.interval().width == 1

    @given(losses)
    def test_comparisons_reach_as_far_as_the_unknown_allow(self, counts):
        difference, ratio = counts.risk_difference(), counts.relative_risk()
        compared = not math.isnan(difference.estimate)
        rates = (counts.lost_among_satisfied, counts.lost_among_dissatisfied)
        assert compared == (not any(map(math.isnan, rates)))
        assert math.isnan(ratio.interval.low) == (not compared)
        if not compared:
            return
        every = list(completions(counts))
        lows = [x.risk_difference().interval.low for x in every]
        assert difference.interval.low == pytest.approx(min(lows), abs=1e-12)
        assert ratio.interval.low == pytest.approx(
            min(x.relative_risk().interval.low for x in every), abs=1e-12
        )
        highs = [x.relative_risk().interval.high for x in every]
        assert ratio.interval.high == pytest.approx(max(highs), rel=1e-12)

    @given(known, confidences)
    def test_known_satisfaction_gives_the_usual_intervals(self, counts, confidence):
        parts = {
            "satisfied_among_lost": (counts.satisfied_lost, counts.dissatisfied_lost),
            "lost_among_satisfied": (counts.satisfied_lost, counts.satisfied_kept),
            "lost_among_dissatisfied": (counts.dissatisfied_lost, counts.dissatisfied_kept),
        }
        for rate, (part, rest) in parts.items():
            expected = wilson_interval(part, part + rest, confidence=confidence)
            assert counts.interval(rate, confidence=confidence) == expected
            value = getattr(counts, rate)
            assert math.isnan(value) == (part + rest == 0)
            assert math.isnan(value) or value == part / (part + rest)
        first, second = parts["lost_among_dissatisfied"], parts["lost_among_satisfied"]
        if sum(first) and sum(second):
            assert counts.risk_difference(confidence) == newcombe_difference(
                first[0], sum(first), second[0], sum(second), confidence=confidence
            )

    @given(known, confidences)
    def test_relative_risk_is_in_its_interval(self, counts, confidence):
        ratio = counts.relative_risk(confidence)
        assert ratio.interval.confidence == confidence
        if math.isnan(ratio.estimate):
            return
        assert 0 <= ratio.interval.low <= ratio.estimate * (1 + 1e-12)
        assert ratio.interval.high >= ratio.estimate * (1 - 1e-12)
        assert (ratio.interval.low == 0) == (counts.dissatisfied_lost == 0)

    @given(known)
    def test_relative_risk_turns_round_with_its_groups(self, counts):
        turned = SatisfactionLosses(
            satisfied_lost=counts.dissatisfied_lost,
            satisfied_kept=counts.dissatisfied_kept,
            dissatisfied_lost=counts.satisfied_lost,
            dissatisfied_kept=counts.satisfied_kept,
        )
        there, back = counts.relative_risk(), turned.relative_risk()
        if counts.satisfied_lost and counts.dissatisfied_lost:
            assert there.interval.low == pytest.approx(1 / back.interval.high)
            assert there.interval.high == pytest.approx(1 / back.interval.low)
            assert there.p_value == pytest.approx(back.p_value)

    def test_relative_risk_without_a_lost_satisfied_customer(self):
        ratio = SatisfactionLosses(
            satisfied_kept=50, dissatisfied_lost=10, dissatisfied_kept=10
        ).relative_risk()
        assert math.isnan(ratio.estimate)
        assert (ratio.interval.low > 1, ratio.interval.high) == (True, math.inf)
        assert ratio.verdict(1) == "above"

    def test_survives_pickling_and_hashing(self):
        counts = SatisfactionLosses(satisfied_lost=2, unknown_kept=3)
        assert len({counts, pickle.loads(pickle.dumps(counts))}) == 1

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="unknown_lost must be a whole number of at least 0"):
            SatisfactionLosses(unknown_lost=-1)
        with pytest.raises(ValueError, match="lost must not be missing, got lost=None at index 1"):
            SatisfactionLosses.from_customers(satisfied=[1, 0], lost=[True, None])
        with pytest.raises(ValueError, match="satisfied and lost must have the same length"):
            SatisfactionLosses.from_customers(satisfied=[1, 0], lost=[True])
        with pytest.raises(ValueError, match="rate must be one of 'satisfied_among_lost', 'lost_a"):
            SatisfactionLosses().interval("lost")
        with pytest.raises(TypeError):
            SatisfactionLosses() + 1
