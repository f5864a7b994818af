"""
What a loyalty programme may cost: the value of those it keeps, spread over those who get it.

Conventions: as in `loyalkit.economics`. A *benefit* is what a programme gives a customer at
one time: a gift, a discount, a call. Customers who would have stayed anyway and get the
benefit all the same are *deadweight*. All figures are present values.
"""

import math
from typing import Literal, TypeAlias, cast

import attrs
import numpy as np

from loyalkit._messages import refuse
from loyalkit._multiples import (
    MOST_PERIODS,
    Booking,
    Terms,
    changed_rate,
    geometric_sum,
    terms_of,
    worth,
)
from loyalkit._scalars import count, fraction, nan_safe, number, one_of

__all__ = ["BreakEven", "break_even_cost"]

Timing: TypeAlias = Literal["once", "each_period", "on_renewal"]
"""When a benefit is given."""


@attrs.frozen(kw_only=True)
class BreakEven:
    """
    The most that a programme may cost before it loses money.

    Made by `break_even_cost`.

    Parameters
    ----------
    retention_before, retention_after : float
        Probability of staying without and with the programme [fraction].
    value_gain : float
        What the programme adds to the value of a customer of the base; NaN exactly if it
        keeps more and that is infinite without it [money].
    benefits : float
        Benefits given for each customer of the base, later ones discounted.
    deadweight : float
        Share of the benefits that go to customers who would have stayed anyway; NaN if
        none is given [fraction].
    customers : int
        Customers in the base [customers].
    fixed_cost : float
        What the programme costs whoever takes part [money].

    See Also
    --------
    break_even_cost : How they are computed.

    Examples
    --------
    >>> from loyalkit import break_even_cost
    >>> programme = break_even_cost(
    ...     retention=0.8, points=0.05, margin=100, discount=0.25, effect_lasts=1
    ... )
    >>> round(programme.cost, 2), round(programme.cost_per_kept)
    (11.11, 222)
    """

    retention_before: float
    retention_after: float
    value_gain: float = attrs.field(eq=nan_safe)
    benefits: float
    deadweight: float = attrs.field(eq=nan_safe)
    customers: int
    fixed_cost: float

    @property
    def total(self) -> float:
        """The most that the programme may cost in all, fixed cost included [money]."""
        return self.customers * self.value_gain if self.customers else 0.0

    @property
    def cost_per_customer(self) -> float:
        """The same for each customer of the base, fixed cost paid; NaN without any [money]."""
        return self._left / self.customers if self.customers else math.nan

    @property
    def cost(self) -> float:
        """
        The most that one benefit may cost, once the fixed cost is paid [money].

        Below 0 if the fixed cost alone is too much; NaN exactly if no benefit is given, if
        the gain is NaN, or if gain and benefits are both infinite.
        """
        given = self.customers * self.benefits if self.customers else 0.0
        known = given > 0 and not (math.isinf(given) and math.isinf(self._left))
        return self._left / given if known else math.nan

    @property
    def cost_per_kept(self) -> float:
        """Value gained for each customer more at the next renewal; NaN if none [money]."""
        more = self.retention_after - self.retention_before
        return self.value_gain / more if more > 0 else math.nan

    @property
    def _left(self) -> float:
        return self.total - self.fixed_cost


def break_even_cost(
    *,
    retention: float,
    points: float | None = None,
    relative: float | None = None,
    margin: float,
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
    effect_lasts: int | None = None,
    timing: Timing = "once",
    stayers_reached: float = 1.0,
    customers: int = 1,
    fixed_cost: float = 0.0,
) -> BreakEven:
    r"""
    Tell what a programme may cost that keeps more customers.

    Most of those who get a benefit would have stayed without it. What one benefit may cost
    is therefore a small part of what a customer is worth who is kept by it.

    Parameters
    ----------
    retention : float
        Probability of staying without the programme [fraction].
    points, relative : float, optional
        Exactly one of them, as for `profit_effect`: how many more stay [fraction].
    margin : float
        As for `customer_lifetime_value`, before the cost of the programme [money].
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        When a margin comes in; the gain is the same at once and after the first.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value` [fraction].
    effect_lasts : int, optional
        How many renewals the programme raises, from the next on; without it, all of them
        [renewals]. A measure taken once mostly works on the next one.
    timing : {"once", "each_period", "on_renewal"}, default "once"
        When a customer gets the benefit: now; now and at the start of each period as
        long as the programme raises renewals; or only after having renewed, each time.
    stayers_reached : float, default 1.0
        Share of those who would have stayed anyway who get the benefit too: 1 if it goes
        to everybody, 0 if only those get it who would leave [fraction].
    customers : int, default 1
        Customers in the base [customers].
    fixed_cost : float, default 0.0
        What the programme costs whoever takes part, such as software [money].

    Returns
    -------
    BreakEven
        The most that the programme may cost in all, per customer and per benefit, the
        share of deadweight, and what lies behind them.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If both or neither of ``points`` and ``relative`` are given, if they are below 0 or
        lift the retention above 1, if ``effect_lasts`` is not a whole number from 1 to a
        million, or as for `customer_lifetime_value`.

    See Also
    --------
    keep_or_win : What keeping a customer may cost against winning another.
    program_effect : How many more stay, from a comparison with customers left out.

    Notes
    -----
    With :math:`r_0` and :math:`r_1` without and with the programme, and the share :math:`s`
    of stayers reached, :math:`1 - r_0 + s r_0` of the customers get a benefit that is given
    beforehand, and :math:`r_1 - r_0 + s r_0` one that is given after renewal;
    :math:`s r_0` of them are deadweight.

    Examples
    --------
    A card lifts the next renewal from 80 to 85 %. A member brings 100 euros a year, money
    costs 10 %. What may the welcome gift cost if all 5,000 members get it, what if only
    those get it who renew, and how much of it is deadweight?

    >>> from loyalkit import break_even_cost
    >>> for timing in ("once", "on_renewal"):
    ...     card = break_even_cost(
    ...         retention=0.8, points=0.05, margin=100, discount=0.1, effect_lasts=1,
    ...         timing=timing, customers=5000,
    ...     )
    ...     print(round(card.total), round(card.cost, 2), round(card.deadweight, 2))
    83333 16.67 0.8
    83333 21.57 0.94

    And if nine of ten members who would stay anyway could be left out?

    >>> card = break_even_cost(
    ...     retention=0.8, points=0.05, margin=100, discount=0.1, effect_lasts=1,
    ...     stayers_reached=0.1,
    ... )
    >>> round(card.cost, 2), round(card.deadweight, 2)
    (59.52, 0.29)
    """
    before, after = _rates(retention, points, relative)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    lasts = _renewals_raised(effect_lasts)
    money, fixed = number("margin", margin), number("fixed_cost", fixed_cost)
    reached = before * fraction("stayers_reached", stayers_reached)
    when = cast(Timing, one_of("timing", timing, ("once", "each_period", "on_renewal")))
    given = reached + (after - before if when == "on_renewal" else 1 - before)
    return BreakEven(
        retention_before=before,
        retention_after=after,
        value_gain=_gain(before, after, lasts, money, terms),
        benefits=given * _times(after, lasts, when, terms) if given else 0.0,
        deadweight=reached / given if given else math.nan,
        customers=count("customers", customers),
        fixed_cost=fixed,
    )


def _rates(retention: object, points: object, relative: object) -> tuple[float, float]:
    before = fraction("retention", retention)
    after = changed_rate(before, points, relative)
    if after < before:
        name, value = ("relative", relative) if points is None else ("points", points)
        refuse(name, "must be at least 0: a programme is to keep customers", value)
    return before, after


def _renewals_raised(effect_lasts: object) -> float:
    if effect_lasts is None:
        return math.inf
    renewals = count("effect_lasts", effect_lasts)
    if not 1 <= renewals <= MOST_PERIODS:
        refuse("effect_lasts", f"must be a whole number from 1 to {MOST_PERIODS}", effect_lasts)
    return renewals


def _gain(before: float, after: float, lasts: float, margin: float, terms: Terms) -> float:
    if before == after:
        return 0.0
    raised = (
        terms.multiple(after)
        if lasts == math.inf
        else terms.path_multiple(np.full(int(lasts), after), before)
    )
    return float(worth(margin, raised)) - float(worth(margin, terms.multiple(before)))


def _times(after: float, lasts: float, timing: Timing, terms: Terms) -> float:
    """Discounted number of times that a customer comes up for a benefit."""
    if timing == "once":
        return 1.0
    renewals = min(lasts, terms.horizon - 1)
    # The benefit does not grow with the margin.
    plain = terms._replace(growth=0.0)
    times = float(geometric_sum(plain.shortfall(after), renewals))
    return times / (1 + terms.discount) if timing == "on_renewal" else times
