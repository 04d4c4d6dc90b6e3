"""Swagger UI, self-hosted and without a single request to anywhere else; and the finish of the OpenAPI document."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import iter_route_contexts
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.types import Scope

from app.kernel.access import READS, Allow, AllowUrgent, AllowWork, Route
from app.kernel.errors import Forbidden, Invalid, InvalidCursor, MalformedRequest, PreconditionFailed, Unauthenticated
from app.kernel.problems import responses
from app.kernel.rates import TooManyRequests
from app.kernel.replies import KeyInUse, KeyReused

from .rules import Door, Refusals, fill, finish, render_markdown

__all__ = ["files", "install", "render_markdown", "router"]

SWAGGER_UI: Final = "swagger-ui-5.35.0"
_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE.parent / "static"

# Nothing inline, nothing from elsewhere; Swagger UI's style sheet carries small pictures as data URLs.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_REFUSALS: Final = Refusals(
    permission=responses(Forbidden),
    counted=responses(TooManyRequests),
    strict=responses(Invalid),
    cursor=responses(InvalidCursor),
    key=responses(MalformedRequest, KeyReused, KeyInUse),
    if_match=responses(MalformedRequest, PreconditionFailed),
    unauthenticated=Unauthenticated.code,
)
_pages = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined)


class _Files(StaticFiles):
    """A folder named after a version never changes; anything else is asked for again, and mostly answered with 304."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = path.startswith(f"{SWAGGER_UI}/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


router = APIRouter(include_in_schema=False)
files = _Files(directory=STATIC)


@router.get("/docs")
async def swagger_ui(request: Request) -> HTMLResponse:
    """Swagger UI with a word of welcome."""
    app = request.app
    home = urlsplit(_public_url(app))
    away = "" if home.netloc == request.url.netloc else f"{home.geturl()}/docs"
    named = {"title": app.title, "version": app.version}
    return _page("docs.html", **named, demo=app.state.docs_demo, people_log_in=_people_log_in(app), login_at=away)


@router.get("/docs/oauth2-redirect")
async def oauth2_redirect() -> HTMLResponse:
    """Where a login comes back to: hands the code to the window that asked for it (its own script checks the state)."""
    return _page("oauth2-redirect.html")


def _page(template: str, **values: object) -> HTMLResponse:
    text = _pages.get_template(template).render(swagger_ui=SWAGGER_UI, **values)
    return HTMLResponse(text, headers=_PAGE_HEADERS)


def install(app: FastAPI, examples: Mapping[str, str]) -> None:
    """Finish the OpenAPI document of the application: locks, common headers, refusals, examples.

    ``examples``: values that exist in the database served, see ``rules.fill``; empty: the document is the same for all.
    Called after ``problems.install`` and once every router is there.
    """
    generate = app.openapi
    app.state.docs_demo = bool(examples)

    @cache
    def openapi() -> dict[str, Any]:
        people = _people_log_in(app)
        document = finish(generate(), doors(app), _REFUSALS, public_url=_public_url(app), people_log_in=people)
        return fill(document, examples)

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend the document


def _people_log_in(app: FastAPI) -> bool:
    """Whether people log in here, and not at an identity provider of the company."""
    return app.state.identity.external is None


def _public_url(app: FastAPI) -> str:
    """Where a login begins and comes back to, compared exactly: another spelling of this host will not do."""
    return str(app.state.identity.public_url)


def doors(app: FastAPI) -> dict[tuple[str, str], Door]:
    """The lock of every operation, by path and lower-case method, as its dependencies state it."""
    found: dict[tuple[str, str], Door] = {}
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if isinstance(dependant, Dependant) and context.path_format:
            strict = isinstance(context.original_route, Route)
            for method in context.methods or ():
                found[context.path_format, method.lower()] = _door(dependant, method, strict=strict)
    return found


def _door(dependant: Dependant, method: str, *, strict: bool) -> Door:
    lock = next(_locks(dependant), None)
    permission = lock.permission if lock else None
    writes = isinstance(lock, AllowWork | AllowUrgent) and method not in READS
    return Door(permission, writes, strict, counted=permission is not None and not isinstance(lock, AllowUrgent))


def _locks(dependant: Dependant) -> Iterator[Allow]:
    for one in dependant.dependencies:
        if isinstance(one.call, Allow):
            yield one.call
        yield from _locks(one)
