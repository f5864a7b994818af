"""
The one door: what callers pass becomes arrays, labels become codes, wrong input one clear error.

Conventions: messages read *argument, rule, value, place*. What is not a number at
all is a ``TypeError``; a number that cannot be is a ``ValueError``. Missing values
(None, NaN, NaT, pandas' NA, masked cells) are never guessed. Inputs are never
changed.
"""

import datetime as dt
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple, NoReturn, SupportsIndex, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._kernels import encode_integers, encode_text, sorted_distinct

Number: TypeAlias = int | float | np.integer[Any] | np.floating[Any]
"""A scalar that a formula takes."""

Missing: TypeAlias = Literal["raise", "drop"]
"""What happens to rows with a missing value."""

_INT64_MAX = 2**63 - 1
_WITH_NAN = (float, np.floating, np.datetime64, np.timedelta64, Decimal)
_NOTHING = ("NoneType", "NAType", "NaTType", "MaskedConstant")
_NO_ZONE = "must be naive: convert to local time and drop the time zone first"
_ISO = "must be ISO text such as 2017-01-31"
_UNIT_BY_LENGTH = {7: "M", 10: "D", 13: "h", 16: "m", 19: "s", 23: "ms", 26: "us", 29: "ns"}
_EPOCH = dt.date(1970, 1, 1).toordinal()
_OUT_OF_RANGE = "must lie between 1678 and 2262 where nanoseconds occur"


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
        place, index = _place(wrong)
        refuse(name, rule, values[place], index)


def refuse_together(rule: str, wrong: Any, **given: Any) -> None:
    """Raise for the first place where arguments contradict one another, if there is one."""
    if wrong is False or not np.any(wrong):
        return
    place, index = _place(np.asarray(wrong))
    got = ", ".join(f"{name}={_plain(np.asarray(x)[place])!r}" for name, x in given.items())
    raise ValueError(f"{rule}, got {got}" + ("" if index is None else f" at index {index}"))


def _place(wrong: NDArray[np.bool_]) -> tuple[tuple[int, ...], object]:
    """First marked element, as an index and as a message writes it (None for a scalar)."""
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return place, None if not place else place[0] if len(place) == 1 else place


def _refuse_missing(name: str, rule: str, values: NDArray[Any], missing: NDArray[np.bool_]) -> None:
    place, index = _place(missing)
    # What lies under a mask is no value.
    refuse(name, rule, values[place] if _is_missing(values[place]) else np.ma.masked, index)


def _plain(value: Any) -> Any:
    # repr(np.float64(2.5)) is 'np.float64(2.5)', which no caller wrote.
    if isinstance(value, dt.date | np.datetime64 | np.timedelta64):
        return str(cast(Any, value))
    scalar = isinstance(value, np.number | np.bool_ | np.str_ | np.bytes_)
    return cast(Any, value).item() if scalar else value


def instance(name: str, value: object, kind: type) -> None:
    """Refuse what is not an object of this class."""
    if not isinstance(value, kind):
        refuse_type(name, f"must be of type {kind.__name__}", type(value).__name__)


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
        return int(given) if math.isfinite(given) and given == int(given) else cast(int, given)
    try:
        return operator.index(given)
    except TypeError:
        return cast(int, given)


def to_float(value: Any) -> float:
    """Turn a number into a float and leave the rest for `validate_figure` to refuse."""
    if type(value) is float or not _is_number_kind(type(value)):
        return cast(float, value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def to_amount(value: Any) -> int | float:
    """Turn a number into an int if it is one, else a float; leave the rest to be refused."""
    return to_float(value) if is_float(value) else to_int(value)


def validate_count(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a number of customers, answers or rows."""
    _check_count(attribute.name, value)


def validate_whole(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a whole number of either sign."""
    if type(value) is not int:
        if is_float(value):
            refuse(attribute.name, "must be a whole number", value)
        refuse_type(attribute.name, "must be a number", type(value).__name__)


def validate_figure(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of a measure, which may be NaN where nobody can know it."""
    _check_figure(attribute.name, value)


def validate_amount(_instance: object, attribute: Any, value: Any) -> None:
    """Serve as attrs validator of an amount of money of at least 0."""
    if type(value) not in (int, float):
        refuse_type(attribute.name, "must be a number", type(value).__name__)
    if not 0 <= value < math.inf:
        refuse(attribute.name, "must be finite and at least 0", value)


def count(name: str, value: Any) -> int:
    """Whole number of at least 0, from any scalar number."""
    whole = to_int(value)
    _check_count(name, whole)
    return whole


def _check_count(name: str, value: Any) -> None:
    if type(value) is not int:
        if is_float(value):
            refuse(name, "must be a whole number of at least 0", value)
        refuse_type(name, "must be a number", type(value).__name__)
    if value < 0:
        refuse(name, "must be a whole number of at least 0", value)


def number(name: str, value: Any) -> float:
    """Finite scalar, as float."""
    result = to_float(value)
    _check_figure(name, result)
    if not math.isfinite(result):
        refuse(name, "must be finite", value)
    return result


def _check_figure(name: str, value: Any) -> None:
    if type(value) is not float:
        refuse_type(name, "must be a number", type(value).__name__)


def fraction(name: str, value: Any) -> float:
    """Scalar from 0 to 1; whoever passes 20 for 20 % is told what to write."""
    result = number(name, value)
    if not 0 <= result <= 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result <= 100 else ""
        refuse(name, f"must be a fraction from 0 to 1{advice}", value)
    return result


def simple_fraction(name: str, value: Any) -> Fraction:
    """
    Scalar from 0 to 1 as the fraction it stands for: 4/5 for 0.8 and for 1 - 0.2.

    The float 0.8 is a little more than 4/5, so that 80 of 100 would not be enough.
    """
    given = Fraction(fraction(name, value))
    simple = given.limit_denominator(10**6)
    # A few rounding errors, as 1 - 0.9 makes them; the next simple fraction is far away.
    return simple if simple and abs(simple - given) < Fraction(1, 2**51) else given


def two_fractions(name: str, values: Any) -> tuple[Fraction, Fraction]:
    """Two numbers from 0 to 1, the smaller first."""
    pair: tuple[Any, ...] = tuple(values) if hasattr(values, "__iter__") else ()
    if len(pair) != 2:
        refuse_type(name, "must be two fractions, the smaller first", repr(values))
    low, high = (simple_fraction(name, value) for value in pair)
    if low > high:
        refuse(name, "must be two fractions, the smaller first", values)
    return low, high


def confidence_level(value: Any) -> float:
    """Confidence strictly between 0 and 1."""
    result = number("confidence", value)
    if not 0 < result < 1:
        advice = f": {result / 100:g} for {result:g} %" if 1 < result < 100 else ""
        refuse("confidence", f"must be a fraction between 0 and 1{advice}", value)
    return result


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        refuse(name, f"must be one of {', '.join(map(repr, choices))}", value)
    return value


def text(name: str, value: Any, *, limit: int = 10_000) -> str:
    """Text that says something, in at most so many characters, as a plain str."""
    if not isinstance(value, str):
        refuse_type(name, "must be text", type(value).__name__)
    if len(value) > limit:
        refuse(name, f"must have at most {limit} characters", f"{value[:40]}…")
    if not value.strip():
        refuse(name, "must not be blank", value)
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        refuse(name, "must not hold half a surrogate pair", value)
    return str.__str__(value)


# ---------------------------------------------------------------- arrays of any shape


def is_scalar(value: Any) -> bool:
    """Whether a formula answers with a float rather than an array."""
    return type(value) in (int, float, bool) or _is_number_kind(type(value))


def counts(name: str, values: Any) -> NDArray[np.int64]:
    """Whole numbers of at least 0 in the shape they came in."""
    array = _numeric(name, values)
    if array.dtype.kind == "f":
        array = _as_float64(array)
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
    array = _as_float64(_numeric(name, values))
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
    return _as_numbers(name, array)


def _as_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):  # a long double beyond the range becomes infinite
        return array.astype(np.float64)


def _as_numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "O":
        array = _unboxed(array)
    if array.dtype.kind in "iuf":
        return array
    if array.dtype.kind != "O":
        refuse_type(name, "must hold numbers", f"dtype {array.dtype}")
    kinds = _kinds(array)
    if all(map(_is_number_kind, kinds)):
        _refuse_beyond_int64(name, array)
    rule = "must hold ints or floats" if Decimal in kinds else "must hold numbers"
    refuse_type(name, rule, " and ".join(sorted(kind.__name__ for kind in kinds)))


def _kinds(array: NDArray[Any]) -> set[type]:
    return set(map(type, array.ravel().tolist()))


def _is_number_kind(kind: Any) -> bool:
    # NumPy counts durations as integers, Python counts truth values.
    numeric = issubclass(kind, int | float | np.integer | np.floating)
    return numeric and kind not in (bool, np.timedelta64)


def _integers(name: str, array: NDArray[Any]) -> NDArray[np.int64]:
    """Python's integers as int64; NumPy alone would turn [2**63, 1] into floats."""
    _refuse_beyond_int64(name, array)
    return array.astype(np.int64)


def _unboxed(array: NDArray[Any], kinds: set[type] | None = None) -> NDArray[Any]:
    """Objects that are all numbers as an array of numbers; any others as they are."""
    kinds = kinds or _kinds(array)
    if not all(map(_is_number_kind, kinds)):
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


def not_negative(name: str, values: Any, advice: str = "") -> NDArray[Any]:
    """Column of finite numbers of at least 0, as `numbers` gives them."""
    array = numbers(name, values)
    refuse_first(name, f"must not be negative{advice}", array, array < 0)
    return array


def present_numbers(name: str, given: Column) -> NDArray[Any]:
    """Numbers of a column in their own type, without the missing ones."""
    array, missing = given
    return _as_numbers(name, array if missing is None else array[~missing])


def as_exact(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Numbers as int64 if they are integers, else as finite float64."""
    array = _as_numbers(name, array)
    if array.dtype.kind == "f":
        array = array if array.dtype == np.float64 else _as_float64(array)
        refuse_first(name, "must be finite", array, ~np.isfinite(array))
        return array
    if array.dtype.kind == "u":
        refuse_first(name, "must be less than 2**63", array, array > np.uint64(_INT64_MAX))
    return array.astype(np.int64, copy=False)


def money(name: str, array: NDArray[Any], decimals: int | None) -> NDArray[Any]:
    """Amounts as `as_exact` takes them, or major units as int64 minor units."""
    decimal = array.dtype.kind == "O" and any(isinstance(x, Decimal) for x in array.tolist())
    if decimals is None:
        if decimal:
            advice = "decimals=2 turns them into exact hundredths"
            refuse_type(
                name, f"must hold ints or floats unless decimals is given: {advice}", "Decimal"
            )
        return as_exact(name, array)
    places = count("decimals", decimals)
    if places > 18:
        refuse("decimals", "must be at most 18", places)
    if decimal:
        return _minor_units_of_decimals(name, array, places)
    array = _as_numbers(name, array)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind != "f":
        # They could be major or minor units.
        refuse("decimals", f"must be left out where {name} are integers already", places)
    return _minor_units_of_floats(name, array, places)


def _minor_units_of_decimals(name: str, array: NDArray[Any], places: int) -> NDArray[np.int64]:
    listed = cast("list[Any]", array.tolist())
    for index, value in enumerate(listed):
        if not isinstance(value, Decimal):
            refuse_type(name, "must hold Decimals only", f"{value!r} at index {index}")
        if not value.is_finite():
            refuse(name, "must be finite", value, index)
    # Exact fractions: the precision of the caller's decimal context plays no part.
    ratios = [value.as_integer_ratio() for value in listed]
    wrong = np.array([10**places % below != 0 for _, below in ratios], bool)
    refuse_first(name, f"must have at most {places} decimals", array, wrong)
    units = np.array([above * (10**places // below) for above, below in ratios] + [None], object)
    return _integers(name, units[:-1])


def _minor_units_of_floats(name: str, array: NDArray[Any], places: int) -> NDArray[np.int64]:
    refuse_first(name, "must be finite", array, ~np.isfinite(array))
    major = array.astype(np.float64)
    # From there on the tolerance below is half a minor unit or more.
    spacing = float(np.finfo(array.dtype).eps)
    inexact = np.abs(major) >= 0.125 / spacing / 10.0**places
    advice = "pass Decimals or integers"
    refuse_first(name, f"must be exact to {places} decimals: {advice}", array, inexact)
    scaled = major * 10.0**places
    units = np.rint(scaled)
    wrong = np.abs(scaled - units) > 4 * spacing * np.abs(units)
    refuse_first(name, f"must have at most {places} decimals", array, wrong)
    return units.astype(np.int64)


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
    if not hasattr(row, "__array__") or isinstance(row, np.generic) or _is_missing(row):
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
        return _from_text(cells)
    return _unboxed(cells, kinds)


def _from_text(cells: NDArray[Any]) -> NDArray[Any]:
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
        missing = np.isnan(array)
    elif array.dtype.kind in "Mm":
        missing = np.isnat(array)
    elif array.dtype.kind == "O":
        cells = array.ravel().tolist()
        if any(map(_can_be_missing, set(map(type, cells)))):
            missing = np.fromiter(map(_is_missing, cells), bool, array.size).reshape(array.shape)
    if masked is not None:
        missing = masked if missing is None else missing | masked
    return Column(array, missing if missing is not None and missing.any() else None)


def _can_be_missing(kind: type) -> bool:
    return issubclass(kind, _WITH_NAN) or kind.__name__ in _NOTHING


def _is_missing(value: Any) -> bool:
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


def levels(name: str, values: Any, n_levels: int) -> NDArray[np.int8]:
    """Levels from 0, or truth values if there are two, as int8; -1 where unknown."""
    if _is_missing(values):
        return np.array(-1, np.int8)
    array, missing = _read(name, values)
    if array.ndim > 1:
        refuse_type(name, "must be a scalar or one-dimensional", f"shape {array.shape}")
    given: Any = ... if missing is None else ~missing
    known = _as_levels(name, array[given], n_levels)
    wrong = _not_among(known, n_levels)
    if wrong is not None:
        among = "true or false" if n_levels == 2 else f"a level from 0 to {n_levels - 1}"
        places = np.zeros(array.shape, bool)
        places[given] = wrong
        refuse_first(name, f"must be {among}, or unknown (None, NaN or -1)", array, places)
    if missing is None:
        return known.astype(np.int8, copy=False)
    result = np.full(array.shape, -1, np.int8)
    result[given] = known
    return result


def _as_levels(name: str, known: NDArray[Any], n_levels: int) -> NDArray[Any]:
    listed: list[Any] = known.ravel().tolist() if known.dtype.kind == "O" else []
    truths = known.dtype.kind == "b" or any(map(is_bool, listed))
    if truths and n_levels != 2:
        refuse_type(name, f"must hold levels from 0 to {n_levels - 1}", "truth values")
    if known.dtype.kind == "b":
        return known.view(np.int8)
    if truths:
        listed = [int(value) if is_bool(value) else value for value in listed]
        known = np.array(listed, dtype=object).reshape(known.shape)
    return _as_numbers(name, known)


def _not_among(known: NDArray[Any], n_levels: int) -> NDArray[np.bool_] | None:
    # Two passes without a temporary array where nothing is wrong.
    whole = known.dtype.kind != "f" or bool((known == np.floor(known)).all())
    if known.size == 0 or (whole and known.min() >= -1 and known.max() < n_levels):
        return None
    wrong: NDArray[np.bool_] = (known < -1) | (known >= n_levels) | (known != np.floor(known))
    return wrong


# ---------------------------------------------------------------- times


def times(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """
    Naive instants as datetime64 in the unit they came in, or whole day numbers as int64.

    Text must be ISO; whatever carries a time zone is refused, since NumPy would
    move it to UTC without a word.
    """
    kind = array.dtype.kind
    if array.size == 0 and kind != "M":
        return np.empty(0, np.int64)
    if kind == "O":
        array = _times_from_objects(name, array)
    elif kind == "S":
        array = _times_from_text(name, np.strings.decode(array, "latin-1"))
    elif kind == "U":
        array = _times_from_text(name, array)
    elif kind == "f":
        array = _as_float64(array)
        whole = (array == np.floor(array)) & (np.abs(array) < 2.0**53)
        refuse_first(name, "must be a date or a whole day number", array, ~whole)
        array = array.astype(np.int64)
    elif kind in "iu":
        array = as_exact(name, array)
    elif kind != "M":
        refuse_type(name, "must hold naive dates or times", f"dtype {array.dtype}")
    if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] == "generic":
        refuse_type(name, "must have a unit, such as datetime64[D]", f"dtype {array.dtype}")
    return array


def _times_from_objects(name: str, array: NDArray[Any]) -> NDArray[Any]:
    array = _unboxed(array)
    if array.dtype.kind != "O":
        return times(name, array)
    listed = array.ravel().tolist()
    kinds = set(map(type, listed))
    if all(issubclass(kind, str) for kind in kinds):
        return _times_from_text(name, array.astype(np.str_))
    if not all(issubclass(kind, dt.date | np.datetime64) for kind in kinds):
        other = (not isinstance(value, dt.date | np.datetime64) for value in listed)
        index = next(index for index, wrong in enumerate(other) if wrong)
        refuse_type(name, "must hold naive dates or times", f"{listed[index]!r} at index {index}")
    zoned = [getattr(value, "tzinfo", None) is not None for value in listed]
    refuse_first(name, _NO_ZONE, array, np.reshape(zoned, array.shape))
    if any(kind is np.datetime64 or hasattr(kind, "to_datetime64") for kind in kinds):
        return _in_one_unit(name, array)
    if any(issubclass(kind, dt.datetime) for kind in kinds):
        return array.astype("M8[us]")
    # NumPy's own cast of dates takes five times as long.
    days = np.fromiter((date.toordinal() for date in listed), np.int64, len(listed))
    return (days - _EPOCH).view("M8[D]").reshape(array.shape)


def _in_one_unit(name: str, array: NDArray[Any]) -> NDArray[Any]:
    # pandas' Timestamp has nanoseconds, which its datetime face does not show.
    instants = [
        np.datetime64(x.to_datetime64() if hasattr(x, "to_datetime64") else x)
        for x in array.ravel().tolist()
    ]
    found = np.array(instants).reshape(array.shape)
    years = np.array([x.astype("M8[Y]") for x in instants]).reshape(array.shape)
    lost: NDArray[np.bool_] = np.not_equal(found.astype("M8[Y]"), years)
    refuse_first(name, _OUT_OF_RANGE, array, lost)
    return found


def _times_from_text(name: str, array: NDArray[Any]) -> NDArray[Any]:
    width = max(array.dtype.itemsize // 4, 10)
    flat = np.ascontiguousarray(array.ravel(), f"=U{width}")
    letters = flat.view(np.uint32).reshape(flat.size, width)
    zoned = np.asarray(np.isin(letters[:, 10:], [ord(c) for c in "Zz+-"]).any(axis=1))
    refuse_first(name, _NO_ZONE, array, zoned.reshape(array.shape))
    # NumPy would take words such as now, signs before the year and names of time zones.
    shaped = (letters[:, 4] == ord("-")) & (letters[:, 0] >= ord("0")) & (letters[:, 0] <= ord("9"))
    shaped &= np.isin(letters[:, 10:], [ord(c) for c in "0123456789:.T \0"]).all(axis=1)
    refuse_first(name, _ISO, array, ~shaped.reshape(array.shape))
    return _parsed(name, array, flat).reshape(array.shape)


def _parsed(name: str, array: NDArray[Any], flat: NDArray[np.str_]) -> NDArray[Any]:
    lengths = np.strings.str_len(flat)
    finest = max(_UNIT_BY_LENGTH)
    rule = "must not be finer than nanoseconds"
    refuse_first(name, rule, array, np.reshape(lengths > finest, array.shape))
    unit = next(unit for length, unit in _UNIT_BY_LENGTH.items() if lengths.max() <= length)
    try:
        found = flat.astype(f"M8[{unit}]")
    except ValueError:
        readable = np.fromiter(map(_is_iso, flat), bool, flat.size)
        refuse_first(name, _ISO, array, ~readable.reshape(array.shape))
        raise
    if unit == "ns":
        lost = found.astype("M8[Y]") != flat.astype("U4").astype("M8[Y]")
        refuse_first(name, _OUT_OF_RANGE, array, lost.reshape(array.shape))
    return found


def _is_iso(text: str) -> bool:
    try:
        np.datetime64(text)
    except ValueError:
        return False
    return True


def instant(name: str, value: Any) -> NDArray[Any]:
    """One date, time or day number, as an array without dimensions."""
    if not isinstance(value, dt.date | str | np.datetime64) and type(to_int(value)) is not int:
        refuse_type(name, "must be a date, a time or a whole day number", type(value).__name__)
    if _is_missing(value):
        refuse(name, "must not be missing", value)
    cell = np.empty((), object)
    cell[()] = value
    return times(name, cell)[()]


def in_coarsest_unit(name: str, instants: NDArray[Any]) -> NDArray[Any]:
    """Instants in the coarsest unit, days at most, that says the same: equal means identical."""
    if instants.dtype.kind != "M":
        return instants
    with suppress(OverflowError):
        for unit in ("D", "m", "s", "ms", "us", "ns", "ps", "fs", "as"):
            converted = instants.astype(f"M8[{unit}]")
            if (converted.astype(instants.dtype) == instants).all():
                return converted
    refuse(name, "must be in the range of datetime64[D]", instants.flat[0])


def in_unit(name: str, instants: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Instants as another dtype of times, if that loses nothing."""
    if (dtype.kind == "M") != (instants.dtype.kind == "M"):
        kinds = ("whole day numbers", "dates or times")
        expected, got = kinds[::-1] if dtype.kind == "M" else kinds
        refuse_type(name, f"must be {expected}, like the times they are compared with", got)
    advice = "convert the times to another unit, such as datetime64[us], first"
    rule = f"must be whole and in range as {dtype}: {advice}"
    try:
        converted = instants.astype(dtype)
        # Beyond the range NumPy before 2.5 wraps without a word; on the way back it shows.
        changed = np.asarray(converted.astype(instants.dtype) != instants)
    except OverflowError:
        refuse(name, rule, instants.flat[np.argmax(np.abs(instants.view(np.int64)))])
    refuse_first(name, rule, instants, changed)
    return converted


def ticks(
    column: NDArray[Any], name: str, instants: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times and the instants to compare them with, as whole numbers in the unit of the times."""
    if column.size == 0:
        column = column.astype(instants.dtype)
    return column.view(np.int64), in_unit(name, instants, column.dtype).astype(np.int64)


def day(name: str, value: Any) -> dt.date:
    """One calendar day: a date, ISO text such as 2017-01-31 or a datetime64 of whole days."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.date(value.year, value.month, value.day)
    if not isinstance(value, str | np.datetime64):
        refuse_type(name, "must be a date without a time of day", type(value).__name__)
    written = str(cast(Any, value))
    try:
        found = dt.date.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.isoformat() != written:
        refuse(name, "must be a date such as 2017-01-31", written[:40])
    return found


def whole_days(instants: NDArray[Any]) -> NDArray[np.int64]:
    """Number of the day on which each instant lies; day numbers are what they are."""
    days = instants.astype("M8[D]") if instants.dtype.kind == "M" else instants
    return days.astype(np.int64)


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
        fractional = array != np.floor(array)
        refuse_first(name, "must be a label: not a fractional number", array, fractional)
        inexact = np.abs(array) >= 2.0 ** min(53, np.finfo(array.dtype).nmant + 1)
        refuse_first(name, "must be exact: pass ids as integers", array, inexact)
        return Codes(*encode_integers(array.astype(np.int64)))
    if kind in "Mm":
        labels, codes = encode_integers(array.view(np.int64))
        return Codes(labels.view(array.dtype), codes)
    if kind == "b":
        labels, codes = encode_integers(array.view(np.uint8))
        return Codes(labels.view(np.bool_), codes)
    if kind in "iu":
        return Codes(*encode_integers(array))
    return Codes(*encode_text(array))


def _encode_objects(name: str, array: NDArray[Any]) -> Codes:
    array = _unboxed(array)
    if array.dtype.kind != "O":
        return encode(name, array)
    listed = cast("list[Any]", array.tolist())
    kinds = set(map(type, listed))
    if kinds <= {bool, np.bool_}:
        return encode(name, array.astype(bool))
    if kinds <= {str, np.str_} or kinds == {bytes}:
        text = _from_text(array)
        return encode(name, text) if text.dtype.kind != "O" else _encode_by_dict(name, listed)
    if all(issubclass(kind, dt.date | np.datetime64) for kind in kinds):
        return encode(name, _times_from_objects(name, array))
    whole = all(issubclass(kind, int | np.integer) and _is_number_kind(kind) for kind in kinds)
    if len(kinds) > 1 and not whole:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        refuse_type(name, "must hold labels of one kind", found)
    return _encode_by_dict(name, listed)


def _encode_by_dict(name: str, listed: list[Any]) -> Codes:
    try:
        distinct = sorted(set(listed))
    except TypeError:
        kind = type(listed[0]).__name__
        refuse_type(name, "must hold labels that can be hashed and sorted", kind)
    position = {label: code for code, label in enumerate(distinct)}
    labels = np.empty(len(distinct), object)
    labels[:] = distinct
    return Codes(labels, np.fromiter(map(position.__getitem__, listed), np.int64, len(listed)))


def union_labels(
    name: str, first: NDArray[Any], second: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Sorted labels of two sorted sets of labels, and where those of each set stand in it."""
    if first.size and second.size:
        if _label_kind(first) != _label_kind(second):
            refuse_type(name, f"must hold {_label_kind(first)} labels", _label_kind(second))
        common = np.result_type(first, second)
        if common.kind == "M":
            first, second = in_unit(name, first, common), in_unit(name, second, common)
        elif common.kind in "fO":
            # NumPy would compare int64 with uint64 as floats.
            first, second = first.astype(object), second.astype(object)
        both = np.concatenate([first, second])
    else:
        both = first if first.size else second
    labels, codes = encode(name, both)
    return labels, codes[: first.size], codes[first.size :]


def distinct_labels(name: str, values: Any) -> NDArray[Any]:
    """Sorted distinct labels of a column that must be complete."""
    array = complete(name, values)
    return sorted_distinct(array) if array.dtype.kind in "iu" else encode(name, array).labels


def positions(name: str, labels: NDArray[Any], values: Any) -> NDArray[np.int64]:
    """Where each value stands among sorted labels of the same kind; -1 where it does not."""
    wanted, rows = encode(name, complete(name, values))
    if labels.size == 0 or wanted.size == 0:
        return np.full(rows.size, -1, np.int64)
    if _label_kind(labels) != _label_kind(wanted):
        # 7 and "7" would never meet, and everybody would seem new.
        refuse_type(name, f"must hold {_label_kind(labels)} labels", _label_kind(wanted))
    kinds = {labels.dtype.kind, wanted.dtype.kind}
    if kinds == {"i", "u"} and max(labels[-1], wanted[-1]) <= _INT64_MAX:
        # Compared as they are, NumPy would turn both into float64.
        labels, wanted = labels.astype(np.int64), wanted.astype(np.int64)
    elif len(kinds) > 1 or "O" in kinds:
        return _by_dict(labels, wanted)[rows]
    place = np.minimum(np.searchsorted(labels, wanted), labels.size - 1)
    return np.where(labels[place] == wanted, place, -1)[rows]


def _label_kind(labels: NDArray[Any]) -> str:
    if labels.dtype.kind in "mM":
        return labels.dtype.type.__name__
    return type(labels[0].item() if labels.dtype.kind != "O" else labels[0]).__name__


def _by_dict(labels: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    known = {label: code for code, label in enumerate(labels.tolist())}
    return np.array([known.get(label, -1) for label in wanted.tolist()], dtype=np.int64)


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


# ---------------------------------------------------------------- results


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """View of the array that nobody can write through."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def nan_safe(value: float) -> float | None:
    """Key by which value objects compare a measure: two that nobody can know are equal."""
    return value if value == value else None
