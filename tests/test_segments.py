import itertools
import math
import pickle
from enum import IntEnum

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference
from strategies import confidences

from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.cross_tables import cross_table
from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece, EvidenceTable
from loyalkit.intervals import wilson_interval
from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.profiles import SEGMENT_PROFILES
from loyalkit.rules import Rule, RuleTable
from loyalkit.segments import assign_segments

CORE, FALSE, UNDISCOVERED, SPLIT, LOW = Segment
NAMES = [piece.name for piece in LOYALTY_EVIDENCE]
SIZES = [piece.n_values for piece in LOYALTY_EVIDENCE]
COMBINATIONS = list(itertools.product(*map(range, SIZES)))
PATTERNS = list(itertools.product(*(range(-1, size) for size in SIZES)))
customers = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=12)


def evidence_of(rows):
    columns = np.array(rows, np.int8).reshape(-1, len(NAMES)).T
    return Evidence(**dict(zip(NAMES, columns, strict=True)))


def plain_rule(r, e, v, a, x, k):
    """The decision table of the design, written down once more as plain conditions."""
    rows = [
        (1, CORE, r and e == 2 and v),
        (2, LOW, not r and e == 0),
        (3, LOW, not r and e == 1 and not x),
        (4, SPLIT, not x),
        (5, FALSE, r and e == 0 and not a),
        (6, FALSE, r and e == 0 and k),
        (7, FALSE, r and e == 0 and not v),
        (8, UNDISCOVERED, r and e == 0 and a and not k and v),
        (9, UNDISCOVERED, r and e == 1),
        (10, UNDISCOVERED, r and e == 2 and not v),
        (11, UNDISCOVERED, not r and e >= 1),
    ]
    return next((row, segment) for row, segment, holds in rows if holds)


def plain_flags(r, e, v, a, x, k):
    row, segment = plain_rule(r, e, v, a, x, k)
    return {
        "also_split": segment == CORE and not x,
        "check_undiscovered": segment == LOW,
        "reason_gap": segment == CORE and not k,
        "captive_risk": bool(r and x and not a and segment != FALSE),
        "by_interpretation": row in (6, 7) or bool(row in (9, 10, 11) and k),
        "contradictory": not a and not x,
    }


def completions(row):
    """All full answers that a row may turn out to be; an unknown reason is not known."""
    row = (*row[:5], max(row[5], 0))
    return list(
        itertools.product(
            *([x] if x != -1 else range(size) for x, size in zip(row, SIZES, strict=True))
        )
    )


def segments_left(row):
    return {plain_rule(*c)[1] for c in completions(row)}


class TestAssignSegments:
    def test_all_96_combinations_equal_the_reference(self):
        rows = reference("segments.csv")
        columns = {
            name: [int(row[key]) for row in rows]
            for name, key in zip(NAMES, list(rows[0])[:6], strict=True)
        }
        assignment = assign_segments(Evidence(**columns))
        assert [Segment(code).name for code in assignment.codes] == [x["segment"] for x in rows]
        ids = [assignment.rule_ids[row] for row in assignment.rules]
        assert ids == [x["row"] for x in rows]
        assert assignment.counts == {CORE: 8, FALSE: 7, UNDISCOVERED: 29, SPLIT: 28, LOW: 24}

    def test_every_pattern_equals_its_completions(self):
        """All 972 subsets of what may be known, against brute force."""
        assignment = assign_segments(evidence_of(PATTERNS))
        possible, rules, codes = assignment.possible, assignment.rules, assignment.codes
        for i, pattern in enumerate(PATTERNS):
            found = {plain_rule(*c) for c in completions(pattern)}
            left = {segment for _, segment in found}
            assert {Segment(s) for s in np.flatnonzero(possible[i])} == left
            assert codes[i] == (min(left) if len(left) == 1 else -1)
            assert rules[i] == (found.pop()[0] - 1 if len(found) == 1 else -1)

    def test_flags_hold_in_every_completion(self):
        flags = assign_segments(evidence_of(PATTERNS)).flags
        assert list(flags) == list(plain_flags(*COMBINATIONS[0]))
        for i, pattern in enumerate(PATTERNS):
            each = [plain_flags(*c) for c in completions(pattern)]
            for name, values in flags.items():
                assert values[i] == all(flag[name] for flag in each)

    def test_an_unknown_reason_is_read_as_not_known(self):
        unknown = assign_segments(evidence_of([(*p[:5], -1) for p in PATTERNS]))
        not_known = assign_segments(evidence_of([(*p[:5], 0) for p in PATTERNS]))
        assert unknown.equals(not_known)
        assert np.array_equal(unknown.rules, not_known.rules)
        assert np.array_equal(unknown.possible, not_known.possible)
        assert np.array_equal(unknown.flags["reason_gap"], not_known.flags["reason_gap"])

    def test_the_reason_may_be_left_open_by_an_own_table(self):
        pieces = [attrs.evolve(piece, when_unknown=None) for piece in LOYALTY_EVIDENCE]
        evidence = evidence_of([(1, 0, 1, 1, 1, -1)])
        assert assign_segments(evidence).codes.tolist() == [UNDISCOVERED]
        left_open = assign_segments(evidence, attrs.evolve(LOYALTY_RULES, pieces=pieces))
        assert left_open.codes.tolist() == [-1]
        assert left_open.possible.tolist() == [[False, True, True, False, False]]

    def test_a_log_alone_settles_nobody(self):
        assignment = assign_segments(Evidence(buys_regularly=[False, True]))
        assert assignment.codes.tolist() == [-1, -1]
        rare, regular = ({Segment(s) for s in np.flatnonzero(x)} for x in assignment.possible)
        assert rare == {UNDISCOVERED, SPLIT, LOW}
        assert regular == {CORE, FALSE, SPLIT, UNDISCOVERED}

    def test_nothing_known_leaves_everything_possible(self):
        assert assign_segments(Evidence()).possible.all()

    @given(customers)
    def test_more_knowledge_never_makes_more_possible(self, rows):
        """Except for the reason: unknown is read as not known, so learning it can change much."""
        before = assign_segments(evidence_of(rows)).possible
        for axis, size in enumerate(SIZES[:5]):
            for value in range(size):
                told = [
                    (*row[:axis], value, *row[axis + 1 :]) if row[axis] == -1 else row
                    for row in rows
                ]
                assert not (assign_segments(evidence_of(told)).possible & ~before).any()

    @given(st.sampled_from(PATTERNS))
    def test_equal_customers_are_in_one_segment(self, row):
        assignment = assign_segments(evidence_of([row] * 10))
        assert len(set(assignment.codes.tolist())) == 1
        assert len(set(assignment.rules.tolist())) == 1

    @given(customers, st.randoms())
    def test_order_of_the_customers_does_not_matter(self, rows, random):
        order = random.sample(range(len(rows)), len(rows))
        plain = assign_segments(evidence_of(rows))
        turned = assign_segments(evidence_of([rows[i] for i in order]))
        assert turned.codes.tolist() == plain.codes[order].tolist()
        assert turned.bounds == plain.bounds
        for name, values in turned.flags.items():
            assert values.tolist() == plain.flags[name][order].tolist()

    def test_contradictory_evidence_reads_as_free_choice(self):
        for row in itertools.product(range(2), range(3), range(2), [0], [0], range(2)):
            free = (*row[:3], 1, *row[4:])
            assignment = assign_segments(evidence_of([row, free]))
            assert len(set(assignment.rules.tolist())) == 1
            assert assignment.flags["contradictory"].tolist() == [True, False]

    def test_nobody_at_all(self):
        assignment = assign_segments(Evidence(buys_regularly=[]))
        assert assignment.n == 0
        assert assignment.possible.shape == (0, 5)
        assert assignment.bounds == dict.fromkeys(Segment, (0, 0))
        assert math.isnan(assignment.shares[CORE])
        assert math.isnan(assignment.interval(CORE).low)

    def test_takes_an_own_table(self):
        kept = [rule for rule in LOYALTY_RULES.rules if rule.id not in ("S7", "S8")]
        rest = Rule(id="rest", when={}, label=UNDISCOVERED, why="Whoever is left")
        table = RuleTable([*kept, rest])
        evidence = evidence_of([(1, 0, 0, 1, 1, 0)])
        assert assign_segments(evidence).codes.tolist() == [FALSE]
        own = assign_segments(evidence, table)
        assert own.codes.tolist() == [UNDISCOVERED]
        assert "Whoever is left (rest)" in own.explain(0)

    def test_refuses_a_table_with_other_labels(self):
        answer = IntEnum("answer", {"YES": 0})
        table = RuleTable([Rule(id="1", when={}, label=answer.YES, why="")])
        message = "rules must give labels of Segment: assign_labels takes any, got answer"
        with pytest.raises(TypeError, match=message):
            assign_segments(Evidence(), table)


class TestSegmentAssignment:
    def test_is_a_classification_by_segment(self):
        assignment = assign_segments(evidence_of([(1, 2, 1, 1, 1, 1), (1, -1, -1, -1, -1, -1)]))
        assert isinstance(assignment, Classification)
        assert assignment.labels is Segment
        assert assignment.codes.dtype == np.int8
        assert assignment.counts[CORE] == 1
        assert assignment.shares[CORE] == 0.5
        assert assignment.value_shares([30, 10])[CORE] == 0.75

    def test_arrays_cannot_be_changed(self):
        assignment = assign_segments(Evidence(buys_regularly=[True, False]))
        for array in (
            assignment.codes,
            assignment.rules,
            assignment.possible,
            assignment.patterns,
            *assignment.flags.values(),
        ):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0

    @given(customers, st.data())
    def test_bounds_hold_for_every_completion(self, rows, data):
        assignment = assign_segments(evidence_of(rows))
        full = [data.draw(st.sampled_from(completions(row))) for row in rows]
        counts = assign_segments(evidence_of(full)).counts
        for segment, (fewest, most) in assignment.bounds.items():
            assert fewest <= counts[segment] <= most

    @given(customers)
    def test_bounds_are_reached(self, rows):
        left = [segments_left(row) for row in rows]
        bounds = assign_segments(evidence_of(rows)).bounds
        assert list(bounds) == list(Segment)
        for segment, found in bounds.items():
            fewest = sum(x == {segment} for x in left)
            assert found == (fewest, sum(segment in x for x in left))

    @given(st.lists(st.sampled_from(COMBINATIONS), min_size=1, max_size=12))
    def test_bounds_meet_where_everything_is_known(self, rows):
        assignment = assign_segments(evidence_of(rows))
        assert assignment.n_undetermined == 0
        for segment, count in assignment.counts.items():
            assert assignment.bounds[segment] == (count, count)

    @given(customers, confidences)
    def test_interval_runs_from_the_fewest_to_the_most(self, rows, confidence):
        assignment = assign_segments(evidence_of(rows))
        for segment, (fewest, most) in assignment.bounds.items():
            interval = assignment.interval(segment, confidence=confidence)
            ends = [wilson_interval(k, len(rows), confidence=confidence) for k in (fewest, most)]
            assert (interval.low, interval.high) == (ends[0].low, ends[1].high)

    def test_interval_leaves_out_those_who_cannot_belong(self):
        """A rare buyer is not in the core, whatever the survey would say."""
        assignment = assign_segments(Evidence(buys_regularly=[False] * 20))
        assert assignment.bounds[CORE] == (0, 0)
        assert assignment.interval(CORE) == wilson_interval(0, 20)

    @given(customers, st.data())
    def test_by_channel_equals_the_cross_table(self, rows, data):
        assignment = assign_segments(evidence_of(rows))
        channels = [data.draw(st.sampled_from(["app", "shop", "web"])) for _ in rows]
        table = cross_table(assignment, channels)
        for channel, counts in assignment.by_group(channels).items():
            column = table.columns.index(channel)
            assert table.counts[:, column].tolist() == list(counts.counts.values())
            may_be = table.may_be_row[:, column].tolist()
            assert may_be == [most for _, most in counts.bounds.values()]

    def test_takes_own_pieces_that_lead_to_the_five_kinds(self):
        pieces = (EvidencePiece("stars", range(1, 4)), EvidencePiece("reason_known", bool))
        rules = [
            Rule(id="a", when={"stars": 3}, label=CORE, why="Loves it", interpretation={}),
            Rule(id="b", when={}, label=LOW, why="Does not"),
        ]
        evidence = EvidenceTable(pieces, {"stars": [3, 1, None]})
        assignment = assign_segments(evidence, RuleTable(rules, pieces))
        assert assignment.codes.tolist() == [CORE, LOW, -1]
        flags = {name: values.tolist() for name, values in assignment.flags.items()}
        assert flags == {
            "check_undiscovered": [False, True, False],
            "by_interpretation": [True, False, False],
        }
        assert SEGMENT_PROFILES[LOW].objective in assignment.explain(1)

    def test_value_interval_leaves_out_those_who_cannot_belong(self):
        """Rare buyers are not in the core, so half of the money cannot be."""
        assignment = assign_segments(Evidence(buys_regularly=[True, False] * 30))
        spent = [5, 5] * 30
        assert assignment.value_bounds(spent)[CORE] == (0, 0.5)
        interval = assignment.value_interval(CORE, spent)
        assert interval.low == 0
        assert 0.6 < interval.high < 0.7

    def test_explains_a_settled_customer(self):
        text = assign_segments(evidence_of([(1, 2, 1, 1, 0, 0)])).explain(0)
        assert text.startswith("CORE: Buys regularly, is strongly attached")
        assert "(S1)" in text
        assert SEGMENT_PROFILES[CORE].objective in text
        assert "also_split" in text
        assert "reason_gap" in text
        assert "captive_risk" not in text

    def test_explains_an_open_customer_with_the_question_to_ask(self):
        text = assign_segments(Evidence(buys_regularly=[True, False])).explain(1)
        assert text.startswith("Open between UNDISCOVERED, SPLIT and LOW. Ask next (attachment): ")

    def test_explains_every_pattern(self):
        assignment = assign_segments(evidence_of(PATTERNS))
        for i in range(assignment.n):
            text = assignment.explain(i)
            left = {Segment(s).name for s in np.flatnonzero(assignment.possible[i])}
            if len(left) == 1:
                assert text.startswith(f"{left.pop()}: ")
                ids = {f"(S{plain_rule(*c)[0]})" for c in completions(PATTERNS[i])}
                assert all(row in text for row in ids)
            else:
                said = text.removeprefix("Open between ").split(".")[0].replace(" and ", ", ")
                assert set(said.split(", ")) == left
            for name, values in assignment.flags.items():
                assert (name in text) == values[i]

    def test_says_which_customer_does_not_exist(self):
        assignment = assign_segments(Evidence(attachment=[Attachment.LOVE]))
        with pytest.raises(ValueError, match="customer must be less than n=1, got customer=1"):
            assignment.explain(1)
        with pytest.raises(ValueError, match="customer must be a whole number of at least 0"):
            assignment.explain(-1)

    def test_survives_pickling(self):
        assignment = assign_segments(evidence_of(PATTERNS))
        again = pickle.loads(pickle.dumps(assignment))
        assert again.equals(assignment)
        assert not again.codes.flags.writeable
        assert not again.patterns.flags.writeable
        assert np.array_equal(again.possible, assignment.possible)

    def test_repr_counts_the_open_ones(self):
        text = repr(assign_segments(evidence_of([(0, 0, -1, -1, -1, -1), (-1,) * 6])))
        assert text == (
            "SegmentAssignment(CORE=0, FALSE=0, UNDISCOVERED=0, SPLIT=0, LOW=1, undetermined=1)"
        )
