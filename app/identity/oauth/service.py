"""The authorization server: authlib knows the grammar of RFC 6749 and RFC 7636, this module what it is about here.

authlib asks for its own names (``get_client_id``, ``check_grant_type`` ...), so a client is shown to it in a wrapping.
One server is made for each request, around its unit of work; nothing is shared between requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from app.audit import service as audit
from app.clients import rules as client_rules
from app.clients import store as clients
from app.clients.rules import Client
from app.directory import store as directory
from app.directory.rules import Employee
from app.identity.service import TOKEN_LIFETIME, Identity, client_token, employee_token
from app.kernel.ids import new_id
from app.kernel.work import Work

from . import rules, store
from .rules import BadAuthorization, Code

_HTTPS_IN_NAME: Final = "https://authorization.server/"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a client showed who it is: a secret in the Authorization header or in the body, or none (RFC 6749 2.3)."""

    client_id: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the authorization server says: a status, JSON members or nothing, and headers."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Request(OAuth2Request):  # type: ignore[misc]
    """A request as authlib reads it."""

    def __init__(self, method: str, parameters: Mapping[str, str], credentials: Credentials | None = None) -> None:
        # authlib insists on https by the address it is given. Behind a proxy, or on loopback, that of the request does
        # not begin so; that the public address does is checked when the service starts.
        super().__init__(method, _HTTPS_IN_NAME)
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.credentials = credentials

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters in the body."""
        members: Mapping[str, str] = self.payload.data
        return members


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A client as authlib asks about it."""

    client: Client

    def get_client_id(self) -> str:
        return self.client.client_id

    def get_default_redirect_uri(self) -> None:
        """There is none: it must be named."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return None if scope else ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.client.redirect_uris

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.client.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "authorization_code":
            return bool(self.client.redirect_uris)
        return grant_type == "client_credentials" and not self.client.public


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization code grant (RFC 6749 4.1), for people who have just shown their password."""

    server: "Server"

    def save_authorization_code(self, code: str, request: Request) -> None:
        work, parameters = self.server.work, request.payload
        expires_at = work.now + rules.CODE_LIFETIME
        values = {
            "code_hash": client_rules.digest(code), "client_id": request.client.get_client_id(),
            "employee_id": request.user, "redirect_uri": parameters.redirect_uri,
            "code_challenge": parameters.data["code_challenge"], "expires_at": expires_at, "kept_until": expires_at,
        }  # fmt: skip
        store.add(work.session, work.now, values)

    def query_authorization_code(self, code: str, client: _Wrapped) -> Code | None:
        work = self.server.work
        found = store.lock(work.session, client_rules.digest(code), client.get_client_id())
        if found is not None and found.used_at is not None:
            self.server.end_token(found)
            return None
        return found if found is not None and work.now < found.expires_at else None

    def authenticate_user(self, authorization_code: Code) -> Employee | None:
        return self.server.active(authorization_code.employee_id)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It is kept, marked: only so can a second use be told from a made-up code."""
        work = self.server.work
        store.use(work.session, authorization_code.id, work.now, self.server.token_id, work.now + TOKEN_LIFETIME)


class _S256(CodeChallenge):  # type: ignore[misc]
    """PKCE, with no way around it."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class Server(AuthorizationServer):  # type: ignore[misc]
    """The authorization server of one request."""

    def __init__(self, identity: Identity, work: Work) -> None:
        super().__init__()
        self.identity = identity
        self.work = work
        self.token_id = str(new_id())
        if identity.external is None:
            self.register_grant(_CodeGrant, [_S256(required=True)])
        self.register_grant(ClientCredentialsGrant)
        self.register_token_generator("default", self._token)

    def query_client(self, client_id: str) -> _Wrapped | None:
        """The registered client of this id that may still act."""
        found = find_client(self.identity, self.work, client_id)
        return _Wrapped(found) if found else None

    def authenticate_client(self, request: Request, methods: Any, endpoint: str = "token") -> _Wrapped:  # noqa: ARG002
        """Who is asking at the token endpoint. Of all ways to fail none can be told from another."""
        shown = request.credentials
        found = self.query_client(shown.client_id) if shown else None
        if shown is not None and found is not None:
            if found.client.public and shown.secret is None and request.payload.grant_type == "authorization_code":
                return found
            if shown.secret is not None and found.client.knows(shown.secret):
                return found
        raise InvalidClientError(status_code=401, description="The client is unknown or its secret is wrong.")

    def active(self, employee_id: UUID) -> Employee | None:
        """The person, unless they have left since."""
        person = directory.employees(self.work.session, [employee_id]).get(employee_id)
        return person if person is not None and person.employed(self.work.now) else None

    def end_token(self, code: Code) -> None:
        """A code came twice: one of the two was a thief, so what it gave ends (RFC 6749 4.1.2)."""
        store.end_token(self.work.session, code.id, self.work.now)
        told = {"client_id": code.client_id, "token_id": code.token_id}
        reason = "its authorization code was shown again"
        subject = ("employee", code.employee_id)
        audit.record(self.work, "token.ended", subject, after=told, reason=reason, person_id=code.employee_id)

    def validate_requested_scope(self, scope: str | None) -> None:
        """Whether a service client may have it is looked at where its token is made."""

    def save_token(self, token: Mapping[str, Any], request: Request) -> None:
        """Nothing is kept: the token itself says everything."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Request) -> Request:
        """The request itself: the routes make it in authlib's form already (see ``Request``)."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        """The answer of authlib as ours: 303, never a status that would post the password on (RFC 9700 4.12)."""
        named = dict(headers)
        if "Location" not in named:
            return Answer(status, body, named)
        # RFC 9207 2: the application can tell which issuer has answered.
        location = add_params_to_uri(named["Location"], [("iss", self.identity.own.name)])
        return Answer(303, {}, {"Location": location})

    def _token(
        self, *, client: _Wrapped, user: Employee | None = None, scope: str | None = None, **_: Any
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": int(TOKEN_LIFETIME.total_seconds())}
        now, client_id = self.work.now, client.get_client_id()
        if user is not None:
            return answer | {
                "access_token": employee_token(self.identity, user, now, client_id, token_id=self.token_id)
            }
        granted = _granted(client.client, scope)
        return answer | {"access_token": client_token(self.identity, client_id, now, granted), "scope": granted}


def _granted(client: Client, asked: str | None) -> str:
    """The scopes of a service client's token: those asked for, which must be its own; all of them if none is named."""
    names = set(asked.split()) if asked else set(client.scopes)
    if not names or not names <= client.scopes:
        raise InvalidScopeError("The client is not registered for a scope that it asks for.")
    return " ".join(sorted(names))


def find_client(identity: Identity, work: Work, client_id: str) -> Client | None:
    """A client by its id, the built-in one among them; None for one that was revoked or whose owner has left."""
    if client_id == client_rules.SWAGGER:
        return identity.swagger
    found = clients.find(work.session, client_id)
    return found if found is not None and may_act(work, found) else None


def may_act(work: Work, client: Client) -> bool:
    """Not revoked, and its owner, if it has one, still with us."""
    if client.revoked_at is not None:
        return False
    if client.owner_id is None:
        return True
    owner = directory.employees(work.session, [client.owner_id]).get(client.owner_id)
    return owner is not None and owner.employed(work.now)


def check_authorization(identity: Identity, work: Work, pairs: rules.Pairs) -> tuple[Client, dict[str, str]]:
    """The client that asks for a login, and the request's parameters. Raises ``BadAuthorization``.

    Whatever is wrong here is told on our own page: an address that is not registered is never gone to (RFC 9700 4.11).
    """
    parameters = rules.known_parameters(pairs)
    client = find_client(identity, work, parameters.get("client_id", ""))
    if client is None:
        raise BadAuthorization("There is no such application (client_id).")
    rules.check_redirect(parameters.get("redirect_uri"), client.redirect_uris)
    if parameters.get("response_type") == "code":
        rules.check_challenge(parameters)
    return client, parameters


def refusal(identity: Identity, work: Work, parameters: Mapping[str, str]) -> Answer | None:
    """Where to send a browser whose request the application must hear is wrong; None when a login may begin."""
    server = Server(identity, work)
    request = Request("GET", parameters)
    try:
        server.get_consent_grant(request)
    except OAuth2Error as error:
        answer: Answer = server.handle_error_response(request, error)
        return answer
    return None


def authorize(identity: Identity, work: Work, parameters: Mapping[str, str], employee_id: UUID) -> Answer:
    """The person has logged in: give the application its code."""
    server = Server(identity, work)
    request = Request("POST", parameters)
    answer: Answer = server.create_authorization_response(request, employee_id, server.get_authorization_grant(request))
    return answer


def exchange(identity: Identity, work: Work, parameters: Mapping[str, str], credentials: Credentials | None) -> Answer:
    """A code or a client's credentials for an access token; errors are answers, too (RFC 6749 5.2)."""
    answer: Answer = Server(identity, work).create_token_response(Request("POST", parameters, credentials))
    return answer
