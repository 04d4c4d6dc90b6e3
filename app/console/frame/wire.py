"""Pages: HTML from templates, escaped throughout, with what a browser is told about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Form as FormBody
from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.console.sessions.service import Desk
from app.kernel.ids import new_id
from app.kernel.wire import format_instant, parse_instant
from app.kernel.work import Work

from . import rules, service
from .rules import Told

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing inline, nothing from elsewhere, and no script at all."""
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" a browser would not say where a form comes from (Fetch, 3.2), and that is looked at.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FORM: Final = FormBody()
"""Says of a route's model that it is read from a form."""
_PAGES: Final = Environment(
    loader=PackageLoader("app.console.frame"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@pass_context
def _when(context: Context, told: datetime | str | None, how: str = "minute") -> Markup:
    """An instant in the reader's time, and as programs read it; ``how``: to the ``minute`` or to the ``day``."""
    if told is None:
        return Markup("&ndash;")
    at = parse_instant(told)
    there = at.astimezone(ZoneInfo(context["timezone"]))
    day = f"{there.day} {there:%b %Y}"
    text = day if how == "day" else f"{day}, {there:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(format_instant(at), text)


def _lines(text: str | None) -> Markup:
    """Several lines of somebody's words, each on its own."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())


_PAGES.filters |= {"when": _when, "words": rules.words, "lines": _lines}
_PAGES.globals |= {"fresh_key": new_id, "sentences": rules.SENTENCES}


def page(request: Request, work: Work, template: str, **values: Any) -> HTMLResponse:
    """A page for whoever has signed in; ``values`` are what its template speaks of."""
    desk: Desk = request.app.state.console
    reader = service.reader(work)
    path = request.scope["path"]
    work.etag = None  # what is shown is more than one resource
    frame = {
        "reader": reader, "timezone": reader.timezone, "may": work.actor.holds, "parts": rules.parts_for(work.actor),
        "part": rules.part_of(path), "told": request.query_params.get("told"), "now": work.now,
        "form_token": desk.form_token(request.state.session), "query": _query,
    }  # fmt: skip
    return HTMLResponse(_PAGES.get_template(template).render(**frame, **values), headers=HEADERS)


def plain(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> HTMLResponse:
    """A page for whoever is there: to sign in, or to be told what was wrong."""
    text = _PAGES.get_template(template).render(timezone="UTC", **values)
    return HTMLResponse(text, status, {**(headers or {}), **HEADERS})


def go(path: str, told: Told | None = None, part: str = "") -> Response:
    """On to another page after a form was sent: 303, so that going back sends nothing twice (RFC 9110 15.4.4)."""
    query = f"?{urlencode({'told': told.value})}" if told else ""
    return Response(status_code=303, headers={"Location": f"{path}{query}{part}", "Cache-Control": "no-store"})


def _query(**values: Any) -> str:
    """The end of an address: what is set of these."""
    said = {name: str(value) for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(said)}" if said else ""
