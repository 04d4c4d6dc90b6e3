"""``allow(permission)``: who is calling, may they, and one transaction to do it in.

The transaction commits after the reply is rendered and before it is sent, so that nobody is told of a change that was
then lost, and so that the kept answer of an Idempotency-Key is part of the same commit.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from . import replies
from .actor import Actor, ActorKind, Permission
from .clock import DECIDES_WITHIN, Clock, reading
from .clocks import check_now
from .committing import answers, commit, confirm_read
from .errors import DomainError, Forbidden, MalformedRequest
from .problems import refuse_unknown_query
from .rates import UNLIMITED, Limits, Rate
from .work import Personal, Record, Work

READS = frozenset({"GET", "HEAD"})
MAX_AT_ONCE, URGENT_AT_ONCE = 24, 4
_KEPT_HEADERS = ("content-type", "etag", "coe-revision", "location")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_log = structlog.get_logger(__name__)
NOBODY = Actor(ActorKind.PUBLIC)
OPERATOR = Actor(ActorKind.OPERATOR, roles=("operator",))
SYSTEM = Actor(ActorKind.SYSTEM, roles=("system",))
"""The service itself, where it writes down what time has done."""


@dataclass(frozen=True, slots=True)
class House:
    """What a request needs of the application; ``main`` puts it together, since the kernel knows no other package.

    ``load_actor(session, request, now)`` answers who is calling or raises ``Unauthenticated``.
    ``seal(work)`` writes the collected records into the audit log and answers the new revision, None if nothing changed.
    ``committed(revision)`` is told of each commit that changed something, before the reply is sent.
    ``limits``: how often one caller may ask. ``urgent`` and ``deciding``: connections of their own for what stops the press
    and what is asked before every post, so that nothing slow takes them all; None: those that everything shares.
    ``operator`` and ``request_id`` are who acts, and what for, in ``operator_work``: long work that somebody asked for
    over HTTP is done in their name.
    """

    writes: sessionmaker[Session]
    reads: sessionmaker[Session]
    clock: Clock
    load_actor: Callable[[Session, Request, Any], Actor]
    seal: Callable[[Work], int | None]
    committed: Callable[[int], None] = lambda _: None
    limits: Limits = UNLIMITED
    urgent: sessionmaker[Session] | None = None
    deciding: sessionmaker[Session] | None = None
    operator: Actor = OPERATOR
    request_id: str | None = None


class Replay(Exception):
    """The answer was given before, under the same Idempotency-Key."""

    def __init__(self, stored: replies.Stored) -> None:
        self.stored = stored


def house(request: Request) -> House:
    """The application's parts, as ``main`` composed them."""
    built: House = request.app.state.house
    return built


@contextmanager
def _transaction(
    request: Request,
    rate: Rate | None,
    *,
    write: bool,
    public: bool = False,
    sessions: sessionmaker[Session] | None = None,
) -> Iterator[Work]:
    """``sessions``: where it is not done over the connections that everything else shares."""
    parts = house(request)
    usual = parts.writes if write else parts.reads
    try:
        with _attempt(request, rate, sessions or usual, write=write, public=public) as work:
            yield work
    except Forbidden as error:
        _note_denial(request, error)
        raise


def _note_denial(request: Request, error: Forbidden) -> None:
    """Write down that somebody known was denied something, in a short transaction of its own (trust: I-45)."""
    parts, actor = house(request), request.state.actor
    if actor.id is None or not parts.limits.tells(actor):
        return
    door = f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"
    told = {"code": error.code, "path": Personal(request.scope["path"])}
    try:
        with parts.writes.begin() as session:
            work = Work(session, actor, parts.clock(), request.state.request_id)
            work.records.append(Record("route.denied", "route", door, after=told))
            revision = parts.seal(work)
            commit(session)
    except (DomainError, SQLAlchemyError) as trouble:  # whoever is denied is denied all the same
        _log.warning("denial_not_told", door=door, code=error.code, error=type(trouble).__name__)
        return
    if revision is not None:
        parts.committed(revision)


@contextmanager
def _attempt(
    request: Request, rate: Rate | None, sessions: sessionmaker[Session], *, write: bool, public: bool
) -> Iterator[Work]:
    # A page of the console is asked for with a cookie: what that says stands in the state, for who has to wait is known by it.
    parts, bearer = house(request), getattr(request.state, "shown", request.headers.get("authorization", ""))
    if rate is not None:
        parts.limits.turn_away(rate, bearer)
    now, began, revision = parts.clock(), reading(), None
    with sessions.begin() as session:
        actor = NOBODY if public else parts.load_actor(session, request, now)
        answers(session, request.state.arrived)  # not sooner: whoever is nobody takes no connection
        request.state.actor = actor
        if rate is not None:
            parts.limits.count(rate, actor, bearer)
        claimed = _claim(request, session, actor, now) if write else None
        work = Work(session, actor, now, request.state.request_id, _if_match(request), began=began)
        try:
            yield work
        except DomainError as error:
            if error.keeps and claimed is None:
                parts.seal(work)
                commit(session)
            raise
        revision = _finish(request, parts, work, claimed)
        if write:
            commit(session, wrote=revision is not None)
    if revision is not None:
        parts.committed(revision)


def _claim(request: Request, session: Session, actor: Actor, now: Any) -> replies.Claim | None:
    keys = request.headers.getlist("idempotency-key")
    if not keys or request.method != "POST":
        return None
    if len(keys) > 1:
        raise MalformedRequest("One request has one Idempotency-Key.")
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    claimed = replies.claim(session, actor, keys[0], replies.fingerprint("POST", target, request.state.body), now)
    if isinstance(claimed, replies.Stored):
        commit(session, wrote=False)
        raise Replay(claimed)
    return claimed


def _if_match(request: Request) -> tuple[int, ...] | None:
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    tags = [_ETAG.fullmatch(tag.strip()) for tag in value.split(",")]
    if not all(tags):
        raise MalformedRequest('If-Match takes ETags as they were given to you, e.g. If-Match: "3".')
    # A weak tag never matches here: If-Match compares strongly (RFC 9110 8.8.3.2).
    return tuple(int(tag[1]) for tag in tags if tag and not tag[0].startswith("W/"))


def _finish(request: Request, parts: House, work: Work, claimed: replies.Claim | None) -> int | None:
    reply: Response = request.state.reply
    if work.etag is not None:
        reply.headers["ETag"] = f'"{work.etag}"'
    revision = parts.seal(work)
    if revision is not None:
        reply.headers["Coe-Revision"] = str(revision)
    if claimed is not None:
        kept = {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers}
        replies.keep(
            work.session,
            claimed,
            replies.Stored(reply.status_code, kept, replies.without(bytes(reply.body), work.once)),
        )
    return revision


def open_work(request: Request) -> Iterator[Work]:
    """A transaction as the method says: GET reads, everything else writes."""
    write = request.method not in READS
    with _transaction(request, Rate.WRITES if write else Rate.READS, write=write) as work:
        yield work


def open_urgent(request: Request) -> Iterator[Work]:
    """A writing transaction that does not wait its turn with the others, however often it is asked for."""
    with _transaction(request, None, write=True, sessions=house(request).urgent) as work:
        yield work


def open_reading(request: Request) -> Iterator[Work]:
    """A transaction for a POST that only asks, such as a preview."""
    with _transaction(request, Rate.READS, write=False) as work:
        yield work


def open_deciding(request: Request) -> Iterator[Work]:
    """A reading transaction for what is asked before every post: what a failover may still take away permits nothing, and
    neither does a process that has the time wrong.
    """
    with _transaction(request, Rate.DECISIONS, write=False, sessions=house(request).deciding) as work:
        check_now(work.session, DECIDES_WITHIN)
        yield work
        confirm_read(work.session)


def open_public(request: Request) -> Iterator[Work]:
    """A reading transaction for anybody, known or not."""
    with _transaction(request, None, write=False, public=True) as work:
        yield work


# One Depends each, shared by all routes: its limit is counted per object. Without it slow requests hold every thread.
_WORK = Depends(open_work, scope="function", max_concurrency=MAX_AT_ONCE)
_READING = Depends(open_reading, scope="function", max_concurrency=MAX_AT_ONCE)
_DECIDING = Depends(open_deciding, scope="function", max_concurrency=MAX_AT_ONCE)
_PUBLIC = Depends(open_public, scope="function", max_concurrency=MAX_AT_ONCE)
# A few turns that nothing else takes: stopping the press never queues behind other work.
_URGENT = Depends(open_urgent, scope="function", max_concurrency=URGENT_AT_ONCE)


@dataclass(frozen=True)
class Allow:
    """The lock of one door. ``permission`` None: open to everybody, signed in or not. ``reads``: a POST that only asks."""

    permission: Permission | None
    reads: bool = False


class AllowWork(Allow):
    """The lock of a route that reads or writes as its method says. Raises ``Unauthenticated``, ``Forbidden``."""

    async def __call__(self, work: Annotated[Work, _WORK]) -> Work:
        return _admit(work, self.permission)


class AllowUrgent(Allow):
    """The lock of a route that must not queue behind others. Raises ``Unauthenticated``, ``Forbidden``."""

    async def __call__(self, work: Annotated[Work, _URGENT]) -> Work:
        return _admit(work, self.permission)


class AllowReading(Allow):
    """The lock of a route that only reads, POST or not. Raises ``Unauthenticated``, ``Forbidden``."""

    async def __call__(self, work: Annotated[Work, _READING]) -> Work:
        return _admit(work, self.permission)


class AllowDeciding(Allow):
    """The lock of a route that publishing tools ask before every post: it has turns of its own, and a limit of its own.

    Raises ``Unauthenticated``, ``Forbidden``.
    """

    async def __call__(self, work: Annotated[Work, _DECIDING]) -> Work:
        return _admit(work, self.permission)


class AllowPublic(Allow):
    """No lock: a token is not even looked at, so that a bad one is no obstacle either."""

    async def __call__(self, work: Annotated[Work, _PUBLIC]) -> Work:
        return work


class AllowInside(Allow):
    """The lock of a route that opens its transaction itself, by ``work_for`` with the same permission: for what is asked
    very often, since a dependency with a transaction costs two more turns through the thread pool.
    """

    async def __call__(self) -> Permission:
        if self.permission is None:
            raise RuntimeError("such a route is never public")
        return self.permission


@contextmanager
def work_for(request: Request, permission: Permission, rate: Rate, *, write: bool) -> Iterator[Work]:
    """A transaction for a caller with this permission; the reply stands in ``request.state.reply`` when it ends.

    ``rate``: how it is counted. Raises ``Unauthenticated``, ``Forbidden``, ``TooManyRequests``.
    """
    with _transaction(request, rate, write=write) as work:
        yield _admit(work, permission)


def _admit(work: Work, permission: Permission | None) -> Work:
    if permission is not None and not work.actor.holds(permission):
        work.actor.require(permission)
    return work


def allow(permission: Permission, *, reads: bool = False) -> Any:
    """The Work of a route that needs this permission; ``reads``: it changes nothing although it is no GET."""
    return Depends((AllowReading if reads else AllowWork)(permission, reads), scope="function")


def allow_urgent(permission: Permission) -> Any:
    """The Work of a route that stops something, or lets it go on: it has turns of its own."""
    return Depends(AllowUrgent(permission), scope="function")


def allow_deciding(permission: Permission, *, reads: bool = False) -> Any:
    """The Work of a route that is asked before every post; ``reads``: it changes nothing although it is no GET."""
    return Depends(AllowDeciding(permission, reads), scope="function")


def allow_inside(permission: Permission, *, reads: bool = False) -> Any:
    """The permission, of a route that opens its transaction itself."""
    return Depends(AllowInside(permission, reads), scope="function")


def allow_anyone() -> Any:
    """The Work of a public route: reads only."""
    return Depends(AllowPublic(None), scope="function")


class Route(APIRoute):
    """A route whose transaction sees the finished reply before it commits."""

    async def take(self, request: Request) -> bytes:
        """What was sent: two requests with the same are the same. Raises ``DomainError`` for what cannot be taken."""
        return await request.body()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A handler that leaves the raw body and the finished reply in ``request.state`` for the transaction.

        A call repeated under its Idempotency-Key gets the kept answer, marked ``Idempotency-Replayed``. Raises
        ``Invalid`` for a query parameter that the route does not declare.
        """
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            refuse_unknown_query(request, self)
            request.state.body = await self.take(request)
            try:
                request.state.reply = await handler(request)
            except Replay as replay:
                stored = replay.stored
                return Response(stored.body, stored.status, {**stored.headers, "Idempotency-Replayed": "true"})
            reply: Response = request.state.reply
            return reply

        return handle


@contextmanager
def work_of(parts: House, actor: Actor, request_id: str | None, *, write: bool = True) -> Iterator[Work]:
    """One transaction in somebody's name, for those whose request is not one transaction.

    Whatever was recorded is sealed before it commits, and is known to this process's decisions after it. Raises
    ``OutcomeUnknown``.
    """
    with (parts.writes if write else parts.reads).begin() as session:
        work = Work(session, actor, parts.clock(), request_id)
        yield work
        if write:
            check_now(session)  # also where nothing is recorded: a claim of tomorrow would be nobody's until then
        revision = parts.seal(work)
        if write:
            commit(session)
    if revision is not None:
        parts.committed(revision)


@contextmanager
def operator_work(parts: House, *, write: bool = True, request_id: str | None = None) -> Iterator[Work]:
    """One transaction outside a request, of the operator at the command line or of whom ``parts`` names."""
    with work_of(parts, parts.operator, request_id or parts.request_id, write=write) as work:
        yield work
