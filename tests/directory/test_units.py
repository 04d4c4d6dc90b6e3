"""The tree of units: making, naming, moving, closing and merging; and who is in it."""

from datetime import timedelta

import pytest

NOBODY = "00000000-0000-7000-8000-00000000dead"


def make(team, key, parent=None, status=201, **more):
    body = {"key": key, "name": key.title(), **({"parent_id": parent} if parent else {}), **more}
    return team.post("/v1/business-units", "boss", body, status)


def patch(team, key, body, status=200):
    return team.want(status, "PATCH", f"/v1/business-units/{key}", "boss", body)


def unit(team, key):
    return team.get(f"/v1/business-units/{key}", "boss")


def close(team, key, status=200):
    return team.post(f"/v1/business-units/{key}/close", "boss", {"reason": "Over."}, status)


def merge(team, key, into, status=200):
    return team.post(f"/v1/business-units/{key}/merge", "boss", {"into_id": into, "reason": "One team."}, status)


@pytest.fixture
def tree(team):
    """europe > spain > madrid, and asia."""
    ids = {"europe": make(team, "europe")["id"], "asia": make(team, "asia")["id"]}
    ids["spain"] = make(team, "spain", ids["europe"])["id"]
    ids["madrid"] = make(team, "madrid", ids["spain"])["id"]
    return ids


def test_a_unit_is_made_described_and_found(team):
    made = make(team, "spain", function="sales", region="EU", timezone="Europe/Madrid")
    root = unit(team, "enterprise")
    assert made["parent_id"] == root["id"] and made["path"] == [root["id"], made["id"]] and made["state"] == "open"
    assert unit(team, "spain") == unit(team, made["id"]) == made
    assert patch(team, "spain", {"name": "España", "region": None})["name"] == "España"
    for params in ({"key": "spain"}, {"name": "España"}, {"parent_id": root["id"], "key": "spain"}):
        found = team.get("/v1/business-units", "asker", params=params)["items"]
        assert [one["id"] for one in found] == [made["id"]], params
    assert team.get("/v1/business-units", "asker", params={"key": "SPAIN"})["items"] == []


def test_what_cannot_be_a_unit(team):
    assert make(team, "sales", status=409)["code"] == "key_taken"
    for key in ("Spain", "s pain", "-spain", "spain-", "a--b", "", "é", "a" * 61, "../x"):
        make(team, key, status=422, name="Spain")
    for body in (
        {"name": ""},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"function": "magic"},
        {"parent_id": "sales"},
    ):
        make(team, "spain", status=422, **body)
    make(team, "spain", NOBODY, 404)
    for body in (
        {"name": None},
        {"timezone": None},
        {"key": "other"},
        {"state": "closed"},
        {"path": []},
        {"function": "magic"},
    ):
        patch(team, "sales", body, 422)
    patch(team, "nowhere", {"name": "x"}, 404)
    team.want(403, "PATCH", "/v1/business-units/sales", "liaison", {"name": "Mine"})


def test_a_move_takes_all_below_along(team, tree):
    moved = patch(team, "spain", {"parent_id": tree["asia"]})
    root = unit(team, "enterprise")["id"]
    assert moved["path"] == [root, tree["asia"], tree["spain"]]
    assert unit(team, "madrid")["path"] == [root, tree["asia"], tree["spain"], tree["madrid"]]
    assert patch(team, "spain", {"parent_id": tree["asia"]})["path"] == moved["path"]
    assert len(team.events(action="business_unit.updated")) == 1


def test_a_tree_has_one_root_and_no_circle(team, tree):
    for below in ("europe", "spain", "madrid"):
        assert patch(team, "europe", {"parent_id": tree[below]}, 409)["code"] == "business_unit_cycle", below
    patch(team, "spain", {"parent_id": None}, 422)
    patch(team, "enterprise", {"parent_id": tree["asia"]}, 422)
    patch(team, "spain", {"parent_id": NOBODY}, 404)
    close(team, "enterprise", 409)
    merge(team, "enterprise", tree["asia"], 409)
    parent = tree["madrid"]
    for n in range(28):
        parent = make(team, f"deep-{n}", parent)["id"]
    make(team, "too-deep", parent, 409)


def test_a_liaisons_scope_follows_the_tree(team, tree):
    team.hire("pablo", "Madrid")
    team.hire("eu", "Europe")
    team.appoint("eu", "bu_liaison", "europe")
    account = team.account("acme_madrid", "madrid")
    may = lambda: team.call("PATCH", f"/v1/accounts/{account}", "eu", {"purpose": "Ours."}).status_code == 200  # noqa: E731
    asked = team.ask("pablo", account)

    def first():
        opened = team.get(f"/v1/rights-requests/{asked['id']}", "pablo")["steps"][0]
        return [one["employee_id"] for one in opened["eligible"]]

    assert may() and first() == [str(team.ids["eu"])]
    patch(team, "spain", {"parent_id": tree["asia"]})
    assert not may() and first() == []
    patch(team, "spain", {"parent_id": tree["europe"]})
    assert may() and first() == [str(team.ids["eu"])]


def test_a_model_chosen_above_follows_the_tree(team, tree):
    account = team.account("acme_madrid", "madrid")
    team.switch("boss", "decentralized", "asia")
    model = lambda: team.evaluate("boss", "asker", "draft", account)["context"]["model"]  # noqa: E731
    asked = team.ask("asker", account)
    assert model() == "hub_and_spoke"
    patch(team, "spain", {"parent_id": tree["asia"]})
    assert model() == "decentralized"
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["model"] == "decentralized"


def held(team, key):
    refused = close(team, key, 409)
    assert refused["code"] == "business_unit_not_empty"
    return {one["code"]: one["message"] for one in refused["errors"]}


def test_a_unit_closes_when_nothing_living_is_left_in_it(team, tree):
    assert held(team, "spain") == {"open_child_units": "1 open child units"}
    team.hire("pablo", "Madrid")
    team.hire("jefe", "Asia")
    team.appoint("jefe", "bu_liaison", "madrid")
    account = team.account("acme", "madrid")
    assert held(team, "madrid") == {
        "active_employees": "1 active employees", "living_accounts": "1 living accounts", "open_appointments": "1 open appointments",
    }  # fmt: skip
    team.fire("pablo")
    team.fire("jefe")
    team.retire(account)
    closed = close(team, "madrid")
    assert closed["state"] == "closed" and closed["closed_at"] and closed["merged_into_id"] is None
    assert close(team, "madrid", 409)["code"] == "business_unit_closed"
    assert patch(team, "madrid", {"name": "x"}, 409)["code"] == "business_unit_closed"
    assert make(team, "below", tree["madrid"], 409)["code"] == "business_unit_closed"
    assert patch(team, "asia", {"parent_id": tree["madrid"]}, 409)["code"] == "business_unit_closed"
    close(team, "spain")
    assert make(team, "madrid", status=409)["code"] == "key_taken"  # the key keeps its history


def test_an_appointment_whose_time_is_over_does_not_keep_a_unit_open(team, tree):
    team.appoint("asker", "campaign_manager", "madrid", valid_until=team.clock.now + timedelta(days=1))
    assert set(held(team, "madrid")) == {"open_appointments"}
    team.clock.turn(days=1)
    close(team, "madrid")


def test_a_policy_of_its_own_keeps_a_unit(team, tree):
    team.post(
        "/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "business_unit", "id": "asia"}}, 201
    )
    team.post("/v1/policies/care/versions", "content", {"text": "Care."}, 201)
    assert set(held(team, "asia")) == {"policies"}
    refused = merge(team, "asia", tree["europe"], 409)
    assert [one["code"] for one in refused["errors"]] == ["policies"]


def test_a_merge_takes_everything_along(team, tree):
    team.hire("pablo", "Madrid")
    team.hire("gone", "Madrid")
    team.fire("gone")
    team.hire("jefe", "Spain")
    team.appoint("jefe", "bu_liaison", "madrid")
    account, old = team.account("acme", "madrid"), team.account("acme_old", "madrid", state="archived")
    make(team, "chueca", tree["madrid"])
    team.switch("boss", "centralized", "madrid")
    team.switch("boss", "dandelion", "asia")
    merged = merge(team, "madrid", tree["asia"])
    assert merged["state"] == "closed" and merged["merged_into_id"] == tree["asia"]
    assert team.get(f"/v1/employees/{team.ids['pablo']}", "boss")["business_unit_id"] == tree["asia"]
    assert team.get(f"/v1/employees/{team.ids['gone']}", "boss")["business_unit_id"] == tree["asia"]
    for one in (account, old):
        assert team.get(f"/v1/accounts/{one}", "boss")["business_unit_id"] == tree["asia"]
    assert unit(team, "chueca")["parent_id"] == tree["asia"]
    (appointment,) = team.get(f"/v1/appointments?employee_id={team.ids['jefe']}", "boss")["items"]
    assert appointment["business_unit_id"] == tree["asia"] and appointment["ended_at"] is None
    assert team.evaluate("boss", "pablo", "draft", account)["context"]["model"] == "dandelion"
    team.want(200, "PATCH", f"/v1/accounts/{account}", "jefe", {"purpose": "Ours still."})
    told = {event["action"] for event in team.events() if event["subject"]["id"] == str(team.ids["pablo"])}
    assert "employee.moved" in told
    team.intact()


def test_where_a_unit_cannot_be_merged_into(team, tree):
    for into, status in ((tree["spain"], 409), (tree["madrid"], 409), (NOBODY, 404), ("asia", 422)):
        merge(team, "spain", into, status)
    close(team, "asia")
    assert merge(team, "spain", tree["asia"], 409)["code"] == "business_unit_closed"
    assert merge(team, "asia", tree["spain"], 409)["code"] == "business_unit_closed"


def test_people_are_found_and_told_of_as_far_as_one_may_know(team):
    by = lambda who, **params: [one["id"] for one in team.get("/v1/employees", who, params=params)["items"]]  # noqa: E731
    asker = str(team.ids["asker"])
    for params in ({"employee_number": "asker"}, {"user_name": "ASKER"}, {"email": "Asker@World.Example"}):
        for who in ("asker", "liaison", "boss", "auditor", "admin", "content"):
            assert by(who, **params) == [asker], (who, params)
        for who in ("colleague", "stranger", "otherliaison", "developer"):
            assert by(who, **params) == [], (who, params)  # finding would tell what may not be read
    shown = team.get(f"/v1/employees/{asker}", "colleague")
    told = {name for name, value in shown.items() if value is not None}
    assert told == {"id", "display_name", "business_unit_id", "active", "created_at", "updated_at"}
    assert team.get(f"/v1/employees/{asker}", "liaison")["email"] == "asker@world.example"
    for method in ("POST", "PATCH", "DELETE"):
        assert team.call(method, f"/v1/employees/{asker}", "boss", {"title": "King"}).status_code == 405
