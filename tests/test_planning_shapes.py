import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_schemas import fits

from loyalkit._planning_shapes import (
    Day,
    Decimal,
    ListOf,
    Maybe,
    Record,
    Text,
    Truth,
    Whole,
    Word,
    shortened,
    written,
)

SHAPES = (
    Text(3),
    Text(3, may_be_empty=True),
    Word(("a", "b")),
    Day(),
    Whole(0, 5),
    Decimal(),
    Decimal(finite=False),
    Truth(),
    Maybe(Whole(1, 2)),
    ListOf(Whole(0, 9), 2, least=1),
    Record("r", {"a": Truth()}, {"b": Whole(0, 1)}),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 6),
    st.sampled_from([10**400, -(10**400), 1.0, 2**53]),
    st.floats(),
    st.text("ab ", max_size=4),
    st.sampled_from(["NaN", "Infinity", "2025-01-31", "2025-02-30", "20250131", "nan"]),
    st.lists(st.integers(-1, 9), max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.booleans() | st.integers(0, 1), max_size=2),
)


class TestShapes:
    @pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
    @given(VALUES)
    def test_whatever_is_read_passes_the_schema(self, shape, value):
        try:
            shape.read("here", value)
        except (TypeError, ValueError) as error:
            refusal = str(error)
        else:
            assert fits(shape.schema(), value)
            return
        assert refusal.startswith("here")
        assert len(refusal) < 300

    @pytest.mark.parametrize(
        "shape, value, read",
        [
            (Text(3), "abc", "abc"),
            (Text(3, may_be_empty=True), "", ""),
            (Word(("a", "b")), "b", "b"),
            (Day(), "2025-01-31", dt.date(2025, 1, 31)),
            (Whole(0, 5), 5.0, 5),
            (Whole(0, 5), 0, 0),
            (Decimal(), 1, 1.0),
            (Decimal(finite=False), "Infinity", math.inf),
            (Decimal(finite=False), "-Infinity", -math.inf),
            (Truth(), False, False),
            (Maybe(Truth()), None, None),
            (Maybe(Truth()), True, True),
            (ListOf(Day(), 1), ["2025-01-31"], [dt.date(2025, 1, 31)]),
            (ListOf(Day(), 1), [], []),
            (Record("r", {"a": Truth()}, {"b": Day()}), {"a": True}, {"a": True}),
        ],
    )
    def test_what_is_read(self, shape, value, read):
        found = shape.read("here", value)
        assert found == read
        assert type(found) is type(read)
        assert fits(shape.schema(), value)

    @pytest.mark.parametrize(
        "shape, value, error, message",
        [
            (Text(3), "abcd", ValueError, "here must have at most 3 characters"),
            (Text(3), "", ValueError, "here must not be blank"),
            (Text(3, may_be_empty=True), " ", ValueError, "here must not be blank"),
            (Text(), " " * 9999, ValueError, r"here must not be blank, got here='\s{40}'"),
            (Text(), "x\ud800", ValueError, "here must not hold half a surrogate pair"),
            (Word(("a",)), "x" * 99, ValueError, "here must be one of 'a', got here='x{40}'"),
            (Day(), dt.date(2025, 1, 1), TypeError, "here must be a date such as 2017-01-31"),
            (Whole(0, 5), 6, ValueError, "here must be a whole number from 0 to 5, got here=6"),
            (Whole(0, 5), -1, ValueError, "here must be a whole number from 0 to 5"),
            (Whole(0, 5), 0.5, ValueError, "here must be a whole number from 0 to 5"),
            (Whole(0, 1), True, TypeError, "here must be a number, got bool"),
            (Decimal(), "NaN", TypeError, "here must be a number, got str"),
            (Decimal(finite=False), math.nan, ValueError, "here must be finite, got here=nan"),
            (Truth(), 1, TypeError, "here must be True or False, got int"),
            (ListOf(Truth(), 1), [True, 1], ValueError, "here must have at most 1 entries, got"),
            (ListOf(Truth(), 2), [True, 1], TypeError, r"here\[1\] must be True or False"),
            (ListOf(Truth(), 2, least=1), [], ValueError, "here must have at least 1 entry, got"),
            (ListOf(Truth(), 2), (), TypeError, "here must be a list, got tuple"),
            (Record("r", {"a": Truth()}), {}, ValueError, "here must have the keys a, got here="),
            (Record("r", {"a": Truth()}), {"a": 1}, TypeError, "here.a must be True or False"),
            (Record("r", {}), {(): 1}, ValueError, "here must have no keys but , got here='tuple'"),
        ],
    )
    def test_says_what_is_wrong(self, shape, value, error, message):
        with pytest.raises(error, match=f"^{message}"):
            shape.read("here", value)


class TestWritten:
    @given(st.floats())
    def test_is_read_back(self, value):
        again = Decimal(finite=False).read("here", written(value))
        assert again == value or (math.isnan(again) and math.isnan(value))

    @given(st.floats())
    def test_is_a_number_wherever_json_has_one(self, value):
        assert (written(value) == value) == math.isfinite(value)


class TestShortened:
    @pytest.mark.parametrize("value", [None, True, 1.5, 10**19, "x" * 40])
    def test_leaves_what_is_short(self, value):
        assert shortened(value) is value or shortened(value) == value

    def test_names_the_rest(self):
        assert shortened(10**5000) == shortened(-(10**5000)) == "a huge number"
        assert shortened("x" * 41) == "x" * 40
        assert shortened([[]]) == "list"
