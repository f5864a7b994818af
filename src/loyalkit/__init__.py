"""
Measure customer loyalty, say how sure each figure is, and plan what follows from it.

Conventions: a room is opened when one of its names is first asked for, so that a program
pays for what it uses. ``__init__.pyi`` tells type checkers the same names.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "activity": "Activity",
    "advocacy": "Advocacy AdvocacyClass",
    "attachment": (
        "EMOTIONAL_FACTORS QUOTED_REPURCHASE_RATES Attachment QuotedRates "
        "attachment_levels expected_repurchase"
    ),
    "brand_lovers": "BrandLover potential_brand_lovers",
    "chance": "ChanceBaseline chance_baseline poisson_top_share",
    "classification": "Classification",
    "cohorts": "CohortTable",
    "comparison": "GroupComparison compare_groups panel_change retention_trend",
    "concentration_change": "ConcentrationChange",
    "concentration_sketch": "Bounds ConcentrationSketch",
    "cross_tables": "CrossTable cross_table",
    "dependence": "LossOfLargest loss_of_largest major_customers top_share",
    "effects": "difference_in_differences holdout_size program_effect",
    "evidence": "LOYALTY_EVIDENCE Evidence EvidencePiece",
    "inactivity": "CustomerLifetimes InactivityThreshold customer_lifetimes inactivity_threshold",
    "independence": "IndependenceTest independence_test",
    "intervals": "Difference Interval newcombe_difference wilson_interval",
    "kinds": "LOYALTY_RULES SEGMENT_PROFILES Segment SegmentProfile",
    "losses": "WhaleCurve whale_curve",
    "mix": "RateChange decompose_change",
    "net_scores": "net_score_difference net_score_interval",
    "nps": "NpsCounts net_promoter_score",
    "open_classification": "OpenClassification",
    "pareto": "Concentration",
    "pareto_rule": "ParetoRule",
    "planning_criteria": (
        "PLANNING_CRITERIA CriterionDefinition CriterionScope PlanningStep StepStatus criterion_key"
    ),
    "planning_evidence": "CriterionState PlanCriterion PlanEvidence",
    "planning_findings": "FindingSubject PlanFinding",
    "planning_kpis": "KpiVerdict PlanKpi",
    "planning_proposals": "SEGMENT_TACTICS PlanProposal ProposalKind",
    "planning_review": "PlanChange PlanProblem",
    "planning_schema": "plan_schema",
    "program_planner": "ProgramPlan",
    "projection": (
        "ProjectionHoldout ShiftedBetaGeometric fit_shifted_beta_geometric projection_holdout"
    ),
    "questions": "Question next_questions",
    "referrals": "EarnedGrowth ReferralCounts ReferralValue referral_value",
    "refunds": "RefundSplit split_refunds",
    "retention": "RetentionCounts churn_rate retention_rate",
    "retention_series": "RetentionSeries retention_by_period retention_difference",
    "revenue": "RevenueRetention revenue_retention",
    "rules": "Rule RuleTable",
    "scales": "SCALE_0_10 SCALE_1_5 Scale",
    "score_groups": "nps_by_group",
    "segments": "SegmentAssignment assign_segments",
    "sharing_calibration": "BrierScore CalibratedAdvocates SharingCalibration",
    "survival": "KaplanMeier LogRank kaplan_meier log_rank",
    "tiers": (
        "AbcClass UsageHalf UsageTier abc_classes class_thresholds heavy_half "
        "top_customers usage_tiers"
    ),
    "top_tier": "TopTierMigration",
    "weighted_scores": "WeightedNps weighted_nps",
    "transactions": "Periods Transactions",
    "viral_growth": (
        "customers_if_each_invites_once customers_if_everyone_invites_again viral_coefficient"
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = sorted([*_ROOM_OF, "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'loyalkit' has no attribute {name!r}")
    value = getattr(import_module(f"loyalkit.{_ROOM_OF[name]}"), name)
    globals()[name] = value  # from now on found without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
