"""The curriculum as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.wire import In, Instant, Out
from app.programme.training.wire import Ref

from .rules import Audience, Need


class NewCurriculumEntry(In):
    """A course for some people. It asks, and pauses no right: for that a policy requires the course."""

    audience: Annotated[Audience, Field(examples=["campaign_manager"])]
    course_id: Annotated[Ref, Field(description="The course's id or key.", examples=["social-media-basics"])]
    need: Annotated[Need, Field(examples=["required"])]
    business_unit_id: Annotated[
        Ref | None,
        Field(description="Only of those who work in this unit (id or key) or below it; left out: of all."),
    ] = None


class CurriculumEntry(Out):
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
