"""
A plan as plain data and back, as Markdown, as rows and as HTML.

Conventions: plain data hold dicts with text keys, lists, text, whole numbers and None,
as JSON does; dates are ISO text. Reading refuses whatever it does not know, with the
path of the bad entry, and never loads a part.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import attrs

from loyalkit._markup import escape_markdown, one_line
from loyalkit._messages import refuse, refuse_type
from loyalkit.planning_criteria import (
    PERSONAL_PROGRAMME,
    SIZE_LIMIT,
    CriterionDefinition,
    PlanningStep,
    StepStatus,
    names_of,
)
from loyalkit.planning_evidence import PlanCriterion, PlanEvidence, lay_out

SCHEMA_VERSION = 1

Lines: TypeAlias = tuple[PlanCriterion, ...]

# ---------------------------------------------------------------- plain data


def write_plan(
    segments: Iterable[str],
    departments: Iterable[str],
    hidden: Iterable[str],
    criteria: Lines,
    own: Lines,
) -> dict[str, Any]:
    """A plan as plain data, without criteria of which nothing is recorded."""
    return {
        "schema_version": SCHEMA_VERSION,
        "segments": list(segments),
        "departments": list(departments),
        "hidden_potential": list(hidden),
        "own_criteria": [{"id": x.id, "step": x.step.value, "text": x.text} for x in own],
        "criteria": [
            _write_line(line)
            for line in (*criteria, *own)
            if line != PlanCriterion(definition=line.definition, part=line.part)
        ],
    }


def _write_line(line: PlanCriterion) -> dict[str, Any]:
    return {
        "criterion": line.key,
        "evidence": [
            {
                "kind": piece.kind,
                "reference": piece.reference,
                "note": piece.note,
                "date": None if piece.date is None else piece.date.isoformat(),
            }
            for piece in line.evidence
        ],
        "waiver": line.waiver,
        "owner": line.owner,
        "due": None if line.due is None else line.due.isoformat(),
    }


def read_plan(data: Any) -> tuple[Lines, Lines]:
    """Criteria and own criteria from plain data."""
    plan = _fields(
        "plan",
        data,
        ("schema_version", "segments", "departments"),
        ("hidden_potential", "own_criteria", "criteria"),
    )
    version = plan["schema_version"]
    if type(version) is not int or version != SCHEMA_VERSION:
        refuse("schema_version", f"must be {SCHEMA_VERSION}", _short(version))
    segments = names_of("segments", _list("segments", plan["segments"]))
    departments = names_of("departments", _list("departments", plan["departments"]))
    hidden = _hidden(_list("hidden_potential", plan.get("hidden_potential", [])), segments)
    own = [
        _read_own(f"own_criteria[{place}]", entry)
        for place, entry in enumerate(_list("own_criteria", plan.get("own_criteria", [])))
    ]
    criteria = lay_out(segments, departments, hidden)
    found = {line.key: line for line in (*criteria, *own)}
    read: dict[str, PlanCriterion] = {}
    for place, entry in enumerate(_list("criteria", plan.get("criteria", []), len(found))):
        line = _read_line(f"criteria[{place}]", entry, found)
        if line.key in read:
            refuse(f"criteria[{place}].criterion", "must be given once", line.key)
        read[line.key] = line
    return tuple(read.get(x.key, x) for x in criteria), tuple(read.get(x.key, x) for x in own)


def _hidden(given: list[Any], segments: tuple[str, ...]) -> tuple[str, ...]:
    names = names_of("hidden_potential", given) if given else ()
    for place, name in enumerate(names):
        if name not in segments:
            refuse("hidden_potential", "must be segments of the plan", name, place)
    return names


def _read_own(path: str, data: Any) -> PlanCriterion:
    fields = _fields(path, data, ("id", "step", "text"))
    with _at(path):
        return PlanCriterion(definition=CriterionDefinition(**fields))


def _read_line(path: str, data: Any, known: Mapping[str, PlanCriterion]) -> PlanCriterion:
    fields = _fields(path, data, ("criterion",), ("evidence", "waiver", "owner", "due"))
    key = fields.pop("criterion")
    if not isinstance(key, str) or key not in known:
        refuse(f"{path}.criterion", "must be the address of a criterion of the plan", _short(key))
    given = _list(f"{path}.evidence", fields.pop("evidence", []))
    pieces = [_read_piece(f"{path}.evidence[{place}]", piece) for place, piece in enumerate(given)]
    with _at(path):
        return attrs.evolve(known[key], evidence=pieces, **fields)


def _read_piece(path: str, data: Any) -> PlanEvidence:
    fields = _fields(path, data, ("kind", "reference"), ("note", "date"))
    with _at(path):
        return PlanEvidence(**fields)


def _fields(
    path: str, data: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(data, dict):
        refuse_type(path, "must be a dict", type(data).__name__)
    fields: dict[Any, Any] = cast(Any, data)
    for key in fields:
        if key not in required and key not in optional:
            refuse(path, f"must have no keys but {', '.join(required + optional)}", _short(key))
    for key in required:
        if key not in fields:
            refuse(path, f"must have the keys {', '.join(required)}", sorted(fields))
    return dict(fields)


def _list(path: str, data: Any, limit: int = SIZE_LIMIT) -> list[Any]:
    if not isinstance(data, list):
        refuse_type(path, "must be a list", type(data).__name__)
    entries: list[Any] = cast(Any, data)
    if len(entries) > limit:
        refuse(path, f"must have at most {limit} entries", len(entries))
    return entries


def _short(value: Any) -> Any:
    # Hostile data may be huge or nested a thousand deep, and so would be the message.
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**20 else "a huge number"
    return value[:40] if isinstance(value, str) else type(value).__name__


@contextmanager
def _at(path: str) -> Generator[None]:
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{path}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


# ---------------------------------------------------------------- for people


def markdown(criteria: Lines, own: Lines, statuses: Mapping[PlanningStep, StepStatus]) -> str:
    """Task list with a heading for each step."""
    settled = sum(not line.is_open for line in criteria)
    hidden = [line.part or "" for line in criteria if line.id == PERSONAL_PROGRAMME]
    text = ["# Loyalty programme plan", "", f"{settled} of {len(criteria)} criteria settled."]
    for step in PlanningStep:
        text += ["", f"## {step.value}. {step.title}: {statuses[step].value}", ""]
        if step is PlanningStep.FIND_HIDDEN_POTENTIAL and hidden:
            text += [f"Hidden potential: {', '.join(map(escape_markdown, hidden))}.", ""]
        text += [row for line in criteria if line.step is step for row in _task(line)]
        extra = [row for line in own if line.step is step for row in _task(line)]
        text += ["", "### Own criteria", "", *extra] if extra else []
    return "\n".join(text) + "\n"


def _task(line: PlanCriterion) -> Iterator[str]:
    part = "" if line.part is None else f"{escape_markdown(line.part)}: "
    owner = [] if line.owner is None else [f"owner: {escape_markdown(line.owner)}"]
    due = [] if line.due is None else [f"due: {line.due}"]
    remarks = f" ({', '.join(owner + due)})" if owner or due else ""
    box = " " if line.is_open else "x"
    yield f"- [{box}] **{escape_markdown(line.id)}** {part}{escape_markdown(line.text)}{remarks}"
    for piece in line.evidence:
        date = "" if piece.date is None else f", {piece.date}"
        note = f": {escape_markdown(piece.note)}" if piece.note else ""
        yield f"  - {piece.kind}: {escape_markdown(piece.reference)}{date}{note}"
    if line.waiver is not None:
        yield f"  - waived: {escape_markdown(line.waiver)}"


def row(line: PlanCriterion, *, own: bool) -> dict[str, Any]:
    """A criterion as a row of a table."""
    return {
        "step": line.step.value,
        "criterion": line.key,
        "segment": line.segment,
        "department": line.department,
        "own": own,
        "text": line.text,
        "state": line.state.value,
        "evidence": "; ".join(piece.reference for piece in line.evidence),
        "waiver": line.waiver,
        "owner": line.owner,
        "due": line.due,
    }


def html_table(
    statuses: Mapping[PlanningStep, StepStatus],
    progress: Mapping[PlanningStep, float],
    actions: Sequence[PlanCriterion],
) -> str:
    """Steps as a small table, and below it what comes next."""
    import html  # here, since its table of entities would slow `import loyalkit`

    rows = "".join(
        f"<tr><td>{step.value}</td><td>{step.title}</td><td>{statuses[step].value}</td>"
        f"<td>{_bar(progress[step])}</td></tr>"
        for step in PlanningStep
    )
    text = "all done" if not actions else f"next: {actions[0].key} {actions[0].text}"
    return (
        f"<table><thead><tr><th></th><th>step</th><th>status</th><th>settled</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p>{html.escape(one_line(text))}</p>"
    )


def _bar(share: float) -> str:
    return (
        '<div style="width:8em;border:1px solid currentColor">'
        f'<div style="width:{100 * share:.1f}%;height:0.6em;background:currentColor"></div></div>'
    )
