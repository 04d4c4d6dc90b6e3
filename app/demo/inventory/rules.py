"""The accounts of the demo enterprise as an inventory lists them. Made by rule, the same each time; ages in days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from app.demo.company.rules import LEAVER, REGIONS, UNITS, people_of
from app.demo.rules import IDLE
from app.directory.rules import EmploymentType
from app.policies.rules import RiskTier


@dataclass(frozen=True, slots=True)
class Entry:
    """One account. ``steward``, ``backup``: keys of people. ``opened``, ``quiet``, ``validated``: how many days ago it
    was opened, was last used, was last looked at.
    """

    network: str
    handle: str
    name: str
    unit: str
    purpose: str
    audience: str
    language: str
    risk: RiskTier
    capacity: int
    steward: str = ""
    backup: str | None = None
    opened: int = 0
    quiet: int = 0
    validated: int = 0

    @property
    def key(self) -> str:
        return f"{self.network}:{self.handle}"


MAIN = "x:alder_nordics"
"""The account that every example speaks of."""
ARCHIVED = "youtube:AlderToolsApac"
SUSPENDED = "facebook:AlderCareBenelux"
RETIRING = "facebook:AlderProLatam"
ORPHAN = "instagram:alder.tools.benelux"
LOOK_ALIKE = "x:a1der_group"
IN_USE = frozenset({MAIN, LOOK_ALIKE, "x:alder_group", ARCHIVED, SUSPENDED, RETIRING, ORPHAN})
"""Never counted among the idle ones."""

_LANGUAGE = {
    "nordics": "sv", "dach": "de", "benelux": "nl", "iberia": "es", "uk-ireland": "en", "north-america": "en",
    "latin-america": "pt", "apac": "en",
}  # fmt: skip
_SHORT = {"uk-ireland": "uk", "north-america": "us", "latin-america": "latam"}
_INITIALS = {"nordics": "nord", "benelux": "bnl", "iberia": "ib", "latin-america": "la", "apac": "ap"}
_TOPICS = (
    ("", "What Alder does in {unit}", "customers", ("x", "linkedin", "facebook", "instagram", "youtube", "tiktok")),
    ("garden", "Gardening through the year", "hobby gardeners", ("instagram", "facebook", "youtube", "tiktok")),
    ("tools", "How to use and mend our tools", "home improvers", ("instagram", "youtube", "x")),
    ("pro", "For landscapers and dealers", "trade", ("linkedin", "facebook")),
    ("care", "Help after the purchase", "customers", ("x", "facebook")),
    ("jobs", "Working at Alder in {unit}", "applicants", ("linkedin", "instagram")),
)
"""Of each region: topic, purpose, audience, networks."""
_H, _S = RiskTier.HIGH, RiskTier.STANDARD
_CENTRAL = (
    ("communications", "x:alder_group", "Alder Group", "The voice of the company", "public", _H),
    ("communications", "x:alder_news", "Alder News", "Announcements to press and markets", "press", _H),
    ("communications", LOOK_ALIKE, "Alder Group (reserved)", "Held so that nobody else can pose as us", "public", _S),
    ("communications", "linkedin:alder-group", "Alder Group", "The company to business", "business", _H),
    ("communications", "facebook:AlderGroup", "Alder Group", "The voice of the company", "public", _H),
    ("communications", "instagram:aldergroup", "Alder Group", "The company in pictures", "public", _S),
    ("communications", "youtube:AlderGroup", "Alder Group", "Films of the company", "public", _S),
    ("communications", "threads:aldergroup", "Alder Group", "Short notes", "public", _S),
    ("communications", "bluesky:alder-group.bsky.social", "Alder Group", "Short notes", "public", _S),
    ("communications", "mastodon:alder@social.example", "Alder Group", "Short notes", "public", _S),
    ("communications", "blog:blog.alder.example", "Alder Blog", "Long reads", "public", _S),
    ("marketing", "instagram:alder.moments", "Alder Moments", "Gardens of our customers", "hobby gardeners", _S),
    ("marketing", "tiktok:alder.moments", "Alder Moments", "Gardens of our customers", "hobby gardeners", _S),
    ("marketing", "youtube:AlderMoments", "Alder Moments", "Gardens of our customers", "hobby gardeners", _S),
    ("people", "linkedin:showcase/alder-careers", "Alder Careers", "Working at Alder", "applicants", _S),
    ("people", "instagram:alder.people", "Alder People", "Working at Alder", "applicants", _S),
    ("customer-care", "x:alder_help", "Alder Help", "First answer to any question", "customers", _H),
    ("customer-care", "facebook:AlderHelp", "Alder Help", "First answer to any question", "customers", _H),
    ("product", "youtube:AlderLabs", "Alder Labs", "How our tools are made", "home improvers", _S),
    ("supply-chain", "linkedin:showcase/alder-suppliers", "Alder for Suppliers", "News for suppliers", "trade", _S),
)


def _regional(unit: str) -> Iterator[Entry]:
    name = next(one.name for one in UNITS if one.key == unit)
    for topic, purpose, audience, networks in _TOPICS:
        for network in networks:
            title = " ".join(["Alder", *([topic.title()] if topic else []), name])
            about = purpose.format(unit=name)
            risk = _H if network == "x" and unit == "north-america" and not topic else _S
            handle = _handle(network, topic, unit)
            yield Entry(network, handle, title, unit, about, audience, _LANGUAGE[unit], risk, capacity=3)


def _handle(network: str, topic: str, unit: str) -> str:
    short = _SHORT.get(unit, unit)
    if network == "x":  # fifteen characters at most
        return f"alder{topic}_{_INITIALS.get(unit, short)}" if topic else f"alder_{short}"
    words = ["alder", topic, short] if topic else ["alder", short]
    if network in ("facebook", "youtube"):
        return "".join(word.title() for word in words)
    return ("-" if network == "linkedin" else ".").join(words)


def _central() -> Iterator[Entry]:
    for unit, key, name, purpose, audience, risk in _CENTRAL:
        network, _, handle = key.partition(":")
        yield Entry(network, handle, name, unit, purpose, audience, "en", risk, capacity=10 if risk is _H else 5)


@cache
def inventory() -> tuple[Entry, ...]:
    """Every account that was there when the register was founded."""
    dice = Random(178)  # noqa: S311 - the same company each time, nothing secret
    plain = [*_central(), *(one for unit in REGIONS for one in _regional(unit))]
    kept = [_custody(one, dice) for one in plain]
    idle = {one.key for one in _idle(kept, dice)}
    return tuple(_aged(one, dice, idle=one.key in idle) for one in kept)


def _custody(one: Entry, dice: Random) -> Entry:
    """Two custodians of the unit; one in seven accounts has one only."""
    if one.key == ORPHAN:
        return replace(one, steward=LEAVER)
    own = [who.key for who in people_of(one.unit) if who.employment is EmploymentType.EMPLOYEE and who.key != LEAVER]
    steward, backup = dice.sample(own, 2)
    return replace(one, steward=steward, backup=None if dice.random() < 1 / 7 else backup)


def _idle(entries: Iterable[Entry], dice: Random) -> list[Entry]:
    return dice.sample([one for one in entries if one.key not in IN_USE], IDLE)


def _aged(one: Entry, dice: Random, *, idle: bool) -> Entry:
    quiet = dice.randint(100, 700) if idle else dice.randint(2, 60)
    validated = dice.randint(190, 500) if idle or dice.random() < 1 / 10 else dice.randint(2, 150)
    return replace(one, opened=dice.randint(800, 4000), quiet=quiet, validated=validated)
