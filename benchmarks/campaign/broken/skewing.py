"""A process whose clock is wrong (trust.md, I01): SIGUSR2 makes it read by how many seconds, from a file; 0 mends it."""

import signal
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from time import time_ns

_wrong_by = 0.0


class _Clock(datetime):
    """What the only module that asks for the time takes it from."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Clock":
        there = datetime.now(tz) + timedelta(seconds=_wrong_by)
        return cls.fromtimestamp(there.timestamp(), tz)


def arm(path: str) -> None:
    """Be ready to be told."""
    from app.kernel import clock

    def told(*_: object) -> None:
        global _wrong_by  # noqa: PLW0603 - of the process, as the time is
        _wrong_by = float(Path(path).read_text(encoding="utf-8"))

    clock.datetime = _Clock  # type: ignore[misc]
    clock.time_ns = lambda: time_ns() + int(_wrong_by * 1e9)
    signal.signal(signal.SIGUSR2, told)
