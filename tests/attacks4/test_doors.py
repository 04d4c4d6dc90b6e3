"""The doors that are new: what is nobody's to say stays unsaid, and nothing is got by a second way (trust: 4.B)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.clients import service as clients
from tests.attacks4.test_policies import policy, publish
from tests.governance.reviewing import answer, held, item, items, opened, path

WHY = {"reason": "x"}


@pytest.fixture
def account(team):
    return team.account("acme")


def client(team, *scopes):
    with team.work() as work:
        return clients.create_client(work, "Tool", list(scopes), static=True).bearer


def same(team, who, method, there, nowhere, body=None):
    """Both answer 404, and differ in nothing but the id that was asked for."""
    told = []
    for one in (there, nowhere):
        found = team.call(method, one[0], who, body)
        assert found.status_code == 404, (who, one, found.text)
        told.append((found.text.replace(one[1], "ID"), {name for name in found.headers if name != "x-request-id"}))
    assert told[0] == told[1]


# --- honeycomb: nothing is automatic that policy has something against ------------------------------------------------


@pytest.fixture
def hive(team, account):
    tool = team.post("/v1/publishing-tools", "developer", {"key": "hive", "name": "Hive"}, 201)
    team.switch("boss", "honeycomb", platform_id=tool["id"])
    return account


def route(team, account, right="draft"):
    body = {"account_id": account, "rights": [right], "justification": "Mine."}
    return [one["kind"] for one in team.post("/v1/rights-requests/preview", "asker", body)["steps"]]


def test_a_honeycomb_grants_by_itself_only_what_may_be_used(team, hive):
    team.post("/v1/courses", "boss", {"key": "basics", "title": "Basics", "valid_for_days": 30}, 201)
    publish(team, policy(team), {"required_training": [{"course": "basics"}]})
    by_hand = ["account_liaison", "community_manager"]
    assert route(team, hive) == by_hand
    done = {"employee_id": "asker", "course_id": "basics", "completed_at": team.clock.now.isoformat()}
    made = team.post("/v1/completions", "boss", done, 201)
    assert route(team, hive) == []
    team.post(f"/v1/completions/{made['id']}/revoke", "boss", WHY)
    assert route(team, hive) == by_hand
    team.post("/v1/completions", "boss", done, 201)
    team.clock.turn(days=30)
    assert team.ask("asker", hive, ["draft"])["state"] == "pending"


def test_in_the_grace_of_an_attestation_nothing_is_missing_yet(team, hive):
    path = policy(team)
    publish(team, path, {"attestation_required": True}, attestation_grace_days=2)
    assert route(team, hive) == []
    team.clock.turn(days=2)
    assert route(team, hive) == ["account_liaison", "community_manager"]
    team.post(f"{path}/1/attestations", "asker", {}, 201)
    assert route(team, hive) == []


def test_where_policy_is_advice_it_holds_nothing_up(team, account):
    team.switch("boss", "decentralized")
    publish(team, policy(team), {"attestation_required": True}, attestation_grace_days=0)
    assert route(team, account, "administer") == []


# --- B02: what one may not see is not there ---------------------------------------------------------------------------


def test_B02_a_hidden_thing_and_none_are_told_apart_by_nothing(team, account):
    made, gone = held(team, "acme2"), str(uuid4())
    one = item(team, opened(team))
    cleared = team.post("/v1/clearances", "boss", {"account_id": account, "content_sha256": "a" * 64}, 201)
    team.post("/v1/courses", "boss", {"key": "basics", "title": "Basics"}, 201)
    done = {"employee_id": "asker", "course_id": "basics", "completed_at": "2026-02-01T09:00:00Z"}
    learnt = team.post("/v1/completions", "boss", done, 201)
    for way, id_ in (
        (f"/v1/clearances/{cleared['id']}", cleared["id"]),
        (f"/v1/completions/{learnt['id']}", learnt["id"]),
        (f"/v1/grants/{made['id']}", made["id"]),
        (f"/v1/reviews/{one['review_id']}", one["review_id"]),
        (f"/v1/reviews/{one['review_id']}/items", one["review_id"]),
        (f"/v1/reviews/{one['review_id']}/evidence", one["review_id"]),
        (path(one), one["id"]),
    ):
        same(team, "stranger", "GET", (way, id_), (way.replace(id_, gone), gone))
    same(team, "stranger", "POST", (f"/v1/clearances/{cleared['id']}/withdraw", cleared["id"]),
         (f"/v1/clearances/{gone}/withdraw", gone), {})  # fmt: skip
    same(team, "stranger", "POST", (f"{path(one)}/decisions", one["id"]),
         (f"{path(one)}/decisions".replace(one["id"], gone), gone), {"decision": "keep"})  # fmt: skip
    same(team, "stranger", "POST", (f"/v1/grants/{made['id']}/passport", made["id"]),
         (f"/v1/grants/{gone}/passport", gone), {})  # fmt: skip


def test_B02_an_item_is_not_reached_through_another_review(team):
    held(team)
    first, second = opened(team, title="One"), opened(team, title="Two")
    one = item(team, first)
    other = f"/v1/reviews/{second['id']}/items/{one['id']}"
    team.get(other, "boss", 404)
    team.post(f"{other}/decisions", "liaison", {"decision": "end"}, 404)
    assert item(team, first)["state"] == "open"


def test_B02_a_draft_is_named_by_no_other_door(team):
    path = policy(team, "layoffs")
    team.post(path, "content", {"text": "Secret.", "rules": {"max_grant_days": 1}}, 201)
    for method, way in (
        ("GET", f"{path}/1"), ("GET", f"{path}/1/differences"), ("GET", f"{path}/1/coverage"), ("GET", f"{path}/1/attestations"),
        ("POST", f"{path}/1/attestations"), ("GET", path),
    ):  # fmt: skip
        body = {} if method == "POST" else None
        same(team, "asker", method, (way, "layoffs"), (way.replace("layoffs", "nothing"), "nothing"), body)
    for way in ("/v1/limits", "/v1/policy-conflicts", "/v1/policies"):
        assert "layoffs" not in team.call("GET", way, "asker").text


# --- B04: members that a caller does not set --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member", ["id", "state", "set_by", "authority", "approved_by", "decided_by", "version", "actor"]
)
def test_B04_nothing_is_set_by_a_member_that_is_not_asked_for(team, account, member):
    clearance = team.post("/v1/clearances", "boss", {"account_id": account, "content_sha256": "a" * 64}, 201)
    review = opened(team, kinds=["appointments"], filter={"role": "developer"})
    one = item(team, review)
    freeze = {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "x"}
    before = len(team.events())
    for way, who, body in (
        ("/v1/freezes", "boss", freeze),
        ("/v1/clearances", "boss", {"account_id": account, "content_sha256": "b" * 64}),
        (f"/v1/clearances/{clearance['id']}/decisions", "content", {"decision": "approve"}),
        (f"/v1/clearances/{clearance['id']}/withdraw", "boss", {}),
        ("/v1/reviews", "boss", {"title": "T", "kinds": ["grants"]}),
        (f"{path(one)}/decisions", "boss", {"decision": "keep"}),
        (f"/v1/reviews/{review['id']}/close", "boss", WHY),
    ):
        refused = team.post(way, who, {**body, member: "x"}, 422)
        assert [each["pointer"] for each in refused["errors"]] == [f"/{member}"]
    assert {one["action"] for one in team.events()[: len(team.events()) - before]} <= {"token.issued"}


@pytest.mark.parametrize("value", [1, 0, "yes", "true", None, []])
def test_F02_a_choice_is_true_or_false_and_nothing_that_looks_like_it(team, value):
    body = {"email": "daily", "kinds": {"grant_resumed": value}}
    team.want(422, "PUT", "/v1/me/notification-settings", "asker", body)
    assert team.get("/v1/me/notification-settings", "asker")["updated_at"] is None


# --- B05: one's own, by whatever way ----------------------------------------------------------------------------------


def test_B05_nobody_clears_their_own_post_in_another_role_or_by_a_deputy(team, account):
    team.appoint("boss", "content_strategist", deputy="asker")
    one = team.post("/v1/clearances", "boss", {"account_id": account, "content_sha256": "a" * 64}, 201)
    way = f"/v1/clearances/{one['id']}/decisions"
    assert team.post(way, "boss", {"decision": "approve"}, 403)["code"] == "self_approval"
    team.post(way, "asker", {"decision": "approve"}, 403)  # a deputy of a content strategist decides no posts
    tool = client(team, "decisions")
    team.post(way, None, {"decision": "approve"}, 403, bearer=tool)
    redeemed = team.post(f"/v1/clearances/{one['id']}/redeem", None, {"content_sha256": "a" * 64}, 404, bearer=tool)
    assert redeemed["code"] == "not_found"


def test_B05_nobody_answers_their_own_review_in_another_role_or_by_a_deputy(team):
    held(team)
    one = item(team, opened(team))
    for role in ("community_manager", "strategist"):
        team.appoint("asker", role, deputy="colleague")
    team.clock.turn(days=15)  # overdue: the next level up may answer, too
    assert answer(team, one, "asker", "keep", 403)["code"] == "own_review"
    answer(team, one, "colleague", "keep", 404)  # nor does who stands in for them: it does not even concern them
    team.post(f"{path(one)}/reassign", "asker", {"reviewer_id": str(team.ids["colleague"]), **WHY}, 403)
    team.post(f"/v1/reviews/{one['review_id']}/close", "asker", WHY, 403)
    assert item(team, {"id": one["review_id"]})["state"] == "escalated"


def test_B05_a_review_is_not_escaped_by_handing_its_account_over(team):
    """Whose an account is, is asked when the item is answered: who takes it over answers no more."""
    team.account("acme", steward_id=team.ids["colleague"])
    review = opened(team, kinds=["accounts"])
    one = item(team, review)
    team.want(200, "PATCH", f"/v1/accounts/{one['account_id']}", "colleague", {"steward_id": str(team.ids["liaison"])})
    assert answer(team, one, "liaison", "keep", 403)["code"] == "own_review"


# --- B13, B17 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_B13_a_method_is_what_it_is(team, header):
    body = {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "x"}
    made = team.post("/v1/freezes", "boss", body, 201)
    for method in ("POST", "DELETE", "PUT"):
        assert team.call("GET", f"/v1/freezes/{made['id']}", "boss", headers={header: method}).status_code == 200
        lifting = team.call("GET", f"/v1/freezes/{made['id']}/lift", "boss", WHY, headers={header: method})
        assert lifting.status_code == 405, method
    for way in ("/lift/", "//lift", "/Lift", "/lift;v=1", "/%6cift/", "/../lift"):
        assert team.call("POST", f"/v1/freezes/{made['id']}{way}", "asker", WHY).status_code in (403, 404, 405), way
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD"):
        assert team.call(method, f"/v1/freezes/{made['id']}/lift", "boss").status_code == 405
    assert team.get(f"/v1/freezes/{made['id']}", "asker")["state"] == "in_force"


def test_B17_coverage_and_attestations_count_only_whom_one_sees(team):
    for handle, who, unit in (("acme", "asker", "sales"), ("acme2", "stranger", "logistics")):
        team.account(handle, unit)
        held(team, f"{handle}_3", who, unit=unit) if unit == "sales" else None
    path = policy(team)
    publish(team, path, {"attestation_required": True})
    for who in ("asker", "stranger"):
        team.post(f"{path}/1/attestations", who, {}, 201)
    seen = {
        who: [team.get(f"{path}/1/attestations", who)["items"], team.get(f"{path}/1/coverage", who)["due"]]
        for who in ("asker", "stranger", "colleague", "otherliaison", "liaison", "boss", "developer")
    }
    assert {who: (len(found), due) for who, (found, due) in seen.items()} == {
        "asker": (1, 0), "stranger": (1, 0), "colleague": (0, 0), "otherliaison": (1, 0), "liaison": (1, 1), "boss": (2, 1),
        "developer": (0, 0),
    }  # fmt: skip


def test_a_repeated_call_is_answered_and_not_done_again(team, account):
    """Attack F15."""
    tool = client(team, "decisions")
    one = team.post("/v1/clearances", "boss", {"account_id": account, "content_sha256": "a" * 64}, 201)
    team.post(f"/v1/clearances/{one['id']}/decisions", "content", {"decision": "approve"})
    held(team, "acme2")
    review = opened(team)
    calls = (
        ("clearance.redeemed", None, f"/v1/clearances/{one['id']}/redeem", {"content_sha256": "a" * 64}),
        ("freeze.set", "boss", "/v1/freezes", {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "x"}),
        ("review_item.ended", "liaison", f"{path(items(team, review)[0])}/decisions", {"decision": "end"}),
        ("review.closed", "boss", f"/v1/reviews/{review['id']}/close", WHY),
    )
    for action, who, way, body in calls:
        sent = {"headers": {"Idempotency-Key": action}, "bearer": None if who else tool}
        first, again = (team.call("POST", way, who, body, **sent) for _ in range(2))
        assert first.is_success and again.content == first.content, first.text
        assert again.headers["idempotency-replayed"] == "true" and len(team.events(action=action)) == 1
        other = team.call("POST", way, who, {**body, "reason": "y"}, **sent)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_what_only_asks_leaves_no_trace(team, account):
    held(team, "acme2")
    path = policy(team)
    team.post(path, "content", {"text": "T.", "rules": {"max_grant_days": 3}}, 201)
    seq = team.events()[0]["seq"]
    ends = (team.clock.now + timedelta(days=3)).isoformat()
    for way, body in (
        (f"{path}/1/preview", {}),
        ("/v1/reviews/preview", {"title": "T", "kinds": ["grants", "appointments"], "due_at": ends}),
        ("/v1/governance/preview", {"model": "centralized", "reason": "x"}),
        ("/v1/rights-requests/preview", {"account_id": account, "rights": ["draft"], "justification": "x"}),
    ):
        answered = team.call("POST", way, "boss", body)
        assert answered.status_code == 200 and "coe-revision" not in answered.headers, answered.text
    assert {one["action"] for one in team.events() if one["seq"] > seq} <= {"token.issued"}
