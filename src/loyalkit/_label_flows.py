"""
Labels of the same customers at two dates, as states: k labels, unsettled, not there.

Conventions: state k is a customer whose label is not settled, state k + 1 one who is not
there. Labels are the members of an enumeration, or values of any kind that can be told
apart.
"""

from enum import IntEnum
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import column, complete, same_length
from loyalkit._blocks import BLOCK, blocks
from loyalkit._labels import encode, union_labels
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit.classification import Classification


def labels_of(given: Any, *columns: Any) -> tuple[Any, ...]:
    """Labels as they were given, or those that the classifications share."""
    if given is None:
        kinds = [*map(_kind, columns)]
        if not kinds or kinds[0] is None or any(kind is not kinds[0] for kind in kinds):
            rule = "must be given in order, except for two classifications alike"
            refuse_type("labels", rule, "None")
        given = kinds[0]
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        refuse_type("labels", "must be a subclass of IntEnum or a sequence", repr(given))
    values: tuple[Any, ...] = tuple(given)
    if len(set(values)) < len(values) or not values:
        refuse("labels", "must be different, and one at least", values)
    return values


def _kind(given: Any) -> type[IntEnum] | None:
    return cast("Classification[IntEnum]", given).labels if _is_classified(given) else None


def _is_classified(given: Any) -> bool:
    return isinstance(given, Classification)


def states(name: str, given: Any, labels: tuple[Any, ...]) -> NDArray[np.int32]:
    """State of each customer: place of the label, or k where it is not settled."""
    place = {int(x) if isinstance(x, IntEnum) else x: i for i, x in enumerate(labels)}
    # Codes and numbers say -1 where nothing is settled.
    place.setdefault(-1, len(labels))
    classes = _kind(given)
    if classes is not None:
        if not all(isinstance(x, classes) for x in labels) or len(classes) != len(labels):
            refuse_type(name, f"must be classified by {_words(labels)}", repr(classes))
        return _from_codes(name, given.codes, place, labels)
    array, missing = column(name, given)
    known = array if missing is None else array[~missing]
    found = (_from_codes if known.dtype.kind in "iu" else _from_values)(name, known, place, labels)
    if missing is None:
        return found
    every = np.full(array.size, len(labels), np.int32)
    every[~missing] = found
    return every


def _from_codes(
    name: str, codes: NDArray[Any], place: dict[Any, int], labels: tuple[Any, ...]
) -> NDArray[np.int32]:
    """States by a table, as far as numbers are small."""
    small = {x: i for x, i in place.items() if isinstance(x, int)}
    lowest, highest = min(small), max(small)
    if highest - lowest > BLOCK:
        return _from_values(name, codes, place, labels)
    table = np.full(highest - lowest + 1, -1, np.int32)
    table[[x - lowest for x in small]] = [*small.values()]
    refuse_first(name, _rule(labels), codes, (codes < lowest) | (codes > highest))
    found = np.empty(codes.size, np.int32)
    for rows in blocks(codes.size):
        np.take(table, codes[rows].astype(np.intp) - lowest, out=found[rows], mode="clip")
    refuse_first(name, _rule(labels), codes, found == -1)
    return found


def _from_values(
    name: str, values: NDArray[Any], place: dict[Any, int], labels: tuple[Any, ...]
) -> NDArray[np.int32]:
    distinct, codes = encode(name, values)
    found = np.array([place.get(x, -1) for x in distinct.tolist()], np.int32)[codes]
    refuse_first(name, _rule(labels), values, found == -1)
    return found


def _rule(labels: tuple[Any, ...]) -> str:
    return f"must be one of {_words(labels)}, or missing"


def _words(labels: tuple[Any, ...]) -> str:
    return ", ".join(str(x) if isinstance(x, IntEnum) else repr(x) for x in labels)


def joined(
    before: NDArray[np.int32], after: NDArray[np.int32], before_ids: Any, after_ids: Any, k: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """States of everybody who was there at either date, in one order."""
    if before_ids is None and after_ids is None:
        same_length(before=before, after=after)
        return before, after
    if before_ids is None or after_ids is None:
        missing = "before_ids" if before_ids is None else "after_ids"
        refuse_type(missing, "must be given as the other ids are", "None")
    earlier, first = _once("before_ids", before_ids, "before", before)
    later, second = _once("after_ids", after_ids, "after", after)
    everybody, in_earlier, in_later = union_labels("after_ids", earlier, later)
    both = np.full((2, everybody.size), k + 1, np.int32)
    both[0, in_earlier], both[1, in_later] = first, second
    return both[0], both[1]


def _once(
    ids_name: str, ids: Any, name: str, values: NDArray[np.int32]
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Ids ascending, and the state of each."""
    labels, codes = encode(ids_name, complete(ids_name, ids))
    columns: dict[str, NDArray[Any]] = {ids_name: codes, name: values}
    same_length(**columns)
    if labels.size < codes.size:
        repeated = int(np.argmax(np.bincount(codes) > 1))
        refuse(ids_name, "must hold every customer once", labels[repeated])
    ordered = np.empty_like(values)
    ordered[codes] = values
    return labels, ordered


def flows(before: NDArray[np.int32], after: NDArray[np.int32], k: int) -> NDArray[np.int64]:
    """Customers by state before and after, shape (k + 2, k + 2)."""
    size = k + 2
    found = np.zeros(size * size, np.int64)
    for rows in blocks(before.size):
        pairs = before[rows].astype(np.intp) * size + after[rows]
        found += np.bincount(pairs, minlength=size * size)
    return found.reshape(size, size)
