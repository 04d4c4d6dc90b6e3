from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Clearance(Resource, Base):
    """One post's exact content, by its SHA-256 in hex, cleared for one account, once, up to and not at ``not_after``.

    ``state`` never says that its time is over: nothing sweeps, the instant tells.
    """

    __tablename__ = "clearance"
    __table_args__ = (
        CheckConstraint("state IN ('submitted', 'cleared', 'denied', 'withdrawn', 'redeemed')", name="state"),
        CheckConstraint("(state = 'redeemed') = (redeemed_at IS NOT NULL)", name="redeemed"),
        Index("ix_clearance_content", "account_id", "content_sha256"),
        # What may still be redeemed on an account, and what waits to be decided: the rest is history, and grows.
        Index("ix_clearance_of_account", "account_id", "state", "not_after"),
        Index("ix_clearance_open", "state", "not_after"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    content_sha256: Mapped[str]
    not_after: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None] = mapped_column(Text)
    redeemed_by: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"))
    redeemed_at: Mapped[datetime | None]
