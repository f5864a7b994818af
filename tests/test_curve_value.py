import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import (
    BOOKINGS,
    bookings,
    constant,
    discounts,
    horizons,
    margins,
    maybe_horizons,
    rates,
    value_by_hand,
)

from loyalkit.curve_value import curve_lifetime_value
from loyalkit.economics import customer_lifetime_value
from loyalkit.projection import ShiftedBetaGeometric
from loyalkit.survival import KaplanMeier, kaplan_meier

REGULAR = ShiftedBetaGeometric(alpha=0.704077, beta=1.182043)
HIGH_END = ShiftedBetaGeometric(alpha=0.668088, beta=3.806095)

curves = st.lists(rates, max_size=15).map(lambda x: [1.0, *sorted(x, reverse=True)])
paths = st.lists(margins, min_size=1, max_size=8)
models = st.builds(ShiftedBetaGeometric, alpha=st.floats(0.1, 5), beta=st.floats(0.1, 5))
followed = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=20)


def stretched(path, n):
    return [*path, *[path[-1]] * n][:n]


class TestArrays:
    def test_worked_example(self):
        # Fader and Hardie's "Regular" subscribers, 20 a year at 10 %, by hand.
        left = [1, 0.631, 0.468, 0.382, 0.326]
        expected = 20 * sum(s / 1.1**t for t, s in enumerate(left))
        found = curve_lifetime_value(left, margin=20, discount=0.1)
        assert found.value == pytest.approx(expected)
        assert (found.horizon, found.left_at_end, found.truncated) == (5, 0.326, True)
        assert found.most_beyond == pytest.approx(20 * 0.326 / 0.1 / 1.1**4)

    @given(curves, paths, discounts, maybe_horizons, bookings, margins)
    def test_is_the_sum_of_the_payments(self, curve, path, discount, horizon, booking, cost):
        found = curve_lifetime_value(
            curve,
            margin=path,
            discount=discount,
            horizon=horizon,
            booking=booking,
            acquisition_cost=cost,
        )
        n = min(horizon or 99, len(curve))
        expected = value_by_hand(stretched(path, n), curve[:n], discount, booking)
        assert found.value == pytest.approx(expected - cost, rel=1e-9, abs=1e-9)
        assert found.horizon == n
        assert found.left_at_end == curve[n - 1]

    @given(curves, paths, st.floats(0.05, 1), maybe_horizons, bookings)
    def test_most_beyond_is_what_all_who_are_left_would_pay_for_ever(
        self, curve, path, discount, horizon, booking
    ):
        found = curve_lifetime_value(
            curve, margin=path, discount=discount, horizon=horizon, booking=booking
        )
        end, n = found.horizon, 700
        staying = [*[0] * end, *[found.left_at_end] * (n - end)]
        expected = value_by_hand(stretched(path, n), staying, discount, booking)
        assert found.most_beyond == pytest.approx(expected, rel=1e-6, abs=1e-6)

    @given(curves, bookings)
    def test_most_beyond_is_infinite_without_interest_if_anybody_is_left(self, curve, booking):
        found = curve_lifetime_value(curve, margin=3, discount=0, booking=booking)
        assert found.most_beyond == (math.inf if curve[-1] else 0)
        assert found.truncated == (curve[-1] > 0)

    @given(curves, discounts)
    def test_rises_with_every_share(self, curve, discount):
        better = [1.0, *[(1 + x) / 2 for x in curve[1:]]]
        less, more = (
            curve_lifetime_value(x, margin=1, discount=discount).value for x in (curve, better)
        )
        assert less <= more

    @pytest.mark.parametrize(
        ("curve", "message"),
        [
            ([0.9, 0.8], "curve must begin with 1, the share of customers who sign, got curve=0.9"),
            ([], r"curve must begin with 1, .*, got curve=\[\]"),
            ([1, 0.5, 0.6], "curve must never rise, got curve=0.6 at index 2"),
            ([1000, 631], "curve must be a fraction from 0 to 1"),
            ([1, None], "curve must not be missing"),
            (80, "curve must be a fraction from 0 to 1: 0.8 for 80 %"),
        ],
    )
    def test_says_what_is_wrong_with_a_curve(self, curve, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            curve_lifetime_value(curve, margin=1, discount=0.1)

    def test_says_what_is_wrong_with_the_rest(self):
        with pytest.raises(ValueError, match="^margin must hold a margin for the first payment"):
            curve_lifetime_value(0.8, margin=[], discount=0.1)
        with pytest.raises(ValueError, match="^horizon must be a whole number from 1 to 1000000"):
            curve_lifetime_value(0.8, margin=1, discount=0.1, horizon=10**7)
        with pytest.raises(TypeError, match="^discount must be a number"):
            curve_lifetime_value(0.8, margin=1, discount=[0.1])


class TestRates:
    @given(st.floats(0, 0.98), margins, discounts, maybe_horizons, bookings)
    def test_one_rate_is_the_closed_form(self, rate, margin, discount, horizon, booking):
        if 0 < discount < 1e-8:
            return
        terms = {"discount": discount, "horizon": horizon, "booking": booking}
        found = curve_lifetime_value(rate, margin=margin, **terms)
        expected = customer_lifetime_value(margin=margin, retention=rate, **terms)
        assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert found.horizon == horizon
        assert found.left_at_end == pytest.approx(rate ** (horizon - 1) if horizon else 0)

    @given(st.floats(0, 0.9), paths, bookings)
    def test_last_margin_goes_on(self, rate, path, booking):
        n = 400
        found = curve_lifetime_value(rate, margin=path, discount=0.1, booking=booking)
        expected = value_by_hand(stretched(path, n), constant(rate, n), 0.1, booking)
        assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert not found.truncated
        assert found.most_beyond == 0

    @given(rates, st.floats(0.01, 0.3), st.floats(-0.3, 0.3), horizons)
    def test_path_of_a_growing_margin_is_growth(self, rate, discount, growth, horizon):
        path = [(1 + growth) ** t for t in range(horizon)]
        found = curve_lifetime_value(rate, margin=path, discount=discount, horizon=horizon)
        expected = customer_lifetime_value(
            margin=1, retention=rate, discount=discount, growth=growth, horizon=horizon
        )
        assert found.value == pytest.approx(expected, rel=1e-9)

    def test_nothing_shrinking_is_infinite(self):
        assert curve_lifetime_value(1.0, margin=2, discount=0).value == math.inf
        assert curve_lifetime_value(1.0, margin=-2, discount=0).value == -math.inf
        assert curve_lifetime_value(1.0, margin=[2, 0], discount=0).value == 2


class TestModels:
    @pytest.mark.parametrize(
        ("model", "lifetime"),
        [
            (REGULAR, 3.694910),
            (HIGH_END, 5.922255),
            (ShiftedBetaGeometric(alpha=3.80, beta=15.20), 4.008926),
        ],
    )
    def test_worked_example(self, model, lifetime):
        # Discounted expected lifetimes at 10 %, first payment at signing.
        found = curve_lifetime_value(model, margin=1, discount=0.1)
        assert found.value == pytest.approx(lifetime, abs=2e-6)
        assert found.horizon is None

    @given(models, paths, st.floats(0.2, 1), bookings)
    def test_without_a_horizon_is_the_limit(self, model, path, discount, booking):
        n = 300
        terms = {"margin": path, "discount": discount, "booking": booking}
        for_ever = curve_lifetime_value(model, **terms)
        until = curve_lifetime_value(model, **terms, horizon=n)
        left = model.survival(np.arange(n)).tolist()
        by_hand = value_by_hand(stretched(path, n), left, discount, booking)
        assert until.value == pytest.approx(by_hand, rel=1e-9, abs=1e-9)
        assert for_ever.value == pytest.approx(by_hand, rel=1e-9, abs=1e-9)

    def test_undiscounted_is_the_expected_lifetime(self):
        model = ShiftedBetaGeometric(alpha=3, beta=4)
        assert curve_lifetime_value(model, margin=2, discount=0).value == pytest.approx(6)
        assert curve_lifetime_value(REGULAR, margin=2, discount=0).value == math.inf

    def test_bookings_differ_as_in_the_closed_form(self):
        at_once, period_end, after_first = (
            curve_lifetime_value(REGULAR, margin=20, discount=0.1, booking=b).value
            for b in BOOKINGS
        )
        assert at_once == pytest.approx(after_first + 20)
        assert at_once == pytest.approx(1.1 * period_end)


class TestKaplanMeier:
    @given(followed, discounts, maybe_horizons, bookings)
    def test_is_the_curve_at_whole_periods(self, stays, discount, horizon, booking):
        durations, lost = zip(*stays, strict=True)
        curve = kaplan_meier(durations=durations, lost=lost)
        shares = curve.survival(np.arange(max(durations) + 1))
        shares = shares[~np.isnan(shares)].tolist()
        terms = {"margin": 7, "discount": discount, "horizon": horizon, "booking": booking}
        assert curve_lifetime_value(curve, **terms) == curve_lifetime_value(shares, **terms)

    @given(followed)
    def test_undiscounted_is_the_restricted_mean(self, stays):
        durations, lost = zip(*stays, strict=True)
        curve = kaplan_meier(durations=durations, lost=lost)
        horizon = max(durations)
        found = curve_lifetime_value(curve, margin=1, discount=0, horizon=horizon)
        assert found.value == pytest.approx(curve.restricted_mean(horizon))

    def test_if_all_were_lost_nothing_is_missing(self):
        curve = kaplan_meier(durations=[1.5, 2.5], lost=[True, True])
        found = curve_lifetime_value(curve, margin=10, discount=0)
        assert found.value == 25
        assert (found.horizon, found.truncated, found.most_beyond) == (4, False, 0)

    def test_of_nobody_is_not_known(self):
        found = curve_lifetime_value(KaplanMeier(), margin=10, discount=0.1)
        assert math.isnan(found.value)
        assert math.isnan(found.left_at_end)
        assert found.horizon == 0
        assert not found.truncated
