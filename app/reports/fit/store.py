"""Where there are accounts, and rights of people who do not belong to the Center of Excellence."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.rules import OPEN_FOR_RIGHTS
from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.grants.tables import Grant
from app.governance.models.rules import Right
from app.reports.rules import View
from app.reports.store import inside


def accounts(session: Session, view: View) -> dict[UUID, int]:
    """Accounts in use, by unit."""
    stmt = select(Account.business_unit_id, func.count())
    stmt = stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    stmt = stmt.where(Account.state.in_(OPEN_FOR_RIGHTS), inside(view)).group_by(Account.business_unit_id)
    return {unit_id: n for unit_id, n in session.execute(stmt)}  # noqa: C416 - rows are no pairs


def rights(session: Session, view: View, at: datetime, members: Collection[UUID]) -> dict[tuple[UUID, Right], int]:
    """Rights that have neither ended nor lapsed, but for those of ``members``, by the account's unit and by right."""
    stmt = select(Account.business_unit_id, Grant.right, func.count()).join(Account, Account.id == Grant.account_id)
    stmt = stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    stmt = stmt.where(Grant.ended_at.is_(None), Grant.valid_until > at, inside(view))
    stmt = stmt.where(Grant.employee_id.not_in(members)) if members else stmt
    found = session.execute(stmt.group_by(Account.business_unit_id, Grant.right))
    return {(unit_id, Right(right)): n for unit_id, right, n in found}
