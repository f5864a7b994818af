import datetime as dt

import pytest
from hypothesis import strategies as st
from planning_strategies import given_plans, plans, settle, update, updates

from loyalkit.planning_evidence import PlanEvidence
from loyalkit.program_planner import ProgramPlan

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
        keys = [change.key for change in plan.changes_since(other)]
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
