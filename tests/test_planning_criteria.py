import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import texts

from loyalkit.planning_criteria import (
    EVIDENCE_KINDS,
    PLANNING_CRITERIA,
    CriterionDefinition,
    CriterionScope,
    PlanningStep,
    criterion_key,
    names_of,
    to_step,
)


class Colour(enum.IntEnum):
    RED = 0
    BLUE = 1


class TestPlanningStep:
    def test_names_are_numbered_as_published(self):
        assert [(step.value, step.name) for step in PlanningStep] == [
            (1, "IDENTIFY_DRIVERS"),
            (2, "DEFINE_SEGMENTS"),
            (3, "FIND_HIDDEN_POTENTIAL"),
            (4, "ANALYSE_MEDIA_AND_CONTENT"),
            (5, "PLAN_LOYALTY"),
            (6, "BUILD_MARKETING_MIX"),
        ]

    def test_each_step_needs_the_one_before_it(self):
        """Directly or through others: the order of next actions rests on it."""
        for step in list(PlanningStep)[1:]:
            reached, seen = set(step.needs), set()
            while reached - seen:
                need = (reached - seen).pop()
                seen.add(need)
                reached |= set(need.needs)
            assert {int(need) for need in seen} == set(range(1, step))

    def test_title_is_for_people(self):
        assert PlanningStep.FIND_HIDDEN_POTENTIAL.title == "Find hidden potential"

    @given(st.sampled_from(PlanningStep))
    def test_number_and_member_mean_the_same(self, step):
        assert to_step(int(step)) is to_step(step) is step

    @pytest.mark.parametrize("wrong", [0, 7, -1, 10**9])
    def test_refuses_other_numbers(self, wrong):
        with pytest.raises(ValueError, match=r"^step must be .*, got step="):
            to_step(wrong)

    @pytest.mark.parametrize("wrong", [True, "1", None, [1]])
    def test_refuses_what_is_no_number(self, wrong):
        with pytest.raises(TypeError, match=r"^step must be a number"):
            to_step(wrong)


class TestPlanningCriteria:
    def test_ids_and_scopes_are_those_of_the_reference(self):
        once = "1.1 1.2 1.3 1.4 2.1 5.1 5.2 5.4 5.5 5.7"
        each = "2.2 2.3 2.4 2.5 3.1 4.1 4.2 5.6 6.1 6.2 6.3"
        scopes = dict.fromkeys(once.split(), CriterionScope.PROGRAMME)
        scopes |= dict.fromkeys(each.split(), CriterionScope.SEGMENT)
        scopes |= {"3.2": CriterionScope.HIDDEN_SEGMENT, "5.3": CriterionScope.DEPARTMENT}
        assert {x.id: x.scope for x in PLANNING_CRITERIA} == scopes

    def test_are_in_order_and_filed_under_their_step(self):
        ids = [x.id for x in PLANNING_CRITERIA]
        assert ids == sorted(ids)
        assert all(x.step == int(x.id.split(".")[0]) for x in PLANNING_CRITERIA)

    def test_three_ask_for_one_kind_of_evidence(self):
        asked = {x.id: x.kinds for x in PLANNING_CRITERIA if x.kinds != EVIDENCE_KINDS}
        assert asked == {"1.1": ("behaviour",), "1.2": ("survey",), "1.3": ("interaction",)}

    def test_texts_say_different_things(self):
        assert len({x.text for x in PLANNING_CRITERIA}) == len(PLANNING_CRITERIA)
        assert all(x.phrase for x in PLANNING_CRITERIA)

    def test_ids_hold_no_brackets(self):
        with pytest.raises(ValueError, match="id must not hold brackets, got id='a\\[b'"):
            CriterionDefinition(id="a[b", step=1, text="x")


class TestCriterionKey:
    def test_worked_example(self):
        assert criterion_key("2.3", Colour.RED) == criterion_key("2.3", "RED") == "2.3[RED]"
        assert criterion_key("1.1") == "1.1"

    @given(*[st.sampled_from(PLANNING_CRITERIA).map(lambda x: x.id)] * 2, texts, texts)
    def test_different_criteria_have_different_keys(self, id_, other_id, name, other_name):
        same = criterion_key(id_, name) == criterion_key(other_id, other_name)
        assert same == ((id_, name) == (other_id, other_name))
        assert criterion_key(id_) != criterion_key(other_id, other_name)

    def test_says_which_argument_is_wrong(self):
        with pytest.raises(TypeError, match="^part must be text, got int"):
            criterion_key("2.3", 7)
        with pytest.raises(TypeError, match="^id must be text, got float"):
            criterion_key(2.3, "x")


class TestNames:
    def test_enumerations_texts_and_iterators_are_alike(self):
        expected = ("RED", "BLUE")
        for given_names in (Colour, list(Colour), ["RED", "BLUE"], iter(expected), expected):
            assert names_of("segments", given_names) == expected

    @given(st.lists(texts, min_size=1, unique=True))
    def test_order_is_kept(self, given_names):
        assert names_of("segments", given_names) == tuple(given_names)

    @pytest.mark.parametrize("wrong", ["RED", {"RED", "BLUE"}, 7, None])
    def test_refuses_what_is_no_sequence(self, wrong):
        with pytest.raises(TypeError, match="^segments must be a sequence of names"):
            names_of("segments", wrong)

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ([], "segments must hold at least one name"),
            (["a", "b", "a"], "segments must be distinct, got segments='a' at index 2"),
            (["RED", Colour.RED], "segments must be distinct"),
            (["a", " "], r"segments\[1\] must not be blank"),
            (["a" * 201], r"segments\[0\] must have at most 200 characters"),
            (["\ud800"], r"segments\[0\] must not hold half a surrogate pair"),
            (list(map(str, range(1001))), "segments must be at most 1000 names"),
        ],
    )
    def test_says_which_name_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            names_of("segments", wrong)

    def test_a_thousand_long_names_are_not_too_many(self):
        assert len(names_of("segments", [f"{i:0200}" for i in range(1000)])) == 1000
