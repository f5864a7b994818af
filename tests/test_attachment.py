import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import fractions

from loyalkit.attachment import (
    EMOTIONAL_FACTORS,
    QUOTED_REPURCHASE_RATES,
    Attachment,
    attachment_index,
    attachment_levels,
    expected_repurchase,
)
from loyalkit.consistency import internal_consistency

LOW, LIKE, LOVE = Attachment
indices = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=30)
two_cuts = st.tuples(st.integers(0, 10), st.integers(1, 5)).map(lambda c: (c[0], c[0] + c[1]))


@st.composite
def shares_of_levels(draw):
    """Shares of the three levels that add up to 1."""
    counts = draw(st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any))
    return {level: count / sum(counts) for level, count in zip(Attachment, counts, strict=True)}


@st.composite
def surveys(draw, gaps=True):
    """Answers from 0 to 10 of some customers about some factors, some left open (None)."""
    n, k = draw(st.integers(0, 8)), draw(st.integers(1, 8))
    answers = draw(npst.arrays(np.int64, (n, k), elements=st.integers(0, 10))).astype(object)
    if gaps:
        answers[draw(npst.arrays(bool, (n, k)))] = None
    return answers


def plain_index(row, weights, turned, fewest, low=0, high=10):
    """Index of one customer by the definition, exactly; NaN where too little was answered."""
    given = [j for j, x in enumerate(row) if x is not None]
    if len(given) < fewest:
        return math.nan
    above = sum(weights[j] * (high - row[j] if turned[j] else row[j] - low) for j in given)
    return float(Fraction(above, (high - low) * sum(weights[j] for j in given)))


class TestEmotionalFactors:
    def test_are_the_seven_of_the_article_in_its_order(self):
        assert len(set(EMOTIONAL_FACTORS)) == 7
        assert (EMOTIONAL_FACTORS[0], EMOTIONAL_FACTORS[-1]) == ("trust", "credibility")


class TestAttachment:
    def test_values_are_frozen(self):
        assert {level.name: int(level) for level in Attachment} == {"LOW": 0, "LIKE": 1, "LOVE": 2}


class TestAttachmentIndex:
    def test_worked_example(self):
        """Means of 19 / 28 and 26 / 28 of the way from 1 to 5."""
        answers = [[4, 4, 3, 4, 3, 4, 4], [5, 5, 4, 5, 5, 4, 5]]
        bond = attachment_index(answers, lowest=1, highest=5)
        assert bond.index.tolist() == [19 / 28, 26 / 28]
        assert bond.means.tolist() == [7 / 8, 7 / 8, 5 / 8, 7 / 8, 6 / 8, 6 / 8, 7 / 8]
        assert bond.names == EMOTIONAL_FACTORS

    def test_equal_customers_have_equal_indices_wherever_they_stand(self):
        random = np.random.default_rng(0)
        for k in range(2, 14):
            people = random.choice([1, 1.1, 1.3, 2, 3.3, 4.7, 5], (25, k))
            row = random.integers(25, size=1003)
            weights, names = random.random(k) + 0.01, [str(j) for j in range(k)]
            one, many = (
                attachment_index(x, lowest=1, highest=5, weights=weights, names=names).index
                for x in (people, people[row])
            )
            assert many.tolist() == one[row].tolist()

    @pytest.mark.parametrize("size", [1e308, 1e-320])
    def test_weights_may_be_of_any_size(self, size):
        answers = {"trust": [1, 5], "satisfaction": [3, 2]}
        plain, scaled = (
            attachment_index(answers, lowest=1, highest=5, weights=[x, x]).index for x in (1, size)
        )
        assert scaled.tolist() == plain.tolist()

    @given(surveys(), st.data())
    def test_agrees_with_one_customer_at_a_time_to_the_last_bit(self, answers, data):
        k = answers.shape[1]
        weights = data.draw(st.lists(st.integers(1, 5), min_size=k, max_size=k))
        turned = data.draw(st.lists(st.booleans(), min_size=k, max_size=k))
        fewest = data.draw(st.integers(1, k))
        names = [f"f{j}" for j in range(k)]
        bond = attachment_index(
            answers,
            lowest=0,
            highest=10,
            weights=weights,
            reverse=[name for name, x in zip(names, turned, strict=True) if x],
            min_answered=fewest,
            names=names,
        )
        expected = [plain_index(row, weights, turned, fewest) for row in answers.tolist()]
        np.testing.assert_array_equal(bond.index, expected)
        assert bond.n_answers.tolist() == [sum(x is not None for x in row) for row in answers]
        assert bond.n_unknown == sum(map(math.isnan, expected))

    @given(surveys())
    def test_is_nan_exactly_where_an_answer_is_missing_unless_fewer_are_enough(self, answers):
        bond = attachment_index(answers, lowest=0, highest=10)
        gaps = [None in row for row in answers.tolist()]
        assert np.isnan(bond.index).tolist() == gaps
        assert (bond.n, bond.n_complete, bond.n_unknown) == (
            len(gaps),
            gaps.count(False),
            gaps.count(True),
        )

    @given(st.integers(0, 10), st.integers(1, 9))
    def test_equal_answers_reach_their_own_cut_point(self, answer, k):
        bond = attachment_index([[answer] * k], lowest=0, highest=10)
        assert bond.index[0] == answer / 10

    @settings(max_examples=40)
    @given(surveys())
    def test_means_are_those_of_who_answered_each_factor(self, answers):
        bond = attachment_index(answers, lowest=0, highest=10)
        for mean, column in zip(bond.means, answers.T.tolist(), strict=True):
            given = [x for x in column if x is not None]
            expected = sum(given) / (10 * len(given)) if given else math.nan
            assert mean == pytest.approx(expected, nan_ok=True)

    @settings(max_examples=40)
    @given(surveys(), st.integers(1, 9), st.integers(-20, 20))
    def test_scale_does_not_matter(self, answers, unit, shift):
        moved = [[None if x is None else unit * x + shift for x in row] for row in answers]
        plain = attachment_index(answers, lowest=0, highest=10, min_answered=1)
        other = attachment_index(
            np.array(moved, object).reshape(answers.shape),
            lowest=shift,
            highest=10 * unit + shift,
            min_answered=1,
        )
        np.testing.assert_array_equal(plain.index, other.index)
        np.testing.assert_allclose(plain.means, other.means, atol=1e-12)

    @settings(max_examples=40)
    @given(surveys())
    def test_reversing_every_factor_turns_the_index_round(self, answers):
        names = [f"f{j}" for j in range(answers.shape[1])]
        there = attachment_index(answers, lowest=0, highest=10, names=names)
        back = attachment_index(answers, lowest=0, highest=10, names=names, reverse=names)
        np.testing.assert_allclose(back.index, 1 - there.index, atol=1e-12)
        assert back.alpha == pytest.approx(there.alpha, nan_ok=True, abs=1e-9)

    @settings(max_examples=40)
    @given(surveys())
    def test_consistency_is_that_of_the_complete_answers(self, answers):
        bond = attachment_index(answers, lowest=0, highest=10, min_answered=1)
        plain = internal_consistency(answers, names=bond.names)
        assert bond.n_complete == plain.n == bond.consistency.n
        assert bond.consistency.n_incomplete == plain.n_incomplete
        assert bond.alpha == pytest.approx(plain.alpha, nan_ok=True, abs=1e-9)
        assert bond.alpha_interval(0.9, method="bonett").low == pytest.approx(
            plain.interval(0.9, method="bonett").low, nan_ok=True, abs=1e-9
        )

    def test_reversed_items_enter_alpha_turned_round(self):
        answers = {"trust": [1, 2, 5, 4], "pushed": [5, 4, 1, 1]}
        plain = attachment_index(answers, lowest=1, highest=5)
        turned = attachment_index(answers, lowest=1, highest=5, reverse=["pushed"])
        assert plain.alpha < 0 < turned.alpha
        assert turned.index.tolist() == [0, 0.25, 1, 0.875]

    def test_a_heavier_factor_draws_the_index_towards_itself(self):
        bond = attachment_index([[0, 10]], lowest=0, highest=10, weights=[1, 3])
        assert bond.index.tolist() == [0.75]

    def test_factors_take_their_names_from_where_they_are(self):
        pandas = pytest.importorskip("pandas")
        columns = {"care": [1, 2, 3], "status": [2, None, 4]}
        bond = attachment_index(columns, lowest=0, highest=5)
        assert bond.names == ("care", "status")
        frame = pandas.DataFrame(columns)
        assert attachment_index(frame, lowest=0, highest=5).equals(bond)
        assert attachment_index(frame.convert_dtypes(), lowest=0, highest=5).equals(bond)
        assert attachment_index([[1, 2]], lowest=0, highest=5).names == ("answer 1", "answer 2")

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float32, object])
    def test_dtype_does_not_matter(self, dtype):
        answers = np.array([[1, 5, 3], [2, 2, 2], [5, 4, 5]])
        expected = attachment_index(answers, lowest=1, highest=5)
        assert attachment_index(answers.astype(dtype), lowest=1, highest=5).equals(expected)

    def test_inputs_are_not_changed_and_results_cannot_be(self):
        answers = np.array([[1.0, 5.0], [2.0, np.nan]])
        before = answers.copy()
        bond = attachment_index(
            answers, lowest=1, highest=5, min_answered=1, names=["a", "b"], reverse=["b"]
        )
        np.testing.assert_array_equal(answers, before)
        for array in (bond.index, bond.n_answers, bond.means):
            assert not array.flags.writeable

    def test_pickles_and_tells_equal_from_unequal(self):
        bond = attachment_index([[1, 5], [2, None]], lowest=1, highest=5)
        copy = pickle.loads(pickle.dumps(bond))
        assert copy.equals(bond)
        assert not copy.index.flags.writeable
        assert not attachment_index([[1, 5], [3, None]], lowest=1, highest=6).equals(bond)
        assert not attachment_index({"a": [1, 2], "b": [5, None]}, lowest=1, highest=5).equals(bond)
        apart, alike = (
            attachment_index(x, lowest=1, highest=5) for x in ([[1, 5], [5, 1]], [[3, 3], [3, 3]])
        )
        assert not apart.equals(alike)
        assert repr(bond) == "AttachmentIndex(n=2, n_complete=1, n_unknown=1, alpha=nan)"

    def test_says_what_is_wrong(self):
        def of(answers, *, lowest=1, highest=5, **more):
            return attachment_index(answers, lowest=lowest, highest=highest, **more)

        with pytest.raises(
            ValueError,
            match=r"^answers must be on the scale from 1 to 5, got answers=6.0 at index \(1, 0\)$",
        ):
            of([[1, 2], [6, 1]])
        with pytest.raises(ValueError, match=r"got answers=0.0 at index \(0, 1\)$"):
            of([[1, 0]])
        with pytest.raises(ValueError, match=r"^lowest must be less than highest=5, got lowest=5$"):
            of([[1, 2]], lowest=5)
        with pytest.raises(ValueError, match=r"^weights must be more than 0, .* at index 1$"):
            of([[1, 2]], weights=[1, 0])
        with pytest.raises(
            ValueError, match=r"^weights must be one number, or one for each of 2 columns, got"
        ):
            of([[1, 2]], weights=[1, 2, 3])
        with pytest.raises(
            ValueError, match=r"^weights must be one number, or one for each of 2 columns, got"
        ):
            of([[1, 2]], weights=[1])
        with pytest.raises(
            ValueError, match=r"^reverse must be among 'answer 1', 'answer 2', got reverse='x'$"
        ):
            of([[1, 2]], reverse=["x"])
        with pytest.raises(TypeError, match=r"^reverse must be a sequence of names, got str$"):
            of([[1, 2]], reverse="answer 1")
        for fewest in (0, 3):
            with pytest.raises(
                ValueError, match=r"^min_answered must be from 1 to the number of factors, 2, got"
            ):
                of([[1, 2]], min_answered=fewest)


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
