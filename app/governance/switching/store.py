"""Every right in force, with what a switch of model looks at."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit, Employee
from app.governance.grants.tables import Grant
from app.governance.models.rules import Right

from .rules import Held

_PART = 5000


def running(session: Session, at: datetime, rights: Collection[Right]) -> Iterator[Held]:
    """Grants of these rights that hold now or will; streamed, since there may be very many."""
    stmt = (
        select(
            Grant.id, Grant.employee_id, Grant.right, BusinessUnit.path, Account.network,
            Employee.employment_type,
        )
        .join(Account, Account.id == Grant.account_id)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .join(Employee, Employee.id == Grant.employee_id)
        .where(Grant.ended_at.is_(None), Grant.valid_until > at, or_(*(Grant.right == one for one in sorted(rights))))
        .order_by(Grant.id)
        .execution_options(yield_per=_PART)
    )  # fmt: skip
    paths: dict[str, tuple[UUID, ...]] = {}
    named = {one.value: one for one in Right}
    for id_, employee_id, right, path, network, kind in session.execute(stmt):
        if path not in paths:
            paths[path] = tuple(UUID(part) for part in path.split("/"))
        yield Held(id_, employee_id, named[right], paths[path], network, kind)
