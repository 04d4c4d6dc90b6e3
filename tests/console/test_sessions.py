"""Signing in and out: whose cookie it is, how long it lasts, and what it is no good for."""

from dataclasses import replace

import pytest

from app.console.sessions import rules
from app.console.sessions.service import desk
from app.identity.signing import Issuer

from .browsing import PASSWORD, Browser, give_password


@pytest.fixture
def asker(team):
    give_password(team, "asker")
    return Browser(team)


def test_people_sign_in_with_their_password_and_come_to_the_page_that_they_asked_for(asker):
    asked = asker.get("/console/accounts?state=active")
    assert asked.status == 303
    assert asked.answer.headers["location"] == "/console/login?next=/console/accounts%3Fstate%3Dactive"
    page = asker.sign_in("asker", path=asked.answer.headers["location"])
    assert (page.status, page.answer.headers["location"]) == (303, "/console/accounts?state=active")
    assert "Asker" in asker.get("/console").text


def test_a_link_from_another_site_leads_to_the_page_and_not_to_a_second_sign_in(team):
    page = Browser(team).get("/console/accounts?q=%22%3E%3Cb%3E", **{"Sec-Fetch-Site": "cross-site"})
    (refresh,) = [at["content"] for tag, at in page.tags if at.get("http-equiv") == "refresh"]
    assert (page.status, refresh) == (200, "0; url=/console/accounts?q=%22%3E%3Cb%3E")
    again = Browser(team).get("/console/accounts", **{"Sec-Fetch-Site": "same-origin"})
    assert again.answer.headers["location"] == "/console/login?next=/console/accounts"


def test_the_cookie_is_for_our_own_pages_alone(asker):
    kept = next(one for one in asker.sign_in("asker").answer.headers.get_list("set-cookie") if "coe-console=" in one)
    assert kept.startswith("coe-console=")  # no __Host- and no Secure on loopback's plain http
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=1800"} <= set(kept.split("; "))


def test_under_https_no_other_host_can_set_it(team):
    url, here = "https://coe.example.com", team.app.state.identity
    own = Issuer(url, here.own.audience, here.own.ring)
    team.app.state.identity = replace(here, public_url=url, own=own)
    there = team.app.state.console = desk(team.app.state.identity, b"key")
    assert there.cookie == "__Host-coe-console"
    give_password(team, "asker")
    browser = Browser(team)
    browser.client.base_url = "https://coe.example.com"
    kept = [one for one in browser.sign_in("asker").answer.headers.get_list("set-cookie") if "coe-console=" in one]
    assert all("Secure" in one for one in kept) and kept


@pytest.mark.parametrize("user", ["asker", "nobody.at.all"])
def test_a_wrong_password_and_an_unknown_user_are_told_in_the_same_words(asker, user):
    page = asker.sign_in(user, "wrong password 1")
    assert (page.status, asker.cookie) == (403, None)
    assert "The user or the password is not right." in page.text


def test_tries_are_counted_with_those_at_the_other_login_page(asker):
    for _ in range(10):
        asker.sign_in("asker", "wrong password 1")
    page = asker.sign_in("asker")
    assert (page.status, asker.cookie) == (429, None)
    assert int(page.answer.headers["retry-after"]) > 0


def test_a_sign_in_that_another_site_sends_is_refused(asker):
    fields = {**asker.get("/console/login").form("/console/login"), "user": "asker", "password": PASSWORD}
    for sent, headers in ((fields, {"Sec-Fetch-Site": "cross-site"}), ({**fields, "form_token": "0" * 64}, {})):
        assert asker.post("/console/login", sent, **headers).status == 403
    assert asker.cookie is None


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/console//elsewhere",
        "/docs",
        "/console/../docs?\\",
        "/consoles",
        "",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(path):
    assert rules.way_back(path) in ("/console", path) and rules.way_back(path).startswith("/console")
    assert rules.way_back(path) == "/console"


def test_pages_of_the_console_are_ways_back():
    for path in ("/console", "/console?x=1", "/console/accounts?q=a&state=active"):
        assert rules.way_back(path) == path


def test_the_cookie_is_no_bearer_and_a_bearer_no_cookie(team):
    browser = Browser(team, "boss")
    cookie, token = browser.cookie, team.token("boss")
    team.get("/v1/me", None, 401, bearer=cookie)
    assert browser.client.get("/v1/me").status_code == 401  # nor is it looked at there
    browser.client.cookies.set("coe-console", token)
    assert browser.get("/console").status == 303
    bare = Browser(team)
    assert bare.get("/console", Authorization=f"Bearer {token}").status == 303


def test_half_an_hour_without_a_page_ends_it(team):
    browser = Browser(team, "asker")
    team.clock.turn(minutes=29)
    assert browser.get("/console").status == 200  # and the browser is given a younger one
    team.clock.turn(minutes=29)
    assert browser.get("/console").status == 200
    team.clock.turn(minutes=30)
    assert browser.get("/console").status == 303


def test_a_page_asked_for_at_once_needs_no_younger_cookie(team):
    browser = Browser(team, "asker")
    first = browser.get("/console")
    assert "set-cookie" not in first.answer.headers
    team.clock.turn(minutes=1)
    assert "set-cookie" in browser.get("/console").answer.headers


def test_eight_hours_end_it_however_busy_one_is(team):
    browser = Browser(team, "asker")
    for _ in range(19):
        team.clock.turn(minutes=25)
        assert browser.get("/console/freezes").status == 200
    team.clock.turn(minutes=5)
    assert browser.get("/console/freezes").status == 303


def test_after_signing_out_a_copy_of_the_cookie_is_worth_nothing(team):
    browser = Browser(team, "asker")
    copy = Browser(team)
    copy.client.cookies.set("coe-console", browser.cookie)
    assert copy.get("/console").status == 200
    page = browser.send("/console", "/console/logout")
    assert page.answer.headers["location"] == "/console/login?told=signed_out"
    assert page.answer.headers["set-cookie"].startswith('coe-console=""; ')
    assert copy.get("/console").status == 303
    assert "You are signed out." in browser.get("/console/login?told=signed_out").text


def test_signing_in_and_out_are_told(asker):
    """ASVS 16.3.1."""
    asker.sign_in("asker", "wrong password 1")
    asker.sign_in("asker")
    asker.send("/console", "/console/logout")
    team = asker.world
    told = [(one["action"], one["subject"]["id"], one["after"]) for one in team.events(subject_kind="login")]
    of_asker = (str(team.ids["asker"]), {"application": "console"})
    assert told == [(f"login.{what}", *of_asker) for what in ("ended", "accepted", "refused")]


def test_other_sign_ins_of_the_same_person_go_on(team):
    here, there = Browser(team, "asker"), Browser(team, "asker")
    here.send("/console", "/console/logout")
    assert there.get("/console").status == 200


def test_who_has_left_is_nobody(team):
    browser = Browser(team, "asker")
    assert browser.get("/console").status == 200
    team.fire("asker")
    assert browser.get("/console").status == 303


def test_what_somebody_may_is_looked_up_at_each_page(team):
    browser = Browser(team, "colleague")
    assert browser.get("/console/models/preview?model=dandelion").status == 403
    team.appoint("colleague", "strategist")
    assert browser.get("/console/models/preview?model=dandelion").status == 200


def test_a_browser_is_told_to_trust_nothing_but_us(team):
    browser = Browser(team, "asker")
    for path in ("/console", "/console/login", "/console/accounts/nothing", "/console/nowhere"):
        headers = browser.get(path).answer.headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy == {
            "default-src": "'none'", "style-src": "'self'", "img-src": "'self' data:", "form-action": "'self'",
            "frame-ancestors": "'none'", "base-uri": "'none'",
        }  # fmt: skip
        assert headers["cache-control"] == "no-store"
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_what_is_not_there_is_a_page_too(team):
    browser = Browser(team, "asker")
    for path, status in (
        ("/console/nowhere", 404),
        ("/console/accounts/x:nobody", 404),
        ("/console/freezes?flag=1", 422),
    ):
        page = browser.get(path)
        assert page.status == status and page.html.startswith("<!doctype html>"), path
    assert browser.client.put("/console/freezes").status_code == 405


def test_old_sign_ins_are_not_kept(team):
    from sqlalchemy import func, select

    from app.console.sessions.tables import ConsoleSession

    Browser(team, "asker")
    team.clock.turn(hours=9)
    Browser(team, "colleague")
    with team.work(write=False) as work:
        assert work.session.scalar(select(func.count(ConsoleSession.id))) == 1


def test_whoever_asks_too_often_waits_and_nobody_else(team):
    from app.kernel.rates import Limits, Rate, read_limit

    team.app.state.house = replace(team.house, limits=Limits({Rate.READS: read_limit("3/minute")}))
    busy, calm = Browser(team, "asker"), Browser(team, "colleague")
    assert [busy.get("/console/freezes").status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert calm.get("/console/freezes").status == 200
