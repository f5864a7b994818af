"""
Do two labels hang together: the chi-square test of independence, and how strongly.

Conventions: counts are customers, each in one cell. Rows and columns without a customer
tell nothing and are left out.
"""

import math
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike

from loyalkit._arrays import counts as whole_numbers
from loyalkit._distributions import chi_square_p
from loyalkit._messages import refuse_type
from loyalkit._scalars import nan_safe


@attrs.frozen(kw_only=True)
class IndependenceTest:
    """
    Whether chance alone could make two labels look connected.

    Made by `independence_test`.

    Parameters
    ----------
    statistic : float
        Pearson's chi-square; NaN unless two rows and two columns have customers.
    degrees : int
        Degrees of freedom: rows less one times columns less one, of those with customers.
    p_value : float
        Probability of a chi-square at least as large if the labels were independent; NaN
        as the statistic.
    cramers_v : float
        How strong the connection is, 0 for none, 1 if one label follows from the other;
        NaN as the statistic.
    smallest_expected : float
        Fewest customers that independence lets expect in a cell [customers]; NaN as the
        statistic.
    few_expected : float
        Share of the cells in which fewer than 5 are expected [fraction]; NaN as the
        statistic.
    test : str
        Name of the test.

    See Also
    --------
    independence_test : The formulas.
    """

    statistic: float = attrs.field(eq=nan_safe)
    degrees: int
    p_value: float = attrs.field(eq=nan_safe)
    cramers_v: float = attrs.field(eq=nan_safe)
    smallest_expected: float = attrs.field(eq=nan_safe)
    few_expected: float = attrs.field(eq=nan_safe)
    test: str = "chi-square test of independence"

    @property
    def caution(self) -> str:
        """What speaks against trusting the p-value; empty if nothing does."""
        if math.isnan(self.statistic):
            return "nothing to test: customers in fewer than two rows or two columns"
        if self.smallest_expected < 1 or self.few_expected > 0.2:
            return (
                f"too few customers for the p-value: {self.smallest_expected:.2g} expected in "
                f"the smallest cell, fewer than 5 in {self.few_expected:.0%} of the cells"
            )
        return ""


def independence_test(counts: ArrayLike) -> IndependenceTest:
    r"""
    Test whether two labels are independent, from how many customers carry which pair.

    Parameters
    ----------
    counts : array_like of int, shape (R, C)
        Customers by the first label (rows) and the second (columns) [customers]. Each
        customer is in one cell, and customers decide each for themselves.

    Returns
    -------
    IndependenceTest
        Pearson's chi-square test, and Cramér's V for the strength.

    Raises
    ------
    TypeError
        If ``counts`` does not hold numbers in two dimensions.
    ValueError
        If a count is negative, fractional or missing.

    See Also
    --------
    CrossTable.independence : The test of a table made from labels.

    Notes
    -----
    With row sums :math:`r_i`, column sums :math:`c_j`, the total :math:`n` and
    :math:`e_{ij} = r_i c_j / n`,

    .. math::
        \chi^2 = \sum_{ij} \frac{(n_{ij} - e_{ij})^2}{e_{ij}}, \quad
        V = \sqrt{\frac{\chi^2}{n \min(R - 1, C - 1)}}

    The p-value is close enough if no expected count is below 1 and at most one cell in
    five is below 5 [1]_; `IndependenceTest.caution` says where that fails. With many
    customers the slightest connection gets a small p-value: look at V [2]_. V is flattered
    in small tables: of independent labels its square is about
    :math:`\max(R - 1, C - 1) / n` on average. A connection is no cause.

    References
    ----------
    .. [1] W. G. Cochran, "Some Methods for Strengthening the Common Chi-Square Tests",
       Biometrics 10, 417-451, 1954.
    .. [2] H. Cramér, Mathematical Methods of Statistics. Princeton: Princeton University
       Press, 1946, ch. 21.

    Examples
    --------
    Does the preferred channel (rows: shop, web) go with the bond (love, like, low)?

    >>> from loyalkit import independence_test
    >>> test = independence_test([[60, 50, 40], [30, 50, 70]])
    >>> round(test.statistic, 2), test.degrees, round(test.p_value, 5), round(test.cramers_v, 2)
    (18.18, 2, 0.00011, 0.25)
    >>> independence_test([[3, 1], [1, 2]]).caution
    'too few customers for the p-value: 1.3 expected in the smallest cell, fewer than 5 in 100% of
    the cells'
    """
    table = whole_numbers("counts", counts)
    if table.ndim != 2:
        refuse_type("counts", "must be two-dimensional", f"shape {table.shape}")
    # Sums of Python's integers cannot leave the range of int64.
    exact = table.astype(object)
    rows = [sum(row) for row in exact.tolist()]
    columns = [sum(column) for column in exact.T.tolist()]
    used = exact[np.ix_([r > 0 for r in rows], [c > 0 for c in columns])]
    shape = used.shape
    rows, columns, n = [r for r in rows if r], [c for c in columns if c], sum(rows)
    degrees = max(0, shape[0] - 1) * max(0, shape[1] - 1)
    if not degrees:
        return IndependenceTest(
            statistic=math.nan,
            degrees=0,
            p_value=math.nan,
            cramers_v=math.nan,
            smallest_expected=math.nan,
            few_expected=math.nan,
        )
    found = used.astype(np.float64)
    expected: Any = np.outer(np.array(rows, np.float64), np.array(columns, np.float64)) / n
    statistic = float(((found - expected) ** 2 / expected).sum())
    strength = math.sqrt(statistic / n / (min(shape) - 1))
    return IndependenceTest(
        statistic=statistic,
        degrees=degrees,
        p_value=chi_square_p(statistic, degrees),
        cramers_v=min(1.0, strength),
        smallest_expected=float(expected.min()),
        few_expected=float((expected < 5).mean()),
    )
