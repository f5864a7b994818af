r"""
How concentrated customers look by luck alone: the top share of buyers who are all alike.

Conventions: this is about numbers of purchases, visits or gifts, never about money, which
varies for other reasons too. Customers who are alike still differ in what they do: each
buys at random times at one and the same rate, so that counts follow Poisson's law.
"""

import math

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._histogram import curve
from loyalkit._messages import instance, refuse, refuse_first
from loyalkit._scalars import nan_safe, number, simple_fraction
from loyalkit.pareto import Concentration

_REACH = 40
_LARGEST_MEAN = 1e9


def poisson_top_share(mean: float, fraction: float = 0.2, *, zero_truncated: bool = False) -> float:
    r"""
    Share of all purchases that the top customers make if all customers are alike.

    Parameters
    ----------
    mean : float
        Mean number of purchases per customer.
    fraction : float, default 0.2
        Largest customers [fraction].
    zero_truncated : bool, default False
        Whether customers without a purchase are not among the customers, and the mean is
        that of those who bought.

    Returns
    -------
    float
        Share of the purchases [fraction]. NaN exactly if ``mean`` is 0. Of buyers who
        all bought once it is ``fraction``.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``mean`` is negative or beyond 1e9, or below 1 for buyers, or ``fraction`` is not
        between 0 and 1.

    See Also
    --------
    chance_baseline : The same beside what was observed.

    Notes
    -----
    The counts are ranked from the largest, as in `Concentration.top_share`, in a base
    so large that their shares are Poisson's probabilities. The rate :math:`\lambda` of
    buyers solves :math:`\lambda / (1 - e^{-\lambda}) = m`.

    Examples
    --------
    Ten purchases a year on average, all customers alike: what do the luckiest fifth make?

    >>> from loyalkit import poisson_top_share
    >>> round(poisson_top_share(10), 4)
    0.2922
    """
    top = float(simple_fraction("fraction", fraction))
    rate = number("mean", mean)
    lowest = 1 if zero_truncated else 0
    if not lowest <= rate <= _LARGEST_MEAN:
        refuse("mean", f"must be from {lowest} to {_LARGEST_MEAN:g}", mean)
    if rate == lowest:
        return top if zero_truncated else math.nan
    counts, weights = _poisson(_rate_of_buyers(rate) if zero_truncated else rate)
    if zero_truncated:
        counts, weights = counts[counts > 0], weights[counts > 0]
    return _top_share(counts[::-1], weights[::-1], top)


def _rate_of_buyers(mean: float) -> float:
    """Rate of a Poisson law whose positive values have this mean."""
    low, high = 0.0, mean
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if middle < -mean * math.expm1(-middle) else (low, middle)
    return high


def _poisson(rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts within reach of the rate, and their probabilities up to a factor."""
    mode, reach = math.floor(rate), _REACH * (math.ceil(math.sqrt(rate)) + 1)
    counts = np.arange(max(0, mode - reach), mode + reach + 1, dtype=np.float64)
    below, above = counts[counts <= mode], counts[counts > mode]
    # From the mode outwards each is a fraction of the one before: nothing over- or underflows.
    down = np.cumprod(below[:0:-1] / rate)[::-1]
    return counts, np.concatenate((down, [1.0], np.cumprod(rate / above)))


def _top_share(counts: NDArray[np.float64], weights: NDArray[np.float64], fraction: float) -> float:
    """Top share of counts, the largest first."""
    customers, amounts = curve(np.cumsum(weights)), curve(np.cumsum(weights * counts))
    return min(1.0, max(fraction, float(np.interp(fraction, customers, amounts))))


@attrs.frozen(kw_only=True)
class ChanceBaseline:
    """
    A top share beside the one that customers who are all alike would show.

    Made by `chance_baseline`.

    Parameters
    ----------
    observed : float
        Share of the purchases that the largest customers made [fraction].
    expected : float
        Share that they would make if all were alike [fraction].
    mean : float
        Mean number of purchases per customer.
    zero_truncated : bool
        Whether only customers who bought are among the customers.

    See Also
    --------
    chance_baseline : What the figures mean.
    """

    observed: float = attrs.field(eq=nan_safe)
    expected: float = attrs.field(eq=nan_safe)
    mean: float = attrs.field(eq=nan_safe)
    zero_truncated: bool

    @property
    def excess(self) -> float:
        """What luck does not explain: observed minus expected; NaN as they are [fraction]."""
        return self.observed - self.expected


def chance_baseline(tally: Concentration, fraction: float = 0.2) -> ChanceBaseline:
    """
    Compare a top share of purchases with that of customers who are all alike.

    Some customers bought more than others by luck, and the shorter the time, the more of
    an 80/20 is luck. Only the excess over the baseline is a difference between customers.

    Parameters
    ----------
    tally : Concentration
        Customers by number of purchases, visits or gifts, not by money. If nobody in it
        has none, customers without a purchase are taken to be unknown.
    fraction : float, default 0.2
        Largest customers [fraction].

    Returns
    -------
    ChanceBaseline
        Observed and expected share; NaN exactly if the tally has no total.

    Raises
    ------
    TypeError
        If ``tally`` is not a `Concentration`.
    ValueError
        If its values are not whole numbers, or ``fraction`` is not between 0 and 1.

    See Also
    --------
    poisson_top_share : The baseline alone.

    Notes
    -----
    The baseline is that of a large base with the same mean. In a small one chance moves
    the observed share as well, as `Concentration.top_share_interval` says.

    References
    ----------
    .. [1] D. C. Schmittlein, L. G. Cooper and D. G. Morrison, "Truth in Concentration in
       the Land of (80/20) Laws", Marketing Science 12, 167-183, 1993.

    Examples
    --------
    Of 1,000 customers, 600 bought once, 250 twice, 150 five times:

    >>> from loyalkit import Concentration, chance_baseline
    >>> baseline = chance_baseline(Concentration.from_counts([1, 2, 5], [600, 250, 150]))
    >>> round(baseline.observed, 3), round(baseline.expected, 3), round(baseline.excess, 3)
    (0.459, 0.375, 0.085)
    """
    instance("tally", tally, Concentration)
    values, whole = tally.values, np.floor(tally.values)
    rule = "must be whole numbers of purchases, not amounts"
    refuse_first("values", rule, values, np.asarray(values != whole))
    truncated = tally.n_zero == 0
    mean = tally.total / tally.n_customers if tally.total else math.nan
    expected = poisson_top_share(mean, fraction, zero_truncated=truncated) if mean > 0 else math.nan
    return ChanceBaseline(
        observed=tally.top_share(fraction),
        expected=expected,
        mean=mean,
        zero_truncated=truncated,
    )
