"""What time has done is written down once, by whichever process comes first, and nothing waits for it."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from threading import enumerate as threads

import pytest
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from app.kernel.access import operator_work
from app.kernel.database import engine_for, try_advisory_lock
from app.kernel.outbound import Outside
from app.main import create_app, house_for
from app.notices.rules import server_of
from app.settings import BadSettings, Settings, load
from app.sweeping import service
from app.sweeping.rules import Errand, Outcome, Swept, Task
from app.sweeping.worker import Sweeper, sweep, sweeping


def swept(team, jobs=service.TASKS):
    return {one.name: one.done for one in sweep(team.house, jobs) if one.done}


def granted(team):
    asked = team.ask("asker", team.account("acme_sales"))
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


# --- the tasks ----------------------------------------------------------------------------------------------------------


def test_where_time_has_done_nothing_there_is_nothing_to_do_and_to_tell(team):
    before = team.intact()
    assert swept(team, service.tasks(team.settings)) == {}
    assert team.intact() == before


def test_a_right_that_lapsed_is_written_down_once_with_the_instant_at_which_it_did(team):
    grant = granted(team)
    team.clock.turn(days=180, seconds=-1)
    swept(team)
    assert team.events(action="grant.expired") == []
    team.clock.turn(hours=5)
    assert swept(team)["grants_expired"] == 1
    assert "grants_expired" not in swept(team)
    (event,) = team.events(action="grant.expired")
    assert event["subject"]["id"] == grant["id"] and event["actor"] == {
        "kind": "system",
        "id": None,
        "roles": ["system"],
    }
    assert event["after"]["ended_at"].startswith(grant["valid_until"][:19]) and event["after"]["state"] == "expired"
    shown = team.get(f"/v1/grants/{grant['id']}", "asker")
    assert shown["state"] == "expired" and team.codes(
        "boss", str(team.ids["asker"]), "publish", grant["account_id"]
    ) == {"grant_expired"}
    team.ask("asker", grant["account_id"])  # and may be asked for anew
    assert len(team.events(action="grant.expired")) == 1


def test_a_revoked_right_never_expires(team):
    grant = granted(team)
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", {"reason": "Over."})
    team.clock.turn(days=181)
    assert "grants_expired" not in swept(team) and team.events(action="grant.expired") == []


def test_more_than_one_round_takes_are_done_in_several(team):
    asked = team.ask("asker", team.account("acme_sales"), ["publish", "engage", "analyze"])
    team.decide("liaison", asked)
    team.decide("hub", asked)
    team.clock.turn(days=181)
    (task,) = [one for one in service.TASKS if one.name == "grants_expired"]
    assert sweep(team.house, [Task(task.name, task.run, limit=1, rounds=2)]) == [Swept(task.name, Outcome.DONE, 2)]
    assert sweep(team.house, [Task(task.name, task.run, limit=1)]) == [Swept(task.name, Outcome.DONE, 1)]


def test_a_request_that_nobody_decided_in_time_ends_once_as_expired(team):
    waiting = team.ask("asker", team.account("acme_sales"))
    back = team.ask("colleague", waiting["account_id"])
    team.decide("liaison", back, "request_changes")
    team.clock.turn(days=30, seconds=-1)
    assert "requests_expired" not in swept(team)
    team.clock.turn(seconds=1)
    assert swept(team)["requests_expired"] == 2
    assert "requests_expired" not in swept(team)
    events = team.events(action="rights_request.expired")
    assert {one["subject"]["id"] for one in events} == {waiting["id"], back["id"]} and len(events) == 2
    assert team.get(f"/v1/rights-requests/{waiting['id']}", "asker")["state"] == "expired"
    assert team.decide("liaison", waiting, status=409)["code"] == "request_not_pending"


def test_a_proposal_that_nobody_decided_in_time_ends_and_its_handle_is_free(team):
    body = {"network": "x", "handle": "acme_new", "business_unit_id": "sales"}
    made = team.post("/v1/accounts", "liaison", body, 201)
    team.clock.turn(days=30)
    assert swept(team)["registrations_expired"] == 1
    assert "registrations_expired" not in swept(team)
    assert len(team.events(action="registration.expired")) == 1
    assert team.get(f"/v1/accounts/{made['id']}", "asker")["state"] == "withdrawn"
    team.post("/v1/accounts", "liaison", body, 201)
    assert len(team.events(action="registration.expired")) == 1


def test_whose_last_day_has_passed_is_written_down_before_anybody_is_reminded(team):
    granted(team)
    with team.work() as work:
        from app.directory import store as directory
        from app.lifecycle import service as lifecycle

        person = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, person, {"terminated_on": (team.clock.now + timedelta(days=170)).date()})
    team.clock.turn(days=172)
    assert swept(team) == {"leavers": 1}  # and no reminder that their right ends
    assert len(team.events(action="grant.revoked")) == 1


def test_kept_answers_and_what_imports_left_behind_are_removed(team):
    team.settings.spool.mkdir(parents=True, exist_ok=True)
    left, fresh = team.settings.spool / "old.csv", team.settings.spool / "new.csv"
    now = team.clock.now.timestamp()
    for path, at in ((left, now - 86401), (fresh, now - 86399)):
        path.write_text("x")
        os.utime(path, (at, at))
    body = {"account_id": team.account("acme"), "rights": ["publish"], "justification": "x"}
    team.call("POST", "/v1/rights-requests", "asker", body, headers={"Idempotency-Key": "k"})
    assert swept(team, service.tasks(team.settings)) == {"imports_cleaned": 1}
    assert fresh.exists() and not left.exists()
    team.clock.turn(days=1)
    assert swept(team, service.TASKS)["replies_forgotten"] == 1


# --- sweeping -----------------------------------------------------------------------------------------------------------


def count(name, **labels):
    return REGISTRY.get_sample_value(f"coe_sweep_{name}_total", labels) or 0


def test_what_fails_is_told_undone_and_stops_nothing_else(team):
    def fails(work, _):
        team.ids["x"] = None
        from app.audit import service as audit

        audit.record(work, "network.added", ("network", "x"))
        raise RuntimeError("no")

    before = team.intact()
    done = iter([3, 2, 0])
    jobs = [Task("fails", fails), Errand("trips", lambda parts, stopping: 1 // 0), Task("works", lambda *_: next(done))]
    failed, worked = count("runs", task="fails", outcome="failed"), count("done", task="works")
    assert sweep(team.house, jobs) == [
        Swept("fails", Outcome.FAILED), Swept("trips", Outcome.FAILED), Swept("works", Outcome.DONE, 5)
    ]  # fmt: skip
    assert team.intact() == before
    assert count("runs", task="fails", outcome="failed") == failed + 1 and count("done", task="works") == worked + 5
    team.ids.pop("x")


def test_metrics_tell_of_sweeps(team):
    swept(team)
    text = team.call("GET", "/metrics").text
    assert 'coe_sweep_runs_total{outcome="idle",task="grants_expired"}' in text
    assert 'coe_sweep_done_total{task="leavers"}' in text


def test_of_two_processes_one_is_at_a_task(postgres_url):
    house = house_for(engine_for(postgres_url))
    task = Task("alone", lambda *_: 0)
    with operator_work(house) as work:
        assert try_advisory_lock(work.session, task.lock)
        assert sweep(house, [task, Task("other", lambda *_: 0)]) == [
            Swept("alone", Outcome.BUSY), Swept("other", Outcome.IDLE)
        ]  # fmt: skip
    assert sweep(house, [task]) == [Swept("alone", Outcome.IDLE)]
    house.writes.kw["bind"].dispose()


def test_no_two_tasks_share_a_lock_or_a_name():
    told = service.tasks(Settings(_env_file=None))
    assert len({one.lock for one in told}) == len({one.name for one in told}) == len(told)
    assert all(0 < one.lock < 2**63 for one in told)


def test_many_at_once_do_everything_once(team):
    """Attack H12."""
    account = team.account("acme_sales")
    for right in ("publish", "engage", "analyze", "draft"):
        asked = team.ask("asker", account, [right])
        team.decide("liaison", asked)
        team.decide("hub", asked)
    team.ask("colleague", account)
    team.clock.turn(days=181)
    gate, failed = Barrier(4), []

    def run():
        gate.wait()
        failed.extend(one for one in sweep(team.house, service.TASKS) if one.outcome is Outcome.FAILED)

    each = [Thread(target=run) for _ in range(4)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    assert failed == []
    expired = [one["subject"]["id"] for one in team.events(action="grant.expired")]
    assert len(expired) == len(set(expired)) == 4
    assert len(team.events(action="rights_request.expired")) == 1
    team.intact()


def test_a_right_that_somebody_holds_is_left_for_the_next_time(postgres_url, tmp_path, keys, request):
    import shutil

    from tests.kit import World, staffed

    shutil.copytree(keys, tmp_path / "keys")
    team = staffed(World(postgres_url, tmp_path))
    grant = granted(team)
    team.clock.turn(days=181)
    with team.work() as work:
        from uuid import UUID

        from app.governance.grants import store as grants

        grants.lock_grant(work.session, UUID(grant["id"]))
        (task,) = [one for one in service.TASKS if one.name == "grants_expired"]
        assert sweep(team.house, [task]) == [Swept("grants_expired", Outcome.IDLE)]
    assert swept(team)["grants_expired"] == 1
    team.close()


# --- the thread ---------------------------------------------------------------------------------------------------------


def test_a_sweeper_waits_first_sweeps_again_and_again_and_stops_at_once(house):
    seen, enough = [], Event()

    def run(*_):
        seen.append(1)
        if len(seen) == 3:
            enough.set()
        return 0

    slow = Sweeper(house, [Task("never", lambda *_: pytest.fail("too soon"))], 3600)
    quick = Sweeper(house, [Task("often", run)], 0.001)
    slow.start()
    quick.start()
    assert enough.wait(60)
    for one in (slow, quick):
        one.stop()
    for one in (slow, quick):
        one.join()
    assert not slow._thread.is_alive() and not quick._thread.is_alive()


def test_what_is_under_way_ends_with_its_round_and_nothing_else_begins(house):
    begun, go, seen = Event(), Event(), []

    def run(*_):
        begun.set()
        go.wait(60)
        return 1

    one = Sweeper(house, [Task("first", run), Task("second", lambda *_: seen.append(1) or 0)], 0.001)
    one.start()
    assert begun.wait(60)
    one.stop()
    go.set()
    one.join()
    assert not one._thread.is_alive() and seen == []


def sweepers():
    return [one for one in threads() if one.name == "sweeper"]


def settings(url, tmp_path, **more):
    return Settings(_env_file=None, database_url=url, key_dir=tmp_path / "keys", **more)


MAIL = {"smtp_url": "smtp://127.0.0.1:1", "mail_from": "CoE <coe@world.example>"}


@pytest.mark.parametrize(
    ("asked", "more", "running"),
    [
        (False, {}, 0),
        (True, {}, 5),  # checkpoints, erasures, callbacks and events have each a thread of its own
        (True, MAIL, 6),  # and mail has another
        (True, {"sweep_seconds": 0}, 0),
        (True, {"role": "api"}, 5),
        (True, {"role": "decisions"}, 0),
    ],
)
def test_a_served_application_sweeps_if_it_is_asked_to(sqlite_url, tmp_path, keys, asked, more, running):
    app = create_app(settings(sqlite_url, tmp_path, **more), sweeps=asked)
    with TestClient(app) as client:
        assert len(sweepers()) == running and client.get("/healthz").status_code == 200
    assert sweepers() == []
    app.state.engine.dispose()


def test_threads_end_with_what_they_were_started_for(sqlite_url, tmp_path, house):
    with pytest.raises(KeyError), sweeping(house, settings(sqlite_url, tmp_path)):
        raise KeyError
    assert sweepers() == []


# --- the command and the settings ---------------------------------------------------------------------------------------


def coe(tmp_path, *args, **env):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "-m", "app", *args], cwd=tmp_path, env={**kept, "PYTHONPATH": root, **env},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_command_sweeps_once_and_tells_of_it(sqlite_url, tmp_path):
    env = {"COE_DATABASE_URL": sqlite_url, "COE_SMTP_URL": MAIL["smtp_url"], "COE_MAIL_FROM": MAIL["mail_from"]}
    ended = coe(tmp_path, "sweep", "--json", **env)
    assert ended.returncode == 0, ended.stderr
    names = [one.name for one in service.tasks(Settings(_env_file=None))]
    beside = ("checkpoints_signed", "erasures_kept", "callbacks_sent", "events_sent", "mails_sent")
    assert json.loads(ended.stdout) == dict.fromkeys([*names, *beside], 0)
    in_words = coe(tmp_path, "sweep", COE_DATABASE_URL=sqlite_url)
    assert in_words.stdout.splitlines()[0] == "leavers: 0, idle"


def test_the_command_fails_where_a_task_does(sqlite_url, tmp_path):
    import sqlite3

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TABLE idempotent_reply")
    ended = coe(tmp_path, "sweep", "--json", COE_DATABASE_URL=sqlite_url)
    assert ended.returncode == 1 and json.loads(ended.stdout.splitlines()[-1])["replies_forgotten"] == 0


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"COE_SWEEP_SECONDS": "-1"}, "COE_SWEEP_SECONDS"),
        ({"COE_SMTP_URL": "smtp://mail.example.com"}, "COE_SMTP_URL and COE_MAIL_FROM belong together"),
        ({"COE_MAIL_FROM": "coe@example.com"}, "COE_SMTP_URL and COE_MAIL_FROM belong together"),
        ({"COE_SMTP_URL": "mail", "COE_MAIL_FROM": "coe@example.com"}, "COE_SMTP_URL must be an address"),
        (
            {"COE_SMTP_URL": "smtp://u:hidden@mail.example.com", "COE_MAIL_FROM": "coe@example.com"},
            "COE_SMTP_URL would send the password in the clear",
        ),
        *(
            ({"COE_SMTP_URL": "smtp://mail.example.com", "COE_MAIL_FROM": sender}, "COE_MAIL_FROM must be one address")
            for sender in ("CoE", "a@b.example, c@d.example", "CoE\r\nBcc: <a@b.example>", "@b.example", "a@")
        ),
    ],
)
def test_a_bad_setting_is_named(monkeypatch, env, says):
    for name in [name for name in os.environ if name.startswith("COE_")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=says) as refused:
        load(_env_file=None)
    assert "hidden" not in str(refused.value)


def test_callbacks_go_where_the_settings_say(tmp_path):
    told = Settings(_env_file=None, public_url="https://coe.example.com/", key_dir=tmp_path / "keys")
    courier = service.courier_of(told)
    assert (courier.outside, courier.issuer) == (Outside("https://coe.example.com"), "https://coe.example.com")
    listed = told.model_copy(update={"callback_hosts": " A.example.com,b.example.com:8443, "})
    assert listed.outside.hosts == frozenset({"a.example.com", "b.example.com:8443"})
    assert told.model_copy(update={"callback_hosts": ""}).outside.hosts == frozenset(), "none at all"


def test_mail_is_sent_as_the_settings_say():
    assert service.mailer_of(Settings(_env_file=None)) is None
    told = Settings(_env_file=None, public_url="https://coe.example.com/", **MAIL)
    mailer = service.mailer_of(told)
    assert mailer.server == server_of(MAIL["smtp_url"]) and mailer.sender == MAIL["mail_from"]
    assert (mailer.public_url, mailer.host) == ("https://coe.example.com", "coe.example.com")
    assert MAIL["smtp_url"] not in repr(told)
