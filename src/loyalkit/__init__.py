"""
Measure customer loyalty, say how sure each figure is, and plan what follows from it.

Conventions: a room is opened when one of its names is first asked for, so that a program
pays for what it uses. ``__init__.pyi`` tells type checkers the same names.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "acquisition": "KeepOrWin keep_or_win",
    "activity": "Activity",
    "advocacy": "Advocacy AdvocacyClass",
    "answer_counts": "AnswerCounts",
    "attachment": (
        "EMOTIONAL_FACTORS QUOTED_REPURCHASE_RATES Attachment AttachmentIndex QuotedRates "
        "attachment_index attachment_levels expected_repurchase"
    ),
    "brand_lovers": "BrandLover potential_brand_lovers",
    "break_even": "BreakEven break_even_cost",
    "chance": "ChanceBaseline chance_baseline poisson_top_share",
    "classification": "Classification",
    "cohorts": "CohortTable",
    "comparison": "GroupComparison compare_groups panel_change retention_trend",
    "concentration_change": "ConcentrationChange",
    "concentration_sketch": "Bounds ConcentrationSketch",
    "consistency": "Consistency internal_consistency",
    "cross_tables": "CrossTable cross_table",
    "curve_uncertainty": "curve_value_interval",
    "curve_value": "CurveValue curve_lifetime_value",
    "cut_points": "levels_from truth_from",
    "dependence": "LossOfLargest loss_of_largest major_customers top_share",
    "downturn": "Cushion Downturn DownturnGroup downturn_cost",
    "drivers": "DriverQuadrant KeyDrivers key_drivers",
    "earned_advocacy": "EarnedAdvocacy",
    "economics": "customer_lifetime_value expected_lifetime margin_multiple value_elasticity",
    "effects": "difference_in_differences holdout_size program_effect",
    "evidence": "LOYALTY_EVIDENCE Evidence EvidencePiece EvidenceTable",
    "homogeneity": "ChiSquareTest marginal_homogeneity symmetry",
    "inactivity": "CustomerLifetimes InactivityThreshold customer_lifetimes inactivity_threshold",
    "independence": "IndependenceTest independence_test",
    "intervals": "Difference Interval newcombe_difference wilson_interval",
    "kinds": "LOYALTY_RULES Segment",
    "losses": "WhaleCurve whale_curve",
    "migration": "Migration",
    "migration_projection": "MigrationProjection",
    "mix": "RateChange decompose_change",
    "net_scores": "net_score_difference net_score_interval",
    "nps": "NpsCounts net_promoter_score",
    "open_classification": "OpenClassification",
    "outlook": "RepurchaseOutlook repurchase_outlook",
    "paired_scores": "PairedNpsCounts paired_nps_difference",
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
    "profiles": "GERMAN_SEGMENT_PROFILES SEGMENT_PROFILES SegmentProfile",
    "profit_effects": "ProfitEffect profit_effect profit_uplift",
    "program_planner": "ProgramPlan",
    "programme_budget": "BudgetSplit split_budget",
    "projection": (
        "ProjectionHoldout ShiftedBetaGeometric fit_shifted_beta_geometric projection_holdout"
    ),
    "questions": "Question next_questions",
    "referrals": "EarnedGrowth ReferralCounts ReferralValue referral_value",
    "refunds": "RefundSplit split_refunds",
    "regularity": "BuyingHabit Regularity WhyUnknown regular_by_active_periods regular_by_usage",
    "reported_effects": (
        "QUOTED_PROFIT_CLAIM REPORTED_CARD_MARGINS REPORTED_CARD_VALUES "
        "REPORTED_PROFIT_EFFECTS ReportedEffect"
    ),
    "repurchase": "came_back repurchase_by_level repurchase_curves",
    "repurchase_counts": "RepurchaseByLevel RepurchaseCounts",
    "required_growth": "growth_for_uplift",
    "retention": "RetentionCounts churn_rate retention_rate",
    "retention_rows": "retention_between",
    "retention_series": "RetentionSeries retention_by_period retention_difference",
    "revenue": "RevenueRetention revenue_retention",
    "rfm": "RfmTable",
    "rhythm": "regular_by_longest_gap regular_by_own_rhythm",
    "rule_assignment": "Explanation RuleAssignment assign_labels",
    "rule_counts": "RuleCounts",
    "rules": "Rule RuleTable",
    "satisfied_lost": (
        "QUOTED_SATISFIED_AMONG_LOST QuotedRange SatisfactionLosses lost_among_satisfied "
        "satisfied_among_lost"
    ),
    "scales": "SCALE_0_10 SCALE_1_5 Scale",
    "score_comparison": "ScoreComparison ScoreRanking compare_scores",
    "score_groups": "NpsByGroup nps_by_group",
    "score_targets": "net_score_against",
    "scoring": "RfmScores ValueScores value_scores",
    "segments": "SegmentAssignment assign_segments",
    "sharing_calibration": "BrierScore CalibratedAdvocates SharingCalibration",
    "spending_responses": "SaturatingResponse TabulatedResponse",
    "survey_size": "answers_needed answers_needed_to_compare margin_of_error",
    "survival": "KaplanMeier LogRank kaplan_meier log_rank",
    "tiers": (
        "AbcClass UsageHalf UsageTier abc_classes class_thresholds heavy_half top_customers "
        "usage_tiers"
    ),
    "top_tier": "TopTierMigration",
    "transactions": "Periods Transactions",
    "value_uncertainty": "lifetime_value_interval profit_effect_interval value_difference",
    "viral_growth": (
        "customers_if_each_invites_once customers_if_everyone_invites_again viral_coefficient"
    ),
    "wallet": (
        "BuyingScope exclusive_by_purchases exclusive_by_share share_of_requirements "
        "share_of_wallet wallet_allocation"
    ),
    "weighted_scores": "WeightedNps weighted_nps",
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
