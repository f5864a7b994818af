import math
import pickle
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences, small_counts

from loyalkit._multiplicity import holm
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_1_5
from loyalkit.score_comparison import compare_scores
from loyalkit.score_groups import nps_by_group

counts = st.builds(
    NpsCounts, detractors=small_counts, passives=small_counts, promoters=small_counts
)
groupings = st.dictionaries(st.sampled_from("abcdef"), counts, max_size=6)

TOUCHPOINTS = {
    "shop": NpsCounts(detractors=10, passives=30, promoters=60),
    "web": NpsCounts(detractors=15, passives=30, promoters=55),
    "phone": NpsCounts(detractors=45, passives=30, promoters=25),
}


def known(groups):
    return {label: x for label, x in groups.items() if x.n}


class TestCompareScores:
    def test_worked_example(self):
        """Scores 50, 40, -20, mean 70 / 3; variance of an answer 2.1 / 3 - (70 / 300)**2."""
        comparison = compare_scores(TOUCHPOINTS)
        variance = 0.7 - (70 / 300) ** 2
        expected = 100 * sum((x / 100 - 70 / 300) ** 2 for x in (50, 40, -20)) / variance
        assert comparison.statistic == pytest.approx(expected)
        assert comparison.degrees == 2
        assert comparison.p_value == pytest.approx(math.exp(-expected / 2))
        assert comparison.labels == ("shop", "web", "phone")

    @given(counts, counts)
    def test_of_two_groups_it_is_the_square_of_the_pooled_z(self, a, b):
        comparison = compare_scores({"a": a, "b": b})
        found = a.difference(b)
        np.testing.assert_equal(comparison.from_rest["a"].p_value, found.p_value)
        assert comparison.from_rest["a"].interval == found.interval
        if not (a.n and b.n):
            assert math.isnan(comparison.statistic)
            assert math.isnan(comparison.p_value)
            assert comparison.degrees == 0
            return
        variance = ((a + b).standard_error / 100) ** 2 * (a.n + b.n)
        z = found.estimate / 100 / math.sqrt(variance * (1 / a.n + 1 / b.n)) if variance else 0
        assert comparison.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=1e-9)

    @given(groupings)
    def test_statistic_is_that_of_the_answers_one_by_one(self, groups):
        comparison = compare_scores(groups)
        present = list(known(groups).values())
        assert comparison.degrees == max(0, len(present) - 1)
        if len(present) < 2:
            assert math.isnan(comparison.statistic)
            return
        answers = [np.repeat([-1, 0, 1], [x.detractors, x.passives, x.promoters]) for x in present]
        everything = np.concatenate(answers)
        between = sum(x.size * (x.mean() - everything.mean()) ** 2 for x in answers)
        if everything.var():
            assert comparison.statistic == pytest.approx(between / everything.var(), abs=1e-9)
        else:
            assert (comparison.statistic, comparison.p_value) == (0, 1)

    @given(groupings, confidences)
    def test_each_against_the_rest_leaves_the_group_itself_out(self, groups, confidence):
        comparison = compare_scores(groups, confidence=confidence)
        assert list(comparison.from_rest) == list(groups)
        n_known = len(known(groups))
        number = n_known if n_known > 2 else 1
        plain = {}
        for label, x in groups.items():
            others = sum((y for name, y in groups.items() if name != label), NpsCounts())
            plain[label] = x.difference(others, 1 - (1 - confidence) / number)
        raised = holm([x.p_value for x in plain.values()], number)
        for (label, expected), p_value in zip(plain.items(), raised, strict=True):
            found = comparison.from_rest[label]
            np.testing.assert_equal(found.estimate, expected.estimate)
            assert found.interval == expected.interval
            np.testing.assert_equal(found.p_value, p_value)

    @given(groupings, confidences)
    def test_pairs_allow_for_their_number(self, groups, confidence):
        comparison = compare_scores(groups, confidence=confidence)
        pairs = comparison.pairs
        assert list(pairs) == list(combinations(groups, 2))
        number = max(1, math.comb(len(known(groups)), 2))
        for (a, b), found in pairs.items():
            expected = groups[a].difference(groups[b], 1 - (1 - confidence) / number)
            np.testing.assert_equal(found.estimate, expected.estimate)
            assert found.interval == expected.interval
            if not math.isnan(expected.p_value):
                assert expected.p_value <= found.p_value <= min(1, number * expected.p_value)
                assert found.test.endswith("; adjusted by Holm's method")

    @given(groupings, st.randoms(use_true_random=False))
    def test_order_of_the_groups_does_not_matter(self, groups, random):
        order = list(groups)
        random.shuffle(order)
        one, other = compare_scores(groups), compare_scores({x: groups[x] for x in order})
        assert other.statistic == pytest.approx(one.statistic, nan_ok=True)
        for label, found in other.from_rest.items():
            assert found == one.from_rest[label]

    def test_groups_that_all_answer_alike_do_not_differ(self):
        comparison = compare_scores({"a": NpsCounts(promoters=5), "b": NpsCounts(promoters=9)})
        assert (comparison.statistic, comparison.p_value, comparison.degrees) == (0, 1, 1)

    def test_takes_what_nps_by_group_gives(self):
        groups = nps_by_group([9, 3, 10, 7], ["b", "a", "b", "a"])
        comparison = compare_scores(groups)
        assert comparison == compare_scores(dict(groups))
        assert pickle.loads(pickle.dumps(comparison)) == comparison

    def test_false_alarms_of_equal_groups_stay_rare(self):
        """Ten groups of 60 alike: any of the ten may be called different in one of 20 surveys."""
        random = np.random.default_rng(5)
        alarms = naive = omnibus = 0
        for _ in range(400):
            tables = random.multinomial(60, [0.2, 0.3, 0.5], size=10)
            groups = {
                i: NpsCounts(detractors=d, passives=s, promoters=p)
                for i, (d, s, p) in enumerate(tables.tolist())
            }
            comparison = compare_scores(groups)
            found = comparison.from_rest.values()
            alarms += any(x.verdict() != "unclear" for x in found)
            total = sum(groups.values())
            naive += any(total.score not in x.interval() for x in groups.values())
            omnibus += comparison.p_value < 0.05
        assert alarms / 400 < 0.08
        assert 0.02 < omnibus / 400 < 0.08
        assert naive / 400 > 0.2

    @pytest.mark.parametrize(
        "groups, options, error, message",
        [
            ([1, 2], {}, TypeError, "groups must be of type Mapping, got list"),
            ({"a": 3}, {}, TypeError, r"groups\['a'\] must be of type NpsCounts, got int"),
            (
                {"a": NpsCounts(), "b": NpsCounts(scale=SCALE_1_5)},
                {},
                ValueError,
                r"groups\['b'\] must be on one scale, Scale\(lowest=0, ",
            ),
            ({}, {"confidence": 95}, ValueError, "0.95 for 95 %"),
        ],
    )
    def test_says_what_is_wrong(self, groups, options, error, message):
        with pytest.raises(error, match=message):
            compare_scores(groups, **options)

    def test_is_shown_in_a_line_however_many_groups_there_are(self):
        many = compare_scores(nps_by_group([9, 3] * 200, np.arange(400) // 4))
        assert repr(many).startswith("ScoreComparison(100 groups, statistic=")
        assert len(repr(many)) < 120


class TestRanking:
    def test_worked_example(self):
        ranking = compare_scores(TOUCHPOINTS).ranking()
        assert ranking.labels == ("shop", "web", "phone")
        assert ranking.scores == (50, 40, -20)
        assert (ranking.best_ranks, ranking.worst_ranks) == ((1, 1, 3), (2, 2, 3))
        assert (ranking.maybe_best, ranking.maybe_worst) == (("shop", "web"), ("phone",))
        assert not ranking.certain
        assert compare_scores({x: TOUCHPOINTS[x] for x in ("shop", "phone")}).ranking().certain

    @given(groupings, confidences)
    def test_ranks_count_the_groups_that_the_pairs_separate(self, groups, confidence):
        comparison = compare_scores(groups, confidence=confidence)
        ranking = comparison.ranking()
        present = known(groups)
        assert sorted(ranking.labels) == sorted(present)
        assert list(ranking.scores) == sorted((x.score for x in present.values()), reverse=True)
        pairs = comparison.pairs
        verdicts = {pair: x.verdict() for pair, x in pairs.items()}
        flipped = {"above": "below", "below": "above", "unclear": "unclear"}
        verdicts |= {(b, a): flipped[verdict] for (a, b), verdict in verdicts.items()}
        near = any(min(abs(x.interval.low), abs(x.interval.high)) < 1e-9 for x in pairs.values())
        for place, label in enumerate(ranking.labels):
            others = [verdicts[label, other] for other in present if other != label]
            if not near:
                assert ranking.best_ranks[place] == 1 + others.count("below")
                assert ranking.worst_ranks[place] == len(present) - others.count("above")
            # Its rank by score is one of those left open.
            better = sum(score > ranking.scores[place] for score in ranking.scores)
            assert ranking.best_ranks[place] <= better + 1 <= ranking.worst_ranks[place]

    def test_equal_scores_leave_every_rank_open(self):
        group = NpsCounts(detractors=500, promoters=500)
        ranking = compare_scores(dict.fromkeys("abc", group)).ranking()
        assert ranking.labels == ("a", "b", "c")
        assert (ranking.best_ranks, ranking.worst_ranks) == ((1, 1, 1), (3, 3, 3))
        assert ranking.maybe_best == ranking.maybe_worst == ("a", "b", "c")

    @pytest.mark.parametrize(
        "best, other, sure",
        [((0, 2, 18), (6, 0, 14), True), ((2, 3, 5), (6, 2, 2), False)],
    )
    def test_reaches_down_from_the_better_and_up_from_the_worse(self, best, other, sure):
        """Two groups whose limits lie unevenly: down from both would say the opposite."""
        a, b = (NpsCounts(detractors=d, passives=s, promoters=p) for d, s, p in (best, other))
        comparison = compare_scores({"a": a, "b": b})
        assert comparison.ranking().certain == sure
        assert (comparison.pairs["a", "b"].verdict() == "above") == sure

    def test_without_groups_there_is_no_order(self):
        ranking = compare_scores({"a": NpsCounts(missing=3)}).ranking()
        assert (ranking.labels, ranking.certain, str(ranking)) == ((), True, "")

    def test_prints_a_table(self):
        assert str(compare_scores(TOUCHPOINTS).ranking()).splitlines() == [
            "1-2  shop     50.0",
            "1-2  web      40.0",
            "3    phone   -20.0",
        ]
