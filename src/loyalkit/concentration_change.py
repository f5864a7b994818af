"""
Two concentrations compared: of different customers, or of the same ones in two periods.

Conventions: as in `loyalkit.pareto`; a change is after - before. Customers who are in one
period only take part in that period's figures; a value of 0 is a value. The top tier are
the largest of those who have a value above 0, rounded up to whole customers.
"""

import math
from typing import Any, NamedTuple, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import complete, frozen, not_negative, same_length
from loyalkit._concentration_intervals import standard_error
from loyalkit._concentration_measures import FractionFor, Gini, JointRatio, Measure, TopShare
from loyalkit._estimates import estimated
from loyalkit._histogram import Histogram
from loyalkit._labels import encode, union_labels
from loyalkit._messages import instance, refuse
from loyalkit._scalars import simple_fraction
from loyalkit.intervals import Difference
from loyalkit.pareto import Concentration
from loyalkit.tiers import Ties, UsageTier, usage_tiers
from loyalkit.top_tier import TopTierMigration


class _Period(NamedTuple):
    """Customers of a period: their places among those of both periods, and their values."""

    places: NDArray[np.int64]
    values: NDArray[Any]
    n_all: int

    def scores(self, measure: Measure) -> NDArray[np.float64]:
        """By how much each customer of both periods moves a measure of this one."""
        histogram = Histogram.of_column(self.values)
        influence = measure.influence(histogram)
        by_group = np.concatenate([influence(block) for block in histogram.blocks()][::-1])
        own = by_group[np.searchsorted(histogram.values, self.values)]
        return self.among_all((own - own.mean()) / own.size)

    def top(self, fraction: float, ties: Ties) -> NDArray[np.bool_]:
        """Which customers of both periods are in the top tier of this one."""
        tiers = usage_tiers(self.values, cuts=(fraction, fraction), ties=ties)
        return self.among_all(tiers.mask(UsageTier.HEAVY))

    def among_all(self, own: NDArray[Any]) -> NDArray[Any]:
        """A column of this period's customers for those of both, 0 for the others."""
        column = np.zeros(self.n_all, own.dtype)
        column[self.places] = own
        return column


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ConcentrationChange:
    r"""
    How much more or less concentrated one customer base is than another.

    Made by `from_customers` for the same customers in two periods, whose figures hang
    together, or by `from_tallies` for different customers. Differences are Wald
    intervals; where `caution` is called for they are too narrow.

    See Also
    --------
    Concentration : One customer base.

    Notes
    -----
    If :math:`\psi_i` is the influence of customer :math:`i` on a measure [1]_ of a period
    with :math:`n` customers, 0 for those who are not in it,

    .. math::
        \mathrm{SE}^2 = \sum_i \left(\frac{\psi_{2i}}{n_2} - \frac{\psi_{1i}}{n_1}\right)^2

    over the customers of both periods. Without a common customer that is the sum of the
    two squared errors.

    References
    ----------
    .. [1] R. Davidson, "Reliable Inference for the Gini Index", Journal of Econometrics
       150, 30-40, 2009.

    Examples
    --------
    Does more hang on fewer customers than last year?

    >>> from loyalkit import ConcentrationChange
    >>> customers = range(300)
    >>> change = ConcentrationChange.from_customers(
    ...     customers_before=customers,
    ...     values_before=[10 + i % 7 for i in customers],
    ...     customers_after=customers,
    ...     values_after=[10 + i % 7 + 9 * (i % 7 == 6) for i in customers],
    ... )
    >>> difference = change.top_share()
    >>> round(difference.estimate, 3), difference.verdict()
    (0.067, 'above')
    >>> change.top_tier().stay_rate
    1.0
    """

    before: Concentration
    after: Concentration
    _periods: tuple[_Period, _Period] | None = attrs.field(default=None, alias="periods")

    @classmethod
    def from_tallies(cls, *, before: Concentration, after: Concentration) -> Self:
        """
        Compare two tallies without a common customer.

        Parameters
        ----------
        before, after : Concentration
            Tallies of different customers: two regions, or those won in two years.

        Returns
        -------
        ConcentrationChange
            The comparison, after - before. It knows no top tier.

        Raises
        ------
        TypeError
            If an argument is not a `Concentration`.

        Examples
        --------
        >>> from loyalkit import Concentration, ConcentrationChange
        >>> north = Concentration.from_counts([10, 50, 200], [600, 300, 100])
        >>> south = Concentration.from_counts([10, 50, 100], [600, 300, 100])
        >>> difference = ConcentrationChange.from_tallies(before=south, after=north).gini()
        >>> round(difference.estimate, 3), round(difference.interval.low, 3)
        (0.109, 0.09)
        """
        for name, tally in (("before", before), ("after", after)):
            instance(name, tally, Concentration)
        return cls(before=before, after=after)

    @classmethod
    def from_customers(
        cls,
        *,
        customers_before: ArrayLike,
        values_before: ArrayLike,
        customers_after: ArrayLike,
        values_after: ArrayLike,
    ) -> Self:
        """
        Compare two periods of a business, following each customer.

        Parameters
        ----------
        customers_before : array_like, shape (n,)
            Ids of the customers of the earlier period, each of them once.
        values_before : array_like, shape (n,)
            What each of these customers is worth in that period, 0 or more.
        customers_after : array_like, shape (m,)
            The same of the later period.
        values_after : array_like, shape (m,)
            The same of the later period.

        Returns
        -------
        ConcentrationChange
            The comparison.

        Raises
        ------
        TypeError
            If values are not numbers, or ids of the periods of different kinds.
        ValueError
            If an id is missing or comes twice in a period, a value is missing, negative
            or not finite, or ids and values differ in number.

        Examples
        --------
        >>> from loyalkit import ConcentrationChange
        >>> change = ConcentrationChange.from_customers(
        ...     customers_before=["Ada", "Bo", "Cleo"],
        ...     values_before=[100, 40, 10],
        ...     customers_after=["Ada", "Bo", "Dai"],
        ...     values_after=[120, 60, 20],
        ... )
        >>> round(change.before.gini, 3), round(change.after.gini, 3)
        (0.4, 0.333)
        """
        earlier, first = _sorted("before", customers_before, values_before)
        later, second = _sorted("after", customers_after, values_after)
        labels, in_first, in_second = union_labels("customers_after", earlier, later)
        return cls(
            before=Concentration.from_values(first),
            after=Concentration.from_values(second),
            periods=(
                _Period(in_first, first, labels.size),
                _Period(in_second, second, labels.size),
            ),
        )

    def __repr__(self) -> str:
        return f"ConcentrationChange(before={self.before}, after={self.after})"

    @property
    def caution(self) -> bool:
        """Whether one of the two calls for caution, as `Concentration.caution` says."""
        return self.before.caution or self.after.caution

    def top_share(self, fraction: float = 0.2, confidence: float = 0.95) -> Difference:
        """
        Change of the share of the total held by the largest customers.

        Parameters
        ----------
        fraction : float, default 0.2
            Largest customers [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            After minus before [fraction], with the p-value of a z-test. NaN if one of
            them has no total; interval and p-value are NaN too if no customer differs
            from another.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1.
        """
        return self._difference(TopShare(simple_fraction("fraction", fraction)), confidence)

    def fraction_for(self, share: float = 0.8, confidence: float = 0.95) -> Difference:
        """
        Change of the smallest fraction of customers who make a share of the total.

        Parameters
        ----------
        share : float, default 0.8
            Share of the total [fraction].
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As for `top_share`; above 0 if it now takes more customers.

        Raises
        ------
        ValueError
            If an argument is not between 0 and 1.
        """
        return self._difference(FractionFor(simple_fraction("share", share)), confidence)

    def joint_ratio(self, confidence: float = 0.95) -> Difference:
        """
        Change of the fraction p of customers who hold the share 1 - p.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As for `top_share`; above 0 if the total is now spread more evenly.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return self._difference(JointRatio(), confidence)

    def gini(self, confidence: float = 0.95) -> Difference:
        """
        Change of the Gini coefficient of the population.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As for `top_share`.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return self._difference(Gini(), confidence)

    def top_tier(self, fraction: float = 0.2, *, ties: Ties = "together") -> TopTierMigration:
        """
        Tell who of the top tier stayed in it, and what last period's top tier carries now.

        Parameters
        ----------
        fraction : float, default 0.2
            Size of the top tier, of those with a value above 0 [fraction].
        ties : {"together", "stable"}, default "together"
            As for `usage_tiers`; "stable" takes customers in the order of their ids.

        Returns
        -------
        TopTierMigration
            Counts and shares.

        Raises
        ------
        ValueError
            If ``fraction`` is not between 0 and 1, ``ties`` is none of the two words, or
            the comparison was made from tallies, which follow no customer.
        """
        if self._periods is None:
            refuse("periods", "must be made by from_customers to follow customers", None)
        before, after = self._periods
        top, top_after = before.top(fraction, ties), after.top(fraction, ties)
        values, total = after.among_all(after.values), self.after.total
        share = error = math.nan
        if total:
            share = min(1.0, float(Concentration.from_values(values[top]).total / total))
            error = math.sqrt(float(np.square((top - share) * (values / total)).sum()))
        return TopTierMigration(
            top_before=int(top.sum()),
            top_after=int(top_after.sum()),
            stayed=int((top & top_after).sum()),
            lapsed=int((top & (values == 0)).sum()),
            value_share=share,
            value_share_error=error,
        )

    def _difference(self, measure: Measure, confidence: float) -> Difference:
        test, sides = "z-test of influence functions", (self.before, self.after)
        if not all(side.total for side in sides):
            return estimated(math.nan, math.nan, test, confidence)
        tallies = [Histogram(side.values, side.counts) for side in sides]
        before, after = (measure.estimate(tally) for tally in tallies)
        if self._periods is None:
            errors = (standard_error(tally, measure.influence(tally)) for tally in tallies)
            error = math.hypot(*errors)
        else:
            test += ", by customer"
            first, second = (period.scores(measure) for period in self._periods)
            error = math.sqrt(float(np.square(second - first).sum()))
        return estimated(after - before, error, test, confidence, limit=1)


def _sorted(name: str, customers: Any, values: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ids ascending, and the value of each."""
    ids, amounts = complete(f"customers_{name}", customers), f"values_{name}"
    column = not_negative(amounts, values)
    labels, codes = encode(f"customers_{name}", ids)
    same_length(**{f"customers_{name}": codes, amounts: column})
    if labels.size < codes.size:
        repeated = int(np.argmax(np.bincount(codes) > 1))
        refuse(f"customers_{name}", "must hold every customer once", labels[repeated])
    ordered = np.empty_like(column)
    ordered[codes] = column
    return labels, frozen(ordered)
