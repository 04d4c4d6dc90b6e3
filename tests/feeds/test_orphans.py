"""What leavers and movers left behind that needs a person, worked out at the instant of asking."""

from datetime import date, timedelta

import pytest

from tests.kit import START
from tests.lifecycle.kit import amend, granted, settle
from tests.lifecycle.test_dated import ENDS, LAST

PATH = "/v1/directory/orphans"


def needs(team, kind=None, who="boss"):
    found = team.get(PATH, who)
    return found if kind is None else found[kind]


def orphans(team, who="boss"):
    return {one["handle"]: one for one in needs(team, "accounts", who)}


def names(team, ids):
    known = {str(id_): name for name, id_ in team.ids.items()}
    return [known[one] for one in ids]


def test_where_nothing_is_missing_nothing_is_told(team):
    team.account("acme", steward_id=team.ids["asker"], backup_steward_id=team.ids["colleague"])
    assert needs(team) == {
        "alarms": [], "accounts": [], "grants": [], "roles": [], "people": [],
        "more": {"accounts": False, "grants": False, "roles": False, "people": False},
    }  # fmt: skip


def test_an_account_whose_last_custodian_left_and_who_might_take_it(team):
    team.account("acme", steward_id=team.ids["asker"], backup_steward_id=team.ids["colleague"])
    team.hire("chief")
    amend(team, "colleague", manager_id=team.ids["chief"])
    team.clock.turn(days=1)
    team.fire("asker")
    assert orphans(team) == {}
    team.clock.turn(days=1)
    team.fire("colleague")
    one = orphans(team)["acme"]
    assert (one["since"], one["ahead"]) == ("2026-03-04T09:00:00Z", False)
    assert names(team, [one["last_custodian_id"], one["proposed_successor_id"]]) == ["colleague", "chief"]
    team.fire("chief")  # worked out now, not when the account was orphaned
    assert names(team, [orphans(team)["acme"]["proposed_successor_id"]]) == ["liaison"]
    team.fire("liaison")
    assert orphans(team)["acme"]["proposed_successor_id"] is None
    account = orphans(team)["acme"]["account_id"]
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"steward_id": str(team.ids["hub"])})
    assert orphans(team) == {}


def test_one_that_never_had_a_custodian_is_the_nearest_liaison_s(team):
    below = team.get("/v1/business-units/sales", "boss")["id"]
    team.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": below}, 201)
    team.account("acme", "field")
    assert names(team, [orphans(team)["acme"]["proposed_successor_id"]]) == ["liaison"]
    team.hire("fieldliaison", "Field")
    team.appoint("fieldliaison", "bu_liaison", "field")
    one = orphans(team)["acme"]
    assert names(team, [one["proposed_successor_id"]]) == ["fieldliaison"]
    assert (one["last_custodian_id"], one["since"]) == (None, "2026-03-02T09:00:00Z")


@pytest.mark.parametrize("state", ["proposed", "denied", "decommissioning", "archived", "discovered"])
def test_what_is_not_in_use_needs_nobody(team, state):
    team.account("acme", state=state)
    assert orphans(team) == {} and needs(team, "roles") == []


def test_an_account_that_will_lose_its_last_custodian_within_thirty_days(team):
    team.account("soon", steward_id=team.ids["asker"])
    team.account("both", steward_id=team.ids["asker"], backup_steward_id=team.ids["colleague"])
    team.account("later", steward_id=team.ids["hub"])
    amend(team, "asker", terminated_on=LAST)
    amend(team, "hub", terminated_on=START.date() + timedelta(days=31))
    found = orphans(team)
    assert set(found) == {"soon"}
    assert (found["soon"]["ahead"], found["soon"]["since"]) == (True, "2026-03-21T00:00:00Z")
    assert names(team, [found["soon"]["proposed_successor_id"]]) == ["liaison"]
    amend(team, "liaison", terminated_on=date(2026, 3, 18))  # who goes before is no successor
    assert orphans(team)["soon"]["proposed_successor_id"] is None
    amend(team, "colleague", terminated_on=LAST + timedelta(days=2))
    assert orphans(team)["both"]["since"] == "2026-03-23T00:00:00Z"
    team.clock.now = ENDS["UTC"]
    found = orphans(team)
    assert {name: one["ahead"] for name, one in found.items()} == {"soon": False, "both": True, "later": True}
    settle(team)
    assert orphans(team)["soon"]["since"] == "2026-03-21T00:00:00Z"


def test_rights_in_review_and_whom_to_ask(team):
    account = team.account("acme", steward_id=team.ids["hub"])
    made = granted(team, account)
    other = granted(team, account, "colleague")
    amend(team, "asker", department="Logistics")
    team.clock.turn(days=1)
    amend(team, "colleague", department="Logistics")
    first, second = needs(team, "grants")
    assert (first["grant_id"], first["state"], first["review_due_at"]) == (made["id"], "active", "2026-03-16T09:00:00Z")
    assert names(team, first["ask"]) == ["liaison"] and second["grant_id"] == other["id"]
    team.clock.turn(days=13)
    assert [one["state"] for one in needs(team, "grants")] == ["suspended", "active"]
    team.post(f"/v1/grants/{made['id']}/resume", "liaison", {"reason": "Still needed."})
    team.post(f"/v1/grants/{other['id']}/revoke", "liaison", {"reason": "No more."})
    assert needs(team, "grants") == []


def test_whom_to_ask_is_whoever_the_model_gives_a_say_and_never_the_holder(team):
    account = team.account("acme", steward_id=team.ids["hub"])
    granted(team, account)
    amend(team, "asker", department="Logistics")
    team.appoint("asker", "bu_liaison", "sales")
    assert names(team, needs(team, "grants")[0]["ask"]) == ["liaison"]
    team.fire("liaison")
    assert names(team, needs(team, "grants")[0]["ask"]) == ["hub"]
    team.switch("boss", "centralized")
    assert sorted(names(team, needs(team, "grants")[0]["ask"])) == ["boss", "boss2"]


def test_a_reviewed_right_that_has_run_out_needs_nobody(team):
    granted(team, team.account("acme", steward_id=team.ids["hub"]))
    amend(team, "asker", department="Logistics")
    team.clock.turn(days=181)
    assert needs(team, "grants") == []


def test_roles_that_nobody_holds(team):
    for n in range(2):
        team.account(f"acme_{n}", steward_id=team.ids["hub"])
    assert needs(team, "roles") == []
    amend(team, "liaison", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    (one,) = needs(team, "roles")
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    assert one == {"role": "bu_liaison", "business_unit_id": sales, "accounts": 2}
    team.fire("boss")
    team.fire("boss2")
    found = needs(team, "roles", "auditor")
    assert found == [{"role": "strategist", "business_unit_id": None, "accounts": 0}, one]
    team.appoint("colleague", "bu_liaison", "enterprise")  # from above counts as well
    assert [one["role"] for one in needs(team, "roles", "auditor")] == ["strategist"]


def test_people_whose_last_day_has_passed_until_somebody_writes_it_down(team):
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] - timedelta(microseconds=1)
    assert needs(team, "people") == []
    team.clock.now = ENDS["UTC"]
    (one,) = needs(team, "people")
    assert (one["employee_id"], one["display_name"]) == (str(team.ids["asker"]), "Asker")
    assert (one["last_day"], one["ended_at"]) == ("2026-03-20", "2026-03-21T00:00:00Z")
    settle(team)
    assert needs(team, "people") == []


def test_everybody_sees_their_own_part(team):
    """A liaison their subtree, a community manager their scope (a network: its accounts), strategist and auditor all."""
    sales = team.account("ours", "sales")
    team.account("theirs", "logistics", "instagram")
    granted(team, sales)
    amend(team, "asker", department="Logistics", terminated_on=LAST)
    team.hire("xmanager", "Communications")
    team.appoint("xmanager", "community_manager", network="x")
    team.clock.now = ENDS["UTC"]
    team.appoint("stranger", "community_manager", "logistics")
    told = {}
    for who in ("boss", "auditor", "hub", "liaison", "otherliaison", "stranger", "xmanager"):
        found = needs(team, who=who)
        told[who] = (
            sorted(one["handle"] for one in found["accounts"]), len(found["grants"]), names(team, [one["employee_id"] for one in found["people"]]),
        )  # fmt: skip
    everything = (["ours", "theirs"], 1, ["asker"])
    assert told == {
        "boss": everything, "auditor": everything, "hub": everything, "liaison": (["ours"], 1, []),
        "otherliaison": (["theirs"], 0, ["asker"]), "stranger": (["theirs"], 0, ["asker"]), "xmanager": (["ours"], 1, []),
    }  # fmt: skip
    for who in ("colleague", "admin", "content", "developer"):
        team.get(PATH, who, 403)


def test_of_each_kind_there_is_a_most(team, monkeypatch):
    monkeypatch.setattr("app.feeds.service.MOST", 2)
    for n in range(3):
        team.account(f"acme_{n}")
    found = needs(team)
    assert len(found["accounts"]) == 2
    assert found["more"] == {"accounts": True, "grants": False, "roles": False, "people": False}
