"""Every statement that touches webhooks; those that touch what is being sent are in ``sending``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from app.directory.tables import BusinessUnit
from app.kernel.actor import Scope
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.pages import Page, keyset

from .rules import Delivery, DeliveryState, Webhook, WebhookState
from .tables import Webhook as Row
from .tables import WebhookDelivery


def find(session: Session, id_: UUID, *, lock: bool = False) -> Webhook | None:
    """A webhook, if it is there; ``lock``: held until the transaction ends, and read afresh."""
    row = session.get(Row, id_, with_for_update=lock or None, populate_existing=lock)
    return as_value(row) if row else None


def webhook(session: Session, id_: UUID, *, lock: bool = False) -> Webhook:
    """A webhook, or ``NotFound``."""
    found = find(session, id_, lock=lock)
    if found is None:
        raise NotFound(f"There is no webhook {id_}.")
    return found


def of_owner(owner: tuple[str, UUID]) -> ColumnElement[bool]:
    """The webhooks of this owner, as a condition."""
    return and_(Row.owner_kind == owner[0], Row.owner_id == owner[1])


def below(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    """The webhooks of units inside these scopes, as a condition."""
    ways = [BusinessUnit.path.contains(one.business_unit_id.hex) for one in scopes if one.business_unit_id]
    return Row.business_unit_id.in_(select(BusinessUnit.id).where(or_(false(), *ways)))


def page(session: Session, page: Page, seen: ColumnElement[bool] | None, filters: Mapping[str, Any]) -> list[Webhook]:
    """A page of webhooks; ``seen``: only those."""
    stmt = select(Row) if seen is None else select(Row).where(seen)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [as_value(row) for row in session.scalars(keyset(stmt, order, page))]


def count_of(session: Session, owner: tuple[str, UUID]) -> int:
    """How many webhooks this owner has."""
    return session.scalar(select(func.count()).select_from(Row).where(of_owner(owner))) or 0


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Webhook:
    """A new webhook, with its id among the values."""
    row = Row(created_at=now, updated_at=now, state=WebhookState.ACTIVE, **values)
    session.add(row)
    flush(session)
    return as_value(row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Webhook:
    """Change a webhook's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return as_value(row)


def move(session: Session, id_: UUID, **values: Any) -> Webhook:
    """Write down how far a webhook has come (``next_seq``), or that it fails: no new version of it."""
    session.execute(update(Row).where(Row.id == id_).values(**values).execution_options(synchronize_session=False))
    row = session.get_one(Row, id_)
    session.refresh(row)
    return as_value(row)


def remove(session: Session, id_: UUID) -> None:
    """Delete a webhook with all its deliveries."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == id_))
    session.execute(delete(Row).where(Row.id == id_))


def delivery(session: Session, webhook_id: UUID, id_: UUID) -> Delivery | None:
    """A delivery of this webhook."""
    row = session.get(WebhookDelivery, id_)
    return as_delivery(row) if row is not None and row.webhook_id == webhook_id else None


def deliveries(session: Session, webhook_id: UUID, page: Page, filters: Mapping[str, Any]) -> list[Delivery]:
    """A page of a webhook's deliveries."""
    stmt = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(WebhookDelivery, name) == value)
    order = ((getattr(WebhookDelivery, page.column or "id"), page.descending), (WebhookDelivery.id, page.descending))
    return [as_delivery(row) for row in session.scalars(keyset(stmt, order, page))]


def repeat(session: Session, one: Delivery, now: datetime) -> None:
    """Let a delivery that has ended be sent anew, as if it had never been tried."""
    values = {"state": DeliveryState.WAITING, "attempts": 0, "due_at": now, "updated_at": now}
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == one.id, WebhookDelivery.state != DeliveryState.WAITING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, before: datetime, limit: int) -> int:
    """Delete deliveries that have ended before an instant; answers how many."""
    table = WebhookDelivery
    old = select(table.id).where(table.updated_at < before, table.state != DeliveryState.WAITING).limit(limit)
    done: Any = session.execute(
        delete(table).where(table.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def as_value(row: Row) -> Webhook:
    """A row as the value it holds."""
    return value_of(Webhook, row, events=tuple(row.events), state=WebhookState(row.state))


def as_delivery(row: WebhookDelivery) -> Delivery:
    """A row as the value it holds."""
    return value_of(Delivery, row, state=DeliveryState(row.state))
