"""A service client acts for whoever made it: it ends with them, in the same commit, and no rehire brings it back."""

from app.clients import service as clients
from app.kernel.actor import Actor, ActorKind
from tests.lifecycle.kit import actions, amend, restate, settle
from tests.lifecycle.test_dated import ENDS, LAST


def made_by(team, who, name, **more):
    """A client as its owner registers it; None: an operator's."""
    with team.work() as work:
        if who:
            work.actor = Actor(ActorKind.EMPLOYEE, team.ids[who])
        return clients.create_client(work, name, ["audit:read"], **{"static": True, **more})


def status(team, client):
    return team.call("GET", "/v1/audit/events?limit=1", bearer=client.bearer).status_code


def test_a_leaver_s_clients_end_in_the_same_commit_and_nobody_else_s(team):
    mine, second = made_by(team, "developer", "Feed"), made_by(team, "developer", "Dashboard")
    theirs, operators = made_by(team, "boss", "Other"), made_by(team, None, "Plant")
    assert [status(team, one) for one in (mine, second, theirs, operators)] == [200] * 4
    before = team.intact()
    team.fire("developer")
    assert [status(team, one) for one in (mine, second, theirs, operators)] == [401, 401, 200, 200]
    ended = {one["subject"]["id"]: one for one in team.events(action="client.revoked")}
    assert set(ended) == {mine.client_id, second.client_id}
    left = team.events(action="employee.left")[0]
    assert {(one["at"], one["request_id"]) for one in ended.values()} == {(left["at"], left["request_id"])}
    assert actions(team, before)[0] == "employee.left" and left["seq"] < min(one["seq"] for one in ended.values())


def test_a_client_with_a_secret_gets_no_token_any_more(team):
    made = made_by(team, "developer", "Feed", static=False)
    token = lambda: team.client.post(  # noqa: E731
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(made.client_id, made.secret)
    )
    issued = token()
    assert issued.status_code == 200
    held = issued.json()["access_token"]
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=held).status_code == 200
    team.fire("developer")
    assert token().status_code == 401
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=held).status_code == 401


def test_a_rehire_does_not_bring_them_back(team):
    mine = made_by(team, "developer", "Feed")
    team.fire("developer")
    restate(team, "developer", active=True)
    assert status(team, mine) == 401 and len(team.events(action="client.revoked")) == 1
    fresh = made_by(team, "developer", "Feed again")
    assert status(team, fresh) == 200 and status(team, mine) == 401


def test_they_stop_with_the_last_day_and_end_when_it_is_written_down(team):
    mine = made_by(team, "developer", "Feed")
    amend(team, "developer", terminated_on=LAST)
    assert status(team, mine) == 200
    team.clock.now = ENDS["UTC"]
    assert status(team, mine) == 401 and team.events(action="client.revoked") == []
    assert settle(team) == 1
    assert len(team.events(action="client.revoked")) == 1
    restate(team, "developer", active=True)
    assert status(team, mine) == 401


def test_moving_keeps_them(team):
    mine = made_by(team, "developer", "Feed")
    amend(team, "developer", department="Sales")
    assert status(team, mine) == 200
