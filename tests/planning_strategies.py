"""How plans come about: somebody starts one and edits it."""

import datetime as dt

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalkit.planning_criteria import EVIDENCE_KINDS
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.program_planner import ProgramPlan

NASTY = "ab [](){}|*_`<>&#-+=~$!\\1.:\n\r\t\x00\x85\u2028äß名\u202e😀\"'"

texts = st.text(NASTY, max_size=8).map(lambda text: text if text.strip() else "x")
days = st.dates(dt.date(2025, 1, 1), dt.date(2025, 1, 9))
names = st.lists(texts, min_size=1, max_size=2, unique=True)


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
    done = draw(st.integers(0, 6))
    return attrs.evolve(
        plan,
        criteria=[
            attrs.evolve(line, waiver="in bulk") if line.is_open and line.step <= done else line
            for line in plan.criteria
        ],
    )


def given_plans(*others):
    """Given a plan, and a third of the examples, since each takes many edits."""
    fewer = settings(max_examples=max(1, settings.default.max_examples // 3))
    return lambda test: fewer(given(plans(), *others)(test))
