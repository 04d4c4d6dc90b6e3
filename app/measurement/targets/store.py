"""Every statement that touches targets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from app.directory.tables import BusinessUnit
from app.kernel.actor import Scope
from app.kernel.database import flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.measurement.kpis.rules import Better
from app.measurement.kpis.tables import Kpi

from .rules import Target, TargetExists, TargetKind
from .tables import Target as Row

_WITH_KPI = select(Row, Kpi.key, Kpi.better).join(Kpi, Kpi.id == Row.kpi_id)


def target(session: Session, id_: UUID) -> Target:
    """One target, or ``NotFound``."""
    found = session.execute(_WITH_KPI.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no target {id_}.")
    return _value(*found)


def page(
    session: Session, page: Page, filters: Mapping[str, Any], seen: ColumnElement[bool] | None = None
) -> list[Target]:
    """A page of targets by equal columns. ``seen``: only such ones."""
    stmt = _WITH_KPI
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    if seen is not None:
        stmt = stmt.where(seen)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(*found) for found in session.execute(keyset(stmt, order, page))]


def seen_by(scopes: tuple[Scope, ...], accounts: Any) -> ColumnElement[bool]:
    """The condition of what someone may see: targets of the units in some scopes, and of these accounts."""
    inside = (BusinessUnit.path.contains(one.business_unit_id.hex) for one in scopes if one.business_unit_id)
    units = select(BusinessUnit.id).where(or_(false(), *inside))
    return or_(Row.business_unit_id.in_(units), Row.account_id.in_(accounts))


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Target:
    """A new target; raises ``TargetExists``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, TargetExists, "There is a target of this KPI there for these days already.")
    return target(session, row.id)


def remove(session: Session, id_: UUID) -> None:
    """Take a target away. Raises ``NotFound`` where somebody else just has."""
    row = session.get(Row, id_, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"There is no target {id_}.")
    session.delete(row)
    flush(session)


def _value(row: Row, key: str, better: str) -> Target:
    return value_of(Target, row, kpi_key=key, better=Better(better), scope_kind=TargetKind(row.scope_kind))
