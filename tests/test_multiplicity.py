import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit._multiplicity import holm

p_values = st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=20)


def known(values):
    return sum(not math.isnan(p) for p in values)


class TestHolm:
    def test_worked_example(self):
        """R: p.adjust(c(.01, .04, .03, .005), "holm")."""
        assert holm([0.01, 0.04, 0.03, 0.005], 4) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    @given(p_values)
    def test_equals_its_definition(self, values):
        found = holm(values, known(values))
        order = sorted(p for p in values if not math.isnan(p))
        for p, adjusted in zip(values, found.tolist(), strict=True):
            if math.isnan(p):
                assert math.isnan(adjusted)
            else:
                raised = [min(1, (len(order) - k) * q) for k, q in enumerate(order) if q <= p]
                assert adjusted == pytest.approx(max(raised))

    @given(p_values, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, values, random):
        places = list(range(len(values)))
        random.shuffle(places)
        shuffled = holm([values[place] for place in places], known(values))
        expected = holm(values, known(values))[places]
        np.testing.assert_array_equal(shuffled, expected)
