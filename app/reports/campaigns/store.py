"""Items of reviews counted where they are: one review may hold twenty thousand."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit, Employee
from app.governance.grants.tables import Grant
from app.governance.reviews.rules import Outcome
from app.governance.reviews.store import ALIVE
from app.governance.reviews.tables import ReviewItem
from app.reports.rules import Part, View
from app.roles.tables import Appointment

_SCOPE = aliased(BusinessUnit)


class Tally(NamedTuple):
    """So many items of a review with this outcome (None: none yet), about what still lives or not."""

    review_id: UUID
    outcome: Outcome | None
    alive: bool
    items: int


def tallies(session: Session, view: View, at: datetime, review_ids: Iterable[UUID]) -> list[Tally]:
    """The items of these reviews that are about something in the view, counted."""
    alive = ALIVE.label("alive")
    stmt = (
        select(ReviewItem.review_id, ReviewItem.outcome, alive, func.count())
        .outerjoin(Employee, Employee.id == ReviewItem.holder_id)
        .outerjoin(Grant, Grant.id == ReviewItem.grant_id)
        .outerjoin(Appointment, Appointment.id == ReviewItem.appointment_id)
        .outerjoin(_SCOPE, _SCOPE.id == Appointment.business_unit_id)
        .outerjoin(Account, Account.id == ReviewItem.account_id)
        .outerjoin(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .where(ReviewItem.review_id.in_(list(review_ids)), true() if view.whole else or_(*map(_holds, view.parts)))
        .group_by(ReviewItem.review_id, ReviewItem.outcome, alive)
    )
    return [
        Tally(review_id, Outcome(outcome) if outcome else None, bool(alive), items)
        for review_id, outcome, alive, items in session.execute(stmt, {"at": at})
    ]


def _holds(part: Part) -> ColumnElement[bool]:
    """Does what an item is about stand in a part: its account, or the scope of its appointment?"""
    ways: list[ColumnElement[bool]] = []
    if part.business_unit_id:
        below = part.business_unit_id.hex
        ways.append(or_(BusinessUnit.path.contains(below), _SCOPE.path.contains(below)))
    if part.network:
        ways.append(or_(Account.network == part.network, Appointment.network == part.network))
    return and_(true(), *ways)
