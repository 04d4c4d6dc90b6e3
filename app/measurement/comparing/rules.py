"""What observations come to over time and over accounts, and what of it cannot be compared, which is said.

Sources first: two that tell of one account tell of the same days twice, so that one of them counts. Then time, then
accounts. A ratio is the quotient of what its parts come to, over the accounts that have both.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.directory.rules import BusinessUnit
from app.kernel.errors import Invalid
from app.measurement.kpis.rules import AcrossAccounts, Kpi, KpiUnit, OverTime

PLACES: Final = 6
"""Behind the point of what is worked out."""
LONGEST_DAYS: Final = 3700
MOST_STEPS: Final = 120
LISTED: Final = 20
"""Accounts whose own figures are listed where they do not add up."""
_LAST: Final = Decimal(1).scaleb(-PLACES)


class By(StrEnum):
    """What is compared. A unit stands for all below it; its function is the nearest that is said upward."""

    BUSINESS_UNIT = "business_unit"
    NETWORK = "network"
    FUNCTION = "function"


class SeriesStep(StrEnum):
    """Of a series: weeks from Monday on, or calendar months."""

    WEEK = "week"
    MONTH = "month"


class Doubt(StrEnum):
    """Why a figure is missing, or is not to be held against another."""

    NO_DATA = "no_data"
    PARTIAL_COVERAGE = "partial_coverage"
    NOT_ADDITIVE = "not_additive"
    DIFFERENT_SOURCES = "different_sources"
    DENOMINATOR_ZERO = "denominator_zero"


@dataclass(frozen=True, slots=True)
class Window:
    """Days, the last excluded."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """When the first of the days begins, and when the last has ended."""
        return datetime.combine(self.since, time(), UTC), datetime.combine(self.until, time(), UTC)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of a figure: a stable code and a sentence."""

    code: Doubt
    message: str


@dataclass(frozen=True, slots=True)
class Member:
    """An account that was official at some time of the days looked at, and where it stands."""

    id: UUID
    network: str
    handle: str
    path: tuple[UUID, ...]
    official_from: datetime
    official_until: datetime | None

    @property
    def name(self) -> str:
        return f"{self.network}:{self.handle}"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one source says of one account in a window, put together over time.

    ``total``: the sum of the values; for a mean each times its days; for the latest that one. ``days``: those it covers;
    0 for the latest, which needs none.
    """

    account_id: UUID
    source: str
    total: Decimal
    days: int
    last: date


@dataclass(frozen=True, slots=True)
class Said:
    """What an account's figure is: by the one source that counts. ``sources``: all that tell of it."""

    value: Decimal
    days: int
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One account's own figure."""

    account_id: UUID
    name: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """What some accounts come to. ``value`` is None where it cannot be computed; ``remarks`` say why, and what else to mind.

    ``parts``: of a ratio, what numerator and denominator come to, if they do. ``listed``: the accounts' own, where these
    do not add up.
    """

    value: Decimal | None
    accounts: int
    without_data: int
    sources: tuple[str, ...] = ()
    parts: tuple[Decimal, Decimal] | None = None
    listed: tuple[Listed, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Some accounts that are compared with others."""

    key: str | None
    name: str
    figure: Figure


def window(since: date, until: date) -> Window:
    """The days that are looked at. Raises ``Invalid``."""
    if since >= until:
        raise Invalid.field("?until", "ends_before_it_begins", "This must be later than from.")
    if (until - since).days > LONGEST_DAYS:
        raise Invalid.field("?until", "too_long", f"At most {LONGEST_DAYS} days are looked at.")
    return Window(since, until)


def steps(whole: Window, step: SeriesStep) -> list[Window]:
    """The weeks or months that these days touch, whole. Raises ``Invalid`` where they are too many."""
    found, begin = list[Window](), _begin(whole.since, step)
    while begin < whole.until:
        end = _begin(begin + timedelta(days=7 if step is SeriesStep.WEEK else 31), step)
        found.append(Window(begin, end))
        begin = end
    if len(found) > MOST_STEPS:
        raise Invalid.field(
            "?until", "too_many_steps", f"At most {MOST_STEPS} steps are answered; take months, or fewer days."
        )
    return found


def _begin(day: date, step: SeriesStep) -> date:
    return day.replace(day=1) if step is SeriesStep.MONTH else day - timedelta(days=day.weekday())


def official(members: Iterable[Member], window: Window) -> list[Member]:
    """Those of the accounts that were official on any of these days."""
    begin, end = window.instants
    return [
        one for one in members if one.official_from < end and (one.official_until is None or one.official_until > begin)
    ]


def chosen(over_time: OverTime, tallies: Iterable[Tally]) -> dict[UUID, Said]:
    """Of each account's sources the one that counts: which covers the most days, else goes on longest, else by name."""
    by: dict[UUID, list[Tally]] = defaultdict(list)
    for one in tallies:
        by[one.account_id].append(one)
    found: dict[UUID, Said] = {}
    for account, some in by.items():
        # Mostly there is one only, and ten thousand accounts to go through for each step of a series.
        best = min(some, key=_precedence) if len(some) > 1 else some[0]
        value = rounded(best.total / best.days) if over_time is OverTime.MEAN else best.total
        found[account] = Said(value, best.days, frozenset(one.source for one in some))
    return found


def _precedence(one: Tally) -> tuple[int, int, str]:
    return -one.days, -one.last.toordinal(), one.source


def rounded(value: Decimal) -> Decimal:
    """To the places that are answered."""
    return value.quantize(_LAST, ROUND_HALF_EVEN)


def combine(across: AcrossAccounts, values: Collection[Decimal]) -> Decimal | None:
    """What several accounts come to; None where they do not add up, or there are none."""
    if not values or (across is AcrossAccounts.NONE and len(values) > 1):
        return None
    total = sum(values, Decimal())
    return rounded(total / len(values)) if across is AcrossAccounts.MEAN else total


def ratio(numerator: Decimal, denominator: Decimal, unit: KpiUnit) -> Decimal | None:
    """The quotient, in percent if it is counted so; None where there is nothing to divide by."""
    if not denominator:
        return None
    return rounded(numerator * (100 if unit is KpiUnit.PERCENT else 1) / denominator)


def figure(
    kpi: Kpi, parts: Sequence[Kpi], said: Sequence[Mapping[UUID, Said]], members: Sequence[Member], days: int
) -> Figure:
    """What these accounts come to in a KPI over so many days. ``parts``: itself, or its numerator and denominator;
    ``said``: what is known of each, by account.
    """
    known = [(one, [by.get(one.id) for by in said]) for one in members]
    have = [(one, [each for each in own if each is not None]) for one, own in known if None not in own]
    without, owns = len(members) - len(have), [own for _, own in have]
    if not have:
        text = "Nothing was observed here in these days, or not both parts on the same account."
        return Figure(None, len(members), without, remarks=(Remark(Doubt.NO_DATA, text),))
    sources = tuple(sorted(frozenset().union(*{each.sources for own in owns for each in own})))
    remarks = [*_coverage(parts, owns, without, days), *_sources(sources, owns)]
    combined = [combine(_across(part), [own[n].value for own in owns]) for n, part in enumerate(parts)]
    if any(one is None for one in combined):
        alone = [part.key for part, one in zip(parts, combined, strict=True) if one is None]
        text = f"{' and '.join(alone)}: the figures of several accounts do not add up."
        listed = _listed(kpi, have)
        return Figure(None, len(members), without, sources, None, listed, (Remark(Doubt.NOT_ADDITIVE, text), *remarks))
    told = [one for one in combined if one is not None]
    if kpi.measured:
        return Figure(told[0], len(members), without, sources, remarks=tuple(remarks))
    value = ratio(told[0], told[1], kpi.unit)
    if value is None:
        remarks.insert(0, Remark(Doubt.DENOMINATOR_ZERO, f"{kpi.denominator} is 0: there is nothing to divide by."))
    return Figure(value, len(members), without, sources, (told[0], told[1]), remarks=tuple(remarks))


def _across(part: Kpi) -> AcrossAccounts:
    return part.across_accounts or AcrossAccounts.NONE


def _coverage(parts: Sequence[Kpi], owns: Sequence[Sequence[Said]], without: int, days: int) -> list[Remark]:
    """Of accounts without data, and of those observed for some of the days only; of the latest value one is enough."""
    whole = [n for n, part in enumerate(parts) if part.over_time is not OverTime.LATEST]
    short = sum(any(own[n].days < days for n in whole) for own in owns)
    if not without and not short:
        return []
    text = f"{without} accounts have no data, {short} more only for a part of the {days} days."
    return [Remark(Doubt.PARTIAL_COVERAGE, text)]


def _sources(sources: Sequence[str], owns: Sequence[Sequence[Said]]) -> list[Remark]:
    if len(sources) < 2:
        return []
    several = sum(any(len(each.sources) > 1 for each in own) for own in owns)
    text = f"Measured by {', '.join(sources)}, which may count otherwise."
    if several:
        text += f" Of {several} accounts several tell; the one that covers the most days counts."
    return [Remark(Doubt.DIFFERENT_SOURCES, text)]


def _listed(kpi: Kpi, have: Sequence[tuple[Member, Sequence[Said]]]) -> tuple[Listed, ...]:
    """The greatest of the accounts' own figures."""
    found = []
    for one, own in have:
        value = own[0].value if kpi.measured else ratio(own[0].value, own[1].value, kpi.unit)
        if value is not None:
            found.append(Listed(one.id, one.name, value))
    return tuple(sorted(found, key=lambda one: (-one.value, one.name))[:LISTED])


def grouped(
    by: By, members: Iterable[Member], units: Mapping[UUID, BusinessUnit], below: BusinessUnit
) -> dict[tuple[str | None, str], list[Member]]:
    """Accounts by what they are compared by: key and name. By unit: those right below ``below``, each with all under it."""
    found: dict[tuple[str | None, str], list[Member]] = defaultdict(list)
    for one in members:
        found[_group(by, one, units, below)].append(one)
    return dict(sorted(found.items(), key=lambda item: (item[0][0] is None, item[0])))


def _group(by: By, one: Member, units: Mapping[UUID, BusinessUnit], below: BusinessUnit) -> tuple[str | None, str]:
    if by is By.NETWORK:
        return one.network, one.network
    if by is By.BUSINESS_UNIT:
        unit = units[one.path[min(len(below.path), len(one.path) - 1)]]
        return unit.key, unit.name
    told = (units[id_].function for id_ in reversed(one.path))
    function = next((one for one in told if one is not None), None)
    return (function, function.replace("_", " ")) if function else (None, "of no function that is said")


def comparable(groups: Sequence[Group]) -> tuple[Remark, ...]:
    """What of some figures cannot be held against each other, each thing once."""
    told = Counter(remark.code for one in groups for remark in one.figure.remarks)
    found = []
    if told[Doubt.NO_DATA] or not groups:
        found.append(Remark(Doubt.NO_DATA, f"{told[Doubt.NO_DATA]} of {len(groups)} groups have no data."))
    if told[Doubt.NOT_ADDITIVE]:
        text = "It does not add up over accounts: only groups of one account have a figure."
        found.append(Remark(Doubt.NOT_ADDITIVE, text))
    if told[Doubt.PARTIAL_COVERAGE]:
        text = f"{told[Doubt.PARTIAL_COVERAGE]} of {len(groups)} groups are measured in part only."
        found.append(Remark(Doubt.PARTIAL_COVERAGE, text))
    if told[Doubt.DENOMINATOR_ZERO]:
        text = f"{told[Doubt.DENOMINATOR_ZERO]} of {len(groups)} groups have nothing to divide by."
        found.append(Remark(Doubt.DENOMINATOR_ZERO, text))
    ways = {one.figure.sources for one in groups if one.figure.sources}
    if len(ways) > 1:
        text = (
            f"The groups are measured by different sources: {', '.join(sorted({one for way in ways for one in way}))}."
        )
        found.append(Remark(Doubt.DIFFERENT_SOURCES, text))
    return tuple(found)
