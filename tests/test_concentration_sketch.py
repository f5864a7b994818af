import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit import concentration_sketch
from loyalkit.concentration_sketch import ConcentrationSketch
from loyalkit.pareto import Concentration

sketch = ConcentrationSketch.from_values
integers = st.lists(st.integers(0, 40) | st.integers(0, 2**63 - 1), max_size=30)
powers = st.integers(-60, 60).map(lambda power: 2.0**power)
euros = st.lists(st.floats(0, 1e12, allow_subnormal=False) | powers, max_size=30)
bins = st.sampled_from([1, 2, 8, 64, 4096])
fractions = st.integers(0, 100).map(lambda percent: percent / 100)


def heavy_tailed(name, n, seed):
    generator = np.random.default_rng(seed)
    return {
        "lognormal 80/20": generator.lognormal(3, 1.683, n),
        "Pareto 80/20": 1 + generator.pareto(1.161, n),
        "Pareto without a mean": 1 + generator.pareto(0.6, n),
        "half of them nothing": generator.lognormal(3, 2.5, n) * (generator.random(n) < 0.5),
    }[name]


def check_bounds(bounds, truth, width=1.0):
    assert bounds.low <= truth <= bounds.high
    assert bounds.high - bounds.low <= width + 1e-11


class TestBounds:
    @given(integers | euros, bins, fractions)
    def test_hold_the_figure_and_are_no_wider_than_stated(self, values, b, fraction):
        values = [*values, 1]
        tally, found = Concentration.from_values(values), sketch(values, bins_per_doubling=b)
        check_bounds(found.top_share_bounds(fraction), tally.top_share(fraction), 1 / (4 * b))
        check_bounds(found.fraction_for_bounds(fraction), tally.fraction_for(fraction), 1 / (4 * b))
        check_bounds(found.gini_bounds(), tally.gini, 1 / (4 * b))

    @pytest.mark.parametrize("b", [1, 8, 64])
    @pytest.mark.parametrize(
        "name", ["lognormal 80/20", "Pareto 80/20", "Pareto without a mean", "half of them nothing"]
    )
    def test_hold_on_heavy_tailed_customers(self, name, b):
        for seed in range(5):
            values = heavy_tailed(name, 30_000, seed)
            tally, found = Concentration.from_values(values), sketch(values, bins_per_doubling=b)
            for fraction in (0.001, 0.01, 0.2, 0.5, 0.8, 0.95):
                check_bounds(
                    found.top_share_bounds(fraction), tally.top_share(fraction), 1 / (4 * b)
                )
                check_bounds(
                    found.fraction_for_bounds(fraction), tally.fraction_for(fraction), 1 / (4 * b)
                )
            check_bounds(found.gini_bounds(), tally.gini, 1 / (4 * b))
            assert found.n_bins <= 60 * b

    def test_are_close_with_the_default_number_of_bins(self):
        values = heavy_tailed("lognormal 80/20", 100_000, 1)
        found = sketch(values)
        for low, high in (
            found.top_share_bounds(),
            found.fraction_for_bounds(),
            found.gini_bounds(),
        ):
            assert high - low < 2e-5

    @given(integers, bins)
    def test_are_exact_where_every_bin_has_one_customer(self, values, b):
        values = sorted({2 ** (value % 50) for value in values} | {1})
        found, tally = sketch(values, bins_per_doubling=b), Concentration.from_values(values)
        for bounds, truth in (
            (found.top_share_bounds(), tally.top_share()),
            (found.gini_bounds(), tally.gini),
        ):
            assert bounds == pytest.approx((truth, truth), abs=1e-11)

    @given(integers | euros, bins)
    def test_stand_for_two_customer_bases_with_the_same_sketch(self, values, b):
        values = [*values, 3]
        found = sketch(values, bins_per_doubling=b)
        for base in (found.least_unequal, found.most_unequal):
            assert base.n_customers == found.n_customers
            assert base.n_zero == found.n_zero
            assert base.total == pytest.approx(float(found.total), rel=1e-12)
        tally = Concentration.from_values(values)
        for name in ("hoover", "hhi", "gini"):
            low, high = (getattr(x, name) for x in (found.least_unequal, found.most_unequal))
            assert low - 1e-12 <= getattr(tally, name) <= high + 1e-12
        assert found.most_unequal.joint_ratio - 1e-12 <= tally.joint_ratio
        assert tally.joint_ratio <= found.least_unequal.joint_ratio + 1e-12

    def test_worked_example(self):
        """Between 4 and 8: three customers with 15 are 5, 5, 5 at least and 7, 4, 4 at most."""
        found = sketch([4, 4, 7, 0], bins_per_doubling=1)
        assert found.least_unequal.values.tolist() == [0, 5]
        assert found.most_unequal.values.tolist() == [0, 4, 7]
        assert found.top_share_bounds(0.25) == pytest.approx((1 / 3, 7 / 15), abs=1e-11)

    @pytest.mark.parametrize("values", [[], [0, 0], [0.0]])
    def test_are_nan_exactly_without_a_total(self, values):
        found = sketch(values)
        for bounds in (
            found.top_share_bounds(),
            found.fraction_for_bounds(),
            found.gini_bounds(),
        ):
            assert np.isnan(bounds).all()
        assert not np.isnan(sketch([*values, 1]).gini_bounds()).any()


class TestEdges:
    @given(integers | euros, bins)
    def test_hold_every_value_between_them(self, values, b):
        found = sketch(values, bins_per_doubling=b)
        lower, upper = (x.tolist() for x in found.edges)
        for value in values:
            inside = [low <= value <= high for low, high in zip(lower, upper, strict=True)]
            assert any(inside) == (value > 0)
        assert all(low < high for low, high in zip(lower, upper, strict=True))

    @given(st.integers(0, 62), st.integers(-1, 1), bins)
    def test_no_integer_is_rounded_into_the_next_bin(self, power, step, b):
        value = 2**power + step
        if value > 0:
            lower, upper = sketch([value], bins_per_doubling=b).edges
            assert int(lower[0]) <= value <= int(upper[0])

    @given(st.floats(1e-300, 1e300), bins)
    def test_are_at_most_one_part_in_so_many_apart(self, value, b):
        lower, upper = sketch([value], bins_per_doubling=b).edges
        assert (upper[0] - lower[0]) / lower[0] <= 1 / b
        assert (upper[0] - lower[0]) / upper[0] >= 1 / (2 * b)

    def test_smallest_and_largest_floats(self):
        found = sketch([5e-324, 0.0, 1e-310])
        assert (found.n_zero, found.n_customers) == (1, 3)
        assert np.isfinite(sketch([1.7e308]).edges).all()

    def test_one_cent_to_a_billion_takes_at_most_2400_bins(self):
        values = np.geomspace(0.01, 1e9, 200_000)
        found = sketch(values)
        assert 2300 < found.n_bins <= 2400
        assert len(pickle.dumps(found)) < 60_000


class TestConcentrationSketch:
    @given(integers, integers, bins)
    def test_sum_is_the_sketch_of_all_customers(self, north, south, b):
        both = sketch(north, bins_per_doubling=b) + sketch(south, bins_per_doubling=b)
        assert both == sketch([*north, *south], bins_per_doubling=b)
        assert (type(both.total), both.total) == (int, sum(north) + sum(south))
        assert both.n_customers == len(north) + len(south)
        assert both.n_zero == north.count(0) + south.count(0)

    @given(integers | euros, integers | euros, integers | euros)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        a, b, c = map(sketch, (a, b, c))
        assert a + b == b + a
        assert ((a + b) + c).total == pytest.approx((a + (b + c)).total, rel=1e-14)
        assert ((a + b) + c).n_bins == (a + (b + c)).n_bins

    @given(integers | euros)
    def test_empty_sketch_is_the_identity_of_addition(self, values):
        found = sketch(values)
        assert found + ConcentrationSketch() == found == ConcentrationSketch() + found
        assert sum([found]) == found

    @given(integers | euros, st.integers(1, 7))
    def test_size_of_a_block_does_not_matter(self, values, size):
        whole = sketch(values)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(concentration_sketch, "BLOCK", size)
            parts = sketch(values)
        assert parts.total == pytest.approx(whole.total, rel=1e-14)
        assert parts.n_customers == whole.n_customers
        assert np.array_equal(parts.edges, whole.edges)

    @given(integers | euros)
    def test_survives_pickling_and_hashing(self, values):
        found = sketch(values)
        copy = pickle.loads(pickle.dumps(found))
        assert copy == found
        assert len({copy, found}) == 1
        with pytest.raises(ValueError, match="read-only"):
            copy.edges[0][...] = 1

    def test_integers_and_floats_are_not_the_same_sketch(self):
        assert sketch([1, 2]) != sketch([1.0, 2.0])
        assert sketch([1, 2]) != sketch([1, 2], bins_per_doubling=8)
        assert sketch([1, 2]) != sketch([1, 2, 0])

    def test_different_bins_do_not_add_up(self):
        with pytest.raises(ValueError, match="bins_per_doubling must be the same .* 64 and 8"):
            sketch([1]) + sketch([1], bins_per_doubling=8)
        with pytest.raises(TypeError):
            sketch([1]) + 1

    def test_says_what_is_wrong(self):
        for wrong in (0, 3, 8192):
            with pytest.raises(ValueError, match=f"must be a power of two .*={wrong}"):
                sketch([1], bins_per_doubling=wrong)
        with pytest.raises(ValueError, match="values must not be negative, got values=-1"):
            sketch([1, -1])
        with pytest.raises(ValueError, match="fraction must be .*: 0.2 for 20 %"):
            sketch([1]).top_share_bounds(20)

    def test_says_what_it_holds(self):
        assert repr(sketch([1, 0, 3, 3])) == (
            "ConcentrationSketch(n_customers=4, n_zero=1, n_bins=2, total=7)"
        )
        assert math.isclose(sketch([0.1] * 10).total, 1)
