"""Who we are as an issuer, whom we believe beside ourselves, and tokens made for operators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from app.audit import service as audit
from app.clients import rules as clients
from app.directory import store as directory
from app.directory.rules import Employee
from app.kernel import tokens
from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.tokens import BadToken, Claims
from app.kernel.work import Work

from . import signing
from .external import rules as external_rules
from .external import store as external_store
from .external.rules import Application, ExternalIssuer
from .external.service import External
from .signing import Issuer

TOKEN_LIFETIME: Final = timedelta(hours=1)
MAX_TTL: Final = 24 * 3600
PRINCIPAL: Final = "principal"
"""Our own claim: is ``sub`` an employee or a client (RFC 9068 5: the two kinds of name must not be confused)."""
EMPLOYEE: Final = "employee"
CLIENT: Final = "client"
OPERATOR_CLIENT: Final = "cli"


class ExternalLogin(Conflict):
    """People log in at an external issuer; the built-in login and its tokens for people are off."""

    code = "external_issuer"
    title = "People log in at the external identity provider"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything about identity that one process holds; ``app.state.identity``.

    ``own`` issues; ``external`` is the issuer that names people instead, if there is one. ``notice``: a line shown on
    the login page, as the demo's.
    """

    public_url: str
    own: Issuer
    external: External | None
    form_key: bytes = field(repr=False)
    notice: str | None = None

    @property
    def swagger(self) -> clients.Client:
        """Our own documentation page as a client."""
        return clients.swagger(self.public_url)

    @property
    def https(self) -> bool:
        """Whether the service is reached by https."""
        return self.public_url.startswith("https://")

    def read(self, token: str, now: datetime) -> tuple[Claims, bool]:
        """The claims of a signed token, and whether we issued it ourselves. Raises ``BadToken``, ``IdpUnavailable``.

        The key decides who is asked: only then is anything in the token believed.
        """
        kid = tokens.peek_kid(token)
        if kid in self.own.trust.keys:
            return tokens.verify(token, self.own.trust, now), True
        if self.external is None:
            raise BadToken("an unknown kid")
        return tokens.verify(token, self.external.trust(kid, now), now), False


class Settings(Protocol):
    """What the environment must say about identity; ``app.settings`` does."""

    @property
    def keys(self) -> Path: ...
    @property
    def public_url(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def issuer(self) -> str | None: ...
    @property
    def jwks_url(self) -> str | None: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def subject_claim(self) -> str: ...
    @property
    def subject_field(self) -> str: ...
    @property
    def authorize_url(self) -> str | None: ...
    @property
    def token_url(self) -> str | None: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def client_secret(self) -> str | None: ...
    @property
    def login_scope(self) -> str: ...


def build_identity(
    settings: Settings,
    *,
    notice: str | None = None,
    fetch: Callable[[str], Mapping[str, Any]] = external_store.fetch,
) -> Identity:
    """Put identity together; makes the signing key on the first start.

    ``issuer`` and ``jwks_url`` together name an external issuer for people. ``notice``: a line for the login page.
    Raises ``ValueError`` (``UnsafeKeys`` among them) with the name of the setting or file at fault.
    """
    public_url = settings.public_url.rstrip("/")
    external_rules.check_url("COE_PUBLIC_URL", public_url)
    own = Issuer(public_url, settings.audience, signing.key_ring(settings.keys))
    told = _external(settings, public_url)
    external = External(told, fetch) if told else None
    return Identity(public_url, own, external, signing.derived_key(settings.keys, "login-form"), notice)


def _external(settings: Settings, public_url: str) -> ExternalIssuer | None:
    if settings.issuer in (None, public_url) and settings.jwks_url is None:
        return None
    if settings.issuer is None or settings.issuer == public_url:
        raise ValueError("COE_JWKS_URL is set, so COE_ISSUER must name the external issuer.")
    if settings.jwks_url is None:
        raise ValueError("COE_ISSUER names an external issuer, so COE_JWKS_URL must say where its keys are.")
    return ExternalIssuer(
        settings.issuer,
        settings.jwks_url,
        settings.audience,
        settings.subject_claim,
        settings.subject_field,
        (settings.algorithm,),
        application=_application(settings),
    )


def _application(settings: Settings) -> Application | None:
    if settings.client_id is None or settings.authorize_url is None or settings.token_url is None:
        return None
    return Application(
        settings.client_id, settings.client_secret, settings.authorize_url, settings.token_url, settings.login_scope
    )


def issue_token(identity: Identity, work: Work, employee: str, ttl: int = 3600) -> str:
    """A bearer token in an employee's name, for operators and scripts; ``ttl`` in seconds, negative: expired already.

    Raises ``NotFound``, ``Invalid``, ``ExternalLogin``; ``Conflict`` for someone who has left. The log tells of it.
    """
    if identity.external is not None:
        raise ExternalLogin("Get the token from the external issuer; this service issues none for people.")
    if not -MAX_TTL <= ttl <= MAX_TTL:
        raise Invalid.field("/ttl", "out_of_range", f"A token lasts at most {MAX_TTL} seconds.")
    person = one_employee(work, employee)
    if not person.employed(work.now):
        raise Conflict(f"{person.display_name} is not employed at present; there is no token for them.")
    token = employee_token(identity, person, work.now, OPERATOR_CLIENT, ttl=timedelta(seconds=ttl))
    audit.record(work, "token.issued", ("employee", person.id), after={"ttl": ttl}, person_id=person.id)
    return token


def employee_token(
    identity: Identity,
    person: Employee,
    now: datetime,
    client_id: str,
    *,
    ttl: timedelta = TOKEN_LIFETIME,
    token_id: str | None = None,
) -> str:
    """An access token that says who, and nothing of what they may do: that is looked up at each request."""
    claims: dict[str, Any] = {"client_id": client_id, PRINCIPAL: EMPLOYEE}
    return identity.own.mint(str(person.id), now, ttl, claims | ({"jti": token_id} if token_id else {}))


def client_token(identity: Identity, client_id: str, now: datetime, scope: str) -> str:
    """An access token for a service client, for these scopes (space between)."""
    claims = {"client_id": client_id, PRINCIPAL: CLIENT, "scope": scope}
    return identity.own.mint(client_id, now, TOKEN_LIFETIME, claims)


def named_by(identity: Identity, work: Work, claims: Claims) -> Employee | None:
    """Who is with us and has exactly the name that the external issuer's token says; two such people are nobody."""
    settings = identity.external.settings if identity.external else None
    subject = external_rules.subject_of(claims.raw, settings.subject_claim) if settings else None
    if settings is None or subject is None:
        return None
    # Who has left may have had the same address: a record of theirs must not make somebody here a nobody.
    named = {settings.subject_field: subject, "employed": (True, work.now)}
    found = directory.page_employees(work.session, Page(limit=2), named)
    same = [one for one in found if external_rules.same_name(subject, getattr(one, settings.subject_field))]
    return same[0] if len(same) == 1 == len(found) else None


def one_employee(work: Work, text: str) -> Employee:
    """The one person this text names: HR's employee id, work e-mail, user name or our id. Raises ``NotFound``."""
    found = directory.find_employees(work.session, text)
    if len(found) != 1:
        raise NotFound(f"{'Two people are' if found else 'Nobody is'} called {text}.")
    return found[0]
