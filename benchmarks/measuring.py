"""One workload at one size: make the rows, compare the answers, time, look at memory."""

import zlib
from functools import partial

import numpy as np

from benchmarks.data import Table
from benchmarks.harness import Measurement, check_answers, peak_memory, read, take_turns
from benchmarks.workload import THREADED, Workload


def measure(workload: Workload, rows: int, threads: str = "all", runs: int = 7) -> Measurement:
    """
    Time loyalkit beside its peers.

    Parameters
    ----------
    workload : Workload
        What to measure.
    rows : int
        How many rows.
    threads : {"all", "one"}
        Whether peers may use every core. With one, those take part that can use several,
        if there are any.
    runs : int
        Turns of each contender; slow ones get fewer, but at least three.

    Returns
    -------
    Measurement
        Medians of all that take part.

    Raises
    ------
    AssertionError
        If two contenders give different answers.
    """
    draw = np.random.default_rng([rows, zlib.crc32(workload.name.encode())])
    table = Table(threads=threads, **workload.make(rows, draw))
    names = workload.contenders(rows)
    if threads == "one" and not THREADED.isdisjoint(names):
        names = [name for name in names if name in ("loyalkit", *THREADED)]
    calls = {name: partial(getattr(workload, name), table) for name in names}
    check_answers(workload.name, calls, workload.answer)
    arrays = workload.reads(table)
    floor = {"floor": read(arrays)} if arrays else {}
    return Measurement(
        workload=workload.name,
        rows=rows,
        threads=threads,
        timings=take_turns({**calls, **floor}, runs),
        peak_bytes=peak_memory(calls["loyalkit"]),
        most_bytes=workload.most_bytes(rows),
    )
