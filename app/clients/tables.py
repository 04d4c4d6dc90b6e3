from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Client(Resource, Base):
    """A registered client; without ``secret_hash`` it is public (RFC 6749 2.1). Its id is its ``client_id``.

    ``redirect_uris``: where a login may return to, compared exactly. Once the owner has left, the client may not act.
    """

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("tool_id IS NULL OR NOT gateway", name="tool_or_gateway"),
        CheckConstraint("secret_hash IS NOT NULL OR NOT static", name="static_has_secret"),
    )

    name: Mapped[str]
    secret_hash: Mapped[str | None] = mapped_column(unique=True)  # SHA-256 in hex; also how a static bearer is found
    static: Mapped[bool] = mapped_column(default=False)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    tool_id: Mapped[UUID | None] = mapped_column(ForeignKey("publishing_tool.id"))
    gateway: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("employee.id"), index=True)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    revoked_at: Mapped[datetime | None]
