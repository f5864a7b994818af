"""
A loyalty report from a realistic purchase log and a real survey, start to end.

Run it with ``python examples/quickstart.py``. Reading files is the caller's business,
so it happens here; everything else is loyalkit.
"""

import csv
import gzip
from collections import Counter
from pathlib import Path

import numpy as np

from loyalkit import (
    Activity,
    AnswerCounts,
    Concentration,
    Evidence,
    Periods,
    PlanEvidence,
    PlanningStep,
    ProgramPlan,
    RetentionSeries,
    Segment,
    SegmentAssignment,
    StepStatus,
    Transactions,
    WhyUnknown,
    assign_segments,
    next_questions,
    regular_by_active_periods,
    retention_by_period,
    usage_tiers,
    wilson_interval,
)

DATA = Path(__file__).parent / "data"
RETENTION_TARGET = 0.95


def main() -> None:
    log = read_log(DATA / "complete_journey_2017.csv.gz")
    heading("Complete Journey: a grocery chain in 2017, simulated from real shopping")
    print(f"{log.n_customers:,} households, {log.n_rows:,} shopping days, ", end="")
    print(f"{int(log.totals().sum()) / 100:,.2f} dollars")
    series = report_retention(log)
    report_concentration(log)
    report_recommendation(read_survey(DATA / "carpentries_2017.csv"))
    segments = report_segments(log)
    report_plan(series, segments)


def read_log(path: Path) -> Transactions:
    with gzip.open(path, "rt", newline="") as file:
        household, date, cents = zip(*list(csv.reader(file))[1:], strict=True)
    return Transactions.from_arrays(
        customers=np.array(household, dtype=np.int64),
        times=np.array(date, dtype="M8[D]"),
        amounts=np.array(cents, dtype=np.int64),
    )


def read_survey(path: Path) -> Counter[tuple[str, str]]:
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        return Counter(
            {(row["score"], row["has_recommended"]): int(row["answers"]) for row in rows}
        )


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def report_retention(log: Transactions) -> RetentionSeries:
    heading("1. Who stayed: households that bought in one quarter and in the next")
    quarters = Periods.between("2017-01-01", "2018-01-02", "quarter")
    series = retention_by_period(Activity.from_transactions(log, quarters))
    print(
        "into      start  stayed   lost    new   back   retention   95 % interval   churn  target"
    )
    for counts, label, finished, verdict in zip(
        series, series.labels, series.finished, series.against(RETENTION_TARGET), strict=True
    ):
        flows = (counts.customers_at_start, counts.retained, counts.lost, counts.new)
        print(f"{label}{' ' if finished else '*'}", *(f"{n:7,}" for n in flows), end="")
        print(f"{counts.reactivated:7,}", end="")
        if finished:
            low, high = counts.interval().low, counts.interval().high
            print(f"{counts.rate:11.1%}  {low:6.1%} to {high:5.1%} {counts.churn:7.1%}  {verdict}")
        else:
            print(f"{'-':>11}  {'-':>15} {'-':>7}  {verdict}")
    print(f"Target: {RETENTION_TARGET:.0%} retained. * rests on an unfinished quarter: the log has")
    print("one day of 2018. Who was a customer before 2017 is unknown: some 'new' may be 'back'.")
    return series


def report_concentration(log: Transactions) -> None:
    heading("2. How much hangs on how few: the 80/20 rule")
    spend = log.totals()
    concentration = Concentration.from_values(spend)
    joint = concentration.joint_ratio
    print(concentration.rule())
    print(f"The top 20 % of households make {concentration.top_share(0.2):.0%} of sales;", end=" ")
    print(f"{joint:.0%} of households make {1 - joint:.0%}.\n")
    tiers = usage_tiers(spend)
    sales = tiers.value_shares(spend)
    print("tier      households   share   of sales")
    for tier, households in tiers.counts.items():
        name = tier.name.lower().replace("_", "-")
        print(f"{name:9} {households:10,} {tiers.shares[tier]:7.1%} {sales[tier]:10.1%}")


def report_recommendation(survey: Counter[tuple[str, str]]) -> None:
    heading("3. Who recommends: learners of The Carpentries, 2017")
    given = [(int(score), number) for (score, _), number in survey.items() if score]
    silent = sum(number for (score, _), number in survey.items() if not score)
    counts = (
        AnswerCounts.from_counts(*zip(*given, strict=True)) + AnswerCounts(missing=silent)
    ).nps
    interval = counts.interval()
    print(f"Net promoter score {counts.score:+.1f} points, 95 % interval ", end="")
    print(f"{interval.low:+.1f} to {interval.high:+.1f}, from {counts.n} answers ", end="")
    print(f"({counts.missing} people gave none).\n")
    print("have recommended   yes    no   unsure   said yes   95 % interval")
    scale = counts.scale
    groups = {
        "promoters": range(scale.passive_max + 1, scale.highest + 1),
        "passives": range(scale.detractor_max + 1, scale.passive_max + 1),
        "detractors": range(scale.lowest, scale.detractor_max + 1),
    }
    for name, points in groups.items():
        said = Counter[str]()
        for (score, answer), number in survey.items():
            if score and int(score) in points:
                said[answer] += number
        share = wilson_interval(said["yes"], said.total())
        unsure = said.total() - said["yes"] - said["no"]
        print(f"{name:15} {said['yes']:6} {said['no']:5} {unsure:8}", end="")
        print(f" {said['yes'] / said.total():10.1%}   {share.low:.1%} to {share.high:.1%}")


def report_segments(log: Transactions) -> SegmentAssignment:
    heading("4. Kinds of loyalty: what the log alone can say")
    months = Activity.from_transactions(log, Periods.between("2017-01-01", "2018-01-01", "month"))
    habit = regular_by_active_periods(months, share=0.75)
    evidence = Evidence(buys_regularly=habit.codes)
    segments = assign_segments(evidence)
    late = habit.unknown[WhyUnknown.TOO_SHORT]
    late = habit.unknown[WhyUnknown.TOO_SHORT]
    print("Regular means: bought in three of four months after that of the first purchase; unknown")
    print(f"for {late} households that came in the last three. Attitude is unknown: nobody was")
    print("asked.\n")
    settled = segments.n - segments.n_undetermined
    print(f"The log settles {settled:,} of {segments.n:,} households. It narrows them:")
    kinds, households = np.unique(segments.possible, axis=0, return_counts=True)
    for possible, number in zip(kinds, households, strict=True):
        names = [segment.name.lower() for segment in Segment if possible[segment]]
        print(f"{number:6,} to {', '.join(names[:-1])} or {names[-1]}")
    print("\nkind           fewest    most   share, whatever the answers and chance (95 %)")
    for segment, (fewest, most) in segments.bounds.items():
        interval = segments.interval(segment)
        name = segment.name.lower()
        print(f"{name:13} {fewest:7,} {most:7,}   {interval.low:.1%} to {interval.high:.1%}")
    print(
        "\nWhat to ask next, and how many households an answer settles, or narrows to fewer kinds"
    )
    print("question                              open   settles at best   always   narrows")
    for question in next_questions(evidence):
        if question.narrows:
            name = question.evidence.replace("_", " ")
            print(f"{name:30} {question.open:11,} {question.at_best:17,}", end="")
            print(f" {question.always:8,} {question.narrows:9,}")
    return segments


def report_plan(series: RetentionSeries, segments: SegmentAssignment) -> None:
    heading("5. The plan: six steps to a loyalty programme")
    plan = ProgramPlan.start(segments=Segment, departments=["stores", "online shop", "service"])
    log = PlanEvidence(kind="behaviour", reference="purchase log, 2017")
    plan = plan.record("1.1", log)
    last = max(place for place, finished in enumerate(series.finished) if finished)
    plan = plan.with_findings(log, segments=segments, retention=series[last])
    for step in PlanningStep:
        done = "x" if plan.status(step) is StepStatus.DONE else " "
        waits = ", ".join(str(int(other)) for other in plan.blocked_by(step))
        print(f"[{done}] {step}. {step.title:32} {plan.step_progress(step):4.0%}", end="")
        print(f"   {plan.status(step).value}{f', waits for {waits}' if waits else ''}")
    open_, all_ = len(plan.missing()), len(plan.criteria)
    print(f"\n{all_ - open_} of {all_} criteria settled, {plan.progress:.1%}. Next:")
    for criterion in plan.next_actions()[:3]:
        print(f"  {criterion.key}  {criterion.text}")
    print(f"\n{len(plan.proposals)} proposals from the log wait for an answer, among them:")
    for proposal in plan.proposals:
        if proposal.segment == Segment.UNDISCOVERED.name and proposal.kind == "tactic":
            print(f"  {proposal.criterion}  {proposal.text}")


if __name__ == "__main__":
    main()
