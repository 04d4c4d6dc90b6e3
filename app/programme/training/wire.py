"""Courses and completions as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

Days = Annotated[StrictInt, Field(ge=1, le=3650)]
Ref = Annotated[str, StringConstraints(max_length=200)]


class NewCourse(In):
    """A course; without ``valid_for_days`` a completion counts for ever."""

    key: Annotated[str, Field(examples=["image-rights"])]
    title: Annotated[Line, Field(examples=["Image rights"])]
    valid_for_days: Annotated[Days | None, Field(examples=[365])] = None


class CourseChanges(In):
    """Only the members sent are changed; ``valid_for_days`` null: completions count for ever."""

    title: Annotated[Line | None, Field(examples=["Social media, the basics"])] = None
    valid_for_days: Days | None = None


class Reason(In):
    """Why, kept in the audit log."""

    reason: Prose


class Course(Out):
    """A course; a retired one is held no more, and what was completed counts as before."""

    id: UUID
    key: str
    title: str
    valid_for_days: Annotated[int | None, Field(description="How long a completion counts; null: for ever.")]
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


class NewCompletion(In):
    """Somebody has completed a course."""

    employee_id: Annotated[Ref, Field(description="The person's id; or HR's employee id, an e-mail or a user name.")]
    course_id: Annotated[Ref, Field(description="The course's id or key.")]
    completed_at: Annotated[Instant, Field(examples=["2025-03-31T15:00:00Z"])]
    source: Annotated[Line | None, Field(description="Where this is known from.", examples=["LMS"])] = None


class Completion(Out):
    """Somebody has completed a course; a revoked one counts no more."""

    id: UUID
    employee_id: UUID
    course_id: UUID
    course_key: str
    completed_at: Instant
    valid_until: Annotated[
        Instant | None,
        Field(
            description="Until when it counts by its course alone, null: for ever. A policy may ask for a fresher one."
        ),
    ]
    source: str | None
    revoked_at: Instant | None
    revoked_by: UUID | None
    revoke_reason: str | None
    created_at: Instant
    updated_at: Instant
