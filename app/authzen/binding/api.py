"""The standard's HTTPS binding (AuthZEN 1.0, 10.1): what it asks of every request, whatever the request is about."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import anyio
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from app.audit import service as audit
from app.authzen.rules import least_revision
from app.kernel.access import Route, house
from app.kernel.errors import MalformedRequest
from app.kernel.strict_json import parse
from app.kernel.work import Work

from .rules import malformed

WAIT, PAUSE = 1.0, 0.05
"""Seconds that a request waits for the revision it asks for, and between two looks."""


class StandardRoute(Route):
    """The standard wants 400 for what is missing, of a wrong type or no JSON at all, and for any other media type."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with refused input spelled as the standard has it, once the revision asked for is there."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            raw, said = await request.body(), None
            if raw:  # without a body where there is to be one, the framework says so
                said = parse(raw, lenient=True)  # the framework's own parser takes NaN, which is no JSON
                if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                    raise MalformedRequest("Send the body as application/json.")
            request.state.at_least = least_revision(said)
            if request.state.at_least:
                await _caught_up(request)
            try:
                return await handler(request)
            except RequestValidationError as error:
                raise malformed(error.errors(), error.body) from error

        return handle


def at_least(request: Request) -> int:
    """The revision that the answer is to reflect."""
    asked: int = request.state.at_least
    return asked


AtLeast = Annotated[int, Depends(at_least)]


async def _caught_up(request: Request) -> None:
    """Wait until the database holds that revision, but not for long; whether it does then, the answer says."""
    # Ahead of the request's own transaction: one that began too early never sees it, and holds a connection meanwhile.
    with anyio.move_on_after(WAIT):
        while await run_in_threadpool(_newest, request) < request.state.at_least:  # noqa: ASYNC110 - others write it
            await anyio.sleep(PAUSE)


def _newest(request: Request) -> int:
    parts = house(request)
    now = parts.clock()
    with parts.reads.begin() as session:
        actor = parts.load_actor(session, request, now)  # nobody unknown keeps us waiting
        return audit.revision(Work(session, actor, now))
