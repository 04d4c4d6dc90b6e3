"""Every statement that touches the audit log: append, and read."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from app.kernel import clocks
from app.kernel.bulk import insert_rows
from app.kernel.clock import system_clock
from app.kernel.pages import Page, keyset

from .rules import GENESIS, Event, PersonalValue
from .tables import AuditEvent, AuditPersonal
from .verifier import Value

CHAIN_LOCK = 0x636F_6501
CHANNEL = "coe_revision"
"""Where PostgreSQL tells, at the commit, whoever listens that the log has grown."""
_AT_ONCE = 500
_WALKED_AT_ONCE = 1000
_EVENT = tuple(field.name for field in fields(Event))
_PERSONAL = PersonalValue._fields
# Every change asks this while it holds the chain. It is made once: making it takes longer than having it answered.
_KNOWN = aliased(AuditEvent)
_HASH_OF_KNOWN = select(_KNOWN.hash).where(_KNOWN.seq == bindparam("known")).scalar_subquery()
_HEAD = select(AuditEvent.seq, AuditEvent.hash, _HASH_OF_KNOWN).order_by(AuditEvent.seq.desc()).limit(1)
_HEAD_AND_CLOCK = _HEAD.add_columns(clocks.THEIRS)
_HASH = select(AuditEvent.hash).where(AuditEvent.seq == bindparam("seq"))
_BEAT = select(func.coalesce(func.max(AuditEvent.seq), 0), clocks.THEIRS)
_BEAT_OF_DRIVER = """
    SELECT coalesce((SELECT max(seq) FROM audit_event), 0), clock_timestamp(),
           (SELECT hash FROM audit_event WHERE seq = %s)
"""
_HOLD = select(func.pg_advisory_xact_lock(CHAIN_LOCK), func.pg_notify(CHANNEL, ""))


def lock_head(session: Session, known: int = 0) -> tuple[int, str, str | None]:
    """Hold the end of the chain until the transaction ends; answers its seq and hash, and the hash of the event ``known``.

    The lock must be taken by a statement of its own before the head is read, under READ COMMITTED: a snapshot taken
    with the lock would miss the event committed while waiting for it, and the chain would fork. Raises ``ClockApart``.
    """
    if session.get_bind().dialect.name != "postgresql":  # SQLite's writers are already alone, and have one clock
        row = session.execute(_HEAD, {"known": known}).first()
        return (row[0], row[1], row[2]) if row else (0, GENESIS, None)
    session.execute(_HOLD)
    asked = system_clock()
    row = session.execute(_HEAD_AND_CLOCK, {"known": known}).first()
    if row is None:
        return 0, GENESIS, None
    clocks.check(asked, row[3], system_clock())
    return row[0], row[1], row[2]


def append(session: Session, events: Sequence[Event], values: Sequence[PersonalValue]) -> None:
    """Write sealed events."""
    insert_rows(session, AuditEvent, _EVENT, map(attrgetter(*_EVENT), events))
    if values:
        insert_rows(session, AuditPersonal, _PERSONAL, values)


def page(session: Session, page: Page, filters: Mapping[str, Any]) -> list[Event]:
    """Events by exact match of ``filters`` (column -> value), one more than the page's limit if there are more."""
    stmt: Select[Any] = select(AuditEvent)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(AuditEvent, name) == value)
    return [_event(row) for row in session.scalars(keyset(stmt, ((AuditEvent.seq, page.descending),), page))]


def personal(session: Session, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
    """The personal values that still exist, by seq and field, as JSON text."""
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(select(AuditPersonal).where(AuditPersonal.seq.in_(seqs))):
        found.setdefault(row.seq, {})[row.field] = row.value
    return found


def personal_of(session: Session, person_id: UUID, fields: Collection[str]) -> set[str]:
    """The texts that still exist of a person in these fields, whatever the event."""
    stmt = select(AuditPersonal.value).where(AuditPersonal.person_id == person_id, AuditPersonal.field.in_(fields))
    return {said for said in map(json.loads, session.scalars(stmt.distinct())) if isinstance(said, str)}


def walk(session: Session, after: int = 0, until: int | None = None) -> Iterator[tuple[Sequence[Any], list[Value]]]:
    """The log in order behind an event, in constant memory: each event with its personal values, as ``verifier`` wants them."""
    columns = [getattr(AuditEvent, name) for name in _EVENT]
    extra = [AuditPersonal.seq.label("p_seq"), AuditPersonal.field, AuditPersonal.salt, AuditPersonal.value]
    stmt = (
        select(*columns, *extra)
        .outerjoin(AuditPersonal, AuditPersonal.seq == AuditEvent.seq)
        .where(AuditEvent.seq > after)
        .order_by(AuditEvent.seq)
        .execution_options(yield_per=_WALKED_AT_ONCE)
    )
    if until is not None:
        stmt = stmt.where(AuditEvent.seq <= until)
    many = len(_EVENT)
    with session.execute(stmt) as found:  # closed even if whoever walks stops at the first flaw
        for _, group in groupby(found, key=itemgetter(1)):
            rows = list(group)
            values = [] if rows[0][many] is None else [Value(*row[many + 1 :]) for row in rows]
            yield rows[0][:many], values


def _event(row: AuditEvent) -> Event:
    return Event(*(getattr(row, name) for name in _EVENT))


def of_subjects(session: Session, action: str, kind: str, ids: Collection[UUID], after: int = 0) -> list[Event]:
    """The events of one action about any of these things behind a sequence number, in order."""
    if not ids:
        return []
    of_action = (AuditEvent.action == action, AuditEvent.subject_kind == kind, AuditEvent.seq > after)
    stmt = select(AuditEvent).where(*of_action, AuditEvent.subject_id.in_(map(str, ids)))
    return [_event(row) for row in session.scalars(stmt.order_by(AuditEvent.seq))]


def mentioning(session: Session, action: str, text: str, after: int) -> list[Event]:
    """The events of an action behind a sequence number before which something was said of this."""
    stmt = select(AuditEvent).where(
        AuditEvent.action == action, AuditEvent.seq > after, AuditEvent.before.contains(text)
    )
    return [_event(row) for row in session.scalars(stmt)]


def newest_of(session: Session, action: str) -> Event | None:
    """The last event of an action."""
    row = session.scalars(
        select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq.desc()).limit(1)
    )
    found = row.first()
    return _event(found) if found else None


def count_since(session: Session, action: str, since: str, least: int) -> int:
    """How many of the last events of an action are not older than this; 0 for fewer than ``least``.

    It costs what it counts, however long the log is: twice as many are looked at until the last of them is older.
    """
    of_action = select(AuditEvent.at).where(AuditEvent.action == action).order_by(AuditEvent.seq.desc())
    many = max(least, 1)
    while (at := session.scalar(of_action.offset(many - 1).limit(1))) is not None and at >= since:
        many *= 2
    if many == max(least, 1):
        return 0
    last = of_action.limit(many).subquery()
    return session.scalar(select(func.count()).where(last.c.at >= since)) or 0


def head(session: Session) -> tuple[int, datetime]:
    """The sequence number of the last event, and the database's clock (SQLite's is ours)."""
    if session.get_bind().dialect.name != "postgresql":
        return newest(session), system_clock()
    seq, there = session.execute(_BEAT).one()
    return seq, there


def beat(driver: Any, seq: int) -> tuple[int, datetime, str | None]:
    """PostgreSQL: the number of the last event, the database's clock, and the hash of an event; all of it in one look, on a
    connection of the driver's own: it is asked four times a second beside answers that wait for this process.
    """
    found: tuple[int, datetime, str | None] = driver.execute(_BEAT_OF_DRIVER, (seq,)).fetchone()
    return found


def about(session: Session, kind: str, ids: Iterable[str], *, after: str | None = None) -> list[Event]:
    """The events about these subjects in order, all or only those later than an instant (as ``rules.instant`` has it)."""
    found: list[Event] = []
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        stmt = select(AuditEvent).where(
            AuditEvent.subject_kind == kind, AuditEvent.subject_id.in_(wanted[start : start + _AT_ONCE])
        )
        found += map(_event, session.scalars(stmt if after is None else stmt.where(AuditEvent.at > after)))
    return sorted(found, key=attrgetter("seq"))


def newest_until(session: Session, at: str) -> int:
    """The sequence number of the last event that is not later than an instant; 0: there is none.

    Found by halving: the log has no index by time, and is in order of it.
    """
    low, high = 0, newest(session)
    while low < high:
        middle = (low + high + 1) // 2
        found = session.scalar(select(AuditEvent.at).where(AuditEvent.seq == middle))
        if found is not None and found <= at:
            low = middle
        else:
            high = middle - 1
    return low


def hash_at(session: Session, seq: int) -> str | None:
    """The hash of an event, if there is one of this number."""
    return session.scalar(_HASH, {"seq": seq})


def first_behind(session: Session, seq: int) -> str | None:
    """When the first event behind a number was written; None: there is none."""
    return session.scalar(select(AuditEvent.at).where(AuditEvent.seq > seq).order_by(AuditEvent.seq).limit(1))


def newest(session: Session) -> int:
    """The sequence number of the last event; 0 in an empty log."""
    return session.scalar(select(func.max(AuditEvent.seq))) or 0
