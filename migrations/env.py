"""Alembic's way into the database: one connection, one transaction, an advisory lock on PostgreSQL."""

from logging.config import fileConfig
from typing import Literal

from alembic import context
from sqlalchemy import Connection, text

from app.kernel.database import UTCDateTime
from app.migrating import LOCK, engine_to_migrate
from app.schema import METADATA

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def plain(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column type as what the database sees, so that a migration outlives the code it was made by."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def migrate(connection: Connection) -> None:
    """Run what is asked; batch mode, since SQLite cannot alter most of a table in place."""
    if connection.dialect.name == "postgresql":  # two migrations at once: the second waits, then finds nothing to do
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(
        connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True, render_item=plain
    )
    context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with engine_to_migrate().begin() as opened:
        migrate(opened)
