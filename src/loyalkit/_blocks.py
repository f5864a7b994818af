"""
Rows in blocks that stay in the processor's cache.

Conventions: whoever loops over blocks takes buffers of BLOCK items and uses them again,
so that temporary memory does not grow with the rows.
"""

from collections.abc import Iterator

BLOCK = 1 << 15
"""Rows per block: 256 KiB of int64, so that several buffers fit in the L2 cache."""


def blocks(rows: int, size: int | None = None) -> Iterator[slice]:
    """Slices of at most so many rows, by default BLOCK, that make up all of them."""
    step = BLOCK if size is None else size
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
