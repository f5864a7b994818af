import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import purchase_logs

from loyalkit.regularity import BuyingHabit, WhyUnknown
from loyalkit.rhythm import regular_by_longest_gap, regular_by_own_rhythm
from loyalkit.transactions import Transactions

TOO_SHORT, TOO_FEW = int(WhyUnknown.TOO_SHORT), int(WhyUnknown.TOO_FEW)
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

    def test_whoever_came_no_longer_ago_than_the_longest_gap_is_not_judged(self):
        base = log([1, 1, 1], [0, 10, 20])
        assert told(regular_by_longest_gap(base, as_of=20, days=20)) == [(-1, TOO_SHORT)]
        assert told(regular_by_longest_gap(base, as_of=20, days=19.5)) == [(1, -1)]

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

    def test_28_percent_of_25_gaps_are_7(self):
        """In floats 0.28 * 25 is a little more than 7."""
        times = np.cumsum([0, *range(1, 26)])
        made = regular_by_own_rhythm(log([1] * 26, times), as_of=325, quantile=0.28)
        assert made.figures.tolist() == [25 / 7]

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
