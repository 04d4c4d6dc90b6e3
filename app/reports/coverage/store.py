"""Who of those that hold rights has completed a course lately enough."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.governance.impact.store import due
from app.kernel.actor import Scope
from app.programme.training.tables import Completion


class Trained(NamedTuple):
    """Of a unit's people who have to have completed a course: how many, how many once did, for how many it counts."""

    business_unit_id: UUID
    due: int
    done: int
    current: int


def training(
    session: Session, scope: Scope, at: datetime, course_id: UUID | None, days: int | None, which: ColumnElement[bool]
) -> list[Trained]:
    """By unit, of those who hold rights in a scope, as far as ``which`` is true of them.

    ``course_id`` None: nobody can have done it. ``days``: for how long a completion counts; None: for ever.
    """
    newest = (
        select(Completion.employee_id, func.max(Completion.completed_at).label("at"))
        .where(Completion.course_id == course_id, Completion.revoked_at.is_(None), Completion.completed_at <= at)
        .group_by(Completion.employee_id)
        .subquery()
    )
    done = func.count(newest.c.at)
    current = done if days is None else done.filter(newest.c.at > at - timedelta(days=days))
    who = due(scope, at, which).c
    stmt = select(who.business_unit_id, func.count(who.id), done, current)
    stmt = stmt.outerjoin(newest, newest.c.employee_id == who.id).group_by(who.business_unit_id)
    return [Trained(*found) for found in session.execute(stmt)]
