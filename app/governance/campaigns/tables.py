from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Campaign(Resource, Base):
    """A time-boxed set of accounts and people. ``author_id``: whose words ``purpose`` is."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_later"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    purpose: Mapped[str] = mapped_column(Text)
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    objective: Mapped[str | None]
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)


class CampaignAccount(Base):
    """An account of a campaign."""

    __tablename__ = "campaign_account"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)


class CampaignMember(Base):
    """Somebody who takes part, and the rights that they may ask for."""

    __tablename__ = "campaign_member"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), primary_key=True, index=True)
    rights: Mapped[list[str]] = mapped_column(JSON)
