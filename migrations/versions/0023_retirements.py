"""Retiring accounts: the checklist of each, and campaigns that ask which are still needed.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "account_checklist",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "step IN ('credentials_rotated', 'handle_parked', 'evidence_kept')", name=op.f("ck_account_checklist_step")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_checklist_account_id_account")
        ),
        sa.ForeignKeyConstraint(["said_by"], ["employee.id"], name=op.f("fk_account_checklist_said_by_employee")),
        sa.PrimaryKeyConstraint("account_id", "step", name=op.f("pk_account_checklist")),
    )  # fmt: skip
    op.create_table(
        "retirement",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("due_at > created_at", name=op.f("ck_retirement_due_later")),
        sa.ForeignKeyConstraint(
            ["business_unit_id"], ["business_unit.id"], name=op.f("fk_retirement_business_unit_id_business_unit")
        ),
        sa.ForeignKeyConstraint(["network"], ["network.key"], name=op.f("fk_retirement_network_network")),
        sa.ForeignKeyConstraint(["opened_by"], ["employee.id"], name=op.f("fk_retirement_opened_by_employee")),
        sa.ForeignKeyConstraint(["ended_by"], ["employee.id"], name=op.f("fk_retirement_ended_by_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retirement")),
    )
    _items()


def _items() -> None:
    op.create_table(
        "retirement_item",
        sa.Column("retirement_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer IN ('keep', 'retire')", name=op.f("ck_retirement_item_answer")),
        sa.CheckConstraint("decision IN ('keep', 'retire')", name=op.f("ck_retirement_item_decision")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_retirement_item_answered")),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_retirement_item_decided")),
        sa.ForeignKeyConstraint(
            ["retirement_id"], ["retirement.id"], name=op.f("fk_retirement_item_retirement_id_retirement")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_retirement_item_account_id_account")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["employee.id"], name=op.f("fk_retirement_item_answered_by_employee")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["employee.id"], name=op.f("fk_retirement_item_decided_by_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retirement_item")),
    )  # fmt: skip
    op.create_index(op.f("ix_retirement_item_account_id"), "retirement_item", ["account_id"])
    op.create_index("ix_retirement_item_retirement", "retirement_item", ["retirement_id", "id"])
    op.create_index(
        "uq_retirement_item_open", "retirement_item", ["account_id"], unique=True, sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    for table in ("retirement_item", "retirement", "account_checklist"):
        op.drop_table(table)
