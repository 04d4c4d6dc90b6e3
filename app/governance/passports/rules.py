"""What a posting passport says, what is believed of one, and for how long a tool must remember a revocation."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.accounts.rules import Account, AccountState
from app.governance.freezes.rules import Freeze
from app.governance.grants.rules import Grant
from app.kernel import tokens
from app.kernel.actor import Place
from app.kernel.errors import Invalid
from app.kernel.tokens import SigningKey, Trust

TYPE: Final = "posting-passport+jwt"
"""The ``typ`` of a passport (RFC 8725 3.11): no access token has it, and no access token's does a passport have."""
LIFETIME: Final = timedelta(minutes=5)
"""The most that a passport lasts, so that a revocation bites even where nobody asks for the list of them."""
WINDOW: Final = timedelta(minutes=10)
"""How far back the list of revocations reaches: twice a passport's life, for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who issues passports: under which name, beside which API (by the audience of its access tokens), with which key."""

    issuer: str
    api_audience: str
    key: SigningKey

    @property
    def audience(self) -> str:
        """For whom a passport is unless somebody says."""
        return audience_beside(self.api_audience)


@dataclass(frozen=True, slots=True)
class Passport:
    """A signed passport, and what its bearer need not read out of it."""

    token: str
    audience: str
    expires_at: datetime


class StoppedState(StrEnum):
    """How a grant came to work no more, or not for now. ``frozen``: the grant is as it was, but nothing is posted on its
    account, because of a freeze that does not exempt its holder or since the account is not active any more.
    """

    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A grant that works no more, or not for now: how, and since when."""

    grant_id: UUID
    state: StoppedState
    at: datetime


@dataclass(frozen=True, slots=True)
class Running:
    """A grant in force, and its account, as far as that may stop it. ``changed_at``: when the account last changed."""

    grant_id: UUID
    employee_id: UUID
    account_id: UUID
    place: Place
    state: AccountState
    changed_at: datetime


def frozen(running: Iterable[Running], freezes: Collection[Freeze], since: datetime, at: datetime) -> list[Stopped]:
    """Of these those on whose account nothing is posted now, if that began after ``since``: by a freeze set then, or
    by a change of the account itself, into another state or to where an older freeze holds.
    """
    found = []
    for one in running:
        stops = [each for each in freezes if each.stops(one.employee_id, one.account_id, one.place, at)]
        begun = [max(each.created_at, one.changed_at) for each in stops]
        begun += [one.changed_at] if one.state is not AccountState.ACTIVE else []
        lately = [instant for instant in begun if instant > since]
        if lately:
            found.append(Stopped(one.grant_id, StoppedState.FROZEN, min(lately)))
    return found


@dataclass(frozen=True, slots=True)
class Revocations:
    """The grants whose passports count no more although they may not have expired, as of a revision of the data."""

    generated_at: datetime
    since: datetime
    revision: int
    items: tuple[Stopped, ...]


def audience_beside(api_audience: str) -> str:
    """The audience of passports of the API whose access tokens have this one."""
    return f"{api_audience}/passport"


def check_audience(wanted: str | None, office: Office) -> str:
    """For whom a passport is to be. Raises ``Invalid`` for this API itself, which takes access tokens and nothing else."""
    if wanted == office.api_audience:
        raise Invalid.field("/audience", "not_allowed", "A passport is never for this API; leave the audience out.")
    return wanted or office.audience


def claims(grant: Grant, account: Account, parties: Mapping[str, str], revision: int, now: datetime) -> dict[str, Any]:
    """All that a passport says. ``parties``: its ``iss``, ``aud`` and ``jti``. It never outlives the grant, nor lasts
    into a pause that is written down ahead.
    """
    issued, stops = int(now.timestamp()), min(grant.valid_until, grant.pauses_at or grant.valid_until)
    ends = min(issued + int(LIFETIME.total_seconds()), int(stops.timestamp()))
    return {
        **parties, "sub": str(grant.employee_id), "iat": issued, "nbf": issued, "exp": ends, "grant_id": str(grant.id),
        "account_id": str(account.id), "network": account.network, "handle": account.handle, "right": grant.right.value,
        "revision": str(revision),
    }  # fmt: skip


def read(token: str, key_set: Mapping[str, Any], issuer: str, audience: str, now: datetime) -> Mapping[str, Any]:
    """The claims of a good passport, checked against a JWK Set alone.

    Raises ``BadToken`` for anything else, and ``BadKey`` for a key set that cannot be trusted.
    """
    keys = tokens.parse_jwks(key_set)
    trust = Trust(issuer, audience, ("RS256",), keys, types=frozenset({TYPE}), max_lifetime=LIFETIME)
    return tokens.verify(token, trust, now).raw
