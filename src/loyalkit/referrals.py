"""
What recommendations bring: customers, revenue, and what those who recommend are worth.

Conventions: rates are fractions, growth is over the revenue of the period before; money
is in any one unit, integers stay exact. Whether a new customer came by a recommendation
is asked of that customer; where nobody asked, it is not known, which is not no.
"""

import math
from typing import Any

import attrs

from loyalkit._messages import instance, refuse
from loyalkit._scalars import (
    count,
    fraction,
    number,
    to_amount,
    to_float,
    to_int,
    validate_amount,
    validate_count,
    validate_figure,
)
from loyalkit._unsettled import share_difference, share_interval
from loyalkit.intervals import Difference, Interval


def _count() -> Any:
    return attrs.field(default=0, converter=to_int, validator=validate_count)


def _amount() -> Any:
    return attrs.field(default=0, converter=to_amount, validator=validate_amount)


@attrs.frozen(kw_only=True)
class ReferralCounts:
    """
    How many new customers, or purchases, came by a recommendation; counts that add up.

    Parameters
    ----------
    referred : int, default 0
        Customers who came because somebody recommended it [customers].
    others : int, default 0
        Customers who came otherwise [customers].
    unknown : int, default 0
        Customers of whom it is not known [customers].

    Raises
    ------
    TypeError
        If a count is not a number.
    ValueError
        If a count is negative or fractional.

    See Also
    --------
    EarnedGrowth : What they bring.

    Examples
    --------
    Of 400 new customers 90 came by a recommendation, and 60 were not asked:

    >>> from loyalkit import ReferralCounts
    >>> spring = ReferralCounts(referred=90, others=250, unknown=60)
    >>> spring.rate, spring.bounds
    (0.225, (0.225, 0.375))
    >>> interval = spring.interval()
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.187, 0.423)
    """

    referred: int = _count()
    others: int = _count()
    unknown: int = _count()

    @property
    def n(self) -> int:
        """All of them, those of whom it is not known included [customers]."""
        return self.referred + self.others + self.unknown

    @property
    def rate(self) -> float:
        """Share of all who are known to be referred; NaN exactly without anybody [fraction]."""
        return self.bounds[0]

    @property
    def bounds(self) -> tuple[float, float]:
        """Share if nobody, and if everybody of whom it is not known was referred [fraction]."""
        if not self.n:
            return math.nan, math.nan
        return self.referred / self.n, (self.referred + self.unknown) / self.n

    def interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share of the referred.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            From the Wilson limit below the lower of `bounds` to that above the higher
            [fraction]; NaN exactly without anybody.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        return share_interval(*self._extremes, confidence)

    def difference(self, other: "ReferralCounts", confidence: float = 0.95) -> Difference:
        """
        Compare with other customers: this rate minus theirs.

        Parameters
        ----------
        other : ReferralCounts
            Counts of customers none of whom is in these.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Rate minus rate [fraction]; NaN exactly if one of them is. Interval and
            p-value as for `newcombe_difference`; where it is not known who was referred,
            the interval covers every case and the p-value is that of the case that
            speaks most against a difference.

        Raises
        ------
        TypeError
            If ``other`` holds no such counts.
        ValueError
            If ``confidence`` is not between 0 and 1.
        """
        instance("other", other, ReferralCounts)
        return share_difference(self.rate - other.rate, self._extremes, other._extremes, confidence)

    @property
    def _extremes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.referred, self.n), (self.referred + self.unknown, self.n)

    def __add__(self, other: "ReferralCounts") -> "ReferralCounts":
        if not isinstance(other, ReferralCounts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return ReferralCounts(
            referred=self.referred + other.referred,
            others=self.others + other.others,
            unknown=self.unknown + other.unknown,
        )

    def __radd__(self, other: int) -> "ReferralCounts":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


@attrs.frozen(kw_only=True)
class EarnedGrowth:
    r"""
    How much of the growth was earned by customers who came back and brought others.

    Amounts of disjoint customers add: regions, shops, shards of a log.

    Parameters
    ----------
    before : int or float, default 0
        Revenue of the earlier period.
    kept : int or float, default 0
        Revenue in the later period of those who were customers in the earlier one.
    earned : int or float, default 0
        Revenue of new customers who came by a recommendation.
    bought : int or float, default 0
        Revenue of new customers won by advertising, sales and promotion.
    unknown : int or float, default 0
        Revenue of new customers of whom it is not known why they came.

    Raises
    ------
    TypeError
        If an amount is not a number.
    ValueError
        If an amount is negative or not finite.

    See Also
    --------
    RevenueRetention : Where ``kept`` comes from: `RevenueRetention.net` times ``before``.
    ReferralCounts : The same for heads.

    Notes
    -----
    With the revenue :math:`B` before, :math:`K` kept, :math:`E` earned, :math:`P` bought and
    :math:`U` of unknown origin, the earned growth rate is [1]_

    .. math:: \frac{K}{B} + \frac{E}{B} - 1

    the rate of net revenue retention and of earned new customers, less 1. Growth as a
    whole has :math:`E + P + U` for :math:`E`. What is not known is neither earned nor
    bought; `bounds` say how much hangs on it. These are amounts of one period and no
    sample, so they have no interval; what they would be next year, nobody can say.

    References
    ----------
    .. [1] F. Reichheld, D. Darnell and M. Burns, Winning on Purpose. Boston: Harvard
       Business Review Press, 2021, appendix B.

    Examples
    --------
    Last year's customers bring 85 of 100, new customers 25 by recommendation and 20 by
    advertising. How much of the growth of 30 % is earned?

    >>> from loyalkit import EarnedGrowth
    >>> year = EarnedGrowth(before=100, kept=85, earned=25, bought=20)
    >>> year.growth, year.rate, round(year.ratio, 2)
    (0.3, 0.1, 0.33)

    If nobody had asked the new customers why they came:

    >>> EarnedGrowth(before=100, kept=85, unknown=45).bounds
    (-0.15, 0.3)
    """

    before: int | float = _amount()
    kept: int | float = _amount()
    earned: int | float = _amount()
    bought: int | float = _amount()
    unknown: int | float = _amount()

    @property
    def net_retention(self) -> float:
        """Revenue kept, to the revenue before; NaN exactly without revenue before [fraction]."""
        return _ratio(self.kept, self.before)

    @property
    def growth(self) -> float:
        """Growth of revenue as a whole; NaN exactly without revenue before [fraction]."""
        new = self.earned + self.bought + self.unknown
        return _ratio(self.kept + new - self.before, self.before)

    @property
    def rate(self) -> float:
        """Earned growth rate, of what is known to be earned; NaN as `growth` [fraction]."""
        return self.bounds[0]

    @property
    def bounds(self) -> tuple[float, float]:
        """Earned growth rate if nothing, and if all of unknown origin is earned [fraction]."""
        gained = self.kept + self.earned - self.before
        return _ratio(gained, self.before), _ratio(gained + self.unknown, self.before)

    @property
    def ratio(self) -> float:
        """
        Share of the growth that is earned, below 0 if less than nothing is [fraction].

        Of what is known to be earned. NaN exactly unless revenue grew.
        """
        return self.rate / self.growth if self.growth > 0 else math.nan

    def __add__(self, other: "EarnedGrowth") -> "EarnedGrowth":
        if not isinstance(other, EarnedGrowth):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return EarnedGrowth(
            before=self.before + other.before,
            kept=self.kept + other.kept,
            earned=self.earned + other.earned,
            bought=self.bought + other.bought,
            unknown=self.unknown + other.unknown,
        )

    def __radd__(self, other: int) -> "EarnedGrowth":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


@attrs.frozen(kw_only=True)
class ReferralValue:
    """
    What the recommendations of a customer are worth today.

    Made by `referral_value`.

    Parameters
    ----------
    brought : float
        Worth of those who would not have come otherwise, in the unit of the amounts.
    saved : float
        What was not spent on winning those who would have come anyway, less what was
        paid for them.

    See Also
    --------
    referral_value : The formula.
    """

    brought: float = attrs.field(converter=to_float, validator=validate_figure)
    saved: float = attrs.field(converter=to_float, validator=validate_figure)

    @property
    def total(self) -> float:
        """Both together, in the unit of the amounts."""
        return self.brought + self.saved


def referral_value(
    *,
    only_by_referral: int,
    anyway: int = 0,
    margin: float,
    upkeep: float = 0.0,
    incentive: float = 0.0,
    incentive_anyway: float = 0.0,
    saved_acquisition: float = 0.0,
    periods: int = 1,
    discount: float = 0.0,
) -> ReferralValue:
    r"""
    Say what a customer's recommendations are worth: value of those who came by them.

    Who would have come anyway counts only for what it would have cost to win them; all
    else about them is not owed to the recommendation. How many those are, no log tells:
    ask the new customers, or take a control group that is not invited to recommend.

    Parameters
    ----------
    only_by_referral : int
        Customers who came and would not have come otherwise [customers].
    anyway : int, default 0
        Customers who came by a recommendation and would have come anyway [customers].
    margin : float
        What one of them contributes in each period, in any one unit of money.
    upkeep : float, default 0.0
        What it costs in each period to keep one of them.
    incentive : float, default 0.0
        What was paid for the recommendation of one who came only by it.
    incentive_anyway : float, default 0.0
        What was paid for that of one who would have come anyway. The published formula
        leaves it out; most programmes pay the same for both.
    saved_acquisition : float, default 0.0
        What it would have cost to win one of them otherwise.
    periods : int, default 1
        How many periods count; all of them stay so long [periods].
    discount : float, default 0.0
        Rate at which a period later is worth less [fraction].

    Returns
    -------
    ReferralValue
        Worth at the start of the first period; money moves at the end of each.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If a number of customers or periods is negative or fractional, if an amount is not
        finite, or if ``discount`` is not a fraction.

    See Also
    --------
    ReferralCounts : How many come by recommendations.

    Notes
    -----
    With :math:`n_1` and :math:`n_2` customers of the two kinds, margin :math:`A`, upkeep
    :math:`M`, incentives :math:`a_1, a_2`, saved acquisition cost :math:`Q`, discount
    :math:`r` and :math:`T` periods [1]_,

    .. math::
        n_1 \left( \frac{Q - a_1}{1 + r} + \sum_{t=1}^{T} \frac{A - M}{(1 + r)^t} \right)
        + n_2 \frac{Q - a_2}{1 + r}

    Value of referrals counts the same money twice if it is added to the value of those
    who came.

    References
    ----------
    .. [1] V. Kumar, J. A. Petersen and R. P. Leone, "Driving Profitability by Encouraging
       Customer Referrals: Who, When, and How", Journal of Marketing 74 (5), 1-17, 2010.

    Examples
    --------
    Three customers came only by a recommendation, two would have come anyway:

    >>> from loyalkit import referral_value
    >>> value = referral_value(
    ...     only_by_referral=3,
    ...     anyway=2,
    ...     margin=100,
    ...     upkeep=5,
    ...     incentive=10,
    ...     saved_acquisition=30,
    ...     periods=2,
    ...     discount=0.1,
    ... )
    >>> round(value.brought, 2), round(value.saved, 2), round(value.total, 2)
    (549.17, 54.55, 603.72)
    """
    first, second = count("only_by_referral", only_by_referral), count("anyway", anyway)
    length, rate = count("periods", periods), fraction("discount", discount)
    if length < 1:
        refuse("periods", "must be at least 1", periods)
    each = number("margin", margin) - number("upkeep", upkeep)
    cost = number("saved_acquisition", saved_acquisition)
    paid = number("incentive", incentive), number("incentive_anyway", incentive_anyway)
    annuity = -math.expm1(-length * math.log1p(rate)) / rate if rate else float(length)
    return ReferralValue(
        brought=first * (each * annuity + (cost - paid[0]) / (1 + rate)),
        saved=second * (cost - paid[1]) / (1 + rate),
    )
