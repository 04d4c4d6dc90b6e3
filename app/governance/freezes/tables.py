from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_OPEN = text("lifted_at IS NULL")


class Freeze(Resource, Base):
    """A stop of all posting somewhere. ``authority``: as what it was set; ``exempt``: ids of whom it does not bind.

    ``members``: of a unit's freeze the ids of the accounts that stood there when it was set.
    """

    __tablename__ = "freeze"
    __table_args__ = (
        CheckConstraint("kind IN ('enterprise', 'business_unit', 'network', 'account')", name="kind"),
        CheckConstraint("severity IN ('L1', 'L2', 'L3')", name="severity"),
        CheckConstraint("authority IN ('strategist', 'hub', 'liaison')", name="authority"),
        Index("ix_freeze_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),  # every decision reads these
    )

    kind: Mapped[str]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    members: Mapped[list[Any]] = mapped_column(JSON)
    severity: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    exempt: Mapped[list[Any]] = mapped_column(JSON)
    authority: Mapped[str]
    until: Mapped[datetime | None]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    lift_reason: Mapped[str | None] = mapped_column(Text)
