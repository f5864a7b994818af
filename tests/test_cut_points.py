import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.attachment import attachment_levels
from loyalkit.cut_points import levels_from, truth_from
from loyalkit.evidence import Evidence

numbers = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=20)
wholes = st.lists(st.one_of(st.none(), st.integers(-100, 100)), max_size=20)
CONDITIONS = {
    "at_least": lambda x, cut: x >= cut,
    "more_than": lambda x, cut: x > cut,
    "at_most": lambda x, cut: x <= cut,
    "less_than": lambda x, cut: x < cut,
}
names = st.sampled_from(sorted(CONDITIONS))


class TestTruthFrom:
    @given(wholes, names, st.integers(-100, 100))
    def test_says_what_its_argument_says(self, values, name, cut):
        found = truth_from(values, **{name: cut})
        assert found.tolist() == [
            -1 if x is None else int(CONDITIONS[name](x, cut)) for x in values
        ]
        assert found.dtype == np.int8
        assert not found.flags.writeable

    @given(numbers, names, st.floats(-1e6, 1e6))
    def test_unknown_stays_unknown_and_nothing_else_is(self, values, name, cut):
        found = truth_from(values, **{name: cut})
        assert (found == -1).tolist() == [x is None for x in values]

    @given(numbers, st.floats(-1e6, 1e6))
    def test_opposites_are_opposite(self, values, cut):
        for one, other in (("at_least", "less_than"), ("more_than", "at_most")):
            first, second = truth_from(values, **{one: cut}), truth_from(values, **{other: cut})
            assert (first + second).tolist() == [-2 if x is None else 1 for x in values]

    @pytest.mark.parametrize("cut", [2 / 3, -2 / 3])
    def test_rounding_does_not_cross_the_threshold(self, cut):
        beside = [cut, math.nextafter(cut, 1), math.nextafter(cut, -1), cut * (1 + 1e-13)]
        for name, on_it in (("at_least", 1), ("at_most", 1), ("more_than", 0), ("less_than", 0)):
            assert truth_from(beside, **{name: cut}).tolist() == [on_it] * 4
        assert truth_from([cut + 1e-9, cut - 1e-9], more_than=cut).tolist() == [1, 0]
        assert truth_from([cut + 1e-9, cut - 1e-9], at_least=cut).tolist() == [1, 0]

    def test_is_evidence(self):
        days = [10, 200, np.nan]
        evidence = Evidence(buys_regularly=truth_from(days, at_most=90))
        assert evidence.buys_regularly.tolist() == [1, 0, -1]

    @pytest.mark.parametrize("given", [{}, {"at_least": 1, "at_most": 2}])
    def test_refuses_anything_but_one_threshold(self, given):
        with pytest.raises(TypeError, match="truth_from must be given one of at_least, more_than"):
            truth_from([1], **given)

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="at_least must be finite, got at_least=nan"):
            truth_from([1], at_least=math.nan)
        with pytest.raises(ValueError, match="values must be finite, got values=inf at index 1"):
            truth_from([1.0, math.inf], at_least=1)
        with pytest.raises(TypeError, match="values must hold numbers"):
            truth_from(["much"], at_least=1)

    def test_rounding_of_a_threshold_does_not_hang_on_the_type_of_the_values(self):
        nearly_three = 0.1 * 3 * 10
        assert nearly_three != 3
        for values in ([3], [3.0], np.array([3], np.uint8), np.array([3], np.float32)):
            assert truth_from(values, at_least=nearly_three).tolist() == [1]
            assert levels_from(values, starts=[nearly_three]).tolist() == [1]
            assert truth_from(values, more_than=3 * (1 - 1e-15)).tolist() == [0]

    def test_a_share_of_32_bits_is_no_larger_than_the_fraction_it_stands_for(self):
        shares = np.array([2 / 3, 1 - 1 / 3, 0.66667], np.float32)
        assert truth_from(shares, more_than=2 / 3).tolist() == [0, 0, 1]

    def test_large_whole_numbers_are_compared_exactly(self):
        assert truth_from([2**53, 2**53 + 1], more_than=2.0**53).tolist() == [0, 1]
        assert truth_from([2**62, 2**62 - 1], at_least=2.0**62).tolist() == [1, 0]
        assert truth_from([2**63 - 1], at_least=1e300).tolist() == [0]


class TestLevelsFrom:
    @given(wholes, st.sets(st.integers(-100, 100), min_size=1, max_size=5), st.integers(0, 5))
    def test_counts_the_cut_points_reached(self, values, cuts, lowest):
        found = levels_from(values, starts=sorted(cuts), lowest=lowest)
        assert found.tolist() == [
            -1 if x is None else lowest + sum(x >= cut for cut in cuts) for x in values
        ]
        assert found.dtype == np.int8
        assert not found.flags.writeable

    @given(numbers)
    def test_two_cut_points_are_those_of_attachment(self, values):
        classes = attachment_levels(values, like_from=0.3, love_from=0.7)
        assert np.array_equal(levels_from(values, starts=[0.3, 0.7]), classes.codes)

    @pytest.mark.parametrize("starts", [[], [1, 1], [2, 1]])
    def test_refuses_cut_points_that_do_not_ascend(self, starts):
        with pytest.raises(ValueError, match="starts must ascend and be one at least, got starts="):
            levels_from([1], starts=starts)

    @pytest.mark.parametrize("lowest", [-1, 126])
    def test_refuses_levels_that_do_not_fit(self, lowest):
        with pytest.raises(ValueError, match="lowest must be from 0 to 125, got lowest="):
            levels_from([1], starts=[1, 2], lowest=lowest)

    def test_highest_level_that_fits(self):
        assert levels_from([3], starts=[1, 2], lowest=125).tolist() == [127]
