"""Every account of a view, and which of the custodians have left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.accounts.tables import Account as Row
from app.directory.store import employed
from app.directory.tables import Employee
from app.reports.rules import View
from app.reports.store import inside


def all_of(session: Session, view: View) -> list[Account]:
    """Every account of a view, whatever its state."""
    return accounts.such(session, inside(view))


def custodians_gone(session: Session, at: datetime) -> frozenset[UUID]:
    """Who looks after an account and is not with us (any more)."""
    first, second = (select(one).where(one.is_not(None)) for one in (Row.steward_id, Row.backup_steward_id))
    custodians = first.union(second)
    return frozenset(session.scalars(select(Employee.id).where(Employee.id.in_(custodians), not_(employed(at)))))
