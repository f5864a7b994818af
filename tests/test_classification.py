import math
import pickle
from enum import Enum, IntEnum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import confidences

from loyalkit.classification import Classification
from loyalkit.intervals import wilson_interval


class Tier(IntEnum):
    GOLD = 0
    SILVER = 1
    BRONZE = 2


class Gapped(IntEnum):
    """Values that neither begin at 0, nor are next to one another, nor in order."""

    LAST = 127
    FIRST = 3
    MIDDLE = 50


ENUMERATIONS = (Tier, Gapped)


@st.composite
def labelled(draw, labels=None, max_size=30):
    """Classes and a code for each customer, some of them unsettled."""
    labels = labels or draw(st.sampled_from(ENUMERATIONS))
    codes = draw(st.lists(st.sampled_from([-1, *labels]), max_size=max_size))
    return labels, [int(code) for code in codes]


@st.composite
def with_amounts(draw, amounts):
    labels, codes = draw(labelled())
    return labels, codes, draw(st.lists(amounts, min_size=len(codes), max_size=len(codes)))


def classification(labels, codes):
    return Classification(labels=labels, codes=codes)


class TestClassification:
    def test_worked_example(self):
        tiers = classification(Tier, [0, 1, 2, 2, -1])
        assert tiers.counts == {Tier.GOLD: 1, Tier.SILVER: 1, Tier.BRONZE: 2}
        assert tiers.shares == {Tier.GOLD: 0.2, Tier.SILVER: 0.2, Tier.BRONZE: 0.4}
        assert (tiers.n, tiers.n_undetermined) == (5, 1)
        assert tiers.value_shares([50, 20, 10, 10, 10])[Tier.GOLD] == 0.5
        assert tiers.mask(Tier.BRONZE).tolist() == [False, False, True, True, False]

    @given(labelled())
    def test_counts_equal_counting_one_by_one(self, pair):
        labels, codes = pair
        found = classification(labels, codes)
        assert found.counts == {label: codes.count(label) for label in labels}
        assert list(found.counts) == list(found.shares) == list(labels)
        assert found.n_undetermined == codes.count(-1)
        assert sum(found.counts.values()) + found.n_undetermined == found.n == len(codes)

    @given(labelled())
    def test_shares_are_of_all_customers_and_nan_exactly_without_customers(self, pair):
        found = classification(*pair)
        if found.n:
            total = sum(found.shares.values()) + found.n_undetermined / found.n
            assert total == pytest.approx(1)
            assert all(0 <= share <= 1 for share in found.shares.values())
        assert all(math.isnan(share) == (found.n == 0) for share in found.shares.values())

    @given(labelled())
    def test_masks_and_the_undetermined_split_the_customers(self, pair):
        found = classification(*pair)
        masks = [found.mask(label) for label in found.labels] + [found.codes == -1]
        assert (np.sum(masks, axis=0) == 1).all()
        assert all(mask.shape == (found.n,) and mask.dtype == bool for mask in masks)

    @pytest.mark.parametrize(
        "given_as",
        [
            list,
            tuple,
            iter,
            np.array,
            lambda x: np.array(x, np.int16)[::-1][::-1],
            lambda x: np.array(x, ">i8"),
            lambda x: np.array(x, object),
            lambda x: np.ma.array(x),
            lambda x: [Tier(code) if code >= 0 else code for code in x],
            lambda x: [np.int32(code) for code in x],
        ],
    )
    def test_container_of_the_codes_does_not_matter(self, given_as):
        codes = [0, 2, -1, 1]
        found = classification(Tier, given_as(codes))
        assert found.codes.dtype == np.int8
        assert found.codes.tolist() == codes

    def test_unsigned_codes_are_codes(self):
        assert classification(Tier, np.array([0, 2], np.uint64)).codes.tolist() == [0, 2]

    def test_codes_are_a_copy_that_cannot_be_changed(self):
        codes = np.array([0, 1, 2], np.int8)
        found = classification(Tier, codes)
        codes[0] = 2
        assert found.codes.tolist() == [0, 1, 2]
        for array in (found.codes, found.mask(Tier.GOLD)):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
        with pytest.raises(AttributeError):
            found.codes = codes

    @given(labelled())
    def test_repr_gives_the_counts(self, pair):
        labels, codes = pair
        found = classification(labels, codes)
        for label in labels:
            assert f"{label.name}={codes.count(label)}" in repr(found)
        assert ("undetermined" in repr(found)) == (-1 in codes)

    def test_repr_of_the_worked_example(self):
        tiers = classification(Tier, [0, 1, 2, 2, -1])
        assert repr(tiers) == "Classification(GOLD=1, SILVER=1, BRONZE=2, undetermined=1)"

    @given(labelled())
    def test_survives_pickling(self, pair):
        found = classification(*pair)
        again = pickle.loads(pickle.dumps(found))
        assert again.equals(found)
        assert not again.codes.flags.writeable

    @given(labelled(Tier), labelled(Tier))
    def test_equals_exactly_where_labels_and_codes_agree(self, one, other):
        assert classification(*one).equals(classification(*one))
        assert classification(*one).equals(classification(*other)) == (one == other)

    def test_does_not_equal_the_same_codes_with_other_labels(self):
        class Level(IntEnum):
            LOW = 0
            HIGH = 1

        assert not classification(Tier, [0, 1]).equals(classification(Level, [0, 1]))
        assert not classification(Tier, []).equals(classification(Level, []))

    @pytest.mark.parametrize(
        ("labels", "codes", "message"),
        [
            (Tier, [0, 3], "codes must be values of the labels, or -1, got codes=3 at index 1"),
            (Tier, [0, 300], "codes must be values of the labels, or -1, got codes=300 at index 1"),
            (Tier, [256], "codes must be values of the labels, or -1, got codes=256 at index 0"),
            (Tier, [255], "codes must be values of the labels, or -1, got codes=255 at index 0"),
            (Tier, [-2], "codes must be values of the labels, or -1, got codes=-2 at index 0"),
            (Gapped, [3, 0], "codes must be values of the labels, or -1, got codes=0 at index 1"),
            (Gapped, [4], "codes must be values of the labels, or -1, got codes=4 at index 0"),
            (Tier, [2**63], f"codes must be less than 2**63, got codes={2**63} at index 0"),
            (Tier, [0, None], "codes must not be missing, got codes=None at index 1"),
            (Tier, [0, math.nan], "codes must not be missing, got codes=nan at index 1"),
            (
                Tier,
                np.ma.array([0, 1], mask=[0, 1]),
                "codes must not be missing, got codes=masked at index 1",
            ),
        ],
    )
    def test_says_which_code_is_wrong(self, labels, codes, message):
        with pytest.raises(ValueError) as error:
            classification(labels, codes)
        assert str(error.value) == message

    @pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "O"])
    def test_no_wide_code_turns_into_another_one(self, dtype):
        limits = np.iinfo("i8" if dtype == "O" else dtype)
        wide = (100, 127, 128, 255, 256, 300, 65536, 2**32, 2**40)
        for code in (*wide, *(-code for code in wide)):
            if limits.min <= code <= limits.max:
                with pytest.raises(ValueError, match=f"got codes={code} at index 1"):
                    classification(Tier, np.array([1, code], dtype))

    @pytest.mark.parametrize(
        ("codes", "message"),
        [
            ([0.0, 1.0], "codes must hold integers, got dtype float64"),
            ([True, False], "codes must hold numbers, got dtype bool"),
            (["0"], "codes must hold numbers, got text such as '0'"),
            ([[0]], "codes must be one-dimensional, got shape (1, 1)"),
            (0, "codes must be one-dimensional, got shape ()"),
            (None, "codes must be an array or a sequence, got NoneType"),
        ],
    )
    def test_says_of_which_kind_codes_are(self, codes, message):
        with pytest.raises(TypeError) as error:
            classification(Tier, codes)
        assert str(error.value) == message

    def test_says_of_which_kind_labels_are(self):
        class Word(Enum):
            GOLD = "gold"

        for labels in (Word, Tier.GOLD, int, ("GOLD",), None):
            with pytest.raises(TypeError, match="^labels must be a subclass of IntEnum, got "):
                classification(labels, [])

    @pytest.mark.parametrize("value", [-1, -2, 128, 300])
    def test_refuses_labels_that_no_code_can_hold(self, value):
        labels = IntEnum("labels", {"FIRST": 1, "OTHER": value})
        with pytest.raises(ValueError) as error:
            classification(labels, [])
        assert str(error.value) == f"labels must have values from 0 to 127, got labels=[1, {value}]"

    def test_refuses_an_enumeration_without_labels(self):
        with pytest.raises(ValueError, match=r"got labels=\[\]$"):
            classification(IntEnum("labels", {}), [])

    def test_refuses_a_label_of_another_enumeration(self):
        found = classification(Tier, [0])
        for label in (Gapped.FIRST, 0, "GOLD", None):
            for method in (found.mask, found.interval):
                with pytest.raises(TypeError, match="^label must be one of Tier, got "):
                    method(label)


class TestValueShares:
    @given(with_amounts(st.integers(0, 10**6)))
    def test_equal_fractions_of_exact_sums(self, data):
        labels, codes, amounts = data
        found = classification(labels, codes).value_shares(amounts)
        total = sum(amounts)
        assert list(found) == list(labels)
        for label in labels:
            carried = sum(
                amount for code, amount in zip(codes, amounts, strict=True) if code == label
            )
            assert math.isnan(found[label]) == (total <= 0)
            if total > 0:
                assert found[label] == pytest.approx(float(Fraction(carried, total)), rel=1e-12)

    @given(with_amounts(st.integers(2**53, 2**62)))
    def test_integers_that_no_float_holds_cost_nothing(self, data):
        labels, codes, amounts = data
        found = classification(labels, codes).value_shares(amounts)
        for label in labels if codes else ():
            carried = sum(
                amount for code, amount in zip(codes, amounts, strict=True) if code == label
            )
            assert found[label] == pytest.approx(float(Fraction(carried, sum(amounts))), rel=1e-12)

    @given(labelled())
    def test_equal_shares_of_customers_where_all_are_worth_the_same(self, pair):
        found = classification(*pair)
        assert found.value_shares([7] * found.n) == pytest.approx(found.shares, nan_ok=True)

    @given(with_amounts(st.integers(-100, 100)))
    def test_are_nan_exactly_unless_the_total_is_positive(self, data):
        labels, codes, amounts = data
        found = classification(labels, codes).value_shares(amounts)
        assert all(math.isnan(share) == (sum(amounts) <= 0) for share in found.values())

    def test_the_undetermined_carry_the_rest(self):
        assert classification(Tier, [0, -1]).value_shares([1, 3])[Tier.GOLD] == 0.25

    @given(npst.arrays(npst.integer_dtypes(sizes=(8, 16, 32, 64)), 3, elements=st.integers(0, 100)))
    def test_dtype_of_the_amounts_does_not_matter(self, amounts):
        found = classification(Tier, [0, 1, 1])
        kept = amounts.copy()
        assert found.value_shares(amounts) == pytest.approx(
            found.value_shares(amounts.astype(float)), nan_ok=True
        )
        np.testing.assert_array_equal(amounts, kept)

    @pytest.mark.parametrize(
        ("amounts", "message"),
        [
            ([1], "customers and amounts must have the same length, got 2, 1"),
            ([1, math.inf], "amounts must be finite, got amounts=inf at index 1"),
            ([1, None], "amounts must not be missing, got amounts=None at index 1"),
        ],
    )
    def test_says_which_amount_is_wrong(self, amounts, message):
        with pytest.raises(ValueError) as error:
            classification(Tier, [0, 1]).value_shares(amounts)
        assert str(error.value) == message

    def test_refuses_what_is_no_number(self):
        with pytest.raises(TypeError, match="^amounts must hold numbers, got text such as '.'$"):
            classification(Tier, [0, 1]).value_shares(["1", "2"])


class TestExactValueShares:
    def test_integers_that_cancel_leave_an_exact_total(self):
        tiers = classification(Tier, [0, 1, 2])
        assert tiers.value_shares([2**60 + 1, -(2**60), 0])[Tier.GOLD] == 2.0**60

    def test_floats_that_cancel_but_for_rounding_leave_none(self):
        tiers = classification(Tier, [1, 1, 0])
        assert all(map(math.isnan, tiers.value_shares([0.1, 0.2, -0.3]).values()))

    def test_totals_beyond_the_range_of_floats_are_shared(self):
        assert classification(Tier, [0, 1]).value_shares([1e308, 1e308])[Tier.GOLD] == 0.5


class TestInterval:
    @given(labelled(), confidences)
    def test_is_that_of_the_share_where_all_are_settled(self, pair, confidence):
        labels, codes = pair
        found = classification(labels, [code for code in codes if code >= 0])
        for label in labels:
            expected = wilson_interval(found.counts[label], found.n, confidence=confidence)
            assert found.interval(label, confidence=confidence) == expected

    @given(labelled(), confidences, st.data())
    def test_holds_that_of_every_way_to_settle_the_rest(self, pair, confidence, data):
        labels, codes = pair
        open_interval = classification(labels, codes).interval
        settled = [
            code if code >= 0 else int(data.draw(st.sampled_from(list(labels)))) for code in codes
        ]
        for label in labels if codes else ():
            wide = open_interval(label, confidence=confidence)
            narrow = classification(labels, settled).interval(label, confidence=confidence)
            assert wide.low <= narrow.low
            assert narrow.high <= wide.high

    def test_runs_from_nobody_to_all_of_the_undetermined(self):
        found = classification(Tier, [0] * 30 + [1] * 50 + [-1] * 20)
        interval = found.interval(Tier.GOLD)
        assert interval.low == wilson_interval(30, 100).low
        assert interval.high == wilson_interval(50, 100).high

    def test_is_nan_exactly_without_customers(self):
        assert math.isnan(classification(Tier, []).interval(Tier.GOLD).low)
        assert classification(Tier, [-1]).interval(Tier.GOLD).low == 0
