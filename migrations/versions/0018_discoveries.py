"""What was found on the networks: discoveries and their sightings, and files of them.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_ALARMED = sa.text("alarmed_at IS NOT NULL")
_KINDS = "kind IN ('employees', 'accounts', 'business_units', 'completions', 'observations')"
_MORE_KINDS = "kind IN ('employees', 'accounts', 'business_units', 'completions', 'observations', 'discoveries')"


def upgrade() -> None:
    op.create_table(
        "discovery",
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("handle_written", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("skeleton", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence_url", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_match", sa.String(), nullable=True),
        sa.Column("decided_active", sa.Boolean(), nullable=True),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("last_seen_at", _INSTANT, nullable=False),
        sa.Column("last_active_at", _INSTANT, nullable=True),
        sa.Column("alarmed_at", _INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'disputed', 'taken_down', 'ignored')", name=op.f("ck_discovery_state")),
        sa.ForeignKeyConstraint(["network"], ["network.key"], name=op.f("fk_discovery_network_network")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_discovery_account_id_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["employee.id"], name=op.f("fk_discovery_decided_by_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery")),
        sa.UniqueConstraint("network", "handle", name="uq_discovery_handle"),
    )
    for column in ("skeleton", "account_id", "state", "last_seen_at"):
        op.create_index(op.f(f"ix_discovery_{column}"), "discovery", [column])
    op.create_index(
        "ix_discovery_alarmed", "discovery", ["id"], sqlite_where=_ALARMED, postgresql_where=_ALARMED
    )  # fmt: skip
    op.create_table(
        "discovery_sighting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("discovery_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("followers", sa.Integer(), nullable=True),
        sa.Column("evidence_url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["discovery_id"], ["discovery.id"], name=op.f("fk_discovery_sighting_discovery_id_discovery")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["employee.id"], name=op.f("fk_discovery_sighting_recorded_by_employee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_sighting")),
        sa.UniqueConstraint("discovery_id", "source", "seen_at", name="uq_discovery_sighting_said"),
    )
    op.create_index("ix_discovery_sighting_newest", "discovery_sighting", ["discovery_id", "seen_at"])
    _allow(_MORE_KINDS)


def _allow(kinds: str) -> None:
    """These kinds of runs of imports."""
    with op.batch_alter_table("import_run") as table:
        table.drop_constraint(op.f("ck_import_run_kind"), type_="check")
        table.create_check_constraint(op.f("ck_import_run_kind"), kinds)


def downgrade() -> None:
    runs = sa.table("import_run", sa.column("id", sa.Uuid), sa.column("kind"))
    ours = sa.select(runs.c.id).where(runs.c.kind == "discoveries")
    rejects = sa.table("import_reject", sa.column("run_id", sa.Uuid))
    op.get_bind().execute(sa.delete(rejects).where(rejects.c.run_id.in_(ours)))
    op.get_bind().execute(sa.delete(runs).where(runs.c.kind == "discoveries"))
    _allow(_KINDS)
    op.drop_table("discovery_sighting")
    op.drop_table("discovery")
