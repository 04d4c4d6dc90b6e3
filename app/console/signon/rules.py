"""Signing in to the console at an external issuer: what is asked there, and which answer belongs to it.

The authorization code grant (RFC 6749 4.1) with PKCE (RFC 7636), as RFC 9700 2.1.1 wants it. What the issuer gives for the
code is an access token for us, and is read as that of any caller: there is one way to be recognised.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from app.identity.external.rules import Application

LASTS: Final = timedelta(minutes=10)
"""So long somebody may be away: to type a password, and to find a second factor."""


class NotSignedIn(Exception):
    """What came back signs nobody in; the text says why in words for whoever is in front of the browser."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser that was sent to the issuer has to bring back (``state``), and what proves that it was this one
    (``verifier``, RFC 7636 4.1). ``back``: the page that was asked for."""

    state: str
    verifier: str
    back: str


def errand(back: str) -> Errand:
    """A new one; nobody can guess it."""
    return Errand(secrets.token_urlsafe(32), secrets.token_urlsafe(48), back)


def away(application: Application, redirect_uri: str, one: Errand) -> str:
    """Where the browser is sent; what the endpoint's address asks for already stays in it (RFC 6749 3.1)."""
    uri: str = prepare_grant_uri(
        application.authorize_url, application.client_id, "code", redirect_uri, application.scope, one.state,
        code_challenge=create_s256_code_challenge(one.verifier), code_challenge_method="S256",
    )  # fmt: skip
    return uri


def code_of(answer: Mapping[str, str], one: Errand, issuer: str) -> str:
    """The code that the issuer gave for this errand. Raises ``NotSignedIn``.

    Another issuer's answer is refused (RFC 9207 2.4), and so is one that this browser has not asked for.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), one.state.encode()):
        raise NotSignedIn("This is the answer to another sign-in. Please try once more.")
    if answer.get("iss", issuer) != issuer:
        raise NotSignedIn("Another issuer has answered than was asked. Nobody was signed in.")
    if answer.get("error") == "access_denied":
        raise NotSignedIn("You were not let in there, or did not agree.")
    if "error" in answer or not answer.get("code"):
        raise NotSignedIn(
            "The sign-in failed there. Please try once more; if it goes on so, tell whoever runs this service."
        )
    return answer["code"]
