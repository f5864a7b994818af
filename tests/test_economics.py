import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from value_strategies import (
    BOOKINGS,
    bookings,
    constant,
    discounts,
    growths,
    horizons,
    lossy_rates,
    margins,
    maybe_horizons,
    rates,
    value_by_hand,
)

from loyalkit.economics import (
    customer_lifetime_value,
    expected_lifetime,
    margin_multiple,
    value_elasticity,
)
from loyalkit.projection import ShiftedBetaGeometric

WORDS = {"margin": 100, "retention": 0.8, "discount": 0.1}


def value(**changed):
    return customer_lifetime_value(**(WORDS | changed))


class TestExpectedLifetime:
    def test_worked_example(self):
        # Loss of 20, 10 and 5 % of customers a year, as in Reichheld and Sasser.
        assert expected_lifetime([0.8, 0.9, 0.95]) == pytest.approx([5, 10, 20])

    @given(rates)
    def test_is_the_mean_number_of_payments(self, rate):
        n = 3000
        assume(rate < 0.99)
        assert expected_lifetime(rate) == pytest.approx(math.fsum(constant(rate, n)))

    @given(rates)
    def test_is_infinite_exactly_if_nobody_leaves(self, rate):
        assert math.isinf(expected_lifetime(rate)) == (rate == 1)

    def test_is_a_float_for_a_scalar_and_else_an_array_nobody_can_change(self):
        assert type(expected_lifetime(np.float64(0.5))) is float
        lifetimes = expected_lifetime([[0.5, 1]])
        assert lifetimes.tolist() == [[2, math.inf]]
        with pytest.raises(ValueError, match="read-only"):
            lifetimes[0, 0] = 3

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match=r"^retention must be a fraction .*: 0.8 for 80 %"):
            expected_lifetime(80)
        with pytest.raises(ValueError, match=r"^retention must not be missing, .* at index 1$"):
            expected_lifetime([0.5, None])
        with pytest.raises(TypeError, match="^retention must hold numbers"):
            expected_lifetime("0.5")


class TestMarginMultiple:
    def test_worked_example(self):
        # Gupta and Lehmann's table: retention down, discount 10 to 16 % across.
        table = [
            [1.20, 1.15, 1.11, 1.07],
            [1.75, 1.67, 1.59, 1.52],
            [2.67, 2.50, 2.35, 2.22],
            [4.50, 4.09, 3.75, 3.46],
        ]
        found = margin_multiple(np.array([[0.6], [0.7], [0.8], [0.9]]), [0.10, 0.12, 0.14, 0.16])
        # No figure is a tie for rounding.
        assert found.round(2).tolist() == table

    @given(rates, discounts)
    def test_is_the_textbook_formula(self, retention, discount):
        left = 1 + discount - retention
        assume(left > 1e-6)
        assert margin_multiple(retention, discount) == pytest.approx(retention / left, rel=1e-9)

    def test_is_infinite_for_customers_who_never_leave_without_interest(self):
        assert margin_multiple(1, 0) == math.inf


class TestCustomerLifetimeValue:
    @pytest.mark.parametrize(
        ("booking", "printed"),
        [("at_once", 366.6667), ("after_first", 266.6667), ("period_end", 333.3333)],
    )
    def test_worked_example(self, booking, printed):
        # The three formulas that Fader and Hardie (2012) reconcile.
        assert round(value(booking=booking), 4) == printed

    @given(margins, rates, discounts, growths, horizons, bookings)
    def test_is_the_sum_of_the_payments_to_be_expected(
        self, margin, retention, discount, growth, horizon, booking
    ):
        found = customer_lifetime_value(
            margin=margin,
            retention=retention,
            discount=discount,
            growth=growth,
            horizon=horizon,
            booking=booking,
        )
        path = [margin * (1 + growth) ** t for t in range(horizon)]
        expected = value_by_hand(path, constant(retention, horizon), discount, booking)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)

    @given(margins, lossy_rates, discounts, st.floats(-1, 0), maybe_horizons)
    def test_first_booking_is_the_third_plus_the_margin_and_the_second_compounded(
        self, margin, retention, discount, growth, horizon
    ):
        at_once, period_end, after_first = (
            customer_lifetime_value(
                margin=margin,
                retention=retention,
                discount=discount,
                growth=growth,
                horizon=horizon,
                booking=booking,
            )
            for booking in BOOKINGS
        )
        assert at_once == pytest.approx(after_first + margin, rel=1e-9, abs=1e-9)
        assert period_end == pytest.approx(at_once / (1 + discount), rel=1e-12)

    @given(rates, rates, discounts, maybe_horizons, bookings)
    def test_rises_with_retention_and_mirrors_the_margin(
        self, first, second, discount, horizon, booking
    ):
        low, high = sorted((first, second))
        terms = {"discount": discount, "horizon": horizon, "booking": booking}
        less, more = (value(retention=r, margin=1, **terms) for r in (low, high))
        assert less <= more * (1 + 1e-12)
        assert value(retention=low, margin=-1, **terms) == -less
        assert value(retention=low, margin=2, **terms) == 2 * less

    @given(rates, discounts, discounts, maybe_horizons, bookings)
    def test_falls_with_the_discount(self, retention, first, second, horizon, booking):
        low, high = sorted((first, second))
        terms = {"retention": retention, "horizon": horizon, "booking": booking}
        assert value(discount=high, **terms) <= value(discount=low, **terms) * (1 + 1e-12)

    @given(rates, st.floats(0.02, 1), bookings)
    def test_a_long_horizon_tends_to_none(self, retention, discount, booking):
        terms = {"retention": retention, "discount": discount, "booking": booking}
        values = [value(horizon=n, **terms) for n in (1, 2, 10, 100, 5000)]
        assert values == sorted(values)
        assert values[-1] == pytest.approx(value(**terms), rel=1e-9)

    def test_counts_the_periods_where_nothing_shrinks(self):
        for retention, growth, discount in [(1, 0, 0), (0.8, 0.25, 0), (1, 0.1, 0.1)]:
            terms = {"retention": retention, "growth": growth, "discount": discount}
            assert value(horizon=7, **terms) == pytest.approx(700, rel=1e-12)
            assert value(**terms) == math.inf
            assert value(margin=-1, **terms) == -math.inf
            assert value(margin=0, acquisition_cost=3, **terms) == -3

    @given(margins, lossy_rates, st.floats(0, 1000))
    def test_acquisition_cost_is_taken_off_at_once(self, margin, retention, cost):
        plain = value(margin=margin, retention=retention, booking="period_end")
        assert (
            value(margin=margin, retention=retention, booking="period_end", acquisition_cost=cost)
            == plain - cost
        )

    def test_one_period_is_one_margin_or_none(self):
        assert value(horizon=1) == 100
        assert value(horizon=1, booking="after_first") == 0
        assert value(horizon=1, booking="period_end") == pytest.approx(100 / 1.1)

    @given(
        st.lists(st.tuples(margins, rates, discounts, horizons, st.floats(-0.5, 0.5)), max_size=5),
        bookings,
    )
    def test_array_call_equals_scalar_calls(self, rows, booking):
        columns = [list(x) for x in zip(*rows, strict=True)] or [[]] * 5
        names = ("margin", "retention", "discount", "horizon", "growth")
        found = customer_lifetime_value(**dict(zip(names, columns, strict=True)), booking=booking)
        one_by_one = [
            customer_lifetime_value(**dict(zip(names, row, strict=True)), booking=booking)
            for row in rows
        ]
        assert found.tolist() == one_by_one
        assert all(type(x) is float for x in one_by_one)

    def test_arguments_broadcast(self):
        table = value(margin=[[10], [20]], retention=[0.5, 0.6, 0.7], horizon=[[3], [4]])
        assert table.shape == (2, 3)
        assert table[1, 2] == value(margin=20, retention=0.7, horizon=4)
        with pytest.raises(ValueError, match="must broadcast together, got shapes"):
            value(margin=[1, 2], retention=[0.1, 0.2, 0.3])

    def test_is_that_of_customers_who_are_all_alike(self):
        alike = ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=0.8)
        assert value(margin=1) == pytest.approx(alike.expected_lifetime(0.1))

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"retention": 80}, "retention must be a fraction from 0 to 1: 0.8 for 80 %"),
            ({"discount": 10}, "discount must be a fraction from 0 to 1: 0.1 for 10 %"),
            ({"discount": -0.1}, "discount must be a fraction from 0 to 1, got"),
            ({"growth": 5}, "growth must be a fraction from -1 to 1: 0.05 for 5 %"),
            ({"growth": [0, -2]}, "growth must be .*, got growth=-2.0 at index 1"),
            ({"horizon": 0}, "horizon must be a whole number of at least 1, got horizon=0"),
            ({"horizon": 2.5}, "horizon must be a whole number of at least 0, got horizon=2.5"),
            ({"margin": math.inf}, "margin must be finite"),
            ({"margin": [1, math.nan]}, "margin must not be missing, got .* at index 1"),
            ({"acquisition_cost": math.inf}, "acquisition_cost must be finite"),
            ({"booking": "later"}, "booking must be one of 'at_once', 'period_end', 'after_"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            value(**wrong)

    def test_words_are_no_numbers(self):
        for name in ("margin", "retention", "discount", "growth", "horizon"):
            with pytest.raises(TypeError, match=f"^{name} must hold numbers"):
                value(**{name: "1"})


class TestValueElasticity:
    def test_worked_example(self):
        # 3.667 and 5.5: reference values for 80 and 90 % at 10 %.
        found = value_elasticity(retention=[0.8, 0.9], discount=0.1, booking="after_first")
        assert found.round(3).tolist() == [3.667, 5.5]

    @given(st.floats(0.01, 0.95), st.floats(0, 1), st.floats(-0.9, 0.04), maybe_horizons, bookings)
    def test_is_the_percentage_for_one_percent(self, retention, discount, growth, horizon, booking):
        terms = {"discount": discount, "growth": growth, "horizon": horizon, "booking": booking}
        h = 1e-5
        less, more = (
            customer_lifetime_value(margin=1, retention=retention * x, **terms)
            for x in (1 - h, 1 + h)
        )
        elasticity = value_elasticity(retention=retention, **terms)
        if horizon == 1 and booking == "after_first":
            assert math.isnan(elasticity)
            return
        expected = (math.log(more) - math.log(less)) / (2 * h)
        assert elasticity == pytest.approx(expected, rel=1e-4, abs=1e-5)

    def test_is_infinite_where_the_value_is(self):
        for booking in BOOKINGS:
            assert value_elasticity(retention=1, discount=0, booking=booking) == math.inf

    def test_of_nobody_staying(self):
        assert value_elasticity(retention=0, discount=0.1) == 0
        assert value_elasticity(retention=0, discount=0.1, booking="after_first") == 1

    def test_is_that_of_customers_who_are_all_alike(self):
        alike = ShiftedBetaGeometric(alpha=math.inf, beta=math.inf, first_retention=0.8)
        found = value_elasticity(retention=0.8, discount=0.1, booking="after_first")
        assert found == pytest.approx(alike.elasticity(discount=0.1))
