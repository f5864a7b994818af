"""
Who will be left: renewals of a contract, projected beyond the periods observed.

Conventions: a cohort is a row of survivors, its first entry the customers who signed,
entry t those who have renewed t times; survivors never rise. Periods are numbered
renewals: renewal 1 ends the first period. Rates are fractions. Lifetimes count periods
paid for; a payment is made at the start of its period, and ``discount`` is the interest
of one period. Who is merely active again ("on" counts) has not survived.
"""

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex, TypeAlias, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts as whole_numbers
from loyalkit._arrays import frozen
from loyalkit._messages import refuse, refuse_first
from loyalkit._renewals import Renewals, cohort, cohorts
from loyalkit._scalars import Number, count, fraction, is_scalar, nan_safe, number, to_float

__all__ = [
    "ProjectionHoldout",
    "ShiftedBetaGeometric",
    "fit_shifted_beta_geometric",
    "projection_holdout",
]

Survivors: TypeAlias = ArrayLike | Sequence[ArrayLike]
"""One cohort, or several of any lengths."""

MOST_PERIODS = 10**6
"""Longest projection [periods]."""

LEAST_DISCOUNT = 1e-8
"""Smallest discount other than 0 [fraction]."""


def _parameter(name: str, value: Any) -> float:
    result = to_float(value)
    if result != math.inf:
        result = number(name, value)
    if result < 0:
        refuse(name, "must be at least 0", value)
    return result


def _to_alpha(value: Any) -> float:
    return _parameter("alpha", value)


def _to_beta(value: Any) -> float:
    return _parameter("beta", value)


def _first_retention(model: "ShiftedBetaGeometric") -> float:
    return math.nan if model.boundary else model.beta / (model.alpha + model.beta)


@attrs.frozen(kw_only=True)
class ShiftedBetaGeometric:
    r"""
    Customers who differ: each renews at a rate of their own, and the rates vary by a beta law.

    Retention of a cohort rises from period to period although nobody becomes more
    loyal, because those most likely to leave have left. Made by
    `fit_shifted_beta_geometric`, or from two known parameters.

    Parameters
    ----------
    alpha, beta : float
        Parameters of the beta distribution of each customer's probability to leave.
        Both infinite where all customers have one and the same rate; both 0 where some
        leave at the first renewal and all others never.
    first_retention : float, optional
        Share that renews the first time [fraction]. It follows from ``alpha`` and
        ``beta`` unless they are at the boundary.
    log_likelihood : float, optional
        Log-likelihood of the fit; NaN for a model that was not fitted.
    converged : bool, optional
        Whether the maximum of the likelihood was found; at the boundary in closed form.
        None for a model that was not fitted.
    standard_errors : tuple of float, optional
        Standard errors of alpha and beta; NaN at the boundary and without a fit.
    correlation : float, optional
        Correlation of the errors of alpha and beta; NaN where these are.

    Raises
    ------
    TypeError
        If a parameter is not a number.
    ValueError
        If ``alpha`` and ``beta`` are neither both positive nor both at the boundary, or
        if there ``first_retention`` is missing or no fraction.

    See Also
    --------
    fit_shifted_beta_geometric : From counts.

    Notes
    -----
    Of those at renewal :math:`t`, the share [1]_

    .. math:: r_t = \frac{\beta + t - 1}{\alpha + \beta + t - 1}

    renews; 1 divided by the share lost grows by :math:`1/\alpha` a period. A customer
    who has renewed :math:`n` times is one of a base with parameters :math:`\alpha` and
    :math:`\beta + n`.

    References
    ----------
    .. [1] P. S. Fader and B. G. S. Hardie, "How to Project Customer Retention", Journal
       of Interactive Marketing 21(1), 76-90, 2007.

    Examples
    --------
    What share of new subscribers renews first, and what share is left after five years?

    >>> from loyalkit import ShiftedBetaGeometric
    >>> subscribers = ShiftedBetaGeometric(alpha=0.7, beta=1.2)
    >>> round(subscribers.retention(1), 3), round(subscribers.survival(5), 3)
    (0.632, 0.297)
    """

    alpha: float = attrs.field(converter=_to_alpha)
    beta: float = attrs.field(converter=_to_beta)
    first_retention: float = attrs.field(
        default=attrs.Factory(_first_retention, takes_self=True), converter=to_float
    )
    log_likelihood: float = attrs.field(default=math.nan, converter=to_float, eq=nan_safe)
    converged: bool | None = None
    standard_errors: tuple[float, float] = attrs.field(default=(math.nan, math.nan), eq=repr)
    correlation: float = attrs.field(default=math.nan, converter=to_float, eq=nan_safe)

    def __attrs_post_init__(self) -> None:
        rate = self.first_retention
        if self.boundary:
            if self.alpha != self.beta:
                rule = "must be positive and finite like alpha, or both 0 or both infinite"
                refuse("beta", rule, self.beta)
            if rate != rate:
                refuse("first_retention", "must be given with parameters of 0 or inf", rate)
            fraction("first_retention", rate)
        elif rate != _first_retention(self):
            refuse("first_retention", "must be left to alpha and beta", rate)

    @property
    def boundary(self) -> bool:
        """Whether the customers are all alike, or all or nothing: no beta law between."""
        return not (0 < self.alpha < math.inf and 0 < self.beta < math.inf)

    @property
    def covariance(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Covariance matrix of the estimates of alpha and beta; NaN where their errors are."""
        of_alpha, of_beta = self.standard_errors
        both = self.correlation * of_alpha * of_beta
        return (of_alpha**2, both), (both, of_beta**2)

    @overload
    def retention(self, t: Number) -> float: ...
    @overload
    def retention(self, t: ArrayLike) -> NDArray[np.float64]: ...
    def retention(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """
        Tell which share of those still there renews.

        Parameters
        ----------
        t : array_like of int
            Number of the renewal, from 1 [periods].

        Returns
        -------
        float or ndarray of float64
            Share of those up for renewal ``t`` who renew [fraction]; rising with t.

        Raises
        ------
        TypeError, ValueError
            If ``t`` is not a whole number from 1 to `MOST_PERIODS`.

        Examples
        --------
        >>> from loyalkit import ShiftedBetaGeometric
        >>> ShiftedBetaGeometric(alpha=1, beta=3).retention([1, 2, 3])
        array([0.75      , 0.8       , 0.83333333])
        """
        rates = self._rates(_periods(t, first=1))
        return float(rates) if is_scalar(t) else frozen(rates)

    @overload
    def survival(self, t: Number) -> float: ...
    @overload
    def survival(self, t: ArrayLike) -> NDArray[np.float64]: ...
    def survival(self, t: ArrayLike) -> float | NDArray[np.float64]:
        """
        Tell which share of a new cohort is left.

        Parameters
        ----------
        t : array_like of int
            Renewals, from 0 [periods].

        Returns
        -------
        float or ndarray of float64
            Share of those who signed who have renewed ``t`` times [fraction]; 1 for 0.

        Raises
        ------
        TypeError, ValueError
            If ``t`` is not a whole number from 0 to `MOST_PERIODS`.

        Examples
        --------
        >>> from loyalkit import ShiftedBetaGeometric
        >>> round(1000 * ShiftedBetaGeometric(alpha=1, beta=3).survival(3))
        500
        """
        periods = _periods(t, first=0)
        rates = self._rates(np.arange(1, int(periods.max(initial=0)) + 1))
        left = np.cumprod(np.append(1.0, rates))[periods]
        return float(left) if is_scalar(t) else frozen(left)

    def _rates(self, t: NDArray[np.int64]) -> NDArray[np.float64]:
        if self.boundary:
            return np.where((t == 1) | (self.alpha > 0), self.first_retention, 1.0)
        staying = self.beta + (t - 1.0)
        return staying / (self.alpha + staying)

    def expected_lifetime(self, discount: float = 0.0) -> float:
        r"""
        Tell how many periods a new customer pays for, on average.

        Parameters
        ----------
        discount : float, default 0.0
            Interest of one period [fraction].

        Returns
        -------
        float
            Expected payments, the one at signing included, each worth less the later it
            comes [periods]. Infinite if undiscounted with ``alpha`` up to 1: those who
            never leave, however few, outweigh everybody else.

        Raises
        ------
        TypeError, ValueError
            If ``discount`` is not a number, negative, or positive but below
            `LEAST_DISCOUNT`.

        See Also
        --------
        residual_lifetime : What an existing customer still pays for.

        Notes
        -----
        .. math:: \sum_{t \ge 0} \frac{S(t)}{(1 + d)^t}
                  = {}_2F_1\!\left(1, \beta; \alpha + \beta; \tfrac{1}{1 + d}\right)

        which is :math:`(\alpha + \beta - 1) / (\alpha - 1)` for :math:`d = 0`.

        Examples
        --------
        >>> from loyalkit import ShiftedBetaGeometric
        >>> regular = ShiftedBetaGeometric(alpha=0.704, beta=1.182)
        >>> round(regular.expected_lifetime(discount=0.1), 2), regular.expected_lifetime()
        (3.7, inf)
        """
        discount = _interest(discount)
        return 1 + self.residual_lifetime(0, discount) / (1 + discount)

    def residual_lifetime(self, renewals: int, discount: float = 0.0) -> float:
        r"""
        Tell how many more periods an existing customer pays for, on average.

        Parameters
        ----------
        renewals : int
            Renewals made so far; the next one is due now.
        discount : float, default 0.0
            Interest of one period [fraction].

        Returns
        -------
        float
            Expected payments from the renewal due now on, that one undiscounted
            [periods]. Longer the more renewals were made. Infinite as in
            `expected_lifetime`.

        Raises
        ------
        TypeError, ValueError
            If ``renewals`` is not a whole number of at least 0, or for ``discount`` as in
            `expected_lifetime`.

        Notes
        -----
        With :math:`n` renewals made [1]_,

        .. math:: r_{n+1} \; {}_2F_1\!\left(1, \beta + n + 1; \alpha + \beta + n + 1;
                  \tfrac{1}{1 + d}\right)

        References
        ----------
        .. [1] P. S. Fader and B. G. S. Hardie, "Customer-Base Valuation in a Contractual
           Setting: The Perils of Ignoring Heterogeneity", Marketing Science 29(1),
           85-93, 2010.

        Examples
        --------
        What is a subscriber worth who is up for the first renewal, and one who has
        renewed four times, at 20 euros a year and 10 % interest?

        >>> from loyalkit import ShiftedBetaGeometric
        >>> regular = ShiftedBetaGeometric(alpha=0.704, beta=1.182)
        >>> [round(20 * regular.residual_lifetime(n, discount=0.1)) for n in (0, 4)]
        [59, 118]
        """
        rate, later, _ = self._from(count("renewals", renewals), _interest(discount))
        return rate * later if rate else 0.0

    def elasticity(self, renewals: int = 0, discount: float = 0.0) -> float:
        r"""
        Tell by how many percent the residual lifetime grows with one percent more retention.

        Parameters
        ----------
        renewals : int, default 0
            Renewals made so far; the next one is due now.
        discount : float, default 0.0
            Interest of one period [fraction].

        Returns
        -------
        float
            Elasticity of `residual_lifetime` if the retention rate of every customer
            grows by the same small part of itself. Infinite if undiscounted with
            ``alpha`` up to 2; NaN if nobody renews, since nothing can grow then.

        Raises
        ------
        TypeError, ValueError
            As for `residual_lifetime`.

        Notes
        -----
        With :math:`b = \beta + n + 1`, :math:`c = \alpha + b` and :math:`z = 1 / (1 + d)`,
        it is :math:`{}_2F_1(2, b; c; z) / {}_2F_1(1, b; c; z)`. With one rate :math:`r`
        for all it is :math:`(1 + d) / (1 + d - r)`.

        Examples
        --------
        >>> from loyalkit import ShiftedBetaGeometric
        >>> regular = ShiftedBetaGeometric(alpha=0.704, beta=1.182)
        >>> round(regular.elasticity(discount=0.1), 1)
        6.5
        """
        rate, later, twice = self._from(count("renewals", renewals), _interest(discount))
        if not rate:
            return math.nan
        return twice / later if later < math.inf else math.inf

    def _from(self, renewals: int, discount: float) -> tuple[float, float, float]:
        """Rate of the next renewal, and 2F1(1, ...) and 2F1(2, ...) from then on."""
        rate = float(self._rates(np.array(renewals + 1)))
        z = 1 / (1 + discount)
        if self.boundary:
            lost = 1 - z * (self.first_retention if self.alpha else 1.0)
            later = 1 / lost if lost else math.inf
            return rate, later, later**2
        alpha, beta = self.alpha, self.beta + renewals + 1
        if discount:
            return rate, *_hypergeometric(beta, alpha + beta, z)
        once = (alpha + beta - 1) / (alpha - 1) if alpha > 1 else math.inf
        again = (alpha + beta - 2) / (alpha - 2) if alpha > 2 else math.inf
        return rate, once, once * again


def _periods(t: ArrayLike, *, first: int) -> NDArray[np.int64]:
    periods = whole_numbers("t", t)
    outside = (periods < first) | (periods > MOST_PERIODS)
    refuse_first("t", f"must be a whole number from {first} to {MOST_PERIODS}", periods, outside)
    return periods


def _interest(discount: float) -> float:
    result = number("discount", discount)
    if result != 0 and result < LEAST_DISCOUNT:
        refuse("discount", f"must be 0 or at least {LEAST_DISCOUNT:g}", discount)
    return result


def _hypergeometric(b: float, c: float, z: float) -> tuple[float, float]:
    """2F1(1, b; c; z) and 2F1(2, b; c; z), by Gauss's continued fraction, for z < 1."""
    terms, value = 32, math.nan
    while True:
        previous, (value, slope) = value, _gauss_fraction(b, c, z, terms)
        if abs(value - previous) <= 1e-15 * value:
            # From F(2) = F(1) + z F'(1).
            return value, value + z * slope
        terms *= 2


def _gauss_fraction(b: float, c: float, z: float, terms: int) -> tuple[float, float]:
    """First terms of 1 / (1 - k1 z / (1 - k2 z / ...)), with the derivative."""
    value, slope = 1.0, 0.0
    for n in range(2 * terms, -1, -1):
        half = (n + 1) // 2
        above = half * (c - b + half - 1) if n % 2 else (b + half) * (c + half - 1)
        k = above / ((c + n - 1) * (c + n)) if n else b / c
        slope = k * (value + z * slope)
        value = 1 / (1 - k * z * value)
        slope *= value * value
    return value, slope


def fit_shifted_beta_geometric(survivors: Survivors) -> ShiftedBetaGeometric:
    r"""
    Fit customers who differ to the survivors of one or several cohorts.

    Parameters
    ----------
    survivors : array_like, or sequence of array_like
        Survivors of a cohort: those who signed, then those who renewed once, twice, ...
        [customers]. Or a triangle of several cohorts, each as long as it was observed.

    Returns
    -------
    ShiftedBetaGeometric
        The model of maximum likelihood. Its ``boundary`` is True if the data show no
        mixture: if retention does not rise, be it that all stay or all go, or so little
        that the sum of ``alpha`` and ``beta`` would exceed a million, both are infinite
        and the one rate is that of all renewals together; if some are lost at the first
        renewal and nobody after it, both are 0.

    Raises
    ------
    TypeError
        If ``survivors`` does not hold numbers.
    ValueError
        If a count is missing, negative or fractional; if survivors rise, as counts of who
        is active do and those of who has renewed cannot; if no cohort was observed for two
        renewals, since one rate cannot tell how rates change; or if nobody signed.

    See Also
    --------
    projection_holdout : The same fit, held against what is known by now.

    Notes
    -----
    With :math:`n_t` up for renewal :math:`t` and :math:`k_t` of them renewing, over all
    cohorts, the log-likelihood is [1]_

    .. math:: \sum_t k_t \ln r_t + (n_t - k_t) \ln(1 - r_t), \quad
              r_t = \frac{\beta + t - 1}{\alpha + \beta + t - 1}

    maximised by Newton's method in the logarithms of the parameters. Where
    :math:`\sum_t (t - 1)(k_t - r\, n_t)`, with the rate :math:`r` of all renewals
    together, is not positive, it does not grow on leaving equal rates, and these are
    the answer. Standard errors come from the observed information; they take customers
    for independent and the model for true.

    References
    ----------
    .. [1] P. S. Fader and B. G. S. Hardie, "How to Project Customer Retention", Journal
       of Interactive Marketing 21(1), 76-90, 2007.

    Examples
    --------
    Of 1,000 subscribers these were left after each of seven years. How many will be
    left after ten?

    >>> from loyalkit import fit_shifted_beta_geometric
    >>> model = fit_shifted_beta_geometric([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> round(model.alpha, 3), round(model.beta, 3)
    (0.704, 1.182)
    >>> round(1000 * model.survival(10))
    191

    Three cohorts, the last of which has come up for renewal once:

    >>> fit_shifted_beta_geometric([[200, 120, 90, 75], [300, 190, 138], [250, 150]]).converged
    True
    """
    renewals = Renewals.of(cohorts("survivors", survivors))
    if renewals.at_risk.size < 2:
        rule = "must cover at least two renewals: one rate cannot tell how rates change"
        raise ValueError(f"survivors {rule}, got {renewals.at_risk.size}")
    if not renewals.at_risk[0]:
        raise ValueError("survivors must hold customers up for renewal, got none")
    return ShiftedBetaGeometric(**renewals.maximum()._asdict())


@attrs.frozen(kw_only=True)
class ProjectionHoldout:
    """
    A projection held against what came after the data it was made from.

    Made by `projection_holdout`.

    Parameters
    ----------
    model : ShiftedBetaGeometric
        Fitted to the first renewals of the cohort.
    renewals : tuple of int
        The renewals that were held out.
    predicted : tuple of float
        Survivors that the model foretells after each of them [customers].
    observed : tuple of int
        Survivors there were [customers].

    Examples
    --------
    >>> from loyalkit import projection_holdout
    >>> holdout = projection_holdout([1000, 869, 743, 653, 593, 551], renewals=3)
    >>> holdout.renewals, holdout.observed
    ((4, 5), (593, 551))
    """

    model: ShiftedBetaGeometric
    renewals: tuple[int, ...]
    predicted: tuple[float, ...]
    observed: tuple[int, ...]

    @property
    def mean_absolute_error(self) -> float:
        """Mean distance between predicted and observed survivors [customers]."""
        return sum(map(abs, self._errors)) / len(self.observed)

    @property
    def mean_relative_error(self) -> float:
        """Mean distance as a share of those observed [fraction]; NaN if nobody was left."""
        if not all(self.observed):
            return math.nan
        shares = [abs(e) / n for e, n in zip(self._errors, self.observed, strict=True)]
        return sum(shares) / len(shares)

    @property
    def _errors(self) -> list[float]:
        return [p - n for p, n in zip(self.predicted, self.observed, strict=True)]


def projection_holdout(survivors: ArrayLike, *, renewals: SupportsIndex) -> ProjectionHoldout:
    """
    Fit the first renewals of a cohort and compare the rest with what the model foretells.

    Parameters
    ----------
    survivors : array_like
        Survivors of one cohort, its size first [customers].
    renewals : int
        How many renewals to fit, at least 2; the others are held out.

    Returns
    -------
    ProjectionHoldout
        The model, and predicted and observed survivors of the renewals held out.

    Raises
    ------
    TypeError, ValueError
        As for `fit_shifted_beta_geometric`, or if ``renewals`` leaves nothing to compare.

    See Also
    --------
    fit_shifted_beta_geometric : The model, fitted to everything there is.

    Examples
    --------
    Seven years of a cohort were known. How far off was the projection of the next five?

    >>> from loyalkit import projection_holdout
    >>> years = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
    >>> holdout = projection_holdout(years, renewals=7)
    >>> [round(n) for n in holdout.predicted]
    [220, 204, 191, 180, 170]
    >>> round(holdout.mean_relative_error, 3)
    0.015
    """
    left, fitted = cohort("survivors", survivors), count("renewals", renewals)
    if fitted >= left.size - 1:
        refuse("renewals", f"must leave some of the {left.size - 1} for comparison", fitted)
    model = fit_shifted_beta_geometric(left[: fitted + 1])
    later = np.arange(fitted + 1, left.size)
    return ProjectionHoldout(
        model=model,
        renewals=tuple(later.tolist()),
        predicted=tuple((int(left[0]) * model.survival(later)).tolist()),
        observed=tuple(left[later].tolist()),
    )
