"""Signing in at an issuer of the company's: out to it, back with a code, and whom its token names."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.console.sessions.service import desk
from app.console.signon.service import Gate
from app.directory import store as directory
from app.identity.external.rules import Application, ExternalIssuer
from app.identity.external.service import External
from tests.identity.provider import ISSUER, KEY, OTHER, running, token

from .browsing import HOST, PASSWORD, Browser

AWAY, BACK = "/console/login/away", "/console/login/back"
US = Application("coe-console", "s3cr&t", f"{ISSUER}/authorize?audience=coe", "", "openid email")


@pytest.fixture
def provider():
    yield from running()


def installed(team, application):
    """People sign in elsewhere from now on; ``application``: what the console is there."""
    settings = ExternalIssuer(ISSUER, "https://idp.example/keys", "coe", application=application)
    external = External(settings, lambda _: {"keys": [KEY.public_jwk()]})
    identity = team.app.state.identity = replace(team.app.state.identity, external=external)
    team.app.state.console = desk(identity, b"of forms")
    team.app.state.gate = Gate(identity, team.app.state.console)


@pytest.fixture
def issuer(team, provider):
    """The console is known at an issuer, whose token endpoint answers with a token for the asker."""
    installed(team, replace(US, token_url=provider.url))
    give(team, provider)
    return provider


def give(team, provider, key=KEY, **claims):
    told = {"access_token": token(team.clock.now, key, **{"email": email_of(team), **claims}), "token_type": "Bearer"}
    provider.say(json.dumps(told).encode())


def email_of(team, who="asker"):
    with team.work(write=False) as work:
        return directory.employee(work.session, team.ids[who]).email


def out(browser, path=AWAY):
    """What the issuer is asked, once the browser was sent there."""
    page = browser.get(path)
    assert page.status == 303, page.text
    return dict(parse_qsl(urlsplit(page.answer.headers["location"]).query))


def come_back(browser, asked, **changes):
    answer = {"code": "c-1", "state": asked["state"], "iss": ISSUER, **changes}
    query = {name: value for name, value in answer.items() if value is not None}
    return Browser.get(browser, f"{BACK}?{'&'.join(f'{name}={value}' for name, value in query.items())}")


def logins(team):
    return [(one["action"], one["subject"]["id"]) for one in team.events() if one["action"].startswith("login.")]


def test_people_go_to_the_issuer_and_come_back_to_the_page_that_they_asked_for(team, issuer):
    browser = Browser(team)
    login = browser.get("/console/accounts?state=active").answer.headers["location"]
    page = browser.get(login)
    assert ISSUER in page.text and page.forms == []
    (link,) = [one for one in page.links() if one.startswith(AWAY)]
    asked = out(browser, link)
    back = come_back(browser, asked)
    (refresh,) = [at["content"] for tag, at in back.tags if at.get("http-equiv") == "refresh"]
    assert (back.status, refresh) == (200, "0; url=/console/accounts?state=active")
    assert "Asker" in browser.get("/console").text and browser.get("/console/accounts?state=active").status == 200
    assert logins(team) == [("login.accepted", str(team.ids["asker"]))] and team.untold() == ()


def test_what_the_issuer_is_asked(team, issuer):
    browser = Browser(team)
    asked = out(browser)
    come_back(browser, asked)
    ((headers, form),) = issuer.sent
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert asked == {
        "audience": "coe", "response_type": "code", "client_id": "coe-console", "redirect_uri": f"{HOST}{BACK}",
        "scope": "openid email", "state": asked["state"], "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    assert {**form, "code_verifier": ""} == {
        "grant_type": "authorization_code", "code": "c-1", "redirect_uri": f"{HOST}{BACK}", "code_verifier": "",
    }  # fmt: skip
    assert headers["Authorization"] == "Basic Y29lLWNvbnNvbGU6czNjciUyNnQ="  # coe-console:s3cr%26t
    assert out(browser)["state"] != asked["state"] != out(Browser(team))["state"]


def test_a_public_client_names_itself_and_has_no_secret(team, issuer):
    installed(team, replace(US, token_url=issuer.url, secret=None))
    browser = Browser(team)
    come_back(browser, out(browser))
    headers, form = issuer.sent[-1]
    assert form["client_id"] == "coe-console" and "Authorization" not in headers


@pytest.mark.parametrize("changes", [
    {"state": "another"}, {"state": None}, {"state": ""}, {"iss": "https://evil.example"}, {"code": None}, {"code": ""},
    {"error": "access_denied"}, {"error": "server_error", "code": None},
])  # fmt: skip
def test_an_answer_that_was_not_asked_for_signs_nobody_in(team, issuer, changes):
    browser = Browser(team)
    page = come_back(browser, out(browser), **changes)
    assert page.status == 403 and issuer.sent == [] and browser.get("/console").status == 303
    assert any(one.startswith(AWAY) for one in page.links()) and logins(team) == []
    again = come_back(browser, {"state": "gone"})  # the errand is over, whatever came of it
    assert "another browser" in again.text


def test_an_answer_to_another_browser_signs_nobody_in(team, issuer):
    asked = out(Browser(team))
    victim = Browser(team)
    assert come_back(victim, asked).status == 403
    out(victim)  # an errand of its own
    assert come_back(victim, asked).status == 403 and victim.cookie is None and issuer.sent == []


def test_who_was_away_too_long_goes_once_more(team, issuer):
    browser = Browser(team)
    asked = out(browser)
    team.clock.turn(minutes=10)
    assert "too long" in come_back(browser, asked).text
    later = out(browser)
    team.clock.turn(minutes=9, seconds=59)
    give(team, issuer)
    assert come_back(browser, later).status == 200


@pytest.mark.parametrize("claims", [
    {"email": "nobody@firm.example"}, {"email": None}, {"email_verified": False},
])  # fmt: skip
def test_whom_nobody_here_is_called_signs_nobody_in(team, issuer, claims):
    give(team, issuer, **claims)
    browser = Browser(team)
    page = come_back(browser, out(browser))
    assert (page.status, browser.cookie) == (403, None) and "does not work here" in page.text
    assert logins(team) == [("login.refused", "unknown")]


def test_who_has_left_signs_in_no_more(team, issuer):
    email = email_of(team)
    team.fire("asker")
    give(team, issuer, email=email)
    browser = Browser(team)
    assert come_back(browser, out(browser)).status == 403 and logins(team) == [("login.refused", "unknown")]


@pytest.mark.parametrize("claims", [
    {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"nonce": "of an ID token"}, {"key": OTHER},
])  # fmt: skip
def test_a_token_that_no_caller_could_use_signs_nobody_in(team, issuer, claims):
    give(team, issuer, **claims)
    browser = Browser(team)
    page = come_back(browser, out(browser))
    assert (page.status, browser.cookie) == (403, None) and "cannot be used" in page.text and logins(team) == []


def test_a_token_of_ours_signs_nobody_in_there(team, issuer):
    own = team.app.state.identity.own
    mine = own.mint(str(team.ids["asker"]), team.clock.now, timedelta(hours=1), {"principal": "employee"})
    issuer.say(json.dumps({"access_token": mine, "token_type": "Bearer"}).encode())
    browser = Browser(team)
    assert "cannot be used" in come_back(browser, out(browser)).text and browser.cookie is None


@pytest.mark.parametrize(("body", "status"), [
    (b'{"error": "invalid_grant"}', 400), (b"<html>", 200), (b"[]", 200), (b"{}", 200), (b"x" * 300_000, 200), (b"", 302),
    (b'{"access_token": "x", "token_type": "DPoP"}', 200), (b'{"access_token": 7, "token_type": "Bearer"}', 200),
])  # fmt: skip
def test_whatever_else_the_token_endpoint_says_signs_nobody_in(team, issuer, body, status):
    issuer.say(body, status)
    browser = Browser(team)
    page = come_back(browser, out(browser))
    assert (page.status, browser.cookie) == (403, None) and "cannot be used" in page.text


def test_no_cookie_of_another_way_to_sign_in_counts(team, issuer):
    installed(team, replace(US, token_url=issuer.url))
    there = Browser(team, "asker")
    assert there.get("/console").status == 200
    kept = there.cookie
    team.app.state.identity = replace(team.app.state.identity, external=None)
    team.app.state.console = desk(team.app.state.identity, b"of forms")
    team.app.state.gate = Gate(team.app.state.identity, team.app.state.console)
    here = Browser(team)
    here.client.cookies.set("coe-console", kept)
    assert here.get("/console").status == 303  # signed in elsewhere: of no use where passwords count
    assert here.get(AWAY).answer.headers["location"] == "/console/login"


def test_the_cookie_of_who_is_away_is_for_us_alone_and_goes_when_they_are_back(team, issuer):
    browser = Browser(team)
    page = browser.get(f"{AWAY}?next=/console/freezes")
    (kept,) = page.answer.headers.get_list("set-cookie")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= set(kept.split("; "))
    asked = dict(parse_qsl(urlsplit(page.answer.headers["location"]).query))
    assert asked["state"] not in page.answer.headers["location"].split("?")[0]
    back = come_back(browser, asked)
    assert back.answer.headers["referrer-policy"] == "no-referrer" and browser.client.cookies.get("coe-away") is None
    assert come_back(browser, asked).status == 403  # nobody comes back twice


def test_what_is_kept_while_away_is_no_sign_in_and_a_sign_in_is_no_errand(team, issuer):
    browser = Browser(team)
    asked = out(browser)
    errand = browser.client.cookies.get("coe-away")
    browser.client.cookies.set("coe-console", errand)
    assert browser.get("/console").status == 303
    assert browser.client.get("/v1/me", headers={"Authorization": f"Bearer {errand}"}).status_code == 401
    other = Browser(team, "asker")
    other.client.cookies.set("coe-away", other.cookie)
    assert come_back(other, asked).status == 403 and issuer.sent == []


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/v1/me", "/console\\evil"])
def test_nobody_is_led_astray(team, issuer, path):
    browser = Browser(team)
    browser.client.get(AWAY, params={"next": path})
    asked = out(browser)
    (refresh,) = [at["content"] for tag, at in come_back(browser, asked).tags if at.get("http-equiv") == "refresh"]
    assert refresh == "0; url=/console"


def test_where_the_console_is_not_known_there_the_page_says_so_and_no_cookie_counts(team):
    signed_in = Browser(team, "asker")
    installed(team, None)
    browser = Browser(team, "asker")
    assert browser.get("/console").status == signed_in.get("/console").status == 303
    page = browser.get("/console/login")
    assert ISSUER in page.text and page.forms == [] and not any(one.startswith(AWAY) for one in page.links())
    assert browser.post("/console/login", {"user": "asker", "password": PASSWORD}).forms == []
    assert browser.get(AWAY).answer.headers["location"] == "/console/login"
    assert browser.get(f"{BACK}?code=c&state=s").status == 403


def test_where_passwords_count_nobody_comes_back_from_elsewhere(team):
    assert Browser(team).get(f"{BACK}?code=c&state=s").answer.headers["location"] == "/console/login"
