from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_PROPOSED = text("state = 'proposed'")
_COUNTS = text("state <> 'proposed' AND superseded_at IS NULL")


class Vendor(Resource, Base):
    """Who sells a tool. ``contract_ends_on``: the last day of the contract."""

    __tablename__ = "vendor"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str | None] = mapped_column(Text)
    contact: Mapped[str | None]
    note: Mapped[str | None] = mapped_column(Text)
    contract_ends_on: Mapped[date | None]


class ToolProfile(Base):
    """What vendor selection knows of a publishing tool, beside its registration."""

    __tablename__ = "tool_profile"

    tool_id: Mapped[UUID] = mapped_column(ForeignKey("publishing_tool.id"), primary_key=True)
    vendor_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor.id"), index=True)
    kinds: Mapped[list[str]] = mapped_column(JSON)


class Assessment(Resource, Base):
    """What was found out about a tool, and what was decided by it; the next decided one supersedes it."""

    __tablename__ = "assessment"
    __table_args__ = (
        # Races end here: of one tool, one assessment waits for a decision, and one decided one counts.
        Index("uq_assessment_proposed", "tool_id", unique=True, sqlite_where=_PROPOSED, postgresql_where=_PROPOSED),
        Index("uq_assessment_counts", "tool_id", unique=True, sqlite_where=_COUNTS, postgresql_where=_COUNTS),
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
    )

    tool_id: Mapped[UUID] = mapped_column(ForeignKey("publishing_tool.id"), index=True)
    state: Mapped[str]
    summary: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[datetime]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None] = mapped_column(Text)
    superseded_at: Mapped[datetime | None]
