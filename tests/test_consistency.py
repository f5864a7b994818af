import math
import pickle
from itertools import combinations
from statistics import NormalDist, variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import confidences

from loyalkit.consistency import internal_consistency


@st.composite
def questionnaires(draw, min_items=1, max_items=5, max_customers=12):
    """Answers from 0 to 4 of a few customers, who often agree with themselves."""
    k = draw(st.integers(min_items, max_items))
    n = draw(st.integers(0, max_customers))
    bond = draw(npst.arrays(np.int64, (n, 1), elements=st.integers(0, 2)))
    own = draw(npst.arrays(np.int64, (n, k), elements=st.integers(0, 2)))
    return bond + own


def plain_alpha(answers):
    """Alpha by the book, in exact fractions of whole numbers; NaN where nobody can know it."""
    n, k = answers.shape
    if n < 2 or k < 2:
        return math.nan
    total = variance(answers.sum(axis=1).tolist())
    parts = sum(variance(column) for column in answers.T.tolist())
    return k / (k - 1) * (1 - parts / total) if total else math.nan


def correlation(x, y):
    if len(x) < 2 or len(set(x.tolist())) < 2 or len(set(y.tolist())) < 2:
        return math.nan
    return np.corrcoef(x, y)[0, 1]


class TestInternalConsistency:
    @given(questionnaires())
    def test_alpha_is_that_of_the_book(self, answers):
        expected = plain_alpha(answers)
        assert internal_consistency(answers).alpha == pytest.approx(expected, nan_ok=True)

    @given(questionnaires(min_items=4, max_items=4))
    def test_alpha_is_the_mean_of_all_split_halves(self, answers):
        """Cronbach 1951: of the coefficients of Flanagan and Rulon."""
        alpha = internal_consistency(answers).alpha
        if math.isnan(alpha):
            return
        total = answers.sum(axis=1).var(ddof=1)
        halves = [
            2
            * (
                1
                - (
                    answers[:, half].sum(1).var(ddof=1)
                    + (answers.sum(1) - answers[:, half].sum(1)).var(ddof=1)
                )
                / total
            )
            for half in map(list, combinations(range(4), 2))
        ]
        assert alpha == pytest.approx(np.mean(halves), abs=1e-9)

    def test_published_example(self):
        """
        Bland and Altman, BMJ 314, 572, 1997: ten items with variances that sum to 11.16, and
        a variance of 77.44 of their sum, have an alpha of 0.95.
        """
        # Contrasts that are orthogonal make a sample with just this covariance matrix.
        k, parts, total = 10, 11.16, 77.44
        shared = (total - parts) / (k * (k - 1))
        covariance = np.full((k, k), shared) + np.diag(np.full(k, parts / k - shared))
        q, _ = np.linalg.qr(
            np.column_stack([np.ones(60), np.random.default_rng(1).normal(size=(60, k))])
        )
        answers = q[:, 1:] * math.sqrt(59) @ np.linalg.cholesky(covariance).T
        assert internal_consistency(answers).alpha == pytest.approx(0.9510, abs=5e-5)

    @given(questionnaires())
    def test_is_nan_exactly_when_nobody_can_know_it(self, answers):
        consistency = internal_consistency(answers)
        n, k = answers.shape
        unknown = n < 2 or k < 2 or len(set(answers.sum(axis=1).tolist())) == 1
        assert math.isnan(consistency.alpha) == unknown
        for j, (alpha, item_total) in enumerate(
            zip(consistency.alpha_if_dropped, consistency.item_total, strict=True)
        ):
            others = np.delete(answers, j, axis=1)
            varies = n > 1 and len(set(others.sum(axis=1).tolist())) > 1
            assert math.isnan(alpha) == (k < 3 or not varies)
            assert math.isnan(item_total) == (not varies or len(set(answers[:, j].tolist())) == 1)

    @settings(max_examples=40)
    @given(questionnaires())
    def test_items_are_judged_by_the_others(self, answers):
        consistency = internal_consistency(answers)
        for j in range(answers.shape[1]):
            others = np.delete(answers, j, axis=1)
            assert consistency.alpha_if_dropped[j] == pytest.approx(
                plain_alpha(others), nan_ok=True
            )
            assert consistency.item_total[j] == pytest.approx(
                correlation(answers[:, j], others.sum(axis=1)), nan_ok=True, abs=1e-9
            )

    @given(questionnaires(), st.integers(1, 9), st.integers(-50, 50))
    def test_does_not_depend_on_the_scale(self, answers, unit, shift):
        plain, moved = internal_consistency(answers), internal_consistency(unit * answers + shift)
        assert moved.alpha == pytest.approx(plain.alpha, nan_ok=True, abs=1e-9)
        assert moved.log_variance == pytest.approx(plain.log_variance, nan_ok=True, abs=1e-9)

    @settings(max_examples=40)
    @given(questionnaires(), st.randoms())
    def test_order_of_customers_and_items_does_not_matter(self, answers, random):
        n, k = answers.shape
        rows, columns = random.sample(range(n), n), random.sample(range(k), k)
        plain, mixed = (
            internal_consistency(answers),
            internal_consistency(answers[rows][:, columns]),
        )
        assert mixed.alpha == pytest.approx(plain.alpha, nan_ok=True, abs=1e-9)
        assert mixed.item_total == pytest.approx(
            [plain.item_total[j] for j in columns], nan_ok=True, abs=1e-9
        )

    @pytest.mark.parametrize("unit", [2.0**460, 2.0**-700])
    def test_units_that_cannot_be_squared_do_not_matter(self, unit):
        answers = np.array([[5, 4, 4], [4, 4, 5], [2, 3, 2], [3, 3, 3.0]])
        assert internal_consistency(answers * unit) == internal_consistency(answers)

    def test_is_negative_where_an_item_was_not_turned_round(self):
        bond = np.arange(12)
        answers = np.column_stack([bond, bond + bond % 2, 12 - bond, 12 - bond - bond % 3])
        assert internal_consistency(answers).alpha < -5
        answers[:, 2:] *= -1
        assert internal_consistency(answers).alpha > 0.98

    def test_constant_answers_that_are_no_round_numbers_do_not_vary(self):
        answers = np.column_stack([np.full(7, 0.1), np.arange(7), np.arange(7)])
        consistency = internal_consistency(answers)
        assert math.isnan(consistency.item_total[0])
        assert consistency.alpha_if_dropped[0] == pytest.approx(1)
        assert math.isnan(internal_consistency(np.full((7, 3), 0.1)).alpha)

    @settings(max_examples=40)
    @given(questionnaires(min_items=2))
    def test_log_variance_comes_from_what_each_customer_changes(self, answers):
        """Against the slope of ln(1 - alpha) in the weight of each customer."""
        consistency = internal_consistency(answers)
        n, k = answers.shape
        if not consistency.alpha < 1 - 1e-9:
            assert math.isnan(consistency.log_variance)
            return
        step = 1e-6

        def log_unlike(weights):
            centred = answers - np.average(answers, axis=0, weights=weights)
            covariance = (centred * weights[:, None]).T @ centred
            return math.log(1 - k / (k - 1) * (1 - covariance.trace() / covariance.sum()))

        slopes = [
            (log_unlike(np.eye(n)[i] * step + 1) - log_unlike(1 - np.eye(n)[i] * step)) / (2 * step)
            for i in range(n)
        ]
        assert consistency.log_variance == pytest.approx(
            np.square(slopes).sum() * n / (n - 1), rel=1e-4, abs=1e-9
        )

    def test_incomplete_customers_are_left_out_and_counted(self):
        answers = [[1, 2], [2, None], [3, 5], [np.nan, np.nan], [4, 4]]
        consistency = internal_consistency(answers)
        assert (consistency.n, consistency.n_incomplete) == (3, 2)
        assert consistency.alpha == internal_consistency([[1, 2], [3, 5], [4, 4]]).alpha

    @pytest.mark.parametrize(
        "frame", ["pandas.DataFrame", "polars.DataFrame", "pyarrow.table", "builtins.dict"]
    )
    def test_a_data_frame_brings_its_names_and_gaps(self, frame):
        module, name = frame.split(".")
        make = getattr(pytest.importorskip(module), name)
        columns = {"trust": [1, 2, 3, None], "status": [2, 2, 4, 1]}
        consistency = internal_consistency(make(columns))
        assert consistency.names == ("trust", "status")
        assert (consistency.n, consistency.n_incomplete) == (3, 1)
        assert consistency.alpha == pytest.approx(12 / 13)

    def test_columns_without_names_are_numbered(self):
        assert internal_consistency([[1, 2]]).names == ("item 1", "item 2")
        assert internal_consistency([[1, 2]], names=["a", "b"]).names == ("a", "b")

    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32, np.int64])
    def test_dtype_does_not_matter(self, dtype):
        answers = np.array([[200, 100], [100, 100], [120, 110]])
        expected = internal_consistency(answers % 128)
        assert internal_consistency((answers % 128).astype(dtype)) == expected

    def test_says_what_is_wrong(self):
        with pytest.raises(TypeError, match=r"^items must be two-dimensional, got shape \(3,\)$"):
            internal_consistency([1, 2, 3])
        with pytest.raises(TypeError, match=r"^items must hold numbers, got dtype bool$"):
            internal_consistency([[True, False]])
        with pytest.raises(ValueError, match=r"^items must be finite, .*inf at index \(0, 1\)$"):
            internal_consistency([[1, math.inf]])
        with pytest.raises(ValueError, match=r"^items must be small enough to be squared, got"):
            internal_consistency([[1, 1e200]])
        with pytest.raises(ValueError, match=r"^items\['a'\] and items\['b'\] must have the same"):
            internal_consistency({"a": [1, 2], "b": [1]})
        with pytest.raises(TypeError, match=r"^items\['a'\] must hold numbers, got text"):
            internal_consistency({"a": ["x"]})
        with pytest.raises(ValueError, match=r"^names must be as many as there are columns, 2, "):
            internal_consistency([[1, 2]], names=["a"])
        with pytest.raises(ValueError, match=r"^names must be as many as there are columns, 2, "):
            internal_consistency([[1, 2]], names=["a", "b", "c"])
        with pytest.raises(ValueError, match=r"^names must differ from one another, got"):
            internal_consistency([[1, 2]], names=["a", "a"])
        with pytest.raises(TypeError, match=r"^names must be a sequence of names, got str$"):
            internal_consistency([[1, 2]], names="ab")


class TestConsistency:
    @given(questionnaires(), confidences)
    def test_interval_is_known_exactly_when_there_is_doubt_to_measure(self, answers, confidence):
        consistency = internal_consistency(answers)
        for method in ("wider", "bonett", "distribution_free"):
            interval = consistency.interval(confidence, method=method)
            unknown = consistency.n < 3 or not consistency.alpha < 1 - 1e-9
            assert math.isnan(interval.low) == math.isnan(interval.high) == unknown
            assert interval.confidence == confidence

    @given(questionnaires(min_items=2), confidences)
    def test_wider_interval_is_the_hull_of_the_two(self, answers, confidence):
        consistency = internal_consistency(answers)
        wide, bonett, free = (
            consistency.interval(confidence, method=method)
            for method in ("wider", "bonett", "distribution_free")
        )
        if math.isnan(wide.low):
            return
        assert wide.low == pytest.approx(min(bonett.low, free.low))
        assert wide.high == pytest.approx(max(bonett.high, free.high))
        assert wide.high <= 1
        assert free.low <= consistency.alpha <= free.high
        assert consistency.alpha in consistency.interval(confidence)

    @given(questionnaires(min_items=2))
    def test_is_wider_for_more_confidence(self, answers):
        consistency = internal_consistency(answers)
        if math.isnan(consistency.interval().low):
            return
        for method in ("wider", "bonett", "distribution_free"):
            narrow, wide = (consistency.interval(c, method=method) for c in (0.8, 0.99))
            assert wide.low <= narrow.low <= narrow.high <= wide.high

    def test_bonett_is_the_formula_of_the_paper(self):
        rng = np.random.default_rng(4)
        answers = rng.normal(size=(40, 1)) + rng.normal(size=(40, 5))
        consistency = internal_consistency(answers)
        centre = math.log(1 - consistency.alpha) - math.log(40 / 39)
        reach = NormalDist().inv_cdf(0.95) * math.sqrt(2 * 5 / (4 * 38))
        interval = consistency.interval(0.9, method="bonett")
        assert interval.low == pytest.approx(1 - math.exp(centre + reach))
        assert interval.high == pytest.approx(1 - math.exp(centre - reach))

    def test_bonett_is_close_to_feldt(self):
        """Feldt 1965: (1 - alpha) over its estimate has an F distribution, exactly."""
        stats = pytest.importorskip("scipy.stats")
        rng = np.random.default_rng(4)
        for n, tolerance in ((30, 0.006), (300, 0.0005)):
            consistency = internal_consistency(rng.normal(size=(n, 1)) + rng.normal(size=(n, 7)))
            low, high = 1 - (1 - consistency.alpha) * stats.f.ppf(
                [0.975, 0.025], n - 1, (n - 1) * 6
            )
            interval = consistency.interval(method="bonett")
            assert interval.low == pytest.approx(low, abs=tolerance)
            assert interval.high == pytest.approx(high, abs=tolerance)

    def test_holds_the_truth_as_often_as_it_says(self):
        """Normal items with an alpha of 7 / 8, and answers crowded at the top of 1 to 5."""
        rng = np.random.default_rng(7)
        normal = rng.normal(size=(400, 50, 1)) + rng.normal(size=(400, 50, 7))
        crowded = np.searchsorted([-4, -3, -2.2, -1.2], normal)
        held = {"bonett": [0, 0], "wider": [0, 0]}
        for kind, (samples, truth) in enumerate(((normal, 7 / 8), (crowded, 0.785))):
            for sample in samples:
                consistency = internal_consistency(sample)
                for method, counts in held.items():
                    counts[kind] += truth in consistency.interval(method=method)
        assert held["bonett"][0] / 400 == pytest.approx(0.95, abs=0.03)
        assert held["wider"][0] / 400 == pytest.approx(0.96, abs=0.03)
        assert held["bonett"][1] / 400 == pytest.approx(0.77, abs=0.06)
        assert held["wider"][1] / 400 == pytest.approx(0.86, abs=0.06)

    def test_compares_and_pickles_by_value(self):
        consistency = internal_consistency([[1, 2], [1, 3], [1, 5]])
        assert math.isnan(consistency.item_total[0])
        assert pickle.loads(pickle.dumps(consistency)) == consistency
        assert hash(internal_consistency([[1, 2], [1, 3], [1, 5]])) == hash(consistency)
        assert internal_consistency([[1, 2], [2, 3], [1, 6]]) != consistency

    def test_refuses_other_methods(self):
        consistency = internal_consistency([[1, 2], [1, 3], [1, 5]])
        with pytest.raises(ValueError, match=r"^method must be one of 'wider', 'bonett', "):
            consistency.interval(method="feldt")
        with pytest.raises(ValueError, match=r"^confidence must be a fraction .*0\.95 for 95 %"):
            consistency.interval(95)
