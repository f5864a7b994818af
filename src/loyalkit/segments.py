"""
The five kinds of loyalty: which one each customer shows, as far as the evidence goes.

Conventions: a customer whose evidence leaves several kinds possible has the code -1.
What is said of a customer holds in every completion of what is unknown. Whether the
reason is known is the firm's own knowledge: unknown is read as no.
"""

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from loyalkit._arrays import frozen
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import count
from loyalkit.classification import Classification
from loyalkit.evidence import Evidence
from loyalkit.kinds import LOYALTY_RULES, SEGMENT_PROFILES, Segment
from loyalkit.questions import rank_questions
from loyalkit.rules import RuleTable, look_up, tally

_FLAG_NOTES = {
    "also_split": "buys elsewhere too",
    "check_undiscovered": "may be a loyal customer not yet discovered",
    "reason_gap": "no reason for the loyalty is on record",
    "captive_risk": "buys only here and has no choice",
    "by_interpretation": "the row reads more into the article than it says",
    "contradictory": "buys elsewhere, so there are alternatives",
}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SegmentAssignment(Classification[Segment]):
    """
    The kind of loyalty of each customer, or what is left of the choice.

    Parameters
    ----------
    patterns : ndarray of uint16, shape (n,)
        Each customer's pattern of evidence, as `RuleTable.patterns` numbers them.
    table : RuleTable
        The decision table.

    See Also
    --------
    assign_segments : Makes it from evidence.

    Examples
    --------
    All that is known is who buys regularly. How many can belong to the hard core?

    >>> from loyalkit import Evidence, Segment, assign_segments
    >>> assignment = assign_segments(Evidence(buys_regularly=[True, True, False, False]))
    >>> assignment.bounds[Segment.CORE]
    (0, 2)
    >>> assignment.possible[0]
    array([ True,  True,  True,  True, False])
    """

    patterns: NDArray[np.uint16] = attrs.field(converter=frozen)
    table: RuleTable
    labels: type[Segment] = attrs.field(init=False, default=Segment)
    codes: NDArray[np.int8] = attrs.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        init=False,
        default=attrs.Factory(
            lambda self: look_up(self.table.settle(self.table.label_rows), self.patterns),
            takes_self=True,
        ),
    )

    @override
    def __attrs_post_init__(self) -> None:
        highest = int(self.patterns.max(initial=0))
        if highest >= self.table.n_patterns:
            refuse("patterns", f"must be less than {self.table.n_patterns}", highest)

    @property
    def rules(self) -> NDArray[np.int16]:
        """Row of the table that decides on each customer; -1 where it may be several."""
        return look_up(self.table.settle(self.table.rows), self.patterns)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Names of the rows that `rules` refers to."""
        return tuple(rule.id for rule in self.table.rules)

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Which segments each customer may belong to, shape (n, number of segments)."""
        found = np.empty((len(Segment), self.n), bool)
        for segment, answers in enumerate(self.table.possible()):
            found[segment] = look_up(answers, self.patterns)
        return frozen(found.T)

    @property
    def flags(self) -> dict[str, NDArray[np.bool_]]:
        """
        What else is certain about each customer, by name of the flag.

        - also_split: CORE, and buys elsewhere too.
        - check_undiscovered: LOW, so check first for loyalty not yet discovered.
        - reason_gap: CORE, and the reason is not known.
        - captive_risk: buys regularly and only here, has no choice, and is not FALSE.
        - by_interpretation: the row reads more into the article than it says.
        - contradictory: said to have no alternatives, and buys elsewhere.
        """
        return {name: look_up(x, self.patterns) for name, x in _flags(self.table).items()}

    @property
    def bounds(self) -> dict[Segment, tuple[int, int]]:
        """The fewest and the most customers that each segment can have [customers]."""
        customers = tally(self.patterns, self.table.n_patterns)
        possible = self.table.possible()
        fewest = (possible & (possible.sum(axis=0) == 1)) @ customers
        most = possible @ customers
        return dict(zip(Segment, zip(fewest.tolist(), most.tolist(), strict=True), strict=True))

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
            Segment, row, reason, flags and objective; where several segments are left,
            those and the question to ask next.

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
        pattern = int(self.patterns[place])
        told = self._settled(pattern) if self.codes[place] != -1 else self._open(pattern)
        flags = [name for name, answers in _flags(self.table).items() if answers[pattern]]
        notes = [f"{name} ({_FLAG_NOTES[name]})" for name in flags]
        return f"{told} Note: {', '.join(notes)}." if notes else told

    def _settled(self, pattern: int) -> str:
        rows = self.table.rows
        deciding = [
            rule
            for row, rule in enumerate(self.table.rules)
            if self.table.widen(rows == row, np.logical_or)[pattern]
        ]
        reasons = "; or ".join(f"{rule.why} ({rule.id})" for rule in deciding)
        segment = Segment(deciding[0].label)
        return f"{segment.name}: {reasons}. Aim: {SEGMENT_PROFILES[segment].objective}."

    def _open(self, pattern: int) -> str:
        possible = self.table.possible()[:, pattern]
        *others, last = [segment.name for segment in Segment if possible[segment]]
        only_this = np.zeros(self.table.n_patterns, np.int64)
        only_this[pattern] = 1
        best = rank_questions(only_this, self.table, {})[0].evidence
        question = next(piece.question for piece in self.table.pieces if piece.name == best)
        return f"Open between {', '.join(others)} and {last}. Ask next ({best}): {question}"

    @override
    def _fewest_and_most(self, label: Segment) -> tuple[int, int]:
        return self.bounds[label]


def assign_segments(evidence: Evidence, rules: RuleTable = LOYALTY_RULES) -> SegmentAssignment:
    """
    Tell which kind of loyalty each customer shows, as far as the evidence goes.

    Parameters
    ----------
    evidence : Evidence
        What is known about each customer.
    rules : RuleTable
        The decision table; one's own may be used instead.

    Returns
    -------
    SegmentAssignment
        The segment of each customer; -1 exactly where what is unknown, ``reason_known``
        apart, could still lead to different segments.

    Raises
    ------
    TypeError
        If the rules give labels other than `Segment`.
    ValueError
        If the rules are about other pieces of evidence.

    See Also
    --------
    next_questions : What to ask in order to settle more customers.
    SEGMENT_PROFILES : What to do about each kind of loyalty.

    Notes
    -----
    The table joins what customers do to what they feel, as Dick and Basu do [1]_; the
    objectives are those of the article the five kinds come from. Buying elsewhere is
    normal in most markets and is not held against the hard core. An unknown reason is
    read as one that is not known; every other unknown leaves each value possible.

    References
    ----------
    .. [1] A. S. Dick and K. Basu, "Customer Loyalty: Toward an Integrated Conceptual
       Framework", Journal of the Academy of Marketing Science 22, 99-113, 1994.

    Examples
    --------
    The log tells who buys regularly, a survey reached some. Who is what?

    >>> from loyalkit import Evidence, Segment, assign_segments
    >>> evidence = Evidence(
    ...     buys_regularly=[True, True, False, True],
    ...     attachment=[2, 0, 0, None],
    ...     perceives_value=[True, True, None, None],
    ...     has_alternatives=[True, False, None, True],
    ...     buys_exclusively=[True, True, None, None],
    ... )
    >>> assignment = assign_segments(evidence)
    >>> assignment
    SegmentAssignment(CORE=1, FALSE=1, UNDISCOVERED=0, SPLIT=0, LOW=1, undetermined=1)
    >>> assignment.bounds[Segment.CORE]
    (1, 2)
    >>> print(assignment.explain(1))
    FALSE: Buys for want of a choice and is hardly attached (S5). Aim: Replace the feeling
    of having to buy by a bond.
    >>> print(assignment.explain(3))
    Open between CORE, FALSE, UNDISCOVERED and SPLIT. Ask next (attachment): How strong is the
    customer's bond: low, like or love?
    """
    instance("evidence", evidence, Evidence)
    if rules.labels is not Segment:
        refuse_type("rules", "must give labels of Segment", rules.labels.__name__)
    return SegmentAssignment(patterns=rules.patterns(evidence), table=rules)


def _flags(table: RuleTable) -> Mapping[str, NDArray[Any]]:
    label = table.label_rows
    regular, _, _, free, exclusive, reason = np.indices(label.shape, dtype=np.int8).astype(bool)
    core, false, low = (label == x for x in (Segment.CORE, Segment.FALSE, Segment.LOW))
    combinations = {
        "also_split": core & ~exclusive,
        "check_undiscovered": low,
        "reason_gap": core & ~reason,
        "captive_risk": regular & exclusive & ~free & ~false,
        "by_interpretation": table.interpreted,
        "contradictory": ~free & ~exclusive,
    }
    return {name: table.widen(x, np.logical_and) for name, x in combinations.items()}
