from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_OPEN = text("released_at IS NULL")


class LegalHold(Resource, Base):
    """As long as it is not released, nothing of this person is erased."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("uq_legal_hold_open", "employee_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    release_reason: Mapped[str | None] = mapped_column(Text)
