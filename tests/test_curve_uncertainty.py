import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from value_strategies import bookings, margins, maybe_horizons

from loyalkit.curve_uncertainty import _limits, curve_value_interval
from loyalkit.curve_value import curve_lifetime_value
from loyalkit.economics import customer_lifetime_value
from loyalkit.projection import ShiftedBetaGeometric, fit_shifted_beta_geometric
from loyalkit.survival import KaplanMeier, kaplan_meier

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
FITTED = fit_shifted_beta_geometric(REGULAR)
Z = 1.959963984540054

followed = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=25)


def is_nan(interval):
    return math.isnan(interval.low) and math.isnan(interval.high)


class TestCurveValueIntervalOfModels:
    def test_error_is_that_of_the_delta_method(self):
        # Gradient in alpha and beta by differences, covariance of the fit.
        def value(alpha, beta):
            model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
            return 20 * model.expected_lifetime(0.1)

        a, b, h = FITTED.alpha, FITTED.beta, 1e-5
        slopes = np.array([value(a + h, b) - value(a - h, b), value(a, b + h) - value(a, b - h)])
        error = math.sqrt(slopes @ np.array(FITTED.covariance) @ slopes) / (2 * h)
        never, always = 20, 20 * 11
        share = (value(a, b) - never) / (always - never)
        reach = Z * error / (always - never) / (share * (1 - share))
        ends = [1 / (1 + math.exp(-math.log(share / (1 - share)) + s * reach)) for s in (1, -1)]
        found = curve_value_interval(FITTED, margin=20, discount=0.1)
        expected = [never + (always - never) * x for x in ends]
        assert [found.low, found.high] == pytest.approx(expected, rel=1e-6)

    def test_covariance_agrees_with_the_spread_of_simulated_fits(self):
        rng = np.random.default_rng(20251126)
        rates = FITTED.retention(np.arange(1, 8))
        fits = []
        for _ in range(400):
            left = [1000]
            for rate in rates:
                left.append(rng.binomial(left[-1], rate))
            model = fit_shifted_beta_geometric(left)
            fits.append([math.log(model.alpha), math.log(model.beta)])
        spread = np.cov(np.array(fits).T)
        scale = np.outer([FITTED.alpha, FITTED.beta], [FITTED.alpha, FITTED.beta])
        assert np.array(FITTED.covariance) / scale == pytest.approx(spread, rel=0.25)

    @given(
        st.lists(st.integers(0, 300), min_size=3, max_size=7),
        st.floats(0.01, 0.5),
        maybe_horizons,
        bookings,
        st.floats(1, 50),
        margins,
    )
    def test_holds_the_value_between_never_and_always(
        self, left, discount, horizon, booking, margin, cost
    ):
        model = fit_shifted_beta_geometric([300, *sorted(left, reverse=True)])
        terms = {"margin": margin, "discount": discount, "horizon": horizon, "booking": booking}
        found = curve_value_interval(model, **terms, acquisition_cost=cost)
        if model.boundary or not model.converged or horizon == 1:
            assert is_nan(found)
            return
        assume(not is_nan(found))
        value, never, always = (
            curve_lifetime_value(x, **terms, acquisition_cost=cost).value for x in (model, 0.0, 1.0)
        )
        assert never - 1e-6 <= found.low <= value + 1e-6
        assert value - 1e-6 <= found.high <= always * (1 + 1e-9) + 1e-6

    def test_wider_with_confidence_and_mirrored_by_the_margin(self):
        plain, wide = (
            curve_value_interval(FITTED, margin=20, discount=0.1, confidence=c) for c in (0.8, 0.99)
        )
        assert wide.low < plain.low < plain.high < wide.high
        mirrored = curve_value_interval(FITTED, margin=-20, discount=0.1, confidence=0.8)
        assert [mirrored.low, mirrored.high] == pytest.approx([-plain.high, -plain.low])

    def test_margins_of_both_signs_have_plain_limits(self):
        found = curve_value_interval(FITTED, margin=[0, -5, 9], discount=0.1)
        value = curve_lifetime_value(FITTED, margin=[0, -5, 9], discount=0.1).value
        assert found.high - value == pytest.approx(value - found.low)

    def test_undiscounted_has_no_upper_end_if_alpha_may_be_1(self):
        sure = fit_shifted_beta_geometric([10**6, 800_000, 653_000, 542_000, 456_000, 388_000])
        assert sure.alpha > 2
        assert math.isfinite(curve_value_interval(sure, margin=1, discount=0).high)
        few = fit_shifted_beta_geometric([200, 120, 85, 65, 52, 43])
        assert few.alpha > 1 > few.alpha * math.exp(-Z * few.standard_errors[0] / few.alpha)
        found = curve_value_interval(few, margin=1, discount=0)
        assert found.high == math.inf
        assert 1 < found.low < few.expected_lifetime()
        mirrored = curve_value_interval(few, margin=-1, discount=0)
        assert (mirrored.low, mirrored.high) == (-math.inf, -found.low)
        assert math.isfinite(curve_value_interval(few, margin=1, discount=0, horizon=20).high)

    def test_undiscounted_with_a_last_margin_of_nothing_has_an_end(self):
        few = fit_shifted_beta_geometric([200, 120, 85, 65, 52, 43])
        ends = curve_value_interval(few, margin=[5, 5, 5, 0], discount=0)
        until = curve_value_interval(few, margin=5, discount=0, horizon=3)
        assert [ends.low, ends.high] == pytest.approx([until.low, until.high])

    def test_an_error_of_any_size_leaves_the_ends_in_range(self):
        assert _limits(2.0, 1e9, 1.0, 11.0) == pytest.approx((1, 11))
        low, high = _limits(1.001, 1e9, 1.0, math.inf)
        assert low == pytest.approx(1)
        assert high > 1e200
        assert _limits(-2.0, 1e9, -1.0, -11.0) == pytest.approx((-11, -1))

    def test_is_nan_without_variation_to_judge_by(self):
        terms = {"margin": 1, "discount": 0.1}
        alike = fit_shifted_beta_geometric([1000, 800, 640, 512])
        assert is_nan(curve_value_interval(alike, **terms))
        assert is_nan(curve_value_interval(ShiftedBetaGeometric(alpha=1, beta=2), **terms))
        assert is_nan(curve_value_interval(FITTED, margin=1, discount=0))
        assert is_nan(curve_value_interval(FITTED, margin=0, discount=0.1))
        assert is_nan(curve_value_interval(FITTED, margin=1, discount=0.1, horizon=1))


class TestCurveValueIntervalOfCurves:
    @given(followed)
    @example([(1, False), (2, False)])
    def test_without_censoring_the_error_is_that_of_a_mean(self, stays):
        # What each customer has paid is a sample; Greenwood's sum is its variance over n.
        durations = [t for t, _ in stays]
        curve = kaplan_meier(durations=durations, lost=[True] * len(stays))
        horizon = 6
        paid = np.array([sum(1.1**-t for t in range(min(x, horizon))) for x in durations])
        found = curve_value_interval(curve, margin=1, discount=0.1, horizon=horizon)
        error = math.sqrt(paid.var() / paid.size)
        if error < 1e-9:
            assert is_nan(found)
            return
        always = sum(1.1**-t for t in range(min(horizon, max(durations) + 1)))
        share = (paid.mean() - 1) / (always - 1)
        centre, reach = math.log(share / (1 - share)), Z * error / (always - 1)
        reach /= share * (1 - share)
        ends = [1 + (always - 1) / (1 + math.exp(s * reach - centre)) for s in (1, -1)]
        assert [found.low, found.high] == pytest.approx(ends, rel=1e-9)

    @given(followed, maybe_horizons, bookings, margins)
    def test_holds_the_value(self, stays, horizon, booking, margin):
        durations, lost = zip(*stays, strict=True)
        curve = kaplan_meier(durations=durations, lost=lost)
        terms = {"margin": margin, "discount": 0.1, "horizon": horizon, "booking": booking}
        found = curve_value_interval(curve, **terms)
        worth = curve_lifetime_value(curve, **terms)
        if is_nan(found):
            return
        assert found.low <= worth.value <= found.high
        ends = sorted(
            curve_lifetime_value(r, **(terms | {"horizon": worth.horizon})).value
            for r in (0.0, 1.0)
        )
        assert ends[0] - 1e-6 <= found.low
        assert found.high <= ends[1] + 1e-6

    def test_of_several_like_customers_is_narrower(self):
        one = kaplan_meier(durations=[1, 3, 4, 6], lost=[True, True, False, False])
        few, many = (curve_value_interval(x, margin=5, discount=0.1) for x in (one, sum([one] * 9)))
        assert few.low < many.low < many.high < few.high

    def test_covers_the_truth_as_often_as_it_says(self):
        rng, horizon, n = np.random.default_rng(5), 6, 40
        truth = customer_lifetime_value(margin=1, retention=0.9, discount=0.1, horizon=horizon)
        hits = 0
        for _ in range(800):
            stay = rng.geometric(0.1, n)
            seen = np.where(rng.random(n) < 0.3, rng.integers(1, horizon + 1, n), horizon + 3)
            curve = kaplan_meier(durations=np.minimum(stay, seen), lost=stay <= seen)
            interval = curve_value_interval(curve, margin=1, discount=0.1, horizon=horizon)
            hits += truth in interval
        assert 0.93 <= hits / 800 <= 0.97

    def test_leaving_before_the_first_payment_is_unsure_too(self):
        curve = kaplan_meier(durations=[0, 0, 1, 2, 3], lost=[True, True, True, True, False])
        found = curve_value_interval(curve, margin=10, discount=0)
        value = curve_lifetime_value(curve, margin=10, discount=0).value
        assert 0 < found.low < 10 < value < found.high < 40

    def test_is_nan_without_variation_to_judge_by(self):
        terms = {"margin": 1, "discount": 0.1}
        assert is_nan(curve_value_interval(KaplanMeier(), **terms))
        nobody_lost = kaplan_meier(durations=[3, 4], lost=[False, False])
        assert is_nan(curve_value_interval(nobody_lost, **terms))
        all_lost = kaplan_meier(durations=[3, 3], lost=[True, True])
        assert is_nan(curve_value_interval(all_lost, **terms))

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match="^curve must be a ShiftedBetaGeometric or a Kaplan"):
            curve_value_interval([1, 0.5], margin=1, discount=0.1)
        with pytest.raises(ValueError, match="^confidence must be a fraction between 0 and 1"):
            curve_value_interval(FITTED, margin=1, discount=0.1, confidence=95)
