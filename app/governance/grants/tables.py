from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_OPEN = text("ended_at IS NULL")
_SUSPENDED = text("resumed_at IS NULL")


class Grant(Resource, Base):
    """One right of one person on one account, from ``valid_from`` up to, and not at, ``valid_until``.

    ``model``, ``policy_versions`` (``key@n``) and ``approvers`` are those of the decision, and never change after it.
    ``end`` (expired, revoked, superseded) is null until it is written down: a grant may have expired before.
    """

    __tablename__ = "posting_grant"
    __table_args__ = (
        # Racing approvals end here: one open grant per person, account and right; ended ones are history.
        Index("uq_posting_grant_open", "employee_id", "account_id", "right", unique=True, sqlite_where=_OPEN,
              postgresql_where=_OPEN),
        Index("ix_posting_grant_pair", "employee_id", "account_id"),
        Index("ix_posting_grant_ended_at", "ended_at"),
        CheckConstraint("valid_until > valid_from", name="ends_later"),
        CheckConstraint("(ended_at IS NULL) = (\"end\" IS NULL)", name="ended"),
    )  # fmt: skip

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    right: Mapped[str]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("request.id"), index=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    model: Mapped[str]
    policy_versions: Mapped[list[str]] = mapped_column(JSON)
    approvers: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    paused_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    ended_at: Mapped[datetime | None]
    end: Mapped[str | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    review_ends_at: Mapped[datetime | None]  # kept true by a package above this one


class Suspension(Base):
    """A pause of a grant, from an instant until it is resumed; kept, so that the past can be asked about.

    ``scheduled``: it was written down before it began, and begins at ``suspended_at`` unless it is resumed sooner.
    """

    __tablename__ = "grant_suspension"
    __table_args__ = (
        Index(
            "uq_grant_suspension_open", "grant_id", unique=True, sqlite_where=_SUSPENDED, postgresql_where=_SUSPENDED
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("posting_grant.id"))
    suspended_at: Mapped[datetime]
    scheduled: Mapped[bool] = mapped_column(default=False)
    suspended_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    reason: Mapped[str] = mapped_column(Text)
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
