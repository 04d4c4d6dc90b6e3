"""Identifiers: UUIDv7 (RFC 9562 5.7), so that newer rows sort after older ones."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh time-ordered id."""
    return uuid7()


def as_uuid(text: UUID | str) -> UUID | None:
    """The id that a text spells as this service writes ids; None where it is none, and perhaps a key."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
