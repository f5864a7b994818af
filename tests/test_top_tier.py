import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import confidences

from loyalkit.intervals import wilson_interval
from loyalkit.top_tier import TopTierMigration


@st.composite
def migrations(draw):
    stayed, lapsed, down, up = (draw(st.integers(0, 50)) for _ in range(4))
    return TopTierMigration(
        top_before=stayed + lapsed + down,
        top_after=stayed + up,
        stayed=stayed,
        lapsed=lapsed,
        value_share=draw(st.floats(0, 1)),
        value_share_error=draw(st.floats(0.001, 0.5)),
    )


class TestTopTierMigration:
    @given(migrations())
    def test_everybody_of_the_earlier_tier_stays_lapses_or_moves_down(self, tier):
        assert tier.stayed + tier.lapsed + tier.moved_down == tier.top_before
        assert tier.stayed + tier.moved_up == tier.top_after
        assert math.isnan(tier.stay_rate) == (tier.top_before == 0)
        if tier.top_before:
            assert 0 <= tier.stay_rate <= 1

    @given(migrations(), confidences)
    def test_intervals_contain_the_shares_and_stay_in_range(self, tier, confidence):
        stay, value = tier.stay_interval(confidence), tier.value_share_interval(confidence)
        assert stay == wilson_interval(tier.stayed, tier.top_before, confidence=confidence)
        assert 0 <= value.low <= tier.value_share <= value.high <= 1
        assert value.confidence == confidence

    def test_value_interval_is_estimate_and_error(self):
        tier = TopTierMigration(
            top_before=9, top_after=9, stayed=5, lapsed=1, value_share=0.5, value_share_error=0.02
        )
        interval = tier.value_share_interval()
        assert interval.low == pytest.approx(0.5 - 1.959964 * 0.02, abs=1e-7)
        assert interval.high == pytest.approx(0.5 + 1.959964 * 0.02, abs=1e-7)

    def test_survives_pickling_and_hashing_also_where_nothing_is_known(self):
        unknown = [
            TopTierMigration(
                top_before=0,
                top_after=0,
                stayed=0,
                lapsed=0,
                value_share=math.nan,
                value_share_error=math.nan,
            )
            for _ in range(2)
        ]
        assert unknown[0] == unknown[1]
        assert math.isnan(unknown[0].value_share_interval().low)
        assert math.isnan(unknown[0].stay_interval().low)
        assert len({*unknown, pickle.loads(pickle.dumps(unknown[0]))}) == 1
