"""
Patterns of evidence: the known and unknown values of a customer as one small number.

Conventions: every piece of evidence is a digit, unknown first and then its values in
order; the last piece varies fastest. Whatever is asked of customers is answered once for
each pattern and looked up block by block, so that no column of patterns need be kept.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import frozen
from loyalkit._blocks import BLOCK
from loyalkit.evidence import EvidencePiece, EvidenceTable

MOST_PATTERNS = 2**16
"""As many patterns as uint16 can tell apart."""

ROWS = 4 * BLOCK
"""Rows per block: columns of bytes leave room for more of them than integers do."""


def pattern_shape(pieces: tuple[EvidencePiece, ...]) -> tuple[int, ...]:
    """Length of each axis of the patterns: unknown first, then the values in order."""
    return tuple(piece.n_values + 1 for piece in pieces)


def pattern_blocks(evidence: EvidenceTable) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """
    Number the pattern of each customer, block by block, in a buffer that is used again.

    Digits are put together in bytes as far as they go, then in pairs of bytes: 32 or 16 at
    a time instead of 4 of 64 bits.
    """
    shape = pattern_shape(evidence.pieces)
    buffer, pairs = np.empty(ROWS, np.intp), np.empty(ROWS, np.uint16)
    groups = _byte_groups(shape)
    weights = [math.prod(shape[axis] for axis in group) for group in groups]
    for start in range(0, evidence.n, ROWS):
        rows = slice(start, min(start + ROWS, evidence.n))
        block, number = buffer[: rows.stop - start], pairs[: rows.stop - start]
        number[:] = _byte(evidence, groups[0], rows)
        for group, weight in zip(groups[1:], weights[1:], strict=True):
            number *= np.uint16(weight)
            number += _byte(evidence, group, rows)
        block[:] = number
        yield rows, block


def _byte_groups(shape: tuple[int, ...]) -> list[list[int]]:
    """Neighbouring axes whose patterns fit into a byte together."""
    groups: list[list[int]] = [[]]
    for axis, length in enumerate(shape):
        if math.prod(shape[i] for i in groups[-1]) * length > 256:
            groups.append([])
        groups[-1].append(axis)
    return groups


def _byte(evidence: EvidenceTable, axes: list[int], rows: slice) -> NDArray[np.uint8]:
    total, offset = _digit(evidence, axes[0], rows).copy(), 1
    for axis in axes[1:]:
        length = evidence.pieces[axis].n_values + 1
        total *= np.uint8(length)
        total += _digit(evidence, axis, rows)
        offset = offset * length + 1
    # Unknown is 255, which is -1 to arithmetic that wraps: one addition makes every digit right.
    total += np.uint8(offset)
    return total


def _digit(evidence: EvidenceTable, axis: int, rows: slice) -> NDArray[np.uint8]:
    values = evidence.columns[axis][rows].view(np.uint8)
    lowest = evidence.pieces[axis].levels[0]
    return np.where(values == 255, values, values - np.uint8(lowest)) if lowest else values


def patterns_of(evidence: EvidenceTable) -> NDArray[np.uint16]:
    """Each customer's pattern."""
    found = np.empty(evidence.n, np.uint16)
    for rows, block in pattern_blocks(evidence):
        found[rows] = block
    return frozen(found)


def look_up(answers: NDArray[Any], evidence: EvidenceTable) -> NDArray[Any]:
    """Read the answer for each customer off the answers for each pattern."""
    found = np.empty(evidence.n, answers.dtype)
    for rows, block in pattern_blocks(evidence):
        # Without clip, take would buffer what goes to out.
        np.take(answers, block, out=found[rows], mode="clip")
    return frozen(found)


def tally(evidence: EvidenceTable, amounts: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Customers with each pattern, or what those customers are worth together."""
    n_patterns = math.prod(pattern_shape(evidence.pieces))
    found = np.zeros(n_patterns, np.int64)
    for rows, block in pattern_blocks(evidence):
        if amounts is None:
            found += np.bincount(block, minlength=n_patterns)
        else:
            np.add.at(found, block, amounts[rows])
    return found
