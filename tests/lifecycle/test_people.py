"""Joiners, movers, leavers and those who come back: all that hangs on a person, in the transaction of HR's word."""

import pytest

from app.directory import store as directory
from app.directory.rules import EmployeeExists
from app.lifecycle import service as lifecycle


@pytest.fixture
def account(team):
    return team.account("acme")


def granted(team, account, who="asker", right="publish"):
    asked = team.ask(who, account, [right])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def amend(team, who, **values):
    with team.work() as work:
        if "department" in values:
            values["business_unit_id"] = lifecycle.department(work, values.pop("department"))
        lifecycle.amend(work, directory.employee(work.session, team.ids[who]), values)


def come_back(team, who, **values):
    with team.work() as work:
        lifecycle.come_back(work, directory.employee(work.session, team.ids[who]), values)


def appointments(team, who, **params):
    return [
        (one["role"], one["ended_at"] is not None)
        for one in team.get("/v1/appointments", "boss", params={"employee_id": team.ids[who], **params})["items"]
    ]


def test_a_leaver_takes_everything_with_them_in_one_transaction(team, account):
    team.hire("chief")
    amend(team, "asker", manager_id=team.ids["chief"])
    team.appoint("asker", "social_analyst")
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    stewarded = team.account("acme_two", steward_id=team.ids["asker"])
    grants = [granted(team, account), granted(team, account, right="engage")]
    waiting = team.ask("asker", account, ["analyze"])
    theirs = team.ask("liaison", account, ["draft"], beneficiary_id=str(team.ids["asker"]))
    bearer = team.token("asker")
    before = team.intact()
    team.fire("asker")
    new = [event for event in team.events() if event["seq"] > before]
    assert sorted(event["action"] for event in new) == [
        "account.orphaned", "appointment.deputy_removed", "appointment.ended", "employee.left", "grant.revoked", "grant.revoked",
        "rights_request.withdrawn", "rights_request.withdrawn",
    ]  # fmt: skip
    (orphaned,) = [event for event in new if event["action"] == "account.orphaned"]
    assert orphaned["subject"]["id"] == stewarded and orphaned["after"]["proposed_successor_id"] == str(
        team.ids["chief"]
    )
    for grant in grants:
        found = team.get(f"/v1/grants/{grant['id']}", "boss")
        assert (found["state"], found["end_reason"]) == ("revoked", "the holder has left")
    for request in (waiting, theirs):
        assert team.get(f"/v1/rights-requests/{request['id']}", "boss")["state"] == "withdrawn"
    assert appointments(team, "asker") == [("social_analyst", True)]
    (one,) = team.get("/v1/appointments", "boss", params={"employee_id": team.ids["colleague"]})["items"]
    assert one["deputy_id"] is None and one["ended_at"] is None
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401  # a token that was good a moment ago
    assert team.codes("boss", "asker", "publish", account) == {"subject_inactive", "grant_revoked"}


def test_even_the_last_strategist_leaves_when_hr_says_so(team):
    team.fire("boss2")
    team.fire("boss")
    assert team.get("/v1/appointments?role=strategist&ended=false", "auditor")["items"] == []


def test_a_suspended_grant_ends_with_its_holder_and_a_lapsed_one_stays_lapsed(team, account):
    suspended, lapsed = granted(team, account), granted(team, account, right="engage")
    team.clock.turn(days=179)
    renewed = team.post(f"/v1/grants/{suspended['id']}/renew", "asker", {"justification": "Still."}, 201)
    team.decide("liaison", renewed)
    fresh = team.decide("hub", renewed)["grants"][0]
    team.clock.turn(days=2)
    team.post(f"/v1/grants/{fresh['id']}/suspend", "hub", {"reason": "Away."})
    team.fire("asker")
    state = lambda grant: team.get(f"/v1/grants/{grant['id']}", "boss")["state"]  # noqa: E731
    assert (state(suspended), state(fresh), state(lapsed)) == ("superseded", "revoked", "expired")


def test_a_mover_loses_what_was_scoped_to_the_unit_left_and_nothing_else(team, account):
    for role, unit in (("bu_liaison", "sales"), ("campaign_manager", "logistics"), ("social_analyst", None)):
        team.appoint("colleague", role, unit)
    grant = granted(team, account, "colleague")
    amend(team, "colleague", department="Logistics")
    assert sorted(appointments(team, "colleague", ended="false")) == [
        ("campaign_manager", False),
        ("social_analyst", False),
    ]
    assert appointments(team, "colleague", ended="true") == [("bu_liaison", True)]
    assert team.get(f"/v1/grants/{grant['id']}", "boss")["state"] == "active"
    assert team.events()[0]["action"] != "employee.updated" and len(team.events(action="employee.moved")) == 1
    asked = team.ask("asker", account, ["engage"])
    assert team.decide("colleague", asked, status=404)["code"] == "not_found"
    team.want(403, "PATCH", f"/v1/accounts/{account}", "colleague", {"purpose": "Mine."})


def test_what_waits_when_its_liaison_moves_goes_to_whoever_else_may_decide(team, account):
    asked = team.ask("asker", account)
    amend(team, "liaison", department="Logistics")
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert [(step["kind"], step["state"]) for step in steps] == [
        ("account_liaison", "merged"),
        ("community_manager", "open"),
    ]


def test_whoever_comes_back_gets_nothing_back(team, account):
    grant = granted(team, account)
    team.appoint("asker", "social_analyst")
    team.fire("asker")
    team.clock.turn(days=30)
    come_back(team, "asker")
    assert team.get("/v1/me", "asker")["employee"]["left_at"] is None
    assert team.get("/v1/me", "asker")["appointments"] == [] == team.get("/v1/me", "asker")["grants"]
    assert team.codes("asker", "asker", "publish", account) == {"grant_revoked"}
    assert team.get(f"/v1/grants/{grant['id']}", "asker")["state"] == "revoked"
    team.post(f"/v1/grants/{grant['id']}/resume", "hub", {"reason": "They are back."}, 409)
    assert team.events(action="employee.rejoined")[0]["after"]["active"] is True
    assert team.ask("asker", account)["state"] == "pending"


def test_no_right_comes_back_by_itself_where_rights_are_granted_on_request(team, account):
    team.switch("boss", "decentralized")
    assert team.ask("asker", account)["state"] == "granted"
    team.fire("asker")
    come_back(team, "asker")
    assert team.codes("asker", "asker", "publish", account) == {"grant_revoked"}


def test_hr_saying_the_same_again_changes_nothing(team):
    before = len([one for one in team.events() if one["action"].startswith("employee.")])
    amend(team, "asker", display_name="Asker", department="Sales")
    assert len([one for one in team.events() if one["action"].startswith("employee.")]) == before
    amend(team, "asker", display_name="Asker Two")
    assert team.events()[0]["before"] == {"display_name": "Asker"} and team.events()[0]["after"] == {
        "display_name": "Asker Two"
    }


def test_a_number_and_a_user_name_belong_to_one_person_for_ever(team):
    team.fire("asker")
    for more in ({"user_name": "new"}, {"employee_number": "new"}, {"employee_number": "new", "user_name": "ASKER "}):
        with pytest.raises(EmployeeExists):
            team.hire("asker", **more)
    team.hire("asker2", email="asker@world.example")  # an address may be another's one day
    with pytest.raises(EmployeeExists):
        amend(team, "asker2", user_name="Asker")


def test_a_department_is_a_unit_by_key_or_name_or_becomes_one(team):
    with team.work() as work:
        known = {lifecycle.department(work, text) for text in ("sales", "Sales", " SALES ")}
        made = lifecycle.department(work, "House - AL")
        assert lifecycle.department(work, "house - al") == made == lifecycle.department(work, "house-al")
        twin = directory.unit(work.session, lifecycle.department(work, "House AL"))
    assert len(known) == 1 and twin.key == "house-al-2" and twin.id != made
    assert [event["after"]["key"] for event in team.events(action="business_unit.created")[:2]] == [
        "house-al-2",
        "house-al",
    ]
    team.post("/v1/business-units", "boss", {"key": "twin", "name": "Sales"}, 201)
    with team.work() as work:
        assert lifecycle.department(work, "Sales") is None  # two of that name: it is not for us to guess
        assert lifecycle.department(work, "twin") is not None
