import math
import pickle
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from reference_data import raw_columns
from strategies import confidences, small_counts

from loyalkit._paired import EXACT_UP_TO
from loyalkit.activity import Activity
from loyalkit.comparison import compare_groups, panel_change, retention_trend
from loyalkit.retention import RetentionCounts
from loyalkit.retention_series import retention_by_period, retention_difference
from loyalkit.transactions import Periods, Transactions

Z = 1.959963984540054

counts = st.builds(RetentionCounts, retained=small_counts, lost=small_counts, new=small_counts)
groupings = st.dictionaries(st.sampled_from("abcdef"), counts, max_size=6)
tables = npst.arrays(bool, st.tuples(st.integers(1, 30), st.integers(2, 6)))
panels = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


def kept(retained, start):
    return RetentionCounts(retained=retained, lost=start - retained)


def columns(panel):
    return [before for before, _ in panel], [after for _, after in panel]


def holm(p_values):
    """P-values after Holm, from the definition."""
    order = sorted(p_values)
    raised = [min(1, (len(order) - k) * p) for k, p in enumerate(order)]
    return [max(raised[: order.index(p) + 1]) for p in p_values]


class TestCompareGroups:
    def test_worked_example(self):
        shops = {"north": kept(170, 200), "south": kept(150, 200), "west": kept(160, 200)}
        comparison = compare_groups(shops)
        assert (comparison.statistic, comparison.degrees) == (6.25, 2)
        assert comparison.p_value == pytest.approx(math.exp(-3.125), rel=1e-14)
        assert comparison.test == "chi-square test"
        pair = comparison.pairs["north", "south"]
        # retention.md 3.5: 170/200 - 150/200, p .012419, here one of three.
        assert pair.p_value == pytest.approx(3 * 0.012419, abs=5e-6)
        assert pair.test == "two-proportion z-test, pooled; adjusted by Holm's method"
        assert pair.interval.confidence == pytest.approx(1 - 0.05 / 3)

    @given(groupings)
    def test_equals_scipy(self, groups):
        stats = pytest.importorskip("scipy.stats")
        table = [[x.retained, x.lost] for x in groups.values() if x.customers_at_start]
        comparison = compare_groups(groups)
        if len(table) < 2:
            assert math.isnan(comparison.statistic)
            assert math.isnan(comparison.p_value)
        elif not np.sum(table, axis=0).all():
            assert (comparison.statistic, comparison.p_value) == (0, 1)
        else:
            expected = stats.chi2_contingency(table, correction=False)
            assert comparison.statistic == pytest.approx(expected.statistic, rel=1e-12, abs=1e-12)
            assert comparison.p_value == pytest.approx(expected.pvalue, rel=1e-10)
            assert comparison.degrees == expected.dof

    @given(groupings, confidences)
    def test_pairs_are_those_of_two_groups_but_for_their_number(self, groups, confidence):
        comparison = compare_groups(groups, confidence=confidence)
        assert list(comparison.pairs) == list(combinations(groups, 2))
        known = {
            pair: groups[pair[0]].difference(groups[pair[1]])
            for pair in comparison.pairs
            if all(groups[label].customers_at_start for label in pair)
        }
        expected = dict(zip(known, holm([x.p_value for x in known.values()]), strict=True))
        for pair, difference in comparison.pairs.items():
            if pair not in known:
                assert math.isnan(difference.estimate)
                assert math.isnan(difference.p_value)
            else:
                assert difference.estimate == known[pair].estimate
                assert difference.p_value == pytest.approx(expected[pair])
                each = difference.interval.confidence
                assert 1 - each == pytest.approx((1 - confidence) / len(known))

    @given(groupings)
    def test_empty_groups_do_not_count(self, groups):
        alone = compare_groups(groups)
        with_empty = compare_groups(groups | {"empty": RetentionCounts(new=3)})
        assert with_empty.degrees == alone.degrees
        np.testing.assert_equal(with_empty.p_value, alone.p_value)
        assert {k: v for k, v in with_empty.pairs.items() if "empty" not in k} == alone.pairs

    @given(counts, counts)
    def test_two_groups_are_tested_as_by_their_difference(self, a, b):
        comparison = compare_groups({"a": a, "b": b})
        assert comparison.p_value == pytest.approx(a.difference(b).p_value, nan_ok=True, rel=1e-9)
        assert comparison.pairs["a", "b"].interval == a.difference(b).interval

    @given(groupings)
    def test_survives_pickling_and_hashing(self, groups):
        comparison = compare_groups(groups)
        assert pickle.loads(pickle.dumps(comparison)) == comparison
        assert hash(pickle.loads(pickle.dumps(comparison))) == hash(comparison)

    def test_periods_are_not_groups(self):
        series = retention_by_period(Activity.from_table([[True, True, True], [True, True, False]]))
        with pytest.raises(ValueError, match="retention_difference"):
            compare_groups(dict(enumerate(series)))
        with pytest.raises(ValueError, match="needs every customer counted once"):
            compare_groups({"a": sum(series), "b": kept(1, 2)})

    def test_refuses_what_are_no_counts(self):
        with pytest.raises(TypeError, match=r"groups\['a'\] must be of type RetentionCounts"):
            compare_groups({"a": (3, 4)})
        with pytest.raises(TypeError, match="groups must be of type Mapping, got list"):
            compare_groups([kept(1, 2)])


def clustered(table):
    """Slope and its error by least squares on one row per customer and transition at risk."""
    n, periods = table.shape
    rows = [(t, i) for t in range(periods - 1) for i in range(n) if table[i, t]]
    design = np.array([[1.0, t] for t, _ in rows])
    outcome = np.array([float(table[i, t + 1]) for t, i in rows])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ outcome
    scores = np.zeros((n, 2))
    for (_, i), x, y in zip(rows, design, outcome, strict=True):
        scores[i] += x * (y - x @ beta)
    return beta[1], float(np.linalg.norm(scores @ bread[1]))


class TestRetentionTrend:
    @given(tables)
    def test_equals_least_squares_with_clustered_errors(self, table):
        trend = retention_trend(Activity.from_table(table))
        if np.count_nonzero(table[:, :-1].any(axis=0)) < 2:
            assert math.isnan(trend.estimate)
            return
        slope, error = clustered(table)
        assert trend.estimate == pytest.approx(slope, abs=1e-12)
        if error < 1e-9:
            assert math.isnan(trend.p_value)
            assert math.isnan(trend.interval.low)
            return
        assert trend.p_value == pytest.approx(
            math.erfc(abs(slope) / error / math.sqrt(2)), abs=1e-9
        )
        if -1 < trend.interval.low and trend.interval.high < 1:
            assert trend.interval.width == pytest.approx(2 * Z * error)

    @given(npst.arrays(bool, st.tuples(st.integers(1, 30), st.just(3))))
    def test_of_two_transitions_is_their_difference(self, table):
        activity = Activity.from_table(table)
        trend, difference = retention_trend(activity), retention_difference(activity, 0, 1)
        assert trend.estimate == pytest.approx(difference.estimate, abs=1e-10, nan_ok=True)

    @given(tables, st.randoms())
    def test_order_of_customers_does_not_matter(self, table, random):
        order = list(range(len(table)))
        random.shuffle(order)
        one, other = (retention_trend(Activity.from_table(x)) for x in (table, table[order]))
        assert one.estimate == pytest.approx(other.estimate, nan_ok=True)
        assert one.p_value == pytest.approx(other.p_value, nan_ok=True)

    def test_unfinished_transitions_do_not_count(self):
        rng = np.random.default_rng(7)
        table = rng.random((200, 5)) < 0.6
        table[:, 4] = False  # the month has just begun
        months = Periods.between("2024-01-01", "2024-06-01", complete_through="2024-05-02")
        marked = retention_trend(Activity.from_table(table, periods=months))
        assert marked == retention_trend(Activity.from_table(table[:, :4]))
        assert marked.verdict() == "unclear"

    def test_a_steady_rate_without_variation_leaves_only_the_estimate(self):
        trend = retention_trend(Activity.from_table(np.ones((7, 6), bool)))
        assert trend.estimate == pytest.approx(0, abs=1e-15)
        assert math.isnan(trend.p_value)

    @pytest.mark.parametrize("table", [np.ones((1, 1), bool), np.zeros((3, 4), bool)])
    def test_is_nan_without_two_transitions(self, table):
        assert math.isnan(retention_trend(Activity.from_table(table)).estimate)

    def test_online_retail_middle_quarters(self):
        rows = raw_columns("onlineretail_invoices.csv.gz")
        sales = np.array(rows["credit"]) == "0"
        log = Transactions.from_arrays(
            customers=np.array(rows["CustomerID"])[sales], times=np.array(rows["date"])[sales]
        )
        quarters = Periods.between("2010-12-01", "2011-12-10", "quarter")
        trend = retention_trend(Activity.from_transactions(log, quarters))
        # The two finished transitions; independence would claim .01600.
        assert trend.interval.width / 2 / Z == pytest.approx(0.01475, abs=5e-6)

    def test_refuses_what_is_no_activity(self):
        with pytest.raises(TypeError, match="activity must be of type Activity, got list"):
            retention_trend([[True]])


class TestPanelChange:
    def test_worked_example(self):
        spring = [True] * 60 + [False] * 40
        autumn = [True] * 55 + [False] * 5 + [True] * 15 + [False] * 25
        change = panel_change(spring, autumn)
        assert change.estimate == 0.1
        assert change.p_value == 2 * sum(math.comb(20, k) for k in range(6)) / 2**20
        assert change.test == "McNemar's test, exact"

    def test_interval_is_tangos(self):
        change = panel_change([False] * 9 + [True] * 34, [True] * 9 + [False] * 2 + [True] * 32)
        assert change.estimate == 7 / 43
        for limit in (change.interval.low, change.interval.high):
            # Tango 1998: the share that dropped the property which fits a difference best.
            b = -9 - 2 + (2 * 43 - 9 + 2) * limit
            dropped = (math.sqrt(b * b + 8 * 43 * 2 * limit * (1 - limit)) - b) / (4 * 43)
            variance = 43 * (2 * dropped + limit * (1 - limit))
            assert abs(7 - 43 * limit) == pytest.approx(Z * math.sqrt(variance), rel=1e-9)

    @given(panels)
    def test_p_value_equals_scipys_binomial_test(self, panel):
        stats = pytest.importorskip("scipy.stats")
        before, after = columns(panel)
        gained = sum(b and not a for a, b in panel)
        dropped = sum(a and not b for a, b in panel)
        change = panel_change(before, after)
        if not panel:
            assert math.isnan(change.p_value)
        elif gained + dropped == 0:
            assert change.p_value == 1
        else:
            expected = stats.binomtest(gained, gained + dropped).pvalue
            assert change.p_value == pytest.approx(expected, rel=1e-10)

    @given(panels, confidences)
    def test_estimate_is_the_change_of_the_share_and_lies_in_its_interval(self, panel, confidence):
        before, after = columns(panel)
        change = panel_change(before, after, confidence=confidence)
        if panel:
            assert change.estimate == pytest.approx((sum(after) - sum(before)) / len(panel))
            low, high = change.interval.low, change.interval.high
            assert -1 <= low <= change.estimate + 1e-12
            assert change.estimate - 1e-12 <= high <= 1
        else:
            assert math.isnan(change.estimate)
            assert math.isnan(change.interval.low)

    @given(panels)
    def test_turns_round_with_its_arguments(self, panel):
        there, back = panel_change(*columns(panel)), panel_change(*columns(panel)[::-1])
        assert there.estimate == pytest.approx(-back.estimate, nan_ok=True)
        assert there.p_value == pytest.approx(back.p_value, nan_ok=True)

    def test_is_exact_up_to_a_limit_and_normal_beyond(self):
        gained = 540
        for changed, test in (
            (EXACT_UP_TO, "McNemar's test, exact"),
            (EXACT_UP_TO + 1, "McNemar's test"),
        ):
            after = np.arange(changed) < gained
            change = panel_change(~after, after)
            assert change.test == test
            z = (2 * gained - changed) / math.sqrt(changed)
            assert change.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.1)

    def test_refuses_what_is_no_panel(self):
        with pytest.raises(ValueError, match="before and after must have the same length, got 2"):
            panel_change([True, False], [True])
        with pytest.raises(TypeError, match="after must hold truth values, got dtype int64"):
            panel_change([True, False], [1, 0])
        with pytest.raises(ValueError, match="before must not be missing"):
            panel_change([True, None], [True, False])
