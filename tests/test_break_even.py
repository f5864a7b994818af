import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from value_strategies import bookings, discounts, horizons, lossy_rates, maybe_horizons

from loyalkit.break_even import BreakEven, break_even_cost
from loyalkit.economics import customer_lifetime_value

CARD = {"retention": 0.8, "points": 0.05, "margin": 100, "discount": 0.1}
TIMINGS = st.sampled_from(["once", "each_period", "on_renewal"])
shares = st.floats(0, 1)
lasting = st.none() | st.integers(1, 12)


def simulated(*, rates, usual, margin, discount, booking, horizon, paid, stayers_reached):
    """
    Value less benefits of a customer whose renewals a programme lifts to the given rates.

    ``paid`` maps when a benefit is given to what it costs then.
    """
    left, total = 1.0, 0.0
    for t in range(horizon):
        if t or booking != "after_first":
            total += left * margin / (1 + discount) ** (t + (booking == "period_end"))
        if t == horizon - 1:
            break
        rate = rates[t] if t < len(rates) else usual
        if t < len(rates) or (t == 0 and "once" in paid):
            reached = 1 - usual + stayers_reached * usual
            if "each_period" in paid or (t == 0 and "once" in paid):
                total -= left * reached * next(iter(paid.values())) / (1 + discount) ** t
            if "on_renewal" in paid:
                renewing = rate - usual + stayers_reached * usual
                total -= left * renewing * paid["on_renewal"] / (1 + discount) ** (t + 1)
        left *= rate
    return total


class TestBreakEvenCost:
    def test_worked_example(self):
        # One renewal of 80 % lifted to 85 %: 5 of 100 are kept, worth 100 x 1.1 / 0.3 each,
        # one period from now.
        card = break_even_cost(**CARD, effect_lasts=1, customers=5000)
        assert card.value_gain == pytest.approx(0.05 * 100 / 1.1 * 1.1 / 0.3)
        assert card.total == pytest.approx(5000 * 0.05 * 100 / 0.3)
        assert card.cost == pytest.approx(card.value_gain)
        assert card.cost_per_customer == pytest.approx(card.value_gain)
        assert card.cost_per_kept == pytest.approx(100 / 0.3)
        assert card.deadweight == 0.8

    @given(
        lossy_rates,
        shares,
        discounts,
        bookings,
        st.integers(2, 15),
        lasting,
        TIMINGS,
        shares,
    )
    def test_at_this_cost_the_programme_brings_exactly_nothing(
        self, before, relative, discount, booking, horizon, lasts, timing, stayers
    ):
        card = break_even_cost(
            retention=before,
            relative=relative,
            margin=100,
            discount=discount,
            booking=booking,
            horizon=horizon,
            effect_lasts=lasts,
            timing=timing,
            stayers_reached=stayers,
        )
        assume(card.benefits > 1e-6)
        terms = {
            "usual": before,
            "margin": 100,
            "discount": discount,
            "booking": booking,
            "horizon": horizon,
            "stayers_reached": stayers,
        }
        raised = [card.retention_after] * min(lasts or horizon, horizon - 1)
        with_it = simulated(rates=raised, paid={timing: card.cost}, **terms)
        without = simulated(rates=[], paid={}, **terms)
        assert with_it == pytest.approx(without, rel=1e-6, abs=1e-6)

    @given(lossy_rates, shares, st.floats(0.05, 1), st.floats(-0.5, 0.04), maybe_horizons, bookings)
    def test_gain_for_good_is_the_difference_of_two_values(
        self, before, relative, discount, growth, horizon, booking
    ):
        terms = {
            "margin": 30,
            "discount": discount,
            "growth": growth,
            "horizon": horizon,
            "booking": booking,
        }
        card = break_even_cost(retention=before, relative=relative, **terms)
        after, without = (
            customer_lifetime_value(retention=r, **terms) for r in (card.retention_after, before)
        )
        assert card.value_gain == pytest.approx(after - without, abs=1e-9)

    @given(st.integers(1, 30), shares, TIMINGS)
    def test_gain_rises_with_how_long_it_lasts(self, lasts, stayers, timing):
        terms = CARD | {"timing": timing, "stayers_reached": stayers}
        gains = [
            break_even_cost(**terms, effect_lasts=n).value_gain for n in (lasts, lasts + 1, None)
        ]
        assert gains == sorted(gains)
        long = break_even_cost(**terms, effect_lasts=300)
        assert long.value_gain == pytest.approx(gains[-1])
        for_ever = break_even_cost(**terms)
        assert long.benefits == pytest.approx(for_ever.benefits)

    @given(lossy_rates, st.floats(0.01, 1), shares, TIMINGS)
    def test_deadweight_is_the_share_who_would_have_stayed(self, before, relative, stayers, timing):
        card = break_even_cost(
            retention=before, relative=relative, margin=1, timing=timing, stayers_reached=stayers
        )
        stayed = before * stayers
        kept = card.retention_after - before if timing == "on_renewal" else 1 - before
        assert card.deadweight == pytest.approx(stayed / (stayed + kept))

    def test_the_better_it_is_aimed_the_more_a_benefit_may_cost(self):
        costs = [break_even_cost(**CARD, stayers_reached=s).cost for s in (1, 0.5, 0.1, 0)]
        assert costs == sorted(costs)
        assert costs[-1] == pytest.approx(costs[0] / 0.2)

    def test_given_on_renewal_it_goes_to_those_who_renew(self):
        card = break_even_cost(**CARD, effect_lasts=1, timing="on_renewal")
        assert card.benefits == pytest.approx(0.85 / 1.1)
        kept_only = break_even_cost(**CARD, effect_lasts=1, timing="on_renewal", stayers_reached=0)
        assert kept_only.benefits == pytest.approx(0.05 / 1.1)
        assert kept_only.deadweight == 0

    @given(horizons, TIMINGS, bookings)
    def test_no_effect_is_worth_nothing(self, horizon, timing, booking):
        card = break_even_cost(
            retention=0.8, points=0, margin=9, horizon=horizon, timing=timing, booking=booking
        )
        assert card.value_gain == 0
        assert math.isnan(card.cost_per_kept)
        if horizon > 1:
            assert card.cost == 0

    def test_fixed_cost_comes_off_first(self):
        card = break_even_cost(**CARD, effect_lasts=1, customers=100, fixed_cost=500)
        assert card.total == pytest.approx(100 * card.value_gain)
        assert card.cost_per_customer == pytest.approx(card.value_gain - 5)
        assert card.cost == pytest.approx(card.value_gain - 5)
        too_much = break_even_cost(**CARD, effect_lasts=1, customers=10, fixed_cost=500)
        assert too_much.cost < 0

    def test_nobody_to_give_it_to(self):
        card = break_even_cost(**CARD, customers=0, fixed_cost=10)
        assert card.total == 0
        assert math.isnan(card.cost)
        assert math.isnan(card.cost_per_customer)
        nobody = break_even_cost(retention=1, points=0, margin=1, stayers_reached=0, horizon=3)
        assert nobody.benefits == 0
        assert math.isnan(nobody.cost)
        assert math.isnan(nobody.deadweight)

    def test_gain_without_end(self):
        card = break_even_cost(retention=0.9, relative=1, margin=1)
        assert card.value_gain == math.inf
        assert card.cost == math.inf
        each = break_even_cost(retention=0.9, relative=1, margin=1, timing="each_period")
        assert math.isnan(each.cost)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"points": -0.05}, "points must be at least 0: a programme is to keep customers"),
            ({"points": None, "relative": -0.1}, "relative must be at least 0: a programme"),
            ({"points": 0.3}, "points must keep the retention from 0 to 1"),
            ({"relative": 0.3}, "exactly one of points and relative must be given, got both"),
            ({"effect_lasts": 0}, "effect_lasts must be a whole number from 1 to 1000000"),
            ({"timing": "yearly"}, "timing must be one of 'once', 'each_period', 'on_renewal'"),
            ({"stayers_reached": 50}, "stayers_reached must be a fraction .*: 0.5 for 50 %"),
            ({"customers": -1}, "customers must be a whole number of at least 0"),
            ({"fixed_cost": math.nan}, "fixed_cost must be finite"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            break_even_cost(**(CARD | wrong))

    def test_results_compare_by_value(self):
        first, second = (break_even_cost(**CARD, timing="each_period") for _ in range(2))
        assert first == second
        assert isinstance(first, BreakEven)
        assert np.isfinite(first.cost)

    @pytest.mark.parametrize("effect_lasts", [None, 1])
    def test_a_gain_on_top_of_an_infinite_value_is_unknown(self, effect_lasts):
        endless = break_even_cost(
            retention=0.9, points=0.05, margin=1, growth=0.2, effect_lasts=effect_lasts
        )
        assert math.isnan(endless.value_gain)
        assert math.isnan(endless.cost)
