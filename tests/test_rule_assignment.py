import math
import pickle
from enum import IntEnum

import numpy as np
import pytest
from evidence_strategies import (
    PIECES,
    Answer,
    completions,
    evidence_of,
    labels_left,
    patterns_of,
    rule_tables,
    rules_left,
    tables_and_customers,
)
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.evidence import Evidence, EvidencePiece, EvidenceTable
from loyalkit.intervals import wilson_interval
from loyalkit.questions import next_questions
from loyalkit.rule_assignment import RuleAssignment, assign_labels
from loyalkit.rules import Rule, RuleTable

SCORES = tuple(
    EvidencePiece(name, range(1, 6), f"Which {name} score?")
    for name in ("recency", "frequency", "monetary")
)
Champion = IntEnum("Champion", {"CHAMPION": 1, "LOYAL": 2, "OTHER": 3})
CHAMPIONS = RuleTable(
    [
        Rule(
            id="1",
            when={"recency": (4, 5), "frequency": (4, 5), "monetary": (4, 5)},
            label=Champion.CHAMPION,
            why="Is high in everything",
        ),
        Rule(id="2", when={"frequency": (4, 5)}, label=Champion.LOYAL, why="Comes often"),
        Rule(id="3", when={}, label=Champion.OTHER, why="Does neither"),
    ],
    SCORES,
)
Tier = IntEnum("Tier", {"GOLD": 0, "SILVER": 1, "BLUE": 2})
TIERS = (
    EvidencePiece("tier", Tier, "Which tier?"),
    EvidencePiece("attachment", Attachment, "How strong is the bond?"),
)
Care = IntEnum("Care", {"HOST": 0, "CALL": 1, "MAIL": 2})
CARE = RuleTable(
    [
        Rule(id="h", when={"tier": Tier.GOLD, "attachment": 2}, label=Care.HOST, why="Loves us"),
        Rule(id="c", when={"tier": (Tier.GOLD, Tier.SILVER)}, label=Care.CALL, why="Is worth it"),
        Rule(id="m", when={}, label=Care.MAIL, why="Is one of many", interpretation={}),
    ],
    TIERS,
)


class TestAssignLabels:
    @given(tables_and_customers())
    def test_equals_brute_force_over_all_completions(self, given):
        table, rows = given
        assignment = assign_labels(evidence_of(table, rows), table)
        possible = assignment.possible
        for i, row in enumerate(rows):
            left, rules = labels_left(table, row), rules_left(table, row)
            assert {x for x, is_left in zip(Answer, possible[i], strict=True) if is_left} == left
            assert assignment.codes[i] == (left.pop() if len(left) == 1 else -1)
            assert assignment.rules[i] == (rules.pop() if len(rules) == 1 else -1)

    @given(rule_tables())
    def test_every_pattern_and_every_question_against_brute_force(self, table):
        rows = patterns_of(table.pieces)
        assignment = assign_labels(evidence_of(table, rows), table)
        for question in next_questions(evidence_of(table, rows), rules=table):
            axis = [piece.name for piece in table.pieces].index(question.evidence)
            unknown = [x for x in rows if x[axis] == -1 and len(labels_left(table, x)) > 1]
            answered = [
                [labels_left(table, (*x[:axis], v, *x[axis + 1 :])) for v in PIECES[axis].levels]
                for x in unknown
            ]
            assert question.open == len(unknown)
            assert question.always == sum(all(len(y) == 1 for y in x) for x in answered)
            assert question.at_best == sum(any(len(y) == 1 for y in x) for x in answered)
        fewest = {label: bounds[0] for label, bounds in assignment.bounds.items()}
        assert fewest == assignment.counts

    @given(tables_and_customers(), st.data())
    def test_bounds_hold_for_every_completion(self, given, data):
        table, rows = given
        bounds = assign_labels(evidence_of(table, rows), table).bounds
        full = [data.draw(st.sampled_from(completions(table, row))) for row in rows]
        counts = assign_labels(evidence_of(table, full), table).counts
        assert all(low <= counts[label] <= high for label, (low, high) in bounds.items())

    def test_three_scores_from_1_to_5(self):
        """All 216 patterns of a firm's own RFM table, by plain conditions."""
        rows = patterns_of(SCORES)
        assert len(rows) == 216
        assignment = assign_labels(evidence_of(CHAMPIONS, rows), CHAMPIONS)
        for row, code in zip(rows, assignment.codes.tolist(), strict=True):
            r, f, m = row
            if f in (1, 2, 3):
                expected = Champion.OTHER
            elif f == -1:
                expected = -1
            elif {r, m} & {1, 2, 3}:
                expected = Champion.LOYAL
            else:
                expected = -1 if min(r, m) == -1 else Champion.CHAMPION
            assert code == expected, row

    def test_three_tiers_and_attachment(self):
        classes = Classification(labels=Tier, codes=[0, 0, 1, 2, -1])
        evidence = EvidenceTable(TIERS, {"tier": classes, "attachment": [2, None, 0, 1, 2]})
        care = assign_labels(evidence, CARE)
        assert care.codes.tolist() == [Care.HOST, -1, Care.CALL, Care.MAIL, -1]
        assert care.bounds == {Care.HOST: (1, 3), Care.CALL: (1, 3), Care.MAIL: (1, 2)}
        best = next_questions(evidence, rules=CARE)
        assert [(x.evidence, x.always, x.at_best) for x in best] == [
            ("tier", 1, 1),
            ("attachment", 1, 1),
        ]
        assert care.explain(0) == "HOST: Loves us (h)."
        assert care.explain(1) == (
            "Open between HOST and CALL. Ask next (attachment): How strong is the bond?"
        )
        assert care.explain(3) == (
            "MAIL: Is one of many (m). Note: by_interpretation "
            "(the row reads more into its source than that says)."
        )
        # One of the rows that may decide on the last customer is an interpretation.
        assert "Note" not in care.explain(4)
        bounds = care.value_bounds([5, 2, 1, 1, 1])
        assert (bounds[Care.HOST], bounds[Care.MAIL]) == ((0.5, 0.8), (0.1, 0.2))
        interval = care.interval(Care.MAIL)
        assert interval.low == wilson_interval(1, 5).low
        assert interval.high == wilson_interval(2, 5).high

    def test_is_a_classification_with_the_labels_of_the_table(self):
        care = assign_labels(EvidenceTable(TIERS, {"tier": [0, 1]}), CARE)
        assert isinstance(care, RuleAssignment)
        assert care.labels is Care
        assert repr(care) == "RuleAssignment(HOST=0, CALL=1, MAIL=0, undetermined=1)"
        assert care.rule_ids == ("h", "c", "m")

    def test_survives_pickling(self):
        evidence = Evidence(attachment=[2, None], buys_regularly=True)
        kinds = [Rule(id="1", when={"attachment": 2}, label=Attachment.LOVE, why="")]
        table = RuleTable([*kinds, Rule(id="2", when={}, label=Attachment.LOW, why="")])
        assignment = assign_labels(evidence, table)
        again = pickle.loads(pickle.dumps(assignment))
        assert again.equals(assignment)
        assert np.array_equal(again.patterns, assignment.patterns)
        assert again.evidence.equals(evidence)
        assert not again.codes.flags.writeable

    def test_nobody_at_all(self):
        care = assign_labels(EvidenceTable(TIERS, {"tier": []}), CARE)
        assert (care.n, care.possible.shape) == (0, (0, 3))
        assert care.bounds[Care.HOST] == (0, 0)
        assert care.by_group([]) == {}
        assert math.isnan(care.interval(Care.HOST).low)

    @pytest.mark.parametrize(
        "pieces",
        [
            TIERS[::-1],
            TIERS[:1],
            (EvidencePiece("tier", range(3)), TIERS[1]),
            (EvidencePiece("rank", Tier), TIERS[1]),
        ],
    )
    def test_refuses_evidence_about_other_pieces(self, pieces):
        message = "evidence must be about the pieces of the rules, tier, attachment, got evidence="
        with pytest.raises(ValueError, match=message):
            assign_labels(EvidenceTable(pieces, {}), CARE)

    def test_pieces_may_ask_in_other_words(self):
        pieces = [EvidencePiece("tier", Tier, "Welche Stufe?"), TIERS[1]]
        assert assign_labels(EvidenceTable(pieces, {"tier": [2]}), CARE).codes.tolist() == [2]

    def test_refuses_what_is_no_evidence_or_no_table(self):
        with pytest.raises(TypeError, match="evidence must be of type EvidenceTable, got dict"):
            assign_labels({"tier": [0]}, CARE)
        with pytest.raises(TypeError, match="rules must be of type RuleTable, got tuple"):
            assign_labels(EvidenceTable(TIERS, {}), CARE.rules)


class TestExplanation:
    @given(tables_and_customers())
    def test_names_exactly_what_is_left(self, given):
        table, rows = given
        assignment = assign_labels(evidence_of(table, rows), table)
        for i, row in enumerate(rows):
            explanation = assignment.explanation(i)
            assert set(explanation.possible) == labels_left(table, row)
            assert {int(rule.id) for rule in explanation.rules} == rules_left(table, row)
            settled = len(explanation.possible) == 1
            assert explanation.label == (explanation.possible[0] if settled else None)
            assert (explanation.question is None) == settled
            assert str(explanation) == assignment.explain(i)
            if settled:
                continue
            # What is asked is not known yet and makes the most of this customer.
            axis = table.pieces.index(explanation.question)
            assert row[axis] == -1

    def test_a_question_without_words_is_named(self):
        pieces = [EvidencePiece("tier", Tier)]
        rules = [
            Rule(id="1", when={"tier": 0}, label=Care.HOST, why="Gold"),
            Rule(id="2", when={}, label=Care.MAIL, why="Else"),
        ]
        care = assign_labels(EvidenceTable(pieces, {"tier": [None]}), RuleTable(rules, pieces))
        assert care.explain(0) == "Open between HOST and MAIL. Ask next (tier)"

    def test_says_which_customer_does_not_exist(self):
        care = assign_labels(EvidenceTable(TIERS, {"tier": [0]}), CARE)
        with pytest.raises(ValueError, match="customer must be less than n=1, got customer=1"):
            care.explanation(1)


class TestByGroup:
    def test_groups_may_be_of_any_kind_of_label(self):
        care = assign_labels(EvidenceTable(TIERS, {"tier": [2, 2, 1], "attachment": 0}), CARE)
        assert list(care.by_group([7, 3, 7])) == [3, 7]
        assert care.by_group(["web", "app", "web"])["web"].counts[Care.MAIL] == 1

    def test_says_what_is_wrong_with_the_groups(self):
        care = assign_labels(EvidenceTable(TIERS, {"tier": [2, 2]}), CARE)
        with pytest.raises(ValueError, match="groups and evidence must have the same length"):
            care.by_group(["a"])
        with pytest.raises(ValueError, match="groups must not be missing, got groups=None"):
            care.by_group(["a", None])
