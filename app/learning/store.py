"""Of whom courses are asked, and how they stand in them: counted by the database, by unit, however many they are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    Uuid,
    and_,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.directory.store import employed
from app.directory.tables import BusinessUnit, Employee
from app.governance.impact.store import due
from app.kernel.actor import ENTERPRISE
from app.kernel.database import UTCDateTime
from app.programme.curriculum.rules import Need
from app.programme.training.rules import valid_for
from app.programme.training.tables import Completion
from app.roles import store as roles
from app.roles.rules import Role

from .rules import Ask, Count, Ground, Whole

_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
"""A completion that counts for ever is late enough if it is later than this."""
_DONE, _EXPIRED, _MISSING = range(3)
_AT_ONCE: Final = 200
"""SQLite puts together at most 500 statements at a level."""


def below(unit_id: UUID) -> ColumnElement[bool]:
    """The condition of an employee of working in a unit or below it."""
    unit = aliased(BusinessUnit)  # a statement around this may look at the units of accounts
    return Employee.business_unit_id.in_(select(unit.id).where(unit.path.contains(unit_id.hex)))


def by_course(
    session: Session, asks: Sequence[tuple[int, Ask]], at: datetime, which: ColumnElement[bool]
) -> list[Count]:
    """By unit and course, of those of whom something is asked, as far as ``which`` is true of them.

    ``asks``: each with the number of its course. Whoever several ask for a course counts once, by the freshest completion
    that one of them wants.
    """
    if not asks:
        return []
    each = _standing(asks, at, which).c
    stmt = select(each.unit_id, each.n, each.required, *_counted(each.state)).group_by(
        each.unit_id, each.n, each.required
    )
    return [Count(unit_id, n, bool(required), *rest) for unit_id, n, required, *rest in session.execute(stmt)]


def by_person(
    session: Session, asks: Sequence[tuple[int, Ask]], at: datetime, which: ColumnElement[bool]
) -> list[Whole]:
    """By unit, of those of whom something is required: each counts once, by where they stand worst."""
    if not asks:
        return []
    each = _standing(asks, at, which).c
    worst = func.max(each.state).label("state")
    people = select(each.id, each.unit_id, worst).where(each.required == 1).group_by(each.id, each.unit_id).subquery().c
    stmt = select(people.unit_id, *_counted(people.state)).group_by(people.unit_id)
    return [Whole(*found) for found in session.execute(stmt)]


def _counted(state: ColumnElement[int]) -> tuple[ColumnElement[int], ...]:
    return func.count(), func.count().filter(state == _DONE), func.count().filter(state == _EXPIRED)


def _standing(asks: Sequence[tuple[int, Ask]], at: datetime, which: ColumnElement[bool]) -> Subquery:
    """Each person and course: how they stand in it. The very instant at which a completion ends it is expired."""
    asked = _asked(asks, at, which).subquery().c
    need = (
        select(
            asked.id, asked.unit_id, asked.n, asked.course_id,
            func.max(asked.required).label("required"), func.max(asked.later_than).label("later_than"),
        )
        .group_by(asked.id, asked.unit_id, asked.n, asked.course_id)
        .subquery()
    )  # fmt: skip
    newest = _newest([ask.course.id for _, ask in asks if ask.course], at)
    state = case((newest.c.at.is_(None), _MISSING), (newest.c.at > need.c.later_than, _DONE), else_=_EXPIRED)
    same = and_(newest.c.employee_id == need.c.id, newest.c.course_id == need.c.course_id)
    stmt = select(need.c.id, need.c.unit_id, need.c.n, need.c.required, state.label("state"))
    return stmt.select_from(need.outerjoin(newest, same)).subquery()


def _newest(courses: Sequence[UUID], at: datetime) -> Subquery:
    """When each person last completed each of these courses, as far as it counts."""
    row = Completion
    stmt = select(row.employee_id, row.course_id, func.max(row.completed_at).label("at"))
    stmt = stmt.where(row.course_id.in_(set(courses)), row.revoked_at.is_(None), row.completed_at <= at)
    return stmt.group_by(row.employee_id, row.course_id).subquery()


def _asked(asks: Sequence[tuple[int, Ask]], at: datetime, which: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Who is asked for what: one row a person and ask. A completion counts that is later than ``later_than``."""
    each = [_one(n, ask, at, which) for n, ask in asks]
    parts = [union_all(*each[start : start + _AT_ONCE]).subquery() for start in range(0, len(each), _AT_ONCE)]
    return union_all(*(select(part) for part in parts))


def _one(n: int, ask: Ask, at: datetime, which: ColumnElement[bool]) -> Select[Any]:
    who = _whom(ask, at, which).c
    days = valid_for(ask.course.valid_for_days if ask.course else None, ask.days)
    return select(
        who.id.label("id"), who.business_unit_id.label("unit_id"), literal(n, Integer()).label("n"),
        literal(ask.course.id if ask.course else None, Uuid()).label("course_id"),
        literal(int(ask.need is Need.REQUIRED), Integer()).label("required"),
        literal(_EVER if days is None else at - timedelta(days=days), UTCDateTime()).label("later_than"),
    )  # fmt: skip


def _whom(ask: Ask, at: datetime, which: ColumnElement[bool]) -> Subquery:
    """The ids and units of those of whom something is asked, as ``rules.since_when`` has it."""
    if ask.policy is not None:
        return due(ask.policy.scope, at, which)
    there = and_(which, below(ask.entry.business_unit_id) if ask.entry else true())
    if ask.ground is Ground.RIGHTS_HOLDER:
        return due(ENTERPRISE, at, there)
    stmt = select(Employee.id, Employee.business_unit_id).where(employed(at), there)
    if ask.entry is not None and ask.ground is Ground.ROLE:
        stmt = stmt.where(Employee.id.in_(roles.holders(Role(ask.entry.audience), at)))
    return stmt.subquery()
