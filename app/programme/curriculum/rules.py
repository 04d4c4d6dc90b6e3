"""What people should learn: courses for everybody, for whoever holds rights, for the holders of a role.

The curriculum says what is good to know. It pauses no right and refuses nothing: only a policy's ``required_training``
does.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Conflict


class EntryExists(Conflict):
    """The curriculum says of this course, these people and this unit something already: retire that first."""

    code = "curriculum_entry_exists"


class EntryRetired(Conflict):
    """A retired entry of the curriculum stays as history; add it again."""

    code = "curriculum_entry_retired"


class Audience(StrEnum):
    """Whom a course is for: everybody, whoever holds a right to post, or the holders of a role."""

    EVERYBODY = "everybody"
    RIGHTS_HOLDER = "rights_holder"
    STRATEGIST = "strategist"
    CONTENT_STRATEGIST = "content_strategist"
    COMMUNITY_MANAGER = "community_manager"
    BU_LIAISON = "bu_liaison"
    CAMPAIGN_MANAGER = "campaign_manager"
    SOCIAL_ANALYST = "social_analyst"
    DEVELOPER = "developer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Need(StrEnum):
    """How much a course is needed; only what is required counts in the coverage of a unit."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"


@dataclass(frozen=True, slots=True)
class Entry:
    """A course for an audience, as far as they work in a unit or below it; with the course's key."""

    id: UUID
    audience: Audience
    course_id: UUID
    course_key: str
    need: Need
    business_unit_id: UUID
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


def check_taught(entry: Entry) -> None:
    """Raises ``EntryRetired``."""
    if entry.retired_at is not None:
        raise EntryRetired("This entry of the curriculum is retired.")
