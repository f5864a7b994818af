import math
import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, fractions, small_counts

from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.referrals import EarnedGrowth, ReferralCounts, ReferralValue, referral_value

referrals = st.builds(
    ReferralCounts, referred=small_counts, others=small_counts, unknown=small_counts
)
known_referrals = st.builds(ReferralCounts, referred=small_counts, others=small_counts)
money = st.integers(0, 10**9)
growths = st.builds(
    EarnedGrowth, before=money, kept=money, earned=money, bought=money, unknown=money
)


class TestReferralCounts:
    @given(known_referrals, known_referrals, confidences)
    def test_is_wilson_and_newcombe_where_everything_is_known(self, first, second, confidence):
        one, two = (first.referred, first.n), (second.referred, second.n)
        assert first.interval(confidence) == wilson_interval(*one, confidence=confidence)
        expected = newcombe_difference(*one, *two, confidence=confidence)
        assert first.difference(second, confidence) == expected

    @given(referrals, referrals, fractions, fractions)
    def test_covers_whatever_the_unknown_may_be(self, first, second, share, other_share):
        done = [
            ReferralCounts(referred=x.referred + k, others=x.others + x.unknown - k)
            for x, k in (
                (first, int(share * first.unknown)),
                (second, int(other_share * second.unknown)),
            )
        ]
        if first.n:
            assert first.interval().low <= done[0].interval().low
            assert first.interval().high >= done[0].interval().high
            assert first.bounds[0] <= done[0].rate <= first.bounds[1]
        found, expected = first.difference(second), done[0].difference(done[1])
        if first.n and second.n:
            assert found.interval.low <= expected.interval.low + 1e-12
            assert found.interval.high >= expected.interval.high - 1e-12
            assert found.p_value >= expected.p_value - 1e-12

    @given(referrals)
    def test_is_nan_exactly_without_anybody(self, counts):
        figures = counts.rate, *counts.bounds, counts.interval().low, counts.interval().high
        assert [math.isnan(x) for x in figures] == [counts.n == 0] * 5

    @given(referrals, referrals, referrals)
    def test_addition_is_associative_commutative_and_has_a_neutral_element(self, a, b, c):
        assert (a + b) + c == a + (b + c) == sum([c, b, a])
        assert a + ReferralCounts() == a
        assert (a + b).n == a.n + b.n

    def test_survives_pickling_and_refuses_other_things(self):
        counts = ReferralCounts(referred=1, others=2.0, unknown=3)
        assert pickle.loads(pickle.dumps(counts)) == counts
        with pytest.raises(TypeError, match="unsupported operand"):
            counts + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1 + counts
        with pytest.raises(TypeError, match="other must be of type ReferralCounts, got int"):
            counts.difference(3)
        with pytest.raises(ValueError, match="others must be a whole number of at least 0"):
            ReferralCounts(others=-1)


class TestEarnedGrowth:
    def test_worked_example(self):
        year = EarnedGrowth(before=100, kept=85, earned=25, bought=20)
        assert (year.net_retention, year.growth, year.rate) == (0.85, 0.3, 0.1)
        assert year.ratio == pytest.approx(1 / 3)
        assert year.bounds == (0.1, 0.1)

    @given(growths)
    def test_follows_from_its_definition(self, year):
        if not year.before:
            assert all(map(math.isnan, (year.growth, year.rate, year.ratio, year.net_retention)))
            return
        before = year.before
        retention, earned = Fraction(year.kept, before), Fraction(year.earned, before)
        new = Fraction(year.earned + year.bought + year.unknown, before)
        assert year.net_retention == pytest.approx(float(retention))
        assert year.rate == pytest.approx(float(retention + earned - 1))
        assert year.growth == pytest.approx(float(retention + new - 1))
        assert year.bounds[1] == pytest.approx(
            float(retention + earned - 1) + year.unknown / before
        )
        assert math.isnan(year.ratio) == (retention + new <= 1)
        if retention + new > 1:
            assert year.ratio == pytest.approx(
                float((retention + earned - 1) / (retention + new - 1))
            )

    def test_ratio_is_nan_unless_revenue_grew(self):
        assert math.isnan(EarnedGrowth(before=100, kept=90, earned=10).ratio)
        assert math.isnan(EarnedGrowth(before=100, kept=80, earned=10).ratio)
        assert EarnedGrowth(before=100, kept=80, bought=30).ratio == pytest.approx(-2)

    @given(growths)
    def test_bought_revenue_earns_nothing(self, year):
        more = year + EarnedGrowth(bought=10**6)
        assert more.bounds == year.bounds or not year.before
        if year.before:
            assert more.growth > year.growth

    @given(growths, growths, growths)
    def test_addition_is_associative_commutative_and_has_a_neutral_element(self, a, b, c):
        assert (a + b) + c == a + (b + c) == sum([c, b, a])
        assert a + EarnedGrowth() == a

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="kept must be finite and at least 0, got kept=-1"):
            EarnedGrowth(kept=-1)
        with pytest.raises(TypeError, match="bought must be a number, got str"):
            EarnedGrowth(bought="1")
        with pytest.raises(TypeError, match="unsupported operand"):
            EarnedGrowth() + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1 + EarnedGrowth()


def example(**changed):
    """The worked example with some arguments changed."""
    given = {"only_by_referral": 3, "anyway": 2, "margin": 100, "upkeep": 5, "incentive": 10}
    given |= {"saved_acquisition": 30, "periods": 2, "discount": 0.1}
    return referral_value(**given | changed)


class TestReferralValue:
    def test_worked_example(self):
        value = example()
        assert value.brought == pytest.approx(549.17, abs=0.005)
        assert value.saved == pytest.approx(54.55, abs=0.005)
        assert value.total == pytest.approx(603.72, abs=0.005)
        assert isinstance(value, ReferralValue)

    @given(
        *[small_counts] * 2,
        *[st.floats(-100, 100)] * 5,
        st.integers(1, 40),
        st.one_of(st.just(0.0), st.floats(1e-9, 1)),
    )
    def test_equals_the_sum_over_periods(
        self, n1, n2, margin, upkeep, paid, paid_2, cost, periods, r
    ):
        found = referral_value(
            only_by_referral=n1,
            anyway=n2,
            margin=margin,
            upkeep=upkeep,
            incentive=paid,
            incentive_anyway=paid_2,
            saved_acquisition=cost,
            periods=periods,
            discount=r,
        )
        yearly = sum((margin - upkeep) / (1 + r) ** t for t in range(1, periods + 1))
        assert found.brought == pytest.approx(
            n1 * (yearly + (cost - paid) / (1 + r)), rel=1e-9, abs=1e-6
        )
        assert found.saved == pytest.approx(n2 * (cost - paid_2) / (1 + r), rel=1e-9, abs=1e-6)

    def test_who_would_have_come_anyway_adds_no_margin(self):
        assert example(margin=1000).saved == example().saved
        assert example(incentive_anyway=30).saved == 0
        assert example(incentive_anyway=40).saved < 0

    @pytest.mark.parametrize(
        "changed, message",
        [
            ({"only_by_referral": -1}, "only_by_referral must be a whole number of at least 0"),
            ({"anyway": 1.5}, "anyway must be a whole number of at least 0, got anyway=1.5"),
            ({"periods": 0}, "periods must be at least 1, got periods=0"),
            ({"discount": 10}, "discount must be a fraction from 0 to 1: 0.1 for 10 %"),
            ({"margin": math.inf}, "margin must be finite"),
            ({"upkeep": math.nan}, "upkeep must be finite"),
            ({"incentive": math.nan}, "incentive must be finite"),
            ({"incentive_anyway": math.nan}, "incentive_anyway must be finite"),
            ({"saved_acquisition": math.nan}, "saved_acquisition must be finite"),
        ],
    )
    def test_says_what_is_wrong(self, changed, message):
        with pytest.raises(ValueError, match=message):
            example(**changed)
