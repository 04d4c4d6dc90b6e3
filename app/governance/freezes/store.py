"""Every statement that touches freezes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.kernel.database import advisory_lock, change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import Freeze, FreezeKind, FreezeState, Office, Severity, Target
from .tables import Freeze as Row

FREEZE_LOCK = 0x636F_6506
# Every decision asks this. It is made once: making a statement takes longer than having it answered.
_OPEN = select(Row).where(Row.lifted_at.is_(None))


def lock_units(session: Session, *, shared: bool = False) -> None:
    """A unit is not frozen while it is merged into another: of the two, whichever comes second sees the first.

    Shared by freezes. Who merges takes it right before the end, so that no freeze waits for more than a commit.
    """
    advisory_lock(session, FREEZE_LOCK, shared=shared)


def open_freezes(session: Session) -> list[Freeze]:
    """Every freeze that was not lifted; there are few at any time."""
    return [_value(row) for row in session.scalars(_OPEN)]


def in_force_at(session: Session, at: datetime) -> list[Freeze]:
    """The freezes that were in force at an instant, as they were then."""
    begun = and_(Row.created_at <= at, or_(Row.until.is_(None), Row.until > at))
    stmt = select(Row).where(begun, or_(Row.lifted_at.is_(None), Row.lifted_at > at))
    return [replace(_value(row), lifted_at=None, lifted_by=None, lift_reason=None) for row in session.scalars(stmt)]


def between(session: Session, since: datetime, until: datetime) -> list[Freeze]:
    """The freezes that were in force at some instant from the one up to, and not at, the other, as they are now."""
    there = and_(Row.created_at < until, or_(Row.until.is_(None), Row.until > since))
    stmt = select(Row).where(there, or_(Row.lifted_at.is_(None), Row.lifted_at > since)).order_by(Row.id.desc())
    return [_value(row) for row in session.scalars(stmt)]


def freeze(session: Session, id_: UUID, *, lock: bool = False) -> Freeze:
    """One freeze, or ``NotFound``."""
    row = session.get(Row, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no freeze {id_}.")
    return _value(row)


def of_unit(session: Session, unit_id: UUID, at: datetime) -> int:
    """How many freezes of this very unit are in force."""
    stmt = _OPEN.with_only_columns(func.count()).where(Row.business_unit_id == unit_id)
    return session.scalar(stmt.where(or_(Row.until.is_(None), Row.until > at))) or 0


def add(session: Session, now: datetime, target: Target, values: Mapping[str, Any]) -> Freeze:
    """A new freeze."""
    row = Row(
        id=new_id(), created_at=now, updated_at=now, kind=target.kind, business_unit_id=target.business_unit_id,
        network=target.network, account_id=target.account_id, members=sorted(map(str, target.members)), **values,
    )  # fmt: skip
    session.add(row)
    flush(session)
    return _value(row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Freeze:
    """Change a freeze's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def page(session: Session, page: Page, now: datetime, state: FreezeState | None) -> list[Freeze]:
    """A page of freezes, of one state or of all."""
    stmt = select(Row)
    if state is FreezeState.LIFTED:
        stmt = stmt.where(Row.lifted_at.is_not(None))
    elif state is FreezeState.OVER:
        stmt = stmt.where(Row.lifted_at.is_(None), Row.until <= now)
    elif state is FreezeState.IN_FORCE:
        stmt = stmt.where(and_(Row.lifted_at.is_(None), or_(Row.until.is_(None), Row.until > now)))
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(row) for row in session.scalars(keyset(stmt, order, page))]


def _value(row: Row) -> Freeze:
    members = frozenset(map(UUID, row.members))
    target = Target(FreezeKind(row.kind), row.business_unit_id, row.network, row.account_id, members)
    exempt = frozenset(map(UUID, row.exempt))
    return value_of(
        Freeze, row, target=target, severity=Severity(row.severity), exempt=exempt, authority=Office(row.authority)
    )
