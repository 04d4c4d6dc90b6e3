"""The only module that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, time_ns
from typing import Final, NamedTuple

Clock = Callable[[], datetime]
"""Answers the present instant, aware, in UTC."""
DECIDES_WITHIN: Final = timedelta(seconds=1)
"""A process whose clock is farther from the database's decides nothing: rights would begin and end at another instant."""
WRITES_WITHIN: Final = timedelta(seconds=60)
"""A process whose clock is farther from the database's writes nothing: what it grants would end, and what it tells would stand,
at another time. As much as tokens are given; less would keep a freeze out that is needed now.
"""


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def system_micros() -> int:
    """The same in whole microseconds since 1970, for what is asked too often to make an object of each instant."""
    return time_ns() // 1000


class Reading(NamedTuple):
    """The machine's clock, and the one that nobody sets (``time.monotonic``), at one instant."""

    wall: datetime
    steady: float


def reading() -> Reading:
    """Both, now."""
    return Reading(system_clock(), monotonic())
