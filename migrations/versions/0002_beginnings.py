"""What every installation begins with: the root of the tree, the known networks, a log that nobody can alter.

Revision ID: 0002
Revises: 0001
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.directory.rules import ROOT_ID, ROOT_KEY
from app.networks.rules import known

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SAYS = "the audit log is append-only"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    unit = sa.table(
        "business_unit", sa.column("id", sa.Uuid), sa.column("key"), sa.column("name"), sa.column("name_key"), sa.column("path"),
        sa.column("timezone"), sa.column("state"), sa.column("created_at", instant), sa.column("updated_at", instant),
        sa.column("version", sa.Integer),
    )  # fmt: skip
    common = {"created_at": BEGUN, "updated_at": BEGUN, "version": 1}
    op.bulk_insert(
        unit,
        [{"id": ROOT_ID, "key": ROOT_KEY, "name": "Enterprise", "name_key": "enterprise", "path": ROOT_ID.hex,
          "timezone": "UTC", "state": "open", **common}],
    )  # fmt: skip
    network = sa.table(
        "network", sa.column("key"), sa.column("data", sa.JSON), sa.column("created_at", instant),
        sa.column("updated_at", instant), sa.column("version", sa.Integer),
    )  # fmt: skip
    op.bulk_insert(network, [{"key": one.key, "data": one.as_data(), **common} for one in known()])
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in UNGUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
    for table in ("network", "business_unit"):
        op.execute(f"DELETE FROM {table}")


GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
        for table, verb in (("audit_event", "UPDATE"), ("audit_event", "DELETE"), ("audit_personal", "UPDATE"))
    ],
    "postgresql": [
        f"CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$",
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
        "CREATE TRIGGER append_only BEFORE UPDATE ON audit_personal FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ],
}
UNGUARDS = {
    "sqlite": [
        "DROP TRIGGER audit_event_no_update",
        "DROP TRIGGER audit_event_no_delete",
        "DROP TRIGGER audit_personal_no_update",
    ],
    "postgresql": [
        "DROP TRIGGER append_only ON audit_event",
        "DROP TRIGGER append_only ON audit_personal",
        "DROP FUNCTION audit_is_append_only()",
    ],
}
