"""The short way for what is asked before every post: from the socket to the index and back, as plain ASGI.

It takes what is as it should be: a service client's token, a well-formed body, an index that is up to date. Everything
else - who is somebody else, what is malformed, what wants the database's own answer - goes the long way, through the
routes, untouched; both ways say the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.authzen import wire
from app.authzen.rules import ACCOUNT, EMPLOYEE
from app.authzen.search import service as searches
from app.authzen.search import wire as found
from app.authzen.search.rules import InvalidPageToken
from app.decisions.desk import Answer, Desk
from app.decisions.memory.index import Question
from app.decisions.worker import Follower
from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import Reason, ReasonCode
from app.kernel.clock import Clock
from app.kernel.ids import new_id

from .callers import Caller, Callers
from .finding import Memory
from .questions import LongWay, batch, headers, parsed, question, questions, read_context

LARGEST: Final = 1024 * 1024
"""Bytes of a body that goes the short way."""
WAIT_SECONDS: Final = 0.5
"""How long a revision is waited for that is not known here yet; then the database is asked."""
STALE = Decision(
    permitted=False,
    reasons=(Reason(ReasonCode.DECISION_STALE, "It is not certain here that nothing has changed in the last second."),),
)
_JSON = (b"content-type", b"application/json")
Handler = Callable[["Direct", Mapping[str, Any], Caller, Scope], Awaitable[bytes]]


class Direct:
    """Answers from a follower's desk. ``cursor_key`` signs the page tokens of searches."""

    def __init__(self, follower: Follower, callers: Callers, clock: Clock, cursor_key: bytes) -> None:
        self._follower, self._callers, self._clock, self._cursor_key = follower, callers, clock, cursor_key

    async def answer(self, scope: Scope, body: bytes) -> tuple[bytes, bytes]:
        """The reply's body and the request's name. Raises ``LongWay``."""
        desk = self._follower.desk
        authorization, named = headers(scope["headers"])
        if desk is None or scope["query_string"]:
            raise LongWay
        caller = self._callers.recognise(authorization, desk.index, self._clock())
        if caller is None:
            raise LongWay
        reply = await WAYS[scope["path"]](self, parsed(body), caller, scope)
        return reply, named or str(new_id()).encode()

    async def one(self, asked: Mapping[str, Any], caller: Caller, _: Scope) -> bytes:
        """A single evaluation."""
        one, wanted = question(asked, caller)
        desk, at = await self._up_to(wanted, caller)
        return (self._rendered(desk, one, at) if self._follower.fresh else _STALE) + b'%d"}}' % desk.index.revision

    async def many(self, asked: Mapping[str, Any], caller: Caller, scope: Scope) -> bytes:
        """A batch: of one state of things at one instant."""
        items, semantic = batch(asked)
        if not items:
            return await self.one(asked, caller, scope)
        every, wanted = questions(asked, items, caller)
        desk, at = await self._up_to(wanted, caller)
        fresh, ending, given = self._follower.fresh, b'%d"}}' % desk.index.revision, []
        for one in every:
            given.append(self._rendered(desk, one, at) if fresh else _STALE)
            if semantic.ends_with(permitted=given[-1].startswith(_PERMIT)):
                break
        return b'{"evaluations":[' + (ending + b",").join(given) + ending + b"]}"

    async def find(self, asked: Mapping[str, Any], caller: Caller, scope: Scope) -> bytes:
        """A search."""
        wanted = read_context(asked["context"], caller)[2] if asked.get("context") is not None else 0
        desk, at = await self._up_to(wanted, caller)
        if not self._follower.fresh:
            raise LongWay
        try:
            reply = self._found(scope["path"], asked, caller, Memory(desk, caller, at), desk.index.revision)
        except (ValidationError, InvalidPageToken):
            raise LongWay from None
        return reply.model_dump_json().encode()

    def _found(self, path: str, asked: Mapping[str, Any], caller: Caller, source: Memory, revision: int) -> BaseModel:
        body = _SEARCHES[path].model_validate(asked)
        pager = found.Pager(body, path, caller.actor, self._cursor_key)
        one, window = found.question(body), pager.window()
        if isinstance(body, found.ActionSearch):
            names = searches.actions(source, one, window)
            return found.actions(names, pager.page(names), revision)
        if isinstance(body, found.SubjectSearch):
            kind, ids = EMPLOYEE, searches.subjects(source, caller.actor, one, window)
        else:
            kind, ids = ACCOUNT, searches.resources(source, one, window)
        return found.entities(kind, ids, pager.page(ids), revision)

    async def _up_to(self, wanted: int, caller: Caller) -> tuple[Desk, datetime]:
        """The desk, once it knows of a revision, and of whatever this process has written itself; and the instant then.

        Raises ``LongWay``, also where what it waited for has made the caller somebody who may not ask.
        """
        desk, wanted = self._follower.desk, max(wanted, self._follower.expected)
        if desk is None:
            raise LongWay
        if desk.index.revision >= wanted:
            return desk, self._clock()
        reached = await self._follower.reach(wanted, WAIT_SECONDS)
        desk, at = self._follower.desk, self._clock()  # another index may have come meanwhile
        if not reached or desk is None or self._callers.recognise(caller.header, desk.index, at) is None:
            raise LongWay
        return desk, at

    @staticmethod
    def _rendered(desk: Desk, one: Question, at: datetime) -> bytes:
        answer = desk.answer(one, at)
        if answer.rendered is None:
            answer.rendered = rendered(answer)
        return answer.rendered


def rendered(answer: Answer) -> bytes:
    """The answer in JSON but for its end: the revision, and what closes it."""
    return _spelled(answer.decision)


def _spelled(decision: Decision) -> bytes:
    told = wire.answer(decision, 0).model_dump(mode="json")
    del told["context"]["revision"]
    return orjson.dumps(told)[:-2] + b',"revision":"'


_STALE = _spelled(STALE)
_PERMIT = b'{"decision":true'
_SEARCHES: Mapping[str, type[found.SubjectSearch | found.ResourceSearch | found.ActionSearch]] = {
    "/access/v1/search/subject": found.SubjectSearch,
    "/access/v1/search/resource": found.ResourceSearch,
    "/access/v1/search/action": found.ActionSearch,
}
WAYS: Mapping[str, Handler] = {
    "/access/v1/evaluation": Direct.one,
    "/access/v1/evaluations": Direct.many,
    **dict.fromkeys(_SEARCHES, Direct.find),
}
"""What has a short way."""


async def answer(direct: Direct, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what can be answered here; everything else is passed on, as it came."""
    if scope["method"] != "POST":
        await app(scope, receive, send)
        return
    got, size = [await receive()], 0
    try:
        while got[-1].get("more_body") and (size := size + len(got[-1].get("body", b""))) <= LARGEST:
            got.append(await receive())
        reply, named = await direct.answer(scope, _whole(got))
    except LongWay:
        await app(scope, _again(got, receive), send)
        return
    length = (b"content-length", b"%d" % len(reply))
    await send({"type": "http.response.start", "status": 200, "headers": [_JSON, length, (b"x-request-id", named)]})
    await send({"type": "http.response.body", "body": reply})


def _whole(got: list[Message]) -> bytes:
    body = got[0].get("body", b"") if len(got) == 1 else b"".join(one.get("body", b"") for one in got)
    if got[-1]["type"] != "http.request" or got[-1].get("more_body") or len(body) > LARGEST:
        raise LongWay
    return body


def _again(got: list[Message], receive: Receive) -> Receive:
    """The same messages once more, for the long way."""
    first = got[::-1]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
