"""
What each kind of loyalty is and what to do about it, in English and in German.

Conventions: all texts are our own words. Each is traced to the few words of the article
on segmenting loyal customers, in German, that it rests on; what the article does not say
is marked as our reading by an empty trace.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import attrs

from loyalkit._markup import escape_html, escape_markdown
from loyalkit.kinds import Segment

__all__ = ["GERMAN_SEGMENT_PROFILES", "SEGMENT_PROFILES", "SegmentProfile"]

_TRACED = ("definition", "objective", "actions", "danger_sign")
_ENGLISH = ("Definition", "Objective", "What to do", "Next level", "Danger sign")


def _phrases(
    given: Mapping[str, str] | tuple[tuple[str, str], ...],
) -> tuple[tuple[str, str], ...]:
    words = dict(given)
    return tuple((part, words[part]) for part in _TRACED)


@attrs.frozen(kw_only=True)
class SegmentProfile:
    """
    What a kind of loyalty is and what to do about it.

    Parameters
    ----------
    segment : Segment
        The kind of loyalty.
    name : str
        Its name in the language of the profile.
    german_name : str
        Its name in German.
    definition : str
        Who belongs to it.
    objective : str
        What to aim at.
    actions : tuple of str
        What to do, in this order.
    next_level : Segment or "advocate"
        The kind of loyalty to lead these customers to.
    next_name : str
        Its name in the language of the profile.
    danger_sign : str
        What shows that these customers are about to be lost, or effort on them wasted.
    traced : mapping of str to str
        Words of the article that definition, objective, actions and danger sign rest on.
    headings : tuple of str
        The words over definition, objective, actions, next level and danger sign.

    See Also
    --------
    SEGMENT_PROFILES : The profiles in English.
    GERMAN_SEGMENT_PROFILES : The profiles in German.

    Notes
    -----
    A profile in another language is ``attrs.evolve(profile, name=..., definition=...)``.

    Examples
    --------
    What is to be done about customers who divide their loyalty?

    >>> from loyalkit import SEGMENT_PROFILES, Segment
    >>> SEGMENT_PROFILES[Segment.SPLIT].actions[0]
    'Find out whether strategy, personality or the past is the reason'
    """

    segment: Segment
    name: str
    german_name: str
    definition: str
    objective: str
    actions: tuple[str, ...]
    next_level: Segment | Literal["advocate"]
    next_name: str
    danger_sign: str
    traced: tuple[tuple[str, str], ...] = attrs.field(converter=_phrases)
    headings: tuple[str, str, str, str, str] = _ENGLISH

    @property
    def phrases(self) -> dict[str, str]:
        """Words of the article by the part of the profile that rests on them."""
        return dict(self.traced)

    @property
    def phrase(self) -> str:
        """All words of the article that the profile is traced to."""
        return " … ".join(words for _, words in self.traced if words)

    def to_markdown(self) -> str:
        """
        Write the profile as a section in Markdown.

        Returns
        -------
        str
            A heading, and below it each part with the words that it is traced to. No
            text can break out of its place.

        Examples
        --------
        >>> from loyalkit import SEGMENT_PROFILES, Segment
        >>> lines = SEGMENT_PROFILES[Segment.FALSE].to_markdown().splitlines()
        >>> lines[0], lines[3]
        ('## False loyalty (FALSE)',
         '- **Objective**: Replace the feeling of having to buy by a bond („das Gefühl zu nehmen“)')
        """
        definition, objective, actions, next_level, danger = map(escape_markdown, self.headings)
        quotes = {part: f" („{escape_markdown(x)}“)" for part, x in self.traced if x}
        lines = [
            f"## {escape_markdown(self.name)} ({self.segment.name})",
            "",
            f"- **{definition}**: {escape_markdown(self.definition)}{quotes.get('definition', '')}",
            f"- **{objective}**: {escape_markdown(self.objective)}{quotes.get('objective', '')}",
            f"- **{actions}**{quotes.get('actions', '')}:",
            *(f"  {i}. {escape_markdown(x)}" for i, x in enumerate(self.actions, 1)),
            f"- **{next_level}**: {escape_markdown(self.next_name)}",
            f"- **{danger}**: {escape_markdown(self.danger_sign)}{quotes.get('danger_sign', '')}",
        ]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        steps = "".join(f"<li>{escape_html(action)}</li>" for action in self.actions)
        bodies = (
            escape_html(self.definition),
            escape_html(self.objective),
            f"<ol>{steps}</ol>",
            escape_html(self.next_name),
            escape_html(self.danger_sign),
        )
        rows = "".join(
            f"<tr><th>{escape_html(heading)}</th><td>{body}</td></tr>"
            for heading, body in zip(self.headings, bodies, strict=True)
        )
        return (
            f"<table><caption>{escape_html(self.name)} ({self.segment.name})</caption>"
            f"<tbody>{rows}</tbody></table>"
        )


SEGMENT_PROFILES: Mapping[Segment, SegmentProfile] = MappingProxyType(
    {
        profile.segment: profile
        for profile in (
            SegmentProfile(
                segment=Segment.CORE,
                name="Hard core",
                german_name="besonders treue Kunden (harter Kern)",
                definition="Regular buyers who feel a strong bond and see added value",
                objective="Deepen the relationship until these customers speak up for the firm",
                actions=(
                    "Treat them as part of the family",
                    "Give them a part in the business and in its marketing",
                    "Keep finding new ways to be of value to them",
                ),
                next_level="advocate",
                next_name="Advocate",
                danger_sign=(
                    "They no longer see the added value, or nobody can say why they stay: the "
                    "flags reason_gap and also_split show where to look first"
                ),
                traced={
                    "definition": "regelmäßig … starke emotionale Bindung … Mehrwert",
                    "objective": 'Teil der "Familie"',
                    "actions": "in Ihr Geschäft und Ihr Marketing einbinden",
                    "danger_sign": "",
                },
            ),
            SegmentProfile(
                segment=Segment.FALSE,
                name="False loyalty",
                german_name="falsche Treue",
                definition="Regular buyers with a weak bond, often for want of a choice",
                objective="Replace the feeling of having to buy by a bond",
                actions=(
                    "Take away the feeling that there is no choice",
                    "Build an emotional bond",
                    "Build a personal relationship",
                ),
                next_level=Segment.CORE,
                next_name="Hard core",
                danger_sign=(
                    "A choice appears: a competitor opens, a contract ends, a habit is broken"
                ),
                traced={
                    "definition": "keine andere Wahl … emotionale Bindung gering",
                    "objective": "das Gefühl zu nehmen",
                    "actions": "engere emotionale Bindung",
                    "danger_sign": "keine andere Wahl",
                },
            ),
            SegmentProfile(
                segment=Segment.UNDISCOVERED,
                name="Undiscovered loyalty",
                german_name="noch nicht entdeckte treue Kunden",
                definition=(
                    "Content or even loyal customers whose reasons and potential are unknown"
                ),
                objective="Find out what they need and make them part of the hard core",
                actions=(
                    "Find out what these customers need",
                    "Make the relationship more personal",
                ),
                next_level=Segment.CORE,
                next_name="Hard core",
                danger_sign=(
                    "Nobody has asked them: what holds them can end without anybody noticing"
                ),
                traced={
                    "definition": "nicht genau wissen, weshalb sie treu sind",
                    "objective": "welche Bedürfnisse diese Kunden haben",
                    "actions": "persönlicheren Beziehung",
                    "danger_sign": "nicht genau wissen, weshalb sie treu sind",
                },
            ),
            SegmentProfile(
                segment=Segment.SPLIT,
                name="Split loyalty",
                german_name="zwiegespaltene treue Kunden",
                definition="Loyal customers of several suppliers or brands at once",
                objective="Win them over to a single supplier",
                actions=(
                    "Find out whether strategy, personality or the past is the reason",
                    "Show what is to be gained by staying with one supplier",
                    "Find out what it takes to make them loyal to this one",
                ),
                next_level=Segment.CORE,
                next_name="Hard core",
                danger_sign="The share of their purchases that comes here falls",
                traced={
                    "definition": "multiplen Verkaufs- oder Markenansatz",
                    "objective": "Vorteile der Treue",
                    "actions": "Strategie … Persönlichkeit … Vergangenheit",
                    "danger_sign": "",
                },
            ),
            SegmentProfile(
                segment=Segment.LOW,
                name="Low loyalty",
                german_name="wenig treue Kunden",
                definition=(
                    "Occasional buyers with a weak bond, or lukewarm ones who buy elsewhere too"
                ),
                objective="Check for undiscovered loyalty, else satisfy them as well as everybody",
                actions=(
                    "First check whether they are loyal customers not yet discovered",
                    "If not, see to their satisfaction",
                    "Offer experiences of value, as to every customer",
                ),
                next_level=Segment.UNDISCOVERED,
                next_name="Undiscovered loyalty",
                danger_sign=(
                    "Money goes into binding them before anybody has checked who they are"
                ),
                traced={
                    "definition": "wenig treuen",
                    "objective": "eventuell um noch nicht entdeckte treue Kunden",
                    "actions": "wertvolle Kundenerlebnisse",
                    "danger_sign": "eventuell um noch nicht entdeckte treue Kunden",
                },
            ),
        )
    }
)
"""Profile of each kind of loyalty."""


def _in_german(segment: Segment, **texts: Any) -> SegmentProfile:
    english = SEGMENT_PROFILES[segment]
    german = ("Wer das ist", "Ziel", "Was zu tun ist", "Nächste Stufe", "Warnzeichen")
    following = english.next_level
    next_name = (
        "Fürsprecher" if following == "advocate" else SEGMENT_PROFILES[following].german_name
    )
    return attrs.evolve(
        english, name=english.german_name, next_name=next_name, headings=german, **texts
    )


GERMAN_SEGMENT_PROFILES: Mapping[Segment, SegmentProfile] = MappingProxyType(
    {
        profile.segment: profile
        for profile in (
            _in_german(
                Segment.CORE,
                definition="Wer häufig kauft, sich verbunden fühlt und einen Zusatznutzen sieht",
                objective="Die Beziehung vertiefen, bis diese Kunden für das Haus eintreten",
                actions=(
                    "Sie wie Angehörige des Hauses behandeln",
                    "Sie am Geschäft und an der Werbung beteiligen",
                    "Ihnen immer wieder auf neue Art nützlich sein",
                ),
                danger_sign=(
                    "Sie sehen den Zusatznutzen nicht mehr, oder niemand kann sagen, warum sie "
                    "bleiben: reason_gap und also_split zeigen, wo zuerst zu suchen ist"
                ),
            ),
            _in_german(
                Segment.FALSE,
                definition="Wer häufig, aber ohne Bindung kauft, meist mangels Auswahl",
                objective="An die Stelle des Müssens eine Bindung setzen",
                actions=(
                    "Den Eindruck beseitigen, es gebe keinen anderen Weg",
                    "Eine Bindung des Gefühls aufbauen",
                    "Einander persönlich kennenlernen",
                ),
                danger_sign=(
                    "Eine Auswahl entsteht: ein Wettbewerber öffnet, ein Vertrag endet, eine "
                    "Gewohnheit bricht ab"
                ),
            ),
            _in_german(
                Segment.UNDISCOVERED,
                definition="Zufriedene, deren Gründe und Möglichkeiten niemand kennt",
                objective="Ihren Bedarf herausfinden und sie in den harten Kern führen",
                actions=(
                    "Herausfinden, was diese Kunden brauchen",
                    "Den Umgang persönlicher machen",
                ),
                danger_sign=("Niemand hat sie gefragt: was sie hält, kann unbemerkt wegfallen"),
            ),
            _in_german(
                Segment.SPLIT,
                definition="Wer mehreren Lieferanten oder Marken zugleich treu ist",
                objective="Sie für einen einzigen Lieferanten gewinnen",
                actions=(
                    "Klären, ob Absicht, Wesensart oder Herkommen der Grund ist",
                    "Zeigen, was ein einziger Lieferant bringt",
                    "Herausfinden, was sie allein hier hielte",
                ),
                danger_sign="Der Anteil ihrer Käufe, der hier anfällt, sinkt",
            ),
            _in_german(
                Segment.LOW,
                definition="Wer selten kauft und kaum gebunden ist, oder lau und auch anderswo",
                objective="Prüfen, ob Treue übersehen wurde; sonst zufriedenstellen wie alle",
                actions=(
                    "Zuerst prüfen, ob sie in Wahrheit treu sind",
                    "Wenn nicht, für ihre Zufriedenheit sorgen",
                    "Ihnen wie allen gute Erlebnisse bieten",
                ),
                danger_sign="Geld fließt in ihre Bindung, bevor geklärt ist, wer sie sind",
            ),
        )
    }
)
"""Profile of each kind of loyalty in German."""
