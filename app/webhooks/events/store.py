"""Reading the audit log on from a number, and where the things stand that its events are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.rules import Event
from app.audit.tables import AuditEvent
from app.governance.clearances.tables import Clearance
from app.governance.grants.tables import Grant
from app.governance.routing.tables import Request
from app.roles.tables import Appointment

_EVENT: Final = [getattr(AuditEvent, one.name) for one in fields(Event)]


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a thing concerns: its account, people, a unit of its own."""

    account_id: UUID | None = None
    people: frozenset[UUID] = frozenset()
    unit_id: UUID | None = None


def read(session: Session, first: int, limit: int) -> list[Event]:
    """The events from this number on, in order.

    Numbers are given out under a lock that lasts until the commit: whoever sees one sees all before it.
    """
    stmt = select(*_EVENT).where(AuditEvent.seq >= first).order_by(AuditEvent.seq).limit(limit)
    return [Event(*row) for row in session.execute(stmt)]


def events(session: Session, seqs: Iterable[int]) -> dict[int, Event]:
    """Events by their numbers."""
    found = session.execute(select(*_EVENT).where(AuditEvent.seq.in_(set(seqs))))
    return {event.seq: event for event in (Event(*row) for row in found)}


def about(session: Session, kind: str, ids: Sequence[str]) -> Mapping[str, About]:
    """What things of this kind concern, by id; nothing for kinds that stand nowhere of their own."""
    if kind not in _ABOUT:
        return {}
    table, account, people, unit = _ABOUT[kind]
    names = [name for name in (account, *people, unit) if name]
    stmt = select(table.id, *(getattr(table, name) for name in names)).where(table.id.in_({UUID(one) for one in ids}))
    found: dict[str, About] = {}
    for id_, *values in session.execute(stmt):
        told = dict(zip(names, values, strict=True))
        found[str(id_)] = About(told.get(account), frozenset(told[name] for name in people), told.get(unit))
    return found


_REQUEST: Final = (Request, "account_id", ("requester_id", "beneficiary_id"), "")
_ABOUT: Final[Mapping[str, tuple[Any, str, tuple[str, ...], str]]] = {
    "appointment": (Appointment, "", ("employee_id",), "business_unit_id"),
    "clearance": (Clearance, "account_id", (), ""),
    "grant": (Grant, "account_id", ("employee_id",), ""),
    "registration": _REQUEST,
    "rights_request": _REQUEST,
}
"""By the kind of an event's subject: its table, and the columns that name its account, people and unit."""
