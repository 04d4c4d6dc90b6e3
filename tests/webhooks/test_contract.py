"""Webhooks over HTTP: who may have one, what is refused, and a secret that is shown once."""

import base64
import re

import pytest

from app.webhooks import rules
from tests.webhooks.conftest import PATH

BODY = {"name": "Tool", "url": "https://tool.example.com/events", "events": ["grant.*", "freeze.set"]}


def test_a_webhook_is_made_read_changed_and_taken_away(team):
    made = team.post(PATH, "developer", BODY, 201)
    newest = team.events()[0]["seq"]
    assert re.fullmatch("whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    assert (made["state"], made["business_unit_id"], made["disabled_reason"]) == ("active", None, None)
    assert made["owner"] == {"kind": "employee", "id": str(team.ids["developer"])}
    assert made["events"] == ["freeze.set", "grant.*"]
    assert made["next_seq"] == newest, "it begins with its own making"
    path = f"{PATH}/{made['id']}"
    shown = team.get(path, "developer")
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert team.get(PATH, "boss")["items"] == [shown]
    changed = team.want(200, "PATCH", path, "developer", {"name": "Another", "state": "disabled"})
    assert (changed["name"], changed["state"], changed["disabled_reason"]) == (
        "Another", "disabled", "It was disabled by hand.",
    )  # fmt: skip
    assert team.want(200, "PATCH", path, "developer", {"state": "active"})["disabled_reason"] is None
    assert team.call("DELETE", path, "developer").status_code == 204
    team.get(path, "developer", 404)
    told = [one for one in team.events() if one["subject"]["kind"] == "webhook"]
    assert [one["action"] for one in told] == [
        "webhook.removed", "webhook.enabled", "webhook.disabled", "webhook.created"
    ]  # fmt: skip
    assert told[-1]["after"]["host"] == "tool.example.com" and "/events" not in str(told)


def test_nothing_changed_is_nothing_told(team):
    made = team.post(PATH, "developer", BODY, 201)
    before = team.call("GET", f"{PATH}/{made['id']}", "developer").headers["etag"]
    same = team.call("PATCH", f"{PATH}/{made['id']}", "boss", {"name": "Tool", "events": made["events"][::-1]})
    assert same.headers["etag"] == before and "coe-revision" not in same.headers
    assert same.json()["owner"]["id"] == str(team.ids["developer"])


@pytest.mark.parametrize("again", ["create", "rotate"])
def test_a_secret_is_shown_once_also_under_an_idempotency_key(team, again):
    made = team.post(PATH, "developer", BODY, 201)
    path, body = (PATH, BODY) if again == "create" else (f"{PATH}/{made['id']}/rotate", {})
    first, second = (team.call("POST", path, "developer", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert second.headers["idempotency-replayed"] == "true" and second.status_code == first.status_code
    assert first.json()["secret"].startswith("whsec_") and second.json()["secret"] == "already shown"
    assert {**first.json(), "secret": None} == {**second.json(), "secret": None}
    import sqlalchemy as sa

    with team.work(write=False) as work:
        kept = work.session.execute(sa.text("SELECT body FROM idempotent_reply")).scalars().all()
        rows = work.session.execute(sa.text("SELECT * FROM webhook")).mappings().all()
        log = work.session.execute(sa.text("SELECT * FROM audit_event")).mappings().all()
    secret = first.json()["secret"].removeprefix("whsec_")
    assert kept and secret not in f"{kept}{[dict(row) for row in rows]}{[dict(row) for row in log]}"


@pytest.mark.parametrize(
    ("who", "unit", "status"),
    [
        ("developer", None, 201), ("boss", None, 201), ("hub", None, 201), ("liaison", "sales", 201), ("boss", "sales", 201),
        ("liaison", None, 403), ("liaison", "logistics", 403), ("otherliaison", "sales", 403), ("asker", "sales", 403),
        ("content", None, 403), ("auditor", None, 403), ("admin", None, 403), ("liaison", "nowhere", 404),
    ],
)  # fmt: skip
def test_who_may_have_one_where(team, who, unit, status):
    """G10: one for another's unit is refused."""
    team.want(status, "POST", PATH, who, {**BODY, "business_unit_id": unit})


def test_not_mine_is_not_there(team):
    sales = team.post(PATH, "liaison", {**BODY, "business_unit_id": "sales"}, 201)
    whole = team.post(PATH, "developer", BODY, 201)
    absent = team.call("GET", f"{PATH}/{team.ids['boss']}", "otherliaison").json()
    for hook in (sales, whole):
        path = f"{PATH}/{hook['id']}"
        for method, end, body in (
            ("GET", "", None), ("GET", "/deliveries", None), ("PATCH", "", {"name": "Mine"}), ("DELETE", "", None),
            ("POST", "/rotate", {}), ("POST", "/redeliver", {"from_seq": 1}),
        ):  # fmt: skip
            told = team.want(404, method, path + end, "otherliaison", body)
            assert told["detail"] == f"There is no webhook {hook['id']}."
            assert {**told, "instance": 0, "detail": 0} == {**absent, "instance": 0, "detail": 0}
    assert [one["id"] for one in team.get(PATH, "liaison")["items"]] == [sales["id"]]
    assert team.get(PATH, "otherliaison")["items"] == []
    assert {one["id"] for one in team.get(PATH, "developer")["items"]} == {sales["id"], whole["id"]}
    assert [one["id"] for one in team.get(f"{PATH}?business_unit_id={sales['business_unit_id']}", "boss")["items"]] == [
        sales["id"]
    ]


def test_a_client_has_its_own_and_no_other(team, hooks):
    one, other = hooks.client("events"), hooks.client("events")
    made = team.want(201, "POST", PATH, body=BODY, bearer=one.bearer)
    assert made["owner"] == {"kind": "client", "id": one.client_id}
    peoples = team.post(PATH, "boss", BODY, 201)
    assert [each["id"] for each in team.want(200, "GET", PATH, bearer=one.bearer)["items"]] == [made["id"]]
    assert team.want(200, "GET", PATH, bearer=other.bearer)["items"] == []
    for bearer, hook in ((other.bearer, made), (one.bearer, peoples)):
        for method, end, body in (("GET", "", None), ("PATCH", "", {"name": "Mine"}), ("DELETE", "", None)):
            team.want(404, method, f"{PATH}/{hook['id']}{end}", body=body, bearer=bearer)
    team.want(403, "GET", PATH, bearer=hooks.client("decisions").bearer)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"url": "http://tool.example.com/"}, "/url", "not_allowed"),
        ({"url": "https://169.254.169.254/latest"}, "/url", "not_allowed"),
        ({"url": "https://0x7f.1/"}, "/url", "not_allowed"),
        ({"url": "https://[64:ff9b::a9fe:a9fe]/"}, "/url", "not_allowed"),
        ({"url": "https://user:x@tool.example.com/"}, "/url", "not_allowed"),
        ({"url": "https://tool.example.com:22/"}, "/url", "not_allowed"),
        ({"url": "http://127.0.0.1:8000/"}, "/url", "not_allowed"),
        ({"events": []}, "/events", "too_short"),
        ({"events": ["grants.issued"]}, "/events/0", "unknown_event"),
        ({"events": ["grant"]}, "/events/0", "unknown_event"),
        ({"events": ["*", "grant.*.x"]}, "/events/1", "unknown_event"),
        ({"events": ["*.issued"]}, "/events/0", "unknown_event"),
        ({"name": ""}, "/name", None),
        ({"secret": "whsec_mine"}, "/secret", None),
    ],
)
def test_what_is_refused(team, change, pointer, code):
    """G01, G04: an address that could be our own is refused when it is given, and when it is changed."""
    made = team.post(PATH, "boss", BODY, 201)
    for method, path, body in (("POST", PATH, {**BODY, **change}), ("PATCH", f"{PATH}/{made['id']}", change)):
        told = team.want(422, method, path, "boss", body)
        (error,) = told["errors"]
        assert error["pointer"] == pointer and code in (None, error["code"])
        assert (told["code"] == "url_not_allowed") == (pointer == "/url")


def test_events_that_ones_roles_do_not_show_are_refused_by_name(team):
    def ask(who, events, unit=None):
        return team.call("POST", PATH, who, {**BODY, "events": events, "business_unit_id": unit})

    for who, events, unit in (
        ("developer", ["employee.left"], None), ("developer", ["grant.*", "completion.*"], None), ("hub", ["token.*"], None),
        ("developer", ["policy_version.drafted"], None), ("developer", ["policy_version.attested"], None),
        ("boss", ["employee.*"], "sales"), ("boss", ["webhook.*"], "sales"), ("liaison", ["employee.*"], "sales"),
    ):  # fmt: skip
        answer = ask(who, events, unit)
        assert (answer.status_code, answer.json()["code"]) == (403, "events_out_of_reach"), (who, events)
    for who, events, unit in (
        ("boss", ["employee.*", "completion.*", "token.*", "group.*"], None), ("hub", ["employee.*"], None),
        ("developer", ["*"], None), ("liaison", ["*"], "sales"), ("liaison", ["appointment.*", "policy.*"], "sales"),
    ):  # fmt: skip
        assert ask(who, events, unit).status_code == 201, (who, events)


def test_whoever_changes_a_webhook_owns_it_with_all_that_it_hears_of(team):
    """I-50: nobody turns what somebody else may see to an address of their own."""
    made = team.post(PATH, "boss", {**BODY, "events": ["employee.*", "grant.*"]}, 201)
    path = f"{PATH}/{made['id']}"
    refused = team.want(403, "PATCH", path, "developer", {"url": "https://other.example.com/"})
    assert refused["code"] == "events_out_of_reach" and team.get(path, "boss")["url"] == BODY["url"]
    taken = team.want(200, "PATCH", path, "developer", {"url": "https://other.example.com/", "events": ["grant.*"]})
    assert taken["owner"]["id"] == str(team.ids["developer"])
    assert team.events(action="webhook.updated")[0]["before"]["owner_id"] == str(team.ids["boss"])


def test_one_owner_has_a_few_and_not_many(team, monkeypatch):
    monkeypatch.setattr(rules, "MOST_OF_ONE_OWNER", 2)
    for _ in range(2):
        made = team.post(PATH, "developer", BODY, 201)
    assert team.post(PATH, "developer", BODY, 409)["code"] == "too_many_webhooks"
    theirs = team.post(PATH, "boss", BODY, 201)
    assert team.want(409, "PATCH", f"{PATH}/{theirs['id']}", "developer", {"name": "x"})["code"] == "too_many_webhooks"
    assert team.call("DELETE", f"{PATH}/{made['id']}", "developer").status_code == 204
    team.post(PATH, "developer", BODY, 201)


def test_what_a_redelivery_may_name(team, hooks):
    made = hooks.make()
    other = hooks.make()
    hooks.event()
    for body, pointer in (
        ({}, ""), ({"from_seq": 1, "delivery_id": made["id"]}, ""), ({"from_seq": 0}, "/from_seq"),
        ({"from_seq": 10_000}, "/from_seq"), ({"from_seq": True}, "/from_seq"),
    ):  # fmt: skip
        told = hooks.redeliver(made, status=422, **body)
        assert [one["pointer"] for one in told["errors"]] == [pointer], body
    hooks.redeliver(made, status=404, delivery_id=other["id"])
    others = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    (theirs,) = hooks.deliveries(others)
    hooks.redeliver(made, status=404, delivery_id=theirs["id"])
    newest = team.events()[0]["seq"]
    assert hooks.redeliver(made, from_seq=newest)["next_seq"] == newest


def test_a_change_honours_if_match_and_a_removal_too(team):
    made = team.post(PATH, "boss", BODY, 201)
    path = f"{PATH}/{made['id']}"
    for method, end, body in (
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/redeliver", {"from_seq": 1}),
    ):
        answer = team.call(method, path + end, "boss", body, headers={"If-Match": '"9"'})
        assert answer.status_code == 412, method
    tag = team.call("GET", path, "boss").headers["etag"]
    assert team.call("DELETE", path, "boss", headers={"If-Match": tag}).status_code == 204


def test_how_far_it_has_read_is_no_new_version(team, hooks):
    made = hooks.make(events=["course.*"])
    tag = team.call("GET", f"{PATH}/{made['id']}", "boss").headers["etag"]
    hooks.event()
    assert hooks.send() == 1
    after = team.call("GET", f"{PATH}/{made['id']}", "boss")
    assert after.headers["etag"] == tag and after.json()["next_seq"] > made["next_seq"]
