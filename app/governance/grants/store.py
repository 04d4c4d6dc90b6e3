"""Every statement that touches grants and their suspensions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, not_, or_, select, update
from sqlalchemy.orm import Session

from app.governance.models.rules import ModelKey, Right
from app.kernel.database import change, flush, id_param, is_among, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.kernel.wire import parse_instant

from .rules import Approver, End, Grant, GrantExists, GrantState
from .tables import Grant as Row
from .tables import Suspension

_WITH_PAUSE = select(Row, Suspension).outerjoin(
    Suspension, and_(Suspension.grant_id == Row.id, Suspension.resumed_at.is_(None))
)
# Every request asks these. They are made once: making a statement takes longer than having it answered.
_OF_PAIR = _WITH_PAUSE.where(
    Row.employee_id == id_param("employee_id"), Row.account_id == id_param("account_id")
).order_by(Row.id)
_OF_REQUESTS = _WITH_PAUSE.where(Row.request_id.in_(id_param("ids"))).order_by(Row.id)
_OPEN_ON_ACCOUNT = _WITH_PAUSE.where(Row.account_id == id_param("account_id"), Row.ended_at.is_(None))


def grant(session: Session, id_: UUID) -> Grant:
    """One grant, or ``NotFound``."""
    found = session.execute(_WITH_PAUSE.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no grant {id_}.")
    return _value(*found)


def lock_grant(session: Session, id_: UUID) -> Grant:
    """Hold a grant until the transaction ends, and read it afresh."""
    session.get_one(Row, id_, with_for_update=True, populate_existing=True)
    return grant(session, id_)


def lock_lapsed(session: Session, at: datetime, limit: int) -> list[Grant]:
    """Grants whose time is over although nobody has written it down, held until the transaction ends; none that
    somebody else holds, so that whoever holds several in another order is never waited for.
    """
    lapsed = select(Row.id).where(Row.ended_at.is_(None), Row.valid_until <= at).order_by(Row.valid_until, Row.id)
    ids = list(session.scalars(lapsed.limit(limit).with_for_update(skip_locked=True)))
    stmt = _WITH_PAUSE.where(Row.id.in_(ids)).order_by(Row.valid_until, Row.id)
    return [_value(*found) for found in session.execute(stmt)]


def of_pair(session: Session, employee_id: UUID, account_id: UUID) -> list[Grant]:
    """Every grant a person ever had on an account."""
    pair = {"employee_id": employee_id, "account_id": account_id}
    return [_value(*found) for found in session.execute(_OF_PAIR, pair)]


def had(session: Session, employee_id: UUID, account_id: UUID, at: datetime) -> list[Grant]:
    """The same as it was at an instant: what has been made, ended, paused or resumed since then is not so yet.

    ``review_ends_at`` is the present one: what depends on reviews is theirs to tell.
    """
    stmt = _with_pause_of(at).where(Row.employee_id == employee_id, Row.account_id == account_id, Row.created_at <= at)
    return [_as_of(_value(*found), at) for found in session.execute(stmt.order_by(Row.id))]


def running_on(
    session: Session, account_id: UUID, right: Right, at: datetime, after: UUID | None, limit: int, seen: Any = None,
    *, descending: bool = False,
) -> list[Grant]:  # fmt: skip
    """Grants of a right that ran on an account at an instant, as ``had`` has them, in order of id from one on.

    ``seen``: a condition of ``seen_by``.
    """
    running = (Row.created_at <= at, Row.valid_until > at, or_(Row.ended_at.is_(None), Row.ended_at > at))
    stmt = _with_pause_of(at).where(Row.account_id == account_id, Row.right == right.value, *running)
    if seen is not None:
        stmt = stmt.where(seen)
    if after is not None:
        stmt = stmt.where(Row.id < after if descending else Row.id > after)
    stmt = stmt.order_by(Row.id.desc() if descending else Row.id).limit(limit)
    return [_as_of(_value(*found), at) for found in session.execute(stmt)]


def _with_pause_of(at: datetime) -> Select[Row, Suspension]:
    """Grants with the pause that they were in at an instant; each was in one at most."""
    then = and_(Suspension.suspended_at <= at, or_(Suspension.resumed_at.is_(None), Suspension.resumed_at > at))
    return select(Row, Suspension).outerjoin(Suspension, and_(Suspension.grant_id == Row.id, then))


def _as_of(one: Grant, at: datetime) -> Grant:
    later = one.ended_at is not None and one.ended_at > at
    return replace(one, ended_at=None, end=None, end_reason=None, ended_by=None) if later else one


def of_requests(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[Grant]]:
    """Grants by the request that they came out of."""
    found: dict[UUID, list[Grant]] = {}
    for row in session.execute(_OF_REQUESTS, {"ids": list(set(ids))}):
        found.setdefault(row[0].request_id, []).append(_value(*row))
    return found


def open_on_account(session: Session, account_id: UUID) -> list[Grant]:
    """The grants on an account that have not ended."""
    return [_value(*one) for one in session.execute(_OPEN_ON_ACCOUNT, {"account_id": account_id})]


def open_of_employee(session: Session, employee_id: UUID) -> list[Grant]:
    """A person's grants that have not ended, held until the transaction ends."""
    held = (
        select(Row.id).where(Row.employee_id == employee_id, Row.ended_at.is_(None)).order_by(Row.id).with_for_update()
    )
    ids = list(session.scalars(held))
    return [_value(*one) for one in session.execute(_WITH_PAUSE.where(Row.id.in_(ids)).order_by(Row.id))]


def running_of(session: Session, employee_id: UUID, at: datetime) -> list[Grant]:
    """A person's grants that have not ended or lapsed."""
    stmt = _WITH_PAUSE.where(Row.employee_id == employee_id, Row.ended_at.is_(None), Row.valid_until > at)
    return [_value(*one) for one in session.execute(stmt.order_by(Row.id))]


def in_review(session: Session, at: datetime, limit: int, account_ids: Select[Any] | None) -> list[Grant]:
    """Grants of movers (on these accounts; None: on all) that somebody has to keep or revoke, the longest due first."""
    stmt = _WITH_PAUSE.where(Suspension.scheduled, Row.ended_at.is_(None), Row.valid_until > at)
    if account_ids is not None:
        stmt = stmt.where(Row.account_id.in_(account_ids))
    return [_value(*one) for one in session.execute(stmt.order_by(Suspension.suspended_at, Row.id).limit(limit))]


def granted_since(session: Session, since: datetime) -> list[Grant]:
    """Grants made after an instant that have not ended."""
    stmt = _WITH_PAUSE.where(Row.created_at > since, Row.ended_at.is_(None)).order_by(Row.id)
    return [_value(*one) for one in session.execute(stmt)]


def page(
    session: Session, page: Page, now: datetime, as_of: datetime | None, filters: Mapping[str, Any], seen: Any = None
) -> list[Grant]:
    """Grants by equal columns; ``state`` as it was at ``as_of``, which also leaves out what was not yet or no more."""
    at = as_of or now
    then = and_(Suspension.suspended_at <= at, or_(Suspension.resumed_at.is_(None), Suspension.resumed_at > at))
    # Of the present, a pause that is still ahead is told, too: somebody has to see that it comes.
    told = then if at < now else Suspension.resumed_at.is_(None)
    paused = and_(Suspension.grant_id == Row.id, told)
    stmt = select(Row, Suspension).outerjoin(Suspension, paused)
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(
                in_state(value, at, past=as_of is not None) if name == "state" else getattr(Row, name) == value
            )
    if as_of is not None:
        stmt = stmt.where(Row.valid_from <= at, Row.valid_until > at, or_(Row.ended_at.is_(None), Row.ended_at > at))
    if seen is not None:
        stmt = stmt.where(seen)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_value(*found) for found in session.execute(keyset(stmt, order, page))]


def in_state(state: GrantState, at: datetime, *, past: bool) -> Any:
    """The condition of a grant, joined with its open pause if it has one, of being in a state.

    ``past``: as it was at ``at``, else as recorded by now.
    """
    ended = and_(Row.ended_at.is_not(None), Row.ended_at <= at) if past else Row.ended_at.is_not(None)
    lapsed = Row.valid_until <= at
    if state in (GrantState.REVOKED, GrantState.SUPERSEDED):
        return and_(ended, Row.end == state.value)
    if state is GrantState.EXPIRED:
        return or_(and_(ended, Row.end == End.EXPIRED), and_(not_(ended), lapsed))
    running = and_(not_(ended), not_(lapsed))
    # A pause that was written down as begun counts whatever this process thinks the time is.
    paused = and_(Suspension.id.is_not(None), or_(not_(Suspension.scheduled), Suspension.suspended_at <= at))
    paused = or_(paused, and_(Row.review_ends_at.is_not(None), Row.review_ends_at <= at))
    if state is GrantState.SUSPENDED:
        return and_(running, paused)
    begun = Row.valid_from <= at if state is GrantState.ACTIVE else Row.valid_from > at
    return and_(running, not_(paused), begun)


def add(session: Session, now: datetime, values: Mapping[str, Any], approvers: Iterable[Approver]) -> Grant:
    """A new grant; raises ``GrantExists`` where one of the same right is open."""
    chain = [one.as_data() for one in approvers]
    row = Row(id=new_id(), created_at=now, updated_at=now, approvers=chain, **values)
    session.add(row)
    flush(session, GrantExists, "Another approval has just granted this right.")
    return _value(row, None)


def end(
    session: Session, id_: UUID, now: datetime, how: End, by: UUID | None, reason: str, at: datetime | None = None
) -> Grant:
    """End a grant, now or (for one that lapsed) when it lapsed; an open suspension ends with it."""
    row = session.get_one(Row, id_)
    open_pause = update(Suspension).where(Suspension.grant_id == id_, Suspension.resumed_at.is_(None))
    session.execute(open_pause.values(resumed_at=now))
    change(session, row, now, {"ended_at": at or now, "end": how, "end_reason": reason, "ended_by": by})
    return _value(row, None)


def schedule_pause(session: Session, id_: UUID, now: datetime, due: datetime, reason: str) -> Grant:
    """Have a grant pause at an instant, unless it is resumed (kept) before."""
    session.add(Suspension(id=new_id(), grant_id=id_, suspended_at=due, scheduled=True, reason=reason))
    change(session, session.get_one(Row, id_), now, {})
    return grant(session, id_)


def suspend(session: Session, id_: UUID, now: datetime, by: UUID | None, reason: str) -> Grant:
    """Pause a grant; a pause that was to begin later gives way to it."""
    ahead = update(Suspension).where(Suspension.grant_id == id_, Suspension.resumed_at.is_(None), Suspension.scheduled)
    session.execute(ahead.values(resumed_at=now))
    session.add(Suspension(id=new_id(), grant_id=id_, suspended_at=now, suspended_by=by, reason=reason))
    change(session, session.get_one(Row, id_), now, {"paused_by": by})
    return grant(session, id_)


def resume(session: Session, id_: UUID, now: datetime, by: UUID | None) -> Grant:
    """End a grant's pause."""
    pause = update(Suspension).where(Suspension.grant_id == id_, Suspension.resumed_at.is_(None))
    session.execute(pause.values(resumed_at=now, resumed_by=by))
    session.expire_all()
    change(session, session.get_one(Row, id_), now, {"paused_by": None})
    return grant(session, id_)


def hold(session: Session, ids: Select[Any]) -> None:
    """Hold many grants until the transaction ends, in the order in which everybody holds several."""
    session.execute(select(Row.id).where(Row.id.in_(ids)).order_by(Row.id).with_for_update())


def redate_review(session: Session, ids: Select[Any], now: datetime, ends_at: Any) -> None:
    """State anew when the first unanswered review of each of these grants ends, in one statement for all of them.

    ``ends_at``: the instant, as an expression about a grant; null where no review of it is unanswered.
    """
    stmt = update(Row).where(Row.id.in_(ids)).execution_options(synchronize_session=False)
    session.execute(stmt.values(review_ends_at=ends_at, updated_at=now, version=Row.version + 1))
    session.expire_all()


def seen_by(employee_id: UUID | None, account_ids: Select[Any] | None, employee_ids: Select[Any] | None) -> Any:
    """The condition of what someone may see: their own, those on some accounts, those of some people."""
    ways = [Row.employee_id == employee_id]
    ways += [Row.account_id.in_(account_ids)] if account_ids is not None else []
    ways += [is_among(Row.employee_id, employee_ids)] if employee_ids is not None else []
    return or_(*ways)


def _value(row: Row, pause: Suspension | None) -> Grant:
    chain = tuple(
        Approver(
            one["step"],
            UUID(one["decided_by"]),
            one["on_behalf_of"] and UUID(one["on_behalf_of"]),
            parse_instant(one["at"]),
        )
        for one in row.approvers
    )
    return value_of(
        Grant,
        row,
        right=Right(row.right),
        model=ModelKey(row.model),
        policy_versions=tuple(row.policy_versions),
        approvers=chain,
        suspended_since=pause.suspended_at if pause and not pause.scheduled else None,
        suspended_by=pause.suspended_by if pause else None,
        review_due_at=pause.suspended_at if pause and pause.scheduled else None,
        suspension_id=pause.id if pause else None,
        end=End(row.end) if row.end else None,
    )
