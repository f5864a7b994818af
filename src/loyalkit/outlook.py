"""
How many customers may be expected to buy again, and how sure that is.

Conventions: customers are counted by level of attachment, rates are the shares of the
customers of a level who buy again [fraction]. A rate is a number taken as known, or how
many of how many bought again; a level may have none.
"""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import attrs

from loyalkit._distributions import normal_quantile_two_sided
from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import confidence_level, count, fraction, is_scalar, nan_safe_each
from loyalkit.attachment import Attachment, expected_repurchase
from loyalkit.classification import Classification
from loyalkit.intervals import Interval, wilson_interval

Rate: TypeAlias = float | tuple[int, int]
"""Share of a level's customers who buy again, or how many of how many did."""

__all__ = ["RepurchaseOutlook", "repurchase_outlook"]

_ROUNDING = 1e-12


@attrs.frozen(kw_only=True)
class RepurchaseOutlook:
    """
    Share of customers to be expected to buy again, from their levels and the levels' rates.

    Made by `repurchase_outlook`.

    Parameters
    ----------
    customers : tuple of int
        Customers at LOW, LIKE and LOVE [customers].
    rates : tuple of float
        Rate of each of these levels [fraction]; NaN where there is none.
    seen : tuple of int
        Customers from whom each rate was counted, 0 for a rate taken as known [customers].
    n_undetermined : int
        Customers left out since their level is not known [customers].

    See Also
    --------
    repurchase_outlook : What the figures mean, and an example.
    """

    customers: tuple[int, ...]
    rates: tuple[float, ...] = attrs.field(eq=nan_safe_each)
    seen: tuple[int, ...]
    n_undetermined: int = 0

    @property
    def n(self) -> int:
        """Customers whose level is known [customers]."""
        return sum(self.customers)

    @property
    def estimate(self) -> float:
        """Expected share who buy again; NaN without customers, or without a rate for some."""
        return self._expected(self.rates)

    @property
    def bounds(self) -> tuple[float, float]:
        """Expected share if nobody, and if all buy again at levels without a rate [fraction]."""
        return self._expected(self._filled(0.0)), self._expected(self._filled(1.0))

    def interval(self, confidence: float = 0.95) -> Interval:
        r"""
        Range for the expected share among all customers like these.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Interval of the share [fraction]. Where a level has no rate it runs from the low
            end as if nobody there bought again to the high end as if all did. NaN exactly
            without customers.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.

        Notes
        -----
        The shares of the levels come from a sample. With the rates :math:`r_a` the limits
        solve :math:`|\hat\theta - \theta| = z \sqrt{V(\theta) / n}`, where :math:`V` is the
        variance of the :math:`r_a` under the shares that are likeliest among those with mean
        :math:`\theta`. That is the score interval: Wilson's where rates are 0 and 1, Tango's
        [1]_ where they are -1, 0 and 1. For rates counted in :math:`n_a` other customers
        Wilson's limits :math:`l_a, u_a` are added to it as by Zou and Donner [2]_, with the
        shares :math:`s_a`: the distance from :math:`\hat\theta` to the low end is

        .. math:: \sqrt{(\hat\theta - l)^2 + \sum_a s_a^2 (\hat r_a - l_a)^2}

        Of simulated samples of 20 to 1000 customers, with rates known or counted in 5 to 100
        customers a level, intervals of 95 % held the true share in 93 to 99 %; those from
        estimate and error alone in 58 to 96 %.

        It knows of chance only. That those who answered are like those who did not, and
        that customers will do as those did from whom the rates come, it takes for granted.

        References
        ----------
        .. [1] T. Tango, "Equivalence Test and Confidence Interval for the Difference in
           Proportions for the Paired-Sample Design", Statistics in Medicine 17, 891-908, 1998.
        .. [2] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
           Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.

        Examples
        --------
        >>> from loyalkit import Attachment, repurchase_outlook
        >>> customers = {Attachment.LOVE: 40, Attachment.LIKE: 100, Attachment.LOW: 60}
        >>> rates = {Attachment.LOVE: (18, 20), Attachment.LIKE: (15, 50), Attachment.LOW: 0.1}
        >>> interval = repurchase_outlook(customers, rates).interval()
        >>> round(interval.low, 2), round(interval.high, 2)
        (0.28, 0.44)
        """
        confidence = confidence_level(confidence)
        if not self.n:
            return Interval(math.nan, math.nan, confidence, bounds=(0.0, 1.0))
        low = self._limit(self._filled(0.0), confidence, up=False)
        high = self._limit(self._filled(1.0), confidence, up=True)
        return Interval(low, high, confidence, bounds=(0.0, 1.0))

    def _limit(self, rates: tuple[float, ...], confidence: float, *, up: bool) -> float:
        estimate = self._expected(rates)
        z = normal_quantile_two_sided(confidence)
        reaches = [_score_limit(self.customers, rates, z, up=up) - estimate]
        for customers, rate, seen in zip(self.customers, rates, self.seen, strict=True):
            if seen:
                limits = wilson_interval(round(rate * seen), seen, confidence=confidence)
                reaches.append(((limits.high if up else limits.low) - rate) * customers / self.n)
        reach = math.hypot(*reaches)
        return min(1.0, estimate + reach) if up else max(0.0, estimate - reach)

    def _filled(self, unknown: float) -> tuple[float, ...]:
        return tuple(unknown if math.isnan(rate) else rate for rate in self.rates)

    def _expected(self, rates: tuple[float, ...]) -> float:
        if not self.n:
            return math.nan
        shares = {level: x / self.n for level, x in zip(Attachment, self.customers, strict=True)}
        return expected_repurchase(shares, dict(zip(Attachment, rates, strict=True)))


def repurchase_outlook(
    levels: Classification[Attachment] | Mapping[Attachment, int],
    rates: Mapping[Attachment, Rate],
) -> RepurchaseOutlook:
    """
    Tell how many customers may be expected to buy again, with an interval.

    The result is no more than a weighted mean of the rates. It is an expectation if the
    rates hold for these customers, in the same time, at these prices.

    Parameters
    ----------
    levels : Classification of Attachment, or mapping of Attachment to int
        Level of each customer, or how many customers are at each. Customers whose level is
        not settled are left out and counted.
    rates : mapping of Attachment to float or (int, int)
        For each level the share of its customers who buy again, which is then taken as
        known [fraction], or how many of how many *other* customers did, or the same ones
        earlier. Nothing is made up for levels that are left out or for which nobody was
        counted: see `RepurchaseOutlook.bounds`.

    Returns
    -------
    RepurchaseOutlook
        Expected share with its interval.

    Raises
    ------
    TypeError
        If ``levels`` is neither of the two, if a key is not an `Attachment`, or a value not
        a number or two.
    ValueError
        If a count is negative or fractional, if more bought again than there were, or if a
        rate is not a fraction.

    See Also
    --------
    expected_repurchase : The same of shares, without an interval.
    repurchase_by_level : Rates out of a log and a survey.

    Examples
    --------
    200 customers were asked how attached they are. Which share of them will come back,
    judged by what their like did in spring?

    >>> from loyalkit import QUOTED_REPURCHASE_RATES, Attachment, repurchase_outlook
    >>> customers = {Attachment.LOVE: 40, Attachment.LIKE: 100, Attachment.LOW: 60}
    >>> spring = {Attachment.LOVE: (18, 20), Attachment.LIKE: (15, 50), Attachment.LOW: (4, 40)}
    >>> outlook = repurchase_outlook(customers, spring)
    >>> round(outlook.estimate, 2), outlook.interval().verdict(0.5)
    (0.36, 'below')

    The rates that are often quoted say nothing about customers without a bond:

    >>> quoted = repurchase_outlook(customers, QUOTED_REPURCHASE_RATES)
    >>> quoted.estimate, [round(bound, 2) for bound in quoted.bounds]
    (nan, [0.33, 0.63])
    """
    undetermined = 0
    if isinstance(levels, Classification):
        undetermined, levels = levels.n_undetermined, levels.counts
    elif not isinstance(cast(Any, levels), Mapping):
        rule = "must be a Classification or a mapping of Attachment to counts"
        refuse_type("levels", rule, type(levels).__name__)
    _check_keys("levels", levels)
    _check_keys("rates", rates)
    customers = tuple(count(f"levels[{x.name}]", levels.get(x, 0)) for x in Attachment)
    found = [_rate(f"rates[{x.name}]", rates.get(x, math.nan)) for x in Attachment]
    return RepurchaseOutlook(
        customers=customers,
        rates=tuple(rate for rate, _ in found),
        seen=tuple(seen for _, seen in found),
        n_undetermined=undetermined,
    )


def _check_keys(name: str, mapping: Mapping[Any, Any]) -> None:
    for level in mapping:
        if not isinstance(level, Attachment):
            refuse_type(name, "must have Attachment keys", repr(level))


def _rate(name: str, given: Any) -> tuple[float, int]:
    """Rate, NaN if there is none, and from how many customers it was counted."""
    if is_scalar(given) or not hasattr(given, "__iter__"):
        known = not (isinstance(given, float) and math.isnan(given))
        return (fraction(name, given) if known else math.nan), 0
    pair: tuple[Any, ...] = tuple(given)
    if len(pair) != 2:
        refuse(name, "must be a fraction, or how many of how many", given)
    k, n = (count(name, x) for x in pair)
    if k > n:
        refuse(name, "must not have more who bought again than there were", given)
    return (k / n if n else math.nan), n


def _score_limit(
    counts: tuple[int, ...], values: tuple[float, ...], z: float, *, up: bool
) -> float:
    """Mean of the values that differs from the observed one by z standard errors."""
    n = sum(counts)
    near = math.fsum(k * x for k, x in zip(counts, values, strict=True)) / n
    far = max(values) if up else min(values)
    # Bisection between what is surely not beyond the limit and what surely is.
    for _ in range(100):
        middle = (near + far) / 2
        if middle in (near, far):
            break
        if abs(_score(counts, [x - middle for x in values])) < z:
            near = middle
        else:
            far = middle
    return near


def _score(counts: tuple[int, ...], distances: list[float]) -> float:
    """Observed mean distance over its standard error, were the true one 0."""
    n = sum(counts)
    observed = [(k, d) for k, d in zip(counts, distances, strict=True) if k]
    mean = math.fsum(k * d for k, d in observed) / n
    # Of all shares with mean 0 the likeliest are k / (n + tilt d); a value that nobody
    # has gets a share where the tilt would else go beyond the farthest of the distances.
    low, high, tilt = -n / max(distances), -n / min(distances), 0.0
    for _ in range(100):
        terms = [(k, d / (n + tilt * d)) for k, d in observed]
        excess = sum(k * x for k, x in terms)
        low, high = (tilt, high) if excess > 0 else (low, tilt)
        slope = sum(k * x * x for k, x in terms)
        step = tilt + excess / slope if slope else math.inf
        if not low < step < high:
            step = (low + high) / 2
        if abs(step - tilt) <= 1e-15 * abs(step) or step in (low, high):
            break
        tilt = step
    # The mean is tilt times variance over n.
    return math.copysign(math.sqrt(abs(mean * tilt)), mean)
