from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Exact, Resource


class Budget(Resource, Base):
    """Money for an objective in a unit, for a time."""

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ends_later"),
        Index("ix_budget_of", "objective_id", "business_unit_id"),
    )

    objective_id: Mapped[UUID] = mapped_column(ForeignKey("objective.id"))
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    currency: Mapped[str]
    allocated: Mapped[Decimal] = mapped_column(Exact(14, 2))
    note: Mapped[str | None] = mapped_column(Text)


class BudgetEntry(Resource, Base):
    """Something spent, or a benefit; an entry with ``voided_at`` counts no more."""

    __tablename__ = "budget_entry"
    __table_args__ = (CheckConstraint("kind IN ('spent', 'benefit')", name="kind"),)

    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budget.id"), index=True)
    kind: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Exact(14, 2))
    occurred_on: Mapped[date]
    basis: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)
    voided_at: Mapped[datetime | None]
