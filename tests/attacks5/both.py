"""Asking both ways: past the routes from memory, and through them. Whatever is sent, the answers are to be the same."""

import asyncio
import json

from app.clients import service as clients
from tests.shadow import shortened, undated

EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
ASKED = {
    "subject": {"type": "employee", "id": "asker"},
    "action": {"name": "publish"},
    "resource": {"type": "account", "id": "x:acme"},
}


def opened(world):
    """A world with a right in it, a client that asks about everybody, and the short way open; counts who takes it."""
    world.acme = world.account("acme")
    world.switch("boss", "decentralized")
    world.clock.turn(seconds=1)
    world.ask("asker", world.acme)
    world.clock.turn(seconds=1)
    with world.work() as work:
        world.bearer = clients.create_client(work, "Tool", ["decisions"], static=True).bearer
        world.gateway = clients.create_client(work, "Gateway", ["decisions"], gateway=True, static=True).bearer
    shortened(world)
    world.direct, world.taken = world.app.direct, 0
    given = world.direct.answer

    def counted(scope, body):
        reply = given(scope, body)
        world.taken += 1
        return reply

    world.direct.answer = counted
    return world


def messages(*parts):
    """A body in parts, as a server hands it on."""
    *begun, last = parts
    return [*({"type": "http.request", "body": one, "more_body": True} for one in begun),
            {"type": "http.request", "body": last, "more_body": False}]  # fmt: skip


def sent(world, headers, received, *, path=EVALUATION, method="POST", **scope):
    """One request as plain ASGI; answers (status, headers, body). No answer at all: (None, {}, b"")."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), **scope,
    }  # fmt: skip
    told = []

    async def run():
        left = list(received)

        async def receive():
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message):
            told.append(message)

        await world.app(scope, receive, send)

    asyncio.run(run())
    if not told:
        return None, {}, b""
    return told[0]["status"], dict(told[0]["headers"]), b"".join(one.get("body", b"") for one in told[1:])


def headers(world, *more, bearer=None, kind=b"application/json"):
    """What a tool sends."""
    own = [(b"authorization", b"Bearer " + (bearer or world.bearer).encode())]
    return [*own, *([(b"content-type", kind)] if kind else []), *more]


def same(world, body, given=None, received=None, **more):
    """Ask both ways; answers the status and the body of both. Raises ``AssertionError`` where they differ."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = headers(world) if given is None else given
    received = messages(raw) if received is None else received
    short = sent(world, given, received, **more)
    again = sent(world, given, received, **more)
    world.app.direct = None
    try:
        routed = sent(world, given, received, **more)
    finally:
        world.app.direct = world.direct
    assert comparable(short) == comparable(again) == comparable(routed)
    return routed[0], json.loads(routed[2]) if routed[2] else None


def comparable(answer):
    """An answer without what names the request, the revision, which only one's own writes raise in between, and when an
    offer was made: the short way shows it again for a minute.
    """
    status, fields, body = answer
    said = json.loads(body) if body else None
    if isinstance(said, dict):
        said.pop("instance", None)
        said.pop("request_id", None)
        undated(said)
    return status, fields.get(b"content-type"), said
