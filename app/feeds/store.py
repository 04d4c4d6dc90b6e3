"""Reading the audit log for what HR's feeds did: nothing of it is stored twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.audit.rules import Event
from app.audit.tables import AuditEvent
from app.kernel.database import value_of
from app.kernel.pages import Page, keyset

from .rules import CONSEQUENCES, MOST_CAUSED, UNIT_MADE, Did, Wanted

_SUBJECT = "employee"


@dataclass(frozen=True, slots=True)
class Head:
    """A change of a person. ``beyond``: the number of the first event after it that does not follow from it, if any."""

    event: Event
    beyond: int | None


def heads(session: Session, page: Page, wanted: Wanted) -> list[Head]:
    """A page of the changes asked for, one more than its limit if there are more."""
    numbers = sorted(session.scalars(_numbers(page, wanted)), reverse=page.descending)[: page.limit + 1]
    stmt = select(AuditEvent, _beyond()).where(AuditEvent.seq.in_(numbers))
    found = {row.seq: Head(_event(row), beyond) for row, beyond in session.execute(stmt)}
    return [found[seq] for seq in numbers]


def _numbers(page: Page, wanted: Wanted) -> Any:
    """Their numbers. Each action is asked for by itself: its index has its events in order, that of several has not."""
    chosen = _chosen(wanted)
    actions = [wanted.action] if wanted.action else list(Did)
    if wanted.employee_id or wanted.request_id is not None:  # few, and found by an index of their own
        return _ordered(select(AuditEvent.seq).where(AuditEvent.action.in_(actions), *chosen), page)
    parts = (
        _ordered(select(AuditEvent.seq).where(AuditEvent.action == one, *chosen), page).subquery() for one in actions
    )
    return union_all(*(select(part.c.seq) for part in parts))


def _ordered(stmt: Select[int], page: Page) -> Select[int]:
    return keyset(stmt, ((AuditEvent.seq, page.descending),), page)


def _chosen(wanted: Wanted) -> list[ColumnElement[bool]]:
    row, ways = AuditEvent, []
    if wanted.employee_id:
        ways += [row.subject_kind == _SUBJECT, row.subject_id == str(wanted.employee_id)]
    if wanted.request_id is not None:
        ways.append(row.request_id == wanted.request_id)
    # The author stands in the log as canonical JSON: {"id":...,"kind":...,"roles":[...]}.
    if isinstance(wanted.source, UUID):
        ways.append(row.actor.startswith(f'{{"id":"{wanted.source}"', autoescape=True))
    elif wanted.source is not None:
        ways.append(row.actor.contains(f'"kind":"{wanted.source}"', autoescape=True))
    return ways


def _beyond() -> Any:
    one, row = aliased(AuditEvent), AuditEvent
    same = and_(one.at == row.at, one.actor == row.actor, one.request_id.is_not_distinct_from(row.request_id))
    stmt = select(one.seq).where(one.seq > row.seq, not_(and_(same, one.action.in_(CONSEQUENCES))))
    return stmt.order_by(one.seq).limit(1).correlate(row).scalar_subquery()


def following(session: Session, found: Sequence[Head]) -> list[Event]:
    """What stands directly behind these changes, as far as it follows from them, in order; of each at most so much."""
    row, ways = AuditEvent, []
    for head in found:
        start, end = head.event.seq, head.event.seq + MOST_CAUSED + 2
        end = end if head.beyond is None else min(end, head.beyond)
        if end > start + 1:
            ways.append(and_(row.seq > start, row.seq < end))
    stmt = select(row).where(or_(false(), *ways)).order_by(row.seq)
    return [_event(one) for one in session.scalars(stmt)] if ways else []


def units_made(session: Session, ids: Iterable[str]) -> dict[str, Event]:
    """The events of making these units, by their ids."""
    row = AuditEvent
    stmt = select(row).where(row.subject_kind == "business_unit", row.subject_id.in_(set(ids)), row.action == UNIT_MADE)
    return {one.subject_id: _event(one) for one in session.scalars(stmt)}


def _event(row: AuditEvent) -> Event:
    return value_of(Event, row)
