"""Choosing the model: where it holds, from when, what was chosen before, and that a preview tells what will happen."""

from datetime import timedelta

import pytest

from app.governance.models.rules import MODELS


@pytest.fixture
def account(team):
    return team.account("acme")


def governance(team):
    return team.get("/v1/governance", "asker")


def model_at(team, account):
    """The model under which an evaluation of this account is answered."""
    return team.evaluate("boss", "asker", "draft", account)["context"]["model"]


def platform(team, key="platform"):
    return team.post("/v1/publishing-tools", "developer", {"key": key, "name": key.title()}, 201)["id"]


def preview(team, model, unit=None, status=200, **more):
    body = {"model": model, "reason": "A test.", **({"business_unit_id": unit} if unit else {}), **more}
    return team.post("/v1/governance/preview", "boss", body, status)


def granted(team, account, who="asker", right="publish"):
    asked = team.ask(who, account, [right])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def test_before_anybody_chose_the_products_default_holds(team):
    found = governance(team)
    assert found["default"]["id"] is None and found["default"]["model"] == "hub_and_spoke"
    assert (
        found["overrides"] == [] and found["history"] == [] and [one["key"] for one in found["models"]] == list(MODELS)
    )


def test_every_choice_is_kept_with_who_when_and_why(team):
    team.switch("boss", "centralized", reason="One voice.")
    team.clock.turn(days=1)
    team.switch("boss2", "decentralized", "sales", reason="They know their field.")
    team.clock.turn(days=1)
    team.switch("boss", "hub_and_spoke", reason="Enough.")
    found = governance(team)
    assert [one["reason"] for one in found["history"]] == ["Enough.", "They know their field.", "One voice."]
    assert found["history"][1]["set_by"] == str(team.ids["boss2"])
    assert found["history"][1]["effective_from"] == "2026-03-03T09:00:00Z"
    assert found["default"]["model"] == "hub_and_spoke" and [one["model"] for one in found["overrides"]] == [
        "decentralized"
    ]


def test_the_nearest_choice_upward_holds(team, account):
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    team.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": sales}, 201)
    below, away = team.account("acme_field", "field"), team.account("acme_log", "logistics")
    models = lambda: [model_at(team, one) for one in (account, below, away)]  # noqa: E731
    assert models() == ["hub_and_spoke"] * 3
    team.switch("boss", "dandelion", "sales")
    assert models() == ["dandelion", "dandelion", "hub_and_spoke"]
    team.switch("boss", "decentralized", "field")
    assert models() == ["dandelion", "decentralized", "hub_and_spoke"]
    team.switch("boss", "centralized")  # an enterprise choice, however late, is no nearer
    assert models() == ["dandelion", "decentralized", "centralized"]
    team.clock.turn(seconds=1)
    team.switch("boss", "hub_and_spoke", "field")
    assert models() == ["dandelion", "hub_and_spoke", "centralized"]


@pytest.mark.parametrize(
    "name", ["organic", "Centralized", "coordinated", "multiple hub-and-spoke", "MULTIPLE_HUB_AND_SPOKE"]
)
def test_older_names_are_taken(team, name):
    wanted = {"organic": "decentralized", "centralized": "centralized", "coordinated": "hub_and_spoke"}
    assert team.switch("boss", name)["model"] == wanted.get(name.lower(), "dandelion")


def test_what_cannot_be_chosen(team):
    put = lambda status, **body: team.want(status, "PUT", "/v1/governance", "boss", {"reason": "x", **body})  # noqa: E731
    past = (team.clock.now - timedelta(seconds=1)).isoformat()
    assert put(422, model="anarchy")["errors"][0]["pointer"] == "/model"
    assert put(422, model="dandelion", effective_from=past)["errors"][0]["code"] == "in_the_past"
    assert put(422, model="honeycomb")["errors"][0]["pointer"] == "/platform_id"
    assert put(422, model="dandelion", platform_id=platform(team))["errors"][0]["pointer"] == "/platform_id"
    nothing = "00000000-0000-7000-8000-00000000dead"
    assert put(422, model="honeycomb", platform_id=nothing)["errors"][0]["code"] == "unknown_tool"
    put(404, model="dandelion", business_unit_id="nowhere")
    put(422, model="dandelion", reason="")
    for who in ("hub", "liaison", "content", "auditor", "admin", "asker"):
        team.want(403, "PUT", "/v1/governance", who, {"model": "dandelion", "reason": "x"})
        team.post("/v1/governance/preview", who, {"model": "dandelion", "reason": "x"}, 403)
    assert governance(team)["history"] == []


@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_preview_changes_nothing_and_tells_what_the_switch_then_does(team, account, model):
    more = {"platform_id": platform(team)} if model == "honeycomb" else {}
    away = team.account("acme_log", "logistics")
    team.hire("liaison2")
    team.appoint("liaison2", "bu_liaison", "sales")
    team.switch("boss", "dandelion", "sales")
    for right in ("publish", "analyze", "administer"):
        team.decide("liaison", team.ask("asker", account, [right]))
    waiting = [team.ask("colleague", account, ["engage"]), team.ask("asker", away, ["draft"])]
    events = lambda: [one for one in team.events() if one["action"] != "token.issued"]  # noqa: E731
    before = events()
    told = preview(team, model, "sales", **more)
    assert events() == before and told["model"] == model
    grants = {one["id"]: one for one in team.get("/v1/grants?state=active", "boss")["items"]}
    assert set(told["rerouted_requests"]) == {waiting[0]["id"]}
    team.clock.turn(seconds=1)
    team.switch("boss", model, "sales", **more)
    touched = {one["subject"]["id"] for one in events()[: -len(before)] if one["subject"]["kind"] == "rights_request"}
    assert touched == set(told["rerouted_requests"])
    refusing = {
        id_
        for id_, one in grants.items()
        if "above_model_ceiling" in team.codes("asker", "asker", one["right"], account)
    }
    assert refusing == set(told["refusing_grants"])
    assert {one["state"] for one in team.get("/v1/grants", "boss")["items"]} == {"active"}  # grants stay


def test_a_preview_of_the_enterprise_leaves_out_what_has_a_nearer_choice(team, account):
    away = team.account("acme_log", "logistics")
    team.switch("boss", "dandelion", "sales")
    asked = team.ask("asker", account), team.ask("stranger", away)
    assert preview(team, "centralized")["rerouted_requests"] == [asked[1]["id"]]
    assert preview(team, "centralized", "sales")["rerouted_requests"] == [asked[0]["id"]]


def test_a_preview_names_what_the_model_still_lacks(team):
    assert preview(team, "hub_and_spoke", "sales")["missing"] == []
    assert "1 of the 2 liaisons" in preview(team, "dandelion", "sales")["missing"][0]
    assert "no strategy" in preview(team, "dandelion", "sales")["missing"][1]
    team.fire("liaison")
    team.fire("hub")
    missing = preview(team, "hub_and_spoke", "sales")["missing"]
    assert len(missing) == 2 and "community manager" in missing[0] and "0 of the 1 liaisons" in missing[1]


def test_a_dandelion_without_a_strategy_of_its_own_says_so_until_one_is_approved(team):
    team.switch("boss", "dandelion", "sales")
    lacks = lambda: [one for one in governance(team)["overrides"][0]["missing"] if "strategy" in one]  # noqa: E731
    assert lacks() == ["The unit has no strategy of its own that was approved."]
    made = team.post("/v1/strategy/versions", "liaison", {"purpose": "To be near.", "business_unit_id": "sales"}, 201)
    team.post(f"/v1/strategy/versions/{made['id']}/submit", "liaison", {})
    assert lacks()
    team.post(f"/v1/strategy/versions/{made['id']}/decisions", "boss", {"decision": "approve"})
    assert lacks() == []


def test_a_registration_that_waits_follows_the_model_too(team):
    made = team.post("/v1/accounts", "liaison", {"network": "x", "handle": "acme", "business_unit_id": "sales"}, 201)
    team.clock.turn(seconds=1)
    team.switch("boss", "honeycomb", "sales", platform_id=platform(team))
    found = team.get(f"/v1/accounts/{made['id']}", "liaison")
    assert (found["state"], found["registration"]["state"]) == ("denied", "denied")  # only the centre registers there


def test_a_choice_for_later_holds_from_its_instant_on(team, account):
    begins = team.clock.now + timedelta(days=7)
    granted(team, account)
    team.switch("boss", "centralized", effective_from=begins.isoformat())
    assert governance(team)["default"]["model"] == "hub_and_spoke" and len(governance(team)["history"]) == 1
    team.clock.turn(days=7, microseconds=-1)
    assert team.codes("asker", "asker", "publish", account) == set()
    team.clock.turn(microseconds=1)
    assert team.codes("asker", "asker", "publish", account) == {"above_model_ceiling"}
    assert governance(team)["default"]["model"] == "centralized"


def test_a_dandelion_short_of_liaisons_says_how_it_is_routed(team, account):
    team.switch("boss", "dandelion", "sales")
    asked = team.ask("asker", account)
    assert asked["model"] == "dandelion" and "hub_and_spoke" in asked["notes"][0]
    assert [step["kind"] for step in asked["steps"]] == ["account_liaison", "community_manager"]
    assert team.ask("asker", account, ["administer"])["state"] == "pending"  # the ceiling stays the dandelion's
