"""Answers do not depend on threads: not on how many ask, nor on who asks first."""

import subprocess
import sys

QUESTIONS = '''
import numpy as np
import loyalkit


def objects():
    """A log and what is made of it."""
    draw = np.random.default_rng(7)
    ids = draw.integers(0, 2**60, 5_000)[draw.integers(0, 5_000, 70_000)]
    times = np.datetime64("2017-01-01", "s") + draw.integers(0, 365 * 86_400, ids.size)
    cents = draw.integers(1, 10**6, ids.size)
    log = loyalkit.Transactions.from_arrays(customers=ids, times=times, amounts=cents)
    months = loyalkit.Periods.between("2017-01-01", "2018-01-01", "month")
    activity = loyalkit.Activity.from_transactions(log, months)
    return log, activity, loyalkit.Concentration.from_values(log.totals())


def answers(log, activity, tally):
    """Answers of many rooms, in a form that can be compared."""
    scores = log.codes % 11
    kinds = loyalkit.assign_segments(loyalkit.Evidence(buys_regularly=scores > 6, attachment=1))
    return [
        repr(loyalkit.NpsCounts.from_scores(scores).interval()),
        repr(list(loyalkit.nps_by_group(scores, log.codes % 9).items())),
        log.codes.tobytes() + activity.bits.tobytes() + activity.first_period.tobytes(),
        repr(list(loyalkit.retention_by_period(activity))),
        repr(loyalkit.retention_difference(activity, 3, 4)),
        loyalkit.CohortTable.from_activity(activity).counts.tobytes(),
        repr((tally.gini, tally.hoover, tally.rule(), tally.joint_ratio_interval())),
        repr(loyalkit.Concentration.from_counts(range(7), range(1, 8)).gini_interval(seed=3)),
        loyalkit.top_share(log.totals()),
        loyalkit.usage_tiers(log.totals()).codes.tobytes(),
        kinds.codes.tobytes() + kinds.rules.tobytes(),
        repr(loyalkit.fit_shifted_beta_geometric([1000, 869, 743, 653, 593])),
        repr(loyalkit.wilson_interval(17, 20)),
    ]
'''

HAMMER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

sys.setswitchinterval(1e-6)  # switch as often as the interpreter lets one
start = Barrier(8)
names = loyalkit.__all__


def open_and_ask(place):
    start.wait()
    turned = names[place * 7 :] + names[: place * 7]
    rooms = {name: getattr(loyalkit, name) for name in turned}
    return rooms, answers(*objects())


with ThreadPoolExecutor(8) as threads:
    found = list(threads.map(open_and_ask, range(8)))
    shared = objects()
    asked = list(threads.map(lambda _: answers(*shared), range(16)))

alone = answers(*objects())
for rooms, answered in found:
    assert answered == alone
    assert all(room is getattr(loyalkit, name) for name, room in rooms.items())
assert all(answered == alone for answered in asked)
print("same")
"""


def test_eight_threads_that_open_all_rooms_at_once_answer_as_one_does():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUESTIONS + HAMMER],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout == "same\n", done.stderr
