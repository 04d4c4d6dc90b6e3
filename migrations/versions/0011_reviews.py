"""Reviews and their items; a grant knows until when it has to be kept.

Revision ID: 0011
Revises: 0010
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_WAITING = sa.text("outcome IS NULL")


def _reference(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}_{target}"))


def _resource(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.add_column("posting_grant", sa.Column("review_ends_at", _INSTANT))
    op.create_table(
        "review",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("right", sa.String(), nullable=True),
        sa.Column("risk", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        *_resource("review"),
        sa.CheckConstraint("ends_at > due_at", name=op.f("ck_review_ends_later")),
        _reference("review", "business_unit_id", "business_unit"),
        _reference("review", "network", "network", "key"),
        _reference("review", "employee_id", "employee"),
        _reference("review", "opened_by", "employee"),
        _reference("review", "closed_by", "employee"),
    )
    op.create_index(op.f("ix_review_ends_at"), "review", ["ends_at"])
    op.create_table(
        "review_item",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        *_resource("review_item"),
        sa.CheckConstraint(
            "(kind = 'grants' AND grant_id IS NOT NULL AND appointment_id IS NULL AND account_id IS NOT NULL)"
            " OR (kind = 'appointments' AND grant_id IS NULL AND appointment_id IS NOT NULL AND account_id IS NULL)"
            " OR (kind = 'accounts' AND grant_id IS NULL AND appointment_id IS NULL AND account_id IS NOT NULL)",
            name=op.f("ck_review_item_subject"),
        ),
        sa.CheckConstraint("outcome IN ('kept', 'ended', 'lapsed')", name=op.f("ck_review_item_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_review_item_decided")),
        _reference("review_item", "review_id", "review"),
        _reference("review_item", "grant_id", "posting_grant"),
        _reference("review_item", "appointment_id", "appointment"),
        *(_reference("review_item", name, "employee") for name in ("reviewer_id", "decided_by", "principal_id")),
    )
    for name in ("grant_id", "appointment_id", "account_id", "holder_id"):
        op.create_index(op.f(f"ix_review_item_{name}"), "review_item", [name])
    op.create_index("ix_review_item_review", "review_item", ["review_id", "id"])
    op.create_index(
        "ix_review_item_waiting", "review_item", ["review_id", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )


def downgrade() -> None:
    op.drop_table("review_item")
    op.drop_table("review")
    op.drop_column("posting_grant", "review_ends_at")
