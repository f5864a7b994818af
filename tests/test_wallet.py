import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, successes_and_trials

from loyalkit.evidence import Evidence
from loyalkit.intervals import wilson_interval
from loyalkit.wallet import (
    BuyingScope,
    exclusive_by_purchases,
    exclusive_by_share,
    share_of_requirements,
    share_of_wallet,
    wallet_allocation,
)

amounts = st.integers(0, 10**6) | st.floats(0, 1e9)
limits = st.floats(0, 0.999)
some_of_some = st.lists(successes_and_trials(60), max_size=20)


class TestShareOfRequirements:
    def test_worked_example(self):
        assert share_of_requirements(6, 12) == 0.5
        found = share_of_requirements([6, 3, 0, 0], [12, 3, 5, 0])
        np.testing.assert_equal(found, [0.5, 1, 0, math.nan])

    @given(st.lists(st.tuples(amounts, st.floats(0, 1)), max_size=20))
    def test_array_call_equals_scalar_calls(self, rows):
        totals = [total for total, _ in rows]
        own = [min(total, total * share) for total, share in rows]
        found = share_of_requirements(own, totals).tolist()
        each = [share_of_requirements(a, b) for a, b in zip(own, totals, strict=True)]
        np.testing.assert_equal(found, each)
        for total, share in zip(totals, found, strict=True):
            assert math.isnan(share) == (total == 0)
            assert total == 0 or 0 <= share <= 1

    @given(amounts, amounts)
    def test_agrees_with_the_share_of_wallet(self, here, elsewhere):
        one, other = share_of_requirements(here, here + elsewhere), share_of_wallet(here, elsewhere)
        np.testing.assert_equal(one, other)

    def test_one_total_for_all(self):
        assert share_of_requirements([1, 2], 4).tolist() == [0.25, 0.5]

    def test_cannot_be_changed(self):
        with pytest.raises(ValueError, match="read-only"):
            share_of_requirements([1], [2])[0] = 1

    @pytest.mark.parametrize(
        ("own", "total", "error", "message"),
        [
            (3, 2, ValueError, r"^own must not exceed total, got own=3.0, total=2.0$"),
            ([1, 3], [2, 2], ValueError, "own must not exceed total, .* at index 1$"),
            ([-1], [2], ValueError, "own must not be negative, got own=-1.0 at index 0"),
            ([1], [-2], ValueError, "total must not be negative"),
            ([1], [math.nan], ValueError, "total must not be missing"),
            ([1], [math.inf], ValueError, "total must be finite"),
            (["1"], [2], TypeError, "own must hold numbers"),
            ([1, 2], [1, 2, 3], ValueError, "own and total must broadcast together"),
        ],
    )
    def test_says_what_is_wrong(self, own, total, error, message):
        with pytest.raises(error, match=message):
            share_of_requirements(own, total)


class TestShareOfWallet:
    def test_worked_example(self):
        assert share_of_wallet(80, 40) == 2 / 3
        np.testing.assert_equal(share_of_wallet([1, 0, 0], [0, 1, 0]), [1, 0, math.nan])

    @given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9))
    def test_here_and_elsewhere_make_the_whole(self, here, elsewhere):
        both = share_of_wallet(here, elsewhere) + share_of_wallet(elsewhere, here)
        assert both == pytest.approx(1, rel=1e-14)

    @pytest.mark.parametrize(
        ("here", "elsewhere", "message"),
        [
            (-1, 2, "here must not be negative"),
            ([1], [-2], "elsewhere must not be negative"),
            (1e308, 1e308, "here and elsewhere must add up to a finite amount, got here=1e"),
        ],
    )
    def test_says_what_is_wrong(self, here, elsewhere, message):
        with pytest.raises(ValueError, match=message):
            share_of_wallet(here, elsewhere)


class TestWalletAllocation:
    @pytest.mark.parametrize(
        ("brands", "shares"), [(1, [1]), (2, [2 / 3, 1 / 3]), (3, [0.5, 1 / 3, 1 / 6])]
    )
    def test_published_shares(self, brands, shares):
        assert wallet_allocation(range(1, brands + 1), brands).tolist() == shares

    def test_two_favourites_get_half_each(self):
        assert wallet_allocation(1.5, 2) == 0.5
        assert wallet_allocation([1.5, 3], 3).tolist() == [2.5 / 6, 1 / 6]

    @given(st.lists(st.integers(1, 5), min_size=1, max_size=8))
    def test_shares_of_a_customer_add_up_to_1(self, ties):
        """Brands in groups of equals: each group has the mean rank of its members."""
        mean_ranks = [1 + sum(ties[:k]) + (ties[k] - 1) / 2 for k in range(len(ties))]
        shares = wallet_allocation(mean_ranks, sum(ties))
        assert np.dot(shares, ties) == pytest.approx(1, rel=1e-13)
        assert (np.diff(shares) < 0).all()

    @given(st.integers(1, 40), st.data())
    def test_equals_the_formula_in_fractions(self, brands, data):
        rank = data.draw(st.integers(2, 2 * brands)) / 2
        share = (1 - Fraction(rank) / (brands + 1)) * Fraction(2, brands)
        assert wallet_allocation(rank, brands) == float(share)
        assert wallet_allocation([rank], brands).tolist() == [float(share)]

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((0, 2), ValueError, r"^rank must be from 1 to brands, got rank=0.0, brands=2$"),
            (([1, 2.5], 2), ValueError, r"^rank must be from 1 to brands, .* at index 1$"),
            ((1, 0), ValueError, "brands must be at least 1, got brands=0"),
            ((1, 1.5), ValueError, "brands must be a whole number"),
            ((1.25, 2), ValueError, "rank must be a multiple of 1/2: of tied brands give the mean"),
            (("1", 2), TypeError, "rank must hold numbers"),
            (([1, 2], [2, 2, 3]), ValueError, "rank and brands must broadcast together"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            wallet_allocation(*arguments)


class TestExclusiveByShare:
    @given(st.lists(st.none() | st.floats(0, 1), max_size=20), limits)
    def test_equals_the_rule(self, shares, above):
        found = exclusive_by_share(shares, above=above)
        for share, code in zip(shares, found.codes.tolist(), strict=True):
            if share is None:
                assert code == -1
            elif abs(share - above) > 1e-9:
                assert code == (share > above)

    def test_a_share_on_the_limit_is_no_exclusive_one(self):
        for shares in ([2 / 3], 1 - np.array([1 / 3]), wallet_allocation([1], 2)):
            assert exclusive_by_share(shares, above=2 / 3).codes.tolist() == [0]
        assert exclusive_by_share([0.5 + 1e-9], above=0.5).codes.tolist() == [1]

    def test_feeds_evidence(self):
        scope = exclusive_by_share([0.9, 0.4, math.nan], above=0.5)
        assert scope.counts == {BuyingScope.EXCLUSIVE: 1, BuyingScope.REPERTOIRE: 1}
        assert Evidence(buys_exclusively=scope.codes).buys_exclusively.tolist() == [1, 0, -1]

    @pytest.mark.parametrize(
        ("share", "above", "error", "message"),
        [
            ([0.5], 75, ValueError, "above must be a fraction from 0 to 1: 0.75 for 75 %"),
            ([0.5], 1, ValueError, "above must be less than 1: no share exceeds it, got above=1"),
            ([None, 75], 0.5, ValueError, "share must be a fraction .* got share=75.0 at index 1"),
            ([-0.1], 0.5, ValueError, "share must be a fraction from 0 to 1"),
            (0.5, 0.5, TypeError, "share must be one-dimensional"),
        ],
    )
    def test_says_what_is_wrong(self, share, above, error, message):
        with pytest.raises(error, match=message):
            exclusive_by_share(share, above=above)

    def test_two_of_three_in_32_bits_is_no_more_than_two_thirds(self):
        shares = np.array([2 / 3, 0.66667], np.float32)
        assert exclusive_by_share(shares, above=2 / 3).codes.tolist() == [0, 1]


class TestExclusiveByPurchases:
    def test_worked_example(self):
        found = exclusive_by_purchases([3, 30, 12, 0], [3, 30, 30, 0], above=0.75)
        assert found.codes.tolist() == [-1, 1, 0, -1]

    @given(some_of_some, limits, confidences)
    def test_follows_the_interval(self, rows, above, confidence):
        own, total = [k for k, _ in rows], [n for _, n in rows]
        found = exclusive_by_purchases(own, total, above=above, confidence=confidence)
        for k, n, code in zip(own, total, found.codes.tolist(), strict=True):
            interval = wilson_interval(k, n, confidence=confidence)
            sure = n and (interval.low > above * (1 + 1e-12))
            never = n and (interval.high <= above * (1 + 1e-12))
            assert code == (1 if sure else 0 if never else -1)

    @given(some_of_some, limits)
    def test_never_contradicts_the_share(self, rows, above):
        own, total = np.array(rows, int).reshape(-1, 2).T
        by_purchases = exclusive_by_purchases(own, total, above=above).codes
        by_share = exclusive_by_share(share_of_requirements(own, total), above=above).codes
        settled = by_purchases >= 0
        assert np.array_equal(by_purchases[settled], by_share[settled])

    @pytest.mark.parametrize("above", [2 / 3, 0.75, 0.8, 0.9, 0.95])
    def test_is_wrong_as_rarely_as_documented(self, above):
        """Exact, for customers whose true share is the limit itself."""
        binomial = pytest.importorskip("scipy.stats").binom
        worst_exclusive = worst_repertoire = 0.0
        for n in range(1, 130):
            own = np.arange(n + 1)
            codes = exclusive_by_purchases(own, np.full(n + 1, n), above=above).codes
            chance = binomial.pmf(own, n, above)
            worst_exclusive = max(worst_exclusive, chance[codes == 1].sum())
            worst_repertoire = max(worst_repertoire, chance[codes == 0].sum())
        assert worst_exclusive < 0.0395
        assert worst_repertoire < 0.2001

    @pytest.mark.parametrize(
        ("own", "total", "message"),
        [
            ([3], [2], "own must not exceed total, got own=3, total=2 at index 0"),
            ([1, 2], [3], "own and total must have the same length, got 2, 1"),
            ([1.5], [3], "own must be a whole number"),
            (1, 2, r"own must be one-dimensional, got own=\(\)"),
        ],
    )
    def test_says_what_is_wrong(self, own, total, message):
        with pytest.raises(ValueError, match=message):
            exclusive_by_purchases(own, total, above=0.5)
