"""Days at the ends of the calendar, beside which there is no other day: refused where they are named, whatever asks."""

import pytest

from tests.console.browsing import Browser
from tests.measurement.test_measurement import define
from tests.test_contract_input import assert_problem

NEVER = ("0001-01-01", "1899-12-31", "9000-01-01", "9999-12-31")


@pytest.mark.parametrize("day", NEVER)
def test_no_page_reckons_with_them(team, day):
    define(team)
    account = team.account("acme")
    browser = Browser(team, "boss")
    for path in ("measurement?", "reports/freezes?", "reports/reviews?"):
        for name in ("from", "until"):
            assert browser.get(f"/console/{path}{name}={day}").status == 422, (path, name)
    form = browser.get(f"/console/accounts/{account}").form(f"/console/accounts/{account}/requests")
    asked = {**form, "rights": "draft", "justification": "For a while.", "until": day}
    assert browser.post(f"/console/accounts/{account}/requests", asked).status == 422


@pytest.mark.parametrize("day", NEVER)
def test_no_question_and_no_body_does(team, day):
    define(team)
    for path in ("series?step=month&", "comparison?by=network&"):
        for days in (f"from={day}&until=2026-02-01", f"from=2026-01-01&until={day}"):
            assert_problem(team.call("GET", f"/v1/measurement/{path}kpi_id=posts&{days}", "boss"), 422)
    assert_problem(team.call("GET", f"/v1/observations?from={day}", "boss"), 422)
    body = {"key": "acme", "name": "Acme", "contract_ends_on": day}
    assert_problem(team.call("POST", "/v1/vendors", "boss", body), 422)
    team.post("/v1/vendors", "boss", {"key": "acme", "name": "Acme"}, 201)
    assert_problem(team.call("PATCH", "/v1/vendors/acme", "boss", {"contract_ends_on": day}), 422)


@pytest.mark.parametrize("day", ["1900-01-01", "8999-12-31"])
def test_the_first_and_the_last_that_may_be_named_are_reckoned_with(team, day):
    define(team)
    account = team.account("acme")
    team.post("/v1/vendors", "boss", {"key": "acme", "name": "Acme", "contract_ends_on": day}, 201)
    team.post("/v1/publishing-tools", "boss", {"key": "hoot", "name": "Hoot", "vendor_id": "acme"}, 201)
    team.call("PATCH", f"/v1/accounts/{account}", "boss", {"tools": ["hoot"]})
    for path in ("/v1/publishing-tools", "/v1/accounts", "/v1/reports/tools", "/v1/reports/inventory"):
        team.want(200, "GET", path, bearer=team.token("boss"))
    browser = Browser(team, "boss")
    for path in ("measurement?", "reports/freezes?"):
        for name in ("from", "until"):
            assert browser.get(f"/console/{path}{name}={day}").status < 500, (path, name)
    span = f"from={day}&until={day[:3]}{9 if day > '2' else 1}-12-31"
    assert team.call("GET", f"/v1/measurement/series?step=month&kpi_id=posts&{span}", "boss").status_code < 500
