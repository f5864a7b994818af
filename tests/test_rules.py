import itertools
import pickle
from enum import IntEnum

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece
from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.rules import Rule, RuleTable, look_up, tally

Mood = IntEnum("Mood", {"BAD": 0, "FAIR": 1, "GOOD": 2})
Answer = IntEnum("Answer", {"STAY": 0, "GO": 1, "ASK": 2})
PIECES = (EvidencePiece("rain", bool), EvidencePiece("mood", Mood), EvidencePiece("late", bool))


@st.composite
def rule_tables(draw, pieces=PIECES):
    """Random rules, of which those that are never reached are left out, and a last resort."""
    read_as = draw(st.tuples(*(st.sampled_from([None, 0, 1]) for _ in pieces)))
    pieces = [attrs.evolve(p, when_unknown=w) for p, w in zip(pieces, read_as, strict=True)]
    conditions = st.fixed_dictionaries(
        {},
        optional={
            piece.name: st.sets(st.integers(0, piece.n_values - 1), min_size=1) for piece in pieces
        },
    )
    rules, covered = [], set()
    for when in [*draw(st.lists(conditions, max_size=6)), {}]:
        new = {c for c in combinations(pieces) if holds(when, pieces, c)} - covered
        if new:
            label = draw(st.sampled_from(Answer))
            rules.append(Rule(id=str(len(rules)), when=when, label=label, why="Chance"))
        covered |= new
    return RuleTable(rules, pieces)


def combinations(pieces):
    return list(itertools.product(*(range(piece.n_values) for piece in pieces)))


def holds(when, pieces, combination):
    values = {piece.name: v for piece, v in zip(pieces, combination, strict=True)}
    return all(values[name] in allowed for name, allowed in dict(when).items())


def first_rule(table, combination):
    return next(
        i for i, rule in enumerate(table.rules) if holds(rule.when, table.pieces, combination)
    )


def completions(table, pattern):
    """All combinations that a pattern (-1 for unknown) may turn out to be."""
    choices = [
        [value]
        if value != -1
        else range(piece.n_values)
        if piece.when_unknown is None
        else [piece.when_unknown]
        for piece, value in zip(table.pieces, pattern, strict=True)
    ]
    return itertools.product(*choices)


def patterns_of(table):
    return list(itertools.product(*(range(-1, piece.n_values) for piece in table.pieces)))


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
        assert table.n_patterns == 3 * 4 * 3
        for place, pattern in enumerate(patterns_of(table)):
            found = {first_rule(table, c) for c in completions(table, pattern)}
            answers = {table.rules[row].label for row in found}
            assert rows[place] == (found.pop() if len(found) == 1 else -1)
            assert {Answer(x) for x in np.flatnonzero(possible[:, place])} == answers
            assert labels[place] == (answers.pop() if len(answers) == 1 else -1)

    @given(rule_tables())
    def test_certain_is_what_holds_in_every_completion(self, table):
        late = np.indices(table.rows.shape)[2].astype(bool)
        certain, possible = (table.widen(late, f) for f in (np.logical_and, np.logical_or))
        for place, pattern in enumerate(patterns_of(table)):
            found = [c[2] == 1 for c in completions(table, pattern)]
            assert (certain[place], possible[place]) == (all(found), any(found))

    def test_interpreted_is_where_the_row_and_its_further_condition_hold(self):
        table = RuleTable(rules_with(interpretation={"mood": [Mood.BAD, Mood.GOOD]}), PIECES)
        for combination in combinations(PIECES):
            assert table.interpreted[combination] == (combination[0] == 1 and combination[1] != 1)

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
            match=r"must cover .*: add one for rain=no, mood=BAD, late=no, got rules=\('1',\)",
        ):
            RuleTable(rules, PIECES)
        rules.append(Rule(id="2", when={"mood": (0, 2)}, label=Answer.GO, why=""))
        with pytest.raises(ValueError, match="add one for rain=no, mood=FAIR, late=no"):
            RuleTable(rules, PIECES)

    def test_names_the_rule_that_is_never_reached(self):
        late = Rule(id="late", when={"rain": True, "late": True}, label=Answer.GO, why="")
        first, last = rules_with()
        with pytest.raises(ValueError, match=r"must all be reachable.*got rules='late' at index 1"):
            RuleTable([first, late, last], PIECES)
        with pytest.raises(ValueError, match=r"must all be reachable.*got rules='1' at index 0"):
            RuleTable(rules_with(when={"mood": []}), PIECES)

    @pytest.mark.parametrize(
        "changes, message",
        [
            ({"when": {"snow": True}}, "rules must ask about rain, mood, late, got rules='snow'"),
            ({"when": {"mood": 3}}, r"values of mood from 0 to 2, got rules=\(3,\) at index 1"),
            ({"when": {"rain": -1}}, "values of rain from 0 to 1"),
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

    def test_refuses_an_empty_table(self):
        with pytest.raises(ValueError, match="rules must not be empty"):
            RuleTable([], PIECES)

    def test_refuses_more_patterns_than_fit(self):
        pieces = [EvidencePiece(f"p{i}", bool) for i in range(11)]
        with pytest.raises(ValueError, match="pieces must make at most 65536 patterns"):
            RuleTable([Rule(id="1", when={}, label=Answer.GO, why="")], pieces)

    def test_patterns_are_numbered_with_the_last_piece_varying_fastest(self):
        rows = np.array(patterns_of(LOYALTY_RULES), np.int8).T
        evidence = Evidence(**{p.name: x for p, x in zip(LOYALTY_EVIDENCE, rows, strict=True)})
        assert LOYALTY_RULES.patterns(evidence).tolist() == list(range(972))

    def test_patterns_do_not_depend_on_the_block(self):
        levels = np.random.default_rng(1).integers(-1, 3, 100_000).astype(np.int8)
        found = LOYALTY_RULES.patterns(Evidence(attachment=levels, buys_regularly=True))
        assert np.array_equal(found, 2 * 324 + (levels.astype(int) + 1) * 81)

    def test_patterns_are_refused_for_other_pieces(self):
        table = RuleTable(rules_with(), PIECES)
        with pytest.raises(ValueError, match="rules must be about the six pieces of Evidence"):
            table.patterns(Evidence())


class TestLookUp:
    @given(st.lists(st.integers(0, 9), max_size=50))
    def test_equals_plain_indexing(self, patterns):
        answers = np.arange(10, dtype=np.int8)[::-1]
        found = look_up(answers, np.array(patterns, np.uint16))
        assert found.tolist() == [answers[x] for x in patterns]
        assert found.dtype == np.int8
        assert not found.flags.writeable

    def test_does_not_depend_on_the_block(self):
        patterns = np.random.default_rng(2).integers(0, 10, 100_000).astype(np.uint16)
        assert np.array_equal(look_up(np.arange(10), patterns), patterns)


class TestTally:
    def test_equals_one_count_over_all(self):
        patterns = np.random.default_rng(3).integers(0, 972, 100_000).astype(np.uint16)
        assert np.array_equal(tally(patterns, 972), np.bincount(patterns, minlength=972))

    def test_counts_nobody_as_nobody(self):
        assert tally(np.array([], np.uint16), 3).tolist() == [0, 0, 0]
