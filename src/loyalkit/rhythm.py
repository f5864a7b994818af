"""
Who buys regularly by the gaps between purchases: by their length, or against one's own.

Conventions: gaps lie between distinct purchase days of a customer. The gap after the last
purchase is still open; it counts with the days it has lasted so far. Refunds are no
purchases. Codes and reasons are those of `Regularity`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyalkit._messages import instance, refuse
from loyalkit._purchase_days import day_of, purchase_days
from loyalkit._rfm_kernels import sorted_by_code
from loyalkit._scalars import count, number, simple_fraction
from loyalkit.regularity import Regularity, WhyUnknown, settled
from loyalkit.transactions import Instant, Transactions

_ROUNDING = 1e-12


class _Gaps(NamedTuple):
    """Gaps of each customer, closed and, after the last purchase, open; 0 of all if none came."""

    owners: NDArray[np.int64]
    closed: NDArray[np.int64]
    n_closed: NDArray[np.int64]
    came: NDArray[np.bool_]
    age: NDArray[np.int64]
    longest: NDArray[np.int64]


def _gaps(log: Transactions, as_of: Instant | int) -> _Gaps:
    instance("log", log, Transactions)
    _, last_day = day_of(log, as_of)
    codes, bought = purchase_days(log, last_day)
    starts = np.append(True, codes[1:] != codes[:-1])[: codes.size]
    ends = np.append(starts[1:], True)[: codes.size]
    came = np.zeros(log.n_customers, bool)
    came[codes[starts]] = True
    age, longest = np.zeros(log.n_customers, np.int64), np.zeros(log.n_customers, np.int64)
    age[codes[starts]] = last_day - bought[starts]
    longest[codes[ends]] = last_day - bought[ends]
    owners, closed = codes[~starts], np.diff(bought, prepend=0)[~starts]
    np.maximum.at(longest, owners, closed)
    n_closed = np.bincount(owners, minlength=log.n_customers)
    return _Gaps(owners, closed, n_closed, came, age, longest)


def regular_by_longest_gap(
    log: Transactions, *, as_of: Instant | int, days: float, minimum_gaps: int = 2
) -> Regularity:
    """
    Call those regular who were never away for longer than so many days.

    Parameters
    ----------
    log : Transactions
        The purchase log.
    as_of : date, datetime64, str or int
        The last day that counts. Later rows are left out; the gap since the last
        purchase runs until then.
    days : float
        Longest gap of a regular customer [days].
    minimum_gaps : int, default 2
        Gaps between purchase days that it takes to call a customer regular.

    Returns
    -------
    Regularity
        One longer gap settles that a customer is not regular. Else TOO_SHORT if the first
        purchase is not more than ``days`` ago, since no gap can have been longer, or has
        not been made yet; TOO_FEW if there are fewer gaps than it takes. ``figures`` are
        the longest gaps, the running one included [days].

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`, or ``as_of`` is not of the kind of its times.
    ValueError
        If ``days`` is not a finite number above 0, or ``minimum_gaps`` is not whole.

    See Also
    --------
    inactivity_threshold : How long a gap may be before most do not come back.
    regular_by_own_rhythm : Gaps against the customer's own.

    Notes
    -----
    The longest of many gaps is longer than the longest of few: of two customers with the
    same habit, the one who has been here for longer fails more easily. Take the log of a
    fixed span, such as the last year, if old and new customers are to be compared.

    Examples
    --------
    >>> from loyalkit import Transactions, regular_by_longest_gap
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Ada", "Ada", "Bo", "Bo", "Cleo"], times=[0, 25, 50, 0, 45, 60]
    ... )
    >>> habit = regular_by_longest_gap(log, as_of=70, days=30)
    >>> habit.codes, habit.figures
    (array([ 1,  0, -1], dtype=int8), array([25., 45., 10.]))
    """
    limit, fewest = number("days", days), count("minimum_gaps", minimum_gaps)
    if limit <= 0:
        refuse("days", "must be more than 0", days)
    gaps = _gaps(log, as_of)
    within = gaps.longest <= limit
    return settled(
        log.customer_ids,
        within,
        {
            WhyUnknown.TOO_SHORT: gaps.age <= limit,
            WhyUnknown.TOO_FEW: within & (gaps.n_closed < fewest),
        },
        np.where(gaps.came, gaps.longest, np.nan),
        f"no gap longer than {limit:g} days, the running one included",
    )


def regular_by_own_rhythm(
    log: Transactions,
    *,
    as_of: Instant | int,
    quantile: float = 0.5,
    times: float = 3.0,
    minimum_gaps: int = 4,
) -> Regularity:
    r"""
    Call those regular whose gaps are alike: none many times as long as is usual for them.

    Parameters
    ----------
    log : Transactions
        The purchase log.
    as_of : date, datetime64, str or int
        The last day that counts. Later rows are left out; the gap since the last
        purchase runs until then.
    quantile : float, default 0.5
        Quantile of a customer's own gaps that stands for the usual one [fraction].
    times : float, default 3.0
        How many times as long as that the longest gap may be, at least 1.
    minimum_gaps : int, default 4
        Gaps between purchase days that it takes to speak of a rhythm.

    Returns
    -------
    Regularity
        TOO_SHORT for whoever has not bought yet, TOO_FEW for those with fewer gaps than it
        takes. ``figures`` are the longest gaps, the running one included, over the usual.

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`, or ``as_of`` is not of the kind of its times.
    ValueError
        If ``quantile`` is not a fraction above 0, ``times`` is not at least 1, or
        ``minimum_gaps`` is not a whole number above 0.

    See Also
    --------
    regular_by_longest_gap : Gaps against a number of days.

    Notes
    -----
    The usual gap of :math:`k` gaps is the one at rank :math:`\lceil q k \rceil`, an observed
    one. The running gap is judged and does not take part in it. With ``times=1`` and a
    quantile below 1 hardly anybody is regular, as some of one's own gaps are always longer;
    with ``quantile=1`` only the running gap can fail.

    Who buys at random, with the same chance every day, passes by luck: with the defaults 35 %
    of those with 4 gaps, 20 % with 10, 7 % with 20, if they buy once in some months. Gaps of
    few days differ less: of those who buy every third day on average it is 55, 38 and 21 %.
    Of customers whose gaps vary half as much (a coefficient of variation of 0.5) 85 to 88 %
    pass (simulated).

    A customer who used to come weekly and now comes monthly fails while the weeks prevail
    among the gaps, and has a new rhythm thereafter.

    Examples
    --------
    Ada comes about weekly, Bo now and then; Cleo's rhythm has stopped:

    >>> from loyalkit import Transactions, regular_by_own_rhythm
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada"] * 5 + ["Bo"] * 5 + ["Cleo"] * 5,
    ...     times=[60, 66, 74, 81, 88, 0, 2, 3, 60, 80, 5, 12, 19, 26, 33],
    ... )
    >>> habit = regular_by_own_rhythm(log, as_of=90)
    >>> habit.codes, habit.figures.round(1)
    (array([1, 0, 0], dtype=int8), array([ 1.1, 28.5,  8.1]))
    """
    share, factor = simple_fraction("quantile", quantile), number("times", times)
    fewest = count("minimum_gaps", minimum_gaps)
    if not share:
        refuse("quantile", "must be more than 0", quantile)
    if factor < 1:
        refuse("times", "must be at least 1", times)
    if fewest < 1:
        refuse("minimum_gaps", "must be at least 1", minimum_gaps)
    gaps = _gaps(log, as_of)
    enough = gaps.came & (gaps.n_closed >= fewest)
    figures = np.full(log.n_customers, np.nan)
    figures[enough] = gaps.longest[enough] / _usual(gaps, float(share))[enough]
    return settled(
        log.customer_ids,
        figures <= factor * (1 + _ROUNDING),
        {WhyUnknown.TOO_SHORT: ~gaps.came, WhyUnknown.TOO_FEW: ~enough},
        figures,
        f"no gap longer than {factor:g} times the {float(share):g} quantile of one's own",
    )


def _usual(gaps: _Gaps, quantile: float) -> NDArray[np.int64]:
    """Gap at the quantile of each customer's own, 0 where there is none."""
    if not gaps.closed.size:
        return np.zeros(gaps.n_closed.size, np.int64)
    ordered = sorted_by_code(gaps.owners, gaps.closed, gaps.n_closed.size)
    rank = np.ceil(quantile * gaps.n_closed * (1 - _ROUNDING)).astype(np.int64)
    before = np.cumsum(gaps.n_closed) - gaps.n_closed
    place = np.minimum(before + np.maximum(rank, 1) - 1, ordered.size - 1)
    return np.where(gaps.n_closed > 0, ordered[place], 0)
