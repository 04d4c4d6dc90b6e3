"""The one call for it to the external issuer: its token endpoint (RFC 6749 4.1.3)."""

from base64 import b64encode
from urllib.parse import quote_plus

from app.identity.external.rules import Application
from app.identity.external.store import CannotFetch, fetch


def redeem(application: Application, redirect_uri: str, code: str, verifier: str) -> str:
    """The access token for a code. Raises ``CannotFetch``, for our log, for anything but one bearer token."""
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
    }  # fmt: skip
    headers = {}
    if application.secret is None:
        form["client_id"] = application.client_id
    else:
        headers["Authorization"] = _basic(application.client_id, application.secret)
    told = fetch(application.token_url, form, headers)
    token, kind = told.get("access_token"), told.get("token_type")
    if not isinstance(token, str) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise CannotFetch("no bearer token in the answer")
    return token


def _basic(name: str, secret: str) -> str:
    """RFC 6749 2.3.1: both are form-encoded first."""
    pair = f"{quote_plus(name)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"
