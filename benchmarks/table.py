"""
What was measured, as Markdown that the documentation shows.

Conventions: times are written in milliseconds or microseconds, memory in MB of 10**6
bytes. Nothing says where the machine is, or whose.
"""

import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from benchmarks.harness import Measurement, growth
from benchmarks.workload import PEERS, Workload

Rows = Iterable[Sequence[str]]

_HOW = """\
Medians of at least seven turns, loyalkit and its peers in turns in one process, all answers
compared first. loyalkit uses one thread. *times peer*: over the best peer, which may use all cores,
and with one thread each; in bold where more than the *aim*. *times floor*: over a sum of the same
bytes. *memory*: what a call holds at most, its result included, beyond its input. *growth*:
exponent from the smallest size to the largest."""

_WITHOUT = """\
What sorts, once more with `NPY_DISABLE_CPU_FEATURES="{}"` in the environment, so that NumPy
does it with AVX2:"""

_FIRST_USE = """\
What is loaded when a name is first used, in a fresh interpreter that has NumPy; the aim is 40 ms
for the import:"""

_ALL = """\
All medians in ms; in brackets the number of turns where a contender is so slow that it got fewer
than seven. An empty cell: it does not answer the question, or not at this size, or was not asked
with one thread."""


def markdown(header: Sequence[str], rows: Rows) -> str:
    """A table; the first column is text, the others are numbers."""
    rule = ["---", *["--:"] * (len(header) - 1)]
    lines = [header, rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def machine() -> str:
    """Kind of machine, and versions of what was measured."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        size = f", {memory:.0f} GiB of memory"
    except (AttributeError, ValueError, OSError):
        size = ""
    versions = [f"Python {platform.python_version()}"]
    for package in ("numpy", *PEERS):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} absent")
    kind = f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores{size}"
    return f"{kind}; {', '.join(versions)}."


def milliseconds(seconds: float) -> str:
    """Three digits, or a dash for what was not measured."""
    return _digits(seconds * 1e3)


def _digits(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(value: float, most: float = math.inf) -> str:
    """Two digits, marked where it exceeds what was aimed at."""
    if math.isnan(value):
        return "–"
    written = f"{value:.1f}" if value >= 10 else f"{value:.2g}"
    return f"**{written}**" if value > most else written


def megabytes(octets: float) -> str:
    """Two digits."""
    return f"{octets / 1e6:.0f}" if octets >= 1e7 else f"{octets / 1e6:.2g}"


def summary(workloads: Iterable[Workload], found: Sequence[Measurement]) -> str:
    """One line a workload at its largest size."""
    header = (
        "workload", "rows", "loyalkit, ms", "best peer, ms", "times peer", "one thread each",
        "aim", "times floor", "memory, MB", "bound, MB", "growth",
    )  # fmt: skip
    return markdown(header, (_line(workload, found) for workload in workloads))


def _line(workload: Workload, found: Sequence[Measurement]) -> list[str]:
    mine = [x for x in found if x.workload == workload.name]
    sizes = sorted((x for x in mine if x.threads == "all"), key=lambda x: x.rows)
    largest = sizes[-1]
    alone = next((x for x in mine if x.threads == "one" and x.rows == largest.rows), None)
    peer = largest.best_peer
    most = workload.most_times_peer
    return [
        workload.name,
        f"{largest.rows:,}",
        milliseconds(largest.seconds),
        f"{milliseconds(largest.peers[peer])} ({peer})" if peer else "–",
        ratio(largest.times_best_peer, most),
        ratio(alone.times_best_peer, most) if alone else "–",
        ratio(most),
        ratio(largest.times_floor),
        megabytes(largest.peak_bytes),
        megabytes(largest.most_bytes),
        _digits(growth([x.rows for x in sizes], [x.seconds for x in sizes]))
        + (" (sorts)" if workload.sorts else ""),
    ]


def everybody(found: Iterable[Measurement]) -> str:
    """All medians; fewer than seven turns are told."""
    found = list(found)
    names = ["loyalkit", *[x for x in PEERS if any(x in m.timings for m in found)], "floor"]
    rows = []
    for one in found:
        threads = "one" if one.threads == "one" else "all"
        cells = [_median(one, name) for name in names]
        rows.append([one.workload, f"{one.rows:,}", threads, *cells])
    return markdown(["workload", "rows", "threads", *names], rows)


def _median(one: Measurement, name: str) -> str:
    timing = one.timings.get(name)
    if timing is None:
        return ""
    few = f" ({timing.runs})" if timing.runs < 7 else ""
    return milliseconds(timing.seconds) + few


def small(header: Sequence[str], seconds: Mapping[str, float], unit: float) -> str:
    """Times of what computes little, in a unit."""
    return markdown(header, ([name, _digits(x / unit)] for name, x in seconds.items()))


def page(
    workloads: Sequence[Workload],
    found: Sequence[Measurement],
    without: Sequence[Measurement],
    disabled: str,
    first_uses: Mapping[str, float],
    scalar_calls: Mapping[str, float],
    date: str,
) -> str:
    """All tables, with what they were measured on; one without some instructions, if asked for."""
    when = f", {date}" if date else ""
    sorting = [
        workload for workload in workloads if any(workload.name == x.workload for x in without)
    ]
    sorts = [_WITHOUT.format(disabled), summary(sorting, without)] if sorting else []
    parts = [
        f"Measured with `python -m benchmarks`{when}: {machine()}",
        _HOW,
        summary(workloads, found),
        *sorts,
        _FIRST_USE,
        small(("first use", "ms"), first_uses, 1e-3),
        "Calls on few numbers; the aim is 30 µs:",
        small(("call", "µs"), scalar_calls, 1e-6),
        _ALL,
        everybody(found),
    ]
    return "\n".join(part if part.endswith("\n") else f"{part}\n" for part in parts)
