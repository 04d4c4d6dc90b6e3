"""A process whose clock is a minute from the database's writes nothing (trust: I01)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.audit import service as audit
from app.audit import store
from app.identity.service import issue_token
from app.kernel import clocks
from app.kernel.clock import Reading, system_clock
from app.kernel.clocks import ClockApart, check
from app.sweeping import worker
from app.sweeping.rules import Outcome, Task

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GOAL = {"key": "reach", "title": "Be seen"}


@pytest.mark.parametrize(
    ("asked", "theirs", "answered"), [(0, 0, 0), (0, 60, 0), (60, 0, 60), (0, 100, 200), (0, 260, 200), (0, -60, 200)]
)
def test_within_a_minute_of_when_it_was_looked_at_is_well(asked, theirs, answered):
    check(NOON + asked * SECOND, NOON + theirs * SECOND, NOON + answered * SECOND)


@pytest.mark.parametrize(("asked", "theirs", "answered"), [(0, 61, 0), (61, 0, 61), (0, 261, 200), (0, -61, 200)])
def test_I01_farther_is_not_and_says_by_how_much(asked, theirs, answered):
    with pytest.raises(ClockApart, match=r"is 61\.0 seconds from the database's: until they agree it writes nothing"):
        check(NOON + asked * SECOND, NOON + theirs * SECOND, NOON + answered * SECOND)


@pytest.fixture
def skewed(team, monkeypatch):
    """Set the clock of this process wrong by so much."""
    if team.settings.sqlite:
        pytest.skip("SQLite has no clock but ours")

    def wrong(by):
        for module in (store, clocks):
            monkeypatch.setattr(module, "system_clock", lambda: system_clock() + by)

    return wrong


@pytest.mark.parametrize("by", [timedelta(days=1), timedelta(minutes=-5)], ids=["a day ahead", "behind"])
def test_I01_a_server_whose_clock_is_wrong_writes_nothing_and_says_why(team, skewed, by):
    bearer, before = team.token("boss"), team.events()
    skewed(by)
    answer = team.call("POST", "/v1/strategy/goals", body=GOAL, bearer=bearer)
    assert answer.status_code == 503 and answer.json()["code"] == "unavailable", answer.text
    assert f"is {abs(by).total_seconds():.1f} seconds from the database's" in answer.json()["detail"]
    assert team.call("GET", "/v1/strategy/goals", bearer=bearer).json()["items"] == [] and team.events() == before


def test_a_server_whose_clock_is_a_little_wrong_still_writes(team, skewed):
    bearer = team.token("boss")
    skewed(timedelta(seconds=50))
    assert team.call("POST", "/v1/strategy/goals", body=GOAL, bearer=bearer).status_code == 201


@pytest.mark.parametrize("by", [300, -300])
def test_I01_what_began_by_a_wrong_clock_is_not_written_by_one_that_was_mended_meanwhile(team, by):
    """It would stand, and every right begin, at the wrong time."""
    with pytest.raises(ClockApart, match="was set by 300"), team.work() as work:
        work.began = Reading(work.began.wall + timedelta(seconds=by), work.began.steady)
        audit.record(work, "route.denied", ("route", "nowhere"))
    assert not team.events(action="route.denied")
    with team.work() as work:
        work.began = Reading(work.began.wall + timedelta(seconds=by / 6), work.began.steady)
        audit.record(work, "route.denied", ("route", "nowhere"))
    assert len(team.events(action="route.denied")) == 1


def test_I01_a_worker_whose_clock_is_wrong_claims_nothing_either(team, skewed):
    """What is claimed until tomorrow, and told in no event, would be nobody's until then."""
    skewed(timedelta(days=1))
    with pytest.raises(ClockApart), team.work():
        pass
    with team.work(write=False):
        pass


def test_I01_a_token_is_not_out_of_its_time_by_a_clock_that_is_wrong(team, skewed):
    """Whoever is told 401 throws a good token away, and takes what they had repeated for refused."""
    bearer = team.token("boss")
    team.clock.now += timedelta(hours=1)
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    skewed(timedelta(hours=1))
    answer = team.call("GET", "/v1/me", bearer=bearer)
    assert answer.status_code == 503 and "from the database's" in answer.json()["detail"], answer.text
    assert team.call("GET", "/v1/me", bearer="nonsense").status_code == 401


@pytest.mark.parametrize("lives", [20 * 60, 24 * 3600], ids=["short", "as long as any"])
def test_I01_nor_is_it_from_the_future_by_one_that_is_behind(team, skewed, lives):
    with team.work() as work:
        bearer = issue_token(team.app.state.identity, work, "boss", lives)
    team.clock.now -= timedelta(minutes=5)
    skewed(timedelta(minutes=-5))
    answer = team.call("GET", "/v1/me", bearer=bearer)
    assert answer.status_code == 503 and "from the database's" in answer.json()["detail"], answer.text


def test_I01_nobody_is_gone_by_a_clock_that_is_wrong(team, skewed):
    """Their token is good by either clock, and by the one that is wrong their last day is over."""
    team.hire("leaver", hired_on=date(2026, 1, 1), terminated_on=team.clock.now.date())
    with team.work() as work:
        bearer = issue_token(team.app.state.identity, work, "leaver", 24 * 3600)
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 200
    team.clock.turn(hours=20)
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    skewed(timedelta(hours=20))
    answer = team.call("GET", "/v1/me", bearer=bearer)
    assert answer.status_code == 503 and "from the database's" in answer.json()["detail"], answer.text


def test_I01_a_server_whose_clock_is_wrong_sweeps_nothing(team, skewed):
    swept = []
    task = Task("looked_at", lambda work, limit: swept.append(limit) or 0)
    assert [one.outcome for one in worker.sweep(team.house, [task])] == [Outcome.IDLE]
    skewed(timedelta(days=1))
    assert worker.sweep(team.house, [task]) == []
    assert len(swept) == 1


@pytest.mark.parametrize("by", [1.5, -1.5])
def test_I01_what_is_decided_from_the_database_is_not_by_a_clock_that_is_a_second_wrong(team, skewed, by):
    account = team.account("acme")
    asked = {
        "subject": {"type": "employee", "id": str(team.ids["asker"])},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": str(getattr(account, "id", account))},
    }
    bearer = team.token("boss")
    answer = team.call("POST", "/access/v1/evaluation", body=asked, bearer=bearer)
    assert answer.status_code == 200, answer.text
    skewed(timedelta(seconds=by))
    answer = team.call("POST", "/access/v1/evaluation", body=asked, bearer=bearer)
    assert answer.status_code == 503 and "decides nothing" in answer.json()["detail"], answer.text
