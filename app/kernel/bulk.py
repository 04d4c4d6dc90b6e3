"""Many rows in one statement: COPY on PostgreSQL, one prepared INSERT on SQLite; and reading by many keys at once.

The unit of work of the ORM costs some hundred microseconds a row; a file of a million people cannot pay that.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Result, Table, Uuid, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_PLAN_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")
Convert = Callable[[Any], Any]
FEW = 20
"""So many rows go by INSERT also on PostgreSQL: COPY waits for the server once more before it sends the first of them."""


def insert_rows(session: Session, table: Any, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, each the values of the columns ``names`` in that order, now; the others stay null.

    Raises ``IntegrityError`` where a constraint fires, and then none of them is written.
    """
    session.flush()
    connection, made, told = session.connection(), table.__table__, list(rows)
    if not told:
        return
    copied = connection.dialect.name == "postgresql"
    if copied and len(told) <= FEW:
        connection.execute(insert(made), [dict(zip(names, row, strict=True)) for row in told])
        return
    ready = _converted(told, _converters(made, tuple(names), connection.dialect))
    (_copy if copied else _insert)(connection, made, names, ready)


def _insert(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {_target(connection, table, names)} VALUES ({marks})"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _target(connection: Connection, table: Table, names: Sequence[str]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(table.name)} ({', '.join(map(quote, names))})"


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    statement = f"COPY {_target(connection, table, names)} FROM STDIN"
    driver: Any = connection.dialect.dbapi
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            write = copy.write_row
            for row in rows:
                write(row)
    except driver.Error as error:  # past SQLAlchemy, which would have given it this form
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


@cache
def _converters(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[tuple[int, Convert], ...]:
    """Which places of a row the driver does not take as they are, and what it takes instead."""
    found = ((place, _converter(table.c[name], dialect)) for place, name in enumerate(names))
    return tuple((place, convert) for place, convert in found if convert is not None)


def _converter(column: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None and isinstance(column.type, Uuid):
        return _hexed()  # psycopg writes an id in Python, and takes three times as long
    return convert


def _hexed() -> Convert:
    """An id as hex digits. Often several rows in a row are of one person."""
    last: list[Any] = [None, None]

    def hexed(value: Any) -> Any:
        if value is not last[0]:
            last[:] = value, value.hex
        return last[1]

    return hexed


def _converted(rows: Iterable[Sequence[Any]], converters: Sequence[tuple[int, Convert]]) -> Iterable[Sequence[Any]]:
    if not converters:
        yield from rows
        return
    for row in rows:
        ready = list(row)
        for place, convert in converters:
            if ready[place] is not None:
                ready[place] = convert(ready[place])
        yield ready


def among(session: Session, stmt: Any, column: Any, texts: Iterable[str]) -> Result[Any]:
    """Run a statement for the rows whose text column is one of many texts, which go as one parameter.

    A parameter for each of them would have to be written into the statement, and read out of it, every time.
    """
    told = list(texts)
    listed: Any
    if session.get_bind().dialect.name != "postgresql":
        listed = func.json_each(bindparam("texts")).table_valued("value").c.value
        return session.execute(stmt.where(column.in_(select(listed))), {"texts": json.dumps(told)})
    # A plan that was kept since the table was small would read all of it, every time. And "= ANY" may compare every row
    # with every text, one after the other.
    session.execute(_PLAN_ANEW)
    listed = func.unnest(bindparam("texts", type_=ARRAY(column.type)))
    return session.execute(stmt.where(column.in_(select(listed))), {"texts": told})
