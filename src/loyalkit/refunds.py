"""
Purchases and refunds of each customer apart, and what is left.

Conventions: amounts of a log above 0 are purchases, those below are refunds; both are kept
as amounts of at least 0, in the unit of the log. Refunds are netted by customer, since
whoever buys for 1,000 and returns all of it is no large customer; they are kept apart, since
a shop with many of them has another problem than one with few.
"""

import math
from functools import partial
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import frozen
from loyalkit._kernels import exact_total
from loyalkit._messages import instance, refuse
from loyalkit.transactions import Transactions


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RefundSplit:
    """
    What each customer bought, and what was returned.

    Made by `split_refunds`.

    Parameters
    ----------
    customer_ids : ndarray, shape (n,)
        The customers, sorted, read-only.
    gross : ndarray of int64 or float64, shape (n,)
        Purchases of each customer, read-only.
    refunds : ndarray of int64 or float64, shape (n,)
        Refunds of each customer, 0 or more, read-only.

    See Also
    --------
    split_refunds : How it is made.
    """

    customer_ids: NDArray[Any] = attrs.field(converter=frozen)
    gross: NDArray[Any] = attrs.field(converter=frozen)
    refunds: NDArray[Any] = attrs.field(converter=frozen)

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    def __repr__(self) -> str:
        return (
            f"RefundSplit(n_customers={self.gross.size}, gross={exact_total(self.gross)}, "
            f"refunds={exact_total(self.refunds)}, n_net_negative={self.n_net_negative})"
        )

    @property
    def net(self) -> NDArray[Any]:
        """Purchases less refunds of each customer, negative for some, read-only."""
        left = self.gross - self.refunds
        if left.dtype.kind == "f":
            # What floats leave when everything was returned is rounding, not a loss.
            rounding = 1e-12 * np.maximum(self.gross, self.refunds)
            left = np.where(np.abs(left) <= rounding, 0.0, left)
        return frozen(left)

    @property
    def n_net_negative(self) -> int:
        """Customers who were refunded more than they bought in the log [customers]."""
        return int(np.count_nonzero(self.net < 0))

    @property
    def n_without_purchase(self) -> int:
        """Customers with refunds, or nothing, only [customers]."""
        return int(np.count_nonzero(self.gross == 0))

    @property
    def refund_share(self) -> float:
        """All refunds over all purchases; NaN exactly if nothing was bought [fraction]."""
        gross = exact_total(self.gross)
        return exact_total(self.refunds) / gross if gross else math.nan

    def equals(self, other: "RefundSplit") -> bool:
        """
        Tell whether another split has the same customers and amounts.

        Parameters
        ----------
        other : RefundSplit
            The split to compare with.

        Returns
        -------
        bool
            True if ids, purchases and refunds agree.
        """
        pairs = zip(attrs.astuple(self), attrs.astuple(other), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)


def split_refunds(log: Transactions) -> RefundSplit:
    """
    Add up purchases and refunds of each customer, apart.

    Parameters
    ----------
    log : Transactions
        Purchases, with refunds as amounts below 0.

    Returns
    -------
    RefundSplit
        Purchases, refunds and net of each customer; exact where amounts are integers.

    Raises
    ------
    TypeError
        If ``log`` is not a `Transactions`.
    ValueError
        If the log has no amounts.
    OverflowError
        If purchases or refunds of a customer do not fit into 64 bits.

    See Also
    --------
    Concentration : Takes what customers bought, or what is left where nobody is below 0.
    whale_curve : Takes what is left, be it negative.

    Examples
    --------
    Ada returns everything, Bo a purchase from before the log:

    >>> from loyalkit import Concentration, Transactions, split_refunds
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Ada", "Bo", "Cleo"],
    ...     times=["2024-01-02", "2024-01-09", "2024-01-15", "2024-01-20"],
    ...     amounts=[900, -900, -20, 100],
    ... )
    >>> split = split_refunds(log)
    >>> split
    RefundSplit(n_customers=3, gross=1000, refunds=920, n_net_negative=1)
    >>> split.net
    array([   0,  -20,  100])

    Who must not be negative is worth nothing, if you say so:

    >>> Concentration.from_values(split.net.clip(0)).n_zero
    2
    """
    instance("log", log, Transactions)
    if log.amounts is None:
        refuse("amounts", "must be given to tell purchases from refunds", None)
    purchases = attrs.evolve(log, amounts=np.maximum(log.amounts, 0))
    returned = attrs.evolve(log, amounts=np.minimum(log.amounts, 0))
    totals = returned.totals()
    if totals.dtype.kind == "i" and (totals == np.iinfo(np.int64).min).any():
        raise OverflowError("refunds of each customer must be less than 2**63")
    return RefundSplit(customer_ids=log.customer_ids, gross=purchases.totals(), refunds=0 - totals)
