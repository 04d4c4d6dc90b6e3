"""One transaction waits for locks so long in all, not for each of them (trust: K06)."""

from contextlib import closing

import pytest
import sqlalchemy as sa

from app.kernel import waiting
from app.kernel.database import engine_for

LOCK = sa.text("SELECT pg_advisory_xact_lock(:n)")


@pytest.fixture
def engine(world):
    if world.settings.sqlite:
        pytest.skip("SQLite's writers wait for each other, and for nothing else")
    made = engine_for(world.settings.database_url, pool_size=1, lock_timeout_ms=900)
    yield made
    made.dispose()


@pytest.fixture
def clock(monkeypatch):
    """What each look at a lock takes, by the clock of whoever counts."""
    times = []
    monkeypatch.setattr(waiting, "monotonic", lambda: times.pop(0) if times else 0.0)
    return times


def limit(connection):
    return connection.scalar(sa.text("SHOW lock_timeout"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT id FROM account FOR UPDATE",
        "SELECT id FROM account FOR NO KEY UPDATE",
        "SELECT id FROM account FOR KEY SHARE",
        "INSERT INTO idempotent_reply SELECT * FROM idempotent_reply ON CONFLICT DO NOTHING",
    ],
)
def test_what_one_lock_took_is_not_there_for_the_next(engine, clock, statement):
    with engine.begin() as connection:
        clock += [10.0, 10.625]
        connection.execute(sa.text(statement))
        assert waiting.waited(connection) == pytest.approx(0.625)
        assert limit(connection) == "900ms"
        connection.execute(sa.text(statement))
        assert limit(connection) == "275ms"


def test_whoever_has_waited_for_all_of_it_still_gets_what_is_free(engine, clock):
    with engine.begin() as connection:
        clock += [10.0, 12.0]
        connection.execute(LOCK, {"n": 1})
        connection.execute(LOCK, {"n": 2})
        assert limit(connection) == "1ms"


def test_whoever_has_waited_for_all_of_it_waits_no_longer(engine, clock):
    other = engine_for(engine.url, pool_size=1)
    with closing(other.connect()) as holds, engine.begin() as connection:
        holds.execute(LOCK, {"n": 2})
        clock += [10.0, 12.0]
        connection.execute(LOCK, {"n": 1})
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            connection.execute(LOCK, {"n": 2})
    other.dispose()


def test_each_transaction_begins_anew(engine, clock):
    with engine.begin() as connection:
        clock += [10.0, 10.625]
        connection.execute(LOCK, {"n": 1})
    with engine.begin() as connection:
        assert waiting.waited(connection) == 0.0
        connection.execute(LOCK, {"n": 1})
        assert limit(connection) == "900ms"


def test_what_is_no_waiting_is_not_told_to_the_server(engine, clock):
    with engine.begin() as connection:
        clock += [10.0, 10.05]
        connection.execute(LOCK, {"n": 1})
        connection.execute(LOCK, {"n": 2})
        assert limit(connection) == "900ms"


def test_what_takes_long_for_another_reason_is_not_counted(engine, clock):
    with engine.begin() as connection:
        clock += [10.0, 12.0]
        connection.execute(sa.text("SELECT pg_try_advisory_xact_lock(1), 1 FROM account"))
        assert waiting.waited(connection) == 0.0 and len(clock) == 2
