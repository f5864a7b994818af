"""What customers are worth: top shares, Gini, one sort for all measures."""

from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks import data
from benchmarks.data import Table
from benchmarks.workload import Workload


class TopShare(Workload):
    """What share of the total do the best fifth of customers make?"""

    name = "top-20 % share of customers"
    most_times_peer = 1.0
    most_bytes_per_row = 5

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        return {"value": draw.lognormal(3, 1.68, rows)}

    def loyalkit(self, table: Table) -> Any:
        return loyalkit.top_share(table.value, 0.2)

    def polars(self, table: Table) -> Any:
        value = table.polars["value"]
        return value.top_k(len(value) // 5).sum() / value.sum()

    def duckdb(self, table: Table) -> Any:
        return table.sql(
            "SELECT (SELECT sum(value) FROM (SELECT value FROM rows ORDER BY value DESC"
            f" LIMIT {table.value.size // 5})) / (SELECT sum(value) FROM rows)"
        )[0][0]

    def pandas(self, table: Table) -> Any:
        value = table.pandas["value"]
        return value[value >= value.quantile(0.8)].sum() / value.sum()


class Measures(TopShare):
    """Gini, top share, fraction for 80 % and joint ratio; of peers the first two."""

    name = "Gini, Lorenz, 80/20, all from one sort"
    most_times_peer = 0.7
    most_bytes_per_row = 10
    sorts = True
    largest: ClassVar[dict[str, int]] = {"pandas": 10**6}

    def loyalkit(self, table: Table) -> Any:
        tally = loyalkit.Concentration.from_values(table.value)
        return tally.gini, tally.top_share(0.2), tally.fraction_for(0.8), tally.joint_ratio

    def polars(self, table: Table) -> Any:
        import polars

        value, rank = polars.col("value"), polars.int_range(1, polars.len() + 1)
        n = table.value.size
        gini = 2 * (rank * value).sum() / (n * value.sum()) - (n + 1) / n
        top = value.tail(n // 5).sum() / value.sum()
        return table.lazy.sort("value").select(gini=gini, top=top).collect().row(0)

    def duckdb(self, table: Table) -> Any:
        n = table.value.size
        return table.sql(
            f"SELECT 2 * sum(rank * value) / ({n} * sum(value)) - ({n} + 1) / {n},"
            f" sum(value) FILTER (rank > {n - n // 5}) / sum(value)"
            " FROM (SELECT value, row_number() OVER (ORDER BY value) AS rank FROM rows)"
        )[0]

    def pandas(self, table: Table) -> Any:
        value = table.pandas["value"].sort_values().to_numpy()
        n = value.size
        gini = 2 * (np.arange(1, n + 1) * value).sum() / (n * value.sum()) - (n + 1) / n
        return gini, value[n - n // 5 :].sum() / value.sum()

    def answer(self, found: Any) -> Any:
        return found[:2]


class TopShareOfLog(Workload):
    """The same from purchases, summed by customer first."""

    name = "top-20 % share from a log"
    most_times_peer = 0.25
    most_bytes_per_customer = 20

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        codes = data.customers(rows, draw)
        everybody = np.unique(codes, return_inverse=True)[1]
        return {"id": everybody, "time": data.times(rows, draw), "amount": data.cents(rows, draw)}

    def reads(self, table: Table) -> list[np.ndarray]:
        return [table.log.codes, table.log.amounts]

    def loyalkit(self, table: Table) -> Any:
        return loyalkit.top_share(table.log.totals(), 0.2)

    def polars(self, table: Table) -> Any:
        import polars

        sums = table.lazy.group_by("id").agg(polars.col("amount").sum()).collect()["amount"]
        return self._share(sums.top_k(-(-len(sums) // 5)), len(sums), sums.sum())

    def duckdb(self, table: Table) -> Any:
        sums = table.sql_columns("SELECT sum(amount)::BIGINT AS s FROM rows GROUP BY id")[0]
        return self._share(sums, sums.size, int(sums.sum()))

    def pandas(self, table: Table) -> Any:
        sums = table.pandas.groupby("id")["amount"].sum().to_numpy()
        return self._share(sums, sums.size, int(sums.sum()))

    @staticmethod
    def _share(largest: Any, n: int, total: int) -> float:
        whole, part = n // 5, n / 5 - n // 5
        ranked = np.sort(np.asarray(largest))[::-1]
        return float(ranked[:whole].sum() + part * (ranked[whole] if part else 0)) / total
