"""The same report as in quickstart.py, from data typed by hand."""

from loyalkit import (
    Activity,
    Attachment,
    Concentration,
    Evidence,
    NpsCounts,
    Periods,
    ProgramPlan,
    Segment,
    Transactions,
    assign_segments,
    next_questions,
    retention_by_period,
)

# customer, day, cents
purchases = [
    ("Ada", "2024-01-05", 4000), ("Ada", "2024-02-03", 5500), ("Ada", "2024-03-08", 6000),
    ("Ben", "2024-01-09", 1500), ("Ben", "2024-03-20", 1200),
    ("Cleo", "2024-01-15", 2500), ("Cleo", "2024-02-14", 2600), ("Cleo", "2024-03-15", 2400),
    ("Dai", "2024-01-22", 900),
    ("Eve", "2024-02-02", 700), ("Eve", "2024-03-30", 800),
]  # fmt: skip
customers, days, cents = zip(*purchases, strict=True)

log = Transactions.from_arrays(customers=customers, times=days, amounts=cents)
months = Periods.between("2024-01-01", "2024-04-01", "month")
activity = Activity.from_transactions(log, months)

print("Who stayed")
series = retention_by_period(activity, known_before=["Eve"])
for label, counts in zip(series.labels, series, strict=True):
    interval = counts.interval()
    print(f"  {label}: {counts.rate:.0%}, somewhere from {interval.low:.0%} to {interval.high:.0%}")
print("  against 80 %:", ", ".join(series.against(0.8)))

print("How much hangs on how few")
print(" ", Concentration.from_values(log.totals()).rule())

print("Who recommends")
nps = NpsCounts.from_scores([10, 7, 9, 3, 9])
print(f"  {nps.score:+.0f} points, {nps.interval().low:+.0f} to {nps.interval().high:+.0f}")

print("Kinds of loyalty")  # Ada and Cleo were asked, the others were not
evidence = Evidence(
    buys_regularly=activity.active_periods == activity.n_periods,
    attachment=[Attachment.LOVE, None, Attachment.LIKE, None, None],
    perceives_value=[True, None, True, None, None],
    buys_exclusively=[True, None, True, None, None],
)
kinds = assign_segments(evidence)
for customer, segment in zip(log.customer_ids, kinds.codes, strict=True):
    print(f"  {customer}: {'open' if segment == -1 else Segment(segment).name.lower()}")
question = next_questions(evidence)[0]
settles = f"settles at best {question.at_best} of {question.open}"
print(f"  ask next: {question.evidence}, which {settles}")

print("The plan")
plan = ProgramPlan.start(segments=Segment, departments=["shop"])
print(f"  {len(plan.criteria)} criteria, {plan.progress:.0%} settled; next:")
for criterion in plan.next_actions()[:3]:
    print(f"  {criterion.key} {criterion.text}")
