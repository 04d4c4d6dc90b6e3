"""Bringing a database to the newest schema, and asking whether it is there. Migrations travel in the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.pool import NullPool

from app.settings import Settings, load

LOCK = 0x636F_6500
_PATIENCE_SECONDS = 60
_HERE = Path(__file__).parent


def _config() -> Config:
    packaged = _HERE / "_migrations"
    config = Config()
    config.set_main_option("script_location", str(packaged if packaged.is_dir() else _HERE.parent / "migrations"))
    return config


def engine_to_migrate(settings: Settings | None = None) -> Engine:
    """A single connection as the owner of the tables, past any pooler."""
    told = settings or load()
    url = told.migration_database_url or told.database_direct_url or told.database_url
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    # Left to itself the driver commits each CREATE TABLE at once, and a migration that is killed stays half done.
    options = {"isolation_level": None, "timeout": _PATIENCE_SECONDS}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def migrate(settings: Settings, revision: str = "head") -> None:
    """Run the migrations up (or down) to a revision, in one transaction: of several at once the others wait.

    A schema of a newer version is left as it is.
    """
    config = _config()
    with engine_to_migrate(settings).begin() as connection:
        if _newer(connection):
            return
        config.attributes["connection"] = connection
        if revision == "base" or revision.startswith("-"):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
            _grant(connection, settings)


def _grant(connection: Connection, settings: Settings) -> None:
    """What the service's own role may do, where the tables are another's: of the audit log, read it and add to it; of the
    personal values beside it, also delete them (erasure).
    """
    role = make_url(settings.database_url).username
    if connection.dialect.name != "postgresql" or role in {None, connection.scalar(text("SELECT current_user"))}:
        return
    whose = connection.dialect.identifier_preparer.quote(role)
    schema = connection.dialect.identifier_preparer.quote(str(connection.scalar(text("SELECT current_schema()"))))
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {whose}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {whose}",
        f"REVOKE UPDATE, DELETE ON audit_event, audit_checkpoint FROM {whose}",
        f"REVOKE UPDATE ON audit_personal FROM {whose}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {whose}",
    ):
        connection.execute(text(statement))


def behind(engine: Engine) -> str | None:
    """What is wrong with the schema, in words; None when it is the newest, or newer.

    Migrations stay compatible with the release before: while replicas are replaced one by one, the old ones go on.
    """
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == head or _newer(connection):
            return None
    return f"the database is at {current or 'no revision'}, this version needs {head}"


def _newer(connection: Connection) -> bool:
    """Has a newer version migrated this database? It is at a revision that this one does not know."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}
    return current is not None and current not in known
