"""Every statement that erases, and those about legal holds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, cast, delete, or_, select, tuple_, update
from sqlalchemy import Text as TextType
from sqlalchemy.orm import Session

from app.kernel.database import Base, change, value_of
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.kernel.replies import principal_of_employee

from .rules import NAMED, QUOTED, ROWS, TEXTS, Hold, Quotation, Text
from .tables import LegalHold

_TABLES = Base.metadata.tables
_AT_ONCE = 500


def erase(session: Session, id_: UUID, quotation: Quotation) -> None:
    """Take out everything of a person but their row, and them where they are quoted."""
    for text in TEXTS:
        if text.whose is not None:
            table = _TABLES[text.table]
            session.execute(update(table).where(table.c[text.whose] == id_).values({text.column: text.left}))
    for name, column in ROWS:
        table = _TABLES[name]
        session.execute(delete(table).where(table.c[column] == id_))
    replies = _TABLES["idempotent_reply"]
    session.execute(delete(replies).where(replies.c.principal == principal_of_employee(id_)))
    for text in (*TEXTS, *NAMED):
        for rows in _quoting(session, text, quotation):
            session.execute(update(_TABLES[text.table]).where(rows).values({text.column: text.left}))
    for text in QUOTED:
        for rows in _quoting(session, text, quotation):
            session.execute(delete(_TABLES[text.table]).where(rows))


def _quoting(session: Session, text: Text, quotation: Quotation) -> Iterator[ColumnElement[bool]]:
    """Which rows quote somebody in a column, in parts; but for the words of people whom a legal hold keeps.

    Else whoever may erase would get at those, too, by somebody made up who is called as they are.
    """
    if not quotation.forms:
        return
    table = _TABLES[text.table]
    words, keys = table.c[text.column], list(table.primary_key)
    may_quote = [cast(words, TextType).icontains(form, autoescape=True) for form in quotation.forms]
    stmt = select(words, *keys).where(or_(*may_quote))
    if text.whose is not None:
        whose = table.c[text.whose]
        held = select(LegalHold.employee_id).where(LegalHold.released_at.is_(None))
        stmt = stmt.where(or_(whose.is_(None), whose.not_in(held)))
    found = [tuple(key) for said, *key in session.execute(stmt) if quotation.within(said)]
    for start in range(0, len(found), _AT_ONCE):
        yield tuple_(*keys).in_(found[start : start + _AT_ONCE])


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
