"""Vendors, tools and assessments as they are written on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.text import Line, Prose
from app.kernel.wire import Day, In, Instant, Out

from .rules import Assessment as OneAssessment
from .rules import AssessmentState, ToolState, Verdict, WorkKind
from .service import Described

ToolRef = Annotated[str, Field(description="The tool's id or key.", examples=["postwell"])]
Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s]+$", examples=["https://postwell.example.com"])]
Kinds = Annotated[list[WorkKind], Field(max_length=len(WorkKind), description="What it is used for.")]
VendorRef = Annotated[str, Field(max_length=200, description="The vendor's id or key.")]


class NewVendor(In):
    """Who sells tools. `contract_ends_on`: the last day of the contract (UTC)."""

    key: Annotated[str, Field(examples=["estudio-levante"])]
    name: Annotated[Line, Field(examples=["Estudio Levante S.L."])]
    url: Url | None = None
    contact: Annotated[Line | None, Field(description="Whom to write to there.")] = None
    note: Prose | None = None
    contract_ends_on: Day | None = None


class VendorChanges(In):
    """Only the members sent are changed."""

    name: Line | None = None
    url: Url | None = None
    contact: Line | None = None
    note: Prose | None = None
    contract_ends_on: Annotated[Day | None, Field(examples=["2030-12-31"])] = None


class Vendor(Out):
    """Who sells tools."""

    id: UUID
    key: str
    name: str
    url: str | None
    contact: str | None
    note: str | None
    contract_ends_on: date | None
    created_at: Instant
    updated_at: Instant


class NewTool(In):
    """A publishing tool; without a unit every unit may use it. `vendor`: a name; `vendor_id`: one that is registered."""

    key: Annotated[str, Field(examples=["fanfare"])]
    name: Annotated[Line, Field(examples=["Fanfare"])]
    vendor: Line | None = None
    business_unit_id: UUID | None = None
    vendor_id: VendorRef | None = None
    kinds: Kinds = []


class ToolDescription(In):
    """Only the members sent are changed."""

    vendor_id: VendorRef | None = None
    kinds: Annotated[Kinds, Field(examples=[["publishing", "analytics"]])] = []


class Standing(Out):
    """Where a tool stands now. `until`: when its approval ends, as things are."""

    state: ToolState
    until: Instant | None


class PublishingTool(Out):
    """A registered publishing tool, what it is for, and whether an assessment has approved it."""

    id: UUID
    key: str
    name: str
    vendor: str | None
    business_unit_id: UUID | None
    vendor_id: UUID | None
    kinds: list[WorkKind]
    standing: Standing
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


class NewAssessment(In):
    """What was found out about a tool, and until when it is to be approved."""

    tool_id: ToolRef
    summary: Annotated[Prose, Field(examples=["Keeps no passwords, hosts in the EU, two references."])]
    valid_until: Instant


class Assessment(Out):
    """What was found out about a tool, and what was decided. An approval lapses by itself at `valid_until`."""

    id: UUID
    tool_id: UUID
    state: AssessmentState
    summary: str
    valid_until: Instant
    proposed_by: UUID | None
    decided_by: UUID | None
    decided_at: Instant | None
    comment: str | None
    superseded_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Word(In):
    """What is decided, and why."""

    decision: Verdict
    comment: Prose | None = None


def tool(one: Described) -> PublishingTool:
    """A tool with what is known of it."""
    plain = ("id", "key", "name", "vendor", "business_unit_id", "retired_at", "created_at", "updated_at")
    return PublishingTool(
        **{name: getattr(one.tool, name) for name in plain}, vendor_id=one.profile.vendor_id,
        kinds=list(one.profile.kinds), standing=Standing.model_validate(one.standing),
    )  # fmt: skip


def assessment(one: OneAssessment, at: datetime) -> Assessment:
    """An assessment as it stands at an instant."""
    return Assessment.model_validate(one).model_copy(update={"state": one.state_at(at)})
