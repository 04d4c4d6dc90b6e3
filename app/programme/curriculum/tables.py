from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_TAUGHT = text("retired_at IS NULL")


class CurriculumEntry(Resource, Base):
    """A course that some people should learn: those of an audience who work in a unit, the root being everywhere.

    One with ``retired_at`` asks nothing of anybody any more; the row stays.
    """

    __tablename__ = "curriculum_entry"
    __table_args__ = (
        CheckConstraint("need IN ('required', 'recommended')", name="need"),
        # Of two who write the same at once one is told so; whoever changes their mind retires the entry first.
        Index(
            "uq_curriculum_entry_taught", "audience", "course_id", "business_unit_id", unique=True,
            sqlite_where=_TAUGHT, postgresql_where=_TAUGHT,
        ),
    )  # fmt: skip

    audience: Mapped[str]
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"), index=True)
    need: Mapped[str]
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    retired_at: Mapped[datetime | None]
