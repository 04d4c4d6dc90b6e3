"""Appointing: to which scopes, with whom together, from when to when, and what it makes of a person."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest

from app.kernel.actor import Permission
from app.roles import rules
from app.roles.store import holders

NOBODY = "00000000-0000-7000-8000-00000000dead"
SCOPES = {
    "strategist": {"enterprise"}, "content_strategist": {"enterprise"}, "developer": {"enterprise"}, "auditor": {"enterprise"},
    "admin": {"enterprise"}, "community_manager": {"enterprise", "unit", "network"}, "bu_liaison": {"unit"},
    "campaign_manager": {"unit"}, "social_analyst": {"enterprise", "unit"},
}  # fmt: skip


@pytest.fixture
def appoint(team):
    sales = team.get("/v1/business-units/sales", "boss")["id"]
    places = {"enterprise": {}, "unit": {"business_unit_id": sales}, "network": {"network": "x"}}

    def appoint(who, role, where="enterprise", status=201, by="boss", **more):
        id_ = str(team.ids.get(who, who))
        return team.post("/v1/appointments", by, {"employee_id": id_, "role": role, **places[where], **more}, status)

    return appoint


def test_each_role_is_held_over_its_own_kinds_of_scope(team, appoint):
    for role, allowed in SCOPES.items():
        for where in ("enterprise", "unit", "network"):
            team.hire(f"new-{role}-{where}")
            made = appoint(f"new-{role}-{where}", role, where, 201 if where in allowed else 422)
            if where in allowed:
                assert made["scope"] == {"unit": "business_unit"}.get(where, where) and made["appointed_by"] == str(
                    team.ids["boss"]
                )
            else:
                assert made["errors"][0]["code"] == "scope_not_for_role", (role, where)
    both = {"business_unit_id": team.get("/v1/business-units/sales", "boss")["id"], "network": "x"}
    assert appoint("asker", "community_manager", status=422, **both)["errors"][0]["code"] == "one_scope"


def test_auditor_and_admin_are_held_with_nothing_else_whichever_comes_first(team, appoint):
    where = {"bu_liaison": "unit"}
    pairs = {
        (a, b)
        for a in ("auditor", "admin")
        for b in ("strategist", "bu_liaison", "developer", "auditor", "admin")
        if a != b
    }
    for first, second in pairs | {(b, a) for a, b in pairs}:
        who = f"{first}-{second}"
        team.hire(who)
        appoint(who, first, where.get(first, "enterprise"))
        assert appoint(who, second, where.get(second, "enterprise"), 409)["code"] == "separation_of_duties", who
    appoint("hub", "auditor", status=409)
    assert appoint("auditor", "auditor", status=409)["code"] == "already_appointed"


def test_a_deputy_does_not_get_around_the_separation(team, appoint):
    refused = appoint("asker", "bu_liaison", "unit", 409, deputy_id=str(team.ids["auditor"]))
    assert refused["code"] == "separation_of_duties"
    appoint("asker", "bu_liaison", "unit", deputy_id=str(team.ids["colleague"]))
    assert appoint("colleague", "auditor", status=409)["code"] == "separation_of_duties"


def test_a_role_that_is_over_stands_in_nobodys_way(team, appoint):
    until = (team.clock.now + timedelta(days=1)).isoformat()
    appoint("asker", "auditor", valid_until=until)
    appoint("asker", "developer", status=409)
    team.clock.turn(days=1)
    appoint("asker", "developer")
    made = appoint("colleague", "auditor")
    team.want(200, "DELETE", f"/v1/appointments/{made['id']}", "boss")
    appoint("colleague", "developer")


def test_who_cannot_be_appointed(team, appoint):
    assert appoint(NOBODY, "developer", status=422)["errors"][0]["code"] == "unknown_employee"
    team.fire("colleague")
    appoint("colleague", "developer", status=409)
    for deputy, status in ((NOBODY, 422), (str(team.ids["colleague"]), 409), (str(team.ids["asker"]), 422)):
        appoint("asker", "developer", status=status, deputy_id=deputy)
    past, now = (team.clock.now - timedelta(days=1)).isoformat(), team.clock.now.isoformat()
    for times in (
        {"valid_until": past},
        {"valid_until": now},
        {"valid_from": "2027-01-01T00:00:00Z", "valid_until": "2026-12-31T00:00:00Z"},
    ):
        assert appoint("asker", "developer", status=422, **times)["errors"][0]["pointer"] == "/valid_until"
    for who in ("asker", "hub", "liaison", "content", "auditor", "admin", "developer"):
        appoint("asker", "developer", status=403, by=who)
    appoint("asker", "king", status=422)


def test_an_appointment_begins_now_or_later(team, appoint):
    refused = appoint(
        "asker", "developer", status=422, valid_from=(team.clock.now - timedelta(microseconds=1)).isoformat()
    )
    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/valid_from", "in_the_past")]
    appoint("asker", "developer", valid_from=team.clock.now.isoformat())


def test_the_table_that_is_enforced_is_open_to_all(team):
    rows = {one["permission"]: one for one in team.get("/v1/permissions", "asker")["items"]}
    assert set(rows) == {str(one) for one in Permission}
    create = rows["appointment:create"]
    assert set(create["roles"]) == {"strategist"} and create["client_scopes"] == []
    assert rows["decision:evaluate"]["client_scopes"] == ["decisions"]


def test_holders_of_a_role_are_those_whose_time_it_is(team, appoint):
    begins = team.clock.now + timedelta(days=1)
    appoint("asker", "strategist", valid_from=begins.isoformat())

    def found(at):
        with team.work(write=False) as work:
            return {
                who
                for who, id_ in team.ids.items()
                if id_ in set(work.session.scalars(holders(rules.Role.STRATEGIST, at)))
            }

    assert found(team.clock.now) == {"boss", "boss2"} and found(begins) == {"boss", "boss2", "asker"}


def test_where_nobody_can_be_appointed(team, appoint):
    assert appoint("asker", "community_manager", status=404, network="nowhere")["code"] == "not_found"
    appoint("asker", "bu_liaison", status=404, business_unit_id=NOBODY)
    spain = team.post("/v1/business-units", "boss", {"key": "spain", "name": "Spain"}, 201)["id"]
    team.post("/v1/business-units/spain/close", "boss", {"reason": "Over."})
    assert appoint("asker", "bu_liaison", status=409, business_unit_id=spain)["code"] == "business_unit_closed"


def test_an_appointment_works_from_its_first_instant_to_before_its_last(team, appoint):
    begins, ends = (team.clock.now + timedelta(days=n) for n in (1, 2))
    appoint("asker", "auditor", valid_from=begins.isoformat(), valid_until=ends.isoformat())
    works = lambda: team.call("GET", "/v1/audit/events", "asker").status_code == 200  # noqa: E731
    roles = lambda: [one["role"] for one in team.get("/v1/me", "asker")["appointments"]]  # noqa: E731
    assert not works() and roles() == []
    team.clock.turn(days=1, microseconds=-1)
    assert not works()
    team.clock.turn(microseconds=1)
    assert works() and roles() == ["auditor"]
    team.clock.turn(days=1, microseconds=-1)
    assert works()
    team.clock.turn(microseconds=1)
    assert not works() and roles() == []


def test_an_ended_appointment_is_over_at_once_and_kept(team, appoint):
    bearer = team.token("colleague")
    made = appoint("colleague", "auditor")
    assert team.call("GET", "/v1/audit/events", bearer=bearer).status_code == 200
    ended = team.want(200, "DELETE", f"/v1/appointments/{made['id']}", "boss")
    assert ended["ended_at"] == "2026-03-02T09:00:00Z"
    assert team.call("GET", "/v1/audit/events", bearer=bearer).status_code == 403  # with the very same token
    assert team.want(409, "DELETE", f"/v1/appointments/{made['id']}", "boss")["code"] == "appointment_ended"
    assert team.get(f"/v1/appointments/{made['id']}", "asker")["ended_at"]
    filtered = lambda **params: {one["id"] for one in team.get("/v1/appointments", "asker", params=params)["items"]}  # noqa: E731
    assert made["id"] in filtered(ended="true", role="auditor") and made["id"] not in filtered(ended="false")
    team.want(404, "DELETE", f"/v1/appointments/{NOBODY}", "boss")


def test_a_liaison_of_one_unit_is_nobody_in_another(team):
    here, there = team.account("acme"), team.account("acme_log", "logistics")
    team.switch("boss", "decentralized")
    grants = {
        name: team.ask("stranger", account)["grants"][0]["id"] for name, account in (("here", here), ("there", there))
    }
    team.switch("boss", "hub_and_spoke")
    asked = team.ask("colleague", there, ["engage"])
    team.want(200, "PATCH", f"/v1/accounts/{here}", "liaison", {"purpose": "Ours."})
    team.want(403, "PATCH", f"/v1/accounts/{there}", "liaison", {"purpose": "Theirs."})
    team.post(f"/v1/grants/{grants['here']}/suspend", "liaison", {"reason": "x"})
    team.post(f"/v1/grants/{grants['there']}/suspend", "liaison", {"reason": "x"}, 404)
    assert team.decide("liaison", asked, status=403)["code"] == "not_the_approver"  # seen: it is for one of theirs
    assert team.get("/v1/approvals", "liaison")["items"] == []
    team.ask("liaison", here, status=403, beneficiary_id=str(team.ids["stranger"]))


def test_a_community_manager_of_a_network_or_a_unit_decides_there_only(team):
    for number, scope in (("netmanager", {"network": "instagram"}), ("unitmanager", {"unit": "logistics"})):
        team.hire(number)
        team.appoint(number, "community_manager", **scope)
    x, instagram, away = (
        team.account("acme"),
        team.account("acme", network="instagram"),
        team.account("acme_log", "logistics"),
    )
    for account, names in ((x, {"hub"}), (instagram, {"hub", "netmanager"}), (away, {"hub", "unitmanager"})):
        made = team.ask("asker", account)
        for step in made["steps"][:-1]:
            team.decide(
                {"account_liaison": "otherliaison" if account == away else "liaison"}.get(step["kind"], "liaison"), made
            )
        now = team.get(f"/v1/rights-requests/{made['id']}", "asker")["steps"][-1]
        assert {one["employee_id"] for one in now["eligible"]} == {str(team.ids[name]) for name in names}


def redeputize(team, made, deputy, status=200):
    body = {"deputy_id": str(team.ids[deputy]) if deputy else None}
    return team.want(status, "PATCH", f"/v1/appointments/{made}", "boss", body)


def test_a_deputy_is_named_changed_and_taken_back(team):
    made = str(team.appoint("asker", "bu_liaison", "sales", deputy="colleague"))
    assert redeputize(team, made, "stranger")["deputy_id"] == str(team.ids["stranger"])
    redeputize(team, made, "stranger")
    assert redeputize(team, made, None)["deputy_id"] is None
    assert len(team.events(action="appointment.deputy_changed")) == 2
    assert redeputize(team, made, "asker", 422)["errors"][0]["code"] == "own_deputy"
    assert redeputize(team, made, "auditor", 409)["code"] == "separation_of_duties"
    team.want(403, "PATCH", f"/v1/appointments/{made}", "asker", {"deputy_id": None})
    team.want(200, "DELETE", f"/v1/appointments/{made}", "boss")
    assert redeputize(team, made, "stranger", 409)["code"] == "appointment_ended"


def test_deputies_never_go_round_in_a_circle(team):
    a = str(team.appoint("asker", "bu_liaison", "sales", deputy="colleague"))
    team.appoint("colleague", "bu_liaison", "logistics", deputy="stranger")
    c = str(team.appoint("stranger", "bu_liaison", "logistics"))
    assert redeputize(team, c, "asker", 409)["code"] == "deputy_cycle"
    body = {"employee_id": str(team.ids["stranger"]), "role": "bu_liaison", "deputy_id": str(team.ids["asker"])}
    unit = team.get("/v1/business-units/sales", "boss")["id"]
    assert (
        team.want(409, "POST", "/v1/appointments", "boss", {**body, "business_unit_id": unit})["code"] == "deputy_cycle"
    )
    redeputize(team, a, None)
    redeputize(team, c, "asker")


def redeputize_at_once(team, *named):
    """The statuses, in order, of naming these deputies side by side; each is an appointment and a person."""
    start, answers = Barrier(len(named)), []

    def go(made, deputy):
        start.wait()
        body = {"deputy_id": str(team.ids[deputy])}
        answers.append(team.call("PATCH", f"/v1/appointments/{made}", "boss", body).status_code)

    threads = [Thread(target=go, args=one) for one in named]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_a_circle_of_deputies_is_not_closed_by_two_at_once(team):
    first, second = (str(team.appoint(who, "bu_liaison", "sales")) for who in ("asker", "colleague"))
    assert redeputize_at_once(team, (first, "colleague"), (second, "asker")) == [200, 409]


def test_a_longer_circle_is_not_closed_by_two_who_have_nobody_in_common(team, monkeypatch):
    """Two links are there, the other two are laid at once: no row of anybody is held by both, only the lock of deputies is."""
    team.appoint("asker", "bu_liaison", "sales", deputy="colleague")
    team.appoint("stranger", "bu_liaison", "sales", deputy="otherliaison")
    open_ends = [str(team.appoint(who, "bu_liaison", "sales")) for who in ("colleague", "otherliaison")]
    together, check = Barrier(2), rules.check_deputies

    def check_side_by_side(*known):
        with suppress(BrokenBarrierError):  # whoever is alone with what they have read goes on alone
            together.wait(0.5)
        check(*known)

    monkeypatch.setattr(rules, "check_deputies", check_side_by_side)
    assert redeputize_at_once(team, (open_ends[0], "stranger"), (open_ends[1], "asker")) == [200, 409]
