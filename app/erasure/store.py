"""Every statement that erases, and those about legal holds."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text as TextType
from sqlalchemy import cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.kernel.database import Base, change, value_of
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.kernel.replies import principal_of_employee

from .rules import NAMED, QUOTED, ROWS, TEXTS, Hold
from .tables import LegalHold

_TABLES = Base.metadata.tables


def erase(session: Session, id_: UUID, values: Collection[str]) -> None:
    """Take out everything of a person but their row; ``values``: what says who they are, to find where they are quoted."""
    for text in TEXTS:
        table = _TABLES[text.table]
        session.execute(update(table).where(table.c[text.whose] == id_).values({text.column: text.left}))
    for name, column in NAMED:
        table = _TABLES[name]
        named = func.lower(table.c[column]).in_([one.lower() for one in values])
        session.execute(update(table).where(named).values({column: None}))
    for name, column in QUOTED:
        table = _TABLES[name]
        said = [cast(table.c[column], TextType).contains(one, autoescape=True) for one in values]
        session.execute(delete(table).where(or_(*said)))
    for name, column in ROWS:
        table = _TABLES[name]
        session.execute(delete(table).where(table.c[column] == id_))
    replies = _TABLES["idempotent_reply"]
    session.execute(delete(replies).where(replies.c.principal == principal_of_employee(id_)))


def hold_of(session: Session, employee_id: UUID) -> Hold | None:
    """The hold that keeps a person's data, if there is one."""
    row = _open(session, employee_id)
    return value_of(Hold, row) if row else None


def holds(session: Session, page: Page, *, released: bool | None) -> list[Hold]:
    """A page of holds, one more than its limit if there are more."""
    stmt = select(LegalHold)
    if released is not None:
        stmt = stmt.where(LegalHold.released_at.is_not(None) if released else LegalHold.released_at.is_(None))
    order = ((getattr(LegalHold, page.column or "id"), page.descending), (LegalHold.id, page.descending))
    return [value_of(Hold, row) for row in session.scalars(keyset(stmt, order, page))]


def set_hold(session: Session, employee_id: UUID, reason: str, by: UUID | None, now: datetime) -> Hold:
    """A new hold."""
    row = LegalHold(id=new_id(), created_at=now, updated_at=now, employee_id=employee_id, reason=reason, set_by=by)
    session.add(row)
    session.flush()
    return value_of(Hold, row)


def release(session: Session, employee_id: UUID, reason: str, by: UUID | None, now: datetime) -> Hold:
    """End the hold that there is."""
    row = _open(session, employee_id)
    values: dict[str, Any] = {"released_at": now, "released_by": by, "release_reason": reason}
    change(session, row, now, values)
    return value_of(Hold, row)


def _open(session: Session, employee_id: UUID) -> LegalHold | None:
    return session.scalars(
        select(LegalHold).where(LegalHold.employee_id == employee_id, LegalHold.released_at.is_(None))
    ).one_or_none()
