"""`python -m benchmarks.trusting --before DIR`: what trust costs a round trip, beside a checkout from before it.

DIR is a checkout of the commit before checkpoints, webhooks, denied attempts in the log, deadlines of commits and erasure
(`git worktree add DIR 4d092ff`). Both are served at once, each on databases of its own, and asked in turns, so that
whatever else the machine does falls on both alike. A round trip is that of `make bench`: ask, endorse, approve.
"""

import argparse
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from . import report
from .databases import durability, postgres
from .deciding import CLIENTS, KINDS, STEPS, Length, Stage, check, staged, turn
from .processes import Failed
from .report import Table, millis, rate

EXPORT = Path(__file__).resolve().parents[1] / "tests" / "data" / "congress" / "2024-12-30"
TIMES = ("before", "now")


def main() -> int:
    """Measure and print one table; exit 1 when something did not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trusting", description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="a checkout from before trust")
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many are told")
    parser.add_argument("--seconds", type=float, default=3.0, help="of round trips in each round")
    told = parser.parse_args()
    try:
        with ExitStack() as stack:
            server = stack.enter_context(postgres())
            sources = dict(zip(TIMES, (told.before.resolve(), Path(__file__).resolve().parents[1]), strict=True))
            stages = {
                (kind, when): stack.enter_context(staged(kind, server, EXPORT, source))
                for kind in KINDS for when, source in sources.items()
            }  # fmt: skip
            _measure(stages, Length(told.rounds, told.seconds, told.seconds / 3))
            about = report.machine([durability(stages[kind, "now"].at) for kind in KINDS])
    except Failed as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    print("\n".join([*about, "", _table(stages).text()]))
    return 0


def _measure(stages: Mapping[tuple[str, str], Stage], length: Length) -> None:
    for number in range(length.rounds):
        for clients in CLIENTS:
            # Who comes first changes: whoever does finds the machine as the one before it left it.
            for stage in list(stages.values())[:: 1 if number % 2 else -1]:
                turn(stage, clients, length)
                sys.stderr.write(f"  {stage.at.name}, {clients}: {stage.trips[clients][-1]:.1f} /s\n")
    for stage in stages.values():
        check(stage)


def _table(stages: Mapping[tuple[str, str], Stage]) -> Table:
    table = Table()
    for clients in CLIENTS:
        who = f"{clients} client{'s' if clients > 1 else ''}"
        for when in TIMES:
            several = [stages[kind, when] for kind in KINDS]
            table.row(f"request-approve-approve, {who}, {when}", *(rate(median(one.trips[clients])) for one in several))
            table.row(
                "  its commits (3 each) to raw commits beside it",
                *(f"{3 * median(one.trips[clients]) / median(one.raw[clients]):.3f}" for one in several),
            )
        table.row(f"  now to before, {who}", *(f"{_gain(stages, kind, clients):.2f} x" for kind in KINDS))
    for when in TIMES:
        cpu = [1000 * median(stages[kind, when].cpu) for kind in KINDS]
        table.row(f"CPU of the server, one round trip, {when}", *(f"{one:.1f} ms" for one in cpu))
    ratios = [median(stages[kind, "now"].cpu) / median(stages[kind, "before"].cpu) for kind in KINDS]
    table.row("  now to before", *(f"{one:.2f} x" for one in ratios))
    for step in STEPS:
        for when in TIMES:
            times = [median(stages[kind, when].times[1].took[step]) for kind in KINDS]
            table.row(f"{step}, 1 client, median, {when}", *map(millis, times))
    return table


def _gain(stages: Mapping[tuple[str, str], Stage], kind: str, clients: int) -> float:
    """The median over rounds of what stood side by side."""
    now, before = (stages[kind, when].trips[clients] for when in ("now", "before"))
    return median(a / b for a, b in zip(now, before, strict=True) if b)


if __name__ == "__main__":
    sys.exit(main())
