"""One unit of a real organisation, House - CA, goes from hub and spoke to dandelion: what was foreseen is what happens."""

import pytest

from app.directory import store as directory
from app.imports.service import import_accounts
from tests.test_walk import BEFORE, load, load_employees, rows

UNIT = "House - CA"
RIGHTS = ("draft", "publish", "engage", "analyze", "administer")


@pytest.fixture
def congress(world):
    """The organisation of 2024-12-30 with rights of every kind in two units, some above what will be the ceiling, and requests
    that wait at every step.
    """
    load_employees(world, BEFORE)
    load(world, import_accounts, BEFORE / "accounts.csv")
    people = {
        unit: [row["Employee ID"] for row in rows(BEFORE / "employees.csv") if row["Department"] == unit]
        for unit in (UNIT, "House - NY")
    }
    world.people, world.others = people[UNIT], people["House - NY"]
    with world.work(write=False) as work:
        numbers = [*world.people, *world.others]
        world.ids = {number: one.id for number, one in directory.employees_by_number(work.session, numbers).items()}
    world.liaisons, (world.hub, world.strategist) = world.people[:2], world.others[:2]
    world.appoint(world.strategist, "strategist")
    world.appoint(world.hub, "community_manager")
    for liaison in world.liaisons:
        world.appoint(liaison, "bu_liaison", "house-ca")
    world.appoint(world.others[2], "bu_liaison", "house-ny")
    world.accounts = [accounts_of(world, unit) for unit in (UNIT, "House - NY")]
    return world


def accounts_of(world, unit):
    handles = [
        row["handle"].lower()
        for row in rows(BEFORE / "accounts.csv")
        if row["business_unit"] == unit and row["network"] == "x"
    ]
    found = world.get("/v1/accounts", world.strategist, params={"network": "x", "limit": 200, "handle": handles[0]})[
        "items"
    ]
    more = [
        world.get("/v1/accounts", world.strategist, params={"network": "x", "handle": one})["items"][0]
        for one in handles[1:6]
    ]
    return [one["id"] for one in (*found, *more)]


def answers(world, grants):
    """Each right's decision, as a tool without a name would be told: permitted, and why not."""
    return {
        one["id"]: frozenset(world.codes(world.strategist, one["employee_id"], one["right"], one["account_id"]))
        for one in grants
    }


def requests(world):
    found = world.get("/v1/rights-requests", world.strategist, params={"limit": 200})["items"]
    return {
        one["id"]: (
            one["state"],
            [step["kind"] for step in one["steps"]],
            sum(len(step["decisions"]) for step in one["steps"]),
        )
        for one in found
    }


def granted(world):
    """Rights of all kinds on accounts of both units, made while everybody could have them."""
    world.switch(world.strategist, "decentralized")
    made = []
    for accounts, people in zip(world.accounts, (world.people, world.others), strict=True):
        for n, account in enumerate(accounts):
            made += world.ask(people[10 + n], account, RIGHTS)["grants"]
    world.clock.turn(seconds=1)
    world.switch(world.strategist, "hub_and_spoke")
    return made


def waiting(world):
    """Requests at their first and at their second step, in the unit and elsewhere, and from one unit to the other."""
    ours, theirs = (accounts[0] for accounts in world.accounts)
    first = [world.ask(world.people[20], ours), world.ask(world.others[20], theirs), world.ask(world.others[21], ours)]
    endorsed = world.ask(world.people[21], ours)
    world.decide(world.liaisons[0], endorsed)
    return [*first, endorsed]


def preview(world, model):
    return world.post(
        "/v1/governance/preview",
        world.strategist,
        {"model": model, "business_unit_id": "house-ca", "reason": "A look."},
    )


def check(world, model, grants):
    """Preview, switch, and compare item by item."""
    told, before, pending = preview(world, model), answers(world, grants), requests(world)
    assert preview(world, model) == told  # to look changes nothing
    world.clock.turn(seconds=1)
    world.switch(world.strategist, model, "house-ca")
    after, routed = answers(world, grants), requests(world)
    foreseen = {id_: (one["before"], one["after"]) for one in told["grants"] for id_ in one["ids"]}
    happened = {id_: (sorted(before[id_]), sorted(after[id_])) for id_ in before if before[id_] != after[id_]}
    assert foreseen == happened
    changed = {one["id"]: one for one in told["requests"]}
    assert set(changed) == {id_ for id_ in pending if routed[id_] != pending[id_]}
    for id_, one in changed.items():
        assert (routed[id_][0], routed[id_][1]) == (one["state"], one["after"] or routed[id_][1])
        assert pending[id_][2] == one["decisions_reset"] and routed[id_][2] == 0
    assert {one["key"] for one in told["units"]} == {"house-ca"}
    return told


def test_house_ca_becomes_a_dandelion_and_turns_back(congress):
    world, grants = congress, granted(congress)
    waiting(world)
    told = check(world, "dandelion", grants)
    above = [one for one in grants if one["right"] == "administer" and one["account_id"] in world.accounts[0]]
    assert {id_ for one in told["grants"] for id_ in one["ids"]} == {
        one["id"] for one in above
    }  # a dandelion lifts the ceiling
    assert told["refusing_grants"] == [] and len(told["requests"]) == 3
    assert told["missing"] == ["The unit has no strategy of its own that was approved."]
    back = check(world, "hub_and_spoke", grants)
    assert set(back["refusing_grants"]) == {one["id"] for one in above}
    assert {one["state"] for one in world.get("/v1/grants", world.strategist, params={"limit": 200})["items"]} == {
        "active"
    }


def test_a_dandelion_that_is_centralized_refuses_what_is_above_its_ceiling(congress):
    world, grants = congress, granted(congress)
    waiting(world)
    check(world, "dandelion", grants)
    told = check(world, "centralized", grants)
    rights = {one["right"] for one in grants if one["id"] in set(told["refusing_grants"])}
    assert rights == {"publish", "engage", "administer"}
    assert {one["state"] for one in told["requests"]} == {"denied"} and all(one["reasons"] for one in told["requests"])
