"""
What became of last period's revenue: gross and net revenue retention.

Conventions: revenue is what a customer brought in a period, 0 or more, in any one unit;
integers, such as cents, stay exact. A customer is *existing* with revenue in the earlier
period. What those brought is retained, lost by contraction, or churned with the customer:
before = retained + contraction + churned, after = retained + expansion + new + reactivated.
"""

import math
from typing import Any, SupportsIndex

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import numbers, same_length, truths
from loyalkit._kernels import period_index
from loyalkit._labels import positions
from loyalkit._messages import instance, refuse_first
from loyalkit._scalars import to_amount, transition_at, validate_amount
from loyalkit._times import ticks
from loyalkit.transactions import Periods, Transactions, Values


def _amount() -> Any:
    return attrs.field(default=0, converter=to_amount, validator=validate_amount)


@attrs.frozen(kw_only=True)
class RevenueRetention:
    """
    What became of the revenue of one period in the next, as amounts that add up.

    Amounts of disjoint customers add: regions, shops, shards of a log. Made by
    `revenue_retention` or `from_transactions`, or from amounts that a report gives.

    Parameters
    ----------
    retained : int or float, default 0
        Revenue that existing customers brought in the earlier period and again in the
        later one: of each customer the smaller of the two.
    expansion : int or float, default 0
        What existing customers brought more than before.
    contraction : int or float, default 0
        What existing customers brought less than before, of those who brought something.
    churned : int or float, default 0
        Earlier revenue of customers who brought nothing in the later period.
    new : int or float, default 0
        Later revenue of customers never seen before.
    reactivated : int or float, default 0
        Later revenue of customers without revenue in the earlier period, but seen before.
    finished : bool, default True
        Whether both periods were observed whole.

    Raises
    ------
    TypeError
        If an amount is not a number.
    ValueError
        If an amount is negative or not finite.

    See Also
    --------
    RetentionCounts : The same for heads.

    Examples
    --------
    A subscription business starts with a monthly revenue of 100,000. Customers worth
    17,000 leave, others upgrade by 3,000:

    >>> from loyalkit import RevenueRetention
    >>> month = RevenueRetention(retained=83_000, churned=17_000, expansion=3_000)
    >>> month.gross, month.net
    (0.83, 0.86)
    """

    retained: int | float = _amount()
    expansion: int | float = _amount()
    contraction: int | float = _amount()
    churned: int | float = _amount()
    new: int | float = _amount()
    reactivated: int | float = _amount()
    finished: bool = True

    @classmethod
    def from_transactions(
        cls,
        log: Transactions,
        periods: Periods,
        transition: SupportsIndex,
        *,
        known_before: Values | None = None,
    ) -> "RevenueRetention":
        """
        Follow the revenue of a log from one period to the next.

        Parameters
        ----------
        log : Transactions
            Purchases with amounts.
        periods : Periods
            The periods.
        transition : int
            Position of the earlier period, 0 to ``periods.n_periods - 2``; negative
            positions count from the last transition.
        known_before : array_like, optional
            Ids of everybody who had been a customer before the log begins. Ids that are
            not in the log do no harm.

        Returns
        -------
        RevenueRetention
            The revenue of the two periods. Who has any row in the log before the later
            period is not new.

        Raises
        ------
        IndexError
            If there is no such transition.
        TypeError
            If ids or times are of another kind than those of the log, or if the position is
            not a whole number.
        ValueError
            If the log has no amounts, or if a customer's refunds exceed the purchases of
            the period: leave refunds out of the log, or date them back to the purchase.
            The place in the message is a position in ``log.customer_ids``.

        Examples
        --------
        >>> from loyalkit import Periods, RevenueRetention, Transactions
        >>> log = Transactions.from_arrays(
        ...     customers=["Ada", "Bo", "Ada", "Cleo"],
        ...     times=["2024-01-05", "2024-01-20", "2024-02-03", "2024-02-10"],
        ...     amounts=[100, 50, 80, 70],
        ... )
        >>> months = Periods.between("2024-01-01", "2024-03-01", "month")
        >>> february = RevenueRetention.from_transactions(log, months, 0)
        >>> february.contraction, february.churned, february.new
        (20, 50, 70)
        """
        instance("log", log, Transactions)
        instance("periods", periods, Periods)
        step = transition_at("transition", transition, periods.n_periods - 1)
        instants, edges = ticks(log.times, "edges", periods.edges)
        period = period_index(instants, edges)
        known = np.zeros(log.n_customers, bool)
        known[log.codes[instants < edges[step + 1]]] = True
        if known_before is not None:
            found = positions("known_before", log.customer_ids, known_before)
            known[found[found >= 0]] = True
        figures = revenue_retention(
            before=_totals(log, period == step),
            after=_totals(log, period == step + 1),
            known_before=known,
        )
        finished = bool(periods.finished[step : step + 2].all())
        return attrs.evolve(figures, finished=finished)

    @property
    def before(self) -> int | float:
        """Revenue of the earlier period."""
        return self.retained + self.contraction + self.churned

    @property
    def after(self) -> int | float:
        """Revenue of the later period."""
        return self.retained + self.expansion + self.new + self.reactivated

    @property
    def gross(self) -> float:
        """Share of the revenue that came again, 0 to 1; NaN without revenue before [fraction]."""
        return _share(self.retained, self.before)

    @property
    def net(self) -> float:
        """What existing customers bring, to what they brought; NaN without revenue before."""
        return _share(self.retained + self.expansion, self.before)

    @property
    def existing_share(self) -> float:
        """Share of later revenue by existing customers; NaN without revenue after [fraction]."""
        return _share(self.retained + self.expansion, self.after)

    def __add__(self, other: "RevenueRetention") -> "RevenueRetention":
        if not isinstance(other, RevenueRetention):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return RevenueRetention(
            retained=self.retained + other.retained,
            expansion=self.expansion + other.expansion,
            contraction=self.contraction + other.contraction,
            churned=self.churned + other.churned,
            new=self.new + other.new,
            reactivated=self.reactivated + other.reactivated,
            finished=self.finished and other.finished,
        )

    def __radd__(self, other: int) -> "RevenueRetention":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def revenue_retention(
    *, before: Values, after: Values, known_before: Values | None = None
) -> RevenueRetention:
    r"""
    Compare what the same customers brought in two periods.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Revenue of each customer in the earlier and in the later period, customers in the
        same order, in any one unit; 0 for none.
    known_before : array_like of bool, shape (n,), optional
        Who had been a customer at any time before the later period. Without it, all
        revenue of customers who had none before is counted as new.

    Returns
    -------
    RevenueRetention
        Gross and net retention, and the amounts behind them. Integers give exact amounts.

    Raises
    ------
    TypeError
        If ``before`` or ``after`` does not hold numbers, or ``known_before`` no truth
        values.
    ValueError
        If a revenue is missing, negative or not finite, or if the columns differ in
        length. A customer whose refunds exceed the purchases brought no revenue that
        could be retained: date refunds back to the purchase, or decide that it is 0.

    See Also
    --------
    RevenueRetention.from_transactions : The same from a log.
    retention_rate : The same for heads.

    Notes
    -----
    With revenues :math:`b_i` before and :math:`a_i` after,

    .. math::
        \mathrm{GRR} = \frac{\sum_{b_i > 0} \min(a_i, b_i)}{\sum b_i}, \qquad
        \mathrm{NRR} = \frac{\sum_{b_i > 0} a_i}{\sum b_i}

    so that GRR exceeds neither 1 nor NRR. A net rate above 1 may hide that many leave
    while a few grow; only the gross rate shows it.

    Examples
    --------
    Do we keep the revenue we have? One customer left, one buys less, one more, and one
    has come in:

    >>> from loyalkit import revenue_retention
    >>> year = revenue_retention(before=[300, 100, 100, 0], after=[0, 60, 180, 110])
    >>> year.gross, year.net
    (0.32, 0.48)
    >>> year.churned, year.contraction, year.expansion, year.new
    (300, 40, 80, 110)
    """
    earlier, later = _revenue("before", before), _revenue("after", after)
    same_length(before=earlier, after=later)
    known = truths(
        "known_before", np.zeros(later.size, bool) if known_before is None else known_before
    )
    same_length(before=earlier, known_before=known)
    both = np.minimum(earlier, later)
    arrived = earlier == 0
    return RevenueRetention(
        retained=_total(both),
        expansion=_total((later - both)[~arrived]),
        contraction=_total((earlier - both)[later > 0]),
        churned=_total(earlier[later == 0]),
        new=_total(later[arrived & ~known]),
        reactivated=_total(later[arrived & known]),
    )


def _revenue(name: str, values: Values) -> NDArray[Any]:
    revenue = numbers(name, values)
    rule = "must be at least 0: date refunds back to the purchase"
    refuse_first(name, rule, revenue, revenue < 0)
    return revenue


def _totals(log: Transactions, rows: NDArray[np.bool_]) -> NDArray[Any]:
    """What each customer of the log brought in some of its rows."""
    amounts = None if log.amounts is None else log.amounts[rows]
    part = attrs.evolve(log, codes=log.codes[rows], times=log.times[rows], amounts=amounts)
    return part.totals()


def _total(values: NDArray[Any]) -> int | float:
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):  # an infinite amount is refused afterwards
            return float(values.sum())
    if int(values.max(initial=0)) * values.size < 2**63:
        return int(values.sum())
    total: int = sum(values.tolist())
    return total
