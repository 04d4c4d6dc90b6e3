"""Instants as whole microseconds since 1970: eight bytes in an array, and one comparison."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NEVER = (1 << 63) - 1
"""Later than every instant; also how an instant that there is none of is kept."""


def micros(at: datetime | None) -> int:
    """An aware instant in microseconds; ``NEVER`` for none."""
    return NEVER if at is None else (at - EPOCH) // _MICROSECOND


def instant(kept: int) -> datetime | None:
    """The instant that was kept, in UTC; None for ``NEVER``."""
    return None if kept == NEVER else EPOCH + timedelta(microseconds=kept)


def sure(kept: int) -> datetime:
    """The instant that was kept, where there always is one."""
    return EPOCH + timedelta(microseconds=kept)
