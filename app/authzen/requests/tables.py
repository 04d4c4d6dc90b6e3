from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, json_document

_WAITING = text("callback_state = 'waiting'")


class AccessTask(Base):
    """A task that was made by the profile: what it has beyond its rights requests, which hold everything else.

    ``bundled``: it was asked as a list of items. ``callback_*``: whom to tell of its end, and how far that has come;
    ``claimed_until``: somebody is telling them, or died of it. Nothing of this changes what the task is.
    """

    __tablename__ = "access_task"
    __table_args__ = (
        CheckConstraint("callback_state IN ('waiting', 'sent', 'failed', 'dropped')", name="callback_state"),
        CheckConstraint("(callback_url IS NULL) = (callback_state IS NULL)", name="callback"),
        Index("ix_access_task_due", "callback_due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    bundled: Mapped[bool]
    callback_url: Mapped[str | None] = mapped_column(Text)
    callback_says: Mapped[str | None] = mapped_column(Text)
    callback_events: Mapped[list[str] | None] = mapped_column(json_document())
    callback_state: Mapped[str | None]
    callback_due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class AccessTaskItem(Base):
    """One pair of a task, in the order it was asked: a right, an account as it was named, the request that asks for it.

    ``evaluation_id``: the refusal that it came from, if it was named.
    """

    __tablename__ = "access_task_item"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("access_task.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("request.id"), index=True)
    right: Mapped[str]
    resource: Mapped[str] = mapped_column(Text)
    evaluation_id: Mapped[str | None]
