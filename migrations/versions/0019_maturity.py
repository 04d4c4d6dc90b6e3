"""What is declared of the maturity of units.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "maturity_declaration",
        sa.Column("business_unit_id", sa.Uuid(), nullable=False),
        sa.Column("open_dialogue", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("declared_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_unit_id"],
            ["business_unit.id"],
            name=op.f("fk_maturity_declaration_business_unit_id_business_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["employee.id"], name=op.f("fk_maturity_declaration_declared_by_employee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maturity_declaration")),
    )
    op.create_index(op.f("ix_maturity_declaration_business_unit_id"), "maturity_declaration", ["business_unit_id"])


def downgrade() -> None:
    op.drop_table("maturity_declaration")
