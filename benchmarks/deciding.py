"""Round trips a second: a right is asked for, endorsed by the liaison and approved by the hub."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa

from . import organisation
from .databases import commits, fresh
from .organisation import Case, Laps
from .processes import Caller, Failed, Installation, coe, cpu_of, rss, serving
from .report import Table, mib, millis, rate

KINDS = ("sqlite", "postgresql")
CLIENTS = (1, 8)
STEPS = ("ask", "endorse", "approve")


@dataclass(slots=True)
class Times(Laps):
    """The seconds that each kind of call took."""

    took: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STEPS})

    def __call__(self, name: str) -> "_Lap":  # type: ignore[override]
        return _Lap(self.took[name])


@dataclass(slots=True)
class _Lap:
    into: list[float]
    began: float = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.into.append(time.perf_counter() - self.began)


@dataclass(slots=True)
class Stage:
    """One database under load: its server, what there is to do, and every figure taken, by number of clients."""

    at: Installation
    port: int
    pid: int
    todo: "queue.SimpleQueue[Case]"
    memory: float
    trips: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in CLIENTS})
    raw: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in CLIENTS})
    cpu: list[float] = field(default_factory=list)
    times: dict[int, Times] = field(default_factory=lambda: {n: Times() for n in CLIENTS})
    made: int = 0


@dataclass(frozen=True, slots=True)
class Length:
    """How long it goes on: rounds, and in each the seconds of round trips and of raw commits."""

    rounds: int
    seconds: float
    raw: float


def decisions(table: Table, server: sa.URL, export: Path, length: Length) -> None:
    """Raw commits and round trips in turns, on both databases, so that whatever else the machine does hits all alike."""
    with ExitStack() as stack:
        stages = {kind: stack.enter_context(staged(kind, server, export)) for kind in KINDS}
        for _ in range(length.rounds):
            for clients in CLIENTS:
                for stage in stages.values():
                    turn(stage, clients, length)
        _tell(table, stages["sqlite"], stages["postgresql"])
        for stage in stages.values():
            check(stage)


@contextmanager
def staged(kind: str, server: sa.URL, export: Path, source: Path | None = None) -> Iterator[Stage]:
    """A server on a fresh database with an organisation in it, and the round trips that it can be asked for."""
    with fresh(kind, server, source=source) as at:
        staff = organisation.load(at, export)
        with serving(at) as running:
            caller, todo = Caller(running.port), queue.SimpleQueue[Case]()
            for case in organisation.appoint(at, caller, staff):
                todo.put(case)
            memory = rss(running.pid)
            for _ in range(5):  # the first calls fill caches of statements and validators
                organisation.round_trip(caller, todo.get_nowait(), Laps())
            yield Stage(at, running.port, running.pid, todo, memory, made=5)


def turn(stage: Stage, clients: int, length: Length) -> None:
    """Raw commits, then round trips, by so many clients."""
    stage.raw[clients].append(commits(stage.at, clients, length.raw))
    before, cpu = stage.made, cpu_of(stage.pid)
    stage.trips[clients].append(_trips(stage, clients, length.seconds))
    if stage.made > before:
        stage.cpu.append((cpu_of(stage.pid) - cpu) / (stage.made - before))


def _trips(stage: Stage, clients: int, seconds: float) -> float:
    counts, wrong = [0] * clients, list[Exception]()
    began = time.monotonic()
    end = began + seconds

    def work(index: int) -> None:
        caller = Caller(stage.port)
        try:
            while time.monotonic() < end and not wrong:
                organisation.round_trip(caller, stage.todo.get_nowait(), stage.times[clients])
                counts[index] += 1
        except Exception as error:  # noqa: BLE001 - told by the thread that waits for this one
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.made += sum(counts)
    if wrong and not isinstance(wrong[0], queue.Empty):
        said = (stage.at.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-3000:]
        raise Failed(f"{stage.at.name}, {clients} clients: {wrong[0]}\nThe server said: {said}") from wrong[0]
    return sum(counts) / (time.monotonic() - began)


def _tell(table: Table, lite: Stage, post: Stage) -> None:
    both = (lite, post)
    for clients in CLIENTS:
        who = f"{clients} client{'s' if clients > 1 else ''}"
        raw, trips = ([median(getattr(one, name)[clients]) for one in both] for name in ("raw", "trips"))
        table.row(f"one-row commits, raw, {who}", *map(rate, raw))
        table.row(f"request-approve-approve, {who}", *map(rate, trips))
        table.row(
            f"its commits (3 each) to raw commits, {who}",
            *(f"{3 * a / b:.3f}" for a, b in zip(trips, raw, strict=True)),
        )
        for step in STEPS:
            table.row(f"{step}, {who}, p50 / p95", *(_spread(one.times[clients].took[step]) for one in both))
    table.row("CPU of the server, one round trip", *(millis(median(one.cpu)) for one in both))
    table.row("resident memory of the server, before the load", *(mib(one.memory) for one in both))
    table.row("after it", *(f"{mib(rss(one.pid))} ({one.made:,} grants)" for one in both))


def _spread(times: list[float]) -> str:
    cut = quantiles(times, n=20) if len(times) > 1 else [0.0] * 19
    return f"{millis(cut[9])} / {millis(cut[18])}"


def check(stage: Stage) -> None:
    """What was measured was real work: every round trip left its grant and its link in the chain."""
    done = coe(stage.at, "audit", "verify")
    if "verified" not in done.output:
        raise Failed(f"{stage.at.name}: {done.output}")
