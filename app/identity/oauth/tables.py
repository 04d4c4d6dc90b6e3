from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class AuthorizationCode(Base):
    """A code given after a login (RFC 6749 4.1.2), kept past its use: only so is a second use known for what it is."""

    __tablename__ = "authorization_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 in hex
    client_id: Mapped[str]  # no foreign key: our own documentation page is a client without a row
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    token_id: Mapped[str | None] = mapped_column(unique=True)  # the jti of the token it was exchanged for
    replayed_at: Mapped[datetime | None]  # shown a second time: its token counts no more
    kept_until: Mapped[datetime] = mapped_column(index=True)  # the end of that token, and so of the need to remember
