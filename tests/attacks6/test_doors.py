"""4.B and 4.F at the doors: guessing who is there, one's own by a second way, questions and keys that no client sends."""

import json
from uuid import uuid4

import pytest

from app.clients import service as clients
from tests.governance.reviewing import held, opened

ASK = "/v1/rights-requests"
SAME = ("content-type", "www-authenticate", "cache-control", "etag", "retry-after", "vary")


@pytest.fixture
def account(team):
    return team.account("acme")


def told(answer, *named):
    """What an answer says, less what was asked for and its own id."""
    text = answer.text
    for one in named:
        text = text.replace(one, "WHO")
    return answer.status_code, text, {name: answer.headers.get(name) for name in SAME}


# --- B03, B17: who is there is nobody's to find out ------------------------------------------------------------------


def test_B03_B17_a_person_is_found_only_by_who_may_see_what_they_are_found_by(team):
    """A hit and a miss are one answer, byte for byte; who sees the details finds them."""
    ask = lambda who, field, value: told(team.call("GET", "/v1/employees", who, params={field: value}), value)  # noqa: E731
    for field, known in (
        ("employee_number", "stranger"), ("user_name", "stranger"), ("email", "stranger@world.example"),
    ):  # fmt: skip
        for who in ("asker", "liaison", "developer"):
            assert ask(who, field, known) == ask(who, field, "nobody@world.example"), (who, field)
        assert ask("admin", field, known) != ask("admin", field, "nobody@world.example")


def test_B17_asking_about_others_tells_nobody_who_is_there(team, account):
    """Whoever may ask about themselves only is refused alike for everybody else, there or not."""
    body = lambda who: {
        "subject": {"type": "employee", "id": who},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": account},
    }  # noqa: E731
    for path in ("/access/v1/evaluation", "/access/v1/search/resource"):
        answers = set()
        for who in ("colleague", str(team.ids["colleague"]), "colleague@world.example", "nobody", str(uuid4())):
            sent = body(who) if path.endswith("evaluation") else {**body(who), "resource": {"type": "account"}}
            status, text, headers = told(team.call("POST", path, "asker", sent), who)
            said = json.loads(text)
            said.get("context", {}).pop("revision", None)
            said.get("context", {}).pop("evaluation_id", None)
            answers.add((status, json.dumps(said), str(headers)))
        assert len(answers) == 1, answers


def test_B17_naming_somebody_for_something_finds_nobody_out(team):
    """Who may not appoint is refused before it is looked at whom they name; a beneficiary is told apart by nobody either."""
    account = team.account("acme")
    real, made_up = str(team.ids["stranger"]), str(uuid4())
    for who, path, body in (
        ("asker", "/v1/appointments", {"role": "developer"}),
        ("asker", "/v1/completions", {"course_id": "x", "completed_at": "2026-01-01T00:00:00Z"}),
    ):
        first, second = (
            told(team.call("POST", path, who, {**body, "employee_id": one}), one) for one in (real, made_up)
        )
        assert first == second and first[0] == 403, path
    ask = lambda one: team.call(
        "POST", ASK, "asker", {"account_id": account, "rights": ["draft"], "justification": "x", "beneficiary_id": one}
    )  # noqa: E731
    assert ask(real).status_code == ask(made_up).status_code == 422 or ask(real).status_code == 403


def test_B17_a_tag_is_no_probe(team, account):
    """A hidden thing answers no condition: neither If-Match nor If-None-Match is looked at before it is seen who asks."""
    hidden, none = held(team, "acme2")["id"], str(uuid4())
    for name in ("If-Match", "If-None-Match"):
        for value in ('"1"', "*", '"999"'):
            for method, path in (("GET", "/v1/grants/{}"), ("POST", "/v1/grants/{}/revoke")):
                body = {"reason": "x"} if method == "POST" else None
                first, second = (
                    told(team.call(method, path.format(one), "stranger", body, headers={name: value}), one)
                    for one in (hidden, none)
                )
                assert first == second and first[0] == 404, (method, name, value)


# --- B05: one's own --------------------------------------------------------------------------------------------------


def test_B05_nobody_approves_their_own_by_any_way(team, account):
    """In person, in a second role, as the deputy of who may, by a client of their own, in another's name."""
    team.appoint("asker", "community_manager")
    team.appoint("asker", "bu_liaison", "sales")
    team.appoint("otherliaison", "bu_liaison", "sales", deputy="asker")
    asked = team.ask("asker", account)
    path = f"{ASK}/{asked['id']}/decisions"
    assert team.post(path, "asker", {"decision": "approve"}, 403)["code"] == "self_approval"
    for more in (
        {"on_behalf_of": str(team.ids["liaison"])},
        {"approver_id": str(team.ids["liaison"])},
        {"actor": "liaison"},
    ):
        assert team.post(path, "asker", {"decision": "approve", **more}, 422)["code"] == "validation"
    with team.work() as work:
        own = clients.create_client(work, "Mine", ["decisions", "registry:write"], static=True).bearer
    team.post(path, None, {"decision": "approve"}, 403, bearer=own)
    for member, value in (("requester_id", str(team.ids["colleague"])), ("beneficiary_id", str(team.ids["colleague"]))):
        team.want(422, "PATCH", f"{ASK}/{asked['id']}", "asker", {member: value})
    shown = team.get(f"{ASK}/{asked['id']}", "asker")
    assert shown["state"] == "pending" and not any(step["decisions"] for step in shown["steps"])
    assert str(team.ids["asker"]) not in json.dumps([step["eligible"] for step in shown["steps"]])


def test_B05_who_asks_for_somebody_decides_nothing_of_it_and_nor_does_whom_it_is_for(team, account):
    team.appoint("colleague", "community_manager")
    asked = team.ask("liaison", account, beneficiary_id=str(team.ids["colleague"]))
    for who in ("liaison", "colleague"):
        assert team.decide(who, asked, status=403)["code"] == "self_approval"


# --- F11, F12: questions ---------------------------------------------------------------------------------------------


def test_F11_ten_thousand_parameters_are_one_refusal(team):
    """Named once each or all alike: refused for the first, and not repeated in the answer."""
    bearer = team.token("boss")
    for query in (
        "&".join(f"{n:x}" for n in range(10_000)),
        "&".join(["limit=1"] * 7_000),
        "&" * 50_000,
        "limit=" + "9" * 60_000,
    ):
        answer = team.call("GET", f"/v1/accounts?{query}", bearer=bearer)
        assert answer.status_code in (200, 422) and len(answer.content) < 20_000, query[:40]
    assert team.call("GET", "/v1/accounts?limit=1&limit=1", bearer=bearer).status_code == 422


def test_F12_a_cursor_goes_on_behind_what_has_gone(team):
    """The row that a cursor names may have left the list meanwhile: the walk goes on behind its place."""
    for n in range(4):
        team.ask("asker", team.account(f"acme_{n}"))
    asked = team.get(ASK, "asker", params={"limit": 2, "state": "pending", "sort": "id"})
    team.post(f"{ASK}/{asked['items'][-1]['id']}/withdraw", "asker")
    rest = team.get(ASK, "asker", params={"limit": 2, "state": "pending", "sort": "id", "cursor": asked["next_cursor"]})
    assert len(rest["items"]) == 2 and rest["next_cursor"] is None
    assert not {one["id"] for one in rest["items"]} & {one["id"] for one in asked["items"]}


# --- F13 to F16: conditions, keys, what a client would rather have ---------------------------------------------------


def test_F13_what_is_no_tag_is_no_condition(team):
    """Refused, or a version that there is not: never as if no condition had been made."""
    bearer = team.token("boss")
    for value in (
        "unquoted", '"x"', "", '"1', "'1'", '"1""2"', '"99999999999999999999"', "W/1", '"1";"2"', '"-1"',
    ):  # fmt: skip
        sent = {"bearer": bearer, "headers": {"If-Match": value}}
        answer = team.call("PATCH", "/v1/business-units/sales", body={"name": "Other"}, **sent)
        assert answer.status_code in (400, 412), (value, answer.text)
    assert team.get("/v1/business-units/sales", "boss")["name"] == "Sales"


def test_F14_what_is_no_key_is_refused(team, account):
    """Empty, too long, or with what cannot be seen: refused before anything is done, never taken for no key."""
    body = {"account_id": account, "rights": ["draft"], "justification": "x"}
    for key in ("", "x" * 256, "x" * 20_000, "a\x01b", "\u00a0"):
        sent = {"Idempotency-Key": key.encode("latin-1")}
        assert team.call("POST", ASK, "asker", body, headers=sent).status_code == 400, key[:10]
    assert team.get(ASK, "asker")["items"] == []


def test_F14_two_keys_are_none(team, account):
    """Two readers of one request must not differ on which of them counts."""
    body = {"account_id": account, "rights": ["draft"], "justification": "x"}
    bearer = team.token("asker")
    sent = [("Authorization", f"Bearer {bearer}"), ("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    assert team.client.post(ASK, json=body, headers=sent).status_code == 400
    assert team.get(ASK, "asker")["items"] == []


def test_F15_a_captured_word_said_again_changes_nothing(team, account):
    """With its key the first answer, without it a refusal; the date that it says it was sent at counts for nothing."""
    asked = team.ask("asker", account)
    path, word = f"{ASK}/{asked['id']}/decisions", {"decision": "approve", "comment": "Seen."}
    sent = {
        "bearer": team.token("liaison"),
        "headers": {"Idempotency-Key": "one", "Date": "Mon, 02 Mar 2020 09:00:00 GMT"},
    }
    first = team.call("POST", path, body=word, **sent)
    team.clock.turn(minutes=10)
    again = team.call("POST", path, body=word, **sent)
    assert (again.status_code, again.content) == (200, first.content) and again.headers[
        "idempotency-replayed"
    ] == "true"
    late = team.call("POST", path, body=word, bearer=sent["bearer"])
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert (
        len(team.events(action="rights_request.approved")) + len(team.events(action="rights_request.step_approved"))
        <= 1
    )
    assert [len(step["decisions"]) for step in team.get(f"{ASK}/{asked['id']}", "asker")["steps"]] == [1, 0]


PREFERRED = [
    ("Accept", "image/png"), ("Accept", "text/html;q=0.1"), ("Accept", "*/*;q=0"), ("Accept", "nonsense"), ("Accept-Language", "tlh, *;q=0.1"),
    ("Accept-Encoding", "gzip;q=0, br"), ("Accept-Charset", "utf-16"), ("Range", "bytes=0-1"), ("Range", "bytes=-1,0-0,1-1" + ",2-2" * 500),
    ("Range", "bytes=999999999-"), ("If-Range", '"1"'), ("TE", "trailers"),
]  # fmt: skip


def test_F16_what_a_client_would_rather_have_changes_nothing(team, account):
    """There is one form of each answer, whole: what is preferred is not looked at (RFC 9110 12.1, 14.2 allow that)."""
    held(team, "acme2")
    bearer, review = team.token("boss"), opened(team)
    evidence = f"/v1/reviews/{review['id']}/evidence"
    for path, status in (
        (f"/v1/accounts/{account}", 200),
        (evidence, 200),
        (f"{evidence}?format=csv", 200),
        ("/v1/nowhere", 404),
    ):
        plain = team.call("GET", path, bearer=bearer)
        for name, value in PREFERRED:
            asked = team.call("GET", path, bearer=bearer, headers={name: value})
            assert (asked.status_code, asked.content) == (status, plain.content), (path, name, value)
            assert asked.headers["content-type"] == plain.headers["content-type"]
