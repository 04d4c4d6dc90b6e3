"""The service's own database role on PostgreSQL can read the log and add to it, and nothing else (trust: I-42, J14)."""

import secrets

import pytest
import sqlalchemy as sa

from app import migrating
from app.settings import Settings
from tests.kit import World, staffed

REFUSED = (
    "UPDATE audit_event SET action = 'nothing' WHERE seq = 1",
    "DELETE FROM audit_event WHERE seq = 1",
    "TRUNCATE audit_event",
    "UPDATE audit_checkpoint SET hash = ''",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_personal SET value = '1'",
    "TRUNCATE audit_personal",
    "ALTER TABLE audit_event DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON audit_event",
    "SET session_replication_role = replica",
    "DELETE FROM alembic_version",
    "DROP TABLE employee",
)


@pytest.fixture
def lesser(postgres_url, tmp_path, keys):
    """A world whose role does not own its tables; migrated by the one that does."""
    owner, name = sa.make_url(postgres_url), f"coe_{secrets.token_hex(4)}"
    engine = sa.create_engine(owner, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    url = owner.set(username=name, password="x").render_as_string(hide_password=False)
    told = Settings(_env_file=None, database_url=url, migration_database_url=postgres_url)
    migrating.migrate(told)
    world = World(url, tmp_path)
    yield world
    world.close()
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")
    engine.dispose()


def test_the_service_works_by_a_role_that_can_only_add_to_the_log(lesser):
    staffed(lesser)
    account = lesser.account("acme")
    request = lesser.ask("asker", account)
    lesser.decide("liaison", request)
    before = lesser.intact()
    for statement in REFUSED:
        with pytest.raises(sa.exc.DBAPIError) as refused, lesser.app.state.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        assert refused.value.orig.sqlstate == "42501", statement  # insufficient_privilege
    assert lesser.intact() == before
    lesser.fire("asker")
    lesser.post(f"/v1/employees/{lesser.ids['asker']}/erase", "admin", {"reason": "Article 17."})
    lesser.intact()


def test_migrating_again_gives_no_more(lesser):
    told = lesser.settings.model_copy(update={"migration_database_url": None})
    assert sa.make_url(told.database_url).username.startswith("coe_")
    with lesser.app.state.engine.connect() as connection:
        rights = connection.execute(
            sa.text(
                "SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants"
                " WHERE grantee = current_user AND table_name LIKE 'audit_%' GROUP BY table_name ORDER BY table_name"
            )
        ).all()
    assert [tuple(row) for row in rights] == [
        ("audit_checkpoint", "INSERT SELECT"), ("audit_event", "INSERT SELECT"), ("audit_personal", "DELETE INSERT SELECT")
    ]  # fmt: skip
