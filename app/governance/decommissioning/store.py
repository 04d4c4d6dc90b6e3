"""Every statement that touches the checklists of accounts that are retired."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.database import flush, value_of

from .rules import Said, Step
from .tables import ChecklistEntry as Row


def said(session: Session, account_id: UUID) -> list[Said]:
    """What was said of an account, each step as it was said last."""
    rows = session.scalars(select(Row).where(Row.account_id == account_id))
    return [value_of(Said, row, step=Step(row.step)) for row in rows]


def say(session: Session, account_id: UUID, one: Said) -> None:
    """A step is said to be done, in place of what was said of it before. The caller holds the account."""
    members = {"reference": one.reference, "note": one.note, "said_by": one.said_by, "said_at": one.said_at}
    row = session.get(Row, (account_id, one.step.value), populate_existing=True)
    if row is None:
        session.add(Row(account_id=account_id, step=one.step.value, **members))
    else:
        for name, value in members.items():
            setattr(row, name, value)
    flush(session)
