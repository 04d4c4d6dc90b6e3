"""Tasks of the Access Request and Approval profile: their items, and whom to tell of their end.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_WAITING = sa.text("callback_state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "access_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("bundled", sa.Boolean(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("callback_says", sa.Text(), nullable=True),
        sa.Column("callback_events", _DOCUMENT, nullable=True),
        sa.Column("callback_state", sa.String(), nullable=True),
        sa.Column("callback_due_at", _INSTANT, nullable=True),
        sa.Column("claimed_until", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "callback_state IN ('waiting', 'sent', 'failed', 'dropped')", name=op.f("ck_access_task_callback_state")
        ),
        sa.CheckConstraint("(callback_url IS NULL) = (callback_state IS NULL)", name=op.f("ck_access_task_callback")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_task")),
    )
    op.create_index(
        "ix_access_task_due", "access_task", ["callback_due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_table(
        "access_task_item",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("right", sa.String(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("evaluation_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["access_task.id"], name=op.f("fk_access_task_item_task_id_access_task")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_access_task_item_request_id_request")),
        sa.PrimaryKeyConstraint("task_id", "position", name=op.f("pk_access_task_item")),
    )
    op.create_index(op.f("ix_access_task_item_request_id"), "access_task_item", ["request_id"])


def downgrade() -> None:
    op.drop_table("access_task_item")
    op.drop_table("access_task")
