"""The only module that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import time_ns

Clock = Callable[[], datetime]
"""Answers the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def system_micros() -> int:
    """The same in whole microseconds since 1970, for what is asked too often to make an object of each instant."""
    return time_ns() // 1000
