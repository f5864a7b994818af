import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from value_strategies import bookings, discounts, maybe_horizons

from loyalkit.profit_effects import profit_uplift
from loyalkit.required_growth import growth_for_uplift


class TestGrowthForUplift:
    @given(
        st.floats(0.05, 0.95),
        st.floats(0.05, 0.9),
        st.floats(0.05, 2),
        discounts,
        maybe_horizons,
        bookings,
    )
    def test_makes_the_claim_true(self, retention, relative, uplift, discount, horizon, booking):
        change = {"retention": retention, "relative": relative}
        terms = {"discount": discount, "horizon": horizon, "booking": booking}
        growth = growth_for_uplift(uplift=uplift, **change, **terms)
        ratio = 1 + relative * (1 - retention) / retention
        least = ratio - 1 if booking == "after_first" else 0
        most = ratio ** (horizon - 1) - 1 if horizon else math.inf
        if math.isnan(growth):
            assert not least * (1 + 1e-9) < uplift < most * (1 - 1e-9)
            return
        assert least * (1 - 1e-9) <= uplift <= most * (1 + 1e-9)
        assume(abs(growth) <= 1)
        found = profit_uplift(**change, **terms, growth=growth)
        assert found == pytest.approx(uplift, rel=1e-6)

    def test_worked_example(self):
        # Solved by hand: (1 + d) U / (r1 - r0 + r1 U) for 85 to 90 % and 85 % more.
        growth = growth_for_uplift(uplift=0.85, retention=0.85, points=0.05, discount=0.1)
        assert growth == pytest.approx(1.1 * 0.85 / (0.05 + 0.9 * 0.85) - 1)
        later = growth_for_uplift(
            uplift=0.85, retention=0.85, points=0.05, discount=0.1, booking="after_first"
        )
        assert later == pytest.approx(1.1 * (1.85 * 0.85 - 0.9) / (0.85 * 0.9 * 0.85) - 1)

    def test_no_growth_is_needed_for_what_is_so(self):
        uplift = profit_uplift(retention=0.8, points=0.05, discount=0.1)
        terms = {"retention": 0.8, "points": 0.05, "discount": 0.1}
        assert growth_for_uplift(uplift=uplift, **terms) == pytest.approx(0, abs=1e-12)
        assert growth_for_uplift(uplift=uplift / 2, **terms) < 0

    @given(st.lists(st.floats(0, 1000), min_size=1, max_size=12), st.floats(0.05, 0.9), st.data())
    def test_no_path_of_margins_makes_true_what_no_growth_does(self, path, retention, data):
        after = data.draw(st.floats(retention, 1))
        assume(math.fsum(path) > 0)
        values = [math.fsum(m * r**t for t, m in enumerate(path)) for r in (retention, after)]
        most = (after / retention) ** (len(path) - 1)
        assert values[1] <= values[0] * most * (1 + 1e-9)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"uplift": 0}, "uplift must be above 0"),
            ({"points": 0}, "points must be above 0 for a gain, got points=0"),
            ({"points": None, "relative": -0.1}, "relative must be above 0 for a gain"),
            ({"relative": 0.1}, "exactly one of points and relative must be given, got both"),
        ],
    )
    def test_says_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            growth_for_uplift(**({"uplift": 0.85, "retention": 0.8, "points": 0.05} | wrong))

    def test_nobody_who_stayed_before_cannot_be_compared_with(self):
        terms = {"uplift": 1, "retention": 0, "points": 0.5, "discount": 0.1}
        for horizon in (None, 5):
            without_first = {"horizon": horizon, "booking": "after_first"}
            assert math.isnan(growth_for_uplift(**terms, **without_first))
            growth = growth_for_uplift(**terms, horizon=horizon)
            change = {"retention": 0, "points": 0.5, "discount": 0.1}
            found = profit_uplift(**change, horizon=horizon, growth=growth)
            assert found == pytest.approx(1)

    def test_a_horizon_beyond_a_million_is_refused(self):
        message = "horizon must be a whole number from 1 to 1000000, got horizon=1000001"
        with pytest.raises(ValueError, match=message):
            growth_for_uplift(uplift=0.1, retention=0.9, points=0.05, horizon=10**6 + 1)
