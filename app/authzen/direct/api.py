"""The short way for what is asked before every post: from the socket to the index and back, as plain ASGI.

It takes what is as it should be: a service client's token, a small, well-formed body, an index that is up to date.
Everything else - who is somebody else, what is malformed, what wants the database's own answer - goes the long way,
through the routes, untouched; both ways say the same.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.authzen import wire
from app.decisions.desk import Answer
from app.decisions.memory.index import Question
from app.decisions.worker import Follower
from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import Reason, ReasonCode
from app.kernel.clock import Clock
from app.kernel.ids import new_id
from app.kernel.request_id import accepted

from .callers import Caller, Callers

EVALUATION: Final = "/access/v1/evaluation"
LARGEST: Final = 16 * 1024
"""Bytes of a body that goes the short way; nobody needs more to ask one question."""
DEEPEST: Final = 64
WAIT_SECONDS: Final = 0.5
"""How long a revision is waited for that is not known here yet; then the database is asked."""
_STALE = Decision(
    permitted=False,
    reasons=(Reason(ReasonCode.DECISION_STALE, "It is not certain here that nothing has changed in the last second."),),
)
_LONG_WAY = frozenset({"consistency", "approval"})
"""What of a context only the long way knows about."""
_JSON = (b"content-type", b"application/json")


class LongWay(Exception):
    """Not to be answered here."""


class Direct:
    """Answers questions from a follower's desk."""

    def __init__(self, follower: Follower, callers: Callers, clock: Clock) -> None:
        self._follower, self._callers, self._clock = follower, callers, clock

    async def answer(self, scope: Scope, body: bytes) -> tuple[bytes, bytes]:
        """The reply's body and the request's name. Raises ``LongWay``."""
        desk, at = self._follower.desk, self._clock()
        authorization, named = _headers(scope["headers"])
        if desk is None or scope["query_string"]:
            raise LongWay
        caller = self._callers.recognise(authorization, desk.index, at)
        if caller is None:
            raise LongWay
        question, wanted = _question(_parsed(body), caller)
        wanted = max(wanted, self._follower.expected)
        if desk.index.revision < wanted and not await self._follower.reach(wanted, WAIT_SECONDS):
            raise LongWay
        return self._decided(question, at), named

    def _decided(self, question: Question, at: datetime) -> bytes:
        desk = self._follower.desk
        assert desk is not None  # noqa: S101 - an index is never taken away
        revision = b"%d" % desk.index.revision
        if not self._follower.fresh:
            return _rendered(_STALE) + revision + b'"}}'
        answer = desk.answer(question, at)
        return (answer.rendered or _render(answer)) + revision + b'"}}'


async def answer(direct: Direct, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what can be answered here; everything else is passed on, as it came."""
    if scope["method"] != "POST":
        await app(scope, receive, send)
        return
    got = await receive()
    try:
        reply, named = await direct.answer(scope, _whole(got))
    except LongWay:
        await app(scope, _again(got, receive), send)
        return
    headers = [_JSON, (b"content-length", b"%d" % len(reply)), (b"x-request-id", named)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": reply})


def _whole(got: Message) -> bytes:
    """The body, where it came in one piece."""
    if got["type"] != "http.request" or got.get("more_body"):
        raise LongWay
    body: bytes = got.get("body", b"")
    return body


def _headers(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """The one Authorization header, and the name of the request."""
    authorization, named, kind = b"", b"", b""
    for name, value in headers:
        if name == b"authorization":
            if authorization:
                raise LongWay
            authorization = value
        elif name == b"x-request-id":
            named = b"" if named else value
        elif name == b"content-type":
            kind = value
        elif name in {b"content-encoding", b"idempotency-key"}:
            raise LongWay
    if kind != b"application/json":
        raise LongWay
    return authorization, named if named and accepted(named) else str(new_id()).encode()


def _parsed(body: bytes) -> Any:
    """A body of JSON that is small and flat enough; the standard lets the last of equal members count."""
    if len(body) > LARGEST or body.count(b"{") + body.count(b"[") > DEEPEST or b"\\u0000" in body:
        raise LongWay
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise LongWay from None


def _question(asked: Any, caller: Caller) -> tuple[Question, int]:
    """What is asked, and the revision that the answer must know of."""
    try:
        subject, action, resource = asked["subject"], asked["action"], asked["resource"]
        kind, who, right = subject["type"], subject["id"], action["name"]
        what, where = resource["type"], resource["id"]
        context = asked.get("context")
    except (KeyError, TypeError, AttributeError):
        raise LongWay from None
    if not (type(who) is type(right) is type(where) is type(kind) is type(what) is str):
        raise LongWay
    tool: UUID | str | None = caller.tool_id
    digest, wanted = None, 0
    if context is not None:
        tool, digest, wanted = _context(context, caller)
    return Question(who if kind == "employee" else "", right, where if what == "account" else "", tool, digest), wanted


def _context(context: Any, caller: Caller) -> tuple[UUID | str | None, str | None, int]:
    if type(context) is not dict or not _LONG_WAY.isdisjoint(context):
        raise LongWay
    digest, named, wanted = context.get("content_sha256"), context.get("tool"), context.get("at_least_revision", "0")
    if type(wanted) is not str or not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise LongWay
    tool: UUID | str | None = caller.tool_id
    if caller.gateway:
        tool = named if type(named) is str and named else None
    return tool, digest if type(digest) is str else None, int(wanted)


def _render(answer: Answer) -> bytes:
    answer.rendered = _rendered(answer.decision)
    return answer.rendered


def _rendered(decision: Decision) -> bytes:
    """The answer in JSON but for the revision, which it ends with."""
    told = wire.answer(decision, 0).model_dump(mode="json")
    del told["context"]["revision"]
    return orjson.dumps(told)[:-2] + b',"revision":"'


def _again(got: Message, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """The same messages once more, for the long way."""
    first = [got]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
