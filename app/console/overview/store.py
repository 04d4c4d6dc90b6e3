"""What the overview counts beside the inventory."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.governance.grants.tables import Grant as Row


def ending(session: Session, now: datetime, until: datetime, seen: Any, limit: int) -> tuple[int, list[Any]]:
    """Grants (of those that are seen) that end between two instants: how many, and the first of them, by their ids."""
    soon = (Row.ended_at.is_(None), Row.valid_until > now, Row.valid_until <= until)
    counted = select(func.count(Row.id)).where(*soon)
    first = select(Row.id).where(*soon).order_by(Row.valid_until, Row.id).limit(limit)
    if seen is not None:
        counted, first = counted.where(seen), first.where(seen)
    return session.scalar(counted) or 0, list(session.scalars(first))


def running(session: Session, now: datetime, seen: Any) -> int:
    """How many grants (of those that are seen) have begun and not ended."""
    stmt = select(func.count(Row.id)).where(Row.ended_at.is_(None), Row.valid_from <= now, Row.valid_until > now)
    return session.scalar(stmt.where(seen) if seen is not None else stmt) or 0
