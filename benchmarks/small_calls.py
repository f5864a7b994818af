"""
What one call costs where there is little to compute: imports, and measures of few counts.

Conventions: seconds. Imports are timed in fresh interpreters that have NumPy already.
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from timeit import Timer
from typing import Any

import loyalkit
from loyalkit import NpsCounts, RetentionCounts

_CLOCK = """
import time, numpy
start = time.perf_counter()
{code}
print(time.perf_counter() - start)
"""

FIRST_USES = {
    "`import loyalkit`": "import loyalkit",
    "and a first `retention_rate(...)`": (
        "import loyalkit; loyalkit.retention_rate("
        "customers_at_start=200, customers_at_end=210, new_customers=30)"
    ),
    "and a first `NpsCounts.from_scores(...)`": (
        "import loyalkit; loyalkit.NpsCounts.from_scores([9, 10, 3])"
    ),
    "and all public names": "import loyalkit; [getattr(loyalkit, x) for x in loyalkit.__all__]",
}


def first_uses(runs: int = 7) -> dict[str, float]:
    """Median time beyond NumPy until a name is there, each time in a fresh interpreter."""

    def once(code: str) -> float:
        command = [sys.executable, "-c", _CLOCK.format(code=code)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return {name: median(once(code) for _ in range(runs)) for name, code in FIRST_USES.items()}


def scalar_calls() -> dict[str, Callable[[], Any]]:
    """Calls of which a notebook or a web handler makes thousands."""
    flows = RetentionCounts(retained=180, lost=20, new=25, reactivated=5)
    other = RetentionCounts(retained=150, lost=50, new=40)
    answers = NpsCounts(detractors=20, passives=30, promoters=50)
    before = NpsCounts(detractors=25, passives=35, promoters=40)
    heads = {"customers_at_start": 200, "customers_at_end": 210, "new_customers": 30}
    return {
        "`retention_rate(...)`": lambda: loyalkit.retention_rate(**heads),
        "`RetentionCounts(...)`": lambda: RetentionCounts(retained=180, lost=20, new=25),
        "`RetentionCounts.rate`": lambda: flows.rate,
        "`RetentionCounts.interval()`": lambda: flows.interval(),
        "`RetentionCounts.difference(...)`": lambda: flows.difference(other),
        "`RetentionCounts + RetentionCounts`": lambda: flows + other,
        "`NpsCounts(...)`": lambda: NpsCounts(detractors=20, passives=30, promoters=50),
        "`NpsCounts.score`": lambda: answers.score,
        "`NpsCounts(...).interval()`": lambda: NpsCounts(
            detractors=20, passives=30, promoters=50
        ).interval(),
        "`NpsCounts.difference(...)`": lambda: answers.difference(before),
        "`NpsCounts + NpsCounts`": lambda: answers + before,
        "`net_promoter_score` of ten answers": lambda: loyalkit.net_promoter_score(
            [10, 9, 9, 8, 7, 6, 10, 3, 9, 10]
        ),
        "`wilson_interval(180, 200)`": lambda: loyalkit.wilson_interval(180, 200),
        "`newcombe_difference(...)`": lambda: loyalkit.newcombe_difference(180, 200, 150, 200),
    }


def seconds_per_call(call: Callable[[], Any], runs: int = 7) -> float:
    """Median time of one call."""
    return median(Timer(call).repeat(runs, number=1000)) / 1000
