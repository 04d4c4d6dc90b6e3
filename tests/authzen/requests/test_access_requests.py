"""The AuthZEN Access Request and Approval Profile: what is refused can be asked for, followed, and evaluated anew."""

import json
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.authzen.denials import rules as denials
from app.authzen.denials.rules import Asked, FollowUp, InvalidDenialBinding, NextAction
from app.authzen.requests import rules
from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import Reason, ReasonCode
from app.kernel import tokens
from app.kernel.outbound import Outside
from app.kernel.tokens import Trust
from tests.authzen.requests.conftest import PATH
from tests.kit import START, Refused

URN = "urn:openid:authzen:access-request:error:"


def problem(answer, code):
    assert answer["code"] == code
    assert answer["type"] == f"{URN}{code}"


# --- the story ------------------------------------------------------------------------------------------------------


def test_what_is_refused_is_asked_for_decided_told_and_permitted_until_it_is_revoked(team, door, account):
    refused = door.refusal(account)
    assert refused["reason"] == "no_grant"
    assert refused["access_request"]["endpoint"] == f"http://127.0.0.1:8000{PATH}"
    denial = {"evaluation_id": refused["evaluation_id"], "expires_at": refused["access_request"]["expires_at"]}
    callback = {"endpoint": door.receiver.url, "state": "flow-7"}
    made = door.submit(door.body(account, denial=denial, callback=callback))
    task = made["task"]
    assert "result" not in made and task["status"] == "pending"
    assert task["status_endpoint"] == f"http://127.0.0.1:8000{PATH}/{task['id']}"
    assert task["progress"] == {
        "current_step": 1, "total_steps": 2, "step_name": "account_liaison", "awaiting": [str(team.ids["liaison"])]
    }  # fmt: skip
    assert task["expires_at"] == "2026-04-01T09:00:00Z"
    assert door.look(task) == made

    door.decide("liaison", task["id"])
    assert door.look(task)["task"]["progress"]["step_name"] == "community_manager"
    assert door.deliver() == 0
    door.decide("hub", task["id"])
    ended = door.look(task)
    approval = ended["result"]["approval"]
    assert ended["task"]["status"] == "approved" and ended["result"]["mode"] == "reevaluate"
    assert approval["approved_at"] == "2026-03-02T09:00:00Z"
    assert "progress" not in ended["task"] and "expires_at" not in ended["task"]

    assert door.deliver() == 1
    assert door.receiver.told == [{"state": "flow-7", **ended}]
    assert door.deliver() == 0 and len(door.receiver.calls) == 1

    permitted = team.evaluate("asker", "asker", "publish", account, approval=approval)
    assert permitted["decision"] is True
    assert permitted["context"]["approval"] == {"id": approval["id"], "approved_until": approval["approved_until"]}
    assert permitted["context"]["grant_id"] == approval["id"]

    team.post(f"/v1/grants/{approval['id']}/revoke", "boss", {"reason": "Enough."})
    over = door.refusal(account, approval=approval)
    assert [one["code"] for one in over["reasons"]] == ["grant_revoked"]
    assert (over["reason"], over["next_action"]) == ("approval_expired", "request")
    assert over["access_request"] and "approval" not in over
    assert door.look(task)["task"]["status"] == "approved", "an end is an end"


# --- what a refusal says --------------------------------------------------------------------------------------------


def test_only_what_a_request_can_cure_carries_one(team, door, account):
    closed = team.account("closed", state="archived")
    suspended = team.account("paused", state="suspended")
    for right, where, wanted in (
        ("publish", account, True),
        ("publish", suspended, True),
        ("publish", closed, False),
        ("administer", account, False),  # above the model's ceiling
        ("fly", account, False),
        ("publish", str(uuid4()), False),
    ):
        said = door.refusal(where, right)
        for name in ("access_request", "evaluation_id", "evaluated_at", "reason"):
            assert (name in said) is wanted, (right, where, name)
    team.fire("asker")
    answer = team.evaluate("boss", "asker", "publish", account)
    assert "access_request" not in answer["context"]


def test_a_permit_and_an_evaluation_without_an_approval_say_nothing_of_either(team, door, account):
    door.approve(team.ask("asker", account)["id"])
    said = team.evaluate("asker", "asker", "publish", account)
    assert said["decision"] is True
    extra = {"evaluation_id", "evaluated_at", "reason", "access_request", "approval", "next_action", "retry_after"}
    assert not extra & set(said["context"])
    team.post(f"/v1/grants/{said['context']['grant_id']}/suspend", "boss", {"reason": "Wait."})
    assert not extra & set(door.refusal(account)), "a suspended right is resumed, and not asked for"


def test_a_freeze_beside_what_can_be_asked_for_hinders_no_request(team, door, account):
    stop = {"scope": {"kind": "enterprise"}, "severity": "L3", "reason": "Wait."}
    team.post("/v1/freezes", "boss", stop, 201)
    said = door.refusal(account)
    assert {one["code"] for one in said["reasons"]} == {"frozen", "no_grant"}
    assert said["reason"] == "no_grant" and said["access_request"]


def test_what_to_send_is_told_as_a_schema_that_anybody_may_read(team, door, account):
    url = door.refusal(account)["access_request"]["request_schema_url"]
    schema = team.want(200, "GET", url.removeprefix("http://127.0.0.1:8000"))
    assert schema["properties"]["context"]["required"] == ["justification"]
    assert set(schema["properties"]) == {"context", "requested_access"}


def test_the_metadata_names_the_door():
    said = denials.profile_metadata("https://coe.example.com")
    assert said["access_request_endpoint"] == "https://coe.example.com/access/v1/requests"
    assert said["jwks_uri"] == "https://coe.example.com/.well-known/jwks.json"
    assert said["capabilities"] == ["urn:openid:authzen:capability:access-request"]


# --- the refusal that a request names -------------------------------------------------------------------------------


def test_a_request_may_rest_on_its_own_refusal_and_on_no_other(team, door, account):
    other = team.account("other")
    id_ = door.refusal(account)["evaluation_id"]
    for changed in (
        door.body(other), door.body(account, "draft"), door.body(account, who=str(team.ids["asker"])),
        door.body(account, who="colleague"),
    ):  # fmt: skip
        problem(door.submit({**changed, "denial": {"evaluation_id": id_}}, status=400), "invalid_denial_binding")
    for wrong in ("eval_", "x", id_[:-1], id_ + "A", id_.upper(), id_[5:], f"{id_}=", "eval_" + "A" * 43, "eval_é"):
        said = door.submit(door.body(account, denial={"evaluation_id": wrong}), status=400)
        problem(said, "invalid_denial_binding")
    for none in ({}, {"binding_token": "x"}):
        problem(door.submit(door.body(account, denial=none), status=400), "invalid_denial_binding")
    assert door.submit(door.body(account, denial={"evaluation_id": id_}))["task"]["status"] == "pending"


def test_another_installation_seals_otherwise():
    asked = Asked("employee", "asker", "publish", "account", "x:acme")
    ours = denials.seal(asked, START, 7, b"k" * 32)
    denials.check(ours, asked, START, b"k" * 32)
    with pytest.raises(InvalidDenialBinding):
        denials.check(ours, asked, START, b"l" * 32)
    assert (
        denials.seal(asked, START, 8, b"k" * 32)
        != ours
        != denials.seal(asked, START + timedelta(microseconds=1), 7, b"k" * 32)
    )


def test_a_refusal_that_is_too_old_is_gone(team, door, account):
    said = door.refusal(account)
    body = door.body(account, denial={"evaluation_id": said["evaluation_id"], "expires_at": "2099-01-01T00:00:00Z"})
    team.clock.turn(minutes=60)
    assert said["access_request"]["expires_at"] == team.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    problem(door.submit(body, status=410), "expired_denial")
    team.clock.turn(microseconds=-1)
    door.submit(body)


def test_of_several_pairs_each_names_its_own_refusal(team, door, account):
    first, second = (door.refusal(account, right)["evaluation_id"] for right in ("publish", "engage"))
    top = {"denial": {"evaluation_id": first}}
    pairs = (account, "publish"), (account, "engage")
    problem(door.submit(door.items(*pairs, **top), status=400), "invalid_denial_binding")
    own = (account, "engage", {"denial": {"evaluation_id": second}})
    problem(door.submit(door.items(pairs[0], own, **top), status=400), "invalid_denial_binding")
    named = (account, "publish", top)
    problem(door.submit(door.items(named, (account, "engage", top)), status=400), "invalid_denial_binding")
    door.submit(door.items(named, own))


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_task_is_a_rights_request_and_a_rights_request_a_task(team, door, account):
    until = "2026-04-30T00:00:00Z"
    task = door.submit(door.body(account, requested_access={"requested_until": until, "emergency": True}))["task"]
    asked = team.get(f"/v1/rights-requests/{task['id']}", "asker")
    assert (asked["rights"], asked["until"], asked["justification"]) == (["publish"], until, "Customer care.")
    assert task["links"]["ticket"].endswith(f"/v1/rights-requests/{task['id']}")
    other = team.ask("asker", account, ["engage", "analyze"])
    seen = door.look(other)["task"]
    assert seen["status"] == "pending" and [one["action"]["name"] for one in seen["items"]] == ["engage", "analyze"]


def test_it_is_refused_as_by_the_other_door(team, door, account):
    said = door.submit(door.body(account, "administer"), status=422)
    assert said["code"] == "request_refused"
    assert [one["code"] for one in said["reasons"]] == ["above_model_ceiling"]
    assert said["reasons"][0]["remedy"]["message"]
    late = {"requested_until": "2030-01-01T00:00:00Z"}
    said = door.submit(door.body(account, requested_access=late), status=422)
    assert [one["code"] for one in said["reasons"]] == ["until_too_late"]
    door.submit(door.body(account))
    assert door.submit(door.body(account), status=409)["code"] == "already_requested"


def test_what_is_unknown_is_told_with_its_reasons(team, door, account):
    body = door.items((account, "fly"), ("x:nobody", "publish"), who="nobody")
    said = door.submit(body, "liaison", 422)
    assert [one["code"] for one in said["reasons"]] == ["subject_unknown", "right_unknown", "account_unknown"]
    robot = {**door.body(account), "subject": {"type": "robot", "id": "asker"}}
    assert door.submit(robot, "liaison", 422)["reasons"][0]["code"] == "subject_unknown"


def test_one_asks_for_oneself_and_a_liaison_for_their_people(team, door, account):
    assert door.submit(door.body(account, who="colleague"), "asker", 403)["code"] == "forbidden"
    assert door.submit(door.body(account, who="nobody"), "asker", 403)["code"] == "forbidden", "no oracle for names"
    assert door.submit(door.body(account, who="stranger"), "liaison", 403)["code"] == "forbidden"
    task = door.submit(door.body(account, who="colleague"), "liaison")["task"]
    assert door.look(task, "colleague")["task"]["status"] == "pending"


def test_what_is_missing_or_of_a_wrong_type_is_400(team, door, account):
    good = door.body(account)
    bad = [{name: value for name, value in good.items() if name != left} for left in good]
    bad += [{**good, "context": {}}, {**good, "context": {"justification": " "}}, {**good, "items": []}]
    bad += [{**good, "items": door.items((account, "publish"))["items"]}]
    bad += [door.items((account, "publish"), action={"name": "draft"})]
    bad += [{**good, "requested_access": {"requested_until": when}} for when in (1, "tomorrow", "2030-01-01")]
    bad += [{**good, "denial": value} for value in ("x", [], {"evaluation_id": 1})]
    bad += [{**good, "callback": value} for value in ("https://a.example/", {}, {"endpoint": 1})]
    bad += [{**good, "callback": {"endpoint": "https://a.example/", "events": ["begun"]}}]
    bad += [door.items(*[(account, "publish")] * 51)]
    for body in bad:
        assert door.submit(body, status=400)["code"] == "malformed_request", body
    assert (
        team.call("POST", PATH, "asker", content="[", headers={"Content-Type": "application/json"}).status_code == 400
    )
    assert team.call("POST", PATH, "asker").status_code == 400


def test_what_a_model_grants_at_once_is_201_with_its_result(team, door, account):
    team.switch("boss", "decentralized")
    made = door.submit(door.body(account), status=201)
    assert made["task"]["status"] == "approved"
    approval = made["result"]["approval"]
    assert team.evaluate("asker", "asker", "publish", account, approval=approval)["decision"] is True
    body = door.body(account, "engage")
    answer = team.call("POST", PATH, "asker", body)
    assert answer.headers["location"] == answer.json()["task"]["status_endpoint"]


def test_the_same_key_gives_the_same_task_and_with_another_body_is_a_duplicate(team, door, account):
    key = {"headers": {"Idempotency-Key": "one"}}
    first = door.submit(door.body(account), **key)
    assert door.submit(door.body(account), **key) == first
    problem(door.submit(door.body(account, "engage"), status=409, **key), "duplicate_request")


def test_a_task_leaves_a_record_of_its_own_beside_that_of_its_request(team, door, account):
    said = door.refusal(account)
    callback = {"endpoint": f"{door.receiver.url}&secret=hidden", "state": "hidden"}
    body = door.body(account, denial={"evaluation_id": said["evaluation_id"]}, callback=callback)
    task = door.submit(body, headers={"X-Request-ID": "here"})["task"]
    opened, asked = team.events(request_id="here")
    assert (asked["action"], opened["action"]) == ("rights_request.asked", "access_task.opened")
    item = {
        "request_id": task["id"], "right": "publish", "resource": account, "evaluation_id": said["evaluation_id"],
    }  # fmt: skip
    assert opened["after"] == {
        "request_ids": [task["id"]], "evaluation_ids": [said["evaluation_id"]], "callback_host": "127.0.0.1",
        "bundled": False, "items": [item],
    }  # fmt: skip
    assert "hidden" not in json.dumps(opened)


# --- following ------------------------------------------------------------------------------------------------------


def test_who_may_not_see_the_request_finds_no_task(team, door, account):
    task = door.submit(door.body(account))["task"]
    for who in ("stranger", "otherliaison", "colleague"):
        unseen = door.look(task, who, 404)
        problem(unseen, "unknown_task")
        problem(door.cancel(task, who, 404), "unknown_task")
    for id_ in (str(uuid4()), "nonsense", "1"):
        problem(door.look({"id": id_}, status=404), "unknown_task")
    for who in ("liaison", "hub", "auditor", "boss"):
        assert door.look(task, who)["task"]["id"] == task["id"]


@pytest.mark.parametrize(
    ("end", "status"), [("deny", "denied"), ("withdraw", "cancelled"), ("expire", "expired"), ("leave", "cancelled")]
)
def test_it_ends_once_as_its_request_does(team, door, account, end, status):
    task = door.submit(door.body(account))["task"]
    if end == "deny":
        door.decide("liaison", task["id"], "deny")
    elif end == "withdraw":
        team.post(f"/v1/rights-requests/{task['id']}/withdraw", "asker")
    elif end == "expire":
        team.clock.turn(days=30)
    else:
        team.fire("asker")
    said = door.look(task, "boss")
    assert said["task"]["status"] == status and "result" not in said
    assert "progress" not in said["task"]


def test_where_changes_are_wanted_it_waits_for_the_requester(team, door, account):
    task = door.submit(door.body(account))["task"]
    door.decide("liaison", task["id"], "request_changes")
    said = door.look(task)["task"]
    assert said["status"] == "pending"
    assert said["progress"]["step_name"] == "changes_requested"
    assert said["progress"]["awaiting"] == [str(team.ids["asker"])]


def test_a_right_that_was_taken_out_of_the_request_is_as_if_taken_back(team, door, account):
    task = door.submit(door.items((account, "publish"), (account, "engage")))["task"]
    team.want(200, "PATCH", f"/v1/rights-requests/{task['id']}", "asker", {"rights": ["engage"]})
    assert [one["status"] for one in door.look(task)["task"]["items"]] == ["pending", "pending"]
    door.approve(task["id"])
    said = door.look(task)["task"]
    assert [one["status"] for one in said["items"]] == ["cancelled", "approved"] and said["status"] == "partial"


# --- taking back ----------------------------------------------------------------------------------------------------


def test_cancelling_withdraws_the_request(team, door, account):
    task = door.submit(door.body(account))["task"]
    assert task["links"]["cancel"] == f"{task['status_endpoint']}/cancel"
    assert door.cancel(task, body={"comment": "Not needed.", "reason": "x"})["task"]["status"] == "cancelled"
    asked = team.get(f"/v1/rights-requests/{task['id']}", "asker")
    assert asked["state"] == "withdrawn"
    assert team.events(action="rights_request.withdrawn")[0]["reason"] == "Not needed."


def test_what_has_ended_is_not_cancelled(team, door, account):
    task = door.submit(door.body(account))["task"]
    door.approve(task["id"])
    problem(door.cancel(task, status=409), "invalid_task_state")
    assert door.look(task)["task"]["status"] == "approved"


def test_nobody_but_the_requester_cancels(team, door, account):
    task = door.submit(door.body(account, who="colleague"), "liaison")["task"]
    for who in ("colleague", "hub", "boss"):
        assert door.cancel(task, who, 403)["code"] == "forbidden"
    door.cancel(task, "liaison")


# --- several at once ------------------------------------------------------------------------------------------------


def test_several_rights_on_one_account_are_one_request(team, door, account):
    said = door.submit(door.items((account, "publish"), ("x:acme_sales", "engage")))["task"]
    assert team.get(f"/v1/rights-requests/{said['id']}", "asker")["rights"] == ["publish", "engage"]
    assert [one["resource"]["id"] for one in said["items"]] == [account, "x:acme_sales"]
    door.approve(said["id"])
    ended = door.look(said)
    assert "result" not in ended and ended["task"]["status"] == "approved"
    for one, right in zip(ended["task"]["items"], ("publish", "engage"), strict=True):
        approval = one["result"]["approval"]
        assert team.evaluate("asker", "asker", right, account, approval=approval)["decision"] is True


def test_several_accounts_are_several_requests_under_one_task(team, door, account):
    other = team.account("acme_other")
    pairs = (account, "publish"), (other, "publish"), (account, "engage")
    answer = team.call("POST", PATH, "asker", door.items(*pairs))
    task = answer.json()["task"]
    assert "etag" not in answer.headers
    listed = team.get("/v1/rights-requests", "asker")["items"]
    assert sorted((one["account_id"], one["rights"]) for one in listed) == sorted(
        [(account, ["publish", "engage"]), (other, ["publish"])]
    )
    ids = {one["account_id"]: one["id"] for one in listed}
    assert task["id"] not in ids.values()
    assert (task["progress"]["current_step"], task["progress"]["total_steps"]) == (1, 4)
    door.approve(ids[account])
    half = door.look(task)["task"]
    assert half["status"] == "pending"
    assert [one["status"] for one in half["items"]] == ["approved", "pending", "approved"]
    door.decide("liaison", ids[other], "deny")
    ended = door.look(task)["task"]
    assert ended["status"] == "partial"
    assert [one["status"] for one in ended["items"]] == ["approved", "denied", "approved"]
    assert ["result" in one for one in ended["items"]] == [True, False, True]


def test_of_several_all_are_asked_for_or_none(team, door, account):
    other = team.account("acme_other")
    said = door.submit(door.items((account, "publish"), (other, "administer")), status=422)
    assert said["code"] == "request_refused"
    assert [one["pointer"] for one in said["errors"]] == ["/items/1"]
    assert team.get("/v1/rights-requests", "asker")["items"] == []


def test_an_item_may_be_wanted_for_another_time(team, door, account):
    day = {"requested_access": {"requested_until": "2026-03-03T09:00:00Z"}}
    week = {"requested_access": {"requested_until": "2026-03-09T09:00:00Z"}}
    door.submit(door.items((account, "publish", day), (account, "engage"), **week))
    listed = team.get("/v1/rights-requests", "asker")["items"]
    assert sorted((one["rights"], one["until"]) for one in listed) == [
        (["engage"], "2026-03-09T09:00:00Z"), (["publish"], "2026-03-03T09:00:00Z")
    ]  # fmt: skip


def test_cancelling_several_takes_back_what_has_not_ended(team, door, account):
    other = team.account("acme_other")
    task = door.submit(door.items((account, "publish"), (other, "publish")))["task"]
    ids = {one["account_id"]: one["id"] for one in team.get("/v1/rights-requests", "asker")["items"]}
    door.approve(ids[account])
    said = door.cancel(task)["task"]
    assert said["status"] == "partial"
    assert [one["status"] for one in said["items"]] == ["approved", "cancelled"]
    problem(door.cancel(task, status=409), "invalid_task_state")


def test_a_bundle_is_seen_by_who_sees_all_of_it(team, door, account):
    away = team.account("acme_away", unit="logistics")
    task = door.submit(door.items((account, "publish"), (away, "publish")))["task"]
    door.look(task, "hub")
    door.look(task, "liaison")  # of the beneficiary's unit: sees both
    problem(door.look(task, "otherliaison", 404), "unknown_task")


# --- the approval ---------------------------------------------------------------------------------------------------


@pytest.fixture
def approved(team, door, account):
    task = door.submit(door.body(account))["task"]
    door.approve(task["id"])
    return door.look(task)["result"]["approval"]


def test_an_approval_is_good_for_its_own_subject_right_and_account(team, door, account, approved):
    other = team.account("acme_other")
    team.switch("boss", "decentralized")
    team.ask("colleague", account)
    team.ask("asker", account, ["engage"])
    team.ask("asker", other)
    for who, right, where in (
        ("colleague", "publish", account),
        ("asker", "engage", account),
        ("asker", "publish", other),
    ):
        assert team.evaluate("boss", who, right, where)["decision"] is True
        said = team.evaluate("boss", who, right, where, approval=approved)
        assert said["decision"] is False
        assert [one["code"] for one in said["context"]["reasons"]] == ["approval_unverifiable"]
        assert (said["context"]["reason"], said["context"]["next_action"]) == ("approval_unverifiable", "none")
        assert "access_request" not in said["context"]
    assert team.evaluate("boss", "asker", "draft", account, approval=approved)["decision"] is True, (
        "publish includes it"
    )


def test_an_approval_that_cannot_be_read_is_none_of_ours(team, door, account, approved):
    for said in ({}, {"id": "x"}, {"id": 1}, {"id": None}, "x", [approved], 7, {"id": str(uuid4())}, True):
        assert team.codes("asker", "asker", "publish", account, approval=said) == {"approval_unverifiable"}, said
    assert team.evaluate("asker", "asker", "publish", account, approval=None)["decision"] is True


def test_an_approval_is_not_spoken_for_by_another_right_that_is_held(team, door, account, approved):
    again = team.post(f"/v1/grants/{approved['id']}/renew", "asker", {"justification": "Still."}, 201)
    door.approve(again["id"])
    assert team.evaluate("asker", "asker", "publish", account)["decision"] is True
    said = door.refusal(account, approval=approved)
    assert [one["code"] for one in said["reasons"]] == ["grant_expired"]
    assert said["reason"] == "approval_expired"


def test_an_approval_overrides_nothing(team, door, account, approved):
    stop = {"scope": {"kind": "enterprise"}, "severity": "L3", "reason": "Wait."}
    team.post("/v1/freezes", "boss", stop, 201)
    said = door.refusal(account, approval=approved)
    assert [one["code"] for one in said["reasons"]] == ["frozen"]
    assert (said["reason"], said["next_action"]) == ("policy_denied", "none")


def test_an_approval_ends_with_its_time_at_the_very_instant(team, door, account, approved):
    team.clock.turn(days=180, microseconds=-1)
    assert team.evaluate("asker", "asker", "publish", account, approval=approved)["decision"] is True
    team.clock.turn(microseconds=1)
    said = door.refusal(account, approval=approved)
    assert (said["reason"], said["next_action"]) == ("approval_expired", "request")


@pytest.mark.parametrize(
    ("codes", "follow"),
    [
        (["subject_unknown"], FollowUp("approval_unverifiable", NextAction.NONE)),
        (["frozen", "approval_unverifiable"], FollowUp("approval_unverifiable", NextAction.NONE)),
        (["grant_revoked", "subject_inactive"], FollowUp("approval_expired", NextAction.NONE)),
        (["grant_revoked"], FollowUp("approval_expired", NextAction.REQUEST)),
        (["grant_not_started"], FollowUp("grant_pending", NextAction.RETRY, 2)),
        (["grant_suspended"], FollowUp("policy_denied", NextAction.NONE)),
        (["training_missing"], FollowUp("policy_denied", NextAction.NONE)),
    ],
)
def test_what_to_do_after_an_approval_was_refused(codes, follow):
    soon = START + timedelta(seconds=1, milliseconds=1)
    reasons = tuple(Reason(ReasonCode(one), one, until=soon if one == "grant_not_started" else None) for one in codes)
    decision = Decision(False, reasons)
    asked = Asked("employee", "asker", "publish", "account", "x:acme")
    desk = denials.Desk(Outside("https://coe.example.com"), b"k" * 32)
    offered = denials.offer(decision, asked, START, 7, desk)
    assert denials.follow_up(decision, offered, START) == follow
    assert b"k" * 32 not in repr(desk).encode()


def test_statuses_together():
    status = rules.TaskStatus
    for one in status:
        assert rules.together([one]) is one and rules.together([one, one]) is one
    assert rules.together([status.APPROVED, status.PENDING, status.DENIED]) is status.PENDING
    assert rules.together([status.APPROVED, status.DENIED]) is status.PARTIAL
    assert set(rules.STATUS) == {one for one in rules.RequestState}


# --- callbacks ------------------------------------------------------------------------------------------------------


def asked_to_be_called(door, account, **more):
    return door.submit(door.body(account, callback={"endpoint": door.receiver.url, **more}))["task"]


def test_a_callback_proves_that_it_is_ours_and_what_was_said(team, door, account):
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    assert door.deliver() == 1
    ((path, headers, body),) = door.receiver.calls
    assert path == "/ended?of=tool" and headers["Content-Type"] == "application/json"
    keys = tokens.parse_jwks(team.want(200, "GET", "/.well-known/jwks.json"))
    trust = Trust("http://127.0.0.1:8000", door.receiver.url, ("RS256",), keys, types=frozenset({rules.CALL_TYPE}))
    scheme, _, token = headers["Authorization"].partition(" ")
    said = tokens.verify(token, trust, team.clock.now).raw
    assert scheme == "Bearer" and said["sub"] == task["id"]
    assert said["body_sha256"] == sha256(body).hexdigest()
    assert team.call("GET", "/v1/me", bearer=token).status_code == 401, "it opens nothing here"


def test_only_the_ends_that_were_named_are_told(team, door, account):
    other = team.account("acme_other")
    first = asked_to_be_called(door, account, events=["approved"])
    second = asked_to_be_called(door, other, events=["denied", "approved"])
    for one in (first, second):
        door.decide("liaison", one["id"], "deny")
    assert door.deliver() == 1
    assert [one["task"]["id"] for one in door.receiver.told] == [second["id"]]
    assert "state" not in door.receiver.told[0]


def test_an_end_that_nobody_wrote_down_is_told_too(team, door, account):
    asked_to_be_called(door, account)
    team.clock.turn(days=30, microseconds=-1)
    assert door.deliver() == 0
    team.clock.turn(microseconds=1)
    assert door.deliver() == 1
    assert door.receiver.told[0]["task"]["status"] == "expired"


def test_of_several_the_last_end_is_told(team, door, account):
    other = team.account("acme_other")
    body = door.items((account, "publish"), (other, "publish"), callback={"endpoint": door.receiver.url})
    door.submit(body)
    ids = {one["account_id"]: one["id"] for one in team.get("/v1/rights-requests", "asker")["items"]}
    door.approve(ids[account])
    assert door.deliver() == 0
    door.decide("liaison", ids[other], "deny")
    assert door.deliver() == 1
    assert door.receiver.told[0]["task"]["status"] == "partial"


def test_what_was_rolled_back_is_told_to_nobody(team, door, account):
    with pytest.raises(Refused):
        door.submit(door.body(account, "administer", callback={"endpoint": door.receiver.url}))
    with team.work(write=False) as work:
        assert work.session.scalar(sa.text("SELECT count(*) FROM access_task")) == 0
    assert door.deliver() == 0 and door.receiver.calls == []


def test_a_receiver_that_fails_is_called_again_later_and_later(team, door, account):
    """Attack G03."""
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    door.receiver.answers = [(500, {}), (302, {"Location": door.receiver.url}), (204, {})]
    assert door.deliver() == 0 and len(door.receiver.calls) == 1
    assert door.deliver() == 0 and len(door.receiver.calls) == 1, "not at once"
    team.clock.turn(minutes=2)
    assert door.deliver() == 0 and len(door.receiver.calls) == 2, "a redirection is no success, and is not followed"
    team.clock.turn(minutes=2)
    assert door.deliver() == 0 and len(door.receiver.calls) == 2
    team.clock.turn(minutes=2)
    assert door.deliver() == 1
    assert door.receiver.told[0] == door.receiver.told[2]


def rows(team):
    with team.work(write=False) as work:
        return [dict(one) for one in work.session.execute(sa.text("SELECT * FROM access_task")).mappings()]


def test_a_receiver_says_how_long_to_wait_but_not_for_ever(team, door, account):
    """Attack G05."""
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    door.receiver.answers = [(429, {"Retry-After": "3600"}), (429, {"Retry-After": "315360000"}), (204, {})]
    assert door.deliver() == 0
    team.clock.turn(minutes=59)
    assert door.deliver() == 0 and len(door.receiver.calls) == 1
    team.clock.turn(minutes=1)
    assert door.deliver() == 0 and len(door.receiver.calls) == 2
    team.clock.turn(hours=4)
    assert door.deliver() == 1


def test_a_receiver_that_is_gone_or_never_answers_is_given_up(team, door, account):
    """Attack G05."""
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    door.receiver.answers = [(410, {})]
    assert door.deliver() == 0
    team.clock.turn(days=1)
    assert door.deliver() == 0 and len(door.receiver.calls) == 1
    assert rows(team)[0]["callback_state"] == "failed"

    other = team.account("acme_other")
    task = asked_to_be_called(door, other)
    door.approve(task["id"])
    door.receiver.answers, before = [(503, {})], len(door.receiver.calls)
    for _ in range(10):
        assert rows(team)[1]["callback_state"] == "waiting"
        assert door.deliver() == 0
        team.clock.turn(hours=5)
    assert len(door.receiver.calls) - before == 10
    assert [one["callback_state"] for one in rows(team)] == ["failed", "failed"]
    assert rows(team)[1]["last_error"] == "The receiver answered 503."


def test_what_a_dead_teller_left_is_told_again(team, door, account):
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    from app.authzen.requests import worker

    assert len(worker.take(door.courier, team.house)) == 1
    assert worker.take(door.courier, team.house) == [], "somebody has it"
    assert door.deliver() == 0
    team.clock.turn(minutes=5)
    assert door.deliver() == 1


def test_what_tellers_died_of_so_often_is_given_up(team, door, account):
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    from app.authzen.requests import worker

    for _ in range(10):
        assert len(worker.take(door.courier, team.house)) == 1
        team.clock.turn(minutes=5)
    assert rows(team)[0]["callback_state"] == "waiting"
    assert door.deliver() == 0 and door.receiver.calls == []
    assert rows(team)[0]["callback_state"] == "failed"


def test_who_is_to_stop_tells_nobody_more(team, door, account):
    task = asked_to_be_called(door, account)
    door.approve(task["id"])
    assert door.deliver(stopping=lambda: True) == 0 and door.receiver.calls == []
    assert door.deliver() == 1


def test_an_address_inside_is_refused_before_anything_is_asked_for(team, door, account):
    """Attack G01."""
    for url in ("http://169.254.169.254/latest", "https://localhost/", "https://[::1]/", "http://127.0.0.1:8000/x"):
        said = door.submit(door.body(account, callback={"endpoint": url}), status=422)
        assert said["code"] == "url_not_allowed"
        assert [one["pointer"] for one in said["errors"]] == ["/callback/endpoint"]
    assert team.get("/v1/rights-requests", "asker")["items"] == []


def test_a_name_that_leads_inside_is_not_called(team, door, account):
    """Attack G02."""
    from dataclasses import replace

    from app.authzen.requests import worker

    task = door.submit(door.body(account, callback={"endpoint": "https://tool.example.com/"}))["task"]
    door.approve(task["id"])
    asked = []
    courier = replace(door.courier, look_up=lambda *host: asked.append(host) or ["93.184.216.34", "10.0.0.7"])
    assert worker.deliver(courier, team.house) == 0
    assert asked == [("tool.example.com", 443)]
    assert rows(team)[0]["last_error"] == "tool.example.com leads to an address that is not called."
