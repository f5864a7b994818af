"""How plans come about: somebody starts one and edits it."""

import datetime as dt
import math

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalkit.cross_tables import cross_table
from loyalkit.evidence import Evidence
from loyalkit.intervals import Interval
from loyalkit.kinds import Segment
from loyalkit.nps import NpsCounts
from loyalkit.planning_criteria import EVIDENCE_KINDS
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.planning_kpis import PlanKpi
from loyalkit.program_planner import ProgramPlan
from loyalkit.retention import RetentionCounts
from loyalkit.segments import assign_segments

NASTY = "ab [](){}|*_`<>&#-+=~$!\\1.:\n\r\t\x00\x85\u2028äß名\u202e😀\"'"

texts = st.text(NASTY, max_size=8).map(lambda text: text if text.strip() else "x")
days = st.dates(dt.date(2025, 1, 1), dt.date(2025, 1, 9))
names = st.lists(
    texts | st.sampled_from(list(Segment.__members__)), min_size=1, max_size=2, unique=True
)


def evidence_of(kinds):
    return st.builds(
        PlanEvidence, st.sampled_from(kinds), texts, st.just("") | texts, st.none() | days
    )


evidence = evidence_of(EVIDENCE_KINDS)
updates = st.tuples(
    st.sampled_from(["leave", "meet", "waive"]),
    evidence,
    texts,
    st.none() | texts,
    st.none() | days,
)
own_criteria = st.dictionaries(
    st.text("abc-", max_size=4).map(lambda text: f"x{text}"),
    st.tuples(st.integers(1, 6), texts),
    max_size=2,
)


# ---------------------------------------------------------------- figures

customers = st.integers(0, 60)
retentions = st.builds(RetentionCounts, retained=customers, lost=customers)
answers = st.builds(NpsCounts, detractors=customers, passives=customers, promoters=customers)


@st.composite
def intervals(draw):
    """Intervals of any range, open ones and those of figures that nobody knows included."""
    bounds = draw(st.sampled_from([(0.0, 1.0), (-100.0, 100.0), (-math.inf, math.inf)]))
    confidence = draw(st.sampled_from([0.8, 0.95]))
    if draw(st.booleans()):
        return Interval(math.nan, math.nan, confidence, bounds=bounds)
    ends = st.floats(*bounds, allow_nan=False)
    low, high = sorted((draw(ends), draw(ends)))
    return Interval(low, high, confidence, bounds=bounds)


@st.composite
def kpis(draw, segments):
    """KPIs of the programme or of one of the segments, measured or not."""
    figure = draw(st.none() | intervals())
    bounds = (-1e9, 1e9) if figure is None else figure.bounds
    target = draw(st.floats(max(-1e9, bounds[0]), min(1e9, bounds[1])))
    return PlanKpi(
        name=draw(st.sampled_from(["retention", "a|b"]) | texts),
        target=target,
        direction=draw(st.sampled_from(["at_least", "at_most"])),
        segment=draw(st.none() | st.sampled_from(segments)),
        figure=figure,
        date=draw(st.none() | days),
    )


@st.composite
def assignments(draw):
    """A few customers about whom anything may be known or unknown."""
    n = draw(st.integers(1, 6))
    piece = st.lists(st.sampled_from([None, False, True]), min_size=n, max_size=n)
    bonds = st.lists(st.sampled_from([None, 0, 1, 2]), min_size=n, max_size=n)
    return assign_segments(
        Evidence(
            buys_regularly=draw(piece),
            attachment=draw(bonds),
            perceives_value=draw(piece),
            buys_exclusively=draw(piece),
        )
    )


@st.composite
def measures(draw, segments):
    """Arguments of `with_findings` that are about some of these segments."""
    made = {"retention": st.dictionaries(st.sampled_from(segments), retentions, min_size=1)}
    made["retention"] |= retentions
    made["scores"] = st.dictionaries(st.sampled_from(segments), answers, min_size=1) | answers
    if any(name in Segment.__members__ for name in segments):
        made["segments"] = assignments()
    # NumPy drops zeros at the end of a text.
    rows = [name for name in segments if not name.endswith("\0")]
    if rows:
        pair = st.tuples(st.sampled_from(rows), st.sampled_from(["web", "shop|", "app"]))
        pairs = st.lists(pair, min_size=1, max_size=20)
        made["channels"] = pairs.map(
            lambda pairs: cross_table(*map(list, zip(*pairs, strict=True)))
        )
    chosen = draw(st.sets(st.sampled_from(sorted(made)), min_size=1))
    return {name: draw(made[name]) for name in sorted(chosen)}


# ---------------------------------------------------------------- plans


def fitting(line, piece):
    """The same evidence, of a kind that can meet the criterion."""
    kinds = line.definition.kinds
    kind = piece.kind if piece.kind in kinds else kinds[0]
    return PlanEvidence(kind, piece.reference, piece.note, piece.date)


def settle(plan, key, piece, *, hidden=False):
    """The criterion met, whichever it is."""
    line = plan.criterion(key)
    if line.id == "3.1":
        return plan.judge_potential(line.segment, hidden, piece)
    return plan.record(key, fitting(line, piece))


def update(plan, key, change):
    """One criterion met, waived or left, and assigned."""
    what, piece, reason, owner, due = change
    plan = plan.assign(key, owner, due)
    if what == "meet":
        return settle(plan, key, piece, hidden=piece.kind == "survey")
    return plan.waive(key, reason) if what == "waive" else plan


@st.composite
def plans(draw):
    """Plans of any age, with own criteria."""
    plan = ProgramPlan.start(segments=draw(names), departments=draw(names))
    for id_, (step, text) in draw(own_criteria).items():
        plan = plan.add_criterion(step, id_, text)
    keys = [line.key for line in (*plan.criteria, *plan.own_criteria)]
    for key in draw(st.lists(st.sampled_from(keys), max_size=5, unique=True)):
        plan = update(plan, key, draw(updates))
    if draw(st.booleans()):
        plan = plan.with_kpi(draw(kpis(plan.segments)))
        plan = plan.with_findings(draw(evidence), **draw(measures(plan.segments)))
        for proposal in plan.proposals[: draw(st.integers(0, 3))]:
            if proposal.kind == "tactic" or draw(st.booleans()):
                plan = plan.decline(proposal)
            else:
                plan = plan.accept(proposal)
    done = draw(st.integers(0, 6))
    return attrs.evolve(
        plan,
        criteria=[
            attrs.evolve(line, waiver="in bulk") if line.is_open and line.step <= done else line
            for line in plan.criteria
        ],
    )


def given_plans(*others):
    """Given a plan, and a fifth of the examples, since each takes many edits."""
    fewer = settings(max_examples=max(1, settings.default.max_examples // 5))
    return lambda test: fewer(given(plans(), *others)(test))
