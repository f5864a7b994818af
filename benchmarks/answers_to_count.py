"""Survey answers: tallies, histograms, groups."""

from typing import Any

import numpy as np

import loyalkit
from benchmarks.data import Table
from benchmarks.workload import MIB, Workload


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
