import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.advocacy import Advocacy, AdvocacyClass
from loyalkit.intervals import wilson_interval
from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_0_10, SCALE_1_5, Scale
from loyalkit.weighted_scores import weighted_nps

SCORES = (10, 9, 9, 8, 7, 6, 10, 3, 9, 10)
SHARING = tuple(s / 10 for s in (9, 2, 8, 10, 5, 1, 10, 9, 6, 0))

tenths = st.integers(0, 10).map(lambda x: x / 10)
complete = st.lists(st.tuples(st.integers(0, 10), tenths), max_size=30)
partial = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 10)), st.one_of(st.none(), tenths)), max_size=30
)


def advocacy(rows, **options):
    scores, sharing = zip(*rows, strict=True) if rows else ((), ())
    return Advocacy.from_answers(scores, sharing, missing="drop", **options)


def class_of(score, sharing, likely=0.9):
    """The rule, for one customer who gave both answers."""
    if score <= 6:
        return AdvocacyClass.AT_RISK
    if score <= 8:
        return AdvocacyClass.POTENTIAL if sharing >= likely else AdvocacyClass.QUIET
    return AdvocacyClass.ADVOCATE if sharing >= likely else AdvocacyClass.SILENT_PROMOTER


class TestExpectedAdvocates:
    def test_worked_example(self):
        found = Advocacy.from_answers(SCORES, SHARING)
        assert found.expected_advocates == pytest.approx(3.5)
        assert found.advocate_rate == pytest.approx(0.35)
        assert found.sharing_weighted_score == pytest.approx(41.666667)
        assert found.sharing_weighted_nps.effective_size == pytest.approx(7.317, abs=0.0005)
        counts = found.classes.counts
        assert list(counts.values()) == [2, 4, 1, 1, 2]
        assert repr(found) == "Advocacy(n=10, missing=0, expected_advocates=3.5)"

    @given(partial)
    def test_equals_adding_up_promoters_who_gave_both_answers(self, rows):
        found = advocacy(rows)
        both = [(r, s) for r, s in rows if r is not None and s is not None]
        assert found.n == len(both)
        assert found.missing == len(rows) - len(both)
        expected = sum(s for r, s in both if r >= 9)
        assert found.expected_advocates == pytest.approx(expected)
        assert math.isnan(found.advocate_rate) == (not both)
        if both:
            assert found.advocate_rate == pytest.approx(expected / len(both))

    @given(partial, st.integers(0, 10), tenths)
    def test_bounds_hold_whatever_is_missing(self, rows, score, sharing):
        filled = [(score if r is None else r, sharing if s is None else s) for r, s in rows]
        low, high = advocacy(rows).expected_advocates_bounds
        assert low - 1e-9 <= advocacy(filled).expected_advocates <= high + 1e-9

    @given(partial)
    def test_bounds_are_reached(self, rows):
        low, high = advocacy(rows).expected_advocates_bounds
        worst = [(0 if r is None else r, 0 if s is None else s) for r, s in rows]
        best = [(10 if r is None else r, 1 if s is None else s) for r, s in rows]
        assert advocacy(worst).expected_advocates == pytest.approx(low)
        assert advocacy(best).expected_advocates == pytest.approx(high)


class TestInterval:
    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 1)), max_size=30), confidences)
    def test_is_wilsons_where_likelihoods_are_yes_or_no(self, rows, confidence):
        found, hits = advocacy(rows), sum(s for r, s in rows if r >= 9)
        expected = wilson_interval(hits, len(rows), confidence=confidence)
        interval = found.interval(confidence)
        assert [interval.low, interval.high] == pytest.approx(
            [expected.low, expected.high], abs=1e-12, nan_ok=True
        )
        assert (interval.confidence, interval.bounds) == (confidence, (0.0, 1.0))

    @given(complete, confidences)
    def test_contains_the_rate_and_is_never_certain(self, rows, confidence):
        found = advocacy(rows)
        interval = found.interval(confidence)
        if rows:
            assert 0 <= interval.low <= found.advocate_rate <= interval.high <= 1
            assert interval.width > 0
        else:
            assert math.isnan(interval.low)
            assert math.isnan(interval.high)

    def test_holds_the_truth_where_answers_hardly_vary(self):
        # One customer in thirty will not share: most samples of 30 show two of them at most.
        rng = np.random.default_rng(7)
        sharing = np.where(rng.random((2000, 30)) < 0.03, 0, 0.9)
        held = [
            0.873 in Advocacy.from_answers([10] * 30, row.tolist()).interval() for row in sharing
        ]
        assert np.mean(held) > 0.97


class TestSharingWeightedScore:
    @given(complete)
    def test_is_the_weighted_score_with_the_likelihoods_as_weights(self, rows):
        scores, sharing = zip(*rows, strict=True) if rows else ((), ())
        assert advocacy(rows).sharing_weighted_nps == weighted_nps(scores, sharing)

    @given(st.lists(st.integers(0, 10), min_size=1), tenths)
    def test_equals_the_score_if_all_are_equally_likely(self, scores, sharing):
        found = Advocacy.from_answers(scores, [sharing] * len(scores)).sharing_weighted_score
        if sharing:
            assert found == pytest.approx(NpsCounts.from_scores(scores).score)
        else:
            assert math.isnan(found)

    @pytest.mark.parametrize("scale", [SCALE_1_5, Scale(-2, -1, 0, 1)])
    def test_knows_every_scale(self, scale):
        scores = range(scale.lowest, scale.highest + 1)
        weights = [0.1, 0.2, 0.3, 0.4, 0.5][: len(scores)]
        found = Advocacy.from_answers(scores, weights, scale=scale).sharing_weighted_nps
        assert found == weighted_nps(scores, weights, scale=scale)


class TestClasses:
    @given(partial, tenths)
    def test_leave_what_some_completion_leads_to(self, rows, likely):
        found = advocacy(rows, likely=likely).classes
        assert found.n == len(rows)
        for possible, (score, sharing) in zip(found.possible, rows, strict=True):
            left = {
                class_of(r, s, likely)
                for r in (range(11) if score is None else [score])
                for s in ([0, 1] if sharing is None else [sharing])
            }
            shown = {label for label, yes in zip(AdvocacyClass, possible, strict=True) if yes}
            assert shown == left

    def test_threshold_forgives_rounding(self):
        found = Advocacy.from_answers([10, 10], [0.3 * 3, 0.8999], likely=0.9)
        assert 0.3 * 3 < 0.9
        assert found.classes.codes.tolist() == [0, 1]


class TestDoor:
    @given(partial)
    def test_survives_pickling(self, rows):
        found = advocacy(rows)
        copy = pickle.loads(pickle.dumps(found))
        assert np.array_equal(copy.sharing, found.sharing, equal_nan=True)
        assert np.array_equal(copy.net_classes, found.net_classes)
        for array in (copy.sharing, copy.net_classes):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0

    def test_codes_of_no_answer_are_missing(self):
        found = Advocacy.from_answers([11, 10], [0.5, 0.5], missing_codes=(11,))
        assert (found.n, found.missing, found.scale) == (1, 1, SCALE_0_10)

    @pytest.mark.parametrize(
        "scores, sharing, options, message",
        [
            (
                [10],
                [9],
                {},
                "fraction from 0 to 1: divide answers from 0 to 10 by 10, got sharing=9",
            ),
            ([10, 9], [None, -0.1], {"missing": "drop"}, "got sharing=-0.1 at index 1"),
            ([10], [None], {}, "sharing must not be missing: missing='drop'"),
            ([None], [1], {}, "scores must not be missing: missing='drop'"),
            ([11], [1], {}, "scores must lie on the scale 0 to 10, got scores=11"),
            ([10, 9], [1], {}, "scores and sharing must have the same length, got 2, 1"),
            ([10], [1], {"likely": 9}, "likely must be a fraction from 0 to 1: 0.09 for 9 %"),
            ([10], [math.inf], {}, "sharing must be a fraction from 0 to 1"),
        ],
    )
    def test_says_what_is_wrong(self, scores, sharing, options, message):
        with pytest.raises(ValueError, match=message):
            Advocacy.from_answers(scores, sharing, **options)

    def test_text_is_no_likelihood(self):
        with pytest.raises(TypeError, match="sharing must hold numbers"):
            Advocacy.from_answers([10], ["likely"])
