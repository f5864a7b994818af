import math
import pickle

import numpy as np
import pytest
from evidence_strategies import (
    PIECES,
    Answer,
    evidence_of,
    labels_left,
    rules_left,
    tables_and_customers,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.questions import next_questions
from loyalkit.rule_assignment import assign_labels
from loyalkit.rule_counts import RuleCounts
from loyalkit.rules import Rule, RuleTable

RAIN = RuleTable(
    [
        Rule(id="wet", when={"rain": True}, label=Answer.STAY, why="Wet"),
        Rule(id="dry", when={}, label=Answer.GO, why="Dry"),
    ],
    PIECES,
)
WET, DRY, UNKNOWN = (1, -1, -1), (0, -1, -1), (-1, -1, -1)


def counts_of(table, rows):
    return assign_labels(evidence_of(table, rows), table).tally()


@st.composite
def split_customers(draw):
    table, rows = draw(tables_and_customers())
    groups = draw(st.lists(st.sampled_from("abc"), min_size=len(rows), max_size=len(rows)))
    return table, rows, groups


class TestRuleCounts:
    @given(tables_and_customers())
    def test_counts_equal_counting_customer_by_customer(self, given):
        table, rows = given
        counts = counts_of(table, rows)
        left = [labels_left(table, row) for row in rows]
        assert counts.n == len(rows)
        assert counts.n_undetermined == sum(len(x) > 1 for x in left)
        assert list(counts.bounds) == list(Answer)
        for label, bounds in counts.bounds.items():
            assert bounds == (sum(x == {label} for x in left), sum(label in x for x in left))
            assert counts.counts[label] == bounds[0]
            if rows:
                assert counts.shares[label] == bounds[0] / len(rows)
        rules = [rules_left(table, row) for row in rows]
        for row, rule in enumerate(table.rules):
            assert counts.rule_counts[rule.id] == sum(x == {row} for x in rules)

    @given(split_customers())
    def test_groups_add_up_to_all(self, given):
        table, rows, groups = given
        assignment = assign_labels(evidence_of(table, rows), table)
        by_group = assignment.by_group(groups)
        assert list(by_group) == sorted(set(groups))
        for group, counts in by_group.items():
            own = [row for row, x in zip(rows, groups, strict=True) if x == group]
            assert counts == counts_of(table, own)
        if rows:
            assert sum(by_group.values()) == assignment.tally()

    @given(tables_and_customers(), st.integers(0, 12), st.integers(0, 12))
    def test_addition_is_that_of_a_tally(self, given, first, second):
        table, rows = given
        low, high = sorted((first, second))
        a, b, c = (counts_of(table, x) for x in (rows[:low], rows[low:high], rows[high:]))
        assert (a + b) + c == a + (b + c) == counts_of(table, rows)
        assert a + b == b + a
        assert a + RuleCounts(table) == a

    @given(tables_and_customers())
    def test_questions_equal_those_about_the_evidence(self, given):
        table, rows = given
        evidence = evidence_of(table, rows)
        asked = assign_labels(evidence, table).tally().next_questions(answer_shares="uniform")
        assert asked == next_questions(evidence, rules=table, answer_shares="uniform")
        plain = counts_of(table, rows).next_questions()
        assert all(math.isnan(question.expected) for question in plain)

    @given(tables_and_customers(), confidences)
    def test_interval_runs_from_the_fewest_to_the_most(self, given, confidence):
        table, rows = given
        counts = counts_of(table, rows)
        for label, bounds in counts.bounds.items():
            ends = [wilson_interval(k, len(rows), confidence=confidence) for k in bounds]
            interval = counts.interval(label, confidence=confidence)
            assert math.isnan(interval.low) == (not rows)
            if rows:
                assert (interval.low, interval.high) == (ends[0].low, ends[1].high)

    def test_difference_of_settled_groups_is_newcombes(self):
        here, there = counts_of(RAIN, [WET] * 30 + [DRY] * 10), counts_of(RAIN, [WET, DRY] * 15)
        found = here.difference(there, Answer.STAY, confidence=0.9)
        assert found == newcombe_difference(30, 40, 15, 30, confidence=0.9)
        assert found.estimate == pytest.approx(0.25)

    def test_difference_of_open_groups_allows_for_every_answer(self):
        here = counts_of(RAIN, [WET] * 30 + [UNKNOWN] * 10)
        there = counts_of(RAIN, [DRY] * 40)
        found = here.difference(there, Answer.STAY)
        assert found.estimate == 0.75
        assert found.p_value == newcombe_difference(30, 40, 0, 40).p_value
        assert math.isnan(RuleCounts(RAIN).difference(there, Answer.GO).estimate)
        assert found.interval.low == newcombe_difference(30, 40, 0, 40).interval.low
        assert found.interval.high == newcombe_difference(40, 40, 0, 40).interval.high

    def test_nobody_at_all(self):
        nobody = RuleCounts(RAIN)
        assert (nobody.n, nobody.bounds[Answer.GO]) == (0, (0, 0))
        assert math.isnan(nobody.shares[Answer.GO])
        assert sum([nobody]) == nobody

    def test_takes_counts_that_an_engine_made(self):
        """Wet is 2, the last of the values of rain with 4 x 4 patterns below each."""
        counts = RuleCounts(RAIN, {32: np.int64(7), 16: 3, 0: 0})
        assert counts.counts == {Answer.STAY: 7, Answer.GO: 3, Answer.ASK: 0}
        assert counts.customers == ((16, 3), (32, 7))
        assert repr(counts) == "RuleCounts(STAY=7, GO=3, ASK=0)"
        assert repr(RuleCounts(RAIN, {0: 2})) == "RuleCounts(STAY=0, GO=0, ASK=0, undetermined=2)"

    def test_survives_pickling_and_hashing(self):
        counts = RuleCounts(RAIN, {32: 7})
        assert len({counts, pickle.loads(pickle.dumps(counts))}) == 1

    def test_refuses_other_tables(self):
        mine, other = RuleCounts(RAIN, {0: 1}), RuleCounts(LOYALTY_RULES, {0: 1})
        with pytest.raises(ValueError, match="other must be counted by the same table, got other="):
            mine + other
        with pytest.raises(ValueError, match="other must be counted by the same table"):
            mine.difference(other, Answer.GO)
        with pytest.raises(TypeError):
            mine + 1
        with pytest.raises(TypeError):
            1 + mine

    @pytest.mark.parametrize(
        ("customers", "message"),
        [
            ({48: 1}, "customers must have patterns below 48, got customers=48"),
            ({0: -1}, "customers must be a whole number of at least 0, got customers=-1"),
            ({-1: 1}, "customers must be a whole number of at least 0, got customers=-1"),
        ],
    )
    def test_says_which_count_is_wrong(self, customers, message):
        with pytest.raises(ValueError, match=message):
            RuleCounts(RAIN, customers)

    def test_refuses_a_label_of_another_kind(self):
        with pytest.raises(TypeError, match="label must be one of Answer, got <Segment.CORE"):
            RuleCounts(RAIN).interval(Segment.CORE)

    def test_counts_that_leave_int64_together_are_refused(self):
        half = RuleCounts(LOYALTY_RULES, {0: 2**62})
        assert half.bounds[Segment.CORE] == (0, 2**62)
        message = "customers must be less than 2\\*\\*63 in all, got customers=9223372036854775808"
        with pytest.raises(ValueError, match=message):
            half + RuleCounts(LOYALTY_RULES, {1: 2**62})
