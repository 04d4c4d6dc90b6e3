"""The one statement of passports: which grants have stopped lately. Passports themselves are kept nowhere."""

from datetime import datetime

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import Session

from app.governance.grants.rules import GrantState
from app.governance.grants.tables import Grant, Suspension

from .rules import Stopped


def stopped(session: Session, since: datetime, now: datetime) -> list[Stopped]:
    """The grants that ended or were paused after an instant and have not been resumed, the earliest first.

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
    found = [Stopped(id_, GrantState(end), at) for id_, end, at in session.execute(ended) if end and at]
    found += [Stopped(id_, GrantState.SUSPENDED, at) for id_, at in session.execute(paused)]
    found += [Stopped(id_, GrantState.SUSPENDED, at) for id_, at in session.execute(silenced) if at]
    return sorted(found, key=lambda one: (one.at, one.grant_id))
