import copy
import json
import math

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import given_plans

from loyalkit.intervals import Interval
from loyalkit.nps import NpsCounts
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.planning_findings import PlanFinding
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import PlanProposal
from loyalkit.program_planner import ProgramPlan
from loyalkit.retention import RetentionCounts

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


SURVEY = {
    "kind": "survey",
    "reference": "spring survey",
    "note": "1 promoters, 0 passives and 0 detractors among 1 answers",
    "date": None,
}


def example():
    plan = ProgramPlan.start(segments=["CORE", "LOW"], departments=["shop"])
    plan = plan.record("1.1", PlanEvidence("behaviour", "log", "since May", "2025-06-01"))
    plan = plan.judge_potential("LOW", True, PlanEvidence("survey", "needs survey"))
    plan = plan.waive("5.5", "small firm").add_criterion(5, "budget", "Money is granted")
    plan = plan.assign("budget", "Ana", "2025-07-01")
    kpi = PlanKpi(name="retention", target=0.8, segment="LOW")
    plan = plan.with_kpi(kpi.measured(Interval(0.5, math.inf, 0.95), date="2025-12-31"))
    plan = plan.with_findings(
        PlanEvidence("survey", "spring survey"), scores=NpsCounts(promoters=1)
    )
    decision = PlanProposal(
        criterion="6.1[LOW]", kind="tactic", text="A newsletter", subject="size", accepted=True
    )
    return attrs.evolve(plan, decisions=[decision])


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
            "schema_version": 2,
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
            "kpis": [
                {
                    "name": "retention",
                    "target": 0.8,
                    "direction": "at_least",
                    "segment": "LOW",
                    "figure": {
                        "low": 0.5,
                        "high": "Infinity",
                        "confidence": 0.95,
                        "bounds": ["-Infinity", "Infinity"],
                    },
                    "date": "2025-12-31",
                }
            ],
            "findings": [
                {
                    "subject": "net promoter score",
                    "segment": None,
                    "evidence": SURVEY,
                    "interval": {
                        "low": NpsCounts(promoters=1).interval().low,
                        "high": 100.0,
                        "confidence": 0.95,
                        "bounds": [-100.0, 100.0],
                    },
                    "customers": 1,
                    "channel": None,
                    "standing": "unclear",
                }
            ],
            "proposals": [
                {
                    "criterion": "1.2",
                    "kind": "evidence",
                    "text": SURVEY["note"],
                    "subject": "net promoter score",
                    "evidence": SURVEY,
                }
            ],
            "decisions": [
                {
                    "criterion": "6.1[LOW]",
                    "kind": "tactic",
                    "text": "A newsletter",
                    "subject": "size",
                    "evidence": None,
                    "accepted": True,
                }
            ],
        }

    @given_plans()
    def test_round_trip_through_json_is_the_identity(self, plan):
        data = plan.to_dict()
        assert ProgramPlan.from_dict(data) == plan
        assert ProgramPlan.from_dict(json.loads(json.dumps(data))) == plan
        assert ProgramPlan.from_dict(data).to_dict() == data == json.loads(json.dumps(data))

    def test_all_of_a_finding_comes_back(self):
        finding = PlanFinding(
            subject="preferred channel",
            segment="LOW",
            evidence=PlanEvidence("behaviour", "log", "app: 7 of 7", "2025-12-31"),
            interval=Interval(0.6, 1, 0.9, bounds=(0, 1)),
            customers=7,
            channel="app",
            standing="above",
        )
        plan = attrs.evolve(example(), findings=[finding])
        again = ProgramPlan.from_dict(plan.to_dict())
        assert again.findings == (finding,)
        assert again.findings[0].interval.bounds == (0, 1)

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

    def test_findings_and_proposals_are_put_in_order(self):
        counts = RetentionCounts(retained=9, lost=1)
        log = PlanEvidence("behaviour", "log")
        plan = example().reopen("1.1").with_findings(log, retention={"CORE": counts, "LOW": counts})
        data = plan.to_dict()
        assert len(data["findings"]) == len(data["proposals"]) == 4
        for key in ("findings", "proposals"):
            data[key].reverse()
        assert ProgramPlan.from_dict(data) == plan

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
            (["segments"], [], "segments must have at least 1 entry, got segments=0"),
            (["segments", 1], "CORE", "segments must be distinct, got segments='CORE' at index 1"),
            (["segments"], ["x"] * 1001, "segments must have at most 1000 entries"),
            (["departments", 0], "", r"departments\[0\] must not be blank"),
            (["hidden_potential", 0], "x", "hidden_potential must be segments of the plan, got"),
            (["hidden_potential", 0], "CORE", "hidden_potential must rest on evidence .* 3.1.CORE"),
            (["hidden_potential"], ["LOW"] * 2, "hidden_potential must be distinct"),
            (["schema_version"], 3, "schema_version must be 1 or 2, got schema_version=3"),
            (["schema_version"], True, "schema_version must be 1 or 2, got schema_version=True"),
            (["schema_version"], 1.0, "schema_version must be 1 or 2, got schema_version=1.0"),
            (
                ["schema_version"],
                float("nan"),
                "schema_version must be 1 or 2, got schema_version=nan",
            ),
            (["schema_version"], 10**100, "schema_version must be 1 or 2, got .*huge number"),
            (["surprise"], 1, "plan must have no keys but schema_version, .*, got plan='surprise'"),
            (["criteria", 0, 7], 1, r"criteria\[0\] must have no keys but .*, got .*=7"),
            (["criteria", 0, "x" * 10**6], 1, r"criteria\[0\] must have no keys but "),
            (["criteria", 0, "criterion"], "9.9", r"criteria\[0\].criterion must be the address"),
            (["criteria", 0, "criterion"], "5.5", r"criteria\[2\].criterion must be given once"),
            (["criteria", 0, "criterion"], "3.2[CORE]", r"criteria\[0\].criterion must be the"),
            (["criteria", 0, "criterion"], "1.2", r"criteria\[0\]: kind must be 'survey' for"),
            (["criteria", 0, "waiver"], "x", r"criteria\[0\]: waiver must not stand beside"),
            (["criteria", 0, "due"], "01.07.2025", r"criteria\[0\].due must be a date such as"),
            (["criteria", 0, "owner"], "", r"criteria\[0\].owner must not be blank"),
            (
                ["criteria", 0, "evidence", 0, "kind"],
                "rumour",
                r"criteria\[0\].evidence\[0\].kind must be one of",
            ),
            (
                ["criteria", 0, "evidence"],
                [{"kind": "behaviour", "reference": "x"}] * 1001,
                r"criteria\[0\].evidence must have at most 1000 entries",
            ),
            (["criteria", 0, "evidence", 0], {}, r"criteria\[0\].evidence\[0\] must have the keys"),
            (
                ["criteria"],
                [{"criterion": "1.1"}] * 10**5,
                "criteria must have at most 24000 ",
            ),
            (["own_criteria", 0, "step"], 7, r"own_criteria\[0\].step must be"),
            (["own_criteria", 0, "text"], " ", r"own_criteria\[0\].text must not be blank"),
            (["own_criteria", 0, "step"], 1.5, r"own_criteria\[0\].step must be a whole number"),
            (["own_criteria", 0, "step"], math.nan, r"own_criteria\[0\].step must be a whole"),
            (["own_criteria", 0, "id"], "a[", r"own_criteria\[0\]: id must not hold brackets"),
            (["kpis", 0, "target"], math.nan, r"kpis\[0\].target must be finite, got .*=nan"),
            (["kpis", 0, "target"], -math.inf, r"kpis\[0\].target must be finite"),
            (["kpis", 0, "segment"], "x", "kpis must be about segments of the plan, got kpis='x'"),
            (["kpis", 0, "direction"], "up", r"kpis\[0\].direction must be one of 'at_least'"),
            (["kpis", 0, "figure", "confidence"], 95, r"kpis\[0\]: confidence must be a fraction"),
            (["kpis", 0, "figure", "high"], 0.1, r"kpis\[0\]: low must not exceed high, got"),
            (["kpis", 0, "figure", "bounds"], [0], r"kpis\[0\].figure.bounds must have at least 2"),
            (["kpis", 0, "figure", "bounds"], [1, 2], r"kpis\[0\]: target must lie from 1 to 2"),
            (["findings", 0, "subject"], "x", r"findings\[0\].subject must be one of 'size', 'hid"),
            (["findings", 0, "customers"], -1, r"findings\[0\].customers must be a whole number f"),
            (["findings", 0, "segment"], "x", "findings must be about segments of the plan, got"),
            (["findings", 0, "evidence", "kind"], "x", r"findings\[0\].evidence.kind must be one"),
            (["proposals", 0, "criterion"], "9.9", "proposals must be about criteria of the plan"),
            (["proposals", 0, "kind"], "tactic", r"proposals\[0\]: kind must have evidence exact"),
            (["proposals", 0, "evidence"], None, r"proposals\[0\]: kind must have evidence exact"),
            (["proposals", 0, "accepted"], True, r"proposals\[0\] must have no keys but criterion"),
            (["decisions", 0, "criterion"], "1.1[x]", "decisions must be about criteria of the pl"),
            (["proposals"], [{}] * 20_001, "proposals must have at most 20000 entries"),
            (["kpis"], [{}] * 1001, "kpis must have at most 1000 entries, got kpis=1001"),
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
            (["criteria", 0, "criterion"], [[]], r"criteria\[0\].criterion must be text, got list"),
            (["criteria", 1], [], r"criteria\[1\] must be a dict, got list"),
            (["criteria", 0, "owner"], 7, r"criteria\[0\].owner must be text, got int"),
            (["criteria", 0, "due"], 20250101, r"criteria\[0\].due must be a date"),
            (["criteria", 0, "evidence"], None, r"criteria\[0\].evidence must be a list"),
            (["criteria", 0, "evidence", 0], "x", r"criteria\[0\].evidence\[0\] must be a dict"),
            (
                ["criteria", 0, "evidence", 0, "note"],
                None,
                r"criteria\[0\].evidence\[0\].note must be text, got NoneType",
            ),
            (["own_criteria", 0, "step"], True, r"own_criteria\[0\].step must be a number"),
            (["own_criteria", 0, "id"], None, r"own_criteria\[0\].id must be text"),
            (["kpis"], None, "kpis must be a list, got NoneType"),
            (["kpis", 0], "x", r"kpis\[0\] must be a dict, got str"),
            (["kpis", 0, "target"], True, r"kpis\[0\].target must be a number, got bool"),
            (["kpis", 0, "target"], "Infinity", r"kpis\[0\].target must be a number, got str"),
            (["kpis", 0, "figure"], [0, 1], r"kpis\[0\].figure must be a dict, got list"),
            (
                ["kpis", 0, "figure", "low"],
                "nan",
                r"kpis\[0\].figure.low must be a number, or one of NaN, Infinity, -Infinity, got s",
            ),
            (["kpis", 0, "figure", "low"], False, r"kpis\[0\].figure.low must be a number, or one"),
            (["kpis", 0, "date"], 20250101, r"kpis\[0\].date must be a date such as 2017-01-31"),
            (["findings", 0, "customers"], True, r"findings\[0\].customers must be a number, got"),
            (["findings", 0, "interval"], None, r"findings\[0\].interval must be a dict, got None"),
            (["decisions", 0, "accepted"], 1, r"decisions\[0\].accepted must be True or False, go"),
            (["decisions", 0, "kind"], [], r"decisions\[0\].kind must be text, got list"),
        ],
    )
    def test_says_where_an_entry_has_the_wrong_type(self, path, value, message):
        with pytest.raises(TypeError, match=f"^{message}"):
            ProgramPlan.from_dict(changed(path, value))

    def test_the_first_version_is_still_read(self):
        data = example().to_dict()
        old = {key: data[key] for key in list(data)[:6]} | {"schema_version": 1}
        plan = ProgramPlan.from_dict(old)
        assert plan.criteria == example().criteria
        assert plan.kpis == plan.findings == plan.proposals == plan.decisions == ()
        with pytest.raises(ValueError, match="^plan must have no keys but .*, got plan='kpis'"):
            ProgramPlan.from_dict({**data, "schema_version": 1})

    def test_a_plan_that_holds_itself_is_no_danger(self):
        for key in ("segments", "criteria", "kpis", "findings", "proposals"):
            data = example().to_dict()
            data[key].append(data if key != "segments" else data[key])
            with pytest.raises((TypeError, ValueError), match=rf"^{key}\["):
                ProgramPlan.from_dict(data)

    @given_plans()
    def test_holds_only_what_json_has(self, plan):
        """NaN and infinity too have no number in JSON."""
        json.dumps(plan.to_dict(), allow_nan=False)

    @pytest.mark.parametrize("path", [["own_criteria", 0, "step"], ["kpis", 0, "target"]])
    def test_numbers_too_long_to_be_written_are_no_danger(self, path):
        where = rf"{path[0]}\[0\].{path[2]}"
        for sign in (1, -1):
            with pytest.raises(ValueError, match=f"^{where} must .*, got {where}='a huge number'"):
                ProgramPlan.from_dict(changed(path, sign * 10**5000))

    def test_depth_is_no_danger(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        note, end = ["criteria", 0, "evidence", 0, "note"], ["kpis", 0, "figure", "low"]
        for path in (["segments", 0], note, end, ["schema_version"]):
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
