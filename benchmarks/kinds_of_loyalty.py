"""Kinds of loyalty: a decision table over six pieces of evidence."""

from typing import Any

import numpy as np

import loyalkit
from benchmarks.data import Table
from benchmarks.workload import Workload


class DecisionTable(Workload):
    """Which of five kinds of loyalty does the evidence on each customer show?"""

    name = "decision table, six pieces of evidence"
    most_times_peer = 0.3
    most_bytes_per_row = 4
    most_bytes_per_customer = 0

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        truths = {name: draw.random(rows) < 0.5 for name in "rvaxk"}
        return {**truths, "e": draw.integers(0, 3, rows).astype(np.int8)}

    def loyalkit(self, table: Table) -> Any:
        evidence = loyalkit.Evidence(
            buys_regularly=table.r,
            attachment=table.e,
            perceives_value=table.v,
            has_alternatives=table.a,
            buys_exclusively=table.x,
            reason_known=table.k,
        )
        return loyalkit.assign_segments(evidence).codes

    def polars(self, table: Table) -> Any:
        import polars

        r, e, v, a, x, k = (polars.col(name) for name in "revaxk")
        core, false, undiscovered, split, low = (polars.lit(c, polars.Int8) for c in self._codes())
        label = (
            polars.when(r & (e == 2) & v)
            .then(core)
            .when(~r & ((e == 0) | ((e == 1) & ~x)))
            .then(low)
            .when(~x)
            .then(split)
            .when(r & (e == 0) & (~a | k | ~v))
            .then(false)
            .otherwise(undiscovered)
        )
        return table.lazy.select(label=label).collect()["label"].to_numpy()

    def duckdb(self, table: Table) -> Any:
        core, false, undiscovered, split, low = map(int, self._codes())
        return table.sql_columns(
            f"SELECT (CASE WHEN r AND e = 2 AND v THEN {core}"
            f" WHEN NOT r AND (e = 0 OR (e = 1 AND NOT x)) THEN {low}"
            f" WHEN NOT x THEN {split}"
            f" WHEN r AND e = 0 AND (NOT a OR k OR NOT v) THEN {false}"
            f" ELSE {undiscovered} END)::TINYINT AS label FROM rows"
        )[0]

    @staticmethod
    def _codes() -> list[int]:
        kinds = loyalkit.Segment
        return [kinds.CORE, kinds.FALSE, kinds.UNDISCOVERED, kinds.SPLIT, kinds.LOW]
