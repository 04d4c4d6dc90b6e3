"""`python -m benchmarks.decisions`: one table, and RESULTS-DECISIONS.md."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks import report
from benchmarks.databases import durability, fresh, postgres
from benchmarks.processes import Failed

from . import provisions
from .figures.growth import growth, memory
from .figures.http import batch, http
from .figures.inprocess import inprocess
from .figures.revoking import revoke
from .figures.searching import search
from .figures.trips import trips
from .figures.writing import writing
from .lab import Lab
from .table import RESULTS, Table
from .world import LARGE, Size

FIGURES: dict[str, Callable[[Lab], None]] = {
    "http": http,
    "batch": batch,
    "inprocess": inprocess,
    "growth": growth,
    "memory": memory,
    "revoke": revoke,
    "writing": writing,
    "search": search,
    "trips": trips,
}


def main() -> int:
    """Measure what is asked for; exit 1 when something did not do what it should. A missed goal is told, and no error."""
    told, began = _told(), time.monotonic()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that servers and folders go, too
    try:
        provisions.wrk()
        table, about = _measured(told)
    except (Failed, provisions.Missing) as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    table.note(
        f"Measured in {time.monotonic() - began:.0f} s: {told.rounds} rounds of {told.seconds:g} s; medians. The server is on"
        f" core 0, load and writers on core 1. {table.missed} goals missed, each with an exclamation mark."
    )
    print("\n".join([*about, "", table.text()]))
    if told.write or not told.figures:
        RESULTS.write_text(table.markdown(about), encoding="utf-8")
    return 0


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(FIGURES)}; all unless told")
    parser.add_argument("--rounds", type=int, default=5, help="of each; medians are told")
    parser.add_argument("--seconds", type=float, default=5.0, help="of load in a round")
    parser.add_argument("--large", default=f"{LARGE.people},{LARGE.accounts},{LARGE.grants}",
                        help="people,accounts,grants of the large enterprise")  # fmt: skip
    parser.add_argument("--revocations", type=int, default=200, help="whose way to every replica is timed")
    parser.add_argument("--pairs", type=int, default=3_000, help="of a write and a question that has to know it")
    parser.add_argument("--stops", type=int, default=10, help="of a replica, for longer than it may be behind")
    parser.add_argument("--workers", type=int, default=1, help="of each replica that is told of revocations")
    parser.add_argument("--decider", metavar="MODULE:NAME", default="benchmarks.decisions.decider:decider",
                        help="what decides in process, instead of the whole application: takes the settings, gives a function"
                        " of employee id and `network:handle`")  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write RESULTS-DECISIONS.md though not all was measured")
    told = parser.parse_args()
    unknown = set(told.figures) - set(FIGURES)
    if unknown:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    return told


def _measured(told: argparse.Namespace) -> tuple[Table, list[str]]:
    large = Size("large", *map(int, told.large.split(",")))
    with tempfile.TemporaryDirectory(prefix="coe-decisions-") as folder, postgres() as server:
        with Lab(told, server, Path(folder), large) as lab:
            for name in told.figures or FIGURES:
                FIGURES[name](lab)
        with fresh("postgresql", server, migrated=False) as at:
            about = report.machine([durability(at), _peers()])
    return lab.table, about


def _peers() -> str:
    """What of the peers was there."""
    stamp = provisions.folder() / "packages.json"
    engines = json.loads(stamp.read_text()) if stamp.exists() else []
    with suppress(provisions.Missing):
        engines.append(f"cerbos {provisions.cerbos_version()}")
    return f"Peers: {', '.join(engines) or 'none'}"


if __name__ == "__main__":
    sys.exit(main())
