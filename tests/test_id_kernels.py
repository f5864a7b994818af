"""Every fast loop over ids beside its plain twin of a few lines."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from small_blocks import blocks_of

from loyalkit import _id_kernels
from loyalkit._blocks import BLOCK
from loyalkit._id_kernels import (
    as_words,
    encode_integers,
    encode_text,
    id_flows,
    occurring,
    sorted_distinct,
)

integer_dtypes = st.sampled_from([np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64])
small_blocks = blocks_of(4, _id_kernels)


def same(first, second):
    return first.dtype == second.dtype and np.array_equal(first, second)


@st.composite
def ids(draw):
    """Few distinct values many times over, next to each other or at both ends of the range."""
    dtype = draw(integer_dtypes)
    pool = draw(npst.arrays(dtype, st.integers(1, 8), elements=npst.from_dtype(np.dtype(dtype))))
    return pool[
        draw(npst.arrays(np.intp, st.integers(0, 20), elements=st.integers(0, 7))) % pool.size
    ]


class TestEncodeIntegers:
    @small_blocks
    @given(ids())
    def test_equals_np_unique(self, values):
        distinct, codes = encode_integers(values)
        expected, inverse = np.unique(values, return_inverse=True)
        assert same(distinct, expected)
        assert same(codes, inverse.astype(np.int64))

    @pytest.mark.parametrize("repeat", [False, True])
    def test_ids_in_order_are_numbered_as_they_come(self, repeat):
        values = np.arange(2 * BLOCK + 3) * 2**20
        values[BLOCK] -= 2**20 * repeat  # the last of a block and the first of the next
        distinct, codes = encode_integers(values)
        expected, inverse = np.unique(values, return_inverse=True)
        assert same(distinct, expected)
        assert same(codes, inverse)
        assert not np.shares_memory(distinct, values)

    @pytest.mark.parametrize("spread", [1, 3, 4_000_037, 2**40])
    @pytest.mark.parametrize("dtype", [np.int64, np.uint64])
    def test_rows_in_many_blocks(self, spread, dtype):
        rng = np.random.default_rng(7)
        values = (rng.integers(0, 50_000, 3 * BLOCK + 1) * spread).astype(dtype)
        distinct, codes = encode_integers(values)
        assert same(distinct, sorted_distinct(values))
        assert np.array_equal(distinct[codes], values)

    @pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64])
    def test_ids_that_want_the_same_place_in_the_table(self, dtype):
        rng = np.random.default_rng(8)
        range_ = np.iinfo(dtype)
        pool = rng.integers(range_.min, range_.max, 20_000, dtype)
        values = pool[rng.integers(0, pool.size, 50_000)]
        distinct, codes = encode_integers(values)
        assert same(distinct, sorted_distinct(values))
        assert np.array_equal(distinct[codes], values)

    @pytest.mark.parametrize("probes", [1, 2, 8])
    @pytest.mark.parametrize("dtype", [np.int64, np.uint64])
    @pytest.mark.parametrize("place", ["first", "last"])
    def test_ids_that_all_want_the_same_place_in_the_table(self, place, dtype, probes):
        inverse = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
        products = np.arange(3_000, dtype=np.uint64)
        pool = ((products if place == "first" else ~products) * inverse).astype(dtype)
        values = np.random.default_rng(9).choice(pool, 20_000)
        with patch.object(_id_kernels, "PROBES", probes):
            distinct, codes = encode_integers(values)
        expected, inverse = np.unique(values, return_inverse=True)
        assert same(distinct, expected)
        assert same(codes, inverse)

    def test_strided_input_is_read_and_not_changed(self):
        values = np.arange(20)[::-2]
        distinct, codes = encode_integers(values)
        assert np.array_equal(distinct[codes], np.arange(20)[::-2])
        assert np.array_equal(values, np.arange(20)[::-2])

    @pytest.mark.parametrize("block", [1, 4, BLOCK])
    @given(ids())
    def test_sorted_distinct_equals_np_unique(self, block, values):
        with blocks_of(block, _id_kernels):
            assert same(sorted_distinct(values), np.unique(values))

    @pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint64])
    def test_sorted_distinct_of_many_rows_keeps_what_comes_once(self, dtype):
        rng = np.random.default_rng(10)
        rare = rng.integers(0, np.iinfo(dtype).max, 5_000, dtype)
        often = rng.integers(0, 100, 3 * BLOCK).astype(dtype)
        values = rng.permutation(np.concatenate([rare, often]))
        assert same(sorted_distinct(values), np.unique(values, return_counts=True)[0])

    @given(st.lists(st.floats(-5, 5)))
    def test_sorted_distinct_takes_floats(self, values):
        assert same(sorted_distinct(np.array(values)), np.unique(values))


class TestEncodeText:
    @small_blocks
    @given(st.lists(st.text("ab\xe9\u20ac\U0001f600", max_size=10), min_size=1, max_size=12))
    def test_equals_np_unique(self, texts):
        distinct, codes = encode_text(np.array(texts))
        expected, inverse = np.unique(np.array(texts), return_inverse=True)
        assert same(distinct, expected)
        assert same(codes, inverse.astype(np.int64))

    @given(st.lists(st.binary(max_size=18), min_size=1, max_size=12))
    def test_equals_np_unique_on_bytes(self, texts):
        distinct, codes = encode_text(np.array(texts))
        expected, inverse = np.unique(np.array(texts), return_inverse=True)
        assert same(distinct, expected)
        assert same(codes, inverse.astype(np.int64))


class TestAsWords:
    @small_blocks
    @given(st.lists(st.text("abz\xe9\xff", max_size=8), min_size=1, max_size=12))
    def test_words_sort_like_the_text(self, texts):
        array = np.array(texts)
        words = as_words(array)
        assert np.array_equal(np.argsort(words, kind="stable"), np.argsort(array, kind="stable"))
        assert len(set(words.tolist())) == len(set(texts))

    @pytest.mark.parametrize("texts", [["a" * 9], ["\u20ac"], [b"a" * 9]])
    def test_what_does_not_fit_is_left_to_others(self, texts):
        assert as_words(np.array(texts)) is None

    def test_strided_text_is_read_and_not_changed(self):
        texts = np.array(["b", "x", "a", "x"])[::2]
        first, second = as_words(texts).tolist()
        assert first > second
        assert texts.tolist() == ["b", "a"]


@st.composite
def rows_of_ids(draw):
    """Ids before and after, a history of the same ids, and which rows of it are early."""
    pool = draw(ids().filter(np.size))
    places = npst.arrays(np.intp, st.integers(0, 9), elements=st.integers(0, pool.size - 1))
    before, after, history = (pool[draw(places)] for _ in range(3))
    return before, after, history, draw(npst.arrays(bool, history.size))


class TestIdFlows:
    @small_blocks
    @given(rows_of_ids(), st.booleans())
    def test_equals_set_algebra(self, rows, told):
        before, after, history, early = rows
        there, then = set(before.tolist()), set(after.tolist())
        known = set(history[early].tolist() if told else history.tolist())
        assert id_flows(before, after, history, early if told else None) == (
            len(there & then),
            len(there - then),
            len(then - there - known),
            len((then - there) & known),
        )

    @pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int8])
    @pytest.mark.parametrize("end", ["first", "last"])
    def test_ids_close_together_at_the_ends_of_the_range(self, dtype, end):
        limits = np.iinfo(dtype)
        base = limits.min if end == "first" else limits.max - 9
        before, after, history = (np.array(x, dtype) for x in ([0, 3, 3], [3, 9, 5, 9], [5, 0, 4]))
        far = np.array([limits.max if end == "first" else limits.min], dtype)
        history = np.concatenate([history + dtype(base), far, far])
        shifted = before + dtype(base), after + dtype(base)
        assert id_flows(*shifted, history) == (1, 1, 1, 1)
        assert id_flows(*shifted, history, np.array([False, True, True, True, True])) == (
            1,
            1,
            2,
            0,
        )


class TestOccurring:
    @pytest.mark.parametrize("size", [1, 3_000, 100_000])
    @pytest.mark.parametrize("dtype", [np.int64, np.uint64])
    def test_equals_np_isin(self, size, dtype):
        rng = np.random.default_rng(11)
        range_ = np.iinfo(dtype)
        wanted = np.unique(rng.integers(range_.min, range_.max, size, dtype))
        others = rng.integers(range_.min, range_.max, 50_000, dtype)
        rows = rng.permutation(np.concatenate([wanted[::2], wanted[::6], others]))
        where = rng.random(rows.size) < 0.5
        assert np.array_equal(occurring(wanted, rows), np.isin(wanted, rows))
        assert np.array_equal(occurring(wanted, rows, where), np.isin(wanted, rows[where]))

    def test_ids_that_share_a_mark_are_told_apart(self):
        inverse = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
        pool = np.arange(3_000, dtype=np.uint64) * inverse
        wanted = np.sort(pool[:1_000])
        assert not occurring(wanted, pool[1_000:]).any()
        assert np.array_equal(occurring(wanted, pool[500:]), np.isin(wanted, pool[500:]))
