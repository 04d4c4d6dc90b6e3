"""The story this service exists for, on a real organisation's data: from the HR file to the decision, and out again.

The data: two exports of the U.S. Congress, see ``tests/data/congress/README.md``.
"""

import csv
from pathlib import Path

import pytest

from app.directory import store as directory
from app.imports.service import import_accounts, import_employees
from app.lifecycle.rules import MassDeactivation

DATA = Path(__file__).parent / "data" / "congress"
BEFORE, AFTER = DATA / "2024-12-30", DATA / "2025-02-15"
UNIT = "House - AL"


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(world, what, path, **options):
    rejected = []
    summary = what(world.house, path, progress=lambda done, total: None, reject=rejected.append, **options)
    return summary.as_dict(), rejected


def load_employees(world, folder, *, confirm=False):
    return load(world, import_employees, folder / "employees.csv", complete=True, confirm_leavers=confirm)


@pytest.fixture
def congress(world):
    """The organisation of 2024-12-30, with a small Center of Excellence: two liaisons of House - AL, the hub, a strategist."""
    load_employees(world, BEFORE)
    load(world, import_accounts, BEFORE / "accounts.csv")
    stays = {row["Employee ID"] for row in rows(AFTER / "employees.csv")}
    people = [row["Employee ID"] for row in rows(BEFORE / "employees.csv") if row["Department"] == UNIT]
    outside = [row["Employee ID"] for row in rows(BEFORE / "employees.csv") if row["Department"] == "House - NY"]
    world.leaver = next(one for one in people if one not in stays)
    world.asker, world.other, world.liaison, world.liaison2 = [one for one in people if one in stays][:4]
    world.hub, world.strategist, world.stranger = [one for one in outside if one in stays][:3]
    with world.work(write=False) as work:
        world.ids = {
            number: one.id for number, one in directory.employees_by_number(work.session, people + outside).items()
        }
    world.appoint(world.liaison, "bu_liaison", "house-al")
    world.appoint(world.liaison2, "bu_liaison", "house-al")
    world.appoint(world.hub, "community_manager")
    world.appoint(world.strategist, "strategist")
    return world


def account_of(world, network="x", steward=None):
    row = next(
        row
        for row in rows(BEFORE / "accounts.csv")
        if row["business_unit"] == UNIT and row["network"] == network and steward in (None, row["steward_employee_id"])
    )
    (found,) = world.get(f"/v1/accounts?network={network}&handle={row['handle']}", world.hub)["items"]
    return found["id"]


def kinds(request):
    return [step["kind"] for step in request["steps"]]


def test_the_files_load_in_order_and_a_second_time_changes_nothing(world):
    first = {row["Employee ID"]: row for row in rows(BEFORE / "employees.csv")}
    second = {row["Employee ID"]: row for row in rows(AFTER / "employees.csv")}
    summary, rejected = load_employees(world, BEFORE)
    assert summary == {"created": len(first), "updated": 0, "unchanged": 0, "left": 0, "rejected": 0} and rejected == []
    summary, rejected = load(world, import_accounts, BEFORE / "accounts.csv")
    listed = rows(BEFORE / "accounts.csv")
    assert summary["created"] == len({(row["network"], row["handle"].casefold()) for row in listed}) and rejected == []

    before = world.intact()
    assert load_employees(world, BEFORE)[0]["unchanged"] == len(first)
    assert load(world, import_accounts, BEFORE / "accounts.csv")[0]["unchanged"] == len(listed)
    assert world.intact() == before

    with pytest.raises(MassDeactivation, match=r"69 of 536 .*12\.9%"):
        load_employees(world, AFTER)
    assert world.intact() == before

    summary, _ = load_employees(world, AFTER, confirm=True)
    joined, left = set(second) - set(first), set(first) - set(second)
    kept = set(first) & set(second)
    changed = {number for number in kept if first[number] != second[number]}
    moved = {number for number in kept if first[number]["Department"] != second[number]["Department"]}
    assert summary["created"] == len(joined) and summary["left"] == len(left)
    assert summary["updated"] == len(changed) and summary["unchanged"] == len(kept) - len(changed)
    assert len(world.events(action="employee.moved")) == len(moved) > 0
    after = world.intact()
    assert load_employees(world, AFTER)[0]["unchanged"] == len(second)
    assert world.intact() == after


def test_a_file_cut_to_65_people_is_refused_whole(world, tmp_path):
    load_employees(world, BEFORE)
    before = world.intact()
    cut = tmp_path / "employees.csv"
    lines = (BEFORE / "employees.csv").read_text(encoding="utf-8").splitlines()
    cut.write_text("\n".join(lines[:66]) + "\n", encoding="utf-8")
    with pytest.raises(MassDeactivation):
        load_employees(world, tmp_path)
    assert world.intact() == before


def test_hub_and_spoke(congress):
    account = account_of(congress)
    asked = congress.ask(congress.asker, account)
    assert asked["model"] == "hub_and_spoke" and kinds(asked) == ["account_liaison", "community_manager"]
    assert [one["id"] for one in congress.get("/v1/approvals", congress.liaison)["items"]] == [asked["id"]]
    assert congress.get("/v1/approvals", congress.hub)["items"] == []
    congress.decide(congress.liaison, asked)
    assert [one["id"] for one in congress.get("/v1/approvals", congress.hub)["items"]] == [asked["id"]]
    (grant,) = congress.decide(congress.hub, asked)["grants"]
    assert congress.codes(congress.asker, congress.asker, "publish", account) == set()
    congress.post(f"/v1/grants/{grant['id']}/revoke", congress.hub, {"reason": "The story goes on."})
    assert congress.codes(congress.asker, congress.asker, "publish", account) == {"grant_revoked"}


def test_dandelion(congress):
    account = account_of(congress)
    congress.switch(congress.strategist, "dandelion", "house-al")
    asked = congress.ask(congress.asker, account)
    assert kinds(asked) == ["account_liaison"]
    granted = congress.decide(congress.liaison, asked)
    assert granted["state"] == "granted"
    told = congress.get("/v1/grants?state=active", congress.hub)["items"]
    assert [one["id"] for one in told] == [granted["grants"][0]["id"]]
    notices = congress.get("/v1/me", congress.hub)["notices"]
    assert [(one["grant_id"], one["may_veto_until"] is not None) for one in notices] == [(told[0]["id"], True)]


def test_centralized(congress):
    account = account_of(congress)
    congress.switch(congress.strategist, "centralized", "house-al")
    refused = congress.ask(congress.asker, account, status=422)
    assert refused["code"] == "request_refused"
    assert [one["code"] for one in refused["reasons"]] == ["above_model_ceiling"]
    assert refused["reasons"][0]["remedy"]["message"]
    assert kinds(congress.ask(congress.asker, account, rights=["draft"])) == ["strategist"]


def test_decentralized(congress):
    account = account_of(congress)
    congress.switch(congress.strategist, "decentralized", "house-al")
    assert congress.ask(congress.asker, account)["state"] == "granted"
    assert congress.codes(congress.asker, congress.asker, "publish", account) == set()


def test_honeycomb_depends_on_the_platform(congress):
    account = account_of(congress)
    platform = congress.post("/v1/publishing-tools", congress.strategist, {"key": "hive", "name": "Hive"}, 201)
    congress.post("/v1/publishing-tools", congress.strategist, {"key": "solo", "name": "Solo"}, 201)
    congress.want(422, "PUT", "/v1/governance", congress.strategist, {"model": "honeycomb", "reason": "One platform."})
    congress.switch(congress.strategist, "honeycomb", "house-al", platform_id=platform["id"])
    assert congress.ask(congress.asker, account, rights=["draft"])["state"] == "granted"
    asked = congress.ask(congress.asker, account, rights=["publish"])
    assert kinds(asked) == ["account_liaison", "community_manager"]
    congress.decide(congress.liaison, asked)
    congress.decide(congress.hub, asked)
    through = {key: client(congress, key) for key in ("hive", "solo")}
    answers = {
        key: congress.evaluate(None, congress.asker, "publish", account, bearer=bearer)
        for key, bearer in through.items()
    }
    assert answers["hive"]["decision"] is True
    assert [one["code"] for one in answers["solo"]["context"]["reasons"]] == ["tool_not_the_platform"]
    assert congress.codes(congress.asker, congress.asker, "publish", account) == {"tool_not_the_platform"}


def client(world, tool):
    from app.clients import service as clients

    with world.work() as work:
        return clients.create_client(work, f"{tool} in production", ["decisions"], tool_key=tool, static=True).bearer


def test_a_leaver_of_the_next_export_loses_what_they_had(congress):
    account = account_of(congress, steward=congress.leaver)
    asked = congress.ask(congress.leaver, account)
    congress.decide(congress.liaison, asked)
    congress.decide(congress.hub, asked)
    assert congress.codes(congress.strategist, congress.leaver, "publish", account) == set()
    load_employees(congress, AFTER, confirm=True)
    assert "subject_inactive" in congress.codes(congress.strategist, congress.leaver, "publish", account)
    grants = congress.get(f"/v1/grants?employee_id={congress.ids[congress.leaver]}&state=active", congress.strategist)
    assert grants["items"] == []
    flags = {one["flag"] for one in congress.get(f"/v1/accounts/{account}", congress.hub)["flags"]}
    assert "orphaned" in flags
    assert congress.events(action="account.orphaned")
    congress.intact()
