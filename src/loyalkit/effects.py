"""
Did a measure work: treated against control, with and without a look at what was before.

Conventions: an effect is treated - control, in the unit of the outcome: a fraction for
retention, points for net promoter scores, the unit of the amounts for revenue. Control
customers are those whom the measure did not reach, drawn by lot before it began.
"""

import math
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import numbers, same_length
from loyalkit._distributions import normal_quantile_two_sided, normal_two_sided_p
from loyalkit._estimates import estimated
from loyalkit._messages import refuse, refuse_first, refuse_type
from loyalkit._scalars import confidence_level, fraction, number
from loyalkit.intervals import Difference, Interval
from loyalkit.net_scores import wald_moments
from loyalkit.nps import NpsCounts
from loyalkit.retention import RetentionCounts
from loyalkit.transactions import Values

Group = TypeVar("Group", RetentionCounts, NpsCounts, Values)
"""What became of the customers of a group: counts, or one figure for each."""


_DISJOINT: dict[type, tuple[float, str]] = {
    RetentionCounts: (2.0, "z-test, half a customer added to each outcome of each group"),
    NpsCounts: (400.0, "z-test, (3/4, 3/2, 3/4) answers added to each group"),
}
"""Largest difference in differences of counts, and its test."""


def program_effect(treated: Group, control: Group, *, confidence: float = 0.95) -> Difference:
    r"""
    Compare customers whom a measure reached with others whom it did not reach.

    That retention rose after a programme began is no effect of the programme: season,
    prices, competitors and the kind of customers change too, and a measure is often
    taken when figures were bad by chance, after which they rise by themselves. Nor is it
    an effect that members stay longer than others, since loyal customers join. Only a
    control group drawn by lot, before the measure and from the same customers, lives
    through all of that and tells what would have happened without it.

    Parameters
    ----------
    treated, control : RetentionCounts, NpsCounts or array_like, shape (n,)
        Outcomes of the two groups in the same period, after the measure began: counts,
        or one figure per customer, such as revenue, 0 for customers who brought none.
        No customer is in both. Who was drawn belongs to the group, also if the measure
        did not reach them after all.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Treated minus control, in the unit of the outcome; NaN if a group is empty.
        Retention is compared as by `RetentionCounts.difference`, scores as by
        `NpsCounts.difference`, means of figures by Welch's t-test. For figures, interval
        and p-value are NaN too if a group has one customer, or if in both groups all
        figures are equal.

    Raises
    ------
    TypeError
        If the groups are not of one kind, or do not hold numbers.
    ValueError
        If a figure is missing or not finite, or too large to be squared, if counts sum
        several periods or carry different ones, or if ``confidence`` is not between 0 and 1.

    See Also
    --------
    difference_in_differences : If the groups were unlike before.
    holdout_size : How many customers to leave out.

    Notes
    -----
    Welch's interval [1]_ for means :math:`m`, variances :math:`s^2` and sizes :math:`n` is
    :math:`m_1 - m_2 \pm t \sqrt{s_1^2 / n_1 + s_2^2 / n_2}` with the degrees of freedom of
    that sum. Revenue is skewed, so it needs some hundreds of customers in each group.

    References
    ----------
    .. [1] B. L. Welch, "The Generalization of 'Student's' Problem when Several Different
       Population Variances are Involved", Biometrika 34, 28-35, 1947.

    Examples
    --------
    1000 customers got the loyalty card, 1000 drawn by lot did not. Does it hold them?

    >>> from loyalkit import RetentionCounts, program_effect
    >>> effect = program_effect(
    ...     RetentionCounts(retained=850, lost=150), RetentionCounts(retained=800, lost=200)
    ... )
    >>> round(effect.estimate, 3), round(effect.interval.low, 3), round(effect.interval.high, 3)
    (0.05, 0.017, 0.083)

    Do they also spend more?

    >>> spending = program_effect([120, 80, 0, 95, 110], [70, 0, 90, 60, 85])
    >>> spending.estimate, spending.verdict()
    (20.0, 'unclear')
    """
    if _are_counts(treated=treated, control=control):
        difference: Difference = cast(Any, treated).difference(control, confidence)
        return difference
    first, second = _figures("treated", treated), _figures("control", control)
    return _welch(first, second, "Welch's t-test", confidence)


def difference_in_differences(
    *,
    treated_before: Group,
    treated_after: Group,
    control_before: Group,
    control_after: Group,
    confidence: float = 0.95,
) -> Difference:
    r"""
    Compare how two groups changed: one that a measure reached, one that it did not.

    If the groups were unlike from the start, the difference afterwards mixes that with
    the effect. What is left when the change of the control group is taken from the
    change of the treated is the effect, provided that both would have changed alike
    without the measure. Nothing in these four figures can show that they would have.

    Parameters
    ----------
    treated_before, treated_after : RetentionCounts, NpsCounts or array_like, shape (n,)
        Outcomes of the treated group before and after the measure began. Arrays hold one
        figure per customer, the same customers in the same order both times; 1 and 0 for
        what happened or did not. Counts are of customers none of whom is counted twice:
        another survey sample, another cohort.
    control_before, control_after : RetentionCounts, NpsCounts or array_like, shape (m,)
        The same of the control group.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Change of the treated minus change of the control, in the unit of the outcome;
        NaN if a group is empty. For figures, interval and p-value are NaN too if a group
        has one customer, or if in both groups all changed by the same.

    Raises
    ------
    TypeError
        If the four are not of one kind, or do not hold numbers.
    ValueError
        If before and after differ in length, if a figure is missing or not finite, or too
        large to be squared, if counts sum several periods or are on different scales, or
        if ``confidence`` is not between 0 and 1.

    See Also
    --------
    program_effect : If the groups were drawn by lot.

    Notes
    -----
    Figures of one customer hang together, so each customer enters with the change from
    before to after, and the mean changes are compared by Welch's t-test: the error is
    clustered by customer. For counts, the score intervals of the two changes are combined
    as Newcombe's are made of Wilson's [2]_; the p-value of retention is that of the z-test
    with half a customer added to each outcome [1]_, that of scores as in
    `net_score_difference`.

    References
    ----------
    .. [1] R. M. Price and D. G. Bonett, "An Improved Confidence Interval for a Linear
       Function of Binomial Proportions", Computational Statistics & Data Analysis 45,
       449-456, 2004.
    .. [2] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
       Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.

    Examples
    --------
    Members spent more after the programme began. More than others did at the same time?

    >>> from loyalkit import difference_in_differences
    >>> effect = difference_in_differences(
    ...     treated_before=[40, 55, 30, 62, 48],
    ...     treated_after=[52, 66, 45, 70, 62],
    ...     control_before=[38, 51, 45, 33],
    ...     control_after=[41, 58, 47, 37],
    ... )
    >>> effect.estimate, round(effect.interval.low, 1), round(effect.interval.high, 1)
    (8.0, 4.1, 11.9)
    """
    groups: dict[str, Any] = {
        "treated_before": treated_before,
        "treated_after": treated_after,
        "control_before": control_before,
        "control_after": control_after,
    }
    if _are_counts(**groups):
        return _of_disjoint_counts(groups, confidence)
    treated = _changes(treated_before=treated_before, treated_after=treated_after)
    control = _changes(control_before=control_before, control_after=control_after)
    return _welch(treated, control, "Welch's t-test of each customer's change", confidence)


def holdout_size(
    *,
    rate: float,
    effect: float,
    power: float = 0.8,
    confidence: float = 0.95,
    treated_per_holdout: float = 1.0,
) -> int:
    r"""
    Count how many customers to leave out of a measure in order to see its effect.

    Parameters
    ----------
    rate : float
        Retention rate expected without the measure [fraction].
    effect : float
        Smallest change of the rate worth seeing, above or below 0 [fraction].
    power : float, default 0.8
        Probability of seeing an effect of this size, if it is there [fraction].
    confidence : float, default 0.95
        Confidence of the comparison [fraction].
    treated_per_holdout : float, default 1.0
        Treated customers for each customer left out.

    Returns
    -------
    int
        Customers of the holdout [customers]; the treated are ``treated_per_holdout``
        times as many.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``rate`` or ``rate + effect`` is not a fraction, if ``effect`` is 0 (or below 1e-9), if
        ``power`` is not from 0.5 to below 1, if ``confidence`` is not between 0 and 1,
        or if ``treated_per_holdout`` is not from 1e-6 to 1e6.

    See Also
    --------
    program_effect : The comparison to be made with it.

    Notes
    -----
    With the rates :math:`p_0` and :math:`p_1 = p_0 + \delta`, :math:`k` treated customers
    for each left out, and :math:`\bar p = (p_0 + k p_1) / (1 + k)`, the two-sided pooled
    z-test needs [1]_

    .. math::
        n = \frac{1}{\delta^2} \left( z_{\alpha/2} \sqrt{\bar p (1 - \bar p) (1 + 1 / k)}
        + z_\beta \sqrt{p_0 (1 - p_0) + p_1 (1 - p_1) / k} \right)^2

    A smaller holdout costs more customers in all: with nine treated for each, almost
    three times as many as with one.

    References
    ----------
    .. [1] J. L. Fleiss, B. Levin and M. C. Paik, Statistical Methods for Rates and
       Proportions, 3rd ed. Hoboken: Wiley, 2003, ch. 4.

    Examples
    --------
    80 % stay without the loyalty card. How many must not get it, to see 3 points more?

    >>> from loyalkit import holdout_size
    >>> holdout_size(rate=0.8, effect=0.03)
    2629
    >>> holdout_size(rate=0.8, effect=0.03, treated_per_holdout=9)
    1430
    """
    without, change = fraction("rate", rate), number("effect", effect)
    share, ratio = fraction("power", power), number("treated_per_holdout", treated_per_holdout)
    if abs(change) < 1e-9:
        refuse("effect", "must not be 0: no sample is large enough", effect)
    if not 0 <= without + change <= 1:
        refuse("effect", f"must keep the rate of {without:g} from 0 to 1", effect)
    if not 0.5 <= share < 1:
        refuse("power", "must be at least 0.5 and less than 1", power)
    if not 1e-6 <= ratio <= 1e6:
        refuse("treated_per_holdout", "must be from 1e-6 to 1e6", treated_per_holdout)
    z = normal_quantile_two_sided(confidence_level(confidence))
    treated = without + change
    pooled = (without + ratio * treated) / (1 + ratio)
    alike = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    unlike = math.sqrt(without * (1 - without) + treated * (1 - treated) / ratio)
    # The quantile of the power is that which holds 2 power - 1 between itself and its mirror.
    reach = z * alike + normal_quantile_two_sided(2 * share - 1) * unlike
    return max(1, math.ceil((reach / change) ** 2))


def _are_counts(**groups: object) -> bool:
    """Whether all groups are counts of one kind; mixtures are refused."""
    kinds = {type(group) for group in groups.values()}
    counts = kinds & {RetentionCounts, NpsCounts}
    scales = {group.scale for group in groups.values() if isinstance(group, NpsCounts)}
    if len(scales) > 1:
        raise ValueError(f"{' and '.join(groups)} must be on one scale, got {len(scales)}")
    if counts and len(kinds) > 1:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        refuse_type(" and ".join(groups), "must be of one kind", found)
    return bool(counts)


def _figures(name: str, values: Any) -> NDArray[np.float64]:
    figures = numbers(name, values).astype(np.float64)
    refuse_first(name, "must be small enough to be squared", figures, np.abs(figures) > 1e140)
    return figures


def _changes(**before_and_after: Any) -> NDArray[np.float64]:
    figures = {name: _figures(name, values) for name, values in before_and_after.items()}
    same_length(**figures)
    before, after = figures.values()
    return after - before


def _welch(
    first: NDArray[np.float64], second: NDArray[np.float64], test: str, confidence: float
) -> Difference:
    if not first.size or not second.size:
        return estimated(math.nan, math.nan, test, confidence)
    squared_errors = [_squared_error(first), _squared_error(second)]
    variance, degrees = sum(squared_errors), math.inf
    if variance > 0:
        share = squared_errors[0] / variance
        degrees = 1 / (share**2 / (first.size - 1) + (1 - share) ** 2 / (second.size - 1))
    return estimated(
        float(first.mean() - second.mean()),
        math.sqrt(variance),
        test,
        confidence,
        scale=float(max(np.abs(first).max(), np.abs(second).max())),
        degrees=degrees,
    )


def _squared_error(figures: NDArray[np.float64]) -> float:
    """Squared standard error of the mean; NaN for one figure."""
    return float(figures.var(ddof=1)) / figures.size if figures.size > 1 else math.nan


class _Sample(NamedTuple):
    """Figure of some counts, distances to its limits, and its moments with customers added."""

    figure: float
    below: float
    above: float
    centre: float
    error: float


def _sample(counts: RetentionCounts | NpsCounts, confidence: float) -> _Sample:
    limits = counts.interval(confidence)
    if isinstance(counts, RetentionCounts):
        n = counts.customers_at_start + 1
        figure, centre = counts.rate, (counts.retained + 0.5) / n
        error = math.sqrt(centre * (1 - centre) / n)
    else:
        answers = counts.detractors, counts.passives, counts.promoters
        figure, (centre, error) = counts.score, wald_moments(*answers, 0.75)
    return _Sample(figure, figure - limits.low, limits.high - figure, centre, error)


def _refuse_common_customers(groups: dict[str, Any]) -> None:
    labels = {name: getattr(group, "periods", ()) for name, group in groups.items()}
    for when in ("before", "after"):
        treated, control = labels[f"treated_{when}"], labels[f"control_{when}"]
        if treated and control and treated != control:
            refuse(f"control_{when}", f"must be of the same period as treated_{when}", control[0])


def _of_disjoint_counts(groups: dict[str, Any], confidence: float) -> Difference:
    limit, added = _DISJOINT[type(groups["treated_before"])]
    _refuse_common_customers(groups)
    before, after, other_before, other_after = (_sample(x, confidence) for x in groups.values())
    estimate = (after.figure - before.figure) - (other_after.figure - other_before.figure)
    if math.isnan(estimate):
        return estimated(estimate, math.nan, added, confidence)
    down = math.hypot(before.above, after.below, other_before.below, other_after.above)
    up = math.hypot(before.below, after.above, other_before.above, other_after.below)
    interval = Interval(max(-limit, estimate - down), min(limit, estimate + up), confidence)
    centre = (after.centre - before.centre) - (other_after.centre - other_before.centre)
    error = math.hypot(before.error, after.error, other_before.error, other_after.error)
    return Difference(estimate, interval, normal_two_sided_p(centre / error), added)
