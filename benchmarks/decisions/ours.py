"""Ours in process, as the engines of the peers: `python -m benchmarks.decisions.ours [MODULE:NAME]`, told by the environment.

With a name: what it gives for the settings decides, (employee id, ``network:handle``) -> may they publish there, now.

Without one the application of a process that only decides is called directly, a thousand questions at once: no socket and no HTTP, but
the bearer, the reading of JSON and the writing of every reason are in it. That is more than a peer has to do.
"""

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .peers.engines import Run, each, take_turns
from .peers.holdings import the_world
from .world import DISTINCT, account, batches, body, person

_PATH, _ONE = "/access/v1/evaluations", "/access/v1/evaluation"
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


async def _call(application: Application, path: str, sent: bytes) -> tuple[int, bytes]:
    """One POST; its status and its body."""
    headers = [
        (b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode()),
        (b"authorization", b"Bearer " + os.environ["COE_BENCH_BEARER"].encode()),
    ]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    status, told = 0, b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, told
        status = message.get("status", status)
        told += message.get("body", b"")

    await application(scope, receive, send)
    return status, told


async def _started(application: Application) -> None:
    """Let it begin to serve, as a server would; it is never told to stop, the process just ends."""
    ready, said = asyncio.Event(), iter([{"type": "lifespan.startup"}])

    async def receive() -> dict[str, Any]:
        for message in said:
            return message
        return await asyncio.Event().wait() and {}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] != "lifespan.startup.complete":
            raise SystemExit(f"it did not start: {message}")
        ready.set()

    task = asyncio.create_task(
        application({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    )  # type: ignore[arg-type]
    task.add_done_callback(lambda _: ready.set())
    await ready.wait()


def _running(loop: asyncio.AbstractEventLoop, application: Application) -> tuple[Run, int]:
    """What decides a list of pairs, and how many it wants at once: single calls where there is no batch yet."""
    world = the_world()
    pairs = world.questions(DISTINCT)
    many = [one.encode() for one in batches(pairs, 1_000)]
    status, answer = loop.run_until_complete(_call(application, _PATH, many[0]))
    wanted = [pair in world.in_force for pair in pairs[:1_000]]
    if status == 200:
        if [one["decision"] for one in json.loads(answer)["evaluations"]] != wanted:
            raise SystemExit("a batch was answered wrongly")
        bodies = {(person(p[0]), account(p[1])): many[n] for n, p in enumerate(pairs[::1_000])}

        def at_once(several: list[tuple[str, str]]) -> int:
            return loop.run_until_complete(_call(application, _PATH, bodies[several[0]]))[1].count(b'"decision":true')

        return at_once, 1_000

    async def singly(several: list[tuple[str, str]]) -> int:
        return sum([b'"decision":true' in (await _call(application, _ONE, ones[pair]))[1] for pair in several])

    ones = {(person(p[0]), account(p[1])): body(p).encode() for p in pairs}
    for pair, right in zip(pairs[:50], wanted, strict=False):
        if loop.run_until_complete(singly([(person(pair[0]), account(pair[1]))])) != right:
            raise SystemExit(f"{pair} was answered wrongly")
    return (lambda several: loop.run_until_complete(singly(several))), 16


def _named(name: str) -> Run:
    """The decider of this name, when it answers rightly."""
    from app.settings import load

    module, _, attribute = name.partition(":")
    decide, world = getattr(importlib.import_module(module), attribute)(load()), the_world()
    for who, where in world.questions(DISTINCT)[:300]:
        if decide(person(who), account(where)) is not ((who, where) in world.in_force):
            raise SystemExit(f"{person(who)} on {account(where)} was answered wrongly")
    return each(decide)


def main() -> int:
    """Load what decides, see that it answers rightly, and take turns."""
    began, asked = (
        time.perf_counter(),
        [(person(who), account(where)) for who, where in the_world().questions(DISTINCT)],
    )
    if len(sys.argv) > 1:
        take_turns(_named(sys.argv[1]), asked, began)
        return 0
    from app.serving import application

    loop, app = asyncio.new_event_loop(), application()
    loop.run_until_complete(_started(app))
    run, step = _running(loop, app)
    take_turns(run, asked, began, step=step, fixed=True)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # whatever threads the application keeps
