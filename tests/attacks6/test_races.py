"""4.H, calls that are started together: two replicas, a freeze amid decisions, two who stand in for each other."""

import shutil

import pytest

from tests.kit import World
from tests.test_races import Race

WHY = {"reason": "x"}
ASK = "/v1/rights-requests"


@pytest.fixture
def race(team):
    return Race(team)


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def replica(team, tmp_path):
    """Another process of the same installation, as far as one process can be: its own application, pool and memory."""
    shutil.copytree(team.settings.keys, tmp_path / "replica" / "keys")
    made = World(team.settings.database_url, tmp_path / "replica", seat=1)
    made.clock, made.ids = team.clock, team.ids
    made.house = made.app.state.house
    yield made
    made.close()


def test_H09_one_key_used_first_on_two_replicas_has_one_effect(race, account, replica):
    team = race.team
    for n, right in enumerate(("publish", "engage", "analyze", "draft")):
        sent = {"bearer": race.bearers["asker"], "headers": {"Idempotency-Key": f"key-{n}"}}
        body = {"account_id": account, "rights": [right], "justification": "x"}
        call = lambda at, body=body, sent=sent: at.call("POST", ASK, body=body, **sent)  # noqa: E731
        answers = race.together(*[lambda at=at, call=call: call(at) for at in (team, replica, team, replica)])
        done = [one for one in answers if one.status_code == 201]
        assert done and len({one.content for one in done}) == 1, [one.text for one in answers]
        assert {one.status_code for one in answers} <= {201, 409, 503}
        assert all(one.headers["retry-after"] for one in answers if one.status_code != 201)
        again = call(replica)
        assert (again.status_code, again.content) == (201, done[0].content)
        assert len(team.events(action="rights_request.asked")) == n + 1
    team.intact()


def test_H05_no_decision_of_a_freezes_revision_permits_what_it_covers(race, account):
    """Asked all the while, by many: whatever answer names the freeze's revision or a later one refuses."""
    team = race.team
    team.switch("boss", "decentralized")
    race.ask("asker", account)
    team.shadow = None  # it would read in between
    question = {
        "subject": {"type": "employee", "id": "asker"},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": account},
    }
    for _ in range(4):
        body = {"scope": {"kind": "account", "id": account}, "severity": "L1", "reason": "x"}
        asking = lambda: [race.want("asker", "POST", "/access/v1/evaluation", question) for _ in range(12)]  # noqa: E731
        made, *asked = race.together(("boss", "POST", "/v1/freezes", body), *[asking] * 5)
        frozen = int(made.headers["coe-revision"])
        answers = [one for several in asked for one in several]
        assert len(answers) == 60
        for one in answers:
            assert one["decision"] is (int(one["context"]["revision"]) < frozen)
        race.want("boss", "POST", f"/v1/freezes/{made.json()['id']}/lift", WHY)


def test_H11_two_who_make_each_other_their_deputy_at_once_gain_nothing(race, account):
    """A deputy stands in for one person and passes nothing on: there is no chain to close, and nobody decides their own."""
    team = race.team
    team.hire("liaison2", "Sales")
    team.appoint("liaison2", "bu_liaison", "sales")
    race.bearers["liaison2"] = team.token("liaison2")
    held = {
        one["employee_id"]: one["id"]
        for one in race.want("boss", "GET", "/v1/appointments?role=bu_liaison&ended=false")["items"]
    }
    first, second = str(team.ids["liaison"]), str(team.ids["liaison2"])
    name = lambda who, whose, deputy: (who, "PATCH", f"/v1/appointments/{held[whose]}", {"deputy_id": deputy})  # noqa: E731
    answers = race.together(name("boss", first, second), name("boss2", second, first))
    assert {one.status_code for one in answers} <= {200, 409, 503}, [one.text for one in answers]
    asked = race.ask("liaison", account)
    decide = f"{ASK}/{asked['id']}/decisions"
    assert race.one("liaison", "POST", decide, {"decision": "approve"}).json()["code"] == "self_approval"
    said = race.want(
        "liaison2", "POST", decide, {"decision": "approve"}
    )  # in a seat of their own, as anybody else there
    assert [(one["decided_by"], one["on_behalf_of"]) for one in said["steps"][0]["decisions"]] == [(second, None)]
    assert race.one("liaison2", "POST", decide, {"decision": "approve"}).json()["code"] == "already_decided"
    team.intact()


def test_H02_a_request_that_expires_while_it_is_approved_denied_and_withdrawn_ends_once(race, account):
    """At the very instant of its end: whoever comes first, there is one end, and a right only where it was granted."""
    team = race.team
    from app.sweeping import service as sweeping
    from app.sweeping import worker

    for n in range(6):
        asked = race.ask("asker", account)
        race.decide("liaison", asked)
        path = f"{ASK}/{asked['id']}"
        team.clock.turn(days=30 if n % 2 else 0)
        race.bearers = {who: team.token(who) for who in ("asker", "hub", "boss", "liaison", "boss2", "stranger")}
        race.together(
            race.word("hub", asked), race.word("boss", asked, "deny"), ("asker", "POST", f"{path}/withdraw", {}),
            lambda: worker.sweep(team.house, sweeping.TASKS),
        )  # fmt: skip
        found = race.want("asker", "GET", path)
        assert found["state"] == "expired" if n % 2 else found["state"] in ("granted", "denied", "withdrawn")
        assert len(found["grants"]) == (found["state"] == "granted")
        if found["grants"]:
            race.want("boss", "POST", f"/v1/grants/{found['grants'][0]['id']}/revoke", WHY)
    team.intact()
