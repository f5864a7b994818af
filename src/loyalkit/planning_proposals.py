"""
What findings suggest: evidence to record, objectives, actions and a marketing mix.

Conventions: a proposal is not a decision. Nothing counts as met before somebody accepts
it, and only a finding that is evidence of the right kind for exactly that criterion can
meet one at all. What to do about a kind of loyalty is taken from `SEGMENT_PROFILES`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import attrs

from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import is_bool, one_of, text
from loyalkit.kinds import Segment
from loyalkit.planning_criteria import (
    HIDDEN_POTENTIAL,
    NAME_LIMIT,
    PLANNING_CRITERIA,
    SIZE_LIMIT,
    CriterionScope,
    join_key,
)
from loyalkit.planning_evidence import CriterionState, PlanCriterion, PlanEvidence
from loyalkit.planning_findings import FindingSubject, PlanFinding
from loyalkit.profiles import SEGMENT_PROFILES

__all__ = ["SEGMENT_TACTICS", "PlanProposal", "ProposalKind"]

SEGMENT_TACTICS = MappingProxyType(
    {
        Segment.CORE: (
            "Community: a circle in which they speak up for the firm and are heard",
            "Customer-specific content: previews and a say in what comes next",
            "Personal contact: somebody they know by name",
        ),
        Segment.FALSE: (
            "Personal contact: show that staying is their choice, and worth it",
            "Customer-specific content: what they get beyond the product they have to buy",
        ),
        Segment.UNDISCOVERED: (
            "Personal contact: ask what they need and why they stay",
            "Customer-specific content: follow what these talks and their purchases show",
        ),
        Segment.SPLIT: (
            "E-mail: what is to be gained by staying with one supplier",
            "Personal contact: ask what the other supplier is for",
        ),
        Segment.LOW: (
            "E-mail: what every customer gets, and a short question about what is missing",
        ),
    }
)
"""A marketing mix to begin with for each kind of loyalty; the article names the means."""


class ProposalKind(StrEnum):
    """
    What accepting a proposal does.

    EVIDENCE is recorded for its criterion, which is then met. VERDICT is recorded for 3.1
    and judges the segment to have hidden potential. OBJECTIVE, ACTION and TACTIC become
    decisions of the plan and meet nothing: what comes of them has to be shown.
    """

    EVIDENCE = "evidence"
    VERDICT = "verdict"
    OBJECTIVE = "objective"
    ACTION = "action"
    TACTIC = "tactic"


RECORDED = (ProposalKind.EVIDENCE, ProposalKind.VERDICT)
"""Kinds of proposals that bear evidence."""


_DEPARTMENTAL = {x.id for x in PLANNING_CRITERIA if x.scope is CriterionScope.DEPARTMENT}

PROPOSAL_LIMIT = 20 * SIZE_LIMIT
"""Most proposals of a plan, and most decisions."""


def _kind(value: Any) -> ProposalKind:
    return ProposalKind(one_of("kind", value, tuple(ProposalKind)))


def _subject(value: Any) -> FindingSubject:
    return FindingSubject(one_of("subject", value, tuple(FindingSubject)))


def _criterion(value: Any) -> str:
    return text("criterion", value, limit=2 * NAME_LIMIT + 2)


def _text(value: Any) -> str:
    return text("text", value)


@attrs.frozen(kw_only=True)
class PlanProposal:
    """
    Something that a finding suggests, to be accepted or declined.

    Made by `ProgramPlan.with_findings`.

    Parameters
    ----------
    criterion : str
        Address of the criterion that it meets or helps to meet, such as "6.1[CORE]".
    kind : ProposalKind
        What it is, and what accepting it does.
    text : str
        What is proposed.
    subject : FindingSubject
        Subject of the finding that suggests it.
    evidence : PlanEvidence, optional
        What is recorded if an EVIDENCE or a VERDICT is accepted; None for the others.
    accepted : bool, optional
        The answer; None as long as there is none.

    Raises
    ------
    TypeError
        If a value is of the wrong type.
    ValueError
        If the kind or the subject is none of these, a text is blank or too long, evidence is
        missing where it is recorded or given where it is not, or a VERDICT is about another
        criterion than 3.1.

    See Also
    --------
    ProgramPlan.accept, ProgramPlan.decline : Answer it.
    """

    criterion: str = attrs.field(converter=_criterion)
    kind: ProposalKind = attrs.field(converter=_kind)
    text: str = attrs.field(converter=_text)
    subject: FindingSubject = attrs.field(converter=_subject)
    evidence: PlanEvidence | None = None
    accepted: bool | None = None

    def __attrs_post_init__(self) -> None:
        if self.evidence is not None:
            instance("evidence", self.evidence, PlanEvidence)
        if (self.evidence is not None) != (self.kind in RECORDED):
            rule = "must have evidence exactly if it is EVIDENCE or a VERDICT"
            refuse("kind", rule, self.kind.name)
        if (self.kind is ProposalKind.VERDICT) != (
            self.kind in RECORDED and self.id == HIDDEN_POTENTIAL
        ):
            refuse("kind", f"must be VERDICT exactly for {HIDDEN_POTENTIAL}", self.kind.name)
        if self.accepted is not None and not is_bool(self.accepted):
            refuse_type("accepted", "must be True, False or None", type(self.accepted).__name__)
        if self.accepted and self.kind in RECORDED:
            refuse("accepted", "must not be True: the plan records such evidence", self.criterion)

    @property
    def id(self) -> str:
        """Id of the criterion, such as "6.1"."""
        return self.criterion.partition("[")[0]

    @property
    def segment(self) -> str | None:
        """Segment it is about; None for the programme as a whole, or for a department."""
        return None if self.id in _DEPARTMENTAL else self.criterion.partition("[")[2][:-1] or None

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is apart from the answer."""
        return self.criterion, self.kind, self.subject, self.text, self.evidence


# ---------------------------------------------------------------- from findings


def proposals_from(
    findings: Iterable[PlanFinding], lines: Mapping[str, PlanCriterion], hidden: Sequence[str]
) -> tuple[PlanProposal, ...]:
    """What findings suggest for criteria that are open."""
    made = (proposal for finding in findings for proposal in _suggested(finding))
    return tuple(proposal for proposal in made if _is_due(proposal, lines, hidden))


def _is_due(
    proposal: PlanProposal, lines: Mapping[str, PlanCriterion], hidden: Sequence[str]
) -> bool:
    line = lines[proposal.criterion]
    if proposal.kind is ProposalKind.VERDICT:
        # A verdict may change as long as it is not waived.
        return line.state is not CriterionState.WAIVED and line.part not in hidden
    fits = proposal.evidence is None or proposal.evidence.kind in line.definition.kinds
    return line.is_open and fits


def _suggested(finding: PlanFinding) -> Iterator[PlanProposal]:
    subject, standing = finding.subject, finding.standing
    if finding.segment is None:
        yield _evidence(finding, "1.1" if subject is FindingSubject.RETENTION else "1.2")
    elif subject is FindingSubject.SIZE:
        if finding.segment in Segment.__members__ and standing != "below":
            yield from _profile(finding, Segment[finding.segment])
    elif subject is FindingSubject.HIDDEN_POTENTIAL:
        if standing != "below":
            yield _evidence(finding, HIDDEN_POTENTIAL, ProposalKind.VERDICT)
    elif subject is FindingSubject.CHANNEL:
        yield _evidence(finding, "6.2")
        if finding.channel is not None:
            yield _evidence(finding, "6.3")
            yield _idea(finding, "6.1", ProposalKind.TACTIC, f"Reach them by {finding.channel}")
    elif subject is FindingSubject.RETENTION:
        yield _evidence(finding, "2.4")
        if standing == "below":
            yield _idea(finding, "5.6", ProposalKind.ACTION, _LEAVING)
    elif standing == "below":
        yield _idea(finding, "5.6", ProposalKind.ACTION, _UNHAPPY)
    elif standing == "above":
        yield _idea(finding, "6.1", ProposalKind.TACTIC, _HAPPY)


_LEAVING = "Find out why more of them leave than of the other customers"
_UNHAPPY = "See to their satisfaction first: more of them advise against the firm than for it"
_HAPPY = "Community: ask them to speak up, since more of them recommend the firm than not"


def _profile(finding: PlanFinding, segment: Segment) -> Iterator[PlanProposal]:
    profile = SEGMENT_PROFILES[segment]
    level = profile.next_level
    name = level.name if isinstance(level, Segment) else level
    definition = f"Write down who belongs to it: {profile.definition}"
    yield _idea(finding, "2.2", ProposalKind.ACTION, definition)
    yield _idea(finding, "2.5", ProposalKind.OBJECTIVE, f"Lead them to the next level: {name}")
    yield _idea(finding, "5.6", ProposalKind.OBJECTIVE, profile.objective)
    for action in profile.actions:
        yield _idea(finding, "5.6", ProposalKind.ACTION, action)
    for tactic in SEGMENT_TACTICS[segment]:
        yield _idea(finding, "6.1", ProposalKind.TACTIC, tactic)


def _evidence(
    finding: PlanFinding, id_: str, kind: ProposalKind = ProposalKind.EVIDENCE
) -> PlanProposal:
    return PlanProposal(
        criterion=join_key(id_, finding.segment),
        kind=kind,
        text=finding.text,
        subject=finding.subject,
        evidence=finding.evidence,
    )


def _idea(finding: PlanFinding, id_: str, kind: ProposalKind, words: str) -> PlanProposal:
    return PlanProposal(
        criterion=join_key(id_, finding.segment), kind=kind, text=words, subject=finding.subject
    )
