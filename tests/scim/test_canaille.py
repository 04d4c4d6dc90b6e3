"""A real identity provider pushes its people and groups to `coe serve`: provisions, renames, groups, locks and deletes."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .canaille_venv import environment, venv
from .serving import ROOT

DRIVER = Path(__file__).with_name("canaille_driver.py")


@pytest.fixture(scope="session")
def canaille():
    """The Python of an environment with canaille in it; where it cannot be made, the sentence that says why."""
    made = venv(ROOT / ".tools" / "canaille")
    if isinstance(made, str):
        pytest.skip(made)
    return made


class Provider:
    """canaille in a process of its own; every step is asserted to have been taken by our side without a complaint."""

    def __init__(self, process):
        self.process = process

    def do(self, what, **more):
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        assert told["ok"], told
        return told


@pytest.fixture
def provider(canaille, live, scim, tmp_path):
    command = [canaille, "-I", DRIVER, "--newer-config", live, scim.bearer]
    with (tmp_path / "canaille.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    with process:
        yield Provider(process)
        process.stdin.close()
        process.wait(30)


def test_canaille_provisions_renames_groups_locks_and_deletes(provider, scim):
    team = scim.world

    def person(user_name):
        team.clock.now = datetime.now(UTC)
        total, ids = scim.found(f'userName eq "{user_name}"')
        assert total <= 1
        return scim.employee(ids[0]) if ids else None

    def members(name):
        _, (id_,) = scim.found(f'displayName eq "{name}"', "Groups")
        return {scim.read(one["value"])["userName"] for one in scim.get(f"/Groups/{id_}").get("members", ())}

    told = provider.do(
        "create_user", user_name="ada", given_name="Ada", family_name="Byron", emails=["ada@idp.example"]
    )
    assert ["POST", "/Users", 201] in told["requests"]
    provider.do("create_user", user_name="bob", family_name="Babbage", emails=["bob@idp.example"])
    ada = person("ada")
    assert (ada["given_name"], ada["family_name"], ada["email"], ada["active"]) == (
        "Ada",
        "Byron",
        "ada@idp.example",
        True,
    )
    external_id = scim.read(ada["id"])["externalId"]
    assert external_id == told["external_id"]

    told = provider.do("change_user", user="ada", user_name="ada.king", family_name="King", title="Countess")
    renamed = person("ada.king")
    assert renamed["id"] == ada["id"] and (renamed["family_name"], renamed["title"]) == ("King", "Countess")
    assert person("ada") is None and scim.read(ada["id"])["externalId"] == external_id

    provider.do("create_group", name="Hub", members=["ada.king", "bob"])
    assert members("Hub") == {"ada.king", "bob"}
    provider.do("change_group", group="Hub", name="The hub")
    assert members("The hub") == {"ada.king", "bob"} and scim.found('displayName eq "Hub"', "Groups") == (0, [])
    provider.do("remove_members", group="The hub", members=["bob"])
    assert members("The hub") == {"ada.king"}
    assert "groups" not in scim.read(person("bob")["id"])
    provider.do("add_members", group="The hub", members=["bob"])
    assert members("The hub") == {"ada.king", "bob"}
    assert team.get("/v1/groups?display_name=the%20HUB", "boss")["items"][0]["members"] == 2

    account = team.account("acme")
    bearer = team.token(ada["id"])
    provider.do("lock_user", user="ada.king")
    locked = person("ada.king")
    assert locked["active"] is False and locked["left_at"] is not None
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    assert team.codes("boss", ada["id"], "publish", account) == {"subject_inactive", "no_grant"}
    provider.do("unlock_user", user="ada.king")
    assert person("ada.king")["active"] is True

    provider.do("delete_user", user="bob")
    assert person("bob") is None and members("The hub") == {"ada.king"}
    provider.do("delete_group", group="The hub")
    assert scim.get("/Groups")["totalResults"] == 0
    feed = {one["actor"]["kind"] for one in team.events(action="employee.joined") if one["at"] > "2026-06"}
    assert feed == {"client"}
    team.intact()
