from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Request(Resource, Base):
    """A rights request or a registration: something asked, on its route to a decision."""

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint("kind IN ('rights', 'registration')", name="kind"),
        CheckConstraint(
            "state IN ('pending', 'granted', 'denied', 'withdrawn', 'expired', 'changes_requested')", name="state"
        ),
        Index("ix_request_pending", "kind", "account_id", sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    kind: Mapped[str]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    requester_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    rights: Mapped[list[str]] = mapped_column(JSON)
    justification: Mapped[str | None] = mapped_column(Text)
    campaign_id: Mapped[UUID | None] = mapped_column(index=True)  # of a package above this one: no foreign key
    starts_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    state: Mapped[str]
    model: Mapped[str]
    setting_id: Mapped[UUID | None] = mapped_column(ForeignKey("governance_setting.id"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    passed: Mapped[list[str]] = mapped_column(JSON)
    notes: Mapped[list[str]] = mapped_column(JSON)
    policy_versions: Mapped[list[str]] = mapped_column(JSON)
    round: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]  # since when nobody may decide it, as far as that was noted


class RequestDecision(Base):
    """One person's word. Unique by person and by seat: nobody decides twice, nor a deputy beside their principal."""

    __tablename__ = "request_decision"
    __table_args__ = (
        UniqueConstraint("request_id", "round", "decided_by", name="uq_request_decision_person"),
        UniqueConstraint("request_id", "round", "principal_id", name="uq_request_decision_seat"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("request.id"))
    round: Mapped[int]
    kind: Mapped[str]
    decision: Mapped[str]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    principal_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    comment: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
