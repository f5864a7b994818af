"""Codes of no answer, wherever they are taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.answer_counts import AnswerCounts
from loyalkit.nps import NpsCounts, net_promoter_score
from loyalkit.scales import SCALE_1_5
from loyalkit.score_groups import nps_by_group

rows = st.lists(st.one_of(st.integers(0, 10), st.sampled_from([11, 99, -1])), max_size=40)
CODES = (11, 99, -1)


class TestMissingCodes:
    @given(rows, st.sampled_from([list, np.array, lambda x: np.array(x, np.float64)]))
    def test_are_as_good_as_no_answer(self, scores, kind):
        plain = [None if score in CODES else score for score in scores]
        given = kind(scores)
        expected = NpsCounts.from_scores(plain, missing="drop")
        assert NpsCounts.from_scores(given, missing_codes=CODES) == expected
        counted = AnswerCounts.from_scores(given, missing_codes=CODES)
        assert counted == AnswerCounts.from_scores(plain, missing="drop")
        answered = [score for score in plain if score is not None]
        np.testing.assert_equal(
            net_promoter_score(given, missing_codes=CODES), net_promoter_score(answered)
        )
        weighted = net_promoter_score(given, weights=[1] * len(scores), missing_codes=CODES)
        assert weighted == pytest.approx(net_promoter_score(answered), nan_ok=True)

    @given(rows)
    def test_are_counted_in_their_group(self, scores):
        groups = [place % 3 for place in range(len(scores))]
        plain = [None if score in CODES else score for score in scores]
        found = nps_by_group(scores, groups, missing_codes=CODES)
        assert dict(found) == dict(nps_by_group(plain, groups, missing="drop"))

    def test_unnamed_they_are_refused(self):
        with pytest.raises(ValueError, match="scale 0 to 10, got scores=11 at index 1"):
            NpsCounts.from_scores([9, 11])
        with pytest.raises(ValueError, match="scale 0 to 10, got scores=99 at index 2"):
            NpsCounts.from_scores([9, 11, 99], missing_codes=(11,))

    def test_naming_them_does_not_let_other_missing_answers_pass(self):
        with pytest.raises(ValueError, match="scores must not be missing"):
            NpsCounts.from_scores([9, 11, None], missing_codes=(11,))
        found = NpsCounts.from_scores([9, 11, None], missing_codes=(11,), missing="drop")
        assert (found.n, found.missing) == (1, 2)

    def test_what_lies_on_one_scale_may_be_a_code_on_another(self):
        found = NpsCounts.from_scores([5, 9, 1], scale=SCALE_1_5, missing_codes=[9])
        assert (found.n, found.missing) == (2, 1)

    @pytest.mark.parametrize(
        "codes, error, message",
        [
            ((11, 7), ValueError, "missing_codes must not lie on the scale 0 to 10, got missing_"),
            (11, TypeError, "missing_codes must be a sequence of whole numbers, got 11"),
            ("11", TypeError, "missing_codes must be a sequence of whole numbers, got '11'"),
            ((11.5,), TypeError, "missing_codes must hold whole numbers, got 11.5"),
            ((None,), TypeError, "missing_codes must hold whole numbers, got None"),
            ((True,), TypeError, "missing_codes must hold whole numbers, got True"),
        ],
    )
    @pytest.mark.parametrize("scores", [[9, 8], np.array([9, 8])])
    def test_says_which_code_is_wrong(self, codes, error, message, scores):
        with pytest.raises(error, match=message):
            NpsCounts.from_scores(scores, missing_codes=codes)
