"""Which service client a bearer token speaks for, without the database: for tools that ask before every post."""

import re
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.clients import rules as clients
from app.clients.rules import Client
from app.decisions.memory.hashed import ABSENT
from app.decisions.memory.index import Index
from app.decisions.memory.instants import NEVER, micros, sure
from app.decisions.memory.world import World
from app.identity.deps import client_actor
from app.identity.service import CLIENT, PRINCIPAL, Identity
from app.kernel import tokens
from app.kernel.actor import Actor, Permission
from app.kernel.tokens import BadToken
from app.roles.rules import ClientScope

from .memo import Memo

MANY: Final = 10_000
"""So many tokens are remembered; then all of them are verified anew."""
_BEARER: Final = re.compile(rb"bearer ([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750 2.1


class Caller(NamedTuple):
    """A client that may ask about everybody. ``own_tool``: the id of the publishing tool that it speaks for.

    ``since``: when its token was looked at; ``until``: when it ends, in microseconds; ``owner``: a row of people.
    ``name``: as logs call it; ``memo``: what it has asked before.
    """

    actor: Actor
    own_tool: bytes | None
    since: int
    until: int
    owner: int
    name: bytes
    memo: Memo

    def tool(self, named: Any) -> bytes | str | None:
        """The tool that counts: the client's own; only a gateway's word about another does."""
        if not self.actor.gateway:
            return self.own_tool
        return named if type(named) is str and named else None


class Callers:
    """Tokens that were verified, each until it ends, or something that it depends on changes.

    Clients are a part of the index's ``world``: with another world all tokens are verified anew. A client's owner is a
    person: whether they are employed is looked at each time.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._known: dict[bytes, Caller] = {}
        self._world: World | None = None

    def recognise(self, header: bytes, index: Index, now: int) -> Caller | None:
        """The client that an Authorization header speaks for, if it may ask at this instant (microseconds).

        None: a person, or nobody, or somebody who may not; whoever has the database tells which.
        """
        if self._world is not index.world or len(self._known) > MANY:
            self._world = index.world
            self._known.clear()
        found = self._known.get(header)
        if found is None or now < found.since:  # the clock went back: perhaps to before the token was made
            found = self._verified(header, index, sure(now))
            if found is None:
                return None
            self._known[header] = found
        gone = found.owner != ABSENT and not index.people.employment(found.owner).employed(now)
        return None if gone or now >= found.until else found

    def _verified(self, header: bytes, index: Index, at: datetime) -> Caller | None:
        bearer = _BEARER.fullmatch(header)
        if bearer is None:
            return None
        try:
            client, scopes, until = self._read(bearer[1].decode(), index.world, at)
        except BadToken:
            return None
        actor = client_actor(client, scopes) if client is not None else None
        if client is None or actor is None or not actor.may(Permission.DECISION_EVALUATE):
            return None
        owner = index.people.row_of(client.owner_id.bytes) if client.owner_id else ABSENT
        if client.owner_id and owner == ABSENT:
            return None
        tool, name = client.tool_id.bytes if client.tool_id else None, f"{actor.kind}:{actor.id}".encode()
        return Caller(actor, tool, micros(at), until, owner, name, Memo())

    def _read(self, token: str, world: World, at: datetime) -> tuple[Client | None, frozenset[ClientScope], int]:
        """The client, the scopes that its token is for, and until when; no client: it is a person's, or a stranger's."""
        if token.startswith(clients.BEARER_PREFIX):
            client = world.clients_by_bearer.get(clients.digest(token))
            return client, client.scopes if client else frozenset(), NEVER
        trust = self._identity.own.trust
        if tokens.peek_kid(token) not in trust.keys:
            return None, frozenset(), 0
        claims = tokens.verify(token, trust, at)
        if claims.raw.get(PRINCIPAL) != CLIENT:
            return None, frozenset(), 0
        scopes = frozenset(ClientScope(name) for name in claims.scopes & set(ClientScope))
        return world.clients_by_id.get(claims.subject), scopes, micros(claims.expires_at)
