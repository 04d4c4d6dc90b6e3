from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Exact, Resource

_ENTERPRISE = text("scope_kind = 'enterprise'")


class Target(Resource, Base):
    """What a KPI is to come to over some days: in the enterprise, in a unit with all below it, or of one account."""

    __tablename__ = "target"
    __table_args__ = (
        Index(
            "uq_target_enterprise", "kpi_id", "period_from", "period_until", unique=True,
            sqlite_where=_ENTERPRISE, postgresql_where=_ENTERPRISE,
        ),
        UniqueConstraint("kpi_id", "period_from", "period_until", "business_unit_id", name="uq_target_business_unit"),
        UniqueConstraint("kpi_id", "period_from", "period_until", "account_id", name="uq_target_account"),
        CheckConstraint("scope_kind IN ('enterprise', 'business_unit', 'account')", name="scope_kind"),
        CheckConstraint(
            "(scope_kind = 'business_unit') = (business_unit_id IS NOT NULL)"
            " AND (scope_kind = 'account') = (account_id IS NOT NULL)",
            name="scope",
        ),
        CheckConstraint("period_from < period_until", name="period"),
    )  # fmt: skip

    kpi_id: Mapped[UUID] = mapped_column(ForeignKey("kpi.id"), index=True)
    scope_kind: Mapped[str]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    value: Mapped[Decimal] = mapped_column(Exact(14, 3))
    period_from: Mapped[date]
    period_until: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    set_by: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
