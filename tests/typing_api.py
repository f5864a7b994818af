"""
Calls of the public API whose types are checked by mypy and pyright; nothing here is run.

One function per module, named after it. A line that must not pass a type checker ends
in ``# type: ignore[...]`` with the error it has to give: where it passes after all, the
unused comment is an error.
"""

from enum import IntEnum
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from loyalkit import (
    Advocacy,
    AdvocacyClass,
    BrandLover,
    BrierScore,
    CalibratedAdvocates,
    Classification,
    CrossTable,
    Difference,
    EarnedGrowth,
    IndependenceTest,
    Interval,
    KpiVerdict,
    NpsCounts,
    OpenClassification,
    PlanCriterion,
    PlanEvidence,
    PlanFinding,
    PlanKpi,
    PlanProposal,
    ProgramPlan,
    ReferralCounts,
    ReferralValue,
    RetentionCounts,
    SharingCalibration,
    StepStatus,
    WeightedNps,
    cross_table,
    customers_if_each_invites_once,
    customers_if_everyone_invites_again,
    independence_test,
    newcombe_difference,
    plan_schema,
    potential_brand_lovers,
    referral_value,
    viral_coefficient,
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


def cross_tables() -> None:
    """`loyalkit.cross_tables`."""
    tiers = Classification(labels=Tier, codes=[0, 1, -1])
    table = cross_table(tiers, ["web", "shop", None], amounts=[1, 2, 3])
    assert_type(table, CrossTable)
    assert_type(table.counts, NDArray[np.int64])
    assert_type(table.row_shares, Floats)
    assert_type(table.value_shares, Floats)
    assert_type(table.interval(of="column"), tuple[Floats, Floats])
    assert_type(table.difference(Tier.GOLD, Tier.SILVER, "web"), Difference)
    assert_type(table + table, CrossTable)
    assert_type(table.independence, IndependenceTest)
    cross_table(tiers)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def independence() -> None:
    """`loyalkit.independence`."""
    assert_type(independence_test([[1, 2], [3, 4]]), IndependenceTest)
    assert_type(independence_test(np.ones((2, 2), int)).p_value, float)


def planning_kpis() -> None:
    """`loyalkit.planning_kpis`."""
    kpi = PlanKpi(name="retention", target=0.8, segment=Tier.GOLD, date="2025-12-31")
    assert_type(kpi.verdict, KpiVerdict)
    assert_type(kpi.figure, Interval | None)
    assert_type(kpi.measured(RetentionCounts(retained=1), confidence=0.9), PlanKpi)
    PlanKpi("retention", 0.8)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def planning_schema() -> None:
    """`loyalkit.planning_schema`."""
    assert_type(plan_schema(), dict[str, Any])


def program_planner() -> None:
    """`loyalkit.program_planner`."""
    plan = ProgramPlan.start(segments=Tier, departments=["shop"])
    survey = PlanEvidence("survey", "spring survey")
    assert_type(plan.record("1.2", survey), ProgramPlan)
    assert_type(plan.segment_status(Tier.GOLD), StepStatus)
    assert_type(plan.critical_action, PlanCriterion | None)
    tiers = Classification(labels=Tier, codes=[0, 1])
    assert_type(plan.with_findings(survey, segments=tiers), ProgramPlan)
    plan = plan.with_findings(
        survey,
        scores={Tier.GOLD: NpsCounts(promoters=1)},
        retention=RetentionCounts(retained=1),
        channels=cross_table(tiers, ["web", "shop"]),
    )
    assert_type(plan.findings, tuple[PlanFinding, ...])
    assert_type(plan.proposals, tuple[PlanProposal, ...])
    assert_type(plan.accept(plan.proposals[0]).decisions, tuple[PlanProposal, ...])
    assert_type(plan.with_kpi(PlanKpi(name="x", target=1)).kpi("x"), PlanKpi)
    assert_type(plan.to_rows("kpis"), list[dict[str, Any]])
    plan.with_findings(survey, scores=[9, 10])  # type: ignore[arg-type]  # pyright: ignore
    plan.to_rows("steps")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def referrals() -> None:
    """`loyalkit.referrals`."""
    counts = ReferralCounts(referred=9, others=25)
    assert_type(counts + counts, ReferralCounts)
    assert_type(counts.bounds, tuple[float, float])
    assert_type(counts.difference(counts), Difference)
    assert_type(EarnedGrowth(before=100, kept=85.5).ratio, float)
    assert_type(referral_value(only_by_referral=1, margin=10), ReferralValue)
    referral_value(3, margin=10)  # type: ignore[call-arg]  # pyright: ignore


def viral_growth() -> None:
    """`loyalkit.viral_growth`."""
    coefficient = viral_coefficient(invitations_per_customer=5, conversion=0.25)
    assert_type(coefficient, float)
    assert_type(customers_if_each_invites_once(100, coefficient, 3), float)
    assert_type(customers_if_everyone_invites_again(100, coefficient, [1, 2]), Floats)


def advocacy() -> None:
    """`loyalkit.advocacy`."""
    found = Advocacy.from_answers([10, 3], np.array([0.9, 0.1]), likely=0.8)
    assert_type(found, Advocacy)
    assert_type(found.expected_advocates, float)
    assert_type(found.expected_advocates_bounds, tuple[float, float])
    assert_type(found.interval(0.9), Interval)
    assert_type(found.sharing_weighted_nps, WeightedNps)
    assert_type(found.sharing_weighted_score, float)
    assert_type(found.classes, OpenClassification[AdvocacyClass])
    assert_type(found.classes.bounds[AdvocacyClass.ADVOCATE], tuple[int, int])


def sharing_calibration() -> None:
    """`loyalkit.sharing_calibration`."""
    found = SharingCalibration.from_answers([0.9, 0.2], [True, None])
    assert_type(found + found, SharingCalibration)
    assert_type(found.rates, Floats)
    assert_type(found.interval(), tuple[Floats, Floats])
    assert_type(found.overstatement(), Difference)
    assert_type(found.brier, BrierScore)
    assert_type(found.expected_advocates([0.9]), CalibratedAdvocates)


def brand_lovers() -> None:
    """`loyalkit.brand_lovers`."""
    lovers = potential_brand_lovers(scores=[9, None], recommends=[True, None])
    assert_type(lovers, OpenClassification[BrandLover])
    assert_type(lovers.interval(BrandLover.POTENTIAL), Interval)
    potential_brand_lovers([2])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
