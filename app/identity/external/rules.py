"""Which issuer outside the house is believed, and for how long its keys are good."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from app.kernel.errors import Unavailable

REFRESH_AFTER: Final = timedelta(minutes=10)
"""Keys older than this are fetched again, so that one which the issuer took back soon counts no more."""
MAX_AGE: Final = timedelta(hours=6)
"""Keys older than this are not used, whether or not they can be fetched again."""
RETRY_AFTER: Final = timedelta(seconds=60)
"""Between two fetches, whatever asks for them: tokens with made-up key ids must not turn us against the issuer."""
FIELDS: Final = ("email", "employee_number", "user_name")


class IdpUnavailable(Unavailable):
    """The external issuer's keys are too old and cannot be fetched, so nobody can be recognised (never fail open)."""

    code = "idp_unavailable"
    title = "Tokens cannot be checked at the moment"


@dataclass(frozen=True, slots=True)
class Application:
    """What our console is at the issuer: a client of the authorization code grant (RFC 6749 4.1), and where it asks.

    ``secret`` None: a public client. ``scope``: what it asks for, so that the issuer answers with a token for us.
    """

    client_id: str
    secret: str | None = field(repr=False)
    authorize_url: str
    token_url: str
    scope: str


@dataclass(frozen=True, slots=True)
class ExternalIssuer:
    """An OpenID provider whose access tokens name our people.

    ``subject_claim`` of the token must equal the employee's ``subject_field``, one of ``FIELDS``. ``application``: how
    people sign in there for our console, if they do.
    """

    issuer: str
    jwks_url: str
    audience: str
    subject_claim: str = "email"
    subject_field: str = "email"
    algorithms: tuple[str, ...] = ("RS256",)
    token_types: frozenset[str] = frozenset({"at+jwt"})
    application: Application | None = None


def usable(fetched_at: datetime, now: datetime) -> bool:
    """Whether keys of this age are still to be believed."""
    return now - fetched_at < MAX_AGE


def fresh(fetched_at: datetime, now: datetime) -> bool:
    """Whether keys of this age are good without asking again."""
    return now - fetched_at < REFRESH_AFTER


def due(tried_at: datetime | None, now: datetime) -> bool:
    """Whether the issuer may be asked again."""
    return tried_at is None or now - tried_at >= RETRY_AFTER


def check(settings: ExternalIssuer) -> None:
    """Refuse what would be unsafe or could never work, by the setting's name. Raises ``ValueError``."""
    if settings.subject_field not in FIELDS:
        raise ValueError(f"COE_SUBJECT_FIELD must be one of {', '.join(FIELDS)}.")
    if not settings.subject_claim:
        raise ValueError("COE_SUBJECT_CLAIM must name a claim.")
    urls = {"COE_ISSUER": settings.issuer, "COE_JWKS_URL": settings.jwks_url}
    if settings.application is not None:
        urls["COE_AUTHORIZE_URL"] = settings.application.authorize_url
        urls["COE_TOKEN_URL"] = settings.application.token_url
    for name, url in urls.items():
        check_url(name, url)


def check_url(name: str, url: str) -> None:
    """An https address, or http on loopback. Raises ``ValueError``."""
    parts = urlsplit(url)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError(f"{name} must be an address like https://login.example/...")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ValueError(f"{name} must begin with https; http is accepted on loopback alone.")


def subject_of(claims: Mapping[str, Any], claim: str) -> str | None:
    """Who the token is about by the configured claim; None where it does not say, or says it unverified."""
    value = claims.get(claim)
    if not isinstance(value, str) or not value:
        return None
    # OpenID Connect Core 5.1: an address that nobody checked may be anyone's.
    if claim == "email" and claims.get("email_verified", True) is not True:
        return None
    return value


def same_name(claimed: str, kept: str | None) -> bool:
    """Exactly the same but for capital letters; likeness that Unicode sees in other characters does not count."""
    return kept is not None and claimed.lower() == kept.lower()
