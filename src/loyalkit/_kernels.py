"""
The few loops that decide speed, each with the reason it is written so.

Conventions: arrays come checked and one-dimensional, nothing here raises on a
caller's mistake. Work goes in blocks that stay in the processor's cache, with
buffers that are used again, so that temporary memory does not grow with the rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 15
"""Rows per block: 256 KiB of int64, so that several buffers fit in the L2 cache."""


def encode_integers(ids: NDArray[np.integer[Any]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """
    Give each distinct integer its rank: (sorted distinct values, rank of each row).

    A dense range of ids needs no sort: mark who is present, number the marks.
    """
    if ids.size == 0:
        return ids[:0].copy(), np.empty(0, np.int64)
    lowest, highest = int(ids.min()), int(ids.max())
    span = highest - lowest + 1
    if span > 4 * ids.size + 1024:
        return _encode_by_sorting(ids)
    present = np.zeros(span, bool)
    offsets = np.empty(ids.size, np.int64)
    for start in range(0, ids.size, BLOCK):
        block = offsets[start : start + BLOCK]
        # Unsigned subtraction wraps to the right distance, signed could overflow.
        np.subtract(
            ids[start : start + BLOCK].astype(np.uint64),
            np.uint64(lowest % 2**64),
            out=block.view(np.uint64),
        )
        present[block] = True
    distinct = np.flatnonzero(present)
    rank = np.empty(span, np.int64)
    rank[distinct] = np.arange(distinct.size)
    for start in range(0, ids.size, BLOCK):
        block = offsets[start : start + BLOCK]
        np.take(rank, block.copy(), out=block, mode="clip")
    values = distinct.astype(np.uint64) + np.uint64(lowest % 2**64)
    return values.view(np.int64 if ids.dtype.kind == "i" else np.uint64).astype(ids.dtype), offsets


def _encode_by_sorting(ids: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    # Not np.unique(return_inverse=True): its argsort costs more than a plain sort
    # followed by a binary search of the few distinct values.
    distinct = sorted_distinct(ids)
    return distinct, np.searchsorted(distinct, ids)


def sorted_distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Sorted distinct values; np.unique takes a slow hash path on many distinct integers."""
    ordered = np.sort(values)
    first = np.empty(ordered.size, bool)
    first[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
