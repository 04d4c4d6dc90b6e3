"""A process that dies at an exact line (trust.md, K02): SIGUSR1 makes it read at which, and when.

The file holds ``point:count``, for instance ``commit:after:3``: it ends as kill -9 would end it, without another word, when
it comes to that point for the third time from then on.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LINES = ("begin", "audit", "commit", "answer", "send", "mark")
POINTS = tuple(f"{what}:{when}" for what in _LINES for when in ("before", "after"))
_KILLED = 137
_left: dict[str, int] = {}


def come(point: str) -> None:
    """The process is at this point now."""
    if point in _left:
        _left[point] -= 1
        if _left[point] <= 0:
            os._exit(_KILLED)


def arm(path: str) -> None:
    """Be ready to be told."""

    def told(*_: object) -> None:
        order = Path(path).read_text(encoding="utf-8").rpartition(":")
        _left.clear()
        _left[order[0]] = int(order[2])

    signal.signal(signal.SIGUSR1, told)
    _begin()
    _audit()
    _commit()
    _answer()
    _send()


def _begin() -> None:
    from sqlalchemy import Engine, event

    def begun(connection: Any) -> None:
        come("begin:before")
        connection.info["campaign_begun"] = True

    def executed(connection: Any, *_: object) -> None:
        if connection.info.pop("campaign_begun", False):  # BEGIN goes with the first statement
            come("begin:after")

    event.listen(Engine, "begin", begun)
    event.listen(Engine, "after_cursor_execute", executed)


def _audit() -> None:
    from app.audit import store

    real = store.append

    def append(session: Any, *sealed: Any) -> None:
        come("audit:before")
        real(session, *sealed)
        session.connection().info["campaign_sealed"] = True
        come("audit:after")

    store.append = append


def _commit() -> None:
    """Of transactions that changed something."""
    from sqlalchemy.engine.default import DefaultDialect

    real = DefaultDialect.do_commit

    def do_commit(self: Any, connection: Any) -> None:
        sealed = connection.info.pop("campaign_sealed", False)
        if sealed:
            come("commit:before")
        real(self, connection)
        if sealed:
            come("commit:after")

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _answer() -> None:
    """Of requests that changed something: after the commit, and when the answer is out."""
    from app import main

    committed: Callable[..., None] = main._committed
    real = main.Service.__call__

    def told(app: Any, revision: int) -> None:
        committed(app, revision)
        come("answer:before")

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        changed = False

        async def sent(message: Any) -> None:
            nonlocal changed
            if message["type"] == "http.response.start":
                changed = any(name.lower() == b"coe-revision" for name, _ in message.get("headers", ()))
            await send(message)
            if changed and message["type"] == "http.response.body" and not message.get("more_body"):
                come("answer:after")

        await real(self, scope, receive, sent)

    main._committed = told
    main.Service.__call__ = call  # type: ignore[method-assign]


def _send() -> None:
    """Of messages to webhooks: the call, and the mark that tells what came of it."""
    from app.webhooks.sending import store, worker

    worker.send = _around("send", worker.send)
    store.mark = _around("mark", store.mark)


def _around(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def done(*told: Any) -> Any:
        come(f"{what}:before")
        answer = real(*told)
        come(f"{what}:after")
        return answer

    return done
