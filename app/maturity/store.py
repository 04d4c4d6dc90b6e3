"""Every statement behind an assessment of maturity, and declarations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.grants.tables import Grant
from app.kernel.database import flush, value_of
from app.kernel.ids import new_id
from app.policies.attestations.tables import Attestation

from .rules import SPEAKING, Declaration
from .tables import Declaration as Row


def _speaking(unit_id: UUID, at: datetime, *columns: Any) -> Select[Any]:
    """These columns of what is granted, lives at an instant and lets people speak, on accounts below a unit."""
    return (
        select(*columns)
        .select_from(Grant)
        .join(Account, Account.id == Grant.account_id)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .where(
            Grant.right.in_(SPEAKING), Grant.valid_from <= at, Grant.valid_until > at,
            or_(Grant.ended_at.is_(None), Grant.ended_at > at), BusinessUnit.path.contains(unit_id.hex),
        )
    )  # fmt: skip


def teams(session: Session, unit_id: UUID, at: datetime) -> dict[UUID, int]:
    """By unit, how many people speak on its accounts."""
    unit = Account.business_unit_id
    stmt = _speaking(unit_id, at, unit, func.count(Grant.employee_id.distinct())).group_by(unit)
    return {id_: int(people) for id_, people in session.execute(stmt)}


def speakers(session: Session, unit_id: UUID, at: datetime) -> int:
    """How many people speak at all."""
    return session.scalar(_speaking(unit_id, at, func.count(Grant.employee_id.distinct()))) or 0


def spread(session: Session, unit_id: UUID, at: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """The time zones and the languages of the accounts that are spoken for."""
    found = session.execute(_speaking(unit_id, at, BusinessUnit.timezone, Account.language).distinct()).all()
    return frozenset(zone for zone, _ in found), frozenset(language for _, language in found if language)


def attested(session: Session, unit_id: UUID, at: datetime, version_id: UUID) -> tuple[int, int]:
    """Of a policy version: how many people speak, and how many of them have attested to it."""
    people = _speaking(unit_id, at, Grant.employee_id.label("id")).distinct().subquery()
    attests = and_(
        Attestation.employee_id == people.c.id,
        Attestation.policy_version_id == version_id,
        Attestation.created_at <= at,
    )
    stmt = (
        select(func.count(people.c.id), func.count(Attestation.id)).select_from(people).outerjoin(Attestation, attests)
    )
    holders, done = session.execute(stmt).one()
    return holders, done


def declared(session: Session, unit_id: UUID, at: datetime) -> Declaration | None:
    """What was declared of a unit last."""
    stmt = select(Row).where(Row.business_unit_id == unit_id, Row.created_at <= at).order_by(Row.id.desc()).limit(1)
    row = session.scalars(stmt).first()
    return value_of(Declaration, row) if row else None


def declare(session: Session, now: datetime, values: Mapping[str, Any]) -> Declaration:
    """One more declaration."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return value_of(Declaration, row)
