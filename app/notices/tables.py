from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource, json_document

_WAITING = text("state = 'waiting'")


class Notice(Base):
    """Something that one person is told, written by the transaction that gave cause for it.

    ``data`` holds ids and plain words, never a person's name: names are looked up when it is read. ``about_at`` tells two
    occasions of one kind about one subject apart; null: whatever happens twice is told twice. What has the same
    ``batch_id`` goes into one mail. ``due_at``: when it is to be sent, or tried again. ``claimed_until``: somebody is
    sending it, or died of it.

    ``employee_id`` is no foreign key: checking one would wait for whoever holds that person, against the order of locks.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name="state"),
        UniqueConstraint("employee_id", "kind", "subject_id", "about_at", name="uq_notice_occasion"),
        Index("ix_notice_inbox", "employee_id", "id"),
        Index("ix_notice_about", "subject_id", "kind", "about_at"),
        Index("ix_notice_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_notice_batch", "batch_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    about_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(json_document())
    state: Mapped[str]
    batch_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class NotificationSettings(Resource, Base):
    """What somebody wants by e-mail; who has no row has never chosen. ``kinds``: those that were turned on or off."""

    __tablename__ = "notification_settings"
    __table_args__ = (CheckConstraint("email IN ('immediately', 'daily', 'off')", name="email"),)

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), unique=True)
    email: Mapped[str]
    kinds: Mapped[dict[str, bool]] = mapped_column(json_document())
