from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class PublishingTool(Resource, Base):
    """Without a unit it is the centre's; one with ``retired_at`` is registered no more."""

    __tablename__ = "publishing_tool"

    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    vendor: Mapped[str | None]
    business_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"))
    retired_at: Mapped[datetime | None]
