from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Policy(Resource, Base):
    """Where its versions hold: a unit with all below it, a network, or (neither) the enterprise."""

    __tablename__ = "policy"

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    scope_kind: Mapped[str]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), index=True)
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))


class PolicyVersion(Resource, Base):
    """``rules`` is the typed data that is enforced, ``text`` Markdown for people, with its SHA-256 in hex.

    In force from ``effective_from`` up to ``superseded_at``, which may lie ahead.
    """

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("policy_id", "n"),
        CheckConstraint("state IN ('draft', 'published', 'superseded', 'retired')", name="state"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id"))
    n: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str]
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    effective_from: Mapped[datetime | None]
    attestation_grace_days: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    published_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
