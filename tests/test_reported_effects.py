import pytest

from loyalkit.profit_effects import profit_uplift
from loyalkit.reported_effects import (
    QUOTED_PROFIT_CLAIM,
    REPORTED_CARD_MARGINS,
    REPORTED_CARD_VALUES,
    REPORTED_PROFIT_EFFECTS,
)


def uplifts(status):
    found = [effect for effect in REPORTED_PROFIT_EFFECTS if effect.status == status]
    return sorted((effect.business, effect.uplift) for effect in found)


class TestReportedProfitEffects:
    def test_confirmed_are_those_of_the_abstract(self):
        assert uplifts("confirmed") == [
            ("auto service", 0.30),
            ("bank branches", 0.85),
            ("credit cards (MBNA)", 1.25),
            ("insurance brokerage", 0.50),
        ]

    def test_those_of_the_book_are_reproduced(self):
        book = {e.business: e.uplift for e in REPORTED_PROFIT_EFFECTS if "Loyalty" in e.source}
        assert sorted(book.values()) == [0.35, 0.45, 0.75, 0.81, 0.84, 0.85, 0.85, 0.95]
        assert {e.status for e in REPORTED_PROFIT_EFFECTS if "Loyalty" in e.source} == {
            "reproduced"
        }

    def test_each_has_a_source_and_five_points(self):
        assert len({(e.business, e.source) for e in REPORTED_PROFIT_EFFECTS}) == 18
        for effect in REPORTED_PROFIT_EFFECTS:
            assert effect.points == 0.05
            assert effect.source
            assert effect.note

    def test_none_says_what_is_quoted(self):
        quoted = QUOTED_PROFIT_CLAIM
        assert quoted.status == "unconfirmed"
        assert quoted.uplift not in {e.uplift for e in REPORTED_PROFIT_EFFECTS}

    def test_a_margin_that_stays_makes_none_of_the_high_ones_at_usual_rates(self):
        # Retention 80 %, 10 % interest: the best any booking does is 27.5 %.
        best = max(
            profit_uplift(retention=0.8, points=0.05, discount=0.1, booking=b)
            for b in ("at_once", "after_first")
        )
        assert best == pytest.approx(0.275)
        assert sum(e.uplift > best for e in REPORTED_PROFIT_EFFECTS) == 17

    def test_margins_of_a_card_rise_with_tenure(self):
        assert REPORTED_CARD_MARGINS == (30, 42, 44, 49, 55)

    def test_values_of_a_card_grow_as_reported(self):
        values = dict(REPORTED_CARD_VALUES)
        assert values == {0.20: 134, 0.10: 300, 0.05: 525}
        cards = {e.uplift for e in REPORTED_PROFIT_EFFECTS if e.business == "credit cards"}
        assert cards == {values[0.05] / values[0.10] - 1}

    def test_bucket_example(self):
        # 95 % kept and 10 % won a year against 90 %: doubled in 14 years, against no growth.
        assert round((0.95 + 0.10) ** 14, 5) == 1.97993
        assert (0.90 + 0.10) ** 14 == 1
