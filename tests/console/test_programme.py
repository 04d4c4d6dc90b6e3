"""Campaigns, the programme and reports on the pages: what the API says, and the same words said in the same places."""

import csv
import html
from datetime import timedelta

import pytest

from app.reports.service import REPORTS
from tests.kit import START

from .browsing import Browser


def written(at):
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
def spring(team):
    """A campaign of sales on two accounts, for the asker; its page."""
    team.hire("manager", "Sales")
    team.appoint("manager", "campaign_manager", "sales")
    new = {
        "key": "spring", "title": "Spring <b>", "purpose": "Balconies & more.", "business_unit_id": "sales",
        "starts_at": written(START - timedelta(days=1)), "ends_at": written(START + timedelta(days=30)),
        "account_ids": [team.account("acme"), team.account("acme_care")],
        "members": [{"employee_id": str(team.ids["asker"]), "rights": ["publish"]}],
    }  # fmt: skip
    team.post("/v1/campaigns", "manager", new, 201)
    return "/console/campaigns/spring"


def actions(page):
    return {one["action"] for one in page.forms if one["method"] == "post"} - {"/console/logout"}


def test_a_campaign_is_shown_to_all_and_asked_for_by_those_who_take_part(team, spring):
    asker, stranger = Browser(team, "asker"), Browser(team, "stranger")
    assert spring in stranger.get("/console/campaigns").links() and "Spring <b>" in stranger.get(spring).text
    assert spring not in stranger.get("/console/campaigns?state=over").links()
    assert actions(stranger.get(spring)) == set()
    assert actions(asker.get(spring)) == {f"{spring}/requests"}
    sent = asker.send(spring, f"{spring}/requests", {})
    assert sent.answer.headers["location"] == f"{spring}?told=campaign_asked"
    made = team.get("/v1/rights-requests", "asker")["items"]
    assert [(one["rights"], one["campaign_id"] is not None) for one in made] == [(["publish"], True)] * 2
    refused = stranger.post(f"{spring}/requests", {**asker.get(spring).form(f"{spring}/requests")})
    assert refused.status == 403  # the form is of another sign-in


def test_a_campaign_is_ended_by_whoever_manages_it_as_they_saw_it(team, spring):
    manager, end = Browser(team, "manager"), f"{spring}/end"
    assert actions(Browser(team, "otherliaison").get(spring)) == set()
    seen = manager.get(spring).form(end)
    team.want(200, "PATCH", "/v1/campaigns/spring", "manager", {"title": "Summer"})
    stale = manager.post(end, {**seen, "reason": "It rains."})
    assert stale.status == 412 and "precondition_failed" in stale.text
    assert (
        manager.send(spring, end, {"reason": "It rains."}).answer.headers["location"].endswith("?told=campaign_ended")
    )
    page = manager.get(f"{spring}?told=campaign_ended")
    assert "over" in page.text and "It rains." in page.text and actions(page) == set()
    assert team.get("/v1/campaigns/spring", "asker")["end_reason"] == "It rains."


@pytest.fixture
def strategy(team):
    """What sales wants, submitted by its liaison; the page of it."""
    team.post("/v1/strategy/goals", "boss", {"key": "trust", "title": "Trust"}, 201)
    new = {"key": "answers", "title": "Answers in a day", "goal_id": "trust", "business_unit_id": "sales"}
    team.post("/v1/strategy/objectives", "liaison", new, 201)
    said = {
        "business_unit_id": "sales", "purpose": "To be near.", "benefits": ["Fewer calls"],
        "actions": [{"title": "Answer on Sundays", "due_on": "2026-09-01", "done": False}],
        "swot": {"customers": {"strengths": ["Known everywhere"]}},
    }  # fmt: skip
    made = team.post("/v1/strategy/versions", "liaison", said, 201)
    team.post(f"/v1/strategy/versions/{made['id']}/submit", "liaison", {})
    return f"/console/programme/strategies/{made['id']}"


def test_a_strategy_is_read_and_decided_by_a_strategist(team, strategy):
    boss, word = Browser(team, "boss"), f"{strategy}/decisions"
    assert strategy in boss.get("/console/programme").links()
    page = boss.get(strategy)
    for said in ("To be near.", "Fewer calls", "Answer on Sundays", "Known everywhere", "submitted"):
        assert said in page.text
    assert actions(Browser(team, "liaison").get(strategy)) == set()
    assert Browser(team, "asker").get(strategy).status == 404
    assert strategy not in Browser(team, "asker").get("/console/programme").links()
    sent = boss.send(strategy, word, {"decision": "approve", "comment": "Good."})
    assert sent.answer.headers["location"] == f"{strategy}?told=approved"
    done = Browser(team, "asker").get(strategy)
    assert done.status == 200 and "Good." in done.text and actions(boss.get(strategy)) == set()


def test_maturity_is_shown_to_whom_the_api_shows_it_with_what_would_change_it(team, strategy):
    team.account("acme", language="nb")
    told = team.get("/v1/maturity", "boss")["assessments"][0]
    text = Browser(team, "boss").get("/console/programme").text
    for one in told["evidence"]:
        assert one["found"] in text and (one["met"] or one["cure"] in text), one
    assert "Maturity of" not in Browser(team, "asker").get("/console/programme").text
    assert "Answers in a day" in Browser(team, "asker").get("/console/programme").text


def test_a_unit_whose_model_asks_for_a_strategy_is_named_until_it_has_one(team, strategy):
    lacking = "Without a strategy of their own"
    assert lacking not in Browser(team, "boss").get("/console/programme").text
    team.switch("boss", "dandelion", "sales")
    assert lacking in Browser(team, "boss").get("/console/programme").text
    Browser(team, "boss").send(strategy, f"{strategy}/decisions", {"decision": "approve", "comment": ""})
    assert lacking not in Browser(team, "boss").get("/console/programme").text


@pytest.mark.parametrize("key", REPORTS)
def test_a_report_on_a_page_on_paper_and_as_a_file_is_the_one_of_the_api(team, key):
    team.account("acme", steward_id=team.ids["liaison"])
    team.ask("asker", team.account("acme_care"))
    boss, told = Browser(team, "boss"), team.get(f"/v1/reports/{key}", "boss")
    assert f"/console/reports/{key}" in boss.get("/console/reports").links()
    page = boss.get(f"/console/reports/{key}")
    assert page.status == 200 and all(note in page.text for note in (told["says"], *told["notes"]))
    assert page.html.count("<tr>") >= len(told["rows"])
    there = [cell for row in told["rows"] for cell in row.values() if isinstance(cell, str) and cell.isalpha()]
    assert all(html.escape(cell) in page.html for cell in there)
    paper = boss.get(f"/console/reports/{key}?as=print&unit=&network=")
    assert paper.answer.headers["content-disposition"].startswith(f'inline; filename="{key}-')
    assert "nav" not in {tag for tag, _ in paper.tags}
    file = boss.get(f"/console/reports/{key}?as=csv").answer
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.reader(file.text.splitlines()))) == 1 + len(told["rows"])


def test_a_report_is_of_what_the_reader_may_see_and_has_asked_for(team):
    sales = team.get("/v1/business-units?key=sales", "boss")["items"][0]["id"]
    liaison, boss = Browser(team, "liaison"), Browser(team, "boss")
    assert "of Sales and all below" in liaison.get("/console/reports/inventory").text
    assert "of the whole enterprise" in boss.get("/console/reports/inventory?unit=&network=").text
    assert "of Sales and all below on X" in boss.get(f"/console/reports/inventory?unit={sales}&network=x").text
    period = boss.get("/console/reports/freezes?from=2026-01-01&until=2026-01-31")
    assert "from 1 Jan 2026, 00:00 to 1 Feb 2026, 00:00" in period.text
    assert boss.get("/console/reports/inventory?from=2026-01-01").status == 422
    assert boss.get("/console/reports/freezes?from=2026-02-01&until=2026-01-01").status == 422
    assert boss.get("/console/reports/nothing").status == 404
    asker = Browser(team, "asker")
    assert asker.get("/console/reports").status == 403 and "/console/reports" not in asker.get("/console").links()
