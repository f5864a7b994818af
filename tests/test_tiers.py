import csv
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_data, reference

from loyalkit.classification import Classification
from loyalkit.pareto import Concentration
from loyalkit.tiers import (
    AbcClass,
    UsageHalf,
    UsageTier,
    abc_classes,
    class_thresholds,
    heavy_half,
    top_customers,
    usage_tiers,
)

values_of_customers = st.lists(st.integers(0, 4) | st.integers(0, 10**9), max_size=14)
shares = st.integers(0, 100).map(lambda percent: percent / 100)
pairs = st.tuples(shares, shares).map(lambda pair: tuple(sorted(pair)))
ties = st.sampled_from(["together", "stable"])


def label_ranks(values, sizes, ties):
    """Label every rank, then every customer: in row order, or as the middle of the equals."""
    ranked = sorted(range(len(values)), key=lambda row: -values[row])
    by_rank = [sum(rank >= size for size in sizes) for rank in range(len(values))]
    codes = [0] * len(values)
    for rank, row in enumerate(ranked):
        equals = [r for r, other in enumerate(ranked) if values[other] == values[row]]
        middle = equals[(len(equals) - 1) // 2]
        codes[row] = by_rank[middle if ties == "together" else rank]
    return codes


def simple(share):
    return Fraction(share).limit_denominator(1000)


def customers_for(values, share):
    ranked = sorted(values, reverse=True)
    if not sum(values):
        return 0
    return next(k for k in range(len(values) + 1) if sum(ranked[:k]) >= simple(share) * sum(values))


class TestTopCustomers:
    @given(values_of_customers, shares, ties)
    def test_equals_labelling_every_rank(self, values, share, ties):
        expected = label_ranks(values, [customers_for(values, share)], ties)
        chosen = top_customers(values, share, ties=ties)
        assert chosen.tolist() == [code == 0 for code in expected]

    @given(values_of_customers, shares)
    def test_stable_choice_is_as_large_as_needed(self, values, share):
        chosen = top_customers([*values, 1], share, ties="stable")
        assert chosen.sum() == Concentration.from_values([*values, 1]).customers_for(share)

    @given(values_of_customers, shares, ties)
    def test_is_class_a(self, values, share, ties):
        abc = abc_classes(values, thresholds=(share, 1), ties=ties)
        assert np.array_equal(top_customers(values, share, ties=ties), abc.mask(AbcClass.A))

    def test_stable_choice_takes_earlier_rows_first(self):
        assert top_customers([5] * 10, 0.35, ties="stable").tolist() == [True] * 4 + [False] * 6

    def test_equal_customers_are_chosen_if_half_of_them_are_needed(self):
        values = [60, 10, 10, 10, 10]
        assert top_customers(values, 0.7).tolist() == [True] + [False] * 4
        assert top_customers(values, 0.8).tolist() == [True] * 5
        assert not top_customers([1] * 10, 0.4).any()
        assert top_customers([1] * 10, 0.5).all()

    def test_customers_who_make_80_percent_of_online_retail(self):
        with raw_data("onlineretail_customers.csv").open(newline="") as file:
            gross = np.array([int(row["gross_milli"]) for row in csv.DictReader(file)])
        chosen = top_customers(gross)
        assert chosen.sum() == 1133
        assert gross[chosen].sum() >= 0.8 * gross.sum() > gross[chosen].sum() - gross[chosen].min()

    @pytest.mark.parametrize("values", [[], [0, 0]])
    def test_nobody_makes_a_share_of_nothing(self, values):
        assert top_customers(values).tolist() == [False] * len(values)

    def test_result_is_read_only_and_input_is_not_changed(self):
        values = np.array([3, 1, 2])
        chosen = top_customers(values)
        assert (values.tolist(), values.flags.writeable) == ([3, 1, 2], True)
        with pytest.raises(ValueError, match="read-only"):
            chosen[0] = False


class TestUsageTiers:
    @given(values_of_customers, pairs, ties)
    def test_equals_labelling_every_rank(self, usage, cuts, ties):
        users = sum(value > 0 for value in usage)
        sizes = [-int(-simple(cut) * users // 1) for cut in cuts]
        codes = label_ranks(usage, sizes, ties)
        expected = [code if value else 3 for code, value in zip(codes, usage, strict=True)]
        assert usage_tiers(usage, cuts=cuts, ties=ties).codes.tolist() == expected

    @given(values_of_customers, st.randoms())
    def test_row_order_does_not_matter(self, usage, random):
        rows = random.sample(range(len(usage)), len(usage))
        codes = usage_tiers(usage).codes
        assert usage_tiers([usage[row] for row in rows]).codes.tolist() == codes[rows].tolist()

    @given(values_of_customers, pairs)
    def test_equal_users_share_a_tier_and_nobody_has_a_better_one_than_a_larger(self, usage, cuts):
        codes = usage_tiers(usage, cuts=cuts).codes
        by_usage = defaultdict(set)
        for value, code in zip(usage, codes.tolist(), strict=True):
            by_usage[value].add(code)
        assert all(len(found) == 1 for found in by_usage.values())
        ordered = [by_usage[value].pop() for value in sorted(by_usage, reverse=True)]
        assert ordered == sorted(ordered)

    @given(values_of_customers, st.integers(0, 20))
    def test_those_who_do_not_use_do_not_count_towards_the_cuts(self, usage, more):
        alone, among = usage_tiers(usage), usage_tiers([*usage, *[0] * more])
        assert among.codes[: len(usage)].tolist() == alone.codes.tolist()
        assert among.counts[UsageTier.NON_USER] == usage.count(0) + more

    @pytest.mark.parametrize("n", range(1, 101))
    def test_stable_tiers_are_20_30_50_percent_rounded_up(self, n):
        tiers = usage_tiers(range(1, n + 1), ties="stable")
        heavy, users = -(-n // 5), -(-n // 2)
        assert tiers.counts == {
            UsageTier.HEAVY: heavy,
            UsageTier.MEDIUM: users - heavy,
            UsageTier.LIGHT: n - users,
            UsageTier.NON_USER: 0,
        }

    @pytest.mark.parametrize("n", range(3, 50))
    def test_equal_users_are_all_medium(self, n):
        assert usage_tiers([7] * n).counts[UsageTier.MEDIUM] == n

    def test_single_user_is_a_heavy_user(self):
        assert usage_tiers([0, 3, 0]).codes.tolist() == [3, 0, 3]

    def test_purchase_days_of_cdnow(self):
        """Ranked by a database, a third of those who bought once would be medium users."""
        days = defaultdict(set)
        with raw_data("cdnow_sample.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                days[row["master_id"]].add(row["date"])
        tiers = usage_tiers([len(dates) for dates in days.values()])
        percent = [round(100 * share) for share in tiers.shares.values()]
        assert percent == [22, 26, 52, 0]

    def test_nobody_to_sort(self):
        assert usage_tiers([]).n == 0
        assert usage_tiers([0, 0]).codes.tolist() == [3, 3]


class TestAbcClasses:
    @pytest.mark.parametrize("expected", reference("worked_examples.json"), ids=lambda e: e["name"])
    def test_worked_examples(self, expected):
        for values in (expected["values"], np.array(expected["values"]) * 0.1):
            counts = abc_classes(values, ties="stable").counts
            assert {label.name: n for label, n in counts.items()} == expected["abc_80_95"]

    def test_online_retail(self):
        with raw_data("onlineretail_customers.csv").open(newline="") as file:
            customers = list(csv.DictReader(file))
        gross = np.array([int(row["gross_milli"]) for row in customers])
        net = np.maximum([int(row["net_milli"]) for row in customers], 0)
        orders = np.array([int(row["orders"]) for row in customers])
        expected = reference("online_retail.json")
        for values, name in (
            (gross[gross > 0], "concentration_gross_buyers"),
            (net, "concentration_net_clip_zero"),
            (orders[orders > 0], "concentration_orders"),
        ):
            counts = abc_classes(values, ties="stable").counts
            assert {label.name: n for label, n in counts.items()} == expected[name]["abc_80_95"]

    @given(values_of_customers, pairs, ties)
    def test_equals_labelling_every_rank(self, values, thresholds, ties):
        sizes = [customers_for(values, threshold) for threshold in thresholds]
        expected = label_ranks(values, sizes, ties)
        assert abc_classes(values, thresholds=thresholds, ties=ties).codes.tolist() == expected

    @given(values_of_customers)
    def test_a_without_its_last_customer_is_not_enough(self, values):
        values = np.array([*values, 1])
        a = np.sort(values[abc_classes(values, ties="stable").mask(AbcClass.A)])
        assert 5 * a.sum() >= 4 * values.sum() > 5 * a[1:].sum()

    @given(values_of_customers, ties)
    def test_splits_customers_and_their_value_best_first(self, values, ties):
        values = np.array([*values, 1])
        abc = abc_classes(values, ties=ties)
        assert sum(abc.counts.values()) == values.size
        assert sum(abc.value_shares(values).values()) == pytest.approx(1)
        a, b, c = (values[abc.mask(label)] for label in AbcClass)
        assert a.size
        assert a.min() >= max(b, default=0)
        assert min(b, default=a.min()) >= max(c, default=0)

    @given(values_of_customers)
    def test_customers_worth_nothing_are_c(self, values):
        for thresholds in ((0.8, 0.95), (1, 1)):
            for way in ("together", "stable"):
                codes = abc_classes(values, thresholds=thresholds, ties=way).codes
                assert (codes[np.array(values) == 0] == AbcClass.C).all()

    @given(values_of_customers, pairs)
    def test_cents_or_floats(self, values, thresholds):
        whole = abc_classes(values, thresholds=thresholds)
        floats = abc_classes(np.array(values) / 8, thresholds=thresholds)
        assert whole.equals(floats)


class TestHeavyHalf:
    @given(values_of_customers, ties)
    def test_equals_labelling_every_rank(self, usage, ties):
        users = sum(value > 0 for value in usage)
        codes = label_ranks(usage, [-(-users // 2)], ties)
        expected = [code if value else 2 for code, value in zip(codes, usage, strict=True)]
        assert heavy_half(usage, ties=ties).codes.tolist() == expected

    @pytest.mark.parametrize("n", range(30))
    def test_is_half_of_the_users_the_middle_one_included(self, n):
        halves = heavy_half([*range(1, n + 1), 0, 0])
        assert halves.counts == {
            UsageHalf.HEAVY_HALF: -(-n // 2),
            UsageHalf.LIGHT_HALF: n // 2,
            UsageHalf.NON_USER: 2,
        }

    def test_carries_the_share_that_the_reference_gives(self):
        with raw_data("onlineretail_customers.csv").open(newline="") as file:
            orders = np.array([int(row["orders"]) for row in csv.DictReader(file)])
        orders = orders[orders > 0]
        expected = reference("online_retail.json")["concentration_orders"]["heavy_half_share"]
        stable = heavy_half(orders, ties="stable").value_shares(orders)
        # The reference takes half of the customer in the middle.
        assert stable[UsageHalf.HEAVY_HALF] == pytest.approx(expected, abs=1e-4)


class TestClassThresholds:
    @given(values_of_customers, ties)
    def test_are_the_smallest_values_of_the_classes(self, usage, ties):
        tiers = usage_tiers(usage, ties=ties)
        thresholds = class_thresholds(tiers, usage)
        for tier in UsageTier:
            members = [value for value, own in zip(usage, tiers.mask(tier), strict=True) if own]
            assert np.isnan(thresholds[tier]) == (not members)
            if members:
                assert thresholds[tier] == min(members)

    @given(values_of_customers)
    def test_who_reaches_one_is_in_the_class_or_a_better_one(self, values):
        classes = abc_classes(values)
        thresholds = class_thresholds(classes, values)
        for value, code in zip(values, classes.codes.tolist(), strict=True):
            reached = [label for label in AbcClass if value >= thresholds[label]]
            assert code == min(reached)

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="classes and values must have the same length, got"):
            class_thresholds(usage_tiers([1, 2]), [1])
        with pytest.raises(TypeError, match="classes must be of type Classification"):
            class_thresholds([0, 1], [1, 2])


class TestEveryLabelling:
    @pytest.mark.parametrize("label", [top_customers, usage_tiers, heavy_half, abc_classes])
    def test_says_what_is_wrong(self, label):
        name = "usage" if label in (usage_tiers, heavy_half) else "values"
        with pytest.raises(
            ValueError, match=f"{name} must not be negative, got {name}=-1 at index 1"
        ):
            label([1, -1])
        with pytest.raises(ValueError, match=f"{name} must not be missing"):
            label([1.0, np.nan])
        with pytest.raises(TypeError, match=f"{name} must hold numbers"):
            label(["a"])
        with pytest.raises(ValueError, match="ties must be one of 'together', 'stable'"):
            label([1], ties="first")

    def test_thresholds_must_be_two_in_order(self):
        with pytest.raises(ValueError, match="cuts must be two fractions, the smaller first"):
            usage_tiers([1], cuts=(0.5, 0.2))
        with pytest.raises(ValueError, match="thresholds must be two fractions, the smaller first"):
            abc_classes([1], thresholds=(0.95, 0.8))
        with pytest.raises(ValueError, match="cuts must be .*: 0.2 for 20 %"):
            usage_tiers([1], cuts=(20, 50))
        with pytest.raises(ValueError, match="share must be .*: 0.8 for 80 %"):
            top_customers([1], 80)

    def test_labels_have_frozen_values(self):
        assert [(tier.name, tier.value) for tier in UsageTier] == [
            ("HEAVY", 0),
            ("MEDIUM", 1),
            ("LIGHT", 2),
            ("NON_USER", 3),
        ]
        assert [label.name for label in UsageHalf] == ["HEAVY_HALF", "LIGHT_HALF", "NON_USER"]
        assert [label.value for label in UsageHalf] == [0, 1, 2]
        assert [(label.name, label.value) for label in AbcClass] == [("A", 0), ("B", 1), ("C", 2)]
        assert isinstance(usage_tiers([1, 2]), Classification)
        assert usage_tiers([1, 2]).labels is UsageTier
        assert abc_classes([1, 2]).labels is AbcClass
