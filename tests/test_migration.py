import itertools
import math
import pickle
from collections import Counter
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference
from strategies import confidences

from loyalkit.attachment import Attachment
from loyalkit.classification import Classification
from loyalkit.concentration_change import ConcentrationChange
from loyalkit.homogeneity import marginal_homogeneity, symmetry
from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.migration import Migration
from loyalkit.net_scores import net_score_interval
from loyalkit.tiers import UsageTier, usage_tiers
from loyalkit.transactions import Transactions

Tier = IntEnum("Tier", {"GOLD": 4, "SILVER": 0, "BLUE": 9})
TIERS = list(Tier)
K = len(TIERS)
states = st.sampled_from([*Tier, -1, None])


@st.composite
def customers(draw, max_size=20):
    """Label before and after of each customer: -1 not settled, None not there."""
    pairs = st.tuples(states, states).filter(lambda pair: pair != (None, None))
    return draw(st.lists(pairs, max_size=max_size))


def migration_of(rows, **options):
    """Through ids, in another order at either date."""
    there = [(i, row) for i, row in enumerate(rows)]
    before = [(i, b) for i, (b, _) in there if b is not None][::-1]
    after = [(i, a) for i, (_, a) in there if a is not None]
    return Migration.from_labels(
        [b for _, b in before],
        [a for _, a in after],
        labels=Tier,
        before_ids=np.array([i for i, _ in before], np.int64),
        after_ids=np.array([i for i, _ in after], np.int64),
        **options,
    )


def completions(rows):
    """All ways in which labels that are not settled may turn out."""
    choices = [TIERS if x == -1 else [x] for row in rows for x in row]
    for found in itertools.product(*choices):
        yield list(zip(found[::2], found[1::2], strict=True))


class TestFromLabels:
    @given(customers())
    def test_counts_equal_counting_customer_by_customer(self, rows):
        migration, pairs = migration_of(rows), Counter(rows)
        for (i, b), (j, a) in itertools.product(enumerate(TIERS), repeat=2):
            assert migration.counts[i, j] == pairs[b, a]
        for label in Tier:
            assert migration.before[label] == sum(b == label for b, _ in rows)
            assert migration.after[label] == sum(a == label for _, a in rows)
            assert migration.entered[label] == pairs[None, label]
            assert migration.left[label] == pairs[label, None]
            if migration.before[label]:
                share = pairs[label, None] / migration.before[label]
                assert migration.left_shares[label] == share
            flow = sum(a == label for _, a in rows) - sum(b == label for b, _ in rows)
            assert migration.net_flow[label] == flow
        assert migration.n == len(rows)
        assert migration.n_entered == sum(b is None for b, _ in rows)
        assert migration.n_left == sum(a is None for _, a in rows)
        assert migration.undetermined_before == sum(b == -1 for b, _ in rows)
        assert migration.undetermined_after == sum(a == -1 for _, a in rows)

    @given(st.lists(st.tuples(st.sampled_from([*Tier, -1]), st.sampled_from([*Tier, -1]))))
    def test_every_spelling_means_the_same(self, rows):
        before, after = [b for b, _ in rows], [a for _, a in rows]
        expected = Migration.from_labels(before, after, labels=Tier)
        codes = [Classification(labels=Tier, codes=list(map(int, x))) for x in (before, after)]
        nothing = [[None if x == -1 else int(x) for x in column] for column in (before, after)]
        floats = [[np.nan if x == -1 else float(x) for x in column] for column in (before, after)]
        for spelling in (
            codes,
            nothing,
            floats,
            [np.array(x, np.int64) for x in (before, after)],
            [np.array(x, np.int8) for x in (before, after)],
        ):
            assert Migration.from_labels(*spelling, labels=Tier) == expected
        assert Migration.from_labels(*codes) == expected
        names = [[None if x == -1 else Tier(x).name for x in column] for column in (before, after)]
        by_name = Migration.from_labels(*names, labels=[x.name for x in Tier])
        assert by_name.cells == expected.cells
        plain = Migration.from_labels(before, after, labels=[int(x) for x in Tier])
        assert plain.cells == expected.cells

    def test_numbers_far_apart_are_labels_too(self):
        far = [-(2**60), 7, 2**60]
        migration = Migration.from_labels([far[0], 7, -1], [far[2], 7, 7], labels=far)
        assert migration.counts.tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]
        assert migration.undetermined_before == 1

    def test_minus_one_may_be_a_label(self):
        migration = Migration.from_labels([-1, 1], [1, None], labels=[-1, 1])
        assert migration.counts.tolist() == [[0, 1], [0, 0]]
        assert migration.undetermined_after == 1

    def test_does_not_depend_on_the_block(self):
        before, after = np.random.default_rng(4).choice([-1, *Tier], (2, 100_000))
        migration = Migration.from_labels(before, after, labels=Tier)
        for (i, b), (j, a) in itertools.product(enumerate(TIERS), repeat=2):
            assert migration.counts[i, j] == np.count_nonzero((before == b) & (after == a))

    @pytest.mark.parametrize(
        ("before", "message"),
        [
            ([0, 5], "before must be one of 4, 0, 9, or missing, got before=5 at index 1"),
            ([0, 300], "got before=300 at index 1"),
            ([0, -2], "got before=-2 at index 1"),
            ([0.0, 0.5], "before must be a label: not a fractional number"),
            ([0], "before and after must have the same length, got 1, 2"),
            (["a", None], "before must be one of 4, 0, 9, or missing, got before='a' at index 0"),
        ],
    )
    def test_says_which_label_is_wrong(self, before, message):
        with pytest.raises(ValueError, match=message):
            Migration.from_labels(before, [0, 0], labels=Tier)

    @pytest.mark.parametrize("labels", [None, "gold", 3])
    def test_refuses_labels_that_are_none(self, labels):
        with pytest.raises(TypeError, match="labels must be "):
            Migration.from_labels([0], [0], labels=labels)

    @pytest.mark.parametrize("labels", [[], ["a", "a"]])
    def test_refuses_labels_that_cannot_be_told_apart(self, labels):
        with pytest.raises(ValueError, match="labels must be different, and one at least, got"):
            Migration.from_labels(["a"], ["a"], labels=labels)

    def test_refuses_classes_of_other_labels(self):
        tiers = Classification(labels=Tier, codes=[0])
        bonds = Classification(labels=Attachment, codes=[0])
        with pytest.raises(TypeError, match="after must be classified by 4, 0, 9, got <enum"):
            Migration.from_labels(tiers, bonds, labels=Tier)
        with pytest.raises(TypeError, match="labels must be given in order, except for two"):
            Migration.from_labels(tiers, bonds)
        with pytest.raises(TypeError, match="before must be classified by"):
            Migration.from_labels(tiers, tiers, labels=[Tier.GOLD])
        turned = Migration.from_labels(tiers, tiers, labels=TIERS[::-1])
        assert turned.labels == tuple(TIERS[::-1])

    def test_says_what_is_wrong_with_the_ids(self):
        with pytest.raises(TypeError, match="after_ids must be given as the other ids are"):
            Migration.from_labels([0], [0], labels=Tier, before_ids=[1])
        with pytest.raises(ValueError, match="before_ids must hold every customer once, got .*=1"):
            Migration.from_labels([0, 0], [0], labels=Tier, before_ids=[1, 1], after_ids=[1])
        with pytest.raises(ValueError, match="after_ids and after must have the same length"):
            Migration.from_labels([0], [0], labels=Tier, before_ids=[1], after_ids=[1, 2])
        with pytest.raises(TypeError, match="after_ids must hold int labels, got str"):
            Migration.from_labels([0], [0], labels=Tier, before_ids=[1], after_ids=["1"])


class TestFromCounts:
    @given(customers())
    def test_equals_counting_customers(self, rows):
        settled = [row for row in rows if -1 not in row]
        migration = migration_of(settled)
        again = Migration.from_counts(
            migration.counts,
            labels=Tier,
            entered=list(migration.entered.values()),
            left=list(migration.left.values()),
        )
        assert again == migration

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"table": [[1]]}, r"table must have shape \(2, 2\), got table=\(1, 1\)"),
            ({"table": [[1, 2], [3, -4]]}, "table must be a whole number of at least 0"),
            ({"table": [[1, 2], [3, 4]], "left": [1]}, r"left must have shape \(2,\), got left="),
            ({"table": [[1, 2], [3, 4]], "entered": 3}, r"entered must have shape \(2,\)"),
        ],
    )
    def test_says_which_count_is_wrong(self, parts, message):
        with pytest.raises(ValueError, match=message):
            Migration.from_counts(**parts, labels=["a", "b"])

    def test_refuses_cells_that_cannot_be(self):
        with pytest.raises(ValueError, match="cells must have 3 rows for 1 labels, got cells=2"):
            Migration(labels=["a"], cells=np.zeros((2, 2), int))
        with pytest.raises(TypeError, match="cells must be square"):
            Migration(labels=["a"], cells=np.zeros((2, 3), int))
        nowhere = np.zeros((3, 3), int)
        nowhere[2, 2] = 1
        with pytest.raises(ValueError, match="cells must not count customers there at neither"):
            Migration(labels=["a"], cells=nowhere)

    def test_an_order_in_words_is_refused(self):
        message = "best_first must be True, False or None, got 'no'"
        with pytest.raises(TypeError, match=message):
            Migration.from_counts([[1, 2], [3, 4]], labels=["a", "b"], best_first="no")


class TestMigration:
    @given(customers(), st.integers(0, 20), st.integers(0, 20))
    def test_shards_of_customers_add_up(self, rows, first, second):
        low, high = sorted((first, second))
        a, b, c = map(migration_of, (rows[:low], rows[low:high], rows[high:]))
        assert (a + b) + c == a + (b + c) == sum([a, b, c]) == migration_of(rows)
        assert a + b == b + a
        assert a + migration_of([]) == a

    def test_shares_are_those_of_all_who_were_there(self):
        rows = [(4, 4), (4, 0), (4, None), (4, -1), (-1, 4), (None, 9)]
        migration = migration_of(rows)
        assert migration.shares[0].tolist() == [0.25, 0.25, 0]
        assert migration.left_shares[Tier.GOLD] == 0.25
        assert np.isnan(migration.shares[1:]).all()
        assert math.isnan(migration.left_shares[Tier.BLUE])

    @given(customers())
    def test_rows_of_shares_add_up_to_1(self, rows):
        migration = migration_of(rows)
        for label, shares in zip(Tier, migration.shares, strict=True):
            n = migration.before[label]
            assert np.isnan(shares).all() == np.isnan(shares).any() == (n == 0)
            if n:
                open_ = rows.count((label, -1)) / n
                assert shares.sum() + migration.left_shares[label] + open_ == pytest.approx(1)
                assert shares.tolist() == [rows.count((label, x)) / n for x in Tier]

    @given(customers())
    def test_better_and_worse_follow_the_order(self, rows):
        place = {label: i for i, label in enumerate(Tier)}
        both = [(place[b], place[a]) for b, a in rows if b in place and a in place]
        up, down = sum(a < b for b, a in both), sum(a > b for b, a in both)
        best_first, best_last = (migration_of(rows, best_first=x) for x in (True, False))
        assert (best_first.upgraded, best_first.downgraded) == (up, down)
        assert (best_last.upgraded, best_last.downgraded) == (down, up)
        for migration, moved in ((best_first, (up, down)), (best_last, (down, up))):
            assert migration.upgrade_interval(0.9) == wilson_interval(
                moved[0], len(both), confidence=0.9
            )
            assert migration.downgrade_interval() == wilson_interval(moved[1], len(both))
            net = migration.net_upgrade(0.9)
            points = net_score_interval(
                promoters=moved[0],
                detractors=moved[1],
                passives=len(both) - up - down,
                confidence=0.9,
            )
            assert math.isnan(net.estimate) == (not both)
            if both:
                assert net.estimate == (moved[0] - moved[1]) / len(both)
                assert net.interval.low == points.low / 100
                assert net.interval.confidence == 0.9

    def test_labels_without_an_order_are_neither_better_nor_worse(self):
        migration = migration_of([(4, 0)], best_first=None)
        assert migration.stay_rate == 0
        for figure in ("upgraded", "downgraded"):
            with pytest.raises(ValueError, match="best_first must say how the labels are ordered"):
                getattr(migration, figure)
        with pytest.raises(ValueError, match="best_first must say"):
            migration.net_upgrade()

    @given(customers())
    def test_stay_rates_are_certain(self, rows):
        migration = migration_of(rows)
        before = [row for row in rows if row[0] is not None]
        stayed = sum(b == a for b, a in before if b != -1)
        assert math.isnan(migration.stay_rate) == (not before)
        if before:
            assert migration.stay_rate == stayed / len(before)
        for label, rate in migration.stay_rates.items():
            own = [a for b, a in before if b == label]
            assert math.isnan(rate) == (not own)
            assert math.isnan(rate) or rate == own.count(label) / len(own)

    @pytest.mark.parametrize(
        "rows",
        [
            [(4, 4), (4, 0), (-1, 4)],
            [(4, 4), (4, 0), (-1, 0), (-1, None)],
            [(4, 4), (4, 0), (-1, -1)],
            [(4, 4), (4, 0), (4, -1), (-1, 4)],
        ],
    )
    def test_interval_is_as_wide_as_the_labels_not_settled_make_it(self, rows):
        for label in (None, Tier.GOLD):
            found = [migration_of(full).interval(label) for full in completions(rows)]
            interval = migration_of(rows).interval(label)
            assert interval.low == pytest.approx(min(x.low for x in found), abs=1e-12)
            assert interval.high == pytest.approx(max(x.high for x in found), abs=1e-12)

    @given(customers(max_size=4), confidences)
    def test_interval_holds_that_of_every_completion_and_no_more(self, rows, confidence):
        """Brute force over all labels that the unsettled ones may turn out to be."""
        migration = migration_of(rows)
        for label in (None, *Tier):
            found = [
                migration_of(full).interval(label, confidence=confidence)
                for full in completions(rows)
            ]
            known = [x for x in found if not math.isnan(x.low)]
            interval = migration.interval(label, confidence=confidence)
            assert math.isnan(interval.low) == math.isnan(interval.high)
            if label in TIERS:
                assert math.isnan(interval.low) == (migration.before[label] == 0)
            if len(known) == len(found) and not math.isnan(interval.low):
                assert interval.low == pytest.approx(min(x.low for x in known), abs=1e-12)
                assert interval.high == pytest.approx(max(x.high for x in known), abs=1e-12)
            for each in known:
                assert not interval.low > each.low + 1e-12
                assert not interval.high < each.high - 1e-12
            rate = migration.stay_rate if label is None else migration.stay_rates[label]
            assert math.isnan(rate) or rate in interval

    def test_difference_of_stay_rates_is_newcombes(self):
        here = Migration.from_counts([[30, 10], [5, 20]], labels=["a", "b"], left=[10, 0])
        there = Migration.from_counts([[20, 20], [5, 20]], labels=["a", "b"])
        assert here.difference(there, "a") == newcombe_difference(30, 50, 20, 40)
        overall = here.difference(there, confidence=0.9)
        assert overall == newcombe_difference(50, 75, 40, 65, confidence=0.9)
        nobody = Migration.from_counts([[0, 0], [0, 0]], labels=["a", "b"])
        assert math.isnan(here.difference(nobody, "a").estimate)

    def test_difference_allows_for_labels_not_settled(self):
        here, there = migration_of([(4, 4)] * 6 + [(4, -1)] * 4), migration_of([(4, 0)] * 10)
        found = here.difference(there, Tier.GOLD)
        assert found.estimate == 0.6
        assert found.interval.low == newcombe_difference(6, 10, 0, 10).interval.low
        assert found.interval.high == newcombe_difference(10, 10, 0, 10).interval.high

    @given(customers())
    def test_tests_are_of_customers_settled_at_both_dates(self, rows):
        migration = migration_of(rows)
        assert migration.marginal_homogeneity() == marginal_homogeneity(migration.counts)
        bhapkar = migration.marginal_homogeneity("bhapkar")
        assert bhapkar == marginal_homogeneity(migration.counts, method="bhapkar")
        assert migration.symmetry() == symmetry(migration.counts)

    @given(customers())
    def test_compares_hashes_and_pickles_by_value(self, rows):
        migration = migration_of(rows)
        assert len({migration, pickle.loads(pickle.dumps(migration))}) == 1
        assert not migration.counts.flags.writeable
        assert not migration.shares.flags.writeable

    def test_shows_every_customer(self):
        rows = [(4, 4), (4, None), (-1, 0), (None, 9), (0, -1)]
        lines = [line.split() for line in repr(migration_of(rows)).splitlines()]
        assert lines[0] == ["GOLD", "SILVER", "BLUE", "undetermined", "left"]
        assert lines[1] == ["GOLD", "1", "0", "0", "0", "1"]
        assert lines[4:] == [["undetermined", "0", "1", "0", "0", "0"], ["entered", *"00100"]]
        assert migration_of(rows)._repr_html_().count("<td>1</td>") == 5

    def test_refuses_other_migrations(self):
        mine = migration_of([(4, 4)])
        for other in (
            Migration.from_counts([[1]], labels=["a"]),
            migration_of([(4, 4)], best_first=False),
        ):
            with pytest.raises(ValueError, match="other must have the same labels in the same or"):
                mine + other
        with pytest.raises(ValueError, match="other must have the same labels"):
            mine.difference(Migration.from_counts([[1]], labels=["a"]))
        with pytest.raises(TypeError, match="other must be of type Migration, got int"):
            mine.difference(3)
        with pytest.raises(TypeError):
            mine + 1

    def test_says_which_label_does_not_exist(self):
        with pytest.raises(ValueError, match="label must be one of .*GOLD.*, got label='gold'"):
            migration_of([(4, 4)]).interval("gold")

    def test_counts_that_leave_int64_together_are_refused(self):
        half = Migration.from_counts([[2**62, 0], [0, 0]], labels=["a", "b"])
        rest = Migration.from_counts([[0, 0], [0, 2**62]], labels=["a", "b"])
        message = (
            "cells must count less than 2\\*\\*63 customers in all, got cells=9223372036854775808"
        )
        with pytest.raises(ValueError, match=message):
            half + rest
        with pytest.raises(ValueError, match="cells must be less than"):
            half + half


class TestTiersOfRealCustomers:
    """The top fifth of the buyers of each half-year, against independent computations."""

    def check(self, ids, times, amounts, middle, expected):
        halves = [
            Transactions.from_arrays(customers=ids[x], times=times[x], amounts=amounts[x])
            for x in (times < middle, times >= middle)
        ]
        buyers = [(x.customer_ids[x.totals() > 0], x.totals()[x.totals() > 0]) for x in halves]
        tiers = [usage_tiers(values, cuts=(0.2, 0.2), ties="stable") for _, values in buyers]
        migration = Migration.from_labels(*tiers, before_ids=buyers[0][0], after_ids=buyers[1][0])
        top = UsageTier.HEAVY
        assert sum(migration.before.values()) == expected["n_buyers_before"]
        assert sum(migration.after.values()) == expected["n_buyers_after"]
        assert migration.before[top] == expected["k_before"]
        assert migration.after[top] == expected["k_after"]
        assert migration.counts[0, 0] == expected["stay_in_top"]
        assert migration.left[top] == expected["lapsed_from_top"]
        assert migration.stay_rates[top] == pytest.approx(expected["stay_rate"], abs=1e-15)
        change = ConcentrationChange.from_customers(
            customers_before=buyers[0][0],
            values_before=buyers[0][1],
            customers_after=buyers[1][0],
            values_after=buyers[1][1],
        )
        tier = change.top_tier(ties="stable")
        assert tier.stay_rate == migration.stay_rates[top]
        assert tier.stay_interval() == migration.interval(top)
        assert tier.moved_up == migration.after[top] - migration.counts[0, 0]
        assert tier.moved_down == migration.counts[0].sum() - migration.counts[0, 0]

    def test_online_retail(self):
        log = raw_columns("onlineretail_invoices.csv.gz")
        sale = np.array(log["credit"]) == "0"
        self.check(
            np.array(log["CustomerID"])[sale],
            np.array(log["date"], "M8[D]")[sale],
            np.array(log["amount_milli"], np.int64)[sale],
            np.datetime64("2011-06-01"),
            reference("online_retail.json")["tier_migration_H1_H2"],
        )

    def test_complete_journey(self):
        log = raw_columns("completejourney_baskets.csv.gz")
        self.check(
            np.array(log["household_id"]),
            np.array(log["ts"], "M8[s]"),
            np.array(log["cents"], np.int64),
            np.datetime64("2017-07-01", "s"),
            reference("complete_journey.json")["tier_migration_H1_H2"],
        )


class TestProjectAsMarkovChain:
    @given(customers(), st.integers(0, 4))
    def test_equals_moving_one_group_at_a_time(self, rows, steps):
        migration = migration_of(rows)
        projection = migration.project_as_markov_chain(steps)
        order = [*Tier, -1]
        assert len(projection.steps) == steps + 1
        now = {label: float(sum(a == label for _, a in rows)) for label in order}
        left = 0.0
        for step in range(steps + 1):
            found = [*projection.expected[step], projection.undetermined[step]]
            assert found == pytest.approx([now[x] for x in order], nan_ok=True)
            assert projection.left[step] == pytest.approx(left, nan_ok=True)
            then, gone = dict.fromkeys(order, 0.0), 0.0
            for label in order:
                own = [a for b, a in rows if b == label]
                if not own and now[label]:
                    then, gone = dict.fromkeys(order, math.nan), math.nan
                    break
                for a in own:
                    share = now[label] / len(own)
                    gone += share * (a is None)
                    if a is not None:
                        then[a] += share
            now, left = then, left + gone

    def test_nobody_is_lost_or_made(self):
        migration = Migration.from_counts(
            [[80, 10], [20, 60]], labels=["a", "b"], left=[10, 20], entered=[5, 5]
        )
        projection = migration.project_as_markov_chain(6)
        totals = projection.expected.sum(axis=1) + projection.undetermined + projection.left
        assert totals == pytest.approx([180] * 7)
        assert (np.diff(projection.left) > 0).all()

    def test_entering_customers_come_with_each_step(self):
        migration = Migration.from_counts([[1, 0], [0, 1]], labels=["a", "b"])
        projection = migration.project_as_markov_chain(2, entering={"b": 2.5})
        assert projection.expected.tolist() == [[1, 1], [1, 3.5], [1, 6]]
        assert projection.labels == ("a", "b")

    def test_is_unknown_from_where_nobody_knows_the_way(self):
        migration = Migration.from_counts([[1, 1], [0, 0]], labels=["a", "b"])
        expected = migration.project_as_markov_chain(1).expected
        assert expected[0].tolist() == [1, 1]
        assert np.isnan(expected[1]).all()
        assert np.isnan(migration.project_as_markov_chain(2).left[1:]).all()

    @given(customers(), st.integers(0, 2))
    def test_compares_hashes_and_pickles_by_value(self, rows, steps):
        projection = migration_of(rows).project_as_markov_chain(steps)
        assert len({projection, pickle.loads(pickle.dumps(projection))}) == 1

    def test_says_what_is_wrong(self):
        migration = migration_of([(4, 4)])
        with pytest.raises(ValueError, match="steps must be a whole number of at least 0"):
            migration.project_as_markov_chain(-1)
        with pytest.raises(ValueError, match=r"entering\[GOLD\] must be at least 0, got"):
            migration.project_as_markov_chain(1, entering={Tier.GOLD: -1})
        with pytest.raises(ValueError, match="label must be one of"):
            migration.project_as_markov_chain(1, entering={"gold": 1})
