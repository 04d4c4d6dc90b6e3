"""Every statement that touches discoveries and their sightings."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from app.accounts.rules import NEVER_OURS, OURS, SOURCE_FOUND
from app.accounts.tables import Account
from app.kernel.database import change, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import ALARMS, MATCHES, Discovery, DiscoveryState, Match, Seen, Sighting, Tally
from .tables import Discovery as Row
from .tables import Sighting as SightingRow

_Own, _Holder, _Alike = aliased(Account), aliased(Account), aliased(Account)
_HELD = and_(_Holder.network == Row.network, _Holder.handle == Row.handle, _Holder.state.not_in(NEVER_OURS))
_ABOUT = func.coalesce(_Holder.id, _Own.id)
"""The account that holds the handle; where none does, the one that did when it was found."""
_ALL = select(Row, _ABOUT).join(_Own, _Own.id == Row.account_id).outerjoin(_Holder, _HELD)
_SHOWN = ("source", "seen_at", "active", "display_name", "followers", "evidence_url", "note")
Found = tuple[Discovery, UUID]
"""A discovery, and the account that it is about at present."""


def discovery(session: Session, id_: UUID) -> Found:
    """One discovery, or ``NotFound``."""
    found = session.execute(_ALL.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no discovery {id_}.")
    return _found(*found)


def lock(session: Session, network: str, handle: str) -> Discovery | None:
    """Hold the discovery of a handle until the transaction ends, and read it afresh; None where there is none."""
    stmt = select(Row).where(Row.network == network, Row.handle == handle).with_for_update()
    row = session.scalars(stmt.execution_options(populate_existing=True)).first()
    return _value(row) if row is not None else None


def page(session: Session, page: Page, filters: Mapping[str, Any], accounts: Select[Any] | None = None) -> list[Found]:
    """A page of discoveries, one more than its limit if there are more. ``accounts``: only what is about one of these.

    ``state`` and ``match`` are those at present, ``alarm`` whether one stands; the others are columns.
    """
    computed = {"state": _standing(), "match": _match(), "alarm": _alarmed()}
    stmt = _ALL
    for name, wanted in filters.items():
        if wanted is not None:
            column = computed.get(name)
            stmt = stmt.where((column if column is not None else getattr(Row, name)) == wanted)
    if accounts is not None:
        stmt = stmt.where(_ABOUT.in_(accounts))
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_found(*one) for one in session.execute(keyset(stmt, order, page))]


def _state() -> ColumnElement[str]:
    return func.coalesce(_Holder.state, _Own.state)


def _is(match: Match) -> ColumnElement[bool]:
    return _state().in_([state for state, of in MATCHES.items() if of is match])


def _alarmed() -> ColumnElement[bool]:
    return and_(Row.alarmed_at.is_not(None), _state().in_(list(ALARMS)))


def _standing() -> ColumnElement[str]:
    """``rules.stands``, for the database."""
    until, source = (
        func.coalesce(_Holder.official_until, _Own.official_until),
        func.coalesce(_Holder.source, _Own.source),
    )
    over = and_(_is(Match.WAS_OFFICIAL), until.is_not(None), Row.last_seen_at <= until)
    ours = and_(or_(_is(Match.REGISTERED), over), ~_alarmed())
    return case(
        (Row.state == DiscoveryState.DISPUTED, Row.state),
        (_is(Match.PROPOSED), DiscoveryState.ADOPTING.value),
        (and_(ours, source == SOURCE_FOUND), DiscoveryState.ADOPTED.value),
        (ours, DiscoveryState.KNOWN.value),
        else_=Row.state,
    )


def _match() -> ColumnElement[str]:
    """``rules.match_of``, for the database."""
    since = func.coalesce(_Holder.official_from, _Own.official_from)
    other = or_(_Alike.network != Row.network, _Alike.handle != Row.handle)
    alike = exists().where(_Alike.skeleton == Row.skeleton, _Alike.state.in_(OURS), other)
    return case(
        (_is(Match.REGISTERED), Match.REGISTERED.value),
        (_is(Match.PROPOSED), Match.PROPOSED.value),
        (and_(_is(Match.WAS_OFFICIAL), since.is_not(None)), Match.WAS_OFFICIAL.value),
        (alike, Match.LOOK_ALIKE.value),
        else_=Match.UNKNOWN.value,
    )


def tallies(session: Session, ids: Collection[UUID]) -> dict[UUID, Tally]:
    """How often each of these discoveries was seen, by whom, and the newest sighting of each."""
    of = SightingRow.discovery_id.in_(ids)
    stmt = select(SightingRow.discovery_id, SightingRow.source, func.count()).where(of)
    counted: dict[UUID, dict[str, int]] = {}
    for id_, source, count in session.execute(stmt.group_by(SightingRow.discovery_id, SightingRow.source)):
        counted.setdefault(id_, {})[source] = count
    last = and_(Row.id == SightingRow.discovery_id, Row.last_seen_at == SightingRow.seen_at)
    rows = session.scalars(select(SightingRow).join(Row, last).where(of).order_by(SightingRow.id))
    newest = {row.discovery_id: value_of(Sighting, row) for row in rows}
    return {id_: Tally(sum(by.values()), tuple(sorted(by)), newest[id_]) for id_, by in counted.items()}


def sightings(session: Session, page: Page, discovery_id: UUID) -> list[Sighting]:
    """A page of the sightings of a discovery, one more than its limit if there are more."""
    order = ((getattr(SightingRow, page.column or "id"), page.descending), (SightingRow.id, page.descending))
    stmt = select(SightingRow).where(SightingRow.discovery_id == discovery_id)
    return [value_of(Sighting, row) for row in session.scalars(keyset(stmt, order, page))]


def said(session: Session, seen: Iterable[Seen]) -> set[tuple[str, str, str, datetime]]:
    """Which of these sightings are recorded already, as ``Seen.said`` names them."""
    each = list(seen)
    stmt = select(Row.network, Row.handle, SightingRow.source, SightingRow.seen_at).join(
        SightingRow, SightingRow.discovery_id == Row.id
    )
    of_handles = Row.handle.in_({one.handle.canonical for one in each})
    stmt = stmt.where(of_handles, SightingRow.seen_at.in_({one.seen_at for one in each}))
    return {(row[0], row[1], row[2], row[3]) for row in session.execute(stmt)}


def add(session: Session, now: datetime, seen: Seen, account_id: UUID) -> Discovery | None:
    """A new discovery; None where there is one of this handle, be it one that is just being written."""
    values = {
        "id": new_id(), "created_at": now, "updated_at": now, "network": seen.network, "handle": seen.handle.canonical,
        "handle_written": seen.handle.written, "url": seen.handle.url, "skeleton": seen.handle.skeleton,
        "account_id": account_id, "state": DiscoveryState.OPEN, "first_seen_at": seen.seen_at,
        "last_seen_at": seen.seen_at, "last_active_at": seen.seen_at if seen.active else None,
    }  # fmt: skip
    made = _add_unless_there(session, Row, values)
    return discovery(session, made)[0] if made is not None else None


def add_sighting(
    session: Session, now: datetime, discovery_id: UUID, seen: Seen, recorded_by: UUID | None
) -> UUID | None:
    """One more sighting; None where the same source has stated one of the same instant."""
    told = {name: getattr(seen, name) for name in _SHOWN}
    values = {"id": new_id(), "created_at": now, "discovery_id": discovery_id, "recorded_by": recorded_by, **told}
    return _add_unless_there(session, SightingRow, values)


def _add_unless_there(session: Session, table: Any, values: Mapping[str, Any]) -> UUID | None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    found: UUID | None = session.scalars(
        insert(table).values(values).on_conflict_do_nothing().returning(table.id)
    ).first()
    return found


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Discovery:
    """Change a discovery's columns; its version rises."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def _value(row: Row) -> Discovery:
    match = Match(row.decided_match) if row.decided_match is not None else None
    return value_of(Discovery, row, state=DiscoveryState(row.state), decided_match=match)


def _found(row: Row, about: UUID) -> Found:
    return _value(row), about
