"""The console's door: signing in by the same passwords, under the same throttle, as the built-in login; and signing out."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from app.console.frame import wire as frame
from app.console.frame.api import Form, router
from app.console.frame.rules import SENTENCES, Told
from app.identity.external.rules import ExternalIssuer
from app.identity.login import service as login
from app.identity.login import wire as login_wire
from app.identity.login.api import FEW, opened
from app.identity.login.service import Admitted, Refused, Throttled
from app.identity.oauth.rules import Pairs
from app.identity.oauth.wire import read_form
from app.identity.service import Identity
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.work import Work

from . import rules, service, wire
from .service import Desk

door = APIRouter(prefix=rules.HOME, include_in_schema=False)
parts = router()
_WRONG: Final = "The user or the password is not right."


@door.get("/login")
def sign_in_page(request: Request, next: str | None = None, told: str | None = None) -> Response:
    """The page that asks who you are."""
    said = SENTENCES[Told.SIGNED_OUT] if told == Told.SIGNED_OUT else None
    return _page(request, rules.way_back(next), said=said)


@door.post("/login", dependencies=[FEW])
def sign_in(request: Request, form: Annotated[Pairs, Depends(read_form)]) -> Response:
    """User and password from the page; answered with the cookie and the page that was asked for."""
    identity: Identity = request.app.state.identity
    fields = dict(form)
    back = rules.way_back(fields.get("next"))
    if identity.external is not None:
        return _page(request, back)
    if not login_wire.form_is_ours(request, identity, fields):
        return _page(request, back, 403, alert="The page was too old. Please try once more.")
    return _signed_in(request, fields, back)


def _signed_in(request: Request, fields: dict[str, str], back: str) -> Response:
    host = request.client.host if request.client else None
    user = fields.get("user", "").strip()
    outcome = login.log_in(opened(request, write=True), user, fields.get("password", ""), host, "console")
    match outcome:
        case Refused():
            return _page(request, back, 403, alert=_WRONG, user=user)
        case Throttled(seconds):
            answer = _page(request, back, 429, alert="Too many tries. Please wait a while.", user=user)
            answer.headers["Retry-After"] = str(seconds)
            return answer
        case Admitted(employee_id):
            with opened(request, write=True)() as work:
                made = service.begin(work, employee_id)
            answer = frame.go(back)
            wire.set_cookie(answer, request.app.state.console, made)
            login_wire.drop_cookie(answer, request.app.state.identity)
            return answer


def elsewhere(
    external: ExternalIssuer, back: str, status: int = 200, *, alert: str | None = None, said: str | None = None
) -> Response:
    """The page that says where people sign in, and leads there if the console is known there."""
    out = rules.way_out(back) if external.application else None
    return frame.plain("elsewhere.html", status, issuer=external.issuer, out=out, alert=alert, said=said)


def _page(
    request: Request, back: str, status: int = 200, *, alert: str | None = None, said: str | None = None, user: str = ""
) -> Response:
    identity: Identity = request.app.state.identity
    if identity.external is not None:
        return elsewhere(identity.external.settings, back, status, alert=alert, said=said)
    nonce = secrets.token_urlsafe(32)
    answer = frame.plain(
        "login.html", status, back=back, alert=alert, said=said, user=user[:200], notice=identity.notice,
        form_token=login_wire.form_token(identity, nonce),
    )  # fmt: skip
    login_wire.set_cookie(answer, identity, nonce)
    return answer


@parts.post("/logout")
def sign_out(
    request: Request, form: Annotated[Form, frame.FORM], work: Annotated[Work, allow(Permission.ME_READ)]
) -> Response:
    """Sign out, everywhere where this sign-in's cookie may have got to."""
    desk: Desk = request.app.state.console
    service.end(work, request.state.session)
    answer = frame.go(f"{rules.HOME}/login", Told.SIGNED_OUT)
    wire.drop_cookie(answer, desk)
    return answer
