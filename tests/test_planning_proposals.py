import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import evidence, given_plans, measures

from loyalkit.intervals import Interval
from loyalkit.kinds import Segment
from loyalkit.planning_evidence import CriterionState, PlanEvidence
from loyalkit.planning_findings import FindingSubject, PlanFinding
from loyalkit.planning_proposals import (
    RECORDED,
    SEGMENT_TACTICS,
    PlanProposal,
    ProposalKind,
    proposals_from,
)
from loyalkit.profiles import SEGMENT_PROFILES
from loyalkit.program_planner import ProgramPlan

LOG = PlanEvidence("behaviour", "log", "in words")
SURVEY = PlanEvidence("survey", "survey", "in words")


def finding(subject, segment="CORE", piece=LOG, **fields):
    return PlanFinding(
        subject=subject,
        segment=segment,
        evidence=piece,
        interval=Interval(0.1, 0.2, 0.95),
        customers=100,
        **fields,
    )


def suggested(*findings, plan=None):
    plan = plan or ProgramPlan.start(segments=Segment, departments=["shop"])
    lines = {line.key: line for line in plan.criteria}
    return proposals_from(findings, lines, plan.hidden_potential)


def told(proposals):
    return [(x.criterion, x.kind.value) for x in proposals]


class TestSuggestions:
    @pytest.mark.parametrize("segment", Segment)
    def test_a_kind_of_loyalty_gets_its_profile_and_a_mix(self, segment):
        made = suggested(finding("size", segment.name, standing="unclear"))
        texts = {(x.id, x.kind): x.text for x in made if x.kind is not ProposalKind.ACTION}
        profile = SEGMENT_PROFILES[segment]
        level = getattr(profile.next_level, "name", "advocate")
        assert texts["2.5", "objective"] == f"Lead them to the next level: {level}"
        assert texts["5.6", "objective"] == profile.objective
        actions = [x.text for x in made if told([x]) == [(f"5.6[{segment.name}]", "action")]]
        assert tuple(actions) == profile.actions
        tactics = [x.text for x in made if x.kind is ProposalKind.TACTIC]
        assert tuple(tactics) == SEGMENT_TACTICS[segment]
        assert {x.segment for x in made} == {segment.name}
        assert not any(x.kind in RECORDED for x in made)

    def test_every_mix_holds_a_tactic_and_no_two_are_alike(self):
        assert set(SEGMENT_TACTICS) == set(Segment)
        assert all(SEGMENT_TACTICS.values())
        assert len(set(SEGMENT_TACTICS.values())) == len(Segment)

    def test_the_means_of_the_article_all_occur(self):
        means = {text.partition(":")[0] for texts in SEGMENT_TACTICS.values() for text in texts}
        assert means == {"Community", "E-mail", "Customer-specific content", "Personal contact"}

    def test_a_segment_that_nobody_can_belong_to_gets_nothing(self):
        assert not suggested(finding("size", standing="below"))

    def test_a_segment_of_another_kind_gets_no_profile(self):
        plan = ProgramPlan.start(segments=["gold"], departments=["shop"])
        assert not suggested(finding("size", "gold", standing="above"), plan=plan)

    @pytest.mark.parametrize("standing, verdicts", [("above", 1), ("unclear", 1), ("below", 0)])
    def test_hidden_potential_is_a_verdict_and_no_is_not_proposed(self, standing, verdicts):
        made = suggested(finding("hidden potential", "LOW", standing=standing))
        assert told(made) == [("3.1[LOW]", "verdict")] * verdicts

    def test_a_verdict_is_proposed_unless_it_is_yes_or_waived(self):
        plan = ProgramPlan.start(segments=Segment, departments=["shop"])
        potential = finding("hidden potential", "LOW", standing="above")
        assert suggested(potential, plan=plan.judge_potential("LOW", False, LOG))
        assert not suggested(potential, plan=plan.judge_potential("LOW", True, LOG))
        assert not suggested(potential, plan=plan.waive("3.1[LOW]", "no time"))

    @pytest.mark.parametrize(
        "subject, segment, fields, expected",
        [
            ("retention rate", None, {}, [("1.1", "evidence")]),
            ("net promoter score", None, {"piece": SURVEY}, [("1.2", "evidence")]),
            ("retention rate", "CORE", {}, [("2.4[CORE]", "evidence")]),
            ("retention rate", "CORE", {"standing": "above"}, [("2.4[CORE]", "evidence")]),
            (
                "retention rate",
                "CORE",
                {"standing": "below"},
                [("2.4[CORE]", "evidence"), ("5.6[CORE]", "action")],
            ),
            ("net promoter score", "CORE", {}, []),
            ("net promoter score", "CORE", {"standing": "below"}, [("5.6[CORE]", "action")]),
            ("net promoter score", "CORE", {"standing": "above"}, [("6.1[CORE]", "tactic")]),
            ("preferred channel", "CORE", {}, [("6.2[CORE]", "evidence")]),
            (
                "preferred channel",
                "CORE",
                {"channel": "app"},
                [("6.2[CORE]", "evidence"), ("6.3[CORE]", "evidence"), ("6.1[CORE]", "tactic")],
            ),
        ],
    )
    def test_what_a_finding_suggests(self, subject, segment, fields, expected):
        made = suggested(finding(subject, segment, **fields))
        assert told(made) == expected
        for proposal in made:
            if proposal.evidence is not None:
                assert proposal.evidence == fields.get("piece", LOG)
                assert proposal.text == "in words"

    @pytest.mark.parametrize(
        "subject, piece", [("retention rate", SURVEY), ("net promoter score", LOG)]
    )
    def test_evidence_of_the_wrong_kind_is_not_proposed(self, subject, piece):
        assert not suggested(finding(subject, None, piece=piece))

    @given_plans(st.data(), evidence)
    def test_only_what_is_open_is_proposed(self, plan, data, piece):
        new = plan.with_findings(piece, **data.draw(measures(plan.segments)))
        for proposal in set(new.proposals) - set(plan.proposals):
            line = plan.criterion(proposal.criterion)
            if proposal.kind is ProposalKind.VERDICT:
                assert line.id == "3.1"
                assert line.state is not CriterionState.WAIVED
                assert line.segment not in plan.hidden_potential
            else:
                assert line.is_open

    @given_plans(st.data(), evidence)
    def test_evidence_rests_on_a_finding_and_fits_its_criterion(self, plan, data, piece):
        new = plan.with_findings(piece, **data.draw(measures(plan.segments)))
        found = {x.key: x for x in new.findings}
        for proposal in new.proposals:
            rests_on = found[proposal.segment, proposal.subject]
            if proposal.evidence is not None:
                assert proposal.evidence == rests_on.evidence
                assert proposal.evidence.kind in plan.criterion(proposal.criterion).definition.kinds


class TestPlanProposal:
    @pytest.mark.parametrize(
        "key, id_, segment",
        [("1.1", "1.1", None), ("6.1[a[b]]", "6.1", "a[b]"), ("5.3[a]", "5.3", None)],
    )
    def test_knows_its_criterion_and_segment(self, key, id_, segment):
        idea = PlanProposal(criterion=key, kind="action", text="x", subject="size")
        assert (idea.id, idea.segment) == (id_, segment)

    @given(st.none() | st.booleans())
    def test_key_does_not_hang_on_the_answer(self, accepted):
        idea = PlanProposal(criterion="6.1[a]", kind="action", text="x", subject="size")
        assert attrs.evolve(idea, accepted=accepted).key == idea.key
        assert attrs.evolve(idea, text="y").key != idea.key

    @pytest.mark.parametrize(
        "changed, error, message",
        [
            ({"kind": "order"}, ValueError, "kind must be one of 'evidence', 'verdict', 'obj"),
            ({"subject": "x"}, ValueError, "subject must be one of 'size', 'hidden"),
            ({"criterion": ""}, ValueError, "criterion must not be blank"),
            ({"text": " "}, ValueError, "text must not be blank"),
            ({"evidence": None}, ValueError, "kind must have evidence exactly if it is EVIDENCE"),
            ({"kind": "action"}, ValueError, "kind must have evidence exactly if it is EVIDENCE"),
            ({"evidence": "x"}, TypeError, "evidence must be of type PlanEvidence, got str"),
            ({"kind": "verdict"}, ValueError, r"kind must be VERDICT exactly for 3\.1"),
            ({"criterion": "3.1[a]"}, ValueError, r"kind must be VERDICT exactly for 3\.1"),
            ({"accepted": 1}, TypeError, "accepted must be True, False or None, got int"),
            ({"accepted": True}, ValueError, "accepted must not be True: the plan records such"),
        ],
    )
    def test_says_what_is_wrong(self, changed, error, message):
        proposal = PlanProposal(
            criterion="1.1", kind="evidence", text="x", subject="size", evidence=LOG
        )
        with pytest.raises(error, match=f"^{message}"):
            attrs.evolve(proposal, **changed)

    def test_something_can_be_done_about_a_verdict(self):
        idea = PlanProposal(criterion="3.1[a]", kind="action", text="Ask", subject="size")
        assert idea.evidence is None

    def test_labels_are_read_from_their_values(self):
        idea = PlanProposal(criterion="6.1[a]", kind="tactic", text="x", subject="size")
        assert idea.kind is ProposalKind.TACTIC
        assert idea.subject is FindingSubject.SIZE
