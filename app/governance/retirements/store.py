"""Every statement that touches retirement campaigns and their items, and that finds what is to be asked about."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from app.accounts import store as accounts
from app.accounts.rules import Account, Flag
from app.accounts.tables import Account as AccountRow
from app.directory.tables import BusinessUnit
from app.kernel.bulk import insert_rows
from app.kernel.database import advisory_lock, change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset, usual_order

from . import rules
from .rules import IN_USE, Item, Kept, Retirement, Word
from .tables import Retirement as Row
from .tables import RetirementItem

OPENING_LOCK = 0x636F_6512
CHUNK = 500
"""So many items are read at once: each is judged by itself."""
_WITH_PATH = select(Row, BusinessUnit.path).outerjoin(BusinessUnit, BusinessUnit.id == Row.business_unit_id)
_ITEMS = select(RetirementItem, Row.due_at).join(Row, Row.id == RetirementItem.retirement_id)
_KEPT = or_(RetirementItem.answer == Word.KEEP, RetirementItem.decision == Word.KEEP)


def lock_opening(session: Session) -> None:
    """Campaigns are opened one after the other: no account is asked about by two."""
    advisory_lock(session, OPENING_LOCK)


def candidates(session: Session, unit_id: UUID | None, network: str | None) -> list[Account]:
    """The accounts in use of a unit with all below it and of a network (None: of all), in order of id."""
    which: ColumnElement[bool] = AccountRow.state.in_(IN_USE)
    if unit_id is not None:
        which = and_(which, BusinessUnit.path.contains(unit_id.hex))
    if network is not None:
        which = and_(which, AccountRow.network == network)
    return sorted(accounts.such(session, which), key=lambda one: one.id)


def asked_about(session: Session) -> set[UUID]:
    """The accounts that a campaign asks about at present."""
    return set(session.scalars(select(RetirementItem.account_id).where(RetirementItem.closed_at.is_(None))))


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Retirement:
    """A new campaign, still without items."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    return retirement(session, row.id)


def add_items(
    session: Session, now: datetime, retirement_id: UUID, found: Iterable[tuple[UUID, list[dict[str, Any]]]]
) -> list[UUID]:
    """The items of a new campaign, by one statement: of each account its id and flags; answers their ids, in this order."""
    names = ("id", "created_at", "updated_at", "version", "retirement_id", "account_id", "flags")
    rows = [(new_id(), now, now, 1, retirement_id, account_id, flags) for account_id, flags in found]
    insert_rows(session, RetirementItem, names, rows)
    return [id_ for id_, *_ in rows]


def retirement(session: Session, id_: UUID) -> Retirement:
    """One campaign, or ``NotFound``."""
    found = session.execute(_WITH_PATH.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no retirement campaign {id_}.")
    return _retirement(*found)


def lock_retirement(session: Session, id_: UUID, *, shared: bool = False) -> Retirement:
    """Hold a campaign until the transaction ends, and read it afresh; shared by those who say something of its items."""
    session.get_one(Row, id_, with_for_update={"read": shared}, populate_existing=True)
    return retirement(session, id_)


def page(session: Session, page: Page) -> list[Retirement]:
    """A page of campaigns, one more than its limit if there are more."""
    return [_retirement(*found) for found in session.execute(keyset(_WITH_PATH, usual_order(Row, page), page))]


def end(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Retirement:
    """End a campaign; what is open of it is over."""
    change(session, session.get_one(Row, id_), now, changes)
    left = update(RetirementItem).where(RetirementItem.retirement_id == id_, RetirementItem.closed_at.is_(None))
    over = {"closed_at": now, "updated_at": now, "version": RetirementItem.version + 1}
    session.execute(left.values(over).execution_options(synchronize_session=False))
    session.expire_all()
    return retirement(session, id_)


def item(session: Session, retirement_id: UUID, id_: UUID) -> Item:
    """One item of a campaign, read afresh, or ``NotFound``."""
    stmt = _ITEMS.where(RetirementItem.id == id_, RetirementItem.retirement_id == retirement_id)
    found = session.execute(stmt.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(f"There is no item {id_} in a retirement campaign {retirement_id}.")
    return _items(session, [found])[0]


def lock_item(session: Session, retirement_id: UUID, id_: UUID) -> Item:
    """Hold an item until the transaction ends, and read it afresh. Whoever does holds its account before."""
    session.get_one(RetirementItem, id_, with_for_update=True, populate_existing=True)
    return item(session, retirement_id, id_)


def items(
    session: Session, retirement_id: UUID, account_id: UUID | None = None, after: UUID | None = None,
    *, descending: bool = False,
) -> list[Item]:  # fmt: skip
    """The next items of a campaign in order of id, at most ``CHUNK``; of one account, if it is named."""
    stmt = _ITEMS.where(RetirementItem.retirement_id == retirement_id)
    if account_id is not None:
        stmt = stmt.where(RetirementItem.account_id == account_id)
    if after is not None:
        stmt = stmt.where(RetirementItem.id < after if descending else RetirementItem.id > after)
    order = RetirementItem.id.desc() if descending else RetirementItem.id
    return _items(session, session.execute(stmt.order_by(order).limit(CHUNK)).all())


def save_item(session: Session, retirement_id: UUID, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Item:
    """Change an item's columns."""
    change(session, session.get_one(RetirementItem, id_), now, changes)
    return item(session, retirement_id, id_)


def kept(session: Session, account_ids: Collection[UUID]) -> dict[UUID, list[Kept]]:
    """By account, when it was kept, the last time first."""
    stmt = select(RetirementItem).where(RetirementItem.account_id.in_(account_ids), _KEPT)
    found: dict[UUID, list[Kept]] = {}
    for row in session.scalars(stmt.order_by(RetirementItem.id.desc())) if account_ids else ():
        by_hub = row.decision == Word.KEEP
        by, at = (row.decided_by, row.decided_at) if by_hub else (row.answered_by, row.answered_at)
        if by is not None and at is not None:
            why = row.decision_reason if by_hub else row.answer_reason
            found.setdefault(row.account_id, []).append(Kept(row.retirement_id, by, at, why))
    return found


def _retirement(row: Row, path: str | None) -> Retirement:
    ids = tuple(UUID(part) for part in path.split("/")) if path else ()
    return value_of(Retirement, row, flags=tuple(map(Flag, row.flags)), path=ids)


def _items(session: Session, found: Iterable[Any]) -> list[Item]:
    rows = list(found)
    about = accounts.accounts(session, [row.account_id for row, _ in rows])
    return [
        value_of(
            Item, row, account=about[row.account_id], due_at=due_at, flags=tuple(map(rules.flagged, row.flags)),
            answer=Word(row.answer) if row.answer else None, decision=Word(row.decision) if row.decision else None,
        )
        for row, due_at in rows
    ]  # fmt: skip
