"""Attacks over SCIM, C14 to C17: whose door this is, what every refusal looks like, and what leaving means."""

import pytest

from app.clients import service as clients
from app.kernel.actor import Actor, ActorKind
from app.scim.documents.rules import USER

from .conftest import at, patching, user_document


@pytest.fixture
def ada(scim):
    return scim.user("ada", department="Sales", externalId="e-1")


# --- C14: whose door this is


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer nobody", "Bearer coe_nobody", "Basic YTpi", "bearer\tx"]
)
def test_c14_without_a_token_nothing_is_said(scim, header):
    for method, path in (
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("POST", "/Bulk"),
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/Me"),
    ):
        headers = {} if header is None else {"Authorization": header}
        answer = scim.world.client.request(method, f"/scim/v2{path}", headers=headers)
        scim.check(answer)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")


def test_c14_hrs_token_opens_no_other_door(scim):
    for method, path in (
        ("GET", "/v1/employees"), ("GET", "/v1/accounts"), ("GET", "/v1/me"), ("POST", "/v1/rights-requests"), ("GET", "/v1/audit/events"),
        ("POST", "/access/v1/evaluation"), ("POST", "/v1/appointments"), ("GET", "/v1/group-mappings"), ("POST", "/v1/group-mappings"),
        ("GET", "/v1/groups"),
    ):  # fmt: skip
        answer = scim.world.call(method, path, body={} if method == "POST" else None, bearer=scim.bearer)
        assert answer.status_code in (403, 422), (method, path, answer.text)
        if method == "GET":
            assert answer.status_code == 403, (path, answer.text)


@pytest.mark.parametrize("who", ["asker", "boss", "admin", "auditor", "developer"])
def test_c14_a_persons_token_does_not_speak_for_hr(scim, ada, who):
    bearer = scim.world.token(who)
    for method, path, body in (
        ("GET", "/Users", None), ("GET", at(ada), None), ("POST", "/Users", user_document("x")), ("PUT", at(ada), user_document("x")),
        ("PATCH", at(ada), patching(("replace", "active", False))), ("DELETE", at(ada), None), ("POST", "/Bulk", {"Operations": []}),
        ("POST", "/.search", {}), ("GET", "/Groups", None), ("GET", "/Schemas", None), ("GET", "", None),
    ):  # fmt: skip
        scim.want(403, method, path, body, bearer=bearer)
    assert scim.read(ada["id"]) == ada


def test_c14_other_clients_do_not_either(scim):
    with scim.world.work() as work:
        other = clients.create_client(work, "Tool", ["decisions", "audit:read"], static=True).bearer
        gone = clients.create_client(work, "Old HR", ["hr"], static=True)
        clients.revoke_client(work, gone.client_id)
    scim.want(403, "GET", "/Users", bearer=other)
    scim.want(401, "GET", "/Users", bearer=gone.bearer)


def test_c14_me_is_who_asks(scim):
    asker = str(scim.world.ids["asker"])
    said = scim.want(200, "GET", "/Me", who="asker")
    assert said["id"] == asker and said["userName"] == "asker" and said["schemas"][0] == USER
    assert said == scim.read(asker)
    scim.want(403, "GET", "/Me")
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        scim.want(405, method, "/Me", {}, who="asker")


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/Nope", 404), ("GET", "/Users/x/y", 404), ("GET", "/Users/", 404), ("GET", "/users", 404), ("GET", "/Users/nobody", 404),
    ("GET", "/Schemas/nope", 404), ("GET", "/ResourceTypes/nope", 404), ("PUT", "/Users", 405), ("DELETE", "/Users", 405),
    ("GET", "/Bulk", 405), ("GET", "/Users/.search", 404), ("POST", "/Schemas", 405), ("OPTIONS", "/Users", 405), ("TRACE", "/Users", 405),
    ("POST", "/Users/x", 405), ("GET", "/Users/01890000-0000-7000-8000-000000000000", 404),
    ("GET", "/Users/%2e%2e", 404), ("GET", "/Users;v=1", 404), ("GET", "//Users", 404),
])  # fmt: skip
def test_c14_every_refusal_is_a_scim_error(scim, method, path, status):
    answer = scim.call(method, path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code in (status, 404, 405) and answer.status_code >= 400, answer.text
    assert answer.status_code == status or path in ("/Users/.search", "/Users/%2e%2e", "//Users"), answer.status_code
    if answer.status_code == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(("body", "headers", "status"), [
    ("{", {}, 400), ("", {}, 400), ("[]", {}, 400), ("null", {}, 400), ('"x"', {}, 400), ('{"userName":NaN}', {}, 400), ("{}{}", {}, 400),
    ("[" * 100_000, {}, 400), ('{"a":' * 70 + "1" + "}" * 70, {}, 400), (b"\xff\xfe{}", {}, 400), ("\ufeff{}", {}, 400), (b"\xff", {}, 400),
    ('{"userName":"a\\ud800"}', {}, 400), ('{"userName":"a\\u0000"}', {}, 400), ("x" * 1_048_577, {}, 413), ("{}", {"Content-Type": "text/xml"}, 415),
    ("{}", {"Content-Encoding": "gzip"}, 415), ("userName=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
])  # fmt: skip
def test_c14_nor_is_a_body_that_is_none_told_of_otherwise(scim, body, headers, status):
    before = scim.world.intact()
    for method, path in (
        ("POST", "/Users"),
        ("POST", "/Bulk"),
        ("POST", "/Users/.search"),
        ("POST", "/.search"),
        ("POST", "/Groups"),
    ):
        answer = scim.call(method, path, body, headers=headers)
        assert answer.status_code == status or ("search" in path and answer.status_code == 400), (path, answer.text)
    assert scim.world.intact() == before


# --- C15 to C17: what leaving means


def test_c15_who_is_deactivated_has_nothing_left_in_the_same_commit(scim):
    team = scim.world
    account = team.account("acme")
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    grant = team.decide("hub", asked)["grants"][0]
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    waiting, theirs = (
        team.ask("asker", account, ["engage"]),
        team.ask("liaison", account, ["draft"], beneficiary_id=str(team.ids["asker"])),
    )
    with team.work() as work:
        work.actor = Actor(ActorKind.EMPLOYEE, team.ids["asker"])
        mine = clients.create_client(work, "Mine", ["audit:read"], static=True).bearer
    bearer = team.token("asker")
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=mine).status_code == 200
    before = team.intact()
    scim.patch(f"/Users/{team.ids['asker']}", ("Replace", "active", "False"))
    new = [one for one in team.events() if one["seq"] > before]
    assert {(one["at"], one["request_id"]) for one in new if one["action"] != "token.issued"} == {
        (new[-1]["at"], new[-1]["request_id"])
    }
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    assert team.call("GET", "/scim/v2/Me", bearer=bearer).status_code == 401
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=mine).status_code == 401
    assert team.get(f"/v1/grants/{grant['id']}", "boss")["state"] == "revoked"
    assert team.codes("boss", "asker", "publish", account) == {"subject_inactive", "grant_revoked"}
    for request in (waiting, theirs):
        assert team.get(f"/v1/rights-requests/{request['id']}", "boss")["state"] == "withdrawn"
    (one,) = team.get("/v1/appointments", "boss", params={"employee_id": team.ids["colleague"]})["items"]
    assert one["deputy_id"] is None


def test_c15_what_waits_for_who_is_deactivated_waits_for_others(scim):
    team = scim.world
    asked = team.ask("asker", team.account("acme"))
    scim.patch(f"/Users/{team.ids['liaison']}", ("replace", "active", False))
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert [(step["kind"], step["state"]) for step in steps] == [
        ("account_liaison", "merged"),
        ("community_manager", "open"),
    ]


@pytest.mark.parametrize("who", ["admin", "boss"])
def test_c16_the_mail_of_who_runs_the_service_is_nobody_elses(scim, ada, who):
    mail = [{"value": f"{who}@WORLD.example", "type": "work", "primary": True}]
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("evil", externalId="e-9", emails=mail))
    scim.refused(409, "uniqueness", "PUT", at(ada), user_document("ada", emails=mail))
    scim.refused(409, "uniqueness", "PATCH", at(ada), patching(("add", "emails", mail)))
    scim.refused(
        409, "uniqueness", "PATCH", at(ada), patching(("add", 'emails[type eq "work"].value', mail[0]["value"]))
    )
    (outcome,) = scim.bulk(("POST", "/Users", user_document("evil", emails=mail)))
    assert outcome["status"] == "409"
    own = f"/Users/{scim.world.ids[who]}"
    scim.put(own, user_document(who, emails=mail, title="T"))
    assert scim.employee(scim.world.ids[who])["title"] == "T"


def test_c16_anybody_elses_mail_makes_somebody_of_their_own(scim):
    made = scim.user("twin", emails=[{"value": "asker@world.example"}])
    assert made["id"] != str(scim.world.ids["asker"]) and scim.employee(scim.world.ids["asker"])["user_name"] == "asker"


def test_c17_hrs_word_ends_even_the_last_of_them(scim):
    team = scim.world
    for who in ("admin", "boss2", "boss"):
        scim.patch(f"/Users/{team.ids[who]}", ("replace", "active", False))
    assert team.get("/v1/appointments?role=strategist&ended=false", "auditor")["items"] == []
    assert [one["role"] for one in team.get("/v1/directory/orphans", "auditor")["roles"]] == ["strategist"]
