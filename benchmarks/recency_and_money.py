"""Recency, frequency, money: summaries and scores."""

from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks import data
from benchmarks.data import Table
from benchmarks.value_of_customers import TopShareOfLog
from benchmarks.workload import Workload


class RfmSummary(Workload):
    """Purchase days, first and last of them, and mean spend on days after the first."""

    name = "RFM summary"
    most_times_peer = 0.4
    most_bytes_per_row = 8
    most_bytes_per_customer = 60
    sorts = True
    needs = ("RfmTable",)
    largest: ClassVar[dict[str, int]] = {"lifetimes": 10**5, "pandas": 10**6}
    as_of = "2018-01-01"

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        return TopShareOfLog().make(rows, draw)

    def reads(self, table: Table) -> list[np.ndarray]:
        return [table.log.codes, table.log.times, table.log.amounts]

    def loyalkit(self, table: Table) -> Any:
        found = loyalkit.RfmTable.from_transactions(table.log, as_of=self.as_of)
        return found.purchase_days, found.first_to_last, found.mean_repeat

    def polars(self, table: Table) -> Any:
        import polars

        day, amount = polars.col("day"), polars.col("amount")
        found = (
            table.lazy.with_columns(day=polars.col("time").dt.truncate("1d").cast(polars.Date))
            .group_by("id", "day")
            .agg(amount.sum())
            .group_by("id")
            .agg(
                days=polars.len(),
                span=(day.max() - day.min()).dt.total_days(),
                repeat=amount.sum() - amount.get(day.arg_min()),
            )
            .sort("id")
            .collect()
        )
        days, span, repeat = (found[name].to_numpy() for name in ("days", "span", "repeat"))
        return days, span, _mean(repeat, days - 1.0)

    def duckdb(self, table: Table) -> Any:
        days, span, repeat = table.sql_columns(
            "SELECT count(*) AS days, max(day) - min(day) AS span,"
            " (sum(spent) - arg_min(spent, day))::DOUBLE AS repeat FROM"
            " (SELECT id, time::DATE AS day, sum(amount) AS spent FROM rows GROUP BY ALL)"
            " GROUP BY id ORDER BY id"
        )
        return days, span, _mean(repeat, days - 1.0)

    def lifetimes(self, table: Table) -> Any:
        from lifetimes.utils import summary_data_from_transaction_data

        found = summary_data_from_transaction_data(
            table.pandas, "id", "time", "amount", observation_period_end="2017-12-31"
        )
        repeats = found["frequency"].to_numpy()
        spend = np.where(repeats > 0, found["monetary_value"], np.nan)
        return repeats + 1, found["recency"].to_numpy(), spend

    def answer(self, found: Any) -> Any:
        return [np.asarray(part, np.float64) for part in found]


def _mean(amount: Any, n: Any) -> Any:
    return np.divide(amount, n, out=np.full(n.size, np.nan), where=n > 0)


class QuantileScores(Workload):
    """Scores 1 to 5 for recency, frequency and money, ties together."""

    name = "three quantile scores 1-5"
    most_times_peer = 0.5
    most_bytes_per_row = 14
    sorts = True
    needs = ("RfmTable",)

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        # As many customers as rows: everybody is scored.
        columns = {"id": draw.permutation(rows), "time": data.times(rows, draw)}
        return {**columns, "amount": data.cents(rows, draw)}

    def reads(self, table: Table) -> list[np.ndarray]:
        rfm = self._rfm(table)
        return [rfm.days_since_last, rfm.purchase_days, rfm.total]

    def loyalkit(self, table: Table) -> Any:
        scores = self._rfm(table).scores(bins=5)
        return scores.recency, scores.frequency, scores.monetary

    def polars(self, table: Table) -> Any:
        import polars

        frame = self._frame(table)
        n = frame.height
        ranks = [-(-n * k // 5) - 1 for k in range(1, 5)]
        cuts = frame.lazy().select(polars.all().sort().gather(ranks)).collect()
        scores = {
            name: 1 + sum((polars.col(name) > cut).cast(polars.Int8) for cut in cuts[name])
            for name in frame.columns
        }
        found = frame.lazy().select(**scores).collect()
        return tuple(found[name].to_numpy() for name in frame.columns)

    def _rfm(self, table: Table) -> Any:
        if "rfm" not in table.__dict__:
            table.rfm = loyalkit.RfmTable.from_transactions(table.log, as_of=RfmSummary.as_of)
        return table.rfm

    def _frame(self, table: Table) -> Any:
        import polars

        if "frame" not in table.__dict__:
            rfm = self._rfm(table)
            columns = -rfm.days_since_last, rfm.purchase_days, rfm.total
            table.frame = polars.DataFrame(dict(zip("rfm", columns, strict=True)))
        return table.frame

    def answer(self, found: Any) -> Any:
        return [np.asarray(part).astype(np.int64) for part in found]
