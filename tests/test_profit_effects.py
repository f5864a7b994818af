import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import (
    bookings,
    discounts,
    growths,
    lossy_rates,
    margins,
    maybe_horizons,
    rates,
)

from loyalkit.economics import customer_lifetime_value, expected_lifetime
from loyalkit.profit_effects import ProfitEffect, profit_effect, profit_uplift

LOSSES = [0.40, 0.30, 0.20, 0.15, 0.10]
KEPT = [0.60, 0.70, 0.80, 0.85, 0.90]


@st.composite
def changes(draw):
    """A rate, and a change in one of the two readings."""
    before, after = draw(lossy_rates), draw(lossy_rates)
    if draw(st.booleans()):
        return {"retention": before, "points": after - before}
    relative = (after - before) / (1 - before)
    return {"retention": before, "relative": max(-1.0, relative)}


class TestProfitEffect:
    def test_worked_example(self):
        # What 5 % means (reference on the headline claims): lifetime doubles, or grows by 5.3 %.
        points = profit_effect(retention=0.9, points=0.05)
        relative = profit_effect(retention=0.9, relative=0.05)
        assert points.lifetime_before == pytest.approx(10)
        assert points.lifetime_after == pytest.approx(20)
        assert points.uplift == pytest.approx(1)
        assert relative.retention_after == pytest.approx(0.905)
        assert round(relative.uplift, 3) == 0.053

    @pytest.mark.parametrize(
        ("retention", "discount", "uplift"),
        [(0.9, 0, 1.0), (0.8, 0, 0.33), (0.5, 0, 0.11), (0.9, 0.1, 0.33), (0.8, 0.1, 0.20)],
    )
    def test_five_points_bring_more_the_more_loyal_the_customers(self, retention, discount, uplift):
        effect = profit_effect(retention=retention, points=0.05, discount=discount)
        assert round(effect.uplift, 2) == uplift

    @given(changes(), margins, st.floats(0.01, 1), growths, maybe_horizons, bookings, margins)
    def test_compares_two_values(self, change, margin, discount, growth, horizon, booking, cost):
        terms = {
            "margin": margin,
            "discount": discount,
            "growth": growth,
            "horizon": horizon,
            "booking": booking,
            "acquisition_cost": cost,
        }
        effect = profit_effect(**change, **terms)
        for when in ("before", "after"):
            rate = getattr(effect, f"retention_{when}")
            value = customer_lifetime_value(retention=rate, **terms)
            assert getattr(effect, f"value_{when}") == value
            assert getattr(effect, f"lifetime_{when}") == expected_lifetime(rate)
        if not math.isinf(effect.value_before):
            assert effect.value_gain == effect.value_after - effect.value_before

    @given(changes())
    def test_points_and_relative_tell_the_same_change(self, change):
        effect = profit_effect(**change)
        [(name, by)] = [(k, v) for k, v in change.items() if k != "retention"]
        assert getattr(effect, name) == pytest.approx(by, abs=1e-9)
        again = profit_effect(retention=change["retention"], points=effect.points)
        assert again.retention_after == pytest.approx(effect.retention_after, abs=2e-12)

    @given(lossy_rates, st.floats(0, 1), st.floats(0, 1), discounts, bookings)
    def test_uplift_rises_with_the_change(self, retention, first, second, discount, booking):
        less, more = sorted((first, second))
        terms = {"retention": retention, "discount": discount, "booking": booking}
        small, large = (profit_effect(relative=x, **terms).uplift for x in (less, more))
        assert small <= large + 1e-9 * abs(large) or math.isnan(large)

    def test_uplift_is_unknown_exactly_without_a_value_to_compare_with(self):
        def uplift(before, after):
            return ProfitEffect(
                retention_before=0.5,
                retention_after=0.6,
                lifetime_before=2,
                lifetime_after=2.5,
                value_before=before,
                value_after=after,
            ).uplift

        assert uplift(2.0, 3.0) == 0.5
        assert uplift(2.0, math.inf) == math.inf
        for before in (0.0, -1.0, math.inf):
            assert math.isnan(uplift(before, 3.0))

    def test_everybody_staying_is_worth_infinitely_more_without_interest(self):
        effect = profit_effect(retention=0.95, points=0.05)
        assert effect.retention_after == 1
        assert effect.uplift == math.inf
        nothing = profit_effect(retention=1, relative=0.5)
        assert math.isnan(nothing.uplift)
        assert math.isnan(nothing.value_gain)
        assert math.isnan(nothing.relative)

    def test_fewer_may_stay(self):
        assert profit_effect(retention=0.8, points=-0.05).uplift == pytest.approx(-0.2)
        assert profit_effect(retention=0.8, relative=-0.25).retention_after == pytest.approx(0.75)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({}, "exactly one of points and relative must be given, got neither"),
            ({"points": 0.05, "relative": 0.05}, "exactly one of .* must be given, got both"),
            ({"points": 5}, "points must be a fraction from -1 to 1: 0.05 for 5 points, got"),
            ({"relative": 5}, "relative must be .*: 0.05 for 5 % of the losses, got relative=5"),
            ({"points": 0.15}, "points must keep the retention from 0 to 1, got points=0.15, ret"),
            ({"points": -0.95}, "points must keep the retention from 0 to 1"),
            ({"points": 0.05, "retention": 90}, "retention must be a fraction .*: 0.9 for 90 %"),
            ({"points": 0.05, "horizon": 0}, "horizon must be a whole number of at least 1"),
            ({"points": 0.05, "growth": 5}, "growth must be a fraction from -1 to 1: 0.05 for 5 %"),
            ({"points": 0.05, "booking": "x"}, "booking must be one of"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            profit_effect(**({"retention": 0.9} | wrong))

    def test_takes_one_rate_at_a_time(self):
        with pytest.raises(TypeError, match="retention must be a number"):
            profit_effect(retention=[0.9], points=0.05)
        with pytest.raises(TypeError, match="points must be a number"):
            profit_effect(retention=0.9, points=[0.05])


class TestProfitUplift:
    @pytest.mark.parametrize(
        ("booking", "printed"),
        [
            ("after_first", [20.4, 22.4, 27.5, 32.4, 40.7]),
            ("at_once", [11.1, 14.3, 20.0, 25.0, 33.3]),
        ],
    )
    def test_worked_example(self, booking, printed):
        # The reference grid: 5 points less loss, from 40, 30, 20, 15 and 10 %, at 10 %.
        uplift = profit_uplift(retention=KEPT, points=0.05, discount=0.1, booking=booking)
        assert (100 * uplift).round(1).tolist() == printed

    @given(st.lists(changes().filter(lambda c: "points" in c), max_size=4), discounts, bookings)
    def test_array_call_equals_effects_one_by_one(self, rows, discount, booking):
        found = profit_uplift(
            retention=[row["retention"] for row in rows],
            points=[row["points"] for row in rows],
            discount=discount,
            booking=booking,
        )
        effects = [profit_effect(**row, discount=discount, booking=booking) for row in rows]
        assert found.tolist() == pytest.approx([e.uplift for e in effects], nan_ok=True, rel=1e-9)

    def test_makes_a_grid(self):
        grid = profit_uplift(retention=np.array([[0.8], [0.9]]), relative=[0.1, 0.2], horizon=5)
        assert grid.shape == (2, 2)
        assert type(profit_uplift(retention=0.8, relative=0.1)) is float
        assert grid[1, 0] == profit_uplift(retention=0.9, relative=0.1, horizon=5)
        with pytest.raises(ValueError, match="at index 1$"):
            profit_uplift(retention=[0.8, 0.99], points=0.05)
        with pytest.raises(ValueError, match="^retention, points, discount, growth and"):
            profit_uplift(retention=[0.8, 0.9], points=0.05, discount=[0.1, 0.2, 0.3])
        with pytest.raises(ValueError, match="^retention and relative must broadcast together"):
            profit_uplift(retention=[0.8, 0.9], relative=[0.1, 0.2, 0.3])

    @given(changes(), st.floats(0.01, 1), growths, maybe_horizons)
    def test_of_the_first_two_bookings_is_the_same(self, change, discount, growth, horizon):
        terms = change | {"discount": discount, "growth": growth, "horizon": horizon}
        first, second = (profit_uplift(booking=b, **terms) for b in ("at_once", "period_end"))
        assert first == pytest.approx(second, rel=1e-9, abs=1e-9, nan_ok=True)


@given(rates)
def test_no_change_is_no_gain(retention):
    effect = profit_effect(retention=retention, points=0, discount=0.1)
    assert effect.value_gain == 0
    assert effect.uplift == 0
