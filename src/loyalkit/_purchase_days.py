"""
The purchases of a log until a day: what counts as one, and on which days they lie.

Conventions: days are calendar days of naive times, the last one counts whole. Amounts
of 0 or more are purchases, amounts below 0 are refunds; a log without amounts has
purchases only.
"""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from loyalkit._messages import instance, refuse, refuse_first
from loyalkit._rfm_kernels import Rows, distinct_days, key_shift, purchase_keys
from loyalkit._scalars import one_of
from loyalkit._times import instant, same_kind, whole_days
from loyalkit.transactions import Instant, Transactions

Refunds: TypeAlias = Literal["net", "exclude", "raise"]
"""What becomes of amounts below 0."""

_SECONDS = 86_400
_PER_DAY = {
    "D": 1,
    "h": 24,
    "m": 1440,
    "s": _SECONDS,
    "ms": _SECONDS * 10**3,
    "us": _SECONDS * 10**6,
    "ns": _SECONDS * 10**9,
}


def day_of(log: Transactions, as_of: Instant | int) -> tuple[Any, int]:
    """The day as the caller wrote it, a date or a day number, and as a number."""
    moment = instant("as_of", as_of)
    if moment.dtype.kind == "M" and np.datetime_data(moment.dtype)[0] in ("Y", "M", "W"):
        refuse("as_of", "must be a day such as 2017-01-31, not many of them", as_of)
    if log.n_rows:
        same_kind("as_of", moment, log.times)
    number = int(whole_days(moment))
    return (np.datetime64(number, "D") if moment.dtype.kind == "M" else number), number


def purchases_until(log: Transactions, last_day: int, refunds: Refunds = "net") -> Rows:
    """Rows of a log for the kernels."""
    instance("log", log, Transactions)
    one_of("refunds", refunds, ("net", "exclude", "raise"))
    ticks, per_day = _ticks(log.times)
    first, last = (int(ticks.min()), int(ticks.max())) if ticks.size else (0, 0)
    if last // per_day - first // per_day >= 2**31:
        refuse("times", "must span less than 2**31 days", log.times.min())
    if refunds == "raise" and log.amounts is not None:
        advice = "refunds='net' takes refunds off the total, refunds='exclude' leaves them out"
        early = ticks // per_day <= last_day
        wrong = (log.amounts < 0) & early
        refuse_first("amounts", f"must not be negative: {advice}", log.amounts, wrong)
    first_day = first // per_day
    # Capped, since a day far ahead must not widen the keys.
    return Rows(log.codes, ticks, per_day, first_day, min(last_day, last // per_day), log.amounts)


def _ticks(times: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    if times.dtype.kind != "M":
        return times.view(np.int64), 1
    unit, count = np.datetime_data(times.dtype)
    if unit in _PER_DAY and count == 1:
        return times.view(np.int64), _PER_DAY[unit]
    return whole_days(times), 1


def purchase_days(log: Transactions, last_day: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code and number of each customer's distinct purchase days until a day, in order."""
    rows = purchases_until(log, last_day)
    keys, _, _ = purchase_keys(rows, log.n_customers)
    codes, days = distinct_days(keys, key_shift(rows))
    return codes, days + rows.first_day
