from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_ALARMED = text("alarmed_at IS NOT NULL")


class Discovery(Resource, Base):
    """An account that was seen on a network, once for each handle, whoever saw it. What it is of ours is never stored.

    ``account_id``: an account of the register with this handle; another may hold the handle since. ``state``: what
    somebody said of it, and when, as ``decided_*`` and ``reason`` have it; a sighting alone may open it again, and
    leaves them. ``decided_match``, ``decided_active``: what was known then. ``last_active_at``: when it was last seen
    to post. ``alarmed_at``: when it was last found out that it posts and may not.
    """

    __tablename__ = "discovery"
    __table_args__ = (
        UniqueConstraint("network", "handle", name="uq_discovery_handle"),
        CheckConstraint("state IN ('open', 'disputed', 'taken_down', 'ignored')", name="state"),
        Index("ix_discovery_alarmed", "id", sqlite_where=_ALARMED, postgresql_where=_ALARMED),
    )

    network: Mapped[str] = mapped_column(ForeignKey("network.key"))
    handle: Mapped[str]
    handle_written: Mapped[str]
    url: Mapped[str]
    skeleton: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    evidence_url: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decided_at: Mapped[datetime | None]
    decided_match: Mapped[str | None]
    decided_active: Mapped[bool | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    last_active_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]


class Sighting(Base):
    """That somebody or something saw it, at an instant. ``active``: it was seen to post. Never changed."""

    __tablename__ = "discovery_sighting"
    __table_args__ = (
        UniqueConstraint("discovery_id", "source", "seen_at", name="uq_discovery_sighting_said"),
        Index("ix_discovery_sighting_newest", "discovery_id", "seen_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    discovery_id: Mapped[UUID] = mapped_column(ForeignKey("discovery.id"))
    source: Mapped[str]
    seen_at: Mapped[datetime]
    active: Mapped[bool]
    display_name: Mapped[str | None]
    followers: Mapped[int | None]
    evidence_url: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    created_at: Mapped[datetime]
