"""Passports: who gets one, what it says, what is taken for one, and which grants' passports count no more."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import runpy
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from jose import JOSEError

from app.directory import store as directory
from app.governance.passports import rules
from app.identity import signing
from app.kernel import tokens
from app.kernel.clock import system_clock
from app.kernel.tokens import BadKey, BadToken
from app.lifecycle import service as lifecycle
from scripts.docs import DOCS

ISSUER, API, AUDIENCE = "http://127.0.0.1:8000", "coe", "coe/passport"
EXAMPLE = DOCS / "examples" / "verify_passport.py"
WHY = {"reason": "A test."}


@pytest.fixture
def account(team):
    return team.account("Acme")


@pytest.fixture
def grant(team, account):
    return granted(team, account)


def granted(team, account, right="publish", who="asker", **more):
    asked = team.ask(who, account, [right], **more)
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def issue(team, grant, who="asker", status=200, **body):
    return team.post(f"/v1/grants/{grant['id']}/passport", who, body, status)


def key_set(team):
    return team.client.get("/.well-known/jwks.json").json()


def read(team, passport, *, issuer=ISSUER, audience=AUDIENCE, at=None):
    return rules.read(passport, key_set(team), issuer, audience, at or team.clock.now)


def refusals(answer):
    assert answer["code"] == "request_refused"
    for one in answer["reasons"]:
        assert one["message"].endswith(".") and one["remedy"]["message"].endswith("."), one
    return [one["code"] for one in answer["reasons"]]


def seconds(team, **later):
    return int((team.clock.now + timedelta(**later)).timestamp())


# --- getting one -------------------------------------------------------------------------------------------------------


def test_a_passport_says_what_the_grant_allows_for_five_minutes(team, account, grant):
    bearer = team.token("asker")
    revision = team.intact()
    made = team.post(f"/v1/grants/{grant['id']}/passport", None, {}, bearer=bearer)
    assert (made["audience"], made["expires_at"]) == (AUDIENCE, "2026-03-02T09:05:00Z")
    said = dict(read(team, made["passport"]))
    assert len(said.pop("jti")) == 36
    assert said == {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(team.ids["asker"]), "iat": seconds(team), "nbf": seconds(team),
        "exp": seconds(team, minutes=5), "grant_id": grant["id"], "account_id": account, "network": "x", "handle": "acme",
        "right": "publish", "revision": str(revision),
    }  # fmt: skip
    header = json.loads(base64.urlsafe_b64decode(made["passport"].split(".")[0] + "=="))
    assert header == {"alg": "RS256", "typ": "posting-passport+jwt", "kid": key_set(team)["keys"][0]["kid"]}


def test_each_is_told_of_and_none_is_kept_in_the_log(team, grant):
    bearer, path, sent = team.token("asker"), f"/v1/grants/{grant['id']}/passport", {"Idempotency-Key": "once"}
    first, again = (team.call("POST", path, body={}, bearer=bearer, headers=sent) for _ in range(2))
    assert first.json() == again.json() and "etag" not in first.headers  # it is no grant
    (event,) = team.events(action="passport.issued")
    said = read(team, first.json()["passport"])
    assert event["subject"] == {"kind": "grant", "id": grant["id"]} and event["actor"]["id"] == str(team.ids["asker"])
    assert event["after"]["jti"] == said["jti"] and event["after"]["audience"] == AUDIENCE
    assert first.json()["passport"] not in json.dumps(team.events())
    assert read(team, issue(team, grant)["passport"])["jti"] != said["jti"]
    assert len(team.events(action="passport.issued")) == 2


def test_it_never_outlives_its_grant(team, account):
    grant = granted(team, account, until="2026-03-02T09:03:00Z")
    made = issue(team, grant)
    assert made["expires_at"] == "2026-03-02T09:03:00Z" and read(team, made["passport"])["exp"] == seconds(
        team, minutes=3
    )
    team.clock.turn(minutes=3)
    assert refusals(issue(team, grant, status=422)) == ["grant_expired"]


def test_only_the_holder_gets_one(team, grant):
    for who in ("boss", "liaison", "hub", "auditor"):
        assert issue(team, grant, who, 403)["code"] == "forbidden"
    for who in ("colleague", "stranger", "developer"):
        assert issue(team, grant, who, 404)["code"] == "not_found"
    assert team.events(action="passport.issued") == []


def test_it_is_refused_with_every_reason_of_an_evaluation(team, account, grant):
    team.post(f"/v1/accounts/{account}/suspend", "hub", WHY)
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", WHY)
    refused = issue(team, grant, status=422)
    asked = team.evaluate("boss", "asker", "publish", account)["context"]["reasons"]
    assert refusals(refused) == ["account_not_active", "grant_suspended"]
    assert refused["reasons"] == [{name: one[name] for name in one if one[name] is not None} for one in asked]
    team.post(f"/v1/accounts/{account}/resume", "hub", WHY)
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", WHY)
    assert refusals(issue(team, grant, status=422)) == ["grant_revoked"]


def test_the_model_and_policy_in_force_count(team, grant):
    team.switch("boss", "centralized")
    assert refusals(issue(team, grant, status=422)) == ["above_model_ceiling"]
    team.clock.turn(seconds=1)
    tool = team.post("/v1/publishing-tools", "boss", {"key": "platform", "name": "Platform"}, 201)
    team.switch("boss", "honeycomb", platform_id=tool["id"])
    assert refusals(issue(team, grant, status=422)) == ["tool_not_the_platform"]


def test_no_other_grant_that_covers_the_right_speaks_for_it(team, account, grant):
    draft = granted(team, account, "draft")
    team.post(f"/v1/grants/{draft['id']}/suspend", "hub", WHY)
    assert team.evaluate("asker", "asker", "draft", account)["decision"] is True  # by the right to publish
    assert refusals(issue(team, draft, status=422)) == ["grant_suspended"]
    assert read(team, issue(team, grant)["passport"])["right"] == "publish"


def test_a_leaver_gets_none(team, grant):
    bearer = team.token("asker")
    team.fire("asker")
    answer = team.call("POST", f"/v1/grants/{grant['id']}/passport", body={}, bearer=bearer)
    assert answer.status_code == 401


def test_it_may_be_for_another_audience_but_never_for_this_api(team, grant):
    made = issue(team, grant, audience="fanfare")
    assert made["audience"] == "fanfare" == read(team, made["passport"], audience="fanfare")["aud"]
    with pytest.raises(BadToken, match="another audience"):
        read(team, made["passport"])
    (error,) = issue(team, grant, status=422, audience=API)["errors"]
    assert (error["pointer"], error["code"]) == ("/audience", "not_allowed")
    for odd in ("", " ", "a\u200bb", "x" * 201, 7):
        assert issue(team, grant, status=422, audience=odd)["code"] == "validation"


def test_what_was_read_before_a_change_gets_none(team, grant):
    stale = team.call("GET", f"/v1/grants/{grant['id']}", "asker").headers["etag"]
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", WHY)
    team.post(f"/v1/grants/{grant['id']}/resume", "hub", WHY)
    answer = team.call("POST", f"/v1/grants/{grant['id']}/passport", "asker", {}, headers={"If-Match": stale})
    assert answer.status_code == 412


# --- what is taken for one ---------------------------------------------------------------------------------------------


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Forger:
    """Somebody with a good passport, and with the signing key where an attack takes one."""

    def __init__(self, team, grant):
        self.good = issue(team, grant)["passport"]
        self.said = dict(read(team, self.good))
        self.key = signing.key_ring(team.settings.keys).newest

    def signed(self, typ=rules.TYPE, **changed):
        claims = {name: value for name, value in {**self.said, **changed}.items() if value is not None}
        return tokens.sign(claims, self.key, typ)

    def by_hand(self, header, signature):
        body = ".".join(b64(json.dumps(part).encode()) for part in (header, self.said))
        return f"{body}.{b64(signature(body.encode()))}"

    def tampered(self):
        head, _, signature = self.good.split(".")
        return f"{head}.{b64(json.dumps(self.said | {'right': 'administer'}).encode())}.{signature}"

    def unsigned(self):
        return self.by_hand({"alg": "none", "typ": rules.TYPE, "kid": self.key.kid}, lambda _: b"")

    def with_public_key(self, form):
        secret = self.key.private_key().public_key().public_bytes(form, serialization.PublicFormat.SubjectPublicKeyInfo)
        header = {"alg": "HS256", "typ": rules.TYPE, "kid": self.key.kid}
        return self.by_hand(header, lambda body: hmac.digest(secret, body, hashlib.sha256))

    def of_another(self):
        """Signed by a key of the forger's own, under our key's name."""
        theirs = tokens.generate_key()
        return tokens.sign(self.said, tokens.SigningKey(self.key.kid, theirs.private_pem), rules.TYPE)

    def forged(self, team):
        """Why each is refused, and the token."""
        late = seconds(team, minutes=-10)
        return {
            "tampered": self.tampered(), "without a signature": self.good.rpartition(".")[0] + ".", "alg none": self.unsigned(),
            "public key as PEM": self.with_public_key(serialization.Encoding.PEM),
            "public key as DER": self.with_public_key(serialization.Encoding.DER),
            "another's key": self.of_another(), "an access token": team.token("asker"),
            "typ of an access token": self.signed("at+jwt"), "typ of any JWT": self.signed("JWT"),
            "another audience": self.signed(aud="fanfare"), "many audiences": self.signed(aud=[AUDIENCE, "fanfare"]),
            "the API's audience": self.signed(aud=API), "no audience": self.signed(aud=None),
            "another issuer": self.signed(iss="http://127.0.0.1:9000"), "no issuer": self.signed(iss=None),
            "no end": self.signed(exp=None), "expired": self.signed(iat=late, nbf=late, exp=late + 300),
            "not yet": self.signed(nbf=seconds(team, minutes=2)), "nothing": "", "no token": "passport",
        }  # fmt: skip


@pytest.fixture
def forger(team, grant):
    return Forger(team, grant)


def test_nothing_else_is_taken_for_a_passport(team, forger):
    assert read(team, forger.signed())["grant_id"] == forger.said["grant_id"]  # the forge is sound
    for name, forged in {
        **forger.forged(team), "an hour long": forger.signed(exp=seconds(team, hours=1)),
        "of tomorrow": forger.signed(iat=seconds(team, days=1)),
    }.items():  # fmt: skip
        with pytest.raises(BadToken):
            pytest.fail(f"{name}: {read(team, forged)}")


def test_it_is_good_up_to_and_not_at_its_end(team, forger):
    ends = team.clock.now + timedelta(minutes=5)
    assert read(team, forger.good, at=ends - timedelta(microseconds=1))["exp"] == int(ends.timestamp())
    with pytest.raises(BadToken, match="expired"):
        read(team, forger.good, at=ends)


def test_no_passport_is_taken_for_an_access_token(team, forger):
    person, more = {"principal": "employee", "client_id": "cli"}, {"scope": "decisions"}
    access = forger.signed("at+jwt", aud=API, **person)
    assert team.call("GET", "/v1/me", bearer=access).status_code == 200  # all that differs is typ and audience
    for token in (
        forger.good, forger.signed(**person), forger.signed(aud=API, **person), forger.signed("at+jwt", **person),
        forger.signed(aud=API, **person, **more), forger.signed("JWT", aud=API, **person),
    ):  # fmt: skip
        assert team.call("GET", "/v1/me", bearer=token).status_code == 401


def test_a_key_set_that_cannot_be_trusted_is_not_used(team, forger):
    key, *_ = key_set(team)["keys"]
    for keys in (
        {},
        [],
        {"keys": [key, key]},
        {"keys": [{**key, "d": "AQAB"}]},
        {"keys": [{"kty": "oct", "k": "AA", "kid": "x"}]},
    ):
        with pytest.raises(BadKey):
            rules.read(forger.good, keys, ISSUER, AUDIENCE, team.clock.now)
    with pytest.raises(BadToken, match="unknown kid"):
        rules.read(forger.good, {"keys": []}, ISSUER, AUDIENCE, team.clock.now)


# --- at the command line, and in a tool --------------------------------------------------------------------------------


@pytest.fixture
def now(team):
    """The clock of the machine: other processes look at it."""
    team.clock.now = system_clock()
    return team


@pytest.fixture
def key_file(now, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(key_set(now)))
    return path


def spoilt(good):
    """With another first character of its signature."""
    said, _, signature = good.rpartition(".")
    return f"{said}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def coe(folder, *words, given=None, **environment):
    command = [sys.executable, "-c", "from app.cli import main; main()", "passport", "verify", *words]
    return subprocess.run(
        command, env=os.environ | environment, cwd=folder, input=given, capture_output=True, text=True, check=False
    )


def test_the_command_line_checks_offline(now, key_file, account):
    made = issue(now, granted(now, account))
    good, elsewhere = made["passport"], key_file.parent
    done = coe(elsewhere, good, "--jwks", str(key_file))
    assert (done.returncode, json.loads(done.stdout)) == (0, dict(read(now, good))), done.stderr
    assert coe(elsewhere, "-", "--jwks", str(key_file), given=f"{good}\n").stdout == done.stdout
    for words, why in (
        ((spoilt(good), "--jwks", str(key_file)), "the passport is not good: the signature does not fit."),
        ((good, "--jwks", str(key_file), "--audience", "fanfare"), "the passport is not good: another audience."),
        (
            (good, "--jwks", str(key_file), "--issuer", "https://coe.example"),
            "the passport is not good: another issuer.",
        ),
        (
            (now.token("asker"), "--jwks", str(key_file)),
            "the passport is not good: a type of token that is not accepted.",
        ),
        ((good, "--jwks", "missing.json"), "the key set cannot be used: "),
        ((good, "--jwks", "http://coe.example/keys"), "the key set cannot be used: "),
    ):
        done = coe(elsewhere, *words)
        assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith(f"coe: {why}"), done.stderr
        assert done.stderr.count("\n") == 1
    (elsewhere / "bad.json").write_text("[]")
    assert coe(elsewhere, good, "--jwks", "bad.json").returncode == 1


def test_the_command_line_fetches_the_keys_where_they_are_published(now, key_file, account):
    folder = key_file.parent / "site" / ".well-known"
    folder.mkdir(parents=True)
    key_file.rename(folder / "jwks.json")
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    serve = lambda *given: quiet(*given, directory=str(folder.parent))  # noqa: E731
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as site:
        threading.Thread(target=site.serve_forever).start()
        try:
            url = f"http://127.0.0.1:{site.server_port}"
            good = issue(now, granted(now, account), audience="fanfare")["passport"]
            told = coe(key_file.parent, good, "--issuer", ISSUER, "--audience", "fanfare", COE_PUBLIC_URL=url)
            named = coe(key_file.parent, good, "--audience", "fanfare", "--jwks", f"{url}/.well-known/jwks.json")
            missing = coe(key_file.parent, good, "--jwks", f"{url}/nothing")
        finally:
            site.shutdown()
    assert told.returncode == named.returncode == 0 and told.stdout == named.stdout, told.stderr + named.stderr
    assert (missing.returncode, missing.stderr) == (1, "coe: the key set cannot be used: the answer is 404.\n")


def example(folder, passport, *words):
    command = [sys.executable, str(EXAMPLE), *words]
    return subprocess.run(command, cwd=folder, input=passport, capture_output=True, text=True, check=False)


def test_the_example_is_short_and_works_as_a_process_of_its_own(now, key_file, account):
    grant = granted(now, account)
    good, words = issue(now, grant)["passport"], (str(key_file), ISSUER, AUDIENCE)
    done = example(key_file.parent, good, *words)
    assert (done.returncode, json.loads(done.stdout)) == (0, dict(read(now, good))), done.stderr
    refused = example(key_file.parent, spoilt(good), *words)
    assert (refused.returncode, refused.stdout) == (1, "") and refused.stderr.startswith("The passport is not good: ")
    now.post(f"/v1/grants/{grant['id']}/revoke", "hub", WHY)
    (key_file.parent / "revoked.json").write_text(json.dumps(now.get("/v1/passports/revocations", "boss")))
    revoked = example(key_file.parent, good, *words, "revoked.json")
    assert (revoked.returncode, revoked.stderr) == (1, "The passport is not good: its grant works no more.\n")
    assert len([line for line in EXAMPLE.read_text().splitlines() if line.strip()]) <= 30


def test_the_example_takes_nothing_else_for_a_passport(now, account):
    forger, verify = Forger(now, granted(now, account)), runpy.run_path(str(EXAMPLE))["verify"]
    assert verify(forger.good, key_set(now), ISSUER, AUDIENCE) == forger.said
    for name, forged in forger.forged(now).items():
        with pytest.raises((JOSEError, ValueError)):
            pytest.fail(f"{name}: {verify(forged, key_set(now), ISSUER, AUDIENCE)}")


# --- before it expires -------------------------------------------------------------------------------------------------


def listed(team, who="boss"):
    found = team.get("/v1/passports/revocations", who)
    assert found["generated_at"] == team.clock.now.isoformat().replace("+00:00", "Z")
    assert datetime.fromisoformat(found["since"]) == team.clock.now - timedelta(minutes=10)
    assert found["revision"] == str(team.intact())
    return [(one["grant_id"], one["state"], one["at"]) for one in found["items"]]


def test_a_revoked_grant_is_listed_for_ten_minutes(team, grant):
    assert listed(team) == []
    team.clock.turn(minutes=1)
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", WHY)
    told = [(grant["id"], "revoked", "2026-03-02T09:01:00Z")]
    assert listed(team) == listed(team, "developer") == told
    team.clock.turn(minutes=9, seconds=59)
    assert listed(team) == told
    team.clock.turn(seconds=1)
    assert listed(team) == []
    team.get("/v1/passports/revocations", "asker", 403)


def test_a_pause_is_listed_until_it_is_over(team, account, grant):
    other = granted(team, account, "engage")
    team.post(f"/v1/grants/{other['id']}/suspend", "hub", WHY)
    team.clock.turn(seconds=1)
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", WHY)
    assert listed(team) == [
        (other["id"], "suspended", "2026-03-02T09:00:00Z"), (grant["id"], "suspended", "2026-03-02T09:00:01Z"),
    ]  # fmt: skip
    team.post(f"/v1/grants/{grant['id']}/resume", "hub", WHY)
    assert [one[:2] for one in listed(team)] == [(other["id"], "suspended")]
    team.post(f"/v1/grants/{other['id']}/revoke", "hub", WHY)  # once, by what became of it
    assert listed(team) == [(other["id"], "revoked", "2026-03-02T09:00:01Z")]


def test_a_leavers_grants_are_listed_and_one_that_was_replaced(team, account, grant):
    granted(team, account, who="colleague")
    team.clock.turn(minutes=1)
    asked = team.post(f"/v1/grants/{grant['id']}/renew", "asker", {"justification": "Still."}, 201)
    team.decide("liaison", asked)
    new = team.decide("hub", asked)["grants"][0]
    assert [one[:2] for one in listed(team)] == [(grant["id"], "superseded")]
    team.fire("asker")
    assert [one[:2] for one in listed(team)] == [(grant["id"], "superseded"), (new["id"], "revoked")]


def stop(team, kind, id_, **more):
    body = {"scope": {"kind": kind, "id": id_}, "severity": "L2", "reason": "A recall.", **more}
    return team.post("/v1/freezes", "boss", body, 201)


@pytest.mark.parametrize("kind", ["enterprise", "business_unit", "network", "account"])
def test_what_a_freeze_stops_is_listed_until_it_is_lifted(team, account, grant, kind):
    elsewhere = team.ask("asker", team.account("far", "logistics", "instagram"))
    for who in ("otherliaison", "liaison", "hub"):
        elsewhere = team.decide(who, elsewhere)
    exempt = granted(team, account, who="colleague")
    team.clock.turn(minutes=1)
    scope = {"business_unit": "sales", "network": "x", "account": account}.get(kind)
    made = stop(team, kind, scope, exempt_employee_ids=[exempt["employee_id"]])
    stopped = [grant, *(elsewhere["grants"] if kind == "enterprise" else ())]
    told = [(one["id"], "frozen", "2026-03-02T09:01:00Z") for one in stopped]
    assert listed(team) == told
    team.clock.turn(minutes=9, seconds=59)
    assert listed(team) == told
    team.post(f"/v1/freezes/{made['id']}/lift", "boss", WHY)
    assert listed(team) == []


def test_what_a_freeze_stops_is_listed_once_while_a_passport_may_be_left(team, account, grant):
    stop(team, "network", "x", until="2026-03-02T09:03:00Z")
    team.clock.turn(minutes=1)
    stop(team, "account", account, until="2026-03-02T09:20:00Z")
    assert listed(team) == [(grant["id"], "frozen", "2026-03-02T09:00:00Z")]
    team.clock.turn(minutes=2)
    assert listed(team) == [(grant["id"], "frozen", "2026-03-02T09:01:00Z")]
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", WHY)  # what became of the grant itself comes first
    assert listed(team) == [(grant["id"], "revoked", "2026-03-02T09:03:00Z")]
    other = granted(team, account, who="colleague")
    assert [one[0] for one in listed(team)] == [other["id"], grant["id"]]
    team.clock.turn(minutes=8)
    assert [one[0] for one in listed(team)] == [grant["id"]]  # no passport of the other is older than ten minutes


def test_what_a_suspended_account_stops_is_listed_until_it_is_resumed(team, account, grant):
    team.clock.turn(minutes=1)
    team.post(f"/v1/accounts/{account}/suspend", "boss", {})
    assert listed(team) == [(grant["id"], "frozen", "2026-03-02T09:01:00Z")]
    team.post(f"/v1/accounts/{account}/resume", "boss", {})
    assert listed(team) == []
    team.clock.turn(minutes=10)
    assert listed(team) == []


@pytest.mark.parametrize("archived", [False, True])
def test_what_a_retired_account_stops_is_listed_as_revoked(team, account, grant, archived):
    team.clock.turn(minutes=1)
    team.post(f"/v1/accounts/{account}/suspend", "boss", {})
    team.post(f"/v1/accounts/{account}/decommission", "boss", {})
    if archived:
        team.work_off(account)
        team.post(f"/v1/accounts/{account}/archive", "boss", {})
    assert listed(team) == [(grant["id"], "revoked", "2026-03-02T09:01:00Z")]
    team.clock.turn(minutes=10)
    assert listed(team) == []


def test_what_is_moved_into_a_freeze_is_listed(team, account, grant):
    stop(team, "business_unit", "logistics")
    team.clock.turn(minutes=11)
    assert listed(team) == []
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"business_unit_id": into})
    assert listed(team) == [(grant["id"], "frozen", "2026-03-02T09:11:00Z")]


def test_a_movers_pause_is_listed_when_it_has_begun(team, grant):
    with team.work() as work:
        person = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, person, {"business_unit_id": lifecycle.department(work, "Logistics")})
    assert listed(team) == []
    team.clock.turn(days=14, seconds=-1)
    assert listed(team) == [] and issue(team, grant)["audience"] == AUDIENCE
    team.clock.turn(seconds=1)
    assert listed(team) == [(grant["id"], "suspended", "2026-03-16T09:00:00Z")]
    assert refusals(issue(team, grant, status=422)) == ["grant_suspended"]
