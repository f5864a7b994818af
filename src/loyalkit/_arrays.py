"""
The door for arrays: what callers pass becomes arrays, without NumPy guessing.

Conventions: missing values (None, NaN, NaT, pandas' NA, masked cells) are found, never
guessed. Inputs are never changed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._messages import first_marked, refuse, refuse_first, refuse_type
from loyalkit._scalars import fraction, is_bool, is_number_kind, is_scalar, one_of

Missing: TypeAlias = Literal["raise", "drop"]
"""What happens to rows with a missing value."""

Known: TypeAlias = ArrayLike | Sequence[bool | int | float | None]
"""What is known of each customer, yes or no or a level; None, NaN and -1 are unknown."""

INT64_MAX = 2**63 - 1
_WITH_NAN = (float, np.floating, np.datetime64, np.timedelta64, Decimal)
_NOTHING = ("NoneType", "NAType", "NaTType", "MaskedConstant")
NO_ZONE = "must be naive: convert to local time and drop the time zone first"


class Column(NamedTuple):
    """An array, most often one-dimensional, and where it has no value (None: nowhere)."""

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None


def _refuse_missing(name: str, rule: str, values: NDArray[Any], missing: NDArray[np.bool_]) -> None:
    place, index = first_marked(missing)
    # What lies under a mask is no value.
    refuse(name, rule, values[place] if is_missing(values[place]) else np.ma.masked, index)


def counts(name: str, values: Any) -> NDArray[np.int64]:
    """Whole numbers of at least 0 in the shape they came in."""
    array = _numeric(name, values)
    if array.dtype.kind == "f":
        array = as_float64(array)
        wrong = ~(np.isfinite(array) & (array >= 0) & (array == np.floor(array)))
    else:
        wrong = array < 0
    refuse_first(name, "must be a whole number of at least 0", array, wrong)
    if array.dtype.kind != "i":
        # Beyond the range it would turn negative on the way to int64.
        limit = np.array(2**63, np.float64 if array.dtype.kind == "f" else np.uint64)
        refuse_first(name, "must be less than 2**63", array, array >= limit)
    return array.astype(np.int64)


def floats(name: str, values: Any) -> NDArray[np.float64]:
    """Finite numbers as float64 in the shape they came in."""
    array = as_float64(_numeric(name, values))
    refuse_first(name, "must be finite", array, ~np.isfinite(array))
    return array


def fractions(name: str, values: Any) -> NDArray[np.float64]:
    """Numbers from 0 to 1 as float64 in the shape they came in."""
    if is_scalar(values):
        return np.array(fraction(name, values))
    array = floats(name, values)
    beyond = (array < 0) | (array > 1)
    refuse_first(name, "must be a fraction from 0 to 1: 0.2 for 20 %", array, beyond)
    return array


def broadcast(**arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Arrays in the one shape that fits them all."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = _and(str(array.shape) for array in arrays.values())
        raise ValueError(f"{_and(arrays)} must broadcast together, got shapes {shapes}") from None


def _numeric(name: str, values: Any) -> NDArray[Any]:
    array, missing = _read(name, values)
    if missing is not None:
        _refuse_missing(name, "must not be missing", array, missing)
    return as_numbers(name, array)


def as_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):  # a long double beyond the range becomes infinite
        return array.astype(np.float64)


def as_numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "O":
        array = unboxed(array)
    if array.dtype.kind in "iuf":
        return array
    kinds = _kinds(array)
    if all(issubclass(kind, str) for kind in kinds):
        refuse_type(name, "must hold numbers", f"text such as {str(array.flat[0])!r}")
    if array.dtype.kind != "O":
        refuse_type(name, "must hold numbers", f"dtype {array.dtype}")
    if all(map(is_number_kind, kinds)):
        _refuse_beyond_int64(name, array)
    rule = "must hold ints or floats" if Decimal in kinds else "must hold numbers"
    refuse_type(name, rule, " and ".join(sorted(kind.__name__ for kind in kinds)))


def _kinds(array: NDArray[Any]) -> set[type]:
    return set(map(type, array.ravel().tolist()))


def integers(name: str, array: NDArray[Any]) -> NDArray[np.int64]:
    """Python's integers as int64; NumPy alone would turn [2**63, 1] into floats."""
    _refuse_beyond_int64(name, array)
    return array.astype(np.int64)


def unboxed(array: NDArray[Any], kinds: set[type] | None = None) -> NDArray[Any]:
    """Objects that are all numbers as an array of numbers; any others as they are."""
    kinds = kinds or _kinds(array)
    if not all(map(is_number_kind, kinds)):
        return array
    whole = all(issubclass(kind, int | np.integer) for kind in kinds)
    try:
        with np.errstate(over="ignore"):
            return array.astype(np.int64 if whole else np.float64)
    except OverflowError:
        cells = array.ravel().tolist()
        # The cast to unsigned would turn np.int64(-1) over without a word.
        unsigned = whole and min(cells) >= 0 and max(cells) < 2**64
        return array.astype(np.uint64) if unsigned else array


def _refuse_beyond_int64(name: str, array: NDArray[Any]) -> None:
    beyond = [not -(2**63) <= x < 2**63 for x in array.ravel().tolist()]
    rule = "must be at least -2**63 and less than 2**63"
    refuse_first(name, rule, array, np.reshape(beyond, array.shape).astype(bool))


def column(name: str, values: Any) -> Column:
    """One-dimensional array of whatever was passed, and where it is missing."""
    array, missing = _read(name, values)
    if array.ndim != 1:
        refuse_type(name, "must be one-dimensional", f"shape {array.shape}")
    return Column(array, missing)


def table(name: str, values: Any) -> Column:
    """Two-dimensional array of whatever was passed, and where it is missing."""
    array, missing = _read(name, values)
    if array.ndim != 2:
        refuse_type(name, "must be two-dimensional", f"shape {array.shape}")
    return Column(array, missing)


def numbers(name: str, values: Any) -> NDArray[Any]:
    """Column of finite numbers: int64 where they are integers, else float64."""
    return as_exact(name, complete(name, values))


def not_negative(name: str, values: Any, advice: str = "") -> NDArray[Any]:
    """Column of finite numbers of at least 0, as `numbers` gives them."""
    array = numbers(name, values)
    if array.min(initial=0) < 0:
        refuse_first(name, f"must not be negative{advice}", array, array < 0)
    return array


def present_numbers(name: str, given: Column) -> NDArray[Any]:
    """Numbers of a column in their own type, without the missing ones."""
    array, missing = given
    return as_numbers(name, array if missing is None else array[~missing])


def as_exact(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Numbers as int64 if they are integers, else as finite float64."""
    array = as_numbers(name, array)
    if array.dtype.kind == "f":
        array = array if array.dtype == np.float64 else as_float64(array)
        # NaN and infinity show in the extremes, which cost no temporary array.
        if not np.isfinite([array.min(initial=0), array.max(initial=0)]).all():
            refuse_first(name, "must be finite", array, ~np.isfinite(array))
        return array
    if array.dtype.kind == "u":
        refuse_first(name, "must be less than 2**63", array, array > np.uint64(INT64_MAX))
    return array.astype(np.int64, copy=False)


def rounding_of(dtype: np.dtype[Any]) -> float:
    """Relative distance from a cut point that is nothing but rounding in numbers of a type."""
    return max(1e-12, 4 * float(np.finfo(dtype).eps)) if dtype.kind == "f" else 1e-12


def same_length(**columns: NDArray[Any]) -> None:
    """Refuse columns that do not belong together."""
    lengths = [column.size for column in columns.values()]
    if len(set(lengths)) > 1:
        got = ", ".join(map(str, lengths))
        raise ValueError(f"{_and(columns)} must have the same length, got {got}")


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def drop_missing(missing: Missing, columns: Mapping[str, Column]) -> tuple[list[NDArray[Any]], int]:
    """Columns without the rows in which one of them has no value, and how many those were."""
    one_of("missing", missing, ("raise", "drop"))
    same_length(**{name: values for name, (values, _) in columns.items()})
    gone: NDArray[np.bool_] | None = None
    for name, (values, absent) in columns.items():
        if absent is None:
            continue
        if missing == "raise":
            advice = "must not be missing: missing='drop' leaves such rows out and counts them"
            _refuse_missing(name, advice, values, absent)
        gone = absent if gone is None else gone | absent
    if gone is None:
        return [values for values, _ in columns.values()], 0
    return [values[~gone] for values, _ in columns.values()], int(np.count_nonzero(gone))


def _read(name: str, values: Any) -> Column:
    """Array of any shape and its missing cells, without letting NumPy guess."""
    _refuse_time_zone(name, values)
    masked: NDArray[np.bool_] | None = None
    if isinstance(values, np.ma.MaskedArray):
        masked = np.asarray(np.ma.getmaskarray(cast(Any, values)))
        values = np.ma.getdata(cast(Any, values))
    array: NDArray[Any] = (
        np.asarray(cast(Any, values))
        if isinstance(values, np.ndarray)
        else _from_iterable(name, values)
    )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.dtype.kind == "f" and _column_type(values).startswith(("int", "uint")):
        array, masked = _undo_float(values, array)
    if array.dtype.kind in "cV":
        refuse_type(name, "must hold numbers, text, times or ids", f"dtype {array.dtype}")
    return _with_missing(array, masked)


def _column_type(values: Any) -> str:
    return str(getattr(values, "dtype", getattr(values, "type", ""))).lower()


def _undo_float(values: Any, array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Integers of a data frame's column, of which NumPy makes floats where some are missing."""
    missing = np.isnan(array)
    whole = np.where(missing, 0, array)
    if whole.size == 0 or np.abs(whole).max() < 2.0**53:
        return whole.astype(np.int64), missing
    listed = values.to_pylist() if hasattr(values, "to_pylist") else values.to_list()
    exact = np.empty(array.size, object)
    exact[:] = listed
    return exact, None


def _from_iterable(name: str, values: Any) -> NDArray[Any]:
    if hasattr(values, "__array__") or is_scalar(values) or isinstance(values, str | bytes):
        return np.asarray(values)
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        refuse_type(name, "must be an array or a sequence", type(cast(Any, values)).__name__)
    listed: list[Any] = list(cast("Any", values))
    kinds = set(map(type, listed))
    if any(hasattr(kind, "__array__") for kind in kinds):
        listed = [*map(_unpacked, listed)]
    cells = np.array(listed, dtype=object)
    if cells.ndim > 1 or any(hasattr(kind, "__array__") for kind in kinds):
        kinds = _kinds(cells)
    if any(issubclass(kind, Sequence) and not issubclass(kind, str | bytes) for kind in kinds):
        refuse_type(name, "must be a regular array", "rows of different lengths")
    return _from_cells(cells, kinds)


def _unpacked(row: Any) -> Any:
    """Array as a list of its cells, which keeps masks and nanoseconds; all else as it is."""
    if not hasattr(row, "__array__") or isinstance(row, np.generic) or is_missing(row):
        return cast(Any, row)
    cells: Any = row
    return cells[()] if cells.ndim == 0 else [*map(_unpacked, cells)]


def _from_cells(cells: NDArray[Any], kinds: set[type]) -> NDArray[Any]:
    # NumPy would turn ["a", 1] into two texts, [True, 9] into two numbers and
    # [2**63, -1] into two floats, so only what is of one kind leaves its box.
    if not kinds:
        return cells.astype(np.float64)
    if kinds <= {bool, np.bool_}:
        return cells.astype(bool)
    if kinds <= {str, np.str_} or kinds == {bytes}:
        return from_text(cells)
    return unboxed(cells, kinds)


def from_text(cells: NDArray[Any]) -> NDArray[Any]:
    """Text or bytes in fixed width; as they are where that would waste memory or lose letters."""
    lengths = [*map(len, cells.ravel().tolist())]
    if max(lengths) * len(lengths) > 8 * sum(lengths) + 2**20:
        return cells
    array = np.array(cells.tolist())
    # NumPy drops zeros at the end, so that some of 16-byte ids would become equal.
    return array if np.strings.str_len(array).sum() == sum(lengths) else cells


def _with_missing(array: NDArray[Any], masked: NDArray[np.bool_] | None) -> Column:
    missing: NDArray[np.bool_] | None = None
    if array.dtype.kind == "f":
        missing = np.isnan(array) if np.isnan(array.min(initial=0)) else None
    elif array.dtype.kind in "Mm":
        missing = np.isnat(array)
    elif array.dtype.kind == "O":
        cells = array.ravel().tolist()
        if any(map(_can_be_missing, set(map(type, cells)))):
            missing = np.fromiter(map(is_missing, cells), bool, array.size).reshape(array.shape)
    if masked is not None:
        missing = masked if missing is None else missing | masked
    return Column(array, missing if missing is not None and missing.any() else None)


def _can_be_missing(kind: type) -> bool:
    return issubclass(kind, _WITH_NAN) or kind.__name__ in _NOTHING


def is_missing(value: Any) -> bool:
    if isinstance(value, _WITH_NAN):
        return bool(value != value)
    return type(value).__name__ in _NOTHING


def truth_table(name: str, values: Any) -> NDArray[np.bool_]:
    """Truth values in two dimensions."""
    array, missing = _read(name, values)
    if missing is not None:
        _refuse_missing(name, "must not be missing", array, missing)
    if array.ndim != 2:
        refuse_type(name, "must be two-dimensional", f"shape {array.shape}")
    if array.dtype.kind != "b":
        refuse_type(name, "must hold truth values", f"dtype {array.dtype}")
    return array


def truths(name: str, values: Any) -> NDArray[np.bool_]:
    """Column of truth values."""
    array = complete(name, values)
    if array.dtype.kind != "b" and array.size:
        refuse_type(name, "must hold truth values", f"dtype {array.dtype}")
    return array.astype(bool)


def levels(name: str, values: Any, n_levels: int, lowest: int = 0) -> NDArray[np.int8]:
    """Levels from the lowest, or truth values if there are two, as int8; -1 where unknown."""
    if is_missing(values):
        return np.array(-1, np.int8)
    array, missing = _read(name, values)
    if array.ndim > 1:
        refuse_type(name, "must be a scalar or one-dimensional", f"shape {array.shape}")
    given: Any = ... if missing is None else ~missing
    highest = lowest + n_levels - 1
    known = _as_levels(name, array[given], lowest, highest)
    wrong = _not_among(known, lowest, highest)
    if wrong is not None:
        among = (
            "true or false"
            if (lowest, highest) == (0, 1)
            else f"a level from {lowest} to {highest}"
        )
        places = np.zeros(array.shape, bool)
        places[given] = wrong
        refuse_first(name, f"must be {among}, or unknown (None, NaN or -1)", array, places)
    if missing is None:
        return known.astype(np.int8, copy=False)
    result = np.full(array.shape, -1, np.int8)
    result[given] = known
    return result


def _as_levels(name: str, known: NDArray[Any], lowest: int, highest: int) -> NDArray[Any]:
    listed: list[Any] = known.ravel().tolist() if known.dtype.kind == "O" else []
    truths = known.dtype.kind == "b" or any(map(is_bool, listed))
    two = (lowest, highest) == (0, 1)
    if truths and not two:
        refuse_type(name, f"must hold levels from {lowest} to {highest}", "truth values")
    if known.dtype.kind == "b":
        return known.view(np.int8)
    if known.dtype.kind in "SU" or any(isinstance(value, str | bytes) for value in listed):
        rule = f"must hold levels from {lowest} to {highest}, or members of their enumeration"
        refuse_type(name, "must hold True and False" if two else rule, "text")
    if truths:
        listed = [int(value) if is_bool(value) else value for value in listed]
        known = np.array(listed, dtype=object).reshape(known.shape)
    return as_numbers(name, known)


def _not_among(known: NDArray[Any], lowest: int, highest: int) -> NDArray[np.bool_] | None:
    # Without a temporary array where nothing is wrong, and in one pass over bytes.
    if lowest == 0 and known.itemsize == 1 and known.view(np.uint8).max(initial=0) <= highest:
        return None
    whole = known.dtype.kind != "f" or bool((known == np.floor(known)).all())
    least = -1 if lowest == 0 else lowest
    if known.size == 0 or (whole and known.min() >= least and known.max() <= highest):
        return None
    beyond = (known < lowest) | (known > highest) | (known != np.floor(known))
    wrong: NDArray[np.bool_] = beyond & (known != -1)
    return wrong if wrong.any() else None


def _refuse_time_zone(name: str, values: Any) -> None:
    # polars and pyarrow hand zoned times to NumPy as UTC, without a trace of the zone.
    dtype = getattr(values, "dtype", None)
    for kind in (dtype, getattr(values, "type", None), getattr(dtype, "pyarrow_dtype", None)):
        for attribute in ("tz", "time_zone"):
            zone = getattr(kind, attribute, None)
            if isinstance(zone, str | dt.tzinfo):
                raise ValueError(f"{name} {NO_ZONE}, got time zone {zone}")


def complete(name: str, values: Any) -> NDArray[Any]:
    """One-dimensional array in which nothing is missing."""
    array, missing = column(name, values)
    if missing is not None:
        _refuse_missing(name, "must not be missing", array, missing)
    return array


def equal_arrays(first: NDArray[Any] | None, second: NDArray[Any] | None) -> bool:
    """Whether both hold the same, whatever the width of their type; 1 and "1" differ."""
    if first is None or second is None:
        return first is second
    if first.size == second.size == 0:
        return True
    if {first.dtype.kind, second.dtype.kind} == {"i", "u"}:
        first, second = first.astype(object), second.astype(object)
    alike = first.dtype.kind == second.dtype.kind or "O" in (first.dtype.kind, second.dtype.kind)
    return alike and np.array_equal(first, second)


def quotients(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Shares of wholes, NaN where there is no whole; the two broadcast."""
    return part / np.where(whole > 0, whole, np.nan)


def as_given(found: Any, *given: Any) -> Any:
    """Float if all arguments were scalars, else an array that nobody can write through."""
    scalar = all(value is None or is_scalar(value) for value in given)
    return float(found) if scalar else frozen(found)


def array_key(array: NDArray[Any] | None) -> Any:
    """Serve as what attrs compares and hashes of an array: shape, type and all bits."""
    return None if array is None else (array.shape, array.dtype.str, array.tobytes())


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """View of the array that nobody can write through."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
