"""Every statement that touches observations one by one. What they come to is for ``comparing``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.bulk import insert_rows
from app.kernel.database import advisory_lock, value_of
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.measurement.kpis.tables import Kpi

from .rules import Observation, Stated
from .tables import Observation as Row

OBSERVATIONS_LOCK = 0x636F_6511
_NAMES = (
    "id",
    "account_id",
    "kpi_id",
    "source",
    "period_from",
    "period_until",
    "value",
    "created_at",
    "updated_at",
    "version",
)
_WITH_KEY = select(Row, Kpi.key).join(Kpi, Kpi.id == Row.kpi_id)
_TABLE: Any = Row.__table__
_CORRECT = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of"))
    .values(value=bindparam("news"), updated_at=bindparam("at"), version=_TABLE.c.version + 1)
)


def lock(session: Session) -> None:
    """One writer at a time, until the transaction ends: two at once could each write one half of an overlap.

    Taken before any account is held.
    """
    advisory_lock(session, OBSERVATIONS_LOCK)


def known(session: Session, stated: Sequence[Stated]) -> list[Observation]:
    """What is held of these accounts, KPIs and sources about any of these days, and perhaps more of them."""
    if not stated:
        return []
    stmt = _WITH_KEY.where(
        Row.account_id.in_({one.account.id for one in stated}),
        Row.kpi_id.in_({one.kpi.id for one in stated}),
        Row.source.in_({one.source for one in stated}),
        Row.period_from < max(one.period_until for one in stated),
        Row.period_until > min(one.period_from for one in stated),
    )
    return [_value(*found) for found in session.execute(stmt)]


def page(
    session: Session, page: Page, filters: Mapping[str, Any], seen: Select[Any] | None = None
) -> list[Observation]:
    """A page of observations by ``account_id``, ``kpi_id``, ``source``, and by periods that lie within ``from`` and
    ``until``. ``seen``: only of such accounts.
    """
    ways = {
        "from": lambda day: Row.period_from >= day,
        "until": lambda day: Row.period_until <= day,
    }
    stmt = _WITH_KEY
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(ways[name](value) if name in ways else getattr(Row, name) == value)
    if seen is not None:
        stmt = stmt.where(Row.account_id.in_(seen))
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(*found) for found in session.execute(keyset(stmt, order, page))]


def add(session: Session, now: datetime, news: Sequence[Stated]) -> list[Observation]:
    """New observations, in this order, by one statement. Raises ``Conflict``, and then adds none."""
    made = [_new(one, now) for one in news]
    try:
        insert_rows(session, Row, _NAMES, ([getattr(one, name) for name in _NAMES] for one in made))
    except IntegrityError as error:
        raise Conflict("It has just been recorded by somebody else.") from error
    return made


def _new(one: Stated, now: datetime) -> Observation:
    return Observation(
        id=new_id(), account_id=one.account.id, kpi_id=one.kpi.id, kpi_key=one.kpi.key, source=one.source,
        period_from=one.period_from, period_until=one.period_until, value=one.value, created_at=now, updated_at=now,
        version=1,
    )  # fmt: skip


def correct(session: Session, now: datetime, corrections: Sequence[tuple[Observation, Decimal]]) -> None:
    """Give observations other values."""
    if corrections:
        news = [{"of": one.id, "news": value, "at": now} for one, value in corrections]
        session.connection().execute(_CORRECT, news)


def _value(row: Row, key: str) -> Observation:
    return value_of(Observation, row, kpi_key=key)
