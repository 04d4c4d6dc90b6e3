"""Which tools the accounts of a view use."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.rules import OPEN_FOR_RIGHTS, AccountState
from app.accounts.tables import Account, AccountTool
from app.directory.tables import BusinessUnit
from app.reports.rules import View
from app.reports.store import inside


def by_tool(session: Session, view: View) -> dict[UUID, dict[UUID, int]]:
    """By tool, how many accounts in use of each unit use it."""
    found: dict[UUID, dict[UUID, int]] = {}
    stmt = select(AccountTool.tool_id, Account.business_unit_id, func.count()).join(
        Account, Account.id == AccountTool.account_id
    )
    stmt = stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id).where(inside(view))
    stmt = stmt.where(Account.state.in_(OPEN_FOR_RIGHTS)).group_by(AccountTool.tool_id, Account.business_unit_id)
    for tool_id, unit_id, n in session.execute(stmt):
        found.setdefault(tool_id, {})[unit_id] = n
    return found


def active(session: Session, view: View) -> dict[UUID, list[set[UUID]]]:
    """By unit, the tools that each of its active accounts uses."""
    stmt = select(Account.business_unit_id, Account.id, AccountTool.tool_id)
    stmt = stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    stmt = stmt.outerjoin(AccountTool, AccountTool.account_id == Account.id)
    used: dict[tuple[UUID, UUID], set[UUID]] = {}
    for unit_id, account_id, tool_id in session.execute(stmt.where(Account.state == AccountState.ACTIVE, inside(view))):
        used.setdefault((unit_id, account_id), set()).update([tool_id] if tool_id else ())
    found: dict[UUID, list[set[UUID]]] = {}
    for (unit_id, _), tools in used.items():
        found.setdefault(unit_id, []).append(tools)
    return found
