"""
Keep a customer or win another: what the one may cost against the other.

Conventions: as in `loyalkit.economics`. A customer kept pays the margin that is due now, as
a customer won does.
"""

import math

import attrs

from loyalkit._multiples import Booking, terms_of, worth
from loyalkit._scalars import (
    at_least_0,
    fraction,
    nan_safe,
    number,
    to_float,
    validate_amount,
    validate_figure,
)

__all__ = ["KeepOrWin", "keep_or_win"]


@attrs.frozen(kw_only=True)
class KeepOrWin:
    """
    What a customer kept and a customer won are worth, and three limits that follow.

    Made by `keep_or_win`.

    Parameters
    ----------
    value_kept, value_won : float
        Lifetime value of a customer who is kept and of one who is won [money].
    cost_to_win : float
        What winning a customer costs, at least 0 [money].

    Raises
    ------
    TypeError
        If a figure is not a number.
    ValueError
        If ``cost_to_win`` is below 0 or not finite.

    See Also
    --------
    keep_or_win : How they are computed.

    Examples
    --------
    >>> from loyalkit import KeepOrWin
    >>> choice = KeepOrWin(value_kept=300, value_won=200, cost_to_win=150)
    >>> choice.cost_of_equal_gain, choice.cost_of_equal_return
    (250.0, 225.0)
    """

    value_kept: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    value_won: float = attrs.field(converter=to_float, validator=validate_figure, eq=nan_safe)
    cost_to_win: float = attrs.field(converter=to_float, validator=validate_amount)

    @property
    def gain_of_winning(self) -> float:
        """What is left of a customer won once the cost is paid [money]."""
        return self.value_won - self.cost_to_win

    @property
    def cost_of_equal_gain(self) -> float:
        """
        Cost of keeping a customer at which keeping leaves as much as winning one [money].

        The limit if there is room for one customer more, such as a seat or an hour. Above
        the value of the customer kept if winning loses money; NaN if both are infinite.
        """
        return self.value_kept - self.gain_of_winning

    @property
    def cost_of_equal_return(self) -> float:
        """
        Cost of keeping a customer at which a euro does as much as in winning one [money].

        The limit if the budget is what is scarce. NaN exactly if a customer won is worth
        nothing or less, or an infinite amount, or if winning is free and a customer kept is
        worth an infinite amount.
        """
        known = 0 < self.value_won < math.inf
        return self.value_kept * (self.cost_to_win / self.value_won) if known else math.nan


def keep_or_win(
    *,
    margin: float,
    retention: float,
    cost_to_win: float,
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
    new_margin: float | None = None,
    new_retention: float | None = None,
) -> KeepOrWin:
    """
    Tell what keeping one customer may cost, compared with winning a new one.

    That keeping is cheaper than winning is often said with one number for all. It depends
    on how much a new customer brings and how long a new one stays.

    Parameters
    ----------
    margin : float
        What the customer to be kept leaves a period [money].
    retention : float
        Probability of that customer's staying at the renewals after this one [fraction].
    cost_to_win : float
        What winning a new customer costs, per customer won, at least 0 [money].
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`, for both.
    horizon : int, optional
        As for `customer_lifetime_value`, for both [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value`, for both [fraction].
    new_margin : float, optional
        What a new customer leaves a period; without it, as much [money].
    new_retention : float, optional
        Probability of a new customer's staying; without it, the same [fraction]. New
        customers mostly leave sooner.

    Returns
    -------
    KeepOrWin
        Both values and the costs of keeping at which the two are equal. Costs are per
        customer who stays *because of* it; `break_even_cost` turns them into costs
        per benefit.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``cost_to_win`` is below 0, or as for `customer_lifetime_value`.

    See Also
    --------
    break_even_cost : If most who get a benefit would have stayed anyway.
    split_budget : If the next customer costs more than the last.

    Examples
    --------
    A member brings 100 euros a year and stays with 85 %; a new one brings 80 and stays
    with 60 %, and winning one costs 90. Up to which cost per member kept is it better to
    keep members, if money is what is scarce?

    >>> from loyalkit import keep_or_win
    >>> choice = keep_or_win(
    ...     margin=100, retention=0.85, new_margin=80, new_retention=0.6, cost_to_win=90,
    ...     discount=0.1,
    ... )
    >>> round(choice.value_kept), round(choice.value_won), round(choice.cost_of_equal_return)
    (440, 176, 225)
    """
    cost = at_least_0("cost_to_win", cost_to_win)
    terms = terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking)
    kept, rate = number("margin", margin), fraction("retention", retention)
    won = kept if new_margin is None else number("new_margin", new_margin)
    new_rate = rate if new_retention is None else fraction("new_retention", new_retention)
    return KeepOrWin(
        value_kept=float(worth(kept, terms.multiple(rate))),
        value_won=float(worth(won, terms.multiple(new_rate))),
        cost_to_win=cost,
    )
