"""What an attack on the first version found, each as a test that was red before it was mended."""

from datetime import timedelta

import pytest


@pytest.fixture
def account(team):
    return team.account("acme_sales")


def granted(team, account, who="asker", rights=("publish",)):
    asked = team.ask(who, account, rights)
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def appointment(team, who):
    (found,) = team.get(f"/v1/appointments?employee_id={team.ids[who]}&ended=false", "boss")["items"]
    return found["id"]


def test_a_clock_that_is_behind_brings_no_right_back(team, account):
    """Attack I01."""
    grant = granted(team, account)
    team.clock.turn(seconds=1)
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", {"reason": "Over."})
    team.clock.turn(milliseconds=-5)
    assert team.codes("asker", "asker", "publish", account) == {"grant_revoked"}


def test_a_clock_that_is_behind_lifts_no_suspension(team, account):
    grant = granted(team, account)
    team.clock.turn(seconds=1)
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", {"reason": "Wait."})
    team.clock.turn(milliseconds=-5)
    assert team.codes("asker", "asker", "publish", account) == {"grant_suspended"}


def test_a_clock_that_is_behind_leaves_no_strategist_out(team):
    team.clock.turn(seconds=1)
    team.want(200, "DELETE", f"/v1/appointments/{appointment(team, 'boss2')}", "boss")
    team.clock.turn(milliseconds=-5)
    refused = team.want(409, "DELETE", f"/v1/appointments/{appointment(team, 'boss')}", "boss")
    assert refused["code"] == "last_strategist"


def test_a_superseded_grant_never_breaks_an_answer(team, account):
    team.clock.turn(seconds=1)
    first = granted(team, account)
    team.clock.turn(milliseconds=-5)
    again = team.post(f"/v1/grants/{first['id']}/renew", "asker", {"justification": "Still."}, 201)
    team.decide("liaison", again)
    second = team.decide("hub", again)["grants"][0]
    team.post(f"/v1/grants/{second['id']}/revoke", "hub", {"reason": "Over."})
    assert team.codes("asker", "asker", "publish", account) == {"grant_revoked"}


def test_giving_up_a_suspended_right_does_not_get_it_back_at_once(team, account):
    team.switch("boss", "decentralized")
    grant = team.ask("asker", account)["grants"][0]
    team.post(f"/v1/grants/{grant['id']}/suspend", "boss", {"reason": "Misuse."})
    team.post(f"/v1/grants/{grant['id']}/revoke", "asker", {"reason": "I give it up."})
    assert [step["kind"] for step in team.ask("asker", account)["steps"]] == ["strategist"]


def test_letting_a_suspended_right_lapse_does_not_get_it_back_at_once(team, account):
    team.switch("boss", "decentralized")
    grant = team.ask("asker", account)["grants"][0]
    team.post(f"/v1/grants/{grant['id']}/suspend", "boss", {"reason": "Misuse."})
    team.clock.turn(days=365)
    assert [step["kind"] for step in team.ask("asker", account)["steps"]] == ["strategist"]


@pytest.mark.parametrize(("lost", "asked"), [("draft", "publish"), ("publish", "draft")])
def test_what_was_taken_away_does_not_come_back_under_another_name(team, account, lost, asked):
    team.switch("boss", "decentralized")
    grant = team.ask("asker", account, [lost])["grants"][0]
    team.post(f"/v1/grants/{grant['id']}/revoke", "boss", {"reason": "Misuse."})
    assert team.ask("asker", account, [asked])["state"] == "pending"


def test_a_change_of_risk_leaves_what_waits_for_its_requester(team, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked, "request_changes")
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"risk": "high"})
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["state"] == "changes_requested"


def test_a_change_of_risk_brings_nothing_back_that_was_withdrawn(team, account):
    asked = team.ask("asker", account)
    team.post(f"/v1/rights-requests/{asked['id']}/withdraw", "asker")
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"risk": "high"})
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["state"] == "withdrawn"


def test_an_inventory_that_raises_the_risk_brings_the_strategist_in(team, account):
    from uuid import UUID

    from app.accounts import service as accounts
    from app.accounts import store

    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    with team.work() as work:
        accounts.change(work, store.account(work.session, UUID(account)), {"risk": "high"}, "account.imported")
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert [step["kind"] for step in steps] == ["account_liaison", "community_manager", "strategist"]
    assert steps[0]["state"] == "open"


def test_a_policy_of_two_approvals_holds_for_what_waits(team, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    policy = {"key": "two-eyes", "title": "Two pairs of eyes", "scope": {"kind": "enterprise"}}
    team.post("/v1/policies", "boss", policy, 201)
    team.post(
        "/v1/policies/two-eyes/versions", "boss", {"text": "Two.", "rules": {"min_approvals": {"standard": 2}}}, 201
    )
    team.post("/v1/policies/two-eyes/versions/1/publish", "boss2")
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert steps[0]["state"] == "open" and max(step["needed"] for step in steps) == 2


def test_a_beneficiary_who_moves_needs_the_liaison_of_their_new_unit(team, account):
    from app.directory import store as directory
    from app.lifecycle import service as lifecycle

    asked = team.ask("asker", account)
    with team.work() as work:
        person = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, person, {"business_unit_id": lifecycle.department(work, "Logistics")})
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert [step["kind"] for step in steps] == ["account_liaison", "beneficiary_liaison", "community_manager"]


def test_what_a_model_dated_ahead_refuses_is_kept_as_denied(team, account):
    asked = team.ask("asker", account)
    begins = team.clock.now + timedelta(days=1)
    team.switch("boss", "centralized", "sales", effective_from=begins.isoformat())
    team.clock.turn(days=1)
    assert team.decide("liaison", asked, status=409)["code"] == "request_not_pending"
    assert [one["id"] for one in team.get("/v1/rights-requests?state=denied", "boss")["items"]] == [asked["id"]]
    assert team.events(action="rights_request.denied")
    team.switch("boss", "hub_and_spoke", "sales")
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["state"] == "denied"
    team.intact()


def test_a_retired_platform_permits_nothing(team, account):
    from app.clients import service as clients

    tool = team.post("/v1/publishing-tools", "developer", {"key": "hive", "name": "Hive"}, 201)
    team.switch("boss", "honeycomb", "sales", platform_id=tool["id"])
    team.ask("asker", account, ["draft"])
    with team.work() as work:
        bearer = clients.create_client(work, "Hive", ["decisions"], tool_key="hive", static=True).bearer
    assert team.evaluate(None, "asker", "draft", account, bearer=bearer)["decision"] is True
    team.post("/v1/publishing-tools/hive/retire", "developer")
    assert team.evaluate(None, "asker", "draft", account, bearer=bearer)["decision"] is False


def test_a_proposal_that_another_edits_loses_its_approvals(team):
    proposal = {"network": "x", "handle": "acme_new", "business_unit_id": "sales", "risk": "high",
                "steward_id": str(team.ids["colleague"]), "purpose": "Kittens."}  # fmt: skip
    made = team.post("/v1/accounts", "liaison", proposal, 201)
    team.post(f"/v1/accounts/{made['id']}/decisions", "hub", {"decision": "approve"})
    edited = team.want(200, "PATCH", f"/v1/accounts/{made['id']}", "colleague", {"purpose": "Gambling."})
    assert edited["state"] == "proposed"
    again = team.get(f"/v1/accounts/{made['id']}", "boss")
    assert [(step["kind"], step["state"]) for step in again["registration"]["steps"]] == [
        ("community_manager", "open"), ("strategist", "waiting"),
    ]  # fmt: skip


def test_hr_may_go_on_naming_a_unit_that_was_merged(team):
    from app.lifecycle import service as lifecycle

    into = team.get("/v1/business-units/logistics", "boss")
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into["id"], "reason": "One team."})
    with team.work() as work:
        assert str(lifecycle.department(work, "Sales")) == into["id"]


def test_a_merge_into_the_unit_above_widens_nobody(team, account):
    root = team.get("/v1/business-units/enterprise", "boss")
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": root["id"], "reason": "Flat."})
    assert team.get(f"/v1/appointments?employee_id={team.ids['liaison']}&ended=false", "boss")["items"] == []


def test_a_merge_takes_the_publishing_tools_along(team):
    unit = team.get("/v1/business-units/sales", "boss")
    tool = {"key": "sales-studio", "name": "Studio", "business_unit_id": unit["id"]}
    team.post("/v1/publishing-tools", "developer", tool, 201)
    into = team.get("/v1/business-units/logistics", "boss")
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into["id"], "reason": "One team."})
    assert team.get("/v1/publishing-tools/sales-studio", "boss")["business_unit_id"] == into["id"]


def test_a_policy_that_was_never_published_is_not_there(team):
    secret = {"key": "layoffs", "title": "Secret", "scope": {"kind": "enterprise"}}
    team.post("/v1/policies", "boss", secret, 201)
    team.get("/v1/policies/layoffs", "asker", 404)
    assert team.get("/v1/policies", "asker")["items"] == []
    team.get("/v1/policies/layoffs", "auditor")


def test_a_retired_policy_binds_no_more_and_lets_its_unit_close(team, account):
    unit = team.post("/v1/business-units", "boss", {"key": "pilot", "name": "Pilot"}, 201)
    policy = {"key": "pilot", "title": "Pilot", "scope": {"kind": "business_unit", "id": "pilot"}}
    team.post("/v1/policies", "boss", policy, 201)
    team.post("/v1/policies/pilot/versions", "boss", {"text": "Short.", "rules": {"max_grant_days": 5}}, 201)
    team.post("/v1/policies/pilot/versions/1/publish", "boss2")
    held = team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."}, 409)
    assert [one["code"] for one in held["errors"]] == ["policies"]
    team.post("/v1/policies/pilot/versions/1/retire", "boss", {"reason": "Done."})
    again = team.post("/v1/policies/pilot/versions/1/retire", "boss", {"reason": "Done."}, 409)
    assert again["code"] == "version_retired"
    assert team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."})["id"] == unit["id"]


def test_the_same_appointment_is_not_made_twice(team):
    body = {"employee_id": str(team.ids["liaison"]), "role": "bu_liaison",
            "business_unit_id": team.get("/v1/business-units/sales", "boss")["id"]}  # fmt: skip
    assert team.post("/v1/appointments", "boss", body, 409)["code"] == "already_appointed"
