"""Where accounts are in use, who is called what, and what runs between units."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.rules import OPEN_FOR_RIGHTS
from app.accounts.tables import Account
from app.directory.store import employed
from app.directory.tables import Employee
from app.governance.grants.tables import Grant
from app.governance.routing.tables import Request
from app.kernel.text import key_of
from app.roles.rules import Role
from app.roles.store import holders

from .rules import Line


def networks(session: Session) -> dict[UUID, Sequence[str]]:
    """On which networks units have accounts in use, by unit, in order."""
    unit = Account.business_unit_id
    stmt = select(unit, Account.network).where(Account.state.in_(OPEN_FOR_RIGHTS)).distinct()
    found: dict[UUID, list[str]] = {}
    for unit_id, network in session.execute(stmt.order_by(unit, Account.network)):
        found.setdefault(unit_id, []).append(network)
    return {id_: tuple(names) for id_, names in found.items()}


def liaisons_called(session: Session, text: str, at: datetime) -> set[UUID]:
    """The ids of liaisons whose name has this text in it, whatever the case."""
    called = Employee.display_name_key.contains(key_of(text), autoescape=True)
    return set(session.scalars(select(Employee.id).where(called, Employee.id.in_(holders(Role.BU_LIAISON, at)))))


def rights(session: Session, unit_id: UUID, at: datetime) -> list[Line]:
    """How many people of one unit hold rights, in force or to come, on accounts of another, where one of them is this."""
    stmt = _between(unit_id, Grant, Grant.employee_id, func.count(Grant.employee_id.distinct()))
    stmt = stmt.where(Grant.ended_at.is_(None), Grant.valid_until > at, employed(at))
    return [Line(*found) for found in session.execute(stmt)]


def requests(session: Session, unit_id: UUID, since: datetime) -> list[Line]:
    """How many requests since then were for rights of people of one unit on accounts of another, where one of them is this."""
    stmt = _between(unit_id, Request, Request.beneficiary_id, func.count(Request.id))
    return [Line(*found) for found in session.execute(stmt.where(Request.kind == "rights", Request.created_at > since))]


def _between(unit_id: UUID, row: Any, person: Any, amount: Any) -> Select[Any]:
    """By the unit of the people and that of the account, where they are two and one of them is this."""
    theirs, its = Employee.business_unit_id, Account.business_unit_id
    return (
        select(theirs, its, amount)
        .select_from(row)
        .join(Employee, Employee.id == person)
        .join(Account, Account.id == row.account_id)
        .where(theirs != its, or_(theirs == unit_id, its == unit_id))
        .group_by(theirs, its)
    )
