"""All workloads, with the most that each may take of the best peer's time."""

from collections.abc import Iterator

from benchmarks.answers_to_count import AnswerHistogram, NpsByGroup, NpsTally
from benchmarks.ids_to_encode import Distinct, Encode
from benchmarks.kinds_of_loyalty import DecisionTable, TableAsItStands
from benchmarks.recency_and_money import QuantileScores, RfmSummary
from benchmarks.value_of_customers import Measures, TopShare, TopShareOfLog
from benchmarks.who_came_back import Cohorts, MonthIndex, QuarterRetention
from benchmarks.workload import Workload


def workloads() -> Iterator[Workload]:
    """All of them, with the most that each may take of the best peer's time."""
    yield from (NpsTally("int8", 1.0), NpsTally("int64", 1.5), NpsTally("float64", 1.5))
    yield AnswerHistogram()
    yield from (NpsByGroup(50, 0.8), NpsByGroup(100_000, 0.7))
    yield from (TopShare(), Measures(), TopShareOfLog())
    yield from (
        QuarterRetention(kind, most)
        for kind, most in (("dense", 0.5), ("sparse", 0.8), ("text", 1))
    )
    yield Cohorts(in_order=False, most_times_peer=0.4)
    yield Cohorts(in_order=True, most_times_peer=0.2)
    yield from (MonthIndex(), RfmSummary(), QuantileScores())
    yield from (TableAsItStands(), DecisionTable())
    yield from (Encode("dense", 1.0), Encode("sparse", 1.5), Encode("text", 1.0))
    yield from (Encode("objects", 2.5), Distinct())
