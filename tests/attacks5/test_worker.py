"""Attacks on the feed: what follows the database must come to be true again after anything, and say so until it is."""

import asyncio
import sqlite3
import time
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest
import sqlalchemy as sa

from app.audit import service as audit_service
from app.audit import store as audit
from app.audit.tables import AuditEvent
from app.decisions import service, worker
from app.decisions.worker import Follower
from app.governance.grants import store as grants
from app.governance.grants.tables import Grant
from app.kernel import clock
from app.kernel.access import operator_work
from app.kernel.clock import system_clock
from app.kernel.committing import OutcomeUnknown
from app.kernel.database import engine_for
from app.main import short_way
from tests.attacks5.both import ASKED, EVALUATION, opened
from tests.decisions.inside import content

PATIENCE = 20
"""Seconds after which something will not come any more; nothing is expected to take that long."""


@pytest.fixture
def door(team):
    return opened(team)


@asynccontextmanager
async def following(world, clock=None):
    """A follower of the world's database, on connections of its own, behind the short way; once it has an index."""
    world.shadow = None  # it would read, and hang, as the follower does
    engine = engine_for(world.settings.database_url, pool_size=2)
    follower = Follower(engine, clock or world.clock)
    world.app.direct = short_way(world.app, follower)
    follower.start(asyncio.get_running_loop())
    try:
        yield follower
    finally:
        follower.stop()
        world.app.direct = None
        engine.dispose()


async def until(told):
    """Wait for something to become true."""
    ends = monotonic() + PATIENCE
    while not told():
        assert monotonic() < ends, "it never came"
        await asyncio.sleep(0.01)


async def caught_up(world, follower):
    """Wait until the follower knows of the newest revision and may permit; its index is then what is there."""
    with operator_work(world.house, write=False) as work:
        newest = audit.newest(work.session)
    assert await follower.reach(newest, PATIENCE)
    await until(lambda: follower.fresh and follower.desk is not None)


async def true_again(world, follower):
    """The same, and what it holds is what a fresh reading gives."""
    await caught_up(world, follower)
    held = content(follower.desk.index)
    with operator_work(world.house, write=False) as work:
        fresh = content(service.load(work))
    for name, value in fresh.items():
        assert held[name] == value, name


async def decision(world):
    """What a tool is told, by the way of its choice."""
    answer = await asyncio.to_thread(world.call, "POST", EVALUATION, None, ASKED, bearer=world.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()["decision"], [one["code"] for one in answer.json()["context"]["reasons"]]


def end_the_right(world, *, kind="grant"):
    """The one right is revoked."""
    with world.work() as work:
        row = work.session.query(Grant).filter_by(employee_id=world.ids["asker"]).one()
        grants.end(work.session, row.id, work.now, grants.End.REVOKED, None, "Over.")
        audit_service.record(work, f"{kind}.revoked", (kind, row.id))


def test_a_write_by_another_is_known(door):
    """Attack K16."""

    async def story():
        async with following(door) as follower:
            await until(lambda: follower.desk is not None)
            assert await decision(door) == (True, [])
            end_the_right(door)
            await true_again(door, follower)
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def test_a_notification_that_is_lost_loses_nothing(door, monkeypatch):
    monkeypatch.setattr(audit, "_HOLD", sa.select(sa.func.pg_advisory_xact_lock(audit.CHAIN_LOCK)))
    test_a_write_by_another_is_known(door)


def test_what_is_written_while_the_connections_are_cut_is_not_missed(door):
    """Attack K03."""
    if door.settings.sqlite:
        pytest.skip("SQLite has no connections to cut")
    admin = sa.create_engine(door.settings.database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            for _ in range(3):
                door.app.state.engine.dispose()
                with admin.connect() as connection:
                    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    assert connection.exec_driver_sql(cut).scalar()
                door.hire(f"late{monotonic()}")
                await true_again(door, follower)
            end_the_right(door)
            await true_again(door, follower)
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def test_a_feed_that_hangs_is_a_refusal_until_it_goes_on(door, monkeypatch):
    """Attack K14."""
    hangs, held, read = Event(), Event(), service.read

    def hanging(work, since):
        held.set()
        assert hangs.wait(PATIENCE)
        return read(work, since)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            monkeypatch.setattr(service, "read", hanging)
            end_the_right(door)
            await until(held.is_set)
            await until(lambda: not follower.fresh)
            assert await decision(door) == (False, ["decision_stale"])
            hangs.set()
            await caught_up(door, follower)
            ends, told = monotonic() + PATIENCE, await decision(door)
            while told == (False, ["decision_stale"]) and monotonic() < ends:  # until a look that did not hang
                await asyncio.sleep(0.05)
                told = await decision(door)
            assert told == (False, ["grant_revoked"])

    asyncio.run(story())


def test_a_change_that_cannot_be_applied_is_not_passed_over(door, monkeypatch):
    """Half of a change in the index, and the feed going on behind it, would permit what was revoked for ever."""

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            broken, apply, failed = follower.desk.index, type(follower.desk.index).take_grant, []

            def fails(index, *row):
                if index is broken:
                    failed.append(row)
                    raise KeyError("what nobody thought of")
                return apply(index, *row)

            monkeypatch.setattr(type(broken), "take_grant", fails)
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            end_the_right(door)
            await until(lambda: failed)
            door.hire("later")
            await true_again(door, follower)
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def restored(world, kept):
    """Put the database back to what it was; whoever is connected stays so, as when a backup is played in."""
    if kept is not None:
        with closing(sqlite3.connect(world.settings.database_url.removeprefix("sqlite:///"))) as live:
            kept.backup(live)
        return
    engine = sa.create_engine(world.settings.database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        first = f"(SELECT min(seq) FROM {AuditEvent.__tablename__} WHERE action = 'grant.revoked')"
        connection.exec_driver_sql(f"DELETE FROM audit_personal WHERE seq >= {first}")
        connection.exec_driver_sql(f"DELETE FROM {AuditEvent.__tablename__} WHERE seq >= {first}")
        ended = ", ".join(f'"{name}" = NULL' for name in ("ended_at", "end", "end_reason", "ended_by"))
        connection.exec_driver_sql(f'UPDATE "{Grant.__tablename__}" SET {ended}')


def test_a_database_that_was_put_back_and_written_on_is_read_anew(door):
    """The log has grown past what is known here, by another history: what is known here never happened (K17)."""
    kept = None
    if door.settings.sqlite:
        with closing(sqlite3.connect(door.settings.database_url.removeprefix("sqlite:///"))) as live:
            kept = sqlite3.connect(":memory:")
            live.backup(kept)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            end_the_right(door)
            await caught_up(door, follower)
            assert await decision(door) == (False, ["grant_revoked"])
            follower.expect(follower.desk.index.revision)
            away, signals = Event(), worker.Follower._follow

            def blind(self):
                if not away.is_set():
                    signals(self)

            away.set()
            worker.Follower._follow = blind
            try:
                door.app.state.engine.dispose()
                restored(door, kept)
                door.anew()  # else it refuses to write behind what it knows
                for n in range(5):
                    door.hire(f"another{n}")
            finally:
                worker.Follower._follow = signals
            await until(lambda: follower.desk is not None and follower.desk.index.people.find("another4"))
            await true_again(door, follower)
            assert await decision(door) == (True, [])

    asyncio.run(story())


def test_a_database_that_was_put_back_is_followed_at_once(door):
    """And not only when as much has happened again; nor does a request wait for what never happened (K17)."""
    kept = None
    if door.settings.sqlite:
        with closing(sqlite3.connect(door.settings.database_url.removeprefix("sqlite:///"))) as live:
            kept = sqlite3.connect(":memory:")
            live.backup(kept)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            end_the_right(door)
            await caught_up(door, follower)
            follower.expect(follower.desk.index.revision)
            door.app.state.engine.dispose()
            restored(door, kept)
            await until(
                lambda: follower.desk is not None and follower.desk.index.revision < follower_was and follower.fresh
            )
            await true_again(door, follower)
            assert follower.expected <= follower.desk.index.revision

    with operator_work(door.house, write=False) as work:
        follower_was = audit.newest(work.session) + 1
    asyncio.run(story())


def test_a_kind_of_change_that_is_not_known_is_read_anew_while_the_rest_is_answered(door, monkeypatch):
    hold, load = Event(), service.load

    def slowly(work, *more):
        assert hold.wait(PATIENCE)
        return load(work, *more)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            first = follower.desk
            monkeypatch.setattr(service, "load", slowly)
            end_the_right(door, kind="something_new")
            assert (await decision(door))[0] in (True, False)
            assert follower.desk is first
            await until(lambda: not follower.fresh)
            assert await decision(door) == (False, ["decision_stale"])
            hold.set()
            await true_again(door, follower)
            assert follower.desk is not first
            await until(lambda: follower.fresh)  # on a busy machine the reading anew above took a while
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def test_who_asks_before_there_is_an_index_is_answered_from_the_database(door, monkeypatch):
    hold, load = Event(), service.load

    def slowly(work, *more):
        assert hold.wait(PATIENCE)
        return load(work, *more)

    monkeypatch.setattr(service, "load", slowly)

    async def story():
        async with following(door) as follower:
            assert await decision(door) == (True, [])
            end_the_right(door)
            assert await decision(door) == (False, ["grant_revoked"])
            assert follower.desk is None
            hold.set()
            await true_again(door, follower)

    asyncio.run(story())


def test_a_clock_that_is_another_than_the_databases_permits_nothing(door, monkeypatch):
    """Attack I01."""
    head, beat = audit.head, audit.beat

    def other(skew):
        def beats(*more):
            newest, there, known = beat(*more)
            return newest, there - timedelta(seconds=skew), known

        return beats

    def heads(skew):
        def told(*more):
            newest, there = head(*more)
            return newest, there - timedelta(seconds=skew)

        return told

    async def story():
        async with following(door, system_clock) as follower:
            await caught_up(door, follower)
            for skew in (1.5, -1.5):
                monkeypatch.setattr(audit, "head", heads(skew))
                monkeypatch.setattr(audit, "beat", other(skew))
                await until(lambda: not follower.fresh)
                assert await decision(door) == (False, ["decision_stale"])
                monkeypatch.setattr(audit, "head", head)
                monkeypatch.setattr(audit, "beat", beat)
                await until(lambda: follower.fresh)
            end_the_right(door)
            await true_again(door, follower)

    asyncio.run(story())


@pytest.mark.parametrize("skew", [1.5, -1.5])
def test_a_clock_that_was_set_since_it_was_looked_at_permits_nothing(door, monkeypatch, skew):
    """Attack I01, before anybody has looked at the database again."""

    async def story():
        async with following(door, system_clock) as follower:
            await until(lambda: follower.fresh)
            monkeypatch.setattr(clock, "time_ns", lambda: time.time_ns() + int(skew * 1e9))
            assert not follower.fresh
            assert await decision(door) == (False, ["decision_stale"])
            monkeypatch.undo()
            assert await decision(door) == (True, [])

    asyncio.run(story())


def test_of_two_writes_at_once_the_later_is_expected(door):
    """The revisions of two threads: neither takes away what the other has just said."""
    follower = Follower(door.app.state.engine, door.clock)

    class Slow(int):
        def __gt__(self, other):
            later.start()
            later.join(0.5)
            return int(self) > other

    later = Thread(target=follower.expect, args=(6,))
    follower.expect(4)
    follower.expect(Slow(5))
    later.join(PATIENCE)
    assert follower.expected == 6


def test_a_snapshot_that_ends_badly_is_read_again(door, monkeypatch):
    """What was read of it was never handed over: it must not be taken for known."""
    ends, snapshot = [], Follower._snapshot

    @contextmanager
    def breaking(self):
        with snapshot(self) as work:
            newest = audit.newest(work.session)
            yield work
            if newest > self._read_to and len(ends) < 2:
                ends.append(newest)
                raise OSError("the connection is gone")

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            monkeypatch.setattr(Follower, "_snapshot", breaking)
            end_the_right(door)
            await true_again(door, follower)
            assert len(ends) == 2
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def test_an_index_whose_reading_ends_badly_is_read_again(door, monkeypatch):
    broken, load = [], service.load

    def breaking(work, *more):
        index = load(work, *more)
        broken.append(index.revision)
        return index

    snapshot = Follower._snapshot

    @contextmanager
    def failing(self):
        with snapshot(self) as work:
            yield work
            if len(broken) == 1:
                broken.append(None)
                raise OSError("the connection is gone")

    monkeypatch.setattr(Follower, "_snapshot", failing)
    monkeypatch.setattr(service, "load", breaking)

    async def story():
        async with following(door) as follower:
            await until(lambda: follower.desk is not None)
            await true_again(door, follower)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("found", "lost", "quiet"),
    [
        ((5, 0.0, "a"), False, True),
        ((6, 0.0, "a"), False, False),
        ((4, 0.0, None), False, False),
        ((5, 0.0, "b"), False, False),  # as much has happened again, by another history
        ((5, 1.5, "a"), False, False),
        ((5, 0.0, "a"), True, False),  # what was read could not be applied
        (None, False, False),
    ],
)
def test_nothing_new_is_said_only_where_there_is_nothing_new(door, monkeypatch, found, lost, quiet):
    follower, handed = Follower(door.app.state.engine, system_clock), []
    follower._read_to, follower._read_hash = 5, "a"
    monkeypatch.setattr(follower, "_hand", lambda *told: handed.append(told))
    if lost:
        follower._lost.set()

    class Signals:
        def beat(self, seq):
            assert seq == 5
            return found and (found[0], system_clock() + timedelta(seconds=found[1]), found[2])

    assert follower._quiet(Signals()) is quiet
    assert bool(handed) is quiet
    assert follower._lost.is_set() is lost


def test_what_the_standby_may_not_have_permits_nothing(door, monkeypatch):
    """K04, K06: what somebody committed whose wait for the standby was ended is seen, and may be gone after a failover."""
    confirmed, tried, real = Event(), [], worker.confirm

    def unconfirmed(engine):
        tried.append(None)
        if len(tried) == 1:
            raise OutcomeUnknown
        assert confirmed.wait(PATIENCE)
        real(engine)

    async def story():
        async with following(door) as follower:
            await caught_up(door, follower)
            known = follower.desk.index.revision
            monkeypatch.setattr(worker, "confirm", unconfirmed)
            end_the_right(door)
            await until(lambda: not follower.fresh and len(tried) > 1)
            assert follower.desk.index.revision == known
            assert await decision(door) == (False, ["decision_stale"])
            confirmed.set()
            await true_again(door, follower)
            assert await decision(door) == (False, ["grant_revoked"])

    asyncio.run(story())


def test_a_first_index_is_confirmed_too(door, monkeypatch):
    confirmed, tried, real = Event(), [], worker.confirm

    def unconfirmed(engine):
        tried.append(None)
        assert confirmed.wait(PATIENCE)
        real(engine)

    monkeypatch.setattr(worker, "confirm", unconfirmed)

    async def story():
        async with following(door) as follower:
            await until(lambda: tried)
            assert follower.desk is None
            confirmed.set()
            await true_again(door, follower)

    asyncio.run(story())
