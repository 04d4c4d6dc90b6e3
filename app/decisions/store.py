"""Every statement that fills the index: whole, or what a few changes have touched; and what has changed.

Ids come as sixteen bytes and instants as microseconds, made by the database: turning millions of them into objects would
take longer than all the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Connection, LargeBinary, Select, and_, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.accounts.tables import Account
from app.audit.tables import AuditEvent
from app.directory.rules import EmploymentType
from app.directory.tables import Employee
from app.governance.clearances.rules import ClearanceState
from app.governance.clearances.tables import Clearance
from app.governance.grants.tables import Grant, Suspension
from app.governance.reviews.tables import ReviewItem
from app.policies.attestations.tables import Attestation
from app.programme.training.tables import Completion

from .memory.clearances import Cleared
from .memory.grants import INSTANTS, Granted
from .memory.instants import NEVER
from .memory.people import Person

_PART = 5000
_ID = 16  # bytes
_new = tuple.__new__
"""As each of the named tuples here makes itself, less a call of Python's: millions are made at a start."""
_TYPES = {one.value: one for one in EmploymentType}


class Micros(FunctionElement[int]):
    """An instant in microseconds since 1970; ``NEVER`` for null."""

    type = BigInteger()
    inherit_cache = True


@compiles(Micros, "postgresql")
def _micros_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"coalesce((extract(epoch from {column}) * 1000000)::bigint, {NEVER})"


@compiles(Micros, "sqlite")
def _micros_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    # Whole seconds only go in: SQLite rounds parts of them to thousandths, and the last half of one to the next second.
    seconds = f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
    return f"coalesce({seconds} * 1000000 + CAST(substr({column}, 21, 6) AS INTEGER), {NEVER})"


class Instants(FunctionElement[bytes]):
    """Several of those in eight bytes each, the highest first (SQLite: as digits, which ``_instants`` reads)."""

    type = LargeBinary()
    inherit_cache = True


@compiles(Instants, "postgresql")
def _instants_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return " || ".join(f"int8send({compiler.process(one, **options)})" for one in element.clauses)


@compiles(Instants, "sqlite")
def _instants_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return " || ',' || ".join(f"({compiler.process(one, **options)})" for one in element.clauses)


class Bytes(FunctionElement[bytes]):
    """An id as its sixteen bytes (SQLite: as its hexadecimal digits, which ``_id`` reads)."""

    type = LargeBinary()
    inherit_cache = True


@compiles(Bytes, "postgresql")
def _bytes_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"uuid_send({compiler.process(element.clauses, **options)})"


@compiles(Bytes, "sqlite")
def _bytes_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


def _id(kept: bytes | str) -> bytes:
    """An id as the database gave it: SQLite keeps digits."""
    return kept if len(kept) == _ID and isinstance(kept, bytes) else bytes.fromhex(_text(kept))


def _instants(kept: bytes | str) -> bytes:
    """Several instants as the database gave them."""
    return kept if isinstance(kept, bytes) else INSTANTS.pack(*map(int, kept.split(",")))


def _text(kept: bytes | str) -> str:
    return kept if isinstance(kept, str) else kept.decode()


class Studied(NamedTuple):
    """A completion that counts. ``at`` in microseconds."""

    employee_id: bytes
    course_id: bytes
    at: int


class Accepted(NamedTuple):
    """A version of a policy that somebody has attested."""

    employee_id: bytes
    version_id: bytes


class AccountRow(NamedTuple):
    """An account as decisions know it."""

    id: bytes
    network: str
    handle: str
    state: str
    unit_id: bytes


class ClearanceRow(NamedTuple):
    """A clearance with its account by our id."""

    account_id: bytes
    cleared: Cleared


_PEOPLE = select(
    Bytes(Employee.id), Employee.active, Employee.employment_type, Micros(Employee.starts_at), Micros(Employee.ends_at),
    Employee.employee_number, Employee.email_key, Employee.user_name_key, Employee.deleted_at.is_(None),
)  # fmt: skip
_PAUSED = and_(Suspension.grant_id == Grant.id, Suspension.resumed_at.is_(None))
_GRANTS = select(
    Bytes(Grant.employee_id), Bytes(Grant.account_id), Bytes(Grant.id), Grant.right, Grant.end,
    Instants(
        Micros(Grant.valid_from), Micros(Grant.valid_until),
        Micros(case((Suspension.scheduled, None), else_=Suspension.suspended_at)),
        Micros(case((Suspension.scheduled, Suspension.suspended_at))),
        Micros(Grant.review_ends_at), Micros(Grant.ended_at), Micros(Grant.created_at),
    ),
).outerjoin(Suspension, _PAUSED)  # fmt: skip
_STUDIED = (
    select(Bytes(Completion.employee_id), Bytes(Completion.course_id), func.max(Micros(Completion.completed_at)))
    .where(Completion.revoked_at.is_(None))
    .group_by(Completion.employee_id, Completion.course_id)
)
_ACCEPTED = select(Bytes(Attestation.employee_id), Bytes(Attestation.policy_version_id))
_ACCOUNTS = select(Bytes(Account.id), Account.network, Account.handle, Account.state, Bytes(Account.business_unit_id))
_CLEARANCES = select(
    Bytes(Clearance.account_id), Bytes(Clearance.id), Clearance.content_sha256, Micros(Clearance.not_after),
    Clearance.state,
)  # fmt: skip


def _rows(
    session: Session, stmt: Select[*tuple[Any, ...]], column: Any, ids: Iterable[UUID] | None
) -> Iterator[Sequence[Any]]:
    """The rows of a statement: all, or those with one of these ids."""
    if ids is None:
        yield from _every(session, stmt)
        return
    wanted = list(ids)
    for n in range(0, len(wanted), _PART):
        yield from session.execute(stmt.where(column.in_(wanted[n : n + _PART])))


def _every(session: Session, stmt: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
    """All rows, some thousand at a time, as the driver gives them: as SQLAlchemy's they would take three times as long."""
    connection = session.connection()
    plain = str(stmt.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    # On the server, and not in text: else the whole answer would stand in memory, and every number be read from digits.
    with closing(driver.cursor(**({"name": "index", "binary": True} if _is_postgresql(connection) else {}))) as cursor:
        cursor.execute(plain)
        # The next part is fetched while this one is made use of, where another thread may: so the server never waits.
        fetch = partial(cursor.fetchmany, _PART)
        with ThreadPoolExecutor(1) if _is_postgresql(connection) else nullcontext() as ahead:
            part = fetch()
            while part:
                coming = ahead.submit(fetch) if ahead else None
                yield from part
                part = coming.result() if coming else fetch()


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def counts(session: Session) -> tuple[int, int]:
    """How many people and grants there are, to have room for them."""
    people, grants = (session.scalar(select(func.count()).select_from(table)) for table in (Employee, Grant))
    return people or 0, grants or 0


def people(session: Session, ids: Iterable[UUID] | None = None) -> Iterator[Person]:
    """These people (None: all)."""
    for id_, active, kind, begins, ends, number, email, user_name, kept in _rows(session, _PEOPLE, Employee.id, ids):
        # Names of a record that HR's feed has deleted may be somebody else's by now.
        yield _new(Person, (
            id_ if len(id_) == _ID else _id(id_), bool(active), _TYPES[kind], begins if begins != NEVER else -NEVER, ends,
            number, (kept and email) or "", (kept and user_name) or "",
        ))  # fmt: skip


def people_of(session: Session, unit_id: UUID) -> list[UUID]:
    """Whoever of a unit has a first or a last day that depends on its clock."""
    dated = Employee.starts_at.is_not(None) | Employee.ends_at.is_not(None)
    return list(session.scalars(select(Employee.id).where(Employee.business_unit_id == unit_id, dated)))


def grants(session: Session, ids: Iterable[UUID] | None = None) -> Iterator[Granted]:
    """These grants (None: all there ever were)."""
    for row in _rows(session, _GRANTS, Grant.id, ids):
        yield _new(Granted, row if len(row[0]) == _ID else (*map(_id, row[:3]), *row[3:5], _instants(row[5])))


def grants_of_review(session: Session, review_id: UUID) -> list[UUID]:
    """The grants that a review asks about."""
    stmt = select(ReviewItem.grant_id).where(ReviewItem.review_id == review_id, ReviewItem.grant_id.is_not(None))
    return [one for one in session.scalars(stmt) if one]


def grants_of_item(session: Session, item_id: UUID) -> list[UUID]:
    """The grant that an item of a review asks about, if it does."""
    return [one for one in session.scalars(select(ReviewItem.grant_id).where(ReviewItem.id == item_id)) if one]


def studied(session: Session, employee_ids: Iterable[UUID] | None = None) -> Iterator[Studied]:
    """The newest completion that counts, by person and course."""
    for person, course, at in _rows(session, _STUDIED, Completion.employee_id, employee_ids):
        yield _new(Studied, (_id(person), _id(course), at))


def students(session: Session, completion_ids: Iterable[UUID]) -> list[UUID]:
    """Whose these completions are, revoked ones too."""
    return list(session.scalars(select(Completion.employee_id).where(Completion.id.in_(list(completion_ids)))))


def accepted(session: Session, employee_ids: Iterable[UUID] | None = None) -> Iterator[Accepted]:
    """Who has attested which versions."""
    for person, version in _rows(session, _ACCEPTED, Attestation.employee_id, employee_ids):
        yield _new(Accepted, (_id(person), _id(version)))


def accounts(session: Session, ids: Iterable[UUID] | None = None) -> Iterator[AccountRow]:
    """These accounts (None: all)."""
    for id_, network, handle, state, unit_id in _rows(session, _ACCOUNTS, Account.id, ids):
        yield AccountRow(_id(id_), network, handle, state, _id(unit_id))


def clearances(session: Session, ids: Iterable[UUID] | None = None) -> Iterator[ClearanceRow]:
    """These clearances (None: all there ever were)."""
    for account, id_, digest, until, state in _rows(session, _CLEARANCES, Clearance.id, ids):
        yield ClearanceRow(_id(account), Cleared(_id(id_), 0, digest, until, ClearanceState(state)))


class Change(NamedTuple):
    """What the log tells of a change, as far as it matters here. ``actor``: JSON."""

    seq: int
    subject_kind: str
    subject_id: str
    action: str
    actor: str


def changes(session: Session, since: int, limit: int) -> list[Change]:
    """What has changed after a revision, in order; at most ``limit`` changes."""
    row = AuditEvent
    stmt = select(row.seq, row.subject_kind, row.subject_id, row.action, row.actor).where(row.seq > since)
    return [Change(*found) for found in session.execute(stmt.order_by(row.seq).limit(limit))]
