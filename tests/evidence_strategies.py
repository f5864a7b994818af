"""Decision tables of a firm's own, and what may be known of its customers."""

import itertools
from enum import IntEnum
from functools import lru_cache

import attrs
import numpy as np
from hypothesis import strategies as st

from loyalkit.evidence import EvidencePiece, EvidenceTable
from loyalkit.rules import Rule, RuleTable

Mood = IntEnum("Mood", {"BAD": 0, "FAIR": 1, "GOOD": 2})
Answer = IntEnum("Answer", {"STAY": 3, "GO": 0, "ASK": 9})
"""Values that are neither in order nor next to one another."""

PIECES = (
    EvidencePiece("rain", bool, "Does it rain?"),
    EvidencePiece("score", range(2, 5), "Which score?"),
    EvidencePiece("mood", Mood, "How is the mood?"),
)


@st.composite
def rule_tables(draw, pieces=PIECES):
    """Random rules, of which those that are never reached are left out, and a last resort."""
    read_as = draw(st.tuples(*(st.sampled_from([None, *p.levels]) for p in pieces)))
    pieces = [attrs.evolve(p, when_unknown=w) for p, w in zip(pieces, read_as, strict=True)]
    conditions = st.fixed_dictionaries(
        {}, optional={p.name: st.sets(st.sampled_from(p.levels), min_size=1) for p in pieces}
    )
    rules, covered = [], set()
    for when in [*draw(st.lists(conditions, max_size=6)), {}]:
        new = {c for c in combinations(pieces) if holds(when, pieces, c)} - covered
        if new:
            label = draw(st.sampled_from(Answer))
            rules.append(Rule(id=str(len(rules)), when=when, label=label, why="Chance"))
        covered |= new
    return RuleTable(rules, pieces)


@st.composite
def tables_and_customers(draw, max_size=12):
    """A table, and what is known of some customers, -1 where nothing is."""
    table = draw(rule_tables())
    values = st.tuples(*(st.sampled_from([-1, *p.levels]) for p in table.pieces))
    return table, draw(st.lists(values, max_size=max_size))


def evidence_of(table, rows):
    columns = np.array(rows, np.int8).reshape(-1, len(table.pieces)).T
    names = [piece.name for piece in table.pieces]
    return EvidenceTable(table.pieces, dict(zip(names, columns, strict=True)))


def combinations(pieces):
    return list(itertools.product(*(piece.levels for piece in pieces)))


def patterns_of(pieces):
    """All rows of known and unknown values, in the order of the patterns."""
    return list(itertools.product(*([-1, *piece.levels] for piece in pieces)))


def holds(when, pieces, combination):
    values = {piece.name: v for piece, v in zip(pieces, combination, strict=True)}
    return all(values[name] in allowed for name, allowed in dict(when).items())


@lru_cache(maxsize=4)
def first_rules(table):
    """The first rule that holds for each combination."""
    return {
        combination: next(
            i for i, rule in enumerate(table.rules) if holds(rule.when, table.pieces, combination)
        )
        for combination in combinations(table.pieces)
    }


def first_rule(table, combination):
    return first_rules(table)[combination]


def completions(table, row):
    """All combinations that a row may turn out to be."""
    choices = [
        [value]
        if value != -1
        else piece.levels
        if piece.when_unknown is None
        else [piece.when_unknown]
        for piece, value in zip(table.pieces, row, strict=True)
    ]
    return list(itertools.product(*choices))


def rules_left(table, row):
    first = first_rules(table)
    return {first[c] for c in completions(table, row)}


def labels_left(table, row):
    return {table.rules[rule].label for rule in rules_left(table, row)}
