"""Campaigns: their accounts and people, and what was asked for them.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("objective", sa.String(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_campaign_ends_later")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_campaign_ended")),
        _refers("campaign", "business_unit_id", "business_unit"),
        _refers("campaign", "manager_id", "employee"),
        _refers("campaign", "author_id", "employee"),
        _refers("campaign", "ended_by", "employee"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("key", name=op.f("uq_campaign_key")),
    )
    for column in ("business_unit_id", "manager_id"):
        op.create_index(op.f(f"ix_campaign_{column}"), "campaign", [column])
    op.create_table(
        "campaign_account",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        _refers("campaign_account", "campaign_id", "campaign"),
        _refers("campaign_account", "account_id", "account"),
        sa.PrimaryKeyConstraint("campaign_id", "account_id", name=op.f("pk_campaign_account")),
    )
    op.create_index(op.f("ix_campaign_account_account_id"), "campaign_account", ["account_id"])
    op.create_table(
        "campaign_member",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        _refers("campaign_member", "campaign_id", "campaign"),
        _refers("campaign_member", "employee_id", "employee"),
        sa.PrimaryKeyConstraint("campaign_id", "employee_id", name=op.f("pk_campaign_member")),
    )
    op.create_index(op.f("ix_campaign_member_employee_id"), "campaign_member", ["employee_id"])

    op.add_column("request", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_request_campaign_id"), "request", ["campaign_id"])
    op.add_column("request", sa.Column("starts_at", _INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("request", "starts_at")
    op.drop_index(op.f("ix_request_campaign_id"), "request")
    op.drop_column("request", "campaign_id")
    for table in ("campaign_member", "campaign_account", "campaign"):
        op.drop_table(table)
