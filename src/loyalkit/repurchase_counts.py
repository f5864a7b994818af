"""
Counts of who bought again after a survey, and what they say.

Conventions: a rate is of customers who can be judged: those whose horizon is over and whom
the log shows by the day of their answer [fraction]. The others are counted apart.
"""

import math
from typing import Any

import attrs

from loyalkit._distributions import normal_two_sided_p
from loyalkit._messages import instance
from loyalkit._scalars import confidence_level, to_int, validate_count
from loyalkit.attachment import Attachment
from loyalkit.comparison import GroupComparison, compare_groups
from loyalkit.intervals import Difference, Interval, wilson_interval
from loyalkit.retention import RetentionCounts

_TREND = "Cochran-Armitage test for trend"


@attrs.frozen(kw_only=True)
class RepurchaseCounts:
    """
    How many customers of one level came back, did not, or cannot be judged.

    Counts of disjoint customers add up, ``north + south``, and ``RepurchaseCounts()``
    changes nothing.

    Parameters
    ----------
    returned : int, default 0
        Customers who bought again within the horizon [customers].
    stayed_away : int, default 0
        Customers who did not, though the horizon is over [customers].
    unfinished : int, default 0
        Customers whose horizon is not over yet [customers].
    new_to_log : int, default 0
        Customers whose first purchase in the log comes after their answer. A log that begins
        too late shows those who came back and hides the others [customers].
    not_in_log : int, default 0
        Customers without any purchase in the log [customers].

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional.

    Examples
    --------
    >>> from loyalkit import RepurchaseCounts
    >>> north = RepurchaseCounts(returned=18, stayed_away=2)
    >>> south = RepurchaseCounts(returned=12, stayed_away=8, unfinished=5)
    >>> (north + south).rate
    0.75
    """

    returned: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    stayed_away: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    unfinished: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    new_to_log: int = attrs.field(default=0, converter=to_int, validator=validate_count)
    not_in_log: int = attrs.field(default=0, converter=to_int, validator=validate_count)

    @property
    def n(self) -> int:
        """Customers who came back or did not, as far as known [customers]."""
        return self.returned + self.stayed_away

    @property
    def rate(self) -> float:
        """Share who came back of those who are known to have or not; NaN without any."""
        return self.returned / self.n if self.n else math.nan

    def interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share who come back.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval [fraction]; NaN exactly if nobody can be judged.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return wilson_interval(self.returned, self.n, confidence=confidence)

    def __add__(self, other: "RepurchaseCounts") -> "RepurchaseCounts":
        if not isinstance(other, RepurchaseCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return RepurchaseCounts(
            returned=self.returned + other.returned,
            stayed_away=self.stayed_away + other.stayed_away,
            unfinished=self.unfinished + other.unfinished,
            new_to_log=self.new_to_log + other.new_to_log,
            not_in_log=self.not_in_log + other.not_in_log,
        )

    def __radd__(self, other: int) -> "RepurchaseCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def _validate_counts(_instance: object, attribute: Any, value: Any) -> None:
    instance(attribute.name, value, RepurchaseCounts)


@attrs.frozen(kw_only=True)
class RepurchaseByLevel:
    """
    Who came back, by how strongly they said they feel bound.

    Made by `repurchase_by_level`. A tally: those of different customers with one horizon
    add up, and ``RepurchaseByLevel()`` changes nothing.

    Parameters
    ----------
    low, like, love : RepurchaseCounts
        Customers of each level.
    undetermined : RepurchaseCounts
        Customers whose level is not known.
    horizon : int, optional
        Days after the answer within which a purchase counts [days].

    Raises
    ------
    TypeError
        If the counts are none, or ``horizon`` is not a number.
    ValueError
        If ``horizon`` is negative or fractional.

    See Also
    --------
    repurchase_by_level : What counts as coming back, and an example.
    repurchase_outlook : What the rates let one expect of other customers.
    """

    low: RepurchaseCounts = attrs.field(default=RepurchaseCounts(), validator=_validate_counts)
    like: RepurchaseCounts = attrs.field(default=RepurchaseCounts(), validator=_validate_counts)
    love: RepurchaseCounts = attrs.field(default=RepurchaseCounts(), validator=_validate_counts)
    undetermined: RepurchaseCounts = attrs.field(
        default=RepurchaseCounts(), validator=_validate_counts
    )
    horizon: int | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(to_int),
        validator=attrs.validators.optional(validate_count),
    )

    @property
    def counts(self) -> dict[Attachment, RepurchaseCounts]:
        """Counts by level."""
        return dict(zip(Attachment, (self.low, self.like, self.love), strict=True))

    @property
    def rates(self) -> dict[Attachment, float]:
        """Share who came back by level [fraction]; NaN where nobody can be judged."""
        return {level: counts.rate for level, counts in self.counts.items()}

    @property
    def returned_of(self) -> dict[Attachment, tuple[int, int]]:
        """How many came back of how many by level, as `repurchase_outlook` takes them."""
        return {level: (counts.returned, counts.n) for level, counts in self.counts.items()}

    def comparison(self, confidence: float = 0.95) -> GroupComparison:
        """
        Compare the levels in pairs, the stronger bond minus the weaker.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence with which all intervals together hold [fraction].

        Returns
        -------
        GroupComparison
            As by `compare_groups`: a chi-square test of all levels, and LOVE - LIKE, LOVE -
            LOW and LIKE - LOW with p-values adjusted by Holm's method. NaN where nobody of a
            level can be judged.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        groups = {
            level: RetentionCounts(retained=counts.returned, lost=counts.stayed_away)
            for level, counts in reversed(self.counts.items())
        }
        return compare_groups(groups, confidence=confidence)

    def trend(self, confidence: float = 0.95) -> Difference:
        r"""
        Tell whether more come back the stronger they say they feel bound.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Change of the share who come back from each level to the next stronger one, by a
            line through all levels [fraction per level]. NaN exactly unless somebody can be
            judged at two levels; the p-value is 1 if everybody or nobody came back.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Notes
        -----
        With :math:`k_a` of :math:`n_a` who came back at level :math:`t_a = 0, 1, 2`, the slope
        is :math:`\sum_a c_a k_a / n_a` with :math:`c_a = n_a (t_a - \bar t) / \sum_b n_b (t_b -
        \bar t)^2`. Its limits add up the distances to Wilson's limits of each level [3]_, and
        are Newcombe's where there are two levels next to each other. The p-value is that of
        the Cochran-Armitage test [1]_ [2]_. In simulations with 5 customers a level or more
        the interval missed the truth in 0 to 7 % of samples, and the test called equal
        levels different in 1 to 7 %; with 3 a level the interval missed it in up to 12 %.

        More who love than who like come back: that is an association. Those who buy often
        may love for that, and would buy again without it.

        References
        ----------
        .. [1] W. G. Cochran, "Some Methods for Strengthening the Common Chi-Squared Tests",
           Biometrics 10, 417-451, 1954.
        .. [2] P. Armitage, "Tests for Linear Trends in Proportions and Frequencies",
           Biometrics 11, 375-386, 1955.
        .. [3] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
           Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.
        """
        confidence = confidence_level(confidence)
        groups = [(int(level), x.returned, x.n) for level, x in self.counts.items() if x.n]
        if len(groups) < 2:
            unknown = Interval(math.nan, math.nan, confidence, bounds=(-1.0, 1.0))
            return Difference(math.nan, unknown, math.nan, _TREND)
        n, returned = sum(x for _, _, x in groups), sum(k for _, k, _ in groups)
        levels, squares = sum(t * x for t, _, x in groups), sum(t * t * x for t, _, x in groups)
        spread = n * squares - levels**2
        slope, down, up = 0.0, 0.0, 0.0
        for t, k, x in groups:
            share, weight = k / x, x * (n * t - levels) / spread
            limits = wilson_interval(k, x, confidence=confidence)
            ends = (share - limits.low, limits.high - share)
            below, above = ends if weight > 0 else ends[::-1]
            slope += weight * share
            down, up = math.hypot(down, weight * below), math.hypot(up, weight * above)
        interval = Interval(
            max(-1.0, slope - down), min(1.0, slope + up), confidence, bounds=(-1.0, 1.0)
        )
        return Difference(slope, interval, _cochran_armitage(groups, n, returned, spread), _TREND)

    def __add__(self, other: "RepurchaseByLevel") -> "RepurchaseByLevel":
        if not isinstance(other, RepurchaseByLevel):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        horizons = {x.horizon for x in (self, other)} - {None}
        if len(horizons) > 1:
            got = " and ".join(map(str, sorted(x for x in horizons if x is not None)))
            raise ValueError(f"horizon must be the same in both to be added, got {got} days")
        return RepurchaseByLevel(
            low=self.low + other.low,
            like=self.like + other.like,
            love=self.love + other.love,
            undetermined=self.undetermined + other.undetermined,
            horizon=horizons.pop() if horizons else None,
        )

    def __radd__(self, other: int) -> "RepurchaseByLevel":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def _cochran_armitage(
    groups: list[tuple[int, int, int]], n: int, returned: int, spread: int
) -> float:
    excess = sum(t * (n * k - returned * x) for t, k, x in groups)
    # All in whole numbers up to the one quotient.
    variance = returned * (n - returned) * spread
    return normal_two_sided_p(excess * math.sqrt(n / variance)) if variance else 1.0
