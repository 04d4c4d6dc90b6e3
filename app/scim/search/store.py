"""SCIM searches as statements: filters (RFC 7644 3.4.2.2), order, pages by index and by cursor (RFC 9865).

A filter's values are always bound parameters. What it means is what the library's own evaluator makes of it; a contract
test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models import InvalidCursorException, Resource, ResourceType, SearchRequest
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.directory.rules import Employee, EmploymentType
from app.directory.tables import BusinessUnit
from app.directory.tables import Employee as Person
from app.groups.rules import Group
from app.groups.tables import Group as GroupRow
from app.kernel.database import value_of
from app.kernel.wire import format_instant, parse_instant
from app.scim.attributes.store import GROUPS, USERS, Attributes, Kind
from app.scim.documents.rules import Place
from app.scim.documents.wire import PROVIDER, USER_TYPE
from app.scim.filters.store import Filter

_COLUMNS = tuple(getattr(Person, one.name) for one in fields(Employee))
_EMPLOYED_AS = [one.name for one in fields(Employee)].index("employment_type")
_PEOPLE = select(*_COLUMNS, BusinessUnit.key, BusinessUnit.name).join(
    BusinessUnit, BusinessUnit.id == Person.business_unit_id
)


@dataclass(frozen=True, slots=True)
class Found:
    """One page: which resources, in order; how many match in all; where the pages beside it begin."""

    ids: tuple[tuple[str, UUID], ...]
    total: int
    next: Any = None
    previous: Any = None


def people(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[Employee, Place]]:
    """People whose record HR's feed has not deleted, each with the unit they are in."""
    rows = session.execute(_PEOPLE.where(Person.id.in_(ids), Person.deleted_at.is_(None)))
    return {row[0]: _person(tuple(row)) for row in rows}


def _person(row: tuple[Any, ...]) -> tuple[Employee, Place]:
    *values, key, name = row
    values[_EMPLOYED_AS] = EmploymentType(values[_EMPLOYED_AS])
    return Employee(*values), Place(key, name)


def groups(session: Session, ids: Sequence[UUID]) -> dict[UUID, Group]:
    """Groups by id."""
    return {row.id: value_of(Group, row) for row in session.scalars(select(GroupRow).where(GroupRow.id.in_(ids)))}


def find(session: Session, types: Sequence[ResourceType], request: SearchRequest[Any], position: Any = None) -> Found:
    """One page of what matches. Raises ``InvalidFilterException``, ``InvalidCursorException``."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    searches = [_search(one, request, postgresql=postgresql) for one in types]
    if request.cursor is None:
        return _by_index(session, searches, request)
    return _by_cursor(session, searches, request, position)


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for among one kind: its condition, and what it is ordered by (null where it has no such thing)."""

    kind: Kind
    where: ColumnElement[bool]
    order: ColumnElement[Any] | None

    def statement(self) -> Select[Any]:
        order = literal(None) if self.order is None else self.order
        return select(literal(self.kind.name).label("kind"), self.kind.id.label("id"), order.label("sort")).where(
            self.where
        )


def _search(type_: ResourceType, request: SearchRequest[Any], *, postgresql: bool) -> _Search:
    kind = USERS if type_ is USER_TYPE or type_.name == "User" else GROUPS
    model: type[Resource[Any]] = PROVIDER.model_for(type_)  # type: ignore[assignment]
    attributes = Attributes(kind, model, postgresql)
    where = kind.kept if request.filter is None else and_(kind.kept, Filter(attributes).visit(request.filter.ast))
    binding = request.sort_binding(model)
    order = attributes.sortable(binding) if binding is not None else None
    return _Search(kind, where, order)


def _by_index(session: Session, searches: list[_Search], request: SearchRequest[Any]) -> Found:
    total = sum(
        session.scalar(select(func.count()).select_from(one.kind.table).where(one.where)) or 0 for one in searches
    )
    start, count = request.start_index_0 or 0, request.count
    if count == 0 or start >= total:
        return Found((), total)
    stmt = _ordered(searches, request).offset(min(start, 2**31)).limit(count)
    return Found(tuple((row[0], row[1]) for row in session.execute(stmt)), total)


def _ordered(searches: list[_Search], request: SearchRequest[Any]) -> Any:
    """Everything that matches, in order. Who has no such value comes last, or first if descending (RFC 7644 3.4.2.3)."""
    if len(searches) == 1 and searches[0].order is None:
        id_ = searches[0].kind.id
        return searches[0].statement().order_by(id_.desc() if _descending(request) else id_)
    found = _together(searches)
    return select(found.c.kind, found.c.id, found.c.sort).order_by(*_order(found, descending=_descending(request)))


def _together(searches: list[_Search]) -> Any:
    if len(searches) == 1:
        return searches[0].statement().subquery()
    return union_all(*(one.statement() for one in searches)).subquery()


def _order(found: Any, *, descending: bool) -> list[Any]:
    by = [found.c.sort.is_(None), found.c.sort, found.c.id]
    return [one.desc() for one in by] if descending else by


def _descending(request: SearchRequest[Any]) -> bool:
    return request.sort_by is not None and request.sort_order == SearchRequest.SortOrder.descending


def _by_cursor(session: Session, searches: list[_Search], request: SearchRequest[Any], position: Any) -> Found:
    total = sum(
        session.scalar(select(func.count()).select_from(one.kind.table).where(one.where)) or 0 for one in searches
    )
    if request.count == 0:
        return Found((), total)
    found, descending = _together(searches), _descending(request)
    anchor = _read(position) if position is not None else None
    back = anchor is not None and anchor.back
    stmt = select(found.c.kind, found.c.id, found.c.sort).order_by(*_order(found, descending=descending != back))
    if anchor is not None:
        stmt = stmt.where(_beyond(found, anchor, after=descending == back))
    limit = request.count
    rows = list(session.execute(stmt if limit is None else stmt.limit(limit + 1)))
    more, rows = limit is not None and len(rows) > limit, rows[:limit]
    rows = rows[::-1] if back else rows
    following = more if not back else bool(rows)
    preceding = more if back else anchor is not None and bool(rows)
    return Found(
        tuple((row[0], row[1]) for row in rows),
        total,
        next=_write("next", rows[-1]) if following else None,
        previous=_write("previous", rows[0]) if preceding else None,
    )


@dataclass(frozen=True, slots=True)
class _Anchor:
    back: bool
    value: Any
    id: UUID


def _write(direction: str, row: Any) -> dict[str, Any]:
    value = {"at": format_instant(row[2])} if isinstance(row[2], datetime) else row[2]
    return {"d": direction, "k": value, "i": str(row[1])}


def _read(position: Any) -> _Anchor:
    try:
        value = position["k"]
        at = parse_instant(value["at"]) if isinstance(value, dict) else value
        return _Anchor(position["d"] == "previous", at, UUID(position["i"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidCursorException from error


def _beyond(found: Any, anchor: _Anchor, *, after: bool) -> ColumnElement[bool]:
    """The condition of coming after an anchor in ascending order, or before it; no value comes after every value."""
    mine, id_ = found.c.sort, found.c.id
    if anchor.value is None:
        same = and_(mine.is_(None), id_ > anchor.id if after else id_ < anchor.id)
        return same if after else or_(mine.is_not(None), same)
    here, there = tuple_(mine, id_), tuple_(literal(anchor.value, mine.type), literal(anchor.id, id_.type))
    return or_(mine.is_(None), here > there) if after else here < there
