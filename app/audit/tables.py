from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base

_ASKED = text("request_id IS NOT NULL")
# SQLite fills only an INTEGER key; PostgreSQL needs the wider type.
_SEQ = BigInteger().with_variant(Integer, "sqlite")


class AuditEvent(Base):
    """One row per change, chained; the database refuses UPDATE and DELETE (triggers in the first migration)."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject_kind", "subject_id"),
        Index("ix_audit_event_action", "action", "seq"),
        Index("ix_audit_event_request", "request_id", "seq", sqlite_where=_ASKED, postgresql_where=_ASKED),
    )

    seq: Mapped[int] = mapped_column(_SEQ, primary_key=True, autoincrement=False)
    encoding: Mapped[int]
    at: Mapped[str]
    actor: Mapped[str] = mapped_column(Text)
    on_behalf_of: Mapped[str | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    reason: Mapped[str | None] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None]
    prev_hash: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(unique=True)


class AuditPersonal(Base):
    """The erasable values of events; only deletion is allowed, and only of whole values."""

    __tablename__ = "audit_personal"

    seq: Mapped[int] = mapped_column(_SEQ, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    salt: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
