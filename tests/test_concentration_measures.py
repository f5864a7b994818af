from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit._concentration_measures import FractionFor, Gini, JointRatio, Resamples, TopShare
from loyalkit._histogram import Histogram

parts = st.fractions(0, 1, max_denominator=20)
measures = parts.map(TopShare) | parts.map(FractionFor) | st.just(JointRatio()) | st.just(Gini())


@st.composite
def resamples(draw):
    """Values, the largest first, and rows of counts of the same number of customers."""
    values = sorted(draw(st.sets(st.integers(0, 50), min_size=2, max_size=6)), reverse=True)
    n = draw(st.integers(2, 12))
    drawn = draw(npst.arrays(np.int64, (3, n), elements=st.integers(0, len(values) - 1)))
    # Somebody is worth something.
    drawn[:, 0] = 0
    counts = [np.bincount(row, minlength=len(values)) for row in drawn]
    return np.array(values, float), np.array(counts, float)


def influence_of(measure, histogram):
    influence = measure.influence(histogram)
    return np.concatenate([influence(block) for block in histogram.blocks()][::-1])


class TestResamples:
    @given(resamples(), measures)
    def test_each_row_is_a_histogram_of_its_own(self, drawn, measure):
        values, counts = drawn
        estimates, influences = measure.of_resamples(Resamples(values, counts))
        for estimate, influence, row in zip(estimates[:, 0], influences, counts, strict=True):
            histogram = Histogram.of_table(values, row.astype(np.int64))
            assert estimate == pytest.approx(measure.estimate(histogram), abs=1e-12)
            present, weights = row[::-1] > 0, row[::-1][row[::-1] > 0]
            expected = influence_of(measure, histogram)
            found = influence[::-1][present]
            # A constant makes no difference.
            found = found - np.average(found, weights=weights)
            expected = expected - np.average(expected, weights=weights)
            assert found == pytest.approx(expected, abs=1e-9)


class TestInfluence:
    @given(st.lists(st.integers(1, 60), min_size=5, max_size=30, unique=True), measures)
    def test_says_how_the_measure_moves_with_a_little_more_of_a_customer(self, values, measure):
        """One customer in a million more, against the mean of them all."""
        part = getattr(measure, "fraction", getattr(measure, "share", Fraction(1, 2)))
        if not 0 < part < 1:
            return
        values, million = np.sort(np.array(values, float)), 10**6
        base = Histogram.of_table(values, np.full(values.size, million))
        before, influence = measure.estimate(base), influence_of(measure, base)
        mean = influence.mean()
        for place in (0, values.size // 2, -1):
            counts = np.full(values.size, million)
            counts[place] += 1
            moved = measure.estimate(Histogram.of_table(values, counts)) - before
            # At a point where the curve bends, the measure moves by one slope or the other.
            expected = (influence[place] - mean) / (million * values.size)
            if self.bends(measure, base):
                continue
            assert moved == pytest.approx(expected, abs=1e-5 / million, rel=1e-2)

    @staticmethod
    def bends(measure, histogram):
        """Whether the marginal customer would be another one a little further on."""
        here = influence_of(measure, histogram)
        counts = histogram.counts
        return any(
            not np.allclose(
                here - here.mean(),
                (there := influence_of(measure, Histogram(histogram.values, counts + step)))
                - there.mean(),
                atol=1e-3,
            )
            for step in (
                np.where(np.arange(counts.size) == 0, 99, 0),
                np.where(np.arange(counts.size) == counts.size - 1, 99, 0),
            )
        )
