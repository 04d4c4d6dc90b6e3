"""Vendors, the tools that they sell, and assessments: which tools are approved for use now, and until when.

A tool is registered so that posts may come from it; it is approved by an assessment, which ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Conflict, Forbidden, Invalid
from app.tools.rules import Tool


class AssessmentOpen(Conflict):
    """An assessment of this tool waits for a decision already."""

    code = "assessment_open"


class AssessmentDecided(Conflict):
    """An assessment is decided once; the next one says more."""

    code = "assessment_decided"


class ToolRetired(Conflict):
    """A retired tool is not assessed, and not described otherwise."""

    code = "tool_retired"


class AssessorDecides(Forbidden):
    """Whoever proposed an assessment does not decide it, unless the CoE has one strategist only."""

    code = "assessor_decides"


class WorkKind(StrEnum):
    """What a tool is used for."""

    PUBLISHING = "publishing"
    ENGAGEMENT = "engagement"
    LISTENING = "listening"
    ANALYTICS = "analytics"
    ADVERTISING = "advertising"
    IDENTITY = "identity"


class Verdict(StrEnum):
    """What is decided by an assessment."""

    APPROVE = "approve"
    REFUSE = "refuse"


class AssessmentState(StrEnum):
    """Where an assessment stands. ``lapsed`` and ``superseded`` are computed, never stored: an approval ends, and the next
    decided assessment of the tool counts in its place.
    """

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"


class ToolState(StrEnum):
    """Where a tool stands, computed: ``unassessed`` where nothing was ever decided or proposed; ``lapsed`` where the
    approval is over, by its own end or with the vendor's contract.
    """

    UNASSESSED = "unassessed"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    RETIRED = "retired"


S = AssessmentState
DECIDED: Mapping[Verdict, AssessmentState] = {Verdict.APPROVE: S.APPROVED, Verdict.REFUSE: S.REFUSED}


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who sells tools. ``contract_ends_on``: the last day of the contract (UTC); None: it has no end."""

    id: UUID
    key: str
    name: str
    url: str | None
    contact: str | None
    note: str | None
    contract_ends_on: date | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def contract_over_at(self) -> datetime | None:
        """The first instant at which there is no contract any more."""
        if self.contract_ends_on is None or self.contract_ends_on == date.max:
            return None
        return datetime.combine(self.contract_ends_on + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Profile:
    """What vendor selection knows of a tool."""

    tool_id: UUID
    vendor_id: UUID | None
    kinds: Sequence[WorkKind]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found out about a tool, and what was decided by it. An approval holds up to, and not at, ``valid_until``."""

    id: UUID
    tool_id: UUID
    state: AssessmentState
    summary: str
    valid_until: datetime
    proposed_by: UUID | None
    decided_by: UUID | None
    decided_at: datetime | None
    comment: str | None
    superseded_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    def state_at(self, at: datetime) -> AssessmentState:
        """The state with what time has made of it."""
        if self.superseded_at is not None:
            return S.SUPERSEDED
        return S.LAPSED if self.state is S.APPROVED and self.valid_until <= at else self.state


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tool stands. ``until``: when its approval ends as things are; ``approved_last_at``: when it last ceased to
    be approved, None for one that is, or that never was.
    """

    state: ToolState
    until: datetime | None = None
    approved_last_at: datetime | None = None

    @property
    def approved(self) -> bool:
        return self.state is ToolState.APPROVED


def standing(tool: Tool, vendor: Vendor | None, assessments: Iterable[Assessment], at: datetime) -> Standing:
    """Where a tool stands at an instant, by all assessments of it, its vendor's contract and its own registration."""
    every = list(assessments)
    limits = [end for end in (tool.retired_at, vendor.contract_over_at if vendor else None) if end is not None]
    counts = next((one for one in every if one.state is not S.PROPOSED and one.superseded_at is None), None)
    if counts is not None and counts.state is S.APPROVED:
        until = min([counts.valid_until, *limits])
        if until > at:
            return Standing(ToolState.APPROVED, until)
    ends = [_ended(one, limits) for one in every if one.state is S.APPROVED]
    return Standing(_unapproved(tool, counts, every), None, max(ends, default=None))


def _ended(one: Assessment, limits: Iterable[datetime]) -> datetime:
    """When an approval that is over was over: at its own end or another's, and never before it was given."""
    superseded = [one.superseded_at] if one.superseded_at is not None else []
    return max(min([one.valid_until, *superseded, *limits]), one.decided_at or one.created_at)


def _unapproved(tool: Tool, counts: Assessment | None, every: Sequence[Assessment]) -> ToolState:
    if tool.retired_at is not None:
        return ToolState.RETIRED
    if counts is not None:
        return ToolState.LAPSED if counts.state is S.APPROVED else ToolState.REFUSED
    return ToolState.PROPOSED if every else ToolState.UNASSESSED


def check_in_use(tool: Tool) -> None:
    """Raises ``ToolRetired``."""
    if tool.retired_at is not None:
        raise ToolRetired(f"The tool {tool.key} is retired.")


def check_end(valid_until: datetime, vendor: Vendor | None, at: datetime) -> None:
    """An approval ends later than it begins, and no tool is approved whose vendor has no contract. Raises ``Invalid``."""
    if valid_until <= at:
        raise Invalid.field("/valid_until", "not_later", "An assessment is valid until some time to come.")
    over = vendor.contract_over_at if vendor else None
    if over is not None and over <= at:
        raise Invalid.field("/tool_id", "contract_over", "The contract with the vendor of this tool is over.")


def check_decider(assessment: Assessment, decider: UUID, strategists: int) -> None:
    """Decided once, by somebody else than who proposed it. Raises ``AssessmentDecided``, ``AssessorDecides``."""
    if assessment.state is not S.PROPOSED:
        raise AssessmentDecided(f"This assessment is {assessment.state} already.")
    if assessment.proposed_by == decider and strategists > 1:
        raise AssessorDecides("You proposed this assessment; another strategist decides it.")
