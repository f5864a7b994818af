import math

from loyalkit._paired import paired_difference


class TestPairedDifference:
    def test_is_what_a_panel_of_as_many_shows(self):
        change = paired_difference(15, 5, 100, 0.95)
        assert (change.estimate, round(change.p_value, 4)) == (0.1, 0.0414)
        assert change.interval.low < 0.1 < change.interval.high
        assert paired_difference(5, 15, 100, 0.95).estimate == -0.1

    def test_is_nan_without_anybody(self):
        change = paired_difference(0, 0, 0, 0.95)
        assert math.isnan(change.estimate)
        assert math.isnan(change.p_value)
