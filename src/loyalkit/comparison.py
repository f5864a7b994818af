"""
Is there a difference: between several groups, along a trend, in a panel seen twice.

Conventions: rates and differences are fractions, and every result names its test. Groups
share no customer; a trend and a panel follow the same customers through time.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import attrs
import numpy as np

from loyalkit._arrays import same_length, truths
from loyalkit._distributions import chi_square_p
from loyalkit._estimates import estimated
from loyalkit._kernels import unpack_bits
from loyalkit._messages import instance
from loyalkit._multiplicity import holm
from loyalkit._paired import paired_difference
from loyalkit._scalars import confidence_level, nan_safe
from loyalkit.activity import Activity
from loyalkit.intervals import Difference
from loyalkit.retention import RetentionCounts
from loyalkit.retention_series import retention_by_period
from loyalkit.transactions import Values


@attrs.frozen(kw_only=True)
class GroupComparison:
    """
    Whether several groups keep their customers equally well, and which two differ.

    Made by `compare_groups`.

    Parameters
    ----------
    labels : tuple
        The groups, in the order given.
    statistic : float
        Pearson's chi-square; NaN unless two groups had somebody at the start.
    degrees : int
        Degrees of freedom: groups with somebody at the start, less one, but at least 0.
    p_value : float
        Probability of a chi-square at least as large if all groups were alike; NaN as
        the statistic.
    differences : tuple of Difference
        First rate minus second for each pair of groups, in the order of `pairs`.
    test : str
        The test of all groups together.

    See Also
    --------
    compare_groups : What the figures allow for.
    """

    labels: tuple[Any, ...]
    statistic: float = attrs.field(eq=nan_safe)
    degrees: int
    p_value: float = attrs.field(eq=nan_safe)
    differences: tuple[Difference, ...]
    test: str = "chi-square test"

    @property
    def pairs(self) -> dict[tuple[Any, Any], Difference]:
        """The differences by pair of labels, the first of which was given first."""
        return dict(zip(combinations(self.labels, 2), self.differences, strict=True))


def compare_groups(
    groups: Mapping[Any, RetentionCounts], *, confidence: float = 0.95
) -> GroupComparison:
    r"""
    Tell whether groups differ in retention, and if so, which.

    Whoever compares ten shops in pairs makes 45 comparisons, and among equal shops one
    or two of them look different at 95 %. Here one test looks at all groups together,
    and the pairs allow for how many they are.

    Parameters
    ----------
    groups : mapping of label to RetentionCounts
        Counts of each group in one and the same period. No customer is in two groups.
    confidence : float, default 0.95
        Confidence with which all intervals together hold [fraction].

    Returns
    -------
    GroupComparison
        The chi-square test of all groups, and the difference of each pair with an
        interval and a p-value that allow for the number of pairs. NaN where a group
        had nobody at the start; such groups do not count as groups. 1 is the p-value
        if everybody or nobody was retained in all groups.

    Raises
    ------
    TypeError
        If ``groups`` is not a mapping to `RetentionCounts`.
    ValueError
        If a group sums several periods, if groups carry different periods, or if
        ``confidence`` is not between 0 and 1.

    See Also
    --------
    RetentionCounts.difference : Two groups chosen beforehand.

    Notes
    -----
    With :math:`n_g` customers at the start, :math:`k_g` retained and the overall rate
    :math:`r`,

    .. math:: \chi^2 = \sum_g \frac{(k_g - n_g r)^2}{n_g r (1 - r)}

    For two groups it is the square of the pooled z. It is close enough where each group
    would have five customers retained and five lost at the overall rate. The p-values of
    the pairs are those of the pooled two-proportion z-test after Holm [1]_; the intervals
    are Newcombe's, each at the confidence that Bonferroni's inequality asks for, which
    `Interval.confidence` shows.

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
       Scandinavian Journal of Statistics 6, 65-70, 1979.

    Examples
    --------
    Do the three shops differ?

    >>> from loyalkit import RetentionCounts, compare_groups
    >>> comparison = compare_groups(
    ...     {
    ...         "north": RetentionCounts(retained=170, lost=30),
    ...         "south": RetentionCounts(retained=150, lost=50),
    ...         "west": RetentionCounts(retained=160, lost=40),
    ...     }
    ... )
    >>> comparison.statistic, round(comparison.p_value, 4)
    (6.25, 0.0439)

    Which two? Only the best and the worst:

    >>> {pair: round(difference.p_value, 3) for pair, difference in comparison.pairs.items()}
    {('north', 'south'): 0.037, ('north', 'west'): 0.376, ('south', 'west'): 0.376}
    """
    instance("groups", groups, Mapping)
    for label, counts in groups.items():
        instance(f"groups[{label!r}]", counts, RetentionCounts)
    present = [counts for counts in groups.values() if counts.customers_at_start]
    n_pairs = max(1, math.comb(len(present), 2))
    each = 1 - (1 - confidence_level(confidence)) / n_pairs
    pairs = [a.difference(b, each) for a, b in combinations(groups.values(), 2)]
    adjusted = holm([pair.p_value for pair in pairs], n_pairs).tolist()
    differences = tuple(
        attrs.evolve(pair, p_value=p_value, test=f"{pair.test}; adjusted by Holm's method")
        for pair, p_value in zip(pairs, adjusted, strict=True)
    )
    statistic, degrees = _chi_square(present), max(0, len(present) - 1)
    return GroupComparison(
        labels=tuple(groups),
        statistic=statistic,
        degrees=degrees,
        p_value=chi_square_p(statistic, degrees),
        differences=differences,
    )


def _chi_square(groups: list[RetentionCounts]) -> float:
    if len(groups) < 2:
        return math.nan
    total = sum(groups, RetentionCounts())
    n, kept, lost = total.customers_at_start, total.retained, total.lost
    # All in whole numbers up to the one quotient.
    return math.fsum(
        (x.retained * n - x.customers_at_start * kept) ** 2 / (x.customers_at_start * kept * lost)
        for x in groups
        if kept and lost
    )


def retention_trend(activity: Activity, *, confidence: float = 0.95) -> Difference:
    r"""
    Tell whether retention rises or falls over the periods.

    Parameters
    ----------
    activity : Activity
        Who was active in which of P periods.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Slope: change of the retention rate from each period to the next [fraction per
        period]. Only finished transitions count. NaN unless there are two of them with
        somebody at risk; interval and p-value are NaN too if the data show no variation
        around the line.

    Raises
    ------
    TypeError
        If ``activity`` is not an `Activity`.
    ValueError
        If ``confidence`` is not between 0 and 1.

    See Also
    --------
    retention_difference : Two transitions, also of few customers.
    retention_by_period : The rates.

    Notes
    -----
    The line :math:`a + b t` is fitted by least squares to the outcome (1 retained, 0 lost)
    of every customer at risk in every transition :math:`t`, so that a period with many
    customers weighs more. Outcomes of one customer hang together; the error is clustered
    by customer [1]_: with :math:`x_{ti}` at risk, :math:`y_{ti}` retained, the mean
    :math:`\bar t` over all at risk and :math:`S = \sum_{ti} x_{ti} (t - \bar t)^2`,

    .. math::
        \mathrm{SE}^2 = \sum_i \left( \frac{1}{S} \sum_t (t - \bar t)
        (y_{ti} - (a + b t) x_{ti}) \right)^2

    The interval is estimate and error, so it is for some fifty customers at risk or more;
    with fewer it is too easily sure.

    References
    ----------
    .. [1] K.-Y. Liang and S. L. Zeger, "Longitudinal Data Analysis Using Generalized
       Linear Models", Biometrika 73, 13-22, 1986.

    Examples
    --------
    >>> from loyalkit import Activity, retention_trend
    >>> stay, leave = [True, True, True, True], [True, True, True, False]
    >>> trend = retention_trend(Activity.from_table([stay] * 60 + [leave] * 20))
    >>> round(trend.estimate, 3), trend.verdict()
    (-0.125, 'below')
    """
    instance("activity", activity, Activity)
    series = retention_by_period(activity)
    used = [t for t, x in enumerate(series) if series.finished[t] and x.customers_at_start]
    test = "z-test of a slope, errors clustered by customer"
    if len(used) < 2:
        return estimated(math.nan, math.nan, test, confidence)
    at_risk = np.array([series[t].customers_at_start for t in used])
    rates, times = series.rates[used], np.array(used, np.float64)
    centred = times - np.average(times, weights=at_risk)
    weights = centred / (at_risk @ centred**2)
    slope = float(at_risk * weights @ rates)
    line = np.average(rates, weights=at_risk) + slope * centred
    error = _clustered_error(activity, zip(used, weights.tolist(), line.tolist(), strict=True))
    return estimated(slope, error, test, confidence, limit=1)


def _clustered_error(activity: Activity, steps: Iterable[tuple[int, float, float]]) -> float:
    bits, n = activity.bits, activity.n_customers
    scores = np.zeros(n)
    for step, weight, expected in steps:
        scores += weight * unpack_bits(bits[step] & bits[step + 1], n)
        scores -= weight * expected * unpack_bits(bits[step], n)
    return math.sqrt(float(scores @ scores))


def panel_change(before: Values, after: Values, *, confidence: float = 0.95) -> Difference:
    r"""
    Tell whether a share changed in one fixed panel that was looked at twice.

    Everybody must be in both looks: the same people asked in two surveys, or customers
    chosen beforehand and followed. Retention in two periods is no such panel, since who
    is lost in the first is not at risk in the second.

    Parameters
    ----------
    before, after : array_like of bool, shape (n,)
        Whether each member had the property at the first and at the second look,
        members in the same order.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Share at the second look minus share at the first [fraction]; NaN exactly if
        nobody is in the panel.

    Raises
    ------
    TypeError
        If ``before`` or ``after`` does not hold truth values.
    ValueError
        If a value is missing, if the two differ in length, or if ``confidence`` is not
        between 0 and 1.

    See Also
    --------
    retention_difference : Two transitions of a log, whoever was there.

    Notes
    -----
    With :math:`b` members who gained the property and :math:`c` who dropped it, the
    estimate is :math:`(b - c) / n` with Tango's score interval [2]_. McNemar's test [1]_
    asks whether those who changed did so equally often in both directions. Up to 1000 of
    them the p-value comes from the binomial distribution, beyond that from
    :math:`(b - c) / \sqrt{b + c}`; 1 if nobody changed.

    References
    ----------
    .. [1] Q. McNemar, "Note on the Sampling Error of the Difference Between Correlated
       Proportions or Percentages", Psychometrika 12, 153-157, 1947.
    .. [2] T. Tango, "Equivalence Test and Confidence Interval for the Difference in
       Proportions for the Paired-Sample Design", Statistics in Medicine 17, 891-908, 1998.

    Examples
    --------
    Of 100 members of a panel 60 felt well advised in spring. In autumn 15 others do as
    well, and 5 do no longer:

    >>> from loyalkit import panel_change
    >>> spring = [True] * 60 + [False] * 40
    >>> autumn = [True] * 55 + [False] * 5 + [True] * 15 + [False] * 25
    >>> change = panel_change(spring, autumn)
    >>> round(change.estimate, 3), round(change.p_value, 4), change.verdict()
    (0.1, 0.0414, 'above')
    """
    first, second = truths("before", before), truths("after", after)
    same_length(before=first, after=second)
    gained, dropped = int((second & ~first).sum()), int((first & ~second).sum())
    return paired_difference(gained, dropped, first.size, confidence)
