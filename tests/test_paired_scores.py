import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.nps import NpsCounts
from loyalkit.paired_scores import PairedNpsCounts, paired_nps_difference
from loyalkit.scales import SCALE_1_5

# nps.md, item 14: rows before, columns after.
TABLE = [[8, 6, 6], [3, 18, 9], [1, 4, 45]]

cells = st.integers(0, 40)
tables = st.builds(
    PairedNpsCounts,
    table=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=3, max_size=3),
    missing=cells,
)
answers = st.integers(0, 10)
pairs = st.lists(st.tuples(answers, answers), min_size=1, max_size=20)
gappy = st.lists(st.tuples(*[st.one_of(answers, st.none(), st.just(11))] * 2), max_size=20)


def unfolded(counts):
    """Two columns of answers that make the table."""
    rows = [(a, b) for a in range(3) for b in range(3) for _ in range(counts.table[a][b])]
    before, after = (np.array([[3, 7, 10][row[i]] for row in rows], np.int64) for i in range(2))
    return before, after


def moves(before, after):
    def net(scores):
        return np.array([int(x > 8) - int(x < 7) for x in scores])

    return net(after) - net(before)


class TestPairedNpsDifference:
    def test_worked_example(self):
        """nps.md, item 14."""
        found = PairedNpsCounts(table=TABLE).change()
        assert found.estimate == pytest.approx(18)
        assert found.p_value == pytest.approx(0.01020, abs=5e-6)
        assert found.test == "paired t-test"
        # SE over n - 1 is .0687258, t with 99 degrees of freedom is 1.984217.
        reach = 100 * 0.0687258 * 1.984217
        assert found.interval.low == pytest.approx(18 - reach, abs=1e-4)
        assert found.interval.high == pytest.approx(18 + reach, abs=1e-4)
        assert 18 / 6.87258 == pytest.approx(2.6191, abs=5e-5)

    def test_taken_for_strangers_the_same_answers_are_less_sure(self):
        """nps.md, item 14: .105 instead of .069."""
        counts = PairedNpsCounts(table=TABLE)
        strangers = counts.after.difference(counts.before)
        assert strangers.estimate == counts.change().estimate
        assert strangers.interval.width > 1.4 * counts.change().interval.width

    @given(pairs, confidences)
    def test_p_value_and_estimate_are_those_of_scipy(self, rows, confidence):
        stats = pytest.importorskip("scipy.stats")
        before, after = map(list, zip(*rows, strict=True))
        found = paired_nps_difference(before, after, confidence=confidence)
        moved = moves(before, after)
        assert found.estimate == pytest.approx(100 * moved.mean(), abs=1e-9)
        if len(set(moved.tolist())) > 1:
            expected = stats.ttest_1samp(moved, 0)
            assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
            limits = expected.confidence_interval(confidence)
            assert found.interval.low <= max(-200, 100 * limits.low) + 1e-7
            assert found.interval.high >= min(200, 100 * limits.high) - 1e-7

    @given(pairs, confidences)
    def test_interval_is_the_wider_of_t_and_of_what_no_one_may_have_seen(self, rows, confidence):
        stats = pytest.importorskip("scipy.stats")
        before, after = map(list, zip(*rows, strict=True))
        moved = moves(before, after)
        n, mean = moved.size, moved.mean()
        z = stats.norm.ppf((1 + confidence) / 2)
        w = z * z / (n + z * z)
        low, high = mean - w, mean + w
        if len(set(moved.tolist())) > 1:
            reach = stats.t.ppf((1 + confidence) / 2, n - 1) * moved.std(ddof=1) / math.sqrt(n)
            low, high = min(low, mean - reach), max(high, mean + reach)
        elif abs(mean) > 0:
            low, high = mean - 2 * abs(mean) * w, mean + 2 * abs(mean) * w
        found = paired_nps_difference(before, after, confidence=confidence).interval
        assert found.low == pytest.approx(max(-200, 100 * low), abs=1e-7)
        assert found.high == pytest.approx(min(200, 100 * high), abs=1e-7)

    @given(pairs, confidences, confidences)
    def test_interval_contains_the_change_stays_in_range_and_nests(self, rows, one, other):
        before, after = map(list, zip(*rows, strict=True))
        inner, outer = (
            paired_nps_difference(before, after, confidence=c) for c in sorted((one, other))
        )
        assert -200 <= outer.interval.low <= inner.interval.low + 1e-9
        assert inner.interval.low <= inner.estimate <= inner.interval.high
        assert inner.interval.high - 1e-9 <= outer.interval.high <= 200

    @given(pairs)
    def test_swapping_before_and_after_mirrors_the_change(self, rows):
        before, after = map(list, zip(*rows, strict=True))
        there, back = (
            paired_nps_difference(before, after),
            paired_nps_difference(after, before),
        )
        assert there.estimate == -back.estimate
        assert there.interval.low == pytest.approx(-back.interval.high)
        assert there.p_value == pytest.approx(back.p_value)

    @given(st.lists(answers, min_size=1, max_size=20), confidences)
    def test_identical_columns_differ_by_0_with_p_1_but_are_not_sure(self, scores, confidence):
        found = paired_nps_difference(scores, scores, confidence=confidence)
        assert (found.estimate, found.p_value) == (0, 1)
        assert found.interval.low < 0 < found.interval.high
        # As Tango's interval of as many passives.
        passives = NpsCounts(passives=len(scores)).interval(confidence)
        assert found.interval.high == pytest.approx(passives.high)

    def test_one_change_among_thirty_is_no_reason_to_be_surer_than_none(self):
        before, after = [7] * 30, [7] * 29 + [9]
        found = paired_nps_difference(before, after)
        none = paired_nps_difference(before, before)
        assert found.interval.width == pytest.approx(none.interval.width)
        assert found.interval.high - found.estimate == pytest.approx(none.interval.high)

    def test_if_all_moved_alike_the_test_takes_the_variance_of_no_change(self):
        found = paired_nps_difference([7] * 9, [9] * 9)
        assert found.estimate == 100
        assert found.p_value == pytest.approx(math.erfc(3 / math.sqrt(2)))
        assert found.test == "z-test, variance as if nothing had changed"
        assert found.interval.low < 100 < found.interval.high
        one = paired_nps_difference([7], [9])
        assert one.p_value == pytest.approx(math.erfc(1 / math.sqrt(2)))
        assert paired_nps_difference([0], [10]).interval.high <= 200

    @pytest.mark.parametrize("after", [7, 10])
    def test_few_who_all_moved_alike_are_not_sure(self, after):
        verdicts = [paired_nps_difference([0] * n, [after] * n).verdict() for n in range(1, 6)]
        assert verdicts == ["unclear", "unclear", "unclear", "above", "above"]

    @given(pairs, confidences)
    def test_a_verdict_is_never_surer_than_the_p_value(self, rows, confidence):
        before, after = map(list, zip(*rows, strict=True))
        found = paired_nps_difference(before, after, confidence=confidence)
        if found.verdict() != "unclear":
            assert found.p_value <= 1 - confidence + 1e-9

    def test_counts_at_the_end_of_the_range_do_not_turn_over(self):
        many, few = (
            PairedNpsCounts(table=[[0, 0, n], [0, 0, 0], [0, 0, n]]).change()
            for n in (2**62, 2**40)
        )
        assert many.estimate == few.estimate == 100
        assert 100 - 1e-6 < many.interval.low < 100

    def test_is_nan_exactly_without_pairs(self):
        found = paired_nps_difference([None, 9], [9, None], missing="drop")
        assert math.isnan(found.estimate)
        assert math.isnan(found.interval.low)
        assert math.isnan(found.p_value)


class TestPairedNpsCounts:
    @given(tables)
    def test_columns_make_the_table(self, counts):
        before, after = unfolded(counts)
        found = PairedNpsCounts.from_scores(before, after)
        assert found.table == counts.table
        assert found.before == NpsCounts.from_scores(before) == counts.before
        assert found.after == NpsCounts.from_scores(after) == counts.after
        assert found.n == before.size

    @given(tables)
    def test_change_is_the_difference_of_the_scores(self, counts):
        if counts.n:
            expected = counts.after.score - counts.before.score
            assert counts.change().estimate == pytest.approx(expected, abs=1e-9)

    @given(gappy)
    def test_pairs_with_a_missing_half_are_dropped_and_counted(self, rows):
        before, after = [row[0] for row in rows], [row[1] for row in rows]
        found = PairedNpsCounts.from_scores(before, after, missing="drop", missing_codes=(11,))
        whole = [row for row in rows if not {None, 11} & set(row)]
        expected = PairedNpsCounts.from_scores([a for a, _ in whole], [b for _, b in whole])
        assert found.table == expected.table
        assert found.missing == len(rows) - len(whole)
        if None in [*before, *after]:
            with pytest.raises(ValueError, match="must not be missing: missing='drop'"):
                PairedNpsCounts.from_scores(before, after, missing_codes=(11,))

    @given(tables, tables, tables)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a
        assert (a + b).before == a.before + b.before

    @given(tables)
    def test_empty_counts_are_the_identity_of_addition(self, counts):
        assert counts + PairedNpsCounts() == PairedNpsCounts() + counts == sum([counts]) == counts

    @given(tables)
    def test_survives_pickling_and_hashing(self, counts):
        copy = pickle.loads(pickle.dumps(counts))
        assert (copy, hash(copy)) == (counts, hash(counts))

    def test_scale_is_kept_and_never_mixed(self):
        found = PairedNpsCounts.from_scores([5, 4], [3, 5], scale=SCALE_1_5)
        assert found.table == ((0, 0, 0), (0, 0, 1), (1, 0, 0))
        assert found.after.scale == SCALE_1_5
        with pytest.raises(ValueError, match="scale must be the same on both sides"):
            found + PairedNpsCounts()
        with pytest.raises(TypeError):
            found + 0

    @pytest.mark.parametrize(
        "make, error, message",
        [
            (lambda: PairedNpsCounts(table=[1, 2]), TypeError, "three rows of three counts, got s"),
            (lambda: PairedNpsCounts(table=[0] * 9), TypeError, "three counts, got shape"),
            (lambda: PairedNpsCounts(table=[[1, 2, -1]] * 3), ValueError, "got table=-1 at index"),
            (lambda: PairedNpsCounts(scale=5), TypeError, "scale must be a Scale, got int"),
            (lambda: PairedNpsCounts(missing=-1), ValueError, "missing must be a whole number of"),
            (
                lambda: paired_nps_difference([9, 8], [9]),
                ValueError,
                "before and after must have the same length, got 2, 1",
            ),
            (lambda: paired_nps_difference([9], [12]), ValueError, "got after=12 at index 0"),
            (lambda: paired_nps_difference([8.5], [9]), ValueError, "got before=8.5 at index 0"),
            (lambda: paired_nps_difference(["9"], [9]), TypeError, "before must hold numbers"),
            (lambda: paired_nps_difference([9], [9], confidence=95), ValueError, "0.95 for 95 %"),
            (lambda: PairedNpsCounts().change(0), ValueError, "confidence must be a fraction betw"),
        ],
    )
    def test_says_what_is_wrong(self, make, error, message):
        with pytest.raises(error, match=message):
            make()
