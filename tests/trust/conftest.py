"""The organisation of ``founding``, founded once on each database and copied for each run."""

import shutil
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa

from tests.conftest import _postgres_copy
from tests.kit import World

from .founding import found, model
from .side import Side
from .sides import Sides
from .watched import Watched, WatchedSide


def _found(url, folder, keys):
    shutil.copytree(keys, folder / "keys")
    world = World(url, folder)
    ids = found(world)
    world.close()
    return ids


@pytest.fixture(scope="session")
def sqlite_trust(sqlite_template, keys, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trust")
    shutil.copy(sqlite_template, folder / "coe.db")
    ids = _found(f"sqlite:///{folder / 'coe.db'}", folder, keys)
    with sa.create_engine(f"sqlite:///{folder / 'coe.db'}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "coe.db", ids


@pytest.fixture(scope="session")
def postgres_trust(postgres_server, postgres_template, keys, tmp_path_factory):
    with _postgres_copy(postgres_server, postgres_template.database) as url:
        yield url, _found(url.render_as_string(hide_password=False), tmp_path_factory.mktemp("trust"), keys)


@pytest.fixture(scope="session")
def sides(sqlite_trust, postgres_server, postgres_trust, keys, tmp_path_factory):
    """Makes a model beside fresh services: ``with sides() as both``; ``kinds``: on which databases; ``watched``: every call
    of them is looked at."""

    @contextmanager
    def make(kinds=("sqlite", "postgresql"), *, watched=False, **more):
        with ExitStack() as stack:
            made = []
            for seat, kind in enumerate(kinds):
                folder = tmp_path_factory.mktemp("run")
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                shutil.copytree(keys, folder / "keys")
                template, ids = sqlite_trust if kind == "sqlite" else postgres_trust
                if kind == "sqlite":
                    shutil.copy(template, folder / "coe.db")
                    url = f"sqlite:///{folder / 'coe.db'}"
                else:
                    copy = stack.enter_context(_postgres_copy(postgres_server, template.database))
                    url = copy.render_as_string(hide_password=False)
                world = World(url, folder, seat)
                stack.callback(world.close)
                made.append((WatchedSide if watched else Side)(world, ids))
            beside = (Watched if watched else Sides)(model(), made, **more)
            stack.callback(beside.close)
            yield beside

    return make
