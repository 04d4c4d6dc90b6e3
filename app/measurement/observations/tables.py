from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Exact, Resource


class Observation(Resource, Base):
    """What one source says of one account, in one KPI, over the days from ``period_from`` until before ``period_until``."""

    __tablename__ = "observation"
    __table_args__ = (
        UniqueConstraint("account_id", "kpi_id", "source", "period_from", name="uq_observation_period"),
        Index("ix_observation_measured", "kpi_id", "period_from"),
        CheckConstraint("period_from < period_until", name="period"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kpi_id: Mapped[UUID] = mapped_column(ForeignKey("kpi.id"))
    source: Mapped[str]
    period_from: Mapped[date]
    period_until: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Exact(14, 3))
