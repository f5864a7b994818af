import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from value_strategies import bookings, lossy_rates, maybe_horizons

from loyalkit.acquisition import KeepOrWin, keep_or_win
from loyalkit.economics import customer_lifetime_value

amounts = st.floats(1, 1000)


class TestKeepOrWin:
    def test_worked_example(self):
        # 110 / 0.25 = 440 for a member, 88 / 0.5 = 176 for a new one.
        choice = keep_or_win(
            margin=100,
            retention=0.85,
            new_margin=80,
            new_retention=0.6,
            cost_to_win=90,
            discount=0.1,
        )
        assert choice.value_kept == pytest.approx(440)
        assert choice.value_won == pytest.approx(176)
        assert choice.gain_of_winning == pytest.approx(86)
        assert choice.cost_of_equal_gain == pytest.approx(354)
        assert choice.cost_of_equal_return == pytest.approx(225)

    @given(amounts, lossy_rates, amounts, lossy_rates, amounts, maybe_horizons, bookings)
    def test_at_the_limits_both_do_the_same(
        self, margin, retention, new_margin, new_retention, cost, horizon, booking
    ):
        terms = {"discount": 0.1, "horizon": horizon, "booking": booking}
        choice = keep_or_win(
            margin=margin,
            retention=retention,
            new_margin=new_margin,
            new_retention=new_retention,
            cost_to_win=cost,
            **terms,
        )
        kept, won = (
            customer_lifetime_value(margin=m, retention=r, **terms)
            for m, r in ((margin, retention), (new_margin, new_retention))
        )
        assert (choice.value_kept, choice.value_won) == (kept, won)
        assert kept - choice.cost_of_equal_gain == pytest.approx(won - cost, abs=1e-6)
        assume(won > 1e-6)
        assume(kept > 1e-6)
        assert kept / choice.cost_of_equal_return == pytest.approx(won / cost)

    @given(amounts, lossy_rates, amounts)
    def test_a_new_customer_is_like_the_old_unless_told(self, margin, retention, cost):
        choice = keep_or_win(margin=margin, retention=retention, cost_to_win=cost, discount=0.1)
        assert choice.value_kept == choice.value_won
        assert choice.cost_of_equal_gain == pytest.approx(cost, abs=1e-9)
        assert choice.cost_of_equal_return == pytest.approx(cost)

    @pytest.mark.parametrize("cost", [0, 0.5])
    def test_winning_may_cost_little_or_nothing(self, cost):
        choice = keep_or_win(margin=10, retention=0.5, cost_to_win=cost)
        assert choice.cost_to_win == cost
        assert choice.cost_of_equal_return == pytest.approx(cost)

    def test_growth_is_for_both(self):
        choice = keep_or_win(
            margin=10, retention=0.5, new_retention=0.4, cost_to_win=1, growth=0.1, horizon=2
        )
        assert choice.value_kept == pytest.approx(10 + 5.5)
        assert choice.value_won == pytest.approx(10 + 4.4)

    @pytest.mark.parametrize("worth", [0.0, -5.0, math.inf])
    def test_return_is_unknown_exactly_without_a_finite_value_won(self, worth):
        choice = KeepOrWin(value_kept=10, value_won=worth, cost_to_win=2)
        assert math.isnan(choice.cost_of_equal_return)

    def test_winning_for_nothing_leaves_nothing_for_keeping(self):
        assert KeepOrWin(value_kept=10, value_won=5, cost_to_win=0).cost_of_equal_return == 0

    def test_winning_may_have_no_room(self):
        worth_it = KeepOrWin(value_kept=10, value_won=50, cost_to_win=5)
        assert worth_it.cost_of_equal_gain == -35
        assert math.isnan(
            KeepOrWin(value_kept=math.inf, value_won=math.inf, cost_to_win=1).cost_of_equal_gain
        )

    def test_says_which_argument_is_wrong(self):
        with pytest.raises(ValueError, match="^cost_to_win must be at least 0, got cost_to_win=-1"):
            keep_or_win(margin=1, retention=0.5, cost_to_win=-1)
        with pytest.raises(ValueError, match="^new_retention must be a fraction .*: 0.6 for 60 %"):
            keep_or_win(margin=1, retention=0.5, cost_to_win=1, new_retention=60)
        with pytest.raises(TypeError, match="^new_margin must be a number"):
            keep_or_win(margin=1, retention=0.5, cost_to_win=1, new_margin="1")

    def test_winning_cannot_cost_less_than_nothing(self):
        with pytest.raises(ValueError, match="cost_to_win must be finite and at least 0, got"):
            KeepOrWin(value_kept=1, value_won=1, cost_to_win=-5)

    def test_equal_return_is_unknown_if_winning_is_free_and_the_kept_one_pays_for_ever(self):
        choice = KeepOrWin(value_kept=math.inf, value_won=2, cost_to_win=0)
        assert math.isnan(choice.cost_of_equal_return)
