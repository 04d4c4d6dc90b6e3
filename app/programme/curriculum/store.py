"""Every statement that touches the curriculum."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset, usual_order
from app.programme.training.tables import Course

from .rules import Audience, Entry, EntryExists, Need
from .tables import CurriculumEntry as Row

_WITH_COURSE = select(Row, Course.key).join(Course, Course.id == Row.course_id)


def entry(session: Session, id_: UUID) -> Entry:
    """One entry, or ``NotFound``."""
    found = session.execute(_WITH_COURSE.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no entry {id_} of the curriculum.")
    return _entry(*found)


def lock_entry(session: Session, id_: UUID) -> Entry:
    """Hold an entry until the transaction ends, and read it afresh. Raises ``NotFound``."""
    session.get(Row, id_, with_for_update=True, populate_existing=True)
    return entry(session, id_)


def taught(session: Session) -> list[Entry]:
    """Every entry that is not retired."""
    found = session.execute(_WITH_COURSE.where(Row.retired_at.is_(None)).order_by(Row.id))
    return [_entry(*one) for one in found]


def page_entries(session: Session, page: Page, filters: Mapping[str, Any]) -> list[Entry]:
    """A page of entries by equal columns; ``retired`` (bool) by whether they are."""
    stmt = _WITH_COURSE
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(
                Row.retired_at.is_not(None) == value if name == "retired" else getattr(Row, name) == value
            )
    return [_entry(*found) for found in session.execute(keyset(stmt, usual_order(Row, page), page))]


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Entry:
    """A new entry; raises ``EntryExists``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, EntryExists, "The curriculum says this of these people and this course already, or otherwise.")
    return entry(session, row.id)


def retire(session: Session, id_: UUID, now: datetime) -> Entry:
    """Ask it of nobody any more."""
    change(session, session.get_one(Row, id_), now, {"retired_at": now})
    return entry(session, id_)


def _entry(row: Row, course_key: str) -> Entry:
    return value_of(Entry, row, course_key=course_key, audience=Audience(row.audience), need=Need(row.need))
