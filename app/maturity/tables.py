from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Declaration(Resource, Base):
    """What cannot be computed of maturity, as somebody declares it; none is ever changed, the latest counts."""

    __tablename__ = "maturity_declaration"

    business_unit_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), index=True)
    open_dialogue: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    declared_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
