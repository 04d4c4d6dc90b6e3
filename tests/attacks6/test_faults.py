"""4.K, what breaks below the service: it says 503 and when to come back, and what was not acknowledged was not done."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import PendingRollbackError
from structlog.testing import capture_logs

from app import migrating
from app.governance.routing import store
from app.kernel.database import engine_for
from app.settings import Settings
from tests.attacks6.sockets import PATIENCE, connected, head, raw, statuses
from tests.deploy.conftest import free_ports
from tests.imports.test_runs import environment

ASK = "/v1/rights-requests"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def account(team):
    return team.account("acme")


def asking(account):
    return {"account_id": account, "rights": ["draft"], "justification": "x"}


# --- K11: the database gives up ---------------------------------------------------------------------------------------

STATES = {
    "deadlock": "40P01", "serialization": "40001", "lock not available": "55P03", "cancelled": "57014", "shut down": "57P01",
    "disk full": "53100", "out of memory": "53200", "too many connections": "53300", "idle too long": "25P03", "read only": "25006",
    "input or output": "58030", "no replication": "55000",
}  # fmt: skip


CODES = {"disk full": "storage_full"}
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_postgresql
def test_K11_what_the_database_gives_up_is_a_503_and_can_be_sent_again(team, account, monkeypatch):
    """Whatever it says of itself, amid the work: never a 500, nothing done, and the same key works afterwards."""
    bearer = team.token("asker")
    for n, (what, state) in enumerate(STATES.items()):
        fail = f"DO $$ BEGIN RAISE EXCEPTION 'made up: secret' USING ERRCODE = '{state}'; END $$"
        sent = {"bearer": bearer, "headers": {"Idempotency-Key": f"key-{n}"}}
        body, before = {**asking(account), "justification": what}, team.intact()

        def failing(session, *_args, _fail=fail, **_more):
            session.execute(sa.text(_fail))

        with monkeypatch.context() as broken, capture_logs():
            broken.setattr(store, "add", failing)
            answer = team.call("POST", ASK, body=body, **sent)
        assert (answer.status_code, answer.json()["code"]) == (503, CODES.get(what, "unavailable")), (what, answer.text)
        assert answer.headers["retry-after"] and "made up" not in answer.text and team.intact() == before, what
        done = team.call("POST", ASK, body=body, **sent)
        assert done.status_code == 201, what
        team.post(f"{ASK}/{done.json()['id']}/withdraw", "asker")


@on_postgresql
def test_K11_who_waits_too_long_for_a_row_is_told_to_come_back(team, account):
    """A lock that somebody holds is waited for two seconds, and not for ever."""
    asked, bearer, other = team.ask("asker", account), team.token("liaison"), engine_for(team.settings.database_url)
    with other.connect() as holding:
        holding.execute(sa.text("SELECT id FROM request WHERE id = :id FOR UPDATE"), {"id": asked["id"]})
        answer = team.call("POST", f"{ASK}/{asked['id']}/decisions", body={"decision": "approve"}, bearer=bearer)
    other.dispose()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable") and answer.headers["retry-after"]
    team.decide("liaison", asked)


# --- K12: migrations --------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process had ended at this statement."""


def settings_of(url, **more):
    return Settings(_env_file=None, database_url=url, **more)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database without any tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres_server")
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"coe_empty_{os.getpid()}_{request.node.name.__hash__() & 0xFFFF}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def shape(url):
    """Every table with its columns and indexes, and the revision."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    seen = sa.inspect(engine)
    tables = {
        name: (
            sorted(one["name"] for one in seen.get_columns(name)),
            sorted(str(one["name"]) for one in seen.get_indexes(name)),
            sorted(str(one["name"]) for one in seen.get_check_constraints(name)),
        )
        for name in seen.get_table_names()
    }
    with engine.connect() as connection:
        return tables, connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()


def interrupted(url, at, monkeypatch):
    """Migrate, and end at the statement of this number, or at the commit at the latest; answers how many there were."""
    count = 0
    usual = migrating.engine_to_migrate

    def watched(*args):
        engine = usual(*args)

        @sa.event.listens_for(engine, "before_cursor_execute")
        def count_down(*_):
            nonlocal count
            count += 1
            if count == at:
                raise Killed

        @sa.event.listens_for(engine, "commit")
        def at_last(*_):
            raise Killed

        return engine

    # In the middle of a table that is copied, Alembic wants to drop the copy, which a transaction that has ended does not let it.
    with monkeypatch.context() as patched, pytest.raises((Killed, PendingRollbackError)):
        patched.setattr(migrating, "engine_to_migrate", watched)
        migrating.migrate(settings_of(url))
    return count


def test_K12_a_migration_that_was_interrupted_anywhere_leaves_nothing_half_done(empty_url, monkeypatch):
    """Ended at its commit, and at statements all through it: nothing of it is there, and the next run completes it."""
    total = interrupted(empty_url, -1, monkeypatch)
    assert total > 100
    for part in range(9):
        engine = sa.create_engine(empty_url, poolclass=sa.NullPool)
        assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version"} and migrating.behind(engine), part
        interrupted(empty_url, max(2, total * part // 8), monkeypatch)
    migrating.migrate(settings_of(empty_url))
    migrating.migrate(settings_of(empty_url))  # once more changes nothing
    assert shape(empty_url)[1] == [ScriptDirectory.from_config(migrating._config()).get_current_head()]


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from app import migrating
from app.settings import Settings

usual, count = migrating.engine_to_migrate, 0

def watched(*args):
    engine = usual(*args)
    @sa.event.listens_for(engine, "after_cursor_execute")
    def count_down(*_):
        global count
        count += 1
        if count == 120:
            os.kill(os.getpid(), signal.SIGKILL)
    return engine

migrating.engine_to_migrate = watched
migrating.migrate(Settings(_env_file=None, database_url=sys.argv[1]))
"""


def test_K12_a_migration_that_is_killed_is_done_whole_by_the_next(empty_url, tmp_path):
    died = subprocess.run([sys.executable, "-c", KILLED, empty_url], cwd=ROOT, capture_output=True, timeout=120)
    assert died.returncode == -signal.SIGKILL, died.stderr
    migrating.migrate(settings_of(empty_url))
    whole = f"sqlite:///{tmp_path}/whole.db"
    migrating.migrate(settings_of(whole))
    assert shape(empty_url)[0].keys() == shape(whole)[0].keys() and shape(empty_url)[1] == shape(whole)[1]


def test_K12_several_who_migrate_at_once_migrate_once(empty_url):
    """Replicas that start together: the others wait, and find nothing to do."""
    gate, wrong = Barrier(3), []
    command = [sys.executable, "-m", "app", "migrate"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}

    def run():
        gate.wait()
        done = subprocess.run(
            command, cwd=ROOT, env=env | {"COE_DATABASE_URL": empty_url}, capture_output=True, timeout=120, text=True
        )
        if done.returncode:
            wrong.append(done.stderr[-2000:])

    threads = [Thread(target=run) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == [] and len(shape(empty_url)[1]) == 1
    assert migrating.behind(sa.create_engine(empty_url, poolclass=sa.NullPool)) is None


def test_K12_an_older_version_works_on_a_schema_that_a_newer_one_has_made(team):
    """Migrations stay compatible with the release before: while replicas are replaced one by one, none is out of service."""
    with team.app.state.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert team.client.get("/readyz").status_code == 200
    migrating.migrate(team.settings)  # as an older `coe serve` would: there is nothing that it could add
    team.ask("asker", team.account("acme"))
    with team.app.state.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert team.client.get("/readyz").status_code == 503


# --- K15: what the machine refuses -----------------------------------------------------------------------------------


@on_sqlite
def test_K15_out_of_file_descriptors_it_answers_again_once_there_are_some(team, tmp_path):
    """64 of them, and twice as many who hold one: nobody is answered wrongly, and afterwards everybody is answered."""
    (port,) = free_ports(1)
    log = tmp_path / "served.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", str(port), "--no-migrate"],
            env=environment(team) | {"COE_PUBLIC_URL": f"http://127.0.0.1:{port}"}, cwd=ROOT, stdout=out, stderr=out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        )  # fmt: skip
    try:
        until_ready(port, process, log)
        idle = [connected(port) for _ in range(128)]
        for one in idle:
            one.close()
        until_ready(port, process, log)
        assert statuses(raw(port, head("GET", "/v1/me"))) == [401] and process.poll() is None
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until_ready(port, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if statuses(raw(port, head("GET", "/readyz"))) == [200]:
                return
        except OSError:
            pass
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text()[-3000:])


@on_sqlite
def test_K15_a_database_that_only_reads_is_a_503_for_what_writes(team, account):
    """A file system that has become read-only: what is read is answered, what would write is told to come back."""
    bearer = team.token("asker")
    read_only = lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON")  # noqa: E731
    sa.event.listen(team.app.state.engine, "begin", read_only)
    answer = team.call("POST", ASK, body=asking(account), bearer=bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert team.call("GET", f"/v1/accounts/{account}", bearer=bearer).status_code == 200
    assert team.client.get("/healthz").status_code == 200
    sa.event.remove(team.app.state.engine, "begin", read_only)


def test_K15_a_database_whose_name_nobody_knows_is_said_in_words(tmp_path):
    """No resolver, or a wrong name: a sentence and an exit status, not a trace."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    env |= {"COE_DATABASE_URL": "postgresql+psycopg://coe@nobody.invalid/coe", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "app", "serve"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2 and "COE_DATABASE_URL" in ended.stderr and "Traceback" not in ended.stderr


# --- K16: the SQLite file --------------------------------------------------------------------------------------------


@pytest.fixture
def file(team):
    """A team on a SQLite file, whose writers do not wait long for each other."""
    team.path = Path(sa.make_url(team.settings.database_url).database)
    impatient = lambda connection, *_: connection.execute("PRAGMA busy_timeout = 50")  # noqa: E731
    sa.event.listen(team.app.state.engine, "checkout", impatient)
    return team


@on_sqlite
def test_K16_a_file_that_another_process_has_locked_is_a_503(file):
    account, bearer = file.account("acme"), file.token("asker")
    before = file.intact()
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = file.call("POST", ASK, body=asking(account), bearer=bearer)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable") and answer.headers["retry-after"]
        assert (
            file.call("GET", f"/v1/accounts/{account}", bearer=bearer).status_code == 200
        )  # who only reads is not kept out
        other.execute("ROLLBACK")
    assert file.intact() == before and file.call("POST", ASK, body=asking(account), bearer=bearer).status_code == 201


@on_sqlite
@pytest.mark.parametrize("with_log", [True, False])
def test_K16_a_file_that_was_copied_while_open_holds_whole_commits(file, tmp_path, with_log):
    """With its write-ahead log all of them, without it those before; never half of one, and the chain says so."""
    for n in range(5):
        file.ask("asker", file.account(f"acme_{n}"))
    count = file.intact()
    shutil.copy(file.path, tmp_path / "copy.db")
    if with_log:
        shutil.copy(f"{file.path}-wal", tmp_path / "copy.db-wal")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
        (seen,) = copy.execute("SELECT count(*) FROM audit_event").fetchone()
        assert seen == count if with_log else seen <= count
        first = copy.execute("SELECT seq, prev_hash, hash FROM audit_event ORDER BY seq").fetchall()
    assert [one[0] for one in first] == list(range(1, seen + 1))
    assert all(one[1] == before[2] for before, one in zip(first, first[1:], strict=False))


@on_sqlite
def test_K16_two_processes_on_one_file_write_one_chain(file, tmp_path):
    """A second service on the same file is safe: each writer waits for the other."""
    command = [sys.executable, "-m", "app", "client", "create", "Tool", "--scope", "decisions"]
    before, gate, wrong = file.intact(), Barrier(3), []

    def run():
        gate.wait()
        done = subprocess.run(command, cwd=tmp_path, env=environment(file), capture_output=True, text=True, timeout=120)
        wrong.extend([done.stderr] if done.returncode else [])

    threads = [Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    gate.wait()
    accounts = [file.account(f"acme_{n}") for n in range(5)]
    for one in threads:
        one.join()
    assert wrong == [] and len(accounts) == 5 and file.intact() == before + 7


@on_sqlite
def test_K16_whoever_deletes_the_log_beside_the_file_loses_commits_and_no_more(file):
    """What was in it is gone, as after a restored backup; what is left is whole. Only a checkpoint kept elsewhere tells."""
    for n in range(3):
        file.ask("asker", file.account(f"acme_{n}"))
    file.app.state.engine.dispose()  # checkpoints, as the last one to leave
    with closing(sqlite3.connect(file.path)) as one:
        one.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    Path(f"{file.path}-wal").unlink(missing_ok=True)
    assert file.intact() and file.get(ASK, "boss")["items"]
