"""The statements of passports: which grants have stopped lately, or may have. Passports themselves are kept nowhere."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import Session

from app.accounts.rules import AccountState
from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.grants.tables import Grant, Suspension
from app.kernel.actor import Place

from .rules import Running, Stopped, StoppedState


def stopped(session: Session, since: datetime, now: datetime) -> list[Stopped]:
    """The grants that ended or were paused after an instant and have not been resumed.

    What was written down counts whatever ``now`` is, but for a pause that is still ahead.
    """
    ended = select(Grant.id, Grant.end, Grant.ended_at).where(Grant.ended_at > since)
    paused = (
        select(Suspension.grant_id, Suspension.suspended_at)
        .join(Grant, Grant.id == Suspension.grant_id)
        .where(Suspension.suspended_at > since, Suspension.resumed_at.is_(None), Grant.ended_at.is_(None))
        .where(or_(not_(Suspension.scheduled), Suspension.suspended_at <= now))
    )
    silenced = select(Grant.id, Grant.review_ends_at).where(
        Grant.review_ends_at > since, Grant.review_ends_at <= now, Grant.ended_at.is_(None)
    )
    found = [Stopped(id_, StoppedState(end), at) for id_, end, at in session.execute(ended) if end and at]
    found += [Stopped(id_, StoppedState.SUSPENDED, at) for id_, at in session.execute(paused)]
    found += [Stopped(id_, StoppedState.SUSPENDED, at) for id_, at in session.execute(silenced) if at]
    return found


def running(session: Session, now: datetime, changed_since: datetime | None) -> list[Running]:
    """The grants in force; where ``changed_since`` says so, only those whose account has changed since then."""
    stmt = (
        select(
            Grant.id, Grant.employee_id, Grant.account_id, BusinessUnit.path, Account.network, Account.state,
            Account.updated_at,
        )
        .join(Account, Account.id == Grant.account_id)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .where(Grant.ended_at.is_(None), Grant.valid_from <= now, Grant.valid_until > now)
    )  # fmt: skip
    if changed_since is not None:
        stmt = stmt.where(Account.updated_at > changed_since)
    return [
        Running(id_, person_id, account_id, Place(_ids(path), network), AccountState(state), changed_at)
        for id_, person_id, account_id, path, network, state, changed_at in session.execute(stmt)
    ]


def _ids(path: str) -> tuple[UUID, ...]:
    return tuple(UUID(part) for part in path.split("/"))
