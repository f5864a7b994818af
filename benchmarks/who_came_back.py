"""Retention between two quarters, cohorts, and the months of a log."""

from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks import data
from benchmarks.data import Table
from benchmarks.workload import Workload


class QuarterRetention(Workload):
    """Of last quarter's customers, who is back, who is gone, who is new, who returned?"""

    edges = np.array(["2017-07-01", "2017-10-01", "2018-01-01"], "M8[D]")
    most_bytes_per_customer = 8
    names: ClassVar[dict[str, str]] = {
        "dense": "ids encoded",
        "sparse": "sparse int64 ids",
        "text": "text ids",
    }

    def __init__(self, kind: str, most_times_peer: float) -> None:
        self.kind = kind
        self.name = f"retention between quarters, {self.names[kind]}"
        self.most_times_peer = most_times_peer
        self.encoded = kind == "dense"
        self.most_bytes_per_row = {"dense": 0, "sparse": 18, "text": 20}[kind]
        self.most_bytes_per_customer = {"dense": 8, "sparse": 40, "text": 100}[kind]

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        codes = data.customers(rows, draw)
        known = data.ids(max(1, rows // 10), self.kind, draw)
        column = (known, codes) if self.kind == "text" else known[codes]
        return {"id": column, "time": data.times(rows, draw)}

    def loyalkit(self, table: Table) -> Any:
        periods = loyalkit.Periods(self.edges)
        if not self.encoded:
            return self._flows(loyalkit.retention_between(table.id, table.time, periods))
        activity = loyalkit.Activity.from_transactions(table.log, periods)
        return self._flows(loyalkit.retention_by_period(activity)[0])

    @staticmethod
    def _flows(found: Any) -> tuple[int, int, int, int]:
        return found.retained, found.lost, found.new, found.reactivated

    def polars(self, table: Table) -> Any:
        import polars

        time, customer = polars.col("time"), polars.col("id")
        start, middle, end = self.edges.tolist()
        before = table.lazy.filter((time >= start) & (time < middle)).select(customer.unique())
        after = table.lazy.filter((time >= middle) & (time < end)).select(customer.unique())
        earlier = table.lazy.filter(time < start).select(customer.unique())
        kept = after.join(before, on="id", how="semi")
        came = after.join(before, on="id", how="anti")
        back = came.join(earlier, on="id", how="semi")
        frames = [part.select(polars.len()) for part in (before, kept, came, back)]
        at_start, retained, arrived, returned = (x.item() for x in polars.collect_all(frames))
        return retained, at_start - retained, arrived - returned, returned

    def duckdb(self, table: Table) -> Any:
        start, middle, end = (f"TIMESTAMP '{edge}'" for edge in self.edges)
        return table.sql(
            "SELECT count(*) FILTER (a AND b), count(*) FILTER (a AND NOT b),"
            " count(*) FILTER (b AND NOT a AND NOT known),"
            " count(*) FILTER (b AND NOT a AND known) FROM ("
            f"SELECT bool_or(time >= {start} AND time < {middle}) AS a,"
            f" bool_or(time >= {middle} AND time < {end}) AS b,"
            f" bool_or(time < {start}) AS known FROM rows GROUP BY id)"
        )[0]


class Cohorts(Workload):
    """Customers of 36 monthly cohorts, by month in which they are active."""

    months = loyalkit.Periods.between("2015-01-01", "2018-01-01", "month")
    most_bytes_per_customer = 48
    largest: ClassVar[dict[str, int]] = {"pandas": 10**6, "clvkit": 10**6}

    def __init__(self, *, in_order: bool, most_times_peer: float) -> None:
        self.in_order = in_order
        self.name = "cohort matrix 36 x 36" + (", log sorted by time" if in_order else "")
        self.most_times_peer = most_times_peer

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        codes, times = data.customers(rows, draw), data.times(rows, draw)
        # Somebody must come in the last month, where clvkit's observation ends.
        times[:1] = data.LAST_DAY - np.timedelta64(1, "us")
        return {"id": codes, "time": np.sort(times) if self.in_order else times}

    def reads(self, table: Table) -> list[np.ndarray]:
        return [table.log.codes, table.log.times]

    def loyalkit(self, table: Table) -> Any:
        activity = loyalkit.Activity.from_transactions(table.log, self.months)
        return loyalkit.CohortTable.from_activity(activity).counts

    def polars(self, table: Table) -> Any:
        import polars

        time = polars.col("time")
        month = (time.dt.year().cast(polars.Int16) - 2015) * 12 + time.dt.month() - 1
        first = polars.col("month").min().over("id")
        found = (
            table.lazy.select("id", month=month)
            .unique()
            .with_columns(first=first)
            .group_by("first", "month")
            .len()
            .collect()
        )
        return self._square(*(found[name].to_numpy() for name in ("first", "month", "len")))

    def duckdb(self, table: Table) -> Any:
        found = table.sql_columns(
            "WITH seen AS (SELECT bit_or(1::BIGINT << m) AS bits, min(m) AS first FROM"
            " (SELECT id, (date_part('year', time) - 2015) * 12 + date_part('month', time) - 1"
            " AS m FROM rows) GROUP BY id)"
            " SELECT first, p, count(*) AS n FROM seen, range(36) months(p)"
            " WHERE (bits >> p) & 1 = 1 GROUP BY ALL"
        )
        return self._square(*found)

    def pandas(self, table: Table) -> Any:
        frame = table.pandas
        month = (frame["time"].dt.year - 2015) * 12 + frame["time"].dt.month - 1
        seen = frame[["id"]].assign(month=month).drop_duplicates()
        first = seen.groupby("id")["month"].transform("min")
        found = seen.groupby([first.rename("first"), "month"]).size()
        return self._square(*found.index.to_frame().to_numpy().T, found.to_numpy())

    def clvkit(self, table: Table) -> Any:
        from clvkit import CohortMatrix

        found = CohortMatrix.from_transactions(
            table.pandas, customer_id_col="id", datetime_col="time", amount_col=None
        ).to_pandas()
        counts = np.zeros((36, 36), np.int64)
        counts[: found.shape[0], : found.shape[1]] = np.nan_to_num(found.to_numpy())
        return counts

    @staticmethod
    def _square(first: Any, month: Any, n: Any) -> np.ndarray:
        first, month = np.asarray(first).astype(np.intp), np.asarray(month).astype(np.intp)
        counts = np.zeros((36, 36), np.int64)
        counts[first, month - first] = n
        return counts


class MonthIndex(Workload):
    """In which month does each time lie?"""

    name = "month of each time"
    most_times_peer = 0.8
    most_bytes_per_row = 8

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        return {"time": data.times(rows, draw)}

    def loyalkit(self, table: Table) -> Any:
        return Cohorts.months.index_of(table.time)

    def polars(self, table: Table) -> Any:
        import polars

        time = polars.col("time")
        month = (time.dt.year().cast(polars.Int16) - 2015) * 12 + time.dt.month() - 1
        return table.lazy.select(month=month).collect()["month"].to_numpy()

    def duckdb(self, table: Table) -> Any:
        month = "(date_part('year', time) - 2015) * 12 + date_part('month', time) - 1"
        return table.sql_columns(f"SELECT {month} AS month FROM rows")[0]

    def pandas(self, table: Table) -> Any:
        time = table.pandas["time"].dt
        return ((time.year - 2015) * 12 + time.month - 1).to_numpy()
