import math
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import confidences, fractions

from loyalkit.attachment import (
    QUOTED_REPURCHASE_RATES,
    Attachment,
    attachment_levels,
    expected_repurchase,
)
from loyalkit.intervals import wilson_interval
from loyalkit.net_scores import net_score_interval
from loyalkit.outlook import repurchase_outlook

LOW, LIKE, LOVE = Attachment
head_counts = st.tuples(*[st.integers(0, 60)] * 3)
counted = st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
all_rates = st.tuples(*[st.one_of(fractions, counted, st.just(math.nan))] * 3)


def outlook_of(customers, rates):
    return repurchase_outlook(
        dict(zip(Attachment, customers, strict=True)), dict(zip(Attachment, rates, strict=True))
    )


def share(rate):
    return rate if not isinstance(rate, tuple) else rate[0] / rate[1] if rate[1] else math.nan


class TestRepurchaseOutlook:
    def test_worked_example(self):
        """0.2 of 0.9, 0.5 of 0.3 and 0.3 of 0.1 make 0.36."""
        outlook = outlook_of((60, 100, 40), ((4, 40), 0.3, (18, 20)))
        assert outlook.estimate == pytest.approx(0.36)
        assert (outlook.customers, outlook.seen, outlook.n) == ((60, 100, 40), (40, 0, 20), 200)
        assert outlook.rates == (0.1, 0.3, 0.9)

    @given(head_counts, all_rates)
    def test_estimate_is_the_expected_repurchase_of_the_shares(self, customers, rates):
        outlook = outlook_of(customers, rates)
        n = sum(customers)
        if not n:
            assert math.isnan(outlook.estimate)
            return
        shares = {level: k / n for level, k in zip(Attachment, customers, strict=True)}
        expected = expected_repurchase(
            shares, {level: share(x) for level, x in zip(Attachment, rates, strict=True)}
        )
        assert outlook.estimate == pytest.approx(expected, nan_ok=True)

    @given(head_counts, all_rates)
    def test_is_bounded_by_what_levels_without_a_rate_could_do(self, customers, rates):
        outlook = outlook_of(customers, rates)
        fewest, most = outlook.bounds
        if not sum(customers):
            assert math.isnan(fewest)
            assert math.isnan(most)
            return
        unknown = sum(k for k, x in zip(customers, rates, strict=True) if math.isnan(share(x)))
        assert most - fewest == pytest.approx(unknown / sum(customers))
        assert math.isnan(outlook.estimate) == (unknown > 0)
        if not unknown:
            assert fewest == outlook.estimate == most

    def test_customers_without_a_level_are_left_out_and_counted(self):
        levels = attachment_levels([9, None, 5, 8, None], like_from=4, love_from=8)
        outlook = repurchase_outlook(levels, QUOTED_REPURCHASE_RATES)
        assert (outlook.n, outlook.n_undetermined) == (3, 2)
        assert outlook.estimate == pytest.approx(0.7)
        assert attrs.evolve(outlook, n_undetermined=0) == outlook_of(
            (0, 1, 2), (math.nan, 0.3, 0.9)
        )

    def test_compares_hashes_and_pickles_by_value(self):
        outlook = outlook_of((1, 2, 3), (math.nan, 0.3, (9, 10)))
        again = outlook_of((1, 2, 3), (math.nan, 0.3, (9, 10)))
        assert pickle.loads(pickle.dumps(outlook)) == outlook == again
        assert hash(outlook) == hash(again)
        assert outlook != outlook_of((1, 2, 3), (math.nan, 0.3, 0.9))

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match=r"^levels must be a Classification or a mapping of A"):
            repurchase_outlook([1, 2, 3], {})
        with pytest.raises(TypeError, match=r"^levels must have Attachment keys, got 'love'$"):
            repurchase_outlook({"love": 2}, {})
        with pytest.raises(TypeError, match=r"^rates must have Attachment keys, got 2$"):
            repurchase_outlook({LOVE: 2}, {2: 0.5})
        with pytest.raises(ValueError, match=r"^levels\[LOVE\] must be a whole number of at least"):
            repurchase_outlook({LOVE: -2}, {})
        with pytest.raises(ValueError, match=r"^rates\[LOVE\] must be a fraction .*0\.9 for 90 %"):
            repurchase_outlook({LOVE: 2}, {LOVE: 90})
        with pytest.raises(ValueError, match=r"^rates\[LOW\] must not have more who bought again "):
            repurchase_outlook({LOVE: 2}, {LOW: (3, 2)})
        with pytest.raises(ValueError, match=r"^rates\[LOW\] must be a fraction, or how many of h"):
            repurchase_outlook({LOVE: 2}, {LOW: (3, 2, 1)})
        with pytest.raises(TypeError, match=r"^rates\[LOW\] must be a number, got NoneType$"):
            repurchase_outlook({LOVE: 2}, {LOW: None})
        with pytest.raises(ValueError, match=r"^confidence must be a fraction .*0\.95 for 95 %"):
            outlook_of((1, 1, 1), (0.1, 0.2, 0.3)).interval(95)


class TestInterval:
    @settings(max_examples=40)
    @given(st.integers(0, 60), st.integers(0, 60), confidences)
    def test_is_wilsons_where_nobody_or_everybody_buys_again(self, away, back, confidence):
        interval = outlook_of((away, 0, back), (0, 0, 1)).interval(confidence)
        wilson = wilson_interval(back, away + back, confidence=confidence)
        assert interval.low == pytest.approx(wilson.low, nan_ok=True, abs=1e-9)
        assert interval.high == pytest.approx(wilson.high, nan_ok=True, abs=1e-9)

    @settings(max_examples=40)
    @given(head_counts, confidences)
    def test_is_tangos_where_the_middle_lies_halfway(self, customers, confidence):
        interval = outlook_of(customers, (0, 0.5, 1)).interval(confidence)
        tango = net_score_interval(
            detractors=customers[0],
            passives=customers[1],
            promoters=customers[2],
            confidence=confidence,
        )
        assert 200 * interval.low - 100 == pytest.approx(tango.low, nan_ok=True, abs=1e-6)
        assert 200 * interval.high - 100 == pytest.approx(tango.high, nan_ok=True, abs=1e-6)

    @settings(max_examples=40)
    @given(head_counts, all_rates, confidences)
    def test_holds_the_estimate_and_stays_in_range(self, customers, rates, confidence):
        outlook = outlook_of(customers, rates)
        interval = outlook.interval(confidence)
        if not sum(customers):
            assert math.isnan(interval.low)
            assert math.isnan(interval.high)
            return
        fewest, most = outlook.bounds
        assert 0 <= interval.low <= fewest + 1e-12
        assert most - 1e-12 <= interval.high <= 1

    @settings(max_examples=40)
    @given(head_counts.filter(any), st.tuples(fractions, fractions, fractions))
    def test_of_known_rates_lies_between_the_lowest_and_the_highest(self, customers, rates):
        interval = outlook_of(customers, rates).interval()
        assert min(rates) - 1e-9 <= interval.low <= interval.high <= max(rates) + 1e-9

    @settings(max_examples=40)
    @given(head_counts.filter(any), all_rates)
    def test_is_wider_for_more_confidence(self, customers, rates):
        outlook = outlook_of(customers, rates)
        narrow, wide = outlook.interval(0.8), outlook.interval(0.99)
        assert wide.low <= narrow.low + 1e-12
        assert narrow.high <= wide.high + 1e-12

    @settings(max_examples=40)
    @given(head_counts.filter(any), st.tuples(*[st.sampled_from([(3, 9), (0, 4), (7, 7)])] * 3))
    def test_counted_rates_are_less_sure_than_known_ones(self, customers, rates):
        counted = outlook_of(customers, rates).interval()
        known = outlook_of(customers, [k / n for k, n in rates]).interval()
        assert counted.low <= known.low + 1e-12
        assert known.high <= counted.high + 1e-12

    def test_counted_rates_enter_by_wilsons_limits(self):
        """All customers love, so that only the rate of LOVE is in doubt, apart from the shares."""
        sure = outlook_of((0, 0, 10**9), (0.2, 0.3, (18, 20))).interval()
        wilson = wilson_interval(18, 20)
        assert sure.low == pytest.approx(wilson.low, abs=1e-6)
        assert sure.high == pytest.approx(wilson.high, abs=1e-6)
        both = outlook_of((0, 10**9, 10**9), (0.2, (5, 20), (18, 20))).interval()
        other = wilson_interval(5, 20)
        down = math.hypot((0.9 - wilson.low) / 2, (0.25 - other.low) / 2)
        assert both.low == pytest.approx(0.575 - down, abs=1e-4)

    @pytest.mark.parametrize("tiny", [1e-160, 1.5e-196, 5e-324])
    def test_rates_too_small_to_be_squared_are_no_trouble(self, tiny):
        for rates in ((math.nan, math.nan, tiny), (0, tiny / 2, tiny), (0, tiny, 1)):
            for customers in ((0, 0, 1), (0, 5, 1), (4, 1, 1)):
                outlook = outlook_of(customers, rates)
                interval = outlook.interval()
                fewest, most = outlook.bounds
                assert 0 <= interval.low <= fewest
                assert most <= interval.high <= 1

    def test_runs_over_all_that_a_level_without_a_rate_could_do(self):
        interval = outlook_of((30, 30, 40), (math.nan, 0.3, 0.9)).interval()
        assert interval.low == outlook_of((30, 30, 40), (0, 0.3, 0.9)).interval().low
        assert interval.high == outlook_of((30, 30, 40), (1, 0.3, 0.9)).interval().high
        assert outlook_of((30, 30, 40), ((0, 0), 0.3, 0.9)).interval() == interval

    def test_holds_the_truth_as_often_as_it_says(self):
        rng = np.random.default_rng(5)
        shares, rates = [0.2, 0.5, 0.3], [0.1, 0.3, 0.9]
        held = 0
        for _ in range(100):
            spring = [
                (int(rng.binomial(n, r)), n) for n, r in zip((20, 30, 15), rates, strict=True)
            ]
            customers = rng.multinomial(40, shares).tolist()
            held += 0.44 in outlook_of(customers, spring).interval()
        assert held / 100 == pytest.approx(0.96, abs=0.04)
