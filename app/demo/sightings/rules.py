"""What the demo enterprise's monitoring has seen on the networks, and what the hub has said of it."""

from dataclasses import dataclass
from datetime import timedelta

from app.demo.inventory.rules import ARCHIVED

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
LOADED = 3.4 * _HOUR
"""When the hub loaded what the vendor had seen."""
SAID = 3.3 * _HOUR
"""When it said something of it."""
SOURCE = "Brand monitoring"


@dataclass(frozen=True, slots=True)
class Sight:
    """An account that was seen, by the key that an account has; ``unit``: that it seems to be of, if anybody knows."""

    account: str
    name: str
    ago: timedelta
    followers: int
    active: bool = True
    unit: str | None = None


LOOK_ALIKE = Sight("x:alder_n0rdics", "Alder Nordics Help", 2 * _DAY, 310)
OPEN = Sight("instagram:alder.garden.clubs", "Alder garden clubs", 3 * _DAY, 1240, unit="nordics")
IGNORED = Sight("x:alder_brewing", "Alder Brewing Co.", 12 * _DAY, 8800)
FORMER = Sight(ARCHIVED, "Best tools APAC", _DAY, 52)
SIGHTS = (IGNORED, OPEN, LOOK_ALIKE, FORMER)
"""In the order in which they were seen; the last is of a channel that was ours."""
WHY_IGNORED = "A brewery of the same name; it has nothing to do with us."
WHY_DISPUTED = "It answers our customers, and is none of ours."
