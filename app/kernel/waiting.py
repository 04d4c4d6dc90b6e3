"""Waiting for locks: so long in all for one transaction, however many of them it waits for.

PostgreSQL's ``lock_timeout`` is for each statement anew: whoever waited for a row almost to the end, and then for another,
and for the log, would answer after six seconds what is promised after two (trust: 1, K06).
"""

import re
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

_WAITS: Final = re.compile(r" FOR (?:NO KEY )?UPDATE| FOR (?:KEY )?SHARE|pg_advisory_xact_lock| ON CONFLICT ")
_NOTICED: Final = 0.1
"""Seconds that are no waiting: nothing is told to the server for their sake."""
_WAITED, _SINCE = "coe.waited", "coe.waiting_since"


def limit(engine: Engine, milliseconds: int) -> None:
    """Let each transaction of this engine, on PostgreSQL, wait so long in all."""
    event.listen(engine, "begin", _begun)
    event.listen(engine, "after_cursor_execute", _got)

    @event.listens_for(engine, "before_cursor_execute")
    def wanted(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not _WAITS.search(statement):
            return
        before = waited(connection)
        if before > _NOTICED:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"SET LOCAL lock_timeout = {max(milliseconds - int(before * 1000), 1)}")
        connection.info[_SINCE] = monotonic()


def waited(connection: Connection) -> float:
    """For how many seconds this transaction has waited for locks, and whoever is answered before it."""
    told: float = connection.info.get(_WAITED, 0.0)
    return told


def already(connection: Connection, seconds: float) -> None:
    """Whoever is answered has waited so long before this transaction began: that is no time left to wait for locks."""
    connection.info[_WAITED] = seconds


def _begun(connection: Connection) -> None:
    connection.info.pop(_SINCE, None)
    connection.info[_WAITED] = 0.0


def _got(connection: Connection, *_: Any) -> None:
    since = connection.info.pop(_SINCE, None)
    if since is not None:
        connection.info[_WAITED] = waited(connection) + monotonic() - since
