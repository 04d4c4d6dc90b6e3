"""Every statement that touches courses and their completions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.bulk import insert_rows
from app.kernel.database import change, flush, id_param, is_among, value_of
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import as_uuid, new_id
from app.kernel.pages import Page, keyset, usual_order

from .rules import Completion, Course, Learnt, Stated
from .tables import Completion as Row
from .tables import Course as CourseRow

MANY = 5000
"""From so many people on, those of interest are picked out of all: that many would not fit into one statement."""
_NAMES = ("id", "employee_id", "course_id", "completed_at", "source", "created_at", "updated_at", "version")
_WITH_COURSE = select(Row, CourseRow).join(CourseRow, CourseRow.id == Row.course_id)
# Every evaluation may ask this. It is made once: making a statement takes longer than having it answered.
_OF_EMPLOYEE = _WITH_COURSE.where(Row.employee_id == id_param("employee_id"), Row.revoked_at.is_(None)).order_by(
    Row.completed_at.desc(), Row.id.desc()
)


def find_course(session: Session, id_or_key: UUID | str) -> Course | None:
    """A course by id or key."""
    id_ = as_uuid(id_or_key)
    stmt = select(CourseRow).where(CourseRow.id == id_ if id_ else CourseRow.key == id_or_key)
    row = session.scalars(stmt).first()
    return value_of(Course, row) if row else None


def course(session: Session, id_or_key: UUID | str) -> Course:
    """A course by id or key, or ``NotFound``."""
    found = find_course(session, id_or_key)
    if found is None:
        raise NotFound(f"There is no course {id_or_key}.")
    return found


def lock_course(session: Session, id_: UUID) -> Course:
    """Hold a course's row until the transaction ends, and read it afresh."""
    return value_of(Course, session.get_one(CourseRow, id_, with_for_update=True, populate_existing=True))


def courses_by_key(session: Session, keys: Iterable[str]) -> dict[str, Course]:
    """Several courses by key, retired ones too."""
    stmt = select(CourseRow).where(CourseRow.key.in_(set(keys)))
    return {row.key: value_of(Course, row) for row in session.scalars(stmt)}


def courses(session: Session) -> list[Course]:
    """Every course, retired ones too."""
    return [value_of(Course, row) for row in session.scalars(select(CourseRow).order_by(CourseRow.id))]


def page_courses(session: Session, page: Page, *, retired: bool | None = None) -> list[Course]:
    """A page of courses; ``retired``: only those that are, or are not."""
    stmt = select(CourseRow)
    if retired is not None:
        stmt = stmt.where(CourseRow.retired_at.is_not(None) == retired)
    return [value_of(Course, row) for row in session.scalars(keyset(stmt, usual_order(CourseRow, page), page))]


def add_course(session: Session, now: datetime, values: Mapping[str, Any]) -> Course:
    """A new course; raises ``KeyTaken``."""
    row = CourseRow(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, KeyTaken, f"There is a course with the key {values['key']} already.")
    return value_of(Course, row)


def save_course(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Course:
    """Change a course's columns."""
    row = session.get_one(CourseRow, id_)
    change(session, row, now, changes)
    return value_of(Course, row)


def completion(session: Session, id_: UUID) -> Completion:
    """One completion, or ``NotFound``."""
    found = session.execute(_WITH_COURSE.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no completion {id_}.")
    return _completion(*found)


def lock_completion(session: Session, id_: UUID) -> Completion:
    """Hold a completion until the transaction ends, and read it afresh."""
    session.get_one(Row, id_, with_for_update=True, populate_existing=True)
    return completion(session, id_)


def completions_of(session: Session, employee_id: UUID) -> list[Completion]:
    """What one person has completed and nobody revoked, the newest first."""
    found = session.execute(_OF_EMPLOYEE, {"employee_id": employee_id})
    return [_completion(*one) for one in found]


def learnt(session: Session, employee_id: UUID, course_keys: Iterable[str]) -> dict[str, Learnt]:
    """Of these courses (by key) those that somebody has completed, with the newest completion of each."""
    wanted = set(course_keys)
    found: dict[str, Learnt] = {}
    for one in completions_of(session, employee_id) if wanted else ():
        if one.course_key in wanted:
            found.setdefault(one.course_key, Learnt(one.completed_at, one.course_valid_for_days))
    return found


def learnt_by(session: Session, employee_id: UUID, course_keys: Iterable[str], at: datetime) -> dict[str, Completion]:
    """Of these courses those that somebody had completed by an instant, as far as was known then: the newest of each.

    How long a completion counts is what its course says at present.
    """
    stmt = _WITH_COURSE.where(Row.employee_id == employee_id, CourseRow.key.in_(set(course_keys)), Row.created_at <= at)
    stmt = stmt.where(or_(Row.revoked_at.is_(None), Row.revoked_at > at))
    found: dict[str, Completion] = {}
    for row in session.execute(stmt.order_by(Row.completed_at.desc(), Row.id.desc())):
        one = _completion(*row)
        found.setdefault(one.course_key, one)
    return found


def learnt_by_all(session: Session, course_keys: Iterable[str]) -> dict[UUID, dict[str, Learnt]]:
    """The same of everybody, by person: for looking at many people at once."""
    found: dict[UUID, dict[str, Learnt]] = {}
    if wanted := set(course_keys):
        stmt = (
            select(Row.employee_id, CourseRow.key, func.max(Row.completed_at), CourseRow.valid_for_days)
            .join(CourseRow, CourseRow.id == Row.course_id)
            .where(CourseRow.key.in_(wanted), Row.revoked_at.is_(None))
            .group_by(Row.employee_id, CourseRow.key, CourseRow.valid_for_days)
        )
        for person, key, at, days in session.execute(stmt):
            found.setdefault(person, {})[key] = Learnt(at, days)
    return found


def latest_many(
    session: Session, employee_ids: Iterable[UUID], course_keys: Iterable[str]
) -> dict[tuple[UUID, str], datetime]:
    """(employee, course's key) -> when it was completed last, by one statement; without whom never, or revoked, did."""
    people = set(employee_ids)
    stmt = (
        select(Row.employee_id, CourseRow.key, func.max(Row.completed_at))
        .join(CourseRow, CourseRow.id == Row.course_id)
        .where(CourseRow.key.in_(set(course_keys)), Row.revoked_at.is_(None))
        .group_by(Row.employee_id, CourseRow.key)
    )
    if len(people) <= MANY:
        stmt = stmt.where(Row.employee_id.in_(people))
    return {(who, key): at for who, key, at in session.execute(stmt) if who in people}


def known(session: Session, stated: Sequence[Stated]) -> dict[tuple[UUID, UUID, datetime], list[Completion]]:
    """What is held of these people, courses and instants, revoked or not, by the three."""
    stmt = _WITH_COURSE.where(
        Row.employee_id.in_({one.employee_id for one in stated}),
        Row.course_id.in_({one.course.id for one in stated}),
        Row.completed_at.in_({one.completed_at for one in stated}),
    )
    found: dict[tuple[UUID, UUID, datetime], list[Completion]] = {}
    for row in session.execute(stmt):
        one = _completion(*row)
        found.setdefault(one.stated, []).append(one)
    return found


def page_completions(
    session: Session, page: Page, filters: Mapping[str, Any], seen: ColumnElement[bool] | None = None
) -> list[Completion]:
    """A page of completions by equal columns; ``revoked`` (bool) by whether they were. ``seen``: only such ones."""
    stmt = _WITH_COURSE
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(
                Row.revoked_at.is_not(None) == value if name == "revoked" else getattr(Row, name) == value
            )
    if seen is not None:
        stmt = stmt.where(seen)
    return [_completion(*found) for found in session.execute(keyset(stmt, usual_order(Row, page), page))]


def seen_by(employee_id: UUID | None, employee_ids: Select[Any]) -> ColumnElement[bool]:
    """The condition of what someone may see: their own completions, and those of some people."""
    return or_(Row.employee_id == employee_id, is_among(Row.employee_id, employee_ids))


def add_completions(session: Session, now: datetime, stated: Sequence[Stated]) -> list[Completion]:
    """New completions, in this order, by one statement. Raises ``Conflict``, and then adds none."""
    made = [_new(one, now) for one in stated]
    try:
        insert_rows(session, Row, _NAMES, ([getattr(one, name) for name in _NAMES] for one in made))
    except IntegrityError as error:
        raise Conflict("It has just been recorded by somebody else.") from error
    return made


def _new(one: Stated, now: datetime) -> Completion:
    return Completion(
        id=new_id(), employee_id=one.employee_id, course_id=one.course.id, course_key=one.course.key,
        course_valid_for_days=one.course.valid_for_days, completed_at=one.completed_at, source=one.source,
        revoked_at=None, revoked_by=None, revoke_reason=None, created_at=now, updated_at=now, version=1,
    )  # fmt: skip


def revoke(session: Session, id_: UUID, now: datetime, by: UUID | None, reason: str) -> Completion:
    """Have a completion count no more."""
    row = session.get_one(Row, id_)
    change(session, row, now, {"revoked_at": now, "revoked_by": by, "revoke_reason": reason})
    return completion(session, id_)


def _completion(row: Row, of: CourseRow) -> Completion:
    return value_of(Completion, row, course_key=of.key, course_valid_for_days=of.valid_for_days)
