"""
Customers who cost more than they bring: the whale curve.

Conventions: values are what each customer brings after all costs and refunds, in any one
unit, and may be negative. Shares are fractions of the profit of all customers.
"""

import math
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import array_key, frozen, numbers
from loyalkit._histogram import Histogram, amounts, curve


@attrs.frozen(kw_only=True)
class WhaleCurve:
    """
    Cumulative share of profit from the best customer to the worst, losses included.

    Attributes
    ----------
    fractions : ndarray of float64, shape (m + 1,)
        Customers down to each distinct value, from 0 to 1, read-only [fraction].
    shares : ndarray of float64, shape (m + 1,)
        Their share of the profit, from 0 over a peak to 1, read-only [fraction].
        All NaN unless there is a profit.
    total : int or float
        Profit of all customers, in the unit of the values.
    n_customers, n_profitable : int
        All customers, and those with a value above 0 [customers].
    loss_makers : int
        Customers with a value below 0 [customers].
    without_loss_makers : int or float
        Profit if those left and nothing else changed, in the unit of the values.
    """

    fractions: NDArray[np.float64] = attrs.field(converter=frozen, eq=array_key)
    shares: NDArray[np.float64] = attrs.field(converter=frozen, eq=array_key)
    total: int | float
    n_customers: int
    n_profitable: int
    loss_makers: int
    without_loss_makers: int | float

    @property
    def peak_share(self) -> float:
        """Profit without the loss-makers over the profit, 1 or more; NaN without a profit."""
        return self.without_loss_makers / self.total if self.total > 0 else math.nan

    @property
    def erosion(self) -> float:
        """Profit that the loss-makers cost, over the profit; NaN without a profit [fraction]."""
        return (self.without_loss_makers - self.total) / self.total if self.total > 0 else math.nan

    @property
    def peak_fraction(self) -> float:
        """Customers who bring a profit, the curve's rise; NaN without customers [fraction]."""
        return self.n_profitable / self.n_customers if self.n_customers else math.nan


def whale_curve(values: ArrayLike) -> WhaleCurve:
    """
    Cumulative share of profit from the best customer to the worst, losses included.

    Parameters
    ----------
    values : array_like, shape (n,)
        Profit of each customer, or net value after refunds, in any one unit.

    Returns
    -------
    WhaleCurve
        The curve, its peak and the loss-makers. Integers give exact amounts.

    Raises
    ------
    TypeError
        If ``values`` does not hold numbers.
    ValueError
        If a value is missing or not finite, or the total is not.

    See Also
    --------
    Concentration : More measures, for values of 0 or more.

    Notes
    -----
    "Without" is arithmetic, not a forecast: fixed costs that the loss-makers help to
    carry stay when they go.

    References
    ----------
    .. [1] R. S. Kaplan and V. G. Narayanan, "Measuring and Managing Customer
       Profitability", Journal of Cost Management 15, 5-15, 2001.

    Examples
    --------
    Two of five customers cost more than they bring. What would the profit be without
    them?

    >>> from loyalkit import whale_curve
    >>> curve = whale_curve([70, 50, 20, -10, -30])
    >>> curve.total, curve.loss_makers, curve.without_loss_makers, curve.peak_share
    (100, 2, 140, 1.4)
    >>> curve.erosion, curve.peak_fraction
    (0.4, 0.6)
    """
    tally = Histogram.of_column(numbers("values", values))
    each = amounts(tally.values, tally.counts)[::-1]
    profits = np.cumsum(each)
    if profits.dtype.kind == "f" and profits.size:
        turnover = float(np.abs(each).sum())
        if abs(profits[-1]) <= 1e-6 * turnover:
            # Little is left of much: summed without rounding, and nothing is nothing.
            left = math.fsum(each.tolist())
            profits[-1] = left if abs(left) > 1e-12 * turnover else 0.0
    return WhaleCurve(
        fractions=curve(np.cumsum(tally.counts[::-1])),
        shares=curve(profits),
        total=_last(profits),
        n_customers=tally.n,
        n_profitable=int(tally.counts[tally.values > 0].sum()),
        loss_makers=int(tally.counts[tally.values < 0].sum()),
        without_loss_makers=_last(profits[: np.count_nonzero(tally.values > 0)]),
    )


def _last(sums: NDArray[Any]) -> int | float:
    """Last sum as int or float, 0 if there is none."""
    last: list[int | float] = sums[-1:].tolist()
    return last[0] if last else 0
