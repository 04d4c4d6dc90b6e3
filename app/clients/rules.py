"""What a registered client is: a service with a secret or a long-lived bearer, or an application people log in to."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from app.kernel.errors import Invalid
from app.roles.rules import ClientScope

SWAGGER: Final = "swagger"
"""The client id of our own documentation page."""
BEARER_PREFIX: Final = "coe_"
"""Begins every long-lived bearer, so that it is never taken for a JWT and a leaked one can be searched for."""

_LOOPBACK: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. Without a secret it is public (RFC 6749 2.1) and can only let people log in, with PKCE.

    ``static``: the secret is itself the bearer. ``redirect_uris``: where a login may return to, compared exactly.
    """

    client_id: str
    name: str
    id: UUID | None = None
    secret_hash: str | None = None
    static: bool = False
    scopes: frozenset[ClientScope] = frozenset()
    tool_id: UUID | None = None
    gateway: bool = False
    owner_id: UUID | None = None
    redirect_uris: tuple[str, ...] = ()
    revoked_at: datetime | None = None

    @property
    def public(self) -> bool:
        """It holds no secret."""
        return self.secret_hash is None

    def knows(self, secret: str) -> bool:
        """Is this its secret? A static client has none to show here: its bearer is used as it is."""
        if self.secret_hash is None or self.static or self.revoked_at is not None:
            return False
        return hmac.compare_digest(self.secret_hash, digest(secret))


@dataclass(frozen=True, slots=True)
class Created:
    """A new client, and the one time its secret is shown: ``secret``, or ``bearer`` if it is static."""

    client_id: str
    secret: str | None = None
    bearer: str | None = None


def swagger(public_url: str) -> Client:
    """Our own documentation page: public, returning to ``/docs/oauth2-redirect`` and nowhere else."""
    uris = tuple(f"{base}/docs/oauth2-redirect" for base in _spellings(public_url))
    return Client(SWAGGER, "The API documentation (Swagger UI)", redirect_uris=uris)


def _spellings(public_url: str) -> list[str]:
    """On loopback the page is opened under either of two names of the same machine."""
    parts = urlsplit(public_url)
    if parts.hostname not in _LOOPBACK:
        return [public_url]
    port = f":{parts.port}" if parts.port else ""
    return [parts._replace(netloc=host + port).geturl() for host in _LOOPBACK]


def new_secret() -> str:
    """256 random bits; with so many no slow hash is needed to keep them."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How a secret is kept."""
    return sha256(secret.encode()).hexdigest()


def check_registration(scopes: frozenset[ClientScope], *, tool: bool, gateway: bool) -> None:
    """A service client needs something to be allowed, and speaks for one tool or for many. Raises ``Invalid``."""
    if not scopes:
        raise Invalid.field("/scopes", "missing", f"Name at least one scope of: {', '.join(sorted(ClientScope))}.")
    if tool and gateway:
        raise Invalid.field("/gateway", "tool_and_gateway", "A client is one tool, or a gateway for many; not both.")


def parse_scopes(names: list[str]) -> frozenset[ClientScope]:
    """The scopes of these names. Raises ``Invalid``."""
    unknown = sorted(set(names) - set(ClientScope))
    if unknown:
        known = ", ".join(sorted(ClientScope))
        raise Invalid.field("/scopes", "unknown_scope", f"There is no scope {unknown[0]!r}; there are: {known}.")
    return frozenset(ClientScope(name) for name in names)
