"""Goals, objectives, strategies of units, and budgets; since when accounts serve what they serve.

Revision ID: 0016
Revises: 0015
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_MONEY = sa.Numeric(14, 2).with_variant(sa.BigInteger(), "sqlite")  # SQLite: how many hundredths
_APPROVED = sa.text("state = 'approved'")


def _resource(table: str) -> list[sa.Column[Any] | sa.PrimaryKeyConstraint]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "goal",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("retired_at", _INSTANT, nullable=True),
        *_resource("goal"),
        sa.UniqueConstraint("key", name=op.f("uq_goal_key")),
    )
    op.create_table(
        "objective",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("retired_at", _INSTANT, nullable=True),
        *_resource("objective"),
        _refers("objective", "goal_id", "goal"),
        _refers("objective", "business_unit_id", "business_unit"),
        sa.UniqueConstraint("key", name=op.f("uq_objective_key")),
    )
    for column in ("goal_id", "business_unit_id"):
        op.create_index(op.f(f"ix_objective_{column}"), "objective", [column])
    op.create_table(
        "strategy",
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("benefits", sa.JSON(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("swot", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("superseded_at", _INSTANT, nullable=True),
        *_resource("strategy"),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'changes_requested', 'approved', 'superseded', 'withdrawn')",
            name=op.f("ck_strategy_state"),
        ),
        _refers("strategy", "business_unit_id", "business_unit"),
        _refers("strategy", "author_id", "employee"),
        _refers("strategy", "decided_by", "employee"),
        sa.UniqueConstraint("business_unit_id", "n", name=op.f("uq_strategy_business_unit_id")),
    )
    op.create_index(op.f("ix_strategy_state"), "strategy", ["state"])
    op.create_index(
        "uq_strategy_approved", "strategy", ["business_unit_id"], unique=True,
        sqlite_where=_APPROVED, postgresql_where=_APPROVED,
    )  # fmt: skip
    op.create_table(
        "budget",
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("allocated", _MONEY, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        *_resource("budget"),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_budget_ends_later")),
        _refers("budget", "objective_id", "objective"),
        _refers("budget", "business_unit_id", "business_unit"),
    )
    op.create_index("ix_budget_of", "budget", ["objective_id", "business_unit_id"])
    op.create_index(op.f("ix_budget_business_unit_id"), "budget", ["business_unit_id"])
    op.create_table(
        "budget_entry",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("voided_at", _INSTANT, nullable=True),
        *_resource("budget_entry"),
        sa.CheckConstraint("kind IN ('spent', 'benefit')", name=op.f("ck_budget_entry_kind")),
        _refers("budget_entry", "budget_id", "budget"),
    )
    op.create_index(op.f("ix_budget_entry_budget_id"), "budget_entry", ["budget_id"])

    for column in ("objective_since", "mfa_since"):
        op.add_column("account", sa.Column(column, _INSTANT, nullable=True))


def downgrade() -> None:
    for column in ("mfa_since", "objective_since"):
        op.drop_column("account", column)
    for table in ("budget_entry", "budget", "strategy", "objective", "goal"):
        op.drop_table(table)
