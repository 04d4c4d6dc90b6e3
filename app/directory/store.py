"""Every statement that touches units and employees. Rows do not leave this module."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.kernel.actor import Scope
from app.kernel.bulk import among, insert_rows
from app.kernel.database import advisory_lock, change, flush, id_param, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import as_uuid, new_id
from app.kernel.pages import Page, keyset, usual_order
from app.kernel.text import folded, key_of

from . import tables
from .erasures import store as erasures
from .erasures.rules import PersonErased, erased_name
from .rules import BusinessUnit, Employee, EmployeeExists, EmploymentType, Function, Held, KeyTaken, UnitState, bounds

TREE_LOCK = 0x636F_6502
_BATCH, _WALK = 500, 5000
_HELD = "employees held alone"
_DEFAULTS = {
    column.name: column.default.arg
    for column in tables.Employee.__table__.c
    if column.default and column.default.is_scalar
}
_KEYED = ("user_name", "email", "given_name", "family_name", "display_name", "title", "location")
# Every request asks these. They are made once: making a statement takes longer than having it answered.
_UNITS = select(tables.BusinessUnit).where(tables.BusinessUnit.id.in_(id_param("ids")))
_EMPLOYEES = select(tables.Employee).where(tables.Employee.id.in_(id_param("ids")))
_AFRESH = _EMPLOYEES.order_by(tables.Employee.id).execution_options(populate_existing=True)
_HELD_SHARED = _AFRESH.with_for_update(read=True)
_HELD_ALONE = _AFRESH.with_for_update()
_EXISTS = "The employee id or the user name belongs to another employee already."


def lock_tree(session: Session) -> None:
    """Units are added and moved one at a time: two moves together could close a circle."""
    advisory_lock(session, TREE_LOCK)


def unit(session: Session, id_or_key: UUID | str) -> BusinessUnit:
    """One unit by id or key, or ``NotFound``."""
    row = _unit_row(session, id_or_key)
    if row is None:
        raise NotFound(f"There is no business unit {id_or_key}.")
    return _unit(row)


def _unit_row(session: Session, id_or_key: UUID | str) -> tables.BusinessUnit | None:
    key = as_uuid(id_or_key)
    if key is not None:
        return session.get(tables.BusinessUnit, key)
    return session.scalars(select(tables.BusinessUnit).where(tables.BusinessUnit.key == id_or_key)).first()


def units(session: Session, ids: Iterable[UUID]) -> dict[UUID, BusinessUnit]:
    """Several units by id."""
    return {row.id: _unit(row) for row in session.scalars(_UNITS, {"ids": list(set(ids))})}


def timezones(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The time zones of several units."""
    row = tables.BusinessUnit
    return dict(
        session.execute(select(row.id, row.timezone).where(row.id.in_(id_param("ids"))), {"ids": list(set(ids))}).all()
    )


def all_units(session: Session) -> list[BusinessUnit]:
    """The whole tree, parents before children."""
    return sorted(map(_unit, session.scalars(select(tables.BusinessUnit))), key=lambda unit: len(unit.path))


def units_named(session: Session, text: str) -> list[BusinessUnit]:
    """Open units whose key or name this is, whatever the case."""
    key = key_of(text)
    row = tables.BusinessUnit
    named = or_(row.key == key, row.name_key == key)
    found = [_unit(one) for one in session.scalars(select(row).where(named, row.state == UnitState.OPEN))]
    return found or _merged_into(session, [_unit(one) for one in session.scalars(select(row).where(named))])


def _merged_into(session: Session, closed: Iterable[BusinessUnit]) -> list[BusinessUnit]:
    """The open units into which these were merged, through the chain: HR may not have heard of a merge yet."""
    found = {}
    for one in closed:
        while one.merged_into_id is not None and one.state is UnitState.CLOSED:
            one = unit(session, one.merged_into_id)  # noqa: PLW2901 - along the chain
        if one.state is UnitState.OPEN:
            found[one.id] = one
    return list(found.values())


def page_units(session: Session, page: Page, filters: Mapping[str, Any]) -> list[BusinessUnit]:
    """Units by equal columns, one more than the limit if there are more."""
    stmt = _where(select(tables.BusinessUnit), tables.BusinessUnit, filters)
    return [_unit(row) for row in session.scalars(keyset(stmt, usual_order(tables.BusinessUnit, page), page))]


def add_unit(session: Session, now: datetime, parent: BusinessUnit, values: Mapping[str, Any]) -> BusinessUnit:
    """A new unit below ``parent``; raises ``KeyTaken``."""
    id_ = new_id()
    row = tables.BusinessUnit(
        id=id_, parent_id=parent.id, path=_path((*parent.path, id_)), created_at=now, updated_at=now,
        name_key=key_of(values["name"]), state=UnitState.OPEN, **values,
    )  # fmt: skip
    session.add(row)
    flush(session, KeyTaken, f"There is a business unit with the key {values['key']} already.")
    return _unit(row)


def save_unit(session: Session, unit: BusinessUnit, now: datetime, changes: Mapping[str, Any]) -> BusinessUnit:
    """Change a unit's own columns; ``name_key`` follows the name."""
    row = session.get_one(tables.BusinessUnit, unit.id)
    more = {"name_key": key_of(changes["name"])} if "name" in changes else {}
    change(session, row, now, {**changes, **more})
    return _unit(row)


def reparent(session: Session, unit: BusinessUnit, parent: BusinessUnit, now: datetime) -> BusinessUnit:
    """Hang a unit, with all below it, under another parent."""
    old, new = _path(unit.path), _path((*parent.path, unit.id))
    below = select(tables.BusinessUnit).where(tables.BusinessUnit.path.startswith(old + "/"))
    for row in session.scalars(below):
        row.path = new + row.path[len(old) :]
    return save_unit(session, unit, now, {"parent_id": parent.id, "path": new})


def employed(at: Any) -> ColumnElement[bool]:
    """The condition of being one of us at an instant (or at a parameter of one), as ``Employee.employed`` has it."""
    row = tables.Employee
    begun = or_(row.starts_at.is_(None), row.starts_at <= at)
    return and_(row.active, begun, or_(row.ends_at.is_(None), row.ends_at > at))


def over(session: Session, at: datetime, limit: int, scopes: Iterable[Scope] | None = None) -> list[Employee]:
    """People (of these scopes; None: all) whose last day has passed although nobody has written down that they left."""
    row = tables.Employee
    stmt = select(row).where(row.active, row.ends_at <= at).order_by(row.ends_at, row.id).limit(limit)
    if scopes is not None:
        stmt = stmt.where(row.id.in_(employee_ids_in(scopes)))
    return [_employee(found) for found in session.scalars(stmt)]


def redate(session: Session, unit: BusinessUnit, now: datetime) -> None:
    """The unit's day begins at another instant: so do the first days, and end the last days, of its people."""
    row = tables.Employee
    dated = or_(row.starts_at > now, row.ends_at > now)
    for found in session.scalars(select(row).where(row.business_unit_id == unit.id, dated).order_by(row.id)):
        for name, instant in bounds(found.hired_on, found.terminated_on, unit.timezone).items():
            setattr(found, name, instant)
    flush(session)


def unit_holdings(session: Session, unit_id: UUID) -> dict[str, int]:
    """What the directory itself still has in a unit; who is dated to leave is still there until they are said to have left."""
    child, person = tables.BusinessUnit, tables.Employee
    count = select(func.count())
    return {
        "open_child_units": session.scalar(count.where(child.parent_id == unit_id, child.state == UnitState.OPEN)) or 0,
        "active_employees": session.scalar(count.where(person.business_unit_id == unit_id, person.active)) or 0,
    }


def child_units(session: Session, unit_id: UUID) -> list[BusinessUnit]:
    """The open units directly below."""
    row = tables.BusinessUnit
    stmt = select(row).where(row.parent_id == unit_id, row.state == UnitState.OPEN)
    return [_unit(found) for found in session.scalars(stmt)]


def employee(session: Session, employee_id: UUID) -> Employee:
    """One employee by our id, or ``NotFound``."""
    row = session.get(tables.Employee, employee_id)
    if row is None:
        raise NotFound(f"There is no employee {employee_id}.")
    return _employee(row)


def employees(session: Session, ids: Iterable[UUID]) -> dict[UUID, Employee]:
    """Several employees by our id."""
    return {row.id: _employee(row) for row in session.scalars(_EMPLOYEES, {"ids": list(set(ids))})}


def lock_employees(session: Session, ids: Iterable[UUID], *, shared: bool = False) -> dict[UUID, Employee]:
    """Hold people's rows until the transaction ends, and read them afresh.

    The employee's row is the lock of all that is theirs: whoever ends or gives an appointment, or makes someone leave,
    holds it alone; whoever relies on what a person is or may decide holds it shared. Always in order of id.
    Whom this transaction holds alone already is not asked for again: nobody else can have changed them.
    """
    wanted, mine = set(ids), session.info.setdefault(_HELD, {})
    if wanted <= mine.keys():
        return {id_: _employee(mine[id_]) for id_ in sorted(wanted)}
    held = list(session.scalars(_HELD_SHARED if shared else _HELD_ALONE, {"ids": list(wanted)}))
    if not shared:
        mine.update({row.id: row for row in held})
    return {row.id: _employee(row) for row in held}


def find_employees(session: Session, text: str) -> list[Employee]:
    """Who this text names: our id, else HR's employee id, else the work e-mail, else the user name. At most two."""
    row, key, kept = tables.Employee, key_of(text), tables.Employee.deleted_at.is_(None)
    id_ = as_uuid(text)
    ways: list[ColumnElement[bool]] = [row.id == id_] if id_ else []
    # Names of a record that HR's feed has deleted may be somebody else's by now.
    for way in (
        *ways,
        row.employee_number == text,
        and_(row.email_key == key, kept),
        and_(row.user_name_key == key, kept),
    ):
        found = list(session.scalars(select(row).where(way).limit(2)))
        if found:
            return [_employee(one) for one in found]
    return []


def employees_by_number(session: Session, numbers: Iterable[str]) -> dict[str, Employee]:
    """Several employees by HR's employee id."""
    stmt = select(tables.Employee).where(tables.Employee.employee_number.in_(set(numbers)))
    return {row.employee_number: _employee(row) for row in session.scalars(stmt)}


def by_ids(session: Session, external_id: str | None, number: str | None) -> list[Employee]:
    """Whom a feed's own id or HR's employee id names, whether or not they are still with us."""
    row = tables.Employee
    ways = [row.external_id == external_id] if external_id else []
    ways += [row.employee_number == number] if number else []
    return [_employee(found) for found in session.scalars(select(row).where(or_(*ways)))] if ways else []


def walk_active(session: Session) -> Iterator[dict[str, UUID]]:
    """HR's employee id -> our id, of everyone active, in parts: there may be more people than memory should hold."""
    row = tables.Employee
    stmt = select(row.employee_number, row.id).where(row.active).order_by(row.id).limit(_WALK)
    part = dict(session.execute(stmt).all())
    while part:
        yield part
        part = dict(session.execute(stmt.where(row.id > max(part.values()))).all())


def count_active(session: Session, most: int | None = None) -> int:
    """How many people are active by HR's word; ``most`` if there are more, and it costs no more than that."""
    found = select(tables.Employee.id).where(tables.Employee.active).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def _pairs(found: Iterable[Any]) -> dict[Any, Any]:
    return dict(map(tuple, found))


def ids_by_number(session: Session, numbers: Iterable[str]) -> dict[str, UUID]:
    """HR's employee id -> our id, of those of these that are known."""
    row = tables.Employee
    return _pairs(among(session, select(row.employee_number, row.id), row.employee_number, numbers))


def held(session: Session, numbers: Iterable[str], names: Sequence[str]) -> dict[str, Held]:
    """What we hold of people, by HR's employee id: of their columns those of ``names``. For comparing many at once."""
    row, manager = tables.Employee.__table__, tables.Employee.__table__.alias()  # no objects of the ORM on the way
    person, above = row.c, manager.c
    columns = [person.employee_number, person.active, person.business_unit_id, above.employee_number]
    stmt = select(*columns, *(person[name] for name in names)).select_from(
        row.outerjoin(manager, above.id == person.manager_id)
    )
    found = map(tuple, among(session, stmt, person.employee_number, numbers))
    return {number: Held(active, unit, boss, tuple(values)) for number, active, unit, boss, *values in found}


def numbers_by_user_name(session: Session, keys: Iterable[str]) -> dict[str, str]:
    """The key of a user name -> the employee id of whom it belongs to, active or not."""
    row = tables.Employee
    stmt = select(row.user_name_key, row.employee_number).where(row.deleted_at.is_(None))
    return _pairs(among(session, stmt, row.user_name_key, keys))


def managers_by_number(session: Session, numbers: Iterable[str]) -> dict[str, str | None]:
    """HR's employee id -> that of the manager, of those of these that are known."""
    row, manager = tables.Employee, aliased(tables.Employee)
    stmt = select(row.employee_number, manager.employee_number).outerjoin(manager, manager.id == row.manager_id)
    return _pairs(among(session, stmt, row.employee_number, numbers))


def page_employees(session: Session, page: Page, filters: Mapping[str, Any]) -> list[Employee]:
    """Employees by equal columns; ``email`` and ``user_name`` compare whatever the case; ``employed``: (whether, when)."""
    keyed = {f"{name}_key": key_of(filters[name]) for name in ("email", "user_name") if filters.get(name) is not None}
    rest = {name: value for name, value in filters.items() if name not in ("email", "user_name", "employed")}
    stmt = _where(select(tables.Employee), tables.Employee, {**rest, **keyed})
    if filters.get("employed") is not None:
        wanted, at = filters["employed"]
        stmt = stmt.where(employed(at) if wanted else not_(employed(at)))
    return [_employee(row) for row in session.scalars(keyset(stmt, usual_order(tables.Employee, page), page))]


def add_employee(session: Session, now: datetime, values: Mapping[str, Any]) -> Employee:
    """A new person; raises ``EmployeeExists`` when number or user name are someone's already."""
    erasures.refuse(session, [values["employee_number"]], [values.get("external_id")])
    row = tables.Employee(id=new_id(), created_at=now, updated_at=now, **_keyed(values))
    session.add(row)
    flush(session, EmployeeExists, _EXISTS)
    return _employee(row)


def add_employees(session: Session, now: datetime, people: Sequence[Mapping[str, Any]]) -> None:
    """New people by one statement, each with an ``id``. Raises ``EmployeeExists``, and then adds nobody."""
    erasures.refuse(session, [one["employee_number"] for one in people], [one.get("external_id") for one in people])
    common = {**_DEFAULTS, "created_at": now, "updated_at": now}
    rows = [{**common, **_keyed(one)} for one in people]
    names = list(set().union(*rows))
    try:
        insert_rows(session, tables.Employee, names, ([row.get(name) for name in names] for row in rows))
    except IntegrityError as error:
        raise EmployeeExists(_EXISTS) from error


def save_employee(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Employee:
    """Change a person's columns; raises ``EmployeeExists``, and ``PersonErased`` for who was erased."""
    row = session.get_one(tables.Employee, id_)
    if row.user_name == erased_name(id_) and erasures.erased(session, id_):
        raise PersonErased("The data of this person was erased; nothing of it is taken in again.")
    for name, value in _keyed(changes).items():
        setattr(row, name, value)
    row.updated_at = now
    flush(session, EmployeeExists, "The user name belongs to another employee already.")
    return _employee(row)


def move_employees(session: Session, source: UUID, target: UUID, now: datetime) -> list[UUID]:
    """Everyone of one unit into another (a merge of units); answers their ids."""
    row = tables.Employee
    ids = list(session.scalars(select(row.id).where(row.business_unit_id == source)))
    moved = update(row).where(row.business_unit_id == source)
    session.execute(moved.values(business_unit_id=target, updated_at=now, version=row.version + 1))
    return ids


def _keyed(values: Mapping[str, Any]) -> dict[str, Any]:
    keys: dict[str, Any] = {f"{name}_key": values[name] and key_of(values[name]) for name in _KEYED if name in values}
    if "attributes" in values:
        keys["attributes_key"] = values["attributes"] and folded(values["attributes"])
    return {**values, **keys}


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Parts small enough for one statement."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def _where(stmt: Select[Any], row: Any, filters: Mapping[str, Any]) -> Select[Any]:
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(row, name) == value)
    return stmt


def _path(ids: Iterable[UUID]) -> str:
    return "/".join(id_.hex for id_ in ids)


def _unit(row: tables.BusinessUnit) -> BusinessUnit:
    path = tuple(UUID(part) for part in row.path.split("/"))
    function = Function(row.function) if row.function else None
    return value_of(BusinessUnit, row, path=path, function=function, state=UnitState(row.state))


def _employee(row: tables.Employee) -> Employee:
    return value_of(Employee, row, employment_type=EmploymentType(row.employment_type))


def unit_ids_in(scopes: Iterable[Scope]) -> Select[Any]:
    """The ids of the units of these scopes, as a statement to be embedded."""
    unit = tables.BusinessUnit
    ways = [unit.path.contains(scope.business_unit_id.hex) for scope in scopes if scope.business_unit_id]
    return select(unit.id).where(or_(false(), *ways))


def employee_ids_in(scopes: Iterable[Scope]) -> Select[Any]:
    """The ids of people in the units of these scopes, as a statement to be embedded."""
    unit, person = tables.BusinessUnit, tables.Employee
    ways = [unit.path.contains(scope.business_unit_id.hex) for scope in scopes if scope.business_unit_id]
    return select(person.id).join(unit, unit.id == person.business_unit_id).where(or_(false(), *ways))


def has_key(session: Session, key: str) -> bool:
    """Is this key some unit's, open or closed?"""
    return session.scalars(select(tables.BusinessUnit.id).where(tables.BusinessUnit.key == key)).first() is not None
