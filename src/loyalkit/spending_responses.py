"""
How many customers are kept, or won, for what is spent on it.

Conventions: as in `loyalkit.programme_budget`. Money is in one unit and spent in one period;
each further customer costs more than the last.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from loyalkit._arrays import not_negative, same_length
from loyalkit._messages import refuse, refuse_first
from loyalkit._scalars import at_least_0, count, number, to_float, validate_amount

__all__ = ["SaturatingResponse", "TabulatedResponse"]

_ROUNDING = 1e-9


def _to_spend(values: ArrayLike) -> tuple[float, ...]:
    return tuple(not_negative("spend", values).astype(np.float64).tolist())


def _to_customers(values: ArrayLike) -> tuple[float, ...]:
    return tuple(not_negative("customers", values).astype(np.float64).tolist())


@attrs.frozen(kw_only=True)
class TabulatedResponse:
    """
    Customers kept or won at some levels of spending, with straight lines between them.

    Parameters
    ----------
    spend : array_like, shape (k,)
        Levels of spending, from 0 and rising; at least two. Nothing is known beyond the
        last one, so that no more is spent [money].
    customers : array_like, shape (k,)
        Customers kept or won at each level [customers].

    Raises
    ------
    TypeError
        If an argument does not hold numbers.
    ValueError
        If ``spend`` does not begin at 0 or does not rise, if customers fall, or rise ever
        faster (a curve that is not concave): the best split can then jump, and no last
        unit tells it. Take the straight line over the dent, if spending can alternate
        between its ends. Or if a value is missing or below 0, or the two differ in length.

    See Also
    --------
    SaturatingResponse : A curve given by two figures.

    Examples
    --------
    >>> from loyalkit import TabulatedResponse
    >>> calls = TabulatedResponse(spend=[0, 1000, 3000], customers=[0, 40, 60])
    >>> calls.customers_for(2000)
    50.0
    """

    spend: tuple[float, ...] = attrs.field(converter=_to_spend)
    customers: tuple[float, ...] = attrs.field(converter=_to_customers)

    def __attrs_post_init__(self) -> None:
        levels, reached = np.array(self.spend), np.array(self.customers)
        same_length(spend=levels, customers=reached)
        if levels.size < 2 or levels[0] != 0:
            refuse("spend", "must hold at least two levels, the first 0", [*self.spend])
        falling = np.append(False, np.diff(levels) <= 0)
        refuse_first("spend", "must rise from level to level", levels, falling)
        slopes = np.diff(reached) / np.diff(levels)
        fewer = np.append(False, slopes < 0)
        refuse_first("customers", "must not fall with more spending", reached, fewer)
        dents = slopes[1:] > slopes[:-1] * (1 + _ROUNDING)
        rule = "must rise ever more slowly with spending (concave)"
        refuse_first("customers", rule, reached, np.concatenate([[False, False], dents]))

    @classmethod
    def from_function(
        cls, function: Callable[[float], float], *, up_to: float, steps: int = 1000
    ) -> "TabulatedResponse":
        """
        Tabulate any function of spending.

        Parameters
        ----------
        function : callable
            Customers kept or won for an amount spent; concave and not falling.
        up_to : float
            Largest amount to look at, above 0 [money].
        steps : int, default 1000
            Steps of equal size; the split is exact up to one of them.

        Returns
        -------
        TabulatedResponse
            The response, with straight lines between the steps.

        Raises
        ------
        TypeError, ValueError
            As for the class, if ``up_to`` is not above 0, or ``steps`` not at least 1.

        Examples
        --------
        >>> from loyalkit import TabulatedResponse
        >>> mail = TabulatedResponse.from_function(lambda euros: euros**0.5, up_to=10_000)
        >>> mail.customers_for(2500)
        50.0
        """
        most, parts = number("up_to", up_to), count("steps", steps)
        if most <= 0:
            refuse("up_to", "must be above 0", up_to)
        if parts < 1:
            refuse("steps", "must be a whole number of at least 1", steps)
        levels = np.linspace(0, most, parts + 1)
        reached = [number("function", function(level)) for level in levels.tolist()]
        return cls(spend=levels, customers=reached)

    def customers_for(self, spend: float) -> float:
        """
        Tell how many customers an amount keeps or wins.

        Parameters
        ----------
        spend : float
            Amount spent, at least 0 [money].

        Returns
        -------
        float
            Customers; beyond the last level as many as there [customers].

        Raises
        ------
        TypeError, ValueError
            If ``spend`` is not a finite number of at least 0.

        Examples
        --------
        >>> from loyalkit import TabulatedResponse
        >>> calls = TabulatedResponse(spend=[0, 1000], customers=[0, 40])
        >>> calls.customers_for(250), calls.customers_for(9000)
        (10.0, 40.0)
        """
        return float(np.interp(at_least_0("spend", spend), self.spend, self.customers))


@attrs.frozen(kw_only=True)
class SaturatingResponse:
    r"""
    Customers kept or won by a curve that levels off: each further amount does less.

    Parameters
    ----------
    most : float
        Customers that no amount can exceed, at least 0 [customers].
    half_spend : float
        Amount that reaches half of them, above 0 [money].

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If ``most`` is below 0 or ``half_spend`` not above 0.

    See Also
    --------
    TabulatedResponse : Any concave curve.

    Notes
    -----
    :math:`N (1 - 2^{-x / h})` for the spending :math:`x`.

    Examples
    --------
    A newsletter wins back at most 400 customers, half of them for 2,000 euros:

    >>> from loyalkit import SaturatingResponse
    >>> letters = SaturatingResponse(most=400, half_spend=2000)
    >>> letters.customers_for(2000), letters.customers_for(4000)
    (200.0, 300.0)
    """

    most: float = attrs.field(converter=to_float, validator=validate_amount)
    half_spend: float = attrs.field(converter=to_float, validator=validate_amount)

    def __attrs_post_init__(self) -> None:
        if self.half_spend <= 0:
            refuse("half_spend", "must be above 0", self.half_spend)

    def customers_for(self, spend: float) -> float:
        """
        Tell how many customers an amount keeps or wins.

        Parameters
        ----------
        spend : float
            Amount spent, at least 0 [money].

        Returns
        -------
        float
            Customers, below ``most`` [customers].

        Raises
        ------
        TypeError, ValueError
            If ``spend`` is not a finite number of at least 0.

        Examples
        --------
        >>> from loyalkit import SaturatingResponse
        >>> SaturatingResponse(most=400, half_spend=2000).customers_for(0)
        0.0
        """
        return self.most * -math.expm1(-math.log(2) * at_least_0("spend", spend) / self.half_spend)


Response: TypeAlias = TabulatedResponse | SaturatingResponse
"""What spending on one channel does."""
