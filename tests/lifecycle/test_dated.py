"""HR dates joining and leaving ahead: the day itself decides, in the time zone of the person's unit, and nobody sweeps."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.kernel.errors import Conflict
from app.lifecycle import service as lifecycle
from tests.lifecycle.kit import actions, amend, as_of, grant, granted, person, restate, settle, zoned

FIRST = date(2026, 3, 10)
LAST = date(2026, 3, 20)
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"  # UTC+13 until 5 April, UTC-10
BEGINS = {
    "UTC": datetime(2026, 3, 10, tzinfo=UTC),
    AUCKLAND: datetime(2026, 3, 9, 11, tzinfo=UTC),
    HONOLULU: datetime(2026, 3, 10, 10, tzinfo=UTC),
}
ENDS = {
    "UTC": datetime(2026, 3, 21, tzinfo=UTC),
    AUCKLAND: datetime(2026, 3, 20, 11, tzinfo=UTC),
    HONOLULU: datetime(2026, 3, 21, 10, tzinfo=UTC),
}
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def account(team):
    return team.account("acme")


def shown(team, who):
    return team.get(f"/v1/employees/{team.ids[who]}", "boss")


def listed(team, **params):
    items = team.get("/v1/employees", "boss", params={"limit": 200, **params})["items"]
    return {one["id"] for one in items}


def seats(team, asked):
    """Who may decide the first step of a request, each with their deputy."""
    names = {str(id_): name for name, id_ in team.ids.items()} | {None: None}
    return {(names[one["employee_id"]], names[one["deputy_id"]]) for one in asked["steps"][0]["eligible"]}


# Joining.


@pytest.mark.parametrize("zone", BEGINS)
def test_a_future_hire_is_one_of_us_from_the_first_day_in_the_units_zone(team, account, zone):
    zoned(team, "sales", zone)
    team.hire("newcomer", hired_on=FIRST)
    team.clock.now = BEGINS[zone] - MOMENT
    assert "subject_inactive" in team.codes("boss", "newcomer", "publish", account)
    assert shown(team, "newcomer")["active"] is False
    assert str(team.ids["newcomer"]) in listed(team, active=False) - listed(team, active=True)
    with pytest.raises(Conflict):
        team.token("newcomer")
    team.clock.now = BEGINS[zone]
    assert team.codes("boss", "newcomer", "publish", account) == {"no_grant"}
    assert shown(team, "newcomer")["active"] is True
    assert str(team.ids["newcomer"]) in listed(team, active=True) - listed(team, active=False)
    assert team.get("/v1/me", "newcomer")["employee"]["hired_on"] == "2026-03-10"
    assert team.ask("newcomer", account)["state"] == "pending"


def test_a_future_hire_does_not_log_in(team):
    team.hire("newcomer", hired_on=FIRST)
    team.clock.now = BEGINS["UTC"]
    bearer = team.token("newcomer")
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 200
    amend(team, "newcomer", hired_on=FIRST + timedelta(days=3))  # HR has put it off
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401


def test_a_future_hire_can_be_named_as_nothing(team, account):
    newcomer = str(team.hire("newcomer", hired_on=FIRST))
    body = {"employee_id": newcomer, "role": "social_analyst"}
    assert "not employed" in team.post("/v1/appointments", "boss", body, 409)["detail"]
    deputy = {"employee_id": str(team.ids["colleague"]), "role": "bu_liaison", "business_unit_id": None}
    deputy["business_unit_id"] = team.get("/v1/business-units/sales", "boss")["id"]
    team.post("/v1/appointments", "boss", {**deputy, "deputy_id": newcomer}, 409)
    team.want(422, "PATCH", f"/v1/accounts/{account}", "boss", {"steward_id": newcomer})
    refused = team.ask("liaison", account, ["draft"], 422, beneficiary_id=newcomer)
    assert refused["code"] in ("request_refused", "invalid")
    team.clock.now = BEGINS["UTC"]
    team.post("/v1/appointments", "boss", body, 201)
    team.post("/v1/appointments", "boss", {**deputy, "deputy_id": newcomer}, 201)
    team.want(200, "PATCH", f"/v1/accounts/{account}", "boss", {"steward_id": newcomer})
    assert team.ask("liaison", account, ["draft"], beneficiary_id=newcomer)["state"] == "pending"


@pytest.mark.parametrize("hired_on", [None, date(1, 1, 1), date(2026, 3, 2), date(2019, 8, 1)])
def test_whoever_was_hired_before_today_or_since_ever_is_one_of_us(team, account, hired_on):
    team.hire("newcomer", hired_on=hired_on)
    assert team.codes("boss", "newcomer", "publish", account) == {"no_grant"}


# Leaving.


@pytest.mark.parametrize("zone", ENDS)
def test_whoever_leaves_on_a_day_works_until_it_is_over_in_the_units_zone(team, account, zone):
    zoned(team, "sales", zone)
    made = granted(team, account)
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS[zone] - MOMENT
    assert team.codes("boss", "asker", "publish", account) == set()
    bearer = team.token("asker")
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 200
    team.clock.now = ENDS[zone]
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    assert shown(team, "asker")["active"] is False
    assert grant(team, made)["state"] == "active"  # nobody has written it down yet, and nothing depends on that
    with pytest.raises(Conflict):
        team.token("asker")


def test_a_date_for_ever_is_no_last_day(team, account):
    granted(team, account)
    amend(team, "asker", terminated_on=date(9999, 12, 31))
    team.clock.turn(days=170)
    assert team.codes("boss", "asker", "publish", account) == set() and settle(team) == 0


def test_routes_leave_out_whoever_is_no_more_and_a_role_goes_with_its_holder(team, account):
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    amend(team, "liaison", terminated_on=LAST)
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] - MOMENT
    before = team.ask("stranger", account)
    assert seats(team, before) == {("liaison", None), ("colleague", "asker")}
    team.clock.now = ENDS["UTC"]
    assert seats(team, team.ask("boss", account)) == {("colleague", None)}


def test_a_request_waits_for_nobody_who_is_no_more(team, account):
    asked = team.ask("asker", account)
    amend(team, "liaison", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "boss")["steps"]
    assert [(step["kind"], step["state"]) for step in steps] == [
        ("account_liaison", "merged"),
        ("community_manager", "open"),
    ]


def test_hr_taking_a_termination_back_before_the_day_loses_nothing(team, account):
    made = granted(team, account)
    team.appoint("asker", "social_analyst")
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] - MOMENT
    amend(team, "asker", terminated_on=None)
    before = team.intact()
    team.clock.turn(days=30)
    assert settle(team) == 0 and team.intact() == before
    assert team.codes("boss", "asker", "publish", account) == set()
    assert grant(team, made)["state"] == "active"
    assert [one["role"] for one in team.get("/v1/me", "asker")["appointments"]] == ["social_analyst"]


def test_hr_dating_it_otherwise_before_the_day_moves_the_day(team, account):
    granted(team, account)
    amend(team, "asker", terminated_on=LAST)
    amend(team, "asker", terminated_on=LAST + timedelta(days=5))
    team.clock.now = ENDS["UTC"] + timedelta(days=5) - MOMENT
    assert team.codes("boss", "asker", "publish", account) == set()
    team.clock.now += MOMENT
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("anew", [None, date(2026, 6, 30)])
def test_hr_dating_it_otherwise_after_the_day_brings_the_person_back_with_nothing(team, account, settled, anew):
    made = granted(team, account)
    team.appoint("asker", "social_analyst")
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] + timedelta(hours=1)
    if settled:
        assert settle(team) == 1
    restate(team, "asker", terminated_on=anew)
    assert team.codes("boss", "asker", "publish", account) == {"grant_revoked"}
    assert grant(team, made)["end_reason"] == "the holder has left"
    me = team.get("/v1/me", "asker")
    assert me["appointments"] == [] == me["grants"] and me["employee"]["left_at"] is None
    told = [one for one in actions(team) if one in ("employee.left", "employee.rejoined")]
    assert told == ["employee.left", "employee.rejoined"]


@pytest.mark.parametrize("settled", [False, True])
def test_whatever_else_hr_says_of_someone_whose_day_has_passed_brings_nobody_back(team, account, settled):
    granted(team, account)
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    if settled:
        settle(team)
    amend(team, "asker", title="Alumna")
    found = shown(team, "asker")
    assert (found["active"], found["title"], found["terminated_on"]) == (False, "Alumna", "2026-03-20")
    assert "employee.rejoined" not in actions(team) and actions(team).count("employee.left") == 1
    restate(team, "asker", active=True, terminated_on=date(2026, 3, 19))  # a date says more than a flag
    assert shown(team, "asker")["active"] is False and "employee.rejoined" not in actions(team)
    before = team.intact()
    restate(team, "asker", active=True, terminated_on=date(2026, 3, 19))
    assert team.intact() == before


@pytest.mark.parametrize("settled", [False, True])
def test_hr_saying_active_of_someone_whose_day_has_passed_brings_them_back(team, account, settled):
    granted(team, account)
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    if settled:
        settle(team)
    restate(team, "asker", active=True)
    assert shown(team, "asker")["active"] is True and shown(team, "asker")["terminated_on"] is None
    assert team.codes("boss", "asker", "publish", account) == {"grant_revoked"}


def test_hr_saying_inactive_after_the_day_changes_what_is_told_and_not_when_they_left(team, account):
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] + timedelta(days=2)
    restate(team, "asker", active=False, title="Alumna")
    with team.work(write=False) as work:
        found = person(work, team, "asker")
    assert (found.active, found.left_at, found.title) == (False, ENDS["UTC"], "Alumna")


def test_settling_writes_it_down_once_and_dates_it_back(team, account):
    made, waiting = granted(team, account), team.ask("asker", account, ["draft"])
    stewarded = team.account("theirs", steward_id=team.ids["asker"])
    amend(team, "asker", terminated_on=LAST)
    amend(team, "colleague", terminated_on=LAST + timedelta(days=1))
    team.clock.now = ENDS["UTC"] + timedelta(hours=5)
    before = team.intact()
    assert settle(team) == 1
    assert sorted(actions(team, before)) == [
        "account.orphaned", "employee.left", "grant.revoked", "rights_request.withdrawn",
    ]  # fmt: skip
    left = team.events(action="employee.left")[0]
    assert left["reason"] == "the last day, 2026-03-20, has passed"
    assert shown(team, "asker")["left_at"] == "2026-03-21T00:00:00Z"
    flags = {one["flag"]: one["since"] for one in team.get(f"/v1/accounts/{stewarded}", "boss")["flags"]}
    assert flags["orphaned"] == "2026-03-21T00:00:00Z"
    assert team.get(f"/v1/rights-requests/{waiting['id']}", "boss")["state"] == "withdrawn"
    assert grant(team, made)["state"] == "revoked"
    assert as_of(team, made, ENDS["UTC"] - MOMENT) == "active"
    before = team.intact()
    assert settle(team) == 0 and team.intact() == before


def test_settling_goes_in_parts(team):
    for n in range(5):
        team.hire(f"temp-{n}", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    done = []
    for _ in range(3):
        with team.work() as work:
            done.append(lifecycle.settle(work, limit=2))
    assert done == [2, 2, 1] and settle(team) == 0


def test_a_custodian_counts_as_gone_from_their_last_day_on(team):
    account = team.account("theirs", steward_id=team.ids["asker"])
    amend(team, "asker", terminated_on=LAST)
    flags = lambda: {one["flag"]: one["since"] for one in team.get(f"/v1/accounts/{account}", "boss")["flags"]}  # noqa: E731
    team.clock.now = ENDS["UTC"] - MOMENT
    assert "single_custodian" in flags()
    team.clock.now = ENDS["UTC"]
    assert flags()["orphaned"] == "2026-03-21T00:00:00Z"


# Time zones, rehires.


def test_another_time_zone_of_the_unit_dates_its_people_anew(team, account):
    granted(team, account)
    team.hire("newcomer", hired_on=FIRST)
    amend(team, "asker", terminated_on=LAST)
    zoned(team, "sales", HONOLULU)
    team.clock.now = BEGINS[HONOLULU] - MOMENT
    assert "subject_inactive" in team.codes("boss", "newcomer", "publish", account)
    team.clock.now += MOMENT
    assert "subject_inactive" not in team.codes("boss", "newcomer", "publish", account)
    team.clock.now = ENDS[HONOLULU] - MOMENT
    assert team.codes("boss", "asker", "publish", account) == set()
    team.clock.now += MOMENT
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)


def test_another_time_zone_brings_nobody_back_whose_day_was_over(team, account):
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"] + timedelta(hours=1)
    zoned(team, "sales", HONOLULU)
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)


def test_a_mover_s_last_day_is_that_of_the_new_unit(team, account):
    zoned(team, "logistics", AUCKLAND)
    amend(team, "asker", terminated_on=LAST)
    amend(team, "asker", department="Logistics")
    team.clock.now = ENDS[AUCKLAND] - MOMENT
    assert "subject_inactive" not in team.codes("boss", "asker", "publish", account)
    team.clock.now = ENDS[AUCKLAND]
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)


def test_people_of_a_merged_unit_live_by_the_other_s_clock(team, account):
    zoned(team, "logistics", AUCKLAND)
    amend(team, "asker", terminated_on=LAST)
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into, "reason": "One team."})
    team.clock.now = ENDS[AUCKLAND] - MOMENT
    assert "subject_inactive" not in team.codes("boss", "asker", "publish", account)
    team.clock.now = ENDS[AUCKLAND]
    assert "subject_inactive" in team.codes("boss", "asker", "publish", account)


def test_a_rehire_dated_ahead_comes_on_the_day_with_nothing(team, account):
    made = granted(team, account)
    team.fire("asker")
    restate(team, "asker", active=True, hired_on=FIRST)
    assert team.events(action="employee.rejoined")
    team.clock.now = BEGINS["UTC"] - MOMENT
    assert team.codes("boss", "asker", "publish", account) == {"subject_inactive", "grant_revoked"}
    with pytest.raises(Conflict):
        team.token("asker")
    team.clock.now = BEGINS["UTC"]
    assert team.codes("boss", "asker", "publish", account) == {"grant_revoked"}
    assert team.get("/v1/me", "asker")["grants"] == [] and grant(team, made)["state"] == "revoked"


def test_a_future_hire_who_never_comes_leaves_before_the_first_day(team):
    team.hire("newcomer", hired_on=FIRST)
    restate(team, "newcomer", active=False)
    team.clock.now = BEGINS["UTC"]
    assert shown(team, "newcomer")["active"] is False
    with pytest.raises(Conflict):
        team.token("newcomer")


def test_whose_last_day_nobody_said_has_left_all_the_same(team, account):
    granted(team, account)
    amend(team, "asker", terminated_on=LAST)
    team.clock.now = ENDS["UTC"]
    with team.work() as work:  # the day is gone, and the instant has stayed
        work.session.execute(sa.text("UPDATE employee SET terminated_on = NULL WHERE terminated_on IS NOT NULL"))
    with team.work() as work:
        assert lifecycle.settle(work) == 1
    (left,) = team.events(action="employee.left")
    assert left["reason"] == "the last day has passed"


def test_a_last_day_that_has_passed_is_written_down_at_once(team, account):
    made = granted(team, account)
    team.clock.now = ENDS["UTC"]
    amend(team, "asker", terminated_on=LAST)
    (left,) = team.events(action="employee.left")
    assert left["reason"] == f"the last day, {LAST}, has passed" and grant(team, made)["state"] == "revoked"
