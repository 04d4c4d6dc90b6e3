"""Every statement that touches sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Database

from app.kernel.database import at_param, flush, id_param

from .rules import LONGEST, Session
from .tables import ConsoleSession as Row

# Every page asks this. It is made once: making a statement takes longer than having it answered.
_OPEN = select(Row.id).where(
    Row.id == id_param("id"), Row.employee_id == id_param("employee_id"), Row.ended_at.is_(None), Row.ends_at > at_param()
)  # fmt: skip


def add(database: Database, made: Session) -> None:
    """Keep a new sign-in, and drop those whose time is over."""
    database.execute(delete(Row).where(Row.ends_at <= made.started_at))
    ends_at = made.started_at + LONGEST
    database.add(Row(id=made.id, employee_id=made.employee_id, created_at=made.started_at, ends_at=ends_at))
    flush(database)


def is_open(database: Database, one: Session, at: datetime) -> bool:
    """Was it begun here, and neither ended nor its time over?"""
    asked = {"id": one.id, "employee_id": one.employee_id, "at": at}
    return database.scalars(_OPEN, asked).first() is not None


def end(database: Database, id_: UUID, at: datetime) -> None:
    """Nobody goes on with it."""
    database.execute(update(Row).where(Row.id == id_, Row.ended_at.is_(None)).values(ended_at=at))
