import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.attachment import Attachment, attachment_levels
from loyalkit.brand_lovers import BrandLover, potential_brand_lovers
from loyalkit.scales import SCALE_1_5

rows = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, None]),
        st.sampled_from([0, 6, 7, 8, 9, 10, None]),
        st.sampled_from([True, False, None]),
    ),
    min_size=1,
    max_size=10,
)


def decided(level, score, recommends, from_level=2):
    """The rule, for one customer of whom everything is known."""
    if recommends:
        return BrandLover.ADVOCATE
    return BrandLover.POTENTIAL if level >= from_level or score >= 9 else BrandLover.OTHER


class TestPotentialBrandLovers:
    @given(rows, st.sampled_from(Attachment))
    def test_leaves_what_some_completion_leads_to(self, customers, attached_from):
        levels, scores, recommends = zip(*customers, strict=True)
        found = potential_brand_lovers(
            attachment=levels, scores=scores, recommends=recommends, attached_from=attached_from
        )
        for possible, (level, score, did) in zip(found.possible, customers, strict=True):
            completions = itertools.product(
                range(3) if level is None else [level],
                range(11) if score is None else [score],
                [True, False] if did is None else [did],
            )
            left = {decided(*known, attached_from) for known in completions}
            assert {label for label, yes in zip(BrandLover, possible, strict=True) if yes} == left

    @pytest.mark.parametrize("name", ["attachment", "scores", "recommends"])
    def test_what_is_left_out_is_unknown_for_all(self, name):
        known = {"attachment": [2, 0, 1], "scores": [9, 3, 8], "recommends": [False, True, False]}
        unknown = potential_brand_lovers(**known | {name: [None] * 3})
        left_out = potential_brand_lovers(**{key: x for key, x in known.items() if key != name})
        assert left_out.possible.tolist() == unknown.possible.tolist()

    def test_takes_levels_as_they_come(self):
        levels = attachment_levels([10, 3, None], like_from=7, love_from=9)
        found = potential_brand_lovers(attachment=levels, recommends=[0, 0, 1], scores=[1, 1, 1])
        assert found.codes.tolist() == [1, 2, 0]
        alone = potential_brand_lovers(attachment=np.array([2.0, 0, -1]), scores=[1] * 3)
        assert alone.bounds[BrandLover.POTENTIAL] == (0, 2)

    def test_scale_and_missing_codes_are_the_callers(self):
        found = potential_brand_lovers(
            attachment=[0, 0, 0],
            scores=[5, 4, 9],
            recommends=[False] * 3,
            scale=SCALE_1_5,
            missing_codes=(9,),
        )
        assert found.codes.tolist() == [1, 2, -1]

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            ({}, ValueError, "attachment, scores or recommends must be given, got none of them"),
            (
                {"scores": [9, 8], "recommends": [True]},
                ValueError,
                "must have the same length, got 2 scores, 1 recommends",
            ),
            ({"attachment": [3]}, ValueError, "attachment must be a level from 0 to 2, or unknown"),
            ({"attachment": 2}, ValueError, "attachment must be one value for each customer"),
            ({"recommends": [2]}, ValueError, "recommends must be true or false, or unknown"),
            ({"scores": [11]}, ValueError, "scores must lie on the scale 0 to 10, got scores=11"),
            (
                {"scores": [9], "attached_from": 2},
                TypeError,
                "attached_from must be of type Attach",
            ),
            (
                {"attachment": potential_brand_lovers(scores=[9])},
                TypeError,
                "attachment must carry labels of Attachment, got BrandLover",
            ),
        ],
    )
    def test_says_what_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            potential_brand_lovers(**arguments)
