import itertools

import pytest
from reference_data import reference

from loyalkit.kinds import LOYALTY_RULES, Segment


class TestSegment:
    def test_values_are_frozen(self):
        names = ["CORE", "FALSE", "UNDISCOVERED", "SPLIT", "LOW"]
        assert {segment.name: int(segment) for segment in Segment} == {
            name: value for value, name in enumerate(names)
        }


class TestLoyaltyRules:
    def test_all_96_combinations_equal_the_reference(self):
        for row in reference("segments.csv"):
            *values, segment, rule_id = row.values()
            rule = LOYALTY_RULES.rules[LOYALTY_RULES.rows[tuple(map(int, values))]]
            assert (rule.label.name, rule.id) == (segment, rule_id)

    def test_counts_of_combinations_are_those_of_the_design(self):
        labels = LOYALTY_RULES.label_rows.ravel().tolist()
        assert {segment.name: labels.count(segment) for segment in Segment} == {
            "UNDISCOVERED": 29,
            "SPLIT": 28,
            "LOW": 24,
            "CORE": 8,
            "FALSE": 7,
        }

    def test_rows_carry_reason_and_phrase(self):
        assert [rule.id for rule in LOYALTY_RULES.rules] == [f"S{i}" for i in range(1, 12)]
        assert all(rule.why and rule.phrase for rule in LOYALTY_RULES.rules)

    def test_core_and_low_ignore_alternatives_and_reasons(self):
        labels = LOYALTY_RULES.label_rows
        for segment in (Segment.CORE, Segment.LOW):
            belongs = labels == segment
            for axis in (3, 5):
                assert (belongs.any(axis) == belongs.all(axis)).all()

    @pytest.mark.parametrize("axis", [0, 1])
    def test_more_attachment_or_regularity_never_leads_to_low(self, axis):
        low = LOYALTY_RULES.label_rows == Segment.LOW
        levels = range(low.shape[axis])
        for before, after in itertools.combinations(levels, 2):
            assert not (~low.take(before, axis) & low.take(after, axis)).any()

    def test_false_loyalty_has_low_attachment(self):
        assert not (LOYALTY_RULES.label_rows[:, 1:] == Segment.FALSE).any()

    def test_gaining_value_keeps_the_core(self):
        core = LOYALTY_RULES.label_rows == Segment.CORE
        assert not (core.take(0, axis=2) & ~core.take(1, axis=2)).any()

    def test_buying_elsewhere_proves_a_choice(self):
        """Whoever is said to have no alternatives and uses them counts as free to choose."""
        elsewhere = LOYALTY_RULES.rows[:, :, :, :, 0]
        assert (elsewhere[:, :, :, 0] == elsewhere[:, :, :, 1]).all()

    def test_interpretations_are_those_of_the_design(self):
        """S6, S7, and S9 to S11 where the reason is known."""
        interpreted = LOYALTY_RULES.interpreted
        for row in reference("segments.csv"):
            *values, _, rule_id = row.values()
            read = rule_id in ("S6", "S7") or (rule_id in ("S9", "S10", "S11") and values[5] == "1")
            assert interpreted[tuple(map(int, values))] == read
