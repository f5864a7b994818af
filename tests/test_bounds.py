import math

from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit._bounds import Counted
from loyalkit.intervals import newcombe_difference, wilson_interval


@st.composite
def counted(draw):
    fewest, loose, others = (draw(st.integers(0, 30)) for _ in range(3))
    return Counted(fewest, fewest + loose, fewest + loose + others)


class TestCounted:
    @given(counted(), confidences, st.data())
    def test_interval_holds_that_of_every_count_between(self, given, confidence, data):
        wide = given.interval(confidence)
        true = data.draw(st.integers(given.fewest, given.most))
        narrow = wilson_interval(true, given.n, confidence=confidence)
        assert math.isnan(wide.low) == (given.n == 0)
        assert not wide.low > narrow.low
        assert not wide.high < narrow.high

    @given(counted(), counted(), confidences, st.data())
    def test_difference_holds_that_of_all_counts_between(self, first, second, confidence, data):
        wide = first.difference(second, confidence)
        a, b = (data.draw(st.integers(x.fewest, x.most)) for x in (first, second))
        narrow = newcombe_difference(a, first.n, b, second.n, confidence=confidence)
        assert not wide.interval.low > narrow.interval.low + 1e-12
        assert not wide.interval.high < narrow.interval.high - 1e-12
        settled = first.fewest == first.most and second.fewest == second.most
        if settled:
            assert wide == narrow
        else:
            assert math.isnan(wide.estimate)
            assert math.isnan(wide.p_value)

    @given(counted(), counted())
    def test_difference_turns_round_with_its_sides(self, first, second):
        there, back = first.difference(second, 0.9), second.difference(first, 0.9)
        assert math.isnan(there.interval.low) == (first.n == 0 or second.n == 0)
        if not math.isnan(there.interval.low):
            assert abs(there.interval.low + back.interval.high) < 1e-12
