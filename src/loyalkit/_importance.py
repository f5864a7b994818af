"""
How much of the variation of an outcome each of several factors accounts for.

Conventions: correlations between factors are (k, k), those with the outcome (k,), in stacks
of any size; a table holds both, the outcome last. What does not vary has zeros in its row
and column, and 0 for 1 on the diagonal. Parts of factors are (k,) and add up to R squared.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-10
"""Share of a factor's variance below which the others account for all of it."""

_GROUPS = 2000
"""Rows beyond this number are resampled in groups, which are as alike as lots make them."""

_CELLS = 2**21
"""Numbers in a temporary table."""


def correlations(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations, 0 where something does not vary, from covariances of standard scores."""
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    varies = variances > _ROUNDING
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, variances, 1)), 0)
    result: NDArray[np.float64] = covariances * scale[..., :, None] * scale[..., None, :]
    return result


def shapley_parts(
    between: NDArray[np.float64], with_outcome: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean gain of R squared when a factor joins others, over all orders of joining."""
    k: int = with_outcome.shape[-1]
    n_tables, stack = len(with_outcome), max(1, _CELLS >> k + 5)
    if with_outcome.ndim > 1 and n_tables > stack:
        shared = np.broadcast_to(between, (n_tables, k, k))
        some = [slice(start, start + stack) for start in range(0, n_tables, stack)]
        return np.concatenate([shapley_parts(shared[x], with_outcome[x]) for x in some])
    left = np.empty((*with_outcome.shape[:-1], 1, k + 1, k + 1))
    left[..., 0, :-1, :-1] = between
    left[..., 0, :-1, -1] = left[..., 0, -1, :-1] = with_outcome
    left[..., 0, -1, -1] = 1
    for _ in range(k):
        # What the first factor that is left explains is taken out of all behind it, or not.
        pivot, cross, rest = left[..., :1, :1], left[..., :1, 1:], left[..., 1:, 1:]
        usable = pivot > _ROUNDING
        part = cross / np.sqrt(np.where(usable, pivot, np.inf))
        left = np.concatenate([rest, rest - part.swapaxes(-1, -2) * part], axis=-3)
    unexplained = left[..., 0, 0]
    # Bit j of the place of a subset says whether factor j is in it.
    subsets: NDArray[np.int64] = np.arange(1 << k)
    member = np.stack([(subsets >> j) % 2 == 1 for j in range(k)], axis=-1)
    size = np.bitwise_count(subsets).astype(np.int64)[:, None]
    # A factor comes next after s others in one of k comb(k - 1, s) ways.
    share = np.array([*(1 / (k * math.comb(k - 1, s)) for s in range(k)), 0])
    gain = np.where(member, share[size - 1], -share[size])
    parts: NDArray[np.float64] = -unexplained @ gain
    return parts


def johnson_parts(
    between: NDArray[np.float64], with_outcome: NDArray[np.float64]
) -> NDArray[np.float64]:
    """R squared of the closest uncorrelated factors, handed on to those they stand for."""
    values, vectors = np.linalg.eigh(between)
    usable = values > _ROUNDING
    values = np.where(usable, values, 0)
    along = np.einsum("...ji,...j->...i", vectors, with_outcome)
    along = np.where(usable, along / np.sqrt(np.where(usable, values, 1)), 0)
    weights = np.einsum("...ij,...j->...i", vectors, along)
    root = np.einsum("...ij,...j,...kj->...ik", vectors, np.sqrt(values), vectors)
    parts: NDArray[np.float64] = np.einsum("...ij,...j->...i", root**2, weights**2)
    return parts


def standard_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns with mean 0 and variance 1, 0 throughout where a column does not vary."""
    if not values.size:
        return np.zeros(values.shape)
    scores: NDArray[np.float64] = values - values.mean(axis=0)
    # The mean of equal values may miss them by a bit, and squares may leave the range.
    size = np.where(values.min(axis=0) == values.max(axis=0), np.inf, np.abs(scores).max(axis=0))
    scores /= size
    spread = np.sqrt(np.square(scores).mean(axis=0))
    scores /= np.where(spread > 0, spread, 1)
    return scores


def resampled_correlations(
    scores: NDArray[np.float64], resamples: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Tables of correlations of as many rows drawn with replacement, in stacks."""
    generator = np.random.default_rng(seed)
    sums, rows, columns = _group_sums(scores, generator)
    n_groups, width = len(sums), scores.shape[1]
    stack = max(1, _CELLS // n_groups)
    for start in range(0, resamples, stack):
        size = min(stack, resamples - start)
        drawn = generator.integers(n_groups, size=(size, n_groups))
        drawn += np.arange(size)[:, None] * n_groups
        times = np.bincount(drawn.ravel(), minlength=size * n_groups).reshape(size, n_groups)
        moments = np.empty((size, width + 1, width + 1))
        moments[:, rows, columns] = times @ sums
        moments[:, columns, rows] = moments[:, rows, columns]
        moments /= moments[:, :1, :1]
        means = moments[:, :1, 1:]
        yield correlations(moments[:, 1:, 1:] - means.swapaxes(-1, -2) * means)


def _group_sums(
    scores: NDArray[np.float64], generator: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Sums of 1, each score and each product of two over groups of rows made by lot."""
    n, width = scores.shape
    size = -(-n // _GROUPS)
    if size > 1:
        scores = scores[generator.permutation(n)]
    rows, columns = np.triu_indices(width + 1)
    cuts = range(0, n, size * max(1, _CELLS // (rows.size * size)))
    parts: list[NDArray[np.float64]] = []
    for start, stop in zip(cuts, [*cuts[1:], n], strict=True):
        block = np.column_stack([np.ones(stop - start), scores[start:stop]])
        products = block[:, rows] * block[:, columns]
        parts.append(np.add.reduceat(products, list(range(0, stop - start, size)), axis=0))
    return np.concatenate(parts), rows, columns


def correlations_by_chance(
    between: NDArray[np.float64], n: int, resamples: int, seed: int
) -> NDArray[np.float64]:
    """Correlations with outcomes of n rows, normal and unrelated to the factors."""
    generator = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(between)
    usable = values > _ROUNDING
    rank = int(np.count_nonzero(usable))
    # Its direction is uniform on a sphere, of which the factors see the first coordinates.
    seen = generator.normal(size=(resamples, rank))
    unseen = generator.chisquare(n - 1 - rank, size=(resamples, 1))
    seen /= np.sqrt(np.square(seen).sum(axis=1, keepdims=True) + unseen)
    by_chance: NDArray[np.float64] = seen @ (vectors[:, usable] * np.sqrt(values[usable])).T
    return by_chance
