"""What is erased of a person (GDPR, article 17), and what keeps it from being erased.

Erased is what says who they are, and every text of theirs; what was decided, when and by whom stands, under an id that
leads to nobody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kernel.errors import Conflict

GONE: Final = "Erased."
"""What stands where a text must be."""


class StillEmployed(Conflict):
    """Whoever works here has rights and duties under their name; they are erased once they have left."""

    code = "still_employed"
    title = "This person is employed"


class Held(Conflict):
    """A legal hold keeps what may be needed as evidence."""

    code = "legal_hold"
    title = "A legal hold keeps this person's data"


class NotHeld(Conflict):
    """There is no legal hold to release."""

    code = "no_legal_hold"
    title = "There is no legal hold on this person"


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a person's data."""

    id: UUID
    employee_id: UUID
    reason: str
    set_by: UUID | None
    released_at: datetime | None
    released_by: UUID | None
    release_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    def as_data(self) -> dict[str, Any]:
        """As the log tells of it."""
        return {"employee_id": self.employee_id, "set_by": self.set_by, "released_at": self.released_at}


@dataclass(frozen=True, slots=True)
class Text:
    """A column with words of the person that another column names; ``left``: what stands there instead."""

    table: str
    column: str
    whose: str
    left: str | None = None


TEXTS: Final = (
    Text("request", "justification", "requester_id"),
    Text("request_decision", "comment", "decided_by"),
    Text("posting_grant", "end_reason", "ended_by"),
    Text("grant_suspension", "reason", "suspended_by", GONE),
    Text("review", "title", "opened_by", GONE),
    Text("review", "close_reason", "closed_by"),
    Text("review_item", "comment", "decided_by"),
    Text("clearance", "note", "employee_id"),
    Text("clearance", "comment", "decided_by"),
    Text("completion", "source", "employee_id"),
    Text("completion", "revoke_reason", "revoked_by"),
    Text("appointment", "end_reason", "ended_by"),
    Text("group_mapping", "reason", "mapped_by", GONE),
    Text("group_mapping", "end_reason", "ended_by"),
    Text("group_member", "display", "employee_id"),
    Text("freeze", "reason", "set_by", GONE),
    Text("freeze", "lift_reason", "lifted_by"),
    Text("governance_setting", "reason", "set_by", GONE),
    Text("legal_hold", "reason", "set_by", GONE),
    Text("legal_hold", "release_reason", "released_by"),
)
ROWS: Final = (
    ("login", "employee_id"), ("authorization_code", "employee_id"), ("console_session", "employee_id"),
    ("notification_settings", "employee_id"), ("notice", "employee_id"), ("notice", "subject_id"),
    ("audit_personal", "person_id"),
)  # fmt: skip
"""Rows that are about nobody else, by the column that names the person."""
NAMED: Final = (("account", "recovery_contact"), ("account", "shared_mailbox"))
"""Where somebody's own address may stand though the row is not theirs: it is taken out where it does."""
QUOTED: Final = (
    ("audit_personal", "value"), ("idempotent_reply", "body"), ("import_reject", "cells"), ("import_reject", "message"),
    ("notice", "data"),
)  # fmt: skip
"""What quotes people for a while: the rows that name this one go."""
ELSEWHERE: Final = {
    "access_task": "addresses of receivers, not of people",
    "access_task_item": "a right and an account",
    "audit_checkpoint": "numbers and signatures",
    "audit_event": "ids, and digests of what is in audit_personal",
    "business_unit": "units",
    "client": "programs",
    "course": "courses",
    "directory_group": "groups",
    "erased_person": "digests",
    "import_run": "files",
    "login_throttle": "digests",
    "network": "networks",
    "policy": "policies",
    "policy_version": "the enterprise's own texts",
    "publishing_tool": "programs",
    "webhook": "addresses of programs",
    "webhook_delivery": "what programs were told, by number",
    "attestation": "who attested to what",
}
"""Tables with texts of which none is a person's, and what they are of."""
