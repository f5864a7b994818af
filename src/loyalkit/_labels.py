"""
The door for labels: ids and groups become positions among the sorted distinct ones.

Conventions: labels of one column are of one kind, be it numbers, text, bytes, UUIDs or
times. Codes are int64.
"""

import datetime as dt
import itertools
from collections import defaultdict
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import INT64_MAX, complete, from_text, unboxed
from loyalkit._id_kernels import as_words, encode_integers, encode_text, places, sorted_distinct
from loyalkit._messages import refuse_first, refuse_type
from loyalkit._scalars import is_number_kind
from loyalkit._times import in_unit, times_from_objects

_TEXT = (str, np.str_, bytes)


class Codes(NamedTuple):
    """Rows as positions into the sorted distinct labels."""

    labels: NDArray[Any]
    codes: NDArray[np.int64]


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
    if array.size and type(array[0]) in _TEXT:
        texts = _encode_texts(array.tolist())
        if texts is not None:
            return texts
    array = unboxed(array)
    if array.dtype.kind != "O":
        return encode(name, array)
    listed = cast("list[Any]", array.tolist())
    kinds = set(map(type, listed))
    if kinds <= {bool, np.bool_}:
        return encode(name, array.astype(bool))
    if all(issubclass(kind, dt.date | np.datetime64) for kind in kinds):
        return encode(name, times_from_objects(name, array))
    whole = all(issubclass(kind, int | np.integer) and is_number_kind(kind) for kind in kinds)
    if len(kinds) > 1 and not whole:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        refuse_type(name, "must hold labels of one kind", found)
    try:
        return _encode_by_dict(listed)
    except TypeError:
        kind = type(listed[0]).__name__
        refuse_type(name, "must hold labels that can be hashed and sorted", kind)


def _encode_texts(listed: list[Any]) -> Codes | None:
    """Encode Python's own texts or bytes; None if something else is among them."""
    try:
        labels, codes = _encode_by_dict(listed)
    except TypeError:
        return None
    # What is equal to a text is a text: of many rows, only the distinct are looked at.
    kinds = set(map(type, labels.tolist()))
    of_one_kind = kinds <= {str, np.str_} or kinds == {bytes}
    return Codes(from_text(labels), codes) if of_one_kind else None


def _encode_by_dict(listed: list[Any]) -> Codes:
    # Python keeps the hash of a text, and many rows share one.
    numbers = defaultdict[Any, int](itertools.count().__next__)
    first_seen = np.fromiter(map(numbers.__getitem__, listed), np.int64, len(listed))
    distinct = sorted(numbers)
    rank = np.empty(len(distinct), np.int64)
    rank[[numbers[label] for label in distinct]] = np.arange(len(distinct))
    labels = np.empty(len(distinct), object)
    labels[:] = distinct
    return Codes(labels, rank[first_seen])


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


def comparable(**columns: Any) -> list[NDArray[Any]]:
    """
    Complete columns of ids as integers of one type, equal where the ids are.

    Integers and short text need not be numbered for that.
    """
    arrays = {name: complete(name, values) for name, values in columns.items()}
    filled = {name: array for name, array in arrays.items() if array.size}
    kinds = {array.dtype.kind for array in filled.values()}
    if kinds in ({"i"}, {"u"}):
        found = filled
    elif kinds in ({"U"}, {"S"}):
        words = {name: as_words(array) for name, array in filled.items()}
        found = {name: word for name, word in words.items() if word is not None}
    else:
        found = {}
    if len(found) < len(filled):
        found = _numbered(filled)
    common = np.result_type(*found.values()) if found else np.dtype(np.int64)
    return [found.get(name, empty).astype(common, copy=False) for name, empty in arrays.items()]


def _numbered(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
    if all(array.dtype.kind == "M" for array in arrays.values()):
        common = np.result_type(*arrays.values())
        arrays = {name: in_unit(name, array, common) for name, array in arrays.items()}
    labels, found = np.empty(0), dict[str, NDArray[np.int64]]()
    for name, array in arrays.items():
        more, codes = encode(name, array)
        if found:
            more, before, now = union_labels(name, labels, more)
            found = {earlier: before[numbers] for earlier, numbers in found.items()}
            codes = now[codes]
        labels, found[name] = more, codes
    return found


def positions(name: str, labels: NDArray[Any], values: Any) -> NDArray[np.int64]:
    """Where each value stands among sorted labels of the same kind; -1 where it does not."""
    wanted, rows = encode(name, complete(name, values))
    if labels.size == 0 or wanted.size == 0:
        return np.full(rows.size, -1, np.int64)
    if _label_kind(labels) != _label_kind(wanted):
        # 7 and "7" would never meet, and everybody would seem new.
        refuse_type(name, f"must hold {_label_kind(labels)} labels", _label_kind(wanted))
    kinds = {labels.dtype.kind, wanted.dtype.kind}
    if kinds == {"i", "u"} and max(labels[-1], wanted[-1]) <= INT64_MAX:
        # Compared as they are, NumPy would turn both into float64.
        labels, wanted = labels.astype(np.int64), wanted.astype(np.int64)
    elif len(kinds) > 1 or "O" in kinds:
        return _by_dict(labels, wanted)[rows]
    return places(labels, wanted)[rows]


def _label_kind(labels: NDArray[Any]) -> str:
    if labels.dtype.kind in "mM":
        return labels.dtype.type.__name__
    return type(labels[0].item() if labels.dtype.kind != "O" else labels[0]).__name__


def _by_dict(labels: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    known = {label: code for code, label in enumerate(labels.tolist())}
    return np.array([known.get(label, -1) for label in wanted.tolist()], dtype=np.int64)
