"""What stands on the pages: what the API says, to whom the API says it, and nobody's markup."""

import pytest

from .browsing import Browser

MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def account(team):
    return team.account("acme", steward_id=team.ids["liaison"], purpose=f"{MARKUP} & news", audience='" onclick="x')


def test_a_request_goes_its_way_on_the_pages(team, account):
    asker, liaison, hub = (Browser(team, who) for who in ("asker", "liaison", "hub"))
    action = f"/console/accounts/{account}/requests"
    fields = asker.get(f"/console/accounts/{account}").form(action)
    made = asker.post(action, {**fields, "rights": ["publish", "analyze"], "justification": "Customer care."})
    path = made.answer.headers["location"].partition("?")[0]
    assert made.answer.headers["location"].endswith("?told=asked")
    word = f"{path}/decisions"
    assert word not in [one["action"] for one in asker.get(path).forms]  # nobody decides their own
    for browser, comment in ((liaison, "Trained."), (hub, "")):
        assert "Customer care." in browser.get("/console/approvals").text
        sent = browser.send("/console/approvals", word, {"decision": "approve", "comment": comment})
        assert sent.answer.headers["location"] == "/console/approvals?told=approved"
    page = asker.get(path)
    assert "granted" in page.text and "Trained." in page.text
    assert [one["right"] for one in team.get("/v1/grants", "asker")["items"]] == ["publish", "analyze"]
    assert [one["reason"] for one in team.events(action="rights_request.approved")] == [None, "Trained."]
    assert "may" in asker.get(f"/console/accounts/{account}").text


def test_a_refusal_names_its_reasons_and_what_can_be_done(team, account):
    page = Browser(team, "asker").send(
        f"/console/accounts/{account}",
        f"/console/accounts/{account}/requests",
        {"rights": "administer", "justification": "All."},
    )
    assert page.status == 422
    assert "above_model_ceiling" in page.text and "Ask for a right within the model's ceiling" in page.text


def test_a_liaison_asks_for_their_people_and_for_no_other(team, account):
    liaison, action = Browser(team, "liaison"), f"/console/accounts/{account}/requests"
    for email, status in (
        ("colleague@world.example", 303),
        ("stranger@world.example", 422),
        ("nobody@world.example", 422),
    ):
        sent = liaison.send(
            f"/console/accounts/{account}",
            action,
            {"rights": "publish", "justification": "For them.", "beneficiary": email},
        )
        assert sent.status == status, email


def test_an_end_is_the_end_of_the_day_where_one_works(team, account):
    asker = Browser(team, "asker")
    asker.send(
        f"/console/accounts/{account}", f"/console/accounts/{account}/requests",
        {"rights": "publish", "justification": "Until then.", "until": "2026-03-31"},
    )  # fmt: skip
    (made,) = team.get("/v1/rights-requests", "asker")["items"]
    assert made["until"] == "2026-04-01T00:00:00Z"


def test_why_somebody_may_not_post_stands_beside_their_right(team, account):
    granted = team.ask("asker", account)
    team.decide("liaison", granted), team.decide("hub", granted)
    boss = Browser(team, "boss")
    before = boss.get(f"/console/accounts/{account}")
    assert "refused" not in before.text
    boss.send(
        "/console/freezes",
        "/console/freezes",
        {"target": f"account:{account}", "severity": "L3", "reason": "A recall."},
    )
    after = boss.get(f"/console/accounts/{account}")
    assert "refused" in after.text and "Posting is frozen (account, L3): A recall." in after.text
    assert "A recall." in boss.get("/console").text


def test_what_happened_is_told_to_those_who_may_read_the_log(team, account):
    assert "imported, by an operator" in Browser(team, "auditor").get(f"/console/accounts/{account}").text
    assert "imported" not in Browser(team, "asker").get(f"/console/accounts/{account}").text


def test_what_one_may_not_see_is_not_there(team, account):
    asked = team.ask("asker", account)
    stranger = Browser(team, "stranger")
    hidden = stranger.get(f"/console/requests/{asked['id']}")
    absent = stranger.get(f"/console/requests/{account}")
    assert (hidden.status, absent.status) == (404, 404)
    assert hidden.text.replace(asked["id"], "") == absent.text.replace(account, "")
    person = f"/console/people/{team.ids['asker']}"
    assert "asker@world.example" not in stranger.get(person).text
    assert "asker@world.example" in Browser(team, "liaison").get(person).text
    assert asked["id"] not in stranger.get("/console/requests").html


def test_what_one_may_not_do_has_no_button(team, account):
    def actions(who, path):
        return {one["action"] for one in Browser(team, who).get(path).forms if one["method"] == "post"} - {
            "/console/logout"
        }

    ask = f"/console/accounts/{account}/requests"
    assert actions("asker", f"/console/accounts/{account}") == {ask}
    assert actions("liaison", f"/console/accounts/{account}") == {ask}  # under hub and spoke the hub freezes
    assert actions("hub", f"/console/accounts/{account}") == {ask, "/console/freezes"}
    assert actions("asker", "/console/freezes") == set()
    assert "Preview" not in Browser(team, "hub").get("/console/models").text


def test_a_freeze_is_lifted_by_whom_it_may_be(team, account):
    boss, hub = Browser(team, "boss"), Browser(team, "hub")
    boss.send(
        "/console/freezes",
        "/console/freezes",
        {"target": "enterprise", "severity": "L1", "reason": "Wait.", "hours": "2"},
    )
    (one,) = team.get("/v1/freezes", "boss")["items"]
    lift = f"/console/freezes/{one['id']}/lift"
    assert lift not in [form["action"] for form in hub.get("/console/freezes").forms]
    assert boss.send("/console/freezes", lift, {"reason": "The statement is out."}).status == 303
    assert team.get(f"/v1/freezes/{one['id']}", "boss")["lift_reason"] == "The statement is out."
    assert (
        "The whole enterprise" in boss.get("/console/freezes").text
        or "the whole enterprise" in boss.get("/console/freezes").text
    )


def test_a_preview_changes_nothing_and_choosing_does(team, account):
    team.ask("asker", account)
    boss = Browser(team, "boss")
    page = boss.get("/console/models/preview?model=centralized&unit=&platform=")
    assert page.status == 200 and "only members of the Center of Excellence" in page.text
    assert team.get("/v1/governance", "boss")["default"]["model"] == "hub_and_spoke"
    sent = boss.post("/console/models", {**page.form("/console/models"), "reason": "One voice."})
    assert sent.answer.headers["location"] == "/console/models?told=switched"
    assert team.get("/v1/governance", "boss")["default"]["model"] == "centralized"
    assert "One voice." in boss.get("/console/models").text


def test_nobodys_words_are_markup(team, account):
    team.hire("evil", "Sales", display_name=f"Eve {MARKUP}", title=MARKUP)
    asked = team.ask("evil", account, justification=f'{MARKUP}\n"><img src=x onerror=alert(1)>')
    team.post(
        "/v1/freezes", "boss", {"scope": {"kind": "account", "id": account}, "severity": "L1", "reason": MARKUP}, 201
    )
    liaison = Browser(team, "liaison")
    pages = ("/console", "/console/approvals", "/console/freezes", "/console/requests", f"/console/requests/{asked['id']}",
             f"/console/accounts/{account}", f"/console/people/{team.ids['evil']}", f"/console/accounts?q={MARKUP}")  # fmt: skip
    shown = 0
    for path in pages:
        page = liaison.get(path)
        assert page.status == 200
        tags = {tag for tag, _ in page.tags}
        assert "script" not in tags and "img" not in tags, path
        assert not any(name.startswith("on") or name == "style" for _, at in page.tags for name in at), path
        shown += MARKUP in page.text
    assert shown >= 6  # it was there to be seen, as text


def test_posts_and_reviews_are_answered_here_too(team, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked), team.decide("hub", asked)
    post = team.post("/v1/clearances", "asker", {"account_id": account, "content_sha256": "a" * 64}, 201)
    content = Browser(team, "content")
    sent = content.send("/console/approvals", f"/console/clearances/{post['id']}/decisions", {"decision": "approve"})
    assert sent.answer.headers["location"] == "/console/approvals?told=approved"
    review = team.post("/v1/reviews", "boss", {"title": "Spring", "kinds": ["grants"], "filter": {}}, 201)
    (item,) = team.get(f"/v1/reviews/{review['id']}/items", "boss")["items"]
    liaison = Browser(team, "liaison")
    assert "Spring" in liaison.get("/console/approvals").text
    action = f"/console/reviews/{review['id']}/items/{item['id']}/decisions"
    assert (
        liaison.send("/console/approvals", action, {"decision": "keep"})
        .answer.headers["location"]
        .endswith("told=reviewed")
    )
    assert team.get(f"/v1/reviews/{review['id']}/items/{item['id']}", "boss")["state"] == "kept"


def test_times_are_told_where_the_reader_works(team, account):
    units = {one["key"]: one for one in team.get("/v1/business-units", "boss")["items"]}
    assert "Times are those of UTC" in Browser(team, "asker").get("/console").text
    team.want(200, "PATCH", f"/v1/business-units/{units['sales']['id']}", "boss", {"timezone": "Asia/Tokyo"})
    page = Browser(team, "asker").get(f"/console/accounts/{account}")
    assert "Times are those of Asia/Tokyo" in page.text
    asked = team.ask("asker", account)
    page = Browser(team, "asker").get(f"/console/requests/{asked['id']}")
    assert "2 Mar 2026, 18:00" in page.text and 'datetime="2026-03-02T09:00:00Z"' in page.html


def test_the_figures_are_those_of_the_api(team, account):
    asked = team.ask("asker", account)
    overview = Browser(team, "liaison").get("/console")
    assert "waiting for you 1" in overview.text.replace("1 waiting for you", "waiting for you 1")
    team.decide("liaison", asked), team.decide("hub", asked)
    team.clock.turn(days=160)
    overview = Browser(team, "asker").get("/console")
    assert "Rights that end first" in overview.text and "Where you may post" in overview.text
    stranger = Browser(team, "stranger").get("/console")
    assert "Rights that end first" not in stranger.text
