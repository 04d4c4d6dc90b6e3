from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Attestation(Resource, Base):
    """Somebody accepted a version of a policy, whose text had this SHA-256 (hex); once for each."""

    __tablename__ = "attestation"
    __table_args__ = (UniqueConstraint("policy_version_id", "employee_id"),)

    policy_version_id: Mapped[UUID] = mapped_column(ForeignKey("policy_version.id"))
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("employee.id"), index=True)
    text_sha256: Mapped[str]
