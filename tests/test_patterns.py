import numpy as np
import pytest
from evidence_strategies import evidence_of, patterns_of, tables_and_customers
from hypothesis import given

from loyalkit._patterns import ROWS, look_up, pattern_blocks, pattern_shape, tally
from loyalkit._patterns import patterns_of as numbered
from loyalkit.evidence import EvidencePiece, EvidenceTable


def many(n):
    """Customers over several blocks, with pieces whose bytes fill up differently."""
    random = np.random.default_rng(7)
    pieces = [
        EvidencePiece("a", range(1, 6)),
        EvidencePiece("b", bool),
        EvidencePiece("c", range(100, 128)),
        EvidencePiece("d", range(3, 12)),
        EvidencePiece("e", bool),
    ]
    known = {piece.name: random.choice([-1, *piece.levels], n).astype(np.int8) for piece in pieces}
    return EvidenceTable(pieces, known)


def plainly(evidence):
    digits = [
        np.where(column == -1, 0, column.astype(int) - piece.levels[0] + 1)
        for piece, column in zip(evidence.pieces, evidence.columns, strict=True)
    ]
    return np.ravel_multi_index(digits, pattern_shape(evidence.pieces))


class TestPatternsOf:
    @given(tables_and_customers())
    def test_are_numbered_with_the_last_piece_varying_fastest(self, given):
        table, rows = given
        order = patterns_of(table.pieces)
        found = numbered(evidence_of(table, rows))
        assert [order[x] for x in found] == rows
        assert found.dtype == np.uint16

    def test_do_not_depend_on_the_block(self):
        evidence = many(2 * ROWS + 5)
        found = numbered(evidence)
        assert np.array_equal(found, plainly(evidence))
        assert not found.flags.writeable

    def test_of_nobody_are_none(self):
        assert numbered(many(0)).size == 0
        assert list(pattern_blocks(many(0))) == []

    def test_fill_their_range(self):
        """One pattern less would not fit into 16 bits."""
        pieces = [EvidencePiece(name, range(127)) for name in "ab"] + [EvidencePiece("c", range(3))]
        known = {"a": [126, -1], "b": [126, -1], "c": [2, -1]}
        assert numbered(EvidenceTable(pieces, known)).tolist() == [2**16 - 1, 0]


class TestLookUp:
    @given(tables_and_customers())
    def test_equals_plain_indexing(self, given):
        table, rows = given
        evidence = evidence_of(table, rows)
        answers = np.arange(table.n_patterns, dtype=np.int8)[::-1]
        found = look_up(answers, evidence)
        assert np.array_equal(found, answers[numbered(evidence)])
        assert found.dtype == np.int8
        assert not found.flags.writeable

    def test_does_not_depend_on_the_block(self):
        evidence = many(ROWS + 1)
        answers = np.random.default_rng(2).integers(0, 9, 60_000)
        assert np.array_equal(look_up(answers, evidence), answers[plainly(evidence)])


def loyal(n, unknown=()):
    """Customers of whom six things are known, but for those named."""
    random = np.random.default_rng(8)
    pieces = [EvidencePiece(name, bool) for name in "abcd"]
    pieces += [EvidencePiece("e", range(50, 53)), EvidencePiece("f", range(100, 103))]
    known = {piece.name: random.choice(piece.levels, n).astype(np.int8) for piece in pieces}
    for name, place in unknown:
        known[name][place] = -1
    return EvidenceTable(pieces, known)


class TestLookUpOfMany:
    """Blocks in which all is known are read for two customers at once."""

    @pytest.mark.parametrize("n", [2**16 - 1, 2**16, ROWS + 1, 3 * ROWS - 7])
    @pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.bool_, np.int16, np.int64])
    def test_equals_plain_indexing(self, n, dtype):
        evidence = loyal(n)
        answers = np.random.default_rng(3).integers(-128, 128, 3**4 * 4**2).astype(dtype)
        found = look_up(answers, evidence)
        assert np.array_equal(found, answers[plainly(evidence)])
        assert found.dtype == dtype

    @pytest.mark.parametrize("name", ["a", "e", "f"])
    @pytest.mark.parametrize("place", [0, ROWS - 1, ROWS, 2 * ROWS + 10])
    def test_one_unknown_answer_is_seen_wherever_it_stands(self, name, place):
        evidence = loyal(2 * ROWS + 11, [(name, place)])
        answers = np.random.default_rng(4).integers(-128, 128, 3**4 * 4**2).astype(np.int8)
        assert np.array_equal(look_up(answers, evidence), answers[plainly(evidence)])

    @pytest.mark.parametrize("levels", [(64, 4), (65, 4)])
    def test_at_the_edge_of_a_byte(self, levels):
        random = np.random.default_rng(5)
        pieces = [EvidencePiece(name, range(k)) for name, k in zip("ab", levels, strict=True)]
        columns = {p.name: random.integers(0, p.n_values, 2**16).astype(np.int8) for p in pieces}
        evidence = EvidenceTable(pieces, columns)
        answers = random.integers(0, 100, (levels[0] + 1) * 5).astype(np.int8)
        assert np.array_equal(look_up(answers, evidence), answers[plainly(evidence)])

    def test_what_is_known_of_all_at_once_is_one_value(self):
        pieces = [EvidencePiece("a", bool), EvidencePiece("b", bool)]
        truths = np.random.default_rng(6).random(2**16) < 0.5
        evidence = EvidenceTable(pieces, {"a": True, "b": truths})
        answers = np.arange(9, dtype=np.int8)
        assert np.array_equal(look_up(answers, evidence), answers[plainly(evidence)])
        assert (look_up(answers, EvidenceTable(pieces, {"b": truths})) < 3).all()


class TestTally:
    def test_equals_one_count_over_all(self):
        evidence = many(ROWS + 1)
        found = tally(evidence)
        assert np.array_equal(found, np.bincount(plainly(evidence), minlength=found.size))

    def test_adds_up_what_customers_are_worth(self):
        evidence = many(ROWS + 1)
        worth = np.arange(evidence.n)
        expected = np.bincount(plainly(evidence), worth, minlength=tally(evidence).size)
        assert np.array_equal(tally(evidence, worth), expected)

    def test_counts_nobody_as_nobody(self):
        assert not tally(many(0)).any()
