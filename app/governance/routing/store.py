"""Every statement that touches requests and their decisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.governance.models.rules import ModelKey, Right, StepKind
from app.governance.steps.rules import AlreadyDecided, Decision, Step, Verdict
from app.kernel.database import change, flush, id_param, is_among, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import LIVE, Request, RequestKind, RequestState
from .tables import Request as Row
from .tables import RequestDecision

# Every request asks this. It is made once: making a statement takes longer than having it answered.
_DECISIONS = select(RequestDecision).where(RequestDecision.request_id.in_(id_param("ids"))).order_by(RequestDecision.id)


def request(session: Session, id_: UUID, kind: RequestKind) -> Request:
    """One request of a kind, or ``NotFound``."""
    row = session.get(Row, id_)
    if row is None or row.kind != kind:
        raise NotFound(f"There is no request {id_}.")
    return _values(session, [row])[0]


def lock_request(session: Session, id_: UUID) -> Request:
    """Hold a request, so that two people cannot both take its last step, and read it afresh."""
    row = session.get_one(Row, id_, with_for_update=True, populate_existing=True)
    return _values(session, [row])[0]


def live(session: Session, at: datetime, kind: RequestKind | None = None, **equal: Any) -> list[Request]:
    """Requests that wait for somebody, by equal columns."""
    stmt = select(Row).where(Row.ended_at.is_(None), Row.state.in_(LIVE), Row.expires_at > at)
    if kind is not None:
        stmt = stmt.where(Row.kind == kind)
    for name, value in equal.items():
        stmt = stmt.where(getattr(Row, name) == value)
    return _values(session, list(session.scalars(stmt.order_by(Row.id))))


def count_live(session: Session, at: datetime, kind: RequestKind, requester_id: UUID) -> int:
    """How many requests of a person wait for somebody."""
    live = (Row.kind == kind, Row.ended_at.is_(None), Row.state.in_(LIVE), Row.expires_at > at)
    return session.scalar(select(func.count()).where(*live, Row.requester_id == requester_id)) or 0


def lock_lapsed(session: Session, at: datetime, kind: RequestKind, limit: int) -> list[Request]:
    """Requests whose time is over although nobody has written it down, held until the transaction ends; none that
    somebody else holds.
    """
    stmt = select(Row).where(Row.kind == kind, Row.ended_at.is_(None), Row.state.in_(LIVE), Row.expires_at <= at)
    stmt = stmt.order_by(Row.expires_at, Row.id).limit(limit).with_for_update(skip_locked=True)
    return _values(session, list(session.scalars(stmt.execution_options(populate_existing=True))))


def blocked(session: Session) -> set[UUID]:
    """Which requests that have not ended were noted as blocked (by id)."""
    return set(session.scalars(select(Row.id).where(Row.ended_at.is_(None), Row.blocked_at.is_not(None))))


def note_blocked(session: Session, ids: Iterable[UUID], at: datetime | None) -> None:
    """Note since when requests are blocked, or (None) that they are not any more.

    Nothing that is shown of a request changes with it: its version stays.
    """
    stmt = update(Row).where(Row.id.in_(sorted(ids))).values(blocked_at=at)
    session.execute(stmt.execution_options(synchronize_session=False))


def live_of_person(session: Session, at: datetime, employee_id: UUID) -> list[Request]:
    """Waiting requests that a person made or is to receive."""
    theirs = or_(Row.requester_id == employee_id, Row.beneficiary_id == employee_id)
    stmt = select(Row).where(theirs, Row.ended_at.is_(None), Row.state.in_(LIVE), Row.expires_at > at)
    return _values(session, list(session.scalars(stmt.order_by(Row.id))))


def of_campaign(session: Session, campaign_id: UUID) -> list[Request]:
    """Every request that was made for a campaign, ended or not, in order of id."""
    stmt = select(Row).where(Row.campaign_id == campaign_id).order_by(Row.id)
    return _values(session, list(session.scalars(stmt)))


def latest_registration(session: Session, account_id: UUID) -> Request | None:
    """The registration by which an account came here, if it did not come by inventory."""
    stmt = select(Row).where(Row.account_id == account_id, Row.kind == RequestKind.REGISTRATION)
    row = session.scalars(stmt.order_by(Row.id.desc()).limit(1)).first()
    return _values(session, [row])[0] if row else None


def seen_by(employee_id: UUID | None, account_ids: Select[Any], employee_ids: Select[Any]) -> Any:
    """The condition of what someone may see: what they made or are to receive, on some accounts, for some people."""
    return or_(
        Row.requester_id == employee_id,
        Row.beneficiary_id == employee_id,
        Row.account_id.in_(account_ids),
        is_among(Row.beneficiary_id, employee_ids),
    )


def page(session: Session, page: Page, at: datetime, filters: Mapping[str, Any], seen: Any = None) -> list[Request]:
    """Rights requests by equal columns; ``state`` as it is at ``at``; ``seen``: a condition of ``seen_by``."""
    stmt = select(Row).where(Row.kind == RequestKind.RIGHTS)
    for name, value in filters.items():
        if value is not None:
            stmt = _in_state(stmt, value, at) if name == "state" else stmt.where(getattr(Row, name) == value)
    if seen is not None:
        stmt = stmt.where(seen)
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return _values(session, list(session.scalars(keyset(stmt, order, page))))


def _in_state(stmt: Select[Any], state: RequestState, at: datetime) -> Select[Any]:
    if state in LIVE:
        return stmt.where(Row.state == state, Row.expires_at > at)
    if state is RequestState.EXPIRED:
        return stmt.where(or_(Row.state == state, and_(Row.state.in_(LIVE), Row.expires_at <= at)))
    return stmt.where(Row.state == state)


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Request:
    """A new request; ``steps`` as values."""
    row = Row(id=new_id(), created_at=now, updated_at=now, round=1, passed=[], **_plain(values))
    session.add(row)
    flush(session)
    return _value(row, ())


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Request:
    """Change a request's columns."""
    row = session.get_one(Row, id_)
    change(session, row, now, _plain(changes))
    return _values(session, [row])[0]


def add_decision(session: Session, request: Request, one: Decision) -> UUID:
    """Record a word, and answer its id; raises ``AlreadyDecided`` when its person or seat has had one in this round."""
    members = {name: getattr(one, name) for name in ("kind", "decision", "decided_by", "principal_id", "comment", "at")}
    row = RequestDecision(id=new_id(), request_id=request.id, round=request.round, **members)
    session.add(row)
    flush(session, AlreadyDecided, "You, or your deputy, decided a step of this request already.")
    return row.id


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    if "steps" in found:
        found["steps"] = [{"kind": step.kind, "needed": step.needed} for step in found["steps"]]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _values(session: Session, rows: Sequence[Row]) -> list[Request]:
    """Rows with the decisions of their present round: one statement for all of them."""
    by_request: dict[UUID, list[Decision]] = {}
    ids = [row.id for row in rows]
    rounds = {row.id: row.round for row in rows}
    if ids:
        for one in session.scalars(_DECISIONS, {"ids": ids}):
            if one.round == rounds[one.request_id]:
                by_request.setdefault(one.request_id, []).append(_decision(one))
    return [_value(row, tuple(by_request.get(row.id, ()))) for row in rows]


def _decision(row: RequestDecision) -> Decision:
    return value_of(Decision, row, kind=StepKind(row.kind), decision=Verdict(row.decision))


def _value(row: Row, decisions: Iterable[Decision]) -> Request:
    return value_of(
        Request,
        row,
        caught_up=False,
        kind=RequestKind(row.kind),
        rights=tuple(map(Right, row.rights)),
        state=RequestState(row.state),
        model=ModelKey(row.model),
        steps=tuple(Step(StepKind(step["kind"]), step["needed"]) for step in row.steps),
        passed=tuple(map(StepKind, row.passed)),
        decisions=tuple(decisions),
        notes=tuple(row.notes),
        policy_versions=tuple(row.policy_versions),
    )
