import math
from enum import IntEnum

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_strategies import answers, assignments, evidence, retentions

from loyalkit.classification import Classification
from loyalkit.cross_tables import cross_table
from loyalkit.evidence import Evidence
from loyalkit.intervals import Interval
from loyalkit.kinds import Segment
from loyalkit.nps import NpsCounts
from loyalkit.planning_evidence import PlanEvidence
from loyalkit.planning_findings import (
    FindingSubject,
    PlanFinding,
    Source,
    _surely_ahead,
    channel_findings,
    retention_findings,
    score_findings,
    size_findings,
)
from loyalkit.retention import RetentionCounts
from loyalkit.segments import assign_segments

KINDS = tuple(Segment.__members__)
LOG = PlanEvidence("behaviour", "log", date="2025-12-31")


class Tier(IntEnum):
    gold = 0
    silver = 1


def source(segments=KINDS, confidence=0.95, piece=LOG):
    return Source(piece, tuple(segments), confidence)


def told(findings):
    return {(x.segment, x.subject.value): x.text for x in findings}


class TestSizes:
    def test_worked_example(self):
        known = Evidence(
            buys_regularly=[True, True, False, True],
            attachment=[2, 0, 0, None],
            perceives_value=[True, True, None, None],
            has_alternatives=[True, False, None, True],
            buys_exclusively=[True, True, None, None],
        )
        assert told(size_findings(assign_segments(known), source())) == {
            ("CORE", "size"): "1 to 2 of 4 customers",
            ("FALSE", "size"): "1 to 2 of 4 customers",
            ("UNDISCOVERED", "size"): "0 to 1 of 4 customers",
            ("SPLIT", "size"): "0 to 1 of 4 customers",
            ("LOW", "size"): "1 of 4 customers",
            ("CORE", "hidden potential"): "0 to 1 of 4 customers may be loyal and undiscovered",
            ("FALSE", "hidden potential"): "0 to 1 of 4 customers may be loyal and undiscovered",
            ("UNDISCOVERED", "hidden potential"): (
                "0 to 1 of 4 customers may be loyal and undiscovered"
            ),
            ("SPLIT", "hidden potential"): "0 to 1 of 4 customers may be loyal and undiscovered",
            ("LOW", "hidden potential"): "0 of 4 customers may be loyal and undiscovered",
        }

    def test_undiscovered_customers_are_hidden_potential(self):
        found = assign_segments(
            Evidence(buys_regularly=[True] * 3, attachment=[1] * 3, buys_exclusively=[True] * 3)
        )
        texts = told(size_findings(found, source()))
        assert texts["UNDISCOVERED", "hidden potential"] == (
            "3 of 3 customers are loyal for unknown reasons"
        )

    @settings(max_examples=50)
    @given(assignments())
    def test_sizes_are_those_of_the_assignment(self, found):
        sizes = [x for x in size_findings(found, source()) if x.subject == "size"]
        for finding, label in zip(sizes, Segment, strict=True):
            fewest, most = found.bounds[label]
            assert finding.segment == label.name
            assert finding.interval == found.interval(label)
            assert finding.customers == found.n
            expected = "above" if fewest else "unclear" if most else "below"
            assert finding.standing == expected

    @settings(max_examples=50)
    @given(assignments())
    def test_hidden_potential_counts_who_may_be_both(self, found):
        """One customer at a time, by what each completion of the evidence allows."""
        hidden = [x for x in size_findings(found, source()) if x.subject == "hidden potential"]
        for finding, label in zip(hidden, Segment, strict=True):
            rows = found.possible.tolist()
            both = sum(row[label] and row[Segment.UNDISCOVERED] for row in rows)
            sure = sum(
                row[Segment.UNDISCOVERED] and sum(row) == 1
                for row in rows
                if label is Segment.UNDISCOVERED
            )
            between = f"{sure}" if sure == both else f"{sure} to {both}"
            assert finding.text.startswith(f"{between} of {found.n} customers ")
            assert (finding.standing == "above") == (sure > 0)
            assert (finding.standing == "below") == (both == 0)

    @pytest.mark.parametrize("confidence", [0.8, 0.95])
    def test_any_classification_has_sizes(self, confidence):
        tiers = Classification(labels=Tier, codes=[0, 1, 1, -1])
        (finding,) = size_findings(tiers, source(["gold", "other"], confidence))
        assert (finding.segment, finding.text) == ("gold", "1 to 2 of 4 customers")
        assert finding.interval == tiers.interval(Tier.gold, confidence=confidence)

    def test_nobody_proves_nothing(self):
        assert not list(size_findings(Classification(labels=Tier, codes=[]), source(["gold"])))

    def test_says_what_is_wrong(self):
        tiers = Classification(labels=Tier, codes=[0])
        message = r"^segments must be labelled by segments of the plan, such as 'CORE', got .*gold"
        with pytest.raises(ValueError, match=message):
            list(size_findings(tiers, source()))
        with pytest.raises(TypeError, match="^segments must be of type Classification, got list"):
            list(size_findings([0, 1], source()))


class TestRetention:
    def test_worked_example(self):
        groups = {
            Segment.LOW: RetentionCounts(retained=50, lost=50),
            "CORE": RetentionCounts(retained=90, lost=10),
            "unknown": RetentionCounts(retained=10, lost=0),
        }
        findings = list(retention_findings(groups, source()))
        assert told(findings) == {
            (None, "retention rate"): "150 of 210 customers stayed",
            ("CORE", "retention rate"): "90 of 100 customers stayed",
            ("LOW", "retention rate"): "50 of 100 customers stayed",
        }
        assert [x.standing for x in findings] == ["unclear", "above", "below"]
        assert findings[1].interval == groups["CORE"].interval()

    @given(retentions, retentions, st.sampled_from([0.8, 0.95]))
    def test_segments_stand_against_all_other_customers(self, core, low, confidence):
        groups = {"CORE": core, "LOW": low}
        half = 1 - (1 - confidence) / 2
        found = {x.segment: x for x in retention_findings(groups, source(KINDS, confidence))}
        for name, other in (("CORE", low), ("LOW", core)):
            if name in found:
                assert found[name].standing == groups[name].difference(other, half).verdict()
                assert found[name].interval == groups[name].interval(confidence)

    def test_a_single_group_stands_against_nobody(self):
        (_, finding) = retention_findings({"CORE": RetentionCounts(retained=99)}, source())
        assert finding.standing == "unclear"

    def test_counts_of_all_customers_are_about_the_programme(self):
        (finding,) = retention_findings(RetentionCounts(retained=9, lost=1), source())
        assert finding.segment is None
        assert finding.standing == "unclear"

    def test_nobody_proves_nothing(self):
        assert not list(retention_findings(RetentionCounts(new=5), source()))
        assert not list(retention_findings({"CORE": RetentionCounts()}, source()))

    def test_says_what_is_wrong(self):
        counts = RetentionCounts(retained=1)
        rule = "^retention must be RetentionCounts, or a mapping of segments to them, got list"
        with pytest.raises(TypeError, match=rule):
            list(retention_findings([counts], source()))
        rule = r"^retention\['CORE'\] must be of type RetentionCounts, got NpsCounts"
        with pytest.raises(TypeError, match=rule):
            list(retention_findings({"CORE": NpsCounts()}, source()))
        rule = r"^retention must be labelled by segments of the plan, such as 'CORE', got .*\['x'\]"
        with pytest.raises(ValueError, match=rule):
            list(retention_findings({"x": counts}, source()))
        with pytest.raises(ValueError, match="^retention must name each segment once, got"):
            list(retention_findings({"CORE": counts, Segment.CORE: counts}, source()))

    def test_false_standings_are_as_rare_as_was_asked_for(self):
        """All segments alike: one in twenty plans may say anything at all."""
        n, rate = 40, 0.7
        weights = [math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(n + 1)]
        groups = [RetentionCounts(retained=k, lost=n - k) for k in range(n + 1)]
        wrong = 0.0
        for one, weight in zip(groups, weights, strict=True):
            for two, other in zip(groups, weights, strict=True):
                if weight * other > 1e-9:
                    found = list(retention_findings({"CORE": one, "LOW": two}, source()))
                    if any(x.standing != "unclear" for x in found):
                        wrong += weight * other
        assert wrong < 0.05


class TestScores:
    def test_worked_example(self):
        groups = {
            "CORE": NpsCounts(promoters=60, passives=30, detractors=10),
            "LOW": NpsCounts(promoters=5, passives=30, detractors=65),
            "SPLIT": NpsCounts(promoters=11, passives=80, detractors=9),
        }
        findings = list(score_findings(groups, source()))
        assert told(findings)["LOW", "net promoter score"] == (
            "5 promoters, 30 passives and 65 detractors among 100 answers"
        )
        assert [x.segment for x in findings] == [None, "CORE", "SPLIT", "LOW"]
        assert [x.standing for x in findings] == ["unclear", "above", "unclear", "below"]
        (happy,) = score_findings(groups["CORE"], source())
        assert happy.standing == "above"
        assert findings[0].customers == 300

    @given(answers, answers, answers)
    def test_standing_is_that_of_all_segments_together(self, core, low, other):
        """Those of the plan; what is about nobody in it is not looked at."""
        groups = {"CORE": core, "LOW": low, "other": other}
        for finding in score_findings(groups, source()):
            if finding.segment is not None:
                counts = groups[finding.segment]
                assert finding.standing == counts.interval(0.975).verdict(0)
                assert finding.interval == counts.interval(0.95)

    def test_nobody_proves_nothing(self):
        assert not list(score_findings(NpsCounts(missing=3), source()))


class TestChannels:
    def table(self, **rows):
        pairs = [
            (segment, channel)
            for segment, counts in rows.items()
            for channel, count in counts.items()
            for _ in range(count)
        ]
        return cross_table(
            [segment for segment, _ in pairs],
            [None if channel == "unknown" else channel for _, channel in pairs],
        )

    def test_worked_example(self):
        table = self.table(CORE={"web": 25, "shop": 5}, LOW={"web": 12, "shop": 11}, x={"web": 9})
        core, low = channel_findings(table, source())
        assert (core.segment, core.channel) == ("CORE", "web")
        assert core.text == "web: 25 of 30 customers, ahead of any other"
        assert (low.segment, low.channel) == ("LOW", None)
        assert low.text == "none is surely ahead; web: 12 of 23 customers, another up to 11"
        assert core.customers == 30
        lows, highs = table.interval()
        assert (core.interval.low, core.interval.high) == (lows[0, 1], highs[0, 1])

    def test_each_segment_is_another_chance_of_a_false_lead(self):
        six = {"web": 6}
        (alone,) = channel_findings(self.table(CORE=six), source())
        assert alone.channel == "web"
        found = channel_findings(self.table(CORE=six, LOW=six, SPLIT=six, x=six), source())
        assert [x.channel for x in found] == [None, None, None]

    def test_customers_whose_channel_is_not_known_may_all_use_the_rival(self):
        (known,) = channel_findings(self.table(CORE={"web": 25, "shop": 5}), source())
        (open_,) = channel_findings(
            self.table(CORE={"web": 25, "shop": 5, "unknown": 15}), source()
        )
        assert known.channel == "web"
        assert open_.channel is None
        told = "none is surely ahead; web: 25 of 45 customers, another up to 20"
        assert (open_.text, open_.customers) == (told, 45)

    def test_the_only_channel_is_ahead_if_enough_customers_use_it(self):
        (finding,) = channel_findings(self.table(CORE={"web": 10}), source())
        assert finding.channel == "web"
        (finding,) = channel_findings(self.table(CORE={"web": 1}), source())
        assert finding.channel is None

    def test_segments_of_nobody_are_left_out(self):
        table = cross_table(Classification(labels=Segment, codes=[0, 0]), ["web", "web"])
        assert [x.segment for x in channel_findings(table, source())] == ["CORE"]

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match="^channels must be of type CrossTable, got dict"):
            list(channel_findings({}, source()))
        with pytest.raises(ValueError, match="^channels must be labelled by segments of the plan"):
            list(channel_findings(self.table(x={"web": 1}), source()))

    @pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
    def test_is_no_surer_than_fair_coins_allow(self, confidence):
        """Against the exact two-sided binomial test, for every split of up to 150 customers."""
        for n in range(1, 151):
            tail, ways = 0, [math.comb(n, k) for k in range(n + 1)]
            for rival in range(n // 2 + 1):
                tail += ways[rival]
                if _surely_ahead(n - rival, rival, confidence):
                    assert 2 * tail / 2**n <= 1 - confidence

    @pytest.mark.parametrize("confidence, fewest", [(0.8, 4), (0.95, 6), (0.99, 9)])
    def test_so_many_customers_of_one_mind_are_enough(self, confidence, fewest):
        assert _surely_ahead(fewest, 0, confidence)
        assert not _surely_ahead(fewest - 1, 0, confidence)

    @given(st.integers(0, 1000), st.integers(0, 1000))
    def test_more_customers_can_only_help(self, first, rival):
        if _surely_ahead(first, rival, 0.95):
            assert first > rival
            assert _surely_ahead(first + 1, rival, 0.95)
            assert rival == 0 or _surely_ahead(first, rival - 1, 0.95)


class TestPlanFinding:
    @given(evidence)
    def test_bears_the_words_and_then_those_of_its_source(self, piece):
        origin = source(piece=piece)
        (finding,) = retention_findings(RetentionCounts(retained=1), origin)
        assert finding.evidence.reference == piece.reference
        assert (finding.evidence.kind, finding.evidence.date) == (piece.kind, piece.date)
        note = f"; {piece.note}" if piece.note else ""
        assert finding.text == f"1 of 1 customers stayed{note}"

    @pytest.mark.parametrize(
        "changed, error, message",
        [
            ({"subject": "weather"}, ValueError, "subject must be one of 'size', 'hidden"),
            ({"segment": ""}, ValueError, "segment must not be blank"),
            ({"evidence": "log"}, TypeError, "evidence must be of type PlanEvidence, got str"),
            ({"interval": 0.5}, TypeError, "interval must be of type Interval, got float"),
            ({"customers": -1}, ValueError, "customers must be a whole number of at least 0"),
            ({"channel": " "}, ValueError, "channel must not be blank"),
            ({"standing": "good"}, ValueError, "standing must be one of 'above', 'below'"),
        ],
    )
    def test_says_what_is_wrong(self, changed, error, message):
        finding = PlanFinding(
            subject=FindingSubject.SIZE,
            segment="CORE",
            evidence=LOG,
            interval=Interval(0.1, 0.2, 0.95),
            customers=7,
        )
        with pytest.raises(error, match=f"^{message}"):
            attrs.evolve(finding, **changed)
