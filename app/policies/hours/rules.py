"""Posting hours: the times of a week, by the unit's clock, in which posts may go out.

As a rule they are ``{"mon": ["08:00-12:00", "13:00-18:00"], ...}``: a day that is left out has none, ``24:00`` ends a day.
A time span includes its first instant and not its last, as every span here does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = 24 * 60
Spans = list[tuple[int, int]]
"""Minutes of a day, from and until."""


def span(text: str) -> tuple[int, int]:
    """``HH:MM-HH:MM`` in minutes of the day. Raises ``ValueError`` in plain words."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("must be a span like 08:00-18:00")
    hours, minutes, until_hours, until_minutes = map(int, found.groups())
    begins, ends = hours * 60 + minutes, until_hours * 60 + until_minutes
    if ends > _DAY or begins >= ends:
        raise ValueError("must end after it begins, at 24:00 at the latest; a night is two spans on two days")
    return begins, ends


def normal(week: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same hours, written in the one way: days in order, spans joined where they touch, empty days left out."""
    return _written({day: _joined(map(span, week.get(day, ()))) for day in DAYS})


def both(a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The hours that lie in both."""
    return _written(
        {day: _joined(_overlaps(map(span, a.get(day, ())), list(map(span, b.get(day, ()))))) for day in DAYS}
    )


def _overlaps(some: Iterable[tuple[int, int]], others: Spans) -> Iterable[tuple[int, int]]:
    for begins, ends in some:
        for other_begins, other_ends in others:
            if max(begins, other_begins) < min(ends, other_ends):
                yield max(begins, other_begins), min(ends, other_ends)


def _joined(spans: Iterable[tuple[int, int]]) -> Spans:
    found: Spans = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _written(week: Mapping[str, Spans]) -> dict[str, list[str]]:
    return {day: [f"{_clock(begins)}-{_clock(ends)}" for begins, ends in spans] for day, spans in week.items() if spans}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def is_open(week: Mapping[str, Sequence[str]], at: datetime, zone: ZoneInfo) -> bool:
    """May posts go out at this instant, where this is the clock?"""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in map(span, week.get(DAYS[local.weekday()], ())))


def opens_after(week: Mapping[str, Sequence[str]], at: datetime, zone: ZoneInfo) -> datetime | None:
    """When they may next, in UTC; None: never."""
    today = at.astimezone(zone).date()
    ahead = (today + timedelta(days=n) for n in range(9))
    begins = (
        datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
        for day in ahead
        for minute, _ in map(span, week.get(DAYS[day.weekday()], ()))
    )
    return min((one for one in begins if one > at and is_open(week, one, zone)), default=None)
