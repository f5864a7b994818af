import datetime as dt
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import days, evidence, fitting, texts

from loyalkit.planning_criteria import PLANNING_CRITERIA
from loyalkit.planning_evidence import CriterionState, PlanCriterion, PlanEvidence

DEFINITIONS = {definition.id: definition for definition in PLANNING_CRITERIA}


class TestPlanEvidence:
    @given(evidence)
    def test_survives_pickling_and_hashing(self, piece):
        assert pickle.loads(pickle.dumps(piece)) == piece
        assert hash(attrs.evolve(piece)) == hash(piece)

    @given(days)
    def test_text_and_date_mean_the_same_day(self, day):
        written = PlanEvidence("survey", "x", date=day.isoformat())
        assert written == PlanEvidence("survey", "x", date=day)
        assert written == PlanEvidence("survey", "x", date=np.datetime64(day))
        assert type(written.date) is dt.date

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ({"kind": "rumour"}, "kind must be one of 'behaviour', .*, got kind='rumour'"),
            ({"reference": "\n"}, "reference must not be blank"),
            ({"reference": "x" * 10_001}, "reference must have at most 10000 characters"),
            ({"note": " "}, "note must not be blank"),
            ({"date": "20250101"}, "date must be a date such as 2017-01-31, got date='20250101'"),
            ({"date": "2025-02-29"}, "date must be a date such as"),
            ({"date": "2025-W01-1"}, "date must be a date such as"),
            ({"date": np.datetime64("2025-01")}, "date must be a date such as"),
            ({"date": np.datetime64("NaT", "D")}, "date must be a date such as"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, wrong, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            PlanEvidence(**{"kind": "survey", "reference": "x", **wrong})

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ({"kind": 1}, "kind must be text, got int"),
            ({"reference": None}, "reference must be text, got NoneType"),
            ({"note": b"x"}, "note must be text, got bytes"),
            ({"date": dt.datetime(2025, 1, 1)}, "date must be a date without a time of day"),
            ({"date": 20250101}, "date must be a date without a time of day, got int"),
        ],
    )
    def test_refuses_other_types(self, wrong, message):
        with pytest.raises(TypeError, match=f"^{message}"):
            PlanEvidence(**{"kind": "survey", "reference": "x", **wrong})

    def test_text_is_stored_plain(self):
        assert type(PlanEvidence("survey", np.str_("x")).reference) is str


class TestPlanCriterion:
    @given(st.sampled_from(PLANNING_CRITERIA), st.lists(evidence, max_size=2), texts)
    def test_state_follows_from_what_is_stored(self, definition, pieces, reason):
        line = PlanCriterion(definition=definition)
        met = attrs.evolve(line, evidence=[fitting(line, piece) for piece in pieces])
        assert met.state is (CriterionState.MET if pieces else CriterionState.OPEN)
        assert attrs.evolve(line, waiver=reason).state is CriterionState.WAIVED
        assert line.is_open == met.is_open or pieces

    @given(st.sampled_from(PLANNING_CRITERIA), evidence)
    def test_is_met_only_by_evidence_of_the_right_kind(self, definition, piece):
        if piece.kind in definition.kinds:
            assert not PlanCriterion(definition=definition, evidence=[piece]).is_open
        else:
            with pytest.raises(ValueError, match=f"^kind must be .* for criterion {definition.id}"):
                PlanCriterion(definition=definition, evidence=[piece])

    def test_a_waiver_does_not_stand_beside_evidence(self):
        pieces = [PlanEvidence("survey", "x")]
        with pytest.raises(ValueError, match=r"^waiver must not stand beside evidence of 1\.4"):
            PlanCriterion(definition=DEFINITIONS["1.4"], evidence=pieces, waiver="x")

    def test_knows_what_it_is_about(self):
        segment = PlanCriterion(definition=DEFINITIONS["2.3"], part="a]b")
        department = PlanCriterion(definition=DEFINITIONS["5.3"], part="shop")
        programme = PlanCriterion(definition=DEFINITIONS["5.1"])
        assert (segment.key, segment.segment, segment.department) == ("2.3[a]b]", "a]b", None)
        assert (department.segment, department.department) == (None, "shop")
        assert (programme.key, programme.segment, programme.department) == ("5.1", None, None)

    def test_is_shown_in_a_line(self):
        line = PlanCriterion(definition=DEFINITIONS["2.3"], part="CORE", waiver="x")
        assert repr(line) == f"PlanCriterion('2.3[CORE]', 'waived', {line.text!r})"
        agreed = PlanCriterion(definition=DEFINITIONS["5.1"], owner="Ida", due="2026-03-31")
        assert repr(agreed).endswith("', owner='Ida', due='2026-03-31')")

    def test_evidence_has_a_limit(self):
        pieces = [PlanEvidence("survey", "x")] * 1000
        line = PlanCriterion(definition=DEFINITIONS["1.4"], evidence=pieces)
        with pytest.raises(ValueError, match="^evidence must have at most 1000 pieces"):
            attrs.evolve(line, evidence=[*pieces, pieces[0]])
