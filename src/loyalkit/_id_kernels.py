"""
The loops behind ids: numbering them, and telling who is there and who is not.

Conventions: as in ``_kernels``. Ids are integers, or text that becomes integers here.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyalkit._blocks import BLOCK, blocks

PROBES = 8
"""Places of a table in which an id may stand, before it is searched for."""

WORD = 8
"""Letters that fit into one integer, where none is beyond 255."""


def is_sorted(values: NDArray[Any], *, strictly: bool = False) -> bool:
    """Whether no value, or with ``strictly`` every value, is above the one before it."""
    compare = np.less_equal if strictly else np.less
    return not any(
        compare(values[rows.start + 1 : rows.stop + 1], values[rows]).any()
        for rows in blocks(values.size - 1)
    )


# ---------------------------------------------------------------- integers


def encode_integers(ids: NDArray[np.integer[Any]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """
    Give each distinct integer its rank: (sorted distinct values, rank of each row).

    A dense range of ids needs no sort: mark who is present, number the marks. Ids that
    increase, as those of a table of customers do, are numbered already.
    """
    if is_sorted(ids, strictly=True):
        return ids.copy(), np.arange(ids.size)
    lowest, highest = int(ids.min()), int(ids.max())
    if not _is_dense(lowest, highest, ids.size):
        distinct = sorted_distinct(ids)
        return distinct, _rank_by_hash(distinct, ids)
    present = _present(ids, lowest, highest - lowest + 1)
    steps = np.flatnonzero(present)
    # The table is read at random: in half the bytes, more of it stays in the cache.
    narrow = np.int32 if steps.size < 2**31 else np.int64
    rank, block = np.empty(present.size, narrow), np.empty(BLOCK, narrow)
    rank[steps] = np.arange(steps.size, dtype=narrow)
    codes = np.empty(ids.size, np.int64)
    for rows, offsets in _distances(ids, lowest):
        codes[rows] = np.take(rank, offsets, out=block[: offsets.size], mode="clip")
    return (steps.astype(np.uint64) + np.uint64(lowest % 2**64)).astype(ids.dtype), codes


def _is_dense(lowest: int, highest: int, rows: int) -> bool:
    return highest - lowest <= 4 * rows + 1024


def _present(
    ids: NDArray[Any], lowest: int, width: int, where: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Which integers from the lowest on are among the ids, or those of them where it says so."""
    # One place more is for all that lie outside.
    present = np.zeros(width + 1, bool)
    for rows, distance in _distances(ids, lowest):
        unsigned = distance.view(np.uint64)
        np.minimum(unsigned, np.uint64(width), out=unsigned)
        present[distance if where is None else distance.compress(where[rows])] = True
    return present[:-1]


def _distances(ids: NDArray[Any], lowest: int) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    buffer = np.empty(BLOCK, np.uint64)
    for rows in blocks(ids.size):
        distance = buffer[: rows.stop - rows.start]
        np.copyto(distance, ids[rows], casting="unsafe")
        # Unsigned subtraction wraps to the right distance, signed could overflow.
        distance -= np.uint64(lowest % 2**64)
        yield rows, distance.view(np.int64)


def _rank_by_hash(distinct: NDArray[Any], ids: NDArray[Any]) -> NDArray[np.int64]:
    """
    Position of each id among the distinct ones, by a table.

    A binary search misses the cache at every step, a table once or twice. An id whose
    slot is taken stands in one of the next; the few that find none are searched for.
    """
    keys = distinct.astype(np.uint64)
    bits = max(8, (4 * keys.size - 1).bit_length())
    rank_in, last = _hash_table(keys, bits), (1 << bits) - 1
    codes = np.empty(ids.size, np.int64)
    buffers, ranks = np.empty((3, BLOCK), np.uint64), np.empty(BLOCK, rank_in.dtype)
    for rows in blocks(ids.size):
        key, slots, found = buffers[:, : rows.stop - rows.start]
        np.copyto(key, ids[rows], casting="unsafe")
        slot, code = _slots(key, bits, out=slots), codes[rows]
        code[:] = np.take(rank_in, slot, out=ranks[: slot.size], mode="clip")
        np.take(keys, code, out=found, mode="clip")
        left = np.flatnonzero(found != key)
        key, slot = key[left], slot[left]
        for _ in range(1, PROBES):
            slot = (slot + 1) & last
            code[left] = rank = rank_in[slot]
            wrong = keys[rank] != key
            left, key, slot = left[wrong], key[wrong], slot[wrong]
            if left.size == 0:
                break
        code[left] = np.searchsorted(distinct, ids[rows][left])
    return codes


def _hash_table(keys: NDArray[np.uint64], bits: int) -> NDArray[Any]:
    """Rank of the key in each of 2**bits slots, -1 in those that are free."""
    table: NDArray[Any] = np.full(1 << bits, -1, np.int32 if keys.size < 2**31 else np.int64)
    for rows in blocks(keys.size):
        rank = np.arange(rows.start, rows.stop, dtype=table.dtype)
        slot = _slots(keys[rows], bits)
        for _ in range(PROBES):
            free = np.flatnonzero(table[slot] < 0)
            table[slot[free]] = rank[free]
            # Of several that want one slot the last has it.
            left = np.flatnonzero(table[slot] != rank)
            rank, slot = rank[left], (slot[left] + 1) & (table.size - 1)
    return table


def _slots(
    keys: NDArray[np.uint64], bits: int, out: NDArray[np.uint64] | None = None
) -> NDArray[np.int64]:
    slots = np.multiply(keys, np.uint64(0x9E3779B97F4A7C15), out=out)
    slots >>= np.uint64(64 - bits)
    return slots.view(np.int64)


def sorted_distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Sorted distinct values; np.unique takes a slow hash path on many distinct integers."""
    many_integers = values.dtype.kind in "iu" and values.size > BLOCK
    ordered = _without_most_repeats(values) if many_integers else values.copy()
    ordered.sort()
    first = np.empty(ordered.size, bool)
    first[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered.compress(first)


def _without_most_repeats(ids: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """
    Every distinct id at least once, so that there is less to sort.

    A small table remembers one id a slot. Who is remembered has been kept before; who is
    not takes the slot, and is kept.
    """
    bits = min(max(12, ids.size.bit_length() - 2), 21)
    kept = [ids[:1]]
    seen = np.full(1 << bits, ids[:1].astype(np.uint64))
    buffers = np.empty((3, BLOCK), np.uint64)
    for rows in blocks(ids.size):
        key, slots, held = buffers[:, : rows.stop - rows.start]
        np.copyto(key, ids[rows], casting="unsafe")
        slot = _slots(key, bits, out=slots)
        np.take(seen, slot, out=held, mode="clip")
        new = np.flatnonzero(held != key)
        seen[slot[new]] = key[new]
        kept.append(ids[rows][new])
    return np.concatenate(kept)


# ---------------------------------------------------------------- text


def encode_text(texts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """
    Give each distinct text its rank, of letters packed into words that sort like the text.

    A word has room for eight letters, or three where one is beyond 255. What two words
    rank together is the rank of a pair of ranks, so that text may be of any width and
    no text is compared with another.
    """
    flat = np.ascontiguousarray(texts)
    letters = _letters(flat)
    wide = bool(letters.max(initial=0) > 255)
    width = 3 if wide else WORD
    codes, n_distinct = np.empty(0, np.int64), 1
    for start in range(0, letters.shape[1], width):
        part = letters[:, start : start + width]
        distinct, ranks = encode_integers(_packed_wide(part) if wide else _packed(part))
        if n_distinct > 1:
            ranks += codes * distinct.size
            distinct, ranks = encode_integers(ranks)
        codes, n_distinct = ranks, distinct.size
    row = np.empty(n_distinct if flat.size else 0, np.int64)
    row[codes] = np.arange(flat.size)
    return flat[row], codes


def as_words(texts: NDArray[Any]) -> NDArray[np.uint64] | None:
    """Each text as an integer of its letters, None where they do not fit."""
    letters = _letters(np.ascontiguousarray(texts))
    return _packed(letters) if letters.shape[1] <= WORD and letters.max(initial=0) < 256 else None


def _letters(texts: NDArray[Any]) -> NDArray[Any]:
    letter = np.dtype(np.uint32 if texts.dtype.kind == "U" else np.uint8)
    return texts.view(letter).reshape(texts.size, texts.itemsize // letter.itemsize)


def _packed(letters: NDArray[Any]) -> NDArray[np.uint64]:
    words = np.empty(letters.shape[0], np.uint64)
    octets = np.zeros((BLOCK, WORD), np.uint8)
    for rows in blocks(words.size):
        word = octets[: rows.stop - rows.start]
        word[:, : letters.shape[1]] = letters[rows]
        # Read with the first letter as the highest digit, words sort like the text.
        words[rows] = word.view(">u8")[:, 0]
    return words


def _packed_wide(letters: NDArray[Any]) -> NDArray[np.uint64]:
    words = np.zeros(letters.shape[0], np.uint64)
    for rows in blocks(words.size):
        word = words[rows]
        for letter in letters[rows].T:
            word <<= np.uint64(21)
            word |= letter
    return words


# ---------------------------------------------------------------- who is there


def places(known: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of the wanted stands among sorted known ones; -1 where it does not."""
    if known.size == 0:
        return np.full(wanted.size, -1, np.int64)
    place = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    return np.where(known[place] == wanted, place, -1)


def id_flows(
    before: NDArray[Any],
    after: NDArray[Any],
    history: NDArray[Any],
    early: NDArray[np.bool_] | None = None,
) -> tuple[int, int, int, int]:
    """
    (Retained, lost, new, reactivated), of ids that may repeat, all of one integer type.

    The history, of which the early rows count if they are told, is looked through for
    those who came in, and for nobody else. Ids close together are marked in tables.
    """
    filled = [ids for ids in (before, after) if ids.size]
    lowest = min((int(ids.min()) for ids in filled), default=0)
    highest = max((int(ids.max()) for ids in filled), default=0)
    if _is_dense(lowest, highest, before.size + after.size):
        width = highest - lowest + 1
        there, then = (_present(ids, lowest, width) for ids in (before, after))
        came = then & ~there
        returned = came & _present(history, lowest, width, early)
        counts = map(np.count_nonzero, (there & then, there & ~then, came & ~returned, returned))
        retained, lost, new, reactivated = map(int, counts)
        return retained, lost, new, reactivated
    earlier, later = sorted_distinct(before), sorted_distinct(after)
    arrived = later[places(earlier, later) < 0]
    back = int(np.count_nonzero(occurring(arrived, history, early)))
    retained = later.size - arrived.size
    return retained, earlier.size - retained, arrived.size - back, back


def occurring(
    wanted: NDArray[Any], ids: NDArray[Any], where: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """
    Which of some distinct integers are among the ids, or those of them where it says so.

    A table of marks, one byte each, says of nearly all others at once that they are not
    wanted; only what it lets through is sorted.
    """
    if wanted.size == 0:
        return np.zeros(0, bool)
    bits = max(12, int(8 * wanted.size).bit_length())
    marks = np.zeros(1 << bits, bool)
    marks[_slots(wanted.astype(np.uint64), bits)] = True
    buffer, marked, kept = np.empty(BLOCK, np.uint64), np.empty(BLOCK, bool), [wanted[:0]]
    for rows in blocks(ids.size):
        key = buffer[: rows.stop - rows.start]
        np.copyto(key, ids[rows], casting="unsafe")
        slot = _slots(key, bits, out=key)
        mark = np.take(marks, slot, out=marked[: key.size], mode="clip")
        if where is not None:
            mark &= where[rows]
        kept.append(ids[rows].compress(mark))
    return places(sorted_distinct(np.concatenate(kept)), wanted) >= 0
