"""The tables as the log has them, in a database of their own, and where the present ones differ from them."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    MetaData,
    Table,
    Uuid,
    and_,
    bindparam,
    create_engine,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app.audit.tables import AuditEvent
from app.directory.rules import bounds
from app.kernel.database import Base, Exact, UTCDateTime

from . import rules
from .rules import ERASED, Alter, Bounds, Difference, Drop, Put, Redate, ReviewEnds, Step

_AT_ONCE = 500
_KEYS: Mapping[str, tuple[str, ...]] = {"notification_settings": ("employee_id",)}
"""By what a row is found, where that is not its key in the database."""
Key = tuple[Any, ...]


def _keys(table: Table) -> tuple[str, ...]:
    return _KEYS.get(table.name) or tuple(column.name for column in table.primary_key)


def _states() -> list[Table]:
    """The tables that the log tells of."""
    return [table for table in Base.metadata.sorted_tables if table.name not in rules.NO_STATE]


def merges(session: Session) -> dict[str, tuple[str, str | None]]:
    """By unit, when it was merged into another, and by which call; ids and instants as the log has them."""
    row = AuditEvent
    stmt = select(row.subject_id, row.at, row.request_id).where(row.action == "business_unit.merged")
    return {unit: (at, request) for unit, at, request in session.execute(stmt)}


@contextmanager
def rebuilding() -> Iterator["Tables"]:
    """Empty tables, for as long as this lasts; on disk as soon as they are large."""
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect("", check_same_thread=False), poolclass=StaticPool
    )
    try:
        with engine.begin() as connection:
            yield Tables(connection)
    finally:
        engine.dispose()


class Tables:
    """Tables that are rebuilt. They have no constraint: what a log gets wrong is to be told, not to be refused.

    ``erased``: where a value is forgotten, by table, key and column.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.erased: set[tuple[str, Key, str]] = set()
        self._made: dict[Any, Any] = {}  # statements: making one takes longer than having it done
        made = MetaData()
        self.tables = {table.name: _bare(table, made) for table in _states()}
        made.create_all(connection)

    def apply_all(self, steps: Iterable[Step]) -> None:
        """Do what an event tells."""
        for one in steps:
            self.apply(one)

    @singledispatchmethod
    def apply(self, step: Step) -> None:
        """Do one thing that an event tells."""
        raise TypeError(f"{step} is no step")

    @apply.register
    def _(self, step: Put) -> None:
        table, key = self.tables[step.table], _ready(self.tables[step.table], step.key)
        values = rules.with_keys(step.table, step.values)
        self._forget(table, key, values)
        told = _ready(table, values)
        if not self._change(table, key, told or key):
            self._connection.execute(insert(table), {**_ready(table, step.first), **told, **key})

    @apply.register
    def _(self, step: Alter) -> None:
        table = self.tables[step.table]
        self._change(table, _ready(table, step.where), _ready(table, step.values))

    @apply.register
    def _(self, step: Drop) -> None:
        table, where = self.tables[step.table], _ready(self.tables[step.table], step.where)
        self._connection.execute(delete(table).where(*_agreeing(table, where)), _given(where))

    @apply.register
    def _(self, step: Bounds) -> None:
        self._bound(self.tables["employee"].c.id == UUID(step.person))

    @apply.register
    def _(self, step: Redate) -> None:
        row, at = self.tables["employee"].c, datetime.fromisoformat(step.at)
        self._bound(and_(row.business_unit_id == UUID(step.unit), or_(row.starts_at > at, row.ends_at > at)))

    @apply.register
    def _(self, step: ReviewEnds) -> None:
        grant, item = self.tables["posting_grant"], self.tables["review_item"].c
        if step.grant is not None:
            which = grant.c.id == UUID(step.grant)
        else:
            which = grant.c.id.in_(select(item.grant_id).where(item.review_id == UUID(step.review)))
        self._connection.execute(update(grant).where(which).values(review_ends_at=self._first_end(grant)))

    def _change(self, table: Table, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Give every row that agrees these values; answers how many there were."""
        shape = (table.name, tuple((name, value is None) for name, value in where.items()), tuple(values))
        if shape not in self._made:
            said = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in values}
            self._made[shape] = update(table).where(*_agreeing(table, where)).values(said)
        news = {f"new_{name}": value for name, value in values.items()}
        return self._connection.execute(self._made[shape], {**_given(where), **news}).rowcount

    def _first_end(self, grant: Table) -> Any:
        """Of a grant: when the first review ends, or ended, in which nobody has kept it."""
        review, item = self.tables["review"], self.tables["review_item"]
        unanswered = or_(item.c.outcome.is_(None), item.c.outcome == "lapsed")
        of_grant = (item.c.grant_id == grant.c.id, unanswered, review.c.closed_at.is_(None))
        joined = select(func.min(review.c.ends_at)).join_from(review, item, item.c.review_id == review.c.id)
        return joined.where(*of_grant).correlate(grant).scalar_subquery()

    def _bound(self, which: ColumnElement[bool]) -> None:
        person, unit = self.tables["employee"], self.tables["business_unit"]
        days = (person.c.id, person.c.hired_on, person.c.terminated_on, unit.c.timezone)
        stmt = select(*days).join_from(person, unit, unit.c.id == person.c.business_unit_id).where(which)
        for id_, *stated in self._connection.execute(stmt).all():
            self._connection.execute(update(person).where(person.c.id == id_).values(bounds(*stated)))

    def _forget(self, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        gone = {name for name, value in values.items() if value is ERASED}
        if gone or self.erased:
            cells = {name: (table.name, tuple(key.values()), name) for name in values}
            self.erased -= set(cells.values())
            self.erased |= {cells[name] for name in gone}

    def finish(self) -> None:
        """Work out, once everything is told, where each unit stands in the tree."""
        unit = self.tables["business_unit"]
        found = self._connection.execute(select(unit.c.id, unit.c.parent_id)).all()
        parents = {id_.hex: parent.hex if parent else None for id_, parent in found}
        for id_, path in rules.paths(parents).items():
            self._connection.execute(update(unit).where(unit.c.id == UUID(id_)).values(path=path))

    def rows(self, table: Table, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
        """The rows of these keys, and others whose key begins alike."""
        mine, names = self.tables[table.name], _keys(table)
        stmt = select(mine).where(mine.c[names[0]].in_({key[0] for key in keys}))
        found = map(dict, self._connection.execute(stmt).mappings())
        return {_key_of(row, names): row for row in found}

    def parts(self, table: Table) -> Iterator[list[Key]]:
        """The keys of all rows of a table, in parts."""
        mine = self.tables[table.name]
        found = self._connection.execute(select(*(mine.c[name] for name in _keys(table))))
        for part in found.partitions(_AT_ONCE):
            yield [tuple(key) for key in part]


def _bare(table: Table, made: MetaData) -> Table:
    keys = _keys(table)
    return Table(table.name, made, *(Column(one.name, one.type, primary_key=one.name in keys) for one in table.columns))


def _agreeing(table: Table, where: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """The conditions of agreeing with values that ``_given`` gives: a column equals its parameter, or is null."""
    for name, value in where.items():
        column = table.c[name]
        yield column.is_(None) if value is None else column == bindparam(f"its_{name}", type_=column.type)


def _given(where: Mapping[str, Any]) -> dict[str, Any]:
    return {f"its_{name}": value for name, value in where.items() if value is not None}


def _ready(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the log as the columns of a table take them."""
    return {name: _typed(table.c[name].type, value) for name, value in values.items()}


def _typed(kind: Any, value: Any) -> Any:
    if value is None or value is ERASED:
        return None
    if isinstance(kind, Uuid):
        return UUID(value)
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Exact):
        return Decimal(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _key_of(row: Mapping[str, Any], names: Iterable[str]) -> Key:
    return tuple(row[name] for name in names)


# --- comparing ------------------------------------------------------------------------------------------------------


def tables() -> list[str]:
    """The names of the tables that are compared."""
    return [table.name for table in _states()]


def differences(session: Session, name: str, told: Tables) -> Iterator[Difference]:
    """Where a present table differs from what the log tells of it; what is erased differs nowhere."""
    table = Base.metadata.tables[name]
    keys = _keys(table)
    columns = [column for column in table.columns if column.name in keys or rules.rebuilt(name, column.name)]
    stmt = select(*columns).execution_options(yield_per=_AT_ONCE)
    with session.execute(stmt) as found:
        for rows in found.mappings().partitions():
            held = {_key_of(row, keys): row for row in map(dict, rows)}
            there = told.rows(table, held)
            for key, row in held.items():
                yield from _apart(name, key, row, there.get(key), told)
    for part in told.parts(table):
        gone = set(part) - _known(session, table, part)
        yield from (Difference(name, _shown(key), None, told=True) for key in sorted(gone, key=str))


def _apart(
    name: str, key: Key, row: Mapping[str, Any], there: Mapping[str, Any] | None, told: Tables
) -> Iterator[Difference]:
    if there is None:
        yield Difference(name, _shown(key), None, told=False)
        return
    for column, held in row.items():
        if held != there[column] and (name, key, column) not in told.erased:
            yield Difference(name, _shown(key), column, told=there[column], held=held)


def _known(session: Session, table: Table, part: Iterable[Key]) -> set[Key]:
    columns = [table.c[name] for name in _keys(table)]
    found = session.execute(select(*columns).where(columns[0].in_({key[0] for key in part})))
    return {tuple(key) for key in found}


def _shown(key: Key) -> str:
    return "/".join(map(str, key))
