import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, small_counts
from value_strategies import bookings, growths, lossy_rates, margins, maybe_horizons, rates

from loyalkit.economics import customer_lifetime_value
from loyalkit.intervals import Difference, Interval
from loyalkit.profit_effects import profit_effect
from loyalkit.retention import RetentionCounts
from loyalkit.value_uncertainty import (
    lifetime_value_interval,
    profit_effect_interval,
    value_difference,
)

counts = st.builds(RetentionCounts, retained=small_counts, lost=small_counts)


def kept(retained, start):
    return RetentionCounts(retained=retained, lost=start - retained)


def is_nan(interval):
    return math.isnan(interval.low) and math.isnan(interval.high)


class TestLifetimeValueInterval:
    def test_worked_example(self):
        # Wilson for 170 of 200 is .7939 to .8929; 60 x 1.1 / (1.1 - r).
        interval = lifetime_value_interval(kept(170, 200), margin=60, discount=0.1)
        assert interval.low == pytest.approx(66 / (1.1 - 0.7939), rel=5e-4)
        assert interval.high == pytest.approx(66 / (1.1 - 0.8929), rel=5e-4)

    @given(counts, margins, growths, maybe_horizons, bookings, margins, confidences)
    def test_ends_are_the_values_of_the_ends_of_the_rate(
        self, group, margin, growth, horizon, booking, cost, confidence
    ):
        terms = {
            "margin": margin,
            "discount": 0.1,
            "growth": growth,
            "horizon": horizon,
            "booking": booking,
            "acquisition_cost": cost,
        }
        found = lifetime_value_interval(group, **terms, confidence=confidence)
        rate = group.interval(confidence)
        assert found == lifetime_value_interval(rate, **terms)
        assert found.confidence == confidence
        if not group.customers_at_start:
            assert is_nan(found)
            return
        ends = sorted(customer_lifetime_value(retention=r, **terms) for r in (rate.low, rate.high))
        assert [found.low, found.high] == ends
        value = customer_lifetime_value(retention=group.rate, **terms)
        if math.isfinite(value):
            rounding = 1e-9 * (1 + abs(value))
            assert found.low - rounding <= value <= found.high + rounding

    def test_falls_with_the_rate_if_a_customer_costs_money(self):
        gain, loss = (
            lifetime_value_interval(kept(170, 200), margin=m, discount=0.1) for m in (5, -5)
        )
        assert (loss.low, loss.high) == (-gain.high, -gain.low)

    def test_cannot_exclude_for_ever_without_interest_if_all_stayed(self):
        interval = lifetime_value_interval(kept(20, 20), margin=5, discount=0)
        assert interval.high == math.inf
        assert interval.low == pytest.approx(5 / (1 - kept(20, 20).interval().low))

    def test_a_target_that_no_rate_reaches_is_refused(self):
        interval = lifetime_value_interval(kept(170, 200), margin=60, discount=0.1)
        assert interval.verdict(200) == "above"
        with pytest.raises(ValueError, match="^target must lie from 60 to 660"):
            interval.verdict(700)
        loss = lifetime_value_interval(kept(170, 200), margin=-60, discount=0.1)
        assert loss.verdict(-500) == "above"
        with pytest.raises(ValueError, match="^target must lie from -660 to -60"):
            loss.verdict(0)

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match="^retention must be an Interval or RetentionCounts"):
            lifetime_value_interval(0.8, margin=1, discount=0.1)
        with pytest.raises(ValueError, match="^confidence must be left to the interval of the"):
            lifetime_value_interval(Interval(0, 1, 0.9), margin=1, discount=0.1, confidence=0.95)
        with pytest.raises(ValueError, match="^retention.high must be a fraction .* 0.8 for 80 %"):
            lifetime_value_interval(Interval(0.7, 80, 0.9), margin=1, discount=0.1)
        several = RetentionCounts(retained=3, lost=1, periods=("Q1", "Q2"))
        with pytest.raises(ValueError, match="every customer counted once"):
            lifetime_value_interval(several, margin=1, discount=0.1)


class TestValueDifference:
    @given(counts, counts, st.floats(1, 100), maybe_horizons, bookings, confidences)
    def test_compares_two_values(self, treated, control, margin, horizon, booking, confidence):
        terms = {"margin": margin, "discount": 0.1, "horizon": horizon, "booking": booking}
        found = value_difference(treated, control, **terms, confidence=confidence)
        of_rates = treated.difference(control, confidence)
        assert found.p_value == pytest.approx(of_rates.p_value, nan_ok=True)
        assert found.test == of_rates.test
        if not treated.customers_at_start or not control.customers_at_start:
            assert math.isnan(found.estimate)
            assert is_nan(found.interval)
            return
        first, second = (
            customer_lifetime_value(retention=g.rate, **terms) for g in (treated, control)
        )
        assert found.estimate == first - second
        one, other = (
            lifetime_value_interval(g, **terms, confidence=confidence) for g in (treated, control)
        )
        low = first - second - math.hypot(first - one.low, other.high - second)
        high = first - second + math.hypot(one.high - first, second - other.low)
        assert [found.interval.low, found.interval.high] == pytest.approx([low, high])

    @given(counts, counts)
    def test_turns_round_with_its_arguments_and_with_the_margin(self, treated, control):
        there, back, costs = (
            value_difference(*groups, margin=m, discount=0.1)
            for groups, m in (
                ((treated, control), 3),
                ((control, treated), 3),
                ((treated, control), -3),
            )
        )
        for other in (back, costs):
            assert other.estimate == pytest.approx(-there.estimate, nan_ok=True)
            assert other.interval.low == pytest.approx(-there.interval.high, nan_ok=True)

    def test_without_end_is_not_known(self):
        found = value_difference(kept(5, 5), kept(4, 5), margin=1, discount=0)
        assert found.estimate == math.inf
        assert is_nan(found.interval)
        assert math.isnan(value_difference(kept(5, 5), kept(5, 5), margin=1, discount=0).estimate)

    def test_covers_the_truth_as_often_as_it_says(self):
        rng, n = np.random.default_rng(11), 150
        terms = {"margin": 1, "discount": 0.1}
        values = [customer_lifetime_value(retention=r, **terms) for r in (0.9, 0.8)]
        hits = 0
        for first, second in rng.binomial(n, [0.9, 0.8], (800, 2)).tolist():
            found = value_difference(kept(first, n), kept(second, n), **terms)
            hits += values[0] - values[1] in found.interval
        assert 0.93 <= hits / 800 <= 0.97

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match="^control must be of type RetentionCounts, got float"):
            value_difference(kept(1, 2), 0.8, margin=1, discount=0.1)


class TestProfitEffectInterval:
    @given(lossy_rates, rates, rates, maybe_horizons, bookings)
    def test_ends_are_the_uplifts_of_the_ends(self, retention, first, second, horizon, booking):
        low, high = sorted(x - retention for x in (first, second))
        terms = {"retention": retention, "discount": 0.1, "horizon": horizon, "booking": booking}
        change = Interval(low, high, confidence=0.9)
        found = profit_effect_interval(change, **terms)
        ends = [profit_effect(points=x, **terms).uplift for x in (low, high)]
        assert [found.low, found.high] == pytest.approx(ends, nan_ok=True, rel=1e-9, abs=1e-9)
        difference = Difference((low + high) / 2, change, 0.5)
        assert profit_effect_interval(difference, **terms) == found

    def test_cuts_off_what_cannot_be(self):
        found = profit_effect_interval(Interval(-0.9, 0.5, 0.95), retention=0.8, discount=0.1)
        assert found.low == pytest.approx(1 / (11 / 3) - 1)
        assert found.high == pytest.approx(11 / (11 / 3) - 1)

    def test_is_nan_where_the_change_is_or_there_is_nothing_to_compare_with(self):
        unknown = Interval(math.nan, math.nan, 0.95)
        assert is_nan(profit_effect_interval(unknown, retention=0.8))
        known = Interval(0, 0.1, 0.95)
        assert is_nan(profit_effect_interval(known, retention=0, booking="after_first"))
        assert is_nan(profit_effect_interval(known, retention=1))

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match="^difference must be a Difference or an Interval"):
            profit_effect_interval(0.05, retention=0.8)
