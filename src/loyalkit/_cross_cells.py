"""
From two labels per customer to the cells of a table.

Conventions: a label that is not known has the code after the last one.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import column, numbers, same_length
from loyalkit._kernels import overflowing_code, sum_by_code
from loyalkit._labels import encode
from loyalkit._messages import refuse_type
from loyalkit.classification import Classification

Labels: TypeAlias = Classification[Any] | ArrayLike | Iterable[Any]
"""One label per customer: a classification, or a column of numbers, text or dates."""

_CELL_LIMIT = 2**22
"""Most cells of a table: 32 MiB of counts."""


class Axis(NamedTuple):
    """Labels, each customer's code (the number of labels if not known), what is possible."""

    labels: tuple[Any, ...]
    codes: NDArray[np.int64]
    possible: tuple[NDArray[np.bool_], ...] | None = None


def axis_of(name: str, given: Labels) -> Axis:
    if isinstance(given, Classification):
        labels: tuple[Any, ...] = tuple(cast(Any, given.labels))
        place = np.full(129, len(labels), np.int64)
        place[[int(label) for label in labels]] = np.arange(len(labels))
        possible: Any = getattr(given, "possible", None)
        # The code -1 finds the last place.
        return Axis(labels, place[given.codes], None if possible is None else tuple(possible.T))
    values, missing = column(name, given)
    distinct, known = encode(name, values if missing is None else values[~missing])
    codes = known
    if missing is not None:
        codes = np.full(values.size, distinct.size)
        codes[~missing] = known
    listed: list[Any] = distinct.tolist()
    if distinct.dtype.kind in "mM" and listed and isinstance(listed[0], int):
        listed = list(distinct)
    return Axis(tuple(listed), codes)


def may_be_both(
    down: Axis,
    across: Axis,
    may_be_row: NDArray[np.int64],
    may_be_column: NDArray[np.int64],
) -> NDArray[np.int64]:
    # Who has no label of a column may carry any, so that sums tell who may be in a cell.
    if down.possible is None:
        return np.add(may_be_column[:-1], may_be_column[-1:])
    if across.possible is None:
        return np.add(may_be_row[:, :-1], may_be_row[:, -1:])
    both = [[np.count_nonzero(row & other) for other in across.possible] for row in down.possible]
    return np.array(both, np.int64)


def amounts_by_cell(
    amounts: ArrayLike | None, keys: NDArray[np.int64], shape: tuple[int, int]
) -> tuple[NDArray[Any] | None, float]:
    if amounts is None:
        return None, 0.0
    worth = numbers("amounts", amounts)
    same_length(rows=keys, amounts=worth)
    n_cells = shape[0] * shape[1]
    if worth.dtype.kind == "i" and overflowing_code(keys, worth, n_cells) is not None:
        raise OverflowError("amounts must add up to an int64 in every cell")
    turnover = float(np.abs(worth.astype(np.float64)).sum())
    return sum_by_code(keys, worth, n_cells).reshape(shape), turnover


def sum_of_amounts(one: NDArray[Any] | None, two: NDArray[Any] | None) -> NDArray[Any] | None:
    if one is None or two is None:
        return None
    total: NDArray[Any] = one + two
    # Two terms of one sign whose sum has the other have left the range.
    if total.dtype.kind == "i" and (((one ^ total) & (two ^ total)) < 0).any():
        raise OverflowError("amounts must add up to an int64 in every cell")
    return total


def united(name: str, first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    if first == second or not second:
        return first
    if not first:
        return second
    if type(first[0]) is not type(second[0]):
        refuse_type(name, f"must hold {type(first[0]).__name__} labels", type(second[0]).__name__)
    return tuple(sorted({*first, *second}))


def places(labels: tuple[Any, ...], among: tuple[Any, ...]) -> list[int]:
    place = {label: i for i, label in enumerate(among)}
    return [place[label] for label in labels]


def refuse_size(rows: tuple[Any, ...], columns: tuple[Any, ...]) -> None:
    if (len(rows) + 1) * (len(columns) + 1) > _CELL_LIMIT:
        rule = (
            f"rows and columns must make at most {_CELL_LIMIT:,} cells: are ids among the labels?"
        )
        raise ValueError(f"{rule}, got {len(rows):,} and {len(columns):,} labels")
