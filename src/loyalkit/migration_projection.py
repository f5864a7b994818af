"""
Where customers would be if they went on moving as they did once.

Conventions: expected customers, not whole ones; step 0 is the end of the migration. Row
k of a table of moves are customers whose label is not settled, column k + 1 those who
left, who do not come back.
"""

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import frozen, quotients
from loyalkit._scalars import nan_safe_each

__all__ = ["MigrationProjection"]


def _key(steps: tuple[tuple[float, ...], ...]) -> tuple[tuple[float | None, ...], ...]:
    return tuple(map(nan_safe_each, steps))


@attrs.frozen(kw_only=True)
class MigrationProjection:
    """
    Customers to be expected under each label after some steps, made by `Migration`.

    Parameters
    ----------
    labels : tuple
        The labels.
    steps : tuple of tuple of float
        For each step from 0, customers under each label, unsettled ones, and those who
        have left since [customers].

    See Also
    --------
    Migration.project_as_markov_chain : Makes it, and says what it takes for granted.
    """

    labels: tuple[Any, ...]
    steps: tuple[tuple[float, ...], ...] = attrs.field(eq=_key)

    @property
    def expected(self) -> NDArray[np.float64]:
        """Customers under each label, shape (steps + 1, k) [customers]."""
        return frozen(self._table[:, :-2])

    @property
    def undetermined(self) -> NDArray[np.float64]:
        """Customers whose label is not settled, shape (steps + 1,) [customers]."""
        return frozen(self._table[:, -2])

    @property
    def left(self) -> NDArray[np.float64]:
        """Customers who have left since the end of the migration, shape (steps + 1,)."""
        return frozen(self._table[:, -1])

    @property
    def _table(self) -> NDArray[np.float64]:
        return np.array(self.steps, np.float64)


def markov_steps(
    moves: NDArray[np.int64], start: NDArray[np.float64], entering: NDArray[np.float64], steps: int
) -> tuple[tuple[float, ...], ...]:
    """Start and what becomes of it; NaN from where nobody knows how a label moves on."""
    rows = quotients(moves, moves.sum(axis=1, keepdims=True))
    now = np.append(start, 0.0)
    found = [now]
    for _ in range(steps):
        # 0 times an unknown row is nobody, not NaN.
        there = now[:-1] != 0
        then = now[:-1][there] @ rows[there]
        then[:-1] += entering
        then[-1] += now[-1]
        found.append(then)
        now = then
    return tuple(tuple(map(float, x)) for x in found)
