"""The short way for what is asked before every post: from the socket to the index and back, as plain ASGI.

It takes what is as it should be: a service client's token, a well-formed body, an index that is up to date. Everything
else - who is somebody else, what is malformed, what wants the database's own answer - goes the long way, through the
routes, untouched; both ways say the same.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.authzen.denials import rules as denials
from app.authzen.log.service import DecisionLog
from app.authzen.rules import ACCOUNT, EMPLOYEE
from app.authzen.search import service as searches
from app.authzen.search import wire as found
from app.authzen.search.rules import InvalidPageToken
from app.decisions.desk import Answer, Desk
from app.decisions.memory.index import Question
from app.decisions.memory.instants import NEVER, micros, sure
from app.decisions.worker import Follower
from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import Reason, ReasonCode, as_members
from app.kernel.actor import Actor
from app.kernel.clock import Clock, system_clock, system_micros
from app.kernel.ids import new_id
from app.kernel.rates import Limits, Rate, TooManyRequests
from app.kernel.wire import format_instant

from .callers import Caller, Callers
from .finding import Memory
from .memo import Results
from .questions import Body, LongWay, batch, headers, question, questions, read_context

LARGEST: Final = 1024 * 1024
"""Bytes of a body that goes the short way."""
SEALED_FOR: Final = 60_000_000
"""Microseconds that an offer is shown again as it was made, to whoever asks the same: making one costs a signature."""
WAIT_SECONDS: Final = 0.5
"""How long a revision is waited for that is not known here yet; then the database is asked."""
STALE = Decision(
    permitted=False,
    reasons=(Reason(ReasonCode.DECISION_STALE, "It is not certain here that nothing has changed in the last second."),),
)
_JSON = (b"content-type", b"application/json")


class Asking(NamedTuple):
    """Who asks, where, and when (in microseconds). ``named``: the request's name."""

    desk: Desk
    caller: Caller
    path: str
    now: int
    named: bytes


Handler = Callable[["Direct", bytes, Asking], bytes]


class Behind(Exception):
    """A revision is not known here yet."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted


class Direct:
    """Answers from a follower's desk.

    ``cursor_key`` signs the page tokens of searches; ``profile``: what refusals that can be cured offer; ``limits``: how
    often one caller may ask.
    """

    def __init__(
        self,
        follower: Follower,
        callers: Callers,
        clock: Clock,
        cursor_key: bytes,
        profile: denials.Desk,
        log: DecisionLog,
        limits: Limits,
    ) -> None:
        self._follower, self._callers = follower, callers
        self._now = system_micros if clock is system_clock else lambda: micros(clock())
        self._cursor_key, self._profile, self._log = cursor_key, profile, log
        self._limits = limits if limits.limited(Rate.DECISIONS) else None
        self._named, self._count = f"{new_id()}-".encode(), count()

    async def wait(self, wanted: int) -> None:
        """Wait a moment for a revision that is not known here yet. Raises ``LongWay``."""
        if not await self._follower.reach(wanted, WAIT_SECONDS):
            raise LongWay

    def answer(self, scope: Scope, body: bytes) -> tuple[bytes, bytes]:
        """The reply's body and the request's name. Raises ``LongWay``, ``Behind``.

        One step, from beginning to end: nothing is applied to the index meanwhile.
        """
        desk, now = self._follower.desk, self._now()
        authorization, named = headers(scope["headers"])
        if desk is None or scope["query_string"]:
            raise LongWay
        caller = self._callers.recognise(authorization, desk.index, now)
        if caller is None:
            raise LongWay
        named = named or self._named + b"%x" % next(self._count)
        path = scope["path"]
        asking = tuple.__new__(Asking, (desk, caller, path, now, named))  # as its own does, less a call of Python's
        reply = WAYS[path](self, body, asking)
        if self._limits is not None:
            self._count_one(self._limits, caller.actor, authorization)
        return reply, named

    def _count_one(self, limits: Limits, actor: Actor, authorization: bytes) -> None:
        """Who asks too often is told so on the long way."""
        try:
            limits.turn_away(Rate.DECISIONS, authorization.decode("latin-1"))
            limits.count(Rate.DECISIONS, actor, authorization.decode("latin-1"))
        except TooManyRequests:
            raise LongWay from None

    def one(self, body: bytes, asking: Asking) -> bytes:
        """A single evaluation."""
        memo, revision = asking.caller.memo, asking.desk.index.revision
        answer = memo.answer(body, asking.now)
        if answer is None:
            answer = self._asked(Body(body), asking)
            memo.keep(body, answer)
        elif revision < self._follower.expected:  # one that was wanted when it was read first is known since
            raise Behind(self._follower.expected)
        return self._given(asking, answer).rendered + b'%d"}}' % revision

    def _asked(self, body: Body, asking: Asking) -> Answer:
        one, wanted = question(body.said, asking.caller, bare=body.bare(1))
        self._check_up_to(asking.desk, wanted)
        return asking.desk.answer(one, asking.now)

    def many(self, body: bytes, asking: Asking) -> bytes:
        """A batch: of one state of things at one instant."""
        asked, desk, now = Body(body), asking.desk, asking.now
        items, semantic = batch(asked)
        ending = b'%d"}}' % desk.index.revision
        if not items:
            return self._given(asking, self._asked(asked, asking)).rendered + ending
        every, wanted = questions(asked, items, asking.caller)
        self._check_up_to(desk, wanted)
        given = []
        for one in every:
            answer = self._given(asking, desk.answer(one, now))
            given.append(answer.rendered)
            if semantic.ends_with(permitted=answer.permitted):
                break
        return b'{"evaluations":[' + (ending + b",").join(given) + ending + b"]}"

    def _given(self, asking: Asking, answer: Answer) -> Answer:
        """An answer as it is given out: spelled but for its end (the revision, and what closes it), and noted in the log."""
        index, now = asking.desk.index, asking.now
        if not self._follower.fresh:
            answer = _STALE
        if now >= answer.renewed:
            self._spell(answer, now, index.revision)
        self._log.note(index, now, asking.named, asking.caller.name, answer)
        return answer

    def _spell(self, answer: Answer, now: int, revision: int) -> None:
        """Spell an answer, with what may be done about it; that is made anew after a while, for it is dated."""
        at, one = sure(now), answer.question
        words = denials.Asked(EMPLOYEE, one.subject, one.right, ACCOUNT, one.account)
        offered = denials.offer(answer.decision, words, at, revision, self._profile)
        answer.rendered = _spelled(answer.decision, offered)
        answer.renewed = NEVER if offered is None else now + SEALED_FOR

    def find(self, body: bytes, asking: Asking) -> bytes:
        """A search."""
        caller, desk, path, now = asking.caller, asking.desk, asking.path, asking.now
        revision = desk.index.revision
        if not self._follower.fresh:
            raise LongWay
        kept = caller.memo.found(path, body, revision, now)
        if kept is not None:
            self._check_up_to(desk, 0)
            return kept
        read = Body(body)
        read.check()
        asked = read.said
        wanted = read_context(asked["context"], caller)[2] if asked.get("context") is not None else 0
        self._check_up_to(desk, wanted)
        source = Memory(desk, caller, now)
        try:
            reply = self._found(path, asked, caller, source, revision).model_dump_json().encode()
        except (ValidationError, InvalidPageToken):
            raise LongWay from None
        caller.memo.keep_found(path, body, Results(reply, revision, now, source.until))
        return reply

    def _check_up_to(self, desk: Desk, wanted: int) -> None:
        """Does the desk know of a revision, and of whatever this process has written itself? Raises ``Behind``."""
        revision, wanted = desk.index.revision, max(wanted, self._follower.expected)
        if revision < wanted:
            raise Behind(wanted)

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


def _spelled(decision: Decision, offered: denials.Offer | None) -> bytes:
    """What ``wire.Answer`` would be in JSON, but for its end: the revision, and what closes it.

    It is written out here because a model takes longer than the decision; that both are the same is tested answer by answer.
    """
    context: dict[str, Any] = {
        "reasons": _told(decision.reasons),
        "advice": _told(decision.advice),
        "grant_id": str(decision.grant_id) if decision.grant_id else None,
        "model": decision.model,
    }
    if offered is not None:
        context["evaluation_id"], context["reason"] = offered.evaluation_id, offered.reason
        context["evaluated_at"] = format_instant(offered.evaluated_at)
        context["access_request"] = {
            "endpoint": offered.endpoint,
            "expires_at": format_instant(offered.expires_at),
            "request_schema_url": offered.schema_url,
        }
    return orjson.dumps({"decision": decision.permitted, "context": context})[:-2] + b',"revision":"'


def _told(reasons: tuple[Reason, ...]) -> list[dict[str, object]]:
    return [{**one, "policy": one.get("policy")} for one in as_members(reasons)]


_STALE = Answer(Question("", "", ""), STALE, -NEVER, NEVER)
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
    message = await receive()
    got = [message]
    try:
        body = message.get("body", b"")
        if message.get("more_body") or not 0 < len(body) <= LARGEST:
            body = await _whole(got, receive)
        try:
            reply, named = direct.answer(scope, body)
        except Behind as behind:
            await direct.wait(behind.wanted)
            reply, named = direct.answer(scope, body)
    except (LongWay, Behind):  # behind still: something more was written meanwhile
        await app(scope, _again(got, receive), send)
        return
    length = (b"content-length", b"%d" % len(reply))
    await send({"type": "http.response.start", "status": 200, "headers": [_JSON, length, (b"x-request-id", named)]})
    await send({"type": "http.response.body", "body": reply})


async def _whole(got: list[Message], receive: Receive) -> bytes:
    """A body in pieces, all of which stand in ``got`` afterwards. Raises ``LongWay`` where it is too much, or not all of it."""
    size = 0
    while got[-1].get("more_body") and (size := size + len(got[-1].get("body", b""))) <= LARGEST:
        got.append(await receive())
    body = b"".join(one.get("body", b"") for one in got)
    if got[-1]["type"] != "http.request" or got[-1].get("more_body") or len(body) > LARGEST:
        raise LongWay
    return body


def _again(got: list[Message], receive: Receive) -> Receive:
    """The same messages once more, for the long way."""
    first = got[::-1]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
