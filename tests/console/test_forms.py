"""What is sent by a form: from our own pages only, once, and about what was seen."""

import pytest

from .browsing import HOST, Browser

REASON = "A product recall is being reported."


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def boss(team):
    return Browser(team, "boss")


def freeze(browser, **changes):
    fields = browser.get("/console/freezes").form("/console/freezes")
    return {**fields, "target": "network:x", "severity": "L2", "reason": REASON, **changes}


def frozen(team):
    return [one["state"] for one in team.get("/v1/freezes", "boss")["items"]]


def test_a_form_of_ones_own_page_is_taken(team, boss):
    page = boss.post("/console/freezes", freeze(boss), Origin=HOST, **{"Sec-Fetch-Site": "same-origin"})
    assert (page.status, page.answer.headers["location"]) == (303, "/console/freezes?told=frozen")
    assert frozen(team) == ["in_force"]
    assert "Posting is frozen, from this moment on." in boss.get("/console/freezes?told=frozen").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_a_form_that_another_site_sends_is_refused(team, boss, headers):
    page = boss.post("/console/freezes", freeze(boss), **headers)
    assert page.status == 403 and "foreign_form" in page.text
    assert frozen(team) == []


def test_a_form_without_the_token_of_this_sign_in_is_refused(team, boss):
    other = Browser(team, "boss")
    theirs = other.get("/console/freezes").form("/console/freezes")["form_token"]
    for token in ("", "0" * 64, theirs, "\u00e9"):
        page = boss.post("/console/freezes", freeze(boss, form_token=token))
        assert page.status == 403 and "foreign_form" in page.text
    fields = freeze(boss)
    del fields["form_token"]
    assert boss.post("/console/freezes", fields).status == 403
    assert frozen(team) == []


def test_without_a_cookie_a_form_leads_to_the_sign_in(team, boss):
    fields = freeze(boss)
    page = Browser(team).post("/console/freezes", fields)
    assert (page.status, page.answer.headers["location"]) == (303, "/console/login")
    assert frozen(team) == []


def test_a_second_click_does_nothing_more(team, boss):
    fields = freeze(boss)
    first, second = boss.post("/console/freezes", fields), boss.post("/console/freezes", fields)
    assert (second.status, second.answer.headers["location"]) == (303, first.answer.headers["location"])
    assert frozen(team) == ["in_force"]


def test_the_same_form_filled_in_otherwise_is_a_mistake(team, boss):
    fields = freeze(boss)
    boss.post("/console/freezes", fields)
    page = boss.post("/console/freezes", {**fields, "severity": "L3"})
    assert page.status == 422 and "idempotency_key_reused" in page.text
    assert frozen(team) == ["in_force"]


def test_a_word_is_about_the_request_that_was_seen(team, account):
    asked = team.ask("asker", account)
    liaison = Browser(team, "liaison")
    action = f"/console/requests/{asked['id']}/decisions"
    seen = liaison.get("/console/approvals").form(action)
    change = {"justification": "Something else altogether."}
    team.want(200, "PATCH", f"/v1/rights-requests/{asked['id']}", "asker", change)
    page = liaison.post(action, {**seen, "decision": "approve"})
    assert page.status == 412 and "precondition_failed" in page.text
    assert liaison.send("/console/approvals", action, {"decision": "approve"}).status == 303


def test_a_word_on_a_registration_is_about_the_account_that_was_seen(team):
    made = team.post(
        "/v1/accounts", "liaison", {"network": "x", "handle": "brand_new", "business_unit_id": "sales"}, 201
    )
    hub = Browser(team, "hub")
    action = f"/console/accounts/{made['id']}/decisions"
    seen = hub.get("/console/approvals").form(action)
    team.want(200, "PATCH", f"/v1/accounts/{made['id']}", "liaison", {"purpose": "Something else."})
    assert hub.post(action, {**seen, "decision": "approve"}).status == 412
    assert hub.send("/console/approvals", action, {"decision": "approve"}).status == 303
    assert team.get(f"/v1/accounts/{made['id']}", "hub")["state"] == "approved"


@pytest.mark.parametrize(
    "more", [{"surprise": "1"}, {"severity": "L9"}, {"target": "galaxy"}, {"reason": ""}, {"hours": "0"}]
)
def test_what_a_form_does_not_have_is_refused(team, boss, more):
    page = boss.post("/console/freezes", freeze(boss, **more))
    assert page.status == 422 and "validation" in page.text
    assert frozen(team) == []


def test_only_forms_are_taken(team, boss):
    answer = boss.client.post("/console/freezes", json={"target": "enterprise"})
    assert answer.status_code in (400, 403)
    answer = boss.client.post(
        "/console/freezes", content=b"\xff", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400
    assert frozen(team) == []


def test_who_may_not_is_told_so_and_the_log_is(team):
    browser, boss = Browser(team, "asker"), Browser(team, "boss")
    fields = {**freeze(boss), "form_token": browser.get("/console").form("/console/logout")["form_token"]}
    page = browser.post("/console/freezes", fields)
    assert page.status == 403 and "forbidden" in page.text
    assert team.events(action="route.denied")[0]["subject"]["id"] == "POST /console/freezes"
