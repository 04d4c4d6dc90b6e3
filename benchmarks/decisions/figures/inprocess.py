"""Deciding inside one process: no socket, no HTTP; engines take turns, each a process on the same core."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.decisions import provisions
from benchmarks.decisions.lab import Lab
from benchmarks.decisions.peers.holdings import SIZE
from benchmarks.decisions.seeding import Seeded
from benchmarks.decisions.serving import ROOT, SERVER_CORE, on, peer_environment
from benchmarks.decisions.table import Goal, at_least
from benchmarks.decisions.world import SMALL, Size
from benchmarks.processes import Failed, end
from benchmarks.report import rate

DICTIONARY = "dictionary"
GOALS: dict[str, Goal] = {
    DICTIONARY: at_least(0.1), "regorus": at_least(4), "cedarpy": at_least(15), "FastEnforcer": at_least(15),
}  # fmt: skip


@dataclass(slots=True)
class Engine:
    """A process that decides when it is told to; decisions a second of each turn, by its CPU."""

    process: "subprocess.Popen[str]"
    log: Path
    rates: list[float] = field(default_factory=list)

    def said(self) -> dict[str, Any]:
        """Its next line. Raises ``Failed`` with what it complained of when there is none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"an engine ended: {self.log.read_text(errors='replace')[-600:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def turn(self, seconds: float) -> None:
        """Decide so long."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        done = self.said()
        self.rates.append(done["done"] / max(done["cpu"], 1e-9))


@contextmanager
def _engine(words: list[str], env: dict[str, str], log: Path) -> Iterator[Engine]:
    with log.open("w") as complaints:
        process = subprocess.Popen(
            [*on(SERVER_CORE), *words], env=env, cwd=ROOT, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
        )  # fmt: skip
    try:
        one = Engine(process, log)
        one.said()
        yield one
    finally:
        end(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def inprocess(lab: Lab) -> None:
    """The same questions to a dictionary, to other engines (the grant alone) and to ours (all conditions)."""
    seeded = lab.seeded(SMALL)
    lab.table.heading(f"deciding in process, of its CPU; {SMALL.told()}; others look at the grant alone")
    with ExitStack() as stack:
        found: dict[str, Engine] = {}
        for name in GOALS:
            words = [str(provisions.python()), "-m", "benchmarks.decisions.peers.engines", name]
            env = peer_environment({SIZE: _size(SMALL)})
            found[name] = stack.enter_context(_engine(words, env, lab.folder / f"{name}.log"))
        ours = stack.enter_context(_ours(seeded, lab))
        for _ in range(lab.told.rounds):
            for one in (ours, *found.values()):
                one.turn(min(lab.told.seconds, 2.0))
    mine = median(ours.rates)
    for name, one in found.items():
        lab.table.row(f"beside {name}", rate(mine), rate(median(one.rates)), mine / median(one.rates), GOALS[name])


@contextmanager
def _ours(seeded: Seeded, lab: Lab) -> Iterator[Engine]:
    env = seeded.at.env | {"COE_ROLE": "decisions", "COE_SWEEP_SECONDS": "0", "COE_BENCH_BEARER": lab.bearer(seeded)}
    words = [sys.executable, "-m", "benchmarks.decisions.ours", *filter(None, [lab.told.decider])]
    with _engine(words, env | {SIZE: _size(SMALL)}, lab.folder / "ours.log") as one:
        yield one


def _size(size: Size) -> str:
    return json.dumps([size.name, size.people, size.accounts, size.grants])
