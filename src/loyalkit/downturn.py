"""
What a downturn costs in which fewer customers stay, and how far the loyal ones cushion it.

Conventions: as in `loyalkit.economics`. The downturn begins with the next renewal; the
margin of the present period is not touched. A loss is the value before less the value in the
downturn: above 0 if the downturn costs money. Losses of groups add up to that of the base.
"""

import math
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import complete, fractions
from loyalkit._messages import instance, refuse
from loyalkit._multiples import MOST_PERIODS, Booking, Terms, terms_of, worth
from loyalkit._scalars import count, fraction, nan_safe, number, to_float, validate_amount

__all__ = ["Cushion", "Downturn", "DownturnGroup", "downturn_cost"]


def _to_retention(value: Any) -> float:
    return fraction("retention", value)


def _to_downturn_retention(value: Any) -> float:
    return fraction("downturn_retention", value)


def _to_margin(value: Any) -> float:
    return number("margin", value)


@attrs.frozen(kw_only=True)
class DownturnGroup:
    """
    A group of customers who are alike, and how they stay in good times and bad.

    Parameters
    ----------
    customers : float
        How many there are, or which share of all they are.
    margin : float
        What one of them leaves a period [money].
    retention : float
        Probability of staying from one period to the next in good times [fraction].
    downturn_retention : float
        The same while the downturn is at its worst [fraction].

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``customers`` is below 0, or a rate is no fraction.

    Examples
    --------
    >>> from loyalkit import DownturnGroup
    >>> DownturnGroup(customers=200, margin=120, retention=0.9, downturn_retention=0.87).customers
    200.0
    """

    customers: float = attrs.field(converter=to_float, validator=validate_amount)
    margin: float = attrs.field(converter=_to_margin)
    retention: float = attrs.field(converter=_to_retention)
    downturn_retention: float = attrs.field(converter=_to_downturn_retention)


@attrs.frozen(kw_only=True)
class Cushion:
    """
    How much smaller a loss is because some customers stay more steadily than the others.

    Made by `Downturn.cushion`.

    Parameters
    ----------
    loss : float
        Loss of the whole base [money].
    labels : tuple
        The steady groups.
    parts : tuple of float
        What each of them takes off the loss; below 0 for one that is less steady than the
        others [money].

    See Also
    --------
    Downturn.cushion : What it compares.

    Examples
    --------
    >>> from loyalkit import Cushion
    >>> cushion = Cushion(loss=800, labels=("core", "split"), parts=(150.0, 50.0))
    >>> cushion.loss_without
    1000.0
    """

    loss: float = attrs.field(eq=nan_safe)
    labels: tuple[Any, ...]
    parts: tuple[float, ...]

    @property
    def by_group(self) -> dict[Any, float]:
        """What each of the steady groups takes off the loss [money]."""
        return dict(zip(self.labels, self.parts, strict=True))

    @property
    def total(self) -> float:
        """What they take off the loss together [money]."""
        return sum(self.parts)

    @property
    def loss_without(self) -> float:
        """Loss if they had stayed no more steadily than the others [money]."""
        return self.loss + self.total


@attrs.frozen(kw_only=True)
class Downturn:
    """
    Value of a customer base without and with a downturn, by group.

    Made by `downturn_cost`.

    Parameters
    ----------
    labels : tuple
        The groups.
    members : tuple of DownturnGroup
        Customers of each of them.
    severity : tuple of float
        Share of the full drop of retention at each renewal of the downturn [fraction].
    terms : tuple
        Discount, growth, horizon and booking, as `downturn_cost` was given them.

    See Also
    --------
    downturn_cost : How they are computed.

    Examples
    --------
    >>> from loyalkit import DownturnGroup, downturn_cost
    >>> everybody = DownturnGroup(
    ...     customers=1000, margin=100, retention=0.8, downturn_retention=0.7
    ... )
    >>> crisis = downturn_cost({"all": everybody}, periods=1, discount=0.25)
    >>> round(crisis.loss), round(crisis.loss_share, 3), round(crisis.customers_lost)
    (22222, 0.08, 100)
    """

    labels: tuple[Any, ...]
    members: tuple[DownturnGroup, ...]
    severity: tuple[float, ...]
    terms: Terms = attrs.field(repr=False)

    @property
    def groups(self) -> dict[Any, DownturnGroup]:
        """Customers by group."""
        return dict(zip(self.labels, self.members, strict=True))

    @property
    def values_before(self) -> dict[Any, float]:
        """Value of all customers of each group, if nothing happens [money]."""
        return {label: self._value(g, g.retention) for label, g in self.groups.items()}

    @property
    def values_after(self) -> dict[Any, float]:
        """Value of all customers of each group in the downturn [money]."""
        return {label: self._value(g, g.downturn_retention) for label, g in self.groups.items()}

    @property
    def losses(self) -> dict[Any, float]:
        """What the downturn costs in each group; NaN where the value is infinite [money]."""
        after = self.values_after
        return {label: value - after[label] for label, value in self.values_before.items()}

    @property
    def losses_per_customer(self) -> dict[Any, float]:
        """The same for each customer; NaN for a group without customers [money]."""
        losses = self.losses
        return {
            label: losses[label] / g.customers if g.customers else math.nan
            for label, g in self.groups.items()
        }

    @property
    def loss(self) -> float:
        """What the downturn costs in all [money]."""
        return sum(self.losses.values())

    @property
    def loss_share(self) -> float:
        """Loss as a share of the value of the base; NaN unless that is above 0 [fraction]."""
        value = sum(self.values_before.values())
        return self.loss / value if value > 0 else math.nan

    @property
    def customers_lost(self) -> float:
        """Customers fewer at the end of the downturn than without it [customers]."""
        return sum(g.customers * self._missing(g) for g in self.members)

    def without(self, *labels: Any) -> "Downturn":
        """
        Leave groups out, to see the downturn of the others.

        Parameters
        ----------
        *labels : label
            Groups to leave out.

        Returns
        -------
        Downturn
            The same downturn of the other groups. A base loses a smaller share of its
            value than the others do if the groups left out lose a smaller share.

        Raises
        ------
        ValueError
            If there is no group of that label, or none is left.

        Examples
        --------
        >>> from loyalkit import DownturnGroup, downturn_cost
        >>> groups = {
        ...     "core": DownturnGroup(
        ...         customers=200, margin=120, retention=0.9, downturn_retention=0.88
        ...     ),
        ...     "others": DownturnGroup(
        ...         customers=800, margin=60, retention=0.7, downturn_retention=0.55
        ...     ),
        ... }
        >>> crisis = downturn_cost(groups, periods=2, discount=0.1)
        >>> round(crisis.loss_share, 3), round(crisis.without("core").loss_share, 3)
        (0.119, 0.205)
        """
        self._refuse_unknown(labels)
        rest = {label: g for label, g in self.groups.items() if label not in labels}
        if not rest:
            refuse("labels", "must leave a group", [*labels])
        return attrs.evolve(self, labels=tuple(rest), members=tuple(rest.values()))

    def cushion(self, *labels: Any) -> Cushion:
        r"""
        Tell how much larger the loss would be if loyal groups stayed no more steadily.

        Parameters
        ----------
        *labels : label
            The loyal groups. At least one other group must have customers who stay.

        Returns
        -------
        Cushion
            The loss, and what each loyal group takes off it, which add up to the loss
            without the cushion.

        Raises
        ------
        ValueError
            If there is no group of that label, or nobody else stays in good times.

        Notes
        -----
        Of the other customers who would stay at a renewal in good times, the share
        :math:`k = \sum N r' / \sum N r` still stays in the downturn. Without steadiness, a
        loyal group's retention would fall from :math:`r` to :math:`k r`; its margin and its
        retention in good times stay as they are, so that the cushion is steadiness alone,
        not size or value.

        Examples
        --------
        >>> from loyalkit import DownturnGroup, downturn_cost
        >>> groups = {
        ...     "core": DownturnGroup(
        ...         customers=200, margin=120, retention=0.9, downturn_retention=0.88
        ...     ),
        ...     "others": DownturnGroup(
        ...         customers=800, margin=60, retention=0.7, downturn_retention=0.55
        ...     ),
        ... }
        >>> cushion = downturn_cost(groups, periods=2, discount=0.1).cushion("core")
        >>> round(cushion.loss), round(cushion.loss_without)
        (31320, 65020)
        """
        self._refuse_unknown(labels)
        others = [g for label, g in self.groups.items() if label not in labels]
        staying = sum(g.customers * g.retention for g in others)
        if not staying > 0:
            refuse("labels", "must leave customers who stay in good times", [*labels])
        kept = sum(g.customers * g.downturn_retention for g in others) / staying
        steady = {label: g for label, g in self.groups.items() if label in labels}
        parts = (
            self._value(g, g.downturn_retention) - self._value(g, min(1.0, kept * g.retention))
            for g in steady.values()
        )
        return Cushion(loss=self.loss, labels=tuple(steady), parts=tuple(parts))

    def _refuse_unknown(self, labels: tuple[Any, ...]) -> None:
        for label in labels:
            if label not in self.labels:
                refuse("labels", f"must be among {[*self.labels]}", label)

    def _rates(self, worst: float, group: DownturnGroup) -> NDArray[np.float64]:
        return group.retention + (worst - group.retention) * np.array(self.severity)

    def _value(self, group: DownturnGroup, worst: float) -> float:
        if not group.customers:
            return 0.0
        multiple = self.terms.path_multiple(self._rates(worst, group), group.retention)
        return group.customers * float(worth(group.margin, multiple))

    def _missing(self, group: DownturnGroup) -> float:
        before = group.retention ** len(self.severity)
        return before - float(np.prod(self._rates(group.downturn_retention, group)))


def downturn_cost(
    groups: Mapping[Any, DownturnGroup],
    *,
    periods: int,
    recovery: ArrayLike = (),
    discount: float = 0.0,
    booking: Booking = "at_once",
    horizon: int | None = None,
    growth: float = 0.0,
) -> Downturn:
    r"""
    Tell what it costs if fewer customers stay for some periods.

    A customer lost in a downturn is gone when it ends: the loss is not the revenue of the
    bad periods but all that these customers would still have brought.

    Parameters
    ----------
    groups : mapping of label to DownturnGroup
        The customers by segment, each with its own rates and margin. No customer is in two
        groups.
    periods : int
        Renewals at which retention is down by the whole drop, at least 0 [renewals].
    recovery : array_like, optional
        Share of the drop that is still there at each renewal after that: (0.5, 0.25) for
        one half and then a quarter [fraction].
    discount : float, default 0.0
        Interest of one period [fraction].
    booking : {"at_once", "period_end", "after_first"}, default "at_once"
        As for `customer_lifetime_value`. The loss is the same at once and after the
        first; its share of the value is not.
    horizon : int, optional
        As for `customer_lifetime_value` [periods].
    growth : float, default 0.0
        As for `customer_lifetime_value` [fraction].

    Returns
    -------
    Downturn
        Values and losses by group, per customer and in all, and what loyal groups cushion.

    Raises
    ------
    TypeError
        If an argument is not a number, or a group no `DownturnGroup`.
    ValueError
        If there is no group, if ``periods`` is not a whole number of at least 0, if there
        is neither a full nor a partial drop, if both together last more than a million
        renewals, if a share of the drop is no fraction, or as for
        `customer_lifetime_value`.

    See Also
    --------
    profit_effect : A change of retention for good.

    Notes
    -----
    At renewal :math:`j` of the downturn :math:`r - w_j (r - r')` of the customers stay,
    with the share :math:`w_j` of the drop; after it :math:`r`, for ever. The
    rates are the caller's assumption. They come from an earlier downturn at best.

    Examples
    --------
    A shop fears two bad years. Its core customers would hardly notice, the others leave more
    often, and of their drop a half remains in the third year. What does it cost, and how
    much more would it cost if the core stayed no more steadily than the others?

    >>> from loyalkit import DownturnGroup, downturn_cost
    >>> groups = {
    ...     "core": DownturnGroup(
    ...         customers=200, margin=120, retention=0.9, downturn_retention=0.88
    ...     ),
    ...     "others": DownturnGroup(
    ...         customers=800, margin=60, retention=0.7, downturn_retention=0.55
    ...     ),
    ... }
    >>> crisis = downturn_cost(groups, periods=2, recovery=[0.5], discount=0.1)
    >>> {label: round(loss) for label, loss in crisis.losses.items()}
    {'core': 5088, 'others': 29250}
    >>> cushion = crisis.cushion("core")
    >>> round(cushion.loss), round(cushion.loss_without)
    (34338, 72052)
    """
    if not groups:
        refuse("groups", "must hold at least one group", {})
    for label, group in groups.items():
        instance(f"groups[{label!r}]", group, DownturnGroup)
    renewals, after = (
        count("periods", periods),
        fractions("recovery", complete("recovery", recovery)),
    )
    if not 0 < renewals + after.size <= MOST_PERIODS:
        rule = f"must last from 1 to {MOST_PERIODS} renewals, recovery included"
        refuse("periods", rule, renewals)
    return Downturn(
        labels=tuple(groups),
        members=tuple(groups.values()),
        severity=(1.0,) * renewals + tuple(after.tolist()),
        terms=terms_of(discount=discount, growth=growth, horizon=horizon, booking=booking),
    )
