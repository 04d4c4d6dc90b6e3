"""Every statement that touches the choices of model."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.database import id_param, value_of
from app.kernel.ids import new_id

from .rules import ModelKey, Setting
from .tables import GovernanceSetting as Row

# Every request asks this. It is made once: making a statement takes longer than having it answered.
_FOR_PATH = select(Row).where(or_(Row.business_unit_id.is_(None), Row.business_unit_id.in_(id_param("path"))))


def settings_for(session: Session, path: tuple[UUID, ...]) -> list[Setting]:
    """Every choice made for the enterprise or for a unit of this path, past and future."""
    return [_value(row) for row in session.scalars(_FOR_PATH, {"path": path})]


def history(session: Session) -> list[Setting]:
    """Every choice ever made, the newest first."""
    stmt = select(Row).order_by(Row.effective_from.desc(), Row.created_at.desc(), Row.id.desc())
    return [_value(row) for row in session.scalars(stmt)]


def add(
    session: Session,
    now: datetime,
    model: ModelKey,
    unit_id: UUID | None,
    platform_id: UUID | None,
    effective_from: datetime,
    reason: str,
    set_by: UUID | None,
) -> Setting:
    """A new choice."""
    row = Row(
        id=new_id(), model=model, business_unit_id=unit_id, platform_id=platform_id,
        effective_from=effective_from, reason=reason, set_by=set_by, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _value(row)


def _value(row: Row) -> Setting:
    return value_of(Setting, row, model=ModelKey(row.model))
