"""The audit log's encoding: what exactly is hashed, so that an outsider can compute it again.

Version 1. The hash of an event is the SHA-256 of its fields, each as an 8-byte big-endian length followed by its UTF-8
bytes (a missing field: the length 2**64-1 and nothing after it), in the order of ``Event``, the hash itself left out.
Length prefixes keep ``a|b, c`` and ``a, b|c`` apart. ``actor``, ``before``, ``after`` and ``reason`` are hashed as the
JSON text that is stored. A personal value stands there as ``{"$sha256": digest}``, where the digest is
SHA-256(length-prefixed salt, length-prefixed JSON text of the value); salt and value stand in a table of their own and
can be erased without breaking the chain.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.kernel.work import Personal, Record

ENCODING = 1
GENESIS = "0" * 64
DIGEST = "$sha256"
_MISSING = b"\xff" * 8


@dataclass(frozen=True, slots=True)
class Event:
    """One sealed event, every member as it is stored and hashed."""

    encoding: int
    seq: int
    at: str
    actor: str
    on_behalf_of: str | None
    action: str
    subject_kind: str
    subject_id: str
    reason: str | None
    before: str | None
    after: str | None
    request_id: str | None
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """The erasable half of an event: where it stands, whose it is, its salt (hex) and its JSON text."""

    seq: int
    field: str
    person_id: UUID | None
    salt: str
    value: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a change, and in which roles, frozen at that instant."""

    kind: str
    id: UUID | None
    roles: Sequence[str]


def text_of(value: Any) -> str:
    """Canonical JSON text: sorted keys, no spaces, Unicode as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    return str(value)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(parts: Iterable[str | None]) -> str:
    """SHA-256 over length-prefixed parts, in hex."""
    hasher = hashlib.sha256()
    for part in parts:
        data = None if part is None else part.encode()
        hasher.update(_MISSING if data is None else len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()


def hash_of(event: Event) -> str:
    """The hash an event must carry."""
    values = (getattr(event, field.name) for field in fields(event) if field.name != "hash")
    return digest(None if value is None else str(value) for value in values)


def seal(
    records: Sequence[Record], author: Author, at: datetime, request_id: str | None, seq: int, prev_hash: str
) -> tuple[list[Event], list[PersonalValue]]:
    """Number and chain the records of one transaction, behind the event (``seq``, ``prev_hash``) that was last.

    A personal value of nobody in particular is free text, and that is its author's.
    """
    events: list[Event] = []
    values: list[PersonalValue] = []
    who = text_of({"kind": author.kind, "id": author.id, "roles": list(author.roles)})
    for record in records:
        seq += 1
        hider = _Hider(seq, record.person_id or author.id)
        reason = None
        if record.reason is not None:  # free text may name anybody; it is its author's
            reason = text_of(_Hider(seq, author.id, hider.values).hide("reason", Personal(record.reason)))
        event = Event(
            encoding=ENCODING,
            seq=seq,
            at=instant(at),
            actor=who,
            on_behalf_of=str(record.on_behalf_of) if record.on_behalf_of else None,
            action=record.action,
            subject_kind=record.subject_kind,
            subject_id=record.subject_id,
            reason=reason,
            before=hider.text("before", record.before),
            after=hider.text("after", record.after),
            request_id=request_id,
            prev_hash=prev_hash,
            hash="",
        )
        events.append(event := replace(event, hash=hash_of(event)))
        values.extend(hider.values)
        prev_hash = event.hash
    return events, values


class _Hider:
    """Replaces personal values by their salted digests and keeps what was replaced."""

    def __init__(self, seq: int, person_id: UUID | None, values: list[PersonalValue] | None = None) -> None:
        self.seq, self.person_id = seq, person_id
        self.values: list[PersonalValue] = [] if values is None else values

    def text(self, side: str, members: Mapping[str, Any] | None) -> str | None:
        if members is None:
            return None
        return text_of({name: self.hide(f"{side}.{name}", value) for name, value in members.items()})

    def hide(self, where: str, value: Any) -> Any:
        if not isinstance(value, Personal):
            return value
        if value.value is None:
            return None
        kept = PersonalValue(self.seq, where, self.person_id, secrets.token_hex(16), text_of(value.value))
        self.values.append(kept)
        return {DIGEST: personal_digest(kept)}


def personal_digest(kept: PersonalValue) -> str:
    """What stands in the chain for an erasable value."""
    return digest((kept.salt, kept.value))


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing in the log that is not as it was written."""

    seq: int
    what: str


def first_flaw(rows: Iterable[tuple[Event, Sequence[PersonalValue]]]) -> Iterator[Flaw | int]:
    """Walk the log in order; yields the number of events seen so far after each, or one ``Flaw`` and ends."""
    prev, count = GENESIS, 0
    for event, values in rows:
        what = _flaw_in(event, values, count + 1, prev)
        if what:
            yield Flaw(min(event.seq, count + 1), what)
            return
        prev, count = event.hash, count + 1
        yield count


def _flaw_in(event: Event, values: Sequence[PersonalValue], seq: int, prev: str) -> str | None:
    if event.seq != seq:
        return f"event {seq} is missing; event {event.seq} stands in its place"
    if event.encoding != ENCODING:
        return f"event {seq} has the unknown encoding {event.encoding}"
    if event.prev_hash != prev:
        return f"event {seq} does not follow the event before it"
    if event.hash != hash_of(event):
        return f"event {seq} was altered"
    for value in values:
        if personal_digest(value) != _digest_at(event, value.field):
            return f"a personal value of event {seq} ({value.field}) was altered"
    return None


def _digest_at(event: Event, field: str) -> str | None:
    side, _, name = field.partition(".")
    if side not in ("reason", "before", "after"):
        return None
    stored = json.loads(getattr(event, side) or "null")
    if name:
        stored = (stored or {}).get(name)
    return stored.get(DIGEST) if isinstance(stored, dict) else None


def readable(text: str | None, side: str, values: Mapping[str, str]) -> Any:
    """The stored JSON with its personal values put back where they still exist, else marked as erased."""
    if text is None:
        return None
    stored = json.loads(text)
    if side == "reason":
        return _reveal(stored, values.get("reason"))
    return {name: _reveal(value, values.get(f"{side}.{name}")) for name, value in stored.items()}


def _reveal(value: Any, kept: str | None) -> Any:
    if not (isinstance(value, dict) and set(value) == {DIGEST}):
        return value
    return json.loads(kept) if kept is not None else {"erased": True, **value}
