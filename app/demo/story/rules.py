"""What has happened at the demo enterprise since it founded its register, and what waits for somebody today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.demo.company.rules import PERSONAS, REGIONS, people_of
from app.demo.inventory.rules import MAIN, Entry
from app.directory.rules import EmploymentType
from app.governance.decommissioning.rules import Step
from app.governance.models.rules import Right


@dataclass(frozen=True, slots=True)
class Wish:
    """A right that somebody asks for: ``ago`` before now, for so many days (None: the default)."""

    who: str
    account: str
    rights: tuple[Right, ...]
    why: str
    ago: timedelta
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An account that somebody proposes; ``values`` as the service takes them, but for the unit, which is a key."""

    who: str
    ago: timedelta
    values: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.values['network']}:{self.values['handle']}"


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody's first right is paused or revoked by somebody."""

    who: str
    by: str
    why: str


DRAFT, PUBLISH, ENGAGE, ANALYZE, ADMINISTER = Right
ROUNDS = (timedelta(days=150), timedelta(days=75), timedelta(days=20))
"""How long ago it was decided what had been asked on the day before."""
_EARLY, _MIDDLE, _LATE = ASKED = tuple(one + timedelta(days=1) for one in ROUNDS)
_RIGHTS = ((PUBLISH, ENGAGE), (DRAFT,))
_WHY = (
    "I look after this account day by day.",
    "Our spring campaign runs on this account.",
    "I answer what customers ask here.",
)


def granted(entries: tuple[Entry, ...]) -> Iterator[Wish]:
    """Who asked for what and got it: in each region its editors, for accounts of their own."""
    for unit in REGIONS:
        own = [one for one in entries if one.unit == unit]
        for n, who in enumerate(_editors(unit)):
            ago, why = ASKED[n % len(ASKED)], _WHY[n % len(_WHY)]
            yield Wish(who, own[1 + 2 * n].key, _RIGHTS[n % 2], why, ago)
            if n == 0:
                yield Wish(who, own[2].key, (ANALYZE,), why, ago)


def _editors(unit: str) -> list[str]:
    """Neither its head nor its liaisons; and no agency's people, whom policy excludes."""
    staff = people_of(unit)[1:]
    skipped = {key for key in PERSONAS if "liaison" in key}
    return [who.key for who in staff if who.key not in skipped and who.employment is EmploymentType.EMPLOYEE]


MORE = (
    Wish("liaison", "instagram:alder.nordics", (PUBLISH, ENGAGE), "I lead our social media.", _LATE),
    Wish("liaison2", MAIN, (PUBLISH, ANALYZE), "I stand in for Astrid.", _LATE),
    Wish("contractor", "instagram:alder.garden.nordics", (DRAFT,), "I prepare the photographs.", _LATE, 90),
    Wish("hub", "x:alder_group", (PUBLISH, ADMINISTER), "I run the group's accounts.", _MIDDLE),
    Wish("content", "blog:blog.alder.example", (PUBLISH,), "I write the long reads.", _MIDDLE),
    Wish("felix.arnold", "x:alder_news", (PUBLISH,), "I publish announcements.", _MIDDLE),
    Wish("samuel.ortiz", "x:alder_help", (ENGAGE,), "I answer customers.", _EARLY),
    Wish("lena.vogel", "x:alder_dach", (ENGAGE,), "I answer customers in German.", _LATE, 120),
)
"""What stands out among what was granted."""
EXPIRED = Wish("aoife.byrne", "x:alder_uk", (ENGAGE,), "Cover for the summer.", timedelta(days=205), 60)
RENEWED = Wish("samuel.ortiz", "x:alder_help", (ENGAGE,), "I still answer customers.", timedelta(days=12))
PAUSED = Stop("freja.nielsen", "liaison2", "On parental leave for half a year.")
REVOKED = Stop("markus.frei", "julia.bauer", "He moved on to the dealer portal.")
DENIED = Wish("tariq.haddad", "x:alder_help", (PUBLISH,), "I would like to post offers.", timedelta(days=40))
WITHDRAWN = Wish("campaign", MAIN, (PUBLISH,), "For the harvest campaign.", timedelta(days=15), 30)
CHANGES = Wish("employee", "youtube:AlderNordics", (PUBLISH, ENGAGE), "For films.", timedelta(hours=30))

RETIRED = (
    (Step.CREDENTIALS_ROTATED, "vault:social/retired/{account}", None),
    (Step.HANDLE_PARKED, "https://records.alder.example/parked/{account}", "The page says where to find us now."),
    (Step.EVIDENCE_KEPT, "https://records.alder.example/exports/{account}", None),
)
"""What the hub says of an account that it retires."""
REVIEW, REVIEWED = "Posting rights in the Nordics", "nordics"
OVERDUE = Wish("lars.berg", "tiktok:alder.garden.nordics", (PUBLISH,), "Films with dealers.", timedelta(days=6))
"""The liaisons have let it lie, so that the hub may decide it too."""
_HOURS = timedelta(hours=1)
WAITING = (
    Wish("employee", "instagram:alder.nordics", (PUBLISH,), "I take over the weekly pictures from Freja.", 20 * _HOURS),
    Wish("contractor", "facebook:AlderNordics", (DRAFT,), "I prepare the autumn albums.", 18 * _HOURS, 90),
    Wish("lena.vogel", MAIN, (ENGAGE,), "Customers write to us there in German.", 16 * _HOURS),
    Wish("pablo.serrano", "instagram:alder.iberia", (PUBLISH, ENGAGE), "I cover the fair in Zaragoza.", 14 * _HOURS),
    Wish("iberia.liaison2", "facebook:AlderIberia", (PUBLISH, ADMINISTER), "I run the Portuguese side.", 12 * _HOURS),
    Wish("mateo.rojas", "instagram:alder.latam", (PUBLISH,), "I write for Brazil and Argentina.", 11 * _HOURS),
)
"""Waiting at their first step: for the liaisons, and for the hub where a unit has none."""
WAITING_FOR_HUB = (
    Wish("nina.hofmann", "instagram:alder.dach", (PUBLISH,), "I stand in for Markus.", 22 * _HOURS),
    Wish("sanna.makinen", "facebook:AlderGardenNordics", (PUBLISH,), "Repair tips.", 21 * _HOURS),
)
WAITING_FOR_STRATEGIST = (
    Wish("naomi.clarke", "x:alder_group", (PUBLISH,), "Live films from the trade fair.", 26 * _HOURS, 60),
    Wish("maya.patel", "x:alder_us", (PUBLISH,), "I write the daily posts.", 25 * _HOURS),
)
"""On high-risk accounts: past the liaison and the hub."""
ENDORSERS = ("julia.bauer", "liaison2", "claire.moreau", "ethan.brooks")
ENDORSED = tuple(zip(ENDORSERS, (*WAITING_FOR_HUB, *WAITING_FOR_STRATEGIST), strict=True))
"""Which liaison has endorsed which of them."""


def _account(network: str, handle: str, unit: str, name: str, purpose: str, **more: Any) -> dict[str, Any]:
    return {
        "network": network, "handle": handle, "business_unit_id": unit, "display_name": name, "purpose": purpose,
        "risk": "standard", **more,
    }  # fmt: skip


OPENED = Proposal("liaison", timedelta(days=30), _account(
    "threads", "alder.nordics", "nordics", "Alder Nordics", "Short notes in Swedish", language="sv",
    audience="customers",
))  # fmt: skip
"""Approved; it waits to be opened on the network and activated by its steward."""
RECALLS = Proposal("charlotte.reed", 24 * _HOURS, _account(
    "x", "alder_recalls", "uk-ireland", "Alder Recalls", "Product recalls, nothing else", language="en", risk="high",
    audience="public",
))  # fmt: skip
"""On a high-risk account: past the hub, before the strategist."""
PROPOSED = Proposal("liaison", 19 * _HOURS, _account(
    "tiktok", "alder.pro.nordics", "nordics", "Alder Pro Nordics", "For landscapers", language="sv", audience="trade",
))  # fmt: skip
PROPOSALS = (
    RECALLS,
    PROPOSED,
    Proposal("julia.bauer", 17 * _HOURS, _account(
        "threads", "alder.dach", "dach", "Alder DACH", "Short notes in German", language="de", audience="customers",
    )),
    Proposal("iberia.liaison2", 15 * _HOURS, _account(
        "tiktok", "alder.portugal", "iberia", "Alder Portugal", "Short films in Portuguese", language="pt",
        audience="customers",
    )),
    Proposal("iberia.liaison", 13 * _HOURS, _account(
        "threads", "alder.iberia", "iberia", "Alder Iberia", "Short notes in Spanish", language="es",
        audience="customers",
    )),
)  # fmt: skip
"""What waits to be decided; all of these are in the register and count there."""
