"""
The five kinds of loyalty as data: what each is, how it is told apart, what it asks for.

Conventions: German words are those of the article on segmenting loyal customers that
the kinds come from; everything else is put in our own words. The article describes the
kinds in a few sentences and defines none: each row is a reading of them. Rows that read
most into it are marked as interpretation.
"""

from enum import IntEnum
from types import MappingProxyType
from typing import Literal

import attrs

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


@attrs.frozen(kw_only=True)
class SegmentProfile:
    """
    What a kind of loyalty is and what to do about it.

    Parameters
    ----------
    definition : str
        Who belongs to it.
    objective : str
        What to aim at.
    actions : tuple of str
        What to do, in this order.
    next_level : Segment or "advocate"
        The kind of loyalty to lead these customers to.
    german_name : str
        Its name in German.
    phrase : str
        The words of the article that the profile is traced to.

    Examples
    --------
    What is to be done about customers who divide their loyalty?

    >>> from loyalkit import SEGMENT_PROFILES, Segment
    >>> SEGMENT_PROFILES[Segment.SPLIT].actions[0]
    'Find out whether strategy, personality or the past is the reason'
    """

    definition: str
    objective: str
    actions: tuple[str, ...]
    next_level: Segment | Literal["advocate"]
    german_name: str
    phrase: str


SEGMENT_PROFILES = MappingProxyType(
    {
        Segment.CORE: SegmentProfile(
            definition="Regular buyers who feel a strong bond and see added value",
            objective="Deepen the relationship until these customers speak up for the firm",
            actions=(
                "Treat them as part of the family",
                "Give them a part in the business and in its marketing",
                "Keep finding new ways to be of value to them",
            ),
            next_level="advocate",
            german_name="besonders treue Kunden (harter Kern)",
            phrase='Teil der "Familie" … in Ihr Geschäft und Ihr Marketing einbinden',
        ),
        Segment.FALSE: SegmentProfile(
            definition="Regular buyers with a weak bond, often because they have no choice",
            objective="Replace the feeling of having to buy by a bond",
            actions=(
                "Take away the feeling that there is no choice",
                "Build an emotional bond",
                "Build a personal relationship",
            ),
            next_level=Segment.CORE,
            german_name="falsche Treue",
            phrase="das Gefühl zu nehmen … engere emotionale Bindung",
        ),
        Segment.UNDISCOVERED: SegmentProfile(
            definition="Content or even loyal customers whose reasons and potential are unknown",
            objective="Find out what they need and make them part of the hard core",
            actions=(
                "Find out what these customers need",
                "Make the relationship more personal",
            ),
            next_level=Segment.CORE,
            german_name="noch nicht entdeckte treue Kunden",
            phrase="welche Bedürfnisse diese Kunden haben … persönlicheren Beziehung",
        ),
        Segment.SPLIT: SegmentProfile(
            definition="Loyal customers of several suppliers or brands at once",
            objective="Win them over to a single supplier",
            actions=(
                "Find out whether strategy, personality or the past is the reason",
                "Show what is to be gained by staying with one supplier",
                "Find out what it takes to make them loyal to this one",
            ),
            next_level=Segment.CORE,
            german_name="zwiegespaltene treue Kunden",
            phrase="Strategie … Persönlichkeit … Vergangenheit … Vorteile der Treue",
        ),
        Segment.LOW: SegmentProfile(
            definition="Occasional buyers with a weak bond, or lukewarm ones who buy elsewhere too",
            objective="Check for undiscovered loyalty, else satisfy them as well as everybody",
            actions=(
                "First check whether they are loyal customers not yet discovered",
                "If not, see to their satisfaction",
                "Offer experiences of value, as to every customer",
            ),
            next_level=Segment.UNDISCOVERED,
            german_name="wenig treue Kunden",
            phrase="eventuell um noch nicht entdeckte treue Kunden … wertvolle Kundenerlebnisse",
        ),
    }
)
"""Profile of each kind of loyalty."""
