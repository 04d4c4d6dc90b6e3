"""Saying what people should learn: over HTTP."""

import pytest

from app.directory.rules import ROOT_ID
from app.programme.curriculum.rules import Audience
from app.roles.rules import Role
from tests.test_contract import in_parallel

CURRICULUM = "/v1/curriculum"
WHY = {"reason": "It is taught otherwise."}


@pytest.fixture
def basics(team):
    return team.post("/v1/courses", "content", {"key": "basics", "title": "Basics"}, 201)


def taught(team, status=201, who="content", **said):
    return team.post(
        CURRICULUM, who, {"audience": "bu_liaison", "course_id": "basics", "need": "required", **said}, status
    )


def test_an_audience_is_a_role_or_everybody_or_whoever_holds_rights():
    assert {one.value for one in Audience} == {"everybody", "rights_holder", *(role.value for role in Role)}


def test_an_entry_is_added_read_by_everybody_and_retired(team, basics):
    made = taught(team)
    assert (made["audience"], made["course_key"], made["need"]) == ("bu_liaison", "basics", "required")
    assert made["business_unit_id"] == str(ROOT_ID) and made["retired_at"] is None
    assert team.get(f"{CURRICULUM}/{made['id']}", "stranger") == made
    there = taught(team, audience="everybody", need="recommended", business_unit_id="sales", course_id=basics["id"])
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    assert there["business_unit_id"] == sales
    for query, wanted in (
        ("", [made, there]),
        ("?audience=bu_liaison", [made]),
        ("?need=recommended", [there]),
        (f"?business_unit_id={sales}", [there]),
        ("?course_id=basics&retired=false", [made, there]),
        ("?course_id=nothing", []),
        ("?retired=true", []),
    ):
        assert team.get(f"{CURRICULUM}{query}", "asker")["items"] == wanted, query
    over = team.post(f"{CURRICULUM}/{made['id']}/retire", "boss", WHY)
    assert over["retired_at"] == "2026-03-02T09:00:00Z"
    assert team.get(f"{CURRICULUM}?retired=true", "asker")["items"] == [over]
    assert team.post(f"{CURRICULUM}/{made['id']}/retire", "boss", WHY, 409)["code"] == "curriculum_entry_retired"
    (told,) = team.events(action="curriculum_entry.retired")
    assert (told["reason"], told["before"]["retired_at"]) == (WHY["reason"], None)
    assert taught(team)["id"] != made["id"]  # what is retired is in nobody's way
    assert not team.untold()


def test_what_is_said_already_is_not_said_again_even_otherwise(team, basics):
    taught(team)
    assert taught(team, 409)["code"] == "curriculum_entry_exists"
    assert taught(team, 409, need="recommended")["code"] == "curriculum_entry_exists"
    taught(team, business_unit_id="sales")
    taught(team, audience="community_manager")


def test_of_those_who_say_the_same_at_once_one_does(team, basics):
    bearer, body = team.token("content"), {"audience": "auditor", "course_id": "basics", "need": "required"}
    answers = in_parallel(3, lambda _: team.call("POST", CURRICULUM, body=body, bearer=bearer))
    assert [one.status_code for one in answers].count(201) == 1
    assert {one.status_code for one in answers} <= {201, 409, 503}  # 503: try again


def test_what_an_entry_needs_is_said(team, basics):
    assert taught(team, 422, course_id="nothing")["errors"][0]["pointer"] == "/course_id"
    assert taught(team, 422, audience="friends")["errors"][0]["pointer"] == "/audience"
    assert taught(team, 422, need="perhaps")["errors"][0]["pointer"] == "/need"
    taught(team, 404, business_unit_id="nowhere")
    for who in ("asker", "liaison", "hub", "auditor"):
        taught(team, 403, who=who)
    team.post("/v1/business-units", "boss", {"key": "gone", "name": "Gone"}, 201)
    team.post("/v1/business-units/gone/close", "boss", WHY)
    assert taught(team, 409, business_unit_id="gone")["code"] == "business_unit_closed"
    team.post("/v1/courses/basics/retire", "boss", WHY)
    assert taught(team, 409)["code"] == "course_retired"


def test_the_curriculum_pauses_no_right(team, basics):
    account = team.account("acme_sales")
    request = team.ask("asker", account)
    team.decide("liaison", request)
    team.decide("hub", request)
    taught(team, audience="everybody")
    taught(team, audience="rights_holder")
    assert [one["state"] for one in team.get("/v1/me/learning", "asker")["items"]] == ["missing"]
    assert team.codes("asker", "asker", "publish", account) == set()
    assert team.get("/v1/me", "asker")["duties"] == []
