import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fractions

from loyalkit.attachment import (
    EMOTIONAL_FACTORS,
    QUOTED_REPURCHASE_RATES,
    Attachment,
    attachment_levels,
    expected_repurchase,
)

LOW, LIKE, LOVE = Attachment
indices = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=30)
two_cuts = st.tuples(st.integers(0, 10), st.integers(1, 5)).map(lambda c: (c[0], c[0] + c[1]))


@st.composite
def shares_of_levels(draw):
    """Shares of the three levels that add up to 1."""
    counts = draw(st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any))
    return {level: count / sum(counts) for level, count in zip(Attachment, counts, strict=True)}


class TestEmotionalFactors:
    def test_are_the_seven_of_the_article_in_its_order(self):
        assert len(set(EMOTIONAL_FACTORS)) == 7
        assert (EMOTIONAL_FACTORS[0], EMOTIONAL_FACTORS[-1]) == ("trust", "credibility")


class TestAttachment:
    def test_values_are_frozen(self):
        assert {level.name: int(level) for level in Attachment} == {"LOW": 0, "LIKE": 1, "LOVE": 2}


class TestAttachmentLevels:
    def test_worked_example(self):
        levels = attachment_levels([0.9, 0.75, 0.5, 0.2, np.nan], like_from=0.5, love_from=0.75)
        assert levels.codes.tolist() == [2, 2, 1, 0, -1]
        assert levels.counts == {LOW: 1, LIKE: 1, LOVE: 2}
        assert levels.shares[LOVE] == 0.4

    @given(indices, two_cuts)
    def test_agrees_with_one_customer_at_a_time(self, index, cuts):
        like, love = cuts
        plain = [-1 if x is None else 2 if x >= love else 1 if x >= like else 0 for x in index]
        assert attachment_levels(index, like_from=like, love_from=love).codes.tolist() == plain

    @given(indices, two_cuts)
    def test_a_stronger_bond_never_has_a_lower_level(self, index, cuts):
        levels = attachment_levels(index, like_from=cuts[0], love_from=cuts[1])
        known = sorted(
            (x, code) for x, code in zip(index, levels.codes, strict=True) if x is not None
        )
        codes = [code for _, code in known]
        assert codes == sorted(codes)

    @given(indices, two_cuts)
    def test_is_undetermined_exactly_where_the_index_is_missing(self, index, cuts):
        levels = attachment_levels(index, like_from=cuts[0], love_from=cuts[1])
        assert (levels.codes == -1).tolist() == [x is None for x in index]

    @given(indices, two_cuts, st.sampled_from([0.5, 2.0, 16.0]))
    def test_unit_of_the_index_does_not_matter(self, index, cuts, factor):
        scaled = [None if x is None else x * factor for x in index]
        like, love = cuts
        plain = attachment_levels(index, like_from=like, love_from=love)
        assert attachment_levels(scaled, like_from=like * factor, love_from=love * factor).equals(
            plain
        )

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float32, np.float64])
    def test_dtype_does_not_matter(self, dtype):
        levels = attachment_levels(np.array([0, 7, 9], dtype), like_from=7, love_from=9)
        assert levels.codes.tolist() == [0, 1, 2]

    @pytest.mark.parametrize("like, love", [(0.7, 0.7), (0.8, 0.7)])
    def test_refuses_cut_points_in_the_wrong_order(self, like, love):
        with pytest.raises(ValueError, match=r"like_from must be less than love_from=0\.7, got"):
            attachment_levels([0.5], like_from=like, love_from=love)

    @pytest.mark.parametrize("index", [["7", "8"], [True, False], [[1, 2]], 0.5])
    def test_refuses_what_is_not_a_column_of_numbers(self, index):
        with pytest.raises(TypeError, match="index must"):
            attachment_levels(index, like_from=0.5, love_from=0.7)

    def test_refuses_infinite_numbers_and_says_where(self):
        with pytest.raises(ValueError, match=r"index must be finite, got index=inf at index 1"):
            attachment_levels([0.5, np.inf], like_from=0.5, love_from=0.7)


class TestQuotedRepurchaseRates:
    def test_are_those_of_the_article(self):
        assert dict(QUOTED_REPURCHASE_RATES) == {LOVE: 0.9, LIKE: 0.3}
        assert len(QUOTED_REPURCHASE_RATES) == 2

    def test_say_where_they_come_from_and_what_they_are_worth(self):
        assert "Opinion Research" in QUOTED_REPURCHASE_RATES.source
        assert "could not be found" in QUOTED_REPURCHASE_RATES.caveat

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            QUOTED_REPURCHASE_RATES.rates = ()
        with pytest.raises(TypeError):
            QUOTED_REPURCHASE_RATES[LOW] = 0.1

    def test_survive_pickling(self):
        assert pickle.loads(pickle.dumps(QUOTED_REPURCHASE_RATES)) == QUOTED_REPURCHASE_RATES


class TestExpectedRepurchase:
    def test_worked_example(self):
        """90 % of a fifth and 30 % of half of the customers."""
        assert expected_repurchase(
            {LOVE: 0.2, LIKE: 0.5}, QUOTED_REPURCHASE_RATES
        ) == pytest.approx(0.33, abs=1e-15)

    @given(shares_of_levels(), st.tuples(fractions, fractions, fractions))
    def test_lies_between_the_lowest_and_the_highest_rate(self, shares, rates):
        result = expected_repurchase(shares, dict(zip(Attachment, rates, strict=True)))
        assert min(rates) - 1e-12 <= result <= max(rates) + 1e-12

    @given(shares_of_levels(), fractions)
    def test_equal_rates_make_the_shares_irrelevant(self, shares, rate):
        assert expected_repurchase(shares, dict.fromkeys(Attachment, rate)) == pytest.approx(rate)

    @given(shares_of_levels())
    def test_is_nan_exactly_when_a_share_above_0_has_no_rate(self, shares):
        result = expected_repurchase(shares, QUOTED_REPURCHASE_RATES)
        assert math.isnan(result) == (shares[LOW] > 0)

    def test_is_nan_when_the_rate_of_a_share_is(self):
        assert math.isnan(expected_repurchase({LOVE: 0.5}, {LOVE: math.nan}))
        assert expected_repurchase({LOVE: 0.5, LOW: 0.0}, {LOVE: 1.0, LOW: math.nan}) == 0.5

    def test_is_nan_without_customers(self):
        nobody = attachment_levels([], like_from=0.5, love_from=0.7)
        assert math.isnan(expected_repurchase(nobody.shares, QUOTED_REPURCHASE_RATES))

    @given(shares_of_levels(), st.permutations(list(Attachment)))
    def test_order_of_the_levels_does_not_matter(self, shares, order):
        rates = {LOW: 0.1, LIKE: 0.3, LOVE: 0.9}
        turned = {level: shares[level] for level in order}
        assert expected_repurchase(turned, rates) == expected_repurchase(shares, rates)

    def test_says_which_share_or_rate_is_wrong(self):
        with pytest.raises(ValueError, match=r"shares\[LOVE\] must be a fraction .*0\.2 for 20 %"):
            expected_repurchase({LOVE: 20}, QUOTED_REPURCHASE_RATES)
        with pytest.raises(ValueError, match=r"rates\[LIKE\] must be a fraction"):
            expected_repurchase({LOVE: 0.2}, {LIKE: -0.1})
        with pytest.raises(ValueError, match="shares must not add up to more than 1, got"):
            expected_repurchase({LOVE: 0.8, LIKE: 0.3}, QUOTED_REPURCHASE_RATES)

    @pytest.mark.parametrize("key", ["love", 2, None])
    def test_refuses_keys_that_are_not_levels(self, key):
        with pytest.raises(TypeError, match="shares must have Attachment keys, got"):
            expected_repurchase({key: 0.2}, QUOTED_REPURCHASE_RATES)
