"""
What is measured: one class a workload, one method a contender.

Conventions: the method named for a contender is what is timed, through the public names
of each; `answer` makes of what they return something that can be compared, untimed.
Columns are made before, in the form that each contender likes best.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np

import loyalkit
from benchmarks import data
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


# ---------------------------------------------------------------- answers


class NpsTally(Workload):
    """How many detractors, passives and promoters? Answers off the scale must show."""

    def __init__(self, dtype: str, most_times_peer: float) -> None:
        self.name = f"NPS tally, {dtype}"
        self.dtype = dtype
        self.most_times_peer = most_times_peer

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        return {"score": draw.integers(0, 11, rows).astype(self.dtype)}

    def loyalkit(self, table: Table) -> Any:
        counts = loyalkit.NpsCounts.from_scores(table.score)
        return counts.detractors, counts.passives, counts.promoters

    def polars(self, table: Table) -> Any:
        import polars

        score = polars.col("score")
        found = table.lazy.select(
            detractors=score.is_between(0, 6).sum(),
            passives=score.is_between(7, 8).sum(),
            promoters=score.is_between(9, 10).sum(),
        )
        return found.collect(engine="streaming").row(0)

    def duckdb(self, table: Table) -> Any:
        return table.sql(
            "SELECT count(*) FILTER (score BETWEEN 0 AND 6),"
            " count(*) FILTER (score BETWEEN 7 AND 8),"
            " count(*) FILTER (score BETWEEN 9 AND 10) FROM rows"
        )[0]

    def pandas(self, table: Table) -> Any:
        score = table.pandas["score"]
        classes = ((0, 6), (7, 8), (9, 10))
        return tuple(int(score.between(*bounds).sum()) for bounds in classes)


class AnswerHistogram(Workload):
    """How often was each answer from 0 to 10 given?"""

    name = "answer histogram 0-10, int8"
    most_times_peer = 0.5
    needs = ("AnswerCounts",)

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        return {"score": draw.integers(0, 11, rows).astype(np.int8)}

    def loyalkit(self, table: Table) -> Any:
        return loyalkit.AnswerCounts.from_scores(table.score).counts.items()

    def polars(self, table: Table) -> Any:
        return table.polars["score"].value_counts().rows()

    def duckdb(self, table: Table) -> Any:
        return table.sql("SELECT score, count(*) FROM rows GROUP BY score")

    def pandas(self, table: Table) -> Any:
        return list(table.pandas["score"].value_counts().items())

    def answer(self, found: Any) -> Any:
        return sorted(found)


class NpsByGroup(Workload):
    """The same for every group."""

    needs = ("nps_by_group",)

    def __init__(self, groups: int, most_times_peer: float) -> None:
        self.name = f"NPS by {groups:,} groups"
        self.groups = groups
        self.most_times_peer = most_times_peer

    def most_bytes(self, rows: int) -> int:
        return 80 * min(self.groups, rows // 10) + 4 * MIB

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        group = draw.integers(0, min(self.groups, rows // 10), rows)
        return {"score": draw.integers(0, 11, rows).astype(np.int8), "group": group}

    def loyalkit(self, table: Table) -> Any:
        return loyalkit.nps_by_group(table.score, table.group)

    def polars(self, table: Table) -> Any:
        import polars

        score = polars.col("score")
        return table.polars.group_by("group").agg(
            detractors=score.is_between(0, 6).sum(),
            passives=score.is_between(7, 8).sum(),
            promoters=score.is_between(9, 10).sum(),
        )

    def duckdb(self, table: Table) -> Any:
        return table.sql_columns(
            'SELECT "group", count(*) FILTER (score BETWEEN 0 AND 6) AS detractors,'
            " count(*) FILTER (score BETWEEN 7 AND 8) AS passives,"
            " count(*) FILTER (score BETWEEN 9 AND 10) AS promoters FROM rows GROUP BY 1"
        )

    def answer(self, found: Any) -> Any:
        if isinstance(found, list):
            table = np.column_stack(found)
        elif hasattr(found, "to_numpy"):
            table = found.to_numpy()
        else:
            table = np.array(
                [(group, c.detractors, c.passives, c.promoters) for group, c in found.items()]
            )
        return table[np.argsort(table[:, 0])].astype(np.int64)


# ---------------------------------------------------------------- concentration


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


# ---------------------------------------------------------------- who came back


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
        if self.kind == "sparse":
            return self._flows(self._of_ids(table.id, table.time))
        log = table.log
        if not self.encoded:
            log = loyalkit.Transactions.from_arrays(customers=table.id, times=table.time)
        activity = loyalkit.Activity.from_transactions(log, loyalkit.Periods(self.edges))
        return self._flows(loyalkit.retention_by_period(activity)[0])

    def _of_ids(self, ids: np.ndarray, times: np.ndarray) -> Any:
        # Ids of two periods alone need no numbers for everybody.
        start, middle, end = self.edges.astype(times.dtype)
        before, after = (times >= start) & (times < middle), (times >= middle) & (times < end)
        return loyalkit.RetentionCounts.from_customers(
            ids.compress(before), ids.compress(after), known_before=ids.compress(times < start)
        )

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


# ---------------------------------------------------------------- recency, frequency, money


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


# ---------------------------------------------------------------- kinds of loyalty


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


# ---------------------------------------------------------------- ids


class Encode(Workload):
    """Number the customers of a log, in the order of their ids."""

    def __init__(self, kind: str, most_times_peer: float) -> None:
        names = {"dense": "dense integers", "sparse": "sparse int64", "text": "8-character text"}
        self.kind = kind
        self.name = f"encode ids, {names.get(kind, 'Python strings')}"
        self.most_times_peer = most_times_peer
        self.most_bytes_per_row = {"dense": 8, "sparse": 10, "text": 20, "objects": 24}[kind]
        self.most_bytes_per_customer = {"dense": 40, "sparse": 80, "text": 100, "objects": 200}[
            kind
        ]
        self.sorts = kind != "dense"
        if kind == "objects":
            # Beyond, twenty seconds a turn tell nothing new.
            self.largest = dict.fromkeys(("loyalkit", *PEERS), 10**6)

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        codes = data.customers(rows, draw)
        kind = "text" if self.kind == "objects" else self.kind
        known = data.ids(max(1, rows // 10), kind, draw)
        if self.kind == "text":
            return {"id": (known, codes), "time": np.zeros(rows, "M8[D]")}
        column = known.astype(object) if self.kind == "objects" else known
        return {"id": column[codes], "time": np.zeros(rows, "M8[D]")}

    def reads(self, table: Table) -> list[np.ndarray]:
        return [table.id] if self.kind != "objects" else []

    def loyalkit(self, table: Table) -> Any:
        log = loyalkit.Transactions.from_arrays(customers=table.id, times=table.time)
        return log.customer_ids, log.codes

    def pandas(self, table: Table) -> Any:
        import pandas

        # Its frames keep Python's strings in a form of their own, which is not free.
        column = table.id if self.kind == "objects" else table.pandas["id"]
        codes, labels = pandas.factorize(column)
        return labels, codes

    def pyarrow(self, table: Table) -> Any:
        found = table.arrow["id"].combine_chunks().dictionary_encode()
        return found.dictionary, found.indices

    def contenders(self, rows: int) -> list[str]:
        found = super().contenders(rows)
        return [name for name in found if self.kind != "objects" or name != "pyarrow"]

    def answer(self, found: Any) -> Any:
        labels, codes = (np.asarray(part) for part in found)
        # Others number by first appearance.
        order = np.argsort(labels.astype("U8") if labels.dtype.kind in "OT" else labels)
        rank = np.empty(order.size, np.int64)
        rank[order] = np.arange(order.size)
        return rank[codes]


class Distinct(Workload):
    """How many customers are behind the rows?"""

    name = "distinct sparse int64 ids"
    most_times_peer = 0.8
    most_bytes_per_row = 10
    sorts = True

    def make(self, rows: int, draw: np.random.Generator) -> dict[str, Any]:
        known = data.ids(max(1, rows // 10), "sparse", draw)
        return {"id": known[data.customers(rows, draw)]}

    def loyalkit(self, table: Table) -> Any:
        return loyalkit.RetentionCounts.from_customers(table.id, ()).customers_at_start

    def polars(self, table: Table) -> Any:
        return table.polars["id"].n_unique()

    def duckdb(self, table: Table) -> Any:
        return table.sql("SELECT count(DISTINCT id) FROM rows")[0][0]

    def pandas(self, table: Table) -> Any:
        return table.pandas["id"].nunique()


def workloads() -> Iterator[Workload]:
    """All of them, with the most that each may take of the best peer's time."""
    yield from (NpsTally("int8", 1.0), NpsTally("int64", 1.5), NpsTally("float64", 1.5))
    yield AnswerHistogram()
    yield from (NpsByGroup(50, 0.8), NpsByGroup(100_000, 0.7))
    yield from (TopShare(), Measures(), TopShareOfLog())
    yield from (
        QuarterRetention(kind, most)
        for kind, most in (("dense", 0.5), ("sparse", 0.8), ("text", 1))
    )
    yield Cohorts(in_order=False, most_times_peer=0.4)
    yield Cohorts(in_order=True, most_times_peer=0.2)
    yield from (MonthIndex(), RfmSummary(), QuantileScores(), DecisionTable())
    yield from (Encode("dense", 1.0), Encode("sparse", 1.5), Encode("text", 1.0))
    yield from (Encode("objects", 2.5), Distinct())
