"""SCIM 2.0 over HTTP (RFC 7644), for HR systems and identity providers."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from scim2_models import Error
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.routing import ROUTES, Operation
from scim2_server.service import ScimService
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kernel.access import House, Replay, allow_inside, house, work_for
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Unavailable
from app.kernel.tags import Tag
from app.kernel.work import Work

from .service import Handler, Storage

PREFIX = "/scim/v2"
_FEEDS = CapacityLimiter(8)
"""Feeds have threads of their own, and few: however much HR sends, a freeze or a decision does not wait for one."""


class StandardRoute(APIRoute):
    """A route whose refusals are SCIM errors (RFC 7644 3.12), and whose transaction sees the finished reply."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler; what the standard does not define of a request is ignored."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.body = await request.body()
            try:
                request.state.reply = await handler(request)
            except Replay as replay:
                stored = replay.stored
                return Response(stored.body, stored.status, {**stored.headers, "Idempotency-Replayed": "true"})
            reply: Response = request.state.reply
            return reply

        return handle


router = APIRouter(prefix=PREFIX, route_class=StandardRoute, tags=[Tag.HR])


def spelled(document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """One of our refusals as a SCIM error."""
    status = document["status"]
    body = {"schemas": [str(Error.__schema__)], "status": str(status), "detail": document["detail"]}
    if status == 400:
        body["scimType"] = "invalidSyntax"
    return JSONResponse(body, status, dict(headers), media_type=SCIM_MEDIA_TYPE)


async def on_scim_error(request: Request, error: Exception) -> Response:
    """The standard's own refusals; whatever the transaction had done is undone by now."""
    return _response(_service(request).error_response(error))


def _service(request: Request) -> ScimService:
    built: ScimService = request.app.state.scim
    return built


def _response(made: ScimResponse) -> Response:
    headers = {name: value for name, value in made.headers.items() if name.lower() != "content-type"}
    headers.setdefault("Cache-Control", "no-cache")
    if made.body is None:
        return Response(status_code=made.status, headers=headers)
    return JSONResponse(made.body, made.status, headers, media_type=SCIM_MEDIA_TYPE)


def _asked(request: Request, actor: Actor) -> ScimRequest:
    return ScimRequest(
        method=request.method,
        base_url=f"{request.app.state.public_url}{PREFIX}",
        path=request.url.path.removeprefix(PREFIX) or "/",
        query=dict(request.query_params),
        headers=list(request.headers.items()),
        body=request.state.body,
        subject=actor,
    )


_SYNC = Permission.DIRECTORY_SYNC


async def _serve(request: Request, lock: Annotated[Permission, allow_inside(_SYNC)]) -> Response:
    return await to_thread.run_sync(_answered, request, lock, request.method != "GET", limiter=_FEEDS)


async def _search(request: Request, lock: Annotated[Permission, allow_inside(_SYNC, reads=True)]) -> Response:
    return await to_thread.run_sync(_answered, request, lock, False, limiter=_FEEDS)


async def _me(request: Request, lock: Annotated[Permission, allow_inside(Permission.ME_READ)]) -> Response:
    return await to_thread.run_sync(_answered, request, lock, False, limiter=_FEEDS)


async def _bulk(request: Request, lock: Annotated[Permission, allow_inside(_SYNC)]) -> Response:
    return await to_thread.run_sync(_all_of_it, request, lock, limiter=_FEEDS)


def _answered(request: Request, lock: Permission, write: bool) -> Response:
    """One operation in one transaction, which ends before the answer is sent."""
    with work_for(request, lock, write=write) as work:
        handler = Handler(_service(request), Storage(work))
        made = request.state.reply = _response(handler.handle(_asked(request, work.actor)))
        work.etag = None  # a unit or an appointment that came of it has one, too; the answer's is the resource's
    return made


def _all_of_it(request: Request, lock: Permission) -> Response:
    """Each operation commits by itself: locks are held for one person's change, and what was done stays done."""
    parts = house(request)
    with work_for(request, lock, write=False) as work:
        actor, request.state.reply = work.actor, Response()
    revisions: list[int] = []
    begin = partial(_operation, parts, actor, request.state.request_id, revisions)
    made = _response(Handler(_service(request), Storage(begin=begin)).handle(_asked(request, actor)))
    if revisions:
        made.headers["Coe-Revision"] = str(revisions[-1])
    return made


@contextmanager
def _operation(parts: House, actor: Actor, request_id: str | None, revisions: list[int]) -> Iterator[Work]:
    try:
        with parts.writes.begin() as session:
            work = Work(session, actor, parts.clock(), request_id)
            yield work
            revision = parts.seal(work)
        revisions += [revision] if revision is not None else []
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database does not answer at the moment. Send this operation again.") from error


_SAYS = {
    Operation.create: "Create a resource. Somebody known to have left comes back, and nothing of what they held.",
    Operation.query: "One resource.",
    Operation.replace: "State a resource anew.",
    Operation.patch: "Change a part of a resource (RFC 7644 3.5.2).",
    Operation.delete: "Delete a resource; a person leaves, in the same transaction with all that they held.",
    Operation.search: "List and filter.",
    Operation.search_with_body: "List and filter, asked for in a body.",
    Operation.bulk: "Several operations in one request; each happens whole or not at all.",
    Operation.service_provider_config: "What this service provider can do.",
    Operation.resource_types: "The kinds of resources.",
    Operation.resource_type: "One kind of resources.",
    Operation.schemas: "The schemas.",
    Operation.schema: "One schema.",
}
_ENDPOINTS = {Operation.bulk: _bulk, Operation.search_with_body: _search}


def _mount() -> None:
    """Every route of the standard, each resource type's by its own name; ``/Me`` is read only."""
    for route in ROUTES:
        if route.pattern == "/Me":
            if route.method == "GET":
                _add(route.method, route.pattern, "scim_me", _me, "Who asks, as a User (RFC 7644 3.11).")
            continue
        names = ("Users", "Groups") if "{endpoint}" in route.pattern else ("",)
        for name in names:
            pattern = route.pattern.replace("{endpoint}", name).replace("{resource_id}", "{id}" if name else "{name}")
            endpoint = _ENDPOINTS.get(route.operation, _serve)
            title = "_".join(filter(None, ("scim", route.name, name.lower())))
            _add(route.method, pattern, title, endpoint, _SAYS[route.operation])


def _add(method: str, pattern: str, name: str, endpoint: Callable[..., Any], says: str) -> None:
    router.add_api_route(
        "" if pattern == "/" else pattern,
        endpoint,
        methods=[method],
        name=name,
        summary=says.split(".", maxsplit=1)[0],
        description=says,
        response_class=JSONResponse,
        response_model=None,
    )


_mount()
