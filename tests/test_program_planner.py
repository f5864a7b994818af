import copy
import enum
import itertools
import json
import math
import pickle
import re

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from planning_strategies import (
    days,
    evidence,
    fitting,
    given_plans,
    names,
    settle,
    texts,
    update,
    updates,
)

from loyalkit.planning_criteria import PlanningStep, StepStatus, criterion_key
from loyalkit.planning_evidence import CriterionState, PlanCriterion, PlanEvidence
from loyalkit.program_planner import ProgramPlan

NEEDS = {1: [], 2: [1], 3: [2], 4: [2, 3], 5: [2, 4], 6: [2, 4, 5]}
PER_SEGMENT = ["2.2", "2.3", "2.4", "2.5", "3.1", "4.1", "4.2", "5.6", "6.1", "6.2", "6.3"]
ONCE = ["1.1", "1.2", "1.3", "1.4", "2.1", "5.1", "5.2", "5.4", "5.5", "5.7"]
PAPER = PlanEvidence("document", "paper")


class Kind(enum.IntEnum):
    CORE = 0
    FALSE = 1
    UNDISCOVERED = 2
    SPLIT = 3
    LOW = 4


def small():
    return ProgramPlan.start(segments=["CORE", "LOW"], departments=["shop", "web"])


def finished(plan):
    for line in plan.missing():
        plan = plan.waive(line.key, "settled")
    return plan


def waiting_for(step):
    """Steps that wait for a step, directly or through others."""
    direct = {other for other, needs in NEEDS.items() if step in needs}
    return direct.union(*(waiting_for(other) for other in direct))


def position(plan, line):
    """Place of the segment or department among its like; 0 for the programme as a whole."""
    parts = plan.segments if line.department is None else plan.departments
    return 0 if line.part is None else parts.index(line.part)


class TestStart:
    def test_worked_example(self):
        plan = ProgramPlan.start(segments=Kind, departments=["sales", "service", "delivery"])
        plan = plan.judge_potential(Kind.UNDISCOVERED, True, PAPER)
        assert len(plan.criteria) == 69
        assert plan.segments == tuple(Kind.__members__)
        assert plan.hidden_potential == ("UNDISCOVERED",)
        assert repr(plan) == "ProgramPlan(segments=5, departments=3, settled=1 of 69)"

    @given(names, names)
    def test_everything_is_open(self, segments, departments):
        plan = ProgramPlan.start(segments=segments, departments=departments)
        assert (plan.segments, plan.departments) == (tuple(segments), tuple(departments))
        assert plan.missing() == plan.criteria
        assert plan.progress == 0
        assert [plan.status(step) for step in PlanningStep] == ["not started"] + ["blocked"] * 5
        assert plan.hidden_potential == plan.own_criteria == plan.validate() == ()

    @pytest.mark.parametrize("wrong", [[], ["a", "a"], [""], ["a" * 201]])
    def test_needs_distinct_names(self, wrong):
        with pytest.raises(ValueError, match="^segments"):
            ProgramPlan.start(segments=wrong, departments=["shop"])
        with pytest.raises(ValueError, match="^departments"):
            ProgramPlan.start(segments=["a"], departments=wrong)


class TestProgramPlan:
    @given_plans()
    def test_survives_pickling_and_hashing(self, plan):
        twin = pickle.loads(pickle.dumps(plan))
        assert twin == plan
        assert hash(twin) == hash(plan)
        assert copy.deepcopy(plan) == plan

    @given_plans()
    def test_criteria_come_by_step_id_and_part(self, plan):
        places = [(line.step, line.id, position(plan, line)) for line in plan.criteria]
        assert places == sorted(places)

    @given_plans()
    def test_each_criterion_is_found_by_its_key(self, plan):
        for line in (*plan.criteria, *plan.own_criteria):
            assert plan.criterion(line.key) is line

    def test_cannot_be_changed(self):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            small().criteria = ()

    @pytest.mark.parametrize(
        "criteria",
        [
            lambda _: (),
            lambda lines: lines[1:],
            lambda lines: lines[:-1],
            lambda lines: lines[::-1],
            lambda lines: (*lines, lines[0]),
            lambda lines: (*lines, attrs.evolve(lines[-1], part="MORE")),
        ],
    )
    def test_refuses_other_criteria_than_those_of_the_steps(self, criteria):
        with pytest.raises(ValueError, match="^(criteria|segments|departments) must"):
            ProgramPlan(criteria=criteria(small().criteria))

    def test_refuses_hidden_potential_that_nothing_shows(self):
        plan = small().judge_potential("LOW", True, PAPER)
        lines = [attrs.evolve(line, evidence=()) for line in plan.criteria]
        with pytest.raises(ValueError, match=r"^hidden_potential must rest on .* 3\.1\[LOW\], got"):
            ProgramPlan(criteria=lines)

    def test_refuses_own_criteria_that_are_not(self):
        plan = small().add_criterion(1, "budget", "Money")
        own = plan.own_criteria[0]
        kinds = attrs.evolve(own.definition, kinds=("survey",))
        for wrong in (
            plan.criteria[0],
            attrs.evolve(own, part="x"),
            PlanCriterion(definition=kinds),
        ):
            with pytest.raises(ValueError, match="^own_criteria must .* at index 0"):
                attrs.evolve(plan, own_criteria=(wrong,))
        with pytest.raises(TypeError, match="^criteria must be PlanCriterion, got str"):
            ProgramPlan(criteria=["1.1"])

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ("9.9", "criterion must belong to the plan, got criterion='9.9'"),
            ("2.3", r"criterion must belong to the plan: 2\.3 is kept for each segment, such as"),
            ("5.3[CORE]", r".*: 5\.3 is kept for each department, such as 5\.3\[shop\], got"),
            ("1.1[CORE]", r".*: 1\.1 is kept once for the programme, such as 1\.1, got"),
            ("3.2[LOW]", r".*: 3\.2 is kept for each segment judged to have hidden potential, got"),
            ("2.3[0]", r".*: 2\.3 is kept for each segment, such as 2\.3\[CORE\], got"),
        ],
    )
    def test_says_how_a_criterion_is_addressed(self, wrong, message):
        plan = small()
        for edit in (
            lambda: plan.criterion(wrong),
            lambda: plan.record(wrong, PAPER),
            lambda: plan.waive(wrong, "x"),
            lambda: plan.reopen(wrong),
            lambda: plan.assign(wrong, None, None),
            lambda: plan.remove_criterion(wrong),
        ):
            with pytest.raises(ValueError, match=f"^{message}"):
                edit()

    @pytest.mark.parametrize("wrong", [1.1, None, Kind.CORE, ("2.3", "CORE")])
    def test_an_address_is_text(self, wrong):
        with pytest.raises(TypeError, match=r"^criterion must be text such as 2\.3\[CORE\]"):
            small().record(wrong, PAPER)


class TestRecord:
    def test_evidence_is_kept_in_the_order_it_came(self):
        other = PlanEvidence("survey", "other")
        plan = small().record("2.3[LOW]", PAPER).record("2.3[LOW]", other)
        assert plan.criterion("2.3[LOW]").evidence == (PAPER, other)
        assert plan.criterion("2.3[CORE]").is_open

    @pytest.mark.parametrize("key, kind", [("1.1", "behaviour"), ("1.2", "survey")])
    def test_takes_evidence_of_the_right_kind(self, key, kind):
        assert not small().record(key, PlanEvidence(kind, "x")).criterion(key).is_open
        with pytest.raises(ValueError, match=f"^kind must be '{kind}' for criterion {key}, got"):
            small().record(key, PAPER)

    def test_a_verdict_is_recorded_by_judging(self):
        with pytest.raises(ValueError, match="judge_potential records 3.1, got"):
            small().record("3.1[LOW]", PAPER)

    def test_a_waived_criterion_is_reopened_first(self):
        plan = small().waive("1.4", "known")
        with pytest.raises(ValueError, match="^criterion must not be waived: reopen it first, got"):
            plan.record("1.4", PAPER)
        assert plan.reopen("1.4").record("1.4", PAPER).criterion("1.4").evidence == (PAPER,)

    def test_takes_evidence_only(self):
        with pytest.raises(TypeError, match="^evidence must be PlanEvidence, got str"):
            small().record("1.4", "paper")

    @given_plans(evidence)
    def test_raises_progress(self, plan, piece):
        """So does a first verdict, though a yes asks for more."""
        for line in plan.missing()[:3]:
            for hidden in (False, True):
                assert settle(plan, line.key, piece, hidden=hidden).progress > plan.progress

    @given_plans(evidence)
    def test_more_evidence_changes_no_progress(self, plan, piece):
        for line in plan.criteria:
            if line.state is CriterionState.MET and line.id != "3.1":
                assert plan.record(line.key, fitting(line, piece)).progress == plan.progress


class TestWaive:
    def test_needs_a_reason(self):
        for reason in ("", " \n"):
            with pytest.raises(ValueError, match="^reason must not be blank"):
                small().waive("1.1", reason)
        with pytest.raises(TypeError, match="^reason must be text, got NoneType"):
            small().waive("1.1", None)

    def test_what_is_settled_is_not_waived(self):
        with pytest.raises(ValueError, match="^criterion must be open, not met: reopen it first"):
            small().record("1.4", PAPER).waive("1.4", "x")
        with pytest.raises(ValueError, match="^criterion must be open, not waived"):
            small().waive("1.4", "x").waive("1.4", "y")

    @given_plans(texts)
    def test_raises_progress(self, plan, reason):
        for line in plan.missing()[:3]:
            waived = plan.waive(line.key, reason)
            assert waived.progress > plan.progress
            assert waived.criterion(line.key).waiver == reason


class TestReopen:
    @given_plans()
    def test_takes_everything_back_but_the_assignment(self, plan):
        for line in plan.criteria[::3]:
            if line.id != "3.2":
                again = plan.reopen(line.key).criterion(line.key)
                assert again == attrs.evolve(line, evidence=(), waiver=None)

    @given_plans(updates)
    def test_undoes_meeting_and_waiving(self, plan, change):
        for line in plan.missing()[:3]:
            assigned = plan.assign(line.key, *change[3:])
            assert update(plan, line.key, change).reopen(line.key) == assigned

    def test_a_verdict_that_is_taken_back_drops_the_programme(self):
        plan = small().judge_potential("LOW", True, PAPER).record("3.2[LOW]", PAPER)
        assert plan.reopen("3.1[LOW]") == small()


class TestAssign:
    @given_plans(texts, days)
    def test_changes_owner_and_due_date_only(self, plan, owner, due):
        line = plan.criteria[-1]
        assigned = plan.assign(line.key, owner, due.isoformat())
        assert assigned.criterion(line.key) == attrs.evolve(line, owner=owner, due=due)
        assert assigned.progress == plan.progress
        assert assigned.assign(line.key, line.owner, line.due) == plan

    def test_none_takes_both_back(self):
        assert small().assign("1.1", "Ana", "2025-01-01").assign("1.1", None, None) == small()

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="^owner must not be blank"):
            small().assign("1.1", "", None)
        with pytest.raises(ValueError, match="^due must be a date such as 2017-01-31, got due="):
            small().assign("1.1", None, "tomorrow")


class TestJudgePotential:
    def test_yes_asks_for_a_programme(self):
        plan = small().judge_potential("LOW", True, PAPER)
        assert plan.criterion("3.1[LOW]").evidence == (PAPER,)
        assert plan.criterion("3.2[LOW]").is_open
        assert plan.hidden_potential == ("LOW",)

    def test_no_asks_for_nothing(self):
        plan = small().judge_potential("LOW", False, PAPER)
        assert plan.criterion("3.1[LOW]").evidence == (PAPER,)
        assert plan.hidden_potential == ()
        assert len(plan.criteria) == len(small().criteria)

    def test_yes_twice_keeps_what_was_recorded(self):
        plan = small().judge_potential("LOW", True, PAPER).record("3.2[LOW]", PAPER)
        again = plan.judge_potential("LOW", True, PAPER)
        assert again.criterion("3.2[LOW]").evidence == (PAPER,)
        assert again.criterion("3.1[LOW]").evidence == (PAPER, PAPER)
        assert again.hidden_potential == ("LOW",)

    def test_a_later_no_drops_the_programme_and_a_later_yes_begins_anew(self):
        plan = small().judge_potential("LOW", True, PAPER).record("3.2[LOW]", PAPER)
        no = plan.judge_potential("LOW", False, PAPER)
        assert no.hidden_potential == ()
        assert no.criterion("3.1[LOW]").evidence == (PAPER, PAPER)
        yes = no.judge_potential("LOW", True, PAPER)
        assert yes.criterion("3.2[LOW]").is_open
        assert yes.progress < no.progress

    def test_order_of_the_verdicts_does_not_matter(self):
        first = small().judge_potential("LOW", True, PAPER).judge_potential("CORE", True, PAPER)
        second = small().judge_potential("CORE", True, PAPER).judge_potential("LOW", True, PAPER)
        assert first == second
        assert first.hidden_potential == ("CORE", "LOW")

    @pytest.mark.parametrize("wrong", [1, "yes", None])
    def test_a_verdict_is_true_or_false(self, wrong):
        with pytest.raises(TypeError, match="^hidden must be True or False, got"):
            small().judge_potential("LOW", wrong, PAPER)

    def test_a_waived_verdict_is_reopened_first(self):
        plan = small().waive("3.1[LOW]", "no time")
        with pytest.raises(ValueError, match=r"^criterion must not be waived: .*'3\.1\[LOW\]'"):
            plan.judge_potential("LOW", True, PAPER)

    def test_the_segment_belongs_to_the_plan(self):
        with pytest.raises(ValueError, match="^segment must belong to the plan, got segment='x'"):
            small().judge_potential("x", True, PAPER)


class TestParts:
    @given_plans()
    def test_a_new_segment_is_open_and_lowers_progress(self, plan):
        """Strictly unless nothing was settled before."""
        wider = plan.add_segment("new one")
        added = {line.key for line in wider.criteria} - {line.key for line in plan.criteria}
        assert added == {criterion_key(id_, "new one") for id_ in PER_SEGMENT}
        assert all(wider.criterion(key).is_open for key in added)
        assert wider.progress < plan.progress or wider.progress == plan.progress == 0
        assert wider.segments == (*plan.segments, "new one")
        assert wider.remove_segment("new one") == plan

    @given_plans()
    def test_a_new_department_is_open_and_lowers_progress(self, plan):
        wider = plan.add_department("new one")
        assert wider.criterion("5.3[new one]").is_open
        assert len(wider.criteria) == len(plan.criteria) + 1
        assert wider.progress < plan.progress or wider.progress == plan.progress == 0
        assert wider.remove_department("new one") == plan

    @given_plans(st.data())
    def test_removing_drops_the_criteria_of_one_part(self, plan, data):
        wider = plan.add_segment("other").add_department("other")
        segment = data.draw(st.sampled_from(plan.segments))
        department = data.draw(st.sampled_from(plan.departments))
        rest = wider.remove_segment(segment).remove_department(department)
        assert rest.criteria == tuple(
            line
            for line in wider.criteria
            if line.segment != segment and line.department != department
        )
        assert rest.own_criteria == plan.own_criteria

    def test_a_part_that_returns_begins_anew(self):
        plan = small().record("2.3[LOW]", PAPER)
        assert plan.remove_segment("LOW").add_segment("LOW") == small()

    def test_a_segment_and_a_department_may_share_a_name(self):
        plan = small().add_segment("shop").waive("5.3[shop]", "x").remove_segment("shop")
        assert not plan.criterion("5.3[shop]").is_open

    @pytest.mark.parametrize(
        "edit, message",
        [
            (lambda plan: plan.add_segment("LOW"), "segment must not belong to the plan yet, got"),
            (lambda plan: plan.add_segment(Kind.LOW), "segment must not belong to the plan yet"),
            (lambda plan: plan.add_segment(" "), "segment must not be blank"),
            (lambda plan: plan.remove_segment("x"), "segment must belong to the plan, got"),
            (
                lambda plan: plan.remove_segment("LOW").remove_segment("CORE"),
                "segment must not be the only one of the plan, got segment='CORE'",
            ),
            (lambda plan: plan.add_department("web"), "department must not belong to the plan yet"),
            (lambda plan: plan.remove_department("x"), "department must belong to the plan, got"),
            (
                lambda plan: plan.remove_department("shop").remove_department("web"),
                "department must not be the only one of the plan, got department='web'",
            ),
        ],
    )
    def test_says_what_is_wrong(self, edit, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            edit(small())


class TestOwnCriteria:
    @given_plans(st.integers(1, 6), texts, days)
    def test_are_kept_apart(self, plan, step, text, due):
        own = plan.add_criterion(step, "zz", text).assign("zz", None, due)
        assert own.criteria == plan.criteria
        assert own.progress == plan.progress
        assert own.next_actions() == plan.next_actions()
        assert [own.status(s) for s in PlanningStep] == [plan.status(s) for s in PlanningStep]
        assert own.own_criteria[-1] in own.overdue("2030-01-01")
        assert own.remove_criterion("zz") == plan

    def test_have_their_own_progress(self):
        assert math.isnan(small().own_progress)
        plan = small().add_criterion(1, "budget", "Money").add_criterion(2, "law", "Advice")
        assert plan.own_progress == 0
        assert plan.record("law", PAPER).own_progress == 0.5
        assert plan.record("law", PAPER).waive("budget", "x").own_progress == 1

    def test_take_evidence_of_any_kind(self):
        plan = small().add_criterion(PlanningStep.PLAN_LOYALTY, "budget", "Money")
        for kind in ("behaviour", "survey", "interaction", "document"):
            assert not plan.record("budget", PlanEvidence(kind, "x")).criterion("budget").is_open

    @pytest.mark.parametrize(
        "step, id_, text, message",
        [
            (0, "a", "x", "step must be a PlanningStep"),
            (1, "1.1", "x", "own_criteria must have an id that begins with a letter"),
            (1, "[", "x", "id must not hold brackets"),
            (1, "", "x", "id must not be blank"),
            (1, "a", "", "text must not be blank"),
            (1, "budget", "x", "own_criteria must be distinct, got own_criteria='budget' at"),
        ],
    )
    def test_says_what_is_wrong(self, step, id_, text, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            small().add_criterion(1, "budget", "Money").add_criterion(step, id_, text)

    def test_only_they_can_be_removed(self):
        with pytest.raises(ValueError, match="^criterion must be an own one: .*, got criterion="):
            small().remove_criterion("1.1")


class TestStatus:
    def test_a_step_that_waits_is_blocked_whatever_was_worked_ahead(self):
        plan = small().waive("2.1", "x")
        assert plan.status(1) is StepStatus.NOT_STARTED
        assert plan.status(2) is StepStatus.BLOCKED
        for line in plan.missing(2):
            plan = plan.waive(line.key, "x")
        assert plan.status(2) is StepStatus.BLOCKED
        assert plan.blocked_by(2) == (PlanningStep.IDENTIFY_DRIVERS,)
        for line in plan.missing(1):
            assert plan.status(2) is StepStatus.BLOCKED
            plan = plan.waive(line.key, "x")
        assert plan.status(1) is plan.status(2) is StepStatus.DONE
        assert plan.status(3) is StepStatus.NOT_STARTED

    def test_a_finished_plan_is_done_until_a_segment_comes(self):
        plan = finished(small())
        assert {plan.status(step) for step in PlanningStep} == {StepStatus.DONE}
        wider = plan.add_segment("new")
        assert [wider.status(step).name for step in PlanningStep] == [
            "DONE",
            "IN_PROGRESS",
            *["BLOCKED"] * 4,
        ]

    def test_a_yes_reopens_the_third_step(self):
        plan = finished(small()).reopen("3.1[LOW]").judge_potential("LOW", True, PAPER)
        assert plan.status(3) is StepStatus.IN_PROGRESS
        assert plan.blocked_by(4) == (PlanningStep.FIND_HIDDEN_POTENTIAL,)
        assert plan.blocked_by(6) == (4, 5)

    def test_missing_of_a_step_and_of_all(self):
        plan = finished(small()).reopen("4.1[LOW]").reopen("5.4")
        assert [line.key for line in plan.missing()] == ["4.1[LOW]", "5.4"]
        assert [line.key for line in plan.missing(5)] == ["5.4"]
        assert plan.missing(PlanningStep.BUILD_MARKETING_MIX) == ()

    def test_progress_of_steps_and_segments(self):
        plan = small().waive("1.1", "x").waive("2.3[LOW]", "x").waive("6.1[LOW]", "x")
        assert [plan.step_progress(step) for step in (1, 2, 3, 6)] == [1 / 4, 1 / 9, 0, 1 / 6]
        assert plan.segment_progress("LOW") == 2 / 11
        assert plan.segment_progress(Kind.CORE) == 0
        assert plan.progress == 3 / 34
        namesake = plan.add_department("LOW").waive("5.3[LOW]", "x")
        assert namesake.segment_progress("LOW") == 2 / 11
        with pytest.raises(ValueError, match="^segment must belong to the plan"):
            plan.segment_progress("shop")

    @given_plans()
    def test_progress_is_the_mean_of_the_steps_weighted_by_their_criteria(self, plan):
        weights = [sum(x.step == step for x in plan.criteria) for step in PlanningStep]
        parts = [plan.step_progress(step) for step in PlanningStep]
        mean = sum(w * p for w, p in zip(weights, parts, strict=True)) / sum(weights)
        assert plan.progress == pytest.approx(mean)


class TestOverdue:
    @given_plans(days)
    def test_lists_what_was_due_before_that_day(self, plan, as_of):
        late = plan.overdue(as_of)
        lines = (*plan.criteria, *plan.own_criteria)
        assert set(late) == {x for x in lines if x.is_open and x.due and x.due < as_of}
        assert [x.due for x in late] == sorted(x.due for x in late)
        assert late == plan.overdue(as_of.isoformat())

    @given_plans()
    def test_ties_keep_the_order_of_the_plan(self, plan):
        for line in plan.missing():
            plan = plan.assign(line.key, None, "2025-01-01")
        assert plan.overdue("2025-01-02")[: len(plan.missing())] == plan.missing()

    def test_what_is_due_today_is_in_time(self):
        plan = small().assign("1.1", "Ana", "2025-01-01")
        assert plan.overdue("2025-01-01") == ()
        assert [line.key for line in plan.overdue("2025-01-02")] == ["1.1"]

    @pytest.mark.parametrize("wrong", ["today", "2025-1-1", "2025-01-01T00:00"])
    def test_needs_a_day(self, wrong):
        with pytest.raises(ValueError, match="^as_of must be a date such as 2017-01-31, got"):
            small().overdue(wrong)


class TestNextActions:
    @given_plans()
    def test_order_is_the_one_promised(self, plan):
        """Ready before blocked, what most steps wait for, due date, step, id, part."""

        def rank(line):
            blocked = plan.status(line.step) is StepStatus.BLOCKED
            waiting = len(waiting_for(int(line.step)))
            undated = (line.due is None, line.due.toordinal() if line.due else 0)
            return blocked, -waiting, undated, line.step, line.id, position(plan, line)

        assert list(plan.next_actions()) == sorted(plan.missing(), key=rank)

    @given_plans()
    def test_first_is_ready(self, plan):
        for line in plan.next_actions()[:1]:
            assert plan.blocked_by(line.step) == ()


class TestOrderOfUpdates:
    @given_plans(st.data())
    def test_does_not_matter_between_different_criteria(self, plan, data):
        opened = [line.key for line in plan.missing() if line.id != "3.2"]
        keys = (
            data.draw(st.lists(st.sampled_from(opened), max_size=5, unique=True)) if opened else []
        )
        todo = [(key, data.draw(updates)) for key in keys]
        there, back = plan, plan
        for key, change in todo:
            there = update(there, key, change)
        for key, change in data.draw(st.permutations(todo)):
            back = update(back, key, change)
        assert there == back
        assert hash(there) == hash(back)


class PlanMachine(RuleBasedStateMachine):
    """Random edits, followed by a plain model: names, verdicts and a dict of states."""

    @initialize(segments=names, departments=names)
    def start(self, segments, departments):
        self.plan = ProgramPlan.start(segments=segments, departments=departments)
        self.segments, self.departments = list(segments), list(departments)
        self.hidden, self.own, self.state = set(), {}, {}
        self.history = []

    def keys(self):
        """Keys of the six steps, in no special order."""
        keys = list(ONCE)
        keys += [f"{id_}[{name}]" for id_ in PER_SEGMENT for name in self.segments]
        keys += [f"3.2[{name}]" for name in self.hidden]
        return keys + [f"5.3[{name}]" for name in self.departments]

    def states(self):
        blank = {"evidence": [], "waiver": None, "owner": None, "due": None}
        keys = [*self.keys(), *self.own]
        return {key: {**blank, **self.state.get(key, {})} for key in keys}

    def change(self, plan, key=None, **changed):
        self.history.append((self.plan, self.plan.to_dict()))
        self.plan = plan
        if key is not None:
            self.state[key] = {**self.states()[key], **changed}
        known = {*self.keys(), *self.own}
        self.state = {key: state for key, state in self.state.items() if key in known}

    def pick(self, data, wanted):
        keys = sorted(key for key, state in self.states().items() if wanted(key, state))
        return data.draw(st.sampled_from(keys)) if keys else None

    @rule(data=st.data(), piece=evidence)
    def record(self, data, piece):
        key = self.pick(data, lambda key, state: key[:3] != "3.1" and state["waiver"] is None)
        if key is not None:
            piece = fitting(self.plan.criterion(key), piece)
            pieces = [*self.states()[key]["evidence"], piece]
            self.change(self.plan.record(key, piece), key, evidence=pieces)

    @rule(data=st.data(), reason=texts)
    def waive(self, data, reason):
        key = self.pick(data, lambda _, state: state["waiver"] is None and not state["evidence"])
        if key is not None:
            self.change(self.plan.waive(key, reason), key, waiver=reason)

    @rule(data=st.data())
    def reopen(self, data):
        key = self.pick(data, lambda _, state: state["waiver"] or state["evidence"])
        if key is not None:
            if key[:3] == "3.1":
                self.hidden.discard(key[4:-1])
            self.change(self.plan.reopen(key), key, evidence=[], waiver=None)

    @rule(data=st.data(), owner=st.none() | texts, due=st.none() | days)
    def assign(self, data, owner, due):
        key = self.pick(data, lambda *_: True)
        self.change(self.plan.assign(key, owner, due), key, owner=owner, due=due)

    @rule(data=st.data(), hidden=st.booleans(), piece=evidence)
    def judge(self, data, hidden, piece):
        key = self.pick(data, lambda key, state: key[:3] == "3.1" and state["waiver"] is None)
        if key is not None:
            name = key[4:-1]
            pieces = [*self.states()[key]["evidence"], piece]
            self.hidden = self.hidden | {name} if hidden else self.hidden - {name}
            plan = self.plan.judge_potential(name, hidden, piece)
            self.change(plan, key, evidence=pieces)

    @rule(name=texts)
    def add_segment(self, name):
        if name not in self.segments:
            self.segments.append(name)
            self.change(self.plan.add_segment(name))

    @rule(data=st.data())
    def remove_segment(self, data):
        if len(self.segments) > 1:
            name = data.draw(st.sampled_from(self.segments))
            self.segments.remove(name)
            self.hidden.discard(name)
            self.change(self.plan.remove_segment(name))

    @rule(name=texts)
    def add_department(self, name):
        if name not in self.departments:
            self.departments.append(name)
            self.change(self.plan.add_department(name))

    @rule(data=st.data())
    def remove_department(self, data):
        if len(self.departments) > 1:
            name = data.draw(st.sampled_from(self.departments))
            self.departments.remove(name)
            self.change(self.plan.remove_department(name))

    @rule(id_=st.sampled_from(["budget", "law", "é"]), step=st.integers(1, 6), text=texts)
    def add_criterion(self, id_, step, text):
        if id_ not in self.own:
            self.own[id_] = (step, text)
            self.change(self.plan.add_criterion(step, id_, text))

    @precondition(lambda self: self.own)
    @rule(data=st.data())
    def remove_criterion(self, data):
        id_ = data.draw(st.sampled_from(sorted(self.own)))
        del self.own[id_]
        self.change(self.plan.remove_criterion(id_))

    @rule(step=st.integers(1, 6))
    def settle_steps(self, step):
        for number in range(1, step + 1):
            for line in self.plan.missing(number):
                self.change(self.plan.waive(line.key, "bulk"), line.key, waiver="bulk")

    @precondition(lambda self: self.history)
    @rule()
    def no_edit_touches_an_earlier_plan(self):
        for plan, data in self.history:
            assert plan.to_dict() == data
        self.history.clear()

    @invariant()
    def the_plan_is_what_the_model_says(self):
        lines = {line.key: line for line in (*self.plan.criteria, *self.plan.own_criteria)}
        assert {
            key: {
                "evidence": list(line.evidence),
                "waiver": line.waiver,
                "owner": line.owner,
                "due": line.due,
            }
            for key, line in lines.items()
        } == self.states()
        assert {x.id: (x.step, x.text) for x in self.plan.own_criteria} == self.own
        assert set(self.plan.hidden_potential) == self.hidden
        assert list(self.plan.segments) == self.segments
        assert list(self.plan.departments) == self.departments

    @invariant()
    def criteria_follow_the_formula(self):
        s, h, t = len(self.segments), len(self.hidden), len(self.departments)
        assert len(self.plan.criteria) == 10 + 11 * s + h + t

    @invariant()
    def steps_follow_the_model(self):
        opened = {
            step: [
                not state["evidence"] and state["waiver"] is None
                for key, state in self.states().items()
                if key in self.keys() and key[0] == str(step)
            ]
            for step in NEEDS
        }
        done = set()
        for step, needs in NEEDS.items():
            blockers = tuple(need for need in needs if need not in done)
            assert self.plan.blocked_by(step) == blockers
            if blockers:
                assert self.plan.status(step) is StepStatus.BLOCKED
            elif not any(opened[step]):
                assert self.plan.status(step) is StepStatus.DONE
                done.add(step)
            elif all(opened[step]):
                assert self.plan.status(step) is StepStatus.NOT_STARTED
            else:
                assert self.plan.status(step) is StepStatus.IN_PROGRESS
        flags = list(itertools.chain(*opened.values()))
        assert self.plan.progress == (len(flags) - sum(flags)) / len(flags)
        assert 0 <= self.plan.progress <= 1
        assert (self.plan.progress == 1) == (len(done) == 6) == (not self.plan.next_actions())

    @invariant()
    def round_trip_is_the_identity(self):
        data = self.plan.to_dict()
        assert ProgramPlan.from_dict(json.loads(json.dumps(data))) == self.plan

    @invariant()
    def markdown_has_one_box_for_each_criterion(self):
        boxes = re.findall(r"^- \[[ x]\] ", self.plan.to_markdown(), re.MULTILINE)
        assert len(boxes) == len(self.plan.criteria) + len(self.plan.own_criteria)


TestPlanMachine = PlanMachine.TestCase
TestPlanMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
