import datetime as dt
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_strategies import answers, intervals, kpis, retentions

from loyalkit.classification import Classification
from loyalkit.intervals import Difference, Interval
from loyalkit.kinds import Segment
from loyalkit.nps import NpsCounts
from loyalkit.planning_kpis import KpiVerdict, PlanKpi
from loyalkit.retention import RetentionCounts

RATE = (0.0, 1.0)


def kpi(target=0.5, **fields):
    return PlanKpi(name="retention", target=target, **fields)


class TestVerdict:
    @pytest.mark.parametrize(
        "low, high, at_least, at_most",
        [
            (0.6, 0.7, "met", "missed"),
            (0.3, 0.4, "missed", "met"),
            (0.4, 0.6, "cannot tell", "cannot tell"),
            (0.5, 0.7, "cannot tell", "cannot tell"),
            (0.3, 0.5, "cannot tell", "cannot tell"),
            (0.5, 0.5, "cannot tell", "cannot tell"),
            (math.nan, math.nan, "cannot tell", "cannot tell"),
            (-math.inf, math.inf, "cannot tell", "cannot tell"),
            (0.6, math.inf, "met", "missed"),
        ],
    )
    def test_follows_the_interval_ends_included(self, low, high, at_least, at_most):
        figure = Interval(low, high, 0.95)
        assert kpi(figure=figure).verdict == at_least
        assert kpi(figure=figure, direction="at_most").verdict == at_most

    def test_nobody_can_tell_before_something_is_measured(self):
        assert kpi().verdict is KpiVerdict.CANNOT_TELL

    @given(intervals(), st.floats(0, 1))
    def test_directions_are_mirror_images(self, figure, target):
        least, most = (kpi(target, figure=figure, direction=x) for x in ("at_least", "at_most"))
        opposite = {"met": "missed", "missed": "met", "cannot tell": "cannot tell"}
        assert most.verdict == opposite[least.verdict]

    @given(intervals(), st.floats(0, 1), st.floats(0, 1))
    def test_a_harder_target_is_never_met_where_an_easier_is_not(self, figure, one, two):
        easy, hard = (kpi(x, figure=figure).verdict for x in sorted((one, two)))
        assert hard != "met" or easy == "met"
        assert easy != "missed" or hard == "missed"


class TestMeasured:
    @given(retentions, st.floats(0, 1), st.sampled_from([0.8, 0.95]))
    def test_takes_the_interval_of_a_tally(self, counts, target, confidence):
        measured = kpi(target).measured(counts, confidence=confidence)
        assert measured.figure == counts.interval(confidence)
        assert measured == kpi(target).measured(counts.interval(confidence))

    @given(answers, st.floats(-100, 100))
    def test_confidence_is_95_percent_unless_told(self, counts, target):
        assert kpi(target).measured(counts).figure == counts.interval(0.95)

    @given(intervals(), intervals(), st.floats(0, 1))
    def test_last_figure_counts(self, first, second, target):
        again = kpi(target).measured(first, date="2025-01-01").measured(second)
        assert again == kpi(target).measured(second)
        assert again.date is None
        assert kpi(target).measured(first, date="2025-01-01").date == dt.date(2025, 1, 1)

    def test_takes_differences(self):
        interval = Interval(0.01, 0.09, 0.9, bounds=(-1.0, 1.0))
        effect = Difference(0.05, interval, 0.01)
        assert kpi(0.0).measured(effect).figure == interval
        assert kpi(0.0).measured(effect, confidence=0.9).verdict == "met"

    def test_knows_the_range_of_the_figure(self):
        counts = RetentionCounts(retained=8, lost=2)
        with pytest.raises(ValueError, match=r"^target must lie from 0 to 1: 0\.75 for 75 %, got"):
            kpi(75).measured(counts)
        with pytest.raises(ValueError, match="^target must lie from -100 to 100, got"):
            kpi(101).measured(NpsCounts(promoters=1))

    def test_an_interval_keeps_its_confidence(self):
        message = r"^confidence must be 0\.9, as the figure has it, got confidence=0\.95"
        with pytest.raises(ValueError, match=message):
            kpi().measured(Interval(0.1, 0.2, 0.9), confidence=0.95)
        with pytest.raises(ValueError, match=r"^confidence must be 0\.95, as the figure has it"):
            kpi().measured(Interval(0.1, 0.2, 0.95), confidence=0.9)
        with pytest.raises(ValueError, match="^confidence must be a fraction"):
            kpi().measured(RetentionCounts(retained=1), confidence=95)

    @pytest.mark.parametrize("wrong", [0.5, None, "0.5", RetentionCounts])
    def test_refuses_figures_that_do_not_say_how_sure_they_are(self, wrong):
        with pytest.raises(TypeError):
            kpi().measured(wrong)
        with pytest.raises(TypeError, match="^figure must be or have an Interval, got float"):
            kpi().measured(0.5)

    def test_refuses_what_has_many_intervals(self):
        class Table:
            def interval(self, **_choices):
                return ([0.1], [0.2])

        rule = "^figure must have one Interval, not one for each of many, got Table.interval"
        with pytest.raises(TypeError, match=rule):
            kpi().measured(Table())
        labels = Classification(labels=Segment, codes=[0])
        with pytest.raises(TypeError, match="label"):
            kpi().measured(labels)
        assert kpi(0.1).measured(labels.interval(Segment.CORE)).verdict == "met"

    def test_sums_of_several_periods_have_no_interval(self):
        years = RetentionCounts(retained=1, periods=["2024"]) + RetentionCounts(
            retained=1, periods=["2025"]
        )
        with pytest.raises(ValueError, match="period"):
            kpi().measured(years)


class TestPlanKpi:
    @given(kpis(["a"]))
    def test_survives_pickling_and_hashing(self, kpi):
        twin = pickle.loads(pickle.dumps(kpi))
        assert twin == kpi
        assert hash(twin) == hash(kpi)

    def test_segments_go_by_name(self):
        assert kpi(segment=Segment.CORE).key == ("CORE", "retention")
        assert kpi().key == (None, "retention")

    @pytest.mark.parametrize(
        "fields, error, message",
        [
            ({"name": " "}, ValueError, "name must not be blank"),
            ({"name": "x" * 201}, ValueError, "name must have at most 200 characters"),
            ({"name": 1}, TypeError, "name must be text, got int"),
            ({"target": math.nan}, ValueError, "target must be finite, got target=nan"),
            ({"target": math.inf}, ValueError, "target must be finite"),
            ({"target": True}, TypeError, "target must be a number, got bool"),
            ({"target": "0.5"}, TypeError, "target must be a number, got str"),
            ({"direction": "up"}, ValueError, "direction must be one of 'at_least', 'at_most'"),
            ({"segment": ""}, ValueError, "segment must not be blank"),
            ({"figure": (0.1, 0.2)}, TypeError, r"figure must be an Interval: measured\(\) makes"),
            ({"date": "May"}, ValueError, "date must be a date such as 2017-01-31"),
        ],
    )
    def test_says_what_is_wrong(self, fields, error, message):
        with pytest.raises(error, match=f"^{message}"):
            PlanKpi(**{"name": "x", "target": 0.5, **fields})

    def test_refuses_a_target_that_the_figure_cannot_reach(self):
        with pytest.raises(ValueError, match="^target must lie from 0 to 1: 0.85 for 85 %"):
            kpi(85, figure=Interval(0.1, 0.2, 0.95, bounds=RATE))
