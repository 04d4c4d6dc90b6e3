"""What was looked at, and how it is."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

UNSIGNED: Final = timedelta(minutes=2)
"""What is not signed so long after it was written is not signed at all: nobody sweeps."""
LITTLE_ROOM: Final = 256 * 1024 * 1024


class State(StrEnum):
    """It is well; it works, and is not as it should be in production; it is wrong."""

    WELL = "ok"
    DOUBTFUL = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``text`` says how it is and, where that is not well, what to do."""

    name: str
    state: State
    text: str


def well(name: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(name, State.WELL, text)


def doubtful(name: str, text: str) -> Finding:
    """It works, and is not as it should be in production."""
    return Finding(name, State.DOUBTFUL, text)


def wrong(name: str, text: str) -> Finding:
    """It is wrong."""
    return Finding(name, State.WRONG, text)
