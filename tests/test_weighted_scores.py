import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference
from strategies import confidences

from loyalkit.nps import NpsCounts, net_promoter_score
from loyalkit.scales import SCALE_0_10, SCALE_1_5
from loyalkit.weighted_scores import WeightedNps, weighted_nps

METHODS = ("score", "adjusted_wald", "wald")
NET = {"score": 1.959963984540054}

# nps.md, item 16: x = (1, 1, 1, 0, 0, -1, 1, 0, -1, 1).
SCORES = [9, 10, 9, 7, 8, 6, 10, 8, 0, 9]
WEIGHTS = [1, 1, 2, 0.5, 1, 3, 1, 2, 0.5, 1]

weights = st.floats(0.01, 100)
rows = st.lists(st.tuples(st.integers(0, 10), weights, st.sampled_from("abc")), max_size=20)
samples = rows.filter(lambda x: len(x) > 1)
methods = st.sampled_from(METHODS)


def net(scores):
    return np.array([int(score > 8) - int(score < 7) for score in scores], np.float64)


def linearised_error(scores, weights, strata):
    """The error, one stratum and one answer at a time, as surveys define it."""
    x, w = net(scores), np.array(weights)
    u = w * (x - (w @ x) / w.sum()) / w.sum()
    total = 0.0
    for stratum in set(strata):
        part = u[[s == stratum for s in strata]]
        if part.size == 1:
            return math.nan
        total += part.size / (part.size - 1) * ((part - part.mean()) ** 2).sum()
    return 100 * math.sqrt(total)


def around(x, w, net, total):
    """What a stratum adds to the squared error around a net score."""
    u = w * (x - net) / total
    n = x.size
    return n / (n - 1) * ((u - u.mean()) ** 2).sum() if n > 1 else 0.0


def design_size(scores, weights, strata):
    """Answers of equal weight that are as sure, one stratum at a time."""
    x, w = net(scores), np.array(weights)
    theta = (w @ x) / w.sum()
    variance, n = (w @ (x - theta) ** 2) / w.sum(), x.size
    if variance < 1e-9:
        return w.sum() ** 2 / (w @ w)
    overall, squared, excess = variance * n / (n - 1), 0.0, 0.0
    for stratum in set(strata):
        mine = np.array([s == stratum for s in strata])
        y, v = x[mine], w[mine]
        local = (v @ y) / v.sum()
        spread, size = (v @ (y - local) ** 2) / v.sum(), v.sum() ** 2 / (v @ v)
        linearised = (v**2 @ (y - local) ** 2) / v.sum() ** 2
        if linearised > 1e-12:
            size = min(size, spread / linearised)
        borrowed = (y.size * spread + 3 * overall) / (y.size + 2)
        squared += (v.sum() / w.sum()) ** 2 * borrowed / size
        excess += around(y, v, theta, w.sum()) - around(y, v, local, w.sum())
    return overall / (squared + max(0.0, excess))


def airport():
    """San Francisco airport 2017: answers with 11 for none, and weights."""
    columns = raw_columns("sfo_nps_2017.csv")
    return [[float(x) if x else math.nan for x in columns[name]] for name in ("NETPRO", "WEIGHT")]


def columns(sample):
    return [list(column) for column in zip(*sample, strict=True)] or [[], [], []]


class TestWeightedNps:
    def test_worked_example(self):
        """nps.md, item 16; the error agrees with samplics, 0.3493477616."""
        found = weighted_nps(SCORES, WEIGHTS)
        assert found.score == pytest.approx(19.23077, abs=5e-6)
        assert found.standard_error == pytest.approx(34.93477616, abs=2e-6)
        assert found.effective_size == pytest.approx(7.5111, abs=5e-5)
        assert found.design_effect == pytest.approx(1.33136, abs=5e-6)
        assert found.n == 10
        limits = found.interval(method="adjusted_wald")
        assert (limits.low, limits.high) == pytest.approx((-34.85, 62.33), abs=5e-3)

    def test_airport_of_san_francisco_2017(self):
        expected = reference("nps.json")["2017"]["weighted"]
        found = weighted_nps(*airport(), missing="drop", missing_codes=(11,))
        assert found.score == pytest.approx(expected["nps"], abs=1e-9)
        # That computation leaves out n / (n - 1), which samplics and this library have.
        plain = math.sqrt((found.n - 1) / found.n)
        assert found.standard_error * plain == pytest.approx(expected["se"], abs=1e-9)
        assert (found.score, found.standard_error) == pytest.approx((40.3984, 1.4457), abs=5e-5)
        assert found.effective_size == pytest.approx(expected["kish_neff"], abs=1e-6)
        assert found.n == expected["n"]
        assert found.missing == reference("nps.json")["2017"]["blank"]
        wald = found.interval(method="wald")
        assert (wald.low, wald.high) == pytest.approx(expected["wald95"], abs=1e-3)

    def test_weights_are_not_read_as_frequencies(self):
        """statsmodels' DescrStatsW.std_mean gives .24045 for the worked example."""
        assert weighted_nps(SCORES, WEIGHTS).standard_error != pytest.approx(24.045, abs=1)
        one, three = weighted_nps([10, 0], [3, 1]), weighted_nps([10, 10, 10, 0], [1, 1, 1, 1])
        assert one.score == three.score
        assert one.n == 2
        assert one.interval().width > three.interval().width

    @given(samples)
    def test_error_is_the_linearised_one_stratum_by_stratum(self, sample):
        scores, weight, strata = columns(sample)
        found = weighted_nps(scores, weight)
        expected = linearised_error(scores, weight, ["all"] * len(scores))
        assert found.standard_error == pytest.approx(expected, rel=1e-9, abs=1e-6)
        found = weighted_nps(scores, weight, strata=strata)
        expected = linearised_error(scores, weight, strata)
        assert found.standard_error == pytest.approx(expected, rel=1e-9, abs=1e-6, nan_ok=True)

    @given(st.lists(st.tuples(st.integers(1, 9), *[st.integers(2, 30)] * 3), min_size=1))
    def test_weights_alike_in_each_stratum_give_the_textbook_formula(self, strata):
        """nps.md, item 16: the sum of W_h**2 V_h / (n_h - 1)."""
        scores, weight, labels, squared = [], [], [], 0.0
        total = sum(w * sum(counts) for w, *counts in strata)
        for label, (w, *counts) in enumerate(strata):
            scores += np.repeat([3, 7, 9], counts).tolist()
            weight += [w] * sum(counts)
            labels += [label] * sum(counts)
            x = net(np.repeat([3, 7, 9], counts))
            squared += (w * x.size / total) ** 2 * x.var() / (x.size - 1)
        found = weighted_nps(scores, weight, strata=labels)
        assert found.standard_error == pytest.approx(100 * math.sqrt(squared), rel=1e-9)

    @given(st.lists(st.integers(0, 10), min_size=1, max_size=20), weights, confidences)
    def test_equal_weights_give_the_figures_of_counts(self, scores, weight, confidence):
        found = weighted_nps(scores, [weight] * len(scores))
        counts = NpsCounts.from_scores(scores)
        n = counts.n
        assert found.score == pytest.approx(counts.score, abs=1e-9)
        assert found.effective_size == pytest.approx(n)
        assert found.design_size == pytest.approx(n)
        for method in ("score", "adjusted_wald"):
            same, limits = (x.interval(confidence, method) for x in (found, counts))
            assert (same.low, same.high) == pytest.approx((limits.low, limits.high), abs=1e-7)
        if n > 1:
            unbiased = counts.standard_error * math.sqrt(n / (n - 1))
            assert found.standard_error == pytest.approx(unbiased, abs=1e-6)

    @given(samples, st.floats(1e-3, 1e3), confidences, st.randoms(use_true_random=False))
    def test_unit_of_the_weights_and_order_do_not_matter(self, sample, unit, confidence, random):
        shuffled = [(score, weight * unit, stratum) for score, weight, stratum in sample]
        random.shuffle(shuffled)
        one, other = (
            weighted_nps(scores, weight, strata=strata)
            for scores, weight, strata in map(columns, (sample, shuffled))
        )
        assert other.score == pytest.approx(one.score, abs=1e-9)
        assert other.standard_error == pytest.approx(one.standard_error, abs=1e-5, nan_ok=True)
        assert other.effective_size == pytest.approx(one.effective_size)
        limits = [(x.interval(confidence).low, x.interval(confidence).high) for x in (one, other)]
        assert limits[0] == pytest.approx(limits[1], abs=1e-6)

    @given(samples)
    def test_effective_size_lies_between_one_answer_and_all(self, sample):
        scores, weight, strata = columns(sample)
        for found in (weighted_nps(scores, weight), weighted_nps(scores, weight, strata=strata)):
            assert 1 - 1e-9 <= found.effective_size <= found.n + 1e-9
            assert found.design_effect >= 1 - 1e-9
            spread = np.var(weight) / np.mean(weight) ** 2
            assert found.design_effect == pytest.approx(1 + spread)
        assert weighted_nps(scores, weight).design_size <= found.effective_size + 1e-9

    @given(samples, confidences, confidences)
    def test_score_interval_contains_the_score_stays_in_range_and_nests(self, sample, c1, c2):
        scores, weight, strata = columns(sample)
        for found in (weighted_nps(scores, weight), weighted_nps(scores, weight, strata=strata)):
            inner, outer = (found.interval(c) for c in sorted((c1, c2)))
            assert -100 <= outer.low <= inner.low + 1e-9
            assert inner.low <= found.score <= inner.high
            assert inner.high - 1e-9 <= outer.high <= 100

    @given(samples, methods)
    def test_swapping_detractors_and_promoters_mirrors_the_interval(self, sample, method):
        scores, weight, strata = columns(sample)
        mirror = {score: 10 if score < 7 else 7 if score < 9 else 0 for score in range(11)}
        one = weighted_nps(scores, weight, strata=strata)
        other = weighted_nps([mirror[score] for score in scores], weight, strata=strata)
        assert other.score == pytest.approx(-one.score)
        limits, mirrored = one.interval(method=method), other.interval(method=method)
        assert (mirrored.low, mirrored.high) == pytest.approx(
            (-limits.high, -limits.low), abs=1e-6, nan_ok=True
        )

    def test_those_who_all_answer_alike_are_not_sure(self):
        alike = weighted_nps([10] * 5, [1, 2, 3, 4, 5])
        assert alike.score == 100
        assert alike.standard_error == 0
        assert alike.interval(method="wald").width == 0
        # Kish's size is 225 / 55, and with all promoters the limit is closed.
        n, z = 225 / 55, NET["score"]
        assert alike.interval().low == pytest.approx(100 * (n - z * z) / (n + z * z))
        assert alike.interval().high == 100

    @given(samples)
    def test_design_size_is_that_of_its_definition(self, sample):
        scores, weight, strata = columns(sample)
        found = weighted_nps(scores, weight, strata=strata).design_size
        assert found == pytest.approx(design_size(scores, weight, strata), rel=1e-6)

    def test_weights_that_vary_within_unlike_strata_cost_certainty(self):
        scores, strata = [10] * 6 + [0] * 6, ["a"] * 6 + ["b"] * 6
        even = weighted_nps(scores, [2] * 12, strata=strata)
        uneven = weighted_nps(scores, [1, 1, 1, 1, 4, 4] * 2, strata=strata)
        assert uneven.score == even.score == 0
        # Kish alone would leave two thirds.
        assert uneven.effective_size / even.effective_size == pytest.approx(2 / 3)
        assert uneven.design_size < 0.4 * even.design_size

    def test_wald_may_leave_the_range_and_the_others_do_not(self):
        found = weighted_nps([10, 10, 10, 10, 8], [1, 2, 1, 1, 1])
        assert found.interval(method="wald").high > 100
        assert found.interval(method="score").high <= 100
        assert found.interval(0.999, method="adjusted_wald").high == 100

    def test_strata_that_answer_alike_each_are_not_sure_either(self):
        found = weighted_nps([10] * 4 + [0] * 4, [1] * 8, strata=[0] * 4 + [1] * 4)
        assert found.standard_error == 0
        assert found.interval().width > 50

    @pytest.mark.parametrize("n", [2, 3, 6, 7, 11, 12])
    @pytest.mark.parametrize("weight", [0.1, 0.3, 0.7, 1 / 3])
    def test_rounding_is_no_variation(self, n, weight):
        scores, strata = [10] * n + [0] * n, ["a"] * n + ["b"] * n
        found = weighted_nps(scores, [weight] * n + [1] * n, strata=strata)
        assert found.standard_error == 0

    def test_strata_that_differ_make_it_surer(self):
        """nps.md, A3: Kish and plain linearisation are far too wide where strata differ."""
        scores = [10] * 90 + [0] * 10 + [10] * 10 + [0] * 90
        strata = [0] * 100 + [1] * 100
        whole, apart = (
            weighted_nps(scores, [1] * 200),
            weighted_nps(scores, [1] * 200, strata=strata),
        )
        assert apart.standard_error < 0.65 * whole.standard_error
        assert apart.interval().width < 0.65 * whole.interval().width

    def test_error_is_unknown_exactly_if_a_stratum_has_one_answer(self):
        lonely = weighted_nps([10, 9, 2, 7], [1, 2, 1, 1], strata=["a", "a", "a", "b"])
        assert math.isnan(lonely.standard_error)
        assert math.isnan(lonely.interval(method="wald").low)
        assert lonely.score == weighted_nps([10, 9, 2, 7], [1, 2, 1, 1]).score
        assert lonely.score in lonely.interval()
        assert math.isnan(weighted_nps([10], [3]).standard_error)
        assert weighted_nps([10], [3]).interval() == NpsCounts(promoters=1).interval()
        both = weighted_nps([10, 9, 2, 7], [1, 2, 1, 1], strata=["a", "a", "b", "b"])
        assert both.standard_error > 0

    def test_answers_of_weight_0_stand_for_nobody(self):
        with_zero = weighted_nps([*SCORES, 0, 0], [*WEIGHTS, 0, 0.0])
        assert with_zero == weighted_nps(SCORES, WEIGHTS)
        strata = ["b"] * 10
        for nobody in ("a", "c"):
            found = weighted_nps([*SCORES, 0], [*WEIGHTS, 0], strata=[*strata, nobody])
            assert found == weighted_nps(SCORES, WEIGHTS, strata=strata)

    @pytest.mark.parametrize("found", [([], []), ([9, 3], [0, 0])])
    def test_without_weight_everything_is_nan(self, found):
        empty = weighted_nps(*found)
        assert empty.n == 0
        for figure in (
            *(empty.score, empty.standard_error, empty.effective_size, empty.design_effect),
            *(empty.interval(method=method).low for method in METHODS),
            empty.difference(weighted_nps([9], [1])).estimate,
            empty.difference(weighted_nps([9], [1])).p_value,
        ):
            assert math.isnan(figure)

    def test_weights_beyond_the_range_of_squares_do_not_matter(self):
        expected = weighted_nps(SCORES, WEIGHTS)
        for unit in (2.0**-1000, 2.0**1000):
            assert weighted_nps(SCORES, np.array(WEIGHTS) * unit) == expected

    def test_missing_rows_are_counted_once(self):
        found = weighted_nps(
            [10, None, 3, 7, None, 9],
            [1, 1, math.nan, 2, None, 1],
            strata=["a", "a", "a", None, "b", "a"],
            missing="drop",
        )
        assert (found.n, found.missing, found.score) == (2, 4, 100)
        assert weighted_nps([None, 9], [1, 0], missing="drop").missing == 1

    def test_codes_of_missing_answers_are_counted_and_never_neutral(self):
        found = weighted_nps([10, 11, 3, -1], [1, 5, 1, 5], missing_codes=(11, -1))
        assert (found.n, found.missing, found.score) == (2, 2, 0)

    def test_scale_is_kept(self):
        found = weighted_nps([5, 5, 4, 3], [1, 1, 1, 1], scale=SCALE_1_5)
        assert (found.score, found.scale) == (25, SCALE_1_5)
        assert weighted_nps([9], [1]).scale == SCALE_0_10

    @given(rows)
    def test_score_alone_is_the_same(self, sample):
        scores, weight, _ = columns(sample)
        found = weighted_nps(scores, weight).score
        assert found == pytest.approx(net_promoter_score(scores, weights=weight), nan_ok=True)

    def test_survives_pickling_and_hashing(self):
        found = weighted_nps(SCORES, WEIGHTS)
        copy = pickle.loads(pickle.dumps(found))
        assert isinstance(copy, WeightedNps)
        assert (copy, hash(copy)) == (found, hash(found))
        assert weighted_nps([], []) == weighted_nps([], [])

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            (([9, 8], [1, -0.5]), ValueError, "weights must be at least 0, got weights=-0.5 at i"),
            (([9, 8], [1, math.inf]), ValueError, "weights must be finite, got weights=inf at in"),
            (([9, 8], [1, None]), ValueError, "weights must not be missing: missing='drop'"),
            (([9, None], [1, 1]), ValueError, "scores must not be missing: missing='drop'"),
            (([9, 8], [1]), ValueError, "scores and weights must have the same length, got 2, 1"),
            (([9, 8], ["1", "2"]), TypeError, "weights must hold numbers"),
            (([9, 8], [True, True]), TypeError, "weights must hold numbers"),
            (([9, 11], [1, 1]), ValueError, "scale 0 to 10, got scores=11 at index 1"),
            (([9, -1], [1, 1]), ValueError, "scale 0 to 10, got scores=-1 at index 1"),
            (([9, 8.5], [1, 1]), ValueError, "must be whole numbers, got scores=8.5 at index 1"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            weighted_nps(*arguments)

    @pytest.mark.parametrize(
        "options, error, message",
        [
            ({"strata": ["a"]}, ValueError, "scores, weights and strata must have the same length"),
            ({"strata": ["a", None]}, ValueError, "strata must not be missing: missing='drop'"),
            ({"strata": ["a", 1]}, TypeError, "strata must hold labels of one kind"),
            ({"missing": "omit"}, ValueError, "missing must be one of 'raise', 'drop'"),
            ({"scale": 10}, TypeError, "scale must be a Scale, got int"),
            ({"missing_codes": (10,)}, ValueError, "must not lie on the scale 0 to 10, got miss"),
        ],
    )
    def test_says_which_option_is_wrong(self, options, error, message):
        with pytest.raises(error, match=message):
            weighted_nps([9, 8], [1, 1], **options)

    def test_place_of_a_wrong_value_counts_the_rows_left_out_before_it(self):
        with pytest.raises(ValueError, match="got weights=-1.0 at index 3"):
            weighted_nps([None, 9, 9, 8], [1, None, 1, -1], missing="drop")
        with pytest.raises(ValueError, match="got scores=12 at index 2"):
            weighted_nps([11, 9, 12], [1, 1, 1], missing_codes=(11,))


class TestDifference:
    @given(samples, samples, methods, confidences)
    def test_swapping_the_samples_mirrors_the_difference(self, one, two, method, confidence):
        a, b = (weighted_nps(*columns(x)[:2]) for x in (one, two))
        there, back = a.difference(b, confidence, method), b.difference(a, confidence, method)
        assert there.estimate == -back.estimate
        assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-9)
        assert there.p_value == pytest.approx(back.p_value, abs=1e-9, nan_ok=True)
        assert there.estimate == a.score - b.score

    @given(samples, samples, confidences)
    def test_score_interval_contains_the_difference_and_stays_in_range(self, one, two, confidence):
        a, b = (weighted_nps(*columns(x)[:2]) for x in (one, two))
        found = a.difference(b, confidence)
        assert -200 <= found.interval.low <= found.estimate <= found.interval.high <= 200

    @given(samples, samples, st.sampled_from(["score", "adjusted_wald", "wald"]))
    def test_p_value_is_the_interval_turned_round(self, one, two, method):
        a, b = (weighted_nps(*columns(x)[:2]) for x in (one, two))
        p_value = a.difference(b, method=method).p_value
        if not math.isnan(p_value) and 1e-9 < p_value < 1:
            for confidence, verdict in ((1 - p_value * 1.001, True), (1 - p_value * 0.999, False)):
                if 0 < confidence < 1:
                    limits = a.difference(b, confidence, method).interval
                    assert (limits.verdict(0) != "unclear") == verdict

    @given(samples, samples, confidences)
    def test_equal_weights_give_the_difference_of_counts(self, one, two, confidence):
        scores, others = (columns(x)[0] for x in (one, two))
        found = weighted_nps(scores, [2] * len(scores)).difference(
            weighted_nps(others, [3] * len(others)), confidence
        )
        expected = NpsCounts.from_scores(scores).difference(
            NpsCounts.from_scores(others), confidence
        )
        assert found.estimate == pytest.approx(expected.estimate)
        limits, same = expected.interval, found.interval
        assert (same.low, same.high) == pytest.approx((limits.low, limits.high), abs=1e-6)

    def test_wald_adds_the_squared_errors(self):
        a, b = weighted_nps(SCORES, WEIGHTS), weighted_nps(SCORES[::-1], WEIGHTS)
        found = a.difference(b, method="wald")
        error = math.hypot(a.standard_error, b.standard_error)
        assert found.interval.high - found.estimate == pytest.approx(NET["score"] * error)
        expected = math.erfc(abs(found.estimate) / error / math.sqrt(2))
        assert found.p_value == pytest.approx(expected, rel=1e-9)
        assert found.test == "z-test, linearised errors"

    def test_scores_that_differ_by_rounding_do_not_differ(self):
        """Both are -20, skewed away from each other, as seen from what may be true."""
        one = weighted_nps([0, 0, 0, 10, 10], [0.2] * 5)
        other = weighted_nps([7, 7, 7, 7, 0], [0.1] * 5)
        assert 0 < abs(one.score - other.score) < 1e-12
        assert one.difference(other).p_value == 1

    def test_those_who_all_answer_alike_may_differ(self):
        praise, blame = weighted_nps([10] * 9, [1] * 9), weighted_nps([0] * 9, [1] * 9)
        found = praise.difference(blame)
        assert (found.estimate, found.verdict()) == (200, "above")
        assert 0 < found.p_value < 0.001
        assert found.test == "score interval turned round"
        assert praise.difference(praise).p_value == 1
        assert math.isnan(praise.difference(blame, method="wald").p_value)

    @pytest.mark.parametrize(
        "make, error, message",
        [
            (lambda x: x.difference(30.0), TypeError, "other must be of type WeightedNps, got flo"),
            (lambda x: x.difference(x, 95), ValueError, "0.95 for 95 %"),
            (lambda x: x.difference(x, method="tango"), ValueError, "got method='tango'"),
            (lambda x: x.interval(method="tango"), ValueError, "got method='tango'"),
            (
                lambda x: x.difference(weighted_nps([5], [1], scale=SCALE_1_5)),
                ValueError,
                "scale must be the same on both sides",
            ),
        ],
    )
    def test_says_what_is_wrong(self, make, error, message):
        with pytest.raises(error, match=message):
            make(weighted_nps([9, 8], [1, 1]))


class TestAgainst:
    @given(samples, st.floats(-99, 99), confidences)
    def test_equal_weights_give_the_figures_of_counts(self, sample, target, confidence):
        scores, _, _ = columns(sample)
        found = weighted_nps(scores, [3] * len(scores)).against(target, confidence)
        expected = NpsCounts.from_scores(scores).against(target, confidence)
        assert found.estimate == pytest.approx(expected.estimate, abs=1e-9)
        assert found.interval.low == pytest.approx(expected.interval.low, abs=1e-6)
        assert found.interval.high == pytest.approx(expected.interval.high, abs=1e-6)
        if abs(expected.estimate) > 1e-6:
            assert found.p_value == pytest.approx(expected.p_value, rel=1e-5, abs=1e-9)

    def test_wald_divides_by_the_linearised_error(self):
        found = weighted_nps(SCORES, WEIGHTS).against(50, method="wald")
        z = (50 - 19.230769) / 34.93477
        assert found.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-6)
        assert found.interval.high == pytest.approx(19.230769 - 50 + NET["score"] * 34.93477)

    def test_is_nan_exactly_without_answers_or_error(self):
        assert math.isnan(weighted_nps([], []).against(10).p_value)
        assert math.isnan(weighted_nps([9], [1]).against(10, method="wald").p_value)
        assert 0 < weighted_nps([9], [1]).against(10).p_value < 1
        assert weighted_nps([10, 0], [1, 1]).against(0).p_value == 1

    @pytest.mark.parametrize(
        "target, error, message",
        [
            (101, ValueError, "target must lie from -100 to 100, got target=101"),
            (None, TypeError, "target must be a number, got NoneType"),
        ],
    )
    def test_says_what_is_wrong(self, target, error, message):
        with pytest.raises(error, match=message):
            weighted_nps([9, 8], [1, 1]).against(target)
