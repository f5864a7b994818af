import csv
import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from reference_data import raw_data, reference
from strategies import confidences, head_counts

from loyalkit._blocks import BLOCK
from loyalkit._kernels import ANSWER_BYTES, tally_answers, tally_answers_by_code
from loyalkit.net_scores import net_score_difference, net_score_interval
from loyalkit.nps import NpsCounts, net_promoter_score
from loyalkit.scales import SCALE_0_10, SCALE_1_5, Scale

DTYPES = [*"bhilqBHILQ", np.float16, np.float32, np.float64]

tallies = st.builds(
    NpsCounts,
    detractors=head_counts,
    passives=head_counts,
    promoters=head_counts,
    missing=head_counts,
)
answers = npst.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 10))
scales = st.lists(st.integers(-20, 200), min_size=4, max_size=4, unique=True).map(
    lambda x: Scale(*sorted(x))
)


def share_points(counts):
    n = counts.n
    return 100 * (counts.promoters / n - counts.detractors / n)


def by_hand(scores, scale=SCALE_0_10):
    """The tally, one answer at a time."""
    kinds = Counter(
        "missing"
        if score is None
        else "detractors"
        if score <= scale.detractor_max
        else "passives"
        if score <= scale.passive_max
        else "promoters"
        for score in scores
    )
    return NpsCounts(**kinds, scale=scale)


def airport():
    """Answers to the survey of San Francisco airport in 2017, their weights and times of day."""
    with raw_data("sfo_nps_2017.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["NETPRO"] not in ("", "11.0")]
    return tuple(
        np.array([float(row[name]) for row in rows]) for name in ("NETPRO", "WEIGHT", "PEAK")
    )


def airport_answers():
    histogram = reference("nps.json")["2017"]["histogram"]
    return np.repeat([int(score) for score in histogram], list(histogram.values()))


class TestNpsCounts:
    @pytest.mark.parametrize(
        "d, s, p, score, standard_error",
        [
            # R package NPS, test suite.
            (1, 2, 3, 100 / 3, 30.4),
            # whuber on Cross Validated, question 18603.
            (54, 108, 162, 100 / 3, 4.14),
            # nps.md, item 2.
            (20, 30, 50, 30, 7.81025),
            # The Carpentries, long-term survey 2017, CC BY 4.0: counts by answer.
            (69, 118, 215, 36.3184, 3.7806),
        ],
    )
    def test_worked_example(self, d, s, p, score, standard_error):
        counts = NpsCounts(detractors=d, passives=s, promoters=p)
        digits = {30.4: 0.05, 4.14: 0.005}.get(standard_error, 5e-5)
        assert counts.score == pytest.approx(score, abs=5e-5)
        assert counts.standard_error == pytest.approx(standard_error, abs=digits)

    def test_score_is_the_nearest_float(self):
        assert NpsCounts(passives=71, promoters=29).score == 29.0

    @given(tallies)
    def test_score_is_the_share_of_promoters_less_that_of_detractors(self, counts):
        if counts.n:
            assert counts.score == pytest.approx(share_points(counts), abs=1e-9)
            assert -100 <= counts.score <= 100

    @given(tallies)
    def test_variance_is_that_of_the_answers_and_at_most_what_the_score_allows(self, counts):
        if counts.n:
            variance, theta = counts.variance, counts.score / 100
            assert variance <= 1
            assert variance == pytest.approx(counts.n * (counts.standard_error / 100) ** 2)
            plain = (counts.promoters + counts.detractors) / counts.n - theta**2
            assert variance == pytest.approx(plain, abs=1e-9)
            assert 0 <= variance <= 1 - theta**2 + 1e-12
            if counts.passives == 0:
                assert variance == pytest.approx(1 - theta**2, abs=1e-9)

    def test_variance_is_one_a_plan_accepts(self):
        for n in range(1, 100):
            assert NpsCounts(detractors=n, promoters=n).variance <= 1

    @given(tallies)
    def test_swapping_detractors_and_promoters_turns_the_sign(self, counts):
        swapped = NpsCounts(
            detractors=counts.promoters, passives=counts.passives, promoters=counts.detractors
        )
        if counts.n:
            assert swapped.score == -counts.score
            assert swapped.standard_error == counts.standard_error

    @given(tallies, st.integers(1, 1000))
    def test_unchanged_when_every_count_is_multiplied(self, counts, k):
        many = NpsCounts(
            detractors=k * counts.detractors,
            passives=k * counts.passives,
            promoters=k * counts.promoters,
        )
        if counts.n:
            assert many.score == counts.score
            expected = counts.standard_error / math.sqrt(k)
            assert many.standard_error == pytest.approx(expected, rel=1e-12)

    @given(tallies, st.integers(1, 10**6))
    def test_passives_pull_the_score_towards_0(self, counts, more):
        diluted = counts + NpsCounts(passives=more)
        if counts.n:
            assert abs(diluted.score) <= abs(counts.score)
            assert diluted.score * counts.score >= 0

    @given(tallies)
    def test_promoting_an_answer_never_lowers_the_score(self, counts):
        d, s, p = counts.detractors, counts.passives, counts.promoters
        if d:
            better = NpsCounts(detractors=d - 1, passives=s + 1, promoters=p)
            assert better.score >= counts.score
        if s:
            better = NpsCounts(detractors=d, passives=s - 1, promoters=p + 1)
            assert better.score >= counts.score

    @given(tallies)
    def test_missing_answers_change_nothing(self, counts):
        complete = NpsCounts(
            detractors=counts.detractors, passives=counts.passives, promoters=counts.promoters
        )
        assert counts.n == complete.n
        if counts.n:
            assert counts.score == complete.score
            assert counts.interval() == complete.interval()

    @given(tallies, tallies, tallies)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a

    @given(tallies)
    def test_empty_counts_are_the_identity_of_addition(self, counts):
        assert counts + NpsCounts() == NpsCounts() + counts == counts
        assert sum([counts]) == counts

    @given(tallies, tallies)
    def test_pooled_score_is_the_mean_weighted_by_answers(self, a, b):
        if a.n and b.n:
            mean = (a.n * a.score + b.n * b.score) / (a.n + b.n)
            assert (a + b).score == pytest.approx(mean, abs=1e-9)

    def test_sum_works_on_every_scale(self):
        month = NpsCounts(promoters=2, missing=1, scale=SCALE_1_5)
        assert sum([month, month]) == NpsCounts(promoters=4, missing=2, scale=SCALE_1_5)

    def test_scales_are_never_mixed_not_even_by_an_empty_tally(self):
        for other in (NpsCounts(scale=SCALE_1_5), NpsCounts(promoters=1, scale=SCALE_1_5)):
            with pytest.raises(ValueError, match="scale must be the same on both sides"):
                NpsCounts(promoters=3) + other
            with pytest.raises(ValueError, match="scale must be the same on both sides"):
                NpsCounts(promoters=3).difference(other)
        assert NpsCounts(promoters=3) != NpsCounts(promoters=3, scale=SCALE_1_5)

    @pytest.mark.parametrize("other", [1, 0.0, False, "0", None, Scale()])
    def test_nothing_else_can_be_added(self, other):
        with pytest.raises(TypeError):
            NpsCounts() + other
        with pytest.raises(TypeError):
            other + NpsCounts()

    @given(tallies)
    def test_survives_pickling_and_hashing(self, counts):
        copy = pickle.loads(pickle.dumps(counts))
        assert copy == counts
        assert hash(copy) == hash(counts)

    def test_counts_are_plain_ints_whatever_they_came_as(self):
        counts = NpsCounts(detractors=np.int8(1), passives=2.0, promoters=np.uint64(3))
        assert [type(x) for x in (counts.detractors, counts.passives, counts.promoters)] == [
            int
        ] * 3

    def test_cannot_be_changed_and_takes_no_positions(self):
        with pytest.raises(AttributeError):
            NpsCounts().promoters = 1
        with pytest.raises(TypeError):
            NpsCounts(1, 2, 3)

    def test_without_answers_everything_is_nan(self):
        for empty in (NpsCounts(), NpsCounts(missing=5)):
            assert math.isnan(empty.score)
            assert math.isnan(empty.standard_error)
            assert math.isnan(empty.interval().low)
            assert math.isnan(empty.difference(NpsCounts(promoters=1)).estimate)

    @given(tallies, confidences, st.sampled_from(["score", "adjusted_wald", "wald"]))
    def test_interval_is_that_of_its_counts(self, counts, confidence, method):
        if counts.n:
            assert counts.interval(confidence, method) == net_score_interval(
                detractors=counts.detractors,
                passives=counts.passives,
                promoters=counts.promoters,
                confidence=confidence,
                method=method,
            )

    @given(tallies, confidences)
    def test_interval_contains_the_score(self, counts, confidence):
        if counts.n:
            assert counts.score in counts.interval(confidence)

    @given(tallies, tallies, confidences, st.sampled_from(["score", "adjusted_wald", "wald"]))
    def test_difference_is_that_of_the_counts_self_minus_other(self, a, b, confidence, method):
        if a.n and b.n:
            found = a.difference(b, confidence, method)
            assert found == net_score_difference(
                (a.detractors, a.passives, a.promoters),
                (b.detractors, b.passives, b.promoters),
                confidence=confidence,
                method=method,
            )
            assert found.estimate == a.score - b.score

    @pytest.mark.parametrize(
        "make, error, message",
        [
            (lambda: NpsCounts(promoters=-1), ValueError, "promoters must be a whole number of"),
            (lambda: NpsCounts(passives=1.5), ValueError, "got passives=1.5"),
            (lambda: NpsCounts(missing="3"), TypeError, "missing must be a number, got str"),
            (lambda: NpsCounts(scale=(0, 6, 8, 10)), TypeError, "scale must be a Scale, got tuple"),
            (lambda: NpsCounts().difference(30.0), TypeError, "other must be NpsCounts, got float"),
            (lambda: NpsCounts().interval(95), ValueError, "0.95 for 95 %"),
            (lambda: NpsCounts().interval(method="tango"), ValueError, "got method='tango'"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, make, error, message):
        with pytest.raises(error, match=message):
            make()


class TestFromScores:
    def test_airport_of_san_francisco_2017(self):
        """SFO customer survey 2017, 2746 answers; DataSF, public domain."""
        expected = reference("nps.json")["2017"]["unweighted"]
        counts = NpsCounts.from_scores(airport_answers())
        assert (counts.n, counts.promoters, counts.passives, counts.detractors) == tuple(
            expected[key] for key in ("n", "promoters", "passives", "detractors")
        )
        assert counts.score == pytest.approx(expected["nps"], abs=1e-9)
        assert counts.score == pytest.approx(39.8398, abs=5e-5)
        assert counts.standard_error == pytest.approx(expected["se"], abs=1e-9)
        assert counts.standard_error == pytest.approx(1.3341, abs=5e-5)
        wald = counts.interval(method="wald")
        assert (wald.low, wald.high) == pytest.approx(expected["wald95"], abs=1e-9)

    def test_code_of_a_blank_is_no_answer_of_a_promoter(self):
        """The file writes 11 for a blank; taken for promoters those would make 41.65."""
        blanks = reference("nps.json")["2017"]["blank"]
        scores = np.concatenate([airport_answers(), np.full(blanks, 11)])
        with pytest.raises(ValueError, match="scale 0 to 10, got scores=11 at index 2746"):
            NpsCounts.from_scores(scores)

    def test_worked_example_of_ten_answers(self):
        """nps.md, C."""
        assert NpsCounts.from_scores([10, 9, 9, 8, 7, 6, 10, 3, 9, 10]).score == 40

    @given(answers)
    def test_counts_like_counting_by_hand(self, scores):
        assert NpsCounts.from_scores(scores) == by_hand(scores.tolist())

    @given(st.data(), scales)
    def test_every_scale_is_cut_where_it_says(self, data, scale):
        span = st.integers(scale.lowest, scale.highest)
        scores = data.draw(st.lists(span, max_size=40))
        assert NpsCounts.from_scores(scores, scale=scale) == by_hand(scores, scale)
        with pytest.raises(ValueError, match=f"on the scale {scale.lowest} to {scale.highest}"):
            NpsCounts.from_scores([*scores, scale.highest + 1], scale=scale)
        with pytest.raises(ValueError, match=f"on the scale {scale.lowest} to {scale.highest}"):
            NpsCounts.from_scores([*scores, scale.lowest - 1], scale=scale)

    @given(answers)
    def test_dtype_and_container_do_not_matter(self, scores):
        counts = NpsCounts.from_scores(scores)
        for dtype in DTYPES:
            assert NpsCounts.from_scores(scores.astype(dtype)) == counts
        assert NpsCounts.from_scores(scores.astype(">i4")) == counts
        assert NpsCounts.from_scores(np.repeat(scores, 2)[::2]) == counts
        assert NpsCounts.from_scores(scores.tolist()) == counts
        assert NpsCounts.from_scores(score for score in scores.tolist()) == counts

    @given(answers, st.integers(0, 60))
    def test_tallies_of_any_split_add_up_to_the_whole(self, scores, cut):
        parts = NpsCounts.from_scores(scores[:cut]) + NpsCounts.from_scores(scores[cut:])
        assert parts == NpsCounts.from_scores(scores)

    @given(answers, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, scores, random):
        shuffled = scores.tolist()
        random.shuffle(shuffled)
        assert NpsCounts.from_scores(shuffled) == NpsCounts.from_scores(scores)

    @given(st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=60))
    def test_missing_answers_are_counted_apart(self, scores):
        counts = by_hand(scores)
        floats = np.array(scores, dtype=np.float64)
        masked = np.ma.masked_invalid(floats).filled(3).astype(np.int64)
        given_as = [
            scores,
            floats,
            floats.astype(np.float16),
            np.ma.array(masked, mask=np.isnan(floats)),
        ]
        for given_scores in given_as:
            assert NpsCounts.from_scores(given_scores, missing="drop") == counts
            if counts.missing:
                first = scores.index(None)
                with pytest.raises(ValueError, match=f"'drop' leaves .* at index {first}"):
                    NpsCounts.from_scores(given_scores)

    def test_columns_of_data_frames(self):
        pandas = pytest.importorskip("pandas")
        polars = pytest.importorskip("polars")
        pyarrow = pytest.importorskip("pyarrow")
        scores = [9, 10, None, 3]
        columns = (
            pandas.Series(scores),
            pandas.Series(scores, dtype="Int8"),
            polars.Series(scores),
            pyarrow.array(scores),
        )
        for values in columns:
            assert NpsCounts.from_scores(values, missing="drop") == by_hand(scores)

    def test_input_is_not_changed(self):
        scores = np.array([9, 3, np.nan, 8.0])
        before = scores.copy()
        NpsCounts.from_scores(scores, missing="drop")
        np.testing.assert_array_equal(scores, before)

    @pytest.mark.parametrize(
        "scores, error, message",
        [
            ([9, 8, 7, 11], ValueError, "scale 0 to 10, got scores=11 at index 3"),
            ([9, -1], ValueError, "scale 0 to 10, got scores=-1 at index 1"),
            (np.array([-1], np.int8), ValueError, "got scores=-1 at index 0"),
            (np.array([3, 2**64 - 1], np.uint64), ValueError, "got scores=18446744073709551615"),
            ([9, 300.0], ValueError, "got scores=300.0 at index 1"),
            ([9, math.inf], ValueError, "got scores=inf at index 1"),
            ([9, 8.5], ValueError, "scores must be whole numbers, got scores=8.5 at index 1"),
            (np.array([9, 8.5, 11]), ValueError, "got scores=11.0 at index 2"),
            ([None, 9, 11], ValueError, "scores must not be missing.*got scores=None at index 0"),
            ([True, False], TypeError, "scores must hold numbers, got dtype bool"),
            ([True, 9], TypeError, "scores must hold numbers, got bool and int"),
            (["9", "10"], TypeError, "scores must hold numbers, got text such as '9'"),
            ("9", TypeError, "scores must be one-dimensional"),
            ([[9, 8], [7, 6]], TypeError, "scores must be one-dimensional, got shape \\(2, 2\\)"),
            (9, TypeError, "scores must be one-dimensional"),
            (np.array(["2017-01-01"], "M8[D]"), TypeError, "scores must hold numbers"),
        ],
    )
    def test_says_which_answer_is_wrong(self, scores, error, message):
        with pytest.raises(error, match=message):
            NpsCounts.from_scores(scores)

    @pytest.mark.parametrize("wrong, shown", [(11, "11"), (8.5, "8.5")])
    def test_place_of_a_wrong_answer_counts_the_missing_ones_before_it(self, wrong, shown):
        for scores in ([None, 9, None, wrong], np.array([np.nan, 9, np.nan, wrong])):
            with pytest.raises(ValueError, match=f"got scores={shown}(.0)? at index 3"):
                NpsCounts.from_scores(scores, missing="drop")

    def test_refuses_choices_there_are_not(self):
        with pytest.raises(ValueError, match="missing must be one of 'raise', 'drop', got"):
            NpsCounts.from_scores([9], missing="omit")
        with pytest.raises(TypeError, match="scale must be a Scale, got tuple"):
            NpsCounts.from_scores([9], scale=(0, 6, 8, 10))


class TestNetPromoterScore:
    def test_airport_of_san_francisco_2017(self):
        expected = reference("nps.json")["2017"]["unweighted"]["nps"]
        assert net_promoter_score(airport_answers()) == pytest.approx(expected, abs=1e-9)

    def test_weighted_airport_of_san_francisco_2017(self):
        scores, weights, _ = airport()
        score = net_promoter_score(scores, weights=weights)
        expected = reference("nps.json")["2017"]["weighted"]["nps"]
        assert score == pytest.approx(expected, abs=1e-9)
        assert score == pytest.approx(40.3984, abs=5e-5)

    def test_carpentries_2017(self):
        with raw_data("carpentries_longterm_2017.csv").open(newline="") as file:
            column = [row["recommendation_score"] for row in csv.DictReader(file)]
        scores = [float(score) for score in column if score]
        assert len(scores) == 402
        assert net_promoter_score(scores) == pytest.approx(36.3184, abs=5e-5)

    def test_worked_example_with_weights(self):
        """nps.md, item 16: x = (1, 1, 1, 0, 0, -1, 1, 0, -1, 1)."""
        scores = [9, 10, 9, 7, 8, 6, 10, 8, 0, 9]
        weights = [1, 1, 2, 0.5, 1, 3, 1, 2, 0.5, 1]
        assert net_promoter_score(scores, weights=weights) == pytest.approx(19.23077, abs=5e-6)

    @given(answers)
    def test_equals_the_score_of_the_counts(self, scores):
        expected = NpsCounts.from_scores(scores).score
        assert net_promoter_score(scores) == pytest.approx(expected, nan_ok=True)
        weights = np.full(scores.size, 0.3)
        weighted = net_promoter_score(scores, weights=weights)
        assert weighted == pytest.approx(expected, nan_ok=True, abs=1e-9)

    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 5)), max_size=40))
    def test_whole_weights_repeat_answers(self, rows):
        scores, weights = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        repeated = net_promoter_score(np.repeat(scores, weights))
        weighted = net_promoter_score(scores, weights=weights)
        assert weighted == pytest.approx(repeated, nan_ok=True, abs=1e-9)

    @given(
        st.lists(st.tuples(st.integers(0, 10), st.floats(1e-3, 1e3)), min_size=1, max_size=40),
        st.floats(1e-3, 1e3),
    )
    def test_unit_of_the_weights_does_not_matter(self, rows, unit):
        scores, weights = zip(*rows, strict=True)
        score = net_promoter_score(scores, weights=weights)
        assert -100 - 1e-9 <= score <= 100 + 1e-9
        again = net_promoter_score(scores, weights=np.array(weights) * unit)
        assert again == pytest.approx(score, abs=1e-9)

    def test_scale_is_used_with_weights(self):
        assert net_promoter_score([5, 5, 4, 3], weights=[1, 1, 1, 1], scale=SCALE_1_5) == 25
        assert net_promoter_score([5, 5, 4, 3], scale=SCALE_1_5) == 25

    @pytest.mark.parametrize("weight", [np.int8(100), np.int64(2**62)])
    def test_integer_weights_do_not_overflow(self, weight):
        assert net_promoter_score(np.full(1000, 10), weights=np.full(1000, weight)) == 100

    def test_is_nan_exactly_if_nothing_weighs(self):
        assert math.isnan(net_promoter_score([]))
        assert math.isnan(net_promoter_score([], weights=[]))
        assert math.isnan(net_promoter_score([9, 3], weights=[0, 0.0]))
        assert net_promoter_score([9, 3], weights=[0, 1e-300]) == -100

    @pytest.mark.parametrize(
        "scores, weights, error, message",
        [
            ([9, 8], [1, -0.5], ValueError, "weights must be at least 0, got weights=-0.5"),
            ([9, 8], [1, math.inf], ValueError, "weights must be finite"),
            ([9, 8], [1, None], ValueError, "weights must not be missing"),
            ([9, 8], [1], ValueError, "scores and weights must have the same length, got 2, 1"),
            ([9, 8], ["1", "2"], TypeError, "weights must hold numbers"),
            ([9, 8], [True, True], TypeError, "weights must hold numbers"),
            ([9, 11], [1, 1], ValueError, "scale 0 to 10, got scores=11 at index 1"),
            ([9, None], [1, 1], ValueError, "scores must not be missing, got scores=None"),
            ([9, None], None, ValueError, "scores must not be missing, got scores=None"),
        ],
    )
    def test_says_which_value_of_which_argument_is_wrong(self, scores, weights, error, message):
        with pytest.raises(error, match=message):
            net_promoter_score(scores, weights=weights)


def plain_tally(scores, lowest, detractor_max, passive_max, highest):
    present = scores[~np.isnan(scores.astype(np.float64))]
    if ((present < lowest) | (present > highest) | (present % 1 != 0)).any():
        return None
    bins = np.digitize(present, [detractor_max, passive_max], right=True)
    return (scores.size - present.size, *np.bincount(bins, minlength=3).tolist())


class TestTallyAnswers:
    """The loop in blocks against three plain lines, on columns of several blocks."""

    @pytest.mark.parametrize(
        "kind, cuts",
        [
            *((np.dtype(dtype), (0, 6, 8, 10)) for dtype in DTYPES),
            *((np.dtype(dtype), (-3, -1, 1, 2)) for dtype in [*"bhilq", np.float16, np.float64]),
            *((np.dtype(dtype), (0, 60, 80, 300)) for dtype in [*"hiQ", np.float32, np.float64]),
        ],
    )
    def test_equals_its_plain_twin(self, kind, cuts):
        lowest, _, _, highest = cuts
        random = np.random.default_rng(len(cuts))
        rows = ANSWER_BYTES // kind.itemsize
        scores = random.integers(lowest, highest + 1, 2 * rows + 5).astype(kind)
        assert tally_answers(scores, *cuts) == plain_tally(scores, *cuts)
        for place in (0, rows - 1, rows, 2 * rows + 4):
            wrong = scores.copy()
            wrong[place] = highest + 1
            assert tally_answers(wrong, *cuts) is None
            if kind.kind != "u":
                wrong[place] = lowest - 1
                assert tally_answers(wrong, *cuts) is None
            if kind.kind == "f":
                wrong[place] = lowest + 0.5
                assert tally_answers(wrong, *cuts) is None
                wrong[place] = np.nan
                assert tally_answers(wrong, *cuts) == plain_tally(wrong, *cuts)
                assert tally_answers(wrong, *cuts)[0] == 1

    @pytest.mark.parametrize("wrong", [261, -251, 2**32 + 5, 2**63 - 1, -(2**63)])
    def test_no_integer_slips_through_the_cast(self, wrong):
        for other in (5, -1):
            assert tally_answers(np.array([5, wrong, other]), 0, 6, 8, 10) is None
        assert tally_answers(np.array([5, wrong, -1]), -3, 6, 8, 10) is None

    @pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
    def test_missing_answers_on_a_long_scale_go_without_a_warning(self, kind):
        answers = np.array([100, np.nan, 7], kind)
        assert tally_answers(answers, 0, 60, 80, 200) == (1, 1, 0, 1)

    def test_no_unsigned_integer_turns_negative(self):
        scores = np.array([5, 2**64 - 1], np.uint64)
        assert tally_answers(scores, -3, 6, 8, 10) is None
        assert tally_answers(scores, -3, 6, 8, 300) is None

    @pytest.mark.parametrize("wrong", [np.inf, -np.inf, 1e300, -1e300, 256.0, 2.0**63])
    def test_no_float_slips_through_the_cast(self, wrong):
        for nan in (5.0, np.nan):
            assert tally_answers(np.array([5.0, wrong, nan]), 0, 6, 8, 10) is None
            assert tally_answers(np.array([5.0, wrong, nan]), 0, 60, 80, 200) is None

    def test_column_of_nothing_but_missing_answers(self):
        assert tally_answers(np.full(BLOCK + 1, np.nan), 0, 6, 8, 10) == (BLOCK + 1, 0, 0, 0)
        assert tally_answers(np.array([]), 0, 6, 8, 10) == (0, 0, 0, 0)

    @pytest.mark.parametrize("n_codes", [3, BLOCK])
    @pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float64])
    def test_by_code_equals_its_plain_twin(self, n_codes, dtype):
        cuts = {"lowest": 0, "detractor_max": 6, "passive_max": 8, "highest": 10}
        random = np.random.default_rng(n_codes)
        size = 2 * BLOCK + 7
        scores = random.integers(0, 11, size).astype(dtype)
        codes = random.integers(0, n_codes, size)
        cells = 3 * codes + np.digitize(scores, [6, 8], right=True)
        expected = np.bincount(cells, minlength=3 * n_codes).reshape(n_codes, 3)
        for first in (0, -(2**62)):
            found = tally_answers_by_code(scores, codes + first, first, n_codes, **cuts)
            np.testing.assert_array_equal(found, expected)
        scores[BLOCK] = 11
        assert tally_answers_by_code(scores, codes, 0, n_codes, **cuts) is None


class TestHeavyWeights:
    def test_weights_beyond_the_range_of_sums_do_not_matter(self):
        assert net_promoter_score([10, 10, 10], weights=[1e308] * 3) == 100
        assert net_promoter_score([10, 0], weights=[1e308, 1e308]) == 0
