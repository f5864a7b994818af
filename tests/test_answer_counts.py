import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference
from test_nps import airport_answers

from loyalkit.answer_counts import AnswerCounts
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_0_10, SCALE_1_5, Scale

head_counts = st.integers(0, 10**6)
tallies = st.builds(
    AnswerCounts, tally=st.lists(head_counts, min_size=11, max_size=11), missing=head_counts
)
scales = st.lists(st.integers(-20, 200), min_size=4, max_size=4, unique=True).map(
    lambda x: Scale(*sorted(x))
)


@st.composite
def answers(draw, *, fewest=0):
    """A scale and answers on it."""
    scale = draw(st.one_of(st.just(SCALE_0_10), st.just(SCALE_1_5), scales))
    span = st.integers(scale.lowest, scale.highest)
    return scale, draw(st.lists(span, min_size=fewest, max_size=40))


class TestAnswerCounts:
    def test_airport_of_san_francisco_2017(self):
        expected = reference("nps.json")["2017"]
        counted = AnswerCounts.from_scores(airport_answers())
        assert counted.counts == {int(k): n for k, n in expected["histogram"].items()}
        assert counted.mean == pytest.approx(expected["unweighted"]["mean"], rel=1e-14)
        assert counted.nps == NpsCounts.from_scores(airport_answers())

    @given(answers())
    def test_classes_are_those_of_the_scores(self, given):
        scale, scores = given
        counted = AnswerCounts.from_scores(scores, scale=scale)
        assert counted.nps == NpsCounts.from_scores(scores, scale=scale)
        assert counted.n == len(scores)
        assert counted.counts == {
            answer: scores.count(answer) for answer in range(scale.lowest, scale.highest + 1)
        }

    @given(answers(fewest=1), st.floats(0, 1))
    def test_figures_are_those_of_numpy(self, given, fraction):
        scale, scores = given
        counted = AnswerCounts.from_scores(scores, scale=scale)
        assert counted.mean == pytest.approx(np.mean(scores))
        assert counted.standard_deviation == pytest.approx(np.std(scores), abs=1e-9)
        assert counted.median == np.median(scores)
        assert sum(counted.shares.values()) == pytest.approx(1)
        rank = fraction * len(scores)
        if abs(rank - round(rank)) > 1e-4:
            expected = np.quantile(scores, fraction, method="inverted_cdf")
            assert counted.quantile(fraction) == expected

    @given(answers(fewest=1))
    def test_quantiles_of_whole_ranks_are_exact(self, given):
        scale, scores = given
        counted = AnswerCounts.from_scores(scores, scale=scale)
        for rank, answer in enumerate(sorted(scores), 1):
            assert counted.quantile(rank / len(scores)) == answer
        assert counted.quantile(0) == min(scores)

    @pytest.mark.parametrize("dtype", [*"bhilqBHILQ", np.float16, np.float32, np.float64])
    @pytest.mark.parametrize("size", [0, 1, 2, 2**16 - 1, 2**16, 2**17 + 3])
    def test_dtype_and_number_of_the_scores_do_not_matter(self, dtype, size):
        scores = np.arange(size) ** 2 % 11
        expected = np.bincount(scores, minlength=11).tolist()
        assert list(AnswerCounts.from_scores(scores.astype(dtype)).tally) == expected

    @pytest.mark.parametrize("lowest, width", [(-128, 256), (-3, 6), (-5, 32), (7, 33), (200, 90)])
    def test_scales_of_any_place_and_width(self, lowest, width):
        scale = Scale(lowest, lowest + 1, lowest + 2, lowest + width - 1)
        scores = np.arange(70_000) * 7 % width + lowest
        expected = np.bincount(scores - lowest, minlength=width).tolist()
        narrow = np.int8 if lowest >= -128 and lowest + width <= 128 else np.int16
        for dtype in (narrow, np.int64, np.float64):
            counted = AnswerCounts.from_scores(scores.astype(dtype), scale=scale)
            assert list(counted.tally) == expected

    @pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float64])
    def test_no_answer_off_the_scale_slips_through_anywhere(self, dtype):
        for place in (0, 2**16 - 1, 2**16, 2**17 + 4):
            scores = np.zeros(2**17 + 5, dtype)
            for wrong in (11, -1):
                scores[place] = wrong
                with pytest.raises(ValueError, match=f"on the scale 0 to 10, .* index {place}"):
                    AnswerCounts.from_scores(scores)

    def test_missing_answers_are_counted_apart_in_every_block(self):
        scores = np.tile([10.0, np.nan, 3.0], 60_000)
        counted = AnswerCounts.from_scores(scores, missing="drop")
        assert (counted.n, counted.missing) == (120_000, 60_000)
        assert counted.counts[10] == counted.counts[3] == 60_000
        with pytest.raises(ValueError, match="scores must not be missing: missing='drop' leaves"):
            AnswerCounts.from_scores(scores)

    @given(tallies)
    def test_table_of_values_and_counts_reads_back(self, counted):
        values, often = list(counted.counts), list(counted.counts.values())
        codes = [*values[::-1], 99, 99], [*often[::-1], counted.missing, 3]
        found = AnswerCounts.from_counts(*codes, missing_codes=(99,))
        assert found == counted + AnswerCounts(missing=3)
        again = AnswerCounts.from_counts(values + values, often + often)
        assert again.tally == (counted + counted).tally

    def test_table_with_a_row_without_value(self):
        found = AnswerCounts.from_counts([10, None, 3], [5, 7, 1], missing="drop")
        assert (found.counts[10], found.counts[3], found.missing) == (5, 1, 7)

    @given(tallies, tallies, tallies)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a
        assert (a + b).nps == a.nps + b.nps

    @given(tallies)
    def test_empty_counts_are_the_identity_of_addition(self, counted):
        assert counted + AnswerCounts() == AnswerCounts() + counted == counted
        assert sum([counted]) == counted

    @given(tallies)
    def test_survives_pickling_and_hashing(self, counted):
        copy = pickle.loads(pickle.dumps(counted))
        assert (copy, hash(copy)) == (counted, hash(counted))
        assert {type(x) for x in copy.tally} == {int}

    def test_scales_are_never_mixed_not_even_by_an_empty_tally(self):
        with pytest.raises(ValueError, match="scale must be the same on both sides"):
            AnswerCounts() + AnswerCounts(scale=SCALE_1_5)
        with pytest.raises(TypeError):
            AnswerCounts() + 0
        with pytest.raises(TypeError):
            False + AnswerCounts()

    def test_is_nan_exactly_without_answers(self):
        empty = AnswerCounts(missing=3)
        figures = (empty.mean, empty.standard_deviation, empty.median, empty.quantile(0.5))
        assert all(map(math.isnan, figures))
        assert all(map(math.isnan, empty.shares.values()))
        one = AnswerCounts.from_scores([0])
        assert (one.mean, one.standard_deviation, one.median, one.quantile(0.5)) == (0, 0, 0, 0)

    def test_codes_of_no_answer_are_missing_and_never_neutral(self):
        found = AnswerCounts.from_scores([10, 11.0, 3, -1, 8], missing_codes=(11, -1))
        assert (found.n, found.missing, found.nps.score) == (3, 2, 0)

    @pytest.mark.parametrize(
        "make, error, message",
        [
            (lambda: AnswerCounts(tally=[1, 2]), ValueError, "tally must hold 11 counts, from 0 t"),
            (lambda: AnswerCounts(tally=[-1] * 11), ValueError, "tally must be a whole number of"),
            (lambda: AnswerCounts(tally=["1"] * 11), TypeError, "tally must be a number, got str"),
            (lambda: AnswerCounts(tally=11), TypeError, "tally must be a sequence of counts"),
            (lambda: AnswerCounts(scale=10), TypeError, "scale must be a Scale, got int"),
            (
                lambda: AnswerCounts(scale=Scale(0, 1, 2, 2000)),
                ValueError,
                "scale must have at most 1001 answers",
            ),
            (
                lambda: AnswerCounts.from_scores([5], scale=Scale(0, 1, 2, 1001)),
                ValueError,
                "scale must have at most 1001 answers",
            ),
            (lambda: AnswerCounts.from_scores([9, 11]), ValueError, "got scores=11 at index 1"),
            (lambda: AnswerCounts.from_scores([9, 8.5]), ValueError, "got scores=8.5 at index 1"),
            (lambda: AnswerCounts.from_scores([True]), TypeError, "scores must hold numbers"),
            (lambda: AnswerCounts().quantile(25), ValueError, "0.25 for 25 %"),
            (lambda: AnswerCounts.from_counts([11], [1]), ValueError, "got values=11 at index 0"),
            (lambda: AnswerCounts.from_counts([9], [1.5]), ValueError, "counts must be a whole nu"),
            (
                lambda: AnswerCounts.from_counts([9, 8], [1]),
                ValueError,
                "values and counts must have the same length, got 2, 1",
            ),
            (lambda: AnswerCounts.from_counts([9, None], [1, 2]), ValueError, "must not be missin"),
            (
                lambda: AnswerCounts.from_counts([9], [1], missing_codes=(9,)),
                ValueError,
                "missing_codes must not lie on the scale 0 to 10, got missing_codes=9 at index 0",
            ),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, make, error, message):
        with pytest.raises(error, match=message):
            make()
