import itertools
import pickle
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalkit.classification import Classification
from loyalkit.intervals import wilson_interval
from loyalkit.open_classification import OpenClassification


class Bond(IntEnum):
    """Values that are not in order."""

    LOVE = 70
    LIKE = 0
    LOW = 3


choices = st.lists(st.sets(st.sampled_from(Bond), min_size=1), max_size=5)


def opened(sets, labels=Bond):
    possible = [[bond in left for bond in labels] for left in sets]
    return OpenClassification(labels=labels, possible=np.array(possible, bool).reshape(-1, 3))


class TestOpenClassification:
    @given(choices)
    def test_codes_are_those_of_customers_with_one_label_left(self, sets):
        expected = [int(*left) if len(left) == 1 else -1 for left in sets]
        found = opened(sets)
        assert found.codes.tolist() == expected
        assert found.codes.dtype == np.int8
        assert found.counts == Classification(labels=Bond, codes=expected).counts

    @given(choices)
    def test_bounds_and_intervals_are_those_of_every_completion(self, sets):
        found = opened(sets)
        for label in Bond:
            counts = [done.count(label) for done in itertools.product(*sets)]
            assert found.bounds[label] == (min(counts), max(counts))
            if sets:
                interval = found.interval(label)
                assert interval.low == wilson_interval(min(counts), len(sets)).low
                assert interval.high == wilson_interval(max(counts), len(sets)).high

    @given(choices, st.sampled_from(Bond))
    def test_lists_customers_by_position_or_id(self, sets, label):
        found, ids = opened(sets), [f"id {k}" for k in range(len(sets))]
        sure = [k for k, left in enumerate(sets) if left == {label}]
        maybe = [k for k, left in enumerate(sets) if label in left]
        assert found.customers(label).tolist() == sure
        assert found.customers(label, possible=True).tolist() == maybe
        assert found.customers(label, ids=ids).tolist() == [ids[k] for k in sure]
        assert found.customers(label, ids=ids, possible=True).tolist() == [ids[k] for k in maybe]

    @given(choices)
    def test_survives_pickling(self, sets):
        found = opened(sets)
        copy = pickle.loads(pickle.dumps(found))
        assert copy.equals(found)
        assert np.array_equal(copy.possible, found.possible)
        for array in (copy.codes, copy.possible, copy.customers(Bond.LOVE)):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0

    def test_what_was_given_may_change_afterwards(self):
        possible = np.array([[True, False, False]])
        found = OpenClassification(labels=Bond, possible=possible)
        possible[:] = True
        assert found.possible.tolist() == [[True, False, False]]

    @pytest.mark.parametrize(
        "labels, possible, error, message",
        [
            (Bond, [[True, False]], ValueError, "possible must have 3 columns, one for each label"),
            (Bond, [[1, 0, 0]], TypeError, "possible must hold truth values, got dtype int64"),
            (Bond, [True], TypeError, r"possible must be two-dimensional, got shape \(1,\)"),
            (Bond, [[True] * 3, [False] * 3], ValueError, "must leave each customer a label"),
            (
                int,
                [[True] * 3],
                TypeError,
                "labels must be a subclass of IntEnum, got <class 'int'>",
            ),
            (3, [[True] * 3], TypeError, "labels must be a subclass of IntEnum, got 3"),
            (
                IntEnum("Far", "A", start=128),
                [[True]],
                ValueError,
                "labels must have values from 0",
            ),
        ],
    )
    def test_says_what_is_wrong(self, labels, possible, error, message):
        with pytest.raises(error, match=message):
            OpenClassification(labels=labels, possible=possible)

    def test_refuses_other_labels_and_too_few_ids(self):
        found = opened([{Bond.LOVE}])
        with pytest.raises(TypeError, match="label must be one of Bond, got 70"):
            found.customers(70)
        with pytest.raises(ValueError, match="ids must be one for each of 1 customers, got ids=2"):
            found.customers(Bond.LOVE, ids=[1, 2])
