"""
Who really bought again: what customers say in a survey against what a log shows.

Conventions: time counts in days. A customer *came back* if the log has a purchase on one
of the ``horizon`` days after the day of the answer; that day itself does not count, since
surveys often follow a purchase. Amounts below 0 are refunds and no purchases, so that nobody
comes back to return something. Whoever's horizon is not over yet is kept apart, bought
again or not, as those who come back early are seen first.
"""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import complete, frozen, same_length
from loyalkit._kernels import first_by_code
from loyalkit._labels import encode, positions
from loyalkit._messages import instance, refuse, refuse_first, refuse_type
from loyalkit._scalars import count, is_scalar
from loyalkit._times import instant, same_kind, whole_days
from loyalkit._times import times as naive_times
from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.repurchase_counts import RepurchaseByLevel, RepurchaseCounts
from loyalkit.survival import KaplanMeier, kaplan_meier
from loyalkit.transactions import Instant, Transactions, Values


def came_back(
    log: Transactions,
    *,
    customers: Values,
    answered: Values | Instant | int,
    horizon: int,
    as_of: Instant | int | None = None,
) -> NDArray[np.float64]:
    """
    Tell of each customer who was asked whether a purchase followed.

    Parameters
    ----------
    log : Transactions
        The purchase log. It should begin well before the survey: a customer counts whom it
        shows on the day of the answer or before.
    customers : array_like, shape (m,)
        Id of each customer who was asked, once each.
    answered : date, datetime64, str or int, or array_like, shape (m,)
        Day of the answer, one for all or one for each.
    horizon : int
        How many days after that day a purchase counts as coming back [days].
    as_of : date, datetime64, str or int, optional
        Day up to which purchases are known, that of the last purchase by default.

    Returns
    -------
    ndarray of float64, shape (m,)
        1 for customers who bought again within the horizon, 0 for those who did not. NaN
        exactly where that cannot be judged: the horizon ends after ``as_of``, or the log does
        not show the customer on the day of the answer or before.

    Raises
    ------
    TypeError
        If ``log`` is no `Transactions`, if ids are not of the kind of those in the log, or
        days not of the kind of its times.
    ValueError
        If something is missing, if lengths differ, if a customer is there twice, if
        ``horizon`` is not a whole number above 0, or ``as_of`` lies before the last purchase.

    See Also
    --------
    repurchase_by_level : The same by level of attachment, counted.
    key_drivers : What goes with it.

    Examples
    --------
    >>> from loyalkit import Transactions, came_back
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Bo", "Ada", "Bo", "Cleo"],
    ...     times=["2024-01-08", "2024-02-02", "2024-03-20", "2024-06-11", "2024-06-12"],
    ... )
    >>> came_back(log, customers=["Ada", "Bo", "Cleo"], answered="2024-03-01", horizon=60)
    array([ 1.,  0., nan])
    """
    status = _status(_followed(log, customers, answered, as_of), horizon)
    result: NDArray[np.float64] = frozen(np.array([1, 0, np.nan, np.nan, np.nan])[status])
    return result


def repurchase_by_level(
    log: Transactions,
    *,
    customers: Values,
    levels: Classification[Attachment],
    answered: Values | Instant | int,
    horizon: int,
    as_of: Instant | int | None = None,
) -> RepurchaseByLevel:
    """
    Tell who of the customers who were asked really came back, by what they had said.

    Do those who love the firm come back more often than those who like it? Whoever wants to
    know must ask first and count afterwards, and must not count customers whose time is not
    over yet: at any early day those who have come back are seen, and the others are not.

    Parameters
    ----------
    log : Transactions
        The purchase log. It should begin well before the survey: a customer counts whom it
        shows on the day of the answer or before.
    customers : array_like, shape (m,)
        Id of each customer who was asked, once each.
    levels : Classification of Attachment, m customers
        What each of them said, in the same order, as by `attachment_levels`.
    answered : date, datetime64, str or int, or array_like, shape (m,)
        Day of the answer, one for all or one for each.
    horizon : int
        How many days after that day a purchase counts as coming back [days].
    as_of : date, datetime64, str or int, optional
        Day up to which purchases are known, that of the last purchase by default.

    Returns
    -------
    RepurchaseByLevel
        Counts of each level: who came back within the horizon, who did not, and apart those
        whose horizon ends after ``as_of``, whom the log shows only later, or not at all.

    Raises
    ------
    TypeError
        If ``log`` or ``levels`` is of another kind, if ids are not of the kind of those in
        the log, or days not of the kind of its times.
    ValueError
        If something is missing, if lengths differ, if a customer is there twice, if
        ``horizon`` is not a whole number above 0, or ``as_of`` lies before the last purchase.

    See Also
    --------
    RepurchaseByLevel.trend : Whether a stronger bond goes with coming back.
    repurchase_curves : How long it takes, the unfinished horizons included.

    Notes
    -----
    Only customers who answered are in it, and these are not like the others.

    Examples
    --------
    Six customers were asked on 1 March. Who bought again within 60 days?

    >>> from loyalkit import Transactions, attachment_levels, repurchase_by_level
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Bo", "Cleo", "Dai", "Eve", "Ada", "Bo", "Dai", "Eve"],
    ...     times=["2024-01-08", "2024-02-02", "2024-02-20", "2024-02-21", "2024-03-01"]
    ...     + ["2024-03-20", "2024-04-11", "2024-06-01", "2024-06-30"],
    ... )
    >>> asked = ["Ada", "Bo", "Cleo", "Dai", "Eve", "Fay"]
    >>> levels = attachment_levels([10, 9, 7, 8, 3, 9], like_from=7, love_from=9)
    >>> observed = repurchase_by_level(
    ...     log, customers=asked, levels=levels, answered="2024-03-01", horizon=60
    ... )
    >>> observed.love
    RepurchaseCounts(returned=2, stayed_away=0, unfinished=0, new_to_log=0, not_in_log=1)
    >>> {level.name: rate for level, rate in observed.rates.items()}
    {'LOW': 0.0, 'LIKE': 0.0, 'LOVE': 1.0}

    Does a stronger bond go with coming back? Five customers cannot tell:

    >>> round(observed.trend().p_value, 3)
    0.051
    """
    survey = _followed(log, customers, answered, as_of)
    _check_levels(levels, survey)
    status = _status(survey, horizon)
    table = np.bincount((levels.codes + 1) * 5 + status, minlength=20).reshape(4, 5).tolist()
    undetermined, low, like, love = (
        RepurchaseCounts(
            returned=row[0],
            stayed_away=row[1],
            unfinished=row[2],
            new_to_log=row[3],
            not_in_log=row[4],
        )
        for row in table
    )
    return RepurchaseByLevel(
        low=low, like=like, love=love, undetermined=undetermined, horizon=int(horizon)
    )


def repurchase_curves(
    log: Transactions,
    *,
    customers: Values,
    levels: Classification[Attachment],
    answered: Values | Instant | int,
    as_of: Instant | int | None = None,
) -> dict[Attachment, KaplanMeier]:
    """
    Tell how long it takes until customers come back, by what they had said.

    Nobody's time has to be over: whoever has not come back counts for as long as the log
    goes. Customers whom the log does not show on the day of the answer or before are left
    out, as by `repurchase_by_level`, which counts them.

    Parameters
    ----------
    log : Transactions
        The purchase log.
    customers : array_like, shape (m,)
        Id of each customer who was asked, once each.
    levels : Classification of Attachment, m customers
        What each of them said, in the same order.
    answered : date, datetime64, str or int, or array_like, shape (m,)
        Day of the answer, one for all or one for each.
    as_of : date, datetime64, str or int, optional
        Day up to which purchases are known, that of the last purchase by default.

    Returns
    -------
    dict of Attachment to KaplanMeier
        For each level the share of customers who have *not* come back yet after how many
        days; `log_rank` tells whether levels differ.

    Raises
    ------
    TypeError, ValueError
        As for `repurchase_by_level`.

    Examples
    --------
    >>> from loyalkit import Attachment, Transactions, attachment_levels, repurchase_curves
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Bo", "Cleo", "Ada", "Bo"], times=[3, 8, 9, 30, 41]
    ... )
    >>> levels = attachment_levels([10, 9, 9], like_from=7, love_from=9)
    >>> curves = repurchase_curves(
    ...     log, customers=["Ada", "Bo", "Cleo"], levels=levels, answered=10, as_of=60
    ... )
    >>> round(1 - curves[Attachment.LOVE].survival(25), 2), curves[Attachment.LOVE].median
    (0.33, 31.0)
    """
    survey = _followed(log, customers, answered, as_of)
    _check_levels(levels, survey)
    at_risk = survey.seen_before & (survey.observed >= 0)
    return {
        level: kaplan_meier(
            durations=np.where(survey.came_back, survey.wait, survey.observed)[chosen],
            lost=survey.came_back[chosen],
        )
        for level in Attachment
        for chosen in [at_risk & levels.mask(level)]
    }


class _Survey(NamedTuple):
    """What the log says of each customer who was asked."""

    position: NDArray[np.int64]
    """Place of the customer in the log, -1 where it has no purchase."""
    seen_before: NDArray[np.bool_]
    """Whether there is a purchase on the day of the answer or before."""
    came_back: NDArray[np.bool_]
    wait: NDArray[np.int64]
    """Days from the answer to the first purchase after its day, 0 where there is none."""
    observed: NDArray[np.int64]
    """Days from the answer to the end of the log."""


def _followed(
    log: Transactions,
    customers: Values,
    answered: Values | Instant | int,
    as_of: Instant | int | None,
) -> _Survey:
    instance("log", log, Transactions)
    ids = complete("customers", customers)
    position = positions("customers", log.customer_ids, ids)
    days, buyers = whole_days(log.times), log.codes
    if log.amounts is not None:
        bought = log.amounts >= 0
        days, buyers = days[bought], buyers[bought]
    asked = _days(log, "answered", answered, ids.size)
    distinct, codes = encode("customers", ids)
    twice = np.bincount(codes, minlength=distinct.size)[codes] > 1
    refuse_first("customers", "must be there once: choose one answer of each", ids, twice)
    end = int(days.max()) if days.size else 0
    if as_of is not None:
        given = int(_days(log, "as_of", as_of, 1)[0])
        if days.size and given < end:
            refuse("as_of", "must not be before the day of the last purchase", as_of)
        end = given
    # One place more than there are customers is for those whom the log does not have.
    n_places = log.n_customers + 1
    asked_at = np.full(n_places, np.iinfo(np.int64).max)
    asked_at[position] = asked
    after = days > asked_at[buyers]
    ever, seen_before = np.zeros(n_places, bool), np.zeros(n_places, bool)
    ever[buyers], seen_before[buyers[~after]] = True, True
    next_day = first_by_code(buyers[after], days[after], n_places)[position]
    came_back = next_day < np.iinfo(np.int64).max
    return _Survey(
        position=np.where(ever[position], position, -1),
        seen_before=seen_before[position],
        came_back=came_back,
        wait=np.where(came_back, next_day, asked) - asked,
        observed=end - asked,
    )


def _status(survey: _Survey, horizon: Any) -> NDArray[np.int64]:
    """What became of each customer, as places of the counts; what is set later comes first."""
    days = count("horizon", horizon)
    if not days:
        refuse("horizon", "must be a whole number of days above 0", horizon)
    status = np.where(survey.came_back & (survey.wait <= days), 0, 1)
    status[survey.observed < days] = 2
    status[~survey.seen_before] = 3
    status[survey.position < 0] = 4
    return status


def _check_levels(levels: Classification[Attachment], survey: _Survey) -> None:
    instance("levels", levels, Classification)
    if levels.labels is not Attachment:
        refuse_type("levels", "must have Attachment labels", levels.labels.__name__)
    same_length(customers=survey.position, levels=levels.codes)


def _days(log: Transactions, name: str, given: Any, size: int) -> NDArray[np.int64]:
    """Day numbers of one instant for all or one for each, of the kind of the log's times."""
    single = is_scalar(given) or isinstance(given, str | dt.date | np.datetime64)
    moments = instant(name, given) if single else naive_times(name, complete(name, given))
    if log.n_rows and moments.size:
        same_kind(name, moments, log.times)
    days = whole_days(moments)
    if days.shape not in ((), (size,)):
        refuse(name, f"must be one day, or one for each of {size} customers", f"{days.size} days")
    return np.broadcast_to(days, (size,))
