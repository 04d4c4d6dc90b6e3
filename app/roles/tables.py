from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Appointment(Resource, Base):
    """A role over one scope, from ``valid_from`` up to ``valid_until`` (null: open-ended) or ``ended_at``, if sooner.

    ``appointed_by`` is null where an operator did it at the command line, or a group: then ``group_mapping_id`` says which.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(
            "(scope_kind = 'enterprise' AND business_unit_id IS NULL AND network IS NULL)"
            " OR (scope_kind = 'business_unit' AND business_unit_id IS NOT NULL AND network IS NULL)"
            " OR (scope_kind = 'network' AND business_unit_id IS NULL AND network IS NOT NULL)",
            name="scope",
        ),
        Index(
            "ix_appointment_open",
            "role",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    role: Mapped[str]
    scope_kind: Mapped[str]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), index=True)
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    deputy_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    appointed_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    group_mapping_id: Mapped[UUID | None] = mapped_column(index=True)  # of a package above this one
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
