"""Every account of a view, and which of the custodians have left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.accounts.tables import Account as Row
from app.accounts.tables import AccountTool
from app.directory.store import employed
from app.directory.tables import BusinessUnit, Employee
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


def tools_used(session: Session, view: View) -> dict[UUID, dict[UUID, datetime]]:
    """By account of a view, which tools it uses, and since when; accounts without any are left out."""
    stmt = select(AccountTool.account_id, AccountTool.tool_id, AccountTool.since)
    stmt = stmt.join(Row, Row.id == AccountTool.account_id).join(BusinessUnit, BusinessUnit.id == Row.business_unit_id)
    found: dict[UUID, dict[UUID, datetime]] = {}
    for account_id, tool_id, since in session.execute(stmt.where(inside(view))):
        found.setdefault(account_id, {})[tool_id] = since
    return found
