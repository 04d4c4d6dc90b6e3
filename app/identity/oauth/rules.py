"""What may be asked at the authorization and the token endpoint, before any library looks at it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

CODE_LIFETIME: Final = timedelta(seconds=60)
"""RFC 6749 4.1.2 allows ten minutes; a browser needs one second."""

Pairs = Sequence[tuple[str, str]]

_PARAMETERS: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip
_VISIBLE: Final = re.compile(r"[\x20-\x7e]{1,2000}")  # RFC 6749 Appendix A: every parameter is made of these
_QUOTABLE: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")  # what an error description may hold (RFC 6749 5.2)
_S256: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code as it is kept: what it was given for, and what became of it."""

    id: UUID
    client_id: str
    employee_id: UUID
    redirect_uri: str
    code_challenge: str
    expires_at: datetime
    used_at: datetime | None
    token_id: str | None

    # The names by which the OAuth library asks.
    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Tokens for people carry none: their roles decide."""
        return ""


class BadAuthorization(Exception):
    """A request for a login that must be answered on our own page; the text is for the developer who sent it."""


def repeated(pairs: Pairs) -> str | None:
    """A parameter that is there twice, which RFC 6749 3.1 and 3.2 forbid; None if there is none."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name if _QUOTABLE.fullmatch(name) else "a parameter"
        seen.add(name)
    return None


def known_parameters(pairs: Pairs) -> dict[str, str]:
    """The parameters of an authorization request (RFC 6749 4.1.1, 7636 4.3); unknown and empty ones are ignored.

    Raises ``BadAuthorization`` for one that is there twice, or is written with what no parameter may hold.
    """
    known = [(name, value) for name, value in pairs if name in _PARAMETERS and value]
    twice = repeated(known)
    if twice is not None:
        raise BadAuthorization(f"The parameter {twice} is there twice.")
    for name, value in known:
        if not _VISIBLE.fullmatch(value) or (name != "state" and not _QUOTABLE.fullmatch(value)):
            raise BadAuthorization(f"The parameter {name} holds characters that it may not.")
    return dict(known)


def check_redirect(redirect_uri: str | None, registered: Sequence[str]) -> None:
    """Exactly one of those registered (RFC 9700 2.1): no prefix, no other port, nothing added. Raises otherwise."""
    if redirect_uri is None or redirect_uri not in registered:
        raise BadAuthorization("The redirect_uri is not one that is registered for this application.")


def check_challenge(parameters: dict[str, str]) -> None:
    """PKCE with S256 (RFC 7636, RFC 9700 2.1.1), always. Raises ``BadAuthorization``."""
    if parameters.get("code_challenge_method") != "S256":
        raise BadAuthorization("A code_challenge with code_challenge_method=S256 is needed (PKCE, RFC 7636).")
    if not _S256.fullmatch(parameters.get("code_challenge", "")):
        raise BadAuthorization("The code_challenge is not the SHA-256 of a verifier (RFC 7636 4.2).")


def origin(uri: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
