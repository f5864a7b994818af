from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference
from test_nps import DTYPES, airport, by_hand

from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_1_5
from loyalkit.score_groups import nps_by_group

# Few labels, so that most have several rows, and gaps between them.
group_labels = st.sampled_from(
    [
        [3, 4, 5, 7],
        [-128, -127, 127],
        [10**12, -(10**12), 2**62],
        ["web", "shop", "Ärger", ""],
        [b"a", b"b"],
        [False, True],
        [date(2020, 2, 29), date(2019, 1, 1)],
    ]
)


@st.composite
def grouped(draw, *, gaps):
    """Rows of (answer, label); with gaps, some of them are None."""
    labels = st.sampled_from(draw(group_labels))
    scores = st.integers(0, 10)
    if gaps:
        scores, labels = st.one_of(scores, st.none()), st.one_of(labels, st.none())
    return draw(st.lists(st.tuples(scores, labels), min_size=1, max_size=80))


def in_label_order(groups):
    return sorted(groups, key=lambda label: (label is None, label if label is not None else 0))


class TestNpsByGroup:
    def test_airport_by_time_of_the_day(self):
        scores, _, peak = airport()
        found = nps_by_group(scores, peak)
        expected = reference("nps.json")["2017"]["by_PEAK"]
        assert list(found) == [1, 2, 3]
        for label, counts in found.items():
            figures = expected[str(label)]
            assert (counts.n, counts.promoters, counts.passives, counts.detractors) == tuple(
                figures[key] for key in ("n", "promoters", "passives", "detractors")
            )
            assert counts.score == pytest.approx(figures["nps"], abs=1e-9)
            assert counts.standard_error == pytest.approx(figures["se"], abs=1e-9)
        assert sum(found.values()).score == pytest.approx(39.8398, abs=5e-5)

    @given(grouped(gaps=False))
    def test_counts_like_counting_by_hand(self, rows):
        scores, groups = zip(*rows, strict=True)
        expected = {
            label: by_hand([score for score, group in rows if group == label])
            for label in in_label_order(set(groups))
        }
        found = nps_by_group(scores, groups)
        assert found == expected
        assert list(found) == list(expected)
        assert [type(label) for label in found] == [type(label) for label in expected]

    @given(grouped(gaps=True))
    def test_nothing_goes_missing_silently(self, rows):
        scores, groups = zip(*rows, strict=True)
        expected = {
            label: by_hand([score for score, group in rows if group == label])
            for label in in_label_order(set(groups))
        }
        found = nps_by_group(scores, groups, missing="drop")
        assert found == expected
        assert list(found) == list(expected)
        assert sum(found.values()) == NpsCounts.from_scores(scores, missing="drop")
        if None in scores or None in groups:
            with pytest.raises(ValueError, match="must not be missing: missing='drop'"):
                nps_by_group(scores, groups)

    @given(grouped(gaps=False), st.randoms(use_true_random=False))
    def test_order_of_the_rows_does_not_matter(self, rows, random):
        shuffled = list(rows)
        random.shuffle(shuffled)
        found = [nps_by_group(*zip(*x, strict=True)) for x in (rows, shuffled)]
        assert list(found[0].items()) == list(found[1].items())

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_dtype_of_the_groups_does_not_matter(self, dtype):
        groups = np.arange(200).astype(dtype) % 5 + 100
        scores = np.arange(200) % 11
        assert nps_by_group(scores, groups) == nps_by_group(scores, groups.tolist())
        assert list(nps_by_group(scores, groups)) == [100, 101, 102, 103, 104]

    def test_distance_of_small_integers_does_not_wrap(self):
        groups = np.tile(np.array([-128, 127], np.int8), 2000)
        scores = np.tile([10.0, np.nan], 2000)
        found = nps_by_group(scores, groups, missing="drop")
        assert found == {-128: NpsCounts(promoters=2000), 127: NpsCounts(missing=2000)}

    def test_labels_beyond_int64(self):
        groups = np.tile(np.array([2**64 - 1, 2**64 - 2], np.uint64), 50)
        scores = np.tile([10.0, np.nan], 50)
        found = nps_by_group(scores, groups, missing="drop")
        assert list(found.items()) == [
            (2**64 - 2, NpsCounts(missing=50)),
            (2**64 - 1, NpsCounts(promoters=50)),
        ]

    def test_labels_that_nobody_has_make_no_group(self):
        assert list(nps_by_group([9] * 100, [1] * 50 + [5] * 50)) == [1, 5]

    def test_times_keep_their_precision(self):
        days = np.array(["2020-01-01", "2020-01-02"], "M8[D]")
        assert list(nps_by_group([9, 3], days)) == [date(2020, 1, 1), date(2020, 1, 2)]
        seconds = days.astype("M8[s]")
        assert list(nps_by_group([9, 3], seconds)) == [datetime(2020, 1, 1), datetime(2020, 1, 2)]
        nanoseconds = days.astype("M8[ns]") + np.timedelta64(1, "ns")
        assert list(nps_by_group([9, 3], nanoseconds)) == list(nanoseconds)

    def test_scale_is_kept(self):
        found = nps_by_group([5, 4, 1], ["a", "a", "b"], scale=SCALE_1_5)
        assert found["a"] == NpsCounts(promoters=1, passives=1, scale=SCALE_1_5)
        assert found["b"] == NpsCounts(detractors=1, scale=SCALE_1_5)

    def test_without_rows_there_are_no_groups(self):
        assert nps_by_group([], []) == {}
        assert nps_by_group([None], [None], missing="drop") == {None: NpsCounts(missing=1)}

    def test_input_is_not_changed(self):
        scores, groups = np.arange(60) % 11, np.arange(60) % 3
        before = scores.copy(), groups.copy()
        nps_by_group(scores, groups)
        np.testing.assert_array_equal((scores, groups), before)

    @pytest.mark.parametrize(
        "scores, groups, error, message",
        [
            ([9, 8], ["a"], ValueError, "scores and groups must have the same length, got 2, 1"),
            ([9, 11], ["a", "b"], ValueError, "scale 0 to 10, got scores=11 at index 1"),
            ([9, 8.5], ["a", "b"], ValueError, "must be whole numbers, got scores=8.5 at index 1"),
            ([9, 8], ["a", 1], TypeError, "groups must hold labels of one kind"),
            ([9, 8], [0.5, 1], ValueError, "groups must be a label"),
            ([9, True], ["a", "b"], TypeError, "scores must hold numbers"),
            ([9, 8], ["a", None], ValueError, "groups must not be missing"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, scores, groups, error, message):
        with pytest.raises(error, match=message):
            nps_by_group(scores, groups)
