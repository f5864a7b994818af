"""
The door for times: naive instants in the unit they came in, or whole day numbers.

Conventions: whatever carries a time zone is refused, since NumPy would move it to UTC
without a word. No unit is changed unless that loses nothing.
"""

import datetime as dt
from contextlib import suppress
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import NO_ZONE, as_exact, as_float64, is_missing, unboxed
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import to_int

_ISO = "must be ISO text such as 2017-01-31"
_UNIT_BY_LENGTH = {7: "M", 10: "D", 13: "h", 16: "m", 19: "s", 23: "ms", 26: "us", 29: "ns"}
_EPOCH = dt.date(1970, 1, 1).toordinal()
_DAY_NUMBERS = "20170131 is a day number too, dates are written 2017-01-31"
_OUT_OF_RANGE = "must lie between 1678 and 2262 where nanoseconds occur"


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
        array = times_from_objects(name, array)
    elif kind == "S":
        array = _times_from_text(name, np.strings.decode(array, "latin-1"))
    elif kind == "U":
        array = _times_from_text(name, array)
    elif kind == "f":
        array = as_float64(array)
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


def times_from_objects(name: str, array: NDArray[Any]) -> NDArray[Any]:
    array = unboxed(array)
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
    refuse_first(name, NO_ZONE, array, np.reshape(zoned, array.shape))
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
    refuse_first(name, NO_ZONE, array, zoned.reshape(array.shape))
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
    if is_missing(value):
        refuse(name, "must not be missing", value)
    cell = np.empty((), object)
    cell[()] = value
    return times(name, cell)[()]


def same_kind(name: str, moments: NDArray[Any], times: NDArray[Any]) -> None:
    """Refuse dates where a log has day numbers, and the other way round."""
    if moments.dtype.kind != times.dtype.kind:
        advice = "" if times.dtype.kind == "M" else f": {_DAY_NUMBERS}"
        rule = f"must be like the times, {times.dtype}{advice}"
        refuse_type(name, rule, moments.dtype)


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
        advice = "" if dtype.kind == "M" else f": {_DAY_NUMBERS}"
        refuse_type(name, f"must be {expected}, like the times they are compared with{advice}", got)
    advice = "convert the times to another unit, such as datetime64[us], first"
    rule = f"must be whole and in range as {dtype}: {advice}"
    try:
        converted = instants.astype(dtype)
        # Beyond the range NumPy before 2.5 wraps without a word; on the way back it shows.
        changed = np.asarray(converted.astype(instants.dtype) != instants)
    except OverflowError:
        changed = np.zeros(instants.shape, bool)
        changed.flat[np.argmax(np.abs(instants.view(np.int64)))] = True
        converted = instants
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
