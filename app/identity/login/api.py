"""The login page: the authorization endpoint of RFC 6749 3.1."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from app.clients.rules import Client
from app.identity.oauth import rules as oauth_rules
from app.identity.oauth import service as oauth
from app.identity.oauth.wire import read_form
from app.identity.oauth.wire import render as render_oauth
from app.identity.service import Identity
from app.kernel.access import NOBODY, house, work_of
from app.kernel.work import Work

from . import service, wire
from .service import Refused, Throttled

router = APIRouter(include_in_schema=False)
_MAX_FIELDS = 50
_WRONG = "The user or the password is not right."


def _one_of_few() -> Iterator[None]:
    yield


# A password costs time and memory to check: a rush of logins waits here, and leaves the threads to everybody else.
FEW = Depends(_one_of_few, scope="function", max_concurrency=4)


@router.get("/oauth/authorize", summary="The login page")
def login_page(request: Request) -> Response:
    """The page that asks who you are, for an application that wants to know."""
    return _asked(request, lambda identity, client, parameters: _form(request, identity, client, parameters))


@router.post("/oauth/authorize", dependencies=[FEW], summary="Log in")
def log_in(request: Request, form: Annotated[oauth_rules.Pairs, Depends(read_form)]) -> Response:
    """User and password from the page; answered with a redirect to the application, or the page again."""
    fields = dict(form)

    def answer(identity: Identity, client: Client, parameters: dict[str, str]) -> Response:
        if not wire.form_is_ours(request, identity, fields):
            return _form(request, identity, client, parameters, 403, "The page was too old. Please try once more.")
        return _logged_in(request, identity, client, parameters, fields)

    return _asked(request, answer)


def _asked(request: Request, answer: Callable[[Identity, Client, dict[str, str]], Response]) -> Response:
    """Check what the application asks for, and only then go on."""
    identity: Identity = request.app.state.identity
    if identity.external is not None:
        text = "People log in at the identity provider of the company, not here."
        return wire.error_page(404, "There is no login here", text)
    try:
        with opened(request, write=False)() as work:
            client, parameters = oauth.check_authorization(identity, work, _query(request))
            refusal = oauth.refusal(identity, work, parameters)
    except oauth_rules.BadAuthorization as error:
        return wire.error_page(400, "This login cannot begin", str(error))
    return answer(identity, client, parameters) if refusal is None else render_oauth(refusal)


def _logged_in(
    request: Request, identity: Identity, client: Client, parameters: dict[str, str], fields: dict[str, str]
) -> Response:
    host = request.client.host if request.client else None
    user = fields.get("user", "").strip()
    outcome = service.log_in(opened(request, write=True), user, fields.get("password", ""), host, client.client_id)
    if isinstance(outcome, Refused):
        return _form(request, identity, client, parameters, 403, _WRONG, user)
    if isinstance(outcome, Throttled):
        answer = _form(request, identity, client, parameters, 429, "Too many tries. Please wait a while.", user)
        answer.headers["Retry-After"] = str(outcome.seconds)
        return answer
    with opened(request, write=True)() as work:
        given = oauth.authorize(identity, work, parameters, outcome.employee_id)
    answer = render_oauth(given)
    wire.drop_cookie(answer, identity)
    return answer


def _form(
    request: Request,
    identity: Identity,
    client: Client,
    parameters: dict[str, str],
    status: int = 200,
    alert: str | None = None,
    user: str = "",
) -> Response:
    page = wire.login_form(request, identity, client.name, parameters["redirect_uri"], alert=alert, user=user[:200])
    page.status_code = status
    return page


def _query(request: Request) -> oauth_rules.Pairs:
    try:
        text = request.scope["query_string"].decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise oauth_rules.BadAuthorization("The address cannot be read.") from error


def opened(request: Request, *, write: bool) -> Callable[[], AbstractContextManager[Work]]:
    """What opens a transaction of nobody's, as long as it is not known who is there; several, one after the other."""
    return partial(work_of, house(request), NOBODY, request.state.request_id, write=write)
