import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_data import raw_columns, reference

from loyalkit.concentration_change import ConcentrationChange
from loyalkit.pareto import Concentration
from loyalkit.transactions import Transactions

approx = pytest.approx
FIGURES = ("top_share", "fraction_for", "joint_ratio", "gini")


@st.composite
def periods(draw):
    """Values by customer in two periods; some customers are in one of them only."""
    ids = st.integers(1, 12)
    values = st.integers(0, 5) | st.integers(0, 1000)
    before, after = (draw(st.dictionaries(ids, values, min_size=2, max_size=9)) for _ in range(2))
    before[min(before)] += 1
    after[max(after)] += 1
    return before, after


def change_of(before, after):
    return ConcentrationChange.from_customers(
        customers_before=list(before),
        values_before=list(before.values()),
        customers_after=list(after),
        values_after=list(after.values()),
    )


def errors(tally):
    """Standard errors of the four figures, from intervals too narrow to be cut off."""
    for name in FIGURES:
        interval = getattr(tally, f"{name}_interval")(confidence=1e-3, method="wald")
        yield interval.width / 2 / 0.0012533145


def error_of(difference):
    return difference.interval.width / 2 / 0.0012533145


class TestDifferences:
    @given(periods())
    def test_are_after_minus_before(self, drawn):
        change = change_of(*drawn)
        before, after = (Concentration.from_values(list(x.values())) for x in drawn)
        assert (change.before, change.after) == (before, after)
        for name in ("top_share", "fraction_for"):
            expected = getattr(after, name)() - getattr(before, name)()
            assert getattr(change, name)().estimate == approx(expected, abs=1e-15)
        assert change.gini().estimate == approx(after.gini - before.gini, abs=1e-15)
        assert change.joint_ratio().estimate == approx(
            after.joint_ratio - before.joint_ratio, abs=1e-15
        )
        assert change.caution

    @given(periods())
    def test_of_different_customers_have_the_sum_of_the_squared_errors(self, drawn):
        """From tallies, and from customers none of whom is in both."""
        first, second = drawn
        apart = change_of(first, {customer + 100: value for customer, value in second.items()})
        tallies = ConcentrationChange.from_tallies(before=apart.before, after=apart.after)
        both = (errors(apart.before), errors(apart.after), FIGURES)
        for before, after, name in zip(*both, strict=True):
            error = math.hypot(before, after)
            for change in (apart, tallies):
                found = getattr(change, name)(confidence=1e-3)
                if error > 1e-9:
                    assert error_of(found) == approx(error, rel=1e-3)

    @given(st.lists(st.integers(0, 9), min_size=2, max_size=20), st.integers(1, 5))
    def test_of_customers_who_all_spend_so_many_times_more_are_surely_none(self, values, times):
        values = [*values, 1, 2]
        change = change_of(dict(enumerate(values)), dict(enumerate(x * times for x in values)))
        for name in FIGURES:
            difference = getattr(change, name)()
            assert difference.estimate == approx(0, abs=1e-12)
            # No variation is left to judge by, but for rounding.
            assert math.isnan(difference.p_value) or difference.interval.width < 1e-9

    @given(periods(), st.randoms())
    def test_row_order_does_not_matter(self, drawn, random):
        before, after = drawn
        shuffled = dict(random.sample(list(after.items()), len(after)))
        first, second = change_of(before, after), change_of(before, shuffled)
        for name in FIGURES:
            assert str(getattr(first, name)()) == str(getattr(second, name)())
        assert str(first.top_tier(ties="stable")) == str(second.top_tier(ties="stable"))

    def test_follow_each_customer(self):
        """Against drawing customers again and again, with what they spend in both periods."""
        generator = np.random.default_rng(12)
        before = np.round(generator.lognormal(3, 1, 800))
        after = np.round(before * generator.lognormal(0, 0.4, 800))
        after[:100] = 0
        ids = np.arange(800)
        change = ConcentrationChange.from_customers(
            customers_before=ids[50:],
            values_before=before[50:],
            customers_after=ids[:750],
            values_after=after[:750],
        )
        drawn = {name: [] for name in FIGURES}
        for _ in range(400):
            rows = generator.integers(0, 800, 800)
            first = Concentration.from_values(before[rows[rows >= 50]])
            second = Concentration.from_values(after[rows[rows < 750]])
            drawn["top_share"].append(second.top_share() - first.top_share())
            drawn["fraction_for"].append(second.fraction_for() - first.fraction_for())
            drawn["joint_ratio"].append(second.joint_ratio - first.joint_ratio)
            drawn["gini"].append(second.gini - first.gini)
        apart = ConcentrationChange.from_tallies(before=change.before, after=change.after)
        for name in FIGURES:
            found = error_of(getattr(change, name)(confidence=1e-3))
            assert found == approx(np.std(drawn[name]), rel=0.15)
            assert found < 0.8 * error_of(getattr(apart, name)(confidence=1e-3))

    def test_are_unknown_without_a_total(self):
        change = change_of({1: 0, 2: 0}, {1: 5, 2: 3})
        for name in FIGURES:
            difference = getattr(change, name)()
            assert math.isnan(difference.estimate)
            assert math.isnan(difference.p_value)
            assert difference.verdict() == "unclear"

    def test_name_their_test(self):
        change = change_of({1: 1, 2: 4}, {1: 5, 2: 3})
        assert change.gini().test == "z-test of influence functions, by customer"
        apart = ConcentrationChange.from_tallies(before=change.before, after=change.after)
        assert apart.gini().test == "z-test of influence functions"
        assert apart.gini(0.9).interval.confidence == 0.9

    def test_refuse_fractions_in_percent(self):
        change = change_of({1: 1}, {1: 5})
        with pytest.raises(ValueError, match="fraction must be .*: 0.2 for 20 %"):
            change.top_share(20)
        with pytest.raises(ValueError, match="share must be .*: 0.8 for 80 %"):
            change.fraction_for(80)
        with pytest.raises(ValueError, match="confidence must be .*: 0.95 for 95 %"):
            change.gini(95)


class TestTopTier:
    def check(self, change, expected, unit):
        tier = change.top_tier(ties="stable")
        assert change.before.buyers.n_customers == expected["n_buyers_before"]
        assert change.after.buyers.n_customers == expected["n_buyers_after"]
        assert (tier.top_before, tier.top_after) == (expected["k_before"], expected["k_after"])
        assert (tier.stayed, tier.lapsed) == (expected["stay_in_top"], expected["lapsed_from_top"])
        assert tier.stay_rate == approx(expected["stay_rate"], abs=1e-15)
        share = expected["share_of_after_value_from_before_top"]
        assert tier.value_share == approx(share, abs=1e-12)
        assert change.before.value_at(tier.top_before) == expected["threshold_before"] / unit
        assert change.top_tier() == tier
        return tier

    def halves(self, log, middle):
        logs = (
            Transactions.from_arrays(
                customers=log["customers"][chosen],
                times=log["times"][chosen],
                amounts=log["amounts"][chosen],
            )
            for chosen in (log["times"] < middle, log["times"] >= middle)
        )
        before, after = ((half.customer_ids, half.totals()) for half in logs)
        return ConcentrationChange.from_customers(
            customers_before=before[0],
            values_before=before[1],
            customers_after=after[0],
            values_after=after[1],
        )

    def test_online_retail(self):
        log = raw_columns("onlineretail_invoices.csv.gz")
        sale = np.array(log["credit"]) == "0"
        columns = {
            "customers": np.array(log["CustomerID"])[sale],
            "times": np.array(log["date"], "M8[D]")[sale],
            "amounts": np.array(log["amount_milli"], np.int64)[sale],
        }
        change = self.halves(columns, np.datetime64("2011-06-01"))
        expected = reference("online_retail.json")
        tier = self.check(change, expected["tier_migration_H1_H2"], 1)
        for tally, name in (
            (change.before, "concentration_H1"),
            (change.after, "concentration_H2"),
        ):
            assert tally.buyers.gini == approx(expected[name]["gini"], abs=1e-12)
            assert tally.buyers.top_share() == approx(expected[name]["top_share"]["20%"], abs=1e-12)
        interval = tier.stay_interval()
        assert (round(interval.low, 3), round(interval.high, 3)) == (0.602, 0.682)

    def test_complete_journey(self):
        log = raw_columns("completejourney_baskets.csv.gz")
        columns = {
            "customers": np.array(log["household_id"]),
            "times": np.array(log["ts"], "M8[s]"),
            "amounts": np.array(log["cents"], np.int64),
        }
        change = self.halves(columns, np.datetime64("2017-07-01", "s"))
        expected = reference("complete_journey.json")["tier_migration_H1_H2"]
        self.check(change, expected, 1)

    @given(periods(), st.integers(1, 99))
    def test_equals_sets_of_customers(self, drawn, percent):
        before, after = drawn
        tier = change_of(before, after).top_tier(percent / 100, ties="stable")
        tops = []
        for values in drawn:
            buyers = sorted((x for x in values if values[x]), key=lambda x: (-values[x], x))
            tops.append(set(buyers[: -(-percent * len(buyers) // 100)]))
        first, second = tops
        assert (tier.top_before, tier.top_after) == (len(first), len(second))
        assert tier.stayed == len(first & second)
        assert tier.lapsed == sum(not after.get(x, 0) for x in first)
        total = sum(after.values())
        assert tier.value_share == approx(sum(after.get(x, 0) for x in first) / total)
        spread = sum(((x in first) - tier.value_share) ** 2 * v**2 for x, v in after.items())
        assert tier.value_share_error == approx(math.sqrt(spread) / total)

    def test_is_unknown_without_a_later_total(self):
        tier = change_of({1: 5, 2: 3}, {1: 0}).top_tier()
        assert (tier.stayed, tier.lapsed, tier.stay_rate) == (0, 1, 0)
        assert math.isnan(tier.value_share)
        assert math.isnan(change_of({1: 0}, {1: 3}).top_tier().stay_rate)
        assert change_of({}, {}).top_tier().top_before == 0

    def test_needs_customers(self):
        tallies = ConcentrationChange.from_tallies(before=Concentration(), after=Concentration())
        with pytest.raises(ValueError, match="must be made by from_customers to follow customers"):
            tallies.top_tier()


class TestFromCustomers:
    @pytest.mark.parametrize(
        "given, message",
        [
            (
                {"customers_before": [1, 2, 1], "values_before": [1, 2, 3]},
                "customers_before must hold every customer once, got customers_before=1",
            ),
            (
                {"customers_after": ["a", "b"], "values_after": [1]},
                "customers_after and values_after must have the same length, got 2, 1",
            ),
            ({"values_after": [-1]}, "values_after must not be negative, got values_after=-1"),
            ({"customers_before": [None]}, "customers_before must not be missing"),
        ],
    )
    def test_says_what_is_wrong(self, given, message):
        columns = {
            "customers_before": [1],
            "values_before": [1],
            "customers_after": [1],
            "values_after": [1],
        }
        with pytest.raises(ValueError, match=message):
            ConcentrationChange.from_customers(**(columns | given))

    def test_ids_of_different_kinds_never_meet(self):
        with pytest.raises(TypeError, match="customers_after must hold int labels, got str"):
            change_of({1: 1}, {"1": 1})

    def test_tallies_must_be_tallies(self):
        with pytest.raises(TypeError, match="after must be of type Concentration"):
            ConcentrationChange.from_tallies(before=Concentration(), after=[1])

    def test_says_what_it_holds(self):
        assert repr(change_of({1: 1}, {2: 3, 4: 0})) == (
            "ConcentrationChange(before=Concentration(n_customers=1, n_zero=0, total=1), "
            "after=Concentration(n_customers=2, n_zero=1, total=3))"
        )
