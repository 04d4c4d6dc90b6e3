"""From the issuer's answer to somebody who has signed in, or to the reason why nobody has."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from app.console.sessions import rules as session_rules
from app.console.sessions import service as sessions
from app.console.sessions.rules import Session
from app.console.sessions.service import Desk
from app.identity.external.rules import Application, IdpUnavailable
from app.identity.external.store import CannotFetch
from app.identity.login import service as login
from app.identity.service import Identity, named_by
from app.kernel import tokens
from app.kernel.tokens import BadToken, Claims, Trust
from app.kernel.work import Work

from . import rules, store
from .rules import Errand, NotSignedIn

BACK: Final = f"{session_rules.HOME}/login/back"
"""Where the issuer sends the browser; registered there below the public address."""
_TYPE: Final = "coe-errand+jwt"
_log = structlog.get_logger(__name__)
Redeem = Callable[[Application, str, str, str], str]


@dataclass(frozen=True, slots=True)
class Gate:
    """How people sign in at the external issuer for the console; ``app.state.gate``. ``redeem``: asks for the token."""

    identity: Identity
    desk: Desk
    redeem: Redeem = store.redeem

    @property
    def application(self) -> Application | None:
        """What we are there; None where nobody signs in so."""
        return self.identity.external.settings.application if self.identity.external else None

    @property
    def issuer(self) -> str:
        """Who is believed."""
        return self.identity.external.settings.issuer if self.identity.external else ""

    @property
    def redirect_uri(self) -> str:
        """As it is registered at the issuer."""
        return self.identity.public_url + BACK

    @property
    def cookie(self) -> str:
        """Of whoever is away. It comes back from another site, so it is not a strict one."""
        return "__Host-coe-away" if self.desk.https else "coe-away"

    @property
    def _trust(self) -> Trust:
        return Trust(
            self.desk.issuer, self.redirect_uri, ("RS256",), self.desk.ring.public(), frozenset({_TYPE}),
            max_lifetime=rules.LASTS,
        )  # fmt: skip

    def seal(self, one: Errand, now: datetime) -> str:
        """What the browser keeps while it is away."""
        at = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.desk.issuer, "aud": self.redirect_uri, "sub": "errand", "jti": one.state, "iat": at,
            "exp": at + int(rules.LASTS.total_seconds()), "verifier": one.verifier, "back": one.back,
        }  # fmt: skip
        return tokens.sign(claims, self.desk.ring.newest, _TYPE)

    def read(self, cookie: str | None, now: datetime) -> Errand | None:
        """What it was sent for; None for what is not ours, or too old."""
        try:
            told = tokens.verify(cookie, self._trust, now) if cookie else None
        except BadToken:
            return None
        return Errand(str(told.token_id), told.raw["verifier"], told.raw["back"]) if told else None


def signed_in(
    gate: Gate,
    open_work: Callable[[], AbstractContextManager[Work]],
    answer: Mapping[str, str],
    one: Errand | None,
    now: datetime,
) -> Session:
    """Whose sign-in begins by the issuer's answer. Raises ``NotSignedIn``; the log tells of a person who is none of ours.

    No transaction is open while the issuer is asked.
    """
    if one is None:
        raise NotSignedIn("It took too long, or began in another browser. Please try once more.")
    claims = _claims(gate, rules.code_of(answer, one, gate.issuer), one, now)
    with open_work() as work:
        person = named_by(gate.identity, work, claims)
        begun = sessions.begin(work, person.id) if person else None
        login.tell(work, "login.accepted" if person else "login.refused", person, "console")
    if begun is None:
        raise NotSignedIn("You have signed in there as somebody who does not work here, as far as this service knows.")
    return begun


def _claims(gate: Gate, code: str, one: Errand, now: datetime) -> Claims:
    """What the access token says that the issuer gives for a code; one of our own names nobody here."""
    if gate.application is None:
        raise NotSignedIn("Nobody signs in so.")
    try:
        token = gate.redeem(gate.application, gate.redirect_uri, code, one.verifier)
        claims, own = gate.identity.read(token, now)
    except (CannotFetch, BadToken, IdpUnavailable) as error:
        raise _useless(str(error)) from error
    if own:
        raise _useless("a token of ours")
    return claims


def _useless(cause: str) -> NotSignedIn:
    _log.warning("sign_on_refused", cause=cause)
    return NotSignedIn("What the issuer gave for it cannot be used. Please try once more.")
