"""What a campaign has to say: on the terminal, and as Markdown."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report

from . import webhooks
from .checks import Verdict
from .evidence import Evidence
from .history import FAIL, INFO, OK
from .lateness import Lateness

RESULTS = Path(__file__).with_name("RESULTS-CAMPAIGN.md")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``wrong``: what the nemesis could not do; ``words``: how it was asked for."""

    words: str
    seed: int
    seconds: float
    told: Evidence
    verdicts: Sequence[Verdict]
    wrong: Sequence[str]
    about: str

    @property
    def broken(self) -> list[Verdict]:
        """Checks that do not hold."""
        return [one for one in self.verdicts if not one.holds]


def lines(one: Outcome) -> Iterator[str]:
    """The report."""
    yield from (f"{one.words}; seed {one.seed}; {one.seconds:.0f} s of load", *report.machine([one.about]), "")
    yield from _faults(one)
    yield from _operations(one)
    yield ""
    yield from webhooks.summary(one.told)
    if one.told.pressure is not None:
        yield f"somebody waited for a processor in {one.told.pressure:.0%} of the time"
    yield from Lateness(one.told.operations).summary()
    yield ""
    yield from (line for each in one.verdicts for line in _verdict(each))
    if one.wrong:
        yield from ("", "Faults that did not come to be:", *(f"    {each}" for each in one.wrong[:20]))


def _verdict(one: Verdict) -> Iterator[str]:
    yield f"{one.name:<34} {one.told()}"
    yield from (f"    {each}" for each in one.found[:_SHOWN])
    if len(one.found) > _SHOWN:
        yield f"    and {len(one.found) - _SHOWN} more"


def verdict(one: Verdict) -> str:
    """What came of one check, and what of it does not hold."""
    return "\n".join(_verdict(one))


def _faults(one: Outcome) -> Iterator[str]:
    found = Counter(each.kind for each in one.told.faults)
    yield f"{'fault':<12} {'times':>6} {'seconds each':>14}"
    for kind, times in sorted(found.items()):
        took = sum(each.ended - each.began for each in one.told.faults if each.kind == kind)
        yield f"{kind:<12} {times:>6} {took / times:>14.1f}"
    points = Counter(each.detail.rpartition(":")[0] for each in one.told.faults if each.kind == "crash" and each.detail)
    if points:
        yield f"crashes at: {', '.join(f'{point} {n}' for point, n in sorted(points.items()))}"
    yield ""


def _operations(one: Outcome) -> Iterator[str]:
    kinds = sorted({each.kind for each in one.told.operations})
    yield f"{'operation':<12} {'ok':>8} {'fail':>8} {'info':>8} {'asked again':>12}"
    totals: Counter[str] = Counter()
    for kind in kinds:
        several = [each for each in one.told.operations if each.kind == kind]
        found = Counter(each.outcome for each in several)
        again = sum(len(each.attempts) > 1 for each in several)
        yield f"{kind:<12} {found[OK]:>8,} {found[FAIL]:>8,} {found[INFO]:>8,} {again:>12,}"
        if several[0].write:
            totals += found
    yield f"{'writes':<12} {totals[OK]:>8,} {totals[FAIL]:>8,} {totals[INFO]:>8,}"


def text(one: Outcome) -> str:
    """For the terminal."""
    return "\n".join(lines(one))


def markdown(several: Sequence[str]) -> str:
    """For the repository."""
    head = [
        "# The fault campaign: results",
        "",
        'Written by `make campaign ARGS="--write"`; ../README.md says how to read it.',
        "",
    ]
    return "\n".join([*head, *(f"    {line}".rstrip() for line in several)]) + "\n"
