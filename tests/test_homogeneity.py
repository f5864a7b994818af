import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.homogeneity import marginal_homogeneity, symmetry

PUBLISHED = [[8, 6, 6], [3, 18, 9], [1, 4, 45]]


@st.composite
def tables(draw, most=12, sizes=(1, 5)):
    k = draw(st.integers(*sizes))
    cells = st.lists(st.integers(0, most), min_size=k, max_size=k)
    return np.array(draw(st.lists(cells, min_size=k, max_size=k)))


def groups_of(table):
    """Labels that hang together by moves, found by growing sets."""
    groups = [{i} for i in range(len(table))]
    for i, j in np.argwhere(table - np.diag(np.diag(table))):
        first, second = (next(g for g in groups if x in g) for x in (i, j))
        if first is not second:
            first |= second
            groups.remove(second)
    return groups


class TestMarginalHomogeneity:
    def test_published_example(self):
        """statsmodels' SquareTable of the same counts: 6.4945 (2 df, p .0389) and 6.9455."""
        stuart = marginal_homogeneity(PUBLISHED)
        assert (stuart.statistic, stuart.degrees) == (pytest.approx(6.4945, abs=5e-5), 2)
        assert stuart.p_value == pytest.approx(0.0389, abs=5e-5)
        assert stuart.test == "Stuart-Maxwell test of marginal homogeneity"
        bhapkar = marginal_homogeneity(PUBLISHED, method="bhapkar")
        assert (bhapkar.statistic, bhapkar.degrees) == (pytest.approx(6.9455, abs=5e-5), 2)
        assert bhapkar.test == "Bhapkar's test of marginal homogeneity"

    @given(tables())
    def test_equals_the_generalised_inverse(self, table):
        moves = table - np.diag(np.diag(table))
        surplus = moves.sum(axis=1) - moves.sum(axis=0)
        covariance = np.diag((moves + moves.T).sum(axis=1)) - moves - moves.T
        expected = surplus @ np.linalg.pinv(covariance.astype(float), rcond=1e-10) @ surplus
        found = marginal_homogeneity(table)
        assert found.statistic == pytest.approx(expected, abs=1e-7)
        assert found.degrees == len(table) - len(groups_of(table))
        assert 0 <= found.p_value <= 1
        assert (found.p_value == 1) == (found.statistic < 1e-9)

    @given(tables())
    def test_bhapkar_takes_the_variance_found(self, table):
        """X / (1 - X / n), and never less sure than Stuart and Maxwell."""
        stuart, bhapkar = (
            marginal_homogeneity(table, method=x) for x in ("stuart_maxwell", "bhapkar")
        )
        assert bhapkar.degrees == stuart.degrees
        if stuart.degrees and stuart.statistic > table.sum() - 1e-9:
            assert math.isnan(bhapkar.statistic)
            assert math.isnan(bhapkar.p_value)
        else:
            share = stuart.statistic / max(1, table.sum())
            assert bhapkar.statistic == pytest.approx(stuart.statistic / (1 - share))
            assert bhapkar.p_value <= stuart.p_value + 1e-12

    @given(tables(sizes=(2, 2)))
    def test_of_two_labels_is_mcnemars(self, table):
        gained, dropped = int(table[0, 1]), int(table[1, 0])
        found = marginal_homogeneity(table)
        if gained + dropped:
            assert found.statistic == pytest.approx((gained - dropped) ** 2 / (gained + dropped))
        else:
            assert (found.statistic, found.degrees, found.p_value) == (0, 0, 1)

    @given(tables(), st.integers(0, 5))
    def test_empty_labels_do_no_harm(self, table, place):
        place = min(place, len(table))
        wider = np.insert(np.insert(table, place, 0, axis=0), place, 0, axis=1)
        for test in (marginal_homogeneity, symmetry):
            plain, found = test(table), test(wider)
            assert found.statistic == pytest.approx(plain.statistic, abs=1e-9)
            assert found.degrees == plain.degrees

    @given(tables(), st.randoms())
    def test_order_of_the_labels_does_not_matter(self, table, random):
        order = random.sample(range(len(table)), len(table))
        turned = table[np.ix_(order, order)]
        for test in (marginal_homogeneity, symmetry):
            assert test(turned).statistic == pytest.approx(test(table).statistic, abs=1e-9)
            assert test(turned).degrees == test(table).degrees

    def test_holds_its_level(self):
        """Of tables with equal margins some five in a hundred look different at 5 %."""
        random = np.random.default_rng(3)
        chances = np.array([[40, 10, 5], [10, 20, 5], [5, 5, 30]]) / 130
        draws = random.multinomial(300, chances.ravel(), 2000).reshape(-1, 3, 3)
        seen = np.mean([marginal_homogeneity(x).p_value < 0.05 for x in draws])
        assert 0.035 < seen < 0.065

    def test_one_customer_proves_nothing(self):
        moved = [[0, 1], [0, 0]]
        assert marginal_homogeneity(moved).p_value == pytest.approx(0.3173, abs=1e-4)
        assert math.isnan(marginal_homogeneity(moved, method="bhapkar").p_value)

    @pytest.mark.parametrize("table", [[1, 2], [[1, 2]], 3])
    def test_refuses_what_is_not_square(self, table):
        for test in (marginal_homogeneity, symmetry):
            with pytest.raises(TypeError, match="table must be square, got shape"):
                test(table)

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match=r"table must be a whole number .* at index \(0, 1\)"):
            marginal_homogeneity([[1, -2], [0, 1]])
        with pytest.raises(ValueError, match="method must be one of 'stuart_maxwell', 'bhapkar'"):
            marginal_homogeneity([[1]], method="mcnemar")

    def test_bhapkar_counts_customers_beyond_int64(self):
        # The sum of all four is 0 in 64 bits.
        test = marginal_homogeneity(
            [[2**62, 2**62], [2**62 - 2**60, 2**62 + 2**60]], method="bhapkar"
        )
        usual = marginal_homogeneity([[4, 4], [3, 5]], method="bhapkar")
        assert test.statistic == pytest.approx(2**60 * usual.statistic)


class TestSymmetry:
    def test_worked_example(self):
        found = symmetry(PUBLISHED)
        assert found.statistic == pytest.approx(9 / 9 + 25 / 7 + 25 / 13)
        assert (found.degrees, found.test) == (3, "Bowker's test of symmetry")
        assert found.p_value == pytest.approx(0.0899, abs=5e-5)

    @given(tables())
    def test_is_zero_exactly_where_moves_balance(self, table):
        found = symmetry(table)
        assert (found.statistic == 0) == (table == table.T).all()
        assert found.degrees == np.count_nonzero(np.triu(table + table.T, 1))
        assert symmetry(table.T) == found
        assert (found.p_value == 1) == (found.statistic == 0)

    def test_a_circle_is_no_change_of_size(self):
        circle = [[0, 9, 0], [0, 0, 9], [9, 0, 0]]
        assert marginal_homogeneity(circle).p_value == 1
        assert symmetry(circle).statistic == 27
