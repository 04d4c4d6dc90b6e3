"""A commit whose outcome cannot be told, a full disk, and connections that nothing slow takes (trust: K01, K06, K08, K10)."""

from threading import Thread

import pytest
import sqlalchemy as sa

from app.kernel import access, committing, request_id
from app.kernel.errors import Unavailable
from tests.kit import staffed

WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77)"


@pytest.fixture
def postgres(world):
    """A staffed world on PostgreSQL; what one statement costs there is for the test to say."""
    if world.settings.sqlite:
        pytest.skip("SQLite answers a commit at once, or not at all")
    return staffed(world)


def at_commit(world, body):
    """Whatever commits a change of a request does this first."""
    with world.app.state.engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON request DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION at_commit()"
        )


def ask(world, key, bearer):
    body = {"account_id": world.handle, "rights": ["publish"], "justification": "Customer care."}
    return world.call("POST", "/v1/rights-requests", None, body, bearer=bearer, headers={"Idempotency-Key": key})


def requests(world):
    return len(world.events(action="rights_request.asked"))


def test_a_commit_that_waits_too_long_is_neither_done_nor_not(postgres, monkeypatch):
    """K06: as with a standby that does not answer; whoever repeats it under the key learns what became of it."""
    postgres.handle, bearer, given = postgres.account("acme"), postgres.token("asker"), []
    beside = sa.create_engine(postgres.settings.database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with beside.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE answered (n integer)")
    at_commit(
        postgres,
        "PERFORM pg_advisory_xact_lock(77);"
        " FOR n IN 1..600 LOOP EXIT WHEN EXISTS (SELECT FROM answered); PERFORM pg_sleep(0.05); END LOOP",
    )

    class Late(committing.Timer):
        def run(self):
            """The time is over once the commit waits, however late that is."""
            given.append(self.interval)
            with beside.connect() as connection:
                while not connection.exec_driver_sql(WAITS).scalar():
                    if self.finished.wait(0.05):
                        return
            self.function(*self.args)

    monkeypatch.setattr(committing, "Timer", Late)
    monkeypatch.setattr(committing, "monotonic", lambda: 0.0)  # however slow this machine is
    answer = ask(postgres, "one", bearer)
    assert given == [committing.SECONDS]
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown") and answer.headers[
        "retry-after"
    ] == "1"
    with beside.connect() as connection:  # the server goes on with it: nobody told it that we are gone
        connection.exec_driver_sql("INSERT INTO answered VALUES (1)")
        connection.exec_driver_sql("SELECT pg_advisory_lock(77)")
    again = ask(postgres, "one", bearer)
    assert again.status_code == 201 and again.headers["idempotency-replayed"] == "true"
    assert requests(postgres) == 1
    postgres.intact()


@pytest.mark.parametrize(("gone", "left"), [(0.0, 1.5), (0.4, 1.5), (0.9, 1.0), (1.6, 0.4), (4.9, 0.4), (5.1, 1.5)])
def test_K06_the_commit_has_what_is_left_of_the_time(postgres, monkeypatch, gone, left):
    """An answer is promised two seconds after the question; what took much longer is committed in peace."""
    postgres.handle, bearer, given = postgres.account("acme"), postgres.token("asker"), []

    class Counted(committing.Timer):
        def start(self):
            given.append(self.interval)

    monkeypatch.setattr(committing, "Timer", Counted)
    monkeypatch.setattr(request_id, "monotonic", lambda: 100.0)
    monkeypatch.setattr(committing, "monotonic", lambda: 100.0 + gone)
    assert ask(postgres, "one", bearer).status_code == 201
    assert given == [pytest.approx(left)]


def test_a_deadline_that_ends_with_the_commit_cuts_nobody_elses_connection(postgres, monkeypatch):
    """What was committed in the last instant has given its connection back already."""
    postgres.handle, bearer, cut = postgres.account("acme"), postgres.token("asker"), []

    class Late(committing.Timer):
        def start(self):
            """The time is over when it is cancelled."""

        def cancel(self):
            self.function(*self.args)

    monkeypatch.setattr(committing, "Timer", Late)
    monkeypatch.setattr(committing, "_cut", cut.append)
    assert ask(postgres, "one", bearer).status_code == 201 and cut == []


def test_a_commit_with_a_warning_is_not_acknowledged(postgres):
    """2.6: a wait for the standby that was cancelled answers like a success."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")
    at_commit(postgres, "RAISE WARNING 'canceling wait for synchronous replication due to user request'")
    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert ask(postgres, "one", bearer).status_code == 201 and requests(postgres) == 1


def test_a_connection_that_ends_during_the_commit_leaves_the_outcome_open(postgres):
    """K01: terminated by an operator, or with its server."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")
    at_commit(postgres, "PERFORM pg_terminate_backend(pg_backend_pid())")
    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert requests(postgres) == 0
    with postgres.app.state.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER at_commit ON request")
    assert ask(postgres, "one", bearer).status_code == 201 and requests(postgres) == 1
    postgres.intact()


def test_what_the_server_refused_in_words_was_not_done(postgres):
    """A commit that fails by a deadlock or a rule is no riddle."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")
    at_commit(postgres, "RAISE EXCEPTION 'a deadlock' USING ERRCODE = '40P01'")
    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable") and requests(postgres) == 0


def test_a_connection_that_ends_in_the_middle_is_not_done_and_said_so(postgres):
    """K01: before the commit there is nothing to be in doubt of."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")
    with postgres.app.state.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
        )
        connection.exec_driver_sql("CREATE TRIGGER ends BEFORE INSERT ON request FOR EACH ROW EXECUTE FUNCTION ends()")
    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable") and requests(postgres) == 0


def test_a_full_disk_is_said_so_and_what_is_there_is_read(postgres):
    """K08, as PostgreSQL says it."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")
    at_commit(postgres, "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'")
    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    assert postgres.call("GET", "/v1/accounts", bearer=bearer).status_code == 200


def test_a_full_sqlite_file_is_said_so_and_what_is_there_is_read(world):
    """K08."""
    if not world.settings.sqlite:
        pytest.skip("of SQLite's")
    staffed(world)
    bearer = world.token("boss")
    with world.app.state.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    @sa.event.listens_for(world.app.state.engine, "checkout")
    def no_more(driver, *_):
        driver.execute(f"PRAGMA max_page_count={pages}")

    codes, full = set(), 0
    for n in range(60):
        model = ("dandelion", "centralized")[n % 2]
        answer = world.call("PUT", "/v1/governance", None, {"model": model, "reason": "x" * 900}, bearer=bearer)
        codes.add((answer.status_code, answer.json().get("code")))
        full += (503, "storage_full") in codes
        if full == 3:  # each takes as long as SQLite waits for room
            break
    assert (503, "storage_full") in codes and {status for status, _ in codes} == {200, 503}, codes
    assert world.call("GET", "/v1/accounts", bearer=bearer).status_code == 200
    world.intact()


def test_a_database_that_only_reads_is_not_our_mistake(postgres):
    """During a failover the old server may still answer, as a standby."""
    postgres.handle, bearer = postgres.account("acme"), postgres.token("asker")

    @sa.event.listens_for(postgres.app.state.engine, "begin")
    def read_only(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    answer = ask(postgres, "one", bearer)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_freeze_and_a_decision_have_connections_of_their_own(postgres):
    """K10: with every shared connection taken, the press is stopped all the same, and everything else says so at once."""
    postgres.handle, boss, tool = postgres.account("acme"), postgres.token("boss"), postgres.token("asker")
    postgres.shadow = None  # it asks over the shared connections
    pool, taken = postgres.app.state.engine.pool, []
    try:
        for _ in range(pool.size() + pool._max_overflow):
            taken.append(pool.connect())
        answers = {}

        def call(name, *words, **more):
            answers[name] = postgres.call(*words, **more).status_code

        calls = [
            Thread(target=call, args=("read", "GET", "/v1/accounts"), kwargs={"bearer": boss}),
            Thread(target=call, args=("freeze", "POST", "/v1/freezes", None, {"scope": {"kind": "enterprise"}, "severity": "L3", "reason": "Stop."}), kwargs={"bearer": boss}),
            Thread(target=call, args=("health", "GET", "/healthz")),
        ]  # fmt: skip
        for one in calls:
            one.start()
        for one in calls:
            one.join()
        body = {
            "subject": {"type": "employee", "id": "asker"},
            "action": {"name": "publish"},
            "resource": {"type": "account", "id": postgres.handle},
        }
        decided = postgres.call(
            "POST", "/access/v1/evaluation", None, {**body, "context": {"consistency": "full"}}, bearer=tool
        )
    finally:
        for one in taken:
            one.close()
    assert answers["read"] == 503
    assert answers["freeze"] == 201, answers
    assert answers["health"] == 200
    assert decided.status_code == 200 and decided.json()["decision"] is False
    postgres.intact()


def test_outside_of_requests_a_commit_has_what_the_locks_have_left(postgres, monkeypatch):
    """K06: a worker that waited for somebody, who waited for the standby."""
    given, waits, real = [], iter((0.0, 0.9, 1.8)), committing._deadline

    def deadline(session, driver, seconds):
        given.append(round(seconds, 6))
        return real(session, driver, 60)

    monkeypatch.setattr(committing, "_deadline", deadline)
    monkeypatch.setattr(committing, "waited", lambda _: next(waits))
    for _ in range(3):
        with access.operator_work(postgres.house) as work:
            work.session.execute(sa.select(1))
    assert given == [1.5, 1.0, 0.4]


def test_what_is_seen_is_confirmed_by_a_commit_that_was_waited_for(postgres, monkeypatch):
    """2.6: a wait for the standby that is cancelled confirms nothing."""
    engine = postgres.app.state.engine
    committing.confirm(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE seen (n integer)")
        connection.exec_driver_sql(
            "CREATE FUNCTION warns() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER warns AFTER INSERT ON seen DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION warns()"
        )
    monkeypatch.setattr(committing, "_MARK_IF_WAITED_FOR", sa.text("INSERT INTO seen VALUES (1)"))
    with pytest.raises(committing.OutcomeUnknown):
        committing.confirm(engine)
    with pytest.raises(Unavailable, match="may not last"), sa.orm.Session(engine) as session:
        committing.confirm_read(session)


def test_a_decision_that_is_read_from_the_database_is_confirmed(world, monkeypatch):
    """On either database: where no index answers."""
    staffed(world)

    def refused(_session):
        raise Unavailable("It may not last.")

    asked = {
        "subject": {"type": "employee", "id": "asker"},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": str(world.account("acme"))},
    }
    world.shadow, tool = None, world.token("boss")
    assert world.call("POST", "/access/v1/evaluation", None, asked, bearer=tool).status_code == 200
    monkeypatch.setattr(access, "confirm_read", refused)
    assert world.call("POST", "/access/v1/evaluation", None, asked, bearer=tool).status_code == 503


def test_nothing_is_written_for_a_standby_that_nobody_waits_for(postgres):
    """The mark has an effect only where it is selected."""
    with postgres.app.state.engine.begin() as connection:
        assert connection.execute(committing._MARK_IF_WAITED_FOR).all() == []
