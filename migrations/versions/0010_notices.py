"""Notices, what people want by e-mail, and since when a request is blocked.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("request", sa.Column("blocked_at", _INSTANT))
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("about_at", _INSTANT, nullable=True),
        sa.Column("data", _DOCUMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("claimed_until", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name=op.f("ck_notice_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("employee_id", "kind", "subject_id", "about_at", name="uq_notice_occasion"),
    )
    op.create_index("ix_notice_inbox", "notice", ["employee_id", "id"])
    op.create_index("ix_notice_about", "notice", ["subject_id", "kind", "about_at"])
    op.create_index(op.f("ix_notice_created_at"), "notice", ["created_at"])
    op.create_index("ix_notice_due", "notice", ["due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("ix_notice_batch", "notice", ["batch_id", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_table(
        "notification_settings",
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("kinds", _DOCUMENT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email IN ('immediately', 'daily', 'off')", name=op.f("ck_notification_settings_email")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_notification_settings_employee_id_employee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_settings")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_notification_settings_employee_id")),
    )


def downgrade() -> None:
    op.drop_table("notification_settings")
    op.drop_table("notice")
    op.drop_column("request", "blocked_at")
