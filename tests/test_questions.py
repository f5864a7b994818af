import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.attachment import Attachment
from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece, EvidenceTable
from loyalkit.kinds import LOYALTY_RULES
from loyalkit.questions import Question, next_questions
from loyalkit.rules import Rule, RuleTable

NAMES = [piece.name for piece in LOYALTY_EVIDENCE]
SIZES = [piece.n_values for piece in LOYALTY_EVIDENCE]
customers = st.lists(
    st.tuples(*(st.sampled_from(range(-1, size)) for size in SIZES)), min_size=1, max_size=12
)


@st.composite
def all_shares(draw):
    """Shares of the answers to every piece, or to some."""
    names = draw(st.sets(st.sampled_from(NAMES)))
    shares = {}
    for name, size in zip(NAMES, SIZES, strict=True):
        weights = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
        if name in names and any(weights):
            shares[name] = [weight / sum(weights) for weight in weights]
    return shares


def evidence_of(rows):
    columns = np.array(rows, np.int8).reshape(-1, len(NAMES)).T
    return Evidence(**dict(zip(NAMES, columns, strict=True)))


def segments_left(row):
    """Labels of all completions of a row, the reason read as not known where unknown."""
    row = (*row[:5], max(row[5], 0))
    choices = [[x] if x != -1 else range(size) for x, size in zip(row, SIZES, strict=True)]
    return {LOYALTY_RULES.label_rows[c] for c in itertools.product(*choices)}


def asked(rows, axis, shares):
    """What one question settles, customer by customer."""
    open_, always, at_best, narrows, expected = 0, 0, 0, 0, 0.0
    for row in rows:
        left = len(segments_left(row))
        if row[axis] != -1 or left == 1:
            continue
        after = [len(segments_left((*row[:axis], v, *row[axis + 1 :]))) for v in range(SIZES[axis])]
        open_ += 1
        always += all(x == 1 for x in after)
        at_best += any(x == 1 for x in after)
        narrows += any(x < left for x in after)
        if shares is not None:
            expected += sum(s for s, x in zip(shares, after, strict=True) if x == 1)
    return open_, always, at_best, narrows, math.nan if shares is None else expected


class TestNextQuestions:
    def test_worked_example(self):
        """Of rare buyers who like the firm, those who buy elsewhere are LOW, others not."""
        evidence = Evidence(buys_regularly=False, attachment=[1, 1, None])
        first, second, *rest = next_questions(
            evidence, answer_shares={"attachment": [0.6, 0.3, 0.1]}
        )
        assert first.evidence == "buys_exclusively"
        assert (first.open, first.always, first.at_best, first.narrows) == (3, 2, 2, 3)
        assert math.isnan(first.expected)
        assert second == Question(
            evidence="attachment", open=1, always=0, at_best=1, expected=0.6, narrows=1
        )
        assert all(question.at_best == 0 for question in rest)

    @given(customers, all_shares())
    def test_counts_equal_asking_customer_by_customer(self, rows, shares):
        questions = next_questions(evidence_of(rows), answer_shares=shares)
        assert sorted(question.evidence for question in questions) == sorted(NAMES)
        for question in questions:
            axis = NAMES.index(question.evidence)
            found = (question.open, question.always, question.at_best, question.narrows)
            *counts, expected = asked(rows, axis, shares.get(question.evidence))
            assert found == tuple(counts)
            assert question.expected == pytest.approx(expected, nan_ok=True)

    def test_all_972_patterns_at_once_equal_brute_force(self):
        """Each pattern worth something else, so that no two can stand in for one another."""
        rows = list(itertools.product(*(range(-1, size) for size in SIZES)))
        worth = [int(x) for x in np.random.default_rng(6).integers(1, 2**40, len(rows))]
        shares = {name: [1 / size] * size for name, size in zip(NAMES, SIZES, strict=True)}
        found = next_questions(evidence_of(rows), answer_shares="uniform", values=worth)
        for question in found:
            axis = NAMES.index(question.evidence)
            each = [asked([row], axis, shares[question.evidence]) for row in rows]
            open_, always, at_best, narrows, expected = (
                sum(value * one[i] for value, one in zip(worth, each, strict=True))
                for i in range(5)
            )
            assert (question.open, question.always) == (open_, always)
            assert (question.at_best, question.narrows) == (at_best, narrows)
            assert question.expected == pytest.approx(expected)

    @given(customers)
    def test_expected_lies_between_always_and_at_best(self, rows):
        for question in next_questions(evidence_of(rows), answer_shares="uniform"):
            assert question.always - 1e-9 <= question.expected <= question.at_best + 1e-9
            assert question.at_best <= question.narrows <= question.open

    @given(customers, all_shares())
    def test_best_first_in_a_fixed_order(self, rows, shares):
        questions = next_questions(evidence_of(rows), answer_shares=shares)
        keys = [
            (
                -(q.always if math.isnan(q.expected) else q.expected),
                -q.always,
                -q.at_best,
                -q.narrows,
                NAMES.index(q.evidence),
            )
            for q in questions
        ]
        assert keys == sorted(keys)

    @given(customers, st.randoms())
    def test_order_of_the_customers_does_not_matter(self, rows, random):
        shuffled = random.sample(rows, len(rows))
        plain, turned = (
            next_questions(evidence_of(x), answer_shares="uniform") for x in (rows, shuffled)
        )
        assert plain == turned

    def test_uniform_means_equal_shares(self):
        evidence = Evidence(buys_regularly=[False, None], attachment=[None, 1])
        shares = {name: [1 / size] * size for name, size in zip(NAMES, SIZES, strict=True)}
        uniform = next_questions(evidence, answer_shares="uniform")
        assert uniform == next_questions(evidence, answer_shares=shares)

    def test_shares_may_be_keyed_by_value(self):
        evidence = Evidence(buys_regularly=False)
        by_level = {Attachment.LOW: 0.5, Attachment.LOVE: 0.2, Attachment.LIKE: 0.3}
        question = next_questions(evidence, answer_shares={"attachment": by_level})[0]
        assert (question.evidence, question.expected) == ("attachment", 0.5)

    def test_expected_is_nan_exactly_where_no_shares_are_given(self):
        shares = {"perceives_value": [0.4, 0.6]}
        for question in next_questions(Evidence(), answer_shares=shares):
            assert math.isnan(question.expected) == (question.evidence != "perceives_value")

    def test_knowing_the_reason_after_all_can_settle(self):
        """Unknown is read as no, but the question can still be asked."""
        evidence = Evidence(
            buys_regularly=True, attachment=0, perceives_value=True, buys_exclusively=True
        )
        by_name = {question.evidence: question for question in next_questions(evidence)}
        assert by_name["reason_known"].at_best == 1
        assert by_name["reason_known"].always == 0
        assert by_name["has_alternatives"].always == 1

    def test_nobody_is_asked_where_everybody_is_settled(self):
        settled = Evidence(buys_regularly=[False, False], attachment=0)
        for question in (*next_questions(settled), *next_questions(Evidence(attachment=[]))):
            assert (question.open, question.always, question.at_best) == (0, 0, 0)

    @given(customers, all_shares(), st.data())
    def test_values_equal_that_many_customers(self, rows, shares, data):
        values = [data.draw(st.integers(0, 5)) for _ in rows]
        repeated = [row for row, value in zip(rows, values, strict=True) for _ in range(value)]
        worth = next_questions(evidence_of(rows), answer_shares=shares, values=values)
        assert worth == next_questions(evidence_of(repeated), answer_shares=shares)
        halves = next_questions(
            evidence_of(rows), answer_shares=shares, values=[x / 2 for x in values]
        )
        assert [(q.evidence, 2 * q.open, 2 * q.always) for q in halves] == [
            (q.evidence, q.open, q.always) for q in worth
        ]

    @given(customers, st.randoms(), st.data())
    def test_order_of_the_customers_does_not_matter_to_fractional_values(self, rows, random, data):
        values = [data.draw(st.floats(0, 1e300)) for _ in rows]
        order = random.sample(range(len(rows)), len(rows))
        plain = next_questions(evidence_of(rows), answer_shares="uniform", values=values)
        turned = next_questions(
            evidence_of([rows[i] for i in order]),
            answer_shares="uniform",
            values=[values[i] for i in order],
        )
        assert plain == turned
        for q in plain:
            assert q.always <= q.expected <= q.at_best <= q.narrows <= q.open
            assert q.open <= math.fsum(values) * (1 + 1e-9)

    @pytest.mark.parametrize("scale", [5e-324, 1e-300, 0.1, 2**62, 1e308])
    def test_values_of_any_size_are_counted(self, scale):
        evidence = Evidence(buys_regularly=False, attachment=[1, None], buys_exclusively=None)
        first = next_questions(evidence, values=[scale, 0])[0]
        assert first.evidence == "buys_exclusively"
        assert first.always == pytest.approx(scale, rel=1e-12)

    def test_large_whole_values_are_exact(self):
        evidence = Evidence(buys_regularly=False, attachment=1, buys_exclusively=[None, None])
        first = next_questions(evidence, values=[2**61 + 1, 1])[0]
        assert first.always == 2**61 + 2

    def test_whole_values_may_add_up_beyond_int64(self):
        evidence = Evidence(buys_regularly=False, attachment=1, buys_exclusively=[None] * 3)
        first = next_questions(evidence, values=[2**62, 2**62, 2**62])[0]
        assert first.always == 3.0 * 2**62

    def test_ties_are_settled_by_the_order_of_the_pieces_not_by_rounding(self):
        """Three shares of a tenth and seven make exactly as much as always."""
        pieces = [EvidencePiece("a", range(3)), EvidencePiece("b", range(3))]
        rules = [
            Rule(id="1", when={"a": 0}, label=Attachment.LOW, why=""),
            Rule(id="2", when={"b": (0, 1)}, label=Attachment.LIKE, why=""),
            Rule(id="3", when={}, label=Attachment.LOVE, why=""),
        ]
        table = RuleTable(rules, pieces)
        evidence = EvidenceTable(pieces, {"a": [-1] * 3 + [1] * 3, "b": [0] * 3 + [-1] * 3})
        shares = {"a": [0.1, 0.2, 0.7], "b": [0.7, 0.2, 0.1]}
        first, second = next_questions(evidence, rules=table, answer_shares=shares)
        assert (first.evidence, first.expected) == ("a", 3.0)
        assert (second.evidence, second.expected) == ("b", 3.0)

    def test_a_tenth_and_two_are_as_much_as_three(self):
        """As floats the sum would be a little more, and the second piece come first."""
        pieces = [
            EvidencePiece("a", bool),
            EvidencePiece("b", range(3)),
            EvidencePiece("c", bool),
        ]
        rules = [
            Rule(id="1", when={"a": False}, label=Attachment.LOW, why=""),
            Rule(id="2", when={"b": (0, 1)}, label=Attachment.LIKE, why=""),
            Rule(id="3", when={"c": True}, label=Attachment.LOVE, why=""),
            Rule(id="4", when={}, label=Attachment.LOW, why=""),
        ]
        table = RuleTable(rules, pieces)
        evidence = EvidenceTable(pieces, {"a": [-1] * 3 + [1] * 3, "b": [2] * 3 + [-1] * 3})
        shares = {"a": [0.3, 0.7], "b": [0.1, 0.2, 0.7]}
        first, second, _ = next_questions(evidence, rules=table, answer_shares=shares)
        assert (first.evidence, first.expected) == ("a", 0.9)
        assert (second.evidence, second.expected) == ("b", 0.9)

    def test_shares_that_miss_1_by_rounding_are_set_right(self):
        evidence = Evidence(buys_regularly=False, attachment=1)
        shares = {"buys_exclusively": [0.5 + 5e-10, 0.5]}
        first = next_questions(evidence, answer_shares=shares, values=[10**12])[0]
        assert first.always == first.expected == first.at_best == 10**12

    @pytest.mark.parametrize(
        "values, message",
        [
            ([1], "evidence and values must have the same length, got 2, 1"),
            ([1, -1], "values must not be negative, got values=-1 at index 1"),
            ([1, math.nan], "values must not be missing, got values=nan at index 1"),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        with pytest.raises(ValueError, match=message):
            next_questions(Evidence(attachment=[0, 1]), values=values)

    def test_shares_in_order_are_those_of_the_values(self):
        pieces = [EvidencePiece("score", range(1, 4))]
        rules = [
            Rule(id="1", when={"score": 1}, label=Attachment.LOW, why=""),
            Rule(id="2", when={}, label=Attachment.LOVE, why=""),
        ]
        evidence, table = EvidenceTable(pieces, {"score": [None]}), RuleTable(rules, pieces)
        in_order, by_value = (
            next_questions(evidence, rules=table, answer_shares={"score": shares})
            for shares in ([0.5, 0.3, 0.2], {3: 0.2, 1: 0.5, 2: 0.3})
        )
        assert in_order == by_value
        assert in_order[0].expected == 1
        with pytest.raises(ValueError, match="must have a share for each of 1, 2, 3, got"):
            next_questions(evidence, rules=table, answer_shares={"score": {0: 1, 1: 0, 2: 0}})

    @pytest.mark.parametrize(
        "shares, message",
        [
            ("equal", "answer_shares must be one of 'uniform', got"),
            ({"snow": [0.5, 0.5]}, "answer_shares must be about buys_regularly, .*='snow'"),
            ({"attachment": [0.5, 0.5]}, "must have a share for each of LOW, LIKE, LOVE, got"),
            ({"attachment": {0: 0.5, 2: 0.5}}, "must have a share for each of LOW, LIKE, LOVE"),
            ({"buys_regularly": {0: 0.5, 2: 0.5}}, "must have a share for each of no, yes, got"),
            ({"buys_regularly": [40, 60]}, "must be a fraction from 0 to 1: 0.4 for 40 %"),
            ({"buys_regularly": [0.5, 0.6]}, r"answer_shares\[buys_regularly\] must add up to 1"),
            ({"buys_regularly": [-0.5, 1.5]}, "must be a fraction from 0 to 1"),
        ],
    )
    def test_says_which_shares_are_wrong(self, shares, message):
        with pytest.raises(ValueError, match=message):
            next_questions(Evidence(), answer_shares=shares)

    def test_values_beyond_the_range_of_floats_together_are_infinite(self):
        evidence = Evidence(buys_regularly=False, attachment=[1, 1])
        best = next_questions(evidence, values=[1.7e308, 1.7e308], answer_shares="uniform")[0]
        assert best.evidence == "buys_exclusively"
        assert best.open == best.always == best.expected == math.inf
