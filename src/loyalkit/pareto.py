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
from functools import cached_property
from typing import Any, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import complete, not_negative, same_length
from loyalkit._arrays import counts as whole_numbers
from loyalkit._concentration_intervals import IntervalMethod, interval, needs_caution
from loyalkit._concentration_measures import (
    TOLERANCE,
    FractionFor,
    Gini,
    JointRatio,
    TopShare,
    gini_and_hhi,
)
from loyalkit._histogram import Block, Histogram, amounts, curve
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import count, simple_fraction, two_fractions
from loyalkit.intervals import Interval
from loyalkit.pareto_rule import ParetoRule

_ADVICE = ": whale_curve takes customers who lose money"


def _window(label: str) -> str:
    if not isinstance(label, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        refuse_type("window", "must be text", type(label).__name__)
    return str(label)


@attrs.frozen(kw_only=True, repr=False)
class Concentration:
    r"""
    How a total is spread over customers: a tally of how many customers have which value.

    Made by `from_values` or `from_counts`. Tallies of different customers add up:
    ``north + south`` is the tally of both regions, to the last bit, and
    ``Concentration()`` changes nothing. Tallies of different windows, the times over
    which values were summed, refuse to add. Customers with a value of 0 stay in; `buyers`
    leaves them out. Integers are kept exact whatever they add up to; a tally of integers
    plus one of floats is one of floats, and tallies of integers and of floats are never
    equal.

    Every measure is NaN exactly when there is nothing to share: no customers, or a
    total of 0.

    See Also
    --------
    ConcentrationChange : Two periods or regions compared.
    ConcentrationSketch : More customers than memory holds.
    loss_of_largest : What hangs on single customers.
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

    The intervals take customers for a sample of those the business could have had. Wald
    intervals come from the influence function of each measure [2]_. In bootstrap-t
    intervals 1,999 resamples of customers say how far the estimate lies from the truth in
    its own standard errors [4]_; they are drawn from a generator seeded by the caller, so
    that equal tallies have equal intervals, and beyond 4,096 distinct values smaller
    neighbours are pooled for them. By default an interval is Wald's, or, where `caution`
    is called for, reaches as far to each side as the farther of the two.

    References
    ----------
    .. [1] M. O. Lorenz, "Methods of Measuring the Concentration of Wealth",
       Publications of the American Statistical Association 9, 209-219, 1905.
    .. [2] R. Davidson, "Reliable Inference for the Gini Index", Journal of Econometrics
       150, 30-40, 2009.
    .. [3] S. Banerjee, B. K. Chakrabarti, M. Mitra and S. Mutuswami, "Inequality
       Measures: The Kolkata Index in Comparison With Other Measures", Frontiers in
       Physics 8, 562182, 2020.
    .. [4] B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap. New York:
       Chapman & Hall, 1993, chapter 12.

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
    35 % of customers make 80 % of the total, within the usual 20 % to 40 %;
    with these customers that may be chance
    """

    _histogram: Histogram = attrs.field(factory=Histogram, alias="histogram")
    window: str = attrs.field(default="", converter=_window)

    @classmethod
    def from_values(cls, values: ArrayLike, *, window: str = "") -> Self:
        """
        Tally customers by what each of them is worth.

        Parameters
        ----------
        values : array_like, shape (n,)
            Value of each customer, 0 or more, in any one unit. Refunds are netted per
            customer beforehand.
        window : str, default ""
            Label of the time over which the values were summed, such as "2011H1".

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
        column = not_negative("values", values, _ADVICE)
        return cls(histogram=Histogram.of_column(column), window=window)

    @classmethod
    def from_counts(cls, values: ArrayLike, counts: ArrayLike, *, window: str = "") -> Self:
        """
        Tally customers from a table of values and how many customers have each.

        Parameters
        ----------
        values : array_like, shape (m,)
            Values, 0 or more, in any order; a value may come more than once.
        counts : array_like, shape (m,)
            Customers with each value [customers].
        window : str, default ""
            Label of the time over which the values were summed, such as "2011H1".

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
        column = not_negative("values", values, _ADVICE)
        customers = whole_numbers("counts", complete("counts", counts))
        same_length(values=column, counts=customers)
        return cls(histogram=Histogram.of_table(column, customers), window=window)

    def __add__(self, other: "Concentration") -> "Concentration":
        if not isinstance(other, Concentration):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        for tally, rest in ((self, other), (other, self)):
            if not (tally.n_customers or tally.window):
                return rest
        if self.window != other.window:
            raise ValueError(
                "windows must be the same: customers of different times do not add up, "
                f"got window={self.window!r} and {other.window!r}"
            )
        return Concentration(histogram=self._histogram + other._histogram, window=self.window)

    def __radd__(self, other: int) -> "Concentration":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    @override
    def __repr__(self) -> str:
        window = f", window={self.window!r}" if self.window else ""
        return (
            f"Concentration(n_customers={self.n_customers}, n_zero={self.n_zero}, "
            f"total={self.total}{window})"
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
        """Both from one pass, kept since other measures build on them."""
        return gini_and_hhi(self._histogram)

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
    def largest_share(self) -> float:
        """Share of the total that the largest customer has [fraction]."""
        return float(self.values[-1] / self.total) if self.total else math.nan

    @property
    def joint_ratio(self) -> float:
        """
        The fraction p of customers who hold the share 1 - p: 0.2 for a true 80/20.

        It runs from 0 to 0.5 (all equal) and turns "80/20" into "74/26".
        """
        return JointRatio().estimate(self._histogram) if self.total else math.nan

    @property
    def caution(self) -> bool:
        """
        Whether intervals call for caution.

        True with fewer than 200 customers, or if one of them has more than 5 % of the
        total. Intervals are then made by resampling, and even those may be too narrow.
        """
        return not self.total or needs_caution(self._histogram)

    @property
    def buyers(self) -> "Concentration":
        r"""
        The same tally without customers who have a value of 0.

        If buyers are the part :math:`f` of all customers, the measures of all follow
        from those of buyers: :math:`G = 1 - f (1 - G_b)` for `gini`,
        :math:`S(p) = S_b(\min(1, p / f))` for `top_share`, :math:`f` times theirs for
        `fraction_for`; `hhi` is the same.
        """
        if not self.n_zero:
            return self
        some = self.n_zero < self.n_customers
        buyers = Histogram(self.values[1:], self.counts[1:]) if some else Histogram()
        return attrs.evolve(self, histogram=buyers)

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
        measure = TopShare(simple_fraction("fraction", fraction))
        return measure.estimate(self._histogram) if self.total else math.nan

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
        measure = FractionFor(simple_fraction("share", share))
        return measure.estimate(self._histogram) if self.total else math.nan

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
            amount *= 1 - TOLERANCE
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

    def concentration_curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Points of the concentration curve: the Lorenz curve from the largest customers down.

        Returns
        -------
        fractions, shares : ndarray of float64, shape (m + 1,)
            Fraction of customers, the largest first, and their `top_share`, from (0, 0)
            to (1, 1), read-only [fraction]. NaN as for `lorenz`.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> fractions, shares = Concentration.from_values([50, 30, 20, 0, 0]).concentration_curve()
        >>> fractions
        array([0. , 0.2, 0.4, 0.6, 1. ])
        >>> shares
        array([0. , 0.5, 0.8, 1. , 1. ])
        """
        held = np.cumsum(amounts(self.values, self.counts)[::-1])
        return curve(np.cumsum(self.counts[::-1])), curve(held)

    # ------------------------------------------------------------ how sure that is

    def top_share_interval(
        self,
        fraction: float = 0.2,
        confidence: float = 0.95,
        *,
        method: IntervalMethod = "auto",
        seed: int = 0,
    ) -> Interval:
        """
        Range for the share of the total held by the largest customers.

        Parameters
        ----------
        fraction : float, default 0.2
            Largest customers [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"auto", "wald", "bootstrap_t"}, default "auto"
            How the interval is made; "auto" resamples exactly if `caution`.
        seed : int, default 0
            Seed of the resamples.

        Returns
        -------
        Interval
            At least ``fraction`` [fraction]. NaN with fewer than two customers or a
            total of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1, or ``method`` is none of the words.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.top_share_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.493, 0.507)
        """
        measure = TopShare(simple_fraction("fraction", fraction))
        return interval(measure, self._histogram, confidence, method, seed)

    def fraction_for_interval(
        self,
        share: float = 0.8,
        confidence: float = 0.95,
        *,
        method: IntervalMethod = "auto",
        seed: int = 0,
    ) -> Interval:
        """
        Range for the smallest fraction of customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"auto", "wald", "bootstrap_t"}, default "auto"
            How the interval is made; "auto" resamples exactly if `caution`.
        seed : int, default 0
            Seed of the resamples.

        Returns
        -------
        Interval
            At most ``share`` [fraction]. NaN with fewer than two customers or a total
            of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1, or ``method`` is none of the words.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.fraction_for_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.382, 0.394)
        """
        measure = FractionFor(simple_fraction("share", share))
        return interval(measure, self._histogram, confidence, method, seed)

    def joint_ratio_interval(
        self,
        confidence: float = 0.95,
        *,
        method: IntervalMethod = "auto",
        seed: int = 0,
    ) -> Interval:
        """
        Range for the fraction p of customers who hold the share 1 - p.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"auto", "wald", "bootstrap_t"}, default "auto"
            How the interval is made; "auto" resamples exactly if `caution`.
        seed : int, default 0
            Seed of the resamples.

        Returns
        -------
        Interval
            At most 0.5 [fraction]. NaN with fewer than two customers or a total of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1, or ``method`` is none of the words.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.joint_ratio_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.305, 0.311)
        """
        return interval(JointRatio(), self._histogram, confidence, method, seed)

    def gini_interval(
        self,
        confidence: float = 0.95,
        *,
        method: IntervalMethod = "auto",
        seed: int = 0,
    ) -> Interval:
        """
        Range for the Gini coefficient of the population.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"auto", "wald", "bootstrap_t"}, default "auto"
            How the interval is made; "auto" resamples exactly if `caution`.
        seed : int, default 0
            Seed of the resamples.

        Returns
        -------
        Interval
            From 0 to 1, with the standard error of Davidson. NaN with fewer than two
            customers or a total of 0.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1, or ``method`` is none of the words.

        Examples
        --------
        >>> from loyalkit import Concentration
        >>> donors = [3464, 1823, 1430, 1085, 1036, 1063, 1203]
        >>> gifts = Concentration.from_counts(range(7), donors)
        >>> interval = gifts.gini_interval()
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.522, 0.535)
        """
        return interval(Gini(), self._histogram, confidence, method, seed)

    def rule(
        self,
        share: float = 0.8,
        band: tuple[float, float] = (0.2, 0.4),
        confidence: float = 0.95,
        *,
        seed: int = 0,
    ) -> ParetoRule:
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
        seed : int, default 0
            Seed of the resamples that the interval is made of where `caution` is called for.

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
        39 % of customers make 80 % of the total, within the usual 20 % to 40 %
        """
        low, high = two_fractions("band", band)
        return ParetoRule(
            share=float(simple_fraction("share", share)),
            band=(float(low), float(high)),
            fraction=self.fraction_for(share),
            interval=self.fraction_for_interval(share, confidence, seed=seed),
            joint_ratio=self.joint_ratio,
            caution=self.caution,
            window=self.window,
        )
