"""What people should learn.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_TAUGHT = sa.text("retired_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "curriculum_entry",
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("retired_at", _INSTANT, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("need IN ('required', 'recommended')", name=op.f("ck_curriculum_entry_need")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_curriculum_entry_course_id_course")),
        sa.ForeignKeyConstraint(
            ["business_unit_id"], ["business_unit.id"], name=op.f("fk_curriculum_entry_business_unit_id_business_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curriculum_entry")),
    )
    for column in ("course_id", "business_unit_id"):
        op.create_index(op.f(f"ix_curriculum_entry_{column}"), "curriculum_entry", [column])
    op.create_index(
        "uq_curriculum_entry_taught", "curriculum_entry", ["audience", "course_id", "business_unit_id"], unique=True,
        sqlite_where=_TAUGHT, postgresql_where=_TAUGHT,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("curriculum_entry")
