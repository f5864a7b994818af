import csv
import gzip
import math
import pickle
from collections import defaultdict
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference_data import raw_data, reference

from loyalkit._scalars import simple_fraction, two_fractions
from loyalkit.pareto import Concentration

approx = pytest.approx

# ---------------------------------------------------------------- how customers come about

small = st.integers(0, 5)
cents = st.integers(0, 10**9)
euros = st.floats(0, 1e9, allow_subnormal=False)
customers = st.lists(small, max_size=12) | st.lists(cents, max_size=12)
float_customers = st.lists(euros | small.map(float), max_size=12)


def paying_customers(max_size=12):
    """Customers of whom at least one has a value above 0."""
    values = st.lists(small | cents, min_size=1, max_size=max_size)
    return values.map(lambda drawn: drawn if any(drawn) else [*drawn[1:], 1])


fractions = st.floats(0, 1) | st.integers(0, 100).map(lambda percent: percent / 100)


# ---------------------------------------------------------------- plain twins, in exact fractions


def largest_first(values):
    return sorted(map(Fraction, values), reverse=True)


def exact_top_share(values, fraction):
    size = fraction * len(values)
    whole = math.floor(size)
    ranked = [*largest_first(values), Fraction(0)]
    return (sum(ranked[:whole]) + (size - whole) * ranked[whole]) / sum(ranked)


def exact_customers_for(values, share):
    ranked = largest_first(values)
    return next(k for k in range(len(ranked) + 1) if sum(ranked[:k]) >= share * sum(ranked))


def exact_fraction_for(values, share):
    last, ranked = exact_customers_for(values, share), largest_first(values)
    if last == 0:
        return Fraction(0)
    missing = share * sum(ranked) - sum(ranked[: last - 1])
    return (last - 1 + missing / ranked[last - 1]) / len(ranked)


def exact_gini(values):
    n, total = len(values), sum(map(Fraction, values))
    return sum(abs(a - b) for a in values for b in values) / (2 * n * total)


# ---------------------------------------------------------------- published and computed figures


def check_against(tally, expected, tolerance=1e-12):
    """Compare with a block of figures computed with pandas and exact fractions."""

    def same(value):
        return approx(value, rel=tolerance, abs=tolerance)

    n = tally.n_customers
    assert (n, tally.n_zero) == (expected["n_customers"], expected["n_zero"])
    assert tally.values.size == expected["n_distinct_values"]
    assert tally.total == same(expected["total"])
    assert tally.total / n == same(expected["mean"])
    for percent, share in expected["top_share"].items():
        assert tally.top_share(float(percent[:-1]) / 100) == same(share)
    assert tally.top_share(0.5) == same(expected["heavy_half_share"])
    assert tally.top_share() == same(float(Fraction(expected["top20_exact_fraction"])))
    for whole in (expected["top20_floor"], expected["top20_ceil"]):
        assert tally.top_share(whole["k"] / n) == same(whole["share"])
    for percent in (50, 80, 95):
        few = expected[f"min_fraction_{percent}"]
        assert tally.customers_for(percent / 100) == few["k"]
        assert tally.customers_for(percent / 100) / n == same(few["fraction_count"])
        assert tally.fraction_for(percent / 100) == same(few["fraction_interp"])
    assert tally.top_share(1 / n) == same(expected["cr1"])
    assert tally.top_share(min(1, 10 / n)) == same(expected["cr10"])
    assert tally.gini == same(expected["gini"])
    assert tally.gini_corrected == same(expected["gini_corrected"])
    assert tally.hoover == same(expected["hoover"])
    assert tally.hhi == same(expected["hhi"])
    assert 10_000 * tally.hhi == same(expected["hhi_10000"])
    assert tally.effective_customers == same(expected["effective_n_hhi"])
    # The exponential multiplies the rounding errors of the computation compared with.
    entropy = approx(expected["effective_n_entropy"], rel=10 * tolerance)
    assert tally.effective_customers_by_entropy == entropy
    reading = {"inside": "typical"}.get(expected["band_20_40"], expected["band_20_40"])
    assert tally.rule().reading == reading


def standard_error(interval):
    return interval.width / 2 / NormalDist().inv_cdf((1 + interval.confidence) / 2)


def check_inference(tally, expected):
    """Compare with standard errors computed apart from this library."""
    for interval, name in (
        (tally.gini_interval(method="wald"), "gini_se_davidson"),
        (tally.top_share_interval(method="wald"), "top20_se_influence"),
        (tally.fraction_for_interval(method="wald"), "f80_se_influence"),
    ):
        assert standard_error(interval) == approx(expected[name], rel=1e-9)


def rows(name):
    path = raw_data(name)
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as file:
        yield from csv.DictReader(file)


def in_unit(expected, size):
    """The same figures for amounts in a smaller unit."""
    return expected | {name: expected[name] * size for name in ("total", "mean")}


class TestRealCustomers:
    @pytest.mark.parametrize("expected", reference("worked_examples.json"), ids=lambda e: e["name"])
    def test_worked_examples(self, expected):
        tally = Concentration.from_values(expected["values"])
        check_against(tally, expected)
        assert tally.joint_ratio == approx(float(Fraction(expected["joint_p"])), abs=1e-15)
        assert [1 - tally.joint_ratio, tally.joint_ratio] == approx(expected["joint"], abs=1e-15)
        check_against(Concentration.from_values(np.array(expected["values"], float)), expected)

    def test_online_retail(self):
        expected = reference("online_retail.json")
        column = np.array([int(row["gross_milli"]) for row in rows("onlineretail_customers.csv")])
        gross = Concentration.from_values(column[column > 0])
        check_against(gross, in_unit(expected["concentration_gross_buyers"], 1000))
        check_inference(gross, expected["inference_gross"])
        in_pounds = Concentration.from_values(column[column > 0] / 1000)
        check_against(in_pounds, expected["concentration_gross_buyers"])
        check_inference(in_pounds, expected["inference_gross"])
        assert gross.top_share() == approx(0.7460789308, abs=1e-10)
        assert gross.fraction_for() == approx(0.2611116784, abs=1e-10)
        assert gross.customers_for() == 1133
        assert gross.gini == approx(0.7151396179, abs=1e-10)
        assert round(100 * gross.joint_ratio, 2) == 22.77
        assert gross.rule().certain
        assert str(gross.rule()) == (
            "26 % of customers make 80 % of the total, within the usual 20 % to 40 %"
        )

    def test_online_retail_after_refunds_and_by_orders(self):
        expected = reference("online_retail.json")
        customers = list(rows("onlineretail_customers.csv"))
        net = np.array([int(row["net_milli"]) for row in customers])
        orders = np.array([int(row["orders"]) for row in customers])
        positive = in_unit(expected["concentration_net_positive_only"], 1000)
        check_against(Concentration.from_values(net[net > 0]), positive)
        clipped = in_unit(expected["concentration_net_clip_zero"], 1000)
        check_against(Concentration.from_values(np.maximum(net, 0)), clipped)
        buyers = Concentration.from_values(orders[orders > 0])
        check_against(buyers, expected["concentration_orders"])

    def test_cdnow(self):
        spent = defaultdict(Fraction)
        for row in rows("cdnow_sample.csv"):
            spent[row["master_id"]] += Fraction(row["dollars"])
        in_cents = Concentration.from_values([int(100 * dollars) for dollars in spent.values()])
        expected = reference("cdnow_sample.json")
        check_against(in_cents, in_unit(expected["concentration_spend"], 100))
        check_inference(in_cents, expected["inference_spend"])

    def test_complete_journey(self):
        spent, baskets = defaultdict(int), defaultdict(int)
        for row in rows("completejourney_baskets.csv.gz"):
            spent[row["household_id"]] += int(row["cents"])
            baskets[row["household_id"]] += 1
        expected = reference("complete_journey.json")
        in_cents = Concentration.from_values(list(spent.values()))
        check_against(in_cents, in_unit(expected["concentration_spend"], 100))
        check_inference(in_cents, expected["inference_spend"])
        visits = Concentration.from_values(list(baskets.values()))
        check_against(visits, expected["concentration_baskets"])

    def test_donations(self):
        table = [(int(r["frequency"]), int(r["weights"])) for r in rows("donations_1995_rf.csv")]
        expected = reference("donations.json")
        gifts, donors = zip(*table, strict=True)
        tally = Concentration.from_counts(gifts, donors)
        check_against(tally, expected["concentration_repeat_gifts_all"])
        histogram = {int(k): v for k, v in expected["weighted_histogram"].items()}
        assert dict(zip(tally.values.tolist(), tally.counts.tolist(), strict=True)) == histogram
        giving = [(gift, count) for gift, count in table if gift > 0]
        check_against(
            Concentration.from_counts(*zip(*giving, strict=True)),
            expected["concentration_repeat_gifts_donors"],
        )
        # Bootstrap and formula agree on tied integers too.
        assert standard_error(tally.top_share_interval()) == approx(0.00382, abs=1e-5)
        assert standard_error(tally.fraction_for_interval()) == approx(0.00288, abs=1e-5)
        assert standard_error(tally.gini_interval()) == approx(0.00330, abs=1e-5)


class TestClosedForms:
    """Customers whose curve S(p) is that of a distribution at every 1/n exactly."""

    n = 200_000

    def customers(self, curve):
        return Concentration.from_values(np.diff(curve(np.arange(self.n + 1) / self.n)))

    def test_pareto_law(self):
        form = reference("closed_forms.json")
        tally = self.customers(lambda p: p ** (1 - 1 / form["pareto_alpha_80_20"]))
        assert tally.top_share(0.2) == approx(0.8, abs=1e-12)
        assert tally.fraction_for(0.8) == approx(0.2, abs=1e-12)
        assert tally.joint_ratio == approx(0.2, abs=1e-12)
        assert tally.top_share(0.01) == approx(form["pareto_top1_share_at_80_20"], abs=1e-12)
        assert tally.gini == approx(form["gini_pareto_80_20"], abs=1e-5)

    def test_exponential(self):
        form = reference("closed_forms.json")
        tally = self.customers(lambda p: p - p * np.log(np.where(p > 0, p, 1)))
        assert tally.top_share() == approx(form["exponential_top20"], abs=1e-12)
        assert tally.fraction_for() == approx(form["exponential_f80"], abs=1e-9)
        assert tally.gini == approx(form["exponential_gini"], abs=1e-9)

    def test_uniform(self):
        form = reference("closed_forms.json")
        tally = self.customers(lambda p: p * (2 - p))
        assert tally.top_share() == approx(form["uniform01_top20"], abs=1e-12)
        assert tally.fraction_for() == approx(form["uniform01_f80"], abs=1e-9)
        assert tally.gini == approx(form["uniform01_gini"], abs=1e-9)

    @pytest.mark.parametrize(
        "sigma, name", [(1.0, "lognormal1"), (1.6832424671458286, "lognormal_80_20")]
    )
    def test_lognormal(self, sigma, name):
        form, normal = reference("closed_forms.json"), NormalDist()
        middle = [normal.cdf(normal.inv_cdf(i / 5000) + sigma) for i in range(1, 5000)]
        tally = Concentration.from_values(np.diff([0, *middle, 1]))
        if name == "lognormal1":
            assert tally.top_share() == approx(form["lognormal1_top20"], abs=1e-12)
            assert tally.fraction_for() == approx(form["lognormal1_f80"], abs=1e-6)
            assert tally.gini == approx(form["lognormal1_gini"], abs=1e-5)
        else:
            assert tally.top_share() == approx(0.8, abs=1e-12)
            assert tally.gini == approx(form["gini_lognormal_80_20"], abs=1e-5)

    @pytest.mark.parametrize("mean", ["0.1", "0.5", "1", "2", "5", "10", "50"])
    def test_poisson_purchases(self, mean):
        m, k = float(mean), np.arange(200)
        log_probability = k * math.log(m) - m - np.array([math.lgamma(x + 1) for x in k])
        tally = Concentration.from_counts(k, np.round(np.exp(log_probability) * 1e15))
        expected = reference("closed_forms.json")[f"poisson_top20_m{mean}"]
        assert tally.top_share() == approx(expected, abs=1e-10)

    def test_zero_truncated_poisson_purchases(self):
        form, k = reference("closed_forms.json"), np.arange(1, 100)
        m = form["cdnow_ztp_lambda"]
        log_probability = k * math.log(m) - m - np.array([math.lgamma(x + 1) for x in k])
        tally = Concentration.from_counts(k, np.round(np.exp(log_probability) * 1e15))
        assert tally.top_share() == approx(form["cdnow_ztp_top20_baseline"], abs=1e-10)


# ---------------------------------------------------------------- the tally


class TestConcentration:
    @given(customers | float_customers, st.randoms())
    def test_row_order_does_not_matter(self, values, random):
        shuffled = random.sample(values, len(values))
        assert Concentration.from_values(values) == Concentration.from_values(shuffled)

    @given(customers | float_customers)
    def test_counts_are_those_of_the_values(self, values):
        tally = Concentration.from_values(values)
        distinct = sorted(set(values))
        assert tally.values.tolist() == distinct
        assert tally.counts.tolist() == [values.count(value) for value in distinct]
        assert tally.n_customers == len(values)
        assert tally.n_zero == values.count(0)

    @given(customers)
    def test_total_of_integers_is_an_exact_int(self, values):
        total = Concentration.from_values(values).total
        assert (type(total), total) == (int, sum(values))

    def test_totals_beyond_64_bits_stay_exact(self):
        values = [2**63 - 1, 2**63 - 3, 2**62 + 1, 7]
        tally = Concentration.from_values(values * 3)
        assert tally.total == 3 * sum(values)
        assert [tally.customers_for(1 / 3), tally.customers_for(0.4)] == [3, 4]
        assert tally.top_share(0.25) == approx(3 * (2**63 - 1) / tally.total, abs=1e-16)
        assert tally.fraction_for(1) == 1
        assert tally.gini == approx(float(exact_gini(values)), abs=1e-15)
        assert tally.lorenz()[1][-1] == 1
        assert tally.gini_interval().low < tally.gini

    @given(customers | float_customers)
    def test_table_of_counts_equals_rows(self, values):
        rows = Concentration.from_values(values)
        repeated = [*values, *values]
        once = np.ones(len(repeated), int)
        once[: len(values)] = 0
        assert Concentration.from_counts(repeated, once) == rows
        assert Concentration.from_counts(rows.values[::-1], rows.counts[::-1]) == rows

    @given(customers | float_customers, customers | float_customers)
    def test_sum_is_the_tally_of_all_customers_bit_for_bit(self, north, south):
        both = Concentration.from_values(north) + Concentration.from_values(south)
        mixed = [*map(float, north), *map(float, south)]
        kinds = {type(value) for value in [*north, *south]}
        whole = Concentration.from_values([*north, *south] if kinds <= {int} else mixed)
        assert both == whole
        assert str([both.gini, both.top_share(), both.fraction_for(), both.hhi]) == str(
            [whole.gini, whole.top_share(), whole.fraction_for(), whole.hhi]
        )

    @given(customers | float_customers, customers | float_customers, customers | float_customers)
    def test_addition_is_associative_and_commutative(self, a, b, c):
        a, b, c = map(Concentration.from_values, (a, b, c))
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a

    @given(customers | float_customers)
    def test_empty_tally_is_the_identity_of_addition(self, values):
        tally = Concentration.from_values(values)
        assert tally + Concentration() == tally == Concentration() + tally
        assert sum([tally, Concentration()]) == tally

    def test_tally_without_customers_is_empty_whatever_it_was_made_of(self):
        assert Concentration.from_values(np.empty(0)) == Concentration()
        assert Concentration.from_counts([2.5], [0]) == Concentration()

    def test_integers_and_floats_add_to_floats(self):
        tally = Concentration.from_values([2**53 + 1, 2**53]) + Concentration.from_values([0.5])
        assert tally.values.tolist() == [0.5, 2.0**53]
        assert tally.counts.tolist() == [1, 2]

    def test_adds_to_nothing_else(self):
        with pytest.raises(TypeError):
            Concentration() + 1
        with pytest.raises(TypeError):
            sum([Concentration()], 1)

    @given(customers | float_customers)
    def test_survives_pickling_and_hashing(self, values):
        tally = Concentration.from_values(values)
        assert tally.total >= 0
        copy = pickle.loads(pickle.dumps(tally))
        assert copy == tally
        assert len({copy, tally, Concentration.from_values(values[::-1])}) == 1
        assert not copy.values.flags.writeable
        assert not copy.counts.flags.writeable

    def test_integers_and_floats_are_not_the_same_tally(self):
        assert Concentration.from_values([0, 0]) != Concentration.from_values([0.0, 0.0])
        assert Concentration.from_values([1, 2]) != Concentration.from_values([1, 3])
        assert Concentration.from_values([1, 2]) != Concentration.from_values([1, 2, 2])

    def test_negative_zero_is_zero(self):
        assert Concentration.from_values([-0.0, 1.0]) == Concentration.from_values([0.0, 1.0])
        assert Concentration.from_counts([-0.0], [3]) == Concentration.from_values([0.0] * 3)

    def test_input_is_not_changed_and_arrays_are_read_only(self):
        values = np.array([3.0, -0.0, 2.0])
        tally = Concentration.from_values(values)
        assert str(values.tolist()) == "[3.0, -0.0, 2.0]"
        assert values.flags.writeable
        for array in (tally.values, tally.counts, *tally.lorenz()):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1

    def test_says_what_it_holds(self):
        assert repr(Concentration.from_values([5, 0, 5])) == (
            "Concentration(n_customers=3, n_zero=1, total=10)"
        )

    @pytest.mark.parametrize(
        "values, message",
        [
            (
                [1, -5, -6],
                "values must not be negative: whale_curve takes .*, got values=-5 at index 1",
            ),
            ([1.0, np.nan], "values must not be missing, got values=nan at index 1"),
            ([1.0, np.inf], "values must be finite, got values=inf at index 1"),
            ([1e308, 1e308], "values must add up to a finite total"),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        with pytest.raises(ValueError, match=message):
            Concentration.from_values(values)
        with pytest.raises(ValueError, match=message):
            Concentration.from_counts(values, [1] * len(values))

    def test_refuses_what_is_no_number(self):
        for values in (["a"], [True], [[1, 2], [3, 4]], [1j]):
            with pytest.raises(TypeError, match="values must"):
                Concentration.from_values(values)

    @pytest.mark.parametrize(
        "counts, message",
        [
            ([1], "values and counts must have the same length, got 2, 1"),
            ([1, -1], "counts must be a whole number of at least 0, got counts=-1 at index 1"),
            ([1, 0.5], "counts must be a whole number of at least 0, got counts=0.5 at index 1"),
            ([2**62, 2**62], "counts must add up to less than"),
        ],
    )
    def test_says_which_count_is_wrong(self, counts, message):
        with pytest.raises(ValueError, match=message):
            Concentration.from_counts([1, 2], counts)


class TestWindow:
    @given(customers, st.text(max_size=3))
    def test_is_carried_along(self, values, window):
        tally = Concentration.from_values(values, window=window)
        assert tally.window == tally.buyers.window == tally.rule().window == window
        assert tally == Concentration.from_counts(tally.values, tally.counts, window=window)
        assert pickle.loads(pickle.dumps(tally)).window == window
        assert sum([tally, tally]).window == window
        assert sum([Concentration(), tally, Concentration()]) == tally

    def test_is_part_of_the_value(self):
        first, second = (Concentration.from_values([1], window=x) for x in ("2011H1", "2011H2"))
        assert first != second
        assert first == Concentration.from_values([1], window="2011H1")
        assert hash(first) == hash(Concentration.from_values([1], window="2011H1"))

    @pytest.mark.parametrize("other", ["2011H2", ""])
    def test_customers_of_different_times_do_not_add_up(self, other):
        first = Concentration.from_values([1, 2], window="2011H1")
        second = Concentration.from_values([3], window=other)
        for a, b in ((first, second), (second, first)):
            with pytest.raises(ValueError, match="windows must be the same: .* got window='"):
                a + b

    def test_is_shown_where_there_is_one(self):
        tally = Concentration.from_values([5], window="2011H1")
        assert repr(tally).endswith("total=5, window='2011H1')")
        assert str(tally.rule()).startswith("2011H1: ")

    def test_must_be_text(self):
        with pytest.raises(TypeError, match="window must be text, got int"):
            Concentration.from_values([1], window=2011)


class TestBuyers:
    @given(customers | float_customers)
    @example([0.0])
    def test_are_those_with_a_value_above_zero(self, values):
        buyers = Concentration.from_values([value for value in values if value])
        assert Concentration.from_values(values).buyers == buyers
        assert buyers.buyers == buyers

    @given(paying_customers(), st.integers(0, 20), st.fractions(0, 1, max_denominator=20))
    def test_give_the_measures_of_all_by_exact_conversions(self, values, more, p):
        every = Concentration.from_values([*values, *[0] * more])
        buyers, n = every.buyers, every.n_customers
        f = Fraction(buyers.n_customers, n)
        paying = [value for value in values if value]
        assert every.gini == approx(float(1 - f * (1 - exact_gini(paying))), abs=1e-13)
        assert every.top_share(float(p)) == approx(
            float(exact_top_share(paying, min(Fraction(1), p / f))), abs=1e-13
        )
        assert every.fraction_for() == approx(float(f) * buyers.fraction_for(), abs=1e-13)
        assert every.hhi == approx(buyers.hhi, abs=1e-15)
        assert every.largest_share == buyers.largest_share


class TestWithoutATotal:
    """Empty tallies and all-zero totals are legal; nobody can know their measures."""

    @pytest.mark.parametrize("values", [[], [0], [0, 0, 0], [0.0]])
    def test_measures_are_nan(self, values):
        tally = Concentration.from_values(values)
        rule = tally.rule()
        for measure in (
            tally.gini,
            tally.gini_corrected,
            tally.hoover,
            tally.hhi,
            tally.effective_customers,
            tally.effective_customers_by_entropy,
            tally.joint_ratio,
            tally.largest_share,
            tally.concentration_curve()[1][-1],
            tally.joint_ratio_interval().low,
            tally.top_share(),
            tally.fraction_for(),
            tally.top_share_interval().low,
            tally.fraction_for_interval().high,
            tally.gini_interval().low,
            tally.lorenz()[1][-1],
            rule.fraction,
        ):
            assert math.isnan(measure)
        assert (tally.n_customers, tally.n_zero, tally.total) == (len(values), len(values), 0)
        assert (rule.reading, rule.certain) == ("unknown", False)
        assert tally.caution
        assert rule.headline == "There is no total to share"
        assert rule == Concentration.from_values(values).rule()
        assert str(rule) == "There is no total of which customers could make 80 %"

    @pytest.mark.parametrize("values", [[], [0, 0]])
    def test_number_of_customers_is_refused_since_an_int_cannot_be_nan(self, values):
        with pytest.raises(ValueError, match="total must be positive .*, got total=0"):
            Concentration.from_values(values).customers_for(0)

    @given(paying_customers())
    def test_measures_are_known_otherwise(self, values):
        tally = Concentration.from_values(values)
        measures = [tally.gini, tally.hoover, tally.hhi, tally.joint_ratio, tally.top_share(0)]
        assert not np.isnan(measures).any()
        assert math.isnan(tally.gini_corrected) == (len(values) == 1)
        assert math.isnan(tally.gini_interval().low) == (len(values) == 1)


# ---------------------------------------------------------------- measures


class TestTopShare:
    @given(paying_customers(), st.fractions(0, 1, max_denominator=100))
    def test_equals_exact_arithmetic(self, values, fraction):
        expected = float(exact_top_share(values, fraction))
        assert Concentration.from_values(values).top_share(float(fraction)) == expected
        as_floats = Concentration.from_values(list(map(float, values)))
        assert as_floats.top_share(float(fraction)) == approx(expected, rel=1e-13)

    @given(paying_customers(), fractions, fractions, fractions)
    def test_rises_ever_more_slowly_from_0_to_1(self, values, a, b, c):
        tally = Concentration.from_values(values)
        low, middle, high = sorted((a, b, c))
        shares = [tally.top_share(x) for x in (low, middle, high)]
        assert shares == sorted(shares)
        assert (shares[1] - shares[0]) * (high - middle) >= (
            (shares[2] - shares[1]) * (middle - low) - 1e-12
        )
        assert (tally.top_share(0), tally.top_share(1)) == (0, 1)

    @given(paying_customers(), fractions)
    def test_is_at_least_the_fraction_itself(self, values, fraction):
        assert fraction - 1e-15 <= Concentration.from_values(values).top_share(fraction) <= 1

    @given(paying_customers(), st.integers(0, 100))
    def test_and_the_rest_make_the_whole(self, values, percent):
        tally = Concentration.from_values(values)
        population, value = tally.lorenz()
        rest = np.interp(1 - percent / 100, population, value)
        assert tally.top_share(percent / 100) + rest == approx(1, abs=1e-12)

    def test_20_is_not_20_percent(self):
        with pytest.raises(ValueError, match="fraction must be .*: 0.2 for 20 %, got fraction=20"):
            Concentration.from_values([1]).top_share(20)


class TestFractionFor:
    @given(paying_customers(), st.fractions(0, 1, max_denominator=100))
    def test_equals_exact_arithmetic(self, values, share):
        expected = float(exact_fraction_for(values, share))
        assert Concentration.from_values(values).fraction_for(float(share)) == expected

    @given(paying_customers(), fractions)
    def test_is_the_inverse_of_the_top_share(self, values, share):
        tally = Concentration.from_values(values)
        assert tally.top_share(tally.fraction_for(share)) == approx(share, abs=1e-12)
        # The last customers hold so little that a rounding error is a part of them.
        steepest = tally.total / len(values) / min(value for value in values if value)
        assert tally.fraction_for(tally.top_share(share)) <= share + 1e-15 * (1 + steepest)

    @given(paying_customers(), fractions, fractions)
    def test_never_exceeds_the_share_and_rises_with_it(self, values, a, b):
        tally = Concentration.from_values(values)
        less, more = (tally.fraction_for(share) for share in sorted((a, b)))
        # A share means the simple fraction next to it, which may be one bit away.
        assert 0 <= less <= min(a, b) * (1 + 1e-15)
        assert less <= more <= max(a, b) * (1 + 1e-15)

    @given(paying_customers() | st.just([1e17, 1.0, 0.0]))
    def test_everything_takes_all_who_pay(self, values):
        tally = Concentration.from_values(values)
        paying = sum(value > 0 for value in values)
        assert tally.fraction_for(1) == paying / len(values)
        assert tally.customers_for(1) == paying

    @given(paying_customers())
    def test_equal_customers_in_floats_take_exactly_the_share(self, values):
        value = values[0] / 7 + 0.1
        assert Concentration.from_values([value] * 10).fraction_for(0.8) == approx(0.8, abs=1e-15)


class TestCustomersFor:
    @given(paying_customers(), st.fractions(0, 1, max_denominator=100))
    def test_equals_exact_arithmetic(self, values, share):
        expected = exact_customers_for(values, share)
        assert Concentration.from_values(values).customers_for(float(share)) == expected
        as_floats = Concentration.from_values([value / 8 for value in values])
        assert as_floats.customers_for(float(share)) == expected

    @pytest.mark.parametrize("value", [1, 0.1])
    def test_no_boundary_between_equal_customers_is_missed(self, value):
        """80 of 100 equal customers make 0.8, although the float is more than 4/5."""
        for n in [*range(1, 121), 1000]:
            tally = Concentration.from_counts([value], [n])
            found = [tally.customers_for(percent / 100) for percent in range(101)]
            assert found == [-(-n * percent // 100) for percent in range(101)]

    @pytest.mark.parametrize("cent", [1, 0.01])
    def test_no_boundary_in_cents_is_missed(self, cent):
        """The k largest of n make 80 % to the cent, for all k and n up to 100."""
        for n in range(2, 101):
            for k in range(1, n):
                large, small = 4 * (n - k), k
                if large >= small:
                    values = [large * cent, small * cent]
                    tally = Concentration.from_counts(values, [k, n - k])
                    assert tally.customers_for(0.8) == k

    @pytest.mark.parametrize("value", [1, 0.1])
    def test_shares_that_come_out_of_a_calculation_mean_what_they_should(self, value):
        for n in (7, 30, 100, 365, 999):
            tally = Concentration.from_counts([value], [n])
            for k in range(0, n + 1, 1 + n // 50):
                assert tally.customers_for(k / n) == k
                assert tally.customers_for(1 - k / n) == n - k
                assert tally.customers_for(min(1.0, k * (1 / n))) == k

    def test_one_cent_short_of_a_large_sum_is_short(self):
        """Integers are compared exactly, however close they come."""
        assert Concentration.from_values([8 * 10**16, 2 * 10**16]).customers_for(0.8) == 1
        assert Concentration.from_values([8 * 10**16 - 1, 2 * 10**16 + 1]).customers_for(0.8) == 2

    def test_a_part_in_a_billion_short_of_a_sum_of_floats_is_short(self):
        assert Concentration.from_values([8.0 - 1e-9, 2.0 + 1e-9]).customers_for(0.8) == 2
        assert Concentration.from_values([8.0 - 1e-14, 2.0 + 1e-14]).customers_for(0.8) == 1

    def test_shares_near_the_whole_are_not_taken_for_it(self):
        tally = Concentration.from_values([10**12, 1, 1])
        shares = (1 - 1e-11, 1 - 1.5e-12, 1 - 1e-13, 1)
        assert [tally.customers_for(share) for share in shares] == [1, 2, 3, 3]

    def test_number_of_customers_is_an_int(self):
        assert type(Concentration.from_values([1.5, 2]).customers_for(0.5)) is int
        assert type(Concentration.from_values([1, 2]).customers_for(0)) is int


class TestSimpleFraction:
    @given(st.fractions(0, 1, max_denominator=10**6))
    def test_finds_the_fraction_that_a_float_stands_for(self, fraction):
        assert simple_fraction("share", float(fraction)) == fraction

    @given(st.floats(0, 1))
    @example(1e-20)
    @example(1 - 1e-10)
    def test_moves_no_float_by_more_than_a_rounding_error(self, value):
        fraction = simple_fraction("share", value)
        assert abs(fraction - Fraction(value)) < 2**-51
        assert (fraction > 0) == (value > 0)

    def test_pair_must_be_two_in_order(self):
        assert two_fractions("cuts", np.array([0.2, 0.5])) == (Fraction(1, 5), Fraction(1, 2))
        assert two_fractions("cuts", (0.5, 0.5)) == (Fraction(1, 2), Fraction(1, 2))
        with pytest.raises(ValueError, match="cuts must be two fractions, the smaller first"):
            two_fractions("cuts", (0.5, 0.2))
        for wrong in (0.2, (0.2,), (0.1, 0.2, 0.3)):
            with pytest.raises(TypeError, match="cuts must be two fractions, the smaller first"):
                two_fractions("cuts", wrong)


class TestValueAt:
    @given(paying_customers())
    def test_is_the_value_of_the_customer_with_that_rank(self, values):
        tally = Concentration.from_values(values)
        ranked = sorted(values, reverse=True)
        assert [tally.value_at(rank) for rank in range(1, len(values) + 1)] == ranked

    def test_refuses_ranks_that_nobody_has(self):
        tally = Concentration.from_values([5, 3])
        for rank in (0, 3):
            with pytest.raises(ValueError, match=f"from 1 to .* 2, got rank={rank}"):
                tally.value_at(rank)


class TestLorenz:
    @given(paying_customers())
    def test_starts_at_nobody_and_ends_with_everybody(self, values):
        population, value = Concentration.from_values(values).lorenz()
        assert (population[0], value[0], population[-1], value[-1]) == (0, 0, 1, 1)
        assert (np.diff(population) > 0).all()
        assert (np.diff(value) >= 0).all()

    @given(paying_customers())
    def test_gini_is_twice_the_area_above_it(self, values):
        tally = Concentration.from_values(values)
        population, value = tally.lorenz()
        area = np.trapezoid(value, population)
        assert tally.gini == approx(1 - 2 * area, abs=1e-12)

    def test_has_no_height_without_a_total(self):
        population, value = Concentration.from_values([0, 0]).lorenz()
        assert population.tolist() == [0, 1]
        assert np.isnan(value).tolist() == [True, True]
        assert np.isnan(Concentration().lorenz()).tolist() == [[True], [True]]


class TestConcentrationCurve:
    @given(paying_customers())
    def test_is_the_lorenz_curve_from_the_other_end(self, values):
        tally = Concentration.from_values(values)
        (fractions, shares), (population, value) = tally.concentration_curve(), tally.lorenz()
        assert fractions == approx(1 - population[::-1], abs=1e-15)
        assert shares == approx(1 - value[::-1], abs=1e-13)
        assert (fractions[0], shares[0], fractions[-1], shares[-1]) == (0, 0, 1, 1)

    @given(paying_customers(), fractions)
    def test_is_the_top_share_at_every_fraction(self, values, fraction):
        tally = Concentration.from_values(values)
        expected = np.interp(fraction, *tally.concentration_curve())
        assert tally.top_share(fraction) == approx(expected, abs=1e-12)


class TestIndices:
    @given(paying_customers())
    def test_gini_is_the_mean_difference_of_all_pairs(self, values):
        tally = Concentration.from_values(values)
        assert tally.gini == approx(float(exact_gini(values)), abs=1e-13)
        if len(values) > 1:
            n = len(values)
            assert tally.gini_corrected == approx(float(exact_gini(values) * n / (n - 1)))

    @given(paying_customers())
    def test_lie_within_their_bounds(self, values):
        tally, n = Concentration.from_values(values), len(values)
        assert 0 <= tally.gini <= 1 - 1 / n + 1e-15
        assert 1 / n - 1e-15 <= tally.hhi <= 1 + 1e-15
        assert 1 - 1e-12 <= tally.effective_customers <= n + 1e-12
        assert tally.effective_customers - 1e-9 <= tally.effective_customers_by_entropy
        assert tally.effective_customers_by_entropy <= n + 1e-9
        assert 0 < tally.joint_ratio <= 0.5

    @given(paying_customers(), fractions)
    def test_hoover_is_the_largest_distance_from_equality(self, values, fraction):
        tally = Concentration.from_values(values)
        mean = Fraction(sum(values), len(values))
        moved = sum(abs(value - mean) for value in values) / (2 * sum(values))
        assert tally.hoover == approx(float(moved), abs=1e-13)
        assert tally.top_share(fraction) - fraction <= tally.hoover + 1e-12
        assert 1 - 2 * tally.joint_ratio <= tally.hoover + 1e-12
        assert tally.hoover <= tally.gini + 1e-12

    @given(paying_customers() | float_customers.map(lambda drawn: [*drawn, 0.5]))
    def test_largest_share_is_that_of_the_first_customer(self, values):
        tally = Concentration.from_values(values)
        assert tally.largest_share == approx(max(values) / math.fsum(values), rel=1e-15)
        assert tally.largest_share == approx(tally.top_share(1 / len(values)), abs=1e-12)

    @given(paying_customers())
    def test_hhi_follows_from_the_coefficient_of_variation(self, values):
        tally, n = Concentration.from_values(values), len(values)
        variation = np.std(values) / np.mean(values)
        assert tally.hhi == approx((1 + variation**2) / n, rel=1e-9)
        assert tally.effective_customers == 1 / tally.hhi

    @given(paying_customers())
    def test_joint_ratio_is_where_share_and_rest_agree(self, values):
        ratio = Concentration.from_values(values).joint_ratio
        assert exact_top_share(values, Fraction(ratio)) == approx(1 - ratio, abs=1e-12)

    @given(st.integers(1, 50), st.integers(1, 10**6) | st.floats(0.01, 1e6))
    def test_equal_customers_show_no_concentration(self, n, value):
        tally = Concentration.from_values([value] * n)
        assert (tally.gini, tally.joint_ratio) == (0, 0.5)
        assert [tally.hoover, tally.hhi * n] == approx([0, 1], abs=1e-12)
        assert tally.effective_customers_by_entropy == approx(n)


def measures(tally):
    return [tally.gini, tally.hoover, tally.joint_ratio, tally.top_share(), tally.fraction_for()]


class TestWhatMustNotMatter:
    @given(paying_customers(), st.integers(-30, 30))
    def test_unit_of_money_by_powers_of_two_exactly(self, values, power):
        values = np.array(values, float)
        scaled = Concentration.from_values(values * 2.0**power)
        assert measures(scaled) == measures(Concentration.from_values(values))
        assert scaled.hhi == Concentration.from_values(values).hhi

    @given(paying_customers(), st.floats(1e-6, 1e6))
    def test_unit_of_money(self, values, unit):
        values = np.array(values, float)
        tally, scaled = Concentration.from_values(values), Concentration.from_values(values * unit)
        assert measures(scaled) == approx(measures(tally), rel=1e-9, abs=1e-12)
        for interval in ("top_share_interval", "fraction_for_interval", "gini_interval"):
            first, second = (getattr(x, interval)(method="wald") for x in (tally, scaled))
            assert [second.low, second.high] == approx(
                [first.low, first.high], rel=1e-6, abs=1e-6, nan_ok=True
            )

    @given(paying_customers(), st.integers(2, 5))
    def test_twice_as_many_of_the_same_customers(self, values, times):
        tally, more = Concentration.from_values(values), Concentration.from_values(values * times)
        assert measures(more) == approx(measures(tally), abs=1e-12)
        assert more.hhi == approx(tally.hhi / times)

    @given(paying_customers())
    def test_cents_or_floats(self, values):
        whole = Concentration.from_values(values)
        floats = Concentration.from_values(np.array(values) / 100)
        assert measures(floats) == approx(measures(whole), abs=1e-12)

    @given(paying_customers(), st.integers(1, 10))
    def test_customers_who_do_not_buy_change_the_measures_by_formula(self, values, more):
        buyers = Concentration.from_values([value for value in values if value])
        every = buyers + Concentration.from_counts([0], [more])
        f = buyers.n_customers / every.n_customers
        assert every.gini == approx(1 - f * (1 - buyers.gini), abs=1e-12)
        assert every.fraction_for() == approx(f * buyers.fraction_for(), abs=1e-12)
        assert every.top_share() == approx(buyers.top_share(min(1, 0.2 / f)), abs=1e-9)
        assert every.hhi == approx(buyers.hhi, abs=1e-15)
        assert every.effective_customers_by_entropy == approx(buyers.effective_customers_by_entropy)

    @given(paying_customers(max_size=8), st.data())
    def test_gift_from_rich_to_poor_never_raises_concentration(self, values, data):
        before = Concentration.from_values(values)
        rich, poor = max(values), min(values)
        gift = data.draw(st.integers(0, (rich - poor) // 2))
        changed = sorted(values)
        changed[0] += gift
        changed[-1] -= gift
        after = Concentration.from_values(changed)
        for measure in ("gini", "hhi", "hoover"):
            assert getattr(after, measure) <= getattr(before, measure) + 1e-12
        assert after.top_share() <= before.top_share() + 1e-12
        assert after.joint_ratio >= before.joint_ratio - 1e-12
