"""Every statement that touches notices and what people chose to get."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from app.governance.grants.tables import Grant
from app.governance.retirements.tables import Retirement, RetirementItem
from app.governance.routing.rules import RequestKind, RequestState
from app.governance.routing.tables import Request
from app.kernel.database import change, flush, id_param, value_of
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.policies.attestations.tables import Attestation

from .rules import ENDING_WITHIN, KEPT_FOR, STALE_AFTER, Email, Notice, NoticeKind, NoticeState, Preferences
from .tables import Notice as Row
from .tables import NotificationSettings

# Every change that concerns somebody asks this. It is made once.
_SETTINGS = select(NotificationSettings).where(NotificationSettings.employee_id.in_(id_param("ids")))


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """New notices; what somebody was told of this very occasion already is left out. Answers how many were added."""
    if not rows:
        return 0
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    stmt = insert(Row).on_conflict_do_nothing().returning(Row.id)
    return sum(session.execute(stmt.values(**one)).first() is not None for one in rows)


def page(session: Session, page: Page, employee_id: UUID) -> list[Notice]:
    """A page of one person's notices."""
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    stmt = select(Row).where(Row.employee_id == employee_id)
    return [_notice(row) for row in session.scalars(keyset(stmt, order, page))]


def claim(session: Session, now: datetime, until: datetime, batches: int) -> list[Notice]:
    """Take what is due to be mailed, up to so many mails, each whole; nobody else takes it before ``until``.

    Of a batch its first notice is held first, and who does not get that one leaves the batch alone: so two senders never
    take a part of one mail each. Each taking counts as an attempt, so that a mail that kills its sender ends, too.
    """
    earlier = aliased(Row)
    led = exists(select(earlier.id).where(earlier.batch_id == Row.batch_id, earlier.id < Row.id, _ready(earlier, now)))
    leaders = select(Row.batch_id).where(_ready(Row, now), ~led).order_by(Row.due_at, Row.id).limit(batches)
    ids = list(session.scalars(leaders.with_for_update(skip_locked=True)))
    taken = select(Row).where(Row.batch_id.in_(ids), _ready(Row, now)).order_by(Row.id).with_for_update()
    rows = list(session.scalars(taken))
    for row in rows:
        row.claimed_until, row.attempts, row.updated_at = until, row.attempts + 1, now
    flush(session)
    return [_notice(row) for row in rows]


def _ready(row: Any, now: datetime) -> ColumnElement[bool]:
    unclaimed = or_(row.claimed_until.is_(None), row.claimed_until <= now)
    return and_(row.state == NoticeState.WAITING, row.due_at <= now, unclaimed)


def mark(session: Session, taken: Sequence[Notice], now: datetime, values: Mapping[str, Any]) -> None:
    """Write down what became of notices; not of those whose claim has run out, since somebody else has them now."""
    for one in taken:
        stmt = update(Row).where(Row.id == one.id, Row.claimed_until == one.claimed_until)
        members = {"claimed_until": None, "updated_at": now, **values}
        session.execute(stmt.values(**members).execution_options(synchronize_session=False))


def forget(session: Session, now: datetime) -> int:
    """Delete notices that were kept long enough; answers how many."""
    stmt = delete(Row).where(Row.created_at <= now - KEPT_FOR, Row.state != NoticeState.WAITING)
    done: Any = session.execute(stmt)
    return int(done.rowcount)


def overdue(session: Session, now: datetime, limit: int) -> list[tuple[UUID, RequestKind]]:
    """Pending requests whose open step is overdue and of which nobody was told that, by id and kind."""
    told = exists(_about(NoticeKind.STEP_OVERDUE, Request.id, Request.due_at))
    pending = and_(Request.state == RequestState.PENDING, Request.ended_at.is_(None), Request.expires_at > now)
    stmt = select(Request.id, Request.kind).where(pending, Request.due_at <= now, ~told)
    found = session.execute(stmt.order_by(Request.due_at, Request.id).limit(limit))
    return [(id_, RequestKind(kind)) for id_, kind in found]


def told_of_steps(session: Session, ids: Iterable[UUID]) -> dict[tuple[UUID, datetime | None], set[UUID]]:
    """Who was told that a step of these requests waits, by request and the instant by which it is to be decided."""
    columns = (Row.subject_id, Row.about_at, Row.employee_id)
    stmt = select(*columns).where(
        Row.subject_id.in_(id_param("ids")), Row.kind.in_((NoticeKind.STEP_OPEN, NoticeKind.STEP_OVERDUE))
    )
    found: dict[Any, set[UUID]] = {}
    for subject_id, about_at, employee_id in session.execute(stmt, {"ids": list(ids)}):
        found.setdefault((subject_id, about_at), set()).add(employee_id)
    return found


def ending(session: Session, now: datetime, limit: int) -> list[tuple[UUID, UUID, UUID, str, datetime]]:
    """Grants that end soon and whose holder was not told: (id, holder, account, right, end)."""
    told = exists(_about(NoticeKind.GRANT_ENDING, Grant.id, Grant.valid_until))
    soon = and_(Grant.valid_until > now, Grant.valid_until <= now + ENDING_WITHIN)
    columns = (Grant.id, Grant.employee_id, Grant.account_id, Grant.right, Grant.valid_until)
    stmt = select(*columns).where(Grant.ended_at.is_(None), Grant.valid_from <= now, soon, ~told)
    found = session.execute(stmt.order_by(Grant.valid_until, Grant.id).limit(limit))
    return [(row.id, row.employee_id, row.account_id, row.right, row.valid_until) for row in found]


def retirements_due(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Retirement campaigns whose time to answer was over lately, with accounts left open and nobody told of that."""
    told = exists(_about(NoticeKind.RETIREMENT_DUE, Retirement.id, Retirement.due_at))
    item = RetirementItem
    left = exists(select(item.id).where(item.retirement_id == Retirement.id, item.closed_at.is_(None)))
    lately = and_(Retirement.due_at <= now, Retirement.due_at > now - STALE_AFTER)
    stmt = select(Retirement.id).where(Retirement.ended_at.is_(None), lately, left, ~told)
    return list(session.scalars(stmt.order_by(Retirement.due_at, Retirement.id).limit(limit)))


def not_attested(session: Session, holders: Select[Any], version_id: UUID, kind: NoticeKind, limit: int) -> list[UUID]:
    """Of these people those who have not accepted a version and were not told so in a notice of this kind."""
    told = select(Row.employee_id).where(Row.subject_id == version_id, Row.kind == kind)
    accepted = select(Attestation.employee_id).where(Attestation.policy_version_id == version_id)
    person = holders.subquery().c[0]
    stmt = select(person).where(person.not_in(told), person.not_in(accepted)).order_by(person).limit(limit)
    return list(session.scalars(stmt))


def _about(kind: NoticeKind, subject: Any, at: Any) -> Any:
    return select(Row.id).where(Row.subject_id == subject, Row.kind == kind, Row.about_at == at)


def preferences(session: Session, ids: Iterable[UUID]) -> dict[UUID, Preferences]:
    """What people chose, of those of these who did."""
    found = session.scalars(_SETTINGS, {"ids": list(set(ids))})
    return {row.employee_id: _preferences(row) for row in found}


def wanting(session: Session, kind: NoticeKind) -> list[UUID]:
    """Who has turned a kind on that is off unless it is wanted."""
    row = NotificationSettings
    found = session.execute(select(row.employee_id, row.kinds).where(row.email != Email.OFF))
    return [employee_id for employee_id, kinds in found if kinds.get(kind)]


def save_preferences(
    session: Session, employee_id: UUID, now: datetime, email: Email, kinds: Mapping[NoticeKind, bool]
) -> Preferences:
    """What somebody chooses from now on."""
    values = {"email": email, "kinds": {str(kind): wanted for kind, wanted in sorted(kinds.items())}}
    row = session.scalars(_SETTINGS, {"ids": [employee_id]}).first()
    if row is None:
        row = NotificationSettings(id=new_id(), created_at=now, updated_at=now, employee_id=employee_id, **values)
        session.add(row)
        flush(session)
    else:
        change(session, row, now, values)
    return _preferences(row)


def _preferences(row: NotificationSettings) -> Preferences:
    kinds = {NoticeKind(name): wanted for name, wanted in row.kinds.items() if name in set(NoticeKind)}
    return Preferences(Email(row.email), kinds, row.updated_at, row.version)


def _notice(row: Row) -> Notice:
    return value_of(Notice, row, kind=NoticeKind(row.kind), state=NoticeState(row.state))
