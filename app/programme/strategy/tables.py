from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_APPROVED = text("state = 'approved'")


class Goal(Resource, Base):
    """A goal of the business; one with ``retired_at`` is pursued no more."""

    __tablename__ = "goal"

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str | None] = mapped_column(Text)
    retired_at: Mapped[datetime | None]


class Objective(Resource, Base):
    """What social media does for a goal in a unit; the enterprise's are those of the root."""

    __tablename__ = "objective"

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str | None] = mapped_column(Text)
    goal_id: Mapped[UUID] = mapped_column(ForeignKey("goal.id"), index=True)
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    retired_at: Mapped[datetime | None]


class Strategy(Resource, Base):
    """One version of a unit's strategy; the enterprise's is that of the root."""

    __tablename__ = "strategy"
    __table_args__ = (
        UniqueConstraint("business_unit_id", "n"),
        # Racing approvals end here: of one unit, one version holds.
        Index(
            "uq_strategy_approved", "business_unit_id", unique=True, sqlite_where=_APPROVED, postgresql_where=_APPROVED
        ),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'changes_requested', 'approved', 'superseded', 'withdrawn')", name="state"
        ),
    )

    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"))
    n: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    purpose: Mapped[str] = mapped_column(Text)
    benefits: Mapped[list[str]] = mapped_column(JSON)
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    swot: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None] = mapped_column(Text)
    superseded_at: Mapped[datetime | None]
