"""
Calls of the public API whose types are checked by mypy and pyright; nothing here is run.

One function per module, named after it. A line that must not pass a type checker ends
in ``# type: ignore[...]`` with the error it has to give: where it passes after all, the
unused comment is an error.
"""

from enum import IntEnum
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

from loyalkit import (
    REPORTED_PROFIT_EFFECTS,
    BreakEven,
    BudgetSplit,
    Classification,
    CurveValue,
    Cushion,
    Difference,
    Downturn,
    DownturnGroup,
    Interval,
    KaplanMeier,
    KeepOrWin,
    ProfitEffect,
    ReportedEffect,
    RetentionCounts,
    SaturatingResponse,
    ShiftedBetaGeometric,
    TabulatedResponse,
    break_even_cost,
    curve_lifetime_value,
    curve_value_interval,
    customer_lifetime_value,
    downturn_cost,
    expected_lifetime,
    growth_for_uplift,
    keep_or_win,
    lifetime_value_interval,
    margin_multiple,
    newcombe_difference,
    profit_effect,
    profit_effect_interval,
    profit_uplift,
    split_budget,
    value_difference,
    value_elasticity,
    wilson_interval,
)
from loyalkit.intervals import Verdict

Floats = NDArray[np.float64]


class Tier(IntEnum):
    """Labels as a caller defines them."""

    GOLD = 0
    SILVER = 1


class Level(IntEnum):
    """Labels of another kind."""

    LOW = 0


def intervals() -> None:
    """`loyalkit.intervals`."""
    interval = Interval(0.79, 0.89, confidence=0.95)
    assert_type(interval, Interval)
    assert_type(Interval(0, 1, 0.95).low, float)
    assert_type(interval.high, float)
    assert_type(interval.confidence, float)
    assert_type(interval.width, float)
    assert_type(interval.verdict(0.9), Verdict)
    assert_type(0.8 in interval, bool)
    interval.low = 0.5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

    assert_type(wilson_interval(81, 263), Interval)
    assert_type(wilson_interval(81.0, np.int64(263), confidence=0.9), Interval)
    assert_type(wilson_interval([81, 0], [263, 20]), tuple[Floats, Floats])
    assert_type(wilson_interval(np.arange(3), 5), tuple[Floats, Floats])
    assert_type(wilson_interval(81, np.array([263], np.int8)), tuple[Floats, Floats])
    wilson_interval(81, 263, 0.95)  # type: ignore[call-overload]  # pyright: ignore

    difference = newcombe_difference(56, 70, np.int64(48), 80.0, confidence=0.9)
    assert_type(difference, Difference)
    assert_type(difference.estimate, float)
    assert_type(difference.interval, Interval)
    assert_type(difference.p_value, float)
    assert_type(difference.test, str)
    assert_type(difference.verdict(), Verdict)
    assert_type(difference.verdict(0.05), Verdict)
    newcombe_difference(56, 70, [48], 80)  # type: ignore[arg-type]  # pyright: ignore


def classification() -> None:
    """`loyalkit.classification`."""
    tiers = Classification(labels=Tier, codes=np.array([0, 1, -1]))
    assert_type(tiers, Classification[Tier])
    assert_type(Classification(labels=Tier, codes=[0, 1]), Classification[Tier])
    assert_type(tiers.labels, type[Tier])
    assert_type(tiers.codes, NDArray[np.int8])
    assert_type(tiers.n, int)
    assert_type(tiers.n_undetermined, int)
    assert_type(tiers.counts, dict[Tier, int])
    assert_type(tiers.shares[Tier.GOLD], float)
    assert_type(tiers.value_shares([1.5, 2, 3]), dict[Tier, float])
    assert_type(tiers.mask(Tier.GOLD), NDArray[np.bool_])
    assert_type(tiers.interval(Tier.GOLD, confidence=0.9), Interval)
    assert_type(tiers.equals(Classification(labels=Level, codes=[0])), bool)
    tiers.mask(Level.LOW)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tiers.counts[Level.LOW]  # type: ignore[index]  # pyright: ignore

    anything: Classification = Classification(labels=Level, codes=[0])
    assert_type(anything.counts, dict[IntEnum, int])


def economics() -> None:
    """`loyalkit.economics`."""
    assert_type(expected_lifetime(0.8), float)
    assert_type(expected_lifetime([0.8, 0.9]), Floats)
    assert_type(margin_multiple(0.8, 0.1), float)
    assert_type(margin_multiple([0.8], 0.1), Floats)
    value = customer_lifetime_value(
        margin=100, retention=0.8, discount=0.1, booking="after_first", horizon=5, growth=0.02
    )
    assert_type(value, float)
    values = customer_lifetime_value(margin=[100, 50], retention=0.8, discount=0.1)
    assert_type(values, Floats)
    assert_type(value_elasticity(retention=0.8, discount=0.1), float)
    assert_type(value_elasticity(retention=[0.8], discount=0.1), Floats)
    customer_lifetime_value(margin=1, retention=0.8, discount=0.1, booking="")  # type: ignore[call-overload]  # pyright: ignore


def curve_value() -> None:
    """`loyalkit.curve_value`."""
    model = ShiftedBetaGeometric(alpha=1, beta=2)
    for curve in (0.8, [1, 0.5], model, KaplanMeier()):
        assert_type(curve_lifetime_value(curve, margin=[1, 2], discount=0.1), CurveValue)
    assert_type(curve_lifetime_value(0.8, margin=1, discount=0.1).horizon, int | None)
    assert_type(model.covariance, tuple[tuple[float, float], tuple[float, float]])


def profit_effects() -> None:
    """`loyalkit.profit_effects`."""
    effect = profit_effect(retention=0.9, points=0.05)
    assert_type(effect, ProfitEffect)
    assert_type(effect.uplift, float)
    assert_type(profit_uplift(retention=0.9, relative=0.05), float)
    assert_type(profit_uplift(retention=[0.9], points=0.05), Floats)
    assert_type(profit_uplift(retention=0.9, points=[0.05, 0.1]), Floats)
    assert_type(growth_for_uplift(uplift=0.85, retention=0.9, points=0.05), float)
    assert_type(REPORTED_PROFIT_EFFECTS[0], ReportedEffect)


def break_even() -> None:
    """`loyalkit.break_even` and `loyalkit.acquisition`."""
    card = break_even_cost(retention=0.8, points=0.05, margin=100, timing="on_renewal")
    assert_type(card, BreakEven)
    assert_type(card.cost, float)
    assert_type(keep_or_win(margin=1, retention=0.8, cost_to_win=3), KeepOrWin)


def programme_budget() -> None:
    """`loyalkit.programme_budget`."""
    table = TabulatedResponse(spend=[0, 1], customers=[0, 2])
    curve = SaturatingResponse(most=3, half_spend=2)
    split = split_budget(9, {"keep": table, "win": curve}, values={"keep": 2, "win": 1})
    assert_type(split, BudgetSplit)
    assert_type(split.unspent, float)


def downturn() -> None:
    """`loyalkit.downturn`."""
    group = DownturnGroup(customers=9, margin=1, retention=0.8, downturn_retention=0.7)
    crisis = downturn_cost({"all": group}, periods=1, recovery=[0.5])
    assert_type(crisis, Downturn)
    assert_type(crisis.without("all"), Downturn)
    assert_type(crisis.cushion("all"), Cushion)


def value_uncertainty() -> None:
    """`loyalkit.value_uncertainty`."""
    counts = RetentionCounts(retained=8, lost=2)
    assert_type(lifetime_value_interval(counts, margin=1, discount=0.1), Interval)
    assert_type(lifetime_value_interval(counts.interval(), margin=1, discount=0.1), Interval)
    assert_type(curve_value_interval(KaplanMeier(), margin=[1], discount=0.1), Interval)
    assert_type(value_difference(counts, counts, margin=1, discount=0.1), Difference)
    assert_type(profit_effect_interval(counts.interval(), retention=0.8), Interval)
