"""SCIM 2.0 over HTTP (RFC 7644), for HR systems and identity providers."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kernel.access import House, Replay, allow_inside, house, work_for, work_of
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Unavailable
from app.kernel.rates import Rate
from app.kernel.work import Work

from .service import Handler, Storage

if TYPE_CHECKING:
    from scim2_server.requests import ScimRequest
    from scim2_server.responses import ScimResponse

    from .service import Spoken

PREFIX = "/scim/v2"
MEDIA_TYPE = "application/scim+json"
_MAKING = Lock()
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


# Not in the OpenAPI document: a SCIM client reads the standard's own description, at /Schemas and /ResourceTypes, and what
# stands there is no problem document. docs/scim.md is for people.
router = APIRouter(prefix=PREFIX, route_class=StandardRoute, include_in_schema=False)


def spelled(document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """One of our refusals as a SCIM error."""
    status = document["status"]
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": document["detail"],
    }
    if status == 400:
        body["scimType"] = "invalidSyntax"
    return JSONResponse(body, status, dict(headers), media_type=MEDIA_TYPE)


def _service(request: Request) -> "Spoken":
    """The protocol, made when it is first spoken: the library's models take as long to make as all the rest to start."""
    state = request.app.state
    with _MAKING:
        if state.scim is None:
            from .documents.wire import PROVIDER
            from .service import Spoken

            state.scim = Spoken(PROVIDER, secret=state.cursor_key)
    made: Spoken = state.scim
    return made


def _response(made: "ScimResponse") -> Response:
    headers = {name: value for name, value in made.headers.items() if name.lower() != "content-type"}
    headers.setdefault("Cache-Control", "no-cache")
    if made.body is None:
        return Response(status_code=made.status, headers=headers)
    return JSONResponse(made.body, made.status, headers, media_type=MEDIA_TYPE)


def _asked(request: Request, actor: Actor) -> "ScimRequest":
    from scim2_server.requests import ScimRequest

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
    """One operation in one transaction, which ends before the answer is sent; a refusal undoes it."""
    from scim2_models import SCIMException

    service = _service(request)
    try:
        with work_for(request, lock, Rate.FEEDS, write=write) as work:
            made = request.state.reply = _response(Handler(service, Storage(work)).handle(_asked(request, work.actor)))
            work.etag = None  # a unit or an appointment that came of it has one, too; the answer's is the resource's
    except SCIMException as error:
        return _response(service.error_response(error))
    return made


def _all_of_it(request: Request, lock: Permission) -> Response:
    """Each operation commits by itself: locks are held for one person's change, and what was done stays done."""
    from scim2_models import SCIMException

    parts, service = house(request), _service(request)
    with work_for(request, lock, Rate.FEEDS, write=False) as work:
        actor, request.state.reply = work.actor, Response()
    revisions: list[int] = []
    begin = partial(_operation, parts, actor, request.state.request_id, revisions)
    try:
        made = _response(Handler(service, Storage(begin=begin)).handle(_asked(request, actor)))
    except SCIMException as error:
        return _response(service.error_response(error))
    if revisions:
        made.headers["Coe-Revision"] = str(revisions[-1])
    return made


@contextmanager
def _operation(parts: House, actor: Actor, request_id: str | None, revisions: list[int]) -> Iterator[Work]:
    def committed(revision: int) -> None:
        revisions.append(revision)
        parts.committed(revision)

    try:
        with work_of(replace(parts, committed=committed), actor, request_id) as work:
            yield work
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database does not answer at the moment. Send this operation again.") from error


_ROUTES: tuple[tuple[str, str, str, str, Callable[..., Any]], ...] = (
    ("GET", "/ServiceProviderConfig", "service_provider_config", "What this service provider can do.", _serve),
    ("GET", "/ResourceTypes", "resource_types", "The kinds of resources.", _serve),
    ("GET", "/ResourceTypes/{name}", "resource_type", "One kind of resources.", _serve),
    ("GET", "/Schemas", "schemas", "The schemas.", _serve),
    ("GET", "/Schemas/{name}", "schema", "One schema, by its URN.", _serve),
    ("POST", "/Bulk", "bulk", "Several operations in one request; each happens whole or not at all.", _bulk),
    ("GET", "/Me", "me", "Who asks, as a User (RFC 7644 3.11).", _me),
    ("GET", "", "search_root", "List and filter users and groups.", _serve),
    ("POST", "/.search", "search_root_with_body", "List and filter users and groups, asked for in a body.", _search),
)
_OF_EACH: tuple[tuple[str, str, str, str, Callable[..., Any]], ...] = (
    ("GET", "", "search", "List and filter (RFC 7644 3.4.2).", _serve),
    ("POST", "/.search", "search_with_body", "List and filter, asked for in a body (RFC 7644 3.4.3).", _search),
    (
        "POST",
        "",
        "create",
        "Create one. Somebody known to have left comes back, and nothing of what they held.",
        _serve,
    ),
    ("GET", "/{id}", "query", "Read one.", _serve),
    ("PUT", "/{id}", "replace", "State one anew (RFC 7644 3.5.1).", _serve),
    ("PATCH", "/{id}", "patch", "Change a part of one (RFC 7644 3.5.2).", _serve),
    (
        "DELETE",
        "/{id}",
        "delete",
        "Delete one; a person leaves, with all that they held, in the same transaction.",
        _serve,
    ),
)
"""The routes of RFC 7644 3.2. ``/Me`` is read only."""


def _mount() -> None:
    for method, pattern, name, says, endpoint in _ROUTES:
        _add(method, pattern, f"scim_{name}", endpoint, says)
    for kind in ("Users", "Groups"):
        for method, pattern, name, says, endpoint in _OF_EACH:
            _add(method, f"/{kind}{pattern}", f"scim_{name}_{kind.lower()}", endpoint, says)


def _add(method: str, pattern: str, name: str, endpoint: Callable[..., Any], says: str) -> None:
    router.add_api_route(
        pattern,
        endpoint,
        methods=[method],
        name=name,
        description=says,
        response_class=JSONResponse,
        response_model=None,
    )


_mount()
