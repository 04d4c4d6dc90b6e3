"""What observations come to, account by account and source by source, added up where they lie."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.measurement.kpis.rules import Kpi, OverTime
from app.measurement.observations.tables import Observation as Row

from .rules import Member, Tally, Window

_VALUE = Row.value.type


def members(
    session: Session, window: Window, of: Select[Any] | None = None, seen: Select[Any] | None = None
) -> list[Member]:
    """The accounts that were official on any of these days. ``of``, ``seen``: only such ones."""
    begin, end = window.instants
    columns = (
        Account.id,
        Account.network,
        Account.handle,
        BusinessUnit.path,
        Account.official_from,
        Account.official_until,
    )
    stmt: Any = select(*columns).join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    stmt = stmt.where(
        Account.official_from < end, or_(Account.official_until.is_(None), Account.official_until > begin)
    )
    paths: dict[str, tuple[UUID, ...]] = {}
    found = []
    for id_, network, handle, path, since, until in session.execute(_narrowed(stmt, Account.id, of, seen)):
        if path not in paths:
            paths[path] = tuple(UUID(part) for part in path.split("/"))
        found.append(Member(id_, network, handle, paths[path], since, until))
    return found


def tallies(
    session: Session,
    kpi: Kpi,
    window: Window,
    of: Select[Any] | None = None,
    seen: Select[Any] | None = None,
) -> list[Tally]:
    """What each source says of each account in a measured KPI, over periods that lie within these days whole.

    Of the latest value only the end of its period has to: it holds from then on. ``of``, ``seen``: only such accounts.
    """
    if kpi.over_time is OverTime.LATEST:
        stmt = _latest(kpi, window, of, seen)
    else:
        days = _days(session)
        value = Row.value * days if kpi.over_time is OverTime.MEAN else Row.value
        total = type_coerce(func.sum(value), _VALUE)
        stmt = select(Row.account_id, Row.source, total, func.sum(days), func.max(Row.period_until))
        stmt = _narrowed(stmt.where(*_within(kpi, window)), Row.account_id, of, seen)
        stmt = stmt.group_by(Row.account_id, Row.source)
    return [Tally(*found) for found in session.execute(stmt)]


def _within(kpi: Kpi, window: Window) -> tuple[ColumnElement[bool], ...]:
    begun = Row.period_until > window.since if kpi.over_time is OverTime.LATEST else Row.period_from >= window.since
    # What ends by then has begun before; said as well, since the index is by when a period begins.
    return (Row.kpi_id == kpi.id, begun, Row.period_from < window.until, Row.period_until <= window.until)


def _latest(kpi: Kpi, window: Window, of: Select[Any] | None, seen: Select[Any] | None) -> Select[Any]:
    """Of each account and source the value of the period that ends last; periods of one never end on the same day."""
    stmt = select(Row.account_id, Row.source, func.max(Row.period_until).label("last")).where(*_within(kpi, window))
    ends = _narrowed(stmt, Row.account_id, of, seen).group_by(Row.account_id, Row.source).subquery()
    same = and_(
        Row.account_id == ends.c.account_id, Row.source == ends.c.source, Row.period_until == ends.c.last,
        Row.kpi_id == kpi.id,
    )  # fmt: skip
    return select(Row.account_id, Row.source, Row.value, literal(0), ends.c.last).join(ends, same)


def _days(session: Session) -> ColumnElement[int]:
    """How many days a period has."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.julianday(Row.period_until) - func.julianday(Row.period_from), Integer)
    return type_coerce(Row.period_until - Row.period_from, Integer)


def _narrowed(stmt: Any, account: Any, of: Select[Any] | None, seen: Select[Any] | None) -> Any:
    for some in (of, seen):
        if some is not None:
            stmt = stmt.where(account.in_(some))
    return stmt
