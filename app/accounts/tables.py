from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_REGISTERED = text("state NOT IN ('denied', 'withdrawn')")


class Account(Resource, Base):
    """``handle`` is canonical, ``handle_written`` as people write it; handles that look alike share a ``skeleton``.

    ``official_from`` and ``official_until``: from its activation to its decommissioning.
    """

    __tablename__ = "account"
    __table_args__ = (
        # A denied or withdrawn proposal leaves the handle free; everything else keeps it for ever.
        Index(
            "uq_account_handle",
            "network",
            "handle",
            unique=True,
            sqlite_where=_REGISTERED,
            postgresql_where=_REGISTERED,
        ),
        Index("ix_account_similar", "network", "business_unit_id"),
        CheckConstraint("risk IN ('standard', 'high')", name="risk"),
    )

    network: Mapped[str] = mapped_column(ForeignKey("network.key"))
    handle: Mapped[str]
    handle_written: Mapped[str]
    skeleton: Mapped[str] = mapped_column(index=True)
    url: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str | None]
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    steward_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    backup_steward_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    shared_mailbox: Mapped[str | None]
    purpose: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[str | None]
    language: Mapped[str | None]
    region: Mapped[str | None]
    risk: Mapped[str] = mapped_column(default="standard")
    posting_capacity: Mapped[int | None]
    objective: Mapped[str | None]
    vault_reference: Mapped[str | None]
    mfa: Mapped[bool | None]
    recovery_contact: Mapped[str | None]
    state: Mapped[str] = mapped_column(index=True)
    opened_on: Mapped[date | None]
    last_activity_at: Mapped[datetime | None]
    last_validated_at: Mapped[datetime | None]
    official_from: Mapped[datetime | None]
    official_until: Mapped[datetime | None]
    source: Mapped[str]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    look_alike_of: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    objective_since: Mapped[datetime | None]
    mfa_since: Mapped[datetime | None]


class AccountTool(Base):
    """An account uses a publishing tool, since when."""

    __tablename__ = "account_tool"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    tool_id: Mapped[UUID] = mapped_column(ForeignKey("publishing_tool.id"), primary_key=True, index=True)
    since: Mapped[datetime]
