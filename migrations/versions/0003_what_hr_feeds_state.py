"""People as HR's feeds state them (SCIM attributes, dated joining and leaving), groups, and pauses written ahead.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel.text import key_of

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_KEPT = sa.text("deleted_at IS NULL")
_OPEN = sa.text("ended_at IS NULL")
_NAMES = ("display_name", "given_name", "family_name", "title")


def upgrade() -> None:
    _groups()
    with op.batch_alter_table("appointment") as table:
        table.add_column(sa.Column("group_mapping_id", sa.Uuid()))
        table.create_index("ix_appointment_group_mapping_id", ["group_mapping_id"])
    with op.batch_alter_table("grant_suspension") as table:
        table.add_column(sa.Column("scheduled", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("grant_suspension") as table:
        table.alter_column("scheduled", server_default=None)
    with op.batch_alter_table("employee") as table:
        table.add_column(sa.Column("external_id", sa.String()))
        for name in _NAMES:
            table.add_column(sa.Column(f"{name}_key", sa.String()))
        for name in ("starts_at", "ends_at", "deleted_at"):
            table.add_column(sa.Column(name, _INSTANT))
        for name in ("attributes", "attributes_key"):
            table.add_column(sa.Column(name, _DOCUMENT))
        table.drop_constraint("uq_employee_user_name_key", type_="unique")
        table.create_unique_constraint("uq_employee_external_id", ["external_id"])
    _fill_keys()
    with op.batch_alter_table("employee") as table:
        table.alter_column("display_name_key", existing_type=sa.String(), nullable=False)
        table.create_index("ix_employee_ends_at", ["ends_at"])
        table.create_index("ix_employee_kept", ["id"], sqlite_where=_KEPT, postgresql_where=_KEPT)
        table.create_index(
            "uq_employee_user_name_key", ["user_name_key"], unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT
        )


def _fill_keys() -> None:
    """The keys of names that were not kept so far; in parts, since there may be many people."""
    columns = [
        sa.column("id", sa.Uuid),
        *(sa.column(name) for name in _NAMES),
        *(sa.column(f"{n}_key") for n in _NAMES),
    ]
    person, bind = sa.table("employee", *columns), op.get_bind()
    told = sa.select(person.c.id, *(person.c[name] for name in _NAMES)).order_by(person.c.id).limit(500)
    keys: dict[str, object] = {f"{name}_key": sa.bindparam(f"new_{name}") for name in _NAMES}
    fill = sa.update(person).where(person.c.id == sa.bindparam("this")).values(**keys)
    part = bind.execute(told).all()
    while part:
        bind.execute(
            fill,
            [
                {
                    "this": id_,
                    **{f"new_{name}": value and key_of(value) for name, value in zip(_NAMES, values, strict=True)},
                }
                for id_, *values in part
            ],
        )
        part = bind.execute(told.where(person.c.id > part[-1].id)).all()


def _common() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False), sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False), sa.Column("version", sa.Integer(), nullable=False),
    )  # fmt: skip


def _groups() -> None:
    op.create_table(
        "directory_group",
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("display_name_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String()),
        *_common(),
        sa.PrimaryKeyConstraint("id", name="pk_directory_group"),
        sa.UniqueConstraint("external_id", name="uq_directory_group_external_id"),
    )
    op.create_index("ix_directory_group_display_name_key", "directory_group", ["display_name_key"])
    op.create_table(
        "group_mapping",
        sa.Column("group_id", sa.Uuid()),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("role", sa.String()),
        sa.Column("business_unit_id", sa.Uuid()),
        sa.Column("network", sa.String()),
        sa.Column("mapped_by", sa.Uuid()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended_by", sa.Uuid()),
        sa.Column("end_reason", sa.Text()),
        *_common(),
        sa.CheckConstraint("business_unit_id IS NULL OR network IS NULL", name="ck_group_mapping_one_scope"),
        sa.CheckConstraint("role IS NOT NULL OR business_unit_id IS NOT NULL", name="ck_group_mapping_means_something"),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.{column}"], name=f"fk_group_mapping_{name}_{table}")
            for name, table, column in (
                ("group_id", "directory_group", "id"), ("business_unit_id", "business_unit", "id"),
                ("network", "network", "key"), ("mapped_by", "employee", "id"), ("ended_by", "employee", "id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name="pk_group_mapping"),
    )  # fmt: skip
    op.create_index("ix_group_mapping_open", "group_mapping", ["group_id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "group_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid()),
        sa.Column("child_id", sa.Uuid()),
        sa.Column("display", sa.String()),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.CheckConstraint("(employee_id IS NULL) <> (child_id IS NULL)", name="ck_group_member_one_kind"),
        sa.ForeignKeyConstraint(["group_id"], ["directory_group.id"], name="fk_group_member_group_id_directory_group"),
        sa.ForeignKeyConstraint(["child_id"], ["directory_group.id"], name="fk_group_member_child_id_directory_group"),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name="fk_group_member_employee_id_employee"),
        sa.PrimaryKeyConstraint("id", name="pk_group_member"),
    )
    op.create_index("ix_group_member_employee_id", "group_member", ["employee_id"])
    op.create_index("ix_group_member_child_id", "group_member", ["child_id"])
    op.create_index("uq_group_member_employee", "group_member", ["group_id", "employee_id"], unique=True)
    op.create_index("uq_group_member_child", "group_member", ["group_id", "child_id"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("employee") as table:
        table.drop_index("uq_employee_user_name_key")
        table.drop_index("ix_employee_ends_at")
        table.drop_index("ix_employee_kept")
    with op.batch_alter_table("employee") as table:
        table.drop_constraint("uq_employee_external_id", type_="unique")
        table.create_unique_constraint("uq_employee_user_name_key", ["user_name_key"])
        for name in ("attributes", "attributes_key", "starts_at", "ends_at", "deleted_at", "external_id"):
            table.drop_column(name)
        for name in _NAMES:
            table.drop_column(f"{name}_key")
    with op.batch_alter_table("grant_suspension") as table:
        table.drop_column("scheduled")
    with op.batch_alter_table("appointment") as table:
        table.drop_index("ix_appointment_group_mapping_id")
        table.drop_column("group_mapping_id")
    for name in ("group_member", "group_mapping", "directory_group"):
        op.drop_table(name)
