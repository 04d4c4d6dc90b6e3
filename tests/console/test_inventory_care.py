"""Discoveries and retirements on the pages: what the API says, and the same words said in the same places."""

import pytest

from tests.discoveries.test_discoveries import LOOKALIKE, seen, show
from tests.governance.test_retirements import account, only, opened  # noqa: F401 - a fixture

from .browsing import Browser
from .test_programme import actions

FOUND, RETIRED = "/console/discoveries", "/console/retirements"


@pytest.fixture
def found(team):
    """Something that looks like an account of sales, seen to post; its id."""
    team.account("acme")
    return seen(team, LOOKALIKE, active=True, display_name="Acme <b>", note="Asks for passwords.")["id"]


def test_what_was_found_is_listed_and_looked_through(team, found):
    other = seen(team, "other")["id"]
    boss = Browser(team, "boss")
    shown = {one for one in boss.get(FOUND).links() if one.startswith(f"{FOUND}/")}
    assert shown == {f"{FOUND}/{one}" for one in (found, other)}
    for query, wanted in {
        "match=look_alike": found, "match=unknown&network=x&state=open&alarm=false": other, "alarm=true": None,
    }.items():  # fmt: skip
        there = {one for one in boss.get(f"{FOUND}?{query}").links() if one.startswith(f"{FOUND}/")}
        assert there == ({f"{FOUND}/{wanted}"} if wanted else set()), query
    assert Browser(team, "asker").get(FOUND).status == 403
    assert FOUND not in Browser(team, "asker").get("/console").links()


def test_a_discovery_says_what_it_looks_like_and_who_saw_it(team, found):
    page = Browser(team, "boss").get(f"{FOUND}/{found}")
    for said in ("look-alike", "Acme <b>", "Asks for passwords.", "Vendor", "X @acme"):
        assert said in page.text, said
    assert actions(page) == {f"{FOUND}/{found}/adopt", f"{FOUND}/{found}/words"}
    assert Browser(team, "asker").get(f"{FOUND}/{found}").status in (403, 404)


@pytest.mark.parametrize(
    ("word", "state", "told"),
    [("dispute", "disputed", "disputed"), ("take_down", "taken_down", "taken_down"), ("ignore", "ignored", "ignored")],
)
def test_what_it_is_is_said_as_it_was_seen_and_taken_back(team, found, word, state, told):
    boss, path = Browser(team, "boss"), f"{FOUND}/{found}"
    stale = boss.get(path).form(f"{path}/words")
    said = {"word": word, "reason": "We have looked.", "evidence_url": "https://evidence.example/1"}
    sent = boss.send(path, f"{path}/words", said)
    assert sent.answer.headers["location"] == f"{path}?told={told}"
    one = show(team, {"id": found})
    assert (one["state"], one["reason"], one["evidence_url"]) == (state, said["reason"], said["evidence_url"])
    assert "We have looked." in boss.get(path).text
    assert boss.post(f"{path}/words", {**stale, **said, "key": "another"}).status in (409, 412)
    boss.send(path, f"{path}/words", {"word": "reopen", "reason": "Look again."})
    assert show(team, {"id": found})["state"] == "open"


def test_what_is_ours_is_adopted_by_the_way_of_every_account(team, found):
    boss, path = Browser(team, "boss"), f"{FOUND}/{found}"
    sent = boss.send(path, f"{path}/adopt", {"unit": "sales", "risk": "high", "purpose": "It is ours."})
    assert sent.answer.headers["location"] == f"{path}?told=adopted"
    one = show(team, {"id": found})
    assert one["state"] in ("adopting", "adopted")
    held = team.get(f"/v1/accounts/{one['account_id']}", "boss")
    assert (held["risk"], held["purpose"]) == ("high", "It is ours.")


def test_a_campaign_is_foreseen_and_opened(team, account):  # noqa: F811
    hub, new = Browser(team, "hub"), f"{RETIRED}/new"
    assert new in hub.get(RETIRED).links()
    assert actions(hub.get(new)) == set()
    assert "None is flagged so." in hub.get(f"{new}?flags=duplicate&unit=&network=").text
    page = hub.get(f"{new}?flags=unvalidated&unit=&network=x")
    assert "1 account" in page.text and "X @acme" in page.text and "Asker" in page.text
    fields = {**page.form(RETIRED), "title": "Spring"}
    sent = hub.post(RETIRED, fields)
    (made,) = team.get("/v1/retirements", "boss")["items"]
    assert sent.answer.headers["location"] == f"{RETIRED}/{made['id']}?told=retirement_opened"
    assert (made["title"], made["flags"], made["network"]) == ("Spring", ["unvalidated"], "x")
    assert f"{RETIRED}/{made['id']}" in hub.get(RETIRED).links()
    assert "1 more" in hub.get(f"{new}?flags=unvalidated").text
    stranger = Browser(team, "stranger")
    assert stranger.get(new).status == 403 and new not in stranger.get(RETIRED).links()


def test_a_steward_answers_and_the_hub_decides_what_is_left_to_it(team, account):  # noqa: F811
    campaign = opened(team)
    path = f"{RETIRED}/{campaign['id']}"
    item = only(team, campaign)
    answer, decide = (f"{path}/items/{item['id']}/{word}" for word in ("answer", "decide"))
    asker, hub = Browser(team, "asker"), Browser(team, "hub")
    assert actions(Browser(team, "stranger").get(path)) == set()
    assert actions(hub.get(path)) == {f"{path}/end"}
    assert actions(asker.get(f"{path}?waits_for=me")) == {answer}
    sent = asker.send(path, answer, {"word": "retire", "reason": "Nobody reads it."})
    assert sent.answer.headers["location"] == f"{path}?told=retirement_answered"
    assert actions(asker.get(path)) == set() and "Nobody reads it." in asker.get(path).text
    assert "There is none like that." in asker.get(f"{path}?waits_for=me").text
    assert actions(hub.get(f"{path}?state=agreed")) == {decide, f"{path}/end"}
    hub.send(path, decide, {"word": "retire", "reason": "Agreed."})
    assert only(team, campaign)["state"] == "decommissioning"
    assert "1 decommissioning" in hub.get(path).text


def test_a_campaign_is_ended_by_whoever_manages_it(team, account):  # noqa: F811
    campaign = opened(team)
    path = f"{RETIRED}/{campaign['id']}"
    hub = Browser(team, "hub")
    sent = hub.send(path, f"{path}/end", {"reason": "It rains."})
    assert sent.answer.headers["location"] == f"{path}?told=retirement_ended"
    page = hub.get(path)
    assert "It rains." in page.text and actions(page) == set() and "1 dropped" in page.text
