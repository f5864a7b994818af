"""
Who buys regularly, against other customers or period by period, and who cannot be told yet.

Conventions: what regular means is the caller's choice, and each rule says what it asks.
None looks at money, since a rare large order is no habit. Days are calendar days, refunds
are no purchases. Who is asked too early stays unknown, code -1, with the reason. Codes are
1 and 0 for yes and no, as `Evidence` takes them. The day a customer first bought counts
for no rule: it was a purchase by definition.
"""

import math
from enum import IntEnum
from itertools import compress
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from loyalkit._arrays import equal_arrays, frozen, quotients
from loyalkit._kernels import count_bits
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._purchase_days import day_of, purchase_days
from loyalkit._scalars import count, simple_fraction
from loyalkit.activity import Activity
from loyalkit.classification import Classification
from loyalkit.intervals import wilson_interval
from loyalkit.tiers import UsageTier, usage_tiers
from loyalkit.transactions import Instant, Transactions

__all__ = [
    "BuyingHabit",
    "Regularity",
    "WhyUnknown",
    "regular_by_active_periods",
    "regular_by_usage",
]


class BuyingHabit(IntEnum):
    """Whether a customer buys regularly; the values are those of `Evidence`."""

    REGULAR = 1
    IRREGULAR = 0


class WhyUnknown(IntEnum):
    """Why nobody can tell yet whether a customer buys regularly."""

    TOO_SHORT = 0
    TOO_FEW = 1
    UNCLEAR = 2


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Regularity(Classification[BuyingHabit]):
    """
    Who buys regularly by a rule, who does not, and why the others are not known.

    Made by one of the rules: `regular_by_usage`, `regular_by_active_periods`,
    `regular_by_longest_gap` or `regular_by_own_rhythm`.

    Parameters
    ----------
    codes : ndarray of int8, shape (n,)
        1 for regular, 0 for not, -1 for not known.
    customer_ids : ndarray, shape (n,)
        The customers, sorted, as in the log.
    reasons : ndarray of int8, shape (n,)
        `WhyUnknown` of customers whose habit is not known; -1 for all others.
    figures : ndarray of float64, shape (n,)
        What the rule looked at, customer by customer; NaN where there is nothing.
    rule : str
        The rule in one sentence.

    See Also
    --------
    Evidence : Takes ``codes`` as ``buys_regularly``.
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    reasons: NDArray[np.int8] = attrs.field(converter=frozen)
    figures: NDArray[np.float64] = attrs.field(converter=frozen)
    rule: str
    labels: type[BuyingHabit] = attrs.field(init=False, default=BuyingHabit)

    @property
    def unknown(self) -> dict[WhyUnknown, int]:
        """Customers whose habit is not known, by reason [customers]."""
        return {why: int(np.count_nonzero(self.reasons == int(why))) for why in WhyUnknown}

    @override
    def equals(self, other: Classification[Any]) -> bool:
        """
        Tell whether another result says the same of the same customers.

        Parameters
        ----------
        other : Classification
            The result to compare with.

        Returns
        -------
        bool
            True if rule, customers, codes, reasons and figures agree.
        """
        return (
            isinstance(other, Regularity)
            and self.rule == other.rule
            and equal_arrays(self.customer_ids, other.customer_ids)
            and np.array_equal(self.codes, other.codes)
            and np.array_equal(self.reasons, other.reasons)
            and np.array_equal(self.figures, other.figures, equal_nan=True)
        )


def settled(
    customer_ids: NDArray[Any],
    regular: NDArray[np.bool_],
    unknown: dict[WhyUnknown, NDArray[np.bool_]],
    figures: NDArray[np.float64],
    rule: str,
) -> Regularity:
    """Regularity of customers; of several reasons why it is not known, the first counts."""
    reasons = np.full(regular.size, -1, np.int8)
    for why, customers in reversed(unknown.items()):
        reasons[customers] = why
    codes = np.where(reasons == -1, regular, -1).astype(np.int8)
    return Regularity(
        customer_ids=customer_ids, codes=codes, reasons=reasons, figures=figures, rule=rule
    )


def regular_by_usage(
    log: Transactions,
    *,
    as_of: Instant | int,
    window: int,
    tiers: tuple[UsageTier, ...] = (UsageTier.HEAVY, UsageTier.MEDIUM),
    cuts: tuple[float, float] = (0.2, 0.5),
) -> Regularity:
    """
    Call those regular who buy on more days than others, in the same last days.

    Parameters
    ----------
    log : Transactions
        The purchase log.
    as_of : date, datetime64, str or int
        The last day that counts. Later rows are left out.
    window : int
        How many days up to ``as_of`` to look at [days].
    tiers : tuple of UsageTier, default (HEAVY, MEDIUM)
        The tiers that are regular.
    cuts : (float, float), default (0.2, 0.5)
        Fractions of the users at which the tiers are cut, as in `usage_tiers`.

    Returns
    -------
    Regularity
        TOO_SHORT for whoever first bought within the window, or not yet: all others were
        customers throughout it, and only they are ranked. ``figures`` are purchase days
        in the window.

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`, ``as_of`` is not of the kind of its times, or
        ``tiers`` holds anything but tiers.
    ValueError
        If ``window`` is not a whole number above 0, or a cut is out of range.

    See Also
    --------
    usage_tiers : The tiers.

    Notes
    -----
    The rule is relative: with the default cuts about half of the users are regular, in a
    shop that all visit daily as in one that all visit yearly. Use it to tell customers
    apart, not to see whether there are more regular ones than last year.

    Examples
    --------
    >>> from loyalkit import Transactions, regular_by_usage
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Ada", "Ada", "Bo", "Bo", "Cleo", "Dan"],
    ...     times=[0, 40, 50, 1, 60, 2, 70],
    ... )
    >>> habit = regular_by_usage(log, as_of=90, window=60)
    >>> dict(zip(habit.customer_ids.tolist(), habit.codes.tolist()))
    {'Ada': 1, 'Bo': 0, 'Cleo': 0, 'Dan': -1}
    >>> habit.rule
    'usage tier HEAVY or MEDIUM by purchase days in the last 60 days'
    """
    instance("log", log, Transactions)
    days = count("window", window)
    if days < 1:
        refuse("window", "must be at least 1 day", window)
    for tier in tiers:
        if not isinstance(tier, UsageTier):  # pyright: ignore[reportUnnecessaryIsInstance]
            refuse_type("tiers", "must be of type UsageTier", repr(tier))
    _, last_day = day_of(log, as_of)
    codes, bought = purchase_days(log, last_day)
    early = bought <= last_day - days
    there = np.zeros(log.n_customers, bool)
    there[codes[early]] = True
    usage = np.bincount(codes[~early], minlength=log.n_customers)
    regular = np.zeros(log.n_customers, bool)
    regular[there] = np.isin(usage_tiers(usage[there], cuts=cuts).codes, [*map(int, tiers)])
    names = " or ".join(tier.name for tier in tiers)
    return settled(
        log.customer_ids,
        regular,
        {WhyUnknown.TOO_SHORT: ~there},
        np.where(there, usage, np.nan),
        f"usage tier {names} by purchase days in the last {days} days",
    )


def regular_by_active_periods(
    activity: Activity,
    *,
    share: float = 0.5,
    minimum_periods: int = 3,
    confidence: float | None = None,
) -> Regularity:
    """
    Call those regular who were active in most periods since they came.

    Parameters
    ----------
    activity : Activity
        Who was active in which period. Its periods set the rhythm: months for groceries,
        years for holidays.
    share : float, default 0.5
        Share of the periods in which a regular customer is active at least [fraction].
    minimum_periods : int, default 3
        Finished periods after the one of entry that it takes to judge a customer.
    confidence : float, optional
        If given, a customer is settled only where the whole Wilson interval of the share
        at this confidence [fraction] is on one side of ``share``.

    Returns
    -------
    Regularity
        TOO_SHORT for whoever came too late, or not yet; UNCLEAR where the interval leaves
        it open. ``figures`` are shares of periods.

    Raises
    ------
    TypeError
        If ``activity`` is not an `Activity`.
    ValueError
        If ``share`` or ``confidence`` is no fraction, or ``minimum_periods`` is not a whole
        number above 0.

    Notes
    -----
    Periods count from the one after the first activity, since that is active by
    definition; from the first for whoever was seen before. Unfinished periods do not
    count. The interval takes a customer's periods for independent of one another. With
    few of them it settles few: of three periods, three active ones are not enough for a
    share of one half.

    Examples
    --------
    Ada comes nearly every month, Bo came once, Cleo is new:

    >>> from loyalkit import Activity, regular_by_active_periods
    >>> table = [
    ...     [True, True, False, True, True],
    ...     [True, False, False, False, False],
    ...     [False, False, False, True, True],
    ... ]
    >>> habit = regular_by_active_periods(Activity.from_table(table))
    >>> habit.codes, habit.figures
    (array([ 1,  0, -1], dtype=int8), array([0.75, 0.  , 1.  ]))
    >>> habit.unknown
    {<WhyUnknown.TOO_SHORT: 0>: 1, <WhyUnknown.TOO_FEW: 1>: 0, <WhyUnknown.UNCLEAR: 2>: 0}
    """
    instance("activity", activity, Activity)
    limit, fewest = simple_fraction("share", share), count("minimum_periods", minimum_periods)
    if fewest < 1:
        refuse("minimum_periods", "must be at least 1", minimum_periods)
    active, periods = _periods_since_entry(activity)
    # Exact: share of so many periods, rounded up to whole ones.
    needed = np.array([math.ceil(limit * n) for n in range(activity.n_periods + 1)])
    regular = active >= needed[periods]
    unknown = {WhyUnknown.TOO_SHORT: periods < fewest}
    rule = f"active in at least {float(limit):g} of the periods since entry"
    if confidence is not None:
        low, high = wilson_interval(active, periods, confidence=confidence)
        regular = low >= float(limit)
        unknown[WhyUnknown.UNCLEAR] = ~(regular | (high < float(limit)))
        rule += f", at a confidence of {confidence:g}"
    return settled(activity.customer_ids, regular, unknown, quotients(active, periods), rule)


def _periods_since_entry(activity: Activity) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In how many of how many finished periods after the one of entry each was active."""
    finished = activity.periods.finished
    active = count_bits(compress(activity.bits, finished), activity.n_customers)
    entry = np.where(activity.seen_before, -1, activity.first_period)
    later = np.append(np.cumsum(finished[::-1])[::-1], 0)
    came = activity.seen_before | (entry >= 0)
    # Active at entry by definition, if that is a finished period at all.
    active -= (entry >= 0) & finished[entry]
    return np.where(came, active, 0), np.where(came, later[entry + 1], 0)
