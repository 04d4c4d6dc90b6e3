"""The routes of the console: by cookie instead of bearer, by form instead of JSON, and with pages for refusals."""

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BeforeValidator, Field
from sqlalchemy.orm import Session as Database

from app.console.sessions import rules as session_rules
from app.console.sessions import service as sessions
from app.console.sessions import wire as session_wire
from app.console.sessions.service import Desk
from app.identity.oauth.wire import BadForm, parse
from app.identity.service import Identity
from app.kernel.access import NOBODY, READS, Route, house
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, MalformedRequest, Unauthenticated
from app.kernel.pages import Page
from app.kernel.wire import In
from app.kernel.work import Work

from . import wire
from .rules import Told

PREFIX: Final = session_rules.HOME
_HEADER_OF: Final[Mapping[str, bytes]] = {"key": b"idempotency-key", "match": b"if-match"}


class ForeignForm(Forbidden):
    """A form came that is on no page of this sign-in: another site sent it, or it is from before the last sign-in."""

    code = "foreign_form"
    title = "This form is not from a page of yours"


class Form(In):
    """What every form brings along: the token of the sign-in, a key that makes a second click harmless, and the version
    of what was seen."""

    form_token: str
    key: str
    match: str | None = None


def _blank(value: Any) -> Any:
    return None if value == "" else value


Blank: Final = BeforeValidator(_blank)
"""A field of a form that was left empty says nothing."""


def bound(page: Page, work: Work, filters: Mapping[str, Any]) -> Page:
    """A page whose cursor is bound to its caller and to what is really looked for: a form also sends what was left empty."""
    said = sorted((name, str(value)) for name, value in filters.items() if value is not None)
    return replace(page, binding=json.dumps([json.loads(page.binding)[0], page.sort, said, str(work.me)]))


def _told(told: Told | None = None) -> None:
    """What was just done; the page's frame tells it."""


class ConsoleRoute(Route):
    """A page, or what the form of a page is sent to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A handler that knows who has signed in from the cookie, and sends whoever has not to do so.

        A form is refused with ``ForeignForm`` unless it is from a page of this very sign-in. Its ``key`` and ``match``
        do what Idempotency-Key and If-Match do for callers of the API.
        """
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            writes = request.method not in READS
            fields = await _fields(request) if writes else {}
            desk: Desk = request.app.state.console
            now = house(request).clock()
            found = desk.read(request.cookies.get(desk.cookie), now)
            request.state.session, request.state.shown = found, f"console {found.id if found else ''}"
            try:
                if writes:
                    _check(request, desk, fields.get("form_token", ""))
                reply = await handler(request)
            except Unauthenticated:
                return _to_sign_in(request)
            later = found.renewed(now) if found else None
            if later is not None and not session_wire.cookie_is_set(reply, desk):
                session_wire.set_cookie(reply, desk, later)
            return reply

        return handle


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form. What the API is told in headers is made headers, before anybody has read them."""
    try:
        fields = dict(parse(await request.body()))
    except BadForm as error:
        raise MalformedRequest(str(error)) from None
    more = [(name, fields[field].encode()) for field, name in _HEADER_OF.items() if fields.get(field)]
    request.scope["headers"] = [*request.scope["headers"], *more]
    return fields


def _check(request: Request, desk: Desk, form_token: str) -> None:
    """Is the form ours? Asked of the browser, which names the page's origin, and of the token, which only our pages hold."""
    if request.state.session is None:
        raise Unauthenticated("Please sign in.")
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    identity: Identity = request.app.state.identity
    known = {urlsplit(identity.public_url).netloc, request.headers.get("host")}
    if site != "same-origin" or (origin is not None and urlsplit(origin).netloc not in known):
        raise ForeignForm("It was sent by another site. Nothing was done.")
    if not desk.is_ours(request.state.session, form_token):
        raise ForeignForm("The page is from before you signed in. Go back, load it again, and try once more.")


def _to_sign_in(request: Request) -> Response:
    """Where to sign in, and back to the page that was asked for; a form that was sent is not sent again."""
    path = quote(request.scope["path"], safe="/:@") + (f"?{request.url.query}" if request.url.query else "")
    if request.method in READS and request.headers.get("sec-fetch-site") == "cross-site":
        # A link on another site led here, so that a strict cookie was not sent along: from a page of ours it will be.
        return wire.plain("onward.html", path=path)
    back = ""
    if request.method in READS and request.scope["path"] != PREFIX:
        back = f"?next={quote(path, safe='/')}"
    return Response(status_code=303, headers={"Location": f"{PREFIX}/login{back}", "Cache-Control": "no-store"})


def by_cookie(request: Request) -> bool:
    """Is this one of the console's own routes? Nowhere else is a cookie looked at."""
    return hasattr(getattr(request, "state", None), "session")


def load_actor(database: Database, request: Request, now: Any) -> Actor:
    """Who has signed in, with what they may do at this instant. Raises ``Unauthenticated``.

    Where people log in at an issuer of their company's nobody has, unless the console is known there.
    """
    external = request.app.state.identity.external
    closed = external is not None and external.settings.application is None
    return sessions.actor(Work(database, NOBODY, now), None if closed else request.state.session)


def router() -> APIRouter:
    """A part of the console; its pages stand in no contract."""
    return APIRouter(prefix=PREFIX, route_class=ConsoleRoute, include_in_schema=False, dependencies=[Depends(_told)])


def spelled(document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """One of our refusals as a page, with every reason and what can be done about it."""
    kept = {name: value for name, value in headers.items() if name.lower() != "www-authenticate"}
    return wire.plain("refused.html", document["status"], kept, problem={"reasons": (), "errors": (), **document})


Text = Annotated[str | None, Blank]
Words = Annotated[Annotated[str, Field(max_length=200)] | None, Blank]
"""A line of somebody's, or what is looked for."""
