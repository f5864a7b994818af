"""
What share of their needs customers buy here, and who buys only here.

Conventions: shares are fractions. A share of requirements counts purchases, units or
occasions of a category, a share of wallet counts money; both need to know what customers
buy elsewhere, which a firm's own log does not say: a panel or a survey does. Buying
elsewhere too is normal. In most markets customers have a repertoire of brands, and even a
leading brand usually meets less than half of the needs of its buyers.
"""

from enum import IntEnum
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import (
    as_given,
    broadcast,
    column,
    counts,
    floats,
    frozen,
    present_numbers,
    quotients,
    rounding_of,
    same_length,
)
from loyalkit._messages import refuse, refuse_first, refuse_together
from loyalkit._scalars import Number, count, fraction, is_scalar
from loyalkit.classification import Classification
from loyalkit.intervals import wilson_interval


class BuyingScope(IntEnum):
    """Whether a customer buys only here; the values are those of `Evidence`."""

    EXCLUSIVE = 1
    REPERTOIRE = 0


@overload
def share_of_requirements(own: Number, total: Number) -> float: ...
@overload
def share_of_requirements(own: ArrayLike, total: ArrayLike) -> NDArray[np.float64]: ...
def share_of_requirements(own: ArrayLike, total: ArrayLike) -> float | NDArray[np.float64]:
    """
    Share of what customers need of a category that they buy here.

    Parameters
    ----------
    own : array_like
        What each customer bought here: purchases, units or money.
    total : array_like
        What each customer bought of the category anywhere, here included, in the same
        unit. The two broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Share of each customer [fraction]. A float if both arguments are scalars. NaN
        exactly where ``total`` is 0.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If an amount is missing, negative or not finite, if somebody bought more here
        than anywhere, or if the shapes do not fit together.

    See Also
    --------
    share_of_wallet : From what customers spend here and elsewhere.
    exclusive_by_purchases : Who buys only here, from counts.

    Notes
    -----
    The share of a brand, as panels report it, is that of all its buyers together: the sum
    of ``own`` over the sum of ``total`` of the customers with ``own`` above 0 [1]_. The mean
    of the customers' shares is larger, since those who buy little of the category can
    hardly spread it: whoever buys once is loyal by arithmetic.

    References
    ----------
    .. [1] A. S. C. Ehrenberg, M. D. Uncles and G. J. Goodhardt, "Understanding Brand
       Performance Measures: Using Dirichlet Benchmarks", Journal of Business Research 57,
       1307-1325, 2004.

    Examples
    --------
    Of 12, 3 and 0 purchases of coffee, how many were ours, customer by customer?

    >>> from loyalkit import share_of_requirements
    >>> share_of_requirements([6, 3, 0], [12, 3, 0])
    array([0.5, 1. , nan])

    And of the coffee of all of them?

    >>> share_of_requirements(6 + 3, 12 + 3)
    0.6
    """
    mine, everything = _amounts(own=own, total=total)
    refuse_together("own must not exceed total", mine > everything, own=mine, total=everything)
    share: float | NDArray[np.float64] = as_given(quotients(mine, everything), own, total)
    return share


@overload
def share_of_wallet(here: Number, elsewhere: Number) -> float: ...
@overload
def share_of_wallet(here: ArrayLike, elsewhere: ArrayLike) -> NDArray[np.float64]: ...
def share_of_wallet(here: ArrayLike, elsewhere: ArrayLike) -> float | NDArray[np.float64]:
    """
    Share of their money that customers spend here, from two answers of a survey.

    Parameters
    ----------
    here : array_like
        What each customer spends here.
    elsewhere : array_like
        What each customer spends on the same at all others together, in the same unit
        and time. The two broadcast against one another.

    Returns
    -------
    float or ndarray of float64
        Share of each customer [fraction]. A float if both arguments are scalars. NaN
        exactly where both amounts are 0.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If an amount or the sum of two is missing, negative or not finite, or if the shapes
        do not fit together.

    See Also
    --------
    share_of_requirements : From what customers bought here and in all.
    wallet_allocation : From a rank among the brands, where amounts are too much to ask.

    Notes
    -----
    People remember the amount they spend here better than what they spend elsewhere. Where
    the log knows the first, take it from there and ask for the second.

    Examples
    --------
    80 euros a month here and 40 elsewhere:

    >>> from loyalkit import share_of_wallet
    >>> round(share_of_wallet(80, 40), 3)
    0.667
    """
    mine, others = _amounts(here=here, elsewhere=elsewhere)
    with np.errstate(over="ignore"):
        both = mine + others
    rule = "here and elsewhere must add up to a finite amount"
    refuse_together(rule, ~np.isfinite(both), here=mine, elsewhere=others)
    share: float | NDArray[np.float64] = as_given(quotients(mine, both), here, elsewhere)
    return share


@overload
def wallet_allocation(rank: Number, brands: Number) -> float: ...
@overload
def wallet_allocation(rank: ArrayLike, brands: ArrayLike) -> NDArray[np.float64]: ...
def wallet_allocation(rank: ArrayLike, brands: ArrayLike) -> float | NDArray[np.float64]:
    r"""
    Guess the share of wallet from the rank that customers give us among the brands they use.

    Parameters
    ----------
    rank : array_like
        Our rank, 1 for the favourite. Where brands are tied, the mean of the ranks that
        they share: 1.5 for both of two favourites.
    brands : array_like
        How many brands the customer uses, ours included. The two broadcast against one
        another.

    Returns
    -------
    float or ndarray of float64
        Share of wallet [fraction]; over all brands of a customer they add up to 1. A
        float if both arguments are scalars.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If ``brands`` is not a whole number of at least 1, if ``rank`` is not from 1 to
        ``brands`` in steps of 1/2, or if the shapes do not fit together.

    See Also
    --------
    share_of_wallet : From what customers say they spend.

    Notes
    -----
    With rank :math:`r` among :math:`N` brands the wallet allocation rule [1]_ gives

    .. math:: \left(1 - \frac{r}{N + 1}\right) \frac{2}{N}

    The rule knows nothing but ranks: of two brands the favourite always gets 2/3, be it
    ahead by a hair or by a mile. It is made for markets where many customers use several
    brands, at least 40 % by its authors, and for the mean over a brand's customers; a
    single customer's true share may be far away.

    References
    ----------
    .. [1] T. Keiningham, L. Aksoy, L. Williams and A. Buoye, The Wallet Allocation Rule:
       Winning the Battle for Share. Hoboken, NJ: Wiley, 2015.

    Examples
    --------
    First, second and third of three brands:

    >>> from loyalkit import wallet_allocation
    >>> wallet_allocation([1, 2, 3], 3).round(3)
    array([0.5  , 0.333, 0.167])

    Two brands that a customer likes equally well:

    >>> wallet_allocation(1.5, 2)
    0.5
    """
    scalar = is_scalar(rank) and is_scalar(brands)
    numbers_used = np.array(count("brands", brands)) if scalar else counts("brands", brands)
    ranks, n_brands = broadcast(rank=floats("rank", rank), brands=numbers_used)
    refuse_first("brands", "must be at least 1", n_brands, n_brands < 1)
    refuse_together(
        "rank must be from 1 to brands",
        (ranks < 1) | (ranks > n_brands),
        rank=ranks,
        brands=n_brands,
    )
    advice = "of tied brands give the mean rank"
    uneven = 2 * ranks != np.floor(2 * ranks)
    refuse_first("rank", f"must be a multiple of 1/2: {advice}", ranks, uneven)
    # One division of whole numbers, so that 2/3 is the float nearest to it.
    n = n_brands.astype(np.float64)
    share = 2 * (n + 1 - ranks) / (n * (n + 1))
    return float(share) if scalar else frozen(share)


def exclusive_by_share(share: ArrayLike, *, above: float) -> Classification[BuyingScope]:
    """
    Tell who buys as good as only here, from a share of requirements or of wallet.

    Parameters
    ----------
    share : array_like, shape (n,)
        Share of each customer [fraction], NaN or None where it is not known.
    above : float
        A customer is exclusive whose share exceeds this [fraction], at least 0 and less
        than 1. It is yours to choose: nothing in the data says where a repertoire begins.

    Returns
    -------
    Classification
        One `BuyingScope` per customer, -1 exactly where the share is not known. Its
        ``codes`` are what `Evidence` takes as ``buys_exclusively``.

    Raises
    ------
    TypeError
        If ``share`` is not one-dimensional or does not hold numbers.
    ValueError
        If a share or ``above`` is out of range.

    See Also
    --------
    exclusive_by_purchases : The same from counts, where few purchases cannot tell.

    Notes
    -----
    Compared with a relative tolerance of 1e-12, of 5e-7 for numbers of 32 bits: shares are
    quotients, and 2 of 3 must not exceed 2/3 by rounding. With ``above=2 / 3`` a customer
    who uses two brands is never exclusive by `wallet_allocation`; one who uses ours alone
    is.

    Examples
    --------
    >>> from loyalkit import Evidence, exclusive_by_share, wallet_allocation
    >>> scope = exclusive_by_share(wallet_allocation([1, 1, 2], [1, 2, 3]), above=2 / 3)
    >>> scope
    Classification(EXCLUSIVE=1, REPERTOIRE=2)
    >>> Evidence(buys_exclusively=scope.codes)
    Evidence(n=3, known: buys_exclusively=3)
    """
    limit = _limit(above)
    given = column("share", share)
    limit *= 1 + rounding_of(given.values.dtype)
    known = np.ones(given.values.size, bool) if given.missing is None else ~given.missing
    shares = np.full(given.values.size, np.nan)
    shares[known] = floats("share", present_numbers("share", given))
    beyond = (shares < 0) | (shares > 1)
    refuse_first("share", "must be a fraction from 0 to 1: 0.2 for 20 %", shares, beyond)
    return _scope(shares > limit, known)


def exclusive_by_purchases(
    own: ArrayLike, total: ArrayLike, *, above: float, confidence: float = 0.95
) -> Classification[BuyingScope]:
    """
    Tell who buys as good as only here, as far as so many purchases can tell.

    Whoever bought the category three times, each time here, may still be one who buys
    half of it elsewhere.

    Parameters
    ----------
    own : array_like of int, shape (n,)
        Purchases of each customer here.
    total : array_like of int, shape (n,)
        Purchases of the category anywhere, here included.
    above : float
        A customer is exclusive of whose purchases more than this share are made here
        [fraction], at least 0 and less than 1.
    confidence : float, default 0.95
        Confidence of the interval of each customer's share [fraction].

    Returns
    -------
    Classification
        EXCLUSIVE if the whole Wilson interval lies above, REPERTOIRE if it does not reach
        beyond, else -1: the purchases leave it open. The ``codes`` are what `Evidence`
        takes as ``buys_exclusively``.

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If a count is negative or fractional, if somebody bought more here than anywhere,
        if the columns differ in length, or if ``above`` or ``confidence`` is out of range.

    See Also
    --------
    exclusive_by_share : By the share alone, however few purchases are behind it.

    Notes
    -----
    The interval takes a customer's purchases for independent of one another. Those of
    creatures of habit are less so, and say less than their number.

    Of customers whose true share is ``above`` itself, 3 to 4 % at most are called exclusive
    by luck at a confidence of 0.95, whatever their number of purchases. A purchase or two
    made elsewhere may call up to 21 % of them a repertoire. Both are exact, for ``above``
    from 2/3 to 0.95. Among many customers that is some.

    Examples
    --------
    All of 3, all of 30, and 12 of 30 purchases:

    >>> from loyalkit import exclusive_by_purchases
    >>> exclusive_by_purchases([3, 30, 12], [3, 30, 30], above=0.75).codes
    array([-1,  1,  0], dtype=int8)
    """
    limit = _limit(above) * (1 + rounding_of(np.dtype(float)))
    mine, everything = counts("own", own), counts("total", total)
    for name, array in (("own", mine), ("total", everything)):
        if array.ndim != 1:
            refuse(name, "must be one-dimensional", array.shape)
    same_length(own=mine, total=everything)
    refuse_together("own must not exceed total", mine > everything, own=mine, total=everything)
    low, high = wilson_interval(mine, everything, confidence=confidence)
    return _scope(low > limit, (low > limit) | (high <= limit))


def _limit(above: float) -> float:
    limit = fraction("above", above)
    if limit == 1:
        refuse("above", "must be less than 1: no share exceeds it", above)
    return limit


def _scope(exclusive: NDArray[np.bool_], known: NDArray[np.bool_]) -> Classification[BuyingScope]:
    codes = np.where(known, exclusive, -1).astype(np.int8)
    return Classification(labels=BuyingScope, codes=codes)


def _amounts(**given: Any) -> tuple[NDArray[np.float64], ...]:
    arrays = {name: floats(name, values) for name, values in given.items()}
    for name, array in arrays.items():
        refuse_first(name, "must not be negative", array, array < 0)
    return broadcast(**arrays)
