"""What a course and a completion are, and until when one counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Conflict, Forbidden, Invalid


class CourseRetired(Conflict):
    """A retired course keeps its completions and takes no later ones."""

    code = "course_retired"


class CompletionRevoked(Conflict):
    """A revoked completion counts no more; only a strategist records the same once again."""

    code = "completion_revoked"


class SelfCompletion(Forbidden):
    """Nobody says of themselves that they have completed a course: the learning system does, or another strategist."""

    code = "self_completion"


class TrainingState(StrEnum):
    """How somebody stands in a course at an instant."""

    CURRENT = "current"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Course:
    """Something to be learnt. ``valid_for_days``: how long a completion counts, None for ever."""

    id: UUID
    key: str
    title: str
    valid_for_days: int | None
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Completion:
    """One person has completed one course; with what its course says now."""

    id: UUID
    employee_id: UUID
    course_id: UUID
    course_key: str
    course_valid_for_days: int | None
    completed_at: datetime
    source: str | None
    revoked_at: datetime | None
    revoked_by: UUID | None
    revoke_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def valid_until(self) -> datetime | None:
        """Until when it counts by its course alone; a policy may ask for fresher ones. None: for ever."""
        return valid_until(self.completed_at, self.course_valid_for_days, None)

    @property
    def stated(self) -> "tuple[UUID, UUID, datetime]":
        """What makes it one completion: who, what and when."""
        return self.employee_id, self.course_id, self.completed_at


@dataclass(frozen=True, slots=True)
class Learnt:
    """Somebody's newest completion of a course, and for how many days the course itself says that it counts."""

    at: datetime
    valid_for_days: int | None


@dataclass(frozen=True, slots=True)
class Stated:
    """A completion as somebody states it."""

    employee_id: UUID
    course: Course
    completed_at: datetime
    source: str | None = None

    @property
    def stated(self) -> "tuple[UUID, UUID, datetime]":
        """What makes it one completion: who, what and when."""
        return self.employee_id, self.course.id, self.completed_at


@dataclass(frozen=True, slots=True)
class Recorded:
    """A completion as it is held, and whether it is new."""

    completion: Completion
    new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands in a course: since their newest completion, until when (None: for ever, or there is none)."""

    state: TrainingState
    completed_at: datetime | None = None
    valid_until: datetime | None = None


def valid_until(completed_at: datetime, course_valid_days: int | None, rule_valid_days: int | None) -> datetime | None:
    """Until when a completion counts: the course's days or the policy rule's, whichever are fewer. None: for ever."""
    days = valid_for(course_valid_days, rule_valid_days)
    return None if days is None else completed_at + timedelta(days=days)


def valid_for(course_valid_days: int | None, rule_valid_days: int | None) -> int | None:
    """For how many days a completion counts; None: for ever."""
    return min((days for days in (course_valid_days, rule_valid_days) if days is not None), default=None)


def standing(
    completions: Iterable[Completion], course: Course, at: datetime, rule_valid_days: int | None = None
) -> Standing:
    """How a person with these completions stands in a course at an instant; the very instant of the end is expired.

    Nothing is ever swept: what a completion is worth depends on the course, the policy's rule and the instant alone.
    """
    done = [
        one.completed_at
        for one in completions
        if one.course_id == course.id and one.revoked_at is None and one.completed_at <= at
    ]
    if not done:
        return Standing(TrainingState.MISSING)
    newest = max(done)
    until = valid_until(newest, course.valid_for_days, rule_valid_days)
    over = until is not None and until <= at
    return Standing(TrainingState.EXPIRED if over else TrainingState.CURRENT, newest, until)


def check_past(completed_at: datetime, now: datetime) -> None:
    """What is completed has happened. Raises ``Invalid``."""
    if completed_at > now:
        raise Invalid.field("/completed_at", "in_the_future", "A completion has happened, or it is none.")


def takes(course: Course, completed_at: datetime) -> bool:
    """Was the course still held then? What was completed before it was retired may become known later."""
    return course.retired_at is None or completed_at < course.retired_at


def check_takes(course: Course, completed_at: datetime) -> None:
    """Raises ``CourseRetired`` where the course was not held any more."""
    if not takes(course, completed_at):
        raise CourseRetired(f"The course {course.key} was retired before this.")


def held(known: Iterable[Completion], *, again: bool) -> Completion | None:
    """Of the completions of one person, course and instant the one that counts, None if there is none.

    Raises ``CompletionRevoked`` where it was revoked, and ``again`` does not say that it may be recorded anew.
    """
    found = list(known)
    for one in found:
        if one.revoked_at is None:
            return one
    if found and not again:
        raise CompletionRevoked("This very completion was revoked; a strategist may record it again.")
    return None
