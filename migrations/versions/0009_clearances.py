"""Clearances of posts, and what the list of revoked passports is read by.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_KEYS = (
    ("account_id", "account"), ("employee_id", "employee"), ("decided_by", "employee"), ("redeemed_by", "client"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "clearance",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("not_after", _INSTANT, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", _INSTANT),
        sa.Column("comment", sa.Text()),
        sa.Column("redeemed_by", sa.Uuid()),
        sa.Column("redeemed_at", _INSTANT),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'cleared', 'denied', 'withdrawn', 'redeemed')", name="ck_clearance_state"
        ),
        sa.CheckConstraint("(state = 'redeemed') = (redeemed_at IS NOT NULL)", name="ck_clearance_redeemed"),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_clearance_{name}_{table}")
            for name, table in _KEYS
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clearance"),
    )
    op.create_index("ix_clearance_content", "clearance", ["account_id", "content_sha256"])
    op.create_index("ix_clearance_of_account", "clearance", ["account_id", "state", "not_after"])
    op.create_index("ix_clearance_open", "clearance", ["state", "not_after"])
    op.create_index("ix_clearance_employee_id", "clearance", ["employee_id"])
    op.create_index("ix_posting_grant_ended_at", "posting_grant", ["ended_at"])


def downgrade() -> None:
    op.drop_index("ix_posting_grant_ended_at", "posting_grant")
    op.drop_table("clearance")
