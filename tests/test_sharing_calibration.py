import csv
import itertools
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.intervals import wilson_interval
from loyalkit.sharing_calibration import SharingCalibration

CARPENTRIES = Path(__file__).parents[1] / "examples" / "data" / "carpentries_2017.csv"

tenths = st.integers(0, 10).map(lambda x: x / 10)
acts = st.sampled_from([True, False, None])
people = st.lists(st.tuples(tenths, acts), max_size=15)
known_people = st.lists(st.tuples(tenths, st.booleans()), max_size=30)


def calibration(rows):
    sharing, did = zip(*rows, strict=True) if rows else ((), ())
    return SharingCalibration.from_answers(sharing, did)


def carpentries():
    with CARPENTRIES.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) for _ in range(int(row["answers"]))]
    sharing = [int(row["score"]) / 10 if row["score"] else None for row in rows]
    did = [{"yes": True, "no": False}.get(row["has_recommended"]) for row in rows]
    return SharingCalibration.from_answers(sharing, did, missing="drop")


class TestFromAnswers:
    def test_worked_example(self):
        found = carpentries()
        assert (found.n, found.missing, found.n_unknown) == (402, 74, 44)
        rates = [found.within(*ends).rate for ends in ((0.9, 1), (0.7, 0.8), (0, 0.6))]
        assert [round(100 * rate, 1) for rate in rates] == [91.6, 72.0, 23.2]
        assert found.within(0.9, 1).n == 215
        assert found.rate == 298 / 402

    @settings(max_examples=50)
    @given(people)
    def test_counts_one_by_one(self, rows):
        found = calibration(rows)
        assert list(found.stated) == sorted({s for s, _ in rows})
        for k, stated in enumerate(found.stated):
            acts = [did for s, did in rows if s == stated]
            assert found.recommended[k] == acts.count(True)
            assert found.not_recommended[k] == acts.count(False)
            assert found.unknown[k] == acts.count(None)

    def test_likelihoods_that_differ_by_rounding_are_one(self):
        assert 0.1 + 0.2 != 0.3
        found = SharingCalibration.from_answers([0.1 + 0.2, 0.3], [1, 0])
        assert found.stated == (0.3,)
        assert found.within(0.1 + 0.2, 1).n == 2
        assert 1 - 0.9 < 0.1
        below = SharingCalibration.from_answers([1 - 0.9, 0.1], [1, 0])
        assert below.stated == (0.1,)
        assert below.expected_advocates([1 - 0.9]).expected == 0.5

    def test_who_stated_nothing_is_missing(self):
        found = SharingCalibration.from_answers(
            [0.5, None, 0.4], [True, True, None], missing="drop"
        )
        assert (found.n, found.missing, found.recommended) == (2, 1, (0, 1))

    @pytest.mark.parametrize(
        "sharing, did, message",
        [
            ([9], [True], "sharing must be a fraction from 0 to 1"),
            ([None], [True], "sharing must not be missing: missing='drop'"),
            ([0.5, 0.4], [True], "sharing and recommended must have the same length, got 2, 1"),
            ([0.5], [2], "recommended must be true or false, or unknown"),
        ],
    )
    def test_says_what_is_wrong(self, sharing, did, message):
        with pytest.raises(ValueError, match=message):
            SharingCalibration.from_answers(sharing, did)


class TestSharingCalibration:
    @pytest.mark.parametrize(
        "changed, message",
        [
            ({"stated": [0.5, 0.5]}, r"stated must ascend, got stated=\(0.5, 0.5\)"),
            ({"stated": [0.5, 0.4]}, "stated must ascend"),
            ({"stated": [5, 9]}, "stated must be a fraction from 0 to 1"),
            ({"recommended": [1]}, "recommended must hold one count for each of 2 likelihoods"),
            ({"unknown": [1, 2, 3]}, "unknown must hold one count for each of 2 likelihoods"),
            ({"not_recommended": [1, -1]}, "not_recommended must be a whole number of at least 0"),
            ({"missing": -1}, "missing must be a whole number of at least 0"),
        ],
    )
    def test_says_what_is_wrong(self, changed, message):
        known = {"stated": [0.4, 0.9], "recommended": [1, 2], "not_recommended": [3, 4]}
        with pytest.raises(ValueError, match=message):
            SharingCalibration(**known | {"unknown": [0, 0]} | changed)

    @settings(max_examples=50)
    @given(people, people, people)
    def test_addition_is_associative_commutative_and_counts_all(self, a, b, c):
        together = calibration(a + b + c)
        a, b, c = map(calibration, (a, b, c))
        assert (a + b) + c == a + (b + c) == sum([c, b, a]) == together
        assert a + SharingCalibration() == a
        more = a + SharingCalibration(missing=3) + SharingCalibration(missing=4)
        assert more.missing == 7

    @settings(max_examples=50)
    @given(people)
    def test_survives_pickling_and_hashing(self, rows):
        found = calibration(rows)
        assert pickle.loads(pickle.dumps(found)) == found
        assert hash(found) == hash(calibration(rows[::-1]))

    def test_other_things_do_not_add(self):
        with pytest.raises(TypeError, match="unsupported operand"):
            SharingCalibration() + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1 + SharingCalibration()


class TestRates:
    @settings(max_examples=50)
    @given(people, confidences)
    def test_are_of_all_and_lie_in_intervals_that_cover_the_unknown(self, rows, confidence):
        found = calibration(rows)
        low, high = found.interval(confidence)
        for k, stated in enumerate(found.stated):
            acts = [did for s, did in rows if s == stated]
            most = acts.count(True) + acts.count(None)
            assert found.rates[k] == acts.count(True) / len(acts)
            few = wilson_interval(acts.count(True), len(acts), confidence=confidence)
            many = wilson_interval(most, len(acts), confidence=confidence)
            assert (low[k], high[k]) == pytest.approx((few.low, many.high))
        if rows:
            did, n = [did for _, did in rows], len(rows)
            whole = found.rate_interval(confidence)
            few = wilson_interval(did.count(True), n, confidence=confidence)
            many = wilson_interval(n - did.count(False), n, confidence=confidence)
            assert (whole.low, whole.high) == (few.low, many.high)
            assert whole.low <= found.rate == did.count(True) / n <= whole.high

    @settings(max_examples=50)
    @given(people, tenths, tenths)
    def test_within_keeps_who_stated_it(self, rows, low, high):
        kept = [row for row in rows if low <= row[0] <= high]
        assert calibration(rows).within(low, high) == calibration(kept)

    def test_nobody_has_no_rate(self):
        found = SharingCalibration(stated=[0.5], recommended=[0], not_recommended=[0], unknown=[0])
        figures = (
            found.rate,
            found.mean_stated,
            *found.rates,
            *found.brier,
            found.rate_interval().low,
        )
        assert all(map(math.isnan, (*figures, found.overstatement().estimate)))
        assert np.isnan(found.interval()).all()
        assert SharingCalibration().rates.shape == (0,)


class TestOverstatement:
    @settings(max_examples=50)
    @given(known_people)
    def test_is_students_t_as_if_one_more_had_done_either_where_everything_is_known(self, rows):
        stats = pytest.importorskip("scipy.stats")
        found = calibration(rows).overstatement()
        distance, n = np.array([s - did for s, did in rows]), len(rows)
        mean = np.mean(distance) if rows else math.nan
        assert found.estimate == pytest.approx(mean, nan_ok=True)
        if n > 1 and np.std(distance) > 1e-9:
            stated = np.mean([s for s, _ in rows])
            more = np.append(distance, [stated - 1, stated])
            error = max(
                np.sqrt(np.sum((x - mean) ** 2) / (x.size - 1) / x.size) for x in (distance, more)
            )
            expected = stats.t.sf(abs(mean) / error, n - 1) * 2
            assert found.p_value == pytest.approx(expected, abs=1e-9)
            reach = stats.t.ppf(0.975, n - 1) * error
            assert found.interval.low == pytest.approx(max(-1, mean - reach))
            assert found.interval.high == pytest.approx(min(1, mean + reach))
        else:
            assert math.isnan(found.p_value)

    def test_thirty_who_all_did_do_not_prove_that_people_state_too_little(self):
        # If likelihoods of 0.9 and 1 hold, all of thirty such people do in one sample of five.
        found = calibration([(0.9, True), (1, True)] * 15).overstatement()
        assert found.estimate == pytest.approx(-0.05)
        assert found.verdict() == "unclear"
        assert found.p_value > 0.1

    def test_is_above_0_if_people_state_more_than_they_did(self):
        found = calibration([(0.9, True), (0.9, False), (0.8, False), (1, False)] * 20)
        assert found.overstatement().estimate == pytest.approx(0.65)
        assert found.overstatement().verdict() == "above"

    @settings(max_examples=50)
    @given(people)
    def test_reaches_from_everybody_to_nobody_of_the_unknown(self, rows):
        found = calibration(rows).overstatement()
        none = calibration([(s, bool(did)) for s, did in rows]).overstatement()
        everybody = calibration([(s, did is not False) for s, did in rows]).overstatement()
        assert found.estimate == pytest.approx(none.estimate, nan_ok=True)
        ends = everybody.interval.low, none.interval.high
        if any(map(math.isnan, ends)):
            figures = found.interval.low, found.interval.high, found.p_value
            assert all(map(math.isnan, figures))
            return
        assert (found.interval.low, found.interval.high) == pytest.approx(ends)
        unknown = any(did is None for _, did in rows)
        larger = max(none.p_value, everybody.p_value)
        opposite = unknown and everybody.estimate <= 0 <= none.estimate
        assert found.p_value == pytest.approx(1 if opposite else larger)
        assert ("not known" in found.test) == unknown


class TestBrier:
    @settings(max_examples=50)
    @given(people)
    def test_is_the_mean_square_and_splits_exactly(self, rows):
        found = calibration(rows).brier
        known = [(s, did) for s, did in rows if did is not None]
        if not known:
            assert all(map(math.isnan, found))
            return
        assert found.score == pytest.approx(np.mean([(s - did) ** 2 for s, did in known]))
        parts = found.reliability - found.resolution + found.uncertainty
        assert found.score == pytest.approx(parts, abs=1e-12)
        rate = np.mean([did for _, did in known])
        assert found.uncertainty == pytest.approx(rate * (1 - rate))
        assert min(found) >= 0

    def test_perfect_answers_score_0(self):
        assert calibration([(1, True), (0, False)]).brier == (0, 0, 0.25, 0.25)


class TestExpectedAdvocates:
    def test_worked_example(self):
        found = carpentries().expected_advocates([1.0] * 147 + [0.9] * 67)
        expected = 147 * 136 / 148 + 67 * 61 / 67
        assert found.expected == pytest.approx(expected)
        assert (found.n, found.n_unseen) == (214, 0)
        low, high = wilson_interval(136, 148).low, wilson_interval(61, 67).low
        down = math.hypot(147 * (136 / 148 - low), 67 * (61 / 67 - high))
        assert found.interval.low == pytest.approx(expected - down, abs=1)
        assert found.interval.low <= expected - down
        most = 147 * 141 / 148 + 65
        up = wilson_interval(141, 148).high, wilson_interval(65, 67).high
        up = math.hypot(147 * (up[0] - 141 / 148), 67 * (up[1] - 65 / 67))
        assert found.interval.high == pytest.approx(most + up, abs=1)
        assert found.interval.high >= most + up

    @settings(max_examples=50)
    @given(people, st.lists(tenths, max_size=20))
    def test_lies_in_its_interval_and_within_the_customers(self, rows, sharing):
        found = calibration(rows).expected_advocates(sharing)
        unseen = [s for s in sharing if s not in {stated for stated, _ in rows}]
        assert (found.n, found.n_unseen) == (len(sharing), len(unseen))
        assert math.isnan(found.expected) == bool(unseen)
        assert 0 <= found.interval.low <= found.interval.high <= found.n
        if not unseen:
            assert found.expected in found.interval
        assert found.interval.high - found.interval.low >= len(unseen)

    @settings(max_examples=50)
    @given(known_people.filter(bool), tenths, st.integers(1, 50), confidences)
    def test_of_one_likelihood_is_wilsons(self, rows, stated, n, confidence):
        found = calibration([(stated, did) for _, did in rows])
        did = [did for _, did in rows].count(True)
        limits = wilson_interval(did, len(rows), confidence=confidence)
        interval = found.expected_advocates([stated] * n, confidence=confidence).interval
        assert [interval.low, interval.high] == pytest.approx([n * limits.low, n * limits.high])

    def test_covers_whatever_the_unknown_did(self):
        found = SharingCalibration(
            stated=[0.5, 1], recommended=[3, 8], not_recommended=[4, 1], unknown=[2, 1]
        )
        whole = found.expected_advocates([0.5] * 4 + [1] * 6).interval
        for a, b in itertools.product(range(3), range(2)):
            done = SharingCalibration(
                stated=[0.5, 1],
                recommended=[3 + a, 8 + b],
                not_recommended=[6 - a, 2 - b],
                unknown=[0, 0],
            )
            interval = done.expected_advocates([0.5] * 4 + [1] * 6).interval
            assert whole.low <= interval.low + 1e-12
            assert whole.high >= interval.high - 1e-12

    def test_refuses_what_is_no_likelihood(self):
        with pytest.raises(ValueError, match="sharing must be a fraction from 0 to 1"):
            carpentries().expected_advocates([9])
        with pytest.raises(ValueError, match="sharing must not be missing"):
            carpentries().expected_advocates([None])
