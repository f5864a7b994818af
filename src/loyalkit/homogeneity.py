"""
Do labels change in one direction more than in the other: tests of a square table of counts.

Conventions: rows are labels before, columns the same labels after, each customer is in
one cell. Who did not move says nothing about the direction.
"""

import math
from typing import Any, Literal, cast

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts
from loyalkit._distributions import chi_square_p
from loyalkit._messages import refuse_type
from loyalkit._scalars import nan_safe, one_of

__all__ = ["ChiSquareTest", "marginal_homogeneity", "symmetry"]


@attrs.frozen(kw_only=True)
class ChiSquareTest:
    """
    A test by chi-square.

    Parameters
    ----------
    statistic : float
        The chi-square; 0 where nobody moved.
    degrees : int
        Its degrees of freedom.
    p_value : float
        Probability of a statistic at least as large by chance; 1 without degrees of
        freedom.
    test : str
        What was tested, and by which test.

    See Also
    --------
    marginal_homogeneity : Whether the sizes of the labels changed.
    symmetry : Whether moves there and back are equally many.
    """

    statistic: float = attrs.field(eq=nan_safe)
    degrees: int
    p_value: float = attrs.field(eq=nan_safe)
    test: str


def marginal_homogeneity(
    table: ArrayLike, *, method: Literal["stuart_maxwell", "bhapkar"] = "stuart_maxwell"
) -> ChiSquareTest:
    r"""
    Test whether the labels are as large after as before, for the same customers.

    A test for two samples would take the customers for different ones each time.

    Parameters
    ----------
    table : array_like of int, shape (k, k)
        Customers by label before (rows) and after (columns) [customers].
    method : {"stuart_maxwell", "bhapkar"}, default "stuart_maxwell"
        Whether the variance is that of equal margins, or of the margins found. The second
        is always larger, and too easily sure with few moves.

    Returns
    -------
    ChiSquareTest
        Its degrees of freedom are the labels that customers moved into or out of, less
        one for each set of labels that hang together by moves. The p-value is 1 if nobody
        moved. NaN, for Bhapkar's, if all customers moved and all in one direction.

    Raises
    ------
    TypeError
        If the table does not hold numbers or is not square.
    ValueError
        If a count is negative or fractional, or ``method`` is none of the two.

    See Also
    --------
    Migration.marginal_homogeneity : The test of a migration.
    symmetry : A finer question.

    Notes
    -----
    With moves :math:`n_{ij}`, differences of the margins :math:`d_i = n_{i+} - n_{+i}`
    and :math:`S_{ii} = n_{i+} + n_{+i} - 2 n_{ii}`, :math:`S_{ij} = -(n_{ij} + n_{ji})`,
    the statistic of Stuart [1]_ and Maxwell [2]_ is :math:`X = d' S^- d`; that of Bhapkar
    [3]_ is :math:`X / (1 - X / n)` over all :math:`n` customers. :math:`S` is singular:
    of labels that hang together by moves one is redundant, whoever stayed put is. They
    are left out, so that empty labels do no harm. For two labels it is McNemar's test.
    Chi-square is close where some ten customers moved into or out of each label.

    References
    ----------
    .. [1] A. Stuart, "A Test for Homogeneity of the Marginal Distributions in a Two-Way
       Classification", Biometrika 42, 412-416, 1955.
    .. [2] A. E. Maxwell, "Comparing the Classification of Subjects by Two Independent
       Judges", British Journal of Psychiatry 116, 651-655, 1970.
    .. [3] V. P. Bhapkar, "A Note on the Equivalence of Two Test Criteria for Hypotheses in
       Categorical Data", Journal of the American Statistical Association 61, 228-235, 1966.

    Examples
    --------
    100 customers were asked twice. Are there more promoters than before, or is that chance?

    >>> from loyalkit import marginal_homogeneity
    >>> test = marginal_homogeneity([[8, 6, 6], [3, 18, 9], [1, 4, 45]])
    >>> round(test.statistic, 4), test.degrees, round(test.p_value, 4)
    (6.4945, 2, 0.0389)
    """
    cells = _square(table)
    one_of("method", method, ("stuart_maxwell", "bhapkar"))
    # Who did not move cancels out of both.
    moves = cells.astype(np.float64)
    surplus, both = moves.sum(axis=1) - moves.sum(axis=0), moves + moves.T
    covariance: NDArray[np.float64] = np.diag(both.sum(axis=1)) - both
    statistic, degrees = 0.0, 0
    for group in _connected(both > 0):
        kept = group[:-1]
        within = surplus[kept]
        among: NDArray[np.float64] = covariance[np.ix_(kept, kept)]
        weights = np.asarray(cast(Any, np.linalg.solve(among, within)), np.float64)
        statistic += float((within * weights).sum())
        degrees += len(kept)
    name = "Stuart-Maxwell test of marginal homogeneity"
    if method == "bhapkar":
        name = "Bhapkar's test of marginal homogeneity"
        left = 1 - statistic / float(moves.sum()) if degrees else 1.0
        statistic = statistic / left if left > 1e-12 else math.nan
    p_value = chi_square_p(statistic, degrees) if degrees else 1.0
    return ChiSquareTest(statistic=statistic, degrees=degrees, p_value=p_value, test=name)


def symmetry(table: ArrayLike) -> ChiSquareTest:
    r"""
    Test whether as many customers move from each label to each other as come back.

    Parameters
    ----------
    table : array_like of int, shape (k, k)
        Customers by label before (rows) and after (columns) [customers].

    Returns
    -------
    ChiSquareTest
        Bowker's test. Its degrees of freedom are the pairs of labels between which
        somebody moved; the p-value is 1 if nobody did.

    Raises
    ------
    TypeError
        If the table does not hold numbers or is not square.
    ValueError
        If a count is negative or fractional.

    See Also
    --------
    marginal_homogeneity : Whether the sizes of the labels changed.

    Notes
    -----
    The statistic is :math:`\sum_{i<j} (n_{ij} - n_{ji})^2 / (n_{ij} + n_{ji})` over the
    pairs with a move [1]_. Where moves are symmetric the margins are equal, but not the
    other way round: customers may move in a circle.

    References
    ----------
    .. [1] A. H. Bowker, "A Test for Symmetry in Contingency Tables", Journal of the
       American Statistical Association 43, 572-574, 1948.

    Examples
    --------
    >>> from loyalkit import symmetry
    >>> test = symmetry([[8, 6, 6], [3, 18, 9], [1, 4, 45]])
    >>> round(test.statistic, 4), test.degrees, round(test.p_value, 4)
    (6.4945, 3, 0.0899)
    """
    cells = _square(table)
    first, second = np.triu_indices(cells.shape[0], 1)
    there, back = cells[first, second].tolist(), cells[second, first].tolist()
    moved = [(a, b) for a, b in zip(there, back, strict=True) if a + b]
    statistic = math.fsum((a - b) ** 2 / (a + b) for a, b in moved)
    p_value = chi_square_p(statistic, len(moved)) if moved else 1.0
    return ChiSquareTest(
        statistic=statistic, degrees=len(moved), p_value=p_value, test="Bowker's test of symmetry"
    )


def _square(table: ArrayLike) -> NDArray[np.int64]:
    cells = counts("table", table)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
        refuse_type("table", "must be square", f"shape {cells.shape}")
    return cells


def _connected(linked: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of two labels or more between which customers moved, directly or by others."""
    groups: list[list[int]] = []
    seen: set[int] = set()
    for start in range(linked.shape[0]):
        group: list[int] = []
        waiting = [start]
        while waiting:
            label = waiting.pop()
            if label not in seen:
                seen.add(label)
                group.append(label)
                waiting += np.flatnonzero(linked[label]).tolist()
        if len(group) > 1:
            groups.append(sorted(group))
    return groups
