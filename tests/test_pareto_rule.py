import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.intervals import Interval
from loyalkit.pareto import Concentration
from loyalkit.pareto_rule import ParetoRule

approx = pytest.approx


def rule(fraction, low, high, band=(0.2, 0.4)):
    return ParetoRule(
        share=0.8,
        band=band,
        fraction=fraction,
        interval=Interval(low, high, 0.95),
        joint_ratio=fraction,
    )


class TestParetoRule:
    @pytest.mark.parametrize(
        "fraction, low, high, reading, certain",
        [
            (0.26, 0.22, 0.30, "typical", True),
            (0.26, 0.19, 0.30, "typical", False),
            (0.39, 0.37, 0.41, "typical", False),
            (0.20, 0.18, 0.22, "typical", False),
            (0.20, 0.20, 0.40, "typical", True),
            (0.40, 0.40, 0.40, "typical", True),
            (0.2 * (1 - 1e-15), 0.1, 0.3, "typical", False),
            (0.4 * (1 + 1e-15), 0.3, 0.5, "typical", False),
            (0.15, 0.11, 0.19, "below", True),
            (0.15, 0.11, 0.20, "below", False),
            (0.45, 0.41, 0.49, "above", True),
            (0.45, 0.40, 0.49, "above", False),
            (0.30, 0.10, 0.50, "typical", False),
            (math.nan, math.nan, math.nan, "unknown", False),
        ],
    )
    def test_reading_and_certainty_are_two_things(self, fraction, low, high, reading, certain):
        assert rule(fraction, low, high).reading == reading
        assert rule(fraction, low, high).certain == certain

    @pytest.mark.parametrize("unit", [1, 0.1, 1 / 3])
    def test_true_80_20_reads_typical_though_it_sits_on_the_edge(self, unit):
        values = np.array([400, 400, *[25] * 8] * 7) * unit
        found = Concentration.from_values(values).rule()
        assert (found.reading, found.certain) == ("typical", False)
        assert found.fraction == approx(0.2, abs=1e-15)
        assert found.joint_ratio == approx(0.2, abs=1e-15)

    @given(st.lists(st.integers(0, 9) | st.integers(0, 10**9), max_size=12), st.floats(0, 1))
    def test_carries_the_figures_of_the_tally(self, values, share):
        tally = Concentration.from_values([*values, 1, 0])
        found = tally.rule(share, confidence=0.9)
        assert found.fraction == tally.fraction_for(share)
        assert found.interval == tally.fraction_for_interval(share, 0.9)
        assert found.joint_ratio == tally.joint_ratio
        assert found.band == (0.2, 0.4)
        assert found.caution == tally.caution

    def test_survives_pickling_and_hashing(self):
        found = Concentration.from_values([5, 3, 1]).rule()
        assert pickle.loads(pickle.dumps(found)) == found
        assert len({found, Concentration.from_values([3, 1, 5]).rule()}) == 1

    @pytest.mark.parametrize(
        "found, sentence",
        [
            (
                rule(0.2611, 0.23, 0.29),
                "26 % of customers make 80 % of the total, within the usual 20 % to 40 %",
            ),
            (
                rule(0.00412, 0.003, 0.005, (0.125, 1)),
                "0.41 % of customers make 80 % of the total, fewer than the usual 12.5 % to 100 %",
            ),
        ],
    )
    def test_reads_as_a_sentence(self, found, sentence):
        assert str(found) == sentence

    @pytest.mark.parametrize(
        "ratio, sentence",
        [
            (0.2, "20 % of customers make 80 % of the total"),
            (0.2577, "26 % of customers make 74 % of the total"),
            (0.5, "50 % of customers make 50 % of the total"),
            (0.00412, "0.41 % of customers make 99.59 % of the total"),
        ],
    )
    def test_headline_says_what_80_20_is_here(self, ratio, sentence):
        assert rule(ratio, 0, 1).headline == sentence
        assert not rule(ratio, 0, 1).caution

    def test_is_certain_only_if_resamples_agree_where_caution_is_called_for(self):
        """Wald's interval alone would lie within the band."""
        values = np.random.default_rng(37).lognormal(3, 1.4, 90)
        tally = Concentration.from_values(values)
        wald = tally.fraction_for_interval(method="wald")
        assert tally.caution
        assert 0.2 < wald.low < wald.high < 0.4
        assert tally.rule().interval.low < 0.2
        assert (tally.rule().reading, tally.rule().certain) == ("typical", False)

    def test_same_data_give_the_same_rule_and_the_seed_decides_the_resamples(self):
        values = np.random.default_rng(8).lognormal(3, 1.7, 50)
        first, again = (Concentration.from_values(values).rule() for _ in range(2))
        assert first == again
        other = Concentration.from_values(values).rule(seed=1)
        assert (other.fraction, other.reading) == (first.fraction, first.reading)
        assert other.interval != first.interval

    def test_sentence_says_if_it_is_not_certain(self):
        sure, unsure = str(rule(0.2, 0.2, 0.22)), str(rule(0.2, 0.18, 0.22))
        assert unsure == sure + "; with these customers that may be chance"

    def test_digits_show_on_which_side_of_the_edge_it_lies(self):
        found = rule(0.40044, 0.4001, 0.4008)
        assert str(found).startswith("40.04 % of customers make 80 % of the total, more than")

    def test_two_equal_customers_settle_nothing(self):
        found = Concentration.from_values([1, 1]).rule()
        assert (found.reading, found.certain) == ("above", False)

    def test_band_must_not_run_downwards(self):
        with pytest.raises(ValueError, match="band must be two fractions, the smaller first"):
            Concentration.from_values([1]).rule(band=(0.4, 0.2))
        with pytest.raises(ValueError, match="band must be .*: 0.2 for 20 %, got band=20"):
            Concentration.from_values([1]).rule(band=(20, 40))
