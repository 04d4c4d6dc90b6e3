"""Every statement that touches clearances."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.kernel.database import at_param, change, flush, id_param, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import OPEN, Clearance, ClearanceState
from .tables import Clearance as Row

_MOST = 20
"""Of one content: at most the newest is open; of the older ones it matters only whether one was redeemed."""
# Evaluations ask this. It is made once: making a statement takes longer than having it answered.
_CLEARED = (
    select(Row)
    .where(Row.account_id == id_param("account_id"), Row.state == ClearanceState.CLEARED, Row.not_after > at_param())
    .limit(1)
)


def clearance(session: Session, id_: UUID, *, lock: bool = False) -> Clearance:
    """One clearance, or ``NotFound``; with ``lock`` held until the transaction ends, and read afresh."""
    row = session.get(Row, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no clearance {id_}.")
    return _value(row)


def of_content(session: Session, account_id: UUID, content_sha256: str) -> list[Clearance]:
    """The clearances of one content on an account, the newest first; if one is open, it is the first."""
    stmt = select(Row).where(Row.account_id == account_id, Row.content_sha256 == content_sha256)
    return [_value(row) for row in session.scalars(stmt.order_by(Row.id.desc()).limit(_MOST))]


def any_open(session: Session, account_id: UUID, at: datetime) -> Clearance | None:
    """A cleared one of the account that may still be redeemed, if there is any."""
    row = session.scalars(_CLEARED, {"account_id": account_id, "at": at}).first()
    return _value(row) if row else None


def of_account(session: Session, account_id: UUID, content_sha256: str | None, at: datetime) -> list[Clearance]:
    """What ``rules.check`` needs: the clearances of this content, and a cleared one of the account if there is any."""
    same = of_content(session, account_id, content_sha256) if content_sha256 else []
    if content_sha256 and len(same) == _MOST:  # it may have been posted before all of these
        same += _posted(session, account_id, content_sha256)
    other = any_open(session, account_id, at)
    return [*same, *([other] if other else [])]


def made_by(session: Session, account_id: UUID, content_sha256: str | None, at: datetime) -> list[Clearance]:
    """What ``rules.check`` needs of an instant: the clearances that there were of this content, and those of others whose
    time was not over. Their state is the present one.
    """
    stmt = select(Row).where(Row.account_id == account_id, Row.created_at <= at)
    wanted = or_(Row.content_sha256 == content_sha256, Row.not_after > at)
    return [_value(row) for row in session.scalars(stmt.where(wanted).order_by(Row.id.desc()))]


def _posted(session: Session, account_id: UUID, content_sha256: str) -> list[Clearance]:
    """A clearance with which this content was posted, if there is any."""
    stmt = select(Row).where(Row.account_id == account_id, Row.content_sha256 == content_sha256)
    return [_value(row) for row in session.scalars(stmt.where(Row.state == ClearanceState.REDEEMED).limit(1))]


def waiting(session: Session, at: datetime, but: UUID, page: Page) -> list[Clearance]:
    """A page of what waits for a decision; ``but``: whose own are left out."""
    stmt = select(Row).where(_in_state(ClearanceState.SUBMITTED, at), Row.employee_id != but)
    order = ((Row.id, page.descending), (Row.id, page.descending))
    return [_value(row) for row in session.scalars(keyset(stmt, order, page))]


def open_of_employee(session: Session, employee_id: UUID, at: datetime) -> list[Clearance]:
    """A person's open clearances, held until the transaction ends."""
    stmt = select(Row).where(Row.employee_id == employee_id, Row.state.in_(OPEN), Row.not_after > at)
    held = session.scalars(stmt.order_by(Row.id).with_for_update().execution_options(populate_existing=True))
    return [_value(row) for row in held]


def page(session: Session, page: Page, at: datetime, filters: Mapping[str, Any], seen: Any = None) -> list[Clearance]:
    """Clearances by equal columns; ``state`` as it is at ``at``; ``seen``: a condition of ``seen_by`` or ``usable_by``."""
    stmt = select(Row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(_in_state(value, at) if name == "state" else getattr(Row, name) == value)
    if seen is not None:
        stmt = stmt.where(seen)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(row) for row in session.scalars(keyset(stmt, order, page))]


def _in_state(state: ClearanceState, at: datetime) -> Any:
    if state is ClearanceState.EXPIRED:
        return and_(Row.state.in_(OPEN), Row.not_after <= at)
    return and_(Row.state == state, Row.not_after > at) if state in OPEN else Row.state == state


def seen_by(employee_id: UUID | None, account_ids: Select[Any]) -> Any:
    """The condition of what someone may see: what they submitted, and those on some accounts."""
    return or_(Row.employee_id == employee_id, Row.account_id.in_(account_ids))


def usable_by(client_id: UUID | None, at: datetime) -> Any:
    """The condition of what a tool may see: what it can redeem now, and what it has redeemed."""
    return or_(_in_state(ClearanceState.CLEARED, at), Row.redeemed_by == client_id)


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Clearance:
    """A new clearance, submitted."""
    row = Row(id=new_id(), created_at=now, updated_at=now, state=ClearanceState.SUBMITTED, **values)
    session.add(row)
    flush(session)
    return _value(row)


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Clearance:
    """Change a clearance's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def _value(row: Row) -> Clearance:
    return value_of(Clearance, row, state=ClearanceState(row.state))
