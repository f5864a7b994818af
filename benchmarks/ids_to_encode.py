"""Ids: numbering customers, and counting them."""

from typing import Any

import numpy as np

import loyalkit
from benchmarks import data
from benchmarks.data import Table
from benchmarks.workload import PEERS, Workload


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
