"""
Decision tables: ordered rules over pieces of evidence, checked, and ready for unknown answers.

Conventions: the first rule that holds decides. A *combination* has a value for every
piece of evidence; a *pattern* may also have unknowns. There are few of either, so every
answer is worked out once for each pattern and then looked up for each customer.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._arrays import frozen
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._patterns import MOST_PATTERNS, pattern_shape, patterns_of
from loyalkit.classification import L, validate_labels
from loyalkit.evidence import LOYALTY_EVIDENCE, EvidencePiece, EvidenceTable

__all__ = ["Rule", "RuleTable"]

Allowed: TypeAlias = int | Collection[int]
"""The value that a piece of evidence must have, or the values it may have."""

Condition: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Pieces of evidence and the values that each may have, all of which must hold."""


def _condition(when: Mapping[str, Allowed]) -> Condition:
    return tuple((name, _values(name, allowed)) for name, allowed in when.items())


def _values(name: str, allowed: Any) -> tuple[int, ...]:
    several = isinstance(allowed, Collection) and not isinstance(allowed, str | bytes)
    values: list[Any] = list(cast(Any, allowed)) if several else [allowed]
    if not all(isinstance(value, int) for value in values):
        refuse_type(name, "must be a value or a collection of values", repr(values))
    return tuple(sorted(map(int, values)))


def _optional_condition(when: Mapping[str, Allowed] | None) -> Condition | None:
    return None if when is None else _condition(when)


@attrs.frozen(kw_only=True)
class Rule(Generic[L]):
    """
    One row of a decision table: under which evidence which label, and why.

    Parameters
    ----------
    id : str
        Short name of the row.
    when : mapping of str to int or collection of int
        Pieces of evidence and the value or values that each may have. Pieces that are
        not named do not matter; an empty mapping holds always.
    label : IntEnum
        The label of everybody for whom this is the first rule that holds.
    why : str
        The reason, as a sentence without its full stop.
    phrase : str
        The words of the source that the row is traced to.
    interpretation : mapping of str to int or collection of int, optional
        Further condition under which the row reads more into the source than its words
        say. An empty mapping means always; None never.

    Raises
    ------
    TypeError
        If a value that a piece may have is not a truth value or a level.

    Examples
    --------
    >>> from loyalkit import Rule, Segment
    >>> rule = Rule(id="1", when={"buys_regularly": True}, label=Segment.CORE, why="Buys often")
    >>> rule.when
    (('buys_regularly', (1,)),)
    """

    id: str
    when: Condition = attrs.field(converter=_condition)
    label: L
    why: str
    phrase: str = ""
    interpretation: Condition | None = attrs.field(default=None, converter=_optional_condition)


def _rules(rules: Iterable[Rule[L]]) -> tuple[Rule[L], ...]:
    return tuple(rules)


def _pieces(pieces: Iterable[EvidencePiece]) -> tuple[EvidencePiece, ...]:
    return tuple(pieces)


@attrs.frozen(repr=False)
class RuleTable(Generic[L]):
    """
    Ordered rules that give every combination of evidence exactly one label.

    Parameters
    ----------
    rules : sequence of Rule
        The rules; the first that holds decides.
    pieces : sequence of EvidencePiece
        What the rules may ask about; the six pieces of `Evidence` unless told otherwise.

    Raises
    ------
    TypeError
        If the labels are not of one kind.
    ValueError
        If a combination has no rule, a rule is never reached, two rules have the same
        id, or a rule asks for a piece or a value that does not exist.

    See Also
    --------
    assign_segments : Uses a table on the evidence about customers.
    assign_labels : Uses a table whose labels are not the five kinds of loyalty.

    Examples
    --------
    A firm that only wants to know who its hard core is, and who is no more than loyal
    (`assign_labels` shows a table about pieces and labels of one's own):

    >>> from loyalkit import Evidence, Rule, RuleTable, Segment, assign_segments
    >>> table = RuleTable(
    ...     [
    ...         Rule(id="1", when={"attachment": 2}, label=Segment.CORE, why="Loves us"),
    ...         Rule(id="2", when={"buys_regularly": True}, label=Segment.FALSE, why="Buys"),
    ...         Rule(id="3", when={}, label=Segment.LOW, why="Does neither"),
    ...     ]
    ... )
    >>> evidence = Evidence(buys_regularly=[True, True, False], attachment=[2, 0, None])
    >>> assign_segments(evidence, table)
    SegmentAssignment(CORE=1, FALSE=1, UNDISCOVERED=0, SPLIT=0, LOW=0, undetermined=1)
    """

    rules: tuple[Rule[L], ...] = attrs.field(converter=_rules)
    pieces: tuple[EvidencePiece, ...] = attrs.field(default=LOYALTY_EVIDENCE, converter=_pieces)
    rows: NDArray[np.int16] = attrs.field(init=False, eq=False, repr=False)

    def __repr__(self) -> str:
        return f"RuleTable({len(self.rules)} rules)"

    def __attrs_post_init__(self) -> None:
        self._check_names()
        if self.n_patterns > MOST_PATTERNS:
            refuse("pieces", f"must make at most {MOST_PATTERNS} patterns", len(self.pieces))
        rows = np.full([piece.n_values for piece in self.pieces], -1, np.int16)
        for row, rule in enumerate(self.rules):
            reached = self._where(rule.when) & (rows == -1)
            if not reached.any():
                refuse("rules", "must all be reachable: others come before it", rule.id, row)
            rows[reached] = row
        if (rows == -1).any():
            values = np.argwhere(rows == -1)[0].tolist()
            advice = f"must cover every combination: add one for {self._words(values)}"
            refuse("rules", advice, tuple(rule.id for rule in self.rules))
        object.__setattr__(self, "rows", frozen(rows))

    def __reduce__(self) -> tuple[Any, ...]:
        return RuleTable, (self.rules, self.pieces)

    @property
    def labels(self) -> type[L]:
        """The kind of label that the rules give."""
        return type(self.rules[0].label)

    @property
    def n_patterns(self) -> int:
        """Combinations of known and unknown values; 972 for the six pieces of `Evidence`."""
        return math.prod(self.pattern_shape)

    @property
    def pattern_shape(self) -> tuple[int, ...]:
        """Length of each axis of the patterns: unknown first, then the values in order."""
        return pattern_shape(self.pieces)

    @property
    def label_rows(self) -> NDArray[np.int8]:
        """Value of the label of each combination, one axis a piece."""
        return np.array([rule.label for rule in self.rules], np.int8)[self.rows]

    @property
    def interpreted(self) -> NDArray[np.bool_]:
        """Which combinations are decided by an interpretation, one axis a piece."""
        found = np.zeros(self.rows.shape, bool)
        for row, rule in enumerate(self.rules):
            if rule.interpretation is not None:
                found |= (self.rows == row) & self._where(rule.interpretation)
        return found

    def widen(self, combinations: NDArray[Any], over: np.ufunc) -> NDArray[Any]:
        """
        Carry an answer for every combination over to every pattern.

        Parameters
        ----------
        combinations : ndarray
            An answer for each combination, one axis a piece.
        over : ufunc
            What becomes of several answers where a piece is unknown: `numpy.logical_and`
            for what is certain, `numpy.logical_or` for what is possible.

        Returns
        -------
        ndarray, shape (n_patterns,)
            The answer for each pattern, over all its completions.
        """
        for axis, piece in enumerate(self.pieces):
            if piece.when_unknown is None:
                unknown = over.reduce(combinations, axis=axis, keepdims=True)
            else:
                read_as = piece.levels.index(piece.when_unknown)
                unknown = combinations.take([read_as], axis=axis)
            combinations = np.concatenate([unknown, combinations], axis=axis)
        return combinations.ravel()

    def settle(self, combinations: NDArray[Any]) -> NDArray[Any]:
        """
        Tell what follows from each pattern if only one answer is left.

        Parameters
        ----------
        combinations : ndarray of int
            An answer of at least 0 for each combination, one axis a piece.

        Returns
        -------
        ndarray of int, shape (n_patterns,)
            The answer where all completions agree, else -1.
        """
        lowest = self.widen(combinations, np.minimum)
        highest = self.widen(combinations, np.maximum)
        return np.where(lowest == highest, lowest, -1).astype(combinations.dtype)

    def possible(self) -> NDArray[np.bool_]:
        """
        Tell which labels each pattern leaves possible.

        Returns
        -------
        ndarray of bool, shape (number of labels, n_patterns)
            True where a completion of the pattern has the label.
        """
        found = self.label_rows
        return np.array([self.widen(found == label, np.logical_or) for label in self.labels])

    def completions(self, known: Sequence[int]) -> tuple[int | slice, ...]:
        """
        Index the combinations that what is known of a customer may turn out to be.

        Parameters
        ----------
        known : sequence of int
            The value of each piece, -1 where it is unknown.

        Returns
        -------
        tuple of int or slice
            An index into arrays with one axis a piece, such as `label_rows`.
        """
        read = (
            piece.when_unknown if value == -1 else value
            for piece, value in zip(self.pieces, known, strict=True)
        )
        return tuple(
            slice(None) if value is None else piece.levels.index(value)
            for piece, value in zip(self.pieces, read, strict=True)
        )

    def patterns(self, evidence: EvidenceTable) -> NDArray[np.uint16]:
        """
        Number the pattern of evidence of each customer.

        Parameters
        ----------
        evidence : Evidence or EvidenceTable
            What is known about each customer.

        Returns
        -------
        ndarray of uint16, shape (n,)
            Position of each customer's pattern, the last piece varying fastest.

        Raises
        ------
        TypeError
            If ``evidence`` is not evidence.
        ValueError
            If the table is about other pieces of evidence.
        """
        self.check(evidence)
        return patterns_of(evidence)

    def check(self, evidence: EvidenceTable) -> None:
        """
        Refuse evidence about other pieces than the table's.

        Parameters
        ----------
        evidence : Evidence or EvidenceTable
            What is known about each customer.

        Raises
        ------
        TypeError
            If ``evidence`` is not evidence.
        ValueError
            If its pieces have other names, values or another order.
        """
        instance("evidence", evidence, EvidenceTable)
        mine, theirs = ([(x.name, x.values) for x in y.pieces] for y in (self, evidence))
        if mine != theirs:
            wanted = ", ".join(name for name, _ in mine)
            names = [name for name, _ in theirs]
            refuse("evidence", f"must be about the pieces of the rules, {wanted}", names)

    def _check_names(self) -> None:
        if not self.rules:
            refuse("rules", "must not be empty", ())
        for rule in self.rules:
            instance("rules", rule, Rule)
        names = [piece.name for piece in self.pieces]
        if len(set(names)) < len(names) or not names:
            refuse("pieces", "must have different names, and be one at least", names)
        validate_labels("labels", self.labels)
        ids: list[str] = []
        for row, rule in enumerate(self.rules):
            if rule.id in ids:
                refuse("rules", "must have different ids", rule.id, row)
            if type(rule.label) is not self.labels:
                refuse_type("rules", f"must all give a {self.labels.__name__}", repr(rule.label))
            ids.append(rule.id)
            self._check_condition(rule, rule.when)
            self._check_condition(rule, rule.interpretation or ())

    def _check_condition(self, rule: Rule[L], condition: Condition) -> None:
        levels = {piece.name: piece.levels for piece in self.pieces}
        for name, allowed in condition:
            if name not in levels:
                refuse("rules", f"must ask about {', '.join(levels)}", name, rule.id)
            lowest, highest = levels[name][0], levels[name][-1]
            if not set(allowed) <= set(levels[name]):
                rule_text = f"must ask for values of {name} from {lowest} to {highest}"
                refuse("rules", rule_text, allowed, rule.id)

    def _where(self, condition: Condition) -> NDArray[np.bool_]:
        found = np.ones([piece.n_values for piece in self.pieces], bool)
        names = [piece.name for piece in self.pieces]
        for name, allowed in condition:
            axis = names.index(name)
            marks = np.array([value in allowed for value in self.pieces[axis].levels])
            found &= marks.reshape(-1, *[1] * (found.ndim - axis - 1))
        return found

    def _words(self, places: list[int]) -> str:
        return ", ".join(
            f"{piece.name}={piece.word(piece.levels[place])}"
            for piece, place in zip(self.pieces, places, strict=True)
        )
