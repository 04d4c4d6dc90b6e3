"""Every statement that touches campaigns, their accounts and their members."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.governance.models.rules import Right
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import as_uuid, new_id
from app.kernel.pages import Page, keyset, usual_order
from app.programme.strategy.tables import Objective

from .rules import Campaign, CampaignState
from .tables import Campaign as Row
from .tables import CampaignAccount, CampaignMember

_LISTS = ("account_ids", "members")


def campaign(session: Session, id_or_key: str) -> Campaign:
    """One campaign by id or key, or ``NotFound``."""
    id_ = as_uuid(id_or_key)
    row = session.scalars(select(Row).where(Row.id == id_ if id_ else Row.key == id_or_key)).first()
    if row is None:
        raise NotFound(f"There is no campaign {id_or_key}.")
    return _values(session, [row])[0]


def lock(session: Session, id_: UUID) -> Campaign:
    """Hold a campaign until the transaction ends, and read it afresh: nobody else changes it or asks for it meanwhile."""
    row = session.get_one(Row, id_, with_for_update=True, populate_existing=True)
    return _values(session, [row])[0]


def page(session: Session, page: Page, at: datetime, filters: Mapping[str, Any]) -> list[Campaign]:
    """A page of campaigns by equal columns; ``state`` as it is at ``at``; ``account_id``, ``employee_id``: of what, of whom;
    ``serves_none`` (bool): by whether it names no objective that is pursued.
    """
    stmt = select(Row)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(_such(name, value, at))
    return _values(session, list(session.scalars(keyset(stmt, usual_order(Row, page), page))))


def _such(name: str, value: Any, at: datetime) -> ColumnElement[bool]:
    if name == "state":
        return _in_state(value, at)
    if name == "account_id":
        return Row.id.in_(select(CampaignAccount.campaign_id).where(CampaignAccount.account_id == value))
    if name == "employee_id":
        return Row.id.in_(select(CampaignMember.campaign_id).where(CampaignMember.employee_id == value))
    if name == "serves_none":
        pursued = select(Objective.key).where(Objective.retired_at.is_(None))
        none = or_(Row.objective.is_(None), Row.objective.not_in(pursued))
        return none if value else not_(none)
    column: ColumnElement[bool] = getattr(Row, name) == value
    return column


def _in_state(state: CampaignState, at: datetime) -> ColumnElement[bool]:
    over = or_(Row.ended_at.is_not(None), Row.ends_at <= at)
    if state is CampaignState.OVER:
        return over
    begun = Row.starts_at <= at if state is CampaignState.RUNNING else Row.starts_at > at
    return and_(not_(over), begun)


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Campaign:
    """A new campaign with its accounts and members; raises ``KeyTaken``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **_columns(values))
    session.add(row)
    flush(session, KeyTaken, f"The key {values['key']} is taken already.")
    _list(session, row.id, values)
    return _values(session, [row])[0]


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Campaign:
    """Change a campaign; ``account_ids`` and ``members`` take the place of those there were."""
    row = session.get_one(Row, id_)
    change(session, row, now, _columns(changes))
    _list(session, id_, changes)
    return _values(session, [row])[0]


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _LISTS}


def _list(session: Session, id_: UUID, values: Mapping[str, Any]) -> None:
    if "account_ids" in values:
        session.execute(delete(CampaignAccount).where(CampaignAccount.campaign_id == id_))
        session.add_all(CampaignAccount(campaign_id=id_, account_id=one) for one in sorted(values["account_ids"]))
    if "members" in values:
        session.execute(delete(CampaignMember).where(CampaignMember.campaign_id == id_))
        for person, rights in sorted(values["members"].items()):
            session.add(CampaignMember(campaign_id=id_, employee_id=person, rights=sorted(rights)))
    flush(session)


def _values(session: Session, rows: Sequence[Row]) -> list[Campaign]:
    """Rows with their accounts and members: two statements for all of them."""
    ids = [row.id for row in rows]
    accounts: dict[UUID, set[UUID]] = {}
    members: dict[UUID, dict[UUID, frozenset[Right]]] = {}
    of_accounts = select(CampaignAccount.campaign_id, CampaignAccount.account_id)
    for id_, account in session.execute(of_accounts.where(CampaignAccount.campaign_id.in_(ids))):
        accounts.setdefault(id_, set()).add(account)
    of_members = select(CampaignMember.campaign_id, CampaignMember.employee_id, CampaignMember.rights)
    for id_, person, rights in session.execute(of_members.where(CampaignMember.campaign_id.in_(ids))):
        members.setdefault(id_, {})[person] = frozenset(map(Right, rights))
    return [
        value_of(Campaign, row, account_ids=frozenset(accounts.get(row.id, ())), members=members.get(row.id, {}))
        for row in rows
    ]
