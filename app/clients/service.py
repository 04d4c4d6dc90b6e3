"""Registering service clients and taking them away."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.kernel import text
from app.kernel.errors import Invalid, NotFound
from app.kernel.work import Work
from app.tools import store as tools

from . import rules, store
from .rules import Client, Created


def create_client(
    work: Work,
    name: str,
    scopes: Sequence[str],
    *,
    tool_key: str | None = None,
    gateway: bool = False,
    static: bool = False,
) -> Created:
    """Register a service client; its secret (``static``: its bearer) is answered here and never again.

    ``tool_key``: the publishing tool it speaks for; ``gateway``: it may name one in each question. Raises ``Invalid``,
    ``NotFound``.
    """
    granted = rules.parse_scopes(list(scopes))
    rules.check_registration(granted, tool=tool_key is not None, gateway=gateway)
    secret = (rules.BEARER_PREFIX if static else "") + rules.new_secret()
    values = {
        "name": _name(name), "scopes": sorted(granted), "static": static, "gateway": gateway, "redirect_uris": [],
        "tool_id": tools.tool(work.session, tool_key).id if tool_key is not None else None,
        "secret_hash": rules.digest(secret), "owner_id": work.actor.employee_id,
    }  # fmt: skip
    made = store.add(work.session, work.now, values)
    audit.record(work, "client.created", ("client", made.client_id), after=told(made))
    return Created(made.client_id, None if static else secret, secret if static else None)


def revoke_client(work: Work, client_id: str) -> Client:
    """End a client: its secret, its bearer and the tokens it holds count no more. Raises ``NotFound``."""
    found = store.find(work.session, client_id)
    if found is None or found.id is None:
        raise NotFound(f"There is no client {client_id}.")
    if found.revoked_at is not None:
        return found
    ended = store.revoke(work.session, found.id, work.now)
    audit.record(work, "client.revoked", ("client", found.client_id), before=told(found), after=told(ended))
    return ended


def leave(work: Work, owner_id: UUID) -> None:
    """Someone has left: the clients that they alone own end, and no rehire brings them back."""
    for one in store.owned(work.session, owner_id):
        revoke_client(work, one.client_id)


def _name(name: str) -> str:
    try:
        return text.line(name)
    except ValueError as error:
        raise Invalid.field("/name", "not_a_name", f"The name {error}.") from error


def told(client: Client) -> dict[str, Any]:
    """A client as the audit log tells it; never its secret, nor the digest of it."""
    names = ("name", "static", "tool_id", "gateway", "owner_id", "revoked_at")
    lists = {"scopes": sorted(client.scopes), "redirect_uris": client.redirect_uris}
    return {**lists, **{name: getattr(client, name) for name in names}}
