"""What an observation is, which of those that somebody states are news, and which stand in each other's way."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.accounts.rules import Account
from app.kernel.errors import Conflict, FieldError, Invalid
from app.measurement.kpis.rules import Kpi

MOST: Final = 1000
"""Observations of one call."""
LONGEST_DAYS: Final = 366
EARLIEST: Final = date(2000, 1, 1)
SOURCE: Final = r"[a-z0-9]+(-[a-z0-9]+)*"
_SOURCE: Final = re.compile(SOURCE)
Period = tuple[date, date]
Key = tuple[UUID, UUID, str]
"""What periods must not overlap of: account, KPI, source."""


class OverlappingPeriod(Conflict):
    """Two periods of one account, KPI and source hold the same day, which would be counted twice."""

    code = "overlapping_period"


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source says of an account, over the days from ``period_from`` until before ``period_until``."""

    id: UUID
    account_id: UUID
    kpi_id: UUID
    kpi_key: str
    source: str
    period_from: date
    period_until: date
    value: Decimal
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def key(self) -> Key:
        """What its period must not overlap with others of."""
        return self.account_id, self.kpi_id, self.source

    @property
    def period(self) -> Period:
        """Its days, the last excluded."""
        return self.period_from, self.period_until


@dataclass(frozen=True, slots=True)
class Named:
    """An observation as somebody sends it; account and KPI by whatever names them."""

    account: str
    kpi: str
    period_from: date
    period_until: date
    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Stated:
    """An observation as somebody states it, of what is there."""

    account: Account
    kpi: Kpi
    period_from: date
    period_until: date
    value: Decimal
    source: str

    @property
    def key(self) -> Key:
        """What its period must not overlap with others of."""
        return self.account.id, self.kpi.id, self.source

    @property
    def period(self) -> Period:
        """Its days, the last excluded."""
        return self.period_from, self.period_until


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is stated, beside what is held. ``differing`` and ``overlapping``: places of those that cannot stand."""

    held: Sequence[Observation]
    news: Sequence[Stated]
    corrections: Sequence[tuple[Observation, Decimal]]
    same: int
    differing: frozenset[int]
    overlapping: frozenset[int]


@dataclass(slots=True)
class Recorded:
    """What a call did, and what is held now of what it stated, in its order."""

    recorded: int = 0
    corrected: int = 0
    unchanged: int = 0
    held: list[Observation] = field(default_factory=list)


def fault(said: Named | Stated, today: date) -> FieldError | None:
    """What cannot be about the days, or the source, of an observation; the pointer is a member's."""
    if said.period_from >= said.period_until:
        return FieldError("/period_until", "ends_before_it_begins", "A period ends after it has begun.")
    if said.period_until - said.period_from > timedelta(days=LONGEST_DAYS):
        return FieldError("/period_until", "too_long", f"A period has at most {LONGEST_DAYS} days.")
    if said.period_from < EARLIEST:
        return FieldError("/period_from", "out_of_range", f"A period begins on {EARLIEST} at the earliest.")
    if said.period_until > today + timedelta(days=1):
        return FieldError(
            "/period_until", "in_the_future", "What is measured has happened: the period is not over yet."
        )
    if len(said.source) > 60 or not _SOURCE.fullmatch(said.source):
        return FieldError(
            "/source", "key_form", "A source is at most 60 lower-case letters, digits and single hyphens."
        )
    return None


def kpi_fault(kpi: Kpi, period_from: date) -> FieldError | None:
    """Why a KPI takes no observation of a period that begins on this day, if so."""
    if not kpi.measured:
        return FieldError("/kpi_id", "not_measured", f"{kpi.key} is worked out; observe what it is made of.")
    if kpi.retired_at is not None and period_from >= kpi.retired_at.date():
        return FieldError("/kpi_id", "kpi_retired", f"{kpi.key} was retired before this.")
    return None


def check(faults: Sequence[FieldError]) -> None:
    """Raises ``Invalid`` where anything is wrong, naming all of it."""
    if faults:
        raise Invalid(faults[0].message, errors=faults)


def sort_out(stated: Sequence[Stated], known: Iterable[Observation]) -> Sorted:
    """Which of what is stated is new, which corrects what is held, and which cannot stand beside it or each other.

    ``known``: what is held of these accounts, KPIs and sources about those days, in any order.
    """
    held = {(one.key, one.period): one for one in known}
    first: dict[tuple[Key, Period], Stated] = {}
    differing, same = set[int](), 0
    for place, one in enumerate(stated):
        before = first.setdefault((one.key, one.period), one)
        differing |= {place} if before.value != one.value else set()
        same += before is not one
    news = [one for said, one in first.items() if said not in held]
    corrections = [
        (held[said], one.value) for said, one in first.items() if said in held and held[said].value != one.value
    ]
    same += len(first) - len(news) - len(corrections)
    bad = _overlapping(first.keys(), held.keys())
    overlapping = {place for place, one in enumerate(stated) if (one.key, one.period) in bad}
    return Sorted(list(held.values()), news, corrections, same, frozenset(differing), frozenset(overlapping))


def _overlapping(stated: Iterable[tuple[Key, Period]], held: Iterable[tuple[Key, Period]]) -> set[tuple[Key, Period]]:
    """Those stated whose days another has, too. What is held does not overlap among itself, and is never at fault."""
    there = set(held)
    by: dict[Key, set[Period]] = defaultdict(set)
    for key, period in (*stated, *there):
        by[key].add(period)
    bad = set[tuple[Key, Period]]()
    for key, periods in by.items():
        last: Period | None = None
        for period in sorted(periods):
            if last is not None and period[0] < last[1]:
                bad |= {(key, one) for one in (last, period)} - there
            last = period if last is None or period[1] > last[1] else last
    return bad


def alive_at(stated: Iterable[Stated], now: datetime) -> dict[UUID, datetime]:
    """By account, when it was alive at the latest, as far as these show it: the end of a period, at most now."""
    found: dict[UUID, datetime] = {}
    for one in stated:
        if one.kpi.activity and one.value > 0:
            at = min(datetime.combine(one.period_until, time(), UTC), now)
            found[one.account.id] = max(at, found.get(one.account.id, at))
    return found
