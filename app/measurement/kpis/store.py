"""Every statement that touches KPIs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import AcrossAccounts, Better, Kpi, KpiKind, KpiUnit, OverTime
from .tables import Kpi as Row


def find(session: Session, id_or_key: UUID | str) -> Kpi | None:
    """A KPI by id or key."""
    return named(session, [str(id_or_key)]).get(str(id_or_key))


def kpi(session: Session, id_or_key: UUID | str) -> Kpi:
    """A KPI by id or key, or ``NotFound``."""
    found = find(session, id_or_key)
    if found is None:
        raise NotFound(f"There is no KPI {id_or_key}.")
    return found


def named(session: Session, texts: Iterable[str]) -> dict[str, Kpi]:
    """The KPIs that these texts mean, each an id or a key; what is none is left out."""
    told = {text: _as_uuid(text) for text in texts}
    stmt = select(Row).where(or_(Row.key.in_(told), Row.id.in_({id_ for id_ in told.values() if id_})))
    by: dict[UUID | str, Kpi] = {}
    for row in session.scalars(stmt):
        by[row.id] = by[row.key] = _value(row)
    return {text: by[id_ or text] for text, id_ in told.items() if (id_ or text) in by}


def lock(session: Session, id_: UUID) -> Kpi:
    """Hold a KPI's row until the transaction ends, and read it afresh."""
    return _value(session.get_one(Row, id_, with_for_update=True, populate_existing=True))


def page(session: Session, page: Page, *, retired: bool | None = None) -> list[Kpi]:
    """A page of KPIs; ``retired``: only those that are, or are not."""
    stmt = select(Row)
    if retired is not None:
        stmt = stmt.where(Row.retired_at.is_not(None) == retired)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(row) for row in session.scalars(keyset(stmt, order, page))]


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Kpi:
    """A new KPI; raises ``KeyTaken``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, KeyTaken, f"There is a KPI with the key {values['key']} already.")
    return _value(row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Kpi:
    """Change a KPI's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def _value(row: Row) -> Kpi:
    return value_of(
        Kpi, row, kind=KpiKind(row.kind), unit=KpiUnit(row.unit), better=Better(row.better),
        over_time=OverTime(row.over_time) if row.over_time else None,
        across_accounts=AcrossAccounts(row.across_accounts) if row.across_accounts else None,
    )  # fmt: skip


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
