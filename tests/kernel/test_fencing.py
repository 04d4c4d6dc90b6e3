"""A server that was left behind in a failover is not used by whoever has met the one that leads (trust: K07)."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.kernel import fencing
from app.kernel.database import engine_for


@pytest.fixture
def engine(postgres_url):
    made = engine_for(postgres_url)
    yield made
    made.dispose()


@pytest.fixture
def led_elsewhere(engine, monkeypatch):
    """Call it, and this process has met another server, which was promoted since ours led."""
    with engine.connect() as connection:
        cluster, timeline = connection.info[fencing._TIMELINE]
    return lambda: monkeypatch.setitem(fencing._newest, cluster, timeline + 1)


def test_a_connection_that_was_there_before_the_failover_is_not_taken_again(engine, led_elsewhere):
    led_elsewhere()
    with pytest.raises(OperationalError, match="left behind"), engine.connect():
        pass


def test_no_new_connection_is_made_and_none_is_left_open(engine, led_elsewhere):
    engine.dispose()
    led_elsewhere()
    with pytest.raises(OperationalError, match="left behind"), engine.connect():
        pass
    assert engine.pool.checkedout() == 0


def test_a_connection_that_is_kept_can_be_asked_about(engine, led_elsewhere):
    with engine.connect() as connection:
        fencing.refuse_left_behind(connection.info)
        led_elsewhere()
        with pytest.raises(fencing.psycopg.OperationalError, match="left behind"):
            fencing.refuse_left_behind(connection.info)


def test_a_server_that_leads_again_is_used_again(engine, led_elsewhere, monkeypatch):
    """It was promoted itself, and is on a newer timeline than any that is known."""
    with engine.connect() as connection:
        cluster, timeline = connection.info[fencing._TIMELINE]
    led_elsewhere()
    monkeypatch.setitem(fencing._newest, cluster, timeline)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_another_cluster_is_another_matter(engine, led_elsewhere, monkeypatch):
    """A database that was moved to a cluster of its own begins with the first timeline."""
    led_elsewhere()
    monkeypatch.setattr(fencing, "_ASKED", "SELECT 1::bigint, 1")
    engine.dispose()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.parametrize("asked", ["SELECT 1::bigint, NULL::int", "SELECT no_such_function()"])
def test_a_server_that_does_not_tell_is_used(engine, monkeypatch, asked):
    """A standby has no timeline of its own; some services that speak PostgreSQL's protocol have none at all."""
    monkeypatch.setattr(fencing, "_ASKED", asked)
    with engine.connect() as connection:
        assert connection.info[fencing._TIMELINE] is None and connection.scalar(sa.text("SELECT 1")) == 1
