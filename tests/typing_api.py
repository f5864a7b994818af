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
    Attachment,
    AttachmentIndex,
    Classification,
    Consistency,
    Difference,
    DriverQuadrant,
    GroupComparison,
    Interval,
    KaplanMeier,
    KeyDrivers,
    RepurchaseByLevel,
    RepurchaseCounts,
    RepurchaseOutlook,
    Transactions,
    attachment_index,
    attachment_levels,
    came_back,
    internal_consistency,
    key_drivers,
    newcombe_difference,
    repurchase_by_level,
    repurchase_curves,
    repurchase_outlook,
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


def attachment() -> None:
    """`loyalkit.attachment`."""
    bond = attachment_index([[1, 2], [3, 4]], lowest=1, highest=5, weights=[1, 2])
    assert_type(bond, AttachmentIndex)
    assert_type(bond.index, Floats)
    assert_type(bond.alpha, float)
    assert_type(bond.consistency, Consistency)
    assert_type(bond.alpha_interval(0.9, method="bonett"), Interval)
    attachment_index({"trust": [1, None]}, lowest=1, highest=5, reverse=["trust"], min_answered=1)
    attachment_index([[1, 2]], 1, 5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def consistency() -> None:
    """`loyalkit.consistency`."""
    found = internal_consistency({"a": [1, 2], "b": (2, 3)})
    assert_type(found.alpha_if_dropped, tuple[float, ...])
    found.interval(method="feldt")  # type: ignore[arg-type]  # pyright: ignore


def drivers() -> None:
    """`loyalkit.drivers`."""
    found = key_drivers([[1, 2], [3, 4]], [True, False], lowest=1, highest=[5, 5], missing="drop")
    assert_type(found, KeyDrivers)
    assert_type(found.importance, Floats)
    assert_type(found.interval(figure="correlation", seed=1), tuple[Floats, Floats])
    assert_type(found.quadrants(), tuple[DriverQuadrant | None, ...])
    assert_type(found.summary, str)
    key_drivers([[1]], [1], method="lmg")  # type: ignore[arg-type]  # pyright: ignore


def repurchase(log: Transactions) -> None:
    """`loyalkit.repurchase` and `loyalkit.outlook`."""
    levels = attachment_levels([1, 2], like_from=1, love_from=2)
    observed = repurchase_by_level(
        log, customers=[1, 2], levels=levels, answered="2024-01-01", horizon=30
    )
    assert_type(observed, RepurchaseByLevel)
    assert_type(observed.love + observed.like, RepurchaseCounts)
    assert_type(observed.trend(), Difference)
    assert_type(observed.comparison(), GroupComparison)
    assert_type(came_back(log, customers=[1], answered=[3], horizon=30), Floats)
    curves = repurchase_curves(log, customers=[1, 2], levels=levels, answered=5)
    assert_type(curves, dict[Attachment, KaplanMeier])
    outlook = repurchase_outlook(levels, {Attachment.LOVE: 0.9, Attachment.LIKE: (3, 10)})
    assert_type(outlook, RepurchaseOutlook)
    assert_type(outlook.interval(), Interval)
    assert_type(repurchase_outlook({Attachment.LOVE: 4}, observed.returned_of).estimate, float)


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
