from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource, json_document

_WAITING = text("state = 'waiting'")


class Webhook(Resource, Base):
    """Somebody who is told of events. Without a unit: of those of the whole enterprise.

    ``secret`` and ``previous_secret`` are sealed by a key of this installation. ``next_seq``: the audit event that is
    read next; ``failing_since``: nothing was taken from then on; ``paused_until``: nothing is tried before. These three
    change without a new version: they are no part of what a caller changes. ``owner_id`` is no foreign key: checking one
    would wait for whoever holds that person.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("owner_kind IN ('employee', 'client')", name="owner_kind"),
        CheckConstraint("state IN ('active', 'disabled')", name="state"),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous"),
        Index("ix_webhook_owner", "owner_id"),
    )

    name: Mapped[str]
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(json_document())
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), index=True)
    owner_kind: Mapped[str]
    owner_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="active")
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_until: Mapped[datetime | None]
    next_seq: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event that one webhook is told of, once however often it is read.

    ``due_at``: when it is to be sent, or tried again. ``claimed_until``: somebody is sending it, or died of it.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'failed', 'dropped')", name="state"),
        UniqueConstraint("webhook_id", "seq", "type", name="uq_webhook_delivery_event"),
        Index(
            "ix_webhook_delivery_due", "webhook_id", "due_at", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
        Index("ix_webhook_delivery_listed", "webhook_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
