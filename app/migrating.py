"""Bringing a database to the newest schema, and asking whether it is there. Migrations travel in the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from app.settings import Settings, load

LOCK = 0x636F_6500
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
    return create_engine(url, poolclass=NullPool)


def migrate(settings: Settings, revision: str = "head") -> None:
    """Run the migrations up (or down) to a revision, in one transaction, under a lock on PostgreSQL."""
    config = _config()
    with engine_to_migrate(settings).begin() as connection:
        config.attributes["connection"] = connection
        if revision == "base" or revision.startswith("-"):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def behind(engine: Engine) -> str | None:
    """What is wrong with the schema, in words; None when it is the newest."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == head:
        return None
    return f"the database is at {current or 'no revision'}, this version needs {head}"
