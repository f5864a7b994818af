import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit._importance import (
    correlations,
    correlations_by_chance,
    johnson_parts,
    resampled_correlations,
    shapley_parts,
    standard_scores,
)


@st.composite
def answers(draw, min_factors=1, max_factors=4):
    """Whole numbers of a few customers about a few factors and an outcome, often alike."""
    n, k = draw(st.integers(2, 12)), draw(st.integers(min_factors, max_factors))
    return draw(npst.arrays(np.int64, (n, k + 1), elements=st.integers(0, 4))).astype(float)


def table_of(rows):
    scores = standard_scores(rows)
    return correlations(scores.T @ scores / len(rows))


def shapley(table):
    return shapley_parts(table[..., :-1, :-1], table[..., -1, :-1])


def johnson(table):
    return johnson_parts(table[..., :-1, :-1], table[..., -1, :-1])


def r_squared(table, factors):
    if not factors:
        return 0.0
    between, with_outcome = table[np.ix_(factors, factors)], table[factors, -1]
    return with_outcome @ np.linalg.pinv(between, rcond=1e-9, hermitian=True) @ with_outcome


def over_all_orders(table):
    """Mean gain of each factor, one order of joining after the other."""
    k = len(table) - 1
    gains = np.zeros(k)
    for order in itertools.permutations(range(k)):
        for place, j in enumerate(order):
            before = list(order[:place])
            gains[j] += r_squared(table, [*before, j]) - r_squared(table, before)
    return gains / math.factorial(k)


class TestStandardScores:
    @given(answers())
    def test_have_mean_0_and_variance_1_where_they_vary(self, rows):
        scores = standard_scores(rows)
        varies = rows.min(axis=0) < rows.max(axis=0)
        np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(scores.var(axis=0), varies, atol=1e-12)

    def test_constant_values_that_are_no_round_numbers_do_not_vary(self):
        assert not standard_scores(np.full((7, 2), 0.1)).any()

    def test_huge_and_tiny_figures_keep_their_shape(self):
        rows = np.array([[1.0], [2.0], [4.0]])
        for unit in (1e-200, 1e140):
            np.testing.assert_allclose(standard_scores(rows * unit), standard_scores(rows))

    def test_without_rows_are_none(self):
        assert standard_scores(np.empty((0, 3))).shape == (0, 3)


class TestCorrelations:
    @given(answers())
    def test_are_numpys_and_0_for_what_does_not_vary(self, rows):
        table = table_of(rows)
        varies = np.flatnonzero(rows.min(axis=0) < rows.max(axis=0))
        expected = np.zeros(table.shape)
        if varies.size:
            expected[np.ix_(varies, varies)] = np.corrcoef(rows[:, varies], rowvar=False)
        np.testing.assert_allclose(table, expected, atol=1e-12)


class TestShapleyParts:
    @settings(max_examples=40)
    @given(answers())
    def test_are_the_mean_over_all_orders_of_joining(self, rows):
        table = table_of(rows)
        np.testing.assert_allclose(shapley(table), over_all_orders(table), atol=1e-7)

    @given(answers())
    def test_add_up_to_r_squared(self, rows):
        table = table_of(rows)
        total = r_squared(table, list(range(len(table) - 1)))
        assert shapley(table).sum() == pytest.approx(total, abs=1e-7)

    def test_a_stack_equals_its_tables_one_by_one(self):
        rows = np.random.default_rng(2).normal(size=(3, 2, 20, 5))
        tables = np.array([[table_of(x) for x in pair] for pair in rows])
        expected = [[shapley(x) for x in pair] for pair in tables]
        np.testing.assert_allclose(shapley(tables), expected, atol=1e-14)

    def test_large_stacks_are_cut(self, monkeypatch):
        tables = np.array([table_of(x) for x in np.random.default_rng(2).normal(size=(9, 20, 4))])
        whole = shapley(tables)
        shared = shapley_parts(tables[0, :-1, :-1], tables[:, -1, :-1])
        monkeypatch.setattr("loyalkit._importance._CELLS", 2**9)
        np.testing.assert_allclose(shapley(tables), whole, atol=1e-14)
        again = shapley_parts(tables[0, :-1, :-1], tables[:, -1, :-1])
        np.testing.assert_allclose(again, shared, atol=1e-14)
        np.testing.assert_allclose(shared[0], whole[0])

    def test_twelve_factors_that_do_not_go_together_keep_what_is_theirs(self):
        table = np.eye(13)
        table[-1, :-1] = table[:-1, -1] = np.sqrt(np.arange(12) / 100)
        np.testing.assert_allclose(shapley(table), np.arange(12) / 100, atol=1e-12)


class TestJohnsonParts:
    @given(answers(min_factors=2, max_factors=2))
    def test_are_shapleys_for_two_factors(self, rows):
        table = table_of(rows)
        np.testing.assert_allclose(johnson(table), shapley(table), atol=1e-7)

    @given(answers(max_factors=6))
    def test_add_up_to_r_squared(self, rows):
        table = table_of(rows)
        total = r_squared(table, list(range(len(table) - 1)))
        assert johnson(table).sum() == pytest.approx(total, abs=1e-7)

    def test_are_what_johnsons_paper_defines(self):
        """Through the singular value decomposition of the scores, as in the paper."""
        scores = standard_scores(np.random.default_rng(3).normal(size=(40, 5)) @ np.tri(5))
        factors, outcome = scores[:, :-1] / np.sqrt(40), scores[:, -1] / np.sqrt(40)
        left, sizes, right = np.linalg.svd(factors, full_matrices=False)
        closest = left @ right
        weights, loadings = closest.T @ outcome, right.T @ np.diag(sizes) @ right
        np.testing.assert_allclose(
            johnson(scores.T @ scores / 40), loadings**2 @ weights**2, atol=1e-12
        )

    def test_a_stack_equals_its_tables_one_by_one(self):
        tables = np.array([table_of(x) for x in np.random.default_rng(2).normal(size=(4, 20, 5))])
        expected = [johnson(x) for x in tables]
        np.testing.assert_allclose(johnson(tables), expected, atol=1e-14)


@pytest.mark.parametrize("parts", [shapley, johnson])
class TestBoth:
    @settings(max_examples=40)
    @given(answers())
    def test_are_shares_and_0_for_what_does_not_vary(self, parts, rows):
        found = parts(table_of(rows))
        assert (found > -1e-9).all()
        assert found.sum() < 1 + 1e-9
        assert np.abs(found[(rows.min(axis=0) == rows.max(axis=0))[:-1]]).max(initial=0) < 1e-9

    @settings(max_examples=40)
    @given(answers(), st.randoms())
    def test_follow_the_factors_wherever_they_stand(self, parts, rows, random):
        k = rows.shape[1] - 1
        order = random.sample(range(k), k)
        moved = parts(table_of(rows[:, [*order, k]]))
        np.testing.assert_allclose(moved, parts(table_of(rows))[order], atol=1e-7)

    def test_factors_that_say_the_same_share_equally(self, parts):
        rng = np.random.default_rng(5)
        x, other, noise = rng.normal(size=(3, 30))
        rows = np.column_stack([x, other, 3 - 2 * x, 5 * x, x + noise])
        found = parts(table_of(rows))
        np.testing.assert_allclose(found[[2, 3]], found[0], atol=1e-9)
        assert found[0] > 0.1

    def test_a_factor_that_is_the_sum_of_others_is_no_trouble(self, parts):
        rng = np.random.default_rng(6)
        rows = rng.normal(size=(30, 4))
        rows[:, 2] = rows[:, 0] + rows[:, 1]
        table = table_of(rows)
        assert parts(table).sum() == pytest.approx(r_squared(table, [0, 1]), abs=1e-9)

    @pytest.mark.parametrize("apart, total", [(0.03, 0.5753), (5e-12, 0.49)])
    def test_close_factors_are_two_until_nothing_but_rounding_parts_them(self, parts, apart, total):
        second = 0.75 if apart == 0.03 else 0.7 + 1e-6
        table = np.array([[1, 1 - apart, 0.7], [1 - apart, 1, second], [0.7, second, 1]])
        assert parts(table).sum() == pytest.approx(total, abs=2e-4)

    def test_a_factor_that_is_the_outcome_and_goes_with_no_other_takes_all(self, parts):
        table = np.eye(4)
        table[1, 3] = table[3, 1] = 1
        np.testing.assert_allclose(parts(table), [0, 1, 0], atol=1e-12)


class TestResampledCorrelations:
    def test_are_those_of_rows_drawn_with_replacement(self):
        """Against the same draws, row by row."""
        rows = np.random.default_rng(1).integers(0, 5, (9, 4)).astype(float)
        tables = np.concatenate([*resampled_correlations(standard_scores(rows), 50, seed=8)])
        draws = np.random.default_rng(8).integers(9, size=(50, 9))
        for table, draw in zip(tables, draws, strict=True):
            np.testing.assert_allclose(table, table_of(rows[draw]), atol=1e-7)

    def test_stacks_do_not_change_the_draws(self, monkeypatch):
        scores = standard_scores(np.random.default_rng(1).normal(size=(9, 4)))
        whole = np.concatenate([*resampled_correlations(scores, 50, seed=8)])
        monkeypatch.setattr("loyalkit._importance._CELLS", 30)
        stacks = [*resampled_correlations(scores, 50, seed=8)]
        assert len(stacks) > 10
        np.testing.assert_allclose(np.concatenate(stacks), whole, atol=1e-12)

    @pytest.mark.parametrize("n", [2001, 5003])
    def test_groups_spread_as_rows_do(self, n, monkeypatch):
        rng = np.random.default_rng(3)
        rows = np.sort(rng.normal(size=(n, 1)), axis=0) + rng.normal(size=(n, 2))
        scores = standard_scores(rows)
        drawn = np.concatenate([*resampled_correlations(scores, 1500, seed=1)])[:, 0, 1]
        monkeypatch.setattr("loyalkit._importance._GROUPS", 10**9)
        single = np.concatenate([*resampled_correlations(scores, 1500, seed=2)])[:, 0, 1]
        assert drawn.mean() == pytest.approx(single.mean(), abs=0.002)
        assert drawn.std() == pytest.approx(single.std(), rel=0.1)

    def test_groups_of_unequal_size_count_by_their_rows(self, monkeypatch):
        monkeypatch.setattr("loyalkit._importance._GROUPS", 4)
        scores = standard_scores(np.random.default_rng(1).normal(size=(10, 3)))
        tables = np.concatenate([*resampled_correlations(scores, 30, seed=8)])
        generator = np.random.default_rng(8)
        groups = np.split(generator.permutation(10), [3, 6, 9])
        for table, draw in zip(tables, generator.integers(4, size=(30, 4)), strict=True):
            rows = scores[np.concatenate([groups[g] for g in draw])]
            if len(rows) > 4:
                np.testing.assert_allclose(table, table_of(rows), atol=1e-9)

    def test_blocks_of_groups_do_not_change_the_sums(self, monkeypatch):
        scores = standard_scores(np.random.default_rng(1).normal(size=(5003, 3)))
        whole = np.concatenate([*resampled_correlations(scores, 20, seed=8)])
        monkeypatch.setattr("loyalkit._importance._CELLS", 10 * 3 * 547)
        blocks = np.concatenate([*resampled_correlations(scores, 20, seed=8)])
        np.testing.assert_allclose(blocks, whole, atol=1e-10)


class TestCorrelationsByChance:
    def test_the_outcome_has_nothing_to_do_with_the_factors(self):
        """R squared then has a beta distribution with k / 2 and (n - 1 - k) / 2."""
        stats = pytest.importorskip("scipy.stats")
        between = table_of(np.random.default_rng(1).normal(size=(20, 3)) @ np.tri(3))
        found = correlations_by_chance(between, 20, 4000, seed=2)
        fits = shapley_parts(between, found).sum(axis=1)
        assert stats.kstest(fits, stats.beta(1.5, 8).cdf).pvalue > 0.01
        for single in found.T:
            assert stats.kstest(single**2, stats.beta(0.5, 9).cdf).pvalue > 0.01
        np.testing.assert_allclose(np.corrcoef(found.T), between, atol=0.05)

    def test_factors_that_say_the_same_count_once(self):
        between = np.ones((3, 3))
        between[2] = between[:, 2] = [0, 0, 0]
        found = correlations_by_chance(between, 10, 500, seed=2)
        np.testing.assert_allclose(found[:, 0], found[:, 1])
        np.testing.assert_allclose(found[:, 2], 0, atol=1e-12)
        assert (found[:, 0] ** 2).mean() == pytest.approx(1 / 9, rel=0.2)
