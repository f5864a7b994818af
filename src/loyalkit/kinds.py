"""
The five kinds of loyalty as data: how they are told apart.

Conventions: German words are those of the article on segmenting loyal customers that
the kinds come from; everything else is put in our own words. The article describes the
kinds in a few sentences and defines none: each row is a reading of them. Rows that read
most into it are marked as interpretation.
"""

from enum import IntEnum

from loyalkit.attachment import Attachment
from loyalkit.rules import Rule, RuleTable


class Segment(IntEnum):
    """Kind of loyalty; `SEGMENT_PROFILES` says what each is and what to do about it."""

    CORE = 0
    FALSE = 1
    UNDISCOVERED = 2
    SPLIT = 3
    LOW = 4


_REGULAR = "buys_regularly"
_BOND = "attachment"
_VALUE = "perceives_value"
_FREE = "has_alternatives"
_EXCLUSIVE = "buys_exclusively"
_REASON = "reason_known"

LOYALTY_RULES = RuleTable(
    [
        Rule(
            id="S1",
            when={_REGULAR: True, _BOND: Attachment.LOVE, _VALUE: True},
            label=Segment.CORE,
            why="Buys regularly, is strongly attached and sees added value",
            phrase="regelmäßig … starke emotionale Bindung … Mehrwert",
        ),
        Rule(
            id="S2",
            when={_REGULAR: False, _BOND: Attachment.LOW},
            label=Segment.LOW,
            why="Neither buys regularly nor feels attached",
            phrase="wenig treuen",
        ),
        Rule(
            id="S3",
            when={_REGULAR: False, _BOND: Attachment.LIKE, _EXCLUSIVE: False},
            label=Segment.LOW,
            why="Buys rarely, buys elsewhere too and does no more than like the firm",
            phrase="wenig treuen",
        ),
        Rule(
            id="S4",
            when={_EXCLUSIVE: False},
            label=Segment.SPLIT,
            why="Divides loyalty between several suppliers or brands",
            phrase="multiplen Verkaufs- oder Markenansatz",
        ),
        Rule(
            id="S5",
            when={_REGULAR: True, _BOND: Attachment.LOW, _FREE: False},
            label=Segment.FALSE,
            why="Buys for want of a choice and is hardly attached",
            phrase="keine andere Wahl … emotionale Bindung gering",
        ),
        Rule(
            id="S6",
            when={_REGULAR: True, _BOND: Attachment.LOW, _REASON: True},
            label=Segment.FALSE,
            why="Buys for a reason that is known and is not the bond, such as habit or price",
            phrase="oft nur",
            interpretation={},
        ),
        Rule(
            id="S7",
            when={_REGULAR: True, _BOND: Attachment.LOW, _VALUE: False},
            label=Segment.FALSE,
            why="Buys with a weak bond and without seeing added value, which leaves habit",
            phrase="emotionale Bindung gering",
            interpretation={},
        ),
        Rule(
            id="S8",
            when={
                _REGULAR: True,
                _BOND: Attachment.LOW,
                _VALUE: True,
                _FREE: True,
                _REASON: False,
            },
            label=Segment.UNDISCOVERED,
            why="Is content and stays by choice, and nobody knows why",
            phrase="zufriedene … nicht genau wissen, weshalb sie treu sind",
        ),
        Rule(
            id="S9",
            when={_REGULAR: True, _BOND: Attachment.LIKE},
            label=Segment.UNDISCOVERED,
            why="Buys regularly and likes the firm, so is on the way to the hard core",
            phrase="zu besonders treuen Kunden machen",
            interpretation={_REASON: True},
        ),
        Rule(
            id="S10",
            when={_REGULAR: True, _BOND: Attachment.LOVE, _VALUE: False},
            label=Segment.UNDISCOVERED,
            why="Is strongly attached and buys regularly, but a need for added value is unmet",
            phrase="welche Bedürfnisse",
            interpretation={_REASON: True},
        ),
        Rule(
            id="S11",
            when={_REGULAR: False, _BOND: (Attachment.LIKE, Attachment.LOVE)},
            label=Segment.UNDISCOVERED,
            why="Is attached and buys only here, but not yet regularly",
            phrase="bisher unentdecktes Potenzial",
            interpretation={_REASON: True},
        ),
    ]
)
"""The decision table for the five kinds of loyalty."""
