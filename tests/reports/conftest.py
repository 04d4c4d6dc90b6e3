"""Two enterprises, the demo and a real one, each on both databases, with something of everything in them."""

import shutil
from contextlib import contextmanager
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.demo.service import seed
from tests.imports.bench import CONGRESS, Bench
from tests.kit import World

from .recount import Raw
from .stirring import granted, stir

DAY = CONGRESS / "2024-12-30"


@contextmanager
def _database(request, folder, kind):
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "coe.db")
        yield f"sqlite:///{folder / 'coe.db'}"
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    name = f"coe_{uuid4().hex}"
    with sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template.database}")
        yield server.set(database=name).render_as_string(hide_password=False)
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _congress(world, folder):
    """The people and accounts of Congress, and a few of them who ask for rights on the accounts of their own units."""
    bench = Bench(world.house, folder / "file.csv")
    bench.people(DAY / "employees.csv", complete=True)
    bench.accounts(DAY / "accounts.csv")
    world.clock.turn(days=1)


def _asking(world):
    """In the three largest units somebody coordinates, and others are granted what they ask for."""
    raw = Raw(world)
    units = {}
    for one in raw.table("account"):
        units.setdefault(one["business_unit_id"], []).append(str(one["id"]))
    staffed = {}
    for one in sorted(raw.table("employee"), key=lambda one: one["employee_number"]):
        if not one["user_name"].startswith("r."):
            staffed.setdefault(one["business_unit_id"], []).append(one)
    largest = sorted(
        (unit for unit in units if len(staffed.get(unit, ())) > 4), key=lambda unit: (-len(units[unit]), unit)
    )
    keys = {one["id"]: one["key"] for one in raw.table("business_unit")}
    for unit in largest[:3]:
        people = [one["employee_number"] for one in staffed[unit]]
        world.ids |= {one["employee_number"]: one["id"] for one in staffed[unit]}
        world.appoint(people[0], "bu_liaison", keys[unit])
        for n, (who, account) in enumerate(zip(people[1:5], sorted(units[unit]), strict=False)):
            granted(world, who, account, ("publish", "draft")[: 1 + n % 2], (n + 1, 2 * n), (people[0], "r.hub"))
        world.ask(people[2], sorted(units[unit])[-1], ("engage",))


@pytest.fixture(scope="module", params=["demo-sqlite", "demo-postgresql", "congress-sqlite", "congress-postgresql"])
def lively(request, tmp_path_factory, keys):
    """An enterprise with something of everything that a report tells of; tests only look at it."""
    enterprise, kind = request.param.split("-")
    folder = tmp_path_factory.mktemp("reports")
    shutil.copytree(keys, folder / "keys")
    with _database(request, folder, kind) as url:
        world = World(url, folder)
        if enterprise == "demo":
            seed(world.house, lambda done, of: None)
        else:
            _congress(world, folder)
        stir(world)
        if enterprise == "congress":
            _asking(world)
        yield world
        world.close()
