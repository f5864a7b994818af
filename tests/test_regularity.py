import math
import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import purchase_logs

from loyalkit.activity import Activity
from loyalkit.evidence import Evidence
from loyalkit.intervals import wilson_interval
from loyalkit.regularity import (
    BuyingHabit,
    WhyUnknown,
    regular_by_active_periods,
    regular_by_longest_gap,
    regular_by_own_rhythm,
    regular_by_usage,
)
from loyalkit.tiers import UsageTier, usage_tiers
from loyalkit.transactions import Periods, Transactions

TOO_SHORT, TOO_FEW, UNCLEAR = (int(why) for why in WhyUnknown)
START = 17125
days_later = st.integers(-30, 420)


def log(customers, times, amounts=None):
    return Transactions.from_arrays(customers=customers, times=times, amounts=amounts)


def purchase_days(rows, as_of):
    """Sorted distinct days until a day of each customer, as numbers; some have none."""
    customers, times, _ = rows
    days = times.astype("M8[D]").astype(int)
    return {
        c: sorted({d for d in days[customers == c].tolist() if d <= as_of})
        for c in sorted(set(customers.tolist()))
    }


def gaps_of(own, as_of):
    return [b - a for a, b in pairwise(own)], as_of - own[-1]


def told(made):
    """(code, reason) of each customer."""
    return list(zip(made.codes.tolist(), made.reasons.tolist(), strict=True))


class TestRegularByUsage:
    @given(purchase_logs(max_customers=8), st.integers(100, 400), st.integers(1, 200))
    def test_equals_the_definition(self, rows, later, window):
        as_of = START + later
        made = regular_by_usage(log(*rows[:2]), as_of=np.datetime64(as_of, "D"), window=window)
        days = purchase_days(rows, as_of)
        there = {c: own for c, own in days.items() if own and own[0] <= as_of - window}
        usage = {c: sum(d > as_of - window for d in own) for c, own in there.items()}
        tiers = dict(zip(usage, usage_tiers([*usage.values()]).codes.tolist(), strict=True))
        expected = [(int(tiers[c] <= 1), -1) if c in there else (-1, TOO_SHORT) for c in days]
        assert told(made) == expected
        np.testing.assert_equal(made.figures, [usage.get(c, math.nan) for c in days])

    def test_a_rare_large_order_is_no_habit(self):
        base = log([1, 1, 2, 2, 2], [0, 50, 0, 45, 55], [1, 10**6, 1, 1, 1])
        assert regular_by_usage(base, as_of=60, window=30).codes.tolist() == [0, 1]

    def test_takes_other_tiers_and_cuts(self):
        base = log([1, 2, 3, 1, 2, 2, 3, 3, 3], [0, 0, 0, 50, 50, 51, 50, 51, 52])
        heavy = regular_by_usage(
            base, as_of=60, window=30, tiers=(UsageTier.HEAVY,), cuts=(1 / 3, 2 / 3)
        )
        assert heavy.codes.tolist() == [0, 0, 1]
        assert heavy.rule == "usage tier HEAVY by purchase days in the last 30 days"

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"window": 0}, ValueError, "window must be at least 1 day, got window=0"),
            ({"window": 2.5}, ValueError, "window must be a whole number"),
            ({"window": 5, "tiers": (0,)}, TypeError, "tiers must be of type UsageTier, got 0"),
            (
                {"window": 5, "as_of": "2017-01-01"},
                TypeError,
                "as_of must be like the times, int64",
            ),
        ],
    )
    def test_says_what_is_wrong(self, options, error, message):
        with pytest.raises(error, match=message):
            regular_by_usage(log([1], [0]), **{"as_of": 9, **options})


@st.composite
def activities(draw):
    """Activity in some periods of which the last few may not be finished."""
    shape = st.tuples(st.integers(1, 8), st.integers(2, 9))
    table = draw(npst.arrays(bool, draw(shape)))
    n = table.shape[1]
    through = draw(st.integers(0, n))
    start = draw(st.integers(0, 1))
    periods = Periods(range(n + 1), complete_from=min(start, through), complete_through=through)
    return table, Activity.from_table(table, periods=periods)


class TestRegularByActivePeriods:
    @given(activities(), st.sampled_from([0.2, 0.3, 0.5, 1 / 3, 0.9, 1.0]), st.integers(1, 5))
    def test_equals_the_definition(self, drawn, share, fewest):
        table, activity = drawn
        made = regular_by_active_periods(activity, share=share, minimum_periods=fewest)
        limit = Fraction(share).limit_denominator(100)
        for row, outcome, figure in zip(table, told(made), made.figures, strict=True):
            first = int(np.argmax(row)) if row.any() else len(row)
            later = [bool(x) for x in row[first + 1 :][activity.periods.finished[first + 1 :]]]
            np.testing.assert_equal(figure, sum(later) / len(later) if later else math.nan)
            if len(later) < fewest:
                assert outcome == (-1, TOO_SHORT)
            else:
                assert outcome == (int(sum(later) >= limit * len(later)), -1)

    @given(activities(), st.sampled_from([0.3, 0.5]), st.sampled_from([0.5, 0.8]))
    def test_a_confidence_only_leaves_more_open(self, drawn, share, confidence):
        plain = regular_by_active_periods(drawn[1], share=share)
        made = regular_by_active_periods(drawn[1], share=share, confidence=confidence)
        settled = made.codes >= 0
        assert np.array_equal(made.codes[settled], plain.codes[settled])
        assert np.array_equal(made.reasons == TOO_SHORT, plain.reasons == TOO_SHORT)
        table = drawn[0]
        for row, (code, reason) in zip(table, told(made), strict=True):
            if reason == TOO_SHORT:
                continue
            later = row[np.argmax(row) + 1 :][drawn[1].periods.finished[np.argmax(row) + 1 :]]
            interval = wilson_interval(int(later.sum()), later.size, confidence=confidence)
            expected = 1 if interval.low >= share else 0 if interval.high < share else -1
            assert code == expected
            assert (reason == UNCLEAR) == (code == -1)

    def test_whoever_was_seen_before_is_judged_from_the_first_period(self):
        base = log([1, 1, 2, 2], [-5, 25, 5, 25])
        activity = Activity.from_transactions(base, Periods(range(0, 50, 10)))
        made = regular_by_active_periods(activity, share=0.3)
        np.testing.assert_equal(made.figures, [1 / 4, 1 / 3])
        assert made.codes.tolist() == [0, 1]

    def test_three_active_periods_of_three_are_not_enough_to_be_sure(self):
        activity = Activity.from_table(np.ones((1, 4), bool))
        assert regular_by_active_periods(activity).codes.tolist() == [1]
        sure = regular_by_active_periods(activity, confidence=0.95)
        assert sure.unknown[WhyUnknown.UNCLEAR] == 1
        assert (
            sure.rule
            == "active in at least 0.5 of the periods since entry, at a confidence of 0.95"
        )

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"share": 50}, "share must be a fraction from 0 to 1: 0.5 for 50 %"),
            ({"minimum_periods": 0}, "minimum_periods must be at least 1"),
            ({"confidence": 95}, "confidence must be a fraction between 0 and 1"),
        ],
    )
    def test_says_what_is_wrong(self, options, message):
        with pytest.raises(ValueError, match=message):
            regular_by_active_periods(Activity.from_table([[True, False]]), **options)

    def test_needs_an_activity(self):
        with pytest.raises(TypeError, match="activity must be of type Activity"):
            regular_by_active_periods([[True]])


class TestRegularByLongestGap:
    @given(purchase_logs(), days_later, st.sampled_from([1, 20, 45.5, 120]), st.integers(0, 3))
    def test_equals_the_definition(self, rows, later, limit, fewest):
        as_of = START + later
        made = regular_by_longest_gap(
            log(*rows[:2]), as_of=np.datetime64(as_of, "D"), days=limit, minimum_gaps=fewest
        )
        for own, outcome, figure in zip(
            purchase_days(rows, as_of).values(), told(made), made.figures, strict=True
        ):
            if not own:
                assert outcome == (-1, TOO_SHORT)
                assert math.isnan(figure)
                continue
            closed, running = gaps_of(own, as_of)
            assert figure == max([*closed, running])
            if figure > limit:
                assert outcome == (0, -1)
            elif as_of - own[0] <= limit:
                assert outcome == (-1, TOO_SHORT)
            else:
                assert outcome == ((1, -1) if len(closed) >= fewest else (-1, TOO_FEW))

    @given(purchase_logs(), st.integers(1, 100), st.integers(0, 60))
    def test_longer_silence_never_makes_regular(self, rows, limit, later):
        base = log(*rows[:2])
        now, then = (
            regular_by_longest_gap(base, as_of=np.datetime64(START + 400 + k, "D"), days=limit)
            for k in (0, later)
        )
        assert not ((now.codes == 0) & (then.codes != 0)).any()

    def test_refunds_are_no_visits(self):
        base = log([1, 1, 1, 1], [0, 20, 40, 60], [5, 5, -5, 5])
        made = regular_by_longest_gap(base, as_of=60, days=30)
        assert (made.codes.tolist(), made.figures.tolist()) == ([0], [40.0])
        assert made.rule == "no gap longer than 30 days, the running one included"

    @pytest.mark.parametrize("wrong", [0, -3, math.nan, math.inf])
    def test_days_must_be_some(self, wrong):
        with pytest.raises(ValueError, match="^days must be"):
            regular_by_longest_gap(log([1], [0]), as_of=9, days=wrong)

    def test_needs_a_log(self):
        with pytest.raises(TypeError, match="log must be of type Transactions"):
            regular_by_longest_gap([1], as_of=9, days=3)


class TestRegularByOwnRhythm:
    @given(
        purchase_logs(max_customers=5),
        days_later,
        st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]),
        st.sampled_from([1.0, 1.5, 3.0]),
        st.integers(1, 4),
    )
    def test_equals_the_definition(self, rows, later, quantile, times, fewest):
        as_of = START + later
        made = regular_by_own_rhythm(
            log(*rows[:2]),
            as_of=np.datetime64(as_of, "D"),
            quantile=quantile,
            times=times,
            minimum_gaps=fewest,
        )
        share = Fraction(quantile).limit_denominator(100)
        for own, outcome, figure in zip(
            purchase_days(rows, as_of).values(), told(made), made.figures, strict=True
        ):
            if not own:
                assert outcome == (-1, TOO_SHORT)
                continue
            closed, running = gaps_of(own, as_of)
            if len(closed) < fewest:
                assert outcome == (-1, TOO_FEW)
                assert math.isnan(figure)
                continue
            usual = sorted(closed)[math.ceil(share * len(closed)) - 1]
            longest = max([*closed, running])
            assert figure == longest / usual
            assert outcome == (int(longest <= Fraction(times) * usual), -1)

    @given(purchase_logs(max_customers=3), st.integers(2, 5))
    def test_pace_does_not_matter(self, rows, slower):
        """Seven days or a month: the rule asks whether gaps are alike."""
        customers, times, _ = rows
        days = (times - np.datetime64("2016-11-20")).astype(int)
        one = regular_by_own_rhythm(log(customers, days), as_of=400)
        other = regular_by_own_rhythm(log(customers, days * slower), as_of=400 * slower)
        assert other.equals(one)

    def test_only_the_running_gap_can_fail_against_the_longest_of_all(self):
        base = log([1] * 5, [0, 1, 30, 31, 40])
        for as_of, code in ((69, 1), (70, 0)):
            made = regular_by_own_rhythm(base, as_of=as_of, quantile=1, times=1)
            assert made.codes.tolist() == [code]

    @pytest.mark.parametrize(("n_gaps", "by_luck"), [(4, 0.353), (10, 0.201), (20, 0.07)])
    def test_chance_passes_as_often_as_documented(self, n_gaps, by_luck):
        random = np.random.default_rng(6)
        n = 20_000
        gaps = np.ceil(random.exponential(10_000, (n, n_gaps)))
        running = np.ceil(random.exponential(10_000, n))
        days = np.cumsum(np.column_stack([np.zeros(n), gaps]), axis=1)
        shifted = days + (10**7 - running - days[:, -1])[:, None]
        base = log(np.repeat(np.arange(n), n_gaps + 1), shifted.ravel().astype(int))
        made = regular_by_own_rhythm(base, as_of=10**7)
        assert made.shares[BuyingHabit.REGULAR] == pytest.approx(by_luck, abs=0.015)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"quantile": 0}, "quantile must be more than 0"),
            ({"quantile": 90}, "quantile must be a fraction from 0 to 1: 0.9 for 90 %"),
            ({"times": 0.5}, "times must be at least 1, got times=0.5"),
            ({"minimum_gaps": 0}, "minimum_gaps must be at least 1"),
        ],
    )
    def test_says_what_is_wrong(self, options, message):
        with pytest.raises(ValueError, match=message):
            regular_by_own_rhythm(log([1], [0]), as_of=9, **options)


class TestRegularity:
    @given(purchase_logs(), st.integers(0, 2**32))
    def test_row_order_and_names_do_not_matter(self, rows, seed):
        customers, times, _ = rows
        order = np.random.default_rng(seed).permutation(customers.size)
        for rule in (
            lambda x: regular_by_usage(x, as_of="2017-12-31", window=90),
            lambda x: regular_by_longest_gap(x, as_of="2017-12-31", days=60),
            lambda x: regular_by_own_rhythm(x, as_of="2017-12-31"),
        ):
            one = rule(log(customers, times))
            other = rule(log([f"{c:03d}" for c in customers[order]], times[order]))
            assert told(other) == told(one)

    def test_a_log_without_rows(self):
        empty = log([], [])
        for made in (
            regular_by_usage(empty, as_of="2017-12-31", window=90),
            regular_by_longest_gap(empty, as_of="2017-12-31", days=60),
            regular_by_own_rhythm(empty, as_of="2017-12-31"),
        ):
            assert made.n == made.figures.size == 0

    def test_feeds_evidence(self):
        base = log([1, 1, 1, 2, 2, 3], [0, 25, 50, 0, 45, 60])
        made = regular_by_longest_gap(base, as_of=70, days=30)
        assert made.counts == {BuyingHabit.REGULAR: 1, BuyingHabit.IRREGULAR: 1}
        assert made.unknown == dict(zip(WhyUnknown, (1, 0, 0), strict=True))
        assert Evidence(buys_regularly=made.codes).buys_regularly.tolist() == [1, 0, -1]
        assert made.customer_ids.tolist() == [1, 2, 3]

    def test_cannot_be_changed_and_survives_pickling(self):
        base = log([1, 1, 1, 2], [0, 25, 50, 0])
        made = regular_by_longest_gap(base, as_of=70, days=30)
        again = pickle.loads(pickle.dumps(made))
        assert again.equals(made)
        assert repr(again) == "Regularity(REGULAR=1, IRREGULAR=1)"
        assert not again.equals(regular_by_longest_gap(base, as_of=70, days=31))
        assert not again.equals(regular_by_longest_gap(base, as_of=71, days=30))
        for array in (again.codes, again.reasons, again.figures, again.customer_ids):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
