"""
Counts of renewals over several cohorts, and the parameters under which they are likeliest.

Conventions: as in `loyalkit.projection`. ``at_risk`` and ``retained`` count who came up
for renewals 1, 2, ... and who renewed, over all cohorts. They are all that the
likelihood needs to know.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import complete, counts
from loyalkit._messages import refuse, refuse_first

ONE_RATE = 1e6
"""Sum of the parameters from which on all customers count as having one rate."""

_MOST_STEPS = 200

# Squared distance from the maximum, in standard errors.
_SETTLED = 1e-16


class Maximum(NamedTuple):
    """Parameters of the highest likelihood."""

    alpha: float
    beta: float
    first_retention: float
    log_likelihood: float
    converged: bool = True
    standard_errors: tuple[float, float] = (math.nan, math.nan)
    correlation: float = math.nan


# ---------------------------------------------------------------- counts


def cohort(name: str, survivors: Any) -> NDArray[np.int64]:
    """Survivors of one cohort, which never rise."""
    left = counts(name, complete(name, survivors))
    if left.size == 0:
        refuse(name, "must start with the size of the cohort", [])
    rising = np.append(False, left[1:] > left[:-1])
    advice = "counts of who is active ('on') may, but those are not survivors"
    refuse_first(name, f"must never rise: {advice}", left, rising)
    return left


def cohorts(name: str, survivors: Any) -> list[NDArray[np.int64]]:
    """Survivors of one cohort or of several, of any lengths."""
    rows: list[Any] = []
    if isinstance(survivors, Iterable) and not isinstance(survivors, str | bytes | Mapping):
        rows = [*survivors]
    if any(hasattr(row, "__len__") and not isinstance(row, str | bytes) for row in rows):
        return [cohort(f"{name}[{i}]", row) for i, row in enumerate(rows)]
    return [cohort(name, rows or survivors)]


class Renewals(NamedTuple):
    """How many came up for each renewal, and how many renewed."""

    at_risk: NDArray[np.float64]
    retained: NDArray[np.float64]

    @classmethod
    def of(cls, cohorts: list[NDArray[np.int64]]) -> "Renewals":
        """Add up cohorts."""
        longest = max(left.size for left in cohorts)
        pooled = cls(np.zeros(longest - 1), np.zeros(longest - 1))
        for left in cohorts:
            pooled.at_risk[: left.size - 1] += left[:-1]
            pooled.retained[: left.size - 1] += left[1:]
        return pooled

    def maximum(self) -> Maximum:
        """Parameters of the highest likelihood, at the boundary or by Newton's method."""
        if self._rise() <= 0:
            return self._one_rate()
        if (self.retained == self.at_risk)[1:].all():
            retained, at_risk = float(self.retained[0]), float(self.at_risk[0])
            return Maximum(0.0, 0.0, retained / at_risk, _binomial(retained, at_risk))
        return self._climb()

    def _rise(self) -> int:
        """Tell by its sign whether the likelihood grows on leaving equal rates."""
        # In integers, since the sign decides.
        at_risk, retained = ([int(x) for x in column] for column in self)
        everybody, stayed = sum(at_risk), sum(retained)
        return sum(
            t * (kept * everybody - risk * stayed)
            for t, (risk, kept) in enumerate(zip(at_risk, retained, strict=True))
        )

    def _one_rate(self) -> Maximum:
        retained, at_risk = float(self.retained.sum()), float(self.at_risk.sum())
        likelihood = _binomial(retained, at_risk)
        return Maximum(math.inf, math.inf, retained / at_risk, likelihood)

    def _climb(self) -> Maximum:
        point, settled = _point(self, np.zeros(2)), False
        for _ in range(_MOST_STEPS):
            curvature = point.curvature if point.is_peaked else point.expected_curvature
            step = -np.linalg.solve(curvature, point.slope)
            settled = bool(point.slope @ step < _SETTLED)
            step /= max(1.0, np.abs(step).max() / 2)
            following = _point(self, point.at + step)
            while not settled and following.value < point.value - 1e-13 * abs(point.value):
                step /= 2
                following = _point(self, point.at + step)
            point = following
            if settled or sum(point.parameters) > 1e3 * ONE_RATE:
                break
        alpha, beta = point.parameters
        if alpha + beta > ONE_RATE:
            return self._one_rate()
        rate, converged = beta / (alpha + beta), settled and point.is_peaked
        return Maximum(alpha, beta, rate, point.value, converged, *point.errors())


def _binomial(retained: float, at_risk: float) -> float:
    return sum(x * math.log(x / at_risk) for x in (retained, at_risk - retained) if x)


# ---------------------------------------------------------------- likelihood


class _Point(NamedTuple):
    """A pair ln(beta / alpha), ln(beta): log-likelihood, its slope and its curvature."""

    at: NDArray[np.float64]
    value: float
    slope: NDArray[np.float64]
    curvature: NDArray[np.float64]
    expected_curvature: NDArray[np.float64]

    @property
    def parameters(self) -> tuple[float, float]:
        return math.exp(self.at[1] - self.at[0]), math.exp(self.at[1])

    @property
    def is_peaked(self) -> bool:
        return bool(np.trace(self.curvature) < 0 < np.linalg.det(self.curvature))

    def errors(self) -> tuple[tuple[float, float], float]:
        """Standard errors of alpha and beta, and their correlation."""
        if not self.is_peaked:
            return (math.nan, math.nan), math.nan
        (ratio, both), (_, of_beta) = np.linalg.inv(-self.curvature).tolist()
        alpha, beta = self.parameters
        of_alpha = ratio - 2 * both + of_beta
        correlation = (of_beta - both) / math.sqrt(of_alpha * of_beta)
        return (alpha * math.sqrt(of_alpha), beta * math.sqrt(of_beta)), correlation


def _point(renewals: Renewals, at: NDArray[np.float64]) -> _Point:
    at_risk, retained = renewals
    lost, beta = at_risk - retained, np.exp(at[1])
    ages = np.arange(at_risk.size, dtype=np.float64)
    # The logit of the rate is linear in the first of the pair; the tilt is its slope in
    # the second.
    logit, tilt = at[0] + np.log1p(ages / beta), -ages / (beta + ages)
    rate, churn = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
    excess = retained * churn - lost * rate
    slopes = np.stack([np.ones_like(tilt), tilt])
    expected = -(slopes * (at_risk * rate * churn)) @ slopes.T
    bend = np.array([[0.0, 0.0], [0.0, -(excess * tilt * (1 + tilt)).sum()]])
    value = -(retained * np.log1p(np.exp(-logit)) + lost * np.log1p(np.exp(logit))).sum()
    return _Point(at, float(value), slopes @ excess, expected + bend, expected)
