"""The parts of a fit that `test_projection.py` cannot see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit._renewals import Renewals, _point, cohort, cohorts

rows = st.lists(st.integers(0, 500), min_size=3, max_size=7).map(
    lambda counts: sorted(counts, reverse=True)
)
places = st.tuples(st.floats(-3, 3), st.floats(-2, 4)).map(np.array)


class TestCohorts:
    @given(rows)
    def test_one_row_is_a_cohort_and_rows_are_several(self, row):
        assert [x.tolist() for x in cohorts("survivors", row)] == [row]
        assert [x.tolist() for x in cohorts("survivors", [row, row[:2]])] == [row, row[:2]]
        assert [x.tolist() for x in cohorts("survivors", (x for x in row))] == [row]

    def test_equal_neighbours_do_not_rise(self):
        assert cohort("survivors", [3, 3, 2]).tolist() == [3, 3, 2]


class TestRenewals:
    def test_adds_up_who_was_at_risk(self):
        pooled = Renewals.of(cohorts("survivors", [[10, 6, 5], [20, 9], [7]]))
        assert pooled.at_risk.tolist() == [30, 6]
        assert pooled.retained.tolist() == [15, 5]

    @given(rows, places)
    def test_slope_and_curvature_are_derivatives(self, row, at):
        renewals = Renewals.of([cohort("survivors", row)])
        point, h = _point(renewals, at), 1e-5
        scale = 1 + row[0]
        for i, step in enumerate(np.eye(2) * h):
            above, below = _point(renewals, at + step), _point(renewals, at - step)
            slope = (above.value - below.value) / (2 * h)
            assert point.slope[i] == pytest.approx(slope, abs=1e-6 * scale)
            curvature = (above.slope - below.slope) / (2 * h)
            assert point.curvature[i] == pytest.approx(curvature, abs=1e-6 * scale)

    @given(rows)
    def test_slope_is_nil_at_the_maximum(self, row):
        renewals = Renewals.of([cohort("survivors", [500, *row])])
        maximum = renewals.maximum()
        if 0 < maximum.alpha < np.inf:
            at = np.log([maximum.beta / maximum.alpha, maximum.beta])
            assert _point(renewals, at).slope == pytest.approx(0, abs=1e-6)

    def test_leaves_rates_so_alike_that_they_count_as_one(self):
        at_risk = np.array([1e12, 8e11])
        nearly = Renewals(at_risk, at_risk * 0.8 + [0, 1e3])
        assert nearly.maximum().alpha == np.inf
        assert nearly.maximum().converged
