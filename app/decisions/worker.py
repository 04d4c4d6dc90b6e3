"""Keeping an index true: a thread that reads what was committed and hands it to the loop that answers.

PostgreSQL wakes it (LISTEN), and it looks by itself every so often: a notification that is lost loses nothing. SQLite is
looked at (``PRAGMA data_version``), and a writer of the same process wakes it. Whatever it reads is read in one snapshot
together with the log that tells what to read, so that the index is always one state of the database.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from time import monotonic, monotonic_ns, perf_counter
from typing import Any, Final, Protocol

import psycopg
import structlog
from prometheus_client import Gauge
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from app.audit import store as audit
from app.kernel import memory
from app.kernel.access import SYSTEM
from app.kernel.clock import DECIDES_WITHIN, Clock, system_clock, system_micros
from app.kernel.committing import OutcomeUnknown, confirm
from app.kernel.database import reading
from app.kernel.fencing import refuse_left_behind
from app.kernel.work import Work

from . import service
from .desk import Desk
from .memory.index import Delta, Index
from .memory.instants import micros

BEAT_SECONDS: Final = 0.25
"""How long nothing is looked for where the database wakes whoever listens."""
LOOK_SECONDS: Final = 0.02
"""How often a SQLite file is looked at; that takes some microseconds."""
STALE_SECONDS: Final = 1.0
"""An answer is never older: who has not heard for so long whether something was committed, refuses."""
_AGAIN_SECONDS: Final = 0.2
_WITHIN: Final = DECIDES_WITHIN // timedelta(microseconds=1)
_log = structlog.get_logger(__name__)
_REVISION = Gauge("coe_index_revision", "The newest revision that decisions of this process know of.")
_PEOPLE = Gauge("coe_index_people", "How many people decisions of this process know.")
_GRANTS = Gauge("coe_index_grants", "How many grants decisions of this process know.")


class _Waiting(Protocol):
    """What tells that something may have been committed."""

    def wait(self) -> None: ...

    def beat(self, seq: int) -> tuple[int, datetime, str | None] | None: ...


class _Listening:
    """PostgreSQL's notifications, on a connection of their own."""

    def __init__(self, connection: Connection, _: Event) -> None:
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True
        driver.execute(f"LISTEN {audit.CHANNEL}")
        self._driver: psycopg.Connection[Any] = driver
        self._info = connection.info

    def wait(self) -> None:
        """Until something was committed, or the beat is over. Raises ``psycopg.Error``."""
        refuse_left_behind(self._info)
        for _ in self._driver.notifies(timeout=BEAT_SECONDS, stop_after=1):
            pass

    def beat(self, seq: int) -> tuple[int, datetime, str | None]:
        """The newest revision, the database's clock, and the hash of an event, in one look."""
        return audit.beat(self._driver, seq)


class _Looking:
    """SQLite's count of commits by others, and the word of a writer of our own."""

    def __init__(self, connection: Connection, woken: Event) -> None:
        self._woken, self._cursor = woken, connection.connection.cursor()
        self._seen, self._looked = self._version(), monotonic()

    def _version(self) -> int:
        version: int = self._cursor.execute("PRAGMA data_version").fetchone()[0]
        return version

    def wait(self) -> None:
        """Until something was committed, or the beat is over."""
        until = monotonic() + BEAT_SECONDS
        while monotonic() < until:
            if self._woken.wait(LOOK_SECONDS):
                self._woken.clear()
                return
            if (version := self._version()) != self._seen:
                self._seen = version
                return

    def beat(self, seq: int) -> None:
        """A file is looked into as it always is."""


class Follower:
    """A desk that follows the database. ``desk`` is None until the first index is there.

    Of what it has, ``desk``, ``heard`` and ``ahead`` (the database's clock before our monotonic one, in microseconds) are
    touched on the loop only; the thread hands over what it has read.
    """

    def __init__(self, engine: Engine, clock: Clock, *, direct: Engine | None = None) -> None:
        self.desk: Desk | None = None
        self.heard = 0.0
        self.ahead = 0
        self.expected = 0
        self._sessions, self._engine = sessionmaker(reading(engine)), engine
        self._direct, self._clock = direct or engine, clock
        self._woken, self._stopping = Event(), Event()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._read_to = 0
        self._read_hash: str | None = None
        self._lost, self._expecting = Event(), Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="follower", daemon=True)

    # On the loop

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to build and to follow."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """End; what is being read is not waited for long."""
        self._stopping.set()
        self._woken.set()
        self._thread.join(2 * BEAT_SECONDS + 1)

    @property
    def fresh(self) -> bool:
        """May anything be permitted by what is known here? Not by a clock that is wrong, however lately it was set so."""
        return monotonic() - self.heard <= STALE_SECONDS and self._fits(self.ahead)

    def expect(self, revision: int) -> None:
        """This process has committed a revision; from any thread."""
        with self._expecting:
            self.expected = max(self.expected, revision)
        self._woken.set()

    async def reach(self, revision: int, seconds: float) -> bool:
        """Wait until a revision is known here; False when that took too long."""
        if self.desk is not None and self.desk.index.revision >= revision:
            return True
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((revision, arrived))
        try:
            await asyncio.wait_for(arrived, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting = [one for one in self._waiting if one[1] is not arrived]
        return True

    def _deliver(self, delta: Delta | None, heard: float, ahead: int) -> None:
        if self.desk is not None and delta is not None:
            try:
                self.desk.apply(delta)
            except Exception:  # noqa: BLE001 - whatever it is, what was applied by half is not asked any more
                _log.exception("index_cannot_follow")
                self.desk = None
                self._lost.set()
                return
            self._arrived()
        self.heard, self.ahead = heard, ahead

    def _install(self, index: Index, heard: float, ahead: int) -> None:
        self.desk, self.heard, self.ahead = Desk(index), heard, ahead
        memory.settled()
        _PEOPLE.set(len(index.people))
        _GRANTS.set(len(index.grants))
        self._arrived()

    def _arrived(self) -> None:
        assert self.desk is not None  # noqa: S101 - whoever calls has one
        revision = self.desk.index.revision
        _REVISION.set(revision)
        for wanted, arrived in self._waiting:
            if wanted <= revision and not arrived.done():
                arrived.set_result(None)

    # In the thread

    def _hand(self, step: Callable[..., None], *values: Any) -> None:
        assert self._loop is not None  # noqa: S101 - set before the thread starts
        with suppress(RuntimeError):  # the loop has ended: nobody is answered any more
            self._loop.call_soon_threadsafe(step, *values)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._signals() as signals:
                    self._build()
                    while not self._stopping.is_set():
                        signals.wait()
                        if not self._quiet(signals):
                            self._follow()
            except service.Rebuild as cause:
                self._read_to = 0
                _log.warning("index_rebuilt", cause=str(cause))
            except (SQLAlchemyError, psycopg.Error, OSError, OutcomeUnknown) as error:
                _log.warning("index_cannot_follow", error=type(error).__name__)
                self._stopping.wait(_AGAIN_SECONDS)
            except Exception:  # noqa: BLE001 - whatever it is, answers go stale and are refused until it is over
                _log.exception("index_cannot_follow")
                self._stopping.wait(_AGAIN_SECONDS)

    @contextmanager
    def _signals(self) -> Iterator[_Waiting]:
        kind = _Looking if self._direct.dialect.name == "sqlite" else _Listening
        connection = self._direct.connect()
        try:
            yield kind(connection, self._woken)
        finally:
            connection.invalidate()  # what listens is of no use to whoever gets it next
            connection.close()

    @contextmanager
    def _snapshot(self) -> Iterator[Work]:
        with self._sessions.begin() as session:
            yield Work(session, SYSTEM, self._clock())

    def _build(self) -> None:
        if self._read_to:
            return self._follow()  # the connection was lost, not what was read
        began, started = monotonic(), perf_counter()
        with self._snapshot() as work:
            ahead = _ahead(audit.head(work.session)[1])
            index = service.load(work)
            known = audit.hash_at(work.session, index.revision)
        confirm(self._engine)
        self._read_to, self._read_hash = index.revision, known
        told = {"people": len(index.people), "accounts": len(index.accounts), "grants": len(index.grants)}
        _log.info("index_built", revision=index.revision, seconds=round(perf_counter() - started, 2), **told)
        self._hand(self._install, index, began, ahead)
        return self._follow()

    def _follow(self) -> None:
        began = monotonic()
        if self._lost.is_set():
            self._lost.clear()
            raise service.Rebuild("a change that could not be applied")
        with self._snapshot() as work:
            head, there = audit.head(work.session)
            ahead = _ahead(there)
            if not self._fits(ahead):
                _log.error("index_unfit", skew_seconds=_wrong_by(ahead) / 1e6)
            self._check_history(work)
            delta = service.read(work, self._read_to) if head > self._read_to else None
            known = audit.hash_at(work.session, delta.revision) if delta is not None else None
        if delta is not None:  # not before the snapshot has ended well: whatever was read is handed over, too
            confirm(self._engine)  # what a failover may still take away permits nothing
            self._read_to, self._read_hash = delta.revision, known
        self._hand(self._deliver, delta, began, ahead)

    def _quiet(self, signals: _Waiting) -> bool:
        """Is nothing new, and everything else as it should be? Then that is all there is to say, and it is cheap."""
        began = monotonic()
        found = None if self._lost.is_set() else signals.beat(self._read_to)
        if found is None:
            return False
        head, there, known = found
        ahead = _ahead(there)
        if (head, known) != (self._read_to, self._read_hash) or not self._fits(ahead):
            return False
        self._hand(self._deliver, None, began, ahead)
        return True

    def _fits(self, ahead: int) -> bool:
        return -_WITHIN <= _wrong_by(ahead) <= _WITHIN or self._clock is not system_clock

    def _check_history(self, work: Work) -> None:
        """The log still holds the event that was read last: if a backup was played in, what is known never happened."""
        if audit.hash_at(work.session, self._read_to) == self._read_hash:
            return
        with self._expecting:
            self.expected = 0
        raise service.Rebuild("another history")


def _ahead(there: datetime) -> int:
    """How far the database's clock, looked at just now, is before the one of this machine that nobody sets; microseconds."""
    return micros(there) - monotonic_ns() // 1000


def _wrong_by(ahead: int) -> int:
    """How far our clock is before the database's, in microseconds."""
    return system_micros() - monotonic_ns() // 1000 - ahead
