"""Why, and why not: every condition of a decision, with the fact behind it, now and as it was; and who may publish."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.clients import service as clients
from app.governance.history.rules import HistoryIncomplete, Told, before_all, employment
from app.kernel.wire import format_instant
from tests.lifecycle.kit import amend

EXPLAIN = "/v1/decisions/explain"
SAME = ("decision", "reasons", "advice", "grant_id", "model", "revision")
WHY = {"reason": "A test."}
CONTENT = "a" * 64


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def gateway(team):
    with team.work() as work:
        return clients.create_client(work, "gate", ["decisions"], gateway=True, static=True).bearer


def granted(team, account, who="asker", right="publish"):
    asked = team.ask(who, account, [right])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def explain(team, who="asker", right="publish", account="x:acme", asker="boss", status=200, **more):
    asked = {"employee_id": who, "account_id": account, "right": right, **more}
    bearer = asked.pop("bearer", None)
    return team.get(EXPLAIN, None if bearer else asker, status, bearer=bearer, params=asked)


def publishers(team, account="x:acme", asker="boss", status=200, **params):
    answer = team.get(f"/v1/accounts/{account}/publishers", asker, status, params=params)
    known = {str(id_): number for number, id_ in team.ids.items()}
    return [known[one["employee_id"]] for one in answer["items"]] if status == 200 else answer


def condition(found, code):
    (one,) = [one for one in found["conditions"] if one["code"] == code]
    return one


def now(team):
    return format_instant(team.clock.now)


def published(team, rules, key="house", unit=None, **more):
    if key not in team.__dict__.setdefault("policies", set()):
        scope = {"kind": "business_unit", "id": unit} if unit else {"kind": "enterprise"}
        team.post("/v1/policies", "content", {"key": key, "title": key.title(), "scope": scope}, 201)
        team.policies.add(key)
    body = {"text": "Be kind.", "rules": rules, "attestation_grace_days": 0, **more}
    n = team.post(f"/v1/policies/{key}/versions", "content", body, 201)["n"]
    team.post(f"/v1/policies/{key}/versions/{n}/publish", "boss")
    return n


# --- every condition, and the fact behind it ------------------------------------------------------------------------


def test_every_condition_names_the_fact_behind_it(team, account):
    grant = granted(team, account)
    team.post("/v1/courses", "boss", {"key": "basics", "title": "Basics", "valid_for_days": 30}, 201)
    team.post(
        "/v1/completions", "boss", {"employee_id": "asker", "course_id": "basics", "completed_at": now(team)}, 201
    )
    published(team, {"required_training": [{"course": "basics"}], "employment_types": ["employee"]})
    published(team, {"attestation_required": True}, "care", attestation_grace_days=3)
    freeze = {"scope": {"kind": "enterprise"}, "severity": "L2", "reason": "A recall."}
    exempt = team.post("/v1/freezes", "boss", {**freeze, "exempt_employee_ids": [str(team.ids["asker"])]}, 201)
    team.switch("boss", "dandelion", str(_unit(team)))
    found = explain(team)
    assert found["decision"] is True and found["grant_id"] == grant["id"] and found["model"] == "dandelion"
    assert [one["code"] for one in found["conditions"] if not one["passed"]] == ["tool_not_registered"]
    assert condition(found, "tool_not_registered")["advisory"] is True
    assert exempt["id"] in condition(found, "frozen")["fact"] and grant["id"] in condition(found, "no_grant")["fact"]
    course = condition(found, "training_expired")
    assert "2026-03-02; that counts until 2026-04-01T09:00:00Z" in course["fact"] and course["policy"] == "house@1"
    due = condition(found, "attestation_missing")
    assert "there is time until 2026-03-05T09:00:00Z" in due["fact"] and due["policy"] == "care@1"
    assert condition(found, "employment_type_excluded")["policy"] == "house@1"
    ceiling = condition(found, "above_model_ceiling")["fact"]
    assert str(team.ids["boss"]) in ceiling and str(_unit(team)) in ceiling and "2026-03-02T09:00:00Z" in ceiling
    team.post("/v1/freezes", "boss", freeze, 201)
    assert [one["passed"] for one in explain(team)["conditions"] if one["code"] == "frozen"] == [True, False]


def _unit(team):
    return UUID(team.get("/v1/business-units/sales", "boss")["id"])


def test_where_policy_is_advice_its_conditions_are_advisory(team, account):
    granted(team, account)
    published(team, {"employment_types": ["agency"], "clearance_required": True})
    team.switch("boss", "decentralized")
    found = explain(team)
    assert found["decision"] is True and [one["code"] for one in found["advice"]] == [
        "employment_type_excluded", "clearance_missing",
    ]  # fmt: skip
    assert all(condition(found, one["code"])["advisory"] for one in found["advice"])
    team.switch("boss", "hub_and_spoke")
    found = explain(team)
    assert found["decision"] is False and not condition(found, "clearance_missing")["advisory"]


def test_where_something_is_unknown_nothing_else_is_a_condition(team, account):
    told = lambda **asked: [(one["code"], one["passed"]) for one in explain(team, **asked)["conditions"]]  # noqa: E731
    assert told(who="nobody") == [("subject_unknown", False), ("account_unknown", True)]
    assert told(who="nobody", account="x:nobody", right="fly") == [
        ("subject_unknown", False),
        ("account_unknown", False),
    ]
    assert told(right="fly") == [("subject_unknown", True), ("account_unknown", True), ("right_unknown", False)]


def test_who_may_have_what_explained(team, account, gateway):
    assert explain(team, asker="asker")["decision"] is False
    assert explain(team, asker="asker", who="colleague", status=403)["code"] == "forbidden"
    assert explain(team, asker="asker", who="colleague", as_of=now(team), status=403)["code"] == "forbidden"
    assert explain(team, asker="auditor", as_of=now(team))["decision"] is False
    with team.work() as work:
        other = clients.create_client(work, "feed", ["hr"], static=True).bearer
    assert team.get(EXPLAIN, None, 403, bearer=other, params={"employee_id": "a", "account_id": "b", "right": "c"})


def test_people_and_gateways_ask_about_any_tool_and_a_tool_about_itself(team, account, gateway):
    granted(team, account)
    team.post("/v1/publishing-tools", "boss", {"key": "postwell", "name": "Postwell"}, 201)
    with team.work() as work:
        own = clients.create_client(work, "tool", ["decisions"], tool_key="postwell", static=True).bearer
    for more in ({}, {"as_of": now(team)}):
        fact = lambda **asked: condition(explain(team, **asked, **more), "tool_not_registered")  # noqa: B023, E731
        assert fact(tool="postwell")["fact"].startswith("postwell is a registered")
        assert fact(tool="nosuch")["passed"] is False and fact(tool="nosuch")["advisory"] is False
        assert fact(tool="nosuch", bearer=gateway)["passed"] is False
        assert fact(tool="nosuch", bearer=own)["fact"].startswith("postwell is a registered")


@pytest.mark.parametrize("text", ["\0", "a\0b", "x:\0", "\U0001f4a5" * 300, ":", "x:"])
def test_whatever_is_asked_about_is_answered(team, account, text):
    for more in ({}, {"as_of": now(team)}):
        for name in ("who", "account", "right", "tool", "content_sha256"):
            asked = {"params": {"employee_id": "asker", "account_id": "x:acme", "right": "publish", **more}}
            asked["params"][{"who": "employee_id", "account": "account_id"}.get(name, name)] = text
            assert team.call("GET", EXPLAIN, "boss", **asked).status_code in (200, 400, 422)


# --- as it was ------------------------------------------------------------------------------------------------------


def test_what_is_still_ahead_is_not_explained(team, account):
    team.clock.turn(hours=1)
    assert explain(team, as_of=now(team))["decision"] is False
    ahead = format_instant(team.clock.now + timedelta(microseconds=1))
    assert explain(team, as_of=ahead, status=422)["errors"][0]["code"] == "in_the_future"
    assert publishers(team, as_of=ahead, status=422)["errors"][0]["code"] == "in_the_future"


def test_each_thing_that_changes_a_decision_is_told_as_it_was(team, account, gateway):
    """One change after the other, each with another answer than the one before."""
    sales, logistics = (team.get(f"/v1/business-units/{one}", "boss")["id"] for one in ("sales", "logistics"))
    tool = team.post("/v1/publishing-tools", "boss", {"key": "postwell", "name": "Postwell"}, 201)
    team.post("/v1/courses", "boss", {"key": "basics", "title": "Basics"}, 201)
    held, made, notes = {}, {}, []

    def post(path, who="boss", body=None, status=200):
        return lambda: made.update(last=team.post(path, who, WHY if body is None else body, status))

    def content(verb, who, body):
        return lambda: team.post(f"/v1/clearances/{made['post']}/{verb}", who, body, bearer=None if who else gateway)

    def submitted():
        body = {"account_id": account, "content_sha256": CONTENT}
        made["post"] = team.post("/v1/clearances", "content", body, 201)["id"]

    def completed():
        at = format_instant(team.clock.now - timedelta(days=9))
        body = {"employee_id": "asker", "course_id": "basics", "completed_at": at}
        made["done"] = team.post("/v1/completions", "boss", body, 201)["id"]

    def frozen():
        scope = {"kind": "business_unit", "id": logistics}
        made["stop"] = team.post("/v1/freezes", "boss", {"scope": scope, "severity": "L1", **WHY}, 201)["id"]

    def lasting(days):
        return lambda: team.want(200, "PATCH", "/v1/courses/basics", "boss", {"valid_for_days": days})

    def placed(parent):
        return lambda: team.want(200, "PATCH", f"/v1/business-units/{sales}", "boss", {"parent_id": parent})

    root = team.get("/v1/business-units/enterprise", "boss")["id"]
    steps = [
        (lambda: held.update(granted(team, account)), []),
        (post(f"/v1/accounts/{account}/suspend"), ["account_not_active"]),
        (post(f"/v1/accounts/{account}/resume"), []),
        (frozen, []), (placed(logistics), ["frozen"]), (placed(root), []), (placed(logistics), ["frozen"]),
        (lambda: team.post(f"/v1/freezes/{made['stop']}/lift", "boss", WHY), []),
        (lambda: team.post(f"/v1/grants/{held['id']}/suspend", "boss", WHY), ["grant_suspended"]),
        (lambda: team.post(f"/v1/grants/{held['id']}/resume", "hub", WHY), []),
        (lambda: published(team, {"required_training": [{"course": "basics"}]}), ["training_missing"]),
        (completed, []), (lasting(5), ["training_expired"]), (lasting(None), []),
        (lambda: team.post(f"/v1/completions/{made['done']}/revoke", "boss", WHY), ["training_missing"]),
        (lambda: team.post("/v1/policies/house/versions/1/retire", "boss", WHY), []),
        (lambda: published(team, {"attestation_required": True}), ["attestation_missing"]),
        (lambda: team.post("/v1/policies/house/versions/2/attestations", "asker", {}, 201), []),
        (lambda: published(team, {"clearance_required": True}), ["clearance_missing"]),
        (submitted, ["clearance_missing"]), (content("decisions", "boss", {"decision": "approve"}), []),
        (content("withdraw", "content", {}), ["clearance_missing"]), (submitted, ["clearance_missing"]),
        (content("decisions", "boss", {"decision": "approve"}), []),
        (content("redeem", None, {"content_sha256": CONTENT}), ["clearance_used"]),
        (lambda: team.post("/v1/policies/house/versions/3/retire", "boss", WHY), []),
        (lambda: published(team, {"employment_types": ["employee"]}), []),
        (lambda: amend(team, "asker", employment_type="agency"), ["employment_type_excluded"]),
        (lambda: team.switch("boss", "centralized"), ["above_model_ceiling", "employment_type_excluded"]),
        (lambda: team.appoint("asker", "content_strategist"), ["employment_type_excluded"]),
        (lambda: amend(team, "asker", employment_type="employee"), []),
        (post(f"/v1/publishing-tools/{tool['id']}/retire", body={}), ["tool_not_registered"]),
        (lambda: team.fire("asker"), ["subject_inactive", "grant_revoked", "above_model_ceiling", "tool_not_registered"]),
    ]  # fmt: skip
    before = team.clock.now
    for n, (step, wanted) in enumerate(steps):
        team.clock.turn(hours=1)
        step()
        answer = team.evaluate(None, "asker", "publish", account, gateway, tool="postwell", content_sha256=CONTENT)
        notes.append((team.clock.now, {"decision": answer["decision"], **answer["context"]}, publishers(team)))
        assert [one["code"] for one in answer["context"]["reasons"]] == wanted, n
    team.clock.turn(days=30)
    for at, answer, listed in notes:
        asked = {"tool": "postwell", "content_sha256": CONTENT, "as_of": format_instant(at)}
        found = explain(team, bearer=gateway, **asked)
        assert {name: found[name] for name in SAME if name != "revision"} == {
            name: answer[name] for name in SAME if name != "revision"
        }, at
        assert publishers(team, as_of=format_instant(at)) == listed
    assert ["asker"] in [listed for *_, listed in notes] and [] in [listed for *_, listed in notes]
    codes = lambda **asked: [one["code"] for one in explain(team, **asked)["reasons"]]  # noqa: E731
    assert codes(as_of=format_instant(before)) == ["no_grant"]


def test_who_was_hired_and_what_was_opened_later_was_unknown(team):
    before = now(team)
    team.clock.turn(hours=1)
    team.hire("late", "Sales")
    account = team.account("acme")
    found = explain(team, who="late", as_of=before)
    assert [one["code"] for one in found["reasons"]] == ["subject_unknown", "account_unknown"]
    assert publishers(team, account, as_of=before) == [] and publishers(team, account) == []
    assert publishers(team, "x:nobody", as_of=before, status=404)["code"] == "not_found"


def test_a_log_that_does_not_reach_back_is_no_ground_for_an_answer():
    at = datetime(2026, 3, 2, tzinfo=UTC)
    left = Told(7, at, "employee.left", UUID(int=1), {"active": True}, {"active": False})
    with pytest.raises(HistoryIncomplete):
        employment([left], {}, at)
    with pytest.raises(HistoryIncomplete):
        employment([], {}, at)
    later = Told(9, at, "employee.updated", UUID(int=1), {"active": False, "title": 1}, {"active": True})
    assert before_all({"active": 5, "kind": 6}, [later, left]) == {"active": True, "kind": 6}


# --- who may publish ------------------------------------------------------------------------------------------------


def test_publishers_are_those_who_may_and_not_those_who_hold_a_grant(team, account):
    for who in ("asker", "colleague", "liaison"):
        asked = team.ask(who, account, ["publish"])
        for approver in ("liaison", "hub", "boss"):
            if asked["state"] == "pending" and approver != who:
                asked = team.decide(approver, asked)
        assert asked["state"] == "granted"
    granted(team, account, right="engage")
    assert publishers(team) == ["asker", "colleague", "liaison"]
    assert publishers(team, sort="-id") == ["liaison", "colleague", "asker"]
    team.clock.turn(hours=1)
    before = now(team)
    team.clock.turn(hours=1)
    amend(team, "asker", employment_type="agency")
    published(team, {"employment_types": ["employee"], "clearance_required": True})
    assert publishers(team) == ["colleague", "liaison"] and len(publishers(team, as_of=before)) == 3
    for at in ({}, {"as_of": now(team)}):
        first = team.get(f"/v1/accounts/{account}/publishers", "boss", params={"limit": 1, **at})
        rest = {"limit": 1, "cursor": first["next_cursor"], **at}
        second = team.get(f"/v1/accounts/{account}/publishers", "boss", params=rest)
        assert [one["name"] for one in (*first["items"], *second["items"])] == ["Colleague", "Liaison"]
        assert second["next_cursor"] is None
    assert publishers(team, asker="colleague") == ["colleague"] and publishers(team, asker="stranger") == []
    assert publishers(team, asker="liaison") == ["colleague", "liaison"]
