"""Which fault comes when: drawn from a seed, kept as a file, and the same again from that file."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

REPLICA, DATABASE, LINK = "replica", "database", "link"
KINDS = {
    "kill": REPLICA, "crash": REPLICA, "pause": REPLICA, "skew": REPLICA, "terminate": LINK, "latency": LINK, "cut": LINK, "deaf": LINK,
    "reset": LINK, "restart": DATABASE, "fast": DATABASE, "stall": DATABASE, "syncrep": DATABASE, "failover": DATABASE,
    "partition": DATABASE, "full": DATABASE, "cancel": DATABASE, "eio": DATABASE,
}  # fmt: skip
"""What each is done to: two at once are never done to the same."""
NEED_STANDBY = frozenset({"stall", "syncrep", "failover", "partition", "cancel"})
SMOKE = ("kill", "terminate", "restart")
SOAK = tuple(kind for kind in KINDS if kind not in ("cancel", "eio"))
"""``cancel`` is none: PostgreSQL itself breaks its promise then; it is the control of a service that does not look. ``eio``
has to be asked for: it needs strace, which is not everywhere, and may not be allowed.
"""
_LINES = ("begin", "audit", "commit", "answer", "send", "mark")
POINTS = tuple(f"{what}:{when}" for what in _LINES for when in ("before", "after"))
SKEWS = ("+300", "-300", "+86400", "+20", "-2")
"""By how many seconds clocks are set wrong: what writes nothing any more, and what only decides nothing."""
EMBEDDED = ("kill", "crash", "pause", "full")
"""What can be done to one process with a file."""
FIRST, LAST = 3.0, 12.0
"""Seconds at the beginning and at the end without a new fault."""
CALM = 10.0
"""So long it is quiet at the end of each minute."""
_PAIRS = 0.3
_BETWEEN = 15.0
"""Seconds from one line to die at to the next: a replica has to be back until it is its turn again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``at``: seconds after the load began; ``replica``: to which; ``detail``: at which line, or by how much, of the kinds that have them."""

    at: float
    kind: str
    seconds: float
    replica: int = 0
    detail: str = ""


def draw(seed: int, seconds: float, kinds: Sequence[str], replicas: int) -> list[Fault]:
    """A schedule: every 3 to 10 seconds a fault of 1 to 8 seconds, three in ten overlapped by one of another sort.

    Each is of the kind that was least often until then, of those that may be: so all are about equally frequent.
    """
    chance, found, at = random.Random(f"faults {seed}"), list[Fault](), FIRST
    points = [f"{point}:{count}" for count in (1, 2, 5) for point in POINTS]
    chance.shuffle(points)
    busy, times = dict.fromkeys((REPLICA, DATABASE, LINK), 0.0), Counter[str]()

    def add(at: float, several: Sequence[str]) -> Fault | None:
        free = [kind for kind in several if busy[KINDS[kind]] <= at]
        if not free:
            return None
        least = min(times[kind] for kind in free)
        one = _one(chance, at, chance.choice([kind for kind in free if times[kind] == least]), replicas, points)
        found.append(one)
        times[one.kind] += 1
        busy[KINDS[one.kind]] = one.at + one.seconds + 1
        return one

    while at < max(seconds - LAST, FIRST + 1):
        if at % 60 > 60 - CALM and seconds > 60:
            at += CALM - (60 - at % 60) + CALM
            continue
        one = add(at, kinds)
        if one is not None and chance.random() < _PAIRS:
            others = [kind for kind in kinds if KINDS[kind] != KINDS[one.kind]]
            add(at + chance.uniform(0, one.seconds / 2), others)
        at += chance.uniform(3, 10)
    return sorted(found, key=lambda fault: fault.at)


def _one(chance: random.Random, at: float, kind: str, replicas: int, points: list[str]) -> Fault:
    detail = ""
    if kind == "crash":
        detail = points.pop(0)
        points.append(detail)
    if kind == "skew":
        detail = chance.choice(SKEWS)
    return Fault(round(at, 2), kind, round(chance.uniform(1, 8), 2), chance.randrange(replicas), detail)


def lines(replicas: int) -> list[Fault]:
    """A crash at every line there is, one after the other: the first time that a replica comes to it, and the third."""
    points = [f"{point}:{count}" for count in (1, 3) for point in POINTS]
    return [Fault(FIRST + n * _BETWEEN, "crash", 1.0, n % replicas, point) for n, point in enumerate(points)]


def write(path: Path, faults: Iterable[Fault]) -> None:
    """Keep a schedule."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in faults), encoding="utf-8")


def read(path: Path) -> list[Fault]:
    """A schedule that was kept."""
    return [Fault(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
