import datetime as dt
import itertools
import math
import pickle
from enum import IntEnum
from itertools import chain

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.classification import Classification
from loyalkit.cross_tables import CrossTable, cross_table
from loyalkit.evidence import Evidence
from loyalkit.independence import independence_test
from loyalkit.intervals import newcombe_difference, wilson_interval
from loyalkit.kinds import Segment
from loyalkit.segments import assign_segments


class Bond(IntEnum):
    """Values that are not in order."""

    LOVE = 7
    LIKE = 0
    LOW = 3


SHOPS = ("east", "north", "south")
OTHER = "a shop that is not in the table"


def bonds(codes):
    return Classification(labels=Bond, codes=codes)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Open(Classification):
    """A classification that knows which labels are possible."""

    possible: np.ndarray


def opened(sets):
    """Classes of which each customer has some left."""
    codes = [next(iter(left)) if len(left) == 1 else -1 for left in sets]
    possible = np.array([[bond in left for bond in Bond] for left in sets], bool).reshape(-1, 3)
    return Open(labels=Bond, codes=codes, possible=possible)


known_shops = st.lists(st.sampled_from(SHOPS), max_size=12)
some_shops = st.lists(st.sampled_from([*SHOPS, None]), max_size=12)
bond_sets = st.sets(st.sampled_from(Bond), min_size=1)
amounts = st.integers(-(10**6), 10**6)


@st.composite
def customers(draw, max_size=12, worth=amounts):
    """Two labels of each customer, either of which may be missing, and an amount."""
    pairs = st.tuples(st.sampled_from([-1, *Bond]), st.sampled_from([*SHOPS, None]), worth)
    rows = draw(st.lists(pairs, max_size=max_size))
    codes, shops, money = zip(*rows, strict=True) if rows else ((), (), ())
    return [int(code) for code in codes], list(shops), list(money)


def table_of(given, with_amounts=True):
    codes, shops, money = given
    return cross_table(bonds(codes), shops, amounts=money if with_amounts else None)


def completions(sets):
    return itertools.product(*[sorted(left) for left in sets])


def close(first, second):
    return np.allclose(first, second, rtol=0, atol=1e-12, equal_nan=True)


class TestCrossTable:
    def test_worked_example(self):
        table = cross_table(
            bonds([7, 7, 0, 3, -1, 7]), ["north", "south", "north", "east", "east", None]
        )
        assert table.rows == (Bond.LOVE, Bond.LIKE, Bond.LOW)
        assert table.columns == SHOPS
        assert table.counts.tolist() == [[0, 1, 1], [0, 1, 0], [1, 0, 0]]
        assert table.cells[-1].tolist() == [1, 0, 0, 0]
        assert table.cells[:, -1].tolist() == [1, 0, 0, 0]
        assert (table.n, table.n_undetermined) == (6, 2)
        assert table.row_totals.tolist() == [3, 1, 1]
        assert table.column_totals.tolist() == [2, 2, 1]
        assert table.row_shares[0].tolist() == [0, 1 / 3, 1 / 3]
        assert table.column_shares[:, 0].tolist() == [0, 0, 0.5]

    @settings(max_examples=50)
    @given(customers())
    def test_cells_equal_counting_one_by_one(self, given):
        codes, shops, money = given
        table = table_of(given)
        for i, row in enumerate([*table.rows, -1]):
            for j, column in enumerate([*table.columns, None]):
                here = [
                    k
                    for k, pair in enumerate(zip(codes, shops, strict=True))
                    if pair == (row, column)
                ]
                assert table.cells[i, j] == len(here)
                assert table.amounts[i, j] == sum(money[k] for k in here)
        assert table.n == len(codes)
        missing = [code == -1 or shop is None for code, shop in zip(codes, shops, strict=True)]
        assert table.n_undetermined == sum(missing)

    @settings(max_examples=50)
    @given(customers())
    def test_shares_are_of_everybody_known_to_be_in_the_whole(self, given):
        codes, shops, _ = given
        table = table_of(given)
        n, rows, columns = len(codes), table.row_totals, table.column_totals
        assert close(table.shares * n, table.counts if n else np.nan * table.counts)
        for i, row in enumerate(table.rows):
            assert rows[i] == codes.count(row)
            assert np.isnan(table.row_shares[i]).all() == (
                rows[i] == 0 and len(table.columns) > 0
            ) or not len(table.columns)
            if rows[i]:
                assert close(table.row_shares[i] * rows[i], table.counts[i])
        for j, column in enumerate(table.columns):
            assert columns[j] == shops.count(column)
            if columns[j]:
                assert close(table.column_shares[:, j] * columns[j], table.counts[:, j])

    @settings(max_examples=50)
    @given(customers(worth=st.integers(0, 100)))
    def test_value_shares_and_what_has_no_label_make_1(self, given):
        table = table_of(given)
        total = sum(given[2])
        assert np.isnan(table.value_shares).all() == (total == 0) or table.value_shares.size == 0
        if total:
            settled = sum(
                money
                for code, shop, money in zip(*given, strict=True)
                if code != -1 and shop is not None
            )
            assert table.value_shares.sum() == pytest.approx(settled / total)

    @settings(max_examples=50)
    @given(customers())
    def test_value_shares_agree_with_the_classification(self, given):
        codes, _, money = given
        table = cross_table(bonds(codes), ["here"] * len(codes), amounts=money)
        expected = bonds(codes).value_shares(money)
        if codes:
            assert close(table.value_shares[:, 0], list(expected.values()))

    def test_value_shares_are_exact_beyond_int64(self):
        big = 2**62
        table = cross_table(["a", "b", "c"], ["x"] * 3, amounts=[big, big, big])
        assert table.value_shares[:, 0].tolist() == [1 / 3] * 3

    def test_what_floats_leave_when_they_cancel_is_no_total(self):
        table = cross_table(["a", "a", "b"], ["x"] * 3, amounts=[0.1, 0.2, -0.3])
        assert 0.1 + 0.2 - 0.3 > 0
        assert np.isnan(table.value_shares).all()

    def test_no_amounts_no_value_shares(self):
        table = cross_table([1], [2])
        assert table.amounts is None
        with pytest.raises(ValueError, match="amounts must be given to share them out"):
            _ = table.value_shares

    def test_labels_of_any_kind(self):
        days = [dt.date(2024, 1, 2), dt.date(2024, 1, 1), None]
        table = cross_table(days, [True, False, True])
        assert table.columns == (False, True)
        assert table.rows == (dt.date(2024, 1, 1), dt.date(2024, 1, 2))
        nanoseconds = np.array(["2024-01-01T00:00:00.000000001"], "M8[ns]")
        assert cross_table(nanoseconds, [1.0]).rows == (nanoseconds[0],)
        assert cross_table(nanoseconds, [1.0]).columns == (1,)

    def test_arrays_cannot_be_changed(self):
        table = pickle.loads(pickle.dumps(table_of(([7, 0], ["east", None], [1, 2]))))
        arrays = [table.cells, table.counts, table.amounts, table.row_shares, table.shares]
        arrays += [table.value_shares, table.row_totals, *table.interval(), table.column_shares]
        for array in [*arrays, *table.interval(of="all"), *table.interval(of="column")]:
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0

    @settings(max_examples=50)
    @given(customers())
    def test_survives_pickling_and_hashing(self, given):
        table = table_of(given)
        copy = pickle.loads(pickle.dumps(table))
        assert copy == table == table_of(given)
        assert hash(copy) == hash(table)
        assert table != table_of(given, with_amounts=False)


class TestInterval:
    @settings(max_examples=50)
    @given(customers(), confidences)
    def test_is_wilsons_where_every_label_is_known(self, given, confidence):
        codes, *_ = given
        known = [code for code in codes if code != -1]
        table = cross_table(bonds(known), ["here" if k % 3 else "there" for k in range(len(known))])
        wholes = {
            "row": table.row_totals[:, None],
            "column": table.column_totals[None, :],
            "all": np.array(table.n),
        }
        for of, whole in wholes.items():
            expected = wilson_interval(table.counts, whole, confidence=confidence)
            assert close(table.interval(of=of, confidence=confidence), expected)

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(bond_sets, st.sampled_from([*SHOPS[:2], None])), max_size=3),
        st.booleans(),
    )
    def test_covers_every_completion_and_no_more(self, pairs, possible):
        sets = [left if possible or len(left) == 1 else set(Bond) for left, _ in pairs]
        shops = [shop for _, shop in pairs]
        rows = (
            opened(sets)
            if possible
            else bonds([left.pop() if len(left) == 1 else -1 for left in map(set, sets)])
        )
        table = cross_table(rows, shops)
        shop_sets = [{shop} if shop else {*table.columns, OTHER} for shop in shops]
        for of in ("row", "column", "all"):
            ends = np.full((2, *table.counts.shape), np.nan)
            for done_bonds in completions(sets):
                for done_shops in completions(shop_sets):
                    done = list(zip(done_bonds, done_shops, strict=True))
                    for i, bond in enumerate(table.rows):
                        for j, shop in enumerate(table.columns):
                            whole = {
                                "row": done_bonds.count(bond),
                                "column": done_shops.count(shop),
                                "all": len(done),
                            }[of]
                            limits = wilson_interval(done.count((bond, shop)), whole)
                            ends[0, i, j] = np.fmin(ends[0, i, j], limits.low)
                            ends[1, i, j] = np.fmax(ends[1, i, j], limits.high)
            low, high = table.interval(of=of)
            assert close(low, ends[0])
            assert close(high, ends[1])

    @settings(max_examples=50)
    @given(st.lists(st.tuples(bond_sets, bond_sets), max_size=3))
    def test_covers_every_completion_where_both_labels_are_left_open(self, pairs):
        first, second = [a for a, _ in pairs], [b for _, b in pairs]
        table = cross_table(opened(first), opened(second))
        ends = np.full((2, 3, 3), np.nan)
        for one in completions(first):
            for two in completions(second):
                done = list(zip(one, two, strict=True))
                for i, j in np.ndindex(3, 3):
                    pair = table.rows[i], table.columns[j]
                    limits = wilson_interval(done.count(pair), one.count(pair[0]))
                    ends[0, i, j] = np.fmin(ends[0, i, j], limits.low)
                    ends[1, i, j] = np.fmax(ends[1, i, j], limits.high)
        assert close(table.interval(), ends)

    @settings(max_examples=50)
    @given(customers())
    def test_contains_the_share(self, given):
        table = table_of(given)
        shares = {"row": table.row_shares, "column": table.column_shares, "all": table.shares}
        for of, share in shares.items():
            low, high = table.interval(of=of)
            assert ((low <= share) & (share <= high) | np.isnan(share)).all()

    def test_of_segments_is_that_of_the_assignment(self):
        evidence = Evidence(buys_regularly=[True, True, False, None], attachment=[2, None, None, 0])
        assignment = assign_segments(evidence)
        low, high = cross_table(assignment, ["web"] * 4).interval(of="all")
        for i, segment in enumerate(Segment):
            limits = assignment.interval(segment)
            assert (low[i, 0], high[i, 0]) == (limits.low, limits.high)
        # Without evidence about the bond nobody knows whether a regular customer is core.
        web = cross_table(["web"] * 4, assignment)
        assert web.interval()[1][0, 0] == wilson_interval(2, 4).high
        assert web.interval()[1][0, 4] == wilson_interval(2, 4).high

    @settings(max_examples=50)
    @given(customers())
    def test_is_nan_exactly_where_nobody_can_be_in_the_whole(self, given):
        codes, shops, _ = given
        table = table_of(given)
        for i, row in enumerate(table.rows):
            nobody = row not in codes and -1 not in codes
            assert np.isnan(table.interval())[:, i].all() == nobody or not table.columns
            assert np.isnan(table.interval())[:, i].any() == (nobody and bool(table.columns))
        for j, column in enumerate(table.columns):
            assert column in shops
            assert not np.isnan(table.interval(of="column"))[:, :, j].any()

    def test_refuses_other_words(self):
        with pytest.raises(
            ValueError, match="of must be one of 'all', 'row', 'column', got of='x'"
        ):
            cross_table([1], [1]).interval(of="x")
        with pytest.raises(ValueError, match="confidence must be a fraction between 0 and 1: 0.95"):
            cross_table([1], [1]).interval(confidence=95)


class TestDifference:
    @settings(max_examples=50)
    @given(customers(), confidences)
    def test_is_newcombes_where_every_label_is_known(self, given, confidence):
        codes = [code for code in given[0] if code != -1]
        shops = [SHOPS[k % 2] for k in range(len(codes))]
        table = cross_table([*shops, *SHOPS[:2]], bonds([*codes, 7, 7]))
        counts, totals = table.counts, table.row_totals
        expected = newcombe_difference(
            counts[1, 0], totals[1], counts[0, 0], totals[0], confidence=confidence
        )
        found = table.difference("north", "east", Bond.LOVE, confidence=confidence)
        assert found == expected

    @settings(max_examples=50)
    @given(
        st.lists(
            st.tuples(st.sampled_from([*SHOPS[:2], None]), st.sampled_from([-1, *Bond])), max_size=4
        )
    )
    def test_covers_every_completion(self, pairs):
        pairs = [("east", 7), ("north", 0), *pairs]
        shops, codes = [s for s, _ in pairs], [int(c) for _, c in pairs]
        table = cross_table(shops, bonds(codes))
        found = table.difference("east", "north", Bond.LOVE)
        p_values = []
        for one in completions([{s} if s else {"east", "north", OTHER} for s in shops]):
            for two in completions([{c} if c != -1 else set(Bond) for c in codes]):
                done = list(zip(one, two, strict=True))
                difference = newcombe_difference(
                    done.count(("east", 7)),
                    one.count("east"),
                    done.count(("north", 7)),
                    one.count("north"),
                )
                assert found.interval.low <= difference.interval.low + 1e-12
                assert found.interval.high >= difference.interval.high - 1e-12
                assert found.p_value >= difference.p_value - 1e-12
                p_values.append(difference.p_value)
        if len(p_values) == 1:
            assert found.p_value == p_values[0]
            assert "settled" not in found.test
        assert found.estimate in found.interval

    def test_customers_not_settled_can_hide_a_difference(self):
        shops = ["east"] * 40 + ["north"] * 40
        codes = [7] * 30 + [0] * 10 + [7] * 10 + [0] * 30
        sure = cross_table(shops, bonds(codes)).difference("east", "north", Bond.LOVE)
        assert sure.verdict() == "above"
        few = cross_table(shops, bonds([-1, *codes[1:]])).difference("east", "north", Bond.LOVE)
        assert few.verdict() == "above"
        assert sure.p_value < few.p_value < 0.001
        assert few.test == "two-proportion z-test, pooled; customers not settled count against it"
        below = cross_table(shops, bonds([-1, *codes[1:]])).difference("north", "east", Bond.LOVE)
        assert below.p_value == pytest.approx(few.p_value)
        assert below.estimate == -few.estimate
        many = [-1 if k % 2 else code for k, code in enumerate(codes)]
        hidden = cross_table(shops, bonds(many)).difference("east", "north", Bond.LOVE)
        assert (hidden.verdict(), hidden.p_value) == ("unclear", 1.0)

    def test_is_nan_exactly_when_nobody_is_known_to_be_in_a_row(self):
        table = cross_table(bonds([7, -1]), ["east", "north"])
        found = table.difference(Bond.LOVE, Bond.LIKE, "east")
        assert math.isnan(found.estimate)
        assert math.isnan(found.p_value)
        assert math.isnan(found.interval.low)

    @pytest.mark.parametrize(
        "labels, message",
        [
            (("west", "east", 7), "row must be a label of the table, got row='west'"),
            (("east", "west", 7), "other_row must be a label of the table, got other_row='west'"),
            (("east", "north", 9), "column must be a label of the table, got column=9"),
            (("east", "east", 7), "other_row must be another row than row, got other_row='east'"),
        ],
    )
    def test_says_which_label_is_wrong(self, labels, message):
        with pytest.raises(ValueError, match=message):
            cross_table(["east", "north"], bonds([7, 7])).difference(*labels)


class TestComparisons:
    def test_worked_example(self):
        shops = ["a"] * 100 + ["b"] * 100 + ["c"] * 100
        codes = [7] * 70 + [0] * 30 + [7] * 52 + [0] * 48 + [7] * 60 + [0] * 40
        table = cross_table(shops, bonds(codes))
        found = table.comparisons(Bond.LOVE, confidence=0.94)
        assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
        single = table.difference("a", "b", Bond.LOVE, confidence=0.98)
        assert found["a", "b"].interval == single.interval
        assert found["a", "b"].estimate == single.estimate
        assert found["a", "b"].p_value == pytest.approx(3 * single.p_value)
        assert found["a", "b"].test == "two-proportion z-test, pooled; adjusted by Holm's method"
        second = table.difference("a", "c", Bond.LOVE).p_value
        assert found["a", "c"].p_value == pytest.approx(2 * second)

    @settings(max_examples=30)
    @given(customers())
    def test_are_the_differences_at_the_confidence_of_bonferroni(self, given):
        table = table_of(given)
        if not table.columns:
            return
        known = max(1, math.comb(np.count_nonzero(table.row_totals), 2))
        for pair, found in table.comparisons(table.columns[0]).items():
            alone = table.difference(*pair, table.columns[0], confidence=1 - 0.05 / known)
            assert found.interval == alone.interval
            if math.isnan(alone.p_value):
                assert math.isnan(found.p_value)
            else:
                assert alone.p_value <= found.p_value <= min(1, known * alone.p_value) + 1e-12

    def test_says_what_is_wrong(self):
        table = cross_table(["a"], ["b"])
        assert table.comparisons("b") == {}
        with pytest.raises(ValueError, match="column must be a label of the table, got column='c'"):
            table.comparisons("c")
        with pytest.raises(ValueError, match="confidence must be a fraction between 0 and 1"):
            table.comparisons("b", confidence=1)


class TestIndependence:
    @settings(max_examples=50)
    @given(customers())
    def test_is_of_customers_both_of_whose_labels_are_known(self, given):
        codes, shops, _ = given
        settled = [(c, s) for c, s in zip(codes, shops, strict=True) if c != -1 and s is not None]
        expected = cross_table(bonds([c for c, _ in settled]), [s for _, s in settled])
        assert table_of(given).independence == expected.independence
        assert table_of(given).independence == independence_test(table_of(given).counts)


class TestAddition:
    @settings(max_examples=50)
    @given(customers(), customers())
    def test_equals_the_table_of_all_customers(self, first, second):
        together = [a + b for a, b in zip(first, second, strict=True)]
        assert table_of(first) + table_of(second) == table_of(together)

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(some_shops.map(lambda x: x[:4]), st.booleans()), min_size=1, max_size=3),
        st.randoms(use_true_random=False),
    )
    def test_of_columns_of_labels_equals_the_table_of_all_customers(self, shards, random):
        parts = [shops for shops, _ in shards]
        others = [[random.choice(["a", "b", None]) for _ in shops] for shops in parts]
        total = sum(cross_table(a, b) for a, b in zip(parts, others, strict=True))
        assert total == cross_table([*chain(*parts)], [*chain(*others)])

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(bond_sets, st.sampled_from([*SHOPS, None])), max_size=8),
        st.integers(0, 8),
    )
    def test_keeps_what_is_possible(self, pairs, cut):
        def table(rows):
            return cross_table(opened([a for a, _ in rows]), [b for _, b in rows])

        def turned(rows):
            return cross_table([b for _, b in rows], opened([a for a, _ in rows]))

        assert table(pairs[:cut]) + table(pairs[cut:]) == table(pairs)
        assert turned(pairs[:cut]) + turned(pairs[cut:]) == turned(pairs)

    @settings(max_examples=50)
    @given(customers(), customers(), customers())
    def test_is_associative_and_commutative(self, a, b, c):
        a, b, c = map(table_of, (a, b, c))
        assert (a + b) + c == a + (b + c) == sum([c, b, a])
        assert a + b == b + a

    def test_labels_of_a_classification_must_be_the_same(self):
        table, other = cross_table(bonds([7]), [1]), cross_table(["x"], [1])
        with pytest.raises(TypeError, match="rows must hold Bond labels, got str"):
            table + other
        with pytest.raises(TypeError, match="columns must hold int labels, got str"):
            other + cross_table(["x"], ["1"])

    def test_amounts_are_for_both_or_neither(self):
        with pytest.raises(
            ValueError, match="amounts must be given for both tables or for neither"
        ):
            cross_table([1], [1], amounts=[1]) + cross_table([1], [1])

    @pytest.mark.parametrize("sign", [1, -1])
    def test_amounts_that_leave_int64_are_refused(self, sign):
        big = cross_table([1], [1], amounts=[sign * 2**62])
        with pytest.raises(OverflowError, match="amounts must add up to an int64 in every cell"):
            big + big + big
        with pytest.raises(OverflowError, match="amounts must add up to an int64 in every cell"):
            cross_table([1] * 3, [1] * 3, amounts=[sign * 2**62] * 3)
        mixed = big + cross_table([1], [1], amounts=[-sign * 2**62])
        assert mixed.amounts[0, 0] == 0

    def test_amounts_that_leave_the_range_of_floats_are_refused(self):
        with pytest.raises(OverflowError, match="amounts must add up to a finite number"):
            cross_table([1, 1], [1, 1], amounts=[1e308, 1e308])

    def test_of_integer_and_float_amounts_gives_floats(self):
        table = cross_table([1], [1], amounts=[1]) + cross_table([2], [1], amounts=[0.5])
        assert table.amounts[:, 0].tolist() == [1, 0.5, 0]
        assert table.turnover == 1.5

    def test_other_things_do_not_add(self):
        with pytest.raises(TypeError, match="unsupported operand"):
            cross_table([1], [1]) + 1
        with pytest.raises(TypeError, match="unsupported operand"):
            1.0 + cross_table([1], [1])


class TestText:
    def test_names_what_is_not_known_only_where_there_is_some(self):
        assert (
            repr(cross_table(["a", "b"], [1, 1]))
            == "     1  all\na    1    1\nb    1    1\nall  2    2"
        )
        lines = repr(cross_table(["a", None], [1, None])).splitlines()
        assert lines[0].split() == ["1", "undetermined", "all"]
        assert [line.split() for line in lines[1:]] == [
            ["a", "1", "0", "1"],
            ["undetermined", "0", "1", "1"],
            ["all", "1", "1", "2"],
        ]

    def test_names_it_only_where_it_is(self):
        rows = repr(cross_table(["a", None], [1, 2]))
        assert [line.split() for line in rows.splitlines()] == [
            ["1", "2", "all"],
            ["a", "1", "0", "1"],
            ["undetermined", "0", "1", "1"],
            ["all", "1", "1", "2"],
        ]
        columns = repr(cross_table([1, 2], ["a", None]))
        assert columns.splitlines()[0].split() == ["a", "undetermined", "all"]
        assert len(columns.splitlines()) == 4

    def test_html_is_escaped(self):
        text = cross_table(["<script>", "a&b"], ["x\ny", "\x1b[31m"])._repr_html_()
        assert "<script>" not in text
        assert "&lt;script&gt;" in text
        assert "a&amp;b" in text
        assert "<th>x y</th>" in text
        assert "\x1b" not in text
        assert text.count("<tr>") == 4

    def test_large_tables_are_cut(self):
        lines = repr(cross_table(list(range(50)), list(range(50)))).splitlines()
        assert len(lines) == 32
        assert lines[0].split() == [*map(str, range(12)), "+39"]
        assert lines[-1].split()[:3] == ["+21", "more", "…"]
        assert cross_table(["x" * 100], [1]).__repr__().splitlines()[1].startswith("x" * 23 + "…  ")


class TestDoor:
    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            (([1, 2], [1]), ValueError, "rows and columns must have the same length, got 2, 1"),
            (([1, "a"], [1, 2]), TypeError, "rows must hold labels of one kind, got int and str"),
            (([1], [1.5]), ValueError, "columns must be a label: not a fractional number"),
            (([1], [[1]]), TypeError, r"columns must be one-dimensional, got shape \(1, 1\)"),
            (([1], 1), TypeError, "columns must be one-dimensional"),
        ],
    )
    def test_says_what_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            cross_table(*arguments)

    def test_amounts_are_complete_and_one_each(self):
        with pytest.raises(ValueError, match="rows and amounts must have the same length, got 1"):
            cross_table([1], [1], amounts=[1, 2])
        with pytest.raises(
            ValueError, match="amounts must not be missing, got amounts=None at index 0"
        ):
            cross_table([1], [1], amounts=[None])

    def test_ids_are_no_labels(self):
        many = np.arange(3000)
        rule = "rows and columns must make at most 4,194,304 cells: are ids among the labels?"
        with pytest.raises(ValueError, match=f"{rule[:-1]}.*, got 3,000 and 3,000 labels"):
            cross_table(many, many)
        first = cross_table(many[:1500], many[:1500])
        with pytest.raises(ValueError, match="got 3,000 and 3,000 labels"):
            first + cross_table(many[1500:], many[1500:])

    def test_nobody(self):
        table = cross_table(bonds([]), [])
        assert (table.n, table.counts.shape, isinstance(table, CrossTable)) == (0, (3, 0), True)
        assert table + cross_table(bonds([7]), ["x"]) == cross_table(bonds([7]), ["x"])
