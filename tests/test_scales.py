import math

import numpy as np
import pytest

from loyalkit.scales import SCALE_0_10, SCALE_1_5, Scale


class TestScale:
    def test_ready_made_scales(self):
        assert Scale(0, 6, 8, 10) == SCALE_0_10
        assert Scale(1, 3, 4, 5) == SCALE_1_5

    def test_takes_whole_numbers_of_any_type(self):
        assert Scale(np.int8(1), 3.0, np.float32(4), 5) == SCALE_1_5
        assert hash(Scale(np.int8(1), 3.0, np.float32(4), 5)) == hash(SCALE_1_5)

    @pytest.mark.parametrize(
        "bounds, error, message",
        [
            ((1, 0, 4, 5), ValueError, "detractor_max must be at least lowest=1, got"),
            ((0, 6, 6, 10), ValueError, "passive_max must exceed detractor_max=6, got"),
            ((0, 6, 8, 8), ValueError, "highest must exceed passive_max=8, got highest=8"),
            ((0, 6.5, 8, 10), ValueError, "detractor_max must be a whole number, got"),
            ((0, 6, 8, math.nan), ValueError, "highest must be a whole number, got highest=nan"),
            ((0, 6, 8, "10"), TypeError, "highest must be a number, got str"),
            ((False, 6, 8, 10), TypeError, "lowest must be a number, got bool"),
        ],
    )
    def test_refuses_bounds_that_leave_a_class_without_answers(self, bounds, error, message):
        with pytest.raises(error, match=message):
            Scale(*bounds)
