"""The inventory, searched and counted: flags are conditions here, so that a database of any size can be asked for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, not_, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.accounts.rules import LIVING, OPEN_FOR_RIGHTS, AccountState, Flag
from app.accounts.tables import Account as Row
from app.accounts.tables import AccountTool
from app.directory import store as directory
from app.directory.tables import BusinessUnit, Employee
from app.kernel.database import is_among
from app.kernel.pages import Page, keyset
from app.programme.strategy.tables import Objective
from app.programme.vendors import store as vendors

from .rules import Days, Spot, Wanted

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Clock:
    """The instant of asking, and after how many days an account counts as idle, and as not validated."""

    now: datetime
    idle: Days
    validated: Days


def page(session: Session, page: Page, wanted: Wanted, clock: Clock) -> list[Any]:
    """Rows (network, handle, id) of what is looked for, one more than the limit if there are more."""
    stmt = _filtered(select(Row.network, Row.handle, Row.id), wanted, clock)
    order = ((Row.network, False), (Row.handle, False), (Row.id, False))
    return list(session.execute(keyset(stmt, order, page)))


def count(session: Session, wanted: Wanted, clock: Clock) -> int:
    """How many there are of what is looked for."""
    return session.scalar(_filtered(select(func.count(Row.id)), wanted, clock)) or 0


def _filtered(stmt: S, wanted: Wanted, clock: Clock) -> S:
    if wanted.words:
        words = wanted.words
        stmt = stmt.where(
            or_(Row.handle.icontains(words, autoescape=True), Row.display_name.icontains(words, autoescape=True))
        )
    if wanted.network:
        stmt = stmt.where(Row.network == wanted.network)
    if wanted.unit_id:
        below = select(BusinessUnit.id).where(BusinessUnit.path.contains(wanted.unit_id.hex))
        stmt = stmt.where(Row.business_unit_id.in_(below))
    if wanted.state:
        stmt = stmt.where(Row.state == wanted.state)
    return stmt.where(condition(wanted.flag, clock)) if wanted.flag else stmt


def condition(flag: Flag, clock: Clock) -> ColumnElement[bool]:
    """The condition of being flagged, as ``accounts.rules.flags`` has it of one account."""
    in_use = Row.state.in_(OPEN_FOR_RIGHTS)
    first, second = _employed(Row.steward_id, clock.now), _employed(Row.backup_steward_id, clock.now)
    conditions = {
        Flag.IDLE: and_(Row.state == AccountState.ACTIVE, _since(Row.last_activity_at, clock.now, clock.idle)),
        Flag.ORPHANED: and_(in_use, not_(first), not_(second)),
        Flag.SINGLE_CUSTODIAN: and_(
            in_use, or_(and_(first, not_(second)), and_(second, not_(first)), and_(first, _same_person()))
        ),
        Flag.UNVALIDATED: and_(
            in_use,
            or_(Row.last_validated_at.is_(None), _since(Row.last_validated_at, clock.now, clock.validated)),
        ),
        Flag.DUPLICATE: and_(in_use, _twinned()),
        Flag.NO_OBJECTIVE: and_(in_use, or_(Row.objective.is_(None), Row.objective.not_in(_LIVING_OBJECTIVES))),
        Flag.NO_MFA: and_(in_use, Row.mfa.is_not(True)),
        Flag.UNAUTHORISED_TOOL: and_(in_use, Row.id.in_(_using_unapproved(clock.now))),
        Flag.LOOK_ALIKE: and_(Row.look_alike_of.is_not(None), Row.state.in_(LIVING)),
    }
    return conditions[flag]


_LIVING_OBJECTIVES = select(Objective.key).where(Objective.retired_at.is_(None))


def _using_unapproved(now: datetime) -> Select[Any]:
    return select(AccountTool.account_id).where(AccountTool.tool_id.not_in(vendors.approved_ids(now)))


def _twinned() -> ColumnElement[bool]:
    """Is there another account in use of the same network and unit, for the same people of the same region?

    Found by one walk over all of them: asked of each account anew, it would take as long as a unit has accounts.
    """
    other = aliased(Row)
    shared = select(*_twin(other)).where(other.audience != "", other.state.in_(OPEN_FOR_RIGHTS))
    shared = shared.group_by(other.network, other.business_unit_id, other.audience, other.region)
    return tuple_(*_twin(Row)).in_(shared.having(func.count(other.id) > 1))


def _twin(row: Any) -> tuple[ColumnElement[Any], ...]:
    """What duplicates have in common. No region is one as well, and nothing is equal to null."""
    region: ColumnElement[str] = func.coalesce(row.region, "")
    return row.network, row.business_unit_id, row.audience, region, row.region.is_(None)


def _same_person() -> ColumnElement[bool]:
    return Row.steward_id == Row.backup_steward_id


def _employed(who: InstrumentedAttribute[UUID | None], now: datetime) -> ColumnElement[bool]:
    return is_among(who, select(Employee.id).where(directory.employed(now)))


def _since(what: InstrumentedAttribute[datetime | None], now: datetime, days: Days) -> ColumnElement[bool]:
    """Did it happen at least so many days ago as policy says there?"""
    usual = literal(now - timedelta(days=days.usual), what.type)
    ways = [(_in(spots), literal(now - timedelta(days=number), what.type)) for number, spots in days.elsewhere]
    return what <= (case(*ways, else_=usual) if ways else usual)


def _in(spots: Iterable[Spot]) -> ColumnElement[bool]:
    """By network a list of units: thousands of pairs of both keep PostgreSQL planning for minutes."""
    by_network: dict[str, list[UUID]] = {}
    for one in spots:
        by_network.setdefault(one.network, []).append(one.unit_id)
    return or_(
        false(), *(and_(Row.network == key, Row.business_unit_id.in_(units)) for key, units in by_network.items())
    )


def spots(session: Session) -> list[Spot]:
    """Every unit and network with an account."""
    stmt = select(BusinessUnit.path, Row.network).join(BusinessUnit, BusinessUnit.id == Row.business_unit_id).distinct()
    return [Spot(tuple(UUID(part) for part in path.split("/")), network) for path, network in session.execute(stmt)]


def by_network_and_state(session: Session) -> dict[str, dict[AccountState, int]]:
    """How many accounts of each network are in each state."""
    found: dict[str, dict[AccountState, int]] = {}
    stmt = select(Row.network, Row.state, func.count(Row.id)).group_by(Row.network, Row.state)
    for network, state, number in session.execute(stmt):
        found.setdefault(network, {})[AccountState(state)] = number
    return found


def by_flag(session: Session, clock: Clock) -> Mapping[Flag, int]:
    """How many accounts are flagged, and for what: one walk for all."""
    sums = [func.coalesce(func.sum(case((condition(flag, clock), 1), else_=0)), 0) for flag in Flag]
    return dict(zip(Flag, session.execute(select(*sums)).one(), strict=True))
