from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_COUNTS = text("revoked_at IS NULL")


class Course(Resource, Base):
    """``valid_for_days``: how long a completion counts; null: for ever. One with ``retired_at`` is held no more."""

    __tablename__ = "course"

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    valid_for_days: Mapped[int | None]
    retired_at: Mapped[datetime | None]


class Completion(Resource, Base):
    """One person has completed one course, once. Revoking keeps the row: that it was recorded has happened, too."""

    __tablename__ = "completion"
    __table_args__ = (
        Index(
            "uq_completion_counting", "employee_id", "course_id", "completed_at", unique=True,
            sqlite_where=_COUNTS, postgresql_where=_COUNTS,
        ),
    )  # fmt: skip

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"), index=True)
    completed_at: Mapped[datetime]
    source: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    revoke_reason: Mapped[str | None] = mapped_column(Text)
