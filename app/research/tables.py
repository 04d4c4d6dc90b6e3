from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Finding(Resource, Base):
    """What was found out, and by what source; one with ``withdrawn_at`` does not count any more, and stays."""

    __tablename__ = "finding"

    title: Mapped[str]
    question: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    published_on: Mapped[date | None]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    withdraw_reason: Mapped[str | None] = mapped_column(Text)


class FindingTag(Base):
    """What a finding is about: a unit (its id), a network (its key), a function."""

    __tablename__ = "finding_tag"
    __table_args__ = (
        CheckConstraint("kind IN ('business_unit', 'network', 'function')", name="kind"),
        Index("ix_finding_tag_value", "kind", "value"),
    )

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class Citation(Base):
    """A decision (``subject_kind``, ``subject_id``) rests on a finding."""

    __tablename__ = "citation"
    __table_args__ = (
        UniqueConstraint("finding_id", "subject_kind", "subject_id", name="uq_citation_once"),
        CheckConstraint(
            "subject_kind IN ('assessment', 'governance_setting', 'policy_version', 'strategy')", name="subject_kind"
        ),
        Index("ix_citation_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    why: Mapped[str | None] = mapped_column(Text)
    cited_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    created_at: Mapped[datetime]
