"""What the demo enterprise measures, what was measured lately, and what it aims at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from app.demo.inventory.rules import IN_USE, MAIN, inventory
from app.measurement.kpis.rules import AcrossAccounts, Better, KpiKind, KpiUnit, Meaning, OverTime
from app.measurement.observations.rules import Named

_WEEK = timedelta(days=7)
WEEKS = 8
ACCOUNTS = 6
"""Of each unit that is measured."""
SOURCES = {"nordics": "postwell", "iberia": "postwell", "dach": "network-insights"}
"""The units that are measured, and by whom: two of them can be held against each other."""


@dataclass(frozen=True, slots=True)
class Defined:
    """A KPI."""

    key: str
    title: str
    definition: str
    meaning: Meaning


def _measured(
    key: str, title: str, definition: str, over_time: OverTime = OverTime.SUM,
    across: AcrossAccounts = AcrossAccounts.SUM, unit: KpiUnit = KpiUnit.COUNT, better: Better = Better.HIGHER,
    *, activity: bool = False,
) -> Defined:  # fmt: skip
    meaning = Meaning(KpiKind.MEASURED, unit, better, None, over_time, across, activity=activity)
    return Defined(key, title, definition, meaning)


KPIS = (
    _measured("posts", "Posts", "Everything that we published, replies left out.", activity=True),
    _measured("reach", "Reach", "Views of our posts, each person once a day, as the network counts them."),
    _measured("engagements", "Engagements", "Likes, comments, shares and saves of our posts."),
    _measured(
        "followers", "Followers", "People who follow the account at the end of the period. *One person may follow many.*",
        OverTime.LATEST, AcrossAccounts.NONE,
    ),
    _measured(
        "response-time", "Response time", "From a customer's question to our first answer, on average.",
        OverTime.MEAN, AcrossAccounts.MEAN, KpiUnit.SECONDS, Better.LOWER,
    ),
    Defined(
        "engagement-rate", "Engagement rate", "Engagements for every hundred views: of the sums, never a mean of rates.",
        Meaning(KpiKind.RATIO, KpiUnit.PERCENT, Better.HIGHER, numerator="engagements", denominator="reach"),
    ),
)  # fmt: skip
"""A part before the ratio that it is of."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A target over the last weeks; ``unit``: of one, else of the enterprise."""

    kpi: str
    value: str
    unit: str | None = None
    note: str | None = None


GOALS = (
    Goal("posts", "200", "nordics", "As agreed with the Nordics for the autumn."),
    Goal("engagement-rate", "9"),
)
"""The first is the one to try things out with; the second was missed."""


def weeks(today: date) -> list[tuple[date, date]]:
    """The last whole weeks before a day, from Monday to Monday, the oldest first."""
    monday = today - timedelta(days=today.weekday())
    return [(monday - n * _WEEK, monday - (n - 1) * _WEEK) for n in range(WEEKS, 0, -1)]


def observations(today: date) -> Iterator[Named]:
    """What was measured of a few busy accounts in the last weeks; the same figures each time."""
    random, seen = Random("figures"), dict.fromkeys(SOURCES, 0)  # noqa: S311 - made-up figures
    for entry in inventory():
        busy = entry.key == MAIN or (entry.quiet < 14 and entry.key not in IN_USE)
        if entry.unit in SOURCES and busy and seen[entry.unit] < ACCOUNTS:
            seen[entry.unit] += 1
            followers = random.randrange(800, 60_000)
            for since, until in weeks(today):
                followers += random.randrange(0, 90)
                reach = random.randrange(2_000, 40_000)
                told = {
                    "posts": random.randrange(2, 9), "reach": reach, "engagements": reach * random.randrange(2, 9) // 100,
                    "followers": followers, "response-time": random.randrange(600, 9_000),
                }  # fmt: skip
                for kpi, value in told.items():
                    yield Named(entry.key, kpi, since, until, Decimal(value), SOURCES[entry.unit])
