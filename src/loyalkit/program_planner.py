"""
Plan a loyalty programme in six steps: what is missing, what waits, what is next.

Conventions: a plan is a value. Each edit returns a new one, and the old one is the way
back. Stored is what was recorded; status, progress and next actions follow from it.
There is no clock: the day that counts as today is an argument.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import attrs

from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._planning_additions import (
    PlanParts,
    answered,
    kept,
    refuse_foreign,
    with_kpi,
    with_measures,
    without,
)
from loyalkit._planning_data import read_plan, write_plan
from loyalkit._planning_documents import SORTS, html_table, markdown, rows
from loyalkit._scalars import confidence_level, is_bool, one_of, text
from loyalkit._times import day
from loyalkit.classification import Classification
from loyalkit.cross_tables import CrossTable
from loyalkit.nps import NpsCounts
from loyalkit.planning_criteria import (
    HIDDEN_POTENTIAL,
    PERSONAL_PROGRAMME,
    PLANNING_CRITERIA,
    CriterionDefinition,
    Name,
    PlanningStep,
    StepStatus,
    join_key,
    name_of,
    names_of,
    to_step,
)
from loyalkit.planning_evidence import (
    CriterionState,
    PlanCriterion,
    PlanEvidence,
    asked_of,
    lay_out,
    refuse_as_own,
    refuse_unjudged,
)
from loyalkit.planning_findings import PlanFinding, Source
from loyalkit.planning_kpis import PlanKpi
from loyalkit.planning_proposals import RECORDED, PlanProposal, ProposalKind
from loyalkit.planning_review import (
    PlanChange,
    PlanProblem,
    by_urgency,
    changes,
    problems,
    segment_status,
    share_settled,
    statuses,
)
from loyalkit.retention import RetentionCounts


def _instances(name: str, values: Any, kind: type) -> tuple[Any, ...]:
    entries = tuple(values)
    for entry in entries:
        if not isinstance(entry, kind):
            refuse_type(name, f"must be {kind.__name__}", type(entry).__name__)
    return entries


def _lines(values: Iterable[PlanCriterion]) -> tuple[PlanCriterion, ...]:
    return _instances("criteria", values, PlanCriterion)


def _kpis(values: Iterable[PlanKpi]) -> tuple[PlanKpi, ...]:
    return _instances("kpis", values, PlanKpi)


def _findings(values: Iterable[PlanFinding]) -> tuple[PlanFinding, ...]:
    return _instances("findings", values, PlanFinding)


def _proposals(values: Iterable[PlanProposal]) -> tuple[PlanProposal, ...]:
    return _instances("proposals", values, PlanProposal)


@attrs.frozen(kw_only=True, repr=False)
class ProgramPlan:
    """
    The six planning steps as a checklist that knows what is missing and what is next.

    Begin with `start`, read one back with `from_dict`; both lay out the criteria. Each
    edit returns a new plan. Every method refuses with a ValueError a criterion, segment,
    department or step that the plan does not have, a new one that it has already, text
    that is blank or too long, and a date that is none; with a TypeError what is not text
    or not a date at all.

    Parameters
    ----------
    criteria : sequence of PlanCriterion
        What the six steps ask of these segments and departments, in order.
    own_criteria : sequence of PlanCriterion
        What the caller asks beyond that. They are kept apart: status, progress, missing
        and next actions do not see them; `overdue` does.
    kpis : sequence of PlanKpi
        What the programme is held against.
    findings : sequence of PlanFinding
        What measures prove about its segments.
    proposals : sequence of PlanProposal
        What the findings suggest and nobody has answered yet.
    decisions : sequence of PlanProposal
        Objectives, actions and tactics that were accepted, and whatever was declined.

    Raises
    ------
    TypeError
        If an entry is of another class.
    ValueError
        If the criteria are not exactly those that belong to their segments, departments
        and verdicts, or if anything else is about parts that the plan does not have.

    Notes
    -----
    With S segments, H of them judged to have hidden potential, and T departments there
    are 10 + 11 S + H + T criteria. A criterion is met by evidence or waived for a reason.
    A step is done when its criteria are settled so and the steps that it needs are done:
    2 needs 1; 3 needs 2; 4 needs 2 and 3; 5 needs 2 and 4; 6 needs 2, 4 and 5. The
    source numbers the steps; these needs are read from what each of them uses.

    Examples
    --------
    A shop plans for the five kinds of loyal customers and three departments:

    >>> from loyalkit import PlanEvidence, ProgramPlan, Segment
    >>> plan = ProgramPlan.start(segments=Segment, departments=["sales", "service", "delivery"])
    >>> plan
    ProgramPlan(segments=5, departments=3, settled=0 of 68)

    It has tracked what customers do, and a review of the complaints shows that the
    undiscovered ones are worth a programme of their own:

    >>> plan = plan.record("1.1", PlanEvidence("behaviour", "purchase log 2025"))
    >>> review = PlanEvidence("interaction", "complaints, 2nd quarter")
    >>> plan = plan.judge_potential(Segment.UNDISCOVERED, True, review)
    >>> plan
    ProgramPlan(segments=5, departments=3, settled=2 of 69)

    What comes next, and what does step 2 wait for?

    >>> [line.key for line in plan.next_actions()][:3]
    ['1.2', '1.3', '1.4']
    >>> plan.status(2).value, [step.title for step in plan.blocked_by(2)]
    ('blocked', ['Identify drivers'])
    """

    criteria: tuple[PlanCriterion, ...] = attrs.field(converter=_lines)
    own_criteria: tuple[PlanCriterion, ...] = attrs.field(default=(), converter=_lines)
    kpis: tuple[PlanKpi, ...] = attrs.field(default=(), converter=_kpis)
    findings: tuple[PlanFinding, ...] = attrs.field(default=(), converter=_findings)
    proposals: tuple[PlanProposal, ...] = attrs.field(default=(), converter=_proposals)
    decisions: tuple[PlanProposal, ...] = attrs.field(default=(), converter=_proposals)

    def __attrs_post_init__(self) -> None:
        parts = self._parts
        names_of("segments", parts.segments)
        names_of("departments", parts.departments)
        asked = asked_of(parts.segments, parts.departments, parts.hidden_potential)
        if [(line.definition, line.part) for line in self.criteria] != asked:
            raise ValueError("criteria must be those of the six steps, in order")
        refuse_unjudged(self.criteria, parts.hidden_potential)
        refuse_as_own(self.own_criteria)
        refuse_foreign(parts)

    def __repr__(self) -> str:
        settled = sum(not line.is_open for line in self.criteria)
        return (
            f"ProgramPlan(segments={len(self.segments)}, departments={len(self.departments)}, "
            f"settled={settled} of {len(self.criteria)})"
        )

    # ------------------------------------------------------------ what the plan is about

    @classmethod
    def start(cls, *, segments: Iterable[Name], departments: Iterable[Name]) -> "ProgramPlan":
        """
        Lay out a plan in which everything is still open.

        Parameters
        ----------
        segments : iterable of str or Enum
            Segments of loyal customers, at least one, such as `Segment` itself. Their
            order is the order of the plan.
        departments : iterable of str or Enum
            Departments in touch with loyal customers, at least one.

        Returns
        -------
        ProgramPlan
            The plan.

        Raises
        ------
        TypeError
            If a name is neither text nor a member of an enumeration.
        ValueError
            If there is no name, or one of them is blank, too long or given twice.
        """
        names = names_of("segments", segments), names_of("departments", departments)
        return cls(criteria=lay_out(*names, ()))

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments."""
        return self._parts_of("2.2")

    @property
    def departments(self) -> tuple[str, ...]:
        """Names of the departments."""
        return self._parts_of("5.3")

    @property
    def hidden_potential(self) -> tuple[str, ...]:
        """Segments judged to have hidden potential."""
        return self._parts_of(PERSONAL_PROGRAMME)

    def _parts_of(self, id_: str) -> tuple[str, ...]:
        return tuple(x.part for x in self.criteria if x.id == id_ and x.part is not None)

    @property
    def _parts(self) -> PlanParts:
        return PlanParts(
            segments=self.segments,
            departments=self.departments,
            hidden_potential=self.hidden_potential,
            criteria=self.criteria,
            own_criteria=self.own_criteria,
            kpis=self.kpis,
            findings=self.findings,
            proposals=self.proposals,
            decisions=self.decisions,
        )

    def criterion(self, criterion: str) -> PlanCriterion:
        """
        Look up one criterion.

        Parameters
        ----------
        criterion : str
            Its address, such as "1.1", "2.3[CORE]" or "5.3[service]", or the id of an own
            criterion. `criterion_key` builds one.

        Returns
        -------
        PlanCriterion
            What is asked for and how far it is.
        """
        if not isinstance(cast(Any, criterion), str):
            refuse_type("criterion", "must be text such as 2.3[CORE]", type(criterion).__name__)
        lines = (*self.criteria, *self.own_criteria)
        found = next((line for line in lines if line.key == criterion), None)
        if found is None:
            advice = self._advice(criterion)
            refuse("criterion", f"must belong to the plan{advice}", criterion[:240])
        return found

    def _advice(self, criterion: str) -> str:
        asked = next((x for x in PLANNING_CRITERIA if x.id == criterion.partition("[")[0]), None)
        if asked is None:
            return ""
        like = next((line.key for line in self.criteria if line.definition == asked), None)
        return f": {asked.id} is kept {asked.scope}{f', such as {like}' if like else ''}"

    # ------------------------------------------------------------ edits of one criterion

    def record(self, criterion: str, evidence: PlanEvidence) -> "ProgramPlan":
        """
        Add evidence to a criterion, which is then met.

        Parameters
        ----------
        criterion : str
            Address of the criterion.
        evidence : PlanEvidence
            What shows it. Criterion 1.1 takes evidence of behaviour, 1.2 of a survey, 1.3
            of interaction, the others of any kind.

        Returns
        -------
        ProgramPlan
            The plan with this evidence after what was there before.

        Raises
        ------
        ValueError
            If the plan has no such criterion, if it is waived, if the evidence is of the
            wrong kind, or if the criterion is 3.1, which takes a verdict.

        See Also
        --------
        ProgramPlan.judge_potential : Record evidence for criterion 3.1.

        Examples
        --------
        >>> from loyalkit import PlanEvidence, ProgramPlan
        >>> plan = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> plan = plan.record("2.3[regulars]", PlanEvidence("survey", "needs survey"))
        >>> plan.criterion("2.3[regulars]").state.value
        'met'
        """
        line = self.criterion(criterion)
        if line.id == HIDDEN_POTENTIAL:
            refuse("criterion", "must not need a verdict: judge_potential records 3.1", criterion)
        return self._with_evidence(line, evidence)

    def waive(self, criterion: str, reason: str) -> "ProgramPlan":
        """
        Settle an open criterion without evidence.

        Parameters
        ----------
        criterion : str
            Address of the criterion.
        reason : str
            Why it need not be met.

        Returns
        -------
        ProgramPlan
            The plan with the criterion waived.

        Raises
        ------
        ValueError
            If the plan has no such criterion, if it is not open, or if the reason is blank.
        """
        line = self.criterion(criterion)
        if not line.is_open:
            refuse("criterion", f"must be open, not {line.state}: reopen it first", criterion)
        return self._edited(line, waiver=text("reason", reason))

    def reopen(self, criterion: str) -> "ProgramPlan":
        """
        Take back the evidence or the waiver of a criterion.

        Owner and due date stay. Reopening 3.1 takes back its verdict, and with it
        criterion 3.2 of the segment and all that was recorded there.

        Parameters
        ----------
        criterion : str
            Address of the criterion.

        Returns
        -------
        ProgramPlan
            The plan with the criterion open.
        """
        line = self.criterion(criterion)
        plan = self
        if line.id == HIDDEN_POTENTIAL:
            hidden = [name for name in self.hidden_potential if name != line.part]
            plan = self._laid_out(self.segments, self.departments, hidden)
        return plan._edited(line, evidence=(), waiver=None)

    def assign(self, criterion: str, owner: str | None, due: dt.date | str | None) -> "ProgramPlan":
        """
        Say who answers for a criterion, and until when.

        Parameters
        ----------
        criterion : str
            Address of the criterion.
        owner : str or None
            Who answers for it; None for nobody.
        due : date, str or None
            The last day on which it is in time, text in ISO form; None for no such day.

        Returns
        -------
        ProgramPlan
            The plan with both in place of what was there before.
        """
        return self._edited(self.criterion(criterion), owner=owner, due=due)

    def judge_potential(self, segment: Name, hidden: bool, evidence: PlanEvidence) -> "ProgramPlan":
        """
        Record whether a segment has hidden potential, which is criterion 3.1.

        Yes creates criterion 3.2 of the segment, an extra personal programme. No drops it
        and all that was recorded there; a verdict may be changed at any time. The first one
        raises progress; a no that becomes a yes lowers it, since there is more to do.

        Parameters
        ----------
        segment : str or Enum
            The segment.
        hidden : bool
            The verdict.
        evidence : PlanEvidence
            What it rests on. It comes after evidence for earlier verdicts.

        Returns
        -------
        ProgramPlan
            The plan with the verdict.

        Raises
        ------
        TypeError
            If the verdict is not a truth value.
        ValueError
            If the plan has no such segment, or criterion 3.1 is waived for it.
        """
        if not is_bool(hidden):
            refuse_type("hidden", "must be True or False", type(hidden).__name__)
        name = self._known("segment", segment, self.segments)
        judged = self._with_evidence(self.criterion(join_key(HIDDEN_POTENTIAL, name)), evidence)
        others = [other for other in self.hidden_potential if other != name]
        return judged._laid_out(
            self.segments, self.departments, [*others, name] if hidden else others
        )

    def _with_evidence(self, line: PlanCriterion, evidence: PlanEvidence) -> "ProgramPlan":
        if line.state is CriterionState.WAIVED:
            refuse("criterion", "must not be waived: reopen it first", line.key)
        return self._edited(line, evidence=(*line.evidence, evidence))

    def _edited(self, line: PlanCriterion, **changed: Any) -> "ProgramPlan":
        edited = attrs.evolve(line, **changed)
        criteria, own = (
            tuple(edited if other is line else other for other in lines)
            for lines in (self.criteria, self.own_criteria)
        )
        return attrs.evolve(self, criteria=criteria, own_criteria=own)

    # ------------------------------------------------------------ edits of the plan

    def add_segment(self, segment: Name) -> "ProgramPlan":
        """
        Add a segment, whose criteria are all open.

        It comes after the others. Steps 2 to 6 that were done are so no longer. Progress
        falls unless it was 0.

        Parameters
        ----------
        segment : str or Enum
            A name that no segment of the plan has.

        Returns
        -------
        ProgramPlan
            The plan with the segment.
        """
        segments = (*self.segments, self._new("segment", segment, self.segments))
        return self._laid_out(segments, self.departments, self.hidden_potential)

    def remove_segment(self, segment: Name) -> "ProgramPlan":
        """
        Drop a segment with its criteria and all that was recorded there.

        Parameters
        ----------
        segment : str or Enum
            A segment of the plan, but not its only one.

        Returns
        -------
        ProgramPlan
            The plan without the segment.
        """
        segments = self._without("segment", segment, self.segments)
        return self._laid_out(segments, self.departments, self.hidden_potential)

    def add_department(self, department: Name) -> "ProgramPlan":
        """
        Add a department, whose criterion is open.

        Parameters
        ----------
        department : str or Enum
            A name that no department of the plan has.

        Returns
        -------
        ProgramPlan
            The plan with the department after the others.
        """
        departments = (*self.departments, self._new("department", department, self.departments))
        return self._laid_out(self.segments, departments, self.hidden_potential)

    def remove_department(self, department: Name) -> "ProgramPlan":
        """
        Drop a department with its criterion and all that was recorded there.

        Parameters
        ----------
        department : str or Enum
            A department of the plan, but not its only one.

        Returns
        -------
        ProgramPlan
            The plan without the department.
        """
        departments = self._without("department", department, self.departments)
        return self._laid_out(self.segments, departments, self.hidden_potential)

    def add_criterion(
        self,
        step: int,
        id: str,  # noqa: A002 - its name everywhere
        text: str,
    ) -> "ProgramPlan":
        """
        Ask for something beyond the six steps, such as a budget or legal advice.

        Parameters
        ----------
        step : PlanningStep or int
            Step under which it is listed.
        id : str
            Address of the new criterion: begins with a letter and holds no brackets.
        text : str
            What has to be true.

        Returns
        -------
        ProgramPlan
            The plan with the criterion among its `own_criteria`. It takes any evidence.
        """
        definition = CriterionDefinition(id=id, step=to_step(step), text=text)
        own = (*self.own_criteria, PlanCriterion(definition=definition))
        return attrs.evolve(self, own_criteria=own)

    def remove_criterion(self, criterion: str) -> "ProgramPlan":
        """
        Drop an own criterion and all that was recorded there.

        Parameters
        ----------
        criterion : str
            Id of an own criterion.

        Returns
        -------
        ProgramPlan
            The plan without it.
        """
        line = self.criterion(criterion)
        if all(line is not own for own in self.own_criteria):
            refuse("criterion", "must be an own one: those of the steps can be waived", criterion)
        own = tuple(other for other in self.own_criteria if other is not line)
        return attrs.evolve(self, own_criteria=own)

    def _laid_out(
        self, segments: tuple[str, ...], departments: tuple[str, ...], hidden: Iterable[str]
    ) -> "ProgramPlan":
        old = {(line.id, line.part): line for line in self.criteria}
        criteria = [
            old.get((definition.id, part)) or PlanCriterion(definition=definition, part=part)
            for definition, part in asked_of(segments, departments, hidden)
        ]
        rest = kept(self._parts, segments, {line.key for line in criteria})
        return attrs.evolve(self, criteria=criteria, **rest)

    def _known(self, argument: str, value: Name, names: tuple[str, ...]) -> str:
        name = name_of(argument, value)
        if name not in names:
            refuse(argument, "must belong to the plan", name)
        return name

    def _new(self, argument: str, value: Name, names: tuple[str, ...]) -> str:
        name = name_of(argument, value)
        if name in names:
            refuse(argument, "must not belong to the plan yet", name)
        return name

    def _without(self, argument: str, value: Name, names: tuple[str, ...]) -> tuple[str, ...]:
        name = self._known(argument, value, names)
        if len(names) == 1:
            refuse(argument, "must not be the only one of the plan", name)
        return tuple(other for other in names if other != name)

    # ------------------------------------------------------------ figures

    def kpi(self, name: str, segment: Name | None = None) -> PlanKpi:
        """
        Look up a KPI.

        Parameters
        ----------
        name : str
            Its name.
        segment : str or Enum, optional
            The segment it is about; the programme as a whole if left out.

        Returns
        -------
        PlanKpi
            Target, figure and verdict.
        """
        part = None if segment is None else self._known("segment", segment, self.segments)
        asked = next((kpi for kpi in self.kpis if kpi.key == (part, name)), None)
        if asked is None:
            about = "the programme" if part is None else part
            refuse("name", f"must be that of a KPI of {about}", name)
        return asked

    def with_kpi(self, kpi: PlanKpi) -> "ProgramPlan":
        """
        Hold the plan against a KPI.

        Parameters
        ----------
        kpi : PlanKpi
            Target and figure. It takes the place of the KPI of the same name and segment.

        Returns
        -------
        ProgramPlan
            The plan with the KPI. No criterion changes: a KPI says whether the programme
            works, not whether it is planned.

        Raises
        ------
        TypeError
            If it is not a PlanKpi.
        ValueError
            If it is about a segment that the plan does not have, or one too many.

        Examples
        --------
        The goal is set when the programme starts, the figure comes a year later:

        >>> from loyalkit import PlanKpi, ProgramPlan, RetentionCounts
        >>> plan = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> plan = plan.with_kpi(PlanKpi(name="retention", target=0.8, segment="regulars"))
        >>> year = RetentionCounts(retained=178, lost=22)
        >>> plan = plan.with_kpi(plan.kpi("retention", "regulars").measured(year))
        >>> [(kpi.name, kpi.verdict.value) for kpi in plan.kpis]
        [('retention', 'met')]
        """
        instance("kpi", kpi, PlanKpi)
        return attrs.evolve(self, kpis=with_kpi(self.kpis, kpi))

    def without_kpi(self, name: str, segment: Name | None = None) -> "ProgramPlan":
        """
        Drop a KPI.

        Parameters
        ----------
        name : str
            Its name.
        segment : str or Enum, optional
            The segment it is about; the programme as a whole if left out.

        Returns
        -------
        ProgramPlan
            The plan without it.
        """
        dropped = self.kpi(name, segment)
        return attrs.evolve(self, kpis=[kpi for kpi in self.kpis if kpi is not dropped])

    def with_findings(
        self,
        source: PlanEvidence,
        *,
        segments: Classification[Any] | None = None,
        retention: RetentionCounts | Mapping[Any, RetentionCounts] | None = None,
        scores: NpsCounts | Mapping[Any, NpsCounts] | None = None,
        channels: CrossTable | None = None,
        confidence: float = 0.95,
    ) -> "ProgramPlan":
        """
        Read from measures what they prove, and what to propose because of it.

        Findings go to `findings`, proposals to `proposals`. No criterion changes before a
        proposal is accepted.

        Parameters
        ----------
        source : PlanEvidence
            Where the measures come from. Its kind decides what they can be evidence of: a
            log of purchases is "behaviour", answers are a "survey". One call per source.
        segments : Classification, optional
            Which segment each customer is in, such as a `SegmentAssignment`: how large the
            segments are, and how many of their customers may be undiscovered.
        retention : RetentionCounts or mapping of str or Enum to RetentionCounts, optional
            Who stayed, of all customers or of each segment.
        scores : NpsCounts or mapping of str or Enum to NpsCounts, optional
            What customers answered, all or those of each segment.
        channels : CrossTable, optional
            Customers by segment (rows) and by the channel they use (columns).
        confidence : float, default 0.95
            Confidence of the intervals [fraction].

        Returns
        -------
        ProgramPlan
            The plan with the findings. Each takes the place of an older one on the same
            subject and segment, with the proposals of that one that nobody has answered.

        Raises
        ------
        TypeError
            If a measure is of another class.
        ValueError
            If there is no measure, if one is not about any segment of the plan, if counts
            sum several periods, or if ``confidence`` is not between 0 and 1.

        See Also
        --------
        ProgramPlan.accept, ProgramPlan.decline : Answer a proposal.
        next_questions : What to ask to settle more customers.

        Notes
        -----
        Only for criteria that are open is anything proposed. As evidence: retention of all
        customers for 1.1 if its source is behaviour, scores for 1.2 if it is a survey,
        retention of a segment for 2.4; channels for 6.2, and for 6.3 if one channel is
        surely ahead of every other. As verdict 3.1: yes for a segment of which some
        customers are UNDISCOVERED, or may be, since their evidence is unknown. "No" is not
        proposed; that none was found does not show that there is none. As objectives,
        actions and tactics: what `SEGMENT_PROFILES` and `SEGMENT_TACTICS` hold for the kinds
        of loyalty; to find out why more customers of a segment leave than of the others; to
        see to satisfaction, or to ask for a good word, where the score lies below or above
        0. These comparisons, and that of channels, keep the confidence for all segments
        together (Bonferroni).

        Examples
        --------
        A log tells who buys regularly. How large can the segments be, and what of it?

        >>> from loyalkit import Evidence, PlanEvidence, ProgramPlan, Segment, assign_segments
        >>> plan = ProgramPlan.start(segments=Segment, departments=["shop"])
        >>> assignment = assign_segments(Evidence(buys_regularly=[True] * 60 + [False] * 40))
        >>> log = PlanEvidence("behaviour", "purchase log 2025")
        >>> plan = plan.with_findings(log, segments=assignment)
        >>> for finding in plan.findings[:2]:
        ...     print(finding.segment, finding.subject, finding.text, sep=": ")
        CORE: size: 0 to 60 of 100 customers
        CORE: hidden potential: 0 to 60 of 100 customers may be loyal and undiscovered
        >>> proposal = plan.proposals[0]
        >>> proposal.criterion, proposal.kind.value, plan.progress
        ('2.2[CORE]', 'action', 0.0)
        """
        instance("source", source, PlanEvidence)
        measures = {
            "segments": segments,
            "retention": retention,
            "scores": scores,
            "channels": channels,
        }
        if all(measure is None for measure in measures.values()):
            raise ValueError(f"{', '.join(measures)} must not all be left out")
        origin = Source(source, self.segments, confidence_level(confidence))
        return attrs.evolve(self, **with_measures(self._parts, measures, origin))

    def accept(self, proposal: PlanProposal) -> "ProgramPlan":
        """
        Accept a proposal.

        Parameters
        ----------
        proposal : PlanProposal
            One of `proposals`, or of `decisions` if one thinks better of it.

        Returns
        -------
        ProgramPlan
            EVIDENCE is recorded for its criterion, as by `record`; a VERDICT judges its
            segment to have hidden potential, as by `judge_potential`. Anything else goes
            to `decisions` and meets nothing.

        Raises
        ------
        TypeError
            If it is not a PlanProposal.
        ValueError
            If the plan does not have the proposal, or if its criterion is waived.

        Examples
        --------
        200 customers answered a survey, which is what criterion 1.2 asks for:

        >>> from loyalkit import NpsCounts, PlanEvidence, ProgramPlan
        >>> plan = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> survey = PlanEvidence("survey", "customer survey, spring")
        >>> answers = NpsCounts(detractors=40, passives=60, promoters=100)
        >>> plan = plan.with_findings(survey, scores=answers)
        >>> plan.criterion("1.2").state.value, len(plan.proposals)
        ('open', 1)
        >>> plan = plan.accept(plan.proposals[0])
        >>> plan.criterion("1.2").state.value, len(plan.proposals)
        ('met', 0)
        """
        asked = self._asked(proposal)
        if asked.kind not in RECORDED:
            return attrs.evolve(self, **answered(self._parts, asked, accepted=True))
        evidence = cast(PlanEvidence, asked.evidence)
        line = self.criterion(asked.criterion)
        if asked.kind is ProposalKind.VERDICT:
            plan = self.judge_potential(cast(str, line.part), True, evidence)
        else:
            plan = self._with_evidence(line, evidence)
        proposals, decisions = (without(x, asked) for x in (self.proposals, self.decisions))
        return attrs.evolve(plan, proposals=proposals, decisions=decisions)

    def decline(self, proposal: PlanProposal) -> "ProgramPlan":
        """
        Decline a proposal, which is not made again.

        Parameters
        ----------
        proposal : PlanProposal
            One of `proposals`, or of `decisions` if one thinks better of it.

        Returns
        -------
        ProgramPlan
            The plan with the proposal among its `decisions`.

        Raises
        ------
        TypeError
            If it is not a PlanProposal.
        ValueError
            If the plan does not have the proposal.
        """
        asked = self._asked(proposal)
        return attrs.evolve(self, **answered(self._parts, asked, accepted=False))

    def _asked(self, proposal: PlanProposal) -> PlanProposal:
        instance("proposal", proposal, PlanProposal)
        for known in (*self.proposals, *self.decisions):
            if known.key == proposal.key:
                return known
        refuse("proposal", "must be one of the plan", f"{proposal.criterion}: {proposal.text}"[:80])

    # ------------------------------------------------------------ how far the plan is

    def status(self, step: int) -> StepStatus:
        """
        Say how far a step is.

        Parameters
        ----------
        step : PlanningStep or int
            One of the six steps.

        Returns
        -------
        StepStatus
            BLOCKED if a step that it needs is not done, else DONE if all its criteria are
            settled, NOT_STARTED if none is, IN_PROGRESS if some are. Criteria of a blocked
            step can be settled ahead; it is done as soon as the steps it needs are.
        """
        return statuses(self.criteria)[to_step(step)]

    def blocked_by(self, step: int) -> tuple[PlanningStep, ...]:
        """
        Tell which steps a step waits for.

        Parameters
        ----------
        step : PlanningStep or int
            One of the six steps.

        Returns
        -------
        tuple of PlanningStep
            Steps that it needs and that are not done; empty unless the step is BLOCKED.
        """
        status = statuses(self.criteria)
        return tuple(need for need in to_step(step).needs if status[need] is not StepStatus.DONE)

    def missing(self, step: int | None = None) -> tuple[PlanCriterion, ...]:
        """
        List the criteria that are open.

        Parameters
        ----------
        step : PlanningStep or int, optional
            One of the six steps; all of them if left out.

        Returns
        -------
        tuple of PlanCriterion
            Open criteria of the six steps, by step, id and part.
        """
        asked = tuple(PlanningStep) if step is None else (to_step(step),)
        return tuple(line for line in self.criteria if line.is_open and line.step in asked)

    @property
    def progress(self) -> float:
        """Share of the criteria met or waived [fraction]; 1 exactly if every step is DONE."""
        return share_settled(self.criteria)

    @property
    def own_progress(self) -> float:
        """Share of the own criteria met or waived [fraction]; NaN if there are none."""
        return share_settled(self.own_criteria)

    def step_progress(self, step: int) -> float:
        """
        Share of the criteria of a step that are met or waived.

        Parameters
        ----------
        step : PlanningStep or int
            One of the six steps.

        Returns
        -------
        float
            The share [fraction], whether or not the step is blocked.
        """
        asked = to_step(step)
        return share_settled([line for line in self.criteria if line.step is asked])

    def segment_progress(self, segment: Name) -> float:
        """
        Share of the criteria of a segment that are met or waived.

        Parameters
        ----------
        segment : str or Enum
            A segment of the plan.

        Returns
        -------
        float
            The share, over all steps [fraction].
        """
        name = self._known("segment", segment, self.segments)
        return share_settled([line for line in self.criteria if line.segment == name])

    def segment_status(self, segment: Name) -> StepStatus:
        """
        Say how far a segment is, over all steps.

        Parameters
        ----------
        segment : str or Enum
            A segment of the plan.

        Returns
        -------
        StepStatus
            DONE if all its criteria are settled; BLOCKED if all that are open belong to
            blocked steps; else NOT_STARTED if none is settled, IN_PROGRESS if some are.
        """
        name = self._known("segment", segment, self.segments)
        return segment_status(self.criteria, name)

    def overdue(self, as_of: dt.date | str) -> tuple[PlanCriterion, ...]:
        """
        List the open criteria whose due date is over, own ones included.

        Parameters
        ----------
        as_of : date or str
            The day that counts as today. What is due on it is not overdue.

        Returns
        -------
        tuple of PlanCriterion
            Overdue criteria, longest overdue first, then in the order of the plan.
        """
        today = day("as_of", as_of)
        lines = (*self.criteria, *self.own_criteria)
        dated = [(line.due, line) for line in lines if line.is_open and line.due is not None]
        late = [entry for entry in dated if entry[0] < today]
        return tuple(line for _, line in sorted(late, key=lambda entry: entry[0]))

    def next_actions(self) -> tuple[PlanCriterion, ...]:
        """
        List the open criteria in the order in which to take them on.

        The first is the one on which most depends.

        Returns
        -------
        tuple of PlanCriterion
            Open criteria of the six steps, none exactly if all steps are done. Those of a
            step that is not blocked come first, then those of the step for which more steps
            wait, then what is due earlier (no date last), then by id and part.

        Notes
        -----
        Each step needs the one before it, directly or through others, so the first two
        rules come to the order of the steps.
        """
        return by_urgency(self.missing())

    @property
    def critical_action(self) -> PlanCriterion | None:
        """The first of the `next_actions`, on which most depends; None if all is done."""
        return next(iter(self.next_actions()), None)

    def validate(self) -> tuple[PlanProblem, ...]:
        """
        Point out what is allowed but cannot be meant.

        Returns
        -------
        tuple of PlanProblem
            A next level of loyalty (2.5) that is the segment itself; segments with the same
            strategy (5.6); a department's plan (5.3) that nobody answers for; open criteria
            with a due date and no owner, or due before something of a step they wait for.
        """
        return problems(self.criteria)

    def changes_since(self, other: "ProgramPlan") -> tuple[PlanChange, ...]:
        """
        Tell what happened between an earlier plan and this one.

        Parameters
        ----------
        other : ProgramPlan
            The earlier plan.

        Returns
        -------
        tuple of PlanChange
            What differs, in the order of this plan, then what is gone: criteria first,
            then KPIs, findings, and proposals with the answers to them.

        Examples
        --------
        >>> from loyalkit import ProgramPlan
        >>> monday = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> friday = monday.waive("1.2", "done last year").add_department("web")
        >>> [(change.key, change.what) for change in friday.changes_since(monday)]
        [('1.2', ('waived',)), ('5.3[web]', ('added',))]
        """
        return changes(other._parts, self._parts)

    # ------------------------------------------------------------ documents

    def to_dict(self) -> dict[str, Any]:
        """
        Write the plan as plain data, ready for JSON.

        Returns
        -------
        dict
            Text keys, lists, text, numbers, truth values and None, with ``schema_version``.
            Criteria of which nothing is recorded are left out. `from_dict` gives an equal
            plan back.

        See Also
        --------
        plan_schema : Which entries there are, as a JSON Schema.
        """
        return write_plan(self._parts)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ProgramPlan":
        """
        Read a plan from plain data.

        Parameters
        ----------
        data : dict
            What `to_dict` wrote, now or in an earlier version; it may come from anywhere.

        Returns
        -------
        ProgramPlan
            The plan, whole.

        Raises
        ------
        TypeError
            If an entry is of the wrong type. The message begins with its path.
        ValueError
            If an entry is unknown, missing, given twice, too large or contradicts another.

        Examples
        --------
        >>> from loyalkit import ProgramPlan
        >>> plan = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> ProgramPlan.from_dict(plan.to_dict()) == plan
        True
        """
        return cls(**read_plan(data))

    def to_markdown(self) -> str:
        """
        Write the plan as a Markdown task list, step by step.

        Returns
        -------
        str
            One box per criterion, own ones included, ticked if it is met or waived; below
            it the evidence or the reason. KPIs, findings, proposals and decisions follow
            as lists without boxes. Line breaks become spaces, and no name can break a list.

        Examples
        --------
        >>> from loyalkit import ProgramPlan
        >>> plan = ProgramPlan.start(segments=["regulars"], departments=["shop"])
        >>> plan = plan.assign("1.2", "Ana", "2025-03-31").waive("1.3", "no contacts")
        >>> for line in plan.to_markdown().splitlines()[7:10]:
        ...     print(line)
        - [ ] **1.2** A customer survey has been done (owner: Ana, due: 2025-03-31)
        - [x] **1.3** Personal contacts have been put to use
          - waived: no contacts
        """
        return markdown(self._parts, statuses(self.criteria))

    def to_rows(
        self,
        of: Literal["criteria", "kpis", "findings", "proposals", "decisions"] = "criteria",
    ) -> list[dict[str, Any]]:
        """
        List the criteria, or what else the plan holds, as rows for a table of any library.

        Parameters
        ----------
        of : {"criteria", "kpis", "findings", "proposals", "decisions"}, default "criteria"
            What to list.

        Returns
        -------
        list of dict
            One row per entry. Of criteria, own ones included: step, criterion, segment,
            department, own, text, state, evidence (references, joined), waiver, owner, due.

        Raises
        ------
        ValueError
            If ``of`` is another word.
        """
        return rows(self._parts, one_of("of", of, SORTS))

    def _repr_html_(self) -> str:
        progress = {step: self.step_progress(step) for step in PlanningStep}
        return html_table(self._parts, statuses(self.criteria), progress, self.next_actions())
