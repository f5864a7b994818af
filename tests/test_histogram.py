import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit import _histogram
from loyalkit._histogram import Histogram
from loyalkit._kernels import value_counts
from loyalkit.pareto import Concentration

columns = (
    npst.arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 30))
    | npst.arrays(np.int64, st.integers(0, 40), elements=st.integers(-(2**63), 2**63 - 1))
    | npst.arrays(np.float64, st.integers(0, 40), elements=st.integers(-9, 9).map(lambda x: x / 3))
)


class TestValueCounts:
    @given(columns)
    def test_equals_numpy_unique(self, column):
        values, counts = value_counts(column)
        expected_values, expected_counts = np.unique(column, return_counts=True)
        assert values.tolist() == expected_values.tolist()
        assert counts.tolist() == expected_counts.tolist()
        assert (values.dtype, counts.dtype) == (column.dtype, np.int64)

    def test_input_is_not_changed(self):
        column = np.array([3.0, 1.0, 2.0])
        value_counts(column)[0][0] = 9
        assert column.tolist() == [3, 1, 2]

    def test_counts_of_distinct_values_take_no_memory(self):
        assert value_counts(np.array([0.5, 2.5, 1.5]))[1].strides == (0,)


class TestHistogram:
    @given(
        npst.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 30) | st.just(2**62)),
        st.integers(1, 7),
    )
    def test_size_of_a_block_does_not_matter(self, column, size):
        column[0] += 1
        whole = Concentration.from_values(column)
        expected, half = everything(whole), whole.customers_for(0.5)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(_histogram, "BLOCK", size)
            parts = Concentration.from_values(column)
            assert everything(parts) == pytest.approx(expected, abs=1e-13, nan_ok=True)
            assert parts.customers_for(0.5) == half
            assert parts.total == sum(column.tolist())

    @given(npst.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 2**62)))
    def test_sums_from_the_top_are_exact(self, column):
        histogram = Histogram.of_column(column)
        for groups in range(histogram.values.size + 1):
            top = column[np.isin(column, histogram.values[histogram.values.size - groups :])]
            assert histogram.above(groups) == (top.size, sum(top.tolist()))

    def test_many_distinct_floats(self):
        """More groups than fit in a block, against plain sums over the ranked customers."""
        n = 100_003
        values = np.random.default_rng(7).lognormal(3, 1.7, n)
        ranked, tally = np.sort(values)[::-1], Concentration.from_values(values)
        held = np.cumsum(ranked) / ranked.sum()
        reached = int(np.searchsorted(held, 0.8))
        assert tally.customers_for(0.8) == reached + 1
        assert tally.total == pytest.approx(ranked.sum(), rel=1e-13)
        assert tally.top_share(20_001 / n) == pytest.approx(held[20_000], rel=1e-12)
        rank_sum = np.sum((2 * np.arange(n, 0, -1) - n - 1) * ranked)
        assert tally.gini == pytest.approx(rank_sum / n / ranked.sum(), rel=1e-12)
        assert tally.hhi == pytest.approx(np.sum((ranked / ranked.sum()) ** 2), rel=1e-12)
        mean = ranked.mean()
        assert tally.hoover == pytest.approx(np.abs(ranked - mean).mean() / 2 / mean, rel=1e-12)

    def test_shards_of_many_customers_add_up_bit_for_bit(self):
        values = np.round(np.random.default_rng(8).lognormal(3, 1.7, 200_000), 2)
        shards = [Concentration.from_values(part) for part in np.array_split(values, 7)]
        assert sum(shards) == Concentration.from_values(values)


def everything(tally):
    low_high = [
        (interval.low, interval.high)
        for interval in (
            tally.top_share_interval(0.3),
            tally.fraction_for_interval(0.7),
            tally.gini_interval(),
        )
    ]
    return [
        tally.gini,
        tally.hhi,
        tally.hoover,
        tally.joint_ratio,
        tally.effective_customers_by_entropy,
        tally.top_share(0.3),
        tally.fraction_for(0.7),
        *np.ravel(low_high),
    ]
