from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource, json_document

_KEPT = text("deleted_at IS NULL")


class BusinessUnit(Resource, Base):
    """``name_key``: what ``key_of`` makes of the name. ``merged_into_id``: which unit took over from a closed one."""

    __tablename__ = "business_unit"
    __table_args__ = (CheckConstraint("state IN ('open', 'closed')", name="state"),)

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), index=True)
    # Ids from the root down, in hex, joined by "/": a subtree is a prefix, an ancestor a part.
    path: Mapped[str] = mapped_column(Text, index=True)
    function: Mapped[str | None]
    region: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="UTC")
    state: Mapped[str] = mapped_column(default="open")
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    closed_at: Mapped[datetime | None]


class Employee(Resource, Base):
    """``..._key`` columns hold what ``key_of`` makes of their namesakes: uniqueness and look-up go by them.

    Leaving changes the row and never deletes it: grants, decisions and the audit log go on pointing at it. A feed may
    delete its record (``deleted_at``): then its user name is free, its employee id and ``external_id`` are not.
    ``active`` is HR's word; ``starts_at`` and ``ends_at`` bound it where ``hired_on`` or ``terminated_on`` are dated
    ahead. ``attributes``: what the feed states beyond these columns, in the feed's own words.
    """

    __tablename__ = "employee"
    __table_args__ = (
        CheckConstraint("employment_type IN ('employee', 'contractor', 'agency')", name="employment_type"),
        Index("ix_employee_kept", "id", sqlite_where=_KEPT, postgresql_where=_KEPT),  # lists count, and skip, along it
        Index("uq_employee_user_name_key", "user_name_key", unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    employee_number: Mapped[str] = mapped_column(unique=True)
    user_name: Mapped[str]
    user_name_key: Mapped[str]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(index=True)
    given_name: Mapped[str | None]
    given_name_key: Mapped[str | None]
    family_name: Mapped[str | None]
    family_name_key: Mapped[str | None]
    display_name: Mapped[str]
    display_name_key: Mapped[str]
    title: Mapped[str | None]
    title_key: Mapped[str | None]
    location: Mapped[str | None]
    location_key: Mapped[str | None]
    employment_type: Mapped[str] = mapped_column(default="employee")
    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    hired_on: Mapped[date | None]
    terminated_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True, index=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None] = mapped_column(index=True)
    left_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(json_document())
    attributes_key: Mapped[dict[str, Any] | None] = mapped_column(json_document())
