import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.programme_budget import BudgetSplit, split_budget
from loyalkit.spending_responses import SaturatingResponse, TabulatedResponse

amounts = st.integers(0, 40)


@st.composite
def tables(draw):
    """Pieces with falling slopes, in whole numbers."""
    slopes = sorted(draw(st.lists(st.integers(0, 8), min_size=1, max_size=4)), reverse=True)
    lengths = draw(st.lists(st.integers(1, 6), min_size=len(slopes), max_size=len(slopes)))
    first = draw(st.integers(0, 5))
    gains = [s * x for s, x in zip(slopes, lengths, strict=True)]
    return TabulatedResponse(spend=np.cumsum([0, *lengths]), customers=np.cumsum([first, *gains]))


saturating = st.builds(SaturatingResponse, most=st.integers(0, 200), half_spend=st.integers(1, 30))
channels = st.lists(st.tuples(tables() | saturating, st.integers(0, 9)), min_size=1, max_size=3)


def split(budget, rows, **more):
    responses = {i: response for i, (response, _) in enumerate(rows)}
    values = {i: value for i, (_, value) in enumerate(rows)}
    return split_budget(budget, responses, values=values, **more)


def total(rows, spend):
    return sum(v * r.customers_for(x) for (r, v), x in zip(rows, spend, strict=True))


class TestSplitBudget:
    def test_worked_example(self):
        # 40 members for 1,000, 20 more for 2,000, at 267 each: 10.68 a euro, then 2.67.
        # Advertising falls to 2.67 after s ln(150 x 300 / (2.67 s)), s = 6000 / ln 2.
        rows = {
            "keep": TabulatedResponse(spend=[0, 1000, 3000], customers=[0, 40, 60]),
            "win": SaturatingResponse(most=300, half_spend=6000),
        }
        found = split_budget(8000, rows, values={"keep": 267, "win": 150})
        scale = 6000 / math.log(2)
        assert found.return_of_last == pytest.approx(2.67)
        assert found.spend["win"] == pytest.approx(scale * math.log(150 * 300 / 2.67 / scale))
        assert math.fsum(found.spend.values()) == pytest.approx(8000)
        assert found.cost_of_last == pytest.approx({"keep": 100, "win": 150 / 2.67})
        assert found.unspent == pytest.approx(0, abs=1e-9)

    @given(st.lists(st.tuples(tables(), st.integers(0, 9)), min_size=1, max_size=3), amounts)
    def test_of_tables_is_the_best_of_all_splits_in_whole_units(self, rows, budget):
        # Slopes change at whole units only, so that some best split is in whole units.
        best = np.zeros(budget + 1)
        for response, value in rows:
            worth = [value * response.customers_for(x) for x in range(budget + 1)]
            best = np.array(
                [max(best[x - y] + worth[y] for y in range(x + 1)) for x in range(budget + 1)]
            )
        found = split(budget, rows, least_return=0)
        assert found.total_value == pytest.approx(best[budget])
        assert math.fsum(found.spend.values()) <= budget + 1e-9

    @given(channels, amounts, st.floats(0, 5), st.randoms(use_true_random=False))
    def test_no_other_split_brings_more(self, rows, budget, least, random):
        found = split(budget, rows, least_return=least)
        spend = list(found.spend.values())
        assert all(x >= 0 for x in spend)
        assert math.fsum(spend) <= budget + 1e-9
        net = total(rows, spend) - least * math.fsum(spend)
        for _ in range(8):
            parts = [random.random() ** 4 + 1e-9 for _ in rows]
            scale = budget * min(1, 1.3 * random.random()) / math.fsum(parts)
            others = [scale * x for x in parts]
            shifted = [0.9 * x + 0.1 * y for x, y in zip(spend, others, strict=True)]
            for other in (others, shifted):
                assert total(rows, other) - least * math.fsum(other) <= net + 1e-7

    @given(channels, amounts, st.floats(0.1, 5))
    def test_last_unit_brings_equally_much_wherever_it_goes(self, rows, budget, least):
        found = split(budget, rows, least_return=least)
        if math.isnan(found.return_of_last):
            assert found.unspent == budget
            return
        assert found.return_of_last >= least * (1 - 1e-12)
        h = 1e-6
        for (response, value), x in zip(rows, found.spend.values(), strict=True):
            here = response.customers_for(x)
            more = value * (response.customers_for(x + h) - here) / h
            assert more <= found.return_of_last * (1 + 1e-4) + 1e-4
            if x > h:
                less = value * (here - response.customers_for(x - h)) / h
                assert less >= found.return_of_last * (1 - 1e-4) - 1e-4

    @given(channels, amounts)
    def test_order_of_the_channels_does_not_matter(self, rows, budget):
        one, other = split(budget, rows), split(budget, rows[::-1])
        assert [*one.spend.values()] == pytest.approx([*other.spend.values()][::-1], abs=1e-9)

    @given(channels, amounts, amounts)
    def test_more_money_brings_more_and_the_last_of_it_less(self, rows, first, second):
        small, large = sorted((first, second))
        less, more = split(small, rows), split(large, rows)
        assert less.total_value <= more.total_value + 1e-9
        assert not less.return_of_last < more.return_of_last * (1 - 1e-9)

    def test_equal_channels_get_equal_parts(self):
        table = TabulatedResponse(spend=[0, 10], customers=[0, 20])
        wide = TabulatedResponse(spend=[0, 30], customers=[0, 60])
        found = split(20, [(table, 1), (wide, 1), (table, 1)])
        assert [*found.spend.values()] == [4, 12, 4]

    def test_a_curve_that_is_not_worth_it_yet_takes_nothing_from_the_others(self):
        better = SaturatingResponse(most=100, half_spend=10)
        worse = SaturatingResponse(most=50, half_spend=10)
        found = split(5, [(better, 1), (worse, 1)])
        assert found.spend == pytest.approx({0: 5, 1: 0})
        assert found.return_of_last == pytest.approx(100 * math.log(2) / 10 / 2**0.5)

    def test_leaves_unspent_what_brings_less_than_it_costs(self):
        table = TabulatedResponse(spend=[0, 10, 20], customers=[0, 20, 25])
        rows = [(table, 1), (SaturatingResponse(most=100, half_spend=10), 1)]
        found = split(10_000, rows)
        assert found.spend[0] == 10
        assert found.return_of_last == pytest.approx(1)
        assert found.spend[1] == pytest.approx(10 / math.log(2) * math.log(100 * math.log(2) / 10))
        assert found.unspent == pytest.approx(10_000 - sum(found.spend.values()))
        everything = split(10_000, rows, least_return=0)
        assert everything.spend[0] == 20
        assert everything.unspent == pytest.approx(0, abs=1e-6)

    def test_nothing_may_be_worth_it(self):
        found = split(50, [(SaturatingResponse(most=1, half_spend=100), 1)])
        assert math.isnan(found.return_of_last)
        assert found.spend == {0: 0.0}
        nobody = split_budget(5, {}, values={})
        assert isinstance(nobody, BudgetSplit)
        assert (nobody.total_value, nobody.unspent) == (0, 5)

    def test_results_compare_hash_and_pickle(self):
        rows = [(TabulatedResponse(spend=[0, 10], customers=[0, 20]), 1)]
        first, second = split(5, rows), split(5, rows)
        assert first == second == pickle.loads(pickle.dumps(first))
        assert hash(first) == hash(second)
        first.spend[0] = 99
        assert first.spend == {0: 5}
        assert split(5, []) == split(5, [])

    def test_of_no_money_is_the_return_of_the_first(self):
        table = TabulatedResponse(spend=[0, 10], customers=[0, 20])
        assert split(0, [(table, 3)]).return_of_last == 6

    def test_of_functions_is_that_of_their_formula(self):
        # v a / (2 sqrt(x)) equal in both: spending goes as (v a)^2, here 1 to 4.
        rows = [
            (TabulatedResponse.from_function(lambda x: 10 * x**0.5, up_to=1000), value)
            for value in (10, 20)
        ]
        found = split(500, rows)
        assert [*found.spend.values()] == pytest.approx([100, 400], abs=1)

    def test_says_what_is_wrong(self):
        table = TabulatedResponse(spend=[0, 10], customers=[0, 20])
        with pytest.raises(ValueError, match=r"^budget must be at least 0, got budget=-1"):
            split(-1, [(table, 1)])
        with pytest.raises(ValueError, match=r"^values must be for the channels of responses"):
            split_budget(1, {"a": table}, values={"b": 1})
        with pytest.raises(
            TypeError, match=r"^responses\['a'\] must be a TabulatedResponse or a S"
        ):
            split_budget(1, {"a": [0, 1]}, values={"a": 1})
        with pytest.raises(ValueError, match=r"^values\['a'\] must be finite"):
            split_budget(1, {"a": table}, values={"a": math.inf})

    def test_a_last_unit_that_reaches_nobody_costs_more_than_any_amount(self):
        rows = {"letters": SaturatingResponse(most=10, half_spend=1)}
        split = split_budget(1e6, rows, values={"letters": 1}, least_return=0)
        assert split.return_of_last == 0
        assert split.cost_of_last == {"letters": math.inf}
