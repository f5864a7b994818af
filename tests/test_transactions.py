import datetime as dt
import pickle
import uuid
from collections import defaultdict
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import purchase_logs

from loyalkit.transactions import Periods, Transactions

DAY = dt.timedelta(days=1)
UNITS = ("day", "week", "month", "quarter", "year")
cents = st.integers(-(10**9), 10**9)
days = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))


def log(customers, times=None, **others):
    times = ["2017-01-03"] * len(customers) if times is None else times
    return Transactions.from_arrays(customers=customers, times=times, **others)


def unit_of(day, unit):
    """What calendar unit a day is in, by the standard library."""
    return {
        "day": day,
        "week": day.isocalendar()[:2],
        "month": (day.year, day.month),
        "quarter": (day.year, (day.month - 1) // 3),
        "year": day.year,
    }[unit]


class TestFromArrays:
    def test_worked_example(self):
        made = log(
            ["Ben", "Ana", "Ben"], ["2017-01-20", "2017-01-03", "2017-02-11"], amounts=[5, 7, 1]
        )
        assert made.customer_ids.tolist() == ["Ana", "Ben"]
        assert made.codes.tolist() == [1, 0, 1]
        assert made.times.tolist() == [
            dt.date(2017, 1, 20),
            dt.date(2017, 1, 3),
            dt.date(2017, 2, 11),
        ]
        assert made.amounts.tolist() == [5, 7, 1]
        assert (made.n_rows, made.n_customers, made.dropped) == (3, 2, 0)

    @given(purchase_logs())
    def test_codes_lead_back_to_the_ids(self, rows):
        customers, times, amounts = rows
        made = log(customers, times, amounts=amounts)
        assert np.array_equal(made.customer_ids[made.codes], customers)
        assert np.array_equal(made.customer_ids, sorted(set(customers.tolist())))
        assert made.codes.dtype == np.int64

    @pytest.mark.parametrize(
        "ids",
        [
            [3, 1, 3],
            [2**63, 1, 2**63],
            [2**70, -1, 2**70],
            ["b", "a", "b"],
            [b"b\0", b"b", b"b\0"],
            ["b\0", "b", "b\0"],
            [uuid.UUID(int=9), uuid.UUID(int=1), uuid.UUID(int=9)],
            [dt.date(2017, 2, 1), dt.date(2017, 1, 1), dt.date(2017, 2, 1)],
            [np.int64(3), 1, np.int64(3)],
            [np.str_("b"), "a", np.str_("b")],
            [3.0, 1.0, 3.0],
        ],
    )
    def test_takes_ids_of_every_kind(self, ids):
        made = log(ids)
        assert made.codes.tolist() == [1, 0, 1]
        assert made.customer_ids.tolist() == [ids[1], ids[0]]
        assert made.positions(ids).tolist() == [1, 0, 1]

    @pytest.mark.parametrize(
        "dtype", ["i1", "u1", "<i4", ">i4", "u8", ">u8", "S3", "U3", "M8[D]", "M8[ns]"]
    )
    def test_takes_arrays_of_every_width_and_byte_order(self, dtype):
        ids = np.array([3, 1, 3]).astype(dtype)
        made = log(ids)
        assert made.codes.tolist() == [1, 0, 1]
        assert np.array_equal(made.customer_ids, ids[[1, 0]])

    @pytest.mark.parametrize(
        "times",
        [
            ["2017-01-03T00:00", "1969-12-31T00:00"],
            ["2017-01-03", "1969-12-31"],
            [dt.date(2017, 1, 3), dt.date(1969, 12, 31)],
            [dt.datetime(2017, 1, 3), dt.date(1969, 12, 31)],
            [np.datetime64("2017-01-03", "ns"), np.datetime64("1969-12-31")],
            *(
                np.array(["2017-01-03", "1969-12-31"], f"M8[{unit}]")
                for unit in ("D", "m", "us", "ns")
            ),
        ],
    )
    def test_takes_naive_times_of_every_kind(self, times):
        expected = np.array(["2017-01-03", "1969-12-31"], "M8[D]")
        assert np.array_equal(log([1, 2], times).times, expected)

    @pytest.mark.parametrize(
        "times", [[17169, -1], np.array([17169, -1], "i2"), np.array([17169.0, -1])]
    )
    def test_takes_whole_day_numbers(self, times):
        assert log([1, 2], times).times.tolist() == [17169, -1]

    def test_unit_of_the_times_is_kept(self):
        assert log([1], np.array(["2017-01-03"], "M8[ms]")).times.dtype == "M8[ms]"

    def test_empty_log_is_legal(self):
        for empty in ([], np.array([], object), np.array([], str), np.array([], "M8[ns]")):
            made = log(empty, empty, amounts=[])
            assert (made.n_rows, made.n_customers) == (0, 0)
            assert made.totals().tolist() == []
            assert made.positions([1]).tolist() == [-1]

    def test_inputs_are_not_changed_and_results_cannot_be(self):
        customers, times, amounts = np.array([2, 1]), np.array([3, 4]), np.array([1.5, 2.0])
        made = log(customers, times, amounts=amounts)
        assert customers.flags.writeable
        for array in (made.customer_ids, made.codes, made.times, made.amounts, made.totals()):
            assert not array.flags.writeable

    @pytest.mark.parametrize(
        "columns, message",
        [
            ({"customers": [1, None]}, "customers must not be missing: .*=None at index 1"),
            ({"times": ["2017-01-03", None]}, "times must not be missing: .* at index 1"),
            ({"amounts": [None, np.nan]}, "amounts must not be missing: .* at index 0"),
            ({"times": np.array(["NaT", "2017-01-03"], "M8[D]")}, "got times='NaT' at index 0"),
            ({"customers": np.ma.array([1, 2], mask=[0, 1])}, "customers must not be missing"),
            ({"amounts": [Decimal("NaN"), Decimal(1)], "decimals": 2}, "amounts must not be"),
            ({"customers": [1.5, 2.0]}, "customers must be a label: .*=1.5 at index 0"),
            ({"customers": [np.inf, 2.0]}, "customers must be exact"),
            ({"customers": np.array([2.0**24, 1], "f4")}, "customers must be exact"),
            ({"times": ["20170103", "20170104"]}, "times must be ISO text .* got times='20170103'"),
            ({"times": ["2017-01-03", "2017-02-30"]}, "times must be ISO text .* at index 1"),
            ({"times": ["2017-01-03T00:00+01:00"] * 2}, "times must be naive"),
            ({"times": [1.5, 2]}, "times must be a date or a whole day number, got times=1.5"),
            ({"times": [1.0, 2.0**53]}, "times must be a date or a whole day number"),
            ({"times": [1, np.inf]}, "times must be a date or a whole day number"),
            ({"times": [2**63, 1]}, "times must be .*less than 2\\*\\*63, got times=92233"),
            ({"amounts": [1.0, np.inf]}, "amounts must be finite, got amounts=inf at index 1"),
            ({"amounts": [2**63, -1]}, "amounts must be at least -2\\*\\*63"),
            ({"amounts": np.array([2**63, 1], "u8")}, "amounts must be less than 2\\*\\*63"),
            ({"amounts": [1]}, "customers, times and amounts must have the same length"),
            ({"missing": "skip"}, "missing must be one of 'raise', 'drop'"),
            ({"decimals": 2}, "decimals needs amounts"),
        ],
    )  # fmt: skip
    def test_says_which_value_of_which_argument_is_wrong(self, columns, message):
        with pytest.raises(ValueError, match=message):
            Transactions.from_arrays(**{"customers": [1, 2], "times": [1, 2], **columns})

    @pytest.mark.parametrize(
        "columns, message",
        [
            ({"customers": [1, "a"]}, "customers must hold labels of one kind, got int and str"),
            ({"customers": [uuid.UUID(int=1), "a"]}, "labels of one kind, got UUID and str"),
            ({"customers": [{}, {}]}, "customers must hold labels that can be hashed and sorted"),
            ({"customers": [[1], [2]]}, "customers must be one-dimensional"),
            ({"customers": "ab"}, "customers must be one-dimensional"),
            ({"customers": {1: 2}}, "customers must be an array or a sequence, got dict"),
            ({"times": [True, False]}, "times must hold naive dates or times"),
            ({"times": [dt.time(1), dt.time(2)]}, "times must hold naive dates or times"),
            ({"amounts": ["1", "2"]}, "amounts must hold numbers"),
            ({"amounts": [True, False]}, "amounts must hold numbers"),
        ],
    )
    def test_says_what_is_not_of_the_right_kind(self, columns, message):
        with pytest.raises(TypeError, match=message):
            Transactions.from_arrays(**{"customers": [1, 2], "times": [1, 2], **columns})


class TestMissing:
    def test_dropped_rows_are_counted_once(self):
        made = log(
            [1, None, 3, 4, None],
            ["2017-01-03", "2017-01-03", None, "2017-01-04", None],
            amounts=[1.5, 2.0, 3.0, np.nan, np.nan],
            missing="drop",
        )
        assert made.dropped == 4
        assert made.times.tolist() == [dt.date(2017, 1, 3)]
        assert made.amounts.tolist() == [1.5]

    @given(purchase_logs(), st.data())
    def test_dropping_equals_leaving_out(self, rows, data):
        customers, times, amounts = rows
        gone = np.array(
            data.draw(st.lists(st.booleans(), min_size=customers.size, max_size=customers.size))
        )
        masked = [np.ma.array(column, mask=gone) for column in rows]
        dropped = log(masked[0], times, amounts=masked[2], missing="drop")
        left = log(customers[~gone], times[~gone], amounts=amounts[~gone])
        assert dropped.dropped == gone.sum()
        for name in ("customer_ids", "codes", "times", "amounts"):
            assert np.array_equal(getattr(dropped, name), getattr(left, name))

    def test_all_rows_may_be_dropped(self):
        for decimals in (None, 2):
            made = log([None], [None], amounts=[None], decimals=decimals, missing="drop")
            assert (made.n_rows, made.dropped) == (0, 1)


class TestDecimals:
    @given(st.lists(cents, min_size=1), st.integers(0, 4))
    def test_floats_become_the_minor_units_they_stand_for(self, units, decimals):
        amounts = [unit / 10**decimals for unit in units]
        made = log([1] * len(units), amounts=amounts, decimals=decimals)
        assert made.amounts.dtype == np.int64
        assert made.amounts.tolist() == units

    @given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.integers(0, 4))
    def test_decimals_become_the_minor_units_they_stand_for(self, units, decimals):
        with localcontext() as context:
            context.prec = 3
            amounts = [Decimal(f"{unit}e-{decimals}") for unit in units]
            made = log([1] * len(units), amounts=amounts, decimals=decimals)
        assert made.amounts.tolist() == units

    @given(cents, st.integers(1, 9999))
    def test_further_decimals_are_refused(self, unit, further):
        amount = float(f"{unit}.{further:04d}") / 100
        with pytest.raises(
            ValueError, match="amounts must have at most 2 decimals, got amounts=.* at index 1"
        ):
            log([1, 1], amounts=[0.5, amount], decimals=2)

    def test_error_of_floats_is_forgiven(self):
        assert log([1, 1], amounts=[0.1 + 0.2, 3 * 1.1], decimals=2).amounts.tolist() == [30, 330]
        assert log([1], amounts=np.array([12.34], "f4"), decimals=2).amounts.tolist() == [1234]

    @pytest.mark.parametrize(
        "amounts, message",
        [
            ([12.345, 1.0], "amounts must have at most 2 decimals, got amounts=12.345 at index 0"),
            ([1.0, 1e14], "amounts must be exact to 2 decimals: pass Decimals or integers"),
            ([1.0, 1e308], "amounts must be exact to 2 decimals"),
            (np.array([1, 123456.78], "f4"), "amounts must be exact to 2 decimals"),
            ([np.inf, 1.0], "amounts must be finite"),
            (
                [Decimal(1), Decimal("0.005")],
                "at most 2 decimals, got amounts=Decimal\\('0.005'\\)",
            ),
            ([Decimal("Infinity"), Decimal(1)], "amounts must be finite"),
            ([Decimal("92233720368547758.08"), Decimal(1)], "amounts must be at least -2\\*\\*63"),
            ([100, 250], "decimals must be left out where amounts are integers already"),
        ],
    )
    def test_what_cannot_be_exact_is_refused(self, amounts, message):
        with pytest.raises(ValueError, match=message):
            log([1, 2], amounts=amounts, decimals=2)

    def test_decimals_without_the_argument_are_refused_with_advice(self):
        with pytest.raises(TypeError, match="decimals=2 turns them into exact hundredths"):
            log([1], amounts=[Decimal("1.50")])

    @pytest.mark.parametrize("decimals", [-1, 1.5, 19, "2", True])
    def test_number_of_decimals_is_checked(self, decimals):
        with pytest.raises((TypeError, ValueError), match="decimals must be"):
            log([1], amounts=[1.5], decimals=decimals)


class TestTotals:
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(-(2**58), 2**58)), max_size=30))
    def test_integer_totals_are_exact(self, rows):
        customers, amounts = [row[0] for row in rows], [row[1] for row in rows]
        expected = defaultdict(int)
        for customer, amount in rows:
            expected[customer] += amount
        made = log(customers, amounts=amounts)
        assert made.totals().dtype == np.int64
        assert (
            dict(zip(made.customer_ids.tolist(), made.totals().tolist(), strict=True)) == expected
        )

    def test_narrow_integers_do_not_overflow(self):
        assert log([1] * 300, amounts=np.full(300, 127, "i1")).totals().tolist() == [300 * 127]

    def test_sums_beyond_2_to_the_53_keep_their_last_digit(self):
        assert log([1, 1], amounts=[2**53, 1]).totals().tolist() == [2**53 + 1]
        assert log([1, 1], amounts=[2**63 - 2, 1]).totals().tolist() == [2**63 - 1]

    def test_order_may_leave_int64_if_the_total_does_not(self):
        made = log([1, 1, 1, 2], amounts=[2**62, 2**62, -(2**62), -(2**63)])
        assert made.totals().tolist() == [2**62, -(2**63)]

    @pytest.mark.parametrize(
        "amounts, total", [([2**62, 2**62], 2**63), ([-(2**63), -1], -(2**63) - 1)]
    )
    def test_total_beyond_int64_is_refused_by_name(self, amounts, total):
        with pytest.raises(
            OverflowError, match=f"amounts must add up .* got {total} for customer 'Ben'"
        ):
            log(["Ana", "Ben", "Ben"], amounts=[1, *amounts]).totals()

    def test_total_of_the_first_customer_is_checked_too(self):
        with pytest.raises(OverflowError, match="for customer 'Ana'"):
            log(["Ana", "Ana", "Ben"], amounts=[2**62, 2**62, 1]).totals()

    def test_float_amounts_give_float_totals(self):
        totals = log([2, 1, 2], amounts=[0.5, 1, 2]).totals()
        assert totals.dtype == np.float64
        assert totals.tolist() == [1.0, 2.5]

    def test_log_without_amounts_has_none(self):
        assert log([1]).amounts is None
        with pytest.raises(ValueError, match="amounts must be given"):
            log([1]).totals()


class TestPositions:
    @given(purchase_logs(), st.lists(st.integers(-3, 15)))
    def test_is_minus_1_exactly_where_the_customer_never_bought(self, rows, wanted):
        made = log(rows[0], rows[1])
        found = made.positions(wanted)
        assert [position >= 0 for position in found] == [x in rows[0] for x in wanted]
        assert made.customer_ids[found[found >= 0]].tolist() == [x for x in wanted if x in rows[0]]

    def test_ids_of_another_kind_are_refused(self):
        with pytest.raises(TypeError, match="ids must hold int labels, got str"):
            log([1]).positions(["1"])

    def test_signed_ids_are_found_among_unsigned_ones(self):
        made = log(np.array([2**64 - 1, 5], "u8"))
        assert made.positions([-1, 5, 2**64 - 1]).tolist() == [-1, 0, 1]
        assert log([-1]).positions(np.array([2**64 - 1], "u8")).tolist() == [-1]


class TestTransactions:
    @given(purchase_logs())
    def test_survives_pickling(self, rows):
        made = log(rows[0], rows[1], amounts=rows[2])
        again = pickle.loads(pickle.dumps(made))
        assert again.equals(made)
        assert not again.codes.flags.writeable

    def test_equals_tells_each_part_apart(self):
        made = log([1, 2], [3, 4], amounts=[5, 6])
        assert made.equals(log(np.array([1, 2], "u1"), [3, 4], amounts=[5, 6]))
        for other in (
            log([1, 3], [3, 4], amounts=[5, 6]),
            log([2, 1], [3, 4], amounts=[5, 6]),
            log(["1", "2"], [3, 4], amounts=[5, 6]),
            log([1, 2], [3, 5], amounts=[5, 6]),
            log([1, 2], np.array([3, 4], "M8[D]"), amounts=[5, 6]),
            log([1, 2], [3, 4], amounts=[5, 7]),
            log([1, 2], [3, 4], amounts=[5.0, 6.0]),
            log([1, 2], [3, 4]),
            log([1, 2, None], [3, 4, 5], amounts=[5, 6, 7], missing="drop"),
        ):
            assert not made.equals(other)
            assert not other.equals(made)

    def test_representation_is_short(self):
        assert (
            repr(log([1, 1, None], missing="drop"))
            == "Transactions(n_rows=2, n_customers=1, dropped=1)"
        )

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            log([1]).dropped = 3


class TestBetween:
    def test_worked_example(self):
        months = Periods.between("2017-01-01", "2018-01-01", "month")
        assert months.n_periods == 12
        assert months.labels[0] == "2017-01"
        assert months.labels[-1] == "2017-12"
        assert months.finished.all()

    @pytest.mark.parametrize("unit", UNITS)
    @given(start=days, length=st.integers(1, 900))
    def test_two_days_share_a_period_exactly_if_they_share_the_calendar_unit(
        self, unit, start, length
    ):
        periods = Periods.between(start, start + length * DAY, unit)
        every_day = [start + k * DAY for k in range(length)]
        index = periods.index_of(every_day)
        assert index[0] == 0
        assert index[-1] == periods.n_periods - 1
        changes = [unit_of(a, unit) != unit_of(b, unit) for a, b in pairwise(every_day)]
        assert np.diff(index).tolist() == [int(change) for change in changes]

    @pytest.mark.parametrize("unit", UNITS)
    @given(start=days, length=st.integers(1, 900))
    def test_finished_exactly_if_the_days_beside_belong_to_other_units(self, unit, start, length):
        end = start + length * DAY
        finished = Periods.between(start, end, unit).finished
        assert finished[1:-1].all()
        whole_first = unit_of(start - DAY, unit) != unit_of(start, unit)
        whole_last = unit_of(end, unit) != unit_of(end - DAY, unit)
        assert finished[0] == (whole_first and (finished.size > 1 or whole_last))
        assert finished[-1] == (whole_last and (finished.size > 1 or whole_first))

    @given(start=days, length=st.integers(1, 900))
    def test_labels_follow_the_standard_library(self, start, length):
        firsts = {
            unit: Periods.between(start, start + length * DAY, unit).labels[0] for unit in UNITS
        }
        year, week, _ = start.isocalendar()
        assert firsts == {
            "day": start.isoformat(),
            "week": f"{year}-W{week:02d}",
            "month": f"{start:%Y-%m}",
            "quarter": f"{start.year}Q{(start.month + 2) // 3}",
            "year": f"{start.year}",
        }

    def test_weeks_at_the_turn_of_the_year_belong_to_the_year_of_their_thursday(self):
        weeks = Periods.between("2015-12-28", "2016-01-11", "week")
        assert weeks.labels == ("2015-W53", "2016-W01")
        assert weeks.index_of(["2016-01-01", "2016-01-03", "2016-01-04"]).tolist() == [0, 0, 1]

    def test_leap_day_belongs_to_february(self):
        months = Periods.between("2016-02-01", "2016-04-01", "month")
        assert months.index_of(["2016-02-29T23:59:59", "2016-03-01"]).tolist() == [0, 1]

    def test_periods_cut_off_by_start_or_end_are_unfinished(self):
        months = Periods.between("2017-01-15", "2017-03-31T12:00", "month")
        assert months.labels == ("2017-01", "2017-02", "2017-03")
        assert months.finished.tolist() == [False, True, False]

    def test_periods_that_the_observation_does_not_cover_are_unfinished(self):
        months = Periods.between(
            "2017-01-01",
            "2017-05-01",
            complete_from="2017-01-02",
            complete_through="2017-04-30T12:00",
        )
        assert months.finished.tolist() == [False, True, True, False]
        beyond = Periods.between("2017-01-01", "2017-03-01", complete_through="2019-01-01")
        assert beyond.finished.all()

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            (("2017-01-01", "2017-01-01"), ValueError, "end must come after start=2017-01-01"),
            (("2017-01-01", "2016-01-01"), ValueError, "end must come after"),
            (("2017-01-01", "2018-01-01", "fortnight"), ValueError, "unit must be one of 'day'"),
            ((0, 10), TypeError, "start must be a date or a time: Periods\\(edges\\) takes day"),
            (("2017-01-01", 10), TypeError, "end must be a date or a time"),
            ((None, "2017-01-01"), TypeError, "start must be a date, a time"),
            (("2017-01-01Z", "2018-01-01"), ValueError, "start must be naive"),
            (
                (dt.datetime(2017, 1, 1, tzinfo=dt.UTC), "2018-01-01"),
                ValueError,
                "start must be naive",
            ),
        ],
    )
    def test_says_which_argument_is_wrong(self, arguments, error, message):
        with pytest.raises(error, match=message):
            Periods.between(*arguments)


class TestPeriods:
    @given(
        st.sets(st.integers(-400, 400), min_size=2, max_size=8), st.lists(st.integers(-500, 500))
    )
    def test_index_says_between_which_edges_a_day_number_lies(self, edges, numbers):
        edges = sorted(edges)
        for number, index in zip(numbers, Periods(edges).index_of(numbers), strict=True):
            if index == -1:
                assert not edges[0] <= number < edges[-1]
            else:
                assert edges[index] <= number < edges[index + 1]

    @pytest.mark.parametrize("unit", ["h", "s", "us", "ns"])
    @given(
        edges=st.sets(days.filter(lambda day: day.year > 1900), min_size=2, max_size=5),
        some=st.lists(days),
    )
    def test_unit_of_the_times_does_not_matter(self, unit, edges, some):
        periods = Periods(sorted(edges))
        column = np.array(some, "M8[D]")
        assert np.array_equal(
            periods.index_of(column.astype(f"M8[{unit}]")), periods.index_of(column)
        )

    def test_byte_order_of_the_times_does_not_matter(self):
        column = np.array(["2017-01-31", "2017-02-01"], ">M8[us]")
        assert Periods(["2017-02-01", "2017-04-01"]).index_of(column).tolist() == [-1, 0]

    def test_months_as_times_fit_edges_at_the_start_of_months(self):
        column = np.array(["2017-01", "2017-03"], "M8[M]")
        assert Periods(["2017-02-01", "2017-04-01"]).index_of(column).tolist() == [-1, 0]

    def test_edges_within_the_unit_of_the_times_are_refused(self):
        with pytest.raises(
            ValueError,
            match="edges must be whole and in range as datetime64\\[M\\]: convert the times",
        ):
            Periods(["2017-01-15", "2017-04-01"]).index_of(np.array(["2017-01"], "M8[M]"))
        with pytest.raises(
            ValueError, match="edges must be whole .* got edges='2017-01-01T12:00' at index 1"
        ):
            Periods(["2017-01-01", "2017-01-01T12:00"]).index_of([dt.date(2017, 1, 1)])

    def test_edges_beyond_the_range_of_nanoseconds_are_refused(self):
        with pytest.raises(
            ValueError, match="edges must be whole and in range as datetime64\\[ns\\]"
        ):
            Periods(["2017-01-01", "9999-12-31"]).index_of(np.array(["2017-01-01"], "M8[ns]"))

    def test_dates_and_day_numbers_do_not_meet(self):
        with pytest.raises(TypeError, match="edges must be whole day numbers, like the times"):
            Periods(["2017-01-01", "2018-01-01"]).index_of([17169])
        with pytest.raises(TypeError, match="edges must be dates or times, like the times"):
            Periods([0, 7]).index_of(["2017-01-01"])
        with pytest.raises(TypeError, match="complete_from must be dates or times"):
            Periods(["2017-01-01", "2018-01-01"], complete_from=3)
        with pytest.raises(TypeError, match="complete_through must be whole day numbers"):
            Periods([0, 7], complete_through="2017-01-01")

    def test_no_times_have_no_index(self):
        assert Periods([0, 7]).index_of([]).tolist() == []
        assert Periods(["2017-01-01", "2018-01-01"]).index_of([]).tolist() == []

    def test_times_are_found_among_ten_thousand_periods(self):
        start = np.datetime64("1990-01-01")
        day = np.timedelta64(1, "D")
        daily = Periods.between(start, start + 10_000 * day, "day")
        assert daily.index_of(
            [start + 9_999 * day, start - day, start + 10_000 * day]
        ).tolist() == [
            9_999,
            -1,
            -1,
        ]
        assert daily.labels[9_999] == "2017-05-18"

    def test_free_periods_are_finished_exactly_if_observed(self):
        weeks = Periods([0, 7, 14, 21], complete_from=1, complete_through=20)
        assert weeks.finished.tolist() == [False, True, False]
        assert Periods([0, 7], complete_from=-100, complete_through=7).finished.tolist() == [True]
        assert Periods([0, 7], complete_from=3, complete_through=3).finished.tolist() == [False]

    def test_labels_of_free_periods_are_their_edges(self):
        assert Periods(["2017-01-01", "2017-02-15"]).labels == ("2017-01-01/2017-02-15",)
        assert Periods(["2017-01-01T12:00", "2017-02-15"]).labels == (
            "2017-01-01T12:00/2017-02-15T00:00",
        )
        assert Periods([0, 7, 14]).labels == ("0/7", "7/14")

    @pytest.mark.parametrize(
        "edges, error, message",
        [
            (["2017-01-01"], ValueError, "edges must be at least two"),
            ([], ValueError, "edges must be at least two"),
            (["2017-01-01", "2017-01-01"], ValueError, "edges must increase .* at index 1"),
            (
                [3, 2, 1],
                ValueError,
                "edges must increase from each to the next, got edges=2 at index 1",
            ),
            ([1, None], ValueError, "edges must not be missing"),
            (["2017-01-01", "2017-01-02Z"], ValueError, "edges must be naive"),
            (np.array([10**17, 10**18], "M8[Y]"), ValueError, "edges must be in the range of"),
            ([True, False], TypeError, "edges must hold naive dates or times"),
            ([[1, 2]], TypeError, "edges must be one-dimensional"),
            (5, TypeError, "edges must be one-dimensional"),
        ],
    )
    def test_says_what_is_wrong_with_the_edges(self, edges, error, message):
        with pytest.raises(error, match=message):
            Periods(edges)

    def test_observation_cannot_end_before_it_starts(self):
        with pytest.raises(
            ValueError, match="complete_from must not come after complete_through=3"
        ):
            Periods([0, 7], complete_from=4, complete_through=3)

    def test_unit_must_have_cut_the_edges(self):
        given = Periods(["2017-01-15", "2017-02-01", "2017-03-01"], unit="month")
        assert given == Periods.between("2017-01-15", "2017-03-01", "month")
        for edges in (
            ["2017-01-01", "2017-03-01"],
            ["2017-01-01", "2017-01-15", "2017-02-01"],
            [0, 31],
        ):
            with pytest.raises(
                ValueError, match="unit must be the calendar unit that cuts the edges"
            ):
                Periods(edges, unit="month")

    def test_compares_and_hashes_by_value_whatever_the_unit(self):
        months = Periods.between("2017-01-01", "2017-03-01")
        for same in (
            Periods.between(np.datetime64("2017-01-01", "ns"), dt.datetime(2017, 3, 1)),
            Periods.between(dt.date(2017, 1, 1), "2017-03-01T00:00", complete_from="2017-01-01"),
        ):
            assert months == same
            assert hash(months) == hash(same)
            assert (months == same) is True
        for other in (
            Periods.between("2017-01-01", "2017-04-01"),
            Periods(["2017-01-01", "2017-02-01", "2017-03-01"]),
            Periods.between("2017-01-01", "2017-03-01", complete_through="2017-02-28"),
            Periods.between("2017-01-01", "2017-03-01", complete_from="2017-01-02"),
            Periods([0, 31, 59]),
        ):
            assert months != other

    @pytest.mark.parametrize(
        "periods",
        [Periods([0, 7], complete_through=5), Periods.between("2017-01-15", "2017-03-01", "week")],
    )
    def test_survives_pickling_and_hashing(self, periods):
        again = pickle.loads(pickle.dumps(periods))
        assert again == periods
        assert {periods: 1}[again] == 1
        assert not again.edges.flags.writeable

    def test_representation_says_span_and_unfinished_periods(self):
        cut_off = repr(Periods.between("2017-01-15", "2017-03-01"))
        span = "start='2017-01-15', end='2017-03-01'"
        assert cut_off == f"Periods(n_periods=2, unit='month', {span}, unfinished=1)"
        assert repr(Periods([0, 7])) == "Periods(n_periods=1, start='0', end='7')"

    def test_cannot_be_changed(self):
        edges = np.array([0, 7])
        periods = Periods(edges)
        with pytest.raises(AttributeError):
            periods.unit = "month"
        with pytest.raises(ValueError, match="read-only"):
            periods.edges[0] = 1
        edges[0] = 3
        assert periods == Periods([0, 7])
