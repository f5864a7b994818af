"""Columns of data frames go in as they are and give the log that lists give."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest

from loyalkit.transactions import Periods, Transactions

IDS = [30, 10, 30, 20]
NAMES = ["c", "a", "c", "b"]
TIMES = [
    dt.datetime(2017, 1, 31, 23, 59, 59),
    *[dt.datetime(2017, month, 1) for month in (2, 1, 3)],
]
CENTS = [100, -5, 2**40, 127]
EUROS = [1.5, 2.25, 0.0, -3.0]
BERLIN = dt.timezone(dt.timedelta(hours=1))


def log(**columns):
    return Transactions.from_arrays(**{"customers": IDS, "times": TIMES, **columns})


def pandas_column(values, dtype=None):
    pandas = pytest.importorskip("pandas")
    if "pyarrow" in str(dtype):
        pytest.importorskip("pyarrow")
    return pandas.Series(values, dtype=dtype)


def polars_column(values, dtype=None):
    polars = pytest.importorskip("polars")
    return polars.Series(values, dtype=getattr(polars, dtype) if dtype else None, strict=False)


def arrow_column(values, dtype=None):
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.array(values, type=getattr(pyarrow, dtype)() if dtype else None)


def chunked_column(values, dtype=None):
    pyarrow = pytest.importorskip("pyarrow")
    made = arrow_column(values, dtype)
    return pyarrow.chunked_array([made[:1], made[1:]])


def dictionary_column(values):
    return arrow_column(values).dictionary_encode()


ANY_COLUMN = [pandas_column, polars_column, arrow_column, chunked_column]
any_column = pytest.mark.parametrize("column", ANY_COLUMN)
INTEGERS = [
    *((pandas_column, dtype) for dtype in ("int64", "uint64", "Int64", "UInt64")),
    *(
        (pandas_column, dtype)
        for dtype in ("int64[pyarrow]", "uint64[pyarrow]", "category", "object")
    ),
    *((polars_column, dtype) for dtype in ("Int64", "UInt64", "Object")),
    *(
        (column, dtype)
        for column in (arrow_column, chunked_column)
        for dtype in ("int64", "uint64")
    ),
]
NULLABLE = [
    *((pandas_column, dtype) for dtype in ("Int64", "int64[pyarrow]", "object")),
    (polars_column, "Int64"),
    (arrow_column, "int64"),
    (chunked_column, "int64"),
]
TEXT = [
    *((pandas_column, dtype) for dtype in (None, "string", "object", "category")),
    *((pandas_column, dtype) for dtype in ("string[pyarrow]", "large_string[pyarrow]")),
    *((polars_column, dtype) for dtype in ("String", "Categorical")),
    *(
        (column, dtype)
        for column in (arrow_column, chunked_column)
        for dtype in ("string", "large_string")
    ),
    (lambda values, _: dictionary_column(values), None),
]


class TestCustomers:
    @pytest.mark.parametrize("column, dtype", INTEGERS)
    def test_integers_give_the_same_log_as_a_list(self, column, dtype):
        assert log(customers=column(IDS, dtype)).equals(log())

    @pytest.mark.parametrize("column, dtype", TEXT)
    def test_text_gives_the_same_log_as_a_list(self, column, dtype):
        made = log(customers=column(NAMES, dtype))
        assert made.equals(log(customers=NAMES))
        assert made.positions(["b", "z"]).tolist() == [1, -1]

    @pytest.mark.parametrize("column, dtype", NULLABLE)
    def test_nulls_are_refused_or_dropped_and_counted(self, column, dtype):
        ids = column([30, None, 2**60 + 1, 20], dtype)
        with pytest.raises(ValueError, match="customers must not be missing: .* at index 1"):
            log(customers=ids)
        dropped = log(customers=ids, missing="drop")
        assert dropped.equals(log(customers=[30, None, 2**60 + 1, 20], missing="drop"))
        assert dropped.customer_ids.tolist() == [20, 30, 2**60 + 1]

    @any_column
    def test_missing_text_is_refused_or_dropped_and_counted(self, column):
        names = column(["c", None, "c", "b"])
        with pytest.raises(ValueError, match="customers must not be missing: .* at index 1"):
            log(customers=names)
        dropped = log(customers=names, missing="drop")
        assert dropped.equals(log(customers=["c", None, "c", "b"], missing="drop"))
        assert dropped.dropped == 1

    @pytest.mark.parametrize(
        "column, dtype",
        [
            (pandas_column, "uint64"),
            (pandas_column, "UInt64"),
            (pandas_column, "uint64[pyarrow]"),
            (polars_column, "UInt64"),
            (arrow_column, "uint64"),
        ],
    )
    def test_unsigned_ids_do_not_wrap(self, column, dtype):
        ids = [2**64 - 1, 10, 2**64 - 1, 2**63]
        assert log(customers=column(ids, dtype)).customer_ids.tolist() == [10, 2**63, 2**64 - 1]

    @any_column
    def test_bytes_keep_their_last_zero(self, column):
        ids = [b"a\0", b"a", b"a\0", b"b"]
        assert log(customers=column(ids)).codes.tolist() == [1, 0, 1, 2]

    def test_ids_of_several_kinds_are_refused(self):
        with pytest.raises(
            TypeError, match="customers must hold labels of one kind, got int and str"
        ):
            log(customers=pandas_column([1, "a", 2, "b"], "object"))

    def test_fractional_ids_are_refused(self):
        with pytest.raises(ValueError, match="customers must be a label: not a fractional number"):
            log(customers=pandas_column([1.5, 2, 3, 4]))


class TestTimes:
    @any_column
    def test_times_give_the_same_log_as_a_list(self, column):
        assert log(times=column(TIMES)).equals(log())

    @any_column
    def test_dates_give_the_same_log_as_a_list(self, column):
        dates = [time.date() for time in TIMES]
        assert log(times=column(dates)).equals(log(times=dates))

    @any_column
    def test_iso_text_gives_the_same_log_as_a_list(self, column):
        assert log(times=column([time.isoformat() for time in TIMES])).equals(log())

    @any_column
    def test_day_numbers_give_the_same_log_as_a_list(self, column):
        assert log(times=column([3, 1, 2, 5])).equals(log(times=[3, 1, 2, 5]))

    @any_column
    def test_missing_times_are_refused_or_dropped_and_counted(self, column):
        times = [TIMES[0], None, TIMES[2], None]
        with pytest.raises(ValueError, match="times must not be missing: .* at index 1"):
            log(times=column(times))
        assert log(times=column(times), missing="drop").equals(log(times=times, missing="drop"))

    @pytest.mark.parametrize("dtype", ["datetime64[s]", "datetime64[ns]", "timestamp[us][pyarrow]"])
    def test_units_of_pandas_give_the_same_log(self, dtype):
        assert log(times=pandas_column(TIMES, dtype)).equals(log())

    def test_timestamps_keep_their_nanoseconds(self):
        pandas = pytest.importorskip("pandas")
        times = [pandas.Timestamp("2017-01-31T23:59:59.999999999")]
        made = Transactions.from_arrays(customers=[1], times=pandas_column(times, "object"))
        assert str(made.times[0]) == "2017-01-31T23:59:59.999999999"
        assert Periods.between("2017-01-01", "2017-03-01").index_of(made.times).tolist() == [0]

    @pytest.mark.parametrize(
        "make",
        [
            lambda: [time.replace(tzinfo=BERLIN) for time in TIMES],
            lambda: [time.isoformat() + "+01:00" for time in TIMES],
            lambda: [time.isoformat() + "Z" for time in TIMES],
            lambda: pandas_column(TIMES).dt.tz_localize("Europe/Berlin"),
            lambda: pandas_column(TIMES).dt.tz_localize("UTC").astype("object"),
            lambda: (
                pandas_column(TIMES).dt.tz_localize("UTC").astype("timestamp[us, UTC][pyarrow]")
            ),
            lambda: (
                pandas_column(TIMES).dt.tz_localize("UTC").dt.tz_localize(None).astype("str") + "Z"
            ),
            lambda: polars_column(TIMES).dt.replace_time_zone("Europe/Berlin"),
            lambda: arrow_column([time.replace(tzinfo=BERLIN) for time in TIMES]),
            lambda: chunked_column([time.replace(tzinfo=BERLIN) for time in TIMES]),
        ],
    )
    def test_time_zones_are_refused_with_advice(self, make):
        with pytest.raises(ValueError, match="times must be naive: convert to local time and drop"):
            log(times=make())

    @any_column
    def test_text_of_digits_is_no_time(self, column):
        with pytest.raises(
            ValueError, match="times must be ISO text such as 2017-01-31, .* at index 0"
        ):
            log(times=column(["20170131", "20170201", "20170101", "20170301"]))

    def test_spans_are_no_times(self):
        pandas = pytest.importorskip("pandas")
        with pytest.raises(TypeError, match="times must hold naive dates or times"):
            log(times=pandas.period_range("2017-01", periods=4, freq="M"))
        with pytest.raises(TypeError, match="times must hold naive dates or times"):
            log(times=np.arange(4).astype("m8[D]"))


class TestAmounts:
    @any_column
    @pytest.mark.parametrize("amounts", [CENTS, EUROS])
    def test_amounts_give_the_same_log_as_a_list(self, column, amounts):
        made = log(amounts=column(amounts))
        assert made.equals(log(amounts=amounts))
        assert made.totals().tolist() == log(amounts=amounts).totals().tolist()

    @pytest.mark.parametrize(
        "column, dtype",
        [
            (pandas_column, "int8"),
            (pandas_column, "Int8"),
            (pandas_column, "int8[pyarrow]"),
            (polars_column, "Int8"),
            (arrow_column, "int8"),
            (lambda values, _: np.array(values, "i1"), None),
        ],
    )
    def test_narrow_integers_do_not_overflow(self, column, dtype):
        made = log(customers=[1] * 4, amounts=column([127, 127, 127, 127], dtype))
        assert made.totals().tolist() == [508]

    @pytest.mark.parametrize("column, dtype", NULLABLE)
    def test_integers_with_nulls_stay_exact_integers(self, column, dtype):
        for amounts in ([5, None, 7, 8], [5, None, 2**60 + 1, 8]):
            made = log(amounts=column(amounts, dtype), missing="drop")
            assert made.amounts.dtype == np.int64
            assert made.equals(log(amounts=amounts, missing="drop"))
            with pytest.raises(ValueError, match="amounts must not be missing: .* at index 1"):
                log(amounts=column(amounts, dtype))

    @any_column
    def test_decimals_become_exact_minor_units(self, column):
        amounts = [Decimal(text) for text in ("1.50", "2.25", "0.01", "-3.00")]
        assert log(amounts=column(amounts), decimals=2).amounts.tolist() == [150, 225, 1, -300]
        with pytest.raises(TypeError, match="decimals=2 turns them into exact hundredths"):
            log(amounts=column(amounts))

    @any_column
    def test_text_and_truth_values_are_no_amounts(self, column):
        for amounts in (["1", "2", "3", "4"], [True, False, True, True]):
            with pytest.raises(TypeError, match="amounts must hold numbers"):
                log(amounts=column(amounts))


class TestMaskedArrays:
    @pytest.mark.parametrize("name", ["customers", "times", "amounts"])
    def test_masked_cells_are_missing(self, name):
        columns = {
            "customers": np.array(IDS),
            "times": np.array(TIMES, "M8[us]"),
            "amounts": np.array(CENTS),
        }
        masked = {**columns, name: np.ma.array(columns[name], mask=[0, 0, 1, 0])}
        with pytest.raises(ValueError, match=f"{name} must not be missing: .* at index 2"):
            log(**masked)
        dropped = log(**masked, missing="drop")
        left = log(**{key: np.delete(column, 2) for key, column in columns.items()})
        assert dropped.dropped == 1
        assert dropped.amounts.tolist() == left.amounts.tolist()
        assert dropped.customer_ids.tolist() == left.customer_ids.tolist()

    def test_mask_without_masked_cells_changes_nothing(self):
        assert log(customers=np.ma.array(IDS), amounts=np.ma.array(CENTS)).equals(
            log(amounts=CENTS)
        )


class TestOtherInputs:
    @pytest.mark.parametrize("make", [tuple, iter, lambda ids: (i for i in ids)])
    def test_any_sequence_gives_the_same_log_as_a_list(self, make):
        assert log(customers=make(IDS)).equals(log())

    def test_mappings_are_no_columns(self):
        with pytest.raises(TypeError, match="customers must be an array or a sequence, got dict"):
            log(customers={"id": IDS})

    def test_anything_with_an_array_face(self):
        class Column:
            def __array__(self, dtype=None, copy=None):
                return np.array(IDS, dtype)

        assert log(customers=Column()).equals(log())

    def test_index_and_slice_of_a_frame(self):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"id": IDS * 2, "time": TIMES * 2}, index=[9] * 8)
        half = frame.iloc[::2]
        made = log(customers=half["id"], times=half["time"])
        assert made.equals(log(customers=(IDS * 2)[::2], times=(TIMES * 2)[::2]))
        assert log(customers=pandas.Index(IDS), times=pandas.DatetimeIndex(TIMES)).equals(log())

    def test_whole_frame_is_no_column(self):
        pandas = pytest.importorskip("pandas")
        with pytest.raises(TypeError, match="customers must be one-dimensional"):
            log(customers=pandas.DataFrame({"id": IDS}))
