"""4.I, clocks and calendars: what is decided depends on the instant alone, not on where a machine is or what it believes."""

import ast
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import app

RIGHT = ("asker", "publish")


@pytest.fixture
def account(team):
    return team.account("acme")


def story(team, account):
    """What one right says of itself from its request to its end, as a caller reads it."""
    asked = team.ask("asker", account, until="2026-06-01T00:00:00+02:00")
    team.decide("liaison", asked)
    grant = team.decide("hub", asked)["grants"][0]
    told = [asked["created_at"], asked["steps"][0]["due_at"], grant["valid_from"], grant["valid_until"]]
    for at in ("2026-05-31T21:59:59.999999+00:00", "2026-05-31T22:00:00+00:00"):
        team.clock.now = datetime.fromisoformat(at)
        told.append(
            (at, sorted(team.codes("boss", *RIGHT, account)), team.get(f"/v1/grants/{grant['id']}", "asker")["state"])
        )
    return told + [one["at"] for one in team.events() if one["action"] != "token.issued"]


@pytest.fixture
def elsewhere(monkeypatch):
    """The machine itself is somewhere else."""

    def moved(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield moved
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "Asia/Kathmandu"])
def test_I03_wherever_the_machines_are_the_instants_are_the_same(team, account, elsewhere, zone):
    """Neither the zone of the process nor that of the database's sessions shows in an instant, a due date or an end."""
    elsewhere(zone)
    if not team.settings.sqlite:
        name = sa.make_url(team.settings.database_url).database
        with team.app.state.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = '{zone}'")
        team.app.state.engine.dispose()
        with team.app.state.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW timezone").scalar() == zone
    told = story(team, account)
    assert told[:4] == ["2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z", "2026-03-02T09:00:00Z", "2026-05-31T22:00:00Z"]
    assert [state for one in told[4:6] for state in one[1:]] == [[], "active", ["grant_expired"], "expired"]
    assert {one[-1] for one in told[6:]} == {"Z"} and team.intact()


def test_I02_at_the_very_instant_of_its_end_a_right_is_over(team, account):
    """No sweep is needed, and nothing is rounded in between: a microsecond before it holds, at its end it does not."""
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    grant = team.decide("hub", asked)["grants"][0]
    end = datetime.fromisoformat(grant["valid_until"])
    for at, codes in (
        (end - timedelta(microseconds=1), set()),
        (end, {"grant_expired"}),
        (end + timedelta(days=1), {"grant_expired"}),
    ):
        team.clock.now = at
        assert team.codes("boss", *RIGHT, account) == codes


@pytest.mark.parametrize("year", [2038, 2106, 2262, 2500])
def test_I04_after_the_seconds_of_32_bits_have_run_out(team, year):
    """2038 (31 bits of seconds), 2106 (32 bits), 2262 (nanoseconds): the same story as in any other year."""
    team.clock.now = {
        2038: datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        2106: datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
    }.get(year, datetime(year, 5, 1, tzinfo=UTC))
    account, began = team.account("acme"), team.clock.now
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    grant = team.decide("hub", asked)["grants"][0]
    assert datetime.fromisoformat(grant["valid_from"]) == began and team.codes("boss", *RIGHT, account) == set()
    team.clock.now = datetime.fromisoformat(grant["valid_until"])
    assert team.codes("boss", *RIGHT, account) == {"grant_expired"} and team.intact()


@pytest.mark.parametrize(
    "at",
    [
        "2026-06-30T23:59:60Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_I04_a_leap_second_and_the_end_of_the_calendar_are_no_accident(team, account, at):
    """Refused, or taken where no end is too late: never a 500, whatever it is added to."""
    for method, path, body in (
        ("POST", "/v1/freezes", {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "x", "until": at}),
        ("PUT", "/v1/governance", {"model": "centralized", "reason": "x", "effective_from": at}),
        ("POST", "/v1/reviews", {"title": "T", "kinds": ["grants"], "due_at": at}),
        ("POST", "/v1/clearances", {"account_id": account, "content_sha256": "a" * 64, "not_after": at}),
        ("POST", "/v1/completions", {"employee_id": "asker", "course_id": "x", "completed_at": at}),
    ):
        assert team.call(method, path, "boss", body).status_code in (200, 201, 422), path
    for path in (f"/v1/grants?as_of={at}", f"/v1/accounts/{account}/publishers?as_of={at}"):
        assert team.call("GET", path, "boss").status_code in (200, 404, 422), path
    assert team.codes("boss", *RIGHT, account) <= {"no_grant", "frozen"}


def wall_clocks(tree):
    """Whether a module asks the wall clock, under whatever name."""
    nodes = list(ast.walk(tree))
    modules = {
        one.asname or one.name
        for node in nodes
        if isinstance(node, ast.Import)
        for one in node.names
        if one.name == "time"
    }
    taken = {
        one.name for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "time" for one in node.names
    }
    asked = {node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules}
    return (taken | asked) & {"time", "time_ns"}


def test_I05_what_takes_how_long_is_measured_by_a_clock_that_is_never_set():
    """The wall clock is asked in one module; a time-out that went by it would end early, or never, when it is set."""
    root = Path(app.__file__).parent
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if wall_clocks(ast.parse(path.read_text()))}
    # The library that counts calls says in wall time when a window ends; what is waited for is kept in monotonic time.
    assert found == {"kernel/clock.py", "kernel/rates.py"}


def test_I06_the_order_of_events_is_their_number_whatever_their_clocks_said(team, account):
    """Two replicas whose clocks differ write one log: numbers never go back, and the chain holds."""
    team.clock.turn(hours=4)
    asked = team.ask("asker", account)
    team.clock.turn(hours=-3)
    team.decide("liaison", asked)
    team.clock.turn(hours=1)
    team.decide("hub", asked)
    events = [one for one in team.events() if one["action"] != "token.issued"][:4]
    assert [one["seq"] for one in events] == sorted((one["seq"] for one in events), reverse=True)
    assert [one["at"] for one in events] != sorted((one["at"] for one in events), reverse=True)
    assert events[0]["action"] in ("grant.issued", "rights_request.granted") and team.intact()
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["state"] == "granted"


def test_I01_a_clock_that_jumps_back_brings_nothing_back(team, account):
    """What was revoked stays revoked at any clock; a token of the future is none."""
    team.switch("boss", "decentralized")
    team.clock.turn(hours=1)
    grant = team.ask("asker", account)["grants"][0]
    team.post(f"/v1/grants/{grant['id']}/revoke", "boss", {"reason": "Over."})
    bearer = team.token("boss")
    for back in (60, 300, 1500):
        team.clock.turn(seconds=-back)
        assert team.codes("boss", *RIGHT, account), back
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
