from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_OPEN = text("closed_at IS NULL")


class Retirement(Resource, Base):
    """A campaign that asks which accounts of a unit, a network or the enterprise are to be retired.

    ``flags``: an account with one of these was asked about.
    """

    __tablename__ = "retirement"
    __table_args__ = (CheckConstraint("due_at > created_at", name="due_later"),)

    title: Mapped[str]
    flags: Mapped[list[str]] = mapped_column(JSON)
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)


class RetirementItem(Resource, Base):
    """One account that is asked about. ``flags``: what it was flagged for then, and since when.

    ``answer``: a custodian's word; ``decision``: the hub's. ``closed_at``: there is no more to be said; null: it is open,
    and the account is asked about nowhere else.
    """

    __tablename__ = "retirement_item"
    __table_args__ = (
        Index(
            "uq_retirement_item_open", "account_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_retirement_item_retirement", "retirement_id", "id"),
        CheckConstraint("answer IN ('keep', 'retire')", name="answer"),
        CheckConstraint("decision IN ('keep', 'retire')", name="decision"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
    )  # fmt: skip

    retirement_id: Mapped[UUID] = mapped_column(ForeignKey("retirement.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    flags: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    answer_reason: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
