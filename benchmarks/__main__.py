"""
Measure loyalkit beside its peers, and write what was found as Markdown.

``python -m benchmarks --output docs/explanation/measured.md --date 2026-11-26`` makes the
table of the documentation; the packages to compare with are those of the dependency group
``bench``. Every number of threads has a process of its own, since polars reads it only once.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

from benchmarks.harness import Measurement, Timing
from benchmarks.measuring import measure
from benchmarks.small_calls import first_uses, scalar_calls, seconds_per_call
from benchmarks.table import page
from benchmarks.workloads import Workload, workloads

THREADS_OF = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def size(text: str) -> int:
    """Rows, also as 1e6."""
    return int(float(text))


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=size, nargs="+", default=[10**5, 10**6, 10**7])
    parser.add_argument("--only", nargs="+", default=[""], help="parts of names of workloads")
    parser.add_argument("--threads", nargs="+", choices=["all", "one"], default=["all", "one"])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--output", type=Path, help="file to write; otherwise it is printed")
    parser.add_argument("--date", default="", help="when this is, for the table")
    parser.add_argument("--measure", choices=["all", "one"], help=argparse.SUPPRESS)
    return parser.parse_args(given)


def chosen(only: list[str]) -> Iterator[Workload]:
    """Workloads of which a part of the name was asked for, and which this loyalkit has."""
    for workload in workloads():
        if any(part in workload.name for part in only):
            if workload.available:
                yield workload
            else:
                print(f"{workload.name}: this loyalkit has no {workload.needs[0]}", file=sys.stderr)


def measure_here(asked: argparse.Namespace) -> None:
    """Measure in this process, a line of JSON each; with one thread only the largest size."""
    rows = sorted(asked.rows)
    for workload in chosen(asked.only):
        sizes = [n for n in rows if "loyalkit" in workload.contenders(n)]
        for n in sizes if asked.measure == "all" else sizes[-1:]:
            found = measure(workload, n, asked.measure, asked.runs)
            print(json.dumps(attrs.asdict(found)), flush=True)
            print(
                f"{found.workload}, {n:,} rows, threads: {found.threads}:"
                f" {found.seconds * 1e3:.3g} ms, {found.times_best_peer:.2g} times the best peer",
                file=sys.stderr,
            )


def measure_apart(asked: argparse.Namespace, threads: str) -> Iterator[Measurement]:
    """Measure in a process that uses so many threads."""
    limits = dict.fromkeys(THREADS_OF, "1") if threads == "one" else {}
    command = [sys.executable, "-m", "benchmarks", "--measure", threads]
    command += ["--runs", str(asked.runs), "--rows", *map(str, asked.rows), "--only", *asked.only]
    done = subprocess.run(
        command, env={**os.environ, **limits}, stdout=subprocess.PIPE, text=True, check=True
    )
    for line in done.stdout.splitlines():
        found = json.loads(line)
        timings = {name: Timing(**timing) for name, timing in found.pop("timings").items()}
        yield Measurement(**found, timings=timings)


def main() -> None:
    """Measure everything and write the page."""
    asked = arguments()
    if asked.measure:
        measure_here(asked)
        return
    found = [one for threads in asked.threads for one in measure_apart(asked, threads)]
    names = {one.workload for one in found if one.threads == "all"}
    calls = {name: seconds_per_call(call, asked.runs) for name, call in scalar_calls().items()}
    written = page(
        [workload for workload in workloads() if workload.name in names],
        found,
        first_uses(asked.runs),
        calls,
        asked.date,
    )
    if asked.output:
        asked.output.write_text(written, encoding="utf-8")
    else:
        print(written)


if __name__ == "__main__":
    main()
