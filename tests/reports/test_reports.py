"""Reports over HTTP: who sees which part, who is named, and the three ways in which a report is written."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa

from app.kernel.sheets import unguarded
from app.kernel.work import Work
from app.reports.rules import EVERYTHING, View
from app.reports.service import REPORTS
from app.reports.timing import store as timing

PATH = "/v1/reports"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1")
TEXTS = ("plain", 'with "quotes", commas', "ünïcode", "<script>alert(1)</script>", "{{ 7 * 7 }}", "'=1")


@pytest.fixture
def held(team):
    """A right of somebody in sales, on an account of sales; and one in logistics."""
    account = team.account("acme")
    asked = team.ask("asker", account)
    team.clock.turn(hours=1)
    team.decide("liaison", asked)
    team.clock.turn(hours=2)
    team.decide("hub", asked)
    away = team.account("acme_away", "logistics", "instagram")
    for who in ("otherliaison", "hub"):
        asked = team.decide(who, team.ask("stranger", away) if who == "otherliaison" else asked)
    team.clock.turn(seconds=1)  # what is decided at the very end of a period is not in it
    return account


def rows(team, key, who="boss", **params):
    return team.get(f"{PATH}/{key}", who, params=params)["rows"]


# --- which part -----------------------------------------------------------------------------------------------------


def test_every_report_is_listed_and_answers(team, held):
    listed = team.get(PATH, "liaison")["items"]
    assert [one["key"] for one in listed] == list(REPORTS)
    for one in listed:
        report = team.get(f"{PATH}/{one['key']}", "boss")
        assert report["scope"] == {"everything": True, "parts": []} and report["as_of"] == "2026-03-02T12:00:01Z"
        assert (report["period"] is not None) is one["periodic"]
        names = [column["key"] for column in report["columns"]]
        assert all(list(row) == names for row in report["rows"]) and set(report["totals"]) <= set(names)


def test_a_liaison_sees_their_part_and_the_report_says_which(team, held):
    report = team.get(f"{PATH}/inventory", "liaison")
    part = {"business_unit": "sales", "business_unit_name": "Sales", "network": None}
    assert report["scope"] == {"everything": False, "parts": [part]}
    assert {row["business_unit"] for row in report["rows"]} == {"sales"}
    assert {row["business_unit"] for row in rows(team, "inventory")} == {"sales", "logistics"}
    for key in ("rights", "model-fit"):
        assert {row["business_unit"] for row in rows(team, key, "otherliaison")} == {"logistics"}
    assert [row["decided"] for row in rows(team, "time-to-grant", "otherliaison")][0] == 1
    refused = team.get(f"{PATH}/inventory", "liaison", 403, params={"business_unit_id": "logistics"})
    assert refused["code"] == "forbidden"


def test_a_network_manager_sees_their_network(team, held):
    team.hire("xmanager", "Communications")
    team.appoint("xmanager", "community_manager", network="x")
    report = team.get(f"{PATH}/inventory", "xmanager")
    assert report["scope"]["parts"] == [{"business_unit": None, "business_unit_name": None, "network": "x"}]
    assert {row["network"] for row in report["rows"]} == {"x"}
    narrowed = team.get(f"{PATH}/rights", "xmanager", params={"business_unit_id": "sales"})["scope"]["parts"]
    assert [(one["business_unit"], one["network"]) for one in narrowed] == [("sales", "x")]
    team.get(f"{PATH}/rights", "xmanager", 403, params={"network": "instagram"})


def test_who_has_two_parts_gets_both_once(team, held):
    team.appoint("liaison", "bu_liaison", "logistics")
    report = team.get(f"{PATH}/inventory", "liaison")
    assert [one["business_unit"] for one in report["scope"]["parts"]] == ["sales", "logistics"]
    assert report["totals"]["accounts"] == 2


@pytest.mark.parametrize("who", ["asker", "developer", "admin"])
def test_reports_are_not_for_everybody(team, who):
    for path in (PATH, f"{PATH}/inventory"):
        assert team.get(path, who, 403)["code"] == "forbidden"


def test_what_is_not_there_is_not_found_and_what_means_nothing_is_refused(team):
    assert team.get(f"{PATH}/nonsense", "boss", 404)["code"] == "not_found"
    for params in ({"business_unit_id": "nowhere"}, {"network": "nowhere"}):
        assert team.get(f"{PATH}/inventory", "boss", 404, params=params)["code"] == "not_found"
    for key, params in (
        ("inventory", {"from": "2026-01-01T00:00:00Z"}), ("rights", {"until": "2026-01-01T00:00:00Z"}),
        ("freezes", {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}), ("freezes", {"from": "yesterday"}),
        ("inventory", {"format": "xlsx"}), ("inventory", {"since": "2026-01-01T00:00:00Z"}),
    ):  # fmt: skip
        team.get(f"{PATH}/{key}", "boss", 422, params=params)


def test_the_enterprise_itself_is_everything(team, held):
    with team.work(write=False) as work:
        root = work.session.scalar(sa.text("SELECT key FROM business_unit WHERE parent_id IS NULL"))
    assert team.get(f"{PATH}/inventory", "boss", params={"business_unit_id": root})["scope"]["everything"] is True


# --- who is named ---------------------------------------------------------------------------------------------------


def test_people_are_named_to_those_who_may_see_their_details(team, held):
    team.hire("analyst", "Communications")
    team.appoint("analyst", "social_analyst")
    assert {row["person"] for row in rows(team, "rights-holders")} == {"Asker", "Stranger"}
    assert {row["person"] for row in rows(team, "rights-holders", "auditor")} == {"Asker", "Stranger"}
    assert [row["person"] for row in rows(team, "rights-holders", "liaison")] == ["Asker"]
    shown = team.get(f"{PATH}/rights-holders", "analyst")
    assert [(row["person"], row["business_unit"], row["grants"]) for row in shown["rows"]] == [(None, None, 1)] * 2
    assert "not named" in shown["notes"][-1]
    for report in REPORTS:
        text = team.call("GET", f"{PATH}/{report}?format=csv", "analyst").text
        assert not re.search("Asker|Stranger|Hub|Liaison|Boss", text), report


def test_what_waits_names_the_liaison_to_the_liaison_and_the_hub_to_the_hub(team, held):
    pending = team.ask("colleague", held)
    (row,) = rows(team, "waiting", "liaison")
    assert (row["step"], row["role"], row["person"], row["waiting"], row["overdue"]) == (
        "account_liaison",
        "bu_liaison",
        "Liaison",
        1,
        0,
    )
    team.decide("liaison", pending)
    team.clock.turn(hours=3)
    (row,) = rows(team, "waiting", "liaison")
    assert (row["role"], row["person"], row["waiting"], row["longest_hours"]) == ("community_manager", None, 1, "3.00")
    (row,) = rows(team, "waiting", "hub")
    assert row["person"] == "Hub"
    team.clock.turn(days=3)  # now the strategists may decide it, too
    report = team.get(f"{PATH}/waiting", "boss")
    assert [(row["person"], row["overdue"]) for row in report["rows"]] == [("Boss", 1), ("Boss2", 1), ("Hub", 1)]
    assert report["totals"] == {"waiting": 1, "overdue": 1, "longest_hours": "75.00"}


def test_what_nobody_is_left_to_decide_waits_for_nobody(team):
    account = team.account("acme")
    team.switch("boss", "centralized")
    team.clock.turn(seconds=1)
    asked = team.ask("colleague", account, ("draft",))
    for one in team.get("/v1/appointments?role=strategist&ended=false", "boss")["items"]:
        if one["employee_id"] == str(team.ids["boss2"]):
            team.call("DELETE", f"/v1/appointments/{one['id']}", "boss")
    assert asked["state"] == "pending"
    own = team.ask("boss", account, ("draft",))
    team.get(f"/v1/rights-requests/{own['id']}", "boss")
    found = {(row["role"], row["person"]): row["waiting"] for row in rows(team, "waiting")}
    assert found == {("strategist", "Boss"): 1, ("blocked_no_approver", None): 1}


# --- three ways to write it -----------------------------------------------------------------------------------------


@pytest.fixture
def worded(team, held):
    """Freezes whose reasons are what a spreadsheet or a browser should not run."""
    for n, reason in enumerate((*FORMULAS, *TEXTS)):
        scope = {"kind": "account", "id": team.account(f"acme_{n}")}
        team.post("/v1/freezes", "boss", {"scope": scope, "severity": "L1", "reason": reason}, 201)
    team.clock.turn(hours=1, minutes=30)
    return team


def parsed(answer):
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.endswith("\r\n") and "\n" not in answer.text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def as_text(value):
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


@pytest.mark.parametrize("key", REPORTS)
def test_a_table_reads_back_as_the_document(worded, key):
    document = worded.get(f"{PATH}/{key}", "boss")
    table = parsed(worded.call("GET", f"{PATH}/{key}?format=csv", "boss"))
    assert [{name: unguarded(cell) for name, cell in row.items()} for row in table] == [
        {name: as_text(value) for name, value in row.items()} for row in document["rows"]
    ]


def test_no_cell_of_a_table_is_a_formula_and_numbers_are_numbers(worded):
    answer = worded.call("GET", f"{PATH}/freezes?format=csv", "boss")
    assert answer.headers["content-disposition"] == 'attachment; filename="freezes-2026-03-02.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    table = parsed(answer)
    assert {row["reason"] for row in table} >= {f"'{reason}" for reason in FORMULAS}
    assert not [cell for row in table for cell in row.values() if cell[:1] in set("=+-@\t\r＝")]
    assert {Decimal(row["hours"]) for row in table} == {Decimal("1.50")} and {row["exempt"] for row in table} == {"0"}


def test_the_first_format_that_is_accepted_is_given(team, held):
    for accept, media in (
        ("text/csv", "text/csv"), ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"), ("*/*", "application/json"),
        ("image/png", "application/json"), ("image/png, text/csv;q=0.5", "text/csv"),
    ):  # fmt: skip
        answer = team.call("GET", f"{PATH}/inventory", "boss", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == media and answer.headers["vary"] == "Accept"
    asked = team.call("GET", f"{PATH}/inventory?format=json", "boss", headers={"Accept": "text/csv"})
    assert asked.headers["content-type"] == "application/json"


class Page(HTMLParser):
    """What a page holds: its tags with their attributes, and the cells of its table."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.cells.append([])
        self.inside = tag
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in ("td", "th"):
            self.cells[-1][-1] += data


@pytest.mark.parametrize("key", REPORTS)
def test_a_page_runs_nothing_asks_for_nothing_and_shows_the_same(worded, key):
    answer = worded.call("GET", f"{PATH}/{key}?format=html", "boss")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and answer.headers["cache-control"] == "no-store"
    page = Page(answer.text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "form", "a", "base"}
    assert not [
        name for _, attrs in page.tags for name in attrs if name in ("src", "href", "style") or name.startswith("on")
    ]
    assert "http" not in answer.text.replace("https://x.com", "")
    document = worded.get(f"{PATH}/{key}", "boss")
    assert len(page.cells) in (0, *(len(document["rows"]) + n for n in (1, 2)))
    if key == "freezes":
        reason = [column["key"] for column in document["columns"]].index("reason")
        assert {row[reason] for row in page.cells[1:]} == {*FORMULAS, *TEXTS}


def test_a_page_is_for_people(team, held):
    page = team.call("GET", f"{PATH}/inventory?format=html&business_unit_id=sales&network=x", "boss").text
    for said in (
        "<h1>Inventory</h1>",
        "2026-03-02 12:00 UTC",
        "Sales and all below on x",
        '<desc id="told">x: 1 accounts</desc>',
    ):
        assert said in page
    assert '<th scope="col" class="number">Suspended</th>' not in page and "Suspended" in page  # none: said below
    assert "There is nothing of this." in team.call("GET", f"{PATH}/freezes?format=html", "boss").text


# --- what the database works out ------------------------------------------------------------------------------------


def test_percentiles_are_by_the_nearest_rank_on_either_database(team):
    """Eleven requests, of 1 to 11 hours."""
    account = team.account("acme")
    for n in range(1, 12):
        asked = team.ask("asker", account, ("engage",))
        team.decide("liaison", asked)
        team.clock.turn(hours=n, seconds=1)
        done = team.decide("hub", asked)
        team.post(f"/v1/grants/{done['grants'][0]['id']}/revoke", "asker", {"reason": "Done."})
    team.clock.turn(seconds=1)
    found = {
        row["what"]: (row["decided"], row["median_hours"], row["p90_hours"]) for row in rows(team, "time-to-grant")
    }
    assert found["granted"] == found["community_manager"] == (11, "6.00", "10.00")
    assert found["account_liaison"] == (11, "0.00", "0.00")
    with team.work(write=False) as work:
        view = View((EVERYTHING,), {}, work.now - timedelta(days=1), work.now + timedelta(days=1))
        assert isinstance(work, Work) and {one.what for one in timing.requests(work.session, view)} == {"granted"}


def test_a_period_holds_its_first_instant_and_not_its_last(team, held):
    def decided(since, until):
        return team.get(f"{PATH}/time-to-grant", "boss", params={"from": since, "until": until})["totals"]["decided"]

    done = "2026-03-02T12:00:00Z"
    assert decided(done, "2026-03-02T12:00:01Z") == 2
    assert decided("2026-03-02T11:00:00Z", done) == 0
