"""Every statement that touches authorization codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from app.kernel.database import flush, value_of
from app.kernel.ids import new_id

from .rules import Code
from .tables import AuthorizationCode as Row

# Every request asks this. It is made once: making a statement takes longer than having it answered.
_ENDED = select(Row.id).where(Row.token_id == bindparam("token_id"), Row.replayed_at.is_not(None))


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> None:
    """Keep a new code, and drop those that nobody needs to remember."""
    session.execute(delete(Row).where(Row.kept_until <= now))
    session.add(Row(id=new_id(), created_at=now, **values))
    flush(session)


def lock(session: Session, code_hash: str, client_id: str) -> Code | None:
    """The code with this digest if it was given to this client, held alone: of two uses one is the second."""
    stmt = select(Row).where(Row.code_hash == code_hash, Row.client_id == client_id).with_for_update()
    row = session.scalars(stmt.execution_options(populate_existing=True)).first()
    return value_of(Code, row) if row else None


def use(session: Session, id_: UUID, now: datetime, token_id: str, kept_until: datetime) -> None:
    """The code was exchanged for this token."""
    row = session.get_one(Row, id_)
    row.used_at, row.token_id, row.kept_until = now, token_id, kept_until
    flush(session)


def end_token(session: Session, id_: UUID, now: datetime) -> None:
    """The code came a second time: whatever it was exchanged for counts no more."""
    row = session.get_one(Row, id_)
    row.replayed_at = row.replayed_at or now
    flush(session)


def token_ended(session: Session, token_id: str) -> bool:
    """Whether the token with this ``jti`` was ended because its code was shown again."""
    return session.scalars(_ENDED, {"token_id": token_id}).first() is not None
