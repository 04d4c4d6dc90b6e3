"""Every statement that touches budgets and their entries."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset, usual_order

from .rules import Budget, Entry, EntryKind, Returns
from .tables import Budget as Row
from .tables import BudgetEntry as EntryRow

_NOTHING = Decimal(0)


def budget(session: Session, id_: UUID) -> Budget:
    """One budget, or ``NotFound``."""
    row = session.get(Row, id_)
    if row is None:
        raise NotFound(f"There is no budget {id_}.")
    return value_of(Budget, row)


def lock_budget(session: Session, id_: UUID) -> Budget:
    """Hold a budget until the transaction ends, and read it afresh."""
    return value_of(Budget, session.get_one(Row, id_, with_for_update=True, populate_existing=True))


def add_budget(session: Session, now: datetime, values: Mapping[str, Any]) -> Budget:
    """A new budget."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return value_of(Budget, row)


def save_budget(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Budget:
    """Change columns of a budget."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return value_of(Budget, row)


def page(session: Session, page: Page, filters: Mapping[str, Any], units: Select[Any] | None) -> list[Budget]:
    """A page of budgets by equal columns; ``units``: only of these."""
    stmt = select(Row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    if units is not None:
        stmt = stmt.where(Row.business_unit_id.in_(units))
    return [value_of(Budget, row) for row in session.scalars(keyset(stmt, usual_order(Row, page), page))]


def entry(session: Session, budget_id: UUID, id_: UUID) -> Entry:
    """One entry of a budget, or ``NotFound``."""
    row = session.get(EntryRow, id_)
    if row is None or row.budget_id != budget_id:
        raise NotFound(f"There is no entry {id_} in this budget.")
    return value_of(Entry, row)


def lock_entry(session: Session, budget_id: UUID, id_: UUID) -> Entry:
    """Hold an entry until the transaction ends, and read it afresh. Raises ``NotFound``."""
    entry(session, budget_id, id_)
    return value_of(Entry, session.get_one(EntryRow, id_, with_for_update=True, populate_existing=True))


def add_entry(session: Session, now: datetime, values: Mapping[str, Any]) -> Entry:
    """A new entry."""
    row = EntryRow(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return value_of(Entry, row)


def save_entry(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Entry:
    """Change columns of an entry."""
    row = session.get_one(EntryRow, id_)
    change(session, row, now, changes)
    return value_of(Entry, row)


def page_entries(session: Session, page: Page, budget_id: UUID) -> list[Entry]:
    """A page of a budget's entries."""
    stmt = select(EntryRow).where(EntryRow.budget_id == budget_id)
    return [value_of(Entry, row) for row in session.scalars(keyset(stmt, usual_order(EntryRow, page), page))]


def returns(session: Session, filters: Mapping[str, Any], units: Select[Any] | None) -> list[Returns]:
    """What came of budgets, by objective, unit and currency, in that order. ``units``: only of these."""
    counts = and_(EntryRow.budget_id == Row.id, EntryRow.voided_at.is_(None))
    sums = select(Row.id, *(_sum(kind) for kind in EntryKind)).outerjoin(EntryRow, counts).group_by(Row.id).subquery()
    by = (Row.objective_id, Row.business_unit_id, Row.currency)
    stmt = select(
        *by, func.sum(Row.allocated), func.sum(sums.c.spent), func.sum(sums.c.benefit)
    ).join(sums, sums.c.id == Row.id)  # fmt: skip
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    if units is not None:
        stmt = stmt.where(Row.business_unit_id.in_(units))
    return [Returns(*found) for found in session.execute(stmt.group_by(*by).order_by(*by))]


def _sum(kind: EntryKind) -> Any:
    amount = case((EntryRow.kind == kind, EntryRow.amount), else_=_NOTHING)
    return func.coalesce(func.sum(amount), _NOTHING, type_=EntryRow.amount.type).label(str(kind))
