from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class ChecklistEntry(Base):
    """That somebody says a step is done, for an account that is being retired; said anew, it stands as it was said last.

    ``reference``: where that can be looked up, never a credential.
    """

    __tablename__ = "account_checklist"
    __table_args__ = (
        CheckConstraint("step IN ('credentials_rotated', 'handle_parked', 'evidence_kept')", name="step"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    note: Mapped[str | None] = mapped_column(Text)
    said_by: Mapped[UUID] = mapped_column(ForeignKey("employee.id"))
    said_at: Mapped[datetime]
