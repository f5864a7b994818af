import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit.independence import IndependenceTest, independence_test

tables = npst.arrays(
    np.int64, npst.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.integers(0, 40)
)


def used(table):
    """The table without rows and columns of zeros."""
    table = table[table.sum(axis=1) > 0]
    return table[:, table.sum(axis=0) > 0]


class TestIndependenceTest:
    def test_worked_example(self):
        # Agresti, Categorical Data Analysis, table 3.2: education and religious beliefs.
        found = independence_test([[178, 138, 108], [570, 648, 442], [138, 252, 252]])
        assert found.statistic == pytest.approx(69.16, abs=0.005)
        assert found.degrees == 4
        assert found.p_value < 1e-12
        assert found.caution == ""

    @given(tables)
    def test_equals_scipy(self, table):
        stats = pytest.importorskip("scipy.stats")
        found, kept = independence_test(table), used(table)
        if min(kept.shape) < 2:
            assert math.isnan(found.statistic)
            return
        expected = stats.chi2_contingency(kept, correction=False)
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-12, abs=1e-12)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)
        assert found.degrees == expected.dof
        assert found.smallest_expected == pytest.approx(expected.expected_freq.min())
        strength = stats.contingency.association(kept, method="cramer")
        assert found.cramers_v == pytest.approx(strength, rel=1e-9, abs=1e-7)

    @given(tables)
    def test_is_nan_exactly_when_fewer_than_two_rows_or_columns_have_customers(self, table):
        found = independence_test(table)
        nothing = min(used(table).shape, default=0) < 2
        figures = found.statistic, found.p_value, found.cramers_v, found.smallest_expected
        assert [math.isnan(x) for x in (*figures, found.few_expected)] == [nothing] * 5
        assert (found.degrees == 0) == nothing
        assert nothing == found.caution.startswith("nothing to test")

    @given(tables, st.randoms(use_true_random=False))
    def test_order_of_the_labels_does_not_matter(self, table, random):
        rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
        random.shuffle(rows)
        random.shuffle(columns)
        first, second = independence_test(table), independence_test(table[np.ix_(rows, columns)].T)
        assert first.statistic == pytest.approx(second.statistic, abs=1e-9, nan_ok=True)
        assert first.degrees == second.degrees

    def test_v_is_1_where_one_label_follows_from_the_other_and_0_without_a_connection(self):
        assert independence_test([[7, 0, 0], [0, 9, 3]]).cramers_v == 1
        assert independence_test([[6, 4], [3, 2]]).cramers_v == pytest.approx(0)

    def test_warns_where_few_are_expected(self):
        assert independence_test([[10, 10], [10, 10]]).caution == ""
        assert independence_test([[3, 1], [1, 2]]).caution.startswith("too few customers")
        # No more than one cell in five is below 5, but it is below 1.
        below_1 = independence_test([[1, 99, 99, 99, 99], [0, 24, 24, 24, 24]])
        assert (below_1.few_expected, round(below_1.smallest_expected, 2)) == (0.2, 0.19)
        assert below_1.caution.startswith("too few customers for the p-value: 0.19 expected")
        # One cell in four is too many, one in five is not.
        assert independence_test([[2, 8], [8, 22]]).few_expected == 0.25
        assert independence_test([[2, 8], [8, 22]]).caution
        five = [[4, 20, 20, 20, 20], [10, 50, 50, 50, 50]]
        assert independence_test(five).few_expected == 0.1
        assert independence_test(five).caution == ""

    def test_counts_beyond_the_range_of_their_sums(self):
        big = 2**62
        found = independence_test([[big, big], [big, big], [big, big]])
        assert (found.statistic, found.p_value) == (0, 1)

    def test_equal_tests_are_equal_and_hash_alike(self):
        assert independence_test([[0]]) == independence_test([[0, 0]])
        assert hash(independence_test([[0]])) == hash(independence_test([[0, 0]]))
        assert isinstance(independence_test([[1]]), IndependenceTest)

    @pytest.mark.parametrize(
        "counts, error, message",
        [
            ([1, 2], TypeError, r"counts must be two-dimensional, got shape \(2,\)"),
            ([[1, "a"]], TypeError, "counts must hold numbers, got int and str"),
            (
                [[1, -2]],
                ValueError,
                r"counts must be a whole number of at least 0, got counts=-2 at index \(0, 1\)",
            ),
            ([[1, None]], ValueError, r"counts must not be missing, got counts=None"),
        ],
    )
    def test_says_what_is_wrong(self, counts, error, message):
        with pytest.raises(error, match=message):
            independence_test(counts)
