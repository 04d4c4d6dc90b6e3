"""Registering accounts: who proposes, who decides, what gives pause, and what becomes of the handle."""

import pytest
from sqlalchemy import text

LIAISON2 = "liaison2"


@pytest.fixture
def two(team):
    """Sales with two liaisons, so that a dandelion works."""
    team.hire(LIAISON2)
    team.appoint(LIAISON2, "bu_liaison", "sales")
    return team


def propose(team, who, handle="acme", status=201, **more):
    return team.post(
        "/v1/accounts", who, {"network": "x", "handle": handle, "business_unit_id": "sales", **more}, status
    )


def word(team, who, account, decision="approve", status=200):
    body = {"decision": decision, "comment": "Seen."}
    return team.post(f"/v1/accounts/{account['id']}/decisions", who, body, status)


def route(account):
    return [(step["kind"], step["state"]) for step in account["registration"]["steps"]]


def reasons(refused):
    return [one["code"] for one in refused["reasons"]]


def platform(team):
    return team.post("/v1/publishing-tools", "developer", {"key": "platform", "name": "Platform"}, 201)["id"]


def test_under_hub_and_spoke_a_liaison_proposes_and_the_community_manager_approves(team):
    refused = propose(team, "asker", status=422)
    assert refused["code"] == "request_refused" and reasons(refused) == ["not_the_proposer"]
    assert reasons(propose(team, "otherliaison", status=422)) == ["not_the_proposer"]
    made = propose(team, "liaison", purpose="News.", url="https://twitter.com/Acme")
    assert made["state"] == "proposed" and made["url"] == "https://x.com/acme" and made["handle_written"]
    assert made["registration"]["model"] == "hub_and_spoke" and route(made) == [("community_manager", "open")]
    assert made["steward_id"] == str(team.ids["liaison"]) and made["proposed_by"] == str(team.ids["liaison"])
    assert word(team, "liaison", made, status=403)["code"] == "self_approval"
    assert word(team, "boss", made, status=403)["code"] == "not_the_approver"
    assert [one["kind"] for one in team.get("/v1/approvals", "hub")["items"]] == ["registration"]
    done = word(team, "hub", made)
    assert done["state"] == "approved" and done["registration"]["state"] == "granted"
    assert word(team, "hub", made, status=409)["code"] == "request_not_pending"
    assert team.get("/v1/approvals", "hub")["items"] == []


def test_of_high_risk_the_strategist_is_asked_last(team):
    made = propose(team, "liaison", risk="high")
    assert route(made) == [("community_manager", "open"), ("strategist", "waiting")]
    assert word(team, "hub", made)["state"] == "proposed"
    assert word(team, "boss", made)["state"] == "approved"


def test_under_decentralized_anybody_registers_and_it_is_recorded(team):
    team.switch("boss", "decentralized")
    made = propose(team, "asker", risk="high")
    assert made["state"] == "approved" and made["registration"]["steps"] == []
    actions = {event["action"] for event in team.events(subject_id=made["id"])}
    assert actions == {"account.proposed", "account.approved"}


@pytest.mark.parametrize("model", ["centralized", "honeycomb"])
def test_under_centralized_and_honeycomb_the_coe_proposes_and_the_strategist_approves(team, model):
    team.switch("boss", model, **({"platform_id": platform(team)} if model == "honeycomb" else {}))
    for who in ("asker", "liaison", "developer", "auditor"):
        assert reasons(propose(team, who, status=422)) == ["not_the_proposer"]
    made = propose(team, "content", risk="high")
    assert route(made) == [("strategist", "open")]
    assert word(team, "hub", made, status=403)["code"] == "not_the_approver"
    assert word(team, "boss", made)["state"] == "approved"
    own = propose(team, "boss", "acme_two")
    assert word(team, "boss", own, status=403)["code"] == "self_approval"
    assert word(team, "boss2", own)["state"] == "approved"


def test_under_dandelion_a_second_liaison_approves(two):
    two.switch("boss", "dandelion", "sales")
    made = propose(two, "liaison")
    assert made["registration"]["model"] == "dandelion" and route(made) == [("account_liaison", "open")]
    assert word(two, "liaison", made, status=403)["code"] == "self_approval"
    assert word(two, LIAISON2, made)["state"] == "approved"
    risky = propose(two, LIAISON2, "acme_two", risk="high")
    assert route(risky) == [("account_liaison", "open"), ("strategist", "waiting")]


def test_a_dandelion_short_of_liaisons_asks_the_hub(team):
    team.switch("boss", "dandelion", "sales")
    made = propose(team, "liaison")
    assert made["registration"]["model"] == "dandelion" and route(made) == [("community_manager", "open")]
    assert word(team, "hub", made)["state"] == "approved"


def test_a_hub_that_proposes_does_not_approve(team):
    made = propose(team, "hub")
    assert route(made) == [("community_manager", "merged"), ("strategist", "open")]
    assert word(team, "hub", made, status=403)["code"] == "self_approval"
    assert word(team, "boss", made)["state"] == "approved"


def test_networks_that_policy_does_not_allow(team):
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post(
        "/v1/policies/care/versions", "content", {"text": "Care.", "rules": {"allowed_networks": ["instagram"]}}, 201
    )
    team.post("/v1/policies/care/versions/1/publish", "boss")
    refused = propose(team, "liaison", status=422)
    assert reasons(refused) == ["network_not_allowed"] and refused["reasons"][0]["policy"] == "care@1"
    assert set(reasons(propose(team, "asker", status=422))) == {"not_the_proposer", "network_not_allowed"}
    propose(team, "liaison", network="instagram")
    team.switch("boss", "decentralized")
    assert [one["code"] for one in propose(team, "asker")["advice"]] == ["network_not_allowed"]


def test_one_handle_of_one_network_is_one_account_however_it_is_spelled(team):
    team.account("acme_sales")
    for spelling in ("acme_sales", "@ACME_sales", " Acme_Sales ", "https://twitter.com/acme_sales/"):
        assert propose(team, "liaison", spelling, 409)["code"] == "account_exists", spelling
    propose(team, "liaison", "acme_sales", network="instagram")
    assert propose(team, "liaison", "other", 422, url="https://x.com/another")["errors"][0]["pointer"]
    propose(team, "liaison", "acme", 404, network="nowhere")
    propose(team, "liaison", "acme", 404, business_unit_id="nowhere")
    for bad in ("", " ", "no spaces", "a" * 16, "a\u200bb", "x.com"):
        propose(team, "liaison", bad, 422)


def test_what_looks_like_another_is_flagged_from_the_start(team):
    """Attack E01."""
    first = team.account("acme_sales", steward_id=team.ids["liaison"], backup_steward_id=team.ids["asker"])
    made = propose(team, "liaison", "acme_sa1es")
    assert made["look_alike_of"] == first
    assert [one["flag"] for one in made["flags"]] == ["look_alike"]  # said to whoever decides, not only afterwards
    assert "look_alike" in {one["flag"] for one in word(team, "hub", made)["flags"]}
    assert propose(team, "liaison", "acme_people")["look_alike_of"] is None
    assert propose(team, "liaison", "acme_sa1es", network="instagram")["look_alike_of"] is None


def test_denied_and_withdrawn_free_the_handle_and_archived_keeps_it(team):
    denied = word(team, "hub", propose(team, "liaison"), "deny")
    assert denied["state"] == "denied"
    again = propose(team, "liaison")
    team.post(f"/v1/accounts/{again['id']}/withdraw", "hub", {}, 403)
    assert team.post(f"/v1/accounts/{again['id']}/withdraw", "liaison")["state"] == "withdrawn"
    team.post(f"/v1/accounts/{again['id']}/withdraw", "liaison", {}, 409)
    third = word(team, "hub", propose(team, "liaison"))
    team.post(f"/v1/accounts/{third['id']}/activate", "hub", {})
    team.retire(third["id"], "hub")
    assert propose(team, "liaison", status=409)["code"] == "account_exists"
    assert team.get("/v1/accounts/x:acme", "asker")["id"] == third["id"]


def test_a_proposal_that_expired_frees_the_handle(team):
    first = propose(team, "liaison")
    team.clock.turn(days=30, microseconds=-1)
    assert propose(team, "liaison", status=409)["code"] == "account_exists"
    team.clock.turn(microseconds=1)
    assert word(team, "hub", first, status=409)["code"] == "request_not_pending"
    assert team.get(f"/v1/accounts/{first['id']}", "hub")["registration"]["state"] == "expired"
    second = propose(team, "liaison")
    assert second["state"] == "proposed" and second["near_duplicates"] == []
    assert team.get(f"/v1/accounts/{first['id']}", "hub")["state"] == "withdrawn"
    team.intact()


def test_a_leavers_proposals_are_withdrawn_with_them(team):
    made = propose(team, "liaison")
    team.fire("liaison")
    found = team.get(f"/v1/accounts/{made['id']}", "boss")
    assert found["state"] == "withdrawn" and found["registration"]["state"] == "withdrawn"
    assert word(team, "hub", made, status=409)["code"] == "request_not_pending"
    propose(team, "hub")


def test_near_duplicates_and_idle_accounts_are_shown_before_another_is_opened(team):
    early = team.clock.now
    same = team.account("acme_sales")
    place = {"region": "EU", "audience": "Customers"}
    elsewhere = team.account("acme_log", "logistics", **place)
    team.account("acme_far", "logistics", region="US", audience="Customers")
    team.account("acme", network="instagram")
    team.account("acme_old", state="archived")
    team.clock.turn(days=90)
    idle = team.account("acme_ig", network="instagram", last_activity_at=early)
    team.account("acme_busy", network="instagram", last_activity_at=team.clock.now)
    team.account("acme_away", "logistics", network="instagram", last_activity_at=early)
    made = propose(team, "liaison", "acme_new", **place)
    assert {one["id"] for one in made["near_duplicates"]} == {same, elsewhere}
    assert [one["id"] for one in made["idle_nearby"]] == [idle]
    seen = team.get(f"/v1/accounts/{made['id']}", "hub")
    assert seen["near_duplicates"] == made["near_duplicates"] and seen["idle_nearby"] == made["idle_nearby"]


def test_a_revised_proposal_goes_on_its_route_again(team):
    made = propose(team, "liaison", risk="high")
    word(team, "hub", made)
    path = f"/v1/accounts/{made['id']}"
    revised = team.want(200, "PATCH", path, "liaison", {"purpose": "Something else."})
    assert route(revised) == [("community_manager", "open"), ("strategist", "waiting")]
    assert all(step["decisions"] == [] for step in revised["registration"]["steps"])
    assert word(team, "hub", made, "request_changes")["state"] == "changes_requested"
    assert word(team, "hub", made, status=409)["code"] == "request_not_pending"
    assert team.want(200, "PATCH", path, "liaison", {"purpose": "As you wish."})["state"] == "proposed"
    word(team, "hub", made)
    assert word(team, "boss", made)["state"] == "approved"
    assert (
        team.want(200, "PATCH", path, "liaison", {"purpose": "Later."})["state"] == "approved"
    )  # no proposal any more


def test_a_proposal_is_changed_and_taken_back_by_whoever_made_it(two):
    made = propose(two, "liaison")
    for who in ("asker", "stranger", "otherliaison"):
        two.want(403, "PATCH", f"/v1/accounts/{made['id']}", who, {"purpose": "Mine."})
        two.post(f"/v1/accounts/{made['id']}/withdraw", who, {}, 403)
    for verb in ("activate", "suspend", "resume", "decommission", "archive"):
        assert two.post(f"/v1/accounts/{made['id']}/{verb}", "boss", {}, 409)["code"] == "wrong_state"


def test_the_hub_sets_the_risk_of_a_proposal_and_its_route_follows(team):
    made = propose(team, "liaison")
    team.want(403, "PATCH", f"/v1/accounts/{made['id']}", "liaison", {"risk": "high"})
    risky = team.want(200, "PATCH", f"/v1/accounts/{made['id']}", "hub", {"risk": "high"})
    assert route(risky) == [("community_manager", "open"), ("strategist", "waiting")]


def test_a_change_of_risk_or_unit_routes_waiting_requests_anew(team):
    account = team.account("acme")
    asked, own = team.ask("asker", account), team.ask("asker", account, ["administer"], status=422)
    assert reasons(own) == ["above_model_ceiling"]
    team.decide("liaison", asked)
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"risk": "high"})
    kinds = lambda: [step["kind"] for step in team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]]  # noqa: E731
    assert kinds() == ["account_liaison", "community_manager", "strategist"]
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"][0]["state"] == "open"
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"business_unit_id": "logistics"})
    assert kinds() == ["account_liaison", "beneficiary_liaison", "community_manager", "strategist"]
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"purpose": "No matter."})
    team.decide("otherliaison", asked)
    team.switch("boss", "centralized", "sales")
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"business_unit_id": "sales"})
    found = team.get(f"/v1/rights-requests/{asked['id']}", "asker")
    assert found["state"] == "denied" and found["model"] == "hub_and_spoke"


def test_a_closed_unit_takes_no_account(team):
    team.post("/v1/business-units", "boss", {"key": "spain", "name": "Spain"}, 201)
    team.post("/v1/business-units/spain/close", "boss", {"reason": "Over."})
    assert propose(team, "boss", business_unit_id="spain", status=409)["code"] == "business_unit_closed"
    account = team.account("acme")
    team.want(422, "PATCH", f"/v1/accounts/{account}", "boss", {"business_unit_id": "spain"})


def test_what_came_by_inventory_has_no_registration_to_decide(team):
    account = team.account("acme")
    assert team.get(f"/v1/accounts/{account}", "hub")["registration"] is None
    assert word(team, "hub", {"id": account}, status=409)["code"] == "request_not_pending"
    team.post(f"/v1/accounts/{account}/withdraw", "hub", {}, 409)
    with team.work(write=False) as work:
        assert work.session.scalar(text("SELECT count(*) FROM request")) == 0
