"""How OAuth requests arrive and answers leave: forms, Basic credentials, JSON of RFC 6749 5."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from . import rules
from .service import Answer, Credentials

FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MAX_FIELDS = 50


class OAuthError(BaseModel):
    """A refusal in the form of RFC 6749 5.2."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str | None = None


class Token(BaseModel):
    """An access token (RFC 6749 5.1)."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds.", examples=[3600])
    scope: str | None = Field(default=None, description="A service client's scopes, space between.")


class BadForm(Exception):
    """The body is no form; the text says why and quotes nothing of it."""


async def read_form(request: Request) -> rules.Pairs:
    """The pairs of a form body. Never raises: a form that cannot be read is told by ``request.state.bad_form``."""
    request.state.bad_form = None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM:
        request.state.bad_form = f"The body must be {FORM}."
        return ()
    try:
        return parse(await request.body())
    except BadForm as error:
        request.state.bad_form = str(error)
        return ()


def parse(raw: bytes) -> rules.Pairs:
    """The pairs of a form. Raises ``BadForm``."""
    try:
        text = raw.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise BadForm("The form cannot be read.") from error


def credentials(request: Request, form: dict[str, str]) -> Credentials | None:
    """Who the client says it is: by HTTP Basic or in the body, not both (RFC 6749 2.3). Raises ``BadForm``."""
    headers = request.headers.getlist("authorization")
    if not headers:
        client_id = form.get("client_id")
        return Credentials(client_id, form.get("client_secret")) if client_id else None
    if len(headers) > 1 or "client_secret" in form:
        raise BadForm("The client shows its credentials in more than one way.")
    shown = _basic(headers[0])
    if shown is not None and form.get("client_id", shown.client_id) != shown.client_id:
        raise BadForm("The client names itself twice, and not alike.")
    return shown


def _basic(header: str) -> Credentials | None:
    """HTTP Basic (RFC 7617), both parts form-encoded before (RFC 6749 2.3.1); None for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return Credentials(unquote_plus(name), unquote_plus(secret)) if colon else None


def error(code: str, description: str, status: int = 400) -> Response:
    """A refusal of our own in the form of RFC 6749 5.2."""
    return JSONResponse({"error": code, "error_description": description}, status, NO_STORE)


def render(answer: Answer) -> Response:
    """The authorization server's answer on the wire; nothing of it may be stored (RFC 6749 5.1)."""
    headers = {**NO_STORE, **{name: value for name, value in answer.headers.items() if name != "Content-Type"}}
    if "Location" in headers:
        return Response(status_code=answer.status, headers=headers)
    body: Any = dict(answer.body)
    return JSONResponse(body, answer.status, headers)
