"""What a database says of itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from app.kernel import clocks

_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
_LOG = ("audit_event", "audit_checkpoint")
# One of the name alone is none: it may be of another table, do nothing, or do it under a condition that never holds.
_GUARDS = {
    "sqlite": """
        SELECT count(*) FROM sqlite_master WHERE type = 'trigger'
        AND name IN (tbl_name || '_no_update', tbl_name || '_no_delete')
        AND tbl_name IN ('audit_event', 'audit_personal', 'audit_checkpoint')
        AND sql LIKE '%append-only%' AND sql NOT LIKE '%WHEN%'
    """,
    "postgresql": """
        SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE tgname = 'append_only' AND tgenabled IN ('O', 'A') AND tgqual IS NULL
        AND tgrelid IN ('audit_event'::regclass, 'audit_personal'::regclass, 'audit_checkpoint'::regclass)
        AND prosrc LIKE '%RAISE EXCEPTION%append-only%'
    """,
}


def version(engine: Engine) -> str:
    """Which database answers, in words."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
        return f"PostgreSQL {str(connection.scalar(text('SHOW server_version'))).split()[0]}"


def clock(session: Session) -> datetime:
    """The clock of a PostgreSQL server."""
    found: datetime = session.execute(select(clocks.THEIRS)).scalar_one()
    return found


def settings(session: Session) -> dict[str, str]:
    """How a PostgreSQL server keeps what it confirms."""
    return {name: str(session.scalar(text(f"SHOW {name}"))) for name in _SETTINGS}


def may_alter_log(session: Session) -> bool:
    """May our role on PostgreSQL do more to the audit log than read it and add to it?"""
    rights = ("UPDATE", "DELETE", "TRUNCATE")
    asked = [func.has_table_privilege(table, right) for table in _LOG for right in rights]
    return any(session.execute(select(*asked)).one())


def guards(session: Session) -> int:
    """How many of the triggers stand, whole, that keep the audit log as it was written."""
    named = _GUARDS[session.get_bind().dialect.name]
    return int(session.execute(text(named)).scalar_one())


def integrity(session: Session) -> list[str]:
    """What SQLite finds wrong with its file; nothing where it is whole."""
    found: list[Any] = list(session.scalars(text("PRAGMA quick_check")))
    return [str(one) for one in found if one != "ok"]
