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
from loyalkit._blocks import BLOCK, blocks
from loyalkit.evidence import EvidencePiece, EvidenceTable

MOST_PATTERNS = 2**16
"""As many patterns as uint16 can tell apart."""

PAIRS = 2**16
"""Pairs of bytes: the size of a table that pays from as many customers."""

ROWS = 4 * BLOCK
"""Rows per block: columns of bytes leave room for more of them than integers do."""


def pattern_shape(pieces: tuple[EvidencePiece, ...]) -> tuple[int, ...]:
    """Length of each axis of the patterns: unknown first, then the values in order."""
    return tuple(piece.n_values + 1 for piece in pieces)


def pattern_blocks(evidence: EvidenceTable) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Number the pattern of each customer, block by block, in a buffer that is used again."""
    patterns = _Patterns(evidence)
    return ((rows, patterns.of(rows)) for rows in blocks(evidence.n, ROWS))


class _Patterns:
    """
    Numbers of patterns.

    Digits are put together in bytes as far as they go, then in pairs of bytes: 32 or 16 at
    a time instead of 4 of 64 bits.
    """

    def __init__(self, evidence: EvidenceTable) -> None:
        shape = pattern_shape(evidence.pieces)
        self.evidence = evidence
        self.groups = _byte_groups(shape)
        self.weights = [math.prod(shape[axis] for axis in group) for group in self.groups]
        self.pairs, self.numbers = np.empty(ROWS, np.uint16), np.empty(ROWS, np.intp)

    def of(self, rows: slice) -> NDArray[np.intp]:
        size = rows.stop - rows.start
        number, block = self.pairs[:size], self.numbers[:size]
        number[:] = _byte(self.evidence, self.groups[0], rows)
        for group, weight in zip(self.groups[1:], self.weights[1:], strict=True):
            number *= np.uint16(weight)
            number += _byte(self.evidence, group, rows)
        block[:] = number
        return block


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
    patterns, by_two = _Patterns(evidence), None
    n_known = math.prod(piece.n_values for piece in evidence.pieces)
    if answers.itemsize <= 2 and n_known <= 256 and evidence.n >= PAIRS:
        by_two = _AnswersByTwo(answers, evidence)
    for rows in blocks(evidence.n, ROWS):
        if by_two is None or not by_two.fill(rows, found[rows]):
            # Without clip, take would buffer what goes to out.
            np.take(answers, patterns.of(rows), out=found[rows], mode="clip")
    return frozen(found)


class _AnswersByTwo:
    """
    Answers of one or two bytes for two customers at once, where all is known of both.

    Without the unknown a pattern is a byte, and a pair of them finds its pair of answers in
    a table: half as many look-ups, each of half the size.
    """

    def __init__(self, answers: NDArray[Any], evidence: EvidenceTable) -> None:
        known = answers.reshape(pattern_shape(evidence.pieces))
        known = known[(slice(1, None),) * known.ndim].ravel()
        self.single = np.zeros(256, answers.dtype)
        self.single[: known.size] = known
        self.two = np.dtype(f"u{2 * answers.itemsize}")
        pair = np.arange(PAIRS, dtype=np.uint16).view(np.uint8)
        self.pairs = self.single[pair].view(self.two)
        self.evidence, self.lowest = evidence, 0
        for piece in evidence.pieces:
            self.lowest = self.lowest * piece.n_values + piece.levels[0]
        self.lowest %= 256
        self.number, self.place = np.empty(ROWS, np.uint8), np.empty(ROWS // 2, np.intp)

    def fill(self, rows: slice, found: NDArray[Any]) -> bool:
        """Whether all is known of the rows; if so, their answers are filled in."""
        digits = [column[rows].view(np.uint8) for column in self.evidence.columns]
        # Unknown is 255, levels end at 127.
        if any(digit.max() > 127 for digit in digits):
            return False
        number = self.number[: found.size]
        number[:] = digits[0]
        for digit, piece in zip(digits[1:], self.evidence.pieces[1:], strict=True):
            number *= np.uint8(piece.n_values)
            number += digit
        if self.lowest:
            number -= np.uint8(self.lowest)
        even, place = found.size // 2 * 2, self.place[: found.size // 2]
        place[:] = number[:even].view(np.uint16)
        np.take(self.pairs, place, out=found[:even].view(self.two), mode="clip")
        found[even:] = self.single[number[even:]]
        return True


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
