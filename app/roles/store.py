"""Every statement that touches appointments."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.directory import store as directory
from app.directory.tables import Employee
from app.kernel.actor import Scope, ScopeKind
from app.kernel.database import at_param, change, flush, id_param, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import Appointment, Role
from .tables import Appointment as Row


def _in_force(at: Any) -> Select[Row]:
    """Appointments that hold at an instant (or at a parameter of one), of active people."""
    return (
        select(Row)
        .join(Employee, Employee.id == Row.employee_id)
        .where(directory.employed(at))
        .where(Row.valid_from <= at)
        .where(or_(Row.valid_until.is_(None), Row.valid_until > at))
        .where(Row.ended_at.is_(None))  # an end is a fact once committed, whatever this process thinks the time is
    )


# Every request asks these. They are made once: making a statement takes longer than having it answered.
_AT = at_param()
_IN_FORCE = _in_force(_AT)
_HELD_BY = _IN_FORCE.where(or_(Row.employee_id == id_param("person"), Row.deputy_id == id_param("person")))


def appointment(session: Session, id_: UUID, *, lock: bool = False) -> Appointment:
    """One appointment, or ``NotFound``."""
    row = session.get(Row, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no appointment {id_}.")
    return _value(row)


def in_force(session: Session, at: datetime, *, role: Role | None = None) -> list[Appointment]:
    """All appointments that hold at this instant, of active people; a deputy who has left is left out."""
    stmt = _IN_FORCE if role is None else _IN_FORCE.where(Row.role == role)
    return _without_absent_deputies(session, [_value(row) for row in session.scalars(stmt, {"at": at})], at)


def holders(role: Role, at: datetime) -> Select[UUID]:
    """The ids of those who hold a role at an instant, as a statement to be embedded."""
    return _in_force(at).where(Row.role == role).with_only_columns(Row.employee_id)


def held_by(session: Session, employee_id: UUID, at: datetime) -> tuple[list[Appointment], list[Appointment]]:
    """A person's appointments in force, and those that they are deputy of (whose holder is active)."""
    found = [_value(row) for row in session.scalars(_HELD_BY, {"at": at, "person": employee_id})]
    return [one for one in found if one.employee_id == employee_id], [
        one for one in found if one.deputy_id == employee_id
    ]


def held_at(session: Session, employee_id: UUID, at: datetime) -> list[Appointment]:
    """A person's appointments that held at an instant, if they were one of us then; since ended or not."""
    held = (Row.valid_from <= at, or_(Row.valid_until.is_(None), Row.valid_until > at))
    stmt = select(Row).where(Row.employee_id == employee_id, *held, or_(Row.ended_at.is_(None), Row.ended_at > at))
    return [_value(row) for row in session.scalars(stmt)]


def open_of(session: Session, employee_id: UUID) -> list[Appointment]:
    """A person's appointments that have not been ended, present and future."""
    return [
        _value(row)
        for row in session.scalars(select(Row).where(Row.employee_id == employee_id, Row.ended_at.is_(None)))
    ]


def open_deputyships(session: Session, employee_id: UUID) -> list[Appointment]:
    """Appointments not ended that name this person as deputy."""
    return [
        _value(row) for row in session.scalars(select(Row).where(Row.deputy_id == employee_id, Row.ended_at.is_(None)))
    ]


def deputies(session: Session, role: Role, at: datetime) -> dict[UUID, set[UUID]]:
    """Who stands in for whom in a role, now or later: holder -> deputies."""
    stmt = select(Row.employee_id, Row.deputy_id).where(
        Row.role == role, Row.deputy_id.is_not(None), Row.ended_at.is_(None),
        or_(Row.valid_until.is_(None), Row.valid_until > at),
    )  # fmt: skip
    found: dict[UUID, set[UUID]] = {}
    for holder, deputy in session.execute(stmt):
        found.setdefault(holder, set()).update({deputy} if deputy else ())
    return found


def open_in_unit(session: Session, unit_id: UUID) -> list[Appointment]:
    """Appointments not ended whose scope is this very unit."""
    stmt = select(Row).where(Row.business_unit_id == unit_id, Row.ended_at.is_(None))
    return [_value(row) for row in session.scalars(stmt)]


def every_open(session: Session) -> list[Appointment]:
    """Every appointment that was not ended, past, present and future, whoever holds it."""
    return [_value(row) for row in session.scalars(select(Row).where(Row.ended_at.is_(None)).order_by(Row.id))]


def open_of_mapping(session: Session, mapping_id: UUID) -> list[Appointment]:
    """Appointments not ended that came from a group mapped to a role."""
    stmt = select(Row).where(Row.group_mapping_id == mapping_id, Row.ended_at.is_(None)).order_by(Row.id)
    return [_value(row) for row in session.scalars(stmt)]


def page(session: Session, page: Page, filters: Mapping[str, Any]) -> list[Appointment]:
    """Appointments by equal columns; ``ended`` (bool) by whether they were ended."""
    stmt: Select[Any] = select(Row)
    for name, value in filters.items():
        if value is None:
            continue
        column = Row.ended_at.is_not(None) == value if name == "ended" else getattr(Row, name) == value
        stmt = stmt.where(column)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(row) for row in session.scalars(keyset(stmt, order, page))]


def add(session: Session, now: datetime, values: Mapping[str, Any], scope: Scope) -> Appointment:
    """A new appointment."""
    row = Row(
        id=new_id(), created_at=now, updated_at=now, scope_kind=scope.kind,
        business_unit_id=scope.business_unit_id, network=scope.network, **values,
    )  # fmt: skip
    session.add(row)
    flush(session)
    return _value(row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Appointment:
    """Change an appointment's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def _without_absent_deputies(session: Session, found: list[Appointment], at: datetime) -> list[Appointment]:
    deputies = {one.deputy_id for one in found if one.deputy_id}
    if not deputies:
        return found
    active = set(session.scalars(select(Employee.id).where(Employee.id.in_(deputies), directory.employed(at))))
    return [one if one.deputy_id is None or one.deputy_id in active else replace(one, deputy_id=None) for one in found]


def _value(row: Row) -> Appointment:
    scope = Scope(ScopeKind(row.scope_kind), row.business_unit_id, row.network)
    return value_of(Appointment, row, role=Role(row.role), scope=scope)
