import itertools
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import confidences, small_counts

from loyalkit.earned_advocacy import EarnedAdvocacy
from loyalkit.net_scores import net_score_difference, net_score_interval

acts = st.sampled_from([True, False, None])
people = st.lists(st.tuples(acts, acts), max_size=4)
names = ("recommended", "warned", "both", "neither")
others = ("maybe_recommended", "maybe_warned", "unknown")
tallies = st.builds(EarnedAdvocacy, **dict.fromkeys((*names, *others), small_counts))
known_tallies = st.builds(EarnedAdvocacy, **dict.fromkeys(names, small_counts))


def from_pairs(pairs):
    recommended, warned = zip(*pairs, strict=True) if pairs else ((), ())
    return EarnedAdvocacy.from_answers(recommended, warned)


def completions(pairs):
    """Everything that the people may have done."""
    options = ([x] if x is not None else [True, False] for pair in pairs for x in pair)
    for done in itertools.product(*options):
        yield from_pairs(list(zip(done[::2], done[1::2], strict=True)))


def triple(tally):
    return tally.warned, tally.both + tally.neither, tally.recommended


class TestEarnedAdvocacy:
    def test_worked_example(self):
        # 16 of 100 who both count for nothing; shares that overlap are not what is netted.
        found = EarnedAdvocacy(recommended=54, warned=2, both=16, neither=28)
        assert (found.n, found.score, found.bounds) == (100, 52, (52, 52))

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20))
    def test_counts_one_by_one(self, pairs):
        found = from_pairs(pairs)
        assert found.recommended == pairs.count((True, False))
        assert found.warned == pairs.count((False, True))
        assert found.both == pairs.count((True, True))
        assert found.neither == pairs.count((False, False))
        assert found.n == len(pairs)

    @given(people)
    def test_bounds_are_those_of_everything_people_may_have_done(self, pairs):
        found = from_pairs(pairs)
        assert found.n == len(pairs)
        scores = [done.score for done in completions(pairs)]
        assert found.bounds == pytest.approx((min(scores), max(scores)), nan_ok=True)
        if pairs:
            assert found.bounds[0] <= found.score <= found.bounds[1]

    @given(tallies)
    def test_is_nan_exactly_without_people(self, found):
        figures = found.score, *found.bounds, found.interval().low, found.interval().high
        assert [math.isnan(x) for x in figures] == [found.n == 0] * 5

    @given(tallies, tallies, tallies)
    def test_addition_is_associative_commutative_and_has_a_neutral_element(self, a, b, c):
        assert (a + b) + c == a + (b + c) == sum([c, b, a])
        assert a + EarnedAdvocacy() == a

    def test_survives_pickling_and_refuses_other_things(self):
        found = EarnedAdvocacy(recommended=1, unknown=2.0)
        assert pickle.loads(pickle.dumps(found)) == found
        with pytest.raises(TypeError, match="unsupported operand"):
            found + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1 + found
        with pytest.raises(TypeError, match="other must be of type EarnedAdvocacy, got int"):
            found.difference(1)
        with pytest.raises(ValueError, match="warned must be a whole number of at least 0"):
            EarnedAdvocacy(warned=-1)
        with pytest.raises(ValueError, match="recommended and warned must have the same length"):
            EarnedAdvocacy.from_answers([True], [True, False])
        with pytest.raises(ValueError, match="warned must be true or false, or unknown"):
            EarnedAdvocacy.from_answers([True], [2])


class TestInterval:
    @given(known_tallies, confidences)
    def test_is_that_of_a_net_score_where_everything_is_known(self, found, confidence):
        d, s, p = triple(found)
        expected = net_score_interval(detractors=d, passives=s, promoters=p, confidence=confidence)
        assert found.interval(confidence) == expected
        assert found.interval().bounds == (-100, 100)

    @settings(max_examples=60)
    @given(people)
    def test_covers_everything_people_may_have_done_and_no_more(self, pairs):
        found = from_pairs(pairs).interval()
        intervals = [done.interval() for done in completions(pairs)]
        low, high = min(x.low for x in intervals), max(x.high for x in intervals)
        assert (found.low, found.high) == pytest.approx((low, high), nan_ok=True)


class TestDifference:
    @given(known_tallies, known_tallies, confidences)
    def test_is_that_of_net_scores_where_everything_is_known(self, first, second, confidence):
        expected = net_score_difference(triple(first), triple(second), confidence=confidence)
        found = first.difference(second, confidence)
        assert found.interval == expected.interval
        assert found.p_value == pytest.approx(expected.p_value, nan_ok=True)
        assert found.estimate == pytest.approx(expected.estimate, nan_ok=True)
        assert found.test == expected.test
        assert found.interval.bounds == (-200, 200)

    @settings(max_examples=30)
    @given(people.filter(bool), known_tallies.filter(lambda x: x.n))
    def test_covers_everything_people_may_have_done(self, pairs, other):
        first = from_pairs(pairs)
        found, turned = first.difference(other), other.difference(first)
        for done in completions(pairs):
            interval = done.difference(other).interval
            assert found.interval.low <= interval.low + 1e-9
            assert found.interval.high >= interval.high - 1e-9
        assert turned.interval.low == pytest.approx(-found.interval.high)
        assert turned.interval.high == pytest.approx(-found.interval.low)
        assert turned.p_value == pytest.approx(found.p_value)

    def test_who_did_not_answer_counts_against_a_difference(self):
        north = EarnedAdvocacy(recommended=60, neither=40)
        south = EarnedAdvocacy(recommended=20, neither=60, unknown=20)
        difference = north.difference(south)
        assert difference.estimate == 40
        assert difference.verdict() == "above"
        best = EarnedAdvocacy(recommended=40, neither=60)
        assert difference.p_value == north.difference(best).p_value
        assert north.difference(EarnedAdvocacy(recommended=20, unknown=80)).p_value == 1
