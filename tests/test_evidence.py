import pickle
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.attachment import Attachment, attachment_levels
from loyalkit.classification import Classification
from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece, EvidenceTable
from loyalkit.tiers import UsageHalf

truths = st.sampled_from([True, False, None])
NAMES = [piece.name for piece in LOYALTY_EVIDENCE]
TRUTHS = [name for name in NAMES if name != "attachment"]


class TestEvidencePiece:
    def test_truth_values_are_said_as_yes_and_no(self):
        piece = EvidencePiece("likes_cake", bool)
        assert (piece.n_values, piece.word(0), piece.word(1)) == (2, "no", "yes")

    def test_levels_are_said_by_name(self):
        piece = EvidencePiece("attachment", Attachment)
        assert (piece.n_values, piece.word(2)) == (3, "LOVE")

    def test_refuses_levels_with_a_gap(self):
        gap = IntEnum("gap", {"A": 0, "B": 2})
        with pytest.raises(ValueError, match=r"values must run without a gap, .*got .*\[0, 2"):
            EvidencePiece("gap", gap)

    def test_only_the_reason_is_read_as_no_where_unknown(self):
        read = {piece.name: piece.when_unknown for piece in LOYALTY_EVIDENCE}
        assert read == dict.fromkeys(NAMES) | {"reason_known": False}

    def test_scores_are_said_by_number(self):
        piece = EvidencePiece("recency", range(1, 6))
        assert (piece.n_values, piece.levels, piece.word(5)) == (5, (1, 2, 3, 4, 5), "5")
        assert EvidencePiece("recency", range(5, 0, -1)).levels == piece.levels

    @pytest.mark.parametrize(
        "values", [range(0), range(-1, 3), range(1, 9, 2), range(100, 129)], ids=repr
    )
    def test_refuses_numbers_that_are_no_levels(self, values):
        with pytest.raises(ValueError, match="values must run without a gap, from 0 or more to 12"):
            EvidencePiece("score", values)

    def test_refuses_a_range_too_long_to_write_out(self):
        message = "values must run without a gap, .*got values='range"
        with pytest.raises(ValueError, match=message):
            EvidencePiece("cents", range(10**30))

    def test_takes_every_level_that_fits(self):
        assert EvidencePiece("score", range(128)).n_values == 128

    @pytest.mark.parametrize("values", [int, [1, 2], "bool", None])
    def test_refuses_what_is_no_kind_of_values(self, values):
        with pytest.raises(TypeError, match="values must be bool, a subclass of IntEnum or a ran"):
            EvidencePiece("score", values)

    def test_unknown_is_read_as_a_value_that_exists(self):
        with pytest.raises(ValueError, match="when_unknown must be from 1 to 5, got when_unkn"):
            EvidencePiece("score", range(1, 6), when_unknown=0)


SCORE, MOOD = EvidencePiece("score", range(1, 6)), EvidencePiece("mood", Attachment)


class TestEvidenceTable:
    @given(st.lists(st.sampled_from([None, 1, 2, 3, 4, 5]), max_size=20))
    def test_every_spelling_of_a_score_means_the_same(self, scores):
        plain = [-1 if x is None else x for x in scores]
        floats = [np.nan if x is None else float(x) for x in scores]
        for spelling in (scores, plain, floats, np.array(plain, np.int8), np.array(floats)):
            found = EvidenceTable([SCORE], {"score": spelling})
            assert found.known["score"].tolist() == plain
            assert found.columns[0].dtype == np.int8
            assert not found.columns[0].flags.writeable

    def test_pieces_that_are_not_named_are_unknown(self):
        evidence = EvidenceTable([SCORE, MOOD], {"score": [3, None]})
        assert evidence.known["mood"].tolist() == [-1, -1]
        assert repr(evidence) == "EvidenceTable(n=2, known: score=1)"
        assert repr(EvidenceTable([MOOD], {})) == "EvidenceTable(n=1, known: nothing)"

    @pytest.mark.parametrize("value", [0, 6, 2.5, -2])
    def test_says_which_score_is_wrong(self, value):
        with pytest.raises(
            ValueError,
            match=r"score must be a level from 1 to 5, or unknown \(.*\), got .* at index 2$",
        ):
            EvidenceTable([SCORE], {"score": [1, -1, value, 9]})

    @pytest.mark.parametrize("value", [0, 6, -2, -128, 127])
    def test_bytes_out_of_range_are_seen(self, value):
        with pytest.raises(
            ValueError, match=f"score must be a level .* got score={value} at index 2"
        ):
            EvidenceTable([SCORE], {"score": np.array([1, 5, value], np.int8)})

    @pytest.mark.parametrize("texts", [["LOVE", "LOW"], np.array(["LOVE"]), ["LOVE", None]])
    def test_names_are_no_levels(self, texts):
        rule = "attachment must hold levels from 0 to 2, or members of their enumeration, got text"
        with pytest.raises(TypeError, match=rule):
            Evidence(attachment=texts)
        with pytest.raises(TypeError, match="buys_regularly must hold True and False, got text"):
            Evidence(buys_regularly=texts)

    def test_refuses_truth_values_as_scores(self):
        with pytest.raises(TypeError, match="score must hold levels from 1 to 5, got truth values"):
            EvidenceTable([SCORE], {"score": [True]})
        with pytest.raises(TypeError, match="score must hold levels from 1 to 2, got truth values"):
            EvidenceTable([EvidencePiece("score", range(1, 3))], {"score": [True]})

    def test_two_scores_from_1_are_no_truth_values(self):
        with pytest.raises(ValueError, match="score must be a level from 1 to 2, or unknown"):
            EvidenceTable([EvidencePiece("score", range(1, 3))], {"score": [0, 1]})

    def test_takes_the_classes_of_a_piece_and_no_others(self):
        classes = Classification(labels=Attachment, codes=[2, -1])
        assert EvidenceTable([MOOD], {"mood": classes}).columns[0].tolist() == [2, -1]
        with pytest.raises(TypeError, match="score must be classified by range"):
            EvidenceTable([SCORE], {"score": classes})

    def test_refuses_what_no_piece_is_about(self):
        with pytest.raises(ValueError, match="known must be about score, mood, got known='snow'"):
            EvidenceTable([SCORE, MOOD], {"snow": [1]})
        for pieces in ([], [SCORE, SCORE]):
            with pytest.raises(ValueError, match="pieces must have different names, and be one"):
                EvidenceTable(pieces, {})

    def test_survives_pickling_and_compares_by_equals(self):
        evidence = EvidenceTable([SCORE, MOOD], {"score": [3, None]})
        again = pickle.loads(pickle.dumps(evidence))
        assert again.equals(evidence)
        assert not again.columns[0].flags.writeable
        assert not evidence.equals(EvidenceTable([SCORE, MOOD], {"score": [3, 3]}))
        assert not evidence.equals(EvidenceTable([SCORE], {"score": [3, None]}))


class TestEvidence:
    def test_worked_example(self):
        evidence = Evidence(
            buys_regularly=[True, False], attachment=[Attachment.LOVE, None], has_alternatives=True
        )
        assert evidence.n == 2
        assert evidence.buys_regularly.tolist() == [1, 0]
        assert evidence.attachment.tolist() == [2, -1]
        assert evidence.has_alternatives.tolist() == [1, 1]
        assert evidence.perceives_value.tolist() == [-1, -1]

    @given(st.lists(truths, max_size=20), st.sampled_from(TRUTHS))
    def test_every_spelling_of_unknown_means_the_same(self, answers, name):
        plain = [-1 if x is None else int(x) for x in answers]
        floats = [np.nan if x is None else float(x) for x in answers]
        masked = np.ma.array([bool(x) for x in answers], mask=[x is None for x in answers])
        for spelling in (
            answers,
            plain,
            floats,
            np.array(plain, np.int8),
            np.array(plain, np.int64),
            np.array(floats),
            np.array(answers, object),
            masked,
        ):
            evidence = Evidence(**{name: spelling})
            assert getattr(evidence, name).tolist() == plain
            assert getattr(evidence, name).dtype == np.int8

    @given(st.lists(st.sampled_from([None, *Attachment]), max_size=20))
    def test_every_spelling_of_a_level_means_the_same(self, levels):
        plain = [-1 if x is None else int(x) for x in levels]
        floats = [np.nan if x is None else float(x) for x in levels]
        classes = Classification(labels=Attachment, codes=plain)
        expected = Evidence(attachment=levels)
        assert expected.attachment.tolist() == plain
        for spelling in (plain, floats, np.array(plain, np.int8), classes):
            assert Evidence(attachment=spelling).equals(expected)

    @pytest.mark.parametrize("name", NAMES[1:])
    @pytest.mark.parametrize("value", [1, 1.0, np.int8(1), Attachment.LIKE])
    def test_a_scalar_holds_for_all(self, name, value):
        evidence = Evidence(**{name: value}, buys_regularly=[1, 0, None])
        assert getattr(evidence, name).tolist() == [1, 1, 1]

    @pytest.mark.parametrize("name", TRUTHS[1:])
    @pytest.mark.parametrize("value", [True, np.True_])
    def test_a_scalar_truth_value_holds_for_all(self, name, value):
        evidence = Evidence(**{name: value}, buys_regularly=[1, 0, None])
        assert getattr(evidence, name).tolist() == [1, 1, 1]

    @pytest.mark.parametrize("unknown", [None, -1, np.nan, np.ma.masked])
    def test_an_unknown_scalar_is_unknown_for_all(self, unknown):
        evidence = Evidence(attachment=unknown, perceives_value=[True, False])
        assert evidence.attachment.tolist() == [-1, -1]

    def test_is_about_one_customer_unless_a_piece_has_more(self):
        assert Evidence().n == 1
        assert Evidence(attachment=Attachment.LOVE, buys_regularly=True).n == 1
        assert Evidence(attachment=[], buys_regularly=True).n == 0

    def test_truth_values_may_be_spelt_in_several_ways_at_once(self):
        evidence = Evidence(perceives_value=[True, 0, None, np.False_, 1.0, -1])
        assert evidence.perceives_value.tolist() == [1, 0, -1, 0, 1, -1]
        assert Evidence(perceives_value=np.array(True, object)).perceives_value.tolist() == [1]

    def test_takes_unknown_levels_of_all_customers(self):
        assert Evidence(attachment=[None, None]).attachment.tolist() == [-1, -1]

    def test_takes_what_attachment_levels_returns(self):
        levels = attachment_levels([0.9, None, 0.1], like_from=0.3, love_from=0.8)
        assert Evidence(attachment=levels).attachment.tolist() == [2, -1, 0]

    def test_takes_columns_of_frames(self):
        pd = pytest.importorskip("pandas")
        pl = pytest.importorskip("polars")
        pa = pytest.importorskip("pyarrow")
        answers = [True, None, False]
        for spelling in (
            pd.Series(answers, dtype="boolean"),
            pd.Series(answers, dtype="boolean[pyarrow]"),
            pd.Series(answers, dtype=object),
            pl.Series(answers),
            pa.array(answers),
        ):
            assert Evidence(buys_exclusively=spelling).buys_exclusively.tolist() == [1, -1, 0]
        for levels in (
            pd.Series([2, None, 0], dtype="Int8"),
            pl.Series([2, None, 0]),
            pa.array([2, None, 0]),
        ):
            assert Evidence(attachment=levels).attachment.tolist() == [2, -1, 0]

    @pytest.mark.parametrize(
        "values", [[0, 2], [0, -2], [1, 0.5], [None, 2], [1, np.inf], [None, 3.0]]
    )
    @pytest.mark.parametrize("name", TRUTHS)
    def test_says_which_truth_value_is_wrong(self, name, values):
        rule = f"{name} must be true or false, or unknown .*, got {name}={values[1]} at index 1"
        with pytest.raises(ValueError, match=rule):
            Evidence(**{name: values})

    @pytest.mark.parametrize("values", [[0, 3], [2, -2], [1, 1.5], np.array([1, 200], np.uint8)])
    def test_says_which_level_is_wrong(self, values):
        rule = f"attachment must be a level from 0 to 2, .* got attachment={values[1]} at index 1"
        with pytest.raises(ValueError, match=rule):
            Evidence(attachment=values)

    def test_says_which_scalar_is_wrong(self):
        with pytest.raises(ValueError, match=r"got attachment=3$"):
            Evidence(attachment=3)

    @pytest.mark.parametrize(
        "values",
        [["yes", "no"], "yes", [True, "no"], [[True], [False]], {"a": True}, 1j, ["1", None]],
    )
    @pytest.mark.parametrize("name", NAMES)
    def test_refuses_what_is_neither_truth_nor_level(self, name, values):
        with pytest.raises(TypeError, match=f"{name} must"):
            Evidence(**{name: values})

    @pytest.mark.parametrize("values", [True, [True, False], [True, None], np.array([False])])
    def test_refuses_truth_values_as_attachment(self, values):
        with pytest.raises(TypeError, match="attachment must hold levels from 0 to 2, got truth"):
            Evidence(attachment=values)

    def test_refuses_another_kind_of_class_as_attachment(self):
        other = IntEnum("other", {"A": 0, "B": 1})
        with pytest.raises(TypeError, match="attachment must be classified by Attachment"):
            Evidence(attachment=Classification(labels=other, codes=[0, 1]))

    def test_refuses_an_enumeration_as_truth_and_says_what_to_pass(self):
        # UsageHalf.HEAVY is 0, which would read as no.
        halves = Classification(labels=UsageHalf, codes=[0, 1])
        message = "buys_regularly must be classified by bool: pass its codes where 1 means yes, got"
        with pytest.raises(TypeError, match=message):
            Evidence(buys_regularly=halves)

    def test_refuses_pieces_of_different_length(self):
        with pytest.raises(ValueError, match=r"must have the same length, got 3, 1"):
            Evidence(buys_regularly=[1, 0, 1], attachment=[2])

    def test_cannot_be_changed_and_changes_nothing(self):
        given_values = np.array([1, 0, -1], np.int8)
        evidence = Evidence(buys_regularly=given_values, attachment=1)
        for name in NAMES:
            with pytest.raises(ValueError, match="read-only"):
                getattr(evidence, name)[0] = 0
        given_values[0] = 0

    def test_equals_is_true_exactly_when_all_pieces_agree(self):
        evidence = Evidence(buys_regularly=[1, 0], attachment=[2, None])
        assert evidence.equals(Evidence(buys_regularly=[True, False], attachment=[2.0, np.nan]))
        assert not evidence.equals(Evidence(buys_regularly=[1, 0], attachment=[2, 0]))
        assert not evidence.equals(Evidence(buys_regularly=[1, 0]))
        assert not evidence.equals(Evidence(buys_regularly=[1, 0, 0], attachment=[2, None, None]))

    def test_survives_pickling(self):
        evidence = Evidence(buys_regularly=[1, 0], attachment=2)
        again = pickle.loads(pickle.dumps(evidence))
        assert again.equals(evidence)
        assert not any(getattr(again, name).flags.writeable for name in NAMES)

    def test_repr_says_how_much_is_known(self):
        assert repr(Evidence(attachment=[2, None, 0])) == "Evidence(n=3, known: attachment=2)"
        assert repr(Evidence()) == "Evidence(n=1, known: nothing)"
