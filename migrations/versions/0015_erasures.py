"""Who was erased, and whose data a legal hold keeps.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_OPEN = sa.text("released_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "erased_person",
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", _INSTANT, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("number_digest", sa.String(), nullable=False),
        sa.Column("external_digest", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_erased_person_employee_id_employee")),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_erased_person")),
    )
    for column in ("number_digest", "external_digest"):
        op.create_index(op.f(f"ix_erased_person_{column}"), "erased_person", [column])
    op.create_table(
        "legal_hold",
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", _INSTANT, nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_legal_hold_employee_id_employee")),
        sa.ForeignKeyConstraint(["released_by"], ["employee.id"], name=op.f("fk_legal_hold_released_by_employee")),
        sa.ForeignKeyConstraint(["set_by"], ["employee.id"], name=op.f("fk_legal_hold_set_by_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_employee_id"), "legal_hold", ["employee_id"])
    op.create_index(
        "uq_legal_hold_open", "legal_hold", ["employee_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def downgrade() -> None:
    op.drop_table("legal_hold")
    op.drop_table("erased_person")
