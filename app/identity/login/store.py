"""Every statement that touches passwords and the count of tries."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.kernel.database import flush

from .tables import Login, LoginThrottle


def password_hash(session: Session, employee_id: UUID) -> str | None:
    """The kept hash, or None for someone without a password."""
    return session.scalars(select(Login.password_hash).where(Login.employee_id == employee_id)).first()


def save_password(session: Session, employee_id: UUID, hashed: str, now: datetime) -> None:
    """Set or replace a person's password hash."""
    row = session.get(Login, employee_id)
    if row is None:
        session.add(Login(employee_id=employee_id, password_hash=hashed, created_at=now, updated_at=now))
    else:
        row.password_hash, row.updated_at = hashed, now
    flush(session)


def count_try(session: Session, key: str, now: datetime, window: timedelta) -> tuple[int, datetime]:
    """Count one more try under this key; answers how many there were since when. The row stays locked."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.began_at <= now - window))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    stmt = insert(LoginThrottle).values(key=key, tries=1, began_at=now)
    counted = stmt.on_conflict_do_update(index_elements=["key"], set_={"tries": LoginThrottle.tries + 1})
    row = session.execute(counted.returning(LoginThrottle.tries, LoginThrottle.began_at)).one()
    return row.tries, row.began_at


def forget(session: Session, key: str) -> None:
    """Start counting anew."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.key == key))


def take_back(session: Session, keys: Iterable[str]) -> None:
    """The last try under these keys was no failure."""
    stmt = update(LoginThrottle).where(LoginThrottle.key.in_(list(keys)), LoginThrottle.tries > 0)
    session.execute(stmt.values(tries=LoginThrottle.tries - 1))
