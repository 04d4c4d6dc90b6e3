"""How long a sign-in to the console lasts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

LONGEST: Final = timedelta(hours=8)
"""A working day; then people sign in again, however busy they are."""
IDLE: Final = timedelta(minutes=30)
RENEWED_AFTER: Final = timedelta(minutes=1)
"""A cookie younger than this is not made anew: signing one takes longer than most of a page."""
HOME: Final = "/console"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's sign-in, as a cookie tells it: whose, since when, and when it was last used."""

    id: UUID
    employee_id: UUID
    started_at: datetime
    seen_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Until when it lasts if nobody uses it any more."""
        return min(self.seen_at + IDLE, self.started_at + LONGEST)

    def renewed(self, at: datetime) -> "Session | None":
        """The same, used just now; None while the cookie that is there will do."""
        return replace(self, seen_at=at) if at - self.seen_at >= RENEWED_AFTER else None


def way_out(back: str) -> str:
    """Where signing in at an issuer of the company's begins, to get to a page of the console."""
    return f"{HOME}/login/away?{urlencode({'next': back})}"


def way_back(asked: str | None) -> str:
    """Where to go after signing in: the page that was asked for, if it is one of the console's own; else its first."""
    path = asked or HOME
    inside = path.startswith((f"{HOME}/", f"{HOME}?"))
    plain = path.isascii() and path.isprintable() and not any(mark in path for mark in ("\\", "//", " "))
    return path if inside and plain else HOME
