"""The login page: what a browser is told about it, who may send its form, and how often."""

import asyncio
import json
import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from app.identity.login import rules, service, store
from app.identity.login.service import Admitted, Refused, Throttled
from app.identity.login.tables import Login, LoginThrottle
from app.identity.service import build_identity

from .conftest import PASSWORD, REDIRECT, URL, Clock, Told, World, action, authorize_url, build, form_token

WRONG = "wrong password 1"


def fail(world: World, times: int, user: str = "ann") -> list[Any]:
    return [world.log_in(user, WRONG) for _ in range(times)]


def without_what_is_fresh(page: Any) -> str:
    """The page's text but for its one-time token and the name typed in."""
    text = re.sub(r'name="form_token" value="[^"]+"', "", page.text)
    return re.sub(r'name="user" value="[^"]*"', "", text)


# --- L05 throttling --------------------------------------------------------------------------------------------------


def test_l05_ten_failures_close_an_account_for_a_while_from_wherever(world: World) -> None:
    world.hire("ann")
    assert [page.status_code for page in fail(world, 10)] == [403] * 10
    page = world.log_in("ann")
    assert page.status_code == 429
    assert 0 < int(page.headers["retry-after"]) <= 15 * 60
    with TestClient(world.app, base_url=URL, follow_redirects=False, client=("192.0.2.9", 1)) as elsewhere:
        form = {"user": "ann", "password": PASSWORD}
        asked = elsewhere.get(authorize_url())
        assert elsewhere.post(action(asked), data={**form, "form_token": form_token(asked)}).status_code == 429
    world.clock.forward(minutes=15)
    assert world.log_in("ann").status_code == 303


def test_l05_ten_failures_close_an_address_whoever_is_tried(world: World) -> None:
    world.hire("ann")
    for number in range(10):
        assert world.log_in(f"user{number}", WRONG).status_code == 403
    assert world.log_in("ann").status_code == 429
    with TestClient(world.app, base_url=URL, follow_redirects=False, client=("192.0.2.9", 1)) as elsewhere:
        asked = elsewhere.get(authorize_url())
        form = {"user": "ann", "password": PASSWORD, "form_token": form_token(asked)}
        assert elsewhere.post(action(asked), data=form).status_code == 303


def test_l05_unknown_and_wrong_are_answered_alike(world: World) -> None:
    world.hire("ann")
    world.hire("bob", password=False)
    world.hire("eve")
    world.leave("eve")
    users = ["ann", "bob", "eve", "nobody"]
    pages = [world.log_in(user, WRONG if user != "eve" else PASSWORD) for user in users]
    assert {page.status_code for page in pages} == {403}
    assert len({without_what_is_fresh(page) for page in pages}) == 1
    kept = ("content-type", "cache-control", "content-security-policy")
    assert len({tuple(page.headers[name] for name in kept) for page in pages}) == 1


def test_l05_unknown_and_known_accounts_close_alike(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.hire("ann")
    monkeypatch.setattr(rules, "address_key", lambda host: f"address:{object()}")
    known, unknown = fail(world, 11)[-1], fail(world, 11, "nobody")[-1]
    assert known.status_code == unknown.status_code == 429
    assert without_what_is_fresh(known) == without_what_is_fresh(unknown)


def test_l05_one_verification_whoever_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.hire("ann")
    world.hire("bob", password=False)
    costs = []
    true = service._HASHER.verify_and_update
    monkeypatch.setattr(
        type(service._HASHER), "verify_and_update",
        lambda _, password, kept: costs.append(kept.split("$")[3]) or true(password, kept),
    )  # fmt: skip
    for user, password in (("ann", WRONG), ("bob", WRONG), ("nobody", WRONG), ("ann", "x" * 5000)):
        assert world.log_in(user, password).status_code == 403
    assert costs == ["m=19456,t=2,p=1"] * 4


def test_l05_a_success_forgets_the_failures_of_the_account_only(world: World) -> None:
    world.hire("ann")
    world.hire("eve")
    fail(world, 9)
    assert world.log_in("ann").status_code == 303
    assert world.count(LoginThrottle, LoginThrottle.key.like("account:%")) == 0
    # An attacker with a login of their own must not wash the address clean with it.
    assert world.log_in("eve").status_code == 303
    assert world.log_in("ann", WRONG).status_code == 403
    assert world.log_in("ann", WRONG).status_code == 429


def test_l05_of_many_tries_at_once_no_more_than_allowed_are_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.hire("ann")
    looked_at = []
    monkeypatch.setattr(service, "_verify", lambda password, kept: looked_at.append(password) or (False, None))
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda n: service.log_in(world.work, "ann", f"guess {n}", f"192.0.2.{n}", "console"), range(40))
        )
    assert len(looked_at) == rules.MAX_FAILURES
    assert sum(isinstance(one, Refused) for one in outcomes) == rules.MAX_FAILURES
    assert sum(isinstance(one, Throttled) for one in outcomes) == 30


def test_l05_argon2_runs_off_the_event_loop_and_outside_of_transactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.hire("ann")
    seen = []
    true = service._verify

    def watched(password: str, kept: str | None) -> tuple[bool, str | None]:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        seen.append(world.engine.pool.checkedout())  # type: ignore[attr-defined]
        return true(password, kept)

    monkeypatch.setattr(service, "_verify", watched)
    assert world.log_in("ann").status_code == 303
    assert seen == [0]


def test_old_counts_are_swept_away(world: World) -> None:
    for number in range(5):
        world.log_in(f"user{number}", WRONG)
    assert world.count(LoginThrottle) == 6
    world.clock.forward(minutes=15)
    world.log_in("user9", WRONG)
    assert world.count(LoginThrottle) == 2


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("testclient", "address:testclient"),
        (None, "address:unknown"),
    ],
)
def test_an_address_is_counted_as_what_one_customer_has(host: str | None, key: str) -> None:
    assert rules.address_key(host) == key


def test_spellings_of_one_account_are_counted_together() -> None:
    assert rules.account_key("Ann@Firm.example ") == rules.account_key("ann@firm.example")
    assert rules.account_key("ann") != rules.account_key("bob")
    assert rules.account_key("\ud800")


# --- L06 forms and cookies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "é"}, {"form_token": None},
    ],
)  # fmt: skip
def test_l06_a_form_without_the_pages_token_is_not_looked_at(world: World, change: dict[str, str | None]) -> None:
    world.hire("ann")
    page = world.http.get(authorize_url())
    form = {"user": "ann", "password": PASSWORD, "form_token": form_token(page), **change}
    answer = world.http.post(action(page), data={name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert world.count(LoginThrottle) == 0


def test_l06_the_token_of_another_browser_does_not_fit(world: World) -> None:
    world.hire("ann")
    theirs = form_token(world.http.get(authorize_url()))
    world.http.cookies.clear()
    page = world.http.get(authorize_url())
    form = {"user": "ann", "password": PASSWORD, "form_token": theirs}
    assert world.http.post(action(page), data=form).status_code == 403


def test_l06_no_cookie_no_login(world: World) -> None:
    world.hire("ann")
    page = world.http.get(authorize_url())
    world.http.cookies.clear()
    form = {"user": "ann", "password": PASSWORD, "form_token": form_token(page)}
    assert world.http.post(action(page), data=form).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("none", 403), ("same-origin", 303)]
)
def test_l06_a_form_that_the_browser_says_comes_from_elsewhere_is_refused(world: World, site: str, status: int) -> None:
    world.hire("ann")
    page = world.http.get(authorize_url())
    form = {"user": "ann", "password": PASSWORD, "form_token": form_token(page)}
    assert world.http.post(action(page), data=form, headers={"Sec-Fetch-Site": site}).status_code == status


def test_l06_a_cookie_brought_along_is_never_kept(world: World) -> None:
    """Session fixation: what an attacker put into the browser is replaced by every page, and gone after the login."""
    world.hire("ann")
    world.http.cookies.set("__Host-coe-login", "planted", domain="testserver.local", path="/")
    page = world.http.get(authorize_url(), headers={"Cookie": "__Host-coe-login=planted"})
    given = page.headers["set-cookie"]
    assert "planted" not in given
    again = world.http.get(authorize_url())
    assert given.split(";")[0] != again.headers["set-cookie"].split(";")[0]
    done = world.log_in("ann")
    assert re.match(r'__Host-coe-login="?"?;', done.headers["set-cookie"])
    assert "Max-Age=0" in done.headers["set-cookie"]


def test_l06_the_cookie_is_for_this_host_over_https_and_no_script(world: World) -> None:
    cookie = world.http.get(authorize_url()).headers["set-cookie"]
    assert cookie.startswith("__Host-coe-login=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_l06_on_loopback_without_https_the_cookie_can_be_kept(engine: Any, clock: Clock, told: Told) -> None:
    plain = Told(told.keys, "http://127.0.0.1:8000")
    with TestClient(build(engine, clock, build_identity(plain)), base_url=plain.public_url) as http:
        for host in ("127.0.0.1", "localhost"):
            page = http.get(authorize_url(redirect_uri=f"http://{host}:8000/docs/oauth2-redirect"))
            assert page.status_code == 200
            assert page.headers["set-cookie"].startswith("coe-login=")
            assert "Secure" not in page.headers["set-cookie"]


# --- L07 the page ----------------------------------------------------------------------------------------------------


def policy(page: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in page.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("query", [{}, {"client_id": "nobody"}])
def test_l07_framing_is_refused_and_nothing_foreign_is_loaded(world: World, query: dict[str, str | None]) -> None:
    page = world.http.get(authorize_url(**query))
    told = policy(page)
    assert (told["default-src"], told["frame-ancestors"], told["base-uri"]) == ("'none'", "'none'", "'none'")
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert not re.search(r"(?:src|href)=", page.text)


def test_l07_the_style_is_the_one_that_the_policy_lets_in(world: World) -> None:
    page = world.http.get(authorize_url())
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style
    assert policy(page)["style-src"] == f"'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'"


def test_the_form_may_lead_back_to_the_application(world: World) -> None:
    # Chromium holds form-action against the redirect as well.
    assert (
        policy(world.http.get(authorize_url()))["form-action"]
        == f"'self' {REDIRECT.removesuffix('/docs/oauth2-redirect')}"
    )


def test_the_page_says_who_asks_and_keeps_what_was_typed(world: World) -> None:
    page = world.http.get(authorize_url())
    assert "The API documentation (Swagger UI)" in page.text
    assert URL in page.text
    again = world.log_in('ann"><b>', WRONG, page=page)
    assert '"><b>' not in again.text
    assert 'ann"><b>' in unescape(again.text)
    assert WRONG not in again.text


def test_markup_in_the_address_stays_text(world: World) -> None:
    """Attack E08."""
    page = world.http.get(authorize_url(state='"><script>alert(1)</script>'))
    assert page.status_code == 200
    assert "<script" not in page.text


def test_the_notice_of_a_demo_is_shown_where_there_is_one(engine: Any, clock: Clock, told: Told, world: World) -> None:
    assert 'class="notice"' not in world.http.get(authorize_url()).text
    identity = build_identity(told, notice="This is the demo: the logins are on the terminal.")
    with TestClient(build(engine, clock, identity), base_url=URL) as http:
        assert "This is the demo: the logins are on the terminal." in http.get(authorize_url()).text


# --- passwords -------------------------------------------------------------------------------------------------------


def test_a_password_set_anew_replaces_the_old_one(world: World) -> None:
    world.hire("ann")
    with world.work() as work:
        service.set_password(work, "ann@firm.example", "another long password")
    assert world.log_in("ann").status_code == 403
    assert world.log_in("ann", "another long password").status_code == 303


def test_a_password_composed_differently_is_the_same(world: World) -> None:
    world.hire("ann")
    with world.work() as work:
        service.set_password(work, "ann", "pa\u0308ssword pass")
    assert world.log_in("ann", "p\u00e4ssword pass").status_code == 303


def test_a_hash_of_older_settings_is_renewed_at_the_next_login(world: World) -> None:
    id_ = world.hire("ann")
    with world.work() as work:
        store.save_password(work.session, id_, Argon2Hasher(memory_cost=64, time_cost=1).hash(PASSWORD), work.now)
    assert world.log_in("ann").status_code == 303
    assert world.count(Login, Login.password_hash.like("%m=19456,t=2,p=1%")) == 1


def test_log_in_answers_whose_password_it_is(world: World) -> None:
    id_ = world.hire("ann")
    assert service.log_in(world.work, "ann", PASSWORD, None, "console") == Admitted(id_)


# --- what is told of it (ASVS 16.3.1) ---------------------------------------------------------------------------------


def test_good_and_bad_logins_and_the_door_that_closes_are_events_and_what_comes_after_is_none(world: World) -> None:
    id_ = world.hire("ann")
    assert world.log_in("ann").status_code == 303
    fail(world, 12)
    told = {what: world.events(f"login.{what}") for what in ("accepted", "refused", "throttled")}
    assert {what: len(found) for what, found in told.items()} == {"accepted": 1, "refused": 10, "throttled": 1}
    for (one, *_), after in zip(told.values(), [{"application": "swagger"}] * 3, strict=True):
        assert (one.subject_kind, one.subject_id, json.loads(one.actor)["kind"]) == ("login", str(id_), "public")
        assert json.loads(one.after) == after


def test_a_password_typed_for_a_name_is_told_nowhere(world: World) -> None:
    """Nobody's name is not told, whether there is nobody of that name, or nobody any more."""
    world.hire("gone")
    world.leave("gone")
    for user in ("my secret password", "gone"):
        assert world.log_in(user, WRONG).status_code == 403
    found = world.events("login.refused")
    assert [(one.subject_id, "secret" in one.after) for one in found] == [("unknown", False)] * 2
