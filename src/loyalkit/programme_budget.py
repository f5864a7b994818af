"""
How a budget is split between keeping and winning: until the last unit does equally much.

Conventions: money is in one unit. A response tells how many customers are kept, or won, for
what is spent in one period on one channel; each further customer costs more than the last.
What a customer is worth comes from elsewhere, such as `customer_lifetime_value`.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._messages import refuse, refuse_type
from loyalkit._scalars import at_least_0, nan_safe, number
from loyalkit.spending_responses import Response, SaturatingResponse, TabulatedResponse

__all__ = ["BudgetSplit", "split_budget"]


@attrs.frozen(kw_only=True)
class BudgetSplit:
    """
    A budget split over channels so that no other split brings more.

    Made by `split_budget`.

    Parameters
    ----------
    budget : float
        What may be spent in all [money].
    labels : tuple
        The channels.
    amounts : tuple of float
        What each channel gets [money].
    reached : tuple of float
        Customers kept or won by it [customers].
    worth : tuple of float
        What one of them is worth [money].
    return_of_last : float
        Value that the last unit of money brings, in every channel that is not used up;
        NaN if nothing is worth spending on.

    See Also
    --------
    split_budget : How it is found.

    Examples
    --------
    >>> from loyalkit import TabulatedResponse, split_budget
    >>> calls = TabulatedResponse(spend=[0, 1000], customers=[0, 40])
    >>> split = split_budget(1500, {"keep": calls}, values={"keep": 100})
    >>> split.spend, split.unspent, split.total_value
    ({'keep': 1000.0}, 500.0, 4000.0)
    """

    budget: float
    labels: tuple[Any, ...]
    amounts: tuple[float, ...]
    reached: tuple[float, ...]
    worth: tuple[float, ...]
    return_of_last: float = attrs.field(eq=nan_safe)

    @property
    def spend(self) -> dict[Any, float]:
        """What each channel gets [money]."""
        return self._by_channel(self.amounts)

    @property
    def customers(self) -> dict[Any, float]:
        """Customers kept or won by each channel [customers]."""
        return self._by_channel(self.reached)

    @property
    def unspent(self) -> float:
        """What is better not spent on any of these channels [money]."""
        return max(0.0, self.budget - math.fsum(self.amounts))

    @property
    def total_value(self) -> float:
        """Value of all customers kept and won [money]."""
        return math.fsum(n * value for n, value in zip(self.reached, self.worth, strict=True))

    @property
    def cost_of_last(self) -> dict[Any, float]:
        """
        Cost of one customer more in each channel at which the last unit is spent [money].

        Channels whose next customer costs more get no more; NaN if nothing is worth
        spending on, infinite where a customer has a worth and the last unit reaches nobody.
        """
        last = self.return_of_last
        return self._by_channel(
            value / last if last != 0 else math.copysign(math.inf, value) if value else math.nan
            for value in self.worth
        )

    def _by_channel(self, figures: Iterable[float]) -> dict[Any, float]:
        return dict(zip(self.labels, figures, strict=True))


def split_budget(
    budget: float,
    responses: Mapping[Any, Response],
    *,
    values: Mapping[Any, float],
    least_return: float = 1.0,
) -> BudgetSplit:
    r"""
    Split a budget so that the last unit brings equally much wherever it goes.

    Parameters
    ----------
    budget : float
        What may be spent in all, at least 0 [money].
    responses : mapping of label to TabulatedResponse or SaturatingResponse
        What spending does in each channel, such as keeping and winning. No channel may
        reach customers whom another one reaches: they would be counted twice.
    values : mapping of label to float
        What one customer kept or won there is worth, costs not taken off [money].
    least_return : float, default 1.0
        Value that a unit of money must bring to be spent. With 0, all is spent that does
        anything at all.

    Returns
    -------
    BudgetSplit
        What each channel gets, and what the last unit brings. Where channels are equally
        good and the money does not suffice for all, each gets the same part of what it
        could use.

    Raises
    ------
    TypeError
        If an argument is not a number, or a response of another kind.
    ValueError
        If an amount is below 0 or not finite, or if ``values`` and ``responses`` are not
        for the same channels.

    See Also
    --------
    keep_or_win : One customer against another.

    Notes
    -----
    With values :math:`v_i` and responses :math:`n_i`, the split maximises
    :math:`\sum_i v_i n_i(x_i)`. Where it spends on channel i,
    :math:`v_i n_i'(x_i) = \lambda`, the same for all. Straight pieces are filled in the
    order of their slopes; between two slopes the saturating curves
    share :math:`x_i = s_i \ln(v_i N_i / (s_i \lambda))` with :math:`s_i = h_i / \ln 2`,
    which gives :math:`\lambda` in closed form. It is exact, whatever the mixture.

    Examples
    --------
    Calls to members who are about to leave keep 40 for the first 1,000 euros and 20 more for
    the next 2,000; advertising wins at most 300 customers, half of them for 6,000 euros. A
    member kept is worth 267 euros, a new customer 150. How should 8,000 euros be split?

    >>> from loyalkit import SaturatingResponse, TabulatedResponse, split_budget
    >>> responses = {
    ...     "keep": TabulatedResponse(spend=[0, 1000, 3000], customers=[0, 40, 60]),
    ...     "win": SaturatingResponse(most=300, half_spend=6000),
    ... }
    >>> split = split_budget(8000, responses, values={"keep": 267, "win": 150})
    >>> {channel: round(euros) for channel, euros in split.spend.items()}
    {'keep': 2232, 'win': 5768}
    >>> round(split.return_of_last, 2)
    2.67
    """
    money, least = at_least_0("budget", budget), at_least_0("least_return", least_return)
    if set(values) != set(responses):
        rule = "must be for the channels of responses"
        refuse("values", rule, sorted(map(str, values)))
    worth = {label: number(f"values[{label!r}]", values[label]) for label in responses}
    channels = [_channel(label, responses[label], worth[label]) for label in responses]
    last, spend = _fill(money, channels, least)
    reached = (r.customers_for(x) for r, x in zip(responses.values(), spend, strict=True))
    return BudgetSplit(
        budget=money,
        labels=tuple(responses),
        amounts=tuple(spend),
        reached=tuple(reached),
        worth=tuple(worth.values()),
        return_of_last=last,
    )


class _Channel(NamedTuple):
    """Straight pieces by return and length, and a curve by its first return and its scale."""

    returns: NDArray[np.float64]
    lengths: NDArray[np.float64]
    first_return: float
    scale: float

    def demand(self, level: float, *, through: bool) -> float:
        """What is worth spending if a unit must bring more, or at least as much if through."""
        enough = self.returns >= level if through else self.returns > level
        pieces = float(self.lengths[enough].sum())
        return pieces + self.curve(math.log(level)) if self.first_return > level else pieces

    def curve(self, log_level: float) -> float:
        return self.scale * (math.log(self.first_return) - log_level)


_NO_PIECES = np.empty(0)


def _channel(label: Any, response: Any, value: float) -> _Channel:
    if isinstance(response, SaturatingResponse):
        scale = response.half_spend / math.log(2)
        return _Channel(_NO_PIECES, _NO_PIECES, value * response.most / scale, scale)
    if not isinstance(response, TabulatedResponse):
        kinds = "must be a TabulatedResponse or a SaturatingResponse"
        refuse_type(f"responses[{label!r}]", kinds, type(response).__name__)
    lengths = np.diff(response.spend)
    # Rounding may have bent a straight line by a bit.
    slopes = np.minimum.accumulate(np.diff(response.customers) / lengths)
    return _Channel(value * slopes, lengths, 0.0, 0.0)


def _fill(budget: float, channels: list[_Channel], least: float) -> tuple[float, list[float]]:
    """Return of the last unit, and what each channel gets."""
    returns = {float(x) for c in channels for x in (*c.returns, c.first_return)}
    levels = [x for x in sorted(returns, reverse=True) if x > 0 and x >= least]
    if not levels:
        return math.nan, [0.0] * len(channels)

    def demands(level: float, *, through: bool) -> list[float]:
        return [c.demand(level, through=through) for c in channels]

    found = bisect_left(levels, budget, key=lambda x: math.fsum(demands(x, through=True)))
    if found == len(levels):
        level, spend = levels[-1], demands(levels[-1], through=True)
        scales = [c.scale if c.first_return >= level else 0.0 for c in channels]
        log_least = math.log(least) if least else -math.inf
        return _by_curves(budget, level, spend, scales, log_least)
    level = levels[found]
    above, at = demands(level, through=False), demands(level, through=True)
    if math.fsum(above) >= budget:
        scales = [c.scale if c.first_return > level else 0.0 for c in channels]
        return _by_curves(budget, level, above, scales, math.log(level))
    part = (budget - math.fsum(above)) / (math.fsum(at) - math.fsum(above))
    return level, [x + part * (y - x) for x, y in zip(above, at, strict=True)]


def _by_curves(
    budget: float, level: float, spend: list[float], scales: list[float], log_least: float
) -> tuple[float, list[float]]:
    """Let the curves take what is left of the budget, or give back what is too much."""
    total = math.fsum(scales)
    if not total:
        return level, spend
    log_last = max(log_least, math.log(level) - (budget - math.fsum(spend)) / total)
    moved = math.log(level) - log_last
    return math.exp(log_last), [max(0.0, x + s * moved) for x, s in zip(spend, scales, strict=True)]
