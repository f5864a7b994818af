import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit.drivers import DriverQuadrant, key_drivers

CONCENTRATE, KEEP_UP, LOW_PRIORITY, OVERDONE = DriverQuadrant


@st.composite
def surveys(draw, min_rows=0, max_factors=4):
    """Answers from 1 to 5 about a few factors, and an outcome from 0 to 4."""
    n, k = draw(st.integers(min_rows, 12)), draw(st.integers(1, max_factors))
    factors = draw(npst.arrays(np.int64, (n, k), elements=st.integers(1, 5)))
    return factors, draw(npst.arrays(np.int64, n, elements=st.integers(0, 4)))


def varies(values):
    return len(set(values.tolist())) > 1


def fit(factors, outcome):
    """R squared of least squares with a constant."""
    columns = np.column_stack([np.ones(len(outcome)), factors])
    left = outcome - columns @ np.linalg.lstsq(columns, outcome, rcond=1e-9)[0]
    return 1 - left @ left / ((outcome - outcome.mean()) ** 2).sum()


@pytest.fixture(scope="module")
def shop():
    """Trust matters, status matters and is done badly, attention hardly matters, hours not."""
    rng = np.random.default_rng(11)
    bond, n = rng.normal(size=300), 300
    trust, status, attention, hours = (
        np.clip(np.round(3 + level + share * bond + rng.normal(size=n)), 1, 5)
        for level, share in ((0.5, 0.8), (-1, 0.4), (0.5, 0.4), (-0.3, 0))
    )
    outcome = 1.2 * trust + 1.5 * status + 0.1 * attention + 2 * rng.normal(size=n)
    columns = {"trust": trust, "status": status, "attention": attention, "hours": hours}
    return key_drivers(columns, outcome, lowest=1, highest=5)


class TestKeyDrivers:
    def test_two_factors_by_hand(self):
        """Correlations of 0.8 and 0.4 with the outcome, 0.5 with each other: R squared 0.64."""
        table = np.array([[1, 0.5, 0.8], [0.5, 1, 0.4], [0.8, 0.4, 1]])
        q, _ = np.linalg.qr(
            np.column_stack([np.ones(40), np.random.default_rng(1).normal(size=(40, 3))])
        )
        rows = q[:, 1:] @ np.linalg.cholesky(table).T
        drivers = key_drivers(rows[:, :2], rows[:, 2])
        np.testing.assert_allclose(drivers.correlation, [0.8, 0.4])
        # Half of what it brings alone, half of what it adds to the other.
        np.testing.assert_allclose(
            drivers.importance, [(0.64 + 0.48) / 2, (0.16 + 0) / 2], atol=1e-12
        )
        assert drivers.r_squared == pytest.approx(0.64)
        assert drivers.adjusted_r_squared == pytest.approx(1 - 0.36 * 39 / 37)

    @given(surveys(), st.sampled_from(["shapley", "johnson"]))
    def test_importances_are_shares_and_add_up_to_r_squared(self, survey, method):
        factors, outcome = survey
        drivers = key_drivers(factors, outcome, method=method)
        if not varies(outcome):
            assert np.isnan(drivers.importance).all()
            assert math.isnan(drivers.r_squared)
            return
        assert (drivers.importance >= 0).all()
        assert drivers.importance.sum() == drivers.r_squared
        assert drivers.r_squared == pytest.approx(fit(factors, outcome), abs=1e-7)

    @given(surveys())
    def test_correlation_is_nan_exactly_where_something_does_not_vary(self, survey):
        factors, outcome = survey
        drivers = key_drivers(factors, outcome)
        for j, column in enumerate(factors.T):
            known = varies(column) and varies(outcome)
            assert math.isnan(drivers.correlation[j]) != known
            if known:
                expected = np.corrcoef(column, outcome)[0, 1]
                assert drivers.correlation[j] == pytest.approx(expected, abs=1e-12)
            elif varies(outcome):
                assert drivers.importance[j] == 0

    @settings(max_examples=40)
    @given(surveys(), st.integers(1, 9), st.integers(-9, 9))
    def test_units_do_not_matter(self, survey, unit, shift):
        factors, outcome = survey
        plain = key_drivers(factors, outcome)
        moved = key_drivers(unit * factors + shift, shift - unit * outcome)
        np.testing.assert_allclose(moved.importance, plain.importance, atol=1e-7)
        np.testing.assert_allclose(moved.correlation, -plain.correlation, atol=1e-9)

    @settings(max_examples=40)
    @given(surveys(), st.randoms())
    def test_order_of_rows_does_not_matter(self, survey, random):
        factors, outcome = survey
        rows = random.sample(range(len(outcome)), len(outcome))
        plain, mixed = key_drivers(factors, outcome), key_drivers(factors[rows], outcome[rows])
        np.testing.assert_allclose(mixed.importance, plain.importance, atol=1e-7)
        np.testing.assert_allclose(mixed.performance, plain.performance, atol=1e-12)

    def test_a_factor_made_of_others_is_not_counted_as_one(self):
        rows = np.random.default_rng(4).normal(size=(9, 4))
        made = np.column_stack([rows[:, :3], rows[:, :3] @ [0.3, 0.7, -0.2]])
        plain, more = (key_drivers(x, rows[:, 3]) for x in (rows[:, :3], made))
        assert more.adjusted_r_squared == pytest.approx(plain.adjusted_r_squared)

    @settings(max_examples=40)
    @given(surveys())
    def test_performance_is_the_mean_on_its_scale(self, survey):
        factors, outcome = survey
        plain = key_drivers(factors, outcome).performance
        scaled = key_drivers(factors, outcome, lowest=1, highest=5).performance
        expected = [sum(x) / len(x) if x else math.nan for x in factors.T.tolist()]
        np.testing.assert_allclose(plain, expected)
        np.testing.assert_allclose(scaled, (plain - 1) / 4)
        assert np.nanmin([*scaled, 0]) >= 0
        assert np.nanmax([*scaled, 1]) <= 1

    def test_scales_may_differ(self):
        drivers = key_drivers([[3, 8], [5, 2]], [0, 1], lowest=[1, 0], highest=[5, 10])
        assert drivers.performance.tolist() == [0.75, 0.5]

    def test_truth_values_are_1_and_0(self):
        factors, bought = [[1], [2], [2], [5]], [False, True, False, True]
        expected = key_drivers(factors, [0, 1, 0, 1])
        assert key_drivers(factors, bought).equals(expected)
        assert key_drivers(factors, np.array(bought)).equals(expected)
        gap = key_drivers([*factors, [3]], [*bought, None], missing="drop")
        assert gap.importance.tolist() == expected.importance.tolist()
        assert gap.dropped == 1

    def test_incomplete_rows_are_left_out_if_asked_for_and_counted(self):
        factors = [[1, 2], [None, 3], [2, 5], [4, 4], [5, 1]]
        outcome = [1, 2, 3, np.nan, 2]
        drivers = key_drivers(factors, outcome, missing="drop")
        assert (drivers.n, drivers.dropped) == (3, 2)
        plain = key_drivers([[1, 2], [2, 5], [5, 1]], [1, 3, 2])
        np.testing.assert_array_equal(drivers.importance, plain.importance)
        np.testing.assert_array_equal(drivers.performance, plain.performance)

    def test_many_factors_get_johnsons_weights(self):
        rows = np.random.default_rng(1).normal(size=(40, 14))
        for method in ("auto", "shapley"):
            assert key_drivers(rows[:, :12], rows[:, 13], method=method).method == "shapley"
        many = key_drivers(rows[:, :13], rows[:, 13])
        assert many.method == "johnson"
        assert many.r_squared == pytest.approx(fit(rows[:, :13], rows[:, 13]))

    def test_names_come_from_the_columns(self):
        pandas = pytest.importorskip("pandas")
        columns = {"trust": [1, 2, 4], "status": [2, 2, 3]}
        drivers = key_drivers(pandas.DataFrame(columns), [1, 2, 3])
        assert drivers.names == ("trust", "status")
        assert drivers.equals(key_drivers(columns, [1, 2, 3]))
        assert key_drivers([[1, 2]], [1]).names == ("factor 1", "factor 2")

    def test_inputs_are_not_changed_and_results_cannot_be(self):
        factors, outcome = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([1.0, 2.0])
        drivers = key_drivers(factors, outcome)
        assert factors.tolist() == [[1, 2], [3, 1]]
        assert outcome.tolist() == [1, 2]
        for array in (drivers.importance, drivers.correlation, drivers.performance, drivers.scores):
            assert not array.flags.writeable

    def test_says_what_is_wrong(self):
        factors, outcome = [[1, 2], [2, 3], [3, 1]], [1, 2, 3]
        cases = [
            (([[1, None], [2, 3]], [1, 2]), {}, r"^factors must not be missing: missing='drop' "),
            ((factors, [1, None, 2]), {}, r"^outcome must not be missing: .* at index 1$"),
            ((factors, [1, 2]), {}, r"^factors and outcome must have the same length, got 3, 2$"),
            ((factors, outcome), {"method": "lmg"}, r"^method must be one of 'auto', 'shapley'"),
            ((factors, outcome), {"missing": "keep"}, r"^missing must be one of 'raise', 'drop'"),
            ((factors, outcome), {"lowest": 1}, r"^lowest must be given with highest, or neither"),
            ((factors, outcome), {"highest": 1}, r"^lowest must be given with highest, or neither"),
            (
                (factors, outcome),
                {"lowest": [1, 5], "highest": [5, 5]},
                r"^lowest must be less than highest, got lowest=5.0, highest=5.0 at index 1$",
            ),
            (
                (factors, outcome),
                {"lowest": 1, "highest": 2},
                r"^factors must be on the scale from lowest to highest, .*=3.0 at index \(1, 1\)$",
            ),
            (
                (factors, outcome),
                {"lowest": 2, "highest": 5},
                r"^factors must be on the scale from lowest to highest, .*=1.0 at index \(0, 0\)$",
            ),
            ((np.empty((3, 0)), outcome), {}, r"^factors must have at least one column, got"),
            ((np.ones((3, 13)), outcome), {"method": "shapley"}, r"^method must not be 'shapley' "),
            (([[1e200], [1]], [1, 2]), {}, r"^factors and outcome must be small enough to be sq"),
        ]
        for arguments, options, message in cases:
            with pytest.raises(ValueError, match=message):
                key_drivers(*arguments, **options)
        with pytest.raises(TypeError, match=r"^outcome must hold numbers, got text such as '.'$"):
            key_drivers(factors, ["a", "b", "c"])
        with pytest.raises(TypeError, match=r"^factors must be two-dimensional, got shape \(3,\)$"):
            key_drivers([1, 2, 3], outcome)


class TestInterval:
    def test_holds_the_figure_and_stays_in_range(self, shop):
        for figure, values in (("importance", shop.importance), ("correlation", shop.correlation)):
            low, high = shop.interval(figure=figure)
            assert (low <= values).all()
            assert (values <= high).all()
            assert (low >= (0 if figure == "importance" else -1)).all()
            assert (high <= 1).all()

    def test_is_wider_for_more_confidence(self, shop):
        (low, high), (lower, higher) = shop.interval(0.8), shop.interval(0.99)
        assert (lower <= low).all()
        assert (high <= higher).all()
        assert (high - low < higher - lower).all()

    def test_same_seed_same_interval(self, shop):
        first, again, other = (shop.interval(resamples=200, seed=s) for s in (4, 4, 5))
        np.testing.assert_array_equal(first, again)
        assert (np.array(first) != np.array(other)).any()
        np.testing.assert_allclose(first, other, atol=0.05)

    def test_of_correlation_is_close_to_fishers(self, shop):
        low, high = shop.interval(figure="correlation", resamples=4000)
        fisher = np.arctanh(shop.correlation), 1.96 / math.sqrt(shop.n - 3)
        np.testing.assert_allclose(low, np.tanh(fisher[0] - fisher[1]), atol=0.03)
        np.testing.assert_allclose(high, np.tanh(fisher[0] + fisher[1]), atol=0.03)

    def test_starts_at_0_exactly_where_chance_makes_as_much(self, shop):
        low, high = shop.interval(0.9)
        assert low[3] == 0 < high[3]
        assert (low[:2] > 0).all()
        factors = np.random.default_rng(4).normal(size=(40, 3))
        outcome = factors @ [0.6, 0.25, 0] + np.random.default_rng(5).normal(size=40)
        few = key_drivers(factors, outcome)
        starts = set()
        for confidence in (0.3, 0.5, 0.7, 0.9, 0.95):
            low, _ = few.interval(confidence)
            by_chance = few.chance_importance(confidence)
            np.testing.assert_array_equal(low == 0, few.importance <= by_chance)
            starts.add(tuple(low == 0))
        assert len(starts) > 1

    def test_of_few_rows_or_what_does_not_vary_is_nan(self):
        rows = np.random.default_rng(1).normal(size=(5, 4))
        assert key_drivers(rows[:, :3], rows[:, 3]).interval()[0].size == 3
        for drivers in (
            key_drivers(rows[:4, :3], rows[:4, 3]),
            key_drivers(rows[:, :3], np.ones(5)),
            key_drivers(rows[:0, :3], []),
        ):
            for figure in ("importance", "correlation"):
                assert np.isnan(drivers.interval(figure=figure)).all()
            assert math.isnan(drivers.adjusted_r_squared)
        assert np.isnan(key_drivers(rows[:4, :3], rows[:4, 3]).chance_importance()).all()
        # What chance makes does not depend on the outcome there is.
        constant, other = (key_drivers(rows[:, :3], x) for x in (np.ones(5), rows[:, 3]))
        by_chance = constant.chance_importance()
        np.testing.assert_array_equal(by_chance, other.chance_importance())
        rows[:, 1] = 7
        rows[:, 2] = 2 * rows[:, 0]
        # The same thing twice and a constant are one factor, so that three rows are enough.
        low, high = key_drivers(rows[:3, :3], rows[:3, 3]).interval()
        assert np.isnan([low, high]).tolist() == [[False, True, False]] * 2

    def test_draws_in_which_a_rare_outcome_does_not_occur_are_left_out(self):
        rare = [True] + [False] * 11
        factor = np.array([9, 0, 1, 0, 1, 2, 0, 1, 0, 1, 1, 0])
        low, _ = key_drivers(factor[:, None], rare).interval(figure="correlation")
        assert low[0] > 0.9

    def test_what_no_draw_changes_is_not_thereby_sure(self):
        outcome = np.array([1, 4, 2, 2, 5, 3])
        factors = np.column_stack([2 * outcome, [1, 1, 2, 3, 3, 1]])
        low, high = key_drivers(factors, outcome).interval(figure="correlation")
        assert np.isnan([low, high]).tolist() == [[True, False]] * 2
        assert np.isnan(key_drivers(factors[:, :1], outcome).interval()).all()

    @pytest.mark.parametrize("kind", ["amounts", "truth values", "independent"])
    def test_holds_the_truth_as_often_as_it_says(self, kind):
        """Three factors; the last has nothing to do with the outcome."""
        rng = np.random.default_rng(9)
        weights = np.array([0.5, 0.3, 0])
        mix = (
            np.eye(3)
            if kind == "independent"
            else np.linalg.cholesky(np.full((3, 3), 0.5) + np.eye(3) / 2)
        )

        def sample(n):
            factors = rng.normal(size=(n, 3)) @ mix.T
            outcome = factors @ weights + rng.normal(size=n)
            return factors, outcome > 0.5 if kind == "truth values" else outcome

        truth = key_drivers(*sample(100_000)).importance.copy()
        if kind == "independent":
            truth[2] = 0
        held = np.zeros(3)
        for seed in range(120):
            low, high = key_drivers(*sample(80)).interval(resamples=200, seed=seed)
            held += (low <= truth) & (truth <= high)
        np.testing.assert_allclose(held / 120, 0.95, atol=0.05)

    def test_says_what_is_wrong(self, shop):
        with pytest.raises(ValueError, match=r"^figure must be one of 'importance', 'correl"):
            shop.interval(figure="performance")
        assert shop.interval(resamples=100)[0].size == 4
        with pytest.raises(ValueError, match=r"^resamples must be at least 100, got resamples=99$"):
            shop.interval(resamples=99)
        with pytest.raises(ValueError, match=r"^seed must be a whole number of at least 0"):
            shop.chance_importance(seed=-1)
        with pytest.raises(ValueError, match=r"^confidence must be a fraction .*0\.95 for 95 %"):
            shop.chance_importance(95)


class TestChanceImportance:
    def test_is_what_an_unrelated_outcome_reaches(self):
        rng = np.random.default_rng(3)
        factors = rng.normal(size=(30, 3)) @ np.tri(3)
        limit = key_drivers(factors, rng.normal(size=30)).chance_importance(0.9)
        below = np.mean(
            [key_drivers(factors, rng.normal(size=30)).importance <= limit for _ in range(600)],
            axis=0,
        )
        np.testing.assert_allclose(below, 0.9, atol=0.05)

    def test_falls_with_the_number_of_rows(self):
        rows = np.random.default_rng(3).normal(size=(400, 3))
        few, many = (key_drivers(rows[:n, :2], rows[:n, 2]).chance_importance() for n in (40, 400))
        np.testing.assert_allclose(few / many, 10, rtol=0.3)
        np.testing.assert_allclose(many, 3.84 / 400, rtol=0.1)


class TestQuadrants:
    def test_set_importance_against_performance(self, shop):
        assert shop.quadrants() == (KEEP_UP, CONCENTRATE, OVERDONE, LOW_PRIORITY)

    def test_limits_may_be_given_and_belong_to_the_better_side(self, shop):
        limits = {"importance_from": shop.importance[2], "performance_from": shop.performance[1]}
        assert shop.quadrants(**limits) == (KEEP_UP, KEEP_UP, KEEP_UP, OVERDONE)
        assert shop.quadrants(importance_from=1, performance_from=1) == (LOW_PRIORITY,) * 4
        assert shop.quadrants(importance_from=0, performance_from=1) == (CONCENTRATE,) * 4

    def test_equal_factors_are_treated_equally(self):
        x = [1, 2, 2, 5, 4]
        drivers = key_drivers(np.column_stack([x, x, x]), [1, 2, 2, 3, 1])
        assert drivers.quadrants() == (KEEP_UP,) * 3
        for k in range(4, 13):
            rows = np.repeat(np.array([[1.1], [2.3], [2.3], [5], [3.7], [1.1], [4]]), k, axis=1)
            assert key_drivers(rows, [1, 2, 2, 3, 1, 1, 3]).quadrants() == (KEEP_UP,) * k
        assert drivers.ranking == ("factor 1", "factor 2", "factor 3")

    @pytest.mark.parametrize("seed", range(8))
    def test_rounding_does_not_rank_factors_that_say_the_same(self, seed):
        rng = np.random.default_rng(seed)
        x, other, outcome = rng.normal(size=(3, 30))
        factors = np.column_stack([x, other, 7 * x - 3, x / 3 + 11, -x])
        names = [x for x in key_drivers(factors, outcome, names=list("abcde")).ranking if x != "b"]
        assert names == ["a", "c", "d", "e"]

    def test_are_unknown_where_importance_is(self):
        assert key_drivers([[1, 2], [2, 3]], [4, 4]).quadrants() == (None, None)

    def test_names_of_the_labels_are_frozen(self):
        assert {x.name: int(x) for x in DriverQuadrant} == {
            "CONCENTRATE": 0,
            "KEEP_UP": 1,
            "LOW_PRIORITY": 2,
            "OVERDONE": 3,
        }


class TestKeyDriversObject:
    def test_ranking_and_summary_begin_with_the_most_important(self, shop):
        assert shop.ranking == ("trust", "status", "attention", "hours")
        first, *lines, last = shop.summary.splitlines()
        assert first == "The factors account for 62% of the variation in the outcome, 300 rows."
        assert [line.split(":")[0] for line in lines] == list(shop.ranking)
        assert last.startswith("This is association, not cause")

    def test_summary_says_which_way_and_what_is_not_known(self):
        drivers = key_drivers({"price": [1, 2, 3, 4], "sky": [1] * 4}, [8, 6, 4, 2])
        assert drivers.summary.splitlines()[1:3] == [
            "price: 100.0%, a higher value going with a lower outcome.",
            "sky: 0.0%, since it does not vary.",
        ]
        nothing = key_drivers([[1], [2]], [3, 3])
        assert nothing.summary == (
            "The outcome does not vary, 2 rows: nothing can be seen to go with it."
        )

    def test_pickles_and_tells_equal_from_unequal(self, shop):
        copy = pickle.loads(pickle.dumps(shop))
        assert copy.equals(shop)
        assert not copy.importance.flags.writeable
        assert repr(shop) == "KeyDrivers(n=300, factors=4, r_squared=0.616, method='shapley')"
        factors, outcome = [[1, 2], [2, 3], [4, 1]], [1, 2, 2]
        drivers = key_drivers(factors, outcome)
        assert not drivers.equals(key_drivers(factors, outcome, names=["a", "b"]))
        assert not drivers.equals(key_drivers(factors, outcome, method="johnson"))
        assert not drivers.equals(key_drivers(factors, [1, 2, 3]))
        assert not drivers.equals(key_drivers(factors, outcome, lowest=0, highest=9))
        once, twice = (key_drivers([[1], [3]] * k, [0, 1] * k) for k in (1, 2))
        assert not once.equals(twice)
