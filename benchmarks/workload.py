"""
What a workload is: a question, its rows, and one method for each contender.

Conventions: the method named for a contender is what is timed, through the public names
of each; `answer` makes of what they return something that can be compared, untimed.
Columns are made before, in the form that each contender likes best.
"""

from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks.data import Table

PEERS = ("polars", "duckdb", "pandas", "pyarrow", "lifetimes", "clvkit")
THREADED = frozenset({"polars", "duckdb"})
"""Peers that use several cores and can be told not to."""

MIB = 2**20


class Workload:
    """A question, its rows, and how each contender answers."""

    name: ClassVar[str]
    most_times_peer: float = np.inf
    """How many times the best peer's time it may take."""
    most_bytes_per_row: float = 0
    most_bytes_per_customer: float = 0
    sorts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of loyalkit without which it is left out."""
    largest: ClassVar[dict[str, int]] = {}
    """Most rows for contenders that take too long beyond."""

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        """Columns."""
        raise NotImplementedError

    def loyalkit(self, table: Table) -> Any:
        """What is measured."""
        raise NotImplementedError

    def reads(self, table: Table) -> list[np.ndarray]:
        """Arrays that loyalkit has to look through; they set the floor."""
        return list(table.columns.values())

    def answer(self, found: Any) -> Any:
        """What is compared."""
        return found

    def most_bytes(self, rows: int) -> int:
        """Most memory that loyalkit may take beyond its input: tables, results and blocks."""
        customers = rows / 10
        tables = self.most_bytes_per_row * rows + self.most_bytes_per_customer * customers
        return int(tables) + 4 * MIB

    def contenders(self, rows: int) -> list[str]:
        """Who takes part at this size, loyalkit first."""
        peers = [peer for peer in PEERS if hasattr(self, peer) and find_spec(peer)]
        names = ["loyalkit", *peers]
        return [name for name in names if rows <= self.largest.get(name, rows)]

    @property
    def available(self) -> bool:
        """Whether this loyalkit has what it measures."""
        return all(hasattr(loyalkit, name) for name in self.needs)
