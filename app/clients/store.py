"""Every statement that touches registered clients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import change, flush
from app.kernel.ids import new_id
from app.roles.rules import ClientScope

from .rules import Client
from .tables import Client as Row


def find(session: Session, client_id: str) -> Client | None:
    """A client by its id, revoked ones too."""
    try:
        id_ = UUID(client_id)
    except ValueError:
        return None
    row = session.get(Row, id_) if str(id_) == client_id else None  # one spelling of an id is enough
    return _value(row) if row else None


def find_static(session: Session, secret_hash: str) -> Client | None:
    """The client whose long-lived bearer has this digest."""
    row = session.scalars(select(Row).where(Row.secret_hash == secret_hash, Row.static)).first()
    return _value(row) if row else None


def usable(session: Session) -> list[Client]:
    """Every client that was not revoked."""
    return [_value(row) for row in session.scalars(select(Row).where(Row.revoked_at.is_(None)).order_by(Row.id))]


def owned(session: Session, owner_id: UUID) -> list[Client]:
    """A person's clients that may still act."""
    stmt = select(Row).where(Row.owner_id == owner_id, Row.revoked_at.is_(None)).order_by(Row.id)
    return [_value(row) for row in session.scalars(stmt)]


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Client:
    """A new client."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return _value(row)


def revoke(session: Session, id_: UUID, now: datetime) -> Client:
    """The client may do nothing any more."""
    row = session.get_one(Row, id_)
    change(session, row, now, {"revoked_at": now})
    return _value(row)


def _value(row: Row) -> Client:
    return Client(
        client_id=str(row.id),
        name=row.name,
        id=row.id,
        secret_hash=row.secret_hash,
        static=row.static,
        scopes=frozenset(ClientScope(name) for name in row.scopes),
        tool_id=row.tool_id,
        gateway=row.gateway,
        owner_id=row.owner_id,
        redirect_uris=tuple(row.redirect_uris),
        revoked_at=row.revoked_at,
    )
