"""
The loops behind purchase days, spend by customer, and scores from quantiles.

Conventions: as in ``_kernels``: arrays come checked and one-dimensional, work goes in
blocks that stay in the processor's cache, customers are codes 0 to n - 1. A day is a
number counted from the first day of the log.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyalkit._blocks import BLOCK, blocks
from loyalkit._kernels import overflowing_code

TABLE = 1 << 14
"""Largest range of integers that is counted value by value."""

SAMPLE = 1 << 16
"""Rows from which a large array is guessed before it is read."""


# ---------------------------------------------------------------- purchase days


class Rows(NamedTuple):
    """Rows of a log, of which those until the last day count."""

    codes: NDArray[np.int64]
    ticks: NDArray[np.int64]
    ticks_per_day: int
    first_day: int
    last_day: int
    amounts: NDArray[Any] | None


class Runs(NamedTuple):
    """One entry for each customer with a purchase, by code."""

    codes: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    days: NDArray[np.int64]
    rows: NDArray[np.int64]


def _days(rows: Rows) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    buffer = np.empty(BLOCK, np.int64)
    for block in blocks(rows.codes.size):
        day = np.floor_divide(rows.ticks[block], rows.ticks_per_day, out=buffer[: _size(block)])
        day -= rows.first_day
        yield block, day


def _size(block: slice) -> int:
    return int(block.stop - block.start)


def key_shift(rows: Rows) -> int:
    """Bits that a day takes in a key."""
    return max(rows.last_day - rows.first_day, 0).bit_length()


def purchase_keys(rows: Rows, n_codes: int) -> tuple[NDArray[Any], int, int]:
    """
    (Sorted keys of all purchases, rows after the last day, refunds until then).

    A key holds the code above the day, so that one sort brings together the rows of a
    customer and, among them, those of a day. In 32 bits it takes half the time.
    """
    shift = key_shift(rows)
    narrow = shift + n_codes.bit_length() <= 32
    keys = np.empty(rows.codes.size, np.uint32 if narrow else np.uint64)
    buffer = np.empty(BLOCK, np.int64)
    filled = n_after = n_refunds = 0
    last = rows.last_day - rows.first_day
    for block, day in _days(rows):
        key = np.left_shift(rows.codes[block], shift, out=buffer[: _size(block)])
        key |= day
        kept = day <= last
        n_after += kept.size - int(np.count_nonzero(kept))
        if rows.amounts is not None:
            refund = rows.amounts[block] < 0
            refund &= kept
            n_refunds += int(np.count_nonzero(refund))
            kept ^= refund
        if not kept.all():
            key = key[kept]
        keys[filled : filled + key.size] = key
        filled += key.size
    keys = keys[:filled]
    keys.sort()
    return keys, n_after, n_refunds


def customer_runs(keys: NDArray[Any], shift: int) -> Runs:
    """Purchases of each customer, from sorted keys."""
    if keys.size == 0:
        return Runs(*(np.empty(0, np.int64) for _ in Runs._fields))
    day_mask = keys.dtype.type((1 << shift) - 1)
    starts, days_before, n_days = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], 1
    for block in blocks(keys.size - 1):
        step = keys[block.start + 1 : block.stop + 1] ^ keys[block]
        # Keys that differ above the bits of the day belong to two customers.
        found = np.flatnonzero(step > day_mask)
        count = np.cumsum(step != 0, dtype=np.int64)
        starts.append(found + (block.start + 1))
        days_before.append(count[found] + (n_days - 1))
        n_days += int(count[-1])
    # Where each customer starts and ends, among the rows and among the distinct days.
    row = np.concatenate([*starts, np.array([keys.size])])
    day = np.concatenate([*days_before, np.array([n_days])])
    first, last = keys[row[:-1]], keys[row[1:] - 1]
    return Runs(
        codes=(first >> keys.dtype.type(shift)).astype(np.int64),
        first=(first & day_mask).astype(np.int64),
        last=(last & day_mask).astype(np.int64),
        days=day[1:] - day[:-1],
        rows=row[1:] - row[:-1],
    )


def distinct_days(keys: NDArray[Any], shift: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code and day of every distinct purchase day, from sorted keys."""
    first = np.empty(keys.size, bool)
    first[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    distinct = keys[first].astype(np.int64)
    return distinct >> shift, distinct & ((1 << shift) - 1)


def sorted_by_code(
    codes: NDArray[np.int64], values: NDArray[np.int64], n_codes: int
) -> NDArray[np.int64]:
    """Values of at least 0, those of each code together and ascending, codes in order."""
    shift = int(values.max(initial=0)).bit_length()
    narrow = shift + n_codes.bit_length() <= 32
    keys = np.left_shift(codes, shift)
    keys |= values
    ordered: NDArray[Any] = keys.astype(np.uint32 if narrow else np.uint64)
    ordered.sort()
    found = ordered.astype(np.int64)
    found &= (1 << shift) - 1
    return found


def spend(
    rows: Rows, amounts: NDArray[Any], first: NDArray[np.int64], *, refunds: bool
) -> NDArray[Any]:
    """
    What each code spent until its first purchase day and after it, shape (n, 2).

    Integers wrap beyond int64, see `overflowing_spend`. The two cells of a code stand
    side by side, so that a row touches one place.
    """
    table = np.zeros(2 * first.size, amounts.dtype)
    for cell, amount in _cells(rows, amounts, first, refunds=refunds):
        np.add.at(table, cell, amount)
    return table.reshape(first.size, 2)


def overflowing_spend(
    rows: Rows, amounts: NDArray[np.int64], first: NDArray[np.int64], *, refunds: bool
) -> int | None:
    """First code of whose amounts a part or the sum does not fit into int64, None if all do."""
    largest = max(-int(amounts.min(initial=0)), int(amounts.max(initial=0)))
    if largest * amounts.size < 2**63:
        return None
    parts = [*_cells(rows, amounts, first, refunds=refunds)]
    cells = np.concatenate([cell for cell, _ in parts])
    kept = np.concatenate([amount for _, amount in parts])
    part = overflowing_code(cells, kept, 2 * first.size)
    return part // 2 if part is not None else overflowing_code(cells // 2, kept, first.size)


def _cells(
    rows: Rows, amounts: NDArray[Any], first: NDArray[np.int64], *, refunds: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    last = rows.last_day - rows.first_day
    # The table is read at random: in half the bytes, more of it stays in the cache.
    table = first.astype(np.int32) if last < 2**31 else first
    buffer = np.empty(BLOCK, table.dtype)
    for block, day in _days(rows):
        code, amount = rows.codes[block], amounts[block]
        first_day = np.take(table, code, out=buffer[: code.size], mode="clip")
        cell = code * 2
        cell += day > first_day
        kept = day <= last
        if not refunds:
            kept &= amount >= 0
        yield (cell, amount) if kept.all() else (cell[kept], amount[kept])


# ---------------------------------------------------------------- scores


def order_statistics(values: NDArray[Any], ranks: list[int]) -> NDArray[Any]:
    """
    Values that stand at the ranks, counted from 0, if all were sorted.

    Nothing is sorted as a whole: integers of a small range are counted; of a large
    array, only what lies in a bracket around each rank is kept.
    """
    if values.dtype.kind == "i":
        lowest, highest = int(values.min()), int(values.max())
        if highest - lowest < TABLE:
            reached = np.cumsum(_counted(values, lowest, highest - lowest + 1))
            return lowest + np.searchsorted(reached, ranks, side="right")
    if values.size < 4 * SAMPLE:
        return np.partition(values, ranks)[ranks]
    found = _bracketed(values, ranks)
    return np.partition(values, ranks)[ranks] if found is None else found


def _counted(values: NDArray[np.int64], lowest: int, size: int) -> NDArray[np.int64]:
    counts = np.zeros(size, np.int64)
    for block in blocks(values.size):
        counts += np.bincount(values[block] - lowest, minlength=size)
    return counts


def _bracketed(values: NDArray[Any], ranks: list[int]) -> NDArray[Any] | None:
    """Order statistics, each out of a bracket that a sample gives; None if one misses."""
    sample = np.sort(values[:: values.size // SAMPLE])
    share = np.array(ranks) / values.size
    # Six standard errors of the rank in the sample: a miss costs time, nothing else.
    reach = 6 * np.sqrt(sample.size * share * (1 - share)) + 2
    low, high = (
        sample[np.clip(share * sample.size + way * reach, 0, sample.size - 1).astype(np.int64)]
        for way in (-1, 1)
    )
    up_to_low, below_high = [0] * len(ranks), [0] * len(ranks)
    inside: list[list[NDArray[Any]]] = [[] for _ in ranks]
    above, under = np.empty(BLOCK, bool), np.empty(BLOCK, bool)
    for block in blocks(values.size):
        part, size = values[block], _size(block)
        for k in range(len(ranks)):
            more = np.greater(part, low[k], out=above[:size])
            less = np.less(part, high[k], out=under[:size])
            up_to_low[k] += size - int(np.count_nonzero(more))
            below_high[k] += int(np.count_nonzero(less))
            if low[k] < high[k]:
                more &= less
                inside[k].append(part[more])
    found = np.empty(len(ranks), values.dtype)
    for k, rank in enumerate(ranks):
        if up_to_low[k] <= rank < below_high[k]:
            place = rank - up_to_low[k]
            found[k] = np.partition(np.concatenate(inside[k]), place)[place]
        elif rank < up_to_low[k] and _count_below(values, low[k]) <= rank:
            found[k] = low[k]
        elif rank >= below_high[k] and _count_up_to(values, high[k]) > rank:
            found[k] = high[k]
        else:
            return None
    return found


def _count_below(values: NDArray[Any], limit: Any) -> int:
    return sum(int(np.count_nonzero(values[block] < limit)) for block in blocks(values.size))


def _count_up_to(values: NDArray[Any], limit: Any) -> int:
    return sum(int(np.count_nonzero(values[block] <= limit)) for block in blocks(values.size))


def scores(values: NDArray[Any], cuts: NDArray[Any], *, largest_is_best: bool) -> NDArray[np.int8]:
    """One more than the number of cut points that each value is better than."""
    better = np.greater if largest_is_best else np.less
    found = np.ones(values.size, np.int8)
    passed = np.empty(BLOCK, bool)
    for block in blocks(values.size):
        part, score, mark = values[block], found[block], passed[: _size(block)]
        for cut in cuts:
            score += better(part, cut, out=mark).view(np.int8)
    return found
