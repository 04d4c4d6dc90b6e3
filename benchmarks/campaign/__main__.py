"""`python -m benchmarks.campaign`: load, faults, and whether every promise held. Exit 1 where one did not."""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import Failed

from . import keeping, report, schedule
from .campaign import REPLICAS, Founded, Plan, campaign, interrupted
from .checks import judge
from .controls import CONTROLS
from .schedule import EMBEDDED, KINDS, SMOKE, SOAK


def main() -> int:
    """One campaign, or the controls: then exit 1 where one of them was not found."""
    told = _told()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        if told.judge:
            return _judged(told.judge)
        if told.control:
            return _controls(told)
        outcome = campaign(_plan(told))
    except (Failed, subprocess.SubprocessError) as error:
        sys.stderr.write(f"campaign: {error}\n")
        return 2
    print(report.text(outcome))
    if told.write:
        report.RESULTS.write_text(report.markdown(list(report.lines(outcome))), encoding="utf-8")
    return 1 if outcome.broken else 0


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="of load under faults; 5 is a smoke test, 60 a soak")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of schedule and load")
    parser.add_argument(
        "--faults", default="", help=f"some of {', '.join(KINDS)}; up to 10 minutes {','.join(SMOKE)} unless told"
    )
    parser.add_argument("--schedule", type=Path, help="a schedule that was kept, instead of one that is drawn")
    parser.add_argument("--sqlite", action="store_true", help="one process and a file, instead of three and PostgreSQL")
    parser.add_argument("--lines", action="store_true", help="a crash at every line there is, however long that takes")
    parser.add_argument("--clients", type=int, default=12, help="at once")
    parser.add_argument("--rate", type=float, default=60.0, help="operations a second, at most")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave schedule, history and logs there")
    parser.add_argument(
        "--control", default="", help=f"bugs that have to be found: some of {','.join(CONTROLS)}, or all"
    )
    parser.add_argument("--judge", type=Path, metavar="DIR", help="no campaign: look again at one that was kept there")
    parser.add_argument("--write", action="store_true", help="write RESULTS-CAMPAIGN.md")
    told = parser.parse_args()
    kinds = EMBEDDED if told.sqlite else SMOKE if told.minutes <= 10 else SOAK
    told.faults = tuple(told.faults.split(",")) if told.faults else kinds
    told.control = tuple(CONTROLS) if told.control == "all" else tuple(filter(None, told.control.split(",")))
    for given, known in ((told.faults, KINDS), (told.control, CONTROLS)):
        if unknown := set(given) - set(known):
            parser.error(f"no such thing: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return told


def _plan(told: argparse.Namespace) -> Plan:
    seconds, replicas = told.minutes * 60, 1 if told.sqlite else REPLICAS
    if told.lines:
        faults = schedule.lines(replicas)
        seconds = faults[-1].at + schedule.LAST
    elif told.schedule:
        faults = schedule.read(told.schedule)
    else:
        faults = schedule.draw(told.seed, seconds, told.faults, replicas)
    if told.keep:
        told.keep.mkdir(parents=True, exist_ok=True)
        schedule.write(told.keep / "schedule.jsonl", faults)
    words = f"{seconds / 60:.3g} minutes, {len(faults)} faults of {', '.join(sorted({one.kind for one in faults}))}"
    sys.stderr.write(f"seed {told.seed}: {words}\n")
    return Plan(words, told.seed, seconds, faults, told.clients, rate=told.rate, keep=told.keep, embedded=told.sqlite)


def _judged(folder: Path) -> int:
    verdicts = judge(keeping.read(folder))
    for one in verdicts:
        print(report.verdict(one))
    return 0 if all(one.holds for one in verdicts) else 1


def _controls(told: argparse.Namespace) -> int:
    """Each for at most five minutes."""
    with tempfile.TemporaryDirectory(prefix="coe-campaign-") as folder:
        like = Founded(Path(folder))
        missed = [letter for letter in told.control if not _control(told, letter, like)]
    return 1 if missed else 0


def _control(told: argparse.Namespace, letter: str, like: Founded) -> bool:
    """Was it found?"""
    control, seconds = CONTROLS[letter], min(told.minutes, 5) * 60
    faults = schedule.draw(told.seed, seconds, control.faults, REPLICAS)
    words = f"control {letter}: {control.what}"
    sys.stderr.write(f"{words}, seed {told.seed}\n")
    keep = told.keep / letter if told.keep else None
    plan = Plan(
        words, told.seed, seconds, faults, told.clients, rate=told.rate, keep=keep, bug=control.bug, ddl=control.ddl,
        settings=control.settings, asynchronous=control.asynchronous,
    )  # fmt: skip
    outcome = campaign(plan, like)
    found = bool({one.name.split()[0] for one in outcome.broken} & control.caught)
    broken = ", ".join(one.name for one in outcome.broken) or "nothing"
    print(f"{words}: {'found' if found else 'NOT FOUND'}; broken: {broken}")
    for one in outcome.broken:
        print(f"    {one.name}: {one.found[0]}")
    sys.stdout.flush()
    return found


if __name__ == "__main__":
    sys.exit(main())
