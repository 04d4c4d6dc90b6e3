"""KPIs, what was observed of them, and targets; and files of observations.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_FIGURE = sa.Numeric(14, 3).with_variant(sa.BigInteger(), "sqlite")  # SQLite: how many thousandths
_ENTERPRISE = sa.text("scope_kind = 'enterprise'")
_KINDS = "kind IN ('employees', 'accounts', 'business_units', 'completions')"
_MORE_KINDS = "kind IN ('employees', 'accounts', 'business_units', 'completions', 'observations')"


def upgrade() -> None:
    _kpis()
    _observations()
    _targets()
    _allow(_MORE_KINDS)


def _kpis() -> None:
    op.create_table(
        "kpi",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("numerator", sa.String(), nullable=True),
        sa.Column("denominator", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("over_time", sa.String(), nullable=True),
        sa.Column("across_accounts", sa.String(), nullable=True),
        sa.Column("better", sa.String(), nullable=False),
        sa.Column("activity", sa.Boolean(), nullable=False),
        sa.Column("retired_at", _INSTANT, nullable=True),
        *_common(),
        sa.CheckConstraint("kind IN ('measured', 'ratio')", name=op.f("ck_kpi_kind")),
        sa.CheckConstraint("unit IN ('count', 'currency', 'seconds', 'percent')", name=op.f("ck_kpi_unit")),
        sa.CheckConstraint("(unit = 'currency') = (currency IS NOT NULL)", name=op.f("ck_kpi_currency")),
        sa.CheckConstraint("over_time IN ('sum', 'mean', 'latest')", name=op.f("ck_kpi_over_time")),
        sa.CheckConstraint("across_accounts IN ('sum', 'mean', 'none')", name=op.f("ck_kpi_across_accounts")),
        sa.CheckConstraint("better IN ('higher', 'lower')", name=op.f("ck_kpi_better")),
        sa.CheckConstraint(
            "(kind = 'ratio') = (numerator IS NOT NULL) AND (kind = 'ratio') = (denominator IS NOT NULL)"
            " AND (kind = 'ratio') = (over_time IS NULL) AND (kind = 'ratio') = (across_accounts IS NULL)",
            name=op.f("ck_kpi_parts"),
        ),
        sa.ForeignKeyConstraint(["numerator"], ["kpi.key"], name=op.f("fk_kpi_numerator_kpi")),
        sa.ForeignKeyConstraint(["denominator"], ["kpi.key"], name=op.f("fk_kpi_denominator_kpi")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi")),
        sa.UniqueConstraint("key", name=op.f("uq_kpi_key")),
    )


def _observations() -> None:
    op.create_table(
        "observation",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kpi_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False),
        sa.Column("value", _FIGURE, nullable=False),
        *_common(),
        sa.CheckConstraint("period_from < period_until", name=op.f("ck_observation_period")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_observation_account_id_account")),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_observation_kpi_id_kpi")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint("account_id", "kpi_id", "source", "period_from", name="uq_observation_period"),
    )
    op.create_index("ix_observation_measured", "observation", ["kpi_id", "period_from"])


def _targets() -> None:
    op.create_table(
        "target",
        sa.Column("kpi_id", sa.Uuid(), nullable=False),
        sa.Column("scope_kind", sa.String(), nullable=False),
        sa.Column("business_unit_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("value", _FIGURE, nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        *_common(),
        sa.CheckConstraint(
            "scope_kind IN ('enterprise', 'business_unit', 'account')", name=op.f("ck_target_scope_kind")
        ),
        sa.CheckConstraint(
            "(scope_kind = 'business_unit') = (business_unit_id IS NOT NULL)"
            " AND (scope_kind = 'account') = (account_id IS NOT NULL)",
            name=op.f("ck_target_scope"),
        ),
        sa.CheckConstraint("period_from < period_until", name=op.f("ck_target_period")),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_target_kpi_id_kpi")),
        sa.ForeignKeyConstraint(
            ["business_unit_id"], ["business_unit.id"], name=op.f("fk_target_business_unit_id_business_unit")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_target_account_id_account")),
        sa.ForeignKeyConstraint(["set_by"], ["employee.id"], name=op.f("fk_target_set_by_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint(
            "kpi_id", "period_from", "period_until", "business_unit_id", name="uq_target_business_unit"
        ),
        sa.UniqueConstraint("kpi_id", "period_from", "period_until", "account_id", name="uq_target_account"),
    )
    for column in ("kpi_id", "business_unit_id", "account_id"):
        op.create_index(op.f(f"ix_target_{column}"), "target", [column])
    op.create_index(
        "uq_target_enterprise", "target", ["kpi_id", "period_from", "period_until"], unique=True,
        sqlite_where=_ENTERPRISE, postgresql_where=_ENTERPRISE,
    )  # fmt: skip


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
    ours = sa.select(runs.c.id).where(runs.c.kind == "observations")
    rejects = sa.table("import_reject", sa.column("run_id", sa.Uuid))
    op.get_bind().execute(sa.delete(rejects).where(rejects.c.run_id.in_(ours)))
    op.get_bind().execute(sa.delete(runs).where(runs.c.kind == "observations"))
    _allow(_KINDS)
    op.drop_table("target")
    op.drop_table("observation")
    op.drop_table("kpi")
