"""
How long a call takes beside its peers, how much memory it needs, and how both grow.

Conventions: seconds and bytes. Contenders take turns within one process, so that what
else the machine does falls on all of them; what counts is the median. Nothing is timed
before all have given the same answer.
"""

import gc
import math
import tracemalloc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import attrs
import numpy as np

Calls = Mapping[str, Callable[[], Any]]
"""Contenders by name, each a call without arguments."""

PATIENCE = 2.0
"""What all runs of one contender may take [seconds]; slow ones get fewer, but three."""


@attrs.frozen
class Timing:
    """Median over some runs."""

    seconds: float
    runs: int


@attrs.frozen
class Measurement:
    """One workload at one size with one number of threads."""

    workload: str
    rows: int
    threads: str
    timings: dict[str, Timing]
    peak_bytes: int
    most_bytes: int

    @property
    def peers(self) -> dict[str, float]:
        """Seconds of everybody but loyalkit and the floor."""
        found = {name: timing.seconds for name, timing in self.timings.items()}
        return {name: x for name, x in found.items() if name not in ("loyalkit", "floor")}

    @property
    def seconds(self) -> float:
        """Seconds that loyalkit takes."""
        return self.timings["loyalkit"].seconds

    @property
    def best_peer(self) -> str | None:
        """The fastest of the others, None if there is none."""
        return min(self.peers, key=self.peers.__getitem__, default=None)

    @property
    def times_best_peer(self) -> float:
        """Seconds over those of the fastest of the others; NaN without any."""
        return self.seconds / min(self.peers.values(), default=math.nan)

    @property
    def times_floor(self) -> float:
        """Seconds over those of a sum over the same bytes."""
        floor = self.timings.get("floor")
        return self.seconds / floor.seconds if floor else math.nan


def same(first: Any, second: Any) -> bool:
    """Whether two answers agree: labels and whole numbers exactly, floats to 1e-9."""
    if isinstance(first, tuple | list):
        return len(first) == len(second) and all(map(same, first, second))
    mine, theirs = np.asarray(first), np.asarray(second)
    if mine.shape != theirs.shape:
        return False
    if "f" in (mine.dtype.kind, theirs.dtype.kind):
        return np.allclose(mine.astype(float), theirs.astype(float), 1e-9, 0, equal_nan=True)
    return np.array_equal(mine, theirs)


def check_answers(workload: str, calls: Calls, answer: Callable[[Any], Any]) -> None:
    """Refuse to time contenders that disagree."""
    (first, call), *others = calls.items()
    expected = answer(call())
    for name, call in others:
        found = answer(call())
        if not same(expected, found):
            raise AssertionError(f"{workload}: {name} says {found}, {first} says {expected}")


def take_turns(calls: Calls, runs: int, patience: float = PATIENCE) -> dict[str, Timing]:
    """Median time of each call, all of them in turns."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for turn in range(runs):
            for name, call in calls.items():
                if turn < 3 or sum(spent[name]) < patience:
                    start = perf_counter()
                    call()
                    spent[name].append(perf_counter() - start)
    finally:
        gc.enable()
    return {name: Timing(median(found), len(found)) for name, found in spent.items()}


def peak_memory(call: Callable[[], Any]) -> int:
    """Most memory that a call holds at one time, its result included; NumPy tells tracemalloc."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        result = call()
        peak = tracemalloc.get_traced_memory()[1] - before
        del result
    finally:
        tracemalloc.stop()
    return max(0, peak)


def read(arrays: list[np.ndarray]) -> Callable[[], Any]:
    """A sum over the bytes of arrays: what memory alone costs."""
    words = [array.reshape(-1).view(np.uint8) for array in arrays]
    words = [octets[: octets.size // 8 * 8].view(np.uint64) for octets in words]
    return lambda: [part.sum() for part in words]


def growth(sizes: list[int], seconds: list[float]) -> float:
    """Exponent e of the power law n ** e that joins the smallest to the largest size."""
    if len(sizes) < 2:
        return math.nan
    return math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1] / sizes[0])
