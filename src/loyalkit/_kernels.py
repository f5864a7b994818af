"""
The few loops that decide speed, each with the reason it is written so.

Conventions: arrays come checked and one-dimensional, nothing here raises on a
caller's mistake. Work goes in blocks that stay in the processor's cache, with
buffers that are used again, so that temporary memory does not grow with the rows.
Times are ticks (int64), customers are codes 0 to n - 1 (int64).
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyalkit._blocks import BLOCK, blocks
from loyalkit._id_kernels import is_sorted, sorted_distinct

BUCKETS = 1 << 18
"""Largest table that finds the period of a tick, before a binary search is faster."""

SAMPLED = 1 << 19
"""Values from which on a sample, an eighth of so many, finds the largest faster."""

MARKS = 1 << 28
"""Largest table of one byte per customer and period [bytes]."""

ANSWER_BYTES = 1 << 20
"""Answers per block [bytes]: what is made of them takes an eighth, and stays in the cache."""

_PAIRED = 32
"""Most answers of a scale whose answers are counted in pairs: a table of 64 KiB."""

WORDS = 1 << 12
"""Words of 64 customers per block of a table of bits: 32 KiB a period."""


# ---------------------------------------------------------------- sums


def sum_by_code(codes: NDArray[np.int64], amounts: NDArray[Any], n_codes: int) -> NDArray[Any]:
    """Sum of the amounts of each code, in their own type; integers wrap beyond int64."""
    # Unlike np.bincount this needs no float64 copy and is exact beyond 2**53.
    totals = np.zeros(n_codes, amounts.dtype)
    np.add.at(totals, codes, amounts)
    return totals


def exact_total(values: NDArray[Any]) -> int | float:
    """Sum as int or float, exact for integers however large."""
    if values.dtype.kind == "f":
        return float(values.sum())
    largest = max(-int(values.min(initial=0)), int(values.max(initial=0)))
    if largest * values.size < 2**63:
        return int(values.sum())
    # Halves of 32 bits, of which 2**31 add up without leaving int64.
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def largest(values: NDArray[Any], n: int) -> NDArray[Any]:
    """
    The n largest values, of which there must be one or more; the smallest of them first.

    A sample says below which value none of them can lie but by very bad luck, so that only
    some of the values need to be moved.
    """
    found = _at_least_so_many(values, n) if values.size >= SAMPLED else None
    if found is None:
        found = values.copy()
    found.partition(found.size - n)
    return found[found.size - n :]


def _at_least_so_many(values: NDArray[Any], n: int) -> NDArray[Any] | None:
    sample = np.sort(values[:: values.size * 8 // SAMPLED])
    above = sample.size * n / values.size
    # Six standard deviations of how many of the sample belong to the n largest.
    margin = 6 * (above * (1 - n / values.size)) ** 0.5 + 1
    bound = sample[max(0, sample.size - int(above + margin) - 1)]
    parts = (values[rows] for rows in blocks(values.size))
    # Twice as fast as a mask in brackets.
    found = np.concatenate([part.compress(part >= bound) for part in parts])
    return found if found.size >= n else None


def overflowing_code(
    codes: NDArray[np.int64], amounts: NDArray[np.int64], n_codes: int
) -> int | None:
    """First code whose sum does not fit into int64, None if all do."""
    if amounts.size == 0 or amounts.size * max(-int(amounts.min()), int(amounts.max())) < 2**63:
        return None
    # Halves of 32 bits: either sum is exact up to 2**31 rows.
    high = np.zeros(n_codes, np.int64)
    low = np.zeros(n_codes, np.int64)
    for rows in blocks(amounts.size):
        np.add.at(high, codes[rows], amounts[rows] >> 32)
        np.add.at(low, codes[rows], amounts[rows] & 0xFFFFFFFF)
    high += low >> 32
    beyond = np.flatnonzero((high < -(2**31)) | (high >= 2**31))
    return int(beyond[0]) if beyond.size else None


# ---------------------------------------------------------------- periods


class _Buckets(NamedTuple):
    """Time in pieces of 2**shift ticks, so narrow that none holds more than one edge."""

    origin: np.uint64
    span: np.uint64
    shift: np.uint64
    period: NDArray[Any]
    next_edge: NDArray[np.uint64]


def _buckets(edges: NDArray[np.int64]) -> _Buckets | None:
    # Distances from the first edge are unsigned, so that no pair of edges overflows.
    distance = edges.astype(np.uint64) - np.uint64(int(edges[0]) % 2**64)
    shift = int(np.diff(distance).min()).bit_length() - 1
    n_buckets = (int(distance[-1]) >> shift) + 1
    if n_buckets > BUCKETS:
        return None
    starts = np.arange(n_buckets, dtype=np.uint64) << np.uint64(shift)
    period = np.searchsorted(distance, starts, side="right") - 1
    next_edge = np.append(distance, np.uint64(2**64 - 1))[period + 1]
    narrow = period.astype(np.min_scalar_type(edges.size - 1))
    return _Buckets(
        np.uint64(int(edges[0]) % 2**64), distance[-1], np.uint64(shift), narrow, next_edge
    )


def period_index(ticks: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[Any]:
    """Period of each tick, in the smallest unsigned type; the number of periods if in none."""
    index = np.empty(ticks.size, np.min_scalar_type(edges.size - 1))
    for rows, block in _period_blocks(ticks, edges):
        index[rows] = block
    return index


def period_positions(ticks: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Period of each tick, -1 if in none."""
    positions = np.empty(ticks.size, np.int64)
    for rows, block in _period_blocks(ticks, edges):
        positions[rows] = block
        positions[rows][block == edges.size - 1] = -1
    return positions


def _period_blocks(
    ticks: NDArray[np.int64], edges: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """
    Period of each tick, block by block in one buffer.

    A tick's bucket says its period but for one comparison with the only edge that can
    lie in the bucket. That is exact for any edges and several times faster than a
    binary search.
    """
    table = _buckets(edges)
    if table is None:
        yield from _period_blocks_by_search(ticks, edges)
        return
    distance, bucket, edge = (np.empty(BLOCK, np.uint64) for _ in range(3))
    period = np.empty(BLOCK, table.period.dtype)
    passed = np.empty(BLOCK, bool)
    for rows in blocks(ticks.size):
        n = rows.stop - rows.start
        np.subtract(ticks[rows].view(np.uint64), table.origin, out=distance[:n])
        # Ticks before the first edge wrap to huge distances: both kinds of outside end here.
        np.minimum(distance[:n], table.span, out=distance[:n])
        np.right_shift(distance[:n], table.shift, out=bucket[:n])
        place = bucket[:n].view(np.int64)
        np.take(table.period, place, out=period[:n], mode="clip")
        np.take(table.next_edge, place, out=edge[:n], mode="clip")
        np.greater_equal(distance[:n], edge[:n], out=passed[:n])
        period[:n] += passed[:n]
        yield rows, period[:n]


def _period_blocks_by_search(
    ticks: NDArray[np.int64], edges: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[Any]]]:
    n_periods = edges.size - 1
    for rows in blocks(ticks.size):
        period = np.searchsorted(edges, ticks[rows], side="right") - 1
        period[period < 0] = n_periods
        yield rows, period.astype(np.min_scalar_type(n_periods))


# ---------------------------------------------------------------- bits


def pack_bits(marks: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Bit c % 64 of word c // 64 says what mark c of the last axis says; padding is 0."""
    packed = np.packbits(marks, axis=-1, bitorder="little")
    words = np.zeros((*marks.shape[:-1], -(-marks.shape[-1] // 64)), "<u8")
    words.view(np.uint8)[..., : packed.shape[-1]] = packed
    return words.astype(np.uint64, copy=False)


def unpack_bits(words: NDArray[np.uint64], n_marks: int) -> NDArray[np.bool_]:
    """Undo `pack_bits`."""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=n_marks, bitorder="little").view(np.bool_)


def activity_bits(
    codes: NDArray[np.int64], ticks: NDArray[np.int64], edges: NDArray[np.int64], n_customers: int
) -> tuple[NDArray[np.uint64], int]:
    """Who was active in which period, as (bits of shape (periods, words), rows in no period)."""
    n_periods = edges.size - 1
    if is_sorted(ticks):
        bounds = np.searchsorted(ticks, edges)
        bits = _bits_of_slices(codes, bounds, n_customers)
        return bits, codes.size - int(bounds[-1] - bounds[0])
    if edges.size * n_customers <= MARKS:
        return _bits_of_marks(codes, ticks, edges, n_customers)
    period = period_index(ticks, edges)
    bounds = np.append(0, np.cumsum(np.bincount(period, minlength=n_periods)[:n_periods]))
    bits = _bits_of_slices(codes[np.argsort(period, kind="stable")], bounds, n_customers)
    return bits, codes.size - int(bounds[-1])


def codes_before(
    codes: NDArray[np.int64], ticks: NDArray[np.int64], edge: int, n_codes: int
) -> NDArray[np.bool_]:
    """Which codes have a row before an edge."""
    early = np.zeros(n_codes, bool)
    for rows in blocks(codes.size):
        early[codes[rows][ticks[rows] < edge]] = True
    return early


def _bits_of_slices(
    codes: NDArray[np.int64], bounds: NDArray[np.int64], n_customers: int
) -> NDArray[np.uint64]:
    bits = np.zeros((bounds.size - 1, -(-n_customers // 64)), np.uint64)
    marks = np.zeros(n_customers, bool)
    for period, (start, stop) in enumerate(pairwise(bounds.tolist())):
        if start < stop:
            marks[codes[start:stop]] = True
            bits[period] = pack_bits(marks)
            marks[:] = False
    return bits


def _bits_of_marks(
    codes: NDArray[np.int64], ticks: NDArray[np.int64], edges: NDArray[np.int64], n_customers: int
) -> tuple[NDArray[np.uint64], int]:
    # One row more than there are periods takes the ticks that lie in none.
    marks = np.zeros((edges.size, n_customers), bool)
    flat = marks.reshape(-1)
    row_start = np.arange(edges.size, dtype=np.int64) * n_customers
    buffer = np.empty(BLOCK, np.int64)
    n_outside = 0
    for rows, period in _period_blocks(ticks, edges):
        cell = buffer[: period.size]
        np.take(row_start, period, out=cell, mode="clip")
        cell += codes[rows]
        flat[cell] = True
        n_outside += int(np.count_nonzero(period == edges.size - 1))
    return pack_bits(marks[:-1]), n_outside


def count_bits(rows: Iterable[NDArray[np.uint64]], n_columns: int) -> NDArray[np.int64]:
    """
    How many of the rows have each bit set.

    Digit k of all the counts is itself a row of bits, so that a row is added to 64
    counts at once, by half adders.
    """
    digits: list[NDArray[np.uint64]] = []
    for row in rows:
        carry = row
        for k, digit in enumerate(digits):
            digits[k], carry = digit ^ carry, digit & carry
            if not carry.any():
                break
        else:
            digits.append(carry.copy())
    counts = np.zeros(n_columns, np.int64)
    for k, digit in enumerate(digits):
        counts += unpack_bits(digit, n_columns).astype(np.int64) << k
    return counts


def first_set_row(bits: NDArray[np.uint64], n_columns: int) -> NDArray[np.int64]:
    """First row in which each bit is set, -1 where it never is."""
    # It comes after as many rows as have not seen the bit yet.
    first = count_bits(_unseen(bits), n_columns)
    return np.where(first == len(bits), -1, first)


def _unseen(bits: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    unseen = np.full(bits.shape[1:], ~np.uint64(0))
    for row in bits:
        unseen &= ~row
        yield unseen


def value_counts(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """
    Sorted distinct values and how often each occurs.

    Small whole numbers are counted without a sort. Where every value is distinct, the
    counts are a single 1 seen again and again, which takes no memory.
    """
    size = values.size
    if size and values.dtype.kind == "i" and values.min() >= 0 and values.max() <= size:
        table = np.bincount(values)
        distinct = np.flatnonzero(table)
        return distinct.astype(values.dtype, copy=False), table[distinct]
    ordered = np.sort(values)
    starts = np.empty(size, bool)
    starts[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=starts[1:])
    if np.count_nonzero(starts) == size:
        return ordered, np.broadcast_to(np.int64(1), size)
    first = np.flatnonzero(starts)
    return ordered[first], np.diff(first, append=size)


# ---------------------------------------------------------------- answers


def tally_answers(
    answers: NDArray[Any], lowest: int, detractor_max: int, passive_max: int, highest: int
) -> tuple[int, int, int, int] | None:
    """
    (missing, detractors, passives, promoters); None if an answer is not on the scale.

    A block is read from memory once. What passes the check fits into one byte, and
    bytes are compared several times faster than what came.
    """
    rows = ANSWER_BYTES // answers.itemsize
    marks = np.empty(rows, bool)
    present = above_detractors = promoters = 0
    for small in _small_answers(answers, lowest, highest, rows):
        if small is None:
            return None
        present += small.size
        mark = marks[: small.size]
        above_detractors += int(np.count_nonzero(np.greater(small, detractor_max, out=mark)))
        promoters += int(np.count_nonzero(np.greater(small, passive_max, out=mark)))
    detractors = present - above_detractors
    return answers.size - present, detractors, above_detractors - promoters, promoters


def count_answers(answers: NDArray[Any], lowest: int, highest: int) -> NDArray[np.int64] | None:
    """
    How often each answer was given, from the lowest up; None if one is not on the scale.

    On a short scale two answers in neighbouring bytes are counted as one number, which
    halves the work.
    """
    width = highest - lowest + 1
    paired = width <= _PAIRED
    counts, table = np.zeros(width, np.int64), np.zeros(256 * width * paired, np.int64)
    buffer = np.empty(2 * BLOCK, np.uint8)
    for small in _small_answers(answers, lowest, highest, 2 * BLOCK):
        if small is None:
            return None
        if not paired or small.itemsize > 1:
            counts += np.bincount(small.astype(np.int64) - lowest, minlength=width)
            continue
        steps = small.view(np.uint8)
        if lowest:
            # Unsigned subtraction wraps to the right distance.
            steps = np.subtract(steps, np.uint8(lowest % 256), out=buffer[: steps.size])
        even = steps.size // 2 * 2
        counts += np.bincount(steps[even:], minlength=width)
        table += np.bincount(steps[:even].view(np.uint16), minlength=table.size)
    # Rows are the answer in the upper byte, columns that in the lower.
    pairs = table.reshape(-1, 256)
    return counts + pairs.sum(axis=1) + pairs[:, :width].sum(axis=0) if paired else counts


def _small_answers(
    answers: NDArray[Any], lowest: int, highest: int, rows: int
) -> Iterator[NDArray[Any] | None]:
    """Answers of a block as small integers, missing ones left out; None if one is off the scale."""
    buffer = _answer_buffer(lowest, highest, rows)
    for block in blocks(answers.size, rows):
        given = answers[block]
        small = _on_scale(given, lowest, highest, buffer)
        if small is None:
            # NaN alone differs from itself.
            small = _on_scale(given[given == given], lowest, highest, buffer)
        yield small


def tally_answers_by_code(
    answers: NDArray[Any],
    codes: NDArray[np.integer[Any]],
    first_code: int,
    n_codes: int,
    *,
    lowest: int,
    detractor_max: int,
    passive_max: int,
    highest: int,
) -> NDArray[np.int64] | None:
    """Detractors, passives, promoters of each code; None if an answer is not on the scale."""
    tally = np.zeros(3 * n_codes, np.int64)
    buffer = _answer_buffer(lowest, highest, BLOCK)
    cells, classes = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.int8)
    # Unsigned products and differences wrap to the right cell, signed ones could overflow.
    first_cell = np.uint64(3 * first_code % 2**64)
    for rows in blocks(answers.size):
        small = _on_scale(answers[rows], lowest, highest, buffer)
        if small is None:
            return None
        cell, above = cells[: small.size], classes[: small.size]
        np.multiply(codes[rows], 3, out=cell, dtype=np.uint64, casting="unsafe")
        if first_code:
            cell -= first_cell
        np.greater(small, passive_max, out=above.view(bool))
        above += small > detractor_max
        place = cell.view(np.int64)
        place += above
        if tally.size < BLOCK:
            tally += np.bincount(place, minlength=tally.size)
        else:
            np.add.at(tally, place, 1)
    return tally.reshape(n_codes, 3)


def _answer_buffer(lowest: int, highest: int, rows: int) -> NDArray[Any]:
    return np.empty(rows, np.int8 if lowest >= -128 and highest <= 127 else np.int64)


def _on_scale(
    block: NDArray[Any], lowest: int, highest: int, buffer: NDArray[Any]
) -> NDArray[Any] | None:
    """Answers as small integers; None unless all of them, missing ones too, are on the scale."""
    small = block if block.itemsize == 1 else _as_integers(block, buffer)
    if small is None or small.size == 0:
        return small
    return small if lowest <= small.min().item() and small.max().item() <= highest else None


def _as_integers(block: NDArray[Any], buffer: NDArray[Any]) -> NDArray[Any] | None:
    """The same values as integers, in the buffer; None if they are not."""
    small = buffer[: block.size]
    if block.dtype.kind == "f":
        # What is no such integer becomes any of them, and differs from it.
        with np.errstate(invalid="ignore", over="ignore"):
            np.copyto(small, block, casting="unsafe")
            return small if (small.astype(block.dtype) == block).all() else None
    limits = np.iinfo(buffer.dtype)
    if not _lie_within(block, limits.min, limits.max):
        return None
    np.copyto(small, block, casting="unsafe")
    return small


def _lie_within(block: NDArray[Any], lowest: int, highest: int) -> bool:
    # Where none is negative, the bits of all together tell in one pass.
    if 0 <= np.bitwise_or.reduce(block).item() <= highest:
        return True
    return bool(lowest <= block.min().item() and block.max().item() <= highest)


# ---------------------------------------------------------------- cohorts


def cohort_counts(
    bits: NDArray[np.uint64],
    entries: NDArray[np.uint64],
    known: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    (Size of each cohort, how many of it are set in a row from start to end after entry).

    A customer enters with the first row of ``entries`` in which the bit is set, unless
    known before. Starts and ends must not decrease.
    """
    n_periods, n_words = bits.shape
    sizes = np.zeros(n_periods, np.int64)
    counts = np.zeros((n_periods, starts.size), np.int64)
    widths = np.minimum(ends - starts, n_periods)
    for first_word in range(0, n_words, WORDS):
        words = slice(first_word, first_word + WORDS)
        entered = _first_rows(entries[:, words], known[words])
        sizes += np.bitwise_count(entered).sum(axis=1, dtype=np.int64)
        present: list[int] = np.flatnonzero(entered.any(axis=1)).tolist()
        for width, union in _unions(bits[:, words], sorted_distinct(widths).tolist()):
            columns = np.flatnonzero(widths == width)
            for period in present:
                rows: NDArray[np.int64] = period + starts[columns]
                within = int(np.count_nonzero(rows < n_periods))
                seen = union[rows[:within]]
                seen &= entered[period]
                found = np.bitwise_count(seen).sum(axis=1, dtype=np.int64)
                counts[period, columns[:within]] += found
    return sizes, counts


def _first_rows(bits: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.uint64]:
    first, seen = np.empty_like(bits), known.copy()
    for row, new in zip(bits, first, strict=True):
        np.bitwise_and(row, ~seen, out=new)
        seen |= row
    return first


def _unions(
    bits: NDArray[np.uint64], widths: list[int]
) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """For each width, increasing: the union of as many rows from each row on."""
    union, done = bits.copy(), 1
    for width in widths:
        while done < width:
            # Two unions that touch or overlap make one that is up to twice as wide.
            step = min(done, width - done)
            union[:-step] |= union[step:]
            done += step
        yield width, union


def first_by_code(
    codes: NDArray[np.int64], ticks: NDArray[np.int64], n_codes: int
) -> NDArray[np.int64]:
    """Earliest tick of each code, the latest possible tick where there is none."""
    first = np.full(n_codes, np.iinfo(np.int64).max)
    np.minimum.at(first, codes, ticks)
    return first


def ages_in_periods(
    codes: NDArray[np.int64],
    ticks: NDArray[np.int64],
    edges: NDArray[np.int64],
    entry_period: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Periods since each row's customer entered, negative before that and in no period."""
    ages = np.empty(codes.size, np.int64)
    for rows, period in _period_blocks(ticks, edges):
        np.subtract(period, entry_period[codes[rows]], out=ages[rows])
        ages[rows][period == edges.size - 1] = -1
    return ages


def ages_in_units(
    codes: NDArray[np.int64], ticks: NDArray[np.int64], entered: NDArray[np.int64], unit: int
) -> NDArray[np.int64]:
    """Whole units of ticks since each row's customer entered, negative before that."""
    ages = np.empty(codes.size, np.int64)
    for rows in blocks(codes.size):
        start = entered[codes[rows]]
        # Unsigned subtraction wraps to the right distance, signed could overflow.
        elapsed = ticks[rows].view(np.uint64) - start.view(np.uint64)
        elapsed //= np.uint64(unit)
        np.minimum(elapsed, np.uint64(2**62), out=elapsed)
        ages[rows] = np.where(ticks[rows] < start, -1, elapsed.view(np.int64))
    return ages


def cohort_counts_by_age(
    ages: NDArray[np.int64],
    codes: NDArray[np.int64],
    cohorts: NDArray[np.int64],
    n_cohorts: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.int64]:
    """
    How many customers of each cohort have a row at an age of each range; overwrites the ages.

    Starts and ends must not decrease. Sorted by customer and age, a row counts for the
    ranges that it is the first to lie in: those that start after the row before it, no
    later than itself, and have not ended. These stand next to each other, so that two
    marks are enough, whatever the number of ranges.
    """
    edges = sorted_distinct(np.concatenate([starts, ends]))
    n_parts = edges.size - 1
    nowhere = np.iinfo(np.int64).max
    for rows, part in _period_blocks(ages, edges):
        key = codes[rows] * n_parts + part
        key[part == n_parts] = nowhere
        ages[rows] = key
    ages.sort()
    keys = ages[: np.searchsorted(ages, nowhere)]
    parts = np.arange(n_parts + 1)
    started = np.searchsorted(np.searchsorted(edges, starts), parts)
    ended = np.searchsorted(np.searchsorted(edges, ends), parts, side="right")
    width, before = starts.size + 1, -1
    marks = np.zeros(n_cohorts * width, np.int64)
    for rows in blocks(keys.size):
        key = keys[rows]
        code, part = np.divmod(key, n_parts)
        # One more than the part of the customer's row before, 0 if there is none.
        reached = np.maximum(np.append(before, key[:-1]) - (key - part) + 1, 0)
        first = np.maximum(started[reached], ended[part])
        last = np.maximum(started[part + 1], first)
        cell = cohorts[code] * width
        np.add.at(marks, cell + first, 1)
        np.subtract.at(marks, cell + last, 1)
        before = key[-1]
    return marks.reshape(n_cohorts, width).cumsum(axis=1)[:, :-1]
