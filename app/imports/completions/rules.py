"""What a row of a file of completions says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType

from app.imports.rules import Columns, Fault, date_of, text_of
from app.kernel.text import key_of
from app.kernel.wire import format_instant, parse_instant

COLUMNS = Columns(
    MappingProxyType(
        {
            "employee": ("employee", "employee_id", "user_name", "email", "work_email"),
            "course": ("course", "course_key", "course_id"),
            "completed_at": ("completed_at", "completed_on", "completion_date"),
            "source": ("source",),
        }
    ),
    optional=frozenset({"source"}),
)
MOST = 10_000
"""Rows of a file that is loaded while somebody waits for the answer."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One completion as a file states it.

    ``employee``: HR's employee id, an e-mail or a user name, as written. ``course``: a key.
    """

    employee: str
    course: str
    completed_at: datetime
    source: str | None

    @property
    def key(self) -> str:
        """Equal for two rows of one completion; where it is known from makes it no other."""
        return "\n".join((self.employee, self.course, format_instant(self.completed_at)))


def listed(cells: Mapping[str, str], now: datetime) -> Listed:
    """All that a row says. Raises ``Fault``."""
    employee, course = text_of(cells, "employee"), text_of(cells, "course")
    if employee is None:
        raise Fault("employee_missing", "The row does not say who has completed the course.")
    if course is None:
        raise Fault("course_missing", "The row does not say which course was completed.")
    return Listed(employee, key_of(course), _completed_at(cells, now), text_of(cells, "source"))


def _completed_at(cells: Mapping[str, str], now: datetime) -> datetime:
    """An instant (RFC 3339), or a date, of which its first instant is taken in UTC."""
    text = cells["completed_at"]
    if not text:
        raise Fault("completed_at_missing", "The row does not say when the course was completed.")
    found = _instant(cells, text)
    if found > now:
        raise Fault("bad_completed_at", "completed_at: it lies in the future.")
    return found


def _instant(cells: Mapping[str, str], text: str) -> datetime:
    if "t" not in text.lower() and (day := date_of(cells, "completed_at")):
        text = datetime.combine(day, time(), UTC).isoformat()
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Fault("bad_completed_at", f"completed_at: it {error}; or a date, YYYY-MM-DD.") from error
