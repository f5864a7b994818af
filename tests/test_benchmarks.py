"""The benchmark itself: contenders agree, turns are fair, tables are whole. No time is asserted."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

benchmarks = pytest.importorskip("benchmarks", reason="not part of what is installed")

import benchmarks.__main__ as command  # noqa: E402 - the package may be absent
from benchmarks import data, table  # noqa: E402
from benchmarks.harness import (  # noqa: E402
    Measurement,
    Timing,
    check_answers,
    growth,
    peak_memory,
    read,
    same,
    take_turns,
)
from benchmarks.measuring import measure  # noqa: E402
from benchmarks.workload import Workload  # noqa: E402
from benchmarks.workloads import workloads  # noqa: E402

ALL = {workload.name: workload for workload in workloads() if workload.available}


class TestData:
    def test_the_top_fifth_of_customers_make_four_fifths_of_the_rows(self):
        codes = data.customers(200_000, np.random.default_rng(1))
        rows = np.sort(np.bincount(codes, minlength=20_000))[::-1]
        assert rows[:4_000].sum() / rows.sum() == pytest.approx(0.8, abs=0.02)

    @pytest.mark.parametrize("kind", ["dense", "sparse", "text"])
    def test_customers_have_ids_of_their_own(self, kind):
        assert np.unique(data.ids(10_000, kind, np.random.default_rng(1))).size == 10_000

    def test_text_is_spelt_out(self):
        rows = data.Table(id=(np.array(["b", "a"]), np.array([1, 0, 1])))
        assert rows.id.tolist() == ["a", "b", "a"]
        assert rows.columns["id"] is rows.id


class TestSame:
    @given(st.lists(st.integers(-5, 5)), st.lists(st.integers(-5, 5)))
    def test_whole_numbers_agree_exactly_or_not_at_all(self, first, second):
        assert same(np.array(first, np.int64), np.array(second, np.int32)) == (first == second)

    def test_floats_agree_to_nine_digits(self):
        assert same(1.0, 1.0 + 1e-10)
        assert not same(1.0, 1.0 + 1e-8)
        assert same([1.0, np.nan], [1.0, np.nan])
        assert not same(np.ones(1), np.ones(2))

    def test_parts_of_an_answer_all_have_to_agree(self):
        assert same((1, [2.5, 3]), [1, (2.5, 3)])
        assert not same((1, 2), (1, 3))
        assert not same((1, 2), (1,))


class TestTurns:
    def test_contenders_take_turns(self):
        seen = []
        calls = {name: lambda name=name: seen.append(name) for name in "ab"}
        assert {timing.runs for timing in take_turns(calls, 7).values()} == {7}
        assert "".join(seen) == "ab" * 7

    def test_a_slow_contender_gets_three_turns_and_the_others_all(self):
        calls = {"slow": lambda: sum(range(10**5)), "quick": int}
        timings = take_turns(calls, 7, patience=1e-4)
        assert (timings["slow"].runs, timings["quick"].runs) == (3, 7)

    def test_who_disagrees_is_told(self):
        with pytest.raises(AssertionError, match="tally: b says 3, a says 2"):
            check_answers("tally", {"a": lambda: 1, "b": lambda: 2}, lambda x: x + 1)


class TestMemoryAndGrowth:
    def test_peak_counts_what_was_freed_before_the_end(self):
        def call():
            np.zeros(10**6)
            return np.zeros(10**5)

        assert 8e6 <= peak_memory(call) < 8.2e6

    def test_reading_sums_all_whole_words(self):
        columns = [np.arange(16, dtype=np.uint64), np.ones(17, np.int8)]
        assert read(columns)() == [120, 2 * int.from_bytes(b"\1" * 8, "little")]

    @given(st.floats(0.1, 2.5), st.floats(1e-9, 1))
    def test_growth_of_a_power_law_is_its_exponent(self, exponent, factor):
        sizes = [10**5, 10**6, 10**7]
        assert growth(sizes, [factor * n**exponent for n in sizes]) == pytest.approx(exponent)


class TestWorkloads:
    @pytest.mark.parametrize("name", ALL)
    def test_all_contenders_give_the_same_answer(self, name):
        found = measure(ALL[name], 4_000, runs=1)
        assert found.timings["loyalkit"].runs == 1

    @pytest.mark.parametrize("name", ALL)
    def test_memory_stays_within_its_bound(self, name):
        workload = ALL[name]
        rows = data.Table(**workload.make(300_000, np.random.default_rng(2)))
        workload.loyalkit(rows)
        assert peak_memory(lambda: workload.loyalkit(rows)) <= workload.most_bytes(300_000)

    def test_names_differ(self):
        assert len(ALL) == len([workload for workload in workloads() if workload.available])

    def test_a_peer_that_is_too_slow_sits_out(self):
        class Slow(Workload):
            largest = {"pandas": 10}  # noqa: RUF012

            pandas = Workload.loyalkit

        assert Slow().contenders(11) == ["loyalkit"]

    def test_one_thread_leaves_out_peers_that_have_no_other(self):
        pytest.importorskip("polars")
        pytest.importorskip("pyarrow")
        found = measure(ALL["NPS tally, int8"], 1_000, threads="one", runs=1)
        assert set(found.timings) <= {"loyalkit", "polars", "duckdb", "floor"}


def measurement(workload, rows, *, threads="all", **seconds):
    timings = {name: Timing(x, 7) for name, x in seconds.items()}
    return Measurement(workload, rows, threads, timings, peak_bytes=10**6, most_bytes=2 * 10**6)


class TestPage:
    def test_says_how_loyalkit_compares_and_grows(self):
        workload = ALL["NPS tally, int8"]
        found = [
            measurement(workload.name, 1000, loyalkit=0.001, polars=0.003, floor=0.0005),
            measurement(workload.name, 100_000, loyalkit=0.1, polars=0.05, duckdb=1, floor=0.02),
            measurement(workload.name, 100_000, threads="one", loyalkit=0.1, polars=0.4),
        ]
        line = table.summary([workload], found).splitlines()[-1]
        assert [cell.strip() for cell in line.strip("|").split("|")] == [
            "NPS tally, int8", "100,000", "100", "50 (polars)", "**2**", "0.25", "1", "5",
            "1", "2", "1",
        ]  # fmt: skip

    def test_every_line_of_a_table_has_as_many_cells_as_its_head(self):
        found = [
            measurement(name, rows, loyalkit=0.1, polars=0.2) for name in ALL for rows in (10, 100)
        ]
        without = found[-2:]
        page = table.page(
            list(ALL.values()), found, without, "WIDE", {"a": 0.1}, {"b": 1e-6}, "2026-11-26"
        )
        tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
        assert len(tables) == 5
        for lines in map(str.splitlines, tables):
            assert {line.count("|") for line in lines} == {lines[0].count("|")}
        assert all(name in page for name in ALL)
        assert "2026-11-26" in page

    def test_says_what_was_switched_off_where_something_was(self):
        workload = ALL["NPS tally, int8"]
        fast, slow = (
            [measurement(workload.name, 1000, loyalkit=x, polars=0.003)] for x in (0.001, 0.006)
        )
        page = table.page([workload], slow, fast, "WIDE WIDER", {}, {}, "")
        before, after = page.split('NPY_DISABLE_CPU_FEATURES="WIDE WIDER"')
        assert "**2**" in before
        assert "0.33" in after
        assert "NPY_DISABLE" not in table.page([workload], slow, [], "", {}, {}, "")

    def test_fewer_than_seven_turns_are_told(self):
        one = Measurement("a", 10, "all", {"loyalkit": Timing(0.1, 3)}, 0, 0)
        assert "100 (3)" in table.everybody([one])

    def test_names_no_place(self):
        assert "/" not in table.machine()


class TestCommand:
    def test_writes_a_page(self, tmp_path):
        written = tmp_path / "measured.md"
        command = [sys.executable, "-m", "benchmarks", "--rows", "1e3", "2e3", "--runs", "1"]
        command += ["--only", "tally, int8", "--output", written]
        root = Path(benchmarks.__file__).parent.parent
        subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=300)
        assert "| NPS tally, int8 | 2,000 |" in written.read_text("utf-8")

    def test_what_sorts_is_measured_again_without_the_instructions_found(
        self, monkeypatch, tmp_path
    ):
        asked = []

        def remember(_given, threads, only, disabled=""):
            asked.append((threads, tuple(only), disabled))
            return [measurement(name, 10, threads=threads, loyalkit=0.1) for name in only], True

        monkeypatch.setattr(command, "measure_apart", remember)
        monkeypatch.setattr(command, "avx512", lambda: "WIDE")
        monkeypatch.setattr(command, "first_uses", lambda _runs: {})
        monkeypatch.setattr(command, "scalar_calls", dict)
        names = ["distinct sparse int64 ids", "month of each time"]
        written = tmp_path / "measured.md"
        monkeypatch.setattr(sys, "argv", ["x", "--only", *names, "--output", str(written)])
        assert command.main() == 0
        both, sorting = tuple(names), ("distinct sparse int64 ids",)
        first = [("all", both, ""), ("one", both, "")]
        assert asked == [*first, ("all", sorting, "WIDE"), ("one", sorting, "WIDE")]
        assert 'NPY_DISABLE_CPU_FEATURES="WIDE"' in written.read_text("utf-8")

    def test_one_failure_does_not_keep_the_others_from_being_measured(self, monkeypatch, capsys):
        def measure_or_fail(workload, rows, threads, _runs):
            if rows == 2:
                raise AssertionError("polars says 1, loyalkit says 2")
            return measurement(workload.name, rows, threads=threads, loyalkit=0.1)

        monkeypatch.setattr(command, "measure", measure_or_fail)
        asked = ["--measure", "all", "--rows", "1", "2", "3", "--only", "tally, int8"]
        assert command.measure_here(command.arguments(asked)) == 1
        told = capsys.readouterr()
        assert [command._read(line).rows for line in told.out.splitlines()] == [1, 3]
        assert "NPS tally, int8, 2 rows: AssertionError('polars says" in told.err
