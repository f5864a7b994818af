"""
Calls of the public API whose types are checked by mypy and pyright; nothing here is run.

One function per module, named after it. A line that must not pass a type checker ends
in ``# type: ignore[...]`` with the error it has to give: where it passes after all, the
unused comment is an error.
"""

from enum import IntEnum
from typing import Any, Literal, assert_type

import numpy as np
from numpy.typing import NDArray

from loyalkit import (
    REPORTED_PROFIT_EFFECTS,
    SEGMENT_PROFILES,
    Activity,
    Advocacy,
    AdvocacyClass,
    AnswerCounts,
    Attachment,
    AttachmentIndex,
    BrandLover,
    BreakEven,
    BrierScore,
    BudgetSplit,
    CalibratedAdvocates,
    ChiSquareTest,
    Classification,
    CohortTable,
    Concentration,
    ConcentrationSketch,
    Consistency,
    CrossTable,
    CurveValue,
    Cushion,
    Difference,
    Downturn,
    DownturnGroup,
    DriverQuadrant,
    EarnedAdvocacy,
    EarnedGrowth,
    Evidence,
    EvidencePiece,
    EvidenceTable,
    GroupComparison,
    IndependenceTest,
    Interval,
    KaplanMeier,
    KeepOrWin,
    KeyDrivers,
    KpiVerdict,
    Migration,
    NpsByGroup,
    NpsCounts,
    OpenClassification,
    PairedNpsCounts,
    PlanCriterion,
    PlanEvidence,
    PlanFinding,
    PlanKpi,
    PlanProposal,
    ProfitEffect,
    ProgramPlan,
    Question,
    ReferralCounts,
    ReferralValue,
    ReportedEffect,
    RepurchaseByLevel,
    RepurchaseCounts,
    RepurchaseOutlook,
    RetentionCounts,
    RevenueRetention,
    RfmScores,
    RfmTable,
    Rule,
    RuleAssignment,
    RuleCounts,
    RuleTable,
    SatisfactionLosses,
    SaturatingResponse,
    Scale,
    ScoreComparison,
    ScoreRanking,
    Segment,
    SharingCalibration,
    ShiftedBetaGeometric,
    StepStatus,
    TabulatedResponse,
    Transactions,
    WeightedNps,
    answers_needed,
    answers_needed_to_compare,
    assign_labels,
    assign_segments,
    attachment_index,
    attachment_levels,
    break_even_cost,
    came_back,
    compare_scores,
    cross_table,
    curve_lifetime_value,
    curve_value_interval,
    customer_lifetime_value,
    customers_if_each_invites_once,
    customers_if_everyone_invites_again,
    downturn_cost,
    exclusive_by_share,
    expected_lifetime,
    growth_for_uplift,
    independence_test,
    internal_consistency,
    keep_or_win,
    key_drivers,
    levels_from,
    lifetime_value_interval,
    margin_multiple,
    margin_of_error,
    net_promoter_score,
    net_score_against,
    newcombe_difference,
    next_questions,
    nps_by_group,
    paired_nps_difference,
    plan_schema,
    potential_brand_lovers,
    profit_effect,
    profit_effect_interval,
    profit_uplift,
    referral_value,
    regular_by_longest_gap,
    repurchase_by_level,
    repurchase_curves,
    repurchase_outlook,
    satisfied_among_lost,
    share_of_requirements,
    share_of_wallet,
    split_budget,
    truth_from,
    value_difference,
    value_elasticity,
    value_scores,
    viral_coefficient,
    wallet_allocation,
    weighted_nps,
    wilson_interval,
)
from loyalkit.intervals import Verdict
from loyalkit.wallet import BuyingScope

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
    assert_type(outlook.bounds, tuple[float, float])
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
    assert_type(table.comparisons("web"), dict[tuple[Any, Any], Difference])
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


def evidence_and_rules() -> None:
    """`loyalkit.evidence`, `loyalkit.cut_points`, `loyalkit.rules` and what stands on them."""
    pieces = [EvidencePiece("tier", Tier), EvidencePiece("score", range(1, 6))]
    EvidenceTable(pieces[:1], {"tier": Classification(labels=Tier, codes=[0, -1])})
    known = EvidenceTable(pieces, {"tier": [Tier.GOLD, None], "score": np.array([3, -1])})
    assert_type(known.known, dict[str, NDArray[np.int8]])
    assert_type(truth_from([1, None], at_least=2), NDArray[np.int8])
    assert_type(levels_from([1, 2.5], starts=[2]), NDArray[np.int8])
    table = RuleTable([Rule(id="1", when={}, label=Level.LOW, why="")], pieces)
    assert_type(table, RuleTable[Level])
    assignment = assign_labels(known, table)
    assert_type(assignment, RuleAssignment[Level])
    assert_type(assignment.counts, dict[Level, int])
    assert_type(assignment.bounds, dict[Level, tuple[int, int]])
    assert_type(assignment.explanation(0).label, Level | None)
    assert_type(assignment.by_group(["a", "b"])["a"], RuleCounts[Level])
    assert_type(assignment.tally() + assignment.tally(), RuleCounts[Level])
    assert_type(assignment.value_interval(Level.LOW, [1, 2]), Interval)
    assert_type(next_questions(known, rules=table, values=[1, 2]), tuple[Question, ...])
    segments = assign_segments(Evidence(buys_regularly=[True, None], attachment=2))
    assert_type(segments.counts, dict[Segment, int])
    assert_type(SEGMENT_PROFILES[Segment.LOW].to_markdown(), str)
    assign_segments(known, table)  # type: ignore[arg-type]  # pyright: ignore


def migration() -> None:
    """`loyalkit.migration` and `loyalkit.homogeneity`."""
    moved = Migration.from_labels([0, 1], [0, None], labels=Tier)
    assert_type(moved, Migration)
    assert_type(moved + moved, Migration)
    assert_type(moved.interval(Tier.GOLD), Interval)
    assert_type(moved.net_upgrade(), Difference)
    assert_type(moved.project_as_markov_chain(2).expected, Floats)
    assert_type(moved.marginal_homogeneity(), ChiSquareTest)
    Migration.from_labels([0], [0], Tier)  # type: ignore[call-arg]  # pyright: ignore


def satisfied_lost() -> None:
    """`loyalkit.satisfied_lost`."""
    rates = {"lost_among_satisfied": 0.1, "lost_among_dissatisfied": 0.3}
    assert_type(satisfied_among_lost(**rates, satisfied=0.85), float)
    assert_type(satisfied_among_lost(**rates, satisfied=[0.5, 0.85]), Floats)
    counts = SatisfactionLosses(satisfied_lost=3)
    assert_type(counts + counts, SatisfactionLosses)
    assert_type(counts.relative_risk(), Difference)
    assert_type(counts.interval("lost_among_satisfied"), Interval)
    counts.interval("lost")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


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


def earned_advocacy() -> None:
    """`loyalkit.earned_advocacy`."""
    found = EarnedAdvocacy.from_answers([True, None], [False, False])
    assert_type(found, EarnedAdvocacy)
    assert_type(found.bounds, tuple[float, float])
    assert_type(found.difference(found), Difference)
    assert_type(found + found, EarnedAdvocacy)


def wallet() -> None:
    """`loyalkit.wallet`."""
    assert_type(share_of_requirements(6, np.int64(12)), float)
    assert_type(share_of_requirements([6, 3], 12), Floats)
    assert_type(share_of_wallet(80.0, 40), float)
    assert_type(wallet_allocation(1.5, 2), float)
    assert_type(wallet_allocation([1, 2], 2), Floats)
    assert_type(exclusive_by_share([0.5], above=0.7), Classification[BuyingScope])


def answer_counts() -> None:
    """`loyalkit.answer_counts`."""
    answers = AnswerCounts.from_scores([10, 9], scale=Scale(), missing="drop", missing_codes=(11,))
    assert_type(answers, AnswerCounts)
    assert_type(AnswerCounts.from_counts([10, 9], np.array([3, 4])).tally, tuple[int, ...])
    assert_type(answers.counts, dict[int, int])
    assert_type(answers.shares, dict[int, float])
    assert_type(answers.quantile(0.5), float)
    assert_type(answers.nps, NpsCounts)
    assert_type(answers + answers, AnswerCounts)
    assert_type(sum([answers]), AnswerCounts | Literal[0])
    AnswerCounts.from_scores([10], missing="omit")  # type: ignore[arg-type]  # pyright: ignore


def nps() -> None:
    """`loyalkit.nps`."""
    counts = NpsCounts.from_scores(np.array([10, 9]), missing_codes=[11, 99])
    assert_type(counts.against(20, 0.9, "wald"), Difference)
    assert_type(counts.variance, float)
    assert_type(net_promoter_score([10, 11], weights=[1, 2.5], missing_codes=(11,)), float)
    assert_type(net_score_against((1, 2, 3), 20, method="adjusted_wald"), Difference)
    counts.interval(method="tango")  # type: ignore[arg-type]  # pyright: ignore


def paired_scores() -> None:
    """`loyalkit.paired_scores`."""
    pairs = PairedNpsCounts(table=[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert_type(pairs, PairedNpsCounts)
    assert_type(PairedNpsCounts.from_scores([9], [10], missing="drop").missing, int)
    assert_type(pairs.before, NpsCounts)
    assert_type(pairs.change(confidence=0.9), Difference)
    assert_type(paired_nps_difference([9], np.array([10]), confidence=0.9), Difference)


def score_comparison() -> None:
    """`loyalkit.score_comparison`."""
    comparison = compare_scores({"a": NpsCounts(), "b": NpsCounts()}, confidence=0.9)
    assert_type(comparison, ScoreComparison)
    assert_type(compare_scores(nps_by_group([9], ["a"])).p_value, float)
    assert_type(comparison.ranking(), ScoreRanking)
    assert_type(comparison.ranking().worst_ranks, tuple[int, ...])
    assert_type(comparison.ranking().certain, bool)


def score_groups() -> None:
    """`loyalkit.score_groups`."""
    groups = nps_by_group([9, 3], ["a", "b"], missing_codes=(11,))
    assert_type(groups, NpsByGroup)
    assert_type(groups["a"], NpsCounts)
    assert_type(groups.scores, Floats)
    assert_type(groups.interval(0.9, "wald"), tuple[Floats, Floats])
    assert_type(groups.total, NpsCounts)
    groups["a"] = NpsCounts()  # type: ignore[index]  # pyright: ignore


def survey_size() -> None:
    """`loyalkit.survey_size`."""
    assert_type(answers_needed(5, variance=0.6, population=1000, method="wald"), int)
    assert_type(answers_needed_to_compare(-10, power=0.9, other_variance=0.5), int)
    assert_type(margin_of_error(100), float)
    assert_type(margin_of_error([100, 200], confidence=0.9), Floats)


def weighted_scores() -> None:
    """`loyalkit.weighted_scores`."""
    found = weighted_nps([9, 3], np.array([1.5, 2]), strata=["a", "b"], missing="drop")
    assert_type(found, WeightedNps)
    assert_type(found.interval(0.9, "score"), Interval)
    assert_type(found.difference(found), Difference)
    assert_type(found.against(20), Difference)
    assert_type(found.effective_size, float)
    assert_type(found.n, int)


def rfm() -> None:
    """`loyalkit.rfm` and `loyalkit.scoring`."""
    log = Transactions.from_arrays(customers=[1], times=["2017-01-03"], amounts=[5])
    table = RfmTable.from_transactions(log, as_of="2017-01-31", refunds="exclude")
    assert_type(table, RfmTable)
    assert_type(table.days_since_last, NDArray[np.int64])
    assert_type(table.mean_repeat, Floats)
    scores = table.scores({"recency": [30, 90], "frequency": 3})
    assert_type(scores, RfmScores)
    assert_type(table.scores(4).monetary, NDArray[np.int8])
    assert_type(value_scores([1, 2.5], 4, best="smallest").scores, NDArray[np.int8])
    RfmTable.from_transactions(log)  # type: ignore[call-arg]  # pyright: ignore
    RfmTable.from_transactions(log, as_of=3, refunds="keep")  # type: ignore[arg-type]  # pyright: ignore


def regularity() -> None:
    """`loyalkit.regularity`."""
    log = Transactions.from_arrays(customers=[1], times=[3])
    assert_type(regular_by_longest_gap(log, as_of=9, days=30).codes, NDArray[np.int8])


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


def sums(
    activity: Activity,
    rfm: RfmTable,
    cohorts: CohortTable,
    concentration: Concentration,
    sketch: ConcentrationSketch,
    cross: CrossTable,
    labels: RuleCounts[Level],
    groups: NpsByGroup,
    moves: Migration,
) -> None:
    """`sum` of any tally; the 0 is that of a sum of none."""
    assert_type(sum([activity]), Activity | Literal[0])
    assert_type(sum([rfm]), RfmTable | Literal[0])
    assert_type(sum([cohorts]), CohortTable | Literal[0])
    assert_type(sum([concentration]), Concentration | Literal[0])
    assert_type(sum([sketch]), ConcentrationSketch | Literal[0])
    assert_type(sum([cross]), CrossTable | Literal[0])
    assert_type(sum([labels]), RuleCounts[Level] | Literal[0])
    assert_type(sum([groups]), NpsByGroup | Literal[0])
    assert_type(sum([moves]), Migration | Literal[0])
    assert_type(sum([EarnedAdvocacy()]), EarnedAdvocacy | Literal[0])
    assert_type(sum([EarnedGrowth()]), EarnedGrowth | Literal[0])
    assert_type(sum([KaplanMeier()]), KaplanMeier | Literal[0])
    assert_type(sum([NpsCounts()]), NpsCounts | Literal[0])
    assert_type(sum([PairedNpsCounts()]), PairedNpsCounts | Literal[0])
    assert_type(sum([ReferralCounts()]), ReferralCounts | Literal[0])
    assert_type(sum([RepurchaseByLevel()]), RepurchaseByLevel | Literal[0])
    assert_type(sum([RepurchaseCounts()]), RepurchaseCounts | Literal[0])
    assert_type(sum([RetentionCounts()]), RetentionCounts | Literal[0])
    assert_type(sum([RevenueRetention()]), RevenueRetention | Literal[0])
    assert_type(sum([SatisfactionLosses()]), SatisfactionLosses | Literal[0])
    assert_type(sum([SharingCalibration()]), SharingCalibration | Literal[0])
