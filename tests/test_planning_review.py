import datetime as dt

import attrs
import pytest
from hypothesis import strategies as st
from planning_strategies import given_plans, plans, settle, update, updates

from loyalkit.evidence import Evidence
from loyalkit.planning_evidence import PlanCriterion, PlanEvidence
from loyalkit.planning_kpis import PlanKpi
from loyalkit.program_planner import ProgramPlan
from loyalkit.retention import RetentionCounts
from loyalkit.segments import assign_segments

PLAN = ProgramPlan.start(segments=["CORE", "LOW"], departments=["shop", "web"])
PAPER = PlanEvidence("document", "paper")


def found(plan):
    return [(problem.criteria, problem.message) for problem in plan.validate()]


class TestProblems:
    def test_a_new_plan_has_none(self):
        assert PLAN.validate() == ()

    @pytest.mark.parametrize("level", ["CORE", " core\n", "Core"])
    def test_the_next_level_is_another_one(self, level):
        plan = PLAN.record("2.5[CORE]", PlanEvidence("document", level))
        assert found(plan) == [(("2.5[CORE]",), "the next level of CORE is CORE itself")]
        assert found(PLAN.record("2.5[LOW]", PlanEvidence("document", level))) == []

    def test_strategies_differ(self):
        plan = PLAN.add_segment("SPLIT").record("5.6[LOW]", PlanEvidence("document", "Plan  A"))
        plan = plan.record("5.6[LOW]", PlanEvidence("document", "plan a"))
        assert found(plan) == []
        plan = plan.record("5.6[CORE]", PlanEvidence("survey", "plan A"))
        plan = plan.record("5.6[SPLIT]", PlanEvidence("survey", "plan B"))
        assert found(plan) == [(("5.6[CORE]", "5.6[LOW]"), "CORE and LOW have the same strategy")]

    def test_the_plan_of_a_department_has_an_owner(self):
        plan = PLAN.record("5.3[web]", PAPER)
        assert found(plan) == [(("5.3[web]",), "nobody answers for the plan of web")]
        assert found(plan.assign("5.3[web]", "Ana", None)) == []

    def test_what_is_due_has_an_owner(self):
        plan = PLAN.assign("1.1", None, "2025-03-01")
        assert found(plan) == [(("1.1",), "due on 2025-03-01 and nobody answers for it")]
        assert found(plan.waive("1.1", "no log")) == found(plan.assign("1.1", "Ana", None)) == []

    def test_nothing_is_due_before_what_it_waits_for(self):
        plan = PLAN.assign("1.2", "Ana", "2025-03-01").assign("1.3", "Ana", "2025-01-01")
        plan = plan.assign("6.1[LOW]", "Bo", "2025-02-28")
        message = "due on 2025-02-28, before 1.2, which it waits for, on 2025-03-01"
        assert found(plan) == [(("6.1[LOW]", "1.2"), message)]
        assert found(plan.waive("1.2", "done")) == []
        assert found(plan.assign("6.1[LOW]", "Bo", "2025-03-01")) == []

    def test_the_latest_of_all_earlier_steps_counts(self):
        plan = PLAN.assign("1.2", "Ana", "2025-05-01").assign("3.1[LOW]", "Ana", "2025-06-01")
        plan = plan.assign("5.1", "Bo", "2025-05-15")
        assert [problem.criteria for problem in plan.validate()] == [("5.1", "3.1[LOW]")]

    @given_plans()
    def test_name_criteria_of_the_plan(self, plan):
        for problem in plan.validate():
            assert all(plan.criterion(key) for key in problem.criteria)


class TestChanges:
    @given_plans()
    def test_nothing_happened_between_a_plan_and_itself(self, plan):
        assert plan.changes_since(plan) == ()

    @given_plans(plans())
    def test_going_back_swaps_before_and_after(self, plan, other):
        there = {(change.before, change.after) for change in plan.changes_since(other)}
        back = {(change.after, change.before) for change in other.changes_since(plan)}
        assert there == back

    @given_plans(plans())
    def test_name_exactly_the_criteria_that_differ(self, plan, other):
        now, then = (
            {line.key: line for line in (*each.criteria, *each.own_criteria)}
            for each in (plan, other)
        )
        news = plan.changes_since(other)
        keys = [x.key for x in news if isinstance(x.after or x.before, PlanCriterion)]
        assert set(keys) == {key for key in {**now, **then} if now.get(key) != then.get(key)}
        assert len(set(keys)) == len(keys)

    @given_plans(st.data())
    def test_an_update_changes_one_criterion(self, plan, data):
        asked = [line.key for line in plan.missing() if line.id != "3.1"]
        key = data.draw(st.sampled_from(asked)) if asked else "1.1"
        edited = update(plan.reopen(key), key, data.draw(updates))
        assert {change.key for change in edited.changes_since(plan)} <= {key}

    @pytest.mark.parametrize(
        "edit, what",
        [
            (lambda plan: plan.add_department("fair"), {"5.3[fair]": ("added",)}),
            (lambda plan: plan.remove_department("web"), {"5.3[web]": ("removed",)}),
            (lambda plan: plan.record("1.4", PAPER), {"1.4": ("met",)}),
            (lambda plan: plan.waive("1.4", "x"), {"1.4": ("waived",)}),
            (lambda plan: plan.reopen("2.1"), {"2.1": ("reopened",)}),
            (lambda plan: plan.record("2.1", PAPER), {"2.1": ("evidence",)}),
            (lambda plan: plan.reopen("5.1").waive("5.1", "y"), {"5.1": ("reason",)}),
            (lambda plan: plan.assign("1.4", "Ana", "2025-01-01"), {"1.4": ("owner", "due")}),
            (
                lambda plan: plan.judge_potential("LOW", True, PAPER),
                {"3.1[LOW]": ("met",), "3.2[LOW]": ("added",)},
            ),
            (
                lambda plan: plan.remove_criterion("budget").add_criterion(1, "budget", "more"),
                {"budget": ("reworded",)},
            ),
        ],
    )
    def test_says_what_happened(self, edit, what):
        plan = PLAN.record("2.1", PAPER).waive("5.1", "x").add_criterion(1, "budget", "money")
        news = edit(plan).changes_since(plan)
        assert {change.key: change.what for change in news} == what

    @given_plans(plans())
    def test_name_all_else_that_differs(self, plan, other):
        now, then = (
            {*each.kpis, *each.findings, *each.proposals, *each.decisions} for each in (plan, other)
        )
        news = plan.changes_since(other)
        rest = [x for x in news if not isinstance(x.after or x.before, PlanCriterion)]
        assert {x.after for x in rest} - {None} == now - then
        assert {x.before for x in rest} - {None} == then - now

    def test_says_what_happened_to_figures(self):
        kpi = PlanKpi(name="retention", target=0.8, segment="LOW")
        other = PlanKpi(name="NPS", target=20)
        stayed = RetentionCounts(retained=90, lost=10)
        start = PLAN.with_kpi(kpi).with_kpi(other)
        plan = start.with_kpi(kpi.measured(stayed)).with_kpi(attrs.evolve(other, target=30))
        news = plan.with_findings(PAPER, retention={"LOW": stayed}).changes_since(start)
        assert [(x.key, x.what) for x in news] == [
            ("retention[LOW]", ("measured",)),
            ("NPS", ("target",)),
            ("retention rate", ("added",)),
            ("retention rate[LOW]", ("added",)),
            ("2.4[LOW]", ("proposed",)),
        ]
        assert [x.what for x in start.changes_since(PLAN)] == [("added",), ("added",)]
        assert [x.what for x in PLAN.changes_since(start)] == [("removed",), ("removed",)]

    def test_says_what_was_answered(self):
        found = assign_segments(Evidence(buys_regularly=[True]))
        plan = PLAN.with_findings(PAPER, segments=found)
        idea, verdict = plan.proposals[0], next(x for x in plan.proposals if x.evidence)
        assert idea.criterion == "2.2[CORE]"
        for edited, news in (
            (plan.accept(idea), [("2.2[CORE]", ("accepted",))]),
            (plan.decline(idea), [("2.2[CORE]", ("declined",))]),
            (
                plan.accept(verdict),
                [
                    ("3.1[CORE]", ("met",)),
                    ("3.2[CORE]", ("added",)),
                    ("3.1[CORE]", ("removed",)),
                ],
            ),
        ):
            assert [(x.key, x.what) for x in edited.changes_since(plan)] == news

    def test_says_what_was_found_anew(self):
        first, second = (RetentionCounts(retained=n) for n in (1, 2))
        plan = PLAN.with_findings(PAPER, retention=first)
        news = plan.with_findings(PAPER, retention=second).changes_since(plan)
        assert [(x.key, x.what) for x in news] == [("retention rate", ("renewed",))]


class TestOrder:
    def test_what_is_undated_comes_last_within_its_step(self):
        plan = PLAN.assign("1.4", "Ana", "2025-02-01").assign("1.2", "Ana", dt.date(2025, 1, 1))
        plan = plan.assign("2.1", "Ana", "2024-01-01")
        keys = [line.key for line in plan.next_actions()]
        assert keys[:6] == ["1.2", "1.4", "1.1", "1.3", "2.1", "2.2[CORE]"]

    def test_the_last_day_there_is_comes_before_no_day(self):
        plan = PLAN.assign("1.4", "Ana", dt.date.max)
        assert plan.next_actions()[0].key == "1.4"

    def test_settling_ahead_does_not_help_a_blocked_step(self):
        plan = settle(PLAN, "6.1[CORE]", PAPER)
        assert plan.next_actions()[0].key == "1.1"
