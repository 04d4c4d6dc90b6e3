from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_WAITING = text("outcome IS NULL")


class Review(Resource, Base):
    """A campaign: ``kinds`` of things within a filter (the columns from ``business_unit_id`` to ``employee_id``)."""

    __tablename__ = "review"
    __table_args__ = (CheckConstraint("ends_at > due_at", name="ends_later"),)

    title: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(JSON)
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))
    right: Mapped[str | None]
    risk: Mapped[str | None]
    role: Mapped[str | None]
    employee_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    due_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    close_reason: Mapped[str | None] = mapped_column(Text)


class ReviewItem(Resource, Base):
    """One thing to keep or to end. ``holder_id`` and ``requester_id`` never change; ``reviewer_id`` only if reassigned.

    ``principal_id``: whose seat it was decided in; another than ``decided_by`` for a deputy. Both are null where silence
    decided (``lapsed``).
    """

    __tablename__ = "review_item"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'grants' AND grant_id IS NOT NULL AND appointment_id IS NULL AND account_id IS NOT NULL)"
            " OR (kind = 'appointments' AND grant_id IS NULL AND appointment_id IS NOT NULL AND account_id IS NULL)"
            " OR (kind = 'accounts' AND grant_id IS NULL AND appointment_id IS NULL AND account_id IS NOT NULL)",
            name="subject",
        ),
        CheckConstraint("outcome IN ('kept', 'ended', 'lapsed')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("ix_review_item_review", "review_id", "id"),
        Index("ix_review_item_waiting", "review_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"))
    kind: Mapped[str]
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("posting_grant.id"), index=True)
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    # Without foreign keys: a key's check would wait for people and accounts while thousands of grants are held, and
    # everybody else holds people and accounts before grants. None of them is ever deleted.
    account_id: Mapped[UUID | None] = mapped_column(index=True)
    holder_id: Mapped[UUID | None] = mapped_column(index=True)
    requester_id: Mapped[UUID | None]
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    outcome: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    principal_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    comment: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
