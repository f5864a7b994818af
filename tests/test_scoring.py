import math
import pickle
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.scoring import value_scores

whole = st.lists(st.integers(-5, 30), min_size=1, max_size=60)
any_values = st.one_of(
    whole,
    st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=40),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
)
bin_numbers = st.integers(2, 12)
directions = st.sampled_from(["largest", "smallest"])


def plain_thresholds(values, bins, best):
    """Smallest value that at least k / bins of the customers, from the worst, do not exceed."""
    worst_first = sorted(values, reverse=best == "smallest")
    ranks = [math.ceil(len(values) * k / bins) for k in range(1, bins)]
    return sorted(worst_first[rank - 1] for rank in ranks)


def plain_score(value, thresholds, best):
    return 1 + sum(value > c if best == "largest" else value < c for c in thresholds)


class TestValueScores:
    def test_worked_example(self):
        made = value_scores([3, 29, 30, 89, 90], [30, 90], best="smallest")
        assert made.scores.tolist() == [3, 3, 2, 2, 1]
        assert made.counts == {3: 2, 2: 2, 1: 1}
        assert (made.n_bins, made.n_bins_used) == (3, 3)

    @given(any_values, bin_numbers, directions)
    def test_equal_the_definition(self, values, bins, best):
        made = value_scores(values, bins, best=best)
        expected = plain_thresholds(values, bins, best)
        assert made.thresholds.tolist() == expected
        assert made.scores.tolist() == [plain_score(v, expected, best) for v in values]
        assert made.n_bins == bins

    @given(any_values, bin_numbers, directions)
    def test_better_values_never_score_less_and_equal_ones_alike(self, values, bins, best):
        made = value_scores(values, bins, best=best)
        pairs = sorted(zip(values, made.scores.tolist(), strict=True))
        if best == "smallest":
            pairs.reverse()
        for (worse, low), (better, high) in pairwise(pairs):
            assert low <= high
            assert (low == high) or worse != better

    @given(any_values, bin_numbers, directions)
    def test_as_many_are_worse_as_a_score_says(self, values, bins, best):
        made = value_scores(values, bins, best=best)
        for value, score in zip(values, made.scores.tolist(), strict=True):
            worse = sum(v < value if best == "largest" else v > value for v in values)
            assert worse * bins >= (score - 1) * len(values)
            # And no fewer points than that.
            assert score == bins or worse * bins < score * len(values)

    @given(st.integers(1, 8), bin_numbers, directions)
    def test_bins_are_equal_where_all_values_differ(self, per_bin, bins, best):
        made = value_scores(range(per_bin * bins), bins, best=best)
        assert set(made.counts.values()) == {per_bin}

    @given(any_values, bin_numbers, directions)
    def test_turned_round_where_the_smallest_is_best(self, values, bins, best):
        other = "smallest" if best == "largest" else "largest"
        mirrored = value_scores([-v for v in values], bins, best=other)
        assert mirrored.scores.tolist() == value_scores(values, bins, best=best).scores.tolist()

    @given(any_values, bin_numbers, directions, st.integers(0, 2**32))
    def test_row_order_does_not_matter(self, values, bins, best, seed):
        order = np.random.default_rng(seed).permutation(len(values)).tolist()
        one, other = (
            value_scores(column, bins, best=best) for column in (values, [values[i] for i in order])
        )
        assert other.scores.tolist() == one.scores[order].tolist()
        assert other.thresholds.tolist() == one.thresholds.tolist()

    @given(any_values, bin_numbers, st.integers(2, 4), directions)
    def test_a_base_many_times_as_large_has_the_same(self, values, bins, times, best):
        one, more = (value_scores(v, bins, best=best) for v in (values, values * times))
        assert more.scores.tolist() == one.scores.tolist() * times
        assert more.thresholds.tolist() == one.thresholds.tolist()

    @given(whole, bin_numbers, directions)
    def test_only_the_order_of_the_values_matters(self, values, bins, best):
        one = value_scores(values, bins, best=best)
        other = value_scores([math.exp(v / 3) for v in values], bins, best=best)
        assert other.scores.tolist() == one.scores.tolist()

    @given(any_values, bin_numbers, directions)
    def test_thresholds_given_back_make_the_same_scores(self, values, bins, best):
        made = value_scores(values, bins, best=best)
        assert value_scores(values, made.thresholds, best=best).equals(made)

    @given(
        st.lists(st.integers(-9, 9), min_size=1, max_size=20),
        st.sets(st.integers(-20, 20), min_size=1, max_size=5),
        directions,
    )
    def test_own_thresholds_need_not_be_whole(self, values, quarters, best):
        thresholds = [q / 4 for q in sorted(quarters)]
        made = value_scores(values, thresholds, best=best)
        assert made.scores.tolist() == [plain_score(v, thresholds, best) for v in values]
        as_floats = value_scores([float(v) for v in values], thresholds, best=best)
        assert as_floats.scores.tolist() == made.scores.tolist()

    def test_whole_values_beyond_what_floats_tell_apart(self):
        large = 2**60
        assert value_scores([large, large + 1], [large]).scores.tolist() == [1, 2]
        assert value_scores([large, large + 1], [float(large)]).scores.tolist() == [1, 2]
        assert value_scores(
            [large, large - 1], [float(large)], best="smallest"
        ).scores.tolist() == [
            1,
            2,
        ]

    @pytest.mark.parametrize("best", ["largest", "smallest"])
    def test_a_constant_column_and_ten_identical_customers_have_one_score(self, best):
        made = value_scores([42] * 10, best=best)
        assert made.scores.tolist() == [1] * 10
        assert made.n_bins_used == 1

    def test_nine_of_ten_bought_once(self):
        """Where pymc-marketing raises, and others part equal customers by row."""
        made = value_scores([1] * 90 + [2] * 6 + [3] * 4)
        assert Counter(made.scores.tolist()) == {1: 90, 5: 10}
        assert made.n_bins_used == 2

    def test_sums_below_one_unit_are_told_apart(self):
        """R's rfm adds 1 to each quantile."""
        assert value_scores([0.1, 0.2, 0.3, 0.4, 0.5]).scores.tolist() == [1, 2, 3, 4, 5]

    def test_no_customers(self):
        made = value_scores([])
        assert (made.n_bins, made.n_bins_used, made.scores.size) == (5, 0, 0)
        assert np.isnan(made.thresholds).all()
        assert value_scores([], [3, 4]).counts == {3: 0, 2: 0, 1: 0}

    def test_one_customer(self):
        assert value_scores([7]).scores.tolist() == [1]

    def test_cannot_be_changed_changes_nothing_and_survives_pickling(self):
        values, thresholds = np.array([3, 1, 2]), np.array([1, 2])
        made = value_scores(values, thresholds)
        thresholds[0] = 0
        again = pickle.loads(pickle.dumps(made))
        assert again.equals(made)
        assert made.thresholds.tolist() == [1, 2]
        assert not again.equals(value_scores(values, [1, 3]))
        assert not again.equals(value_scores(values, [1, 2], best="smallest"))
        assert not again.equals(value_scores(values[::-1], [1, 2]))
        assert not value_scores([42], 3).equals(value_scores([42], 3, best="smallest"))
        assert not value_scores([42], [1]).equals(value_scores([42], [2]))
        assert repr(made) == "ValueScores(3: 1, 2: 1, 1: 1)"
        for array in (again.scores, again.thresholds):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1

    @pytest.mark.parametrize(
        ("values", "bins", "error", "message"),
        [
            ([1, math.nan], 5, ValueError, "values must not be missing, got values=nan at index 1"),
            (["a"], 5, TypeError, "values must hold numbers"),
            ([1], 1, ValueError, "bins must be a whole number from 2 to 127, or thresholds"),
            ([1], 2.5, ValueError, "bins must be a whole number from 2 to 127, or thresholds"),
            ([1], 128, ValueError, "bins must be a whole number from 2 to 127, or thresholds"),
            ([1], True, TypeError, "bins must be a number"),
            ([1], "5", TypeError, "bins must"),
            ([1], [], ValueError, "bins must be from 1 to 126 thresholds"),
            ([1], range(127), ValueError, "bins must be from 1 to 126 thresholds"),
            (
                [1],
                [1, 3, 2],
                ValueError,
                "bins must ascend from each threshold to the next, got bins=2 at index 2",
            ),
            ([1], [1, math.inf], ValueError, "bins must be finite"),
            ([1], [1e19], ValueError, r"bins must be less than 2\*\*63 in size where the values"),
        ],
    )
    def test_says_what_is_wrong(self, values, bins, error, message):
        with pytest.raises(error, match=message):
            value_scores(values, bins)

    def test_says_which_direction_there_is(self):
        with pytest.raises(ValueError, match="best must be one of 'largest', 'smallest', got best"):
            value_scores([1], best="highest")

    def test_the_most_bins(self):
        made = value_scores(range(1000), 127)
        assert int(made.scores.max()) == 127
        assert value_scores([200], range(126)).scores.tolist() == [127]
