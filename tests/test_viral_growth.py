import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.viral_growth import (
    customers_if_each_invites_once,
    customers_if_everyone_invites_again,
    viral_coefficient,
)

PROJECTIONS = (customers_if_each_invites_once, customers_if_everyone_invites_again)
coefficients = st.one_of(
    st.just(0.0), st.floats(0.01, 3), st.sampled_from([1.0, 1 + 1e-9, 1 - 1e-12])
)
cycles = st.integers(0, 30)


def simulated(customers, coefficient, n, again):
    """Cycle after cycle, in fractions."""
    total = newest = Fraction(customers)
    for _ in range(n):
        newest = Fraction(coefficient) * (total if again else newest)
        total += newest
    return float(total)


class TestViralCoefficient:
    def test_worked_example(self):
        assert viral_coefficient(invitations_per_customer=5, conversion=0.25) == 1.25

    @pytest.mark.parametrize(
        "invited, conversion, message",
        [
            (
                -1,
                0.5,
                "invitations_per_customer must be at least 0, got invitations_per_customer=-1",
            ),
            (5, 25, "conversion must be a fraction from 0 to 1: 0.25 for 25 %"),
            (math.inf, 0.5, "invitations_per_customer must be finite"),
        ],
    )
    def test_says_what_is_wrong(self, invited, conversion, message):
        with pytest.raises(ValueError, match=message):
            viral_coefficient(invitations_per_customer=invited, conversion=conversion)


class TestCustomersIfEachInvitesOnce:
    def test_worked_example(self):
        found = customers_if_each_invites_once(100, 1.25, [1, 2, 3, 10])
        assert found.tolist() == pytest.approx([225, 381.25, 576.5625, 4256.612], abs=0.001)

    @given(st.integers(0, 1000), coefficients, cycles)
    def test_equals_going_from_cycle_to_cycle(self, customers, coefficient, n):
        found = customers_if_each_invites_once(customers, coefficient, n)
        assert found == pytest.approx(simulated(customers, coefficient, n, again=False), rel=1e-12)

    @given(st.floats(0, 0.9))
    def test_ends_at_the_limit_below_1(self, coefficient):
        found = customers_if_each_invites_once(100, coefficient, 10_000)
        assert found == pytest.approx(100 / (1 - coefficient))

    def test_adds_the_same_each_cycle_at_1(self):
        assert customers_if_each_invites_once(100, 1, [0, 1, 5]).tolist() == [100, 200, 600]


class TestCustomersIfEveryoneInvitesAgain:
    @given(st.integers(0, 1000), coefficients, cycles)
    def test_equals_going_from_cycle_to_cycle(self, customers, coefficient, n):
        found = customers_if_everyone_invites_again(customers, coefficient, n)
        assert found == pytest.approx(simulated(customers, coefficient, n, again=True), rel=1e-12)

    @given(st.integers(0, 1000), coefficients, cycles)
    def test_is_never_less_than_if_each_invites_once(self, customers, coefficient, n):
        once = customers_if_each_invites_once(customers, coefficient, n)
        again = customers_if_everyone_invites_again(customers, coefficient, n)
        assert again >= once * (1 - 1e-12)
        if n < 2 or not coefficient:
            assert again == pytest.approx(once)


class TestBoth:
    @pytest.mark.parametrize("projection", PROJECTIONS)
    def test_shapes_and_ends_of_the_range(self, projection):
        assert type(projection(1, 0.5, np.int8(3))) is float
        assert projection(1, 2, [[1, 2]]).shape == (1, 2)
        assert projection(1, 3, 10_000) == math.inf
        assert projection(0, 3, 10_000) == 0
        assert projection(0, 1.01, [10_000_000]).tolist() == [0]
        assert projection(7, 1.05, 0) == pytest.approx(7, rel=1e-15)
        with pytest.raises(ValueError, match="read-only"):
            projection(1, 0.5, [1])[0] = 2

    @pytest.mark.parametrize("projection", PROJECTIONS)
    @pytest.mark.parametrize(
        "arguments, message",
        [
            ((-1, 1, 1), "customers must be at least 0, got customers=-1"),
            ((1, -0.5, 1), "coefficient must be at least 0, got coefficient=-0.5"),
            ((1, math.nan, 1), "coefficient must be finite"),
            ((1, 1, 1.5), "cycles must be a whole number of at least 0, got cycles=1.5"),
            (
                (1, 1, [0, -1]),
                "cycles must be a whole number of at least 0, got cycles=-1 at index 1",
            ),
        ],
    )
    def test_says_what_is_wrong(self, projection, arguments, message):
        with pytest.raises(ValueError, match=message):
            projection(*arguments)
