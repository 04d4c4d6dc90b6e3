"""People with rights of every state on accounts of several, and whoever asks about them."""

import shutil

import pytest

from app.clients import service as clients
from tests.authzen.pdp import Pdp
from tests.conftest import _postgres_copy
from tests.kit import World
from tests.shadow import shortened

HELD = (
    ("asker", "acme", "publish"), ("asker", "acme", "engage"), ("asker", "news", "publish"), ("asker", "shut", "publish"),
    ("colleague", "acme", "publish"), ("colleague", "news", "analyze"), ("liaison", "acme", "engage"),
    ("stranger", "acme", "publish"), ("stranger", "news", "publish"), ("hub", "acme", "administer"),
)  # fmt: skip
PEOPLE = ("asker", "colleague", "liaison", "stranger", "hub", "boss")
ACCOUNTS = ("acme", "news", "shut", "empty")
ASKING = ("asker", "colleague", "boss", "admin", "auditor")


def furnished(world):
    """Rights: held, paused, taken back, of somebody who left, on an account that stands still. Who asks about them."""
    world.accounts = {name: world.account(f"{name}_x") for name in ACCOUNTS}
    world.switch("boss", "decentralized")
    world.clock.turn(seconds=1)
    world.grants = {one: world.ask(one[0], world.accounts[one[1]], [one[2]])["grants"][0]["id"] for one in HELD}
    world.clock.turn(seconds=1)
    world.switch("boss", "hub_and_spoke")
    world.post(f"/v1/grants/{world.grants['asker', 'acme', 'engage']}/suspend", "boss", {"reason": "A pause."})
    world.post(f"/v1/grants/{world.grants['stranger', 'news', 'publish']}/revoke", "boss", {"reason": "Over."})
    world.post(f"/v1/accounts/{world.accounts['shut']}/suspend", "boss", {})
    world.fire("liaison")
    with world.work() as work:
        made = {
            "tool": clients.create_client(work, "Tool", ["decisions"], static=True),
            "gateway": clients.create_client(work, "Gateway", ["decisions"], gateway=True, static=True),
            "lms": clients.create_client(work, "Courses", ["lms"], static=True),
        }
    bearers = {name: one.bearer for name, one in made.items()} | {who: world.token(who) for who in ASKING}
    ids = {who: str(world.ids[who]) for who in PEOPLE} | world.accounts
    world.pdp = Pdp(world.client, bearers, ids)
    return world


WAYS = ("routes", "short")
"""Through the routes and the database, or past them, from memory: both say the same."""


@pytest.fixture(scope="module", params=[f"{kind}-{way}" for kind in ("sqlite", "postgresql") for way in WAYS])
def standing(request, tmp_path_factory, keys):
    """One world for all tests of a module, which only ask."""
    kind, way = request.param.split("-")
    folder = tmp_path_factory.mktemp("standing")
    shutil.copytree(keys, folder / "keys")
    if kind == "sqlite":
        template, ids = request.getfixturevalue("sqlite_team")
        shutil.copy(template, folder / "coe.db")
        yield from _world(f"sqlite:///{folder / 'coe.db'}", folder, ids, way)
        return
    template, ids = request.getfixturevalue("postgres_team")
    with _postgres_copy(request.getfixturevalue("postgres_server"), template.database) as url:
        yield from _world(url.render_as_string(hide_password=False), folder, ids, way)


def _world(url, folder, ids, way):
    made = World(url, folder, seat="standing")
    made.ids = dict(ids)
    yield by_way(furnished(made), way)
    made.close()


def by_way(world, way):
    """The world, with the short way open or not."""
    return shortened(world) if way == "short" else world


@pytest.fixture
def pdp(standing):
    """The decision point that answers about them."""
    return standing.pdp


@pytest.fixture(params=WAYS)
def moving(team, request):
    """A world of its own for a test that changes something."""
    return by_way(furnished(team), request.param)
