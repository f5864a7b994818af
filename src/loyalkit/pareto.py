"""
How much hangs on how few: the share of the largest customers, Gini, the 80/20 rule.

Conventions: shares and fractions are fractions, never percent. Customers are ranked
from the largest; between whole customers every curve is linear, which is the only
choice that neither ties nor a customer base twice as large can change. Amounts are in
any one unit, summed over the same time for each customer; in whole units (cents) they
stay exact integers. A share or fraction that a caller passes means the simple fraction
it stands for: 0.8 is 4/5, not the float beside it.
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal, Self, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import (
    complete,
    confidence_level,
    count,
    numbers,
    refuse,
    refuse_first,
    same_length,
    simple_fraction,
    two_fractions,
)
from loyalkit._arrays import counts as whole_numbers
from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._histogram import Block, Histogram, amounts, curve
from loyalkit.intervals import Interval

Reading: TypeAlias = Literal["below", "typical", "above", "unknown"]
"""Where a fraction of customers lies against a band; "unknown" without a total."""

_TOLERANCE = 1e-12
"""By how much, relatively, a sum of floats may miss a threshold and still reach it."""


@attrs.frozen(kw_only=True, repr=False)
class Concentration:
    r"""
    How a total is spread over customers: a tally of how many customers have which value.

    Made by `from_values` or `from_counts`. Tallies of different customers add up:
    ``north + south`` is the tally of both regions, to the last bit, and
    ``Concentration()`` changes nothing. Customers with a value of 0 stay in. Integers
    are kept exact whatever they add up to; a tally of integers plus one of floats is
    one of floats, and tallies of integers and of floats are never equal.

    Every measure is NaN exactly when there is nothing to share: no customers, or a
    total of 0.

    See Also
    --------
    whale_curve : The same where some customers lose money.

    Notes
    -----
    With customers' values :math:`d_1 \ge \dots \ge d_n`, their total :math:`T` and
    :math:`C_k = d_1 + \dots + d_k`, the share of the total held by the top fraction
    :math:`p` is

    .. math::
        S(p) = \frac{C_f + (pn - f)\, d_{f+1}}{T}, \quad f = \lfloor pn \rfloor

    `lorenz` is the same curve from below [1]_, `gini` twice the area between it and
    equality, `joint_ratio` the :math:`p` with :math:`S(p) = 1 - p` [3]_.

    The intervals are Wald intervals from the influence function of each measure [2]_,
    cut off where no figure can be. They take customers for a sample of those the business could
    have had, and are too narrow for small or very uneven bases: in simulations of
    customers as uneven as 80/20, intervals of 95 % for the top share held the truth in
    86 % of samples of 200 customers and in 90 % of 1,000.

    References
    ----------
    .. [1] M. O. Lorenz, "Methods of Measuring the Concentration of Wealth",
       Publications of the American Statistical Association 9, 209-219, 1905.
    .. [2] R. Davidson, "Reliable Inference for the Gini Index", Journal of Econometrics
       150, 30-40, 2009.
    .. [3] S. Banerjee, B. K. Chakrabarti, M. Mitra and S. Mutuswami, "Inequality
       Measures: The Kolkata Index in Comparison With Other Measures", Frontiers in
       Physics 8, 562182, 2020.

    Examples
    --------
    Ten customers spent 2,500 euros. How much do the two largest make, and how many
    customers does it take to make 80 %?

    >>> from loyalkit import Concentration
    >>> spend = Concentration.from_values([1000, 600, 300, 200, 150, 100, 80, 40, 20, 10])
    >>> spend.top_share(0.2)
    0.64
    >>> spend.customers_for(0.8)
    4
    >>> print(spend.rule())
    35 % of customers make 80 % of the total; the typical band is 20 % to 40 %,
    and chance alone could move this base across its edge
    """

    _histogram: Histogram = attrs.field(factory=Histogram, alias="histogram")

    @classmethod
    def from_values(cls, values: ArrayLike) -> Self:
        """
        Tally customers by what each of them is worth.

        Parameters
        ----------
        values : array_like, shape (n,)
            Value of each customer, 0 or more, in any one unit. Refunds are netted per
            customer beforehand.

        Returns
        -------
        Concentration
            Tally of the customers.

        Raises
        ------
        TypeError
            If ``values`` does not hold numbers.
        ValueError
            If a value is missing, negative or not finite, or the total is.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> Concentration.from_values([80, 5, 5, 5, 5])
        Concentration(n_customers=5, n_zero=0, total=100)
        """
        column = _not_negative(values)
        return cls(histogram=Histogram.of_column(column))

    @classmethod
    def from_counts(cls, values: ArrayLike, counts: ArrayLike) -> Self:
        """
        Tally customers from a table of values and how many customers have each.

        Parameters
        ----------
        values : array_like, shape (m,)
            Values, 0 or more, in any order; a value may come more than once.
        counts : array_like, shape (m,)
            Customers with each value [customers].

        Returns
        -------
        Concentration
            Tally of the customers.

        Raises
        ------
        TypeError
            If an argument does not hold numbers.
        ValueError
            If a value is missing, negative or not finite, a count is negative or
            fractional, the two are not of the same length, or their total is beyond
            the range of numbers.

        Examples
        --------
        Of 11,104 donors, 3,464 gave nothing in the six years after their first gift,
        1,823 gave in one of them, 1,203 in all six. What do the best fifth give?

        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> round(gifts.top_share(0.2), 3)
        0.5
        """
        column = _not_negative(values)
        customers = whole_numbers("counts", complete("counts", counts))
        same_length(values=column, counts=customers)
        return cls(histogram=Histogram.of_table(column, customers))

    def __add__(self, other: "Concentration") -> "Concentration":
        if not isinstance(other, Concentration):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return Concentration(histogram=self._histogram + other._histogram)

    def __radd__(self, other: Literal[0]) -> "Concentration":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @override
    def __repr__(self) -> str:
        return (
            f"Concentration(n_customers={self.n_customers}, n_zero={self.n_zero}, "
            f"total={self.total})"
        )

    @property
    def values(self) -> NDArray[Any]:
        """Distinct values, ascending, read-only, int64 or float64."""
        return self._histogram.values

    @property
    def counts(self) -> NDArray[np.int64]:
        """Customers with each of the `values`, read-only [customers]."""
        return self._histogram.counts

    # ------------------------------------------------------------ measures

    @property
    def n_customers(self) -> int:
        """Customers, those with a value of 0 included [customers]."""
        return self._histogram.n

    @property
    def n_zero(self) -> int:
        """Customers with a value of 0 [customers]."""
        return self._histogram.n_zero

    @property
    def total(self) -> int | float:
        """Sum over customers, in the unit of the values: an exact int if they are integers."""
        return self._histogram.total

    @cached_property
    def _gini_and_hhi(self) -> tuple[float, float]:
        """Both from one pass, kept since other measures and intervals build on them."""
        n, total = self.n_customers, float(self.total)
        if not total:
            return math.nan, math.nan
        gini = hhi = 0.0
        for block in self._histogram.blocks():
            shares: NDArray[np.float64] = block.values / total
            held = shares * block.counts
            gini += float((held * (2 * block.ranks() - block.counts - n)).sum())
            hhi += float((held * shares).sum())
        return max(0.0, gini / n), hhi

    @property
    def gini(self) -> float:
        """
        Gini coefficient of the population, 0 (all equal) to 1 - 1/n (one has everything).

        It does not change if every customer comes twice, unlike `gini_corrected`.
        """
        return self._gini_and_hhi[0]

    @property
    def gini_corrected(self) -> float:
        """Gini times n / (n - 1), less biased in small samples; NaN for one customer too."""
        n = self.n_customers
        return self.gini * n / (n - 1) if n > 1 else math.nan

    @property
    def hoover(self) -> float:
        """Share of the total that would have to change hands for all to be equal [fraction]."""
        n, total = self.n_customers, self.total
        if not total:
            return math.nan
        mean = total // n if isinstance(total, int) else total / n
        above_mean = self.values.size - int(np.searchsorted(self.values, mean, "right"))
        customers, amount = self._histogram.above(above_mean)
        return float(max(0.0, amount / total - customers / n))

    @property
    def hhi(self) -> float:
        """Sum of squared shares (Herfindahl-Hirschman), 1/n to 1; times 10,000 in some texts."""
        return self._gini_and_hhi[1]

    @property
    def effective_customers(self) -> float:
        """Number of equal customers that would have the same `hhi` [customers]."""
        return 1 / self.hhi

    @property
    def effective_customers_by_entropy(self) -> float:
        """Number of equal customers with the same entropy of shares [customers]."""
        total = float(self.total)
        if not total:
            return math.nan

        def figure(block: Block) -> NDArray[np.float64]:
            shares: NDArray[np.float64] = block.values / total
            return shares * np.log(np.where(shares > 0, shares, 1.0))

        return math.exp(-self._histogram.sum(figure))

    @property
    def joint_ratio(self) -> float:
        """
        The fraction p of customers who hold the share 1 - p: 0.2 for a true 80/20.

        It runs from 0 to 0.5 (all equal) and turns "80/20" into "74/26".
        """
        n, total = self.n_customers, self.total
        if not total:
            return math.nan
        above, amount_above, value = self._histogram.group_reaching(
            1, of=lambda customers, amount: customers / n + amount / total
        )
        ratio: float = (total - amount_above + above * value) / (total + n * value)
        return ratio

    def top_share(self, fraction: float = 0.2) -> float:
        """
        Share of the total held by the largest customers.

        Parameters
        ----------
        fraction : float, default 0.2
            Largest customers [fraction].

        Returns
        -------
        float
            Share of the total [fraction].

        Raises
        ------
        ValueError
            If ``fraction`` is not between 0 and 1.

        See Also
        --------
        top_share_interval : How sure that is.
        fraction_for : The other way round.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> Concentration.from_values([50, 30, 20, 0, 0]).top_share(0.4)
        0.8
        """
        top = simple_fraction("fraction", fraction)
        if not self.total:
            return math.nan
        size = top * self.n_customers
        above, amount_above, value = self._histogram.group_at(size)
        share = float((amount_above + (size - above) * value) / self.total)
        return min(1.0, max(float(top), share))

    def fraction_for(self, share: float = 0.8) -> float:
        """
        Smallest fraction of customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].

        Returns
        -------
        float
            Fraction of customers, with a part of the last one [fraction].

        Raises
        ------
        ValueError
            If ``share`` is not between 0 and 1.

        See Also
        --------
        customers_for : In whole customers.
        fraction_for_interval : How sure that is.
        top_share : The other way round.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> Concentration.from_values([50, 30, 20, 0, 0]).fraction_for(0.8)
        0.4
        """
        part = simple_fraction("share", share)
        if not self.total:
            return math.nan
        customers = self._histogram.customers_making(part * self.total)
        return min(float(part), float(customers / self.n_customers))

    def customers_for(self, share: float = 0.8) -> int:
        """
        Fewest whole customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].

        Returns
        -------
        int
            Number of customers, the one who reaches the share included [customers].
            Integers are compared exactly, sums of floats within 1e-12 of the share.

        Raises
        ------
        ValueError
            If ``share`` is not between 0 and 1, or the total is 0: an int cannot be NaN.

        See Also
        --------
        fraction_for : As a fraction, with a part of the last customer.
        top_customers : Which customers those are.

        Examples
        --------
        Of 100 customers with a euro each, 80 make 80 %:

        >>> from loyalkit import Concentration
        >>> Concentration.from_counts([1], [100]).customers_for(0.8)
        80
        """
        part = simple_fraction("share", share)
        if not self.total:
            refuse("total", "must be positive to make a share of it", self.total)
        amount: Any = part * self.total
        if isinstance(amount, float) and part < 1:
            amount *= 1 - _TOLERANCE
        customers: int = math.ceil(self._histogram.customers_making(amount))
        return customers

    def value_at(self, rank: int) -> int | float:
        """
        Value of the customer at a rank: what it takes to be among so many largest.

        Parameters
        ----------
        rank : int
            Rank from the largest customer, 1, to the smallest [customers].

        Returns
        -------
        int or float
            Value, in the unit of the values.

        Raises
        ------
        ValueError
            If there is no customer of that rank.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> Concentration.from_values([50, 30, 20, 0, 0]).value_at(2)
        30
        """
        if not 1 <= count("rank", rank) <= self.n_customers:
            refuse("rank", f"must be from 1 to the number of customers, {self.n_customers}", rank)
        value: int | float = self._histogram.group_at(count("rank", rank)).value
        return value

    def lorenz(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Points of the Lorenz curve, from the smallest customers up.

        Returns
        -------
        population, value : ndarray of float64, shape (m + 1,)
            Fraction of customers and their share of the total, from (0, 0) to (1, 1),
            read-only [fraction]. Between the points, one per distinct value, the curve
            is straight. The shares are NaN if the total is 0, and so are the fractions
            without customers.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> population, value = Concentration.from_values([50, 30, 20, 0, 0]).lorenz()
        >>> population
        array([0. , 0.4, 0.6, 0.8, 1. ])
        >>> value
        array([0. , 0. , 0.2, 0.5, 1. ])
        """
        held = np.cumsum(amounts(self.values, self.counts))
        return curve(np.cumsum(self.counts)), curve(held)

    # ------------------------------------------------------------ how sure that is

    def top_share_interval(self, fraction: float = 0.2, confidence: float = 0.95) -> Interval:
        """
        Range for the share of the total held by the largest customers.

        Parameters
        ----------
        fraction : float, default 0.2
            Largest customers [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wald interval, cut off at ``fraction`` and 1 [fraction]. NaN with fewer than
            two customers or a total of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.top_share_interval(0.2)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.493, 0.507)
        """
        estimate, top = self.top_share(fraction), simple_fraction("fraction", fraction)

        def error() -> float:
            marginal = self._histogram.group_at(top * self.n_customers).value
            return self._error(self._excess(marginal, estimate))

        return self._interval(estimate, error, float(top), 1.0, confidence)

    def fraction_for_interval(self, share: float = 0.8, confidence: float = 0.95) -> Interval:
        """
        Range for the smallest fraction of customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wald interval, cut off at 0 and ``share`` [fraction]. NaN with fewer than two
            customers or a total of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.fraction_for_interval(0.8)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.382, 0.394)
        """
        estimate, part = self.fraction_for(share), simple_fraction("share", share)

        def error() -> float:
            marginal = self._histogram.group_making(part * self.total).value
            mean = float(self.total) / self.n_customers
            return self._error(self._excess(marginal, float(part))) * mean / float(marginal)

        return self._interval(estimate, error, 0.0, float(part), confidence)

    def gini_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the Gini coefficient of the population.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wald interval with the standard error of Davidson, cut off at 0 and 1. NaN
            with fewer than two customers or a total of 0.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.gini_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.522, 0.535)
        """
        estimate = self.gini
        n, total = self.n_customers, float(self.total)

        def influence(block: Block) -> NDArray[np.float64]:
            shares: NDArray[np.float64] = block.values / total
            held: NDArray[np.float64] = np.cumsum(shares * block.counts)
            held += block.amount_below / total
            return shares * (2 * block.ranks() - 1 - n * (estimate + 1)) - 2 * held

        return self._interval(estimate, lambda: self._error(influence), 0.0, 1.0, confidence)

    def _excess(self, marginal: Any, slope: float) -> Callable[[Block], NDArray[np.float64]]:
        """What a customer has beyond the marginal one, less the customer's part of it."""
        mean = float(self.total) / self.n_customers

        def influence(block: Block) -> NDArray[np.float64]:
            values: NDArray[np.float64] = block.values / mean
            excess: NDArray[np.float64] = np.maximum(values - marginal / mean, 0)
            return excess - slope * values

        return influence

    def _error(self, influence: Callable[[Block], NDArray[np.float64]]) -> float:
        """Standard error of a mean over customers."""
        n = self.n_customers
        mean = self._histogram.sum(influence) / n
        return math.sqrt(self._histogram.sum(lambda block: (influence(block) - mean) ** 2)) / n

    def _interval(
        self,
        estimate: float,
        error: Callable[[], float],
        lowest: float,
        highest: float,
        confidence: float,
    ) -> Interval:
        z = normal_quantile_two_sided(confidence_level(confidence))
        if not self.total or self.n_customers < 2:
            return Interval(math.nan, math.nan, confidence)
        half = z * error()
        return Interval(max(lowest, estimate - half), min(highest, estimate + half), confidence)

    def rule(
        self,
        share: float = 0.8,
        band: tuple[float, float] = (0.2, 0.4),
        confidence: float = 0.95,
    ) -> "ParetoRule":
        """
        Read the Pareto rule: how few make most of it, and whether that is usual.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total that the few make [fraction].
        band : (float, float), default (0.2, 0.4)
            Fractions of customers between which this usually lies [fraction].
        confidence : float, default 0.95
            Confidence at which the reading is certain or not [fraction].

        Returns
        -------
        ParetoRule
            The fraction, where it lies, and whether that is certain; its text is a
            sentence.

        Raises
        ------
        TypeError
            If ``band`` is not a pair.
        ValueError
            If an argument is not between 0 and 1, or the band runs downwards.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> print(gifts.rule())
        39 % of customers make 80 % of the total; the typical band is 20 % to 40 %
        """
        low, high = two_fractions("band", band)
        return ParetoRule(
            share=float(simple_fraction("share", share)),
            band=(float(low), float(high)),
            fraction=self.fraction_for(share),
            interval=self.fraction_for_interval(share, confidence),
            joint_ratio=self.joint_ratio,
        )


def _not_negative(values: ArrayLike) -> NDArray[Any]:
    column = numbers("values", values)
    rule = "must not be negative: whale_curve takes customers who lose money"
    refuse_first("values", rule, column, column < 0)
    return column


def _percent(fraction: float, digits: int) -> str:
    return f"{float(f'{100 * fraction:.{digits}g}'):g} %"


@attrs.frozen(kw_only=True)
class ParetoRule:
    """
    What the Pareto rule says about a customer base, from `Concentration.rule`.

    Its text is a sentence for those who do not read tables.

    Parameters
    ----------
    share : float
        Share of the total that was asked for [fraction].
    band : (float, float)
        Fractions of customers between which this usually lies, both included [fraction].
    fraction : float
        Smallest fraction of customers who make that share [fraction].
    interval : Interval
        Range for that fraction.
    joint_ratio : float
        The fraction p of customers who hold the share 1 - p [fraction].

    Examples
    --------
    A true 80/20 sits on the edge of the band, so a small base reads typical without
    being certainly so:

    >>> from loyalkit import Concentration
    >>> rule = Concentration.from_values([400, 400, *[25] * 8]).rule()
    >>> rule.reading, rule.certain
    ('typical', False)
    """

    share: float
    band: tuple[float, float]
    fraction: float
    interval: Interval
    joint_ratio: float

    @property
    def reading(self) -> Reading:
        """
        Where the fraction lies against the band, whatever chance may have done.

        "below" if fewer customers than usual make the share (more hangs on fewer),
        "above" if more do, "typical" within the band; "unknown" exactly if the total
        is 0.
        """
        return self._place(self.fraction)

    @property
    def certain(self) -> bool:
        """Whether the whole interval reads the same; False if nothing is known."""
        ends = {self._place(self.interval.low), self._place(self.interval.high)}
        return ends == {self.reading} != {"unknown"}

    def _place(self, fraction: float) -> Reading:
        low, high = self.band
        if math.isnan(fraction):
            return "unknown"
        if fraction < low * (1 - _TOLERANCE):
            return "below"
        return "above" if fraction > high * (1 + _TOLERANCE) else "typical"

    @override
    def __str__(self) -> str:
        share, low, high = (_percent(x, 4) for x in (self.share, *self.band))
        if self.reading == "unknown":
            return f"There is no total of which customers could make {share}"
        sentence = (
            f"{_percent(self.fraction, 2)} of customers make {share} of the total; "
            f"the typical band is {low} to {high}"
        )
        doubt = ", and chance alone could move this base across its edge"
        return sentence if self.certain else sentence + doubt
