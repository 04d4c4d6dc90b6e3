"""Signing in to the console and out again; and from a cookie to whoever shows it."""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.identity.service import Identity
from app.identity.signing import KeyRing
from app.kernel import tokens
from app.kernel.actor import Actor
from app.kernel.errors import Unauthenticated
from app.kernel.ids import new_id
from app.kernel.tokens import BadToken, Claims, Trust
from app.kernel.work import Work
from app.roles import service as appointments

from . import rules, store
from .rules import Session

_TYPE: Final = "coe-session+jwt"
"""No access token has this type, and no reader of access tokens takes it."""
_STARTED: Final = "auth_time"


@dataclass(frozen=True, slots=True)
class Desk:
    """What signs and reads the console's cookies, and the tokens of its forms; ``app.state.console``.

    A cookie is signed by the ring that signs access tokens, but is of another type and for another audience: it is no
    bearer, and no bearer is a cookie. ``by``: the external issuer at which people sign in; a cookie by another is none.
    """

    issuer: str
    ring: KeyRing = field(repr=False)
    form_key: bytes = field(repr=False)
    https: bool
    by: str | None = None
    trust: Trust = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make ready what reading needs."""
        trust = Trust(
            self.issuer, self.audience, ("RS256",), self.ring.public(), frozenset({_TYPE}), max_lifetime=rules.IDLE
        )
        object.__setattr__(self, "trust", trust)

    @property
    def audience(self) -> str:
        """For whom a cookie is: the console's pages, and nothing else."""
        return self.issuer + rules.HOME + (f"?by={self.by}" if self.by else "")

    @property
    def cookie(self) -> str:
        """Under https no other host of the domain can set a cookie of this name (RFC 6265bis 4.1.3)."""
        return "__Host-coe-console" if self.https else "coe-console"

    def seal(self, one: Session) -> str:
        """The cookie of a sign-in."""
        claims: dict[str, Any] = {
            "iss": self.issuer, "aud": self.audience, "sub": str(one.employee_id), "jti": str(one.id),
            "iat": int(one.seen_at.timestamp()), "exp": int(one.ends_at.timestamp()),
            _STARTED: int(one.started_at.timestamp()),
        }  # fmt: skip
        return tokens.sign(claims, self.ring.newest, _TYPE)

    def read(self, cookie: str | None, at: datetime) -> Session | None:
        """The sign-in that a cookie tells; None for one that is not ours, or too old. Nothing is asked of the database."""
        try:
            return _told(tokens.verify(cookie, self.trust, at)) if cookie else None
        except BadToken:
            return None

    def form_token(self, one: Session) -> str:
        """What each form of this sign-in brings along; no other site knows it."""
        return hmac.new(self.form_key, one.id.bytes, sha256).hexdigest()

    def is_ours(self, one: Session, form_token: str) -> bool:
        """Was the form on a page of this very sign-in?"""
        return hmac.compare_digest(self.form_token(one).encode(), form_token.encode())


def desk(identity: Identity, form_key: bytes) -> Desk:
    """The desk of an installation. ``form_key``: a key for this one purpose."""
    by = identity.external.settings.issuer if identity.external else None
    return Desk(identity.own.name, identity.own.ring, form_key, identity.https, by)


def _told(claims: Claims) -> Session:
    started = datetime.fromtimestamp(claims.raw[_STARTED], UTC)
    return Session(UUID(str(claims.token_id)), UUID(claims.subject), started, claims.issued_at)


def begin(work: Work, employee_id: UUID) -> Session:
    """Somebody has shown their password: their sign-in begins."""
    now = work.now.replace(microsecond=0)  # as a token tells times
    made = Session(new_id(), employee_id, now, now)
    store.add(work.session, made)
    return made


def end(work: Work, one: Session) -> None:
    """They have signed out: whoever has a copy of the cookie is out, too."""
    store.end(work.session, one.id, work.now)
    who = one.employee_id
    audit.record(work, "login.ended", ("login", who), after={"application": "console"}, person_id=who)


def actor(work: Work, one: Session | None) -> Actor:
    """Who shows this cookie, with what they may do at this instant; raises ``Unauthenticated``.

    Who has left is nobody, and so is who has signed out, whatever their browser still holds.
    """
    if one is None or not store.is_open(work.session, one, work.now):
        raise Unauthenticated("Please sign in.")
    person = directory.employees(work.session, [one.employee_id]).get(one.employee_id)
    if person is None or not person.employed(work.now):
        raise Unauthenticated("Please sign in.")
    return appointments.actor_for(work, person)
