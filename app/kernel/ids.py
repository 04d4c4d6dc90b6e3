"""Identifiers: UUIDv7 (RFC 9562 5.7), so that newer rows sort after older ones."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh time-ordered id."""
    return uuid7()
