"""
The one door: what callers pass becomes arrays, labels become codes, wrong input one clear error.

Conventions: messages read *argument, rule, value, place*. What is not a number at
all is a ``TypeError``; a number that cannot be is a ``ValueError``. Missing values
(None, NaN, NaT, pandas' NA, masked cells) are never guessed. Inputs are never
changed.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, NoReturn, SupportsIndex, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._kernels import encode_integers, sorted_distinct

Number: TypeAlias = int | float | np.integer[Any] | np.floating[Any]
"""A scalar that a formula takes."""

Missing: TypeAlias = Literal["raise", "drop"]
"""What happens to rows with a missing value."""

_INT64_MAX = 2**63 - 1


class Column(NamedTuple):
    """A one-dimensional array and where it has no value (None if it has one everywhere)."""

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None


class Codes(NamedTuple):
    """Rows as positions into the sorted distinct labels."""

    labels: NDArray[Any]
    codes: NDArray[np.int64]


# ---------------------------------------------------------------- messages


def refuse(name: str, rule: str, value: Any, place: object = None) -> NoReturn:
    """Raise the ValueError that every wrong value gets."""
    where = "" if place is None else f" at index {place}"
    raise ValueError(f"{name} {rule}, got {name}={_plain(value)!r}{where}")


def refuse_type(name: str, rule: str, got: object) -> NoReturn:
    """Raise the TypeError that everything gets which is not of the right kind."""
    raise TypeError(f"{name} {rule}, got {got}")


def refuse_first(name: str, rule: str, values: NDArray[Any], wrong: NDArray[np.bool_]) -> None:
    """Raise for the first wrong element, if there is one."""
    if wrong.any():
        place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        index = int(place[0]) if len(place) == 1 else tuple(int(i) for i in place)
        refuse(name, rule, values[place], None if values.ndim == 0 else index)


def _plain(value: Any) -> Any:
    # repr(np.float64(2.5)) is 'np.float64(2.5)', which no caller wrote.
    scalar = isinstance(value, np.number | np.bool_ | np.str_ | np.bytes_)
    return cast(Any, value).item() if scalar else value


# ---------------------------------------------------------------- scalars


def is_bool(value: Any) -> bool:
    """Whether this is a truth value, which Python and NumPy would count as 0 or 1."""
    return isinstance(value, bool | np.bool_)


def is_float(value: Any) -> bool:
    """Whether this is a scalar with a fractional part, be it 0."""
    return isinstance(value, float | np.floating)


def to_int(value: SupportsIndex | float) -> int:
    """Turn a whole number into an int and leave the rest for `validate_count` to refuse."""
    given: Any = value
    if type(given) is int or is_bool(given):
        return cast(int, given)
    if is_float(given):
        return int(given) if float(given).is_integer() else cast(int, given)
    return given.__index__() if isinstance(given, SupportsIndex) else cast(int, given)


def validate_count(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a number of customers, answers or rows."""
    name = attribute.name
    if type(value) is not int:
        if is_float(value):
            refuse(name, "must be a whole number of at least 0", value)
        refuse_type(name, "must be a number", type(value).__name__)
    if value < 0:
        refuse(name, "must be a whole number of at least 0", value)


def count(name: str, value: Any) -> int:
    """Whole number of at least 0, from any scalar number."""
    number = to_int(value)
    if type(number) is int and number >= 0:
        return number
    if is_bool(value) or not is_scalar(value):
        refuse_type(name, "must be a number", type(value).__name__)
    refuse(name, "must be a whole number of at least 0", value)


def number(name: str, value: Any) -> float:
    """Finite scalar, as float."""
    if is_bool(value) or not isinstance(value, int | float | np.number):
        refuse_type(name, "must be a number", type(value).__name__)
    result = float(value)  # type: ignore[arg-type, unused-ignore]
    if not math.isfinite(result):
        refuse(name, "must be finite", value)
    return result


def fraction(name: str, value: Any) -> float:
    """Scalar from 0 to 1; whoever passes 20 for 20 % is told what to write."""
    result = number(name, value)
    if not 0 <= result <= 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result <= 100 else ""
        refuse(name, f"must be a fraction from 0 to 1{advice}", value)
    return result


def confidence_level(value: Any) -> float:
    """Confidence strictly between 0 and 1."""
    result = number("confidence", value)
    if not 0 < result < 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result < 100 else ""
        refuse("confidence", f"must be a fraction between 0 and 1{advice}", value)
    return result


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of a few words."""
    if value not in choices:
        refuse(name, f"must be one of {', '.join(map(repr, choices))}", value)
    return cast(str, value)


# ---------------------------------------------------------------- arrays of any shape


def is_scalar(value: Any) -> bool:
    """Whether a formula answers with a float rather than an array."""
    return isinstance(value, int | float | np.number)


def counts(name: str, values: Any) -> NDArray[np.int64]:
    """Whole numbers of at least 0 in the shape they came in."""
    array = _numeric(name, values)
    rule = "must be a whole number of at least 0"
    if array.dtype.kind == "f":
        refuse_first(name, rule, array, ~(np.isfinite(array) & (array >= 0)))
        refuse_first(name, rule, array, array != np.floor(array))
        refuse_first(name, "must be less than 2**63", array, array >= 2.0**63)
    elif array.dtype.kind == "i":
        refuse_first(name, rule, array, array < 0)
    else:
        # A uint64 beyond the range would turn negative on the way to int64.
        refuse_first(name, "must be less than 2**63", array, array > np.uint64(_INT64_MAX))
    return array.astype(np.int64)


def floats(name: str, values: Any) -> NDArray[np.float64]:
    """Finite numbers as float64 in the shape they came in."""
    array = _numeric(name, values).astype(np.float64)
    refuse_first(name, "must be finite", array, ~np.isfinite(array))
    return array


def _numeric(name: str, values: Any) -> NDArray[Any]:
    array, missing = _read(name, values)
    if missing is not None:
        refuse_first(name, "must not be missing", array, missing)
    return _as_numbers(name, array)


def _as_numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "O":
        kinds = set(map(type, array.ravel().tolist()))
        if all(issubclass(kind, int | float | np.number) and kind is not bool for kind in kinds):
            array = np.array(array.tolist())
        elif Decimal in kinds:
            refuse_type(name, "must hold ints or floats, not Decimal", "Decimal")
    if array.dtype.kind not in "iuf" and array.size:
        got = f"dtype {array.dtype}"
        if array.dtype.kind == "O":
            got = " and ".join(sorted({type(x).__name__ for x in array.ravel().tolist()}))
        refuse_type(name, "must hold numbers", got)
    return array if array.size else array.astype(np.int64)


# ---------------------------------------------------------------- columns


def column(name: str, values: Any) -> Column:
    """One-dimensional array of whatever was passed, and where it is missing."""
    array, missing = _read(name, values)
    if array.ndim != 1:
        refuse_type(name, "must be one-dimensional", f"shape {array.shape}")
    return Column(array, missing)


def numbers(name: str, values: Any) -> NDArray[Any]:
    """Column of finite numbers: int64 where they are integers, else float64."""
    return as_exact(name, complete(name, values))


def as_exact(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Numbers as int64 if they are integers, else as finite float64."""
    array = _as_numbers(name, array)
    if array.dtype.kind == "f":
        refuse_first(name, "must be finite", array, ~np.isfinite(array))
        return array.astype(np.float64, copy=False)
    if array.dtype.kind == "u":
        refuse_first(name, "must be less than 2**63", array, array > _INT64_MAX)
    return array.astype(np.int64, copy=False)


def same_length(**columns: NDArray[Any]) -> None:
    """Refuse columns that do not belong together."""
    lengths = [column.size for column in columns.values()]
    if len(set(lengths)) > 1:
        names = " and ".join([", ".join(list(columns)[:-1]), list(columns)[-1]])
        raise ValueError(f"{names} must have the same length, got {', '.join(map(str, lengths))}")


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
            refuse_first(name, advice, values, absent)
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
        cast(Any, values) if isinstance(values, np.ndarray) else _from_iterable(name, values)
    )
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.dtype.kind in "cV":
        refuse_type(name, "must hold numbers, text, times or ids", f"dtype {array.dtype}")
    return _with_missing(array, masked)


def _from_iterable(name: str, values: Any) -> NDArray[Any]:
    if hasattr(values, "__array__") or is_scalar(values) or isinstance(values, str | bytes):
        return np.asarray(values)
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        refuse_type(name, "must be an array or a sequence", type(cast(Any, values)).__name__)
    listed: list[Any] = list(cast("Any", values))
    kinds = set(map(type, listed))
    if (
        len(kinds) > 1
        and not kinds <= {int, float}
        and not any(
            issubclass(kind, Sequence | np.ndarray | Iterator) and not issubclass(kind, str | bytes)
            for kind in kinds
        )
    ):
        # NumPy would turn ["a", 1] into two texts and [True, 9] into two numbers.
        array = np.empty(len(listed), object)
        array[:] = listed
        return array
    try:
        array = np.asarray(listed)
    except ValueError:
        refuse_type(name, "must be a regular array", "rows of different lengths")
    if array.dtype.kind == "f" and kinds == {int}:
        return np.asarray(listed, dtype=object)
    return array


def _with_missing(array: NDArray[Any], masked: NDArray[np.bool_] | None) -> Column:
    missing: NDArray[np.bool_] | None = None
    if array.dtype.kind == "f":
        missing = np.isnan(array)
    elif array.dtype.kind in "Mm":
        missing = np.isnat(array)
    elif array.dtype.kind == "O":
        missing = np.fromiter(
            (_is_missing(x) for x in array.ravel().tolist()), bool, array.size
        ).reshape(array.shape)
    if masked is not None:
        missing = masked if missing is None else missing | masked
    return Column(array, missing if missing is not None and missing.any() else None)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating | np.datetime64) and bool(value != value)


# ---------------------------------------------------------------- times


def times(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """
    Naive instants as datetime64 in the unit they came in, or whole day numbers as int64.

    Text must be ISO; whatever carries a time zone is refused, since NumPy would
    move it to UTC without a word.
    """
    kind = array.dtype.kind
    if kind == "O" and array.size:
        array = _times_from_objects(name, array)
    elif kind in "US":
        array = _times_from_text(name, array.astype(np.str_, copy=False))
    elif kind == "f" and array.size:
        refuse_first(name, "must be a date or a whole day number", array, array != np.floor(array))
        array = array.astype(np.int64)
    elif kind in "iuf":
        array = as_exact(name, array).astype(np.int64)
    elif kind != "M":
        refuse_type(name, "must hold naive dates or times", f"dtype {array.dtype}")
    if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] == "generic":
        refuse_type(name, "must have a unit, such as datetime64[D]", f"dtype {array.dtype}")
    return array


def _times_from_objects(name: str, array: NDArray[Any]) -> NDArray[Any]:
    listed = cast("list[Any]", array.tolist())
    kinds = set(map(type, listed))
    if all(issubclass(kind, str) for kind in kinds):
        return _times_from_text(name, np.asarray(listed, dtype=np.str_))
    if all(issubclass(kind, int) and kind is not bool for kind in kinds):
        return np.asarray(listed, dtype=np.int64)
    for index, value in enumerate(listed):
        if getattr(value, "tzinfo", None) is not None:
            refuse(name, _NO_ZONE, str(value), index)
        if not isinstance(value, dt.date | np.datetime64):
            refuse_type(name, "must hold naive dates or times", f"{value!r} at index {index}")
    if any(hasattr(kind, "to_datetime64") for kind in kinds):
        # pandas' Timestamp has nanoseconds, which its datetime face does not show.
        listed = [x.to_datetime64() if hasattr(x, "to_datetime64") else x for x in listed]
        return np.array(listed, dtype="M8[ns]")
    if all(issubclass(kind, dt.date) and not issubclass(kind, dt.datetime) for kind in kinds):
        return np.array(listed, dtype="M8[D]")
    return np.array(
        listed, dtype="M8" if any(kind is np.datetime64 for kind in kinds) else "M8[us]"
    )


_NO_ZONE = "must be naive: convert to local time and drop the time zone first"


def _times_from_text(name: str, array: NDArray[np.str_]) -> NDArray[Any]:
    flat = np.ascontiguousarray(array)
    width = flat.dtype.itemsize // 4
    if width < 7:
        flat = flat.astype("U7")
        width = 7
    letters = flat.view(np.uint32).reshape(flat.size, width)
    no_dash: NDArray[np.bool_] = letters[:, 4] != np.uint32(ord("-"))
    refuse_first(name, "must be ISO text such as 2017-01-31", array, no_dash)
    zoned = np.asarray(np.isin(letters[:, 10:], [ord(c) for c in "Zz+-"]).any(axis=1))
    refuse_first(name, _NO_ZONE, array, zoned)
    try:
        return flat.astype("M8")
    except ValueError:
        for index, text in enumerate(flat.tolist()):
            try:
                np.datetime64(text)
            except ValueError:
                refuse(name, "must be ISO text such as 2017-01-31", text, index)
        raise


def instant(name: str, value: Any) -> NDArray[Any]:
    """One date, time or day number, as an array without dimensions."""
    if isinstance(value, dt.date | str | np.datetime64):
        values: Any = [value]
    elif is_bool(value) or not isinstance(value, SupportsIndex):
        refuse_type(name, "must be a date, a time or a whole day number", type(value).__name__)
    else:
        values = [value.__index__()]
    array, missing = column(name, values)
    if missing is not None:
        refuse(name, "must not be missing", value)
    return times(name, array)[0]  # type: ignore[no-any-return]


def _refuse_time_zone(name: str, values: Any) -> None:
    # polars and pyarrow hand zoned times to NumPy as UTC, without a trace of the zone.
    dtype = getattr(values, "dtype", None)
    for kind in (dtype, getattr(values, "type", None), getattr(dtype, "pyarrow_dtype", None)):
        for attribute in ("tz", "time_zone"):
            zone = getattr(kind, attribute, None)
            if isinstance(zone, str | dt.tzinfo):
                raise ValueError(f"{name} {_NO_ZONE}, got time zone {zone}")


# ---------------------------------------------------------------- labels


def encode(name: str, array: NDArray[Any]) -> Codes:
    """Sorted distinct labels (numbers, text, bytes, UUIDs, times) and each row's position."""
    kind = array.dtype.kind
    if kind == "O":
        return _encode_objects(name, array)
    if kind == "f":
        refuse_first(name, "must be a label: not a fractional number", array, array % 1 != 0)
        refuse_first(name, "must be exact: pass ids as integers", array, np.abs(array) >= 2.0**53)
        array = array.astype(np.int64)
    if kind in "Mm":
        labels, codes = encode_integers(array.view(np.int64))
        return Codes(labels.view(array.dtype), codes)
    if kind == "b":
        labels, codes = encode_integers(array.view(np.uint8))
        return Codes(labels.view(np.bool_), codes)
    if array.dtype.kind in "iu":
        return Codes(*encode_integers(array))
    labels, codes = np.unique(array, return_inverse=True)
    return Codes(labels, codes.astype(np.int64, copy=False))


def _encode_objects(name: str, array: NDArray[Any]) -> Codes:
    listed = cast("list[Any]", array.tolist())
    kinds = set(map(type, listed))
    if kinds and all(issubclass(kind, dt.date | np.datetime64) for kind in kinds):
        return encode(name, _times_from_objects(name, array))
    if len(kinds) > 1:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        refuse_type(name, "must hold labels of one kind", found)
    if kinds <= {int}:
        try:
            return Codes(*encode_integers(np.array(listed, dtype=np.int64)))
        except OverflowError:
            pass
    try:
        distinct = sorted(set(listed))
    except TypeError:
        kind = next(iter(kinds)).__name__
        refuse_type(name, "must hold labels that can be hashed and sorted", kind)
    position = {label: code for code, label in enumerate(distinct)}
    labels = np.empty(len(distinct), object)
    labels[:] = distinct
    return Codes(labels, np.fromiter(map(position.__getitem__, listed), np.int64, len(listed)))


def distinct_labels(name: str, values: Any) -> NDArray[Any]:
    """Sorted distinct labels of a column that must be complete."""
    array = complete(name, values)
    return sorted_distinct(array) if array.dtype.kind in "iu" else encode(name, array).labels


def positions(name: str, labels: NDArray[Any], values: Any) -> NDArray[np.int64]:
    """Where each value stands among sorted labels; -1 where it does not."""
    wanted, rows = encode(name, complete(name, values))
    kind = wanted.dtype.kind
    if kind == "u" and labels.dtype.kind == "i":
        # Compared as they are, NumPy would turn both into float64.
        if wanted.size and wanted[-1] > _INT64_MAX:
            return _by_dict(labels, wanted)[rows]
        wanted = wanted.astype(np.int64)
    elif kind != labels.dtype.kind or kind == "O":
        return _by_dict(labels, wanted)[rows]
    if labels.size == 0:
        return np.full(rows.size, -1, np.int64)
    place = np.minimum(np.searchsorted(labels, wanted), labels.size - 1)
    return np.where(labels[place] == wanted, place, -1)[rows]


def _by_dict(labels: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    known = {label: code for code, label in enumerate(labels.tolist())}
    return np.array([known.get(label, -1) for label in wanted.tolist()], dtype=np.int64)


def complete(name: str, values: Any) -> NDArray[Any]:
    """One-dimensional array in which nothing is missing."""
    array, missing = column(name, values)
    if missing is not None:
        refuse_first(name, "must not be missing", array, missing)
    return array


# ---------------------------------------------------------------- results


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """View of the array that nobody can write through."""
    view = array.view()
    view.flags.writeable = False
    return view
