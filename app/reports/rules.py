"""What a report is: one table of figures with what has to be known to read it, over a part of the enterprise.

A report is made once, as a value; JSON, CSV and the page to be printed are three ways to write the same value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.directory.rules import BusinessUnit
from app.kernel.actor import Place, Scope
from app.kernel.errors import Forbidden, Invalid

USUAL_PERIOD = timedelta(days=90)
MOST_BARS = 12
"""How many bars a chart has at most: the longest."""
_SHARE, _HOURS, _HOUR = Decimal("0.0001"), Decimal("0.01"), 3600

Cell = str | int | Decimal | datetime | bool | None
Row = tuple[Cell, ...]


class Kind(StrEnum):
    """What stands in a column. ``share``: of 1, four decimals. ``hours``: two decimals. ``flag``: yes or no."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    HOURS = "hours"
    INSTANT = "instant"
    FLAG = "flag"


class Column(NamedTuple):
    """One column: its name in JSON and CSV, its heading on the page, what stands in it."""

    key: str
    title: str
    kind: Kind = Kind.TEXT


UNIT = (Column("business_unit", "Unit"), Column("business_unit_name", "Name"))
NETWORK = Column("network", "Network")


def count(key: str, title: str | None = None) -> Column:
    """A column of whole numbers."""
    return Column(str(key), title or key.replace("_", " ").capitalize(), Kind.COUNT)


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart beside the table: ``unit`` says what is counted, ``bars`` are labels with their values."""

    title: str
    unit: str
    bars: tuple[tuple[str, int | Decimal], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a report comes to. ``totals``: by column, as far as a column has one.

    ``notes``: how the figures are to be read; ``not_computed``: what they leave out, and why.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Mapping[str, Cell] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_computed: tuple[str, ...] = ()
    bars: Bars | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A unit with all below it, a network, the one on the other; with neither the whole enterprise."""

    business_unit_id: UUID | None = None
    network: str | None = None

    def covers(self, place: Place) -> bool:
        """Does the place lie inside?"""
        here = self.business_unit_id is None or self.business_unit_id in place.path
        return here and self.network in (None, place.network)


EVERYTHING = Part()


@dataclass(frozen=True, slots=True)
class View:
    """What a report is made of: these parts, and for what has happened the period from ``since`` up to ``until``.

    ``units``: every unit there is, by id.
    """

    parts: tuple[Part, ...]
    units: Mapping[UUID, BusinessUnit]
    since: datetime
    until: datetime

    @property
    def whole(self) -> bool:
        """Is it the whole enterprise?"""
        return EVERYTHING in self.parts

    def covers(self, place: Place) -> bool:
        """Does the place lie in one of the parts?"""
        return any(part.covers(place) for part in self.parts)

    def named(self, unit_id: UUID) -> tuple[str, str]:
        """The cells of the two columns of a unit."""
        return self.units[unit_id].key, self.units[unit_id].name


@dataclass(frozen=True, slots=True)
class Seen:
    """A part as it is told: the unit's key and name, and the network; None where it is not narrowed."""

    business_unit: str | None
    business_unit_name: str | None
    network: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it stands at an instant. ``scope``: which parts of the enterprise it is of; ``everything``: of all.

    ``since`` and ``until`` are None where it tells of that instant alone.
    """

    key: str
    title: str
    says: str
    as_of: datetime
    everything: bool
    scope: tuple[Seen, ...]
    since: datetime | None
    until: datetime | None
    figures: Figures


def narrowed(scopes: Sequence[Scope] | None, asked: Part, units: Mapping[UUID, BusinessUnit]) -> tuple[Part, ...]:
    """What of the part that is asked for lies in these scopes (None: everywhere). Raises ``Forbidden`` where nothing does."""
    if scopes is None:
        return (asked,)
    found = [one for one in (_both(scope, asked, units) for scope in scopes) if one is not None]
    if not found:
        raise Forbidden("Your roles do not reach into this part of the enterprise.")
    return tuple(dict.fromkeys(found))


def _both(scope: Scope, asked: Part, units: Mapping[UUID, BusinessUnit]) -> Part | None:
    """What of a part lies in a scope that is not the whole enterprise."""
    if scope.network is not None:
        return Part(asked.business_unit_id, scope.network) if asked.network in (None, scope.network) else None
    theirs, wanted = scope.business_unit_id, asked.business_unit_id
    if theirs is None or theirs not in units:
        return None
    if wanted is None or wanted in units[theirs].path:
        return Part(theirs, asked.network)
    return asked if theirs in units[wanted].path else None


def period(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The period that is asked for; without a word about it the last 90 days. Raises ``Invalid``."""
    end = until or now
    start = since or end - USUAL_PERIOD
    if start >= end:
        raise Invalid.field("?from", "ends_before_it_begins", "The period ends later than it begins.")
    return start, end


def share(part: int, whole: int) -> Decimal | None:
    """How much of the whole that is; None of nothing."""
    return (Decimal(part) / Decimal(whole)).quantize(_SHARE) if whole else None


def hours(seconds: int | None) -> Decimal | None:
    """Whole seconds as hours."""
    return None if seconds is None else (Decimal(seconds) / _HOUR).quantize(_HOURS)


def between(since: datetime, until: datetime) -> Decimal | None:
    """The hours from one instant to another."""
    return hours(round((until - since).total_seconds()))


def rank(n: int, percent: int) -> int:
    """Which of ``n`` values in order is the percentile, by the nearest rank: the first that so many percent do not exceed."""
    return max(1, -(-n * percent // 100))


def summed(columns: Sequence[Column], rows: Iterable[Row]) -> dict[str, Cell]:
    """The sum of every column of whole numbers."""
    places = {n: column.key for n, column in enumerate(columns) if column.kind is Kind.COUNT}
    totals = dict.fromkeys(places.values(), 0)
    for row in rows:
        for n, key in places.items():
            value = row[n]
            totals[key] += value if isinstance(value, int) else 0
    return dict(totals)


def longest(title: str, unit: str, values: Mapping[str, int]) -> Bars | None:
    """A chart of the largest values, the largest first; None where there is nothing to be seen."""
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    bars = tuple((label, value) for label, value in ordered[:MOST_BARS] if value)
    return Bars(title, unit, bars) if bars else None
