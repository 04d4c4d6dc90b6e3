"""One id and one log line for every request."""

import re
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .actor import Actor
from .ids import new_id

HEADER: Final = b"x-request-id"
CLIENT_WENT_AWAY: Final = 499
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_ECHOED = re.compile(rb"[^\x00-\x1f\x7f]+")
_log = structlog.get_logger(__name__)


def _nowhere(_path: str) -> bool:
    return False


class RequestId:
    """ASGI middleware, the outermost: names the request, says the name in the answer and in every log line.

    The caller's ``X-Request-ID`` is kept if it is harmless, else a new one is made. It stands in
    ``request.state.request_id``. The request's own log line names the route's template, never the raw path, which may
    hold names of people. ``echoed(path)``: where a standard wants the caller's own back whatever it is; what cannot be
    kept is then said in the answer only.
    """

    def __init__(self, app: ASGIApp, *, echoed: Callable[[str], bool] = _nowhere) -> None:
        self.app = app
        self.echoed = echoed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; whatever happens to it, one line is written."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _accepted(scope) or str(new_id())
        scope.setdefault("state", {}).update(request_id=request_id, arrived=monotonic())
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._run(scope, receive, send, request_id)

    async def _run(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started, status = perf_counter(), CLIENT_WENT_AWAY
        said = (_sent(scope, _ECHOED) if self.echoed(scope["path"]) else None) or request_id.encode()

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != HEADER]
                message = {**message, "headers": [*others, (HEADER, said)]}
            await send(message)

        try:
            await self.app(scope, receive, send_named)
        except Exception:
            status = 500
            raise
        finally:
            _log.info("request", **_told(scope, status), duration_ms=round((perf_counter() - started) * 1000, 2))


def _accepted(scope: Scope) -> str | None:
    sent = _sent(scope, _ACCEPTED)
    return sent.decode() if sent else None


def _sent(scope: Scope, form: re.Pattern[bytes]) -> bytes | None:
    """The caller's own id, if there is one and it is of this form."""
    values: list[bytes] = [value for name, value in scope["headers"] if name == HEADER]
    return values[0] if len(values) == 1 and form.fullmatch(values[0]) else None


def accepted(name: bytes) -> bool:
    """Is this a name for a request that is harmless wherever it is repeated?"""
    return _ACCEPTED.fullmatch(name) is not None


def _told(scope: Scope, status: int) -> dict[str, Any]:
    told: dict[str, Any] = {"method": scope["method"], "route": route_template(scope), "status": status}
    actor = scope["state"].get("actor")
    if isinstance(actor, Actor):
        told["actor"] = f"{actor.kind}:{actor.id}" if actor.id else str(actor.kind)
    return told


def route_template(scope: Scope) -> str | None:
    """The path as its route declares it, as ``/v1/grants/{grant_id}``; None when no route was met."""
    # A router that is included under a prefix keeps its own short path; the whole one is in FastAPI's context.
    context = scope.get("fastapi", {}).get("effective_route_context")
    path: str | None = getattr(context or scope.get("route"), "path", None)
    return path
