"""Measure customer loyalty, say how sure each figure is, and plan what follows from it."""

from loyalkit.activity import Activity
from loyalkit.attachment import (
    EMOTIONAL_FACTORS,
    QUOTED_REPURCHASE_RATES,
    Attachment,
    QuotedRates,
    attachment_levels,
    expected_repurchase,
)
from loyalkit.chance import ChanceBaseline, chance_baseline, poisson_top_share
from loyalkit.classification import Classification
from loyalkit.cohorts import CohortTable
from loyalkit.comparison import GroupComparison, compare_groups, panel_change, retention_trend
from loyalkit.concentration_change import ConcentrationChange
from loyalkit.concentration_sketch import Bounds, ConcentrationSketch
from loyalkit.dependence import LossOfLargest, loss_of_largest, major_customers, top_share
from loyalkit.effects import difference_in_differences, holdout_size, program_effect
from loyalkit.evidence import LOYALTY_EVIDENCE, Evidence, EvidencePiece
from loyalkit.inactivity import (
    CustomerLifetimes,
    InactivityThreshold,
    customer_lifetimes,
    inactivity_threshold,
)
from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval
from loyalkit.kinds import LOYALTY_RULES, SEGMENT_PROFILES, Segment, SegmentProfile
from loyalkit.losses import WhaleCurve, whale_curve
from loyalkit.mix import RateChange, decompose_change
from loyalkit.net_scores import net_score_difference, net_score_interval
from loyalkit.nps import (
    SCALE_0_10,
    SCALE_1_5,
    NpsCounts,
    Scale,
    net_promoter_score,
    nps_by_group,
)
from loyalkit.pareto import Concentration
from loyalkit.pareto_rule import ParetoRule
from loyalkit.planning_criteria import (
    PLANNING_CRITERIA,
    CriterionDefinition,
    CriterionScope,
    PlanningStep,
    StepStatus,
    criterion_key,
)
from loyalkit.planning_evidence import CriterionState, PlanCriterion, PlanEvidence
from loyalkit.planning_review import PlanChange, PlanProblem
from loyalkit.program_planner import ProgramPlan
from loyalkit.projection import (
    ProjectionHoldout,
    ShiftedBetaGeometric,
    fit_shifted_beta_geometric,
    projection_holdout,
)
from loyalkit.questions import Question, next_questions
from loyalkit.refunds import RefundSplit, split_refunds
from loyalkit.retention import RetentionCounts, churn_rate, retention_rate
from loyalkit.retention_series import RetentionSeries, retention_by_period, retention_difference
from loyalkit.revenue import RevenueRetention, revenue_retention
from loyalkit.rules import Rule, RuleTable
from loyalkit.segments import SegmentAssignment, assign_segments
from loyalkit.survival import KaplanMeier, LogRank, kaplan_meier, log_rank
from loyalkit.tiers import (
    AbcClass,
    UsageHalf,
    UsageTier,
    abc_classes,
    class_thresholds,
    heavy_half,
    top_customers,
    usage_tiers,
)
from loyalkit.top_tier import TopTierMigration
from loyalkit.transactions import Periods, Transactions

__version__ = "0.1.0"

__all__ = [
    "EMOTIONAL_FACTORS",
    "LOYALTY_EVIDENCE",
    "LOYALTY_RULES",
    "PLANNING_CRITERIA",
    "QUOTED_REPURCHASE_RATES",
    "SCALE_0_10",
    "SCALE_1_5",
    "SEGMENT_PROFILES",
    "AbcClass",
    "Activity",
    "Attachment",
    "Bounds",
    "ChanceBaseline",
    "Classification",
    "CohortTable",
    "Concentration",
    "ConcentrationChange",
    "ConcentrationSketch",
    "CriterionDefinition",
    "CriterionScope",
    "CriterionState",
    "CustomerLifetimes",
    "Difference",
    "Evidence",
    "EvidencePiece",
    "GroupComparison",
    "InactivityThreshold",
    "Interval",
    "KaplanMeier",
    "LogRank",
    "LossOfLargest",
    "NpsCounts",
    "ParetoRule",
    "Periods",
    "PlanChange",
    "PlanCriterion",
    "PlanEvidence",
    "PlanProblem",
    "PlanningStep",
    "ProgramPlan",
    "ProjectionHoldout",
    "Question",
    "QuotedRates",
    "RateChange",
    "RefundSplit",
    "RetentionCounts",
    "RetentionSeries",
    "RevenueRetention",
    "Rule",
    "RuleTable",
    "Scale",
    "Segment",
    "SegmentAssignment",
    "SegmentProfile",
    "ShiftedBetaGeometric",
    "StepStatus",
    "TopTierMigration",
    "Transactions",
    "UsageHalf",
    "UsageTier",
    "WhaleCurve",
    "__version__",
    "abc_classes",
    "assign_segments",
    "attachment_levels",
    "chance_baseline",
    "churn_rate",
    "class_thresholds",
    "compare_groups",
    "criterion_key",
    "customer_lifetimes",
    "decompose_change",
    "difference_in_differences",
    "expected_repurchase",
    "fit_shifted_beta_geometric",
    "heavy_half",
    "holdout_size",
    "inactivity_threshold",
    "kaplan_meier",
    "log_rank",
    "loss_of_largest",
    "major_customers",
    "net_promoter_score",
    "net_score_difference",
    "net_score_interval",
    "newcombe_difference",
    "next_questions",
    "nps_by_group",
    "panel_change",
    "poisson_top_share",
    "program_effect",
    "projection_holdout",
    "retention_by_period",
    "retention_difference",
    "retention_rate",
    "retention_trend",
    "revenue_retention",
    "split_refunds",
    "top_customers",
    "top_share",
    "usage_tiers",
    "whale_curve",
    "wilson_interval",
]
