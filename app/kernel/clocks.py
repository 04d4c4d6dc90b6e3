"""Our clock beside the database's, which all processes share (trust: I01)."""

from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .clock import DECIDES_WITHIN, WRITES_WITHIN, Clock, Reading, reading, system_clock
from .database import UTCDateTime
from .errors import Unavailable

THEIRS = func.clock_timestamp(type_=UTCDateTime())
"""PostgreSQL's clock, as a column; SQLite has none but ours."""


class ClockApart(Unavailable):
    """What this process would write would stand at a wrong time, what it would decide would hold at another."""


def check(asked: datetime, theirs: datetime, answered: datetime, within: timedelta = WRITES_WITHIN) -> None:
    """Theirs was looked at between these two instants of ours: however long that took is not held against us.

    Raises ``ClockApart``.
    """
    apart = max(asked - theirs, theirs - answered)
    if apart > within:
        raise ClockApart(
            f"The clock of this server is {apart.total_seconds():.1f} seconds from the database's: until they agree it "
            f"{'decides' if within is DECIDES_WITHIN else 'writes'} nothing. Ask again: another server may answer."
        )


def check_since(began: Reading) -> None:
    """Has our clock gone on since then as time has? What began by another one would be written at its time.

    Raises ``ClockApart``.
    """
    now = reading()
    jumped = now.wall - began.wall - timedelta(seconds=now.steady - began.steady)
    if abs(jumped) > WRITES_WITHIN:
        raise ClockApart(
            f"The clock of this server was set by {abs(jumped).total_seconds():.1f} seconds while this was done, so "
            "nothing was written. Ask again."
        )


def check_now(session: Session, within: timedelta = WRITES_WITHIN) -> None:
    """Do the clocks agree now? Raises ``ClockApart``."""
    if session.get_bind().dialect.name == "postgresql":
        asked = system_clock()
        theirs = session.execute(select(THEIRS)).scalar_one()
        check(asked, theirs, system_clock(), within)


def shared(session: Session, ours: Clock) -> Clock:
    """The database's clock, as it goes on from here without being looked at again, whatever ours is set to meanwhile.

    ``ours``: what is to be shown instead where the database has no other, or where time is made up.
    """
    if ours is not system_clock or session.get_bind().dialect.name != "postgresql":
        return ours
    theirs, since = session.execute(select(THEIRS)).scalar_one(), monotonic()
    return lambda: theirs + timedelta(seconds=monotonic() - since)
