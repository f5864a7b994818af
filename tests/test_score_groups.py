import json
import pickle
from collections.abc import Mapping
from datetime import date, datetime

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import reference
from strategies import confidences
from test_nps import DTYPES, airport, by_hand

from loyalkit.nps import NpsCounts
from loyalkit.scales import SCALE_1_5
from loyalkit.score_groups import NpsByGroup, nps_by_group

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


class TestNpsByGroupObject:
    def found(self):
        return nps_by_group([10, 6, 9, None], ["b", "a", "b", None], missing="drop")

    @given(grouped(gaps=True), st.sampled_from(["score", "adjusted_wald", "wald"]), confidences)
    def test_arrays_are_the_figures_of_each_group(self, rows, method, confidence):
        scores, groups = zip(*rows, strict=True)
        found = nps_by_group(scores, groups, missing="drop")
        low, high = found.interval(confidence, method)
        each = list(found.values())
        np.testing.assert_array_equal(found.n, [x.n for x in each])
        np.testing.assert_array_equal(found.missing, [x.missing for x in each])
        np.testing.assert_array_equal(found.scores, [x.score for x in each])
        np.testing.assert_array_equal(found.standard_errors, [x.standard_error for x in each])
        limits = [x.interval(confidence, method) for x in each]
        np.testing.assert_allclose(low, [x.low for x in limits], atol=1e-9)
        np.testing.assert_allclose(high, [x.high for x in limits], atol=1e-9)
        assert found.total == sum(each)

    def test_behaves_like_a_dictionary(self):
        found = self.found()
        plain = {
            "a": NpsCounts(detractors=1),
            "b": NpsCounts(promoters=2),
            None: NpsCounts(missing=1),
        }
        assert isinstance(found, Mapping)
        assert found == plain
        assert plain == found
        assert list(found) == list(plain)
        assert list(found.items()) == list(plain.items())
        assert (len(found), "a" in found, "c" in found) == (3, True, False)
        assert found.get("c") is None
        assert dict(found) == plain
        assert found == self.found()
        assert found != nps_by_group([10], ["b"])
        assert found != 3
        with pytest.raises(KeyError):
            found["c"]
        with pytest.raises(TypeError):
            found["c"] = NpsCounts()
        with pytest.raises(TypeError):
            hash(found)
        assert json.loads(json.dumps({str(k): attrs.asdict(x) for k, x in found.items()}))

    def test_shows_its_groups_up_to_twenty(self):
        assert repr(self.found()).startswith("NpsByGroup({'a': NpsCounts(detractors=1, ")
        many = repr(nps_by_group([9] * 200, np.arange(200) // 4))
        assert many.count("NpsCounts(") == 20
        assert many.endswith("... of 50 groups})")

    def test_survives_pickling(self):
        copy = pickle.loads(pickle.dumps(self.found()))
        assert copy == self.found()
        with pytest.raises(ValueError, match="read-only"):
            copy.detractors[0] = 3

    def test_is_equal_exactly_if_every_count_is(self):
        one = nps_by_group([9, 3], ["a", "b"])
        for other in (
            nps_by_group([9, 3], ["a", "c"]),
            nps_by_group([3, 3], ["a", "b"]),
            nps_by_group([9, 7], ["a", "b"]),
            nps_by_group([9, 9], ["a", "b"]),
            nps_by_group([9, 3, 11], ["a", "b", "b"], missing_codes=[11]),
            nps_by_group([5, 3], ["a", "b"], scale=SCALE_1_5),
        ):
            assert one != other
        assert nps_by_group([9, 3], np.array([1, 2], np.int8)) == nps_by_group([9, 3], [1, 2])

    @given(grouped(gaps=True), st.integers(0, 80))
    def test_shards_add_up_group_by_group(self, rows, cut):
        parts = [
            nps_by_group([x for x, _ in part], [label for _, label in part], missing="drop")
            for part in (rows[:cut], rows[cut:])
        ]
        scores, groups = zip(*rows, strict=True)
        assert sum(parts) == nps_by_group(scores, groups, missing="drop")
        assert parts[0] + parts[1] == parts[1] + parts[0]

    def test_adds_times_of_every_unit(self):
        days = np.array(["2020-01-01", "2020-01-02"], "M8[D]")
        for unit in ("D", "s", "us", "ns"):
            one = nps_by_group([9, 3], days.astype(f"M8[{unit}]"))
            none = nps_by_group([9], [np.datetime64("NaT", unit)], missing="drop")
            both = one + none
            assert list(both) == [*one, None]
            assert (both + one).n.tolist() == [2, 2, 1]

    def test_adds_only_what_is_alike(self):
        with pytest.raises(ValueError, match="scale must be the same on both sides"):
            nps_by_group([3], ["a"]) + nps_by_group([3], ["a"], scale=SCALE_1_5)
        with pytest.raises(TypeError, match="must hold str labels"):
            nps_by_group([3], ["a"]) + nps_by_group([3], [1])
        with pytest.raises(TypeError):
            self.found() + {}

    def test_a_hundred_thousand_groups(self):
        random = np.random.default_rng(1)
        scores, groups = random.integers(0, 11, 400_000), random.integers(0, 10**5, 400_000)
        found = nps_by_group(scores, groups)
        assert isinstance(found, NpsByGroup)
        low, high = found.interval()
        assert (low <= found.scores).all()
        assert (found.scores <= high).all()
        assert (low >= -100).all()
        assert (high <= 100).all()
        wider_low, wider_high = found.interval(0.99)
        assert (wider_low <= low).all()
        assert (wider_high >= high).all()
        for place in (0, 777, len(found) - 1):
            label = found.labels[place].item()
            expected = NpsCounts.from_scores(scores[groups == label])
            assert found[label] == expected
            limits = expected.interval()
            assert (low[place], high[place]) == pytest.approx((limits.low, limits.high))
