from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit._cohort_clocks import AgeRanges, age_ranges, observed_by_calendar, observed_by_days
from loyalkit.transactions import Periods

DAY = np.timedelta64(1, "D")
ZERO = np.datetime64("2016-12-20")


@st.composite
def free_periods(draw, first=0, last=40):
    """Days cut into a few periods, of which a part was observed."""
    cuts = sorted(draw(st.sets(st.integers(first, last), min_size=2, max_size=6)))
    known = sorted(draw(st.lists(st.integers(first - 3, last + 3), min_size=2, max_size=2)))
    since, through = (ZERO + day * DAY for day in known)
    if draw(st.booleans()):
        return Periods([ZERO + day * DAY for day in cuts])
    return Periods(
        [ZERO + day * DAY for day in cuts], complete_from=since, complete_through=through
    )


@st.composite
def ranges(draw, highest=12):
    """Columns with and without an end."""
    starts = sorted(draw(st.lists(st.integers(0, highest), min_size=1, max_size=4)))
    if draw(st.booleans()):
        return AgeRanges(np.array(starts), None)
    widths = draw(st.lists(st.integers(1, 5), min_size=len(starts), max_size=len(starts)))
    return AgeRanges(np.array(starts), np.maximum.accumulate(np.add(starts, widths)))


def pairs(columns):
    ends = [None] * columns.starts.size if columns.ends is None else columns.ends.tolist()
    return list(zip(columns.starts.tolist(), ends, strict=True))


def days(start, end):
    return [start + k * DAY for k in range(int((end - start) / DAY))]


def is_known(periods, day):
    return periods.complete_from <= day < periods.complete_through


def plain_cells(cohorts, columns, window):
    """Each cell from the days on which somebody may have entered, and the days that then count."""
    observed, finished, settled = (
        np.zeros((cohorts.n_periods, len(columns)), bool) for _ in range(3)
    )
    for (c, finished_entry), (a, (start, end)) in product(
        enumerate(cohorts.finished.tolist()), enumerate(columns)
    ):
        entries = days(cohorts.edges[c], cohorts.edges[c + 1])
        windows = [window(entry, start, end) for entry in entries]
        seen = any(known for counted in windows for known in counted)
        observed[c, a] = seen and any(is_known(cohorts, entry) for entry in entries)
        own = [window(entry, start, start + 1) for entry in entries] if end is None else windows
        whole = all(known for counted in own for known in counted)
        finished[c, a] = whole and finished_entry
        settled[c, a] = whole and end is not None
    return observed, finished, settled


def check(made, cells, starts, first_purchase):
    observed, finished, settled = cells
    assert np.array_equal(made.observed, observed)
    assert np.array_equal(made.finished, finished)
    if first_purchase:
        settled = settled | (starts == 0)
    assert np.array_equal(made.lower_bound, observed & ~settled)
    assert not (made.finished & ~made.observed).any()


class TestObservedByCalendar:
    @given(free_periods(10, 30), free_periods(), ranges(6), st.booleans())
    def test_equals_a_look_at_every_day_of_entry(self, cohorts, ages, columns, first_purchase):
        inner = ages.edges[(ages.edges > cohorts.edges[0]) & (ages.edges < cohorts.edges[-1])]
        later = ages.edges[ages.edges >= cohorts.edges[-1]]
        edges = sorted({cohorts.edges[0] - 2 * DAY, *inner, *later, cohorts.edges[-1] + DAY})
        ages = Periods(
            edges, complete_from=ages.complete_from, complete_through=ages.complete_through
        )

        def cells(known):
            def window(entry, start, end):
                own = int(ages.index_of([entry])[0])
                stop = max(ages.n_periods, own + start + 1) if end is None else own + end
                return [k < ages.n_periods and known[k] for k in range(own + start, stop)]

            return plain_cells(cohorts, pairs(columns), window)

        touched = [
            any(is_known(ages, day) for day in days(ages.edges[k], ages.edges[k + 1]))
            for k in range(ages.n_periods)
        ]
        observed, _, _ = cells(touched)
        _, finished, settled = cells(ages.finished.tolist())
        made = observed_by_calendar(cohorts, ages, columns, first_purchase=first_purchase)
        check(made, (observed, finished, settled), columns.starts, first_purchase)


class TestObservedByDays:
    @given(free_periods(), ranges(), st.booleans())
    def test_equals_a_look_at_every_day_of_entry(self, cohorts, columns, first_purchase):
        horizon = cohorts.complete_through + 60 * DAY

        def window(entry, start, end):
            stop = horizon if end is None else entry + end * DAY
            return [is_known(cohorts, day) for day in days(entry + start * DAY, stop)]

        cells = plain_cells(cohorts, pairs(columns), window)
        made = observed_by_days(cohorts, np.dtype("M8[D]"), columns, first_purchase=first_purchase)
        check(made, cells, columns.starts, first_purchase)

    def test_finer_times_let_customers_enter_later_on_the_last_day(self):
        month = Periods(["2017-01-01", "2017-02-01"], complete_through="2017-02-08")
        columns = age_ranges("ages", range(10), "on", None)
        for unit, last in (("D", 7), ("h", 6), ("ns", 6)):
            made = observed_by_days(month, np.dtype(f"M8[{unit}]"), columns, first_purchase=True)
            assert np.flatnonzero(made.finished[0]).tolist() == list(range(last + 1))

    def test_observation_may_end_within_a_day(self):
        month = Periods(["2017-01-01", "2017-02-01"], complete_through="2017-02-08T12:00")
        columns = age_ranges("ages", range(10), "on", None)
        made = observed_by_days(month, np.dtype("M8[D]"), columns, first_purchase=True)
        assert made.finished.sum() == 8

    def test_day_before_the_observation_leaves_a_lower_bound(self):
        known = {"complete_from": "2017-01-02", "complete_through": "2017-01-20"}
        days = Periods(["2017-01-01", "2017-01-03"], **known)
        columns = age_ranges("ages", [0, 1, 2], "on", None)
        made = observed_by_days(days, np.dtype("M8[D]"), columns, first_purchase=False)
        assert made.lower_bound.tolist() == [[True, False]]


class TestAgeRanges:
    @pytest.mark.parametrize("given_ages", [[0, 1, 3], [(0, 1), (1, 3)], np.array([0.0, 1.0, 3.0])])
    def test_edges_and_pairs_say_the_same(self, given_ages):
        made = age_ranges("ages", given_ages, "on", None)
        assert (made.starts.tolist(), made.ends.tolist()) == ([0, 1], [1, 3])

    def test_mode_decides_where_ranges_end(self):
        assert age_ranges("ages", [0, 1, 3], "on_or_after", None).ends is None
        assert age_ranges("ages", [0, 1, 3], "on_or_after", 5).ends.tolist() == [5, 6]
