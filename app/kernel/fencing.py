"""Of two servers that both believe they lead, the one that was left behind is not used.

A standby that is promoted begins a new timeline of PostgreSQL's, with a higher number; the old primary, should it come
back, goes on with the lower one. So a process that has been connected to the new one knows the old one when it meets it,
whichever stands first in its address: nothing is written there, and no decision is made of what is known there. What it
cannot know is a server that it has never met; a commit there waits for a standby that is gone, and is never confirmed.
"""

from threading import Lock
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

_ASKED: Final = """
    SELECT system_identifier, CASE WHEN NOT pg_is_in_recovery()
           THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END FROM pg_control_system()
"""
_TIMELINE: Final = "coe.timeline"
_LEFT_BEHIND: Final = "this server was left behind in a failover: another one leads"
_newest: dict[int, int] = {}
_lock = Lock()


def fence(engine: Engine) -> None:
    """From now on connections to a PostgreSQL server that was left behind are refused, as if it did not answer."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        record.info[_TIMELINE] = told = _timeline(connection)
        if told is None:
            return
        cluster, timeline = told
        with _lock:
            _newest[cluster] = max(timeline, _newest.get(cluster, 0))
        if left_behind(record.info):
            connection.close()
            raise psycopg.OperationalError(_LEFT_BEHIND)

    @event.listens_for(engine, "checkout")
    def taken(_: Any, record: Any, __: Any) -> None:
        if left_behind(record.info):
            raise DisconnectionError(_LEFT_BEHIND)


def left_behind(info: Any) -> bool:
    """Does another server lead, as far as is known by now? ``info``: of a connection that was made under ``fence``."""
    told = info.get(_TIMELINE)
    return told is not None and told[1] < _newest[told[0]]


def refuse_left_behind(info: Any) -> None:
    """Raises ``psycopg.OperationalError`` where another server leads, for a connection that is kept and never taken anew."""
    if left_behind(info):
        raise psycopg.OperationalError(_LEFT_BEHIND)


def _timeline(connection: Any) -> tuple[int, int] | None:
    """Cluster and timeline; None where there is none to be known: of a standby, and of servers that do not tell."""
    usual, connection.autocommit = connection.autocommit, True
    try:
        told = connection.execute(_ASKED).fetchone()
    except (psycopg.ProgrammingError, psycopg.NotSupportedError):
        return None
    finally:
        connection.autocommit = usual
    return told if told is not None and told[1] is not None else None
