"""Every statement that touches tasks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.governance.models.rules import Right
from app.governance.routing.tables import Request
from app.kernel.database import flush

from .rules import Callback, Item, Task, TaskStatus
from .tables import AccessTask as Row
from .tables import AccessTaskItem


def add(session: Session, task: Task, now: datetime) -> Task:
    """Keep a new task; with a callback it waits to be told of its end."""
    told = task.callback
    session.add(
        Row(
            id=task.id, created_at=now, bundled=task.bundled, callback_url=told.url if told else None,
            callback_says=told.state if told else None, callback_events=list(told.events) if told else None,
            callback_state="waiting" if told else None, callback_due_at=now if told else None,
        )
    )  # fmt: skip
    flush(session)
    for position, one in enumerate(task.items):
        row = AccessTaskItem(
            task_id=task.id, position=position, request_id=one.request_id, right=one.right, resource=one.resource,
            evaluation_id=one.evaluation_id,
        )  # fmt: skip
        session.add(row)
    flush(session)
    return task


def task(session: Session, id_: UUID) -> Task | None:
    """The task of this id, if one was made."""
    row = session.get(Row, id_)
    return _values(session, [row])[0] if row else None


def claim(session: Session, now: datetime, until: datetime, limit: int) -> list[Task]:
    """Take tasks that have ended and of whose end somebody is to be told now; nobody else takes them before ``until``.

    A request that nobody decided in time has ended, whether or not that was written down. Each taking counts as an
    attempt, so that one that kills its teller ends, too.
    """
    waiting = select(AccessTaskItem.task_id).join(Request, Request.id == AccessTaskItem.request_id)
    alive = waiting.where(AccessTaskItem.task_id == Row.id, Request.ended_at.is_(None), Request.expires_at > now)
    unclaimed = or_(Row.claimed_until.is_(None), Row.claimed_until <= now)
    stmt = select(Row).where(Row.callback_state == "waiting", Row.callback_due_at <= now, unclaimed, ~alive.exists())
    stmt = stmt.order_by(Row.callback_due_at, Row.id).limit(limit).with_for_update(skip_locked=True)
    rows = list(session.scalars(stmt.execution_options(populate_existing=True)))
    for row in rows:
        row.claimed_until, row.attempts = until, row.attempts + 1
    flush(session)
    return _values(session, rows)


def mark(session: Session, taken: Task, values: Mapping[str, Any]) -> None:
    """Write down what came of telling; not where the claim has run out, since somebody else has the task now."""
    stmt = update(Row).where(Row.id == taken.id, Row.claimed_until == taken.claimed_until)
    members = {"claimed_until": None, **values}
    session.execute(stmt.values(**members).execution_options(synchronize_session=False))


def _values(session: Session, rows: Sequence[Row]) -> list[Task]:
    found: dict[UUID, list[Item]] = {row.id: [] for row in rows}
    stmt = select(AccessTaskItem).where(AccessTaskItem.task_id.in_(list(found)))
    for one in session.scalars(stmt.order_by(AccessTaskItem.task_id, AccessTaskItem.position)):
        found[one.task_id].append(Item(one.request_id, Right(one.right), one.resource, one.evaluation_id))
    return [
        Task(row.id, tuple(found[row.id]), row.bundled, _callback(row), row.attempts, row.claimed_until) for row in rows
    ]


def _callback(row: Row) -> Callback | None:
    if row.callback_url is None:
        return None
    return Callback(row.callback_url, row.callback_says, tuple(map(TaskStatus, row.callback_events or ())))
