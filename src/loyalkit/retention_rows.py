"""
Retention between two periods, straight from the columns of a log.

Conventions: as in `loyalkit.retention`. Nobody is numbered: one figure of a long column
needs the customers of two periods, and no table of everybody.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import complete, same_length
from loyalkit._blocks import blocks
from loyalkit._id_kernels import id_flows
from loyalkit._labels import comparable
from loyalkit._messages import instance, refuse
from loyalkit._times import ticks
from loyalkit._times import times as naive_times
from loyalkit.retention import RetentionCounts
from loyalkit.transactions import Periods, Values

__all__ = ["retention_between"]


def retention_between(customers: Values, times: Values, periods: Periods) -> RetentionCounts:
    """
    Count who stayed from one period to the next, from the rows of a log.

    For one figure from many rows: integers and text of up to eight letters need not be
    numbered for it, which takes half to a fourth of the time of a log. For several periods
    make a log once, see `retention_by_period`.

    Parameters
    ----------
    customers : array_like, shape (n,)
        Id of each row's customer: integers, text, UUIDs. Rows without one have to be left
        out before; what is blank text is a customer.
    times : array_like, shape (n,)
        Naive time of each row, or a whole day number. Every row counts as being there, so
        leave out what should not, such as refunds.
    periods : Periods
        The two periods. Rows before the first tell who had been a customer earlier;
        rows after the second play no part.

    Returns
    -------
    RetentionCounts
        The four flows, with the label of the later period.

    Raises
    ------
    TypeError
        If ids are of different kinds, or if dates meet day numbers.
    ValueError
        If an id or a time is missing, if the columns differ in length, if there are not
        two periods, or if one of them was not observed whole.

    See Also
    --------
    retention_by_period : The same for every period of a log.
    RetentionCounts.from_customers : The same from ids sorted out before.

    Examples
    --------
    >>> from loyalkit import Periods, retention_between
    >>> retention_between(
    ...     ["Ada", "Bo", "Cleo", "Ada", "Cleo", "Dai"],
    ...     ["2024-02-11", "2024-04-02", "2024-05-30", "2024-07-01", "2024-08-15", "2024-09-09"],
    ...     Periods.between("2024-04-01", "2024-10-01", "quarter"),
    ... )
    RetentionCounts(retained=1, lost=1, new=1, reactivated=1, periods=('2024Q3',))
    """
    instance("periods", periods, Periods)
    if periods.n_periods != 2:
        rule = "must be two: retention_by_period takes any number"
        refuse("periods", rule, periods.n_periods)
    if not periods.finished.all():
        unfinished = periods.labels[int(np.argmin(periods.finished))]
        rule = "must both be observed whole, up to an end that is no part of them"
        refuse("periods", rule, unfinished)
    (ids,) = comparable(customers=customers)
    instants = naive_times("times", complete("times", times))
    same_length(customers=ids, times=instants)
    instants, edges = ticks(instants, "edges", periods.edges)
    retained, lost, new, reactivated = id_flows(
        *_of_two_periods(ids, instants, edges), ids, instants < edges[0]
    )
    return RetentionCounts(
        retained=retained,
        lost=lost,
        new=new,
        reactivated=reactivated,
        periods=periods.labels[1:],
    )


def _of_two_periods(
    ids: NDArray[Any], instants: NDArray[np.int64], edges: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    start, middle, end = edges
    before, after = [ids[:0]], [ids[:0]]
    for rows in blocks(ids.size):
        instant = instants[rows]
        inside = instant >= start
        inside &= instant < end
        found, late = ids[rows].compress(inside), instant.compress(inside) >= middle
        before.append(found.compress(~late))
        after.append(found.compress(late))
    return np.concatenate(before), np.concatenate(after)
