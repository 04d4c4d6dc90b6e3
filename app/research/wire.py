"""Findings and citations as they are written on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.directory.rules import Function
from app.kernel.text import Line, Prose
from app.kernel.wire import Day, In, Instant, Out

from .rules import Citation as OneCitation
from .rules import Finding as OneFinding
from .rules import FindingState, SubjectKind, TagKind

Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s]+$", examples=["https://journal.example/42"])]


class NewFinding(In):
    """What was found out, and who says so. Its tags say for which units, networks and functions it matters."""

    title: Annotated[Line, Field(examples=["Answers within an hour keep customers"])]
    question: Prose | None = None
    summary: Annotated[Prose, Field(examples=["Of 2,000 who wrote to us, those answered within an hour stayed."])]
    source: Annotated[Prose, Field(examples=["Market research, report 42, March 2026"])]
    url: Url | None = None
    published_on: Annotated[Day | None, Field(examples=["2026-03-01"])] = None
    business_units: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)] = []
    networks: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)] = []
    functions: Annotated[list[Function], Field(max_length=50)] = []


class Finding(Out):
    """What was found out. A withdrawn one holds no more: the reason says why."""

    id: UUID
    state: FindingState
    title: str
    question: str | None
    summary: str
    source: str
    url: str | None
    published_on: date | None
    business_units: list[UUID]
    networks: list[str]
    functions: list[Function]
    recorded_by: UUID | None
    withdrawn_at: Instant | None
    withdrawn_by: UUID | None
    withdraw_reason: str | None
    created_at: Instant
    updated_at: Instant


class Subject(In):
    """The decision that cites: an assessment of a tool, a choice of model, a version of a policy, one of a strategy."""

    kind: SubjectKind
    id: UUID


class NewCitation(In):
    """Which decision rests on the finding, and why."""

    subject: Subject
    why: Prose | None = None


class CitedSubject(Out):
    """The decision that cites."""

    kind: SubjectKind
    id: UUID


class Citation(Out):
    """That a decision rests on a finding; `finding_state` says whether the finding holds still."""

    id: UUID
    finding_id: UUID
    finding_title: str
    finding_state: FindingState
    withdrawn_at: Instant | None
    withdraw_reason: str | None
    subject: CitedSubject
    why: str | None
    cited_by: UUID | None
    created_at: Instant


class Reason(In):
    """Why it does not hold."""

    reason: Prose


_PLAIN = (
    "id", "state", "title", "question", "summary", "source", "url", "published_on", "recorded_by", "withdrawn_at",
    "withdrawn_by", "withdraw_reason", "created_at", "updated_at",
)  # fmt: skip


def finding(one: OneFinding) -> Finding:
    """A finding with its tags by kind."""
    return Finding(
        **{name: getattr(one, name) for name in _PLAIN},
        business_units=[UUID(id_) for id_ in one.tagged(TagKind.BUSINESS_UNIT)], networks=one.tagged(TagKind.NETWORK),
        functions=[Function(value) for value in one.tagged(TagKind.FUNCTION)],
    )  # fmt: skip


def citation(one: OneCitation) -> Citation:
    """A citation with how its finding stands."""
    of = one.finding
    return Citation(
        id=one.id, finding_id=of.id, finding_title=of.title, finding_state=of.state, withdrawn_at=of.withdrawn_at,
        withdraw_reason=of.withdraw_reason, subject=CitedSubject.model_validate(one.subject), why=one.why,
        cited_by=one.cited_by, created_at=one.created_at,
    )  # fmt: skip
