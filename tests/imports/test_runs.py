"""Imports over HTTP: the upload, the run, what it rejected; and that every run is written down, whoever began it."""

import csv
import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

import pytest

from app.clients import service as clients
from app.imports.runs import service, worker
from app.imports.runs.rules import Asked, File, RunState
from app.imports.store import alone
from app.kernel.errors import NotFound

from .bench import HR, hr, text

PATH = "/v1/directory/imports"


def upload(team, content, who="admin", *, name="people.csv", media_type="text/csv", headers=None, **fields):
    body = content if isinstance(content, str | bytes) else text(content)
    return team.call("POST", PATH, who, files={"file": (name, body, media_type)}, data=fields, headers=headers)


def work_off(team):
    """What the processes would do."""
    while team.launched:
        worker.work_off(team.house, team.app.state.spool, team.launched.pop(0))


def loaded(team, content, **fields):
    """The run of an upload, once it has ended."""
    answer = upload(team, content, **fields)
    assert answer.status_code == 202, answer.text
    work_off(team)
    return team.get(answer.headers["location"], "admin")


def spooled(team):
    folder = team.app.state.spool.folder
    return [one.name for one in folder.iterdir()] if folder.exists() else []


def people(team):
    return {one["employee_number"] for one in team.get("/v1/employees?limit=200&active=true", "admin")["items"]}


def test_an_upload_becomes_a_run_that_loads_it(team):
    answer = upload(team, [hr("N1"), hr("N2", Manager_ID="N1")])
    told = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"{PATH}/{told['id']}")
    assert (told["state"], told["progress"], told["summary"]) == ("queued", {"done": 0, "total": None}, None)
    assert team.launched == [UUID(told["id"])] and spooled(team) == [f"{told['id']}.csv"]
    assert "N1" not in people(team)
    work_off(team)
    done = team.get(f"{PATH}/{told['id']}", "admin")
    assert (done["state"], done["progress"], done["problem"]) == ("done", {"done": 2, "total": 2}, None)
    assert done["summary"] == {"created": 2, "updated": 0, "unchanged": 0, "left": 0, "rejected": 0}
    assert (done["columns"], done["file_name"], done["kind"]) == ("generic", "people.csv", "employees")
    assert done["started_by"] == {"kind": "employee", "id": str(team.ids["admin"])}
    assert {"N1", "N2"} <= people(team) and spooled(team) == []
    assert [one["id"] for one in team.get(PATH, "admin")["items"]] == [told["id"]]


def test_what_a_run_caused_is_told_in_the_name_of_who_asked_for_it(team):
    with team.work() as work:
        bearer = clients.create_client(work, "HR feed", ["hr"], static=True).bearer
    files = {"file": ("people.csv", text([hr("N1"), hr("N1", Status="?"), hr("N2")]), "text/csv")}
    answer = team.call("POST", PATH, bearer=bearer, files=files, headers={"X-Request-ID": "asked-1"})
    work_off(team)
    id_ = answer.json()["id"]
    assert team.want(200, "GET", answer.headers["location"], bearer=bearer)["started_by"]["kind"] == "client"
    caused = team.events(request_id=id_)
    assert [one["action"] for one in caused] == ["import.finished", "employee.joined"]
    assert {one["actor"]["kind"] for one in caused} == {"client"}
    assert caused[0]["after"]["summary"]["rejected"] == 2 and caused[0]["subject"] == {"kind": "import", "id": id_}
    (asked,) = [one for one in team.events(request_id="asked-1") if one["action"] == "import.started"]
    assert asked["actor"] == caused[0]["actor"]
    team.intact()


def test_the_rejected_rows_come_as_csv_that_mended_can_be_sent_again(team):
    bad = hr("N2", First_Name="=1+1", Last_Name="'-x", Job_Title="@Night, shift", Hire_Date="31/12/2020")
    done = loaded(team, [hr("N1"), bad])
    assert done["summary"]["rejected"] == 1
    answer = team.call("GET", f"{PATH}/{done['id']}/rejects", "admin")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="rejects-{done["id"]}.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["line"], row["code"]) == ("3", "bad_hire_date") and "YYYY-MM-DD" in row["message"]
    assert (row["First Name"], row["Last Name"], row["Job Title"]) == ("'=1+1", "''-x", "'@Night, shift")
    assert '"\'=1+1"' in answer.text
    again = loaded(team, answer.text.replace("31/12/2020", "2020-12-31"))
    assert (again["state"], again["summary"]["created"]) == ("done", 1)
    found = team.get("/v1/employees?employee_number=N2", "admin")["items"][0]
    assert (found["given_name"], found["family_name"], found["title"]) == ("=1+1", "'-x", "@Night, shift")


def test_more_rejected_rows_than_a_batch_come_in_their_order(team):
    done = loaded(team, [hr(f"N{n}", Hire_Date="?") for n in range(1101)])
    rows = list(csv.DictReader(io.StringIO(team.call("GET", f"{PATH}/{done['id']}/rejects", "admin").text)))
    assert [int(one["line"]) for one in rows] == list(range(2, 1103))


def test_a_run_without_rejected_rows_has_a_file_with_a_header(team):
    done = loaded(team, [hr("N1")])
    assert (
        team.call("GET", f"{PATH}/{done['id']}/rejects", "admin").text
        == ",".join(("line", "code", "message", *HR)) + "\r\n"
    )


def test_rejected_rows_are_forgotten_after_a_month(team):
    first = loaded(team, [hr("N1", Hire_Date="?")])
    count = lambda: len(team.call("GET", f"{PATH}/{first['id']}/rejects", "admin").text.splitlines())  # noqa: E731
    team.clock.turn(days=29)
    loaded(team, [hr("N2")])
    assert count() == 2
    team.clock.turn(days=2)
    loaded(team, [hr("N2")])
    assert count() == 1
    assert team.get(f"{PATH}/{first['id']}", "admin")["summary"]["rejected"] == 1


def test_columns_are_those_of_the_header_or_those_that_are_said(team):
    row = {
        "Worker ID": "N1", "Legal First Name": "Ann", "Legal Last Name": "Berg", "Work Email": "n1@example.com",
        "Supervisory Organization": "Sales", "Worker Type": "Employee", "Worker Status": "Active",
    }  # fmt: skip
    assert loaded(team, [row])["columns"] == "workday"
    own = '[columns]\nemployee_id = "Worker ID"\nfirst_name = "Legal First Name"\nwork_email = "Work Email"\n'
    own += 'department = "Supervisory Organization"\nstatus = "Worker Status"\n'
    done = loaded(team, [{**row, "Legal First Name": "Anna"}], columns=own)
    assert (done["columns"], done["state"], done["summary"]["updated"]) == ("own", "done", 1)
    assert loaded(team, [row], columns="workday")["summary"]["updated"] == 1
    for columns, status, code in (
        ("bamboohr", 422, "file_refused"),
        ("sap", 404, "not_found"),
        ("a = 1", 422, "bad_columns"),
    ):
        answer = upload(team, [row], columns=columns)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "the header lacks Employee #" in upload(team, [row], columns="bamboohr").json()["detail"]


def test_a_form_that_asks_for_what_there_is_not(team):
    good = [hr("N1")]
    for fields, pointer in (
        ({"kind": "accounts"}, "/kind"), ({"complete": "yes"}, "/complete"), ({"dry_run": ""}, "/dry_run"),
        ({"confirm_leavers": "TRUE"}, "/confirm_leavers"), ({"colour": "red"}, "/colour"),
    ):  # fmt: skip
        answer = upload(team, good, **fields)
        assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer])
    assert team.call("POST", PATH, "admin", data={"kind": "employees"}, files={"other": b""}).status_code == 422
    assert (team.launched, spooled(team), team.get(PATH, "admin")["items"]) == ([], [], [])


def test_a_refused_file_says_why_and_changes_nothing(team):
    before = people(team)
    done = loaded(team, [hr(f"N{n}") for n in range(3)], complete="true")
    assert (done["state"], done["problem"]["code"]) == ("refused", "mass_deactivation_guard")
    assert done["summary"] is None and people(team) == before and spooled(team) == []
    assert team.events(action="import.finished")[0]["after"]["state"] == "refused"
    rest = [hr("admin", Work_Email="admin@world.example"), *(hr(f"N{n}") for n in range(3))]
    confirmed = loaded(team, rest, complete="true", confirm_leavers="true")
    assert (confirmed["state"], confirmed["summary"]["left"]) == ("done", len(before) - 1)


def test_a_dry_run_says_what_would_be_and_changes_nothing(team):
    before = people(team)
    done = loaded(team, [hr("N1"), hr("N2", Hire_Date="?")], dry_run="true")
    assert (done["state"], done["summary"]["created"], done["summary"]["rejected"]) == ("done", 1, 1)
    assert done["dry_run"] and people(team) == before
    assert [one["action"] for one in team.events(request_id=done["id"])] == ["import.finished"]


def test_a_repeated_upload_under_one_key_is_one_run(team):
    key = {"Idempotency-Key": "monday"}
    first, again = (upload(team, [hr("N1")], headers=key) for _ in range(2))
    assert (again.status_code, again.content) == (202, first.content) and again.headers["idempotency-replayed"]
    assert again.headers["location"] == first.headers["location"]
    assert len(team.launched) == 1 and spooled(team) == [f"{first.json()['id']}.csv"]
    assert upload(team, [hr("N2")], headers=key).json()["code"] == "idempotency_key_reused"
    assert len(spooled(team)) == 1


def test_nobody_who_may_not_import_gets_a_byte_onto_the_disk(team):
    for who in (None, "asker", "boss", "auditor"):
        answer = upload(team, [hr("N1")], who)
        assert answer.status_code == (403 if who else 401)
    assert not team.app.state.spool.folder.exists()


def test_a_file_over_the_limit(team):
    spool = team.app.state.spool
    team.app.state.spool = type(spool)(spool.folder, 1000)
    small, large = text([hr("N1")]), text([hr(f"N{n}") for n in range(40)])
    assert len(small) < 1000 < len(large)
    assert upload(team, large).json()["code"] == "too_large" and spooled(team) == []
    assert upload(team, small).status_code == 202


def test_d12_two_imports_at_once(team):
    first = upload(team, [hr("N1")])
    second = upload(team, [hr("N2")])
    assert (second.status_code, second.json()["code"]) == (409, "import_running")
    assert second.json()["import_id"] == first.json()["id"]
    work_off(team)
    with alone(team.house.writes):  # one at the command line that was begun before runs were written down
        id_ = upload(team, [hr("N2")]).json()["id"]
        work_off(team)
    assert team.get(f"{PATH}/{id_}", "admin")["problem"]["code"] == "import_running"
    assert loaded(team, [hr("N2")])["state"] == "done"


def test_a_run_that_fell_silent_has_failed_and_makes_way(team):
    first = upload(team, [hr("N1")])
    where = first.headers["location"]
    team.clock.turn(seconds=30)
    assert team.get(where, "admin")["state"] == "queued"
    team.clock.turn(seconds=1)
    assert (team.get(where, "admin")["state"], team.get(PATH, "admin")["items"][0]["state"]) == ("failed", "failed")
    assert "run it again" in team.get(where, "admin")["problem"]["detail"]
    second = upload(team, [hr("N1")])
    assert second.status_code == 202
    assert team.events(action="import.finished")[0]["after"]["problem"]["code"] == "import_failed"
    work_off(team)  # the first process comes late: its place is another's
    assert team.get(where, "admin")["state"] == "failed"
    assert team.get(second.headers["location"], "admin")["state"] == "done"


def test_a_run_at_work_whose_process_is_gone_makes_way_at_once(team):
    id_ = UUID(upload(team, [hr("N1")]).json()["id"])
    from app.imports.runs import store

    with team.house.writes.begin() as session:
        assert store.claim(session, id_, team.clock())
    with alone(team.house.writes):
        assert upload(team, [hr("N2")]).status_code == 409  # somebody is at work
    assert upload(team, [hr("N2")]).status_code == 202
    assert team.get(f"{PATH}/{id_}", "admin")["state"] == "failed"


def test_a_run_that_breaks_off_says_so(team, monkeypatch):
    from app.imports.employees import service as employees

    monkeypatch.setattr(employees, "_check", lambda one: 1 / 0)
    answer = upload(team, [hr("N1")])
    with pytest.raises(ZeroDivisionError):
        work_off(team)
    done = team.get(answer.headers["location"], "admin")
    assert (done["state"], done["problem"]["code"]) == ("failed", "import_failed")
    assert "ZeroDivisionError" in done["problem"]["detail"] and spooled(team) == []
    monkeypatch.undo()
    assert loaded(team, [hr("N1")])["summary"]["created"] == 1


def test_what_dead_processes_left_behind_is_removed(team):
    folder = team.app.state.spool.folder
    folder.mkdir(mode=0o700)
    for name, age in (("old.csv", timedelta(hours=25)), ("new.csv", timedelta(hours=23))):
        (folder / name).write_text("")
        os.utime(folder / name, times=((team.clock() - age).timestamp(),) * 2)
    upload(team, [hr("N1")])
    assert "new.csv" in spooled(team) and "old.csv" not in spooled(team)


def test_a_run_that_was_never_committed_is_nobodys_work(team, tmp_path):
    unknown = UUID("00000000-0000-7000-8000-00000000dead")
    worker.work_off(team.house, team.app.state.spool, unknown)
    with team.work(write=False) as work, pytest.raises(NotFound):
        service.run(work, unknown)


def test_a_run_says_how_far_it_is_and_that_it_lives(team, monkeypatch):
    monkeypatch.setattr(worker, "PULSE_SECONDS", 0.01)
    seen = []

    def load(acting, progress, reject):
        progress(500, 1100)
        until = monotonic() + 20
        while not seen and monotonic() < until:
            with team.work(write=False) as work:
                run = service.runs(work, _page())[0]
            seen.extend([run] if run.done else [])
            sleep(0.01)
        progress(1100, 1100)
        return worker.Summary(created=1100)

    team.clock.turn(seconds=5)
    worker.record(team.house, Asked(), File("people.csv", 1), "generic", load)
    assert (seen[0].state, seen[0].done, seen[0].total) == (RunState.RUNNING, 500, 1100)
    assert team.get(PATH, "admin")["items"][0]["progress"] == {"done": 1100, "total": 1100}


def _page():
    from app.kernel.pages import Page

    return Page(limit=1, sort="-created_at")


# --- with real processes ----------------------------------------------------------------------------------------------


def environment(team):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    return {**kept, **team.settings.as_environment(), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def coe(team, *words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=cwd,
        env=environment(team),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_an_upload_is_loaded_by_a_process_of_its_own(team, tmp_path, monkeypatch):
    from functools import partial

    for name, value in environment(team).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    team.app.state.launch_import = partial(worker.launch, team.house, team.settings.as_environment())
    answer = upload(team, [hr("N1"), hr("N2")])
    assert answer.status_code == 202
    until = monotonic() + 60
    while (done := team.get(answer.headers["location"], "admin"))["state"] in ("queued", "running"):
        assert monotonic() < until, done
        sleep(0.05)
    assert (done["state"], done["summary"]["created"]) == ("done", 2) and spooled(team) == []


def test_a_process_that_dies_is_noticed(team, monkeypatch):
    monkeypatch.setattr(worker, "command", lambda id_: (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    id_ = UUID(upload(team, [hr("N1")]).json()["id"])
    worker.launch(team.house, {}, id_)
    until = monotonic() + 20
    while (done := team.get(f"{PATH}/{id_}", "admin"))["state"] == "queued":
        assert monotonic() < until
        sleep(0.02)
    assert (done["state"], done["problem"]["code"]) == ("failed", "import_failed")


def test_runs_at_the_command_line_are_written_down_too(team, tmp_path):
    (tmp_path / "units.csv").write_text("key,name,parent\nnordics,Nordics,\n")
    (tmp_path / "people.csv").write_text(text([hr("N1"), hr("N2", Hire_Date="?", First_Name="=x")]))
    (tmp_path / "empty.csv").write_text(text([], list(HR)))
    assert coe(team, "import", "business-units", "units.csv", cwd=tmp_path).returncode == 0
    rows = coe(team, "import", "employees", "people.csv", "--rejects", "rejects.csv", cwd=tmp_path)
    assert (rows.returncode, rows.stdout) == (1, "1 created, 0 updated, 0 unchanged, 0 left, 1 rejected\n"), rows.stderr
    refused = coe(team, "import", "employees", "empty.csv", "--complete", cwd=tmp_path)
    assert refused.returncode == 2 and "refused whole" in refused.stderr
    runs = team.get(PATH, "admin")["items"]
    assert [(one["kind"], one["state"], one["file_name"]) for one in runs] == [
        ("employees", "refused", "empty.csv"), ("employees", "done", "people.csv"), ("business_units", "done", "units.csv"),
    ]  # fmt: skip
    assert {one["started_by"]["kind"] for one in runs} == {"operator"}
    assert [one["action"] for one in team.events(request_id=runs[1]["id"])] == ["import.finished", "employee.joined"]
    told = team.call("GET", f"{PATH}/{runs[1]['id']}/rejects", "admin").content
    assert told == (tmp_path / "rejects.csv").read_bytes() and b'"\'=x"' in told
