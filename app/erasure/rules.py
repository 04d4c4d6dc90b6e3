"""What is erased of a person (GDPR, article 17), and what keeps it from being erased.

Erased is what says who they are, and every text of theirs; what was decided, when and by whom stands, under an id that
leads to nobody.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kernel.errors import Conflict

GONE: Final = "Erased."
"""What stands where a text must be."""
ANSWERED: Final = json.dumps({"erased": True})
"""What is answered from then on to a repeated call whose answer quoted somebody: the call was done, and is not done again."""
SHORTEST: Final = 6
"""Of what is shorter one cannot say that a text quotes a person by it."""
CALLED: Final = ("email", "user_name", "display_name", "employee_number", "external_id")
"""By which of their columns somebody is quoted."""


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
    """A column with words; ``whose``: the column that names whose they are; ``left``: what stands there instead."""

    table: str
    column: str
    whose: str | None = None
    left: str | None = None


class Quotation:
    """Finds where a person is quoted by one of these ``names``: whole, whatever the case, however JSON writes it."""

    def __init__(self, names: Collection[str]) -> None:
        said = {one for one in names if len(one) >= SHORTEST}
        told = (json.dumps(one, ensure_ascii=ascii_)[1:-1] for one in said for ascii_ in (True, False))
        self.forms = sorted({*said, *told})
        """As a text that quotes them may have them: what has none of these does not."""
        self._whole = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, said))})(?!\w)", re.IGNORECASE)

    def within(self, value: Any) -> bool:
        """Is the person quoted in a text, in the strings of a JSON document, or in those of one that is kept as text?"""
        return bool(self.forms) and any(self._whole.search(one) for one in _strings(value))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "[", '"'):
            try:
                yield from _strings(json.loads(value))
            except (ValueError, RecursionError):
                return
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


TEXTS: Final = (
    Text("request", "justification", "requester_id"),
    Text("request_decision", "comment", "decided_by"),
    Text("posting_grant", "end_reason", "ended_by"),
    Text("grant_suspension", "reason", "suspended_by", GONE),
    Text("account_checklist", "reference", "said_by", GONE),
    Text("account_checklist", "note", "said_by"),
    Text("retirement", "title", "opened_by", GONE),
    Text("retirement", "end_reason", "ended_by"),
    Text("retirement_item", "answer_reason", "answered_by"),
    Text("retirement_item", "decision_reason", "decided_by"),
    Text("review", "title", "opened_by", GONE),
    Text("review", "close_reason", "closed_by"),
    Text("review_item", "comment", "decided_by"),
    Text("clearance", "note", "employee_id"),
    Text("clearance", "comment", "decided_by"),
    Text("assessment", "comment", "decided_by"),
    Text("finding", "withdraw_reason", "withdrawn_by"),
    Text("citation", "why", "cited_by"),
    Text("completion", "source", "employee_id"),
    Text("completion", "revoke_reason", "revoked_by"),
    Text("appointment", "end_reason", "ended_by"),
    Text("group_mapping", "reason", "mapped_by", GONE),
    Text("group_mapping", "end_reason", "ended_by"),
    Text("group_member", "display", "employee_id"),
    Text("discovery", "reason", "decided_by"),
    Text("discovery", "evidence_url", "decided_by"),
    Text("discovery_sighting", "note", "recorded_by"),
    Text("discovery_sighting", "evidence_url", "recorded_by"),
    Text("campaign", "purpose", "author_id", GONE),
    Text("campaign", "end_reason", "ended_by"),
    Text("freeze", "reason", "set_by", GONE),
    Text("freeze", "lift_reason", "lifted_by"),
    Text("governance_setting", "reason", "set_by", GONE),
    Text("strategy", "comment", "decided_by"),
    Text("target", "note", "set_by"),
    Text("legal_hold", "reason", "set_by", GONE),
    Text("legal_hold", "release_reason", "released_by"),
)
ROWS: Final = (
    ("login", "employee_id"), ("authorization_code", "employee_id"), ("console_session", "employee_id"),
    ("notification_settings", "employee_id"), ("notice", "employee_id"), ("notice", "subject_id"),
    ("audit_personal", "person_id"),
)  # fmt: skip
"""Rows that are about nobody else, by the column that names the person."""
NAMED: Final = (
    Text("account", "recovery_contact"), Text("account", "shared_mailbox"),
    Text("vendor", "contact"), Text("vendor", "note"),
    Text("discovery_sighting", "display_name"), Text("idempotent_reply", "body", left=ANSWERED),
)  # fmt: skip
"""Where somebody may be named though the words are nobody's in particular: they are taken out where they name this one."""
QUOTED: Final = (
    Text("audit_personal", "value", "person_id"), Text("import_reject", "cells"), Text("import_reject", "message"),
    Text("notice", "data"),
)  # fmt: skip
"""What quotes people, or does so for a while: the rows that name this one go."""
ELSEWHERE: Final = {
    "access_task": "addresses of receivers, not of people",
    "access_task_item": "a right and an account",
    "audit_checkpoint": "numbers and signatures",
    "audit_event": "ids, and digests of what is in audit_personal",
    "budget": "the enterprise's own money",
    "budget_entry": "what objectives cost and brought",
    "business_unit": "units",
    "campaign_account": "accounts",
    "campaign_member": "ids of people, and rights",
    "client": "programs",
    "course": "courses",
    "curriculum_entry": "what people should learn, by role",
    "directory_group": "groups",
    "erased_person": "digests",
    "goal": "goals of the business",
    "import_run": "files",
    "kpi": "what figures mean",
    "login_throttle": "digests",
    "maturity_declaration": "what is declared of units",
    "finding_tag": "units, networks and functions",
    "network": "networks",
    "objective": "what units are to do",
    "observation": "figures, and who measured them: programs",
    "policy": "policies",
    "policy_version": "the enterprise's own texts",
    "publishing_tool": "programs",
    "tool_profile": "programs",
    "webhook": "addresses of programs",
    "webhook_delivery": "what programs were told, by number",
    "attestation": "who attested to what",
}
"""Tables with texts of which none is a person's, and what they are of."""
