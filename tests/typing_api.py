"""
Calls of the public API whose types are checked by mypy and pyright; nothing here is run.

One function per module, named after it. A line that must not pass a type checker ends
in ``# type: ignore[...]`` with the error it has to give: where it passes after all, the
unused comment is an error.
"""

from enum import IntEnum
from typing import Literal, assert_type

import numpy as np
from numpy.typing import NDArray

from loyalkit import (
    AnswerCounts,
    Classification,
    Difference,
    Interval,
    NpsByGroup,
    NpsCounts,
    PairedNpsCounts,
    RfmScores,
    RfmTable,
    Scale,
    ScoreComparison,
    ScoreRanking,
    Transactions,
    WeightedNps,
    answers_needed,
    answers_needed_to_compare,
    compare_scores,
    exclusive_by_share,
    margin_of_error,
    net_promoter_score,
    net_score_against,
    newcombe_difference,
    nps_by_group,
    paired_nps_difference,
    regular_by_longest_gap,
    share_of_requirements,
    share_of_wallet,
    value_scores,
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
