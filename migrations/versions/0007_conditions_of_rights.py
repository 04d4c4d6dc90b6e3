"""What a right depends on beside its grant: attestations of policy versions, and freezes.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_OPEN = sa.text("lifted_at IS NULL")


def _common() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False), sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False), sa.Column("version", sa.Integer(), nullable=False),
    )  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "attestation",
        sa.Column("policy_version_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_attestation"),
        sa.UniqueConstraint("policy_version_id", "employee_id", name="uq_attestation_policy_version_id"),
        sa.ForeignKeyConstraint(
            ["policy_version_id"], ["policy_version.id"], name="fk_attestation_policy_version_id_policy_version"
        ),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name="fk_attestation_employee_id_employee"),
    )
    op.create_index("ix_attestation_employee_id", "attestation", ["employee_id"])
    op.create_table(
        "freeze",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid()),
        sa.Column("network", sa.String()),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("exempt", sa.JSON(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("until", _INSTANT),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("lifted_at", _INSTANT),
        sa.Column("lifted_by", sa.Uuid()),
        sa.Column("lift_reason", sa.Text()),
        *_common(),
        sa.CheckConstraint(
            "kind IN ('enterprise', 'business_unit', 'network', 'account')", name=op.f("ck_freeze_kind")
        ),
        sa.CheckConstraint("severity IN ('L1', 'L2', 'L3')", name=op.f("ck_freeze_severity")),
        sa.CheckConstraint("authority IN ('strategist', 'hub', 'liaison')", name=op.f("ck_freeze_authority")),
        sa.PrimaryKeyConstraint("id", name="pk_freeze"),
        sa.ForeignKeyConstraint(
            ["business_unit_id"], ["business_unit.id"], name="fk_freeze_business_unit_id_business_unit"
        ),
        sa.ForeignKeyConstraint(["network"], ["network.key"], name="fk_freeze_network_network"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_freeze_account_id_account"),
        sa.ForeignKeyConstraint(["set_by"], ["employee.id"], name="fk_freeze_set_by_employee"),
        sa.ForeignKeyConstraint(["lifted_by"], ["employee.id"], name="fk_freeze_lifted_by_employee"),
    )
    op.create_index("ix_freeze_open", "freeze", ["id"], sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    op.drop_table("freeze")
    op.drop_table("attestation")
