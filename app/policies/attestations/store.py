"""Every statement that touches attestations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.kernel.database import flush, id_param, value_of
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import Attestation
from .tables import Attestation as Row

# Every evaluation may ask this. It is made once: making a statement takes longer than having it answered.
_ATTESTED = select(Row.policy_version_id).where(
    Row.employee_id == id_param("employee_id"), Row.policy_version_id.in_(id_param("ids"))
)


def attested(session: Session, employee_id: UUID, version_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these versions somebody has accepted."""
    wanted = list(version_ids)
    if not wanted:
        return frozenset()
    return frozenset(session.scalars(_ATTESTED, {"employee_id": employee_id, "ids": wanted}))


def attested_by(session: Session, employee_id: UUID, version_ids: Iterable[UUID], at: datetime) -> frozenset[UUID]:
    """Which of these versions somebody had accepted by an instant."""
    wanted = list(version_ids)
    stmt = select(Row.policy_version_id).where(Row.employee_id == employee_id, Row.policy_version_id.in_(wanted))
    return frozenset(session.scalars(stmt.where(Row.created_at <= at))) if wanted else frozenset()


def by_person(session: Session, version_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Who has accepted any of these versions, and which; for looking at many people at once."""
    wanted = list(version_ids)
    found: dict[UUID, set[UUID]] = {}
    if wanted:
        stmt = select(Row.employee_id, Row.policy_version_id).where(Row.policy_version_id.in_(wanted))
        for person, version in session.execute(stmt):
            found.setdefault(person, set()).add(version)
    return {person: frozenset(versions) for person, versions in found.items()}


def find(session: Session, version_id: UUID, employee_id: UUID) -> Attestation | None:
    """Somebody's attestation of a version."""
    row = session.scalars(
        select(Row).where(Row.policy_version_id == version_id, Row.employee_id == employee_id)
    ).first()
    return value_of(Attestation, row) if row else None


def add(session: Session, now: datetime, version_id: UUID, employee_id: UUID, digest: str) -> Attestation:
    """A new one; the caller holds the person's row, so that there is one of each."""
    row = Row(
        id=new_id(), created_at=now, updated_at=now, policy_version_id=version_id, employee_id=employee_id,
        text_sha256=digest,
    )  # fmt: skip
    session.add(row)
    flush(session)
    return value_of(Attestation, row)


def page(
    session: Session,
    version_id: UUID,
    page: Page,
    filters: Mapping[str, Any],
    people: Select[Any] | None,
    own: UUID | None,
) -> list[Attestation]:
    """Attestations of a version; of these people and one's own, or (``people`` None) of everybody."""
    stmt = select(Row).where(Row.policy_version_id == version_id)
    if people is not None:
        stmt = stmt.where(or_(Row.employee_id.in_(people), Row.employee_id == own))
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [value_of(Attestation, one) for one in session.scalars(keyset(stmt, order, page))]
