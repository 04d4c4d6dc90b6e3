"""Courses and completions, and files of them.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_COUNTS = sa.text("revoked_at IS NULL")
_KINDS = "kind IN ('employees', 'accounts', 'business_units')"
_MORE_KINDS = "kind IN ('employees', 'accounts', 'business_units', 'completions')"


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("valid_for_days", sa.Integer(), nullable=True),
        sa.Column("retired_at", _INSTANT, nullable=True),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
        sa.UniqueConstraint("key", name="uq_course_key"),
    )
    op.create_table(
        "completion",
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("completed_at", _INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        *_common(),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name="fk_completion_employee_id_employee"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_completion_course_id_course"),
        sa.ForeignKeyConstraint(["revoked_by"], ["employee.id"], name="fk_completion_revoked_by_employee"),
        sa.PrimaryKeyConstraint("id", name="pk_completion"),
    )
    op.create_index("ix_completion_employee_id", "completion", ["employee_id"])
    op.create_index("ix_completion_course_id", "completion", ["course_id"])
    op.create_index(
        "uq_completion_counting", "completion", ["employee_id", "course_id", "completed_at"], unique=True,
        sqlite_where=_COUNTS, postgresql_where=_COUNTS,
    )  # fmt: skip
    _allow(_MORE_KINDS)


def _common() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False), sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False), sa.Column("version", sa.Integer(), nullable=False),
    )  # fmt: skip


def _allow(kinds: str) -> None:
    """These kinds of runs of imports."""
    with op.batch_alter_table("import_run") as table:
        table.drop_constraint(op.f("ck_import_run_kind"), type_="check")
        table.create_check_constraint(op.f("ck_import_run_kind"), kinds)


def downgrade() -> None:
    runs = sa.table("import_run", sa.column("id", sa.Uuid), sa.column("kind"))
    ours = sa.select(runs.c.id).where(runs.c.kind == "completions")
    rejects = sa.table("import_reject", sa.column("run_id", sa.Uuid))
    op.get_bind().execute(sa.delete(rejects).where(rejects.c.run_id.in_(ours)))
    op.get_bind().execute(sa.delete(runs).where(runs.c.kind == "completions"))
    _allow(_KINDS)
    op.drop_table("completion")
    op.drop_table("course")
