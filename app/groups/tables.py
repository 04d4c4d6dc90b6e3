from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource

_IN_FORCE = text("ended_at IS NULL")


class Group(Resource, Base):
    """A group as the identity provider sends it; by itself it means nothing here."""

    __tablename__ = "directory_group"

    display_name: Mapped[str]
    display_name_key: Mapped[str] = mapped_column(index=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)


class Member(Base):
    """One member of a group: a person, or another group. ``display``: the name that the identity provider gave, if any."""

    __tablename__ = "group_member"
    __table_args__ = (
        CheckConstraint("(employee_id IS NULL) <> (child_id IS NULL)", name="one_kind"),
        Index("uq_group_member_employee", "group_id", "employee_id", unique=True),
        Index("uq_group_member_child", "group_id", "child_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey("directory_group.id"))
    employee_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    child_id: Mapped[UUID | None] = mapped_column(ForeignKey("directory_group.id"), index=True)
    display: Mapped[str | None]
    added_at: Mapped[datetime]


class Mapping(Resource, Base):
    """What membership of a group means here: with ``role`` an appointment over the scope, without it a move into the unit.

    Kept when it ends, so that appointments that came from it can be told from others. ``group_id`` is null once the group
    itself is gone.
    """

    __tablename__ = "group_mapping"
    __table_args__ = (
        CheckConstraint("role IS NOT NULL OR business_unit_id IS NOT NULL", name="means_something"),
        CheckConstraint("business_unit_id IS NULL OR network IS NULL", name="one_scope"),
        Index("ix_group_mapping_open", "group_id", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    )

    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("directory_group.id"))
    group_name: Mapped[str]
    role: Mapped[str | None]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    network: Mapped[str | None] = mapped_column(ForeignKey("network.key"))
    mapped_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)
