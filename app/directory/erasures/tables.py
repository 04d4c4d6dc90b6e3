from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class ErasedPerson(Base):
    """Somebody whose personal values were erased. What HR's ids were is held as digests alone: a feed that states one of
    them again is told that it may not.
    """

    __tablename__ = "erased_person"

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    erased_at: Mapped[datetime]
    salt: Mapped[str]
    number_digest: Mapped[str] = mapped_column(index=True)
    external_digest: Mapped[str | None] = mapped_column(index=True)
