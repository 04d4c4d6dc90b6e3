"""How often one caller may ask: a limit for each class of routes, counted in this process."""

import math
import time
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from .actor import Actor
from .errors import DomainError

MANY: Final = 10_000
"""So many callers that have to wait are remembered; then all of them are counted anew."""


DENIALS: Final = RateLimitItemPerMinute(20)
"""Of so many denied attempts of one caller, and process, the audit log tells."""


class TooManyRequests(DomainError):
    """RFC 6585 4. ``retry_after``, in seconds, stands among the members and in the header."""

    code = "too_many_requests"
    title = "You ask more often than one caller may"


class Rate(StrEnum):
    """A class of routes that is counted by itself. What is urgent (to stop the press, or let it go on) is never counted."""

    READS = "reads"
    WRITES = "writes"
    FEEDS = "feeds"
    DECISIONS = "decisions"


def read_limit(text: str | None) -> RateLimitItem | None:
    """A limit such as ``100/second`` or ``6000/minute``; nothing means none. Raises ``ValueError`` in plain words."""
    if not text:
        return None
    try:
        limit = parse(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise ValueError(f"{text!r} is no limit: write one such as 100/second or 6000/minute, or nothing for none")
    return limit


class Limits:
    """What callers have asked lately, and who has to wait. A class that is not named has no limit."""

    def __init__(self, allowed: Mapping[Rate, RateLimitItem]) -> None:
        self._allowed = dict(allowed)
        self._waiting: dict[tuple[Rate, str], float] = {}

    @cached_property
    def _asked(self) -> SlidingWindowCounterRateLimiter:
        """Made when something is first counted: it keeps a thread that forgets what is long ago."""
        return SlidingWindowCounterRateLimiter(MemoryStorage())

    def limited(self, rate: Rate) -> bool:
        """Is this class counted at all?"""
        return rate in self._allowed

    def turn_away(self, rate: Rate, bearer: str) -> None:
        """Refuse whoever was told to wait and did not, by their token, before the database is asked who they are.

        Raises ``TooManyRequests``.
        """
        until = self._waiting.get((rate, bearer))
        if until is None:
            return
        left = until - time.monotonic()
        if left > 0:
            raise self._refusal(rate, left)
        self._waiting.pop((rate, bearer), None)

    def count(self, rate: Rate, actor: Actor, bearer: str) -> None:
        """Count one request of this caller, whatever token they show. Raises ``TooManyRequests``, and remembers the token."""
        limit = self._allowed.get(rate)
        caller = (rate.value, actor.kind.value, str(actor.id))
        if limit is None or self._asked.hit(limit, *caller):
            return
        left = self._asked.get_window_stats(limit, *caller).reset_time - time.time()
        if len(self._waiting) >= MANY:
            self._waiting.clear()
        self._waiting[rate, bearer] = time.monotonic() + left
        raise self._refusal(rate, left)

    def tells(self, actor: Actor) -> bool:
        """Is what this caller is denied still told of? Whoever is denied very often fills no log with it."""
        return self._asked.hit(DENIALS, "denials", actor.kind.value, str(actor.id))

    def _refusal(self, rate: Rate, left: float) -> TooManyRequests:
        seconds = max(1, math.ceil(left))
        return TooManyRequests(
            f"One caller has {self._allowed[rate]} of {rate.value} here. Please try again in {seconds} s.",
            members={"retry_after": seconds},
        )


UNLIMITED: Final = Limits({})
