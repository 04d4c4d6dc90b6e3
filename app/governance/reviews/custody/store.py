"""Who looked after an account while a review of it ran: the audit log has kept that, no column has."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import store as audit


def former(session: Session, rows: Sequence[Any]) -> dict[UUID, frozenset[UUID]]:
    """By item: who was a custodian of its account at any time since the review was opened."""
    opened = {
        UUID(one.subject_id): one.seq
        for one in audit.of_subjects(session, "review.opened", "review", {row.review_id for row in rows})
    }
    if not opened:
        return {}
    changed = audit.of_subjects(
        session, "account.updated", "account", {row.account_id for row in rows}, min(opened.values())
    )
    before: dict[UUID, list[tuple[int, frozenset[UUID]]]] = {}
    for one in changed:
        before.setdefault(UUID(one.subject_id), []).append((one.seq, _custodians(one.before)))
    return {
        row.id: frozenset(
            person for seq, people in before.get(row.account_id, ()) for person in people if seq > opened[row.review_id]
        )
        for row in rows
        if row.review_id in opened
    }


def _custodians(told: str | None) -> frozenset[UUID]:
    members = json.loads(told or "{}")
    return frozenset(UUID(members[name]) for name in ("steward_id", "backup_steward_id") if members.get(name))
