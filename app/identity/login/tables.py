from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class Login(Base):
    """A person's password, as an Argon2id hash with its own parameters in it; who has no row cannot log in here."""

    __tablename__ = "login"

    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LoginThrottle(Base):
    """How many ``tries`` there were under a key since ``began_at``; a row whose window is over is dropped."""

    __tablename__ = "login_throttle"

    key: Mapped[str] = mapped_column(primary_key=True)  # "account:..." or "address:...", see rules
    tries: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(index=True)
