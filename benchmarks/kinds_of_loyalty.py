"""Kinds of loyalty: a decision table over six pieces of evidence."""

from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks.data import Table
from benchmarks.workload import Workload


class DecisionTable(Workload):
    """Which of five kinds of loyalty do six pieces of evidence show?"""

    name = "decision table, merged by hand into five"
    most_times_peer = 0.3
    most_bytes_per_row = 4
    most_bytes_per_customer = 0

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        truths = {name: draw.random(rows) < 0.5 for name in "rvaxk"}
        return {**truths, "e": draw.integers(0, 3, rows).astype(np.int8)}

    columns: ClassVar[dict[str, str]] = {
        "buys_regularly": "r",
        "attachment": "e",
        "perceives_value": "v",
        "has_alternatives": "a",
        "buys_exclusively": "x",
        "reason_known": "k",
    }

    def loyalkit(self, table: Table) -> Any:
        known = {name: getattr(table, column) for name, column in self.columns.items()}
        return loyalkit.assign_segments(loyalkit.Evidence(**known)).codes

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


class TableAsItStands(DecisionTable):
    """The same, of peers that are given the eleven rows of the table and no cleverer question."""

    name = "decision table, its eleven rows as they stand"

    def polars(self, table: Table) -> Any:
        import polars

        chain: Any = polars
        for rule in loyalkit.LOYALTY_RULES.rules:
            holds = [self._holds(polars.col(self.columns[x]), *y) for x, y in rule.when]
            label = polars.lit(int(rule.label), polars.Int8)
            chain = chain.when(polars.all_horizontal(holds)).then(label)
        return table.lazy.select(label=chain).collect()["label"].to_numpy()

    @staticmethod
    def _holds(column: Any, *values: int) -> Any:
        if column.meta.output_name() != "e":
            return column if values == (1,) else ~column
        return column == values[0] if len(values) == 1 else column.is_in(values)

    def duckdb(self, table: Table) -> Any:
        cases = " ".join(
            f"WHEN {' AND '.join(map(self._is, rule.when))} THEN {int(rule.label)}"
            for rule in loyalkit.LOYALTY_RULES.rules
        )
        return table.sql_columns(f"SELECT (CASE {cases} END)::TINYINT AS label FROM rows")[0]

    def _is(self, condition: tuple[str, tuple[int, ...]]) -> str:
        name, values = condition
        column = self.columns[name]
        if column != "e":
            return column if values == (1,) else f"NOT {column}"
        return f"{column} IN ({', '.join(map(str, values))})"
