"""
The door for several numbers a customer: answers to several questions, several factors.

Conventions: a table is (n, k) float64, a column a question, NaN where nothing was
answered. Columns have names.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import as_float64, as_numbers, column, floats, same_length, table
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import is_scalar

Table: TypeAlias = ArrayLike | Mapping[str, ArrayLike | Iterable[Any]]
"""A two-dimensional array or data frame, or one column a name."""


class Named(NamedTuple):
    """Columns of finite numbers, NaN where there is none, and what they are called."""

    names: tuple[str, ...]
    values: NDArray[np.float64]


def named_columns(
    name: str, values: Table, names: Iterable[str] | None, default: tuple[str, ...] = ()
) -> Named:
    """Table of numbers; names are those given, else its own, else the default if it fits."""
    if isinstance(values, Mapping):
        columns = {key: column(f"{name}[{key!r}]", x) for key, x in values.items()}
        same_length(**{f"{name}[{key!r}]": x for key, (x, _) in columns.items()})
        cells = [_as_numbers(f"{name}[{key!r}]", *x) for key, x in columns.items()]
        found = np.column_stack(cells) if cells else np.empty((0, 0))
        own: Iterable[Any] | None = values
    else:
        found = _as_numbers(name, *table(name, values))
        # What pyarrow calls columns are not the names.
        own = getattr(values, "column_names", getattr(values, "columns", None))
    width = found.shape[1]
    if own is None:
        fits = len(default) == width
        one = name.removesuffix("s")
        own = default if fits else [f"{one} {j}" for j in range(1, width + 1)]
    return Named(_names(own if names is None else names, width), found)


def _as_numbers(
    name: str, array: NDArray[Any], missing: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    if missing is None:
        result = as_float64(as_numbers(name, array))
    else:
        result = np.full(array.shape, np.nan)
        result[~missing] = as_float64(as_numbers(name, array[~missing]))
    refuse_first(name, "must be finite", array, np.isinf(result))
    return result


def _names(names: Iterable[Any], width: int) -> tuple[str, ...]:
    if isinstance(names, str):
        refuse_type("names", "must be a sequence of names", "str")
    told = tuple(str(x) for x in names)
    if len(told) != width:
        refuse("names", f"must be as many as there are columns, {width}", told)
    if len(set(told)) < width:
        refuse("names", "must differ from one another", told)
    return told


def by_column(name: str, values: ArrayLike, width: int) -> NDArray[np.float64]:
    """One finite number a column; a single one holds for all."""
    array = floats(name, values)
    if not is_scalar(values) and array.shape != (width,):
        refuse(name, f"must be one number, or one for each of {width} columns", values)
    return np.broadcast_to(array, (width,))


def marked_columns(name: str, marked: Iterable[str], names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which columns are among those named."""
    if isinstance(marked, str):
        refuse_type(name, "must be a sequence of names", "str")
    wanted = tuple(marked)
    for one in wanted:
        if one not in names:
            refuse(name, f"must be among {', '.join(map(repr, names))}", one)
    return np.array([one in wanted for one in names], bool)
