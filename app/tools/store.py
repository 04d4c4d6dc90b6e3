"""Every statement that touches publishing tools."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import Tool
from .tables import PublishingTool as Row


def find(session: Session, id_or_key: UUID | str) -> Tool | None:
    """A tool by id or key."""
    try:
        row = session.get(Row, UUID(str(id_or_key)))
    except ValueError:
        row = session.scalars(select(Row).where(Row.key == id_or_key)).first()
    return value_of(Tool, row) if row else None


def tool(session: Session, id_or_key: UUID | str) -> Tool:
    """A tool by id or key, or ``NotFound``."""
    found = find(session, id_or_key)
    if found is None:
        raise NotFound(f"There is no publishing tool {id_or_key}.")
    return found


def tools(session: Session) -> list[Tool]:
    """Every tool, retired ones too."""
    return [value_of(Tool, row) for row in session.scalars(select(Row).order_by(Row.id))]


def lock_tool(session: Session, id_: UUID) -> Tool:
    """Hold a tool's row until the transaction ends, and read it afresh."""
    return value_of(Tool, session.get_one(Row, id_, with_for_update=True, populate_existing=True))


def keys(session: Session) -> set[str]:
    """The keys of all tools, retired ones too."""
    return set(session.scalars(select(Row.key)))


def of_unit(session: Session, unit_id: UUID) -> list[Tool]:
    """The tools registered for this very unit, held until the transaction ends."""
    stmt = select(Row).where(Row.business_unit_id == unit_id).order_by(Row.id).with_for_update()
    return [value_of(Tool, row) for row in session.scalars(stmt)]


def count_in_unit(session: Session, unit_id: UUID) -> int:
    """How many tools in use are registered for this very unit."""
    stmt = select(func.count()).where(Row.business_unit_id == unit_id, Row.retired_at.is_(None))
    return session.scalar(stmt) or 0


def page(session: Session, page: Page) -> list[Tool]:
    """A page of tools."""
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [value_of(Tool, row) for row in session.scalars(keyset(select(Row), order, page))]


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Tool:
    """A new tool; raises ``KeyTaken``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, KeyTaken, f"There is a publishing tool with the key {values['key']} already.")
    return value_of(Tool, row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Tool:
    """Change a tool's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return value_of(Tool, row)
