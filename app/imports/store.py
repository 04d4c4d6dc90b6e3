"""The rows of a file while they are checked, in a scratch database on disk; and the lock that keeps imports apart.

A file may have a million rows: they are not held in memory, and they are not in our own tables before they are known
to be good.
"""

import fcntl
import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from .rules import BATCH, Fault, Header, ImportRunning, Rejected, Row, ranks

IMPORT_LOCK = 0x636F_6510
_BUSY = "Another import is running on this database. Wait for it to end, and run this one again."
_AT_ONCE = 2000
# No cell holds a NUL: a file with one is refused. So cells joined by it come apart again as they were.
_SPLIT = "\0"
# A live row is one that will be loaded. Known rows (line NULL) are what the database holds already of those that rows
# of the file refer to. `says`: equal for two rows that say the same. `gone`: the row ends someone's employment.
# `same`: the database says so already. `known`, `here`: the database has this person, has them as active.
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE row (
    id INTEGER PRIMARY KEY, line INTEGER, key TEXT, says, cells TEXT, refers TEXT, also TEXT, place TEXT,
    gone INTEGER NOT NULL DEFAULT 0, live INTEGER NOT NULL DEFAULT 1, rank INTEGER NOT NULL DEFAULT 0,
    same INTEGER NOT NULL DEFAULT 0, here INTEGER NOT NULL DEFAULT 0,
    known INTEGER NOT NULL DEFAULT 0, code TEXT, message TEXT
);
"""
# Whatever stands above a row that brings news, up to the top: only through such a row can a circle have come about.
_UPWARD = """
DROP TABLE IF EXISTS upward;
CREATE TEMP TABLE upward AS
WITH RECURSIVE found (id, refers) AS (
    SELECT id, refers FROM row WHERE live AND NOT same
    UNION SELECT o.id, o.refers FROM found JOIN row o ON o.key = found.refers AND o.live
) SELECT id, refers FROM found;
"""


@dataclass(slots=True)
class Entry:
    """What the checks need of a row.

    ``key``: whose row it is, None if that cannot be read. ``says``: equal for rows that say the same. ``refers``,
    ``also``, ``place``: what else it names, e.g. a manager, a user name, a department.
    """

    key: str | None
    says: str | int = ""
    refers: str | None = None
    also: str | None = None
    place: str | None = None
    gone: bool = False
    same: bool = False
    known: bool = False
    here: bool = False


class Sheet:
    """The rows of one file."""

    def __init__(self) -> None:
        # An empty name is a private database in a temporary file, gone when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._new: list[tuple[Any, ...]] = []
        self._count = 0
        self.header = Header((), {})

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def add(self, row: Row, entry: Entry, fault: Fault | None = None) -> None:
        """One row of the file; with a fault it is rejected."""
        self._count += 1
        self._new.append(
            (row.line, _SPLIT.join(row.cells), entry.key, entry.says, entry.refers, entry.also, entry.place, entry.gone,
             entry.same, entry.known, entry.here, fault is None, fault and fault.code, fault and fault.message),
        )  # fmt: skip
        if len(self._new) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO row (line, cells, key, says, refers, also, place, gone, same, known, here, live, code, message) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._new,
        )
        self._db.execute("COMMIT")
        self._new.clear()

    def complete(self) -> None:
        """All rows are in: what is asked from now on is asked of all of them."""
        self._write()
        self._db.execute("CREATE INDEX row_key ON row (key)")

    def count(self) -> int:
        """How many rows the file has."""
        return self._count

    def skipped(self) -> int:
        """How many of them will not be loaded: rejected ones, and repetitions."""
        return self._number("SELECT COUNT(*) FROM row WHERE line IS NOT NULL AND NOT live")

    def same(self) -> int:
        """How many of those that would be loaded bring no news."""
        return self._number("SELECT COUNT(*) FROM row WHERE live AND same")

    def here(self) -> int:
        """How many people that the database has as active the file names, be it in a rejected row."""
        return self._number("SELECT COUNT(DISTINCT key) FROM row WHERE here")

    def nameless(self) -> int:
        """How many rows do not say whose they are."""
        return self._number("SELECT COUNT(*) FROM row WHERE line IS NOT NULL AND key IS NULL")

    def _number(self, statement: str) -> int:
        number: int = self._db.execute(statement).fetchone()[0]
        return number

    def settle_repeats(self) -> None:
        """Rows of one key that differ are all rejected; of equal ones the first counts."""
        self._db.executescript(
            """
            CREATE TEMP TABLE repeated AS
            SELECT key, MIN(CASE WHEN live THEN id END) AS first, COUNT(DISTINCT says) > 1 AS differ,
                'Lines ' || group_concat(line, ', ') || ' are about the same and differ.' AS remark
            FROM row INDEXED BY row_key
            WHERE key IN (SELECT key FROM row WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1) GROUP BY key;
            CREATE INDEX temp.repeated_key ON repeated (key);
            UPDATE row SET gone = 0, live = 0, code = coalesce(code, 'differing_rows'),
                message = coalesce(message, (SELECT remark FROM repeated WHERE repeated.key = row.key))
            WHERE key IN (SELECT key FROM repeated WHERE differ);
            UPDATE row SET live = 0
            WHERE live AND key IN (SELECT key FROM repeated) AND id NOT IN (SELECT first FROM repeated WHERE first > 0);
            """
        )

    def settle_shared(self, code: str, message: str) -> None:
        """Of live rows that have ``also`` in common, which only one may have, the only one not ``gone`` keeps it.

        The others are rejected; all of them, where several or none of them is still here. Two that bring no news have
        nothing in common that only one may have.
        """
        self._db.execute(
            "CREATE TEMP TABLE shared AS SELECT also, SUM(NOT gone) AS here FROM row "
            "WHERE live AND also IN (SELECT also FROM row WHERE live AND NOT same) GROUP BY also HAVING COUNT(*) > 1"
        )
        self._db.execute(
            "UPDATE row SET live = 0, code = ?, message = ? WHERE live AND also IN (SELECT also FROM shared) "
            "AND NOT (NOT gone AND also IN (SELECT also FROM shared WHERE here = 1))",
            (code, message),
        )

    def reject(self, column: str, values: Iterable[str], fault: Fault) -> None:
        """Reject the file's live rows that have one of these values in ``key``, ``refers``, ``also`` or ``place``."""
        rejected = json.dumps(list(values))
        if rejected == "[]":
            return
        chosen = {
            "key": "key IN (SELECT value FROM json_each(?))",
            "refers": "refers IN (SELECT value FROM json_each(?))",
            "also": "also IN (SELECT value FROM json_each(?))",
            "place": "place IN (SELECT value FROM json_each(?))",
        }[column]
        statement = f"UPDATE row SET live = 0, code = ?, message = ? WHERE live AND line IS NOT NULL AND {chosen}"  # noqa: S608 - of the four above
        self._db.execute(statement, (fault.code, fault.message, rejected))

    def values(self, column: str) -> Iterator[list[str]]:
        """The distinct values of ``refers``, ``also`` or ``place`` in live rows, in batches."""
        statement = {
            "refers": "SELECT DISTINCT refers FROM row WHERE live AND refers IS NOT NULL",
            "also": "SELECT DISTINCT also FROM row WHERE live AND also IS NOT NULL",
            "place": "SELECT DISTINCT place FROM row WHERE live AND place IS NOT NULL",
        }[column]
        return ([value for (value,) in batch] for batch in self._batches(statement))

    def pairs(self) -> Iterator[list[tuple[str, str]]]:
        """(``also``, key) of the live rows that have one and bring news, in batches."""
        return self._batches("SELECT also, key FROM row WHERE live AND NOT same AND also IS NOT NULL")

    def missing(self) -> list[str]:
        """What rows with news, and those above them, refer to and neither the file's live rows nor the known ones are."""
        self._db.executescript(_UPWARD)
        statement = (
            "SELECT DISTINCT refers FROM upward r WHERE refers IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM row o WHERE o.live AND o.key = r.refers)"
        )
        return [value for (value,) in self._db.execute(statement)]

    def add_known(self, found: Mapping[str, str | None]) -> None:
        """What the database holds: key -> the key it refers to."""
        self._db.executemany("INSERT INTO row (key, refers) VALUES (?, ?)", found.items())

    def rank(self, fault: Fault) -> bool:
        """Give every row that ``missing`` looked at its distance from its root; reject those of the file in a circle.

        Answers whether there were any.
        """
        above = array("i", [-1]) * (self._number("SELECT coalesce(MAX(id), 0) FROM row") + 1)
        links = "SELECT r.id, o.id FROM upward r JOIN row o ON o.key = r.refers AND o.live"
        for one, other in self._db.execute(links):
            above[one] = other
        placed = ((rank, id_) for id_, rank in enumerate(ranks(above)) if rank)
        self._db.execute("BEGIN")
        self._db.executemany("UPDATE row SET rank = ? WHERE id = ?", placed)
        self._db.execute("COMMIT")
        round_ = "UPDATE row SET live = 0, code = ?, message = ? WHERE live AND rank < 0 AND line IS NOT NULL"
        return self._db.execute(round_, (fault.code, fault.message)).rowcount > 0

    def reject_below(self, rank: int, fault: Fault) -> bool:
        """Reject rows that stand deeper than this below their root, as last ranked. Answers whether there were any."""
        statement = "UPDATE row SET live = 0, code = ?, message = ? WHERE live AND rank > ? AND line IS NOT NULL"
        return self._db.execute(statement, (fault.code, fault.message, rank)).rowcount > 0

    def remark_nameless(self, remark: str) -> None:
        """Say more of the rows that do not say whose they are."""
        self._db.execute("UPDATE row SET message = message || ? WHERE line IS NOT NULL AND key IS NULL", (remark,))

    def live(self) -> Iterator[list[Row]]:
        """The rows that bring news in batches, what is referred to before what refers to it."""
        return self._rows("SELECT line, cells FROM row WHERE live AND NOT same AND line IS NOT NULL ORDER BY rank, id")

    def fresh(self) -> Iterator[list[Row]]:
        """Those of them that are about something the database has not."""
        return self._rows(
            "SELECT line, cells FROM row WHERE live AND NOT same AND NOT known AND line IS NOT NULL ORDER BY rank, id"
        )

    def known(self) -> Iterator[list[Row]]:
        """Those of them that are about something the database has."""
        return self._rows("SELECT line, cells FROM row WHERE live AND NOT same AND known ORDER BY rank, id")

    def places(self) -> Iterator[list[tuple[str, Row]]]:
        """Each ``place`` of rows that bring news, with the first of them, in batches."""
        first = (
            "SELECT place, line, cells, MIN(id) FROM row WHERE live AND NOT same AND place IS NOT NULL GROUP BY place"
        )
        batches = self._batches(first)
        return ([(place, Row(line, cells.split(_SPLIT))) for place, line, cells, _ in batch] for batch in batches)

    def gone(self) -> Iterator[list[Row]]:
        """Rejected rows that nevertheless end someone's employment."""
        return self._rows("SELECT line, cells FROM row WHERE code IS NOT NULL AND gone AND key IS NOT NULL ORDER BY id")

    def named(self, keys: Sequence[str]) -> set[str]:
        """Which of these keys the file names, be it in a rejected row."""
        statement = "SELECT key FROM row WHERE line IS NOT NULL AND key IN (SELECT value FROM json_each(?))"
        return {key for (key,) in self._db.execute(statement, (json.dumps(keys),))}

    def rejected(self) -> Iterator[Rejected]:
        """The rejected rows, in the order of the file."""
        statement = "SELECT line, code, message, cells FROM row WHERE code IS NOT NULL ORDER BY id"
        for line, code, message, cells in self._db.execute(statement):
            yield Rejected(line, code, message, self.header.shown(cells.split(_SPLIT)))

    def _rows(self, statement: str) -> Iterator[list[Row]]:
        return ([Row(line, cells.split(_SPLIT)) for line, cells in batch] for batch in self._batches(statement))

    def _batches(self, statement: str) -> Iterator[list[Any]]:
        cursor = self._db.execute(statement)
        while batch := cursor.fetchmany(BATCH):
            yield batch


@contextmanager
def alone(writes: sessionmaker[Session]) -> Iterator[None]:
    """No other import runs on this database meanwhile. Raises ``ImportRunning``."""
    with writes() as session:
        engine = _engine(session)
    with _held(engine):
        yield


def under_way(session: Session) -> bool:
    """Is an import at work on this database now?"""
    try:
        with _held(_engine(session)):
            return False
    except ImportRunning:
        return True


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def _held(engine: Engine) -> AbstractContextManager[None]:
    return _held_on_server(engine) if engine.dialect.name == "postgresql" else _held_on_file(engine.url.database)


@contextmanager
def _held_on_server(engine: Engine) -> Iterator[None]:
    # The run has many transactions, and behind a pooler no session of its own: one more transaction holds the lock and
    # does nothing else. It ends with the connection, if we die.
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK}):
            raise ImportRunning(_BUSY)
        # The last of its statements: a question that was asked with parameters keeps its snapshot until another comes,
        # and VACUUM would clean up nothing for as long as the run takes.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield


@contextmanager
def _held_on_file(database: str | None) -> Iterator[None]:
    if not database or database == ":memory:":
        yield
        return
    with Path(f"{database}.import").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ImportRunning(_BUSY) from error
        yield
