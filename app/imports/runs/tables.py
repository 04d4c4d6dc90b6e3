from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource, json_document


class ImportRun(Resource, Base):
    """``slot`` is 1 while the run is alive and null after: being unique, it keeps a second one out.

    ``described``: columns that the caller described, in TOML. ``seen_at``: the last sign of life.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('employees', 'accounts', 'business_units', 'completions', 'observations', 'discoveries')",
            name="kind",
        ),
        CheckConstraint("state IN ('queued', 'running', 'done', 'refused', 'failed')", name="state"),
    )

    kind: Mapped[str]
    state: Mapped[str]
    slot: Mapped[int | None] = mapped_column(unique=True)
    complete: Mapped[bool]
    confirm_leavers: Mapped[bool]
    dry_run: Mapped[bool]
    columns: Mapped[str | None]
    described: Mapped[str | None] = mapped_column(Text)
    header: Mapped[Any] = mapped_column(json_document(), nullable=False)
    file_name: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    file_sha256: Mapped[str | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_roles: Mapped[Any] = mapped_column(json_document(), nullable=False)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int | None]
    summary: Mapped[Any | None] = mapped_column(json_document())
    problem: Mapped[Any | None] = mapped_column(json_document())
    started_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportReject(Base):
    """A row that a run did not load; ``cells`` in the order of the run's header, ``n`` in that of the file."""

    __tablename__ = "import_reject"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    code: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    cells: Mapped[Any] = mapped_column(json_document(), nullable=False)
