"""From a request to whoever is calling: the one place where a bearer token becomes an actor."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from fastapi import Request
from sqlalchemy.orm import Session

from app.clients import rules as client_rules
from app.clients import store as clients
from app.clients.rules import Client
from app.directory import store as directory
from app.directory.rules import Employee
from app.kernel.access import NOBODY
from app.kernel.actor import Actor, ActorKind
from app.kernel.clocks import check_now
from app.kernel.errors import Unauthenticated
from app.kernel.tokens import BadToken, Claims, OutOfTime
from app.kernel.work import Work
from app.roles import rules as roles
from app.roles import service as appointments

from .oauth import store as codes
from .oauth.service import may_act
from .service import CLIENT, EMPLOYEE, PRINCIPAL, Identity, named_by

_BEARER: Final = re.compile(r"bearer ([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750 2.1
_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """Why nobody is recognised; for our own log, never for the caller."""


class _NotNow(_Refused):
    """They are known, and not with us at this instant."""


def load_actor(session: Session, request: Request, now: datetime) -> Actor:
    """Who is calling, by the one bearer token of the request, with what they may do at this instant.

    Raises ``Unauthenticated``, in the same words whatever the cause, and ``IdpUnavailable`` while the external issuer's
    keys are out of reach. Nothing is asked of the database before the token is known to be good; of one that is good in
    all but its time, or whose bearer has not come yet or has gone, it is asked whose clock is wrong, and ``ClockApart``
    raised where it is ours.
    """
    identity: Identity = request.app.state.identity
    work = Work(session, NOBODY, now)
    try:
        token = _bearer(request)
        if token.startswith(client_rules.BEARER_PREFIX):
            return _by_static_bearer(work, token)
        claims, own = identity.read(token, now)
        return _by_own_token(work, identity, claims) if own else _employee_actor(work, named_by(identity, work, claims))
    except (_Refused, BadToken) as error:
        _log.debug("token_refused", cause=str(error))
        if isinstance(error, OutOfTime | _NotNow):
            check_now(session)
        raise Unauthenticated("Send one valid access token, as: Authorization: Bearer TOKEN.") from None


def _bearer(request: Request) -> str:
    """The token of the one Authorization header. Address, body and cookies are never looked at."""
    headers = request.headers.getlist("authorization")
    found = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is None:
        raise _Refused("not one bearer token in one Authorization header")
    return found[1]


def _by_static_bearer(work: Work, bearer: str) -> Actor:
    client = clients.find_static(work.session, client_rules.digest(bearer))
    return _client_actor(work, client, client.scopes if client else frozenset())


def _by_own_token(work: Work, identity: Identity, claims: Claims) -> Actor:
    principal = claims.raw.get(PRINCIPAL)
    if principal == CLIENT:
        scopes = frozenset(roles.ClientScope(name) for name in claims.scopes & set(roles.ClientScope))
        return _client_actor(work, clients.find(work.session, claims.subject), scopes)
    if principal != EMPLOYEE or identity.external is not None:
        raise _Refused("a token of ours for people, who log in elsewhere")
    if claims.token_id is None or codes.token_ended(work.session, claims.token_id):
        raise _Refused("the token was ended")
    id_ = _own_id(claims.subject)
    return _employee_actor(work, directory.employees(work.session, [id_]).get(id_))


def _own_id(subject: str) -> UUID:
    """The id that we wrote there, in the one spelling that we write."""
    try:
        id_ = UUID(subject)
    except ValueError as error:
        raise _Refused("the subject is no id of ours") from error
    if str(id_) != subject:
        raise _Refused("the subject is no id of ours")
    return id_


def _employee_actor(work: Work, person: Employee | None) -> Actor:
    if person is None or not person.employed(work.now):
        raise _NotNow("nobody active is meant")
    return appointments.actor_for(work, person)


def _client_actor(work: Work, client: Client | None, scopes: frozenset[roles.ClientScope]) -> Actor:
    if client is None or not may_act(work, client):
        raise _NotNow("no client that may act is meant")
    return client_actor(client, scopes)


def client_actor(client: Client, scopes: frozenset[roles.ClientScope]) -> Actor:
    """A client as an actor: what it is registered for and the token asks for, the lesser of the two."""
    held = scopes & client.scopes
    names = tuple(sorted(held))
    return Actor(ActorKind.CLIENT, client.id, names, roles.client_powers(held), client.tool_id, client.gateway)
