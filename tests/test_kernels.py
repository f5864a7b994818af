"""Every fast loop beside its plain twin of a few lines."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from small_blocks import blocks_of

from loyalkit import _kernels
from loyalkit._blocks import BLOCK
from loyalkit._kernels import (
    activity_bits,
    ages_in_periods,
    ages_in_units,
    codes_before,
    cohort_counts,
    cohort_counts_by_age,
    count_bits,
    exact_total,
    first_by_code,
    first_set_row,
    largest,
    overflowing_code,
    pack_bits,
    period_index,
    period_positions,
    sum_by_code,
    tally_answers,
    tally_answers_by_code,
    unpack_bits,
    value_counts,
)

INT64 = np.iinfo(np.int64)
small_blocks = blocks_of(4, _kernels)


def same(first, second):
    return first.dtype == second.dtype and np.array_equal(first, second)


@st.composite
def edges_and_ticks(draw):
    """Edges far apart, narrow or both, and ticks on them, beside them and far away."""
    near = st.integers(-40, 40)
    far = st.integers(INT64.min, INT64.max)
    edges = sorted(draw(st.sets(st.one_of(near, far), min_size=2, max_size=9)))
    on_edge = st.sampled_from(edges)
    beside = on_edge.map(lambda edge: max(edge - 1, INT64.min))
    ticks = draw(st.lists(st.one_of(on_edge, beside, near, far), max_size=20))
    return np.array(edges, np.int64), np.array(ticks, np.int64)


@st.composite
def logs(draw):
    """Codes, ticks, edges and the number of customers, some of whom have no row."""
    edges, ticks = draw(edges_and_ticks())
    n_customers = draw(st.integers(1, 140))
    codes = draw(npst.arrays(np.int64, ticks.size, elements=st.integers(0, n_customers - 1)))
    return codes, ticks, edges, n_customers


def plain_period_index(ticks, edges):
    index = np.searchsorted(edges, ticks, side="right") - 1
    return np.where(index < 0, edges.size - 1, index)


def plain_bits(codes, ticks, edges, n_customers):
    bits = np.zeros((edges.size - 1, -(-n_customers // 64)), np.uint64)
    for code, period in zip(codes.tolist(), plain_period_index(ticks, edges).tolist(), strict=True):
        if period < edges.size - 1:
            bits[period, code // 64] |= np.uint64(1 << code % 64)
    return bits, int((plain_period_index(ticks, edges) == edges.size - 1).sum())


class TestSumByCode:
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**50), 2**50)), max_size=20))
    def test_equals_a_loop_in_integers(self, rows):
        codes, amounts = np.array(rows, np.int64).reshape(-1, 2).T
        expected = [sum(amount for code, amount in rows if code == k) for k in range(4)]
        assert sum_by_code(codes, amounts, 4).tolist() == expected

    @given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e9, 1e9)), max_size=20))
    def test_equals_a_loop_in_floats(self, rows):
        codes = np.array([code for code, _ in rows], np.int64)
        amounts = np.array([amount for _, amount in rows], np.float64)
        expected = np.zeros(4)
        for code, amount in rows:
            expected[code] += amount
        assert same(sum_by_code(codes, amounts, 4), expected)

    @small_blocks
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.one_of(
                    st.integers(INT64.min, INT64.max),
                    st.sampled_from([INT64.min, INT64.max, 2**62, -(2**62), 1, -1]),
                ),
            ),
            max_size=12,
        )
    )
    def test_finds_the_first_sum_beyond_int64(self, rows):
        codes, amounts = np.array(rows, np.int64).reshape(-1, 2).T
        sums = [sum(amount for code, amount in rows if code == k) for k in range(3)]
        beyond = [k for k, total in enumerate(sums) if not INT64.min <= total <= INT64.max]
        assert overflowing_code(codes, amounts, 3) == (beyond[0] if beyond else None)
        if not beyond:
            assert sum_by_code(codes, amounts, 3).tolist() == sums


class TestExactTotal:
    @given(st.lists(st.one_of(st.integers(INT64.min, INT64.max), st.integers(-9, 9)), max_size=20))
    def test_equals_the_sum_in_python(self, values):
        assert exact_total(np.array(values, np.int64)) == sum(values)

    @given(st.lists(st.floats(-1e9, 1e9), max_size=20))
    def test_of_floats_is_the_sum_in_numpy(self, values):
        assert exact_total(np.array(values)) == np.sum(values)


amounts_of_customers = st.one_of(
    npst.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 9)),
    npst.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1e6)),
)


class TestLargest:
    @small_blocks
    @pytest.mark.parametrize("sampled", [9, _kernels.SAMPLED])
    @given(amounts_of_customers, st.data())
    def test_equals_the_end_of_a_sort(self, sampled, values, data):
        n = data.draw(st.integers(1, values.size))
        with patch.object(_kernels, "SAMPLED", sampled):
            found = largest(values, n)
        assert found[0] == found.min()
        assert same(np.sort(found), np.sort(values)[values.size - n :])

    @pytest.mark.parametrize("n", [1, 2, 1000, 200_000, 999_000, 999_999, 1_000_000])
    def test_equals_the_end_of_a_sort_of_many(self, n):
        values = np.random.default_rng(n).lognormal(3, 2, 1_000_000)
        found = largest(values, n)
        assert found[0] == found.min()
        assert same(np.sort(found), np.sort(values)[values.size - n :])

    def test_a_sample_of_the_largest_alone_does_no_harm(self):
        values = np.ones(2 * _kernels.SAMPLED)
        values[::16] = 2
        assert largest(values, values.size // 2).sum() == values.size // 2 + values.size // 16

    def test_values_stay_as_they_are(self):
        values = np.array([3.0, 1.0, 2.0])
        values.flags.writeable = False
        assert largest(values, 2).tolist() == [2.0, 3.0]


class TestValueCounts:
    @given(
        st.one_of(
            amounts_of_customers,
            npst.arrays(np.int64, st.integers(0, 20), elements=st.integers(-3, 10**6)),
            npst.arrays(np.int64, st.integers(1, 20), elements=st.integers(-1, 1)),
            npst.arrays(np.float64, st.integers(0, 20), elements=st.sampled_from([0.5, 2.0, 7.25])),
        )
    )
    def test_equals_np_unique(self, values):
        distinct, counts = value_counts(values)
        expected, numbers = np.unique(values, return_counts=True)
        assert same(distinct, expected)
        assert same(counts, numbers.astype(np.int64))


@st.composite
def answers_on_a_scale(draw):
    """Answers of any type, now and then beside the scale, and the scale."""
    lowest = draw(st.sampled_from([0, 1, -3, -200]))
    cuts = [lowest, lowest + 2, lowest + 4, lowest + 5]
    dtype = draw(st.sampled_from([np.int8, np.int16, np.int64, np.float32, np.float64]))
    if lowest == -200 and dtype is np.int8:
        dtype = np.int16
    off = st.sampled_from([cuts[0] - 1, cuts[3] + 1])
    if np.dtype(dtype).kind == "f":
        off = st.one_of(off, st.sampled_from([cuts[1] + 0.5, np.inf, -np.inf, np.nan]))
    wrong = draw(st.sampled_from([0, 0, 0, 1]))
    listed = draw(st.lists(st.integers(cuts[0], cuts[3]), max_size=20)) + [draw(off)] * wrong
    return np.array(draw(st.permutations(listed)), dtype), cuts


def plain_tally(answers, lowest, detractor_max, passive_max, highest):
    known = answers[answers == answers]
    if not ((known >= lowest) & (known <= highest) & (known == np.floor(known))).all():
        return None
    detractors = int((known <= detractor_max).sum())
    promoters = int((known > passive_max).sum())
    missing = answers.size - known.size
    return missing, detractors, known.size - detractors - promoters, promoters


class TestTallyAnswers:
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize("between", [0.5, 6.5, 8.5, 9.5])
    def test_an_answer_between_two_is_not_on_the_scale(self, dtype, between):
        answers = np.array([0, 10, between, 7], dtype)
        assert tally_answers(answers, 0, 6, 8, 10) is None
        assert tally_answers(answers.round(), 0, 6, 8, 10) is not None

    @pytest.mark.parametrize("block", [1, BLOCK])
    @given(answers_on_a_scale())
    def test_equals_its_twin(self, block, drawn):
        answers, cuts = drawn
        with blocks_of(block, _kernels):
            assert tally_answers(answers, *cuts) == plain_tally(answers, *cuts)

    @small_blocks
    @pytest.mark.parametrize("n_codes", [3, 40])
    @given(answers_on_a_scale(), st.data())
    def test_by_code_equals_its_twin(self, n_codes, drawn, data):
        answers, cuts = drawn
        element = st.integers(-5, n_codes - 6)
        codes = data.draw(npst.arrays(np.int64, answers.size, elements=element))
        names = ("lowest", "detractor_max", "passive_max", "highest")
        scale = dict(zip(names, cuts, strict=True))
        found = tally_answers_by_code(answers, codes, -5, n_codes, **scale)
        twins = [plain_tally(answers[codes == code - 5], *cuts) for code in range(n_codes)]
        if any(twin is None or twin[0] for twin in twins):
            assert found is None
        else:
            assert found.tolist() == [list(twin[1:]) for twin in twins]


class TestPeriodIndex:
    @small_blocks
    @given(edges_and_ticks())
    def test_equals_a_binary_search(self, drawn):
        edges, ticks = drawn
        assert np.array_equal(period_index(ticks, edges), plain_period_index(ticks, edges))

    @small_blocks
    @given(edges_and_ticks())
    def test_positions_are_the_same_and_minus_one_outside(self, drawn):
        edges, ticks = drawn
        twin = plain_period_index(ticks, edges)
        twin[twin == edges.size - 1] = -1
        assert same(period_positions(ticks, edges), twin)

    @small_blocks
    @patch.object(_kernels, "BUCKETS", 0)
    @given(edges_and_ticks())
    def test_equals_a_binary_search_where_the_table_would_be_too_large(self, drawn):
        edges, ticks = drawn
        assert np.array_equal(period_index(ticks, edges), plain_period_index(ticks, edges))

    @pytest.mark.parametrize("n_periods", [1, 255, 256, 10_000, 100_000])
    def test_many_periods_of_uneven_length(self, n_periods):
        rng = np.random.default_rng(n_periods)
        edges = np.cumsum(rng.integers(1, 10**9, n_periods + 1))
        ticks = rng.integers(edges[0] - 10**9, edges[-1] + 10**9, 3 * BLOCK + 1)
        ticks[: edges.size] = edges[: ticks.size]
        assert np.array_equal(period_index(ticks, edges), plain_period_index(ticks, edges))

    def test_table_stays_small_for_one_narrow_period_in_a_long_time(self):
        edges = np.array([0, 1, 10**15])
        assert _kernels._buckets(edges) is None
        assert period_index(np.array([-1, 0, 1, 10**15]), edges).tolist() == [2, 0, 1, 2]

    @pytest.mark.parametrize(
        "n_periods, dtype", [(255, np.uint8), (256, np.uint16), (70_000, np.uint32)]
    )
    def test_index_is_as_small_as_the_number_of_periods_lets_it_be(self, n_periods, dtype):
        assert period_index(np.array([n_periods]), np.arange(n_periods + 1)).dtype == dtype


class TestPackBits:
    @given(npst.arrays(bool, npst.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=140)))
    def test_bit_of_word_is_the_mark(self, marks):
        words = pack_bits(marks)
        assert words.dtype == np.uint64
        assert words.shape == (*marks.shape[:-1], -(-marks.shape[-1] // 64))
        for place in np.ndindex(*words.shape[:-1], words.shape[-1] * 64):
            *row, c = place
            bit = int(words[(*row, c // 64)]) >> (c % 64) & 1
            assert bit == (c < marks.shape[-1] and marks[(*row, c)])

    @given(npst.arrays(bool, npst.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=140)))
    def test_unpacking_undoes_packing(self, marks):
        assert same(unpack_bits(pack_bits(marks), marks.shape[-1]), marks)

    def test_takes_a_transposed_table(self):
        marks = np.random.default_rng(1).random((130, 3)) < 0.5
        assert same(unpack_bits(pack_bits(marks.T), 130), marks.T)


class TestActivityBits:
    @small_blocks
    @given(logs())
    def test_equals_a_loop_over_the_rows(self, log):
        bits, n_outside = activity_bits(*log)
        expected, outside = plain_bits(*log)
        assert same(bits, expected)
        assert n_outside == outside

    @small_blocks
    @given(logs())
    def test_log_sorted_by_time_gives_the_same(self, log):
        codes, ticks, *rest = log
        order = np.argsort(ticks, kind="stable")
        bits, n_outside = activity_bits(codes[order], ticks[order], *rest)
        expected, outside = plain_bits(*log)
        assert same(bits, expected)
        assert n_outside == outside

    @small_blocks
    @patch.object(_kernels, "MARKS", 0)
    @given(logs())
    def test_table_too_large_for_marks_gives_the_same(self, log):
        bits, n_outside = activity_bits(*log)
        expected, outside = plain_bits(*log)
        assert same(bits, expected)
        assert n_outside == outside

    @pytest.mark.parametrize("marks", [0, _kernels.MARKS])
    @pytest.mark.parametrize("n_periods", [36, 400])
    def test_rows_in_many_blocks(self, marks, n_periods):
        rng = np.random.default_rng(3)
        edges = np.cumsum(rng.integers(1, 10**6, n_periods + 1))
        codes = rng.integers(0, 1000, 3 * BLOCK + 1)
        ticks = rng.integers(edges[0] - 10**6, edges[-1] + 10**6, codes.size)
        with patch.object(_kernels, "MARKS", marks):
            bits, n_outside = activity_bits(codes, ticks, edges, 1000)
        expected, outside = plain_bits(codes, ticks, edges, 1000)
        assert same(bits, expected)
        assert n_outside == outside

    def test_first_unsorted_row_may_stand_at_a_block_boundary(self):
        ticks = np.arange(3 * BLOCK)
        codes = np.zeros_like(ticks)
        ticks[BLOCK], codes[BLOCK] = 0, 1
        bits, _ = activity_bits(codes, ticks, np.array([0, 1, ticks.size]), 2)
        assert bits.tolist() == [[0b11], [0b01]]


class TestCodesBefore:
    @given(logs(), st.integers(-50, 50))
    def test_equals_its_twin(self, log, edge):
        codes, ticks, _, n_customers = log
        twin = np.array([(ticks[codes == code] < edge).any() for code in range(n_customers)], bool)
        with blocks_of(4, _kernels):
            assert same(codes_before(codes, ticks, edge, n_customers), twin)


class TestCountBits:
    @given(npst.arrays(bool, st.tuples(st.integers(0, 40), st.integers(0, 140))))
    def test_equals_a_sum_over_the_rows(self, marks):
        counts = count_bits(pack_bits(marks), marks.shape[1])
        assert same(counts, marks.sum(axis=0, dtype=np.int64))

    @given(npst.arrays(bool, st.tuples(st.integers(1, 40), st.integers(0, 140))))
    def test_first_row_equals_argmax(self, marks):
        first = first_set_row(pack_bits(marks), marks.shape[1])
        assert same(first, np.where(marks.any(axis=0), marks.argmax(axis=0), -1))

    def test_bits_are_not_changed(self):
        bits = pack_bits(np.ones((5, 70), bool))
        bits.flags.writeable = False
        count_bits(bits, 70)
        first_set_row(bits, 70)
        assert same(bits, pack_bits(np.ones((5, 70), bool)))


@st.composite
def age_ranges(draw, highest=8):
    """Starts and ends of which neither decreases; ranges may overlap and leave gaps."""
    starts = sorted(draw(st.lists(st.integers(0, highest), min_size=1, max_size=5)))
    widths = draw(st.lists(st.integers(1, highest), min_size=len(starts), max_size=len(starts)))
    return np.array(starts), np.maximum.accumulate(np.add(starts, widths))


class TestCohortCounts:
    @given(st.integers(1, 9), st.integers(0, 140), age_ranges(), st.data())
    def test_equals_its_twin(self, n_periods, n, ranges, data):
        active, entered = (data.draw(npst.arrays(bool, (n_periods, n))) for _ in range(2))
        known, (starts, ends) = data.draw(npst.arrays(bool, n)), ranges
        first = np.where(entered.any(axis=0) & ~known, entered.argmax(axis=0), -1)
        twin = [
            [
                active[p + a : p + b, first == p].any(axis=0).sum()
                for a, b in zip(*ranges, strict=True)
            ]
            for p in range(n_periods)
        ]
        bits = (pack_bits(marks) for marks in (active, entered, known))
        with patch.object(_kernels, "WORDS", 2):
            sizes, counts = cohort_counts(*bits, starts, ends)
        assert same(counts, np.array(twin))
        assert sizes.tolist() == [(first == p).sum() for p in range(n_periods)]

    @small_blocks
    @given(st.integers(0, 30), age_ranges(), st.data())
    def test_by_age_equals_its_twin(self, n, ranges, data):
        ages = data.draw(npst.arrays(np.int64, n, elements=st.integers(-2, 20)))
        codes = data.draw(npst.arrays(np.int64, n, elements=st.integers(0, 5)))
        cohorts = data.draw(npst.arrays(np.int64, 6, elements=st.integers(0, 2)))
        twin = [
            [
                np.unique(codes[(cohorts[codes] == c) & (a <= ages) & (ages < b)]).size
                for a, b in zip(*ranges, strict=True)
            ]
            for c in range(3)
        ]
        assert same(cohort_counts_by_age(ages, codes, cohorts, 3, *ranges), np.array(twin))


class TestAges:
    @given(logs())
    def test_first_ticks_equal_their_twin(self, log):
        codes, ticks, _, n = log
        twin = [min(ticks[codes == code].tolist(), default=INT64.max) for code in range(n)]
        assert first_by_code(codes, ticks, n).tolist() == twin

    @small_blocks
    @given(logs())
    def test_ages_in_periods_equal_their_twin(self, log):
        codes, ticks, edges, n = log
        entered = np.arange(n) % (edges.size - 1)
        period = plain_period_index(ticks, edges)
        twin = np.where(period == edges.size - 1, -1, period - entered[codes])
        assert same(ages_in_periods(codes, ticks, edges, entered), twin)

    @small_blocks
    @given(logs(), st.integers(1, 10**6), st.data())
    def test_ages_in_units_equal_their_twin(self, log, unit, data):
        codes, ticks, _, n = log
        entered = np.array(
            data.draw(st.lists(st.sampled_from([*ticks.tolist(), 0]), min_size=n, max_size=n)),
            np.int64,
        )
        pairs = zip(ticks.tolist(), entered[codes].tolist(), strict=True)
        twin = [min((t - start) // unit, 2**62) if t >= start else -1 for t, start in pairs]
        assert ages_in_units(codes, ticks, entered, unit).tolist() == twin
