"""4.B, what callers send that they should not: fields to search by, decisions said twice, dates that are none, guessed ids."""

from uuid import UUID

import pytest


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.mark.parametrize(
    "query", ["salary=1", "salary[gt]=1", "filter=salary gt 1", "sort=salary", "sort=-left_at", "title=Chief"]
)
def test_B03_nobody_is_found_by_what_is_not_shown(team, query):
    """Neither by a filter nor by an order, and in the same words whether or not there is anybody to be found."""
    for path in ("/v1/employees", "/v1/accounts", "/v1/grants", "/v1/rights-requests"):
        assert team.call("GET", f"{path}?{query}", "asker").status_code in (400, 422), path


def test_B06_one_person_decides_once_however_often_and_by_whatever_token(team, account):
    asked = team.ask("asker", account)
    first, second = team.token("liaison"), team.token("liaison")
    path, word = f"/v1/rights-requests/{asked['id']}/decisions", {"decision": "approve", "comment": "Seen."}
    assert team.call("POST", path, body=word, bearer=first).status_code == 200
    again = team.call("POST", path, body=word, bearer=second)
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    told = team.get(f"/v1/rights-requests/{asked['id']}", "asker")
    assert [len(step["decisions"]) for step in told["steps"]][0] == 1 and told["state"] == "pending"


def test_B08_what_is_changed_is_decided_anew(team, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    path = f"/v1/rights-requests/{asked['id']}"
    changed = team.want(200, "PATCH", path, "asker", {"rights": ["engage"]})
    assert changed["state"] == "pending" and changed["steps"] == asked["steps"]
    assert team.get(path, "asker")["steps"] == asked["steps"]
    assert team.decide("liaison", asked)["state"] == "pending"  # who has approved what was asked approves what is asked
    assert team.decide("hub", asked)["grants"][0]["right"] == "engage"
    (event,) = team.events(subject_id=asked["id"], action="rights_request.revised")
    assert event["before"]["rights"] == ["publish"] and event["after"]["rights"] == ["engage"]


@pytest.mark.parametrize(
    "until",
    ["2126-03-02T09:00:00Z", "1926-03-02T09:00:00Z", "-0001-01-01T00:00:00Z", "2026-03-02T09:00:00Z", "2026-06-30T23:59:60Z",
     "9999-12-31T23:59:59Z", "2026-04-02T09:00:00", "2026-03-29T02:30:00", "2026-04-02T09:00:00+14:01", "2026-04-02T09:00:00+24:00",
     "2026-02-30T09:00:00Z", "2026-04-02", "tomorrow", 1775120400, "", []],
)  # fmt: skip
def test_B09_a_right_ends_at_an_instant_that_there_is_and_not_too_late(team, account, until):
    body = {"account_id": account, "rights": ["publish"], "justification": "Care.", "until": until}
    refused = team.post("/v1/rights-requests", "asker", body, 422)
    assert refused["code"] in ("validation", "request_refused") and team.get("/v1/grants", "asker")["items"] == []


def test_B16_an_id_is_not_to_be_guessed_from_another(team, account):
    ids = [UUID(team.ask("asker", team.account(f"acme_{n}"))["id"]) for n in range(20)]
    tails = [one.int & (1 << 62) - 1 for one in ids]
    assert all(one.version == 7 for one in ids) and len({tail >> 32 for tail in tails}) == len(tails)
    near = UUID(int=ids[0].int + 1)
    for path in ("/v1/rights-requests", "/v1/grants", "/v1/accounts"):
        assert team.get(f"{path}/{near}", "boss", 404)["code"] == "not_found"
