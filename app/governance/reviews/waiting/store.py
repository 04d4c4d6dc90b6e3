"""Statements that leave to the database what can be nobody's but others' to answer.

They find all that somebody may answer, and little else: whoever reads it judges each item by the rules.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.reviews.rules import Kind
from app.governance.reviews.tables import Review, ReviewItem
from app.kernel.actor import Place

from .rules import Way

Barring = Callable[[UUID], frozenset[UUID]]
Reached = tuple[Way, Collection[tuple[UUID, str]]]
Condition = ColumnElement[bool]
_SKEW = timedelta(hours=1)  # clocks of processes may differ, but not by so much
_OF_ACCOUNT = ReviewItem.kind == Kind.ACCOUNTS


def places(session: Session, at: datetime) -> list[tuple[UUID, Place]]:
    """Where the accounts stand that unanswered items are about: the unit, and the place."""
    stmt = (
        select(BusinessUnit.id, BusinessUnit.path, Account.network)
        .join(Account, Account.business_unit_id == BusinessUnit.id)
        .join(ReviewItem, ReviewItem.account_id == Account.id)
        .join(Review, Review.id == ReviewItem.review_id)
        .where(ReviewItem.outcome.is_(None), Review.closed_at.is_(None), Review.ends_at > at)
        .distinct()
    )
    return [(id_, Place(tuple(map(UUID, path.split("/"))), network)) for id_, path, network in session.execute(stmt)]


def oldest(session: Session, at: datetime) -> datetime:
    """When the oldest review that still runs was opened; now if none does."""
    stmt = select(func.min(Review.created_at)).where(Review.closed_at.is_(None), Review.ends_at > at)
    return session.scalar(stmt) or at


def there(ways: Iterable[Reached], mine: frozenset[UUID], barring: Barring, since: datetime, at: datetime) -> Condition:
    """The condition of an item about a right or an account that may come to somebody by one of these ways.

    ``mine``: whose things are not theirs to answer. ``barring``: the same of others. ``since``: as ``oldest`` gives it.
    """
    coming = [and_(_stands(where), _comes(way, barring, since, at)) for way, where in ways]
    return and_(ReviewItem.kind != Kind.APPOINTMENTS, *_not_of(mine), or_(*coming))


def of_roles(mine: frozenset[UUID], others: Collection[UUID], barring: Barring) -> Condition:
    """The condition of an item about an appointment that may come to a strategist; ``others``: the other strategists."""
    held, asked = _not_of(mine)
    nobody_else = and_(true(), *(_named(barring(one)) for one in others))
    return and_(ReviewItem.kind == Kind.APPOINTMENTS, held, or_(asked, nobody_else))


def _stands(where: Iterable[tuple[UUID, str]]) -> Condition:
    units: dict[str, list[UUID]] = {}
    for unit_id, network in where:
        units.setdefault(network, []).append(unit_id)
    return or_(*(and_(Account.network == one, Account.business_unit_id.in_(ids)) for one, ids in units.items()))


def _comes(way: Way, barring: Barring, since: datetime, at: datetime) -> Condition:
    """Nobody sits below, or none of them can; or they were told to; or it is overdue, and one level at most is below."""
    unable = [and_(*(_of(barring(one), since) for one in seats)) for seats in way.before]
    if not unable:
        return true()
    overdue = true() if len(unable) == 1 else or_(*unable)
    return or_(and_(*unable), ReviewItem.reviewer_id.in_(way.seats), and_(Review.due_at <= at, overdue))


def _of(people: frozenset[UUID], since: datetime) -> Condition:
    """Is it one of theirs, or did one of them ask for it? Who looked after an account before, only the log tells."""
    looked_after = or_(Account.steward_id.in_(people), Account.backup_steward_id.in_(people))
    return or_(_named(people), and_(_OF_ACCOUNT, or_(looked_after, Account.updated_at > since - _SKEW)))


def _named(people: frozenset[UUID]) -> Condition:
    return or_(ReviewItem.holder_id.in_(people), ReviewItem.requester_id.in_(people))


def _not_of(people: frozenset[UUID]) -> tuple[Condition, Condition]:
    """Nobody of them holds it; nobody of them asked for it."""
    held, asked = ReviewItem.holder_id, ReviewItem.requester_id
    return or_(held.is_(None), held.not_in(people)), or_(asked.is_(None), asked.not_in(people))
