"""How long requests and their steps took, worked out by the database: there may be hundreds of thousands.

Percentiles are by the nearest rank, as ``reports.rules.rank`` has it.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit
from app.governance.routing.rules import RequestKind, RequestState
from app.governance.routing.tables import Request, RequestDecision
from app.reports.rules import View
from app.reports.store import inside

AT_ONCE = "granted_at_once"
"""What is granted as it is asked for, since the model asks nobody."""
DECIDED = (RequestState.GRANTED.value, AT_ONCE, RequestState.DENIED.value)


class Took(NamedTuple):
    """How long all of one kind took, in whole seconds. ``untimed``: so many more, of which nobody kept when they began."""

    what: str
    decided: int
    median: int | None
    p90: int | None
    untimed: int = 0


def requests(session: Session, view: View) -> list[Took]:
    """Requests decided in the view's period, by how."""
    at_once = and_(Request.state == RequestState.GRANTED, cast(Request.steps, String) == "[]")
    what = case((at_once, literal(AT_ONCE)), else_=Request.state)
    took = _seconds(session, Request.created_at, Request.ended_at)
    return _ranked(session, _decided(view).with_only_columns(what.label("what"), took.label("seconds")))


def steps(session: Session, view: View) -> list[Took]:
    """The steps of those requests, by kind: from when the one before it had passed to its own last word."""
    word = RequestDecision
    answered = (
        _decided(view)
        .join(word, and_(word.request_id == Request.id, word.round == Request.round))
        .with_only_columns(
            Request.id, word.kind, func.max(word.at).label("at"), Request.created_at, Request.round
        )
        .group_by(Request.id, word.kind, Request.created_at, Request.round)
        .subquery()
    )  # fmt: skip
    one = answered.c
    before = func.lag(one.at).over(partition_by=one.id, order_by=(one.at, one.kind))
    began = func.coalesce(before, case((one.round == 1, one.created_at)))
    opened = select(one.kind, one.at, began.label("began")).subquery()
    took = _seconds(session, opened.c.began, opened.c.at)
    return _ranked(session, select(opened.c.kind.label("what"), took.label("seconds")))


def _decided(view: View) -> Select[Any]:
    stmt = select(Request.id).where(
        Request.kind == RequestKind.RIGHTS, Request.state.in_((RequestState.GRANTED, RequestState.DENIED)),
        Request.ended_at >= view.since, Request.ended_at < view.until,
    )  # fmt: skip
    if view.whole:  # wherever its account stands
        return stmt
    stmt = stmt.join(Account, Account.id == Request.account_id)
    return stmt.join(BusinessUnit, BusinessUnit.id == Account.business_unit_id).where(inside(view))


def _seconds(session: Session, since: Any, until: Any) -> ColumnElement[int]:
    """The whole seconds between two instants."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.round(extract("epoch", until - since)), BigInteger)
    return cast(func.round((func.julianday(until) - func.julianday(since)) * 86400), Integer)


def _ranked(session: Session, durations: Select[Any]) -> list[Took]:
    """Of (what, seconds) by what: how many there are, their median and their 90th percentile. In one pass."""
    each = durations.subquery().c
    ordered = (
        select(
            each.what, each.seconds,
            func.row_number().over(partition_by=each.what, order_by=each.seconds.nulls_last()).label("nth"),
            func.count(each.seconds).over(partition_by=each.what).label("n"),
        )
        .subquery()
    )  # fmt: skip
    one = ordered.c
    untimed = func.count() - func.count(one.seconds)
    ranked = select(one.what, func.count(one.seconds), _at_rank(one, 50), _at_rank(one, 90), untimed)
    return [Took(*found) for found in session.execute(ranked.group_by(one.what))]


def _at_rank(one: Any, percent: int) -> ColumnElement[int]:
    return func.min(one.seconds).filter(one.nth * 100 >= one.n * percent)
