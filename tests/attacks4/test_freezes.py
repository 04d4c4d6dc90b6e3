"""Ways around a freeze, and freezes that stop nobody."""

import pytest

SALES = {"kind": "business_unit", "id": "sales"}


def freeze(team, who="boss", status=201, scope=SALES, **more):
    body = {"scope": scope, "severity": "L3", "reason": "A recall.", **more}
    return team.post("/v1/freezes", who, body, status)


def merge(team, status=200, who="admin", unit="sales"):
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    return team.post(f"/v1/business-units/{unit}/merge", who, {"into_id": into, "reason": "One team."}, status)


@pytest.fixture
def account(team):
    made = team.account("acme")
    asked = team.ask("asker", made)
    team.decide("liaison", asked)
    team.decide("hub", asked)
    return made


def test_B10_a_merge_lets_no_frozen_account_go(team, account):
    made = freeze(team)
    assert [one["code"] for one in merge(team, 409)["errors"]] == ["freezes"]
    assert team.codes("asker", "asker", "publish", account) == {"frozen"}
    team.post(f"/v1/freezes/{made['id']}/lift", "boss", {"reason": "Over."})
    merge(team)
    assert team.evaluate("asker", "asker", "publish", account)["decision"] is True


def test_a_freeze_that_is_over_holds_no_merge_up(team):
    freeze(team, until="2026-03-02T10:00:00Z")
    merge(team, 409)
    team.clock.turn(hours=1)
    merge(team)


def test_what_stops_nobody_does_not_say_that_it_does(team):
    merge(team)
    assert freeze(team, status=409)["code"] == "business_unit_closed"
    assert team.get("/v1/freezes", "asker")["items"] == []


@pytest.mark.parametrize("who", ["asker", "liaison", "content", "auditor", "admin", "developer", "otherliaison"])
def test_B10_who_may_not_freeze_may_not_lift_either(team, who):
    made = freeze(team)
    freeze(team, who, 403)
    team.post(f"/v1/freezes/{made['id']}/lift", who, {"reason": "Mine."}, 403)
    assert team.get(f"/v1/freezes/{made['id']}", who)["state"] == "in_force"


def test_B10_neither_a_wider_scope_nor_a_deputy_lifts_what_another_office_froze(team):
    team.switch("boss", "dandelion")
    team.hire("standin", "Sales")
    team.appoint("colleague", "bu_liaison", "sales", deputy="standin")
    by_unit, by_hub = freeze(team, "liaison"), freeze(team, "hub")
    lift = lambda one, who, status: team.post(f"/v1/freezes/{one['id']}/lift", who, {"reason": "x"}, status)  # noqa: E731
    assert lift(by_unit, "hub", 403)["code"] == lift(by_hub, "liaison", 403)["code"] == "not_the_authority"
    lift(by_unit, "standin", 403)  # to stand in for a liaison is to decide requests, and nothing else
    lift(by_unit, "otherliaison", 403)
    lift(by_unit, "colleague", 200)
    lift(by_hub, "boss", 200)


def test_a_freeze_outlasts_the_role_of_who_set_it_and_the_model_that_let_them(team, account):
    made = freeze(team, "hub")
    team.switch("boss", "decentralized")
    team.post(f"/v1/freezes/{made['id']}/lift", "hub", {"reason": "x"}, 403)
    team.fire("hub")
    assert "frozen" in team.codes("asker", "asker", "publish", account)
    team.post(f"/v1/freezes/{made['id']}/lift", "boss", {"reason": "x"})


@pytest.mark.parametrize("what", ["account", "unit"])
def test_B10_nothing_is_moved_out_of_a_freeze_by_who_may_not_lift_it(team, what):
    root = team.get("/v1/business-units/enterprise", "boss")["id"]
    team.post("/v1/business-units", "boss", {"key": "sub", "name": "Sub", "parent_id": root}, 201)
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    team.want(200, "PATCH", "/v1/business-units/sub", "boss", {"parent_id": sales})
    made = team.account("acme", "sub")
    asked = team.ask("asker", made)
    for who in ("otherliaison", "liaison", "hub"):
        team.call("POST", f"/v1/rights-requests/{asked['id']}/decisions", who, {"decision": "approve"})
    assert team.evaluate("asker", "asker", "publish", made)["decision"] is True
    freeze(team)
    if what == "account":
        team.call("PATCH", f"/v1/accounts/{made}", "hub", {"business_unit_id": root})
    else:
        team.call("PATCH", "/v1/business-units/sub", "admin", {"parent_id": root})
    assert team.codes("asker", "asker", "publish", made) == {"frozen"}
