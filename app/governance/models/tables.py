from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class GovernanceSetting(Base):
    """Each choice of model ever made; the newest that has begun is in force."""

    __tablename__ = "governance_setting"
    __table_args__ = (Index("ix_governance_setting_unit", "business_unit_id", "effective_from"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    model: Mapped[str]
    platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("publishing_tool.id"))
    effective_from: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    created_at: Mapped[datetime]
