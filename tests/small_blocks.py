"""Blocks of a few rows, so that few rows make many blocks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from unittest.mock import patch

from loyalkit import _blocks


@contextmanager
def blocks_of(size: int, *modules: ModuleType) -> Iterator[None]:
    """Run with blocks of another size, in modules that know the size by its name."""
    with ExitStack() as stack:
        for module in (_blocks, *modules):
            stack.enter_context(patch.object(module, "BLOCK", size))
        yield
