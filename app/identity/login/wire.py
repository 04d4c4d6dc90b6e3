"""The login page as HTML: no script, nothing from elsewhere, and what the browser is told about it."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app.identity.oauth.rules import origin
from app.identity.service import Identity

_PAGES: Final = Environment(
    loader=PackageLoader("app.identity.login"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_STYLE: Final = _PAGES.get_template("login.css").render().strip()
_STYLE_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_COOKIE_SECONDS: Final = 3600


def login_form(
    request: Request,
    identity: Identity,
    client_name: str,
    redirect_uri: str,
    *,
    alert: str | None = None,
    user: str = "",
) -> Response:
    """The page that asks for user and password; ``alert`` tells why it is here again.

    Every showing has a fresh cookie and a form token made from it, so that no other site can send the form.
    """
    nonce = secrets.token_urlsafe(32)
    page = _PAGES.get_template("login.html").render(
        style=Markup(_STYLE),  # noqa: S704 - our own file
        client_name=client_name, redirect_origin=origin(redirect_uri), notice=identity.notice, alert=alert, user=user,
        action=f"/oauth/authorize?{request.url.query}", form_token=form_token(identity, nonce),
    )  # fmt: skip
    # Chromium applies form-action to the redirect that answers a form, so the application's origin has to be in it.
    answer = HTMLResponse(page, headers=_headers(f"'self' {origin(redirect_uri)}"))
    set_cookie(answer, identity, nonce)
    return answer


def error_page(status: int, title: str, text: str) -> Response:
    """A page that says what is wrong and leads nowhere."""
    page = _PAGES.get_template("error.html").render(style=Markup(_STYLE), title=title, text=text)  # noqa: S704
    return HTMLResponse(page, status, _headers("'none'"))


def form_token(identity: Identity, nonce: str) -> str:
    """What the form must bring along with this cookie."""
    return hmac.new(identity.form_key, nonce.encode(), sha256).hexdigest()


def form_is_ours(request: Request, identity: Identity, form: Mapping[str, str]) -> bool:
    """Whether the form was filled in on a page that we gave to this very browser."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    nonce = request.cookies.get(cookie_name(identity), "")
    expected = form_token(identity, nonce)
    return bool(nonce) and hmac.compare_digest(expected.encode(), form.get("form_token", "").encode())


def cookie_name(identity: Identity) -> str:
    """Under https no other host of the domain can set a cookie of this name (RFC 6265bis 4.1.3)."""
    return "__Host-coe-login" if identity.https else "coe-login"


def drop_cookie(answer: Response, identity: Identity) -> None:
    """The login is over; what belonged to it is not used again."""
    answer.delete_cookie(cookie_name(identity), path="/", secure=identity.https, httponly=True, samesite="strict")


def set_cookie(answer: Response, identity: Identity, nonce: str) -> None:
    """What a form's token is made from, kept by the browser that the form is for."""
    answer.set_cookie(
        cookie_name(identity), nonce,
        max_age=_COOKIE_SECONDS, path="/", secure=identity.https, httponly=True, samesite="strict",
    )  # fmt: skip


def _headers(form_action: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
