"""What holds for every call: its id, its revision, its key, the version it is about, and its commit before its answer."""

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from tests.operations import PARKED

ASK = "/v1/rights-requests"
MARK = "Only after the commit."
SAID = ("credentials_rotated", "handle_parked", "evidence_kept")


@pytest.fixture
def account(team):
    return team.account("acme_sales")


def changes(team):
    """How many events the log holds beside those of the tokens that the tests themselves ask for."""
    team.intact()
    with team.work(write=False) as work:
        return work.session.scalar(sa.text("SELECT count(*) FROM audit_event WHERE action <> 'token.issued'"))


def asking(account, **more):
    return {"account_id": account, "rights": ["publish"], "justification": "Customer care.", **more}


def test_the_id_of_a_request_comes_back_and_stands_in_its_events(team, account):
    answer = team.call("POST", ASK, "asker", asking(account), headers={"X-Request-ID": "walk-1"})
    assert answer.status_code == 201 and answer.headers["x-request-id"] == "walk-1"
    assert [event["action"] for event in team.events(request_id="walk-1")] == ["rights_request.asked"]
    assert team.call("GET", "/v1/nowhere", headers={"X-Request-ID": "walk-2"}).headers["x-request-id"] == "walk-2"
    made_up = team.call("GET", "/v1/me", "asker", headers={"X-Request-ID": "two words"}).headers["x-request-id"]
    assert made_up and made_up != "two words"


def test_a_revision_grows_and_is_the_number_of_the_commits_last_event(team, account):
    seen = [0]
    writes = [("POST", ASK, "asker", asking(account, rights=[right])) for right in ("publish", "engage", "analyze")]
    writes += [
        ("POST", "/v1/business-units", "boss", {"key": "spain", "name": "Spain"}),
        ("PATCH", "/v1/business-units/spain", "boss", {"name": "Iberia"}),
        ("PUT", "/v1/governance", "boss", {"model": "centralized", "reason": "Three requests change with it."}),
    ]
    for method, path, who, body in writes:
        answer = team.call(method, path, who, body)
        assert answer.is_success, answer.text
        seen.append(int(answer.headers["coe-revision"]))
        mine = [event["seq"] for event in team.events(request_id=answer.headers["x-request-id"])]
        assert mine == list(range(seen[-1], seen[-1] - len(mine), -1)) and mine[0] == team.intact()
    assert seen == sorted(set(seen)) and len(mine) == 4  # the switch, and three requests denied by it
    assert "coe-revision" not in team.call("GET", "/v1/me", "asker").headers
    same = team.call("PATCH", "/v1/business-units/spain", "boss", {"name": "Iberia"})
    assert same.status_code == 200 and "coe-revision" not in same.headers  # nothing was changed, nothing is told


def keyed(team, who, body, key="key-1", path=ASK):
    return team.call("POST", path, who, body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_get_the_first_answer_byte_by_byte(team, account):
    """Attack F14."""
    first = keyed(team, "asker", asking(account))
    events = changes(team)
    team.post(f"{ASK}/{first.json()['id']}/withdraw", "asker")
    again = keyed(team, "asker", asking(account))
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
    for name in ("content-type", "etag", "coe-revision"):
        assert again.headers[name] == first.headers[name]
    assert changes(team) == events + 1  # the withdrawal's


def test_a_key_belongs_to_one_body_one_path_and_one_caller(team, account):
    """Attack F14."""
    keyed(team, "asker", asking(account))
    other_body = keyed(team, "asker", asking(account, rights=["draft"]))
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    assert keyed(team, "asker", asking(account), path="/v1/accounts").json()["code"] == "idempotency_key_reused"
    theirs = keyed(team, "colleague", asking(account))
    assert theirs.status_code == 201 and "idempotency-replayed" not in theirs.headers
    assert len(team.get(ASK, "boss")["items"]) == 2


def test_a_refusal_is_not_kept_under_its_key(team, account):
    pending = team.ask("asker", account)
    assert keyed(team, "asker", asking(account)).json()["code"] == "already_requested"
    team.post(f"{ASK}/{pending['id']}/withdraw", "asker")
    assert keyed(team, "asker", asking(account)).status_code == 201


def test_a_key_is_kept_for_24_hours(team, account):
    """Attack F14."""
    keyed(team, "asker", asking(account))
    team.clock.turn(hours=24, seconds=-1)
    assert keyed(team, "asker", asking(account)).status_code == 201
    team.clock.turn(seconds=1)
    assert keyed(team, "asker", asking(account)).json()["code"] == "already_requested"  # it was done anew


def test_what_a_key_may_look_like_and_where_it_does_not_count(team, account):
    """Attack F14."""
    for bad in ("", "x" * 256, "tab\there"):
        assert keyed(team, "asker", asking(account), bad).status_code == 400, bad
    assert keyed(team, "asker", asking(account), path=f"{ASK}/preview").status_code == 200
    assert keyed(team, "asker", asking(account)).status_code == 201  # a preview leaves its key free


def in_parallel(count, call):
    """What ``count`` calls, started together, answered."""
    answers, gate = [], Barrier(count)

    def run(n):
        gate.wait()
        answers.append(call(n))

    threads = [Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_calls_with_one_key_at_once_one_has_an_effect(team, account):
    """Attacks F14, H09."""
    bearer = team.token("asker")
    for key in ("key-1", "key-2", "key-3"):
        right = {"key-1": "publish", "key-2": "engage", "key-3": "analyze"}[key]
        body, before = asking(account, rights=[right]), changes(team)
        send = {"bearer": bearer, "headers": {"Idempotency-Key": key}}
        answers = in_parallel(4, lambda _, body=body, send=send: team.call("POST", ASK, body=body, **send))
        done = [one for one in answers if one.status_code == 201]
        assert done and len({one.content for one in done}) == 1
        assert {one.status_code for one in answers} <= {201, 409, 503}  # 409: in use; 503: try again
        assert changes(team) == before + 1


@pytest.fixture
def versioned(team, account):
    """Calls that change one resource: where its ETag is read, method, path, caller, body."""
    team.post("/v1/business-units", "boss", {"key": "spain", "name": "Spain"}, 201)
    team.post("/v1/business-units", "boss", {"key": "peru", "name": "Peru"}, 201)
    tool = team.post("/v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {}}, 201)
    (role,) = team.get("/v1/appointments?role=developer", "boss")["items"]
    team.post("/v1/courses", "boss", {"key": "basics", "title": "Basics"}, 201)
    learnt = {"employee_id": "asker", "course_id": "basics", "completed_at": "2026-02-01T09:00:00Z"}
    taught = {"audience": "bu_liaison", "course_id": "basics", "need": "required"}
    taught = f"/v1/curriculum/{team.post('/v1/curriculum', 'boss', taught, 201)['id']}"
    done = f"/v1/completions/{team.post('/v1/completions', 'boss', learnt, 201)['id']}"
    asked, pending = team.ask("asker", account), team.ask("colleague", account)
    team.decide("liaison", pending)
    grant = team.decide("hub", pending)["grants"][0]
    third, fourth = team.ask("colleague", account, ["engage"]), team.ask("colleague", account, ["analyze"])
    new = {"network": "instagram", "handle": "acme", "business_unit_id": "sales", "risk": "high"}
    proposal = team.post("/v1/accounts", "liaison", new, 201)
    other = team.post("/v1/accounts", "liaison", {**new, "handle": "acme_two"}, 201)
    posted = team.post("/v1/clearances", "content", {"account_id": account, "content_sha256": "a" * 64}, 201)
    word, why, cle = {"decision": "approve"}, {"reason": "It is over."}, f"/v1/clearances/{posted['id']}"
    acc, req, gra = f"/v1/accounts/{account}", f"{ASK}/{asked['id']}", f"/v1/grants/{grant['id']}"
    seen = [
        team.post("/v1/discoveries", "boss", {"network": "x", "handle": f"seen_{n}", "source": "Vendor"}, 201)["id"]
        for n in range(3)
    ]
    one, two, three = (f"/v1/discoveries/{id_}" for id_ in seen)
    team.account("asked_about", network="instagram", steward_id=team.ids["asker"])
    body = {"title": "Spring", "flags": ["unvalidated"], "network": "instagram"}
    campaign = f"/v1/retirements/{team.post('/v1/retirements', 'hub', body, 201)['id']}"
    (asked_about,) = team.get(f"{campaign}/items", "hub")["items"]
    item = f"{campaign}/items/{asked_about['id']}"
    hook = {"name": "Tool", "url": "https://tool.example.com/events", "events": ["grant.*"]}
    hook = f"/v1/webhooks/{team.post('/v1/webhooks', 'developer', hook, 201)['id']}"
    team.post("/v1/vendors", "boss", {"key": "acme-tools", "name": "Acme"}, 201)
    kept = team.post("/v1/publishing-tools", "boss", {"key": "kept", "name": "Kept"}, 201)["id"]
    until = {"summary": "It works.", "valid_until": "2028-01-01T00:00:00Z"}
    ass = f"/v1/assessments/{team.post('/v1/assessments', 'developer', {'tool_id': kept, **until}, 201)['id']}"
    said = {"title": "A finding", "summary": "It is so.", "source": "A journal"}
    fin = f"/v1/research/{team.post('/v1/research', 'content', said, 201)['id']}"
    into = {"into_id": team.get("/v1/business-units/sales", "boss")["id"], **why}
    cam = f"/v1/campaigns/{_campaign(team, account)}"
    return [
        ("/v1/business-units/spain", "PATCH", "/v1/business-units/spain", "boss", {"name": "Iberia"}),
        ("/v1/business-units/spain", "POST", "/v1/business-units/spain/close", "boss", why),
        ("/v1/business-units/peru", "POST", "/v1/business-units/peru/merge", "boss", into),
        (taught, "POST", f"{taught}/retire", "content", why),
        ("/v1/courses/basics", "PATCH", "/v1/courses/basics", "content", {"title": "The basics"}),
        ("/v1/courses/basics", "POST", "/v1/courses/basics/retire", "content", why),
        (done, "POST", f"{done}/revoke", "boss", why),
        (f"/v1/appointments/{role['id']}", "DELETE", f"/v1/appointments/{role['id']}", "boss", None),
        ("/v1/policies/care/versions/1", "POST", "/v1/policies/care/versions/1/publish", "boss", {}),
        ("/v1/policies/care/versions/1", "POST", "/v1/policies/care/versions/1/retire", "boss", why),
        (hook, "PATCH", hook, "boss", {"name": "Another"}),
        (hook, "POST", f"{hook}/rotate", "boss", {}),
        ("/v1/vendors/acme-tools", "PATCH", "/v1/vendors/acme-tools", "boss", {"name": "Acme Tools"}),
        (
            f"/v1/publishing-tools/{tool['id']}",
            "PATCH",
            "/v1/publishing-tools/fanfare",
            "boss",
            {"kinds": ["publishing"]},
        ),
        (ass, "POST", f"{ass}/decisions", "boss", word),
        (fin, "POST", f"{fin}/withdraw", "content", why),
        (acc, "PATCH", acc, "hub", {"tools": ["fanfare"]}),
        (f"/v1/publishing-tools/{tool['id']}", "POST", "/v1/publishing-tools/fanfare/retire", "boss", {}),
        (req, "PATCH", req, "asker", {"justification": "Customer care, at night too."}),
        (req, "POST", f"{req}/decisions", "liaison", word),
        (f"{ASK}/{third['id']}", "POST", f"{ASK}/{third['id']}/decisions", "liaison", {"decision": "deny"}),
        (f"{ASK}/{fourth['id']}", "POST", f"{ASK}/{fourth['id']}/withdraw", "colleague", {}),
        (gra, "POST", f"{gra}/suspend", "hub", why),
        (gra, "POST", f"{gra}/resume", "hub", why),
        (gra, "POST", f"{gra}/revoke", "hub", why),
        (cle, "POST", f"{cle}/decisions", "boss", word),
        (cle, "POST", f"{cle}/withdraw", "content", {}),
        (cam, "PATCH", cam, "hub", {"title": "Summer"}),
        (cam, "POST", f"{cam}/end", "hub", why),
        (one, "POST", f"{one}/dispute", "hub", why),
        (one, "POST", f"{one}/taken-down", "hub", why),
        (one, "POST", f"{one}/reopen", "hub", why),
        (two, "POST", f"{two}/ignore", "hub", why),
        (three, "POST", f"{three}/adopt", "hub", {"business_unit_id": "sales"}),
        (acc, "PATCH", acc, "hub", {"purpose": "Customer care."}),
        (acc, "POST", f"{acc}/validate", "hub", {}),
        (acc, "POST", f"{acc}/activity", "hub", {}),
        (acc, "POST", f"{acc}/suspend", "hub", {}),
        (acc, "POST", f"{acc}/resume", "hub", {}),
        (acc, "POST", f"{acc}/decommission", "hub", {}),
        *[(acc, "POST", f"{acc}/decommissioning", "hub", PARKED | {"step": step}) for step in SAID],
        (acc, "POST", f"{acc}/archive", "hub", {}),
        (item, "POST", f"{item}/answer", "asker", {"answer": "retire", **why}),
        (item, "POST", f"{item}/decide", "hub", {"decision": "keep", **why}),
        (campaign, "POST", f"{campaign}/end", "hub", why),
        (f"/v1/accounts/{proposal['id']}", "PATCH", f"/v1/accounts/{proposal['id']}", "liaison", {"purpose": "News."}),
        *[
            (f"/v1/accounts/{proposal['id']}", "POST", f"/v1/accounts/{proposal['id']}/decisions", who, word)
            for who in ("hub", "boss")
        ],
        (f"/v1/accounts/{other['id']}", "POST", f"/v1/accounts/{other['id']}/withdraw", "liaison", {}),
    ]


def _campaign(team, account):
    team.appoint("hub", "campaign_manager", "sales")
    dates = {"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-04-02T09:00:00Z"}
    new = {"key": "spring", "title": "Spring", "purpose": "Balconies.", "business_unit_id": "sales", **dates}
    return team.post("/v1/campaigns", "hub", {**new, "account_ids": [account]}, 201)["key"]


def told_of_versions(team, where, method, path, who, body):
    """What one call does with each If-Match; None where that is as it should be."""
    team.clock.turn(seconds=1)
    tag, events = team.call("GET", where, "boss").headers["etag"], changes(team)
    call = lambda value: team.call(method, path, who, body, headers={"If-Match": value})  # noqa: E731
    stale = [call(value).status_code for value in ('"9999"', f"W/{tag}", '"9998", "9999"')]  # RFC 9110 13.1.1: strong
    if stale != [412, 412, 412] or call("unquoted").status_code != 400 or changes(team) != events:
        return f"stale: {stale}"
    done = call(f'"9999", {tag}')
    if done.status_code != 200:
        return f"{done.status_code} {done.text}"
    if done.headers["etag"] == tag or team.call("GET", where, "boss").headers["etag"] != done.headers["etag"]:
        return f"the ETag {tag} is now {done.headers['etag']}"
    late = call(tag)
    return None if late.status_code in (409, 412) else f"late: {late.status_code}"


def test_every_change_of_one_resource_honours_if_match(team, versioned):
    """Attack F13."""
    found = {f"{case[1]} {case[2]} by {case[3]}": told_of_versions(team, *case) for case in versioned}
    assert {call: wrong for call, wrong in found.items() if wrong} == {}


def test_any_version_will_do_for_a_star_and_for_none(team):
    """Attack F13."""
    assert team.call("PATCH", "/v1/business-units/sales", "boss", {"region": "EU"}).status_code == 200
    star = team.call("PATCH", "/v1/business-units/sales", "boss", {"region": "UK"}, headers={"If-Match": "*"})
    assert star.status_code == 200


def test_of_two_writers_with_one_etag_one_succeeds(team):
    """Attack F13."""
    tag, bearer = team.call("GET", "/v1/business-units/sales", "boss").headers["etag"], team.token("boss")
    for name in ("One", "Two", "Three"):
        path, sent = "/v1/business-units/sales", {"bearer": bearer, "headers": {"If-Match": tag}}
        answers = in_parallel(
            3, lambda n, name=name, sent=sent: team.call("PATCH", path, body={"name": f"{name} {n}"}, **sent)
        )
        assert sorted(one.status_code for one in answers) == [200, 412, 412]
        tag = team.call("GET", path, "boss").headers["etag"]


@pytest.mark.parametrize("moment", ["commit", "sealing"])
def test_the_answer_comes_after_the_commit_and_a_failed_commit_is_no_success(team, account, moment):
    """Attack F14."""
    bearer, before = team.token("asker"), changes(team)
    headers = {"Idempotency-Key": "key-1"}

    def fail(*_):
        raise OperationalError("COMMIT", {}, Exception("gone"))

    def at_the_log(_conn, _cursor, statement, *_):
        if statement.startswith("INSERT INTO audit_event"):
            fail()

    target = ("commit", fail) if moment == "commit" else ("before_cursor_execute", at_the_log)
    sa.event.listen(team.app.state.engine, *target)
    try:
        answer = team.call("POST", ASK, body=asking(account, justification=MARK), bearer=bearer, headers=headers)
    finally:
        sa.event.remove(team.app.state.engine, *target)
    lost = moment == "commit" and not team.settings.sqlite  # which SQLite's own answer never is
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown" if lost else "unavailable")
    assert answer.headers["retry-after"]
    assert "coe-revision" not in answer.headers and MARK not in answer.text
    assert changes(team) == before and team.get(ASK, "boss")["items"] == []
    retried = team.call("POST", ASK, body=asking(account, justification=MARK), bearer=bearer, headers=headers)
    assert retried.status_code == 201  # the key was not used up
