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
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from uuid import UUID

from app.kernel.errors import Unavailable
from app.kernel.work import Personal, Record

ENCODING = 1
GENESIS = "0" * 64
DIGEST = "$sha256"
_NULL = "null"
_MISSING = b"\xff" * 8
_SALT = 16
"""Bytes of a salt; it is told in hex."""
_SALTS_AT_ONCE = 64
_LENGTHS = struct.Struct(f">Q{2 * _SALT}sQ")


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


class PersonalValue(NamedTuple):
    """The erasable half of an event: where it stands, whose it is, its salt (hex) and its JSON text.

    A tuple, since a file of a million people makes eight millions of them: it takes a third of the time to make.
    """

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
    # What stands alone, as most values do, needs none of the encoder's machinery.
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if value is None:
        return _NULL
    if kind is bool:
        return "true" if value else "false"
    return f'"{value}"' if kind is UUID or kind is date else _CANONICAL.encode(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    return str(value)


# Made once: `json.dumps` makes one for every call that has any wish of its own.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(parts: Iterable[str | None]) -> str:
    """SHA-256 over length-prefixed parts, in hex."""
    told: list[bytes] = []
    for part in parts:
        if part is None:
            told.append(_MISSING)
        else:
            data = part.encode()
            told += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(told)).hexdigest()


def _hash(members: Iterable[Any]) -> str:
    return digest([None if value is None else str(value) for value in members])


def seal(
    records: Sequence[Record], author: Author, at: datetime, request_id: str | None, seq: int, prev_hash: str
) -> tuple[list[Event], list[PersonalValue]]:
    """Number and chain the records of one transaction, behind the event (``seq``, ``prev_hash``) that was last.

    A personal value of nobody in particular is free text, and that is its author's.
    """
    events: list[Event] = []
    hider = _Hider()
    who, when = text_of({"kind": author.kind, "id": author.id, "roles": list(author.roles)}), instant(at)
    for number, record in enumerate(records, start=seq + 1):
        reason = None
        if record.reason is not None:  # free text may name anybody; it is its author's, an operator's whom it is about
            reason = hider.of(number, author.id or record.person_id).hide("reason", Personal(record.reason))
        hider.of(number, record.person_id or author.id)
        members = (
            ENCODING,
            number,
            when,
            who,
            str(record.on_behalf_of) if record.on_behalf_of else None,
            record.action,
            record.subject_kind,
            record.subject_id,
            reason,
            hider.text("before", record.before),
            hider.text("after", record.after),
            request_id,
            prev_hash,
        )
        prev_hash = _hash(members)
        events.append(Event(*members, prev_hash))
    return events, hider.values


class _Hider:
    """Replaces personal values by their salted digests and keeps what was replaced."""

    def __init__(self) -> None:
        self.seq = 0
        self.person_id: UUID | None = None
        self.values: list[PersonalValue] = []
        self._salts = _salts()

    def of(self, seq: int, person_id: UUID | None) -> "_Hider":
        """What is hidden from now on stands in this event and belongs to this person."""
        self.seq, self.person_id = seq, person_id
        return self

    def text(self, side: str, members: Mapping[str, Any] | None) -> str | None:
        """The members as JSON text, as ``text_of`` would write them."""
        if members is None:
            return None
        told = {
            name: self.hide(f"{side}.{name}", value) if type(value) is Personal else text_of(value)
            for name, value in members.items()
        }
        return f"{{{','.join([f'{text_of(name)}:{told[name]}' for name in sorted(told)])}}}"

    def hide(self, where: str, personal: Personal) -> str:
        """What stands in place of a personal value, as JSON text."""
        if personal.value is None:
            return _NULL
        salt, value = next(self._salts), text_of(personal.value)
        self.values.append(PersonalValue(self.seq, where, self.person_id, salt, value))
        # As ``digest`` does it, with the lengths and the salt in one go: there are many of these.
        data = value.encode()
        said = _LENGTHS.pack(2 * _SALT, salt.encode(), len(data)) + data
        return f'{{"{DIGEST}":"{hashlib.sha256(said).hexdigest()}"}}'


def _salts() -> Iterator[str]:
    """Salts without end. Their bytes are drawn many at a time: asking the system for them costs more than they do."""
    while True:
        drawn = secrets.token_hex(_SALT * _SALTS_AT_ONCE)
        yield from (drawn[at : at + 2 * _SALT] for at in range(0, len(drawn), 2 * _SALT))


class Fenced(Unavailable):
    """The database is not the one that this process has written to, or an older state of it: nothing is added to it."""

    code = "database_behind"
    title = "The database lacks what was written before"


class Known:
    """The newest event that a process knows to have been committed. Whatever log it writes to must hold this event.

    After a failover to a server that was left behind, or on an older copy that was played in, it does not; and what would
    be written there would begin a second history.
    """

    def __init__(self, seq: int = 0, hash_: str = GENESIS) -> None:
        self._newest = (seq, hash_)

    @property
    def newest(self) -> tuple[int, str]:
        """Its number and hash; (0, ``GENESIS``): none is known."""
        return self._newest

    def note(self, seq: int, hash_: str) -> None:
        """This event was committed."""
        if seq > self._newest[0]:
            self._newest = (seq, hash_)


def check_known(known: tuple[int, str], found: str | None) -> None:
    """``found``: what the log holds as the hash of the event that is known. Raises ``Fenced`` where it is another."""
    seq, expected = known
    if seq and found != expected:
        raise Fenced(
            f"Event {seq} of the audit log was committed, and this database does not hold it. If an older copy was played in,"
            " an operator has to say so: `coe audit accept-restore`."
        )


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
