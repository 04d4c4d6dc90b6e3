"""Who is signed in to the console.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "console_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_console_session_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_session")),
    )
    for column in ("employee_id", "ends_at"):
        op.create_index(op.f(f"ix_console_session_{column}"), "console_session", [column])


def downgrade() -> None:
    op.drop_table("console_session")
