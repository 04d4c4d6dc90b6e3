"""Every statement that touches groups, their members and their mappings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.directory import store as directory
from app.directory.tables import Employee
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.kernel.text import key_of
from app.roles.rules import Role

from . import tables
from .rules import Group, GroupExists, Mapping, Member, MemberKind


def group(session: Session, id_: UUID, *, lock: bool = False) -> Group:
    """One group, or ``NotFound``."""
    row = session.get(tables.Group, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no group {id_}.")
    return value_of(Group, row)


def groups(session: Session, ids: Iterable[UUID]) -> dict[UUID, Group]:
    """Several groups by id."""
    stmt = select(tables.Group).where(tables.Group.id.in_(set(ids)))
    return {row.id: value_of(Group, row) for row in session.scalars(stmt)}


def members(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[Member]]:
    """The members of several groups, in the order in which they joined."""
    row, person, child = tables.Member, Employee, tables.Group
    stmt = (
        select(
            row.group_id,
            row.employee_id,
            row.child_id,
            func.coalesce(row.display, person.display_name, child.display_name),
        )
        .outerjoin(person, person.id == row.employee_id)
        .outerjoin(child, child.id == row.child_id)
        .where(row.group_id.in_(set(ids)))
        .order_by(row.id)
    )
    found: dict[UUID, list[Member]] = {}
    for group_id, employee_id, child_id, name in session.execute(stmt):
        if employee_id is not None:
            one = Member(MemberKind.EMPLOYEE, employee_id, name)
        else:  # then it is a group: a constraint sees to that
            one = Member(MemberKind.GROUP, cast("UUID", child_id), name)
        found.setdefault(group_id, []).append(one)
    return found


def count_members(session: Session, ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many members several groups have; none that has none."""
    row = tables.Member
    stmt = select(row.group_id, func.count()).where(row.group_id.in_(set(ids))).group_by(row.group_id)
    return dict(session.execute(stmt).all())


def groups_of(session: Session, employee_ids: Iterable[UUID]) -> dict[UUID, list[Group]]:
    """The groups that people are direct members of, by name."""
    row, owner = tables.Member, tables.Group
    stmt = (
        select(row.employee_id, owner)
        .join(owner, owner.id == row.group_id)
        .where(row.employee_id.in_(set(employee_ids)))
        .order_by(owner.display_name_key, owner.id)
    )
    found: dict[UUID, list[Group]] = {}
    for employee_id, one in session.execute(stmt):
        found.setdefault(cast("UUID", employee_id), []).append(value_of(Group, one))
    return found


def add(session: Session, now: datetime, values: dict[str, Any]) -> Group:
    """A new group. Raises ``GroupExists``."""
    row = tables.Group(id=new_id(), created_at=now, updated_at=now, **_keyed(values))
    session.add(row)
    flush(session, GroupExists, "Another group has this external id already.")
    return value_of(Group, row)


def save(session: Session, id_: UUID, now: datetime, changes: dict[str, Any]) -> Group:
    """Change a group's columns; its version rises with its members', too. Raises ``GroupExists``."""
    row = session.get_one(tables.Group, id_)
    change(session, row, now, _keyed(changes))
    return value_of(Group, row)


def _keyed(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, **({"display_name_key": key_of(values["display_name"])} if "display_name" in values else {})}


def remove(session: Session, id_: UUID) -> None:
    """Take a group away, from other groups too; its mappings stay as history."""
    row, mapped = tables.Member, tables.Mapping
    session.execute(delete(row).where(or_(row.group_id == id_, row.child_id == id_)))
    session.execute(update(mapped).where(mapped.group_id == id_).values(group_id=None, version=mapped.version + 1))
    session.delete(session.get_one(tables.Group, id_))
    session.flush()


def add_members(session: Session, group_id: UUID, now: datetime, found: Sequence[Member]) -> list[UUID]:
    """Put members into a group; answers the ids of their memberships, in this order."""
    ids = [new_id() for _ in found]
    rows = [
        {
            "id": id_, "group_id": group_id, "added_at": now, "display": one.display,
            "employee_id": one.id if one.kind is MemberKind.EMPLOYEE else None,
            "child_id": one.id if one.kind is MemberKind.GROUP else None,
        }
        for id_, one in zip(ids, found, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(tables.Member), rows)
    return ids


def drop_members(session: Session, group_id: UUID, found: Iterable[Member]) -> None:
    """Take members out of a group."""
    row, ids = tables.Member, [one.id for one in found]
    for part in directory.batches(ids):
        session.execute(
            delete(row).where(row.group_id == group_id, or_(row.employee_id.in_(part), row.child_id.in_(part)))
        )


def drop_everywhere(session: Session, employee_id: UUID) -> list[UUID]:
    """Take a person out of every group; answers which those were."""
    row = tables.Member
    stmt = delete(row).where(row.employee_id == employee_id).returning(row.group_id)
    return list(session.scalars(stmt))


def mapping(session: Session, id_: UUID, *, lock: bool = False) -> Mapping:
    """One mapping, or ``NotFound``."""
    row = session.get(tables.Mapping, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no group mapping {id_}.")
    return _mapping(row)


def mappings_of(session: Session, group_id: UUID) -> list[Mapping]:
    """What membership of a group means at present, oldest first."""
    row = tables.Mapping
    stmt = select(row).where(row.group_id == group_id, row.ended_at.is_(None)).order_by(row.id)
    return [_mapping(found) for found in session.scalars(stmt)]


def page_mappings(session: Session, page: Page, filters: dict[str, Any]) -> list[Mapping]:
    """A page of mappings by equal columns; ``ended`` (bool) by whether they were ended."""
    row = tables.Mapping
    stmt = select(row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(row.ended_at.is_not(None) == value if name == "ended" else getattr(row, name) == value)
    order = ((getattr(row, page.column or "id"), page.descending), (row.id, page.descending))
    return [_mapping(found) for found in session.scalars(keyset(stmt, order, page))]


def page_groups(session: Session, page: Page, name: str | None) -> list[Group]:
    """A page of groups, perhaps of one name whatever its case."""
    row = tables.Group
    stmt = select(row) if name is None else select(row).where(row.display_name_key == key_of(name))
    order = ((getattr(row, page.column or "id"), page.descending), (row.id, page.descending))
    return [value_of(Group, found) for found in session.scalars(keyset(stmt, order, page))]


def add_mapping(session: Session, now: datetime, values: dict[str, Any]) -> Mapping:
    """A new mapping."""
    row = tables.Mapping(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return _mapping(row)


def save_mapping(session: Session, id_: UUID, now: datetime, changes: dict[str, Any]) -> Mapping:
    """Change a mapping's columns."""
    row = session.get_one(tables.Mapping, id_)
    change(session, row, now, changes)
    return _mapping(row)


def _mapping(row: tables.Mapping) -> Mapping:
    return value_of(Mapping, row, role=Role(row.role) if row.role else None)
