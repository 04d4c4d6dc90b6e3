"""Committing so that it is known whether it was, or said that it is not.

PostgreSQL may keep a COMMIT waiting for its synchronous standby for as long as that is away; no time-out of its own ends
that, and a cancelled wait answers like a success, with a warning (measured; trust: 2.6). So whoever waits has a deadline,
after which the connection is cut; and a commit that came with a warning, or no answer, is neither done nor not done: the
caller is told so, and learns it by repeating the request under its Idempotency-Key.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import Lock, Timer
from time import monotonic
from typing import Any, Final

from sqlalchemy import Engine, event, func, select
from sqlalchemy import true as sa_true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .errors import Unavailable
from .waiting import already, waited

SECONDS: Final = 1.5
"""How long a commit may take; less, where time went by before, but never less than ``LEAST``."""
LEAST: Final = 0.4
_IN_ALL: Final = 1.9
"""For both together: an answer is promised within 2 seconds."""
_LARGE: Final = 5.0
"""What was worked at for so long has written much, and nobody waits for a quick answer to it: it is committed in peace."""
_MARK: Final = select(func.pg_logical_emit_message(sa_true(), "coe", ""))
_MARK_IF_WAITED_FOR: Final = _MARK.where(func.current_setting("synchronous_standby_names") != "")
_AFTERWARDS: Final = "coe.afterwards"
_ARRIVED: Final = "coe.arrived"
_SERVER_WENT: Final = ("08", "57")
"""Classes of SQLSTATE (PostgreSQL, appendix A) by which a connection ends: what became of the commit is not said."""


class OutcomeUnknown(Unavailable):
    """It may have been done, or not: the answer of the database was lost."""

    code = "outcome_unknown"
    title = "Whether this was done cannot be told"


def commit(session: Session, *, wrote: bool = True) -> None:
    """Commit. Raises ``OutcomeUnknown``; and as ever what the database refused, which then was not done.

    ``wrote`` False: it only says again what another transaction did. That one may have been cut off while it waited for
    the standby, and so be seen here, and gone after a failover; so this one waits for the standby, too, by a mark in the
    write-ahead log that nobody reads.
    """
    try:
        if session.get_bind().dialect.name == "postgresql":
            _commit(session, wrote=wrote)
        else:
            session.commit()
    except BaseException:
        session.invalidate()  # whatever became of it, nobody else gets this connection
        raise
    for do in session.info.pop(_AFTERWARDS, ()):
        do()


def answers(session: Session, arrived: float) -> None:
    """It answers what arrived then (``time.monotonic``): locks are waited for, and its commit, for what is left of the time."""
    session.info[_ARRIVED] = arrived
    if session.get_bind().dialect.name == "postgresql":
        already(session.connection(), monotonic() - arrived)


def afterwards(session: Session, do: Callable[[], None]) -> None:
    """Do this once ``commit`` knows that it was done, and never else."""
    session.info.setdefault(_AFTERWARDS, []).append(do)


def _commit(session: Session, *, wrote: bool) -> None:
    if not wrote:
        session.execute(_MARK)
    _confirmed(session, _left(session))


def _left(session: Session) -> float:
    """How many seconds a commit has. Outside of requests, waiting for locks is all that is held against it."""
    arrived = session.info.get(_ARRIVED)
    gone = waited(session.connection()) if arrived is None else monotonic() - arrived
    return SECONDS if gone > _LARGE else min(SECONDS, max(LEAST, _IN_ALL - gone))


def confirm(engine: Engine) -> None:
    """Wait until the standby has whatever can be seen here, for however long that takes; at once where there is none.

    What can be seen may be of somebody whose wait for the standby was ended, and gone after a failover. Raises
    ``OutcomeUnknown`` where our own wait is ended.
    """
    if engine.dialect.name == "postgresql":
        with Session(engine) as session:
            session.execute(_MARK_IF_WAITED_FOR)
            _confirmed(session, None)


def confirm_read(session: Session) -> None:
    """The same of what this transaction has read, and it ends; for no longer than a commit may take. Raises ``Unavailable``."""
    if session.get_bind().dialect.name != "postgresql":
        return
    try:
        session.execute(_MARK_IF_WAITED_FOR)
        _confirmed(session, SECONDS)
    except OutcomeUnknown as error:
        session.invalidate()
        raise Unavailable("What the database shows may not last. Ask again in a moment.") from error


def _confirmed(session: Session, seconds: float | None) -> None:
    driver: Any = session.connection().connection.driver_connection
    warnings: list[str] = []
    handler = _listener(warnings)
    driver.add_notice_handler(handler)
    try:
        with nullcontext() if seconds is None else _deadline(session, driver, seconds):
            session.commit()
    except DBAPIError as error:
        if _unanswered(error):
            raise _unknown() from error
        raise
    finally:
        driver.remove_notice_handler(handler)
    if warnings:
        raise _unknown()


def _listener(warnings: list[str]) -> Any:
    def hear(notice: Any) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary)

    return hear


@contextmanager
def _deadline(session: Session, driver: Any, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is over; whoever waits for an answer on it then has an error.

    Once it is committed the connection goes back to where others take it from: it is not cut under their hands.
    """
    ends = _Deadline(driver)
    event.listen(session, "after_commit", ends.met, once=True)
    timer = Timer(seconds, ends.missed)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        ends.met()
        timer.cancel()


class _Deadline:
    """Either met or missed, whatever comes first."""

    def __init__(self, driver: Any) -> None:
        self._driver, self._lock, self._over = driver, Lock(), False

    def met(self, _: object = None) -> None:
        with self._lock:
            self._over = True

    def missed(self) -> None:
        with self._lock:
            if not self._over:
                _cut(self._driver)


def _cut(driver: Any) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(driver.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _unanswered(error: DBAPIError) -> bool:
    """Did the connection end instead of an answer? What the server refused in words was rolled back."""
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(_SERVER_WENT)


def _unknown() -> OutcomeUnknown:
    return OutcomeUnknown(
        "The database did not confirm it in time. Repeat the request under the same Idempotency-Key: if it was done, you get"
        " its answer; if not, it is done then. Without such a key, look first."
    )
