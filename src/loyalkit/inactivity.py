"""
When silence means that a customer is lost, and how long each customer of a log stayed.

Conventions: time counts in days; several purchases on one day are one. Amounts below 0 are
refunds: they are no purchases, neither do they end a silence nor make a customer. The gap
after a customer's last purchase is open: it lasts at least until the day up to which
purchases are known.
"""

import math
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from loyalkit._arrays import frozen
from loyalkit._id_kernels import encode_integers
from loyalkit._messages import refuse
from loyalkit._purchase_days import day_of, purchase_days
from loyalkit._scalars import nan_safe, number, one_of, simple_fraction
from loyalkit.transactions import Instant, Transactions

Weighting: TypeAlias = Literal["customers", "gaps"]
"""Whether each customer counts once or each gap between purchases."""

_TOLERANCE = 1e-12
_ALL_DAYS = 2**63 - 1


class _History(NamedTuple):
    """Distinct purchase days, customer by customer, and the day up to which they are known."""

    codes: NDArray[np.int64]
    days: NDArray[np.int64]
    end: int

    @property
    def is_last(self) -> NDArray[np.bool_]:
        return np.append(self.codes[1:] != self.codes[:-1], True)[: self.codes.size]

    @property
    def is_first(self) -> NDArray[np.bool_]:
        return np.append(True, self.codes[1:] != self.codes[:-1])[: self.codes.size]


def _history(log: Transactions, as_of: Instant | int | None) -> _History:
    codes, days = purchase_days(log, _ALL_DAYS)
    end = int(days.max()) if days.size else 0
    if as_of is not None:
        _, last = day_of(log, as_of)
        if days.size and last < end:
            refuse("as_of", "must not be before the day of the last purchase", as_of)
        if days.size and last - int(days.min()) >= 2**53:
            refuse("as_of", "must be less than 2**53 days after the first purchase", as_of)
        end = last
    return _History(codes, days, end)


@attrs.frozen(kw_only=True)
class InactivityThreshold:
    """
    After how many days of silence most of those who will come back have come back.

    Made by `inactivity_threshold`.

    Parameters
    ----------
    days : float
        The threshold [days]; NaN if too many never come back for there to be one.
    quantile : float
        Share of the gaps after a purchase that close within the threshold [fraction].
    never_returning : float
        Share of the gaps that do not close within the longest one ever closed
        [fraction]; NaN for a log without purchases.
    closed_days : float
        The same quantile of the closed gaps alone [days]: too short, since gaps that
        are still open tend to be the long ones. NaN if nobody came back.
    weighting : {"customers", "gaps"}
        Whether each customer counted once or each gap.

    Examples
    --------
    >>> from loyalkit import Transactions, inactivity_threshold
    >>> log = Transactions.from_arrays(customers=[1, 1, 1, 2, 2, 3], times=[0, 7, 21, 2, 9, 21])
    >>> threshold = inactivity_threshold(log, quantile=0.5)
    >>> threshold.days, threshold.never_returning
    (7.0, 0.0)
    """

    days: float = attrs.field(eq=nan_safe)
    quantile: float
    never_returning: float = attrs.field(eq=nan_safe)
    closed_days: float = attrs.field(eq=nan_safe)
    weighting: Weighting

    @property
    def is_known(self) -> bool:
        """Whether so many come back that there is a threshold."""
        return not math.isnan(self.days)

    @override
    def __str__(self) -> str:
        of = "customers' gaps" if self.weighting == "customers" else "gaps"
        if self.is_known:
            return f"{self.quantile:.4g} of {of} close within {self.days:.4g} days"
        if math.isnan(self.never_returning):
            return f"no threshold for {self.quantile:.4g}: there is no purchase"
        never = f"{self.never_returning:.0%} of {of} are not seen to close"
        return f"no threshold for {self.quantile:.4g}: {never}"


def inactivity_threshold(
    log: Transactions,
    quantile: float = 0.95,
    *,
    as_of: Instant | int | None = None,
    weighting: Weighting = "customers",
) -> InactivityThreshold:
    r"""
    Find how long a silence must last before a customer may be called lost.

    Parameters
    ----------
    log : Transactions
        The purchase log. Rows with an amount below 0, refunds, are left out.
    quantile : float, default 0.95
        Share of the gaps after a purchase that are to close within the threshold
        [fraction].
    as_of : date, datetime64, str or int, optional
        Day up to which purchases are known, that of the last purchase by default.
    weighting : {"customers", "gaps"}, default "customers"
        Count each customer once, or each gap once. The latter speaks of purchases: those
        who buy often have most of the gaps.

    Returns
    -------
    InactivityThreshold
        The threshold [days], or that there is none: where more than 1 - ``quantile``
        are not seen to come back, no silence is long enough, and any number would be a
        guess.

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`, or ``as_of`` is not of the kind of its times.
    ValueError
        If ``quantile`` is not a fraction, if ``as_of`` lies before the last purchase, or if
        the log spans 2**31 days or more.

    See Also
    --------
    customer_lifetimes : Who is lost by such a threshold, and after how long.

    Notes
    -----
    Gaps lie between distinct purchase days of a customer; the last is still open and
    censored. The quantile is that of the Kaplan-Meier estimate. With "gaps" every gap
    counts 1. With "customers" the closed gaps of a customer count 1 together, and an open
    gap counts where it is the only one: since customers with short gaps have more of
    them, weighing open gaps along would favour the long ones [1]_.

    References
    ----------
    .. [1] M.-C. Wang and S.-H. Chang, "Nonparametric Estimation of a Recurrent Survival
       Function", Journal of the American Statistical Association 94, 146-153, 1999.

    Examples
    --------
    >>> from loyalkit import Transactions, inactivity_threshold
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Ada", "Bo", "Cleo"],
    ...     times=["2024-01-05", "2024-02-04", "2024-01-20", "2024-01-08"],
    ... )
    >>> print(inactivity_threshold(log, as_of="2024-06-30"))
    no threshold for 0.95: 67% of customers' gaps are not seen to close
    """
    share = float(simple_fraction("quantile", quantile))
    one_of("weighting", weighting, ("customers", "gaps"))
    history = _history(log, as_of)
    closed, weights, open_gaps = _gaps(history, weighting)
    times, place = encode_integers(np.concatenate([closed, open_gaps]))
    events = np.bincount(place[: closed.size], weights, times.size)
    leaving = events + np.bincount(place[closed.size :], minlength=times.size)
    at_risk = np.cumsum(leaving[::-1])[::-1]
    open_share = np.cumprod(1 - events / at_risk, dtype=np.float64)
    closed_share = np.cumsum(events, dtype=np.float64) / (float(events.sum()) or math.nan)
    return InactivityThreshold(
        days=_first_reaching(times, 1 - open_share, share),
        quantile=share,
        never_returning=float(open_share[-1]) if times.size else math.nan,
        closed_days=_first_reaching(times, closed_share, share),
        weighting=weighting,
    )


def _gaps(
    history: _History, weighting: Weighting
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Closed gaps with their weights, and the open gaps that count."""
    again = ~history.is_first
    closed = np.diff(history.days, prepend=0)[again]
    owners = history.codes[again]
    open_gaps = history.end - history.days[history.is_last]
    if weighting == "gaps":
        return closed, np.ones(closed.size), open_gaps
    n_closed = np.bincount(owners, minlength=int(history.codes.max(initial=0)) + 1)
    never_back = n_closed[history.codes[history.is_last]] == 0
    return closed, 1 / n_closed[owners], open_gaps[never_back]


def _first_reaching(times: NDArray[np.int64], shares: NDArray[np.float64], share: float) -> float:
    reached = np.flatnonzero((shares >= share - _TOLERANCE) & (shares > 0))
    return float(times[reached[0]]) if reached.size else math.nan


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerLifetimes:
    """
    How long each customer of a log stayed, and who is lost.

    Made by `customer_lifetimes`.

    Attributes
    ----------
    customer_ids : ndarray, shape (n,)
        Customers with a purchase, sorted.
    durations : ndarray, shape (n,)
        From the first purchase until the customer was lost, or to the end [days].
    lost : ndarray of bool, shape (n,)
        Whether the silence at the end is as long as the threshold.
    n_without_purchase : int
        Customers of the log who have refunds only, left out [customers].

    See Also
    --------
    kaplan_meier : The curve.
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    durations: NDArray[Any] = attrs.field(converter=frozen)
    lost: NDArray[np.bool_] = attrs.field(converter=frozen)
    n_without_purchase: int = 0

    @override
    def __repr__(self) -> str:
        counts = f"n_customers={self.lost.size}, n_lost={int(np.count_nonzero(self.lost))}"
        if self.n_without_purchase:
            counts += f", n_without_purchase={self.n_without_purchase}"
        return f"CustomerLifetimes({counts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(CustomerLifetimes, **attrs.asdict(self, recurse=False)), ()


def customer_lifetimes(
    log: Transactions, *, threshold: float, as_of: Instant | int | None = None
) -> CustomerLifetimes:
    """
    Tell who of a log is lost, after how long, and who is still a customer.

    Parameters
    ----------
    log : Transactions
        The purchase log. Rows with an amount below 0, refunds, are left out.
    threshold : float
        Silence after which a customer is lost [days].
    as_of : date, datetime64, str or int, optional
        Day up to which purchases are known, that of the last purchase by default.

    Returns
    -------
    CustomerLifetimes
        A customer is lost at the last purchase + ``threshold`` if that is not after
        ``as_of``, else last seen at ``as_of``; durations run from the first purchase. An
        earlier silence, however long, ended with a purchase and loses nobody. Customers
        without a purchase are left out and counted.

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`, or ``as_of`` is not of the kind of its times.
    ValueError
        If ``threshold`` is not a finite number above 0, if ``as_of`` lies before the last
        purchase, or if the log spans 2**31 days or more.

    See Also
    --------
    inactivity_threshold : How long a silence must last.

    Examples
    --------
    Three months of silence make a lost customer. Who is lost by the end of June?

    >>> from loyalkit import Transactions, customer_lifetimes, kaplan_meier
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Ada", "Bo", "Cleo"],
    ...     times=["2024-01-05", "2024-05-04", "2024-01-20", "2024-06-08"],
    ... )
    >>> stays = customer_lifetimes(log, threshold=91, as_of="2024-06-30")
    >>> stays.customer_ids[stays.lost].tolist(), stays.durations.tolist()
    (['Bo'], [177, 91, 22])
    >>> round(kaplan_meier(durations=stays.durations, lost=stays.lost).survival(120), 3)
    0.5
    """
    silence = number("threshold", threshold)
    if silence <= 0:
        refuse("threshold", "must be more than 0 days", threshold)
    history = _history(log, as_of)
    first, last = history.days[history.is_first], history.days[history.is_last]
    # Whole days stay integers.
    wait: int | float = int(silence) if silence.is_integer() else silence
    lost = last + wait <= history.end
    return CustomerLifetimes(
        customer_ids=log.customer_ids[history.codes[history.is_first]],
        durations=np.where(lost, last + wait, history.end) - first,
        lost=lost,
        n_without_purchase=log.n_customers - lost.size,
    )
