"""The curriculum as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from .rules import Audience, Need

Ref = Annotated[str, StringConstraints(max_length=200)]


class NewEntry(In):
    """A course for some people. It asks, and pauses no right: for that a policy requires the course."""

    audience: Annotated[Audience, Field(examples=["campaign_manager"])]
    course_id: Annotated[Ref, Field(description="The course's id or key.", examples=["social-media-basics"])]
    need: Annotated[Need, Field(examples=["required"])]
    business_unit_id: Annotated[
        Ref | None,
        Field(description="Only of those who work in this unit (id or key) or below it; left out: of all."),
    ] = None


class Reason(In):
    """Why, kept in the audit log."""

    reason: Prose


class Entry(Out):
    """A course for some people; a retired entry asks it of nobody any more. The root is the whole enterprise."""

    id: UUID
    audience: Audience
    course_id: UUID
    course_key: str
    need: Need
    business_unit_id: UUID
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant
