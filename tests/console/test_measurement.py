"""Measurement on a page: the figures and the doubts that the API tells."""

from tests.measurement.test_measurement import AIMS, define, old, ratio, see

from .browsing import Browser

PATH = "/console/measurement"
FEBRUARY = f"{PATH}?from=2026-02-01&until=2026-03-01"


def test_before_anything_is_defined_the_page_says_how(team):
    page = Browser(team, "boss").get(PATH)
    assert page.status == 200 and "Nobody has defined a KPI yet" in page.text


def test_figures_stand_side_by_side_with_what_cannot_be_compared(team):
    define(team, title="Posts <b>")
    acme, care = old(team, "acme"), old(team, "care", "logistics", "instagram")
    old(team, "silent")
    see(team, acme, "12.5")
    see(team, care, "30", source="other")
    boss = Browser(team, "boss")
    page = boss.get(f"{FEBRUARY}&kpi=posts&by=network")
    told = team.get("/v1/measurement/comparison?kpi_id=posts&by=network&from=2026-02-01&until=2026-03-01", "boss")
    assert [one["value"] for one in told["groups"]] and "Posts <b>" in page.text
    for one in told["groups"]:
        assert (one["value"] or "not computable") in page.text
        for doubt in one["not_comparable"]:
            assert doubt["message"] in page.text
    assert told["not_comparable"] and all(one["message"] in page.text for one in told["not_comparable"])
    assert "12.5" in page.text and "1 without data" in page.text
    below = boss.get(f"{FEBRUARY}&kpi=posts&by=business_unit&unit=sales")
    assert "30" not in below.text.split("Posts <b>, by")[1]


def test_days_and_kpi_may_be_left_out(team):
    define(team)
    page = Browser(team, "boss").get(f"{PATH}?kpi=&from=&until=&unit=")
    fields = page.form(PATH)
    assert (fields["from"], fields["until"]) == ("2025-12-02", "2026-03-02")
    assert Browser(team, "boss").get(f"{PATH}?from=2026-03-02&until=2026-03-02").status == 422
    assert Browser(team, "boss").get(f"{PATH}?kpi=nothing").status == 404


def test_what_does_not_add_up_is_listed_and_a_ratio_says_of_what(team):
    define(team, "audience", across_accounts="none", over_time="latest")
    define(team)
    define(team, "clicks")
    ratio(team, "rate", "clicks", "posts")
    acme, care = old(team, "acme"), old(team, "care")
    for account in (acme, care):
        see(team, account, "8", "audience")
    boss = Browser(team, "boss")
    page = boss.get(f"{FEBRUARY}&kpi=audience")
    assert "x:acme" in page.text and f"/console/accounts/{acme}" in page.links() and "not additive" in page.text
    assert "clicks / posts" in boss.get(f"{FEBRUARY}&kpi=rate").text


def test_targets_say_whether_they_are_met(team):
    define(team)
    acme = old(team, "acme")
    see(team, acme, "12")
    aim = {"kpi_id": "posts", "value": "10", "period_from": "2026-02-01", "period_until": "2026-03-01"}
    team.post(AIMS, "boss", {**aim, "scope": {"kind": "enterprise"}}, 201)
    team.post(AIMS, "boss", {**aim, "value": "20", "scope": {"kind": "account", "id": acme}}, 201)
    page = Browser(team, "boss").get(f"{FEBRUARY}&kpi=posts")
    row = page.text.split("Targets", 1)[1]
    assert "the enterprise 2026-02-01 2026-03-01 10 12 yes" in row and "20 12 no" in row
