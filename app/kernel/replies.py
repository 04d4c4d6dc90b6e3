"""Answers kept for 24 hours under the caller's Idempotency-Key, written in the transaction of their effect.

The row is claimed before the work begins: of two calls with one key, the second waits for the first to end, and then
either replays its answer or, if it failed, does the work itself.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from .actor import Actor, ActorKind
from .database import Base
from .errors import Conflict, Invalid, MalformedRequest

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 255
SHOWN = "already shown"
"""What a secret reads when the answer that showed it is repeated."""


class KeyReused(Invalid):
    """The same key came with another request: one of the two is a mistake of the caller."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class KeyInUse(Conflict):
    """Nothing of the second call was done: it may be sent again, unchanged and under the same key."""

    code = "idempotency_key_in_use"
    title = "The first request with this Idempotency-Key has not ended yet"


class Reply(Base):
    """A caller's claim of a key. ``status``, ``headers`` (JSON) and ``body`` are null until the work has its answer."""

    __tablename__ = "idempotent_reply"

    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The row under which the answer will be kept."""

    principal: str
    key: str


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


def principal_of(actor: Actor) -> str:
    """A key is the caller's own: another caller's equal key is another key."""
    return f"{actor.kind}:{actor.id or UUID(int=0)}"


def principal_of_employee(id_: UUID) -> str:
    """The same, of somebody by their id."""
    return f"{ActorKind.EMPLOYEE}:{id_}"


def claim(session: Session, actor: Actor, key: str, print_: str, now: datetime) -> Claim | Stored:
    """Claim the key, or give the answer it had. Raises ``KeyReused``, ``KeyInUse``, ``MalformedRequest``."""
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise MalformedRequest(f"An Idempotency-Key is 1 to {MAX_KEY} printable characters.")
    principal = principal_of(actor)
    forget(session, now)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"principal": principal, "key": key, "fingerprint": print_, "created_at": now}
    fresh = session.execute(insert(Reply).values(**values).on_conflict_do_nothing().returning(Reply.key)).first()
    if fresh is not None:
        return Claim(principal, key)
    row = session.execute(select(Reply).where(Reply.principal == principal, Reply.key == key)).scalar_one_or_none()
    if row is None or row.status is None:
        raise KeyInUse("Try again in a moment.", members={"retry_after": 1})
    if row.fingerprint != print_:
        raise KeyReused("Use a fresh key for a new request; the same key only to repeat the same request.")
    return Stored(row.status, json.loads(row.headers or "{}"), (row.body or "").encode())


def forget(session: Session, now: datetime) -> int:
    """Delete the answers that were kept long enough; answers how many there were."""
    done: Any = session.execute(delete(Reply).where(Reply.created_at <= now - KEPT_FOR))
    return int(done.rowcount)


def without(body: bytes, once: Collection[str]) -> bytes:
    """An answer as it is kept: members that are shown but once (a secret) say that they were."""
    return json.dumps({**json.loads(body), **dict.fromkeys(once, SHOWN)}).encode() if once else body


def keep(session: Session, claimed: Claim, stored: Stored) -> None:
    """Write the answer beside its effect."""
    session.execute(
        update(Reply)
        .where(Reply.principal == claimed.principal, Reply.key == claimed.key)
        .values(status=stored.status, headers=json.dumps(stored.headers), body=stored.body.decode())
    )
