import math
import pickle
from fractions import Fraction

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
    regular_by_usage,
)
from loyalkit.rhythm import regular_by_longest_gap, regular_by_own_rhythm
from loyalkit.tiers import UsageTier, usage_tiers
from loyalkit.transactions import Periods, Transactions

TOO_SHORT, UNCLEAR = int(WhyUnknown.TOO_SHORT), int(WhyUnknown.UNCLEAR)
START = 17125


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
        for cuts, codes in (((1 / 3, 2 / 3), [0, 0, 1]), ((2 / 3, 1), [0, 1, 1])):
            heavy = regular_by_usage(base, as_of=60, window=30, tiers=(UsageTier.HEAVY,), cuts=cuts)
            assert heavy.codes.tolist() == codes
            assert heavy.rule == "usage tier HEAVY by purchase days in the last 30 days"

    def test_whoever_first_bought_the_day_before_the_window_is_judged(self):
        base = log([1, 1, 2, 2], [30, 40, 31, 41])
        assert told(regular_by_usage(base, as_of=60, window=30)) == [(1, -1), (-1, TOO_SHORT)]

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"window": 0}, ValueError, "window must be at least 1 day, got window=0"),
            ({"window": 2.5}, ValueError, "window must be a whole number"),
            ({"window": 5, "tiers": (0,)}, TypeError, "tiers must be of type UsageTier, got 0"),
            (
                {"window": 5, "as_of": "2017-01-01"},
                TypeError,
                "int64: 20170131 is a day number too, dates are written 2017-01-31, got datetime64",
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
        early, late = (regular_by_own_rhythm(log([1], [5]), as_of=day) for day in (3, 9))
        assert early.codes.tolist() == late.codes.tolist() == [-1]
        assert not early.equals(late)
        for array in (again.codes, again.reasons, again.figures, again.customer_ids):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
