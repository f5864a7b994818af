import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference

from loyalkit.projection import (
    ProjectionHoldout,
    ShiftedBetaGeometric,
    fit_shifted_beta_geometric,
    projection_holdout,
)

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]

parameters = st.floats(0.05, 50)
models = st.builds(ShiftedBetaGeometric, alpha=parameters, beta=parameters)
discounts = st.floats(0.01, 1)


@st.composite
def cohorts(draw, min_renewals=2):
    """Some of a cohort renew each time."""
    survivors = [draw(st.integers(1, 2000))]
    for _ in range(draw(st.integers(min_renewals, 6))):
        survivors.append(draw(st.integers(0, survivors[-1])))
    return survivors


def log_likelihood(cohort, alpha, beta):
    """Of one cohort, by the recursion of the paper: who was lost when, and who is left."""
    lost = alpha / (alpha + beta)
    left, total = 1 - lost, 0.0
    for t in range(1, len(cohort)):
        n = cohort[t - 1] - cohort[t]
        total += n * math.log(lost) if n else 0.0
        if t < len(cohort) - 1:
            lost *= (beta + t - 1) / (alpha + beta + t)
            left -= lost
    return total + (cohort[-1] * math.log(left) if cohort[-1] else 0.0)


def by_summing(model, discount, renewals=0):
    """Payments from the next renewal on, one by one, of those who have renewed so often."""
    t = np.arange(renewals, 5000)
    left = model.survival(t + 1) / model.survival(renewals)
    return float((left * (1 + discount) ** (renewals - t.astype(float))).sum())


class TestShiftedBetaGeometric:
    @pytest.mark.parametrize(
        ("alpha", "beta", "lifetime", "residual"),
        [
            (0.704077, 1.182043, 3.694910, [2.964400, 4.103141, 4.869806, 5.442060, 5.894097]),
            (0.668088, 3.806095, 5.922255, [5.414481, 5.901379, 6.293893, 6.619922, 6.896708]),
            (3.80, 15.20, 4.008926, [3.309818, 3.451000, 3.586544, 3.716812, 3.842134]),
        ],
    )
    def test_discounted_lifetimes_of_fader_and_hardie(self, alpha, beta, lifetime, residual):
        """Fader & Hardie 2010, at 10 %."""
        model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
        assert round(model.expected_lifetime(discount=0.1), 6) == lifetime
        found = [model.residual_lifetime(n, discount=0.1) for n in range(5)]
        assert [round(x, 6) for x in found] == residual

    @given(models, st.integers(1, 60))
    def test_survival_equals_a_ratio_of_beta_functions(self, model, t):
        a, b = model.alpha, model.beta
        expected = math.lgamma(b + t) + math.lgamma(a + b) - math.lgamma(b) - math.lgamma(a + b + t)
        assert model.survival(t) == pytest.approx(math.exp(expected), rel=1e-9)

    @given(models, st.integers(1, 60))
    def test_survival_is_the_product_of_retention(self, model, t):
        assert model.survival(t) == pytest.approx(model.survival(t - 1) * model.retention(t))
        assert model.survival(0) == 1

    @given(models)
    def test_retention_rises_and_survival_falls(self, model):
        assert (np.diff(model.retention(range(1, 100))) > 0).all()
        assert (np.diff(model.survival(range(100))) < 0).all()

    @given(models, st.lists(st.integers(1, 200), max_size=5))
    def test_array_call_equals_scalar_calls(self, model, t):
        assert model.retention(t).tolist() == [model.retention(x) for x in t]
        assert model.survival(t).tolist() == [model.survival(x) for x in t]
        assert model.survival([[1, 2], [3, 4]]).shape == (2, 2)
        assert not model.survival(t).flags.writeable

    @given(models, discounts)
    def test_lifetime_is_the_discounted_sum_of_survivors(self, model, discount):
        t = np.arange(5000)
        total = float((model.survival(t) * (1 + discount) ** -t.astype(float)).sum())
        assert model.expected_lifetime(discount) == pytest.approx(total, rel=1e-9)

    @given(models, discounts, st.integers(0, 20))
    def test_residual_lifetime_is_the_sum_over_later_renewals(self, model, discount, renewals):
        expected = by_summing(model, discount, renewals)
        assert model.residual_lifetime(renewals, discount) == pytest.approx(expected, rel=1e-9)

    @given(models, discounts, st.integers(0, 20))
    def test_who_has_renewed_more_often_stays_longer(self, model, discount, renewals):
        before = model.residual_lifetime(renewals, discount)
        assert model.residual_lifetime(renewals + 1, discount) > before

    @given(models, st.floats(1e-3, 1))
    def test_higher_interest_makes_lifetimes_shorter(self, model, discount):
        assert model.expected_lifetime(2 * discount) < model.expected_lifetime(discount)

    @given(
        st.builds(
            ShiftedBetaGeometric,
            alpha=st.sampled_from([0.5, 1, 1.001, 1.5, 2, 2.001, 9]),
            beta=parameters,
        )
    )
    def test_undiscounted_lifetime_is_infinite_exactly_for_alpha_up_to_1(self, model):
        assert math.isinf(model.expected_lifetime()) == (model.alpha <= 1)
        assert math.isinf(model.residual_lifetime(3)) == (model.alpha <= 1)
        assert math.isinf(model.elasticity()) == (model.alpha <= 2)
        if model.alpha > 1:
            expected = (model.alpha + model.beta - 1) / (model.alpha - 1)
            assert model.expected_lifetime() == pytest.approx(expected, rel=1e-12)

    @given(st.floats(3, 50), parameters)
    def test_small_interest_comes_close_to_none(self, alpha, beta):
        model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
        assert model.expected_lifetime(1e-8) == pytest.approx(model.expected_lifetime(), rel=1e-5)
        assert model.elasticity(2, 1e-8) == pytest.approx(model.elasticity(2), rel=1e-3)

    @given(models, discounts, st.integers(0, 10))
    def test_elasticity_is_what_more_retention_does(self, model, discount, renewals):
        """Every customer's rate grows by 1e-6 of itself."""
        now = by_summing(model, discount, renewals)
        # As if each payment were worth that much more for each renewal it takes.
        more = (1 + 1e-6) * by_summing(model, (1 + discount) / (1 + 1e-6) - 1, renewals)
        growth = (more / now - 1) / 1e-6
        assert model.elasticity(renewals, discount) == pytest.approx(growth, rel=1e-3)

    def test_equals_scipys_hypergeometric_function(self):
        special = pytest.importorskip("scipy.special")
        for alpha, beta in ((0.5, 0.7), (1, 1e-3), (3.8, 15.2), (1e-3, 1), (20, 40)):
            for discount in (0.01, 0.1, 1.0, 20.0):
                model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
                once, twice = (
                    special.hyp2f1(k, beta + 1, alpha + beta + 1, 1 / (1 + discount))
                    for k in (1, 2)
                )
                residual = model.first_retention * once
                assert model.residual_lifetime(0, discount) == pytest.approx(residual, rel=1e-10)
                assert model.elasticity(0, discount) == pytest.approx(twice / once, rel=1e-9)

    def test_one_rate_for_all(self):
        model = ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=0.8)
        assert model.boundary
        assert model.retention([1, 9]).tolist() == [0.8, 0.8]
        assert model.survival(3) == pytest.approx(0.512)
        # Reichheld & Sasser: one divided by the share lost.
        assert model.expected_lifetime() == pytest.approx(5)
        assert model.expected_lifetime(0.1) == pytest.approx(1.1 / 0.3)
        assert model.residual_lifetime(7, 0.1) == pytest.approx(0.8 * 1.1 / 0.3)
        assert model.elasticity(7, 0.1) == pytest.approx(1.1 / 0.3)

    def test_all_or_nothing(self):
        model = ShiftedBetaGeometric(alpha=0, beta=0, first_retention=0.6)
        assert model.retention([1, 2, 9]).tolist() == [0.6, 1, 1]
        assert model.survival([0, 1, 9]).tolist() == [1, 0.6, 0.6]
        assert model.expected_lifetime(0.1) == pytest.approx(1 + 0.6 / 0.1)
        assert model.residual_lifetime(1, 0.1) == pytest.approx(11)
        assert model.expected_lifetime() == math.inf

    def test_nobody_renews(self):
        model = ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=0)
        assert model.expected_lifetime() == model.expected_lifetime(0.1) == 1
        assert model.residual_lifetime(0) == 0
        assert math.isnan(model.elasticity())

    def test_everybody_renews(self):
        model = ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=1)
        assert model.expected_lifetime() == model.residual_lifetime(3) == math.inf
        assert model.elasticity() == math.inf
        assert model.expected_lifetime(0.25) == pytest.approx(5)

    @given(models)
    def test_without_a_fit_nothing_is_claimed_about_one(self, model):
        assert model.converged is None
        assert not model.boundary
        assert math.isnan(model.log_likelihood)
        assert np.isnan(model.standard_errors).all()
        assert model.first_retention == model.retention(1)

    @pytest.mark.parametrize(
        ("given_parameters", "message"),
        [
            ({"alpha": -1, "beta": 1}, "alpha must be at least 0, got alpha=-1"),
            ({"alpha": 1, "beta": math.nan}, "beta must be finite, got beta=nan"),
            ({"alpha": 1, "beta": math.inf}, "beta must be positive and finite like alpha"),
            ({"alpha": 0, "beta": 1}, "beta must be positive and finite like alpha"),
            ({"alpha": 0, "beta": 0}, "first_retention must be given"),
            ({"alpha": 0, "beta": 0, "first_retention": 60}, "must be a fraction from 0 to 1"),
            ({"alpha": 1, "beta": 1, "first_retention": 0.6}, "must be left to alpha and beta"),
        ],
    )
    def test_refuses_parameters_that_make_no_model(self, given_parameters, message):
        with pytest.raises(ValueError, match=message):
            ShiftedBetaGeometric(**given_parameters)

    @pytest.mark.parametrize("wrong", ["1", None, True])
    def test_refuses_what_is_not_a_number(self, wrong):
        with pytest.raises(TypeError, match=r"^beta must be a number"):
            ShiftedBetaGeometric(alpha=1, beta=wrong)

    def test_refuses_times_and_interest_that_cannot_be(self):
        model = ShiftedBetaGeometric(alpha=1, beta=1)
        with pytest.raises(
            ValueError, match=r"^t must be .* from 1 to 1000000, got t=0 at index 1$"
        ):
            model.retention([1, 0])
        with pytest.raises(ValueError, match=r"^t must be a whole number"):
            model.survival(1.5)
        with pytest.raises(ValueError, match=r"^discount must be 0 or at least 1e-08"):
            model.expected_lifetime(-0.1)
        with pytest.raises(ValueError, match=r"^renewals must be a whole number"):
            model.residual_lifetime(-1)


class TestFitShiftedBetaGeometric:
    @pytest.mark.parametrize(
        ("survivors", "expected"),
        [
            (REGULAR[:8], (0.704077, 1.182043, -1680.2652, 0.065599, 0.152476)),
            (HIGH_END[:8], (0.668088, 3.806095, -1611.1581, 0.103735, 0.785532)),
            (REGULAR[:5], (0.763665, 1.295830, -1401.5594, None, None)),
            ([10000, 8000, 6480, 5307, 4391], (3.790681, 15.160817, -14399.582, None, None)),
            (REGULAR, (0.697362, 1.168905, -1931.4917, None, None)),
            (HIGH_END, (0.596111, 3.326969, -2010.8584, None, None)),
        ],
    )
    def test_published_fits(self, survivors, expected):
        """Fader & Hardie 2007, refitted with SciPy."""
        model = fit_shifted_beta_geometric(survivors)
        found = (model.alpha, model.beta, model.log_likelihood, *model.standard_errors)
        for value, published in zip(found, expected, strict=True):
            if published is not None:
                assert value == pytest.approx(published, abs=6e-7 if abs(published) < 100 else 6e-5)
        assert model.converged
        assert not model.boundary

    @pytest.mark.parametrize(("segment", "cohort"), [("regular", REGULAR), ("high_end", HIGH_END)])
    def test_projection_equals_the_reference(self, segment, cohort):
        expected = reference("fader_hardie.json")[segment]
        assert cohort[:8] == [round(10 * x) for x in expected["survival"]]
        model = fit_shifted_beta_geometric(cohort[:8])
        survival = expected["sbg_mle"]["survival_1_12"]
        np.testing.assert_allclose(model.survival(range(1, 13)), survival, rtol=2e-7)
        first = {"regular": [0.6267, 0.7560, 0.8188], "high_end": [0.8507, 0.8780, 0.8968]}
        assert model.retention([1, 2, 3]).round(4).tolist() == first[segment]

    @given(cohorts())
    def test_no_other_parameters_are_likelier(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        assert model.converged is True
        for alpha in (0.01, 0.3, 1.0, 4.0, 50.0):
            for beta in (0.01, 0.3, 1.0, 4.0, 50.0):
                other = log_likelihood(cohort, alpha, beta)
                assert other <= model.log_likelihood + 1e-9 * abs(other)

    @given(cohorts())
    def test_log_likelihood_is_that_of_the_parameters(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        if not model.boundary:
            expected = log_likelihood(cohort, model.alpha, model.beta)
            assert model.log_likelihood == pytest.approx(expected, rel=1e-6)
            for factor in (0.99, 1.01):
                nearby = log_likelihood(cohort, model.alpha * factor, model.beta)
                assert nearby <= model.log_likelihood + 1e-9 * abs(nearby)

    @pytest.mark.parametrize("cohort", [REGULAR[:8], HIGH_END[:8], [200, 120, 85, 65]])
    def test_covariance_inverts_the_curvature_of_the_likelihood(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        at, h = np.array([model.alpha, model.beta]), 1e-3

        def likelihood(*moves):
            return log_likelihood(cohort, *(at * (1 + h * np.array(moves))))

        middle, mixed = likelihood(0, 0), likelihood(1, 1) - likelihood(1, -1)
        mixed -= likelihood(-1, 1) - likelihood(-1, -1)
        bend = [likelihood(*x) + likelihood(*-x) - 2 * middle for x in np.eye(2)]
        curvature = np.array([[bend[0], mixed / 4], [mixed / 4, bend[1]]]) / np.outer(at, at) / h**2
        assert np.array(model.covariance) == pytest.approx(np.linalg.inv(-curvature), rel=1e-3)
        assert -1 < model.correlation < 1

    def test_covariance_is_unknown_where_errors_are(self):
        for model in (ShiftedBetaGeometric(alpha=1, beta=2), fit_shifted_beta_geometric([9, 9, 9])):
            assert math.isnan(model.correlation)
            assert np.isnan(model.covariance).all()
            assert model == pickle.loads(pickle.dumps(model))

    @given(cohorts(), st.integers(2, 1000))
    def test_more_customers_of_the_same_kind_only_narrow_the_errors(self, cohort, times):
        one = fit_shifted_beta_geometric(cohort)
        many = fit_shifted_beta_geometric([times * n for n in cohort])
        assert many.boundary == one.boundary
        assert many.first_retention == pytest.approx(one.first_retention, rel=1e-6)
        if not one.boundary and one.alpha + one.beta < 1000:
            assert many.alpha == pytest.approx(one.alpha, rel=1e-5)
            assert many.beta == pytest.approx(one.beta, rel=1e-5)
            errors = [error / math.sqrt(times) for error in one.standard_errors]
            assert many.standard_errors == pytest.approx(errors, rel=1e-4)

    @given(cohorts(), cohorts(), st.integers(0, 6))
    def test_a_triangle_is_fitted_to_all_its_cohorts_together(self, first, second, observed):
        second = second[: observed + 1]
        model = fit_shifted_beta_geometric([first, second])
        if not model.boundary:
            together = log_likelihood(first, model.alpha, model.beta)
            together += log_likelihood(second, model.alpha, model.beta) if observed else 0.0
            assert model.log_likelihood == pytest.approx(together, rel=1e-6)
        assert fit_shifted_beta_geometric([second, first]) == model

    @given(cohorts())
    def test_a_cohort_twice_is_a_cohort_twice_as_large(self, cohort):
        twice = fit_shifted_beta_geometric([cohort, cohort])
        assert twice == fit_shifted_beta_geometric([2 * n for n in cohort])

    @given(cohorts())
    def test_a_cohort_that_has_not_come_up_yet_adds_nothing(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        assert fit_shifted_beta_geometric([cohort, [500]]) == model
        assert fit_shifted_beta_geometric(np.array([cohort])) == model

    @pytest.mark.parametrize(
        ("survivors", "rate"),
        [
            ([1000, 800, 640, 512], 0.8),
            ([1000, 800, 640], 0.8),
            ([1000, 950, 850, 700], 2500 / 2800),
            ([100, 100, 100], 1.0),
            ([100, 50, 0], 1 / 3),
            ([100, 0, 0], 0.0),
        ],
    )
    def test_retention_that_does_not_rise_is_one_rate(self, survivors, rate):
        model = fit_shifted_beta_geometric(survivors)
        assert model.boundary
        assert model.converged
        assert (model.alpha, model.beta) == (math.inf, math.inf)
        assert model.first_retention == rate
        assert model.retention(7) == rate
        assert np.isnan(model.standard_errors).all()
        left, lost = sum(survivors[1:]), survivors[0] - survivors[-1]
        expected = (left * math.log(rate) if left else 0) + (
            lost * math.log(1 - rate) if lost else 0
        )
        assert model.log_likelihood == pytest.approx(expected, abs=1e-9)

    def test_nobody_lost_after_the_first_renewal_is_all_or_nothing(self):
        model = fit_shifted_beta_geometric([100, 60, 60, 60])
        assert (model.alpha, model.beta, model.boundary, model.converged) == (0, 0, True, True)
        assert model.survival([1, 50]).tolist() == [0.6, 0.6]
        assert model.log_likelihood == pytest.approx(60 * math.log(0.6) + 40 * math.log(0.4))

    def test_one_customer_more_than_one_rate_is_no_boundary(self):
        model = fit_shifted_beta_geometric([1000, 800, 641])
        assert not model.boundary
        assert model.alpha + model.beta < 1e6
        assert model.standard_errors[0] > model.alpha

    @given(cohorts())
    def test_parameters_are_never_huge_without_a_mark(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        assert model.boundary == (not 0 < model.alpha + model.beta <= 1e6)

    @pytest.mark.parametrize(
        ("survivors", "message"),
        [
            (
                [124, 95, 70, 65, 77],
                r"^survivors must never rise: .*\('on'\) may.*, got survivors=77 at index 4$",
            ),
            (
                [[9, 5, 4], [4, 5]],
                r"^survivors\[1\] must never rise.*got survivors\[1\]=5 at index 1$",
            ),
            (
                [100, 60],
                "survivors must cover at least two renewals: one rate cannot tell .* got 1",
            ),
            ([[100, 60], [50]], "survivors must cover at least two renewals"),
            ([0, 0, 0], "survivors must hold customers up for renewal, got none"),
            ([], "survivors must start with the size of the cohort"),
            ([[9, 5, 4], []], r"survivors\[1\] must start with the size of the cohort"),
            ([9, 5.5, 4], "must be a whole number of at least 0, got survivors=5.5 at index 1"),
            ([9, None, 4], "must not be missing, got survivors=None at index 1"),
        ],
    )
    def test_says_why_it_cannot_fit(self, survivors, message):
        with pytest.raises(ValueError, match=message):
            fit_shifted_beta_geometric(survivors)

    @pytest.mark.parametrize("wrong", ["abc", 5, {"2020": [9, 5, 4]}, [True, False, False], ["9"]])
    def test_refuses_what_is_not_counts(self, wrong):
        with pytest.raises(TypeError, match=r"^survivors "):
            fit_shifted_beta_geometric(wrong)

    @given(cohorts())
    def test_survives_pickling_and_hashing(self, cohort):
        model = fit_shifted_beta_geometric(cohort)
        again = pickle.loads(pickle.dumps(model))
        assert again == model
        assert hash(again) == hash(model)


class TestProjectionHoldout:
    @pytest.mark.parametrize(
        ("cohort", "percent", "error"),
        [
            (REGULAR, [22.01, 20.44, 19.12, 17.99, 17.00], 0.0149),
            (HIGH_END, [46.04, 43.58, 41.42, 39.51, 37.80], 0.0283),
        ],
    )
    def test_published_projection(self, cohort, percent, error):
        """Fader & Hardie 2007: seven years fitted, five projected."""
        holdout = projection_holdout(cohort, renewals=7)
        assert holdout.renewals == (8, 9, 10, 11, 12)
        assert [round(n / 10, 2) for n in holdout.predicted] == percent
        assert holdout.observed == tuple(cohort[8:])
        assert round(holdout.mean_relative_error, 4) == error
        assert holdout.model == fit_shifted_beta_geometric(cohort[:8])

    @given(cohorts(min_renewals=3), st.data())
    def test_errors_are_means_of_distances(self, cohort, data):
        fitted = data.draw(st.integers(2, len(cohort) - 2))
        holdout = projection_holdout(cohort, renewals=fitted)
        distances = np.abs(np.subtract(holdout.predicted, holdout.observed))
        assert holdout.mean_absolute_error == pytest.approx(distances.mean())
        if cohort[-1]:
            expected = (distances / holdout.observed).mean()
            assert holdout.mean_relative_error == pytest.approx(expected)
        else:
            assert math.isnan(holdout.mean_relative_error)

    def test_something_must_be_left_to_compare(self):
        with pytest.raises(ValueError, match=r"^renewals must leave some of the 3 for comparison"):
            projection_holdout([9, 5, 4, 3], renewals=3)
        with pytest.raises(ValueError, match="at least two renewals"):
            projection_holdout([9, 5, 4, 3], renewals=1)

    def test_survives_pickling_and_hashing(self):
        holdout = projection_holdout(REGULAR, renewals=7)
        assert isinstance(holdout, ProjectionHoldout)
        assert pickle.loads(pickle.dumps(holdout)) == holdout
        assert hash(holdout) == hash(pickle.loads(pickle.dumps(holdout)))
