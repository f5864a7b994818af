"""
Rows as shops have them, from a seed, and what each peer makes of them.

Conventions: one customer in ten rows; the top fifth of customers make four fifths of the
rows. Customers are in no order, and neither is time unless a workload asks for it.
"""

import os
from functools import cached_property
from typing import Any

import numpy as np

from loyalkit import Transactions

FIRST_DAY = np.datetime64("2015-01-01", "us")
LAST_DAY = np.datetime64("2018-01-01", "us")


def customers(rows: int, draw: np.random.Generator) -> np.ndarray:
    """Position of each row's customer."""
    n = max(1, rows // 10)
    # u ** 7 lies below 0.2 in four of five cases.
    return draw.permutation(n)[(n * draw.random(rows) ** 7).astype(np.int64)]


def ids(n: int, kind: str, draw: np.random.Generator) -> np.ndarray:
    """Ids of n customers: without gaps, scattered integers, or text."""
    if kind == "dense":
        return np.arange(1000, 1000 + n)
    # An odd multiplier modulo 2**63 maps different numbers to different numbers.
    if kind == "sparse":
        # Two of so many hardly ever meet; should they, it is one customer fewer.
        return draw.integers(0, 2**63 - 1, n)
    numbers = draw.permutation(10**7)[:n] if n <= 10**7 else np.arange(n)
    return np.char.mod("C%07d", numbers)


def times(rows: int, draw: np.random.Generator) -> np.ndarray:
    """Microseconds over three years."""
    span = int((LAST_DAY - FIRST_DAY).astype(np.int64))
    return FIRST_DAY + draw.integers(0, span, rows).astype("m8[us]")


def cents(rows: int, draw: np.random.Generator) -> np.ndarray:
    """What purchases come to."""
    return np.ceil(draw.lognormal(8, 1, rows)).astype(np.int64)


class Table:
    """
    Columns, and the same columns as each peer likes them best, made once and not timed.

    A column given as a pair is text: distinct values, and each row's position in them.
    """

    def __init__(self, *, threads: str = "all", **columns: Any) -> None:
        self.threads = threads
        self.coded = {name: x for name, x in columns.items() if isinstance(x, tuple)}
        texts = {name: distinct[codes] for name, (distinct, codes) in self.coded.items()}
        self.columns: dict[str, np.ndarray] = {**columns, **texts}

    def __getattr__(self, name: str) -> np.ndarray:
        try:
            return self.__dict__["columns"][name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def log(self) -> Transactions:
        """The rows with ids encoded."""
        amounts = self.columns.get("amount")
        return Transactions.from_arrays(customers=self.id, times=self.time, amounts=amounts)

    @cached_property
    def polars(self) -> Any:
        """A frame of polars."""
        import polars

        series = {name: polars.Series(list(x)) for name, (x, _) in self.coded.items()}
        return polars.DataFrame(
            {
                name: series[name].gather(self.coded[name][1]) if name in series else column
                for name, column in self.columns.items()
                if column.dtype != object
            }
        )

    @cached_property
    def lazy(self) -> Any:
        """The frame, not yet asked."""
        return self.polars.lazy()

    @cached_property
    def pandas(self) -> Any:
        """A frame of pandas, with text as it keeps text."""
        import pandas

        return pandas.DataFrame(
            {
                name: pandas.Series(list(self.coded[name][0])).take(self.coded[name][1]).array
                if name in self.coded
                else column
                for name, column in self.columns.items()
            }
        )

    @cached_property
    def arrow(self) -> Any:
        """A table of pyarrow."""
        return self.polars.to_arrow()

    @cached_property
    def _database(self) -> Any:
        import duckdb

        database = duckdb.connect()
        n_threads = 1 if self.threads == "one" else os.cpu_count()
        database.execute(f"SET threads = {n_threads}")
        database.register("arrow", self.arrow)
        database.execute("CREATE TABLE rows AS SELECT * FROM arrow")
        return database

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """What DuckDB answers, as Python values."""
        return self._database.execute(query).fetchall()

    def sql_columns(self, query: str) -> list[np.ndarray]:
        """What DuckDB answers, as arrays."""
        return list(self._database.execute(query).fetchnumpy().values())
