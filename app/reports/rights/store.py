"""Living grants counted where they are: there may be hundreds of thousands."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.accounts.rules import OPEN_FOR_RIGHTS
from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.grants.rules import GrantState
from app.governance.grants.store import in_state
from app.governance.grants.tables import Grant, Suspension
from app.governance.models.rules import Right
from app.reports.rules import View
from app.reports.store import inside

Group = tuple[UUID, str]
"""A unit and a network."""
_HERE = (Account.business_unit_id, Account.network)


class Held(NamedTuple):
    """The living grants of one right on the accounts of a unit on a network; ``paused``: how many of them are."""

    business_unit_id: UUID
    network: str
    right: Right
    grants: int
    paused: int


class Holder(NamedTuple):
    """Somebody with living grants: how many, how many of them to publish, on how many accounts."""

    employee_id: UUID
    grants: int
    publish: int
    accounts: int


def _living(view: View, at: datetime) -> Select[Any]:
    """Grants that have neither ended nor lapsed, on accounts of a view."""
    stmt = select(Grant.id).join(Account, Account.id == Grant.account_id)
    stmt = stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    return stmt.where(Grant.ended_at.is_(None), Grant.valid_until > at, inside(view))


def held(session: Session, view: View, at: datetime) -> list[Held]:
    """Living grants by unit, network and right."""
    pause = and_(Suspension.grant_id == Grant.id, Suspension.resumed_at.is_(None))
    paused = func.count().filter(in_state(GrantState.SUSPENDED, at, past=False))
    stmt = _living(view, at).outerjoin(Suspension, pause).with_only_columns(*_HERE, Grant.right, func.count(), paused)
    found = session.execute(stmt.group_by(*_HERE, Grant.right))
    return [Held(unit_id, network, Right(right), *counts) for unit_id, network, right, *counts in found]


def holders(session: Session, view: View, at: datetime) -> dict[Group, int]:
    """How many people hold rights, by unit and network: whoever does in several counts in each."""
    each = _living(view, at).with_only_columns(*_HERE, Grant.employee_id).distinct().subquery()
    stmt = select(each.c.business_unit_id, each.c.network, func.count())
    found = session.execute(stmt.group_by(each.c.business_unit_id, each.c.network))
    return {(unit_id, network): people for unit_id, network, people in found}


def people(session: Session, view: View, at: datetime) -> int:
    """How many people hold rights."""
    each = _living(view, at).with_only_columns(Grant.employee_id).distinct().subquery()
    return session.scalar(select(func.count()).select_from(each)) or 0


def accounts(session: Session, view: View, at: datetime) -> dict[Group, tuple[int, int]]:
    """Accounts in use by unit and network: how many, and on how many of them nobody holds the right to publish."""
    publishing = select(Grant.account_id).where(
        Grant.right == Right.PUBLISH, Grant.ended_at.is_(None), Grant.valid_until > at
    )
    mute = func.count().filter(Account.id.not_in(publishing))
    stmt = select(*_HERE, func.count(), mute).join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    stmt = stmt.where(Account.state.in_(OPEN_FOR_RIGHTS), inside(view)).group_by(*_HERE)
    return {(unit_id, network): (n, silent) for unit_id, network, n, silent in session.execute(stmt)}


def most(session: Session, view: View, at: datetime, limit: int) -> list[Holder]:
    """Who holds the most rights, the most first."""
    publish = func.count().filter(Grant.right == Right.PUBLISH)
    ranked = _living(view, at).with_only_columns(Grant.employee_id, func.count(), publish)
    ranked = ranked.group_by(Grant.employee_id).order_by(func.count().desc(), Grant.employee_id).limit(limit)
    found = session.execute(ranked).all()
    theirs = _living(view, at).where(Grant.employee_id.in_([one.employee_id for one in found]))
    on = theirs.with_only_columns(Grant.employee_id, func.count(Grant.account_id.distinct()))
    accounts_of = {who: n for who, n in session.execute(on.group_by(Grant.employee_id))}  # noqa: C416 - rows are no pairs
    return [Holder(who, grants, publishing, accounts_of[who]) for who, grants, publishing in found]
