"""
What a decision table says about each customer, as far as the evidence goes.

Conventions: a customer whose evidence leaves several labels possible has the code -1.
What is said of a customer holds in every completion of what is unknown.
"""

from collections.abc import Sequence
from typing import Any, Generic

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import complete, frozen, same_length
from loyalkit._labels import encode
from loyalkit._messages import instance, refuse
from loyalkit._patterns import look_up, tally
from loyalkit._scalars import count
from loyalkit.classification import Classification, L
from loyalkit.evidence import EvidencePiece, EvidenceTable
from loyalkit.questions import rank_questions
from loyalkit.rule_counts import RuleCounts, counts_by_code, counts_of
from loyalkit.rules import Rule, RuleTable

__all__ = ["Explanation", "RuleAssignment", "assign_labels"]


@attrs.frozen(kw_only=True)
class Explanation(Generic[L]):
    """
    Why one customer carries a label, or what is left of the choice.

    ``str()`` puts it into a sentence or two.

    Parameters
    ----------
    possible : tuple of IntEnum
        The labels that the evidence leaves possible.
    rules : tuple of Rule
        The rows of the table that decide in one completion or another.
    question : EvidencePiece, optional
        What to ask next; None if the label is settled.
    flags : tuple of tuple of str
        What else is certain: name of each flag, and what it means.
    objective : str, optional
        What to aim at with this customer; empty if that is not settled or not known.

    See Also
    --------
    RuleAssignment.explanation : Makes it.

    Examples
    --------
    >>> from loyalkit import Evidence, assign_segments
    >>> assignment = assign_segments(Evidence(buys_regularly=False, attachment=[0, 2]))
    >>> explanation = assignment.explanation(0)
    >>> explanation.label, [rule.id for rule in explanation.rules]
    (<Segment.LOW: 4>, ['S2'])
    >>> assignment.explanation(1).question.name
    'buys_exclusively'
    """

    possible: tuple[L, ...]
    rules: tuple[Rule[L], ...]
    question: EvidencePiece | None
    flags: tuple[tuple[str, str], ...] = ()
    objective: str = ""

    @property
    def label(self) -> L | None:
        """The label if it is settled, else None."""
        return self.possible[0] if len(self.possible) == 1 else None

    def __str__(self) -> str:
        told = self._open() if self.question is not None else self._settled()
        notes = [f"{name} ({meaning})" for name, meaning in self.flags]
        return f"{told} Note: {', '.join(notes)}." if notes else told

    def _settled(self) -> str:
        reasons = "; or ".join(f"{rule.why} ({rule.id})" for rule in self.rules)
        aim = f" Aim: {self.objective}." if self.objective else ""
        return f"{self.possible[0].name}: {reasons}.{aim}"

    def _open(self) -> str:
        *others, last = [label.name for label in self.possible]
        asked = self.question
        ask = "" if asked is None else f" Ask next ({asked.name}): {asked.question}"
        return f"Open between {', '.join(others)} and {last}.{ask}".rstrip(": ")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RuleAssignment(Classification[L]):
    """
    The label that a decision table gives each customer, or what is left of the choice.

    Parameters
    ----------
    evidence : Evidence or EvidenceTable
        What is known about each customer.
    table : RuleTable
        The decision table.

    Raises
    ------
    TypeError
        If ``evidence`` is not evidence.
    ValueError
        If the rules are about other pieces of evidence.

    See Also
    --------
    assign_labels : Makes it.
    assign_segments : The same for the five kinds of loyalty.

    Notes
    -----
    Each pattern of known and unknown evidence has its answers in the table; all but the
    codes are looked up in it when they are asked for.
    """

    evidence: EvidenceTable
    table: RuleTable[L]
    labels: type[L] = attrs.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        init=False, default=attrs.Factory(lambda self: self.table.labels, takes_self=True)
    )
    codes: NDArray[np.int8] = attrs.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        init=False,
        default=attrs.Factory(
            lambda self: _settled_codes(self.table, self.evidence), takes_self=True
        ),
    )

    @override
    def __attrs_post_init__(self) -> None:
        """Codes out of a table need no check."""

    @property
    def patterns(self) -> NDArray[np.uint16]:
        """Each customer's pattern of evidence, as `RuleTable.patterns` numbers them."""
        return self.table.patterns(self.evidence)

    @property
    def rules(self) -> NDArray[np.int16]:
        """Row of the table that decides on each customer; -1 where it may be several."""
        return look_up(self.table.settle(self.table.rows), self.evidence)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Names of the rows that `rules` refers to."""
        return tuple(rule.id for rule in self.table.rules)

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Which labels each customer may carry, in their order: shape (n, number of labels)."""
        found = np.empty((len(self.labels), self.n), bool)
        for row, answers in zip(found, self.table.possible(), strict=True):
            row[:] = look_up(answers, self.evidence)
        return frozen(found.T)

    @property
    def bounds(self) -> dict[L, tuple[int, int]]:
        """The fewest and the most customers that each label can have [customers]."""
        return self.tally().bounds

    def tally(self) -> RuleCounts[L]:
        """
        Count the customers by pattern of evidence.

        Returns
        -------
        RuleCounts
            Counts that add up over disjoint customers.
        """
        return counts_of(self.table, tally(self.evidence))

    def by_group(self, groups: ArrayLike | Sequence[Any]) -> dict[Any, RuleCounts[L]]:
        """
        Count the customers of each shop, channel or other group.

        Parameters
        ----------
        groups : array_like, shape (n,)
            The group of each customer: numbers, text or dates of one kind.

        Returns
        -------
        dict of label to RuleCounts
            Counts, shares, bounds and intervals of each group, groups ascending.

        Raises
        ------
        TypeError
            If the groups are of several kinds.
        ValueError
            If a group is missing, or there is not one for each customer.

        Examples
        --------
        >>> from loyalkit import Evidence, Segment, assign_segments
        >>> assignment = assign_segments(Evidence(buys_regularly=False, attachment=[0, 2, None]))
        >>> by_shop = assignment.by_group(["north", "north", "south"])
        >>> by_shop["north"].shares[Segment.LOW], by_shop["south"].bounds[Segment.LOW]
        (0.5, (0, 1))
        """
        labels, codes = encode("groups", complete("groups", groups))
        same_length(groups=codes, evidence=self.evidence.columns[0])
        counted = counts_by_code(self.table, self.patterns, codes, labels.size)
        return dict(zip(labels.tolist(), counted, strict=True))

    def explanation(self, customer: int) -> Explanation[L]:
        """
        Say what the evidence about a customer leads to, and why.

        Parameters
        ----------
        customer : int
            Position of the customer, from 0.

        Returns
        -------
        Explanation
            Labels left, deciding rows, flags, objective, and the question to ask next.

        Raises
        ------
        TypeError
            If ``customer`` is not a number.
        ValueError
            If there is no such customer.
        """
        place = count("customer", customer)
        if place >= self.n:
            refuse("customer", f"must be less than n={self.n}", place)
        known = [int(column[place]) for column in self.evidence.columns]
        left = self.table.completions(known)
        rows: list[int] = np.unique(self.table.rows[left]).tolist()
        deciding = [self.table.rules[row] for row in rows]
        may_be = {rule.label for rule in deciding}
        possible = tuple(label for label in self.labels if label in may_be)
        return Explanation(
            possible=possible,
            rules=tuple(deciding),
            question=self._best_question(known) if len(possible) > 1 else None,
            flags=self._notes(left),
            objective=self._objective(possible[0]) if len(possible) == 1 else "",
        )

    def explain(self, customer: int) -> str:
        """
        Say in words what the evidence about a customer leads to, and why.

        Parameters
        ----------
        customer : int
            Position of the customer, from 0.

        Returns
        -------
        str
            Label, row, reason, flags and objective; where several labels are left, those
            and the question to ask next.

        Raises
        ------
        TypeError
            If ``customer`` is not a number.
        ValueError
            If there is no such customer.
        """
        return str(self.explanation(customer))

    def _best_question(self, known: list[int]) -> EvidencePiece:
        names = (piece.name for piece in self.table.pieces)
        one = EvidenceTable(self.table.pieces, dict(zip(names, known, strict=True)))
        best = rank_questions(tally(one), self.table, {})[0].evidence
        return next(piece for piece in self.table.pieces if piece.name == best)

    def _notes(self, left: tuple[int | slice, ...]) -> tuple[tuple[str, str], ...]:
        meaning = "the row reads more into its source than that says"
        read = bool(self.table.interpreted[left].all())
        return (("by_interpretation", meaning),) if read else ()

    def _objective(self, label: L) -> str:  # noqa: ARG002, for others to override
        return ""

    @override
    def _fewest_and_most(self, label: L) -> tuple[int, int]:
        return self.bounds[label]

    @override
    def _may_be(self, label: L) -> NDArray[np.bool_]:
        place = list(self.labels).index(label)
        return look_up(self.table.possible()[place], self.evidence)


def _settled_codes(table: RuleTable[Any], evidence: EvidenceTable) -> NDArray[np.int8]:
    table.check(evidence)
    return look_up(table.settle(table.label_rows), evidence)


def assign_labels(evidence: EvidenceTable, rules: RuleTable[L]) -> RuleAssignment[L]:
    """
    Tell what a decision table of one's own says about each customer.

    Parameters
    ----------
    evidence : Evidence or EvidenceTable
        What is known about each customer.
    rules : RuleTable
        The decision table, about the same pieces.

    Returns
    -------
    RuleAssignment
        The label of each customer; -1 exactly where what is unknown could still lead to
        different labels.

    Raises
    ------
    TypeError
        If ``evidence`` is not evidence or ``rules`` not a `RuleTable`.
    ValueError
        If the rules are about other pieces of evidence.

    See Also
    --------
    assign_segments : The five kinds of loyalty, with their flags and objectives.
    next_questions : What to ask in order to settle more customers.

    Examples
    --------
    A shop treats its customers by three scores from 1 to 5. Some spend is not known yet:

    >>> from enum import IntEnum
    >>> from loyalkit import EvidencePiece, EvidenceTable, Rule, RuleTable, assign_labels
    >>> Care = IntEnum("Care", {"THANK": 0, "WIN_BACK": 1, "LEAVE": 2})
    >>> names = ("recency", "frequency", "monetary")
    >>> pieces = [EvidencePiece(name, range(1, 6), f"Which {name} score?") for name in names]
    >>> table = RuleTable(
    ...     [
    ...         Rule(
    ...             id="top",
    ...             when={"recency": (4, 5), "frequency": (4, 5)},
    ...             label=Care.THANK,
    ...             why="Comes often and was here lately",
    ...         ),
    ...         Rule(
    ...             id="asleep",
    ...             when={"recency": (1, 2), "monetary": (4, 5)},
    ...             label=Care.WIN_BACK,
    ...             why="Spent much and has not been seen for long",
    ...         ),
    ...         Rule(id="rest", when={}, label=Care.LEAVE, why="Needs no extra care"),
    ...     ],
    ...     pieces,
    ... )
    >>> scores = EvidenceTable(
    ...     pieces,
    ...     {"recency": [5, 1, 2, 3], "frequency": [4, 2, 5, 1], "monetary": [3, 5, None, 2]},
    ... )
    >>> care = assign_labels(scores, table)
    >>> care
    RuleAssignment(THANK=1, WIN_BACK=1, LEAVE=1, undetermined=1)
    >>> care.bounds[Care.WIN_BACK]
    (1, 2)
    >>> print(care.explain(2))
    Open between WIN_BACK and LEAVE. Ask next (monetary): Which monetary score?
    """
    instance("rules", rules, RuleTable)
    return RuleAssignment(evidence=evidence, table=rules)
