import datetime as dt
import re
from html.parser import HTMLParser

import attrs
import pytest
from planning_strategies import given_plans

from loyalkit._markup import escape_markdown
from loyalkit.nps import NpsCounts
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import PlanProposal
from loyalkit.program_planner import ProgramPlan
from loyalkit.retention import RetentionCounts

BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s", re.MULTILINE)


def example():
    plan = ProgramPlan.start(segments=["CORE", "LOW"], departments=["shop"])
    plan = plan.record("1.1", PlanEvidence("behaviour", "log", "since May", "2025-06-01"))
    plan = plan.judge_potential("LOW", True, PlanEvidence("survey", "needs survey"))
    plan = plan.waive("5.5", "small firm").add_criterion(5, "budget", "Money is granted")
    return plan.assign("budget", "Ana", "2025-07-01")


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
        hidden = r"Hidden potential: .*\."
        titles = "KPIs|Findings|Proposals to accept or decline|Decisions"
        heads = rf"# Loyalty.*|\d+ of \d+ .*|## [1-6]\. .*|## ({titles})|### Own criteria|{hidden}|"
        tasks = r"- \[[ x]\] \*\*.*|  - [a-z]+: .*"
        parts = "|".join(re.escape(escape_markdown(name)) for name in plan.segments)
        kpis = r"- .* at (least|most) \S+: \*\*(met|missed|cannot tell)\*\* \(.*\)"
        findings = rf"- (({parts}): )?[a-z ]+: .* \(\S+ to \S+ at \S+ %; [a-z]+: .*\)"
        ideas = r"- (accepted: |declined: )?\*\*\d\.\d.*\*\* [a-z]+: .*"
        for line in plan.to_markdown().splitlines():
            assert re.fullmatch(f"{heads}|{tasks}|{kpis}|{findings}|{ideas}", line)

    @given_plans()
    def test_lists_all_that_the_plan_holds(self, plan):
        text = plan.to_markdown()
        sections = {
            "KPIs": plan.kpis,
            "Findings": plan.findings,
            "Proposals to accept or decline": plan.proposals,
            "Decisions": plan.decisions,
        }
        for title, entries in sections.items():
            _, found, rest = text.partition(f"\n## {title}\n\n")
            assert bool(found) == bool(entries)
            listed = rest.partition("\n## ")[0].splitlines()
            assert len([line for line in listed if line]) == len(entries)

    def test_evidence_is_escaped(self):
        plan = example().record("1.4", PlanEvidence("document", "a|b", "c[d]"))
        assert "\n  - document: a\\|b: c\\[d\\]\n" in plan.to_markdown()

    def test_figures_come_after_the_steps(self):
        plan = measured()
        assert plan.to_markdown().partition("\n## KPIs\n")[2] == (
            "\n- CORE: staying \\| 1 year at least 0.8: **met** "
            "(0.8256 to 0.9448 at 95 %, 2025-12-31)\n"
            "- share at most 0.5: **cannot tell** (not measured)\n"
            "\n## Findings\n\n"
            "- net promoter score: 30 promoters, 0 passives and 0 detractors among 30 answers; "
            "\\<b\\> (77.3 to 100 at 95 %; survey: s\\[1\\])\n"
            "\n## Proposals to accept or decline\n\n"
            "- **1.2** evidence: 30 promoters, 0 passives and 0 detractors among 30 answers; "
            "\\<b\\>\n"
            "\n## Decisions\n\n"
            "- declined: **6.1\\[CORE\\]** tactic: Give \\| take\n"
        )

    @given_plans()
    def test_a_reader_of_markdown_finds_nothing_but_the_lists(self, plan):
        markdown_it = pytest.importorskip("markdown_it")
        parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
        tokens = parser.parse(plan.to_markdown())
        found = {token.type for token in tokens}
        found |= {child.type for token in tokens for child in token.children or ()}
        blocks = ("heading", "bullet_list", "list_item", "paragraph", "strong")
        known = {f"{block}_{end}" for block in blocks for end in ("open", "close")}
        assert found <= known | {"inline", "text", "text_special"}
        lines = (*plan.criteria, *plan.own_criteria)
        remarks = sum(len(line.evidence) + (line.waiver is not None) for line in lines)
        others = (plan.kpis, plan.findings, plan.proposals, plan.decisions)
        items = sum(token.type == "list_item_open" for token in tokens)
        assert items == len(lines) + remarks + sum(map(len, others))


class TestRows:
    @given_plans()
    def test_has_one_row_for_each_entry_of_any_sort(self, plan):
        for sort in ("kpis", "findings", "proposals", "decisions"):
            rows = plan.to_rows(sort)
            assert len(rows) == len(getattr(plan, sort))
            assert len({tuple(row) for row in rows}) <= 1

    def test_kpis_and_findings(self):
        plan = measured()
        interval = RetentionCounts(retained=90, lost=10).interval()
        assert plan.to_rows("kpis")[0] == {
            "segment": "CORE",
            "name": "staying | 1 year",
            "direction": "at_least",
            "target": 0.8,
            "low": interval.low,
            "high": interval.high,
            "confidence": 0.95,
            "date": dt.date(2025, 12, 31),
            "verdict": "met",
        }
        unmeasured = plan.to_rows("kpis")[1]
        assert (unmeasured["low"], unmeasured["verdict"]) == (None, "cannot tell")
        (finding,) = plan.to_rows("findings")
        assert finding["text"].startswith("30 promoters")
        assert (finding["reference"], finding["kind"]) == ("s[1]", "survey")
        assert finding["high"] == 100
        assert plan.to_rows("decisions") == [
            {
                "criterion": "6.1[CORE]",
                "segment": "CORE",
                "kind": "tactic",
                "subject": "size",
                "text": "Give | take",
                "accepted": False,
            }
        ]
        assert plan.to_rows("proposals")[0]["accepted"] is None

    def test_says_what_there_is(self):
        with pytest.raises(ValueError, match="^of must be one of 'criteria', 'kpis', 'findings'"):
            measured().to_rows("steps")

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


def measured():
    plan = ProgramPlan.start(segments=["CORE"], departments=["shop"])
    kpi = PlanKpi(name="staying | 1 year", target=0.8, segment="CORE")
    stayed = RetentionCounts(retained=90, lost=10)
    plan = plan.with_kpi(kpi.measured(stayed, date="2025-12-31"))
    plan = plan.with_kpi(PlanKpi(name="share", target=0.5, direction="at_most"))
    survey = PlanEvidence("survey", "s[1]", "<b>")
    plan = plan.with_findings(survey, scores=NpsCounts(promoters=30))
    idea = PlanProposal(
        criterion="6.1[CORE]", kind="tactic", text="Give | take", subject="size", accepted=False
    )
    return attrs.evolve(plan, decisions=[idea])


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
        more = len(plan.kpis) + 1 if plan.kpis else 0
        assert parser.tags.count("tr") == 7 + more
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

    def test_shows_kpis_and_what_waits_for_an_answer(self):
        html = measured()._repr_html_()
        assert (
            "<tr><td>CORE</td><td>staying | 1 year</td><td>at least 0.8</td>"
            "<td>0.8256 to 0.9448 at 95 %</td><td>met</td></tr>"
        ) in html
        assert html.endswith("<p>proposals to accept or decline: 1</p>")
        assert "proposals" not in example()._repr_html_()
