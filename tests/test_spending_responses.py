import math

import numpy as np
import pytest

from loyalkit.spending_responses import SaturatingResponse, TabulatedResponse


class TestTabulatedResponse:
    def test_goes_straight_from_level_to_level(self):
        calls = TabulatedResponse(spend=[0, 10, 30], customers=[1, 41, 61])
        assert [calls.customers_for(x) for x in (0, 5, 10, 20, 30, 99)] == [1, 21, 41, 51, 61, 61]
        assert calls == TabulatedResponse(spend=(0.0, 10.0, 30.0), customers=(1.0, 41.0, 61.0))

    def test_a_function_is_tabulated(self):
        root = TabulatedResponse.from_function(math.sqrt, up_to=100, steps=4)
        assert root.spend == (0, 25, 50, 75, 100)
        assert root.customers == pytest.approx([0, 5, 50**0.5, 75**0.5, 10])

    def test_one_step_is_a_straight_line(self):
        line = TabulatedResponse.from_function(math.sqrt, up_to=100, steps=1)
        assert line == TabulatedResponse(spend=[0, 100], customers=[0, 10])

    def test_a_straight_line_in_rounded_steps_is_concave(self):
        line = TabulatedResponse(spend=np.arange(50) * 0.1, customers=np.arange(50) * 0.3)
        assert line.customers_for(1) == pytest.approx(3)

    @pytest.mark.parametrize(
        ("spend", "customers", "message"),
        [
            ([0], [1], r"spend must hold at least two levels, the first 0, got spend=\[0.0\]"),
            ([1, 2], [1, 2], "spend must hold at least two levels, the first 0"),
            ([0, 2, 2], [0, 1, 2], "spend must rise from level to level, got spend=2.0 at index 2"),
            ([0, 1], [3, 2], "customers must not fall with more spending, .* at index 1"),
            (
                [0, 1, 2],
                [0, 1, 3],
                r"customers must rise ever more slowly with spending \(concave\), .* at index 2",
            ),
            ([0, 1], [0, 1, 2], "spend and customers must have the same length, got 2, 3"),
            ([0, -1], [0, 1], "spend must not be negative"),
            ([0, 1], [0, None], "customers must not be missing"),
        ],
    )
    def test_says_what_is_wrong(self, spend, customers, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            TabulatedResponse(spend=spend, customers=customers)

    def test_says_what_is_wrong_with_a_function(self):
        with pytest.raises(ValueError, match=r"^customers must rise ever more slowly"):
            TabulatedResponse.from_function(lambda x: x * x, up_to=10)
        with pytest.raises(ValueError, match=r"^up_to must be above 0"):
            TabulatedResponse.from_function(math.sqrt, up_to=0)
        with pytest.raises(ValueError, match=r"^steps must be a whole number of at least 1"):
            TabulatedResponse.from_function(math.sqrt, up_to=1, steps=0)
        with pytest.raises(ValueError, match=r"^spend must be at least 0, got spend=-1"):
            TabulatedResponse.from_function(math.sqrt, up_to=1).customers_for(-1)


class TestSaturatingResponse:
    def test_each_half_spend_halves_what_is_missing(self):
        letters = SaturatingResponse(most=400, half_spend=2000)
        found = [letters.customers_for(2000 * k) for k in range(5)]
        assert found == pytest.approx([0, 200, 300, 350, 375])

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="^half_spend must be above 0, got half_spend=0"):
            SaturatingResponse(most=1, half_spend=0)
        with pytest.raises(ValueError, match="^most must be finite and at least 0"):
            SaturatingResponse(most=-1, half_spend=1)
