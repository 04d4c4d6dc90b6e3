from datetime import datetime

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base

_SEQ = BigInteger().with_variant(Integer, "sqlite")


class AuditCheckpoint(Base):
    """A signed checkpoint behind the event ``seq``. Like the log, nothing but added to."""

    __tablename__ = "audit_checkpoint"

    seq: Mapped[int] = mapped_column(_SEQ, primary_key=True, autoincrement=False)
    hash: Mapped[str]
    created_at: Mapped[datetime]
    kid: Mapped[str]
    signature: Mapped[str] = mapped_column(Text)
