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

from loyalkit._messages import instance, refuse_type
from loyalkit._patterns import look_up
from loyalkit.evidence import LOYALTY_EVIDENCE, EvidenceTable
from loyalkit.kinds import LOYALTY_RULES, Segment
from loyalkit.profiles import SEGMENT_PROFILES
from loyalkit.rule_assignment import RuleAssignment
from loyalkit.rules import RuleTable

__all__ = ["SegmentAssignment", "assign_segments"]

_FLAG_NOTES = {
    "also_split": "buys elsewhere too",
    "check_undiscovered": "may be a loyal customer not yet discovered",
    "reason_gap": "no reason for the loyalty is on record",
    "captive_risk": "buys only here and has no choice",
    "by_interpretation": "the row reads more into the article than it says",
    "contradictory": "buys elsewhere, so there are alternatives",
}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SegmentAssignment(RuleAssignment[Segment]):
    """
    The kind of loyalty of each customer, or what is left of the choice.

    Parameters
    ----------
    evidence : Evidence or EvidenceTable
        What is known about each customer.
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

    Does the core really carry 80 % of the business?

    >>> evidence = Evidence(buys_regularly=[True] * 30 + [False] * 70, attachment=2,
    ...     perceives_value=True, buys_exclusively=True)
    >>> assignment, spent = assign_segments(evidence), [90, 100, 110] * 10 + [4, 5, 6, 5, 5] * 14
    >>> round(assignment.value_shares(spent)[Segment.CORE], 2)
    0.9
    >>> assignment.value_interval(Segment.CORE, spent).verdict(0.8)
    'above'
    """

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

        Of a table about other pieces than those of `Evidence` only check_undiscovered and
        by_interpretation are told.
        """
        return {
            name: look_up(self.table.widen(holds, np.logical_and), self.evidence)
            for name, holds in _flags(self.table).items()
        }

    @override
    def _notes(self, left: tuple[int | slice, ...]) -> tuple[tuple[str, str], ...]:
        flags = _flags(self.table).items()
        return tuple((name, _FLAG_NOTES[name]) for name, holds in flags if holds[left].all())

    @override
    def _objective(self, label: Segment) -> str:
        return SEGMENT_PROFILES[label].objective


def assign_segments(
    evidence: EvidenceTable, rules: RuleTable[Segment] = LOYALTY_RULES
) -> SegmentAssignment:
    """
    Tell which kind of loyalty each customer shows, as far as the evidence goes.

    Parameters
    ----------
    evidence : Evidence or EvidenceTable
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
    assign_labels : The same with labels of one's own.

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
    instance("rules", rules, RuleTable)
    labels: type[Any] = rules.labels
    if labels is not Segment:
        advice = "must give labels of Segment: assign_labels takes any"
        refuse_type("rules", advice, labels.__name__)
    return SegmentAssignment(evidence=evidence, table=rules)


def _flags(table: RuleTable[Segment]) -> Mapping[str, NDArray[Any]]:
    """Which combinations each flag holds for, as far as the table's pieces tell."""
    label = table.label_rows
    core, false, low = (label == x for x in (Segment.CORE, Segment.FALSE, Segment.LOW))
    combinations = {"check_undiscovered": low, "by_interpretation": table.interpreted}
    if [x.name for x in table.pieces] == [x.name for x in LOYALTY_EVIDENCE]:
        regular, _, _, free, exclusive, reason = np.indices(label.shape, np.int8).astype(bool)
        combinations |= {
            "also_split": core & ~exclusive,
            "reason_gap": core & ~reason,
            "captive_risk": regular & exclusive & ~free & ~false,
            "contradictory": ~free & ~exclusive,
        }
    return {name: combinations[name] for name in _FLAG_NOTES if name in combinations}
