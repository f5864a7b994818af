import pickle
from enum import IntEnum

import numpy as np
import pytest
from evidence_strategies import (
    PIECES,
    Answer,
    Mood,
    combinations,
    completions,
    first_rule,
    labels_left,
    patterns_of,
    rule_tables,
    rules_left,
)
from hypothesis import given

from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece
from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.rules import Rule, RuleTable


def rules_with(**changes):
    """Two rules about rain, the first of them changed."""
    first = {"id": "1", "when": {"rain": True}, "label": Answer.STAY, "why": "Wet"} | changes
    return [Rule(**first), Rule(id="2", when={}, label=Answer.GO, why="Dry")]


class TestRule:
    def test_one_value_or_several_may_be_allowed(self):
        rule = Rule(id="1", when={"rain": True, "mood": {2, 1}}, label=Answer.GO, why="")
        assert rule.when == (("rain", (1,)), ("mood", (1, 2)))

    @pytest.mark.parametrize("allowed", ["yes", 0.5, ["yes"], None])
    def test_refuses_values_that_are_neither_truth_nor_level(self, allowed):
        with pytest.raises(TypeError, match="rain must be a value or a collection of values, got"):
            Rule(id="1", when={"rain": allowed}, label=Answer.GO, why="")

    def test_compares_and_hashes_by_value(self):
        first, second = (
            Rule(id="1", when={"mood": [1, 2]}, label=Answer.GO, why="", interpretation={})
            for _ in range(2)
        )
        assert first == second
        assert len({first, second}) == 1


class TestRuleTable:
    @given(rule_tables())
    def test_first_rule_that_holds_decides(self, table):
        plain = [first_rule(table, c) for c in combinations(table.pieces)]
        assert table.rows.ravel().tolist() == plain
        assert table.label_rows.ravel().tolist() == [table.rules[row].label for row in plain]

    @given(rule_tables())
    def test_every_pattern_equals_its_completions(self, table):
        rows, labels = table.settle(table.rows), table.settle(table.label_rows)
        possible = table.possible()
        assert table.n_patterns == 3 * 4 * 4
        for place, pattern in enumerate(patterns_of(table.pieces)):
            found, answers = rules_left(table, pattern), labels_left(table, pattern)
            left = zip(Answer, possible[:, place], strict=True)
            assert {label for label, is_left in left if is_left} == answers
            assert rows[place] == (found.pop() if len(found) == 1 else -1)
            assert labels[place] == (answers.pop() if len(answers) == 1 else -1)

    @given(rule_tables())
    def test_certain_is_what_holds_in_every_completion(self, table):
        good = np.indices(table.rows.shape)[2] == 2
        certain, possible = (table.widen(good, f) for f in (np.logical_and, np.logical_or))
        for place, pattern in enumerate(patterns_of(table.pieces)):
            found = [c[2] == Mood.GOOD for c in completions(table, pattern)]
            assert (certain[place], possible[place]) == (all(found), any(found))

    def test_interpreted_is_where_the_row_and_its_further_condition_hold(self):
        rules = rules_with(interpretation={"mood": [Mood.BAD, Mood.GOOD], "score": (2, 3)})
        interpreted = RuleTable(rules, PIECES).interpreted.ravel()
        for found, (rain, score, mood) in zip(interpreted, combinations(PIECES), strict=True):
            assert found == (rain == 1 and mood != 1 and score != 4)

    @given(rule_tables())
    def test_compares_hashes_and_pickles_by_value(self, table):
        again = pickle.loads(pickle.dumps(table))
        assert again == table
        assert hash(again) == hash(table)
        assert np.array_equal(again.rows, table.rows)
        assert not again.rows.flags.writeable

    def test_names_the_first_combination_without_a_rule(self):
        rules = rules_with()[:1]
        with pytest.raises(
            ValueError,
            match=r"must cover .*: add one for rain=no, score=2, mood=BAD, got rules=\('1',\)",
        ):
            RuleTable(rules, PIECES)
        rules.append(Rule(id="2", when={"mood": (0, 2)}, label=Answer.GO, why=""))
        with pytest.raises(ValueError, match="add one for rain=no, score=2, mood=FAIR"):
            RuleTable(rules, PIECES)

    def test_names_the_rule_that_is_never_reached(self):
        late = Rule(id="late", when={"rain": True, "score": 3}, label=Answer.GO, why="")
        first, last = rules_with()
        with pytest.raises(ValueError, match=r"must all be reachable.*got rules='late' at index 1"):
            RuleTable([first, late, last], PIECES)
        with pytest.raises(ValueError, match=r"must all be reachable.*got rules='1' at index 0"):
            RuleTable(rules_with(when={"mood": []}), PIECES)

    @pytest.mark.parametrize(
        "changes, message",
        [
            ({"when": {"snow": True}}, "rules must ask about rain, score, mood, got rules='snow'"),
            ({"when": {"mood": 3}}, r"values of mood from 0 to 2, got rules=\(3,\) at index 1"),
            ({"when": {"rain": -1}}, "values of rain from 0 to 1"),
            ({"when": {"score": (2, 1)}}, r"values of score from 2 to 4, got rules=\(1, 2\) at"),
            ({"interpretation": {"snow": True}}, "rules must ask about"),
            ({"id": "2"}, "rules must have different ids, got rules='2' at index 1"),
        ],
    )
    def test_says_which_rule_is_wrong(self, changes, message):
        with pytest.raises(ValueError, match=message):
            RuleTable(rules_with(**changes), PIECES)

    def test_refuses_labels_of_two_kinds(self):
        with pytest.raises(TypeError, match="rules must all give a Segment, got <Answer"):
            RuleTable(rules_with(label=Segment.CORE), PIECES)

    @pytest.mark.parametrize("value", [-1, 128])
    def test_refuses_labels_that_are_no_codes(self, value):
        wide = IntEnum("wide", {"A": value})
        with pytest.raises(ValueError, match="labels must have values from 0 to 127, got labels="):
            RuleTable([Rule(id="1", when={}, label=wide.A, why="")], PIECES)

    def test_refuses_what_is_no_rule(self):
        with pytest.raises(TypeError, match="rules must be of type Rule, got dict"):
            RuleTable([{"rain": True}], PIECES)

    @pytest.mark.parametrize("pieces", [[], [PIECES[0], EvidencePiece("rain", Mood)]])
    def test_refuses_pieces_that_cannot_be_told_apart(self, pieces):
        with pytest.raises(ValueError, match="pieces must have different names, and be one at"):
            RuleTable(rules_with(), pieces)

    def test_refuses_an_empty_table(self):
        with pytest.raises(ValueError, match="rules must not be empty"):
            RuleTable([], PIECES)

    def test_refuses_more_patterns_than_fit(self):
        pieces = [EvidencePiece(f"p{i}", bool) for i in range(11)]
        with pytest.raises(ValueError, match="pieces must make at most 65536 patterns"):
            RuleTable([Rule(id="1", when={}, label=Answer.GO, why="")], pieces)

    def test_patterns_are_numbered_with_the_last_piece_varying_fastest(self):
        rows = np.array(patterns_of(LOYALTY_EVIDENCE), np.int8).T
        evidence = Evidence(**{p.name: x for p, x in zip(LOYALTY_EVIDENCE, rows, strict=True)})
        assert LOYALTY_RULES.patterns(evidence).tolist() == list(range(972))

    def test_patterns_do_not_depend_on_the_block(self):
        levels = np.random.default_rng(1).integers(-1, 3, 300_000).astype(np.int8)
        found = LOYALTY_RULES.patterns(Evidence(attachment=levels, buys_regularly=True))
        assert np.array_equal(found, 2 * 324 + (levels.astype(int) + 1) * 81)

    def test_patterns_are_refused_for_other_pieces(self):
        table = RuleTable(rules_with(), PIECES)
        message = "evidence must be about the pieces of the rules, rain, score, mood, got evidence"
        with pytest.raises(ValueError, match=message):
            table.patterns(Evidence())
