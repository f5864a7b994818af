import array as stdlib_array
import datetime as dt
import math
import uuid
from collections import UserList, deque
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from loyalkit import _arrays, _labels, _messages, _money, _scalars, _times

# The parts of the door, tested as the one that they are.
door = SimpleNamespace(
    **{
        name: value
        for part in (_messages, _scalars, _arrays, _money, _times, _labels)
        for name, value in vars(part).items()
    }
)

ZONED = dt.datetime(2017, 1, 31, 10, tzinfo=dt.UTC)
WHOLE = "must be a whole number of at least 0"
NO_ZONE = "must be naive: convert to local time and drop the time zone first"
ISO = "must be ISO text such as 2017-01-31"
OUT_OF_RANGE = "must lie between 1678 and 2262 where nanoseconds occur"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


def refusal(kind, function, *arguments):
    """Message of the error that a call raises."""
    with pytest.raises(kind) as error:
        function(*arguments)
    return str(error.value)


def same(found, expected):
    """Whether two arrays agree in type, shape and every element."""
    expected = np.asarray(expected)
    return (
        found.dtype == expected.dtype
        and found.shape == expected.shape
        and np.array_equal(found, expected)
    )


def masked(values, mask):
    return np.ma.array(values, mask=mask)


# Each is refused by counts and by floats alike.
NO_NUMBERS = {
    "text": ("12", "text such as '12'"),
    "list of text": (["1", "22"], "text such as '1'"),
    "bytes": (b"12", "dtype |S2"),
    "array of text": (np.array(["1"]), "text such as '1'"),
    "text of variable width": (np.array(["1"], np.dtypes.StringDType()), "text such as '1'"),
    "text in a column of objects": (np.array(["1", "22"], object), "text such as '1'"),
    "a number that NumPy would turn into text": (["1", 2], "int and str"),
    "nested text": ([["1"], ["2"]], "text such as '1'"),
    "truth value": (np.array(True), "dtype bool"),
    "truth values": ([True, False], "dtype bool"),
    "a truth value that NumPy would turn into 1": ([True, 9], "bool and int"),
    "a NumPy truth value": ([np.True_, 9], "bool and int"),
    "a nested truth value": ([[True, 9], [1, 2]], "bool and int"),
    "a row of truth values": ([np.array([1, 2]), np.array([True, False])], "bool and int64"),
    "objects": (np.array([True, 9], object), "bool and int"),
    "complex": ([1j], "complex"),
    "durations": ([np.timedelta64(1, "D"), 1], "int and timedelta64"),
    "array of durations": (np.array([1], "m8[D]"), "dtype timedelta64[D]"),
    "times": (np.array(["2017-01-31"], "M8[D]"), "dtype datetime64[D]"),
    "times that NumPy would turn into numbers": (
        [np.array(["2017-01-31"], "M8[ns]")],
        "datetime64",
    ),
    "dates": ([dt.date(2017, 1, 31)], "date"),
    "fractions": ([Fraction(1, 2)], "Fraction"),
    "sets": ([{1}, {2}], "set"),
    "mappings": ([{1: 2}], "dict"),
}


class TestNumbersThatAreNone:
    @pytest.mark.parametrize("function", [door.counts, door.floats])
    @pytest.mark.parametrize("case", NO_NUMBERS)
    def test_says_what_it_got_instead(self, function, case):
        values, got = NO_NUMBERS[case]
        assert refusal(TypeError, function, "x", values) == f"x must hold numbers, got {got}"

    @pytest.mark.parametrize("function", [door.counts, door.floats, door.numbers])
    def test_decimals_are_named_apart(self, function):
        for values in ([Decimal(1)], [Decimal("0.5")], np.array([Decimal(1)])):
            message = "x must hold ints or floats, got Decimal"
            assert refusal(TypeError, function, "x", values) == message
        message = "x must hold ints or floats, got Decimal and int"
        assert refusal(TypeError, function, "x", [Decimal(1), 2]) == message

    @pytest.mark.parametrize("function", [door.counts, door.floats, door.column])
    @pytest.mark.parametrize(
        ("values", "got"),
        [
            ({1: 2}, "dict"),
            (None, "NoneType"),
            (Decimal(1), "Decimal"),
            (object, "type"),
            (dt.date(2017, 1, 31), "date"),
        ],
    )
    def test_says_what_is_no_sequence(self, function, values, got):
        message = f"x must be an array or a sequence, got {got}"
        assert refusal(TypeError, function, "x", values) == message

    @pytest.mark.parametrize("function", [door.counts, door.floats, door.column])
    @pytest.mark.parametrize("values", [[[1], [1, 2]], [1, [2]], [(1,), 2], [np.arange(2), [1]]])
    def test_refuses_rows_of_different_lengths(self, function, values):
        message = "x must be a regular array, got rows of different lengths"
        assert refusal(TypeError, function, "x", values) == message

    @pytest.mark.parametrize("function", [door.counts, door.floats, door.column])
    @pytest.mark.parametrize("dtype", ["c16", "c8", [("a", "i8")], "V8"])
    def test_refuses_kinds_of_arrays_that_nothing_is_made_of(self, function, dtype):
        values = np.zeros(1, dtype)
        message = f"x must hold numbers, text, times or ids, got dtype {values.dtype}"
        assert refusal(TypeError, function, "x", values) == message


class TestCounts:
    @pytest.mark.parametrize(
        "values",
        [
            [3, 0, 7],
            (3, 0, 7),
            UserList([3, 0, 7]),
            deque([3, 0, 7]),
            iter([3, 0, 7]),
            (x for x in (3, 0, 7)),
            {3: 1, 0: 1, 7: 1}.keys(),
            [3.0, 0, 7],
            [np.int8(3), 0, np.float32(7)],
            [np.uint64(3), np.int64(0), 7],
            [np.array(3), np.array(0), 7],
            [Level.LOW + 3, Level.LOW, 7],
            stdlib_array.array("l", [3, 0, 7]),
            memoryview(bytes([3, 0, 7])),
            masked([3, 0, 7], False),
            np.array([3, 0, 7], object),
            np.array([7, 0, 3])[::-1],
            np.array([3, 5, 0, 5, 7])[::2],
        ],
    )
    def test_container_does_not_matter(self, values):
        assert same(door.counts("x", values), np.array([3, 0, 7]))

    @pytest.mark.parametrize("dtype", [*np.typecodes["AllInteger"], *"efdg", ">i4", ">u8", ">f4"])
    def test_dtype_does_not_matter(self, dtype):
        assert same(door.counts("x", np.array([3, 0, 100], dtype)), np.array([3, 0, 100]))

    def test_shape_is_kept(self):
        assert same(door.counts("x", 5), np.array(5))
        assert same(door.counts("x", np.array(5.0)), np.array(5))
        assert same(door.counts("x", [[1, 2], (3, 4)]), np.array([[1, 2], [3, 4]]))
        assert same(door.counts("x", [range(2), range(2)]), np.array([[0, 1], [0, 1]]))
        assert same(door.counts("x", [np.arange(2), [5, 6]]), np.array([[0, 1], [5, 6]]))
        assert door.counts("x", []).shape == (0,)
        assert door.counts("x", np.empty((2, 0))).shape == (2, 0)

    def test_what_is_empty_is_of_no_kind(self):
        for values in ([], (), np.array([], str), np.array([], bool), np.array([], object)):
            assert same(door.counts("x", values), np.empty(0, np.int64))

    def test_a_set_is_taken_in_any_order(self):
        assert sorted(door.counts("x", {3, 0, 7})) == [0, 3, 7]

    def test_subclasses_of_arrays_are_arrays(self):
        class Strange(np.ndarray):
            def __getitem__(self, place):
                raise AssertionError(place)

        assert same(door.counts("x", np.arange(3).view(Strange)), np.arange(3))

    @given(st.lists(st.integers(0, 2**63 - 1)))
    @example([2**63 - 1, 2**53 + 1, 0])
    def test_every_int64_is_kept(self, values):
        for given_as in (list, lambda x: np.array(x, object), lambda x: np.array(x, np.uint64)):
            assert door.counts("x", given_as(values)).tolist() == values
        mixed = [np.uint64(x) if i % 2 else x for i, x in enumerate(values)]
        assert door.counts("x", mixed).tolist() == values

    @given(npst.arrays(npst.integer_dtypes() | npst.floating_dtypes(), npst.array_shapes()))
    def test_input_is_not_changed_and_not_shared(self, values):
        kept = values.copy()
        try:
            found = door.counts("x", values)
        except ValueError:
            pass
        else:
            assert not np.shares_memory(found, values)
        np.testing.assert_array_equal(values, kept)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, -2, -3], f"x {WHOLE}, got x=-2 at index 1"),
            ([0, -1], f"x {WHOLE}, got x=-1 at index 1"),
            (-2, f"x {WHOLE}, got x=-2"),
            (np.array(-2), f"x {WHOLE}, got x=-2"),
            ([[1, 2], [3, -4]], f"x {WHOLE}, got x=-4 at index (1, 1)"),
            ([1.5], f"x {WHOLE}, got x=1.5 at index 0"),
            ([2, 0.5, -1], f"x {WHOLE}, got x=0.5 at index 1"),
            ([math.inf], f"x {WHOLE}, got x=inf at index 0"),
            (np.array([2.5], np.float16), f"x {WHOLE}, got x=2.5 at index 0"),
            (np.array([np.longdouble("1e4000")]), f"x {WHOLE}, got x=inf at index 0"),
            ([2**63], f"x must be less than 2**63, got x={2**63} at index 0"),
            (
                np.array([1, 2**64 - 1], np.uint64),
                f"x must be less than 2**63, got x={2**64 - 1} at index 1",
            ),
            ([2.0**63], "x must be less than 2**63, got x=9.223372036854776e+18 at index 0"),
            (
                [-1, 2**63],
                f"x must be at least -2**63 and less than 2**63, got x={2**63} at index 1",
            ),
            (
                [np.int64(-1), np.uint64(2**63)],
                f"x must be at least -2**63 and less than 2**63, got x={2**63} at index 1",
            ),
            (
                10**30,
                f"x must be at least -2**63 and less than 2**63, got x={10**30}",
            ),
            (
                [1.5, 10**400],
                f"x must be at least -2**63 and less than 2**63, got x={10**400} at index 1",
            ),
            (
                [-(10**30)],
                f"x must be at least -2**63 and less than 2**63, got x=-{10**30} at index 0",
            ),
            ([1, None], "x must not be missing, got x=None at index 1"),
            ([1, math.nan], "x must not be missing, got x=nan at index 1"),
            ([[1, 2], [3, math.nan]], "x must not be missing, got x=nan at index (1, 1)"),
            (math.nan, "x must not be missing, got x=nan"),
            (np.array(None), "x must not be missing, got x=None"),
            ([Decimal("NaN"), 1], "x must not be missing, got x=Decimal('NaN') at index 0"),
            (masked([1, 2], [0, 1]), "x must not be missing, got x=masked at index 1"),
            ([1, np.ma.masked], "x must not be missing, got x=masked at index 1"),
            (
                [masked([1, 2], [0, 1]), masked([1, 2], False)],
                "x must not be missing, got x=masked at index (0, 1)",
            ),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        assert refusal(ValueError, door.counts, "x", values) == message


class TestFloats:
    @pytest.mark.parametrize("dtype", [*np.typecodes["AllInteger"], *"efdg", ">f4"])
    def test_dtype_does_not_matter(self, dtype):
        assert same(door.floats("x", np.array([3, 0, 100], dtype)), np.array([3.0, 0.0, 100.0]))

    @given(npst.arrays(np.float64, npst.array_shapes(), elements=st.floats(allow_nan=False)))
    def test_finite_floats_are_kept(self, values):
        kept = values.copy()
        if np.isfinite(values).all():
            found = door.floats("x", values)
            assert same(found, values)
            assert same(door.floats("x", values.tolist()), values)
            assert not np.shares_memory(found, values)
        else:
            assert refusal(ValueError, door.floats, "x", values).startswith("x must be finite, got")
        np.testing.assert_array_equal(values, kept)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, math.inf], "x must be finite, got x=inf at index 1"),
            (-math.inf, "x must be finite, got x=-inf"),
            (np.array([np.longdouble("-1e4000")]), "x must be finite, got x=-inf at index 0"),
            ([0.5, None], "x must not be missing, got x=None at index 1"),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        assert refusal(ValueError, door.floats, "x", values) == message


class TestNumbers:
    @given(st.lists(st.integers(-(2**63), 2**63 - 1)))
    def test_integers_stay_integers(self, values):
        for given_as in (list, lambda x: np.array(x, object), lambda x: np.array(x, np.int64)):
            assert same(door.numbers("x", given_as(values)), np.array(values, np.int64))

    @given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
    def test_floats_stay_floats(self, values):
        assert same(door.numbers("x", values), np.array(values))
        assert same(door.numbers("x", [*values, 1]), np.array([*values, 1.0]))

    def test_input_is_taken_as_it_is_where_nothing_has_to_be_converted(self):
        for values in (np.arange(3), np.arange(3.0)):
            assert np.shares_memory(door.numbers("x", values), values)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, math.inf], "x must be finite, got x=inf at index 1"),
            ([2**63], f"x must be less than 2**63, got x={2**63} at index 0"),
            ([1, None], "x must not be missing, got x=None at index 1"),
        ],
    )
    def test_says_which_value_is_wrong(self, values, message):
        assert refusal(ValueError, door.numbers, "x", values) == message

    @pytest.mark.parametrize(("values", "shape"), [(5, "()"), ([[1]], "(1, 1)"), ("ab", "()")])
    def test_refuses_what_is_not_one_dimensional(self, values, shape):
        message = f"x must be one-dimensional, got shape {shape}"
        assert refusal(TypeError, door.numbers, "x", values) == message


class TestScalars:
    @pytest.mark.parametrize(
        "value", [5, 5.0, np.int8(5), np.uint64(5), np.float32(5), np.array(5)]
    )
    def test_count_takes_every_whole_number(self, value):
        assert door.count("x", value) == 5
        assert type(door.count("x", value)) is int

    @given(st.integers(min_value=0))
    def test_count_takes_whole_numbers_of_any_size(self, value):
        assert door.count("x", value) == value

    @pytest.mark.parametrize(
        ("value", "got"),
        [
            (-1, "-1"),
            (np.int64(-1), "-1"),
            (np.array(-1), "-1"),
            (0.5, "0.5"),
            (np.float64(0.5), "0.5"),
            (-2.0, "-2"),
            (math.nan, "nan"),
            (math.inf, "inf"),
            (-math.inf, "-inf"),
        ],
    )
    def test_count_says_what_is_no_count(self, value, got):
        assert refusal(ValueError, door.count, "x", value) == f"x {WHOLE}, got x={got}"

    def test_at_least_0_takes_0_and_refuses_what_is_less(self):
        assert door.at_least_0("x", np.int64(0)) == 0
        assert type(door.at_least_0("x", 3)) is float
        message = refusal(ValueError, door.at_least_0, "x", -1e-300)
        assert message == "x must be at least 0, got x=-1e-300"

    @pytest.mark.parametrize("function", [door.count, door.number, door.at_least_0, door.fraction])
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            np.True_,
            "1",
            b"1",
            1j,
            np.complex128(1),
            Decimal(1),
            Fraction(1),
            np.timedelta64(1, "D"),
            np.datetime64("2017"),
            dt.timedelta(1),
            [1],
            np.array([1]),
            np.array(True),
            np.array(1.5),
        ],
    )
    def test_says_what_is_no_number(self, function, value):
        message = f"x must be a number, got {type(value).__name__}"
        assert refusal(TypeError, function, "x", value) == message

    @pytest.mark.parametrize("value", [5, 5.0, np.int8(5), np.uint64(5), np.float32(5)])
    def test_number_is_a_float(self, value):
        assert type(door.number("x", value)) is float
        assert door.number("x", value) == 5

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
    def test_number_is_finite(self, value):
        assert refusal(ValueError, door.number, "x", value) == f"x must be finite, got x={value!r}"

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (20, "x must be a fraction from 0 to 1: 0.2 for 20 %, got x=20"),
            (2.5, "x must be a fraction from 0 to 1: 0.025 for 2.5 %, got x=2.5"),
            (100, "x must be a fraction from 0 to 1: 1 for 100 %, got x=100"),
            (-0.1, "x must be a fraction from 0 to 1, got x=-0.1"),
            (101, "x must be a fraction from 0 to 1, got x=101"),
            (math.nan, "x must be finite, got x=nan"),
        ],
    )
    def test_fraction_says_how_to_write_percent(self, value, message):
        assert refusal(ValueError, door.fraction, "x", value) == message

    @given(st.floats(0, 1))
    def test_fraction_takes_its_ends(self, value):
        assert door.fraction("x", value) == value
        assert door.fraction("x", 0) == 0
        assert door.fraction("x", np.int64(1)) == 1

    @given(st.floats(0, 1, exclude_min=True, exclude_max=True))
    def test_confidence_is_between_0_and_1(self, value):
        assert door.confidence_level(value) == value

    @pytest.mark.parametrize("value", ["two", "", None, 1, ["one"], np.array(["one", "two"])])
    def test_one_of_a_few_words(self, value):
        assert door.one_of("x", "one", ("one", "three")) == "one"
        message = f"x must be one of 'one', 'three', got x={value!r}"
        assert refusal(ValueError, door.one_of, "x", value, ("one", "three")) == message

    @pytest.mark.parametrize(
        ("value", "is_one"),
        [
            (1, True),
            (1.5, True),
            (np.int8(1), True),
            (np.float16(1), True),
            (True, True),
            (np.array(1), False),
            (np.timedelta64(1, "D"), False),
            (1j, False),
            ("1", False),
            (None, False),
            ([1], False),
        ],
    )
    def test_scalars_are_told_from_arrays(self, value, is_one):
        assert door.is_scalar(value) is is_one


class TestColumn:
    @pytest.mark.parametrize(
        "values",
        [
            [1.5, math.nan, 2.5],
            [1.5, None, 2.5],
            [1.5, np.ma.masked, 2.5],
            np.array([1.5, None, 2.5], object),
            np.array([1.5, np.nan, 2.5], object),
            np.array([1.5, np.nan, 2.5], np.float16),
            masked([1.5, 9.9, 2.5], [0, 1, 0]),
            masked([1.5, math.nan, 2.5], False),
            ["a", None, "b"],
            np.array(["a", None, "b"], np.dtypes.StringDType(na_object=None)),
            np.array(["a", np.nan, "b"], np.dtypes.StringDType(na_object=np.nan)),
            [uuid.UUID(int=1), None, uuid.UUID(int=2)],
            [dt.date(2017, 1, 31), None, dt.date(2017, 1, 31)],
            np.array(["2017-01-31", "NaT", "2017-02-01"], "M8[D]"),
            [np.datetime64("2017-01-31"), np.datetime64("NaT", "D"), np.datetime64("2017-02-01")],
            [np.timedelta64(1, "D"), np.timedelta64("NaT", "D"), np.timedelta64(2, "D")],
            [Decimal(1), Decimal("NaN"), Decimal(2)],
            [True, None, False],
        ],
    )
    def test_finds_what_is_missing(self, values):
        found = door.column("x", values)
        assert found.values.shape == (3,)
        assert found.missing.tolist() == [False, True, False]
        assert refusal(ValueError, door.complete, "x", values).startswith("x must not be missing")

    @pytest.mark.parametrize(
        "values", [[1, 2], ["a", ""], [0.0], [], [b"a"], ["NaT", "nan", "None"]]
    )
    def test_missing_is_none_where_all_is_there(self, values):
        assert door.column("x", values).missing is None
        assert len(door.complete("x", values)) == len(values)

    @given(
        st.lists(st.integers() | st.text(max_size=3) | st.booleans() | st.floats(allow_nan=False))
    )
    def test_no_value_becomes_another_one(self, values):
        """What NumPy would do: texts of numbers, 1 for True, floats of large integers."""
        found = door.column("x", values).values.tolist()
        kinds = set(map(type, values))
        if not kinds <= {int, float}:
            assert list(map(type, found)) == list(map(type, values))
        numbers = float in kinds and kinds <= {int, float}
        assert found == ([float(x) for x in values] if numbers else values)

    @pytest.mark.parametrize("text", [["a", "a\0"], ["a\0\0"], [b"a\0", b"a"], ["\0"], [b"\0"]])
    def test_zeros_at_the_end_of_ids_are_kept(self, text):
        assert door.column("x", text).values.tolist() == text

    def test_one_long_text_does_not_make_all_of_them_long(self):
        values = ["a"] * 10_000 + ["b" * 100_000]
        assert door.column("x", values).values.nbytes < 10**6
        assert door.encode("x", door.complete("x", values)).labels.tolist() == ["a", "b" * 100_000]


class TestDataFrames:
    """Columns of pandas, polars and pyarrow, which hand over more than NumPy can hold."""

    @pytest.mark.parametrize("dtype", ["Int64", "Float64", "object", "int64[pyarrow]", "category"])
    def test_pandas_missing_values_are_found(self, dtype):
        pandas = pytest.importorskip("pandas")
        if "pyarrow" in dtype:
            pytest.importorskip("pyarrow")
        found = door.column("x", pandas.Series([1, None, 3], dtype=dtype))
        assert found.missing.tolist() == [False, True, False]
        assert found.values[[0, 2]].tolist() == [1, 3]

    def test_pandas_text_and_truth_values_are_found(self):
        pandas = pytest.importorskip("pandas")
        for values in (["a", None], [True, None]):
            for series in (pandas.Series(values), pandas.Series(values, dtype="object")):
                found = door.column("x", series)
                assert found.missing.tolist() == [False, True]
                assert found.values[0] == values[0]
        assert door.column("x", [1, pandas.NA]).missing.tolist() == [False, True]
        assert door.column("x", [ZONED, pandas.NaT]).missing.tolist() == [False, True]

    @pytest.mark.parametrize("missing", [[], [None]])
    def test_large_ids_beside_missing_ones_are_exact(self, missing):
        pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
        ids = [2**53 + 1, 2**60 + 1]
        for series in (pandas.Series(ids + missing, dtype="Int64"), polars.Series(ids + missing)):
            (found,), dropped = door.drop_missing("drop", {"x": door.column("x", series)})
            assert [int(x) for x in found] == ids
            assert dropped == len(missing)

    def test_zoned_columns_are_refused(self):
        pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
        pyarrow = pytest.importorskip("pyarrow")
        zoned = pandas.Series([ZONED])
        for values in (
            zoned,
            zoned.array,
            pandas.DatetimeIndex(zoned),
            zoned.astype(pandas.ArrowDtype(pyarrow.timestamp("us", "UTC"))),
            polars.Series([ZONED]),
            pyarrow.array([ZONED]),
            pyarrow.chunked_array([[ZONED]]),
        ):
            message = refusal(ValueError, door.column, "x", values)
            assert message == f"x {NO_ZONE}, got time zone UTC"

    def test_zoned_objects_are_refused(self):
        pandas = pytest.importorskip("pandas")
        values = door.complete("x", pandas.Series([ZONED]).astype(object))
        message = f"x {NO_ZONE}, got x='2017-01-31 10:00:00+00:00' at index 0"
        assert refusal(ValueError, door.times, "x", values) == message

    def test_naive_columns_are_times(self):
        pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
        pyarrow = pytest.importorskip("pyarrow")
        naive = dt.datetime(2017, 1, 31, 10, 0, 0, 5)
        for values in (
            pandas.Series([naive]),
            pandas.Series([naive], dtype=object),
            [pandas.Timestamp(naive)],
            polars.Series([naive]),
            pyarrow.array([naive]),
        ):
            found = door.times("x", door.complete("x", values))
            assert found.tolist() == [naive] or found.astype("M8[us]").tolist() == [naive]

    def test_nanoseconds_of_a_timestamp_are_kept(self):
        pandas = pytest.importorskip("pandas")
        texts = ["2017-01-31T10:00:00.000000001", "2017-01-31T10:00:00.000000002"]
        found = door.times("x", door.complete("x", [pandas.Timestamp(text) for text in texts]))
        assert same(found, np.array(texts, "M8[ns]"))


class TestDropMissing:
    def test_leaves_out_every_row_that_lacks_something(self):
        columns = {
            "who": door.column("who", ["a", None, "c", "d"]),
            "what": door.column("what", [1.0, 2.0, math.nan, 4.0]),
            "when": door.column("when", [1, 2, 3, 4]),
        }
        (who, what, when), dropped = door.drop_missing("drop", columns)
        assert (who.tolist(), what.tolist(), when.tolist()) == (["a", "d"], [1.0, 4.0], [1, 4])
        assert dropped == 2

    def test_names_the_first_place_unless_told_to_drop(self):
        columns = {"who": door.column("who", ["a", "b"]), "what": door.column("what", [1, None])}
        assert refusal(ValueError, door.drop_missing, "raise", columns) == (
            "what must not be missing: missing='drop' leaves such rows out and counts them, "
            "got what=None at index 1"
        )

    def test_columns_pass_untouched_where_nothing_is_missing(self):
        column = door.column("x", np.arange(3))
        (values,), dropped = door.drop_missing("raise", {"x": column})
        assert values is column.values
        assert dropped == 0

    def test_refuses_columns_of_different_lengths(self):
        columns = {name: door.column(name, range(n)) for name, n in [("a", 1), ("b", 2), ("c", 2)]}
        message = "a, b and c must have the same length, got 1, 2, 2"
        assert refusal(ValueError, door.drop_missing, "drop", columns) == message

    def test_refuses_any_other_word(self):
        message = "missing must be one of 'raise', 'drop', got missing='ignore'"
        assert refusal(ValueError, door.drop_missing, "ignore", {}) == message


class TestBroadcast:
    def test_gives_all_the_one_shape_that_fits(self):
        one, other = door.broadcast(one=np.array([[1], [2]]), other=np.array([3, 4, 5]))
        assert one.tolist() == [[1, 1, 1], [2, 2, 2]]
        assert other.tolist() == [[3, 4, 5], [3, 4, 5]]

    def test_names_the_arguments_that_do_not_fit(self):
        with pytest.raises(ValueError) as error:
            door.broadcast(one=np.arange(2), other=np.arange(3), third=np.array(1))
        message = "one, other and third must broadcast together, got shapes (2,), (3,) and ()"
        assert str(error.value) == message


class TestRefuseTogether:
    def test_gives_every_value_at_the_first_place(self):
        one, other = np.array([1, 5, 6]), np.array([2.0, 3.0, 4.0])
        with pytest.raises(ValueError) as error:
            door.refuse_together("one must not exceed other", one > other, one=one, other=other)
        message = "one must not exceed other, got one=5, other=3.0 at index 1"
        assert str(error.value) == message

    def test_lets_pass_what_agrees(self):
        door.refuse_together("never", False, one=1)
        door.refuse_together("never", np.array([False, False]), one=np.arange(2))
        door.refuse_together("never", np.empty(0, bool), one=np.empty(0))


iso_times = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999))
dates = st.dates()
TIMESPECS = ("hours", "minutes", "seconds", "milliseconds", "microseconds")


class TestTimes:
    @given(st.lists(iso_times, min_size=1), st.sampled_from(TIMESPECS), st.sampled_from("T "))
    def test_iso_text_equals_python(self, values, timespec, separator):
        texts = [value.isoformat(separator, timespec) for value in values]
        expected = [dt.datetime.fromisoformat(text) for text in texts]
        for given_as in (np.array, lambda x: np.array(x, "S"), lambda x: np.array(x, object), list):
            found = door.times("x", door.complete("x", given_as(texts)))
            assert found.astype("M8[us]").tolist() == expected

    @given(st.lists(dates, min_size=1))
    def test_iso_dates_equal_python(self, values):
        texts = [value.isoformat() for value in values]
        found = door.times("x", np.array(texts))
        assert same(found, np.array(texts, "M8[D]"))
        assert found.tolist() == values

    @given(st.lists(iso_times | dates, min_size=1))
    def test_text_of_mixed_precision_is_taken_in_the_finest(self, values):
        texts = [value.isoformat() for value in values]
        found = door.times("x", np.array(texts))
        expected = [dt.datetime.fromisoformat(text) for text in texts]
        assert found.astype("M8[us]").tolist() == expected

    @pytest.mark.parametrize(
        ("text", "unit"),
        [
            ("2017-01", "M"),
            ("2017-01-31", "D"),
            ("2017-01-31T10", "h"),
            ("2017-01-31T10:30", "m"),
            ("2017-01-31T10:30:15", "s"),
            ("2017-01-31 10:30:15.5", "ms"),
            ("2017-01-31T10:30:15.123", "ms"),
            ("2017-01-31T10:30:15.123456", "us"),
            ("2017-01-31T10:30:15.123456789", "ns"),
        ],
    )
    def test_unit_is_that_of_the_text(self, text, unit):
        assert same(door.times("x", np.array([text])), np.array([text], f"M8[{unit}]"))

    @pytest.mark.parametrize(
        "text",
        [
            *("now", "today", "NaT", "", "2017", "20170131", "31.01.2017", "01/31/2017"),
            *("2017-1-31", "2017-02-30", "2017-13-01", "2017-W05", "-017-01-31", "+017-01-31"),
            *("2017-01-31 ", " 2017-01-31", "2017-01-31x", "2017-01-31t10:00", "2017-01Z"),
            *("2017-01-31T24:00", "2017-01-31T10:60", "2017-01-31T10:00:60", "2017-01-31T"),
            *("2017-01-31T10:00 UTC", "2017-01-31 10:00 Europe/Berlin", "2017-01-31 10:00 AM"),
            *("2017-01-31T10:00−05:00", "２０１７-01-31", "2017-０1-31", "12017-01-31"),
        ],
    )
    def test_refuses_text_that_is_not_iso(self, text):
        message = f"x {ISO}, got x={text!r} at index 1"
        for values in (np.array(["2017-01-31", text]), np.array(["2017-01-31", text], object)):
            assert refusal(ValueError, door.times, "x", values) == message

    def test_refuses_bytes_that_are_no_text(self):
        message = refusal(ValueError, door.times, "x", np.array([b"\xff017-01-31"]))
        assert message == f"x {ISO}, got x='ÿ017-01-31' at index 0"

    @pytest.mark.parametrize("zone", ["Z", "z", "+00:00", "+01:00", "-0500", "+02", "-00:00"])
    @pytest.mark.parametrize("time", ["2017-01-31T10:00", "2017-01-31 10:00:00.123"])
    def test_refuses_text_with_an_offset(self, time, zone):
        message = f"x {NO_ZONE}, got x={time + zone!r} at index 1"
        for dtype in ("U", object):
            values = np.array(["2017-01-31", time + zone], dtype)
            assert refusal(ValueError, door.times, "x", values) == message
        message = f"x {NO_ZONE}, got x={time + zone!r}"
        assert refusal(ValueError, door.instant, "x", time + zone) == message

    def test_refuses_datetimes_with_a_zone(self):
        naive = dt.datetime(2017, 1, 31)
        message = f"x {NO_ZONE}, got x='2017-01-31 10:00:00+00:00' at index 1"
        values = door.complete("x", [naive, ZONED])
        assert refusal(ValueError, door.times, "x", values) == message
        for summer in (ZONED, dt.datetime(2017, 7, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))):
            message = f"x {NO_ZONE}, got x={str(summer)!r}"
            assert refusal(ValueError, door.instant, "x", summer) == message

    @pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"])
    @pytest.mark.parametrize("order", "<>")
    def test_datetime64_keeps_its_unit(self, unit, order):
        values = np.array(["2017-01-05"], f"{order}M8[{unit}]")
        assert same(door.times("x", door.complete("x", values)), values.astype(f"M8[{unit}]"))

    @given(st.lists(dates))
    def test_dates_are_days(self, values):
        found = door.times("x", door.complete("x", values))
        assert found.tolist() == values
        assert found.dtype == ("M8[D]" if values else "i8")

    @given(st.lists(iso_times, min_size=1), dates)
    def test_datetimes_are_microseconds(self, values, date):
        assert same(door.times("x", door.complete("x", values)), np.array(values, "M8[us]"))
        mixed = door.times("x", door.complete("x", [date, *values]))
        assert mixed.tolist() == [dt.datetime.combine(date, dt.time()), *values]

    def test_datetime64_of_several_units_is_taken_in_the_finest(self):
        values = [np.datetime64("2017-01-31"), np.datetime64("2017-01-31T10:00:00.5")]
        found = door.times("x", door.complete("x", [*values, dt.date(2017, 2, 1)]))
        assert same(found, np.array([*values, "2017-02-01"], "M8[ms]"))

    @pytest.mark.parametrize("far", ["9999-12-31", "0001-01-01", "1600-01-01", "2263-01-01"])
    def test_nothing_wraps_beside_nanoseconds(self, far):
        fine = "2017-01-31T10:00:00.000000001"
        message = f"x {OUT_OF_RANGE}, got x='{far}' at index 1"
        for values in (
            np.array([fine, far]),
            door.complete("x", [np.datetime64(fine), np.datetime64(far)]),
            door.complete("x", [np.datetime64(fine), dt.date.fromisoformat(far)]),
        ):
            assert refusal(ValueError, door.times, "x", values) == message

    def test_refuses_what_is_finer_than_nanoseconds(self):
        text = "2017-01-31T10:00:00.1234567891"
        message = f"x must not be finer than nanoseconds, got x='{text}' at index 0"
        assert refusal(ValueError, door.times, "x", np.array([text])) == message

    @pytest.mark.parametrize("dtype", ["i1", "i8", "u8", "f2", "f4", "f8", "g", "O"])
    def test_whole_numbers_are_days(self, dtype):
        assert same(door.times("x", np.array([3, 100], dtype)), np.array([3, 100]))

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1.5], "x must be a date or a whole day number, got x=1.5 at index 0"),
            ([math.inf], "x must be a date or a whole day number, got x=inf at index 0"),
            ([1e300], "x must be a date or a whole day number, got x=1e+300 at index 0"),
            ([2**63], f"x must be less than 2**63, got x={2**63} at index 0"),
        ],
    )
    def test_says_which_day_number_is_wrong(self, values, message):
        assert refusal(ValueError, door.times, "x", np.array(values)) == message

    @pytest.mark.parametrize(
        ("values", "got"),
        [
            ([True], "dtype bool"),
            (np.array([1], "m8[D]"), "dtype timedelta64[D]"),
            ([dt.time(10)], "datetime.time(10, 0) at index 0"),
            ([dt.date(2017, 1, 31), "2017-01-31"], "'2017-01-31' at index 1"),
            ([dt.date(2017, 1, 31), 5], "5 at index 1"),
            ([Decimal(1)], "Decimal('1') at index 0"),
        ],
    )
    def test_says_what_is_no_time(self, values, got):
        message = f"x must hold naive dates or times, got {got}"
        assert refusal(TypeError, door.times, "x", door.complete("x", values)) == message

    def test_refuses_datetime64_without_a_unit(self):
        message = "x must have a unit, such as datetime64[D], got dtype datetime64"
        assert refusal(TypeError, door.times, "x", np.array([], "M8")) == message

    def test_what_is_empty_is_of_no_kind(self):
        for dtype in ("U5", "S5", object, float, np.int8):
            assert same(door.times("x", np.array([], dtype)), np.empty(0, np.int64))


class TestInstant:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("2017-01-31", np.datetime64("2017-01-31", "D")),
            ("2017-01", np.datetime64("2017-01", "M")),
            (dt.date(2017, 1, 31), np.datetime64("2017-01-31", "D")),
            (dt.datetime(2017, 1, 31, 10), np.datetime64("2017-01-31T10", "us")),
            (np.datetime64("2017-01-31T10"), np.datetime64("2017-01-31T10", "h")),
            (5, np.int64(5)),
            (np.uint8(5), np.int64(5)),
            (5.0, np.int64(5)),
        ],
    )
    def test_takes_one_of_what_times_takes(self, value, expected):
        found = door.instant("x", value)
        assert found == expected
        assert found.dtype == expected.dtype
        assert np.ndim(found) == 0

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("now", f"x {ISO}, got x='now'"),
            (np.datetime64("NaT", "D"), "x must not be missing, got x='NaT'"),
        ],
    )
    def test_says_what_is_wrong_without_an_index(self, value, message):
        assert refusal(ValueError, door.instant, "x", value) == message

    @pytest.mark.parametrize(
        "value", [None, True, 5.5, math.nan, [5], np.array([5]), Decimal(5), 1j]
    )
    def test_says_what_is_no_time(self, value):
        message = f"x must be a date, a time or a whole day number, got {type(value).__name__}"
        assert refusal(TypeError, door.instant, "x", value) == message


int_arrays = npst.arrays(npst.integer_dtypes(endianness="?"), st.integers(0, 30))
labels_of_one_kind = st.one_of(
    int_arrays,
    st.lists(st.integers(-5, 5)),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.integers(0, 2**64 - 1)),
    st.lists(st.integers()),
    st.lists(st.text(max_size=12)),
    st.lists(st.text("aä€\0", max_size=3)),
    st.lists(st.text("abc-123", min_size=6, max_size=40)),
    st.lists(st.binary(max_size=12)),
    st.lists(st.binary(min_size=16, max_size=16)),
    st.lists(st.uuids()),
    st.lists(dates),
    st.lists(iso_times),
    st.lists(st.booleans()),
    st.lists(st.integers(-(2**53) + 1, 2**53 - 1).map(float)),
    st.lists(st.text("abc", max_size=9)).map(lambda x: np.array(x, str)),
    st.lists(st.text("aé€", max_size=9)).map(lambda x: np.array(x, str)),
    st.lists(st.binary(max_size=9)).map(lambda x: np.array(x, bytes)),
    st.lists(st.text(max_size=5)).map(lambda x: np.array(x, object)),
    st.lists(st.text("abc", max_size=9)).map(lambda x: np.array(x, np.dtypes.StringDType())),
    npst.arrays(
        "M8[ns]", st.integers(0, 9), elements=npst.from_dtype(np.dtype("M8[ns]"), allow_nan=False)
    ),
    npst.arrays(
        "m8[ns]", st.integers(0, 9), elements=npst.from_dtype(np.dtype("m8[ns]"), allow_nan=False)
    ),
)


def repeated(values, times):
    """The same labels again and again, in another order each time."""
    if isinstance(values, np.ndarray):
        return np.concatenate([values, values[::-1]] * times)
    return [*values, *reversed(values)] * times


class TestEncode:
    @given(labels_of_one_kind, st.integers(1, 3))
    def test_equals_a_dict(self, values, times):
        values = repeated(values, times)
        column = door.complete("x", values)
        labels, codes = door.encode("x", column)
        rows = column.tolist()
        expected = sorted(set(rows))
        rank = {label: code for code, label in enumerate(expected)}
        assert codes.dtype == np.int64
        assert codes.tolist() == [rank[row] for row in rows]
        assert labels.tolist() == expected

    @given(labels_of_one_kind)
    def test_labels_give_the_rows_back(self, values):
        column = door.complete("x", values)
        kept = column.copy()
        labels, codes = door.encode("x", column)
        assert labels[codes].tolist() == column.tolist()
        assert not np.shares_memory(labels, column)
        np.testing.assert_array_equal(column, kept)

    @given(st.lists(st.integers(0, 100)))
    def test_dtype_of_integer_labels_does_not_matter(self, values):
        expected = door.encode("x", door.complete("x", values))
        for dtype in ("i1", "u1", ">i4", "u8", "f2", "f8", "g", "O"):
            found = door.encode("x", door.complete("x", np.array(values, dtype)))
            assert found.labels.tolist() == expected.labels.tolist()
            assert found.codes.tolist() == expected.codes.tolist()

    @given(st.lists(st.text("abcä", max_size=12)))
    def test_container_of_text_does_not_matter(self, values):
        expected = door.encode("x", door.complete("x", values))
        for given_as in (np.array, lambda x: np.array(x, object), lambda x: [*map(np.str_, x)]):
            found = door.encode("x", door.complete("x", given_as(values) if values else []))
            assert found.labels.tolist() == expected.labels.tolist()
            assert found.codes.tolist() == expected.codes.tolist()
            if values:
                assert found.labels.dtype == expected.labels.dtype

    def test_integers_of_several_types_are_integers(self):
        values = [np.int8(2), 2, np.uint64(1), Level.HIGH]
        labels, codes = door.encode("x", door.complete("x", values))
        assert same(labels, np.array([1, 2]))
        assert codes.tolist() == [1, 1, 0, 0]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1.5], "x must be a label: not a fractional number, got x=1.5 at index 0"),
            ([1, math.inf], "x must be exact: pass ids as integers, got x=inf at index 1"),
            (
                [2.0**53],
                "x must be exact: pass ids as integers, got x=9007199254740992.0 at index 0",
            ),
            (
                np.array([2**24], np.float32),
                "x must be exact: pass ids as integers, got x=16777216.0 at index 0",
            ),
            (
                np.array([2**60], np.longdouble),
                f"x must be exact: pass ids as integers, got x={np.longdouble(2**60)!r} at index 0",
            ),
        ],
    )
    def test_says_which_number_is_no_label(self, values, message):
        assert refusal(ValueError, door.encode, "x", door.complete("x", values)) == message

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, "1"], "x must hold labels of one kind, got int and str"),
            (["a", b"a"], "x must hold labels of one kind, got bytes and str"),
            (["a", {}], "x must hold labels of one kind, got dict and str"),
            ([True, 1], "x must hold labels of one kind, got bool and int"),
            ([uuid.UUID(int=1), 1], "x must hold labels of one kind, got UUID and int"),
            ([10**400, 0.5], "x must hold labels of one kind, got float and int"),
            ([{1: 2}], "x must hold labels that can be hashed and sorted, got dict"),
            ([1j, 2j], "x must hold labels that can be hashed and sorted, got complex"),
        ],
    )
    def test_says_what_is_no_label(self, values, message):
        assert refusal(TypeError, door.encode, "x", door.complete("x", values)) == message

    def test_refuses_zoned_times_as_labels(self):
        message = f"x {NO_ZONE}, got x='2017-01-31 10:00:00+00:00' at index 0"
        assert refusal(ValueError, door.encode, "x", door.complete("x", [ZONED])) == message


class TestPositions:
    @given(labels_of_one_kind, st.data())
    def test_equal_a_dict(self, values, data):
        column = door.complete("x", values)
        known = column[data.draw(npst.arrays(bool, column.size))]
        labels = door.encode("x", known).labels
        rank = {label: code for code, label in enumerate(labels.tolist())}
        expected = [rank.get(row, -1) for row in column.tolist()]
        found = door.positions("x", labels, values)
        assert found.dtype == np.int64
        assert found.tolist() == expected

    @given(
        npst.arrays(npst.integer_dtypes(), st.integers(0, 20)),
        npst.arrays(npst.integer_dtypes(), st.integers(0, 20)),
    )
    def test_width_and_sign_of_integers_do_not_matter(self, known, wanted):
        labels = door.encode("x", known).labels
        listed = labels.tolist()
        expected = [listed.index(x) if x in listed else -1 for x in wanted.tolist()]
        assert door.positions("x", labels, wanted).tolist() == expected

    def test_large_integers_are_told_apart(self):
        """As floats, all three are the same."""
        for dtype in (np.int64, np.uint64):
            labels = np.array([2**53, 2**53 + 2], dtype)
            for other in (np.int64, np.uint64, object):
                wanted = np.array([2**53 + 1, 2**53 + 2], other)
                assert door.positions("x", labels, wanted).tolist() == [-1, 1]
        labels = np.array([-1, 2**63 - 1])
        assert door.positions("x", labels, np.array([2**64 - 1, 2**63])).tolist() == [-1, -1]

    def test_text_and_objects_meet(self):
        for labels in (np.array(["a", "b"]), np.array(["a", "b"], object)):
            for wanted in (["b", "c"], np.array(["b", "c"], object), np.array(["b", "c"])):
                assert door.positions("x", labels, wanted).tolist() == [1, -1]

    @pytest.mark.parametrize(
        ("labels", "wanted", "message"),
        [
            (np.array([1, 2]), ["1"], "x must hold int labels, got str"),
            (np.array(["1"]), [1], "x must hold str labels, got int"),
            (np.array(["a"]), [b"a"], "x must hold str labels, got bytes"),
            (np.array([0, 1]), [True], "x must hold int labels, got bool"),
            (np.array([1]), [dt.date(1970, 1, 2)], "x must hold int labels, got datetime64"),
            (
                np.array([1], "M8[D]"),
                np.array([1], "m8[ns]"),
                "x must hold datetime64 labels, got timedelta64",
            ),
            (np.array([1]), np.array([1], "m8[ns]"), "x must hold int labels, got timedelta64"),
        ],
    )
    def test_refuses_labels_of_another_kind(self, labels, wanted, message):
        assert refusal(TypeError, door.positions, "x", labels, wanted) == message

    def test_nothing_is_found_among_no_labels(self):
        assert door.positions("x", np.empty(0, str), [1, 2]).tolist() == [-1, -1]
        assert door.positions("x", np.array([1]), []).tolist() == []

    def test_refuses_missing_labels(self):
        message = "x must not be missing, got x=None at index 1"
        assert refusal(ValueError, door.positions, "x", np.array([1]), [1, None]) == message


class TestDistinctLabels:
    @given(labels_of_one_kind)
    def test_are_those_of_encode(self, values):
        expected = door.encode("x", door.complete("x", values)).labels
        found = door.distinct_labels("x", repeated(values, 2))
        assert found.tolist() == expected.tolist()


class TestResults:
    @given(npst.arrays(np.int64, npst.array_shapes(min_dims=0)))
    def test_frozen_shows_the_array_and_leaves_it_writeable(self, values):
        view = door.frozen(values)
        assert same(view, values)
        assert np.shares_memory(view, values)
        assert values.flags.writeable
        assert not view.flags.writeable

    @given(st.floats())
    def test_nan_safe_key_is_equal_exactly_for_equal_figures(self, value):
        assert (door.nan_safe(value) == door.nan_safe(float(str(value)))) is True
        assert (door.nan_safe(value) is None) == math.isnan(value)
        assert door.nan_safe_each([value, 1.0]) == (door.nan_safe(value), 1.0)


class TestArrayKey:
    def test_tells_arrays_apart_by_shape_type_and_content(self):
        ones = np.ones(4, np.int64)
        others = (
            ones.reshape(2, 2),
            ones.view(np.float64),
            ones.view("M8[D]"),
            ones.view("M8[s]"),
            np.array([1, 1, 1, 2]),
            None,
        )
        keys = [_arrays.array_key(x) for x in (ones, *others)]
        assert len(set(keys)) == len(keys)
        assert _arrays.array_key(np.ones(8, np.int64)[::2]) == keys[0]

    def test_nan_equals_nan(self):
        assert _arrays.array_key(np.array([np.nan])) == _arrays.array_key(np.array([np.nan]))


class TestQuotients:
    def test_is_nan_exactly_where_there_is_no_whole(self):
        found = _arrays.quotients(np.array([[3, 0]]), np.array([[4, 0], [0, 2]]))
        assert np.array_equal(found, [[0.75, np.nan], [np.nan, 0.0]], equal_nan=True)


class TestAsGiven:
    def test_is_a_float_exactly_if_all_arguments_were_scalars_or_left_out(self):
        assert type(_arrays.as_given(np.array(0.5), 1, np.float64(2), None)) is float
        found = _arrays.as_given(np.array([0.5]), 1, [2])
        assert found.tolist() == [0.5]
        assert not found.flags.writeable
