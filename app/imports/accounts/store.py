"""What only an import asks of the accounts."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.rules import NEVER_OURS
from app.accounts.tables import Account as Row


def looks(session: Session, skeletons: Iterable[str]) -> dict[tuple[str, str], dict[str, UUID]]:
    """(network, skeleton) -> handle -> id, of the registered accounts that look like one of these; the oldest first."""
    stmt = select(Row.network, Row.skeleton, Row.handle, Row.id).where(
        Row.skeleton.in_(set(skeletons)), Row.state.not_in(NEVER_OURS)
    )
    found: dict[tuple[str, str], dict[str, UUID]] = {}
    for network, skeleton, handle, id_ in session.execute(stmt.order_by(Row.id)):
        found.setdefault((network, skeleton), {})[handle] = id_
    return found
