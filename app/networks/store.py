"""Every statement that touches networks."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.database import flush
from app.kernel.errors import NotFound

from .rules import Network
from .tables import Network as Row


def networks(session: Session) -> list[Network]:
    """Every network, by key."""
    return [Network.from_data(row.data) for row in session.scalars(select(Row).order_by(Row.key))]


def network(session: Session, key: str) -> Network:
    """One network by key, or ``NotFound``."""
    row = session.get(Row, key)
    if row is None:
        raise NotFound(f"There is no network {key}.")
    return Network.from_data(row.data)


def add(session: Session, now: datetime, network: Network) -> None:
    """A new network; raises ``KeyTaken``."""
    session.add(Row(key=network.key, data=network.as_data(), created_at=now, updated_at=now, version=1))
    flush(session, KeyTaken, f"There is a network with the key {network.key} already.")
