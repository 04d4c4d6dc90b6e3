"""Who is told of what: by the owner's powers at the moment of telling, and by where things stand then (I-50, G10)."""

import tomllib
from pathlib import Path

import pytest

from app.webhooks.events import rules
from app.webhooks.events.rules import KINDS, QUIETER, Width, kind_of, wanted
from tests.webhooks.conftest import as_json, granted

ACTIONS = tomllib.loads((Path(__file__).resolve().parents[2] / "docs/events.toml").read_text())


def test_every_kind_of_event_says_how_widely_it_is_told():
    assert set(KINDS) == set(ACTIONS)
    assert all(what in ACTIONS[kind] for kind, what in (one.split(".") for one in QUIETER))
    assert kind_of("brand_new.happened") == kind_of("token.issued"), "what nobody thought of is for the log's readers"


def test_patterns():
    assert (
        wanted(["*"], "grant.issued")
        and wanted(["grant.*"], "grant.issued")
        and wanted(["grant.issued"], "grant.issued")
    )
    assert not wanted(["grant.revoked", "grants.*", "freeze.*"], "grant.issued")
    assert rules.check_patterns(["grant.*", "*", "grant.*"]) == ["*", "grant.*"]


@pytest.fixture
def two(team, hooks):
    """A webhook of each of two units, with everything that happens in either; what the receiver heard, by webhook."""
    sales, logistics = hooks.make("liaison", ["*"], "sales"), hooks.make("otherliaison", ["*"], "logistics")

    def heard(hook):
        while hooks.send():
            pass
        mine = hook["id"].replace("-", "")
        told = [told for told, id_ in zip(hooks.receiver.told, hooks.ids, strict=True) if mine in id_]
        return sorted(told, key=lambda one: one["data"]["seq"])

    return sales, logistics, heard


def test_g10_a_marker_of_one_unit_never_reaches_the_others_receiver(team, two):
    """I-50: whatever happens to accounts, rights, requests, clearances and appointments of one unit."""
    sales, logistics, heard = two
    account = team.account("salesmark")
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"purpose": "salesmark", "language": "de"})
    grant = granted(team, account)
    team.post(f"/v1/grants/{grant['id']}/passport", "asker")
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", {"reason": "salesmark"})
    asked = team.ask("colleague", account, ["engage"])
    proposal = team.post(
        "/v1/accounts", "liaison", {"network": "x", "handle": "salesmark2", "business_unit_id": "sales"}, 201
    )
    posted = team.post("/v1/clearances", "content", {"account_id": account, "content_sha256": "a" * 64}, 201)
    role = team.post(
        "/v1/appointments", "boss",
        {"employee_id": str(team.ids["asker"]), "role": "campaign_manager", "business_unit_id": sales["business_unit_id"]}, 201,
    )  # fmt: skip
    marks = {account, grant["id"], asked["id"], proposal["id"], posted["id"], role["id"], "salesmark"}
    marks |= {str(team.ids[who]) for who in ("asker", "colleague")}
    here, there = as_json(heard(sales)), as_json(heard(logistics))
    assert [mark for mark in marks if mark not in here] == []
    assert [mark for mark in marks if mark in there] == []
    told = {one["type"] for one in heard(sales)}
    assert {
        "account.imported", "account.updated", "rights_request.asked", "rights_request.approved", "grant.issued",
        "passport.issued", "grant.suspended", "account.proposed", "registration.asked", "clearance.submitted",
        "appointment.created",
    } <= told  # fmt: skip
    listed = as_json(team.get(f"/v1/webhooks/{logistics['id']}/deliveries?limit=200", "boss"))
    assert "grant." not in listed and "account." not in listed, "nor does its list tell of them"


def test_what_every_employee_may_see_is_told_to_every_unit(team, hooks, two):
    _, logistics, heard = two
    hooks.event()
    team.post(
        "/v1/freezes", "boss", {"scope": {"kind": "business_unit", "id": "sales"}, "severity": "L1", "reason": "x"}, 201
    )
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {}}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    team.switch("boss", "dandelion")
    assert [one["type"] for one in heard(logistics)] == [
        "course.created", "freeze.set", "policy.created", "policy_version.published", "governance.switched"
    ]  # fmt: skip


def test_a_person_of_the_unit_on_anothers_account_concerns_both(team, two):
    sales, logistics, heard = two
    account = team.account("theirs", "logistics")
    asked = team.ask("asker", account)
    for hook in two[:2]:
        ((id_, type_),) = {
            (one["data"]["subject"]["id"], one["type"]) for one in heard(hook) if "request" in one["type"]
        }
        assert (id_, type_) == (asked["id"], "rights_request.asked")
    assert "account.imported" not in {one["type"] for one in heard(sales)}
    told = [one for one in heard(logistics) if one["type"] == "rights_request.asked"]
    unit = team.get("/v1/business-units/logistics", "boss")["id"]
    assert told[0]["data"]["account_id"] == account and told[0]["data"]["business_unit_id"] == unit


def test_an_account_that_moves_away_is_told_so_and_then_no_more(team, two):
    sales, logistics, heard = two
    account = team.account("moving")
    unit = team.get("/v1/business-units/logistics", "boss")["id"]
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"business_unit_id": unit})
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"display_name": "Gone"})
    assert [one["type"] for one in heard(sales)] == ["account.imported", "account.updated"]
    assert heard(sales)[-1]["data"]["after"]["business_unit_id"] == unit
    assert [one["type"] for one in heard(logistics)] == ["account.imported", "account.updated", "account.updated"]


def test_what_is_below_a_unit_is_told_to_it(team, hooks, two):
    _, logistics, heard = two
    sales = team.get("/v1/business-units/sales", "boss")
    team.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": sales["id"]}, 201)
    account = team.account("below", "field")
    assert account in as_json(heard(two[0])) and account not in as_json(heard(logistics))


def test_people_are_told_of_to_those_who_may_read_of_them_and_only_for_the_enterprise(team, hooks):
    by_boss, by_developer = hooks.make("boss", ["*"]), hooks.make("developer", ["*"])
    unit = hooks.make("boss", ["*"], "sales")
    team.hire("newcomer", display_name="Ada Taintmark", title="Taintmark")
    team.post("/v1/courses", "boss", {"key": "c", "title": "C"}, 201)
    team.post(
        "/v1/completions", "boss",
        {"employee_id": str(team.ids["newcomer"]), "course_id": "c", "completed_at": "2026-02-01T09:00:00Z"}, 201,
    )  # fmt: skip
    while hooks.send():
        pass
    told = {hook["id"]: {one["type"] for one in hooks.deliveries(hook)} for hook in (by_boss, by_developer, unit)}
    assert {"employee.joined", "completion.recorded", "token.issued", "webhook.created"} <= told[by_boss["id"]]
    assert told[by_developer["id"]] == {"webhook.created", "course.created"}
    assert told[unit["id"]] == {"course.created"}
    assert "taintmark" not in as_json(hooks.receiver.told).lower(), "and never what is a person's own"
    (joined,) = [one for one in hooks.receiver.told if one["type"] == "employee.joined"]
    assert joined["data"]["after"]["business_unit_id"] and "display_name" not in joined["data"]["after"]


def test_whoever_has_lost_the_role_is_told_nothing_more_not_even_what_waits(team, hooks):
    """I-50: by the powers at the moment of sending, not those of when it was made, nor of when it happened."""
    hook = hooks.make("liaison", ["account.*"], "sales")
    hooks.receiver.answers = [(500, {})]
    team.account("first")
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 1
    (role,) = team.get(f"/v1/appointments?employee_id={team.ids['liaison']}", "boss")["items"]
    team.want(200, "DELETE", f"/v1/appointments/{role['id']}", "boss")
    team.account("second")
    team.clock.turn(seconds=10)
    hooks.receiver.answers = [(204, {})]
    assert hooks.send() == 0 and len(hooks.receiver.calls) == 1
    shown = hooks.get(hook)
    assert shown["state"] == "disabled" and "lost the role" in shown["disabled_reason"]
    (event,) = team.events(action="webhook.disabled")
    assert event["actor"]["kind"] == "system" and event["subject"]["id"] == hook["id"]
    (notice,) = [one for one in team.get("/v1/me/notices", "liaison")["items"] if one["kind"] == "webhook_disabled"]
    assert "the webhook Tool" in notice["title"] and "lost the role" in notice["text"]


def test_what_was_read_before_the_role_was_lost_is_dropped_at_sending(team, hooks, monkeypatch):
    from app.webhooks.sending import worker

    hook = hooks.make("liaison", ["account.*"], "sales")
    team.account("first")
    assert worker.read_all(hooks.house)
    (role,) = team.get(f"/v1/appointments?employee_id={team.ids['liaison']}", "boss")["items"]
    team.want(200, "DELETE", f"/v1/appointments/{role['id']}", "boss")
    monkeypatch.setattr(worker, "read_all", lambda parts: False)
    assert hooks.send() == 0 and hooks.receiver.calls == []
    (delivery,) = hooks.deliveries(hook)
    assert delivery["state"] == "dropped" and "lost the role" in delivery["last_error"]
    assert hooks.get(hook)["state"] == "disabled"


def test_what_has_left_the_unit_meanwhile_is_dropped_at_sending(team, hooks):
    from app.webhooks.sending import worker

    hook = hooks.make("liaison", ["grant.*"], "sales")
    account = team.account("acme")
    granted(team, account)
    assert worker.read_all(hooks.house)
    unit = team.get("/v1/business-units/logistics", "boss")["id"]
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"business_unit_id": unit})
    with team.work() as work:
        from app.directory import store as directory
        from app.lifecycle import service as lifecycle

        lifecycle.amend(work, directory.employee(work.session, team.ids["asker"]), {"business_unit_id": UUID_OF(unit)})
    hooks.send()
    assert hooks.receiver.calls == []
    assert {one["state"] for one in hooks.deliveries(hook)} == {"dropped"}
    assert hooks.get(hook)["state"] == "active"


def UUID_OF(text):
    from uuid import UUID

    return UUID(text)


def test_a_leavers_webhook_ends_and_so_does_that_of_a_revoked_client(team, hooks):
    from app.clients import service as clients

    team.hire("gone", "Sales")
    team.appoint("gone", "developer")
    of_gone = hooks.make("gone", ["course.*"])
    follower = hooks.client("events")
    made = team.want(
        201, "POST", "/v1/webhooks", body={"name": "x", "url": hooks.receiver.url, "events": ["course.*", "grant.*"]},
        bearer=follower.bearer,
    )  # fmt: skip
    hooks.event()
    assert hooks.send() == 2
    team.fire("gone")
    with team.work() as work:
        clients.revoke_client(work, follower.client_id)
    hooks.event()
    assert hooks.send() == 0
    assert {hooks.get(one)["state"] for one in (of_gone, made)} == {"disabled"}


def test_the_unit_of_a_webhook_is_merged_and_it_is_told_nothing_more(team, hooks):
    peru = team.post("/v1/business-units", "boss", {"key": "peru", "name": "Peru"}, 201)
    hook = hooks.make("boss", ["*"], "peru")
    into = team.get("/v1/business-units/sales", "boss")["id"]
    team.post(f"/v1/business-units/{peru['id']}/merge", "boss", {"into_id": into, "reason": "One."})
    hooks.send()
    assert hooks.get(hook)["disabled_reason"] == "Its unit was closed." and hooks.receiver.calls == []
    assert team.post("/v1/webhooks", "boss", {
        "name": "x", "url": hooks.receiver.url, "events": ["*"], "business_unit_id": "peru"}, 409)["code"] == "business_unit_closed"  # fmt: skip


def test_a_manager_of_a_network_has_no_webhook_since_it_would_tell_of_more(team):
    team.hire("netmanager", "Sales")
    team.appoint("netmanager", "community_manager", network="x")
    body = {"name": "x", "url": "https://tool.example.com/", "events": ["*"]}
    for unit in (None, "sales"):
        team.post("/v1/webhooks", "netmanager", {**body, "business_unit_id": unit}, 403)


def test_open_kinds_are_those_that_every_employee_may_read():
    """The table of what is open agrees with the table of permissions."""
    from app.roles.rules import EMPLOYEE, TABLE

    open_kinds = {kind for kind, one in KINDS.items() if one.width is Width.OPEN}
    reads = {"governance": "governance:read", "publishing_tool": "tool:read", "policy_version": "policy:read"}
    reads |= dict.fromkeys(("goal", "objective"), "strategy:read")
    reads |= {"assessment": "vendor:read", "finding": "research:read", "curriculum_entry": "course:read"}
    reads |= {"retirement_item": "retirement:read"}
    for kind in open_kinds:
        assert str(TABLE[EMPLOYEE][reads.get(kind, f"{kind}:read")]) == "anywhere", kind
