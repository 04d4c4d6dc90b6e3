"""Every statement that touches accounts."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, not_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.directory import store as directory
from app.directory.tables import BusinessUnit, Employee
from app.kernel.actor import Scope, ScopeKind
from app.kernel.database import change, flush, id_param, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.policies.rules import RiskTier

from . import rules
from .rules import LIVING, NEVER_OURS, OPEN_FOR_RIGHTS, OURS, Account, AccountExists, AccountState, Twin
from .tables import Account as Row
from .tables import AccountTool

_WITH_PATH = select(Row, BusinessUnit.path).join(BusinessUnit, BusinessUnit.id == Row.business_unit_id)
# Every request asks these. They are made once: making a statement takes longer than having it answered.
_ONE = _WITH_PATH.where(Row.id == id_param("id"))
_SEVERAL = _WITH_PATH.where(Row.id.in_(id_param("ids")))
_AFRESH = _ONE.execution_options(populate_existing=True)
_USED = select(AccountTool).where(AccountTool.account_id.in_(id_param("ids")))
_HELD = select(Row.id).where(Row.id == id_param("id")).with_for_update()


def account(session: Session, id_: UUID) -> Account:
    """One account by our id, or ``NotFound``."""
    found = session.execute(_ONE, {"id": id_}).first()
    if found is None:
        raise NotFound(f"There is no account {id_}.")
    return _value(*found)


def accounts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Account]:
    """Several accounts by our id."""
    return {row.id: _value(row, path) for row, path in session.execute(_SEVERAL, {"ids": list(set(ids))})}


def lock_account(session: Session, id_: UUID) -> Account:
    """Hold an account's row until the transaction ends, and read it afresh."""
    if session.execute(_HELD, {"id": id_}).first() is None:
        raise NotFound(f"There is no account {id_}.")
    return _value(*session.execute(_AFRESH, {"id": id_}).one())


def registered(session: Session, network: str, handle: str) -> Account | None:
    """The account that holds a canonical handle, unless it was only proposed in vain."""
    stmt = _WITH_PATH.where(Row.network == network, Row.handle == handle, Row.state.not_in(NEVER_OURS))
    found = session.execute(stmt).first()
    return _value(*found) if found else None


def alike(session: Session, skeletons: Iterable[str]) -> dict[str, list[Account]]:
    """What is or was ours, on whatever network, and looks like one of these; the oldest first."""
    stmt = _WITH_PATH.where(Row.skeleton.in_(set(skeletons)), Row.state.in_(OURS)).order_by(Row.id)
    found: dict[str, list[Account]] = {}
    for row, path in session.execute(stmt):
        found.setdefault(row.skeleton, []).append(_value(row, path))
    return found


def look_alike(session: Session, network: str, skeleton: str, handle: str) -> UUID | None:
    """Another registered account of the network whose handle looks the same."""
    stmt = select(Row.id).where(
        Row.network == network, Row.skeleton == skeleton, Row.handle != handle, Row.state.not_in(NEVER_OURS)
    )
    return session.scalars(stmt.order_by(Row.id).limit(1)).first()


def similar(session: Session, one: Account, limit: int = 10) -> list[Account]:
    """Near-duplicates: living accounts of the same network and unit, or of the same network, region and audience."""
    alike = Row.business_unit_id == one.business_unit_id
    if one.region and one.audience:
        alike = or_(alike, (Row.region == one.region) & (Row.audience == one.audience))
    stmt = _WITH_PATH.where(Row.network == one.network, Row.id != one.id, Row.state.in_(LIVING), alike)
    return [_value(*found) for found in session.execute(stmt.order_by(Row.id).limit(limit))]


def twins(session: Session, accounts: Iterable[Account]) -> dict[Twin, datetime]:
    """Which of these accounts have duplicates, by what they have in common with them, and since when."""
    wanted = {one.twin for one in accounts if one.twin}
    columns = (Row.network, Row.business_unit_id, Row.region, Row.audience)
    stmt = select(*columns, Row.created_at).where(
        Row.network.in_({one[0] for one in wanted}), Row.business_unit_id.in_({one[1] for one in wanted}),
        Row.audience.in_({one[3] for one in wanted}), Row.state.in_(OPEN_FOR_RIGHTS),
    )  # fmt: skip
    found = session.execute(stmt) if wanted else ()
    return rules.twins(((network, unit, region, audience or ""), at) for network, unit, region, audience, at in found)


def idle(session: Session, unit_id: UUID, before: datetime, limit: int = 10) -> list[Account]:
    """Active accounts of a unit without activity since an instant: to re-use before another is opened."""
    stmt = _WITH_PATH.where(
        Row.business_unit_id == unit_id, Row.state == AccountState.ACTIVE, Row.last_activity_at <= before
    )
    return [_value(*found) for found in session.execute(stmt.order_by(Row.last_activity_at).limit(limit))]


def page(session: Session, page: Page, filters: Mapping[str, Any]) -> list[Account]:
    """Accounts by equal columns, one more than the limit if there are more."""
    stmt = _WITH_PATH
    for name, value in filters.items():
        if name == "tool_id" and value is not None:
            stmt = stmt.where(Row.id.in_(select(AccountTool.account_id).where(AccountTool.tool_id == value)))
        elif value is not None:
            stmt = stmt.where(getattr(Row, name) == value)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(*found) for found in session.execute(keyset(stmt, order, page))]


def tools_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, dict[UUID, datetime]]:
    """By account, which tools (ids) it uses, and since when; accounts without any are left out."""
    found: dict[UUID, dict[UUID, datetime]] = {}
    for row in session.scalars(_USED, {"ids": list(ids)}):
        found.setdefault(row.account_id, {})[row.tool_id] = row.since
    return found


def use_tools(session: Session, id_: UUID, now: datetime, tool_ids: Collection[UUID]) -> None:
    """From now on an account uses these tools and no others; what it used already it goes on to use since when it did."""
    used = {row.tool_id: row for row in session.scalars(select(AccountTool).where(AccountTool.account_id == id_))}
    for tool_id, row in used.items():
        if tool_id not in tool_ids:
            session.delete(row)
    session.add_all(AccountTool(account_id=id_, tool_id=one, since=now) for one in tool_ids if one not in used)
    flush(session)


def stewarded(session: Session, employee_id: UUID) -> list[Account]:
    """Living accounts of which this person is a custodian."""
    mine = or_(Row.steward_id == employee_id, Row.backup_steward_id == employee_id)
    return [_value(*found) for found in session.execute(_WITH_PATH.where(mine, Row.state.in_(LIVING)))]


def of_unit(session: Session, unit_id: UUID) -> list[Account]:
    """Every account of this very unit, whatever its state."""
    return [_value(*found) for found in session.execute(_WITH_PATH.where(Row.business_unit_id == unit_id))]


def such(session: Session, which: ColumnElement[bool]) -> list[Account]:
    """Every account of which this is true, whatever its state; ``which``: a condition of accounts and their units.

    Without objects of the ORM on the way: there may be ten thousand.
    """
    stmt = select(*Row.__table__.c, BusinessUnit.path).join(BusinessUnit, BusinessUnit.id == Row.business_unit_id)
    paths: dict[str, tuple[UUID, ...]] = {}
    found = []
    for row in session.execute(stmt.where(which)):
        if row.path not in paths:
            paths[row.path] = tuple(UUID(part) for part in row.path.split("/"))
        told = {"path": paths[row.path], "risk": RiskTier(row.risk), "state": AccountState(row.state)}
        found.append(value_of(Account, row, **told))
    return found


def without_custodian(
    session: Session, now: datetime, horizon: datetime, scopes: Iterable[Scope] | None, limit: int
) -> list[Account]:
    """Accounts in use (of these scopes; None: of all) none of whose custodians is employed now, or none at the horizon."""

    def looked_after(at: datetime) -> ColumnElement[bool]:
        mine = or_(Employee.id == Row.steward_id, Employee.id == Row.backup_steward_id)
        return select(Employee.id).where(mine, directory.employed(at)).correlate(Row).exists()

    stmt = _WITH_PATH.where(Row.state.in_(OPEN_FOR_RIGHTS), not_(looked_after(now)) | not_(looked_after(horizon)))
    if scopes is not None:
        stmt = stmt.where(Row.id.in_(ids_in(scopes)))
    return [_value(*found) for found in session.execute(stmt.order_by(looked_after(now), Row.id).limit(limit))]


def units_in_use(session: Session, scopes: Iterable[Scope] | None) -> list[tuple[UUID, tuple[UUID, ...], int]]:
    """Units with accounts in use (of these scopes; None: of all): id, path, how many accounts."""
    stmt = select(BusinessUnit.id, BusinessUnit.path, func.count(Row.id))
    stmt = stmt.join(Row, Row.business_unit_id == BusinessUnit.id).where(Row.state.in_(OPEN_FOR_RIGHTS))
    if scopes is not None:
        stmt = stmt.where(Row.id.in_(ids_in(scopes)))
    found = session.execute(stmt.group_by(BusinessUnit.id, BusinessUnit.path).order_by(BusinessUnit.id))
    return [(id_, tuple(UUID(part) for part in path.split("/")), count) for id_, path, count in found]


def living_in_unit(session: Session, unit_id: UUID) -> int:
    """How many living accounts this very unit has."""
    stmt = select(func.count()).where(Row.business_unit_id == unit_id, Row.state.in_(LIVING))
    return session.scalar(stmt) or 0


def by_handles(session: Session, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Account]:
    """Registered accounts by (network, canonical handle)."""
    wanted = set(keys)
    stmt = _WITH_PATH.where(Row.handle.in_({handle for _, handle in wanted}), Row.state.not_in(NEVER_OURS))
    found = (_value(*one) for one in session.execute(stmt))
    return {(one.network, one.handle): one for one in found if (one.network, one.handle) in wanted}


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Account:
    """A new account; raises ``AccountExists``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, AccountExists, f"{values['network']}:{values['handle']} is registered already.")
    return account(session, row.id)


def add_unless_held(session: Session, now: datetime, values: Mapping[str, Any]) -> Account | None:
    """A new account, or None where its handle is held by another, be it one that is just being written."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"id": new_id(), "created_at": now, "updated_at": now, **values}
    made = session.scalars(insert(Row).values(row).on_conflict_do_nothing().returning(Row.id)).first()
    return account(session, made) if made is not None else None


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Account:
    """Change an account's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return account(session, id_)


def _value(row: Row, path: str) -> Account:
    ids = tuple(UUID(part) for part in path.split("/"))
    return value_of(Account, row, path=ids, risk=RiskTier(row.risk), state=AccountState(row.state))


def ids_below(session: Session, unit_id: UUID) -> frozenset[UUID]:
    """The ids of all accounts of a unit and of the units below it, whatever their state."""
    return frozenset(session.scalars(ids_in([Scope(ScopeKind.BUSINESS_UNIT, unit_id)])))


def ids_in(scopes: Iterable[Scope]) -> Select[Any]:
    """The ids of accounts inside any of these scopes, as a statement to be embedded."""
    ways: list[Any] = [false()]
    for scope in scopes:
        if scope.network:
            ways.append(Row.network == scope.network)
        elif scope.business_unit_id:
            ways.append(BusinessUnit.path.contains(scope.business_unit_id.hex))
    return select(Row.id).join(BusinessUnit, BusinessUnit.id == Row.business_unit_id).where(or_(*ways))


def ids_seen(scopes: Iterable[Scope], employee_id: UUID | None) -> Select[Any]:
    """The ids of accounts inside any of these scopes, and of those of which this person is a custodian; to be embedded."""
    mine = or_(Row.steward_id == employee_id, Row.backup_steward_id == employee_id) if employee_id else false()
    return select(Row.id).where(or_(Row.id.in_(ids_in(scopes)), mine))


def ids_of(id_: UUID) -> Select[Any]:
    """One account's id, as a statement to be embedded where several may be meant."""
    return select(Row.id).where(Row.id == id_)
