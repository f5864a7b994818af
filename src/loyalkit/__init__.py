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
from loyalkit.classification import Classification
from loyalkit.cohorts import CohortTable
from loyalkit.comparison import GroupComparison, compare_groups, panel_change, retention_trend
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
from loyalkit.pareto import Concentration, ParetoRule
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
from loyalkit.retention import RetentionCounts, churn_rate, retention_rate
from loyalkit.retention_series import RetentionSeries, retention_by_period, retention_difference
from loyalkit.revenue import RevenueRetention, revenue_retention
from loyalkit.rules import Rule, RuleTable
from loyalkit.segments import SegmentAssignment, assign_segments
from loyalkit.survival import KaplanMeier, LogRank, kaplan_meier, log_rank
from loyalkit.tiers import AbcClass, UsageTier, abc_classes, top_customers, usage_tiers
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
    "Classification",
    "CohortTable",
    "Concentration",
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
    "Transactions",
    "UsageTier",
    "WhaleCurve",
    "__version__",
    "abc_classes",
    "assign_segments",
    "attachment_levels",
    "churn_rate",
    "compare_groups",
    "criterion_key",
    "customer_lifetimes",
    "decompose_change",
    "difference_in_differences",
    "expected_repurchase",
    "fit_shifted_beta_geometric",
    "holdout_size",
    "inactivity_threshold",
    "kaplan_meier",
    "log_rank",
    "net_promoter_score",
    "net_score_difference",
    "net_score_interval",
    "newcombe_difference",
    "next_questions",
    "nps_by_group",
    "panel_change",
    "program_effect",
    "projection_holdout",
    "retention_by_period",
    "retention_difference",
    "retention_rate",
    "retention_trend",
    "revenue_retention",
    "top_customers",
    "usage_tiers",
    "whale_curve",
    "wilson_interval",
]
