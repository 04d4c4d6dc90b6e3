"""Every statement that touches goals, objectives and strategies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.database import change, flush, value_of
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import as_uuid, new_id
from app.kernel.pages import Page, keyset, usual_order

from .rules import SHOWN_TO_ALL, Goal, Objective, Strategy, StrategyState
from .tables import Goal as GoalRow
from .tables import Objective as ObjectiveRow
from .tables import Strategy as Row

T = TypeVar("T", Goal, Objective)
V = TypeVar("V", Goal, Objective, Strategy)
_ROWS: Mapping[type[Any], Any] = {Goal: GoalRow, Objective: ObjectiveRow, Strategy: Row}


def find(session: Session, kind: type[T], id_or_key: UUID | str) -> T | None:
    """A goal or an objective by id or key."""
    row, id_ = _ROWS[kind], as_uuid(id_or_key)
    found = session.scalars(select(row).where(row.id == id_ if id_ else row.key == id_or_key)).first()
    return value_of(kind, found) if found else None


def one(session: Session, kind: type[T], id_or_key: UUID | str) -> T:
    """The same, or ``NotFound``."""
    found = find(session, kind, id_or_key)
    if found is None:
        raise NotFound(f"There is no {kind.__name__.lower()} {id_or_key}.")
    return found


def lock(session: Session, kind: type[V], id_: UUID) -> V:
    """Hold a goal, an objective or a version of a strategy until the transaction ends, and read it afresh."""
    return value_of(kind, session.get_one(_ROWS[kind], id_, with_for_update=True, populate_existing=True))


def add(session: Session, kind: type[T], now: datetime, values: Mapping[str, Any]) -> T:
    """A new goal or objective; raises ``KeyTaken``."""
    row = _ROWS[kind](id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, KeyTaken, f"The key {values['key']} is taken already.")
    return value_of(kind, row)


def save(session: Session, kind: type[V], id_: UUID, now: datetime, changes: Mapping[str, Any]) -> V:
    """Change columns. Raises ``Conflict`` where another strategy of the unit was approved meanwhile."""
    row = session.get_one(_ROWS[kind], id_)
    change(session, row, now, changes)
    return value_of(kind, row)


def page_of(session: Session, kind: type[T], page: Page, filters: Mapping[str, Any]) -> list[T]:
    """A page of goals or objectives by equal columns; ``retired`` (bool) by whether they are."""
    row = _ROWS[kind]
    stmt = select(row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(
                row.retired_at.is_not(None) == value if name == "retired" else getattr(row, name) == value
            )
    return [value_of(kind, found) for found in session.scalars(keyset(stmt, usual_order(row, page), page))]


def living_objectives(session: Session, goal_id: UUID) -> int:
    """How many objectives serve a goal still."""
    stmt = select(func.count()).where(ObjectiveRow.goal_id == goal_id, ObjectiveRow.retired_at.is_(None))
    return session.scalar(stmt) or 0


def objectives(session: Session) -> dict[str, Objective]:
    """Every objective by key, retired ones too."""
    return {row.key: value_of(Objective, row) for row in session.scalars(select(ObjectiveRow))}


def strategy(session: Session, id_: UUID) -> Strategy:
    """One version, or ``NotFound``."""
    row = session.get(Row, id_)
    if row is None:
        raise NotFound(f"There is no strategy {id_}.")
    return value_of(Strategy, row)


def add_strategy(session: Session, now: datetime, unit_id: UUID, values: Mapping[str, Any]) -> Strategy:
    """The next version of a unit's strategy. Raises ``Conflict`` where somebody else was quicker."""
    last = session.scalar(select(func.max(Row.n)).where(Row.business_unit_id == unit_id)) or 0
    row = Row(id=new_id(), created_at=now, updated_at=now, business_unit_id=unit_id, n=last + 1, **values)
    session.add(row)
    flush(session, Conflict, "Somebody else has just begun a version of this strategy; try again.")
    return value_of(Strategy, row)


def approved_of(session: Session, unit_id: UUID) -> Strategy | None:
    """The version of a unit's strategy that holds, held until the transaction ends."""
    stmt = select(Row).where(Row.business_unit_id == unit_id, Row.state == StrategyState.APPROVED).with_for_update()
    row = session.scalars(stmt.execution_options(populate_existing=True)).first()
    return value_of(Strategy, row) if row else None


def units_with_strategy(session: Session) -> frozenset[UUID]:
    """Which units have a strategy of their own that was approved."""
    return frozenset(session.scalars(select(Row.business_unit_id).where(Row.state == StrategyState.APPROVED)))


def page_strategies(
    session: Session, page: Page, filters: Mapping[str, Any], drafts_in: Select[Any] | None, *, all_: bool
) -> list[Strategy]:
    """A page of versions by equal columns: what everybody may read, and drafts of these units (or ``all_``)."""
    stmt = select(Row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    if not all_:
        shown: ColumnElement[bool] = Row.state.in_(SHOWN_TO_ALL)
        stmt = stmt.where(shown if drafts_in is None else or_(shown, Row.business_unit_id.in_(drafts_in)))
    return [value_of(Strategy, row) for row in session.scalars(keyset(stmt, usual_order(Row, page), page))]
