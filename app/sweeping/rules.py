"""What a sweep is made of."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LOCKS = 0x636F_6510_0000_0000
"""Above the numbers of all other locks."""


class Outcome(StrEnum):
    """How a task ended: it is ``done`` with something, ``idle``, another process is at it (``busy``), or it ``failed``."""

    DONE = "done"
    IDLE = "idle"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that time gives cause for. ``run(work, limit)`` does up to so much of it in a transaction, and answers how
    much that was; 0: there is nothing left. It is run up to ``rounds`` times a sweep.
    """

    name: str
    run: Callable[[Any, int], int]
    limit: int = 200
    rounds: int = 50

    @property
    def lock(self) -> int:
        """The number of the lock by which of all processes only one is at it."""
        return LOCKS + int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4])


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to be done that is more than a transaction: ``run(parts, stopping)`` opens its own, and sees to it that no
    other process does the same. ``seconds``: how often, where that is not as often as everything else.
    """

    name: str
    run: Callable[[Any, Callable[[], bool]], int]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of a task in one sweep; ``done``: of how many things."""

    name: str
    outcome: Outcome
    done: int = 0
