import copy
import datetime as dt
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import given_plans

from loyalkit.planning_evidence import PlanEvidence
from loyalkit.program_planner import ProgramPlan

BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s", re.MULTILINE)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def example():
    plan = ProgramPlan.start(segments=["CORE", "LOW"], departments=["shop"])
    plan = plan.record("1.1", PlanEvidence("behaviour", "log", "since May", "2025-06-01"))
    plan = plan.judge_potential("LOW", True, PlanEvidence("survey", "needs survey"))
    plan = plan.waive("5.5", "small firm").add_criterion(5, "budget", "Money is granted")
    return plan.assign("budget", "Ana", "2025-07-01")


def changed(path, value):
    """The example as plain data, with one entry replaced."""
    data = example().to_dict()
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def paths(data, prefix=()):
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in entries:
        yield (*prefix, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*prefix, key))


class TestPlainData:
    def test_worked_example(self):
        assert example().to_dict() == {
            "schema_version": 1,
            "segments": ["CORE", "LOW"],
            "departments": ["shop"],
            "hidden_potential": ["LOW"],
            "own_criteria": [{"id": "budget", "step": 5, "text": "Money is granted"}],
            "criteria": [
                {
                    "criterion": "1.1",
                    "evidence": [
                        {
                            "kind": "behaviour",
                            "reference": "log",
                            "note": "since May",
                            "date": "2025-06-01",
                        }
                    ],
                    "waiver": None,
                    "owner": None,
                    "due": None,
                },
                {
                    "criterion": "3.1[LOW]",
                    "evidence": [
                        {"kind": "survey", "reference": "needs survey", "note": "", "date": None}
                    ],
                    "waiver": None,
                    "owner": None,
                    "due": None,
                },
                {
                    "criterion": "5.5",
                    "evidence": [],
                    "waiver": "small firm",
                    "owner": None,
                    "due": None,
                },
                {
                    "criterion": "budget",
                    "evidence": [],
                    "waiver": None,
                    "owner": "Ana",
                    "due": "2025-07-01",
                },
            ],
        }

    @given_plans()
    def test_round_trip_through_json_is_the_identity(self, plan):
        data = plan.to_dict()
        assert ProgramPlan.from_dict(data) == plan
        assert ProgramPlan.from_dict(json.loads(json.dumps(data))) == plan
        assert ProgramPlan.from_dict(data).to_dict() == data == json.loads(json.dumps(data))

    def test_a_plan_of_the_largest_size_comes_back(self):
        names = [f"{i:0200}" for i in range(1000)]
        plan = ProgramPlan.start(segments=names, departments=names)
        plan = plan.assign("1.1", "x" * 10_000, "9999-12-31")
        assert ProgramPlan.from_dict(plan.to_dict()) == plan

    @given_plans()
    def test_reading_does_not_change_what_is_read(self, plan):
        data = plan.to_dict()
        before = copy.deepcopy(data)
        ProgramPlan.from_dict(data)
        assert data == before

    def test_what_has_a_default_may_be_left_out(self):
        data = {"schema_version": 1, "segments": ["a"], "departments": ["b"]}
        assert ProgramPlan.from_dict(data) == ProgramPlan.start(segments=["a"], departments=["b"])
        piece = {"kind": "survey", "reference": "x"}
        data["criteria"] = [{"criterion": "1.4", "evidence": [piece]}]
        assert not ProgramPlan.from_dict(data).criterion("1.4").is_open

    def test_order_of_the_entries_does_not_matter(self):
        data = example().to_dict()
        data["criteria"].reverse()
        assert ProgramPlan.from_dict(dict(reversed(data.items()))) == example()

    @given(st.data(), JSON_VALUES)
    def test_whatever_is_read_or_refused_is_read_whole_or_refused_clearly(self, data, value):
        path = data.draw(st.sampled_from(list(paths(example().to_dict()))))
        try:
            plan = ProgramPlan.from_dict(changed(path, value))
        except (TypeError, ValueError) as error:
            refusal = error
        else:
            assert ProgramPlan.from_dict(plan.to_dict()) == plan
            return
        assert type(refusal) in (TypeError, ValueError)
        assert len(str(refusal)) < 1000

    @pytest.mark.parametrize(
        "path, value, message",
        [
            (["segments"], [], "segments must hold at least one name"),
            (["segments", 1], "CORE", "segments must be distinct, got segments='CORE' at index 1"),
            (["segments"], ["x"] * 1001, "segments must have at most 1000 entries"),
            (["departments", 0], "", r"departments\[0\] must not be blank"),
            (["hidden_potential", 0], "x", "hidden_potential must be segments of the plan, got"),
            (["hidden_potential", 0], "CORE", "hidden_potential must rest on evidence .* 3.1.CORE"),
            (["hidden_potential"], ["LOW"] * 2, "hidden_potential must be distinct"),
            (["schema_version"], 2, "schema_version must be 1, got schema_version=2"),
            (["schema_version"], True, "schema_version must be 1, got schema_version=True"),
            (["schema_version"], 1.0, "schema_version must be 1, got schema_version=1.0"),
            (["schema_version"], float("nan"), "schema_version must be 1, got schema_version=nan"),
            (["schema_version"], 10**100, "schema_version must be 1, got .*huge number"),
            (["surprise"], 1, "plan must have no keys but schema_version, .*, got plan='surprise'"),
            (["criteria", 0, 7], 1, r"criteria\[0\] must have no keys but .*, got .*=7"),
            (["criteria", 0, "x" * 10**6], 1, r"criteria\[0\] must have no keys but "),
            (["criteria", 0, "criterion"], "9.9", r"criteria\[0\].criterion must be the address"),
            (["criteria", 0, "criterion"], "5.5", r"criteria\[2\].criterion must be given once"),
            (["criteria", 0, "criterion"], "3.2[CORE]", r"criteria\[0\].criterion must be the"),
            (["criteria", 0, "criterion"], [[]], r"criteria\[0\].criterion must be the address"),
            (["criteria", 0, "criterion"], "1.2", r"criteria\[0\]: kind must be 'survey' for"),
            (["criteria", 0, "waiver"], "x", r"criteria\[0\]: waiver must not stand beside"),
            (["criteria", 0, "due"], "01.07.2025", r"criteria\[0\]: due must be a date such as"),
            (["criteria", 0, "owner"], "", r"criteria\[0\]: owner must not be blank"),
            (
                ["criteria", 0, "evidence", 0, "kind"],
                "rumour",
                r"criteria\[0\].evidence\[0\]: kind must be one of",
            ),
            (
                ["criteria", 0, "evidence"],
                [{"kind": "behaviour", "reference": "x"}] * 1001,
                r"criteria\[0\].evidence must have at most 1000 entries",
            ),
            (["criteria", 0, "evidence", 0], {}, r"criteria\[0\].evidence\[0\] must have the keys"),
            (["criteria"], [{"criterion": "1.1"}] * 10**5, "criteria must have at most 35 entries"),
            (["own_criteria", 0, "step"], 7, r"own_criteria\[0\]: step must be"),
            (["own_criteria", 0, "text"], " ", r"own_criteria\[0\]: text must not be blank"),
        ],
    )
    def test_says_where_an_entry_is_wrong(self, path, value, message):
        with pytest.raises(ValueError, match=f"^{message}"):
            ProgramPlan.from_dict(changed(path, value))

    @pytest.mark.parametrize(
        "path, value, message",
        [
            (["segments"], "CORE", "segments must be a list, got str"),
            (["segments"], {"CORE": 1}, "segments must be a list, got dict"),
            (["segments", 0], None, r"segments\[0\] must be text, got NoneType"),
            (["departments", 0], ["x"], r"departments\[0\] must be text, got list"),
            (["hidden_potential"], None, "hidden_potential must be a list, got NoneType"),
            (["criteria"], {}, "criteria must be a list, got dict"),
            (["criteria", 1], [], r"criteria\[1\] must be a dict, got list"),
            (["criteria", 0, "owner"], 7, r"criteria\[0\]: owner must be text, got int"),
            (["criteria", 0, "due"], 20250101, r"criteria\[0\]: due must be a date"),
            (["criteria", 0, "evidence"], None, r"criteria\[0\].evidence must be a list"),
            (["criteria", 0, "evidence", 0], "x", r"criteria\[0\].evidence\[0\] must be a dict"),
            (
                ["criteria", 0, "evidence", 0, "note"],
                None,
                r"criteria\[0\].evidence\[0\]: note must be text, got NoneType",
            ),
            (["own_criteria", 0, "step"], True, r"own_criteria\[0\]: step must be a number"),
            (["own_criteria", 0, "id"], None, r"own_criteria\[0\]: id must be text"),
        ],
    )
    def test_says_where_an_entry_has_the_wrong_type(self, path, value, message):
        with pytest.raises(TypeError, match=f"^{message}"):
            ProgramPlan.from_dict(changed(path, value))

    def test_depth_is_no_danger(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        for path in (["segments", 0], ["criteria", 0, "evidence", 0, "note"], ["schema_version"]):
            with pytest.raises((TypeError, ValueError)) as caught:
                ProgramPlan.from_dict(changed(path, deep))
            assert len(str(caught.value)) < 200
        while deep:
            deep = deep.pop()

    @pytest.mark.parametrize("wrong", [None, [], "{}", 1])
    def test_refuses_what_is_no_dict(self, wrong):
        with pytest.raises(TypeError, match="^plan must be a dict"):
            ProgramPlan.from_dict(wrong)

    @pytest.mark.parametrize("key", ["schema_version", "segments", "departments"])
    def test_refuses_a_plan_without_what_it_needs(self, key):
        data = example().to_dict()
        del data[key]
        with pytest.raises(ValueError, match="^plan must have the keys schema_version, segments"):
            ProgramPlan.from_dict(data)

    def test_own_criteria_are_distinct_from_each_other_and_from_the_steps(self):
        data = changed(["own_criteria", 0, "id"], "1.5")
        del data["criteria"][3]
        with pytest.raises(ValueError, match="^own_criteria must have an id that begins with a"):
            ProgramPlan.from_dict(data)
        data = example().to_dict()
        data["own_criteria"] *= 2
        with pytest.raises(ValueError, match="^own_criteria must be distinct"):
            ProgramPlan.from_dict(data)


class TestMarkdown:
    def test_worked_example(self):
        text = example().to_markdown()
        assert text.startswith(
            "# Loyalty programme plan\n\n3 of 34 criteria settled.\n\n"
            "## 1. Identify drivers: in progress\n\n"
            "- [x] **1.1** Customer behaviour is tracked\n"
            "  - behaviour: log, 2025-06-01: since May\n"
            "- [ ] **1.2** A customer survey has been done\n"
        )
        assert (
            "- [x] **5.5** Staff have practised\n  - waived: small firm\n"
            "- [ ] **5.6** CORE: It has a strategy of its own\n"
        ) in text
        assert (
            "\n\n### Own criteria\n\n"
            "- [ ] **budget** Money is granted (owner: Ana, due: 2025-07-01)\n\n## 6."
        ) in text

    @given_plans()
    def test_has_one_box_for_each_criterion(self, plan):
        lines = (*plan.criteria, *plan.own_criteria)
        text = plan.to_markdown()
        assert len(BOX.findall(text)) == len(lines)
        assert text.count("- [ ] **") == sum(line.is_open for line in lines)

    @given_plans()
    def test_every_line_is_one_that_the_list_is_made_of(self, plan):
        heads = r"# Loyalty.*|\d+ of \d+ .*|## [1-6]\. .*|### Own criteria|"
        tasks = r"- \[[ x]\] \*\*.*|  - [a-z]+: .*"
        for line in plan.to_markdown().splitlines():
            assert re.fullmatch(f"{heads}|{tasks}", line)


class TestRows:
    @given_plans()
    def test_has_one_row_for_each_criterion(self, plan):
        rows = plan.to_rows()
        lines = (*plan.criteria, *plan.own_criteria)
        assert [row["criterion"] for row in rows] == [line.key for line in lines]
        assert sum(not row["own"] for row in rows) == len(plan.criteria)
        assert len({tuple(row) for row in rows}) == 1

    def test_worked_example(self):
        assert example().to_rows()[-1] == {
            "step": 5,
            "criterion": "budget",
            "segment": None,
            "department": None,
            "own": True,
            "text": "Money is granted",
            "state": "open",
            "evidence": "",
            "waiver": None,
            "owner": "Ana",
            "due": dt.date(2025, 7, 1),
        }


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, _attributes):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


class TestHtml:
    @given_plans()
    def test_names_cannot_add_tags(self, plan):
        parser = Tags()
        parser.feed(plan._repr_html_())
        parser.close()
        assert parser.open == []
        assert parser.tags.count("tr") == 7
        assert set(parser.tags) == {"table", "thead", "tbody", "tr", "th", "td", "div", "p"}

    def test_says_what_is_next_or_that_all_is_done(self):
        plan = ProgramPlan.start(segments=["<b>"], departments=["shop"])
        for line in plan.missing():
            if line.step < 6:
                plan = plan.waive(line.key, "x")
        assert "<p>next: 6.1[&lt;b&gt;] Its marketing mix" in plan._repr_html_()
        for line in plan.missing():
            plan = plan.waive(line.key, "x")
        assert "<p>all done</p>" in plan._repr_html_()
