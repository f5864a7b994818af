"""
Measure loyalkit beside its peers, and write what was found as Markdown.

``python -m benchmarks --output docs/explanation/measured.md --date 2026-11-26`` makes the
table of the documentation; the packages to compare with are those of the dependency group
``bench``. Every number of threads has a process of its own, since polars reads it only once, and so
has NumPy without AVX-512, since that is slow on some processors.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np

from benchmarks.harness import Measurement, Timing
from benchmarks.measuring import measure
from benchmarks.small_calls import first_uses, scalar_calls, seconds_per_call
from benchmarks.table import page
from benchmarks.workload import Workload
from benchmarks.workloads import workloads

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


def measure_here(asked: argparse.Namespace) -> int:
    """Measure in this process, a line of JSON each, and return how many could not be measured."""
    failed = 0
    for workload in chosen(asked.only):
        sizes = [n for n in sorted(asked.rows) if "loyalkit" in workload.contenders(n)]
        # One thread is compared at the largest size only.
        for n in sizes if asked.measure == "all" else sizes[-1:]:
            try:
                found = measure(workload, n, asked.measure, asked.runs)
            except Exception as problem:  # a peer may raise whatever it likes
                print(f"{workload.name}, {n:,} rows: {problem!r}", file=sys.stderr)
                failed += 1
                continue
            print(json.dumps(attrs.asdict(found)), flush=True)
            print(
                f"{found.workload}, {n:,} rows, threads: {found.threads}:"
                f" {found.seconds * 1e3:.3g} ms, {found.times_best_peer:.2g} times the best peer",
                file=sys.stderr,
            )
    return failed


def avx512() -> str:
    """What NumPy calls the AVX-512 instructions that it found here; empty if none."""
    extensions: dict[str, list[str]] = np.show_config(mode="dicts")["SIMD Extensions"]
    found = extensions.get("found", [])
    return " ".join(name for name in found if name.startswith("AVX512") or name == "X86_V4")


def measure_apart(
    asked: argparse.Namespace, threads: str, only: list[str], disabled: str = ""
) -> tuple[list[Measurement], bool]:
    """Measure in a process that uses so many threads; also whether that went well."""
    limits = dict.fromkeys(THREADS_OF, "1") if threads == "one" else {}
    if disabled:
        limits["NPY_DISABLE_CPU_FEATURES"] = disabled
    command = [sys.executable, "-m", "benchmarks", "--measure", threads]
    command += ["--runs", str(asked.runs), "--rows", *map(str, asked.rows), "--only", *only]
    done = subprocess.run(
        command, env={**os.environ, **limits}, stdout=subprocess.PIPE, text=True, check=False
    )
    return [_read(line) for line in done.stdout.splitlines()], done.returncode == 0


def _read(line: str) -> Measurement:
    found = json.loads(line)
    timings = {name: Timing(**timing) for name, timing in found.pop("timings").items()}
    return Measurement(**found, timings=timings)


def main() -> int:
    """Measure everything and write the page; 1 if something could not be measured, else 0."""
    asked = arguments()
    if asked.measure:
        return int(measure_here(asked) > 0)
    parts = [measure_apart(asked, threads, asked.only) for threads in asked.threads]
    found = [one for part, _ in parts for one in part]
    names = {one.workload for one in found if one.threads == "all"}
    measured = [workload for workload in workloads() if workload.name in names]
    sorting, disabled = [x.name for x in measured if x.sorts], avx512()
    if sorting and disabled:
        parts += [measure_apart(asked, x, sorting, disabled) for x in asked.threads]
    calls = scalar_calls().items()
    written = page(
        measured,
        found,
        [one for part, _ in parts[len(asked.threads) :] for one in part],
        disabled,
        first_uses(asked.runs),
        {name: seconds_per_call(call, asked.runs) for name, call in calls},
        asked.date,
    )
    if asked.output:
        asked.output.write_text(written, encoding="utf-8")
    else:
        print(written)
    return int(not all(went_well for _, went_well in parts))


if __name__ == "__main__":
    sys.exit(main())
