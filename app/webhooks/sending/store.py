"""Every statement by which events become deliveries, and deliveries are taken and marked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.kernel.database import flush
from app.kernel.ids import new_id
from app.webhooks.rules import Delivery, DeliveryState, Webhook, WebhookState
from app.webhooks.store import as_delivery, as_value
from app.webhooks.tables import Webhook as Row
from app.webhooks.tables import WebhookDelivery as Table

from .rules import HASTENED

_ACTIVE = Row.state == WebhookState.ACTIVE


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(_ACTIVE, or_(Row.paused_until.is_(None), Row.paused_until <= now))


def _due(now: datetime) -> ColumnElement[bool]:
    unclaimed = or_(Table.claimed_until.is_(None), Table.claimed_until <= now)
    return and_(Table.webhook_id == Row.id, Table.state == DeliveryState.WAITING, Table.due_at <= now, unclaimed)


def anything(session: Session, newest: int, now: datetime) -> bool:
    """Is there an active webhook that has not read everything, or has something due?"""
    waits = and_(_open(now), exists().where(_due(now)))
    stmt = select(Row.id).where(or_(and_(_ACTIVE, Row.next_seq <= newest), waits))
    return session.scalar(stmt.limit(1)) is not None


def behind(session: Session, newest: int) -> Webhook | None:
    """A webhook that has not read everything, held until the transaction ends; not one that somebody else holds."""
    stmt = select(Row).where(_ACTIVE, Row.next_seq <= newest).order_by(Row.next_seq, Row.id).limit(1)
    row = session.scalar(stmt.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    return as_value(row) if row else None


def add(session: Session, webhook_id: UUID, events: Sequence[tuple[int, str]], now: datetime) -> None:
    """Events (number and type) are to be told to a webhook: those that were told it before are so once more."""
    if not events:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"state": DeliveryState.WAITING, "attempts": 0, "due_at": now, "updated_at": now}
    rows = [
        {"id": new_id(), "webhook_id": webhook_id, "seq": seq, "type": type_, "created_at": now, **fresh}
        for seq, type_ in events
    ]
    stmt = insert(Table).on_conflict_do_update(
        index_elements=["webhook_id", "seq", "type"], set_=fresh, where=Table.state != DeliveryState.WAITING
    )
    session.execute(stmt, rows)


def untold(session: Session, seq: int, type_: str) -> list[Webhook]:
    """The active webhooks that nothing of this number and type was ever to be told to."""
    told = exists().where(Table.webhook_id == Row.id, Table.seq == seq, Table.type == type_)
    return [as_value(row) for row in session.scalars(select(Row).where(_ACTIVE, ~told).order_by(Row.id))]


def ready(session: Session, now: datetime) -> list[tuple[UUID, bool]]:
    """The active webhooks that have something due, each with whether it last failed."""
    stmt = select(Row.id, Row.failing_since).where(_open(now), exists().where(_due(now))).order_by(Row.id)
    return [(id_, since is not None) for id_, since in session.execute(stmt)]


def claim(session: Session, webhook_id: UUID, now: datetime, until: datetime, limit: int) -> list[Delivery]:
    """Take deliveries that are due, in order; nobody else takes them before ``until``.

    Each taking counts as an attempt, so that one that kills its sender ends, too.
    """
    stmt = select(Table).join(Row, Row.id == Table.webhook_id).where(Row.id == webhook_id, _open(now), _due(now))
    stmt = stmt.order_by(Table.due_at, Table.seq).limit(limit).with_for_update(skip_locked=True, of=Table)
    rows = list(session.scalars(stmt.execution_options(populate_existing=True)))
    for row in rows:
        row.claimed_until, row.attempts = until, row.attempts + 1
    flush(session)
    return [as_delivery(row) for row in rows]


def webhooks(session: Session, ids: set[UUID]) -> dict[UUID, Webhook]:
    """Webhooks by id."""
    return {row.id: as_value(row) for row in session.scalars(select(Row).where(Row.id.in_(ids)))}


def hasten(session: Session, webhook_id: UUID, now: datetime) -> None:
    """A webhook takes messages again: those that failed a few times meanwhile are due now."""
    waiting = (Table.webhook_id == webhook_id, Table.state == DeliveryState.WAITING, Table.due_at > now)
    stmt = update(Table).where(*waiting, Table.attempts.between(*HASTENED)).values(due_at=now, updated_at=now)
    session.execute(stmt.execution_options(synchronize_session=False))


def mark(session: Session, taken: Delivery, now: datetime, values: Mapping[str, Any]) -> None:
    """Write down what came of an attempt; not where the claim has run out, since somebody else has it now."""
    stmt = update(Table).where(Table.id == taken.id, Table.claimed_until == taken.claimed_until)
    members = {"claimed_until": None, "updated_at": now, **values}
    session.execute(stmt.values(**members).execution_options(synchronize_session=False))
